//! Wordings as patterns, written in a file of data.
//!
//! A pattern is a list of items between spaces:
//!
//! | item | stands for |
//! |---|---|
//! | `a/b_c` | the word `a`, or the words `b c`; Han words come apart by themselves |
//! | `?a/b` | the same, or nothing |
//! | `^` | the start of a sentence, after words such as "oh" |
//! | `<` | the start of a clause, or of a sentence |
//! | `,` | the end of a clause, or the start of a new one without a mark before "I" or 我 |
//! | `*` | up to six words without a mark |
//! | `{x}` | one to eight words without a mark, kept under the name `x` |
//! | `{x*}` | up to sixteen words without a mark, kept under the name `x` |

use std::ops::Range;

use super::token::{Kind, Token, is_han};

/// Most words that `*` stands for.
const GAP: usize = 6;
/// Most words that `{x}` stands for: a value.
const VALUE: usize = 8;
/// Most words that `{x*}` stands for: a clause.
const CLAUSE: usize = 16;
/// Words that begin a clause also without a mark before them.
const BEGINNINGS: [&str; 7] = ["i", "my", "we", "our", "我", "但", "but"];

#[derive(Debug)]
enum Item {
    Sentence,
    Clause,
    Break,
    Words {
        any: Vec<Vec<Box<str>>>,
        optional: bool,
    },
    Keep {
        name: Option<char>,
        least: usize,
        most: usize,
    },
}

/// A wording.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Item>);

/// Where a pattern stands in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The tokens that it covers.
    pub(super) span: Range<usize>,
    kept: Vec<(char, Range<usize>)>,
}

impl Found {
    /// The tokens that were kept under a name.
    pub(super) fn kept(&self, name: char, tokens: &[Token]) -> Vec<Token> {
        let ranges = self.kept.iter().filter(|(n, _)| *n == name);
        let tokens = ranges.flat_map(|(_, range)| &tokens[range.clone()]);
        tokens.cloned().collect()
    }
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn read(text: &str) -> Self {
        Self(text.split_whitespace().map(item).collect())
    }

    /// The first place where it stands in a text. `openers` are what a sentence may begin with
    /// before it begins.
    pub(super) fn find(
        &self,
        tokens: &[Token],
        openers: &dyn Fn(&[Token]) -> usize,
    ) -> Option<Found> {
        (0..=tokens.len()).find_map(|start| {
            let mut kept = Vec::new();
            let text = Text { tokens, openers };
            let end = text.fits(&self.0, start, &mut kept)?;
            (end > start).then_some(Found {
                span: start..end,
                kept,
            })
        })
    }
}

fn item(text: &str) -> Item {
    match text {
        "^" => return Item::Sentence,
        "<" => return Item::Clause,
        "," => return Item::Break,
        "*" => {
            return Item::Keep {
                name: None,
                least: 0,
                most: GAP,
            };
        }
        _ => {}
    }
    if let Some(name) = text.strip_prefix('{') {
        let clause = text.ends_with("*}");
        return Item::Keep {
            name: name.chars().next(),
            least: usize::from(!clause),
            most: if clause { CLAUSE } else { VALUE },
        };
    }
    let (words, optional) = match text.strip_prefix('?') {
        Some(words) => (words, true),
        None => (text, false),
    };
    Item::Words {
        any: words.split('/').map(spelled).collect(),
        optional,
    }
}

/// A phrase as the tokens that it is made of.
fn spelled(phrase: &str) -> Vec<Box<str>> {
    let mut out: Vec<Box<str>> = Vec::new();
    for word in phrase.split('_') {
        match word.chars().all(is_han) {
            true => out.extend(word.chars().map(|c| c.to_string().into())),
            false => out.push(word.into()),
        }
    }
    out
}

struct Text<'a> {
    tokens: &'a [Token],
    openers: &'a dyn Fn(&[Token]) -> usize,
}

impl Text<'_> {
    fn fits(
        &self,
        items: &[Item],
        at: usize,
        kept: &mut Vec<(char, Range<usize>)>,
    ) -> Option<usize> {
        let Some((item, rest)) = items.split_first() else {
            return Some(at);
        };
        match item {
            Item::Sentence => self
                .begins_sentence(at)
                .then(|| self.fits(rest, at, kept))?,
            Item::Clause => {
                let begins = at == 0 || self.tokens[at - 1].is_mark() || self.begins_sentence(at);
                begins.then(|| self.fits(rest, at, kept))?
            }
            Item::Break => {
                let marks = self.tokens[at..].iter().take_while(|t| t.is_mark()).count();
                let next = self.tokens.get(at);
                let breaks = next.is_none_or(|t| t.is_mark() || BEGINNINGS.contains(&&*t.text));
                breaks.then(|| self.fits(rest, at + marks, kept))?
            }
            Item::Words { any, optional } => {
                let mut ends: Vec<usize> = any.iter().filter_map(|p| self.phrase(p, at)).collect();
                ends.sort_unstable_by(|a, b| b.cmp(a));
                if *optional {
                    ends.push(at);
                }
                ends.into_iter().find_map(|end| self.fits(rest, end, kept))
            }
            Item::Keep { name, least, most } => {
                let run = self.tokens[at..]
                    .iter()
                    .take(*most)
                    .take_while(|t| !t.is_mark());
                let longest = run.count();
                (*least..=longest).find_map(|n| {
                    let before = kept.len();
                    kept.extend(name.map(|name| (name, at..at + n)));
                    let end = self.fits(rest, at + n, kept);
                    if end.is_none() {
                        kept.truncate(before);
                    }
                    end
                })
            }
        }
    }

    fn phrase(&self, phrase: &[Box<str>], at: usize) -> Option<usize> {
        let here = self.tokens.get(at..at + phrase.len())?;
        let fits = phrase.iter().zip(here).all(|(word, token)| match &**word {
            "#" => token.kind == Kind::Number,
            word => word == &*token.text,
        });
        fits.then_some(at + phrase.len())
    }

    fn begins_sentence(&self, at: usize) -> bool {
        let mut start = self.tokens[..at]
            .iter()
            .rposition(Token::ends_sentence)
            .map_or(0, |i| i + 1);
        while start < at {
            match (self.openers)(&self.tokens[start..at]) {
                0 if self.tokens[start].is_mark() => start += 1,
                0 => return false,
                n => start += n,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<(Vec<String>, String)> {
        let tokens = tokens(text);
        let openers = |t: &[Token]| usize::from(matches!(&*t[0].text, "oh" | "sorry"));
        let found = Pattern::read(pattern).find(&tokens, &openers)?;
        let words = |t: &[Token]| t.iter().map(|t| t.text.to_string()).collect();
        let x: Vec<String> = words(&found.kept('x', &tokens));
        Some((words(&tokens[found.span.clone()]), x.join(" ")))
    }

    #[test]
    fn anchors_hold() {
        let pattern = "^ that is/'s wrong ,";
        assert!(find(pattern, "Oh, sorry, that's wrong.").is_some());
        assert!(find(pattern, "Hm. That is wrong").is_some());
        assert!(find(pattern, "that's wrong I moved").is_some());
        assert!(find(pattern, "She says that's wrong.").is_none());
        assert!(find(pattern, "That's wrong of them.").is_none());
        assert!(find("< 弄错了 ,", "没去过，弄错了。").is_some());
        assert!(find("不对 ,", "公园不对外开放").is_none());
    }

    #[test]
    fn values_are_kept() {
        let x = |pattern, text| find(pattern, text).map(|(_, x)| x);
        assert_eq!(
            x("is not {x} but", "It is not the red one but").unwrap(),
            "the red one"
        );
        assert_eq!(
            x("不是 {x} , ?而 是", "不是红色，而是蓝色").unwrap(),
            "红 色"
        );
        assert_eq!(x("not {x} but", "not, but"), None, "one word at least");
        assert_eq!(x("{x*} , not", ", not"), Some(String::new()));
    }
}
