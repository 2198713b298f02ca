//! The graphs that were asked for of late, kept up to date by the events since.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memos_core::{CubeId, EventSeq, MemoryId, Result};

use super::board::Board;
use crate::service::MemOs;
use crate::service::cubes::for_each_memory;

/// Graphs that are kept. One that is not is read from the cube's records again.
const KEPT: usize = 64;

/// Events after which reading the cube again is cheaper than following them.
const FOLLOWED: u64 = 20_000;

/// Events read at a time.
const PAGE: usize = 256;

/// Graphs by cube, each as of an event.
#[derive(Default)]
pub(in crate::service) struct Boards {
    kept: Mutex<HashMap<CubeId, Kept>>,
    /// Who changes a graph first looks what is there: one at a time.
    changing: Mutex<()>,
}

struct Kept {
    seq: EventSeq,
    board: Arc<Board>,
}

impl Boards {
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, cube: &CubeId) -> Option<(EventSeq, Arc<Board>)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(cube).map(|one| (one.seq, Arc::clone(&one.board)))
    }

    fn keep(&self, cube: &CubeId, seq: EventSeq, board: &Arc<Board>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(cube) {
            let oldest = kept.iter().min_by_key(|(_, one)| one.seq);
            if let Some(oldest) = oldest.map(|(cube, _)| cube.clone()) {
                kept.remove(&oldest);
            }
        }
        let board = Arc::clone(board);
        kept.insert(cube.clone(), Kept { seq, board });
    }
}

/// What the events since then tell of a cube.
enum News {
    /// These memories changed.
    Of(BTreeSet<MemoryId>),
    /// Something happened to the cube as a whole.
    Whole,
}

impl MemOs {
    /// The graph of a cube, all of it, as of now.
    pub(super) fn whole_board(&self, cube: &CubeId) -> Result<Arc<Board>> {
        // What is read after this may be newer, and is then read once more: that changes nothing.
        let head = self.log.head();
        let board = match self.boards.get(cube) {
            Some((seq, board)) if seq >= head => return Ok(board),
            Some((seq, board)) if head.0 - seq.0 <= FOLLOWED => {
                match self.news(cube, seq, head)? {
                    News::Of(ids) if ids.is_empty() => board,
                    News::Of(ids) => Arc::new(self.followed((*board).clone(), cube, &ids)?),
                    News::Whole => Arc::new(self.scanned(cube)?),
                }
            }
            _ => Arc::new(self.scanned(cube)?),
        };
        self.boards.keep(cube, head, &board);
        Ok(board)
    }

    fn scanned(&self, cube: &CubeId) -> Result<Board> {
        let mut board = Board::default();
        let snapshot = self.vault.snapshot()?;
        for_each_memory(&*snapshot, cube, |memory| {
            board.put(&memory);
            Ok(())
        })?;
        Ok(board)
    }

    fn news(&self, cube: &CubeId, mut after: EventSeq, head: EventSeq) -> Result<News> {
        let mut ids = BTreeSet::new();
        while after < head {
            let events = self.log.events(after, PAGE)?;
            let Some(last) = events.last() else { break };
            after = last.seq;
            for event in events.iter().filter(|event| event.cube_id == *cube) {
                match event.memory_id {
                    Some(id) => drop(ids.insert(id)),
                    None => return Ok(News::Whole),
                }
            }
        }
        Ok(News::Of(ids))
    }

    fn followed(&self, mut board: Board, cube: &CubeId, ids: &BTreeSet<MemoryId>) -> Result<Board> {
        for id in ids {
            match self.vault.memory(cube, *id)? {
                Some(memory) => board.put(&memory),
                None => board.remove(*id),
            }
        }
        Ok(board)
    }
}
