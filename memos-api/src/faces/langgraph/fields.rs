//! The fields of requests.

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
        ttl_minutes: form.maybe_number("ttl", f64::MIN_POSITIVE..=f64::MAX),
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
        refresh: form.flag("refresh_ttl", true),
    }
}

pub(super) fn namespaces(form: &Form<'_>) -> NamespacesRequest {
    let default = NamespacesRequest::default();
    let depth = form.maybe_whole("max_depth", 1..=MOST_OFFSET);
    NamespacesRequest {
        prefix: form.texts("prefix").unwrap_or_default(),
        suffix: form.texts("suffix").unwrap_or_default(),
        max_depth: depth.and_then(|depth| usize::try_from(depth).ok()),
        limit: count(form, "limit", default.limit),
        offset: count(form, "offset", default.offset),
    }
}

fn count(form: &Form<'_>, name: &str, default: usize) -> usize {
    let given = form.maybe_whole(name, 0..=MOST_OFFSET);
    given
        .and_then(|given| usize::try_from(given).ok())
        .unwrap_or(default)
}

fn index(form: &Form<'_>) -> Index {
    match form.any("index") {
        None => Index::Whole,
        Some(serde_json::Value::Bool(false)) => Index::Nothing,
        Some(serde_json::Value::Array(_)) => Index::Paths(form.texts("index").unwrap_or_default()),
        Some(_) => {
            let words = "Input should be false, a list of paths or null";
            form.fault("index", "index_type", words);
            Index::Whole
        }
    }
}
