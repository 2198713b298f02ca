//! `memos snapshots`.

use std::io::Write as _;

use clap::{Args, Subcommand};
use memos_core::CubeId;

use super::Outcome;
use super::console::Console;
use super::table::{Align, Table};
use super::target::Target;
use crate::wire::SnapshotRequest;

pub(super) const EXAMPLES: &str = "\
Examples:
  memos snapshots take notes before-import
  memos snapshots list notes
  memos rollback notes --to before-import --dry-run
  memos snapshots drop notes before-import";

#[derive(Debug, Subcommand)]
pub(super) enum SnapshotsCommand {
    /// Name the state of a cube as it is now, or was
    Take(TakeArgs),
    /// List the snapshots of a cube
    List(ListArgs),
    /// Drop a name; the history stays
    Drop(DropArgs),
}

#[derive(Debug, Args)]
pub(super) struct TakeArgs {
    /// The cube
    cube: CubeId,
    /// The name
    name: String,
    /// What it is for
    #[arg(long)]
    note: Option<String>,
    /// An instant, a date, change:N, or another snapshot's name [default: now]
    #[arg(long, value_name = "POINT")]
    at: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The cube
    cube: CubeId,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DropArgs {
    /// The cube
    cube: CubeId,
    /// The name
    name: String,
}

pub(super) async fn run(
    command: SnapshotsCommand,
    target: &Target,
    console: &mut Console,
) -> Outcome {
    match command {
        SnapshotsCommand::Take(args) => {
            let request = SnapshotRequest {
                name: args.name,
                note: args.note,
                at: args.at,
            };
            let (cube, local, again) = (args.cube.clone(), args.cube, request.clone());
            let taken = target
                .either(
                    async |c| c.take_snapshot(&cube, &request).await,
                    move |m, who| m.take_snapshot(who, &local, again),
                )
                .await?;
            Ok(writeln!(
                console,
                "{} is change:{}",
                taken.name, taken.change
            )?)
        }
        SnapshotsCommand::List(args) => list(args, target, console).await,
        SnapshotsCommand::Drop(args) => {
            let (cube, local, name) = (args.cube.clone(), args.cube, args.name.clone());
            target
                .either(
                    async |c| c.drop_snapshot(&cube, &args.name).await,
                    move |m, who| m.drop_snapshot(who, &local, &name),
                )
                .await?;
            Ok(writeln!(console, "snapshot {} dropped", args.name)?)
        }
    }
}

async fn list(args: ListArgs, target: &Target, console: &mut Console) -> Outcome {
    let (cube, local) = (args.cube.clone(), args.cube);
    let list = target
        .either(
            async |c| c.snapshots(&cube).await,
            move |m, who| m.snapshots(who, &local),
        )
        .await?;
    if args.json {
        return console.json(&list);
    }
    if list.snapshots.is_empty() {
        return Ok(writeln!(console, "no snapshots")?);
    }
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("CHANGE", Align::Right),
        ("TAKEN", Align::Left),
        ("BY", Align::Left),
        ("NOTE", Align::Left),
    ]);
    for one in list.snapshots {
        table.row([
            one.name,
            one.change.to_string(),
            one.taken_at.to_string(),
            one.by,
            one.note.unwrap_or_default(),
        ]);
    }
    let (paint, width) = (console.paint(), console.width());
    Ok(table.write(console, paint, width)?)
}
