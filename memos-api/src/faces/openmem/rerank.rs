//! `/rerank`: documents by how well they answer a query. The one answer without an envelope.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::envelope::call;
use super::fields;
use super::reason::Reason;
use crate::faces::kit::{self, Form, JsonBody, Nulls, Stop};
use crate::http::Caller;

/// What ranks, whatever model is asked for: the embedder and shared words.
const MODEL: &str = "memos-static-rerank";

/// Documents of one request.
const MOST: usize = 1_000;

/// Order documents
///
/// `relevance_score` is 0.7 · cosine of the local embedder's vectors + 0.3 · the share of the query's
/// words in the document, rare words weighing more. No other model is loaded: `model` of the answer
/// says what ranked.
#[utoipa::path(
    post,
    path = "/rerank",
    operation_id = "openmem_rerank",
    tag = "openmem",
    request_body(content = Object, example = json!({
        "model": "memos-reranker-0.6b", "query": "Where is the ferry?",
        "documents": ["The ferry lies at pier 4.", "Trains leave at noon."]
    })),
    responses((status = 200, description = "`{id, model, usage, results}`", body = Object)),
)]
pub(super) async fn rerank(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (query, documents, top_n) = Form::read(&body, Nulls::Absent, |form| {
        form.text("model");
        (
            fields::words(form, "query"),
            documents(form),
            form.maybe_whole("top_n", 1..=i64::MAX),
        )
    })?;
    let id = caller.request_id.clone().unwrap_or_default();
    let most = top_n
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(usize::MAX);
    let answer = call(caller, move |caller| {
        let ranking = caller.memos.rerank(&query, &documents)?;
        let results: Vec<Value> = ranking
            .order
            .iter()
            .take(most)
            .map(|(index, score)| {
                json!({
                    "index": index,
                    "document": {"text": documents[*index]},
                    "relevance_score": score,
                })
            })
            .collect();
        let tokens = ranking.tokens;
        Ok(json!({
            "id": format!("rerank-{id}"),
            "model": MODEL,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            "results": results,
        }))
    })
    .await?;
    Ok(kit::finished(StatusCode::OK, &answer))
}

/// Texts, or objects with a `text`.
fn documents(form: &Form<'_>) -> Vec<String> {
    let list = match form.any("documents") {
        None => {
            form.missing("documents");
            return Vec::new();
        }
        Some(_) => form.list("documents").unwrap_or_default(),
    };
    if form.any("documents").is_some_and(Value::is_array) && (list.is_empty() || list.len() > MOST)
    {
        let (reason, words) = match list.is_empty() {
            true => (
                Reason::EmptyList,
                "there is no document: send at least one".to_owned(),
            ),
            false => (
                Reason::TooLarge,
                format!("there are more than {MOST}: send them in parts"),
            ),
        };
        form.fault("documents", reason.as_str(), words);
    }
    let text = |value: &Value| {
        let text = value.as_str().or_else(|| value.get("text")?.as_str());
        text.map(str::to_owned)
    };
    let texts: Vec<String> = list.iter().filter_map(text).collect();
    if texts.len() < list.len() {
        let words = "each document is a text, or an object with a text";
        form.fault("documents", Reason::Invalid.as_str(), words);
    }
    texts
}
