//! Documents among the parts of a message, as the platform takes them: `mdx_url` is a text in base64 or
//! its address, `pdf_url` the address of a PDF. A text becomes the words of its message; what this
//! server can't read is refused, for a message without it would say less than was sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memos_core::{Code, Error, Result};
use serde_json::{Value, json};

use crate::faces::kit::text_of_file;

/// Puts texts in the place of documents.
///
/// # Errors
/// `InvalidRequest` at the part that can't be read.
pub(super) fn unfold(messages: &mut [Value]) -> Result<()> {
    for (i, message) in messages.iter_mut().enumerate() {
        let at = format!("messages.{i}.content");
        match message.get_mut("content") {
            Some(Value::Array(parts)) => {
                for (j, part) in parts.iter_mut().enumerate() {
                    unfold_part(part, &format!("{at}.{j}"))?;
                }
            }
            Some(part) => unfold_part(part, &at)?,
            None => {}
        }
    }
    Ok(())
}

fn unfold_part(part: &mut Value, at: &str) -> Result<()> {
    let kind = part.get("type").and_then(Value::as_str);
    let Some(kind @ ("mdx_url" | "pdf_url")) = kind else {
        return Ok(());
    };
    let at = format!("{at}.{kind}");
    if kind == "pdf_url" {
        return Err(Error::new(
            Code::InvalidRequest,
            "this server reads no PDF, and fetches nothing from an address",
        )
        .at(at)
        .remedy("send the words of the document as {\"type\": \"text\", \"text\": \"…\"}"));
    }
    let given = part.get(kind);
    let data = given.and_then(|value| value.as_str().or_else(|| value.get("url")?.as_str()));
    let Some(data) = data else {
        return Err(
            Error::new(Code::InvalidRequest, "there is no document here")
                .at(at)
                .remedy(
                    "write it as {\"type\": \"mdx_url\", \"mdx_url\": {\"url\": \"<base64>\"}}",
                ),
        );
    };
    let text = match decoded(data) {
        Some(text) => text,
        None => text_of_file(data).map_err(|e| e.at(at))?,
    };
    *part = json!({"type": "text", "text": text});
    Ok(())
}

/// However short it is: what stands here is in base64, unless it is an address.
fn decoded(data: &str) -> Option<String> {
    let data: String = data.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(data).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(content: &Value) -> Result<Value> {
        let mut messages = [json!({"role": "user", "content": content})];
        unfold(&mut messages)?;
        Ok(messages[0]["content"].clone())
    }

    #[test]
    fn a_text_in_base64_is_read() {
        let text = json!({"type": "text", "text": "hello"});
        for part in [
            json!({"type": "mdx_url", "mdx_url": {"url": "aGVsbG8="}}),
            json!({"type": "mdx_url", "mdx_url": {"url": "data:text/plain;base64,aGVsbG8="}}),
            json!({"type": "mdx_url", "mdx_url": "aGVsbG8="}),
        ] {
            assert_eq!(unfolded(&part).unwrap(), text, "{part}");
            let among = json!(["Read this:", part]);
            assert_eq!(unfolded(&among).unwrap(), json!(["Read this:", text]));
        }
        let other = json!([{"type": "image_url", "image_url": {"url": "https://x/a.png"}}, 7]);
        assert_eq!(unfolded(&other).unwrap(), other);
    }

    #[test]
    fn what_can_not_be_read_is_refused_where_it_stands() {
        for (part, kind) in [
            (
                json!({"type": "pdf_url", "pdf_url": {"url": "https://x/a.pdf"}}),
                "pdf_url",
            ),
            (
                json!({"type": "mdx_url", "mdx_url": {"url": "https://x/a.txt"}}),
                "mdx_url",
            ),
            (
                json!({"type": "mdx_url", "mdx_url": {"url": "/etc/passwd"}}),
                "mdx_url",
            ),
            (json!({"type": "mdx_url", "mdx_url": {}}), "mdx_url"),
        ] {
            let error = unfolded(&json!(["Read this:", part])).unwrap_err();
            let place = format!("messages.0.content.1.{kind}");
            assert_eq!(error.field(), Some(place.as_str()), "{part}");
            assert!(error.remedy_text().is_some(), "{part}");
        }
    }
}
