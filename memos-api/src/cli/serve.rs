//! `memos serve`.

use std::io::Write as _;

use tokio::sync::oneshot;

use super::console::Console;
use super::{Outcome, opening};
use crate::Working;
use crate::config::{Config, Loaded};
use crate::http::{LISTEN, Options, Server, shutdown_signal};

/// Listens first, then opens the folder: probes are answered from the start. The address is told
/// when the folder is open, since a server that finds it in use ends.
pub(super) async fn run(loaded: &Loaded, console: &mut Console) -> Outcome {
    let config = loaded.config.clone();
    let options = options(&config);
    let shutdown = shutdown_signal()?;
    let bound = Server::bind(&config.listen.to_string(), options).await;
    let server = bound.map_err(|error| match error.field() {
        Some(LISTEN) => error.at(loaded.written(LISTEN)),
        _ => error,
    })?;
    let address = server.local_addr();
    let data = config.data.display().to_string();
    let (opened, is_open) = oneshot::channel();
    let open = move || {
        let memos = opening::open(&config, Working::InBackground)?;
        // Nobody hears it if the server is stopping already.
        let _ = opened.send(());
        Ok(memos)
    };
    let tell = async {
        if is_open.await.is_ok() {
            let version = env!("CARGO_PKG_VERSION");
            writeln!(console, "memos {version} serves {data} on http://{address}")?;
            console.flush()?;
        }
        Ok(())
    };
    let (served, told): (_, Outcome) = tokio::join!(server.run(open, shutdown), tell);
    served?;
    told
}

/// How the configuration wants a server to behave.
pub(super) fn options(config: &Config) -> Options {
    Options {
        body_limit: usize::try_from(config.body_limit.0).unwrap_or(usize::MAX),
        hosts: config.hosts.0.clone(),
        tools: config.mcp.tools.clone(),
        upstream: config.upstream(),
        recall_tokens: config.proxy.max_tokens.0,
        ..Options::default()
    }
}
