//! Single values: owned in a filter, borrowed from a memory, compared with their own type only.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{MemoryId, Timestamp};

/// A value as a memory shows it. Costs nothing to copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Atom<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Str(&'a str),
    Id(MemoryId),
    Time(Timestamp),
    /// Place in its vocabulary's order of declaration.
    Choice(u8),
}

impl<'a> Atom<'a> {
    /// Of JSON that is neither a list nor an object.
    pub(super) fn of_json(value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(b) => Some(Self::Bool(*b)),
            Value::Number(n) => Number::of_json(n).map(Self::Number),
            Value::String(s) => Some(Self::Str(s)),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn count(count: u64) -> Self {
        Self::Number(Number::Int(i128::from(count)))
    }

    /// How the two stand to each other, if they are of one type.
    pub(super) fn compare(self, other: Atom<'_>) -> Option<Ordering> {
        (self.rank() == other.rank()).then(|| self.order(other))
    }

    /// A total order, by type first: what `in` lists are sorted by.
    pub(super) fn order(self, other: Atom<'_>) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Atom::Bool(b)) => a.cmp(&b),
            (Self::Number(a), Atom::Number(b)) => a.order(b),
            (Self::Str(a), Atom::Str(b)) => a.cmp(b),
            (Self::Id(a), Atom::Id(b)) => a.cmp(&b),
            (Self::Time(a), Atom::Time(b)) => a.cmp(&b),
            (Self::Choice(a), Atom::Choice(b)) => a.cmp(&b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Str(_) => 3,
            Self::Id(_) => 4,
            Self::Time(_) => 5,
            Self::Choice(_) => 6,
        }
    }
}

/// A value that a filter holds.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Str(Box<str>),
    Id(MemoryId),
    Time(Timestamp),
    /// Place in its vocabulary, and its name there.
    Choice(u8, &'static str),
}

impl Scalar {
    pub(super) fn as_atom(&self) -> Atom<'_> {
        match self {
            Self::Null => Atom::Null,
            Self::Bool(b) => Atom::Bool(*b),
            Self::Number(n) => Atom::Number(*n),
            Self::Str(s) => Atom::Str(s),
            Self::Id(id) => Atom::Id(*id),
            Self::Time(t) => Atom::Time(*t),
            Self::Choice(place, _) => Atom::Choice(*place),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) => n.to_json(),
            Self::Str(s) => Value::from(&**s),
            Self::Id(id) => Value::from(id.to_string()),
            Self::Time(t) => Value::from(t.to_string()),
            Self::Choice(_, name) => Value::from(*name),
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.as_atom().compare(other.as_atom()) == Some(Ordering::Equal)
    }
}

/// A JSON number, compared by its exact value: whole numbers never pass through a float.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Int(i128),
    /// Finite.
    Float(f64),
}

impl Number {
    pub(super) fn of_json(number: &serde_json::Number) -> Option<Self> {
        if let Some(n) = number.as_i64() {
            Some(Self::Int(n.into()))
        } else if let Some(n) = number.as_u64() {
            Some(Self::Int(n.into()))
        } else {
            number.as_f64().filter(|f| f.is_finite()).map(Self::Float)
        }
    }

    fn to_json(self) -> Value {
        match self {
            Self::Float(f) => Value::from(f),
            Self::Int(n) => match u64::try_from(n) {
                Ok(n) => Value::from(n),
                // Below zero it came from an i64.
                Err(_) => Value::from(i64::try_from(n).unwrap_or(i64::MIN)),
            },
        }
    }

    fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Int(a), Self::Float(b)) => order_int_float(a, b),
            (Self::Float(a), Self::Int(b)) => order_int_float(b, a).reverse(),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        }
    }
}

/// `int` came from 64 bits, so a float past ±2^100 is past it, and a smaller one's whole part is
/// exact in 128 bits.
fn order_int_float(int: i128, float: f64) -> Ordering {
    const FAR: f64 = (1_i128 << 100) as f64;
    if float >= FAR {
        Ordering::Less
    } else if float <= -FAR {
        Ordering::Greater
    } else {
        let whole = float.trunc();
        int.cmp(&(whole as i128)).then_with(|| {
            0.0_f64
                .partial_cmp(&(float - whole))
                .unwrap_or(Ordering::Equal)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(a: &Value, b: &Value) -> Option<Ordering> {
        Atom::of_json(a)?.compare(Atom::of_json(b)?)
    }

    #[test]
    fn numbers_compare_by_exact_value() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, expected) in [
            (json!(1), json!(1.0), Equal),
            (json!(1), json!(1.5), Less),
            (json!(-1), json!(-1.5), Greater),
            (json!(0), json!(-0.0), Equal),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992.0),
                Greater,
            ),
            (json!(u64::MAX), json!(1e300), Less),
            (json!(i64::MIN), json!(-1e300), Greater),
            (json!(u64::MAX), json!(i64::MIN), Greater),
        ] {
            assert_eq!(order(&a, &b), Some(expected), "{a} {b}");
            assert_eq!(order(&b, &a), Some(expected.reverse()), "{b} {a}");
        }
    }

    #[test]
    fn types_do_not_mix() {
        let one_each = [json!(null), json!(true), json!(1), json!("1")];
        for (i, a) in one_each.iter().enumerate() {
            for (j, b) in one_each.iter().enumerate() {
                assert_eq!(order(a, b).is_some(), i == j, "{a} {b}");
            }
        }
        assert_eq!(order(&json!([1]), &json!([1])), None);
    }
}
