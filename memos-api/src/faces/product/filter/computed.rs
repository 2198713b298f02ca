//! Fields that are shown and not stored: what they are made from, in our language.

use memos_core::SemanticType;
use serde_json::{Value, json};

use super::any;
use crate::faces::product::{memory, memory_type};

/// Memories that are shown under a type; under a word that is none there are no memories.
pub(super) fn of_type(op: &str, names: &[Value]) -> Option<Value> {
    let shown = |one: &&SemanticType| names.iter().any(|name| name == memory::kind(one.as_str()));
    let types = SemanticType::ALL.iter().filter(shown);
    let named = any(types.map(|one| json!({"semantic_type": one.as_str()})));
    match op {
        "eq" | "in" => Some(named),
        "ne" => Some(json!({"not": named})),
        _ => None,
    }
}

/// Memories by the confidence that they are shown with: their own, else that of their kind.
pub(super) fn of_confidence(op: &str, values: &[Value]) -> Option<Value> {
    let numbers = values.iter().map(Value::as_f64);
    let numbers = numbers.collect::<Option<Vec<f64>>>()?;
    let holds: fn(f64, f64) -> bool = match op {
        "eq" | "in" => |shown, asked| shown == asked,
        "ne" => |shown, asked| shown != asked,
        "gt" => |shown, asked| shown > asked,
        "gte" => |shown, asked| shown >= asked,
        "lt" => |shown, asked| shown < asked,
        "lte" => |shown, asked| shown <= asked,
        _ => return None,
    };
    let known = numbers.iter().map(|number| {
        let op = if op == "in" { "eq" } else { op };
        json!({"and": [{"info.confidence": {"exists": true}}, {"info.confidence": {op: number}}]})
    });
    let said = json!({"origin": {"ne": "inference"}});
    let derived = json!({"and": [
        {"origin": "inference"}, {"semantic_type": {"ne": "preference"}}
    ]});
    let kinds = [(memory::SAID, said), (memory::DERIVED, derived)];
    let kinds = kinds
        .into_iter()
        .filter(|(shown, _)| numbers.iter().any(|asked| holds(*shown, *asked)));
    let kinds =
        kinds.map(|(_, kind)| json!({"and": [{"info.confidence": {"exists": false}}, kind]}));
    Some(any(known.chain(kinds)))
}

/// All that is kept is shown as read in full.
pub(super) fn of_fast(op: &str, value: &Value) -> Option<Value> {
    match (op, value.as_bool()?) {
        ("eq", false) | ("ne", true) => Some(memory_type::always()),
        ("eq", true) | ("ne", false) => Some(memory_type::never()),
        _ => None,
    }
}
