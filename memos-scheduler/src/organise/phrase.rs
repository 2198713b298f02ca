//! Terms that recur in a set of texts, in a form that people read: words and pairs of words;
//! of Chinese, strings of characters that stand together again and again.

use std::collections::{BTreeMap, HashMap};

use super::words::{is_mostly_han, is_stop_character, is_stop_word, pieces, stem};

/// Longest Chinese term in characters.
const LONGEST_HAN: usize = 6;

/// A recurring term.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phrase {
    /// As it was written most.
    pub(super) shown: String,
    /// The texts that hold it, in order.
    pub(super) texts: Vec<usize>,
    /// How much it stands for: its texts, weighted by its length (after the C-value of Frantzi,
    /// Ananiadou and Mima, 2000).
    pub(super) weight: f32,
}

/// The terms of some texts by their normal form.
pub(super) struct Phrases(BTreeMap<String, Phrase>);

#[derive(Default)]
struct Count {
    shown: HashMap<String, u32>,
    texts: Vec<usize>,
    words: usize,
}

impl Phrases {
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut counts: HashMap<String, Count> = HashMap::new();
        for (number, text) in texts.iter().enumerate() {
            let mut note = |key: String, shown: &str, words: usize| {
                let count = counts.entry(key).or_default();
                *count.shown.entry(shown.to_owned()).or_default() += 1;
                count.words = words;
                if count.texts.last() != Some(&number) {
                    count.texts.push(number);
                }
            };
            english(text, &mut note);
            chinese(text, &mut note);
        }
        // A part that stands only inside a longer term says no more than that.
        let recurring: Vec<(String, Count)> = counts
            .into_iter()
            .filter(|(_, c)| c.texts.len() > 1)
            .collect();
        let mut longer: HashMap<&str, usize> = HashMap::new();
        for (key, count) in &recurring {
            for part in parts(key) {
                let most = longer.entry(part).or_default();
                *most = (*most).max(count.texts.len());
            }
        }
        let kept = recurring.iter().filter(|(key, count)| {
            longer
                .get(key.as_str())
                .is_none_or(|n| count.texts.len() > *n + *n / 2)
        });
        Self(
            kept.map(|(key, count)| (key.clone(), phrase(count)))
                .collect(),
        )
    }

    /// All, weightiest first.
    pub(super) fn ranked(&self) -> impl Iterator<Item = &Phrase> {
        let mut order: Vec<(&String, &Phrase)> = self.0.iter().collect();
        order.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight).then(a.0.cmp(b.0)));
        order.into_iter().map(|(_, phrase)| phrase)
    }
}

/// The first terms that say something of their own, as one text: `club, canal`, `菜园、运河`.
pub(super) fn headline<'a>(ranked: impl Iterator<Item = &'a str>, terms: usize) -> Option<String> {
    let mut picked: Vec<&str> = Vec::new();
    for term in ranked {
        if !picked.iter().any(|p| overlaps(p, term)) {
            picked.push(term);
        }
        if picked.len() == terms {
            break;
        }
    }
    let separator = if picked.iter().any(|t| is_mostly_han(t)) {
        "、"
    } else {
        ", "
    };
    (!picked.is_empty()).then(|| picked.join(separator))
}

/// Whether two terms share a word, or two characters of Chinese that stand together.
fn overlaps(a: &str, b: &str) -> bool {
    if a.contains(b) || b.contains(a) {
        return true;
    }
    if !is_mostly_han(a) {
        return a
            .split(' ')
            .any(|word| b.split(' ').any(|other| other == word));
    }
    let ends: Vec<usize> = a
        .char_indices()
        .map(|(at, _)| at)
        .chain([a.len()])
        .collect();
    ends.windows(3).any(|w| b.contains(&a[w[0]..w[2]]))
}

fn phrase(count: &Count) -> Phrase {
    let shown = count
        .shown
        .iter()
        .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
        .map(|(shown, _)| shown.clone());
    Phrase {
        shown: shown.unwrap_or_default(),
        weight: count.texts.len() as f32 * (1.0 + count.words as f32).log2(),
        texts: count.texts.clone(),
    }
}

/// The shorter terms inside a term.
fn parts(key: &str) -> Vec<&str> {
    if let Some((first, second)) = key.split_once(' ') {
        return vec![first, second];
    }
    if key.is_ascii() {
        return Vec::new();
    }
    let ends: Vec<usize> = key
        .char_indices()
        .map(|(at, _)| at)
        .chain([key.len()])
        .collect();
    let n = ends.len() - 1;
    let mut found = Vec::new();
    for length in 2..n {
        found.extend((0..=n - length).map(|from| &key[ends[from]..ends[from + length]]));
    }
    found
}

fn english(text: &str, note: &mut impl FnMut(String, &str, usize)) {
    let mut before: Option<(String, usize, usize)> = None;
    for piece in pieces(text).into_iter().filter(|p| !p.han) {
        let lower = piece.text.to_lowercase();
        let figures = lower.bytes().any(|b| b.is_ascii_digit());
        if lower.chars().count() < 3 || figures || is_stop_word(&lower) || is_verbal(&lower) {
            before = None;
            continue;
        }
        let key = stem(&lower);
        let shown = if piece.text.chars().all(char::is_uppercase) {
            piece.text
        } else {
            lower.as_str()
        };
        note(key.clone(), shown, 1);
        if let Some((first, start, end)) = before.take()
            && text[end..piece.start] == *" "
            && first != key
        {
            note(
                format!("{first} {key}"),
                &text[start..piece.end()].to_lowercase(),
                2,
            );
        }
        before = Some((key, piece.start, piece.end()));
    }
}

/// Words that are likely verbs or adverbs by their ending: a term names something.
fn is_verbal(lower: &str) -> bool {
    lower.len() > 4 && (lower.ends_with("ed") || lower.ends_with("ly") || lower.ends_with("n't"))
}

fn chinese(text: &str, note: &mut impl FnMut(String, &str, usize)) {
    for piece in pieces(text).into_iter().filter(|p| p.han) {
        for run in piece.text.split(is_stop_character) {
            let ends: Vec<usize> = run
                .char_indices()
                .map(|(at, _)| at)
                .chain([run.len()])
                .collect();
            let n = ends.len() - 1;
            for length in 2..=n.min(LONGEST_HAN) {
                for from in 0..=n - length {
                    let term = &run[ends[from]..ends[from + length]];
                    note(term.to_owned(), term, length - 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(texts: &[&str]) -> Vec<String> {
        Phrases::of(texts)
            .ranked()
            .map(|p| p.shown.clone())
            .collect()
    }

    #[test]
    fn terms_that_recur_stand_whole() {
        let texts = [
            "I joined a support group in town.",
            "The support groups were kind to me.",
            "A support group and a garden.",
        ];
        assert_eq!(shown(&texts), ["support group"]);
        assert_eq!(
            shown(&["我去看电影院", "那家电影院关了", "电影院旁边"]),
            ["电影院"]
        );
    }

    #[test]
    fn a_headline_repeats_nothing() {
        let of = |terms: &[&str]| headline(terms.iter().copied(), 3);
        assert_eq!(
            of(&["club", "allotment club", "canal", "tools", "bees"]).unwrap(),
            "club, canal, tools"
        );
        assert_eq!(
            of(&["菜园俱乐部", "园俱", "俱乐部", "运河"]).unwrap(),
            "菜园俱乐部、运河"
        );
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn what_stands_once_recurs_not() {
        assert!(shown(&["A garden of roses", "The sea"]).is_empty());
        let found = Phrases::of(&["roses", "a rose garden", "tulips"]);
        assert_eq!(found.ranked().next().unwrap().texts, [0, 1]);
    }
}
