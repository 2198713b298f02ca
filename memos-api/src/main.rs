//! The binary `memos`: see [`memos_api::cli`].

fn main() -> std::process::ExitCode {
    memos_api::cli::main()
}
