//! A client that writes, and its account of what it was promised.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use memos_tests::{Answer, Client, Dice, messages};
use serde_json::{Value, json};

/// The cube that all writers add to. Each has one of its own beside it.
pub(crate) const SHARED: &str = "shared";

/// More than the store keeps in one piece.
const LONG: usize = 9_000;

/// Memories of one writer that are enough.
const MANY: usize = 200;

const SENTENCES: [&str; 6] = [
    "The ferry to the island leaves at seven.",
    "Mina keeps bees behind the old mill.",
    "We painted the kitchen green last Sunday.",
    "He still owes me the book about bridges.",
    "The night train was two hours late again.",
    "Her brother teaches the cello in Graz.",
];

/// A memory as it must be.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) cube: String,
    /// The one word of its text that no other has.
    pub(crate) word: String,
    text: String,
    pub(crate) version: u64,
    /// What the last change noted in its `info`; the number of its version, or nothing at first.
    mark: Option<u64>,
}

impl Memory {
    /// Whether that is what a server holds.
    pub(crate) fn is(&self, held: &Value) -> bool {
        held["cube_id"] == self.cube.as_str()
            && held["text"] == self.text.as_str()
            && held["version"] == self.version
            && held["info"].get("mark").and_then(Value::as_u64) == self.mark
    }

    /// With other words, as one change.
    fn changed(&self, word: String, text: String) -> Self {
        let version = self.version + 1;
        Self {
            word,
            text,
            version,
            mark: Some(version),
            ..self.clone()
        }
    }
}

/// An add that was acknowledged.
#[derive(Debug)]
pub(crate) struct Request {
    path: String,
    body: Value,
    ids: Vec<String>,
    /// Whether something that it made has changed: then the same request is a new one.
    is_past: bool,
}

/// What a writer asks for.
#[derive(Debug)]
enum Ask {
    Add {
        cube: String,
        memories: Vec<Memory>,
        body: Value,
    },
    Change {
        id: String,
        to: Memory,
    },
    Forget {
        id: String,
    },
    Note,
}

/// What became of requests that got no answer.
#[derive(Debug, Default)]
pub(crate) struct Unanswered {
    pub(crate) done: usize,
    pub(crate) not: usize,
}

pub(crate) struct Writer {
    pub(crate) name: String,
    pub(crate) live: BTreeMap<String, Memory>,
    pub(crate) gone: BTreeMap<String, Memory>,
    pub(crate) requests: Vec<Request>,
    /// Acknowledged changes of the board.
    pub(crate) changes: u64,
    pub(crate) unanswered: Unanswered,
    asked: Option<Ask>,
    words: usize,
    dice: Dice,
}

impl Writer {
    pub(crate) fn new(number: usize, seed: u64) -> Self {
        Self {
            name: format!("w{number}"),
            live: BTreeMap::new(),
            gone: BTreeMap::new(),
            requests: Vec::new(),
            changes: 0,
            unanswered: Unanswered::default(),
            asked: None,
            words: 0,
            dice: Dice::new(seed ^ (number as u64 + 1)),
        }
    }

    /// Asks for one thing after the other until there is no answer.
    pub(crate) fn write_until_killed(&mut self, address: SocketAddr, board: &str) {
        let mut client = Client::new(address);
        loop {
            let ask = self.choose();
            match self.ask(&mut client, &ask, board) {
                Ok(answer) => self.promised(ask, &answer),
                Err(_) => {
                    self.asked = Some(ask);
                    return;
                }
            }
        }
    }

    fn choose(&mut self) -> Ask {
        let ids: Vec<&String> = self.live.keys().collect();
        let some = self.dice.pick(&ids).map(|id| (*id).clone());
        // From then on it forgets as much as it adds, so that the checks do not take longer and longer.
        let forgets = if self.live.len() < MANY { 4..7 } else { 4..14 };
        match (self.dice.below(20), some) {
            (0..4, Some(id)) => {
                let (word, text) = self.text();
                let to = self.live[&id].changed(word, text);
                Ask::Change { id, to }
            }
            (n, Some(id)) if forgets.contains(&n) => Ask::Forget { id },
            (18.., _) => Ask::Note,
            _ => self.choose_add(),
        }
    }

    fn choose_add(&mut self) -> Ask {
        let cube = match self.dice.below(2) {
            0 => SHARED.to_owned(),
            _ => format!("own-{}", self.name),
        };
        let memories: Vec<Memory> = (0..1 + self.dice.below(5))
            .map(|_| {
                let (word, text) = self.text();
                let cube = cube.clone();
                Memory {
                    cube,
                    word,
                    text,
                    version: 1,
                    mark: None,
                }
            })
            .collect();
        let texts: Vec<&str> = memories.iter().map(|m| m.text.as_str()).collect();
        let body = messages(&texts);
        Ask::Add {
            cube,
            memories,
            body,
        }
    }

    /// A text like no other, and its word that no other has.
    fn text(&mut self) -> (String, String) {
        self.words += 1;
        let word = format!("{}n{}", self.name, self.words);
        let sentence = self.dice.pick(&SENTENCES).unwrap();
        let mut text = format!("{word}: {sentence}");
        if self.dice.below(12) == 0 {
            text += &" And so on.".repeat(LONG / 11);
        }
        (word, text)
    }

    fn ask(&self, client: &mut Client, ask: &Ask, board: &str) -> io::Result<Answer> {
        match ask {
            Ask::Add { cube, body, .. } => client.try_call("POST", &memories_of(cube), Some(body)),
            Ask::Change { id, to } => {
                let body =
                    json!({"text": to.text, "info": {"mark": to.mark}, "version": to.version - 1});
                client.try_call("PATCH", &path_of(&to.cube, id), Some(&body))
            }
            Ask::Forget { id } => {
                client.try_call("DELETE", &path_of(&self.live[id].cube, id), None)
            }
            Ask::Note => {
                let body = json!({"info": {&self.name: self.changes + 1}});
                client.try_call("PATCH", &path_of(SHARED, board), Some(&body))
            }
        }
    }

    /// Takes down what was acknowledged.
    fn promised(&mut self, ask: Ask, answer: &Answer) {
        let expected = match ask {
            Ask::Add { .. } => 201,
            Ask::Forget { .. } => 204,
            Ask::Change { .. } | Ask::Note => 200,
        };
        assert_eq!(answer.status, expected, "{ask:?}: {}", answer.text());
        match ask {
            Ask::Add {
                cube,
                memories,
                body,
            } => self.added(&cube, memories, body, answer.ids()),
            Ask::Change { id, to } => {
                assert!(to.is(&answer.json()), "{to:?}: {}", answer.text());
                self.changed(id, to);
            }
            Ask::Forget { id } => self.forgotten(id),
            Ask::Note => self.changes += 1,
        }
    }

    fn added(&mut self, cube: &str, memories: Vec<Memory>, body: Value, ids: Vec<String>) {
        assert_eq!(ids.len(), memories.len(), "{body}");
        self.live.extend(ids.iter().cloned().zip(memories));
        let path = memories_of(cube);
        self.requests.push(Request {
            path,
            body,
            ids,
            is_past: false,
        });
    }

    fn changed(&mut self, id: String, to: Memory) {
        for request in self.requests.iter_mut().filter(|r| r.ids.contains(&id)) {
            request.is_past = true;
        }
        self.live.insert(id, to);
    }

    fn forgotten(&mut self, id: String) {
        let memory = self.live.remove(&id).unwrap();
        self.gone.insert(id, memory);
    }

    /// Finds out what became of the request that got no answer: all of it was done, or nothing. An
    /// add is then sent again, as a client would, and must not store twice.
    pub(crate) fn settle(&mut self, client: &mut Client, held: &BTreeMap<String, Value>) {
        let Some(ask) = self.asked.take() else { return };
        let done = match ask {
            Ask::Add {
                cube,
                memories,
                body,
            } => {
                let there: Vec<&Value> = held
                    .values()
                    .filter(|h| memories.iter().any(|m| m.is(h)))
                    .collect();
                let done = !there.is_empty();
                if done {
                    assert_eq!(there.len(), memories.len(), "half of {body}: {there:?}");
                }
                let again = client.post(&memories_of(&cube), &body).is(201);
                assert_eq!(again.json()["duplicate_of_request"], done);
                for (id, memory) in again.ids().iter().zip(&memories) {
                    assert!(!done || memory.is(&held[id]), "{id} is not {memory:?}");
                }
                self.added(&cube, memories, body, again.ids());
                done
            }
            Ask::Change { id, to } => {
                let now = held.get(&id).unwrap_or_else(|| panic!("{id} is lost"));
                let done = to.is(now);
                assert!(done || self.live[&id].is(now), "half of {to:?}: {now}");
                if done {
                    self.changed(id, to);
                }
                done
            }
            Ask::Forget { id } => {
                let done = !held.contains_key(&id);
                if done {
                    self.forgotten(id);
                }
                done
            }
            Ask::Note => {
                let noted = |h: &Value| h["info"].get(&self.name).and_then(Value::as_u64);
                let now = held.values().find_map(noted).unwrap_or(0);
                let done = now == self.changes + 1;
                self.changes += u64::from(done);
                done
            }
        };
        self.unanswered.done += usize::from(done);
        self.unanswered.not += usize::from(!done);
    }

    /// Sends an acknowledged request again, as a client would that did not see the answer.
    pub(crate) fn retry(&mut self, client: &mut Client) {
        let whole: Vec<&Request> = self
            .requests
            .iter()
            .filter(|r| !r.is_past && r.ids.iter().all(|id| self.live.contains_key(id)))
            .collect();
        if let Some(request) = self.dice.pick(&whole) {
            let answer = client.post(&request.path, &request.body).is(201);
            assert_eq!(answer.json()["duplicate_of_request"], true);
            assert_eq!(answer.ids(), request.ids, "{}", request.body);
        }
    }
}

fn memories_of(cube: &str) -> String {
    format!("/api/v1/cubes/{cube}/memories")
}

fn path_of(cube: &str, id: &str) -> String {
    format!("/api/v1/cubes/{cube}/memories/{id}")
}
