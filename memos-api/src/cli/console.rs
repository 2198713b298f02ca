//! Standard output, and when it may be colourful.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use serde::Serialize;

use super::Outcome;
use super::args::Color;

/// Cells of a line on a terminal that does not tell its size.
const WIDTH: usize = 80;

/// What a part of the output is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Style {
    /// The word before an error.
    Error,
    /// The head of a table.
    Head,
    /// Beside the point, such as an id.
    Dim,
    /// The point.
    Strong,
}

impl Style {
    /// Parameter of the SGR sequence (ECMA-48, 8.3.117).
    const fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Head => "1;36",
            Self::Dim => "2",
            Self::Strong => "1",
        }
    }
}

/// Colours, if they are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self { on: false };

    #[cfg(test)]
    pub(super) const COLOURFUL: Self = Self { on: true };

    pub(super) fn stderr(color: Color) -> Self {
        Self::of(color, io::stderr().is_terminal())
    }

    fn of(color: Color, is_terminal: bool) -> Self {
        let env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let on = match color {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org
            Color::Auto => {
                is_terminal && env("NO_COLOR").is_none() && env("TERM").is_none_or(|t| t != "dumb")
            }
        };
        Self { on }
    }

    pub(super) fn is_on(self) -> bool {
        self.on
    }

    pub(super) fn with(self, style: Style, text: &str) -> String {
        match self.on && !text.is_empty() {
            true => format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()),
            false => text.to_owned(),
        }
    }
}

/// Standard output.
pub(super) struct Console {
    out: BufWriter<Stdout>,
    paint: Paint,
    width: Option<usize>,
}

impl Console {
    pub(super) fn stdout(color: Color) -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        let width = is_terminal.then(|| {
            let size = terminal_size::terminal_size_of(&out);
            size.map_or(WIDTH, |(width, _)| width.0.into())
        });
        Self {
            out: BufWriter::new(out),
            paint: Paint::of(color, is_terminal),
            width,
        }
    }

    pub(super) fn paint(&self) -> Paint {
        self.paint
    }

    /// Cells of a line; none where lines may have any length.
    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Whether a person looks at it.
    pub(super) fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// A value as JSON, on many lines.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Outcome {
        serde_json::to_writer_pretty(&mut self.out, value).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // A command that ends well has flushed; for one that fails this is the last chance, and
        // the failure itself is told.
        let _ = self.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_choice() {
        assert!(Paint::of(Color::Always, false).is_on());
        assert!(!Paint::of(Color::Never, true).is_on());
        assert!(!Paint::of(Color::Auto, false).is_on());
        assert_eq!(Paint::PLAIN.with(Style::Head, "a"), "a");
        assert_eq!(
            Paint::COLOURFUL.with(Style::Dim, "a"),
            "\u{1b}[2ma\u{1b}[0m"
        );
    }
}
