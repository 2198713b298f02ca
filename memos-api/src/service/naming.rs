//! The cube behind a name. Contracts let users, agents and cubes have any name; a cube's id is more
//! modest, and some beginnings of ids belong to the server.

use memos_core::CubeId;

/// Characters of the hash that stands for a name that is no id.
const HASHED: usize = 32;

/// Beginnings of the ids of cubes that the server keeps for itself.
///
/// No name of a caller leads to one of these: who wants such a cube has its id from an answer of the
/// face that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// The memories of an agent that has memories of its own.
    Agent,
    /// What all of a project may recall, and what else the hosted contract keeps.
    OpenMem,
    /// The passages of a knowledge base.
    Knowledge,
    /// The files of a knowledge base.
    KnowledgeFiles,
    /// A template of profiles.
    ProfileTemplate,
    /// A profile.
    Profile,
    /// The settings of the mem0 contract.
    Mem0,
    /// Where news of a user's memories are sent.
    Webhooks,
    /// A namespace whose labels are too long together.
    LongNamespace,
}

impl Own {
    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Agent,
        Self::OpenMem,
        Self::Knowledge,
        Self::KnowledgeFiles,
        Self::ProfileTemplate,
        Self::Profile,
        Self::Mem0,
        Self::Webhooks,
        Self::LongNamespace,
    ];

    /// The beginning. It is a part of stored ids.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "agent:",
            Self::OpenMem => "openmem:",
            Self::Knowledge => "knowledge:",
            Self::KnowledgeFiles => "knowledge-files:",
            Self::ProfileTemplate => "profile-template:",
            Self::Profile => "profile:",
            Self::Mem0 => "mem0:",
            Self::Webhooks => "webhooks:",
            Self::LongNamespace => "long:",
        }
    }

    /// Whether a name begins as an id of one of these.
    pub(crate) fn claims(name: &str) -> bool {
        Self::ALL.iter().any(|own| name.starts_with(own.prefix()))
    }

    /// The cube of this kind that has this name: the name itself if it can stand in an id, else a
    /// hash of it.
    pub(crate) fn cube(self, name: &str) -> CubeId {
        CubeId::new(format!("{}{name}", self.prefix()))
            .unwrap_or_else(|_| hashed(&format!("{}name:", self.prefix()), name))
    }
}

/// The cube of a user or cube of this name: the name itself if it can be an id and is none of the
/// server's [own](Own), else `name:` and a hash of it. The same name is the same cube, in every face.
pub(crate) fn cube_of(name: &str) -> CubeId {
    match CubeId::new(name) {
        Ok(id) if !Own::claims(name) => id,
        _ => hashed("name:", name),
    }
}

fn hashed(prefix: &str, name: &str) -> CubeId {
    let hash = blake3::hash(name.as_bytes()).to_hex();
    CubeId::new(format!("{prefix}{}", &hash[..HASHED])).expect("hexadecimal digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_own_cube_if_it_can_be() {
        for name in [
            "ada",
            "user@example.com",
            "用户-7",
            "a:b+c#d.e_f",
            "knowledge",
        ] {
            assert_eq!(cube_of(name).as_str(), name);
        }
    }

    #[test]
    fn any_other_name_has_a_cube_of_its_own() {
        let long = "x".repeat(500);
        let names = ["", ".", "..", "a b", "a/b", "\u{0}", long.as_str()];
        let cubes: std::collections::BTreeSet<_> = names.into_iter().map(cube_of).collect();
        assert_eq!(cubes.len(), names.len());
        assert_eq!(cube_of("a b"), cube_of("a b"));
    }

    #[test]
    fn no_name_leads_to_a_cube_of_the_server() {
        let long = "x".repeat(500);
        for own in Own::ALL {
            for name in ["x", "a b", "", long.as_str()] {
                let cube = own.cube(name);
                assert!(cube.as_str().starts_with(own.prefix()));
                assert_ne!(cube_of(cube.as_str()), cube, "{cube}");
                assert!(cube_of(cube.as_str()).as_str().starts_with("name:"));
            }
        }
        assert_ne!(Own::Agent.cube("same"), cube_of("same"));
    }
}
