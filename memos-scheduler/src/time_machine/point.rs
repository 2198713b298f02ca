//! Points in the life of a cube, and names for them.

use std::fmt;
use std::str::FromStr;

use memos_core::{
    ChangeSeq, Code, Commit, CubeId, Error, EventKind, NamedSnapshot, NewEvent, Result, Snapshot,
    Timestamp, UserId, Write,
};

/// A point in the life of a cube: `2025-03-01T09:30:00Z`, `2025-03-01` (its first instant, UTC),
/// `change:123`, or the name of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// After all that was committed at or before an instant.
    Instant(Timestamp),
    /// After a change.
    Change(ChangeSeq),
    /// What a named snapshot stands for.
    Name(String),
}

impl Point {
    /// The last change of the cube that counts; zero if none does.
    ///
    /// # Errors
    /// `SnapshotNotFound` with the names that there are; `InvalidRequest` for a change that is
    /// still to come.
    pub fn resolve(&self, snapshot: &dyn Snapshot, cube: &CubeId) -> Result<ChangeSeq> {
        match self {
            Self::Instant(instant) => snapshot.change_at(cube, *instant),
            Self::Change(seq) => {
                // What the cube's own last changes made may have been forgotten since.
                let head = snapshot.last_change()?;
                if *seq <= head {
                    return Ok(*seq);
                }
                Err(Error::new(
                    Code::InvalidRequest,
                    format!("there is no change {seq}: the last is {head}"),
                )
                .remedy("name one of its history, an instant, or a snapshot"))
            }
            Self::Name(name) => {
                let known = snapshot.named(cube)?;
                known
                    .iter()
                    .find(|n| n.name == *name)
                    .map(|n| n.at)
                    .ok_or_else(|| snapshot_not_found(cube, name, &known))
            }
        }
    }
}

impl FromStr for Point {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(number) = text.strip_prefix("change:") {
            return number
                .parse()
                .map(|n| Self::Change(ChangeSeq(n)))
                .map_err(|e| {
                    Error::new(
                        Code::InvalidRequest,
                        format!("{text:?} does not name a change: {e}"),
                    )
                    .remedy("write change: and its number, as in the history")
                });
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        checked_name(text).map(Self::Name)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(instant) => instant.fmt(f),
            Self::Change(seq) => write!(f, "change {seq}"),
            Self::Name(name) => write!(f, "snapshot {name:?}"),
        }
    }
}

/// The last change of a cube; zero if there is none.
pub(super) fn head(snapshot: &dyn Snapshot, cube: &CubeId) -> Result<ChangeSeq> {
    snapshot.change_at(cube, Timestamp::MAX)
}

/// The commit that gives a name to a point of a cube, or to what it is in this snapshot.
/// [`Snapshot::named`] lists the names.
///
/// # Errors
/// `CubeNotFound`; `Conflict` if the name is taken; `InvalidRequest` if it would be read as an
/// instant or a change; those of [`Point::resolve`].
pub fn take_snapshot(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    name: &str,
    of: Option<&Point>,
    note: Option<String>,
    who: &UserId,
    now: Timestamp,
) -> Result<Commit> {
    if snapshot.cube(cube)?.is_none() {
        return Err(Error::cube_not_found(cube));
    }
    let name = match name.parse() {
        Ok(Point::Name(name)) => name,
        Err(error) if error.field() == Some("name") => return Err(error),
        Ok(Point::Instant(_) | Point::Change(_)) | Err(_) => {
            return Err(refuse_name(name, "it reads as an instant or a change"));
        }
    };
    if snapshot.named(cube)?.iter().any(|n| n.name == name) {
        return Err(Error::snapshot_exists(cube, &name).at("name"));
    }
    let at = match of {
        Some(point) => point.resolve(snapshot, cube).map_err(|e| e.at("at"))?,
        None => head(snapshot, cube)?,
    };
    let taken = NamedSnapshot {
        name,
        at,
        taken_at: now,
        by: who.clone(),
        note,
    };
    Ok(naming(
        cube,
        who,
        EventKind::SnapshotTaken,
        Write::NameSnapshot {
            cube_id: cube.clone(),
            snapshot: taken,
        },
    ))
}

/// The commit that drops a name. What it stood for stays in the history.
///
/// # Errors
/// `SnapshotNotFound` with the names that there are.
pub fn drop_snapshot(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    name: &str,
    who: &UserId,
) -> Result<Commit> {
    let known = snapshot.named(cube)?;
    if !known.iter().any(|n| n.name == name) {
        return Err(snapshot_not_found(cube, name, &known));
    }
    Ok(naming(
        cube,
        who,
        EventKind::SnapshotDropped,
        Write::DropSnapshot {
            cube_id: cube.clone(),
            name: name.to_owned(),
        },
    ))
}

fn naming(cube: &CubeId, who: &UserId, kind: EventKind, write: Write) -> Commit {
    Commit {
        writes: vec![write],
        events: vec![NewEvent {
            cube_id: cube.clone(),
            memory_id: None,
            actor: who.clone(),
            kind,
        }],
        ..Commit::default()
    }
}

fn checked_name(text: &str) -> Result<String> {
    let bytes = text.len();
    if bytes == 0 || bytes > NamedSnapshot::MAX_NAME {
        return Err(refuse_name(text, &format!("it has {bytes} bytes")));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse_name(text, "it has control characters"));
    }
    Ok(text.to_owned())
}

fn refuse_name(text: &str, why: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("{text:?} is not a name of a snapshot: {why}"),
    )
    .at("name")
    .remedy(format!(
        "use 1 to {} bytes of printable text that don't read as a date or change:NUMBER",
        NamedSnapshot::MAX_NAME
    ))
}

fn snapshot_not_found(cube: &CubeId, name: &str, known: &[NamedSnapshot]) -> Error {
    let names: Vec<String> = known.iter().map(|n| format!("{:?}", n.name)).collect();
    let remedy = if names.is_empty() {
        "it has none: give an instant such as 2025-03-01T09:30:00Z, or change:NUMBER".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Error::snapshot_not_found(cube, name).remedy(remedy)
}
