//! `memos branch`.

use std::io::Write as _;

use clap::{Args, Subcommand};
use memos_core::CubeId;

use super::console::Console;
use super::target::Target;
use super::{Outcome, cubes, plan};
use crate::wire::{BranchRequest, MergeRequest};

pub(super) const EXAMPLES: &str = "\
Examples:
  memos branch open notes notes-what-if
  memos add --cube notes-what-if \"We will move to Lisbon in May\"
  memos search --cube notes-what-if \"Where do we live?\"
  memos branch list
  memos branch diff notes-what-if
  memos branch merge notes-what-if --dry-run
  memos cubes delete notes-what-if

A branch is a cube of its own that reads through to its base as it was when it was opened.";

#[derive(Debug, Subcommand)]
pub(super) enum BranchCommand {
    /// List the branches, with their bases
    List(ListArgs),
    /// Open a branch of a cube
    Open(OpenArgs),
    /// Show what a branch changed
    Diff(DiffArgs),
    /// Merge a branch into its base
    Merge(MergeArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only of this cube
    #[arg(long, value_name = "CUBE")]
    base: Option<CubeId>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// The base
    base: CubeId,
    /// The id of the branch
    branch: CubeId,
    /// An instant, a date, change:N, or the name of a snapshot [default: now]
    #[arg(long, value_name = "POINT")]
    at: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The branch
    branch: CubeId,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The branch
    branch: CubeId,
    /// For memories that changed on both sides: refuse, ours (the base's) or theirs (the branch's)
    #[arg(long, value_name = "POLICY", default_value = "refuse")]
    on_conflict: String,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: BranchCommand, target: &Target, console: &mut Console) -> Outcome {
    let (planned, json) = match command {
        BranchCommand::List(args) => return list(&args, target, console).await,
        BranchCommand::Open(args) => {
            let request = BranchRequest {
                id: args.branch.into(),
                at: args.at,
                ..BranchRequest::default()
            };
            let (base, local, again) = (args.base.clone(), args.base, request.clone());
            let branch = target
                .either(
                    async |c| c.open_branch(&base, &request).await,
                    move |m, who| m.open_branch(who, &local, again),
                )
                .await?;
            return Ok(writeln!(console, "branch {} of {base} opened", branch.id)?);
        }
        BranchCommand::Diff(args) => {
            let (cube, local) = (args.branch.clone(), args.branch);
            let planned = target
                .either(
                    async |c| c.diff_branch(&cube).await,
                    move |m, who| m.diff_branch(who, &local),
                )
                .await?;
            (planned, args.json)
        }
        BranchCommand::Merge(args) => {
            let request = MergeRequest {
                on_conflict: Some(args.on_conflict),
                dry_run: args.dry_run,
            };
            let (cube, local, again) = (args.branch.clone(), args.branch, request.clone());
            let planned = target
                .either(
                    async |c| c.merge_branch(&cube, &request).await,
                    move |m, who| m.merge_branch(who, &local, &again),
                )
                .await?;
            (planned, args.json)
        }
    };
    match json {
        true => console.json(&planned),
        false => plan::print(&planned, console),
    }
}

async fn list(args: &ListArgs, target: &Target, console: &mut Console) -> Outcome {
    let mut branches = target.cubes().await?;
    branches.retain(|cube| {
        let base = cube.base.as_ref().map(|base| base.cube_id.as_str());
        base.is_some_and(|base| args.base.as_ref().is_none_or(|only| only.as_str() == base))
    });
    if branches.is_empty() && !args.json {
        return Ok(writeln!(console, "no branches")?);
    }
    cubes::print(branches, args.json, console)
}
