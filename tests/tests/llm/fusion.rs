//! Fusion with a model's judgement, and what is left of it when the model fails.

use memos_tests::{Client, Endpoint, Scripted, id_of};
use serde_json::{Value, json};

use crate::stage::{
    derived, drain, dump, fact, failures, items, judged, metric, say, serve, task, tasks,
};

/// Says facts that no rule takes for one another, of the same thing.
fn facts_of(first: &'static str, second: &'static str, relation: Option<&'static str>) -> Endpoint {
    Endpoint::answering(move |asked| match asked.schema() {
        "facts" => Scripted::json(&items(&[fact(first, &[1]), fact(second, &[2])])),
        _ => match relation {
            Some(relation) => judged(relation),
            None => Scripted::text("I'd rather not say."),
        },
    })
}

const OLD: &str = "Ada's flat is in Bonn, near the old bridge, on the third floor.";
const NEW: &str = "Ada's flat is in Lyon, near the old bridge, on the third floor.";

fn refined(client: &mut Client) -> (Value, Value) {
    let turns = ["My flat is in Bonn.", "The flat is in Lyon now, they say."];
    say(client, "notes", "s", &turns);
    for kind in ["refine", "fuse"] {
        drain(client, kind);
    }
    let known = derived(client, "notes");
    let of = |text: &str| known.iter().find(|m| m["text"] == text).unwrap().clone();
    (of(OLD), of(NEW))
}

#[test]
fn the_model_judges_what_rules_can_not_tell() {
    for (relation, state, over) in [
        ("duplicate", "merged", "older"),
        ("supersedes", "generated", "newer"),
        ("contradicts", "generated", ""),
        ("unrelated", "generated", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = facts_of(OLD, NEW, Some(relation));
        let server = serve(folder.path(), &endpoint, &[]);
        let (old, new) = refined(&mut server.client());
        let judged = endpoint.asked();
        let pair = judged.iter().any(|asked| {
            let words = asked.words();
            asked.schema() == "judge" && words.contains(OLD) && words.contains(NEW)
        });
        assert!(pair, "{relation}: nobody was asked");
        assert_eq!(new["state"], state, "{relation}: {new}");
        let superseded = |m: &Value| m["superseded_by"].as_str().unwrap_or_default().to_owned();
        let (of_old, of_new) = (superseded(&old), superseded(&new));
        match over {
            "older" => assert_eq!((of_old, of_new), (String::new(), id_of(&old)), "{relation}"),
            "newer" => {
                assert_eq!((of_old, of_new), (id_of(&new), String::new()), "{relation}");
                assert!(old["valid_until"].is_string(), "{old}");
            }
            _ => assert_eq!(
                (of_old, of_new),
                (String::new(), String::new()),
                "{relation}"
            ),
        }
    }
}

#[test]
fn rules_decide_where_the_model_fails() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = facts_of(OLD, NEW, None);
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    refined(&mut client);
    // What the rules find without a model.
    let turns = ["I live in Bonn.", "I live in Lyon now."];
    let before = say(&mut client, "home", "s", &turns);
    drain(&mut client, "fuse");
    let listed = client.list("home");
    let old = listed.iter().find(|m| id_of(m) == before[0]).unwrap();
    assert_eq!(old["superseded_by"], json!(before[1]), "{old}");
    assert!(failures(&mut client, "garbage") >= 2);
    // A judgement that can't be had is no failure of the task, and not asked for again.
    for fused in tasks(&mut client, "fuse", "") {
        assert_eq!(fused["status"], "done", "{fused}");
    }
    let asked = endpoint.asked().len();
    drain(&mut client, "fuse");
    assert_eq!(endpoint.asked().len(), asked);
    assert!(server.log().contains("fusion goes by rules alone"));
    assert_eq!(metric(&mut client, "memos_llm_in_flight"), 0);
}

#[test]
fn evidence_is_kept_whatever_the_model_says_of_what_was_derived() {
    // Evidence and what was derived from it are not compared, and evidence is kept whatever the
    // model says of it.
    let folder = tempfile::tempdir().unwrap();
    let endpoint = facts_of("I live in Lyon now.", "I live in Bonn.", Some("duplicate"));
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(
        &mut client,
        "notes",
        "s",
        &["I live in Bonn.", "I live in Lyon now."],
    );
    drain(&mut client, "fuse");
    let before = dump(folder.path(), "notes");
    for kind in ["refine", "fuse"] {
        drain(&mut client, kind);
    }
    let after = dump(folder.path(), "notes");
    assert_eq!(task(&mut client, "fuse", "notes")["status"], "done");
    for (id, line) in &before {
        assert_eq!(after.get(id), Some(line));
    }
    let words = |memory: &Value| memory["text"].as_str().unwrap().to_owned();
    let mut left: Vec<String> = client.list("notes").iter().map(words).collect();
    left.sort();
    left.dedup();
    assert_eq!(left, ["I live in Bonn.", "I live in Lyon now."]);
}

/// Facts that are as like one another as facts can be.
fn alike(count: usize) -> Value {
    let facts: Vec<Value> = (0..count)
        .map(|n| {
            fact(
                &format!("Ada's lift stops at floor {n} in the morning."),
                &[1],
            )
        })
        .collect();
    items(&facts)
}

#[test]
fn a_model_is_not_asked_of_every_pair_that_there_is() {
    const FACTS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|asked| match asked.schema() {
        "facts" => Scripted::json(&alike(FACTS)),
        _ => judged("unrelated"),
    });
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(&mut client, "notes", "s", &["The lift stops everywhere."]);
    for kind in ["refine", "fuse"] {
        drain(&mut client, kind);
    }
    assert_eq!(derived(&mut client, "notes").len(), FACTS);
    let asked = endpoint.asked().len() - 1;
    assert!(asked > 0 && asked <= FACTS * 8, "{asked} questions");
}

#[test]
fn a_model_that_is_down_is_not_asked_of_the_next_pair() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::answering(|asked| match asked.schema() {
        "facts" => Scripted::json(&alike(20)),
        _ => Scripted::refusal(500, "down"),
    });
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    say(&mut client, "notes", "s", &["The lift stops everywhere."]);
    for kind in ["refine", "fuse"] {
        drain(&mut client, kind);
    }
    assert_eq!(task(&mut client, "fuse", "notes")["status"], "done");
    assert_eq!(failures(&mut client, "server_error"), 3);
    assert_eq!(endpoint.asked().len(), 4, "one question, in three attempts");
}
