//! Named snapshots of a cube.

use super::{Case, cube, cube_id, named, ok};
use crate::{Code, EventLog, NamedSnapshot, Vault, Write};

fn name(cube: &str, snapshot: NamedSnapshot) -> Write {
    Write::NameSnapshot {
        cube_id: cube_id(cube),
        snapshot,
    }
}

fn drop_name(cube: &str, name: &str) -> Write {
    Write::DropSnapshot {
        cube_id: cube_id(cube),
        name: name.to_owned(),
    }
}

pub(super) fn names_are_a_cubes_own<V: Vault + EventLog>(case: &Case<V>) {
    let of = |cube: &str| ok(ok(case.vault.snapshot()).named(&cube_id(cube)));
    case.write([Write::CreateCube(cube("a")), Write::CreateCube(cube("ab"))]);
    case.refused([name("x", named("n", 1))], Code::CubeNotFound);
    // In the order of the names, whatever was first.
    for text in ["b", "会", "a b/c", "ab"] {
        case.write([name("a", named(text, 1))]);
    }
    case.write([name("ab", named("b", 2))]);
    let expected = ["a b/c", "ab", "b", "会"].map(|text| named(text, 1));
    assert_eq!(of("a"), expected);
    assert_eq!(of("ab"), [named("b", 2)]);
    assert_eq!(of("x"), []);

    case.refused([name("a", named("b", 2))], Code::Conflict);
    case.refused([drop_name("a", "c")], Code::SnapshotNotFound);
    case.refused([drop_name("x", "b")], Code::SnapshotNotFound);
    case.refused([name("a", named("", 1))], Code::InvalidRequest);
    let long = "x".repeat(NamedSnapshot::MAX_NAME);
    let longer = named(&format!("{long}x"), 1);
    case.refused([name("a", longer)], Code::InvalidRequest);
    case.write([name("a", named(&long, 1)), drop_name("a", &long)]);
    case.refused(
        [drop_name("a", "b"), drop_name("a", "b")],
        Code::SnapshotNotFound,
    );
    assert_eq!(of("a"), expected);
    case.write([drop_name("a", "b"), name("a", named("b", 3))]);
    assert_eq!(of("a")[2], named("b", 3));

    case.write([Write::DeleteCube(cube_id("a"))]);
    assert_eq!(of("a"), []);
    case.write([Write::CreateCube(cube("a"))]);
    assert_eq!(of("a"), [], "a new cube has no names");
    case.refused([drop_name("a", "b")], Code::SnapshotNotFound);
    case.write([
        name("ab", named("c", 1)),
        Write::DeleteCube(cube_id("ab")),
        Write::CreateCube(cube("ab")),
        name("ab", named("c", 2)),
    ]);
    assert_eq!(of("ab"), [named("c", 2)]);
}
