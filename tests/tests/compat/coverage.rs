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

/// A row of a contract.
struct Row {
    name: String,
    what: String,
    /// Why it has no case, if it has none.
    left_out: Option<String>,
}

/// The rows of a contract.
fn rows(face: &str) -> Vec<Row> {
    let path = repository("tests/compat").join(face).join("rows.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t').map(|text| text.trim().to_owned());
            Row {
                name: columns.next().unwrap_or_default(),
                what: columns.next().unwrap_or_default(),
                left_out: columns.next(),
            }
        })
        .collect()
}

/// The table, and the rows without a case.
fn table() -> (String, Vec<String>) {
    let mut missing = Vec::new();
    let mut text = String::from(
        "# Rows of the contracts and their golden cases\n\n\
         Made by `MEMOS_BLESS=1 cargo test -p memos-tests --test compat coverage`; a test keeps it\n\
         true. A row without a case fails that test, unless it says why it has none.\n",
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
        let mut left_out = String::new();
        let mut names = BTreeSet::new();
        for row in rows(&face) {
            let Row { name, what, .. } = &row;
            if !names.insert(name.clone()) {
                missing.push(format!("{face}: {name} is there twice"));
            }
            let what = what.replace('|', "\\|");
            let cases = covered.remove(name).unwrap_or_default();
            match (&row.left_out, cases.is_empty()) {
                (Some(why), true) if !why.is_empty() => {
                    let _ = writeln!(left_out, "| {name} | {what} | {why} |");
                    continue;
                }
                (Some(_), _) => missing.push(format!(
                    "{face}: {name} says no reason why it has no case, or has one"
                )),
                (None, true) => missing.push(format!("{face}: {name}")),
                (None, false) => {}
            }
            let cases: Vec<_> = cases.into_iter().collect();
            let _ = writeln!(text, "| {name} | {what} | {} |", cases.join(", "));
        }
        if !left_out.is_empty() {
            let _ = write!(
                text,
                "\n### Without a case, and why: {face}\n\n| row | what | why |\n|---|---|---|\n{left_out}"
            );
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
