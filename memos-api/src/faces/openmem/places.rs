//! Where memories are: cubes of subjects, of the project, of knowledge bases, of profiles.

use memos_core::{Code, CubeId};
use serde_json::Value;

use super::filter::Source;
use super::reason::{Reason, told_as};
use super::subject::Subject;
use crate::faces::kit::{Form, Own, Stop};
use crate::http::Caller;
use crate::service::Of;
use crate::wire::MemoryItem;

/// Bytes of a session's id.
const LONGEST_SESSION: usize = 256;

/// Beginning of what has a hash for its name.
const NAMED: &str = "name:";

/// The cube of what everybody in the project may recall.
pub(super) fn public() -> CubeId {
    Own::OpenMem.cube("public")
}

/// The session of a conversation: its id, or a name for it if it is too long for one, or could be
/// taken for a session that the server has named.
pub(super) fn session_of(conversation: &str) -> String {
    let is_ours = is_day(conversation) || conversation.starts_with(NAMED);
    match conversation.len() <= LONGEST_SESSION && !is_ours {
        true => conversation.to_owned(),
        false => {
            let hash = blake3::hash(conversation.as_bytes()).to_hex();
            format!("{NAMED}{}", &hash[..32])
        }
    }
}

/// Whether a session has the name that the reader gives to what was said in none: its day.
pub(super) fn is_day(session: &str) -> bool {
    let shape = |c: char| match c {
        '0'..='9' => '0',
        other => other,
    };
    session.len() == 10 && session.chars().map(shape).eq("0000-00-00".chars())
}

/// The cube's subject, if its id says whose it is: a long name is not in it.
pub(super) fn subject_of(cube: &CubeId) -> Option<Subject> {
    let id = cube.as_str();
    let subject = match id.strip_prefix(Own::Agent.prefix()) {
        Some(name) => Subject::Agent(name.to_owned()),
        None => Subject::User(id.to_owned()),
    };
    (subject.cube() == *cube && !subject.name().starts_with(NAMED)).then_some(subject)
}

/// The subject of a memory's cube, as far as the memory or the cube says whose it is.
pub(super) fn subject_of_memory(cube: &CubeId, memory: &MemoryItem) -> Option<Subject> {
    let name = memory.info.get("user_id").and_then(Value::as_str);
    let user = name.map(|name| Subject::User(name.to_owned()));
    user.filter(|user| user.cube() == *cube)
        .or_else(|| subject_of(cube))
}

/// Takes back what a subject's profiles have from memories that are gone.
pub(super) fn keep_profiles_up(caller: &Caller, cube: &CubeId) -> Result<(), Stop> {
    if let Some(subject) = subject_of(cube) {
        caller.memos.profile_cubes(&caller.who, of(&subject))?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_its_own_session_unless_the_server_names_such() {
        for plain in [
            "trip",
            "2026-11-29 talk",
            "2026/11/29",
            "profile",
            "é-26-11-29",
        ] {
            assert_eq!(session_of(plain), plain);
        }
        let long = "x".repeat(300);
        for other in ["2026-11-29", "name:7", long.as_str()] {
            let session = session_of(other);
            assert!(session.starts_with(NAMED) && session != other, "{other}");
            assert!(!is_day(&session));
        }
    }

    #[test]
    fn a_cube_says_whose_it_is_if_its_name_can() {
        for subject in [Subject::User("ada".into()), Subject::Agent("ada".into())] {
            assert_eq!(subject_of(&subject.cube()), Some(subject));
        }
        let hashed = Subject::User("a b".into());
        for cube in [hashed.cube(), public(), Own::Profile.cube("x")] {
            assert_eq!(subject_of(&cube), None, "{cube}");
        }
    }
}
