//! mem0's clients, sync and async: every public method.

use memos_tests::{Packages, Python, Server};

#[test]
fn every_method_of_mem0s_clients_works() {
    // Importing mem0 wants qdrant's client, though nothing here uses it; its models want nothing.
    let packages = Packages {
        whole: &[
            "httpx",
            "requests",
            "pydantic",
            "pytz",
            "posthog",
            "qdrant-client",
        ],
        bare: &["mem0ai==2.2.1"],
    };
    let Some(python) = Python::with(packages) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"));
    let url = format!("http://{}", server.address());
    let home = folder.path().join("mem0").display().to_string();
    let said = python.run(
        "mem0_client.py",
        &[
            ("MEMOS_URL", &url),
            ("MEM0_TELEMETRY", "False"),
            ("MEM0_DIR", &home),
            ("NO_PROXY", "127.0.0.1"),
        ],
    );
    assert_eq!(said.trim().lines().last(), Some("ok"), "{said}");
}
