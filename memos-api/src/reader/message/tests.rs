use proptest::prelude::*;
use serde_json::json;

use super::*;

fn defaults() -> MessageDefaults {
    MessageDefaults::at("2025-06-01T09:00:00+08:00".parse().unwrap())
}

fn read(messages: &Value) -> Vec<Draft> {
    read_messages(messages, &defaults()).unwrap()
}

fn refusal(messages: &Value) -> Error {
    read_messages(messages, &defaults()).unwrap_err()
}

#[test]
fn roles_names_and_ids_are_kept() {
    let drafts = read(&json!([
        {"role": "developer", "content": "Answer briefly."},
        {"role": "User", "name": "Ada", "content": "  I moved to Turin.\n", "id": 7},
        {"role": "assistant", "content": "Noted.", "message_id": "m-2"},
        {"role": "function", "name": "lookup", "content": "{}"},
        {"name": "Grace", "content": "Hi all"},
        {"name": "Human", "content": "Hi"},
    ]));
    let roles: Vec<_> = drafts.iter().map(|d| d.turn.role).collect();
    assert_eq!(
        roles,
        [
            Some(Role::System),
            Some(Role::User),
            Some(Role::Assistant),
            Some(Role::Tool),
            None,
            Some(Role::User)
        ]
    );
    assert_eq!(drafts[0].semantic_type, SemanticType::TaskPrompt);
    assert_eq!(drafts[1].text, "  I moved to Turin.\n");
    assert_eq!(drafts[1].turn.speaker.as_deref(), Some("Ada"));
    assert_eq!(drafts[1].sources[0].reference, "7");
    assert_eq!(drafts[2].sources[0].kind, "message");
    assert_eq!(drafts[3].origin, Origin::Retrieval);
    assert_eq!(drafts[3].semantic_type, SemanticType::ToolTrajectory);
}

#[test]
fn times_come_from_the_message_the_one_before_the_request_or_now() {
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b", "chat_time": "2023-05-08T23:30:00-02:00"},
        {"role": "user", "content": "c"},
        {"role": "user", "content": "d", "chat_time": "4:07 pm on 9 May, 2023"},
    ]);
    let drafts = read(&messages);
    assert_eq!(drafts[0].said_at, None);
    assert_eq!(drafts[0].turn.session_id, "2025-06-01");
    assert_eq!(drafts[1].turn.session_id, "2023-05-08");
    assert_eq!(drafts[2].said_at, drafts[1].said_at);
    assert_eq!(drafts[3].turn.session_id, "2023-05-09");

    let request = MessageDefaults {
        session_id: Some("talk".into()),
        said_at: Some("2023-05-01".parse().unwrap()),
        ..defaults()
    };
    let drafts = read_messages(&messages, &request).unwrap();
    assert_eq!(drafts[0].said_at, request.said_at);
    assert!(drafts.iter().all(|d| d.turn.session_id == "talk"));
}

#[test]
fn a_message_may_name_its_own_session() {
    let drafts = read(&json!([{"role": "user", "content": "a", "session_id": "mine"}]));
    assert_eq!(drafts[0].turn.session_id, "mine");
}

#[test]
fn tool_calls_become_text() {
    let drafts = read(&json!([
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Lyon\"}"}},
            {"function": {"name": "now", "arguments": {}}},
        ]},
        {"role": "assistant", "content": "Looking.", "function_call": {"name": "old_style"}},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    ]));
    assert_eq!(drafts[0].text, "weather({\"city\":\"Lyon\"})\nnow({})");
    assert_eq!(drafts[0].semantic_type, SemanticType::ToolTrajectory);
    assert_eq!(drafts[1].text, "Looking.\nold_style()");
    assert_eq!(drafts[2].sources[0].reference, "c1");
}

#[test]
fn pictures_and_parts_become_captions_and_lines() {
    let drafts = read(&json!([
        {"role": "user", "caption": "a dog on a beach", "content": [
            {"type": "text", "text": "Look"}, {"type": "text", "text": "at this"},
            {"type": "image_url", "image_url": {"url": "https://example.org/dog.jpg", "alt": "a dog"}},
        ]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
    ]));
    assert_eq!(drafts[0].text, "Look\nat this");
    assert_eq!(
        drafts[0].caption.as_deref(),
        Some("a dog; a dog on a beach")
    );
    assert_eq!(
        drafts[0].sources[0].reference,
        "https://example.org/dog.jpg"
    );
    assert_eq!(drafts[1].text, "[image] data:image/png");
    assert_eq!(drafts[1].sources[0].reference, "data:image/png");
}

#[test]
fn parts_without_words_are_named() {
    let of = |parts: serde_json::Value| {
        let drafts = read(&json!([{"role": "user", "content": parts, "message_id": "m"}]));
        drafts[0].text.clone()
    };
    let picture = json!({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}});
    let file = json!({"type": "file", "file": {"filename": "h.txt"}});
    let sound = json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
    assert_eq!(
        of(json!([picture, file, sound])),
        "[image] https://example.org/a.png\n[file] h.txt\n[audio]"
    );
    assert_eq!(of(json!([picture, "Look"])), "Look");
}

#[test]
fn a_long_message_stays_one_memory() {
    let long = "word ".repeat(20_000);
    let drafts = read(&json!([{"role": "user", "content": long}]));
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].text, long);
}

#[test]
fn refusals_point_at_the_field_and_say_what_to_do() {
    let ok = json!({"role": "user", "content": "fine"});
    for (messages, code, field) in [
        (json!("hello"), Code::InvalidRequest, "/messages"),
        (json!([]), Code::InvalidRequest, "/messages"),
        (json!([ok, 5]), Code::InvalidRequest, "/messages/1"),
        (
            json!([ok, {"role": "wizard", "content": "x"}]),
            Code::InvalidRequest,
            "/messages/1/role",
        ),
        (
            json!([{"content": "x"}]),
            Code::InvalidRequest,
            "/messages/0/role",
        ),
        (
            json!([{"role": 3, "content": "x"}]),
            Code::InvalidRequest,
            "/messages/0/role",
        ),
        (
            json!([ok, ok, {"role": "user", "content": " \n"}]),
            Code::InvalidRequest,
            "/messages/2/content",
        ),
        (
            json!([{"role": "user", "id": "m1"}]),
            Code::InvalidRequest,
            "/messages/0/content",
        ),
        (
            json!([{"role": "user", "content": "x", "chat_time": "later"}]),
            Code::InvalidTime,
            "/messages/0/chat_time",
        ),
        (
            json!([{"role": "user", "content": "x", "timestamp": []}]),
            Code::InvalidTime,
            "/messages/0/timestamp",
        ),
        (
            json!([{"role": "user", "content": "x", "session_id": "s".repeat(257)}]),
            Code::InvalidRequest,
            "/messages/0/session_id",
        ),
        (
            json!([{"role": "user", "content": "x", "name": ["a"]}]),
            Code::InvalidRequest,
            "/messages/0/name",
        ),
        (
            json!([{"role": "user", "content": ["x", 1]}]),
            Code::InvalidRequest,
            "/messages/0/content/1",
        ),
        (
            json!([{"role": "assistant", "tool_calls": {}}]),
            Code::InvalidRequest,
            "/messages/0/tool_calls",
        ),
        (
            json!([{"role": "assistant", "tool_calls": [{"function": {}}]}]),
            Code::InvalidRequest,
            "/messages/0/tool_calls/0/function/name",
        ),
    ] {
        let error = refusal(&messages);
        assert_eq!(error.code(), code, "{messages}");
        assert_eq!(error.field(), Some(field), "{messages}");
        assert!(error.remedy_text().is_some(), "{error}");
    }
    let error = refusal(&json!([{"role": "wizard", "content": "x"}]));
    assert!(error.to_string().contains("wizard") && error.to_string().contains("developer"));
}

/// JSON that is often almost a message.
fn json_value() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "[a-z]{1,4}",
        proptest::sample::select(vec![
            "role",
            "content",
            "name",
            "chat_time",
            "tool_calls",
            "function",
            "type",
            "text",
            "image_url",
            "url",
            "caption",
            "arguments",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::sample::select(vec!["user", "text", "image_url", "tool_use", "2024-02-30"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused_with_its_place(value in json_value()) {
        let messages = json!([{"role": "user", "content": "a"}, value.clone()]);
        for messages in [value, messages] {
            match read_messages(&messages, &defaults()) {
                Ok(drafts) => prop_assert_eq!(drafts.len(), messages.as_array().unwrap().len()),
                Err(error) => {
                    prop_assert!(error.field().is_some_and(|f| f.starts_with("/messages")));
                    prop_assert!(error.remedy_text().is_some());
                }
            }
        }
    }

    #[test]
    fn text_is_verbatim(text in ".{0,40}[a-z]") {
        let drafts = read(&json!([{"role": "user", "content": text}]));
        prop_assert_eq!(&drafts[0].text, &text);
    }
}

#[test]
fn an_empty_name_is_refused_and_null_is_none() {
    let message = |name: Value| json!([{"role": "user", "name": name, "content": "Hello."}]);
    for name in ["", " \t"] {
        let error = refusal(&message(json!(name)));
        assert_eq!(error.code(), Code::InvalidRequest);
        assert_eq!(error.field(), Some("/messages/0/name"));
    }
    assert_eq!(read(&message(Value::Null))[0].turn.speaker, None);
}
