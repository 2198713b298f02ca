//! `memos mcp`: the Model Context Protocol over standard input and output, for agents that start
//! their tools themselves.
//!
//! Every message goes on to a server's `/mcp`: to the one that is named, to the one that has the
//! folder open, or to one that runs in this process for as long as the agent does. So there is one
//! implementation, several agents work on one folder at a time, and commands find the server too. If
//! the server goes away, the next message looks for another one, and goes on with it.

mod bridge;
mod glance;
mod host;
mod link;
mod stdio;

use clap::Args;
use memos_core::Result;

use super::Outcome;
use crate::config::Loaded;
use crate::http::{ToolSets, shutdown_signal};

use bridge::Bridge;
use host::Hosts;

/// Examples for the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  memos mcp
  memos mcp --tools default,graph --cube work
  memos mcp --tools graph --data ~/.memos
  claude mcp add memory -- memos mcp --data ~/.memos

Set it as the command of an MCP server in your agent's configuration. It works on the server that
--server names, on the one that has the folder open, or opens the folder itself, so that several
agents can share one folder. Sets of tools: default (remember, recall, forget, update, timeline),
memos, mem0, graph, files (Anthropic's memory tool), all. Logs go to standard error.";

/// What `memos mcp` takes.
#[derive(Debug, Args)]
pub(super) struct McpArgs {
    /// The tools to show: default, memos, mem0, graph, files or all; several with commas between them
    /// [default: default] [env: MEMOS_MCP_TOOLS]
    #[arg(long, value_name = "SETS")]
    pub(super) tools: Option<ToolSets>,
    /// The cube to work on [default: that of the user, or else: default]
    #[arg(long, value_name = "CUBE")]
    pub(super) cube: Option<String>,
    /// The user whose memories they are; kept with each of them
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
}

impl McpArgs {
    /// What a server's route is asked for.
    fn query(&self, loaded: &Loaded) -> Vec<(&'static str, String)> {
        let tools = self.tools.clone();
        let tools = tools.unwrap_or_else(|| loaded.config.mcp.tools.clone());
        let mut query = vec![("tools", tools.to_string())];
        query.extend(self.cube.clone().map(|cube| ("cube", cube)));
        query.extend(self.user.clone().map(|user| ("user", user)));
        query
    }
}

/// Ends when the agent closes standard input, or with a signal.
pub(super) async fn run(args: McpArgs, loaded: &Loaded) -> Outcome {
    let shutdown = shutdown_signal()?;
    let query = args.query(loaded);
    let limit = usize::try_from(loaded.config.body_limit.0).unwrap_or(usize::MAX);
    let hosts = Hosts::new(loaded.clone());
    // What is wrong with the folder comes out before the agent says anything.
    let first = hosts.find().await?;
    let (lines, out) = (stdio::lines(limit)?, stdio::Out::start()?);
    let bridge = Bridge::new(hosts.clone(), &first, query, out.clone())?;
    tokio::select! {
        () = bridge.pass(lines) => {}
        () = shutdown => tracing::info!("a signal ends this"),
    }
    bridge.leave().await;
    let closed: Result<()> = hosts.close().await;
    out.finish();
    Ok(closed?)
}
