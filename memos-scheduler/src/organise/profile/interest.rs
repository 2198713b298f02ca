//! What people come back to: things of the topic tables that a speaker brings up again and again,
//! over several sessions. He says nowhere that he likes them, so they are marked as implicit.

use std::collections::{BTreeMap, BTreeSet};

use memos_core::{Info, Memory, SemanticType};

use super::super::draft::{Draft, draft, session, text};
use super::super::sentence::sentences;
use super::super::words::is_han;
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

/// The derived memories of what the speakers of some turns of one owner and access come back to.
pub(in super::super) fn interests(turns: &[&Memory]) -> Vec<Draft> {
    let mut seen: BTreeMap<(&str, topic::Interest), Vec<&Memory>> = BTreeMap::new();
    let mut spoken: BTreeMap<&str, usize> = BTreeMap::new();
    for turn in turns {
        let Some((_, name)) = speaker(turn) else {
            continue;
        };
        *spoken.entry(name).or_default() += 1;
        let text = text(turn);
        let mut named: BTreeSet<topic::Interest> = BTreeSet::new();
        for range in sentences(text) {
            let sentence = &text[range];
            let lower = sentence.to_lowercase();
            if !AGAINST.iter().any(|word| lower.contains(word)) {
                named.extend(
                    topic::interests(sentence)
                        .into_iter()
                        .filter(topic::is_telling),
                );
            }
        }
        for interest in named {
            seen.entry((name, interest)).or_default().push(turn);
        }
    }
    let mut by_speaker: BTreeMap<&str, Vec<(topic::Interest, Vec<&Memory>)>> = BTreeMap::new();
    for ((name, interest), mentions) in seen {
        let sessions: BTreeSet<&str> = mentions.iter().map(|m| session(m)).collect();
        let turns = spoken.get(name).copied().unwrap_or_default();
        let often = mentions.len() as f32 >= FEWEST_SHARE * turns as f32;
        if often && mentions.len() >= FEWEST_TURNS && sessions.len() >= FEWEST_SESSIONS {
            by_speaker
                .entry(name)
                .or_default()
                .push((interest, mentions));
        }
    }
    let mut drafts = Vec::new();
    for (name, mut found) in by_speaker {
        found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
        let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
        found.retain(|(interest, _)| {
            let of_topic = topics.entry(interest.topic).or_default();
            *of_topic += 1;
            *of_topic <= MOST_OF_TOPIC
        });
        for (interest, mentions) in found.into_iter().take(MOST) {
            drafts.extend(interest_draft(name, &interest, &mentions));
        }
    }
    drafts
}

fn interest_draft(name: &str, interest: &topic::Interest, mentions: &[&Memory]) -> Option<Draft> {
    let word = interest.word;
    let han = word.contains(is_han);
    let said = if han {
        let who = if name.is_empty() { "用户" } else { name };
        format!("{who}经常提到{word}。")
    } else {
        let who = if name.is_empty() { "The user" } else { name };
        format!("{who} often talks about {word}.")
    };
    let step = STEPS.iter().rev().find(|s| **s <= mentions.len())?;
    // The first mentions: later ones change nothing until the next step. They must still be of
    // several sessions, which the first of a long session are not.
    let mut evidence: Vec<&Memory> = mentions[..*step].to_vec();
    if evidence.iter().all(|m| session(m) == session(evidence[0])) {
        let other = mentions
            .iter()
            .find(|m| session(m) != session(evidence[0]))?;
        evidence.push(other);
    }
    let mut info = Info::default();
    let rule = if han {
        "zh.interest.1"
    } else {
        "en.interest.1"
    };
    info.0.insert("rule".to_owned(), rule.into());
    info.0.insert("explicit".to_owned(), false.into());
    info.0.insert("topic".to_owned(), interest.topic.into());
    let key = key(evidence[0], name, &said);
    draft(
        content(key, SemanticType::Preference, said, name, info),
        &evidence,
    )
}
