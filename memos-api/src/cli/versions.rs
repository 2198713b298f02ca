//! `memos versions`.

use std::io::Write as _;

use clap::Args;
use memos_core::{CubeId, MemoryId};

use super::console::Console;
use super::table::{Align, Table};
use super::target::Target;
use super::{Outcome, text};
use crate::wire::{DiffRequest, VersionItem};

pub(super) const EXAMPLES: &str = "\
Examples:
  memos versions 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos versions 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6 --diff 1 2
  memos versions 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6 --json";

#[derive(Debug, Args)]
pub(super) struct VersionsArgs {
    /// The memory
    id: MemoryId,
    /// The cube that holds it [default: looked for in all of them]
    #[arg(long, value_name = "CUBE")]
    cube: Option<CubeId>,
    /// Show what differs between two versions
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    diff: Vec<u32>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: VersionsArgs, target: &Target, console: &mut Console) -> Outcome {
    let cube = match args.cube {
        Some(cube) => cube,
        None => CubeId::new(target.find(None, args.id).await?.cube_id)?,
    };
    let (id, local) = (args.id, cube.clone());
    if let [from, to] = args.diff[..] {
        let request = DiffRequest {
            from: Some(from),
            to: Some(to),
        };
        let again = request.clone();
        let diff = target
            .either(
                async |c| c.diff(&cube, id, &request).await,
                move |m, who| m.diff(who, &local, id, &again),
            )
            .await?;
        if args.json {
            return console.json(&diff);
        }
        for change in &diff.changes {
            writeln!(console, "{}", change.field)?;
            writeln!(
                console,
                "  - {}",
                text::one_line(&change.before.to_string())
            )?;
            writeln!(console, "  + {}", text::one_line(&change.after.to_string()))?;
        }
        return Ok(());
    }
    let list = target
        .either(
            async |c| c.versions(&cube, id).await,
            move |m, who| m.versions(who, &local, id),
        )
        .await?;
    if args.json {
        return console.json(&list);
    }
    print(&list.versions, console)
}

fn print(versions: &[VersionItem], console: &mut Console) -> Outcome {
    let mut table = Table::new(&[
        ("VERSION", Align::Right),
        ("FROM", Align::Left),
        ("UNTIL", Align::Left),
        ("BY", Align::Left),
        ("WHY", Align::Left),
        ("MEMORY", Align::Left),
    ]);
    for version in versions {
        let until = version.until.map_or("now".to_owned(), |at| at.to_string());
        let why = match &version.detail {
            Some(detail) => format!("{}: {detail}", version.cause),
            None => version.cause.clone(),
        };
        table.row([
            version.version.to_string(),
            version.from.to_string(),
            until,
            version.actor.clone(),
            why,
            version.memory.text.clone(),
        ]);
    }
    let (paint, width) = (console.paint(), console.width());
    Ok(table.write(console, paint, width)?)
}
