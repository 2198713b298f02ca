//! Which of several memories a correction means, by rules.

use super::content::{Candidate, Content, content};
use super::reading::{Contrast, Reading};
use super::token::{Kind, Token};
use super::words::words;

/// What the words around a contrast are about.
enum Frame {
    /// These things.
    About(Content),
    /// The speaker, and nothing else that is named.
    Speaker,
    /// What was said before.
    Before,
    /// Somebody else, unnamed.
    Other,
}

impl Frame {
    fn of(contrast: &Contrast) -> Self {
        let (wrong, right) = (content(&contrast.wrong), content(&contrast.right));
        let mut about = content(&contrast.about);
        about.extend(wrong.intersection(&right).cloned());
        if is_elliptic(&contrast.about) {
            Self::Before
        } else if !about.is_empty() {
            Self::About(about)
        } else if words("first").any_of(&contrast.about) {
            Self::Speaker
        } else {
            Self::Other
        }
    }
}

/// Whether what is spoken of was named before, not here.
fn is_elliptic(tokens: &[Token]) -> bool {
    let mut rest = tokens;
    while let n @ 1.. = words("opener").at(rest) {
        rest = &rest[n..];
    }
    rest.is_empty() || words("elliptic").at(rest) > 0
}

/// The candidate that says what a contrast calls wrong.
pub(super) fn by_contrast(reading: &Reading, candidates: &[Candidate<'_>]) -> Option<usize> {
    reading.contrasts.iter().find_map(|contrast| {
        let (wrong, right) = (content(&contrast.wrong), content(&contrast.right));
        let only = |a: &Content, b: &Content| a.difference(b).cloned().collect::<Content>();
        let (wrong, right) = (only(&wrong, &right), only(&right, &wrong));
        if wrong.is_empty() {
            return None;
        }
        let says = |candidate: &Candidate<'_>| {
            candidate.clauses.iter().any(|clause| {
                let corrected = !right.is_empty() && clause.holds_all(&right);
                clause.holds_all(&wrong) && !clause.denies() && !corrected
            })
        };
        let saying: Vec<usize> = (0..candidates.len())
            .filter(|i| says(&candidates[*i]))
            .collect();
        match Frame::of(contrast) {
            Frame::About(about) => {
                let overlap = |i: &usize| candidates[*i].overlap(&about);
                let most = saying.iter().map(overlap).max().filter(|n| *n > 0)?;
                saying.iter().copied().find(|i| overlap(i) == most)
            }
            Frame::Speaker => {
                let own = |i: &usize| words("first").any_of(&candidates[*i].tokens);
                the_one(
                    &saying.into_iter().filter(own).collect::<Vec<_>>(),
                    candidates,
                )
            }
            Frame::Before => the_one(&saying, candidates),
            Frame::Other => None,
        }
    })
}

/// The first of several that say the same; none if they differ.
fn the_one(found: &[usize], candidates: &[Candidate<'_>]) -> Option<usize> {
    let first = *found.first()?;
    let text = candidates[first].text();
    found
        .iter()
        .all(|i| candidates[*i].text() == text)
        .then_some(first)
}

/// The candidate that says what the feedback says is not so.
pub(super) fn by_denial(reading: &Reading, candidates: &[Candidate<'_>]) -> Option<usize> {
    if reading.contrasted {
        return None;
    }
    reading.asserted.split(Token::is_mark).find_map(|clause| {
        // Two negations deny nothing.
        let denies = clause.iter().filter(|t| words("negator").has(t)).count() == 1;
        if !denies || words("third").any_of(clause) {
            return None;
        }
        let denied = content(clause);
        if denied.len() < 2 {
            return None;
        }
        candidates.iter().position(|candidate| {
            candidate.clauses.iter().any(|clause| {
                // Another subject would stand before what is said of it.
                let same_subject = || clause.content_before(&denied).is_empty();
                clause.holds_all(&denied) && !clause.denies() && same_subject()
            })
        })
    })
}

/// Most words of a value that stands for another, and fewest that both say before it.
const LONGEST_VALUE: usize = 4;
const SHORTEST_FRAME: usize = 2;

/// The candidate that says the same with another value, of the speaker or what is his: "I live in
/// Turin" where it says "I live in Milan". Only for words that say outright that something is wrong.
pub(super) fn by_frame(
    reading: &Reading,
    said: &[Token],
    candidates: &[Candidate<'_>],
) -> Option<usize> {
    if !reading.outright || reading.contrasted {
        return None;
    }
    let fits = |new: &[Token], old: &[Token]| {
        let same = new.iter().zip(old).take_while(|(a, b)| a.text == b.text);
        let frame = same.count();
        let (head, new, old) = (&new[..frame], &new[frame..], &old[frame..]);
        let lengths = 1..=LONGEST_VALUE;
        frame >= SHORTEST_FRAME
            && words("first").any_of(head)
            && !content(head).is_empty()
            && lengths.contains(&new.len())
            && lengths.contains(&old.len())
            && !content(new).is_empty()
            && content(new).is_disjoint(&content(old))
    };
    let denies = |tokens: &[Token]| words("negator").any_of(tokens);
    let mut stated = said.split(Token::is_mark).filter(|clause| !denies(clause));
    stated.find_map(|new| {
        let says = |candidate: &Candidate<'_>| {
            candidate
                .clauses
                .iter()
                .any(|old| !old.denies() && fits(new, &old.tokens))
        };
        let saying: Vec<usize> = (0..candidates.len())
            .filter(|i| says(&candidates[*i]))
            .collect();
        the_one(&saying, candidates)
    })
}

/// Whether feedback gives another value of a kind that the memory has one of: another number, day,
/// month, time or name.
pub(super) fn has_other_value(
    reading: &Reading,
    said: &[Token],
    candidate: &Candidate<'_>,
) -> bool {
    let shares = || candidate.overlap(&content(&reading.asserted)) > 0;
    let about_it = is_elliptic(said) || is_bare(said) || shares();
    about_it && {
        let (new, old) = (values(said), values(&candidate.tokens));
        new.iter()
            .zip(&old)
            .any(|(new, old)| !new.is_empty() && !old.is_empty() && new.is_disjoint(old))
    }
}

/// Whether it is hardly more than a value.
fn is_bare(said: &[Token]) -> bool {
    const LONGEST: usize = 4;
    said.iter().filter(|t| !t.is_mark()).count() <= LONGEST
}

/// Numbers, days of the week, months, times of day, names.
fn values(tokens: &[Token]) -> [Content; 5] {
    let listed = |section: &str| -> Content {
        let found = words(section).within(tokens);
        found
            .map(|phrase| phrase.concat().replace('天', "日").into())
            .collect()
    };
    // 周四 and 星期四 are one day.
    let days = listed("weekday");
    let day = |name: &str| -> Box<str> {
        let last = name.chars().last().filter(|c| !c.is_ascii());
        last.map_or(name.into(), |c| c.to_string().into())
    };
    let numbers = tokens.iter().filter(|t| t.kind == Kind::Number);
    let is_name = |i: &usize| {
        let token = &tokens[*i];
        let begins = *i == 0 || tokens[i - 1].ends_sentence();
        let dated = ["weekday", "month"].iter().any(|s| words(s).has(token));
        token.capital && !begins && token.kind == Kind::Word && !words("stop").has(token) && !dated
    };
    [
        numbers.map(|t| t.text.clone()).collect(),
        days.iter().map(|name| day(name)).collect(),
        listed("month"),
        listed("clock"),
        (0..tokens.len())
            .filter(is_name)
            .map(|i| tokens[i].text.clone())
            .collect(),
    ]
}
