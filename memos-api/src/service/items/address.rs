//! Where an item lies.
//!
//! Each namespace is a cube of its own, named by its labels with dots between them: what one user
//! stores is searched without that of the others, those that begin alike lie side by side, and they
//! are listed without reading what is in them. A namespace of one label is the cube of that name, so
//! a user's items, messages and files lie together. A key is the memory's id, by a hash of both: two
//! who write the same key at once write the same memory.

use memos_core::{Code, CubeId, Error, MemoryId, Result};

use crate::service::shelf::Shelf;
use crate::service::{Own, cube_of};
use crate::wire::ItemAddress;

/// Bytes of a namespace's labels together.
const NAMESPACE_BYTES: usize = 4_096;

/// What the names of cubes begin with whose own names would be too long, before a hash.
pub(super) const LONG: &str = Own::LongNamespace.prefix();

/// Characters of that hash.
const HASHED: usize = 32;

/// Labels of a namespace.
const LABELS: usize = 64;

/// Bytes of a key.
const KEY_BYTES: usize = 4_096;

/// The label that some systems keep for themselves.
const RESERVED: &str = "langgraph";

/// The cube and the memory of an address.
///
/// # Errors
/// `InvalidRequest` for a namespace or a key that can't be one.
pub(super) fn place(address: &ItemAddress) -> Result<(CubeId, MemoryId)> {
    let cube = cube(&address.namespace)?;
    key(&address.key)?;
    Ok((cube, id(&address.namespace, &address.key)))
}

/// The cube of a namespace.
///
/// # Errors
/// `InvalidRequest` if it can't be one.
pub(super) fn cube(namespace: &[String]) -> Result<CubeId> {
    let wrong = |why: String| {
        Error::new(Code::InvalidRequest, why)
            .at("namespace")
            .remedy("name at least one label, such as [\"memories\", \"user-1\"]")
    };
    match namespace.first().map(String::as_str) {
        None => return Err(wrong("the namespace is empty".into())),
        Some(RESERVED) => {
            return Err(wrong(format!("the first label can't be {RESERVED:?}")));
        }
        Some(_) => {}
    }
    labels(namespace).map_err(|e| e.at("namespace"))?;
    Ok(cube_named(namespace))
}

/// The cube of labels that are a namespace.
pub(super) fn cube_named(labels: &[String]) -> CubeId {
    if let [only] = labels {
        return cube_of(only);
    }
    let name = joined(labels);
    match CubeId::new(name.as_str()) {
        Ok(id) if !Own::claims(&name) => id,
        _ => {
            let hash = blake3::hash(name.as_bytes()).to_hex();
            CubeId::new(format!("{LONG}{}", &hash[..HASHED])).expect("hexadecimal digits are an id")
        }
    }
}

/// How the cube of a namespace of several labels is named, if that is not too long. What can't stand
/// in an id is written as `#` and two digits for each byte.
pub(super) fn joined(labels: &[String]) -> String {
    let mut name = String::new();
    for (number, label) in labels.iter().enumerate() {
        if number > 0 {
            name.push('.');
        }
        for c in label.chars() {
            if c.is_alphanumeric() || "_-:@+".contains(c) {
                name.push(c);
            } else {
                let mut utf8 = [0; 4];
                for byte in c.encode_utf8(&mut utf8).bytes() {
                    name.push_str(&format!("#{byte:02x}"));
                }
            }
        }
    }
    name
}

/// Checks labels, which may be none.
///
/// # Errors
/// `InvalidRequest` with the label.
pub(super) fn labels(labels: &[String]) -> Result<()> {
    for label in labels {
        if label.is_empty() || label.contains('.') {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("the namespace label {label:?} must be a non-empty string without periods"),
            )
            .remedy("put what a period separates into labels of their own"));
        }
    }
    let bytes: usize = labels.iter().map(String::len).sum();
    if labels.len() > LABELS || bytes > NAMESPACE_BYTES {
        return Err(Error::new(
            Code::InvalidRequest,
            format!(
                "the namespace has {} labels with {bytes} bytes",
                labels.len()
            ),
        )
        .remedy(format!(
            "use at most {LABELS} labels and {NAMESPACE_BYTES} bytes"
        )));
    }
    Ok(())
}

fn key(key: &str) -> Result<()> {
    if key.is_empty() || key.len() > KEY_BYTES {
        return Err(Error::new(
            Code::InvalidRequest,
            format!("a key has 1 to {KEY_BYTES} bytes, this one {}", key.len()),
        )
        .at("key")
        .remedy("give a short name, such as a UUID"));
    }
    Ok(())
}

fn id(namespace: &[String], key: &str) -> MemoryId {
    let name: Vec<&str> = namespace
        .iter()
        .map(String::as_str)
        .chain(std::iter::once(key))
        .collect();
    Shelf::Items.id(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(namespace: &[&str], key: &str) -> Result<(CubeId, MemoryId)> {
        place(&ItemAddress {
            namespace: namespace.iter().map(|l| (*l).to_owned()).collect(),
            key: key.into(),
        })
    }

    #[test]
    fn each_address_has_a_place_of_its_own() {
        let long = "x".repeat(300);
        let places = [
            at(&["a"], "b"),
            at(&["a", "b"], "c"),
            at(&["ab"], "c"),
            at(&["a", "bc"], "d"),
            at(&["a b", "/"], "c"),
            at(&["a b", "//"], "c"),
            at(&[&long], "c"),
            at(&["a"], "\u{0}"),
        ];
        let ids: std::collections::BTreeSet<_> =
            places.iter().map(|p| p.as_ref().unwrap().1).collect();
        assert_eq!(ids.len(), places.len());
        assert_eq!(
            at(&["memories", "ada"], "k").unwrap().0.as_str(),
            "memories.ada"
        );
        for name in ["ada", "a b"] {
            assert_eq!(at(&[name], "k").unwrap().0, cube_of(name));
        }
        assert_eq!(
            at(&["a#b", "ü/日"], "k").unwrap().0.as_str(),
            "a#23b.ü#2f日"
        );
        let (one, other) = (at(&[&long, "a"], "k"), at(&[&long, "b"], "k"));
        assert_ne!(one.unwrap().0, other.unwrap().0);
    }

    #[test]
    fn what_can_be_no_address_is_refused() {
        let (long, many) = ("x".repeat(5_000), vec!["a"; 65]);
        for (namespace, key, field) in [
            (&[][..], "k", "namespace"),
            (&["a", ""], "k", "namespace"),
            (&["a.b"], "k", "namespace"),
            (&["langgraph", "a"], "k", "namespace"),
            (&[&*long], "k", "namespace"),
            (&many, "k", "namespace"),
            (&["a"], "", "key"),
            (&["a"], &long, "key"),
        ] {
            let error = at(namespace, key).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest);
            assert_eq!(error.field(), Some(field), "{namespace:?}");
            assert!(error.remedy_text().is_some());
        }
    }
}
