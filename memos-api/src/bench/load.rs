//! Background work without end, and a writer: what searches are measured beside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use memos_core::{Code, CubeId, Error, Result, TaskId};
use memos_models::StaticEmbedder;
use memos_scheduler::work::{FUSE, ORGANISE};
use serde_json::json;
use tokio::task::JoinHandle;

use super::DataSet;
use super::baseline::Turns;
use crate::client::Client;
use crate::wire::{AddRequest, TaskRequest};

/// Cubes that work is asked for at a time: as many as tasks are done at a time, and one more, so
/// that there is always a next.
const LANES: usize = 5;

/// Between two looks at a task that is not done yet.
const LOOK: Duration = Duration::from_millis(10);

/// Between two turns that are added: twenty a second, as of some dozens of people who write at once.
const PACE: Duration = Duration::from_millis(50);

/// Turns of one sitting of the writer.
const SITTING: usize = 20;

/// What the load is made of.
pub(super) struct Script {
    /// Those that are asked, and one more that nobody asks.
    cubes: Vec<CubeId>,
    /// What the writer says.
    turns: Vec<Line>,
}

/// A turn to add.
struct Line {
    speaker: Option<String>,
    text: String,
}

/// What a load came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub(super) tasks: u64,
    pub(super) turns: u64,
    pub(super) seconds: f64,
}

/// A load that is on.
pub(super) struct Load {
    start: Instant,
    stop: Arc<AtomicBool>,
    lanes: Vec<JoinHandle<Result<u64>>>,
    writer: JoinHandle<Result<u64>>,
}

impl Script {
    /// Work on all cubes of the data, and its turns added anew: to a cube that nobody asks, and to
    /// those that are asked.
    pub(super) fn of(data: &DataSet, asked: &[CubeId]) -> Result<Arc<Self>> {
        let embedder = StaticEmbedder::bundled();
        let mut turns = Vec::new();
        for sample in &data.samples {
            let read = Turns::read(sample, &embedder)?;
            let plain = read.memories.into_iter().filter_map(|memory| {
                let plain = memory.payload.plaintext()?;
                (!plain.text.trim().is_empty()).then(|| Line {
                    speaker: plain.turn.speaker.clone(),
                    text: plain.text.clone(),
                })
            });
            turns.extend(plain);
        }
        let mut cubes = asked.to_vec();
        if let Some(first) = asked.first() {
            cubes.push(format!("{first}-beside").parse()?);
        }
        Ok(Arc::new(Self { cubes, turns }))
    }
}

impl Load {
    /// Begins.
    pub(super) fn start(client: &Client, script: &Arc<Script>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let lanes = (0..LANES).map(|first| {
            let (client, script, stop) = (client.clone(), Arc::clone(script), Arc::clone(&stop));
            tokio::spawn(async move { lane(&client, &script, first, &stop).await })
        });
        let lanes = lanes.collect();
        let writer = {
            let (client, script, stop) = (client.clone(), Arc::clone(script), Arc::clone(&stop));
            tokio::spawn(async move { write(&client, &script, &stop).await })
        };
        Self {
            start: Instant::now(),
            stop,
            lanes,
            writer,
        }
    }

    /// Asks for no more. What is under way may still go on.
    pub(super) async fn stop(self) -> Result<Done> {
        self.stop.store(true, Ordering::Release);
        let seconds = self.start.elapsed().as_secs_f64();
        let mut tasks = 0;
        for lane in self.lanes {
            tasks += ended(lane.await)?;
        }
        Ok(Done {
            tasks,
            turns: ended(self.writer.await)?,
            seconds,
        })
    }
}

fn ended<E>(joined: std::result::Result<Result<u64>, E>) -> Result<u64>
where
    E: std::error::Error + Send + Sync + 'static,
{
    joined.map_err(|e| Error::new(Code::Internal, "the load broke off").caused_by(e))?
}

/// Asks for fusion and organising of one cube after the other, from the first change on; how many
/// tasks ended.
async fn lane(client: &Client, script: &Script, first: usize, stop: &AtomicBool) -> Result<u64> {
    let mut ended = 0;
    // The lanes keep apart: a cube is worked on by one task at a time.
    for cube in script.cubes.iter().cycle().skip(first) {
        for kind in [FUSE, ORGANISE] {
            if stop.load(Ordering::Acquire) {
                return Ok(ended);
            }
            let request = TaskRequest {
                kind: kind.into(),
                cube_id: cube.to_string(),
                ..TaskRequest::default()
            };
            let task = match client.submit_task(&request).await {
                // The writer has not begun it yet.
                Err(error) if error.code() == Code::CubeNotFound => continue,
                submitted => submitted?,
            };
            if !until_ended(client, task.id, stop).await? {
                return Ok(ended);
            }
            ended += 1;
        }
    }
    Ok(ended)
}

/// Whether it has ended; false if the load did first.
async fn until_ended(client: &Client, id: TaskId, stop: &AtomicBool) -> Result<bool> {
    loop {
        if !matches!(
            client.task(id).await?.status.as_str(),
            "waiting" | "running"
        ) {
            return Ok(true);
        }
        if stop.load(Ordering::Acquire) {
            return Ok(false);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Adds turns, every second one to the cube that nobody asks; how many.
async fn write(client: &Client, script: &Script, stop: &AtomicBool) -> Result<u64> {
    let Some((beside, asked)) = script.cubes.split_last() else {
        return Ok(0);
    };
    let run = memos_core::MemoryId::generate();
    let mut pace = tokio::time::interval(PACE);
    let mut asked = asked.iter().cycle();
    let mut written = 0;
    for (number, line) in script.turns.iter().cycle().enumerate() {
        pace.tick().await;
        if stop.load(Ordering::Acquire) {
            break;
        }
        let cube = match number % 2 {
            0 => beside,
            _ => asked.next().unwrap_or(beside),
        };
        let mut message = json!({"role": "user", "content": line.text});
        if let Some(speaker) = &line.speaker {
            message["name"] = json!(speaker);
        }
        let request = AddRequest {
            messages: Some(json!([message])),
            // A new name, or a turn of an earlier load would count as a retry.
            session_id: Some(format!("{run}-{}", number / SITTING)),
            ..AddRequest::default()
        };
        client.add(cube, &request).await?;
        written += 1;
    }
    Ok(written)
}
