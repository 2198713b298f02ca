//! `memos bench`.

use std::io::Write as _;

use memos_core::{Code, Error};

use super::Outcome;
use super::console::Console;
use crate::bench::{self, BenchArgs};

pub(super) async fn run(args: BenchArgs, console: &mut Console) -> Outcome {
    let report = bench::run(&args).await?;
    if !args.json {
        return Ok(write!(console, "{}", report.table())?);
    }
    let json = report.json().map_err(|e| {
        Error::new(Code::Internal, "the report can't be written as JSON").caused_by(e)
    })?;
    Ok(writeln!(console, "{json}")?)
}
