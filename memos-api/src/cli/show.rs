//! `memos show`.

use std::io::Write as _;

use memos_core::Timestamp;

use super::args::ShowArgs;
use super::console::{Console, Style};
use super::target::Target;
use super::{Outcome, search, text};
use crate::wire::MemoryItem;

pub(super) async fn run(args: ShowArgs, target: &Target, console: &mut Console) -> Outcome {
    let memory = target.find(args.cube.as_ref(), args.id).await?;
    if args.json {
        return console.json(&memory);
    }
    let fields = fields(&memory);
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let paint = console.paint();
    for (name, value) in fields {
        let name = paint.with(Style::Dim, &format!("{name:<width$}"));
        writeln!(console, "{name}  {}", text::one_line(&value))?;
    }
    writeln!(console)?;
    Ok(writeln!(
        console,
        "{}",
        paint.with(Style::Strong, &text::printable(&memory.text))
    )?)
}

/// What is known, in the order in which people ask; what is empty is left out.
fn fields(memory: &MemoryItem) -> Vec<(&'static str, String)> {
    let list = |values: &[String]| Some(values.join(", "));
    let times: Vec<String> = memory
        .times
        .iter()
        .map(|t| match &t.text {
            Some(words) => format!("\"{words}\" is {}", search::stretch(t)),
            None => search::stretch(t),
        })
        .collect();
    let sources: Vec<String> = memory
        .sources
        .iter()
        .map(|s| match &s.locator {
            Some(locator) => format!("{} {}, {locator}", s.kind, s.reference),
            None => format!("{} {}", s.kind, s.reference),
        })
        .collect();
    let derived: Vec<String> = memory
        .derived_from
        .iter()
        .map(ToString::to_string)
        .collect();
    let links: Vec<String> = memory
        .links
        .iter()
        .map(|link| format!("{} {}", link.kind, link.to))
        .collect();
    let at = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let info = serde_json::Value::Object(memory.info.clone()).to_string();
    let used = match memory.last_used {
        Some(last) => format!("{} times, last {last}", memory.use_count),
        None => format!("{} times", memory.use_count),
    };
    [
        ("id", Some(memory.id.to_string())),
        ("cube", Some(memory.cube_id.clone())),
        (
            "kind",
            Some(format!("{}, {}", memory.kind, memory.semantic_type)),
        ),
        ("state", Some(memory.state.clone())),
        ("speaker", memory.speaker.clone()),
        ("role", memory.role.clone()),
        ("session", memory.session_id.clone()),
        ("said", Some(memory.said_at.to_string())),
        ("times", list(&times)),
        ("valid from", at(memory.valid_from)),
        ("valid until", at(memory.valid_until)),
        (
            "superseded by",
            memory.superseded_by.map(|id| id.to_string()),
        ),
        ("links", list(&links)),
        ("key", memory.key.clone()),
        ("tags", list(&memory.tags)),
        ("entities", list(&memory.entities)),
        ("image", memory.caption.clone()),
        ("origin", Some(memory.origin.clone())),
        ("sources", list(&sources)),
        ("derived from", list(&derived)),
        ("info", Some(info).filter(|_| !memory.info.is_empty())),
        ("owner", Some(memory.owner.clone())),
        ("priority", Some(memory.priority.clone())),
        ("tier", Some(memory.tier.clone())),
        ("lifespan", Some(memory.lifespan.clone())),
        ("created", Some(memory.created_at.to_string())),
        ("updated", Some(memory.updated_at.to_string())),
        ("version", Some(memory.version.to_string())),
        ("used", Some(used)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_took_its_place_and_how_long_it_lives_is_shown() {
        let id = "0197a5b2-6c1e-7d3f-8a90-b1c2d3e4f5a6";
        let memory: MemoryItem = serde_json::from_value(json!({
            "id": id, "cube_id": "c", "kind": "plaintext", "text": "I live in Athens.",
            "said_at": "2025-01-01T00:00:00Z", "times": [], "state": "activated",
            "semantic_type": "message", "origin": "user_input", "tags": [], "entities": [],
            "sources": [], "info": {}, "owner": "ada", "priority": "normal",
            "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
            "version": 1, "use_count": 0, "derived_from": [], "tier": "working",
            "lifespan": "decay", "valid_from": "2025-01-01T00:00:00Z",
            "valid_until": "2025-06-01T00:00:00Z", "superseded_by": id,
            "links": [{"kind": "relates_to", "to": id}],
        }))
        .unwrap();
        let fields = fields(&memory);
        for (name, value) in [
            ("valid from", "2025-01-01T00:00:00Z"),
            ("valid until", "2025-06-01T00:00:00Z"),
            ("superseded by", id),
            ("links", &format!("relates_to {id}")),
            ("tier", "working"),
            ("lifespan", "decay"),
        ] {
            assert!(
                fields.contains(&(name, value.to_owned())),
                "{name}: {fields:?}"
            );
        }
    }
}
