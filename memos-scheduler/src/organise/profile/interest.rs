//! What people come back to: things of the topic tables that a speaker brings up again and again,
//! over several sessions. He says nowhere that he likes them, so they are marked as implicit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use memos_core::{Info, Memory, MemoryId, SemanticType, Timestamp};

use super::super::draft::{Draft, draft, is_turn, session, text, whose};
use super::super::inherit::Support;
use super::super::sentence::sentences;
use super::super::words::is_han;
use super::topic::Interest;
use super::{content, key, speaker, topic};

/// Turns that bring a thing up, and sessions they lie in, before it counts.
const FEWEST_TURNS: usize = 3;
const FEWEST_SESSIONS: usize = 2;
/// Share of a speaker's turns that must bring it up: in a long dialogue everything comes up thrice.
const FEWEST_SHARE: f32 = 0.01;
/// Most interests of one speaker in one topic.
const MOST_OF_TOPIC: usize = 2;
/// The evidence grows in these steps only, so that each mention is not a new version.
const STEPS: &[usize] = &[3, 6, 12, 24, 48];
/// Most interests of one speaker, the most spoken of.
const MOST: usize = 12;
/// Words that turn a mention into its opposite.
const AGAINST: &[&str] = &[
    "hate",
    "dislike",
    "n't",
    "n’t",
    "not ",
    "never",
    "no more",
    "can't stand",
    "sick of",
    "讨厌",
    "不",
    "没",
    "受不了",
    "别",
    "烦",
];

/// Who comes back to what in a cube, kept turn by turn: sessions are added one by one, and what
/// spans several of them is in none.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    voices: HashMap<Arc<Voice>, Spoken>,
    turns: HashMap<MemoryId, Place>,
}

/// A speaker before one owner and audience.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Voice {
    whose: String,
    name: String,
}

/// What a voice has said.
#[derive(Debug, Default)]
struct Spoken {
    turns: usize,
    /// In the order of saying, with their sessions.
    mentions: BTreeMap<Interest, BTreeMap<(Timestamp, MemoryId), Box<str>>>,
}

/// Where a turn is counted.
#[derive(Debug)]
struct Place {
    voice: Arc<Voice>,
    said_at: Timestamp,
    interests: BTreeSet<Interest>,
}

/// Something that a speaker comes back to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Habit {
    name: String,
    interest: Interest,
    /// The turns that show it.
    pub(crate) evidence: Vec<MemoryId>,
}

impl Interests {
    /// Notes a turn, or takes in what changed in it.
    pub(crate) fn put(&mut self, turn: &Memory) {
        self.remove(turn.id);
        let Some((_, name)) = speaker(turn).filter(|_| is_turn(turn)) else {
            return;
        };
        let voice = Arc::new(Voice {
            whose: whose(turn),
            name: name.to_owned(),
        });
        let known = self.voices.get_key_value(&voice);
        let voice = known.map_or(voice, |(known, _)| Arc::clone(known));
        let said_at = turn.header.descriptive.said_at.at();
        let interests = brought_up(text(turn));
        let spoken = self.voices.entry(Arc::clone(&voice)).or_default();
        spoken.turns += 1;
        for interest in &interests {
            let mentions = spoken.mentions.entry(interest.clone()).or_default();
            mentions.insert((said_at, turn.id), session(turn).into());
        }
        let place = Place {
            voice,
            said_at,
            interests,
        };
        self.turns.insert(turn.id, place);
    }

    /// Forgets a turn; one that it does not know is no error.
    pub(crate) fn remove(&mut self, id: MemoryId) {
        let Some(place) = self.turns.remove(&id) else {
            return;
        };
        let Some(spoken) = self.voices.get_mut(&place.voice) else {
            return;
        };
        spoken.turns -= 1;
        for interest in &place.interests {
            if let Some(mentions) = spoken.mentions.get_mut(interest) {
                mentions.remove(&(place.said_at, id));
                if mentions.is_empty() {
                    spoken.mentions.remove(interest);
                }
            }
        }
        if spoken.turns == 0 {
            self.voices.remove(&place.voice);
        }
    }

    /// Whether it knows of no turn.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty() && self.voices.is_empty()
    }

    /// What the speakers of some turns come back to, of what these turns bring up.
    pub(crate) fn of<'a>(&self, turns: impl IntoIterator<Item = &'a MemoryId>) -> Vec<Habit> {
        let mut asked: BTreeMap<&Voice, BTreeSet<&Interest>> = BTreeMap::new();
        for place in turns.into_iter().filter_map(|id| self.turns.get(id)) {
            let interests = asked.entry(&place.voice).or_default();
            interests.extend(&place.interests);
        }
        let mut habits = Vec::new();
        for (voice, interests) in asked {
            let Some(spoken) = self.voices.get(voice) else {
                continue;
            };
            let found = spoken.habits().into_iter();
            let found = found.filter(|(interest, _)| interests.contains(interest));
            habits.extend(found.map(|(interest, evidence)| Habit {
                name: voice.name.clone(),
                interest: interest.clone(),
                evidence,
            }));
        }
        habits
    }
}

impl Spoken {
    /// The most spoken of, with what shows it.
    fn habits(&self) -> Vec<(&Interest, Vec<MemoryId>)> {
        let mut found: Vec<_> = self
            .mentions
            .iter()
            .filter(|(_, mentions)| {
                let sessions: BTreeSet<&str> = mentions.values().map(|s| &**s).collect();
                mentions.len() as f32 >= FEWEST_SHARE * self.turns as f32
                    && mentions.len() >= FEWEST_TURNS
                    && sessions.len() >= FEWEST_SESSIONS
            })
            .collect();
        found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(b.0)));
        let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
        found.retain(|(interest, _)| {
            let of_topic = topics.entry(interest.topic).or_default();
            *of_topic += 1;
            *of_topic <= MOST_OF_TOPIC
        });
        let found = found.into_iter().take(MOST);
        found
            .filter_map(|(interest, mentions)| Some((interest, evidence(mentions)?)))
            .collect()
    }
}

/// The first mentions: later ones change nothing until the next step. They must still be of several
/// sessions, which the first of a long session are not.
fn evidence(mentions: &BTreeMap<(Timestamp, MemoryId), Box<str>>) -> Option<Vec<MemoryId>> {
    let step = STEPS.iter().rev().find(|s| **s <= mentions.len())?;
    let (_, session) = mentions.first_key_value()?;
    let first = mentions.iter().take(*step);
    let mut evidence: Vec<MemoryId> = first.clone().map(|((_, id), _)| *id).collect();
    if first.clone().all(|(_, other)| other == session) {
        let ((_, id), _) = mentions.iter().find(|(_, other)| *other != session)?;
        evidence.push(*id);
    }
    Some(evidence)
}

/// The things that a text brings up, but for what it says no to.
fn brought_up(text: &str) -> BTreeSet<Interest> {
    let mut named = BTreeSet::new();
    for range in sentences(text) {
        let sentence = &text[range];
        let lower = sentence.to_lowercase();
        if !AGAINST.iter().any(|word| lower.contains(word)) {
            let found = topic::interests(sentence).into_iter();
            named.extend(found.filter(topic::is_telling));
        }
    }
    named
}

/// The derived memory of a habit, from the turns that show it.
pub(in super::super) fn habit(habit: &Habit, turns: &[&Memory]) -> Option<Draft> {
    let Habit { name, interest, .. } = habit;
    let word = interest.word;
    let han = word.contains(is_han);
    let said = if han {
        let who = if name.is_empty() { "用户" } else { name };
        format!("{who}经常提到{word}。")
    } else {
        let who = if name.is_empty() { "The user" } else { name };
        format!("{who} often talks about {word}.")
    };
    let mut info = Info::default();
    let rule = if han {
        "zh.interest.1"
    } else {
        "en.interest.1"
    };
    info.0.insert("rule".to_owned(), rule.into());
    info.0.insert("explicit".to_owned(), false.into());
    info.0.insert("topic".to_owned(), interest.topic.into());
    let key = key(turns.first()?, name, &said);
    draft(
        content(
            key,
            SemanticType::Preference,
            said,
            name,
            info,
            Support::Together,
        ),
        turns,
    )
}
