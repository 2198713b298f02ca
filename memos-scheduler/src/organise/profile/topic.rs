//! What kind of thing an object is, and which things people come back to.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::super::words::{is_han, stem};

const FILE: &str = include_str!("topic.txt");

struct Topics {
    words: HashMap<&'static str, &'static str>,
    /// Chinese words, longest first.
    han: Vec<(&'static str, &'static str)>,
    /// Words that tell the topic of an object but by themselves no interest.
    ambiguous: HashSet<&'static str>,
}

static TOPICS: LazyLock<Topics> = LazyLock::new(|| {
    let mut topics = Topics {
        words: HashMap::new(),
        han: Vec::new(),
        ambiguous: HashSet::new(),
    };
    let mut topic = "";
    for line in FILE.lines().filter(|l| !l.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            topic = name;
            continue;
        }
        for word in line.split_whitespace() {
            if topic == "ambiguous" {
                topics.ambiguous.insert(word);
            } else if word.chars().all(is_han) {
                topics.han.push((word, topic));
            } else {
                topics.words.entry(word).or_insert(topic);
            }
        }
    }
    topics
        .han
        .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    topics
});

/// Whether coming back to a thing says something about a person.
pub(super) fn is_telling(interest: &Interest) -> bool {
    !TOPICS.ambiguous.contains(interest.word)
}

/// A word of the tables in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interest {
    pub(super) topic: &'static str,
    /// The word of the table.
    pub(super) word: &'static str,
}

/// The things of the tables that a text names, in its order. A Chinese one has two characters at
/// least: single characters stand in too many words.
pub(super) fn interests(text: &str) -> Vec<Interest> {
    let mut found = Vec::new();
    for piece in super::super::words::pieces(text) {
        if piece.han {
            let mut rest = piece.text;
            while let Some(first) = rest.chars().next() {
                let hit = TOPICS
                    .han
                    .iter()
                    .find(|(word, _)| word.chars().nth(1).is_some() && rest.starts_with(word));
                if let Some((word, topic)) = hit {
                    found.push(Interest { topic, word });
                }
                rest = &rest[hit.map_or(first.len_utf8(), |(word, _)| word.len())..];
            }
        } else if let Some((word, topic)) = TOPICS.words.get_key_value(stem(piece.text).as_str()) {
            found.push(Interest { topic, word });
        }
    }
    found
}

/// The topic of an object; `general` if no table knows it.
pub(super) fn topic(object: &str) -> &'static str {
    let named = interests(object).into_iter().next().map(|i| i.topic);
    named
        .or_else(|| {
            let single = TOPICS.han.iter().filter(|(word, _)| object.contains(word));
            single.map(|(_, topic)| *topic).next()
        })
        .unwrap_or("general")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_topics() {
        for (object, expected) in [
            ("window seats", "travel"),
            ("horror movies", "film"),
            ("喝绿茶", "drink"),
            ("早起跑步", "sport"),
            ("the smell of rain", "general"),
        ] {
            assert_eq!(topic(object), expected, "{object}");
        }
        assert_eq!(interests("我去爬山，吃火锅").len(), 2);
    }
}
