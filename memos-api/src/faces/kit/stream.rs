//! Server-sent events of a face.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::sync::mpsc;

/// Frames that may wait for a slow reader.
const WAITING: usize = 64;

/// Between two signs of life on a quiet stream, so that proxies keep it open.
const QUIET: Duration = Duration::from_secs(15);

/// Where frames go. Who reads may have gone: what is sent then is dropped, and [`is_open`](Self::is_open)
/// says so.
#[derive(Clone)]
pub(crate) struct Frames(mpsc::Sender<Value>);

impl Frames {
    /// Sends the data of one event.
    pub(crate) async fn send(&self, data: Value) {
        let _ = self.0.send(data).await;
    }

    /// Whether somebody reads.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Ends when nobody reads any more.
    pub(crate) async fn closed(&self) {
        self.0.closed().await;
    }
}

/// A stream of events, and where its frames go. It ends when the sender is dropped.
pub(crate) fn frames() -> (Frames, Response) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let events = stream::unfold(receiver, |mut receiver| async move {
        let data: Value = receiver.recv().await?;
        let event = Event::default().data(data.to_string());
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let keep_alive = KeepAlive::new().interval(QUIET);
    let response = Sse::new(events).keep_alive(keep_alive).into_response();
    (Frames(sender), response)
}
