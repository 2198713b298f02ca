//! `like` patterns: `%` stands for any run of characters, `_` for exactly one.

/// Longest pattern in characters: matching takes at most this many steps per character of a text.
pub(super) const MAX_PATTERN: usize = 1_000;

/// A parsed pattern. Matching ignores case, character by character.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Box<[Piece]>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Run,
    One,
    /// Folded.
    Char(char),
}

impl Pattern {
    /// Reads a pattern; `\%`, `\_` and `\\` stand for the characters themselves.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '%' => Piece::Run,
                '_' => Piece::One,
                '\\' => match chars.next() {
                    Some(c @ ('%' | '_' | '\\')) => Piece::Char(c),
                    _ => return Err("a backslash stands before something else than %, _ or \\"),
                },
                c => Piece::Char(fold(c)),
            });
        }
        if pieces.len() > MAX_PATTERN {
            return Err("it is longer than 1,000 characters");
        }
        // A run of runs is a run.
        pieces.dedup_by(|a, b| *a == Piece::Run && *b == Piece::Run);
        Ok(Self(pieces.into()))
    }

    /// Whether the whole text fits.
    ///
    /// Greedy with one point of return: when a character does not fit, the last run takes one
    /// character more. Earlier runs need no second try, since what follows them fits already.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut pieces = &*self.0;
        let mut rest = text.chars();
        let mut retry = None;
        loop {
            match (pieces.split_first(), rest.clone().next()) {
                (Some((Piece::Run, after)), _) => {
                    retry = Some((after, rest.clone()));
                    pieces = after;
                }
                (Some((piece, after)), Some(c))
                    if *piece == Piece::One || *piece == Piece::Char(fold(c)) =>
                {
                    rest.next();
                    pieces = after;
                }
                (None, None) => return true,
                _ => {
                    let Some((after, from)) = &mut retry else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    pieces = after;
                    rest = from.clone();
                }
            }
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        for piece in &self.0 {
            match piece {
                Piece::Run => f.write_char('%')?,
                Piece::One => f.write_char('_')?,
                Piece::Char(c @ ('%' | '_' | '\\')) => write!(f, "\\{c}")?,
                Piece::Char(c) => f.write_char(*c)?,
            }
        }
        Ok(())
    }
}

/// Lower case where that is one character, so that `_` keeps its meaning.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn wildcards_case_and_escapes() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("_", "", false),
            ("_", "会", true),
            ("%ICE%", "nice", true),
            ("a%b%c", "aXbXbYc", true),
            ("a%b%c", "aXbXbY", false),
            ("ÄÖ_", "äöx", true),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("a\\_b", "a_b", true),
            ("a\\_b", "axb", false),
            ("_%_", "a", false),
            ("%%_", "ab", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
        assert!(Pattern::parse("a\\").is_err());
        assert!(Pattern::parse("\\n").is_err());
        assert!(Pattern::parse(&"_".repeat(MAX_PATTERN + 1)).is_err());
    }

    /// The definition, without care for cost.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            Some((p, rest)) => text.split_first().is_some_and(|(t, after)| {
                (*p == '_' || p.to_lowercase().eq(t.to_lowercase())) && naive(rest, after)
            }),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_its_definition(pattern in "[abB%_]{0,7}", text in "[abAB]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(like(&pattern, &text), naive(&p, &t));
        }

        #[test]
        fn any_pattern_reads_back_as_itself(pattern in "\\PC{0,20}") {
            if let Ok(parsed) = Pattern::parse(&pattern) {
                prop_assert_eq!(Pattern::parse(&parsed.to_string()), Ok(parsed));
            }
        }
    }
}
