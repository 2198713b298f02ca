//! The library against naive full copies: what each point of a random history held is written down
//! when it is there, and every question to it must find that, no more and no less.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use memos_api::wire::{
    AddRequest, DiffRequest, DrainRequest, DumpRequest, MemoryRollbackRequest, MoveRequest,
    PatchRequest, RollbackRequest, SearchRequest, SnapshotRequest, TaskListRequest, TaskRequest,
};
use memos_api::{MemOs, Working};
use memos_core::{Clock, Code, CubeId, ManualClock, MemoryId, Result, Timestamp, UserId};
use memos_tests::{Dice, Dump};
use serde_json::{Value, json};

/// A cube at a point, as a naive reader of its dump sees it.
pub(crate) struct Copy {
    pub(crate) instant: Timestamp,
    pub(crate) change: u64,
    pub(crate) name: Option<String>,
    pub(crate) dump: Dump,
}

/// What is known of one memory from its line in a dump.
pub(crate) struct Known {
    pub(crate) text: String,
    pub(crate) state: String,
    pub(crate) said_at: Timestamp,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Known {
    fn of(memory: &Value) -> Self {
        let described = &memory["header"]["descriptive"];
        let time = |v: &Value| v.as_str().map(|text| text.parse().unwrap());
        let text = &memory["payload"]["plaintext"]["text"];
        Self {
            text: text.as_str().expect("all that is added is text").to_owned(),
            state: memory["state"].as_str().unwrap().to_owned(),
            said_at: time(&described["said_at"]).expect("it was said some time"),
            from: time(&described["valid"]["from"]),
            until: time(&described["valid"]["until"]),
        }
    }

    /// Whether a search without more looks at it.
    pub(crate) fn is_hot(&self) -> bool {
        ["generated", "activated", "frozen"].contains(&self.state.as_str())
    }

    /// Whether it holds in the world then.
    pub(crate) fn holds_at(&self, instant: Timestamp) -> bool {
        self.from.unwrap_or(self.said_at) <= instant && self.until.is_none_or(|end| instant < end)
    }
}

impl Copy {
    pub(crate) fn known(&self) -> BTreeMap<String, Known> {
        let memories = self.dump.memories();
        let known = memories
            .iter()
            .map(|(id, m)| ((*id).to_owned(), Known::of(m)));
        known.collect()
    }
}

/// A MemOS whose history is thrown by dice, with a clock that moves by hand.
pub(crate) struct World {
    pub(crate) memos: MemOs,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dice: Dice,
    pub(crate) who: UserId,
    pub(crate) cube: CubeId,
    pub(crate) copies: Vec<Copy>,
    working: Working,
    serial: usize,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(seed: u64, working: Working) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let memos = MemOs::builder()
            .data(folder.path())
            .clock(Arc::clone(&clock) as _)
            .working(working)
            .repeat_window(Duration::ZERO)
            .open()
            .unwrap();
        Self {
            memos,
            clock,
            dice: Dice::new(seed),
            who: "ada".parse().unwrap(),
            cube: "notes".parse().unwrap(),
            copies: Vec::new(),
            working,
            serial: 0,
            _folder: folder,
        }
    }

    /// One change, and a copy of what it led to.
    pub(crate) fn step(&mut self) {
        self.act();
        if self.working == Working::InBackground {
            // Whoever waits for a clock that is set by hand does not see it move: a new task has the
            // queue looked at again.
            let sweep = TaskRequest {
                kind: "sweep".into(),
                cube_id: self.cube.to_string(),
                ..TaskRequest::default()
            };
            self.memos.submit_task(&self.who, &sweep).unwrap();
            let drained = self.memos.drain(&self.who, &DrainRequest::default());
            let tasks = || self.memos.tasks(&self.who, &TaskListRequest::default());
            assert!(drained.unwrap().drained, "{:#?}", tasks().unwrap());
        }
        // Sometimes the uses are written before the copy, sometimes after.
        if self.dice.below(2) == 0 {
            self.memos.flush().unwrap();
        }
        self.copy();
        self.clock
            .advance(Duration::from_secs(1 + self.dice.below(7_200) as u64));
    }

    fn copy(&mut self) {
        let name = (self.dice.below(3) == 0).then(|| format!("copy {}", self.copies.len()));
        if let Some(name) = &name {
            let request = SnapshotRequest {
                name: name.clone(),
                ..SnapshotRequest::default()
            };
            let taken = self.memos.take_snapshot(&self.who, &self.cube, request);
            taken.unwrap();
        }
        let copy = Copy {
            instant: self.clock.now(),
            change: self.last_change(),
            dump: Dump::read(&self.dump(None)),
            name,
        };
        self.copies.push(copy);
    }

    pub(crate) fn dump(&self, at: Option<String>) -> String {
        let mut text = String::new();
        let mut write = |line: &str| {
            text.push_str(line);
            text.push('\n');
            Ok(())
        };
        let request = DumpRequest { at };
        let dumped = self.memos.dump(&self.who, &self.cube, &request, &mut write);
        dumped.unwrap();
        text
    }

    /// A copy's change as a point, also if it was forgotten with its memory.
    pub(crate) fn change_of(&self, copy: &Copy) -> String {
        format!("change:{}", copy.change)
    }

    fn last_change(&self) -> u64 {
        let request = RollbackRequest {
            to: "change:0".into(),
            dry_run: true,
        };
        let plan = self.memos.roll_back(&self.who, &self.cube, &request);
        plan.unwrap().before
    }

    pub(crate) fn search(&self, request: SearchRequest) -> Result<memos_api::wire::SearchResponse> {
        let request = SearchRequest {
            cube_ids: vec![self.cube.to_string()],
            top_k: Some(1_000),
            ..request
        };
        self.memos.search(&self.who, &request)
    }

    /// What is forgotten is in no past, and neither is what was made from it alone. What was made from
    /// others too is in none from before.
    fn forget_in_copies(&mut self, id: MemoryId) {
        let derived = self.copies.iter().flat_map(|copy| copy.dump.derived());
        let derived: BTreeSet<String> = derived.collect();
        for id in derived.into_iter().chain([id.to_string()]) {
            let known = id.parse().unwrap();
            let versions = self.memos.versions(&self.who, &self.cube, known);
            let since = versions.map_or(u64::MAX, |all| all.versions[0].change);
            let before = self.copies.iter_mut().filter(|c| c.change < since);
            before.for_each(|c| c.dump.forget(&id));
        }
    }

    fn act(&mut self) {
        let ids: Vec<MemoryId> = match self.copies.last() {
            Some(copy) => {
                let known = copy.dump.memories();
                known.keys().map(|id| id.parse().unwrap()).collect()
            }
            None => Vec::new(),
        };
        let Some(id) = self.dice.pick(&ids).copied() else {
            return self.add();
        };
        let (who, cube) = (self.who.clone(), self.cube.clone());
        let done = match self.dice.below(20) {
            0..7 => return self.add(),
            7..10 => {
                let patch = self.patch();
                self.memos.update(&who, &cube, id, &patch).map(drop)
            }
            10 => {
                let done = self.memos.forget(&who, &cube, id);
                if done.is_ok() {
                    self.forget_in_copies(id);
                }
                done
            }
            11..15 => {
                let steps = ["archive", "restore", "freeze", "thaw", "activate"];
                let request = MoveRequest {
                    step: steps[self.dice.below(steps.len())].into(),
                    reason: None,
                };
                self.memos.change_state(&who, &cube, id, &request).map(drop)
            }
            15 => {
                let copy = &self.copies[self.dice.below(self.copies.len())];
                let request = RollbackRequest {
                    to: self.change_of(copy),
                    dry_run: false,
                };
                self.memos.roll_back(&who, &cube, &request).map(drop)
            }
            16 => {
                let versions = self.memos.versions(&who, &cube, id).unwrap().versions;
                let request = MemoryRollbackRequest {
                    version: versions[self.dice.below(versions.len())].version,
                    dry_run: false,
                };
                let done = self.memos.roll_back_memory(&who, &cube, id, &request);
                let diff = self.memos.diff(&who, &cube, id, &DiffRequest::default());
                diff.unwrap();
                done.map(drop)
            }
            _ => {
                let request = SearchRequest {
                    query: "Which entry is in the log?".into(),
                    include: Some(vec!["archived".into(), "derived".into()]),
                    ..SearchRequest::default()
                };
                self.search(request).map(drop)
            }
        };
        if let Err(error) = done {
            assert_eq!(error.code(), Code::IllegalMove, "{error}");
        }
    }

    fn add(&mut self) {
        let count = 1 + self.dice.below(3);
        let messages: Vec<Value> = (0..count).map(|_| self.message()).collect();
        let request = AddRequest {
            messages: Some(messages.into()),
            ..AddRequest::default()
        };
        self.memos.add(&self.who, &self.cube, &request).unwrap();
    }

    /// Said somewhere in the weeks before or after now, so that valid time and recorded time differ.
    fn message(&mut self) -> Value {
        let days = self.dice.below(60) as i64 - 30;
        let said_at = self.clock.now().plus_secs(days * 86_400);
        json!({
            "role": "user",
            "content": self.text(),
            "chat_time": said_at.to_string(),
        })
    }

    /// Each text but those that background work shall find is new: what says the same is one hit.
    fn text(&mut self) -> String {
        self.serial += 1;
        let n = self.serial;
        match self.dice.below(8) {
            0 => format!("I moved to city{n}."),
            1 => format!("I live in city{n} now."),
            2 => format!("My new phone number is 555-01{n:02}."),
            3 => format!("第{n}条记录：渡船七点出发。"),
            _ => format!("Entry{n} of the log: the ferry was late again."),
        }
    }

    fn patch(&mut self) -> PatchRequest {
        let text = self.text();
        match self.dice.below(3) {
            0 => PatchRequest {
                text: Some(text),
                ..PatchRequest::default()
            },
            1 => PatchRequest {
                tags: Some(vec![text]),
                ..PatchRequest::default()
            },
            _ => PatchRequest {
                key: Some(text),
                priority: Some("high".into()),
                ..PatchRequest::default()
            },
        }
    }
}
