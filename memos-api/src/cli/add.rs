//! `memos add`.

use std::io::{Read as _, Write as _};
use std::path::Path;

use memos_core::{Code, Error, Result};
use serde_json::{Value, json};

use super::Outcome;
use super::args::AddArgs;
use super::console::{Console, Style};
use super::target::Target;
use crate::wire::{self, AddRequest};

/// Adds. The target is opened once the request is read, so that a bad one opens no folder.
pub(super) async fn run<F: Future<Output = Result<Target>>>(
    args: AddArgs,
    target: impl FnOnce() -> F,
    console: &mut Console,
) -> Outcome {
    let request = request(&args)?;
    let added = target().await?.add(&args.cube, request).await?;
    if args.json {
        return console.json(&added);
    }
    for memory in &added.memories {
        writeln!(console, "{}", memory.id)?;
    }
    if added.duplicate_of_request {
        let note = "stored a moment ago by the same request; nothing new was stored";
        eprintln_quietly(&console.paint().with(Style::Dim, note));
    }
    Ok(())
}

fn request(args: &AddArgs) -> Result<AddRequest> {
    let mut request = match (&args.messages, &args.text) {
        (Some(file), _) => messages(file)?,
        (None, Some(text)) => said(args, text)?,
        (None, None) => return Err(nothing()),
    };
    request.session_id = args.session.clone().or(request.session_id);
    request.chat_time = args.time.clone().or(request.chat_time);
    request.lifespan = args.lifespan.clone().or(request.lifespan);
    if !args.tag.is_empty() {
        request
            .tags
            .get_or_insert_default()
            .extend(args.tag.iter().cloned());
    }
    Ok(request)
}

/// One message. Who is named needs no role: it is a person among persons.
fn said(args: &AddArgs, text: &str) -> Result<AddRequest> {
    let text = match text {
        "-" => stdin()?,
        text => text.to_owned(),
    };
    let mut message = json!({"content": text});
    if let Some(speaker) = &args.speaker {
        message["name"] = speaker.as_str().into();
    }
    match (&args.role, &args.speaker) {
        (Some(role), _) => message["role"] = role.as_str().into(),
        (None, None) => message["role"] = "user".into(),
        (None, Some(_)) => {}
    }
    Ok(AddRequest {
        messages: Some(json!([message])),
        ..AddRequest::default()
    })
}

/// A list of messages, or a whole request.
fn messages(file: &Path) -> Result<AddRequest> {
    let from_stdin = file == Path::new("-");
    let text = if from_stdin { stdin()? } else { read(file)? };
    let name = if from_stdin {
        "standard input".into()
    } else {
        file.display().to_string()
    };
    let value: Value = serde_json::from_str(&text).map_err(|e| {
        Error::new(Code::InvalidJson, format!("{name} is not JSON: {e}"))
            .at("--messages")
            .remedy("write [{\"role\": \"user\", \"content\": \"…\"}]; for other files use memos import")
            .caused_by(e)
    })?;
    match value {
        list @ Value::Array(_) => Ok(AddRequest {
            messages: Some(list),
            ..AddRequest::default()
        }),
        Value::Object(ref fields) if fields.contains_key("messages") => wire::parse(value),
        _ => Err(
            Error::new(Code::InvalidRequest, format!("{name} holds no messages"))
                .at("--messages")
                .remedy(
                    "write [{\"role\": \"user\", \"content\": \"…\"}], or an object with messages",
                ),
        ),
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|e| {
        Error::new(
            Code::InvalidRequest,
            format!("{} can't be read: {e}", file.display()),
        )
        .at("--messages")
        .remedy("check the path, and that it is text in UTF-8")
        .caused_by(e)
    })
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(e) => Err(Error::new(
            Code::InvalidRequest,
            format!("standard input can't be read: {e}"),
        )
        .remedy("pipe in text in UTF-8")
        .caused_by(e)),
    }
}

fn nothing() -> Error {
    Error::new(Code::InvalidRequest, "there is nothing to add").remedy("give a text, or --messages")
}

/// A note for people beside the output.
fn eprintln_quietly(note: &str) {
    // A note that nobody can read is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{note}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &[&str]) -> AddArgs {
        use clap::Parser as _;
        let line = ["memos", "add"].iter().chain(line).copied();
        match super::super::args::Cli::try_parse_from(line)
            .unwrap()
            .command
        {
            super::super::args::Command::Add(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_one_message_of_the_user_or_of_who_is_named() {
        let of = |line: &[&str]| request(&args(line)).unwrap();
        assert_eq!(
            of(&["hi"]).messages,
            Some(json!([{"role": "user", "content": "hi"}]))
        );
        let named = of(&[
            "hi",
            "--speaker",
            "Ada",
            "--tag",
            "a",
            "--tag",
            "b",
            "--time",
            "2024",
        ]);
        assert_eq!(
            named.messages,
            Some(json!([{"name": "Ada", "content": "hi"}]))
        );
        assert_eq!(
            named.tags.as_deref(),
            Some(&["a".to_owned(), "b".to_owned()][..])
        );
        assert_eq!(named.chat_time.as_deref(), Some("2024"));
        let tool = of(&["hi", "--speaker", "web", "--role", "tool"]);
        assert_eq!(
            tool.messages,
            Some(json!([{"role": "tool", "name": "web", "content": "hi"}]))
        );
    }

    #[test]
    fn messages_are_a_list_or_a_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        let of = |text: &str, more: &[&str]| {
            std::fs::write(&path, text).unwrap();
            let line = [&["--messages", path.to_str().unwrap()], more].concat();
            request(&args(&line))
        };
        let list = of(r#"[{"role": "user", "content": "a"}]"#, &[]).unwrap();
        assert_eq!(list.messages.unwrap()[0]["content"], "a");
        let whole = r#"{"messages": [], "session_id": "s", "tags": ["x"]}"#;
        let whole = of(whole, &["--session", "mine", "--tag", "y"]).unwrap();
        assert_eq!(whole.session_id.as_deref(), Some("mine"));
        assert_eq!(whole.tags.unwrap(), ["x", "y"]);
        for (bad, code) in [
            ("{", Code::InvalidJson),
            ("5", Code::InvalidRequest),
            ("{\"messages\": [], \"x\": 1}", Code::InvalidRequest),
        ] {
            assert_eq!(of(bad, &[]).unwrap_err().code(), code, "{bad}");
        }
    }
}
