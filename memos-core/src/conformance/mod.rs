//! What every [`Vault`] must do, as tests that run against any of them: call [`check_vault`] from
//! the tests of an implementation, with the feature `conformance` of this crate.

mod commits;
mod dump;
mod events;
mod history;
mod lookups;
mod model;
mod named;
mod random;
mod requests;
mod scans;
mod tasks;

use std::fmt::Debug;
use std::sync::Arc;

use self::dump::Dump;
use crate::{
    Access, ChangeSeq, Clock, Code, Commit, Committed, CubeId, EventKind, EventLog, EventSeq,
    Header, Info, ManualClock, MemCube, Memory, MemoryId, Moment, NamedSnapshot, NewEvent, Payload,
    Plaintext, Result, State, Task, TaskId, Tier, Timestamp, Turn, UserId, Vault, Write,
};

/// Runs all scenarios, each on a fresh vault. `make` opens an empty vault that takes the time from
/// the given clock.
///
/// # Panics
/// If the vault does something else than [`Vault`] and [`EventLog`] promise.
pub fn check_vault<V: Vault + EventLog>(make: impl Fn(Arc<dyn Clock>) -> V) {
    let fresh = || {
        let clock = Arc::new(ManualClock::new(start()));
        let shared: Arc<dyn Clock> = clock.clone();
        Case {
            vault: make(shared),
            clock,
        }
    };
    for scenario in [
        commits::cubes_come_and_go,
        commits::writes_see_those_before_them,
        commits::a_failing_commit_changes_nothing,
        commits::versions_guard_updates,
        commits::touches_add_up,
        commits::a_deleted_cube_takes_its_memories,
        requests::a_repeat_stores_nothing,
        requests::the_window_ends,
        requests::a_failed_request_is_not_noted,
        requests::what_is_gone_is_not_repeated,
        requests::what_says_something_else_is_not_repeated,
        scans::scans_are_ordered_and_paged,
        scans::neighbours_do_not_mix,
        scans::snapshots_stand_still,
        history::the_last_change_stays_the_last,
        history::every_change_keeps_what_was_before,
        history::changes_say_who_and_why,
        history::numbers_are_the_vaults_and_never_come_again,
        history::the_forgotten_have_no_history,
        history::the_withdrawn_can_come_back,
        history::use_and_place_are_no_changes,
        history::time_does_not_go_back,
        lookups::memories_are_found_by_their_id_alone,
        lookups::what_was_made_from_a_memory_is_found,
        named::names_are_a_cubes_own,
        tasks::tasks_are_guarded_by_their_revision,
        tasks::tasks_of_one_key_are_admitted,
        tasks::tasks_are_ordered_and_paged,
        events::events_are_numbered_without_gaps,
        events::cursors_are_kept_by_name,
        events::commits_from_many_threads_keep_order,
        random::random_commits_agree_with_the_model,
    ] {
        scenario(&fresh());
    }
}

/// What the clock shows at first.
fn start() -> Timestamp {
    Timestamp::from_secs(1_740_000_000)
}

/// A fresh vault and the clock that it reads.
struct Case<V> {
    vault: V,
    clock: Arc<ManualClock>,
}

impl<V: Vault + EventLog> Case<V> {
    /// Commits writes alone.
    #[track_caller]
    fn write(&self, writes: impl Into<Vec<Write>>) -> EventSeq {
        let committed = ok(self.vault.commit(Commit {
            writes: writes.into(),
            ..Commit::default()
        }));
        match committed {
            Committed::Done(seq) => seq,
            Committed::Repeated(_) => panic!("a commit without a request was taken for a repeat"),
        }
    }

    /// Commits writes that must be refused.
    #[track_caller]
    fn refused(&self, writes: impl Into<Vec<Write>>, code: Code) {
        let commit = Commit {
            writes: writes.into(),
            ..Commit::default()
        };
        fails(self.vault.commit(commit), code);
    }

    /// Everything that can be read.
    #[track_caller]
    fn dump(&self) -> Dump {
        Dump::of(&*ok(self.vault.snapshot()))
    }
}

#[track_caller]
fn ok<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(e) => panic!("refused: {e} ({})", e.code().as_str()),
    }
}

#[track_caller]
fn fails<T: Debug>(result: Result<T>, code: Code) {
    match result {
        Ok(value) => panic!("done ({value:?}), but {} was due", code.as_str()),
        Err(e) => assert_eq!(e.code(), code, "{e}"),
    }
}

fn cube_id(name: &str) -> CubeId {
    ok(name.parse())
}

fn user() -> UserId {
    ok("ana".parse())
}

fn cube(id: &str) -> MemCube {
    MemCube {
        id: cube_id(id),
        name: id.to_owned(),
        description: None,
        owner: user(),
        access: Access::default(),
        created_at: start(),
        updated_at: start(),
        info: Info::default(),
        base: None,
    }
}

/// An id that sorts by `n`.
fn memory_id(n: u8) -> MemoryId {
    let mut bytes = [0; 16];
    bytes[0] = n;
    MemoryId::from_bytes(bytes)
}

fn memory(cube: &str, n: u8) -> Memory {
    let mut header = Header::new(user(), Moment::new(start(), 60), start());
    header.descriptive.tags.insert("trip".to_owned());
    Memory {
        id: memory_id(n),
        cube_id: cube_id(cube),
        state: State::Generated,
        header,
        payload: Payload::Plaintext(Plaintext {
            text: format!("memory {n} of {cube}"),
            caption: None,
            turn: Turn {
                session_id: "s".to_owned(),
                speaker: Some("Ana".to_owned()),
                role: None,
            },
            times: Vec::new(),
        }),
    }
}

/// The memory after a change, with its version raised.
fn changed(memory: &Memory) -> Memory {
    let mut memory = memory.clone();
    memory.state = State::Activated;
    memory.header.behavioural.version += 1;
    memory
}

fn touch(cube: &str, n: u8, uses: u64, at: Timestamp) -> Write {
    Write::Touch {
        cube_id: cube_id(cube),
        id: memory_id(n),
        uses,
        at,
    }
}

fn place(cube: &str, n: u8, tier: Tier) -> Write {
    Write::Place {
        cube_id: cube_id(cube),
        id: memory_id(n),
        tier,
    }
}

fn update(memory: Memory, expected_version: u32) -> Write {
    Write::UpdateMemory {
        memory,
        expected_version,
    }
}

fn withdraw(cube: &str, n: u8, expected_version: u32) -> Write {
    Write::WithdrawMemory {
        cube_id: cube_id(cube),
        id: memory_id(n),
        expected_version,
    }
}

fn delete(cube: &str, n: u8) -> Write {
    Write::DeleteMemory {
        cube_id: cube_id(cube),
        id: memory_id(n),
    }
}

fn added(cube: &str, n: u8) -> NewEvent {
    NewEvent {
        cube_id: cube_id(cube),
        memory_id: Some(memory_id(n)),
        actor: user(),
        kind: EventKind::Added,
    }
}

fn named(name: &str, at: u64) -> NamedSnapshot {
    NamedSnapshot {
        name: name.to_owned(),
        at: ChangeSeq(at),
        taken_at: start(),
        by: user(),
        note: None,
    }
}

/// An id that sorts by `n`.
fn task_id(n: u8) -> TaskId {
    TaskId::from_bytes(*memory_id(n).as_bytes())
}

fn task(n: u8) -> Task {
    Task {
        id: task_id(n),
        ..Task::new("fuse", user(), cube_id("c"), start())
    }
}
