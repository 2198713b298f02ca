//! Feedback in plain words: "that's wrong, I moved to Lyon" corrects what is remembered of where
//! somebody lives.
//!
//! [`decide`] finds what is corrected and writes nothing; [`effect`] says what follows for the vault.
//! With a language model the judgement is the model's; without one, or if it fails, that of rules
//! over tables of wordings, in English and Chinese. What is not clear corrects nothing.

mod choice;
mod content;
mod decide;
mod effect;
mod pattern;
mod question;
mod reading;
#[cfg(test)]
mod tests;
mod token;
mod words;

pub use decide::{CorrectionKind, Decision, NO_CORRECTION, RuleVerdict, UNCLEAR, decide};
pub use effect::effect;
