//! All routes, and what is around them.

use std::any::Any;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use super::problem::Refusal;
use super::{
    AppState, cubes, dump, events, host, memories, observe, openapi, organise, probes, search,
    tasks, time_machine, versions,
};
use crate::faces;

/// Where the native API begins.
const API: &str = "/api/v1";

/// The whole HTTP interface, to serve or to nest into a server of your own.
pub fn router(state: AppState) -> Router {
    let routes = described().split_for_parts().0.merge(openapi::page());
    surround(routes, state)
}

/// The routes with their description.
pub(super) fn described() -> OpenApiRouter<AppState> {
    let api = cubes::routes()
        .merge(memories::routes())
        .merge(search::routes())
        .merge(versions::routes())
        .merge(time_machine::routes())
        .merge(dump::routes())
        .merge(organise::routes())
        .merge(tasks::routes())
        .merge(events::routes());
    OpenApiRouter::with_openapi(openapi::Frame::openapi())
        .nest(API, api)
        .merge(probes::routes())
        .merge(openapi::routes())
        .merge(faces::routes())
}

/// What every request passes, the last first.
pub(super) fn surround(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        // Around all that may refuse: a page is to see that too.
        .layer(host::cors(&state))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

// The signature is the layer's.
#[expect(clippy::needless_pass_by_value)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it says nothing".to_owned());
    Refusal(Error::new(
        Code::Internal,
        format!("a request panicked: {said}"),
    ))
    .into_response()
}
