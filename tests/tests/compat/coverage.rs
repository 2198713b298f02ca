//! Which rows of the contracts have a golden case: `tests/compat/COVERAGE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use memos_tests::repository;

use crate::case::cases;

/// The folders of cases, by name.
pub(crate) fn faces() -> Vec<String> {
    let mut faces: Vec<String> = fs::read_dir(repository("tests/compat"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    faces.sort();
    faces
}

/// The rows of a contract: their names and what they say.
fn rows(face: &str) -> Vec<(String, String)> {
    let path = repository("tests/compat").join(face).join("rows.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, what) = line.split_once('\t').unwrap_or((line, ""));
            (name.trim().to_owned(), what.trim().to_owned())
        })
        .collect()
}

/// The table, and the rows without a case.
fn table() -> (String, Vec<String>) {
    let mut missing = Vec::new();
    let mut text = String::from(
        "# Rows of the contracts and their golden cases\n\n\
         Made by `MEMOS_BLESS=1 cargo test -p memos-tests --test compat coverage`; a test keeps it\n\
         true. A row without a case fails that test.\n",
    );
    for face in faces() {
        let mut covered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for case in cases(&face) {
            for row in case.covers {
                covered.entry(row).or_default().insert(case.file.clone());
            }
        }
        let _ = write!(
            text,
            "\n## {face}\n\n| row | what | cases |\n|---|---|---|\n"
        );
        for (row, what) in rows(&face) {
            let cases = covered.remove(&row).unwrap_or_default();
            if cases.is_empty() {
                missing.push(format!("{face}: {row}"));
            }
            let cases: Vec<_> = cases.into_iter().collect();
            let what = what.replace('|', "\\|");
            let _ = writeln!(text, "| {row} | {what} | {} |", cases.join(", "));
        }
        for (row, cases) in covered {
            missing.push(format!(
                "{face}: {row} is not in rows.tsv, but in {cases:?}"
            ));
        }
    }
    (text, missing)
}

#[test]
fn coverage() {
    let (text, missing) = table();
    let path = repository("tests/compat/COVERAGE.md");
    if std::env::var_os("MEMOS_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(
        missing.is_empty(),
        "rows without a case:\n{}",
        missing.join("\n")
    );
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "tests/compat/COVERAGE.md is not what the cases say: run \
         MEMOS_BLESS=1 cargo test -p memos-tests --test compat coverage"
    );
}
