//! What the rules of the grammar mean.

use super::calendar::Stretch;
use super::lexicon::{Part, Portion, Unit};
use super::open::What;

/// What a pattern means; its captures fill in the rest. "Now" is when the text was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The day so many days after today.
    Day(i32),
    /// The day that the text spoke of last, or else today.
    SameDay,
    /// A part of the day so many days after today, captured or given.
    PartOf(i32),
    PartAt(i32, Part),
    /// The captured unit, so many after the current one; a given unit.
    Shift(i32),
    ShiftOf(Unit, i32),
    /// A few of a unit before or after now.
    Vague(Unit, i32),
    /// The captured number of units up to now (−1) or from now on (1).
    Rolling(i32),
    /// A number of units before now: plain, "and a half", "or so many", "and more".
    Ago,
    AgoAndHalf,
    AgoBetween,
    AgoMore,
    WeekdaysAgo,
    /// A number of units after now.
    Ahead,
    /// The same, but in a sentence that looks back it is a duration, and no time.
    AheadUnlessPast,
    AheadBetween,
    /// A number of units before or after the time that the text named last.
    Earlier,
    Later,
    /// Has lasted a number of units until now; the same if the sentence has a perfect.
    For,
    ForPerfect,
    /// The same for units of a day or more.
    ForLong,
    /// A number of units, one unit, the day or the weekday before or after another time.
    Anchored,
    AnchoredOne,
    AnchoredDay,
    AnchoredWeekday,
    /// The unit around another time.
    Around,
    PartOfTime,
    /// The last (−1), current (0) or next (1) one of something that comes again.
    Turn(i32),
    TurnBeforeLast,
    /// The nth such weekday before or after today; the one of a week.
    WeekdayTurn(i32),
    WeekdayIn(i32),
    /// Something that comes again, to be settled by the tense.
    Open,
    OpenWeekend,
    /// A day of the month, if what follows does not make it a count.
    OpenIfDay,
    /// A date after its weekday.
    WithWeekday,
    /// In the captured year; so many years after the current one; so many months.
    InYear,
    YearShift(i32),
    DayOfMonth(i32),
    Date,
    InDecade,
    DecadePortion,
    /// A part of another time, captured or given; of the current unit.
    PortionOf,
    PortionIs(Portion),
    PortionAt(Unit, Portion),
    /// The nth unit or weekday of another time.
    Nth,
    NthWeekday,
    /// From another time until now.
    Since,
    /// "From" another time, if that is a stretch from one time to another.
    RangeOnly,
    Between,
    ClockOn,
    /// A clock time of the day that the text spoke of last, or else of today.
    PartClock,
    /// After another time: its part, clock time, something in it, its nth unit, what lies around it.
    ThenPart,
    ThenClock,
    ThenIn,
    ThenWeekday,
    ThenPortion,
    ThenNth,
    ThenLast,
    ThenNthWeekday,
    ThenBefore,
    ThenAfter,
    ThenNextDay,
    ThenSame,
    ThenTo,
    ThenSince,
}

/// What an expression means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A stretch of time, and whether it is the same whenever it was said.
    Known { stretch: Stretch, absolute: bool },
    /// Something that comes again; the sentence's tense says which one.
    Open(What, Option<Portion>),
}

impl Value {
    /// A time that depends on when it was said.
    pub(super) fn relative(stretch: Stretch) -> Self {
        Self::Known {
            stretch,
            absolute: false,
        }
    }

    pub(super) fn absolute(stretch: Stretch) -> Self {
        Self::Known {
            stretch,
            absolute: true,
        }
    }

    pub(super) fn is_absolute(self) -> bool {
        matches!(self, Self::Known { absolute: true, .. })
    }
}
