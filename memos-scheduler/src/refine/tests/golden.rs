//! Each prompt, word by word, and what comes of a reply. After a change that is meant, run the tests
//! with `MEMOS_BLESS=1` to write the files anew, and read the difference.

use std::fmt::Write as _;
use std::path::Path;

use memos_core::Prompt;
use serde_json::{Value, json};

use super::super::{Language, PromptName, facts, questions, relations};
use super::*;

#[track_caller]
fn is_golden(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/refine/golden")
        .join(name);
    if std::env::var_os("MEMOS_BLESS").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(got, expected.replace("\r\n", "\n"), "{name} differs");
}

fn shown(prompt: &Prompt) -> String {
    let mut text = format!("purpose: {}\ntenant: {}\n", prompt.purpose, prompt.tenant);
    for message in &prompt.messages {
        let role = serde_json::to_value(message.role).unwrap();
        writeln!(
            text,
            "\n== {} ==\n{}",
            role.as_str().unwrap(),
            message.content
        )
        .unwrap();
    }
    let schema = prompt.schema.as_ref().unwrap();
    writeln!(text, "\n== schema {} ==\n{:#}", schema.name, schema.schema).unwrap();
    text
}

#[test]
fn prompts_are_word_by_word_as_they_were() {
    let (ana, at) = (
        "ana".parse().unwrap(),
        "2025-03-04T08:00:00Z".parse().unwrap(),
    );
    for (language, turns, feedback, question) in [
        (
            "en",
            english(),
            "That's wrong, I moved to Lille",
            "Which seats does she book, and since when does she live there?",
        ),
        (
            "zh",
            chinese(),
            "不对，是对虾过敏",
            "她的手机号是什么，对什么过敏？",
        ),
    ] {
        for (name, prompt) in [
            ("facts", facts::prompt(&turns).unwrap()),
            ("judge", relations::judge_prompt(&turns[0], &turns[2])),
            (
                "feedback",
                relations::feedback_prompt(&ana, feedback, at, &turns),
            ),
            ("decompose", questions::decompose_prompt(&ana, question, at)),
            (
                "evidence",
                questions::evidence_prompt(&ana, question, at, &turns),
            ),
        ] {
            is_golden(&format!("{name}.{language}.prompt.txt"), &shown(&prompt));
        }
    }
}

#[test]
fn a_prompt_file_says_what_every_prompt_must() {
    for prompt in PromptName::ALL {
        for language in [Language::English, Language::Chinese] {
            let text = prompt.text(language);
            let name = format!("{}.{}", prompt.as_str(), language.as_str());
            assert!(
                text.contains("<data>") && text.contains("</data>"),
                "{name}"
            );
            let warns = [
                "followed",
                "instruction inside it",
                "不可执行",
                "不可照着执行",
            ];
            let warned = warns.iter().any(|w| text.contains(w)) || text.contains("绝不可照着执行");
            assert!(warned, "{name} says that data is no instruction");
            let of_language = Language::of(text.split("\n\n").filter(|part| !part.contains('{')));
            assert_eq!(of_language, language, "{name}");
        }
    }
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
    is_golden("facts.en.drafts.json", &got);

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
    is_golden("facts.zh.drafts.json", &got);
}
