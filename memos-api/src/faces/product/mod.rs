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
    OpenApiRouter::new()
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
        .merge(lookup::routes())
}
