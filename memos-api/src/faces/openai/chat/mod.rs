//! `/chat/completions`: what its requests ask.

mod answer;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::body::{Fields, Slot, texts};
use super::contract::{
    NewTurns, Place, Question, Turn, as_remembered, on_lines, says_something, with_whole,
};

pub(super) use answer::{answer, streamed};

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
        place.pass_message(conversation.raw[at]);
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

/// The fields of a message that memory reads. Others may nest as deep as they like.
#[derive(Deserialize)]
struct Said {
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    tool_call_id: Value,
}

/// What is kept of a message of a user or a tool.
fn kept(raw: &RawValue) -> Option<Value> {
    let said: Said = serde_json::from_str(raw.get()).ok()?;
    if !matches!(&*said.role, "user" | "tool" | "function") || !says_something(&said.content) {
        return None;
    }
    let mut kept = json!({"role": said.role, "content": said.content});
    for (field, value) in [("name", said.name), ("tool_call_id", said.tool_call_id)] {
        if value.as_str().is_some_and(|text| !text.trim().is_empty()) {
            kept[field] = value;
        }
    }
    Some(kept)
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
    fn a_message_is_the_same_however_its_json_is_written() {
        let place = |text: &str| {
            new_turns(&Fields::read(text.as_bytes()).unwrap())
                .unwrap()
                .place
        };
        let one = r#"{"messages":[{"role":"user","content":"white space"}]}"#;
        let same = r#"{"messages":[ {"content": "white\u0020space", "role":"user"}]}"#;
        let other = r#"{"messages":[{"role":"user","content":"white spaces"}]}"#;
        assert_eq!(place(one), place(same));
        assert_ne!(place(one), place(other));
    }

    #[test]
    fn a_field_of_others_may_nest_deep() {
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        let text = format!(r#"{{"messages":[{{"role":"user","content":"hi","x":{deep}}}]}}"#);
        let new = new_turns(&Fields::read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(messages(&new), [json!({"role": "user", "content": "hi"})]);
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
}
