//! A text as clauses, each with what keeps it from being a plain statement about now.

use super::lexicon::words;
use super::token::{Kind, Token, tokens};

/// A part of a sentence between marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Without openers and adverbs.
    pub(super) tokens: Vec<Token>,
    /// What kind of sentence it stands in.
    pub(super) mood: Mood,
    /// Whether the sentence says "now", "from now on" or the like.
    pub(super) now: bool,
}

/// What keeps a sentence from being a plain statement about now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mood {
    /// It asks.
    pub(super) question: bool,
    /// It tells what may be, might have been or shall be.
    pub(super) unreal: bool,
    /// It tells what somebody else says.
    pub(super) reported: bool,
    /// It tells what was.
    pub(super) past: bool,
    /// It tells what will not last.
    pub(super) temporary: bool,
}

impl Mood {
    /// Whether it says that something is so.
    pub(super) fn is_assertive(self) -> bool {
        !(self.question || self.unreal || self.reported || self.past)
    }
}

/// Clauses that are read of one text, at most.
const MOST: usize = 64;

/// The clauses of a text, and how many sentences it has.
pub(super) fn clauses(text: &str) -> (Vec<Clause>, usize) {
    let mut out = Vec::new();
    let mut count = 0;
    let all = tokens(text);
    for sentence in all.split_inclusive(|t| t.kind == Kind::End) {
        let body = sentence.iter().filter(|t| !t.is_mark()).count();
        if body == 0 {
            continue;
        }
        count += 1;
        if out.len() < MOST {
            sentence_clauses(sentence, &mut out);
        }
    }
    (out, count)
}

fn sentence_clauses(sentence: &[Token], out: &mut Vec<Clause>) {
    let sentence = unquoted(sentence);
    let mood = mood(&sentence);
    let now = words("now").within(&sentence);
    for part in sentence.split(Token::is_mark) {
        let opened = words("opener").run(part);
        let tokens = words("adverb").strip(&part[opened..]);
        if !tokens.is_empty() {
            out.push(Clause { tokens, mood, now });
        }
    }
}

/// Without what stands between quotation marks, unless it is as short as a title.
fn unquoted(sentence: &[Token]) -> Vec<Token> {
    const TITLE: usize = 4;
    let mut out = Vec::with_capacity(sentence.len());
    for (i, part) in sentence.split(|t| t.is("\"")).enumerate() {
        if i % 2 == 0 || part.len() <= TITLE {
            out.extend_from_slice(part);
        }
    }
    out
}

fn mood(sentence: &[Token]) -> Mood {
    let asks = sentence.last().is_some_and(|t| t.is("?"));
    let opened = words("opener").run(sentence);
    let body = &sentence[opened..];
    let end = sentence
        .iter()
        .rposition(|t| !t.is_mark())
        .map_or(0, |i| i + 1);
    let ends_asking = end > 0 && words("question_end").at(&sentence[end - 1..]) > 0;
    Mood {
        question: asks || ends_asking || words("question").at(body) > 0,
        unreal: words("unreal").within(&without_may(sentence)),
        reported: words("reported").within(sentence),
        past: words("past").within(sentence) || names_a_year(sentence),
        temporary: words("temporary").within(sentence),
    }
}

/// Without the month of May, which is no "may".
fn without_may(sentence: &[Token]) -> Vec<Token> {
    let is_month = |i: usize| {
        let number = |i: usize| sentence.get(i).is_some_and(|t| t.kind == Kind::Number);
        let beside = number(i + 1) || i.checked_sub(1).is_some_and(number);
        sentence[i].is("may") && (beside || (sentence[i].capital && i > 0))
    };
    let kept = (0..sentence.len()).filter(|i| !is_month(*i));
    kept.map(|i| sentence[i].clone()).collect()
}

/// Whether a year is named, as in "in 2010" or "2010年": what happened then is no news.
fn names_a_year(sentence: &[Token]) -> bool {
    let is_year = |t: &Token| {
        t.kind == Kind::Number
            && t.text.len() == 4
            && (t.text.starts_with("19") || t.text.starts_with("20"))
    };
    sentence.iter().enumerate().any(|(i, t)| {
        is_year(t)
            && (sentence.get(i + 1).is_some_and(|n| n.is("年"))
                || i.checked_sub(1)
                    .is_some_and(|b| ["in", "since", "until", "of"].contains(&&*sentence[b].text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moods_are_seen() {
        let of = |text: &str| clauses(text).0[0].mood;
        assert!(of("I live in Leeds.").is_assertive());
        assert!(of("Do you live in Leeds?").question);
        assert!(of("你住在杭州吗").question);
        assert!(of("If I moved, it would be nice.").unreal);
        assert!(of("我可能会搬家").unreal);
        assert!(of("Zoe told me: I moved").reported);
        assert!(of("Back then I was single").past);
        assert!(of("2010年我住在北京").past);
        assert!(of("这周我住在苏州").temporary);
    }

    #[test]
    fn clauses_lose_openers_and_adverbs() {
        let (clauses, sentences) = clauses("Guess what, I finally moved to Bath! Now I'm happy.");
        let text = |c: &Clause| {
            c.tokens
                .iter()
                .map(|t| &*t.text)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            clauses.iter().map(text).collect::<Vec<_>>(),
            ["i moved to bath", "i am happy"]
        );
        assert_eq!(
            (sentences, clauses[0].now, clauses[1].now),
            (2, false, true)
        );
    }

    #[test]
    fn quoted_words_are_not_the_speakers() {
        let (clauses, _) = clauses("She wrote \"I have moved to Denver now\" on a card");
        assert!(
            clauses
                .iter()
                .all(|c| !c.tokens.iter().any(|t| t.is("denver")))
        );
    }
}
