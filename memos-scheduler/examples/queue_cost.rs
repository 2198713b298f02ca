//! What the queue itself costs a task, in CPU time of this process, on the durable vault:
//! `cargo run --release -p memos-scheduler --example queue_cost [TASKS] [CUBES] [FOLDER]`.
//!
//! The tasks do nothing. Being born is what the commit of an event costs more with a task in it than
//! without; the rest is from the first claim to the last completion on the disk. Linux only.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memos_core::{
    Access, Clock, Commit, EventKind, Info, MemCube, NewEvent, Result, SystemClock, Task, UserId,
    Vault, Write,
};
use memos_core::{Committed, CubeId};
use memos_scheduler::tasks::{
    Committer, Effect, Handler, MemScheduler, Priority, Queue, Settings, TaskFilter, Touched, Work,
};
use memos_store::{Options, SledVault};

/// Times that tasks are added, and as many times events without any.
const ROUNDS: usize = 10;

struct Nothing;

impl Handler for Nothing {
    fn kind(&self) -> &'static str {
        "nothing"
    }

    fn run(&self, _: &Task, _: &Work) -> Result<Effect> {
        Ok(Effect::none())
    }
}

struct Direct(Arc<SledVault>);

impl Committer for Direct {
    fn commit(
        &self,
        _: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed> {
        self.0.commit(build()?)
    }
}

/// CPU time of this process so far, in the kernel's ticks of 10 ms.
fn cpu() -> std::result::Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold spaces. After it: state is field 3, utime 14, stime 15.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let tasks: usize = args.next().map_or(Ok(20_000), |text| text.parse())?;
    // That the tasks are spread over; ten users own them.
    let cubes: usize = args.next().map_or(Ok(100), |text| text.parse())?;
    let folder = args.next().map_or_else(
        || std::env::temp_dir().join(format!("memos-queue-cost-{}", std::process::id())),
        PathBuf::from,
    );
    let vault = Arc::new(SledVault::open(&folder, Options::default())?);
    let clock = Arc::new(SystemClock);
    let queue = Queue::open(vault.clone(), clock, Arc::new(Priority))?;
    let queue = Arc::new(queue);

    let cubes: Vec<(UserId, CubeId)> = (0..cubes)
        .map(|n| {
            Ok((
                format!("user-{}", n % 10).parse()?,
                format!("c{n}").parse()?,
            ))
        })
        .collect::<Result<_>>()?;
    let headers = cubes
        .iter()
        .map(|(owner, id)| Write::EnsureCube(header(owner, id)));
    vault.commit(Commit {
        writes: headers.collect(),
        ..Commit::default()
    })?;

    // In turns, so that what else the machine does falls on both.
    let (mut with, mut without) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        without += commits(tasks / ROUNDS, &vault, &queue, &cubes, false)?;
        with += commits(tasks / ROUNDS, &vault, &queue, &cubes, true)?;
    }
    let tasks = queue.counts(&TaskFilter::default())?.waiting;
    let (begun, before) = (Instant::now(), cpu()?);
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Nothing)];
    let committer = Arc::new(Direct(vault.clone()));
    let settings = Settings::default();
    let scheduler = MemScheduler::start(queue.clone(), committer, handlers, settings)?;
    if !queue.drain(&TaskFilter::default(), Duration::from_secs(600))? {
        return Err("the queue is not empty after ten minutes".into());
    }
    let (wall, done) = (begun.elapsed(), cpu()?.saturating_sub(before));
    scheduler.shutdown(Duration::from_secs(1));

    let each = |time: Duration| time.as_secs_f64() * 1e6 / tasks as f64;
    let born = with.saturating_sub(without);
    println!("tasks                 {tasks} in {} cubes", cubes.len());
    println!("born                  {:.1} µs CPU a task", each(born));
    println!("claimed and finished  {:.1} µs CPU a task", each(done));
    println!(
        "together              {:.1} µs CPU a task",
        each(born + done)
    );
    println!("wall                  {:.1} µs a task", each(wall));
    drop((scheduler, queue, vault));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// CPU time of so many commits of ten events, from one thread, each event with a task or not.
fn commits(
    tasks: usize,
    vault: &SledVault,
    queue: &Queue,
    cubes: &[(UserId, CubeId)],
    with: bool,
) -> std::result::Result<Duration, Box<dyn Error>> {
    let before = cpu()?;
    let mut places = cubes.iter().cycle();
    for _ in 0..tasks.div_ceil(10) {
        let mut commit = Commit::default();
        for (user, cube) in places.by_ref().take(10) {
            commit.events.push(NewEvent {
                cube_id: cube.clone(),
                memory_id: None,
                actor: user.clone(),
                kind: EventKind::CubeUpdated,
            });
            if with {
                let now = SystemClock.now();
                let task = Task::new("nothing", user.clone(), cube.clone(), now);
                commit.writes.push(Write::AddTask(Box::new(task)));
            }
        }
        let touched = Touched::of(&commit.writes);
        vault.commit(commit)?;
        queue.observe(&touched);
    }
    Ok(cpu()?.saturating_sub(before))
}

fn header(owner: &UserId, id: &CubeId) -> MemCube {
    let at = SystemClock.now();
    MemCube {
        id: id.clone(),
        name: id.to_string(),
        description: None,
        owner: owner.clone(),
        access: Access::default(),
        created_at: at,
        updated_at: at,
        info: Info::default(),
        base: None,
    }
}
