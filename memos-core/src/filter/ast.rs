//! The tree of a filter, and its JSON.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::atom::Scalar;
use super::field::{Comparison, Field, Op};
use super::like::Pattern;
use crate::Timestamp;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Test(Field, Check),
}

/// What is asked of a field. The parser lets only checks through that the field's type takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Check {
    Is(Comparison, Scalar),
    /// Sorted by [`Atom::order`](super::atom::Atom::order), without repeats.
    In(Box<[Scalar]>),
    Contains(Scalar),
    Like(Pattern),
    Exists(bool),
    During(Window),
}

/// A stretch of time, bounded on one side at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub(super) from: Bound<Timestamp>,
    pub(super) until: Bound<Timestamp>,
}

impl Window {
    /// Its first and last instant; beyond the calendar's where it is not bounded.
    pub(super) fn ends(&self) -> (i64, i64) {
        let first = match self.from {
            Bound::Unbounded => i64::MIN,
            Bound::Included(at) => at.micros(),
            Bound::Excluded(at) => at.micros() + 1,
        };
        let last = match self.until {
            Bound::Unbounded => i64::MAX,
            Bound::Included(at) => at.micros(),
            Bound::Excluded(at) => at.micros() - 1,
        };
        (first, last)
    }
}

impl Node {
    pub(super) fn to_json(&self) -> Value {
        let all = |nodes: &[Self]| Value::from_iter(nodes.iter().map(Self::to_json));
        match self {
            Self::And(nodes) => json!({ "and": all(nodes) }),
            Self::Or(nodes) => json!({ "or": all(nodes) }),
            Self::Not(node) => json!({ "not": node.to_json() }),
            Self::Test(field, check) => json!({ field.to_string(): check.to_json() }),
        }
    }
}

impl Check {
    fn to_json(&self) -> Value {
        let one = |op: Op, value: Value| Value::from_iter([(op.as_str(), value)]);
        match self {
            Self::Is(Comparison::Eq, value) => value.to_json(),
            Self::Is(comparison, value) => one(Op::Is(*comparison), value.to_json()),
            Self::In(list) => one(Op::In, list.iter().map(Scalar::to_json).collect()),
            Self::Contains(value) => one(Op::Contains, value.to_json()),
            Self::Like(pattern) => one(Op::Like, pattern.to_string().into()),
            Self::Exists(wanted) => one(Op::Exists, (*wanted).into()),
            Self::During(window) => window.to_json(),
        }
    }
}

impl Window {
    fn to_json(self) -> Value {
        let mut ops = Map::new();
        for (bound, closed, open) in [
            (self.from, Comparison::Gte, Comparison::Gt),
            (self.until, Comparison::Lte, Comparison::Lt),
        ] {
            let (op, at) = match bound {
                Bound::Unbounded => continue,
                Bound::Included(at) => (closed, at),
                Bound::Excluded(at) => (open, at),
            };
            ops.insert(op.as_str().into(), at.to_string().into());
        }
        ops.into()
    }
}
