//! Texts of others, made fit for a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Mark at the end of a text that was cut.
const ELLIPSIS: char = '…';

/// The text without characters that would steer a terminal; line breaks and tabs stay.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// The text on one line: every run of space is one space.
pub(super) fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Cells that a text takes; a Chinese character takes two.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The longest beginning that takes at most so many cells, with its mark if it was cut.
pub(super) fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut left = cells.saturating_sub(1);
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            let cost = c.width().unwrap_or(0);
            let fits = cost <= left;
            left = left.saturating_sub(cost);
            fits
        })
        .collect();
    kept.truncate(kept.trim_end().len());
    if cells > 0 {
        kept.push(ELLIPSIS);
    }
    kept
}

/// The number with its noun: `1 memory`, `3 memories`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number of bytes for people: `4.2 MiB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = count as f64;
    let mut unit = None;
    for name in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(name);
    }
    match unit {
        None => format!("{count} B"),
        Some(unit) => format!("{value:.1} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_counts_two_cells() {
        assert_eq!(cut("昨天的雨下得很大", 8), "昨天的…");
        assert_eq!(cut("昨天的雨下得很大", 7), "昨天的…");
        assert_eq!(cut("昨天", 4), "昨天");
        assert_eq!(cut("the river was high", 10), "the river…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(
            one_line("a\n\n b\tc\u{1b}[2J\u{9b}"),
            "a b c\u{fffd}[2J\u{fffd}"
        );
        assert_eq!(printable("a\n\tb\r"), "a\n\tb\u{fffd}");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "memory", "memories"), "1 memory");
        assert_eq!(counted(0, "memory", "memories"), "0 memories");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(4_404_019), "4.2 MiB");
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in "\\PC{0,40}", cells in 0_usize..30) {
            prop_assert!(width(&cut(&text, cells)) <= cells || cells == 0);
        }
    }
}
