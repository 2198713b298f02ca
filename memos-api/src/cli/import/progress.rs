//! How far an import is, for a person who waits.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::parts::Plan;

/// A bar on standard error, if that is a terminal; else nothing: a line for each file is enough.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start(plan: &Plan, quiet: bool) -> Self {
        let target = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(Some(plan.memories() as u64), target);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(super::text::one_line(&plan.name));
        Self(bar)
    }

    pub(super) fn advance(&mut self, memories: usize) {
        self.0.inc(memories as u64);
    }

    /// Takes the bar away: what follows is the result.
    pub(super) fn finish(self) {
        self.0.finish_and_clear();
    }
}
