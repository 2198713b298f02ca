//! From JSON to the tree. Every error names the place in the JSON and what is allowed there.

use std::ops::Bound;

use serde_json::{Map, Value};

use super::ast::{Check, Node, Window};
use super::field::{Comparison, EQ, Field, Kind, Op};
use super::suggest::nearest;
use super::value::{self, Refusal, kind_of};
use crate::{Code, Error, Result};

/// Most levels of nesting, counting the comparison itself.
const MAX_DEPTH: usize = 32;
/// Most comparisons and `and`, `or`, `not` in one filter.
const MAX_NODES: usize = 1_000;
/// Most values that the `in` lists of one filter hold together.
const MAX_LISTED: usize = 10_000;

const CONNECTIVES: [&str; 3] = ["and", "or", "not"];

/// Parses one filter.
pub(super) struct Parser {
    /// Where it is: a JSON pointer (RFC 6901). Left as it stands when something is refused.
    pointer: String,
    nodes: usize,
    listed: usize,
}

impl Parser {
    pub(super) fn at(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            nodes: 0,
            listed: 0,
        }
    }

    /// Parses a filter object that stands `depth` levels deep. Several conditions in one object
    /// are an `and`, which is a level of its own.
    pub(super) fn filter(&mut self, value: &Value, depth: usize) -> Result<Node> {
        let Value::Object(object) = value else {
            return Err(self.refuse(
                format!("a filter is an object, and this is {}", kind_of(value)),
                "write it as {\"field\": value}, {\"field\": {\"operator\": value}}, \
                 {\"and\": […]}, {\"or\": […]} or {\"not\": {…}}",
            ));
        };
        let inner = match conditions(object) {
            0 => {
                return Err(self.refuse(
                    "the filter is empty",
                    "name a condition, or leave the filter out",
                ));
            }
            1 => depth,
            _ => {
                self.grow(depth)?;
                depth + 1
            }
        };
        let mut all = Vec::new();
        for (key, value) in object {
            self.inside(key, |this| this.member(key, value, inner, &mut all))?;
        }
        Ok(match all.pop() {
            Some(only) if inner == depth => only,
            last => {
                all.extend(last);
                Node::And(all)
            }
        })
    }

    fn member(
        &mut self,
        key: &str,
        value: &Value,
        depth: usize,
        out: &mut Vec<Node>,
    ) -> Result<()> {
        match key {
            "and" => {
                let nodes = self.list(key, value, depth)?;
                out.push(Node::And(nodes));
            }
            "or" => {
                let nodes = self.list(key, value, depth)?;
                out.push(Node::Or(nodes));
            }
            "not" => {
                self.grow(depth)?;
                let node = self.filter(value, depth + 1)?;
                out.push(Node::Not(Box::new(node)));
            }
            name => {
                let field = Field::named(name).ok_or_else(|| self.unknown_field(name))?;
                self.field(&field, value, depth, out)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, key: &str, value: &Value, depth: usize) -> Result<Vec<Node>> {
        self.grow(depth)?;
        match value {
            Value::Array(filters) if !filters.is_empty() => filters
                .iter()
                .enumerate()
                .map(|(i, filter)| {
                    self.inside(&i.to_string(), |this| this.filter(filter, depth + 1))
                })
                .collect(),
            Value::Array(_) => Err(self.refuse(
                format!("{key:?} has no filters in its list"),
                "put at least one filter into it, or leave it out",
            )),
            other => Err(self.refuse(
                format!(
                    "{key:?} takes a list of filters, and this is {}",
                    kind_of(other)
                ),
                format!("write it as {{\"{key}\": [{{…}}, {{…}}]}}"),
            )),
        }
    }

    fn field(
        &mut self,
        field: &Field,
        value: &Value,
        depth: usize,
        out: &mut Vec<Node>,
    ) -> Result<()> {
        let Value::Object(ops) = value else {
            out.push(self.test(field, EQ, value, depth)?);
            return Ok(());
        };
        if ops.is_empty() {
            return Err(self.refuse(
                format!("{field} has no operator"),
                format!("{field} takes {}", operators(field)),
            ));
        }
        if matches!(field.kind(), Kind::ValidTime) {
            self.grow(depth)?;
            let window = self.window(field, ops)?;
            out.push(Node::Test(field.clone(), Check::During(window)));
            return Ok(());
        }
        for (name, value) in ops {
            let node = self.inside(name, |this| {
                let op = this.operator(field, name)?;
                this.test(field, op, value, depth)
            })?;
            out.push(node);
        }
        Ok(())
    }

    fn operator(&self, field: &Field, name: &str) -> Result<Op> {
        Op::named(name).ok_or_else(|| {
            let names = field.operators().map(Op::as_str);
            self.refuse(
                format!("{name:?} is not an operator"),
                format!(
                    "{}{field} takes {}",
                    did_you_mean(nearest(name, names)),
                    operators(field)
                ),
            )
        })
    }

    fn test(&mut self, field: &Field, op: Op, value: &Value, depth: usize) -> Result<Node> {
        self.grow(depth)?;
        self.check_taken(field, op)?;
        let kind = field.kind();
        let check = match op {
            Op::Is(comparison) => {
                value::compared(kind, comparison, value).map(|value| Check::Is(comparison, value))
            }
            Op::In => return self.among(field, value),
            Op::Contains => value::part(kind, value).map(Check::Contains),
            Op::Like => value::pattern(value).map(Check::Like),
            Op::Exists => value::flag(value).map(Check::Exists),
        };
        match check {
            Ok(check) => Ok(Node::Test(field.clone(), check)),
            Err(refusal) => Err(self.refuse_value(field, op, refusal)),
        }
    }

    fn check_taken(&self, field: &Field, op: Op) -> Result<()> {
        if field.operators().any(|taken| taken == op) {
            return Ok(());
        }
        Err(self.refuse(
            format!("{field} can't be tested with {}", op.as_str()),
            format!("{field} takes {}", operators(field)),
        ))
    }

    fn among(&mut self, field: &Field, value: &Value) -> Result<Node> {
        let Value::Array(values) = value else {
            return Err(self.refuse(
                format!("in takes a list of values, and this is {}", kind_of(value)),
                format!("write it as {{\"{field}\": {{\"in\": [value, value]}}}}"),
            ));
        };
        if values.is_empty() {
            return Err(self.refuse(
                "the list is empty, so nothing could match",
                "list at least one value",
            ));
        }
        self.listed += values.len();
        if self.listed > MAX_LISTED {
            return Err(self.refuse(
                format!("the filter lists more than {MAX_LISTED} values"),
                "split it into several requests",
            ));
        }
        let mut list = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            let scalar = self.inside(&i.to_string(), |this| {
                value::compared(field.kind(), Comparison::Eq, value)
                    .map_err(|refusal| this.refuse_value(field, Op::In, refusal))
            })?;
            list.push(scalar);
        }
        list.sort_by(|a, b| a.as_atom().order(b.as_atom()));
        list.dedup();
        Ok(Node::Test(field.clone(), Check::In(list.into())))
    }

    /// All operators of one object, since one stretch of time has to satisfy them together.
    fn window(&mut self, field: &Field, ops: &Map<String, Value>) -> Result<Window> {
        let mut window = Window {
            from: Bound::Unbounded,
            until: Bound::Unbounded,
        };
        for (name, value) in ops {
            self.inside(name, |this| {
                let op = this.operator(field, name)?;
                this.check_taken(field, op)?;
                let at =
                    value::time(value).map_err(|refusal| this.refuse_value(field, op, refusal))?;
                let (end, bound) = match op {
                    Op::Is(Comparison::Gte) => (&mut window.from, Bound::Included(at)),
                    Op::Is(Comparison::Gt) => (&mut window.from, Bound::Excluded(at)),
                    Op::Is(Comparison::Lte) => (&mut window.until, Bound::Included(at)),
                    _ => (&mut window.until, Bound::Excluded(at)),
                };
                if *end != Bound::Unbounded {
                    return Err(this.refuse(
                        "the window has this end already",
                        "give one of gt and gte, and one of lt and lte",
                    ));
                }
                *end = bound;
                Ok(())
            })?;
        }
        let (first, last) = window.ends();
        if first > last {
            return Err(self.refuse(
                "the window ends before it starts, so nothing could match",
                "swap the two times",
            ));
        }
        Ok(window)
    }

    /// Counts one more node, `depth` levels deep.
    fn grow(&mut self, depth: usize) -> Result<()> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(self.refuse(
                format!("the filter is nested deeper than {MAX_DEPTH} levels"),
                "flatten nested and, or and not",
            ));
        }
        if self.nodes > MAX_NODES {
            return Err(self.refuse(
                format!("the filter has more than {MAX_NODES} conditions"),
                "use in with a list instead of or, or split it into several requests",
            ));
        }
        Ok(())
    }

    /// Does something one step deeper in the JSON.
    fn inside<T>(&mut self, step: &str, then: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let here = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&step.replace('~', "~0").replace('/', "~1"));
        let done = then(self)?;
        self.pointer.truncate(here);
        Ok(done)
    }

    fn unknown_field(&self, name: &str) -> Error {
        if name == "info" || name.starts_with("info.") {
            return self.refuse(
                format!("{name:?} is not a path into info"),
                "write it as info.key or info.key.key; a dot inside a key is written \\.",
            );
        }
        let known = Field::names().chain(CONNECTIVES);
        self.refuse(
            format!("{name:?} is not a field"),
            format!(
                "{}fields are {}, info.<path>; and, or, not combine them",
                did_you_mean(nearest(name, known)),
                Field::names().collect::<Vec<_>>().join(", ")
            ),
        )
    }

    fn refuse_value(&self, field: &Field, op: Op, refusal: Refusal) -> Error {
        let Refusal {
            takes,
            found,
            remedy,
            source,
        } = refusal;
        let error = self.refuse(
            format!("{field} {} takes {takes}, and this is {found}", op.as_str()),
            remedy,
        );
        match source {
            Some(source) => error.caused_by(source),
            None => error,
        }
    }

    fn refuse(&self, message: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::new(Code::InvalidFilter, message)
            .at(self.pointer.clone())
            .remedy(remedy)
    }
}

/// How many conditions an object joins.
fn conditions(object: &Map<String, Value>) -> usize {
    object
        .iter()
        .map(|(key, value)| match value {
            Value::Object(ops) if !CONNECTIVES.contains(&&**key) => match Field::named(key) {
                Some(field) if !matches!(field.kind(), Kind::ValidTime) => ops.len().max(1),
                _ => 1,
            },
            _ => 1,
        })
        .sum()
}

fn operators(field: &Field) -> String {
    field
        .operators()
        .map(Op::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("did you mean {name:?}? "))
}
