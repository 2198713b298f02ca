//! Chat logs in chunks of lines that read by themselves as they do in the whole log.

use serde_json::Value;

use super::parts::PART_BYTES;

/// Fields in which a message may carry its time.
const TIMES: [&str; 3] = ["chat_time", "timestamp", "created_at"];

/// The chunks of a log. A log that is one JSON value over many lines stays whole.
pub(super) fn chunks(text: &str) -> Vec<String> {
    if text
        .lines()
        .any(|line| !line.trim().is_empty() && parse(line).is_none())
    {
        return vec![text.to_owned()];
    }
    let mut chunks: Vec<String> = Vec::new();
    let mut carried = false;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let value = parse(line);
        let has_time = value.as_ref().is_some_and(has_time);
        let is_group = value.as_ref().is_some_and(|v| !is_message(v));
        // A message without a time was said at the time of the one before: they stay together.
        let may_start = has_time || is_group || !carried;
        carried |= has_time || is_group;
        match chunks.last_mut() {
            // Empty lines in front don't count, so they count no bytes.
            Some(chunk) if !may_start || chunk.trim_start().len() + line.len() <= PART_BYTES => {
                chunk.push_str(line);
            }
            // Sessions may be named by the number of their line.
            _ => chunks.push("\n".repeat(i) + line),
        }
    }
    chunks
}

fn parse(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}

fn is_message(value: &Value) -> bool {
    value.is_object() && !value.get("messages").is_some_and(Value::is_array)
}

fn has_time(value: &Value) -> bool {
    is_message(value)
        && TIMES
            .iter()
            .any(|key| value.get(*key).is_some_and(|t| !t.is_null()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::reader::{DocumentInput, Format, read_document};

    #[derive(Clone, Debug)]
    enum Line {
        Plain,
        Timed(i64),
        Group(bool),
        Blank,
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        let line = prop_oneof![
            4 => Just(Line::Plain),
            2 => (1_000_000_000_i64..1_700_000_000).prop_map(Line::Timed),
            1 => any::<bool>().prop_map(Line::Group),
            1 => Just(Line::Blank),
        ];
        proptest::collection::vec(line, 1..60)
    }

    fn written(lines: &[Line]) -> String {
        // Long enough that a few lines fill a chunk.
        let words = "some words here ".repeat(1500);
        let line = |(i, line): (usize, &Line)| {
            let content = format!("{i} {words}");
            match line {
                Line::Plain => json!({"role": "user", "content": content}).to_string(),
                Line::Timed(at) => {
                    json!({"role": "user", "content": content, "timestamp": at}).to_string()
                }
                Line::Group(named) => {
                    let id = named.then(|| format!("s{i}"));
                    let message =
                        json!({"role": "user", "content": content, "chat_time": "2024-01-01"});
                    json!({"id": id, "messages": [message]}).to_string()
                }
                Line::Blank => String::new(),
            }
        };
        lines
            .iter()
            .enumerate()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn read(text: &str) -> Vec<crate::reader::Draft> {
        let now = "2025-06-01".parse().unwrap();
        let input = DocumentInput {
            name: Some("log.jsonl".into()),
            format: Some(Format::ChatJsonl),
            ..DocumentInput::new(text, now)
        };
        read_document(&input).unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn chunks_read_as_the_whole(lines in lines()) {
            let text = written(&lines);
            let chunks = chunks(&text);
            let parted: Vec<_> = chunks.iter().flat_map(|c| read(c)).collect();
            prop_assert_eq!(parted, read(&text));
        }
    }

    #[test]
    fn a_long_log_has_several_chunks_and_a_json_value_one() {
        let lines = vec![Line::Plain; 30];
        assert!(chunks(&written(&lines)).len() > 3);
        let value =
            serde_json::to_string_pretty(&json!([{"role": "user", "content": "a"}])).unwrap();
        assert_eq!(chunks(&value), [value]);
    }
}
