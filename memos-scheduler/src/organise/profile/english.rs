//! Statements in English: patterns of `english.txt` over the words of a sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::capture::{Kind, take};
use super::clause::Clauses;
use super::table::{Line, Table};
use super::{Speaker, Statement, third_person, topic};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("english.txt")));
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| TABLE.rules.iter().map(Rule::read).collect());

/// Most words that an optional element passes over.
const REPEATS: usize = 3;

struct Rule {
    line: &'static Line,
    pattern: Vec<Element>,
}

/// Words, or sets of them, that one place of a pattern takes.
struct Choice {
    words: Vec<&'static str>,
    sets: Vec<&'static str>,
}

enum Element {
    Word(Option<&'static str>, Choice),
    /// A verb: a word that is named with its third person.
    Verb(&'static str, Choice),
    Maybe(Option<&'static str>, Choice),
    Not(Choice),
    Take(&'static str, Kind),
    Number,
    ClauseStart,
    SentenceStart,
}

impl Choice {
    fn read(text: &'static str) -> Self {
        let (sets, words) = text.split('|').partition(|w| w.starts_with('@'));
        let sets: Vec<&str> = sets;
        Self {
            words,
            sets: sets.into_iter().map(|s| &s[1..]).collect(),
        }
    }

    fn takes(&self, word: &str) -> bool {
        self.words.contains(&word) || self.sets.iter().any(|s| TABLE.has(s, word))
    }
}

impl Rule {
    fn read(line: &'static Line) -> Self {
        Self {
            line,
            pattern: line.pattern.split_whitespace().map(element).collect(),
        }
    }
}

fn element(text: &'static str) -> Element {
    match text {
        "^" => return Element::ClauseStart,
        "^^" => return Element::SentenceStart,
        "#n" => return Element::Number,
        _ => {}
    }
    if let Some(rest) = text.strip_prefix('$') {
        let (name, kind) = rest.split_once(':').unwrap_or((rest, ""));
        let kind = Kind::named(kind).expect("the table names kinds that there are");
        return Element::Take(name, kind);
    }
    if let Some(rest) = text.strip_prefix('!') {
        return Element::Not(Choice::read(rest));
    }
    let (maybe, rest) = match text.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some((name, choice)) = rest.split_once('~') {
        return Element::Verb(name, Choice::read(choice));
    }
    let (name, choice) = match rest.split_once('=') {
        Some((name, choice)) => (Some(name), choice),
        None => (None, rest),
    };
    let choice = Choice::read(choice);
    if maybe {
        Element::Maybe(name, choice)
    } else {
        Element::Word(name, choice)
    }
}

type Taken = HashMap<&'static str, String>;

pub(super) fn statements(sentence: &str, speaker: Speaker<'_>) -> Vec<Statement> {
    let clauses = Clauses::of(sentence);
    let mut found: Vec<Statement> = Vec::new();
    if clauses.words.is_empty() || clauses.is_unsure(&TABLE) {
        return found;
    }
    for at in 0..clauses.words.len() {
        if !clauses.starts_clause(at, &TABLE)
            || clauses.is_weakened(at, &TABLE)
            || super::is_quoted(sentence, clauses.words[at].start)
        {
            continue;
        }
        let rule = RULES.iter().find_map(|rule| {
            let mut taken = Taken::new();
            let matched = follows(&rule.pattern, &clauses, at, at, &mut taken);
            (matched && (speaker.is_user || rule.line.topic != "instruction"))
                .then_some((rule, taken))
        });
        if let Some((rule, taken)) = rule {
            found.push(statement(rule.line, &taken, sentence, speaker));
        }
    }
    found
}

fn statement(line: &Line, taken: &Taken, sentence: &str, speaker: Speaker<'_>) -> Statement {
    let mut text = String::new();
    let mut rest = line.derived;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let close = rest[open..].find('}').map_or(rest.len(), |n| open + n);
        match &rest[open + 1..close] {
            "n" => text.push_str(speaker.english()),
            "all" => text.push_str(&as_order(sentence)),
            name => match name.strip_suffix('+') {
                Some(verb) => {
                    text.push_str(&third_person::verb(
                        taken.get(verb).map_or("", String::as_str),
                    ));
                }
                None => text.push_str(taken.get(name).map_or("", String::as_str)),
            },
        }
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.push('.');
    let object = taken.get("o").map_or("", String::as_str);
    Statement {
        is_preference: line.is_preference,
        rule: format!("en.{}", line.name),
        topic: match line.topic {
            "?" => topic::topic(&format!(
                "{} {object}",
                taken.get("x").map_or("", String::as_str)
            )),
            topic => topic,
        },
        text,
    }
}

/// The sentence with a small first letter and without its last mark.
fn as_order(sentence: &str) -> String {
    let trimmed = sentence.trim_end_matches(['.', '!', ' ']);
    let mut chars = trimmed.chars();
    let first = chars
        .next()
        .map(|c| c.to_lowercase().to_string())
        .unwrap_or_default();
    first + chars.as_str()
}

/// Whether a pattern matches from a word on. It stays within one clause: only the word at `start`
/// may stand after a mark.
fn follows(
    pattern: &[Element],
    clauses: &Clauses<'_>,
    start: usize,
    at: usize,
    taken: &mut Taken,
) -> bool {
    let Some((element, rest)) = pattern.split_first() else {
        return true;
    };
    let lower_at = |i: usize| {
        let word = clauses.words.get(i).filter(|w| i == start || !w.after_mark);
        word.map(|w| w.lower.as_str())
    };
    let lower = lower_at(at);
    match element {
        // The caller tries clause starts only.
        Element::ClauseStart => follows(rest, clauses, start, at, taken),
        Element::SentenceStart => {
            clauses.starts_sentence(at, &TABLE) && follows(rest, clauses, start, at, taken)
        }
        Element::Not(choice) => {
            !lower.is_some_and(|w| choice.takes(w)) && follows(rest, clauses, start, at, taken)
        }
        Element::Word(name, choice) => {
            let Some(word) = lower.filter(|w| choice.takes(w)) else {
                return false;
            };
            if let Some(name) = name {
                taken.insert(name, written(clauses, at, word));
            }
            follows(rest, clauses, start, at + 1, taken)
        }
        Element::Verb(name, choice) => {
            let Some(word) = lower.filter(|w| choice.takes(w)) else {
                return false;
            };
            taken.insert(name, word.to_owned());
            follows(rest, clauses, start, at + 1, taken)
        }
        Element::Maybe(name, choice) => {
            let most = (0..REPEATS)
                .take_while(|n| lower_at(at + n).is_some_and(|w| choice.takes(w)))
                .count();
            (0..=most).rev().any(|n| {
                if let Some(name) = name {
                    let word = n.checked_sub(1).and_then(|last| lower_at(at + last));
                    taken.insert(name, word.unwrap_or_default().to_owned());
                }
                follows(rest, clauses, start, at + n, taken)
            })
        }
        Element::Number => {
            let Some(word) = lower.filter(|w| w.bytes().all(|b| b.is_ascii_digit())) else {
                return false;
            };
            taken.insert("n#", word.to_owned());
            follows(rest, clauses, start, at + 1, taken)
        }
        Element::Take(name, kind) => {
            if lower.is_none() {
                return false;
            }
            let end = if rest.is_empty() && matches!(kind, Kind::Object | Kind::Liked) {
                clauses.list_end(at, &TABLE)
            } else {
                clauses.clause_end(at, &TABLE)
            };
            // The last takes all of its clause, one before other words as little as will do.
            let mut ends = if rest.is_empty() {
                end..=end
            } else {
                at + 1..=end
            };
            ends.any(|stop| {
                let Some(text) = take(clauses, at, stop, *kind, &TABLE) else {
                    return false;
                };
                taken.insert(name, text);
                follows(rest, clauses, start, stop, taken)
            })
        }
    }
}

/// A word as it is written: a language, but not a sentence's capital.
fn written(clauses: &Clauses<'_>, at: usize, lower: &str) -> String {
    let word = &clauses.words[at];
    if at > 0 && word.capital {
        clauses.text[word.start..word.end].to_owned()
    } else {
        lower.to_owned()
    }
}
