//! A server of the benchmark's own, over the same folder as often as it takes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use memos_core::{Code, Error, MemoryId, Result, Weights};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::http::{Options, Server};
use crate::{MemOs, Working};

/// A folder under the system's temporary one, removed when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A name that nobody has; whoever opens it creates it.
    pub(super) fn new() -> Self {
        let name = format!("memos-bench-{}", MemoryId::generate());
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(folder = %self.0.display(), %error, "the folder stays behind");
        }
    }
}

/// A server on a free port.
pub(super) struct OwnServer {
    pub(super) client: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
}

impl OwnServer {
    /// Starts one and waits until it answers.
    pub(super) async fn start(folder: &Folder, weights: Weights, working: Working) -> Result<Self> {
        Self::with(folder, weights, working, Options::default()).await
    }

    /// The same with options of its own.
    pub(super) async fn with(
        folder: &Folder,
        weights: Weights,
        working: Working,
        options: Options,
    ) -> Result<Self> {
        // A benchmark sends whole dialogues as one document.
        let options = Options {
            body_limit: 1 << 30,
            ..options
        };
        let server = Server::bind("127.0.0.1:0", options).await?;
        let client = Client::new(&format!("http://{}", server.local_addr()))?;
        let (stop, stopped) = oneshot::channel();
        let data = folder.path().to_owned();
        let open = move || {
            let builder = MemOs::builder().data(data).weights(weights);
            builder.working(working).open()
        };
        let running = tokio::spawn(server.run(open, async {
            // A dropped sender means the same: the benchmark is over.
            let _ = stopped.await;
        }));
        let server = Self {
            client,
            stop,
            running,
        };
        match until_ready(&server.client).await {
            Ok(()) => Ok(server),
            // Why it does not open is what it ends with.
            Err(error) => server.end().await.and(Err(error)),
        }
    }

    /// Stops it and frees the folder.
    pub(super) async fn end(self) -> Result<()> {
        let _ = self.stop.send(());
        self.running
            .await
            .map_err(|e| Error::new(Code::Internal, "the server broke off").caused_by(e))?
    }
}

async fn until_ready(client: &Client) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(30);
    let start = Instant::now();
    loop {
        match client.cubes(None, Some(1)).await {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Code::Unavailable && start.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
