//! `memos cubes`.

use std::io::Write as _;

use serde_json::json;

use super::Outcome;
use super::args::{CubesCreateArgs, CubesDeleteArgs, CubesListArgs};
use super::confirm::confirm;
use super::console::Console;
use super::table::{Align, Table};
use super::target::Target;
use crate::wire::{CreateCubeRequest, Cube};

pub(super) async fn list(args: CubesListArgs, target: &Target, console: &mut Console) -> Outcome {
    let cubes = target.cubes().await?;
    if cubes.is_empty() && !args.json {
        return Ok(writeln!(console, "no cubes")?);
    }
    print(cubes, args.json, console)
}

/// Cubes as a table or as JSON. That one is a branch stands before its name.
pub(super) fn print(cubes: Vec<Cube>, json: bool, console: &mut Console) -> Outcome {
    if json {
        return console.json(&json!({ "cubes": cubes }));
    }
    let mut table = Table::new(&[
        ("CUBE", Align::Left),
        ("OWNER", Align::Left),
        ("CREATED", Align::Left),
        ("NAME", Align::Left),
    ]);
    for cube in cubes {
        let day = memos_core::Moment::from(cube.created_at).date().to_string();
        let mut name = match cube.description {
            Some(description) => format!("{}: {description}", cube.name),
            None => cube.name,
        };
        if let Some(base) = cube.base {
            name = format!("[branch of {}] {name}", base.cube_id);
        }
        table.row([cube.id, cube.owner, day, name]);
    }
    let (paint, width) = (console.paint(), console.width());
    Ok(table.write(console, paint, width)?)
}

pub(super) async fn create(
    args: CubesCreateArgs,
    target: &Target,
    console: &mut Console,
) -> Outcome {
    let request = CreateCubeRequest {
        id: Some(args.id.into()),
        name: args.name,
        description: args.description,
        ..CreateCubeRequest::default()
    };
    let cube = target.create_cube(request).await?;
    match args.json {
        true => console.json(&cube),
        false => Ok(writeln!(console, "cube {} created", cube.id)?),
    }
}

pub(super) async fn delete(
    args: CubesDeleteArgs,
    target: &Target,
    console: &mut Console,
) -> Outcome {
    if !args.yes {
        confirm(
            &format!("Forget cube {} and all that it holds for good?", args.id),
            false,
        )?;
    }
    target.delete_cube(&args.id).await?;
    Ok(writeln!(console, "cube {} forgotten", args.id)?)
}
