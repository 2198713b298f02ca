//! The attributes that statements have, and how they are worded: `slots.txt`.

use std::sync::LazyLock;

use super::pattern::Pattern;
use super::token::{Token, tokens};

/// What a newer value does to an older one, if no word of change comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// It takes the older one's place.
    Replaces,
    /// It contradicts the older one: such a thing does not change.
    Contradicts,
    /// Both may be so.
    Stands,
}

/// What a statement says about its attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// It has this value.
    Is,
    /// It has this value since a change.
    Becomes,
    /// It has this value, or any, no more.
    Ends,
    /// As `Is`, if the sentence says "now".
    Now,
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) attribute: &'static str,
    pub(super) policy: Policy,
    /// Whether one has it once for each topic.
    pub(super) by_topic: bool,
    pub(super) wordings: Vec<Wording>,
}

/// One way to say something about an attribute.
#[derive(Debug)]
pub(super) struct Wording {
    pub(super) force: Force,
    pub(super) pattern: Pattern,
    /// The value, where the wording itself is it.
    pub(super) value: Option<Vec<Token>>,
}

/// Read once.
pub(super) static SLOTS: LazyLock<Vec<Slot>> = LazyLock::new(|| {
    read(include_str!("slots.txt")).expect("a test reads the slots, which lie in the program")
});

fn read(text: &'static str) -> Result<Vec<Slot>, String> {
    let mut slots: Vec<Slot> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('@') {
            let (attribute, policy) = head.split_once(' ').ok_or(line)?;
            let (policy, topic) = policy.split_once(' ').unwrap_or((policy, ""));
            slots.push(Slot {
                attribute,
                by_topic: topic.trim() == "topic",
                policy: match policy.trim() {
                    "replaces" => Policy::Replaces,
                    "contradicts" => Policy::Contradicts,
                    "stands" => Policy::Stands,
                    other => return Err(format!("{other:?} is no policy")),
                },
                wordings: Vec::new(),
            });
            continue;
        }
        let slot = slots.last_mut().ok_or("a wording before its attribute")?;
        slot.wordings.push(wording(line)?);
    }
    Ok(slots)
}

fn wording(line: &str) -> Result<Wording, String> {
    let (force, rest) = line.split_once(' ').ok_or(line)?;
    let (pattern, value) = match rest.rsplit_once('=') {
        Some((pattern, value)) => (pattern, Some(tokens(value.trim()))),
        None => (rest, None),
    };
    Ok(Wording {
        force: match force {
            "is" => Force::Is,
            "becomes" => Force::Becomes,
            "ends" => Force::Ends,
            "now" => Force::Now,
            other => return Err(format!("{other:?} is no force")),
        },
        pattern: Pattern::parse(pattern)?,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_can_be_read() {
        let slots = read(include_str!("slots.txt")).unwrap();
        assert!(slots.len() >= 15);
        assert!(slots.iter().all(|s| s.wordings.len() >= 3), "{slots:?}");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for bad in [
            "is {s} x",
            "@a sometimes",
            "@a stands\nwas {s} x",
            "@a stands\nis {q}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
