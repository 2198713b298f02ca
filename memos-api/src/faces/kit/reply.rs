//! Answers of faces.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use memos_core::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Stop;
use crate::http::Caller;

/// Marks an answer that is complete though its status is an error: nobody says it in other words.
#[derive(Clone, Copy)]
struct Finished;

/// Does work that may wait for the disk, and answers 200 with what comes of it.
pub(crate) async fn answer<T: Serialize>(
    caller: Caller,
    work: impl FnOnce(&Caller) -> Result<T> + Send + 'static,
) -> Result<Response, Stop> {
    let answered = caller.answer(move |caller| Ok((StatusCode::OK, work(caller)?)));
    Ok(answered.await?)
}

/// An object of these fields. `json!` copies what is a value already, at each level anew.
pub(crate) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// An answer with this status and JSON that stays as it is, also if the status is an error.
pub(crate) fn finished(status: StatusCode, body: &impl Serialize) -> Response {
    // What faces answer are strings, numbers, lists and maps with text keys.
    let json = serde_json::to_vec(body).unwrap_or_default();
    let mut response = (status, json).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    as_it_is(response)
}

/// An answer that stays as it is, whatever its status.
pub(crate) fn as_it_is(mut response: Response) -> Response {
    response.extensions_mut().insert(Finished);
    response
}

/// Whether an answer was made by [`finished`] or [`as_it_is`].
pub(crate) fn is_finished(response: &Response) -> bool {
    response.extensions().get::<Finished>().is_some()
}
