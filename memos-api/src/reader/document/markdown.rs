//! Markdown (the block structure of CommonMark): passages that never cross a heading.

use std::ops::Range;

use super::passage::{Block, Kind, Lines, pack};
use super::{DocumentInput, Draft};

/// A heading is a key of every passage under it: so many characters of it must do.
const LONGEST_HEADING: usize = 120;

/// The passages of each section; key and locator are the headings above them.
pub(super) fn read(input: &DocumentInput<'_>) -> Vec<Draft> {
    let title = input.title();
    let mut lines = Lines::new(input.text);
    let mut drafts = Vec::new();
    for section in sections(input.text) {
        for range in pack(input.text, &section.blocks) {
            let line = lines.at(range.start);
            let (key, locator) = match section.path.as_str() {
                "" => (title.clone(), format!("line {line}")),
                path => (path.to_owned(), path.to_owned()),
            };
            drafts.push(input.passage(&title, &input.text[range], key, locator));
        }
    }
    drafts
}

/// A heading's level and text, if the line is one that starts with `#`.
pub(super) fn heading(line: &str) -> Option<(usize, &str)> {
    let text = unindented(line)?;
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let spaced = rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']);
    if !(1..=6).contains(&level) || !spaced {
        return None;
    }
    let words = rest.trim();
    let closed = words.trim_end_matches('#');
    // `## Title ##` is closed by its marks, `# C#` is not.
    let words = match closed.is_empty() || closed.ends_with([' ', '\t']) {
        true => closed.trim_end(),
        false => words,
    };
    Some((level, words))
}

struct Section {
    /// The headings above it, outermost first, joined by ` > `.
    path: String,
    blocks: Vec<Block>,
}

fn sections(text: &str) -> Vec<Section> {
    let mut scan = Scan {
        text,
        sections: Vec::new(),
        headings: Vec::new(),
        heading: None,
        blocks: Vec::new(),
        open: None,
    };
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let range = position..position + line.len();
        position = range.end;
        scan.line(line, range);
    }
    scan.close_section(0);
    scan.sections
}

struct Scan<'a> {
    text: &'a str,
    sections: Vec<Section>,
    /// Levels and texts of the headings above this line.
    headings: Vec<(usize, String)>,
    /// The heading lines of this section, if nothing has followed them yet.
    heading: Option<Range<usize>>,
    blocks: Vec<Block>,
    open: Option<Open>,
}

/// The block that is growing.
struct Open {
    block: Block,
    kind: OpenKind,
    lines: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum OpenKind {
    Prose,
    List { gap: bool },
    Table,
    Fence { mark: u8, length: usize },
    FrontMatter,
}

impl Scan<'_> {
    fn line(&mut self, line: &str, range: Range<usize>) {
        if let Some(open) = &mut self.open {
            let ends = match open.kind {
                OpenKind::Fence { mark, length } => closes(line, mark, length),
                OpenKind::FrontMatter => line.trim_end() == "---",
                _ => return self.outside(line, range),
            };
            open.block.range.end = range.end;
            if ends {
                self.close_block();
            }
            return;
        }
        self.outside(line, range);
    }

    fn outside(&mut self, line: &str, range: Range<usize>) {
        if line.trim().is_empty() {
            match &mut self.open {
                Some(Open {
                    kind: OpenKind::List { gap },
                    ..
                }) => *gap = true,
                _ => self.close_block(),
            }
        } else if range.start == 0 && line.trim_end() == "---" {
            self.start(range, OpenKind::FrontMatter);
        } else if let Some((mark, length)) = opens_fence(line) {
            // A fence right under a list item or a sentence belongs to it, but its lines count.
            self.close_block();
            self.start(range, OpenKind::Fence { mark, length });
        } else if let Some((level, words)) = heading(line) {
            self.start_section(level, words, range);
        } else if let Some(level) = self.underlines(line) {
            if let Some(open) = self.open.take() {
                let words = self.text[open.block.range.clone()].trim();
                self.start_section(level, words, open.block.range.start..range.end);
            }
        } else {
            self.grow(line, range);
        }
    }

    fn grow(&mut self, line: &str, range: Range<usize>) {
        let item = is_list_item(line);
        let table = line.trim_start().starts_with('|');
        if let Some(open) = &mut self.open {
            let goes_on = match open.kind {
                OpenKind::List { gap: true } => item || line.starts_with([' ', '\t']),
                _ => true,
            };
            if goes_on {
                open.block.range.end = range.end;
                open.lines += 1;
                // The sentence before a list or a table stays with it.
                if item || matches!(open.kind, OpenKind::List { .. }) {
                    open.kind = OpenKind::List { gap: false };
                } else if table {
                    open.kind = OpenKind::Table;
                }
                return;
            }
            self.close_block();
        }
        let kind = match (item, table) {
            (true, _) => OpenKind::List { gap: false },
            (_, true) => OpenKind::Table,
            _ => OpenKind::Prose,
        };
        self.start(range, kind);
    }

    /// The level of the heading that this line makes of the line above it.
    fn underlines(&self, line: &str) -> Option<usize> {
        let open = self.open.as_ref()?;
        if open.kind != OpenKind::Prose || open.lines != 1 {
            return None;
        }
        let marks = unindented(line)?.trim_end();
        match marks.as_bytes().first()? {
            b'=' if marks.bytes().all(|b| b == b'=') => Some(1),
            b'-' if marks.len() > 1 && marks.bytes().all(|b| b == b'-') => Some(2),
            _ => None,
        }
    }

    fn start(&mut self, range: Range<usize>, kind: OpenKind) {
        self.open = Some(Open {
            block: Block {
                range,
                kind: Kind::Prose,
            },
            kind,
            lines: 1,
        });
    }

    fn close_block(&mut self) {
        if let Some(Open {
            mut block, kind, ..
        }) = self.open.take()
        {
            if kind != OpenKind::Prose {
                block.kind = Kind::Lines;
            }
            if let Some(heading) = self.heading.take() {
                block.range.start = heading.start;
            }
            self.blocks.push(block);
        }
    }

    fn start_section(&mut self, level: usize, words: &str, range: Range<usize>) {
        self.close_section(level);
        self.headings.retain(|(above, _)| *above < level);
        let words = words.chars().take(LONGEST_HEADING).collect();
        self.headings.push((level, words));
        let start = self.heading.as_ref().map_or(range.start, |h| h.start);
        self.heading = Some(start..range.end);
    }

    /// Ends the section before a heading of this level. A heading that nothing follows joins the
    /// section of a deeper heading under it, else it is a passage by itself.
    fn close_section(&mut self, next_level: usize) {
        self.close_block();
        let level = self.headings.last().map_or(0, |(level, _)| *level);
        if next_level <= level {
            self.blocks.extend(self.heading.take().map(|range| Block {
                range,
                kind: Kind::Prose,
            }));
        }
        if !self.blocks.is_empty() {
            let path: Vec<_> = self
                .headings
                .iter()
                .map(|(_, words)| words.as_str())
                .collect();
            self.sections.push(Section {
                path: path.join(" > "),
                blocks: std::mem::take(&mut self.blocks),
            });
        }
    }
}

/// The line without its indent, if that is too small to make it code.
fn unindented(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() <= 3).then_some(text)
}

fn opens_fence(line: &str) -> Option<(u8, usize)> {
    // Fences inside list items are indented further; they too must not be cut.
    let text = line.trim_start();
    let mark = *text.as_bytes().first()?;
    let length = text.bytes().take_while(|b| *b == mark).count();
    let inline = mark == b'`' && text[length..].contains('`');
    (matches!(mark, b'`' | b'~') && length >= 3 && !inline).then_some((mark, length))
}

fn closes(line: &str, mark: u8, length: usize) -> bool {
    let text = line.trim();
    text.len() >= length && text.bytes().all(|b| b == mark)
}

fn is_list_item(line: &str) -> bool {
    let text = line.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+']),
        1..=9 => text[digits..].strip_prefix(['.', ')']),
        _ => None,
    };
    rest.is_some_and(|rest| rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(text: &str) -> Vec<(String, String)> {
        let mut input = DocumentInput::new(text, "2025-06-01".parse().unwrap());
        input.name = Some("guide.md".into());
        read(&input)
            .into_iter()
            .map(|d| (d.key.unwrap(), d.text))
            .collect()
    }

    fn keys(text: &str) -> Vec<String> {
        passages(text).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn headings_are_keys_and_stay_in_the_text() {
        let text = "Before.\n\n# Guide\n\n## Set-up ##\n\nPlug it in.\n\n### Linux\nDone.\n\n## C#\n\nx\n\nLast\n====\n\nBye\n";
        let found = passages(text);
        let expected = [
            ("guide.md", "Before."),
            ("Guide > Set-up", "# Guide\n\n## Set-up ##\n\nPlug it in."),
            ("Guide > Set-up > Linux", "### Linux\nDone."),
            ("Guide > C#", "## C#\n\nx"),
            ("Last", "Last\n====\n\nBye"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(k, t)| ((*k).to_owned(), (*t).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_heading_that_nothing_follows_is_kept() {
        assert_eq!(
            passages("# A\n\n# B\n\n## C\n"),
            [
                ("A".to_owned(), "# A".to_owned()),
                ("B > C".to_owned(), "# B\n\n## C".to_owned())
            ]
        );
    }

    #[test]
    fn code_is_not_torn_and_its_comments_are_no_headings() {
        let code = "# a comment\nlet x = 1;\n\n".repeat(50);
        let text = format!("# Code\n\nRead this.\n\n```rust\n{code}```\n\nAfter it.\n");
        let found = passages(&text);
        assert!(found.iter().all(|(key, _)| key == "Code"));
        let whole = found.iter().filter(|(_, t)| t.contains("```rust")).count();
        assert_eq!(whole, 1);
        assert!(
            found
                .iter()
                .any(|(_, t)| t.contains("```rust") && t.contains("1;\n\n```"))
        );
    }

    #[test]
    fn code_of_many_pages_is_cut_between_lines() {
        let code = "let total = price * count + shipping_cost;\n".repeat(400);
        let found = passages(&format!("```\n{code}```\n"));
        assert!(found.len() > 3);
        for (_, text) in &found[1..found.len() - 1] {
            assert!(text.starts_with("let") && text.ends_with(';'));
        }
    }

    #[test]
    fn a_list_stays_with_its_sentence() {
        let item = "- a thing that we must not forget to bring along\n\n  with a remark\n\n";
        let prose = "Words before the list. ".repeat(40);
        let text = format!("{prose}\n\nThings:\n{}", item.repeat(6));
        let found = passages(&text);
        assert_eq!(found.len(), 2);
        assert!(found[1].1.starts_with("Things:"));
        assert_eq!(found[1].1.matches("- a thing").count(), 6);
    }

    #[test]
    fn a_heading_as_long_as_a_page_makes_a_short_key() {
        let found = passages(&format!("# {}\n\ntext\n", "word ".repeat(500)));
        assert!(found.len() > 1);
        for (key, _) in &found {
            assert_eq!(key.chars().count(), LONGEST_HEADING);
        }
        let words = found.iter().map(|(_, t)| t.matches("word").count());
        assert_eq!(words.sum::<usize>(), 500);
    }

    #[test]
    fn front_matter_and_rules_are_no_headings() {
        assert_eq!(
            keys("---\ntitle: x\n---\n\nText\n\n---\n\nmore\n"),
            ["guide.md"]
        );
        assert_eq!(keys("#hashtag\n\n####### seven\n"), ["guide.md"]);
    }
}
