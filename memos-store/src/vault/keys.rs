//! Keys: one tree, one byte per key space. One tree, because sled applies a batch atomically to
//! one.
//!
//! | key | value |
//! |---|---|
//! | `c` cube id | cube header |
//! | `m` length of cube id (u16 BE), cube id, memory id | memory |
//! | `u` as `m` | use count, last use and tier |
//! | `v` as `m`, number of a change (u64 BE) | the memory that it replaced |
//! | `h` length of cube id, cube id, number of the last (u64 BE) | a list of changes |
//! | `s` length of cube id, cube id, name | named snapshot |
//! | `w` memory id, cube id | nothing: the cube holds the memory |
//! | `d` as `m`, memory id | nothing: the second memory was made from the first |
//! | `t` task id | task |
//! | `n` | the last number of a change, and the last date |
//! | `x` key of a record, hash (8 bytes), number (u16 BE) | a piece of a large record |
//! | `e` number (u64 BE) | event |
//! | `k` subscriber | its cursor |
//! | `r` digest (32 bytes) | noted request |
//!
//! The length before the cube id keeps cube `a` from being a prefix of cube `ab`; inside a cube,
//! keys sort by memory id, so by age. Cubes sort by the bytes of their id, which is the order of
//! [`CubeId`].

use memos_core::{ChangeSeq, CubeId, EventSeq, MemoryId, TaskId};

pub(super) const CUBE: u8 = b'c';
pub(super) const EVENT: u8 = b'e';
pub(super) const CURSOR: u8 = b'k';
pub(super) const CHANGES: u8 = b'h';
pub(super) const MEMORY: u8 = b'm';
pub(super) const COUNTER: u8 = b'n';
pub(super) const REQUEST: u8 = b'r';
pub(super) const NAMED: u8 = b's';
pub(super) const TASK: u8 = b't';
pub(super) const USAGE: u8 = b'u';
pub(super) const BEFORE: u8 = b'v';
pub(super) const PIECE: u8 = b'x';
pub(super) const PLACE: u8 = b'w';
pub(super) const MADE_FROM: u8 = b'd';

/// The key spaces that lie in a cube, and go with it.
pub(super) const IN_CUBES: [u8; 6] = [MEMORY, USAGE, BEFORE, CHANGES, NAMED, MADE_FROM];

/// Length of the hash that names a large record's pieces.
pub(super) const HASH_LEN: usize = 8;

pub(super) fn cube(id: &CubeId) -> Vec<u8> {
    spaced(CUBE, id.as_str().as_bytes())
}

pub(super) fn memory(cube: &CubeId, id: MemoryId) -> Vec<u8> {
    in_cube(MEMORY, cube, id)
}

pub(super) fn usage(cube: &CubeId, id: MemoryId) -> Vec<u8> {
    in_cube(USAGE, cube, id)
}

/// What the keys of a memory's places start with.
pub(super) fn places(id: MemoryId) -> Vec<u8> {
    spaced(PLACE, id.as_bytes())
}

pub(super) fn place(id: MemoryId, cube: &CubeId) -> Vec<u8> {
    let mut key = places(id);
    key.extend_from_slice(cube.as_str().as_bytes());
    key
}

/// The cube of a key of [`place`].
pub(super) fn cube_of_place(key: &[u8]) -> Option<CubeId> {
    let name = std::str::from_utf8(key.get(1 + 16..)?).ok()?;
    CubeId::new(name).ok()
}

/// What the keys of what was made from a memory start with.
pub(super) fn all_made_from(cube: &CubeId, evidence: MemoryId) -> Vec<u8> {
    in_cube(MADE_FROM, cube, evidence)
}

pub(super) fn made_from(cube: &CubeId, evidence: MemoryId, id: MemoryId) -> Vec<u8> {
    let mut key = all_made_from(cube, evidence);
    key.extend_from_slice(id.as_bytes());
    key
}

/// The cube of a key that lies in one, and what follows it.
pub(super) fn split_in_cube(key: &[u8]) -> Option<(CubeId, &[u8])> {
    let (len, rest) = key.get(1..)?.split_first_chunk::<2>()?;
    let (name, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
    let cube = CubeId::new(std::str::from_utf8(name).ok()?).ok()?;
    Some((cube, rest))
}

/// What the keys of what a memory was start with.
pub(super) fn history(cube: &CubeId, id: MemoryId) -> Vec<u8> {
    in_cube(BEFORE, cube, id)
}

pub(super) fn before(cube: &CubeId, id: MemoryId, seq: ChangeSeq) -> Vec<u8> {
    let mut key = history(cube, id);
    key.extend_from_slice(&seq.0.to_be_bytes());
    key
}

pub(super) fn changes(cube: &CubeId, seq: ChangeSeq) -> Vec<u8> {
    let mut key = cube_prefix(CHANGES, cube);
    key.extend_from_slice(&seq.0.to_be_bytes());
    key
}

/// The number at the end of a key of [`before`] or [`changes`].
pub(super) fn change_seq(key: &[u8]) -> Option<ChangeSeq> {
    key.last_chunk::<8>()
        .map(|seq| ChangeSeq(u64::from_be_bytes(*seq)))
}

pub(super) fn named(cube: &CubeId, name: &str) -> Vec<u8> {
    let mut key = cube_prefix(NAMED, cube);
    key.extend_from_slice(name.as_bytes());
    key
}

pub(super) fn task(id: TaskId) -> Vec<u8> {
    spaced(TASK, id.as_bytes())
}

pub(super) fn counter() -> Vec<u8> {
    vec![COUNTER]
}

/// What the keys of a key space that lie in a cube start with.
pub(super) fn cube_prefix(space: u8, cube: &CubeId) -> Vec<u8> {
    let name = cube.as_str().as_bytes();
    let len = u16::try_from(name.len()).expect("a cube id has at most 128 characters");
    let mut key = Vec::with_capacity(3 + name.len() + 16 + 8);
    key.push(space);
    key.extend_from_slice(&len.to_be_bytes());
    key.extend_from_slice(name);
    key
}

/// The memory id at the end of a key of [`memory`], [`usage`] or [`made_from`].
pub(super) fn memory_id(key: &[u8]) -> Option<MemoryId> {
    key.last_chunk::<16>().copied().map(MemoryId::from_bytes)
}

pub(super) fn event(seq: EventSeq) -> Vec<u8> {
    spaced(EVENT, &seq.0.to_be_bytes())
}

pub(super) fn cursor(subscriber: &str) -> Vec<u8> {
    spaced(CURSOR, subscriber.as_bytes())
}

pub(super) fn request(digest: &[u8; 32]) -> Vec<u8> {
    spaced(REQUEST, digest)
}

/// What the keys of a record's pieces start with; of the pieces of all records under a prefix, if
/// `record` is a prefix.
pub(super) fn pieces(record: &[u8]) -> Vec<u8> {
    spaced(PIECE, record)
}

pub(super) fn piece(record: &[u8], hash: &[u8; HASH_LEN], number: u16) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + record.len() + HASH_LEN + 2);
    key.push(PIECE);
    key.extend_from_slice(record);
    key.extend_from_slice(hash);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The first key after all keys with this prefix. A prefix starts with a key space, so there is
/// one.
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    unreachable!("a prefix starts with a key space, and none is 0xff")
}

fn spaced(space: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len());
    key.push(space);
    key.extend_from_slice(rest);
    key
}

fn in_cube(space: u8, cube: &CubeId, id: MemoryId) -> Vec<u8> {
    let mut key = cube_prefix(space, cube);
    key.extend_from_slice(id.as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_cubes_keys_lie_among_anothers(a in "[a-c\u{4e00}]{1,4}", b in "[a-c\u{4e00}]{1,4}", id: [u8; 16]) {
            let (a, b) = (CubeId::new(a).unwrap(), CubeId::new(b).unwrap());
            let key = memory(&b, MemoryId::from_bytes(id));
            let prefix = cube_prefix(MEMORY, &a);
            prop_assert_eq!(key.starts_with(&prefix), a == b);
            prop_assert_eq!(prefix <= key && key < after_prefix(&prefix), a == b);
            prop_assert_eq!(memory_id(&key), Some(MemoryId::from_bytes(id)));
            prop_assert_eq!(split_in_cube(&key), Some((b, &id[..])));
        }

        #[test]
        fn places_are_a_memorys_own(cube in "[a-c\u{4e00}]{1,4}", x: [u8; 16], y: [u8; 16]) {
            let cube = CubeId::new(cube).unwrap();
            let (x, y) = (MemoryId::from_bytes(x), MemoryId::from_bytes(y));
            let key = place(x, &cube);
            prop_assert_eq!(key.starts_with(&places(y)), x == y);
            prop_assert_eq!(cube_of_place(&key), Some(cube.clone()));
            let key = made_from(&cube, x, y);
            prop_assert!(key.starts_with(&cube_prefix(MADE_FROM, &cube)));
            prop_assert!(key.starts_with(&all_made_from(&cube, x)));
            prop_assert_eq!(memory_id(&key), Some(y));
        }

        #[test]
        fn changes_sort_by_memory_then_number(a: [u8; 16], b: [u8; 16], x: u64, y: u64) {
            let (a, b) = (MemoryId::from_bytes(a), MemoryId::from_bytes(b));
            let (x, y) = (ChangeSeq(x), ChangeSeq(y));
            let cube = CubeId::new("c").unwrap();
            prop_assert_eq!(before(&cube, a, x).cmp(&before(&cube, b, y)), (a, x).cmp(&(b, y)));
            prop_assert_eq!(before(&cube, a, x).starts_with(&history(&cube, b)), a == b);
            prop_assert_eq!(changes(&cube, x).cmp(&changes(&cube, y)), x.cmp(&y));
            prop_assert_eq!(change_seq(&before(&cube, a, x)), Some(x));
            prop_assert_eq!(change_seq(&changes(&cube, x)), Some(x));
        }

        #[test]
        fn keys_sort_as_ids_do(a in "\\PC{1,6}", b in "\\PC{1,6}", x: [u8; 16], y: [u8; 16]) {
            if let (Ok(a), Ok(b)) = (CubeId::new(a), CubeId::new(b)) {
                prop_assert_eq!(cube(&a).cmp(&cube(&b)), a.cmp(&b));
                let (x, y) = (MemoryId::from_bytes(x), MemoryId::from_bytes(y));
                prop_assert_eq!(memory(&a, x).cmp(&memory(&a, y)), x.cmp(&y));
            }
        }

        #[test]
        fn a_prefix_ends_where_it_ends(prefix in proptest::collection::vec(254_u8.., 0..4), rest: Vec<u8>) {
            let prefix = [&[MEMORY][..], &prefix].concat();
            let end = after_prefix(&prefix);
            prop_assert!(!end.starts_with(&prefix));
            prop_assert!([&prefix[..], &rest].concat() < end);
        }
    }
}
