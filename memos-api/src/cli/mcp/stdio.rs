//! Standard input and output as lines. Both have a thread of their own, which no one waits for: a
//! read of standard input can't be broken off.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use memos_core::{Code, Error, Result};
use serde_json::Value;
use tokio::sync::mpsc;

use super::glance::Glance;

/// Lines that wait until they are handled.
const WAITING: usize = 64;

/// A line of standard input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(Vec<u8>),
    /// It has more bytes than a message may have. The id, if it is a request.
    TooLong(Option<Value>),
}

/// The lines of standard input, each of at most so many bytes. They end with it.
pub(super) fn lines(limit: usize) -> Result<mpsc::Receiver<Line>> {
    let (tx, rx) = mpsc::channel(WAITING);
    spawn("stdin", move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = next(&mut input, limit) {
            if tx.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(rx)
}

fn next(input: &mut impl io::BufRead, limit: usize) -> io::Result<Option<Line>> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let is_whole = line.ends_with(b"\n");
        if !is_whole && line.len() > limit {
            let mut glance = Glance::at(&line);
            drop(line);
            skip(input, &mut glance)?;
            let id = glance.method().and_then(|_| glance.id());
            return Ok(Some(Line::TooLong(id)));
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            return Ok(Some(Line::Text(text.to_vec())));
        }
    }
}

/// Looks at what is left of a line, and keeps none of it.
fn skip(input: &mut impl io::BufRead, glance: &mut Glance) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let (used, ended) = match buffer.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        glance.take(&buffer[..used]);
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

/// Standard output, a line for each message, in the order in which they come.
#[derive(Clone)]
pub(super) struct Out {
    lines: Arc<Mutex<Option<mpsc::UnboundedSender<Vec<u8>>>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Out {
    pub(super) fn start() -> Result<Self> {
        let (tx, mut rx) = mpsc::unbounded_channel::<Vec<u8>>();
        let thread = spawn("stdout", move || {
            let mut output = io::stdout().lock();
            while let Some(mut line) = rx.blocking_recv() {
                line.push(b'\n');
                if output
                    .write_all(&line)
                    .and_then(|()| output.flush())
                    .is_err()
                {
                    // The agent is gone.
                    return;
                }
            }
        })?;
        Ok(Self {
            lines: Arc::new(Mutex::new(Some(tx))),
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    pub(super) fn say(&self, message: Vec<u8>) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = &*lines {
            // Who is gone hears nothing.
            let _ = lines.send(message);
        }
    }

    /// Writes what was said before.
    pub(super) fn finish(&self) {
        let lines = self
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(lines);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic has been printed where it happened.
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|e| {
            Error::new(Code::Unavailable, format!("a thread does not start: {e}"))
                .remedy("raise the limit of threads")
                .caused_by(e)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_long_ones_are_skipped() {
        let long = r#"{"params":[1],"id":"a","method":"x"}"#;
        let answer = r#"{"id":"a","result":1}"#;
        let text = format!("one\n\n  two  \r\n123456789\n{long}\n{answer}\nthree").into_bytes();
        let mut input = io::BufReader::with_capacity(4, io::Cursor::new(text));
        let mut read = Vec::new();
        while let Some(line) = next(&mut input, 8).unwrap() {
            read.push(line);
        }
        let text = |text: &str| Line::Text(text.into());
        assert_eq!(
            read,
            [
                text("one"),
                text("two"),
                Line::TooLong(None),
                Line::TooLong(Some("a".into())),
                Line::TooLong(None),
                text("three")
            ]
        );
    }
}
