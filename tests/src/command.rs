//! The binary's other commands.

use std::ffi::OsStr;
use std::process::{Command as Process, Output, Stdio};

use super::binary;

/// A run of `memos`, with nothing of the user's own settings around it.
#[derive(Debug)]
pub struct Command(Process);

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Run {
    /// What it printed.
    pub stdout: String,
    /// What it told on standard error.
    pub stderr: String,
    /// Its exit status; -1 if a signal ended it.
    pub status: i32,
}

impl Command {
    /// The binary with these arguments.
    pub fn new<S: AsRef<OsStr>>(args: &[S]) -> Self {
        let mut process = Process::new(binary());
        process.args(args).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MEMOS_") {
                process.env_remove(name);
            }
        }
        // Where a configuration file would be looked for.
        let nowhere = std::env::temp_dir().join("memos-tests-nowhere");
        process
            .env("HOME", &nowhere)
            .env("XDG_CONFIG_HOME", nowhere);
        Self(process)
    }

    /// With an argument more.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    /// With a setting in the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Run {
        Run::of(self.0.output().expect("the memos binary starts"))
    }

    /// To start it in another way.
    pub fn into_process(self) -> Process {
        self.0
    }
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code().unwrap_or(-1),
        }
    }

    /// It did its work.
    #[track_caller]
    pub fn succeeds(self) -> String {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// It refused with exit status 1, told all of these on standard error, and what to do.
    #[track_caller]
    pub fn refuses(self, told: &[&str]) {
        assert_eq!(self.status, 1, "{}{}", self.stdout, self.stderr);
        for words in told.iter().chain(&["error: ", "\n  help: "]) {
            assert!(
                self.stderr.contains(words),
                "{words:?} is not in: {}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}
