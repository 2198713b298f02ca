//! When to stop.

use memos_core::{Code, Error, Result};

/// Listens for Ctrl-C and, where there is one, SIGTERM from now on; the future ends at the first.
///
/// # Errors
/// `Unavailable` if the system does not let this process listen. Must be called inside a tokio
/// runtime.
#[cfg(unix)]
pub fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate()).map_err(not_heard)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_heard)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for Ctrl-C; the future ends at the first.
///
/// # Errors
/// `Unavailable` if the system does not let this process listen. Must be called inside a tokio
/// runtime.
#[cfg(windows)]
pub fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c().map_err(not_heard)?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn not_heard(error: std::io::Error) -> Error {
    Error::new(Code::Unavailable, "the process can't listen for signals").caused_by(error)
}
