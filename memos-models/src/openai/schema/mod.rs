//! The part of JSON Schema (draft 2020-12) that answers are asked for in. A keyword outside of it is
//! refused when the schema is made: none is silently left unchecked.

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// Most violations that are reported at once: enough to mend a reply by.
const MOST: usize = 8;

/// A schema that values can be checked against.
#[derive(Clone, Debug)]
pub struct Schema {
    types: Option<Vec<Type>>,
    properties: Vec<(String, Schema)>,
    required: Vec<String>,
    additional: Additional,
    items: Option<Box<Schema>>,
    allowed: Option<Vec<Value>>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    any_of: Vec<Schema>,
    /// `false`: nothing fits.
    never: bool,
}

#[derive(Clone, Debug)]
enum Additional {
    Any,
    None,
    These(Box<Schema>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Null,
    Boolean,
    Object,
    Array,
    Number,
    Integer,
    String,
}

/// Where a value does not fit, and what was expected there. Holds no words of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON pointer; a property that the schema does not name is `*`.
    pub at: String,
    /// What was expected.
    pub expected: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = if self.at.is_empty() { "/" } else { &self.at };
        write!(f, "{at}: expected {}", self.expected)
    }
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// `InvalidRequest` for a keyword that is not supported or has a value of the wrong form, with
    /// its place.
    pub fn new(schema: &Value) -> Result<Self> {
        Self::read(schema, "")
    }

    /// What does not fit, at most eight violations.
    pub fn check(&self, value: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        self.find(value, "", &mut found);
        found
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &Value) -> bool {
        self.check(value).is_empty()
    }

    fn anything() -> Self {
        Self {
            types: None,
            properties: Vec::new(),
            required: Vec::new(),
            additional: Additional::Any,
            items: None,
            allowed: None,
            minimum: None,
            maximum: None,
            min_length: None,
            max_length: None,
            min_items: None,
            max_items: None,
            any_of: Vec::new(),
            never: false,
        }
    }

    fn read(schema: &Value, at: &str) -> Result<Self> {
        let mut read = Self::anything();
        let keywords = match schema {
            Value::Bool(fits) => {
                read.never = !fits;
                return Ok(read);
            }
            Value::Object(keywords) => keywords,
            _ => return Err(unreadable(at, "a schema is an object or a boolean")),
        };
        for (keyword, value) in keywords {
            let at = format!("{at}/{keyword}");
            let wrong = |what| unreadable(&at, what);
            let list = || value.as_array().ok_or_else(|| wrong("expected a list"));
            let number = || value.as_f64().ok_or_else(|| wrong("expected a number"));
            let count = || {
                let count = value.as_u64().and_then(|n| usize::try_from(n).ok());
                count.ok_or_else(|| wrong("expected a whole number"))
            };
            match keyword.as_str() {
                "type" => read.types = Some(types(value).ok_or_else(|| wrong("no such type"))?),
                "properties" => {
                    let properties = value
                        .as_object()
                        .ok_or_else(|| wrong("expected an object"))?;
                    for (name, schema) in properties {
                        let schema = Self::read(schema, &format!("{at}/{name}"))?;
                        read.properties.push((name.clone(), schema));
                    }
                }
                "required" => {
                    for name in list()? {
                        let name = name.as_str().ok_or_else(|| wrong("expected names"))?;
                        read.required.push(name.to_owned());
                    }
                }
                "additionalProperties" => {
                    read.additional = match value {
                        Value::Bool(true) => Additional::Any,
                        Value::Bool(false) => Additional::None,
                        schema => Additional::These(Box::new(Self::read(schema, &at)?)),
                    }
                }
                "items" => read.items = Some(Box::new(Self::read(value, &at)?)),
                "enum" => read.allowed = Some(list()?.clone()),
                "minimum" => read.minimum = Some(number()?),
                "maximum" => read.maximum = Some(number()?),
                "minLength" => read.min_length = Some(count()?),
                "maxLength" => read.max_length = Some(count()?),
                "minItems" => read.min_items = Some(count()?),
                "maxItems" => read.max_items = Some(count()?),
                "anyOf" => {
                    for (i, schema) in list()?.iter().enumerate() {
                        read.any_of.push(Self::read(schema, &format!("{at}/{i}"))?);
                    }
                    if read.any_of.is_empty() {
                        return Err(wrong("expected at least one schema"));
                    }
                }
                // For readers; they check nothing.
                "title" | "description" | "$schema" | "$comment" | "default" | "examples" => {}
                _ => return Err(wrong("this keyword is not supported")),
            }
        }
        Ok(read)
    }

    fn find(&self, value: &Value, at: &str, found: &mut Vec<Violation>) {
        let mut expect = |holds: bool, what: &dyn Fn() -> String| {
            if !holds && found.len() < MOST {
                found.push(Violation {
                    at: at.to_owned(),
                    expected: what(),
                });
            }
        };
        expect(!self.never, &|| "nothing".into());
        if let Some(types) = &self.types {
            let fits = types.iter().any(|t| t.is_of(value));
            let names = || {
                types
                    .iter()
                    .map(|t| t.name())
                    .collect::<Vec<_>>()
                    .join(" or ")
            };
            expect(fits, &names);
            if !fits {
                // Whatever else is wrong follows from this.
                return;
            }
        }
        if let Some(allowed) = &self.allowed {
            let fits = allowed.contains(value);
            expect(fits, &|| format!("one of {}", Value::from(allowed.clone())));
        }
        match value {
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let fits = self.minimum.is_none_or(|m| number >= m)
                    && self.maximum.is_none_or(|m| number <= m);
                expect(fits, &|| range("a number", self.minimum, self.maximum));
            }
            Value::String(text) => {
                let length = text.chars().count();
                let fits = self.min_length.is_none_or(|m| length >= m)
                    && self.max_length.is_none_or(|m| length <= m);
                expect(fits, &|| {
                    range("characters in number", self.min_length, self.max_length)
                });
            }
            Value::Array(items) => {
                let fits = self.min_items.is_none_or(|m| items.len() >= m)
                    && self.max_items.is_none_or(|m| items.len() <= m);
                expect(fits, &|| {
                    range("items in number", self.min_items, self.max_items)
                });
            }
            Value::Object(object) => {
                for name in &self.required {
                    expect(object.contains_key(name), &|| {
                        format!("a property {name:?}")
                    });
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
        if !self.any_of.is_empty() {
            let fits = self.any_of.iter().any(|schema| schema.fits(value));
            expect(fits, &|| "a value of one of the allowed forms".into());
        }
        match (value, &self.items) {
            (Value::Array(items), Some(schema)) => {
                for (i, item) in items.iter().enumerate() {
                    schema.find(item, &format!("{at}/{i}"), found);
                }
            }
            (Value::Object(object), _) => self.find_in(object, at, found),
            _ => {}
        }
    }

    fn find_in(&self, object: &Map<String, Value>, at: &str, found: &mut Vec<Violation>) {
        for (name, value) in object {
            let known = self.properties.iter().find(|(known, _)| known == name);
            match (known, &self.additional) {
                (Some((_, schema)), _) => schema.find(value, &format!("{at}/{name}"), found),
                (None, Additional::These(schema)) => schema.find(value, &format!("{at}/*"), found),
                (None, Additional::Any) => {}
                (None, Additional::None) if found.len() < MOST => {
                    let names: Vec<&str> = self.properties.iter().map(|(n, _)| &**n).collect();
                    found.push(Violation {
                        at: at.to_owned(),
                        expected: format!("no properties beside {}", names.join(", ")),
                    });
                }
                (None, Additional::None) => {}
            }
        }
    }
}

impl Type {
    const ALL: [Self; 7] = [
        Self::Null,
        Self::Boolean,
        Self::Object,
        Self::Array,
        Self::Number,
        Self::Integer,
        Self::String,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::String => "string",
        }
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::Number => value.is_number(),
            // 2.0 is whole too (JSON Schema Validation, section 6.1.1).
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            Self::String => value.is_string(),
        }
    }
}

fn types(value: &Value) -> Option<Vec<Type>> {
    let one = |value: &Value| {
        let name = value.as_str()?;
        Type::ALL.into_iter().find(|t| t.name() == name)
    };
    match value {
        Value::Array(names) => names.iter().map(one).collect(),
        name => Some(vec![one(name)?]),
    }
}

fn range<T: std::fmt::Display>(what: &str, least: Option<T>, most: Option<T>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{what} from {least} to {most}"),
        (Some(least), None) => format!("{what} from {least}"),
        (None, Some(most)) => format!("{what} up to {most}"),
        (None, None) => what.to_owned(),
    }
}

fn unreadable(at: &str, what: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("the schema of a reply can't be read: {what}"),
    )
    .at(at)
    .remedy(
        "use type, properties, required, additionalProperties, items, enum, minimum, maximum, \
         minLength, maxLength, minItems, maxItems and anyOf",
    )
}
