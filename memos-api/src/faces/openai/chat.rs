//! `/chat/completions`: what its requests ask and its answers say.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::{Fields, Slot, readable, texts};
use super::contract::{
    Answer, NewTurns, Place, Question, Turn, as_remembered, on_lines, says_something, with_whole,
};

/// A message, as far as it matters here.
#[derive(Deserialize)]
struct Head<'a> {
    role: String,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
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

    /// All that a message says, as it may be remembered: its parts, and the whole.
    fn said(&self, at: usize) -> Vec<String> {
        let mut said = with_whole(self.words(at));
        let head = &self.heads[at];
        let more = [head.tool_calls, head.function_call, head.refusal];
        if (said.is_empty() || more.iter().any(Option::is_some))
            && let Ok(message) = serde_json::from_str(self.raw[at].get())
        {
            said.extend(as_remembered(message));
        }
        said
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
    let said = (0..conversation.heads.len()).flat_map(|at| conversation.said(at));
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
    let (mut place, mut turns) = (Place::default(), Vec::new());
    for at in 0..new.end {
        // An application may put the time of day into its instructions: they are no part of the place.
        if instructs(&conversation.heads[at]) {
            continue;
        }
        place.pass(conversation.raw[at].get());
        if at >= new.start
            && let Some(message) = kept(conversation.raw[at])
        {
            turns.push(Turn {
                message,
                place: place.name(),
            });
        }
    }
    Some(NewTurns {
        turns,
        place: place.name(),
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

pub(super) fn streamed(events: &[String]) -> Answer {
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

    fn read<T>(body: &Value, read: impl FnOnce(&Fields<'_>) -> T) -> T {
        let text = body.to_string();
        read(&Fields::read(text.as_bytes()).unwrap())
    }

    fn messages(new: &NewTurns) -> Vec<Value> {
        new.turns.iter().map(|turn| turn.message.clone()).collect()
    }

    /// A piece of an answer.
    fn piece(delta: Value, finish: Value) -> String {
        let mut choice = json!({"index": 0});
        choice["delta"] = delta;
        choice["finish_reason"] = finish;
        json!({"model": "m", "choices": [choice]}).to_string()
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
            messages(&new),
            [
                json!({"role": "user", "content": "three", "name": "Ada"}),
                body["messages"][4].clone(),
            ]
        );
        let mut later = body.clone();
        later["messages"][0]["content"] = "It is 9:01.".into();
        assert_eq!(read(&later, new_turns).unwrap().place, new.place);
        later["messages"][1]["content"] = "uno".into();
        assert_ne!(read(&later, new_turns).unwrap().place, new.place);

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
        assert_eq!(messages(&new), [result]);
    }

    #[test]
    fn what_the_model_is_to_go_on_with_is_not_new() {
        let body = json!({"messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "It is"},
        ]});
        let new = read(&body, new_turns).unwrap();
        assert_eq!(messages(&new), [json!({"role": "user", "content": "a"})]);
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
    fn a_turn_has_the_same_place_whatever_comes_after_it() {
        let user = |text: &str| json!({"role": "user", "content": text});
        let of = |messages: Value| read(&json!({"messages": messages}), new_turns).unwrap();
        let first = of(json!([user("a")]));
        let second = of(json!([user("a"), user("c")]));
        assert_eq!(second.turns[0], first.turns[0]);
        assert_eq!(second.turns[1].place, second.place);
        assert_ne!(second.place, first.place);
        // The same words elsewhere are another turn.
        assert_ne!(of(json!([user("c")])).turns[0].place, second.turns[1].place);
    }

    #[test]
    fn calls_and_results_are_among_what_is_said() {
        let body = json!({"messages": [
            {"role": "user", "content": "How is Lyon?"},
            {"role": "assistant", "content": "Looking.", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "assistant", "content": null, "refusal": "I won't."},
        ]});
        let said = read(&body, question).unwrap().said;
        for text in [
            "Looking.",
            "Looking.\nweather({})",
            "rain",
            "f({})",
            "I won't.",
        ] {
            assert!(said.contains(text), "{text}: {said:?}");
        }
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
