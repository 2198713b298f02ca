//! The layers of a cube: topics of sessions, concepts under a topic, facts (memories) under a
//! concept.

use std::collections::{BTreeMap, HashMap, HashSet};

use memos_core::{Memory, MemoryId};

use super::cluster::cluster;
use super::draft::{is_turn, session, text};
use super::phrase::{Phrases, headline};
use super::vector::Vectors;
use super::words::{is_han, terms};

/// Average similarity from which two groups of sessions are one topic. TF-IDF of whole sessions
/// of small talk lies near 0.05, of sessions about one thing above 0.15.
const TOPIC: f32 = 0.12;
/// Sessions that are clustered; of more, the latest.
const MOST_SESSIONS: usize = 1_000;
/// Terms in a topic's label.
const LABEL_TERMS: usize = 3;
/// Concepts under a topic.
const MOST_CONCEPTS: usize = 24;
/// Terms of a session that count for its topic.
const MOST_TERMS: usize = 4_000;

/// A cube in layers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The topics, those with the most sessions first.
    pub topics: Vec<Topic>,
}

/// What some sessions are about.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its most characteristic terms.
    pub label: String,
    /// Its sessions, in the order of time.
    pub sessions: Vec<String>,
    /// What is spoken of in them, the most spoken of first.
    pub concepts: Vec<Concept>,
    /// Facts: all memories of its sessions, and those made from them.
    pub memories: Vec<MemoryId>,
}

/// A person, a place, a thing or a term under a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Concept {
    /// Its name, as written most.
    pub name: String,
    /// The facts that name it.
    pub memories: Vec<MemoryId>,
}

/// Puts memories in layers. The same memories give the same tree, whatever their order.
///
/// What one memory says colours the labels that stand over others: give it only memories that one
/// reader may see, as [`Scope::admits`](memos_core::Scope::admits) says.
pub fn layers(memories: &[Memory]) -> Tree {
    let mut by_session: BTreeMap<&str, Vec<&Memory>> = BTreeMap::new();
    for memory in memories.iter().filter(|m| is_turn(m)) {
        by_session.entry(session(memory)).or_default().push(memory);
    }
    let mut sessions: Vec<(&str, Vec<&Memory>)> = by_session.into_iter().collect();
    for (_, turns) in &mut sessions {
        turns.sort_by_key(|m| (m.header.descriptive.said_at.at(), m.id));
    }
    sessions.sort_by_key(|(id, turns)| {
        (
            turns.first().map(|m| m.header.descriptive.said_at.at()),
            *id,
        )
    });
    let skipped = sessions.len().saturating_sub(MOST_SESSIONS);
    sessions.drain(..skipped);

    let words: Vec<Vec<String>> = sessions
        .iter()
        .map(|(_, turns)| {
            let names = speakers(turns);
            let words = turns.iter().flat_map(|m| terms(text(m)));
            words
                .filter(|w| !names.contains(w))
                .take(MOST_TERMS)
                .collect()
        })
        .collect();
    let vectors = Vectors::of(&words);
    let derived = derived_by_source(memories);
    let mut topics: Vec<Topic> = cluster(&vectors.vectors, TOPIC)
        .into_iter()
        .map(|members| topic(&members, &sessions, &words, &vectors, &derived))
        .collect();
    topics.sort_by_key(|t| std::cmp::Reverse(t.sessions.len()));
    Tree { topics }
}

/// Names of who speaks: in every turn, of no topic.
fn speakers(turns: &[&Memory]) -> Vec<String> {
    let mut names: Vec<String> = turns
        .iter()
        .filter_map(|m| m.payload.plaintext()?.turn.speaker.as_deref())
        .flat_map(terms)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The facts, preferences and the like that were made from each memory.
fn derived_by_source(memories: &[Memory]) -> HashMap<MemoryId, Vec<&Memory>> {
    let mut derived: HashMap<MemoryId, Vec<&Memory>> = HashMap::new();
    for memory in memories {
        for source in &memory.header.behavioural.derived_from {
            derived.entry(*source).or_default().push(memory);
        }
    }
    derived
}

fn topic(
    members: &[usize],
    sessions: &[(&str, Vec<&Memory>)],
    words: &[Vec<String>],
    vectors: &Vectors,
    derived: &HashMap<MemoryId, Vec<&Memory>>,
) -> Topic {
    let turns: Vec<&Memory> = members
        .iter()
        .flat_map(|i| sessions[*i].1.iter().copied())
        .collect();
    let mut facts: Vec<&Memory> = turns.clone();
    for turn in &turns {
        facts.extend(derived.get(&turn.id).into_iter().flatten());
    }
    let mut ids: Vec<MemoryId> = facts.iter().map(|m| m.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut seen = std::collections::HashSet::new();
    facts.retain(|m| seen.insert(m.id));

    let own: Vec<&String> = members.iter().flat_map(|i| &words[*i]).collect();
    Topic {
        label: label(&own, &turns, vectors),
        sessions: members.iter().map(|i| sessions[*i].0.to_owned()).collect(),
        concepts: concepts(&facts),
        memories: ids,
    }
}

/// The terms that stand for a topic: often here, rarely elsewhere (class-based TF-IDF, after
/// Grootendorst, "BERTopic", 2022).
fn label(own: &[&String], turns: &[&Memory], vectors: &Vectors) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for word in own {
        *counts.entry(word).or_default() += 1;
    }
    let idf: HashMap<&str, f32> = vectors
        .terms
        .iter()
        .map(String::as_str)
        .zip(vectors.idf.iter().copied())
        .collect();
    let weight = |term: &str| {
        let n = counts.get(term).copied().unwrap_or_default() as f32;
        n * idf.get(term).copied().unwrap_or_default()
    };
    // Whole phrases read better than stems and pairs of characters.
    let texts: Vec<&str> = turns.iter().map(|m| text(m)).collect();
    let phrases = Phrases::of(&texts);
    let mut ranked: Vec<(f32, String)> = phrases
        .ranked()
        .map(|p| {
            let parts = terms(&p.shown);
            let sum: f32 = parts.iter().map(|t| weight(t)).sum();
            (sum / (parts.len().max(1) as f32).sqrt(), p.shown.clone())
        })
        .collect();
    let are_terms = ranked.is_empty();
    if are_terms {
        ranked = counts
            .keys()
            .map(|t| (weight(t), (*t).to_owned()))
            .collect();
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    if are_terms {
        // Terms of Chinese are pairs of characters: two that share one are no two words.
        let mut read: HashSet<char> = HashSet::new();
        ranked.retain(|(_, term)| {
            let han = || term.chars().filter(|c| is_han(*c));
            let is_apart = han().all(|c| !read.contains(&c));
            read.extend(han().filter(|_| is_apart));
            is_apart
        });
    }
    let telling = ranked.iter().filter(|(weight, _)| *weight > 0.0);
    headline(telling.map(|(_, term)| term.as_str()), LABEL_TERMS).unwrap_or_default()
}

/// Entities that the headers name, and terms that recur.
fn concepts(facts: &[&Memory]) -> Vec<Concept> {
    let mut found: BTreeMap<String, Concept> = BTreeMap::new();
    for memory in facts {
        for name in &memory.header.descriptive.entities {
            found
                .entry(name.to_lowercase())
                .or_insert_with(|| Concept {
                    name: name.clone(),
                    memories: Vec::new(),
                })
                .memories
                .push(memory.id);
        }
    }
    let texts: Vec<&str> = facts.iter().map(|m| text(m)).collect();
    let phrases = Phrases::of(&texts);
    for phrase in phrases.ranked().take(MOST_CONCEPTS) {
        found
            .entry(phrase.shown.to_lowercase())
            .or_insert_with(|| Concept {
                name: phrase.shown.clone(),
                memories: phrase.texts.iter().map(|i| facts[*i].id).collect(),
            });
    }
    let mut concepts: Vec<Concept> = found.into_values().collect();
    for concept in &mut concepts {
        concept.memories.sort_unstable();
        concept.memories.dedup();
    }
    concepts.sort_by(|a, b| {
        b.memories
            .len()
            .cmp(&a.memories.len())
            .then_with(|| a.name.cmp(&b.name))
    });
    concepts.truncate(MOST_CONCEPTS);
    concepts
}

#[cfg(test)]
mod tests;
