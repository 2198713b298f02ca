//! Prompts and replies against files, and replies that are not to be trusted.

mod attacks;
mod golden;
mod relations;
mod scripted;

use memos_core::{Audience, Header, Memory, MemoryId, Moment, Payload, Prompt, Role, Source};
use serde_json::Value;

use super::drafts::{Fingerprint, Refined};
use crate::testing;

const RULE: &str = "llm:scripted/facts.v1";

/// Not the hash that evidence has, but like it equal for equal words only.
const FINGERPRINT: Fingerprint = |text, _| {
    let words = text
        .split_whitespace()
        .flat_map(|word| word.bytes().chain([b' ']));
    words.fold(7, |hash: u64, b| {
        hash.wrapping_mul(31).wrapping_add(u64::from(b))
    })
};

/// A turn; its id ends with its number.
fn turn(number: u8, at: &str, speaker: &str, role: Role, text: &str) -> Memory {
    let said_at: Moment = at.parse().unwrap();
    let mut id = [0; 16];
    id[15] = number;
    let mut turn = testing::memory(text, 0);
    turn.id = MemoryId::from_bytes(id);
    turn.header = Header::new("ana".parse().unwrap(), said_at, said_at.at());
    turn.header.descriptive.sources = vec![Source {
        kind: "message".into(),
        reference: format!("m{number}"),
        locator: None,
    }];
    if let Payload::Plaintext(plain) = &mut turn.payload {
        plain.turn.session_id = "spring".into();
        plain.turn.speaker = Some(speaker.into());
        plain.turn.role = Some(role);
    }
    turn
}

fn shared(mut memory: Memory) -> Memory {
    memory.header.governance.access.readers = Audience::Everyone;
    memory
}

fn of_ben(mut memory: Memory) -> Memory {
    memory.header.governance.owner = "ben".parse().unwrap();
    memory
}

fn english() -> Vec<Memory> {
    let mut turns = vec![
        turn(
            1,
            "2025-03-01T20:15:00+01:00",
            "Ana",
            Role::User,
            "We moved to Lyon last week. My sister Eva says the flat is \"tiny but <sunny>\".",
        ),
        turn(
            2,
            "2025-03-01T20:15:30+01:00",
            "Bot",
            Role::Assistant,
            "How lovely! Shall I update your address?",
        ),
        turn(
            3,
            "2025-03-01T20:16:04.250+01:00",
            "Ana",
            Role::User,
            "Yes please. And only window seats from now on.\nI can't stand the aisle.",
        ),
    ];
    if let Payload::Plaintext(plain) = &mut turns[0].payload {
        plain.caption = Some("a small balcony".into());
    }
    turns
}

fn chinese() -> Vec<Memory> {
    let at = "2025-03-03T09:00:00+08:00";
    vec![
        turn(
            1,
            at,
            "林晓",
            Role::User,
            "我昨天把手机号换成了 13800000000，旧号不用了。",
        ),
        turn(2, at, "助手", Role::Assistant, "好的，已记下。"),
        turn(
            3,
            at,
            "林晓",
            Role::User,
            "对了，我对花生过敏，点餐时帮我避开。",
        ),
    ]
}

/// The turns that a prompt shows.
fn data_of(prompt: &Prompt) -> Vec<Value> {
    let data = prompt.messages[1].content.strip_prefix("<data>\n");
    let data = data.and_then(|data| data.strip_suffix("\n</data>"));
    serde_json::from_str(data.unwrap()).unwrap()
}

fn taken(reply: &Value, turns: &[Memory]) -> Refined {
    let now = "2025-03-04T00:00:00Z".parse().unwrap();
    let mut refined = Refined::default();
    refined.take(reply, turns, RULE, FINGERPRINT, now);
    refined
}
