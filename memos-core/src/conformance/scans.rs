//! Snapshots and their scans.

use super::{
    Case, Dump, changed, cube, cube_id, delete, memory, memory_id, named, ok, place, start, task,
    task_id, touch, withdraw,
};
use crate::{ChangeSeq, EventLog, MemCube, Tier, Vault, Write};

pub(super) fn scans_are_ordered_and_paged<V: Vault + EventLog>(case: &Case<V>) {
    for name in ["m", "b", "z", "会", "a"] {
        case.write([Write::CreateCube(cube(name))]);
    }
    for n in [5, 200, 3, 4, 1, 128] {
        case.write([Write::AddMemory(memory("m", n))]);
    }
    let snapshot = ok(case.vault.snapshot());

    let names = |cubes: Vec<MemCube>| cubes.into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(
        names(ok(snapshot.cubes(None, 9))),
        ["a", "b", "m", "z", "会"]
    );
    assert_eq!(names(ok(snapshot.cubes(None, 2))), ["a", "b"]);
    assert_eq!(
        names(ok(snapshot.cubes(Some(&cube_id("b")), 2))),
        ["m", "z"]
    );
    // The place to go on from need not be there any more.
    assert_eq!(names(ok(snapshot.cubes(Some(&cube_id("c")), 1))), ["m"]);
    assert_eq!(names(ok(snapshot.cubes(Some(&cube_id("会")), 1))), [""; 0]);
    assert_eq!(names(ok(snapshot.cubes(None, 0))), [""; 0]);

    let page = |after: Option<u8>, limit| {
        ok(snapshot.memories(&cube_id("m"), after.map(memory_id), limit))
            .into_iter()
            .map(|m| m.id.as_bytes()[0])
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, 9), [1, 3, 4, 5, 128, 200]);
    assert_eq!(page(None, 2), [1, 3]);
    assert_eq!(page(Some(3), 3), [4, 5, 128]);
    assert_eq!(page(Some(6), 1), [128]);
    assert!(page(Some(200), 9).is_empty());
    assert!(page(None, 0).is_empty());
    assert_eq!(ok(snapshot.memories(&cube_id("a"), None, 9)), []);
    assert_eq!(ok(snapshot.memories(&cube_id("none"), None, 9)), []);
}

pub(super) fn neighbours_do_not_mix<V: Vault + EventLog>(case: &Case<V>) {
    // Ids that begin alike, and the same memory id in several cubes.
    let names = ["a", "a-b", "a.b", "aa", "b"];
    for name in names {
        case.write([
            Write::CreateCube(cube(name)),
            Write::AddMemory(memory(name, 0)),
            Write::AddMemory(memory(name, 255)),
        ]);
    }
    case.write([Write::DeleteCube(cube_id("a-b"))]);
    let snapshot = ok(case.vault.snapshot());
    for name in names {
        let expected = match name {
            "a-b" => vec![],
            _ => vec![memory(name, 0), memory(name, 255)],
        };
        assert_eq!(
            ok(snapshot.memories(&cube_id(name), None, 9)),
            expected,
            "{name}"
        );
    }
}

pub(super) fn snapshots_stand_still<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(memory("c", 2)),
        Write::AddMemory(memory("d", 3)),
    ]);
    case.write([
        Write::NameSnapshot {
            cube_id: cube_id("c"),
            snapshot: named("n", 1),
        },
        Write::AddTask(Box::new(task(1))),
        Write::AddTask(Box::new(task(2))),
    ]);
    let before = case.dump();
    let snapshot = ok(case.vault.snapshot());

    case.write([touch("c", 1, 1, start()), place("d", 3, Tier::User)]);
    case.write([Write::UpdateMemory {
        memory: changed(&memory("c", 2)),
        expected_version: 1,
    }]);
    case.write([Write::AddMemory(memory("c", 4)), delete("c", 1)]);
    case.write([Write::AddMemory(memory("c", 5)), withdraw("c", 5, 1)]);
    case.write([
        Write::DeleteCube(cube_id("d")),
        Write::CreateCube(cube("e")),
    ]);
    let mut later = task(1);
    later.revision = 2;
    case.write([
        Write::DropSnapshot {
            cube_id: cube_id("c"),
            name: "n".to_owned(),
        },
        Write::NameSnapshot {
            cube_id: cube_id("c"),
            snapshot: named("m", 2),
        },
        Write::UpdateTask {
            task: Box::new(later.clone()),
            expected_revision: 1,
        },
        Write::RemoveTask(task_id(2)),
        Write::AddTask(Box::new(task(3))),
    ]);
    ok(case.vault.commit(crate::Commit {
        events: vec![super::added("c", 4)],
        ..crate::Commit::default()
    }));

    assert_eq!(Dump::of(&*snapshot), before);
    assert_eq!(ok(snapshot.memories(&cube_id("e"), None, 9)), []);
    let at_once = |cube: &str| ok(snapshot.change_at(&cube_id(cube), start()));
    assert_eq!(["c", "d", "e"].map(at_once), [2, 3, 0].map(ChangeSeq));

    let after = case.dump();
    assert_eq!(after.head, before.head.next());
    assert_eq!(after.memories, [changed(&memory("c", 2)), memory("c", 4)]);
    let seqs: Vec<_> = after.changes.iter().map(|(_, c)| c.seq.0).collect();
    assert_eq!(seqs, [2, 4, 5, 6, 7]);
    assert_eq!(after.named, [(cube_id("c"), named("m", 2))]);
    assert_eq!(after.tasks, [later, task(3)]);
}
