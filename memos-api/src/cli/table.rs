//! Tables: columns aligned in cells, the last one cut to the terminal's width.

use std::io::{self, Write};

use super::console::{Paint, Style};
use super::text;

/// Space between columns.
const GAP: usize = 2;

/// The last column is not cut below this, however narrow the terminal is.
const LEAST: usize = 16;

/// Indent of the lines under a row.
const INDENT: &str = "    ";

/// On which side a column's values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows under a head.
pub(super) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: one value for each column.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.row_with(cells, Vec::new());
    }

    /// Adds a row with lines under it.
    pub(super) fn row_with<const N: usize>(&mut self, cells: [String; N], notes: Vec<String>) {
        debug_assert_eq!(N, self.columns.len());
        let cells = cells
            .into_iter()
            .map(|cell| text::one_line(&cell))
            .collect();
        self.rows.push(Row { cells, notes });
    }

    /// Writes it. Without a width nothing is cut.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        paint: Paint,
        width: Option<usize>,
    ) -> io::Result<()> {
        let widths = self.widths(width);
        let head = self.columns.iter().map(|(name, _)| *name);
        writeln!(
            out,
            "{}",
            paint.with(Style::Head, &self.line(head, &widths))
        )?;
        for row in &self.rows {
            writeln!(
                out,
                "{}",
                self.line(row.cells.iter().map(String::as_str), &widths)
            )?;
            for note in &row.notes {
                writeln!(
                    out,
                    "{INDENT}{}",
                    paint.with(Style::Dim, &text::one_line(note))
                )?;
            }
        }
        Ok(())
    }

    fn widths(&self, total: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (name, _))| {
                let cells = self.rows.iter().map(|row| text::width(&row.cells[i]));
                cells.chain([text::width(name)]).max().unwrap_or(0)
            })
            .collect();
        if let (Some(total), Some((last, others))) = (total, widths.split_last_mut()) {
            let taken: usize = others.iter().map(|w| w + GAP).sum();
            *last = (*last).min(total.saturating_sub(taken).max(LEAST));
        }
        widths
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for (i, (cell, width)) in cells.zip(widths).enumerate() {
            if i > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let cell = text::cut(cell, *width);
            let space = " ".repeat(width.saturating_sub(text::width(&cell)));
            match self.columns[i].1 {
                Align::Left => line.extend([cell, space]),
                Align::Right => line.extend([space, cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[
            ("N", Align::Right),
            ("SPEAKER", Align::Left),
            ("MEMORY", Align::Left),
        ]);
        table.row([
            "1".into(),
            "林晓".into(),
            "我昨天干了件大事：把锅烧穿了。".into(),
        ]);
        table.row_with(
            [
                "12".into(),
                "Callum".into(),
                "Ines! Are you\nhome yet?".into(),
            ],
            vec!["notes/\u{1b}x".into()],
        );
        table
    }

    fn written(width: Option<usize>) -> String {
        let mut out = Vec::new();
        table().write(&mut out, Paint::PLAIN, width).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_align_in_cells() {
        assert_eq!(
            written(None),
            " N  SPEAKER  MEMORY\n \
             1  林晓     我昨天干了件大事：把锅烧穿了。\n\
             12  Callum   Ines! Are you home yet?\n    notes/\u{fffd}x\n"
        );
    }

    #[test]
    fn the_last_column_is_cut_to_the_width() {
        let text = written(Some(33));
        assert!(text.contains("我昨天干了件大事：…\n"), "{text}");
        assert!(text.lines().all(|line| text::width(line) <= 33), "{text}");
        let narrow = written(Some(5));
        assert!(narrow.contains("Ines! Are you h…"), "{narrow}");
    }

    #[test]
    fn colours_do_not_move_columns() {
        let mut out = Vec::new();
        table().write(&mut out, Paint::COLOURFUL, None).unwrap();
        let plain = String::from_utf8(out).unwrap();
        let plain = ["1;36", "2", "0"].iter().fold(plain, |text, code| {
            text.replace(&format!("\u{1b}[{code}m"), "")
        });
        assert_eq!(plain, written(None));
    }
}
