//! Writes of cubes and of the names of their states.

use memos_core::{CubeId, Error, NamedSnapshot, Result};

use super::Effects;
use crate::vault::stage::Stage;
use crate::vault::{keys, lookups};

pub(super) fn create(stage: &mut Stage<'_>, id: &CubeId, record: Vec<u8>) -> Result<()> {
    let key = keys::cube(id);
    if stage.contains(&key)? {
        return Err(Error::cube_exists(id));
    }
    stage.write_encoded(key, record)
}

pub(super) fn ensure(stage: &mut Stage<'_>, id: &CubeId, record: Vec<u8>) -> Result<()> {
    let key = keys::cube(id);
    if stage.contains(&key)? {
        return Ok(());
    }
    stage.write_encoded(key, record)
}

pub(super) fn update(stage: &mut Stage<'_>, id: &CubeId, record: Vec<u8>) -> Result<()> {
    let key = keys::cube(id);
    if !stage.contains(&key)? {
        return Err(Error::cube_not_found(id));
    }
    stage.write_encoded(key, record)
}

/// All in one batch, however large the cube: a removal by halves would show a cube that lost some
/// of its memories.
pub(super) fn delete(stage: &mut Stage<'_>, effects: &mut Effects, id: CubeId) -> Result<()> {
    let key = keys::cube(&id);
    if !stage.contains(&key)? {
        return Err(Error::cube_not_found(&id));
    }
    stage.remove(key)?;
    lookups::leave_all(stage, &id)?;
    for space in keys::IN_CUBES {
        stage.remove_prefix(&keys::cube_prefix(space, &id))?;
    }
    effects.pen.forget_cube(&id);
    effects.dropped.insert(id);
    Ok(())
}

pub(super) fn name(stage: &mut Stage<'_>, cube: &CubeId, snapshot: &NamedSnapshot) -> Result<()> {
    snapshot.check_name()?;
    if !stage.contains(&keys::cube(cube))? {
        return Err(Error::cube_not_found(cube));
    }
    let key = keys::named(cube, &snapshot.name);
    if stage.contains(&key)? {
        return Err(Error::snapshot_exists(cube, &snapshot.name));
    }
    stage.write(key, snapshot)
}

pub(super) fn drop_name(stage: &mut Stage<'_>, cube: &CubeId, name: &str) -> Result<()> {
    let key = keys::named(cube, name);
    if !stage.contains(&key)? {
        return Err(Error::snapshot_not_found(cube, name));
    }
    stage.remove(key)
}
