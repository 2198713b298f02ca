//! The fields of a request, read as pydantic reads a model: all faults are found before any is told.

mod aside;
mod query;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::coerce::{self, Wrong};
use super::fault::beginning_of;
use super::{Fault, Faults, Place, Stop};
use aside::{aside, is_large};

/// What a null stands for in a field whose type has no null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// An absent field.
    Absent,
    /// A fault.
    Faulty,
}

/// An object whose fields are being read. Reading never fails; what is wrong is noted, and a value
/// of the right type takes its place until [`Form::read`] refuses the whole.
pub(crate) struct Form<'a> {
    fields: &'a Map<String, Value>,
    place: Vec<Place>,
    nulls: Nulls,
    faults: Rc<RefCell<Faults>>,
}

impl<'a> Form<'a> {
    /// Reads the object that is a request's body.
    ///
    /// # Errors
    /// All faults that were noted.
    pub(crate) fn read<T>(
        body: &'a Value,
        nulls: Nulls,
        reading: impl FnOnce(&Form<'a>) -> T,
    ) -> Result<T, Stop> {
        Self::read_at("body", body, nulls, reading)
    }

    /// The same for what comes after the `?` of an address.
    ///
    /// # Errors
    /// All faults that were noted, or what is no text in it.
    pub(crate) fn read_query<T>(
        query: Option<&str>,
        nulls: Nulls,
        reading: impl FnOnce(&Form<'_>) -> T,
    ) -> Result<T, Stop> {
        let query = Form::query(query)?;
        Form::read_at("query", &query, nulls, reading)
    }

    /// The same for parameters of a query, as an object of texts (see [`Form::query`]).
    ///
    /// # Errors
    /// All faults that were noted.
    pub(crate) fn read_at<T>(
        part: &str,
        value: &'a Value,
        nulls: Nulls,
        reading: impl FnOnce(&Form<'a>) -> T,
    ) -> Result<T, Stop> {
        if value.is_null() {
            // A body of null is none.
            let place = vec![Place::from(part)];
            let fault = Fault::new("missing", place, "Field required", Value::Null);
            return Err(Stop::Invalid(vec![fault]));
        }
        let Value::Object(fields) = value else {
            let words = "Input should be a valid dictionary or object to extract fields from";
            let place = vec![Place::from(part)];
            let fault = Fault::new("model_attributes_type", place, words, value);
            return Err(Stop::Invalid(vec![fault]));
        };
        let form = Self {
            fields,
            place: vec![Place::from(part)],
            nulls,
            faults: Rc::default(),
        };
        let read = match is_large(value) {
            true => aside(|| reading(&form)),
            false => reading(&form),
        };
        form.faults.take().unless(read)
    }

    /// Whether the field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.any(name).is_some()
    }

    /// The field, whatever it is, if it is there and not null.
    pub(crate) fn any(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text, or nothing.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.typed(name, self.any(name)?, coerce::text)
    }

    /// A text that has to be there.
    pub(crate) fn need_text(&self, name: &str) -> String {
        self.need(name, coerce::text)
    }

    /// A text with a default.
    pub(crate) fn text_or(&self, name: &str, default: &str) -> String {
        let given = self.given(name);
        given
            .and_then(|value| self.typed(name, value, coerce::text))
            .unwrap_or_else(|| default.to_owned())
    }

    /// A yes or no with a default.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        let given = self.given(name);
        given
            .and_then(|value| self.typed(name, value, coerce::flag))
            .unwrap_or(default)
    }

    /// A yes or no, or nothing.
    pub(crate) fn maybe_flag(&self, name: &str) -> Option<bool> {
        self.typed(name, self.any(name)?, coerce::flag)
    }

    /// A whole number within bounds, with a default.
    pub(crate) fn whole(&self, name: &str, default: i64, bounds: RangeInclusive<i64>) -> i64 {
        let given = self.given(name);
        given
            .and_then(|value| self.bounded(name, value, coerce::whole, &bounds))
            .unwrap_or(default)
    }

    /// A whole number within bounds, or nothing.
    pub(crate) fn maybe_whole(&self, name: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        self.bounded(name, self.any(name)?, coerce::whole, &bounds)
    }

    /// A number within bounds, with a default.
    pub(crate) fn number(&self, name: &str, default: f64, bounds: RangeInclusive<f64>) -> f64 {
        let given = self.given(name);
        given
            .and_then(|value| self.bounded(name, value, coerce::number, &bounds))
            .unwrap_or(default)
    }

    /// A number within bounds, or nothing.
    pub(crate) fn maybe_number(&self, name: &str, bounds: RangeInclusive<f64>) -> Option<f64> {
        self.bounded(name, self.any(name)?, coerce::number, &bounds)
    }

    /// A number without bounds, with a default: endless ones and what is no number are taken too.
    pub(crate) fn float(&self, name: &str, default: f64) -> f64 {
        let given = self.given(name);
        given
            .and_then(|value| self.typed(name, value, coerce::number))
            .unwrap_or(default)
    }

    /// A number without bounds, or nothing.
    pub(crate) fn maybe_float(&self, name: &str) -> Option<f64> {
        self.typed(name, self.any(name)?, coerce::number)
    }

    /// One of these words, or nothing.
    pub(crate) fn choice(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        self.chosen("literal_error", name, self.any(name)?, words)
    }

    /// One of these words in a field whose type has no null; nothing if it is absent.
    pub(crate) fn one_of(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        self.chosen("literal_error", name, self.given(name)?, words)
    }

    /// The same where the model has an enumeration for the words.
    pub(crate) fn variant(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        self.chosen("enum", name, self.given(name)?, words)
    }

    fn chosen(
        &self,
        kind: &'static str,
        name: &str,
        value: &Value,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let chosen = words.iter().find(|word| Some(**word) == value.as_str());
        if chosen.is_none() {
            let expected = listed(words);
            self.note(|| {
                let message = format!("Input should be {expected}");
                let fault = Fault::new(kind, self.at(name), message, value);
                fault.with("expected", expected)
            });
        }
        chosen.copied()
    }

    /// An object, or nothing.
    pub(crate) fn object(&self, name: &str) -> Option<&'a Map<String, Value>> {
        let value = self.any(name)?;
        let object = value.as_object();
        if object.is_none() {
            self.fault(name, "dict_type", "Input should be a valid dictionary");
        }
        object
    }

    /// A list, or nothing.
    pub(crate) fn list(&self, name: &str) -> Option<&'a [Value]> {
        let value = self.any(name)?;
        let list = value.as_array();
        if list.is_none() {
            self.no_list(name);
        }
        list.map(Vec::as_slice)
    }

    /// A list of texts, or nothing.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.list(name)?;
        let mut texts = Vec::with_capacity(list.len());
        for (i, value) in list.iter().enumerate() {
            match coerce::text(value) {
                Ok(text) => texts.push(text),
                Err((kind, words)) => {
                    self.note(|| Fault::new(kind, self.at_index(name, i), words, value));
                }
            }
        }
        Some(texts)
    }

    /// The fields of the object in a field.
    pub(crate) fn within(&self, name: &str) -> Option<Form<'a>> {
        let fields = self.object(name)?;
        Some(self.below(fields, self.at(name)))
    }

    /// The objects of a list; what is no object is a fault.
    pub(crate) fn items(&self, name: &str) -> Option<Vec<Form<'a>>> {
        let list = self.list(name)?;
        let mut items = Vec::with_capacity(list.len());
        for (i, value) in list.iter().enumerate() {
            match value {
                Value::Object(fields) => items.push(self.below(fields, self.at_index(name, i))),
                other => {
                    let words = "Input should be a valid dictionary";
                    self.note(|| Fault::new("dict_type", self.at_index(name, i), words, other));
                }
            }
        }
        Some(items)
    }

    /// Notes that a field that has to be there is not.
    pub(crate) fn missing(&self, name: &str) {
        // Each parameter of a query is a value of its own: there is no object that lacks it.
        let is_query = self.place.first() == Some(&Place::from("query"));
        self.note(|| {
            let input = match is_query {
                true => Value::Null,
                false => beginning_of(self.fields),
            };
            Fault::new("missing", self.at(name), "Field required", &input)
        });
    }

    /// Notes what is wrong with a field.
    pub(crate) fn fault(&self, name: &str, kind: &'static str, words: impl Into<String>) {
        let input = self.fields.get(name).unwrap_or(&Value::Null);
        self.note(|| Fault::new(kind, self.at(name), words, input));
    }

    /// Notes that a field holds no list.
    pub(crate) fn no_list(&self, name: &str) {
        self.fault(name, "list_type", "Input should be a valid list");
    }

    /// Notes that the fields, each of them right, do not go together: what a model finds once it is
    /// read, so only if nothing else is wrong.
    pub(crate) fn contradiction(&self, words: &str) {
        if self.faults.borrow().is_empty() {
            let words = format!("Value error, {words}");
            let input = Value::Object(self.fields.clone());
            self.note(|| {
                Fault::new("value_error", self.place.clone(), words, &input)
                    .with("error", Map::new())
            });
        }
    }

    /// All fields of the object.
    pub(crate) fn fields(&self) -> &'a Map<String, Value> {
        self.fields
    }

    fn below(&self, fields: &'a Map<String, Value>, place: Vec<Place>) -> Form<'a> {
        Form {
            fields,
            place,
            nulls: self.nulls,
            faults: Rc::clone(&self.faults),
        }
    }

    /// The field of a type that has no null.
    fn given(&self, name: &str) -> Option<&'a Value> {
        match self.nulls {
            Nulls::Absent => self.any(name),
            Nulls::Faulty => self.fields.get(name),
        }
    }

    fn need<T: Default>(&self, name: &str, read: fn(&Value) -> Result<T, Wrong>) -> T {
        match self.given(name) {
            Some(value) => self.typed(name, value, read).unwrap_or_default(),
            None => {
                self.missing(name);
                T::default()
            }
        }
    }

    fn typed<T>(
        &self,
        name: &str,
        value: &Value,
        read: fn(&Value) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(value) {
            Ok(read) => Some(read),
            Err((kind, words)) => {
                self.note(|| Fault::new(kind, self.at(name), words, value));
                None
            }
        }
    }

    fn bounded<T: PartialOrd + Copy + Display + Into<Value>>(
        &self,
        name: &str,
        value: &Value,
        read: fn(&Value) -> Result<T, Wrong>,
        bounds: &RangeInclusive<T>,
    ) -> Option<T> {
        let number = self.typed(name, value, read)?;
        let (least, most) = (*bounds.start(), *bounds.end());
        // What is no number is not at least anything.
        let broken = if number.partial_cmp(&least).is_none_or(Ordering::is_lt) {
            Some(("greater_than_equal", "greater", "ge", least))
        } else if number > most {
            Some(("less_than_equal", "less", "le", most))
        } else {
            None
        };
        let Some((kind, word, key, bound)) = broken else {
            return Some(number);
        };
        self.note(|| {
            let words = format!("Input should be {word} than or equal to {bound}");
            Fault::new(kind, self.at(name), words, value).with(key, bound)
        });
        None
    }

    fn at(&self, name: &str) -> Vec<Place> {
        let mut place = self.place.clone();
        place.push(Place::from(name));
        place
    }

    fn at_index(&self, name: &str, i: usize) -> Vec<Place> {
        let mut place = self.at(name);
        place.push(Place::Index(i));
        place
    }

    pub(crate) fn note(&self, fault: impl FnOnce() -> Fault) {
        self.faults.borrow_mut().note(fault);
    }
}

/// `'a', 'b' or 'c'`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
