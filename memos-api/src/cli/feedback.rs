//! `memos feedback`.

use std::io::Write as _;

use clap::Args;
use memos_core::{CubeId, MemoryId};

use super::args::DEFAULT_CUBE;
use super::console::Console;
use super::target::Target;
use super::{Outcome, text};
use crate::wire::FeedbackRequest;

pub(super) const EXAMPLES: &str = "\
Examples:
  memos feedback \"That's wrong, I moved to Lyon\" --cube notes
  memos feedback \"no, the meeting is on Tuesday\" --about 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6

The words are kept as a memory of their own; the one that they correct is marked as superseded.";

#[derive(Debug, Args)]
pub(super) struct FeedbackArgs {
    /// What is wrong, or has changed
    feedback: String,
    /// The cube
    #[arg(long, value_name = "CUBE", default_value = DEFAULT_CUBE)]
    cube: CubeId,
    /// A memory that it may be about; may be given more than once
    #[arg(long, value_name = "ID")]
    about: Vec<MemoryId>,
    /// Who says it
    #[arg(long)]
    speaker: Option<String>,
    /// When it was said [default: now]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: FeedbackArgs, target: &Target, console: &mut Console) -> Outcome {
    let request = FeedbackRequest {
        feedback: args.feedback,
        memory_ids: Some(args.about).filter(|ids| !ids.is_empty()),
        speaker: args.speaker,
        chat_time: args.time,
        ..FeedbackRequest::default()
    };
    let (cube, local, again) = (args.cube.clone(), args.cube, request.clone());
    let outcome = target
        .either(
            async |c| c.feedback(&cube, &request).await,
            move |m, who| m.feedback(who, &local, &again),
        )
        .await?;
    if args.json {
        return console.json(&outcome);
    }
    if let Some(why) = &outcome.degraded {
        writeln!(console, "without the language model: {why}")?;
    }
    for id in &outcome.corrected {
        writeln!(console, "corrected {id} ({})", outcome.rule)?;
    }
    if outcome.corrected.is_empty() {
        writeln!(
            console,
            "noted; it is not clear what it corrects ({})",
            outcome.rule
        )?;
        for memory in &outcome.candidates {
            let words = text::one_line(&memory.text);
            writeln!(console, "  --about {}  {words}", memory.id)?;
        }
    }
    Ok(())
}
