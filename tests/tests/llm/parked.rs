//! What keeps failing is parked with its reason, and can be taken up again. The pauses pass on a
//! clock that the test moves.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use memos_api::config::{Count, Llm, Span};
use memos_api::wire::{AddRequest, DrainRequest, TaskItem, TaskListRequest, TaskRequest};
use memos_api::{Builder, MemOs};
use memos_core::{CubeId, ManualClock, Timestamp, UserId};
use memos_tests::{Command, Endpoint};
use serde_json::{Value, json};

use crate::faults::{CASES, breakable, requests, turns};
use crate::stage::{lines, until};

/// Tries of a task, as the default policy has them.
const TRIES: u32 = 5;

/// Longer than any pause.
const LONG: Duration = Duration::from_secs(20 * 60);

struct Stage {
    memos: MemOs,
    clock: Arc<ManualClock>,
    who: UserId,
}

impl Stage {
    fn open(data: &std::path::Path, endpoint: &Endpoint) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
        let llm = Llm {
            base_url: Some(endpoint.base_url()),
            model: Some("scripted".to_owned()),
            timeout: Span(Duration::from_secs(3)),
            concurrency: Count(NonZeroUsize::MIN.get() * 8),
            ..Llm::default()
        };
        let memos = Builder::default()
            .data(data)
            .clock(Arc::clone(&clock) as _)
            .llm(llm)
            .open()
            .unwrap();
        Self {
            memos,
            clock,
            who: "local".parse().unwrap(),
        }
    }

    fn drain(&self, kind: &str) {
        let request = DrainRequest {
            kind: Some(kind.to_owned()),
            timeout_ms: Some(55_000),
            ..DrainRequest::default()
        };
        assert!(self.memos.drain(&self.who, &request).unwrap().drained);
    }

    fn refining(&self) -> Vec<TaskItem> {
        let request = TaskListRequest {
            kind: Some("refine".to_owned()),
            ..TaskListRequest::default()
        };
        self.memos.tasks(&self.who, &request).unwrap().tasks
    }

    /// Lets pauses pass. The scheduler looks at the clock when something happens.
    fn pass(&self) {
        self.clock.advance(LONG);
        let request = TaskRequest {
            kind: "sweep".to_owned(),
            cube_id: CASES[0].cube.to_owned(),
            ..TaskRequest::default()
        };
        self.memos.submit_task(&self.who, &request).unwrap();
    }

    fn dump(&self, cube: &str) -> BTreeMap<String, String> {
        let mut text = String::new();
        let cube: CubeId = cube.parse().unwrap();
        let write = &mut |line: &str| {
            text += &format!("{line}\n");
            Ok(())
        };
        let now = memos_api::wire::DumpRequest::default();
        self.memos.dump(&self.who, &cube, &now, write).unwrap();
        lines(&text)
    }

    fn say(&self, cube: &str) {
        let messages: Vec<Value> = turns(cube)
            .iter()
            .map(|text| json!({"role": "user", "content": text}))
            .collect();
        let request = AddRequest {
            messages: Some(messages.into()),
            session_id: Some("s".to_owned()),
            ..AddRequest::default()
        };
        let cube: CubeId = cube.parse().unwrap();
        self.memos.add(&self.who, &cube, &request).unwrap();
    }
}

#[test]
fn what_keeps_failing_is_parked_with_its_reason_and_can_be_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, broken) = breakable();
    let stage = Stage::open(folder.path(), &endpoint);
    CASES.iter().for_each(|case| stage.say(case.cube));
    stage.drain("fuse");
    let dumps = || -> Vec<_> { CASES.iter().map(|case| stage.dump(case.cube)).collect() };
    let before = dumps();
    stage.drain("refine");
    for tries in 2..=TRIES {
        stage.pass();
        until("every task has failed again", || {
            let all = stage.refining();
            let failed = |task: &TaskItem| task.attempts == tries && task.status != "running";
            all.iter().all(failed).then_some(())
        });
    }
    assert_eq!(before, dumps(), "five failures each, and not a byte");
    let asked = requests(&endpoint);
    for case in CASES {
        let most = case.requests * TRIES as usize;
        assert!(
            (TRIES as usize..=most).contains(&asked[case.cube]),
            "{}",
            case.cube
        );
    }
    let tally = stage.memos.model_tally().unwrap();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for case in CASES {
        *counts.entry(case.failure).or_default() += asked[case.cube] as u64;
    }
    for (name, count) in counts {
        assert_eq!(tally.failures[name], count, "{name}");
    }

    let parked = stage.refining();
    assert_eq!(parked.len(), CASES.len());
    for task in &parked {
        assert_eq!(task.status, "dead", "{task:?}");
        let reason = task.dead_reason.as_deref().unwrap();
        assert!(reason.starts_with("failed 5 times"), "{reason}");
        assert!(reason.contains("language model"), "{reason}");
        assert_eq!(task.memories.len(), 3);
    }
    // The dead stay dead.
    stage.pass();
    stage.drain("sweep");
    assert_eq!(requests(&endpoint), asked);

    let Stage { memos, .. } = stage;
    drop(memos);
    let listed = Command::new(&["tasks", "list", "--status", "dead", "--json", "--data"])
        .arg(folder.path())
        .run()
        .succeeds();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["counts"]["dead"], CASES.len(), "{listed}");
    for task in &parked {
        Command::new(&["tasks", "retry", &task.id.to_string(), "--data"])
            .arg(folder.path())
            .run()
            .succeeds();
    }
    broken.store(false, Ordering::SeqCst);
    let stage = Stage::open(folder.path(), &endpoint);
    // The commands went by the clock on the wall.
    stage.clock.set(Timestamp::from_secs(4_000_000_000));
    stage.drain("refine");
    for (case, before) in CASES.iter().zip(&before) {
        let after = stage.dump(case.cube);
        assert_eq!(after.len(), 6, "{}", case.cube);
        for (id, line) in before {
            assert_eq!(after.get(id), Some(line), "{}", case.cube);
        }
    }
    assert!(stage.refining().iter().all(|task| task.status == "done"));
}
