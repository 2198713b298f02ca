//! The work of the organiser.

use memos_core::{Cause, Clock, Memory, SemanticType, Task, Write};

use super::{Bench, READING, count, forgetting, is_given_up, turn};
use crate::testing::{ada, cube_id};
use crate::work::{FUSE, ORGANISE, Organising, births};

const SAID: [&str; 6] = [
    "I joined the allotment club by the canal last month.",
    "The allotment club gave me a small plot, so I grow beans and tomatoes.",
    "The club lends tools and the canal gives us water for every plot.",
    "The beans on my plot are nearly ready to pick now.",
    "We will bring the tomatoes to the club on Sunday.",
    "The club meets by the canal, and everybody brings beans.",
];

fn bench() -> Bench {
    Bench::with(|vault, clock| Organising::new(vault, clock, READING))
}

fn task(bench: &Bench) -> Task {
    births::of_cube(ORGANISE, &cube_id(), &ada(), bench.clock.now())
}

fn session(name: &str) -> Vec<Memory> {
    SAID.map(|text| turn(text, 1, name)).to_vec()
}

fn summary(bench: &Bench) -> Option<Memory> {
    let mut derived = bench.derived();
    derived.retain(|m| m.header.descriptive.semantic_type == SemanticType::Summary);
    assert!(derived.len() <= 1, "{derived:?}");
    derived.pop()
}

#[test]
fn a_session_gets_a_summary_which_is_then_fused() {
    let mut bench = bench();
    let turns = session("walk");
    bench.add(&turns);
    let done = bench.run(task(&bench));
    let summary = summary(&bench).unwrap();
    let from = &summary.header.behavioural.derived_from;
    assert!(turns.iter().all(|turn| from.contains(&turn.id)));
    let text = &summary.payload.plaintext().unwrap().text;
    assert_eq!(
        summary.header.behavioural.fingerprint,
        (READING.fingerprint)(text, None)
    );
    assert_eq!(summary.header.descriptive.created_at, bench.clock.now());
    let made = bench.changes_by(Cause::Organising);
    assert_eq!(count(&done[0], "derived"), Some(made.len() as u64));
    assert!(made.iter().all(|c| c.why.actor == ada()));
    assert_eq!(bench.waiting(FUSE).len(), 1);
}

#[test]
fn doing_it_again_changes_nothing_and_a_new_turn_one_version() {
    let mut bench = bench();
    bench.add(&session("walk"));
    let first = bench.run(task(&bench));
    let (before, made) = (
        summary(&bench).unwrap(),
        bench.changes_by(Cause::Organising).len(),
    );
    let again = bench.run(task(&bench));
    assert_eq!(count(&again[0], "derived"), None, "its own work is no news");
    assert!(count(&again[0], "cursor") > count(&first[0], "cursor"));
    // From the beginning, too: what is there is known.
    bench.run(Task::new(ORGANISE, ada(), cube_id(), bench.clock.now()));
    assert_eq!(bench.changes_by(Cause::Organising).len(), made);

    let more = "The canal froze, so the club gave every plot a barrel of water.";
    bench.add(&[turn(more, 1, "walk")]);
    bench.run(task(&bench));
    let after = summary(&bench).unwrap();
    assert_eq!(after.id, before.id);
    assert_eq!(after.header.behavioural.version, 2);
    assert_eq!(after.header.behavioural.derived_from.len(), 7);
}

#[test]
fn a_large_cube_is_done_page_by_page() {
    let mut bench = bench();
    let mut turns: Vec<Memory> = (0..500).map(|_| turn("ok", 1, "small talk")).collect();
    turns.splice(0..0, session("walk"));
    turns.truncate(500);
    bench.add(&turns);
    let done = bench.run(task(&bench));
    assert_eq!(done.len(), 2);
    assert!(count(&done[0], "cursor") < count(&done[1], "cursor"));
    let walk = |m: &Memory| {
        let plain = m.payload.plaintext().unwrap();
        plain.turn.session_id == "summary:walk"
    };
    assert_eq!(bench.derived().iter().filter(|m| walk(m)).count(), 1);
}

#[test]
fn what_is_forgotten_meanwhile_is_in_no_summary() {
    let mut bench = bench();
    let turns = session("walk");
    bench.add(&turns);
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    bench.perform(job, |bench| bench.write(forgetting(turns[0].id)));
    let summary = summary(&bench).unwrap();
    let from = &summary.header.behavioural.derived_from;
    assert_eq!(from.len(), 5);
    assert!(!from.contains(&turns[0].id));
    let text = &summary.payload.plaintext().unwrap().text;
    assert!(!text.contains("joined"), "{text}");
}

#[test]
fn a_task_of_a_deleted_cube_is_given_up() {
    let mut bench = bench();
    bench.add(&session("walk"));
    bench.queue.submit(task(&bench)).unwrap();
    let job = bench.job().unwrap();
    bench.write(Write::DeleteCube(cube_id()));
    let task = bench.perform(job, |_| {});
    is_given_up(task);
}
