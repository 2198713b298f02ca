//! mem0: the REST server that people run themselves, and the platform's API (`/v1`, `/v2`, `/v3`).
//!
//! | part | what it is |
//! |---|---|
//! | [`identity`] | users, agents, apps and runs, and the cube where a memory lives |
//! | [`filters`] | its filters, as ours |
//! | [`item`], [`history`] | how a memory is shown |
//! | [`contract`] | whose contract a request follows, and its sentences |
//! | [`adding`], [`messages`], [`documents`], [`finding`], [`listing`], [`here`], [`changing`] | what both servers do with memories |
//! | [`server`], [`settings`], [`access`] | the server's routes |
//! | [`platform`], [`older`], [`entities`], [`events`], [`exports`], [`profiles`], [`organisation`], [`webhooks`] | the platform's |
//! | [`dialect`] | errors |
//!
//! A memory lives in the cube of its user; without a user in that of its agent, app or run. What names
//! a user as a condition that must hold looks in that cube only, all else in every cube.

mod access;
mod adding;
mod changing;
mod contract;
mod dialect;
mod documents;
pub(super) mod door;
mod entities;
mod events;
mod exports;
mod filters;
mod finding;
mod here;
mod history;
mod identity;
mod item;
mod listing;
mod literal;
mod messages;
mod older;
mod organisation;
mod platform;
mod profiles;
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
        .merge(organisation::routes())
        .merge(webhooks::routes())
}

/// Routes, each found with a slash at its end and without: the platform writes one, the server none.
fn router(all: impl IntoIterator<Item = UtoipaMethodRouter<AppState>>) -> OpenApiRouter<AppState> {
    all.into_iter()
        .fold(OpenApiRouter::new(), |router, routes| {
            let paths = routes.1.paths.keys();
            let others: Vec<String> = paths
                .map(|path| match path.strip_suffix('/') {
                    Some(bare) => bare.to_owned(),
                    None => format!("{path}/"),
                })
                .collect();
            let methods = routes.2.clone();
            let router = router.routes(routes);
            others
                .into_iter()
                .fold(router, |router, path| router.route(&path, methods.clone()))
        })
}
