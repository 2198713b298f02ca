//! schemathesis reads `/openapi.json` and sends what it allows, and what it forbids.

use std::fs;

use memos_tests::{Endpoint, Packages, Python, Scripted, Server};

/// Requests for each operation.
const EXAMPLES: &str = "15";

/// Without a language model, what needs one says so with 503.
const CONFIG: &str = r#"
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"#;

#[test]
fn no_route_fails_under_schemathesis() {
    let Some(python) = Python::with(Packages {
        whole: &["schemathesis==4.32.5"],
        ..Packages::default()
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // Without a model server, all that is passed on to it would be 503.
    let model = Endpoint::answering(|_| Scripted::text("Yes."));
    let settings = [("MEMOS_PROXY_BASE_URL", model.base_url())];
    let settings = settings.each_ref().map(|(name, url)| (*name, url.as_str()));
    let server = Server::with(folder.path(), &settings);
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("schemathesis.toml"), CONFIG).unwrap();
    let output = python
        .process()
        .args(["-m", "schemathesis.cli", "run"])
        .args(["--checks", "not_a_server_error", "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing", "--workers", "2"])
        // Streams and waits have no end of their own.
        .args([
            "--exclude-path-regex",
            "^/api/v1/events$|/scheduler/wait|^/api/v1/tasks/drain$",
        ])
        .args(["--generation-database", ":memory:", "--no-color"])
        .arg(format!("http://{}/openapi.json", server.address()))
        .current_dir(place.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.log());
    assert!(server.client().get("/ready").status == 200);
}
