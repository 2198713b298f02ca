//! The file of the MCP reference memory server: an entity or a relation in each line.

use memos_core::{Code, Error, Result};
use serde::Deserialize;

use super::{DocumentInput, Draft, Format};
use crate::reader::{NAME_BYTES, Note};
use crate::wire::{GraphEntity, GraphRelation};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line {
    Entity(GraphEntity),
    Relation(GraphRelation),
}

/// The parts of the graph, in the order of the file.
pub(super) fn read(input: &DocumentInput<'_>) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for (i, line) in input.text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line: Line =
            serde_json::from_str(line).map_err(|e| not_a_part(i + 1, &e.to_string()))?;
        for note in notes(line) {
            let mut draft = note
                .map_err(|why| not_a_part(i + 1, why))?
                .draft(input.said_at);
            draft.tags.clone_from(&input.tags);
            for (name, value) in &input.info.0 {
                let fields = &mut draft.info.0;
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            drafts.push(draft);
        }
    }
    Ok(drafts)
}

fn notes(line: Line) -> Vec<Result<Note, &'static str>> {
    let worded = |text: &str, why| match text.trim().is_empty() {
        true => Err(why),
        false => Ok(()),
    };
    let short = |text: &str, why| match text.len() > NAME_BYTES {
        true => Err(why),
        false => Ok(()),
    };
    match line {
        Line::Entity(entity) => {
            let name = entity.name.clone();
            let head = worded(&entity.name, "its name is empty")
                .and_then(|()| worded(&entity.entity_type, "its entityType is empty"))
                .and_then(|()| short(&entity.name, "its name has more than 512 bytes"))
                .and_then(|()| {
                    short(
                        &entity.entity_type,
                        "its entityType has more than 512 bytes",
                    )
                })
                .map(|()| Note::Entity {
                    name: entity.name,
                    kind: entity.entity_type,
                });
            let observed = entity.observations.into_iter().map(|text| {
                worded(&text, "one of its observations is empty")?;
                Ok(Note::Observation {
                    entity: name.clone(),
                    text,
                })
            });
            std::iter::once(head).chain(observed).collect()
        }
        Line::Relation(relation) => {
            let all = [&relation.from, &relation.to, &relation.relation_type];
            let checked = all.into_iter().try_for_each(|text| {
                worded(text, "from, to or relationType is empty")?;
                short(text, "from, to or relationType has more than 512 bytes")
            });
            vec![checked.map(|()| Note::Relation(relation))]
        }
    }
}

fn not_a_part(line: usize, why: &str) -> Error {
    Error::new(
        Code::InvalidDocument,
        format!("line {line} is no part of a graph: {why}"),
    )
    .remedy(format!(
        "each line is {{\"type\": \"entity\", \"name\", \"entityType\", \"observations\"}} or \
         {{\"type\": \"relation\", \"from\", \"to\", \"relationType\"}}; or name another format: {}",
        Format::NAMES
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read_document;

    const FILE: &str = "\
{\"type\":\"entity\",\"name\":\"Mina\",\"entityType\":\"person\",\"observations\":[\"Speaks Greek\",\"Lives in Lyon\"]}

{\"type\":\"entity\",\"name\":\"Acme\",\"entityType\":\"company\",\"observations\":[]}
{\"type\":\"relation\",\"from\":\"Mina\",\"to\":\"Acme\",\"relationType\":\"works_at\"}
";

    fn input(text: &str) -> DocumentInput<'_> {
        DocumentInput {
            name: Some("memory.jsonl".into()),
            ..DocumentInput::new(text, "2025-06-01".parse().unwrap())
        }
    }

    #[test]
    fn a_file_is_known_and_read_in_order() {
        assert_eq!(
            Format::detect(Some("memory.jsonl"), FILE).unwrap(),
            Format::McpMemory
        );
        let drafts = read_document(&input(FILE)).unwrap();
        let texts: Vec<_> = drafts.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "person",
                "Speaks Greek",
                "Lives in Lyon",
                "company",
                "Mina works_at Acme"
            ]
        );
    }

    #[test]
    fn a_bad_line_is_named() {
        for (bad, why) in [
            ("{\"type\":\"entity\",\"name\":\"A\"}", "entityType"),
            ("{\"type\":\"thing\"}", "thing"),
            (
                "{\"type\":\"entity\",\"name\":\" \",\"entityType\":\"t\",\"observations\":[]}",
                "name is empty",
            ),
            ("{\"type\":", "EOF"),
        ] {
            let text = format!("{FILE}{bad}\n");
            let given = DocumentInput {
                format: Some(Format::McpMemory),
                ..input(&text)
            };
            let error = read_document(&given).unwrap_err();
            assert!(error.message().starts_with("line 5 "), "{error}");
            assert!(error.message().contains(why), "{error}");
        }
    }
}
