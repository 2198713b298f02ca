//! `/responses`: what its requests ask and its answers say.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::{Fields, Slot, id, texts};
use super::contract::{
    Answer, NewTurns, Place, Question, Turn, as_remembered, on_lines, says_something, tool_call,
    with_whole,
};
use crate::http::readable;

/// One thing of a conversation: a message, a tool call, its result, or something else.
#[derive(Deserialize)]
struct Head<'a> {
    r#type: Option<String>,
    role: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// Whose turn an item belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    User,
    Tool,
    Model,
    /// Instructions.
    Nobody,
}

impl Head<'_> {
    fn whose(&self) -> Whose {
        match (self.r#type.as_deref(), self.role.as_deref()) {
            (None | Some("message"), Some("user")) => Whose::User,
            (None | Some("message"), Some("assistant")) => Whose::Model,
            (None | Some("message"), _) => Whose::Nobody,
            (Some(kind), _) if kind.ends_with("_output") => Whose::Tool,
            (Some("mcp_approval_response"), _) => Whose::Tool,
            // Calls and thoughts, and references to what the server keeps: clients that send the user's
            // words anew each time refer to the model's.
            (Some(_), _) => Whose::Model,
        }
    }
}

/// The input of a request: one text of the user, or items.
enum Input<'a> {
    Text(&'a RawValue),
    Items(Vec<(&'a RawValue, Head<'a>)>),
}

impl<'a> Input<'a> {
    fn read(body: &Fields<'a>) -> Option<Self> {
        let raw = body.raw("input")?;
        if raw.get().starts_with('"') {
            return Some(Self::Text(raw));
        }
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
        let heads = items.into_iter().map(|item| {
            let head = serde_json::from_str(item.get()).ok()?;
            Some((item, head))
        });
        heads.collect::<Option<_>>().map(Self::Items)
    }
}

/// The items since the model last spoke, of those before the end.
fn new_of(items: &[(&RawValue, Head<'_>)]) -> std::ops::Range<usize> {
    let is_answer = |(_, head): &(&RawValue, Head<'_>)| head.whose() == Whose::Model;
    let end = items.iter().rposition(|item| !is_answer(item));
    let end = end.map_or(0, |last| last + 1);
    let start = items[..end].iter().rposition(is_answer);
    start.map_or(0, |last| last + 1)..end
}

pub(super) fn question(body: &Fields<'_>) -> Option<Question> {
    let (words, said) = match Input::read(body)? {
        Input::Text(text) => (texts(text), texts(text)),
        Input::Items(items) => {
            let words = |(_, head): &(&RawValue, Head<'_>)| match head.content {
                Some(content) => texts(content),
                None => Vec::new(),
            };
            let said = |item: &(&RawValue, Head<'_>)| {
                let mut said = with_whole(words(item));
                // Calls of tools, their results, pictures.
                if said.is_empty()
                    && let Ok(whole) = serde_json::from_str(item.0.get())
                {
                    said.extend(message(&whole).and_then(as_remembered));
                }
                said
            };
            let is_user = |item: &&(&RawValue, Head<'_>)| item.1.whose() == Whose::User;
            let new = new_of(&items);
            let mut asked: Vec<_> = items[new.clone()].iter().filter(is_user).collect();
            if asked.is_empty() {
                asked.extend(items[..new.start].iter().rev().find(is_user));
            }
            (
                asked.into_iter().flat_map(words).collect(),
                items.iter().flat_map(said).collect(),
            )
        }
    };
    Some(Question {
        words: on_lines(&words),
        said: said.iter().map(|text| text.trim().to_owned()).collect(),
        slot: slot(body)?,
    })
}

/// At the end of the instructions. Unlike an item they are not kept by the server, so that blocks
/// don't pile up in its conversations.
fn slot(body: &Fields<'_>) -> Option<Slot> {
    match body.raw("instructions") {
        Some(given) if given.get().starts_with('"') => Some(Slot::end_of(&body.place(given))),
        // What is no text is not ours to change.
        Some(_) => None,
        None => Some(match body.place_of("instructions") {
            Some(null) => Slot {
                range: null,
                before: "\"",
                after: "\"",
            },
            None => {
                let after = if body.is_empty() { "\"" } else { "\"," };
                Slot::at(body.beginning(), "\"instructions\":\"", after)
            }
        }),
    }
}

pub(super) fn new_turns(body: &Fields<'_>) -> Option<NewTurns> {
    let (mut place, mut turns) = (Place::default(), Vec::new());
    // Where a conversation goes on that the server keeps.
    for name in ["previous_response_id", "conversation"] {
        place.pass(body.raw(name).map_or("", RawValue::get));
    }
    match Input::read(body)? {
        Input::Text(raw) => {
            let text: Value = serde_json::from_str(raw.get()).ok()?;
            let message = json!({"role": "user", "content": text});
            place.pass_message(raw);
            if says_something(&message["content"]) {
                turns.push(Turn {
                    message,
                    place: place.name(),
                });
            }
        }
        Input::Items(items) => {
            let new = new_of(&items);
            for (at, (raw, head)) in items[..new.end].iter().enumerate() {
                let whose = head.whose();
                if whose == Whose::Nobody {
                    continue;
                }
                place.pass_message(raw);
                if at < new.start || whose == Whose::Model {
                    continue;
                }
                let item = serde_json::from_str(raw.get()).ok();
                turns.extend(item.as_ref().and_then(message).map(|message| Turn {
                    message,
                    place: place.name(),
                }));
            }
        }
    }
    Some(NewTurns {
        turns,
        place: place.name(),
    })
}

/// An item as a message of the Memory API, if it is something that was said or done.
fn message(item: &Value) -> Option<Value> {
    let text = |name: &str| item[name].as_str();
    let kind = text("type").unwrap_or("message");
    match kind {
        "message" => {
            let content = &item["content"];
            let role = text("role")?;
            says_something(content).then(|| json!({"role": role, "content": content}))
        }
        "function_call" => Some(tool_call(
            text("call_id"),
            text("name")?,
            text("arguments")?,
        )),
        "custom_tool_call" => Some(tool_call(text("call_id"), text("name")?, text("input")?)),
        kind if kind.ends_with("_output") => {
            let output = &item["output"];
            let mut result = match output {
                Value::String(_) | Value::Array(_) => json!({"content": output}),
                Value::Null => return None,
                // What a tool of the server's own kind tells, as it tells it.
                other => json!({"content": other.to_string()}),
            };
            if !says_something(&result["content"]) {
                return None;
            }
            result["role"] = "tool".into();
            if let Some(call) = text("call_id").filter(|call| !call.trim().is_empty()) {
                result["tool_call_id"] = call.into();
            }
            Some(result)
        }
        _ => None,
    }
}

pub(super) fn answer(body: &Value) -> Answer {
    let output = body["output"].as_array().into_iter().flatten();
    // Of one that was cut off at its longest there is no more to come.
    let status = body["status"].as_str().unwrap_or("completed");
    Answer {
        messages: output.filter_map(message).collect(),
        model: body["model"].as_str().map(str::to_owned),
        id: body["id"].as_str().map(str::to_owned),
        whole: body["output"].is_array()
            && body["error"].is_null()
            && matches!(status, "completed" | "incomplete"),
    }
}

pub(super) fn streamed(events: &[String]) -> Answer {
    let mut items = Vec::new();
    let mut words = String::new();
    let mut broken = Answer::default();
    for data in events {
        let Ok(mut event) = serde_json::from_slice::<Value>(&readable(data.as_bytes())) else {
            continue;
        };
        match event["type"].as_str() {
            Some("response.created") => {
                broken.id = event["response"]["id"].as_str().map(str::to_owned);
            }
            Some("error") => return broken,
            _ if !event["error"].is_null() => return broken,
            Some("response.output_text.delta") => {
                words.push_str(event["delta"].as_str().unwrap_or_default());
            }
            Some("response.output_item.done") => items.push(event["item"].take()),
            Some("response.completed" | "response.incomplete") => {
                let mut told = answer(&event["response"]);
                told.whole = event["response"]["error"].is_null();
                told.id = told.id.or(broken.id);
                if told.messages.is_empty() {
                    // Some servers say at the end only that it is the end.
                    told.messages = items.iter().filter_map(message).collect();
                }
                if told.messages.is_empty() && !words.trim().is_empty() {
                    told.messages = vec![json!({"role": "assistant", "content": words})];
                }
                return told;
            }
            _ => {}
        }
    }
    broken
}

/// What the request goes on from, if the server keeps it: a response, a conversation.
pub(super) fn threads(body: &Fields<'_>) -> Vec<String> {
    let threads = [body.id("previous_response_id"), conversation(body)];
    threads.into_iter().flatten().collect()
}

/// The name of the conversation that the server keeps, if the request names one.
pub(super) fn conversation(body: &Fields<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Conversation<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    let raw = body.raw("conversation")?;
    id(raw).or_else(|| {
        let object: Conversation<'_> = serde_json::from_str(raw.get()).ok()?;
        id(object.id)
    })
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

    fn filled(body: &str) -> Value {
        let fields = Fields::read(body.as_bytes()).unwrap();
        let slot = question(&fields).unwrap().slot;
        serde_json::from_slice(&slot.filled(body.as_bytes(), "B")).unwrap()
    }

    #[test]
    fn a_block_goes_to_the_end_of_the_instructions() {
        for (before, after) in [
            (
                json!({"input": "hi"}),
                json!({"input": "hi", "instructions": "B"}),
            ),
            (
                json!({"input": "hi", "instructions": null}),
                json!({"input": "hi", "instructions": "B"}),
            ),
            (
                json!({"instructions": "be kind", "input": []}),
                json!({"instructions": "be kind\n\nB", "input": []}),
            ),
        ] {
            assert_eq!(filled(&before.to_string()), after);
        }
        let odd = json!({"input": "hi", "instructions": ["x"]});
        assert!(read(&odd, question).is_none());
    }

    #[test]
    fn items_since_the_model_spoke_are_new() {
        let body = json!({"conversation": {"id": "conv_1"}, "input": [
            {"role": "developer", "content": "be kind"},
            {"role": "user", "content": "How is Lyon?"},
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "rain"},
        ]});
        let new = read(&body, new_turns).unwrap();
        let result = json!({"role": "tool", "content": "rain", "tool_call_id": "c1"});
        assert_eq!(messages(&new), [result]);
        assert_eq!(read(&body, question).unwrap().words, "How is Lyon?");
        assert_eq!(read(&body, conversation).as_deref(), Some("conv_1"));

        let text = json!({"input": "hello", "previous_response_id": "resp_1"});
        let new = read(&text, new_turns).unwrap();
        assert_eq!(
            messages(&new),
            [json!({"role": "user", "content": "hello"})]
        );
        let later = json!({"input": "hello", "previous_response_id": "resp_2"});
        assert_ne!(read(&later, new_turns).unwrap().place, new.place);
    }

    #[test]
    fn answers_are_read_whole_and_in_pieces() {
        let output = json!([
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "Rain.", "annotations": []}
            ]},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        ]);
        let response = json!({"model": "m", "status": "completed", "output": output});
        let told = answer(&response);
        assert!(told.whole);
        assert_eq!(told.messages.len(), 2);
        assert_eq!(told.messages[0]["content"][0]["text"], "Rain.");
        assert_eq!(
            told.messages[1]["tool_calls"][0]["function"]["name"],
            "weather"
        );

        let delta = json!({"type": "response.output_text.delta", "delta": "Rain."}).to_string();
        let done = json!({"type": "response.output_item.done", "item": output[1]}).to_string();
        let end = |output: Value| {
            let response = json!({"model": "m", "status": "completed", "output": output});
            json!({"type": "response.completed", "response": response}).to_string()
        };
        assert_eq!(streamed(&[delta.clone(), end(output.clone())]), told);
        let items = streamed(&[delta.clone(), done, end(json!([]))]);
        assert_eq!(items.messages, told.messages[..1]);
        let words = streamed(&[delta.clone(), end(json!([]))]);
        assert_eq!(
            words.messages,
            [json!({"role": "assistant", "content": "Rain."})]
        );
        assert!(!streamed(&[delta]).whole);
        let failed = json!({"status": "failed", "output": []});
        assert!(!answer(&failed).whole);
    }

    #[test]
    fn a_reference_stands_for_what_the_model_said() {
        let user =
            |text: &str| json!({"role": "user", "content": [{"type": "input_text", "text": text}]});
        let reference = |id: &str| json!({"type": "item_reference", "id": id});
        let of = |input: Value| read(&json!({"input": input}), new_turns).unwrap();
        let first = of(json!([user("a")]));
        let second = of(json!([user("a"), reference("msg_1"), user("b")]));
        assert_eq!(messages(&second), [user("b")]);
        assert_ne!(second.place, first.place);
        // Of one that was not answered the turn comes again.
        let again = of(json!([user("a"), user("b")]));
        assert_eq!(again.turns[0], first.turns[0]);
        assert_eq!(again.turns.len(), 2);
    }

    #[test]
    fn calls_and_results_are_among_what_is_said() {
        let body = json!({"input": [
            {"role": "user", "content": "How is Lyon?"},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "rain"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "note", "input": "x"},
        ]});
        let said = read(&body, question).unwrap().said;
        for text in ["How is Lyon?", "weather({})", "rain", "note(x)"] {
            assert!(said.contains(text), "{text}: {said:?}");
        }
    }

    #[test]
    fn a_stream_that_tells_of_an_error_is_broken() {
        let created = json!({"type": "response.created", "response": {"id": "resp_1"}}).to_string();
        let completed = json!({"type": "response.completed", "response":
            {"id": "resp_1", "status": "completed", "output": []}})
        .to_string();
        let delta = json!({"type": "response.output_text.delta", "delta": "Rain."}).to_string();
        let whole = streamed(&[created.clone(), delta.clone(), completed.clone()]);
        assert!(whole.whole);
        assert_eq!(whole.id.as_deref(), Some("resp_1"));
        for error in [
            json!({"type": "error", "message": "overloaded"}),
            json!({"error": {"message": "overloaded"}}),
        ] {
            let events = [
                created.clone(),
                delta.clone(),
                error.to_string(),
                completed.clone(),
            ];
            let told = streamed(&events);
            assert!(!told.whole);
            assert_eq!(told.id.as_deref(), Some("resp_1"));
        }
    }
}
