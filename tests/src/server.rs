//! A running server.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command as Process, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::{Client, Command};

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(2);

/// A `memos serve` on a free port of the loopback, killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// Held, so that the server can go on writing there.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one on a data folder and waits until it is ready.
    pub fn start(data: &Path) -> Self {
        Self::with(data, &[])
    }

    /// Starts one with settings in its environment and waits until it is ready.
    pub fn with(data: &Path, settings: &[(&str, &str)]) -> Self {
        let server = Self::launch(data, settings);
        server.until_ready();
        server
    }

    /// Starts one that listens, but may still be opening its folder.
    pub fn launch(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(&["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("MEMOS_LOG_LEVEL", "warn");
        for (name, value) in settings {
            command = command.env(name, value);
        }
        Self::of(command.into_process())
    }

    /// Starts another process that serves, which says its address at the end of a line, and goes on
    /// as soon as it has.
    pub fn of(mut process: Process) -> Self {
        let mut child = process
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server's binary starts");
        let log = collect(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (mut said, mut line) = (String::new(), String::new());
        let address = loop {
            line.clear();
            if stdout.read_line(&mut line).unwrap() == 0 {
                let status = child.wait().unwrap();
                let log = log.lock().unwrap();
                panic!("the server ended with {status}: {said}{log}");
            }
            if let Some((_, address)) = line.trim_end().rsplit_once("http://") {
                break address.parse().unwrap();
            }
            said += &line;
        };
        Self {
            address,
            child,
            log,
            _stdout: stdout,
        }
    }

    /// Waits until `/ready` says so.
    pub fn until_ready(&self) {
        let (mut client, start) = (self.client(), Instant::now());
        while client.get("/ready").status != 200 {
            assert!(start.elapsed() < HANG, "not ready: {}", self.log());
            sleep(PAUSE);
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client with a connection of its own.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has told on standard error.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Kills it at once, as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does, and waits until it has ended.
    #[cfg(unix)]
    pub fn terminate(mut self) -> ExitStatus {
        let asked = Process::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        self.ended()
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < HANG, "it does not end: {}", self.log());
            sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads along, so that a server that tells much does not wait for a reader.
fn collect(mut stderr: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let target = Arc::clone(&log);
    spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]);
            target.lock().unwrap().push_str(&text);
        }
    });
    log
}
