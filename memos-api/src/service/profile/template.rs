//! Templates of profiles.

use std::collections::BTreeMap;

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Info, MemCube, MemoryId, Result, UserId, Write,
};
use serde_json::{Map, Value, json};

use super::{FILLED, Fields, METADATA, PROFILES, TEMPLATES};
use crate::service::MemOs;
use crate::service::cabinet::{NewCabinet, cabinet_id};
use crate::service::cubes::cube_event;

/// What should be known of whom it is bound to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) fields: Fields,
    pub(crate) created_at: memos_core::Timestamp,
    pub(crate) updated_at: memos_core::Timestamp,
}

/// What became of a template that was changed or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// Profiles that are bound to it, and followed.
    pub(crate) profiles: usize,
}

/// What of a template is to change.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplateChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) fields: Option<Fields>,
}

impl MemOs {
    /// Makes a template. The same one again within the repeat window is the same one.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn create_template(
        &self,
        who: &UserId,
        name: &str,
        description: Option<&str>,
        fields: &Fields,
    ) -> Result<String> {
        let window = i64::try_from(self.repeat_window.as_micros()).unwrap_or(i64::MAX);
        let since = self.clock.now().micros().saturating_sub(window);
        let repeated = |t: &Template| {
            t.name == name
                && t.description.as_deref() == description
                && t.fields == *fields
                && t.created_at.micros() > since
        };
        if let Some(known) = self.templates(who)?.into_iter().find(repeated) {
            return Ok(known.id);
        }
        let random = MemoryId::generate();
        // The last bytes of the id are the random ones.
        let hex: String = random.as_bytes()[10..]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let id = format!("tpl_{hex}");
        self.make_cabinets(
            who,
            vec![NewCabinet {
                id: CubeId::new(format!("{TEMPLATES}{id}"))?,
                name: name.to_owned(),
                description: description.map(str::to_owned),
                info: Info(Map::from_iter([
                    ("kind".to_owned(), json!("profile_template")),
                    (METADATA.to_owned(), fields.nested().into()),
                ])),
            }],
        )?;
        Ok(id)
    }

    /// A template.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub(crate) fn template(&self, who: &UserId, id: &str) -> Result<Template> {
        let cube = self.template_cube(who, id)?;
        template_of(cube)
    }

    /// All templates, by id.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub(crate) fn templates(&self, who: &UserId) -> Result<Vec<Template>> {
        let cubes = self.cabinets(who, TEMPLATES)?;
        cubes.into_iter().map(template_of).collect()
    }

    /// Changes a template. The profiles that are bound to it follow: fields that it has no more are
    /// dropped, new ones are there with its value.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub(crate) fn change_template(
        &self,
        who: &UserId,
        id: &str,
        change: &TemplateChange,
    ) -> Result<Followed> {
        let mut changed = self.template_cube(who, id)?;
        self.visible_cube(who, Action::Write, &changed.id)?;
        let before = fields_of(&changed)?;
        if let Some(name) = &change.name {
            changed.name.clone_from(name);
        }
        if let Some(description) = &change.description {
            changed.description = Some(description.clone());
        }
        if let Some(fields) = &change.fields {
            let nested = fields.nested();
            changed.info.0.insert(METADATA.to_owned(), nested.into());
        }
        changed.updated_at = self.clock.now();
        self.vault.commit(Commit {
            events: vec![cube_event(&changed.id, who, EventKind::CubeUpdated)],
            writes: vec![Write::UpdateCube(changed.clone())],
            ..Commit::default()
        })?;
        let mut profiles = 0;
        if let Some(after) = &change.fields {
            for (cube, _) in self.profiles_of_template(who, id)? {
                profiles += 1;
                self.change_profile(who, &cube, |fields| {
                    for path in before.0.keys().filter(|path| !after.0.contains_key(*path)) {
                        fields.0.remove(path);
                    }
                    for (path, leaf) in &after.0 {
                        fields.0.entry(path.clone()).or_insert_with(|| leaf.clone());
                    }
                    Ok(())
                })?;
            }
        }
        Ok(Followed { profiles })
    }

    /// How many profiles are bound to each template.
    ///
    /// # Errors
    /// If the storage can't be read.
    pub(crate) fn profile_counts(&self, who: &UserId) -> Result<BTreeMap<String, usize>> {
        let mut counts = BTreeMap::new();
        for cube in self.cabinets(who, PROFILES)? {
            let template = cube.info.0.get("profile_template_id");
            if let Some(id) = template.and_then(Value::as_str) {
                *counts.entry(id.to_owned()).or_default() += 1;
            }
        }
        Ok(counts)
    }

    /// Deletes a template and the profiles that are bound to it.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub(crate) fn delete_template(&self, who: &UserId, id: &str) -> Result<Followed> {
        let template = self.template_cube(who, id)?;
        let bound = self.profiles_of_template(who, id)?;
        for (cube, _) in &bound {
            self.drop_cabinet(who, cube)?;
        }
        self.delete_cube(who, &template.id)?;
        Ok(Followed {
            profiles: bound.len(),
        })
    }

    pub(super) fn template_cube(&self, who: &UserId, id: &str) -> Result<MemCube> {
        let cube = cabinet_id(TEMPLATES, id, "profile template")?;
        self.visible_cube(who, Action::Read, &cube)
            .map_err(|error| match error.code() {
                Code::CubeNotFound => Error::new(
                    Code::CubeNotFound,
                    format!("there is no profile template {id:?}"),
                )
                .remedy("create it first, or list the templates for its id"),
                _ => error,
            })
    }
}

fn template_of(cube: MemCube) -> Result<Template> {
    Ok(Template {
        fields: fields_of(&cube)?,
        id: cube.id.as_str().trim_start_matches(TEMPLATES).to_owned(),
        name: cube.name,
        description: cube.description,
        created_at: cube.created_at,
        updated_at: cube.updated_at,
    })
}

/// The fields of a template's or profile's cube.
pub(super) fn fields_of(cube: &MemCube) -> Result<Fields> {
    match cube.info.0.get(METADATA) {
        Some(Value::Object(nested)) => {
            let mut fields = Fields::read(nested)?;
            fields.note_sources(cube.info.0.get(FILLED));
            Ok(fields)
        }
        _ => Ok(Fields::default()),
    }
}
