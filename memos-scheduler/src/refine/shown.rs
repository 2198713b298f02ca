//! A memory as a model sees it.

use memos_core::{Memory, Moment, Role, Timestamp};
use serde::Serialize;

use crate::prompting::clipped;

/// Longest text of one memory in a prompt, in characters; what is beyond is left out.
const LONGEST: usize = 4_000;

/// A memory as a prompt shows it: never with its id, owner or access.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    at: String,
    day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    speaker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

impl<'a> Shown<'a> {
    /// A memory of text, under a number or alone.
    pub(super) fn new(n: Option<usize>, memory: &'a Memory) -> Self {
        let plain = memory.payload.plaintext();
        let said_at = memory.header.descriptive.said_at;
        let caption = plain.and_then(|p| p.caption.as_deref());
        Self {
            n,
            at: clock(said_at),
            // In English: models know the days of the week in every language.
            day: format!("{:?}", said_at.date().weekday()),
            speaker: plain.and_then(|p| p.turn.speaker.as_deref()),
            role: plain.and_then(|p| p.turn.role),
            text: clipped(plain.map_or("", |p| &p.text), LONGEST),
            image: caption.map(|caption| clipped(caption, LONGEST)),
        }
    }

    /// Memories under the numbers from 1.
    pub(super) fn numbered(memories: &'a [Memory]) -> Vec<Self> {
        let shown = |(i, memory)| Self::new(Some(i + 1), memory);
        memories.iter().enumerate().map(shown).collect()
    }
}

/// The wall clock of a moment, to the second.
fn clock(moment: Moment) -> String {
    let whole = Timestamp::from_secs(moment.at().micros().div_euclid(1_000_000));
    Moment::new(whole, moment.offset_minutes()).to_string()
}
