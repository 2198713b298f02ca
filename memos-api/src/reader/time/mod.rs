//! Time expressions, English and Chinese: found in a text and resolved against when it was said.
//!
//! A text is split into tokens (`token`), the grammar's rules (`english`, `chinese`, in the
//! pattern language of `grammar`) are tried where one can begin, the longest match wins, and its
//! `meaning` becomes a half-open stretch of the speaker's wall clock with a granularity. Weeks
//! start on Monday. A month, weekday or holiday without its year is the latest one, unless the
//! sentence looks ahead (`tense`).

mod beside;
mod calendar;
mod chinese;
mod clock;
mod english;
mod forms;
mod grammar;
mod holiday;
mod lexicon;
mod matcher;
mod meaning;
mod open;
mod other_words;
mod pick;
mod reading;
mod scan;
mod tense;
#[cfg(test)]
mod tests;
mod token;
mod vocabulary;
mod wall_clock;
mod window;

pub use pick::{answering, pick};
pub use scan::{Anchoring, mentions, read};
pub use wall_clock::wall_clock;
pub use window::window;
