//! The dialects of other memory systems, on the one Memory API. A face translates: it reads what its
//! contract allows, calls [`MemOs`](crate::MemOs), and answers as its contract says, errors too. What
//! a face can do at all is in [`service`](crate::service).
//!
//! | face | paths | contract |
//! |---|---|---|
//! | `openmem` | `/api/openmem/v1/*`, `/platform/api/openmem/v1/*`, and the same under `/product` | MemOS cloud, `openmem/v1` |
//! | [`product`] | `/product/*` | the open-source server of MemOS |
//!
//! [`kit`] is what faces share: the body of a request, its fields, errors, names of cubes.

pub(crate) mod kit;
mod openmem;
mod product;

use utoipa_axum::router::OpenApiRouter;

use crate::http::AppState;
use kit::Dialect;

/// The routes of all faces, with their description.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(openmem::routes())
        .merge(product::routes())
}

/// In whose words an error on this path is told; ours if it is nobody's.
pub(crate) fn dialect(path: &str) -> Option<&'static dyn Dialect> {
    let dialects: [(fn(&str) -> bool, &'static dyn Dialect); 2] = [
        // Some of its paths are under the other's prefix.
        (openmem::owns, &openmem::DIALECT),
        (product::owns, &product::DIALECT),
    ];
    dialects
        .into_iter()
        .find_map(|(owns, dialect)| owns(path).then_some(dialect))
}
