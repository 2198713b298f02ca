//! What the queue itself costs a task, in CPU time of this process, on a folder on disk.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use memos_core::{Code, CubeId, Error, Result, Task, UserId};
use memos_scheduler::tasks::{Effect, Handler, Work};
use serde::Serialize;

use super::server::Folder;
use crate::wire::{CreateCubeRequest, TaskRequest};
use crate::{MemOs, Working};

/// Tasks of each measurement.
const TASKS: usize = 10_000;

/// Tasks that one commit bears.
const BATCH: usize = 100;

/// Cubes that they are spread over.
const CUBES: usize = 100;

/// Users that own the cubes.
const USERS: usize = 10;

/// Longest wait for the tasks to be done.
const PATIENCE: Duration = Duration::from_secs(600);

/// Between two looks whether they are.
const LOOK: Duration = Duration::from_millis(20);

const NOTHING: &str = "nothing";
const BEAR: &str = "bear";

/// The CPU time of tasks that do nothing, in microseconds a task, of all threads of the process.
/// It takes in all that is done for them: checks of the request, commits to the storage with the
/// storage's own threads, choosing, claiming, running, finishing, and telling who follows them.
#[derive(Clone, Debug, Serialize)]
pub struct QueueCost {
    /// How they were born: `batches`, a hundred in one commit, or `singly`, by a request and a
    /// commit each.
    pub born: String,
    /// How many.
    pub tasks: usize,
    /// To be born; if born in batches, it can't be told from what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_us: Option<f64>,
    /// From the first claim to the last completion; if born in batches, the birth too.
    pub done_us: f64,
    /// Together.
    pub total_us: f64,
    /// Time by the clock from the first claim on, a task.
    pub wall_us: f64,
}

/// Does nothing.
struct Nothing(Arc<AtomicUsize>);

impl Handler for Nothing {
    fn kind(&self) -> &'static str {
        NOTHING
    }

    fn run(&self, _: &Task, _: &Work) -> Result<Effect> {
        self.0.fetch_add(1, Ordering::Release);
        Ok(Effect::none())
    }
}

/// Bears tasks that do nothing, in the commit of its own completion.
struct Bear(Arc<[(UserId, CubeId)]>);

impl Handler for Bear {
    fn kind(&self) -> &'static str {
        BEAR
    }

    fn run(&self, _: &Task, work: &Work) -> Result<Effect> {
        let places = self.0.iter().cycle().take(BATCH);
        Ok(places.fold(Effect::none(), |effect, (user, cube)| {
            effect.then(Task::new(NOTHING, user.clone(), cube.clone(), work.now()))
        }))
    }
}

/// Measures both ways to be born; nothing where the system does not tell CPU time.
pub(super) async fn measure() -> Result<Vec<QueueCost>> {
    let measured = tokio::task::spawn_blocking(|| match cpu() {
        Some(_) => Ok(vec![in_batches()?, singly()?]),
        None => Ok(Vec::new()),
    });
    measured
        .await
        .map_err(|e| Error::new(Code::Internal, "the measurement broke off").caused_by(e))?
}

fn in_batches() -> Result<QueueCost> {
    let folder = Folder::new();
    let places = places(&folder)?;
    let done = Arc::new(AtomicUsize::new(0));
    let memos = open(&folder, &places, &done, Working::InBackground)?;
    let (before, start) = (spent(), Instant::now());
    for (user, cube) in places.iter().cycle().take(TASKS / BATCH) {
        memos.submit_task(user, &request(BEAR, cube))?;
    }
    until_done(&memos, &done)?;
    let each = each(spent().saturating_sub(before));
    Ok(QueueCost {
        born: "batches".into(),
        tasks: TASKS,
        birth_us: None,
        done_us: each,
        total_us: each,
        wall_us: self::each(start.elapsed()),
    })
}

fn singly() -> Result<QueueCost> {
    let folder = Folder::new();
    let places = places(&folder)?;
    let done = Arc::new(AtomicUsize::new(0));
    let memos = open(&folder, &places, &done, Working::Later)?;
    let before = spent();
    for (user, cube) in places.iter().cycle().take(TASKS) {
        memos.submit_task(user, &request(NOTHING, cube))?;
    }
    let birth = each(spent().saturating_sub(before));
    drop(memos);

    let (before, opened) = (spent(), Instant::now());
    let memos = open(&folder, &places, &done, Working::InBackground)?;
    until_done(&memos, &done)?;
    // Opening costs the same without tasks, but for reading them; that is taken out below.
    let (work, wall) = (spent().saturating_sub(before), opened.elapsed());
    drop(memos);
    let (nobody, before, opened) = (Folder::new(), spent(), Instant::now());
    drop(open(&nobody, &places, &done, Working::InBackground)?);
    let (empty, empty_wall) = (spent().saturating_sub(before), opened.elapsed());
    let done_us = each(work.saturating_sub(empty));
    Ok(QueueCost {
        born: "singly".into(),
        tasks: TASKS,
        birth_us: Some(birth),
        done_us,
        total_us: birth + done_us,
        wall_us: each(wall.saturating_sub(empty_wall)),
    })
}

fn each(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / TASKS as f64
}

/// Cubes for the tasks, made in the folder.
fn places(folder: &Folder) -> Result<Arc<[(UserId, CubeId)]>> {
    let places: Vec<(UserId, CubeId)> = (0..CUBES)
        .map(|n| {
            Ok((
                format!("user-{}", n % USERS).parse()?,
                format!("c{n}").parse()?,
            ))
        })
        .collect::<Result<_>>()?;
    let memos = MemOs::builder()
        .data(folder.path())
        .working(Working::Later)
        .open()?;
    for (user, cube) in &places {
        let request = CreateCubeRequest {
            id: Some(cube.to_string()),
            ..CreateCubeRequest::default()
        };
        memos.create_cube(user, request)?;
    }
    Ok(places.into())
}

fn open(
    folder: &Folder,
    places: &Arc<[(UserId, CubeId)]>,
    done: &Arc<AtomicUsize>,
    working: Working,
) -> Result<MemOs> {
    MemOs::builder()
        .data(folder.path())
        .working(working)
        .handler(Arc::new(Nothing(Arc::clone(done))))
        .handler(Arc::new(Bear(Arc::clone(places))))
        .open()
}

fn request(kind: &str, cube: &CubeId) -> TaskRequest {
    TaskRequest {
        kind: kind.into(),
        cube_id: cube.to_string(),
        ..TaskRequest::default()
    }
}

/// Waits until every task has run and is written down as done.
fn until_done(memos: &MemOs, done: &AtomicUsize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while done.load(Ordering::Acquire) < TASKS || left(memos) > 0 {
        if Instant::now() >= deadline {
            return Err(Error::new(
                Code::Unavailable,
                "the tasks of the measurement are not done after ten minutes",
            )
            .remedy("see the log for what keeps them"));
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

fn left(memos: &MemOs) -> usize {
    let stats = memos.task_stats();
    let of = |kind: &str| stats.kinds.get(kind).map_or(0, |k| k.waiting + k.running);
    of(NOTHING) + of(BEAR)
}

/// CPU time of this process so far, where [`cpu`] tells it.
fn spent() -> Duration {
    cpu().unwrap_or_default()
}

/// CPU time of this process so far, with all its threads; Linux tells it in steps of 10 ms.
fn cpu() -> Option<Duration> {
    of_stat(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// Of a process by its `stat` (proc(5)): fields 14 and 15, in hundredths of a second on every
/// architecture of today.
fn of_stat(stat: &str) -> Option<Duration> {
    // The name, in parentheses, may hold spaces and parentheses. After it comes field 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(14 - 3);
    let mut ticks = || times.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some(Duration::from_millis(10 * (user + system)))
}

pub(super) fn write(costs: &[QueueCost], out: &mut String) -> std::fmt::Result {
    if costs.is_empty() {
        return writeln!(out, "\nthis system does not tell what the queue costs");
    }
    writeln!(
        out,
        "\n{:<10} {:>8} {:>8} {:>8} {:>8} {:>8}   (µs of CPU a task that does nothing; wall: by the \
         clock)",
        "queue", "n", "born", "done", "total", "wall"
    )?;
    for cost in costs {
        let birth = cost.birth_us.map_or("-".into(), |us| format!("{us:.1}"));
        writeln!(
            out,
            "{:<10} {:>8} {birth:>8} {:>8.1} {:>8.1} {:>8.1}",
            cost.born, cost.tasks, cost.done_us, cost.total_us, cost.wall_us
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_of_a_process_with_an_odd_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 123 45 6 7 20 0 5 0 100 0 0";
        assert_eq!(of_stat(stat), Some(Duration::from_millis(1_680)));
        assert_eq!(of_stat("42 (a) S 1"), None);
    }
}
