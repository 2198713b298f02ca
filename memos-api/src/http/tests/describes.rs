//! The OpenAPI document is whole and true, and the page needs nothing from elsewhere.

use std::collections::BTreeSet;

use axum::http::Method;
use memos_core::Code;
use serde_json::Value;

use super::{Face, bare};

const METHODS: &[&str] = &["get", "post", "patch", "delete", "put"];

const ROUTES: &[(&str, &str)] = &[
    ("/api/v1/context", "post"),
    ("/api/v1/cubes", "get"),
    ("/api/v1/cubes", "post"),
    ("/api/v1/cubes/{cube_id}", "delete"),
    ("/api/v1/cubes/{cube_id}", "get"),
    ("/api/v1/cubes/{cube_id}/branch", "get"),
    ("/api/v1/cubes/{cube_id}/branches", "post"),
    ("/api/v1/cubes/{cube_id}/dump", "get"),
    ("/api/v1/cubes/{cube_id}/entities", "get"),
    ("/api/v1/cubes/{cube_id}/feedback", "post"),
    ("/api/v1/cubes/{cube_id}/refine", "post"),
    ("/api/v1/cubes/{cube_id}/topics", "get"),
    ("/api/v1/cubes/{cube_id}/memories/{id}/related", "get"),
    ("/api/v1/cubes/{cube_id}/memories", "get"),
    ("/api/v1/cubes/{cube_id}/memories", "post"),
    ("/api/v1/cubes/{cube_id}/memories/{id}", "delete"),
    ("/api/v1/cubes/{cube_id}/memories/{id}", "get"),
    ("/api/v1/cubes/{cube_id}/memories/{id}", "patch"),
    ("/api/v1/cubes/{cube_id}/memories/{id}/diff", "get"),
    ("/api/v1/cubes/{cube_id}/memories/{id}/rollback", "post"),
    ("/api/v1/cubes/{cube_id}/memories/{id}/state", "post"),
    ("/api/v1/cubes/{cube_id}/memories/{id}/versions", "get"),
    ("/api/v1/cubes/{cube_id}/merge", "post"),
    ("/api/v1/cubes/{cube_id}/rollback", "post"),
    ("/api/v1/cubes/{cube_id}/snapshots", "get"),
    ("/api/v1/cubes/{cube_id}/snapshots", "post"),
    ("/api/v1/cubes/{cube_id}/snapshots/{name}", "delete"),
    ("/api/v1/events", "get"),
    ("/api/v1/search", "post"),
    ("/api/v1/tasks", "get"),
    ("/api/v1/tasks", "post"),
    ("/api/v1/tasks/drain", "post"),
    ("/api/v1/tasks/{id}", "get"),
    ("/api/v1/tasks/{id}/cancel", "post"),
    ("/api/v1/tasks/{id}/retry", "post"),
    ("/health", "get"),
    ("/metrics", "get"),
    ("/openapi.json", "get"),
    ("/ready", "get"),
];

/// Where the path says all.
const WITHOUT_BODY: &[&str] = &[
    "/api/v1/cubes/{cube_id}/refine",
    "/api/v1/tasks/{id}/cancel",
    "/api/v1/tasks/{id}/retry",
];

async fn document() -> Value {
    let answer = Face::new().get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

/// Whether a path is of the native API: the faces describe what their contracts say.
fn is_native(path: &str) -> bool {
    let probes = ["/health", "/metrics", "/openapi.json", "/ready"];
    let is_below = path.starts_with("/api/v1/") && crate::faces::dialect(path).is_none();
    is_below || probes.contains(&path)
}

/// Path, method and description of each operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .filter(|(path, _)| is_native(path))
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |m| item.get(m).map(|op| (path.as_str(), *m, op)))
        })
        .collect()
}

#[tokio::test]
async fn the_document_lists_every_route() {
    let document = document().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let listed: BTreeSet<_> = operations(&document)
        .iter()
        .map(|(p, m, _)| (*p, *m))
        .collect();
    assert_eq!(listed, ROUTES.iter().copied().collect());
}

#[tokio::test]
async fn every_listed_route_is_there() {
    let face = Face::new();
    // A stream has no end to wait for: it has tests of its own.
    let ending = ROUTES.iter().filter(|(path, _)| *path != "/api/v1/events");
    for (path, method) in ending {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let answer = face.send(bare(method.clone(), path)).await;
        let is_problem = answer.header("content-type") == "application/problem+json";
        let code = if is_problem {
            answer.json()["code"].clone()
        } else {
            Value::Null
        };
        assert!(
            code != "route_not_found" && code != "method_not_allowed",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_operation_is_described_whole() {
    let document = document().await;
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{name}: id is not unique"
        );
        assert!(
            operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{name}"
        );
        let body = &operation["requestBody"];
        let bare = WITHOUT_BODY.contains(&path);
        assert_eq!(
            body.is_null(),
            bare || !matches!(method, "post" | "patch"),
            "{name}"
        );
        if !body.is_null() {
            let json = &body["content"]["application/json"];
            assert!(
                json["schema"]["$ref"].is_string() && json["example"].is_object(),
                "{name}"
            );
        }
        let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
        assert!(parameters >= path.matches('{').count(), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|s| s.starts_with('2')), "{name}");
        assert!(responses.contains_key("500"), "{name}");
        for (status, response) in responses {
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|d| !d.is_empty()),
                "{name}"
            );
            if !status.starts_with('2') {
                let schema = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(
                    schema["$ref"], "#/components/schemas/Problem",
                    "{name} {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_code_is_listed() {
    let document = document().await;
    let code = &document["components"]["schemas"]["Problem"]["properties"]["code"];
    let listed: Vec<_> = code["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap())
        .collect();
    let all: Vec<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(listed, all);
}

#[tokio::test]
async fn every_reference_resolves() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(list) => list.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let document = document().await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some_and(Value::is_object),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let face = Face::new();
    for path in ["/", "/redoc", "/redoc/"] {
        let led = face.get(path).await;
        assert_eq!(
            (led.status.as_u16(), led.header("location")),
            (307, "/docs/")
        );
    }
    let moved = face.get("/docs").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (303, "/docs/")
    );
    let page = face.get("/docs/").await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("swagger-ui"));
    for (attribute, sep) in [("src=\"", '"'), ("href=\"", '"')] {
        for part in page.text().split(attribute).skip(1) {
            let target = part.split(sep).next().unwrap();
            assert!(!target.contains("//"), "{target}");
            let loaded = face
                .get(&format!("/docs/{}", target.trim_start_matches("./")))
                .await;
            assert_eq!(loaded.status, 200, "{target}");
        }
    }
    let start = face.get("/docs/swagger-initializer.js").await;
    assert!(start.text().contains("/openapi.json"), "{}", start.text());
    assert!(
        start.text().contains(r#""validatorUrl": "none""#),
        "{}",
        start.text()
    );
    face.get("/docs/none.js")
        .await
        .problem(404, "route_not_found");
}

#[tokio::test]
async fn every_operation_of_a_face_says_how_it_refuses() {
    let document = document().await;
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| !is_native(path)) {
        let of_path = METHODS.iter().filter_map(|m| Some((m, item.get(m)?)));
        for (method, operation) in of_path {
            let name = format!("{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            let refusals: Vec<_> = responses
                .iter()
                .filter(|(status, _)| status.starts_with(['4', '5']))
                .collect();
            assert!(refusals.iter().any(|(s, _)| s.starts_with('4')), "{name}");
            for (status, response) in refusals {
                let content = response["content"].as_object();
                let told = content.and_then(|c| c.values().next());
                assert!(told.is_some(), "{name} {status}");
            }
        }
    }
    // Each in its own words.
    let told = |path: &str, method: &str, status: &str| {
        let response = &paths[path][method]["responses"][status];
        response["content"]["application/json"]["example"].clone()
    };
    assert!(told("/v1/chat/completions", "post", "400")["error"]["code"].is_string());
    assert!(told("/memories", "post", "422")["detail"][0]["loc"].is_array());
    assert!(told("/product/add", "post", "422")["message"].is_string());
    assert!(told("/v1/embeddings", "post", "415")["error"]["message"].is_string());
    let chat = &paths["/v1/chat/completions"]["post"]["responses"]["200"];
    assert!(chat["content"]["text/event-stream"].is_object());
    assert!(chat["headers"]["x-memos-memory"].is_object());
}
