//! The command line `memos`.
//!
//! `args` says what it takes; each command is a file of its name; `target` is what they work
//! on: a running server or the data folder itself. `console` and `table` write for people.

mod add;
mod args;
mod bench;
mod branch;
mod confirm;
mod console;
mod context;
mod cubes;
mod dump;
mod failure;
mod feedback;
mod forget;
mod import;
mod list;
mod logging;
mod mcp;
mod opening;
mod plan;
mod rollback;
mod search;
mod serve;
mod show;
mod snapshots;
mod state;
mod stats;
mod table;
mod target;
mod tasks;
mod text;
mod versions;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use memos_core::{Code, Error};

use crate::config::{Flags, Loaded, Surroundings};

use args::{Cli, Command, CubesCommand};
use console::Console;
use failure::Failure;
use target::{Folder, Target};

/// Whose memories the command line works on, with and without a server.
fn caller() -> memos_core::UserId {
    memos_core::UserId::new("local").expect("a word of letters is a user id")
}

/// What a command ends with.
type Outcome = Result<(), Failure>;

/// Runs the command that the process was started with. The exit status is 0 for success, 1 for a
/// failure and 2 for a command line that is wrong.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version come this way too. A reader that went away is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let (color, verbose) = (cli.global.color, cli.global.verbose > 0);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(color, verbose),
    }
}

fn run(cli: Cli) -> Outcome {
    let mut console = Console::stdout(cli.global.color);
    if let Command::Completions { shell } = cli.command {
        return completions(shell, &mut console);
    }
    let loaded = load(&cli)?;
    logging::start(
        &loaded.config.log,
        &cli.command,
        cli.global.verbose,
        cli.global.color,
    )?;
    if let Command::Config = cli.command {
        write!(console, "{}", loaded.to_toml())?;
        return Ok(console.flush()?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| {
            Error::new(
                Code::Unavailable,
                format!("the async runtime does not start: {e}"),
            )
            .remedy("raise the limits of threads and open files")
            .caused_by(e)
        })?;
    runtime.block_on(dispatch(cli.command, &loaded, &mut console))?;
    Ok(console.flush()?)
}

async fn dispatch(command: Command, loaded: &Loaded, console: &mut Console) -> Outcome {
    let existing = || Target::open(loaded, Folder::MustExist);
    let any = || Target::open(loaded, Folder::MayBeNew);
    match command {
        Command::Serve(_) => serve::run(loaded, console).await,
        Command::Mcp(args) => mcp::run(args, loaded).await,
        Command::Add(args) => add::run(args, any, console).await,
        Command::Import(args) => import::run(args, any, console).await,
        Command::Search(args) => search::run(args, &existing().await?, console).await,
        Command::Context(args) => context::run(args, &existing().await?, console).await,
        Command::List(args) => list::run(args, &existing().await?, console).await,
        Command::Show(args) => show::run(args, &existing().await?, console).await,
        Command::Forget(args) => forget::run(args, &existing().await?, console).await,
        Command::Cubes { command } => match command.unwrap_or_default() {
            CubesCommand::List(args) => cubes::list(args, &existing().await?, console).await,
            CubesCommand::Create(args) => cubes::create(args, &any().await?, console).await,
            CubesCommand::Delete(args) => cubes::delete(args, &existing().await?, console).await,
        },
        Command::Stats(args) => stats::run(args, loaded, &existing().await?, console).await,
        Command::Tasks { command } => {
            let command = command.unwrap_or_default();
            let target = match command.does_work() {
                true => Target::open_working(loaded).await?,
                false => existing().await?,
            };
            tasks::run(command, &target, console).await
        }
        Command::Refine(args) => tasks::refine(args, &existing().await?, console).await,
        Command::Feedback(args) => feedback::run(args, &existing().await?, console).await,
        Command::Versions(args) => versions::run(args, &existing().await?, console).await,
        Command::Rollback(args) => rollback::run(args, &existing().await?, console).await,
        Command::Snapshots { command } => {
            snapshots::run(command, &existing().await?, console).await
        }
        Command::Branch { command } => branch::run(command, &existing().await?, console).await,
        Command::Dump(args) => dump::run(args, &existing().await?, console).await,
        Command::State(args) => state::run(args, &existing().await?, console).await,
        Command::Bench(args) => bench::run(args, console).await,
        Command::Completions { .. } | Command::Config => {
            unreachable!("handled before a runtime is built")
        }
    }
}

fn load(cli: &Cli) -> Result<Loaded, Failure> {
    let folder = std::env::current_dir().map_err(|e| {
        Error::new(
            Code::Unavailable,
            format!("the working folder can't be read: {e}"),
        )
        .remedy("change to a folder that exists")
        .caused_by(e)
    })?;
    let listen = match &cli.command {
        Command::Serve(args) => args.listen.clone(),
        _ => None,
    };
    let flags = Flags {
        config: cli.global.config.clone(),
        data: cli.global.data.clone(),
        server: cli.global.server.clone(),
        listen,
    };
    let env = |name: &str| std::env::var_os(name);
    let loaded = Loaded::read(
        &flags,
        &Surroundings {
            env: &env,
            folder: &folder,
        },
    );
    loaded.map_err(|error| match error.field() {
        Some(field) if field.starts_with("--") => Failure::Usage(error),
        _ => Failure::Failed(error),
    })
}

fn completions(shell: clap_complete::Shell, console: &mut Console) -> Outcome {
    // Into memory first: the generator panics on a reader that went away.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "memos", &mut script);
    console.write_all(&script)?;
    Ok(console.flush()?)
}
