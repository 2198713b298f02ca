//! What background work does: recall, tokens and reach before and after it, and the searches beside
//! it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use memos_core::{Code, CubeId, Error, Result};
use serde::Serialize;

use super::load::{Load, Script};
use super::measure::{Latency, System};
use super::product::{self, Product};
use super::queue::{self, QueueCost};
use super::reach::{self, Reach};
use super::report::{DateScores, percent};
use super::server::{Folder, OwnServer};
use super::{BenchArgs, DataSet};
use crate::Working;
use crate::client::Client;
use crate::wire::{DrainRequest, SearchRequest, TaskCounts, TaskListRequest};

/// Searches of one round; as many are asked idle and beside work in turn, so that whatever else the
/// machine does hits both.
const ROUND: usize = 200;

/// Rounds of each sort.
const ROUNDS: usize = 10;

/// How long work goes on before the searches beside it begin.
const AHEAD: Duration = Duration::from_millis(300);

/// Between two looks whether what has ended is counted as such.
const LOOK: Duration = Duration::from_millis(10);

/// Longest wait for all work to be done.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// What background work does.
#[derive(Clone, Debug, Serialize)]
pub struct Background {
    /// The work that followed from storing the dialogues.
    pub work: Work,
    /// The same questions when it was done.
    pub after: System,
    /// The questions for a date when it was done.
    pub dates_after: DateScores,
    /// Whether every turn that is evidence can still be found.
    pub reach: Reach,
    /// Searches while work goes on.
    pub busy: Busy,
    /// What the queue costs a task that does nothing, by how it was born; empty where the system
    /// does not tell CPU time.
    pub queue: Vec<QueueCost>,
}

/// Work that was done.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Work {
    /// Tasks done, and still remembered.
    pub done: u64,
    /// Tasks given up.
    pub dead: u64,
    /// From the start of the server until nothing was left.
    pub seconds: f64,
}

/// Searches while work goes on, and while nothing does, in turns.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Busy {
    /// Searches of each sort.
    pub searches: usize,
    /// With nothing to do beside them.
    pub idle_ms: Latency,
    /// Beside the work.
    pub busy_ms: Latency,
    /// Busy p50 over idle p50.
    pub ratio_p50: f64,
    /// Busy p95 over idle p95.
    pub ratio_p95: f64,
    /// Tasks that ended beside searches, of those that the load asked for.
    pub tasks: u64,
    /// Turns that were added beside searches.
    pub turns: u64,
    /// How long the load was on.
    pub seconds: f64,
}

/// Measures the product before any work is done, and after, and while.
pub(super) async fn measure(data: &DataSet, args: &BenchArgs) -> Result<(Product, Background)> {
    let cubes = product::cubes(data)?;
    let folder = Folder::new();
    let weights = product::weights(args)?;

    let server = OwnServer::start(&folder, weights, Working::Later).await?;
    let before = product::import_and_ask(data, args, &server.client, &cubes).await;
    server.end().await?;
    let product = before?;

    let start = Instant::now();
    let server = OwnServer::start(&folder, weights, Working::InBackground).await?;
    let worked = worked(data, args, &server.client, &cubes, start).await;
    server.end().await?;
    let mut background = worked?;
    background.after.name = format!("{}+work", product.system.name);
    background.queue = queue::measure().await?;
    Ok((product, background))
}

async fn worked(
    data: &DataSet,
    args: &BenchArgs,
    client: &Client,
    cubes: &[CubeId],
    start: Instant,
) -> Result<Background> {
    drain(client).await?;
    let seconds = start.elapsed().as_secs_f64();
    let counts = counts(client).await?;
    // The first question of a cube loads it, which is no part of a search.
    for cube in cubes {
        let request = SearchRequest {
            query: "?".into(),
            cube_ids: vec![cube.to_string()],
            ..SearchRequest::default()
        };
        client.search(&request).await?;
    }
    let asked = product::ask(data, args, client, cubes).await?;
    Ok(Background {
        work: Work {
            done: counts.done,
            dead: counts.dead,
            seconds,
        },
        after: asked.system(""),
        dates_after: asked.dates(),
        reach: reach::measure(data, client, cubes).await?,
        busy: busy(data, client, cubes).await?,
        queue: Vec::new(),
    })
}

/// How tasks stand when none is left to do now: what has just ended may count as running for a
/// moment, and what waits is planned for later.
async fn counts(client: &Client) -> Result<TaskCounts> {
    let request = TaskListRequest {
        limit: Some(1),
        ..TaskListRequest::default()
    };
    loop {
        let counts = client.tasks(&request).await?.counts;
        if counts.running == 0 {
            return Ok(counts);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nothing is left to do.
async fn drain(client: &Client) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let request = DrainRequest {
        timeout_ms: Some(60_000),
        ..DrainRequest::default()
    };
    loop {
        let answer = client.drain(&request).await?;
        if answer.drained {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(Error::new(
                Code::Unavailable,
                format!("{} tasks are left after half an hour", answer.left),
            )
            .remedy("measure fewer dialogues at a time"));
        }
    }
}

/// The same searches with nothing beside them, and beside work without end.
async fn busy(data: &DataSet, client: &Client, cubes: &[CubeId]) -> Result<Busy> {
    let requests: Vec<SearchRequest> = data
        .samples
        .iter()
        .zip(cubes)
        .flat_map(|(sample, cube)| {
            DataSet::questions(sample).map(|question| product::request(question, cube))
        })
        .collect();
    let script = Script::of(data, cubes)?;
    let mut busy = Busy::default();
    let (mut idle_took, mut busy_took) = (Vec::new(), Vec::new());
    let mut next = requests.iter().cycle();
    for round in 0..ROUNDS {
        let asked: Vec<_> = next.by_ref().take(ROUND).collect();
        // Who goes first changes, so that a trend favours neither.
        for is_busy in [round % 2 == 1, round % 2 == 0] {
            if !is_busy {
                drain(client).await?;
                idle_took.extend(ask(client, &asked).await?);
                continue;
            }
            let load = Load::start(client, &script);
            tokio::time::sleep(AHEAD).await;
            let took = ask(client, &asked).await;
            let done = load.stop().await?;
            busy_took.extend(took?);
            busy.tasks += done.tasks;
            busy.turns += done.turns;
            busy.seconds += done.seconds;
        }
    }
    drain(client).await?;
    busy.searches = idle_took.len();
    (busy.idle_ms, busy.busy_ms) = (Latency::of(idle_took), Latency::of(busy_took));
    busy.ratio_p50 = busy.busy_ms.p50 / busy.idle_ms.p50;
    busy.ratio_p95 = busy.busy_ms.p95 / busy.idle_ms.p95;
    Ok(busy)
}

async fn ask(client: &Client, requests: &[&SearchRequest]) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(requests.len());
    for request in requests {
        let start = Instant::now();
        client.search(request).await?;
        took.push(start.elapsed());
    }
    Ok(took)
}

impl Background {
    /// The lines under the tables.
    pub(super) fn write(&self, out: &mut String) -> std::fmt::Result {
        let (work, reach, busy) = (&self.work, &self.reach, &self.busy);
        writeln!(
            out,
            "\nbackground work: {} tasks done and {} given up in {:.2} s",
            work.done, work.dead, work.seconds
        )?;
        if self.dates_after.questions > 0 {
            writeln!(
                out,
                "after it, the best memory's time is right for {} %, nearly for {} %",
                percent(self.dates_after.strict),
                percent(self.dates_after.lenient)
            )?;
        }
        writeln!(
            out,
            "{} evidence turns, asked for in their own words: {} found, {} named under one that \
             says the same, {} archived, {} unreachable",
            reach.turns, reach.found, reach.folded, reach.archived, reach.unreachable
        )?;
        writeln!(
            out,
            "\n{:<10} {:>8} {:>7} {:>7} {:>7}",
            "searches", "n", "p50 ms", "p95 ms", "p99 ms"
        )?;
        for (name, l) in [("idle", &busy.idle_ms), ("busy", &busy.busy_ms)] {
            writeln!(
                out,
                "{name:<10} {:>8} {:>7.3} {:>7.3} {:>7.3}",
                busy.searches, l.p50, l.p95, l.p99
            )?;
        }
        writeln!(
            out,
            "{:<10} {:>8} {:>7.2} {:>7.2}\nbeside them, {} tasks and {} added turns in {:.1} s",
            "ratio", "", busy.ratio_p50, busy.ratio_p95, busy.tasks, busy.turns, busy.seconds
        )?;
        queue::write(&self.queue, out)
    }
}
