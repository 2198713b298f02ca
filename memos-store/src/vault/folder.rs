//! The data folder: whose it is, in which format, and how it is made so that an interrupted making
//! leaves no trap.
//!
//! `LOCK` says who has it open, `FORMAT` in which format it is, `sled/` is the store. While it is
//! being made the format lies in `FORMAT.new`, and nothing has been acknowledged yet: who finds
//! that starts over.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use memos_core::{Code, Error, Result};

use super::disk::sync_folder;
use super::failure;
use super::lock::{FolderLock, LOCK};
use super::options::Options;

/// The format that this program writes. Raise it when an older program must not open the folder.
/// Version 2 has histories, version 3 has the keys of [`super::lookups`]: an older program would not
/// keep them.
const FORMAT_VERSION: u32 = 3;

const FORMAT: &str = "FORMAT";
const FORMAT_NEW: &str = "FORMAT.new";
const FORMAT_PREFIX: &str = "memos vault ";
const SLED: &str = "sled";

/// sled's own threads may hold the file a moment longer than the database that was closed.
const SLED_TRIES: u32 = 100;
const SLED_PAUSE: Duration = Duration::from_millis(20);

/// An open data folder. sled closes before the lock goes.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) db: sled::Db,
    pub(super) lock: FolderLock,
    pub(super) sled_path: PathBuf,
    /// It lacks what newer formats have: [`super::raise`] makes that, then
    /// [`mark_raised`](Folder::mark_raised) says so.
    pub(super) is_older: bool,
}

impl Folder {
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        make(path)?;
        refuse_foreign(path)?; // Before the lock file is put there.
        let lock = FolderLock::acquire(path)?;
        refuse_foreign(path)?;
        let sled_path = path.join(SLED);
        let format = read_format(path)?;
        let end = match format {
            Some(version) => {
                check_version(version, path)?;
                settle
            }
            None => {
                begin(path, &sled_path)
                    .map_err(|e| failure::io_at(e, "make the data folder", path))?;
                finish
            }
        };
        let db = open_sled(&sled_path, options)?;
        end(path, &sled_path).map_err(|e| failure::io_at(e, "sync the data folder", path))?;
        Ok(Self {
            db,
            lock,
            sled_path,
            is_older: format.is_some_and(|version| version < FORMAT_VERSION),
        })
    }

    /// From now on an older program refuses the folder. What the format has beyond older ones must
    /// be on the disk; records are read in the version that they were written in.
    pub(super) fn mark_raised(&self, path: &Path) -> io::Result<()> {
        announce_format(path)?;
        fs::rename(path.join(FORMAT_NEW), path.join(FORMAT))?;
        sync_folder(path)
    }
}

fn make(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|e| {
        if path.exists() {
            return Error::new(
                Code::InvalidRequest,
                format!("{} is a file, not a folder", path.display()),
            )
            .remedy("choose another data folder");
        }
        failure::io_at(e, "make the data folder", path)
    })?;
    sync_parent(path).map_err(|e| failure::io_at(e, "sync the parent of", path))
}

/// A folder with other things in it may be a slip of the keyboard: leave it alone.
fn refuse_foreign(path: &Path) -> Result<()> {
    let read = |e| failure::io_at(e, "read the data folder", path);
    let mut stranger = None;
    for entry in fs::read_dir(path).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        match name.to_str() {
            Some(FORMAT | FORMAT_NEW) => return Ok(()),
            Some(LOCK | "lost+found") => {}
            _ => stranger = Some(name),
        }
    }
    match stranger {
        None => Ok(()),
        Some(name) => Err(Error::new(
            Code::InvalidRequest,
            format!(
                "{} is not a data folder of memos: it holds {name:?} and no {FORMAT} file",
                path.display()
            ),
        )
        .remedy("choose an empty folder, or one that memos made")),
    }
}

fn read_format(path: &Path) -> Result<Option<u32>> {
    let file = path.join(FORMAT);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failure::io_at(e, "read", &file)),
    };
    match text
        .strip_prefix(FORMAT_PREFIX)
        .map(|v| v.trim_end().parse())
    {
        Some(Ok(version)) => Ok(Some(version)),
        _ => Err(failure::corrupt(format!(
            "{} says {text:?}, not {FORMAT_PREFIX:?} and a number",
            file.display()
        ))),
    }
}

fn check_version(version: u32, path: &Path) -> Result<()> {
    if version <= FORMAT_VERSION {
        return Ok(());
    }
    Err(Error::new(
        Code::FolderNewer,
        format!(
            "{} has format {version}, and this program reads up to format {FORMAT_VERSION}",
            path.display()
        ),
    )
    .remedy("use the newer version of memos that wrote it, or choose another data folder"))
}

fn announce_format(path: &Path) -> io::Result<()> {
    let mut format = File::create(path.join(FORMAT_NEW))?;
    writeln!(format, "{FORMAT_PREFIX}{FORMAT_VERSION}")?;
    format.sync_all()?;
    sync_folder(path)
}

/// Starts making: nothing in it counts until [`finish`].
fn begin(path: &Path, sled_path: &Path) -> io::Result<()> {
    announce_format(path)?;
    if sled_path.exists() {
        fs::remove_dir_all(sled_path)?; // Of an interrupted making.
    }
    fs::create_dir(sled_path)
}

/// sled syncs neither its `conf` nor the names of its files when it makes them.
fn finish(path: &Path, sled_path: &Path) -> io::Result<()> {
    for file in ["conf", "db"] {
        File::open(sled_path.join(file))?.sync_all()?;
    }
    sync_folder(&sled_path.join("blobs"))?;
    sync_folder(sled_path)?;
    sync_folder(path)?;
    fs::rename(path.join(FORMAT_NEW), path.join(FORMAT))?;
    sync_folder(path)
}

/// At each start sled writes a new snapshot of its page table and renames it into place.
fn settle(path: &Path, sled_path: &Path) -> io::Result<()> {
    let left = path.join(FORMAT_NEW);
    if left.exists() {
        fs::remove_file(left)?;
    }
    sync_folder(sled_path)
}

fn open_sled(path: &Path, options: &Options) -> Result<sled::Db> {
    drop_torn_snapshots(path).map_err(|e| failure::io_at(e, "clean", path))?;
    // No timer of its own: it would hide a missing flush.
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_capacity)
        .flush_every_ms(None);
    let mut tries = 0;
    loop {
        match config.open() {
            // Our own lock is held, so this is sled's own echo.
            Err(sled::Error::Io(e)) if tries < SLED_TRIES && is_lock_refusal(&e) => {
                tries += 1;
                thread::sleep(SLED_PAUSE);
            }
            other => return other.map_err(|e| failure::sled(e, "open the store")),
        }
    }
}

fn is_lock_refusal(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// A process killed while sled wrote the snapshot of its page table leaves `snap.….generating`. At
/// the next start sled takes that for the newest snapshot (`RunningConfig::get_snapshot_files` in
/// its `config.rs` looks for another ending) and refuses to open. The snapshot before it is whole.
fn drop_torn_snapshots(sled_path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(sled_path)? {
        let entry = entry?;
        let name = entry.file_name();
        let torn = name
            .to_str()
            .is_some_and(|n| n.starts_with("snap.") && n.ends_with(".generating"));
        if torn {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::options;
    use super::*;

    fn open(path: &Path) -> Result<Folder> {
        Folder::open(path, &options())
    }

    #[test]
    fn made_once_then_opened() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        drop(open(&path).unwrap());
        assert_eq!(
            fs::read_to_string(path.join(FORMAT)).unwrap(),
            "memos vault 3\n"
        );
        assert!(!path.join(FORMAT_NEW).exists());
        drop(open(&path).unwrap());
    }

    #[test]
    fn an_older_format_stays_until_the_folder_is_raised() {
        let root = tempfile::tempdir().unwrap();
        let folder = open(root.path()).unwrap();
        assert!(!folder.is_older, "a new folder is of the newest format");
        drop(folder);
        let format = root.path().join(FORMAT);
        for older in ["memos vault 1\n", "memos vault 2\n"] {
            fs::write(&format, older).unwrap();
            // A raise that was cut off before the rename.
            fs::write(root.path().join(FORMAT_NEW), "memos").unwrap();
            let folder = open(root.path()).unwrap();
            assert!(folder.is_older);
            assert_eq!(fs::read_to_string(&format).unwrap(), older);
            folder.mark_raised(root.path()).unwrap();
            drop(folder);
            assert_eq!(fs::read_to_string(&format).unwrap(), "memos vault 3\n");
            assert!(!root.path().join(FORMAT_NEW).exists());
            assert!(!open(root.path()).unwrap().is_older);
        }
    }

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        drop(open(root.path()).unwrap());
        fs::write(root.path().join(FORMAT), "memos vault 4\n").unwrap();
        let error = open(root.path()).unwrap_err();
        assert_eq!(error.code(), Code::FolderNewer);
        let text = error.to_string();
        assert!(
            text.contains("format 4") && text.contains("format 3"),
            "{text}"
        );
        assert!(error.remedy_text().is_some());
        fs::write(root.path().join(FORMAT), "garbage").unwrap();
        assert_eq!(open(root.path()).unwrap_err().code(), Code::Corrupt);
    }

    #[test]
    fn a_strangers_folder_is_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.txt"), "x").unwrap();
        let error = open(root.path()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert!(error.message().contains("thesis.txt"), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);

        let file = root.path().join("thesis.txt");
        assert!(open(&file).unwrap_err().message().contains("is a file"));
    }

    #[test]
    fn an_interrupted_making_starts_over() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(FORMAT_NEW), "memos v").unwrap();
        fs::create_dir(root.path().join(SLED)).unwrap();
        fs::write(root.path().join(SLED).join("conf"), [0xff; 40]).unwrap();
        drop(open(root.path()).unwrap());
        assert!(root.path().join(FORMAT).exists());
    }

    #[test]
    fn a_torn_page_table_snapshot_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let folder = open(root.path()).unwrap();
        folder.db.insert("key", "value").unwrap();
        folder.db.flush().unwrap();
        let sled_path = folder.sled_path.clone();
        drop(folder);
        drop(open(root.path()).unwrap()); // This start writes a snapshot.
        let torn = sled_path.join("snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&torn, [1; 40]).unwrap();
        let folder = open(root.path()).unwrap();
        assert_eq!(folder.db.get("key").unwrap().unwrap(), "value");
        assert!(!torn.exists());
    }
}
