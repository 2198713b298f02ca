//! Plays a case.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use memos_tests::{Answer, Client, Endpoint, Scripted, Server, fits};
use serde_json::Value;

use crate::case::Case;

/// How long a step that waits for background work may take.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// What earlier answers said, by the names that the case gave it.
type Saved = BTreeMap<String, String>;

pub(crate) fn play(case: &Case) -> Result<(), String> {
    play_within(case, PATIENCE)
}

/// The same with another patience for background work.
pub(crate) fn play_within(case: &Case, patience: Duration) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = (!case.model.is_empty()).then(|| scripted(&case.model));
    let mut settings: Vec<(&str, String)> = case
        .settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    if let Some(endpoint) = &endpoint {
        let url = endpoint.base_url();
        for (_, value) in &mut settings {
            *value = value.replace("{{model}}", &url);
        }
        if !settings.iter().any(|(_, value)| value.contains(&url)) {
            settings.push(("MEMOS_LLM_BASE_URL", url));
            settings.push(("MEMOS_LLM_MODEL", "scripted".to_owned()));
        }
    }
    let settings: Vec<(&str, &str)> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let server = Server::with(folder.path(), &settings);
    let (mut client, mut saved) = (server.client(), Saved::new());
    for (number, step) in case.steps.iter().enumerate() {
        let before = endpoint.as_ref().map_or(0, |e| e.asked().len());
        take(step, &mut client, &mut saved, patience)
            .and_then(|()| asked(&step["asked"], endpoint.as_ref(), before, &saved))
            .map_err(|why| format!("step {}: {why}", number + 1))?;
    }
    Ok(())
}

/// An endpoint that gives these answers in turn, the last one again and again.
fn scripted(answers: &[Value]) -> Endpoint {
    let answers: Vec<Scripted> = answers
        .iter()
        .map(|answer| match answer {
            Value::String(words) => Scripted::text(words),
            whole if whole.get("answer").is_some() => whole_answer(&whole["answer"]),
            other => Scripted::json(other),
        })
        .collect();
    let turn = Mutex::new(0);
    Endpoint::answering(move |_| {
        let mut turn = turn.lock().unwrap();
        let answer = answers[usize::min(*turn, answers.len() - 1)].clone();
        *turn += 1;
        answer
    })
}

/// An answer that is written out: status, headers, and JSON, text or server-sent events.
fn whole_answer(answer: &Value) -> Scripted {
    let status = answer["status"].as_u64().unwrap_or(200);
    let scripted = match (&answer["sse"], &answer["text"]) {
        (Value::Array(events), _) => {
            let data = |event: &Value| match event {
                Value::String(text) => format!("data: {text}\n\n").into_bytes(),
                json => format!("data: {json}\n\n").into_bytes(),
            };
            Scripted::events(events.iter().map(data).collect())
        }
        (_, Value::String(text)) => Scripted::body(status.try_into().unwrap(), text.as_str()),
        _ => Scripted::body(status.try_into().unwrap(), answer["json"].to_string()),
    };
    let headers = answer["headers"].as_object().into_iter().flatten();
    headers.fold(scripted, |scripted, (name, value)| {
        scripted.with_header(name, value.as_str().unwrap())
    })
}

/// Whether the model was asked since then as the step says: background work may ask it too.
fn asked(
    wanted: &Value,
    endpoint: Option<&Endpoint>,
    before: usize,
    saved: &Saved,
) -> Result<(), String> {
    if wanted.is_null() {
        return Ok(());
    }
    let wanted = filled(wanted, saved)?;
    let asked = endpoint.map(Endpoint::asked).unwrap_or_default();
    let mut last = Err("the model was not asked".to_owned());
    for one in &asked[usize::min(before, asked.len())..] {
        let told = serde_json::json!({"path": one.path, "json": one.body});
        last = fits(&wanted, &told).map_err(|why| format!("the model was asked: {why}"));
        if last.is_ok() {
            break;
        }
    }
    last
}

fn take(
    step: &Value,
    client: &mut Client,
    saved: &mut Saved,
    patience: Duration,
) -> Result<(), String> {
    let send = filled(&step["send"], saved)?;
    let expect = filled(&step["expect"], saved)?;
    let start = Instant::now();
    loop {
        let answer = ask(&send, client)?;
        match check(&expect, &answer) {
            Ok(()) => return save(&step["save"], &answer, saved),
            Err(_) if step["until"] == true && start.elapsed() < patience => sleep(PAUSE),
            Err(why) => return Err(format!("{} {}: {why}", send["method"], send["path"])),
        }
    }
}

fn ask(send: &Value, client: &mut Client) -> Result<Answer, String> {
    let method = send["method"].as_str().unwrap_or("POST");
    let path = send["path"].as_str().ok_or("a step sends to a path")?;
    let mut headers: Vec<(&str, &str)> = send["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let body = match (&send["json"], &send["body"]) {
        (Value::Null, Value::String(text)) => text.clone(),
        (Value::Null, _) => String::new(),
        (json, _) => json.to_string(),
    };
    let typed = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("content-type");
    if !body.is_empty() && !headers.iter().any(typed) {
        headers.push(("Content-Type", "application/json"));
    }
    client
        .send(method, path, &headers, body.as_bytes())
        .map_err(|e| format!("no answer: {e}"))
}

fn check(expect: &Value, answer: &Answer) -> Result<(), String> {
    let status = expect["status"].as_u64().unwrap_or(200);
    if u64::from(answer.status) != status {
        return Err(format!(
            "the status is {}, not {status}: {}",
            answer.status,
            answer.text()
        ));
    }
    for (name, wanted) in expect["headers"].as_object().into_iter().flatten() {
        let found = answer.header(name).map_or(Value::Null, Value::from);
        fits(wanted, &found).map_err(|why| format!("header {name}: {why}"))?;
    }
    if let Some(wanted) = expect.get("json") {
        let json = serde_json::from_slice(&answer.body)
            .map_err(|e| format!("the answer is no JSON: {e}: {}", answer.text()))?;
        fits(wanted, &json)?;
    }
    if let Some(wanted) = expect.get("sse") {
        fits(wanted, &told(answer))?;
    }
    if let Some(wanted) = expect.get("text") {
        fits(wanted, &Value::from(answer.text()))?;
    }
    Ok(())
}

/// The `data` of a stream of server-sent events: JSON where it is JSON, else text.
fn told(answer: &Answer) -> Value {
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| {
        let data = data.strip_prefix(' ').unwrap_or(data);
        serde_json::from_str(data).unwrap_or_else(|_| Value::from(data))
    })
    .collect()
}

fn save(places: &Value, answer: &Answer, saved: &mut Saved) -> Result<(), String> {
    let is_stream = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    for (name, pointer) in places.as_object().into_iter().flatten() {
        let pointer = pointer.as_str().unwrap();
        // Of a stream, the list of its events.
        let json = if is_stream {
            told(answer)
        } else {
            answer.json()
        };
        let found = json.pointer(pointer).cloned();
        let text = match found {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => return Err(format!("nothing is at {pointer}: {}", answer.text())),
        };
        saved.insert(name.clone(), text);
    }
    Ok(())
}

/// The same with `{{name}}` replaced by what was saved under the name.
fn filled(value: &Value, saved: &Saved) -> Result<Value, String> {
    let mut text = value.to_string();
    for (name, found) in saved {
        let quoted = Value::from(found.as_str()).to_string();
        text = text.replace(&format!("{{{{{name}}}}}"), &quoted[1..quoted.len() - 1]);
    }
    serde_json::from_str(&text).map_err(|e| e.to_string())
}
