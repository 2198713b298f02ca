//! What a server may be told.

use std::time::Duration;

/// How a server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes that the body of one request may have.
    pub body_limit: usize,
    /// Names, beside those of the loopback, that the `Host` header may carry, without a port: those
    /// of a proxy in front of this server. Every other name is refused, so that a web page can't
    /// reach the server under a name of its own (DNS rebinding).
    pub hosts: Vec<String>,
    /// How long requests in flight may take once shutdown has begun.
    pub drain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_limit: 32 * 1024 * 1024,
            hosts: Vec::new(),
            drain: Duration::from_secs(10),
        }
    }
}
