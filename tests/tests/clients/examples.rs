//! The examples, as `examples/README.md` says to run them: a server, and a script for a model.

use std::collections::BTreeSet;
use std::fs;

use memos_tests::{Python, Server, binary, repository};

use super::our_packages::python;

/// Runs an example; what it prints must have the fact that it put into memory.
#[track_caller]
fn example(path: &str, fact: &str) {
    let Some(python) = python() else {
        return;
    };
    let model = scripted_model(&python);
    let model = format!("http://{}/v1", model.address());
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), &[("MEMOS_PROXY_BASE_URL", &model)]);
    let said = python.run_file(
        path,
        &[
            ("MEMOS_URL", &format!("http://{}", server.address())),
            ("OPENAI_BASE_URL", &model),
            ("OPENAI_API_KEY", "none"),
        ],
    );
    assert!(said.contains(fact), "{said}\n{}", server.log());
}

/// `examples/scripted_model.py` on a free port.
fn scripted_model(python: &Python) -> Server {
    let mut process = python.process();
    process
        .args(["examples/scripted_model.py", "0"])
        .current_dir(repository(""));
    Server::of(process)
}

#[test]
fn langgraph() {
    example("examples/langgraph/agent.py", "Lyon");
}

#[test]
fn langchain() {
    example("examples/langchain/retriever.py", "Naxos");
}

#[test]
fn llamaindex() {
    example("examples/llamaindex/retriever.py", "Naxos");
}

#[test]
fn openai_agents() {
    example("examples/openai-agents/agent.py", "Lyon");
}

/// What an agent behind MCP does: on the folder itself, and beside a server that has it open.
#[cfg(unix)]
#[test]
fn claude_code() {
    let Some(python) = python() else {
        return;
    };
    let (folder, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The example calls it by its name, wherever it lies.
    std::os::unix::fs::symlink(binary(), programs.path().join("memos")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let settings = [
        ("PATH", &*format!("{}:{path}", programs.path().display())),
        ("MEMOS_DATA", folder.path().to_str().unwrap()),
    ];
    let said = python.run_file("examples/claude-code/session.py", &settings);
    assert!(said.contains("blue safe"), "{said}");

    let server = Server::start(folder.path());
    let said = python.run_file("examples/claude-code/session.py", &settings);
    assert!(said.contains("blue safe"), "{said}\n{}", server.log());
    let found = server.client().search("my-project", "deploy key", 1);
    assert!(
        found[0]["memory"]["text"]
            .as_str()
            .unwrap()
            .contains("blue safe")
    );
}

/// The README names each script, so that none is left without a word, or the other way round.
#[test]
fn the_readme_has_every_example() {
    let text = fs::read_to_string(repository("examples/README.md")).unwrap();
    let named: BTreeSet<String> = text
        .split(['`', ' ', '\n'])
        .filter(|word| word.starts_with("examples/") && word.ends_with(".py"))
        .map(str::to_owned)
        .collect();
    let mut there = BTreeSet::from(["examples/scripted_model.py".to_owned()]);
    for folder in fs::read_dir(repository("examples")).unwrap() {
        let folder = folder.unwrap();
        if !folder.file_type().unwrap().is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path()).unwrap() {
            let (file, folder) = (file.unwrap().file_name(), folder.file_name());
            let path = format!(
                "examples/{}/{}",
                folder.to_string_lossy(),
                file.to_string_lossy()
            );
            if path.ends_with(".py") {
                there.insert(path);
            }
        }
    }
    assert_eq!(named, there);
}
