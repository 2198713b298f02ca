//! Files beside the code.

use std::path::{Path, PathBuf};

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join(path)
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
