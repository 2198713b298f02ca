//! The filter language: which memories a caller wants, by what is known about them.

mod ast;
mod atom;
mod eval;
mod field;
mod like;
mod parse;
mod path;
mod subject;
mod suggest;
#[cfg(test)]
mod tests;
mod value;

use serde_json::Value;

pub use subject::Subject;

use self::ast::Node;
use self::parse::Parser;
use crate::{Code, Error, Result};

/// A condition on memories, parsed and type-checked.
///
/// # The language
///
/// A filter is a JSON object. `{"and": [filter, …]}`, `{"or": [filter, …]}` and
/// `{"not": filter}` combine filters; everything else is a condition on a field:
/// `{"field": value}` means equal, `{"field": {"operator": value}}` anything else. Several
/// operators on one field, and several members of one object, must all hold.
///
/// | fields | type | operators |
/// |---|---|---|
/// | `id`, `superseded_by`* | memory id | `eq` `ne` `in` |
/// | `cube_id`, `owner`, `key`*, `speaker`*, `session_id`* | string | `eq` `ne` `in` `contains` `like` |
/// | `state`, `origin`, `semantic_type`, `tier`, `role`* | word of a vocabulary | `eq` `ne` `in` |
/// | `priority` | `low` < `normal` < `high` | `eq` `ne` `gt` `gte` `lt` `lte` `in` |
/// | `tags`*, `entities`*, `sensitivity`* | set of strings | `contains` `in` `like` |
/// | `version`, `use_count` | whole number | `eq` `ne` `gt` `gte` `lt` `lte` `in` |
/// | `created_at`, `updated_at`, `said_at`, `last_used`*, `expires_at`* | time | `eq` `ne` `gt` `gte` `lt` `lte` |
/// | `valid_time` | stretches of time | `gt` `gte` `lt` `lte` |
/// | `text`* | string | `contains` `like` |
/// | `info.<path>`* | any JSON | all |
///
/// Fields with a star may be missing and take `exists` too: `{"key": {"exists": false}}`. A set
/// exists if it is not empty. On a missing field every operator but `ne` and `exists` is false.
///
/// - `contains` finds a part of a string, exactly as written, or a member of a set or JSON list.
/// - `like` takes a pattern for the whole string, where `%` stands for any run of characters and
///   `_` for one (`\%`, `\_` and `\\` for the characters themselves), and ignores case. On a set
///   or JSON list one member must fit.
/// - `in` takes a list: the value, or for a set or JSON list any of its members, is in it.
/// - Times are RFC 3339, or a date or date and time without offset, which are read as UTC.
/// - `valid_time` asks when it was true in the world: the stretches of time that the memory's
///   words name or, if they name none, the day on which it was said (on the speaker's wall
///   clock). Its operators bound a window, and one stretch must share an instant with the window:
///   `{"gte": a}` is true for a stretch that ends after `a`, `{"lt": b}` for one that starts
///   before `b`, both together for one that overlaps `a..b`. An empty stretch counts as its start.
/// - `info.trip.city` is the member `city` of the object `trip` of the caller's own fields; a dot
///   inside a key is written `\.`. Numbers compare with numbers (exactly, `1` equals `1.0`),
///   strings with strings (by code point, so RFC 3339 times of one offset and precision in order
///   of time), `true`, `false` and `null` are equal to themselves only. Values of different types
///   are not equal and have no order.
///
/// A filter holds at most 1,000 conditions (`and`, `or`, `not` counted), nested at most 32 levels
/// deep, with at most 10,000 values in `in` lists.
///
/// # Example
///
/// ```
/// use memos_core::Filter;
/// use serde_json::json;
///
/// let filter = Filter::parse(&json!({
///     "tags": {"contains": "travel"},
///     "said_at": {"gte": "2025-01-01", "lt": "2026-01-01"},
///     "or": [{"info.rating": {"gte": 4}}, {"speaker": "Ana"}]
/// }))?;
/// assert_eq!(Filter::parse(&filter.to_json())?, filter);
///
/// let error = Filter::parse(&json!({"and": [{"creatd_at": "2025-01-01"}]})).unwrap_err();
/// assert_eq!(error.field(), Some("/filter/and/0/creatd_at"));
/// assert!(error.to_string().contains("did you mean \"created_at\"?"));
/// # Ok::<(), memos_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Node);

impl Filter {
    /// Parses the JSON form. Errors name the place as a JSON pointer that starts with `/filter`.
    ///
    /// # Errors
    /// [`Code::InvalidFilter`] with what is wrong and what is allowed there.
    pub fn parse(json: &Value) -> Result<Self> {
        Self::parse_at(json, "/filter")
    }

    /// As [`parse`](Self::parse), with another start of the pointer in errors: where the filter
    /// stands in the caller's document.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_at(json: &Value, pointer: &str) -> Result<Self> {
        Parser::at(pointer).filter(json, 1).map(Self)
    }

    /// Parses JSON text, such as a command line's.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); text that is not JSON is [`Code::InvalidFilter`] with line and
    /// column.
    pub fn from_json_text(text: &str) -> Result<Self> {
        let json = serde_json::from_str(text).map_err(|e| {
            Error::new(Code::InvalidFilter, format!("the filter is not JSON: {e}"))
                .at("/filter")
                .remedy("write it as {\"field\": value}, with keys and strings in double quotes")
                .caused_by(e)
        })?;
        Self::parse(&json)
    }

    /// Whether a memory is as asked. Allocates nothing.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.0.matches(subject)
    }

    /// The JSON form: parsing it gives this filter again.
    pub fn to_json(&self) -> Value {
        self.0.to_json()
    }

    /// What both admit. Each was held to the limits of size; together they may exceed them, which
    /// matters only if the result's JSON is parsed again.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut all = self.0.into_conjuncts();
        all.extend(other.0.into_conjuncts());
        Self(Node::And(all))
    }
}

impl Node {
    fn into_conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(nodes) => nodes,
            other => vec![other],
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::from_json_text(text)
    }
}

impl std::fmt::Display for Filter {
    /// The JSON form on one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_json().fmt(f)
    }
}
