//! `memos dump`.

use std::io::Write as _;

use clap::Args;
use memos_core::{Code, CubeId, Error, Result};

use super::Outcome;
use super::console::Console;
use super::target::Target;
use crate::wire::DumpRequest;

pub(super) const EXAMPLES: &str = "\
Examples:
  memos dump notes > notes.jsonl
  memos dump notes --at 2026-03-01T12:00:00Z
  memos dump notes --at before-import | sha256sum

The cube comes first, then its memories by id. The same state gives the same bytes.";

#[derive(Debug, Args)]
pub(super) struct DumpArgs {
    /// The cube
    cube: CubeId,
    /// An instant, a date, change:N, or the name of a snapshot [default: now]
    #[arg(long, value_name = "POINT")]
    at: Option<String>,
}

pub(super) async fn run(args: DumpArgs, target: &Target, console: &mut Console) -> Outcome {
    let request = DumpRequest { at: args.at };
    match target {
        Target::Local(memos) => {
            let who = super::caller();
            let write = &mut |line: &str| writeln!(console, "{line}").map_err(unwritable);
            tokio::task::block_in_place(|| memos.dump(&who, &args.cube, &request, write))?;
        }
        Target::Remote(client) | Target::Holder(client) => {
            let write =
                |piece: &[u8]| -> Result<()> { console.write_all(piece).map_err(unwritable) };
            client.dump(&args.cube, &request, write).await?;
        }
    }
    Ok(())
}

fn unwritable(error: std::io::Error) -> Error {
    Error::new(
        Code::Unavailable,
        format!("the output can't be written: {error}"),
    )
    .remedy("check where it goes to, such as a full disk")
    .caused_by(error)
}
