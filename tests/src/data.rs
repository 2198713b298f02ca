//! Files beside the code.

use std::path::{Path, PathBuf};

/// A path in the repository: the one that cargo runs this test for, since a target folder that several
/// clones share may hold a program that was built in another of them.
pub fn repository(path: &str) -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().unwrap().join(path)
}

/// A data set that is not part of the repository: in the folder that `MEMOS_BENCH_DATA` names, or
/// else in `shared/data` beside the repository. None if it is not there, which is told: a test then
/// has nothing to do.
pub fn data_file(name: &str) -> Option<PathBuf> {
    let path = match std::env::var_os("MEMOS_BENCH_DATA") {
        Some(folder) => Path::new(&folder).join(name),
        None => repository("../shared/data").join(name),
    };
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}
