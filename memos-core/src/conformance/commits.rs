//! What writes do, and that they do it together or not at all.

use super::{
    Case, changed, cube, cube_id, delete, fails, memory, memory_id, named, ok, place, start, task,
    touch, withdraw,
};
use crate::{Code, Commit, EventLog, MemCube, Request, Tier, Vault, Write};

pub(super) fn cubes_come_and_go<V: Vault + EventLog>(case: &Case<V>) {
    let vault = &case.vault;
    assert_eq!(ok(vault.cube(&cube_id("c"))), None);
    case.refused([Write::UpdateCube(cube("c"))], Code::CubeNotFound);
    case.refused([Write::DeleteCube(cube_id("c"))], Code::CubeNotFound);

    case.write([Write::CreateCube(cube("c"))]);
    assert_eq!(ok(vault.cube(&cube_id("c"))), Some(cube("c")));
    case.refused([Write::CreateCube(cube("c"))], Code::CubeExists);

    let renamed = MemCube {
        name: "another".to_owned(),
        ..cube("c")
    };
    case.write([Write::EnsureCube(renamed.clone())]);
    assert_eq!(
        ok(vault.cube(&cube_id("c"))),
        Some(cube("c")),
        "ensuring is not updating"
    );
    case.write([Write::UpdateCube(renamed.clone())]);
    assert_eq!(ok(vault.cube(&cube_id("c"))), Some(renamed));

    case.write([Write::EnsureCube(cube("d"))]);
    case.write([Write::DeleteCube(cube_id("c"))]);
    assert_eq!(ok(vault.cube(&cube_id("c"))), None);
    assert_eq!(ok(vault.cube(&cube_id("d"))), Some(cube("d")));
}

pub(super) fn writes_see_those_before_them<V: Vault + EventLog>(case: &Case<V>) {
    let first = memory("c", 1);
    let second = changed(&first);
    case.write([
        // Its cube comes later, but in this commit.
        Write::AddMemory(first.clone()),
        Write::CreateCube(cube("c")),
        Write::UpdateMemory {
            memory: second.clone(),
            expected_version: 1,
        },
        Write::AddMemory(memory("c", 2)),
        touch("c", 1, 2, start()),
        touch("c", 1, 3, start()),
        delete("c", 2),
        Write::AddMemory(memory("c", 3)),
        delete("c", 3),
        Write::AddMemory(memory("c", 3)),
    ]);
    let found = ok(case.vault.memory(&cube_id("c"), memory_id(1)));
    let found = found.unwrap_or_else(|| panic!("the first memory is missing"));
    assert_eq!(found.state, second.state);
    assert_eq!(found.header.behavioural.use_count, 5);
    assert_eq!(ok(case.vault.memory(&cube_id("c"), memory_id(2))), None);
    assert_eq!(
        ok(case.vault.memory(&cube_id("c"), memory_id(3))),
        Some(memory("c", 3))
    );
}

pub(super) fn a_failing_commit_changes_nothing<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(memory("c", 2)),
        Write::AddMemory(memory("d", 3)),
    ]);
    let before = case.dump();
    let good = || {
        vec![
            Write::CreateCube(cube("e")),
            Write::AddMemory(memory("e", 4)),
            Write::UpdateMemory {
                memory: changed(&memory("c", 1)),
                expected_version: 1,
            },
            touch("c", 2, 1, start()),
            place("c", 2, Tier::Working),
            delete("c", 2),
            withdraw("c", 1, 2),
            Write::DeleteCube(cube_id("d")),
            Write::NameSnapshot {
                cube_id: cube_id("c"),
                snapshot: named("n", 1),
            },
            Write::AddTask(Box::new(task(1))),
        ]
    };
    for (bad, code) in [
        (Write::CreateCube(cube("c")), Code::CubeExists),
        (Write::UpdateCube(cube("x")), Code::CubeNotFound),
        (Write::DeleteCube(cube_id("d")), Code::CubeNotFound),
        (Write::AddMemory(memory("e", 4)), Code::Conflict),
        (Write::AddMemory(memory("x", 9)), Code::CubeNotFound),
        (Write::AddMemory(memory("d", 9)), Code::CubeNotFound),
        (delete("c", 2), Code::MemoryNotFound),
        (delete("x", 9), Code::MemoryNotFound),
        (
            Write::UpdateMemory {
                memory: memory("c", 9),
                expected_version: 1,
            },
            Code::MemoryNotFound,
        ),
        (
            Write::UpdateMemory {
                memory: changed(&memory("e", 4)),
                expected_version: 2,
            },
            Code::Conflict,
        ),
        (withdraw("c", 1, 2), Code::MemoryNotFound),
        (withdraw("e", 4, 2), Code::Conflict),
        (
            Write::NameSnapshot {
                cube_id: cube_id("c"),
                snapshot: named("n", 2),
            },
            Code::Conflict,
        ),
        (
            Write::DropSnapshot {
                cube_id: cube_id("e"),
                name: "n".to_owned(),
            },
            Code::SnapshotNotFound,
        ),
        (
            Write::UpdateTask {
                task: Box::new(task(1)),
                expected_revision: 2,
            },
            Code::Conflict,
        ),
        (
            Write::UpdateTask {
                task: Box::new(task(2)),
                expected_revision: 1,
            },
            Code::TaskNotFound,
        ),
    ] {
        let commit = || Commit {
            writes: [good(), vec![bad.clone()]].concat(),
            events: vec![super::added("e", 4)],
            request: Some(Request {
                digest: [7; 32],
                cube_id: cube_id("c"),
                ids: vec![memory_id(4)],
                window: std::time::Duration::from_secs(60),
            }),
            ..Commit::default()
        };
        fails(case.vault.commit(commit()), code);
        assert_eq!(case.dump(), before, "after {bad:?}");
        assert_eq!(ok(case.vault.events(before.head, 10)), []);
        // It is not noted either: the same request fails again instead of being taken for done.
        fails(case.vault.commit(commit()), code);
    }
    case.write(good());
}

pub(super) fn versions_guard_updates<V: Vault + EventLog>(case: &Case<V>) {
    let first = memory("c", 1);
    let second = changed(&first);
    case.write([Write::CreateCube(cube("c")), Write::AddMemory(first)]);
    let update = |expected_version| Write::UpdateMemory {
        memory: second.clone(),
        expected_version,
    };
    case.refused([update(0)], Code::Conflict);
    case.refused([update(2)], Code::Conflict);
    case.write([update(1)]);
    assert_eq!(
        ok(case.vault.memory(&cube_id("c"), memory_id(1))),
        Some(second.clone())
    );
    case.refused([update(1)], Code::Conflict);
}

pub(super) fn touches_add_up<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::AddMemory(memory("c", 1)),
    ]);
    let used = || {
        let found = ok(case.vault.memory(&cube_id("c"), memory_id(1)));
        found.map(|m| {
            let b = m.header.behavioural;
            (b.use_count, b.last_used, b.version)
        })
    };
    let late = start().plus_secs(10);
    case.write([touch("c", 1, 2, late)]);
    assert_eq!(used(), Some((2, Some(late), 1)));
    case.write([touch("c", 1, 1, start())]);
    assert_eq!(
        used(),
        Some((3, Some(late), 1)),
        "the last use moves forwards only"
    );
    case.write([touch("c", 1, u64::MAX, late)]);
    assert_eq!(used(), Some((u64::MAX, Some(late), 1)));

    let before = case.dump();
    case.write([touch("c", 9, 1, late), touch("x", 1, 1, late)]);
    assert_eq!(case.dump(), before, "missing memories are skipped");

    // An update carries its own count, and is not held up by touches.
    let second = changed(&memory("c", 1));
    case.write([Write::UpdateMemory {
        memory: second.clone(),
        expected_version: 1,
    }]);
    assert_eq!(
        ok(case.vault.memory(&cube_id("c"), memory_id(1))),
        Some(second)
    );
}

pub(super) fn a_deleted_cube_takes_its_memories<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("c", 1)),
        touch("c", 1, 1, start()),
        Write::AddMemory(memory("d", 1)),
    ]);
    case.write([Write::DeleteCube(cube_id("c"))]);
    assert_eq!(ok(case.vault.memory(&cube_id("c"), memory_id(1))), None);
    assert_eq!(
        ok(case.vault.memory(&cube_id("d"), memory_id(1))),
        Some(memory("d", 1))
    );

    case.write([Write::CreateCube(cube("c"))]);
    assert_eq!(
        case.dump().memories,
        [memory("d", 1)],
        "a new cube starts empty"
    );

    // Emptied and filled again in one commit.
    case.write([
        Write::DeleteCube(cube_id("d")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("d", 2)),
    ]);
    assert_eq!(case.dump().memories, [memory("d", 2)]);
}
