//! The files of cases.

use std::collections::BTreeMap;
use std::fs;

use memos_tests::repository;
use serde_json::Value;

/// A conversation with a server.
#[derive(Clone)]
pub(crate) struct Case {
    /// Its path under `tests/compat`.
    pub(crate) file: String,
    /// The rows of the contract that it covers.
    pub(crate) covers: Vec<String>,
    /// Settings of the server.
    pub(crate) settings: BTreeMap<String, String>,
    /// What the scripted model answers, in order; no model if empty.
    pub(crate) model: Vec<Value>,
    pub(crate) steps: Vec<Value>,
}

/// All cases of a face, by name.
pub(crate) fn cases(face: &str) -> Vec<Case> {
    let folder = repository("tests/compat").join(face);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let file = format!("{face}/{}", path.file_name().unwrap().to_string_lossy());
            let text = fs::read_to_string(&path).unwrap();
            let case: Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file} is no JSON: {e}"));
            read(file, &case)
        })
        .collect()
}

fn read(file: String, case: &Value) -> Case {
    let known = ["title", "covers", "settings", "model", "steps"];
    for key in case.as_object().unwrap().keys() {
        assert!(
            known.contains(&key.as_str()),
            "{file}: {key:?} is not known"
        );
    }
    let list = |name: &str| case[name].as_array().cloned().unwrap_or_default();
    let steps = list("steps");
    assert!(!steps.is_empty(), "{file} has no steps");
    Case {
        covers: list("covers")
            .iter()
            .map(|row| row.as_str().unwrap().to_owned())
            .collect(),
        settings: case["settings"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        model: list("model"),
        steps,
        file,
    }
}
