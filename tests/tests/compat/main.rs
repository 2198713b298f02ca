//! Golden cases of the dialects that the server speaks: what is sent, and what has to come back.
//! `tests/compat/README.md` has the form of the files.

#![allow(clippy::unwrap_used)]

mod case;
mod coverage;
mod notice;
mod run;

use case::cases;

/// Plays all cases of a face, each against a server of its own.
fn play(face: &str) {
    let cases = cases(face);
    assert!(!cases.is_empty(), "tests/compat/{face} has no case");
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            run::play(case)
                .err()
                .map(|why| format!("{}: {why}", case.file))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

macro_rules! faces {
    ($($face:ident),* $(,)?) => {$(
        #[test]
        fn $face() {
            play(stringify!($face));
        }
    )*

        /// No folder of cases is left out above.
        #[test]
        fn every_face_is_played() {
            assert_eq!(coverage::faces(), [$(stringify!($face)),*]);
        }
    };
}

faces! {
    anthropic,
    langgraph,
    mcp,
    mem0,
    native,
    openai,
    openmem,
    product,
}
