//! What the lifecycle goes by.

use memos_core::{Lifespan, Memory, MemoryId, Priority, SemanticType, State, Tier, Timestamp};

/// The few fields of a memory that decide its moves: small, so that a sweep can hold many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vitals {
    /// Which memory.
    pub id: MemoryId,
    /// Number of its content.
    pub version: u32,
    /// Where it is in its life.
    pub state: State,
    /// Which working set it is in.
    pub tier: Tier,
    /// What kind of thing it says.
    pub semantic_type: SemanticType,
    /// How long it lives.
    pub lifespan: Lifespan,
    /// How much it matters.
    pub priority: Priority,
    /// Whether a legal hold is on it.
    pub held: bool,
    /// When the system learned it.
    pub created_at: Timestamp,
    /// When it last changed; for what was archived, when that was.
    pub updated_at: Timestamp,
    /// How often it was returned to a caller.
    pub use_count: u64,
    /// When it was last returned.
    pub last_used: Option<Timestamp>,
}

impl Vitals {
    /// Whether the lifecycle leaves it alone: nothing moves what is frozen or held.
    pub(crate) fn is_fixed(&self) -> bool {
        self.held || matches!(self.state, State::Frozen | State::Expired)
    }

    /// The last of its creation and its uses.
    pub(crate) fn last_needed(&self) -> Timestamp {
        self.created_at
            .max(self.last_used.unwrap_or(self.created_at))
    }
}

impl From<&Memory> for Vitals {
    fn from(memory: &Memory) -> Self {
        let header = &memory.header;
        Self {
            id: memory.id,
            version: header.behavioural.version,
            state: memory.state,
            tier: header.behavioural.tier,
            semantic_type: header.descriptive.semantic_type,
            lifespan: header.governance.lifespan,
            priority: header.governance.priority,
            held: header.governance.legal_hold,
            created_at: header.descriptive.created_at,
            updated_at: header.descriptive.updated_at,
            use_count: header.behavioural.use_count,
            last_used: header.behavioural.last_used,
        }
    }
}
