//! The contract's filters, said in the native language: `and`/`or` over conditions, for all sources
//! or for each by its name.

use memos_core::{Code, CubeId, Error, Filter, Result};
use serde_json::{Map, Value, json};

use super::places::session_of;
use crate::reader;

/// Where memories come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    User,
    Agent,
    Public,
    KnowledgeBase,
}

const SOURCES: [(&str, Source); 4] = [
    ("user", Source::User),
    ("agent", Source::Agent),
    ("public", Source::Public),
    ("knowledgebase", Source::KnowledgeBase),
];

/// Operators, which are the native ones.
const OPERATORS: [&str; 8] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "contains"];

/// A filter as it was sent, in native JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filters {
    all: Option<Value>,
    of: Vec<(Source, Value)>,
}

impl Filters {
    /// Reads the value of the field `filter`; an empty object filters nothing.
    ///
    /// # Errors
    /// `InvalidFilter` at the place.
    pub(super) fn read(filter: Option<&Map<String, Value>>) -> Result<Self> {
        let mut read = Self::default();
        let Some(fields) = filter.filter(|fields| !fields.is_empty()) else {
            return Ok(read);
        };
        let sources: Vec<_> = fields
            .iter()
            .map(|(name, value)| (SOURCES.iter().find(|(known, _)| name == known), name, value))
            .collect();
        if sources.iter().all(|(source, ..)| source.is_some()) {
            for ((_, source), name, value) in sources
                .into_iter()
                .filter_map(|(s, name, value)| Some((s?, name, value)))
            {
                if let Some(native) = group(value, &format!("/filter/{name}"))? {
                    read.of.push((*source, native));
                }
            }
            return Ok(read);
        }
        if let Some((_, name, _)) = sources.iter().find(|(source, ..)| source.is_some()) {
            return Err(refuse(
                format!("/filter/{name}"),
                "a filter for one source stands beside one for all",
            )
            .remedy("use either and/or, or user, agent, public and knowledgebase"));
        }
        read.all = group(&Value::Object(fields.clone()), "/filter")?;
        Ok(read)
    }

    /// What holds for memories of one source.
    pub(super) fn of(&self, source: Source) -> Option<&Value> {
        let own = self.of.iter().find(|(of, _)| *of == source);
        self.all.as_ref().or(own.map(|(_, value)| value))
    }

    /// One filter for memories of several sources, each in cubes of its own. Sources that are not
    /// named are not filtered.
    pub(super) fn over(&self, cubes: &[(Source, Vec<CubeId>)]) -> Option<Value> {
        if self.all.is_some() {
            return self.all.clone();
        }
        if !cubes.iter().any(|(source, _)| self.of(*source).is_some()) {
            return None;
        }
        let parts: Vec<Value> = cubes
            .iter()
            .filter(|(_, cubes)| !cubes.is_empty())
            .map(|(source, cubes)| {
                let ids: Vec<&str> = cubes.iter().map(CubeId::as_str).collect();
                let here = json!({"cube_id": {"in": ids}});
                match self.of(*source) {
                    Some(own) => json!({"and": [here, own]}),
                    None => here,
                }
            })
            .collect();
        Some(json!({"or": parts}))
    }
}

/// `{"and": […]}`, `{"or": […]}`, or conditions that must all hold.
fn group(value: &Value, at: &str) -> Result<Option<Value>> {
    let Value::Object(fields) = value else {
        return Err(refuse(at, "a filter is an object")
            .remedy("write it as {\"and\": [{\"field\": value}]}"));
    };
    let mut parts = Vec::new();
    for (name, value) in fields {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        parts.push(match name.as_str() {
            "and" | "or" => {
                let Value::Array(list) = value else {
                    return Err(refuse(at, format!("{name} takes a list of conditions"))
                        .remedy("write it as {\"and\": [{\"field\": value}]}"));
                };
                let mut inner = Vec::new();
                for (i, one) in list.iter().enumerate() {
                    inner.extend(group(one, &format!("{at}/{i}"))?);
                }
                if inner.is_empty() {
                    return Err(refuse(at, format!("{name} has no condition in its list"))
                        .remedy("put one into it, or leave the filter out"));
                }
                json!({ name.as_str(): inner })
            }
            field => condition(field, value, &at)?,
        });
    }
    let native = match parts.len() {
        0 => return Ok(None),
        1 => parts.remove(0),
        _ => json!({ "and": parts }),
    };
    // The native parser holds the limits on depth and size.
    Filter::parse_at(&native, at)?;
    Ok(Some(native))
}

/// A field of the contract in the native language.
enum Field {
    Time(&'static str),
    Tags,
    Word(&'static str),
    /// Anybody that a memory has to do with: whose it is, by which agent, who said it.
    Related,
    /// The conversation in which it was said, or those that it was made from.
    Conversation,
    Info(String),
}

impl Field {
    fn named(name: &str) -> Self {
        match name {
            "create_time" | "created_at" => Self::Time("created_at"),
            "update_time" | "updated_at" => Self::Time("updated_at"),
            "tags" => Self::Tags,
            "id" | "memory_id" => Self::Word("id"),
            "conversation_id" => Self::Conversation,
            "related_id" => Self::Related,
            other => {
                let bare = other.strip_prefix("info.").unwrap_or(other);
                // A dot is a part of the name: info is flat in this contract.
                let escaped = bare.replace('\\', "\\\\").replace('.', "\\.");
                Self::Info(format!("info.{escaped}"))
            }
        }
    }
}

fn condition(name: &str, value: &Value, at: &str) -> Result<Value> {
    let field = Field::named(name);
    let Value::Object(operators) = value else {
        return test(&field, "eq", value, at);
    };
    let mut tests = Vec::new();
    for (operator, value) in operators {
        let known = OPERATORS.contains(&operator.as_str()) || operator == "like";
        if !known {
            let listed = OPERATORS.join(", ");
            return Err(refuse(at, format!("{operator:?} is not an operator"))
                .remedy(format!("use one of {listed}, like")));
        }
        tests.push(test(&field, operator, value, at)?);
    }
    match tests.len() {
        0 => Err(refuse(at, "the condition has no operator")
            .remedy("write it as {\"field\": value} or {\"field\": {\"gte\": value}}")),
        1 => Ok(tests.remove(0)),
        _ => Ok(json!({ "and": tests })),
    }
}

fn test(field: &Field, operator: &str, value: &Value, at: &str) -> Result<Value> {
    let native = match (field, operator, value) {
        (Field::Time(name), _, value) => {
            let moment = reader::chat_time(value, at).map_err(|e| in_filter(&e, at))?;
            json!({*name: {operator: moment.at().to_string()}})
        }
        (Field::Related | Field::Conversation, "ne", value) => {
            json!({"not": test(field, "eq", value, at)?})
        }
        (Field::Related, "eq" | "in" | "contains", value) => {
            let any = listed(value);
            json!({"or": [
                {"info.related_id": {"in": any}},
                {"info.user_id": {"in": any}},
                {"info.agent_id": {"in": any}},
                {"speaker": {"in": any}},
            ]})
        }
        (Field::Conversation, "eq" | "in", value) => {
            let any = listed(value);
            let sessions: Vec<Value> = any
                .iter()
                .map(|id| match id.as_str() {
                    Some(id) => session_of(id).into(),
                    None => id.clone(),
                })
                .collect();
            json!({"or": [
                {"session_id": {"in": sessions}},
                {"info.sessions": {"in": sessions}},
            ]})
        }
        (Field::Related, operator, value) => json!({"info.related_id": {operator: value}}),
        (Field::Conversation, operator, value) => json!({"session_id": {operator: value}}),
        (Field::Tags, "eq" | "contains", Value::Array(all)) if operator == "contains" => {
            let each: Vec<Value> = all
                .iter()
                .map(|t| json!({"tags": {"contains": t}}))
                .collect();
            json!({ "and": each })
        }
        (Field::Tags, "eq" | "in", Value::Array(any)) => json!({"tags": {"in": any}}),
        (Field::Tags, "eq", one) => json!({"tags": {"contains": one}}),
        (Field::Word(name), "eq", Value::Array(any)) => json!({*name: {"in": any}}),
        (Field::Word(name), operator, value) => json!({*name: {operator: value}}),
        // `in` finds a value that is the field, or a member of it if it is a list.
        (Field::Info(path), "eq", Value::Array(any)) => json!({path.as_str(): {"in": any}}),
        (Field::Info(path), "eq", one) => json!({path.as_str(): {"in": [one]}}),
        (Field::Info(path), operator, value) => json!({path.as_str(): {operator: value}}),
        (Field::Tags, operator, value) => json!({"tags": {operator: value}}),
    };
    Filter::parse_at(&native, at).map_err(|e| in_filter(&e, at))?;
    Ok(native)
}

/// One value or several.
fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(any) => any.clone(),
        one => vec![one.clone()],
    }
}

/// An error of a condition, told at the place that the caller wrote.
fn in_filter(error: &Error, at: &str) -> Error {
    let remedy = error.remedy_text().unwrap_or("correct the condition");
    refuse(at, error.message()).remedy(remedy)
}

fn refuse(at: impl Into<String>, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidFilter, message).at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(filter: &Value) -> Result<Filters> {
        Filters::read(filter.as_object())
    }

    #[test]
    fn conditions_are_said_in_the_native_language() {
        let filters = read(&json!({"and": [
            {"agent_id": "a1"},
            {"related_id": ["x", "y"]},
            {"tags": {"contains": "work"}},
            {"create_time": {"gte": "2025-01-01", "lt": 1_767_225_600_000_i64}},
            {"a.b": {"gt": 3}},
        ]}));
        assert_eq!(
            filters.unwrap().of(Source::User),
            Some(&json!({"and": [
                {"info.agent_id": {"in": ["a1"]}},
                {"or": [
                    {"info.related_id": {"in": ["x", "y"]}},
                    {"info.user_id": {"in": ["x", "y"]}},
                    {"info.agent_id": {"in": ["x", "y"]}},
                    {"speaker": {"in": ["x", "y"]}},
                ]},
                {"tags": {"contains": "work"}},
                {"and": [
                    {"created_at": {"gte": "2025-01-01T00:00:00Z"}},
                    {"created_at": {"lt": "2026-01-01T00:00:00Z"}},
                ]},
                {"info.a\\.b": {"gt": 3}},
            ]}))
        );
    }

    #[test]
    fn each_source_has_its_own_and_others_are_whole() {
        let filters = read(&json!({"user": {"and": [{"agent_id": "a1"}]}})).unwrap();
        let cubes = [
            (Source::User, vec![CubeId::new("ada").unwrap()]),
            (Source::Public, vec![CubeId::new("p").unwrap()]),
            (Source::KnowledgeBase, vec![]),
        ];
        assert_eq!(
            filters.over(&cubes),
            Some(json!({"or": [
                {"and": [
                    {"cube_id": {"in": ["ada"]}},
                    {"and": [{"info.agent_id": {"in": ["a1"]}}]},
                ]},
                {"cube_id": {"in": ["p"]}},
            ]}))
        );
        assert_eq!(filters.over(&cubes[1..]), None);
        for nothing in [json!({}), json!({"user": {}})] {
            assert_eq!(read(&nothing).unwrap(), Filters::default());
        }
    }

    #[test]
    fn a_refusal_names_the_place_and_the_remedy() {
        for (filter, field) in [
            (json!({"and": {}}), "/filter/and"),
            (json!({"and": []}), "/filter/and"),
            (json!({"or": [{"tags": {"near": 1}}]}), "/filter/or/0/tags"),
            (
                json!({"and": [{"create_time": {"gte": "soon"}}]}),
                "/filter/and/0/create_time",
            ),
            (
                json!({"user": {"and": [{"a": 1}]}, "or": [{"a": 1}]}),
                "/filter/user",
            ),
            (json!({"and": [3]}), "/filter/and/0"),
            (json!({"agent_id": {"gt": []}}), "/filter/agent_id"),
        ] {
            let error = read(&filter).unwrap_err();
            assert_eq!(error.code(), Code::InvalidFilter, "{filter}: {error}");
            assert_eq!(error.field(), Some(field), "{filter}: {error}");
            assert!(error.remedy_text().is_some(), "{filter}");
        }
    }
}
