//! Who sends webhooks on their way: one thread, started when the first webhook is there, which goes
//! all their [rounds](super::round) side by side.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use memos_core::{
    Code, CubeId, Error, EventLog, EventSeq, Guard, MemCube, Result, Snapshot, UserId, Vault,
};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle as Task;

use super::super::follow::Head;
use super::round::{Round, reader_of};
use super::{CUBES, NOTE, Webhook, read};

/// The name by which the log knew all webhooks together, before each had a place of its own.
const TOGETHER: &str = "webhooks";

/// Cubes looked at in one go.
const PAGE: usize = 64;

/// What the courier works with.
pub(in crate::service) struct Post {
    pub(in crate::service) vault: Arc<dyn Vault>,
    pub(in crate::service) log: Arc<dyn EventLog>,
    pub(in crate::service) guard: Arc<dyn Guard>,
    pub(in crate::service) heads: watch::Receiver<Head>,
}

/// What the courier is told.
#[derive(Default)]
struct Orders {
    over: AtomicBool,
    news: Notify,
}

/// The courier, if one is on its way. Dropping it calls it back.
#[derive(Default)]
pub(in crate::service) struct Couriers {
    orders: Arc<Orders>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Couriers {
    /// Sends one; one that is on its way looks for new webhooks.
    pub(in crate::service) fn start(&self, post: Post) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            self.orders.news.notify_one();
            return;
        }
        let orders = Arc::clone(&self.orders);
        let spawned = std::thread::Builder::new()
            .name("memos-webhooks".into())
            .spawn(move || {
                if let Err(error) = carry(post, &orders) {
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
        self.orders.over.store(true, Ordering::Release);
        self.orders.news.notify_one();
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

/// Goes the rounds until it is called back. What is not noted as told then is told after the restart.
fn carry(post: Post, orders: &Orders) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::new(Code::Unavailable, "no runtime starts").caused_by(e))?;
    let post = Arc::new(post);
    runtime.block_on(async {
        let mut rounds: BTreeMap<String, Task<()>> = BTreeMap::new();
        while !orders.over.load(Ordering::Acquire) {
            rounds.retain(|_, round| !round.is_finished());
            for (owner, hook) in hooks(&*post.vault.snapshot()?)? {
                if rounds.contains_key(&hook.id) {
                    continue;
                }
                place(&*post.log, &hook)?;
                let round = Round {
                    post: Arc::clone(&post),
                    owner,
                    id: hook.id.clone(),
                };
                rounds.insert(hook.id, tokio::spawn(round.walk()));
            }
            orders.news.notified().await;
        }
        Ok(())
    })
}

/// A webhook that never said where it stands stands where all stood together.
fn place(log: &dyn EventLog, hook: &Webhook) -> Result<()> {
    let reader = reader_of(&hook.id);
    match log.cursor(&reader)? {
        EventSeq(0) => log.advance(&reader, log.cursor(TOGETHER)?),
        _ => Ok(()),
    }
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
