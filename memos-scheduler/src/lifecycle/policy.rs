//! The rule of decay, and when a memory's next move comes.
//!
//! A memory with a half-life has a *weight*, which halves again and again while nobody uses it:
//!
//! ```text
//! weight = 0.5 ^ (age / H)       age  since the last use, change or creation
//! H = half-life × (1 + ln(1 + uses)) × f       f  2 for high priority, 1/2 for low, else 1
//! ```
//!
//! The exponential is the forgetting curve (Ebbinghaus, "Über das Gedächtnis", 1885) in the form
//! that MemoryBank gives it, `exp(-t / S)`, where each recall sets `t` back to zero and makes `S`
//! larger (Zhong et al., arXiv 2305.10250, §2.3). There `S` grows by one with each recall; here
//! uses are counted each time that a search returns a memory, so they come in bursts, and each
//! counts for less than the one before, as in the base-level learning of ACT-R, where activation
//! grows with the logarithm of the number of uses (Anderson & Schooler, "Reflections of the
//! Environment in Memory", 1991).
//!
//! Solved for time, a weight `w` is reached `H × log2(1 / w)` after the last use: the instant of
//! the next move is known in advance, and nothing needs to be scanned to find out.

use std::time::Duration;

use memos_core::{
    Code, Error, Lifespan, Memory, Moment, Move, Priority, Result, SemanticType, State, Timestamp,
};

use super::{TierPolicy, Vitals};

/// How memories age, and what room there is for them.
#[derive(Clone, Debug)]
pub struct LifecyclePolicy {
    /// The lifespan of a memory that was written without one.
    pub lifespan: Lifespan,
    /// How fast memories of [`Lifespan::Decay`] lose weight.
    pub half_lives: HalfLives,
    /// The weights at which a memory moves.
    pub thresholds: Thresholds,
    /// The working sets.
    pub tiers: TierPolicy,
    /// Least time between two sweeps of one cube: moves that come closer together are made in one
    /// sweep, by so much late at most.
    pub pause: Duration,
    /// How long after a use or a new memory the working sets are put in order.
    pub settle: Duration,
}

impl Default for LifecyclePolicy {
    /// Keeps everything for ever that was not given another lifespan.
    fn default() -> Self {
        Self {
            lifespan: Lifespan::KeepForever,
            half_lives: HalfLives::default(),
            thresholds: Thresholds::default(),
            tiers: TierPolicy::default(),
            pause: Duration::from_secs(60),
            settle: Duration::from_secs(600),
        }
    }
}

/// Half-life of each semantic type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfLives([Option<Duration>; SemanticType::ALL.len()]);

impl Default for HalfLives {
    /// What happened matters for weeks, what was said for months, what is so for a year, what
    /// someone likes or can do for two. Who someone is does not fade. Chosen, not measured: the
    /// order is what counts.
    fn default() -> Self {
        let mut table = Self([None; SemanticType::ALL.len()]);
        for kind in SemanticType::ALL {
            table.0[*kind as usize] = match kind {
                SemanticType::ToolTrajectory => days(30),
                SemanticType::Event => days(60),
                SemanticType::Message => days(90),
                SemanticType::Summary => days(180),
                SemanticType::Fact
                | SemanticType::TaskPrompt
                | SemanticType::ToolSchema
                | SemanticType::File => days(365),
                SemanticType::Preference | SemanticType::DomainKnowledge | SemanticType::Skill => {
                    days(730)
                }
                SemanticType::Profile => None,
            };
        }
        table
    }
}

const fn days(number: u64) -> Option<Duration> {
    Some(Duration::from_secs(number * 86_400))
}

impl HalfLives {
    /// The half-life of a type; none if it does not fade.
    pub fn of(&self, kind: SemanticType) -> Option<Duration> {
        self.0[kind as usize]
    }

    /// With another half-life for a type; none means that it does not fade.
    #[must_use]
    pub fn with(mut self, kind: SemanticType, half_life: Option<Duration>) -> Self {
        self.0[kind as usize] = half_life;
        self
    }
}

/// The weights at which a memory that fades moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    archive: f64,
    expire: f64,
}

impl Default for Thresholds {
    /// Archived below 0.05, 4.3 half-lives after the last use; expired below 0.005, after 7.6.
    fn default() -> Self {
        Self {
            archive: 0.05,
            expire: 0.005,
        }
    }
}

impl Thresholds {
    /// Weights below which a memory is archived, and an archived one expires.
    ///
    /// # Errors
    /// `InvalidRequest` unless `0 < expire < archive < 1`.
    pub fn new(archive: f64, expire: f64) -> Result<Self> {
        if 0.0 < expire && expire < archive && archive < 1.0 {
            Ok(Self { archive, expire })
        } else {
            Err(Error::new(
                Code::InvalidRequest,
                format!(
                    "a memory can't be archived below a weight of {archive} and expire below {expire}"
                ),
            )
            .remedy("choose two weights between 0 and 1, the one for expiry the smaller"))
        }
    }

    /// Below this weight a memory is archived.
    pub const fn archive(&self) -> f64 {
        self.archive
    }

    /// Below this weight an archived memory expires.
    pub const fn expire(&self) -> f64 {
        self.expire
    }
}

/// A move that comes by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Due {
    /// When; maybe long ago.
    pub at: Timestamp,
    /// What. A memory in use that expires is archived in the same breath.
    pub step: Move,
    /// Why.
    pub reason: Reason,
}

/// Why a memory moves by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The instant to which it was to live has come.
    Ended(Timestamp),
    /// Its weight fell below this.
    Faded(f64),
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(at) => write!(f, "ttl ended {}", Moment::from(*at).date()),
            Self::Faded(weight) => write!(f, "weight fell below {weight}"),
        }
    }
}

impl LifecyclePolicy {
    /// The seconds in which a memory's weight halves now; none if it does not fade.
    pub fn half_life(&self, vitals: &Vitals) -> Option<f64> {
        let base = match vitals.lifespan {
            Lifespan::KeepForever | Lifespan::Until(_) | Lifespan::Unused { .. } => return None,
            Lifespan::HalfLife { seconds } => seconds as f64,
            Lifespan::Decay => self.half_lives.of(vitals.semantic_type)?.as_secs_f64(),
        };
        let strength = 1.0 + (vitals.use_count as f64).ln_1p();
        let speed = match vitals.priority {
            Priority::High => 2.0,
            Priority::Normal => 1.0,
            Priority::Low => 0.5,
        };
        // No memory may fade in no time at all.
        Some((base * strength * speed).max(1.0))
    }

    /// The weight of a memory, `0..=1`: 1 when it was just used, and for all that does not fade.
    pub fn weight(&self, vitals: &Vitals, now: Timestamp) -> f64 {
        self.half_life(vitals).map_or(1.0, |half_life| {
            let age = (now.micros() - started(vitals).micros()).max(0) as f64 / 1e6;
            (-age / half_life).exp2()
        })
    }

    /// The next move that comes by itself. What is frozen or held has none.
    ///
    /// What was archived for its weight stays so as long as its weight takes from the one threshold
    /// to the other, even if it was archived late: nothing is deleted in the sweep that archives it,
    /// but what was to end at an instant.
    pub fn due(&self, vitals: &Vitals) -> Option<Due> {
        if vitals.is_fixed() {
            return None;
        }
        if let Lifespan::Until(at) = vitals.lifespan {
            return Some(Due {
                at,
                step: Move::Expire,
                reason: Reason::Ended(at),
            });
        }
        if let Lifespan::Unused { seconds } = vitals.lifespan {
            let end = after(
                vitals.last_needed().max(vitals.updated_at),
                Duration::from_secs(seconds),
            );
            return (end < Timestamp::MAX).then_some(Due {
                at: end,
                step: Move::Expire,
                reason: Reason::Ended(end),
            });
        }
        let half_life = self.half_life(vitals)?;
        let Thresholds { archive, expire } = self.thresholds;
        if vitals.state == State::Archived {
            let faded = falls_to(started(vitals), half_life, expire)?;
            let stayed = falls_to(vitals.updated_at, half_life, expire / archive)?;
            Some(Due {
                at: faded.max(stayed),
                step: Move::Expire,
                reason: Reason::Faded(expire),
            })
        } else {
            Some(Due {
                at: falls_to(started(vitals), half_life, archive)?,
                step: Move::Archive,
                reason: Reason::Faded(archive),
            })
        }
    }

    /// When a cube has to be swept because of memories that were just written or used; none if they
    /// need no sweep.
    pub fn next_sweep<'m>(
        &self,
        memories: impl IntoIterator<Item = &'m Memory>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let settled = after(now, self.settle);
        memories
            .into_iter()
            .map(Vitals::from)
            .flat_map(|vitals| {
                let due = self.due(&vitals).map(|due| due.at.max(now));
                let place = self.tiers.is_unsettled(&vitals, now).then_some(settled);
                [due, place]
            })
            .flatten()
            .min()
    }
}

/// Since when a memory's weight falls. A change is as good as a use, but for the change that
/// archived it.
fn started(vitals: &Vitals) -> Timestamp {
    match vitals.state {
        State::Archived => vitals.last_needed(),
        _ => vitals.last_needed().max(vitals.updated_at),
    }
}

/// When a weight that was 1 at `since` has fallen to `weight`, rounded up to the microsecond; none if
/// that is beyond the calendar's end.
fn falls_to(since: Timestamp, half_life: f64, weight: f64) -> Option<Timestamp> {
    let micros = (half_life * 1e6 * -weight.log2()).ceil();
    let left = Timestamp::MAX.micros() - since.micros();
    (micros < left as f64).then(|| Timestamp::from_micros(since.micros() + micros as i64))
}

/// An instant and some time, at most the calendar's end.
pub(super) fn after(now: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(by))
}

#[cfg(test)]
mod tests;
