//! The MemCube: what is owned, scheduled, shared, exported and migrated.

use serde::{Deserialize, Serialize};

use crate::{Access, CubeId, Info, Timestamp, UserId};

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
}
