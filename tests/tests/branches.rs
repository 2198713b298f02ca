//! What-if branches over the real binary: whatever is done in a branch, its base stays the same byte
//! for byte; a merge says first what it would do; what the base forgets, its branches forget.

#![allow(clippy::unwrap_used)]

use memos_tests::{Acts, Client, Command, Dice, Dump, Server, everything, message, messages};
use serde_json::{Value, json};

const NOTES: &str = "/api/v1/cubes/notes/memories";
const WHAT_IF: &str = "/api/v1/cubes/what-if/memories";

fn start(folder: &std::path::Path) -> Server {
    Server::with(folder, &[("MEMOS_REPEAT_WINDOW", "0s")])
}

fn open(client: &mut Client, base: &str, branch: &str, at: Option<&str>) {
    let mut request = json!({"id": branch});
    if let Some(at) = at {
        request["at"] = at.into();
    }
    let path = format!("/api/v1/cubes/{base}/branches");
    let opened = client.post(&path, &request).is(201).json();
    assert_eq!(opened["id"], branch);
}

/// The memories of a dump without where they lie.
fn content(dump: &str) -> Vec<Value> {
    let read = Dump::read(dump);
    let memories = read.memories().into_values().map(|mut memory| {
        memory["cube_id"] = Value::Null;
        memory
    });
    memories.collect()
}

fn texts(client: &mut Client, cube: &str, query: &str) -> Vec<String> {
    let found = client.post("/api/v1/search", &everything(cube, query));
    let found = found.is(200).json();
    let mut texts: Vec<String> = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["memory"]["text"].as_str().unwrap().to_owned())
        .collect();
    texts.sort_unstable();
    texts
}

#[test]
fn a_branch_never_changes_its_base() {
    let seed = Dice::seed();
    eprintln!("MEMOS_TEST_SEED={seed}");
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    client.add("notes", &message("The ferry leaves at seven."));
    let mut in_base = Acts::new("notes");
    for _ in 0..12 {
        in_base.act(&mut client, &mut dice);
    }
    client.drain("notes");
    let base = client.dump("notes");

    open(&mut client, "notes", "what-if", None);
    assert_eq!(content(&client.dump("what-if")), content(&base));
    assert_eq!(steps(&client.get("/api/v1/cubes/what-if/branch").json()), 0);
    let mut in_branch = Acts::new("what-if");
    for round in 0..3 {
        for _ in 0..8 {
            in_branch.act(&mut client, &mut dice);
        }
        client.drain("what-if");
        client.drain("notes");
        let question = "Where do I live, and which entry is in the log?";
        texts(&mut client, "what-if", question);
        let mut archived = everything("what-if", question);
        archived["include"] = json!(["archived", "derived"]);
        client.post("/api/v1/search", &archived).is(200);
        Dump::same(&client.dump("notes"), &base, "searched and drained");
        let to = dice.below(client.last_change("what-if") as usize + 1);
        client.roll_back("what-if", &format!("change:{to}"), false);
        client.drain("what-if");
        Dump::same(&client.dump("notes"), &base, "rolled back");
        if round == 0 {
            // A branch of the branch.
            open(&mut client, "what-if", "what-then", None);
            let below = client.dump("what-if");
            let mut acts = Acts::new("what-then");
            for _ in 0..6 {
                acts.act(&mut client, &mut dice);
            }
            client.drain("what-then");
            texts(&mut client, "what-then", question);
            let now = client.dump("what-if");
            assert_eq!(payloads(&now), payloads(&below));
            Dump::same(&client.dump("notes"), &base, "a branch of the branch");
        }
    }
    // Uses are written when the server stops, at the latest.
    assert!(server.terminate().success());
    let server = start(folder.path());
    let mut client = server.client();
    client.drain("notes");
    Dump::same(&client.dump("notes"), &base, "after a restart");
    client.drain("what-if");
    let branch = client.dump("what-if");
    // The base goes on, the branch stays where it was.
    for _ in 0..8 {
        if let Some(id) = in_base.act(&mut client, &mut dice) {
            let gone = client.get(&format!("{WHAT_IF}/{id}"));
            gone.problem(404, "memory_not_found");
            return;
        }
    }
    client.drain("notes");
    Dump::same(&client.dump("what-if"), &branch, "the base went on");
}

/// The text of each memory, which uses leave alone.
fn payloads(dump: &str) -> Vec<Value> {
    let text = |mut memory: Value| memory["payload"].take();
    content(dump).into_iter().map(text).collect()
}

fn steps(plan: &Value) -> usize {
    plan["steps"].as_array().unwrap().len()
}

#[test]
fn a_branch_can_be_opened_at_any_point() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    let first = client.add("notes", &message("The ferry leaves at seven."));
    let then = (client.dump("notes"), client.last_change("notes"));
    let snapshot = json!({"name": "first"});
    client
        .post("/api/v1/cubes/notes/snapshots", &snapshot)
        .is(201);
    client.add("notes", &message("The tent is blue."));
    let text = json!({"text": "The ferry leaves at eight."});
    client
        .patch(&format!("{NOTES}/{}", first[0]), &text)
        .is(200);
    open(&mut client, "notes", "by-name", Some("first"));
    let at = format!("change:{}", then.1);
    open(&mut client, "notes", "by-change", Some(&at));
    for branch in ["by-name", "by-change"] {
        assert_eq!(content(&client.dump(branch)), content(&then.0));
        let found = texts(
            &mut client,
            branch,
            "When does the ferry leave? Which tent?",
        );
        assert_eq!(found, ["The ferry leaves at seven."]);
    }
    let found = texts(&mut client, "notes", "When does the ferry leave?");
    assert_eq!(found, ["The ferry leaves at eight.", "The tent is blue."]);
}

#[test]
fn a_base_with_branches_stays() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    client.add("notes", &message("The ferry leaves at seven."));
    open(&mut client, "notes", "what-if", None);
    open(&mut client, "what-if", "what-then", None);
    for (cube, branch) in [("notes", "what-if"), ("what-if", "what-then")] {
        let before = client.dump(cube);
        let refused = client.delete(&format!("/api/v1/cubes/{cube}"));
        let problem = refused.problem(409, "conflict");
        assert!(
            problem["detail"].as_str().unwrap().contains(branch),
            "{problem}"
        );
        assert!(
            problem["remedy"].as_str().unwrap().contains("drop them"),
            "{problem}"
        );
        assert_eq!(client.dump(cube), before);
    }
    for cube in ["what-then", "what-if", "notes"] {
        client.delete(&format!("/api/v1/cubes/{cube}")).is(204);
    }
}

#[test]
fn what_the_base_forgets_its_branches_forget() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    let ids = client.add(
        "notes",
        &messages(&[
            "The safe opens with quibblewock.",
            "The gate opens with zanthorpe.",
            "The shed opens with grizzlefax.",
            "The ferry leaves at seven.",
        ]),
    );
    open(&mut client, "notes", "what-if", None);
    open(&mut client, "what-if", "what-then", None);
    // The first only shows through, the second was changed in the branch, the third archived in it.
    let text = json!({"text": "The gate opens with zanthorpe and a kick."});
    client
        .patch(&format!("{WHAT_IF}/{}", ids[1]), &text)
        .is(200);
    client.change_state("what-if", &ids[2], "archive").is(200);
    let question =
        "What do the safe, the gate and the shed open with? quibblewock zanthorpe grizzlefax";
    assert_eq!(texts(&mut client, "what-if", question).len(), 3);
    assert_eq!(texts(&mut client, "what-then", question).len(), 4);
    for id in &ids[..3] {
        client.delete(&format!("{NOTES}/{id}")).is(204);
    }
    let secrets = ["quibblewock", "zanthorpe", "grizzlefax"];
    let gone = |client: &mut Client| {
        for cube in ["notes", "what-if", "what-then"] {
            let memories = format!("/api/v1/cubes/{cube}/memories");
            for id in &ids[..3] {
                for path in [
                    format!("{memories}/{id}"),
                    format!("{memories}/{id}/versions"),
                ] {
                    client.get(&path).problem(404, "memory_not_found");
                }
            }
            let mut answers = vec![client.dump(cube), client.dump_at(cube, "change:0")];
            let mut asked = everything(cube, question);
            asked["include"] = json!(["archived", "derived"]);
            answers.push(client.post("/api/v1/search", &asked).is(200).text());
            asked["include"] = json!(["derived"]);
            asked["as_of"] = "2100-01-01".into();
            answers.push(client.post("/api/v1/search", &asked).is(200).text());
            answers.push(
                client
                    .post("/api/v1/context", &everything(cube, question))
                    .text(),
            );
            for secret in secrets {
                assert!(
                    answers.iter().all(|a| !a.contains(secret)),
                    "{cube}: {answers:?}"
                );
            }
            assert_eq!(
                texts(client, cube, question),
                ["The ferry leaves at seven."]
            );
        }
    };
    gone(&mut client);
    let told = client.events("what-if");
    let forgotten: Vec<&Value> = told.iter().filter(|e| e["kind"] == "forgotten").collect();
    assert_eq!(forgotten.len(), 3, "{told:?}");
    server.kill();
    let server = start(folder.path());
    gone(&mut server.client());
}

/// Both sides change memories, the branch adds and archives one.
fn diverged(folder: &std::path::Path) -> (Server, Client, Vec<String>) {
    let server = start(folder);
    let mut client = server.client();
    let texts = [
        "Both change this.",
        "The branch changes this.",
        "The base changes this.",
        "The branch archives this.",
    ];
    let ids = client.add("notes", &messages(&texts));
    client.drain("notes");
    open(&mut client, "notes", "what-if", None);
    for (cube, at) in [(NOTES, 0), (NOTES, 2), (WHAT_IF, 0), (WHAT_IF, 1)] {
        let side = if cube == NOTES { "base" } else { "branch" };
        let text = json!({"text": format!("Text {at} of the {side}.")});
        client.patch(&format!("{cube}/{}", ids[at]), &text).is(200);
    }
    client.change_state("what-if", &ids[3], "archive").is(200);
    client.add("what-if", &message("Only the branch knows this."));
    client.drain("what-if");
    client.drain("notes");
    (server, client, ids)
}

/// Text and state of the raw memories of a cube, in the order in which they were added.
fn standing(client: &mut Client, cube: &str) -> Vec<(String, String)> {
    let memories = client.list(cube).into_iter();
    let raw = memories.filter(|m| m["derived_from"] == json!([]));
    raw.map(|m| {
        let field = |name: &str| m[name].as_str().unwrap().to_owned();
        (field("text"), field("state"))
    })
    .collect()
}

fn expected(first: &str) -> Vec<(String, String)> {
    [
        (first, "generated"),
        ("Text 1 of the branch.", "generated"),
        ("Text 2 of the base.", "generated"),
        ("The branch archives this.", "archived"),
        ("Only the branch knows this.", "generated"),
    ]
    .map(|(text, state)| (text.to_owned(), state.to_owned()))
    .into()
}

#[test]
fn a_merge_says_what_it_does_and_refuses_conflicts() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, mut client, ids) = diverged(folder.path());
    let merge = "/api/v1/cubes/what-if/merge";
    let (base, branch) = (client.dump("notes"), client.dump("what-if"));
    let plan = client.post(merge, &json!({"dry_run": true})).is(200).json();
    assert_eq!(plan["done"], false);
    let of = |id: &str| {
        let all = plan["steps"].as_array().unwrap();
        all.iter()
            .find(|s| s["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(of(&ids[0])["step"], "refused", "{plan}");
    assert_eq!(of(&ids[0])["refused"], "it changed on both sides");
    assert_eq!(of(&ids[1])["step"], "updated", "{plan}");
    assert_eq!(of(&ids[2]), Value::Null, "{plan}");
    assert_eq!(of(&ids[3])["step"], "updated", "{plan}");
    for request in [json!({}), json!({"on_conflict": "refuse"})] {
        let problem = client.post(merge, &request).problem(409, "conflict");
        assert_eq!(problem["field"], "/on_conflict");
        assert!(problem["detail"].as_str().unwrap().contains(&ids[0]));
        let remedy = problem["remedy"].as_str().unwrap();
        assert!(
            remedy.contains("`ours`") && remedy.contains("`theirs`"),
            "{problem}"
        );
    }
    assert_eq!(client.dump("notes"), base);
    assert_eq!(client.dump("what-if"), branch);
}

#[test]
fn a_merge_takes_the_side_that_is_named() {
    for (policy, first) in [
        ("ours", "Text 0 of the base."),
        ("theirs", "Text 0 of the branch."),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (_server, mut client, _) = diverged(folder.path());
        let before = client.dump("notes");
        let command = |more: &[&str]| {
            let args = [
                "branch",
                "merge",
                "what-if",
                "--on-conflict",
                policy,
                "--json",
            ];
            let run = Command::new(&[&args[..], more].concat());
            let told = run.arg("--data").arg(folder.path()).run().succeeds();
            serde_json::from_str::<Value>(&told).unwrap()
        };
        let planned = command(&["--dry-run"]);
        assert_eq!(planned["done"], false);
        assert_eq!(client.dump("notes"), before);
        let branch = client.dump("what-if");
        let done = command(&[]);
        assert_eq!(done["done"], true, "{done}");
        assert_eq!(standing(&mut client, "notes"), expected(first), "{policy}");
        assert_eq!(client.dump("what-if"), branch, "the branch stays");
        // A merge is a change like any other.
        let again = client.post(
            "/api/v1/cubes/what-if/merge",
            &json!({"on_conflict": policy}),
        );
        assert_eq!(again.is(200).json()["done"], false);
        client.roll_back("notes", &format!("change:{}", done["before"]), false);
        assert_eq!(client.dump("notes"), before, "{policy}");
    }
}
