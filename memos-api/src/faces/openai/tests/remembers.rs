//! What is remembered, and how often.

use memos_tests::Scripted;
use serde_json::{Value, json};

use super::{Proxy, asking, sent, whole};

fn texts(memories: &[Value]) -> Vec<&str> {
    memories
        .iter()
        .map(|m| m["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn each_turn_is_remembered_once_over_a_conversation() {
    let proxy = Proxy::scripted(["Hello Ada.", "Nice.", "Bye."].map(Scripted::text));
    let mut messages = vec![json!({"role": "system", "content": "Be kind."})];
    let said = ["I am Ada.", "I have a cat.", "Good bye."];
    for (i, text) in said.iter().enumerate() {
        messages.push(json!({"role": "user", "content": text}));
        let body = json!({"messages": messages});
        let answer = proxy.chat("ada", &body).await.json();
        messages.push(answer["choices"][0]["message"].clone());
        proxy.memories("ada", 2 * (i + 1)).await;
    }
    let memories = proxy.memories("ada", 6).await;
    assert_eq!(
        texts(&memories),
        [
            "I am Ada.",
            "Hello Ada.",
            "I have a cat.",
            "Nice.",
            "Good bye.",
            "Bye."
        ]
    );
    for (i, memory) in memories.iter().enumerate() {
        let role = if i % 2 == 0 { "user" } else { "assistant" };
        assert_eq!(memory["role"], role);
        assert_eq!(memory["info"]["user_id"], "ada");
    }
    assert_eq!(memories[0]["info"]["turn"], memories[1]["info"]["turn"]);
    assert_ne!(memories[0]["info"]["turn"], memories[2]["info"]["turn"]);
}

#[tokio::test]
async fn what_is_sent_again_is_stored_once() {
    let proxy = Proxy::scripted(["Hello.", "Hello.", "Hi again."].map(Scripted::text));
    let body = asking("I am Ada.");
    proxy.chat("ada", &body).await;
    proxy.memories("ada", 2).await;
    proxy.chat("ada", &body).await;
    // Another answer to the same is another answer.
    proxy.chat("ada", &body).await;
    let memories = proxy.memories("ada", 3).await;
    assert_eq!(texts(&memories), ["I am Ada.", "Hello.", "Hi again."]);
}

#[tokio::test]
async fn calls_of_tools_and_their_results_are_remembered() {
    let call = json!({"id": "c1", "type": "function",
        "function": {"name": "weather", "arguments": "{\"city\":\"Lyon\"}"}});
    let wants = json!({"choices": [{"index": 0, "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]});
    let proxy = Proxy::scripted([
        Scripted::body(200, wants.to_string()),
        Scripted::text("It rains."),
    ]);
    let first = asking("How is the weather in Lyon?");
    proxy.chat("ada", &first).await;
    proxy.memories("ada", 2).await;
    let mut second = first.clone();
    let messages = second["messages"].as_array_mut().unwrap();
    messages.push(wants["choices"][0]["message"].clone());
    messages.push(json!({"role": "tool", "tool_call_id": "c1", "content": "rain, 12 °C"}));
    proxy.chat("ada", &second).await;
    let memories = proxy.memories("ada", 4).await;
    assert_eq!(
        texts(&memories),
        [
            "How is the weather in Lyon?",
            "weather({\"city\":\"Lyon\"})",
            "rain, 12 °C",
            "It rains."
        ]
    );
    assert_eq!(memories[1]["semantic_type"], "tool_trajectory");
    assert_eq!(memories[2]["semantic_type"], "tool_trajectory");
    assert_eq!(memories[2]["role"], "tool");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_answer_that_the_client_left_only_the_question_stays() {
    let proxy = Proxy::scripted([Scripted::stream(&["one", "two", "three"]).held_after(1)]);
    let headers = [("x-memos-user", "ada"), ("x-memos-session", "s1")];
    let body = asking("Count to three.").to_string();
    let response = sent(&proxy.router, "/v1/chat/completions", &headers, body).await;
    assert_eq!(response.status(), 200);
    drop(response);
    proxy.endpoint.wait_given_up(1);
    let memories = proxy.memories("ada", 1).await;
    assert_eq!(texts(&memories), ["Count to three."]);
    assert_eq!(memories[0]["session_id"], "s1");
}

#[tokio::test]
async fn streams_of_responses_are_read() {
    let event = |value: Value| {
        let kind = value["type"].as_str().unwrap().to_owned();
        format!("event: {kind}\ndata: {value}\n\n").into_bytes()
    };
    let output = json!([{"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "In Lyon."}]}]);
    let pieces = vec![
        event(json!({"type": "response.created", "response": {"status": "in_progress"}})),
        event(json!({"type": "response.output_text.delta", "delta": "In Lyon."})),
        event(json!({"type": "response.completed",
            "response": {"status": "completed", "model": "m", "output": output}})),
    ];
    let proxy = Proxy::scripted([Scripted::events(pieces.clone())]);
    let body = json!({"input": [{"role": "user", "content": [
        {"type": "input_text", "text": "Where does Mina live?"}]}], "user": "ada",
        "conversation": "conv_1", "stream": true});
    let answer = proxy.post("/v1/responses", &[], &body).await;
    assert_eq!(answer.body, pieces.concat());
    let memories = proxy.memories("ada", 2).await;
    assert_eq!(texts(&memories), ["Where does Mina live?", "In Lyon."]);
    assert_eq!(memories[0]["session_id"], "conv_1");
}

#[tokio::test]
async fn what_could_not_be_remembered_is_counted() {
    let proxy = Proxy::scripted([Scripted::text(&"long ".repeat(300_000))]);
    proxy.chat("ada", &asking("Write a long text.")).await;
    proxy.memories("ada", 1).await;
    let counted = r#"memos_not_remembered_total{code="too_large"} 1"#;
    for _ in 0..1000 {
        if proxy.get("/metrics").await.text().contains(counted) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_got_no_answer_is_stored_once_when_it_comes_again() {
    let proxy = Proxy::scripted([
        Scripted::stream(&["one", "two"]).held_after(1),
        Scripted::text("Hello Ada."),
    ]);
    let user = [("x-memos-user", "ada")];
    let first = asking("I am Ada.");
    drop(
        sent(
            &proxy.router,
            "/v1/chat/completions",
            &user,
            first.to_string(),
        )
        .await,
    );
    proxy.endpoint.wait_given_up(1);
    proxy.memories("ada", 1).await;
    let mut second = first.clone();
    let messages = second["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "user", "content": "Are you there?"}));
    proxy.chat("ada", &second).await;
    let memories = proxy.memories("ada", 3).await;
    assert_eq!(
        texts(&memories),
        ["I am Ada.", "Are you there?", "Hello Ada."]
    );
}

#[tokio::test]
async fn half_a_character_costs_no_turn() {
    let half = r#"{"choices": [{"index": 0, "message": {"content": "Grapes \ud83d!"}}]}"#;
    let proxy = Proxy::scripted([Scripted::body(200, half)]);
    let body = r#"{"messages": [{"role": "user", "content": "I like grapes \ud83d"}]}"#;
    let user = [("x-memos-user", "ada")];
    let answer = whole(sent(&proxy.router, "/v1/chat/completions", &user, body).await).await;
    assert_eq!(answer.header("x-memos-memory"), "ok");
    assert_eq!(answer.body, half.as_bytes());
    assert_eq!(proxy.endpoint.asked()[0].bytes, body.as_bytes());
    let memories = proxy.memories("ada", 2).await;
    let expected = ["I like grapes \u{fffd}", "Grapes \u{fffd}!"];
    assert_eq!(texts(&memories), expected);
}

#[tokio::test]
async fn references_to_what_the_model_said_part_the_turns() {
    let told = |text: &str| {
        let output = json!([{"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text}]}]);
        let told = json!({"id": "resp_1", "status": "completed", "output": output});
        Scripted::body(200, told.to_string())
    };
    let proxy = Proxy::scripted([told("Hello Ada."), told("Miau.")]);
    let user =
        |text: &str| json!({"role": "user", "content": [{"type": "input_text", "text": text}]});
    let first = json!({"user": "ada", "input": [user("I am Ada.")]});
    proxy.post("/v1/responses", &[], &first).await;
    proxy.memories("ada", 2).await;
    let reference = json!({"type": "item_reference", "id": "msg_1"});
    let second =
        json!({"user": "ada", "input": [user("I am Ada."), reference, user("I have a cat.")]});
    proxy.post("/v1/responses", &[], &second).await;
    let memories = proxy.memories("ada", 4).await;
    assert_eq!(
        texts(&memories),
        ["I am Ada.", "Hello Ada.", "I have a cat.", "Miau."]
    );
}
