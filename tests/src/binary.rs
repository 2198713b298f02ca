//! Where the binary is, and that it is of these sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::repository;

/// The `memos` binary: the one that `MEMOS_BIN` names, or else the one that lies beside this test
/// in cargo's target folder, built if it is missing or older than its sources.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("MEMOS_BIN") {
        Some(path) => path.into(),
        None => beside_this_test(),
    })
}

fn beside_this_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // TARGET/PROFILE/deps/THIS
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join(format!("memos{}", std::env::consts::EXE_SUFFIX));
    let built = path.metadata().and_then(|m| m.modified()).ok();
    // `cargo test --workspace` builds the binary too; with `-p memos-tests` nobody has.
    if built.is_none_or(|built| newest_source() > built) {
        build(profile);
    }
    path
}

fn build(profile: &Path) {
    let name = match profile.file_name().and_then(|n| n.to_str()).unwrap() {
        "debug" => "dev",
        name => name,
    };
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "-p",
            "memos-api",
            "--bin",
            "memos",
            "--profile",
            name,
        ])
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .current_dir(repository(""))
        .status()
        .unwrap();
    assert!(status.success(), "the memos binary can't be built");
}

fn newest_source() -> SystemTime {
    let mut newest = repository("Cargo.toml")
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    for entry in repository("").read_dir().unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("memos-") {
            for part in ["src", "assets"] {
                newest = newest.max(newest_in(&entry.path().join(part)));
            }
        }
    }
    newest
}

fn newest_in(folder: &Path) -> SystemTime {
    let Ok(entries) = folder.read_dir() else {
        return SystemTime::UNIX_EPOCH;
    };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => newest_in(&path),
                false => path.metadata().and_then(|m| m.modified()).unwrap(),
            }
        })
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
