//! What is left of a text when everything is taken away that two texts may differ in and still say
//! the same.

use super::lexicon::words;
use super::token::{Kind, Token, tokens};

/// The words that count, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gist {
    /// All words: equal in exact repeats.
    pub(super) exact: Vec<Box<str>>,
    /// The words that count: equal in near repeats.
    pub(super) near: Vec<Box<str>>,
    /// The words that count but for negations: equal in statements of which one denies the other.
    pub(super) bare: Vec<Box<str>>,
    /// Whether it denies what `bare` says.
    pub(super) negated: bool,
    /// Whether it names a time that depends on the day on which it is said.
    pub(super) deictic: bool,
    /// Whether it says something, beyond kindness.
    pub(super) substantial: bool,
}

/// Fewest words that count of a text that is compared: below, a repeat is chance.
const FEWEST: usize = 2;

const NEGATIONS: [&str; 8] = ["not", "never", "no", "without", "neither", "不", "没", "无"];

impl Gist {
    pub(super) fn of(text: &str) -> Self {
        let all: Vec<Token> = tokens(text).into_iter().filter(|t| !t.is_mark()).collect();
        let near = plain(&all);
        let denies = |t: &Token| NEGATIONS.contains(&&*t.text);
        let denials = all.iter().filter(|t| denies(t)).count();
        let affirmed: Vec<Token> = all.iter().filter(|t| !denies(t)).cloned().collect();
        let bare = plain(&affirmed);
        let social = words("social");
        Self {
            exact: all.iter().map(|t| t.text.clone()).collect(),
            deictic: words("deictic").within(&all),
            negated: denials % 2 == 1,
            substantial: near.len() >= FEWEST && !near.iter().all(|w| social.has(w)),
            near,
            bare,
        }
    }
}

fn plain(all: &[Token]) -> Vec<Box<str>> {
    let mut out: Vec<Token> = Vec::with_capacity(all.len());
    for (i, token) in all.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |b| &*all[b].text);
        let next = all.get(i + 1).map_or("", |t| &*t.text);
        let mut token = token.clone();
        let after_number = i > 0 && all[i - 1].kind == Kind::Number;
        if token.is("got") && (before == "have" || before == "has") {
            continue;
        } else if token.is("am") && after_number {
            token.text = "a.m.".into();
        } else if token.is("1") && all.get(i + 1).is_some_and(|t| t.kind == Kind::Han) {
            // 一个星期 and 一星期, 一名老师 and 老师
            continue;
        } else if token.is("号") && after_number {
            token.text = "日".into();
        } else if ["was", "were"].contains(&&*token.text) && next.ends_with("ed") {
            continue;
        } else if ["am", "is", "are", "been", "be", "'s"].contains(&before)
            && let Some(base) = base_of_ing(&token.text)
        {
            token.text = base.into();
        } else if let Some(other) = american(&token.text) {
            token.text = other.into();
        }
        out.push(token);
    }
    let mut out = words("filler").strip(&out);
    order_dates(&mut out);
    out.into_iter().map(|t| t.text).collect()
}

/// "14 March" and "14 of March" as "March 14".
fn order_dates(tokens: &mut Vec<Token>) {
    let month = words("month");
    let mut i = 0;
    while i + 1 < tokens.len() {
        if tokens[i].kind == Kind::Number {
            if tokens[i + 1].is("of") && tokens.get(i + 2).is_some_and(|t| month.has(&t.text)) {
                tokens.remove(i + 1);
            }
            let named_before = i > 0 && month.has(&tokens[i - 1].text);
            if month.has(&tokens[i + 1].text) && !named_before {
                tokens.swap(i, i + 1);
                i += 1;
            }
        }
        i += 1;
    }
}

/// The American spelling of a word in British spelling.
fn american(word: &str) -> Option<&'static str> {
    const SPELLINGS: [(&str, &str); 16] = [
        ("favourite", "favorite"),
        ("colour", "color"),
        ("colours", "colors"),
        ("neighbour", "neighbor"),
        ("neighbours", "neighbors"),
        ("grey", "gray"),
        ("theatre", "theater"),
        ("centre", "center"),
        ("organise", "organize"),
        ("organised", "organized"),
        ("travelling", "traveling"),
        ("travelled", "traveled"),
        ("cancelled", "canceled"),
        ("flavour", "flavor"),
        ("behaviour", "behavior"),
        ("jewellery", "jewelry"),
    ];
    let found = SPELLINGS.iter().find(|(british, _)| *british == word);
    found.map(|(_, american)| *american)
}

/// The base form of a word in `-ing`, by the rules of English spelling: a doubled consonant is
/// single, and a short stem that is not doubled had an `e`.
pub(super) fn base_of_ing(word: &str) -> Option<String> {
    let stem = word.strip_suffix("ing")?;
    let letters: Vec<char> = stem.chars().collect();
    let vowel = |c: char| "aeiou".contains(c);
    if letters.len() < 2 || !letters.iter().any(|c| vowel(*c) || *c == 'y') {
        return None;
    }
    let [.., before, last] = letters[..] else {
        return None;
    };
    if before == last && !"lsz".contains(last) && !vowel(last) {
        return Some(letters[..letters.len() - 1].iter().collect());
    }
    let vowels = letters.iter().filter(|c| vowel(**c)).count();
    let ends_open = "vcuz".contains(last);
    let short = vowels == 1 && vowel(before) && !vowel(last) && !"wxy".contains(last);
    Some(if ends_open || short {
        format!("{stem}e")
    } else {
        stem.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_is_the_same() {
        for (a, b) in [
            ("I'm studying at the café", "I study at the cafe!"),
            ("It is due on 14 March", "it's due on March 14th"),
            ("we really love the grey one", "We love the gray one."),
            ("我是一名老师。", "我是老师"),
            (
                "The call was moved to noon",
                "The call has been moved to noon",
            ),
        ] {
            assert_eq!(Gist::of(a).near, Gist::of(b).near, "{a} / {b}");
        }
    }

    #[test]
    fn what_says_something_else_is_not() {
        for (a, b) in [
            ("I'm a nurse", "I was a nurse"),
            ("Tom beat Anna", "Anna beat Tom"),
            ("at 7 am", "at 7 pm"),
            ("all of them came", "some of them came"),
            ("we run 5 km", "we run 6 km"),
            ("I like it", "I do not like it"),
        ] {
            assert_ne!(Gist::of(a).near, Gist::of(b).near, "{a} / {b}");
        }
        let (a, b) = (Gist::of("I can swim"), Gist::of("I can't swim"));
        assert_eq!((&a.bare, a.negated, b.negated), (&b.bare, false, true));
    }

    #[test]
    fn kindness_is_not_substance() {
        assert!(!Gist::of("Thanks, that helps a lot!").substantial);
        assert!(!Gist::of("好的，谢谢你").substantial);
        assert!(Gist::of("I'm vegetarian").substantial);
    }

    #[test]
    fn bases_follow_spelling() {
        for (ing, base) in [
            ("living", "live"),
            ("running", "run"),
            ("working", "work"),
            ("smoking", "smoke"),
            ("studying", "study"),
            ("telling", "tell"),
            ("going", "go"),
            ("using", "use"),
        ] {
            assert_eq!(base_of_ing(ing).as_deref(), Some(base));
        }
        assert_eq!(base_of_ing("king"), None);
    }
}
