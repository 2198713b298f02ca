//! Each prompt, word by word, and what comes of a reply.

use serde_json::{Value, json};

use super::super::{PromptName, facts, relations};
use super::*;
use crate::prompting::golden::{is_golden, says_what_every_prompt_must, shown};

#[test]
fn prompts_are_word_by_word_as_they_were() {
    for (language, turns) in [("en", english()), ("zh", chinese())] {
        for (name, prompt) in [
            ("facts", facts::prompt(&turns).unwrap()),
            ("judge", relations::judge_prompt(&turns[0], &turns[2])),
        ] {
            let file = format!("refine/golden/{name}.{language}.prompt.txt");
            is_golden(&file, &shown(&prompt));
        }
    }
    says_what_every_prompt_must(PromptName::Facts.file());
    says_what_every_prompt_must(PromptName::Judge.file());
}

/// A draft in short; ids as their last byte.
fn short(refined: &Refined) -> Value {
    let drafts = refined.drafts.iter().map(|draft| {
        let (memory, header) = (&draft.memory, &draft.memory.header);
        let plain = memory.payload.plaintext().unwrap();
        let from = header.behavioural.derived_from.iter();
        json!({
            "text": plain.text,
            "session": plain.turn.session_id,
            "type": header.descriptive.semantic_type,
            "origin": header.descriptive.origin,
            "owner": header.governance.owner,
            "readers": header.governance.access.readers,
            "said_at": header.descriptive.said_at,
            "created_at": header.descriptive.created_at,
            "valid": header.descriptive.valid,
            "entities": header.descriptive.entities,
            "sources": header.descriptive.sources.iter().map(|s| &s.reference).collect::<Vec<_>>(),
            "derived_from": from.map(|id| id.as_bytes()[15]).collect::<Vec<_>>(),
            "info": header.descriptive.info,
            "key": draft.key,
        })
    });
    json!({
        "drafts": drafts.collect::<Vec<_>>(),
        "dropped": format!("{:?}", refined.dropped),
    })
}

#[test]
fn replies_become_the_memories_that_they_were() {
    let english_reply = json!({"items": [
        {"kind": "profile", "text": "Ana has lived in Lyon since February 2025.", "subject": "Ana",
         "sources": [1], "valid_from": "2025-02", "valid_until": null, "explicit": true,
         "confidence": 0.956},
        {"kind": "preference", "text": "Ana books window seats only.", "subject": "Ana",
         "sources": [3], "valid_from": "2025-03-01", "valid_until": null, "explicit": true,
         "confidence": 0.9},
        {"kind": "preference", "text": "Ana  books window seats only.", "subject": "Ana",
         "sources": [2, 3], "valid_from": null, "valid_until": null, "explicit": true,
         "confidence": 0.5},
        {"kind": "event", "text": "Ana's address is to be updated.", "subject": "Ana",
         "sources": [3, 2], "valid_from": null, "valid_until": "not a time", "explicit": null,
         "confidence": 1},
        {"kind": "fact", "text": "Nobody said this.", "subject": "Ana", "sources": [],
         "valid_from": null, "valid_until": null, "explicit": null, "confidence": 1},
        {"kind": "tool", "text": "Turn nine said this.", "subject": "x", "sources": [1, 9],
         "valid_from": null, "valid_until": null, "explicit": null, "confidence": 1},
        {"kind": "poem", "text": "No such kind.", "subject": "x", "sources": [1],
         "valid_from": null, "valid_until": null, "explicit": null, "confidence": 1},
    ]});
    let got = format!("{:#}\n", short(&taken(&english_reply, &english())));
    is_golden("refine/golden/facts.en.drafts.json", &got);

    let chinese_reply = json!({"items": [
        {"kind": "profile", "text": "林晓的手机号自2025年3月2日起是13800000000。", "subject": "林晓",
         "sources": [1], "valid_from": "2025-03-02", "valid_until": null, "explicit": true,
         "confidence": 0.97},
        {"kind": "profile", "text": "林晓对花生过敏。", "subject": "林晓", "sources": [3],
         "valid_from": null, "valid_until": null, "explicit": true, "confidence": 1},
        {"kind": "skill", "text": "给林晓点餐时要避开花生。", "subject": "点餐", "sources": [3],
         "valid_from": null, "valid_until": null, "explicit": null, "confidence": 0.6},
    ]});
    let got = format!("{:#}\n", short(&taken(&chinese_reply, &chinese())));
    is_golden("refine/golden/facts.zh.drafts.json", &got);
}
