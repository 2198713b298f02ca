//! The pattern language of the grammar, compiled once.
//!
//! A pattern is a row of elements, separated by spaces. An element is a choice of literal phrases
//! (`last|past|this_past`; an underscore joins the words of one phrase; Han text needs no spaces), or
//! the name of a class or of something with a form of its own, in capitals (`MONTH`, `NUM`, `TIME`).
//! A question mark after an element makes it optional.

use std::sync::LazyLock;

use super::lexicon::Sense;
use super::meaning::Meaning;
use super::token::{BREAK, NUMBER, Symbol, UNKNOWN};
use super::vocabulary::Vocabulary;
use super::{chinese, english};

/// Something that a pattern names in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    // Classes of the lexicon.
    Month,
    SureMonth,
    Weekday,
    Wday,
    Wdays,
    Zday,
    Unit,
    Period,
    Fortnight,
    Season,
    Part,
    Holiday,
    HanHoliday,
    Third,
    Edge,
    HanPortion,
    // Forms.
    /// A quantity: "two", "a couple of", 三, 几.
    Num,
    /// A day of the month, 1 to 31, maybe with an ordinal suffix; with one.
    Day,
    OrdDay,
    /// A day of the month as an ordinal, in a word or in digits: "first", "1st".
    NthDay,
    /// A day of the first lunar month: 初五, 十五.
    LunarDay,
    /// An ordinal: "first", "2nd", "last".
    Ord,
    /// A year of four digits; in Han digits too.
    Year,
    /// Month and day numbers, in digits or Han numerals.
    Mnum,
    Dnum,
    /// A day before 号 or 日.
    HanDay,
    /// 90 in 90年代.
    TwoDigit,
    /// 2023-05-08, 5/8/2023, 8.5.2023, 2023-05; 5/8.
    Date,
    ShortDate,
    /// 1990s, the 90s, the nineties.
    Decade,
    /// Q3.
    Quarter,
    /// 5 pm, 17:30, 下午三点半.
    Clock,
    /// A clock time that its Han part of the day begins: 晚上八点半.
    PartClock,
    /// Any word.
    Any,
    /// Another expression.
    Time,
}

const NAMES: &[(&str, Name)] = &[
    ("MONTH", Name::Month),
    ("SUREMONTH", Name::SureMonth),
    ("WEEKDAY", Name::Weekday),
    ("WDAY", Name::Wday),
    ("WDAYS", Name::Wdays),
    ("ZDAY", Name::Zday),
    ("UNIT", Name::Unit),
    ("PERIOD", Name::Period),
    ("FORTNIGHT", Name::Fortnight),
    ("SEASON", Name::Season),
    ("PART", Name::Part),
    ("HOLIDAY", Name::Holiday),
    ("HANHOLIDAY", Name::HanHoliday),
    ("THIRD", Name::Third),
    ("EDGE", Name::Edge),
    ("HANPORTION", Name::HanPortion),
    ("NUM", Name::Num),
    ("DAY", Name::Day),
    ("ORDDAY", Name::OrdDay),
    ("NTHDAY", Name::NthDay),
    ("LUNARDAY", Name::LunarDay),
    ("ORD", Name::Ord),
    ("YEAR", Name::Year),
    ("MNUM", Name::Mnum),
    ("DNUM", Name::Dnum),
    ("HANDAY", Name::HanDay),
    ("TWODIGIT", Name::TwoDigit),
    ("DATE", Name::Date),
    ("SHORTDATE", Name::ShortDate),
    ("DECADE", Name::Decade),
    ("QUARTER", Name::Quarter),
    ("CLOCK", Name::Clock),
    ("PARTCLOCK", Name::PartClock),
    ("ANY", Name::Any),
    ("TIME", Name::Time),
];

impl Name {
    /// Whether a phrase of this sense is in the class.
    pub(super) fn admits(self, sense: Sense) -> bool {
        use Sense as S;
        match self {
            Self::Month => matches!(sense, S::Month(_) | S::SureMonth(_)),
            Self::SureMonth => matches!(sense, S::SureMonth(_)),
            Self::Weekday => matches!(sense, S::Weekday(_)),
            Self::Wday => matches!(sense, S::Weekday(_) | S::ShortWeekday(_)),
            Self::Wdays => matches!(sense, S::Weekdays(_)),
            Self::Zday => matches!(sense, S::DayOfWeek(_)),
            Self::Unit => matches!(sense, S::Unit(_) | S::Fortnight),
            Self::Fortnight => sense == S::Fortnight,
            Self::Period => matches!(sense, S::Period(_)),
            Self::Season => matches!(sense, S::Season(_)),
            Self::Part => matches!(sense, S::Part(_)),
            Self::Holiday => matches!(sense, S::Holiday(_)),
            Self::HanHoliday => matches!(sense, S::HanHoliday(_)),
            Self::Third => matches!(sense, S::Third(_)),
            Self::Edge => matches!(sense, S::Edge(_)),
            Self::HanPortion => matches!(sense, S::HanPortion(_)),
            _ => false,
        }
    }

    /// The symbols with which it can begin.
    fn firsts(self, vocabulary: &mut Vocabulary) -> Vec<Symbol> {
        let is_han_number = |s| matches!(s, Sense::HanDigit(_) | Sense::HanPower(_));
        let mut firsts = match self {
            Self::Num => {
                vocabulary.firsts(|s| is_han_number(s) || matches!(s, Sense::Quantity(..)))
            }
            Self::Ord => vocabulary.firsts(|s| matches!(s, Sense::Ordinal(_))),
            Self::Year | Self::Mnum | Self::Dnum | Self::HanDay => vocabulary.firsts(is_han_number),
            Self::TwoDigit => vocabulary.firsts(is_han_number),
            Self::Decade => vocabulary.firsts(|s| matches!(s, Sense::Decade(_))),
            Self::Clock => {
                let mut firsts =
                    vocabulary.firsts(|s| is_han_number(s) || matches!(s, Sense::Part(_)));
                firsts.extend(vocabulary.intern("midnight"));
                firsts
            }
            Self::Quarter => vocabulary.intern("q"),
            Self::PartClock => return vocabulary.firsts(|s| matches!(s, Sense::Part(_))),
            Self::Day | Self::OrdDay | Self::Date | Self::ShortDate => Vec::new(),
            Self::NthDay | Self::LunarDay | Self::Any | Self::Time => {
                panic!("no pattern begins with {self:?}")
            }
            class => return vocabulary.firsts(|s| class.admits(s)),
        };
        if self == Self::Decade {
            firsts.extend(vocabulary.intern("'"));
        }
        if self != Self::Quarter {
            firsts.push(NUMBER);
        }
        firsts
    }
}

/// One place of a pattern.
#[derive(Debug)]
pub(super) enum Element {
    /// One of these phrases, longest first.
    Phrases(Vec<Box<[Symbol]>>),
    Named(Name),
}

/// A pattern and what it means.
#[derive(Debug)]
pub(super) struct Rule {
    /// Elements, and whether each may be left out.
    pub(super) elements: Vec<(Element, bool)>,
    pub(super) meaning: Meaning,
    pub(super) when: When,
}

/// Where a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// After a preposition, or inside another expression.
    Led,
    /// After a preposition that only times follow, or inside another expression.
    YearLed,
    /// Inside another expression.
    Nested,
}

/// Both languages, compiled.
#[derive(Debug)]
pub(super) struct Grammar {
    pub(super) vocabulary: Vocabulary,
    rules: Vec<Rule>,
    after: Vec<Rule>,
    /// Rules by the symbol that they can begin with.
    starts: Vec<Starts>,
    after_starts: Vec<Vec<u16>>,
    /// Symbols that the matcher asks for by name.
    pub(super) known: Known,
}

/// The rules that can begin with a symbol.
#[derive(Clone, Debug, Default)]
struct Starts {
    /// All of them.
    all: Vec<u16>,
    /// Those of one element, which match whatever follows.
    short: Vec<u16>,
}

/// Symbols that the matcher asks for by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) dash: Symbol,
    pub(super) slash: Symbol,
    pub(super) dot: Symbol,
    pub(super) colon: Symbol,
    pub(super) apostrophe: Symbol,
    pub(super) the: Symbol,
    pub(super) s: Symbol,
    pub(super) apostrophe_s: Symbol,
    pub(super) ordinals: [Symbol; 4],
    pub(super) am: Symbol,
    pub(super) pm: Symbol,
    pub(super) a: Symbol,
    pub(super) p: Symbol,
    pub(super) m: Symbol,
    pub(super) o: Symbol,
    pub(super) clock: Symbol,
    pub(super) midnight: Symbol,
    pub(super) dian: Symbol,
    pub(super) shi: Symbol,
    pub(super) zhong: Symbol,
    pub(super) fen: Symbol,
    pub(super) ban: Symbol,
    pub(super) ke: Symbol,
    pub(super) hao: Symbol,
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(Grammar::compile);

impl Grammar {
    /// The grammar, compiled at first use.
    pub(super) fn get() -> &'static Self {
        &GRAMMAR
    }

    fn compile() -> Self {
        let mut vocabulary = Vocabulary::of_the_classes();
        let mut rules = Vec::new();
        for (table, when) in [
            (english::ALWAYS, When::Always),
            (chinese::ALWAYS, When::Always),
            (english::LED, When::Led),
            (chinese::LED, When::Led),
            (english::YEAR_LED, When::YearLed),
            (english::NESTED, When::Nested),
        ] {
            rules.extend(
                table
                    .iter()
                    .map(|(p, m)| rule(p, *m, when, &mut vocabulary)),
            );
        }
        let after: Vec<Rule> = [english::AFTER, chinese::AFTER]
            .iter()
            .flat_map(|table| table.iter())
            .map(|(p, m)| rule(p, *m, When::Always, &mut vocabulary))
            .collect();
        let known = Known::of(&mut vocabulary);
        let (starts, after_starts) = (
            begins(&rules, &mut vocabulary),
            begins(&after, &mut vocabulary),
        );
        let starts = starts
            .into_iter()
            .map(|all| Starts {
                short: all
                    .iter()
                    .copied()
                    .filter(|&r| is_short(&rules[usize::from(r)]))
                    .collect(),
                all,
            })
            .collect();
        Self {
            vocabulary,
            rules,
            after,
            starts,
            after_starts,
            known,
        }
    }

    /// Whether any rule begins with a symbol.
    pub(super) fn begins(&self, symbol: Symbol) -> bool {
        !self.starts[usize::from(symbol)].all.is_empty()
    }

    /// The rules that can begin with a symbol when `next` follows it.
    pub(super) fn rules(&self, symbol: Symbol, next: Symbol) -> impl Iterator<Item = &Rule> {
        let starts = &self.starts[usize::from(symbol)];
        let which = if next == UNKNOWN || next == BREAK {
            &starts.short
        } else {
            &starts.all
        };
        which.iter().map(|&r| &self.rules[usize::from(r)])
    }

    /// The rules that can go on after an expression with a symbol.
    pub(super) fn after(&self, symbol: Symbol) -> impl Iterator<Item = &Rule> {
        self.after_starts[usize::from(symbol)]
            .iter()
            .map(|&r| &self.after[usize::from(r)])
    }
}

/// Whether a rule can match one token, or has a wildcard in second place.
fn is_short(rule: &Rule) -> bool {
    let needed = rule.elements.iter().filter(|(_, optional)| !optional);
    let forms = |e: &Element| match e {
        Element::Named(_) => true,
        Element::Phrases(phrases) => phrases.iter().any(|p| p.len() == 1),
    };
    rule.elements
        .iter()
        .any(|(e, _)| matches!(e, Element::Named(Name::Any)))
        || needed.clone().count() == 1 && needed.clone().all(|(e, _)| forms(e))
}

/// For every symbol the rules that can begin with it.
fn begins(rules: &[Rule], vocabulary: &mut Vocabulary) -> Vec<Vec<u16>> {
    let mut firsts = Vec::new();
    for rule in rules {
        let mut of = Vec::new();
        for (element, optional) in &rule.elements {
            match element {
                Element::Phrases(phrases) => of.extend(phrases.iter().map(|p| p[0])),
                Element::Named(name) => of.extend(name.firsts(vocabulary)),
            }
            if !optional {
                break;
            }
        }
        of.sort_unstable();
        of.dedup();
        firsts.push(of);
    }
    let mut by_symbol = vec![Vec::new(); vocabulary.len()];
    for (rule, symbols) in (0..).zip(firsts) {
        for symbol in symbols {
            by_symbol[usize::from(symbol)].push(rule);
        }
    }
    by_symbol
}

fn rule(pattern: &str, meaning: Meaning, when: When, vocabulary: &mut Vocabulary) -> Rule {
    let elements = pattern
        .split(' ')
        .map(|element| {
            let (element, optional) = match element.strip_suffix('?') {
                Some(element) => (element, true),
                None => (element, false),
            };
            if element.starts_with(|c: char| c.is_ascii_uppercase()) {
                let name = NAMES.iter().find(|(name, _)| *name == element);
                let Some((_, name)) = name else {
                    panic!("the pattern {pattern:?} has no name for {element:?}");
                };
                return (Element::Named(*name), optional);
            }
            let mut phrases: Vec<Box<[Symbol]>> = element
                .split('|')
                .map(|phrase| vocabulary.intern(&phrase.replace('_', " ")).into())
                .collect();
            phrases.sort_by_key(|p| std::cmp::Reverse(p.len()));
            (Element::Phrases(phrases), optional)
        })
        .collect();
    Rule {
        elements,
        meaning,
        when,
    }
}

impl Known {
    fn of(vocabulary: &mut Vocabulary) -> Self {
        let mut one = |word: &str| vocabulary.intern(word)[0];
        Self {
            dash: one("-"),
            slash: one("/"),
            dot: one("."),
            colon: one(":"),
            apostrophe: one("'"),
            the: one("the"),
            s: one("s"),
            apostrophe_s: one("'s"),
            ordinals: ["st", "nd", "rd", "th"].map(&mut one),
            am: one("am"),
            pm: one("pm"),
            a: one("a"),
            p: one("p"),
            m: one("m"),
            o: one("o"),
            clock: one("'clock"),
            midnight: one("midnight"),
            dian: one("点"),
            shi: one("时"),
            zhong: one("钟"),
            fen: one("分"),
            ban: one("半"),
            ke: one("刻"),
            hao: one("号"),
        }
    }
}
