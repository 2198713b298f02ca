//! The Time Machine over the real binary: a cube rolled back and forward again is the same byte for
//! byte, and a search of the past finds what was there then. What it refuses is in `refusals.rs`.

#![allow(clippy::unwrap_used)]

mod as_of;
mod past;
mod refusals;

use std::collections::BTreeSet;
use std::time::SystemTime;

use memos_core::Timestamp;
use memos_tests::{Acts, Client, Command, Dice, Dump, Server, id_of, message, messages};
use serde_json::{Value, json};

const NOTES: &str = "notes";

/// A state of the cube, and the ways to name it.
struct Saved {
    dump: Dump,
    change: u64,
    instant: String,
    name: Option<String>,
}

impl Saved {
    fn take(client: &mut Client, name: Option<String>) -> Self {
        if let Some(name) = &name {
            let request = json!({"name": name, "note": "for a rollback"});
            let taken = client.post("/api/v1/cubes/notes/snapshots", &request);
            assert_eq!(taken.is(201).json()["name"], name.as_str());
        }
        Self {
            dump: Dump::read(&client.dump(NOTES)),
            change: client.last_change(NOTES),
            instant: now(),
            name,
        }
    }

    fn point(&self, dice: &mut Dice) -> String {
        match (dice.below(3), &self.name) {
            (0, _) => self.instant.clone(),
            (1, Some(name)) => name.clone(),
            _ => format!("change:{}", self.change),
        }
    }
}

/// The instant after all that the server has answered.
fn now() -> String {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_micros(since.as_micros() as i64).to_string()
}

/// A command on the folder that a server may hold.
fn memos(folder: &std::path::Path, args: &[&str]) -> String {
    Command::new(args)
        .arg("--data")
        .arg(folder)
        .env("MEMOS_REPEAT_WINDOW", "0s")
        .run()
        .succeeds()
}

#[test]
fn back_and_forward_again_gives_the_same_bytes() {
    let seed = Dice::seed();
    eprintln!("MEMOS_TEST_SEED={seed}");
    for round in 0..4 {
        Journey::new(seed.wrapping_add(round)).run();
    }
}

struct Journey {
    folder: tempfile::TempDir,
    server: Option<Server>,
    client: Client,
    dice: Dice,
    saved: Vec<Saved>,
}

impl Journey {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = start(folder.path());
        let mut client = server.client();
        client.post("/api/v1/cubes", &json!({"id": NOTES})).is(201);
        Self {
            client,
            server: Some(server),
            folder,
            dice: Dice::new(seed),
            saved: Vec::new(),
        }
    }

    fn run(mut self) {
        let mut acts = Acts::new(NOTES);
        for leg in 0..5 {
            for _ in 0..6 + self.dice.below(8) {
                if let Some(id) = acts.act(&mut self.client, &mut self.dice) {
                    self.saved.iter_mut().for_each(|s| s.dump.forget(&id));
                }
                if self.dice.below(4) == 0 {
                    self.client.drain(NOTES);
                    let name =
                        (self.dice.below(2) == 0).then(|| format!("snapshot {}", self.saved.len()));
                    self.saved.push(Saved::take(&mut self.client, name));
                }
            }
            self.client.drain(NOTES);
            self.saved.push(Saved::take(&mut self.client, None));
            self.the_past_is_as_it_was();
            self.there_and_back(leg);
        }
    }

    /// What was derived from a memory alone that is forgotten is forgotten with it; what was derived
    /// from others too has no past from before that. Nothing else is missing.
    fn forget_with_their_evidence(&mut self) {
        let saved = self.saved.iter().flat_map(|s| s.dump.derived());
        let derived: BTreeSet<String> = saved.collect();
        for id in derived {
            let path = format!("/api/v1/cubes/notes/memories/{id}/versions");
            let answer = self.client.get(&path);
            let since = match answer.status {
                404 => u64::MAX,
                _ => answer.json()["versions"][0]["change"].as_u64().unwrap(),
            };
            let before = self.saved.iter_mut().filter(|s| s.change < since);
            before.for_each(|s| s.dump.forget(&id));
        }
    }

    fn the_past_is_as_it_was(&mut self) {
        self.forget_with_their_evidence();
        for saved in &self.saved {
            let expected = saved.dump.text();
            let by_change = format!("change:{}", saved.change);
            for point in [&by_change, &saved.instant] {
                let then = self.client.dump_at(NOTES, point);
                Dump::same(&then, &expected, &format!("at {point}"));
            }
        }
        let saved = &self.saved[self.dice.below(self.saved.len())];
        let point = saved.point(&mut self.dice);
        let told = memos(self.folder.path(), &["dump", NOTES, "--at", &point]);
        assert_eq!(told, saved.dump.text(), "{point}");
    }

    /// Rolls the cube back to where it was, and forward again to what it had become.
    fn there_and_back(&mut self, leg: usize) {
        let before = Dump::read(&self.client.dump(NOTES));
        let to = self.dice.below(self.saved.len());
        let point = self.saved[to].point(&mut self.dice);
        let after = before.rolled_back_to(&self.saved[to].dump);

        let planned = self.roll_back(&point, true);
        assert_eq!(planned["done"], false);
        Dump::same(&self.client.dump(NOTES), &before.text(), "a dry run is dry");
        let moved = before.differences(&after);
        assert_eq!(steps(&planned, |step| step != "refused"), moved, "{point}");

        let done = self.roll_back(&point, false);
        assert_eq!(done["steps"], planned["steps"]);
        assert_eq!(done["before"], planned["before"]);
        assert_eq!(done["done"], !moved.is_empty());
        Dump::same(&self.client.dump(NOTES), &after.text(), &point);

        // What waits in the background does not take it back.
        self.client.drain(NOTES);
        if leg % 2 == 1 {
            self.restart();
        }
        self.client.drain(NOTES);
        Dump::same(
            &self.client.dump(NOTES),
            &after.text(),
            &format!("{point}, drained"),
        );

        let back = format!("change:{}", done["before"]);
        let forward = self.roll_back(&back, false);
        assert_eq!(steps(&forward, |step| step != "refused"), moved, "{back}");
        Dump::same(&self.client.dump(NOTES), &before.text(), &back);
        self.client.drain(NOTES);
        Dump::same(
            &self.client.dump(NOTES),
            &before.text(),
            &format!("{back}, drained"),
        );
    }

    /// Over REST, or by the command line beside the server.
    fn roll_back(&mut self, point: &str, dry_run: bool) -> Value {
        if self.dice.below(2) == 0 {
            return self.client.roll_back(NOTES, point, dry_run);
        }
        let how = if dry_run { "--dry-run" } else { "--yes" };
        let args = ["rollback", NOTES, "--to", point, how, "--json"];
        serde_json::from_str(&memos(self.folder.path(), &args)).unwrap()
    }

    /// As after a loss of power.
    fn restart(&mut self) {
        self.server.take().unwrap().kill();
        let server = start(self.folder.path());
        self.client = server.client();
        self.server = Some(server);
    }
}

fn start(folder: &std::path::Path) -> Server {
    Server::with(folder, &[("MEMOS_REPEAT_WINDOW", "0s")])
}

/// The memories of a plan's steps, sorted.
fn steps(plan: &Value, which: impl Fn(&str) -> bool) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap();
    let which = |step: &&Value| which(step["step"].as_str().unwrap());
    let mut ids: Vec<String> = steps.iter().filter(which).map(id_of).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn work_that_still_waits_does_not_undo_a_rollback() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    // Without a server nobody works: what is added waits to be fused.
    for text in ["I live in Lyon.", "I live in Lyon."] {
        let args = ["add", "--cube", NOTES, "--session", "s", text];
        memos(folder.path(), &args);
    }
    memos(folder.path(), &["snapshots", "take", NOTES, "two"]);
    let two = memos(folder.path(), &["dump", NOTES]);
    let add = ["add", "--cube", NOTES, "I moved to Lisbon."];
    memos(folder.path(), &add);
    let three = memos(folder.path(), &["dump", NOTES]);
    let args = ["rollback", NOTES, "--to", "two", "--json"];
    let asked = Command::new(&args).arg("--data").arg(data).run();
    assert_eq!(asked.status, 2, "it asks first: {}", asked.stderr);
    assert_eq!(memos(folder.path(), &["dump", NOTES]), three);
    let told = memos(folder.path(), &[&args[..], &["--yes"]].concat());
    let done: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(done["done"], true);
    assert_eq!(memos(folder.path(), &["dump", NOTES]), two);
    // The memory that the rollback took out must not be missed, nor come back.
    memos(folder.path(), &["tasks", "drain"]);
    let drained = memos(folder.path(), &["dump", NOTES]);
    assert!(!drained.contains("Lisbon"), "{drained}");
    let drained = Dump::read(&drained);
    let of_user = |m: &&Value| m["header"]["descriptive"]["origin"] == "user_input";
    assert_eq!(drained.memories().values().filter(of_user).count(), 2);
    let back = format!("change:{}", done["before"]);
    let forward = ["rollback", NOTES, "--to", &back, "--yes"];
    let told = memos(folder.path(), &forward);
    assert!(told.contains("the state before is change:"), "{told}");
    assert_eq!(memos(folder.path(), &["dump", NOTES]), three);
    memos(folder.path(), &["tasks", "drain"]);
    assert_eq!(memos(folder.path(), &["dump", NOTES]), three);
}

#[test]
fn a_rollback_stops_at_what_is_frozen_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    let texts = ["The ferry leaves at seven.", "The tent is blue."];
    let ids = client.add(NOTES, &messages(&texts));
    let both = client.dump(NOTES);
    let start = client.last_change(NOTES);
    let path = format!("/api/v1/cubes/notes/memories/{}", ids[0]);
    client
        .patch(&path, &json!({"text": "The ferry leaves at eight."}))
        .is(200);
    client.change_state(NOTES, &ids[0], "freeze").is(200);
    client.delete(&format!("/api/v1/cubes/notes/memories/{}", ids[1]));
    let held = client.dump(NOTES);

    let plan = client.roll_back(NOTES, &format!("change:{start}"), false);
    assert_eq!(plan["done"], false);
    assert_eq!(plan["steps"][0]["id"], ids[0].as_str());
    assert_eq!(plan["steps"][0]["step"], "refused");
    assert_eq!(plan["steps"][0]["refused"], "frozen");
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(client.dump(NOTES), held);

    client.change_state(NOTES, &ids[0], "thaw").is(200);
    client.roll_back(NOTES, &format!("change:{start}"), false);
    let mut expected = Dump::read(&both);
    // Forgotten memories do not come back.
    expected.forget(&ids[1]);
    assert_eq!(client.dump(NOTES), expected.text());
    assert!(!client.dump_at(NOTES, "change:1").contains("tent"));
}

/// A memory that a rollback freezes again, since it was frozen then, must not be in the way when
/// that rollback is taken back.
#[test]
fn what_a_rollback_froze_goes_forward_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut client = server.client();
    let id = client
        .add(NOTES, &message("The ferry leaves at seven."))
        .remove(0);
    client.change_state(NOTES, &id, "freeze").is(200);
    let frozen = (client.dump(NOTES), client.last_change(NOTES));
    client.change_state(NOTES, &id, "thaw").is(200);
    let thawed = client.dump(NOTES);
    let done = client.roll_back(NOTES, &format!("change:{}", frozen.1), false);
    assert_eq!(client.dump(NOTES), frozen.0);
    // It is frozen as any other: only the way back to where the rollback left from is open.
    let stuck = client.roll_back(NOTES, "change:1", true);
    assert_eq!(stuck["steps"][0]["step"], "refused", "{stuck}");
    client.roll_back(NOTES, &format!("change:{}", done["before"]), false);
    assert_eq!(client.dump(NOTES), thawed);
}
