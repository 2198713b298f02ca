//! Which work follows from what happens: tasks that are born in the commit that causes them.

use std::collections::BTreeMap;
use std::time::Duration;

use memos_core::{
    CubeId, Layer, Memory, MemoryId, Priority, Repeat, Task, Timestamp, UserId, Write,
};

use super::{FUSE, ORGANISE, REFINE, SWEEP};

/// Sessions are organised and refined once they have been quiet for so long, or for so long after
/// their first message if they are not: a summary for every message would be a version for every
/// message.
pub const SETTLE: Duration = Duration::from_secs(60);

const MINUTE: i64 = 60_000_000;

/// Working sets follow use after so long, so that a busy cube is not swept at every search.
pub const AFTER_USE: Duration = Duration::from_secs(10 * 60);

/// The tasks that new memories of a cube cause.
pub fn on_added(
    cube: &CubeId,
    user: &UserId,
    memories: &[Memory],
    request: Option<&str>,
    has_model: bool,
    now: Timestamp,
) -> Vec<Write> {
    let mut tasks = vec![
        of_cube(FUSE, cube, user, now),
        Task {
            due_at: now.after(SETTLE),
            priority: Priority::Low,
            ..of_cube(ORGANISE, cube, user, now)
        },
    ];
    if has_model {
        for (session, ids) in by_session(memories) {
            let due_at = now.after(SETTLE);
            tasks.push(Task {
                due_at,
                ..refine(cube, user, &session, ids, now)
            });
        }
    }
    let of_request = |mut task: Task| {
        task.request = request.map(str::to_owned);
        task.labels.extend(request.map(Task::request_label));
        task
    };
    tasks.into_iter().map(of_request).map(adding).collect()
}

/// The task that has a model read turns of one session: those of one minute are read together.
pub fn refine(
    cube: &CubeId,
    user: &UserId,
    session: &str,
    memories: Vec<MemoryId>,
    now: Timestamp,
) -> Task {
    // One that was given up keeps its turns: who comes later does not join it.
    let key = format!("{REFINE} {cube} {session} {}", now.micros() / MINUTE);
    let mut task = Task::new(REFINE, user.clone(), cube.clone(), now).keyed(key, Repeat::Again);
    task.memories = memories;
    task.priority = Priority::Low;
    task
}

/// The task that looks what is due in a cube by lifespan, decay, use and capacity.
pub fn sweep(cube: &CubeId, user: &UserId, due_at: Timestamp, now: Timestamp) -> Task {
    Task {
        due_at,
        priority: Priority::Low,
        ..of_cube(SWEEP, cube, user, now)
    }
}

/// The write that adds a task.
pub fn adding(task: Task) -> Write {
    Write::AddTask(Box::new(task))
}

/// One task of a kind for each cube: a second one joins the first.
pub(super) fn of_cube(kind: &str, cube: &CubeId, user: &UserId, now: Timestamp) -> Task {
    Task::new(kind, user.clone(), cube.clone(), now).keyed(format!("{kind} {cube}"), Repeat::Again)
}

/// Raw turns by session, each in the order of age.
pub fn by_session(memories: &[Memory]) -> BTreeMap<String, Vec<MemoryId>> {
    let mut sessions: BTreeMap<String, Vec<MemoryId>> = BTreeMap::new();
    for memory in memories.iter().filter(|m| m.layer() == Layer::Evidence) {
        if let Some(plain) = memory.payload.plaintext() {
            let session = sessions.entry(plain.turn.session_id.clone()).or_default();
            session.push(memory.id);
        }
    }
    sessions
}
