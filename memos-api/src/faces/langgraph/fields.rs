//! The fields of requests.

use serde_json::Value;

use crate::faces::kit::Form;
use crate::wire::{Index, ItemAddress, NamespacesRequest, PutItem, SearchItems};

/// Items or namespaces to leave out at most: as good as any number.
const MOST_OFFSET: i64 = 1_000_000_000;

/// A request for one item.
pub(super) struct Get {
    pub(super) address: ItemAddress,
    pub(super) refresh: bool,
}

pub(super) fn put(form: &Form<'_>) -> PutItem {
    if !form.has("namespace") {
        form.missing("namespace");
    }
    if !form.has("value") {
        form.missing("value");
    }
    PutItem {
        address: address(form),
        value: form.object("value").cloned().unwrap_or_default(),
        index: index(form),
        ttl_minutes: ttl(form),
    }
}

/// An absent namespace is an empty one, and refused as such.
pub(super) fn address(form: &Form<'_>) -> ItemAddress {
    ItemAddress {
        namespace: form.texts("namespace").unwrap_or_default(),
        key: form.need_text("key"),
    }
}

/// The labels come as one text, so they have no dots.
pub(super) fn get(form: &Form<'_>) -> Get {
    let labels = form.text("namespace").unwrap_or_default();
    Get {
        address: ItemAddress {
            namespace: match labels.as_str() {
                "" => Vec::new(),
                labels => labels.split('.').map(str::to_owned).collect(),
            },
            key: form.need_text("key"),
        },
        refresh: form.flag("refresh_ttl", true),
    }
}

pub(super) fn search(form: &Form<'_>) -> SearchItems {
    let default = SearchItems::default();
    SearchItems {
        prefix: form.texts("namespace_prefix").unwrap_or_default(),
        query: form.text("query"),
        filter: form.object("filter").cloned().unwrap_or_default(),
        limit: count(form, "limit", default.limit),
        offset: count(form, "offset", default.offset),
        refresh: flag(form, "refresh_ttl", true),
    }
}

pub(super) fn namespaces(form: &Form<'_>) -> NamespacesRequest {
    let default = NamespacesRequest::default();
    let depth = whole(form, "max_depth", 1);
    NamespacesRequest {
        prefix: form.texts("prefix").unwrap_or_default(),
        suffix: form.texts("suffix").unwrap_or_default(),
        max_depth: depth.and_then(|depth| usize::try_from(depth).ok()),
        limit: count(form, "limit", default.limit),
        offset: count(form, "offset", default.offset),
    }
}

/// Whether a field of a body is a number, or absent. Theirs is checked by a JSON schema, to which
/// neither `true` nor `"5"` is one.
fn is_number(form: &Form<'_>, name: &str, kind: &'static str, words: &str) -> bool {
    match form.any(name) {
        None | Some(Value::Number(_)) => true,
        Some(_) => {
            form.fault(name, kind, words);
            false
        }
    }
}

fn ttl(form: &Form<'_>) -> Option<f64> {
    if !is_number(form, "ttl", "float_type", "Input should be a valid number") {
        return None;
    }
    let minutes = form.maybe_number("ttl", f64::MIN..=f64::MAX)?;
    if minutes > 0.0 {
        return Some(minutes);
    }
    form.fault("ttl", "greater_than", "Input should be greater than 0");
    None
}

fn whole(form: &Form<'_>, name: &str, least: i64) -> Option<i64> {
    match is_number(form, name, "int_type", "Input should be a valid integer") {
        true => form.maybe_whole(name, least..=MOST_OFFSET),
        false => None,
    }
}

fn count(form: &Form<'_>, name: &str, default: usize) -> usize {
    let given = whole(form, name, 0);
    given
        .and_then(|given| usize::try_from(given).ok())
        .unwrap_or(default)
}

fn flag(form: &Form<'_>, name: &str, default: bool) -> bool {
    match form.any(name) {
        None => default,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            form.fault(name, "bool_type", "Input should be a valid boolean");
            default
        }
    }
}

fn index(form: &Form<'_>) -> Index {
    match form.any("index") {
        None => Index::Whole,
        Some(Value::Bool(false)) => Index::Nothing,
        Some(Value::Array(_)) => Index::Paths(form.texts("index").unwrap_or_default()),
        Some(_) => {
            let words = "Input should be false, a list of paths or null";
            form.fault("index", "index_type", words);
            Index::Whole
        }
    }
}
