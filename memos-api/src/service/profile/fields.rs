//! `{Category: {Field: {value, algorithm_updatable}}}` as leaves with paths, and back.

use std::collections::BTreeMap;

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value, json};

use super::saying::Saying;

/// Names from the root to a value.
const DEEPEST: usize = 3;

/// Fields of one template or profile.
const MOST: usize = 500;

/// The fields, by their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields(pub(super) BTreeMap<Vec<String>, Leaf>);

/// What is known of one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// A text, a number, a yes or no, or a list of texts; an empty text if nothing is known.
    pub(super) value: Value,
    /// Whether what is said may change it.
    pub(super) updatable: bool,
    /// What filled it, the last behind; nothing if it was set by hand.
    pub(super) said: Vec<Saying>,
}

impl Fields {
    /// Reads the nested form.
    ///
    /// # Errors
    /// `InvalidRequest` at the field.
    pub(crate) fn read(nested: &Map<String, Value>) -> Result<Self> {
        let mut fields = Self::default();
        fields.take(&mut Vec::new(), nested)?;
        match fields.0.len() {
            0..=MOST => Ok(fields),
            n => Err(Error::new(
                Code::TooLarge,
                format!("it has {n} fields, more than {MOST}"),
            )
            .at("metadata")
            .remedy("use several templates")),
        }
    }

    fn take(&mut self, path: &mut Vec<String>, nested: &Map<String, Value>) -> Result<()> {
        for (name, value) in nested {
            path.push(name.clone());
            let at = || format!("metadata.{}", path.join("."));
            if name.trim().is_empty() || path.len() > DEEPEST {
                return Err(Error::new(
                    Code::InvalidRequest,
                    match path.len() > DEEPEST {
                        true => format!("it lies more than {DEEPEST} levels deep"),
                        false => "a field has no name".to_owned(),
                    },
                )
                .at(at())
                .remedy("write {Category: {Field: {value, algorithm_updatable}}}"));
            }
            match value {
                Value::Object(inner) if !is_leaf(inner) => self.take(path, inner)?,
                Value::Object(leaf) => {
                    let updatable = match leaf.get("algorithm_updatable") {
                        None | Some(Value::Null) => true,
                        Some(Value::Bool(flag)) => *flag,
                        Some(_) => {
                            return Err(Error::new(
                                Code::InvalidRequest,
                                "algorithm_updatable is neither true nor false",
                            )
                            .at(at())
                            .remedy("write it without quotes"));
                        }
                    };
                    let value = known(leaf.get("value"), &at)?;
                    self.0.insert(path.clone(), Leaf::set(value, updatable));
                }
                bare => {
                    let value = known(Some(bare), &at)?;
                    self.0.insert(path.clone(), Leaf::set(value, true));
                }
            }
            path.pop();
        }
        Ok(())
    }

    /// The nested form.
    pub(crate) fn nested(&self) -> Map<String, Value> {
        let mut root = Map::new();
        for (path, leaf) in &self.0 {
            let Some((last, way)) = path.split_last() else {
                continue;
            };
            let mut level = &mut root;
            for name in way {
                let next = level
                    .entry(name.as_str())
                    .or_insert_with(|| Value::Object(Map::new()));
                if !next.is_object() {
                    *next = Value::Object(Map::new());
                }
                let Value::Object(inner) = next else {
                    unreachable!("it was just made an object")
                };
                level = inner;
            }
            level.insert(
                last.clone(),
                json!({"value": leaf.value, "algorithm_updatable": leaf.updatable}),
            );
        }
        root
    }

    /// Drops the fields at or under a path, its names joined by dots; whether there was one.
    pub(super) fn remove(&mut self, path: &str) -> bool {
        let before = self.0.len();
        let under = format!("{path}.");
        self.0.retain(|own, _| {
            let own = own.join(".");
            own != path && !own.starts_with(&under)
        });
        self.0.len() < before
    }
}

impl Leaf {
    /// Set by hand.
    pub(super) const fn set(value: Value, updatable: bool) -> Self {
        Self {
            value,
            updatable,
            said: Vec::new(),
        }
    }

    /// The value as words; none if nothing is known.
    pub(super) fn words(&self) -> Option<String> {
        let words = match &self.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Array(list) => list
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        (!words.is_empty()).then_some(words)
    }
}

/// A field of a category could be called `value`: it is an object then.
fn is_leaf(fields: &Map<String, Value>) -> bool {
    let plain = |name: &str| fields.get(name).is_some_and(|value| !value.is_object());
    fields.is_empty() || plain("value") || plain("algorithm_updatable")
}

fn known(value: Option<&Value>, at: &dyn Fn() -> String) -> Result<Value> {
    match value {
        None | Some(Value::Null) => Ok(Value::String(String::new())),
        Some(Value::Array(list)) if list.iter().any(|v| v.is_array() || v.is_object()) => {
            Err(Error::new(Code::InvalidRequest, "the list holds more than texts").at(at()))
        }
        Some(Value::Object(_)) => Err(Error::new(Code::InvalidRequest, "the value is an object")
            .at(at())
            .remedy("give a text, a number, a yes or no, or a list of texts")),
        Some(plain) => Ok(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(nested: &Value) -> Result<Fields> {
        Fields::read(nested.as_object().unwrap())
    }

    #[test]
    fn the_nested_form_is_read_and_written() {
        let nested = json!({
            "Basic Info": {
                "Name": {"value": "Alex", "algorithm_updatable": false},
                "Home": {"City": {"value": "Lyon", "algorithm_updatable": true}},
            },
            "Tags": {"value": ["a", "b"], "algorithm_updatable": true},
        });
        let fields = read(&nested).unwrap();
        assert_eq!(fields.0.len(), 3);
        assert_eq!(Value::Object(fields.nested()), nested);
        let tags = &fields.0[&vec!["Tags".to_owned()]];
        assert_eq!(tags.words().as_deref(), Some("a, b"));
    }

    #[test]
    fn bare_values_and_empty_ones_are_fields_too() {
        let fields = read(&json!({"A": {"b": "x", "c": {}, "d": null}})).unwrap();
        let known: Vec<_> = fields.0.values().map(Leaf::words).collect();
        assert_eq!(known, [Some("x".to_owned()), None, None]);
    }

    #[test]
    fn what_lies_too_deep_or_is_no_value_is_named() {
        for (bad, field) in [
            (
                json!({"a": {"b": {"c": {"d": {"value": 1}}}}}),
                "metadata.a.b.c.d",
            ),
            (
                json!({"a": {"b": {"value": "x", "algorithm_updatable": "no"}}}),
                "metadata.a.b",
            ),
            (json!({"a": {"b": {"value": [[1]]}}}), "metadata.a.b"),
            (json!({"": {"b": 1}}), "metadata."),
        ] {
            let error = read(&bad).unwrap_err();
            assert_eq!(error.field(), Some(field), "{bad}");
        }
    }

    #[test]
    fn a_category_goes_with_its_fields() {
        let mut fields = read(&json!({"A": {"b": 1, "c": 2}, "AB": {"b": 3}})).unwrap();
        assert!(fields.remove("A.b") && !fields.remove("A.b"));
        assert!(fields.remove("A"));
        assert_eq!(fields.0.len(), 1);
    }
}
