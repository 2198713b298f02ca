//! Logs: to standard error, text for people and JSON for machines.

use std::io::{self, IsTerminal as _};

use memos_core::{Code, Error, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{Color, Command};
use super::console::Paint;
use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging for this process: `-v` asks for more than the configuration.
pub(super) fn start(log: &Log, command: &Command, verbose: u8, color: Color) -> Result<()> {
    let level = match (verbose, log.level, command) {
        (0, Some(level), _) => level,
        (0, None, Command::Serve(_)) => LogLevel::Info,
        (0, None, _) => LogLevel::Warn,
        (1, level, _) if matches!(level, Some(LogLevel::Debug | LogLevel::Trace)) => {
            level.unwrap_or(LogLevel::Debug)
        }
        (1, _, _) => LogLevel::Info,
        (_, level, _) => level
            .filter(|l| *l == LogLevel::Trace)
            .unwrap_or(LogLevel::Debug),
    };
    let as_json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(filter(level));
    let started = match as_json {
        true => builder
            .json()
            .flatten_event(true)
            // A line is within one span at most, and the current one is told already.
            .with_span_list(false)
            .finish()
            .try_init(),
        false => builder
            .with_ansi(Paint::stderr(color).is_on())
            .finish()
            .try_init(),
    };
    started.map_err(|e| Error::new(Code::Internal, "logging is started already").caused_by(e))
}

/// The level, but for the store and the HTTP stack, which say too much below warnings.
fn filter(level: LogLevel) -> EnvFilter {
    let mut filter = EnvFilter::new(level.as_str());
    if level != LogLevel::Trace {
        for noisy in ["sled", "hyper", "hyper_util", "reqwest"] {
            let quiet = if level == LogLevel::Error {
                "error"
            } else {
                "warn"
            };
            if let Ok(directive) = format!("{noisy}={quiet}").parse() {
                filter = filter.add_directive(directive);
            }
        }
        // It warns of each error that it answers, with what the client wrote.
        if let Ok(directive) = "rmcp=error".parse() {
            filter = filter.add_directive(directive);
        }
    }
    filter
}
