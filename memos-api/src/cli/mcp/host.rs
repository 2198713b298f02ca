//! The server behind the bridge: one that is there, or one of this process.

use std::sync::Arc;
use std::time::Duration;

use memos_core::{Code, Error, Result};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use super::super::{opening, serve};
use crate::Working;
use crate::config::Loaded;
use crate::http::Server;

/// Where a server of this process listens: on any free port of the loopback.
const ANYWHERE: &str = "127.0.0.1:0";

/// How long a holder of the folder may take until it says where it listens.
const PATIENCE: Duration = Duration::from_millis(50);

/// Tries to open the folder or to find who has it.
const TRIES: u32 = 60;

/// Finds servers, and keeps the own one.
#[derive(Clone)]
pub(super) struct Hosts(Arc<Inner>);

struct Inner {
    loaded: Loaded,
    own: Mutex<Option<Own>>,
}

/// A server of this process.
struct Own {
    address: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
}

impl Hosts {
    pub(super) fn new(loaded: Loaded) -> Self {
        Self(Arc::new(Inner {
            loaded,
            own: Mutex::new(None),
        }))
    }

    /// The address of a server: the one that the configuration names, unless a later layer names a
    /// folder; else the own one; else that of who has the folder open.
    pub(super) async fn find(&self) -> Result<String> {
        let Inner { loaded, own } = &*self.0;
        let config = &loaded.config;
        if let Some(server) = &config.server
            && loaded.layer("server") >= loaded.layer("data")
        {
            return Ok(server.clone());
        }
        let mut own = own.lock().await;
        if let Some(running) = own.as_ref().filter(|own| !own.running.is_finished()) {
            return Ok(running.address.clone());
        }
        let mut tries = 0;
        loop {
            let folder = config.clone();
            let opened =
                tokio::task::spawn_blocking(move || opening::open(&folder, Working::InBackground));
            let opened = opened.await.map_err(|e| {
                Error::new(Code::Internal, "a part of this program panicked").caused_by(e)
            })?;
            let locked = match opened {
                Ok(memos) => {
                    let started = Own::start(memos, loaded).await?;
                    let address = started.address.clone();
                    *own = Some(started);
                    return Ok(address);
                }
                Err(error) if error.code() == Code::FolderLocked => error,
                Err(error) => return Err(error),
            };
            let holder = memos_store::holder(&config.data);
            if let Some(address) = holder.and_then(|holder| holder.address) {
                tracing::info!(%address, "the folder is open in a server: talking to it");
                return Ok(address);
            }
            // It has gone, or does not listen yet.
            tries += 1;
            if tries > TRIES {
                return Err(locked);
            }
            tokio::time::sleep(PATIENCE).await;
        }
    }

    /// Stops the own server, once what it has under way is done.
    pub(super) async fn close(&self) -> Result<()> {
        let Some(own) = self.0.own.lock().await.take() else {
            return Ok(());
        };
        // One that has ended already needs no word.
        let _ = own.stop.send(());
        own.running.await.map_err(|e| {
            Error::new(Code::Internal, "the server of this process panicked").caused_by(e)
        })?
    }
}

impl Own {
    async fn start(memos: crate::MemOs, loaded: &Loaded) -> Result<Self> {
        let server = Server::bind(ANYWHERE, serve::options(&loaded.config)).await?;
        let address = format!("http://{}", server.local_addr());
        let (stop, stopped) = oneshot::channel();
        let (opened, is_open) = oneshot::channel();
        let open = move || {
            // It waits below.
            let _ = opened.send(());
            Ok(memos)
        };
        let running = tokio::spawn(server.run(open, async {
            // A dropped sender means the same.
            let _ = stopped.await;
        }));
        // If it could not, the first request says why.
        let _ = is_open.await;
        Ok(Self {
            address,
            stop,
            running,
        })
    }
}
