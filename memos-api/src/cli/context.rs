//! `memos context`.

use std::io::Write as _;

use super::args::ContextArgs;
use super::console::Console;
use super::target::Target;
use super::{Outcome, search, text};

pub(super) async fn run(args: ContextArgs, target: &Target, console: &mut Console) -> Outcome {
    let request = search::request(args.question, target).await?;
    let answer = target.context(request).await?;
    if args.json {
        return console.json(&answer);
    }
    // A pipe gets the words as they are: they go into a prompt.
    let block = match console.is_terminal() {
        true => text::printable(&answer.text),
        false => answer.text,
    };
    if !block.is_empty() {
        writeln!(console, "{block}")?;
    }
    Ok(())
}
