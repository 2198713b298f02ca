//! What happens at a server, as it happens; and how the server is.

use std::collections::VecDeque;

use memos_core::{Code, Error, Result};
use memos_models::Events;
use reqwest::{Method, Response};
use serde::Deserialize;

use super::{Client, base};
use crate::service::Happening;
use crate::wire::{EventItem, EventsRequest, TaskItem};

impl Client {
    /// Follows what happens in the cubes that the caller may read: each event of a memory once and
    /// in order, and changes of tasks. When this returns, the server follows for it.
    ///
    /// # Errors
    /// Those of [`MemOs::follow`](crate::MemOs::follow), and `Unavailable`.
    pub async fn follow(&self, request: &EventsRequest) -> Result<Following> {
        let call = self.request(Method::GET, &["events"]).query(request);
        Ok(Following {
            response: self.stream(call).await?,
            events: Events::default(),
            ready: VecDeque::new(),
            client: self.clone(),
        })
    }

    /// Whether the server's process is alive: an error if it is not.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn health(&self) -> Result<()> {
        self.probe("health").await.map(drop)
    }

    /// Whether the server has its data folder open: an error if it has not.
    ///
    /// # Errors
    /// `Unavailable`, also while the folder is being opened.
    pub async fn ready(&self) -> Result<()> {
        self.probe("ready").await.map(drop)
    }

    /// The server's numbers, in Prometheus's text format.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn metrics(&self) -> Result<String> {
        let text = self.probe("metrics").await?;
        String::from_utf8(text).map_err(|e| self.no_memos("metrics in UTF-8").caused_by(e))
    }

    async fn probe(&self, name: &str) -> Result<Vec<u8>> {
        self.send(self.http.get(base::probe(&self.base, name)))
            .await
    }
}

/// One who follows a server. Dropping it ends that.
#[derive(Debug)]
pub struct Following {
    response: Response,
    events: Events,
    ready: VecDeque<String>,
    client: Client,
}

/// What the stream's data look like; no two of them can be mistaken for each other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Lagged(u64),
    Event(EventItem),
    Task(Box<TaskItem>),
}

impl Following {
    /// The next thing that happens; none when the server ends the stream, which it does when it
    /// stops. Go on then with `after` the last event's number.
    ///
    /// # Errors
    /// `Unavailable` if the connection breaks, or tells what no MemOS server does.
    pub async fn next(&mut self) -> Result<Option<Happening>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                return self.read(&data).map(Some);
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|e| self.client.no_answer(e))? {
                Some(bytes) => self.ready.extend(self.events.push(&bytes)),
                None => return Ok(None),
            }
        }
    }

    fn read(&self, data: &str) -> Result<Happening> {
        let read: Data = serde_json::from_str(data)
            .map_err(|e| self.client.no_memos("an event").caused_by(e))?;
        Ok(match read {
            Data::Lagged(missed) => Happening::Lagged(missed),
            Data::Event(item) => Happening::Event(item),
            Data::Task(item) => Happening::Task(item),
        })
    }
}

impl Client {
    /// The error for an answer that no server of this version gives.
    pub(super) fn no_memos(&self, wanted: &str) -> Error {
        let message = format!("{} answers what is not {wanted}", self.address());
        Error::new(Code::Unavailable, message)
            .remedy("check the address, and that the server is of the same version")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_tell_what_they_are() {
        let event = r#"{"seq":1,"at":"2025-01-01T00:00:00Z","kind":"added","cube_id":"c",
            "actor":"a","cause":"call"}"#;
        let task = r#"{"id":"0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e","kind":"fuse","status":"done",
            "user":"u","cube_id":"c","memories":[],"priority":"low",
            "created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z",
            "due_at":"2025-01-01T00:00:00Z","attempts":0,"losses":0}"#;
        let read = |text: &str| serde_json::from_str::<Data>(text);
        assert!(matches!(read("7").unwrap(), Data::Lagged(7)));
        assert!(matches!(read(event).unwrap(), Data::Event(item) if item.seq == 1));
        assert!(matches!(read(task).unwrap(), Data::Task(item) if item.kind == "fuse"));
        assert!(read("{}").is_err());
    }
}
