//! The vault itself: commits and reads.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use memos_core::{
    Clock, Code, Commit, Committed, CubeId, Error, EventSeq, MemCube, Memory, MemoryId, Result,
    Snapshot, Task, TaskId, Vault,
};
use sled::Tree;

use super::codec::{self, Record, Stored, Usage};
use super::commit::{self, Heads, MIN_WEIGHT, Prepared};
use super::disk::{Disk, LocalDisk, check_space};
use super::folder::Folder;
use super::group::{Group, Mark};
use super::options::Options;
use super::requests::Requests;
use super::snapshot::OpenSnapshots;
use super::stage::Stage;
use super::vault_snapshot::VaultSnapshot;
use super::{failure, keys, large, lookups, raise, recovery};

/// A commit waits for a sync if the log holds more than this beyond the last one.
///
/// sled reuses a segment (512 KiB) once later segments hold newer copies of its pages and count as
/// stable, which they do when `sync_file_range` returned (`SegmentAccountant` in sled's
/// `pagecache/segment.rs`), so before they are on the disk for certain. It lags by at least one
/// segment, and nothing counts as stable while a batch is under way, so syncing this often keeps
/// what is overwritten behind what is safe. The rest of the segment is for what a write costs
/// beside itself: sled rewrites a leaf every ten changes.
const MAX_UNSYNCED: u64 = 128 << 10;

/// How often an optimistic read tries before it lets others run.
const READ_TRIES: u32 = 8;

/// The vault on sled: what [`commit`](Vault::commit) acknowledged is on the disk, in one atomic
/// batch with its events.
///
/// ```
/// use memos_core::{Commit, CubeId, Info, MemCube, Timestamp, UserId, Vault, Write};
/// use memos_store::{Options, SledVault};
///
/// # fn main() -> memos_core::Result<()> {
/// # let folder = tempfile::tempdir().expect("a temporary folder");
/// # let folder = folder.path();
/// let vault = SledVault::open(folder, Options::default())?;
/// let cube = MemCube {
///     id: CubeId::new("diary")?,
///     name: "Diary".into(),
///     description: None,
///     owner: UserId::new("ada")?,
///     access: Default::default(),
///     created_at: Timestamp::from_secs(0),
///     updated_at: Timestamp::from_secs(0),
///     info: Info::default(),
///     base: None,
/// };
/// vault.commit(Commit {
///     writes: vec![Write::CreateCube(cube.clone())],
///     ..Commit::default()
/// })?;
/// assert_eq!(vault.cube(&cube.id)?, Some(cube));
/// # Ok(())
/// # }
/// ```
pub struct SledVault {
    writer: Mutex<Writer>,
    group: Group,
    /// The last event on the disk.
    head: AtomicU64,
    /// Odd while a batch is being applied, one more when it is done.
    epoch: AtomicU64,
    clock: Arc<dyn Clock>,
    reserve_bytes: u64,
    disk: Box<dyn Disk>,
    folder: Arc<Folder>,
}

/// What only the one who commits may touch.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// How far numbers and dates have come, with what is applied.
    heads: Heads,
    /// How far the log has come.
    mark: Mark,
    requests: Requests,
    snapshots: OpenSnapshots,
}

impl SledVault {
    /// Opens the vault in this folder, or makes one there.
    ///
    /// # Errors
    /// `FolderLocked` if a process has it open, this one included; `FolderNewer` if a newer program
    /// wrote it; `InvalidRequest` if the folder holds something else; `Corrupt`, `DiskFull` and
    /// `Unavailable` as the disk says.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self> {
        Self::open_on(folder.as_ref(), options, |sled| {
            LocalDisk::open(sled).map(|disk| Box::new(disk) as Box<dyn Disk>)
        })
    }

    pub(super) fn open_on(
        path: &Path,
        options: Options,
        disk: impl FnOnce(&Path) -> std::io::Result<Box<dyn Disk>>,
    ) -> Result<Self> {
        let folder = Folder::open(path, &options)?;
        let disk = disk(&folder.sled_path).map_err(|e| failure::io_at(e, "open", path))?;
        let tree: &Tree = &folder.db;
        if folder.is_older {
            raise::make_lookups(tree, &*disk, options.reserve_bytes)?;
            folder
                .mark_raised(path)
                .map_err(|e| failure::io_at(e, "raise the format of", path))?;
        }
        let heads = recovery::heads(tree)?;
        let requests = recovery::load_requests(tree)?;
        // What a killed process wrote and did not sync is in the tree already.
        tree.flush()
            .map_err(|e| failure::sled(e, "flush the store"))?;
        disk.sync().map_err(|e| failure::io(e, "sync the store"))?;
        tracing::debug!(folder = %path.display(), events = heads.event.0, "vault open");
        Ok(Self {
            writer: Mutex::new(Writer {
                heads,
                requests,
                ..Writer::default()
            }),
            group: Group::default(),
            head: AtomicU64::new(heads.event.0),
            epoch: AtomicU64::new(0),
            clock: options.clock,
            reserve_bytes: options.reserve_bytes,
            disk,
            folder: Arc::new(folder),
        })
    }

    /// Writes where the server of this folder listens into the lock file, so that other programs
    /// find it with [`holder`](super::holder).
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn announce_address(&self, address: &str) -> Result<()> {
        self.folder.lock.announce(address)
    }

    /// The last event on the disk.
    pub(super) fn head_on_disk(&self) -> EventSeq {
        EventSeq(self.head.load(Ordering::SeqCst))
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.folder.db
    }

    fn lock(&self) -> Result<MutexGuard<'_, Writer>> {
        self.writer.lock().map_err(|_| {
            Error::new(
                Code::Internal,
                "a commit panicked: the vault takes no more writes",
            )
            .remedy("restart; what was acknowledged is safe")
        })
    }

    /// The writer's lock, once a commit of this weight may be applied.
    pub(super) fn lock_for(&self, weight: u64) -> Result<MutexGuard<'_, Writer>> {
        loop {
            let writer = self.lock()?;
            let unsynced = writer.mark.bytes - self.group.synced()?.bytes;
            if unsynced == 0 || unsynced.saturating_add(weight) <= MAX_UNSYNCED {
                return Ok(writer);
            }
            let ticket = writer.mark.ticket;
            drop(writer);
            self.wait(ticket)?;
        }
    }

    /// Applies a stage under the writer's lock; the ticket to wait for.
    pub(super) fn apply(&self, writer: &mut Writer, stage: Stage<'_>) -> Result<u64> {
        if stage.is_empty() {
            return Ok(writer.mark.ticket);
        }
        let bytes = stage.len();
        check_space(&*self.disk, self.reserve_bytes, bytes.max(MIN_WEIGHT))?;
        self.or_fail(writer.snapshots.note(self.tree(), stage.changed_keys()))?;
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let applied = self.tree().apply_batch(stage.into_batch());
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if let Err(e) = applied {
            // sled remembers a failed write and refuses all that follow, and the batch may be in
            // the tree by half. On the disk it is all there or not at all, as a new start shows.
            return Err(self.group.fail(failure::sled(e, "apply a commit")));
        }
        writer.mark.ticket += 1;
        writer.mark.bytes += bytes.max(MIN_WEIGHT);
        Ok(writer.mark.ticket)
    }

    /// Gives up writing if the disk failed under a commit in the making. Not only writes meet that:
    /// sled splits leaves while it reads, and after one failed write refuses whatever needs
    /// another.
    pub(super) fn or_fail<T>(&self, made: Result<T>) -> Result<T> {
        made.map_err(|e| match e.code() {
            Code::DiskFull | Code::Unavailable => self.group.fail(e),
            _ => e,
        })
    }

    pub(super) fn wait(&self, ticket: u64) -> Result<()> {
        self.group.wait(ticket, || self.sync())
    }

    /// Puts all that is applied on the disk.
    fn sync(&self) -> Result<Mark> {
        let (mark, last) = {
            // Under the lock: sled's `flush` keeps batches out, and a batch that waits in line
            // there keeps readers out (`concurrency_control.rs` in sled), so let it wait here.
            let writer = self.lock()?;
            self.tree()
                .flush()
                .map_err(|e| failure::sled(e, "flush the store"))?;
            (writer.mark, writer.heads.event)
        };
        self.disk
            .sync()
            .map_err(|e| failure::io(e, "sync the store"))?;
        self.head.fetch_max(last.0, Ordering::SeqCst);
        Ok(mark)
    }

    /// Reads several values as of one instant, without a lock: a commit changes the tree for some
    /// microseconds, and a read that met one tries again.
    fn read<T>(&self, read: impl Fn(&Tree) -> Result<T>) -> Result<T> {
        for attempt in 1_u32.. {
            let before = self.epoch.load(Ordering::SeqCst);
            let value = read(self.tree());
            // What a batch tore apart is no corruption: only an undisturbed read counts.
            if before.is_multiple_of(2) && self.epoch.load(Ordering::SeqCst) == before {
                return value;
            }
            if attempt.is_multiple_of(READ_TRIES) {
                // Reads go on when a commit panicked.
                if self.writer.is_poisoned() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        read(self.tree())
    }
}

impl Vault for SledVault {
    fn commit(&self, commit: Commit) -> Result<Committed> {
        let commit = Prepared::new(commit)?;
        let weight = self.or_fail(commit.weight(self.tree()))?;
        let mut writer = self.lock_for(weight)?;
        let now = self.clock.now().max(writer.heads.counter.at);
        if let Some(ids) = commit
            .request
            .as_ref()
            .and_then(|r| writer.requests.repeated(r, now))
        {
            let ids = ids.to_vec();
            let ticket = writer.mark.ticket;
            drop(writer);
            self.wait(ticket)?; // The first may still be on its way to the disk.
            return Ok(Committed::Repeated(ids));
        }

        let mut stage = Stage::new(self.tree());
        let staged = commit::stage_commit(&mut stage, writer.heads, &writer.requests, commit, now);
        let (heads, changes) = self.or_fail(staged)?;
        let ticket = self.apply(&mut writer, stage)?;
        writer.heads = heads;
        writer.requests.apply(changes);
        drop(writer);
        self.wait(ticket)?;
        Ok(Committed::Done(heads.event))
    }

    /// Waits until what it holds is on the disk, so that no power cut can take back what it showed.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let (overlay, seq, ticket) = {
            let mut writer = self.lock()?;
            (
                writer.snapshots.open(),
                writer.heads.event,
                writer.mark.ticket,
            )
        };
        if self.wait(ticket).is_err() {
            // The disk failed: no more writes, but reads go on, of what was applied.
            tracing::warn!("the disk failed: this view may hold what is not on it");
        }
        Ok(Box::new(VaultSnapshot::new(
            Arc::clone(&self.folder),
            overlay,
            seq,
        )))
    }

    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>> {
        let key = keys::cube(id);
        self.read(|tree| get(tree, &key))
    }

    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>> {
        let key = keys::memory(cube, id);
        let usage_key = keys::usage(cube, id);
        self.read(|tree| {
            let Some(Record { mut memory, .. }) = get(tree, &key)? else {
                return Ok(None);
            };
            if let Some(usage) = get::<Usage>(tree, &usage_key)? {
                usage.show_in(&mut memory);
            }
            Ok(Some(memory))
        })
    }

    fn task(&self, id: TaskId) -> Result<Option<Task>> {
        let key = keys::task(id);
        self.read(|tree| get(tree, &key))
    }

    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>> {
        self.read(|tree| lookups::cubes_of(tree, id))
    }

    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>> {
        self.read(|tree| lookups::made_from(tree, cube, id))
    }
}

impl fmt::Debug for SledVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledVault")
            .field("folder", &self.folder.sled_path)
            .field("head", &self.head_on_disk())
            .finish_non_exhaustive()
    }
}

pub(super) fn get<T: Stored>(tree: &Tree, key: &[u8]) -> Result<Option<T>> {
    match get_bytes(tree, key)? {
        None => Ok(None),
        Some(head) => codec::decode(&large::join(key, head, |k| get_bytes(tree, k))?).map(Some),
    }
}

pub(super) fn get_bytes(tree: &Tree, key: &[u8]) -> Result<Option<sled::IVec>> {
    tree.get(key)
        .map_err(|e| failure::sled(e, "read the store"))
}
