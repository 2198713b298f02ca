//! The way of one webhook through the event log. Each goes its own: one whose address does not answer
//! holds up no other.

use std::sync::Arc;
use std::time::Duration;

use memos_core::{Action, Event, EventKind, Layer, Result, UserId};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::courier::Post;
use super::{NOTE, Topic, Webhook, cube, read};

/// Events read at a time. So many may be told twice if the program is killed.
const PAGE: usize = 16;

/// How long an address may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Pauses before an address is tried again.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// Letters that may be lost in a row before an address is left in peace for a while.
const PATIENCE: u32 = 3;

/// How long it is left in peace after each letter that is lost from then on. The events wait in the
/// log.
const REST: Duration = Duration::from_secs(60);

/// The name by which the log knows where a webhook stands.
pub(super) fn reader_of(id: &str) -> String {
    format!("webhooks:{id}")
}

/// What became of a letter.
enum Fate {
    Told,
    Lost,
    /// The webhook is not there any more.
    Gone,
}

/// One webhook on its way.
pub(super) struct Round {
    pub(super) post: Arc<Post>,
    pub(super) owner: UserId,
    pub(super) id: String,
}

impl Round {
    /// Tells the webhook of what happens, until it is deleted or the log ends.
    pub(super) async fn walk(self) {
        if let Err(error) = self.follow().await {
            tracing::warn!(webhook = self.id, %error, "a webhook is told of nothing more until a restart");
        }
    }

    async fn follow(&self) -> Result<()> {
        let reader = reader_of(&self.id);
        let mut heads = self.post.heads.clone();
        let mut at = self.post.log.cursor(&reader)?;
        let mut lost = 0;
        loop {
            // Looked at before the log is, so that what comes in between is seen by one of both.
            heads.borrow_and_update();
            let events = self.post.log.events(at, PAGE)?;
            let Some(last) = events.last().map(|event| event.seq) else {
                if heads.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            };
            for event in &events {
                match self.tell(event).await? {
                    None => {}
                    Some(Fate::Told) => lost = 0,
                    Some(Fate::Gone) => return Ok(()),
                    Some(Fate::Lost) => {
                        lost += 1;
                        if lost >= PATIENCE {
                            self.post.log.advance(&reader, event.seq)?;
                            tokio::time::sleep(REST).await;
                        }
                    }
                }
            }
            self.post.log.advance(&reader, last)?;
            at = last;
        }
    }

    /// The webhook as it is now.
    fn now(&self) -> Result<Option<Webhook>> {
        let header = self.post.vault.cube(&cube(&self.owner)?)?;
        let note = header.and_then(|header| header.info.0.get(NOTE).map(read));
        Ok(note.into_iter().flatten().find(|one| one.id == self.id))
    }

    /// Tells of an event, three times at most; of one that is nobody's business, or not its own,
    /// nothing is told.
    async fn tell(&self, event: &Event) -> Result<Option<Fate>> {
        let mut pauses = PAUSES.iter();
        loop {
            // Both may have changed while it waited.
            let Some((topic, letter)) = self.letter(event)? else {
                return Ok(None);
            };
            let Some(hook) = self.now()? else {
                return Ok(Some(Fate::Gone));
            };
            let is_asked = hook.topics.contains(&topic) && hook.created_at <= event.at;
            if !is_asked || !self.may_know(event)? {
                return Ok(None);
            }
            let why = match post(&hook.url, &letter).await {
                Ok(status) if status.is_success() => return Ok(Some(Fate::Told)),
                Ok(status) => status.to_string(),
                // Without the address, which may hold a secret.
                Err(why) => why,
            };
            let Some(pause) = pauses.next() else {
                tracing::warn!(webhook = hook.id, why, "a webhook was not told of an event");
                return Ok(Some(Fate::Lost));
            };
            tokio::time::sleep(*pause).await;
        }
    }

    /// What is told of an event; nothing of what is nobody's business, or gone already.
    fn letter(&self, event: &Event) -> Result<Option<(Topic, Value)>> {
        let Some(id) = event.memory_id else {
            return Ok(None);
        };
        let (topic, word) = match event.kind {
            EventKind::Added => (Topic::Add, "ADD"),
            EventKind::Updated => (Topic::Update, "UPDATE"),
            EventKind::Forgotten => (Topic::Delete, "DELETE"),
            _ => return Ok(None),
        };
        let memory = match topic {
            // Its words are gone, as they should be.
            Topic::Delete => Value::Null,
            _ => match self.post.vault.memory(&event.cube_id, id)? {
                Some(memory) if memory.layer() == Layer::Evidence => {
                    let plain = memory.payload.plaintext();
                    plain.map(|plain| plain.text.as_str()).into()
                }
                _ => return Ok(None),
            },
        };
        let letter = json!({"event_details": {
            "id": id.to_string(),
            "data": {"memory": memory},
            "event": word,
        }});
        Ok(Some((topic, letter)))
    }

    fn may_know(&self, event: &Event) -> Result<bool> {
        Ok(match self.post.vault.cube(&event.cube_id)? {
            Some(cube) => self
                .post
                .guard
                .cube(&self.owner, Action::Read, &cube)
                .is_ok(),
            // It was deleted with what it held; whose it was is not known any more.
            None => false,
        })
    }
}

async fn post(url: &str, letter: &Value) -> std::result::Result<StatusCode, String> {
    let url: Url = url.parse().map_err(|_| "it is no address".to_owned())?;
    let client = memos_models::http_client(&url).map_err(|e| e.to_string())?;
    let client = client.timeout(TIMEOUT).build();
    let client = client.map_err(|e| e.without_url().to_string())?;
    let answer = client.post(url).json(letter).send().await;
    let answer = answer.map_err(|e| e.without_url().to_string())?;
    Ok(answer.status())
}
