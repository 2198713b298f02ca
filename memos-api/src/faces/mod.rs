//! The dialects of other memory systems, on the one Memory API. A face translates: it reads what its
//! contract allows, calls [`MemOs`](crate::MemOs), and answers as its contract says, errors too. What
//! a face can do at all is in [`service`](crate::service).
//!
//! | face | paths | contract |
//! |---|---|---|
//! | `openmem` | `/api/openmem/v1/*`, `/platform/api/openmem/v1/*`, and the same under `/product` | MemOS cloud, `openmem/v1` |
//!
//! [`kit`] is what faces share: the body of a request, its fields, errors, names of cubes.

pub(crate) mod kit;
mod openmem;

use utoipa_axum::router::OpenApiRouter;

use crate::http::AppState;
use kit::Dialect;

/// The routes of all faces, with their description.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(openmem::routes())
}

/// In whose words an error on this path is told; ours if it is nobody's.
pub(crate) fn dialect(path: &str) -> Option<&'static dyn Dialect> {
    let dialects: [(fn(&str) -> bool, &'static dyn Dialect); 1] =
        [(openmem::owns, openmem::DIALECT)];
    dialects
        .into_iter()
        .find_map(|(owns, dialect)| owns(path).then_some(dialect))
}
