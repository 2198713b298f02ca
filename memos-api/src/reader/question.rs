//! What a question is after, read from its form by small tables of patterns, English and Chinese.
//!
//! The tables hold the usual ways to ask; they know nothing of what is asked about. A wrong
//! reading costs some rank, never an answer: an intent moves weights of the score, it excludes
//! nothing.

mod chinese;
mod english;
mod pattern;

use memos_core::Intent;

/// What the question is after.
///
/// ```
/// use memos_api::reader::question::intent;
/// assert!(intent("How long did the move take?").asks_time);
/// assert!(intent("你上次推荐的餐厅叫什么？").asks_assistant);
/// assert!(intent("Can you help me plan a trip?").asks_help);
/// assert!(!intent("Which bus did I take to the museum?").asks_help);
/// ```
pub fn intent(question: &str) -> Intent {
    let (start, end) = ends(question);
    let (start, end) = (read(start), read(end));
    Intent {
        asks_time: start.asks_time || end.asks_time,
        asks_assistant: start.asks_assistant || end.asks_assistant,
        asks_help: start.asks_help || end.asks_help,
    }
}

/// A question this long, in bytes, has a text pasted into it: what is asked stands at its ends.
const LONG: usize = 4096;

fn ends(question: &str) -> (&str, &str) {
    if question.len() <= LONG {
        return (question, "");
    }
    let boundary = |from: usize| (0..=from).rev().find(|i| question.is_char_boundary(*i));
    let first = boundary(LONG / 2).unwrap_or(0);
    let last = boundary(question.len() - LONG / 2).unwrap_or(0);
    (&question[..first], &question[last..])
}

fn read(question: &str) -> Intent {
    let english = english::intent(question);
    if !question.contains(is_han) {
        return english;
    }
    let chinese = chinese::intent(question);
    Intent {
        asks_time: english.asks_time || chinese.asks_time,
        asks_assistant: english.asks_assistant || chinese.asks_assistant,
        asks_help: english.asks_help || chinese.asks_help,
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Questions with what they ask for, one a line.
    const CASES: &str = include_str!("question/cases.tsv");

    fn letters(intent: Intent) -> String {
        let found: String = [
            (intent.asks_time, 't'),
            (intent.asks_assistant, 'a'),
            (intent.asks_help, 'h'),
        ]
        .iter()
        .filter_map(|(on, letter)| on.then_some(*letter))
        .collect();
        if found.is_empty() { "-".into() } else { found }
    }

    #[test]
    fn labelled_questions_are_read_as_labelled() {
        let cases: Vec<_> = CASES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                line.split_once('\t')
                    .expect("each case is letters, a tab, a question")
            })
            .collect();
        assert!(cases.len() > 120, "{}", cases.len());
        let wrong: Vec<_> = cases
            .into_iter()
            .map(|(expected, question)| (question, expected, letters(intent(question))))
            .filter(|(_, expected, found)| expected != found)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_question_around_a_long_text_is_read_at_its_ends() {
        let pasted = "the wall 的墙 ".repeat(2000);
        assert_eq!(
            letters(intent(&format!("{pasted} When was it built?"))),
            "t"
        );
        assert_eq!(
            letters(intent(&format!("Can you help me shorten this? {pasted}"))),
            "h"
        );
        assert_eq!(
            letters(intent(&format!("{pasted} when was it {pasted}"))),
            "-"
        );
    }

    #[test]
    fn case_and_typographic_marks_do_not_matter() {
        for question in [
            "WHAT’S THE BEST WAY TO LEARN TO SWIM",
            "what's the best way to learn to swim?",
        ] {
            assert_eq!(letters(intent(question)), "h");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text in "\\PC{0,80}") {
            let _ = intent(&text);
        }

        #[test]
        fn words_of_the_tables_in_any_order_are_read(
            words in proptest::collection::vec(proptest::sample::select(vec![
                "when", "did", "you", "i", "should", "what", "'s", "?", ",", "help", "me", "how",
                "many", "days", "怎么", "我", "你", "推荐", "的", "几天", "。", "，", "请", "什么时候",
            ]), 0..30),
            space in any::<bool>(),
        ) {
            let _ = intent(&words.join(if space { " " } else { "" }));
        }
    }
}
