//! Asking before something goes for good.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use memos_core::{Code, Error};

use super::Outcome;
use super::failure::Failure;

/// Asks on the terminal, unless the answer was given with `--yes`.
///
/// # Errors
/// A usage failure where nobody can be asked, a plain one if the answer is no.
pub(super) fn confirm(question: &str, yes: bool) -> Outcome {
    if yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Failure::Usage(
            Error::new(
                Code::InvalidRequest,
                "this needs a confirmation, and there is no terminal",
            )
            .at("--yes")
            .remedy("pass --yes if you mean it"),
        ));
    }
    let mut stderr = io::stderr();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Failed(
            Error::new(
                Code::InvalidRequest,
                "nothing was forgotten: the answer was not yes",
            )
            .remedy("answer y, or pass --yes"),
        )),
    }
}
