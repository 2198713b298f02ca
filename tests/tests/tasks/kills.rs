//! Ten thousand tasks and fifty kills: each task is done once in effect, none is lost, the dead
//! letters are the poisoned ones, and the more urgent go first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;

use memos_api::Working;
use memos_tests::{Client, Dice, Server, Stream};
use serde_json::json;

use crate::host::Host;
use crate::load::{self, CUBES, Feeder};
use crate::until;

const TASKS: usize = 10_000;
const FEEDERS: usize = 8;

/// Kills while tasks are only queued, until about half of them are; and while others are done.
const QUEUEING: usize = 10;
const WORKING: usize = 40;

/// One life in so many ends at most this long after its beginning, before or while it opens its
/// folder.
const EARLY: usize = 5;
const BIRTH_MS: usize = 150;

/// Once a life has come as far as it should, it ends at most this much later.
const LIFE_MS: usize = 8;

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
fn ten_thousand_tasks_survive_fifty_kills() {
    let seed = Seed(Dice::seed());
    let mut dice = Dice::new(seed.0);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let plan = load::plan(TASKS, &mut dice);
    let mut feeders: Vec<Feeder<'_>> = (0..FEEDERS)
        .map(|n| Feeder::new(&plan, (n..TASKS).step_by(FEEDERS)))
        .collect();

    let server = start(&data, 0, Working::Later);
    let mut client = server.client();
    for cube in CUBES {
        client.post("/api/v1/cubes", &json!({"id": cube})).is(201);
    }
    server.kill();

    for run in 1..=QUEUEING {
        // On the average, half of what they may. What each asks for again may be there already.
        let most = TASKS / QUEUEING;
        let server = start(&data, run, Working::Later);
        let waiting = |client: &mut Client| crate::counts(client)["waiting"].as_u64().unwrap();
        let enough = waiting(&mut server.client()) + dice.below(most - FEEDERS) as u64;
        live_and_die(server, run, &mut feeders, most, &mut dice, |client| {
            waiting(client) >= enough
        });
    }
    let mut far = 0;
    for run in QUEUEING + 1..=QUEUEING + WORKING {
        if dice.below(EARLY) == 0 {
            let server = host(&data, run, Working::InBackground).launch();
            thread::sleep(dice.millis(BIRTH_MS));
            server.kill();
            continue;
        }
        // On the average, as many as leave some for the end.
        far += dice.below(2 * TASKS / WORKING);
        let server = start(&data, run, Working::InBackground);
        let most = 2 * (TASKS / 2 / WORKING);
        live_and_die(server, run, &mut feeders, most, &mut dice, |client| {
            let counts = crate::counts(client);
            let count = |name: &str| counts[name].as_u64().unwrap() as usize;
            count("done") + count("dead") >= far || count("waiting") + count("running") == 0
        });
    }

    let last = QUEUEING + WORKING + 1;
    let server = start(&data, last, Working::InBackground);
    feed(&server, last, &mut feeders);
    assert!(feeders.iter().all(Feeder::is_done), "{}", server.log());
    let mut client = server.client();
    crate::drain(&mut client);
    // A drain doesn't wait for what pauses after a failure.
    crate::until_all_ended(&mut client);
    let poisoned = load::poisoned(&plan);
    assert_eq!(
        crate::counts(&mut client),
        json!({"waiting": 0, "running": 0, "done": TASKS - poisoned, "dead": poisoned, "cancelled": 0})
    );
    let queued: BTreeMap<usize, u64> = feeders.iter().flat_map(|f| f.queued.clone()).collect();
    let by_run = load::check(&mut client, &plan, &queued);
    check_events(&server, TASKS - poisoned);
    println!("tasks done in each life: {by_run:?}");
    let killed = by_run.keys().filter(|run| **run < last as u64).count();
    assert!(killed > WORKING / 2, "most kills met no work: {by_run:?}");
    assert!(server.terminate().success());
}

fn host(data: &Path, run: usize, working: Working) -> Host<'_> {
    Host {
        data,
        run,
        working,
        gate: None,
    }
}

fn start(data: &Path, run: usize, working: Working) -> Server {
    host(data, run, working).start()
}

fn feed(server: &Server, run: usize, feeders: &mut [Feeder<'_>]) {
    let address = server.address();
    thread::scope(|scope| {
        for feeder in feeders {
            scope.spawn(move || feeder.queue(address, run as u64, TASKS));
        }
    });
}

/// Queues up to `most` tasks, and kills the server a moment after it has come `far`.
fn live_and_die(
    server: Server,
    run: usize,
    feeders: &mut [Feeder<'_>],
    most: usize,
    dice: &mut Dice,
    far: impl Fn(&mut Client) -> bool,
) {
    let address = server.address();
    thread::scope(|scope| {
        for feeder in feeders {
            scope.spawn(move || feeder.queue(address, run as u64, most.div_ceil(FEEDERS)));
        }
        let mut client = server.client();
        until("what this life should do", || far(&mut client));
        thread::sleep(dice.millis(LIFE_MS));
        server.kill();
    });
}

/// Each mark was told of once.
fn check_events(server: &Server, marks: usize) {
    let mut stream = Stream::open(server.address(), "/api/v1/events?after=0", &[]);
    let mut told = BTreeSet::new();
    for seq in 1.. {
        let event = stream.next_of("memory").expect("there are more events");
        assert_eq!(event.id, Some(seq), "{event:?}");
        if event.data["kind"] == "added" {
            let id = event.data["memory_id"].as_str().unwrap().to_owned();
            assert!(told.insert(id), "told twice: {event:?}");
            if told.len() == marks {
                return;
            }
        }
    }
}
