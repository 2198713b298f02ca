//! The work of the organiser: summaries and profiles follow the sessions that have changed, with
//! their days and with what their speakers come back to.

use std::collections::BTreeMap;
use std::sync::Arc;

use memos_core::{
    Cause, Clock, Commit, CubeId, Error, EventKind, Info, MemoryId, NewEvent, Result, Task, UserId,
    Vault, Why, Write,
};

use super::changes::Changes;
use super::derived::{Known, Reading};
use super::{FUSE, ORGANISE, births};
use crate::organise::{Draft, Organiser};
use crate::recent_cubes::{RecentCubes, lock};
use crate::tasks::{Effect, Handler, Work};
use crate::time_machine::next_version;

/// Changes that change no session.
const SILENT: [Cause; 5] = [
    Cause::Organising,
    Cause::Fusion,
    Cause::Use,
    Cause::Lifespan,
    Cause::Capacity,
];

/// Derives memories by rules from the sessions of a cube that have changed.
pub struct Organising {
    shared: Arc<Shared>,
}

struct Shared {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    reading: Reading,
    known: RecentCubes<Known>,
}

impl Organising {
    /// Over a vault, with the reader that completes what is derived.
    pub fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>, reading: Reading) -> Self {
        Self {
            shared: Arc::new(Shared {
                vault,
                clock,
                reading,
                known: RecentCubes::default(),
            }),
        }
    }
}

impl Handler for Organising {
    fn kind(&self) -> &'static str {
        ORGANISE
    }

    fn run(&self, task: &Task, _: &Work) -> Result<Effect> {
        let cube = &task.cube_id;
        let snapshot = self.shared.vault.snapshot()?;
        if snapshot.cube(cube)?.is_none() {
            return Err(Error::cube_not_found(cube));
        }
        let changes = Changes::since(&*snapshot, cube, task, &SILENT)?;
        let known = self.shared.known.of(cube);
        let mut known = lock(&known);
        known.refresh(&*snapshot, cube)?;
        let sessions = known.sessions_of(&changes.ids);
        drop((known, snapshot));
        let now = self.shared.clock.now();
        let mut outcome = Info::default();
        changes.mark(&mut outcome);
        let mut effect = Effect::none().outcome(outcome);
        if changes.more {
            effect = effect.then(births::of_cube(ORGANISE, cube, &task.user, now));
        }
        if sessions.is_empty() {
            return Ok(effect);
        }
        let (shared, cube_id, user) = (Arc::clone(&self.shared), cube.clone(), task.user.clone());
        let effect = effect.then(births::of_cube(FUSE, cube, &task.user, now));
        Ok(effect.change(cube.clone(), move |outcome| {
            let commit = shared.derive(&cube_id, &user, &sessions)?;
            outcome
                .0
                .insert("derived".into(), commit.writes.len().into());
            Ok(commit)
        }))
    }
}

impl Shared {
    /// The commit that brings what follows from some sessions up to date.
    fn derive(&self, cube: &CubeId, user: &UserId, sessions: &[Box<str>]) -> Result<Commit> {
        let snapshot = self.vault.snapshot()?;
        let now = self.clock.now();
        let known = self.known.of(cube);
        let mut known = lock(&known);
        known.refresh(&*snapshot, cube)?;
        let derived = known.derived(&*snapshot, cube)?;
        let mut drafts: Vec<Draft> = Vec::new();
        let mut turns: Vec<MemoryId> = Vec::new();
        for session in sessions {
            let of_session = known.turns(&*snapshot, cube, session)?;
            drafts.extend(Organiser.plan(&of_session, &derived));
            turns.extend(of_session.iter().map(|turn| turn.id));
        }
        for of_day in known.days(&*snapshot, cube, sessions)? {
            drafts.extend(Organiser.day(&of_day, &derived));
        }
        let read = |id| snapshot.memory(cube, id);
        drafts.extend(Organiser.interests(known.interests(), &turns, &derived, read)?);
        let mut commit = Commit {
            why: Some(Why::new(user.clone(), Cause::Organising).detail("rules")),
            ..Commit::default()
        };
        // What two sessions of this run both lead to is there once: the last says most.
        let mut by_key: BTreeMap<String, Draft> = BTreeMap::new();
        by_key.extend(drafts.into_iter().map(|draft| (draft.key.clone(), draft)));
        for Draft {
            mut memory,
            replaces,
            ..
        } in by_key.into_values()
        {
            let kind = match replaces {
                None => {
                    self.reading.complete(&mut memory, now, 1);
                    commit.writes.push(Write::AddMemory(memory.clone()));
                    EventKind::Added
                }
                Some(_) => {
                    let expected_version = memory.header.behavioural.version;
                    let version = next_version(&*snapshot, &memory)?;
                    self.reading.complete(&mut memory, now, version);
                    commit.writes.push(Write::UpdateMemory {
                        memory: memory.clone(),
                        expected_version,
                    });
                    EventKind::Updated
                }
            };
            commit.events.push(NewEvent {
                cube_id: cube.clone(),
                memory_id: Some(memory.id),
                actor: user.clone(),
                kind,
            });
        }
        Ok(commit)
    }
}
