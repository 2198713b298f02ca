//! `/search/memory`: what answers a question, by view.

use axum::response::Response;
use memos_core::CubeId;
use serde_json::{Map, Value, json};

use super::envelope::reply;
use super::fields;
use super::filter::Filters;
use super::item::{Beside, item};
use super::places::{self, Bases};
use super::subject::Subject;
use super::views::{self, View};
use crate::faces::kit::{self, Form, JsonBody, Nulls, Stop};
use crate::http::Caller;
use crate::service::{Kind, KindHit, Question, relevance};
use crate::wire::MemoryItem;

/// Memories of an answer if the caller does not say.
const MEMORIES: i64 = 9;

/// What is asked.
pub(super) struct Search {
    query: String,
    subject: Option<Subject>,
    conversation: Option<String>,
    views: Vec<(View, usize)>,
    bases: Bases,
    filter: Option<Map<String, Value>>,
    relativity: f64,
    dated: bool,
}

impl Search {
    fn read(form: &Form<'_>) -> Self {
        Self {
            query: fields::words(form, "query"),
            subject: Subject::one(form),
            conversation: fields::conversation(form),
            views: views::searched(form, MEMORIES),
            bases: Bases::read(form),
            filter: form.object("filter").cloned(),
            relativity: form.number("relativity", relevance::THRESHOLD, 0.0..=1.0),
            dated: form.text_or("context_format", "memory") == "mixed",
        }
    }
}

/// Search memories
///
/// Lists of the views that were asked for, each by `relativity`, the best first. Filters are applied
/// before anything is ranked. A user who is not known has no memories.
#[utoipa::path(
    post,
    path = "/search/memory",
    operation_id = "openmem_search_memory",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "user_id": "ada", "query": "Where do I live?", "memory_limit_number": 6
    })),
    responses((status = 200, description = "The lists of each view", body = Object)),
)]
pub(super) async fn search(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let search = Form::read(&body, Nulls::Absent, Search::read)?;
    reply(caller, move |caller| {
        let filters = Filters::read(search.filter.as_ref())?;
        let Some(subject) = &search.subject else {
            return Err(kit::Stop::Invalid(Vec::new()));
        };
        let cubes = places::searched(caller, subject, &search.bases)?;
        let question = Question {
            query: search.query.clone(),
            filter: filters.over(&cubes),
            cubes: cubes.into_iter().flat_map(|(_, cubes)| cubes).collect(),
            session: search.conversation.as_deref().map(places::session_of),
            relevance: search.relativity,
        };
        let kinds: Vec<Kind> = search
            .views
            .iter()
            .map(|(view, limit)| {
                Ok(Kind {
                    types: view.types().to_vec(),
                    layers: view.layers(),
                    limit: *limit,
                    filter: Some(View::filter(&[*view])?),
                })
            })
            .collect::<memos_core::Result<_>>()?;
        let found = caller
            .memos
            .recall_by_kind(&caller.who, &question, &kinds)?;
        let mut data = Map::new();
        for view in View::ALL {
            // Clients take each for a list, also what they did not ask for.
            data.insert(view.list().into(), json!([]));
        }
        let mut has_preferences = false;
        for ((view, _), recalled) in search.views.iter().zip(found) {
            let list = list(caller, *view, recalled, &search)?;
            has_preferences |= *view == View::Preferences && !list.is_empty();
            data.insert(view.list().into(), list.into());
        }
        data.insert("message_detail_list".into(), Value::Null);
        let note = match has_preferences {
            true => kit::note(&search.query),
            false => "",
        };
        data.insert("preference_note".into(), note.into());
        Ok(data.into())
    })
    .await
}

fn list(
    caller: &Caller,
    view: View,
    recalled: Vec<KindHit>,
    search: &Search,
) -> Result<Vec<Value>, Stop> {
    let mut list = Vec::with_capacity(recalled.len());
    for one in recalled {
        let evidence = evidence(caller, &one.memory)?;
        if !is_allowed(view, &evidence) {
            continue;
        }
        let beside = Beside {
            relativity: Some(one.relevance),
            time: one.time.as_ref(),
            evidence: &evidence,
            dated: search.dated,
        };
        list.push(item(&one.memory, beside).into());
    }
    Ok(list)
}

/// What a derived memory was made from, as far as it is there: the first and the last of it say
/// enough.
pub(super) fn evidence(caller: &Caller, memory: &MemoryItem) -> Result<Vec<MemoryItem>, Stop> {
    let (Some(first), Some(last)) = (memory.derived_from.first(), memory.derived_from.last())
    else {
        return Ok(Vec::new());
    };
    let mut ids = vec![*first, *last];
    ids.dedup();
    let cube = CubeId::new(memory.cube_id.as_str())?;
    Ok(caller.memos.known(&caller.who, &cube, &ids)?)
}

/// Whether what a memory was made from may be made into memories of this view.
pub(super) fn is_allowed(view: View, evidence: &[MemoryItem]) -> bool {
    evidence.iter().all(|said| view.admits(said))
}
