//! `/chat/completions`: what its requests ask and its answers say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::{Fields, Slot, texts};
use super::contract::{
    Answer, NewTurns, Question, on_lines, says_something, turn_name, with_whole,
};

/// A message, as far as it matters here.
#[derive(Deserialize)]
struct Head<'a> {
    role: String,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// The conversation of a request.
struct Conversation<'a> {
    raw: Vec<&'a RawValue>,
    heads: Vec<Head<'a>>,
}

impl<'a> Conversation<'a> {
    fn read(body: &Fields<'a>) -> Option<Self> {
        let raw: Vec<&RawValue> = serde_json::from_str(body.raw("messages")?.get()).ok()?;
        let heads = raw.iter().map(|m| serde_json::from_str(m.get()).ok());
        Some(Self {
            heads: heads.collect::<Option<_>>()?,
            raw,
        })
    }

    /// The messages since the model last spoke. What it is to go on with, at the end, is its own.
    fn fresh(&self) -> std::ops::Range<usize> {
        let is_answer = |head: &Head<'_>| head.role == "assistant";
        let end = self.heads.iter().rposition(|head| !is_answer(head));
        let end = end.map_or(0, |last| last + 1);
        let start = self.heads[..end].iter().rposition(is_answer);
        start.map_or(0, |last| last + 1)..end
    }

    fn words(&self, at: usize) -> Vec<String> {
        self.heads[at].content.map(texts).unwrap_or_default()
    }
}

fn instructs(head: &Head<'_>) -> bool {
    matches!(head.role.as_str(), "system" | "developer")
}

pub(super) fn question(body: &Fields<'_>) -> Option<Question> {
    let conversation = Conversation::read(body)?;
    let is_user = |at: &usize| conversation.heads[*at].role == "user";
    let new = conversation.fresh();
    let mut asked: Vec<usize> = new.clone().filter(is_user).collect();
    if asked.is_empty() {
        // The results of tools: the question is the one that they are for.
        asked.extend((0..new.start).rev().find(is_user));
    }
    let words: Vec<String> = asked
        .iter()
        .flat_map(|at| conversation.words(*at))
        .collect();
    let said = (0..conversation.heads.len()).flat_map(|at| with_whole(conversation.words(at)));
    Some(Question {
        words: on_lines(&words),
        said: said.map(|text| text.trim().to_owned()).collect(),
        slot: slot(body, &conversation)?,
    })
}

/// At the end of the system message, or in one of its own before all others.
fn slot(body: &Fields<'_>, conversation: &Conversation<'_>) -> Option<Slot> {
    let system = conversation.heads.iter().find(|head| instructs(head));
    if let Some(content) = system.and_then(|head| head.content) {
        let place = body.place(content);
        if content.get().starts_with('"') {
            return Some(Slot::end_of(&place));
        }
        if let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(content.get()) {
            let before = match parts.is_empty() {
                true => r#"{"type":"text","text":""#,
                false => r#",{"type":"text","text":""#,
            };
            return Some(Slot::at(place.end - 1, before, r#""}"#));
        }
    }
    let first = body.place_of("messages")?.start + 1;
    let after = match conversation.raw.is_empty() {
        true => r#""}"#,
        false => r#""},"#,
    };
    Some(Slot::at(first, r#"{"role":"system","content":""#, after))
}

pub(super) fn new_turns(body: &Fields<'_>) -> Option<NewTurns> {
    let conversation = Conversation::read(body)?;
    let new = conversation.fresh();
    let messages = new.clone().filter_map(|at| kept(conversation.raw[at]));
    // An application may put the time of day into its instructions: they are no part of the place.
    let so_far = (0..new.end).filter(|at| !instructs(&conversation.heads[*at]));
    Some(NewTurns {
        messages: messages.collect(),
        turn: turn_name(so_far.map(|at| conversation.raw[at].get())),
    })
}

/// What is kept of a message of a user or a tool.
fn kept(raw: &RawValue) -> Option<Value> {
    let message: Value = serde_json::from_str(raw.get()).ok()?;
    let role = message["role"].as_str()?;
    if !matches!(role, "user" | "tool" | "function") || !says_something(&message["content"]) {
        return None;
    }
    let mut kept = json!({"role": role, "content": message["content"]});
    for field in ["name", "tool_call_id"] {
        if let Some(text) = message[field]
            .as_str()
            .filter(|text| !text.trim().is_empty())
        {
            kept[field] = text.into();
        }
    }
    Some(kept)
}

pub(super) fn answer(body: &Value) -> Answer {
    let choice = &body["choices"][0];
    let said = &choice["message"];
    Answer {
        messages: message(
            &said["content"],
            said["refusal"].as_str(),
            said["tool_calls"].as_array().cloned().unwrap_or_default(),
            said["function_call"].clone(),
        ),
        model: body["model"].as_str().map(str::to_owned),
        whole: said.is_object(),
    }
}

/// An answer as a message, if it says or does anything.
fn message(
    content: &Value,
    refusal: Option<&str>,
    calls: Vec<Value>,
    function: Value,
) -> Vec<Value> {
    let mut message = json!({"role": "assistant"});
    if says_something(content) {
        message["content"] = content.clone();
    }
    if let Some(refusal) = refusal.filter(|text| !text.trim().is_empty()) {
        message["refusal"] = refusal.into();
    }
    let named = |call: &Value| call["function"]["name"].is_string();
    let calls: Vec<Value> = calls.into_iter().filter(named).collect();
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    if function["name"].is_string() {
        message["function_call"] = function;
    }
    match message.as_object().map_or(0, serde_json::Map::len) {
        1 => Vec::new(),
        _ => vec![message],
    }
}

/// A tool call whose pieces come one by one.
#[derive(Default)]
struct Call {
    id: Option<String>,
    name: String,
    arguments: String,
}

pub(super) fn streamed(events: &[String]) -> Answer {
    let (mut content, mut refusal) = (String::new(), String::new());
    let mut calls: BTreeMap<u64, Call> = BTreeMap::new();
    let mut answer = Answer::default();
    for data in events {
        if data.trim() == "[DONE]" {
            answer.whole = true;
            continue;
        }
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            continue;
        };
        if let Some(model) = event["model"].as_str() {
            answer.model.get_or_insert_with(|| model.to_owned());
        }
        let choices = event["choices"].as_array().into_iter().flatten();
        // Of several answers the first is the one.
        for choice in choices.filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
            let delta = &choice["delta"];
            content.push_str(delta["content"].as_str().unwrap_or_default());
            refusal.push_str(delta["refusal"].as_str().unwrap_or_default());
            for piece in delta["tool_calls"].as_array().into_iter().flatten() {
                let number = piece["index"].as_u64().unwrap_or(0);
                let call = calls.entry(number).or_default();
                if let Some(id) = piece["id"].as_str() {
                    call.id = Some(id.to_owned());
                }
                let function = &piece["function"];
                call.name
                    .push_str(function["name"].as_str().unwrap_or_default());
                let more = function["arguments"].as_str().unwrap_or_default();
                call.arguments.push_str(more);
            }
            answer.whole |= choice["finish_reason"].is_string();
        }
    }
    let calls = calls.into_values().filter(|call| !call.name.is_empty());
    let calls = calls.map(|call| {
        let function = json!({"name": call.name, "arguments": call.arguments});
        json!({"id": call.id, "type": "function", "function": function})
    });
    let refusal = Some(refusal.as_str());
    answer.messages = message(&content.into(), refusal, calls.collect(), Value::Null);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(body: &Value, read: impl FnOnce(&Fields<'_>) -> T) -> T {
        let text = body.to_string();
        read(&Fields::read(text.as_bytes()).unwrap())
    }

    fn filled(body: &Value) -> Value {
        let text = body.to_string();
        let fields = Fields::read(text.as_bytes()).unwrap();
        let slot = question(&fields).unwrap().slot;
        serde_json::from_slice(&slot.filled(text.as_bytes(), "B \"<\n")).unwrap()
    }

    #[test]
    fn a_block_goes_into_the_system_message() {
        let user = json!({"role": "user", "content": "hi"});
        for (system, expected) in [
            (json!("be kind"), json!("be kind\n\nB \"<\n")),
            (json!(""), json!("B \"<\n")),
            (json!([]), json!([{"type": "text", "text": "B \"<\n"}])),
            (
                json!([{"type": "text", "text": "x"}]),
                json!([{"type": "text", "text": "x"}, {"type": "text", "text": "B \"<\n"}]),
            ),
        ] {
            for role in ["system", "developer"] {
                let before = json!({"messages": [user, {"role": role, "content": system}, user]});
                let mut after = before.clone();
                after["messages"][1]["content"] = expected.clone();
                assert_eq!(filled(&before), after);
            }
        }
        let own = json!({"role": "system", "content": "B \"<\n"});
        let without = json!({"messages": [user, user]});
        assert_eq!(filled(&without), json!({"messages": [own, user, user]}));
        assert_eq!(filled(&json!({"messages": []})), json!({"messages": [own]}));
    }

    #[test]
    fn only_what_is_new_is_kept() {
        let body = json!({"messages": [
            {"role": "system", "content": "It is 9:00."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three", "name": "Ada", "extra": 1},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]},
            {"role": "user", "content": ""},
        ]});
        let new = read(&body, new_turns).unwrap();
        assert_eq!(
            new.messages,
            [
                json!({"role": "user", "content": "three", "name": "Ada"}),
                body["messages"][4].clone(),
            ]
        );
        let mut later = body.clone();
        later["messages"][0]["content"] = "It is 9:01.".into();
        assert_eq!(read(&later, new_turns).unwrap().turn, new.turn);
        later["messages"][1]["content"] = "uno".into();
        assert_ne!(read(&later, new_turns).unwrap().turn, new.turn);

        let asked = read(&body, question).unwrap();
        assert_eq!(asked.words, "three");
        assert!(asked.said.contains("two") && asked.said.contains("one"));
    }

    #[test]
    fn results_of_tools_are_new_and_the_question_stays() {
        let body = json!({"messages": [
            {"role": "user", "content": "How is Lyon?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        ]});
        assert_eq!(read(&body, question).unwrap().words, "How is Lyon?");
        let new = read(&body, new_turns).unwrap();
        let result = json!({"role": "tool", "tool_call_id": "c1", "content": "rain"});
        assert_eq!(new.messages, [result]);
    }

    #[test]
    fn what_the_model_is_to_go_on_with_is_not_new() {
        let body = json!({"messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "It is"},
        ]});
        let new = read(&body, new_turns).unwrap();
        assert_eq!(new.messages, [json!({"role": "user", "content": "a"})]);
    }

    #[test]
    fn what_can_not_be_read_is_left_to_the_models_server() {
        for bad in [
            json!({}),
            json!({"messages": "hi"}),
            json!({"messages": [1]}),
            json!({"messages": [{"content": "x"}]}),
        ] {
            assert!(read(&bad, question).is_none(), "{bad}");
        }
    }

    #[test]
    fn answers_are_read_whole_and_in_pieces() {
        let call = json!({"id": "c1", "type": "function",
            "function": {"name": "weather", "arguments": "{\"city\":\"Lyon\"}"}});
        let whole = json!({"model": "m", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hello", "refusal": null, "tool_calls": [call]}}]});
        let expected = Answer {
            messages: vec![json!({"role": "assistant", "content": "Hello", "tool_calls": [call]})],
            model: Some("m".into()),
            whole: true,
        };
        assert_eq!(answer(&whole), expected);

        let piece = |delta: Value, finish: Value| {
            json!({"model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
                .to_string()
        };
        let calls = |id: Value, name: Value, arguments: &str| {
            json!({"tool_calls": [{"index": 0, "id": id,
                "function": {"name": name, "arguments": arguments}}]})
        };
        let mut events = vec![
            piece(json!({"role": "assistant", "content": "Hel"}), Value::Null),
            piece(json!({"content": "lo"}), Value::Null),
            piece(calls("c1".into(), "weather".into(), ""), Value::Null),
            piece(calls(Value::Null, Value::Null, "{\"city\":"), Value::Null),
            piece(calls(Value::Null, Value::Null, "\"Lyon\"}"), Value::Null),
        ];
        assert!(!streamed(&events).whole);
        events.push(piece(json!({}), "tool_calls".into()));
        assert_eq!(streamed(&events), expected);
    }

    #[test]
    fn answers_that_say_nothing_leave_nothing() {
        let empty = json!({"choices": [{"message": {"role": "assistant", "content": ""}}]});
        assert!(answer(&empty).messages.is_empty());
        assert!(!answer(&json!({"error": {}})).whole);
        let no = json!({"choices": [{"message": {"content": null, "refusal": "I won't."}}]});
        assert_eq!(answer(&no).messages[0]["refusal"], "I won't.");
    }
}
