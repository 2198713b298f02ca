//! Everything that must hold beside the tests: form, lints, docs, layers, links, features.

use std::process::Command;
use std::time::Instant;

use crate::{Outcome, layers, links};

/// One cargo call: its name, its arguments, and flags for rustdoc.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
    rustdoc: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        args: &["fmt", "--all", "--check"],
        rustdoc: "",
    },
    Step {
        name: "clippy",
        args: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        rustdoc: "",
    },
    Step {
        name: "docs",
        args: &["doc", "--workspace", "--no-deps"],
        rustdoc: "-D warnings",
    },
    Step {
        name: "feature: core/conformance",
        args: &[
            "clippy",
            "-p",
            "memos-core",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
        rustdoc: "",
    },
    // Candle needs minutes: tests and lints of the distillation only, once.
    Step {
        name: "feature: xtask/distil, lints",
        args: &[
            "clippy",
            "-p",
            "xtask",
            "--all-targets",
            "--features",
            "distil",
            "--",
            "-D",
            "warnings",
        ],
        rustdoc: "",
    },
    Step {
        name: "feature: xtask/distil, tests",
        args: &["test", "--quiet", "-p", "xtask", "--features", "distil"],
        rustdoc: "",
    },
];

/// Runs every step and stops at the first that fails.
pub(crate) fn run() -> Outcome {
    layers::check()?;
    links::check()?;
    for step in STEPS {
        let start = Instant::now();
        println!("ci: {} …", step.name);
        let mut command = Command::new(env!("CARGO"));
        command.args(step.args);
        if !step.rustdoc.is_empty() {
            command.env("RUSTDOCFLAGS", step.rustdoc);
        }
        if !command.status()?.success() {
            return Err(format!(
                "ci: {} failed; to see it alone: cargo {}",
                step.name,
                step.args.join(" ")
            )
            .into());
        }
        println!("ci: {} holds ({} s)", step.name, start.elapsed().as_secs());
    }
    Ok(())
}
