//! Whose memories: a user's, or those of an agent that has memories of its own.

use memos_core::CubeId;

use super::fields;
use super::reason::Reason;
use crate::faces::kit::{Form, Own, cube_of};

/// Of whom a request speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    User(String),
    Agent(String),
}

impl Subject {
    /// Exactly one of `user_id` and `agent_id`.
    pub(super) fn one(form: &Form<'_>) -> Option<Self> {
        let user = fields::label(form, "user_id");
        let agent = fields::label(form, "agent_id");
        match (user, agent) {
            (Some(user), None) => Some(Self::User(user)),
            (None, Some(agent)) => Some(Self::Agent(agent)),
            (Some(_), Some(_)) => {
                let words = "user_id and agent_id are both given: name one of them";
                form.fault("user_id", Reason::Invalid.as_str(), words);
                None
            }
            (None, None) => {
                // A value of a wrong type has been told of.
                if !form.has("user_id") && !form.has("agent_id") || blank(form) {
                    let words = "user_id or agent_id is required";
                    form.fault("user_id", Reason::Empty.as_str(), words);
                }
                None
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Agent(name) => name,
        }
    }

    /// The cube of its memories: a user and an agent of the same name have one each.
    pub(super) fn cube(&self) -> CubeId {
        match self {
            Self::User(name) => cube_of(name),
            Self::Agent(name) => Own::Agent.cube(name),
        }
    }

    /// What tells a user from an agent of the same name.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Agent(_) => "agent",
        }
    }
}

fn blank(form: &Form<'_>) -> bool {
    ["user_id", "agent_id"]
        .iter()
        .filter_map(|name| form.any(name))
        .all(|value| value.as_str().is_some_and(|text| text.trim().is_empty()))
}
