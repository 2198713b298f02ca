//! schemathesis reads `/openapi.json` and sends what it allows, and what it forbids.

use std::path::Path;

use memos_tests::{Packages, Python, Server};

/// Requests for each operation.
const EXAMPLES: &str = "15";

#[test]
fn no_route_fails_under_schemathesis() {
    let Some(python) = Python::with(Packages {
        whole: &["schemathesis==4.32.5"],
        ..Packages::default()
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = python
        .process()
        .args(["-m", "schemathesis.cli", "run"])
        .args(["--checks", "not_a_server_error", "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing", "--workers", "2"])
        // Streams and waits have no end of their own.
        .args(["--exclude-path-regex", "events|wait|stream|drain"])
        .args(["--generation-database", ":memory:", "--no-color"])
        .arg(format!("http://{}/openapi.json", server.address()))
        .current_dir(folder.path().parent().unwrap_or(Path::new("/")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.log());
    assert!(server.client().get("/ready").status == 200);
}
