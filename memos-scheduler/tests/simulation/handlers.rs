//! Kinds of tasks, good and bad.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use memos_core::{
    Code, Commit, Committed, CubeId, Error, EventKind, Header, Memory, MemoryId, Moment, NewEvent,
    Payload, Plaintext, Result, RetryPolicy, State, Task, Timestamp, Turn, Vault, Write,
};
use memos_scheduler::tasks::{Committer, Effect, Handler, Limits, Work};

/// How a kind behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Writes a memory.
    Writes,
    /// Writes a memory and starts another task.
    Leads,
    /// Changes nothing.
    Idles,
    /// Changes nothing, but starts another task.
    Delegates,
    /// Fails twice, then writes.
    Falters,
    /// Fails always.
    Fails,
    /// Panics always.
    Panics,
    /// Can't be done.
    Refuses,
    /// Is not done before its lease runs out.
    Sticks,
}

/// A kind of task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) manner: Manner,
    pub(crate) limit: usize,
    pub(crate) exclusive: bool,
}

/// The kind that [`Manner::Leads`] and [`Manner::Delegates`] go on with.
pub(crate) const FOLLOWER: &str = "follow";

pub(crate) const KINDS: [Kind; 10] = [
    kind("write", Manner::Writes, 3, true),
    kind("free", Manner::Writes, 2, false),
    kind("lead", Manner::Leads, 2, true),
    kind("idle", Manner::Idles, 9, true),
    kind("delegate", Manner::Delegates, 1, false),
    kind("falter", Manner::Falters, 2, true),
    kind("fail", Manner::Fails, 2, true),
    kind("panic", Manner::Panics, 9, true),
    kind("refuse", Manner::Refuses, 9, false),
    kind("stick", Manner::Sticks, 2, false),
];

const fn kind(name: &'static str, manner: Manner, limit: usize, exclusive: bool) -> Kind {
    Kind {
        name,
        manner,
        limit,
        exclusive,
    }
}

/// The kind of a name.
pub(crate) fn kind_of(name: &str) -> Kind {
    let mut kinds = KINDS.into_iter();
    let follower = kind(FOLLOWER, Manner::Writes, 2, true);
    kinds.find(|kind| kind.name == name).unwrap_or(follower)
}

pub(crate) fn handlers() -> Vec<Arc<dyn Handler>> {
    let names = KINDS.iter().map(|kind| kind.name).chain([FOLLOWER]);
    names.map(|name| Arc::new(kind_of(name)) as _).collect()
}

impl Manner {
    pub(crate) fn is_poison(self) -> bool {
        matches!(
            self,
            Self::Fails | Self::Panics | Self::Refuses | Self::Sticks
        )
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Writes | Self::Leads | Self::Falters)
    }

    pub(crate) fn starts_another(self) -> bool {
        matches!(self, Self::Leads | Self::Delegates)
    }
}

impl Handler for Kind {
    fn kind(&self) -> &'static str {
        self.name
    }

    fn run(&self, task: &Task, work: &Work) -> Result<Effect> {
        if self.manner != Manner::Sticks {
            work.progress(1, Some(2))?;
        }
        let effect = match self.manner {
            Manner::Fails => return Err(Error::new(Code::BadReply, "the reply is empty")),
            Manner::Falters if task.attempts < 2 => {
                return Err(Error::new(Code::Unavailable, "not yet"));
            }
            Manner::Panics => panic::panic_any("poison"),
            Manner::Refuses => return Err(Error::cube_not_found(&task.cube_id)),
            Manner::Idles | Manner::Delegates => Effect::none(),
            _ => {
                let cube = task.cube_id.clone();
                let (task, now) = (task.clone(), work.now());
                Effect::none().change(cube, move |outcome| {
                    outcome.0.insert("memories".into(), 1.into());
                    Ok(writing(&task, now))
                })
            }
        };
        if !self.manner.starts_another() {
            return Ok(effect);
        }
        let (user, cube) = (task.user.clone(), task.cube_id.clone());
        let mut next = Task::new(FOLLOWER, user, cube, work.now());
        next.request = Some(task.id.to_string());
        Ok(effect.then(next))
    }

    fn limits(&self) -> Limits {
        Limits {
            concurrency: NonZeroUsize::new(self.limit).expect("a limit"),
            exclusive_per_cube: self.exclusive,
            lease: Duration::from_secs(60),
            retry: RetryPolicy {
                // What is not poison may be hit by every fault and crash that there is.
                attempts: if self.manner.is_poison() { 3 } else { 1000 },
                losses: if self.manner == Manner::Sticks {
                    3
                } else {
                    1000
                },
                ..RetryPolicy::default()
            },
        }
    }
}

/// A memory that says which task wrote it, and for which memories.
fn writing(task: &Task, now: Timestamp) -> Commit {
    let about: BTreeSet<String> = task.memories.iter().map(ToString::to_string).collect();
    let about: Vec<String> = about.into_iter().collect();
    let memory = Memory {
        id: MemoryId::generate(),
        cube_id: task.cube_id.clone(),
        state: State::Generated,
        header: Header::new(task.user.clone(), Moment::from(now), now),
        payload: Payload::Plaintext(Plaintext {
            text: format!("{} {}", task.id, about.join(" ")),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: None,
                role: None,
            },
            times: Vec::new(),
        }),
    };
    Commit {
        events: vec![NewEvent {
            cube_id: memory.cube_id.clone(),
            memory_id: Some(memory.id),
            actor: task.user.clone(),
            kind: EventKind::Added,
        }],
        writes: vec![Write::AddMemory(memory)],
        ..Commit::default()
    }
}

/// Straight to the vault.
pub(crate) struct Direct(pub Arc<dyn Vault>);

impl Committer for Direct {
    fn commit(
        &self,
        _: Option<&CubeId>,
        build: &mut dyn FnMut() -> Result<Commit>,
    ) -> Result<Committed> {
        self.0.commit(build()?)
    }
}

/// Keeps the panics that are meant out of the output.
pub(crate) fn hush_poison() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&"poison") {
            usual(info);
        }
    }));
}
