//! mem0: the REST server that people run themselves, and the platform's API (`/v1`, `/v2`, `/v3`).
//!
//! | part | what it is |
//! |---|---|
//! | [`identity`] | users, agents, apps and runs, and the cube where a memory lives |
//! | [`filters`] | its filters, as ours |
//! | [`item`], [`history`] | how a memory is shown |
//! | [`adding`], [`finding`], [`listing`], [`changing`] | what both servers do with memories |
//! | [`server`], [`settings`], [`access`] | the server's routes |
//! | [`platform`], [`older`], [`entities`], [`events`], [`exports`], [`profiles`], [`project`], [`webhooks`] | the platform's |
//! | [`dialect`] | errors |
//!
//! A memory lives in the cube of its user; without a user in that of its agent, app or run. What names
//! a user as a condition that must hold looks in that cube only, all else in every cube.

mod access;
mod adding;
mod changing;
mod dialect;
pub(super) mod door;
mod entities;
mod events;
mod exports;
mod filters;
mod finding;
mod history;
mod identity;
mod item;
mod listing;
mod literal;
mod older;
mod platform;
mod profiles;
mod project;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod webhooks;

use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::http::AppState;

pub(crate) use dialect::{Mem0, owns};

/// All routes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    server::routes()
        .merge(settings::routes())
        .merge(access::routes())
        .merge(platform::routes())
        .merge(older::routes())
        .merge(entities::routes())
        .merge(events::routes())
        .merge(exports::routes())
        .merge(profiles::routes())
        .merge(project::routes())
        .merge(webhooks::routes())
}

/// Routes whose paths end in a slash, as the platform writes them, which are found without it too.
fn with_and_without_slash(
    router: OpenApiRouter<AppState>,
    routes: UtoipaMethodRouter<AppState>,
) -> OpenApiRouter<AppState> {
    let bare: Vec<String> = routes
        .1
        .paths
        .keys()
        .map(|path| path.trim_end_matches('/').to_owned())
        .collect();
    let methods = routes.2.clone();
    let router = router.routes(routes);
    bare.into_iter()
        .fold(router, |router, path| router.route(&path, methods.clone()))
}
