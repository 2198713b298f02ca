//! Sentences of a text, English and Chinese.

use std::ops::Range;

/// Words before a full stop that ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Mt", "Sr", "Jr", "vs", "etc", "e.g", "i.e", "a.m",
    "p.m", "No", "approx",
];

/// The sentences of a text, as ranges of its bytes: each with the mark that ends it, without spaces
/// around. What holds no letter and no digit is none.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\n' | '。' | '！' | '？' | '!' | '?' | '…' => true,
            '.' => {
                let before = &text[start..at];
                let last = before.rsplit([' ', '(']).next().unwrap_or(before);
                let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase);
                let closes = chars
                    .peek()
                    .is_none_or(|(_, n)| n.is_whitespace() || "\"”')".contains(*n));
                closes && !(ABBREVIATIONS.contains(&last) || (initial && last != "I"))
            }
            _ => false,
        };
        if !ends {
            continue;
        }
        // Marks that belong together: "?!", "...", a closing quote.
        let mut end = at + c.len_utf8();
        while let Some(&(next, mark)) = chars.peek() {
            if !matches!(
                mark,
                '.' | '!' | '?' | '。' | '！' | '？' | '…' | '"' | '”' | '’' | '」' | '』' | ')'
            ) {
                break;
            }
            end = next + mark.len_utf8();
            chars.next();
        }
        push(text, start..end, &mut found);
        start = end;
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = range.end - (part.len() - part.trim_end().len());
    if start < end && text[start..end].chars().any(char::is_alphanumeric) {
        found.push(start..end);
    }
}

/// Whether a sentence asks.
pub(super) fn is_question(sentence: &str) -> bool {
    sentence
        .trim_end_matches(['"', '”', '!', '！', ')', ' '])
        .ends_with(['?', '？'])
        || sentence.trim_end_matches(['。', '.']).ends_with('吗')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_their_marks() {
        let text = "I met Dr. Chen at 5.30 p.m. yesterday. \"Really?!\" Yes... 我去了。你呢？好\n1. J. Doe";
        let found: Vec<_> = sentences(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(
            found,
            [
                "I met Dr. Chen at 5.30 p.m. yesterday.",
                "\"Really?!\"",
                "Yes...",
                "我去了。",
                "你呢？",
                "好",
                "1.",
                "J. Doe",
            ]
        );
        assert!(is_question("\"Really?\"") && is_question("你来吗") && !is_question("Yes."));
    }
}
