//! Cubes in the index, while they are read and changed.

use memos_core::{Code, Error, EventKind, NewEvent, VolatileVault, Write};

use super::*;
use crate::testing::{Brute, Letters, ada, adding, cube, cube_id, memory, text, vault};

fn residency() -> (Arc<VolatileVault>, Arc<Brute>, Residency) {
    let (vault, _) = vault();
    let index = Arc::new(Brute::default());
    let residency = Residency::new(
        Arc::clone(&vault) as _,
        Arc::clone(&index) as _,
        Arc::new(Letters::default()),
    );
    (vault, index, residency)
}

fn event(id: MemoryId, kind: EventKind) -> NewEvent {
    NewEvent {
        cube_id: cube_id(),
        memory_id: Some(id),
        actor: ada(),
        kind,
    }
}

fn changed(vault: &VolatileVault, id: MemoryId, to: &str) -> Result<Commit> {
    let mut memory = vault.memory(&cube_id(), id)?.unwrap();
    let before = memory.header.behavioural.version;
    if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
        plain.text = to.into();
    }
    memory.header.behavioural.version += 1;
    let write = Write::UpdateMemory {
        memory: memory.clone(),
        expected_version: before,
    };
    let events = vec![event(id, EventKind::Updated)];
    Ok(Commit {
        writes: vec![write],
        events,
        ..Commit::default()
    })
}

fn removal(id: MemoryId) -> Result<Commit> {
    let write = Write::DeleteMemory {
        cube_id: cube_id(),
        id,
    };
    let events = vec![event(id, EventKind::Forgotten)];
    Ok(Commit {
        writes: vec![write],
        events,
        ..Commit::default()
    })
}

#[test]
fn a_first_use_loads_what_earlier_runs_wrote() {
    let (vault, index, residency) = residency();
    let old: Vec<Memory> = (0..600).map(|i| memory(&format!("old {i}"), i)).collect();
    vault.commit(adding(&old)).unwrap();
    residency.load(&cube_id()).unwrap();
    assert_eq!(index.len(&cube_id()), Some(600));
    let new = [memory("new", 1)];
    residency.add(&cube_id(), &new, adding(&new)).unwrap();
    assert_eq!(index.len(&cube_id()), Some(601));
}

#[test]
fn a_write_loads_no_cube_that_nobody_asks() {
    let (vault, index, residency) = residency();
    let old = [memory("old", 1)];
    vault.commit(adding(&old)).unwrap();
    let new = [memory("new", 1)];
    residency.add(&cube_id(), &new, adding(&new)).unwrap();
    assert_eq!(index.len(&cube_id()), None);
    residency.load(&cube_id()).unwrap();
    assert_eq!(index.texts(&cube_id()), ["old", "new"]);
}

/// One of them creates the cube; the others' memories must not be passed over in between.
#[test]
fn first_adds_at_once_all_come_into_the_index() {
    for round in 0..300 {
        let (vault, index) = (
            Arc::new(VolatileVault::default()),
            Arc::new(Brute::default()),
        );
        let residency = Residency::new(
            Arc::clone(&vault) as _,
            Arc::clone(&index) as _,
            Arc::new(Letters::default()),
        );
        std::thread::scope(|threads| {
            for i in 0..4 {
                let residency = &residency;
                threads.spawn(move || {
                    let new = [memory(&format!("new {i}"), i)];
                    let mut first = adding(&new);
                    first.writes.insert(0, Write::CreateCube(cube()));
                    match residency.add(&cube_id(), &new, first) {
                        Err(e) if e.code() == Code::CubeExists => {
                            residency.add(&cube_id(), &new, adding(&new)).unwrap();
                        }
                        created => drop(created.unwrap()),
                    }
                });
            }
        });
        residency.load(&cube_id()).unwrap();
        assert_eq!(index.len(&cube_id()), Some(4), "round {round}");
    }
}

#[test]
fn the_index_follows_the_vault() {
    let (vault, index, residency) = residency();
    let new = [memory("first", 1), memory("second", 2)];
    residency.add(&cube_id(), &new, adding(&new)).unwrap();
    residency.load(&cube_id()).unwrap();
    let id = new[0].id;
    residency
        .commit(&cube_id(), || changed(&vault, id, "changed"))
        .unwrap();
    assert_eq!(index.texts(&cube_id()), ["changed", "second"]);
    residency.commit(&cube_id(), || removal(id)).unwrap();
    assert_eq!(index.texts(&cube_id()), ["second"]);
    let delete = Commit {
        writes: vec![Write::DeleteCube(cube_id())],
        ..Commit::default()
    };
    residency.commit(&cube_id(), || Ok(delete)).unwrap();
    assert_eq!(index.len(&cube_id()), None);
}

#[test]
fn a_refused_change_leaves_both_as_they_were() {
    let (vault, index, residency) = residency();
    let new = [memory("first", 1)];
    residency.add(&cube_id(), &new, adding(&new)).unwrap();
    residency.load(&cube_id()).unwrap();
    let id = new[0].id;
    let refused = residency.commit(&cube_id(), || {
        changed(&vault, id, "changed")?;
        Err(Error::new(Code::Forbidden, "no"))
    });
    assert_eq!(refused.unwrap_err().code(), Code::Forbidden);
    let again = residency.add(&cube_id(), &new, adding(&new));
    assert_eq!(again.unwrap_err().code(), Code::Conflict);
    assert_eq!(index.texts(&cube_id()), ["first"]);
    assert_eq!(
        text(&vault.memory(&cube_id(), id).unwrap().unwrap()),
        "first"
    );
}

/// Writers, changers and first-use loads at once: in the end the index holds what the vault
/// holds.
#[test]
fn races_end_in_agreement() {
    for round in 0..40 {
        let (vault, index, residency) = residency();
        let old: Vec<Memory> = (0..300).map(|i| memory(&format!("old {i}"), i)).collect();
        vault.commit(adding(&old)).unwrap();
        std::thread::scope(|threads| {
            threads.spawn(|| residency.load(&cube_id()).unwrap());
            threads.spawn(|| {
                for m in old.iter().step_by(3) {
                    residency.commit(&cube_id(), || removal(m.id)).unwrap();
                }
            });
            threads.spawn(|| {
                for m in old.iter().skip(1).step_by(3) {
                    for to in ["a", "b"] {
                        residency
                            .commit(&cube_id(), || changed(&vault, m.id, to))
                            .unwrap();
                    }
                }
            });
            threads.spawn(|| {
                for i in 0..50 {
                    let new = [memory(&format!("new {i}"), i)];
                    residency.add(&cube_id(), &new, adding(&new)).unwrap();
                }
            });
        });
        let stored = vault
            .snapshot()
            .unwrap()
            .memories(&cube_id(), None, 1_000)
            .unwrap();
        let stored: Vec<&str> = stored.iter().map(text).collect();
        assert_eq!(index.texts(&cube_id()), stored, "round {round}");
        assert_eq!(stored.len(), 250);
    }
}
