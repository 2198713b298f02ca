//! Profiles: the fields of a template with what is known of one user or agent.

use std::collections::BTreeSet;

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Info, MemoryId, Move, Origin, Result,
    SemanticType, State, Turn, UserId, Why, Write,
};
use serde_json::{Map, Value, json};

use super::fields::Leaf;
use super::template::fields_of;
use super::{FILLED, Fields, METADATA, Of, PROFILES};
use crate::reader::Draft;
use crate::service::MemOs;
use crate::service::cabinet::NewCabinet;
use crate::service::change::event;
use crate::service::cubes::cube_event;
use crate::service::shelf::Shelf;

impl MemOs {
    /// Binds a template: a profile is there, with the template's values. One that is bound stays.
    ///
    /// # Errors
    /// `CubeNotFound` for a template that is not there.
    pub(crate) fn bind_profile(&self, who: &UserId, of: Of<'_>, template: &str) -> Result<Fields> {
        let known = self.template(who, template)?;
        let cube = profile_cube(of, template)?;
        if !self.exists(who, &cube)? {
            let made = self.make_cabinets(
                who,
                vec![NewCabinet {
                    id: cube.clone(),
                    name: of.name.to_owned(),
                    description: None,
                    info: Info(Map::from_iter([
                        ("kind".to_owned(), json!("profile")),
                        ("profile_template_id".to_owned(), json!(template)),
                        (format!("{}_id", of.kind), json!(of.name)),
                    ])),
                }],
            );
            match made {
                // Somebody else bound it in between.
                Err(error) if error.code() == Code::CubeExists => {}
                other => other?,
            }
            self.change_profile(who, &cube, |fields| {
                *fields = known.fields.clone();
                Ok(())
            })?;
        }
        self.profile(who, of, template)
    }

    /// What is known of one user or agent by a template.
    ///
    /// # Errors
    /// `CubeNotFound` if the template is not there or not bound.
    pub(crate) fn profile(&self, who: &UserId, of: Of<'_>, template: &str) -> Result<Fields> {
        let cube = self.bound(who, of, template)?;
        fields_of(&self.visible_cube(who, Action::Read, &cube)?)
    }

    /// Sets fields of a profile, then drops fields by their paths.
    ///
    /// # Errors
    /// `CubeNotFound` if the template is not there or not bound; `InvalidRequest` for a path that the
    /// profile has not.
    pub(crate) fn edit_profile(
        &self,
        who: &UserId,
        of: Of<'_>,
        template: &str,
        set: &Fields,
        remove: &[String],
    ) -> Result<Fields> {
        let cube = self.bound(who, of, template)?;
        self.change_profile(who, &cube, |fields| {
            for (path, leaf) in &set.0 {
                fields.0.insert(path.clone(), leaf.clone());
            }
            for path in remove {
                if !fields.remove(path) {
                    return Err(Error::new(
                        Code::InvalidRequest,
                        format!("the profile has no field {path:?}"),
                    )
                    .at("remove_fields")
                    .remedy("name a field by its path, such as Basic Info.Location"));
                }
            }
            Ok(())
        })
    }

    /// Says anew what a field is that its memory tells of: `Path.Field: value`, or the value alone;
    /// without words the field is dropped.
    ///
    /// # Errors
    /// `CubeNotFound` if the profile is not there; `InvalidRequest` for a path that it has not.
    pub(crate) fn restate_field(
        &self,
        who: &UserId,
        cube: &CubeId,
        path: &str,
        words: Option<&str>,
    ) -> Result<Fields> {
        self.change_profile(who, cube, |fields| {
            let known = fields.0.iter_mut().find(|(own, _)| own.join(".") == path);
            let Some((own, leaf)) = known else {
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!("the profile has no field {path:?} any more"),
                )
                .remedy("edit the profile by its template"));
            };
            match words {
                Some(words) => {
                    let value = words.strip_prefix(&format!("{path}:")).unwrap_or(words);
                    *leaf = Leaf::set(value.trim().into(), leaf.updatable);
                }
                None => {
                    let own = own.clone();
                    fields.0.remove(&own);
                }
            }
            Ok(())
        })
    }

    /// Deletes a profile: its binding and all of its values.
    ///
    /// # Errors
    /// `CubeNotFound` if the template is not there or not bound.
    pub(crate) fn delete_profile(&self, who: &UserId, of: Of<'_>, template: &str) -> Result<()> {
        let cube = self.bound(who, of, template)?;
        self.delete_cube(who, &cube)
    }

    /// The cubes of all profiles of one user or agent, without what is said no more.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn profile_cubes(&self, who: &UserId, of: Of<'_>) -> Result<Vec<CubeId>> {
        let mut ids = Vec::new();
        for cube in self.cabinets(who, &profile_prefix(of))? {
            self.keep_up(who, &cube)?;
            ids.push(cube.id);
        }
        Ok(ids)
    }

    /// The profiles that are bound to a template.
    pub(super) fn profiles_of_template(
        &self,
        who: &UserId,
        template: &str,
    ) -> Result<Vec<(CubeId, Fields)>> {
        let mut bound = Vec::new();
        for cube in self.cabinets(who, PROFILES)? {
            if cube
                .info
                .0
                .get("profile_template_id")
                .and_then(Value::as_str)
                == Some(template)
            {
                bound.push((cube.id.clone(), fields_of(&cube)?));
            }
        }
        Ok(bound)
    }

    fn bound(&self, who: &UserId, of: Of<'_>, template: &str) -> Result<CubeId> {
        self.template_cube(who, template)?;
        let cube = profile_cube(of, template)?;
        if !self.exists(who, &cube)? {
            return Err(Error::new(
                Code::CubeNotFound,
                format!("{} {:?} has no profile of {template:?}", of.kind, of.name),
            )
            .at("profile_template_id")
            .remedy("bind the template first"));
        }
        self.keep_up(who, &self.visible_cube(who, Action::Read, &cube)?)?;
        Ok(cube)
    }

    /// Changes the fields of a profile, with the memories that make them found, in one commit.
    pub(super) fn change_profile(
        &self,
        who: &UserId,
        cube: &CubeId,
        change: impl FnOnce(&mut Fields) -> Result<()>,
    ) -> Result<Fields> {
        let mut changed = Fields::default();
        self.residency.commit(cube, || {
            let mut header = self.visible_cube(who, Action::Write, cube)?;
            let before = fields_of(&header)?;
            let mut after = before.clone();
            change(&mut after)?;
            changed.clone_from(&after);
            let now = self.clock.now();
            let nested = after.nested();
            header.info.0.insert(METADATA.to_owned(), nested.into());
            match after.sources()? {
                Some(filled) => header.info.0.insert(FILLED.to_owned(), filled),
                None => header.info.0.remove(FILLED),
            };
            header.updated_at = now;
            let shown = header.info.0.clone();
            let mut commit = Commit {
                writes: vec![Write::UpdateCube(header)],
                events: vec![cube_event(cube, who, EventKind::CubeUpdated)],
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            };
            let paths: BTreeSet<&Vec<String>> = before.0.keys().chain(after.0.keys()).collect();
            for path in paths {
                let id = field_id(cube, path);
                let draft = field(path, &after, &shown);
                let (write, kind) = match (self.vault.memory(cube, id)?, draft) {
                    (None, None) => continue,
                    (None, Some(draft)) => {
                        let memory = memos_core::Memory {
                            id,
                            ..self.memory_of(draft, who, cube, now)
                        };
                        (Write::AddMemory(memory), EventKind::Added)
                    }
                    (Some(_), None) => (
                        Write::DeleteMemory {
                            cube_id: cube.clone(),
                            id,
                        },
                        EventKind::Forgotten,
                    ),
                    (Some(known), Some(draft)) => {
                        let expected_version = known.header.behavioural.version;
                        let mut memory = known.clone();
                        let fresh = self.memory_of(draft, who, cube, now);
                        memory.payload = fresh.payload;
                        memory.header.descriptive.info = fresh.header.descriptive.info;
                        memory.header.behavioural.fingerprint =
                            fresh.header.behavioural.fingerprint;
                        if memory.payload == known.payload
                            && memory.header.descriptive.info == known.header.descriptive.info
                        {
                            continue;
                        }
                        memory.header.descriptive.updated_at = now;
                        memory.header.behavioural.version = self.next_version(&known)?;
                        // A new value is one to be found, also if the old one was put away.
                        let is_away = matches!(known.state, State::Archived | State::Merged);
                        let kind = match is_away && memory.payload != known.payload {
                            true => {
                                memory.state = known.state.after(Move::Restore)?;
                                EventKind::Restored
                            }
                            false => EventKind::Updated,
                        };
                        let write = Write::UpdateMemory {
                            memory,
                            expected_version,
                        };
                        (write, kind)
                    }
                };
                commit.events.push(event(cube, id, who, kind));
                commit.writes.push(write);
            }
            Ok(commit)
        })?;
        Ok(changed)
    }
}

/// One profile of one user or agent. Names can be longer than a cube's id may be.
fn profile_cube(of: Of<'_>, template: &str) -> Result<CubeId> {
    CubeId::new(format!("{}{template}", profile_prefix(of))).map_err(|_| {
        Error::new(
            Code::CubeNotFound,
            format!("there is no template {template:?}"),
        )
    })
}

fn profile_prefix(of: Of<'_>) -> String {
    let hash = blake3::hash(format!("{}:{}", of.kind, of.name).as_bytes());
    format!("{PROFILES}{}:", &hash.to_hex()[..32])
}

/// The memory of a field: the same for the same path.
fn field_id(cube: &CubeId, path: &[String]) -> MemoryId {
    let parts = std::iter::once(cube.as_str()).chain(path.iter().map(String::as_str));
    Shelf::Profile.id(&parts.collect::<Vec<_>>())
}

/// What the memory of a field says: `Path.Field: value`; none if nothing is known.
fn field(path: &[String], fields: &Fields, shown: &Map<String, Value>) -> Option<Draft> {
    let leaf = fields.0.get(path)?;
    let words = leaf.words()?;
    let way = path.join(".");
    let mut info = Map::from_iter([
        ("profile_path".to_owned(), json!(way)),
        ("profile_category".to_owned(), json!(path.first())),
        ("profile_field".to_owned(), json!(path.last())),
        ("value".to_owned(), leaf.value.clone()),
        ("algorithm_updatable".to_owned(), json!(leaf.updatable)),
    ]);
    for name in ["profile_template_id", "user_id", "agent_id"] {
        if let Some(value) = shown.get(name) {
            info.insert(name.to_owned(), value.clone());
        }
    }
    Some(Draft {
        text: format!("{way}: {words}"),
        caption: None,
        turn: Turn {
            session_id: "profile".to_owned(),
            speaker: None,
            role: None,
        },
        said_at: None,
        semantic_type: SemanticType::Profile,
        origin: Origin::UserInput,
        key: None,
        tags: BTreeSet::new(),
        info: Info(info),
        sources: Vec::new(),
    })
}
