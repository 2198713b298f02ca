//! The same request stores once within its window.

use std::time::Duration;

use super::{Case, added, cube, cube_id, delete, fails, memory, memory_id, ok};
use crate::{Code, Commit, Committed, EventLog, Memory, Payload, Request, State, Vault, Write};

const WINDOW: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// A request that adds a memory to a cube, which it creates if need be.
fn add(digest: u8, cube_name: &str, n: u8) -> Commit {
    Commit {
        writes: vec![
            Write::EnsureCube(cube(cube_name)),
            Write::AddMemory(memory(cube_name, n)),
        ],
        events: vec![added(cube_name, n)],
        request: Some(Request {
            digest: [digest; 32],
            cube_id: cube_id(cube_name),
            ids: vec![memory_id(n)],
            window: WINDOW,
        }),
        ..Commit::default()
    }
}

#[track_caller]
fn stores<V: Vault + EventLog>(case: &Case<V>, commit: Commit) {
    let due = case.vault.head().next();
    assert_eq!(ok(case.vault.commit(commit)), Committed::Done(due));
}

#[track_caller]
fn repeats<V: Vault + EventLog>(case: &Case<V>, commit: Commit, n: u8) {
    let before = case.dump();
    assert_eq!(
        ok(case.vault.commit(commit)),
        Committed::Repeated(vec![memory_id(n)])
    );
    assert_eq!(case.dump(), before, "a repeat changes nothing");
    assert_eq!(case.vault.head(), before.head);
}

pub(super) fn a_repeat_stores_nothing<V: Vault + EventLog>(case: &Case<V>) {
    stores(case, add(1, "c", 1));
    repeats(case, add(1, "c", 1), 1);
    // A client that retries makes fresh ids; the first ones are the answer.
    repeats(case, add(1, "c", 2), 1);
    stores(case, add(2, "c", 3));
    repeats(case, add(1, "c", 4), 1);
    repeats(case, add(2, "c", 4), 3);

    // What could not be done twice is still only a repeat.
    let mut create = add(3, "d", 5);
    create.writes.insert(0, Write::CreateCube(cube("d")));
    stores(case, create.clone());
    repeats(case, create, 5);
}

pub(super) fn the_window_ends<V: Vault + EventLog>(case: &Case<V>) {
    stores(case, add(1, "c", 1));
    case.clock.advance(WINDOW - SECOND);
    repeats(case, add(1, "c", 2), 1);
    case.clock.advance(SECOND);
    // The repeat did not prolong it; and it begins anew with what is stored now.
    stores(case, add(1, "c", 2));
    case.clock.advance(WINDOW - SECOND);
    repeats(case, add(1, "c", 3), 2);

    // The repeat says how long ago is recent.
    case.clock.advance(WINDOW);
    let mut patient = add(1, "c", 3);
    if let Some(request) = &mut patient.request {
        request.window = Duration::ZERO;
    }
    stores(case, patient);
}

pub(super) fn a_failed_request_is_not_noted<V: Vault + EventLog>(case: &Case<V>) {
    let mut bad = add(1, "c", 1);
    bad.writes.push(delete("c", 9));
    fails(case.vault.commit(bad), Code::MemoryNotFound);
    stores(case, add(1, "c", 1));
}

pub(super) fn what_says_something_else_is_not_repeated<V: Vault + EventLog>(case: &Case<V>) {
    for n in 1..=4 {
        stores(case, add(n, "c", n));
    }
    let change = |n: u8, step: &dyn Fn(&mut Memory)| {
        let id = cube_id("c");
        let mut memory = ok(case.vault.memory(&id, memory_id(n))).expect("it is there");
        let expected_version = memory.header.behavioural.version;
        memory.header.behavioural.version += 1;
        step(&mut memory);
        case.write([Write::UpdateMemory {
            memory,
            expected_version,
        }]);
    };
    change(1, &|memory| {
        memory.header.descriptive.tags.insert("x".to_owned());
    });
    change(2, &|memory| match &mut memory.payload {
        Payload::Plaintext(plain) => plain.text.push('!'),
        _ => unreachable!("it holds text"),
    });
    change(3, &|memory| memory.state = State::Archived);
    repeats(case, add(1, "c", 9), 1);
    stores(case, add(2, "c", 12));
    stores(case, add(3, "c", 13));
    repeats(case, add(4, "c", 9), 4);
    // What is stored in its place is repeated like any other.
    repeats(case, add(3, "c", 9), 13);
}

pub(super) fn what_is_gone_is_not_repeated<V: Vault + EventLog>(case: &Case<V>) {
    stores(case, add(1, "c", 1));
    stores(case, add(2, "c", 2));
    stores(case, add(3, "d", 3));
    case.write([delete("c", 1)]);
    stores(case, add(1, "c", 4));
    repeats(case, add(2, "c", 5), 2);
    case.write([Write::DeleteCube(cube_id("c"))]);
    stores(case, add(2, "c", 5));
    repeats(case, add(3, "d", 6), 3);
}
