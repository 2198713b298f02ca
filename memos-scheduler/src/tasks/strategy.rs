//! Strategies: who goes first.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use memos_core::{Code, Embedder, Error, Result, Task};

/// Where something stands in an order: the smaller goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub i64, pub i64);

/// An order of tasks.
///
/// Tasks wait in lanes, one for each user, cube and kind. A strategy orders the tasks of a lane, and
/// the lanes by their first tasks. What it leaves open is decided by fairness: first the user of whom
/// the fewest tasks run, then the one served longest ago; then the cube by the same rule; then the
/// task that is due, and was born, first.
pub trait Strategy: Send + Sync + 'static {
    /// Which one it is.
    fn name(&self) -> StrategyName;

    /// The place of a task in its lane. It is asked once, when the task begins to wait, and must be
    /// quick: it holds the queue up.
    fn place(&self, task: &Task) -> Place;

    /// The place of a lane among the lanes, from that of its first task and from the number of the
    /// turn in which its cube was last served (0: never).
    fn among_lanes(&self, first: Place, cube_served: u64) -> Place {
        let _ = cube_served;
        first
    }
}

/// First in, first out, over all users: fair to tasks, not to users.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fifo;

impl Strategy for Fifo {
    fn name(&self) -> StrategyName {
        StrategyName::Fifo
    }

    fn place(&self, task: &Task) -> Place {
        Place(task.created_at.micros(), 0)
    }
}

/// The more urgent first; among equals, fairness decides. A lower priority waits as long as there is
/// work of a higher one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Priority;

impl Strategy for Priority {
    fn name(&self) -> StrategyName {
        StrategyName::Priority
    }

    fn place(&self, task: &Task) -> Place {
        Place(urgency(task), 0)
    }
}

/// The cube that was served longest ago first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lru;

impl Strategy for Lru {
    fn name(&self) -> StrategyName {
        StrategyName::Lru
    }

    fn place(&self, task: &Task) -> Place {
        Place(urgency(task), 0)
    }

    fn among_lanes(&self, first: Place, cube_served: u64) -> Place {
        Place(i64::try_from(cube_served).unwrap_or(i64::MAX), first.0)
    }
}

/// Tasks with the most of the wanted labels first, then by priority.
#[derive(Clone, Debug)]
pub struct LabelMatch(BTreeSet<String>);

impl LabelMatch {
    /// Wants these labels.
    pub fn new(wanted: impl IntoIterator<Item = String>) -> Self {
        Self(wanted.into_iter().collect())
    }
}

impl Strategy for LabelMatch {
    fn name(&self) -> StrategyName {
        StrategyName::LabelMatch
    }

    fn place(&self, task: &Task) -> Place {
        let matches = task.labels.intersection(&self.0).count();
        Place(-i64::try_from(matches).unwrap_or(i64::MAX), urgency(task))
    }
}

/// How close a task is to what matters now: the larger, the closer.
type Closeness = dyn Fn(&Task) -> f32 + Send + Sync;

/// Tasks closest in meaning to a focus first, then by priority.
pub struct SemanticMatch(Box<Closeness>);

impl SemanticMatch {
    /// By any measure of closeness, the larger the closer.
    pub fn new(closeness: impl Fn(&Task) -> f32 + Send + Sync + 'static) -> Self {
        Self(Box::new(closeness))
    }

    /// By the cosine between a text and the closest of the task's labels. Each label is embedded
    /// once, when its first task comes in, so the model should be in the process. A task without
    /// labels, or whose labels can't be embedded, is close to nothing.
    ///
    /// # Errors
    /// If the text can't be embedded.
    pub fn to_text(focus: &str, embedder: Arc<dyn Embedder>) -> Result<Self> {
        let vector_of = move |text: &str| -> Result<Vec<f32>> {
            let mut vectors = embedder.embed(&[text])?;
            Ok(vectors.pop().unwrap_or_default())
        };
        let focus = vector_of(focus)?;
        let known: Mutex<HashMap<String, f32>> = Mutex::default();
        Ok(Self::new(move |task| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            let mut closest = 0.0_f32;
            for label in &task.labels {
                let cosine = match known.get(label) {
                    Some(cosine) => *cosine,
                    None => match vector_of(label) {
                        Ok(vector) => {
                            let cosine = focus.iter().zip(&vector).map(|(a, b)| a * b).sum();
                            if known.len() >= MOST_LABELS {
                                known.clear();
                            }
                            known.insert(label.clone(), cosine);
                            cosine
                        }
                        Err(error) => {
                            tracing::warn!(code = error.code().as_str(), "a label has no vector");
                            continue;
                        }
                    },
                };
                closest = closest.max(cosine);
            }
            closest
        }))
    }
}

/// Labels whose closeness is remembered; a few megabytes.
const MOST_LABELS: usize = 65_536;

impl fmt::Debug for SemanticMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemanticMatch").finish_non_exhaustive()
    }
}

impl Strategy for SemanticMatch {
    fn name(&self) -> StrategyName {
        StrategyName::SemanticMatch
    }

    fn place(&self, task: &Task) -> Place {
        // In thousandths, so that what is about as close is ordered by priority. A cast of a float
        // stays in range, and makes zero of what is no number.
        let thousandths = ((self.0)(task) * 1000.0).round() as i64;
        Place(thousandths.saturating_neg(), urgency(task))
    }
}

fn urgency(task: &Task) -> i64 {
    match task.priority {
        memos_core::Priority::High => -1,
        memos_core::Priority::Normal => 0,
        memos_core::Priority::Low => 1,
    }
}

/// The name of a strategy, as in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StrategyName {
    /// [`Fifo`].
    Fifo,
    /// [`Priority`].
    #[default]
    Priority,
    /// [`Lru`].
    Lru,
    /// [`LabelMatch`].
    LabelMatch,
    /// [`SemanticMatch`].
    SemanticMatch,
}

impl StrategyName {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Fifo,
        Self::Priority,
        Self::Lru,
        Self::LabelMatch,
        Self::SemanticMatch,
    ];

    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Priority => "priority",
            Self::Lru => "lru",
            Self::LabelMatch => "label_match",
            Self::SemanticMatch => "semantic_match",
        }
    }

    /// The strategy of this name. `wanted` are the labels of `label_match`, and together the focus
    /// of `semantic_match`; the others take none.
    ///
    /// # Errors
    /// `InvalidRequest` if labels are missing; and if the focus can't be embedded.
    pub fn strategy(
        self,
        wanted: &[String],
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Arc<dyn Strategy>> {
        let needs_labels = matches!(self, Self::LabelMatch | Self::SemanticMatch);
        if needs_labels && wanted.is_empty() {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("the strategy {self} has nothing to match"),
            )
            .remedy("name the wanted labels, or take the strategy priority"));
        }
        Ok(match self {
            Self::Fifo => Arc::new(Fifo),
            Self::Priority => Arc::new(Priority),
            Self::Lru => Arc::new(Lru),
            Self::LabelMatch => Arc::new(LabelMatch::new(wanted.iter().cloned())),
            Self::SemanticMatch => Arc::new(SemanticMatch::to_text(
                &wanted.join(", "),
                Arc::clone(embedder),
            )?),
        })
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StrategyName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|name| name.as_str() == text);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            Error::new(
                Code::InvalidRequest,
                format!("there is no strategy {text:?}"),
            )
            .remedy(format!("take one of {names}"))
        })
    }
}
