//! Several ways to the same, asked in turn in one run, so that what the machine does meanwhile weighs
//! on all of them alike.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use super::measure::Latency;

/// What one way took.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    /// Its name.
    pub name: String,
    /// How often it was gone.
    pub times: usize,
    /// What it took.
    pub latency_ms: Latency,
    /// How much more than the first way it took in the middle, in milliseconds.
    pub added_p50_ms: f64,
}

/// Times by way, in the order in which they were taken.
pub(super) struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    pub(super) fn of(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self(names.into_iter().map(|name| (name, Vec::new())).collect())
    }

    pub(super) fn took(&mut self, way: usize, time: Duration) {
        self.0[way].1.push(time);
    }

    /// The ways that were gone.
    pub(super) fn ways(self) -> Vec<Way> {
        let gone = self.0.into_iter().filter(|(_, took)| !took.is_empty());
        let mut ways: Vec<Way> = gone
            .map(|(name, took)| Way {
                name: name.to_owned(),
                times: took.len(),
                latency_ms: Latency::of(took),
                added_p50_ms: 0.0,
            })
            .collect();
        let first = ways.first().map_or(0.0, |way| way.latency_ms.p50);
        for way in &mut ways {
            way.added_p50_ms = way.latency_ms.p50 - first;
        }
        ways
    }
}

/// The ways as a table.
pub(super) fn write(title: &str, ways: &[Way], out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n{title:<28} {:>6} {:>8} {:>8} {:>10}",
        "n", "p50 ms", "p95 ms", "added p50"
    )?;
    for way in ways {
        writeln!(
            out,
            "{:<28} {:>6} {:>8.3} {:>8.3} {:>10.3}",
            way.name, way.times, way.latency_ms.p50, way.latency_ms.p95, way.added_p50_ms
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_way_is_what_the_others_are_compared_with() {
        let mut times = Times::of(["direct", "unused", "around"]);
        for ms in [1, 2, 3] {
            times.took(0, Duration::from_millis(ms));
            times.took(2, Duration::from_millis(2 * ms));
        }
        let ways = times.ways();
        assert_eq!(ways.len(), 2);
        assert_eq!((ways[0].name.as_str(), ways[0].times), ("direct", 3));
        assert_eq!(ways[0].added_p50_ms, 0.0);
        assert!((ways[1].added_p50_ms - 2.0).abs() < 1e-9);
        let mut table = String::new();
        write("ways", &ways, &mut table).unwrap();
        assert_eq!(table.trim().lines().count(), 3);
    }
}
