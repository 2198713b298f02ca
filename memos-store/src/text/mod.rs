//! Text to index terms: word splitting by script, stop words, stemming.
//!
//! Alphabetic scripts are split into runs of letters and digits; English ones lose their stop words
//! and are stemmed. Scripts written without spaces (Chinese, Japanese, Thai, …) and Hangul become
//! single characters and overlapping pairs, the scheme that needs no dictionary and no guess.

mod directive;
mod script;
mod sentence;
mod stop;
mod words;

pub(crate) use directive::is_directive;
pub(crate) use sentence::question_share;
pub(crate) use words::{contains_name, terms, without_names};
