//! What a commit becomes where it writes to branches.

use std::collections::{HashMap, HashSet};

use memos_core::{
    Base, Code, Commit, CubeId, Error, EventKind, MemCube, Memory, MemoryId, NewEvent, Result,
    Snapshot, UserId, Write,
};

use super::branch_view::BranchView;
use super::branching::Branches;

/// Rewrites one commit: each write sees those before it.
pub(super) struct CopyOnWrite<'a> {
    view: &'a BranchView,
    branches: Branches,
    /// Headers that this commit makes, changes or removes.
    cubes: HashMap<CubeId, Option<MemCube>>,
    /// Cubes that it removed, whether or not it made one of that id after: nothing of them counts.
    fresh: HashSet<CubeId>,
    /// Where it left the memories that it wrote.
    standing: HashMap<(CubeId, MemoryId), Standing>,
    /// Memories of cubes that are no branches, and of branches where nothing shows through, that it
    /// forgot.
    forgotten: HashSet<(CubeId, MemoryId)>,
    writes: Vec<Write>,
    /// Branches that forget what their base did.
    bereft: Vec<(CubeId, MemoryId)>,
}

/// How a branch has a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// As its own.
    Own,
    /// It had it: it hides what the base has.
    Hidden,
    /// By reading through.
    Through,
    /// Not at all.
    Absent,
}

impl<'a> CopyOnWrite<'a> {
    pub(super) fn new(view: &'a BranchView, branches: &Branches) -> Self {
        Self {
            view,
            branches: branches.clone(),
            cubes: HashMap::new(),
            fresh: HashSet::new(),
            standing: HashMap::new(),
            forgotten: HashSet::new(),
            writes: Vec::new(),
            bereft: Vec::new(),
        }
    }

    /// The commit to make instead, and the branches that there are after it.
    pub(super) fn rewrite(mut self, mut commit: Commit) -> Result<(Commit, Branches)> {
        for write in std::mem::take(&mut commit.writes) {
            self.write(write)?;
        }
        commit.writes = self.writes;
        if !self.bereft.is_empty() {
            let actor = match (&commit.why, commit.events.first()) {
                (Some(why), _) => why.actor.clone(),
                (None, Some(event)) => event.actor.clone(),
                (None, None) => UserId::new("memos")?,
            };
            let forgotten = self.bereft.into_iter().map(|(cube_id, id)| NewEvent {
                cube_id,
                memory_id: Some(id),
                actor: actor.clone(),
                kind: EventKind::Forgotten,
            });
            commit.events.extend(forgotten);
        }
        Ok((commit, self.branches))
    }

    fn write(&mut self, write: Write) -> Result<()> {
        match write {
            Write::CreateCube(cube) => {
                self.make_cube(&cube)?;
                self.writes.push(Write::CreateCube(cube));
            }
            Write::EnsureCube(cube) => {
                if self.header(&cube.id)?.is_none() {
                    self.make_cube(&cube)?;
                }
                self.writes.push(Write::EnsureCube(cube));
            }
            Write::UpdateCube(cube) => {
                if let Some(old) = self.header(&cube.id)?
                    && old.base != cube.base
                {
                    return Err(keeps_its_base(&cube.id));
                }
                self.writes.push(Write::UpdateCube(cube));
            }
            Write::DeleteCube(id) => self.delete_cube(id)?,
            Write::AddMemory(memory) => {
                // Of one that shows through: the vault refuses it, since its copy is there.
                self.own(&memory.cube_id, memory.id)?;
                self.stand(&memory.cube_id, memory.id, Standing::Own);
                self.writes.push(Write::AddMemory(memory));
            }
            Write::UpdateMemory {
                memory,
                expected_version,
            } => {
                self.own(&memory.cube_id, memory.id)?;
                self.writes.push(Write::UpdateMemory {
                    memory,
                    expected_version,
                });
            }
            Write::WithdrawMemory {
                cube_id,
                id,
                expected_version,
            } => {
                self.own(&cube_id, id)?;
                if self.standing(&cube_id, id)? == Standing::Own {
                    self.stand(&cube_id, id, Standing::Hidden);
                }
                self.writes.push(Write::WithdrawMemory {
                    cube_id,
                    id,
                    expected_version,
                });
            }
            Write::Touch {
                ref cube_id, id, ..
            }
            | Write::Place {
                ref cube_id, id, ..
            } => {
                if self.standing(cube_id, id)? != Standing::Through {
                    self.writes.push(write);
                }
            }
            Write::DeleteMemory { cube_id, id } => self.delete_memory(&cube_id, id)?,
            Write::NameSnapshot { .. }
            | Write::DropSnapshot { .. }
            | Write::AddTask(_)
            | Write::UpdateTask { .. }
            | Write::RemoveTask(_) => self.writes.push(write),
        }
        Ok(())
    }

    fn make_cube(&mut self, cube: &MemCube) -> Result<()> {
        if let Some(base) = &cube.base
            && (base.cube_id == cube.id || self.header(&base.cube_id)?.is_none())
        {
            return Err(Error::cube_not_found(&base.cube_id).at("base"));
        }
        self.branches.add(cube);
        self.cubes.insert(cube.id.clone(), Some(cube.clone()));
        Ok(())
    }

    fn delete_cube(&mut self, id: CubeId) -> Result<()> {
        let branches = self.branches.of(&id);
        if !branches.is_empty() {
            let names: Vec<&str> = branches.iter().map(CubeId::as_str).collect();
            return Err(Error::new(
                Code::Conflict,
                format!("cube {:?} has branches: {}", id.as_str(), names.join(", ")),
            )
            .remedy("merge or drop them first"));
        }
        self.branches.remove(&id);
        self.standing.retain(|(cube, _), _| *cube != id);
        self.cubes.insert(id.clone(), None);
        self.fresh.insert(id.clone());
        self.writes.push(Write::DeleteCube(id));
        Ok(())
    }

    fn header(&self, cube: &CubeId) -> Result<Option<MemCube>> {
        match self.cubes.get(cube) {
            Some(staged) => Ok(staged.clone()),
            None => self.view.cube(cube),
        }
    }

    fn base(&self, cube: &CubeId) -> Result<Option<Base>> {
        Ok(self.header(cube)?.and_then(|header| header.base))
    }

    /// What shows through in a branch if it has nothing of its own.
    fn through(&self, branch: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        let Some(base) = self.base(branch)? else {
            return Ok(None);
        };
        let mut below = Some(base.clone());
        while let Some(base) = below {
            if self.forgotten.contains(&(base.cube_id.clone(), id)) {
                return Ok(None);
            }
            below = self.base(&base.cube_id)?;
        }
        self.view.through(branch, &base, id)
    }

    fn standing(&self, cube: &CubeId, id: MemoryId) -> Result<Standing> {
        if let Some(known) = self.standing.get(&(cube.clone(), id)) {
            return Ok(*known);
        }
        if !self.fresh.contains(cube) {
            let stored = self.view.stored();
            if stored.memory(cube, id)?.is_some() {
                return Ok(Standing::Own);
            }
            if !stored.history(cube, id)?.is_empty() {
                return Ok(Standing::Hidden);
            }
        }
        Ok(match self.through(cube, id)? {
            Some(_) => Standing::Through,
            None => Standing::Absent,
        })
    }

    fn stand(&mut self, cube: &CubeId, id: MemoryId, standing: Standing) {
        self.standing.insert((cube.clone(), id), standing);
    }

    /// Copies what only shows through into the branch.
    fn own(&mut self, cube: &CubeId, id: MemoryId) -> Result<()> {
        if self.standing(cube, id)? == Standing::Through
            && let Some(copy) = self.through(cube, id)?
        {
            self.writes.push(Write::AddMemory(copy));
            self.stand(cube, id, Standing::Own);
        }
        Ok(())
    }

    /// Keeps what shows through from being shown.
    fn hide(&mut self, cube: &CubeId, id: MemoryId, copy: Memory) {
        let expected_version = copy.header.behavioural.version;
        self.writes.push(Write::AddMemory(copy));
        self.writes.push(Write::WithdrawMemory {
            cube_id: cube.clone(),
            id,
            expected_version,
        });
        self.stand(cube, id, Standing::Hidden);
    }

    fn delete_memory(&mut self, cube: &CubeId, id: MemoryId) -> Result<()> {
        if self.bereft.contains(&(cube.clone(), id)) {
            return Ok(());
        }
        let standing = self.standing(cube, id)?;
        let below = self.through(cube, id)?;
        if let (Standing::Through, Some(copy)) = (standing, &below) {
            self.hide(cube, id, copy.clone());
            return Ok(());
        }
        self.writes.push(Write::DeleteMemory {
            cube_id: cube.clone(),
            id,
        });
        match below {
            Some(copy) => self.hide(cube, id, copy),
            None => {
                self.stand(cube, id, Standing::Absent);
                self.forgotten.insert((cube.clone(), id));
            }
        }
        self.forget_above(cube, id)
    }

    /// A branch's copy of what is forgotten is forgotten with it.
    fn forget_above(&mut self, cube: &CubeId, id: MemoryId) -> Result<()> {
        for branch in self.branches.of(cube) {
            // Before this commit: now it does not show through any more.
            let shown = self.view.memory(&branch, id)?.is_some();
            let standing = self.standing(&branch, id)?;
            if matches!(standing, Standing::Own | Standing::Hidden) {
                self.writes.push(Write::DeleteMemory {
                    cube_id: branch.clone(),
                    id,
                });
                self.standing.remove(&(branch.clone(), id));
                self.stand(&branch, id, Standing::Absent);
            }
            if shown || standing != Standing::Absent {
                self.bereft.push((branch.clone(), id));
            }
            self.forget_above(&branch, id)?;
        }
        Ok(())
    }
}

fn keeps_its_base(cube: &CubeId) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("the base of cube {:?} can't be changed", cube.as_str()),
    )
    .at("base")
    .remedy("fork another branch, or merge this one")
}
