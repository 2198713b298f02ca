//! Splits text into the tokens that the grammar works on: words, numbers, single Han characters, marks.

/// A word, character or mark that the grammar knows. [`UNKNOWN`] for all others.
pub(super) type Symbol = u16;

/// What the grammar does not know: no expression begins with it.
pub(super) const UNKNOWN: Symbol = 0;
/// Any whole number.
pub(super) const NUMBER: Symbol = 1;
/// A line break: no expression reaches across it.
pub(super) const BREAK: Symbol = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    /// A number with a decimal part; its value is in halves.
    Decimal,
    Han,
    Mark,
}

/// A piece of text with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Value of a number.
    pub(super) value: u32,
    pub(super) symbol: Symbol,
    pub(super) kind: Kind,
    /// How many digits it was written with.
    pub(super) digits: u8,
    /// No space before it.
    pub(super) glued: bool,
}

impl Token {
    pub(super) fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..self.end as usize]
    }
}

/// Whether a character is a Han character (of the blocks in common use).
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '〇')
}

/// The ASCII mark that a mark stands for, so that "，" and "–" need no rules of their own.
pub(super) fn plain_mark(c: char) -> char {
    match c {
        '，' | '、' => ',',
        '。' | '．' => '.',
        '：' => ':',
        '；' => ';',
        '！' => '!',
        '？' => '?',
        '（' => '(',
        '）' => ')',
        '～' | '〜' => '~',
        '\u{2010}'..='\u{2015}' | '－' => '-',
        '\u{2018}' | '\u{2019}' | '＇' => '\'',
        '／' => '/',
        other => other,
    }
}

/// Splits a text; `symbol` names each piece: a lowercased word, or a character.
pub(super) fn tokens(text: &str, symbols: &impl Symbols) -> Vec<Token> {
    let mut out = Vec::with_capacity(text.len() / 5 + 4);
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut last_end = usize::MAX;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b' ' || byte == b'\t' || byte == b'\r' {
            at += 1;
            continue;
        }
        let start = at;
        let glued = last_end == start;
        let mut token = Token {
            start: start as u32,
            end: 0,
            value: 0,
            symbol: UNKNOWN,
            kind: Kind::Word,
            digits: 0,
            glued,
        };
        if byte.is_ascii_alphabetic() {
            at += 1;
            while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
                at += 1;
            }
            at = word_end(text, at, start, symbols, &mut token);
        } else if byte.is_ascii_digit() {
            at = number_end(bytes, at, &mut token);
            let after_letter = glued && out.last().is_some_and(|t: &Token| t.kind == Kind::Word);
            let after_letter = after_letter && !text[..start].ends_with(['q', 'Q']);
            if !after_letter && token.digits <= 9 {
                token.symbol = NUMBER;
            }
        } else if byte < 0x80 {
            at += 1;
            token.kind = Kind::Mark;
            // 's, 'll and the like are words of their own.
            if byte == b'\''
                && (glued || start == 0)
                && bytes.get(at).is_some_and(u8::is_ascii_alphabetic)
            {
                at = suffix_end(bytes, at);
                token.kind = Kind::Word;
                token.symbol = symbols.word(&text[start..at]);
            } else {
                token.symbol = symbols.mark(byte as char);
            }
        } else {
            let rest = &text[at..];
            let Some(c) = rest.chars().next() else { break };
            at += c.len_utf8();
            if is_han(c) {
                let hidden = symbols.hidden(rest);
                if hidden > 0 {
                    // One token for the whole word: it names no time.
                    at = start + hidden;
                    token.kind = Kind::Han;
                } else {
                    token.kind = Kind::Han;
                    token.symbol = symbols.han(c);
                }
            } else if c.is_whitespace() {
                if c != '\u{2028}' && c != '\u{2029}' {
                    continue;
                }
                token.kind = Kind::Mark;
                token.symbol = BREAK;
            } else if c.is_alphanumeric() {
                while let Some(c) = text[at..].chars().next() {
                    if !c.is_alphanumeric() || is_han(c) {
                        break;
                    }
                    at += c.len_utf8();
                }
            } else {
                let mark = plain_mark(c);
                token.kind = Kind::Mark;
                if mark == '\'' && glued && bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
                    let letters = at;
                    at = suffix_end(bytes, at);
                    token.kind = Kind::Word;
                    token.symbol = symbols.suffix(&text[letters..at]);
                } else {
                    token.symbol = symbols.mark(mark);
                }
            }
        }
        token.end = at as u32;
        last_end = at;
        out.push(token);
    }
    out
}

/// What the tokeniser asks of a vocabulary.
pub(super) trait Symbols {
    /// The symbol of a word in any case.
    fn word(&self, word: &str) -> Symbol;
    /// The symbol of an apostrophe's suffix, given without the apostrophe.
    fn suffix(&self, letters: &str) -> Symbol;
    fn han(&self, c: char) -> Symbol;
    fn mark(&self, c: char) -> Symbol;
    /// Bytes of the Han word at the start of `rest` that names no time; 0 for none.
    fn hidden(&self, rest: &str) -> usize;
}

/// A word may go on in letters beyond ASCII; then the grammar does not know it.
fn word_end(
    text: &str,
    mut at: usize,
    start: usize,
    symbols: &impl Symbols,
    token: &mut Token,
) -> usize {
    let mut foreign = false;
    while let Some(c) = text[at..].chars().next() {
        if c.is_ascii() || !c.is_alphabetic() || is_han(c) {
            break;
        }
        foreign = true;
        at += c.len_utf8();
        while text.as_bytes().get(at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
        }
    }
    if !foreign {
        token.symbol = symbols.word(&text[start..at]);
    }
    at
}

fn suffix_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
        at += 1;
    }
    at
}

/// Digits, with thousands' commas ("1,000") or one decimal ("1.5").
fn number_end(bytes: &[u8], start: usize, token: &mut Token) -> usize {
    token.kind = Kind::Number;
    let digits_end = |from: usize| {
        let mut at = from;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let push = |value: u32, from: usize, to: usize| {
        bytes[from..to].iter().fold(value, |v, d| {
            v.saturating_mul(10).saturating_add(u32::from(d - b'0'))
        })
    };
    let mut at = digits_end(start);
    let mut value = push(0, start, at);
    let mut digits = at - start;
    while digits <= 3 || at - start > digits {
        let group = digits_end(at + 1);
        if bytes.get(at) != Some(&b',') || group - (at + 1) != 3 || bytes[start] == b'0' {
            break;
        }
        value = push(value, at + 1, group);
        digits += 3;
        at = group;
    }
    if bytes.get(at) == Some(&b'.') && digits_end(at + 1) == at + 2 {
        let after = (bytes.get(at + 2), bytes.get(at + 3));
        let goes_on = matches!(after, (Some(b'.'), Some(d)) if d.is_ascii_digit());
        let before = start > 0 && bytes[start - 1] == b'.';
        if !goes_on && !before {
            token.kind = Kind::Decimal;
            let tenths = u32::from(bytes[at + 1] - b'0');
            value = value.saturating_mul(2).saturating_add((tenths + 2) / 5);
            at += 2;
        }
    }
    token.value = value;
    token.digits = u8::try_from(digits).unwrap_or(u8::MAX);
    at
}
