//! A small client: HTTP/1.1 over one connection that is kept.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::chunked::Chunked;

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// Memories on a page of [`Client::list`]: few enough that lists have many pages.
const PAGE: usize = 250;

/// A client with a connection of its own. It never sends anything twice.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of the server at that address. Connects at the first request.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
        }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// If the connection can't be made or breaks: the request may have been done or not. The next
    /// request makes a new connection.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address)?,
        };
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if headers.iter().all(|(name, _)| *name != "Host") {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n", body.len());
        let request = [request.as_bytes(), body].concat();
        connection.get_mut().write_all(&request)?;
        let answer = read(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Asks for a stream over a connection of its own; it ends when it is dropped.
    ///
    /// # Errors
    /// If the connection can't be made or breaks, or if the answer is no stream.
    pub fn stream(&self, path: &str) -> io::Result<impl BufRead + use<>> {
        let mut connection = connect(self.address)?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        connection.get_mut().write_all(request.as_bytes())?;
        let head = read_head(&mut connection)?;
        if head.status != 200 {
            let told = format!("{path} is answered with {}", head.status);
            return Err(io::Error::other(told));
        }
        Ok(BufReader::new(Chunked::new(connection)))
    }

    /// Sends a request, with JSON if it has a body.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn try_call(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        match body {
            None => self.send(method, path, &[], &[]),
            Some(body) => {
                let json = [("Content-Type", "application/json")];
                self.send(method, path, &json, body.to_string().as_bytes())
            }
        }
    }

    /// Sends a request that must be answered.
    #[track_caller]
    pub fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body)
            .unwrap_or_else(|e| panic!("{method} {path}: no answer: {e}"))
    }

    /// GET.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// POST.
    #[track_caller]
    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body))
    }

    /// PATCH.
    #[track_caller]
    pub fn patch(&mut self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, Some(body))
    }

    /// DELETE.
    #[track_caller]
    pub fn delete(&mut self, path: &str) -> Answer {
        self.call("DELETE", path, None)
    }

    /// Adds, and returns the ids.
    #[track_caller]
    pub fn add(&mut self, cube: &str, request: &Value) -> Vec<String> {
        self.post(&format!("/api/v1/cubes/{cube}/memories"), request)
            .is(201)
            .ids()
    }

    /// Asks one cube, and returns the hits.
    #[track_caller]
    pub fn search(&mut self, cube: &str, query: &str, top_k: usize) -> Vec<Value> {
        let question = json!({"query": query, "cube_ids": [cube], "top_k": top_k});
        let answer = self.post("/api/v1/search", &question).is(200).json();
        assert_eq!(answer["degraded"], json!([]), "{answer}");
        answer["hits"].as_array().unwrap().clone()
    }

    /// All memories of a cube, page by page.
    #[track_caller]
    pub fn list(&mut self, cube: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/cubes/{cube}/memories?limit={PAGE}{cursor}");
            let mut page = self.get(&path).is(200).json();
            let Value::Array(memories) = page["memories"].take() else {
                panic!("a page has memories: {page}");
            };
            all.extend(memories);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

impl Answer {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// It has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The ids of the memories that were added.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let body = self.json();
        let memories = body["memories"].as_array().expect("an answer to an add");
        memories.iter().map(super::id_of).collect()
    }

    /// It is a whole problem document (RFC 9457) of this status and stable code, which says what to
    /// do and carries the request's id.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{text}"
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{text}");
        assert_eq!(problem["status"], status, "{text}");
        assert_eq!(
            problem["type"],
            format!("urn:memos:problem:{code}"),
            "{text}"
        );
        for part in ["title", "detail", "remedy"] {
            assert!(
                problem[part].as_str().is_some_and(|t| !t.is_empty()),
                "{part}: {text}"
            );
        }
        assert_eq!(
            problem["request_id"].as_str(),
            self.header("x-request-id"),
            "{text}"
        );
        problem
    }
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(HANG))?;
    stream.set_write_timeout(Some(HANG))?;
    Ok(BufReader::new(stream))
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let mut answer = read_head(connection)?;
    match answer.header("content-length") {
        Some(length) => {
            let length = length
                .parse()
                .map_err(|_| broken(format!("no length: {length}")))?;
            answer.body.resize(length, 0);
            connection.read_exact(&mut answer.body)?;
        }
        None if answer.header("transfer-encoding") == Some("chunked") => {
            Chunked::new(connection).read_to_end(&mut answer.body)?;
        }
        None if answer.status == 204 => {}
        None => return Err(broken("an answer without its length".to_owned())),
    }
    Ok(answer)
}

fn broken(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The status and the headers.
fn read_head(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let first = line(connection)?;
    let status = first
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or_else(|| broken(format!("no status line: {first:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| broken(format!("no header: {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Answer {
        status,
        headers,
        body: Vec::new(),
    })
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
