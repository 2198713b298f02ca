//! Text as words, Han characters, numbers and marks.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word in letters, lower case.
    Word,
    /// One Han character.
    Han,
    /// A number, a time of day or an ordinal, by its digits.
    Number,
    /// A comma and the like, inside a sentence.
    Pause,
    /// The end of a sentence.
    Stop,
    /// The end of a question.
    Ask,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: Box<str>,
    pub(super) kind: Kind,
    /// Whether it is written with a capital.
    pub(super) capital: bool,
    /// First byte after it in the text.
    pub(super) end: usize,
}

impl Token {
    /// Whether it stands between words.
    pub(super) fn is_mark(&self) -> bool {
        matches!(self.kind, Kind::Pause | Kind::Stop | Kind::Ask)
    }

    /// Whether a sentence ends with it.
    pub(super) fn ends_sentence(&self) -> bool {
        matches!(self.kind, Kind::Stop | Kind::Ask)
    }
}

/// The tokens of a text. English contractions come apart: `isn't` is `is not`, `I'm` is `i 'm`.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<(usize, char)> = text.char_indices().map(|(i, c)| (i, narrow(c))).collect();
    let end_of = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        let start = i;
        i += 1;
        let mut push = |text: &str, kind, end: usize| {
            out.push(Token {
                text: text.into(),
                kind,
                capital: c.is_uppercase(),
                end: end_of(end),
            });
        };
        if is_han(c) {
            push(&c.to_string(), Kind::Han, i);
        } else if c.is_ascii_digit() {
            i += number(&chars[i..]);
            let digits: String = chars[start..i].iter().map(|(_, c)| *c).collect();
            // 5th, 2nd
            let suffix: String = chars[i..].iter().take(2).map(|(_, c)| *c).collect();
            let more = chars.get(i + 2).is_some_and(|(_, c)| c.is_alphanumeric());
            if ["st", "nd", "rd", "th"].contains(&suffix.as_str()) && !more {
                i += 2;
            }
            push(&digits, Kind::Number, i);
        } else if c.is_alphanumeric() || c == '\'' {
            while let Some((_, c)) = chars.get(i) {
                // A hyphen stays inside a word.
                let inside = *c == '\'' || *c == '-';
                let goes_on = chars.get(i + 1).is_some_and(|(_, c)| c.is_alphanumeric());
                if is_han(*c) || !(c.is_alphanumeric() || inside && goes_on) {
                    break;
                }
                i += 1;
            }
            let word: String = chars[start..i]
                .iter()
                .flat_map(|(_, c)| c.to_lowercase())
                .collect();
            for part in parts(&word) {
                push(part, Kind::Word, i);
            }
        } else if let Some(kind) = mark(c) {
            push(&c.to_string(), kind, i);
        }
    }
    out
}

/// How many characters continue a number: digits, and signs between digits.
fn number(rest: &[(usize, char)]) -> usize {
    let digit = |i: usize| rest.get(i).is_some_and(|(_, c)| c.is_ascii_digit());
    let mut i = 0;
    while digit(i) || matches!(rest.get(i), Some((_, '.' | ',' | ':' | '-'))) && digit(i + 1) {
        i += 1;
    }
    i
}

/// A word without its contraction, and what was contracted.
fn parts(word: &str) -> Vec<&str> {
    let bare = match word {
        "can't" | "cannot" => return vec!["can", "not"],
        "won't" => return vec!["will", "not"],
        "dont" => return vec!["do", "not"],
        "didnt" => return vec!["did", "not"],
        "doesnt" => return vec!["does", "not"],
        "isnt" => return vec!["is", "not"],
        "thats" => return vec!["that", "'s"],
        "im" => return vec!["i", "'m"],
        _ => word,
    };
    if let Some(verb) = bare.strip_suffix("n't") {
        return vec![verb, "not"];
    }
    match bare.rfind('\'') {
        Some(at) if at > 0 => vec![&bare[..at], &bare[at..]],
        _ => vec![bare],
    }
}

fn mark(c: char) -> Option<Kind> {
    Some(match c {
        ',' | ';' | ':' | '、' | '–' | '—' | '(' | ')' | '…' | '-' => Kind::Pause,
        '.' | '!' | '。' | '\n' => Kind::Stop,
        '?' => Kind::Ask,
        _ => return None,
    })
}

/// Full-width forms and curly apostrophes as the plain ones.
fn narrow(c: char) -> char {
    match c {
        '’' | '‘' | '`' => '\'',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether a character is a Han character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).iter().map(|t| t.text.to_string()).collect()
    }

    #[test]
    fn contractions_come_apart() {
        assert_eq!(
            texts("That’s wrong, I can't; she isn't Ana's."),
            [
                "that", "'s", "wrong", ",", "i", "can", "not", ";", "she", "is", "not", "ana",
                "'s", "."
            ]
        );
    }

    #[test]
    fn numbers_are_their_digits() {
        assert_eq!(
            texts("the 15th at 7:30, 555-0199."),
            ["the", "15", "at", "7:30", ",", "555-0199", "."]
        );
        assert_eq!(texts("５号，B12？"), ["5", "号", ",", "b12", "?"]);
    }

    #[test]
    fn ends_are_bytes_of_the_text() {
        let text = "不对，I’m here.";
        let found = tokens(text);
        assert_eq!(found.last().unwrap().end, text.len());
        assert!(found.iter().all(|t| text.is_char_boundary(t.end)));
    }
}
