//! The configuration: a file, the environment and flags, in that order; later wins.
//!
//! | from | read |
//! |---|---|
//! | file | `--config`, else `MEMOS_CONFIG`, else `memos.toml` in the working folder, else `memos/memos.toml` under `XDG_CONFIG_HOME` or `~/.config`: the first of these alone |
//! | environment | `MEMOS_` and the name in capitals, `_` for the dot: `MEMOS_LOG_LEVEL` |
//! | flags | `--data`, `--listen`, `--server` |
//!
//! A relative `data` in a file is meant relative to that file.

mod background;
mod keys;
mod layers;
mod proxy;
mod show;
#[cfg(test)]
mod tests;
mod value;

use std::path::PathBuf;

use memos_store::Options as VaultOptions;
use serde::Deserialize;

use crate::service::{DEFAULT_REPEAT_WINDOW, Limits, MemOs, Working};

pub use background::{Lifecycle, Llm, Scheduler, Secret};
pub use layers::{Flags, Layer, Loaded, Surroundings};
pub use proxy::Proxy;
pub use value::{Count, Listen, Names, Size, Span, Strategy};

/// The folder if nothing names one.
const DATA: &str = "memos-data";

/// The address if nothing names one; reachable from this machine alone.
const LISTEN: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7777);

/// The effective configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Where `serve` listens.
    pub listen: Listen,
    /// The server that commands talk to, instead of opening the folder.
    pub server: Option<String>,
    /// What is logged and how.
    pub log: Log,
    /// Names beside those of the loopback that the server may be called by: of a proxy before it.
    pub hosts: Names,
    /// The largest body that the server takes.
    pub body_limit: Size,
    /// How long the same request counts as a retry of the first.
    pub repeat_window: Span,
    /// Memory for pages of the store.
    pub cache_bytes: Size,
    /// Disk space to leave free.
    pub reserve_bytes: Size,
    /// How much one request may ask for.
    pub limits: RequestLimits,
    /// The language model, if there is one.
    pub llm: Llm,
    /// The model server that `/v1/chat/completions` and `/v1/responses` pass requests on to.
    pub proxy: Proxy,
    /// How background work is done.
    pub scheduler: Scheduler,
    /// How many memories each working set may hold.
    pub lifecycle: Lifecycle,
    /// What agents see.
    pub mcp: Mcp,
}

/// What agents see over the Model Context Protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Mcp {
    /// The sets of tools that a client sees if it does not say: `default`, `memos`, `mem0`, `graph`,
    /// `files`, `all`, or several with commas between them.
    pub tools: crate::http::ToolSets,
}

/// What is logged and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Log {
    /// The least severe level that is logged; the command decides if absent.
    pub level: Option<LogLevel>,
    /// How a line looks.
    pub format: LogFormat,
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What will fail, or was lost.
    Warn,
    /// What happens.
    Info,
    /// How it happens; may show texts.
    Debug,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

impl LogFormat {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// How much one request may ask for: [`Limits`], as the configuration writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RequestLimits {
    /// Memories that one request may add.
    pub memories_per_request: Count,
    /// Cubes that one question may go to.
    pub cubes_per_search: Count,
    /// Memories that one answer or page may hold.
    pub memories_per_answer: Count,
    /// Bytes of one question.
    pub question_bytes: Size,
    /// Bytes of the text of one memory.
    pub text_bytes: Size,
}

impl Default for Config {
    fn default() -> Self {
        let vault = VaultOptions::default();
        let server = crate::http::Options::default();
        Self {
            data: DATA.into(),
            listen: Listen(LISTEN),
            server: None,
            log: Log::default(),
            hosts: Names(server.hosts),
            body_limit: Size(server.body_limit as u64),
            repeat_window: Span(DEFAULT_REPEAT_WINDOW),
            cache_bytes: Size(vault.cache_capacity),
            reserve_bytes: Size(vault.reserve_bytes),
            limits: Limits::default().into(),
            llm: Llm::default(),
            proxy: Proxy::default(),
            scheduler: Scheduler::default(),
            lifecycle: Lifecycle::default(),
            mcp: Mcp::default(),
        }
    }
}

impl Default for RequestLimits {
    fn default() -> Self {
        Limits::default().into()
    }
}

impl From<Limits> for RequestLimits {
    fn from(limits: Limits) -> Self {
        Self {
            memories_per_request: Count(limits.memories_per_request),
            cubes_per_search: Count(limits.cubes_per_search),
            memories_per_answer: Count(limits.memories_per_answer),
            question_bytes: Size(limits.question_bytes as u64),
            text_bytes: Size(limits.text_bytes as u64),
        }
    }
}

impl From<RequestLimits> for Limits {
    fn from(limits: RequestLimits) -> Self {
        let bytes = |size: Size| usize::try_from(size.0).unwrap_or(usize::MAX);
        Self {
            memories_per_request: limits.memories_per_request.0,
            cubes_per_search: limits.cubes_per_search.0,
            memories_per_answer: limits.memories_per_answer.0,
            question_bytes: bytes(limits.question_bytes),
            text_bytes: bytes(limits.text_bytes),
        }
    }
}

impl Config {
    /// Opens the data folder as configured, with or without doing background work.
    ///
    /// # Errors
    /// Those of [`Builder::open`](crate::Builder::open).
    pub fn open(&self, working: Working) -> memos_core::Result<MemOs> {
        MemOs::builder()
            .working(working)
            .scheduler(self.scheduler.clone())
            .lifecycle(self.lifecycle)
            .llm(self.llm.clone())
            .data(&self.data)
            .cache_capacity(self.cache_bytes.0)
            .reserve_bytes(self.reserve_bytes.0)
            .limits(self.limits.into())
            .repeat_window(self.repeat_window.0)
            .open()
    }
}
