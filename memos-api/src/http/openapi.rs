//! The description of the API, and a page to read it.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::AppState;
use super::probes::ProbeProblems;
use super::problem::Problem;
use super::refusals;
use super::router::described;

/// Where the document is.
const PATH: &str = "/openapi.json";

/// The frame that the routes fill in.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "MemOS",
        description = "Memory for language models and agents: hand in what was said, ask, and get \
            the evidence back.\n\n\
            Errors are problem documents (RFC 9457) with a stable `code`, the field at fault and \
            what to do. Every answer carries `x-request-id`: yours if you send one of 1 to 128 \
            visible ASCII characters. Besides the problems listed with each operation, a path that \
            is not here answers 404 `route_not_found`, and a method that is not here 405 \
            `method_not_allowed` with an `Allow` header.\n\n\
            Times are RFC 3339. There is no authentication yet, so the server listens on the \
            loopback only, and every caller is the principal `local`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    components(schemas(Problem)),
    tags(
        (name = "memories", description = "Add, list, read, change and forget memories."),
        (name = "search", description = "Ask."),
        (name = "cubes", description = "The containers that memories live in."),
        (name = "time machine", description = "Versions, rollback, snapshots, branches."),
        (name = "lifecycle", description = "The states of a memory."),
        (name = "organisation", description = "What the background makes of a cube."),
        (name = "tasks", description = "Background work, and what happens."),
        (name = "openmem", description = "The hosted service of MemOS, as its clients know it."),
        (name = "product", description = "The open-source server of MemOS, as its clients know it."),
        (name = "mcp", description = "The Model Context Protocol, for agents."),
        (name = "openai", description = "OpenAI's API with memory, in front of a model server."),
        (name = "operation", description = "For those who run the server."),
        (name = "mem0", description = "What mem0's server and platform speak."),
        (name = "langgraph", description = "The store of a LangGraph server."),
        (name = "anthropic", description = "The memory tool of Anthropic's models."),
    ),
)]
pub(super) struct Frame;

/// The OpenAPI document of the whole API.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = described().into_openapi();
    refusals::describe(&mut document);
    document
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// The page that shows the document; everything that it loads comes from this server.
pub(super) fn page() -> Router<AppState> {
    // Else the page would ask a server on the internet whether the document is valid.
    let config = Config::new([PATH])
        .validator_url("none")
        .try_it_out_enabled(true);
    let docs: Router<AppState> = SwaggerUi::new("/docs").config(config).into();
    // Where others look for a page too.
    let lead = || get(|| async { Redirect::temporary("/docs/") });
    ["/", "/redoc", "/redoc/"]
        .into_iter()
        .fold(docs, |docs, path| docs.route(path, lead()))
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object), ProbeProblems),
)]
async fn openapi() -> impl IntoResponse {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
        serde_json::to_vec(&document())
            .expect("the document is plain data")
            .into()
    });
    ([(CONTENT_TYPE, "application/json")], TEXT.clone())
}
