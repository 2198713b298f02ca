//! The contract of the hosted MemOS, `openmem/v1`: what `MemOSClient`, the OpenClaw plugin and other
//! cloud clients speak.
//!
//! | part | what it does |
//! |---|---|
//! | `add`, `search`, `get`, `change`, `feedback`, `chat` | memories |
//! | `knowledge`, `upload` | knowledge bases and their files |
//! | `profile` | profiles and their templates |
//! | `rerank`, `extract` | what needs no memory |
//! | `fields`, `messages`, `subject`, `views`, `filter` | what requests say |
//! | `places` | which cubes that means |
//! | `item` | memories as items of the contract's lists |
//! | `envelope`, `reason`, `dialect` | answers and errors |
//!
//! A user is the cube of his name; an agent with memories of its own has one that no user's name leads
//! to. What is shared with the project lies in one cube, each knowledge base in one, each profile in
//! one.

mod add;
mod change;
mod chat;
mod dialect;
mod envelope;
mod extract;
mod feedback;
mod fields;
mod filter;
mod get;
mod item;
mod knowledge;
mod messages;
mod places;
mod profile;
mod reason;
mod rerank;
mod search;
mod subject;
#[cfg(test)]
mod tests;
mod upload;
mod views;

use axum::Router;
use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::AppState;

/// Where the hosted service has it.
const BASE: &str = "/api/openmem/v1";
/// Where the global service has it.
const GLOBAL: &str = "/platform/api/openmem/v1";
/// What the public documentation gives as a base address of an own server. The other contract is
/// there too; no path is in both.
const PRODUCT: &str = "/product";

/// The paths, as the other contract's prefix must leave them alone.
const PATHS: [&str; 24] = [
    "/add/message",
    "/search/memory",
    "/get/memory",
    "/get/message",
    "/get/status",
    "/update/memory",
    "/delete/memory",
    "/add/feedback",
    "/chat",
    "/extract/memory",
    "/rerank",
    "/create/knowledgebase",
    "/delete/knowledgebase",
    "/add/knowledgebase-file",
    "/delete/knowledgebase-file",
    "/get/knowledgebase-file",
    "/add/profile_template",
    "/get/profile_template",
    "/list/profile_template",
    "/update/profile_template",
    "/delete/profile_template",
    "/bind/profile_template",
    "/edit/profile",
    "/delete/profile",
];

/// The routes, described once and there three times.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    let (plain, _) = contract().split_for_parts();
    let elsewhere = Router::new()
        .nest(GLOBAL, plain.clone())
        .nest(PRODUCT, plain);
    OpenApiRouter::new()
        .nest(BASE, contract())
        .merge(OpenApiRouter::from(elsewhere))
}

fn contract() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add::add))
        .routes(routes!(add::get_status))
        .routes(routes!(search::search))
        .routes(routes!(get::get_memory))
        .routes(routes!(get::get_memory_by_id))
        .routes(routes!(get::get_message))
        .routes(routes!(change::update))
        .routes(routes!(change::delete))
        .routes(routes!(feedback::feedback))
        .routes(routes!(chat::chat))
        .routes(routes!(extract::extract))
        .routes(routes!(rerank::rerank))
        .routes(routes!(knowledge::create))
        .routes(routes!(knowledge::delete))
        .routes(routes!(knowledge::add_files))
        .routes(routes!(knowledge::delete_files))
        .routes(routes!(knowledge::get_files))
        .routes(routes!(profile::add_template))
        .routes(routes!(profile::get_template))
        .routes(routes!(profile::list_templates))
        .routes(routes!(profile::update_template))
        .routes(routes!(profile::delete_template))
        .routes(routes!(profile::bind))
        .routes(routes!(profile::edit))
        .routes(routes!(profile::delete))
        .layer(from_fn(envelope::stamp))
}

/// Whether a path is this contract's.
pub(super) fn owns(path: &str) -> bool {
    let under = |base: &str| {
        let rest = path.strip_prefix(base)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    };
    if under(BASE).or_else(|| under(GLOBAL)).is_some() {
        return true;
    }
    under(PRODUCT).is_some_and(|rest| PATHS.contains(&rest) || rest.starts_with("/get/memory/"))
}

/// How errors are told.
pub(super) static DIALECT: dialect::OpenMem = dialect::OpenMem;
