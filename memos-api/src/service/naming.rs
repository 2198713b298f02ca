//! The cube behind a name. Contracts let users, agents and cubes have any name; a cube's id is more
//! modest.

use memos_core::CubeId;

/// Characters of the hash that stands for a name that is no id.
const HASHED: usize = 32;

/// The cube of a user, agent or cube of this name: the name itself if it can be an id, else
/// `name:` and a hash of it. The same name is the same cube, in every face.
pub(crate) fn cube_of(name: &str) -> CubeId {
    CubeId::new(name).unwrap_or_else(|_| {
        let hash = blake3::hash(name.as_bytes()).to_hex();
        CubeId::new(format!("name:{}", &hash[..HASHED])).expect("hexadecimal digits are an id")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_own_cube_if_it_can_be() {
        for name in ["ada", "user@example.com", "用户-7", "a:b+c#d.e_f"] {
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
}
