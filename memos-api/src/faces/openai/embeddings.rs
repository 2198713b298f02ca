//! `/v1/embeddings`: our embedder by OpenAI's contract.

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memos_core::{Code, Error, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::faces::kit::{JsonBody, Stop, answer};
use crate::http::Caller;

/// Most texts of one request, as OpenAI has it.
const MOST: usize = 2048;

/// How a vector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Float,
    /// The bytes of the floats, little-endian.
    Base64,
}

/// What a request asks for, once it is read.
#[derive(Debug)]
struct Wanted {
    texts: Vec<String>,
    encoding: Encoding,
}

#[derive(Serialize)]
struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Float(Vec<f32>),
    Base64(String),
}

/// Embed texts
///
/// Served by this server's own embedder, whatever `model` says: the answer names it. `input` is a text
/// or a list of texts.
#[utoipa::path(
    post,
    path = "/v1/embeddings",
    tag = "openai",
    request_body(content = Object, example = json!({
        "input": ["We adopted a puppy."], "model": "memos", "encoding_format": "float"
    })),
    responses((status = 200, description = "One vector per text.", body = Object)),
)]
pub(super) async fn embeddings(caller: Caller, body: JsonBody) -> Result<Response, Stop> {
    let fields = body.object()?;
    answer(caller, move |caller| {
        let memos = &caller.memos;
        let wanted = read(&fields, memos.embedding_dimension())?;
        let texts: Vec<&str> = wanted.texts.iter().map(String::as_str).collect();
        let tokens: usize = texts.iter().map(|text| memos.count_tokens(text)).sum();
        let vectors = memos.embed(&texts)?.into_iter().enumerate();
        let data = vectors.map(|(index, vector)| Embedding {
            object: "embedding",
            index,
            embedding: match wanted.encoding {
                Encoding::Float => Vector::Float(vector),
                Encoding::Base64 => {
                    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                    Vector::Base64(BASE64_STANDARD.encode(bytes))
                }
            },
        });
        #[derive(Serialize)]
        struct Answer {
            object: &'static str,
            data: Vec<Embedding>,
            model: String,
            usage: Value,
        }
        Ok(Answer {
            object: "list",
            data: data.collect(),
            model: memos.embedder_id().to_owned(),
            usage: json!({"prompt_tokens": tokens, "total_tokens": tokens}),
        })
    })
    .await
}

fn read(fields: &Map<String, Value>, dimension: usize) -> Result<Wanted> {
    let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let texts = match given("input") {
        None => {
            return Err(Error::new(Code::InvalidRequest, "there is no input")
                .at("input")
                .remedy("send a text or a list of texts"));
        }
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => list(items)?,
        Some(_) => {
            return Err(
                Error::new(Code::InvalidRequest, "the input is no text and no list")
                    .at("input")
                    .remedy("send a text or a list of texts"),
            );
        }
    };
    if texts.is_empty() || texts.len() > MOST {
        let message = format!("the input has {} texts", texts.len());
        return Err(Error::new(Code::InvalidRequest, message)
            .at("input")
            .remedy(format!("send 1 to {MOST}")));
    }
    if let Some(empty) = texts.iter().position(String::is_empty) {
        return Err(Error::new(Code::InvalidRequest, "a text is empty")
            .at(format!("input.{empty}"))
            .remedy("leave it out, or send a space"));
    }
    let encoding = match given("encoding_format").map(Value::as_str) {
        None | Some(Some("float")) => Encoding::Float,
        Some(Some("base64")) => Encoding::Base64,
        Some(_) => {
            let what = "there is no such encoding of vectors";
            return Err(Error::new(Code::InvalidRequest, what)
                .at("encoding_format")
                .remedy("use float or base64"));
        }
    };
    // A part of a vector would be worth little: its end holds the Chinese words.
    if let Some(asked) = given("dimensions")
        && asked.as_u64() != Some(dimension as u64)
    {
        let what = format!("the vectors have {dimension} dimensions, and no other number");
        return Err(Error::new(Code::InvalidRequest, what)
            .at("dimensions")
            .remedy(format!("leave it out, or ask for {dimension}")));
    }
    Ok(Wanted { texts, encoding })
}

fn list(items: &[Value]) -> Result<Vec<String>> {
    let text = |(at, item): (usize, &Value)| match item {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Array(_) => {
            let what = "tokens of another model can't be embedded";
            Err(Error::new(Code::InvalidRequest, what)
                .at("input")
                .remedy("send texts (in LangChain: check_embedding_ctx_length=False)"))
        }
        _ => Err(Error::new(Code::InvalidRequest, "this is no text")
            .at(format!("input.{at}"))
            .remedy("send a text or a list of texts")),
    };
    items.iter().enumerate().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(body: &Value) -> Result<Wanted> {
        read(body.as_object().unwrap(), 352)
    }

    #[test]
    fn texts_come_alone_or_in_lists() {
        let one = reading(&json!({"input": "a"})).unwrap();
        assert_eq!((one.texts.len(), one.encoding), (1, Encoding::Float));
        let body = json!({"input": ["a", "b"], "encoding_format": "base64", "dimensions": 352});
        let two = reading(&body).unwrap();
        assert_eq!((two.texts.len(), two.encoding), (2, Encoding::Base64));
    }

    #[test]
    fn what_can_not_be_embedded_is_named() {
        let many = vec!["a"; MOST + 1];
        for (body, field) in [
            (json!({}), "input"),
            (json!({"input": null}), "input"),
            (json!({"input": 5}), "input"),
            (json!({"input": []}), "input"),
            (json!({"input": many}), "input"),
            (json!({"input": [1, 2, 3]}), "input"),
            (json!({"input": [[1, 2], [3]]}), "input"),
            (json!({"input": ["a", {}]}), "input.1"),
            (json!({"input": ["a", ""]}), "input.1"),
            (json!({"input": ""}), "input.0"),
            (
                json!({"input": "a", "encoding_format": "hex"}),
                "encoding_format",
            ),
            (
                json!({"input": "a", "encoding_format": 1}),
                "encoding_format",
            ),
            (json!({"input": "a", "dimensions": 256}), "dimensions"),
            (json!({"input": "a", "dimensions": "352"}), "dimensions"),
        ] {
            let error = reading(&body).unwrap_err();
            assert_eq!(error.field(), Some(field), "{error}");
            assert_eq!(error.code(), Code::InvalidRequest);
            assert!(error.remedy_text().is_some());
        }
    }
}
