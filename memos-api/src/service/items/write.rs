//! Put and delete.

use std::collections::BTreeSet;

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Lifespan, Memory, MemoryId, Result, Timestamp,
    UserId, Why, Write,
};

use super::{address, record};
use crate::service::MemOs;
use crate::service::change::event;
use crate::service::shelf::despite_races;
use crate::wire::{Item, ItemAddress, PutItem};

impl MemOs {
    /// Writes an item; one that is there gets a new version. When this returns, it is on the disk and
    /// the next search finds it.
    ///
    /// # Errors
    /// `InvalidRequest`, `TooLarge`, `CubeNotFound` for another's namespace, `Forbidden`,
    /// `IllegalMove` if the item is frozen, `DiskFull`. Nothing is written then.
    pub fn put_item(&self, who: &UserId, put: &PutItem) -> Result<Item> {
        let (cube, id) = address::place(&put.address)?;
        record::check(&put.value, self.limits.text_bytes)?;
        let lifespan = record::lifespan(put.ttl_minutes)?;
        let written = despite_races(|| {
            let now = self.clock.now();
            let fresh = self.fresh_item(who, &cube, id, put, lifespan, now);
            match self.vault.memory(&cube, id)? {
                None => self.add_item(who, &cube, fresh, now),
                Some(_) => self.replace_item(who, &cube, &fresh, now),
            }
        })?;
        record::item(&written)
            .ok_or_else(|| Error::new(Code::Internal, "what was written is no item"))
    }

    /// Forgets an item with its versions; says whether there was one.
    ///
    /// # Errors
    /// `InvalidRequest` for a bad address, `Forbidden`, `IllegalMove` if it is frozen.
    pub fn delete_item(&self, who: &UserId, at: &ItemAddress) -> Result<bool> {
        let (cube, id) = address::place(at)?;
        match self.forget(who, &cube, id) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.code(), Code::MemoryNotFound | Code::CubeNotFound) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn fresh_item(
        &self,
        who: &UserId,
        cube: &CubeId,
        id: MemoryId,
        put: &PutItem,
        lifespan: Lifespan,
        now: Timestamp,
    ) -> Memory {
        let draft = record::draft(&put.address, &put.value, &put.index, now);
        let mut memory = self.shelved(id, cube, who, draft, now);
        memory.header.governance.lifespan = lifespan;
        memory
    }

    /// Side by side with other additions to the cube: that no other adds the same is the vault's to
    /// see.
    fn add_item(
        &self,
        who: &UserId,
        cube: &CubeId,
        mut fresh: Memory,
        now: Timestamp,
    ) -> Result<Memory> {
        let mut commit = Commit {
            why: Some(Why::call(who.clone())),
            ..Commit::default()
        };
        self.cube_to_write(who, cube, now, &mut commit)?;
        self.push_new(who, &mut fresh, &mut commit, now)?;
        self.residency
            .add(cube, std::slice::from_ref(&fresh), commit)?;
        Ok(fresh)
    }

    fn replace_item(
        &self,
        who: &UserId,
        cube: &CubeId,
        fresh: &Memory,
        now: Timestamp,
    ) -> Result<Memory> {
        let mut written = None;
        self.residency.commit(cube, || {
            let mut commit = Commit {
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            };
            let header = self.visible_cube(who, Action::Write, cube)?;
            let before = self.vault.memory(cube, fresh.id)?.ok_or_else(|| {
                // It went since it was seen: the next try adds it.
                Error::new(Code::Conflict, "the item was deleted meanwhile")
            })?;
            let mut fresh = fresh.clone();
            if self.is_over(&before, now) {
                // What has ended is not what is written now, though no sweep has taken it away.
                let ended = self.doomed(who, cube, &BTreeSet::from([fresh.id]), None)?;
                commit = ended.commit(who, cube);
                fresh.header.behavioural.version = 1;
                commit.writes.push(Write::AddMemory(fresh.clone()));
                let added = event(cube, fresh.id, who, EventKind::Added);
                commit.events.push(added);
                self.push_sweep(who, &fresh, &mut commit, now);
            } else {
                fresh = self.push_changed(who, &header, &before, fresh, &mut commit, now)?;
            }
            written = Some(fresh);
            Ok(commit)
        })?;
        written.ok_or_else(|| Error::new(Code::Internal, "the item was not written"))
    }
}
