//! How a command fails, and how that is told.

use std::io::{self, Write as _};
use std::process::ExitCode;

use memos_core::{Code, Error};

use super::args::Color;
use super::console::{Paint, Style};
use super::text;

/// Why a command did not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not.
    Failed(Error),
    /// The command line is wrong.
    Usage(Error),
    /// Who read the output went away, such as `head`: they have what they wanted.
    PipeClosed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Of writing output; other I/O errors are [`Error`]s before they come here.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Failed(
                Error::new(
                    Code::Unavailable,
                    format!("the output can't be written: {error}"),
                )
                .remedy("check where it goes to, such as a full disk")
                .caused_by(error),
            ),
        }
    }
}

impl Failure {
    /// Tells it on standard error; returns the exit status.
    pub(super) fn report(&self, color: Color, verbose: bool) -> ExitCode {
        let (error, status) = match self {
            Self::PipeClosed => return ExitCode::SUCCESS,
            Self::Failed(error) => (error, ExitCode::FAILURE),
            Self::Usage(error) => (error, ExitCode::from(2)),
        };
        let told = describe(error, Paint::stderr(color), verbose);
        // There is nobody left to tell if this fails.
        let _ = io::stderr().write_all(told.as_bytes());
        status
    }
}

fn describe(error: &Error, paint: Paint, verbose: bool) -> String {
    let line = |label: &str, text: &str| format!("  {label}: {}\n", text::printable(text));
    let mut told = format!(
        "{}: {}\n",
        paint.with(Style::Error, "error"),
        text::printable(error.message())
    );
    if let Some(field) = error.field() {
        told += &line("field", field);
    }
    if let Some(remedy) = error.remedy_text() {
        told += &line("help", remedy);
    }
    let mut cause = std::error::Error::source(error).filter(|_| verbose);
    while let Some(inner) = cause {
        told += &line("cause", &inner.to_string());
        cause = inner.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let error = Error::new(Code::InvalidTime, "\"soon\" is not a time")
            .at("/asked_at")
            .remedy("write a date")
            .caused_by(io::Error::other("parser"));
        let told = describe(&error, Paint::PLAIN, false);
        assert_eq!(
            told,
            "error: \"soon\" is not a time\n  field: /asked_at\n  help: write a date\n"
        );
        assert!(describe(&error, Paint::PLAIN, true).ends_with("  cause: parser\n"));
        let bare = Error::new(Code::Internal, "bug\u{1b}[31m");
        assert_eq!(
            describe(&bare, Paint::PLAIN, true),
            "error: bug\u{fffd}[31m\n"
        );
    }
}
