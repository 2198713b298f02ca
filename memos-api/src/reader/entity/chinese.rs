//! Names in Chinese, where no capital and no space shows them: persons by surname and what stands
//! around, places by table and ending, organisations by table and ending.

use super::lexicon::{CHINESE_WORDS as TABLES, Chinese, Words};
use super::{EntityKind, Span, Spans};

/// Most characters of an organisation's name before its ending.
const LONGEST_STEM: usize = 10;

/// A text by its characters.
struct Chars<'a> {
    text: &'a str,
    chars: Vec<(usize, char)>,
}

impl<'a> Chars<'a> {
    fn at(&self, i: usize) -> Option<char> {
        self.chars.get(i).map(|(_, c)| *c)
    }

    fn byte(&self, i: usize) -> usize {
        self.chars.get(i).map_or(self.text.len(), |(b, _)| *b)
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.text[self.byte(from)..self.byte(to)]
    }

    /// How many characters long the longest of the words is that stands at a place.
    fn word_at(&self, i: usize, words: &Words) -> Option<usize> {
        let (start, first) = *self.chars.get(i)?;
        words
            .start(first, &self.text[start..])
            .map(|w| w.chars().count())
    }

    /// Whether one of the words ends right before a place.
    fn word_before(&self, i: usize, words: &Words) -> bool {
        let before = i.checked_sub(1).and_then(|k| self.at(k));
        before.is_some_and(|last| words.end(last, &self.text[..self.byte(i)]).is_some())
    }

    fn is_han(&self, i: usize) -> bool {
        self.at(i).is_some_and(is_han)
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}

pub(super) fn find(text: &str, speaker: Option<&str>, spans: &mut Spans) {
    let chars = Chars {
        text,
        chars: text.char_indices().collect(),
    };
    if let Some(name) = speaker.filter(|n| n.chars().count() > 1 && n.chars().all(is_han)) {
        for (start, _) in text.match_indices(name) {
            push(spans, start, start + name.len(), EntityKind::Person);
        }
    }
    organisations(&chars, spans);
    places(&chars, spans);
    let mut i = 0;
    while i < chars.chars.len() {
        let length = if chars.is_han(i) {
            person(&chars, i)
        } else {
            None
        };
        if let Some(length) = length {
            push(
                spans,
                chars.byte(i),
                chars.byte(i + length),
                EntityKind::Person,
            );
            i += length;
        } else {
            i += 1;
        }
    }
}

fn push(spans: &mut Spans, start: usize, end: usize, kind: EntityKind) {
    spans.push_if_free(Span {
        start,
        end,
        kind,
        rank: 2,
    });
}

/// Length of the person's name that begins at a place, in characters.
fn person(chars: &Chars<'_>, i: usize) -> Option<usize> {
    let tables: &Chinese = &TABLES;
    let first = chars.at(i)?;
    if matches!(first, '小' | '老' | '阿')
        && let Some(surname) = chars.at(i + 1)
        && tables.common_surnames.contains(&surname)
        && chars.word_at(i + 1, &tables.nickname_stop).is_none()
        && chars.word_at(i + 2, &tables.nickname_stop).is_none()
        && !tables.not_person.contains(chars.slice(i + 1, i + 3))
        && edge_before(chars, i)
        && edge_after(chars, i + 2)
    {
        return Some(2);
    }
    let surname = if chars.is_han(i + 1) && tables.surnames.contains(chars.slice(i, i + 2)) {
        2
    } else if tables.surnames.contains(chars.slice(i, i + 1)) {
        1
    } else {
        return None;
    };
    let after = i + surname;
    let free = before_ok(chars, i);
    // 王老师, 陈晓明医生
    let usual = tables.common_surnames.contains(&first) || surname == 2;
    if usual
        && free
        && let Some(length) = chars.word_at(after, &tables.address)
        && edge_after(chars, after + length)
    {
        return Some(surname + length);
    }
    if tables.not_person.contains(chars.slice(i, i + 2)) {
        return None;
    }
    let told = chars.word_before(i, &tables.naming);
    for given in [2, 1] {
        let end = after + given;
        if !(after..end).all(|k| chars.is_han(k)) {
            continue;
        }
        let usual_given =
            (after..end).all(|k| chars.at(k).is_some_and(|c| tables.given.contains(&c)));
        let repeated = given == 2 && chars.at(after) == chars.at(after + 1);
        if told
            && (usual_given || repeated || closed_after(chars, end))
            && !is_function(chars, after, end)
        {
            return (edge_after(chars, end) || usual_given).then_some(surname + given);
        }
        let addressed = chars.word_at(end, &tables.address).is_some();
        if free && usual && usual_given && (edge_after(chars, end) || addressed) {
            return Some(surname + given);
        }
    }
    None
}

/// Whether a function character stands among some characters.
fn is_function(chars: &Chars<'_>, from: usize, to: usize) -> bool {
    (from..to).any(|k| chars.at(k).is_some_and(|c| TABLES.breaks.contains(&c)))
}

/// Whether a name may begin here: at the start of a clause or after a character that goes before
/// names.
fn before_ok(chars: &Chars<'_>, i: usize) -> bool {
    i.checked_sub(1)
        .and_then(|k| chars.at(k))
        .is_none_or(|c| !is_han(c) || TABLES.left.contains(&c))
}

fn edge_before(chars: &Chars<'_>, i: usize) -> bool {
    before_ok(chars, i)
}

fn edge_after(chars: &Chars<'_>, end: usize) -> bool {
    chars
        .at(end)
        .is_none_or(|c| !is_han(c) || TABLES.right.contains(&c))
}

fn closed_after(chars: &Chars<'_>, end: usize) -> bool {
    chars.at(end).is_none_or(|c| !is_han(c))
}

fn organisations(chars: &Chars<'_>, spans: &mut Spans) {
    let tables: &Chinese = &TABLES;
    let mut ended = 0;
    let mut i = 0;
    while i < chars.chars.len() {
        if let Some(length) = chars.word_at(i, &tables.organisation_ends) {
            let start = stem(chars, i, ended);
            let text = chars.slice(start, i);
            let stem_chars = text.chars().filter(|c| !c.is_whitespace()).count();
            if stem_chars >= 2 && !is_generic(text) {
                push(
                    spans,
                    chars.byte(start),
                    chars.byte(i + length),
                    EntityKind::Organisation,
                );
                ended = i + length;
            }
            i += length;
        } else if let Some(length) = chars.word_at(i, &tables.organisations) {
            // 清华, 清华大学
            let length = length
                + chars
                    .word_at(i + length, &tables.organisation_ends)
                    .unwrap_or(0);
            push(
                spans,
                chars.byte(i),
                chars.byte(i + length),
                EntityKind::Organisation,
            );
            i += length;
            ended = i;
        } else {
            i += 1;
        }
    }
}

/// First character of the name that an ending closes.
fn stem(chars: &Chars<'_>, end: usize, from: usize) -> usize {
    let mut start = end;
    while start > from.max(end.saturating_sub(LONGEST_STEM)) {
        let c = chars.at(start - 1);
        let fits = c.is_some_and(|c| is_han(c) && !TABLES.breaks.contains(&c));
        if !fits {
            break;
        }
        start -= 1;
    }
    start
}

/// Whether a stem is made of words that name a kind, not one of it: 上市 in 上市公司.
fn is_generic(stem: &str) -> bool {
    let mut rest = stem;
    while !rest.is_empty() {
        let last = rest.chars().next_back().unwrap_or_default();
        match TABLES.generic.end(last, rest) {
            Some(word) => rest = &rest[..rest.len() - word.len()],
            None => return false,
        }
    }
    true
}

fn places(chars: &Chars<'_>, spans: &mut Spans) {
    let tables: &Chinese = &TABLES;
    let mut i = 0;
    // Where the last place ended: 海淀区 in 北京市海淀区.
    let mut last_end = usize::MAX;
    while i < chars.chars.len() {
        if !chars.is_han(i) {
            i += 1;
            continue;
        }
        if let Some(length) = chars.word_at(i, &tables.places) {
            let end = i + length;
            // 云南省, 南京路: the ending belongs to the name.
            let end = place_after(chars, end).unwrap_or(end);
            push(spans, chars.byte(i), chars.byte(end), EntityKind::Place);
            i = end;
            last_end = end;
            continue;
        }
        let after_word = chars.word_before(i, &tables.place_before);
        let after_place = last_end == i;
        if (after_word || after_place)
            && let Some(end) = place_from(chars, i)
        {
            push(spans, chars.byte(i), chars.byte(end), EntityKind::Place);
            i = end;
            last_end = end;
            continue;
        }
        i += 1;
    }
}

/// End of a known place with the ending that follows it, if one does.
fn place_after(chars: &Chars<'_>, end: usize) -> Option<usize> {
    let length = chars.word_at(end, &TABLES.place_ends)?;
    // 杭州路上 is on the way, 南京路 a street; 上海市区 is the inner city.
    let rest = chars.slice(end, (end + 2).min(chars.chars.len()));
    (!matches!(rest, "路上" | "市区" | "县城" | "区别")).then_some(end + length)
}

/// End of the place that begins here by its ending.
fn place_from(chars: &Chars<'_>, i: usize) -> Option<usize> {
    for end in i + 2..(i + 7).min(chars.chars.len()) {
        if !(i..end).all(|k| {
            chars
                .at(k)
                .is_some_and(|c| is_han(c) && !TABLES.breaks.contains(&c))
        }) {
            return None;
        }
        if let Some(length) = chars.word_at(end, &TABLES.place_ends) {
            let longer = chars.slice(end + length, (end + length + 1).min(chars.chars.len()));
            let stem = chars.slice(i, end);
            let word = matches!(longer, "场" | "线" | "名" | "里" | "边") && length == 1;
            return (!word && !is_generic(stem)).then_some(end + length);
        }
    }
    None
}
