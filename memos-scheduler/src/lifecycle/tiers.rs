//! Working, long-term and user memory: which memory is in which, and what goes if one is full.
//!
//! # Heat
//!
//! What a memory is used counts by how recent it is: one use is worth 1 when it happens and half as
//! much each half-life later. A memory keeps no list of its uses, only their number `n`, the last of
//! them at `l`, and its creation at `c`. The last use is known; the others are taken as spread evenly
//! between `c` and `l`, so their mean worth at `l` is that of the exponential over this span:
//!
//! ```text
//! heat(t) = 0.5 ^ ((t − l) / H) × (1 + (n − 1) × g((l − c) / H))        g(x) = (1 − 0.5^x) / (x ln 2)
//! ```
//!
//! This is the expectation of an exponentially decayed count, the usual estimator of a rate in
//! caches and streams. A use always raises it. All heats cool by the same factor, so the order of two
//! memories changes only when one is used, and the instant at which one cools below a threshold is
//! known in advance. Compared is the logarithm at the epoch, which does not depend on the time of
//! asking and can't underflow.
//!
//! # Hysteresis
//!
//! A memory enters the working memory at a heat of [`promote`](TierPolicy::promote) and leaves it
//! below [`demote`](TierPolicy::demote), which is less. If there is no room, it displaces the coldest
//! only if it is more than [`margin`](TierPolicy::margin) times as hot. So of two memories that are used in
//! turn, none displaces the other.
//!
//! # Capacity
//!
//! What is known of the user (profiles, preferences) is in the user memory, the rest that is not in
//! the working memory in the long-term memory. If one of the two holds too many, the least valued are
//! archived: low priority before normal before high, then by worth, which is heat with the creation
//! counted as a use, on a longer half-life. What is frozen or held is counted and never archived.

use std::cmp::Ordering;
use std::time::Duration;

use memos_core::{Code, Error, MemoryId, Result, SemanticType, Tier, Timestamp};

use super::Vitals;

/// How many memories a working set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacities {
    /// In use now.
    pub working: usize,
    /// All that is neither in use now nor about the user; no limit if none.
    pub long_term: Option<usize>,
    /// About the user; no limit if none.
    pub user: Option<usize>,
}

impl Default for Capacities {
    /// 20 and 480, the sizes of MemOS's own tree of memories; its limit of the long-term memory
    /// (1500) is left out, since raw evidence is in it.
    fn default() -> Self {
        Self {
            working: 20,
            long_term: None,
            user: Some(480),
        }
    }
}

/// The rule for working sets.
#[derive(Clone, Debug, PartialEq)]
pub struct TierPolicy {
    /// How many memories each holds.
    pub capacities: Capacities,
    warmth: Warmth,
}

/// The thresholds of the working memory, checked.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Warmth {
    half_life: f64,
    promote: f64,
    demote: f64,
    margin: f64,
}

/// Half-life of worth, in microseconds: 30 days. What matters for what may go is the month, not the
/// day.
const WORTH: f64 = 30.0 * DAY;

const DAY: f64 = 86_400e6;

impl Default for TierPolicy {
    /// A half-life of three days; in with two uses of late, out with less than half a use's worth: a
    /// memory that was used twice today is in use for six days more.
    fn default() -> Self {
        Self {
            capacities: Capacities::default(),
            warmth: Warmth {
                half_life: 3.0 * DAY,
                promote: 1.5,
                demote: 0.5,
                margin: 1.5,
            },
        }
    }
}

/// A memory that changes its working set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Which one.
    pub id: MemoryId,
    /// Where it was.
    pub from: Tier,
    /// Where it goes.
    pub to: Target,
}

/// Where a memory goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into another working set.
    Tier(Tier),
    /// Into the archive: its working set is full.
    Archive,
}

impl TierPolicy {
    /// With other thresholds: the time in which heat halves, the heat at which a memory enters the
    /// working memory and the one below which it leaves, and how many times as hot as another it
    /// must be to displace it.
    ///
    /// # Errors
    /// `InvalidRequest` unless the half-life is longer than none, `0 < demote < promote` and
    /// `margin ≥ 1`.
    pub fn with_warmth(
        self,
        half_life: Duration,
        promote: f64,
        demote: f64,
        margin: f64,
    ) -> Result<Self> {
        let sound = !half_life.is_zero()
            && 0.0 < demote
            && demote < promote
            && promote.is_finite()
            && (1.0..f64::MAX).contains(&margin);
        if !sound {
            return Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "a working memory can't have a half-life of {half_life:?}, enter at {promote}, \
                     leave below {demote} and displace at {margin} times"
                ),
            )
            .remedy("let what enters be hotter than what leaves, and the margin be 1 or more"));
        }
        Ok(Self {
            warmth: Warmth {
                half_life: half_life.as_secs_f64() * 1e6,
                promote,
                demote,
                margin,
            },
            ..self
        })
    }

    /// Heat at which a memory enters the working memory.
    pub const fn promote(&self) -> f64 {
        self.warmth.promote
    }

    /// Heat below which a memory leaves the working memory.
    pub const fn demote(&self) -> f64 {
        self.warmth.demote
    }

    /// How many times as hot as another a memory must be to displace it.
    pub const fn margin(&self) -> f64 {
        self.warmth.margin
    }

    /// How much a memory has been used of late; 0 if never.
    pub fn heat(&self, vitals: &Vitals, now: Timestamp) -> f64 {
        let half_life = self.warmth.half_life;
        heat(vitals, half_life).map_or(0.0, |heat| (heat - now.micros() as f64 / half_life).exp2())
    }

    /// Which memories change their place. `members` are those of one cube, in any order; of those
    /// that [`concerns`](Self::concerns) does not name, none need be among them. The plan is by id,
    /// and planning again what it leads to moves nothing.
    pub fn plan(&self, members: &[Vitals], now: Timestamp) -> Vec<Placement> {
        let hot = || members.iter().filter(|v| v.state.is_hot());
        let working = self.working(hot().filter(|v| !is_of_user(v)), now);
        let (mut user, mut long_term) = (Vec::new(), Vec::new());
        for vitals in hot() {
            if is_of_user(vitals) {
                user.push(vitals);
            } else if working.binary_search(&vitals.id).is_err() {
                long_term.push(vitals);
            }
        }
        let mut archived = excess(user, self.capacities.user);
        archived.extend(excess(long_term, self.capacities.long_term));
        archived.sort_unstable();
        let mut plan: Vec<Placement> = hot()
            .filter_map(|vitals| {
                let to = if archived.binary_search(&vitals.id).is_ok() {
                    Target::Archive
                } else if is_of_user(vitals) {
                    Target::Tier(Tier::User)
                } else if working.binary_search(&vitals.id).is_ok() {
                    Target::Tier(Tier::Working)
                } else {
                    Target::Tier(Tier::LongTerm)
                };
                let (id, from) = (vitals.id, vitals.tier);
                (to != Target::Tier(from)).then_some(Placement { id, from, to })
            })
            .collect();
        plan.sort_unstable_by_key(|placement| placement.id);
        plan
    }

    /// Whether a memory counts in a plan: it is in a working set with a limit, or could enter one.
    pub fn concerns(&self, vitals: &Vitals, now: Timestamp) -> bool {
        vitals.state.is_hot()
            && (vitals.tier != Tier::LongTerm
                || is_of_user(vitals)
                || self.capacities.long_term.is_some()
                || self.is_warm(vitals, now))
    }

    /// Whether a memory that was just written or used may be out of its place.
    pub fn is_unsettled(&self, vitals: &Vitals, now: Timestamp) -> bool {
        vitals.state.is_hot()
            && match (is_of_user(vitals), vitals.tier) {
                (true, tier) => tier != Tier::User,
                (false, Tier::User) => true,
                (false, Tier::Working) => false,
                (false, Tier::LongTerm) => {
                    self.capacities.long_term.is_some() || self.is_warm(vitals, now)
                }
            }
    }

    /// When a memory in the working memory will have cooled so that it leaves, if nobody uses it.
    pub fn leaves_at(&self, vitals: &Vitals) -> Option<Timestamp> {
        (vitals.tier == Tier::Working && vitals.state.is_hot())
            .then(|| self.cools_to(vitals, self.warmth.demote))
            .flatten()
    }

    /// Why a memory is archived that has no room.
    pub(super) fn full(&self, vitals: &Vitals) -> String {
        let (set, limit) = if is_of_user(vitals) {
            ("user", self.capacities.user)
        } else {
            ("long-term", self.capacities.long_term)
        };
        format!("{set} memory holds {} at most", limit.unwrap_or(usize::MAX))
    }

    /// The ids of the working memory, sorted.
    fn working<'m>(
        &self,
        members: impl Iterator<Item = &'m Vitals>,
        now: Timestamp,
    ) -> Vec<MemoryId> {
        let room = self.capacities.working;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for vitals in members {
            let Some(heat) = heat(vitals, self.warmth.half_life) else {
                continue;
            };
            let ranked = Ranked {
                heat,
                id: vitals.id,
            };
            if vitals.tier == Tier::Working {
                if self.stays_warm(vitals, self.warmth.demote, now) {
                    inside.push(ranked);
                }
            } else if self.is_warm(vitals, now) {
                outside.push(ranked);
            }
        }
        inside.sort_unstable_by(Ranked::hottest_first);
        inside.truncate(room);
        outside.sort_unstable_by(Ranked::hottest_first);
        let mut challengers = outside.into_iter();
        let free = room - inside.len();
        let entered: Vec<Ranked> = challengers.by_ref().take(free).collect();
        // The hottest challenger meets the coldest holder; who comes after meets a hotter one with
        // less. Those that entered are hotter than all challengers that are left.
        let margin = self.warmth.margin.log2();
        let mut displaced = 0;
        let mut winners = Vec::new();
        for challenger in challengers {
            let Some(coldest) = inside.iter().rev().nth(displaced) else {
                break;
            };
            if challenger.heat <= coldest.heat + margin {
                break;
            }
            displaced += 1;
            winners.push(challenger);
        }
        inside.truncate(inside.len() - displaced);
        let mut ids: Vec<MemoryId> = inside
            .into_iter()
            .chain(entered)
            .chain(winners)
            .map(|r| r.id)
            .collect();
        ids.sort_unstable();
        ids
    }

    fn is_warm(&self, vitals: &Vitals, now: Timestamp) -> bool {
        self.stays_warm(vitals, self.warmth.promote, now)
    }

    fn stays_warm(&self, vitals: &Vitals, least: f64, now: Timestamp) -> bool {
        self.cools_to(vitals, least).is_some_and(|end| now < end)
    }

    /// When its heat has fallen to this, rounded up to the microsecond; none if it was never used.
    fn cools_to(&self, vitals: &Vitals, to: f64) -> Option<Timestamp> {
        let half_life = self.warmth.half_life;
        let micros = (half_life * (heat(vitals, half_life)? - to.log2())).ceil();
        // Casts hold the ends: what is too much for the type is too much for the calendar.
        Some(Timestamp::from_micros(micros as i64))
    }
}

#[derive(Clone, Copy)]
struct Ranked {
    heat: f64,
    id: MemoryId,
}

impl Ranked {
    fn hottest_first(a: &Self, b: &Self) -> Ordering {
        b.heat.total_cmp(&a.heat).then(a.id.cmp(&b.id))
    }
}

/// What is known of the user is in the user memory, whatever its use.
fn is_of_user(vitals: &Vitals) -> bool {
    matches!(
        vitals.semantic_type,
        SemanticType::Profile | SemanticType::Preference
    )
}

/// The binary logarithm of a memory's heat at the epoch; none if it was never used. The half-life is
/// in microseconds.
fn heat(vitals: &Vitals, half_life: f64) -> Option<f64> {
    let last = vitals.last_used?;
    let others = vitals.use_count.checked_sub(1)? as f64;
    let span = (last.micros() - vitals.created_at.micros()).max(0) as f64 / half_life;
    let mean = if span < 1e-9 {
        1.0
    } else {
        let x = span * std::f64::consts::LN_2;
        -(-x).exp_m1() / x
    };
    Some(last.micros() as f64 / half_life + (1.0 + others * mean).log2())
}

/// The binary logarithm of what a memory is worth at the epoch: its heat, and its creation as a use.
fn worth(vitals: &Vitals) -> f64 {
    let created = vitals.created_at.micros() as f64 / WORTH;
    let Some(used) = heat(vitals, WORTH) else {
        return created;
    };
    let (less, more) = (created.min(used), created.max(used));
    more + (less - more).exp2().ln_1p() / std::f64::consts::LN_2
}

/// The least valued of those beyond the limit.
fn excess(members: Vec<&Vitals>, limit: Option<usize>) -> Vec<MemoryId> {
    let too_many = limit.map_or(0, |limit| members.len().saturating_sub(limit));
    if too_many == 0 {
        return Vec::new();
    }
    let mut ranked: Vec<_> = members
        .into_iter()
        .filter(|vitals| !vitals.is_fixed())
        .map(|vitals| (vitals.priority, worth(vitals), vitals.id))
        .collect();
    ranked.sort_unstable_by(|a, b| {
        let by_worth = a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
        by_worth.then(a.2.cmp(&b.2))
    });
    ranked.truncate(too_many);
    ranked.into_iter().map(|(_, _, id)| id).collect()
}

#[cfg(test)]
mod tests;
