//! Of whom a statement speaks.

use super::lexicon::{LEXICON, words};
use super::token::{Kind, Token};

/// Of whom a statement speaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Subject {
    /// Whoever says it.
    Speaker,
    /// Somebody by what he is to the speaker: `sister`, `妈妈`.
    Relation(String),
    /// Somebody by name.
    Named(String),
}

/// How the subjects of a clause may be read at its start, each with its length in tokens. A pronoun
/// of the third person names nobody that is known.
pub(super) fn subjects(tokens: &[Token]) -> Vec<(Subject, usize)> {
    let mut out = Vec::new();
    let Some(first) = tokens.first() else {
        return out;
    };
    match first.kind {
        Kind::Word => english(tokens, &mut out),
        Kind::Han => chinese(tokens, &mut out),
        _ => {}
    }
    out
}

/// The owner of something: `my`, `my sister's`, `Ana's`, `我的`, `妈妈的`.
pub(super) fn owners(tokens: &[Token]) -> Vec<(Subject, usize)> {
    let mut out = Vec::new();
    if let Some(first) = tokens.first()
        && (first.is("my") || first.is("our"))
    {
        out.push((Subject::Speaker, 1));
    }
    for (subject, len) in subjects(tokens) {
        let is_han = tokens[0].kind == Kind::Han;
        match tokens.get(len) {
            Some(next) if next.is("'s") || next.is("的") => out.push((subject, len + 1)),
            _ if is_han => out.push((subject, len)),
            _ => {}
        }
    }
    out
}

fn english(tokens: &[Token], out: &mut Vec<(Subject, usize)>) {
    let first = &tokens[0];
    if first.is("i") || first.is("we") {
        out.push((Subject::Speaker, 1));
        return;
    }
    // Derived memories speak of their user so.
    let user = usize::from(first.is("the"));
    if tokens.get(user).is_some_and(|t| t.is("user")) {
        out.push((Subject::Speaker, user + 1));
        return;
    }
    let own = usize::from(first.is("my") || first.is("our"));
    if let Some((name, len)) = LEXICON.relation(&tokens[own..])
        && (own == 1 || first.capital)
    {
        let name_len = own + len;
        // `my brother Tom`
        let named = names(&tokens[name_len..]);
        out.push((Subject::Relation(name.to_owned()), name_len + named));
        return;
    }
    match names(tokens) {
        0 => {}
        len => {
            let name: Vec<&str> = tokens[..len].iter().map(|t| &*t.text).collect();
            out.push((Subject::Named(name.join(" ")), len));
        }
    }
}

/// How many capital words that may be a name stand at the start.
fn names(tokens: &[Token]) -> usize {
    tokens
        .iter()
        .take(3)
        .take_while(|t| t.kind == Kind::Word && t.capital && !words("nobody").has(&t.text))
        .count()
}

fn chinese(tokens: &[Token], out: &mut Vec<(Subject, usize)>) {
    let own = match tokens {
        [a, b, ..] if (a.is("我") || a.is("咱")) && b.is("们") => 2,
        [a, b, ..] if a.is("用") && b.is("户") => 2,
        [a, ..] if a.is("我") || a.is("咱") || a.is("俺") => 1,
        _ => 0,
    };
    let genitive = own + usize::from(own > 0 && tokens.get(own).is_some_and(|t| t.is("的")));
    if let Some((name, len)) = LEXICON.relation(&tokens[genitive..]) {
        out.push((Subject::Relation(name.to_owned()), genitive + len));
    }
    if own > 0 {
        if tokens.get(own).is_some_and(|t| t.is("家")) {
            out.push((Subject::Speaker, own + 1));
        }
        out.push((Subject::Speaker, own));
        return;
    }
    if out.is_empty() {
        // A name has two to four characters and no particle inside; what follows decides which.
        const NONE: &str =
            "我你他她它您这那谁哪们的了在是有和跟不没都也就还很把被从去来到会要能请别每";
        let is_name = |t: &&Token| t.kind == Kind::Han && !t.text.chars().any(|c| NONE.contains(c));
        let longest = tokens.iter().take(4).take_while(is_name).count();
        for len in 2..=longest {
            let not_one = |i: usize| {
                words("nobody").at(&tokens[i..]) > 0 || words("time").at(&tokens[i..]) > 0
            };
            if !not_one(0) {
                let name: String = tokens[..len].iter().map(|t| &*t.text).collect();
                out.push((Subject::Named(name), len));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::token::tokens;

    #[test]
    fn people_are_told_apart() {
        let first = |text: &str| subjects(&tokens(text)).into_iter().next();
        assert_eq!(first("We moved"), Some((Subject::Speaker, 1)));
        assert_eq!(first("The user moved"), Some((Subject::Speaker, 2)));
        assert_eq!(
            first("my mum moved"),
            Some((Subject::Relation("mother".into()), 2))
        );
        assert_eq!(
            first("Ana Lind moved"),
            Some((Subject::Named("ana lind".into()), 2))
        );
        assert_eq!(first("She moved"), None);
        assert_eq!(first("his sister moved"), None);
        assert_eq!(
            first("我姐搬家"),
            Some((Subject::Relation("姐姐".into()), 2))
        );
        assert_eq!(first("他搬家"), None);
    }

    #[test]
    fn owners_need_a_genitive_in_english() {
        assert_eq!(
            owners(&tokens("my sister's car")).last(),
            Some(&(Subject::Relation("sister".into()), 3))
        );
        assert_eq!(owners(&tokens("Ana moved")), vec![]);
        assert_eq!(
            owners(&tokens("我的车")).last(),
            Some(&(Subject::Speaker, 2))
        );
    }
}
