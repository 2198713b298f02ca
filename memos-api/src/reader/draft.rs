//! A memory in the making: what a reader knows, before the pipeline gives it an id and an owner.

use std::collections::BTreeSet;

use memos_core::{
    CubeId, Header, Info, Memory, MemoryId, Moment, Origin, Payload, Plaintext, SemanticType,
    Source, State, Timestamp, Turn, UserId,
};

use super::entity::{EntityKind, entities};
use super::time;

/// Names kept of one text: a list of hundreds, as in an address book, ties nothing together.
const MOST_NAMES: usize = 64;

/// A memory without identity and owner.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The words, as they came.
    pub text: String,
    /// What a picture beside the words shows.
    pub caption: Option<String>,
    /// Where in a dialogue or document they stand.
    pub turn: Turn,
    /// When they were said or written; `None` is the moment at which they are stored.
    pub said_at: Option<Moment>,
    /// What kind of thing they say.
    pub semantic_type: SemanticType,
    /// Who or what produced them.
    pub origin: Origin,
    /// A short name, such as a title.
    pub key: Option<String>,
    /// Where they were taken from.
    pub sources: Vec<Source>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// The caller's own fields.
    pub info: Info,
}

impl Draft {
    /// The memory, private to its owner, with the times of its text resolved against the moment
    /// at which it was said.
    pub fn into_memory(
        self,
        id: MemoryId,
        cube_id: CubeId,
        owner: UserId,
        now: Timestamp,
    ) -> Memory {
        let said_at = self.said_at.unwrap_or_else(|| Moment::from(now));
        let times = time::mentions(&self.text, said_at);
        let mut header = Header::new(owner, said_at, now);
        let described = &mut header.descriptive;
        described.origin = self.origin;
        described.semantic_type = self.semantic_type;
        described.tags = self.tags;
        described.entities = names(&self.text, self.turn.speaker.as_deref());
        described.key = self.key;
        described.sources = self.sources;
        described.info = self.info;
        header.behavioural.fingerprint = fingerprint(&self.text, self.caption.as_deref());
        Memory {
            id,
            cube_id,
            state: State::Generated,
            header,
            payload: Payload::Plaintext(Plaintext {
                text: self.text,
                caption: self.caption,
                turn: self.turn,
                times,
            }),
        }
    }
}

/// The people, places, organisations and things that a text names, the first [`MOST_NAMES`] of
/// them. Dates are resolved apart.
pub(crate) fn names(text: &str, speaker: Option<&str>) -> BTreeSet<String> {
    entities(text, speaker)
        .into_iter()
        .filter(|mention| mention.kind != EntityKind::Date)
        .map(|mention| mention.name)
        .take(MOST_NAMES)
        .collect()
}

/// Hash of a content: the first eight bytes of BLAKE3 over its words in lower case, one space
/// after each, so that only a change of words changes it.
///
/// ```
/// use memos_api::reader::fingerprint;
/// assert_eq!(fingerprint("See  you\nthere", None), fingerprint("see you there", None));
/// assert_ne!(fingerprint("see you", Some("there")), fingerprint("see you there", None));
/// ```
pub fn fingerprint(text: &str, caption: Option<&str>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for (i, part) in std::iter::once(text).chain(caption).enumerate() {
        if i > 0 {
            // No word holds a line break, so the border can't be forged by words.
            hasher.update(b"\n");
        }
        for word in part.split_whitespace() {
            hasher.update(word.to_lowercase().as_bytes());
            hasher.update(b" ");
        }
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str, said_at: Option<Moment>) -> Draft {
        Draft {
            text: text.into(),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: None,
                role: None,
            },
            said_at,
            semantic_type: SemanticType::Message,
            origin: Origin::UserInput,
            key: None,
            sources: Vec::new(),
            tags: BTreeSet::from(["a".to_owned()]),
            info: Info::default(),
        }
    }

    fn memory(draft: Draft) -> Memory {
        draft.into_memory(
            MemoryId::generate(),
            CubeId::new("c").unwrap(),
            UserId::new("u").unwrap(),
            Timestamp::from_secs(1_700_000_000),
        )
    }

    #[test]
    fn a_draft_without_a_time_was_said_when_it_is_stored() {
        let memory = memory(draft("Hello  there", None));
        let descriptive = &memory.header.descriptive;
        assert_eq!(descriptive.said_at.at(), descriptive.created_at);
        assert_eq!(memory.payload.plaintext().unwrap().text, "Hello  there");
        assert_eq!(memory.state, State::Generated);
        assert_eq!(memory.header.behavioural.version, 1);
    }

    #[test]
    fn the_speakers_wall_clock_is_kept() {
        let at: Moment = "2025-01-02T02:00:00+08:00".parse().unwrap();
        assert_eq!(memory(draft("x", Some(at))).header.descriptive.said_at, at);
    }

    #[test]
    fn repeats_share_a_fingerprint_and_nothing_else_does() {
        let of = |text| memory(draft(text, None)).header.behavioural.fingerprint;
        assert_eq!(of("We met  in ÉVORA"), of("we met in évora "));
        assert_ne!(of("we met in Evora"), of("we met in Braga"));
        assert_ne!(of("ab c"), of("a bc"));
        assert_ne!(fingerprint("a", Some("b")), fingerprint("a b", None));
        assert_ne!(fingerprint("a", Some("")), fingerprint("a", None));
    }
}
