//! The life of a server: listen, open, serve, drain, flush.

use std::io::{Error as IoError, ErrorKind, Result as IoResult};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use memos_core::{Code, Error, Result};
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tokio::time::timeout;

use super::caller::blocking;
use super::{AppState, Options, router};
use crate::MemOs;
use crate::faces::ModelServer;

/// What the address is called in errors: the setting that it comes from.
pub(crate) const LISTEN: &str = "listen";

/// A server that listens but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    options: Options,
}

impl Server {
    /// Listens on a loopback address, such as `127.0.0.1:7777` or `localhost:0`.
    ///
    /// # Errors
    /// `AddressInUse`; `AddressRefused` for an address that is not on the loopback, because there
    /// is no authentication yet, or that the system refuses; `InvalidRequest` for one that can't be
    /// read or that this machine doesn't have, or for an upstream that can't be one.
    pub async fn bind(address: &str, options: Options) -> Result<Self> {
        if let Some(upstream) = &options.upstream {
            ModelServer::new(upstream)?;
        }
        let candidates = resolve(address).await?;
        if let Some(public) = candidates
            .iter()
            .find(|a| !a.ip().to_canonical().is_loopback())
        {
            return Err(Error::new(
                Code::AddressRefused,
                format!("{public} can be reached from other machines"),
            )
            .at(LISTEN)
            .remedy(
                "listen on 127.0.0.1 or localhost: other addresses are refused until there is \
                 authentication",
            ));
        }
        let bound = TcpListener::bind(&*candidates).await;
        let listener = bound.map_err(|e| not_bound(address, e))?;
        let address = listener.local_addr().map_err(|e| not_bound(address, e))?;
        Ok(Self {
            listener,
            address,
            options,
        })
    }

    /// The address, with the port that the system chose if none was given.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on; opens the data folder meanwhile (until then every route but the probes
    /// answers 503); and ends when `shutdown` does: it stops accepting, lets requests in flight
    /// finish, writes what is left and frees the folder.
    ///
    /// # Errors
    /// What `open` fails with, or the last write.
    pub async fn run(
        self,
        open: impl FnOnce() -> Result<MemOs> + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        let state = AppState::opening(self.options.clone());
        let url = format!("http://{}", self.address);
        let drain = self.options.drain;
        let (stop, stopped) = oneshot::channel::<()>();
        let mut serving = tokio::spawn(self.serve(state.clone(), stopped));
        tracing::info!(url, "listening");

        let opening = blocking({
            let state = state.clone();
            move || {
                let memos = open().inspect_err(|e| state.failed(e))?;
                memos.announce_address(&url);
                state.opened(Arc::new(memos));
                tracing::info!("the data folder is open");
                Ok(())
            }
        });
        let (mut opening, mut shutdown) = (pin!(opening), pin!(shutdown));
        let mut is_opening = true;
        let outcome = loop {
            tokio::select! {
                opened = &mut opening, if is_opening => {
                    is_opening = false;
                    if opened.is_err() {
                        break opened;
                    }
                }
                () = &mut shutdown => break Ok(()),
                ended = &mut serving => break Err(ended_early(ended)),
            }
        };

        tracing::info!("shutting down");
        if let Ok(memos) = state.memos() {
            memos.end_followers();
        }
        // If nobody hears it any more, it has stopped.
        let _ = stop.send(());
        if !serving.is_finished() && timeout(drain, &mut serving).await.is_err() {
            tracing::warn!("requests were still running after {drain:?}; they get no answer");
            serving.abort();
        }
        // Opening can't be broken off, and what it opens must be freed.
        let opened = if is_opening { opening.await } else { Ok(()) };
        let closed = blocking(move || {
            let flushed = state.memos().map_or(Ok(()), |memos| memos.flush());
            state.close();
            flushed
        });
        outcome.and(opened).and(closed.await)
    }

    async fn serve(self, state: AppState, stopped: oneshot::Receiver<()>) -> IoResult<()> {
        let listener = self.listener.tap_io(|stream| {
            // Answers are small and written at once: waiting for more costs 40 ms.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY is refused");
            }
        });
        axum::serve(listener, router(state))
            .with_graceful_shutdown(async {
                // A dropped sender means the same.
                let _ = stopped.await;
            })
            .await
    }
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>> {
    if let Ok(one) = address.parse() {
        return Ok(vec![one]);
    }
    let found = lookup_host(address)
        .await
        .map_err(|e| unusable(address, e))?;
    Ok(found.collect())
}

fn not_bound(address: &str, error: IoError) -> Error {
    match error.kind() {
        ErrorKind::AddrInUse => Error::new(
            Code::AddressInUse,
            format!("another process listens on {address}"),
        )
        .at(LISTEN)
        .remedy(
            "stop that process, or choose another address, such as 127.0.0.1:0 for any free port",
        )
        .caused_by(error),
        ErrorKind::PermissionDenied => Error::new(
            Code::AddressRefused,
            format!("the system does not let this process listen on {address}"),
        )
        .at(LISTEN)
        .remedy("use a port from 1024 on")
        .caused_by(error),
        _ => unusable(address, error),
    }
}

fn unusable(address: &str, error: IoError) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("can't listen on {address:?}: {error}"),
    )
    .at(LISTEN)
    .remedy("write a loopback address and a port, such as 127.0.0.1:7777")
    .caused_by(error)
}

/// The accept loop has no end of its own.
fn ended_early(ended: Result<IoResult<()>, JoinError>) -> Error {
    let error = Error::new(Code::Internal, "the server stopped accepting connections");
    match ended {
        Ok(Ok(())) => error,
        Ok(Err(cause)) => error.caused_by(cause),
        Err(cause) => error.caused_by(cause),
    }
}
