//! Clients of the hosted MemOS: its Python SDK, and the cloud plugin of OpenClaw.

use memos_tests::{Endpoint, Node, Packages, Python, Scripted, Server};

/// What the SDK's client imports; the package alone would bring a whole stack of models.
const SDK: Packages<'_> = Packages {
    whole: &[
        "pydantic",
        "requests",
        "python-dotenv",
        "concurrent-log-handler",
    ],
    bare: &["MemoryOS==2.0.33"],
};

const PLUGIN: &str = "@memtensor/memos-cloud-openclaw-plugin";

#[test]
fn the_sdk_of_the_hosted_service() {
    let Some(python) = Python::with(SDK) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let model = Endpoint::answering(|asked| match asked.schema() {
        "" => Scripted::stream(&["You live ", "in Rome."]),
        _ => Scripted::json(&facts(&asked.words())),
    });
    let base = model.base_url();
    let settings = [
        ("MEMOS_LLM_BASE_URL", base.as_str()),
        ("MEMOS_LLM_MODEL", "scripted"),
    ];
    let server = Server::with(folder.path(), &settings);
    let url = format!("http://{}/api/openmem/v1", server.address());
    python.run("openmem.py", &[("MEMOS_URL", &url)]);
}

/// What the model finds in turns: one preference, where it is spoken of.
fn facts(turns: &str) -> serde_json::Value {
    let seats = serde_json::json!({
        "kind": "preference", "text": "The user loves window seats.", "subject": "user",
        "sources": [1], "valid_from": null, "valid_until": null, "explicit": true, "confidence": 0.9,
    });
    let items = if turns.contains("window seats") {
        vec![seats]
    } else {
        Vec::new()
    };
    serde_json::json!({ "items": items })
}

#[test]
fn the_cloud_plugin_of_openclaw() {
    let Some(node) = Node::found() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = format!("http://{}/api/openmem/v1", server.address());
    node.run("openclaw.mjs", &[("MEMOS_URL", &url)]);
    let own = node.file_of(PLUGIN, "lib/memos-cloud-api.js");
    if let Some(module) = own {
        let fresh = tempfile::tempdir().unwrap();
        let server = Server::start(fresh.path());
        let url = format!("http://{}/api/openmem/v1", server.address());
        let module = module.display().to_string();
        node.run("openclaw.mjs", &[("MEMOS_URL", &url), ("PLUGIN", &module)]);
    }
}
