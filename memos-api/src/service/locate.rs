//! Where a memory is, and whether a cube is there: for callers that know an id alone.

use memos_core::{Action, Code, CubeId, Error, MemoryId, Result, UserId};

use super::MemOs;

impl MemOs {
    /// The cube in which the caller may read this memory. Where a what-if branch has a version of
    /// its own, it is the cube that is no branch.
    ///
    /// # Errors
    /// `MemoryNotFound` if there is none that the caller may read.
    pub fn locate(&self, who: &UserId, id: MemoryId) -> Result<CubeId> {
        let mut in_branch = None;
        for cube in self.vault.cubes_of(id)? {
            match self.is_branch_with(who, &cube, id)? {
                Some(false) => return Ok(cube),
                Some(true) => in_branch = in_branch.or(Some(cube)),
                None => {}
            }
        }
        in_branch.ok_or_else(|| {
            Error::new(
                Code::MemoryNotFound,
                format!("there is no memory {id} that you can see"),
            )
            .remedy("list or search the cubes for the id; a forgotten memory does not come back")
        })
    }

    /// Whether there is a cube of this id that the caller may read.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub fn exists(&self, who: &UserId, cube: &CubeId) -> Result<bool> {
        match self.visible_cube(who, Action::Read, cube) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Code::CubeNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the cube is a branch, if the caller may read the memory in it.
    fn is_branch_with(&self, who: &UserId, cube: &CubeId, id: MemoryId) -> Result<Option<bool>> {
        let Some(header) = self.vault.cube(cube)? else {
            return Ok(None);
        };
        let Some(memory) = self.vault.memory(cube, id)? else {
            return Ok(None);
        };
        let may = self
            .guard
            .cube(who, Action::Read, &header)
            .and_then(|()| self.guard.memory(who, Action::Read, &header, &memory));
        match may {
            Ok(()) => Ok(Some(header.base.is_some())),
            Err(error) if is_hidden(error.code()) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn is_hidden(code: Code) -> bool {
    matches!(
        code,
        Code::CubeNotFound | Code::MemoryNotFound | Code::Forbidden
    )
}
