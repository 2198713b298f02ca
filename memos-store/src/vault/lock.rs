//! One process per data folder: a file with an OS lock, which goes with the process however it
//! ends, and in it who holds it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fs2::FileExt;
use memos_core::{Code, Error, Result};

use super::failure;

/// Name of the lock file in the data folder.
pub(super) const LOCK: &str = "LOCK";

/// [`holder`] looks at the lock by taking it for an instant, so a taker tries again before it
/// believes that the folder is held.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// The process that has a data folder open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Where it listens, if it does:
    /// [`SledVault::announce_address`](super::SledVault::announce_address).
    pub address: Option<String>,
}

/// Who has the data folder open; `None` if nobody has.
pub fn holder(folder: &Path) -> Option<Holder> {
    let mut file = File::open(folder.join(LOCK)).ok()?;
    if FileExt::try_lock_shared(&file).is_ok() {
        return None; // Dropping the file gives the lock back.
    }
    read_holder(&mut file)
}

/// The folder is ours while this lives.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: Mutex<File>,
}

impl FolderLock {
    pub(super) fn acquire(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| failure::io_at(e, "open", &path))?;
        for attempt in 0.. {
            match file.try_lock_exclusive() {
                Ok(()) => break,
                Err(e) if e.kind() != fs2::lock_contended_error().kind() => {
                    return Err(failure::io_at(e, "lock", &path));
                }
                Err(_) if attempt < TRIES => thread::sleep(PAUSE),
                Err(_) => return Err(locked(folder, read_holder(&mut file))),
            }
        }
        let lock = Self {
            file: Mutex::new(file),
        };
        lock.write(None)
            .map_err(|e| failure::io_at(e, "write", &path))?;
        Ok(lock)
    }

    /// Notes where the holder listens.
    pub(super) fn announce(&self, address: &str) -> Result<()> {
        let address = address.lines().next().unwrap_or_default();
        self.write(Some(address))
            .map_err(|e| failure::io(e, "write the address into the lock file"))
    }

    fn write(&self, address: Option<&str>) -> std::io::Result<()> {
        let mut text = format!("{}\n", std::process::id());
        if let Some(address) = address {
            text.push_str(address);
            text.push('\n');
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write over the old text, then the new length: a reader never sees an empty file.
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The lock goes with the file; the text is for people who look into it.
        let _ = file.set_len(0);
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(1024).read_to_string(&mut text).ok()?;
    let mut lines = text
        .split_inclusive('\n')
        .filter_map(|l| l.strip_suffix('\n'));
    Some(Holder {
        pid: lines.next()?.parse().ok()?,
        address: lines.next().filter(|a| !a.is_empty()).map(str::to_owned),
    })
}

fn locked(folder: &Path, holder: Option<Holder>) -> Error {
    let folder = folder.display();
    let error = |who: &str| Error::new(Code::FolderLocked, format!("{folder} is in use by {who}"));
    match holder {
        None => error("another process").remedy("stop it, or choose another data folder"),
        Some(h) if h.pid == std::process::id() => error("this very process")
            .remedy("open the folder once and share it, or choose another data folder"),
        Some(Holder { pid, address: None }) => error(&format!("process {pid}"))
            .remedy(format!("stop process {pid}, or choose another data folder")),
        Some(Holder {
            pid,
            address: Some(address),
        }) => error(&format!("process {pid}, a server at {address}"))
            .remedy(format!("talk to {address}, or stop process {pid}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(holder(folder.path()), None);
        let lock = FolderLock::acquire(folder.path()).unwrap();
        let pid = std::process::id();
        let expected = |address: Option<&str>| {
            Some(Holder {
                pid,
                address: address.map(str::to_owned),
            })
        };
        assert_eq!(holder(folder.path()), expected(None));
        let refused = FolderLock::acquire(folder.path()).unwrap_err();
        assert_eq!(refused.code(), Code::FolderLocked);
        assert!(refused.message().contains("this very process"), "{refused}");

        lock.announce("127.0.0.1:7771").unwrap();
        assert_eq!(holder(folder.path()), expected(Some("127.0.0.1:7771")));
        lock.announce("[::1]:1").unwrap();
        assert_eq!(holder(folder.path()), expected(Some("[::1]:1")));

        drop(lock);
        assert_eq!(holder(folder.path()), None);
        drop(FolderLock::acquire(folder.path()).unwrap());
    }

    #[test]
    fn the_message_names_pid_and_address() {
        let told = |address: Option<&str>| {
            locked(
                Path::new("/data"),
                Some(Holder {
                    pid: 1_u32.wrapping_sub(2),
                    address: address.map(str::to_owned),
                }),
            )
            .to_string()
        };
        assert!(
            told(None).contains("/data is in use by process 4294967295;"),
            "{}",
            told(None)
        );
        assert!(told(Some("127.0.0.1:7771")).contains("a server at 127.0.0.1:7771"));
    }

    #[test]
    fn what_a_killed_process_left_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "4294967295\nhost:1\n").unwrap();
        assert_eq!(holder(folder.path()), None);
        let lock = FolderLock::acquire(folder.path()).unwrap();
        assert_eq!(holder(folder.path()).map(|h| h.address), Some(None));
        drop(lock);
    }
}
