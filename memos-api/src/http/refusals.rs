//! The refusals of the faces, for the description of the API: each in the words of its contract, which the
//! face itself is asked for. What an operation describes of itself stays.

use std::collections::BTreeMap;

use axum::http::Method;
use memos_core::{Code, Error};
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, RefOr, ResponseBuilder};

use super::problem::kind;
use crate::faces;
use crate::faces::kit::{Asked, Dialect, Fault, Place, Told};

/// What any request may be refused for.
const OF_ALL: &[Code] = &[
    Code::InvalidRequest,
    Code::Forbidden,
    Code::Unavailable,
    Code::Internal,
];

/// What a request with a body may be refused for.
const OF_A_BODY: &[Code] = &[
    Code::InvalidJson,
    Code::UnsupportedMediaType,
    Code::TooLarge,
];

/// Adds to each operation of a face how it refuses.
pub(super) fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let Some(dialect) = faces::dialect(path) else {
            continue;
        };
        for (method, operation) in operations(item) {
            let asked = Asked {
                method: &method,
                path,
                request_id: "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e",
            };
            complete(operation, dialect, &asked);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ];
    let there = operations.into_iter();
    there.filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete(operation: &mut Operation, dialect: &dyn Dialect, asked: &Asked<'_>) {
    let has_body = operation.request_body.is_some();
    let of_body = if has_body { OF_A_BODY } else { &[] };
    let mut by_status: BTreeMap<u16, (Vec<&str>, Value)> = BTreeMap::new();
    let mut note = |title: &'static str, told: Told| {
        let (titles, _) = by_status
            .entry(told.status.as_u16())
            .or_insert_with(|| (Vec::new(), told.body));
        titles.push(title);
    };
    // First: of several refusals with one status it is the one to show.
    if has_body || operation.parameters.is_some() {
        let place = vec![Place::from("body"), Place::from("field")];
        let fault = Fault::new("missing", place, "Field required", Value::Null);
        let title = "Values are not what the contract takes";
        note(title, dialect.invalid(&[fault], asked));
    }
    for code in OF_ALL.iter().chain(of_body) {
        let kind = kind(*code);
        let error = Error::new(*code, kind.title).remedy(kind.remedy);
        note(kind.title, dialect.refuse(&error, asked));
    }
    for (status, (titles, example)) in by_status {
        let described = &mut operation.responses.responses;
        // Some contracts tell of errors with 200.
        if status < 400 || described.contains_key(&status.to_string()) {
            continue;
        }
        let content = ContentBuilder::new()
            .schema(Some(ObjectBuilder::new().build()))
            .example(Some(example))
            .build();
        let response = ResponseBuilder::new()
            .description(titles.join(". "))
            .content("application/json", content)
            .build();
        described.insert(status.to_string(), RefOr::T(response));
    }
}
