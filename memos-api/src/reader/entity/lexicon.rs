//! The tables, read once: every word with the sections that it stands in.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("tables/english.txt");
const CHINESE: &str = include_str!("tables/chinese.txt");

macro_rules! marks {
    ($($name:ident = $section:literal),+ $(,)?) => {
        /// Sections of the English table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub(super) enum Mark { $($name),+ }

        impl Mark {
            const SECTIONS: &'static [(&'static str, Self)] = &[$(($section, Self::$name)),+];
        }
    };
}

marks! {
    Given = "given",
    NamedMonth = "named_month",
    Place = "place",
    Organisation = "organisation",
    Thing = "thing",
    Title = "title",
    Kin = "kin",
    OrganisationEnd = "organisation_end",
    OrganisationStart = "organisation_start",
    PlaceEnd = "place_end",
    PlaceStart = "place_start",
    Demonym = "demonym",
    Weekday = "weekday",
    Month = "month",
    PlainMonth = "plain_month",
    Holiday = "holiday",
    Ordinary = "ordinary",
    PersonVerb = "person_verb",
    SubjectVerb = "subject_verb",
    KinNoun = "kin_noun",
    BeforePerson = "before_person",
    Naming = "naming",
    PlaceNoun = "place_noun",
    Work = "work",
    Motion = "motion",
    Origin = "origin",
    Visit = "visit",
    Tool = "tool",
    Media = "media",
    Join = "join",
    DateBefore = "date_before",
}

/// The sections that a word stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u32);

impl Marks {
    pub(super) const fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u32) != 0
    }

    pub(super) fn any(self, marks: &[Mark]) -> bool {
        marks.iter().any(|m| self.has(*m))
    }
}

/// English words, case as written, and names of several words with single spaces.
pub(super) struct English {
    words: HashMap<String, Marks>,
}

impl English {
    pub(super) fn marks(&self, word: &str) -> Marks {
        self.words.get(word).copied().unwrap_or_default()
    }
}

pub(super) static ENGLISH_WORDS: LazyLock<English> = LazyLock::new(|| {
    let mut words: HashMap<String, Marks> = HashMap::new();
    for (section, entries) in sections(ENGLISH) {
        let mark = Mark::SECTIONS.iter().find(|(name, _)| *name == section);
        let (_, mark) = mark.expect("every section of the table has a mark");
        for entry in entries {
            words.entry(entry.replace('_', " ")).or_default().0 |= 1 << *mark as u32;
        }
    }
    English { words }
});

/// Words to be found at a place of a text, by their first character, longest first.
#[derive(Default)]
pub(super) struct Words(HashMap<char, Vec<&'static str>>);

impl Words {
    fn by(words: impl IntoIterator<Item = &'static str>, key: fn(&str) -> Option<char>) -> Self {
        let mut by: HashMap<char, Vec<&'static str>> = HashMap::new();
        for word in words {
            by.entry(key(word).unwrap_or_default())
                .or_default()
                .push(word);
        }
        for words in by.values_mut() {
            words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        }
        Self(by)
    }

    fn by_first(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self::by(words, |w| w.chars().next())
    }

    fn by_last(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self::by(words, |w| w.chars().next_back())
    }

    /// The longest that a text begins with; `first` is its first character.
    pub(super) fn start(&self, first: char, text: &str) -> Option<&'static str> {
        self.0
            .get(&first)?
            .iter()
            .find(|w| text.starts_with(**w))
            .copied()
    }

    /// The longest that a text ends in; `last` is its last character. Of words kept by their last.
    pub(super) fn end(&self, last: char, text: &str) -> Option<&'static str> {
        self.0
            .get(&last)?
            .iter()
            .find(|w| text.ends_with(**w))
            .copied()
    }
}

/// The Chinese tables, each by its use.
pub(super) struct Chinese {
    /// Surnames of one character, and of two.
    pub(super) surnames: HashSet<&'static str>,
    /// The usual ones, which need less around them.
    pub(super) common_surnames: HashSet<char>,
    /// Characters that given names are made of.
    pub(super) given: HashSet<char>,
    /// Forms of address after a surname.
    pub(super) address: Words,
    /// Words right before a name that is told.
    pub(super) naming: Words,
    /// Characters that may stand right before a name.
    pub(super) left: HashSet<char>,
    /// Characters that may stand right after a name.
    pub(super) right: HashSet<char>,
    /// What after 小 or 老 and a surname makes another word of it.
    pub(super) nickname_stop: Words,
    /// Words that begin like a name.
    pub(super) not_person: HashSet<&'static str>,
    /// Countries, cities and sights.
    pub(super) places: Words,
    /// Companies and the like that no ending gives away.
    pub(super) organisations: Words,
    /// Endings of places and of organisations.
    pub(super) place_ends: Words,
    pub(super) organisation_ends: Words,
    /// What before an ending makes no name: 科技 in 科技公司.
    pub(super) generic: Words,
    /// Words before a place.
    pub(super) place_before: Words,
    /// Characters that a name of an organisation does not hold.
    pub(super) breaks: HashSet<char>,
    pub(super) holidays: Words,
}

pub(super) static CHINESE_WORDS: LazyLock<Chinese> = LazyLock::new(|| {
    let tables: HashMap<&str, Vec<&'static str>> = sections(CHINESE).into_iter().collect();
    let list = |name: &str| tables.get(name).cloned().unwrap_or_default();
    let starts = |name: &str| Words::by_first(list(name));
    let ends = |name: &str| Words::by_last(list(name));
    let set = |name: &str| -> HashSet<&'static str> { list(name).into_iter().collect() };
    let chars =
        |name: &str| -> HashSet<char> { list(name).iter().flat_map(|w| w.chars()).collect() };
    Chinese {
        surnames: set("surname"),
        common_surnames: chars("common_surname"),
        given: chars("given"),
        address: starts("address"),
        naming: ends("naming"),
        left: chars("left"),
        right: chars("right"),
        nickname_stop: starts("nickname_stop"),
        not_person: set("not_person"),
        places: Words::by_first(list("country").into_iter().chain(list("city"))),
        organisations: starts("organisation"),
        place_ends: starts("place_end"),
        organisation_ends: starts("organisation_end"),
        generic: ends("generic"),
        place_before: ends("place_before"),
        breaks: chars("work_break"),
        holidays: starts("holiday"),
    }
});

/// The sections of a table: a name in brackets, then words between spaces.
fn sections(table: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => found.push((name, Vec::new())),
            None => {
                if let Some((_, words)) = found.last_mut() {
                    words.extend(line.split_whitespace());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_read_and_not_empty() {
        for (_, mark) in Mark::SECTIONS {
            assert!(
                ENGLISH_WORDS.words.values().any(|m| m.has(*mark)),
                "{mark:?}"
            );
        }
        let names = [
            "surname",
            "common_surname",
            "given",
            "address",
            "naming",
            "left",
            "right",
        ];
        let tables: HashMap<_, _> = sections(CHINESE).into_iter().collect();
        for name in names {
            assert!(tables.contains_key(name), "{name}");
        }
        assert!(ENGLISH_WORDS.marks("New York").has(Mark::Place));
        assert_eq!(
            CHINESE_WORDS.places.start('北', "北海道的雪"),
            Some("北海道")
        );
        assert_eq!(CHINESE_WORDS.naming.end('叫', "我叫"), Some("我叫"));
    }
}
