//! The small language in which `slots.txt` says how a statement is worded.
//!
//! A pattern is matched from the start of a clause. Its pieces, between blanks: a word, `a/b_c` for
//! one of several (`_` stands between words of one), `?a/b` for one of several or nothing; `{s}` a
//! subject, `{p}` an owner (`my`, `her sister's`), `{v}` the value, `{x}` the topic, `{any}` up to
//! six words, `*` whatever is left. `{v:Name}` begins with a capital or is Han, `{v:#}` holds a
//! number, `{v:##}` one of six digits or more, and `{v:1}` is one; `{v:@}` holds an e-mail address, `{v:section}` a word of that section of the
//! lexicon, and `{x:section}` is one.

use super::lexicon::{spelled, words};
use super::subject::{Subject, owners, subjects};
use super::token::{Kind, Token};

/// Longest value or topic, in tokens.
const LONGEST: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words {
        choices: Vec<Vec<Box<str>>>,
        optional: bool,
    },
    Subject,
    Owner,
    Value(Class),
    Topic(Class),
    Any,
    Rest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Class {
    All,
    Name,
    Number,
    Count,
    Long,
    Address,
    Section(String),
    Exactly(String),
}

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

/// What a pattern found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) subject: Option<Subject>,
    pub(super) value: Vec<Token>,
    pub(super) topic: Vec<Token>,
    /// Whether nothing that says more is left of the clause.
    pub(super) whole: bool,
}

impl Pattern {
    /// Reads a pattern; what is wrong with it, if it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let pieces: Result<Vec<_>, _> = text.split_whitespace().map(piece).collect();
        let pieces = pieces?;
        match pieces.as_slice() {
            [] => Err("an empty pattern".into()),
            [Piece::Rest, ..] | [Piece::Any] => Err(format!("{text:?} begins with anything")),
            _ => Ok(Self { pieces }),
        }
    }

    /// Matches a clause from its start.
    pub(super) fn matches(&self, clause: &[Token]) -> Option<Found> {
        if !self.pieces.iter().all(|piece| piece.may_match(clause)) {
            return None;
        }
        step(&self.pieces, clause, &Found::default())
    }
}

impl Piece {
    /// Whether the words that it can't do without are anywhere: most patterns fail here, which
    /// saves the trying of captures.
    fn may_match(&self, clause: &[Token]) -> bool {
        match self {
            Self::Words {
                choices,
                optional: false,
            } => choices
                .iter()
                .any(|c| c.iter().all(|word| clause.iter().any(|t| t.is(word)))),
            _ => true,
        }
    }
}

fn piece(text: &str) -> Result<Piece, String> {
    if text == "*" {
        return Ok(Piece::Rest);
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        let (name, class) = inner.split_once(':').unwrap_or((inner, ""));
        let class = match class {
            "" => Class::All,
            "Name" => Class::Name,
            "#" => Class::Number,
            "1" => Class::Count,
            "##" => Class::Long,
            "@" => Class::Address,
            section if name == "x" => Class::Exactly(section.to_owned()),
            section => Class::Section(section.to_owned()),
        };
        return match name {
            "s" => Ok(Piece::Subject),
            "p" => Ok(Piece::Owner),
            "v" => Ok(Piece::Value(class)),
            "x" => Ok(Piece::Topic(class)),
            "any" => Ok(Piece::Any),
            _ => Err(format!("{text:?} is no capture")),
        };
    }
    let (optional, choices) = match text.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut choices: Vec<_> = choices
        .split('/')
        .map(|c| spelled(&c.replace('_', " ")))
        .collect();
    choices.sort_by_key(|c| std::cmp::Reverse(c.len()));
    if choices.iter().any(Vec::is_empty) {
        return Err(format!("{text:?} has an empty choice"));
    }
    Ok(Piece::Words { choices, optional })
}

fn step(pieces: &[Piece], tokens: &[Token], found: &Found) -> Option<Found> {
    let Some((piece, rest)) = pieces.split_first() else {
        return ends_in_time(tokens).then(|| Found {
            whole: true,
            ..found.clone()
        });
    };
    match piece {
        Piece::Rest => Some(Found {
            whole: tokens.is_empty(),
            ..found.clone()
        }),
        Piece::Words { choices, optional } => choices
            .iter()
            .filter(|c| c.len() <= tokens.len() && c.iter().zip(tokens).all(|(w, t)| t.is(w)))
            .find_map(|c| step(rest, &tokens[c.len()..], found))
            .or_else(|| optional.then(|| step(rest, tokens, found)).flatten()),
        Piece::Subject | Piece::Owner => {
            let named = if *piece == Piece::Subject {
                subjects(tokens)
            } else {
                owners(tokens)
            };
            named.into_iter().find_map(|(subject, len)| {
                let found = Found {
                    subject: Some(subject),
                    ..found.clone()
                };
                let after = len + words("time").run(&tokens[len..]);
                step(rest, &tokens[after..], &found)
            })
        }
        Piece::Any => (0..=tokens.len().min(6)).find_map(|n| step(rest, &tokens[n..], found)),
        Piece::Value(class) => capture(class, rest, tokens, |value| Found {
            value,
            ..found.clone()
        }),
        Piece::Topic(class) => capture(class, rest, tokens, |topic| Found {
            topic,
            ..found.clone()
        }),
    }
}

fn capture(
    class: &Class,
    rest: &[Piece],
    tokens: &[Token],
    with: impl Fn(Vec<Token>) -> Found,
) -> Option<Found> {
    if rest.is_empty() {
        let cut = words("cut");
        let end = (0..tokens.len())
            .find(|&i| {
                cut.at(&tokens[i..]) > 0 || (!class.may_be_time() && ends_in_time(&tokens[i..]))
            })
            .unwrap_or(tokens.len());
        let value = &tokens[..end];
        return (end > 0 && end <= LONGEST && class.admits(value)).then(|| Found {
            whole: ends_in_time(&tokens[end..]),
            ..with(value.to_vec())
        });
    }
    (1..=tokens.len().min(LONGEST)).find_map(|n| {
        let value = &tokens[..n];
        class
            .admits(value)
            .then(|| step(rest, &tokens[n..], &with(value.to_vec())))
            .flatten()
    })
}

/// Whether nothing but a time is left, which is not part of a value that is none itself.
fn ends_in_time(tokens: &[Token]) -> bool {
    let end = words("time").run(tokens);
    let end = end + words("tail").run(&tokens[end..]);
    let end = end + words("time").run(&tokens[end..]);
    end == tokens.len()
}

impl Class {
    /// Whether a value may be a time, which elsewhere ends it.
    fn may_be_time(&self) -> bool {
        match self {
            Self::Number => true,
            Self::Section(name) => name == "clock",
            _ => false,
        }
    }

    fn admits(&self, value: &[Token]) -> bool {
        match self {
            Self::All => true,
            Self::Name => {
                let first = value
                    .iter()
                    .find(|t| !t.is("the") && !t.is("a") && !t.is("an"));
                first.is_some_and(|t| (t.capital && !t.is("i")) || t.kind == Kind::Han)
            }
            Self::Number => value.iter().any(|t| t.kind == Kind::Number),
            Self::Count => value.len() == 1 && value[0].kind == Kind::Number,
            Self::Long => value
                .iter()
                .any(|t| t.kind == Kind::Number && t.text.len() >= 6),
            Self::Address => value.iter().any(|t| t.text.contains('@')),
            Self::Section(name) => words(name).within(value),
            Self::Exactly(name) => words(name).at(value) == value.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::token::tokens;

    fn value(pattern: &str, clause: &str) -> Option<String> {
        let found = Pattern::parse(pattern).unwrap().matches(&tokens(clause))?;
        Some(
            found
                .value
                .iter()
                .map(|t| &*t.text)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    #[test]
    fn pieces_match_in_order() {
        let pattern = "{s} live/am_living in {v}";
        assert_eq!(
            value(pattern, "I live in Leeds with Tom"),
            Some("leeds".into())
        );
        assert_eq!(
            value(pattern, "I'm living in New York last month"),
            Some("new york".into())
        );
        assert_eq!(value(pattern, "I live near Leeds"), None);
        assert_eq!(
            value("{s} 住在 {v}", "我去年住在杭州了"),
            Some("杭 州".into())
        );
    }

    #[test]
    fn classes_narrow_a_value() {
        assert_eq!(value("{s} moved to {v:Name}", "I moved to the sofa"), None);
        assert_eq!(
            value("{s} moved to {v:Name}", "I moved to Bath"),
            Some("bath".into())
        );
        assert_eq!(
            value("use {v:@} *", "use a@b.cn from now on"),
            Some("a@b.cn".into())
        );
        assert_eq!(value("{s} am {v:#}", "I am seven"), Some("7".into()));
    }

    #[test]
    fn a_bad_pattern_is_refused() {
        for bad in ["", "{y}", "* a", "a//b"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
