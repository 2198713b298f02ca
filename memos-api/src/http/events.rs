//! The route that streams what happens: events of memories and changes of tasks.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use memos_core::{Code, Error};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::caller::{Caller, blocking};
use super::extract::Query;
use super::problem::{Refusal, problems};
use crate::service::{Follower, Happening};
use crate::wire::EventsRequest;

/// Between two signs of life on a quiet stream, so that proxies keep it open.
const QUIET: Duration = Duration::from_secs(15);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

problems! {
    EventsProblems = [InvalidRequest, Forbidden, CubeNotFound, Unavailable, Corrupt, Internal];
}

/// Follow what happens
///
/// Server-sent events: `memory` for what happened to cubes and memories, each once and in order,
/// with its number as the event's id; `task` for each change of a background task, as it happens;
/// `lagged` if changes of tasks came faster than they were read, so that some were left out.
#[utoipa::path(
    get,
    path = "/events",
    tag = "tasks",
    params(EventsRequest),
    responses(
        (
            status = 200,
            description = "A stream that goes on until you close it.",
            content_type = "text/event-stream",
            body = String
        ),
        EventsProblems,
    ),
)]
async fn events(
    caller: Caller,
    headers: HeaderMap,
    Query(mut request): Query<EventsRequest>,
) -> Result<Response, Refusal> {
    if let Some(last) = headers.get("last-event-id") {
        let number = last.to_str().ok().and_then(|text| text.parse().ok());
        let number: u64 = number.ok_or_else(|| {
            Error::new(Code::InvalidRequest, "it is not the number of an event")
                .at("Last-Event-ID")
                .remedy("send the id of an event of this stream, or leave it out")
        })?;
        request.after = Some(number);
    }
    let (memos, who) = (caller.memos, caller.who);
    let follower = blocking(move || memos.follow(&who, &request)).await?;
    let happenings = stream::unfold(follower, |follower| async {
        let (happening, follower) = Follower::next(follower).await?;
        let event = match &happening {
            Happening::Event(item) => Event::default()
                .event("memory")
                .id(item.seq.to_string())
                .json_data(item),
            Happening::Task(item) => Event::default().event("task").json_data(item),
            Happening::Lagged(missed) => {
                Ok(Event::default().event("lagged").data(missed.to_string()))
            }
        };
        // Plain data always has a JSON form.
        Some((Ok::<_, Infallible>(event.unwrap_or_default()), follower))
    });
    let alive = KeepAlive::new().interval(QUIET);
    Ok(Sse::new(happenings).keep_alive(alive).into_response())
}
