//! Names in a spaced script: runs of words that begin with a capital, as far as the capital is not
//! the sentence's.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::kind::kind;
use super::lexicon::Mark;
use super::word::{Gap, Word};
use super::{EntityKind, Span, Spans};

/// Longest name in words.
const LONGEST: usize = 7;
/// Sentences of this many words or more of which this share or more have capitals are headings.
const HEADING_WORDS: usize = 4;
const HEADING_SHARE: f32 = 0.6;

/// A name in the making: its words and where they stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) first: usize,
    /// Inclusive.
    pub(super) last: usize,
}

pub(super) fn find(text: &str, words: &[Word<'_>], speaker: Option<&str>, spans: &mut Spans) {
    let own: HashSet<&str> = speaker
        .map(|name| name.split_whitespace().filter(|w| w.len() > 1).collect())
        .unwrap_or_default();
    let taken: Vec<bool> = words.iter().map(|w| spans.covers(w.start, w.end)).collect();
    let capitals = Capitals::default();
    let mut loud = Loud::default();
    // Kinds of the runs of this sentence: "in Lyon and Annecy" are both places.
    let mut listed: Option<(usize, EntityKind)> = None;
    let mut at = 0;
    while at < words.len() {
        if words[at].gap == Gap::Sentence {
            loud = Loud::of(words, at);
            listed = None;
        }
        let starts = !taken[at] && (words[at].capital || words[at].camel);
        let Some(run) = starts.then(|| run(words, &taken, at)).flatten() else {
            at += 1;
            continue;
        };
        at = run.last + 1;
        let Some(run) = trimmed(words, run, &own) else {
            continue;
        };
        let is_own = own.contains(words[run.first].text);
        if !is_own && !is_name(text, words, run, &loud, &capitals) {
            continue;
        }
        let found = if is_own {
            Some(EntityKind::Person)
        } else {
            kind(text, words, run)
        };
        let joined = listed.filter(|(last, _)| is_list(text, words, *last, run.first));
        let named = found
            .or(joined.map(|(_, k)| k))
            .unwrap_or(EntityKind::Thing);
        listed = Some((run.last, named));
        spans.push(Span {
            start: words[run.first].start,
            end: words[run.last].end,
            kind: named,
            rank: 3,
        });
    }
}

/// How a sentence uses capitals.
#[derive(Clone, Copy, Default)]
struct Loud {
    /// It is shouted: most words are capitals only.
    shouted: bool,
    /// It is a heading: most words begin with a capital.
    heading: bool,
}

impl Loud {
    fn of(words: &[Word<'_>], at: usize) -> Self {
        let rest = words[at + 1..]
            .iter()
            .take_while(|w| w.gap != Gap::Sentence);
        let sentence = || std::iter::once(&words[at]).chain(rest.clone());
        let (mut all, mut capital, mut shouted) = (0, 0, 0);
        for word in sentence() {
            all += 1;
            capital += usize::from(word.capital && !word.is_known());
            shouted += usize::from(word.shout);
        }
        Self {
            shouted: shouted > 2 && 2 * shouted > all,
            heading: all >= HEADING_WORDS && capital as f32 >= HEADING_SHARE * all as f32,
        }
    }
}

/// The longest run of name words from one on.
fn run(words: &[Word<'_>], taken: &[bool], first: usize) -> Option<Run> {
    let mut last = first;
    while last + 1 < words.len() && last - first + 1 < LONGEST && !words[last].possessive {
        let next = &words[last + 1];
        if taken[last + 1] || !matches!(next.gap, Gap::Space | Gap::And) {
            break;
        }
        if next.capital && !(next.is_ordinary() && next.text == "I") {
            last += 1;
            continue;
        }
        // A model's number: iPhone 15.
        if next.number && next.gap == Gap::Space && is_product(&words[last]) {
            last += 1;
            break;
        }
        // "of the" and the like join if a name word follows and one stands before.
        let of_the =
            usize::from(next.text == "of" && words.get(last + 2).is_some_and(|w| w.text == "the"));
        let after = last + 2 + of_the;
        let joins = next.has(Mark::Join)
            && !words[last].is_ordinary()
            && words.get(after).is_some_and(|w| {
                w.capital && !w.is_ordinary() && w.gap == Gap::Space && !taken[after]
            })
            && words[last + 1..after].iter().all(|w| w.gap == Gap::Space);
        if !joins {
            break;
        }
        last = after;
    }
    Some(Run { first, last })
}

fn is_product(word: &Word<'_>) -> bool {
    word.has(Mark::Thing) || word.camel
}

/// The run without ordinary words at its ends.
fn trimmed(words: &[Word<'_>], run: Run, own: &HashSet<&str>) -> Option<Run> {
    let Run {
        mut first,
        mut last,
    } = run;
    let plain = |w: &Word<'_>| {
        !own.contains(w.text) && (w.is_ordinary() || w.has(Mark::Weekday)) && !w.any_name()
    };
    // A name may hold ordinary words, but only an acronym's, a title's or a sentence's stands first.
    while first <= last && plain(&words[first]) && !ends_institution(words, first, last) {
        first += 1;
    }
    while last > first
        && plain(&words[last])
        && !words[first].has(Mark::Title)
        && !words[last]
            .marks
            .any(&[Mark::OrganisationEnd, Mark::PlaceEnd])
    {
        last -= 1;
    }
    (first <= last).then_some(Run { first, last })
}

/// "First National Bank" keeps its ordinary first word, if the sentence did not put the capital.
fn ends_institution(words: &[Word<'_>], first: usize, last: usize) -> bool {
    words[first].gap != Gap::Sentence
        && last > first
        && words[last]
            .marks
            .any(&[Mark::OrganisationEnd, Mark::PlaceEnd])
        && words[first].text.len() > 2
}

/// Whether the capital of a run means a name.
fn is_name<'a>(
    text: &str,
    words: &[Word<'a>],
    run: Run,
    loud: &Loud,
    capitals: &Capitals<'a>,
) -> bool {
    let Run { first, last } = run;
    let word = &words[first];
    let whole = super::lexicon::ENGLISH_WORDS.marks(&text[word.start..words[last].end]);
    let known_whole = whole.any(&[Mark::Place, Mark::Organisation, Mark::Thing]);
    if loud.shouted {
        return false;
    }
    if first == last {
        // A nationality or language names nobody.
        if word.has(Mark::Demonym) || word.text.chars().count() < 2 {
            return false;
        }
        if word
            .marks
            .any(&[Mark::Title, Mark::OrganisationStart, Mark::PlaceStart])
            && !word.marks.any(&[Mark::Kin, Mark::Given, Mark::Place])
        {
            return false;
        }
        if word.shout {
            return known_whole;
        }
        if word.marks.any(&[Mark::OrganisationEnd, Mark::PlaceEnd]) && !known_whole {
            return false;
        }
        // April and June are months unless they act.
        if word.has(Mark::NamedMonth) {
            return follows(words, last, Mark::PersonVerb);
        }
    }
    if loud.heading {
        return known_whole || word.has(Mark::Given);
    }
    if word.gap != Gap::Sentence {
        return true;
    }
    if word.is_known() || word.camel || known_whole {
        // "Will you", "Rose early": a first name that is also a word needs more.
        return !(word.is_ordinary() && first == last) || subject(words, last);
    }
    if first < last {
        return !looks_like_verb(word.text) || words[last].marks.any(&[Mark::OrganisationEnd]);
    }
    capitals.recur(words, first)
        || (word.possessive && follows(words, last, Mark::KinNoun))
        || follows(words, last, Mark::PersonVerb)
}

fn follows(words: &[Word<'_>], last: usize, mark: Mark) -> bool {
    words
        .get(last + 1)
        .is_some_and(|w| w.gap == Gap::Space && w.has(mark))
}

fn subject(words: &[Word<'_>], last: usize) -> bool {
    follows(words, last, Mark::SubjectVerb)
}

/// "Visited Paris": a verb at the start of a sentence that leaves its subject out.
fn looks_like_verb(text: &str) -> bool {
    text.ends_with("ing") || text.ends_with("ed") || text.ends_with("ly")
}

/// How often each word stands where, whatever its case; counted when it is first asked for.
#[derive(Default)]
struct Capitals<'a>(OnceCell<HashMap<Cow<'a, str>, Places>>);

#[derive(Clone, Copy, Default)]
struct Places {
    /// Without a capital.
    small: usize,
    /// Inside a sentence.
    inside: usize,
}

impl<'a> Capitals<'a> {
    /// Whether a sentence's first word stands with a capital inside a sentence too, and nowhere without.
    fn recur(&self, words: &[Word<'a>], at: usize) -> bool {
        let counted = self.0.get_or_init(|| {
            let mut counted: HashMap<_, Places> = HashMap::with_capacity(words.len());
            for word in words {
                let places = counted.entry(lower(word.text)).or_default();
                places.small += usize::from(!word.capital);
                places.inside += usize::from(word.gap != Gap::Sentence);
            }
            counted
        });
        let word = &words[at];
        let all = counted.get(&lower(word.text)).copied().unwrap_or_default();
        let small = all.small - usize::from(!word.capital);
        let inside = all.inside - usize::from(word.gap != Gap::Sentence);
        small == 0 && inside > 0
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|b| b.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text.into(),
    }
}

/// Whether only "and", "or" or a comma stands between two runs.
fn is_list(text: &str, words: &[Word<'_>], last: usize, first: usize) -> bool {
    let between = &text[words[last].end..words[first].start];
    let between = between.trim_start_matches("'s").trim_start_matches("’s");
    matches!(
        between.trim(),
        "and" | "or" | "," | ", and" | "&" | "/" | "和" | "、"
    )
}

impl Word<'_> {
    fn any_name(&self) -> bool {
        self.marks.any(&[
            Mark::Given,
            Mark::Place,
            Mark::Organisation,
            Mark::Thing,
            Mark::Title,
        ])
    }
}
