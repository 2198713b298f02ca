//! What a run of capitals is: by the tables, by its ending, by the words around it.

use super::EntityKind;
use super::english::Run;
use super::lexicon::{ENGLISH_WORDS, Mark};
use super::word::{Gap, Word};

/// How far back a word may say what a name is of.
const REACH: usize = 4;

/// The kind, if anything tells it.
pub(super) fn kind(text: &str, words: &[Word<'_>], run: Run) -> Option<EntityKind> {
    use EntityKind::{Organisation, Person, Place, Thing};
    let Run { first, last } = run;
    let (head, end) = (&words[first], &words[last]);
    let several = last > first;
    let whole = ENGLISH_WORDS.marks(&text[head.start..end.end]);

    if several && head.has(Mark::Title) {
        return Some(Person);
    }
    if head.has(Mark::Kin) {
        return Some(Person);
    }
    // Some cities are first names: who acts or is spoken to is a person.
    let is_given = head.has(Mark::Given);
    if whole.has(Mark::Place) {
        let person = follows(words, last, Mark::PersonVerb)
            || before_person(words, first)
            || !(has_place_before(words, first) || is_list_of_places(words, first));
        return Some(if is_given && person { Person } else { Place });
    }
    if whole.has(Mark::Organisation) {
        return Some(Organisation);
    }
    if whole.has(Mark::Thing) || head.camel {
        return Some(Thing);
    }
    if several {
        if end.has(Mark::OrganisationEnd) || head.has(Mark::OrganisationStart) {
            return Some(Organisation);
        }
        if end.has(Mark::PlaceEnd) && !is_given && !played(words, first) {
            return Some(Place);
        }
        if head.has(Mark::PlaceStart) {
            return Some(Place);
        }
        if head.marks.any(&[Mark::Thing, Mark::Organisation]) {
            return Some(Thing);
        }
    }
    if is_given {
        return Some(Person);
    }
    around(words, first, last)
}

/// By the words before and after.
fn around(words: &[Word<'_>], first: usize, last: usize) -> Option<EntityKind> {
    use EntityKind::{Organisation, Person, Place, Thing};
    if let Some(before) = directly_before(words, first) {
        let far = |mark| reaches(words, first - 1, mark);
        match before.text {
            "at" | "for" | "by" | "with" if far(Mark::Work) => return Some(Organisation),
            "joined" => return Some(Organisation),
            "in" | "on" if far(Mark::Tool) => return Some(Thing),
            "in" | "near" | "outside" => return Some(Place),
            "to" | "towards" | "into" if far(Mark::Motion) => return Some(Place),
            "from" if far(Mark::Origin) => return Some(Place),
            _ => {}
        }
        if before.has(Mark::Naming) && far(Mark::PlaceNoun) {
            return Some(Place);
        }
        if before.has(Mark::Visit) {
            return Some(Place);
        }
        if before.has(Mark::BeforePerson) {
            return Some(Person);
        }
    }
    let told = words[last].possessive && follows(words, last, Mark::KinNoun);
    // Of somebody whose first and last name nothing tells, the ending of what he does.
    let acts = follows(words, last, Mark::PersonVerb)
        || (last - first <= 2 && follows(words, last, Mark::SubjectVerb));
    let asked = directly_before(words, first).is_some_and(|w| matches!(w.text, "did" | "Did"));
    let was_it = words
        .get(last + 1)
        .is_some_and(|w| w.text == "who" && w.gap != Gap::Sentence);
    (told || acts || asked || was_it).then_some(Person)
}

fn directly_before<'a>(words: &'a [Word<'a>], first: usize) -> Option<&'a Word<'a>> {
    if words[first].gap != Gap::Space {
        return None;
    }
    let before = &words[first.checked_sub(1)?];
    // "at the Louvre", "in old Prague"
    if matches!(before.text, "the" | "old" | "downtown" | "central") && before.gap == Gap::Space {
        return Some(&words[first.checked_sub(2)?]);
    }
    Some(before)
}

/// Whether a word of the same sentence, a few words back at most, has a mark.
fn reaches(words: &[Word<'_>], before: usize, mark: Mark) -> bool {
    for i in (before.saturating_sub(REACH)..=before).rev() {
        if words[i].has(mark) {
            return true;
        }
        if words[i].gap == Gap::Sentence {
            return false;
        }
    }
    false
}

fn follows(words: &[Word<'_>], last: usize, mark: Mark) -> bool {
    words
        .get(last + 1)
        .is_some_and(|w| w.gap == Gap::Space && w.has(mark))
}

fn before_person(words: &[Word<'_>], first: usize) -> bool {
    directly_before(words, first).is_some_and(|w| w.has(Mark::BeforePerson))
}

fn has_place_before(words: &[Word<'_>], first: usize) -> bool {
    directly_before(words, first).is_some_and(|w| {
        matches!(
            w.text,
            "in" | "to" | "from" | "near" | "outside" | "around" | "across"
        ) || w.has(Mark::Visit)
    })
}

/// "from Porto and Sofia": a list that a known place begins.
fn is_list_of_places(words: &[Word<'_>], first: usize) -> bool {
    let Some(and) = first.checked_sub(1) else {
        return false;
    };
    let before = if matches!(words[and].text, "and" | "or") {
        and.checked_sub(1)
    } else if words[first].gap == Gap::Mark {
        Some(and)
    } else {
        None
    };
    before.is_some_and(|i| words[i].has(Mark::Place) && !words[i].has(Mark::Given))
}

/// "played Stardew Valley": a game, not a valley.
fn played(words: &[Word<'_>], first: usize) -> bool {
    directly_before(words, first).is_some_and(|w| w.has(Mark::Media))
}
