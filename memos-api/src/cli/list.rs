//! `memos list`.

use std::io::Write as _;

use memos_core::{Code, CubeId, Error, Result};

use super::args::ListArgs;
use super::console::{Console, Style};
use super::table::{Align, Table};
use super::target::Target;
use super::{Outcome, search};
use crate::wire::ListRequest;

pub(super) async fn run(args: ListArgs, target: &Target, console: &mut Console) -> Outcome {
    if let Some(filter) = &args.filter {
        search::filter(filter)?;
    }
    let cube = match args.cube {
        Some(cube) => cube,
        None => only_cube(target).await?,
    };
    let request = ListRequest {
        filter: args.filter,
        cursor: args.cursor,
        limit: args.limit,
    };
    let page = target.list(&cube, request).await?;
    if args.json {
        return console.json(&page);
    }
    if page.memories.is_empty() {
        return Ok(writeln!(console, "no memories")?);
    }
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("SAID", Align::Left),
        ("SPEAKER", Align::Left),
        ("MEMORY", Align::Left),
    ]);
    for memory in &page.memories {
        table.row([
            memory.id.to_string(),
            memory.said_at.date().to_string(),
            search::speaker(memory),
            search::content(memory),
        ]);
    }
    let (paint, width) = (console.paint(), console.width());
    table.write(console, paint, width)?;
    if let Some(cursor) = &page.next_cursor {
        let more = format!("there are more: --cursor {cursor}");
        writeln!(console, "{}", paint.with(Style::Dim, &more))?;
    }
    Ok(())
}

/// The cube, if there is just one.
async fn only_cube(target: &Target) -> Result<CubeId> {
    let mut ids = target.cube_ids().await?;
    match ids.len() {
        1 => Ok(ids.remove(0)),
        count => {
            /// Names in a message.
            const SHOWN: usize = 5;
            let mut names: Vec<_> = ids.iter().take(SHOWN).map(CubeId::as_str).collect();
            if count > SHOWN {
                names.push("…");
            }
            Err(Error::new(
                Code::InvalidRequest,
                format!("there are {count} cubes: {}", names.join(", ")),
            )
            .at("--cube")
            .remedy("name the one to list with --cube"))
        }
    }
}
