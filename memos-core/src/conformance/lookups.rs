//! What is found by a memory's id alone: where it is, and what was made from it.

use super::{
    Case, changed, cube, cube_id, delete, fails, memory, memory_id, ok, touch, update, withdraw,
};
use crate::{Code, Commit, EventLog, Memory, MemoryId, Vault, Write};

#[track_caller]
fn cubes_of<V: Vault>(vault: &V, n: u8) -> Vec<String> {
    let found = ok(vault.cubes_of(memory_id(n)));
    found.into_iter().map(String::from).collect()
}

#[track_caller]
fn made_from<V: Vault>(vault: &V, cube: &str, n: u8) -> Vec<MemoryId> {
    ok(vault.made_from(&cube_id(cube), memory_id(n)))
}

pub(super) fn memories_are_found_by_their_id_alone<V: Vault + EventLog>(case: &Case<V>) {
    let vault = &case.vault;
    assert!(cubes_of(vault, 1).is_empty());
    case.write([
        Write::CreateCube(cube("b")),
        Write::CreateCube(cube("a")),
        Write::CreateCube(cube("ab")),
        Write::AddMemory(memory("b", 1)),
        Write::AddMemory(memory("a", 1)),
        Write::AddMemory(memory("ab", 2)),
    ]);
    assert_eq!(cubes_of(vault, 1), ["a", "b"]);
    assert_eq!(cubes_of(vault, 2), ["ab"]);
    assert!(cubes_of(vault, 3).is_empty());

    // What is refused is noted nowhere.
    let commit = Commit {
        writes: vec![
            Write::AddMemory(memory("ab", 3)),
            Write::UpdateCube(cube("nowhere")),
        ],
        ..Commit::default()
    };
    fails(vault.commit(commit), Code::CubeNotFound);
    assert!(cubes_of(vault, 3).is_empty());

    case.write([
        update(changed(&memory("a", 1)), 1),
        touch("b", 1, 1, super::start()),
    ]);
    assert_eq!(cubes_of(vault, 1), ["a", "b"]);
    case.write([withdraw("a", 1, 2)]);
    assert_eq!(cubes_of(vault, 1), ["b"]);
    case.write([Write::AddMemory(memory("a", 1))]);
    assert_eq!(cubes_of(vault, 1), ["a", "b"]);
    case.write([delete("a", 1)]);
    assert_eq!(cubes_of(vault, 1), ["b"]);
    case.write([delete("b", 1), Write::AddMemory(memory("b", 1))]);
    assert_eq!(cubes_of(vault, 1), ["b"]);
    case.write([
        Write::AddMemory(memory("b", 5)),
        Write::DeleteCube(cube_id("b")),
        Write::CreateCube(cube("b")),
        Write::AddMemory(memory("b", 6)),
    ]);
    assert!(cubes_of(vault, 1).is_empty());
    assert!(cubes_of(vault, 5).is_empty());
    assert_eq!(cubes_of(vault, 6), ["b"]);
    assert_eq!(cubes_of(vault, 2), ["ab"]);
}

fn from(memory: Memory, evidence: &[u8]) -> Memory {
    let mut memory = memory;
    memory.header.behavioural.derived_from = evidence.iter().map(|n| memory_id(*n)).collect();
    memory
}

pub(super) fn what_was_made_from_a_memory_is_found<V: Vault + EventLog>(case: &Case<V>) {
    let vault = &case.vault;
    let two = from(memory("a", 2), &[1, 8]);
    case.write([
        Write::CreateCube(cube("a")),
        Write::CreateCube(cube("b")),
        Write::AddMemory(memory("a", 1)),
        Write::AddMemory(two.clone()),
        Write::AddMemory(from(memory("a", 3), &[1])),
        Write::AddMemory(from(memory("b", 4), &[1])),
    ]);
    let (m2, m3, m4) = (memory_id(2), memory_id(3), memory_id(4));
    assert_eq!(made_from(vault, "a", 1), [m2, m3]);
    assert_eq!(made_from(vault, "a", 8), [m2], "evidence that is not there");
    assert_eq!(made_from(vault, "b", 1), [m4]);
    assert!(made_from(vault, "a", 2).is_empty());
    assert!(made_from(vault, "nowhere", 1).is_empty());

    // What it was made from once still counts: its history holds what it was.
    case.write([update(from(changed(&two), &[9]), 1)]);
    assert_eq!(made_from(vault, "a", 1), [m2, m3]);
    assert_eq!(made_from(vault, "a", 9), [m2]);
    case.write([withdraw("a", 3, 1), delete("a", 1)]);
    assert_eq!(made_from(vault, "a", 1), [m2, m3]);
    case.write([delete("a", 2)]);
    assert_eq!(made_from(vault, "a", 1), [m3]);
    assert!(made_from(vault, "a", 9).is_empty());
    case.write([
        delete("a", 3),
        Write::AddMemory(from(memory("a", 5), &[1])),
        delete("a", 5),
    ]);
    assert!(made_from(vault, "a", 1).is_empty());
    case.write([
        Write::DeleteCube(cube_id("b")),
        Write::CreateCube(cube("b")),
    ]);
    assert!(made_from(vault, "b", 1).is_empty());
}
