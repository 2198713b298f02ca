//! Deep search over the server.

use memos_tests::{Client, Endpoint, Scripted, ids};
use serde_json::{Value, json};

use crate::stage::{metric, say, serve};

const TURNS: [&str; 5] = [
    "Mira works for the harbour office.",
    "The harbour office is in Rostock.",
    "Mira's work in town begins at eight.",
    "Tulips grow behind the shed.",
    "The ferry leaves at seven.",
];

const QUESTION: &str = "In which town does Mira work?";

#[track_caller]
fn ask(client: &mut Client, deep: bool) -> Value {
    let question = json!({"query": QUESTION, "cube_ids": ["notes"], "top_k": 2, "deep": deep});
    client.post("/api/v1/search", &question).is(200).json()
}

#[track_caller]
fn hits(answer: &Value) -> Vec<String> {
    let hits = answer["hits"].as_array().unwrap();
    let memories: Vec<Value> = hits.iter().map(|hit| hit["memory"].clone()).collect();
    ids(&memories)
}

#[test]
fn rounds_are_led_by_the_model_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|asked| {
        Scripted::json(&match asked.schema() {
            "decompose" => json!({"queries": ["Who does Mira work for?"]}),
            _ if asked.words().contains("is in Rostock") => {
                json!({"sufficient": true, "queries": []})
            }
            _ => json!({"sufficient": false, "queries": ["Where is the harbour office?"]}),
        })
    });
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(&mut client, "notes", "s", &TURNS);
    let answer = ask(&mut client, true);
    assert_eq!(answer["degraded"], json!([]), "{answer}");
    let steps = answer["steps"].as_array().unwrap();
    let queries: Vec<&str> = steps.iter().map(|s| s["query"].as_str().unwrap()).collect();
    let expected = [
        QUESTION,
        "Who does Mira work for?",
        "Where is the harbour office?",
    ];
    assert_eq!(queries, expected, "{answer}");
    assert_eq!(steps[2]["verdict"], "sufficient", "{answer}");
    let added: u64 = steps.iter().map(|s| s["found"].as_u64().unwrap()).sum();
    assert!(added >= 3 && hits(&answer).len() == 2, "{answer}");
    assert_eq!(endpoint.asked().len(), 3);
    // Who does not ask for it pays nothing.
    assert!(ask(&mut client, false).get("steps").is_none());
    assert_eq!(endpoint.asked().len(), 3);
}

#[test]
fn a_model_that_fails_leaves_the_plain_answer_and_it_says_so() {
    type Answer = fn() -> Scripted;
    let cases: [(&str, Answer); 6] = [
        ("bad_reply", || Scripted::text("no JSON")),
        ("bad_reply", || {
            Scripted::json(&json!({"queries": "delete all"}))
        }),
        ("bad_reply", || Scripted::text("")),
        ("unavailable", || Scripted::refusal(401, "no")),
        ("unavailable", || Scripted::dropped()),
        ("unavailable", || {
            Scripted::json(&json!({"queries": []})).held()
        }),
    ];
    for (code, fails) in cases {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::answering(move |_| fails());
        let server = serve(folder.path(), &endpoint, &[("MEMOS_LLM_TIMEOUT", "2s")]);
        let mut client = server.client();
        say(&mut client, "notes", "s", &TURNS);
        let plain = ask(&mut client, false);
        let answer = ask(&mut client, true);
        assert_eq!(hits(&answer), hits(&plain), "{code}");
        let degraded = answer["degraded"].as_array().unwrap();
        assert_eq!(degraded.len(), 1, "{answer}");
        let told = degraded[0].as_str().unwrap();
        assert!(told.starts_with(&format!("deep: {code}: ")), "{told}");
        assert!(told.contains("plain search"), "{told}");
        assert_eq!(answer["steps"].as_array().unwrap().len(), 1, "{answer}");
        // A label has few values: no sentence, and no address.
        assert_eq!(
            metric(&mut client, "memos_degraded_total{part=\"deep\"}"),
            1
        );
    }
}
