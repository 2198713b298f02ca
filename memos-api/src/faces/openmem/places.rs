//! Where memories are: cubes of subjects, of the project, of knowledge bases, of profiles.

use memos_core::{Code, CubeId};
use serde_json::Value;

use super::filter::Source;
use super::reason::{Reason, told_as};
use super::subject::Subject;
use crate::faces::kit::{Form, Own, Stop};
use crate::http::Caller;
use crate::service::Of;

/// Bytes of a session's id.
const LONGEST_SESSION: usize = 256;

/// The cube of what everybody in the project may recall.
pub(super) fn public() -> CubeId {
    Own::OpenMem.cube("public")
}

/// The session of a conversation: its id, or a name for it if it is too long for one.
pub(super) fn session_of(conversation: &str) -> String {
    match conversation.len() <= LONGEST_SESSION {
        true => conversation.to_owned(),
        false => {
            let hash = blake3::hash(conversation.as_bytes()).to_hex();
            format!("name:{}", &hash[..32])
        }
    }
}

/// Knowledge bases that a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Bases {
    #[default]
    None,
    Named(Vec<String>),
    All,
}

impl Bases {
    /// The field `knowledgebase_ids`: a list, or `all`.
    pub(super) fn read(form: &Form<'_>) -> Self {
        const FIELD: &str = "knowledgebase_ids";
        match form.any(FIELD) {
            None => Self::None,
            Some(Value::String(all)) if all == "all" => Self::All,
            Some(Value::String(one)) => Self::Named(vec![one.clone()]),
            Some(_) => match form.texts(FIELD).unwrap_or_default() {
                ids if ids.is_empty() => Self::None,
                ids if ids.iter().any(|id| id == "all") => Self::All,
                ids => Self::Named(ids),
            },
        }
    }

    pub(super) fn cubes(&self, caller: &Caller) -> Result<Vec<CubeId>, Stop> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Named(ids) => knowledge(caller, "knowledgebase_ids", ids),
            Self::All => Ok(caller.memos.knowledge_bases(&caller.who)?),
        }
    }
}

/// The cubes of knowledge bases, which have to be there.
pub(super) fn knowledge(caller: &Caller, field: &str, ids: &[String]) -> Result<Vec<CubeId>, Stop> {
    let cube = |id: &String| {
        let cube = caller.memos.knowledge_base(&caller.who, id);
        cube.map_err(|error| no_knowledge(field, error))
    };
    ids.iter().map(cube).collect()
}

/// A cube that is not there is a knowledge base here.
pub(super) fn no_knowledge(field: &str, error: memos_core::Error) -> Stop {
    match error.code() {
        Code::CubeNotFound => told_as(Reason::NoKnowledgeBase, field, &error),
        _ => error.into(),
    }
}

/// As the service names a subject.
pub(super) fn of(subject: &Subject) -> Of<'_> {
    Of {
        kind: subject.kind(),
        name: subject.name(),
    }
}

/// The cubes of a question, by source.
pub(super) fn searched(
    caller: &Caller,
    subject: &Subject,
    bases: &Bases,
) -> Result<Vec<(Source, Vec<CubeId>)>, Stop> {
    let mut own = vec![subject.cube()];
    own.extend(caller.memos.profile_cubes(&caller.who, of(subject))?);
    let source = match subject {
        Subject::User(_) => Source::User,
        Subject::Agent(_) => Source::Agent,
    };
    Ok(vec![
        (source, own),
        (Source::Public, vec![public()]),
        (Source::KnowledgeBase, bases.cubes(caller)?),
    ])
}
