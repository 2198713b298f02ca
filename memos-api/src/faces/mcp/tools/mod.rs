//! The tools, a module for each set.

mod files;
mod graph;
mod mem0;
mod memos;
mod own;

pub(super) use files::tools as files;
pub(super) use graph::tools as graph;
pub(super) use mem0::tools as mem0;
pub(super) use memos::tools as memos;
pub(super) use own::tools as own;

use memos_core::{CubeId, MemoryId, Result};

use super::tool::Call;
use crate::wire::ListRequest;

/// Memories forgotten between two words of progress.
const BATCH: u32 = 200;

/// Forgets all of a cube, and says how far it has come. What was derived from a memory goes with it.
fn forget_everything(call: &Call<'_>, cube: &CubeId) -> Result<()> {
    let request = ListRequest {
        limit: Some(BATCH),
        ..ListRequest::default()
    };
    let total = call.unless_new(cube, call.memos.count(call.who, cube))?;
    let mut left = total;
    while left > 0 {
        call.progress.step(total - left, total, "forgetting")?;
        let page = call.memos.list(call.who, cube, &request)?;
        let ids: Vec<MemoryId> = page.memories.iter().map(|memory| memory.id).collect();
        if ids.is_empty() {
            break;
        }
        call.memos.forget_all(call.who, cube, &ids)?;
        // Others may add meanwhile; what was there is what was meant.
        left = left.saturating_sub(ids.len());
    }
    Ok(())
}
