//! Folders and files as text.

use std::collections::BTreeMap;

use super::Refused;
use super::path::Path;
use super::tree::{Files, no_such_path};

/// Levels of a folder that are shown.
const LEVELS: usize = 2;

/// Lines that a number of six digits can count.
const MOST_LINES: usize = 999_999;

/// A folder's files with their sizes, or a file's lines with their numbers.
///
/// # Errors
/// If there is nothing at the path, or the lines that are asked for are not there.
pub(super) fn view(
    files: &Files,
    path: &Path,
    range: Option<(i64, i64)>,
) -> Result<String, Refused> {
    match files.get(path) {
        Some(file) => lines(&file.text, path, range),
        None if files.is_folder(path) => Ok(folder(files, path)),
        None => Err(no_such_path(path)),
    }
}

fn folder(files: &Files, path: &Path) -> String {
    let mut total = 0;
    let mut entries: BTreeMap<Vec<&str>, Entry> = BTreeMap::new();
    for (below, file) in files.below(path) {
        let size = file.text.len() as u64;
        total += size;
        let names: Vec<&str> = below.split('/').collect();
        if names.iter().any(|name| is_hidden(name)) {
            continue;
        }
        for level in 1..=names.len().min(LEVELS) {
            let entry = entries.entry(names[..level].to_vec()).or_default();
            entry.size += size;
            entry.is_folder = level < names.len();
        }
    }
    let root = path.as_str();
    let mut text = format!(
        "Here're the files and directories up to {LEVELS} levels deep in {root}, excluding hidden \
         items and node_modules:\n{}\t{root}",
        size(total)
    );
    for (names, entry) in entries {
        let slash = if entry.is_folder { "/" } else { "" };
        let names = names.join("/");
        text.push_str(&format!("\n{}\t{root}/{names}{slash}", size(entry.size)));
    }
    text
}

#[derive(Default)]
struct Entry {
    size: u64,
    is_folder: bool,
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "node_modules"
}

/// Bytes for people: `512B`, `1.5K`, `4.0K`, `1.2M`.
fn size(bytes: u64) -> String {
    if bytes < 1_024 {
        return format!("{bytes}B");
    }
    let mut size = bytes as f64 / 1_024.0;
    for unit in ["K", "M"] {
        // What would be shown as 1024.0 is one of the next unit.
        if size < 1_023.95 {
            return format!("{size:.1}{unit}");
        }
        size /= 1_024.0;
    }
    format!("{size:.1}G")
}

fn lines(text: &str, path: &Path, range: Option<(i64, i64)>) -> Result<String, Refused> {
    let count = text.split('\n').count();
    if count > MOST_LINES {
        return Err(format!(
            "File {path} exceeds maximum line limit of 999,999 lines."
        ));
    }
    let (first, last) = match range {
        None => (0, count),
        Some(range) => within(range, count)?,
    };
    Ok(format!(
        "Here's the content of {path} with line numbers:\n{}",
        numbered(text, first, last)
    ))
}

/// The lines of a range as places from 0, the end excluded.
fn within((first, last): (i64, i64), count: usize) -> Result<(usize, usize), Refused> {
    let start = usize::try_from(first.max(1)).unwrap_or(usize::MAX);
    let end = match last {
        -1 => count,
        last => usize::try_from(last).unwrap_or(0).min(count),
    };
    if start > end {
        return Err(format!(
            "Error: Invalid `view_range` parameter: [{first}, {last}]. It should be within the \
             range of lines of the file: [1, {count}]"
        ));
    }
    Ok((start - 1, end))
}

/// Lines with their numbers, by places from 0, the end excluded.
pub(super) fn numbered(text: &str, first: usize, end: usize) -> String {
    let lines = text
        .split('\n')
        .enumerate()
        .skip(first)
        .take(end.saturating_sub(first));
    let numbered = lines.map(|(at, line)| format!("{:>6}\t{line}", at + 1));
    numbered.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0B"),
            (1_023, "1023B"),
            (1_024, "1.0K"),
            (1_536, "1.5K"),
            (5_632, "5.5K"),
            (1_048_575, "1.0M"),
            (1_258_291, "1.2M"),
            (5_368_709_120, "5.0G"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn ranges_are_lines_of_the_file() {
        for (range, expected) in [
            ((1, 3), Some((0, 3))),
            ((2, -1), Some((1, 5))),
            ((0, 2), Some((0, 2))),
            ((-4, 2), Some((0, 2))),
            ((4, 99), Some((3, 5))),
            ((5, 5), Some((4, 5))),
            ((6, 7), None),
            ((6, -1), None),
            ((3, 2), None),
            ((1, -2), None),
            ((i64::MAX, i64::MAX), None),
        ] {
            assert_eq!(within(range, 5).ok(), expected, "{range:?}");
        }
    }

    #[test]
    fn lines_are_numbered_in_six_columns() {
        let path = Path::read("/memories/a").unwrap();
        assert_eq!(
            lines("Hello\n\nthere\n", &path, None).unwrap(),
            "Here's the content of /memories/a with line numbers:\n     1\tHello\n     2\t\n     \
             3\tthere\n     4\t"
        );
        let most = "\n".repeat(MOST_LINES - 1);
        assert!(
            lines(&most, &path, Some((999_999, -1)))
                .unwrap()
                .ends_with("\n999999\t")
        );
        let more = "\n".repeat(MOST_LINES);
        assert_eq!(
            lines(&more, &path, Some((1, 2))).unwrap_err(),
            "File /memories/a exceeds maximum line limit of 999,999 lines."
        );
    }
}
