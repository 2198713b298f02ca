//! Branches come and go.

use memos_core::{
    Base, Code, Commit, CubeId, Error, EventKind, MemCube, NewEvent, Result, Snapshot, Timestamp,
    UserId, Write,
};

use super::Point;

/// Headers read at a time.
const PAGE: usize = 256;

/// The commit that makes a branch: a cube that reads through to `base` as it is at a point, and can
/// be changed without changing it. It costs nothing but a header. Who may do what with the branch is
/// as in the base, so nobody sees more through it.
///
/// # Errors
/// `CubeNotFound` if there is no such base; `CubeExists` if there is a cube `id`; those of
/// [`Point::resolve`].
pub fn fork(
    snapshot: &dyn Snapshot,
    base: &CubeId,
    at: &Point,
    id: &CubeId,
    name: &str,
    who: &UserId,
    now: Timestamp,
) -> Result<Commit> {
    let header = snapshot
        .cube(base)?
        .ok_or_else(|| Error::cube_not_found(base))?;
    if snapshot.cube(id)?.is_some() {
        return Err(Error::cube_exists(id).remedy("choose another id for the branch"));
    }
    let branch = MemCube {
        id: id.clone(),
        name: name.to_owned(),
        created_at: now,
        updated_at: now,
        base: Some(Base {
            cube_id: base.clone(),
            at: at.resolve(snapshot, base).map_err(|e| e.at("at"))?,
        }),
        ..header
    };
    Ok(Commit {
        writes: vec![Write::CreateCube(branch)],
        events: vec![about(id, who, EventKind::CubeCreated)],
        ..Commit::default()
    })
}

/// The commit that drops a branch with all that was changed in it. Its base stays as it is.
///
/// # Errors
/// `CubeNotFound`; `InvalidRequest` if the cube is no branch.
pub fn drop_branch(snapshot: &dyn Snapshot, branch: &CubeId, who: &UserId) -> Result<Commit> {
    base_of(snapshot, branch)?;
    Ok(Commit {
        writes: vec![Write::DeleteCube(branch.clone())],
        events: vec![about(branch, who, EventKind::CubeDeleted)],
        ..Commit::default()
    })
}

/// The branches of a cube, without those of its branches. It reads the headers of all cubes:
/// [`Branching::branches_of`](super::Branching::branches_of) does not.
///
/// # Errors
/// If the storage can't be read.
pub fn branches_of(snapshot: &dyn Snapshot, cube: &CubeId) -> Result<Vec<MemCube>> {
    let mut branches = Vec::new();
    each_cube(snapshot, |header| {
        if header.base.as_ref().is_some_and(|b| b.cube_id == *cube) {
            branches.push(header);
        }
    })?;
    Ok(branches)
}

/// What a branch reads through to.
pub(super) fn base_of(snapshot: &dyn Snapshot, branch: &CubeId) -> Result<Base> {
    let header = snapshot
        .cube(branch)?
        .ok_or_else(|| Error::cube_not_found(branch))?;
    header.base.ok_or_else(|| {
        Error::new(
            Code::InvalidRequest,
            format!("cube {:?} is no branch", branch.as_str()),
        )
        .remedy("name a cube that was made by a fork")
    })
}

/// Goes through the headers of all cubes.
pub(super) fn each_cube(snapshot: &dyn Snapshot, mut visit: impl FnMut(MemCube)) -> Result<()> {
    let mut after: Option<CubeId> = None;
    loop {
        let page = snapshot.cubes(after.as_ref(), PAGE)?;
        let full = page.len() == PAGE;
        after = page.last().map(|cube| cube.id.clone());
        page.into_iter().for_each(&mut visit);
        if !full {
            return Ok(());
        }
    }
}

fn about(cube: &CubeId, who: &UserId, kind: EventKind) -> NewEvent {
    NewEvent {
        cube_id: cube.clone(),
        memory_id: None,
        actor: who.clone(),
        kind,
    }
}
