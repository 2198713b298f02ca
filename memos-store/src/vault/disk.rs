//! What must hold of the disk, and what sled leaves to us.
//!
//! sled's `flush` ends in `sync_file_range` (`IoBufs::write_to_log` in its `pagecache/iobuf.rs`),
//! which neither writes metadata, such as a grown length, nor empties the drive's cache. So after
//! `flush` we `fdatasync` the file ourselves, over a handle opened once: the kernel reports a
//! failed write-back to every handle that was open then, and only once.
//!
//! A full disk is the end of a running sled: after one write that found no room it refuses all
//! others until a restart, reads too where they would split a leaf, and a thread in `flush` may
//! wait for ever, since not every failed write wakes it (`Log::exit_reservation` in its
//! `pagecache/logger.rs`). So a commit is refused while there is still room:
//! [`Options::reserve_bytes`](super::Options).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use memos_core::{Code, Error, Result};

use super::failure;

/// The disk under a vault.
pub(super) trait Disk: Send + Sync {
    /// Returns when what sled flushed before is on the disk.
    fn sync(&self) -> io::Result<()>;

    /// Bytes that this user may still write.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// How much of the disk a byte of a commit may take: measured 2.9 over a load, half of it at once.
const SPACE_FACTOR: u64 = 4;

/// Refuses a write of so many bytes that would not leave `reserve` bytes free.
pub(super) fn check_space(disk: &dyn Disk, reserve: u64, bytes: u64) -> Result<()> {
    let free = disk
        .free_bytes()
        .map_err(|e| failure::io(e, "ask for the free space of the disk"))?;
    let needed = reserve.saturating_add(bytes.saturating_mul(SPACE_FACTOR));
    if free >= needed {
        return Ok(());
    }
    Err(Error::new(
        Code::DiskFull,
        format!(
            "the disk of the data folder has {free} bytes free, and this needs {needed} with the \
             reserve of {reserve}; nothing was written",
        ),
    )
    .remedy("free space on that disk, then try again"))
}

/// The disk that sled's folder lies on.
pub(super) struct LocalDisk {
    file: File,
    folder: PathBuf,
    blobs: PathBuf,
    /// When the folder of blobs last changed, as of our last look; `None` if that was too fresh to
    /// tell the next change from it.
    blobs_seen: Mutex<Option<SystemTime>>,
}

/// Times of change come in steps of the kernel's tick, at most 10 ms; a second is far more.
const TICK: Duration = Duration::from_secs(1);

impl LocalDisk {
    /// `sled` is the folder of an open sled database.
    pub(super) fn open(sled: &Path) -> io::Result<Self> {
        Ok(Self {
            file: OpenOptions::new()
                .read(true)
                .write(true)
                .open(sled.join("db"))?,
            folder: sled.to_owned(),
            blobs: sled.join("blobs"),
            blobs_seen: Mutex::new(None),
        })
    }

    /// Syncs sled's blob files if there were changes; says how many. Records are cut small enough
    /// that there are none ([`super::large`]), but an unsynced one would lose data silently, and
    /// the look costs a microsecond.
    fn sync_blobs(&self) -> io::Result<usize> {
        let mut seen = self
            .blobs_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = fs::metadata(&self.blobs)?.modified()?;
        if *seen == Some(changed) {
            return Ok(0);
        }
        let mut synced = 0;
        for entry in fs::read_dir(&self.blobs)? {
            match File::open(entry?.path()) {
                Ok(blob) => blob.sync_all()?,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue, // Collected meanwhile.
                Err(e) => return Err(e),
            }
            synced += 1;
        }
        sync_folder(&self.blobs)?;
        let settled = SystemTime::now()
            .duration_since(changed)
            .is_ok_and(|age| age > TICK);
        *seen = settled.then_some(changed);
        Ok(synced)
    }
}

impl Disk for LocalDisk {
    fn sync(&self) -> io::Result<()> {
        self.sync_blobs()?;
        self.file.sync_data()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        fs2::available_space(&self.folder)
    }
}

/// Makes the names in a folder durable.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder can't be opened as a file; NTFS journals names by itself.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_synced_when_there_are_any() {
        let folder = tempfile::tempdir().unwrap();
        let db = sled::Config::new()
            .path(folder.path())
            .flush_every_ms(None)
            .open()
            .unwrap();
        let disk = LocalDisk::open(folder.path()).unwrap();
        assert_eq!(disk.sync_blobs().unwrap(), 0);
        db.insert("large", vec![7; 200_000]).unwrap();
        db.flush().unwrap();
        assert!(disk.sync_blobs().unwrap() > 0);
        disk.sync().unwrap();
        // The folder's last change lies a minute back: once seen, it is not looked into again.
        File::open(&disk.blobs)
            .unwrap()
            .set_modified(SystemTime::now() - Duration::from_secs(60))
            .unwrap();
        assert!(disk.sync_blobs().unwrap() > 0);
        assert_eq!(disk.sync_blobs().unwrap(), 0);
        assert!(disk.free_bytes().unwrap() > 0);
    }
}
