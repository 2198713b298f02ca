//! The dependency rule: a crate names only crates below it, and never a sibling.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::Outcome;

/// Each crate of the workspace with the crates that it may name. `memos-api` composes all;
/// `xtask` distils the models' table; the whole-system tests speak to the finished program.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("memos-core", &[]),
    ("memos-store", &["memos-core"]),
    ("memos-governance", &["memos-core"]),
    ("memos-models", &["memos-core"]),
    ("memos-scheduler", &["memos-core"]),
    (
        "memos-api",
        &[
            "memos-core",
            "memos-store",
            "memos-governance",
            "memos-models",
            "memos-scheduler",
        ],
    ),
    ("xtask", &["memos-models"]),
    ("memos-tests", &["memos-core", "memos-api"]),
];

/// Checks the rule from `cargo metadata`. Development dependencies are free: tests may borrow.
pub(crate) fn check() -> Outcome {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let faults = faults(&serde_json::from_slice(&output.stdout)?);
    if faults.is_empty() {
        println!("layers: {} crates keep the dependency rule", MAY_NAME.len());
        return Ok(());
    }
    Err(format!("the dependency rule is broken:\n  {}", faults.join("\n  ")).into())
}

fn faults(metadata: &Value) -> Vec<String> {
    let rule: BTreeMap<_, _> = MAY_NAME.iter().copied().collect();
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let names: Vec<&str> = packages().filter_map(|p| p["name"].as_str()).collect();
    let mut faults = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = rule.get(name) else {
            faults.push(format!(
                "{name} is not in the table: say in xtask/src/layers.rs what it may name"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let development = dependency["kind"] == "dev";
            if names.contains(&on) && !development && !allowed.contains(&on) {
                faults.push(format!("{name} names {on}, which is beside or above it"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workspace(of: &str, on: &str, kind: &Value) -> Value {
        json!({"packages": [
            {"name": of, "dependencies": [{"name": on, "kind": kind}]},
            {"name": "memos-api", "dependencies": [{"name": "serde", "kind": null}]},
            {"name": "memos-store", "dependencies": []},
        ]})
    }

    #[test]
    fn a_sibling_is_a_fault_but_in_tests() {
        assert_eq!(
            faults(&workspace("memos-models", "memos-store", &Value::Null)).len(),
            1
        );
        assert_eq!(
            faults(&workspace("memos-models", "memos-store", &json!("build"))).len(),
            1
        );
        assert_eq!(
            faults(&workspace("memos-models", "memos-store", &json!("dev"))).len(),
            0
        );
        assert_eq!(
            faults(&workspace("memos-core", "memos-api", &Value::Null)).len(),
            1
        );
        assert_eq!(
            faults(&workspace("memos-tests", "memos-api", &Value::Null)).len(),
            0
        );
    }

    #[test]
    fn a_new_crate_must_take_its_place() {
        let faults = faults(&workspace("memos-new", "serde", &Value::Null));
        assert!(
            faults[0].contains("memos-new is not in the table"),
            "{faults:?}"
        );
    }
}
