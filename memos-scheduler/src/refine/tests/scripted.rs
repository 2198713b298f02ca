//! The refiner with a model that answers from a script.

use std::sync::Arc;

use memos_core::{Code, Error, Origin, Prompt, Result, Timestamp};
use serde_json::{Value, json};

use super::super::{PromptName, Refiner};
use super::*;
use crate::prompting::Scripted;

fn scripted(
    answer: impl FnMut(&Prompt) -> Result<Value> + Send + 'static,
) -> (Refiner, Arc<Scripted>) {
    let model = Arc::new(Scripted::answering(answer));
    (Refiner::new(Arc::clone(&model) as _, FINGERPRINT), model)
}

fn now() -> Timestamp {
    "2025-03-04T00:00:00Z".parse().unwrap()
}

/// Says of every turn that was shown that it was said.
fn every_turn(prompt: &Prompt) -> Result<Value> {
    let items = data_of(prompt);
    let items = items.iter().map(|turn| {
        let words: Vec<&str> = turn["text"].as_str().unwrap().split(' ').take(3).collect();
        let text = format!("It was said: {}.", words.join(" "));
        json!({"kind": "fact", "text": text, "sources": [turn["n"]], "confidence": 1})
    });
    Ok(json!({"items": items.collect::<Vec<_>>()}))
}

#[test]
fn every_turn_is_shown_once_and_never_beside_anothers() {
    let mut turns: Vec<Memory> = (0..200_u8)
        .map(|n| {
            let text = format!("Turn {n} says {}", "much ".repeat(usize::from(n)));
            turn(n, "2025-03-01", "Ana", Role::User, &text)
        })
        .collect();
    for n in (0..200).step_by(3) {
        turns[n] = of_ben(turns[n].clone());
    }
    for n in (0..200).step_by(7) {
        turns[n] = shared(turns[n].clone());
    }
    turns[11].header.descriptive.origin = Origin::Inference;
    turns[12].payload = memos_core::Payload::Activation(memos_core::Activation {
        model: "m".into(),
        blob: [0; 32],
        tokens: 1,
    });
    let (refiner, model) = scripted(every_turn);
    let refined = refiner.refine(&turns, now()).unwrap();
    assert_eq!(refined.dropped, super::super::Dropped::default());
    let mut from: Vec<u8> = Vec::new();
    for draft in &refined.drafts {
        let sources = &draft.memory.header.behavioural.derived_from;
        assert_eq!(sources.len(), 1);
        let number = sources[0].as_bytes()[15];
        from.push(number);
        let source = &turns[usize::from(number)].header.governance;
        assert_eq!(draft.memory.header.governance, *source);
        let text = &draft.memory.payload.plaintext().unwrap().text;
        assert!(
            text.starts_with(&format!("It was said: Turn {number} says")),
            "{text}"
        );
    }
    from.sort_unstable();
    let expected: Vec<u8> = (0..200).filter(|n| ![11, 12].contains(n)).collect();
    assert_eq!(from, expected);
    let asked = model.asked.lock().unwrap();
    assert!(asked.len() > 5);
    assert_eq!(refined.usage.prompt, 10 * asked.len() as u64);
    for prompt in asked.iter() {
        assert_eq!(prompt.purpose, "facts.v1");
        assert!(prompt.messages[1].content.len() < 32_000);
    }
    assert_eq!(refiner.rule(PromptName::Facts), RULE);
}

#[test]
fn nothing_comes_of_turns_that_can_not_be_refined() {
    let (refiner, model) = scripted(|_| Err(Error::new(Code::Unavailable, "away")));
    assert!(refiner.refine(&[], now()).unwrap().drafts.is_empty());
    assert!(model.asked.lock().unwrap().is_empty());
    let error = refiner.refine(&english(), now()).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let (refiner, _) = scripted(|_| Ok(json!([1])));
    assert_eq!(
        refiner.refine(&english(), now()).unwrap_err().code(),
        Code::BadReply
    );
}

#[test]
fn memories_of_different_owners_are_never_compared() {
    let (refiner, model) =
        scripted(|_| Ok(json!({"relation": "duplicate", "attribute": null, "confidence": 1})));
    let turns = english();
    assert!(refiner.judge(&turns[0], &turns[2]).is_ok());
    for other in [of_ben(turns[2].clone()), shared(turns[2].clone())] {
        let error = refiner.judge(&turns[0], &other).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
    }
    assert_eq!(model.asked.lock().unwrap().len(), 1);
    let (refiner, _) = scripted(|_| Ok(json!({"relation": "friends"})));
    let error = refiner.judge(&turns[0], &turns[2]).unwrap_err();
    assert_eq!(error.code(), Code::BadReply);
}
