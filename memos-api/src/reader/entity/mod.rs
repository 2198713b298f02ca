//! The people, places, organisations, dates and things that a text names, by rules over tables,
//! English and Chinese. No model: what the rules do not know for sure they leave out.
//!
//! | part | what it does |
//! |---|---|
//! | `lexicon` | the tables of `tables/`, one look-up a word |
//! | `word` | words of spaced scripts with what stands before them |
//! | `english` | runs of capitals, titles, endings, the words around them |
//! | `kind` | what a run of capitals is |
//! | `dates` | months, weekdays, holidays and dates in figures |
//! | `quoted` | titles of works in quotes |
//! | `spans` | what was found so far, and which parts of the text it takes |
//! | `chinese` | names by surname, places and organisations by ending |

mod chinese;
mod dates;
mod english;
mod kind;
mod lexicon;
mod quoted;
mod spans;
#[cfg(test)]
mod tests;
mod word;

use std::fmt;

use spans::{Span, Spans};

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityMention {
    /// The name as written, with single spaces.
    pub name: String,
    /// What it is a name of.
    pub kind: EntityKind,
    /// First byte of it in the text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// What a name is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityKind {
    /// Somebody.
    Person,
    /// Somewhere.
    Place,
    /// A company, school, club or the like.
    Organisation,
    /// A day, a month, a holiday.
    Date,
    /// A work, a product, anything else that has a name.
    Thing,
}

impl EntityKind {
    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Place => "place",
            Self::Organisation => "organisation",
            Self::Date => "date",
            Self::Thing => "thing",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The names in a text, in its order, none inside another. The speaker's own name is known to be
/// a person's.
///
/// ```
/// use memos_api::reader::entity::{EntityKind, entities};
/// let found = entities("Nora moved to Lyon with Dr. Chen.", None);
/// let names: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.kind)).collect();
/// assert_eq!(names, [
///     ("Nora", EntityKind::Person),
///     ("Lyon", EntityKind::Place),
///     ("Dr. Chen", EntityKind::Person),
/// ]);
/// assert_eq!(entities("我搬到杭州了。", None)[0].name, "杭州");
/// ```
pub fn entities(text: &str, speaker: Option<&str>) -> Vec<EntityMention> {
    let mut spans = Spans::default();
    let words = word::words(text);
    quoted::find(text, &words, &mut spans);
    dates::find(text, &words, &mut spans);
    if text.bytes().any(|b| b >= 0xE0) {
        chinese::find(text, speaker, &mut spans);
    }
    english::find(text, &words, speaker, &mut spans);
    // Earlier finders know better: a title in quotes holds no names of its own.
    let spans = spans.in_order();
    let mut mentions: Vec<EntityMention> = Vec::with_capacity(spans.len());
    for span in spans {
        if mentions.last().is_some_and(|m| m.end > span.start) {
            continue;
        }
        let written = &text[span.start..span.end];
        let name = written.split_whitespace().collect::<Vec<_>>().join(" ");
        mentions.push(EntityMention {
            name,
            kind: span.kind,
            start: span.start,
            end: span.end,
        });
    }
    mentions
}
