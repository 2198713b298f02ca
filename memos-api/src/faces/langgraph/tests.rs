//! The routes of the store, without a socket.

use axum::http::Method;
use serde_json::{Value, json};

use crate::faces::kit::testing::{Answer, Harness};

const ITEMS: &str = "/store/items";
const SEARCH: &str = "/store/items/search";
const NAMESPACES: &str = "/store/namespaces";

async fn put(face: &Harness, namespace: &[&str], key: &str, value: Value) {
    let body = json!({"namespace": namespace, "key": key, "value": value});
    let answer = face.put(ITEMS, &body).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (204, ""));
}

async fn delete(face: &Harness, body: &Value) -> Answer {
    face.send(Method::DELETE, ITEMS, Some(body.to_string()))
        .await
}

#[tokio::test]
async fn items_come_back_as_they_were_put() {
    let face = Harness::new();
    let value = json!({"text": "Ada likes dim sum", "n": [1, 2.5, null], "in": {"a.b": true}});
    put(&face, &["memories", "ada"], "food", value.clone()).await;
    let got = face
        .get("/store/items?namespace=memories.ada&key=food")
        .await
        .is(200);
    let fields: Vec<&str> = got
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        ["created_at", "key", "namespace", "updated_at", "value"]
    );
    assert_eq!(got["namespace"], json!(["memories", "ada"]));
    assert_eq!(got["key"], "food");
    assert_eq!(got["value"], value);

    let asked = json!({"namespace_prefix": ["memories"], "query": "dim sum"});
    let found = face.post(SEARCH, &asked).await.is(200);
    assert_eq!(found["items"][0]["value"], value);
    assert!(found["items"][0]["score"].is_number());
    let listed = face
        .post(SEARCH, &json!({"namespace_prefix": ["memories"]}))
        .await
        .is(200);
    assert_eq!(listed["items"][0]["score"], Value::Null);
    assert_eq!(
        face.post(NAMESPACES, &json!({})).await.is(200),
        json!({"namespaces": [["memories", "ada"]]})
    );

    let body = json!({"namespace": ["memories", "ada"], "key": "food"});
    for _ in 0..2 {
        assert_eq!(delete(&face, &body).await.status.as_u16(), 204);
    }
    let none = face
        .get("/store/items?namespace=memories.ada&key=food")
        .await;
    assert_eq!(none.is(200), Value::Null);
    let none = face.post(SEARCH, &json!({"namespace_prefix": []})).await;
    assert_eq!(none.is(200), json!({"items": []}));
}

#[tokio::test]
async fn keys_and_labels_may_be_any_text() {
    let face = Harness::new();
    put(&face, &["user/1 ü", "日本"], "a&b=c/ %", json!({"x": 1})).await;
    let path = "/store/items?namespace=user%2F1%20%C3%BC.%E6%97%A5%E6%9C%AC&key=a%26b%3Dc%2F+%25&refresh_ttl=false";
    assert_eq!(face.get(path).await.is(200)["value"], json!({"x": 1}));
    let listed = face
        .post(NAMESPACES, &json!({"prefix": ["user/1 ü"]}))
        .await
        .is(200);
    assert_eq!(listed["namespaces"], json!([["user/1 ü", "日本"]]));
}

#[tokio::test]
async fn what_is_wrong_is_told_in_a_detail() {
    let face = Harness::new();
    let item = |over: Value| {
        let mut body = json!({"namespace": ["a"], "key": "k", "value": {"x": 1}});
        let fields = body.as_object_mut().unwrap();
        for (name, value) in over.as_object().unwrap() {
            fields.insert(name.clone(), value.clone());
        }
        body
    };
    for (body, says) in [
        (json!({}), "namespace"),
        (item(json!({"namespace": []})), "namespace is empty"),
        (item(json!({"namespace": ["a.b"]})), "without periods"),
        (item(json!({"namespace": ["a", ""]})), "non-empty"),
        (item(json!({"namespace": "a"})), "body.namespace"),
        (item(json!({"namespace": [1]})), "body.namespace.0"),
        (item(json!({"key": ""})), "key"),
        (item(json!({"key": 1})), "body.key"),
        (item(json!({"value": [1]})), "body.value"),
        (item(json!({"value": null})), "body.value"),
        (item(json!({"index": true})), "body.index"),
        (item(json!({"index": ["a", 1]})), "body.index.1"),
        (item(json!({"ttl": 0})), "body.ttl"),
        (item(json!({"ttl": -1.5})), "body.ttl"),
        (item(json!({"ttl": 1e300})), "ttl"),
        (
            item(json!({"ttl": true})),
            "body.ttl: Input should be a valid number",
        ),
        (
            item(json!({"ttl": "5"})),
            "body.ttl: Input should be a valid number",
        ),
        (
            item(json!({"ttl": 0})),
            "body.ttl: Input should be greater than 0",
        ),
        (json!([1]), "object"),
    ] {
        let told = face.put(ITEMS, &body).await.is(422);
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{body}: {detail}");
        // Each place once, and no number of hundreds of digits.
        let place = format!("{}: ", detail.split(": ").next().unwrap());
        assert!(detail.matches(&place).count() < 2, "{detail}");
        assert!(detail.len() < 200, "{detail}");
    }
    for (path, body, says) in [
        (SEARCH, json!({"namespace_prefix": ["a.b"]}), "periods"),
        (SEARCH, json!({"filter": {"a": {"$in": [1]}}}), "$in"),
        (SEARCH, json!({"filter": [1]}), "body.filter"),
        (SEARCH, json!({"limit": -1}), "body.limit"),
        (SEARCH, json!({"limit": 100_000}), "limit"),
        (SEARCH, json!({"offset": "x"}), "body.offset"),
        (SEARCH, json!({"offset": "1"}), "body.offset"),
        (SEARCH, json!({"limit": true}), "body.limit"),
        (SEARCH, json!({"refresh_ttl": "yes"}), "body.refresh_ttl"),
        (NAMESPACES, json!({"max_depth": true}), "body.max_depth"),
        (NAMESPACES, json!({"prefix": ["a.b"]}), "prefix"),
        (NAMESPACES, json!({"suffix": [""]}), "suffix"),
        (NAMESPACES, json!({"max_depth": 0}), "body.max_depth"),
    ] {
        let told = face.post(path, &body).await.is(422);
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{body}: {detail}");
    }
    for (path, says) in [
        ("/store/items?namespace=a..b&key=k", "non-empty"),
        ("/store/items?key=k", "namespace is empty"),
        (
            "/store/items?namespace=a&key=k&refresh_ttl=maybe",
            "query.refresh_ttl",
        ),
    ] {
        let told = face.get(path).await.is(422);
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{path}: {detail}");
    }
    for path in [
        "/store/items",
        "/store/items?namespace=a",
        "/store/items?namespace=a&key=",
    ] {
        let told = face.get(path).await.is(400);
        assert_eq!(
            told,
            json!({"error": "Key is required", "detail": "Key is required"})
        );
    }
    let raw = |method, text: &str| face.send(method, ITEMS, Some(text.to_owned()));
    for text in ["", "{", "null", "\"x\"", "{\"namespace\": [\"a\"]"] {
        for method in [Method::PUT, Method::DELETE] {
            assert!(
                raw(method, text).await.is(422)["detail"].is_string(),
                "{text}"
            );
        }
    }
    let nothing = face.post(NAMESPACES, &json!({})).await.is(200);
    assert_eq!(nothing["namespaces"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_the_same_words() {
    let face = Harness::new();
    assert_eq!(
        face.get("/store").await.is(404),
        json!({"detail": "Not Found"})
    );
    assert_eq!(
        face.get("/store/other").await.is(404),
        json!({"detail": "Not Found"})
    );
    assert!(face.get(SEARCH).await.is(405)["detail"].is_string());
    let unlabelled = axum::http::Request::put(ITEMS).body("{}".into()).unwrap();
    assert!(face.ask(unlabelled).await.is(415)["detail"].is_string());
}

#[tokio::test]
async fn a_value_over_the_limit_is_refused_whole() {
    let face = Harness::with(|builder| {
        let limits = crate::Limits {
            text_bytes: 100,
            ..crate::Limits::default()
        };
        builder.limits(limits)
    });
    let body = json!({"namespace": ["a"], "key": "k", "value": {"x": "y".repeat(200)}});
    let told = face.put(ITEMS, &body).await.is(413);
    assert!(told["detail"].as_str().unwrap().starts_with("value: "));
    assert_eq!(
        face.get("/store/items?namespace=a&key=k").await.is(200),
        Value::Null
    );
}
