//! The dialects of other memory systems, on the one Memory API. A face translates: it reads what its
//! contract allows, calls [`MemOs`](crate::MemOs), and answers as its contract says, errors too. What
//! a face can do at all is in [`service`](crate::service).
//!
//! | face | paths | contract |
//! |---|---|---|
//! | `anthropic` | `/v1/memory/tool` | Anthropic's memory tool, `memory_20250818` |
//! | `langgraph` | `/store/…` | the store of a LangGraph server |
//! | [`mcp`] | `/mcp` | Model Context Protocol, streamable HTTP |
//! | `mem0` | `/memories`, `/search`, …; `/v1` to `/v3` | mem0's server and platform |
//! | [`openai`] | `/v1/chat`, `/v1/responses`, `/v1/embeddings`, `/v1/models` | OpenAI's API, in front of a model server |
//! | `openmem` | `/api/openmem/v1/…`, also under `/platform` and as `/product/…` | the hosted service of MemOS |
//! | `product` | `/product/…` | the open-source server of MemOS |
//!
//! [`kit`] is what faces share: the body of a request, its fields, errors, names of cubes.

mod anthropic;
pub(crate) mod kit;
mod langgraph;
pub(crate) mod mcp;
mod mem0;
mod openai;
mod openmem;
mod product;

use utoipa_axum::router::OpenApiRouter;

use crate::http::AppState;
use kit::Dialect;

pub(crate) use openai::ModelServer;

/// The routes of all faces, with their description.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(anthropic::routes())
        .merge(langgraph::routes())
        .merge(mcp::routes())
        .merge(mem0::routes())
        .merge(openai::routes())
        .merge(openmem::routes())
        .merge(product::routes())
}

/// Which paths are a face's, and how it tells of errors.
type Entry = (fn(&str) -> bool, &'static dyn Dialect);

const DIALECTS: &[Entry] = &[
    (anthropic::owns, &anthropic::Anthropic),
    (langgraph::owns, &langgraph::LangGraph),
    (mcp::owns, &mcp::Mcp),
    (mem0::owns, &mem0::Mem0),
    (openai::OpenAi::owns, &openai::OpenAi),
    // Before `product`: some of its paths are under that prefix.
    (openmem::owns, &openmem::DIALECT),
    (product::owns, &product::DIALECT),
];

/// In whose words an error on this path is told; ours if it is nobody's.
pub(crate) fn dialect(path: &str) -> Option<&'static dyn Dialect> {
    DIALECTS
        .iter()
        .find_map(|(owns, dialect)| owns(path).then_some(*dialect))
}

/// Whether a face shows the last requests that came on this path.
pub(crate) fn shows_requests(path: &str) -> bool {
    mem0::owns(path) && !path.starts_with("/requests")
}
