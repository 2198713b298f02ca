//! Each face's border under what no client should send: the requests of the golden cases, changed by
//! chance. Whatever comes, the server answers, never with a failure of its own, and refuses in the
//! words of that contract.
//!
//! A second a face; `MEMOS_FUZZ_SECONDS` says how many instead. A failure prints its seed, which
//! `MEMOS_TEST_SEED` repeats, and the request.

#![allow(clippy::unwrap_used)]

mod corpus;
mod mutate;
mod shape;

use std::time::{Duration, Instant};

use corpus::{Sent, corpus};
use memos_tests::{Client, Dice, Endpoint, Scripted, Server};
use shape::is_refusal;

/// Bytes of the largest body that the server takes here: small, so that larger ones are soon sent.
const BODY_LIMIT: usize = 256 * 1024;

fn seconds() -> Duration {
    match std::env::var("MEMOS_FUZZ_SECONDS") {
        Ok(seconds) => Duration::from_secs(seconds.parse().expect("a number of seconds")),
        Err(_) => Duration::from_secs(1),
    }
}

fn fuzz(face: &str) {
    let seeds = corpus(face);
    assert!(!seeds.is_empty(), "tests/compat/{face} has no request");
    let folder = tempfile::tempdir().unwrap();
    let limit = BODY_LIMIT.to_string();
    // Else all that is passed on to it would be refused unread.
    let upstream = Endpoint::answering(|_| Scripted::text("Yes."));
    let settings = [
        ("MEMOS_BODY_LIMIT", limit.as_str()),
        ("MEMOS_PROXY_BASE_URL", &upstream.base_url()),
    ];
    let server = Server::with(folder.path(), &settings);
    let mut client = server.client();
    let seed = Dice::seed();
    let mut dice = Dice::new(seed);
    // Valid requests first, so that there is something to read, change and forget.
    for sent in &seeds {
        play(&mut client, sent, face, seed);
    }
    let (start, mut count) = (Instant::now(), 0_usize);
    while start.elapsed() < seconds() {
        let sent = mutate::mutated(&seeds, &mut dice, BODY_LIMIT);
        play(&mut client, &sent, face, seed);
        count += 1;
    }
    assert_eq!(client.get("/ready").status, 200);
    assert!(
        !server.log().contains("panicked"),
        "seed {seed}: {}",
        server.log()
    );
    println!("{face}: {count} requests");
}

fn play(client: &mut Client, sent: &Sent, face: &str, seed: u64) {
    let headers: Vec<(&str, &str)> = sent
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut send = || client.send(&sent.method, &sent.path, &headers, &sent.body);
    // A server that answers before it has read all closes the connection: the next request needs
    // another one.
    let answer = match send().or_else(|_| send()) {
        Ok(answer) => answer,
        Err(error) => panic!("seed {seed}: no answer: {error}: {sent}"),
    };
    // No language model is configured, and an upstream may not be reached: that is said with 503, 502 or 501.
    let failed = answer.status >= 500 && !matches!(answer.status, 501..=503);
    assert!(
        !failed,
        "seed {seed}: {} {}: {sent}",
        answer.status,
        answer.text()
    );
    if answer.status >= 400 {
        let told = is_refusal(face, &sent.path, &answer);
        assert!(
            told,
            "seed {seed}: {} {}: {sent}",
            answer.status,
            answer.text()
        );
    }
}

macro_rules! faces {
    ($($face:ident),* $(,)?) => {$(
        #[test]
        fn $face() {
            fuzz(stringify!($face));
        }
    )*};
}

faces! {
    anthropic,
    langgraph,
    mcp,
    mem0,
    native,
    openai,
    openmem,
    product,
}
