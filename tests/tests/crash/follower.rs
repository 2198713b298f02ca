//! A subscriber that is killed with its process goes on after what it acknowledged.
//!
//! The test starts its own binary again as the process that is killed: [`follower`] does nothing
//! unless it is told a folder.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use memos_api::MemOs;
use memos_api::wire::AddRequest;
use memos_tests::{Dice, message};

const FOLDER: &str = "MEMOS_TESTS_FOLLOWER";
const LIVES: usize = 8;

/// The process that is killed: adds in one thread, follows in the other, and says what it took and
/// what it has acknowledged.
#[test]
fn follower() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let memos = MemOs::builder().data(folder).open().unwrap();
    let (who, cube) = ("ana".parse().unwrap(), "notes".parse().unwrap());
    let say = |words: String| {
        // The harness may have begun a line of its own.
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{words}").unwrap();
        out.flush().unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0_u64.. {
                let body = message(&format!("Note {n} of {}", std::process::id()));
                let request = AddRequest {
                    messages: Some(body["messages"].clone()),
                    ..AddRequest::default()
                };
                memos.add(&who, &cube, &request).unwrap();
            }
        });
        let mut subscriber = memos.subscribe("follower").unwrap();
        loop {
            let batch = subscriber.next_batch(5, Duration::from_secs(1)).unwrap();
            let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
                continue;
            };
            say(format!("took {} {}", first.seq, last.seq));
            subscriber.ack(last.seq).unwrap();
            say(format!("acknowledged {}", last.seq));
        }
    });
}

#[test]
fn a_killed_subscriber_goes_on_after_what_it_acknowledged() {
    let mut dice = Dice::new(Dice::seed());
    let folder = tempfile::tempdir().unwrap();
    // The cursor is one of these: an acknowledgement may have been on its way.
    let mut cursor = [0, 0];
    for _ in 0..LIVES {
        let said = live_and_die(folder.path(), 1 + dice.below(40));
        let mut next = None;
        for line in said.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |n: usize| words[n].parse::<u64>().unwrap();
            match words[0] {
                "took" => {
                    let (first, last) = (number(1), number(2));
                    match next {
                        None => assert!(cursor.contains(&(first - 1)), "{cursor:?}, then {first}"),
                        Some(next) => assert_eq!(first, next),
                    }
                    next = Some(last + 1);
                    cursor = [first - 1, last];
                }
                "acknowledged" => cursor = [number(1); 2],
                _ => {}
            }
        }
    }
    assert!(cursor[0] > 0, "it never followed anything");
}

/// Lets it say a number of lines, kills it, and returns all that it said.
fn live_and_die(folder: &Path, lines: usize) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "follower::follower",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (mut said, mut seen) = (String::new(), 0);
    while seen < lines {
        let from = said.len();
        assert!(
            out.read_line(&mut said).unwrap() > 0,
            "it ended by itself: {said}"
        );
        seen += usize::from(said[from..].starts_with("took") || said[from..].starts_with("ack"));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    out.read_to_string(&mut said).unwrap();
    // The last line may be cut off.
    said.truncate(said.rfind('\n').map_or(0, |end| end));
    said
}
