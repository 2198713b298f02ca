//! The English grammar of times. The pattern language is described in `grammar`.

use super::lexicon::{Part, Portion, Unit};
use super::meaning::Meaning::{self, *};

/// Expressions that name a time wherever they stand.
pub(super) const ALWAYS: &[(&str, Meaning)] = &[
    ("today", Day(0)),
    ("earlier|later today", Day(0)),
    ("yesterday", Day(-1)),
    ("tomorrow|tmrw|tmr", Day(1)),
    ("the? day before yesterday", Day(-2)),
    ("the? day after tomorrow", Day(2)),
    ("tonight", PartAt(0, Part::Night)),
    ("last night", PartAt(-1, Part::Night)),
    ("this PART", PartOf(0)),
    ("the other day", Vague(Unit::Day, -1)),
    ("the other week", Vague(Unit::Week, -1)),
    // Units: last week, the week before last, over the past month.
    (
        "last|past|previous|this_past|this_last|the_previous PERIOD",
        Shift(-1),
    ),
    ("the last weekend", ShiftOf(Unit::Weekend, -1)),
    ("this|current|the_current PERIOD", Shift(0)),
    (
        "next|coming|upcoming|this_coming|the_coming|the_next PERIOD",
        Shift(1),
    ),
    ("the? PERIOD before last", Shift(-2)),
    ("the? PERIOD after next", Shift(2)),
    ("the last|past PERIOD", Rolling(-1)),
    ("the|these|this last|past NUM UNIT", Rolling(-1)),
    ("last|past NUM UNIT", Rolling(-1)),
    ("the|these next|coming NUM UNIT", Rolling(1)),
    ("next|coming NUM UNIT", Rolling(1)),
    ("the? last|past|previous FORTNIGHT", Rolling(-1)),
    ("the? next|coming FORTNIGHT", Rolling(1)),
    // Counted: two weeks ago, in three days, for four months now.
    ("NUM UNIT ago|back", Ago),
    ("NUM UNIT and a half ago|back", AgoAndHalf),
    ("NUM and a half UNIT ago|back", AgoAndHalf),
    ("NUM or NUM UNIT ago", AgoBetween),
    ("NUM to|- NUM UNIT ago", AgoBetween),
    ("NUM WDAYS ago", WeekdaysAgo),
    ("NUM UNIT from now|today|tomorrow", Ahead),
    ("in NUM UNIT", AheadUnlessPast),
    ("in about|around|just|like NUM UNIT", AheadUnlessPast),
    ("in NUM to|or|- NUM UNIT", AheadBetween),
    ("NUM UNIT earlier|prior", Earlier),
    ("NUM UNIT later", Later),
    ("NUM UNIT now|already", For),
    ("for NUM UNIT now|already", For),
    (
        "for about|around|almost|nearly|over|roughly|like|only|just NUM UNIT now",
        For,
    ),
    ("for NUM UNIT", ForPerfect),
    (
        "for about|around|almost|nearly|over|roughly|like|only|just NUM UNIT",
        ForPerfect,
    ),
    // Anchored: the week before 2 April 2021, two days after Christmas.
    (
        "NUM UNIT before|after|from|prior_to|following TIME",
        Anchored,
    ),
    (
        "the? PERIOD before|after|prior_to|following TIME",
        AnchoredOne,
    ),
    ("the? last PERIOD before TIME", AnchoredOne),
    ("the? last WDAY before TIME", AnchoredWeekday),
    ("the? day before|after|prior_to|following TIME", AnchoredDay),
    (
        "the? WDAY before|after|prior_to|following TIME",
        AnchoredWeekday,
    ),
    ("the? week|weekend of TIME", Around),
    ("the? PART of TIME", PartOfTime),
    // Weekdays.
    (
        "last|past|previous|this_past|this_last|the_previous WDAY",
        Turn(-1),
    ),
    ("this WDAY", WeekdayIn(0)),
    ("next|coming|upcoming|this_coming|the_coming WDAY", Turn(1)),
    ("WEEKDAY", Open),
    ("the? WDAY before last", WeekdayTurn(-2)),
    ("the? WDAY after next", WeekdayTurn(2)),
    ("WDAY ,? of? last week", WeekdayIn(-1)),
    ("WDAY ,? of? this week", WeekdayIn(0)),
    ("WDAY ,? of? next week", WeekdayIn(1)),
    ("a week from|on WDAY", WeekdayTurn(2)),
    ("WDAY ,? the? TIME", WithWeekday),
    // Weekends.
    ("had a|an ANY? ANY? weekend", OpenWeekend),
    // Dates.
    ("MONTH DAY ,? of? YEAR", InYear),
    ("the? DAY of? MONTH ,? of? YEAR", InYear),
    ("MONTH DAY", Open),
    ("the? DAY of? MONTH", Open),
    ("MONTH DAY ,? of? last year", YearShift(-1)),
    ("MONTH DAY ,? of? this year", YearShift(0)),
    ("MONTH DAY ,? of? next year", YearShift(1)),
    ("MONTH DAY to|-|through|and|until DAY ,? YEAR", InYear),
    ("MONTH DAY to|-|through|until DAY", Open),
    (
        "the? DAY to|-|through|until the? DAY of? MONTH ,? YEAR",
        InYear,
    ),
    ("the? DAY to|-|through|until the? DAY of? MONTH", Open),
    ("DATE", Date),
    // The first of May, May the 1st.
    ("the NTHDAY of MONTH", Open),
    ("the NTHDAY of MONTH ,? of? YEAR", InYear),
    ("the NTHDAY of MONTH ,? of? last year", YearShift(-1)),
    ("the NTHDAY of MONTH ,? of? this year", YearShift(0)),
    ("the NTHDAY of MONTH ,? of? next year", YearShift(1)),
    (
        "the NTHDAY to|-|through|until the? NTHDAY of MONTH ,? YEAR",
        InYear,
    ),
    ("the NTHDAY to|-|through|until the? NTHDAY of MONTH", Open),
    ("the NTHDAY of last month", DayOfMonth(-1)),
    ("the NTHDAY of this month", DayOfMonth(0)),
    ("the NTHDAY of next month", DayOfMonth(1)),
    // Months.
    ("MONTH ,|. YEAR", InYear),
    ("MONTH of? YEAR", InYear),
    ("MONTH ,? of? last year", YearShift(-1)),
    ("MONTH ,? of? this year", YearShift(0)),
    ("MONTH ,? of? next year", YearShift(1)),
    ("last|this_past|this_last MONTH", Turn(-1)),
    ("this MONTH", Turn(0)),
    ("next|coming|upcoming|this_coming MONTH", Turn(1)),
    // Years and decades.
    ("the year YEAR", InYear),
    ("the? THIRD -? DECADE", DecadePortion),
    ("the DECADE", InDecade),
    ("DECADE", InDecade),
    // Seasons, quarters and holidays.
    ("last|past|this_past|this_last SEASON", Turn(-1)),
    ("this SEASON", Turn(0)),
    ("next|coming|upcoming|this_coming SEASON", Turn(1)),
    ("the? SEASON of? YEAR", InYear),
    ("the? SEASON ,|of last year", YearShift(-1)),
    ("the? SEASON ,|of this year", YearShift(0)),
    ("the? SEASON ,|of next year", YearShift(1)),
    ("the SEASON before last", TurnBeforeLast),
    ("QUARTER ,|of? YEAR", InYear),
    ("last|this_past HOLIDAY", Turn(-1)),
    ("this HOLIDAY", Turn(0)),
    ("next|this_coming|upcoming HOLIDAY", Turn(1)),
    ("HOLIDAY ,|of|in? YEAR", InYear),
    ("HOLIDAY ,|of? last year", YearShift(-1)),
    ("HOLIDAY ,|of? this year", YearShift(0)),
    ("HOLIDAY ,|of? next year", YearShift(1)),
    // Parts of longer times: early May, the end of the month, the first week of August.
    ("the? THIRD -? TIME", PortionOf),
    ("the? THIRD part of TIME", PortionOf),
    ("the? EDGE of TIME", PortionOf),
    ("the? ORD UNIT of|in TIME", Nth),
    ("the? ORD WDAY of|in TIME", NthWeekday),
    (
        "the? first few|couple_of days|weeks of TIME",
        PortionIs(Portion::Beginning),
    ),
    (
        "the? last few|couple_of days|weeks of TIME",
        PortionIs(Portion::End),
    ),
    // Spans.
    ("since TIME", Since),
    ("since about|around|at_least|late TIME", Since),
    ("from TIME", RangeOnly),
    ("between TIME and TIME", Between),
    ("CLOCK ,|on|at? TIME", ClockOn),
];

/// Expressions that name a time only after a preposition, or inside another expression.
pub(super) const LED: &[(&str, Meaning)] = &[
    ("WDAY", Open),
    ("SUREMONTH", Open),
    ("MONTH", Open),
    ("the? SEASON", Open),
    ("HOLIDAY", Open),
    ("the weekend", OpenWeekend),
    ("the ORDDAY", OpenIfDay),
    ("MONTH the? NTHDAY", OpenIfDay),
    ("MONTH the? NTHDAY ,? YEAR", InYear),
    ("SHORTDATE", Open),
];

/// A bare year needs a preposition that only times follow.
pub(super) const YEAR_LED: &[(&str, Meaning)] = &[("YEAR", InYear)];

/// Expressions that name a time only inside another expression.
pub(super) const NESTED: &[(&str, Meaning)] = &[
    ("YEAR", InYear),
    ("the|that PERIOD", Shift(0)),
    ("the day", Day(0)),
];

/// What may follow a time and narrows it, or stretches it to a second time.
pub(super) const AFTER: &[(&str, Meaning)] = &[
    ("PART", ThenPart),
    ("in the PART", ThenPart),
    (",? at|around|about? CLOCK", ThenClock),
    ("to|-|until|till|through TIME", ThenTo),
    (",? on|in|at|over? MONTH", ThenIn),
    (",? on|in|at? MONTH DAY", ThenIn),
    (",? on? WDAY", ThenIn),
    ("in|over|during? the? SEASON", ThenIn),
    (",? on|at|for|around|over? HOLIDAY", ThenIn),
];
