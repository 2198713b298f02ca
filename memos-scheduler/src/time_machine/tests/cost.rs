//! The way back costs what has changed, whatever the size of the cube: counted in records read and
//! written.

use std::cell::Cell;

use memos_core::{
    Change, ChangeSeq, CubeId, EventSeq, MemCube, Memory, MemoryId, NamedSnapshot, Result,
    Snapshot, Task, TaskId, Timestamp, Vault,
};

use super::{World, ada, cube_id, id, memory, start};
use crate::time_machine::{Merge, Point, Policy, Rollback, diff_branch, fork, versions};

/// A view that counts the records that it gives out.
struct Counting {
    inner: Box<dyn Snapshot>,
    records: Cell<usize>,
}

impl Counting {
    fn over(inner: Box<dyn Snapshot>) -> Self {
        Self {
            inner,
            records: Cell::new(0),
        }
    }

    fn all<T>(&self, found: Result<Vec<T>>) -> Result<Vec<T>> {
        let count = found.as_ref().map_or(0, Vec::len);
        self.records.set(self.records.get() + count);
        found
    }

    fn one<T>(&self, found: Result<T>) -> Result<T> {
        self.records.set(self.records.get() + 1);
        found
    }
}

impl Snapshot for Counting {
    fn seq(&self) -> EventSeq {
        self.inner.seq()
    }

    fn cubes(&self, after: Option<&CubeId>, limit: usize) -> Result<Vec<MemCube>> {
        self.all(self.inner.cubes(after, limit))
    }

    fn memories(
        &self,
        cube: &CubeId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<Vec<Memory>> {
        self.all(self.inner.memories(cube, after, limit))
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        self.one(self.inner.cube(id))
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        self.one(self.inner.memory(cube, id))
    }

    fn changes(&self, cube: &CubeId, after: ChangeSeq, limit: usize) -> Result<Vec<Change>> {
        self.all(self.inner.changes(cube, after, limit))
    }

    fn history(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<Change>> {
        self.all(self.inner.history(cube, id))
    }

    fn change_at(&self, cube: &CubeId, instant: Timestamp) -> Result<ChangeSeq> {
        self.one(self.inner.change_at(cube, instant))
    }

    fn last_change(&self) -> Result<ChangeSeq> {
        self.one(self.inner.last_change())
    }

    fn named(&self, cube: &CubeId) -> Result<Vec<NamedSnapshot>> {
        self.all(self.inner.named(cube))
    }

    fn tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<Task>> {
        self.all(self.inner.tasks(after, limit))
    }
}

/// Records read and written to go back over three changes, to open a branch, to change it in two
/// places and to merge it, in a cube of this many memories.
fn costs(size: u8) -> Vec<(&'static str, usize, usize)> {
    let world = World::new();
    let all = (0..size).map(|n| memory(&world.main, n, &format!("number {n}")));
    world.write(all.map(memos_core::Write::AddMemory).collect::<Vec<_>>());
    let before = world.head(&world.main);
    world.say(&world.main, 3, "three");
    world.withdraw(&world.main, 5);
    world.add(&world.main, 250, "another");
    let mut costs = Vec::new();
    let mut count = |what, of: &dyn Fn(&dyn Snapshot) -> usize| {
        let view = Counting::over(world.stored.snapshot().unwrap());
        let written = of(&view);
        costs.push((what, view.records.get(), written));
    };
    count("roll back", &|view| {
        let plan = Rollback::cube(view, &world.main, &Point::Change(before)).unwrap();
        let commit = plan.commit(&ada());
        assert_eq!(plan.steps.len(), 3);
        commit.writes.len()
    });
    count("versions", &|view| {
        versions(view, &world.main, id(3)).unwrap().len()
    });
    count("open a branch", &|view| {
        let (branch, at) = (cube_id("other"), Point::Change(before));
        let commit = fork(view, &world.main, &at, &branch, "other", &ada(), start());
        commit.unwrap().writes.len()
    });
    let branch = world.fork(&world.main, "branch", before);
    world.say(&branch, 1, "one");
    world.add(&branch, 251, "new");
    let mut count = |what, of: &dyn Fn(&dyn Snapshot) -> usize| {
        let view = Counting::over(world.view());
        let written = of(&view);
        costs.push((what, view.records.get(), written));
    };
    count("compare a branch", &|view| {
        diff_branch(view, &branch).unwrap().len()
    });
    count("merge a branch", &|view| {
        let merge = Merge::plan(view, &branch, Policy::Refuse).unwrap();
        merge.commit(&ada()).unwrap().writes.len()
    });
    costs
}

#[test]
fn going_back_and_branching_cost_what_has_changed() {
    let small = costs(10);
    println!("{small:?}");
    assert_eq!(small, costs(200));
}
