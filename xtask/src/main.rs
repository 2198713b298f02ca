//! Commands for contributors: `cargo xtask COMMAND`.

mod asset;
mod ci;
mod distil;
mod distil_han;
mod layers;
mod links;

use std::{error::Error, process::ExitCode};

/// What a command comes to; the error's text is for the terminal.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  ci
      what must hold beside the tests: form, lints, docs, links, the dependency rule, the features
  layers
      the dependency rule alone
  distil [--wheel PATH] [--out PATH] [--check]
      make the static embedder's table from all-MiniLM-L6-v2 (needs no GPU; some minutes);
      with --check compare it with the shipped one instead of writing it
  distil-han [--vectors PATH] [--out PATH] [--check]
      make its table of Chinese words from multilingual-e5-small (some minutes; needs Python and
      an x86-64 Linux with AVX2, but for packing vectors that xtask/distil-han/build.py wrote)
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    let args: Vec<String> = args.collect();
    let outcome = match command.as_deref() {
        Some("ci") => ci::run(),
        Some("layers") => layers::check(),
        Some("distil") => distil::run(&args),
        Some("distil-han") => distil_han::run(&args),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(())
        }
        Some(unknown) => Err(format!("there is no command {unknown:?}\n\n{USAGE}").into()),
        None => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
