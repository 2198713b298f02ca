//! Statements in Chinese: patterns of `chinese.txt` over the characters of a clause.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::words::{is_han, is_stop_character};
use super::table::{Line, Table};
use super::{Speaker, Statement, topic};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("chinese.txt")));
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| TABLE.rules.iter().map(Rule::read).collect());
/// Words that change nothing before a statement, and adverbs inside it, longest first.
static FILLERS: LazyLock<Vec<&str>> = LazyLock::new(|| longest_first("filler"));
static ADVERBS: LazyLock<Vec<&str>> = LazyLock::new(|| longest_first("adverb"));
static PARTICLES: LazyLock<Vec<&str>> = LazyLock::new(|| longest_first("particle"));

/// Most adverbs in a row.
const MOST_ADVERBS: usize = 3;
/// Longest object in characters.
const LONGEST: usize = 24;
const MEASURES: &str = "只条个匹头对位名";
const NUMERALS: &str = "一二两三四五六七八九十百几";

fn longest_first(list: &str) -> Vec<&'static str> {
    let mut words: Vec<&str> = TABLE.list(list).collect();
    words.sort_by_key(|w| (std::cmp::Reverse(w.len()), *w));
    words
}

struct Rule {
    line: &'static Line,
    pattern: Vec<Element>,
}

enum Element {
    /// One of some words; the empty one last, if it is one of them.
    Word(Option<&'static str>, Vec<&'static str>),
    Adverbs,
    End,
    Take(&'static str, Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Object,
    Short,
    Name,
    Job,
    Trait,
    Place,
    Number,
    Kept,
    Skill,
    Order,
}

impl Rule {
    fn read(line: &'static Line) -> Self {
        Self {
            line,
            pattern: line.pattern.split_whitespace().map(element).collect(),
        }
    }
}

fn element(text: &'static str) -> Element {
    match text {
        "*" => return Element::Adverbs,
        "!" => return Element::End,
        _ => {}
    }
    if let Some(rest) = text.strip_prefix('$') {
        let (name, kind) = rest.split_once(':').unwrap_or((rest, ""));
        return Element::Take(name, kind_named(kind));
    }
    let (name, choice) = match text.split_once('=') {
        Some((name, choice)) => (Some(name), choice),
        None => (None, text),
    };
    let words = match choice.strip_prefix('@') {
        Some(set) => longest_first(set),
        None => {
            let mut words: Vec<&str> = choice
                .split('/')
                .map(|w| if w == "_" { "" } else { w })
                .collect();
            words.sort_by_key(|w| std::cmp::Reverse(w.len()));
            words
        }
    };
    Element::Word(name, words)
}

fn kind_named(name: &str) -> Kind {
    match name {
        "short" => Kind::Short,
        "name" => Kind::Name,
        "job" => Kind::Job,
        "trait" => Kind::Trait,
        "place" => Kind::Place,
        "number" => Kind::Number,
        "kept" => Kind::Kept,
        "skill" => Kind::Skill,
        "order" => Kind::Order,
        _ => Kind::Object,
    }
}

type Taken = HashMap<&'static str, String>;

pub(super) fn statements(sentence: &str, speaker: Speaker<'_>) -> Vec<Statement> {
    let holds = |list: &str| TABLE.list(list).any(|word| sentence.contains(word));
    let mut found = Vec::new();
    if holds("bad") {
        return found;
    }
    let for_now = holds("temporary");
    let marks = [
        '，', ',', '；', ';', '：', ':', '。', '！', '!', '.', '…', '~', '～',
    ];
    for clause in sentence.split(marks) {
        let clause = without_fillers(clause.trim());
        // Whose words a quote in the clause is, is open.
        if clause.contains(['“', '”', '"', '「']) {
            continue;
        }
        let rule = RULES.iter().find_map(|rule| {
            let mut taken = Taken::new();
            let allowed = speaker.is_user || rule.line.topic != "instruction";
            let lasting = !(for_now && rule.line.is_preference);
            (allowed && lasting && follows(&rule.pattern, clause, &mut taken))
                .then_some((rule, taken))
        });
        if let Some((rule, taken)) = rule {
            found.push(statement(rule.line, &taken, speaker));
        }
    }
    found
}

fn without_fillers(mut clause: &str) -> &str {
    while let Some(filler) = FILLERS.iter().find(|f| clause.starts_with(**f)) {
        clause = clause[filler.len()..].trim_start();
    }
    clause
}

fn statement(line: &Line, taken: &Taken, speaker: Speaker<'_>) -> Statement {
    let mut text = line.derived.replace("{n}", speaker.chinese());
    for (name, value) in taken {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text.push('。');
    let said = |name: &str| taken.get(name).map_or("", String::as_str);
    Statement {
        is_preference: line.is_preference,
        rule: format!("zh.{}", line.name),
        topic: match line.topic {
            "?" => topic::topic(&format!("{}{}{}", said("x"), said("v"), said("o"))),
            topic => topic,
        },
        text,
    }
}

fn follows(pattern: &[Element], rest: &str, taken: &mut Taken) -> bool {
    let Some((element, after)) = pattern.split_first() else {
        return true;
    };
    match element {
        Element::End => without_particles(rest).is_empty(),
        Element::Word(name, words) => words.iter().any(|word| {
            let Some(tail) = rest.strip_prefix(word) else {
                return false;
            };
            if let Some(name) = name {
                taken.insert(name, (*word).to_owned());
            }
            follows(after, tail, taken)
        }),
        Element::Adverbs => {
            let mut tails = vec![rest];
            while tails.len() <= MOST_ADVERBS {
                let tail = tails[tails.len() - 1];
                match ADVERBS.iter().find_map(|a| tail.strip_prefix(a)) {
                    Some(tail) => tails.push(tail),
                    None => break,
                }
            }
            // As many as there are: 最 is an adverb in 最喜欢, but a part of 最怕.
            tails.iter().rev().any(|tail| follows(after, tail, taken))
        }
        Element::Take(name, kind) => {
            if after.is_empty() {
                return take(rest, *kind).is_some_and(|text| {
                    taken.insert(name, text);
                    true
                });
            }
            let ends = rest.char_indices().map(|(at, _)| at).skip(1);
            ends.into_iter().any(|end| {
                let Some(text) = take(&rest[..end], *kind) else {
                    return false;
                };
                taken.insert(name, text);
                follows(after, &rest[end..], taken)
            })
        }
    }
}

/// A text of a kind, in the third person; `None` if it is none.
fn take(text: &str, kind: Kind) -> Option<String> {
    let text = match kind {
        Kind::Number | Kind::Short => text,
        _ => without_particles(text),
    };
    let text = text.trim().trim_matches(['《', '》', '‘', '’']);
    let length = text.chars().count();
    if length == 0 || length > LONGEST || TABLE.list("vague").any(|v| text.contains(v)) {
        return None;
    }
    let text = text.replace("我的", "自己的");
    if text.contains('我') {
        return None;
    }
    let holds_function = text.chars().any(is_stop_character);
    let ends = |list: &str| {
        let found = TABLE
            .list(list)
            .filter(|w| text.ends_with(w))
            .max_by_key(|w| w.len());
        found.map(|w| &text[..text.len() - w.len()])
    };
    let fits = match kind {
        Kind::Object => {
            !text.starts_with(['的', '过', '上', '是', '了', '得']) && !starts_at(&text)
        }
        Kind::Short => length <= 4 && !holds_function,
        Kind::Name => {
            // A name may hold a number: 张三.
            let is_other = |c: char| is_stop_character(c) && !NUMERALS.contains(c);
            let holds_other = text.chars().any(is_other);
            (2..=20).contains(&length) && !holds_other && (length <= 4 || !text.contains(is_han))
        }
        Kind::Job => ends("job").is_some_and(|field| {
            // The ends of a program are written with what else are stop characters.
            let ends = ["后端", "前端"];
            let field = ends
                .iter()
                .find_map(|e| field.strip_prefix(e))
                .unwrap_or(field);
            field.chars().count() <= 4 && !field.chars().any(is_stop_character)
        }),
        Kind::Trait => ends("trait").is_some_and(|field| field.chars().count() <= 2),
        Kind::Place => (2..=14).contains(&length) && !starts_at(&text),
        Kind::Number => text
            .chars()
            .all(|c| c.is_ascii_digit() || NUMERALS.contains(c)),
        Kind::Kept => {
            let illness = ["糖尿病", "哮喘", "高血压"].contains(&text.as_str());
            let mut chars = text.chars();
            let number: Vec<char> = chars
                .by_ref()
                .take_while(|c| !MEASURES.contains(*c))
                .collect();
            let counted = !number.is_empty()
                && number
                    .iter()
                    .all(|c| c.is_ascii_digit() || NUMERALS.contains(*c));
            illness || (counted && length <= 8 && ends("kept").is_some())
        }
        Kind::Skill => TABLE.list("skill").any(|s| text.starts_with(s)),
        Kind::Order => TABLE.list("order").any(|o| text.contains(o)),
    };
    fits.then_some(text)
}

/// Whether a place is one of those that everybody has: at home, on the way.
fn starts_at(text: &str) -> bool {
    TABLE
        .list("not_at")
        .any(|w| text == w || (w.chars().count() > 1 && text.starts_with(w)))
}

fn without_particles(mut text: &str) -> &str {
    while let Some(particle) = PARTICLES.iter().find(|p| text.ends_with(**p)) {
        text = &text[..text.len() - particle.len()];
    }
    text
}
