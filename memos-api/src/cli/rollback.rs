//! `memos rollback`.

use clap::Args;
use memos_core::{CubeId, MemoryId};

use super::confirm::confirm;
use super::console::Console;
use super::target::Target;
use super::{Outcome, plan};
use crate::wire::{MemoryRollbackRequest, PlanResponse, RollbackRequest};

pub(super) const EXAMPLES: &str = "\
Examples:
  memos rollback notes --to 2026-03-01T12:00:00Z --dry-run
  memos rollback notes --to before-import
  memos rollback notes --to change:118
  memos rollback notes --memory 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6 --version 1

A rollback is a change like any other: the state that it leaves stays in the history, and the
change:N that it prints leads back. Forgotten memories do not come back.";

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["to", "memory"]))]
pub(super) struct RollbackArgs {
    /// The cube
    cube: CubeId,
    /// An instant, a date, change:N, or the name of a snapshot
    #[arg(long, value_name = "POINT")]
    to: Option<String>,
    /// Roll back this memory alone
    #[arg(long, value_name = "ID", requires = "version")]
    memory: Option<MemoryId>,
    /// The version that the memory goes back to
    #[arg(long, value_name = "N", requires = "memory")]
    version: Option<u32>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: RollbackArgs, target: &Target, console: &mut Console) -> Outcome {
    let planned = go(&args, target, true).await?;
    if args.dry_run || planned.steps.is_empty() {
        return show(&planned, args.json, console);
    }
    if !args.yes {
        if !args.json {
            plan::print(&planned, console)?;
        }
        confirm("Roll back?", false)?;
    }
    let done = go(&args, target, false).await?;
    show(&done, args.json, console)
}

async fn go(
    args: &RollbackArgs,
    target: &Target,
    dry_run: bool,
) -> memos_core::Result<PlanResponse> {
    let (cube, local) = (&args.cube, args.cube.clone());
    if let (Some(id), Some(version)) = (args.memory, args.version) {
        let request = MemoryRollbackRequest { version, dry_run };
        let again = request.clone();
        return target
            .either(
                async |c| c.roll_back_memory(cube, id, &request).await,
                move |m, who| m.roll_back_memory(who, &local, id, &again),
            )
            .await;
    }
    let request = RollbackRequest {
        to: args.to.clone().unwrap_or_default(),
        dry_run,
    };
    let again = request.clone();
    target
        .either(
            async |c| c.roll_back(cube, &request).await,
            move |m, who| m.roll_back(who, &local, &again),
        )
        .await
}

fn show(planned: &PlanResponse, json: bool, console: &mut Console) -> Outcome {
    match json {
        true => console.json(planned),
        false => plan::print(planned, console),
    }
}
