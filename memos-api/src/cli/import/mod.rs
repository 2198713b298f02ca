//! `memos import`: files become parts, each part one request, in order.
//!
//! Every memory carries the file's name and the digest of its part as `info.import`, written in
//! the same commit as the memory itself. Before a cube gets its first part, the digests that it
//! holds for that file are read, and those parts are left out. So an import that was killed goes
//! on where it stopped, through whatever server and from whatever machine it is run again; there
//! is no state beside the memories. A part in flight when the client died is either in the cube
//! or was never acknowledged, and the server's repeat window catches the race between the two.

mod log;
mod parts;
mod progress;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;

use memos_core::{Code, CubeId, Error, Moment, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::parts::{Part, Plan};
use self::progress::Progress;
use super::args::ImportArgs;
use super::console::Console;
use super::target::Target;
use super::{Outcome, text};
use crate::wire::{AddRequest, DocumentRequest};

/// What became of one file in one cube.
#[derive(Debug, Default, Serialize)]
struct Counts {
    /// Memories stored by this run.
    added: usize,
    /// Memories that were there already.
    present: usize,
}

pub(super) async fn run<F: Future<Output = Result<Target>>>(
    args: ImportArgs,
    target: impl FnOnce() -> F,
    console: &mut Console,
) -> Outcome {
    // Wrong names come out before anything is stored.
    args.files.iter().try_for_each(|file| check_file(file))?;
    let target = target().await?;
    let mut files = Vec::new();
    for file in &args.files {
        let plan = plan(file, &args)?;
        let counts = import(&plan, &args, &target)
            .await
            .map_err(|e| in_file(e, file))?;
        if !args.json {
            for (cube, counts) in &counts {
                writeln!(console, "{}: {}", plan.name, told(cube, counts))?;
            }
            console.flush()?;
        }
        files.push(json!({"file": file.display().to_string(), "cubes": counts}));
    }
    match args.json {
        true => console.json(&json!({ "files": files })),
        false => Ok(()),
    }
}

fn told(cube: &CubeId, counts: &Counts) -> String {
    let memories = text::counted(counts.added, "memory", "memories");
    match counts.present {
        0 => format!("{memories} added to cube {cube}"),
        present => format!("{memories} added to cube {cube}, {present} were there already"),
    }
}

fn plan(file: &Path, args: &ImportArgs) -> Result<Plan> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        let remedy = match e.kind() {
            io::ErrorKind::InvalidData => "convert it to text in UTF-8",
            _ => "check the path and its permissions",
        };
        Error::new(
            Code::InvalidDocument,
            format!("{} can't be read: {e}", file.display()),
        )
        .remedy(remedy)
        .caused_by(e)
    })?;
    let name = file
        .file_name()
        .unwrap_or(file.as_os_str())
        .to_string_lossy();
    let now = Moment::from(memos_core::Clock::now(&memos_core::SystemClock));
    let read = parts::Reading {
        name: &name,
        format: args.format,
        cube: args.cube.as_ref(),
        session: args.session.as_deref(),
        written_at: args.time.as_deref(),
        now,
    };
    Plan::read(&text, &read).map_err(|e| in_file(e, file))
}

/// Sends the parts that are not there yet. Which cubes they went to, and how many memories.
async fn import(
    plan: &Plan,
    args: &ImportArgs,
    target: &Target,
) -> Result<BTreeMap<CubeId, Counts>> {
    let mut progress = Progress::start(plan, args.json);
    let mut counts: BTreeMap<CubeId, Counts> = BTreeMap::new();
    let mut stored: BTreeMap<&CubeId, HashSet<String>> = BTreeMap::new();
    for part in &plan.parts {
        if !stored.contains_key(&part.cube) {
            stored.insert(
                &part.cube,
                stored_parts(target, &part.cube, &plan.name).await?,
            );
        }
        let counts = counts.entry(part.cube.clone()).or_default();
        let digest = part.digest();
        if stored[&part.cube].contains(&digest) {
            counts.present += part.memories;
        } else {
            let added = target
                .add(&part.cube, request(part, plan, args, &digest))
                .await?;
            // Of a graph that has grown, only what is new was added.
            let new = match added.duplicate_of_request {
                true => 0,
                false => added.memories.len(),
            };
            counts.added += new;
            counts.present += part.memories.saturating_sub(new);
        }
        progress.advance(part.memories);
    }
    progress.finish();
    Ok(counts)
}

fn request(part: &Part, plan: &Plan, args: &ImportArgs, digest: &str) -> AddRequest {
    let mut info = Map::new();
    info.insert(
        "import".to_owned(),
        json!({"file": plan.name, "part": digest}),
    );
    AddRequest {
        documents: Some(vec![DocumentRequest {
            text: part.text.clone(),
            name: Some(plan.name.clone()),
            format: Some(plan.format.as_str().to_owned()),
            written_at: args.time.clone(),
            info: None,
        }]),
        session_id: args.session.clone(),
        tags: Some(args.tag.clone()).filter(|t| !t.is_empty()),
        info: Some(info),
        ..AddRequest::default()
    }
}

/// Digests of the parts of a file that a cube holds.
async fn stored_parts(target: &Target, cube: &CubeId, file: &str) -> Result<HashSet<String>> {
    let filter = json!({"info.import.file": file}).to_string();
    let mut digests = HashSet::new();
    let seen = target.each(cube, Some(filter), |memory| {
        let part = memory
            .info
            .get("import")
            .and_then(|import| import.get("part"));
        digests.extend(part.and_then(Value::as_str).map(str::to_owned));
    });
    match seen.await {
        Err(e) if e.code() != Code::CubeNotFound => Err(e),
        _ => Ok(digests),
    }
}

fn check_file(file: &Path) -> Result<()> {
    let why = match std::fs::metadata(file) {
        Ok(found) if found.is_dir() => "is a folder".to_owned(),
        Ok(_) => return Ok(()),
        Err(e) => format!("can't be read: {e}"),
    };
    Err(Error::new(
        Code::InvalidRequest,
        format!("{} {why}; nothing was imported", file.display()),
    )
    .at("FILE")
    .remedy("name the files to import, such as notes/*.md"))
}

/// The error with the name of the file.
fn in_file(error: Error, file: &Path) -> Error {
    let message = format!("{}: {}", file.display(), error.message());
    let mut told = Error::new(error.code(), message);
    if let Some(remedy) = error.remedy_text() {
        told = told.remedy(remedy);
    }
    told.caused_by(error)
}
