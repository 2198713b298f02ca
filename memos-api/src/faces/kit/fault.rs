//! What stops a request before it is done.

use memos_core::Error;
use serde_json::{Map, Value};

use crate::http::Refusal;

/// pydantic's name of the fault of a text that is no JSON.
pub(super) const NOT_JSON: &str = "json_invalid";

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
    /// A fault without context.
    pub(crate) fn new(
        kind: &'static str,
        place: Vec<Place>,
        message: impl Into<String>,
        input: Value,
    ) -> Self {
        Self {
            kind,
            place,
            message: message.into(),
            input,
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
