//! When to try again.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use memos_core::Timestamp;
use reqwest::header::HeaderMap;

/// The longest pause that back-off makes; an endpoint may ask for a longer one.
const LONGEST: Duration = Duration::from_secs(20);

/// The pause before attempt `attempt + 1`: it doubles, and a random half of it is left out, so that
/// clients which failed together do not come back together ("equal jitter", Brooker, AWS
/// Architecture Blog 2015).
pub(super) fn pause(base: Duration, attempt: u32, random: u64) -> Duration {
    let doubled = base
        .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
        .min(LONGEST);
    let half = doubled / 2;
    let share = u32::try_from(random % 1000).unwrap_or_default();
    half + half * share / 1000
}

/// Random enough to spread clients: the standard library seeds each hasher anew.
pub(super) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

/// How long the endpoint asks to be left alone: `retry-after-ms`, or `Retry-After` in seconds or as
/// a date (RFC 9110, sections 10.2.3 and 5.6.7).
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite() && *n >= 0.0)
    };
    // A day at most: more is as good as never, and can't overflow.
    let bounded = |seconds: f64| Duration::from_secs_f64(seconds.min(86_400.0));
    if let Some(millis) = text("retry-after-ms").and_then(number) {
        return Some(bounded(millis / 1000.0));
    }
    let after = text("retry-after")?;
    if let Some(seconds) = number(after) {
        return Some(bounded(seconds));
    }
    let micros = http_date(after)?.micros().saturating_sub(now.micros());
    Some(bounded(micros.max(0) as f64 / 1e6))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut parts = text.split_ascii_whitespace().skip(1);
    let day = parts.next()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    let year = parts.next()?;
    let time = parts.next()?;
    format!("{year}-{month:02}-{day:0>2}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_differ() {
        let base = Duration::from_millis(100);
        let most = |attempt| pause(base, attempt, 999);
        assert!(most(1) <= base && most(1) > pause(base, 1, 0));
        assert!(most(3) > Duration::from_millis(390) && most(3) <= Duration::from_millis(400));
        for attempt in [1, 2, 5, 40, u32::MAX] {
            let least = pause(base, attempt, 0);
            assert!(least >= base / 2 && most(attempt) <= LONGEST, "{attempt}");
        }
        assert_ne!(random(), random());
    }

    #[test]
    fn a_wish_for_rest_is_read_in_every_form() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let after = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            retry_after(&headers, now)
        };
        let some = |millis| Some(Duration::from_millis(millis));
        assert_eq!(after("retry-after", "2"), some(2000));
        assert_eq!(after("retry-after", "0.25"), some(250));
        assert_eq!(after("retry-after-ms", "40"), some(40));
        let date = "Mon, 23 Nov 2026 10:00:05 GMT";
        assert_eq!(after("retry-after", date), some(5000));
        let past = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(after("retry-after", past), some(0));
        assert_eq!(after("retry-after", "1e300"), some(86_400_000));
        for nonsense in ["soon", "-1", "NaN", "inf", "Mon, 23 Foo 2026 10:00:05 GMT"] {
            assert_eq!(after("retry-after", nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
