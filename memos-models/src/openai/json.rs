//! JSON in a model's words: models wrap it in code fences and prose, think aloud before it, and
//! leave a comma too many or a bracket too few.

use serde_json::Value;

/// The JSON values that a text holds, the likeliest first: the text itself; else the objects and
/// lists in it, outermost ones only, in their order; else its one unfinished value, if there is only
/// one way to finish it. What a model thought aloud (`<think>…</think>`) is no part of its answer.
///
/// ```
/// use memos_models::json_in;
/// use serde_json::json;
///
/// assert_eq!(json_in("Sure!\n```json\n{\"a\": [1, 2,]}\n```"), [json!({"a": [1, 2]})]);
/// assert_eq!(json_in("{\"a\": [\"b\"]"), [json!({"a": ["b"]})]);
/// assert!(json_in("{\"a\": [\"b").is_empty());
/// ```
pub fn json_in(text: &str) -> Vec<Value> {
    let text = match text.rsplit_once("</think>") {
        Some((_, answer)) => answer,
        None => text,
    };
    let text = text.trim().trim_start_matches('\u{FEFF}');
    if let Some(value) = parse(text) {
        return vec![value];
    }
    let mut values = Vec::new();
    let mut rest = text;
    // What lies inside a broken value is never taken for the value.
    while let Some(start) = rest.find(['{', '[']) {
        match extent(&rest[start..]) {
            Extent::Whole(length) => {
                let end = start + length;
                values.extend(parse(&rest[start..end]));
                rest = &rest[end..];
            }
            Extent::Unfinished(closers) if values.is_empty() => {
                // A fence has no words; prose that follows makes it no JSON.
                let begun = rest[start..].trim_end_matches(['`', '\n', '\r', ' ']);
                let mended = finished(begun).then(|| parse(&format!("{begun}{closers}")));
                return mended.flatten().into_iter().collect();
            }
            Extent::Unfinished(_) | Extent::Broken => break,
        }
    }
    values
}

/// Whether the value begun has whole parts only: after a comma or a colon something is missing, and
/// a number may lack digits.
fn finished(begun: &str) -> bool {
    begun.ends_with(['}', ']', '"'])
        || ["true", "false", "null"]
            .iter()
            .any(|word| begun.ends_with(word))
}

/// As it is, or without the commas before closing brackets.
fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&without_stray_commas(text)))
        .ok()
}

/// How far the value reaches that a text begins with.
enum Extent {
    /// So many bytes.
    Whole(usize),
    /// Beyond the end: these brackets are missing.
    Unfinished(String),
    /// Nowhere: a bracket closes what it did not open, or a string does not end.
    Broken,
}

fn extent(text: &str) -> Extent {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(byte) {
                    return Extent::Broken;
                }
                if open.is_empty() {
                    return Extent::Whole(i + 1);
                }
            }
            _ => {}
        }
    }
    if in_string {
        return Extent::Broken;
    }
    Extent::Unfinished(open.into_iter().rev().map(char::from).collect())
}

fn without_stray_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if c == '"' {
            in_string = true;
        } else if c == ',' && text[i + 1..].trim_start().starts_with(['}', ']']) {
            continue;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_found_in_what_models_wrap_it_in() {
        let value = json!({"a": ["x, ]", "}"], "b": {"c": null}});
        let text = value.to_string();
        for wrapped in [
            text.clone(),
            format!("\u{FEFF} {text}\n"),
            format!("```json\n{text}\n```"),
            format!("```\n{text}\n```\nI hope this helps {{really}}!"),
            format!("Here you go [as asked]: {text} — anything else?"),
            format!("<think>{{\"a\": 1}} or maybe [2]</think>\n{text}"),
        ] {
            assert_eq!(json_in(&wrapped), vec![value.clone()], "{wrapped}");
        }
        let two = json_in("First {\"a\": 1}, or else {\"a\": 2}");
        assert_eq!(two, [json!({"a": 1}), json!({"a": 2})]);
    }

    #[test]
    fn only_what_has_one_reading_is_mended() {
        let same = json!({"a": [{"b": "c,]"}, true]});
        for slip in [
            r#"{"a": [{"b": "c,]",}, true , ],}"#,
            r#"{"a": [{"b": "c,]"}, true"#,
            r#"{"a": [{"b": "c,]"}, true]"#,
            "```json\n{\"a\": [{\"b\": \"c,]\"}, true\n```",
        ] {
            assert_eq!(json_in(slip), vec![same.clone()], "{slip}");
        }
        for cut in [
            r#"{"a": [{"b": "c"#,
            r#"{"a": 12"#,
            r#"{"a":"#,
            r#"{"a": 1, "b""#,
            r#"{"a": ["b","#,
            r#"{"a": ]}"#,
            "no JSON at all",
            "",
        ] {
            assert_eq!(json_in(cut), Vec::<Value>::new(), "{cut}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~“中🦀]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"{,]{1,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_whole_comes_back_whole(value in values(), fence in any::<bool>()) {
            let mut text = serde_json::to_string_pretty(&value).unwrap();
            if fence && (value.is_object() || value.is_array()) {
                text = format!("Here:\n```json\n{text}\n```");
            }
            prop_assert_eq!(json_in(&text), vec![value]);
        }

        /// Cut anywhere, nothing is invented: what comes back is the value itself or less, never a
        /// changed leaf.
        #[test]
        fn what_is_cut_is_never_changed(value in values(), cut in any::<prop::sample::Index>()) {
            let text = value.to_string();
            let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
            let text = &text[..ends[cut.index(ends.len())]];
            let whole = value.to_string();
            for got in json_in(text) {
                let leaves = got.to_string();
                for word in leaves.split(['{', '}', '[', ']', ',']).filter(|w| w.len() > 1) {
                    prop_assert!(whole.contains(word), "{word} of {got} is not in {whole}");
                }
            }
        }

        #[test]
        fn no_text_is_too_strange(text in "[\\[\\]{}\",:a1 \\\\`]{0,40}") {
            json_in(&text);
        }
    }
}
