//! What keeps profiles true: a value goes with the memories that it comes from, and a field with the
//! memory that tells of it.

use std::collections::BTreeSet;

use memos_core::{
    Action, Code, CubeId, Error, Filter, MemCube, MemoryId, Result, State, Subject, UserId,
};
use memos_scheduler::lifecycle::refuse_forgetting;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::saying::Saying;
use super::template::fields_of;
use super::{Fields, PROFILES};
use crate::service::MemOs;
use crate::service::cubes::for_each_memory;

/// What filled one field, as a profile notes it.
#[derive(Serialize, Deserialize)]
struct Noted {
    path: Vec<String>,
    said: Vec<Saying>,
}

impl Fields {
    /// What filled the fields, for [`note_sources`](Self::note_sources); none if all is set by hand.
    pub(super) fn sources(&self) -> Result<Option<Value>> {
        let filled = self.0.iter().filter(|(_, leaf)| !leaf.said.is_empty());
        let noted: Vec<Noted> = filled
            .map(|(path, leaf)| Noted {
                path: path.clone(),
                said: leaf.said.clone(),
            })
            .collect();
        let value = (!noted.is_empty()).then(|| serde_json::to_value(noted));
        value.transpose().map_err(|e| {
            Error::new(Code::Internal, "what filled a profile has no JSON form").caused_by(e)
        })
    }

    /// Notes what filled the fields. What can't be read says nothing: the values stay then.
    pub(super) fn note_sources(&mut self, noted: Option<&Value>) {
        let noted = noted.and_then(|noted| Vec::<Noted>::deserialize(noted).ok());
        for Noted { path, said } in noted.unwrap_or_default() {
            if let Some(leaf) = self.0.get_mut(&path) {
                leaf.said = said;
            }
        }
    }

    /// Whether a value comes from this memory.
    pub(super) fn come_from(&self, id: MemoryId) -> bool {
        let mut said = self.0.values().flat_map(|leaf| &leaf.said);
        said.any(|said| said.from.contains(&id))
    }
}

impl MemOs {
    /// Takes back what a profile has from memories that are gone or were corrected. Whoever reads a
    /// profile asks for it, since words can go in many ways.
    pub(super) fn keep_up(&self, who: &UserId, profile: &MemCube) -> Result<()> {
        let fields = fields_of(profile)?;
        let mut gone = BTreeSet::new();
        for saying in fields.0.values().flat_map(|leaf| &leaf.said) {
            for id in &saying.from {
                if !self.is_said(*id, &saying.value)? {
                    gone.insert((saying.value.as_str(), *id));
                }
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let done = self.change_filled(who, &profile.id, |fields| {
            for leaf in fields.0.values_mut() {
                leaf.withdraw(|value, id| gone.contains(&(value, id)));
            }
        });
        match done {
            // Who may only read it leaves it to others.
            Err(error) if error.code() == Code::Forbidden => Ok(()),
            other => other,
        }
    }

    /// Whether a memory is there and still says so.
    fn is_said(&self, id: MemoryId, value: &str) -> Result<bool> {
        for cube in self.vault.cubes_of(id)? {
            let Some(memory) = self.vault.memory(&cube, id)? else {
                continue;
            };
            let is_corrected = memory.header.behavioural.superseded_by.is_some();
            let holds = match memory.state {
                State::Expired => false,
                // What only went out of use was true.
                _ if !is_corrected => true,
                State::Archived => false,
                _ => !self.is_withdrawn(&cube, id, value)?,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what follows from one of a memory's sentences was put away: where one sentence was
    /// wrong, the memory stays for the others.
    fn is_withdrawn(&self, cube: &CubeId, id: MemoryId, value: &str) -> Result<bool> {
        for made in self.vault.made_from(cube, id)? {
            let Some(made) = self.vault.memory(cube, made)? else {
                continue;
            };
            let text = made.payload.plaintext().map_or("", |plain| &plain.text);
            let is_away =
                made.state == State::Archived && made.header.behavioural.superseded_by.is_some();
            if is_away && text.contains(value) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops the fields of a profile whose memories a filter admits; whether the cube is a profile.
    /// Its memories only tell of its fields, and would come back as long as the fields are there.
    ///
    /// # Errors
    /// `CubeNotFound`; `Forbidden` under a legal hold, `IllegalMove` for a frozen one.
    pub(crate) fn forget_fields(
        &self,
        who: &UserId,
        cube: &CubeId,
        filter: &Filter,
    ) -> Result<bool> {
        if !cube.as_str().starts_with(PROFILES) {
            return Ok(false);
        }
        let header = self.visible_cube(who, Action::Write, cube)?;
        let mut paths = BTreeSet::new();
        for_each_memory(&*self.vault.snapshot()?, cube, |memory| {
            let path = memory.header.descriptive.info.0.get("profile_path");
            if let Some(path) = path.and_then(Value::as_str)
                && filter.matches(&Subject::from(&memory))
            {
                self.guard.memory(who, Action::Forget, &header, &memory)?;
                refuse_forgetting(&memory)?;
                paths.insert(path.to_owned());
            }
            Ok(())
        })?;
        if !paths.is_empty() {
            self.change_profile(who, cube, |fields| {
                fields.0.retain(|own, _| !paths.contains(&own.join(".")));
                Ok(())
            })?;
        }
        Ok(true)
    }
}
