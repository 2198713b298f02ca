//! The last step of making an asset: write it, or compare it with the shipped one.

use std::path::Path;

use crate::Outcome;

/// Writes the bytes to `path`; with `check` compares them with what lies there. `command` is what
/// the error tells to run.
pub(crate) fn deliver(bytes: &[u8], path: &Path, check: bool, command: &str) -> Outcome {
    let made = blake3::hash(bytes);
    println!("{made}  {} bytes", bytes.len());
    if !check {
        std::fs::write(path, bytes)
            .map_err(|e| format!("{} can't be written: {e}", path.display()))?;
        println!("written to {}", path.display());
        return Ok(());
    }
    let shipped =
        std::fs::read(path).map_err(|e| format!("{} can't be read: {e}", path.display()))?;
    if bytes == shipped {
        println!("{} is the same", path.display());
        return Ok(());
    }
    let shipped = blake3::hash(&shipped);
    Err(format!(
        "{} differs: it has the hash {shipped}; run `cargo xtask {command}` to replace it",
        path.display()
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_holds_for_the_same_bytes_only() {
        let path = std::env::temp_dir().join(format!("xtask-asset-{}", std::process::id()));
        deliver(b"one", &path, false, "make").unwrap();
        deliver(b"one", &path, true, "make").unwrap();
        let error = deliver(b"two", &path, true, "make").unwrap_err();
        assert!(error.to_string().contains("`cargo xtask make`"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        std::fs::remove_file(&path).unwrap();
    }
}
