//! Cubes on the wire.

use memos_core::{Code, Error, MemCube, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Creates a cube.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCubeRequest {
    /// Its address: 1 to 128 letters, digits or `_ - . : @ + #`. Made for you if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What people call it; the id if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Fields of your own.
    #[serde(default)]
    pub info: Map<String, Value>,
}

/// A cube.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cube {
    /// Its address.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose it is.
    pub owner: String,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Last change of this header.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Fields of your own.
    pub info: Map<String, Value>,
    /// If it is a what-if branch: the cube that it reads through to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseItem>,
}

/// What a branch reads through to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BaseItem {
    /// The cube.
    pub cube_id: String,
    /// The last change of it that the branch sees.
    pub change: u64,
}

impl CreateCubeRequest {
    /// Checks what the types leave open.
    ///
    /// # Errors
    /// `InvalidRequest` for a name without a letter.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.name {
            Some(name) if name.trim().is_empty() => {
                Err(Error::new(Code::InvalidRequest, "the name is empty")
                    .at("/name")
                    .remedy("give it a letter, or leave it out: the id is the name then"))
            }
            _ => Ok(()),
        }
    }
}

impl From<MemCube> for Cube {
    fn from(cube: MemCube) -> Self {
        Self {
            id: cube.id.into(),
            name: cube.name,
            description: cube.description,
            owner: cube.owner.into(),
            created_at: cube.created_at,
            updated_at: cube.updated_at,
            info: cube.info.0,
            base: cube.base.map(|base| BaseItem {
                cube_id: base.cube_id.into(),
                change: base.at.0,
            }),
        }
    }
}

/// Cubes in the order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CubePage {
    /// The cubes that you can see.
    pub cubes: Vec<Cube>,
    /// Pass it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
