//! Which of a text's times a question is about.

use std::collections::HashSet;

use jiff::civil::Date;
use memos_core::{Granularity, Moment, TimeMention, ValidTime};

use super::calendar;
use super::lexicon::Unit;
use super::token::is_han;

/// Words of questions that say nothing about their subject.
const EMPTY: &[&str] = &[
    "a", "an", "the", "when", "did", "does", "do", "is", "was", "were", "are", "will", "be",
    "been", "what", "which", "who", "where", "how", "why", "and", "or", "of", "in", "on", "at",
    "to", "for", "with", "from", "by", "his", "her", "their", "its", "my", "your", "our", "he",
    "she", "it", "they", "i", "you", "we", "me", "him", "them", "has", "have", "had", "that",
    "this", "as", "about",
];

/// The time of a text that a question is about: the one in the sentence that shares most words with
/// the question; of several there the one nearest to a shared word; then the first.
pub fn pick<'a>(text: &str, times: &'a [TimeMention], question: &str) -> Option<&'a TimeMention> {
    if times.len() < 2 {
        return times.first();
    }
    let asked: HashSet<String> = terms(question).map(|t| t.stem).collect();
    let shared: Vec<Term> = terms(text).filter(|t| asked.contains(&t.stem)).collect();
    times.iter().min_by_key(|time| {
        let sentence = sentence_of(text, time.start as usize);
        let mut kinds: Vec<&str> = Vec::new();
        let mut nearest = usize::MAX;
        for term in &shared {
            let within_time = (time.start as usize..time.end as usize).contains(&term.start);
            if !sentence.contains(&term.start) || within_time {
                continue;
            }
            if !kinds.contains(&term.stem.as_str()) {
                kinds.push(&term.stem);
            }
            nearest = nearest.min(term.start.abs_diff(time.start as usize));
        }
        (std::cmp::Reverse(kinds.len()), nearest, time.start)
    })
}

/// What to answer to a question that asks when, from a time that a text named at `said_at`. "For
/// five months now" answers with the month in which it began; any other time is its own answer.
pub fn answering(question: &str, valid: ValidTime, said_at: Moment) -> ValidTime {
    const ASKS_WHEN: &[&str] = &[
        "when",
        "since",
        "how long",
        "year",
        "month",
        "date",
        "day",
        "什么时候",
        "何时",
        "多久",
        "几时",
        "几月",
        "哪年",
        "哪一年",
        "哪天",
        "哪一天",
    ];
    let lasts_until_now = valid.granularity == Granularity::Span
        && valid.interval.end == ValidTime::day_of(said_at).interval.end;
    let question = question.to_lowercase();
    if lasts_until_now && ASKS_WHEN.iter().any(|w| question.contains(w)) {
        onset(valid)
    } else {
        valid
    }
}

/// The year, month or day with which a span begins: a span of years that begins with a year was told
/// in years.
fn onset(valid: ValidTime) -> ValidTime {
    let (first, last) = (valid.first_date(), valid.last_date());
    let unit = match first {
        d if d.month() == 1 && d.day() == 1 && last.year() > d.year() => Unit::Year,
        d if d.day() == 1 && (last.year(), last.month()) != (d.year(), d.month()) => Unit::Month,
        _ => Unit::Day,
    };
    of_unit(unit, first, valid.offset_minutes).unwrap_or(valid)
}

fn of_unit(unit: Unit, date: Date, offset_minutes: i16) -> Option<ValidTime> {
    Some(calendar::containing(unit, date)?.valid(offset_minutes))
}

/// The bytes of the sentence around a place.
fn sentence_of(text: &str, at: usize) -> std::ops::Range<usize> {
    let ends = |i: usize, c: char| match c {
        '\n' | '!' | '?' | '。' | '！' | '？' | '；' => true,
        // Not the full stop of "3.5" or "p.m.".
        '.' => text[i + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    };
    let start = text[..at]
        .char_indices()
        .rev()
        .find(|(i, c)| ends(*i, *c))
        .map_or(0, |(i, c)| i + c.len_utf8());
    let end = text[at..]
        .char_indices()
        .map(|(i, c)| (at + i, c))
        .find(|(i, c)| ends(*i, *c))
        .map_or(text.len(), |(i, _)| i);
    start..end
}

struct Term {
    stem: String,
    start: usize,
}

/// Content words, cut to what inflection leaves alone; pairs of Han characters.
fn terms(text: &str) -> impl Iterator<Item = Term> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut start = 0;
    let mut last_han: Option<char> = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() && !is_han(c) {
            if word.is_empty() {
                start = i;
            }
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            if !EMPTY.contains(&word.as_str()) {
                out.push(Term {
                    stem: stem(&word).to_owned(),
                    start,
                });
            }
            word.clear();
        }
        let han = is_han(c).then_some(c);
        if let (Some(a), Some(b)) = (last_han, han) {
            out.push(Term {
                stem: [a, b].iter().collect(),
                start: i,
            });
        }
        last_han = han;
    }
    out.into_iter()
}

/// A light stem: enough to match "painted" with "painting".
fn stem(word: &str) -> &str {
    for ending in ["ing", "ed", "es", "s", "e"] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 3
        {
            return rest;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::super::mentions;
    use super::*;

    fn picked(text: &str, question: &str) -> Option<String> {
        let times = mentions(text, "2023-06-14T10:00:00Z".parse().unwrap());
        let time = pick(text, &times, question)?;
        Some(text[time.start as usize..time.end as usize].to_owned())
    }

    #[test]
    fn the_sentence_that_answers_gives_the_time() {
        let text = "I painted the fence yesterday. Last month we visited Rome! Tomorrow I rest.";
        for (question, expected) in [
            ("When did she paint the fence?", "yesterday"),
            ("When did they visit Rome?", "Last month"),
            ("When will she rest?", "Tomorrow"),
            ("When was the concert?", "yesterday"),
        ] {
            assert_eq!(
                picked(text, question).as_deref(),
                Some(expected),
                "{question}"
            );
        }
        let text = "我昨天去爬山了。上个月我们搬家到上海。";
        assert_eq!(
            picked(text, "他们什么时候搬家的？").as_deref(),
            Some("上个月")
        );
        assert_eq!(picked("I like tea.", "When?"), None);
    }

    #[test]
    fn in_one_sentence_the_nearest_time_wins() {
        let text = "I quit smoking last year and bought a bike last week";
        assert_eq!(
            picked(text, "When did he buy the bike?").as_deref(),
            Some("last week")
        );
        assert_eq!(
            picked(text, "When did he quit smoking?").as_deref(),
            Some("last year")
        );
    }

    #[test]
    fn how_long_answers_when_it_began() {
        let said_at = "2023-12-06T10:00:00Z".parse().unwrap();
        let told = |text: &str| mentions(text, said_at)[0].valid;
        let months = told("She has been learning Welsh for five months now.");
        let began = answering("When did she start learning?", months, said_at);
        assert_eq!(began.first_date().to_string(), "2023-07-01");
        assert_eq!(began.granularity, Granularity::Month);
        assert_eq!(answering("Does she learn?", months, said_at), months);
        let years = told("I have lived here for nine years.");
        let began = answering("How long has she lived there?", years, said_at);
        assert_eq!(began.granularity, Granularity::Year);
        let lately = told("I began several days ago.");
        assert_eq!(answering("When did he begin?", lately, said_at), lately);
    }
}
