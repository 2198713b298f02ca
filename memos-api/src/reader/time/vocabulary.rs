//! The symbols of the grammar: every word, character and mark that a rule or a class names.

use super::holiday::HOLIDAYS;
use super::lexicon::{PHRASES, Sense};
use super::other_words::OTHER_WORDS;
use super::token::{self, BREAK, Kind, NUMBER, Symbol, Symbols, UNKNOWN};

/// Words longer than this are in no rule.
const LONGEST: usize = 15;
/// Buckets of words by first letter (26, and one for suffixes) and length.
const BUCKETS: usize = 27 * (LONGEST + 1);

/// A phrase of a class, as symbols.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) symbols: Box<[Symbol]>,
    pub(super) sense: Sense,
}

/// All symbols, and the phrases that begin with each.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: Vec<Vec<(Box<str>, Symbol)>>,
    /// Sorted by character.
    han: Vec<(char, Symbol)>,
    marks: [Symbol; 128],
    /// Words of more than one character that name no time, by first character, longest first.
    hidden: Vec<(char, Vec<&'static str>)>,
    /// By first symbol, longest phrase first.
    phrases: Vec<Vec<Phrase>>,
}

impl Vocabulary {
    /// The vocabulary of the classes; the rules add their own words as they are compiled.
    pub(super) fn of_the_classes() -> Self {
        let mut new = Self {
            words: vec![Vec::new(); BUCKETS],
            han: Vec::new(),
            marks: [UNKNOWN; 128],
            hidden: Vec::new(),
            phrases: vec![Vec::new(), Vec::new(), Vec::new()],
        };
        new.marks[usize::from(b'\n')] = BREAK;
        for &(phrases, sense) in PHRASES {
            for phrase in phrases.split(';') {
                new.add_phrase(phrase, sense);
            }
        }
        for &(names, holiday) in HOLIDAYS {
            for name in names.split(';') {
                let han = name.chars().next().is_some_and(token::is_han);
                new.add_phrase(
                    name,
                    if han {
                        Sense::HanHoliday(holiday)
                    } else {
                        Sense::Holiday(holiday)
                    },
                );
            }
        }
        for word in OTHER_WORDS {
            let Some(first) = word.chars().next() else {
                continue;
            };
            match new.hidden.binary_search_by_key(&first, |(c, _)| *c) {
                Ok(at) => new.hidden[at].1.push(word),
                Err(at) => new.hidden.insert(at, (first, vec![word])),
            }
        }
        for (_, words) in &mut new.hidden {
            words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        }
        for phrases in &mut new.phrases {
            phrases.sort_by_key(|p| std::cmp::Reverse(p.symbols.len()));
        }
        new
    }

    fn add_phrase(&mut self, phrase: &str, sense: Sense) {
        let symbols = self.intern(phrase);
        self.phrases[usize::from(symbols[0])].push(Phrase {
            symbols: symbols.into(),
            sense,
        });
    }

    /// The symbols of a phrase of the grammar, made where they are new. Never empty.
    pub(super) fn intern(&mut self, phrase: &str) -> Vec<Symbol> {
        let pieces = token::tokens(phrase, &NoSymbols);
        assert!(!pieces.is_empty(), "the grammar has an empty phrase");
        pieces
            .iter()
            .map(|piece| {
                let text = piece.text(phrase);
                let next = Symbol::try_from(self.phrases.len())
                    .expect("the grammar has fewer than 65,536 words");
                let first = text.chars().next().unwrap_or_default();
                let slot = match piece.kind {
                    Kind::Number | Kind::Decimal => return NUMBER,
                    Kind::Word => {
                        let bucket = &mut self.words[bucket(text)];
                        if let Some((_, symbol)) = bucket.iter().find(|(w, _)| **w == *text) {
                            return *symbol;
                        }
                        bucket.push((text.into(), UNKNOWN));
                        &mut bucket.last_mut().expect("it was just pushed").1
                    }
                    Kind::Han => match self.han.binary_search_by_key(&first, |(c, _)| *c) {
                        Ok(at) => return self.han[at].1,
                        Err(at) => {
                            self.han.insert(at, (first, UNKNOWN));
                            &mut self.han[at].1
                        }
                    },
                    Kind::Mark => {
                        let slot = &mut self.marks[usize::from(text.as_bytes()[0] & 0x7f)];
                        if *slot != UNKNOWN {
                            return *slot;
                        }
                        slot
                    }
                };
                *slot = next;
                self.phrases.push(Vec::new());
                next
            })
            .collect()
    }

    /// The phrases of the classes that begin with a symbol, longest first.
    pub(super) fn phrases(&self, first: Symbol) -> &[Phrase] {
        &self.phrases[usize::from(first)]
    }

    /// All symbols with which a phrase of such a sense begins.
    pub(super) fn firsts(&self, is: impl Fn(Sense) -> bool) -> Vec<Symbol> {
        (0..)
            .zip(&self.phrases)
            .filter(|(_, phrases)| phrases.iter().any(|p| is(p.sense)))
            .map(|(symbol, _)| symbol)
            .collect()
    }

    /// How many symbols there are.
    pub(super) fn len(&self) -> usize {
        self.phrases.len()
    }

    fn find(&self, lower: &str) -> Symbol {
        self.words[bucket(lower)]
            .iter()
            .find(|(w, _)| **w == *lower)
            .map_or(UNKNOWN, |(_, symbol)| *symbol)
    }
}

fn bucket(word: &str) -> usize {
    let first = match word.as_bytes()[0] {
        letter @ b'a'..=b'z' => usize::from(letter - b'a'),
        _ => 26,
    };
    first * (LONGEST + 1) + word.len().min(LONGEST)
}

impl Symbols for Vocabulary {
    fn word(&self, word: &str) -> Symbol {
        let mut buffer = [0; LONGEST];
        let Some(lower) = buffer.get_mut(..word.len()) else {
            return UNKNOWN;
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        std::str::from_utf8(lower).map_or(UNKNOWN, |lower| self.find(lower))
    }

    fn suffix(&self, letters: &str) -> Symbol {
        let mut buffer = [b'\''; LONGEST];
        let Some(lower) = buffer.get_mut(1..=letters.len()) else {
            return UNKNOWN;
        };
        lower.copy_from_slice(letters.as_bytes());
        lower.make_ascii_lowercase();
        std::str::from_utf8(&buffer[..=letters.len()]).map_or(UNKNOWN, |lower| self.find(lower))
    }

    fn han(&self, c: char) -> Symbol {
        self.han
            .binary_search_by_key(&c, |(c, _)| *c)
            .map_or(UNKNOWN, |at| self.han[at].1)
    }

    fn mark(&self, c: char) -> Symbol {
        self.marks.get(c as usize).copied().unwrap_or(UNKNOWN)
    }

    fn hidden(&self, rest: &str) -> usize {
        let Some(first) = rest.chars().next() else {
            return 0;
        };
        self.hidden
            .binary_search_by_key(&first, |(c, _)| *c)
            .ok()
            .and_then(|at| self.hidden[at].1.iter().find(|w| rest.starts_with(**w)))
            .map_or(0, |w| w.len())
    }
}

/// For the grammar's own phrases, which are split before their symbols exist.
struct NoSymbols;

impl Symbols for NoSymbols {
    fn word(&self, _: &str) -> Symbol {
        UNKNOWN
    }
    fn suffix(&self, _: &str) -> Symbol {
        UNKNOWN
    }
    fn han(&self, _: char) -> Symbol {
        UNKNOWN
    }
    fn mark(&self, _: char) -> Symbol {
        UNKNOWN
    }
    fn hidden(&self, _: &str) -> usize {
        0
    }
}
