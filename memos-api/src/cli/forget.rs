//! `memos forget`.

use std::io::Write as _;

use memos_core::{Code, CubeId, Error, MemoryId};

use super::args::ForgetArgs;
use super::confirm::confirm;
use super::console::Console;
use super::failure::Failure;
use super::target::Target;
use super::{Outcome, search, text};

pub(super) async fn run(args: ForgetArgs, target: &Target, console: &mut Console) -> Outcome {
    let doomed = match (&args.cube, args.all) {
        (Some(cube), true) => every(target, cube, args.filter).await?,
        (None, true) => {
            return Err(Failure::Usage(
                Error::new(Code::InvalidRequest, "--all needs the cube")
                    .at("--cube")
                    .remedy("name it with --cube"),
            ));
        }
        (cube, false) => {
            // All are looked for first, so that a wrong id forgets nothing.
            let mut found = Vec::new();
            for id in args.ids {
                let memory = target.find(cube.as_ref(), id).await?;
                found.push((CubeId::new(memory.cube_id)?, id));
            }
            found
        }
    };
    let counted = text::counted(doomed.len(), "memory", "memories");
    if let (Some(cube), true, false) = (&args.cube, args.all, doomed.is_empty()) {
        confirm(
            &format!("Forget {counted} of cube {cube} for good?"),
            args.yes,
        )?;
    }
    let count = doomed.len();
    let kept = forget(target, doomed).await?;
    let forgotten = text::counted(count - kept.len(), "memory", "memories");
    writeln!(console, "{forgotten} forgotten")?;
    match kept.first() {
        None => Ok(()),
        Some(why) => Err(Failure::Failed(stays(kept.len(), why))),
    }
}

/// Forgets one after another; what must not go stays, and is no reason to keep the others. Why each of
/// these stays.
async fn forget(target: &Target, doomed: Vec<(CubeId, MemoryId)>) -> Result<Vec<Error>, Failure> {
    let mut kept = Vec::new();
    for (cube, id) in doomed {
        match target.forget(&cube, id).await {
            Ok(()) => {}
            // It was there a moment ago: it went with what it was made from.
            Err(error) if error.code() == Code::MemoryNotFound => {}
            // Frozen, or under a legal hold.
            Err(error) if matches!(error.code(), Code::IllegalMove | Code::Forbidden) => {
                kept.push(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(kept)
}

/// The first reason, told for all.
fn stays(count: usize, why: &Error) -> Error {
    let stay = match count {
        1 => "1 memory stays".to_owned(),
        _ => format!("{count} memories stay"),
    };
    let error = Error::new(why.code(), format!("{stay}: {}", why.message()));
    match why.remedy_text() {
        Some(remedy) => error.remedy(remedy),
        None => error,
    }
}

async fn every(
    target: &Target,
    cube: &CubeId,
    filter: Option<String>,
) -> Result<Vec<(CubeId, MemoryId)>, Failure> {
    if let Some(filter) = &filter {
        search::filter(filter)?;
    }
    let mut found = Vec::new();
    target
        .each(cube, filter, |memory| found.push((cube.clone(), memory.id)))
        .await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::MemOs;
    use crate::cli::caller;
    use crate::wire::{DrainRequest, MoveRequest};

    /// A cube with a memory, and what was concluded from it alone.
    fn concluded(memos: &MemOs, cube: &CubeId) {
        let said = json!({"messages": [{"role": "user", "content": "I prefer window seats."}]});
        let said = serde_json::from_value(said).unwrap();
        memos.add(&caller(), cube, &said).unwrap();
        let drained = memos.drain(&caller(), &DrainRequest::default()).unwrap();
        assert!(drained.drained);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_went_with_its_evidence_is_forgotten_and_what_is_frozen_stays() {
        let folder = tempfile::tempdir().unwrap();
        let memos = Arc::new(MemOs::builder().data(folder.path()).open().unwrap());
        let target = Target::Local(Arc::clone(&memos));
        let cube = CubeId::new("trip").unwrap();
        concluded(&memos, &cube);
        let all = every(&target, &cube, None).await.unwrap();
        assert!(all.len() > 1, "nothing was concluded");
        assert!(forget(&target, all).await.unwrap().is_empty());
        assert_eq!(target.count(&cube).await.unwrap(), 0);

        let more: Vec<MemoryId> = ["One.", "Two.", "Three."]
            .map(|text| {
                let said = json!({"messages": [{"role": "user", "content": text}]});
                let said = serde_json::from_value(said).unwrap();
                let added = memos.add(&caller(), &cube, &said).unwrap();
                added.memories[0].id
            })
            .into();
        let freeze = MoveRequest {
            step: "freeze".into(),
            reason: None,
        };
        memos
            .change_state(&caller(), &cube, more[0], &freeze)
            .unwrap();
        let all = every(&target, &cube, None).await.unwrap();
        let kept = forget(&target, all).await.unwrap();
        assert_eq!(target.count(&cube).await.unwrap(), 1);
        let why = stays(kept.len(), &kept[0]).to_string();
        assert!(why.contains("1 memory stays"), "{why}");
        assert!(why.contains("frozen") && why.contains("thaw"), "{why}");
    }
}
