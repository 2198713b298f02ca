//! The same commands through a server, and the life of the server itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::Stdio;

use memos_api::MemOs;

use crate::harness::Place;

#[test]
fn every_command_works_through_a_server() {
    let place = Place::new();
    let server = place.serve();
    let url = server.url();
    let elsewhere = Place::new();
    let ok = |args: &[&str]| elsewhere.ok(&[args, &["--server", &url]].concat());

    let added = ok(&[
        "add",
        "Mina moved to Lyon.",
        "--cube",
        "会议#1",
        "--speaker",
        "Ada",
    ]);
    let id = added.trim_end();
    assert!(ok(&["search", "Where is Mina?"]).contains(id));
    assert!(ok(&["context", "Where is Mina?"]).contains("Ada: Mina moved to Lyon."));
    assert!(ok(&["list"]).contains(id));
    assert!(ok(&["show", id]).contains("会议#1"));
    assert!(ok(&["show", id, "--cube", "会议#1"]).contains("Ada"));
    assert!(ok(&["cubes"]).contains("会议#1"));
    assert_eq!(ok(&["cubes", "create", "b"]), "cube b created\n");
    assert_eq!(ok(&["cubes", "delete", "b", "--yes"]), "cube b forgotten\n");
    let notes = elsewhere.file("notes.md", "# Plan\n\nWe meet on Monday.\n");
    assert!(ok(&["import", notes.to_str().unwrap()]).contains("1 memory added to cube default"));
    assert!(ok(&["import", notes.to_str().unwrap()]).contains("1 were there already"));
    let stats: serde_json::Value = serde_json::from_str(&ok(&["stats", "--json"])).unwrap();
    assert_eq!(
        (&stats["memories"], &stats["cubes"]),
        (&2.into(), &2.into())
    );
    assert_eq!(stats["server"], url.as_str());
    assert_eq!(stats["data"], serde_json::Value::Null);
    assert_eq!(ok(&["forget", id]), "1 memory forgotten\n");
    assert_eq!(
        ok(&["forget", "--cube", "default", "--all", "--yes"]),
        "1 memory forgotten\n"
    );

    let fails = |args: &[&str], told: &[&str]| {
        elsewhere.fails(&[args, &["--server", &url]].concat(), told);
    };
    fails(&["show", id], &["no cube holds memory", "help: "]);
    fails(
        &["list", "--cube", "none"],
        &["there is no cube \"none\"", "help: "],
    );
    fails(
        &["add", "x", "--time", "soon"],
        &["\"soon\" is not a time", "field: /chat_time", "help: "],
    );
    fails(
        &["search", "x", "--cube", "会议#1", "--top-k", "0"],
        &["0 is out of range", "/top_k"],
    );
    assert!(!elsewhere.path("memos-data").exists());
}

#[test]
fn a_folder_that_a_server_holds_is_reached_through_it() {
    let place = Place::new();
    place.add(&["Before the server."]);
    let server = place.serve();
    place.add(&["While it runs."]);
    let run = place.run(&["search", "server", "-v"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stdout.contains("Before the server."), "{}", run.stdout);
    assert!(
        run.stderr.contains("the folder is open in a server"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains(server.address()), "{}", run.stderr);
    assert_eq!(place.run(&["list"]).stderr, "");
    let stats = place.json(&["stats", "--json"]);
    assert_eq!(stats["memories"], 2);
    assert!(stats["disk_bytes"].as_u64().unwrap() > 0);
    drop(server);
    assert_eq!(
        place.json(&["list", "--json"])["memories"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_stop_ends_well_and_frees_the_folder() {
    let place = Place::new();
    let server = place.serve();
    place.add(&["Kept."]);
    assert!(server.stop());
    assert!(place.ok(&["list"]).contains("Kept."));
    // Its log is not on a terminal, so each line is an object; what was said is not in it.
    let log = std::fs::read_to_string(place.path("serve.log")).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines.iter().any(|line| line["message"] == "listening"),
        "{log}"
    );
    assert!(lines.iter().all(|line| line["level"] != "DEBUG"), "{log}");
    let answered = lines.iter().find(|line| line["message"] == "answered");
    let answered = answered.expect("requests are told");
    let id = answered["span"]["request_id"].as_str().unwrap();
    assert_eq!(answered.to_string().matches(id).count(), 1, "{answered}");
    assert!(!log.contains("Kept."), "{log}");
}

#[test]
fn a_folder_that_a_silent_process_holds_is_refused() {
    let place = Place::new();
    let held = MemOs::builder()
        .data(place.path("memos-data"))
        .open()
        .unwrap();
    let pid = format!("process {}", std::process::id());
    place.fails(&["list"], &["is in use by", &pid, "help: stop"]);
    place.fails(&["add", "x"], &["is in use by", &pid]);
    let run = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    run.check(1, &["is in use by", &pid, "help: stop"]);
    assert_eq!(run.stdout, "", "a server that can't serve is not announced");
    drop(held);
    place.add(&["x"]);
}

#[test]
fn a_command_waits_until_the_folder_is_free() {
    let place = Place::new();
    let held = MemOs::builder()
        .data(place.path("memos-data"))
        .open()
        .unwrap();
    let mut waiting = place
        .command(&["add", "Patience.", "-v"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(waiting.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("waiting for the process"), "{line}");
    drop(held);
    told.read_to_string(&mut line).unwrap();
    assert!(waiting.wait().unwrap().success(), "{line}");
    assert!(place.ok(&["list"]).contains("Patience."));
}

#[test]
fn commands_at_once_take_their_turns() {
    let place = Place::new();
    let texts = ["One.", "Two.", "Three.", "Four."];
    let running: Vec<_> = texts
        .iter()
        .map(|text| {
            let mut command = place.command(&["add", text]);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for command in running {
        let output = command.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
    }
    let listed = place.ok(&["list"]);
    assert!(texts.iter().all(|t| listed.contains(t)), "{listed}");
}

#[test]
fn addresses_that_cannot_be_listened_at_are_refused() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place.fails(
        &["serve", "--listen", &address],
        &["another process listens on", &address, "help: "],
    );
    let public = [
        "can be reached from other machines",
        "authentication",
        "--listen",
    ];
    place.fails(&["serve", "--listen", "0.0.0.0:0"], &public);
    place.fails(&["serve", "--listen", "[::]:0"], &public);
    place
        .run(&["serve", "--listen", "nowhere"])
        .check(2, &["--listen", "127.0.0.1:7777"]);
    assert!(!place.path("memos-data").exists());
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_remedy() {
    let place = Place::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    place.fails(
        &["list", "--server", &free],
        &["no server answers at", &free, "memos serve"],
    );
    place.fails(
        &["list", "--server", "https://127.0.0.1:1"],
        &["plain HTTP only", "help: "],
    );
    place.fails(
        &["list", "--server", "a b"],
        &["is not a server's address", "help: "],
    );
    // What answers there is no memos server.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = other.accept().unwrap();
        let mut start = [0; 16];
        stream.read_exact(&mut start).unwrap();
        let page = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
        stream.write_all(page.as_bytes()).unwrap();
    });
    place.fails(
        &["list", "--server", &address],
        &["is not one of a memos server", "help: "],
    );
    answering.join().unwrap();
}

#[test]
fn the_nearer_of_server_and_folder_wins() {
    let place = Place::new();
    place.add(&["In the folder."]);
    // A flag for the folder beats a server in the environment.
    let env = |args: &[&str]| {
        let output = place
            .command(args)
            .env("MEMOS_SERVER", "127.0.0.1:1")
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert!(!env(&["list"]).0);
    assert!(
        env(&["list", "--data", "memos-data"])
            .1
            .contains("In the folder.")
    );
}
