//! What a server may be told.

use std::time::Duration;

use crate::config::Secret;
use crate::faces::mcp::ToolSets;

/// How a server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes that the body of one request may have.
    pub body_limit: usize,
    /// Names, beside those of the loopback, that the `Host` header may carry, without a port: those
    /// of a proxy in front of this server. Every other name is refused, so that a web page can't
    /// reach the server under a name of its own (DNS rebinding).
    pub hosts: Vec<String>,
    /// The model server that requests in OpenAI's form are passed on to, if there is one.
    pub upstream: Option<Upstream>,
    /// Tokens that the memories in such a request may have, if it does not say.
    pub recall_tokens: usize,
    /// How long requests in flight may take once shutdown has begun.
    pub drain: Duration,
    /// Tools that clients of `/mcp` see if they don't say.
    pub tools: ToolSets,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_limit: 32 * 1024 * 1024,
            hosts: Vec::new(),
            upstream: None,
            recall_tokens: 1_000,
            drain: Duration::from_secs(10),
            tools: ToolSets::default(),
        }
    }
}

/// A model server that speaks OpenAI's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its address, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key for requests that bring none.
    pub api_key: Option<Secret>,
    /// Longest that it may say nothing.
    pub timeout: Duration,
    /// The section of the settings that names it, for remedies: `proxy`, or `llm` where the proxy
    /// stands before the language model.
    pub section: &'static str,
}

impl Upstream {
    /// The environment's name of one of its settings.
    pub(crate) fn variable(&self, setting: &str) -> String {
        format!("MEMOS_{}_{setting}", self.section.to_ascii_uppercase())
    }
}
