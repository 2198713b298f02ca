//! The examples, as `examples/README.md` says to run them: a server, and a script for a model.

use std::collections::BTreeSet;
use std::fs;

use memos_tests::{Python, Server, repository};

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
