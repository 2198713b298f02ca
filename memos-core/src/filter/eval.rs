//! Evaluation. Runs once per memory of a cube while candidates are gathered, so it allocates
//! nothing.

use std::cmp::Ordering;

use serde_json::Value;

use super::ast::{Check, Node, Window};
use super::atom::{Atom, Scalar};
use super::field::Comparison;
use super::subject::{Fact, Subject};
use crate::{Interval, Moment, TimeMention, ValidTime};

impl Node {
    pub(super) fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(subject)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(subject)),
            Self::Not(node) => !node.matches(subject),
            Self::Test(field, check) => check.admits(field.of(subject)),
        }
    }
}

impl Check {
    fn admits(&self, fact: Fact<'_>) -> bool {
        match self {
            Self::Is(comparison, value) => {
                comparison.holds(fact.atom().and_then(|atom| atom.compare(value.as_atom())))
            }
            Self::In(list) => fact.any(|atom| listed(list, atom)),
            Self::Contains(part) => match (fact.atom(), part.as_atom()) {
                (Some(Atom::Str(whole)), Atom::Str(part)) => whole.contains(part),
                (Some(_), _) => false,
                (None, part) => fact.any(|atom| atom.compare(part) == Some(Ordering::Equal)),
            },
            Self::Like(pattern) => {
                fact.any(|atom| matches!(atom, Atom::Str(text) if pattern.matches(text)))
            }
            Self::Exists(wanted) => fact.exists() == *wanted,
            Self::During(window) => match fact {
                Fact::ValidTime(times, said_at) => window.meets(times, said_at),
                _ => false,
            },
        }
    }
}

impl Comparison {
    /// `found` is none where the field is missing or of another type.
    fn holds(self, found: Option<Ordering>) -> bool {
        match self {
            Self::Eq => found == Some(Ordering::Equal),
            Self::Ne => found != Some(Ordering::Equal),
            Self::Gt => found == Some(Ordering::Greater),
            Self::Gte => found.is_some_and(Ordering::is_ge),
            Self::Lt => found == Some(Ordering::Less),
            Self::Lte => found.is_some_and(Ordering::is_le),
        }
    }
}

fn listed(list: &[Scalar], atom: Atom<'_>) -> bool {
    list.binary_search_by(|value| value.as_atom().order(atom))
        .is_ok()
}

impl<'a> Fact<'a> {
    /// The single value, if it is one.
    fn atom(self) -> Option<Atom<'a>> {
        match self {
            Self::One(atom) => Some(atom),
            Self::Json(value) => Atom::of_json(value),
            Self::Missing | Self::Set(_) | Self::ValidTime(..) => None,
        }
    }

    /// Whether one of its values, or its single value, is as asked.
    fn any(self, mut admits: impl FnMut(Atom<'a>) -> bool) -> bool {
        match self {
            Self::Set(set) => set.iter().any(|member| admits(Atom::Str(member))),
            Self::Json(Value::Array(list)) => list.iter().filter_map(Atom::of_json).any(admits),
            one => one.atom().is_some_and(admits),
        }
    }

    fn exists(self) -> bool {
        match self {
            Self::Missing => false,
            Self::Set(set) => !set.is_empty(),
            Self::One(_) | Self::Json(_) | Self::ValidTime(..) => true,
        }
    }
}

impl Window {
    fn meets(&self, times: &[TimeMention], said_at: Moment) -> bool {
        if times.is_empty() {
            self.overlaps(&ValidTime::day_of(said_at).interval)
        } else {
            times.iter().any(|time| self.overlaps(&time.valid.interval))
        }
    }

    /// Whether the two share an instant; an empty interval counts as its start.
    fn overlaps(&self, interval: &Interval) -> bool {
        let (first, last) = self.ends();
        let start = interval.start.micros();
        let end = (interval.end.micros() - 1).max(start);
        start <= last && first <= end
    }
}
