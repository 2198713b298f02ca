//! A knowledge graph that agents keep by hand: entities with observations, and relations. Its parts
//! are memories of the cube like all others ([`Note`]), so questions find them, history keeps what
//! they were, and forgetting one takes it out of the graph. What creates and deletes them here keeps
//! to the rules of the MCP reference memory server.

mod board;
mod boards;
mod read;

use std::collections::HashSet;

use memos_core::{Action, Code, CubeId, Error, Memory, MemoryId, Result, UserId};
use memos_scheduler::work::births;

use super::MemOs;
use super::check;
use crate::reader::{NAME_BYTES, Note};
use crate::wire::{
    EntitiesDeleted, GraphEntity, GraphRelation, ObservationsAdded, ObservationsDeleted,
    ObservationsToAdd, ObservationsToDelete,
};

use board::Meaning;
pub(super) use boards::Boards;

impl MemOs {
    /// Creates entities with their observations, in one commit. An entity whose name is there
    /// already is left out, whatever it says. Returns those that are new.
    ///
    /// # Errors
    /// `InvalidRequest` for an empty name, type or observation, `TooLarge`; `Forbidden`.
    pub fn create_entities(
        &self,
        who: &UserId,
        cube: &CubeId,
        entities: Vec<GraphEntity>,
    ) -> Result<Vec<GraphEntity>> {
        for (i, entity) in entities.iter().enumerate() {
            let field = |name: &str| format!("/entities/{i}/{name}");
            name(&entity.name, &field("name"))?;
            name(&entity.entity_type, &field("entityType"))?;
            for (j, text) in entity.observations.iter().enumerate() {
                self.observation(text, &field(&format!("observations/{j}")))?;
            }
        }
        let _alone = self.boards.alone();
        let board = self.board_to_write(who, cube)?;
        let mut taken: HashSet<String> = board.names().map(str::to_owned).collect();
        let mut new: Vec<GraphEntity> = entities
            .into_iter()
            .filter(|entity| taken.insert(entity.name.clone()))
            .collect();
        for entity in &mut new {
            let mut said = HashSet::new();
            entity.observations.retain(|text| said.insert(text.clone()));
        }
        let notes = new.iter().flat_map(|entity| {
            let head = Note::Entity {
                name: entity.name.clone(),
                kind: entity.entity_type.clone(),
            };
            std::iter::once(head).chain(observations(&entity.name, &entity.observations))
        });
        self.write_notes(who, cube, notes.collect())?;
        Ok(new)
    }

    /// Creates relations between entities that are there, in one commit. One that is there already
    /// is left out. Returns those that are new.
    ///
    /// # Errors
    /// `InvalidRequest` if an entity is missing: nothing is created then; `Forbidden`.
    pub fn create_relations(
        &self,
        who: &UserId,
        cube: &CubeId,
        relations: Vec<GraphRelation>,
    ) -> Result<Vec<GraphRelation>> {
        let _alone = self.boards.alone();
        let board = self.board_to_write(who, cube)?;
        let names: HashSet<&str> = board.names().collect();
        for (i, relation) in relations.iter().enumerate() {
            let field = |name: &str| format!("/relations/{i}/{name}");
            name(&relation.relation_type, &field("relationType"))?;
            for (end, place) in [(&relation.from, "from"), (&relation.to, "to")] {
                if !names.contains(end.as_str()) {
                    return Err(no_entity(end).at(field(place)));
                }
            }
        }
        let mut taken: HashSet<GraphRelation> = board.relations().cloned().collect();
        let new: Vec<GraphRelation> = relations
            .into_iter()
            .filter(|relation| taken.insert(relation.clone()))
            .collect();
        self.write_notes(who, cube, new.iter().cloned().map(Note::Relation).collect())?;
        Ok(new)
    }

    /// Adds observations to entities that are there, in one commit. One that its entity has already
    /// is left out.
    ///
    /// # Errors
    /// `InvalidRequest` if an entity is missing or an observation is empty: nothing is added then;
    /// `Forbidden`.
    pub fn add_observations(
        &self,
        who: &UserId,
        cube: &CubeId,
        observed: Vec<ObservationsToAdd>,
    ) -> Result<Vec<ObservationsAdded>> {
        for (i, one) in observed.iter().enumerate() {
            for (j, text) in one.contents.iter().enumerate() {
                self.observation(text, &format!("/observations/{i}/contents/{j}"))?;
            }
        }
        let _alone = self.boards.alone();
        let board = self.board_to_write(who, cube)?;
        let names: HashSet<&str> = board.names().collect();
        let mut taken: HashSet<(String, String)> = board
            .observations()
            .map(|(entity, text)| (entity.to_owned(), text.to_owned()))
            .collect();
        let mut added = Vec::new();
        for (i, one) in observed.into_iter().enumerate() {
            if !names.contains(one.entity_name.as_str()) {
                return Err(no_entity(&one.entity_name).at(format!("/observations/{i}/entityName")));
            }
            let new = one
                .contents
                .into_iter()
                .filter(|text| taken.insert((one.entity_name.clone(), text.clone())));
            added.push(ObservationsAdded {
                added_observations: new.collect(),
                entity_name: one.entity_name,
            });
        }
        let notes = added
            .iter()
            .flat_map(|one| observations(&one.entity_name, &one.added_observations));
        self.write_notes(who, cube, notes.collect())?;
        Ok(added)
    }

    /// Forgets entities with their observations and the relations that touch them.
    ///
    /// # Errors
    /// `Forbidden`, also for a part under legal hold: nothing is deleted then.
    #[expect(clippy::needless_pass_by_value, reason = "as what creates them")]
    pub fn delete_entities(
        &self,
        who: &UserId,
        cube: &CubeId,
        names: Vec<String>,
    ) -> Result<EntitiesDeleted> {
        let _alone = self.boards.alone();
        let board = self.board(who, cube)?;
        let there: HashSet<&str> = board.names().collect();
        let gone: HashSet<&str> = names.iter().map(String::as_str).collect();
        let ids = board.ids_of(|note| match note {
            Note::Entity { name, .. } => gone.contains(name.as_str()),
            Note::Observation { entity, .. } => gone.contains(entity.as_str()),
            Note::Relation(relation) => {
                gone.contains(relation.from.as_str()) || gone.contains(relation.to.as_str())
            }
        });
        self.forget_notes(who, cube, &ids)?;
        let (deleted, not_found) = names
            .iter()
            .cloned()
            .partition(|name| there.contains(name.as_str()));
        Ok(EntitiesDeleted { deleted, not_found })
    }

    /// Forgets observations, word for word.
    ///
    /// # Errors
    /// As [`delete_entities`](Self::delete_entities).
    pub fn delete_observations(
        &self,
        who: &UserId,
        cube: &CubeId,
        deletions: &[ObservationsToDelete],
    ) -> Result<ObservationsDeleted> {
        let _alone = self.boards.alone();
        let board = self.board(who, cube)?;
        let there: HashSet<&str> = board.names().collect();
        let gone: HashSet<(&str, &str)> = deletions
            .iter()
            .flat_map(|one| {
                one.observations
                    .iter()
                    .map(|text| (&*one.entity_name, &**text))
            })
            .collect();
        let deleted = board
            .observations()
            .filter(|(entity, text)| there.contains(entity) && gone.contains(&(entity, text)))
            .collect::<HashSet<_>>()
            .len();
        let ids = board.ids_of(|note| match note {
            Note::Observation { entity, text } => gone.contains(&(entity.as_str(), text.as_str())),
            _ => false,
        });
        self.forget_notes(who, cube, &ids)?;
        let missing = deletions.iter().map(|one| &one.entity_name);
        Ok(ObservationsDeleted {
            deleted,
            missing_entities: missing
                .filter(|name| !there.contains(name.as_str()))
                .cloned()
                .collect(),
        })
    }

    /// Forgets relations. Returns how many there were.
    ///
    /// # Errors
    /// As [`delete_entities`](Self::delete_entities).
    pub fn delete_relations(
        &self,
        who: &UserId,
        cube: &CubeId,
        relations: &[GraphRelation],
    ) -> Result<usize> {
        let _alone = self.boards.alone();
        let board = self.board(who, cube)?;
        let gone: HashSet<&GraphRelation> = relations.iter().collect();
        let deleted: HashSet<&GraphRelation> =
            board.relations().filter(|one| gone.contains(one)).collect();
        let ids = board
            .ids_of(|note| matches!(note, Note::Relation(relation) if gone.contains(relation)));
        self.forget_notes(who, cube, &ids)?;
        Ok(deleted.len())
    }

    /// Nobody else changes a graph as long as this is held.
    pub(super) fn graph_alone(&self) -> std::sync::MutexGuard<'_, ()> {
        self.boards.alone()
    }

    /// Takes the parts of a graph that are there already, or come twice, out of memories that are to
    /// be added. Returns the ids of those that are there.
    pub(super) fn known_notes(
        &self,
        who: &UserId,
        cube: &CubeId,
        memories: &mut Vec<Memory>,
    ) -> Result<Vec<MemoryId>> {
        let board = self.board_to_write(who, cube)?;
        let there = board.by_meaning();
        let notes: Vec<Option<Note>> = memories.iter().map(Note::of).collect();
        let (mut known, mut seen) = (Vec::new(), HashSet::new());
        let mut notes = notes.iter();
        memories.retain(|_| {
            let Some(meaning) = notes.next().and_then(Option::as_ref).map(Meaning::from) else {
                return true;
            };
            let is_first = seen.insert(meaning);
            match there.get(&meaning) {
                Some(id) if is_first => known.push(*id),
                _ => {}
            }
            is_first && !there.contains_key(&meaning)
        });
        Ok(known)
    }

    fn observation(&self, text: &str, field: &str) -> Result<()> {
        check::text(text, self.limits.text_bytes, field).map_err(|error| match error.code() {
            Code::TooLarge => error.remedy("split it into several observations"),
            _ => error,
        })
    }

    /// New parts are on the disk together, or not at all.
    fn write_notes(&self, who: &UserId, cube: &CubeId, notes: Vec<Note>) -> Result<()> {
        let most = self.limits.memories_per_request;
        if notes.len() > most {
            return Err(Error::new(
                Code::TooLarge,
                format!(
                    "the request makes {} memories, more than {most}",
                    notes.len()
                ),
            )
            .remedy("send it in parts"));
        }
        if notes.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let memories: Vec<Memory> = notes
            .into_iter()
            .map(|note| self.memory_of(note.draft(None), who, cube, now))
            .collect();
        // They are facts by themselves: no model has to read them.
        let tasks = births::on_added(cube, who, &memories, None, false, now);
        // That a part is there already was decided by name: a retry is no repeat of a request.
        self.commit_despite_races(who, cube, &memories, &tasks, None, now)?;
        Ok(())
    }

    fn forget_notes(&self, who: &UserId, cube: &CubeId, ids: &[MemoryId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.forget_all(who, cube, ids)?;
        Ok(())
    }

    /// The graph of a cube that is about to be written to; empty if the cube is not there yet.
    fn board_to_write(&self, who: &UserId, cube: &CubeId) -> Result<std::sync::Arc<board::Board>> {
        match self.vault.cube(cube)? {
            Some(header) => {
                self.guard.cube(who, Action::Write, &header)?;
                self.board(who, cube)
            }
            None => Ok(std::sync::Arc::default()),
        }
    }
}

fn observations<'a>(entity: &'a str, texts: &'a [String]) -> impl Iterator<Item = Note> + 'a {
    texts.iter().map(|text| Note::Observation {
        entity: entity.to_owned(),
        text: text.clone(),
    })
}

fn name(text: &str, field: &str) -> Result<()> {
    check::text(text, NAME_BYTES, field).map_err(|error| match error.code() {
        Code::TooLarge => error.remedy("shorten it, and say the rest in observations"),
        _ => error,
    })
}

fn no_entity(name: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("Entity with name {name} not found"),
    )
    .remedy("create it with create_entities first; names are compared letter by letter")
}

#[cfg(test)]
mod tests;
