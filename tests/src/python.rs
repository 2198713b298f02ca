//! Clients in Python: packages from PyPI in an environment of their own.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::sync::{Mutex, PoisonError};

use super::repository;

/// One at a time: tests that want the same environment wait for it instead of making it twice.
static MAKING: Mutex<()> = Mutex::new(());

/// An interpreter with some packages. It lies in cargo's target folder and is used again by the next
/// run that wants the same packages.
#[derive(Debug)]
pub struct Python {
    interpreter: PathBuf,
}

/// Packages that an environment holds.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub struct Packages<'a> {
    /// With all that they need. One that begins with `./` is a folder of this repository, such as
    /// `./clients/python[langchain]`: when its files change, the environment is made anew.
    pub whole: &'a [&'a str],
    /// Alone, where a package would drag along much that its client does not use.
    pub bare: &'a [&'a str],
}

impl Python {
    /// An interpreter with these packages. Nothing, with a line that says why, where Python or its
    /// package index can't be reached; in CI that is a failure.
    pub fn with(packages: Packages<'_>) -> Option<Self> {
        match Self::prepared(packages) {
            Ok(python) => Some(python),
            Err(why) if std::env::var_os("CI").is_some() => panic!("{why}"),
            Err(why) => {
                eprintln!("skipped: this needs Python 3 with {packages:?}: {why}");
                None
            }
        }
    }

    /// Runs a script of `tests/clients` with settings in its environment; it must end well.
    #[track_caller]
    pub fn run(&self, script: &str, settings: &[(&str, &str)]) -> String {
        self.run_file(&format!("tests/clients/{script}"), settings)
    }

    /// Runs a script that lies anywhere in the repository, from its root.
    #[track_caller]
    pub fn run_file(&self, path: &str, settings: &[(&str, &str)]) -> String {
        let mut process = self.process();
        process
            .arg(path)
            .current_dir(repository(""))
            .envs(settings.iter().copied());
        said(&process.output().expect("Python starts"), path)
    }

    /// The interpreter, with nothing of the user's own settings for Python around it.
    pub fn process(&self) -> Process {
        let mut process = Process::new(&self.interpreter);
        process
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            // A script may have the name of the package that it tries.
            .env("PYTHONSAFEPATH", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1");
        process
    }

    fn prepared(packages: Packages<'_>) -> Result<Self, String> {
        // A poisoned lock says that another test failed, and nothing of the folder.
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = format!("python-{:016x}", hash_of(&packages));
        let name = format!("{wanted}{}", packages.sources()?);
        let place = environments().join(&name);
        let interpreter = place.join("bin/python");
        if !interpreter.exists() {
            fs::create_dir_all(environments()).map_err(|e| e.to_string())?;
            // Made aside and moved, so that two tests don't see a half-made one.
            let made = tempfile::tempdir_in(environments()).map_err(|e| e.to_string())?;
            fill(made.path(), packages)?;
            if fs::rename(made.path(), &place).is_err() && !interpreter.exists() {
                return Err(format!("{} can't be made", place.display()));
            }
            remove_others(&wanted, &name);
        }
        Ok(Self { interpreter })
    }
}

impl Packages<'_> {
    /// What tells the files of the repository's own packages apart; empty if there are none.
    fn sources(&self) -> Result<String, String> {
        let mut files = Vec::new();
        for package in self.whole.iter().filter(|p| p.starts_with("./")) {
            let folder = package.split('[').next().unwrap_or_default();
            files_in(&repository(folder), &mut files)
                .map_err(|e| format!("{folder} can't be read: {e}"))?;
        }
        files.sort();
        Ok(match files.is_empty() {
            true => String::new(),
            false => format!("-{:016x}", hash_of(&files)),
        })
    }
}

fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The files under a folder with their bytes, but for what Python leaves there.
fn files_in(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true if path.ends_with("__pycache__") => {}
            true => files_in(&path, files)?,
            false => files.push((path.clone(), fs::read(&path)?)),
        }
    }
    Ok(())
}

/// Removes environments with the same packages whose files of this repository are of before.
fn remove_others(wanted: &str, name: &str) {
    for entry in fs::read_dir(environments()).into_iter().flatten().flatten() {
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other.starts_with(wanted) && other != name {
            // What stays only takes room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn fill(place: &Path, packages: Packages<'_>) -> Result<(), String> {
    let python = |args: &[&OsStr]| -> Result<(), String> {
        let mut process = Process::new("python3");
        let output = process.args(args).current_dir(repository("")).output();
        let output = output.map_err(|e| format!("python3 does not start: {e}"))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    let venv = ["-m", "venv", "--without-pip"].map(OsStr::new);
    python(&[&venv[..], &[place.as_os_str()]].concat())?;
    let into = place.join("bin/python");
    for (names, flags) in [(packages.whole, &[][..]), (packages.bare, &["--no-deps"])] {
        if names.is_empty() {
            continue;
        }
        let mut args: Vec<&OsStr> = ["-m", "pip", "--python"].map(OsStr::new).to_vec();
        args.push(into.as_os_str());
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        args.extend(quiet.map(OsStr::new));
        args.extend(flags.iter().chain(names).map(OsStr::new));
        python(&args)?;
    }
    Ok(())
}

/// Beside the test's own files in cargo's target folder: TARGET/PROFILE/deps/THIS.
fn environments() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("clients")
}

/// What a client's script printed.
#[track_caller]
fn said(output: &Output, script: &str) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{script} ended with {}:\n{out}\n{err}",
        output.status
    );
    out.into_owned()
}
