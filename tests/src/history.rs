//! Random histories of a cube, and dumps of what they lead to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{Client, Dice, id_of, message, messages};

/// Statements of which later ones take the place of earlier ones, so that background work has
/// something to do.
const STATEMENTS: [&str; 10] = [
    "I live in Lyon.",
    "I moved to Lisbon last week.",
    "My phone number is 555-0142.",
    "My new phone number is 555-0199.",
    "I work at Harbour Books.",
    "I don't work at Harbour Books any more, I started at Northwind.",
    "我住在上海。",
    "我上个月搬到了成都。",
    "My dentist is Dr. Amari.",
    "The ferry leaves at seven.",
];

/// Changes of a cube over REST, thrown by dice: additions, repeats, updates, moves of state,
/// rollbacks of single memories, and forgetting.
#[derive(Debug)]
pub struct Acts {
    cube: String,
    serial: usize,
}

impl Acts {
    /// In a cube.
    pub fn new(cube: &str) -> Self {
        Self {
            cube: cube.to_owned(),
            serial: 0,
        }
    }

    /// Makes one change, and returns the id of what it forgot.
    #[track_caller]
    pub fn act(&mut self, client: &mut Client, dice: &mut Dice) -> Option<String> {
        let held = client.list(&self.cube);
        let memories = format!("/api/v1/cubes/{}/memories", self.cube);
        let Some(one) = dice.pick(&held) else {
            self.add(client, dice);
            return None;
        };
        let path = format!("{memories}/{}", id_of(one));
        let answer = match dice.below(16) {
            0..6 => {
                self.add(client, dice);
                return None;
            }
            6..9 => client.patch(&path, &self.change(dice)),
            9 => {
                let answer = client.delete(&path);
                if answer.status == 204 {
                    return Some(id_of(one));
                }
                answer
            }
            10..14 => {
                let steps = ["archive", "restore", "freeze", "thaw", "activate", "thaw"];
                let step = steps[dice.below(steps.len())];
                client.change_state(&self.cube, &id_of(one), step)
            }
            _ => {
                let list = client.get(&format!("{path}/versions")).is(200).json();
                let versions = list["versions"].as_array().unwrap().iter();
                // One of then would freeze it without a move.
                let thawed = |v: &&Value| v["memory"]["state"] != "frozen";
                let versions: Vec<&Value> = versions.filter(thawed).collect();
                let version = &dice.pick(&versions)?["version"];
                client
                    .post(&format!("{path}/rollback"), &json!({"version": version}))
                    .is(200)
            }
        };
        if answer.status != 200 {
            answer.problem(409, "illegal_move");
        }
        None
    }

    fn add(&mut self, client: &mut Client, dice: &mut Dice) {
        let request = match dice.below(3) {
            0 => messages(&[self.fresh(), self.fresh()]),
            _ => message(STATEMENTS[dice.below(STATEMENTS.len())]),
        };
        client.add(&self.cube, &request);
    }

    fn fresh(&mut self) -> String {
        self.serial += 1;
        format!("Entry {} of the log of {}.", self.serial, self.cube)
    }

    fn change(&mut self, dice: &mut Dice) -> Value {
        let text = self.fresh();
        let changes = [
            json!({"text": text}),
            json!({"text": STATEMENTS[dice.below(STATEMENTS.len())]}),
            json!({"tags": [text], "priority": "high"}),
            json!({"key": text, "info": {"serial": self.serial}}),
            json!({"lifespan": "ttl:30d"}),
        ];
        changes[dice.below(changes.len())].clone()
    }
}

/// A dump, by memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    cube: String,
    /// The lines by the id of the memory; the dump is in the order of the ids.
    memories: BTreeMap<String, String>,
}

impl Dump {
    /// Reads one, and checks its form.
    #[track_caller]
    pub fn read(text: &str) -> Self {
        let mut lines = text.lines().map(str::to_owned);
        let cube = lines.next().expect("a dump begins with the cube");
        assert!(cube.starts_with(r#"{"cube":{"#), "{cube}");
        let memories: BTreeMap<String, String> = lines.map(|l| (id_of(&memory(&l)), l)).collect();
        let dump = Self { cube, memories };
        assert_eq!(dump.text(), text, "one line a memory, by id");
        dump
    }

    /// The dump, byte for byte.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.cube);
        for line in self.memories.values() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// The memories, by id.
    pub fn memories(&self) -> BTreeMap<&str, Value> {
        self.memories
            .iter()
            .map(|(id, line)| (id.as_str(), memory(line)))
            .collect()
    }

    /// What is forgotten is in no dump.
    pub fn forget(&mut self, id: &str) {
        self.memories.remove(id);
    }

    /// Whether it holds a memory.
    pub fn holds(&self, id: &str) -> bool {
        self.memories.contains_key(id)
    }

    /// The memories that were derived from others, by id.
    pub fn derived(&self) -> Vec<String> {
        let made = |(_, line): &(&String, &String)| {
            memory(line)["header"]["descriptive"]["origin"] != "user_input"
        };
        let derived = self.memories.iter().filter(made);
        derived.map(|(id, _)| id.clone()).collect()
    }

    /// What a rollback to another dump leads to: that dump, but for what is frozen now.
    #[must_use]
    pub fn rolled_back_to(&self, past: &Self) -> Self {
        let mut after = past.clone();
        for (id, line) in &self.memories {
            if memory(line)["state"] == "frozen" {
                after.memories.insert(id.clone(), line.clone());
            }
        }
        after
    }

    /// Two dumps are the same byte for byte.
    #[track_caller]
    pub fn same(now: &str, expected: &str, when: &str) {
        if now == expected {
            return;
        }
        let (now, expected) = (Self::read(now), Self::read(expected));
        let ids = now.differences(&expected);
        let lines = |dump: &Self| -> Vec<Option<String>> {
            let lines = ids.iter().map(|id| dump.memories.get(id).cloned());
            lines.collect()
        };
        assert_eq!(lines(&now), lines(&expected), "{when}");
        panic!("{when}: {} is not {}", now.cube, expected.cube);
    }

    /// The ids of the memories that differ between two dumps, sorted.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut ids: Vec<&String> = self.memories.keys().chain(other.memories.keys()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
            .filter(|id| self.memories.get(*id) != other.memories.get(*id))
            .cloned()
            .collect()
    }
}

fn memory(line: &str) -> Value {
    let mut value: Value = serde_json::from_str(line).unwrap();
    value["memory"].take()
}
