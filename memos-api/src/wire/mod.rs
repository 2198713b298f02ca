//! What the native API takes and returns, as JSON.

mod add;
mod cube;
mod memory;
mod parse;
mod search;

pub use add::{AddRequest, AddResponse, DocumentRequest, MemoryRef};
pub use cube::{CreateCubeRequest, Cube, CubePage};
pub use memory::{ListRequest, MemoryItem, MemoryPage, PatchRequest, SourceItem, TimeItem};
pub use parse::parse;
pub use search::{
    CallItem, ContextResponse, SearchHit, SearchRequest, SearchResponse, SignalItem, TimeWindow,
};
