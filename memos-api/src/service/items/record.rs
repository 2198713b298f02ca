//! An item as a memory, and back. The value lies whole in the memory's own fields, the words by
//! which it is found are its text:
//!
//! ```json
//! {"item": {"namespace": ["memories", "ada"], "key": "food", "updated_at": "…"}, "value": {…}}
//! ```
//!
//! So a native filter reaches into it: `info.value.author`. The time of the last write is noted
//! apart from the memory's own, since the background may change a memory too.

use memos_core::{
    Code, Error, Info, Lifespan, Memory, Moment, Origin, Result, SemanticType, Timestamp, Turn,
};
use serde_json::{Map, Value, json};

use super::text::words;
use crate::reader::Draft;
use crate::wire::{Index, Item, ItemAddress, PatchRequest};

/// The field that makes a memory an item.
pub(super) const ITEM: &str = "item";

/// The field with its value.
pub(super) const VALUE: &str = "value";

/// Objects and lists within each other in a value.
const DEPTH: usize = 64;

/// The longest life without use: more than the calendar has.
const MOST_SECONDS: f64 = 10_000.0 * 365.0 * 86_400.0;

/// What becomes the memory of an item that is written now. Items stand alone: each is a session of
/// its own, so that none answers for its neighbour.
pub(super) fn draft(
    address: &ItemAddress,
    value: &Map<String, Value>,
    index: &Index,
    now: Timestamp,
) -> Draft {
    let info = json!({
        ITEM: {
            "namespace": address.namespace,
            "key": address.key,
            "updated_at": now.to_string(),
        },
        VALUE: value,
    });
    let Value::Object(info) = info else {
        unreachable!("an object was written")
    };
    Draft {
        text: words(value, index),
        caption: None,
        turn: Turn {
            session_id: format!("item:{}", address.key),
            speaker: None,
            role: None,
        },
        said_at: Some(Moment::from(now)),
        semantic_type: SemanticType::Fact,
        origin: Origin::UserInput,
        key: None,
        sources: Vec::new(),
        tags: std::collections::BTreeSet::new(),
        info: Info(info),
    }
}

/// Whether a memory is an item.
pub(crate) fn is_item(memory: &Memory) -> bool {
    namespace(memory).is_some()
}

/// Refuses to change words or value of an item but by putting it: either alone would belie the other.
///
/// # Errors
/// `InvalidRequest` for a patch that would.
pub(crate) fn refuse_patch(memory: &Memory, patch: &PatchRequest) -> Result<()> {
    if !is_item(memory) {
        return Ok(());
    }
    let in_info = |name: &str| {
        patch
            .info
            .as_ref()
            .is_some_and(|info| info.contains_key(name))
    };
    let field = match () {
        () if patch.text.is_some() => "/text",
        () if in_info(VALUE) => "/info/value",
        () if in_info(ITEM) => "/info/item",
        () => return Ok(()),
    };
    Err(Error::new(
        Code::InvalidRequest,
        format!("memory {} is an item of the key-value store", memory.id),
    )
    .at(field)
    .remedy("put its new value under its namespace and key: PUT /store/items"))
}

/// The item that a memory is, if it is one.
pub(super) fn item(memory: &Memory) -> Option<Item> {
    let descriptive = &memory.header.descriptive;
    let about = descriptive.info.0.get(ITEM)?;
    let written = about.get("updated_at").and_then(Value::as_str);
    Some(Item {
        namespace: namespace(memory)?,
        key: about.get("key")?.as_str()?.to_owned(),
        value: descriptive.info.0.get(VALUE)?.as_object()?.clone(),
        created_at: descriptive.created_at,
        updated_at: written
            .and_then(|at| at.parse().ok())
            .unwrap_or(descriptive.updated_at),
    })
}

/// The namespace of a memory that is an item.
pub(super) fn namespace(memory: &Memory) -> Option<Vec<String>> {
    let about = memory.header.descriptive.info.0.get(ITEM)?;
    let labels = about.get("namespace")?.as_array()?;
    labels
        .iter()
        .map(|label| label.as_str().map(str::to_owned))
        .collect()
}

/// How long an item lives.
///
/// # Errors
/// `InvalidRequest` for minutes that are no time.
pub(super) fn lifespan(ttl_minutes: Option<f64>) -> Result<Lifespan> {
    let Some(minutes) = ttl_minutes else {
        return Ok(Lifespan::KeepForever);
    };
    let seconds = (minutes * 60.0).ceil();
    if !(1.0..=MOST_SECONDS).contains(&seconds) {
        return Err(Error::new(
            Code::InvalidRequest,
            format!("{minutes:?} minutes are no time to live"),
        )
        .at("ttl")
        .remedy("give minutes above 0, or leave it out for an item that stays"));
    }
    Ok(Lifespan::Unused {
        seconds: seconds as u64,
    })
}

/// Checks a value.
///
/// # Errors
/// `TooLarge` over so many bytes of JSON, `InvalidRequest` if it nests too deep.
pub(super) fn check(value: &Map<String, Value>, most_bytes: usize) -> Result<()> {
    if value.values().any(|value| is_deeper(value, DEPTH)) {
        return Err(Error::new(
            Code::InvalidRequest,
            format!("the value nests objects and arrays more than {DEPTH} deep"),
        )
        .at("value")
        .remedy("lay it flatter"));
    }
    let bytes = serde_json::to_vec(value).map_or(usize::MAX, |json| json.len());
    if bytes > most_bytes {
        return Err(Error::new(
            Code::TooLarge,
            format!("the value has {bytes} bytes of JSON, more than {most_bytes}"),
        )
        .at("value")
        .remedy("split it over several keys"));
    }
    Ok(())
}

fn is_deeper(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left == 0 || items.iter().any(|v| is_deeper(v, left - 1)),
        Value::Object(fields) => left == 0 || fields.values().any(|v| is_deeper(v, left - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_become_seconds_without_use() {
        assert_eq!(lifespan(None).unwrap(), Lifespan::KeepForever);
        for (minutes, seconds) in [(1.0, 60), (0.001, 1), (0.021, 2), (1440.0, 86_400)] {
            let expected = Lifespan::Unused { seconds };
            assert_eq!(lifespan(Some(minutes)).unwrap(), expected);
        }
        for bad in [0.0, -1.0, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(lifespan(Some(bad)).unwrap_err().field(), Some("ttl"));
        }
    }

    #[test]
    fn values_have_a_depth_and_a_size() {
        let nested = |depth: usize| {
            let value = (0..depth).fold(json!(1), |inner, _| json!([inner]));
            Map::from_iter([("deep".to_owned(), value)])
        };
        assert!(check(&nested(DEPTH), 10_000).is_ok());
        let deep = check(&nested(DEPTH + 1), 10_000).unwrap_err();
        assert_eq!(deep.code(), Code::InvalidRequest);
        let large = check(&nested(10), 20).unwrap_err();
        assert_eq!(large.code(), Code::TooLarge);
    }
}
