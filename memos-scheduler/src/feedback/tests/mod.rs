//! Feedback over labelled cases, scripted models and the judge of fusion.

mod decisions;
mod effects;
mod labelled;

use memos_core::Memory;

use super::RuleVerdict;
use crate::fusion::{Statement, Verdict, judge};
use crate::testing;

/// Feedback, said long after everything else.
fn feedback(text: &str) -> Memory {
    testing::memory(text, 400)
}

/// What was said before, a day apart.
fn memories<T: AsRef<str>>(texts: &[T]) -> Vec<Memory> {
    let texts = texts.iter().zip(10..);
    texts
        .map(|(text, day)| testing::memory(text.as_ref(), day))
        .collect()
}

/// The judge of fusion.
fn fusion(older: &Memory, newer: &Memory) -> Option<RuleVerdict> {
    match judge(&Statement::of(older)?, &Statement::of(newer)?, None) {
        Verdict::Supersedes { rule, .. } => Some(RuleVerdict::Supersedes(rule)),
        Verdict::Contradicts { rule, .. } => Some(RuleVerdict::Contradicts(rule)),
        Verdict::Duplicate { .. } | Verdict::Unrelated => None,
    }
}
