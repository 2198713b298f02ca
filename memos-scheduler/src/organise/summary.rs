//! Summaries of sessions and days: the few sentences at the centre of what was said, word for word.

use memos_core::{Info, Memory, SemanticType};

use super::draft::{Content, Draft, draft, field, session, text, whose};
use super::inherit::Support;
use super::lexrank::lexrank;
use super::phrase::{Phrases, headline};
use super::sentence::{is_question, sentences};
use super::vector::{Vector, Vectors};
use super::words::{is_mostly_han, pieces, terms, word_count};

/// The rule's name, with its version: a change of what it picks is a new version.
pub(super) const RULE: &str = "lexrank.v1";
/// Most words of a summary; two Han characters are a word.
const MOST_WORDS: usize = 80;
/// Most sentences of a summary, and how many sentences of the turns call for one.
const MOST_SENTENCES: usize = 4;
const SENTENCES_PER_SENTENCE: usize = 4;
/// Fewer sentences than these are their own summary.
const FEWEST_SENTENCES: usize = 5;
/// Lengths of a sentence that can stand in a summary, in words.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=45;
/// Sentences whose similarities are compared; of more, the weightiest.
const MOST_COMPARED: usize = 300;
/// Two sentences more alike than this say the same.
const ALIKE: f32 = 0.5;
/// Terms in a title.
const TITLE_TERMS: usize = 3;

/// What a summary is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of<'a> {
    /// A sitting of a dialogue.
    Session(&'a str),
    /// A day of the speaker's wall clock, as `2025-03-01`.
    Day(&'a str),
}

/// A sentence that may stand in the summary.
struct Sentence<'a> {
    turn: usize,
    text: &'a str,
    words: usize,
}

/// The summary of some turns of one owner and access, in the order of time; `None` if they are so
/// few that they need none.
pub(super) fn summary(turns: &[&Memory], of: Of<'_>) -> Option<Draft> {
    let all: Vec<Sentence<'_>> = turns
        .iter()
        .enumerate()
        .flat_map(|(turn, memory)| {
            let text = text(memory);
            sentences(text).into_iter().map(move |range| Sentence {
                turn,
                text: &text[range.clone()],
                words: word_count(&text[range]),
            })
        })
        .collect();
    let told: Vec<Sentence<'_>> = all
        .into_iter()
        .filter(|s| LENGTHS.contains(&s.words) && !is_question(s.text))
        .collect();
    if told.len() < FEWEST_SENTENCES {
        return None;
    }
    let words: Vec<Vec<String>> = told.iter().map(|s| terms(s.text)).collect();
    let vectors = Vectors::of(&words);
    let picked = pick(&told, &vectors, &words);
    if picked.is_empty() {
        return None;
    }
    let text = compose(turns, &told, &picked);
    let (name, value) = match of {
        Of::Session(id) => ("session", id),
        Of::Day(date) => ("day", date),
    };
    let first = turns.first()?;
    let mut info = Info::default();
    info.0.insert("rule".to_owned(), RULE.into());
    info.0.insert("of".to_owned(), name.into());
    let named = match of {
        Of::Session(_) => "session_id",
        Of::Day(_) => "date",
    };
    info.0.insert(named.to_owned(), value.into());
    draft(
        Content {
            key: format!("summary:{name}:{}:{value}", whose(first)),
            semantic_type: SemanticType::Summary,
            text,
            title: title(turns),
            session_id: format!("summary:{value}"),
            speaker: None,
            role: None,
            info,
            support: Support::Together,
        },
        turns,
    )
}

/// Of what a memory is a summary that rules made; `None` if it is none.
pub(super) fn of(memory: &Memory) -> Option<Of<'_>> {
    if field(memory, "rule") != Some(RULE) {
        return None;
    }
    let session = || field(memory, "session_id").map(Of::Session);
    let day = || field(memory, "date").map(Of::Day);
    match field(memory, "of")? {
        "session" => session(),
        "day" => day(),
        _ => None,
    }
}

/// The central sentences, in the order in which they were said.
fn pick(told: &[Sentence<'_>], vectors: &Vectors, words: &[Vec<String>]) -> Vec<usize> {
    let mut compared: Vec<usize> = (0..told.len())
        .filter(|i| !vectors.vectors[*i].is_empty())
        .collect();
    if compared.len() > MOST_COMPARED {
        let mut weights: Vec<(usize, usize)> =
            compared.iter().map(|i| (words[*i].len(), *i)).collect();
        weights.sort_by_key(|(n, i)| (std::cmp::Reverse(*n), *i));
        compared = weights
            .into_iter()
            .take(MOST_COMPARED)
            .map(|(_, i)| i)
            .collect();
        compared.sort_unstable();
    }
    let own: Vec<Vector> = compared
        .iter()
        .map(|i| vectors.vectors[*i].clone())
        .collect();
    let ranks = lexrank(&own);
    let mut order: Vec<usize> = (0..compared.len()).collect();
    let weight = |i: usize| ranks[i] * prior(told[compared[i]].text, words[compared[i]].len());
    order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));

    let wanted = (told.len() / SENTENCES_PER_SENTENCE).clamp(1, MOST_SENTENCES);
    let (mut picked, mut length): (Vec<usize>, usize) = (Vec::new(), 0);
    for i in order {
        let words = told[compared[i]].words;
        let repeats = picked.iter().any(|p| own[*p].cosine(&own[i]) > ALIKE);
        if repeats || length + words > MOST_WORDS {
            continue;
        }
        picked.push(i);
        length += words;
        if picked.len() == wanted {
            break;
        }
    }
    let mut picked: Vec<usize> = picked.into_iter().map(|i| compared[i]).collect();
    picked.sort_unstable();
    picked
}

/// What a sentence says by itself: more with more terms, names and figures, less where it is
/// addressed to the other, as praise and thanks are. Small talk is alike and would else rank first.
fn prior(sentence: &str, terms: usize) -> f32 {
    let mut names = false;
    let mut addressed = sentence.contains(['你', '您']);
    for piece in pieces(sentence).into_iter().skip(1).filter(|p| !p.han) {
        names |= piece
            .text
            .starts_with(|c: char| c.is_uppercase() || c.is_numeric())
            && !matches!(piece.text, "I" | "OK");
        addressed |= matches!(piece.text, "you" | "your" | "You" | "Your");
    }
    let more = (1.0 + terms as f32).ln();
    more * if names { 1.3 } else { 1.0 } * if addressed { 0.5 } else { 1.0 }
}

/// The sentences, each with who said it where that changes: "Ada: We met. Ben: I cooked."
fn compose(turns: &[&Memory], told: &[Sentence<'_>], picked: &[usize]) -> String {
    let mut out = String::new();
    let mut said_by: Option<Option<&str>> = None;
    for sentence in picked.iter().map(|i| &told[*i]) {
        let plain = turns[sentence.turn].payload.plaintext();
        let speaker = plain.and_then(|p| p.turn.speaker.as_deref());
        let han = is_mostly_han(sentence.text);
        // Chinese sentences stand without spaces between them.
        let joined = han && out.ends_with(['。', '！', '？', '…']);
        if !out.is_empty() && !joined {
            out.push(' ');
        }
        if said_by != Some(speaker)
            && let Some(name) = speaker
            && !sentence.text.starts_with(name)
        {
            out.push_str(name);
            out.push_str(if han { "：" } else { ": " });
        }
        said_by = Some(speaker);
        out.push_str(sentence.text);
        if !sentence.text.ends_with(|c: char| !c.is_alphanumeric()) {
            out.push(if han { '。' } else { '.' });
        }
    }
    out
}

/// The most characteristic terms.
fn title(turns: &[&Memory]) -> Option<String> {
    let texts: Vec<&str> = turns.iter().map(|m| text(m)).collect();
    let phrases = Phrases::of(&texts);
    // Who speaks is no topic.
    let speakers: Vec<String> = turns
        .iter()
        .filter_map(|m| m.payload.plaintext()?.turn.speaker.as_ref())
        .map(|name| name.to_lowercase())
        .collect();
    let ranked = phrases.ranked().map(|p| p.shown.as_str());
    let named = |p: &&str| !speakers.iter().any(|s| s.contains(&p.to_lowercase()));
    headline(ranked.filter(named), TITLE_TERMS)
}

/// Turns by session, sessions in the order of their first turn.
pub(super) fn sessions<'a>(turns: &[&'a Memory]) -> Vec<(&'a str, Vec<&'a Memory>)> {
    let mut found: Vec<(&str, Vec<&Memory>)> = Vec::new();
    for turn in turns {
        let id = session(turn);
        match found.iter_mut().find(|(other, _)| *other == id) {
            Some((_, turns)) => turns.push(turn),
            None => found.push((id, vec![turn])),
        }
    }
    found
}
