//! Notes in the header of a cube: what a face keeps of its own settings, durable like all else.

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, MemCube, Result, UserId, Why, Write,
};
use serde_json::{Map, Value};

use super::cubes::{cube_event, new_cube};
use super::{MemOs, check};

/// Bytes of JSON that all notes of one cube may have: a header is read with each use of its cube.
const MOST_BYTES: usize = 256 * 1024;

impl MemOs {
    /// A note of a cube; none if it has none of that name, or is not there.
    ///
    /// # Errors
    /// `Forbidden`, or if the storage can't be read.
    pub fn note_of(&self, who: &UserId, cube: &CubeId, name: &str) -> Result<Option<Value>> {
        match self.visible_cube(who, Action::Read, cube) {
            Ok(cube) => Ok(cube.info.0.get(name).cloned()),
            Err(error) if error.code() == Code::CubeNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes a note of a cube, which is created for the caller if it is not there: `change` gets
    /// what the note is and makes it what it becomes. Nobody changes the cube in between.
    ///
    /// # Errors
    /// Those of `change`; `Forbidden`, `TooLarge`, `DiskFull`. Nothing is written then.
    pub fn amend_note<T>(
        &self,
        who: &UserId,
        cube: &CubeId,
        name: &str,
        change: impl FnOnce(&mut Value) -> Result<T>,
    ) -> Result<T> {
        let mut made = None;
        self.residency.commit(cube, || {
            let now = self.clock.now();
            let (mut header, is_new) = match self.vault.cube(cube)? {
                Some(header) => {
                    self.guard.cube(who, Action::Administer, &header)?;
                    (header, false)
                }
                None => (new_cube(cube.clone(), who, now), true),
            };
            let mut note = header.info.0.get(name).cloned().unwrap_or_default();
            made = Some(change(&mut note)?);
            match note {
                Value::Null => drop(header.info.0.remove(name)),
                note => drop(header.info.0.insert(name.to_owned(), note)),
            }
            check::info(&header.info.0)?;
            small_enough(&header.info.0)?;
            header.updated_at = now;
            Ok(Commit {
                writes: vec![writing(header, is_new)],
                events: vec![cube_event(cube, who, told(is_new))],
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            })
        })?;
        made.ok_or_else(|| Error::new(Code::Internal, "the note was not changed"))
    }
}

fn writing(header: MemCube, is_new: bool) -> Write {
    match is_new {
        true => Write::CreateCube(header),
        false => Write::UpdateCube(header),
    }
}

const fn told(is_new: bool) -> EventKind {
    match is_new {
        true => EventKind::CubeCreated,
        false => EventKind::CubeUpdated,
    }
}

fn small_enough(info: &Map<String, Value>) -> Result<()> {
    let bytes = serde_json::to_vec(info).map_or(usize::MAX, |json| json.len());
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::new(
        Code::TooLarge,
        format!("what is kept beside the cube would have {bytes} bytes, more than {MOST_BYTES}"),
    )
    .remedy("keep less of it, or remove what is not needed any more"))
}
