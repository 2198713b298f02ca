//! The Chinese grammar of times. The pattern language is described in `grammar`.

use super::lexicon::{Part, Portion, Unit};
use super::meaning::Meaning::{self, *};

/// Expressions that name a time wherever they stand. Years, months, weeks and days compose:
/// 去年 + 3月 + 5日, 上周 + 五, see [`AFTER`].
pub(super) const ALWAYS: &[(&str, Meaning)] = &[
    ("今天|今日|今儿|今儿个", Day(0)),
    ("昨天|昨日|昨儿|昨儿个", Day(-1)),
    ("前天|前日", Day(-2)),
    ("大前天", Day(-3)),
    ("明天|明日|明儿|明儿个", Day(1)),
    ("后天", Day(2)),
    ("大后天", Day(3)),
    ("当天|当日", SameDay),
    ("今早|今晨", PartAt(0, Part::Morning)),
    ("今晚|今夜", PartAt(0, Part::Night)),
    ("昨晚|昨夜", PartAt(-1, Part::Night)),
    ("前晚", PartAt(-2, Part::Night)),
    ("明早|明晨", PartAt(1, Part::Morning)),
    ("明晚|明夜", PartAt(1, Part::Night)),
    // Units.
    ("上|上个|上一|上一个|前一 PERIOD", Shift(-1)),
    ("上上|上上个 PERIOD", Shift(-2)),
    ("这|这个|本|当前 PERIOD", Shift(0)),
    ("下|下个|下一|下一个 PERIOD", Shift(1)),
    ("下下|下下个 PERIOD", Shift(2)),
    ("去年|上一年", ShiftOf(Unit::Year, -1)),
    ("前年", ShiftOf(Unit::Year, -2)),
    ("大前年", ShiftOf(Unit::Year, -3)),
    ("今年|本年|本年度", ShiftOf(Unit::Year, 0)),
    ("明年|来年", ShiftOf(Unit::Year, 1)),
    ("后年", ShiftOf(Unit::Year, 2)),
    ("周末", OpenWeekend),
    ("刚过去的 周末", ShiftOf(Unit::Weekend, -1)),
    ("月底|月末", PortionAt(Unit::Month, Portion::End)),
    ("月初", PortionAt(Unit::Month, Portion::Beginning)),
    ("月中", PortionAt(Unit::Month, Portion::Mid)),
    ("年底|年末", PortionAt(Unit::Year, Portion::End)),
    ("年初", PortionAt(Unit::Year, Portion::Beginning)),
    ("年中", PortionAt(Unit::Year, Portion::Mid)),
    // Counted.
    ("NUM UNIT 前|以前|之前|之前的", Ago),
    ("NUM 来|多 UNIT 前|以前|之前", AgoMore),
    ("NUM 个 多 月|星期|礼拜|小时 前|以前|之前", AgoMore),
    ("NUM UNIT 多 前|以前|之前", AgoMore),
    ("NUM UNIT 半 前|以前|之前", AgoAndHalf),
    ("NUM 个 半 月|星期|小时 前|以前|之前", AgoAndHalf),
    ("前 NUM UNIT", Ago),
    (
        "前|前一 些天|阵子|阵儿|段时间|段日子|些日子",
        Vague(Unit::Day, -1),
    ),
    ("NUM UNIT 后|以后|之后", AheadUnlessPast),
    ("NUM UNIT 内|之内|以内", Rolling(1)),
    ("过|再过 NUM UNIT", Ahead),
    ("这|近|最近|过去|过去的|最近的|近期 NUM UNIT", Rolling(-1)),
    ("未来|接下来|今后|未来的|接下来的|往后 NUM UNIT", Rolling(1)),
    ("NUM UNIT 来|以来", For),
    ("NUM 多 UNIT 来|以来|了", For),
    ("NUM UNIT 多 来|以来|了", For),
    ("NUM UNIT 了", ForLong),
    // Weekdays, dates.
    ("YEAR 年", InYear),
    ("MNUM 月 份?", Open),
    ("MNUM 月 DNUM 日|号", Open),
    ("MNUM 月 DNUM 日|号? 到|至|- DNUM 日|号", Open),
    ("HANDAY 日|号", OpenIfDay),
    ("DATE", Date),
    ("DECADE 年代", InDecade),
    ("TWODIGIT 年代", InDecade),
    // Seasons and holidays.
    ("上|上个|刚过去的 SEASON", Turn(-1)),
    ("这|这个 SEASON", Turn(0)),
    ("下|下个 SEASON", Turn(1)),
    ("HANHOLIDAY 期间|假期|前后|那天|当天|那几天?", Open),
    ("上|上个 HANHOLIDAY", Turn(-1)),
    ("下|下个 HANHOLIDAY", Turn(1)),
    ("农历|阴历? 正月|大年 LUNARDAY", Open),
    ("PARTCLOCK", PartClock),
    // Spans.
    ("从|自 TIME", RangeOnly),
    (
        "从|自|自从 TIME 以来|以后|起|开始|至今|到现在|到今天|到如今",
        Since,
    ),
    ("自从|自 TIME", Since),
];

/// Expressions that name a time only after a preposition, or inside another expression.
pub(super) const LED: &[(&str, Meaning)] = &[("SEASON", Open)];

/// What may follow a time and narrows it, or stretches it to a second time.
pub(super) const AFTER: &[(&str, Meaning)] = &[
    ("的? PART", ThenPart),
    ("的? CLOCK", ThenClock),
    ("的? MNUM 月 份?", ThenIn),
    ("的? MNUM 月 DNUM 日|号", ThenIn),
    ("的? DNUM 日|号", ThenIn),
    ("ZDAY", ThenWeekday),
    ("的? WEEKDAY", ThenIn),
    ("( WEEKDAY )", ThenIn),
    ("的? SEASON", ThenIn),
    ("的? HANHOLIDAY 期间|假期|前后|那天|当天?", ThenIn),
    ("的? 农历|阴历? 正月|大年 LUNARDAY", ThenIn),
    ("年|月? HANPORTION", ThenPortion),
    ("的? 第 NUM 个? UNIT", ThenNth),
    ("的? 最后 一 个? UNIT", ThenLast),
    ("的? 第 NUM 个? WEEKDAY", ThenNthWeekday),
    ("的? 前 NUM UNIT", ThenBefore),
    ("的? 后|之后 NUM UNIT", ThenAfter),
    ("的? 第二天|次日|隔天", ThenNextDay),
    (
        "那天|那一天|那周|那一周|那个月|那年|那一年|当天|当日|当周|当月|当年",
        ThenSame,
    ),
    ("到|至|~|- TIME", ThenTo),
    ("以来|起|至今|到现在", ThenSince),
];
