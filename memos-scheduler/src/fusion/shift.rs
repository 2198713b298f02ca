//! Wordings of change that name what changes, whatever attribute that is: `shifts.txt`.

use std::sync::LazyLock;

use super::clause::Clause;
use super::gist::base_of_ing;
use super::lexicon::words;
use super::pattern::Pattern;
use super::statement::Statement;
use super::subject::{Subject, subjects};
use super::token::{Kind, Token};

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShiftKind {
    /// Somebody no longer does or is something.
    Ended,
    /// Somebody has given up a stimulant: one character names it.
    GivenUp,
    /// An event will not be.
    Cancelled,
    /// An event will be at another time.
    Rescheduled,
    /// A quantity has another value.
    Revalued,
    /// One thing is used in place of another.
    Switched,
    /// A living being died, or a thing was sold.
    Gone,
}

impl ShiftKind {
    const ALL: [(&'static str, Self, &'static str); 7] = [
        ("ended", Self::Ended, "habit"),
        ("given_up", Self::GivenUp, "habit"),
        ("cancelled", Self::Cancelled, "plan"),
        ("rescheduled", Self::Rescheduled, "plan"),
        ("revalued", Self::Revalued, "quantity"),
        ("switched", Self::Switched, "preference"),
        ("gone", Self::Gone, "possession"),
    ];

    /// The rule's name and the attribute that it is about.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        let found = Self::ALL.iter().find(|(_, kind, _)| *kind == self);
        found.map_or(("changed", "state"), |(name, _, attribute)| {
            (name, attribute)
        })
    }
}

/// A change that a clause tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) kind: ShiftKind,
    /// Of whom, if it says so.
    subject: Option<Subject>,
    /// What changes.
    object: Vec<Token>,
    /// What it becomes.
    value: Vec<Token>,
}

static SHIFTS: LazyLock<Vec<(ShiftKind, Pattern)>> = LazyLock::new(|| {
    read(include_str!("shifts.txt")).expect("a test reads the shifts, which lie in the program")
});

fn read(text: &str) -> Result<Vec<(ShiftKind, Pattern)>, String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|line| {
            let (name, pattern) = line.split_once(' ').ok_or(line)?;
            let kind = ShiftKind::ALL.iter().find(|(n, ..)| *n == name);
            let (_, kind, _) = kind.ok_or_else(|| format!("{name:?} is no kind"))?;
            Ok((*kind, Pattern::parse(pattern)?))
        })
        .collect()
}

/// The changes that a clause tells of.
pub(super) fn shifts(clause: &Clause) -> Vec<Shift> {
    if !clause.mood.is_assertive() {
        return Vec::new();
    }
    let found = SHIFTS.iter().filter_map(|(kind, pattern)| {
        let found = pattern.matches(&clause.tokens)?;
        let shift = Shift {
            kind: *kind,
            subject: found.subject,
            object: found.topic,
            value: found.value,
        };
        let lasts = shift.kind != ShiftKind::Ended || !clause.mood.temporary;
        (lasts && !shift.keys().is_empty()).then_some(shift)
    });
    found.collect()
}

impl Shift {
    /// The words by which older statements about its object can be found.
    pub(super) fn keys(&self) -> Vec<Box<str>> {
        let mut keys: Vec<Box<str>> = self.runs().into_iter().flatten().collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The words that say what it is about: English ones apart, Han characters in unbroken runs.
    fn runs(&self) -> Vec<Vec<Box<str>>> {
        let heads = words("event_head");
        let mut object = words("time").strip(&self.object);
        if self.kind == ShiftKind::Revalued {
            // "upgraded production to Postgres 16": the value names what it is of.
            let named = self.value.iter().take_while(|t| t.kind == Kind::Word);
            object.extend(named.cloned());
        }
        if matches!(self.kind, ShiftKind::Cancelled | ShiftKind::Rescheduled) {
            object = heads.strip(&object);
        }
        runs(&object)
    }

    /// Whether an older utterance is what changes.
    pub(super) fn concerns(&self, older: &Statement, newer: &Statement) -> bool {
        let runs = self.runs();
        let han_is_thin = |r: &Vec<Box<str>>| r.len() == 1 && is_han(&r[0]);
        let thin = runs.iter().all(han_is_thin) && self.kind != ShiftKind::GivenUp;
        if runs.is_empty() || thin {
            return false;
        }
        older.clauses.iter().any(|clause| {
            let mood = clause.mood;
            // A plan lies ahead, and so may be told as what will be.
            let planned = matches!(self.kind, ShiftKind::Cancelled | ShiftKind::Rescheduled);
            let told = !(mood.question || mood.reported || mood.past || (mood.unreal && !planned));
            told && self.fits_subject(clause)
                && !denies(clause)
                && holds_all(&clause.tokens, &runs)
                && self.fits_kind(clause, newer)
        })
    }

    fn fits_subject(&self, clause: &Clause) -> bool {
        // What dies or is sold may be somebody's; its name is enough.
        if self.kind == ShiftKind::Gone {
            return subjects(&clause.tokens)
                .iter()
                .any(|(s, _)| *s == Subject::Speaker);
        }
        match &self.subject {
            None if self.kind == ShiftKind::Ended => subjects(&clause.tokens)
                .iter()
                .any(|(s, _)| *s == Subject::Speaker),
            None => true,
            Some(subject) if self.is_of_a_thing() => {
                *subject == Subject::Speaker
                    || subjects(&clause.tokens).iter().any(|(s, _)| s == subject)
            }
            Some(subject) => {
                subjects(&clause.tokens).iter().any(|(s, _)| s == subject)
                    || (*subject == Subject::Speaker && clause.tokens.iter().any(|t| t.is("我")))
            }
        }
    }

    /// Whether its subject does something to its object, rather than being it.
    fn is_of_a_thing(&self) -> bool {
        use ShiftKind::{Cancelled, Rescheduled, Revalued};
        matches!(self.kind, Cancelled | Rescheduled | Revalued)
    }

    fn fits_kind(&self, clause: &Clause, newer: &Statement) -> bool {
        let old = &clause.tokens;
        match self.kind {
            ShiftKind::Ended | ShiftKind::GivenUp => true,
            // A plan shows by its time, or by what it is called.
            ShiftKind::Cancelled => {
                words("clock").within(old) || words("event_head").within(old) || clause.mood.unreal
            }
            ShiftKind::Rescheduled => {
                let times = |tokens: &[Token]| -> Vec<Box<str>> {
                    let is_time = |(_, t): &(usize, &Token)| {
                        t.kind == Kind::Number
                            || words("weekday").has(&t.text)
                            || words("month").has(&t.text)
                            || t.is("日")
                            || t.is("天")
                    };
                    tokens
                        .iter()
                        .enumerate()
                        .filter(is_time)
                        .map(|(_, t)| t.text.clone())
                        .collect()
                };
                let before = times(old);
                words("clock").within(old) && !before.is_empty() && before != times(&self.value)
            }
            ShiftKind::Revalued => revalues(old, &self.value),
            ShiftKind::Switched => self.subject.is_some() || shares(old, newer, &self.object),
            ShiftKind::Gone => {
                const OWNS: [&str; 12] = [
                    "have", "has", "got", "own", "owns", "drive", "drives", "bought", "养", "有",
                    "开", "买",
                ];
                old.iter().any(|t| OWNS.contains(&&*t.text))
            }
        }
    }
}

/// Whether the older clause has another number where the new value has its own: before the same
/// unit, or after the same word.
fn revalues(old: &[Token], value: &[Token]) -> bool {
    fn places(tokens: &[Token]) -> impl Iterator<Item = (&str, &str, &str)> {
        tokens
            .iter()
            .enumerate()
            .filter(|(_, t)| t.kind == Kind::Number)
            .map(|(i, t)| {
                let before = i.checked_sub(1).map_or("", |b| &*tokens[b].text);
                (before, &*t.text, tokens.get(i + 1).map_or("", |n| &*n.text))
            })
    }
    places(value).any(|(before, new, unit)| {
        places(old).any(|(b, number, u)| {
            let is_named = !before.is_empty() && before == b;
            let is_measured = !unit.is_empty() && unit == u;
            (is_named || is_measured) && number != new
        })
    })
}

/// Whether the older clause shares more with the newer statement than the object.
fn shares(old: &[Token], newer: &Statement, object: &[Token]) -> bool {
    let of_old = runs(old);
    newer.clauses.iter().any(|clause| {
        runs(&clause.tokens).iter().any(|run| {
            let is_object = run.iter().all(|w| object.iter().any(|t| t.text == *w));
            let enough = run.len() > 1 || !is_han(&run[0]);
            !is_object
                && enough
                && of_old
                    .iter()
                    .any(|o| o.windows(run.len().min(2)).any(|w| run.starts_with(w)))
        })
    })
}

fn denies(clause: &Clause) -> bool {
    clause
        .tokens
        .iter()
        .any(|t| ["not", "never", "no", "不", "没"].contains(&&*t.text))
}

/// The words that say what a text is about.
fn runs(tokens: &[Token]) -> Vec<Vec<Box<str>>> {
    let light = words("light");
    let mut out: Vec<Vec<Box<str>>> = Vec::new();
    let mut open = false;
    for token in tokens {
        if token.is_mark() || light.has(&token.text) {
            open = false;
        } else if token.kind == Kind::Han {
            if open && let Some(run) = out.last_mut() {
                run.push(token.text.clone());
            } else {
                out.push(vec![token.text.clone()]);
            }
            open = true;
        } else {
            out.push(vec![stem(token)]);
            open = false;
        }
    }
    out
}

fn holds_all(tokens: &[Token], wanted: &[Vec<Box<str>>]) -> bool {
    let all: Vec<Box<str>> = tokens.iter().map(stem).collect();
    wanted
        .iter()
        .all(|run| all.windows(run.len()).any(|w| w == run.as_slice()))
}

/// A word without the endings of the plural, of the third person and of `-ing`.
pub(super) fn stem(token: &Token) -> Box<str> {
    let word = &*token.text;
    if token.kind != Kind::Word {
        return word.into();
    }
    if let Some(base) = base_of_ing(word).filter(|b| b.len() > 2) {
        return base.into();
    }
    match word.strip_suffix('s') {
        Some(base) if base.len() > 2 && !base.ends_with(['s', 'u', 'i']) => base.into(),
        _ => word.into(),
    }
}

fn is_han(word: &str) -> bool {
    word.chars().all(super::token::is_han)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shifts_can_be_read() {
        assert!(read(include_str!("shifts.txt")).unwrap().len() > 25);
        assert!(read("melted {s} x").is_err());
    }
}
