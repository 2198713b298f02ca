//! The platform's routes of memories for older clients: `/v1` and `/v2`. All memories of somebody are
//! deleted there too.

use axum::extract::RawQuery;
use axum::response::Response;
use memos_core::{Code, Error, Result as Outcome};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::adding::Adding;
use super::contract::Contract;
use super::filters::Reach;
use super::finding::{Finding, of_platform};
use super::here::Here;
use super::identity::{Ids, nobody, refuse_blank};
use super::listing::{Listing, MOST, Turn};
use super::platform::TOP_K;
use super::{changing, literal, router};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    router([
        routes!(add_v1, list_v1, forget_all),
        routes!(search_v1),
        routes!(list_v2),
        routes!(search_v2),
    ])
}

/// In which frame an answer of an older route comes.
#[derive(Clone, Copy)]
struct Frame {
    turn: Turn,
    /// How many at most where no page is asked for.
    most: Option<i64>,
    /// `output_format` of `v1.1`, which newer clients send: an object with `results`.
    is_object: bool,
}

impl Frame {
    fn of_form(form: &Form<'_>) -> Self {
        Self {
            turn: Turn::of_form(form),
            most: None,
            is_object: form.text("output_format").as_deref() == Some("v1.1"),
        }
    }

    /// That of a list, which older clients bound by `top_k` or `limit`.
    fn of_list(form: &Form<'_>) -> Self {
        let limit = form.maybe_whole("limit", 1..=MOST);
        Self {
            most: form.maybe_whole("top_k", 1..=MOST).or(limit),
            ..Self::of_form(form)
        }
    }

    fn or(self, query: Self) -> Self {
        Self {
            turn: self.turn.or(query.turn),
            most: self.most.or(query.most),
            is_object: self.is_object || query.is_object,
        }
    }

    fn set(self, results: Vec<Value>) -> Value {
        match self.is_object {
            true => json!({ "results": results }),
            false => results.into(),
        }
    }

    fn list(self, caller: &Caller, listing: Listing, here: &Here) -> Outcome<Value> {
        let is_paged = self.turn.is_asked;
        let turn = match self.most {
            Some(size) if !is_paged => Turn { size, ..self.turn },
            _ => self.turn,
        };
        let (results, total) = listing.carry_out(caller, false, turn.offset(), turn.limit())?;
        Ok(match is_paged {
            true => turn.frame(here, total, &results),
            false => self.set(results),
        })
    }
}

/// Add memories (older clients)
#[utoipa::path(
    post,
    path = "/v1/memories/",
    tag = "mem0",
    operation_id = "mem0_older_add_v1",
    request_body(content = Object, example = json!({
        "messages": [{"role": "user", "content": "I love rye bread."}], "user_id": "ada",
        "output_format": "v1.1"
    })),
    responses((status = 200, description = "A list of `{id, memory, data, event}`; with `output_format` `v1.1` under `results`.", body = Object)),
)]
async fn add_v1(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (adding, frame) = Form::read(&body, Nulls::Absent, |form| {
        (
            Adding::of_form(form, Contract::Platform),
            Frame::of_form(form),
        )
    })?;
    answer(caller, move |c| {
        Ok(frame.set(adding.carry_out(c)?.results()))
    })
    .await
}

/// List memories (older clients)
#[utoipa::path(
    get,
    path = "/v1/memories/",
    tag = "mem0",
    operation_id = "mem0_older_list_v1",
    params(
        ("user_id" = Option<String>, Query), ("agent_id" = Option<String>, Query),
        ("app_id" = Option<String>, Query), ("run_id" = Option<String>, Query),
        ("keywords" = Option<String>, Query, description = "What the memory's words have to hold."),
        ("filters" = Option<String>, Query, description = "An object as JSON."),
        ("page" = Option<u32>, Query), ("page_size" = Option<u32>, Query),
        ("top_k" = Option<u32>, Query, description = "Memories at most, where no page is asked for; `limit` says the same."),
    ),
    responses((status = 200, description = "A list of memories; a page if one is asked for.", body = Object)),
)]
async fn list_v1(caller: Caller, here: Here, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let mut query = Form::query(query.as_deref())?;
    let filters = objects_of(&mut query);
    let (listing, frame) = Form::read_at("query", &query, Nulls::Absent, |form| {
        (Listing::of_older_form(form), Frame::of_list(form))
    })?;
    let listing = listing.with_filters(filters);
    answer(caller, move |c| frame.list(c, listing, &here)).await
}

/// Delete all memories of somebody
///
/// `"*"` stands for everybody of a kind.
#[utoipa::path(
    delete,
    path = "/v1/memories/",
    tag = "mem0",
    operation_id = "mem0_older_forget_all",
    params(
        ("user_id" = Option<String>, Query), ("agent_id" = Option<String>, Query),
        ("app_id" = Option<String>, Query), ("run_id" = Option<String>, Query),
        ("filters" = Option<String>, Query, description = "An object as JSON."),
    ),
    responses((status = 200, description = "`{message}`", body = Object)),
)]
async fn forget_all(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let mut query = Form::query(query.as_deref())?;
    let filters = objects_of(&mut query);
    refuse_narrower(&query)?;
    refuse_blank(&query)?;
    let ids = Form::read_at("query", &query, Nulls::Absent, Ids::of_form)?;
    answer(caller, move |c| {
        let mut reach = Reach::read(&ids.as_filter().into())?;
        if let Some(filters) = filters? {
            reach = reach.and(Reach::read(&filters)?);
        }
        if !reach.names_somebody {
            return Err(nobody());
        }
        changing::forget_all(c, &reach)?;
        Ok(json!({"message": "Memories deleted successfully!"}))
    })
    .await
}

/// What narrows a list and not a deletion: without it more would go than is asked for.
fn refuse_narrower(query: &Value) -> Outcome<()> {
    let narrower = [
        "categories",
        "keywords",
        "start_date",
        "end_date",
        "page",
        "page_size",
        "top_k",
        "limit",
    ];
    match narrower.iter().find(|name| query.get(**name).is_some()) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            Code::InvalidRequest,
            format!("{name} does not narrow a deletion"),
        )
        .at(*name)
        .remedy(
            "say it in filters, such as {\"categories\": {\"in\": [\"food\"]}}, or leave it out",
        )),
    }
}

/// The filters in a query, taken out of it: `metadata` is one too. Lists in it become lists.
fn objects_of(query: &mut Value) -> Outcome<Option<Value>> {
    let Some(fields) = query.as_object_mut() else {
        return Ok(None);
    };
    for name in ["categories", "fields"] {
        if let Some(Value::String(text)) = fields.get(name) {
            let words = text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty());
            let words: Vec<String> = words.map(str::to_owned).collect();
            fields.insert(name.to_owned(), json!(words));
        }
    }
    let mut all = Vec::new();
    for name in ["filters", "metadata"] {
        let Some(Value::String(text)) = fields.remove(name) else {
            continue;
        };
        if text.is_empty() {
            continue;
        }
        let value = literal::read(&text, name)?;
        all.push(match name {
            "metadata" => json!({ "metadata": value }),
            _ => value,
        });
    }
    Ok((!all.is_empty()).then(|| json!({ "AND": all })))
}

/// Search memories (older clients)
#[utoipa::path(
    post,
    path = "/v1/memories/search/",
    tag = "mem0",
    operation_id = "mem0_older_search_v1",
    request_body(content = Object, example = json!({"query": "bread", "user_id": "ada"})),
    responses((status = 200, description = "A list of memories with `score`; with `output_format` `v1.1` under `results`.", body = Object)),
)]
async fn search_v1(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    search_older(caller, &body).await
}

/// Search memories (older clients)
#[utoipa::path(
    post,
    path = "/v2/memories/search/",
    tag = "mem0",
    operation_id = "mem0_older_search_v2",
    request_body(content = Object, example = json!({"query": "bread", "filters": {"user_id": "ada"}})),
    responses((status = 200, description = "A list of memories with `score`; with `output_format` `v1.1` under `results`.", body = Object)),
)]
async fn search_v2(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    search_older(caller, &body).await
}

async fn search_older(caller: Caller, body: &Value) -> Result<Response, Stop> {
    let (finding, frame) = Form::read(body, Nulls::Absent, |form| {
        (
            Finding::of_form(form, Contract::Platform, TOP_K),
            Frame::of_form(form),
        )
    })?;
    answer(caller, move |c| {
        Ok(frame.set(finding.carry_out(c, of_platform)?))
    })
    .await
}

/// List memories (older clients)
#[utoipa::path(
    post,
    path = "/v2/memories/",
    tag = "mem0",
    operation_id = "mem0_older_list_v2",
    params(("page" = Option<u32>, Query), ("page_size" = Option<u32>, Query)),
    request_body(content = Object, example = json!({"filters": {"user_id": "ada"}})),
    responses((status = 200, description = "A list of memories; a page if one is asked for.", body = Object)),
)]
async fn list_v2(
    caller: Caller,
    here: Here,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> Result<Response, Stop> {
    let asked = Form::read_query(query.as_deref(), Nulls::Absent, Frame::of_list)?;
    let (listing, frame) = Form::read(&body, Nulls::Absent, |form| {
        (Listing::of_older_form(form), Frame::of_list(form))
    })?;
    let frame = frame.or(asked);
    answer(caller, move |c| frame.list(c, listing, &here)).await
}
