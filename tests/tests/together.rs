//! What clients may rely on while others write, and servers beside other servers.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use memos_tests::{Client, Server, filled, ids, message};
use serde_json::{Value, json};

const NOTES: &str = "/api/v1/cubes/notes/memories";

#[test]
fn eight_clients_read_what_they_wrote_at_once() {
    const CLIENTS: usize = 8;
    const EACH: usize = 12;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    thread::scope(|scope| {
        for n in 0..CLIENTS {
            let mut client = server.client();
            scope.spawn(move || {
                for i in 0..EACH {
                    // Half of it into a cube that all write to.
                    let cube = if i % 2 == 0 {
                        "shared".to_owned()
                    } else {
                        format!("own-{n}")
                    };
                    let word = format!("c{n}i{i}");
                    let added =
                        client.add(&cube, &message(&format!("{word}: the parcel has arrived.")));
                    let find = |client: &mut Client, query: &str| {
                        let hits = client.search(&cube, query, CLIENTS * EACH);
                        let mut found = hits.into_iter().map(|mut hit| hit["memory"].take());
                        found.find(|memory| memory["id"] == added[0].as_str())
                    };
                    let found = find(&mut client, &format!("What about {word}?"));
                    assert!(found.is_some(), "{word} is not found");
                    let path = format!("/api/v1/cubes/{cube}/memories/{}", added[0]);
                    client.get(&path).is(200);
                    let changed = json!({"text": format!("{word}: the parcel went to Oslo.")});
                    client.patch(&path, &changed).is(200);
                    let found = find(&mut client, "What went to Oslo?").unwrap();
                    assert_eq!(found["text"], changed["text"]);
                    if i % 3 == 0 {
                        client.delete(&path).is(204);
                        assert_eq!(find(&mut client, &word), None);
                    }
                }
            });
        }
    });
    let mut client = server.client();
    let left = CLIENTS * (EACH - EACH.div_ceil(3));
    let cubes = (0..CLIENTS)
        .map(|n| format!("own-{n}"))
        .chain(["shared".to_owned()]);
    assert_eq!(
        cubes.map(|cube| client.list(&cube).len()).sum::<usize>(),
        left
    );
}

/// The first words of a cube create it; those that come at the same instant are as good.
#[test]
fn clients_that_create_a_cube_at_once_all_find_their_words() {
    const CLIENTS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for round in 0..25 {
        let cube = format!("cube-{round}");
        let start = Barrier::new(CLIENTS);
        thread::scope(|scope| {
            for n in 0..CLIENTS {
                let (mut client, cube, start) = (server.client(), &cube, &start);
                scope.spawn(move || {
                    client.get("/health").is(200); // Connected.
                    start.wait();
                    let added = client.add(cube, &message(&format!("Parcel p{n} has arrived.")));
                    let hits = client.search(cube, &format!("Where is p{n}?"), CLIENTS);
                    let found = hits.iter().any(|h| h["memory"]["id"] == added[0].as_str());
                    assert!(found, "{cube}: p{n} is not in {hits:?}");
                });
            }
        });
        let hits = server
            .client()
            .search(&cube, "Which parcels have arrived?", 2 * CLIENTS);
        assert_eq!(hits.len(), CLIENTS, "{cube}: {hits:?}");
    }
}

#[test]
fn pages_hold_each_memory_once_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let ids = filled(folder.path(), 1_500);
    let server = Server::start(folder.path());
    let page_through = |client: &mut Client, query: &str, meanwhile: &mut dyn FnMut(usize)| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for n in 0.. {
            let page = client
                .get(&format!("{NOTES}?{query}{cursor}"))
                .is(200)
                .json();
            seen.extend(ids_of(&page));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
            meanwhile(n);
        }
        seen
    };
    let mut client = server.client();
    for limit in [7, 100, 1_000] {
        let seen = page_through(&mut client, &format!("limit={limit}"), &mut |_| {});
        assert_eq!(seen, ids, "oldest first, limit {limit}");
    }
    // {"text": {"like": "%number1__ %"}}
    let filter = "filter=%7B%22text%22%3A%7B%22like%22%3A%22%25number1__%20%25%22%7D%7D&limit=9";
    assert_eq!(
        page_through(&mut client, filter, &mut |_| {}),
        ids[100..200]
    );

    // What comes and goes in between moves nothing else.
    let mut other = server.client();
    let seen = page_through(&mut client, "limit=50", &mut |n| {
        other.add("notes", &message(&format!("Meanwhile {n}.")));
        other.delete(&format!("{NOTES}/{}", ids[n])).is(204);
        other
            .patch(&format!("{NOTES}/{}", ids[1_000 + n]), &json!({"key": "k"}))
            .is(200);
    });
    assert_eq!(
        seen[..1_500],
        ids,
        "each that was there all the time, once, in order"
    );
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
}

fn ids_of(page: &Value) -> Vec<String> {
    ids(page["memories"].as_array().unwrap())
}

#[test]
fn two_servers_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["north", "south"];
    let servers = names.map(|name| Server::start(&folder.path().join(name)));
    thread::scope(|scope| {
        for (server, name) in servers.iter().zip(names) {
            scope.spawn(move || {
                let mut client = server.client();
                for n in 0..20 {
                    client.add("notes", &message(&format!("Parcel {n} went {name}.")));
                }
            });
        }
    });
    for (server, name) in servers.iter().zip(names) {
        let memories = server.client().list("notes");
        assert_eq!(memories.len(), 20);
        assert!(
            memories
                .iter()
                .all(|m| m["text"].as_str().unwrap().ends_with(&format!("{name}.")))
        );
    }
    let [north, south] = servers;
    north.kill();
    assert_eq!(
        south
            .client()
            .search("notes", "Where did parcel 7 go?", 20)
            .len(),
        20
    );
    south.client().delete("/api/v1/cubes/notes").is(204);
    let north = Server::start(&folder.path().join("north"));
    assert_eq!(north.client().list("notes").len(), 20);
}
