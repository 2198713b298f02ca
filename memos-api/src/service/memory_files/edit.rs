//! Changes of a text.

use super::Refused;
use super::listing::numbered;
use super::path::Path;

/// Lines shown before and behind what was replaced.
const AROUND: usize = 2;

/// A text after a replacement, and what the model is told.
pub(super) struct Edited {
    pub(super) text: String,
    pub(super) told: String,
}

/// Replaces the one place where a text stands.
///
/// # Errors
/// If it stands nowhere, or in several places.
pub(super) fn replace(text: &str, path: &Path, old: &str, new: &str) -> Result<Edited, Refused> {
    if old.is_empty() {
        return Err(
            "Error: Invalid `old_str` parameter. It is empty; give the text to replace.".to_owned(),
        );
    }
    let Some(at) = text.find(old) else {
        return Err(format!(
            "No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
        ));
    };
    // A text that overlaps itself, as `aa` in `aaa`, is found twice but can be replaced in one place.
    if text[at + old.len()..].contains(old) {
        return Err(format!(
            "No replacement was performed. Multiple occurrences of old_str `{old}` in lines: {}. \
             Please ensure it is unique",
            lines_of(text, old)
        ));
    }
    let text = format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
    let first = line_at(&text, at);
    let last = first + new.matches('\n').count();
    let snippet = numbered(
        &text,
        first.saturating_sub(AROUND),
        last.saturating_add(AROUND + 1),
    );
    Ok(Edited {
        text,
        told: format!(
            "The memory file has been edited. Here is the snippet showing the change (with line \
             numbers):\n{snippet}"
        ),
    })
}

/// Puts text behind a line; 0 puts it at the beginning.
///
/// # Errors
/// If there is no such line.
pub(super) fn insert(text: &str, line: i64, new: &str) -> Result<String, Refused> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        // Behind the last line break there is no line.
        lines.pop();
    }
    let at = usize::try_from(line)
        .ok()
        .filter(|at| *at <= lines.len())
        .ok_or_else(|| {
            format!(
                "Error: Invalid `insert_line` parameter: {line}. It should be within the range of \
                 lines of the file: [0, {}]",
                lines.len()
            )
        })?;
    lines.insert(at, new.trim_end_matches('\n'));
    let mut text = lines.join("\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The number of the line in which a byte stands, from 0.
fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes()[..at]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}

/// The lines in which a text begins, from 1, with commas between them; also where it overlaps itself.
fn lines_of(text: &str, part: &str) -> String {
    /// More of them say no more.
    const MOST: usize = 100;
    let next = |from: usize| text[from..].find(part).map(|at| from + at);
    let behind = |at: usize| at + text[at..].chars().next().map_or(1, char::len_utf8);
    let starts = std::iter::successors(next(0), |at| next(behind(*at))).take(MOST);
    let numbers = starts.map(|at| (line_at(text, at) + 1).to_string());
    numbers.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, old: &str, new: &str) -> Result<(String, String), Refused> {
        let path = Path::read("/memories/a").unwrap();
        replace(text, &path, old, new).map(|e| (e.text, e.told))
    }

    #[test]
    fn one_place_is_replaced_and_shown() {
        let (text, told) = replaced("1\n2\n3\n4\n5\n6\n", "4", "four\nand").unwrap();
        assert_eq!(text, "1\n2\n3\nfour\nand\n5\n6\n");
        assert_eq!(
            told,
            "The memory file has been edited. Here is the snippet showing the change (with line \
             numbers):\n     2\t2\n     3\t3\n     4\tfour\n     5\tand\n     6\t5\n     7\t6"
        );
        assert_eq!(replaced("ab", "b", "").unwrap().0, "a");
        assert_eq!(replaced("aaa", "aa", "b").unwrap().0, "ba");
    }

    #[test]
    fn none_or_several_are_refused() {
        assert_eq!(
            replaced("a", "x", "y").unwrap_err(),
            "No replacement was performed, old_str `x` did not appear verbatim in /memories/a."
        );
        assert_eq!(
            replaced("x\na\nx x", "x", "y").unwrap_err(),
            "No replacement was performed. Multiple occurrences of old_str `x` in lines: 1, 3, 3. \
             Please ensure it is unique"
        );
        for (text, part, lines) in [
            ("aaaa", "aa", "1, 1, 1"),
            ("长长\n长长", "长", "1, 1, 2, 2"),
        ] {
            let told = replaced(text, part, "y").unwrap_err();
            assert!(told.contains(&format!("in lines: {lines}. ")), "{told}");
        }
        assert!(replaced("a", "", "y").unwrap_err().contains("`old_str`"));
    }

    #[test]
    fn lines_are_inserted_behind_a_line() {
        for (text, line, new, expected) in [
            ("", 0, "x", "x\n"),
            ("a\nb\n", 0, "x\n", "x\na\nb\n"),
            ("a\nb\n", 1, "x", "a\nx\nb\n"),
            ("a\nb", 2, "x\ny\n", "a\nb\nx\ny\n"),
            ("a\r\nb", 1, "x", "a\r\nx\nb\n"),
        ] {
            assert_eq!(
                insert(text, line, new).unwrap(),
                expected,
                "{text:?} {line}"
            );
        }
        for line in [-1, 3, i64::MAX] {
            assert_eq!(
                insert("a\nb\n", line, "x").unwrap_err(),
                format!(
                    "Error: Invalid `insert_line` parameter: {line}. It should be within the range \
                     of lines of the file: [0, 2]"
                )
            );
        }
    }
}
