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

/// The texts of derived memories that hold a field of their own, by its value.
fn with_field(bench: &Bench, name: &str, value: &str) -> Vec<Memory> {
    let mut derived = bench.derived();
    derived.retain(|m| {
        let info = &m.header.descriptive.info.0;
        info.get(name).is_some_and(|field| field == value)
    });
    derived
}

#[test]
fn a_day_of_several_sessions_gets_a_summary_as_they_come() {
    let mut bench = bench();
    let (morning, noon) = (session("morning"), session("noon"));
    bench.add(&morning);
    bench.run(task(&bench));
    assert_eq!(with_field(&bench, "of", "day"), []);
    bench.add(&noon);
    // The next day is another one.
    bench.add(&SAID.map(|text| turn(text, 2, "evening")));
    bench.run(task(&bench));
    let [day] = &with_field(&bench, "of", "day")[..] else {
        panic!("one day: {:?}", bench.derived());
    };
    let from = &day.header.behavioural.derived_from;
    assert_eq!(from.len(), morning.len() + noon.len());
    assert!(morning.iter().chain(&noon).all(|m| from.contains(&m.id)));
    assert_eq!(with_field(&bench, "of", "session").len(), 3);
    let made = bench.changes_by(Cause::Organising).len();
    bench.run(Task::new(ORGANISE, ada(), cube_id(), bench.clock.now()));
    assert_eq!(bench.changes_by(Cause::Organising).len(), made);

    bench.add(&[turn("The canal club got a boat for the plots.", 1, "noon")]);
    bench.run(task(&bench));
    let after = with_field(&bench, "of", "day");
    assert_eq!((after.len(), after[0].id), (1, day.id));
    assert_eq!(
        after[0].header.behavioural.derived_from.len(),
        from.len() + 1
    );
}

/// Days without times of their own, such as that of an import, are none.
#[test]
fn a_day_of_too_much_gets_no_summary() {
    let mut bench = bench();
    let mut turns: Vec<Memory> = (0..300).map(|_| turn("ok", 1, "import")).collect();
    turns.extend(session("walk"));
    bench.add(&turns);
    bench.run(task(&bench));
    assert_eq!(with_field(&bench, "of", "day"), []);
    assert_eq!(with_field(&bench, "of", "session").len(), 1);
}

/// Sessions come one by one, so what spans them is found over all that there are.
#[test]
fn what_people_come_back_to_is_found_over_sessions_that_come_one_by_one() {
    let mut bench = bench();
    let first = turn("We went hiking on Sunday.", 1, "a");
    let second = turn("Any tips for hiking in the rain?", 2, "b");
    let third = turn("The hiking boots arrived.", 3, "c");
    let implicit = |bench: &Bench| {
        let mut derived = bench.derived();
        derived.retain(|m| m.header.descriptive.info.0.get("explicit") == Some(&false.into()));
        derived
    };
    bench.add(std::slice::from_ref(&first));
    bench.run(task(&bench));
    bench.add(std::slice::from_ref(&second));
    bench.run(task(&bench));
    assert_eq!(implicit(&bench), []);
    bench.add(std::slice::from_ref(&third));
    bench.run(task(&bench));
    let [habit] = &implicit(&bench)[..] else {
        panic!("one habit: {:?}", bench.derived());
    };
    let plain = habit.payload.plaintext().unwrap();
    assert_eq!(plain.text, "Ada often talks about hiking.");
    let descriptive = &habit.header.descriptive;
    assert_eq!(descriptive.semantic_type, SemanticType::Preference);
    assert_eq!(
        habit.header.behavioural.derived_from,
        [first.id, second.id, third.id]
    );

    // One more mention is no new version.
    bench.add(&[turn("Hiking again.", 4, "d")]);
    bench.run(task(&bench));
    assert_eq!(implicit(&bench), std::slice::from_ref(habit));
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
