//! That what fuses is found in a cube, at a cost that does not grow with it.

use memos_core::{Memory, MemoryId, Vault};

use super::effects::{fusion, get, view};
use crate::fusion::cube_state::CubeState;
use crate::fusion::{Statement, Verdict, judge};
use crate::recent_cubes::Knowledge as _;
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

/// How many are looked at has an upper bound, though all of a cube speak of the same things.
#[test]
fn as_many_are_looked_at_in_a_large_cube_as_in_a_small_one() {
    let says = |n: usize| match n % 4 {
        0 => format!("I live in town number {n}."),
        1 => format!("I moved to the city of {n}."),
        2 => format!("My new phone number is 555 {n:04}."),
        _ => format!("The ferry near the barn was late again, for the {n}th time."),
    };
    let mut state = CubeState::default();
    let mut looked_at = Vec::new();
    for more in [0..1_000, 1_000..4_000] {
        for n in more {
            state.put(&memory(&says(n), 1 + (n / 100) as i64));
        }
        let of = |n| {
            let asked = memory(&says(n), 300);
            let statement = Statement::of(&asked).unwrap();
            state.candidates(asked.id, &statement).len()
        };
        looked_at.push([7_000, 7_001, 7_002, 7_003].map(of));
    }
    println!("{looked_at:?}");
    for (small, large) in looked_at[0].iter().zip(&looked_at[1]) {
        assert!(*small > 0 && *large <= small + small / 4, "{looked_at:?}");
        assert!(*large < 500, "{looked_at:?}");
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
