//! `/product/scheduler/wait` and `/wait/stream`: until the work of a user is done.

use std::time::{Duration, Instant};

use axum::extract::RawQuery;
use axum::response::Response;
use memos_core::{Error, Result};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::Named;
use super::owner;
use crate::faces::kit::{Form, Nulls, Stop, answer, frames};
use crate::http::{AppState, Caller, Refusal, until_done};

/// Longest wait, in seconds: who asks for a longer one is told then how much is left.
const LONGEST: f64 = 3_600.0;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(wait))
        .routes(routes!(wait_stream))
}

/// A request, read.
struct Wait {
    user: String,
    /// None: it is over before it begins, as the contract counts.
    timeout: Option<Duration>,
    interval: Duration,
}

impl Wait {
    fn read(query: Option<&str>) -> Result<Self, Stop> {
        let query = Form::query(query)?;
        Form::read_at("query", &query, Nulls::Faulty, |form| Self {
            user: form.need_text("user_name"),
            timeout: span(form.float("timeout_seconds", 120.0)),
            interval: span(form.float("poll_interval", 0.5)).unwrap_or_default(),
        })
    }
}

/// So many seconds, if it is a number of them.
fn span(seconds: f64) -> Option<Duration> {
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST)))
}

/// Waits for so long; how many tasks are left.
fn drain(c: &Caller, user: &str, wait: Duration) -> Result<u64> {
    let (cube, label) = (Named::new(user).id, owner::of_user(user));
    c.memos.drain_of(&c.who, &cube, &label, wait)
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0
}

/// Wait until the work of a user is done
#[utoipa::path(
    post,
    path = "/product/scheduler/wait",
    tag = "product",
    operation_id = "product_wait",
    params(
        ("user_name" = String, Query, description = "Whose work."),
        ("timeout_seconds" = Option<f64>, Query, description = "Longest wait; 120 if absent."),
        ("poll_interval" = Option<f64>, Query, description = "Accepted; nothing is polled."),
    ),
    responses((status = 200, description = "What came of it.", body = Object)),
)]
async fn wait(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let wait = Wait::read(query.as_deref())?;
    let (start, user) = (Instant::now(), wait.user.clone());
    let look = move |c: &Caller, part| drain(c, &user, part);
    let left = until_done(&caller, wait.timeout.unwrap_or_default(), look).await?;
    answer(caller, move |_| {
        let timed_out = left > 0 || wait.timeout.is_none();
        Ok(json!({
            "message": if timed_out { "timeout" } else { "idle" },
            "data": {
                "running_tasks": left,
                "waited_seconds": seconds(start),
                "timed_out": timed_out,
                "user_name": wait.user,
            },
        }))
    })
    .await
}

/// Follow the work of a user until it is done
#[utoipa::path(
    get,
    path = "/product/scheduler/wait/stream",
    tag = "product",
    operation_id = "product_wait_stream",
    params(
        ("user_name" = String, Query, description = "Whose work."),
        ("timeout_seconds" = Option<f64>, Query, description = "Longest wait; 120 if absent."),
        ("poll_interval" = Option<f64>, Query, description = "Seconds between two events."),
    ),
    responses((
        status = 200, description = "Events until it is done or time is up.",
        content_type = "text/event-stream", body = String
    )),
)]
async fn wait_stream(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let wait = Wait::read(query.as_deref())?;
    let (frames, response) = frames();
    tokio::spawn(async move {
        let start = Instant::now();
        let mut part = Duration::ZERO;
        while frames.is_open() {
            let user = wait.user.clone();
            let look = move |c: &Caller, part| drain(c, &user, part);
            let left = tokio::select! {
                left = until_done(&caller, part, look) => left,
                // Nobody reads any more.
                () = frames.closed() => return,
            };
            let timed_out = wait
                .timeout
                .is_none_or(|timeout| start.elapsed() >= timeout);
            let (frame, is_over) = match left {
                Ok(left) => event(&wait, left, start, timed_out),
                Err(Refusal(error)) => (failed(&wait, &error), true),
            };
            frames.send(frame).await;
            if is_over {
                return;
            }
            let rest = wait.timeout.unwrap_or_default();
            let rest = rest.saturating_sub(start.elapsed());
            part = wait.interval.max(Duration::from_millis(10)).min(rest);
        }
    });
    Ok(response)
}

fn event(wait: &Wait, left: u64, start: Instant, timed_out: bool) -> (Value, bool) {
    let (status, is_over) = match (left, timed_out) {
        (0, _) if wait.timeout.is_some() => ("idle", true),
        (_, true) => ("timeout", true),
        (_, false) => ("running", false),
    };
    let mut frame = json!({
        "user_name": wait.user,
        "active_tasks": left,
        "elapsed_seconds": seconds(start),
        "status": status,
        "instance_id": format!("memos-{}", std::process::id()),
    });
    if status == "timeout" {
        frame["timed_out"] = true.into();
    }
    (frame, is_over)
}

fn failed(wait: &Wait, error: &Error) -> Value {
    json!({
        "status": "error",
        "detail": "stream_failed",
        "exception": error.to_string(),
        "user_name": wait.user,
    })
}
