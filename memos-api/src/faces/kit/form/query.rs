//! The query of an address, as fields.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Form;
use crate::faces::kit::{Fault, Faults, Place, Stop};

impl Form<'_> {
    /// What comes after the `?` of an address as an object of texts; the last of a name counts.
    ///
    /// # Errors
    /// A fault for each that is not UTF-8: with other letters in its place a name would be another.
    pub(crate) fn query(query: Option<&str>) -> Result<Value, Stop> {
        let (mut texts, mut faults) = (Map::new(), Faults::default());
        let pairs = query.unwrap_or_default().split('&');
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decoded(name), decoded(value)) {
                (Some(name), Some(value)) => drop(texts.insert(name, value.into())),
                (known, _) => {
                    let name = known.unwrap_or_else(|| name.to_owned());
                    faults.note(|| {
                        let place = vec![Place::from("query"), Place::Name(name)];
                        let words = "Input should be a valid string, unable to parse raw data as a \
                                     unicode string";
                        Fault::new("string_unicode", place, words, Value::from(value))
                    });
                }
            }
        }
        faults.unless(Value::Object(texts))
    }
}

/// A name or value of a query, if it is UTF-8.
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}
