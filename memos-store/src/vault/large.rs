//! Large records lie in pieces, each under a key of its own.
//!
//! Why: sled writes whatever passes a quarter of a segment (128 KiB: `Log::reserve_inner` in sled's
//! `pagecache/logger.rs`, `MINIMUM_ITEMS_PER_SEGMENT` in `constants.rs`) into a file of its own
//! (`write_blob` in `blob_io.rs`), never syncs it, and at recovery silently skips a record whose
//! file is missing (`LogRead::DanglingBlob` in `iterator.rs`). That holds for whole leaves too, and
//! a leaf has up to about twenty records (`Node::should_split` in `node.rs`: it splits above 16).
//! With [`PIECE_LEN`] and keys under 800 bytes a leaf stays under 96 KiB, so no blob comes to be.
//! [`super::disk`] syncs them all the same, should one.
//!
//! The head of a record in pieces is [`IN_PIECES`], a hash of its bytes and its length. The hash is
//! in the pieces' keys too, so a head never finds the pieces of another version of the record.

use memos_core::{Code, Error, Result};
use sled::IVec;

use super::codec::IN_PIECES;
use super::keys::{self, HASH_LEN};

/// The longest record that is one value, and the length of a piece of a longer one.
pub(super) const PIECE_LEN: usize = 4096;

/// The longest record. Larger things belong into files, addressed by hash.
pub(super) const MAX_LEN: usize = 16 << 20;

const HEAD_LEN: usize = 1 + HASH_LEN + 4;

/// The values that a record becomes: its own first, then the pieces.
pub(super) fn split(key: Vec<u8>, record: Vec<u8>) -> Result<Vec<(Vec<u8>, IVec)>> {
    if record.len() <= PIECE_LEN {
        return Ok(vec![(key, record.into())]);
    }
    if record.len() > MAX_LEN {
        return Err(Error::new(
            Code::TooLarge,
            format!(
                "a record of {} bytes is over the limit of {MAX_LEN}",
                record.len()
            ),
        )
        .remedy("split it into several memories"));
    }
    let hash = hash(&record);
    let len = u32::try_from(record.len()).expect("the limit is far below 4 GiB");
    let mut head = vec![IN_PIECES];
    head.extend_from_slice(&hash);
    head.extend_from_slice(&len.to_le_bytes());
    let pieces = record
        .chunks(PIECE_LEN)
        .zip(0_u16..)
        .map(|(piece, number)| (keys::piece(&key, &hash, number), IVec::from(piece)));
    let mut values = vec![(Vec::new(), IVec::from(head))];
    values.extend(pieces);
    values[0].0 = key;
    Ok(values)
}

/// The record whose own value is `head`.
pub(super) fn join(
    key: &[u8],
    head: IVec,
    get: impl Fn(&[u8]) -> Result<Option<IVec>>,
) -> Result<IVec> {
    if head.first() != Some(&IN_PIECES) {
        return Ok(head);
    }
    let broken = |why: &str| super::failure::corrupt(format!("a large record {why}"));
    let (hash, len) = parse_head(&head).ok_or_else(|| broken("has a malformed head"))?;
    let mut record = Vec::with_capacity(len.min(MAX_LEN));
    for number in piece_numbers(len) {
        let piece = get(&keys::piece(key, &hash, number))?.ok_or_else(|| broken("lost a piece"))?;
        record.extend_from_slice(&piece);
    }
    if record.len() != len || self::hash(&record) != hash {
        return Err(broken("is not what was written"));
    }
    Ok(record.into())
}

/// How long the record is whose own value is `head`.
pub(super) fn len(head: &[u8]) -> usize {
    match parse_head(head) {
        Some((_, len)) if head.first() == Some(&IN_PIECES) => len,
        _ => head.len(),
    }
}

/// The keys of the pieces of the record whose own value is `head`.
pub(super) fn piece_keys(key: &[u8], head: &[u8]) -> Vec<Vec<u8>> {
    if head.first() != Some(&IN_PIECES) {
        return Vec::new();
    }
    let Some((hash, len)) = parse_head(head) else {
        return Vec::new();
    };
    piece_numbers(len)
        .map(|number| keys::piece(key, &hash, number))
        .collect()
}

fn parse_head(head: &[u8]) -> Option<([u8; HASH_LEN], usize)> {
    if head.len() != HEAD_LEN {
        return None;
    }
    let hash = head.get(1..)?.first_chunk()?;
    let len = u32::from_le_bytes(*head.last_chunk()?);
    Some((*hash, usize::try_from(len).ok()?))
}

fn piece_numbers(len: usize) -> impl Iterator<Item = u16> {
    let count = u16::try_from(len.min(MAX_LEN).div_ceil(PIECE_LEN));
    0..count.expect("the limit is 4,096 pieces")
}

fn hash(record: &[u8]) -> [u8; HASH_LEN] {
    *blake3::hash(record)
        .as_bytes()
        .first_chunk()
        .expect("a BLAKE3 hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn stored(len: usize) -> (Vec<u8>, BTreeMap<Vec<u8>, IVec>) {
        let record: Vec<u8> = (0..len)
            .map(|i| if i == 0 { 1 } else { (i % 251) as u8 })
            .collect();
        let values = split(b"mkey".to_vec(), record.clone()).unwrap();
        assert!(values.iter().all(|(_, v)| v.len() <= PIECE_LEN));
        (record, values.into_iter().collect())
    }

    #[test]
    fn records_come_back_whole() {
        for len in [1, PIECE_LEN, PIECE_LEN + 1, 3 * PIECE_LEN, 100_000] {
            let (record, values) = stored(len);
            let head = values[&b"mkey"[..]].clone();
            let whole = join(b"mkey", head.clone(), |k| Ok(values.get(k).cloned())).unwrap();
            assert_eq!(whole, record, "{len}");
            let pieces = piece_keys(b"mkey", &head);
            assert_eq!(pieces.len() + 1, values.len(), "{len}");
            assert!(pieces.iter().all(|k| values.contains_key(k)));
            assert_eq!(super::len(&head), len);
        }
    }

    #[test]
    fn lost_and_changed_pieces_are_noticed() {
        let (_, mut values) = stored(3 * PIECE_LEN);
        let head = values[&b"mkey"[..]].clone();
        let piece = piece_keys(b"mkey", &head).remove(1);
        values.insert(piece.clone(), IVec::from(vec![7; PIECE_LEN]));
        let read = |values: &BTreeMap<Vec<u8>, IVec>| {
            join(b"mkey", head.clone(), |k| Ok(values.get(k).cloned())).map_err(|e| e.code())
        };
        assert_eq!(read(&values), Err(Code::Corrupt));
        values.remove(&piece);
        assert_eq!(read(&values), Err(Code::Corrupt));
    }

    #[test]
    fn the_largest_record_has_a_limit() {
        let refused = split(b"m".to_vec(), vec![1; MAX_LEN + 1]).unwrap_err();
        assert_eq!(refused.code(), Code::TooLarge);
        assert!(split(b"m".to_vec(), vec![1; MAX_LEN]).is_ok());
    }
}
