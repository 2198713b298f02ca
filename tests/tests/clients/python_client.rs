//! The package of `clients/python`, installed from there.

use memos_tests::Server;

use super::our_packages::python;

#[track_caller]
fn run(script: &str) -> Option<String> {
    let python = python()?;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = format!("http://{}", server.address());
    let said = python.run(script, &[("MEMOS_URL", &url)]);
    assert!(said.ends_with("ok\n"), "{said}\n{}", server.log());
    Some(said)
}

#[test]
fn both_clients_do_all_that_they_say() {
    run("python_client.py");
}

#[test]
fn the_readme_is_true() {
    let Some(said) = run("python_readme.py") else {
        return;
    };
    for words in [
        "My sister Mina moved to Lyon last spring.",
        "409 conflict /version",
        "[Document(",
        "Ada likes dim sum",
    ] {
        assert!(said.contains(words), "no {words}: {said}");
    }
}

#[test]
fn the_retriever_and_the_store_are_what_their_frameworks_expect() {
    run("python_frameworks.py");
}
