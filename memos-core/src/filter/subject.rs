//! What a filter looks at: a borrowed view of a memory, and the value of one of its fields.

use std::collections::BTreeSet;

use serde_json::Value;

use super::atom::Atom;
use crate::{CubeId, Header, Memory, MemoryId, Moment, State, TimeMention, Turn};

/// The parts of a memory that a [`Filter`](crate::Filter) looks at, borrowed from wherever they
/// are kept: a [`Memory`], or the working set of an index.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The memory.
    pub id: MemoryId,
    /// The cube that holds it.
    pub cube_id: &'a CubeId,
    /// Where it is in its life.
    pub state: State,
    /// What is known about it.
    pub header: &'a Header,
    /// Its words, if it is plaintext.
    pub text: Option<&'a str>,
    /// Where in a dialogue or document it stands, if it is plaintext.
    pub turn: Option<&'a Turn>,
    /// The times that its words name.
    pub times: &'a [TimeMention],
}

impl<'a> From<&'a Memory> for Subject<'a> {
    fn from(memory: &'a Memory) -> Self {
        let plaintext = memory.payload.plaintext();
        Self {
            id: memory.id,
            cube_id: &memory.cube_id,
            state: memory.state,
            header: &memory.header,
            text: plaintext.map(|p| &*p.text),
            turn: plaintext.map(|p| &p.turn),
            times: plaintext.map_or(&[], |p| &p.times),
        }
    }
}

/// What a memory shows in one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact<'a> {
    Missing,
    One(Atom<'a>),
    Set(&'a BTreeSet<String>),
    Json(&'a Value),
    /// The times that it names, and when it was said.
    ValidTime(&'a [TimeMention], Moment),
}
