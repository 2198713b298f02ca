//! Cubes: create, list, read, delete.

use memos_core::{
    Access, Action, Code, Commit, CubeId, Error, EventKind, Info, MemCube, NewEvent, Result,
    Snapshot, Timestamp, UserId, Write,
};

use super::{MemOs, check};
use crate::wire::{CreateCubeRequest, Cube, CubePage};

/// Records read at a time while a page is filled.
pub(super) const SCAN: usize = 256;

/// Items on a page if the caller does not say.
pub(super) const PAGE: usize = 50;

impl MemOs {
    /// Creates a cube that belongs to the caller.
    ///
    /// # Errors
    /// `CubeExists` if there is one of that id, `InvalidRequest` for an id that is not allowed.
    pub fn create_cube(&self, who: &UserId, request: CreateCubeRequest) -> Result<Cube> {
        request.check()?;
        check::info(&request.info)?;
        let id = match request.id {
            Some(id) => CubeId::new(id).map_err(|e| e.at("/id"))?,
            None => CubeId::new(memos_core::MemoryId::generate().to_string())?,
        };
        let now = self.clock.now();
        let cube = MemCube {
            name: request.name.unwrap_or_else(|| id.to_string()),
            description: request.description,
            info: Info(request.info),
            ..new_cube(id, who, now)
        };
        let event = cube_event(&cube.id, who, EventKind::CubeCreated);
        self.vault.commit(Commit {
            writes: vec![Write::CreateCube(cube.clone())],
            events: vec![event],
            ..Commit::default()
        })?;
        Ok(cube.into())
    }

    /// The cubes that the caller can see, by id.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad cursor or limit.
    pub fn cubes(
        &self,
        who: &UserId,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<CubePage> {
        let limit = self.page_size(limit)?;
        let mut after = cursor
            .map(|c| CubeId::new(c).map_err(|e| bad_cursor(&e)))
            .transpose()?;
        let snapshot = self.vault.snapshot()?;
        let mut cubes: Vec<Cube> = Vec::new();
        loop {
            let scanned = snapshot.cubes(after.as_ref(), SCAN)?;
            let Some(last) = scanned.last() else {
                return Ok(CubePage {
                    cubes,
                    next_cursor: None,
                });
            };
            after = Some(last.id.clone());
            for cube in scanned {
                if self.guard.cube(who, Action::Read, &cube).is_err() {
                    continue;
                }
                if cubes.len() == limit {
                    let next_cursor = cubes.last().map(|c| c.id.clone());
                    return Ok(CubePage { cubes, next_cursor });
                }
                cubes.push(cube.into());
            }
        }
    }

    /// A cube.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub fn cube(&self, who: &UserId, id: &CubeId) -> Result<Cube> {
        self.visible_cube(who, Action::Read, id).map(Cube::from)
    }

    /// Number of memories in a cube that the caller may read whole.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub fn count(&self, who: &UserId, id: &CubeId) -> Result<usize> {
        let scope = self
            .guard
            .scope(who, &self.visible_cube(who, Action::Read, id)?)?;
        let snapshot = self.vault.snapshot()?;
        let mut count = 0;
        for_each_memory(&*snapshot, id, |m| {
            count += usize::from(scope.admits(&m.header.governance));
            Ok(())
        })?;
        Ok(count)
    }

    /// Forgets a cube and all that it holds.
    ///
    /// # Errors
    /// `CubeNotFound`, `Forbidden`; also if one of its memories is under legal hold.
    pub fn delete_cube(&self, who: &UserId, id: &CubeId) -> Result<()> {
        self.residency.commit(id, || {
            let cube = self.visible_cube(who, Action::Administer, id)?;
            let snapshot = self.vault.snapshot()?;
            let mut events = Vec::new();
            for_each_memory(&*snapshot, id, |memory| {
                self.guard.memory(who, Action::Forget, &cube, &memory)?;
                events.push(NewEvent {
                    memory_id: Some(memory.id),
                    ..cube_event(id, who, EventKind::Forgotten)
                });
                Ok(())
            })?;
            events.push(cube_event(id, who, EventKind::CubeDeleted));
            Ok(Commit {
                writes: vec![Write::DeleteCube(id.clone())],
                events,
                ..Commit::default()
            })
        })?;
        Ok(())
    }

    pub(super) fn page_size(&self, limit: Option<u32>) -> Result<usize> {
        let most = self.limits.memories_per_answer;
        match limit.map(|l| l as usize) {
            None => Ok(PAGE.min(most)),
            Some(limit) if (1..=most).contains(&limit) => Ok(limit),
            Some(limit) => Err(Error::new(
                Code::InvalidRequest,
                format!("{limit} is out of range"),
            )
            .at("limit")
            .remedy(format!("use 1 to {most}"))),
        }
    }
}

/// A private cube with nothing but its id and owner.
pub(super) fn new_cube(id: CubeId, owner: &UserId, now: Timestamp) -> MemCube {
    MemCube {
        name: id.to_string(),
        id,
        description: None,
        owner: owner.clone(),
        access: Access::default(),
        created_at: now,
        updated_at: now,
        info: Info::default(),
        base: None,
    }
}

pub(super) fn cube_event(cube_id: &CubeId, actor: &UserId, kind: EventKind) -> NewEvent {
    NewEvent {
        cube_id: cube_id.clone(),
        memory_id: None,
        actor: actor.clone(),
        kind,
    }
}

pub(super) fn bad_cursor(cause: &Error) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("the cursor is not one of ours: {}", cause.message()),
    )
    .at("cursor")
    .remedy("pass next_cursor of the page before as it is, or nothing for the first page")
}

pub(super) fn for_each_memory(
    snapshot: &dyn Snapshot,
    cube: &CubeId,
    mut each: impl FnMut(memos_core::Memory) -> Result<()>,
) -> Result<()> {
    let mut after = None;
    loop {
        let page = snapshot.memories(cube, after, SCAN)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.id);
        page.into_iter().try_for_each(&mut each)?;
    }
}
