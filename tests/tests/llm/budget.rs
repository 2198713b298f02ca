//! The ceiling of what may be spent in a day.

use memos_core::Timestamp;
use memos_tests::{Endpoint, Scripted};

use crate::stage::{derived, drain, dump, failures, metric, noted, say, serve, task};

/// What a question may cost is set aside before it is asked: the longest answer has 8,000 tokens.
const CEILING: &str = "14000";

#[test]
fn who_has_spent_his_tokens_waits_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|asked| match asked.schema() {
        "facts" => Scripted::json_at(&noted(asked), 6_000, 4_000),
        _ => Scripted::refusal(410, "nobody else is asked"),
    });
    let settings = [("MEMOS_LLM_TOKENS_PER_DAY", CEILING)];
    let server = serve(folder.path(), &endpoint, &settings);
    let mut client = server.client();
    say(&mut client, "first", "s", &["The ferry leaves at seven."]);
    drain(&mut client, "refine");
    assert_eq!(task(&mut client, "refine", "first")["status"], "done");
    say(&mut client, "second", "s", &["The kitchen is green."]);
    drain(&mut client, "refine");

    let waiting = task(&mut client, "refine", "second");
    assert_eq!(waiting["status"], "waiting", "{waiting}");
    let why = waiting["last_error"].as_str().unwrap();
    assert!(
        why.contains("has used 10000 of today's 14000 tokens"),
        "{why}"
    );
    assert_eq!(endpoint.asked().len(), 1, "what can't be paid is not asked");
    assert_eq!(failures(&mut client, "budget"), 1);
    assert_eq!(
        metric(&mut client, "memos_llm_tokens_total{of=\"prompt\"}"),
        6_000
    );
    assert_eq!(dump(folder.path(), "second").len(), 1);
    assert!(derived(&mut client, "second").is_empty());

    // Search is not the model's, and a deep one says that it went without.
    let question = serde_json::json!({
        "query": "What colour is the kitchen?", "cube_ids": ["second"], "deep": true,
    });
    let answer = client.post("/api/v1/search", &question).is(200).json();
    assert_eq!(answer["hits"][0]["memory"]["text"], "The kitchen is green.");
    let degraded = answer["degraded"].to_string();
    assert!(degraded.contains("budget_spent"), "{answer}");

    // It is put off to the next day, at no cost in tries, and a restart is no new day.
    let due: Timestamp = waiting["due_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(due.micros() % 86_400_000_000, 0, "{waiting}");
    assert_eq!(waiting["attempts"], 0);
    assert!(server.terminate().success());
    let server = serve(folder.path(), &endpoint, &settings);
    let mut client = server.client();
    say(&mut client, "third", "s", &["The lamp is blue."]);
    drain(&mut client, "refine");
    let third = task(&mut client, "refine", "third");
    let why = third["last_error"].as_str().unwrap();
    assert!(why.contains("has used 10000 of"), "{third}");
    assert_eq!(endpoint.asked().len(), 1);
}

#[test]
fn a_ceiling_that_no_prompt_fits_under_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|_| Scripted::refusal(410, "nobody is asked"));
    let settings = [("MEMOS_LLM_TOKENS_PER_DAY", "500")];
    let server = serve(folder.path(), &endpoint, &settings);
    let mut client = server.client();
    say(&mut client, "first", "s", &["The ferry leaves at seven."]);
    drain(&mut client, "refine");
    let refused = task(&mut client, "refine", "first");
    let why = refused["last_error"].as_str().unwrap();
    assert!(why.contains("may use 500 tokens"), "{refused}");
    assert_eq!(refused["attempts"], 1, "{refused}");
}

#[test]
fn a_request_keeps_to_its_tokens_and_one_that_can_not_is_told() {
    let endpoint = Endpoint::answering(|asked| match asked.schema() {
        "facts" => Scripted::json(&noted(asked)),
        _ => Scripted::refusal(410, "nobody else is asked"),
    });
    for (limit, status, requests) in [("6000", "done", 1), ("300", "dead", 1)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = [("MEMOS_LLM_TOKENS_PER_REQUEST", limit)];
        let server = serve(folder.path(), &endpoint, &settings);
        let mut client = server.client();
        say(&mut client, "first", "s", &["The ferry leaves at seven."]);
        drain(&mut client, "refine");
        let refined = task(&mut client, "refine", "first");
        assert_eq!(refined["status"], status, "{refined}");
        let asked = endpoint.asked();
        assert_eq!(asked.len(), requests, "what is too long is not asked");
        // The answer has what the prompt leaves.
        let most = asked[0].body["max_tokens"].as_u64().unwrap();
        assert!((1_000..6_000).contains(&most), "{most}");
        if status == "dead" {
            let why = refined["dead_reason"].as_str().unwrap();
            assert!(why.contains("300"), "{why}");
            assert_eq!(dump(folder.path(), "first").len(), 1);
        }
    }
}
