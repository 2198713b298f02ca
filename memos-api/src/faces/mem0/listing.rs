//! Lists and pages.

use memos_core::{Filter, Result};
use serde_json::{Value, json};

use super::filters::Reach;
use super::finding::{View, cubes_of, reach};
use super::here::Here;
use super::identity::nobody;
use super::item::{item, only};
use crate::Order;
use crate::faces::kit::Form;
use crate::http::Caller;
use crate::wire::MemoryItem;

/// Items on a page at most.
pub(super) const MOST: i64 = 1_000;

/// Items on a page of the platform.
const PAGE: i64 = 100;

/// A request for a list.
pub(super) struct Listing {
    reach: Result<Reach>,
    view: View,
    fields: Option<Vec<String>>,
    start_date: Option<Value>,
    end_date: Option<Value>,
}

/// Which page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) page: i64,
    pub(super) size: i64,
    /// Whether one was asked for.
    pub(super) is_asked: bool,
}

impl Turn {
    pub(super) fn of_form(form: &Form<'_>) -> Self {
        Self::sized(form, PAGE, MOST)
    }

    /// The same where a page has another size if nobody says, and at most.
    pub(super) fn sized(form: &Form<'_>, usual: i64, most: i64) -> Self {
        Self {
            page: form.whole("page", 1, 1..=i64::from(u32::MAX)),
            size: form.whole("page_size", usual, 1..=most),
            is_asked: form.has("page") || form.has("page_size"),
        }
    }

    /// This page, if the body of a request does not say.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_asked { self } else { other }
    }

    pub(super) fn offset(self) -> usize {
        // Both are in bounds.
        usize::try_from((self.page - 1).saturating_mul(self.size)).unwrap_or(usize::MAX)
    }

    pub(super) fn limit(self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    /// A page of some items in Django's frame.
    pub(super) fn frame(self, here: &Here, total: usize, results: &[Value]) -> Value {
        self.framed(total, results, |page| here.page(page, self.size).into())
    }

    /// The same where another page is found as `other` says.
    pub(super) fn framed(
        self,
        total: usize,
        results: &[Value],
        other: impl Fn(i64) -> Value,
    ) -> Value {
        let more = self.offset().saturating_add(results.len()) < total;
        json!({
            "count": total,
            "next": (more && !results.is_empty()).then(|| other(self.page + 1)),
            "previous": (self.page > 1).then(|| other(self.page - 1)),
            "results": results,
        })
    }
}

impl Listing {
    pub(super) fn of_form(form: &Form<'_>) -> Self {
        Self {
            reach: reach(form),
            view: View::of_form(form),
            fields: form.texts("fields"),
            start_date: form.any("start_date").cloned(),
            end_date: form.any("end_date").cloned(),
        }
    }

    /// The same for older routes, which take `keywords` beside the filters.
    pub(super) fn of_older_form(form: &Form<'_>) -> Self {
        let words = form.any("keywords");
        let words = words.map(|words| json!({ "keywords": words }));
        Self::of_form(form).with_filters(Ok(words))
    }

    /// The same for a query, whose objects are texts.
    pub(super) fn with_filters(mut self, filters: Result<Option<Value>>) -> Self {
        self.reach = self.reach.and_then(|reach| match filters? {
            Some(filters) => Ok(reach.and(Reach::read(&filters)?)),
            None => Ok(reach),
        });
        self
    }

    /// A page and how many there are in all; `all` for who need not name anybody.
    ///
    /// # Errors
    /// `InvalidRequest` if nobody is named, `InvalidFilter`.
    pub(super) fn carry_out(
        self,
        caller: &Caller,
        all: bool,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Value>, usize)> {
        let mut reach = self.reach?;
        if !all && !reach.names_somebody {
            return Err(nobody().at("filters"));
        }
        if let Some(start) = &self.start_date {
            let from = Reach::read(&json!({"created_at": {"gte": start}}));
            reach = reach.and(from.map_err(|e| e.at("start_date"))?);
        }
        if let Some(end) = &self.end_date {
            reach = reach.and(up_to(end).map_err(|e| e.at("end_date"))?);
        }
        let reach = self.view.narrow(caller, reach);
        let page = page(caller, &reach, offset, Some(limit))?;
        let shown = page
            .0
            .iter()
            .map(|m| only(item(m), self.fields.as_deref()).into());
        Ok((shown.collect(), page.1))
    }
}

/// A day is meant to its end.
fn up_to(end: &Value) -> Result<Reach> {
    let day = end
        .as_str()
        .and_then(|text| text.trim().parse::<jiff::civil::Date>().ok());
    match day.and_then(|day| day.tomorrow().ok()) {
        Some(next) => Reach::read(&json!({"created_at": {"lt": next.to_string()}})),
        None => Reach::read(&json!({"created_at": {"lte": end}})),
    }
}

/// Memories, newest first by the date that is shown, and how many there are in all.
pub(super) fn page(
    caller: &Caller,
    reach: &Reach,
    offset: usize,
    limit: Option<usize>,
) -> Result<(Vec<MemoryItem>, usize)> {
    let cubes = cubes_of(caller, reach)?;
    let filter: Option<Filter> = reach.filter()?;
    let page = caller.memos.page(
        &caller.who,
        &cubes,
        filter.as_ref(),
        Order::LastSaid,
        offset,
        limit,
    )?;
    Ok((page.memories, page.total))
}
