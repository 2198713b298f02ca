//! Anthropic's own helper for the memory tool.

use memos_tests::{Packages, Python, Server};

#[test]
fn a_memory_tool_of_the_anthropic_package_keeps_its_files_here() {
    let Some(python) = Python::with(Packages {
        whole: &["anthropic==2.14.0"],
        ..Packages::default()
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = format!("http://{}", server.address());
    let said = python.run("anthropic_memory.py", &[("MEMOS_URL", &url)]);
    assert!(said.ends_with("done\n"), "{said}");
}
