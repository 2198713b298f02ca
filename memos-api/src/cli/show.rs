//! `memos show`.

use std::io::Write as _;

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
        ("created", Some(memory.created_at.to_string())),
        ("updated", Some(memory.updated_at.to_string())),
        ("version", Some(memory.version.to_string())),
        ("used", Some(used)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
    .collect()
}
