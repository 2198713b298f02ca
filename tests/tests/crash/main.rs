//! SIGKILL at random instants while three clients write: what was acknowledged is there, once, and
//! nothing by halves.
//!
//! A [`Writer`](writer::Writer) keeps account of what it was told is done and of the one request
//! that got no answer. After each kill the server starts again on the same folder and is held to
//! that account, over REST; [`audit`] holds the events to it.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod audit;
mod follower;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use memos_tests::{Client, Dice, Server, id_of, message};
use serde_json::Value;

use audit::Audit;
use writer::{Memory, SHARED, Writer};

const ROUNDS: usize = 15;
const WRITERS: usize = 3;

/// Rounds between two looks at the events.
const AUDIT_EVERY: usize = 5;

/// A server is killed at most this long after it was ready, and, in a round without writers, after
/// it was started.
const LIFE_MS: usize = 600;
const BIRTH_MS: usize = 60;

/// Memories that are searched for in a round.
const SEARCHED: usize = 24;

/// Says how to repeat a failure.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "to repeat the choices of this run: MEMOS_TEST_SEED={}",
                self.0
            );
        }
    }
}

#[test]
fn killed_servers_keep_what_they_acknowledged() {
    let seed = Seed(Dice::seed());
    let mut dice = Dice::new(seed.0);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut writers: Vec<Writer> = (0..WRITERS).map(|n| Writer::new(n, seed.0)).collect();
    let mut audit = Audit::default();

    let server = Server::start(&data);
    let board = server
        .client()
        .add(SHARED, &message("What every writer changes."))
        .remove(0);
    server.kill();

    for round in 0..ROUNDS {
        write_until_killed(&data, &mut writers, &board, &mut dice);
        if dice.below(2) == 0 {
            let server = Server::launch(&data, &[]);
            thread::sleep(dice.millis(BIRTH_MS));
            server.kill();
        }
        let server = Server::start(&data);
        check(&mut server.client(), &mut writers, &board, &mut dice);
        assert_eq!(server.log(), "", "round {round}");
        if dice.below(2) == 0 {
            server.kill();
        } else {
            assert!(server.terminate().success());
        }
        if (round + 1) % AUDIT_EVERY == 0 {
            audit.catch_up(&data, &mut dice);
            audit.check(&writers, &board);
        }
    }
    audit.check_late_subscriber(&data);

    let requests: usize = writers.iter().map(|w| w.requests.len()).sum();
    let (done, not_done) = writers.iter().fold((0, 0), |(done, not), w| {
        (done + w.unanswered.done, not + w.unanswered.not)
    });
    println!(
        "{requests} adds, {} memories, {} events; without an answer: {done} done, {not_done} not",
        writers
            .iter()
            .map(|w| w.live.len() + w.gone.len())
            .sum::<usize>(),
        audit.len()
    );
    assert!(requests > ROUNDS * WRITERS, "it hardly wrote: {requests}");
}

fn write_until_killed(data: &Path, writers: &mut [Writer], board: &str, dice: &mut Dice) {
    let server = Server::start(data);
    let address = server.address();
    let life = dice.millis(LIFE_MS);
    thread::scope(|scope| {
        for writer in writers {
            scope.spawn(move || writer.write_until_killed(address, board));
        }
        thread::sleep(life);
        assert_eq!(server.log(), "");
        server.kill();
    });
}

/// Everything that a server holds, and what was promised.
fn check(client: &mut Client, writers: &mut [Writer], board: &str, dice: &mut Dice) {
    let held = held(client);
    for writer in &mut *writers {
        writer.settle(client, &held);
        writer.retry(client);
    }

    let mut held = self::held(client);
    let board = held.remove(board).expect("the board is there");
    let changes: u64 = writers.iter().map(|w| w.changes).sum();
    for writer in &*writers {
        let noted = board["info"][&writer.name].as_u64().unwrap_or(0);
        assert_eq!(
            noted, writer.changes,
            "{}: a change is lost: {board}",
            writer.name
        );
    }
    assert_eq!(board["version"], 1 + changes, "{board}");

    let promised: BTreeMap<&String, &Memory> = writers.iter().flat_map(|w| &w.live).collect();
    for (id, memory) in &promised {
        let held = held
            .get(*id)
            .unwrap_or_else(|| panic!("{id} is lost: {memory:?}"));
        assert!(memory.is(held), "promised {memory:?}, held {held}");
    }
    if held.len() != promised.len() {
        held.retain(|id, _| !promised.contains_key(id));
        panic!("held without a promise: {held:?}");
    }

    let live: Vec<_> = promised.into_iter().collect();
    for _ in 0..SEARCHED {
        let Some((id, memory)) = dice.pick(&live) else {
            break;
        };
        let found = client.search(&memory.cube, &memory.word, 5);
        let there = found
            .iter()
            .filter(|hit| hit["memory"]["id"] == **id)
            .count();
        assert_eq!(there, 1, "searching {} finds {found:?}", memory.word);
    }
    let gone: Vec<_> = writers.iter().flat_map(|w| &w.gone).collect();
    for _ in 0..SEARCHED / 3 {
        let Some((id, memory)) = dice.pick(&gone) else {
            break;
        };
        let path = format!("/api/v1/cubes/{}/memories/{id}", memory.cube);
        client.get(&path).problem(404, "memory_not_found");
        let found = client.search(&memory.cube, &memory.word, 5);
        assert!(
            found.iter().all(|hit| hit["memory"]["id"] != **id),
            "{memory:?} came back"
        );
    }
}

/// All memories of all cubes by id; each id and each text once.
fn held(client: &mut Client) -> BTreeMap<String, Value> {
    let cubes = client.get("/api/v1/cubes").is(200).json();
    let mut held = BTreeMap::new();
    for cube in cubes["cubes"].as_array().unwrap() {
        for memory in client.list(cube["id"].as_str().unwrap()) {
            let twice = held.insert(id_of(&memory), memory);
            assert!(twice.is_none(), "listed twice: {twice:?}");
        }
    }
    let mut texts: Vec<&str> = held.values().map(|m| m["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    assert!(
        texts.windows(2).all(|two| two[0] != two[1]),
        "stored twice: {texts:?}"
    );
    held
}
