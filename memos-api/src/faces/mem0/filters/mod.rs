//! mem0's filters, as ours.
//!
//! `{"AND": […]}`, `{"OR": […]}` and `{"NOT": […]}` (nothing of the list may hold) combine filters;
//! everything else is a field with a value or with operators: `eq ne gt gte lt lte in nin contains
//! icontains`, `"*"` for "is there", null for "is not there", a list for `in`. Members of one object
//! must all hold.
//!
//! | field | is |
//! |---|---|
//! | `user_id`, `agent_id`, `app_id`, `run_id` | whose it is |
//! | `created_at` (or `timestamp`), `updated_at`, `expiration_date` | times |
//! | `categories` | our tags |
//! | `keywords`, `memory` | its words, whatever their case |
//! | `id`, `memory_ids` | its identity |
//! | `actor_id`, `role` | who said it |
//! | `feedback`, `feedback_reason`, `immutable` | what this face keeps beside them |
//! | `metadata`: an object, or any other name | the caller's own fields |

mod count;
mod field;
mod leaf;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use memos_core::{Code, CubeId, Error, Filter, Result};
use serde_json::{Map, Value, json};

use super::identity::{ANY, Entity};
use crate::faces::kit::{cube_of, fields};
use field::Field;

/// Where a filter looks, and for what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reach {
    /// The only cubes that can hold what it admits; all if none is named.
    pub(super) cubes: Option<BTreeSet<CubeId>>,
    /// What must hold, in our language; all of it.
    conditions: Vec<Value>,
    /// Whether it names a user, an agent, an app or a run anywhere.
    pub(super) names_somebody: bool,
}

impl Reach {
    /// Reads a filter.
    ///
    /// # Errors
    /// `InvalidFilter` at the place.
    pub(super) fn read(filters: &Value) -> Result<Self> {
        count::check(filters)?;
        let mut reach = Self::default();
        let node = node(filters, "filters")?;
        reach.cubes = node.cubes;
        reach.conditions.extend(node.condition);
        reach.names_somebody = node.names_somebody;
        Ok(reach)
    }

    /// What names somebody by exactly this name: no name stands for another here.
    ///
    /// # Errors
    /// `InvalidFilter` if the name can't be asked for.
    pub(super) fn naming(entity: Entity, name: &str) -> Result<Self> {
        let name = entity.kept(name, entity.field())?;
        let condition = leaf::whose(entity, "eq", &name.as_str().into(), entity.field())?;
        Ok(Self {
            cubes: (entity == Entity::User).then(|| BTreeSet::from([cube_of(&name)])),
            conditions: vec![condition],
            names_somebody: true,
        })
    }

    /// What both admit.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.cubes = both(self.cubes, other.cubes);
        self.conditions.extend(other.conditions);
        self.names_somebody |= other.names_somebody;
        self
    }

    /// With one condition more, in our language.
    #[must_use]
    pub(super) fn with(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The conditions as one filter's JSON.
    pub(super) fn json(&self) -> Option<Value> {
        (!self.conditions.is_empty()).then(|| json!({"and": self.conditions}))
    }

    /// The conditions as a filter.
    ///
    /// # Errors
    /// `InvalidFilter` if it is too large.
    pub(super) fn filter(&self) -> Result<Option<Filter>> {
        let json = self.json();
        json.map(|json| Filter::parse_at(&json, "filters"))
            .transpose()
            .map_err(|e| e.at("filters"))
    }
}

/// A part of a filter. Without a condition it always holds.
#[derive(Default)]
struct Node {
    condition: Option<Value>,
    cubes: Option<BTreeSet<CubeId>>,
    names_somebody: bool,
}

fn node(value: &Value, at: &str) -> Result<Node> {
    match value {
        Value::Null => Ok(Node::default()),
        Value::Array(all) => every(all, at),
        Value::Object(members) => {
            let mut nodes = Vec::with_capacity(members.len());
            for (name, value) in members {
                let at = format!("{at}.{name}");
                nodes.push(match name.as_str() {
                    "AND" | "$and" => every(list(value, &at)?, &at)?,
                    "OR" | "$or" => any(list(value, &at)?, &at)?,
                    "NOT" | "$not" => match value {
                        Value::Array(none) => not(any(none, &at)?),
                        one => not(node(one, &at)?),
                    },
                    "metadata" => metadata(value, &at)?,
                    name => condition(name, value, &at)?,
                });
            }
            Ok(conjunction(nodes))
        }
        _ => Err(wrong(
            at,
            "a filter is an object such as {\"user_id\": \"ada\"}",
        )),
    }
}

fn every(all: &[Value], at: &str) -> Result<Node> {
    let nodes = all.iter().enumerate();
    let nodes = nodes.map(|(i, one)| node(one, &format!("{at}.{i}")));
    Ok(conjunction(nodes.collect::<Result<_>>()?))
}

fn conjunction(nodes: Vec<Node>) -> Node {
    let mut conditions = Vec::new();
    let mut whole = Node::default();
    for node in nodes {
        conditions.extend(node.condition);
        whole.cubes = both(whole.cubes, node.cubes);
        whole.names_somebody |= node.names_somebody;
    }
    whole.condition = match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(fields([("and", conditions.into())]).into()),
    };
    whole
}

fn any(all: &[Value], at: &str) -> Result<Node> {
    if all.is_empty() {
        return Err(wrong(at, "the list is empty: nothing would fit it"));
    }
    let mut conditions = Some(Vec::new());
    let mut cubes = Some(BTreeSet::new());
    let mut names_somebody = false;
    for (i, one) in all.iter().enumerate() {
        let node = node(one, &format!("{at}.{i}"))?;
        conditions = conditions.zip(node.condition).map(|(mut all, one)| {
            all.push(one);
            all
        });
        cubes = cubes.zip(node.cubes).map(|(mut all, one)| {
            all.extend(one);
            all
        });
        names_somebody |= node.names_somebody;
    }
    Ok(Node {
        condition: conditions.map(|any| fields([("or", any.into())]).into()),
        cubes,
        names_somebody,
    })
}

fn not(node: Node) -> Node {
    Node {
        condition: node.condition.map(|one| fields([("not", one)]).into()),
        cubes: None,
        names_somebody: node.names_somebody,
    }
}

fn both(
    one: Option<BTreeSet<CubeId>>,
    other: Option<BTreeSet<CubeId>>,
) -> Option<BTreeSet<CubeId>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (one, other) => one.or(other),
    }
}

/// The members of `metadata`: fields of the caller's own, also if they have the name of another.
fn metadata(value: &Value, at: &str) -> Result<Node> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => return Ok(Node::default()),
        _ => return Err(wrong(at, "the metadata is an object of fields")),
    };
    let nodes = members.iter().map(|(name, value)| {
        let at = format!("{at}.{name}");
        let field = Field::own(name, &at)?;
        leaves(&field, value, &at)
    });
    Ok(conjunction(nodes.collect::<Result<_>>()?))
}

fn condition(name: &str, value: &Value, at: &str) -> Result<Node> {
    let field = Field::named(name, at)?;
    leaves(&field, value, at)
}

/// A field with a value, or with operators that must all hold.
fn leaves(field: &Field, value: &Value, at: &str) -> Result<Node> {
    match value {
        Value::Object(operators) if is_operators(operators) => {
            let nodes = operators.iter().map(|(op, value)| {
                let at = format!("{at}.{op}");
                leaf(field, op, value, &at)
            });
            Ok(conjunction(nodes.collect::<Result<_>>()?))
        }
        Value::Object(members) if !matches!(field, Field::Own(_)) || members.is_empty() => {
            Err(wrong(at, "the object holds no operator").remedy(leaf::OPERATORS_HINT))
        }
        // Not a field of that name: it would find nothing, without a word.
        Value::Object(members) if members.keys().any(|name| leaf::is_like_operator(name)) => {
            Err(wrong(at, "the object holds what is no operator").remedy(leaf::OPERATORS_HINT))
        }
        // A field of the caller's own may hold an object: its members are fields.
        Value::Object(members) => {
            let nodes = members.iter().map(|(name, value)| {
                let at = format!("{at}.{name}");
                leaves(&field.member(name, &at)?, value, &at)
            });
            Ok(conjunction(nodes.collect::<Result<_>>()?))
        }
        Value::Array(_) => leaf(field, "in", value, at),
        one => leaf(field, "eq", one, at),
    }
}

fn is_operators(members: &Map<String, Value>) -> bool {
    !members.is_empty() && members.keys().all(|name| leaf::is_operator(name))
}

fn leaf(field: &Field, op: &str, value: &Value, at: &str) -> Result<Node> {
    let value = &match field {
        Field::Entity(entity) => leaf::kept(*entity, op, value, at)?,
        _ => Cow::Borrowed(value),
    };
    let condition = leaf::condition(field, op, value, at)?;
    // What is wrong with the value is told where the caller wrote it.
    Filter::parse(&condition).map_err(|e| {
        Error::new(Code::InvalidFilter, e.message().to_owned())
            .at(at)
            .remedy(e.remedy_text().unwrap_or(leaf::OPERATORS_HINT).to_owned())
    })?;
    let texts = |values: &[Value]| {
        let names = values
            .iter()
            .map(|v| v.as_str().filter(|v| *v != ANY).map(cube_of));
        names.collect::<Option<BTreeSet<_>>>()
    };
    let cubes = match (field, op, value.as_ref()) {
        (Field::Entity(Entity::User), "eq", Value::String(_)) => {
            texts(std::slice::from_ref(value.as_ref()))
        }
        (Field::Entity(Entity::User), "in", Value::Array(names)) => texts(names),
        _ => None,
    };
    Ok(Node {
        condition: Some(condition),
        cubes,
        names_somebody: matches!(field, Field::Entity(_)),
    })
}

fn list<'a>(value: &'a Value, at: &str) -> Result<&'a [Value]> {
    match value {
        Value::Array(all) => Ok(all),
        _ => Err(wrong(at, "a list of filters stands here")),
    }
}

fn wrong(at: &str, what: &str) -> Error {
    Error::new(Code::InvalidFilter, what).at(at).remedy(
        "combine conditions such as {\"user_id\": \"ada\"} or {\"created_at\": {\"gte\": \"2025-01-01\"}} by AND, OR, NOT",
    )
}
