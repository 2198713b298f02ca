//! The work of refinement, with models that answer from a script.

use std::num::NonZeroUsize;
use std::sync::Arc;

use memos_core::{
    Cause, Clock, Memory, MemoryId, Prompt, Result, Task, TaskStatus, Vault, VolatileVault, Write,
};
use serde_json::{Value, json};

use super::{Bench, READING, count, forgetting, is_given_up, turn, write_to};
use crate::prompting::Scripted;
use crate::testing::{ada, cube_id, vault};
use crate::work::{FUSE, REFINE, Refining, births};

fn bench(
    answer: impl Fn(&VolatileVault, &Prompt) -> Result<Value> + Send + 'static,
) -> (Bench, Arc<Scripted>) {
    let (vault, clock) = vault();
    let seen = Arc::clone(&vault);
    let model = Arc::new(Scripted::answering(move |prompt| answer(&seen, prompt)));
    let refining = Refining::new(
        Arc::clone(&vault) as Arc<dyn Vault>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::clone(&model) as _,
        READING,
        NonZeroUsize::MIN,
    );
    (Bench::over(vault, clock, Arc::new(refining)), model)
}

/// Says one fact of each turn that was shown.
fn each_turn(prompt: &Prompt) -> Value {
    let turns = prompt.messages[1].content.matches("\"n\":").count();
    let item = |n: usize| {
        json!({"kind": "fact", "text": format!("Turn {n} was said."), "subject": "Ada",
               "sources": [n], "valid_from": null, "valid_until": null, "explicit": true,
               "confidence": 1})
    };
    json!({"items": (1..=turns).map(item).collect::<Vec<_>>()})
}

fn turns(count: usize) -> Vec<Memory> {
    let said = |n: usize| turn(&format!("This was said as number {n}."), 1, "walk");
    (0..count).map(said).collect()
}

fn task(bench: &Bench, turns: &[Memory]) -> Task {
    let ids: Vec<MemoryId> = turns.iter().map(|t| t.id).collect();
    births::refine(&cube_id(), &ada(), "walk", ids, bench.clock.now())
}

fn sources(derived: &[Memory]) -> Vec<MemoryId> {
    let from = |m: &Memory| m.header.behavioural.derived_from.clone();
    let mut ids: Vec<MemoryId> = derived.iter().flat_map(from).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_long_session_is_read_part_by_part() {
    let (mut bench, model) = bench(|_, prompt| Ok(each_turn(prompt)));
    let turns = turns(90);
    bench.add(&turns);
    let mut first = task(&bench, &turns);
    first.request = Some("r".into());
    let done = bench.run(first);
    let read: Vec<_> = done.iter().map(|t| count(t, "turns").unwrap()).collect();
    assert_eq!(read, [40, 40, 10]);
    assert!(
        done.iter()
            .all(|t| t.serves("r") && count(t, "prompt_tokens") == Some(10))
    );
    assert_eq!(model.purposes().len(), 3);
    let derived = bench.derived();
    let mut ids: Vec<MemoryId> = turns.iter().map(|t| t.id).collect();
    ids.sort_unstable();
    assert_eq!(sources(&derived), ids, "each turn once");
    for change in bench.changes_by(Cause::Refinement) {
        assert_eq!(change.why.detail.as_deref(), Some("llm:scripted/facts.v1"));
        assert!(!change.why.evidence.is_empty());
    }
    assert_eq!(bench.waiting(FUSE).len(), 1);
}

#[test]
fn reading_the_same_again_adds_nothing() {
    let (mut bench, model) = bench(|_, prompt| Ok(each_turn(prompt)));
    let turns = turns(3);
    bench.add(&turns);
    for added in [3, 0] {
        let done = bench.run(task(&bench, &turns));
        assert_eq!(count(&done[0], "derived"), Some(added));
        assert_eq!(bench.derived().len(), 3);
    }
    assert_eq!(model.purposes().len(), 2);
}

#[test]
fn what_is_forgotten_while_the_model_reads_leaves_nothing() {
    let turns = turns(3);
    let gone = turns[1].id;
    let (mut bench, _) = bench(move |vault, prompt| {
        write_to(vault, forgetting(gone));
        Ok(each_turn(prompt))
    });
    bench.add(&turns);
    let done = bench.run(task(&bench, &turns));
    assert_eq!(count(&done[0], "derived"), Some(2));
    assert_eq!(sources(&bench.derived()), [turns[0].id, turns[2].id]);
    for change in bench.changes_by(Cause::Refinement) {
        assert!(!change.why.evidence.contains(&gone));
    }
}

#[test]
fn a_cube_that_is_deleted_while_the_model_reads_gets_nothing() {
    let (mut bench, model) = bench(|vault, prompt| {
        write_to(vault, Write::DeleteCube(cube_id()));
        Ok(each_turn(prompt))
    });
    let turns = turns(2);
    bench.add(&turns);
    bench.queue.submit(task(&bench, &turns)).unwrap();
    let job = bench.job().unwrap();
    let task = bench.perform(job, |_| {});
    is_given_up(task);
    assert_eq!(model.purposes().len(), 1);
    assert!(bench.derived().is_empty());
}

#[test]
fn a_bad_answer_changes_nothing_and_is_asked_for_again() {
    let (mut bench, model) = bench(|_, _| Err(Scripted::garbage()));
    let turns = turns(2);
    bench.add(&turns);
    bench.queue.submit(task(&bench, &turns)).unwrap();
    let job = bench.job().unwrap();
    let task = bench.perform(job, |_| {}).unwrap();
    assert_eq!((task.status, task.attempts), (TaskStatus::Waiting, 1));
    assert!(task.due_at > bench.clock.now(), "after a pause");
    assert_eq!(task.memories.len(), 2);
    assert!(bench.job().is_none());
    while !bench.waiting(REFINE).is_empty() {
        let due = bench.waiting(REFINE)[0].due_at;
        bench.clock.set(due);
        let job = bench.job().unwrap();
        bench.perform(job, |_| {});
        assert!(model.purposes().len() < 100, "it is given up in the end");
    }
    let stored = bench.queue.task(task.id).unwrap().unwrap();
    assert!(matches!(stored.status, TaskStatus::Dead { .. }));
    assert_eq!(stored.memories.len(), 2, "it can be tried again");
    assert!(bench.derived().is_empty());
}

#[test]
fn a_model_is_not_asked_about_nothing() {
    let (mut bench, model) = bench(|_, prompt| Ok(each_turn(prompt)));
    let turns = turns(2);
    bench.add(&turns);
    for turn in &turns {
        bench.write(forgetting(turn.id));
    }
    let done = bench.run(task(&bench, &turns));
    assert_eq!(count(&done[0], "turns"), Some(0));
    assert!(matches!(done[0].status, TaskStatus::Done { .. }));
    assert!(model.purposes().is_empty());
}
