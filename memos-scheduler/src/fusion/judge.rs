//! Whether a newer statement repeats, replaces or contradicts an older one.

use super::slots::Policy;
use super::statement::{Claim, Statement};

/// What a newer statement is to an older one.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It says the same.
    Duplicate {
        /// Whether in the same words, up to case, punctuation and accents.
        exact: bool,
        /// How sure the rule is, `0..=1`.
        confidence: f32,
    },
    /// It takes the older one's place.
    Supersedes {
        /// What changed, such as `residence`.
        attribute: String,
        /// The rule's name.
        rule: String,
        /// How sure the rule is, `0..=1`.
        confidence: f32,
    },
    /// Both can't be so at once.
    Contradicts {
        /// The rule's name.
        rule: String,
        /// How sure the rule is, `0..=1`.
        confidence: f32,
    },
    /// None of these.
    Unrelated,
}

/// Least cosine of two texts with the same words that count: a safeguard against words that the
/// normal form takes for the same.
const NEAR_COSINE: f32 = 0.6;

/// Judges by rules. `cosine` is that of the two texts' vectors, where known.
///
/// An assistant's words take nobody's place, another speaker's neither.
pub fn judge(older: &Statement, newer: &Statement, cosine: Option<f32>) -> Verdict {
    if !older.same_voice(newer) {
        return Verdict::Unrelated;
    }
    if let Some(verdict) = duplicate(older, newer, cosine) {
        return verdict;
    }
    if !(older.is_persons() && newer.is_persons()) {
        return Verdict::Unrelated;
    }
    by_claims(older, newer)
        .or_else(|| by_shifts(older, newer))
        .or_else(|| by_negation(older, newer))
        .unwrap_or(Verdict::Unrelated)
}

fn duplicate(older: &Statement, newer: &Statement, cosine: Option<f32>) -> Option<Verdict> {
    let (a, b) = (&older.gist, &newer.gist);
    if older.asks() != newer.asks() || !a.substantial {
        return None;
    }
    // "This morning" is another morning on another day.
    if (a.deictic || b.deictic) && !older.same_day(newer) {
        return None;
    }
    if a.exact == b.exact {
        return Some(Verdict::Duplicate {
            exact: true,
            confidence: 1.0,
        });
    }
    let same_claim = || match (older.claims.as_slice(), newer.claims.as_slice()) {
        ([x], [y]) => {
            let stated = !(x.marked || y.marked || x.ends || y.ends);
            stated
                && x.whole
                && y.whole
                && x.same_slot(y)
                && !x.value.is_empty()
                && x.value == y.value
        }
        _ => false,
    };
    let near = a.near == b.near && cosine.is_none_or(|c| c >= NEAR_COSINE);
    (near || same_claim()).then_some(Verdict::Duplicate {
        exact: false,
        confidence: if near { 0.95 } else { 0.9 },
    })
}

fn by_claims(older: &Statement, newer: &Statement) -> Option<Verdict> {
    let old = older
        .claims
        .iter()
        .filter(|c| !c.ends && !c.value.is_empty());
    for old in old {
        let about: Vec<&Claim> = newer.claims.iter().filter(|c| c.same_slot(old)).collect();
        // Who says it again takes nothing back.
        if about
            .iter()
            .any(|c| !c.ends && !c.value.is_empty() && c.may_agree(old))
        {
            continue;
        }
        for new in about {
            if let Some(verdict) = replaced(old, new) {
                return Some(verdict);
            }
        }
    }
    None
}

fn replaced(old: &Claim, new: &Claim) -> Option<Verdict> {
    let supersedes = |rule: &str, confidence| {
        Some(Verdict::Supersedes {
            attribute: old.attribute.to_owned(),
            rule: format!("{}.{rule}", old.attribute),
            confidence,
        })
    };
    if new.ends {
        let meant = new.value.iter().all(|w| old.value.contains(w));
        return meant.then(|| supersedes("ended", 0.9)).flatten();
    }
    match old.policy {
        _ if new.marked => supersedes("changed", 0.9),
        Policy::Replaces => supersedes("restated", 0.75),
        Policy::Contradicts => Some(Verdict::Contradicts {
            rule: format!("{}.fixed", old.attribute),
            confidence: 0.8,
        }),
        Policy::Stands => None,
    }
}

fn by_shifts(older: &Statement, newer: &Statement) -> Option<Verdict> {
    let shift = newer.shifts.iter().find(|s| s.concerns(older, newer))?;
    let (rule, attribute) = shift.kind.names();
    Some(Verdict::Supersedes {
        attribute: attribute.to_owned(),
        rule: format!("shift.{rule}"),
        confidence: 0.8,
    })
}

fn by_negation(older: &Statement, newer: &Statement) -> Option<Verdict> {
    let (a, b) = (&older.gist, &newer.gist);
    let denies = a.bare == b.bare && a.negated != b.negated && a.bare.len() >= 2;
    let same_time = !(a.deictic || b.deictic) || older.same_day(newer);
    let asserted = older.is_assertive() && newer.is_assertive();
    (denies && same_time && asserted && a.substantial && b.substantial).then(|| {
        Verdict::Contradicts {
            rule: "negation".to_owned(),
            confidence: 0.8,
        }
    })
}

/// Whether another's verdict may be: no rule that protects people is left to it.
pub(super) fn is_admissible(older: &Statement, newer: &Statement, verdict: &Verdict) -> bool {
    let confidence = verdict.confidence();
    if !(0.0..=1.0).contains(&confidence) {
        return false;
    }
    match verdict {
        Verdict::Unrelated => true,
        Verdict::Duplicate { .. } => {
            older.same_voice(newer)
                && older.asks() == newer.asks()
                && older.numbers() == newer.numbers()
        }
        Verdict::Supersedes { attribute, .. } => {
            !attribute.trim().is_empty() && older.same_voice(newer) && newer.is_persons()
        }
        Verdict::Contradicts { .. } => older.is_persons() == newer.is_persons(),
    }
}

impl Verdict {
    /// How sure it is; zero for [`Verdict::Unrelated`].
    pub fn confidence(&self) -> f32 {
        match self {
            Self::Duplicate { confidence, .. }
            | Self::Supersedes { confidence, .. }
            | Self::Contradicts { confidence, .. } => *confidence,
            Self::Unrelated => 0.0,
        }
    }

    /// The name that it has in the history of a memory: `fusion.residence.changed`.
    pub fn rule(&self) -> String {
        match self {
            Self::Duplicate { exact: true, .. } => "fusion.duplicate.exact".to_owned(),
            Self::Duplicate { exact: false, .. } => "fusion.duplicate.near".to_owned(),
            Self::Supersedes { rule, .. } | Self::Contradicts { rule, .. } => {
                format!("fusion.{rule}")
            }
            Self::Unrelated => "fusion.unrelated".to_owned(),
        }
    }
}
