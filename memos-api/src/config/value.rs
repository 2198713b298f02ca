//! Values that people write with units: `64MiB`, `10m`.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use memos_core::Error;
use memos_scheduler::tasks::StrategyName;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A number of bytes: `67108864`, `64MiB` or `64MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// A length of time: `10m`, `30s`, `1h30m`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A number of things, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub usize);

/// An address to listen at: `127.0.0.1:7777`, `[::1]:7777` or `localhost:7777`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

/// Names of hosts: a list, or in the environment one text with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

/// Name of the strategy that chooses the next task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy(pub StrategyName);

/// Units of a [`Size`], largest first of each family.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is not a size");
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '_')
            .unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(end);
        let number: u64 = digits.replace('_', "").parse().map_err(|_| refuse())?;
        let factor = match unit.trim() {
            "" => 1,
            unit => UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .map(|(_, factor)| *factor)
                .ok_or_else(refuse)?,
        };
        number.checked_mul(factor).map(Self).ok_or_else(refuse)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |factor: u64| self.0 >= factor && self.0.is_multiple_of(factor);
        match UNITS[..4].iter().find(|(_, factor)| whole(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is not a length of time");
        if let Ok(seconds) = text.trim().parse() {
            return Ok(Self(Duration::from_secs(seconds)));
        }
        let span: jiff::SignedDuration = text.trim().parse().map_err(|_| refuse())?;
        Duration::try_from(span).map(Self).map_err(|_| refuse())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{}", self.0.as_secs()),
        }
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().replace('_', "").parse() {
            Ok(0) | Err(_) => Err(format!("{text:?} is not a whole number of at least 1")),
            Ok(count) => Ok(Self(count)),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let local = text
            .strip_prefix("localhost:")
            .map(|port| format!("127.0.0.1:{port}"));
        local
            .as_deref()
            .unwrap_or(text)
            .parse()
            .map(Self)
            .map_err(|_| format!("{text:?} is not an address with a port"))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().parse();
        name.map(Self).map_err(|e: Error| e.message().to_owned())
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads text or a whole number: an environment has only text, a file may have either.
struct Scalar<T>(&'static str, std::marker::PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Scalar<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! scalar {
    ($name:ident, $what:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Scalar($what, std::marker::PhantomData))
            }
        }
    };
}

scalar!(Size, "a size");
scalar!(Span, "a length of time");
scalar!(Count, "a whole number");
scalar!(Listen, "an address");
scalar!(Strategy, "the name of a strategy");

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "not a list of names")]
        enum Form {
            List(Vec<String>),
            Text(String),
        }
        let names = match Form::deserialize(deserializer)? {
            Form::List(names) => names,
            Form::Text(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        };
        match names.iter().any(|name| name.trim().is_empty()) {
            true => Err(de::Error::custom("a name is empty")),
            false => Ok(Self(names)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_read_with_and_without_units() {
        for (text, bytes) in [
            ("0", 0),
            ("1_000", 1000),
            ("64MiB", 64 << 20),
            ("64 mib", 64 << 20),
            ("5kB", 5000),
            ("7 B", 7),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(text.parse::<Size>().unwrap(), Size(bytes), "{text}");
        }
        for bad in ["", "MiB", "-1", "1.5GiB", "64 apples", "99999999TiB", "64M"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_read_as_people_write_them() {
        for (text, seconds) in [
            ("10m", 600),
            ("1h30m", 5400),
            ("0s", 0),
            ("45", 45),
            ("2 hours", 7200),
        ] {
            assert_eq!(
                text.parse::<Span>().unwrap(),
                Span(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        for bad in ["", "-5m", "soon", "10 parsecs"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        assert_eq!("600".parse::<Span>().unwrap().to_string(), "10m");
    }

    #[test]
    fn addresses_need_a_port() {
        assert_eq!(
            "localhost:80".parse::<Listen>().unwrap().to_string(),
            "127.0.0.1:80"
        );
        assert!("[::1]:7777".parse::<Listen>().is_ok());
        for bad in [
            "127.0.0.1",
            "localhost",
            "http://127.0.0.1:1",
            "127.0.0.1:99999",
        ] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(number: u64, seconds in 0..10_000_000_u64, count in 1..usize::MAX) {
            prop_assert_eq!(Size(number).to_string().parse(), Ok(Size(number)));
            let span = Span(Duration::from_secs(seconds));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            prop_assert_eq!(Count(count).to_string().parse(), Ok(Count(count)));
        }
    }
}
