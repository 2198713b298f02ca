//! Clients in JavaScript: Node.js, and packages from npm in a folder of their own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command as Process, Output};

use super::repository;

/// Node.js, if it is there.
#[derive(Debug)]
pub struct Node {
    packages: PathBuf,
}

impl Node {
    /// Nothing, with a line that says why, where Node.js or npm is not there; in CI that is a failure.
    pub fn found() -> Option<Self> {
        let starts = |program: &str| {
            let output = Process::new(program).arg("--version").output();
            output.is_ok_and(|output| output.status.success())
        };
        if starts("node") && starts("npm") {
            let test = std::env::current_exe().unwrap();
            // Beside the test's own files in cargo's target folder: TARGET/PROFILE/deps/THIS.
            let packages = test.ancestors().nth(3).unwrap().join("clients/node");
            return Some(Self { packages });
        }
        let why = "this needs Node.js and npm";
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("skipped: {why}");
        None
    }

    /// A file of a package from npm, which is installed without running anything of it. Nothing, with a
    /// line that says why, if the registry has no such package.
    pub fn file_of(&self, package: &str, file: &str) -> Option<PathBuf> {
        let path = self.packages.join("node_modules").join(package).join(file);
        if !path.exists() {
            fs::create_dir_all(&self.packages).unwrap();
            let output = Process::new("npm")
                .args([
                    "install",
                    "--loglevel=error",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                ])
                .arg("--legacy-peer-deps")
                .arg("--prefix")
                .arg(&self.packages)
                .arg(package)
                .output()
                .expect("npm starts");
            if !output.status.success() {
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                let unknown = told.contains("E404");
                assert!(unknown || std::env::var_os("CI").is_none(), "{told}");
                eprintln!("skipped: npm has no {package} to install: {told}");
                return None;
            }
        }
        assert!(path.exists(), "{package} has no {file}");
        Some(path)
    }

    /// Runs a script of `tests/clients` with settings in its environment; it must end well.
    #[track_caller]
    pub fn run(&self, script: &str, settings: &[(&str, &str)]) -> String {
        let path = repository("tests/clients").join(script);
        let mut process = Process::new("node");
        process.arg(path).envs(settings.iter().copied());
        said(&process.output().expect("Node.js starts"), script)
    }
}

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
