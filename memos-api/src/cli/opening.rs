//! Opening the data folder beside other commands that want it.

use std::thread::sleep;
use std::time::Duration;

use memos_core::{Code, Result};

use crate::config::Config;
use crate::{MemOs, Working};

/// Between two tries. A command has the folder open for a fraction of a second.
const PAUSE: Duration = Duration::from_millis(25);

/// How often it is tried again: for 3 seconds, with the 50 ms for which the lock itself tries.
const TRIES: u32 = 40;

/// Opens the folder, and waits its turn while a process has it that is no server, such as another
/// command. It blocks.
///
/// # Errors
/// Those of [`Config::open`]: `FolderLocked` at once if a server has the folder, or this very
/// process, and after 3 seconds otherwise.
pub(super) fn open(config: &Config, working: Working) -> Result<MemOs> {
    patiently(
        || config.open(working),
        || memos_store::holder(&config.data),
        || sleep(PAUSE),
    )
}

fn patiently<T>(
    mut open: impl FnMut() -> Result<T>,
    holder: impl Fn() -> Option<memos_store::Holder>,
    mut pause: impl FnMut(),
) -> Result<T> {
    for attempt in 0..TRIES {
        match open() {
            Err(error) if error.code() == Code::FolderLocked => {
                // None has just gone, or has not written who it is yet.
                let holder = holder();
                let pid = holder.as_ref().map(|h| h.pid);
                if pid == Some(std::process::id()) || holder.is_some_and(|h| h.address.is_some()) {
                    return Err(error);
                }
                if attempt == 0 {
                    tracing::info!(pid, "waiting for the process that has the folder open");
                }
                pause();
            }
            other => return other,
        }
    }
    open()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use memos_core::Error;
    use memos_store::Holder;

    use super::*;

    /// The outcome, and how often it was paused, if the folder is free after so many tries.
    fn opened(free_after: u32, pid: u32, address: Option<&str>) -> (Option<Code>, u32) {
        let (tries, pauses) = (Cell::new(0), Cell::new(0));
        let open = || {
            tries.set(tries.get() + 1);
            match tries.get() > free_after {
                true => Ok(()),
                false => Err(Error::new(Code::FolderLocked, "held")),
            }
        };
        let holder = || {
            Some(Holder {
                pid,
                address: address.map(str::to_owned),
            })
        };
        let outcome = patiently(open, holder, || pauses.set(pauses.get() + 1));
        (outcome.err().map(|e| e.code()), pauses.get())
    }

    #[test]
    fn a_command_is_waited_for_and_a_server_is_not() {
        let (locked, other) = (Some(Code::FolderLocked), u32::MAX);
        assert_eq!(opened(0, other, None), (None, 0));
        assert_eq!(opened(3, other, None), (None, 3));
        assert_eq!(opened(u32::MAX, other, None), (locked, TRIES));
        assert_eq!(opened(u32::MAX, other, Some("127.0.0.1:1")), (locked, 0));
        assert_eq!(opened(u32::MAX, std::process::id(), None), (locked, 0));
        let broken = || Err::<(), _>(Error::new(Code::Corrupt, "broken"));
        let error = patiently(broken, || None, || unreachable!("nobody is waited for"));
        assert_eq!(error.unwrap_err().code(), Code::Corrupt);
    }
}
