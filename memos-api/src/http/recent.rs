//! The last requests, for who looks at a server through a face that shows them. In memory only, and
//! without queries and bodies.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Method;
use memos_core::Timestamp;

/// Requests that are kept.
const KEPT: usize = 200;

/// Bytes of a path that are kept.
const LONGEST_PATH: usize = 256;

/// The last requests.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Asked>>);

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) latency_ms: f64,
    pub(crate) at: Timestamp,
}

impl Recent {
    pub(super) fn note(&self, method: &Method, path: &str, status: u16, took: Duration) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        let asked = Asked {
            id: uuid::Uuid::now_v7().to_string(),
            method: method.to_string(),
            path: path.chars().take(LONGEST_PATH).collect(),
            status,
            latency_ms: (took.as_secs_f64() * 100_000.0).round() / 100.0,
            at: Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX)),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(asked);
    }

    /// Up to so many, newest first.
    pub(crate) fn newest(&self, most: usize) -> Vec<Asked> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let recent = Recent::default();
        for i in 0..KEPT + 5 {
            recent.note(
                &Method::GET,
                &format!("/{i}"),
                200,
                Duration::from_micros(1234),
            );
        }
        let newest = recent.newest(KEPT * 2);
        assert_eq!(newest.len(), KEPT);
        assert_eq!(
            (newest[0].path.as_str(), newest[0].latency_ms),
            ("/204", 1.23)
        );
        assert_eq!(newest[KEPT - 1].path, "/5");
    }
}
