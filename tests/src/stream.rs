//! A client of server-sent events.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// A stream of server-sent events, over a connection of its own.
#[derive(Debug)]
pub struct Stream {
    body: BufReader<Chunks>,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What kind it is: `memory`, `task` or `lagged`.
    pub name: String,
    /// Its id, if it has one.
    pub id: Option<u64>,
    /// Its data.
    pub data: Value,
}

impl Stream {
    /// Opens the stream at that path. When this returns, the server follows for it.
    ///
    /// # Panics
    /// If it is not answered with a stream.
    #[track_caller]
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(HANG)).unwrap();
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        connection.write_all(request.as_bytes()).unwrap();
        connection.write_all(b"\r\n").unwrap();
        let mut connection = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let count = connection.read_line(&mut head).unwrap();
            assert!(count > 0, "{path}: no answer: {head}");
        }
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200 "), "{path}: {head}");
        for line in [
            "content-type: text/event-stream",
            "transfer-encoding: chunked",
        ] {
            assert!(head.contains(line), "{path}: no {line} in {head}");
        }
        let chunks = Chunks {
            connection,
            left: 0,
            is_over: false,
        };
        Self {
            body: BufReader::new(chunks),
        }
    }

    /// The next event; none when the server has ended the stream, or is gone.
    ///
    /// # Panics
    /// If nothing comes for a minute, or something that is no event.
    #[track_caller]
    #[expect(clippy::should_implement_trait, reason = "it waits, and panics")]
    pub fn next(&mut self) -> Option<Told> {
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        loop {
            let mut line = String::new();
            match self.body.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if is_gone(&error) => return None,
                Err(error) => panic!("the stream is broken: {error}"),
            }
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                if data.is_empty() {
                    // After a comment.
                    continue;
                }
                let data = serde_json::from_str(&data).unwrap_or_else(|e| panic!("{e}: {data}"));
                return Some(Told { name, id, data });
            }
            match line.split_once(':') {
                Some(("", _)) => {}
                Some(("event", value)) => value.trim_start().clone_into(&mut name),
                Some(("id", value)) => id = Some(value.trim_start().parse().unwrap()),
                Some(("data", value)) => data += value.trim_start(),
                _ => panic!("no field of an event: {line:?}"),
            }
        }
    }

    /// The next event of that name; those of other names are left out.
    #[track_caller]
    pub fn next_of(&mut self, name: &str) -> Option<Told> {
        loop {
            match self.next() {
                Some(told) if told.name != name => {}
                told => return told,
            }
        }
    }

    /// All that comes until the end.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<Told> {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Whether the server ended it in order, and did not just vanish.
    pub fn is_over(&self) -> bool {
        self.body.get_ref().is_over
    }
}

/// Whether the other side is gone, as after a kill.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
    )
}

/// A body in chunks (RFC 9112, section 7.1).
#[derive(Debug)]
struct Chunks {
    connection: BufReader<TcpStream>,
    /// Bytes left of this chunk.
    left: usize,
    /// The last chunk has come.
    is_over: bool,
}

impl Read for Chunks {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            if self.is_over {
                return Ok(0);
            }
            let size = line(&mut self.connection)?;
            self.left = usize::from_str_radix(&size, 16)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, size))?;
            if self.left == 0 {
                self.is_over = true;
                return Ok(0);
            }
        }
        let most = target.len().min(self.left);
        let count = self.connection.read(&mut target[..most])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count;
        if self.left == 0 {
            line(&mut self.connection)?;
        }
        Ok(count)
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
