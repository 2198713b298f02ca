//! An OpenAI-compatible endpoint on this machine that answers as a test tells it to: well, badly,
//! late or not at all. Real sockets, no sleeps.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

/// A running endpoint; it stops when dropped.
pub struct Endpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A request that the endpoint got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body; null if it is not JSON.
    pub body: Value,
    /// The body's bytes.
    pub bytes: Vec<u8>,
}

impl Asked {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The name of the schema that the answer is to fit; empty if none was asked for.
    pub fn schema(&self) -> &str {
        let name = &self.body["response_format"]["json_schema"]["name"];
        name.as_str().unwrap_or_default()
    }

    /// What all messages of the prompt say, one after the other.
    pub fn words(&self) -> String {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        let words: Vec<&str> = messages.filter_map(|m| m["content"].as_str()).collect();
        words.join("\n")
    }
}

/// How the endpoint answers one request.
#[derive(Clone, Debug)]
pub struct Scripted {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    held: bool,
    /// Pieces that are written before it is held.
    started: usize,
}

#[derive(Clone, Debug)]
enum Body {
    Whole(Vec<u8>),
    /// Announced longer than it is.
    Broken(Vec<u8>),
    /// In pieces; the last one may be missing.
    Pieces {
        pieces: Vec<Vec<u8>>,
        whole: bool,
    },
    /// Not even a status.
    Nothing,
}

impl Scripted {
    /// A completion with these words, at a cost of 11 and 7 tokens.
    pub fn text(words: &str) -> Self {
        Self::completion(words, "stop")
    }

    /// A completion whose words are this JSON.
    pub fn json(value: &Value) -> Self {
        Self::text(&value.to_string())
    }

    /// A completion that was cut off at its greatest length.
    pub fn cut_off(words: &str) -> Self {
        Self::completion(words, "length")
    }

    /// A completion in which the model declines to answer.
    pub fn declined() -> Self {
        let message = json!({"role": "assistant", "content": null, "refusal": "I won't."});
        let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
        Self::body(200, json!({"choices": [choice]}).to_string())
    }

    /// A completion whose words are this JSON, at a cost of so many tokens.
    pub fn json_at(value: &Value, prompt_tokens: u64, completion_tokens: u64) -> Self {
        let message = json!({"role": "assistant", "content": value.to_string()});
        let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
        let usage = json!({"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens});
        Self::body(
            200,
            json!({"choices": [choice], "usage": usage}).to_string(),
        )
    }

    /// Any status and body.
    pub fn body(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Body::Whole(body.into()),
            held: false,
            started: 0,
        }
    }

    /// A refusal with the endpoint's words for it.
    pub fn refusal(status: u16, message: &str) -> Self {
        let error = json!({"error": {"message": message, "type": "scripted", "code": null}});
        Self::body(status, error.to_string())
    }

    /// 429, with the seconds to wait as the endpoint words them.
    pub fn rate_limited(retry_after: Option<&str>) -> Self {
        let mut answer = Self::refusal(429, "slow down");
        if let Some(after) = retry_after {
            answer = answer.with_header("retry-after", after);
        }
        answer
    }

    /// A connection that is closed without an answer.
    pub fn dropped() -> Self {
        Self {
            body: Body::Nothing,
            ..Self::body(200, "")
        }
    }

    /// This answer, with half of its body and without its end.
    #[must_use]
    pub fn broken_off(mut self) -> Self {
        self.body = match self.body {
            Body::Whole(mut body) => {
                body.truncate(body.len() / 2);
                Body::Broken(body)
            }
            Body::Pieces { pieces, .. } => Body::Pieces {
                pieces: pieces[..pieces.len() / 2].to_vec(),
                whole: false,
            },
            other => other,
        };
        self
    }

    /// A stream of server-sent events that says these pieces, with its usage and `[DONE]`.
    pub fn stream(pieces: &[&str]) -> Self {
        let event = |value: Value| format!("data: {value}\n\n").into_bytes();
        let piece = |text: &&str| {
            let delta = json!({"role": "assistant", "content": text});
            event(json!({"model": "scripted", "choices": [{"index": 0, "delta": delta}]}))
        };
        let mut events: Vec<Vec<u8>> = pieces.iter().map(piece).collect();
        let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}});
        events.extend([event(end), event(usage), b"data: [DONE]\n\n".to_vec()]);
        Self::events(events)
    }

    /// A stream of these bytes, each written on its own.
    pub fn events(pieces: Vec<Vec<u8>>) -> Self {
        Self {
            headers: vec![(
                "content-type".to_owned(),
                "text/event-stream; charset=utf-8".to_owned(),
            )],
            body: Body::Pieces {
                pieces,
                whole: true,
            },
            ..Self::body(200, "")
        }
    }

    /// This answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// This stream, held back after so many of its pieces.
    #[must_use]
    pub fn held_after(mut self, pieces: usize) -> Self {
        self.started = pieces;
        self.held()
    }

    /// This answer, held back until [`Endpoint::release`] or until the client hangs up.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    fn completion(words: &str, finish: &str) -> Self {
        let message = json!({"role": "assistant", "content": words});
        let body = json!({
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        });
        Self::body(200, body.to_string())
    }

    fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        self.write_start(out, usize::MAX)?;
        self.write_rest(out, usize::MAX)
    }

    /// Writes the head and so many pieces; of a body without pieces, all of it.
    fn write_start(&self, out: &mut impl io::Write, count: usize) -> io::Result<()> {
        let length = match &self.body {
            Body::Nothing => return Ok(()),
            Body::Whole(body) => Some(body.len()),
            Body::Broken(body) => Some(body.len() * 2 + 1),
            Body::Pieces { .. } => None,
        };
        let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match length {
            Some(length) => format!("Content-Length: {length}\r\n\r\n"),
            None => "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
        };
        out.write_all(head.as_bytes())?;
        match &self.body {
            Body::Nothing => {}
            Body::Whole(body) | Body::Broken(body) => out.write_all(body)?,
            Body::Pieces { pieces, .. } => write_pieces(out, pieces.iter().take(count))?,
        }
        out.flush()
    }

    /// Writes what [`write_start`](Self::write_start) left.
    fn write_rest(&self, out: &mut impl io::Write, started: usize) -> io::Result<()> {
        if let Body::Pieces { pieces, whole } = &self.body {
            write_pieces(out, pieces.iter().skip(started))?;
            if *whole {
                out.write_all(b"0\r\n\r\n")?;
            }
        }
        out.flush()
    }
}

fn write_pieces<'a>(
    out: &mut impl io::Write,
    pieces: impl Iterator<Item = &'a Vec<u8>>,
) -> io::Result<()> {
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let length = format!("{:x}\r\n", piece.len());
        out.write_all(&[length.as_bytes(), piece, b"\r\n"].concat())?;
    }
    Ok(())
}

type Script = dyn Fn(&Asked) -> Scripted + Send + Sync;

struct Shared {
    script: Box<Script>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    under_way: usize,
    most: usize,
    held: Vec<(u64, TcpStream, Scripted)>,
    held_ever: u64,
    given_up: usize,
    closing: bool,
}

impl Endpoint {
    /// An endpoint that gives these answers, in this order; 410 to whatever is asked after them.
    pub fn scripted(answers: impl IntoIterator<Item = Scripted>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<Vec<_>>().into_iter());
        Self::answering(move |_| {
            let next = answers.lock().unwrap().next();
            next.unwrap_or_else(|| Scripted::refusal(410, "the script is at its end"))
        })
    }

    /// An endpoint that answers each request as the closure says; many at once.
    pub fn answering(script: impl Fn(&Asked) -> Scripted + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let of_listener = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if of_listener.state.lock().unwrap().closing {
                    break;
                }
                let shared = Arc::clone(&of_listener);
                // A client that hangs up early ends its own conversation only.
                std::thread::spawn(move || stream.and_then(|stream| shared.serve(stream)));
            }
        });
        Self { address, shared }
    }

    /// The address to give to a client.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests so far, in the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.state().most
    }

    /// Waits until so many requests are held back.
    #[track_caller]
    pub fn wait_held(&self, count: usize) {
        self.wait(|state| state.held.len() >= count);
    }

    /// Waits until the clients of so many held requests have hung up.
    #[track_caller]
    pub fn wait_given_up(&self, count: usize) {
        self.wait(|state| state.given_up >= count);
    }

    /// Gives the answers that are held back now; returns how many.
    pub fn release(&self) -> usize {
        let mut state = self.state();
        let held = std::mem::take(&mut state.held);
        let count = held.len();
        // Before the answers are out: the clients may ask again at once.
        state.under_way -= count;
        drop(state);
        for (_, mut stream, answer) in held {
            // The client may have gone meanwhile.
            let _ = match answer.started {
                0 => answer.write(&mut stream),
                started => answer.write_rest(&mut stream, started),
            };
            let _ = stream.shutdown(Shutdown::Both);
        }
        count
    }

    #[track_caller]
    fn wait(&self, until: impl Fn(&State) -> bool) {
        let state = self.state();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, HANG, |state| !until(state));
        assert!(
            !waited.unwrap().1.timed_out(),
            "the endpoint waited too long"
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.state().closing = true;
        for (_, stream, _) in std::mem::take(&mut self.state().held) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Reads one request and answers it.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANG))?;
        let mut reader = BufReader::new(stream);
        let asked = read(&mut reader)?;
        let answer = (self.script)(&asked);
        self.change(|state| {
            state.asked.push(asked);
            state.under_way += 1;
            state.most = state.most.max(state.under_way);
        });
        let mut stream = reader.into_inner();
        let written = match answer.held {
            true => self.hold(&mut stream, answer),
            false => {
                // Before the last byte is out: the client may ask again at once.
                self.change(|state| state.under_way -= 1);
                answer.write(&mut stream)
            }
        };
        written.and_then(|()| stream.shutdown(Shutdown::Write))
    }

    fn hold(&self, stream: &mut TcpStream, answer: Scripted) -> io::Result<()> {
        let mut other = stream.try_clone()?;
        if answer.started > 0 {
            answer.write_start(&mut other, answer.started)?;
        }
        let mut number = 0;
        self.change(|state| {
            state.held_ever += 1;
            number = state.held_ever;
            state.held.push((number, other, answer));
        });
        // Ends when the client hangs up, or when the answer was given.
        let _ = stream.read(&mut [0]);
        self.change(|state| {
            let before = state.held.len();
            state.held.retain(|(held, ..)| *held != number);
            let given_up = before - state.held.len();
            state.given_up += given_up;
            state.under_way -= given_up;
        });
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok());
    let mut bytes = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut bytes)?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Asked {
        method,
        path,
        headers,
        body,
        bytes,
    })
}
