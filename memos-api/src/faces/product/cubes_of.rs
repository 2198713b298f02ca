//! Which cubes a request reads and writes, and the names that clients have for them.

use memos_core::{Code, CubeId, Result};
use serde_json::{Map, Value};

use crate::faces::kit::{Form, cube_of};
use crate::http::Caller;
use crate::wire::{CreateCubeRequest, Cube, MemoryItem};

/// Where a cube, or a memory in it, keeps the name that was sent, if the cube's id stands for it.
const SENT: &str = "mem_cube_id";

/// A cube under the name that the client has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) id: CubeId,
}

impl Named {
    pub(super) fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let id = cube_of(&name);
        Self { name, id }
    }

    /// A cube that is there, under the name that was sent for it as far as that is known.
    pub(super) fn of(cube: &Cube) -> Option<Self> {
        let id = CubeId::new(cube.id.as_str()).ok()?;
        let kept = cube.info.get(SENT).and_then(Value::as_str);
        let name = sent(id.as_str(), [kept, Some(cube.name.as_str())]);
        let name = name.unwrap_or(id.as_str()).to_owned();
        Some(Self { name, id })
    }

    /// What a memory or a cube keeps of the name, where the id alone would not tell it.
    pub(super) fn keep_name(&self, info: &mut Map<String, Value>) {
        if self.id.as_str() != self.name {
            info.insert(SENT.to_owned(), self.name.as_str().into());
        }
    }

    /// Makes the cube unless it is there.
    pub(super) fn make(&self, c: &Caller, title: Option<&str>) -> Result<()> {
        if c.memos.exists(&c.who, &self.id)? {
            return Ok(());
        }
        let mut info = Map::new();
        self.keep_name(&mut info);
        let request = CreateCubeRequest {
            id: Some(self.id.to_string()),
            name: title.filter(|t| !t.trim().is_empty()).map(str::to_owned),
            info,
            ..CreateCubeRequest::default()
        };
        match c.memos.create_cube(&c.who, request) {
            Err(error) if error.code() == Code::CubeExists => Ok(()),
            created => created.map(drop),
        }
    }
}

/// The name by which clients know the cube of a memory.
pub(super) fn name_of(memory: &MemoryItem) -> &str {
    let kept = [SENT, "user_id"].map(|name| memory.info.get(name).and_then(Value::as_str));
    sent(&memory.cube_id, kept).unwrap_or(&memory.cube_id)
}

/// The one of these names that the cube's id stands for.
fn sent<'a>(id: &str, names: [Option<&'a str>; 2]) -> Option<&'a str> {
    let mut names = names.into_iter().flatten();
    names.find(|name| cube_of(name).as_str() == id)
}

/// Those of a list, each once; else the one that was named before there were lists; else the
/// user's own.
pub(super) fn cubes(form: &Form<'_>, list: &str, user_id: Option<&str>) -> Vec<Named> {
    let listed = form.texts(list).unwrap_or_default();
    let names = match (listed.is_empty(), single(form)) {
        (false, _) => listed,
        (true, Some(cube)) => vec![cube],
        (true, None) => user_id.map(str::to_owned).into_iter().collect(),
    };
    each_once(names)
}

/// The one cube that could be named before there were lists.
pub(super) fn single(form: &Form<'_>) -> Option<String> {
    form.text(SENT).filter(|name| !name.is_empty())
}

/// Cubes by name, each once, in order.
pub(super) fn each_once(names: Vec<String>) -> Vec<Named> {
    let mut cubes: Vec<Named> = Vec::with_capacity(names.len());
    for name in names {
        if !cubes.iter().any(|cube| cube.name == name) {
            cubes.push(Named::new(name));
        }
    }
    cubes
}
