//! What stops a request before it is done.

use std::borrow::Borrow;

use memos_core::Error;
use serde_json::{Map, Value};

use crate::http::Refusal;

/// pydantic's name of the fault of a text that is no JSON.
pub(super) const NOT_JSON: &str = "json_invalid";

/// Most faults of one request that are told. A body of a megabyte may hold hundreds of thousands.
const MOST: usize = 100;

/// About how many bytes of what is there a fault shows.
const SHOWN: usize = 2_000;

/// One value that is not what its field takes, as pydantic tells of it: `type`, `loc`, `msg`,
/// `input`, `ctx`. Several contracts show these as they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// pydantic's name for it: `missing`, `string_type`, …
    pub(crate) kind: &'static str,
    /// Where: `body`, `messages`, 0, `role`.
    pub(crate) place: Vec<Place>,
    /// What is wrong, in pydantic's words.
    pub(crate) message: String,
    /// What is there instead.
    pub(crate) input: Value,
    /// The bounds or words that it should have kept to.
    pub(crate) context: Map<String, Value>,
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A name.
    Name(String),
    /// A place in a list.
    Index(usize),
}

impl From<&str> for Place {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl Fault {
    /// A fault without context. Of a large input it shows the beginning.
    pub(crate) fn new(
        kind: &'static str,
        place: Vec<Place>,
        message: impl Into<String>,
        input: impl Borrow<Value>,
    ) -> Self {
        Self {
            kind,
            place,
            message: message.into(),
            input: beginning(input.borrow(), &mut { SHOWN }),
            context: Map::new(),
        }
    }

    /// The same with a bound that was not kept.
    pub(crate) fn with(mut self, name: &str, bound: impl Into<Value>) -> Self {
        self.context.insert(name.to_owned(), bound.into());
        self
    }

    /// The way to the field, its steps joined: `body -> messages -> 0`.
    pub(crate) fn way(&self, between: &str) -> String {
        let steps: Vec<String> = self
            .place
            .iter()
            .map(|step| match step {
                Place::Name(name) => name.clone(),
                Place::Index(index) => index.to_string(),
            })
            .collect();
        steps.join(between)
    }

    /// The way to the field, with dots. What is wrong inside a text that is no JSON is wrong with the
    /// text: the byte is no field.
    pub(crate) fn field(&self) -> String {
        let mut fault = self.clone();
        if self.kind == NOT_JSON {
            fault.place.pop();
        }
        fault.way(".")
    }

    /// What is wrong, with the reason if there is one.
    pub(crate) fn words(&self) -> String {
        match self.context.get("error").and_then(Value::as_str) {
            Some(why) => format!("{} ({why})", self.message),
            None => self.message.clone(),
        }
    }

    /// The object that FastAPI puts into `detail`.
    pub(crate) fn detail(&self) -> Value {
        let place: Vec<Value> = self
            .place
            .iter()
            .map(|step| match step {
                Place::Name(name) => Value::from(name.as_str()),
                Place::Index(index) => Value::from(*index),
            })
            .collect();
        let mut detail = Map::new();
        detail.insert("type".into(), self.kind.into());
        detail.insert("loc".into(), place.into());
        detail.insert("msg".into(), self.message.as_str().into());
        detail.insert("input".into(), self.input.clone());
        if !self.context.is_empty() {
            detail.insert("ctx".into(), self.context.clone().into());
        }
        detail.into()
    }
}

/// A value as far as there is room for it: texts are cut, and what comes last in lists and objects is
/// left out.
fn beginning(value: &Value, room: &mut usize) -> Value {
    match value {
        Value::String(text) if text.len() > *room => {
            let end = text.char_indices().map(|(at, _)| at);
            let end = end.take_while(|at| at <= room).last().unwrap_or_default();
            *room = 0;
            format!("{}…", &text[..end]).into()
        }
        Value::Array(all) => {
            let mut shown = Vec::new();
            for one in all {
                if *room == 0 {
                    break;
                }
                *room = room.saturating_sub(2);
                shown.push(beginning(one, room));
            }
            shown.into()
        }
        Value::Object(all) => members(all, room),
        other => {
            let length = other.as_str().map_or(4, str::len);
            *room = room.saturating_sub(length);
            other.clone()
        }
    }
}

fn members(all: &Map<String, Value>, room: &mut usize) -> Value {
    let mut shown = Map::new();
    for (name, one) in all {
        // A name can't be cut: it would be another.
        if *room <= name.len() {
            *room = 0;
            break;
        }
        *room = room.saturating_sub(name.len() + 2);
        shown.insert(name.clone(), beginning(one, room));
    }
    shown.into()
}

/// An object as far as a fault shows it.
pub(super) fn beginning_of(fields: &Map<String, Value>) -> Value {
    members(fields, &mut { SHOWN })
}

/// The faults of a request, as they are found. Of too many the first are kept, and the number of all.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    noted: Vec<Fault>,
    more: usize,
}

impl Faults {
    /// Notes one; it is made only if it will be told.
    pub(crate) fn note(&mut self, fault: impl FnOnce() -> Fault) {
        match self.noted.len() {
            ..MOST => self.noted.push(fault()),
            _ => self.more += 1,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }

    /// What was read, if nothing was wrong with it.
    ///
    /// # Errors
    /// All that was noted.
    pub(crate) fn unless<T>(mut self, read: T) -> Result<T, Stop> {
        if self.noted.is_empty() {
            return Ok(read);
        }
        if self.more > 0 {
            let place = self.noted[0].place.iter().take(1).cloned().collect();
            let words = format!("{} more values are not as they should be", self.more);
            self.noted
                .push(Fault::new("more_errors", place, words, &Value::Null));
        }
        Err(Stop::Invalid(self.noted))
    }
}

/// Why a handler of a face ends early. What the caller sees of it is said by the face's
/// [`Dialect`](super::Dialect), where the answer leaves.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The Memory API refused or failed.
    Error(Error),
    /// The request's values are not what the contract takes; never empty.
    Invalid(Vec<Fault>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for Stop {
    fn from(Refusal(error): Refusal) -> Self {
        Self::Error(error)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(input: &Value) -> Fault {
        Fault::new("string_type", vec![Place::from("body")], "no", input)
    }

    #[test]
    fn a_fault_shows_what_is_there_within_bounds() {
        let small = json!({"a": ["x", {"b": null}], "n": 1.5});
        assert_eq!(fault(&small).input, small);
        for large in [
            json!("字".repeat(100_000)),
            json!(vec![1; 100_000]),
            json!({"a": vec![json!({"b": "c"}); 100_000], "d": "e".repeat(100_000)}),
            json!({"k".repeat(100_000): 1}),
            json!([["x".repeat(1_900), "y".repeat(1_900)], "z".repeat(1_900)]),
        ] {
            let shown = fault(&large).input;
            let length = shown.to_string().len();
            assert!(length < 3 * SHOWN, "{length}");
            assert_eq!(shown.is_array(), large.is_array());
        }
    }

    #[test]
    fn of_too_many_faults_the_first_are_told_and_how_many_there_are() {
        let mut faults = Faults::default();
        let mut made = 0;
        for _ in 0..MOST + 5_000 {
            faults.note(|| {
                made += 1;
                fault(&Value::Null)
            });
        }
        assert_eq!(made, MOST);
        let Err(Stop::Invalid(told)) = faults.unless(()) else {
            panic!("nothing is told");
        };
        assert_eq!(told.len(), MOST + 1);
        assert!(told[MOST].message.starts_with("5000 more "), "{told:?}");
        assert!(Faults::default().unless(1).is_ok());
    }
}
