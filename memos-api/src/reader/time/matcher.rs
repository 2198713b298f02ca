//! Matches the grammar's patterns against tokens, longest expression first.

use super::calendar::Quantity;
use super::forms;
use super::grammar::{Element, Grammar, Name, Rule, When};
use super::lexicon::{Holiday, Part, Portion, Season, Sense, Unit};
use super::meaning::Value;
use super::reading::{ONE, Reading};
use super::token::{Symbol, Token, UNKNOWN};

/// How deep expressions may nest ("the week before the first Friday of last May"): keeps matching
/// linear in the length of any text.
const DEPTH: u8 = 3;

/// What the elements of a pattern have matched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Captures {
    pub(super) quantities: [Option<Quantity>; 2],
    pub(super) unit: Option<Unit>,
    pub(super) year: Option<i16>,
    pub(super) decade: Option<i16>,
    pub(super) quarter: Option<i8>,
    pub(super) month: Option<i8>,
    pub(super) days: [Option<i8>; 2],
    pub(super) weekday: Option<i8>,
    pub(super) season: Option<Season>,
    pub(super) holiday: Option<Holiday>,
    pub(super) part: Option<Part>,
    pub(super) portion: Option<Portion>,
    pub(super) ordinal: Option<i8>,
    pub(super) clock: Option<(i8, Option<i8>)>,
    pub(super) times: [Option<Value>; 2],
    /// First token of the first nested expression.
    pub(super) time_at: usize,
}

impl Captures {
    fn add_quantity(&mut self, quantity: Quantity) {
        let slot = usize::from(self.quantities[0].is_some());
        self.quantities[slot] = Some(quantity);
    }

    pub(super) fn add_day(&mut self, day: i8) {
        let slot = usize::from(self.days[0].is_some());
        self.days[slot] = Some(day);
    }

    /// Fortnights are weeks, twice as many: the count comes before them, or there is one.
    fn count_fortnights(&mut self) {
        self.unit = Some(Unit::Week);
        if self.quantities[0].is_none() {
            self.add_quantity(ONE);
        }
        for quantity in self.quantities.iter_mut().flatten() {
            quantity.lo *= 2;
            quantity.hi *= 2;
        }
    }

    fn add_sense(&mut self, sense: Sense) {
        match sense {
            Sense::Month(m) | Sense::SureMonth(m) => self.month = Some(m),
            Sense::Weekday(w) | Sense::ShortWeekday(w) => self.weekday = Some(w),
            Sense::Weekdays(w) | Sense::DayOfWeek(w) => self.weekday = Some(w),
            Sense::Unit(u) | Sense::Period(u) => self.unit = Some(u),
            Sense::Fortnight => self.count_fortnights(),
            Sense::Season(s) => self.season = Some(s),
            Sense::Part(p) => self.part = Some(p),
            Sense::Holiday(h) | Sense::HanHoliday(h) => self.holiday = Some(h),
            Sense::Third(p) | Sense::Edge(p) | Sense::HanPortion(p) => self.portion = Some(p),
            _ => {}
        }
    }
}

/// A text's tokens under the grammar.
pub(super) struct Matcher<'a> {
    pub(super) grammar: &'a Grammar,
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl Matcher<'_> {
    pub(super) fn symbol(&self, at: usize) -> Symbol {
        self.tokens.get(at).map_or(UNKNOWN, |t| t.symbol)
    }

    /// The phrases of the lexicon that stand at a token: their sense and length in tokens.
    pub(super) fn senses(&self, at: usize) -> impl Iterator<Item = (Sense, usize)> + '_ {
        self.grammar
            .vocabulary
            .phrases(self.symbol(at))
            .iter()
            .filter(move |p| self.is_phrase(at, &p.symbols))
            .map(|p| (p.sense, p.symbols.len()))
    }

    fn is_phrase(&self, at: usize, symbols: &[Symbol]) -> bool {
        self.tokens
            .get(at..at + symbols.len())
            .is_some_and(|tokens| tokens.iter().zip(symbols).all(|(t, s)| t.symbol == *s))
    }

    /// Whether a phrase of such a sense ends right before a token.
    pub(super) fn follows(&self, at: usize, is: impl Fn(Sense) -> bool) -> bool {
        (1..=2).any(|back| {
            at.checked_sub(back)
                .is_some_and(|from| self.senses(from).any(|(s, len)| len == back && is(s)))
        })
    }

    /// The longest expression at a token: the token after it, and what it means.
    pub(super) fn expression(
        &self,
        at: usize,
        depth: u8,
        reading: &Reading<'_>,
    ) -> Option<(usize, Value)> {
        let mut best: Option<(usize, Value)> = None;
        for rule in self.grammar.rules(self.symbol(at), self.symbol(at + 1)) {
            if depth == 0 && !self.is_admitted(rule.when, at) {
                continue;
            }
            if let Some((end, value)) = self.apply(rule, at, None, depth, reading)
                && best.is_none_or(|(longest, _)| end > longest)
            {
                best = Some((end, value));
            }
        }
        let (mut end, mut value) = best?;
        while let Some((further, narrowed)) = self
            .grammar
            .after(self.symbol(end))
            .filter_map(|rule| self.apply(rule, end, Some((at, value)), depth, reading))
            .max_by_key(|(end, _)| *end)
        {
            (end, value) = (further, narrowed);
        }
        Some((end, value))
    }

    fn is_admitted(&self, when: When, at: usize) -> bool {
        match when {
            When::Always => true,
            When::Led => self.follows(at, |s| s == Sense::Lead),
            When::YearLed => self.follows(at, |s| s == Sense::YearLead),
            When::Nested => false,
        }
    }

    fn apply(
        &self,
        rule: &Rule,
        at: usize,
        left: Option<(usize, Value)>,
        depth: u8,
        reading: &Reading<'_>,
    ) -> Option<(usize, Value)> {
        let mut captures = Captures::default();
        let end = self.run(&rule.elements, at, &mut captures, depth, reading)?;
        let from = left.map_or(at, |(from, _)| from);
        let value = reading.evaluate(rule.meaning, &captures, (from, end), left.map(|(_, v)| v))?;
        Some((end, value))
    }

    /// Matches elements one after another, the fullest reading first.
    fn run(
        &self,
        elements: &[(Element, bool)],
        at: usize,
        captures: &mut Captures,
        depth: u8,
        reading: &Reading<'_>,
    ) -> Option<usize> {
        let Some(((element, optional), rest)) = elements.split_first() else {
            return Some(at);
        };
        let before = *captures;
        let on =
            |captures: &mut Captures, next: usize| self.run(rest, next, captures, depth, reading);
        match element {
            Element::Phrases(phrases) => {
                for phrase in phrases.iter().filter(|p| self.is_phrase(at, p)) {
                    if let Some(end) = on(captures, at + phrase.len()) {
                        return Some(end);
                    }
                    *captures = before;
                }
            }
            Element::Named(Name::Time) => {
                if depth < DEPTH
                    && let Some((next, value)) = self.expression(at, depth + 1, reading)
                {
                    let slot = usize::from(captures.times[0].is_some());
                    captures.times[slot] = Some(value);
                    if slot == 0 {
                        captures.time_at = at;
                    }
                    if let Some(end) = on(captures, next) {
                        return Some(end);
                    }
                    *captures = before;
                }
            }
            Element::Named(Name::Num) => {
                if let Some((next, quantity)) = forms::quantity(self, at) {
                    captures.add_quantity(quantity);
                    if let Some(end) = on(captures, next) {
                        return Some(end);
                    }
                    *captures = before;
                }
            }
            Element::Named(name) => {
                for (sense, len) in self.senses(at).filter(|(s, _)| name.admits(*s)) {
                    captures.add_sense(sense);
                    if let Some(end) = on(captures, at + len) {
                        return Some(end);
                    }
                    *captures = before;
                }
                if let Some(next) = forms::form(self, *name, at, captures) {
                    if let Some(end) = on(captures, next) {
                        return Some(end);
                    }
                    *captures = before;
                }
            }
        }
        if *optional { on(captures, at) } else { None }
    }
}
