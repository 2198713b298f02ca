//! What the operation layer offers, asked over REST.

use std::io::BufRead as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::{Answer, Client};

impl Client {
    /// The dump of a cube, as it is now.
    #[track_caller]
    pub fn dump(&mut self, cube: &str) -> String {
        let answer = self.get(&format!("/api/v1/cubes/{cube}/dump")).is(200);
        assert_eq!(answer.header("content-type"), Some("application/jsonl"));
        answer.text()
    }

    /// The dump of a cube as it was at a point that needs no escapes.
    #[track_caller]
    pub fn dump_at(&mut self, cube: &str, point: &str) -> String {
        self.get(&format!("/api/v1/cubes/{cube}/dump?at={point}"))
            .is(200)
            .text()
    }

    /// Waits until no background work is left in a cube.
    #[track_caller]
    pub fn drain(&mut self, cube: &str) {
        let drained = self
            .post("/api/v1/tasks/drain", &json!({"cube_id": cube}))
            .is(200)
            .json();
        assert_eq!(drained["drained"], true, "{drained}");
        let dead = self
            .get(&format!("/api/v1/tasks?cube_id={cube}&status=dead"))
            .is(200)
            .json();
        assert_eq!(dead["tasks"], json!([]));
    }

    /// Rolls a cube back, or says what that would do.
    #[track_caller]
    pub fn roll_back(&mut self, cube: &str, to: &str, dry_run: bool) -> Value {
        let request = json!({"to": to, "dry_run": dry_run});
        self.post(&format!("/api/v1/cubes/{cube}/rollback"), &request)
            .is(200)
            .json()
    }

    /// The number of the last change of a cube.
    #[track_caller]
    pub fn last_change(&mut self, cube: &str) -> u64 {
        let planned = self.roll_back(cube, "change:0", true);
        planned["before"].as_u64().expect("a plan says what is now")
    }

    /// Moves a memory to another state.
    #[track_caller]
    pub fn change_state(&mut self, cube: &str, id: &str, step: &str) -> Answer {
        let path = format!("/api/v1/cubes/{cube}/memories/{id}/state");
        self.post(&path, &json!({"move": step}))
    }

    /// What has happened in a cube, from its beginning up to now.
    ///
    /// A cube is made for its event, which comes after all the others.
    #[track_caller]
    pub fn events(&mut self, cube: &str) -> Vec<Value> {
        static ENDS: AtomicUsize = AtomicUsize::new(0);
        let end = format!("end-of-events-{}", ENDS.fetch_add(1, Ordering::Relaxed));
        self.post("/api/v1/cubes", &json!({"id": end})).is(201);
        let told = self.stream("/api/v1/events?after=0");
        let told = told.unwrap_or_else(|e| panic!("no events: {e}"));
        let mut events = Vec::new();
        for line in told.lines() {
            let line = line.unwrap();
            let Some(data) = line.strip_prefix("data: ") else {
                continue;
            };
            let event: Value = serde_json::from_str(data).unwrap();
            if event["cube_id"] == end.as_str() {
                break;
            }
            // Changes of tasks come on the same stream, and have no number.
            if event["cube_id"] == cube && event["seq"].is_u64() {
                events.push(event);
            }
        }
        events
    }
}

/// A question that finds all of a cube, with at most this many memories.
pub fn everything(cube: &str, query: &str) -> Value {
    json!({"query": query, "cube_ids": [cube], "top_k": 1000})
}
