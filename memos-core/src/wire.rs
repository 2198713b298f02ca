//! Wire names of the kernel's closed vocabularies: the words that JSON, filters and the command
//! line use for them.

use std::fmt;

use crate::{Cause, EventKind, Layer, LinkKind, Origin, Priority, Role, SemanticType, Tier};

macro_rules! wire_names {
    ($name:ident { $($variant:ident = $wire:literal),+ $(,)? }) => {
        impl $name {
            /// Every one, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            // Filters know some vocabularies only.
            #[allow(dead_code)]
            pub(crate) const NAMES: &'static [&'static str] = &[$($wire),+];

            /// The wire form.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

wire_names!(Origin {
    UserInput = "user_input",
    Inference = "inference",
    Retrieval = "retrieval",
    FineTuning = "fine_tuning",
});

wire_names!(SemanticType {
    Fact = "fact",
    Preference = "preference",
    Event = "event",
    Profile = "profile",
    TaskPrompt = "task_prompt",
    DomainKnowledge = "domain_knowledge",
    ToolSchema = "tool_schema",
    ToolTrajectory = "tool_trajectory",
    Skill = "skill",
    File = "file",
    Message = "message",
    Summary = "summary",
});

wire_names!(Priority {
    Low = "low",
    Normal = "normal",
    High = "high",
});

wire_names!(Role {
    User = "user",
    Assistant = "assistant",
    System = "system",
    Tool = "tool",
});

wire_names!(Layer {
    Evidence = "evidence",
    Derived = "derived",
});

wire_names!(Tier {
    LongTerm = "long_term",
    Working = "working",
    User = "user",
});

wire_names!(LinkKind {
    DuplicateOf = "duplicate_of",
    Contradicts = "contradicts",
    Supersedes = "supersedes",
    Corrects = "corrects",
    RelatesTo = "relates_to",
});

wire_names!(Cause {
    Call = "call",
    Use = "use",
    Lifespan = "lifespan",
    Capacity = "capacity",
    Fusion = "fusion",
    Refinement = "refinement",
    Organising = "organising",
    Feedback = "feedback",
    Rollback = "rollback",
    Branch = "branch",
});

wire_names!(EventKind {
    CubeCreated = "cube_created",
    CubeUpdated = "cube_updated",
    CubeDeleted = "cube_deleted",
    Added = "added",
    Updated = "updated",
    Accessed = "accessed",
    Activated = "activated",
    Merged = "merged",
    Archived = "archived",
    Expired = "expired",
    Frozen = "frozen",
    Restored = "restored",
    Forgotten = "forgotten",
    Withdrawn = "withdrawn",
    Thawed = "thawed",
    SnapshotTaken = "snapshot_taken",
    SnapshotDropped = "snapshot_dropped",
    RolledBack = "rolled_back",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json_and_in_the_order_of_declaration() {
        macro_rules! check {
            ($name:ident) => {
                for (i, one) in $name::ALL.iter().enumerate() {
                    assert_eq!(*one as usize, i);
                    assert_eq!($name::NAMES[i], one.as_str());
                    assert_eq!(
                        serde_json::to_value(one).unwrap(),
                        one.to_string(),
                        "{one:?}"
                    );
                }
            };
        }
        check!(Origin);
        check!(SemanticType);
        check!(Priority);
        check!(Role);
        check!(Layer);
        check!(Tier);
        check!(LinkKind);
        check!(Cause);
        check!(EventKind);
    }
}
