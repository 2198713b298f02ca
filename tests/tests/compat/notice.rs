//! Whether the cases would notice that a field has no effect: each field that is sent anywhere is left
//! out in turn, and some case has to fail by it.
//!
//! Long, so only on demand: `cargo test -p memos-tests --test compat notice -- --ignored`, for some
//! faces with `MEMOS_COMPAT_FACES=mem0,mcp`. What may be left out unnoticed stands in a face's
//! `inert.tsv` with the reason: endpoint, tab, field, tab, reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use memos_tests::repository;
use serde_json::Value;

use crate::case::{Case, cases};
use crate::coverage::faces;
use crate::run;

/// For background work that never comes about when something is left out.
const PATIENCE: Duration = Duration::from_secs(3);

/// A field of an endpoint: `POST /product/search`, `top_k`.
type Field = (String, String);

/// Where a step has fields.
#[derive(Clone, Copy)]
enum Part {
    /// The object that is the body.
    Body,
    /// The arguments of a tool that is called.
    Arguments,
    /// The headers whose names begin with `x-`.
    Headers,
    /// The query of the path.
    Query,
}

/// The object of a step that has fields of this part.
fn object(step: &mut Value, part: Part) -> Option<&mut serde_json::Map<String, Value>> {
    let place = match part {
        Part::Body => "/send/json",
        Part::Arguments => "/send/json/params/arguments",
        Part::Headers => "/send/headers",
        Part::Query => return None,
    };
    step.pointer_mut(place)?.as_object_mut()
}

/// The names of the fields of this part.
fn names(step: &mut Value, part: Part) -> impl Iterator<Item = String> + use<> {
    let names: Vec<String> = object(step, part)
        .map(|object| object.keys().cloned().collect())
        .unwrap_or_default();
    names.into_iter()
}

/// The fields of a step.
fn fields(step: &Value) -> Vec<(Field, Part)> {
    let mut step = step.clone();
    let method = step["send"]["method"].as_str().unwrap_or("POST");
    let path = step["send"]["path"].as_str().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let endpoint = format!("{method} {path}");
    let query: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, _)| ((endpoint.clone(), name.to_owned()), Part::Query))
        .collect();
    let tool = step
        .pointer("/send/json/params/name")
        .and_then(Value::as_str);
    let tool = tool.map(|name| format!("tool {name}"));
    let part = if tool.is_some() {
        Part::Arguments
    } else {
        Part::Body
    };
    let endpoint = tool.unwrap_or(endpoint);
    let sent = names(&mut step, part);
    let sent = sent.map(|name| ((endpoint.clone(), name), part));
    let sent: Vec<_> = query.into_iter().chain(sent).collect();
    let headers = names(&mut step, Part::Headers).filter(|name| name.starts_with("x-"));
    let headers = headers.map(|name| ((endpoint.clone(), name), Part::Headers));
    sent.into_iter().chain(headers).collect()
}

/// The case without a field of a step.
fn without(case: &Case, number: usize, name: &str, part: Part) -> Case {
    let mut case = case.clone();
    let step = &mut case.steps[number];
    if let Some(object) = object(step, part) {
        object.remove(name);
    } else {
        let path = step["send"]["path"].as_str().unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let left: Vec<_> = query
            .split('&')
            .filter(|pair| pair.split('=').next() != Some(name))
            .collect();
        step["send"]["path"] = format!("{path}?{}", left.join("&")).into();
    }
    case
}

/// What may be left out unnoticed.
fn inert(face: &str) -> BTreeSet<Field> {
    let path = repository("tests/compat").join(face).join("inert.tsv");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<_> = line.split('\t').map(str::trim).collect();
            let [endpoint, field, why] = columns[..] else {
                panic!("{face}/inert.tsv: endpoint, field and reason are wanted: {line:?}");
            };
            assert!(!why.is_empty(), "{face}/inert.tsv: {line:?} has no reason");
            (endpoint.to_owned(), field.to_owned())
        })
        .collect()
}

/// The fields of a face that no case notices the absence of.
fn unnoticed(face: &str) -> Vec<String> {
    let cases = cases(face);
    let mut places: BTreeMap<Field, Vec<(&Case, usize, Part)>> = BTreeMap::new();
    for case in &cases {
        for (number, step) in case.steps.iter().enumerate() {
            for (field, part) in fields(step) {
                places.entry(field).or_default().push((case, number, part));
            }
        }
    }
    let inert = inert(face);
    let mut unnoticed = Vec::new();
    for field in inert.iter().filter(|field| !places.contains_key(field)) {
        unnoticed.push(format!(
            "{face}: {} {} of inert.tsv is never sent",
            field.0, field.1
        ));
    }
    for (field, places) in places {
        let is_noticed = || {
            places.iter().any(|(case, number, part)| {
                run::play_within(&without(case, *number, &field.1, *part), PATIENCE).is_err()
            })
        };
        if !inert.contains(&field) && !is_noticed() {
            unnoticed.push(format!("{face}: {} {}", field.0, field.1));
        }
    }
    unnoticed
}

#[test]
#[ignore = "long: a case is played for each field that is sent"]
fn notice() {
    let wanted = std::env::var("MEMOS_COMPAT_FACES").unwrap_or_default();
    let wanted: Vec<_> = wanted.split(',').filter(|face| !face.is_empty()).collect();
    let unnoticed: Vec<_> = faces()
        .iter()
        .filter(|face| wanted.is_empty() || wanted.contains(&face.as_str()))
        .flat_map(|face| unnoticed(face))
        .collect();
    assert!(
        unnoticed.is_empty(),
        "no case notices that these fields are left out:\n{}",
        unnoticed.join("\n")
    );
}
