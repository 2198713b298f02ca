//! A second reading of the language, straight from the JSON of filter and memory. Shares nothing
//! with the evaluator.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(super) fn admits(filter: &Value, memory: &Value) -> bool {
    filter
        .as_object()
        .unwrap()
        .iter()
        .all(|(key, value)| match &**key {
            "and" => value.as_array().unwrap().iter().all(|f| admits(f, memory)),
            "or" => value.as_array().unwrap().iter().any(|f| admits(f, memory)),
            "not" => !admits(value, memory),
            "valid_time" => during(value, memory),
            field => match value {
                Value::Object(ops) => ops.iter().all(|(op, v)| test(field, op, v, memory)),
                value => test(field, "eq", value, memory),
            },
        })
}

fn lookup(field: &str, memory: &Value) -> Option<Value> {
    if let Some(path) = field.strip_prefix("info.") {
        let pointer = path
            .replace("\\.", "\u{0}")
            .replace('.', "/")
            .replace('\u{0}', ".");
        let info = memory.pointer("/header/descriptive/info").unwrap();
        let mut at = info;
        for key in pointer.split('/') {
            at = at.as_object()?.get(key)?;
        }
        return Some(at.clone());
    }
    if field == "expires_at" {
        return memory.pointer("/header/governance/lifespan/until").cloned();
    }
    let group = match field {
        "id" | "cube_id" | "state" => "",
        "owner" | "priority" | "sensitivity" => "/header/governance",
        "use_count" | "last_used" | "version" | "superseded_by" | "tier" => "/header/behavioural",
        "speaker" | "role" | "session_id" => "/payload/plaintext/turn",
        "text" => "/payload/plaintext",
        _ => "/header/descriptive",
    };
    let value = memory.pointer(&format!("{group}/{field}")).unwrap().clone();
    (!value.is_null()).then_some(value)
}

fn test(field: &str, op: &str, wanted: &Value, memory: &Value) -> bool {
    let found = lookup(field, memory);
    if op == "exists" {
        let there = match &found {
            Some(Value::Array(a)) if !field.starts_with("info.") => !a.is_empty(),
            other => other.is_some(),
        };
        return wanted.as_bool() == Some(there);
    }
    let Some(found) = found else {
        return op == "ne";
    };
    let members = match &found {
        Value::Array(members) => members.clone(),
        one => vec![one.clone()],
    };
    match op {
        "eq" => same(&found, wanted, field),
        "ne" => !same(&found, wanted, field),
        "in" => members
            .iter()
            .any(|m| wanted.as_array().unwrap().iter().any(|w| same(m, w, field))),
        "contains" => match &found {
            Value::String(s) => wanted.as_str().is_some_and(|w| s.contains(w)),
            Value::Array(_) => members.iter().any(|m| same(m, wanted, field)),
            _ => false,
        },
        "like" => members.iter().any(|m| {
            let chars = |v: &str| v.to_lowercase().chars().collect::<Vec<_>>();
            m.as_str()
                .is_some_and(|text| like(&chars(wanted.as_str().unwrap()), &chars(text)))
        }),
        _ => {
            let key = |v: &Value| order_key(v, field);
            let (Some(a), Some(b)) = (key(&found), key(wanted)) else {
                return false;
            };
            if a.is_string() != b.is_string() {
                return false;
            }
            let (less, equal) = match (&a, &b) {
                (Value::String(a), Value::String(b)) => (a < b, a == b),
                _ => (number(&a) < number(&b), number(&a) == number(&b)),
            };
            match op {
                "lt" => less,
                "lte" => less || equal,
                "gt" => !less && !equal,
                "gte" => !less,
                other => panic!("{other}"),
            }
        }
    }
}

/// The pools hold no two different numbers that one float stands for.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn same(a: &Value, b: &Value, field: &str) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => number(a) == number(b),
        (Value::String(x), Value::String(y)) if is_time(field) => instant(x) == instant(y),
        (Value::Array(_) | Value::Object(_), _) => false,
        _ => a == b,
    }
}

fn is_time(field: &str) -> bool {
    field.ends_with("_at") || field == "last_used"
}

fn order_key(value: &Value, field: &str) -> Option<Value> {
    match value {
        Value::String(s) if is_time(field) => Some(json!(instant(s).as_microsecond())),
        Value::String(s) if field == "priority" => {
            Some(json!(["low", "normal", "high"].iter().position(|p| p == s)))
        }
        Value::String(_) | Value::Number(_) => Some(value.clone()),
        _ => None,
    }
}

fn instant(text: &str) -> Timestamp {
    match text.len() {
        10 => format!("{text}T00:00:00Z").parse().unwrap(),
        _ => text.parse().unwrap(),
    }
}

fn like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|n| like(rest, &text[n..])),
        ['\\', c, rest @ ..] => text.first() == Some(c) && like(rest, &text[1..]),
        [p, rest @ ..] => {
            text.first().is_some_and(|t| *p == '_' || p == t) && like(rest, &text[1..])
        }
    }
}

fn during(ops: &Value, memory: &Value) -> bool {
    let stretch = |start: Timestamp, end: Timestamp| {
        let last = (end - SignedDuration::from_micros(1)).max(start);
        ops.as_object().unwrap().iter().all(|(op, at)| {
            let at = instant(at.as_str().unwrap());
            match &**op {
                "gte" => last >= at,
                "gt" => last > at,
                "lte" => start <= at,
                "lt" => start < at,
                other => panic!("{other}"),
            }
        })
    };
    let times = memory.pointer("/payload/plaintext/times").unwrap();
    let times = times.as_array().unwrap();
    if times.is_empty() {
        let said = memory.pointer("/header/descriptive/said_at").unwrap();
        let said = said.as_str().unwrap();
        let offset = if said.ends_with('Z') {
            "Z"
        } else {
            &said[said.len() - 6..]
        };
        let start = instant(&format!("{}T00:00:00{offset}", &said[..10]));
        return stretch(start, start + SignedDuration::from_hours(24));
    }
    times.iter().any(|time| {
        let end = |name| {
            let pointer = format!("/valid/interval/{name}");
            instant(time.pointer(&pointer).unwrap().as_str().unwrap())
        };
        stretch(end("start"), end("end"))
    })
}
