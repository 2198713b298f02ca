//! Who a memory belongs to: a user, an agent, an app, a run; and the cube where it lives.

use memos_core::{Code, CubeId, Error, Result};
use serde_json::{Map, Value};

use crate::faces::kit::{Fault, Form, Place, Stop, cube_of};
use crate::wire::MemoryItem;

/// The words of all kinds of owners.
const WORDS: &str = "'user', 'agent', 'app' or 'run'";

/// What stands for everybody of a kind in a filter.
pub(super) const ANY: &str = "*";

/// Longest name: with every letter of it written as %XX it has to fit into an address.
const LONGEST: usize = 4_096;

/// A kind of owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entity {
    User,
    Agent,
    App,
    Run,
}

impl Entity {
    /// Every one, the one whose cube is chosen first.
    pub(super) const ALL: [Self; 4] = [Self::User, Self::Agent, Self::App, Self::Run];

    /// Its word in paths and answers.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::App => "app",
            Self::Run => "run",
        }
    }

    /// Its field in requests, and in the `info` of a memory.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::User => "user_id",
            Self::Agent => "agent_id",
            Self::App => "app_id",
            Self::Run => "run_id",
        }
    }

    /// The kind that a path names.
    ///
    /// # Errors
    /// A fault of the path.
    pub(super) fn of_path(word: &str) -> Result<Self, Stop> {
        let found = Self::ALL.into_iter().find(|e| e.word() == word);
        found.ok_or_else(|| {
            let place = vec![Place::from("path"), Place::from("entity_type")];
            let words = format!("Input should be {WORDS}");
            let fault = Fault::new("literal_error", place, words, Value::from(word));
            Stop::Invalid(vec![fault.with("expected", WORDS)])
        })
    }

    pub(super) fn of_field(field: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.field() == field)
    }

    /// A name of this kind as it is kept: without the blanks around it.
    ///
    /// # Errors
    /// `InvalidFilter` at the place if nothing is left.
    pub(super) fn kept(self, name: &str, at: &str) -> Result<String> {
        match name.trim() {
            "" => Err(Error::new(
                Code::InvalidFilter,
                format!(
                    "Invalid {}: cannot be empty or whitespace-only",
                    self.field()
                ),
            )
            .at(at)
            .remedy("give a valid identifier, or leave it out")),
            name => Ok(name.to_owned()),
        }
    }
}

/// Whether a field of metadata would say whose a memory is, or who said it. That a request says in
/// fields of its own, and nowhere else.
pub(super) fn is_identity(name: &str) -> bool {
    Entity::of_field(name).is_some() || name == "actor_id"
}

/// The names that a request gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ids {
    user: Option<String>,
    agent: Option<String>,
    app: Option<String>,
    run: Option<String>,
}

impl Ids {
    /// The fields of a request.
    pub(super) fn of_form(form: &Form<'_>) -> Self {
        let mut ids = Self::default();
        for entity in Entity::ALL {
            *ids.place(entity) = form
                .text(entity.field())
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty());
        }
        ids
    }

    /// What a filter names plainly: `{"user_id": "ada"}`, or such conditions under `AND`. Filters of
    /// an `add` say whose the memories are; anything else in them is an error.
    pub(super) fn take_filters(&mut self, filters: &Value) -> Result<()> {
        let wrong = |what: String| {
            Err(Error::new(Code::InvalidFilter, what)
                .at("filters")
                .remedy("name user_id, agent_id, app_id or run_id, each with one text"))
        };
        match filters {
            Value::Array(all) => all.iter().try_for_each(|one| self.take_filters(one)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (Entity::of_field(name), value) {
                        (_, Value::Null) => {}
                        (Some(entity), Value::String(text)) if !text.trim().is_empty() => {
                            let place = self.place(entity);
                            if place.as_deref().is_some_and(|given| given != text.trim()) {
                                return wrong(format!("{name} is given twice"));
                            }
                            *place = Some(text.trim().to_owned());
                        }
                        (None, all @ Value::Array(_)) if name == "AND" => self.take_filters(all)?,
                        _ => return wrong(format!("{name:?} can't say whose a memory is")),
                    }
                }
                Ok(())
            }
            _ => wrong("filters are an object".to_owned()),
        }
    }

    /// Refuses names by which nobody could be asked for: one that stands for everybody, and what is
    /// too long for an address.
    ///
    /// # Errors
    /// `InvalidRequest` at its field.
    pub(super) fn refuse_unaskable(&self) -> Result<()> {
        for (entity, name) in self.named() {
            let (what, remedy) = match name {
                ANY => (
                    format!(
                        "{ANY:?} stands for any {} and is nobody's name",
                        entity.word()
                    ),
                    "give the name of one".to_owned(),
                ),
                long if long.len() > LONGEST => (
                    format!("the name has {} bytes, more than {LONGEST}", long.len()),
                    "give a shorter one".to_owned(),
                ),
                _ => continue,
            };
            return Err(Error::new(Code::InvalidRequest, what)
                .at(entity.field())
                .remedy(remedy));
        }
        Ok(())
    }

    fn place(&mut self, entity: Entity) -> &mut Option<String> {
        match entity {
            Entity::User => &mut self.user,
            Entity::Agent => &mut self.agent,
            Entity::App => &mut self.app,
            Entity::Run => &mut self.run,
        }
    }

    pub(super) fn get(&self, entity: Entity) -> Option<&str> {
        match entity {
            Entity::User => self.user.as_deref(),
            Entity::Agent => self.agent.as_deref(),
            Entity::App => self.app.as_deref(),
            Entity::Run => self.run.as_deref(),
        }
    }

    /// The names that are given, with their fields.
    pub(super) fn named(&self) -> impl Iterator<Item = (Entity, &str)> {
        Entity::ALL
            .into_iter()
            .filter_map(|entity| Some((entity, self.get(entity)?)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named().next().is_none()
    }

    /// The cube where a memory of these names lives.
    pub(super) fn home(&self) -> Option<CubeId> {
        self.named().next().map(|(_, name)| cube_of(name))
    }

    /// As conditions that must all hold.
    pub(super) fn as_filter(&self) -> Map<String, Value> {
        self.named()
            .map(|(entity, name)| (entity.field().to_owned(), name.into()))
            .collect()
    }

    /// The names of a memory. One that nobody is named in is of the user whose cube it lies in: it
    /// came by another door.
    pub(super) fn of_memory(memory: &MemoryItem) -> Self {
        let mut ids = Self::of_info(&memory.info);
        if ids.is_empty() {
            ids.user = Some(memory.cube_id.clone());
        }
        ids
    }

    /// The names that are given, to keep.
    pub(super) fn owned(&self) -> Vec<(Entity, String)> {
        self.named()
            .map(|(entity, name)| (entity, name.to_owned()))
            .collect()
    }

    /// The names in a memory's own fields.
    pub(super) fn of_info(info: &Map<String, Value>) -> Self {
        let mut ids = Self::default();
        for entity in Entity::ALL {
            let name = info.get(entity.field()).and_then(Value::as_str);
            *ids.place(entity) = name.map(str::to_owned);
        }
        ids
    }
}

/// Refuses a name without a letter where all that is named together is deleted: passed over, it would
/// let more go.
///
/// # Errors
/// `InvalidFilter` at its field.
pub(super) fn refuse_blank(query: &Value) -> Result<()> {
    Entity::ALL.into_iter().try_for_each(|entity| {
        let name = query.get(entity.field()).and_then(Value::as_str);
        name.map_or(Ok(()), |name| entity.kept(name, entity.field()).map(drop))
    })
}

/// That whose the memories are has to be said.
pub(super) fn nobody() -> Error {
    Error::new(
        Code::InvalidRequest,
        "At least one of the filters: user_id, agent_id, app_id, run_id is required!",
    )
    .remedy("say whose memories are meant")
}
