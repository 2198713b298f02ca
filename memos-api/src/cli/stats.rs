//! `memos stats`.

use std::io::{self, Write as _};
use std::path::Path;

use memos_core::CubeId;
use serde::Serialize;

use super::args::StatsArgs;
use super::console::{Console, Style};
use super::target::Target;
use super::{Outcome, text};
use crate::config::Loaded;

/// How much is stored where.
#[derive(Debug, Serialize)]
struct Stats {
    /// Of this program.
    version: &'static str,
    /// The server that was asked, if one was.
    server: Option<String>,
    /// The folder, if it is at hand.
    data: Option<String>,
    /// Bytes that the folder takes on the disk, if it is at hand.
    disk_bytes: Option<u64>,
    /// The model whose vectors are searched.
    model: Option<String>,
    cubes: usize,
    memories: usize,
}

pub(super) async fn run(
    args: StatsArgs,
    loaded: &Loaded,
    target: &Target,
    console: &mut Console,
) -> Outcome {
    let folder = Some(&loaded.config.data).filter(|_| target.is_folder_at_hand());
    let cubes = target.cubes().await?;
    let mut memories = 0;
    for cube in &cubes {
        memories += target.count(&CubeId::new(cube.id.as_str())?).await?;
    }
    let stats = Stats {
        version: env!("CARGO_PKG_VERSION"),
        server: target.server().map(str::to_owned),
        data: folder.map(|f| f.display().to_string()),
        disk_bytes: folder.and_then(|f| bytes_of(f).ok()),
        model: target.model(),
        cubes: cubes.len(),
        memories,
    };
    if args.json {
        return console.json(&stats);
    }
    let lines = [
        ("version", Some(stats.version.to_owned())),
        ("server", stats.server),
        ("data", stats.data),
        ("disk", stats.disk_bytes.map(text::bytes)),
        ("model", stats.model),
        ("cubes", Some(stats.cubes.to_string())),
        ("memories", Some(stats.memories.to_string())),
    ];
    let paint = console.paint();
    for (name, value) in lines {
        if let Some(value) = value {
            let name = paint.with(Style::Dim, &format!("{name:<8}"));
            writeln!(console, "{name}  {}", text::one_line(&value))?;
        }
    }
    Ok(())
}

/// Sizes of all files under a folder. One that goes away meanwhile counts nothing.
fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(found) = entry.metadata() else {
            continue;
        };
        sum += match found.is_dir() {
            true => bytes_of(&entry.path()).unwrap_or(0),
            false => found.len(),
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_folders_in_folders_are_summed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(root.path().join("x"), [0; 10]).unwrap();
        std::fs::write(root.path().join("a/b/y"), [0; 5]).unwrap();
        assert_eq!(bytes_of(root.path()).unwrap(), 15);
        assert!(bytes_of(&root.path().join("none")).is_err());
    }
}
