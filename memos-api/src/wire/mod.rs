//! What the native API takes and returns, as JSON.

mod add;
mod cube;
mod event;
mod graph;
mod history;
mod item;
mod memory;
mod organise;
mod parse;
mod search;
mod task;
mod timeline;

pub use add::{AddRequest, AddResponse, DocumentRequest, MemoryRef};
pub use cube::{BaseItem, CreateCubeRequest, Cube, CubePage};
pub use event::{EventItem, EventsRequest};
pub use graph::{
    EntitiesDeleted, Graph, GraphEntity, GraphRelation, ObservationsAdded, ObservationsDeleted,
    ObservationsToAdd, ObservationsToDelete,
};
pub use history::{
    BranchRequest, DiffRequest, DiffResponse, DumpRequest, FieldItem, MemoryRollbackRequest,
    MergeRequest, MoveRequest, PlanResponse, RollbackRequest, SnapshotItem, SnapshotList,
    SnapshotRequest, StepItem, VersionItem, VersionList,
};
pub use item::{
    FoundItem, Index, Item, ItemAddress, NamespacesRequest, PutItem, SearchItems, ToolAnswer,
};
pub use memory::{
    LinkItem, ListRequest, MemoryItem, MemoryPage, PatchRequest, SourceItem, TimeItem,
};
pub use organise::{
    ConceptItem, EntityItem, EntityList, FeedbackRequest, FeedbackResponse, RelatedItem,
    RelatedList, TopRequest, TopicItem, TopicList,
};
pub use parse::parse;
pub use search::{
    CallItem, ContextResponse, DeepStep, SearchHit, SearchRequest, SearchResponse, SignalItem,
    TimeWindow,
};
pub use task::{
    DrainRequest, DrainResponse, TaskCounts, TaskItem, TaskListRequest, TaskPage, TaskRequest,
};
pub use timeline::{TimelineRequest, TimelineResponse};
