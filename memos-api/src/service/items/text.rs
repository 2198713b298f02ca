//! The words of a JSON value.
//!
//! A value with one text is that text; of others each field is a line with its name. A path leads to
//! what it names: `title`, `meta.author`, `chapters[0]`, `chapters[-1].text`, `chapters[*].text`,
//! `*`, `meta.{author,title}`, and `$` is the whole.

use serde_json::{Map, Value};

use crate::wire::Index;

/// The words by which a value is found; none if it is not to be found by words.
pub(super) fn words(value: &Map<String, Value>, index: &Index) -> String {
    let mut lines = Lines::default();
    match index {
        Index::Nothing => {}
        Index::Whole => lines.fields(value),
        Index::Paths(paths) => {
            for path in paths {
                if path == "$" {
                    lines.fields(value);
                } else {
                    let steps = steps(path);
                    lines.walk_fields(value, &steps);
                }
            }
        }
    }
    lines.joined()
}

/// Texts with the names of the fields that hold them.
#[derive(Default)]
struct Lines<'v>(Vec<(&'v str, String)>);

impl<'v> Lines<'v> {
    fn joined(self) -> String {
        match <[_; 1]>::try_from(self.0) {
            Ok([(_, only)]) => only,
            Err(all) => {
                let lines = all.into_iter().map(|(name, text)| {
                    if name.is_empty() {
                        text
                    } else {
                        format!("{name}: {text}")
                    }
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn fields(&mut self, fields: &'v Map<String, Value>) {
        for (name, value) in fields {
            self.value(name, value);
        }
    }

    fn value(&mut self, name: &'v str, value: &'v Value) {
        match value {
            Value::Object(fields) => self.fields(fields),
            Value::Array(items) => {
                let mut flat = Vec::new();
                self.list(items, &mut flat);
                self.push(name, flat.join(", "));
            }
            scalar => self.push(name, word(scalar)),
        }
    }

    /// What a list holds is one line, lists within it too; objects in it have lines of their own.
    fn list(&mut self, items: &'v [Value], flat: &mut Vec<String>) {
        for item in items {
            match item {
                Value::Object(fields) => self.fields(fields),
                Value::Array(inner) => self.list(inner, flat),
                scalar => flat.push(word(scalar)),
            }
        }
    }

    fn push(&mut self, name: &'v str, text: String) {
        if !text.trim().is_empty() {
            self.0.push((name, text));
        }
    }

    fn walk_fields(&mut self, fields: &'v Map<String, Value>, steps: &[Step]) {
        let Some((first, rest)) = steps.split_first() else {
            return self.fields(fields);
        };
        match first {
            Step::Field(name) => {
                if let Some((name, value)) = fields.get_key_value(name) {
                    self.walk(name, value, rest);
                }
            }
            Step::Any => {
                for (name, value) in fields {
                    self.walk(name, value, rest);
                }
            }
            Step::OneOf(paths) => {
                for path in paths {
                    let all: Vec<Step> = path.iter().chain(rest).cloned().collect();
                    self.walk_fields(fields, &all);
                }
            }
            Step::Place(_) => {}
        }
    }

    fn walk(&mut self, name: &'v str, value: &'v Value, steps: &[Step]) {
        let Some((first, rest)) = steps.split_first() else {
            return self.value(name, value);
        };
        match (value, first) {
            (Value::Object(fields), _) => self.walk_fields(fields, steps),
            (Value::Array(items), Step::Any) => {
                for item in items {
                    self.walk(name, item, rest);
                }
            }
            (Value::Array(items), Step::Place(place)) => {
                let from_end = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
                let at = match *place < 0 {
                    true => items.len().checked_sub(from_end),
                    false => Some(from_end),
                };
                if let Some(item) = at.and_then(|at| items.get(at)) {
                    self.walk(name, item, rest);
                }
            }
            _ => {}
        }
    }
}

/// A scalar as a word; of null there is nothing to say.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    /// `*`: every field, or every item of a list.
    Any,
    /// `[2]`, or from the end `[-1]`.
    Place(i64),
    /// `{a,b.c}`.
    OneOf(Vec<Vec<Step>>),
}

/// Reads a path. What is no path leads nowhere.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut rest = path;
    let flush = |name: &mut String, steps: &mut Vec<Step>| match std::mem::take(name).as_str() {
        "" => {}
        "*" => steps.push(Step::Any),
        name => steps.push(Step::Field(name.to_owned())),
    };
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match (c, after.find(']'), after.find('}')) {
            ('.', ..) => {
                flush(&mut name, &mut steps);
                after
            }
            ('[', Some(end), _) => {
                let inside = after[..end].trim();
                flush(&mut name, &mut steps);
                steps.push(match (inside, inside.parse()) {
                    ("*", _) => Step::Any,
                    (_, Ok(place)) => Step::Place(place),
                    _ => Step::Field(inside.to_owned()),
                });
                &after[end + 1..]
            }
            ('{', _, Some(end)) => {
                flush(&mut name, &mut steps);
                // Braces within braces are not read: a part is a plain path.
                let parts = after[..end].split(',');
                let plain = |part: &str| self::steps(&part.trim().replace('{', ""));
                steps.push(Step::OneOf(parts.map(plain).collect()));
                &after[end + 1..]
            }
            _ => {
                name.push(c);
                after
            }
        };
    }
    flush(&mut name, &mut steps);
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: &Value, index: &Index) -> String {
        words(value.as_object().unwrap(), index)
    }

    fn at(value: &Value, paths: &[&str]) -> String {
        let paths = paths.iter().map(|p| (*p).to_owned()).collect();
        said(value, &Index::Paths(paths))
    }

    #[test]
    fn the_whole_value_is_its_fields() {
        let whole = |value: Value| said(&value, &Index::Whole);
        assert_eq!(whole(json!({"text": "I love tea"})), "I love tea");
        assert_eq!(
            whole(json!({"a": "x", "n": 3, "ok": true})),
            "a: x\nn: 3\nok: true"
        );
        assert_eq!(
            whole(json!({"tags": ["a", ["b", 2]], "in": {"c": "d"}, "none": null})),
            "c: d\ntags: a, b, 2"
        );
        assert_eq!(
            whole(json!({"l": [{"t": "x"}, {"t": "y"}, "z"]})),
            "t: x\nt: y\nl: z"
        );
        assert_eq!(whole(json!({"a": null, "b": " ", "c": [], "d": {}})), "");
        assert_eq!(said(&json!({"a": "x"}), &Index::Nothing), "");
    }

    #[test]
    fn paths_lead_to_what_they_name() {
        let value = json!({
            "title": "Tea", "meta": {"author": "Ada", "year": 1840},
            "parts": [{"t": "one"}, {"t": "two"}], "odd": {"a.b": "x"}
        });
        for (paths, expected) in [
            (&["title"][..], "Tea"),
            (&["meta.author"], "Ada"),
            (&["meta"], "author: Ada\nyear: 1840"),
            (&["parts[0].t"], "one"),
            (&["parts[-1].t"], "two"),
            (&["parts[*].t"], "t: one\nt: two"),
            (&["parts.*.t"], "t: one\nt: two"),
            (&["meta.*"], "author: Ada\nyear: 1840"),
            (&["meta.{year, author}"], "year: 1840\nauthor: Ada"),
            (&["title", "meta.author"], "title: Tea\nauthor: Ada"),
            (&["none", "title.x", "parts[7]", "parts[-9]", "[0]", ""], ""),
            (&["parts[", "{", "meta.{", "}"], ""),
        ] {
            // An empty path is the whole, as `$` is.
            let paths: Vec<&str> = paths.iter().copied().filter(|p| !p.is_empty()).collect();
            assert_eq!(at(&value, &paths), expected, "{paths:?}");
        }
        let all = said(&value, &Index::Whole);
        assert_eq!(at(&value, &["$"]), all);
    }

    #[test]
    fn the_words_of_a_value_do_not_outgrow_it() {
        let lists: Vec<Value> = (0..1_000).map(|n| json!([n])).collect();
        let value = json!({ "a-name-that-is-rather-long": lists });
        let json = value.to_string();
        assert!(said(&value, &Index::Whole).len() < json.len());
    }

    proptest::proptest! {
        #[test]
        fn no_path_panics(path in "[a-c.*\\[\\]{},0-9-]{0,16}|\\PC{0,12}") {
            let value = json!({"a": {"b": ["x", {"c": 1}]}, "b": "y"});
            let _ = at(&value, &[&path]);
        }
    }
}
