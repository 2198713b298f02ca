//! Plain text: paragraphs between blank lines.

use super::passage::{Block, Kind, Lines, pack};
use super::{DocumentInput, Draft};

/// The passages of a text, each with the line that it starts at.
pub(super) fn read(input: &DocumentInput<'_>) -> Vec<Draft> {
    let title = input.title();
    let mut lines = Lines::new(input.text);
    pack(input.text, &paragraphs(input.text))
        .into_iter()
        .map(|range| {
            let locator = format!("line {}", lines.at(range.start));
            input.passage(&title, &input.text[range], title.clone(), locator)
        })
        .collect()
}

fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        let range = position..position + line.len();
        position = range.end;
        if line.trim().is_empty() {
            open = false;
        } else {
            match blocks.last_mut() {
                Some(block) if open => block.range.end = range.end,
                _ => blocks.push(Block {
                    range,
                    kind: Kind::Prose,
                }),
            }
            open = true;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use memos_core::{Origin, SemanticType};

    use super::*;

    #[test]
    fn paragraphs_are_packed_and_located() {
        let paragraph = "We walked along the wall until the light was gone. ".repeat(13);
        let text = format!("Title\n\n{paragraph}\n\n{paragraph}\r\n\r\n{paragraph}\n\nThe end.");
        let mut input = DocumentInput::new(&text, "2025-06-01".parse().unwrap());
        input.name = Some("walk.txt".into());
        let drafts = read(&input);
        assert_eq!(drafts.len(), 3);
        assert!(drafts[0].text.starts_with("Title\n\nWe walked"));
        assert!(drafts[2].text.ends_with("gone. \n\nThe end."));
        let source = &drafts[1].sources[0];
        assert_eq!(source.reference, "walk.txt");
        assert_eq!(source.locator.as_deref(), Some("line 5"));
        assert_eq!(drafts[1].turn.session_id, "walk.txt");
        assert_eq!(drafts[1].key.as_deref(), Some("walk.txt"));
        assert_eq!(drafts[1].semantic_type, SemanticType::File);
        assert_eq!(drafts[1].origin, Origin::Retrieval);
    }

    #[test]
    fn a_note_stays_one_passage() {
        let input = DocumentInput::new("  Milk\n  Eggs\n", "2025-06-01".parse().unwrap());
        let drafts = read(&input);
        assert_eq!(drafts.len(), 1);
        assert_eq!(drafts[0].text, "  Milk\n  Eggs");
    }
}
