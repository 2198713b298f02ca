//! The operation: which memories of a cube fuse, and the commits that fuse them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use memos_core::{
    Commit, CubeId, Embedder, Layer, LinkKind, Memory, MemoryId, Result, Snapshot, Timestamp,
};

use super::cube_state::CubeState;
use super::effect::{self, Numbering, may_meet, order};
use super::judge::{Verdict, is_admissible, judge};
use super::statement::Statement;
use crate::recent_cubes::{RecentCubes, lock};

/// Pairs of one newer memory, those with the newest older ones, of which an opinion is asked though
/// the rules leave them unrelated: a model is asked of each, and cubes hold many similar memories.
const MOST_ASKED: usize = 8;

/// Another's verdict, such as a language model's: of the older memory, the newer one and what the
/// rules say; none if it has no opinion.
pub type Opinion<'a> = dyn Fn(&Memory, &Memory, &Verdict) -> Result<Option<Verdict>> + 'a;

/// Finds and resolves duplicates, replaced statements and contradictions.
pub struct Fusion {
    embedder: Arc<dyn Embedder>,
    cubes: RecentCubes<CubeState>,
}

/// Two memories of a cube that fuse.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// Where both are.
    pub cube_id: CubeId,
    /// What was said first.
    pub older: MemoryId,
    /// What was said later.
    pub newer: MemoryId,
    /// What the newer is to the older.
    pub verdict: Verdict,
}

impl Fusion {
    /// The embedder confirms near duplicates.
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self {
            embedder,
            cubes: RecentCubes::default(),
        }
    }

    /// What these memories fuse with in their cube, in the order in which it is to be done: by the
    /// newer memory, then by the older. What is done already is left out. Each is carried out by
    /// [`commit`](Self::commit) on a fresh snapshot.
    ///
    /// The opinion is asked for each pair that the rules relate, and for the newest few of those that
    /// they leave unrelated; it should decline what it does not care for. It overrules the rules, unless it says what may not be:
    /// then the rules stand.
    ///
    /// # Errors
    /// If the snapshot can't be read, the embedder fails, or the opinion does.
    pub fn plan(
        &self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        ids: &[MemoryId],
        opinion: Option<&Opinion<'_>>,
    ) -> Result<Vec<Fused>> {
        let pairs = self.pairs(snapshot, cube, ids)?;
        let mut left: BTreeMap<MemoryId, usize> = BTreeMap::new();
        for (_, newer) in pairs.values() {
            *left.entry(newer.id).or_default() += 1;
        }
        let mut plan = Plan::default();
        for (older, newer) in pairs.into_values() {
            let left = left.entry(newer.id).or_default();
            let is_near = *left <= MOST_ASKED;
            *left -= 1;
            if plan.is_settled(&older, &newer) {
                continue;
            }
            let verdict = self.verdict(&older, &newer, is_near, opinion)?;
            plan.admit(&older, &newer, verdict);
        }
        Ok(plan.fused)
    }

    /// The commit that carries out what was planned, as the memories are in the snapshot; none if
    /// it is done already or may no longer be done. `number` gives a memory's next version.
    ///
    /// # Errors
    /// If the snapshot can't be read.
    pub fn commit(
        &self,
        snapshot: &dyn Snapshot,
        fused: &Fused,
        now: Timestamp,
        number: &Numbering<'_>,
    ) -> Result<Option<Commit>> {
        let read = |id| snapshot.memory(&fused.cube_id, id);
        let (Some(older), Some(newer)) = (read(fused.older)?, read(fused.newer)?) else {
            return Ok(None);
        };
        effect::commit(&older, &newer, &fused.verdict, now, number)
    }

    /// Forgets what it knows of memories that were forgotten: no change tells of them any more.
    pub fn forget_memories(&self, cube: &CubeId, ids: &[MemoryId]) {
        self.cubes.forget_memories(cube, ids);
    }

    /// Forgets what it knows of a cube, such as one that was deleted.
    pub fn forget_cube(&self, cube: &CubeId) {
        self.cubes.forget_cube(cube);
    }

    /// Each of the memories with each of its candidates, the older first, in the order of `plan`.
    fn pairs(&self, snapshot: &dyn Snapshot, cube: &CubeId, ids: &[MemoryId]) -> Result<Pairs> {
        let state = self.cubes.of(cube);
        let mut state = lock(&state);
        state.refresh(snapshot, cube)?;
        let mut pairs = Pairs::new();
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let Some(memory) = snapshot.memory(cube, *id)?.filter(is_open) else {
                continue;
            };
            let Some(statement) = Statement::of(&memory) else {
                continue;
            };
            for other in state.candidates(*id, &statement) {
                let other = snapshot.memory(cube, other)?.filter(is_open);
                let Some(other) = other.filter(|o| may_meet(o, &memory)) else {
                    continue;
                };
                let (older, newer) = if order(&other) < order(&memory) {
                    (other, memory.clone())
                } else {
                    (memory.clone(), other)
                };
                pairs.insert((order(&newer), order(&older)), (older, newer));
            }
        }
        Ok(pairs)
    }

    fn verdict(
        &self,
        older: &Memory,
        newer: &Memory,
        is_near: bool,
        opinion: Option<&Opinion<'_>>,
    ) -> Result<Verdict> {
        let (Some(old), Some(new)) = (Statement::of(older), Statement::of(newer)) else {
            return Ok(Verdict::Unrelated);
        };
        let mut verdict = judge(&old, &new, None);
        if matches!(verdict, Verdict::Duplicate { exact: false, .. }) {
            verdict = judge(&old, &new, Some(self.cosine(older, newer)?));
        }
        if let Some(opinion) = opinion.filter(|_| is_near || verdict != Verdict::Unrelated)
            && let Some(other) = opinion(older, newer, &verdict)?
        {
            if is_admissible(&old, &new, &other) {
                return Ok(other);
            }
            tracing::warn!(older = %older.id, newer = %newer.id, "an opinion that may not be was left aside");
        }
        Ok(verdict)
    }

    fn cosine(&self, a: &Memory, b: &Memory) -> Result<f32> {
        let text = |m: &Memory| {
            m.payload
                .plaintext()
                .map_or(String::new(), |p| p.text.clone())
        };
        let vectors = self.embedder.embed(&[&text(a), &text(b)])?;
        let [a, b] = vectors.as_slice() else {
            return Ok(0.0);
        };
        Ok(a.iter().zip(b).map(|(x, y)| x * y).sum())
    }
}

#[cfg(test)]
impl Fusion {
    /// Whether it knows nothing of a cube's memories.
    pub(super) fn knows_nothing_of(&self, cube: &CubeId) -> bool {
        lock(&self.cubes.of(cube)).is_empty()
    }
}

type Place = (Timestamp, MemoryId);
type Pairs = BTreeMap<(Place, Place), (Memory, Memory)>;

/// Whether a memory may take part: its text counts, and nothing took its place.
fn is_open(memory: &Memory) -> bool {
    memory.state.is_hot() && memory.header.behavioural.superseded_by.is_none()
}

/// What was planned so far, and what that does to the memories that are still to come.
#[derive(Default)]
struct Plan {
    fused: Vec<Fused>,
    /// Those that another takes the place of.
    over: BTreeSet<MemoryId>,
    /// Those that repeat another.
    repeats: BTreeSet<MemoryId>,
}

impl Plan {
    /// Whether nothing can come of this pair any more.
    fn is_settled(&self, older: &Memory, newer: &Memory) -> bool {
        let links = &newer.header.behavioural.links;
        self.over.contains(&older.id)
            || self.over.contains(&newer.id)
            || links
                .iter()
                .any(|l| l.to == older.id && l.kind != LinkKind::RelatesTo)
    }

    fn admit(&mut self, older: &Memory, newer: &Memory, verdict: Verdict) {
        match &verdict {
            Verdict::Unrelated => return,
            Verdict::Duplicate { .. } => {
                let links = &newer.header.behavioural.links;
                let linked = links.iter().any(|l| l.kind == LinkKind::DuplicateOf);
                if linked || !self.repeats.insert(newer.id) {
                    return;
                }
                if newer.layer() == Layer::Derived {
                    self.over.insert(newer.id);
                }
            }
            Verdict::Supersedes { .. } => {
                self.over.insert(older.id);
            }
            Verdict::Contradicts { .. } => {}
        }
        self.fused.push(Fused {
            cube_id: newer.cube_id.clone(),
            older: older.id,
            newer: newer.id,
            verdict,
        });
    }
}
