//! Group commit: one sync of the disk for all commits that were applied before it began.
//!
//! A commit is applied under the writer's lock and gets a ticket. Then it waits until a sync that
//! began after that has ended. If none is running it leads one itself; the others follow. A failed
//! sync fails for good: after it the kernel may have dropped what it could not write, and a second
//! sync would succeed without it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use memos_core::{Code, Error, Result};

/// How far the log has come, by tickets, and by bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) ticket: u64,
    pub(super) bytes: u64,
}

/// Who syncs, and up to where.
#[derive(Debug, Default)]
pub(super) struct Group {
    state: Mutex<State>,
    turn: Condvar,
}

#[derive(Debug, Default)]
struct State {
    synced: Mark,
    is_syncing: bool,
    failure: Option<Failure>,
}

#[derive(Clone, Debug)]
struct Failure {
    code: Code,
    why: String,
}

impl Group {
    /// Up to where the log is on the disk.
    ///
    /// # Errors
    /// If the disk failed: the vault takes no more writes.
    pub(super) fn synced(&self) -> Result<Mark> {
        let state = self.lock();
        state.refuse_if_failed()?;
        Ok(state.synced)
    }

    /// Takes no more writes, for this reason. The error is what writers hear from now on.
    pub(super) fn fail(&self, why: Error) -> Error {
        tracing::error!(error = %why, "the vault takes no more writes");
        let mut state = self.lock();
        let failure = state.failure.get_or_insert_with(|| Failure {
            code: match why.code() {
                Code::DiskFull => Code::DiskFull,
                _ => Code::Unavailable,
            },
            why: why.message().to_owned(),
        });
        let error = failure.refusal().caused_by(why);
        self.turn.notify_all();
        error
    }

    /// Returns when the log is on the disk up to `ticket`. `sync` makes it so and says how far it
    /// got; one thread at a time runs it.
    pub(super) fn wait(&self, ticket: u64, sync: impl Fn() -> Result<Mark>) -> Result<()> {
        let mut state = self.lock();
        loop {
            state.refuse_if_failed()?;
            if state.synced.ticket >= ticket {
                return Ok(());
            }
            if state.is_syncing {
                state = self
                    .turn
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_syncing = true;
            drop(state);
            let leading = Leading(self);
            match sync() {
                Ok(mark) => self.lock().synced = mark,
                Err(e) => return Err(self.fail(e)),
            }
            drop(leading);
            state = self.lock();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds it can panic between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failure {
    fn refusal(&self) -> Error {
        let first = match self.code {
            Code::DiskFull => "free space on the disk of the data folder",
            _ => "check the disk of the data folder",
        };
        Error::new(
            self.code,
            format!("the vault takes no more writes: {}", self.why),
        )
        .remedy(format!(
            "{first}, then restart; what was acknowledged is safe"
        ))
    }
}

impl State {
    fn refuse_if_failed(&self) -> Result<()> {
        self.failure.as_ref().map_or(Ok(()), |f| Err(f.refusal()))
    }
}

/// The lead, given up also when the sync panics: then nobody knows what is on the disk.
struct Leading<'a>(&'a Group);

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self
                .0
                .fail(Error::new(Code::Internal, "a sync of the disk panicked"));
        }
        self.0.lock().is_syncing = false;
        self.0.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn mark(ticket: u64) -> Mark {
        Mark { ticket, bytes: 0 }
    }

    #[test]
    fn one_sync_serves_all_that_were_applied_before_it() {
        const THREADS: u64 = 8;
        const ROUNDS: u64 = 200;
        let group = Group::default();
        let applied = AtomicU64::new(0);
        let syncs = AtomicU64::new(0);
        let together = Barrier::new(THREADS as usize);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let ticket = applied.fetch_add(1, Ordering::SeqCst) + 1;
                        together.wait();
                        let covered = AtomicU64::new(0);
                        group
                            .wait(ticket, || {
                                syncs.fetch_add(1, Ordering::SeqCst);
                                let upto = applied.load(Ordering::SeqCst);
                                covered.store(upto, Ordering::SeqCst);
                                Ok(mark(upto))
                            })
                            .unwrap();
                        assert!(group.synced().unwrap().ticket >= ticket);
                        together.wait();
                    }
                });
            }
        });
        assert_eq!(applied.load(Ordering::SeqCst), THREADS * ROUNDS);
        // All eight had applied when the first could lead.
        assert_eq!(syncs.load(Ordering::SeqCst), ROUNDS);
    }

    #[test]
    fn a_failed_sync_is_final() {
        let group = Group::default();
        group.wait(1, || Ok(mark(1))).unwrap();
        let io = || Err(Error::new(Code::Unavailable, "can't sync: I/O error"));
        assert!(group.wait(2, io).is_err());
        for refused in [
            group.wait(2, || Ok(mark(2))).unwrap_err(),
            group.synced().unwrap_err(),
        ] {
            assert_eq!(refused.code(), Code::Unavailable);
            assert!(
                refused.message().contains("can't sync: I/O error"),
                "{refused}"
            );
            assert!(refused.remedy_text().is_some_and(|r| r.contains("restart")));
        }
    }

    #[test]
    fn a_panicking_leader_strands_nobody() {
        let group = Group::default();
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| group.wait(1, || panic!("on purpose")));
            assert!(leader.join().is_err());
        });
        assert!(group.wait(1, || Ok(mark(1))).is_err());
    }
}
