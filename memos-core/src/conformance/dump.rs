//! Everything that a snapshot shows, for comparison.

use super::ok;
use crate::{Change, ChangeSeq, CubeId, EventSeq, MemCube, Memory, NamedSnapshot, Snapshot, Task};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dump {
    pub(super) head: EventSeq,
    pub(super) cubes: Vec<MemCube>,
    pub(super) memories: Vec<Memory>,
    pub(super) changes: Vec<(CubeId, Change)>,
    pub(super) named: Vec<(CubeId, NamedSnapshot)>,
    pub(super) tasks: Vec<Task>,
}

impl Dump {
    /// Reads it all, each thing in each way that there is.
    #[track_caller]
    pub(super) fn of(snapshot: &dyn Snapshot) -> Self {
        let mut dump = Self {
            head: snapshot.seq(),
            cubes: ok(snapshot.cubes(None, usize::MAX)),
            memories: Vec::new(),
            changes: Vec::new(),
            named: Vec::new(),
            tasks: ok(snapshot.tasks(None, usize::MAX)),
        };
        for cube in &dump.cubes {
            assert_eq!(ok(snapshot.cube(&cube.id)).as_ref(), Some(cube));
            let memories = ok(snapshot.memories(&cube.id, None, usize::MAX));
            for memory in &memories {
                let found = ok(snapshot.memory(&cube.id, memory.id));
                assert_eq!(found.as_ref(), Some(memory));
            }
            dump.memories.extend(memories);
            let changes = ok(snapshot.changes(&cube.id, ChangeSeq(0), usize::MAX));
            for change in &changes {
                let mut history = changes.clone();
                history.retain(|c| c.memory_id == change.memory_id);
                assert_eq!(ok(snapshot.history(&cube.id, change.memory_id)), history);
            }
            let told = |change| (cube.id.clone(), change);
            dump.changes.extend(changes.into_iter().map(told));
            let named = ok(snapshot.named(&cube.id));
            let named = named.into_iter().map(|name| (cube.id.clone(), name));
            dump.named.extend(named);
        }
        dump
    }
}
