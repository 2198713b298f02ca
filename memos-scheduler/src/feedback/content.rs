//! What a text is about, for the comparison of feedback with memories.

use std::collections::BTreeSet;

use memos_core::Memory;

use super::token::{Kind, Token, tokens};
use super::words::words;

/// What some words are about: words without their endings, numbers, and pairs of Han characters.
pub(super) type Content = BTreeSet<Box<str>>;

/// The content of some words.
pub(super) fn content(tokens: &[Token]) -> Content {
    let mut out = Content::new();
    let mut run: Vec<&str> = Vec::new();
    for token in tokens {
        let counts = token.kind == Kind::Han && !words("function").has(token);
        if counts {
            run.push(&token.text);
            continue;
        }
        end_run(&mut run, &mut out);
        match token.kind {
            Kind::Word if !words("stop").has(token) => {
                out.insert(stem(&token.text));
            }
            Kind::Number => {
                out.insert(token.text.clone());
            }
            _ => {}
        }
    }
    end_run(&mut run, &mut out);
    out
}

fn end_run(run: &mut Vec<&str>, out: &mut Content) {
    match run.as_slice() {
        [one] => {
            out.insert((*one).into());
        }
        more => out.extend(more.windows(2).map(|pair| pair.concat().into())),
    }
    run.clear();
}

/// A word without the ending of a plural or of the third person.
fn stem(word: &str) -> Box<str> {
    if let Some(stem) = word.strip_suffix("ies").filter(|s| s.len() > 1) {
        return format!("{stem}y").into();
    }
    let plain = word.len() > 3 && !word.ends_with("ss") && !word.ends_with("us");
    let stem = word.strip_suffix('s').filter(|_| plain);
    stem.unwrap_or(word).into()
}

/// A part of a memory between two marks.
#[derive(Debug)]
pub(super) struct Clause {
    pub(super) tokens: Vec<Token>,
    words: BTreeSet<Box<str>>,
    han: String,
}

impl Clause {
    fn new(tokens: &[Token]) -> Self {
        let han = |t: &Token| {
            if t.kind == Kind::Han {
                t.text.to_string()
            } else {
                " ".into()
            }
        };
        Self {
            words: tokens.iter().map(|t| stem(&t.text)).collect(),
            han: tokens.iter().map(han).collect(),
            tokens: tokens.to_vec(),
        }
    }

    /// Whether it holds one entry of a content.
    pub(super) fn holds(&self, part: &str) -> bool {
        self.words.contains(part) || self.han.contains(part)
    }

    /// Whether it holds all of a content.
    pub(super) fn holds_all(&self, content: &Content) -> bool {
        content.iter().all(|part| self.holds(part))
    }

    /// Whether it says that something is not so.
    pub(super) fn denies(&self) -> bool {
        words("negator").any_of(&self.tokens)
    }

    /// The content of the words before the first that belongs to `content`.
    pub(super) fn content_before(&self, content: &Content) -> Content {
        let found = (1..=self.tokens.len()).find(|n| {
            let seen = Self::new(&self.tokens[..*n]);
            content.iter().any(|part| seen.holds(part))
        });
        // A pair of characters is found with its second.
        let end = found.map_or(0, |n| n.saturating_sub(1));
        let mut before = super::content::content(&self.tokens[..end]);
        before.retain(|part| !content.iter().any(|c| c.starts_with(&**part)));
        before
    }
}

/// A memory as feedback may mean it.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) memory: &'a Memory,
    /// What it asserts.
    pub(super) clauses: Vec<Clause>,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Candidate<'a> {
    /// Reads a memory; none if it is no text.
    pub(super) fn new(memory: &'a Memory) -> Option<Self> {
        let all = tokens(&memory.payload.plaintext()?.text);
        let mut clauses = Vec::new();
        for sentence in all.split_inclusive(Token::ends_sentence) {
            if sentence.last().is_some_and(|t| t.kind != Kind::Ask) {
                let parts = sentence.split(Token::is_mark).filter(|c| !c.is_empty());
                clauses.extend(parts.map(Clause::new));
            }
        }
        Some(Self {
            memory,
            clauses,
            tokens: all,
        })
    }

    /// How much of a content it holds.
    pub(super) fn overlap(&self, content: &Content) -> usize {
        let held = |part: &str| self.clauses.iter().any(|clause| clause.holds(part));
        content.iter().filter(|part| held(part)).count()
    }

    /// Its words.
    pub(super) fn text(&self) -> &str {
        self.memory.payload.plaintext().map_or("", |p| &p.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        content(&tokens(text))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn what_a_text_is_about() {
        assert_eq!(of("My cats have 3 kitties."), ["3", "cat", "kitty"]);
        assert_eq!(of("我的狗叫旺财"), ["旺财", "狗"]);
        assert_eq!(of("I'm in it"), [""; 0]);
    }

    #[test]
    fn a_clause_knows_what_comes_before() {
        let clause = Clause::new(&tokens("my brother drinks coffee"));
        let content = content(&tokens("drink coffee"));
        assert!(clause.holds_all(&content));
        assert_eq!(clause.content_before(&content).len(), 1);
        let clause = Clause::new(&tokens("我去过日本两次"));
        assert!(clause.holds_all(&super::content(&tokens("我没去过日本"))));
        assert!(
            clause
                .content_before(&super::content(&tokens("去过日本")))
                .is_empty()
        );
    }
}
