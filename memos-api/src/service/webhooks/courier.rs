//! Who carries events to webhooks: one thread, started when the first webhook is there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use memos_core::{
    Action, Bus, CubeId, Event, EventKind, EventLog, Guard, Layer, MemCube, Result, Snapshot,
    UserId, Vault,
};
use reqwest::Url;
use serde_json::{Value, json};

use super::{CUBES, NOTE, Topic, Webhook, read};

/// Its name in the event log.
const NAME: &str = "webhooks";

/// Events taken at a time.
const BATCH: usize = 64;

/// Longest wait for an event before the end is looked for.
const PATIENCE: Duration = Duration::from_millis(200);

/// Cubes looked at in one go.
const PAGE: usize = 64;

/// How long an address may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Pauses before an address is tried again.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// What the courier works with.
pub(in crate::service) struct Post {
    pub(in crate::service) vault: Arc<dyn Vault>,
    pub(in crate::service) log: Arc<dyn EventLog>,
    pub(in crate::service) bus: Arc<dyn Bus>,
    pub(in crate::service) guard: Arc<dyn Guard>,
}

/// The courier, if one is on its way. Dropping it calls it back.
#[derive(Default)]
pub(in crate::service) struct Couriers {
    over: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Couriers {
    /// Sends one unless one is on its way.
    pub(in crate::service) fn start(&self, post: Post) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let over = Arc::clone(&self.over);
        let spawned = std::thread::Builder::new()
            .name("memos-webhooks".into())
            .spawn(move || {
                if let Err(error) = carry(&post, &over) {
                    tracing::warn!(%error, "webhooks are told of nothing more until a restart");
                }
            });
        match spawned {
            Ok(started) => *thread = Some(started),
            Err(error) => tracing::warn!(%error, "webhooks are not told: no thread starts"),
        }
    }

    /// Sends one if somebody has a webhook.
    pub(in crate::service) fn resume(&self, post: Post) -> Result<()> {
        if !hooks(&*post.vault.snapshot()?)?.is_empty() {
            self.start(post);
        }
        Ok(())
    }
}

impl Drop for Couriers {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // It has said why, if it panicked.
            let _ = thread.join();
        }
    }
}

fn carry(post: &Post, over: &AtomicBool) -> Result<()> {
    // What was before the first webhook concerns none.
    if post.log.cursor(NAME)?.0 == 0 {
        post.log.advance(NAME, post.log.head())?;
    }
    let mut events = post.bus.subscribe(NAME)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| {
            memos_core::Error::new(memos_core::Code::Unavailable, "no runtime starts").caused_by(e)
        })?;
    while !over.load(Ordering::Acquire) {
        let batch = events.next_batch(BATCH, PATIENCE)?;
        let Some(last) = batch.last().map(|event| event.seq) else {
            continue;
        };
        let snapshot = post.vault.snapshot()?;
        let hooks = hooks(&*snapshot)?;
        for event in &batch {
            let Some((topic, letter)) = letter(&*snapshot, event)? else {
                continue;
            };
            for (owner, hook) in &hooks {
                let is_asked = hook.topics.contains(&topic) && hook.created_at <= event.at;
                if is_asked && may_know(post, owner, &event.cube_id)? {
                    runtime.block_on(deliver(hook, &letter, over));
                }
                if over.load(Ordering::Acquire) {
                    // What is not acknowledged is told after the restart.
                    return Ok(());
                }
            }
        }
        drop(snapshot);
        events.ack(last)?;
    }
    Ok(())
}

/// Everybody's webhooks, with their owners.
fn hooks(snapshot: &dyn Snapshot) -> Result<Vec<(UserId, Webhook)>> {
    let mut found = Vec::new();
    // The last name before all of theirs: `:` follows `9` in the order of names.
    let mut after = CubeId::new(CUBES.trim_end_matches(':'))?;
    loop {
        let page = snapshot.cubes(Some(&after), PAGE)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.id.clone();
        for cube in page {
            if cube.id.as_str() > CUBES && !cube.id.as_str().starts_with(CUBES) {
                return Ok(found);
            }
            if cube.id.as_str().starts_with(CUBES) {
                found.extend(of_cube(&cube));
            }
        }
    }
}

fn of_cube(cube: &MemCube) -> Vec<(UserId, Webhook)> {
    let note = cube.info.0.get(NOTE);
    let hooks = note.map(read).unwrap_or_default();
    hooks
        .into_iter()
        .map(|hook| (cube.owner.clone(), hook))
        .collect()
}

/// What is told of an event; nothing of what is nobody's business, or gone already.
fn letter(snapshot: &dyn Snapshot, event: &Event) -> Result<Option<(Topic, Value)>> {
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
        _ => match snapshot.memory(&event.cube_id, id)? {
            Some(memory) if memory.layer() == Layer::Evidence => {
                let plain = memory.payload.plaintext();
                plain.map(|plain| plain.text.as_str()).into()
            }
            _ => return Ok(None),
        },
    };
    Ok(Some((
        topic,
        json!({"event_details": {
            "id": id.to_string(),
            "data": {"memory": memory},
            "event": word,
        }}),
    )))
}

fn may_know(post: &Post, owner: &UserId, cube: &CubeId) -> Result<bool> {
    Ok(match post.vault.cube(cube)? {
        Some(cube) => post.guard.cube(owner, Action::Read, &cube).is_ok(),
        // It was deleted with what it held; whose it was is not known any more.
        None => false,
    })
}

/// Brings a letter, three times at most.
async fn deliver(hook: &Webhook, letter: &Value, over: &AtomicBool) {
    let mut pauses = PAUSES.iter();
    loop {
        let why = match post(&hook.url, letter).await {
            Ok(status) if status.is_success() => return,
            Ok(status) => status.to_string(),
            // Without the address, which may hold a secret.
            Err(why) => why,
        };
        match pauses.next() {
            Some(pause) if !over.load(Ordering::Acquire) => tokio::time::sleep(*pause).await,
            _ => {
                tracing::warn!(webhook = hook.id, why, "a webhook was not told of an event");
                return;
            }
        }
    }
}

async fn post(url: &str, letter: &Value) -> std::result::Result<reqwest::StatusCode, String> {
    let url: Url = url.parse().map_err(|_| "it is no address".to_owned())?;
    let client = memos_models::http_client(&url).map_err(|e| e.to_string())?;
    let client = client.timeout(TIMEOUT).build();
    let client = client.map_err(|e| e.without_url().to_string())?;
    let answer = client.post(url).json(letter).send().await;
    let answer = answer.map_err(|e| e.without_url().to_string())?;
    Ok(answer.status())
}
