//! What words of feedback say: whether they are a correction at all, of what kind, and what they
//! hold against what.

use std::sync::LazyLock;

use super::CorrectionKind;
use super::pattern::{Found, Pattern};
use super::token::{Kind, Token, tokens};
use super::words::words;

/// A correction, as its words tell.
#[derive(Debug)]
pub(super) struct Reading {
    /// Whether it says outright that what is remembered is wrong; or else only hints at it, and what
    /// it corrects must bear it out.
    pub(super) outright: bool,
    pub(super) kind: CorrectionKind,
    /// Which of several it means, from 0.
    pub(super) nth: Option<usize>,
    pub(super) contrasts: Vec<Contrast>,
    /// Whether one thing is set against another, even if that takes nothing back: "not X but very X".
    pub(super) contrasted: bool,
    /// Its sentences that assert something.
    pub(super) asserted: Vec<Token>,
    /// First byte of what it says beside that something is wrong.
    pub(super) start: usize,
}

/// What is wrong, what is right, and about what.
#[derive(Debug)]
pub(super) struct Contrast {
    pub(super) wrong: Vec<Token>,
    pub(super) right: Vec<Token>,
    pub(super) about: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Outright,
    Nth,
    Opening,
    Hint,
    Contrast,
    Parallel,
    Agrees,
    Unsure,
}

struct Marker {
    role: Role,
    kind: CorrectionKind,
    pattern: Pattern,
}

impl Marker {
    fn find(&self, tokens: &[Token]) -> Option<Found> {
        self.pattern
            .find(tokens, &|tokens| words("opener").at(tokens))
    }
}

fn markers(roles: &[Role]) -> impl Iterator<Item = &'static Marker> {
    static MARKERS: LazyLock<Vec<Marker>> = LazyLock::new(|| {
        include_str!("markers.txt")
            .lines()
            .filter_map(marker)
            .collect()
    });
    let roles = roles.to_vec();
    MARKERS.iter().filter(move |m| roles.contains(&m.role))
}

/// One line of the file; none if it is empty or a comment.
fn marker(line: &str) -> Option<Marker> {
    let (role, rest) = line.split_once(' ')?;
    let role = match role {
        "outright" => Role::Outright,
        "nth" => Role::Nth,
        "opening" => Role::Opening,
        "hint" => Role::Hint,
        "contrast" => Role::Contrast,
        "parallel" => Role::Parallel,
        "agrees" => Role::Agrees,
        "unsure" => Role::Unsure,
        _ => return None,
    };
    let rest = rest.trim_start();
    let (kind, pattern) = match rest.split_once(' ') {
        Some(("wrong", pattern)) => (CorrectionKind::Wrong, pattern),
        Some(("changed", pattern)) => (CorrectionKind::Changed, pattern),
        _ => (CorrectionKind::Wrong, rest),
    };
    Some(Marker {
        role,
        kind,
        pattern: Pattern::read(pattern),
    })
}

impl Reading {
    /// Reads feedback; none if it is no correction.
    pub(super) fn of(text: &str) -> Option<Self> {
        let all = tokens(text);
        let mut asserted = Vec::new();
        for sentence in all.split_inclusive(Token::ends_sentence) {
            let asks = sentence.last().is_some_and(|t| t.kind == Kind::Ask);
            let unsure = || markers(&[Role::Unsure]).any(|m| m.find(sentence).is_some());
            if !asks && !unsure() {
                asserted.extend_from_slice(sentence);
            }
        }
        if markers(&[Role::Agrees]).any(|m| m.find(&asserted).is_some()) {
            return None;
        }
        let mut reading = Self {
            outright: false,
            kind: CorrectionKind::Wrong,
            nth: None,
            contrasts: Vec::new(),
            contrasted: false,
            start: start(&all),
            asserted: Vec::new(),
        };
        let mut recognised = false;
        let roles = [
            Role::Outright,
            Role::Nth,
            Role::Opening,
            Role::Hint,
            Role::Contrast,
            Role::Parallel,
        ];
        for marker in markers(&roles) {
            let Some(found) = marker.find(&asserted) else {
                continue;
            };
            match marker.role {
                Role::Outright => reading.outright = true,
                Role::Nth => reading.nth = ordinal(&found.kept('n', &asserted)),
                Role::Contrast | Role::Parallel => {
                    reading.contrasted |= marker.role == Role::Contrast;
                    let Some(contrast) = contrast(&found, &asserted, marker.role) else {
                        continue;
                    };
                    reading.contrasts.push(contrast);
                }
                Role::Opening | Role::Hint | Role::Agrees | Role::Unsure => {}
            }
            recognised = true;
            if marker.kind == CorrectionKind::Changed {
                reading.kind = CorrectionKind::Changed;
            }
        }
        reading.asserted = asserted;
        recognised.then_some(reading)
    }
}

/// Where what is said begins, after words that only say that something is wrong.
fn start(tokens: &[Token]) -> usize {
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let skipped = match words("opener").at(rest) {
            0 if rest[0].is_mark() => 1,
            0 => markers(&[Role::Outright, Role::Opening])
                .filter_map(|m| m.find(rest))
                .filter(|found| found.span.start == 0)
                .map(|found| found.span.end)
                .max()
                .unwrap_or(0),
            n => n,
        };
        if skipped == 0 {
            break;
        }
        at += skipped;
    }
    at.checked_sub(1).map_or(0, |last| tokens[last].end)
}

fn contrast(found: &Found, tokens: &[Token], role: Role) -> Option<Contrast> {
    let [wrong, right, about] = ['x', 'y', 'f'].map(|name| found.kept(name, tokens));
    let parallel = wrong.first().map(|t| &t.text) == right.first().map(|t| &t.text);
    let fits = role == Role::Contrast || parallel;
    let emphatic = words("emphasis").at(&wrong) > 0 || words("negator").any_of(&wrong);
    (fits && !emphatic).then_some(Contrast {
        wrong,
        right,
        about,
    })
}

/// The number that an ordinal stands for, from 0.
fn ordinal(kept: &[Token]) -> Option<usize> {
    let [token] = kept else { return None };
    if let Ok(number) = token.text.parse::<usize>() {
        return number.checked_sub(1);
    }
    let han = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let han = || han.iter().position(|h| **h == *token.text);
    words("ordinal").position(&token.text).or_else(han)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What remains to be judged of a text, and the kind of correction.
    fn read(text: &str) -> Option<(bool, CorrectionKind, &str)> {
        let reading = Reading::of(text)?;
        Some((reading.outright, reading.kind, text[reading.start..].trim()))
    }

    #[test]
    fn the_words_around_a_statement_come_off() {
        use CorrectionKind::{Changed, Wrong};
        let moved = Some((true, Changed, "I moved to Lyon."));
        assert_eq!(read("That's wrong, I moved to Lyon."), moved);
        assert_eq!(read("Oh, sorry, that's wrong. I moved to Lyon."), moved);
        assert_eq!(
            read("不对，我搬到成都了。"),
            Some((true, Changed, "我搬到成都了。"))
        );
        assert_eq!(read("No, it's Anna."), Some((false, Wrong, "it's Anna.")));
        assert_eq!(read("that's wrong"), Some((true, Wrong, "")));
    }

    #[test]
    fn what_asserts_nothing_is_no_correction() {
        for text in [
            "Is that wrong?",
            "No problem!",
            "没错，我住在北京。",
            "如果错了就告诉我",
            "I live in Paris.",
            "",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn contrasts_are_taken_apart() {
        let parts = |text: &str| {
            let reading = Reading::of(text).unwrap();
            let joined = |t: &[Token]| t.iter().map(|t| &*t.text).collect::<Vec<_>>().join(" ");
            let c = &reading.contrasts[0];
            [joined(&c.about), joined(&c.wrong), joined(&c.right)]
        };
        assert_eq!(
            parts("It's not the 5th but the 15th."),
            ["it", "the 5", "the 15"]
        );
        assert_eq!(
            parts("My car isn't red, it's blue."),
            ["my car", "red", "blue"]
        );
        assert_eq!(
            parts("我的车不是红色的，是蓝色的。"),
            ["我 的 车", "红 色 的", "蓝 色 的"]
        );
        assert_eq!(parts("她叫李娜，不叫李兰"), ["她 叫 李 娜", "李 兰", ""]);
    }
}
