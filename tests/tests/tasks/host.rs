//! A server with kinds of tasks of its own: this test's binary, started again. [`host`] does
//! nothing unless it is told a folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use memos_api::config::{Count, Scheduler};
use memos_api::http::{Options, Server as HttpServer, shutdown_signal};
use memos_api::tasks::{Effect, Handler, Limits, Work};
use memos_api::{MemOs, Working};
use memos_core::{
    Code, Commit, Error, EventKind, Header, Memory, MemoryId, Moment, NewEvent, Payload, Plaintext,
    Result, RetryPolicy, State, Task, Turn, Write,
};
use memos_tests::Server;
use serde_json::json;

const FOLDER: &str = "MEMOS_TESTS_HOST";
const RUN: &str = "MEMOS_TESTS_HOST_RUN";
const LATER: &str = "MEMOS_TESTS_HOST_LATER";
const GATE: &str = "MEMOS_TESTS_HOST_GATE";

/// Tasks that it does at a time.
pub(crate) const WORKERS: usize = 4;

/// Tries at a task that panics.
pub(crate) const TRIES: u32 = 3;

/// Between two looks at the gate.
const PAUSE: Duration = Duration::from_millis(2);

/// How to start one.
pub(crate) struct Host<'a> {
    pub(crate) data: &'a Path,
    /// What its marks are signed with.
    pub(crate) run: usize,
    /// Whether it does tasks, or only takes them.
    pub(crate) working: Working,
    /// A file that must be there before a `wait` task goes on.
    pub(crate) gate: Option<&'a Path>,
}

impl Host<'_> {
    /// Starts it, and waits until it listens; it may still be opening its folder.
    pub(crate) fn launch(&self) -> Server {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process
            .args(["--exact", "host::host", "--nocapture", "--test-threads=1"])
            .env(FOLDER, self.data)
            .env(RUN, self.run.to_string());
        if self.working == Working::Later {
            process.env(LATER, "1");
        }
        if let Some(gate) = self.gate {
            process.env(GATE, gate);
        }
        Server::of(process)
    }

    /// Starts it, and waits until it is ready.
    pub(crate) fn start(&self) -> Server {
        let server = self.launch();
        server.until_ready();
        server
    }
}

/// The process.
#[test]
fn host() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let run = std::env::var(RUN).unwrap().parse().unwrap();
    let begun = Arc::new(AtomicU64::new(0));
    let marks = Marks { run, begun };
    let builder = MemOs::builder()
        .data(folder)
        .scheduler(Scheduler {
            workers: Count(WORKERS),
            ..Scheduler::default()
        })
        .working(match std::env::var_os(LATER) {
            Some(_) => Working::Later,
            None => Working::InBackground,
        })
        .handler(Arc::new(Mark(marks.clone())))
        .handler(Arc::new(Poison))
        .handler(Arc::new(Wait {
            marks,
            gate: std::env::var_os(GATE).map(PathBuf::from),
        }));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let shutdown = shutdown_signal().unwrap();
        let bound = HttpServer::bind("127.0.0.1:0", Options::default()).await;
        let server = bound.unwrap();
        {
            // The harness may have begun a line of its own.
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nserves on http://{}", server.local_addr()).unwrap();
            out.flush().unwrap();
        }
        server.run(|| builder.open(), shutdown).await.unwrap();
    });
}

/// Adds a memory that says which task made it, in which run of the process, as which of that run,
/// and how often the task was lost before.
#[derive(Clone)]
struct Marks {
    run: u64,
    begun: Arc<AtomicU64>,
}

impl Marks {
    fn effect(&self, task: &Task) -> Effect {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst);
        let (task, run) = (task.clone(), self.run);
        let cube = task.cube_id.clone();
        Effect::none().change(cube, move |outcome| {
            let info = json!({"run": run, "begun": begun, "losses": task.losses});
            let memory = memory(&task, info.as_object().unwrap().clone());
            outcome.0.insert("marked".into(), 1.into());
            Ok(Commit {
                events: vec![NewEvent {
                    cube_id: task.cube_id.clone(),
                    memory_id: Some(memory.id),
                    actor: task.user.clone(),
                    kind: EventKind::Added,
                }],
                writes: vec![Write::AddMemory(memory)],
                ..Commit::default()
            })
        })
    }
}

fn memory(task: &Task, info: serde_json::Map<String, serde_json::Value>) -> Memory {
    let now = task.updated_at;
    let mut header = Header::new(task.user.clone(), Moment::from(now), now);
    header.descriptive.info.0 = info;
    Memory {
        id: MemoryId::generate(),
        cube_id: task.cube_id.clone(),
        state: State::Generated,
        header,
        payload: Payload::Plaintext(Plaintext {
            text: text(number(task)),
            caption: None,
            turn: Turn {
                session_id: "marks".into(),
                speaker: None,
                role: None,
            },
            times: Vec::new(),
        }),
    }
}

/// What the mark of a task says.
pub(crate) fn text(number: usize) -> String {
    format!("Task {number} was done.")
}

/// What the panic of a poisoned task says.
pub(crate) fn poisoned(number: usize) -> String {
    format!("task {number} is poisoned")
}

fn number(task: &Task) -> usize {
    let number = task.input.0.get("number").and_then(|n| n.as_u64());
    number.expect("each task has a number") as usize
}

/// Marks at once. Any number of them in one cube at a time, so that none waits for its cube.
struct Mark(Marks);

impl Handler for Mark {
    fn kind(&self) -> &'static str {
        "mark"
    }

    fn run(&self, task: &Task, _: &Work) -> Result<Effect> {
        Ok(self.0.effect(task))
    }

    fn limits(&self) -> Limits {
        Limits {
            exclusive_per_cube: false,
            ..Limits::default()
        }
    }
}

struct Poison;

impl Handler for Poison {
    fn kind(&self) -> &'static str {
        "poison"
    }

    fn run(&self, task: &Task, _: &Work) -> Result<Effect> {
        panic!("{}", poisoned(number(task)));
    }

    fn limits(&self) -> Limits {
        Limits {
            exclusive_per_cube: false,
            retry: RetryPolicy {
                attempts: TRIES,
                pause: Duration::from_millis(20),
                ..RetryPolicy::default()
            },
            ..Limits::default()
        }
    }
}

/// Marks when its gate is there. It goes on if it is called off, as one that doesn't look; if the
/// process is to end, it stops.
struct Wait {
    marks: Marks,
    gate: Option<PathBuf>,
}

impl Handler for Wait {
    fn kind(&self) -> &'static str {
        "wait"
    }

    fn run(&self, task: &Task, work: &Work) -> Result<Effect> {
        while self.gate.as_ref().is_some_and(|gate| !gate.exists()) {
            if work.is_stopping() {
                return Err(Error::new(Code::Unavailable, "the process is to end"));
            }
            thread::sleep(PAUSE);
        }
        Ok(self.marks.effect(task))
    }
}
