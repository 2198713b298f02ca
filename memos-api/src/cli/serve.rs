//! `memos serve`.

use std::io::Write as _;

use super::Outcome;
use super::console::Console;
use crate::config::Loaded;
use crate::http::{Options, Server, shutdown_signal};

/// Listens first, then opens the folder: probes are answered from the start, and whoever finds the
/// folder locked learns where to ask.
pub(super) async fn run(loaded: &Loaded, console: &mut Console) -> Outcome {
    let config = loaded.config.clone();
    let options = Options {
        body_limit: usize::try_from(config.body_limit.0).unwrap_or(usize::MAX),
        hosts: config.hosts.0.clone(),
        ..Options::default()
    };
    let shutdown = shutdown_signal()?;
    let server = Server::bind(&config.listen.to_string(), options).await?;
    let address = server.local_addr();
    writeln!(
        console,
        "memos {} serves {} on http://{address}",
        env!("CARGO_PKG_VERSION"),
        config.data.display()
    )?;
    console.flush()?;
    Ok(server.run(move || config.open(), shutdown).await?)
}
