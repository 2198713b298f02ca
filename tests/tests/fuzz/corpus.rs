//! What is known to be sent: the steps of the golden cases.

use std::fmt;
use std::fs;

use memos_tests::repository;
use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 2000;
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(SHOWN).collect();
        write!(
            f,
            "{} {} {:?}\n{shown}",
            self.method, self.path, self.headers
        )
    }
}

impl Sent {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The requests of a face's cases, in their order, but for those whose answer waits on purpose.
pub(crate) fn corpus(face: &str) -> Vec<Sent> {
    let folder = repository("tests/compat").join(face);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let case: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for step in case["steps"].as_array().unwrap() {
            all.extend(sent(&step["send"]));
        }
    }
    all
}

fn sent(send: &Value) -> Option<Sent> {
    let path = send["path"].as_str()?;
    if ["wait", "stream", "drain", "events"]
        .iter()
        .any(|word| path.contains(word))
    {
        return None;
    }
    let mut headers: Vec<(String, String)> = send["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let body = match (&send["json"], &send["body"]) {
        (Value::Null, Value::String(text)) => text.clone().into_bytes(),
        (Value::Null, _) => Vec::new(),
        (json, _) => json.to_string().into_bytes(),
    };
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    Some(Sent {
        method: send["method"].as_str().unwrap_or("POST").to_owned(),
        path: path.replace("{{", "").replace("}}", ""),
        headers,
        body,
    })
}
