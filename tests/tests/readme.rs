//! The tour of the README pastes as is: its shell blocks run in order, in one shell, beside a copy
//! of the samples, with `memos` on the path.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use memos_tests::{Command, binary, repository};

/// Where a server listens if it is not told otherwise.
const PORT: &str = "7777";

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(120);

/// The ```` ```sh ```` blocks of a section, up to the next heading of its level.
fn shell_blocks(text: &str, heading: &str) -> Option<Vec<String>> {
    let mut lines = text.lines();
    lines.find(|line| line.trim_end() == heading)?;
    let (mut blocks, mut block): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut other_fence = false;
    for line in lines {
        match &mut block {
            Some(open) if line.trim_end() != "```" => {
                open.push_str(line);
                open.push('\n');
            }
            Some(_) => blocks.extend(block.take()),
            None if other_fence => other_fence = !line.starts_with("```"),
            None if line.trim_end() == "```sh" => block = Some(String::new()),
            None if line.starts_with("```") => other_fence = true,
            None if line.starts_with("## ") || line.starts_with("# ") => break,
            None => {}
        }
    }
    Some(blocks)
}

/// A shell and what it starts, ended when this is dropped.
struct Group(std::process::Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Process::new("kill")
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

fn take_the_tour(file: &str, heading: &str) {
    let readme = repository(file);
    let text = fs::read_to_string(&readme)
        .unwrap_or_else(|e| panic!("{file} can't be read: {e}: the tour is a part of it"));
    let blocks = shell_blocks(&text, heading)
        .unwrap_or_else(|| panic!("{file} has no section {heading:?}: the tour belongs there"));
    assert!(
        !blocks.is_empty(),
        "{file} has no ```sh block under {heading:?}"
    );
    let tour = blocks.concat();
    for step in ["import", "search", "explain", "context"] {
        assert!(tour.contains(step), "the tour of {file} shows no {step:?}");
    }
    let forgets = tour.contains("memos forget") || tour.contains("-X DELETE");
    assert!(forgets, "the tour of {file} forgets nothing");
    for tool in ["bash", "curl"] {
        if Process::new(tool).arg("--version").output().is_err() {
            eprintln!("skipped: the tour of {file} needs {tool}, which is not here");
            return;
        }
    }

    let place = tempfile::tempdir().unwrap();
    let samples = place.path().join("samples");
    fs::create_dir(&samples).unwrap();
    for sample in repository("samples").read_dir().unwrap() {
        let sample = sample.unwrap();
        fs::copy(sample.path(), samples.join(sample.file_name())).unwrap();
    }

    // The usual port may be taken on this machine: another free one stands for it.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let script: String = blocks
        .iter()
        .enumerate()
        .map(|(n, block)| format!("echo '--- block {}'\n{block}", n + 1))
        .collect();
    let script = script.replace(PORT, &free.port().to_string());
    let printed = run(&script, place.path(), &free.to_string());
    println!("{printed}");
}

/// What the script printed. It must end well.
fn run(script: &str, place: &Path, listen: &str) -> String {
    let log = place.join("tour.log");
    let out = fs::File::create(&log).unwrap();
    let bin = place.join("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(binary(), bin.join("memos")).unwrap();
    let path = std::env::var("PATH").unwrap();
    // The settings around the shell are those of any other command of these tests.
    let clean = Command::new::<&str>(&[]).into_process();
    let mut shell = Process::new("bash");
    for (name, value) in clean.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let shell = shell
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(place)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("MEMOS_LISTEN", listen)
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .process_group(0)
        .spawn()
        .expect("bash is there");
    let mut group = Group(shell);
    let start = Instant::now();
    let status = loop {
        let printed = || fs::read_to_string(&log).unwrap();
        match group.0.try_wait().unwrap() {
            Some(status) => break status,
            None => assert!(
                start.elapsed() < HANG,
                "the tour does not end:\n{}",
                printed()
            ),
        }
        sleep(Duration::from_millis(10));
    };
    let printed = fs::read_to_string(&log).unwrap();
    assert!(
        status.success(),
        "the tour breaks off with {status}:\n{script}\n---\n{printed}"
    );
    printed
}

#[test]
fn the_tour() {
    take_the_tour("README.md", "## Tour");
}

#[test]
fn the_chinese_tour() {
    take_the_tour("README.zh-CN.md", "## 试用");
}

#[test]
fn blocks_are_found_in_their_section_only() {
    let text = "# A\n```sh\nno\n```\n## Tour\n```sh\none\n# two\n```\n```text\n## Tour\n```\n\
                ### More\n```sh\nthree\n```\n## Next\n```sh\nno\n```\n";
    assert_eq!(
        shell_blocks(text, "## Tour").unwrap(),
        ["one\n# two\n", "three\n"]
    );
    assert_eq!(shell_blocks(text, "## Next").unwrap(), ["no\n"]);
    assert_eq!(shell_blocks(text, "## None"), None);
}

/// The test itself can fail: at any command of the tour, not only at the last.
#[test]
fn a_tour_that_fails_is_noticed() {
    let place = || tempfile::tempdir().unwrap();
    let good = "memos add --cube notes 'The ferry leaves at seven.'\n\
                memos search ferry | head -n 1\n\
                memos serve > serve.log & sleep 0.01\n";
    run(good, place().path(), "127.0.0.1:0");
    let bad = good.replace("memos search ferry", "memos search ferry --cube none");
    let failed = std::panic::catch_unwind(|| run(&bad, place().path(), "127.0.0.1:0"));
    assert!(failed.is_err());
}
