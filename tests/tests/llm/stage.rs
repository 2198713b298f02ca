//! A server with a scripted model, and what is looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use memos_tests::{Asked, Client, Command, Endpoint, Scripted, Server, id_of};
use serde_json::{Value, json};

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// Longest wait that is asked of a drain; shorter than the client's.
const DRAIN_MS: u32 = 55_000;

/// Only a hang takes longer than so many.
const DRAINS: usize = 5;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// A server whose model is the endpoint.
pub(crate) fn serve(data: &Path, endpoint: &Endpoint, more: &[(&str, &str)]) -> Server {
    let url = endpoint.base_url();
    let mut settings = vec![
        ("MEMOS_LLM_BASE_URL", url.as_str()),
        ("MEMOS_LLM_MODEL", "scripted"),
    ];
    settings.extend(more);
    Server::with(data, &settings)
}

/// Adds messages of one session.
#[track_caller]
pub(crate) fn say<T: AsRef<str>>(
    client: &mut Client,
    cube: &str,
    session: &str,
    texts: &[T],
) -> Vec<String> {
    let mut request = memos_tests::messages(texts);
    request["session_id"] = json!(session);
    client.add(cube, &request)
}

/// Has what waits done now, and waits until nothing of the kind is left but what waits out a
/// failure.
#[track_caller]
pub(crate) fn drain(client: &mut Client, kind: &str) {
    let wish = json!({"kind": kind, "timeout_ms": DRAIN_MS});
    let mut left = json!(null);
    // One answer comes within the patience of a client; a busy machine may need several.
    for _ in 0..DRAINS {
        let done = client.post("/api/v1/tasks/drain", &wish).is(200).json();
        if done["drained"] == true {
            return;
        }
        left = done["left"].clone();
    }
    panic!("{left} of {kind} are left");
}

/// Has what waits begin now, and does not wait for its end.
#[track_caller]
pub(crate) fn hasten(client: &mut Client, kind: &str) {
    let wish = json!({"kind": kind, "timeout_ms": 0});
    client.post("/api/v1/tasks/drain", &wish).is(200);
}

/// The tasks of a kind, by cube; the one that is given if there are many.
#[track_caller]
pub(crate) fn tasks(client: &mut Client, kind: &str, more: &str) -> Vec<Value> {
    let page = client.get(&format!("/api/v1/tasks?kind={kind}&limit=1000{more}"));
    page.is(200).json()["tasks"].as_array().unwrap().clone()
}

/// The one task of a kind in a cube.
#[track_caller]
pub(crate) fn task(client: &mut Client, kind: &str, cube: &str) -> Value {
    let mut all = tasks(client, kind, &format!("&cube_id={cube}"));
    // What tells of its earlier runs has no key.
    all.retain(|task| task["key"].is_string());
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// Has a task that waits out a failure tried again now, with all that it is about; one that is done
/// meanwhile stays so.
#[track_caller]
pub(crate) fn try_again(client: &mut Client, task: &Value) {
    let path = format!("/api/v1/tasks/{}", id_of(task));
    if client.post(&format!("{path}/cancel"), &json!({})).status == 200 {
        client.post(&format!("{path}/retry"), &json!({})).is(200);
    }
}

/// Looks until something is there.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < HANG, "not within a minute: {what}");
        sleep(PAUSE);
    }
}

/// A counter or gauge with its labels, as `/metrics` writes it; zero if it is not there.
#[track_caller]
pub(crate) fn metric(client: &mut Client, name: &str) -> u64 {
    let text = client.get("/metrics").is(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse::<f64>().unwrap() as u64)
}

/// How often a failure of the model was counted.
#[track_caller]
pub(crate) fn failures(client: &mut Client, name: &str) -> u64 {
    let name = format!("memos_llm_failures_total{{failure=\"{name}\"}}");
    metric(client, &name)
}

/// The lines of a cube's dump, by memory.
#[track_caller]
pub(crate) fn dump(data: &Path, cube: &str) -> BTreeMap<String, String> {
    let run = Command::new(&["dump", cube, "--data"]).arg(data).run();
    lines(&run.succeeds())
}

/// The lines of a dump, by memory.
pub(crate) fn lines(dump: &str) -> BTreeMap<String, String> {
    let memory = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        value.get("memory").map(|m| (id_of(m), line.to_owned()))
    };
    dump.lines().filter_map(memory).collect()
}

/// What the model has derived in a cube.
#[track_caller]
pub(crate) fn derived(client: &mut Client, cube: &str) -> Vec<Value> {
    client.list(cube).into_iter().filter(by_model).collect()
}

/// Whether a model derived it.
pub(crate) fn by_model(memory: &Value) -> bool {
    let rule = memory["info"]["rule"].as_str().unwrap_or_default();
    memory["origin"] == "inference" && rule.starts_with("llm:")
}

/// The ids that a memory was derived from.
pub(crate) fn sources(memory: &Value) -> Vec<String> {
    let ids = memory["derived_from"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().into()).collect()
}

/// The turns that a prompt of refinement shows: number and words.
pub(crate) fn shown(asked: &Asked) -> Vec<(u64, String)> {
    let words = asked.body["messages"][1]["content"].as_str().unwrap();
    let data = words.split("<data>\n").nth(1).unwrap();
    let data = data.split("\n</data>").next().unwrap();
    let turns: Vec<Value> = serde_json::from_str(data).unwrap();
    let turn = |turn: &Value| {
        let text = turn["text"].as_str().unwrap();
        (turn["n"].as_u64().unwrap(), text.to_owned())
    };
    turns.iter().map(turn).collect()
}

/// A fact as the schema wants it.
pub(crate) fn fact(text: &str, sources: &[i64]) -> Value {
    json!({
        "kind": "fact", "text": text, "subject": "Ada", "sources": sources, "valid_from": null,
        "valid_until": null, "explicit": null, "confidence": 0.9,
    })
}

/// A reply of refinement.
pub(crate) fn items(items: &[Value]) -> Value {
    json!({"items": items})
}

/// A reply that has one fact for each turn.
pub(crate) fn noted(asked: &Asked) -> Value {
    let facts: Vec<Value> = shown(asked)
        .iter()
        .map(|(n, text)| fact(&format!("Noted: {text}"), &[*n as i64]))
        .collect();
    items(&facts)
}

/// What a model says that does its part: a fact for each turn, and no two memories alike.
pub(crate) fn well(asked: &Asked) -> Scripted {
    match asked.schema() {
        "facts" => Scripted::json(&noted(asked)),
        "judge" => judged("unrelated"),
        other => Scripted::refusal(410, &format!("nobody answers {other:?} here")),
    }
}

/// A judgement of two memories.
pub(crate) fn judged(relation: &str) -> Scripted {
    let attribute = (relation == "supersedes").then_some("home");
    Scripted::json(&json!({"relation": relation, "attribute": attribute, "confidence": 0.9}))
}
