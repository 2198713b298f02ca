//! That what fuses is found in a cube, at a cost that does not grow with it.

use memos_core::{Memory, MemoryId, Vault};

use super::effects::{fusion, get, view};
use crate::fusion::{Statement, Verdict, judge};
use crate::testing::{adding, cube_id, memory, text, vault};

#[test]
fn what_the_rules_would_judge_is_found_among_many() {
    let (vault, _) = vault();
    let fusion = fusion();
    let mut all = Vec::new();
    let mut wanted = Vec::new();
    for (i, pair) in super::pairs().iter().enumerate() {
        // One owner for each pair, so that only its two can meet.
        let make = |said: &super::Said, day| {
            let mut memory = memory(&said.text, day);
            memory.header.governance.owner = format!("user{i}").parse().unwrap();
            if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
                plain.turn.speaker = Some(said.speaker.clone());
                plain.turn.role = said.role;
            }
            memory
        };
        let (older, newer) = (make(&pair.older, 1), make(&pair.newer, 30));
        let read = |m: &Memory| Statement::of(m).unwrap();
        if judge(&read(&older), &read(&newer), None) != Verdict::Unrelated {
            wanted.push((older.id, newer.id));
        }
        all.extend([older, newer]);
    }
    vault.commit(adding(&all)).unwrap();
    for asked in [0, 1] {
        // Whichever of the two comes last, they meet.
        let ids: Vec<MemoryId> = all.iter().skip(asked).step_by(2).map(|m| m.id).collect();
        let planned = fusion.plan(&*view(&vault), &cube_id(), &ids, None).unwrap();
        let found: Vec<_> = planned.iter().map(|f| (f.older, f.newer)).collect();
        let missed: Vec<_> = wanted.iter().filter(|p| !found.contains(p)).collect();
        let words = |id: &MemoryId| text(&get(&vault, *id)).to_owned();
        let missed: Vec<_> = missed.iter().map(|(a, b)| (words(a), words(b))).collect();
        assert!(missed.is_empty(), "asked {asked}: {missed:?}");
    }
}

/// How long a plan takes in a cube of 20,000 memories: run by hand, in release.
#[test]
#[ignore = "a measurement"]
fn a_plan_does_not_grow_with_the_cube() {
    let (vault, _) = vault();
    let things = [
        "barn", "invoice", "train", "garden", "recipe", "bridge", "violin", "harbour", "lamp",
        "orchard",
    ];
    let makes = |n: usize| {
        let (a, b, c) = (things[n % 10], things[n / 10 % 10], things[n / 100 % 10]);
        memory(
            &format!("The {a} near the {b} reminded me of {c} number {n} again."),
            1 + (n / 100) as i64,
        )
    };
    let fusion = fusion();
    let mut last = 0;
    for size in [1_000, 5_000, 20_000] {
        let more: Vec<Memory> = (last..size).map(makes).collect();
        vault.commit(adding(&more)).unwrap();
        last = size;
        let started = std::time::Instant::now();
        fusion.plan(&*view(&vault), &cube_id(), &[], None).unwrap();
        let read_in = started.elapsed() / u32::try_from(more.len()).unwrap();
        let asked = [
            memory("I live in Leeds.", 300),
            memory("I moved to Bristol.", 301),
            makes(77),
        ];
        vault.commit(adding(&asked)).unwrap();
        let started = std::time::Instant::now();
        for memory in &asked {
            fusion
                .plan(&*view(&vault), &cube_id(), &[memory.id], None)
                .unwrap();
        }
        println!(
            "{size}: read in {read_in:?} a memory, planned {:?} a memory",
            started.elapsed() / 3
        );
    }
}
