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
    for (cube, id) in doomed {
        target.forget(&cube, id).await?;
    }
    Ok(writeln!(console, "{counted} forgotten")?)
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
