//! Words of spaced scripts, with what stands before each.

use super::lexicon::{ENGLISH_WORDS, Mark, Marks};

/// What stands between a word and the word before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// One space or more on one line.
    Space,
    /// An ampersand between spaces.
    And,
    /// A mark inside a sentence.
    Mark,
    /// The start of a sentence, or of the text.
    Sentence,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) start: usize,
    /// End without a possessive ending.
    pub(super) end: usize,
    pub(super) text: &'a str,
    pub(super) gap: Gap,
    pub(super) marks: Marks,
    /// It begins with a capital.
    pub(super) capital: bool,
    /// It has a capital after a small letter, as in iPhone.
    pub(super) camel: bool,
    /// It has two letters or more and all are capitals.
    pub(super) shout: bool,
    /// It is a number.
    pub(super) number: bool,
    /// It ended in 's.
    pub(super) possessive: bool,
}

impl Word<'_> {
    pub(super) fn has(&self, mark: Mark) -> bool {
        self.marks.has(mark)
    }

    /// An ordinary word that happens to be written with a capital.
    pub(super) fn is_ordinary(&self) -> bool {
        self.has(Mark::Ordinary)
    }

    /// A name of its own by the tables.
    pub(super) fn is_known(&self) -> bool {
        self.marks.any(&[
            Mark::Given,
            Mark::Place,
            Mark::Organisation,
            Mark::Thing,
            Mark::Title,
            Mark::Kin,
            Mark::PlaceStart,
            Mark::OrganisationStart,
        ])
    }
}

/// Whether a character is a letter or digit of a script that puts spaces between words.
fn is_spaced(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric()
        && !matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3000..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    let mut previous_end = 0;
    while let Some((start, c)) = chars.next() {
        if !is_spaced(c) {
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some(&(at, next)) = chars.peek() {
            if !is_spaced(next) {
                // A mark inside a word: O'Connor, T-shirt, U.S.
                let rest = &text[at + next.len_utf8()..];
                let inner = matches!(next, '\'' | '’' | '-' | '.')
                    && rest.chars().next().is_some_and(is_spaced);
                if !inner || (next == '.' && !is_initials(&text[start..at])) {
                    break;
                }
            }
            end = at + next.len_utf8();
            chars.next();
        }
        let gap = gap(text, previous_end, start, found.last());
        found.push(word(text, start, end, gap));
        previous_end = end;
    }
    found
}

/// Whether a piece before a full stop is an initial or a number: `U` in U.S., `J.K`, 3.
fn is_initials(piece: &str) -> bool {
    piece
        .rsplit('.')
        .next()
        .is_some_and(|last| last.chars().count() == 1 || last.bytes().all(|b| b.is_ascii_digit()))
}

fn word(text: &str, start: usize, end: usize, gap: Gap) -> Word<'_> {
    let whole = &text[start..end];
    let stem = ["'s", "’s", "'S", "’S"]
        .iter()
        .find_map(|ending| whole.strip_suffix(ending));
    let (bare, possessive) = match stem {
        // New Year's and McDonald's are names as they stand.
        Some(stem) if ENGLISH_WORDS.marks(whole) == Marks::default() => (stem, true),
        _ => (whole, false),
    };
    // I'm, Don't: the first part says what it is.
    let head = bare.split(['\'', '’']).next().unwrap_or(bare);
    let mut marks = ENGLISH_WORDS.marks(bare);
    if head != bare && head.len() < bare.len() && !marks.any(&[Mark::Holiday, Mark::Organisation]) {
        let first = ENGLISH_WORDS.marks(head);
        if first.has(Mark::Ordinary) || matches!(head, "Don" | "Can" | "Won" | "Isn" | "Didn") {
            marks = ENGLISH_WORDS.marks("I");
        }
    }
    let first = bare.chars().next().unwrap_or(' ');
    let mut small = false;
    let (mut camel, mut letters, mut capitals) = (false, 0, 0);
    for c in bare.chars() {
        if c.is_uppercase() {
            camel |= small;
            capitals += 1;
        }
        small = c.is_lowercase();
        letters += usize::from(c.is_alphabetic());
    }
    Word {
        start,
        end: start + bare.len(),
        text: bare,
        gap,
        marks,
        capital: first.is_uppercase(),
        camel: camel && !bare.contains(['\'', '’', '-']),
        shout: letters > 1 && letters == capitals,
        number: letters == 0,
        possessive,
    }
}

fn gap(text: &str, previous_end: usize, start: usize, previous: Option<&Word<'_>>) -> Gap {
    let Some(previous) = previous else {
        return Gap::Sentence;
    };
    let between = &text[previous_end..start];
    if between == " " {
        return Gap::Space;
    }
    if between == " & " {
        return Gap::And;
    }
    let abbreviation = previous.capital
        && (previous.text.chars().count() == 1 && previous.text != "I"
            || matches!(
                previous.text,
                "Dr" | "Mr" | "Mrs" | "Ms" | "Prof" | "St" | "Mt" | "Sr" | "Jr"
            ));
    if abbreviation && matches!(between, ". " | ".") {
        return Gap::Space;
    }
    if between.contains(['.', '!', '?', '\n', '…', '。', '！', '？'])
        || between.contains(": ")
        || between.trim_start().starts_with(['*', '#', '-', '•'])
    {
        return Gap::Sentence;
    }
    if between.trim().is_empty() {
        Gap::Space
    } else if between.contains(['"', '“']) {
        Gap::Sentence
    } else {
        Gap::Mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_what_stands_before_them() {
        let found: Vec<_> = words("Dr. Chen's cat, Mia & Co. Then U.S. iPads")
            .into_iter()
            .map(|w| (w.text, w.gap, w.possessive))
            .collect();
        assert_eq!(
            found,
            [
                ("Dr", Gap::Sentence, false),
                ("Chen", Gap::Space, true),
                ("cat", Gap::Space, false),
                ("Mia", Gap::Mark, false),
                ("Co", Gap::And, false),
                ("Then", Gap::Sentence, false),
                ("U.S", Gap::Space, false),
                ("iPads", Gap::Sentence, false),
            ]
        );
        assert!(words("我用iPhone拍照")[0].camel);
        assert!(words("I'm")[0].is_ordinary() && words("Don't")[0].is_ordinary());
    }
}
