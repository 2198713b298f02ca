//! What the disk and sled report, as errors that say what to do.

use std::io;
use std::path::Path;

use memos_core::{Code, Error};

/// `doing` completes the sentence "can't …".
pub(super) fn io(error: io::Error, doing: &str) -> Error {
    let code = code_of(error.kind());
    remedied(
        Error::new(code, format!("can't {doing}: {error}")),
        error.kind(),
    )
    .caused_by(error)
}

/// As [`io`], naming a path.
pub(super) fn io_at(error: io::Error, doing: &str, path: &Path) -> Error {
    io(error, &format!("{doing} {}", path.display()))
}

pub(super) fn sled(error: sled::Error, doing: &str) -> Error {
    match error {
        sled::Error::Io(e) => io(e, doing),
        sled::Error::Corruption { .. } => corrupt(format!("can't {doing}: {error}")),
        e => Error::new(Code::Internal, format!("can't {doing}: {e}")).caused_by(e),
    }
}

pub(super) fn corrupt(message: impl Into<String>) -> Error {
    Error::new(Code::Corrupt, message)
        .remedy("restore the data folder from a backup, and check the disk")
}

fn code_of(kind: io::ErrorKind) -> Code {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
        _ => Code::Unavailable,
    }
}

fn remedied(error: Error, kind: io::ErrorKind) -> Error {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            error.remedy("free space on the disk of the data folder, then try again")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            error.remedy("give this user write access to the data folder, or choose another")
        }
        _ => error.remedy("check the disk of the data folder, then try again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_also_through_sled() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(io(full(), "write").code(), Code::DiskFull);
        // sled clones its errors, which keeps the kind and loses the number.
        let cloned = sled::Error::Io(full()).clone();
        let error = sled(cloned, "write");
        assert_eq!(error.code(), Code::DiskFull);
        assert!(
            error
                .remedy_text()
                .is_some_and(|r| r.contains("free space"))
        );
        assert_eq!(
            io(io::ErrorKind::PermissionDenied.into(), "write").code(),
            Code::Unavailable
        );
    }
}
