//! A cube as JSON Lines: the same cube gives the same bytes.

use std::collections::{BTreeMap, VecDeque};

use memos_core::{Code, CubeId, Error, MemCube, Memory, MemoryId, Result, Snapshot};
use serde_json::Value;

use super::Past;
use super::diff::unprintable;

/// Memories read at a time.
const PAGE: usize = 256;

/// The lines of a cube: `{"cube": …}`, then `{"memory": …}` for each memory by id, with sorted
/// keys and without a line break at the end. After an error there are no more lines.
///
/// # Errors
/// `CubeNotFound`, or if the storage can't be read.
pub fn dump<'a>(
    snapshot: &'a dyn Snapshot,
    cube: &CubeId,
) -> Result<impl Iterator<Item = Result<String>> + use<'a>> {
    let header = header(snapshot, cube)?;
    let cube = cube.clone();
    lines(&header, move |after| snapshot.memories(&cube, after, PAGE))
}

impl Past<'_> {
    /// As [`dump`], of the cube as it was. Headers of cubes have no history: the first line is that
    /// of now.
    ///
    /// # Errors
    /// `CubeNotFound`, or if the storage can't be read.
    pub fn dump(&self) -> Result<impl Iterator<Item = Result<String>>> {
        let header = header(self.snapshot(), self.cube_id())?;
        lines(&header, |after| self.memories(after, PAGE))
    }
}

fn header(snapshot: &dyn Snapshot, cube: &CubeId) -> Result<MemCube> {
    snapshot
        .cube(cube)?
        .ok_or_else(|| Error::cube_not_found(cube))
}

fn lines<P>(header: &MemCube, mut page: P) -> Result<impl Iterator<Item = Result<String>> + use<P>>
where
    P: FnMut(Option<MemoryId>) -> Result<Vec<Memory>>,
{
    let mut ready = VecDeque::from([cube_line(header)?]);
    let mut after = None;
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ready.is_empty() && !ended {
            let read = page(after).and_then(|memories| {
                ended = memories.len() < PAGE;
                after = memories.last().map(|m| m.id).or(after);
                memories.iter().map(memory_line).collect::<Result<Vec<_>>>()
            });
            match read {
                Ok(more) => ready.extend(more),
                Err(e) => {
                    ended = true;
                    return Some(Err(e));
                }
            }
        }
        ready.pop_front().map(Ok)
    }))
}

fn cube_line(cube: &MemCube) -> Result<String> {
    let value = serde_json::to_value(cube).map_err(|e| {
        Error::new(
            Code::Internal,
            format!("cube {:?} can't be written as JSON", cube.id.as_str()),
        )
        .caused_by(e)
    })?;
    Ok(line("cube", &value))
}

fn memory_line(memory: &Memory) -> Result<String> {
    let value = serde_json::to_value(memory).map_err(|e| unprintable(memory, e))?;
    Ok(line("memory", &value))
}

fn line(kind: &str, value: &Value) -> String {
    let mut out = format!("{{\"{kind}\":");
    write(value, &mut out);
    out.push('}');
    out
}

/// Sorted here and not by serde_json's map, whose order depends on how it is built.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            out.push('{');
            let sorted: BTreeMap<&str, &Value> =
                fields.iter().map(|(k, v)| (k.as_str(), v)).collect();
            for (i, (key, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
