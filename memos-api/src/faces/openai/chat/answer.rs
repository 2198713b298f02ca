//! What an answer says, whole or piece by piece.

use serde_json::{Value, json};

use crate::faces::openai::contract::{Answer, says_something};
use crate::http::readable;

pub(in crate::faces::openai) fn answer(body: &Value) -> Answer {
    let choices = body["choices"].as_array().map(Vec::as_slice);
    let choices = choices.unwrap_or_default();
    let is_first = |choice: &&Value| choice["index"].as_u64() == Some(0);
    let choice = choices.iter().find(is_first).or(choices.first());
    let choice = choice.unwrap_or(&Value::Null);
    let said = &choice["message"];
    Answer {
        messages: message(
            &said["content"],
            said["refusal"].as_str(),
            said["tool_calls"].as_array().cloned().unwrap_or_default(),
            said["function_call"].clone(),
        ),
        model: body["model"].as_str().map(str::to_owned),
        id: None,
        whole: said.is_object() && !is_failure(body, choice),
    }
}

/// Whether an answer, or a piece of one, says that it failed.
fn is_failure(body: &Value, choice: &Value) -> bool {
    !body["error"].is_null() || choice["finish_reason"] == "error"
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
    index: Option<u64>,
    id: Option<String>,
    name: String,
    arguments: String,
}

impl Call {
    fn hear(&mut self, function: &Value) {
        let name = function["name"].as_str().unwrap_or_default();
        // Some servers say it with every piece.
        if name != self.name {
            self.name.push_str(name);
        }
        let more = function["arguments"].as_str().unwrap_or_default();
        self.arguments.push_str(more);
    }
}

/// The tool calls of an answer, in the order in which they began.
#[derive(Default)]
struct Calls(Vec<Call>);

impl Calls {
    fn hear(&mut self, piece: &Value) {
        let index = piece["index"].as_u64();
        let id = piece["id"].as_str().filter(|id| !id.is_empty());
        let known = self.0.iter().rposition(|call| {
            // Not every server counts its calls, nor counts right: a new id is a new call.
            let is_here = index.is_none() || call.index.is_none() || call.index == index;
            is_here && (id.is_none() || call.id.is_none() || call.id.as_deref() == id)
        });
        let at = known.unwrap_or_else(|| {
            self.0.push(Call::default());
            self.0.len() - 1
        });
        let call = &mut self.0[at];
        call.index = call.index.or(index);
        if call.id.is_none() {
            call.id = id.map(str::to_owned);
        }
        call.hear(&piece["function"]);
    }

    fn told(self) -> Vec<Value> {
        let named = self.0.into_iter().filter(|call| !call.name.is_empty());
        let told = named.map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call.id, "type": "function", "function": function})
        });
        told.collect()
    }
}

pub(in crate::faces::openai) fn streamed(events: &[String]) -> Answer {
    let (mut content, mut refusal) = (String::new(), String::new());
    let (mut calls, mut function) = (Calls::default(), Call::default());
    let mut answer = Answer::default();
    let mut failed = false;
    for data in events {
        if data.trim() == "[DONE]" {
            answer.whole = true;
            continue;
        }
        let Ok(event) = serde_json::from_slice::<Value>(&readable(data.as_bytes())) else {
            continue;
        };
        failed |= is_failure(&event, &Value::Null);
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
                calls.hear(piece);
            }
            function.hear(&delta["function_call"]);
            failed |= is_failure(&event, choice);
            let reason = choice["finish_reason"].as_str();
            answer.whole |= reason.is_some_and(|reason| !reason.is_empty());
        }
    }
    answer.whole &= !failed;
    let function = match function.name.is_empty() {
        true => Value::Null,
        false => json!({"name": function.name, "arguments": function.arguments}),
    };
    let refusal = Some(refusal.as_str());
    answer.messages = message(&content.into(), refusal, calls.told(), function);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of an answer.
    fn piece(delta: Value, finish: Value) -> String {
        let mut choice = json!({"index": 0});
        choice["delta"] = delta;
        choice["finish_reason"] = finish;
        json!({"model": "m", "choices": [choice]}).to_string()
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
            id: None,
            whole: true,
        };
        assert_eq!(answer(&whole), expected);

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

    #[test]
    fn streamed_calls_are_kept_apart() {
        let of = |pieces: &[Value]| {
            let pieces = pieces.iter().map(|p| json!({"tool_calls": [p]}));
            let mut events: Vec<String> = pieces.map(|delta| piece(delta, Value::Null)).collect();
            events.push(piece(json!({}), "tool_calls".into()));
            let told = streamed(&events).messages;
            let calls = told[0]["tool_calls"].as_array().unwrap().iter();
            let call = |call: &Value| {
                let function = &call["function"];
                format!(
                    "{} {}{}",
                    call["id"], function["name"], function["arguments"]
                )
                .replace('"', "")
            };
            calls.map(call).collect::<Vec<_>>()
        };
        let part = |index: Value, id: Value, name: Value, arguments: &str| json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}});
        let none = || Value::Null;
        let both = ["a f12", "b g34"];
        for index in [none(), 0.into()] {
            let at = || index.clone();
            // The second has the first's number, or none has one.
            let pieces = [
                part(at(), "a".into(), "f".into(), "1"),
                part(at(), none(), none(), "2"),
                part(at(), "b".into(), "g".into(), "3"),
                part(at(), "".into(), none(), "4"),
            ];
            assert_eq!(of(&pieces), both);
            // Each piece says all.
            let pieces = [
                part(at(), "a".into(), "f".into(), "1"),
                part(at(), "a".into(), "f".into(), "2"),
                part(at(), "b".into(), "g".into(), "3"),
                part(at(), "b".into(), "g".into(), "4"),
            ];
            assert_eq!(of(&pieces), both);
        }
        // Pieces of two calls take turns.
        let pieces = [
            part(0.into(), "a".into(), "f".into(), "1"),
            part(1.into(), "b".into(), "g".into(), "3"),
            part(0.into(), none(), none(), "2"),
            part(1.into(), none(), none(), "4"),
        ];
        assert_eq!(of(&pieces), both);
    }

    #[test]
    fn calls_of_the_old_form_are_streamed_too() {
        let call = |function: Value| piece(json!({"function_call": function}), Value::Null);
        let told = streamed(&[
            call(json!({"name": "weather", "arguments": ""})),
            call(json!({"arguments": "{\"city\":"})),
            call(json!({"arguments": "\"Lyon\"}"})),
            piece(json!({}), "function_call".into()),
        ]);
        assert!(told.whole);
        let function = json!({"name": "weather", "arguments": "{\"city\":\"Lyon\"}"});
        assert_eq!(told.messages[0]["function_call"], function);
    }

    #[test]
    fn an_answer_that_failed_is_not_whole() {
        let hello = || piece(json!({"content": "Hello"}), Value::Null);
        let done = || "[DONE]".to_owned();
        let error = json!({"error": {"message": "overloaded"}}).to_string();
        assert!(streamed(&[hello(), done()]).whole);
        assert!(!streamed(&[hello(), error, done()]).whole);
        assert!(!streamed(&[hello(), piece(json!({}), "error".into()), done()]).whole);
        assert!(!streamed(&[hello(), piece(json!({}), "".into())]).whole);
        let mut body = json!({"choices": [{"message": {"content": "Hel"}}], "error": null});
        assert!(answer(&body).whole);
        body["error"] = json!({"message": "overloaded"});
        assert!(!answer(&body).whole);
    }

    #[test]
    fn of_several_answers_the_one_that_is_called_first_is_kept() {
        let choice = |index: u64, text: &str| json!({"index": index, "message": {"content": text}});
        let body = json!({"choices": [choice(1, "second"), choice(0, "first")]});
        assert_eq!(answer(&body).messages[0]["content"], "first");
        let body = json!({"choices": [{"message": {"content": "only"}}]});
        assert_eq!(answer(&body).messages[0]["content"], "only");
    }

    #[test]
    fn a_piece_with_half_a_character_is_read() {
        let cut = piece(json!({"content": "grapes X"}), "stop".into()).replace('X', "\\ud83d");
        assert_eq!(streamed(&[cut]).messages[0]["content"], "grapes \u{fffd}");
    }
}
