//! Everything that an endpoint can do wrong, over the server: one failed try each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memos_tests::{Asked, Command, Endpoint, Scripted, id_of};
use serde_json::json;

use crate::stage::{
    derived, drain, dump, failures, metric, noted, say, serve, sources, task, tasks, try_again,
    until, well,
};

/// A way to fail.
pub(crate) struct Case {
    /// The cube that it happens in, whose turns name it.
    pub(crate) cube: &'static str,
    /// What the metrics call it.
    pub(crate) failure: &'static str,
    /// Most requests of one try.
    pub(crate) requests: usize,
    pub(crate) answer: fn(&Asked) -> Scripted,
}

const fn case(
    cube: &'static str,
    failure: &'static str,
    requests: usize,
    answer: fn(&Asked) -> Scripted,
) -> Case {
    Case {
        cube,
        failure,
        requests,
        answer,
    }
}

/// All that is worth another request is asked three times; what does not fit, twice.
pub(crate) const CASES: &[Case] = &[
    case("garbage-body", "garbage", 1, |_| {
        Scripted::body(200, "<html>busy</html>")
    }),
    case("garbage-words", "garbage", 2, |_| {
        Scripted::text("Sure! Here is a poem about the sea.")
    }),
    case("empty-body", "empty", 1, |_| Scripted::body(200, "")),
    case("empty-words", "empty", 1, |_| Scripted::text(" \n")),
    case("truncated", "truncated", 1, |_| {
        Scripted::cut_off("{\"items\":[{\"kind\":\"fact\",\"text\":\"Half of")
    }),
    case("late", "late", 1, |asked| {
        Scripted::json(&noted(asked)).held()
    }),
    case("rate-limited", "rate_limited", 3, |_| {
        Scripted::rate_limited(None)
    }),
    case("server-error", "server_error", 3, |_| {
        Scripted::refusal(500, "out of memory")
    }),
    case("dropped", "dropped", 3, |_| Scripted::dropped()),
    case("broken-off", "dropped", 3, |asked| {
        Scripted::json(&noted(asked)).broken_off()
    }),
    case("schema-kind", "schema", 2, |_| {
        Scripted::json(&json!({"items": [{"kind": "secret", "text": "Ada hides it."}]}))
    }),
    case("schema-shape", "schema", 2, |asked| {
        Scripted::json(&noted(asked)["items"])
    }),
    case("refused", "refused", 1, |_| {
        Scripted::refusal(401, "no such key")
    }),
    case("declined", "declined", 1, |_| Scripted::declined()),
];

/// Turns of a cube that have nothing to do with each other; each names the cube.
pub(crate) fn turns(cube: &str) -> [String; 3] {
    [
        format!("The {cube} ferry leaves at seven in the morning."),
        format!("Mira painted her kitchen green on the {cube} weekend."),
        format!("A {cube} parcel with tulip bulbs is in the shed."),
    ]
}

/// The case whose turns a prompt shows.
pub(crate) fn case_of(asked: &Asked) -> &'static Case {
    let words = asked.words();
    let named = |case: &&Case| words.contains(&format!("{} ferry", case.cube));
    CASES.iter().find(named).unwrap()
}

/// An endpoint that fails in every way while it is broken.
pub(crate) fn breakable() -> (Endpoint, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let endpoint = Endpoint::answering(move |asked| {
        if is_broken.load(Ordering::SeqCst) && asked.schema() == "facts" {
            (case_of(asked).answer)(asked)
        } else {
            well(asked)
        }
    });
    (endpoint, broken)
}

/// Requests of refinement so far, by cube.
pub(crate) fn requests(endpoint: &Endpoint) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for asked in endpoint.asked() {
        if asked.schema() == "facts" {
            *counts.entry(case_of(&asked).cube).or_default() += 1;
        }
    }
    counts
}

#[test]
fn a_failed_try_changes_nothing_is_counted_and_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, broken) = breakable();
    let server = serve(folder.path(), &endpoint, &[("MEMOS_LLM_TIMEOUT", "4s")]);
    let mut client = server.client();
    let mut before = BTreeMap::new();
    for case in CASES {
        say(&mut client, case.cube, "s", &turns(case.cube));
        drain(&mut client, "fuse");
        before.insert(case.cube, dump(folder.path(), case.cube));
        assert_eq!(before[case.cube].len(), 3, "{}", case.cube);
    }

    drain(&mut client, "refine");
    for case in CASES {
        let failed = task(&mut client, "refine", case.cube);
        // On a slow machine its pause may be over, and the next try has begun.
        assert!(failed["attempts"].as_u64().unwrap() >= 1, "{failed}");
        let time = |name: &str| failed[name].as_str().unwrap().to_owned();
        let pauses = time("due_at") > time("updated_at");
        assert!(pauses || failed["status"] == "running", "{failed}");
        let why = failed["last_error"].as_str().unwrap();
        assert!(why.contains("language model"), "{}: {why}", case.cube);
        assert!(!why.contains("ferry"), "it repeats a message: {why}");
        let after = dump(folder.path(), case.cube);
        assert_eq!(before[case.cube], after, "{}", case.cube);
    }
    // The counts are those of the requests, and the requests those of the tries.
    for case in CASES {
        let counted = failures(&mut client, case.failure);
        let of_failure = CASES.iter().filter(|c| c.failure == case.failure);
        let asked = requests(&endpoint);
        let asked: usize = of_failure.map(|c| asked[c.cube]).sum();
        let name = case.failure;
        assert!((1..=asked as u64).contains(&counted), "{name}: {counted}");
    }
    let failed = "memos_task_tries_total{kind=\"refine\",outcome=\"failed\"}";
    assert!(metric(&mut client, failed) >= CASES.len() as u64);
    // They wait their pauses out: nobody who drains cuts them short.
    drain(&mut client, "refine");
    let asked = requests(&endpoint);
    for case in CASES {
        let task = task(&mut client, "refine", case.cube);
        let tries = task["attempts"].as_u64().unwrap() as usize + 1;
        let count = asked[case.cube];
        let expected = 1..=tries * case.requests;
        assert!(expected.contains(&count), "{}: {count}", case.cube);
    }
    let waiting = tasks(&mut client, "refine", "");
    assert_eq!(waiting.len(), CASES.len());
    Command::new(&["tasks", "retry", &id_of(&waiting[0]), "--data"])
        .arg(folder.path())
        .run()
        .refuses(&["can't be tried again"]);

    broken.store(false, Ordering::SeqCst);
    waiting.iter().for_each(|task| try_again(&mut client, task));
    drain(&mut client, "refine");
    for case in CASES {
        let done = task(&mut client, "refine", case.cube);
        assert_eq!(done["status"], "done", "{done}");
        assert_eq!(done["outcome"]["derived"], 3, "{done}");
        let known = derived(&mut client, case.cube);
        let mut from: Vec<String> = known.iter().flat_map(sources).collect();
        from.sort();
        let all: Vec<String> = before[case.cube].keys().cloned().collect();
        assert_eq!(from, all, "{}: each turn once", case.cube);
        say(&mut client, case.cube, "next", &["A new day."]);
    }
    drain(&mut client, "refine");
    for case in CASES {
        let known = derived(&mut client, case.cube).len();
        assert_eq!(known, 4, "{}", case.cube);
        let after = dump(folder.path(), case.cube);
        for (id, line) in &before[case.cube] {
            assert_eq!(after.get(id), Some(line), "{}", case.cube);
        }
    }
}

#[test]
fn an_endpoint_that_is_not_there_or_wants_rest_is_left_alone() {
    // Nobody listens where this one was.
    let gone = Endpoint::answering(well);
    let address = gone.base_url();
    drop(gone);
    until("the address is free", || {
        let at = address.strip_prefix("http://")?.strip_suffix("/v1")?;
        std::net::TcpStream::connect(at).is_err().then_some(())
    });
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("MEMOS_LLM_BASE_URL", address.as_str()),
        ("MEMOS_LLM_MODEL", "scripted"),
    ];
    let server = memos_tests::Server::with(folder.path(), &settings);
    let mut client = server.client();
    say(&mut client, "notes", "s", &turns("dropped"));
    drain(&mut client, "refine");
    let failed = task(&mut client, "refine", "notes");
    let why = failed["last_error"].as_str().unwrap();
    assert!(why.contains("can't be reached"), "{why}");
    assert_eq!(failures(&mut client, "unreachable"), 3);
    assert_eq!(dump(folder.path(), "notes").len(), 3);

    // One that asks for an hour gets it: what else wants to ask fails without a request.
    let endpoint = Endpoint::answering(|_| Scripted::rate_limited(Some("3600")));
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    for session in ["a", "b", "c"] {
        say(&mut client, "notes", session, &turns("dropped"));
        drain(&mut client, "refine");
    }
    assert_eq!(endpoint.asked().len(), 1);
    assert_eq!(failures(&mut client, "rate_limited"), 1);
    assert_eq!(failures(&mut client, "busy"), 2);
    let waiting = tasks(&mut client, "refine", "&status=waiting");
    assert_eq!(waiting.len(), 3, "{waiting:?}");
    assert_eq!(dump(folder.path(), "notes").len(), 9);
}
