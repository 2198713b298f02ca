//! `memos state`.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use memos_core::{CubeId, MemoryId};

use super::Outcome;
use super::console::Console;
use super::target::Target;
use crate::wire::MoveRequest;

pub(super) const EXAMPLES: &str = "\
Examples:
  memos state freeze 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6 --reason \"signed contract\"
  memos state thaw 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos state archive 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6

Archived memories leave the hot index and are found with `memos search --include archived`. Frozen
ones refuse change. Expired ones leave nothing but the record that they were there.";

#[derive(Debug, Args)]
pub(super) struct StateArgs {
    /// What to do
    #[arg(value_enum)]
    step: Step,
    /// The memory
    id: MemoryId,
    /// The cube that holds it [default: looked for in all of them]
    #[arg(long, value_name = "CUBE")]
    cube: Option<CubeId>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Step {
    /// Bring it into use
    Activate,
    /// Take it out of the hot index
    Archive,
    /// Bring it back
    Restore,
    /// Make it refuse change
    Freeze,
    /// Let it change again
    Thaw,
    /// End it for good
    Expire,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Expire => "expire",
        }
    }
}

pub(super) async fn run(args: StateArgs, target: &Target, console: &mut Console) -> Outcome {
    let cube = match args.cube {
        Some(cube) => cube,
        None => CubeId::new(target.find(None, args.id).await?.cube_id)?,
    };
    let request = MoveRequest {
        step: args.step.as_str().to_owned(),
        reason: args.reason,
    };
    let (id, local, again) = (args.id, cube.clone(), request.clone());
    let memory = target
        .either(
            async |c| c.change_state(&cube, id, &request).await,
            move |m, who| m.change_state(who, &local, id, &again),
        )
        .await?;
    Ok(writeln!(console, "memory {id} is {}", memory.state)?)
}
