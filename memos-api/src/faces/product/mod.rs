//! The open-source server of MemOS (v2): `/product/*`.
//!
//! A user or cube of the contract is a cube of that name. What was said is kept word for word and
//! answered as text memory; preferences, tools and skills have lists of their own. Where the public
//! server does not do what its documentation promises, this one does:
//! `docs/compatibility/product.md`.

mod add;
mod all;
mod by_id;
mod chat;
mod cubes;
mod cubes_of;
mod delete;
mod envelope;
mod feedback;
mod fields;
mod filter;
mod found;
mod get;
mod lookup;
mod memory;
mod memory_type;
mod messages;
mod owner;
mod playground;
mod scheduler;
mod search;
mod suggest;
#[cfg(test)]
mod tests;
mod wait;

use axum::http::Uri;
use axum::response::Redirect;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

use crate::http::AppState;
use envelope::Envelope;

/// Errors in the contract's words.
pub(crate) static DIALECT: Envelope = Envelope;

/// Whether a path is of this contract.
pub(crate) fn owns(path: &str) -> bool {
    path == "/product" || path.starts_with("/product/")
}

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    let routes = OpenApiRouter::new()
        .merge(search::routes())
        .merge(add::routes())
        .merge(cubes::routes())
        .merge(get::routes())
        .merge(by_id::routes())
        .merge(all::routes())
        .merge(delete::routes())
        .merge(feedback::routes())
        .merge(suggest::routes())
        .merge(scheduler::routes())
        .merge(wait::routes())
        .merge(chat::routes())
        .merge(playground::routes())
        .merge(lookup::routes());
    // The public server's framework sends who writes a slash too much to the path without it.
    let paths = routes.get_openapi().paths.paths.keys();
    let slashed: Vec<String> = paths.map(|path| format!("{path}/")).collect();
    slashed.into_iter().fold(routes, |routes, path| {
        routes.route(&path, any(without_slash))
    })
}

async fn without_slash(uri: Uri) -> Redirect {
    let path = uri.path().trim_end_matches('/');
    match uri.query() {
        Some(query) => Redirect::temporary(&format!("{path}?{query}")),
        None => Redirect::temporary(path),
    }
}
