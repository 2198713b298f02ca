//! Turns for this folder's tests.

use memos_core::{
    Header, Memory, MemoryId, Moment, Payload, Plaintext, Role, State, Timestamp, Turn,
};

/// A turn that `speaker` said in a session, some minutes after 2023-11-14T22:00:00Z.
pub(super) fn turn(speaker: &str, text: &str, session: &str, minute: i64) -> Memory {
    let said_at = Moment::from(Timestamp::from_secs(1_700_000_000 - 800 + minute * 60));
    Memory {
        id: MemoryId::generate(),
        cube_id: "notes".parse().unwrap(),
        state: State::Generated,
        header: Header::new("ada".parse().unwrap(), said_at, said_at.at()),
        payload: Payload::Plaintext(Plaintext {
            text: text.into(),
            caption: None,
            turn: Turn {
                session_id: session.into(),
                speaker: Some(speaker.into()).filter(|s: &String| !s.is_empty()),
                role: Some(Role::User),
            },
            times: Vec::new(),
        }),
    }
}

pub(super) fn with_entities(mut memory: Memory, entities: &[&str]) -> Memory {
    memory.header.descriptive.entities = entities.iter().map(|e| (*e).to_owned()).collect();
    memory
}
