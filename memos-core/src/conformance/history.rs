//! Histories: what changed, when, why, and what it was before.

use std::time::Duration;

use super::{
    Case, added, changed, cube, cube_id, delete, memory, memory_id, ok, place, start, touch,
    update, user, withdraw,
};
use crate::{
    Cause, Change, ChangeSeq, Code, Commit, Committed, EventLog, EventSeq, Memory, Request,
    Snapshot, State, Tier, UserId, Vault, Why, Write,
};

const SECOND: Duration = Duration::from_secs(1);

fn view<V: Vault>(case: &Case<V>) -> Box<dyn Snapshot> {
    ok(case.vault.snapshot())
}

fn stored<V: Vault>(case: &Case<V>, n: u8) -> Option<Memory> {
    ok(case.vault.memory(&cube_id("c"), memory_id(n)))
}

pub(super) fn the_last_change_stays_the_last<V: Vault + EventLog>(case: &Case<V>) {
    assert_eq!(ok(view(case).last_change()), ChangeSeq(0));
    case.write([
        Write::CreateCube(cube("c")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(memory("c", 2)),
    ]);
    let before = view(case);
    case.write([delete("c", 2)]);
    assert_eq!(ok(before.last_change()), ChangeSeq(2));
    assert_eq!(
        ok(view(case).last_change()),
        ChangeSeq(2),
        "though it was forgotten"
    );
    case.write([Write::DeleteCube(cube_id("c"))]);
    assert_eq!(ok(view(case).last_change()), ChangeSeq(2));
}

pub(super) fn every_change_keeps_what_was_before<V: Vault + EventLog>(case: &Case<V>) {
    let (first, second) = (memory("c", 1), changed(&memory("c", 1)));
    let system = Why::call(ok("memos".parse()));
    let expected = |seq, secs, before: Option<&Memory>, after| Change {
        seq: ChangeSeq(seq),
        at: start().plus_secs(secs),
        memory_id: memory_id(1),
        before: before.cloned().map(Box::new),
        after,
        why: system.clone(),
    };
    case.write([
        Write::CreateCube(cube("c")),
        Write::AddMemory(first.clone()),
    ]);
    case.clock.advance(SECOND);
    // What readers saw, not what the record said.
    case.write([touch("c", 1, 3, start()), place("c", 1, Tier::Working)]);
    let used = stored(case, 1).unwrap_or_else(|| panic!("the memory is missing"));
    assert_eq!(used.header.behavioural.use_count, 3);
    assert_eq!(used.header.behavioural.tier, Tier::Working);
    case.write([update(second.clone(), 1)]);
    case.clock.advance(SECOND);
    case.write([withdraw("c", 1, 2)]);
    assert_eq!(stored(case, 1), None);
    // A rollback: it comes back as it was then, and others change it back.
    case.write([Write::AddMemory(second.clone())]);
    case.write([update(used.clone(), 2)]);
    assert_eq!(stored(case, 1), Some(used.clone()));

    let history = [
        expected(1, 0, None, Some(1)),
        expected(2, 1, Some(&used), Some(2)),
        expected(3, 2, Some(&second), None),
        expected(4, 2, None, Some(2)),
        expected(5, 2, Some(&second), Some(1)),
    ];
    assert_eq!(ok(view(case).history(&cube_id("c"), memory_id(1))), history);
    assert_eq!(case.dump().changes.len(), history.len());
    assert_eq!(ok(view(case).history(&cube_id("c"), memory_id(2))), []);
    assert_eq!(ok(view(case).history(&cube_id("d"), memory_id(1))), []);
}

pub(super) fn changes_say_who_and_why<V: Vault + EventLog>(case: &Case<V>) {
    let why = Why::new(ok("eve".parse()), Cause::Fusion)
        .detail("exact duplicate")
        .evidence([memory_id(7), memory_id(8)]);
    let other: UserId = ok("bob".parse());
    let adding = |n, events, why| Commit {
        writes: vec![
            Write::EnsureCube(cube("c")),
            Write::AddMemory(memory("c", n)),
        ],
        events,
        why,
        ..Commit::default()
    };
    let mut others = added("c", 9);
    others.actor = other.clone();
    ok(case
        .vault
        .commit(adding(1, vec![added("c", 1)], Some(why.clone()))));
    ok(case
        .vault
        .commit(adding(2, vec![others, added("c", 2)], None)));
    ok(case.vault.commit(adding(3, vec![], None)));
    ok(case.vault.commit(adding(4, vec![], Some(why.clone()))));

    let changes = ok(view(case).changes(&cube_id("c"), ChangeSeq(0), 9));
    let whys: Vec<_> = changes.into_iter().map(|c| c.why).collect();
    let system = Why::call(ok("memos".parse()));
    assert_eq!(whys, [why.clone(), Why::call(other), system, why]);

    let events = ok(case.vault.events(EventSeq(0), 9));
    let told = |n: usize| (events[n].actor.clone(), events[n].cause, &events[n].detail);
    let detail = Some("exact duplicate".to_owned());
    assert_eq!(told(0), (user(), Cause::Fusion, &detail));
    assert_eq!(told(1), (ok("bob".parse()), Cause::Call, &None));
    assert_eq!(told(2), (user(), Cause::Call, &None));
}

pub(super) fn numbers_are_the_vaults_and_never_come_again<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(memory("d", 1)),
        Write::AddMemory(memory("c", 2)),
    ]);
    // A commit that fails counts for nothing.
    case.refused(
        [Write::AddMemory(memory("c", 3)), delete("c", 9)],
        Code::MemoryNotFound,
    );
    case.write([Write::AddMemory(memory("d", 2)), delete("d", 2)]);
    case.write([Write::AddMemory(memory("d", 3))]);
    // What came and went in a commit took a number.
    let seqs = |name: &str, after, limit| -> Vec<u64> {
        let changes = ok(view(case).changes(&cube_id(name), ChangeSeq(after), limit));
        changes.into_iter().map(|c| c.seq.0).collect()
    };
    assert_eq!(seqs("c", 0, 9), [1, 3]);
    assert_eq!(seqs("d", 0, 9), [2, 5]);
    case.write(
        (10..20)
            .map(|n| Write::AddMemory(memory("c", n)))
            .collect::<Vec<_>>(),
    );
    assert_eq!(seqs("c", 0, 3), [1, 3, 6]);
    assert_eq!(seqs("c", 3, 2), [6, 7]);
    assert_eq!(seqs("c", 5, 1), [6]);
    assert_eq!(seqs("c", 14, 9), [15]);
    assert!(seqs("c", 15, 9).is_empty());
    assert!(seqs("c", u64::MAX, 9).is_empty());
    assert!(seqs("c", 0, 0).is_empty());
    assert!(seqs("e", 0, 9).is_empty());
}

pub(super) fn the_forgotten_have_no_history<V: Vault + EventLog>(case: &Case<V>) {
    case.write([
        Write::CreateCube(cube("c")),
        Write::CreateCube(cube("d")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(memory("c", 2)),
        Write::AddMemory(memory("d", 1)),
        update(changed(&memory("c", 1)), 1),
        withdraw("c", 2, 1),
    ]);
    case.refused([delete("c", 3)], Code::MemoryNotFound);
    let left = || -> Vec<u64> {
        let seqs = case.dump().changes.into_iter().map(|(_, c)| c.seq.0);
        seqs.collect()
    };
    assert_eq!(left(), [1, 2, 4, 5, 3]);
    case.write([delete("c", 1)]);
    assert_eq!(left(), [2, 5, 3]);
    assert_eq!(ok(view(case).history(&cube_id("c"), memory_id(1))), []);
    case.refused([delete("c", 1)], Code::MemoryNotFound);
    // Of this one there is nothing but its history, and a commit that adds to it first.
    case.write([
        Write::AddMemory(memory("c", 2)),
        withdraw("c", 2, 1),
        delete("c", 2),
    ]);
    assert_eq!(left(), [3]);
    case.refused([delete("c", 2)], Code::MemoryNotFound);
    case.refused(
        [delete("c", 4), Write::AddMemory(memory("c", 4))],
        Code::MemoryNotFound,
    );
    // Forgotten and written anew in one commit: only the new life is told.
    case.write([delete("d", 1), Write::AddMemory(memory("d", 1))]);
    assert_eq!(left(), [8]);

    case.write([Write::DeleteCube(cube_id("d"))]);
    assert_eq!(ok(view(case).changes(&cube_id("d"), ChangeSeq(0), 9)), []);
    case.write([Write::CreateCube(cube("d"))]);
    assert!(left().is_empty(), "a new cube has no past");
    case.write([
        Write::AddMemory(memory("d", 1)),
        Write::DeleteCube(cube_id("d")),
        Write::CreateCube(cube("d")),
    ]);
    assert!(left().is_empty(), "nor if it has one in the same commit");
    case.refused([delete("d", 1)], Code::MemoryNotFound);
}

pub(super) fn the_withdrawn_can_come_back<V: Vault + EventLog>(case: &Case<V>) {
    let request = |n| Commit {
        writes: vec![
            Write::EnsureCube(cube("c")),
            Write::AddMemory(memory("c", n)),
        ],
        request: Some(Request {
            digest: [1; 32],
            cube_id: cube_id("c"),
            ids: vec![memory_id(n)],
            window: Duration::from_secs(60),
        }),
        ..Commit::default()
    };
    ok(case.vault.commit(request(1)));
    case.refused([withdraw("c", 1, 2)], Code::Conflict);
    case.refused([withdraw("c", 2, 1)], Code::MemoryNotFound);
    case.refused([withdraw("d", 1, 1)], Code::MemoryNotFound);
    case.write([touch("c", 1, 2, start())]);
    case.write([withdraw("c", 1, 1)]);
    case.refused([withdraw("c", 1, 1)], Code::MemoryNotFound);
    case.refused([update(memory("c", 1), 1)], Code::MemoryNotFound);
    // A repeat is not answered with what is not there.
    assert!(matches!(
        ok(case.vault.commit(request(2))),
        Committed::Done(_)
    ));
    // It carries its own counts; those of its first life are gone.
    case.write([Write::AddMemory(memory("c", 1))]);
    assert_eq!(stored(case, 1), Some(memory("c", 1)));
    let mut used = memory("c", 1);
    used.header.behavioural.use_count = 7;
    used.header.behavioural.tier = Tier::User;
    case.write([withdraw("c", 1, 1), Write::AddMemory(used.clone())]);
    assert_eq!(stored(case, 1), Some(used));
}

pub(super) fn use_and_place_are_no_changes<V: Vault + EventLog>(case: &Case<V>) {
    let mut archived = memory("c", 2);
    archived.state = State::Archived;
    case.write([
        Write::CreateCube(cube("c")),
        Write::AddMemory(memory("c", 1)),
        Write::AddMemory(archived),
    ]);
    let shown = |n| stored(case, n).map(|m| (m.state, m.header.behavioural.tier));
    case.write([touch("c", 1, 0, start()), place("c", 1, Tier::Working)]);
    assert_eq!(shown(1), Some((State::Generated, Tier::Working)));
    case.write([touch("c", 1, 1, start()), touch("c", 2, 1, start())]);
    assert_eq!(shown(1), Some((State::Activated, Tier::Working)));
    assert_eq!(shown(2), Some((State::Archived, Tier::LongTerm)));
    case.write([place("c", 1, Tier::User), place("c", 2, Tier::LongTerm)]);
    assert_eq!(shown(1), Some((State::Activated, Tier::User)));
    assert_eq!(
        stored(case, 1).map(|m| m.header.behavioural.version),
        Some(1)
    );
    let before = case.dump();
    assert_eq!(before.changes.len(), 2);
    case.write([place("c", 9, Tier::User), place("x", 1, Tier::User)]);
    assert_eq!(case.dump(), before, "missing memories are skipped");

    // An update says anew where it is and how it stands.
    let mut back = memory("c", 1);
    back.header.behavioural.version = 2;
    case.write([update(back.clone(), 1)]);
    assert_eq!(stored(case, 1), Some(back));
}

pub(super) fn time_does_not_go_back<V: Vault + EventLog>(case: &Case<V>) {
    let add = |n| {
        ok(case.vault.commit(Commit {
            writes: vec![
                Write::EnsureCube(cube("c")),
                Write::AddMemory(memory("c", n)),
            ],
            events: vec![added("c", n)],
            ..Commit::default()
        }));
    };
    let at = |secs| start().plus_secs(secs);
    add(1);
    case.clock.set(at(10));
    add(2);
    case.clock.set(at(4));
    add(3);
    // Without event or change nothing is dated, so this date is not held on to.
    case.clock.set(at(90));
    case.write([Write::CreateCube(cube("d")), touch("c", 1, 1, at(90))]);
    case.clock.set(at(12));
    add(4);
    case.clock.set(at(11));
    case.write([Write::AddMemory(memory("d", 5))]);

    let secs = |time: crate::Timestamp| (time.micros() - start().micros()) / 1_000_000;
    let events = ok(case.vault.events(EventSeq(0), 9));
    let dates: Vec<_> = events.iter().map(|e| secs(e.at)).collect();
    assert_eq!(dates, [0, 10, 10, 12]);
    let dates: Vec<_> = case
        .dump()
        .changes
        .iter()
        .map(|(_, c)| secs(c.at))
        .collect();
    assert_eq!(dates, [0, 10, 10, 12, 12]);

    let view = view(case);
    let last_at = |name: &str, secs| ok(view.change_at(&cube_id(name), at(secs))).0;
    let found: Vec<_> = [-1, 0, 9, 10, 11, 12, 99]
        .map(|secs| last_at("c", secs))
        .into();
    assert_eq!(found, [0, 1, 1, 3, 3, 4, 4]);
    assert_eq!([11, 12].map(|secs| last_at("d", secs)), [0, 5]);
    assert_eq!(last_at("none", 99), 0);
    case.write([delete("c", 4), delete("c", 2)]);
    let view = super::ok(case.vault.snapshot());
    let found = [10, 99].map(|secs| ok(view.change_at(&cube_id("c"), at(secs))).0);
    assert_eq!(found, [3, 3], "the last that is left");
}
