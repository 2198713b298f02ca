//! Help, completions, the configuration, colours and pipes.

use crate::harness::{Place, sample};

const COMMANDS: [&str; 13] = [
    "serve",
    "add",
    "import",
    "search",
    "context",
    "list",
    "show",
    "forget",
    "cubes",
    "stats",
    "bench",
    "completions",
    "config",
];

#[test]
fn every_command_has_help_with_examples() {
    let place = Place::new();
    let overview = place.ok(&["help"]);
    assert_eq!(overview, place.ok(&["--help"]));
    for command in COMMANDS {
        assert!(overview.contains(&format!("\n  {command} ")), "{command}");
        let help = place.ok(&[command, "--help"]);
        assert!(
            help.contains("Usage: memos ") && help.contains("Examples:"),
            "{help}"
        );
        assert!(help.contains(&format!("memos {command}")), "{help}");
        assert_eq!(help, place.ok(&["help", command]));
    }
    assert!(
        place
            .ok(&["cubes", "create", "--help"])
            .contains("--description")
    );
    let version = format!("memos {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(place.ok(&["--version"]), version);
}

#[test]
fn completions_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} {command}");
        }
    }
    place.run(&["completions", "tcsh"]).check(2, &["bash"]);
}

#[test]
fn the_configuration_shows_where_values_come_from_and_reads_back() {
    let place = Place::new();
    place.file(
        "memos.toml",
        "cache_bytes = \"32MiB\"\n[log]\nlevel = \"error\"\n",
    );
    let output = place
        .command(&["config", "--data", "elsewhere"])
        .env("MEMOS_LISTEN", "127.0.0.1:9999")
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let line = |name: &str| {
        shown
            .lines()
            .find(|l| l.starts_with(name))
            .unwrap_or_default()
    };
    assert!(
        line("data").starts_with("data = \"elsewhere\"") && line("data").ends_with("# flag --data")
    );
    assert!(line("listen").contains("9999") && line("listen").ends_with("# env MEMOS_LISTEN"));
    assert!(line("cache_bytes").contains("32MiB") && line("cache_bytes").ends_with("# file"));
    assert!(line("level").contains("error") && line("level").ends_with("# file"));
    assert!(line("repeat_window").contains("10m") && line("repeat_window").ends_with("# default"));
    place.file("other.toml", &shown);
    let again = place.ok(&["config", "--config", "other.toml"]);
    assert!(
        again.contains("127.0.0.1:9999") && again.contains("32MiB"),
        "{again}"
    );
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::new();
    place.ok(&["import", &sample("travel.en.json")]);
    let search = ["search", "northern lights", "--explain"];
    assert!(!place.ok(&search).contains('\u{1b}'));
    let run = place.run(&["show", "17"]);
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
    let always = [&search[..], &["--color", "always"]].concat();
    assert!(place.ok(&always).contains("\u{1b}[1;36m"));
    let run = place.run(&["list", "--cube", "none", "--color", "always"]);
    assert!(
        run.stderr.starts_with("\u{1b}[1;31merror\u{1b}[0m: "),
        "{}",
        run.stderr
    );
}

#[test]
fn texts_of_others_do_not_steer_the_terminal() {
    let place = Place::new();
    let id = place.add(&["red \u{1b}[31m alert\nsecond line"]).remove(0);
    assert!(
        place
            .ok(&["list"])
            .contains("red \u{fffd}[31m alert second line")
    );
    assert!(
        place
            .ok(&["search", "alert"])
            .contains("red \u{fffd}[31m alert")
    );
    assert!(
        place
            .ok(&["show", &id])
            .ends_with("red \u{fffd}[31m alert\nsecond line\n")
    );
    assert_eq!(
        place.json(&["show", &id, "--json"])["text"],
        "red \u{1b}[31m alert\nsecond line"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    place.add(&["x"]);
    for args in [
        &["list"][..],
        &["search", "x", "--json"],
        &["completions", "bash"],
        &["config"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command(args).stdout(writer).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
    }
}

#[test]
fn the_benchmark_measures_the_samples() {
    let place = Place::new();
    let report = place.json(&["bench", &sample("travel.en.json"), "--json"]);
    assert!(
        report["systems"][0]["recall"]["10"].as_f64().unwrap() > 0.5,
        "{report}"
    );
    assert!(report["systems"].as_array().unwrap().len() >= 3);
}
