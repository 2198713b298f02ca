//! `memos tasks` and `memos refine`.

use std::cmp::Reverse;
use std::io::Write as _;

use clap::{Args, Subcommand};
use memos_core::{Code, CubeId, Error, TaskId};
use memos_scheduler::tasks::Standing;

use super::console::Console;
use super::failure::Failure;
use super::table::{Align, Table};
use super::target::Target;
use super::{Outcome, text};
use crate::wire::{DrainRequest, DrainResponse, TaskItem, TaskListRequest, TaskPage};

pub(super) const EXAMPLES: &str = "\
Examples:
  memos tasks
  memos tasks list --cube notes --status dead
  memos tasks show 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos tasks retry 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos tasks drain --timeout 60

A server does its background work by itself. Without one, tasks wait in the data folder until a
server starts, or until `memos tasks drain` does them.";

pub(super) const REFINE_EXAMPLES: &str = "\
Examples:
  memos refine notes

Queues what no model has read yet. Set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL first; new memories
are queued by themselves then.";

#[derive(Debug, Subcommand)]
pub(super) enum TasksCommand {
    /// List tasks, and how many there are
    List(ListArgs),
    /// Show one task with all that is known about it
    Show(OneArgs),
    /// Try a dead or cancelled task again
    Retry(OneArgs),
    /// Call a task off
    Cancel(OneArgs),
    /// Wait until no task is due; without a server, do them
    Drain(DrainArgs),
}

impl TasksCommand {
    /// Whether the tasks of a folder are to be done meanwhile.
    pub(super) const fn does_work(&self) -> bool {
        matches!(self, Self::Drain(_))
    }
}

impl Default for TasksCommand {
    fn default() -> Self {
        Self::List(ListArgs::default())
    }
}

#[derive(Debug, Default, Args)]
pub(super) struct ListArgs {
    /// Only of this cube
    #[arg(long, value_name = "CUBE")]
    cube: Option<CubeId>,
    /// Only of this kind, such as fuse, organise, refine or sweep
    #[arg(long)]
    kind: Option<String>,
    /// Only waiting, running, done, dead or cancelled ones
    #[arg(long)]
    status: Option<Standing>,
    /// Only those that this request caused
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Most tasks to print
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OneArgs {
    /// The task
    id: TaskId,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DrainArgs {
    /// Only of this cube
    #[arg(long, value_name = "CUBE")]
    cube: Option<CubeId>,
    /// Only of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Longest wait in seconds
    #[arg(long, value_name = "S", default_value_t = 300)]
    timeout: u32,
}

#[derive(Debug, Args)]
pub(super) struct RefineArgs {
    /// The cube
    cube: CubeId,
    /// Print the tasks as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: TasksCommand, target: &Target, console: &mut Console) -> Outcome {
    match command {
        TasksCommand::List(args) => list(args, target, console).await,
        TasksCommand::Show(args) => {
            let id = args.id;
            let task = target
                .either(async |c| c.task(id).await, move |m, who| m.task(who, id))
                .await?;
            show(&task, args.json, console)
        }
        TasksCommand::Retry(args) => {
            let id = args.id;
            let task = target
                .either(
                    async |c| c.retry_task(id).await,
                    move |m, who| m.retry_task(who, id),
                )
                .await?;
            show(&task, args.json, console)
        }
        TasksCommand::Cancel(args) => {
            let id = args.id;
            let task = target
                .either(
                    async |c| c.cancel_task(id).await,
                    move |m, who| m.cancel_task(who, id),
                )
                .await?;
            show(&task, args.json, console)
        }
        TasksCommand::Drain(args) => drain(args, target, console).await,
    }
}

async fn list(args: ListArgs, target: &Target, console: &mut Console) -> Outcome {
    let request = TaskListRequest {
        cube_id: args.cube.map(String::from),
        kind: args.kind,
        status: args.status.map(|status| status.as_str().to_owned()),
        request_id: args.request,
        limit: args.limit,
        ..TaskListRequest::default()
    };
    let local = request.clone();
    let page = target
        .either(
            async |c| c.tasks(&request).await,
            move |m, who| m.tasks(who, &local),
        )
        .await?;
    if args.json {
        return console.json(&page);
    }
    print(&page, console)
}

fn print(page: &TaskPage, console: &mut Console) -> Outcome {
    let n = &page.counts;
    writeln!(
        console,
        "{} waiting, {} running, {} done, {} dead, {} cancelled",
        n.waiting, n.running, n.done, n.dead, n.cancelled
    )?;
    if page.tasks.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("TASK", Align::Left),
        ("KIND", Align::Left),
        ("STATUS", Align::Left),
        ("CUBE", Align::Left),
        ("UPDATED", Align::Left),
        ("NOTE", Align::Left),
    ]);
    let mut tasks: Vec<&TaskItem> = page.tasks.iter().collect();
    // Pages go by id, which says nothing of the time; all that there is reads best newest first.
    if page.next_cursor.is_none() {
        tasks.sort_by_key(|task| Reverse(task.updated_at));
    }
    for task in tasks {
        table.row([
            task.id.to_string(),
            task.kind.clone(),
            task.status.clone(),
            task.cube_id.clone(),
            task.updated_at.to_string(),
            note(task),
        ]);
    }
    let (paint, width) = (console.paint(), console.width());
    table.write(console, paint, width)?;
    if page.next_cursor.is_some() {
        writeln!(console, "there are more: raise --limit")?;
    }
    Ok(())
}

fn note(task: &TaskItem) -> String {
    if let Some(reason) = task.dead_reason.as_ref().or(task.last_error.as_ref()) {
        return reason.clone();
    }
    match (task.done, task.total) {
        (Some(done), Some(total)) => format!("{done} of {total}"),
        (Some(done), None) => format!("{done} done"),
        (None, _) => String::new(),
    }
}

fn show(task: &TaskItem, json: bool, console: &mut Console) -> Outcome {
    if json {
        return console.json(task);
    }
    let outcome = serde_json::Value::Object(task.outcome.clone()).to_string();
    let memories: Vec<String> = task.memories.iter().map(ToString::to_string).collect();
    for (name, value) in [
        ("id", Some(task.id.to_string())),
        ("kind", Some(task.kind.clone())),
        ("status", Some(task.status.clone())),
        ("cube", Some(task.cube_id.clone())),
        ("user", Some(task.user.clone())),
        ("priority", Some(task.priority.clone())),
        ("memories", Some(memories.join(", "))),
        ("request", task.request_id.clone()),
        ("key", task.key.clone()),
        ("born", Some(task.created_at.to_string())),
        ("due", Some(task.due_at.to_string())),
        ("updated", Some(task.updated_at.to_string())),
        ("failures", Some(task.attempts.to_string())),
        ("losses", Some(task.losses.to_string())),
        ("last error", task.last_error.clone()),
        ("dead because", task.dead_reason.clone()),
        (
            "outcome",
            Some(outcome).filter(|_| !task.outcome.is_empty()),
        ),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            writeln!(console, "{name:<12}  {}", text::one_line(&value))?;
        }
    }
    Ok(())
}

async fn drain(args: DrainArgs, target: &Target, console: &mut Console) -> Outcome {
    /// Longest wait of one call, so that a long one shows how it goes.
    const STEP: u32 = 2_000;
    let mut left_ms = args.timeout.saturating_mul(1_000);
    loop {
        let request = DrainRequest {
            cube_id: args.cube.clone().map(String::from),
            kind: args.kind.clone(),
            timeout_ms: Some(left_ms.min(STEP)),
        };
        let local = request.clone();
        let answer = target
            .either(
                async |c| c.drain(&request).await,
                move |m, who| m.drain(who, &local),
            )
            .await?;
        if answer.drained {
            return Ok(writeln!(console, "{}", drained(&answer))?);
        }
        left_ms = left_ms.saturating_sub(STEP);
        if left_ms == 0 {
            return Err(Failure::Failed(
                Error::new(
                    Code::Unavailable,
                    format!(
                        "{} are left",
                        text::counted(answer.left as usize, "task", "tasks")
                    ),
                )
                .remedy("wait longer with --timeout, or see `memos tasks` for why"),
            ));
        }
        tracing::info!(left = answer.left, "waiting");
    }
}

/// What is said when nothing is due; what waits for later is not done, and a failure is no end.
fn drained(answer: &DrainResponse) -> String {
    let DrainResponse { later, failed, .. } = *answer;
    let wait = match later {
        0 => return "no task is left".to_owned(),
        1 => "1 waits",
        n => &format!("{n} wait"),
    };
    let after = match failed {
        0 => String::new(),
        n if n == later => " after a failure".to_owned(),
        n => format!(", {n} of them after a failure"),
    };
    format!("no task is due; {wait} for later{after} (see `memos tasks`)")
}

pub(super) async fn refine(args: RefineArgs, target: &Target, console: &mut Console) -> Outcome {
    let (cube, local) = (args.cube.clone(), args.cube);
    let page = target
        .either(
            async |c| c.refine(&cube).await,
            move |m, who| m.refine(who, &local),
        )
        .await?;
    if args.json {
        return console.json(&page);
    }
    let queued = text::counted(page.tasks.len(), "task", "tasks");
    Ok(writeln!(console, "{queued} queued")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_tells_of_what_waits_for_later() {
        let told = |later, failed| {
            drained(&DrainResponse {
                drained: true,
                left: 0,
                later,
                failed,
            })
        };
        assert_eq!(told(0, 0), "no task is left");
        assert_eq!(
            told(1, 0),
            "no task is due; 1 waits for later (see `memos tasks`)"
        );
        assert_eq!(
            told(2, 2),
            "no task is due; 2 wait for later after a failure (see `memos tasks`)"
        );
        assert_eq!(
            told(3, 2),
            "no task is due; 3 wait for later, 2 of them after a failure (see `memos tasks`)"
        );
    }
}
