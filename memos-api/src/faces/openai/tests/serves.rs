//! What this server answers itself.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memos_tests::{Endpoint, Scripted};
use serde_json::{Value, json};

use super::Proxy;

fn floats(embedding: &Value) -> Vec<f32> {
    let numbers = embedding.as_array().unwrap().iter();
    numbers.map(|x| x.as_f64().unwrap() as f32).collect()
}

#[tokio::test]
async fn embeddings_are_ours_in_both_encodings() {
    let proxy = Proxy::scripted([]);
    let body = json!({"model": "text-embedding-3-small", "input": ["We adopted a puppy.", "清明"]});
    let plain = proxy.post("/v1/embeddings", &[], &body).await.json();
    assert_eq!(plain["object"], "list");
    assert_eq!(plain["data"][1]["index"], 1);
    let vector = floats(&plain["data"][0]["embedding"]);
    let length: f32 = vector.iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-3, "{length}");
    assert!(plain["usage"]["prompt_tokens"].as_u64().unwrap() >= 5);
    assert_eq!(
        plain["usage"]["prompt_tokens"],
        plain["usage"]["total_tokens"]
    );

    let packed = json!({"model": "m", "input": "We adopted a puppy.", "encoding_format": "base64"});
    let packed = proxy.post("/v1/embeddings", &[], &packed).await.json();
    let bytes = packed["data"][0]["embedding"].as_str().unwrap();
    let bytes = BASE64_STANDARD.decode(bytes).unwrap();
    let unpacked: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    assert_eq!(unpacked, vector);
    assert_eq!(packed["model"], plain["model"]);
}

#[tokio::test]
async fn models_are_theirs_and_our_embedder() {
    let endpoint = Endpoint::answering(|asked| match asked.path.as_str() {
        "/v1/models" => Scripted::body(
            200,
            r#"{"object": "list", "data": [{"id": "gpt", "created": 12345678901234567890123}]}"#,
        ),
        "/v1/models/org/gpt" => Scripted::body(200, r#"{"id": "org/gpt"}"#),
        _ => Scripted::refusal(404, "no such model"),
    });
    let proxy = Proxy::before(endpoint);
    let listed = proxy.get("/v1/models").await;
    assert!(
        listed.text().contains("12345678901234567890123"),
        "{}",
        listed.text()
    );
    let list = listed.json();
    assert_eq!(list["data"][0]["id"], "gpt");
    let own = list["data"][1]["id"].as_str().unwrap();
    assert!(own.starts_with("memos-static"), "{own}");
    assert_eq!(list["data"][1]["owned_by"], "memos");

    let one = proxy.get(&format!("/v1/models/{own}")).await.json();
    assert_eq!(one["id"], own);
    assert_eq!(
        proxy.get("/v1/models/org/gpt").await.json()["id"],
        "org/gpt"
    );
    let none = proxy.get("/v1/models/none").await;
    assert_eq!(none.status, 404);
    assert_eq!(none.json()["error"]["message"], "no such model");
}
