//! OpenAI's Python client through the proxy, in front of a scripted model server.

use memos_tests::{Asked, Endpoint, Packages, Python, Scripted, Server};
use serde_json::{Value, json};

#[test]
fn openais_client_works_through_the_proxy() {
    let Some(python) = Python::with(Packages {
        whole: &["openai==3.57.0"],
        ..Packages::default()
    }) else {
        return;
    };
    let model = Endpoint::answering(answer);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(
        folder.path(),
        &[("MEMOS_PROXY_BASE_URL", &model.base_url())],
    );
    let url = format!("http://{}", server.address());
    let said = python.run("openai_client.py", &[("MEMOS_URL", &url)]);
    assert!(said.ends_with("ok\n"), "{said}");
    // The client's own key is passed on.
    for asked in model.asked() {
        assert_eq!(asked.header("authorization"), Some("Bearer sk-client"));
        assert_eq!(asked.header("x-memos-user"), None);
    }
}

/// A model that repeats what it is told, and says what of a memory it was shown.
fn answer(asked: &Asked) -> Scripted {
    if asked.path == "/v1/models" {
        let model = json!({"id": "scripted", "object": "model", "created": 1, "owned_by": "us"});
        return Scripted::body(200, json!({"object": "list", "data": [model]}).to_string());
    }
    let body = &asked.body;
    let is_chat = asked.path == "/v1/chat/completions";
    let (told, shown) = match is_chat {
        true => {
            let messages = body["messages"].as_array().unwrap();
            (&messages[messages.len() - 1], text(&messages[0]["content"]))
        }
        false => (body, text(&body["instructions"])),
    };
    let words = match is_chat {
        true => text(&told["content"]),
        false => text(&told["input"]),
    };
    if let Some(status) = words.strip_prefix("fail ") {
        let error =
            json!({"message": "no", "type": "scripted", "param": null, "code": "scripted_code"});
        let body = json!({"error": error}).to_string();
        return Scripted::body(status.parse().unwrap(), body).with_header("retry-after", "3");
    }
    if body["tools"].is_array() && told["role"] == "user" {
        let call = json!({"id": "call_1", "type": "function",
            "function": {"name": "weather", "arguments": "{\"city\": \"Lyon\"}"}});
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        return completion(&message, "tool_calls");
    }
    let mut said = format!("echo: {words}");
    if shown.contains("<memories>") {
        let known = ["Lyon", "bees"]
            .into_iter()
            .find(|word| shown.contains(word));
        said += &format!(" (I was shown: {})", known.unwrap_or("nothing"));
    }
    match (is_chat, body["stream"] == true) {
        (true, false) => completion(&json!({"role": "assistant", "content": said}), "stop"),
        (true, true) => {
            let pieces: Vec<&str> = said.split_inclusive(' ').collect();
            Scripted::stream(&pieces)
        }
        (false, false) => Scripted::body(200, response(&said, "completed").to_string()),
        (false, true) => response_stream(&said),
    }
}

fn text(content: &Value) -> String {
    content.as_str().unwrap_or_default().to_owned()
}

fn completion(message: &Value, finish: &str) -> Scripted {
    let choice = json!({"index": 0, "message": message, "finish_reason": finish, "logprobs": null});
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
    let body = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1,
        "model": "scripted", "choices": [choice], "usage": usage});
    Scripted::body(200, body.to_string())
}

fn response(said: &str, status: &str) -> Value {
    let part = json!({"type": "output_text", "text": said, "annotations": []});
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant",
        "status": "completed", "content": [part]});
    let output = if status == "completed" {
        json!([message])
    } else {
        json!([])
    };
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status,
        "model": "scripted", "output": output, "parallel_tool_calls": false,
        "tool_choice": "auto", "tools": []})
}

fn response_stream(said: &str) -> Scripted {
    let place = json!({"item_id": "msg_1", "output_index": 0, "content_index": 0});
    let part = json!({"type": "output_text", "text": "", "annotations": []});
    let whole = json!({"type": "output_text", "text": said, "annotations": []});
    let item = |status: &str, content: Value| {
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": status,
            "content": content})
    };
    let mut events = vec![
        json!({"type": "response.created", "response": response(said, "in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": item("in_progress", json!([]))}),
        with(
            &place,
            json!({"type": "response.content_part.added", "part": part}),
        ),
    ];
    for piece in said.split_inclusive(' ') {
        let delta = json!({"type": "response.output_text.delta", "delta": piece, "logprobs": []});
        events.push(with(&place, delta));
    }
    let text_done = json!({"type": "response.output_text.done", "text": said, "logprobs": []});
    events.push(with(&place, text_done));
    let part_done = json!({"type": "response.content_part.done", "part": whole});
    events.push(with(&place, part_done));
    events.push(
        json!({"type": "response.output_item.done", "output_index": 0,
        "item": item("completed", json!([whole]))}),
    );
    events.push(json!({"type": "response.completed", "response": response(said, "completed")}));
    let written = events.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = number.into();
        let kind = event["type"].as_str().unwrap().to_owned();
        format!("event: {kind}\ndata: {event}\n\n").into_bytes()
    });
    Scripted::events(written.collect())
}

fn with(place: &Value, mut event: Value) -> Value {
    for (name, value) in place.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}
