//! Holidays as data, and the date on which each falls in a year.

use jiff::civil::Date;

use super::calendar::{self, plus_days};
use super::lexicon;
use super::lexicon::Holiday::{self, Easter, Lunar, Nth, On};
use super::lexicon::Lunar::{DragonBoat, MidAutumn, SpringFestival};

/// Names, separated by `;`, and the day. Names that can be other words stand with "day" only.
pub(super) const HOLIDAYS: &[(&str, Holiday)] = &[
    (
        "new year's day;new years day;new year's;元旦;元旦节",
        On(1, 1),
    ),
    ("new year's eve;new years eve;跨年夜", On(12, 31)),
    (
        "valentine's day;valentines day;valentine's;情人节",
        On(2, 14),
    ),
    ("st patrick's day;saint patrick's day", On(3, 17)),
    ("april fools day;april fool's day;愚人节", On(4, 1)),
    ("earth day", On(4, 22)),
    ("independence day;fourth of july", On(7, 4)),
    ("halloween;万圣节", On(10, 31)),
    ("veterans day", On(11, 11)),
    ("christmas eve;平安夜", On(12, 24)),
    ("christmas;christmas day;xmas;圣诞节;圣诞", On(12, 25)),
    ("boxing day", On(12, 26)),
    ("women's day;妇女节;三八妇女节", On(3, 8)),
    ("五一;五一节;劳动节", On(5, 1)),
    ("儿童节;六一儿童节", On(6, 1)),
    ("教师节", On(9, 10)),
    ("国庆;国庆节", On(10, 1)),
    ("双十一", On(11, 11)),
    ("双十二", On(12, 12)),
    ("mlk day;martin luther king day", Nth(1, 3, 0, 0)),
    (
        "presidents day;president's day;presidents' day",
        Nth(2, 3, 0, 0),
    ),
    ("mother's day;mothers day;母亲节", Nth(5, 2, 6, 0)),
    ("memorial day", Nth(5, -1, 0, 0)),
    ("father's day;fathers day;父亲节", Nth(6, 3, 6, 0)),
    ("labor day", Nth(9, 1, 0, 0)),
    ("thanksgiving;thanksgiving day;感恩节", Nth(11, 4, 3, 0)),
    ("black friday;黑色星期五", Nth(11, 4, 3, 1)),
    ("cyber monday", Nth(11, 4, 3, 4)),
    ("good friday", Easter(-2)),
    ("easter;easter sunday;复活节", Easter(0)),
    ("easter monday", Easter(1)),
    (
        "除夕;年三十;大年三十;lunar new year's eve",
        Lunar(SpringFestival, -1),
    ),
    (
        "春节;大年初一;chinese new year;lunar new year;spring festival",
        Lunar(SpringFestival, 0),
    ),
    ("元宵;元宵节;lantern festival", Lunar(SpringFestival, 14)),
    ("端午;端午节;dragon boat festival", Lunar(DragonBoat, 0)),
    ("清明;清明节;qingming festival", Holiday::ClearAndBright),
    (
        "中秋;中秋节;mid-autumn festival;moon festival",
        Lunar(MidAutumn, 0),
    ),
];

/// First day of the Spring Festival, the Dragon Boat Festival (fifth day of the fifth lunar month) and
/// the Mid-Autumn Festival (fifteenth of the eighth), as month and day, from 2000 to 2050, as the
/// Chinese lunar calendar (GB/T 33661-2017) puts them.
const LUNAR: [[(i8, i8); 3]; 51] = [
    [(2, 5), (6, 6), (9, 12)],
    [(1, 24), (6, 25), (10, 1)],
    [(2, 12), (6, 15), (9, 21)],
    [(2, 1), (6, 4), (9, 11)],
    [(1, 22), (6, 22), (9, 28)],
    [(2, 9), (6, 11), (9, 18)],
    [(1, 29), (5, 31), (10, 6)],
    [(2, 18), (6, 19), (9, 25)],
    [(2, 7), (6, 8), (9, 14)],
    [(1, 26), (5, 28), (10, 3)],
    [(2, 14), (6, 16), (9, 22)],
    [(2, 3), (6, 6), (9, 12)],
    [(1, 23), (6, 23), (9, 30)],
    [(2, 10), (6, 12), (9, 19)],
    [(1, 31), (6, 2), (9, 8)],
    [(2, 19), (6, 20), (9, 27)],
    [(2, 8), (6, 9), (9, 15)],
    [(1, 28), (5, 30), (10, 4)],
    [(2, 16), (6, 18), (9, 24)],
    [(2, 5), (6, 7), (9, 13)],
    [(1, 25), (6, 25), (10, 1)],
    [(2, 12), (6, 14), (9, 21)],
    [(2, 1), (6, 3), (9, 10)],
    [(1, 22), (6, 22), (9, 29)],
    [(2, 10), (6, 10), (9, 17)],
    [(1, 29), (5, 31), (10, 6)],
    [(2, 17), (6, 19), (9, 25)],
    [(2, 6), (6, 9), (9, 15)],
    [(1, 26), (5, 28), (10, 3)],
    [(2, 13), (6, 16), (9, 22)],
    [(2, 3), (6, 5), (9, 12)],
    [(1, 23), (6, 24), (10, 1)],
    [(2, 11), (6, 12), (9, 19)],
    [(1, 31), (6, 1), (9, 8)],
    [(2, 19), (6, 20), (9, 27)],
    [(2, 8), (6, 10), (9, 16)],
    [(1, 28), (5, 30), (10, 4)],
    [(2, 15), (6, 18), (9, 24)],
    [(2, 4), (6, 7), (9, 13)],
    [(1, 24), (5, 27), (10, 2)],
    [(2, 12), (6, 14), (9, 20)],
    [(2, 1), (6, 3), (9, 10)],
    [(1, 22), (6, 22), (9, 28)],
    [(2, 10), (6, 11), (9, 17)],
    [(1, 30), (5, 31), (10, 5)],
    [(2, 17), (6, 19), (9, 25)],
    [(2, 6), (6, 8), (9, 15)],
    [(1, 26), (5, 29), (10, 4)],
    [(2, 14), (6, 15), (9, 22)],
    [(2, 2), (6, 4), (9, 11)],
    [(1, 23), (6, 23), (9, 30)],
];

const FIRST_LUNAR_YEAR: i16 = 2000;

/// The day of a holiday in a year; none for lunar ones outside the table.
pub(super) fn date(holiday: Holiday, year: i16) -> Option<Date> {
    match holiday {
        On(month, day) => Date::new(year, month, day).ok(),
        Nth(month, n, weekday, days) => {
            let of = calendar::month(year, month)?;
            plus_days(
                calendar::nth_day_of(of, i32::from(n), weekday)?,
                i32::from(days),
            )
        }
        Easter(days) => plus_days(easter(year)?, i32::from(days)),
        Lunar(which, days) => {
            let row = LUNAR.get(usize::try_from(year.checked_sub(FIRST_LUNAR_YEAR)?).ok()?)?;
            let (month, day) = match which {
                lexicon::Lunar::SpringFestival => row[0],
                lexicon::Lunar::DragonBoat => row[1],
                lexicon::Lunar::MidAutumn => row[2],
            };
            plus_days(Date::new(year, month, day).ok()?, i32::from(days))
        }
        // The sun at 15 degrees; the formula holds from 2000 to 2099.
        Holiday::ClearAndBright => {
            let y = i32::from(year.checked_sub(2000)?);
            if !(0..100).contains(&y) {
                return None;
            }
            let day = (y * 2422 + 48_100) / 10_000 - y / 4;
            Date::new(year, 4, i8::try_from(day).ok()?).ok()
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm; Meeus, Astronomical Algorithms, 8).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(n / 31).ok()?,
        i8::try_from(n % 31 + 1).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as on;

    use super::*;

    #[test]
    fn movable_holidays_fall_where_calendars_put_them() {
        for (holiday, year, expected) in [
            (Easter(0), 2023, on(2023, 4, 9)),
            (Easter(0), 2024, on(2024, 3, 31)),
            (Easter(-2), 2025, on(2025, 4, 18)),
            (Nth(11, 4, 3, 0), 2023, on(2023, 11, 23)),
            (Nth(5, -1, 0, 0), 2023, on(2023, 5, 29)),
            (Nth(5, 2, 6, 0), 2024, on(2024, 5, 12)),
            (Lunar(SpringFestival, 0), 2024, on(2024, 2, 10)),
            (Lunar(SpringFestival, -1), 2023, on(2023, 1, 21)),
            (Lunar(MidAutumn, 0), 2025, on(2025, 10, 6)),
            (Lunar(DragonBoat, 0), 2023, on(2023, 6, 22)),
            (Holiday::ClearAndBright, 2023, on(2023, 4, 5)),
            (Holiday::ClearAndBright, 2024, on(2024, 4, 4)),
        ] {
            assert_eq!(date(holiday, year), Some(expected), "{holiday:?} {year}");
        }
        assert_eq!(date(Lunar(MidAutumn, 0), 1999), None);
        assert_eq!(date(Lunar(MidAutumn, 0), 2051), None);
    }
}
