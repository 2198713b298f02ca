//! What the command line takes.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use memos_core::{CubeId, MemoryId};

use crate::reader::Format;

/// The cube of commands that add, if none is named.
pub(super) const DEFAULT_CUBE: &str = "default";

const EXAMPLES: &str = "\
Examples:
  memos add \"Mina moved to Lyon last spring\" --cube notes
  memos import samples/travel.en.json
  memos search \"Where does Mina live?\"
  memos context \"Where does Mina live?\" --max-tokens 300
  memos serve --data ./memos-data

Commands work on the data folder, or on a running server: on the one that --server names, or on
the one that has the folder open. `memos config` shows every setting and where it comes from.";

/// Memory for language models and agents: hand over what was said, get back what matters.
#[derive(Debug, Parser)]
#[command(name = "memos", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = false, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The data folder [default: ./memos-data] [env: MEMOS_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// A running server to work on, instead of the folder [env: MEMOS_SERVER]
    #[arg(long, global = true, value_name = "URL", conflicts_with = "data")]
    pub(super) server: Option<String>,
    /// The configuration file [default: ./memos.toml, then ~/.config/memos/memos.toml]
    /// [env: MEMOS_CONFIG]
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// When to use colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Say more on standard error: -v what happens, -vv how
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the data folder over REST
    #[command(after_help = "\
Examples:
  memos serve
  memos serve --data /var/lib/memos --listen 127.0.0.1:8000

The API is described at /openapi.json and, to read, at /docs. Stop it with Ctrl-C or SIGTERM:
requests under way are finished first. It listens on this machine only: other addresses are
refused as long as there is no authentication.")]
    Serve(ServeArgs),
    /// Give an agent a memory: the Model Context Protocol over standard input and output
    #[command(after_help = super::mcp::EXAMPLES)]
    Mcp(super::mcp::McpArgs),
    /// Add a memory, or the messages of a dialogue
    #[command(after_help = "\
Examples:
  memos add \"Mina moved to Lyon last spring\"
  memos add --cube team --speaker Ines --time \"2024-05-08T13:56:00+02:00\" \"I passed the exam\"
  memos add --messages chat.json
  echo '[{\"role\": \"user\", \"content\": \"I am vegetarian\"}]' | memos add --messages -

The cube is created if it is not there. The same request within the repeat window (10 minutes)
stores once.")]
    Add(AddArgs),
    /// Import documents and dialogues from files
    #[command(after_help = "\
Examples:
  memos import notes.md diary.txt --cube notes
  memos import samples/travel.en.json samples/kitchen.zh.json
  memos import conversations.json --tag chatgpt

Formats: plain text, Markdown, JSONL chats, LoCoMo dialogues (one cube for each sample, unless
--cube is given), ChatGPT exports (one session for each conversation) and the knowledge graph of the
MCP reference memory server. The format is told from the name and the content.

An import that was interrupted goes on where it stopped when it is run again, and what is stored
already is not stored twice. Each memory notes the file that it came from:
  memos list --cube notes --filter '{\"info.import.file\": \"notes.md\"}'")]
    Import(ImportArgs),
    /// Find the memories that answer a question
    #[command(after_help = "\
Examples:
  memos search \"Where did Ines go in January?\"
  memos search \"what did we cook\" --cube sample-zh --top-k 3 --explain
  memos search hotel --filter '{\"speaker\": \"Ines\"}' --since 2024-01-01 --until 2024-02-01
  memos search hotel --json | jq -r '.hits[].memory.text'")]
    Search(SearchArgs),
    /// Print the memories that answer a question as one block for a prompt
    #[command(after_help = "\
Examples:
  memos context \"Where did Ines go in January?\"
  memos context \"What should I cook tonight?\" --cube sample-zh --max-tokens 300")]
    Context(ContextArgs),
    /// List the memories of a cube, oldest first
    #[command(after_help = "\
Examples:
  memos list --cube notes
  memos list --cube notes --filter '{\"tags\": {\"contains\": \"work\"}}' --limit 100
  memos list --cube notes --json")]
    List(ListArgs),
    /// Show one memory with all that is known about it
    #[command(after_help = "\
Examples:
  memos show 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos show 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6 --json")]
    Show(ShowArgs),
    /// Forget memories for good
    #[command(after_help = "\
Examples:
  memos forget 0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6
  memos forget --cube notes --all
  memos forget --cube notes --all --filter '{\"info.import.file\": \"diary.txt\"}' --yes

To forget a cube with all that it holds: memos cubes delete CUBE.")]
    Forget(ForgetArgs),
    /// List, create and delete cubes
    #[command(after_help = "\
Examples:
  memos cubes
  memos cubes create team --name \"The team\"
  memos cubes delete team")]
    Cubes {
        #[command(subcommand)]
        command: Option<CubesCommand>,
    },
    /// Show how much is stored, and by which model it is searched
    #[command(after_help = "\
Examples:
  memos stats
  memos stats --json

A running server does not tell its model; one that --server names does not tell the size of its folder
either.")]
    Stats(StatsArgs),
    /// List, retry, cancel and wait for background work
    #[command(after_help = super::tasks::EXAMPLES)]
    Tasks {
        #[command(subcommand)]
        command: Option<super::tasks::TasksCommand>,
    },
    /// Show the versions of a memory, or what differs between two
    #[command(after_help = super::versions::EXAMPLES)]
    Versions(super::versions::VersionsArgs),
    /// Roll a cube or one memory back to what it was
    #[command(after_help = super::rollback::EXAMPLES)]
    Rollback(super::rollback::RollbackArgs),
    /// Name the states of a cube
    #[command(after_help = super::snapshots::EXAMPLES)]
    Snapshots {
        #[command(subcommand)]
        command: super::snapshots::SnapshotsCommand,
    },
    /// Open, compare and merge what-if branches
    #[command(after_help = super::branch::EXAMPLES)]
    Branch {
        #[command(subcommand)]
        command: super::branch::BranchCommand,
    },
    /// Write a cube out as JSON Lines, the same state as the same bytes
    #[command(after_help = super::dump::EXAMPLES)]
    Dump(super::dump::DumpArgs),
    /// Archive, freeze, thaw, bring back or expire a memory
    #[command(after_help = super::state::EXAMPLES)]
    State(super::state::StateArgs),
    /// Correct a memory in plain words
    #[command(after_help = super::feedback::EXAMPLES)]
    Feedback(super::feedback::FeedbackArgs),
    /// Have a language model read what a cube holds
    #[command(after_help = super::tasks::REFINE_EXAMPLES)]
    Refine(super::tasks::RefineArgs),
    /// Measure recall, tokens and latency on dialogues with known evidence
    #[command(after_help = "\
Examples:
  memos bench tests/data/dialogues.zh.json
  memos bench tests/data/dialogues.zh.json --background
  memos bench tests/data/dialogues.zh.json --no-baselines --faces --proxy
  memos bench locomo10.json --json > report.json

It takes dialogues in LoCoMo's format. A dozen questions, as in samples/, measure nothing: one of them
moves every figure by several points.")]
    Bench(crate::bench::BenchArgs),
    /// Print a script that completes commands in a shell
    #[command(after_help = "\
Examples:
  memos completions bash > ~/.local/share/bash-completion/completions/memos
  memos completions zsh > ~/.zfunc/_memos
  memos completions fish > ~/.config/fish/completions/memos.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the effective configuration, and where each value comes from
    #[command(after_help = "\
Examples:
  memos config
  memos config --data /var/lib/memos > memos.toml

Settings come from a file, the environment and flags; later wins.")]
    Config,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:7777] [env: MEMOS_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["text", "messages"]))]
pub(super) struct AddArgs {
    /// What to remember; `-` reads standard input
    pub(super) text: Option<String>,
    /// JSON of messages, `[{"role": "user", "content": "…"}, …]`, or of a whole add request;
    /// `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(super) messages: Option<PathBuf>,
    /// The cube; created if it is not there
    #[arg(long, value_name = "CUBE", default_value = DEFAULT_CUBE)]
    pub(super) cube: CubeId,
    /// Role of the speaker: user, assistant, system, developer, tool or function [default: user,
    /// without --speaker]
    #[arg(long, conflicts_with = "messages")]
    pub(super) role: Option<String>,
    /// Who said it
    #[arg(long, value_name = "NAME", conflicts_with = "messages")]
    pub(super) speaker: Option<String>,
    /// The sitting that it belongs to [default: its day]
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,
    /// When it was said, such as 2024-05-08T13:56:00+02:00 or 2024-05-08 [default: now]
    #[arg(long)]
    pub(super) time: Option<String>,
    /// A label (repeatable)
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// How long it lives: forever, ttl:30d, until:2027-01-01, half_life:90d, decay, or unused:30d
    #[arg(long)]
    pub(super) lifespan: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The cube of all of them [default: default; for LoCoMo files one for each sample]
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Option<CubeId>,
    /// The format of all of them: plain, markdown, jsonl, locomo, chatgpt or mcp-memory [default:
    /// told from each file]
    #[arg(long)]
    pub(super) format: Option<Format>,
    /// When they were written, where they don't say [default: now]
    #[arg(long)]
    pub(super) time: Option<String>,
    /// The session of their memories [default: the file's name, or as the file says]
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,
    /// A label for every memory (repeatable)
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Print what was imported as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What search and context have in common.
#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    /// The question, in any language
    #[arg(required = true, value_name = "QUESTION")]
    pub(super) question: Vec<String>,
    /// A cube to look in (repeatable) [default: all of them]
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Vec<CubeId>,
    /// Memories to use at most
    #[arg(short = 'k', long, value_name = "N")]
    pub(super) top_k: Option<u32>,
    /// Use only as many as fit into this many tokens
    #[arg(long, value_name = "N")]
    pub(super) max_tokens: Option<u32>,
    /// Only memories that this filter admits, such as '{"speaker": "Ines"}'
    #[arg(long, value_name = "JSON")]
    pub(super) filter: Option<String>,
    /// Only memories whose time ends after this: RFC 3339 or a date
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Only memories whose time starts before this: RFC 3339 or a date
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Only memories of this type, such as message or file (repeatable)
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) types: Vec<String>,
    /// When the question is asked: "last week" depends on it [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) asked_at: Option<String>,
    /// What the cubes held then (recorded time): an instant, a date, change:N, or a snapshot's name
    #[arg(long, value_name = "POINT")]
    pub(super) as_of: Option<String>,
    /// Only what held in the world then (valid time): an instant, or a date
    #[arg(long, value_name = "TIME")]
    pub(super) valid_at: Option<String>,
    /// Look further than raw evidence in use: derived, archived; may be given more than once
    #[arg(long, value_name = "WHAT")]
    pub(super) include: Vec<String>,
    /// Let a language model take the question apart and search in rounds
    #[arg(long)]
    pub(super) deep: bool,
}

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    pub(super) question: QuestionArgs,
    /// Also show how the question was understood, and what gave each score
    #[arg(long)]
    pub(super) explain: bool,
    /// Print the answer as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ContextArgs {
    #[command(flatten)]
    pub(super) question: QuestionArgs,
    /// Print the answer as JSON, with the number of tokens and the ids of the memories
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The cube; may be left out while there is only one
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Option<CubeId>,
    /// Only memories that this filter admits, such as '{"speaker": "Ines"}'
    #[arg(long, value_name = "JSON")]
    pub(super) filter: Option<String>,
    /// Memories to list at most [default: 50]
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u32>,
    /// Where the page before ended, as it said
    #[arg(long)]
    pub(super) cursor: Option<String>,
    /// Print the page as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The memory
    pub(super) id: MemoryId,
    /// The cube that holds it [default: looked for in all of them]
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Option<CubeId>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "all"]))]
pub(super) struct ForgetArgs {
    /// The memories
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<MemoryId>,
    /// The cube that holds them [default: looked for in all of them]
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Option<CubeId>,
    /// Every memory of the cube; the cube itself stays
    #[arg(long, requires = "cube")]
    pub(super) all: bool,
    /// With --all: only memories that this filter admits
    #[arg(long, value_name = "JSON", requires = "all")]
    pub(super) filter: Option<String>,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum CubesCommand {
    /// List the cubes
    List(CubesListArgs),
    /// Create a cube
    Create(CubesCreateArgs),
    /// Forget a cube and all that it holds
    Delete(CubesDeleteArgs),
}

impl Default for CubesCommand {
    fn default() -> Self {
        Self::List(CubesListArgs { json: false })
    }
}

#[derive(Debug, Args)]
pub(super) struct CubesListArgs {
    /// Print them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CubesCreateArgs {
    /// Its address: letters and digits of any script and _ - . : @ + #
    pub(super) id: CubeId,
    /// What people call it [default: the id]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// What it is for
    #[arg(long)]
    pub(super) description: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CubesDeleteArgs {
    /// The cube
    pub(super) id: CubeId,
    /// Don't ask
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    /// Print them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("memos").chain(line.iter().copied()))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_explains_itself() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path}");
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
            }
            for inner in command.get_subcommands() {
                check(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        check(&Cli::command(), "memos");
        for command in Cli::command()
            .get_subcommands()
            .filter(|c| c.get_name() != "help")
        {
            let examples = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(examples.contains("Examples:"), "{}", command.get_name());
        }
    }

    #[test]
    fn questions_need_no_quotes() {
        let cli = parse(&[
            "search", "where", "is", "Mina", "-k", "3", "--cube", "a", "--cube", "b",
        ]);
        let Command::Search(args) = cli.unwrap().command else {
            panic!("another command")
        };
        assert_eq!(args.question.question.join(" "), "where is Mina");
        assert_eq!(args.question.cube.len(), 2);
        assert_eq!(args.question.top_k, Some(3));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            &["add"][..],
            &["add", "text", "--messages", "-"],
            &["add", "--messages", "-", "--speaker", "Ada"],
            &["forget"],
            &["forget", "--all"],
            &["forget", "--cube", "a"],
            &["forget", "--cube", "a", "--filter", "{}"],
            &["forget", "not-an-id"],
            &["show"],
            &["search"],
            &["import"],
            &["import", "a.txt", "--format", "pdf"],
            &["list", "--cube", "a/b"],
            &["stats", "--data", "a", "--server", "b"],
            &["stats", "--color", "pink"],
            &["frobnicate"],
        ] {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}
