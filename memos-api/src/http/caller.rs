//! Who calls, and the way from a handler to the synchronous Memory API.

use std::panic::resume_unwind;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error, Result, UserId};
use serde::Serialize;
use tracing::Span;

use super::AppState;
use super::metrics::Metrics;
use super::problem::Refusal;
use super::recent::Recent;
use super::request_id::RequestId;
use crate::MemOs;

/// The principal of every request until there is authentication.
const LOCAL: &str = "local";

/// A caller with the MemOS that it calls. As an extractor it comes first: a server that is not open
/// refuses before it reads the rest.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) memos: Arc<MemOs>,
    pub(crate) who: UserId,
    /// What ties the answer, the log and the tasks that follow together.
    pub(crate) request_id: Option<String>,
    state: AppState,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Ok(Self {
            memos: state.memos()?,
            who: UserId::new(LOCAL)?,
            request_id: parts
                .extensions
                .get()
                .map(|id: &RequestId| id.as_str().to_owned()),
            state: state.clone(),
        })
    }
}

impl Caller {
    /// Who came by another way than a request of HTTP.
    ///
    /// # Errors
    /// `Unavailable` while the MemOS is not open.
    pub(crate) fn of(state: &AppState, who: &UserId, request_id: Option<String>) -> Result<Self> {
        Ok(Self {
            memos: state.memos()?,
            who: who.clone(),
            request_id,
            state: state.clone(),
        })
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        self.state.metrics()
    }

    /// The last requests of faces that show them.
    pub(crate) fn recent(&self) -> &Recent {
        self.state.recent()
    }

    /// Does work that may wait for the disk.
    pub(crate) async fn call<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        Ok(blocking(move || work(&self)).await?)
    }

    /// Does work and answers with what comes of it, as JSON.
    pub(crate) async fn answer<T: Serialize>(
        self,
        work: impl FnOnce(&Self) -> Result<(StatusCode, T)> + Send + 'static,
    ) -> Result<Response, Refusal> {
        let (status, json) = self
            .call(|caller| {
                let (status, body) = work(caller)?;
                let json = serde_json::to_vec(&body).map_err(|e| {
                    Error::new(Code::Internal, "the answer has no JSON form").caused_by(e)
                })?;
                Ok((status, json))
            })
            .await?;
        let mut response = (status, json).into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }
}

/// Runs on a thread that may wait, inside the request's span. A panic goes on in the caller, where
/// it becomes a problem document.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let span = Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => Err(Error::new(Code::Unavailable, "the server is shutting down")
                .remedy("try again when it has restarted")
                .caused_by(error)),
        },
    }
}
