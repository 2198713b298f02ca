//! The part of JSON Schema that says what a form asks for.

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value};

/// Fields of a form at most: each is a search.
const MOST_FIELDS: usize = 100;

/// Objects within each other at most.
const DEEPEST: usize = 6;

/// A field, or the whole form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schema {
    /// What is asked for, as a question.
    pub(super) question: String,
    pub(super) kind: Kind,
}

/// What fits into a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Fields of its own.
    Object(Vec<(String, Schema)>),
    /// Any number of them.
    List(Box<Schema>),
    /// Words.
    Text,
    /// A day, or an instant of it.
    Date {
        /// Whether the time of the day belongs to it.
        with_time: bool,
    },
    /// One of these words.
    Choice(Vec<String>),
    /// A number.
    Number {
        /// Whether it has no fraction.
        whole: bool,
    },
    /// What no rule can tell.
    Other,
}

impl Schema {
    /// Reads the schema of a form.
    ///
    /// # Errors
    /// `InvalidRequest` if it is no object with properties, or is too large.
    pub(super) fn read(schema: &Value) -> Result<Self> {
        let mut reader = Reader {
            root: schema,
            fields: 0,
        };
        let form = reader.field("", schema, 0)?;
        match &form.kind {
            Kind::Object(fields) if !fields.is_empty() => Ok(form),
            _ => Err(wrong("the schema has no properties")),
        }
    }
}

struct Reader<'a> {
    root: &'a Value,
    fields: usize,
}

impl<'a> Reader<'a> {
    fn field(&mut self, name: &str, schema: &'a Value, depth: usize) -> Result<Schema> {
        self.fields += 1;
        if self.fields > MOST_FIELDS {
            return Err(wrong(&format!(
                "the schema has more than {MOST_FIELDS} fields"
            )));
        }
        if depth > DEEPEST {
            return Err(wrong(&format!(
                "the schema is more than {DEEPEST} levels deep, or holds itself"
            )));
        }
        let told = text(schema, "description");
        let schema = self.resolved(schema)?;
        let question = [
            Some(spoken(name)),
            told.or_else(|| text(schema, "description")),
        ];
        let question: Vec<String> = question.into_iter().flatten().collect();
        Ok(Schema {
            question: question.join(" ").trim().to_owned(),
            kind: self.kind(name, schema, depth)?,
        })
    }

    fn kind(&mut self, name: &str, schema: &'a Value, depth: usize) -> Result<Kind> {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let words = words.iter().filter_map(Value::as_str);
            return Ok(Kind::Choice(words.map(str::to_owned).collect()));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let kind = type_of(schema).or_else(|| properties.map(|_| "object"));
        Ok(match kind {
            Some("object") => Kind::Object(self.properties(properties, depth)?),
            Some("array") => {
                let any = &Value::Null;
                let items = schema.get("items").unwrap_or(any);
                Kind::List(Box::new(self.field(name, items, depth + 1)?))
            }
            Some("integer") => Kind::Number { whole: true },
            Some("number") => Kind::Number { whole: false },
            Some("boolean" | "null") => Kind::Other,
            Some("string") | None => match text(schema, "format").as_deref() {
                Some("date") => Kind::Date { with_time: false },
                Some("date-time") => Kind::Date { with_time: true },
                _ => Kind::Text,
            },
            Some(other) => return Err(wrong(&format!("{other:?} is no type"))),
        })
    }

    fn properties(
        &mut self,
        properties: Option<&'a Map<String, Value>>,
        depth: usize,
    ) -> Result<Vec<(String, Schema)>> {
        let fields = properties.into_iter().flatten();
        fields
            .map(|(name, schema)| Ok((name.clone(), self.field(name, schema, depth + 1)?)))
            .collect()
    }

    /// What a reference means, and the one of several forms that is not null.
    fn resolved(&self, schema: &'a Value) -> Result<&'a Value> {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#');
                let found = pointer.and_then(|pointer| self.root.pointer(pointer));
                schema = found.ok_or_else(|| wrong(&format!("nothing is at {reference:?}")))?;
                continue;
            }
            let names = ["anyOf", "oneOf", "allOf"];
            let forms = names.iter().find_map(|name| schema.get(*name)?.as_array());
            let one = forms.and_then(|all| all.iter().find(|one| type_of(one) != Some("null")));
            match one {
                Some(one) => schema = one,
                None => return Ok(schema),
            }
        }
        Err(wrong("the schema refers to itself"))
    }
}

fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|n| *n != "null"),
        _ => None,
    }
}

fn text(schema: &Value, name: &str) -> Option<String> {
    schema.get(name)?.as_str().map(str::to_owned)
}

/// A field's name as words: `favouriteFood` and `favourite_food` are two.
fn spoken(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            out.push(' ');
        } else if c.is_uppercase() && before.is_lowercase() {
            out.push(' ');
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        before = c;
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wrong(what: &str) -> Error {
    Error::new(Code::InvalidRequest, what.to_owned())
        .at("schema")
        .remedy("send JSON Schema of an object, its properties each with a type and a description")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_becomes_questions() {
        let schema = json!({
            "type": "object",
            "properties": {
                "favouriteFood": {"type": "string", "description": "What they like to eat"},
                "home": {"$ref": "#/$defs/Place"},
                "age": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
                "hobbies": {"type": "array", "items": {"type": "string"}},
                "born": {"type": ["string", "null"], "format": "date"},
                "mood": {"enum": ["good", "bad"]},
                "adult": {"type": "boolean"},
            },
            "$defs": {"Place": {"properties": {"city": {"type": "string"}}}},
        });
        let Kind::Object(fields) = Schema::read(&schema).unwrap().kind else {
            panic!("no object");
        };
        let of = |name: &str| &fields.iter().find(|(n, _)| n == name).unwrap().1;
        assert_eq!(
            of("favouriteFood").question,
            "favourite food What they like to eat"
        );
        assert_eq!(of("age").kind, Kind::Number { whole: true });
        assert_eq!(of("born").kind, Kind::Date { with_time: false });
        assert_eq!(
            of("mood").kind,
            Kind::Choice(vec!["good".into(), "bad".into()])
        );
        assert_eq!(of("adult").kind, Kind::Other);
        assert!(matches!(&of("hobbies").kind, Kind::List(item) if item.kind == Kind::Text));
        assert!(matches!(&of("home").kind, Kind::Object(fields) if fields[0].0 == "city"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let deep = json!({"properties": {"a": {"$ref": "#"}}});
        let loops = json!({"properties": {"a": {"$ref": "#/properties/a"}}});
        let many = (0..200).map(|i| (format!("f{i}"), json!({"type": "string"})));
        let many = json!({"properties": many.collect::<Map<_, _>>()});
        for bad in [
            json!(null),
            json!({}),
            json!({"type": "string"}),
            json!({"properties": {"a": {"type": "wish"}}}),
            json!({"properties": {"a": {"$ref": "#/none"}}}),
            deep,
            loops,
            many,
        ] {
            let error = Schema::read(&bad).expect_err(&bad.to_string());
            assert_eq!(error.field(), Some("schema"));
        }
    }
}
