//! LangGraph's own client of the store.

use memos_tests::{Packages, Python, Server};

#[test]
fn the_store_client_of_langgraph_sdk_works_unmodified() {
    let Some(python) = Python::with(Packages {
        // It does not start without the LangChain that its threads need.
        whole: &["langgraph-sdk==0.4.14"],
        ..Packages::default()
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = format!("http://{}", server.address());
    let said = python.run("langgraph.py", &[("MEMOS_URL", &url)]);
    assert!(said.ends_with("done\n"), "{said}");
}
