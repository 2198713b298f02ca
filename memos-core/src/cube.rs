//! The MemCube: what is owned, scheduled, shared, exported and migrated.

use serde::{Deserialize, Serialize};

use crate::{Access, ChangeSeq, CubeId, Info, Timestamp, UserId};

/// Header of a cube. Its memories are records of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemCube {
    /// Its address.
    pub id: CubeId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whose it is.
    pub owner: UserId,
    /// Who else may read and write it.
    pub access: Access,
    /// When it was created.
    pub created_at: Timestamp,
    /// Last change of this header.
    pub updated_at: Timestamp,
    /// The caller's own fields.
    pub info: Info,
    /// If it is a what-if branch: what it reads through to.
    pub base: Option<Base>,
}

/// What a branch reads through to: another cube, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The cube.
    pub cube_id: CubeId,
    /// The last change of it that the branch sees.
    pub at: ChangeSeq,
}
