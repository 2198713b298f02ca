//! Searching: where, for what, and how good an answer has to be.

use std::time::Instant;

use memos_core::{CubeId, Result};
use serde_json::{Value, json};

use super::contract::{Contract, said};
use super::filters::Reach;
use super::identity::Ids;
use super::item::{self, only};
use crate::faces::kit::Form;
use crate::http::Caller;
use crate::wire::{SearchHit, SearchRequest};

/// Memories in an answer at most.
const MOST: i64 = 1_000;

/// The relevance under which mem0 leaves a memory out.
const THRESHOLD: f64 = 0.1;

/// A question.
pub(super) struct Finding {
    contract: Contract,
    query: String,
    reach: Result<Reach>,
    top_k: i64,
    threshold: f64,
    reference_date: Option<Value>,
    explain: bool,
    fields: Option<Vec<String>>,
    view: View,
}

/// What a list or an answer leaves out.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) show_expired: bool,
    pub(super) latest_only: bool,
    pub(super) categories: Vec<String>,
}

impl View {
    pub(super) fn of_form(form: &Form<'_>) -> Self {
        Self {
            show_expired: form.flag("show_expired", false),
            latest_only: form.flag("latest_only", false),
            categories: form.texts("categories").unwrap_or_default(),
        }
    }

    /// With its conditions. What was derived from evidence is not shown: it is in summaries, profiles
    /// and exports.
    pub(super) fn narrow(&self, caller: &Caller, reach: Reach) -> Reach {
        let mut reach = reach.with(json!({"origin": {"ne": "inference"}}));
        if !self.show_expired {
            let now = caller.memos.now().to_string();
            reach = reach.with(json!({"not": {"expires_at": {"lte": now}}}));
        }
        if self.latest_only {
            reach = reach.with(json!({"superseded_by": {"exists": false}}));
        }
        if !self.categories.is_empty() {
            reach = reach.with(json!({"tags": {"in": self.categories}}));
        }
        reach
    }
}

impl Finding {
    pub(super) fn of_form(form: &Form<'_>, contract: Contract, top_k: i64) -> Self {
        for name in ["rerank", "keyword_search", "enable_graph"] {
            form.maybe_flag(name);
        }
        // The server takes any number, and refuses in other words what makes no sense.
        let (counts, scores) = match contract {
            Contract::Server => (i64::MIN..=i64::MAX, f64::MIN..=f64::MAX),
            Contract::Platform => (1..=MOST, 0.0..=1.0),
        };
        let limit = form.whole("limit", top_k, counts.clone());
        Self {
            contract,
            query: form.need_text("query"),
            reach: reach(form),
            top_k: form.whole("top_k", limit, counts),
            threshold: form.number("threshold", THRESHOLD, scores),
            reference_date: form.any("reference_date").cloned(),
            explain: form.flag("explain", false),
            fields: form.texts("fields"),
            view: View::of_form(form),
        }
    }

    /// The answer, best first.
    ///
    /// # Errors
    /// `InvalidRequest` if nobody is named; those of [`MemOs::search`](crate::MemOs::search).
    pub(super) fn carry_out(
        self,
        caller: &Caller,
        show: impl Fn(&SearchHit, Option<f64>) -> serde_json::Map<String, Value>,
    ) -> Result<Vec<Value>> {
        if self.contract == Contract::Server {
            self.check()?;
        }
        let reach = self.reach?;
        if !reach.names_somebody {
            return Err(self.contract.looks_for_nobody());
        }
        if self.top_k == 0 {
            return Ok(Vec::new());
        }
        let reach = self.view.narrow(caller, reach);
        let cubes = cubes_of(caller, &reach)?;
        let asked_at = self.reference_date.as_ref();
        let start = Instant::now();
        let found = caller.memos.search_many(
            &caller.who,
            &cubes,
            &SearchRequest {
                query: self.query,
                top_k: u32::try_from(self.top_k.min(MOST)).ok(),
                filter: reach.json(),
                asked_at: asked_at.map(date_of).transpose()?,
                explain: true,
                ..SearchRequest::default()
            },
        )?;
        caller.metrics().searched(start.elapsed(), &found.degraded);
        let hits = found.hits.iter();
        let hits = hits.filter(|hit| hit.relevance >= self.threshold);
        let explained = self.explain.then_some(self.threshold);
        Ok(hits
            .map(|hit| only(show(hit, explained), self.fields.as_deref()).into())
            .collect())
    }

    /// What the server finds wrong before it looks at the filters, in its words.
    fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(said(format!(
                "Invalid threshold: {:?}. Must be between 0 and 1 (inclusive).",
                self.threshold
            )));
        }
        if self.top_k < 0 {
            return Err(said(format!(
                "Invalid top_k: {}. Must be a non-negative integer.",
                self.top_k
            )));
        }
        if self.query.trim().is_empty() {
            return Err(said("Invalid query: cannot be empty or whitespace-only."));
        }
        Ok(())
    }
}

/// A hit as the server shows it; with the threshold, what its score is made of.
pub(super) fn of_server(hit: &SearchHit, explained: Option<f64>) -> serde_json::Map<String, Value> {
    let mut shown = item::hit(hit);
    if let Some(threshold) = explained {
        shown.insert("score_details".into(), item::details(hit, threshold));
    }
    shown
}

/// A hit as the platform shows it.
pub(super) fn of_platform(
    hit: &SearchHit,
    explained: Option<f64>,
) -> serde_json::Map<String, Value> {
    let mut shown = of_server(hit, explained);
    shown.insert("score_breakdown".into(), item::breakdown(hit));
    shown
}

/// What a request's `filters`, `metadata` and names ask for together.
pub(super) fn reach(form: &Form<'_>) -> Result<Reach> {
    let named = Reach::read(&Ids::of_form(form).as_filter().into())?;
    let filters = Reach::read(form.any("filters").unwrap_or(&Value::Null))?;
    let metadata = match form.any("metadata") {
        Some(metadata) => Reach::read(&json!({ "metadata": metadata }))?,
        None => Reach::default(),
    };
    Ok(named.and(filters).and(metadata))
}

/// The cubes to look in.
pub(super) fn cubes_of(caller: &Caller, reach: &Reach) -> Result<Vec<CubeId>> {
    match &reach.cubes {
        Some(cubes) => Ok(cubes.iter().cloned().collect()),
        None => caller.memos.all_cubes(&caller.who),
    }
}

/// The day or instant from which "last week" is counted.
fn date_of(value: &Value) -> Result<String> {
    Ok(crate::reader::chat_time(value, "reference_date")?.to_string())
}
