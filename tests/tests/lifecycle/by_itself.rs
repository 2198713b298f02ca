//! What time, use and capacity do to memories, on a clock that is set by hand.

use std::sync::Arc;
use std::time::Duration;

use memos_api::config::{Count, Lifecycle};
use memos_api::wire::{
    AddRequest, DrainRequest, MemoryItem, MoveRequest, PatchRequest, SearchRequest, TaskRequest,
};
use memos_api::{MemOs, Working};
use memos_core::{Cause, Code, CubeId, Event, EventKind, ManualClock, MemoryId, UserId};
use serde_json::json;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

struct Stage {
    memos: MemOs,
    clock: Arc<ManualClock>,
    who: UserId,
    cube: CubeId,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(lifecycle: Lifecycle) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let memos = MemOs::builder()
            .data(folder.path())
            .clock(Arc::clone(&clock) as _)
            .working(Working::InBackground)
            .lifecycle(lifecycle)
            .open()
            .unwrap();
        Self {
            memos,
            clock,
            who: "ada".parse().unwrap(),
            cube: "notes".parse().unwrap(),
            _folder: folder,
        }
    }

    fn add(&self, text: &str) -> MemoryId {
        let request = AddRequest {
            messages: Some(json!([{"role": "user", "content": text}])),
            ..AddRequest::default()
        };
        let added = self.memos.add(&self.who, &self.cube, &request).unwrap();
        added.memories[0].id
    }

    fn patch(&self, id: MemoryId, patch: &PatchRequest) {
        let done = self.memos.update(&self.who, &self.cube, id, patch);
        done.unwrap();
    }

    fn lives(&self, id: MemoryId, lifespan: &str) {
        self.patch(
            id,
            &PatchRequest {
                lifespan: Some(lifespan.into()),
                ..PatchRequest::default()
            },
        );
    }

    fn change_state(&self, id: MemoryId, step: &str) {
        let request = MoveRequest {
            step: step.into(),
            reason: None,
        };
        let done = self.memos.change_state(&self.who, &self.cube, id, &request);
        done.unwrap();
    }

    fn memory(&self, id: MemoryId) -> Option<MemoryItem> {
        match self.memos.memory(&self.who, &self.cube, id) {
            Ok(memory) => Some(memory),
            Err(error) => {
                assert_eq!(error.code(), Code::MemoryNotFound);
                None
            }
        }
    }

    fn state(&self, id: MemoryId) -> Option<String> {
        self.memory(id).map(|memory| memory.state)
    }

    fn tier(&self, id: MemoryId) -> String {
        self.memory(id).unwrap().tier
    }

    /// Finds a memory by its words, which is a use of it.
    fn search(&self, words: &str) -> Vec<MemoryId> {
        let request = SearchRequest {
            query: words.into(),
            cube_ids: vec![self.cube.to_string()],
            top_k: Some(1),
            ..SearchRequest::default()
        };
        let found = self.memos.search(&self.who, &request).unwrap();
        self.memos.flush().unwrap();
        found.hits.iter().map(|hit| hit.memory.id).collect()
    }

    /// Some time later, with all done that is due then.
    fn after(&self, time: Duration) {
        self.clock.advance(time);
        // Who waits for this clock does not see it move: a task of now is seen.
        let sweep = TaskRequest {
            kind: "sweep".into(),
            cube_id: self.cube.to_string(),
            ..TaskRequest::default()
        };
        self.memos.submit_task(&self.who, &sweep).unwrap();
        let drained = self.memos.drain(&self.who, &DrainRequest::default());
        assert!(drained.unwrap().drained);
    }

    /// What happened to a memory since it was added, with the cause and its words.
    fn events(&self, id: MemoryId) -> Vec<(EventKind, Cause, String)> {
        let mut subscriber = self.memos.subscribe("test").unwrap();
        let mut events: Vec<Event> = Vec::new();
        loop {
            let batch = subscriber.try_batch(256).unwrap();
            if batch.is_empty() {
                break;
            }
            events.extend(batch);
        }
        let mine = events.into_iter().filter(|e| e.memory_id == Some(id));
        mine.map(|e| (e.kind, e.cause, e.detail.unwrap_or_default()))
            .collect()
    }
}

#[test]
fn a_time_to_live_ends_on_time() {
    let stage = Stage::new(Lifecycle::default());
    let id = stage.add("The ferry leaves at seven.");
    let kept = stage.add("The tent is blue.");
    let frozen = stage.add("The contract is signed.");
    for id in [id, frozen] {
        stage.lives(id, "ttl:1d");
    }
    stage.change_state(frozen, "freeze");
    stage.after(23 * HOUR);
    assert_eq!(stage.state(id).as_deref(), Some("generated"));
    stage.after(2 * HOUR);
    assert_eq!(stage.state(id), None);
    assert_eq!(stage.state(kept).as_deref(), Some("generated"));
    let events = stage.events(id);
    let [.., (archived, why, _), (expired, cause, words)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((*archived, *why), (EventKind::Archived, Cause::Lifespan));
    assert_eq!((*expired, *cause), (EventKind::Expired, Cause::Lifespan));
    assert_eq!(words, "ttl ended 2026-03-02");
    // What is frozen outlives its time, and ends when it thaws.
    stage.after(10 * DAY);
    assert_eq!(stage.state(frozen).as_deref(), Some("frozen"));
    stage.change_state(frozen, "thaw");
    let drained = stage.memos.drain(&stage.who, &DrainRequest::default());
    assert!(drained.unwrap().drained);
    assert_eq!(stage.state(frozen), None);
}

#[test]
fn a_rollback_does_not_bring_a_lifespan_back_for_ever() {
    let stage = Stage::new(Lifecycle::default());
    let id = stage.add("The ferry leaves at seven.");
    stage.lives(id, "ttl:1d");
    stage.lives(id, "forever");
    // No task of the lifespan is left.
    stage.after(HOUR);
    let request = memos_api::wire::MemoryRollbackRequest {
        version: 2,
        dry_run: false,
    };
    let back = stage
        .memos
        .roll_back_memory(&stage.who, &stage.cube, id, &request);
    assert!(back.unwrap().done);
    let list = memos_api::wire::TaskListRequest {
        kind: Some("sweep".into()),
        status: Some("waiting".into()),
        ..Default::default()
    };
    let waiting = stage.memos.tasks(&stage.who, &list).unwrap().tasks;
    assert_eq!(waiting[0].due_at.to_string(), "2026-03-02T08:00:00Z");
}

/// With a half-life of a day a memory is archived after 4.3 days without use and ends after 7.6.
#[test]
fn what_is_not_used_fades() {
    let stage = Stage::new(Lifecycle::default());
    let idle = stage.add("The ferry leaves at seven.");
    let used = stage.add("The blue tent is in the attic.");
    for id in [idle, used] {
        stage.lives(id, "half_life:1d");
    }
    stage.after(2 * DAY);
    assert_eq!(stage.search("Where is the blue tent?"), [used]);
    stage.after(2 * DAY + 7 * HOUR);
    assert_eq!(
        stage.state(idle).as_deref(),
        Some("generated"),
        "after 4.29 days"
    );
    stage.after(HOUR);
    assert_eq!(
        stage.state(idle).as_deref(),
        Some("archived"),
        "after 4.33 days"
    );
    assert_eq!(stage.state(used).as_deref(), Some("activated"));
    let last = stage.events(idle).pop().unwrap();
    assert_eq!((last.0, last.1), (EventKind::Archived, Cause::Lifespan));
    assert_eq!(last.2, "weight fell below 0.05");
    stage.after(3 * DAY + 6 * HOUR);
    assert_eq!(
        stage.state(idle).as_deref(),
        Some("archived"),
        "after 7.58 days"
    );
    stage.after(3 * HOUR);
    assert_eq!(stage.state(idle), None, "after 7.7 days");
    let last = stage.events(idle).pop().unwrap();
    assert_eq!((last.0, last.1), (EventKind::Expired, Cause::Lifespan));
    assert_eq!(last.2, "weight fell below 0.005");
    // One use on the second day: a half-life of 1.69 days from then, 7.3 days to the archive.
    assert_eq!(
        stage.state(used).as_deref(),
        Some("activated"),
        "after 7.7 days"
    );
    stage.after(2 * DAY);
    assert_eq!(
        stage.state(used).as_deref(),
        Some("archived"),
        "after 9.7 days"
    );
    // And a use brings it back.
    let request = SearchRequest {
        query: "Where is the blue tent?".into(),
        cube_ids: vec!["notes".into()],
        include: Some(vec!["archived".into()]),
        ..SearchRequest::default()
    };
    let found = stage.memos.search(&stage.who, &request).unwrap();
    assert_eq!(found.archived[0].memory.id, used);
    stage.memos.flush().unwrap();
    assert_eq!(stage.state(used).as_deref(), Some("activated"));
    let kinds: Vec<_> = stage.events(used).into_iter().map(|e| (e.0, e.1)).collect();
    assert!(
        kinds.contains(&(EventKind::Activated, Cause::Use)),
        "{kinds:?}"
    );
}

#[test]
fn a_full_long_term_memory_puts_the_least_valued_away() {
    let stage = Stage::new(Lifecycle {
        working: Count(1),
        long_term: Some(Count(3)),
        user: None,
    });
    let texts = [
        "The ferry leaves at seven.",
        "The tent is blue.",
        "Mina keeps bees.",
        "The bridge is closed on Mondays.",
        "The museum has a garden.",
    ];
    let ids: Vec<MemoryId> = texts
        .iter()
        .map(|text| {
            // All of them before the working sets are put in order, ten minutes after the first.
            stage.clock.advance(Duration::from_secs(60));
            stage.add(text)
        })
        .collect();
    let priority = |name: &str| PatchRequest {
        priority: Some(name.into()),
        ..PatchRequest::default()
    };
    stage.patch(ids[0], &priority("high"));
    stage.patch(ids[4], &priority("low"));
    stage.after(HOUR);
    let states: Vec<_> = ids.iter().map(|id| stage.state(*id).unwrap()).collect();
    // The one of low priority, then the oldest of the others.
    assert_eq!(
        states,
        [
            "generated",
            "archived",
            "generated",
            "generated",
            "archived"
        ]
    );
    for id in [ids[1], ids[4]] {
        let last = stage.events(id).pop().unwrap();
        assert_eq!((last.0, last.1), (EventKind::Archived, Cause::Capacity));
        assert_eq!(last.2, "long-term memory holds 3 at most");
    }
}

#[test]
fn what_is_used_is_in_the_working_memory_as_long_as_it_is() {
    let stage = Stage::new(Lifecycle {
        working: Count(1),
        ..Lifecycle::default()
    });
    let ferry = stage.add("The ferry leaves at seven.");
    let tent = stage.add("The blue tent is in the attic.");
    stage.after(HOUR);
    assert_eq!(
        (stage.tier(ferry), stage.tier(tent)),
        ("long_term".into(), "long_term".into())
    );
    for _ in 0..2 {
        assert_eq!(stage.search("When does the ferry leave?"), [ferry]);
    }
    stage.after(HOUR);
    assert_eq!(
        (stage.tier(ferry), stage.tier(tent)),
        ("working".into(), "long_term".into())
    );
    // It has room for one. Used as often, another does not displace it; used far more, it does.
    for _ in 0..2 {
        stage.search("Where is the blue tent?");
    }
    stage.after(HOUR);
    assert_eq!(
        (stage.tier(ferry), stage.tier(tent)),
        ("working".into(), "long_term".into())
    );
    for _ in 0..4 {
        stage.search("Where is the blue tent?");
    }
    stage.after(HOUR);
    assert_eq!(
        (stage.tier(ferry), stage.tier(tent)),
        ("long_term".into(), "working".into())
    );
    // Nobody asks any more: it cools.
    stage.after(30 * DAY);
    assert_eq!(stage.tier(tent), "long_term");
    // What is put away is in no working set.
    stage.change_state(ferry, "archive");
    assert_eq!(stage.tier(ferry), "long_term");
}
