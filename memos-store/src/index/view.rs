//! What one reader may see of one cube.

use memos_core::Scope;

use super::cube::{CubeIndex, Entry};
use super::session::Slot;

/// One cube through one reader's eyes.
pub(crate) struct View<'a> {
    pub(crate) cube: &'a CubeIndex,
    /// Which slots the reader may see; `None` if all.
    visible: Option<Vec<bool>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(cube: &'a CubeIndex, scope: &Scope) -> Self {
        let hidden = !scope.admits_all()
            && cube
                .entries()
                .any(|(_, e)| !scope.admits(&e.doc.memory.header.governance));
        let visible = hidden.then(|| {
            let mut visible = vec![false; cube.slots()];
            for (slot, entry) in cube.entries() {
                visible[slot as usize] = scope.admits(&entry.doc.memory.header.governance);
            }
            visible
        });
        Self { cube, visible }
    }

    pub(crate) fn sees(&self, slot: Slot) -> bool {
        self.visible.as_ref().is_none_or(|v| v[slot as usize])
    }

    pub(crate) fn sees_all(&self) -> bool {
        self.visible.is_none()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (Slot, &'a Entry)> {
        self.cube.entries().filter(|(slot, _)| self.sees(*slot))
    }
}
