//! Memories of any age and use, a vault for them, and the carrying out of sweeps.

use std::sync::Arc;

use memos_core::{
    Code, Lifespan, ManualClock, Memory, MemoryId, Priority, Result, SemanticType, State, Tier,
    Timestamp, Vault, VolatileVault,
};
use proptest::prelude::*;

use super::{Sweep, SweepPlan};
use crate::testing::{ada, adding, cube, cube_id, memory};

pub(crate) const DAY: i64 = 86_400;

/// A memory that was made at an instant, with some of it set.
pub(crate) fn aged(at: Timestamp, set: impl FnOnce(&mut Memory)) -> Memory {
    let mut memory = memory("text", 0);
    memory.header.descriptive.created_at = at;
    memory.header.descriptive.updated_at = at;
    set(&mut memory);
    memory
}

pub(crate) fn next_version(memory: &Memory) -> Result<u32> {
    Ok(memory.header.behavioural.version + 1)
}

/// A vault whose clock is set by hand, with memories in one cube.
pub(crate) struct Bench {
    pub(crate) vault: VolatileVault,
    pub(crate) clock: Arc<ManualClock>,
}

impl Bench {
    pub(crate) fn with(now: Timestamp, memories: &[Memory]) -> Self {
        let clock = Arc::new(ManualClock::new(now));
        let vault = VolatileVault::new(Arc::clone(&clock) as _);
        vault.commit(adding(memories)).unwrap();
        Self { vault, clock }
    }

    pub(crate) fn memory(&self, id: MemoryId) -> Option<Memory> {
        self.vault.memory(&cube_id(), id).unwrap()
    }

    pub(crate) fn all(&self) -> Vec<Memory> {
        let snapshot = self.vault.snapshot().unwrap();
        snapshot.memories(&cube_id(), None, usize::MAX).unwrap()
    }

    pub(crate) fn plan(&self, sweep: &Sweep, now: Timestamp) -> SweepPlan {
        let snapshot = self.vault.snapshot().unwrap();
        sweep.plan(&*snapshot, &cube(), now).unwrap()
    }

    /// Sweeps once, and returns the plan that was carried out.
    pub(crate) fn sweep(&self, sweep: &Sweep, now: Timestamp) -> SweepPlan {
        self.clock.set(now);
        let plan = self.plan(sweep, now);
        for batch in &plan.batches {
            let read = |id| self.vault.memory(&cube_id(), id);
            let made = sweep
                .commit(batch, &cube_id(), now, &read, &next_version)
                .unwrap();
            assert_eq!(made.passed, 0);
            assert!(!made.commit.writes.is_empty());
            self.vault.commit(made.commit).unwrap();
        }
        plan
    }
}

pub(crate) fn sweep() -> Sweep {
    Sweep::new(super::LifecyclePolicy::default(), ada())
}

/// The instant around which generated memories live.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

/// Memories of all kinds, up to three years old, used or not.
pub(crate) fn any_memory() -> impl Strategy<Value = Memory> {
    let lifespan = prop_oneof![
        Just(Lifespan::KeepForever),
        Just(Lifespan::Decay),
        Just(Lifespan::Decay),
        (1_u64..40_000_000).prop_map(|seconds| Lifespan::HalfLife { seconds }),
        (1_u64..40_000_000).prop_map(|seconds| Lifespan::Unused { seconds }),
        (-400_i64..400).prop_map(|d| Lifespan::Until(now().plus_secs(d * DAY + 7))),
    ];
    let state = prop_oneof![
        3 => Just(State::Generated),
        4 => Just(State::Activated),
        1 => Just(State::Merged),
        2 => Just(State::Archived),
        1 => Just(State::Frozen),
    ];
    (
        lifespan,
        state,
        proptest::sample::select(SemanticType::ALL),
        proptest::sample::select(Priority::ALL),
        proptest::sample::select(Tier::ALL),
        proptest::bool::weighted(0.1),
        (0_i64..1_100 * DAY, 0_i64..1_100 * DAY, 0_u64..40),
    )
        .prop_map(
            |(lifespan, state, semantic_type, priority, tier, held, (age, used, uses))| {
                aged(now().plus_secs(-age), |m| {
                    m.state = state;
                    m.header.descriptive.semantic_type = semantic_type;
                    let governance = &mut m.header.governance;
                    governance.lifespan = lifespan;
                    governance.priority = priority;
                    governance.legal_hold = held;
                    let uses = if state == State::Generated { 0 } else { uses };
                    m.header.behavioural.use_count = uses;
                    m.header.behavioural.last_used =
                        (uses > 0).then(|| now().plus_secs(-used.min(age)));
                    m.header.behavioural.tier = tier;
                })
            },
        )
}

/// What a refused move is told by.
pub(crate) fn is_illegal<T: std::fmt::Debug>(result: Result<T>) -> bool {
    result.unwrap_err().code() == Code::IllegalMove
}
