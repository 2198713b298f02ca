//! Folders, addresses and disks that a server can't have: the exit status, what is wrong, what to
//! do, and that nothing is harmed.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command as Process;

use memos_tests::{Client, Command, Run, Server, message};
use serde_json::{Value, json};

const NOTES: &str = "/api/v1/cubes/notes/memories";

fn serve(data: &Path, listen: &str) -> Run {
    Command::new(&["serve", "--listen", listen, "--data"])
        .arg(data)
        .run()
}

fn held(client: &mut Client) -> (Value, Vec<Value>) {
    (
        client.get("/api/v1/cubes").is(200).json(),
        client.list("notes"),
    )
}

#[test]
fn a_port_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(&folder.path().join("first"));
    let address = first.address().to_string();
    let second = folder.path().join("second");
    let told = [
        "another process listens on",
        &address,
        "field: --listen",
        "127.0.0.1:0",
    ];
    serve(&second, &address).refuses(&told);
    assert!(
        !second.exists(),
        "a folder is made only by a server that listens"
    );
    // Also by a program that is no memos server.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    serve(&second, &address).refuses(&["another process listens on", &address]);
    assert_eq!(first.client().get("/ready").status, 200);
}

#[test]
fn a_public_address() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:7777"] {
        serve(&data, address).refuses(&["field: --listen", "authentication", "127.0.0.1"]);
    }
    for nonsense in ["127.0.0.1", "127.0.0.1:99999", "somewhere"] {
        let run = serve(&data, nonsense);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("--listen") && run.stderr.contains("help: "),
            "{}",
            run.stderr
        );
    }
    assert!(!data.exists());
}

#[test]
fn a_folder_that_another_server_holds() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    let mut client = first.client();
    client.add("notes", &message("The ferry leaves at seven."));
    let before = held(&mut client);
    let pid = format!("process {}", first.pid());
    serve(folder.path(), "127.0.0.1:0").refuses(&["is in use by", &pid, "stop"]);
    assert_eq!(held(&mut client), before);
    // Killed, it holds nothing any more.
    first.kill();
    let next = Server::start(folder.path());
    assert_eq!(held(&mut next.client()), before);
}

#[test]
fn a_folder_from_a_newer_version() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server
        .client()
        .add("notes", &message("The ferry leaves at seven."));
    let before = held(&mut server.client());
    assert!(server.terminate().success());

    let marker = folder.path().join("FORMAT");
    let mine = fs::read_to_string(&marker).unwrap();
    let version: u32 = mine.trim_end().rsplit_once(' ').unwrap().1.parse().unwrap();
    let newer = mine.replace(&version.to_string(), &(version + 1).to_string());
    fs::write(&marker, &newer).unwrap();
    let told = [
        format!("format {}", version + 1),
        format!("format {version}"),
    ];
    let told = [told[0].as_str(), told[1].as_str(), "newer version of memos"];
    serve(folder.path(), "127.0.0.1:0").refuses(&told);
    for command in [
        &["list"][..],
        &["add", "x"],
        &["search", "ferry"],
        &["stats"],
    ] {
        Command::new(command)
            .arg("--data")
            .arg(folder.path())
            .run()
            .refuses(&told);
    }
    assert_eq!(
        fs::read_to_string(&marker).unwrap(),
        newer,
        "it is left alone"
    );

    fs::write(&marker, "not ours").unwrap();
    serve(folder.path(), "127.0.0.1:0").refuses(&["FORMAT", "not ours"]);
    fs::write(&marker, mine).unwrap();
    let server = Server::start(folder.path());
    assert_eq!(held(&mut server.client()), before);
}

#[test]
fn a_folder_that_is_none_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("thesis.txt");
    fs::write(&file, "x").unwrap();
    serve(folder.path(), "127.0.0.1:0").refuses(&["not a data folder of memos", "thesis.txt"]);
    serve(&file, "127.0.0.1:0").refuses(&["is a file, not a folder"]);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is put there"
    );
}

/// While there is no room: every write is refused as a whole, every read goes on.
fn writes_are_refused_and_reads_go_on(client: &mut Client) {
    let before = held(client);
    let id = memos_tests::id_of(&before.1[0]);
    let path = format!("{NOTES}/{id}");
    let two = memos_tests::messages(&["No room for this.", "Nor for this."]);
    for problem in [
        client.post(NOTES, &two).problem(507, "disk_full"),
        client
            .post("/api/v1/cubes/fresh/memories", &two)
            .problem(507, "disk_full"),
        client
            .post("/api/v1/cubes", &json!({"id": "fresh"}))
            .problem(507, "disk_full"),
        client
            .patch(&path, &json!({"text": "No room."}))
            .problem(507, "disk_full"),
    ] {
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(remedy.contains("free space"), "{problem}");
    }
    client.get("/ready").is(200);
    let hits = client.search("notes", "When does the ferry leave?", 1);
    assert_eq!(hits[0]["memory"]["text"], before.1[0]["text"]);
    let question = json!({"query": "When does the ferry leave?", "cube_ids": ["notes"]});
    let context = client.post("/api/v1/context", &question).is(200).json();
    assert!(
        context["text"]
            .as_str()
            .unwrap()
            .contains("The ferry leaves at seven.")
    );
    let missing = client.search("notes", "Is there room?", 1000);
    assert!(
        missing
            .iter()
            .all(|hit| !hit["memory"]["text"].as_str().unwrap().contains("No"))
    );
    assert_eq!(held(client), before);
}

#[test]
fn a_disk_with_less_room_than_is_kept_free() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let request = message("The ferry leaves at seven.");
    let ids = server.client().add("notes", &request);
    server.kill();

    let server = Server::with(folder.path(), &[("MEMOS_RESERVE_BYTES", "8000000000GiB")]);
    let mut client = server.client();
    writes_are_refused_and_reads_go_on(&mut client);
    let again = client.post(NOTES, &request).is(201);
    assert_eq!(again.ids(), ids, "a repeat needs no room");
    client
        .delete(&format!("{NOTES}/{}", ids[0]))
        .problem(507, "disk_full");
    drop(server);

    let server = Server::start(folder.path());
    let mut client = server.client();
    assert_eq!(client.list("notes").len(), 1);
    // What was refused was not noted as done.
    let two = memos_tests::messages(&["No room for this.", "Nor for this."]);
    assert_eq!(client.add("notes", &two).len(), 2);
}

/// A file system of a few MiB, where mounting one is allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Process::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|m| m.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: this user may not mount a small file system");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Process::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
    }
}

#[test]
fn a_disk_that_runs_full() {
    let Some(disk) = SmallDisk::mount(16) else {
        return;
    };
    let data = disk.0.path().join("data");
    let settings = [("MEMOS_RESERVE_BYTES", "6MiB")];
    let server = Server::with(&data, &settings);
    let mut client = server.client();
    client.add("notes", &message("The ferry leaves at seven."));
    // First in large requests; when none fits any more, in the smallest.
    let mut added = 1;
    for (size, words) in [(20, 150), (1, 1)] {
        let refused = loop {
            let texts: Vec<String> = (0..size)
                .map(|n| format!("Page {n} after {added}. {}", "And so on. ".repeat(words)))
                .collect();
            let answer = client.post(NOTES, &memos_tests::messages(&texts));
            match answer.status {
                201 => added += answer.ids().len(),
                _ => break answer,
            }
            assert!(added < 100_000, "a disk of 16 MiB does not hold that");
        };
        refused.problem(507, "disk_full");
    }
    assert_eq!(
        client.list("notes").len(),
        added,
        "all of a request, or nothing"
    );
    // The vault tidies its file while tasks wait for room: what that frees is taken by another.
    fs::write(disk.0.path().join("another"), vec![0; 2 << 20]).unwrap();
    writes_are_refused_and_reads_go_on(&mut client);
    let before = held(&mut client);

    server.kill();
    let server = Server::with(&data, &settings);
    let mut client = server.client();
    assert_eq!(held(&mut client), before);
    assert!(server.terminate().success());
    fs::remove_file(disk.0.path().join("another")).unwrap();
    // With less kept free there is room again.
    let server = Server::with(&data, &[("MEMOS_RESERVE_BYTES", "1MiB")]);
    let mut client = server.client();
    client.add("notes", &message("There is room again."));
    assert_eq!(client.list("notes").len(), added + 1);
}
