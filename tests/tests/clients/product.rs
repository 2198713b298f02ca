//! The evaluation scripts of MemOS against `/product`.

use memos_tests::{Packages, Python, Server};

#[test]
fn evaluation_scripts() {
    let Some(python) = Python::with(Packages::default()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = format!("http://{}", server.address());
    let said = python.run("product_client.py", &[("MEMOS_URL", url.as_str())]);
    assert_eq!(said.trim(), "ok");
}
