//! Which cubes a request reads and writes.

use memos_core::CubeId;

use crate::faces::kit::{Form, cube_of};

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
}

/// Those of a list, each once; else the one that was named before there were lists; else the
/// user's own.
pub(super) fn cubes(form: &Form<'_>, list: &str, user_id: Option<&str>) -> Vec<Named> {
    let listed = form.texts(list).unwrap_or_default();
    let single = form.text("mem_cube_id");
    let names = match (listed.is_empty(), single) {
        (false, _) => listed,
        (true, Some(cube)) => vec![cube],
        (true, None) => user_id.map(str::to_owned).into_iter().collect(),
    };
    each_once(names)
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
