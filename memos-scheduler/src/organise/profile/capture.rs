//! What an English rule may take from a sentence: an object, a place, a job, a name.

use super::clause::Clauses;
use super::table::Table;
use super::third_person;

/// Longest object in words.
const LONGEST: usize = 14;
/// What may be left out at the end of an object.
const TAILS: &[&[&str]] = &[
    &["so", "much"],
    &["very", "much"],
    &["a", "lot"],
    &["as", "well"],
    &["at", "all"],
    &["too"],
    &["either"],
    &["lol"],
    &["haha"],
    &["though"],
    &["honestly"],
    &["lately"],
    &["myself"],
];
/// Words that may follow a job inside its clause.
const AFTER_JOB: &[&str] = &[
    "at",
    "in",
    "for",
    "with",
    "on",
    "from",
    "by",
    "and",
    "specializing",
    "specialising",
];
/// Times that are no employer.
const TIMES: &[&str] = &[
    "night", "nights", "noon", "dawn", "midnight", "home", "once", "least", "first", "last",
    "weekend", "weekends", "moment", "hours", "myself", "now", "free", "fun", "money",
];

/// What a place in a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    /// An object of liking: a kind of thing, not the one at hand.
    Liked,
    Short,
    Name,
    Proper,
    Job,
    Trait,
    Employer,
    Subject,
    Place,
    Kept,
    Played,
    Language,
    Order,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "" => Self::Object,
            "liked" => Self::Liked,
            "short" => Self::Short,
            "name" => Self::Name,
            "proper" => Self::Proper,
            "job" => Self::Job,
            "trait" => Self::Trait,
            "employer" => Self::Employer,
            "subject" => Self::Subject,
            "place" => Self::Place,
            "kept" => Self::Kept,
            "played" => Self::Played,
            "language" => Self::Language,
            "order" => Self::Order,
            _ => return None,
        })
    }
}

/// The words from `at` to `end` (exclusive) as a text of that kind, in the third person; `None` if
/// they are none.
pub(super) fn take(
    clauses: &Clauses<'_>,
    at: usize,
    end: usize,
    kind: Kind,
    table: &Table,
) -> Option<String> {
    let end = match kind {
        Kind::Proper => proper_end(clauses, at, end)?,
        Kind::Job => job_end(clauses, at, end, table)?,
        Kind::Trait => trait_end(clauses, at, end, table)?,
        Kind::Kept => kept_end(clauses, at, end, table)?,
        Kind::Order => end,
        _ => without_tail(clauses, at, end),
    };
    let words = clauses.words.get(at..end).filter(|w| !w.is_empty())?;
    let most = if kind == Kind::Short { 3 } else { LONGEST };
    if words.len() > most {
        return None;
    }
    let first = words[0].lower.as_str();
    let holds = |list: &str| words.iter().any(|w| table.has(list, &w.lower));
    let starts = |list: &[&str]| list.contains(&first);
    let fits = match kind {
        Kind::Order => {
            return Some(clauses.text[words[0].start..words[words.len() - 1].end].to_owned());
        }
        Kind::Employer => {
            (words[0].capital || starts(&["a", "an", "the"]))
                && !words.iter().any(|w| TIMES.contains(&w.lower.as_str()))
        }
        Kind::Subject => !starts(&[
            "for", "hard", "at", "in", "with", "all", "every", "very", "together", "abroad",
            "from", "on", "to", "and", "more",
        ]),
        Kind::Place => words.iter().any(|w| w.capital) || holds("place_noun"),
        Kind::Played => words.iter().take(3).any(|w| table.has("played", &w.lower)),
        Kind::Language => words.iter().any(|w| {
            let written = &clauses.text[w.start..w.end];
            table.has("language", written)
        }),
        // "I love the energy" praises what is at hand.
        Kind::Liked if first == "all" || first == "both" => false,
        Kind::Liked if first == "the" => {
            words.get(1).is_some_and(|w| table.has("generic", &w.lower))
        }
        Kind::Name | Kind::Object | Kind::Liked => {
            !starts(&["not", "to", "being"]) || (first == "to" && words.len() > 1)
        }
        Kind::Short | Kind::Proper | Kind::Job | Kind::Trait | Kind::Kept => true,
    };
    if !fits || words.iter().any(|w| table.has("vague", &w.lower)) {
        return None;
    }
    third_person_text(clauses, at, end)
}

/// The words as they stand, but "their" for "my".
fn third_person_text(clauses: &Clauses<'_>, at: usize, end: usize) -> Option<String> {
    let words = &clauses.words[at..end];
    if words.iter().any(|w| third_person::is_bound(&w.lower)) {
        return None;
    }
    let mut out = String::new();
    let mut from = words[0].start;
    for word in words {
        if let Some(third) = third_person::word(&word.lower) {
            out.push_str(&clauses.text[from..word.start]);
            out.push_str(third);
            from = word.end;
        }
    }
    out.push_str(&clauses.text[from..words[words.len() - 1].end]);
    Some(out)
}

fn without_tail(clauses: &Clauses<'_>, at: usize, mut end: usize) -> usize {
    'again: loop {
        for tail in TAILS {
            let starts = end.checked_sub(tail.len()).filter(|s| *s > at);
            if let Some(start) = starts
                && (start..end)
                    .zip(*tail)
                    .all(|(i, word)| clauses.lower(i) == Some(word))
            {
                end = start;
                continue 'again;
            }
        }
        return end;
    }
}

/// End of a run of capitals.
fn proper_end(clauses: &Clauses<'_>, at: usize, end: usize) -> Option<usize> {
    let length = clauses.words[at..end]
        .iter()
        .take_while(|w| w.capital)
        .count();
    let last = at + length;
    let owns = clauses.lower(last) == Some("'s");
    ((1..=4).contains(&length) && !owns).then_some(last)
}

/// `a`, up to three words, a job; then nothing more, or where and for whom.
fn job_end(clauses: &Clauses<'_>, at: usize, end: usize, table: &Table) -> Option<usize> {
    if !matches!(clauses.lower(at), Some("a" | "an" | "the")) {
        return None;
    }
    let job = (at + 1..end.min(at + 5)).rfind(|i| table.has("job", &clauses.words[*i].lower))?;
    match clauses.lower(job + 1).filter(|_| job + 1 < end) {
        None => Some(end),
        Some(next) if AFTER_JOB.contains(&next) => Some(end),
        Some(_) => None,
    }
}

fn trait_end(clauses: &Clauses<'_>, at: usize, end: usize, table: &Table) -> Option<usize> {
    let befores = (at..end)
        .take_while(|i| table.has("trait_before", &clauses.words[*i].lower))
        .count();
    let noun = at + befores;
    let word = clauses.lower(noun).filter(|_| noun < end)?;
    // Everybody is a person; what kind of one tells.
    let told = !matches!(word, "person" | "owl" | "bird" | "intolerant")
        || clauses.words[at..noun]
            .iter()
            .any(|w| !matches!(w.lower.as_str(), "a" | "an"));
    let closed = noun + 1 >= end || clauses.lower(noun + 1) == Some("and");
    (table.has("trait", word) && told && closed).then_some(noun + 1)
}

/// How many, what kind, and what: `two old cats`.
fn kept_end(clauses: &Clauses<'_>, at: usize, end: usize, table: &Table) -> Option<usize> {
    let noun = (at..end.min(at + 5)).find(|i| table.has("kept", &clauses.words[*i].lower))?;
    let first = clauses.lower(at)?;
    let counted = table.has("count", first) || first.bytes().all(|b| b.is_ascii_digit());
    let illness = noun == at && matches!(first, "diabetes" | "asthma");
    let closed = clauses.lower(noun + 1).is_none_or(|next| next != "'s");
    ((counted && noun > at || illness) && closed).then_some(noun + 1)
}
