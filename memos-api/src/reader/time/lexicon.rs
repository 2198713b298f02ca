//! The words that name times, English and Chinese, by class. Data: the grammar refers to the classes.

/// A unit of the calendar or the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Weekend,
    Month,
    Quarter,
    Year,
    Decade,
}

/// A season of the northern half of the earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Season {
    Spring,
    Summer,
    Autumn,
    Winter,
}

impl Season {
    pub(super) fn first_month(self) -> i8 {
        match self {
            Self::Spring => 3,
            Self::Summer => 6,
            Self::Autumn => 9,
            Self::Winter => 12,
        }
    }
}

/// A part of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    SmallHours,
    Morning,
    Noon,
    Afternoon,
    Dusk,
    Evening,
    Night,
}

impl Part {
    /// First hour and the hour after the last; above 24 it lies in the next day.
    pub(super) fn hours(self) -> (i8, i8) {
        match self {
            Self::SmallHours => (0, 6),
            Self::Morning => (5, 12),
            Self::Noon => (11, 14),
            Self::Afternoon => (12, 18),
            Self::Dusk => (17, 20),
            Self::Evening => (18, 24),
            Self::Night => (20, 30),
        }
    }
}

/// A day that comes every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holiday {
    /// A fixed month and day.
    On(i8, i8),
    /// The nth weekday (from Monday, 0) of a month, then so many days on; nth −1 is the last.
    Nth(i8, i8, i8, i8),
    /// A number of days after Easter Sunday of the western churches.
    Easter(i8),
    /// Of the Chinese lunar calendar, and so many days on.
    Lunar(Lunar, i8),
    /// Qingming, the fifth solar term.
    ClearAndBright,
}

/// Holidays of the Chinese lunar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lunar {
    SpringFestival,
    DragonBoat,
    MidAutumn,
}

/// Part of a longer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Portion {
    /// The first third.
    Early,
    /// The middle third.
    Mid,
    /// The last third.
    Late,
    /// The first days or months.
    Beginning,
    /// The last days or months.
    End,
}

/// A word that tells whether a sentence looks back or ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    Past,
    Future,
    /// A present form of "be": with "-ing" it looks ahead.
    Be,
    /// A perfect: "for three years" after it ends now.
    Perfect,
    Habit,
}

/// What a phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// A month; one that is no other word either.
    Month(i8),
    SureMonth(i8),
    /// A weekday from Monday, 0, by its full name.
    Weekday(i8),
    /// The same by an abbreviation, which may be another word.
    ShortWeekday(i8),
    Weekdays(i8),
    /// The bare number of a weekday, after the word for a week.
    DayOfWeek(i8),
    /// A unit that can be counted.
    Unit(Unit),
    /// A unit that "last", "this" and "next" go with.
    Period(Unit),
    /// Two weeks, counted as one.
    Fortnight,
    Season(Season),
    Part(Part),
    Holiday(Holiday),
    HanHoliday(Holiday),
    /// A quantity, in halves.
    Quantity(u8, u8),
    Ordinal(i8),
    /// The first year of a decade of the twentieth century.
    Decade(i16),
    /// A third, before the name of the whole; an edge, before "of" and the name; either after it.
    Third(Portion),
    Edge(Portion),
    HanPortion(Portion),
    Cue(Cue),
    /// A preposition that a time follows; the same where a bare year may follow.
    Lead,
    YearLead,
    /// "Every": what follows is a habit.
    Every,
    HanDigit(u8),
    /// Han multipliers: ten, hundred.
    HanPower(u8),
}

use Sense::{
    DayOfWeek, Decade, Edge, Every, Fortnight, HanDigit, HanPortion, HanPower, Lead, Month,
    Ordinal, Period, Quantity, ShortWeekday, SureMonth, Third, Weekday, Weekdays, YearLead,
};

/// Phrases, separated by `;`, and what each of them means. A phrase may have several senses.
pub(super) const PHRASES: &[(&str, Sense)] = &[
    ("january;jan", SureMonth(1)),
    ("february;feb", SureMonth(2)),
    ("march;mar", Month(3)),
    ("april;apr", Month(4)),
    ("may", Month(5)),
    ("june;jun", Month(6)),
    ("july;jul", SureMonth(7)),
    ("august;aug", Month(8)),
    ("september;sept;sep", SureMonth(9)),
    ("october;oct", SureMonth(10)),
    ("november;nov", SureMonth(11)),
    ("december;dec", SureMonth(12)),
    ("monday;周一;星期一;礼拜一", Weekday(0)),
    ("tuesday;周二;星期二;礼拜二", Weekday(1)),
    ("wednesday;周三;星期三;礼拜三", Weekday(2)),
    ("thursday;周四;星期四;礼拜四", Weekday(3)),
    ("friday;周五;星期五;礼拜五", Weekday(4)),
    ("saturday;周六;星期六;礼拜六", Weekday(5)),
    ("sunday;周日;星期日;星期天;礼拜日;礼拜天;周天", Weekday(6)),
    ("mon", ShortWeekday(0)),
    ("tue;tues", ShortWeekday(1)),
    ("wed;weds", ShortWeekday(2)),
    ("thu;thur;thurs", ShortWeekday(3)),
    ("fri", ShortWeekday(4)),
    ("sat", ShortWeekday(5)),
    ("sun", ShortWeekday(6)),
    ("mondays", Weekdays(0)),
    ("tuesdays", Weekdays(1)),
    ("wednesdays", Weekdays(2)),
    ("thursdays", Weekdays(3)),
    ("fridays", Weekdays(4)),
    ("saturdays", Weekdays(5)),
    ("sundays", Weekdays(6)),
    ("一", DayOfWeek(0)),
    ("二", DayOfWeek(1)),
    ("三", DayOfWeek(2)),
    ("四", DayOfWeek(3)),
    ("五", DayOfWeek(4)),
    ("六", DayOfWeek(5)),
    ("日;天", DayOfWeek(6)),
    ("minute;minutes;min;mins;分钟", Sense::Unit(Unit::Minute)),
    (
        "hour;hours;hr;hrs;小时;个小时;个钟头",
        Sense::Unit(Unit::Hour),
    ),
    ("day;days;天;日", Sense::Unit(Unit::Day)),
    (
        "week;weeks;wk;wks;周;星期;个星期;礼拜;个礼拜",
        Sense::Unit(Unit::Week),
    ),
    ("weekend;weekends;个周末", Sense::Unit(Unit::Weekend)),
    ("month;months;个月", Sense::Unit(Unit::Month)),
    ("quarter;quarters;季度;个季度", Sense::Unit(Unit::Quarter)),
    ("year;years;yr;yrs;年", Sense::Unit(Unit::Year)),
    ("decade;decades", Sense::Unit(Unit::Decade)),
    ("fortnight;fortnights", Fortnight),
    ("week;wk;周;星期;礼拜", Period(Unit::Week)),
    ("weekend;周末", Period(Unit::Weekend)),
    ("month;月", Period(Unit::Month)),
    ("quarter;季度", Period(Unit::Quarter)),
    ("year;yr", Period(Unit::Year)),
    ("decade", Period(Unit::Decade)),
    ("spring;springtime;春天;春季", Sense::Season(Season::Spring)),
    (
        "summer;summertime;夏天;夏季;暑假",
        Sense::Season(Season::Summer),
    ),
    ("autumn;fall;秋天;秋季", Sense::Season(Season::Autumn)),
    ("winter;wintertime;冬天;冬季", Sense::Season(Season::Winter)),
    ("凌晨;半夜;清晨前", Sense::Part(Part::SmallHours)),
    (
        "morning;早上;上午;早晨;清晨;一早;一大早",
        Sense::Part(Part::Morning),
    ),
    ("noon;lunchtime;中午;正午", Sense::Part(Part::Noon)),
    ("afternoon;下午;午后", Sense::Part(Part::Afternoon)),
    ("傍晚;黄昏", Sense::Part(Part::Dusk)),
    ("evening;晚上;晚间", Sense::Part(Part::Evening)),
    ("night;夜里;深夜;夜晚", Sense::Part(Part::Night)),
    ("a;an;one;一", Quantity(2, 2)),
    (
        "two;couple;couple of;a couple;a couple of;两;二",
        Quantity(4, 4),
    ),
    ("three;三", Quantity(6, 6)),
    ("four", Quantity(8, 8)),
    ("five", Quantity(10, 10)),
    ("six", Quantity(12, 12)),
    ("seven", Quantity(14, 14)),
    ("eight", Quantity(16, 16)),
    ("nine", Quantity(18, 18)),
    ("ten", Quantity(20, 20)),
    ("eleven", Quantity(22, 22)),
    ("twelve;dozen;a dozen", Quantity(24, 24)),
    ("thirteen", Quantity(26, 26)),
    ("fourteen", Quantity(28, 28)),
    ("fifteen", Quantity(30, 30)),
    ("sixteen", Quantity(32, 32)),
    ("seventeen", Quantity(34, 34)),
    ("eighteen", Quantity(36, 36)),
    ("nineteen", Quantity(38, 38)),
    ("twenty", Quantity(40, 40)),
    ("thirty", Quantity(60, 60)),
    ("forty", Quantity(80, 80)),
    ("fifty", Quantity(100, 100)),
    ("sixty", Quantity(120, 120)),
    ("half;half a;half an;半", Quantity(1, 1)),
    ("few;a few;some;几;好几;数;一些", Quantity(4, 10)),
    ("several", Quantity(6, 14)),
    ("几十;好几十;数十", Quantity(40, 198)),
    ("一两", Quantity(2, 4)),
    ("两三", Quantity(4, 6)),
    ("三五", Quantity(6, 10)),
    ("三四", Quantity(6, 8)),
    ("四五", Quantity(8, 10)),
    ("五六", Quantity(10, 12)),
    ("六七", Quantity(12, 14)),
    ("七八", Quantity(14, 16)),
    ("八九", Quantity(16, 18)),
    ("first", Ordinal(1)),
    ("second", Ordinal(2)),
    ("third", Ordinal(3)),
    ("fourth", Ordinal(4)),
    ("fifth", Ordinal(5)),
    ("sixth", Ordinal(6)),
    ("seventh", Ordinal(7)),
    ("eighth", Ordinal(8)),
    ("ninth", Ordinal(9)),
    ("tenth", Ordinal(10)),
    ("eleventh", Ordinal(11)),
    ("twelfth", Ordinal(12)),
    ("thirteenth", Ordinal(13)),
    ("fourteenth", Ordinal(14)),
    ("fifteenth", Ordinal(15)),
    ("sixteenth", Ordinal(16)),
    ("seventeenth", Ordinal(17)),
    ("eighteenth", Ordinal(18)),
    ("nineteenth", Ordinal(19)),
    ("twentieth", Ordinal(20)),
    ("twenty-first;twenty first", Ordinal(21)),
    ("twenty-second;twenty second", Ordinal(22)),
    ("twenty-third;twenty third", Ordinal(23)),
    ("twenty-fourth;twenty fourth", Ordinal(24)),
    ("twenty-fifth;twenty fifth", Ordinal(25)),
    ("twenty-sixth;twenty sixth", Ordinal(26)),
    ("twenty-seventh;twenty seventh", Ordinal(27)),
    ("twenty-eighth;twenty eighth", Ordinal(28)),
    ("twenty-ninth;twenty ninth", Ordinal(29)),
    ("thirtieth", Ordinal(30)),
    ("thirty-first;thirty first", Ordinal(31)),
    ("last;final;最后一", Ordinal(-1)),
    ("twenties", Decade(1920)),
    ("thirties", Decade(1930)),
    ("forties", Decade(1940)),
    ("fifties", Decade(1950)),
    ("sixties", Decade(1960)),
    ("seventies", Decade(1970)),
    ("eighties", Decade(1980)),
    ("nineties", Decade(1990)),
    ("early", Third(Portion::Early)),
    ("mid", Third(Portion::Mid)),
    ("late", Third(Portion::Late)),
    ("beginning;start", Edge(Portion::Beginning)),
    ("middle", Edge(Portion::Mid)),
    ("end", Edge(Portion::End)),
    ("上旬", HanPortion(Portion::Early)),
    ("中;中旬", HanPortion(Portion::Mid)),
    ("下旬", HanPortion(Portion::Late)),
    ("初", HanPortion(Portion::Beginning)),
    ("底;末", HanPortion(Portion::End)),
    (
        "in;on;at;during;over;by;until;till;since;from;for;of;before;after;around;about;circa;through;throughout;between;在;从;自;到",
        Lead,
    ),
    (
        "in;during;by;until;till;since;from;before;after;around;circa;between",
        YearLead,
    ),
    ("every;each;any;per;每;每个;每到", Every),
    ("〇;零", HanDigit(0)),
    ("一", HanDigit(1)),
    ("二;两", HanDigit(2)),
    ("三", HanDigit(3)),
    ("四", HanDigit(4)),
    ("五", HanDigit(5)),
    ("六", HanDigit(6)),
    ("七", HanDigit(7)),
    ("八", HanDigit(8)),
    ("九", HanDigit(9)),
    ("十", HanPower(10)),
    ("百", HanPower(100)),
    (
        "will;'ll;shall;gonna;wanna;plan;plans;planning;upcoming;soon;hope;hoping;wait;let;should;scheduled;expect;expecting;must;need;want;tomorrow;deadline;due;see you;going to;looking forward;将;要;会;打算;准备;计划;即将;想;快;希望",
        Sense::Cue(Cue::Future),
    ),
    (
        "was;were;went;had;did;didn;wasn;weren;got;came;took;made;saw;met;bought;began;ran;won;lost;gave;found;felt;told;said;left;became;ate;drove;flew;wrote;read;spent;taught;caught;brought;thought;heard;held;kept;led;sent;sold;sang;sat;spoke;stood;swam;wore;threw;built;broke;chose;fell;grew;knew;paid;rode;slept;woke;used;ago;last;just;finally;了;过;已经;刚;刚刚;曾;曾经",
        Sense::Cue(Cue::Past),
    ),
    ("is;are;am;'m;'re", Sense::Cue(Cue::Be)),
    ("been;have;has;'ve;'s;since", Sense::Cue(Cue::Perfect)),
    (
        "usually;always;often;every;typically;normally;generally;一般;通常;经常;总是;平时;每",
        Sense::Cue(Cue::Habit),
    ),
];
