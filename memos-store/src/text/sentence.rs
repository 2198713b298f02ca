//! Sentences, as far as the question penalty needs them.

use super::words::word_count;

/// Words beyond which a sentence that ends in a question mark tells more than it asks.
const LONG_QUESTION: usize = 20;

/// Share of a text's sentences that are short questions, `0..=1`.
pub(crate) fn question_share(text: &str) -> f32 {
    let (mut sentences, mut questions) = (0_u32, 0_u32);
    for sentence in text.split_inclusive(['.', '!', '?', '。', '！', '？', '\n']) {
        let words = word_count(sentence);
        if words == 0 {
            continue;
        }
        sentences += 1;
        if words <= LONG_QUESTION && sentence.ends_with(['?', '？']) {
            questions += 1;
        }
    }
    if sentences == 0 {
        0.0
    } else {
        questions as f32 / sentences as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_short_questions() {
        assert_eq!(question_share("Hi! How are you?"), 0.5);
        assert_eq!(question_share("你好吗？"), 1.0);
        assert_eq!(question_share(""), 0.0);
        let long = format!("{} can you help me?", "word ".repeat(20));
        assert_eq!(question_share(&long), 0.0);
    }
}
