//! How long items live.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use memos_core::{Clock, Timestamp};

use super::*;
use crate::{MemOs, Working};

/// A clock that goes when it is told to.
#[derive(Debug)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst))
    }
}

struct Timed {
    memos: MemOs,
    clock: Arc<Hand>,
    _folder: tempfile::TempDir,
}

impl Timed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(AtomicI64::new(1_800_000_000)));
        let memos = MemOs::builder()
            .data(folder.path())
            .reserve_bytes(0)
            .clock(clock.clone())
            .working(Working::Later)
            .open()
            .unwrap();
        Self {
            memos,
            clock,
            _folder: folder,
        }
    }

    fn put(&self, key: &str, ttl_minutes: Option<f64>) -> Item {
        let put = PutItem {
            ttl_minutes,
            ..item("n", key, json!({"text": "tea"}))
        };
        self.memos.put_item(&ada(), &put).unwrap()
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn is_there(&self, key: &str, refresh: bool) -> bool {
        let got = self.memos.get_item(&ada(), &at("n", key), refresh);
        got.unwrap().is_some()
    }

    fn found(&self, query: Option<&str>, refresh: bool) -> usize {
        let search = SearchItems {
            query: query.map(str::to_owned),
            refresh,
            ..SearchItems::default()
        };
        self.memos.search_items(&ada(), &search).unwrap().len()
    }
}

#[test]
fn an_item_ends_when_its_time_is_over() {
    let timed = Timed::new();
    timed.put("short", Some(1.0));
    timed.put("stays", None);
    timed.pass(59);
    assert!(timed.is_there("short", false));
    timed.pass(1);
    assert!(!timed.is_there("short", false));
    assert!(timed.is_there("stays", true));
    for query in [None, Some("tea")] {
        assert_eq!(timed.found(query, true), 1, "{query:?}");
    }
    // What is written now is new.
    let again = timed.put("short", Some(1.0));
    assert_eq!(again.created_at, again.updated_at);
    assert!(timed.is_there("short", false));
    let (cube, id) = super::super::address::place(&at("n", "short")).unwrap();
    let versions = timed.memos.versions(&ada(), &cube, id).unwrap().versions;
    assert_eq!(versions.len(), 1);
    // A write without a time ends the time.
    timed.put("short", None);
    timed.pass(1_000_000);
    assert!(timed.is_there("short", false));
}

#[test]
fn a_namespace_whose_items_have_ended_is_not_listed() {
    let timed = Timed::new();
    timed.put("short", Some(1.0));
    let listed = || {
        let request = NamespacesRequest::default();
        timed.memos.list_namespaces(&ada(), &request).unwrap()
    };
    assert_eq!(listed(), [["n"]]);
    timed.pass(60);
    assert!(listed().is_empty());
}

#[test]
fn a_read_gives_an_item_its_time_again() {
    let timed = Timed::new();
    timed.put("read", Some(1.0));
    timed.put("left", Some(1.0));
    timed.pass(50);
    assert!(timed.is_there("read", true));
    assert!(timed.is_there("left", false));
    timed.pass(50);
    assert!(timed.is_there("read", false));
    assert!(!timed.is_there("left", true));
    // Searches are reads.
    assert_eq!(timed.found(None, true), 1);
    timed.pass(50);
    assert_eq!(timed.found(Some("tea"), true), 1);
    timed.pass(50);
    assert_eq!(timed.found(Some("tea"), false), 1);
    timed.pass(50);
    assert_eq!(timed.found(None, true), 0);
    let (cube, id) = super::super::address::place(&at("n", "read")).unwrap();
    let versions = timed.memos.versions(&ada(), &cube, id).unwrap().versions;
    assert_eq!(versions.len(), 1, "a read makes no version");
}
