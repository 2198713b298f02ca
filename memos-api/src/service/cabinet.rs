//! Cubes that hold what others refer to: knowledge bases, profile templates, profiles. They are found
//! by the beginning of their ids.

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Info, MemCube, Result, UserId, Write,
};

use super::MemOs;
use super::cubes::{SCAN, cube_event, new_cube};

/// A cube that is to be made.
pub(super) struct NewCabinet {
    pub(super) id: CubeId,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) info: Info,
}

impl MemOs {
    /// The cubes whose ids begin so and that the caller may read, by id. It reads no others.
    pub(super) fn cabinets(&self, who: &UserId, prefix: &str) -> Result<Vec<MemCube>> {
        let snapshot = self.vault.snapshot()?;
        let (mut found, mut after) = (Vec::new(), CubeId::new(prefix).ok());
        loop {
            let page = snapshot.cubes(after.as_ref(), SCAN)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = Some(last.id.clone());
            for cube in page {
                if !cube.id.as_str().starts_with(prefix) {
                    return Ok(found);
                }
                if self.guard.cube(who, Action::Read, &cube).is_ok() {
                    found.push(cube);
                }
            }
        }
    }

    /// Makes cubes, all or none.
    pub(super) fn make_cabinets(&self, who: &UserId, cabinets: Vec<NewCabinet>) -> Result<()> {
        let now = self.clock.now();
        let mut commit = Commit::default();
        for cabinet in cabinets {
            commit
                .events
                .push(cube_event(&cabinet.id, who, EventKind::CubeCreated));
            commit.writes.push(Write::CreateCube(MemCube {
                name: cabinet.name,
                description: cabinet.description,
                info: cabinet.info,
                ..new_cube(cabinet.id, who, now)
            }));
        }
        self.vault.commit(commit).map(drop)
    }

    /// Deletes a cube; one that is not there is no error.
    pub(super) fn drop_cabinet(&self, who: &UserId, id: &CubeId) -> Result<()> {
        match self.delete_cube(who, id) {
            Err(error) if error.code() == Code::CubeNotFound => Ok(()),
            other => other,
        }
    }
}

/// The id of a cube: what it is, and its name.
pub(super) fn cabinet_id(prefix: &str, name: &str, missing: &str) -> Result<CubeId> {
    CubeId::new(format!("{prefix}{name}")).map_err(|_| {
        Error::new(
            Code::CubeNotFound,
            format!("there is no {missing} {name:?}"),
        )
        .remedy("pass the id of an answer as it is")
    })
}
