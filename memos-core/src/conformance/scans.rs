//! Snapshots and their scans.

use super::{Case, changed, cube, cube_id, delete, memory, memory_id, ok, start, touch};
use crate::{EventLog, MemCube, Vault, Write};

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
    let before = case.dump();
    let snapshot = ok(case.vault.snapshot());

    case.write([touch("c", 1, 1, start())]);
    case.write([Write::UpdateMemory {
        memory: changed(&memory("c", 2)),
        expected_version: 1,
    }]);
    case.write([Write::AddMemory(memory("c", 4)), delete("c", 1)]);
    case.write([
        Write::DeleteCube(cube_id("d")),
        Write::CreateCube(cube("e")),
    ]);
    ok(case.vault.commit(crate::Commit {
        events: vec![super::added("c", 4)],
        ..crate::Commit::default()
    }));

    assert_eq!(snapshot.seq(), before.head);
    assert_eq!(ok(snapshot.cubes(None, 9)), before.cubes);
    let memories: Vec<_> = ["c", "d", "e"]
        .iter()
        .flat_map(|name| ok(snapshot.memories(&cube_id(name), None, 9)))
        .collect();
    assert_eq!(memories, before.memories);

    let after = case.dump();
    assert_eq!(after.head, before.head.next());
    assert_eq!(after.memories, [changed(&memory("c", 2)), memory("c", 4)]);
}
