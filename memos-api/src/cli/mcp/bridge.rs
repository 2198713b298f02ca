//! Passing messages on, both ways, and finding another server when one goes away.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memos_core::Result;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::glance::Glance;
use super::host::Hosts;
use super::link::{About, Link, Lost, messages, session_of};
use super::stdio::{Line, Out};

/// How long requests under way may take once the agent has left.
const DRAIN: Duration = Duration::from_secs(10);

/// How often a message looks for another server.
const TRIES: usize = 3;

/// Between tries, the more the longer.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause of who looks on its own.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// JSON-RPC's codes.
const INVALID_REQUEST: i64 = -32600;
const INTERNAL_ERROR: i64 = -32603;

/// A bridge from an agent to a server.
#[derive(Clone)]
pub(super) struct Bridge(Arc<Inner>);

struct Inner {
    hosts: Hosts,
    query: Vec<(&'static str, String)>,
    out: Out,
    /// The link of now, by number; who finds a better one holds it alone.
    link: AsyncMutex<(u64, Link)>,
    past: Mutex<Past>,
    running: Mutex<HashMap<String, AbortHandle>>,
    listening: Mutex<Option<AbortHandle>>,
    /// Who looks for another server for the sake of subscriptions.
    seeking: Mutex<Option<AbortHandle>>,
}

/// What the agent said that another server has to hear again.
#[derive(Default)]
struct Past {
    initialize: Option<Vec<u8>>,
    initialized: Option<Vec<u8>>,
    subscribed: BTreeSet<String>,
}

/// What the bridge reads of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame {
    id: Option<Value>,
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Params {
    name: Option<Value>,
    uri: Option<Value>,
    #[serde(rename = "requestId")]
    request_id: Option<Value>,
    #[serde(rename = "_meta")]
    meta: Option<Value>,
}

impl Frame {
    /// What is no message is passed on all the same: the server says what is wrong with it.
    fn read(message: &[u8]) -> Self {
        serde_json::from_slice(message).unwrap_or_else(|_| {
            let glance = Glance::at(message);
            Self {
                id: glance.id(),
                method: glance.method(),
                params: None,
            }
        })
    }

    /// Whether a message answers this one.
    fn is_answered_by(&self, message: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Answer {
            id: Value,
            method: Option<IgnoredAny>,
        }
        let answer = serde_json::from_slice::<Answer>(message);
        answer.is_ok_and(|answer| answer.method.is_none() && Some(answer.id) == self.id)
    }

    /// A refusal that names no request, since the server did not read as far, is that of this one.
    fn named_in(&self, refusal: Vec<u8>) -> Vec<u8> {
        let (Some(id), Some(_)) = (&self.id, &self.method) else {
            return refusal;
        };
        match serde_json::from_slice::<Value>(&refusal) {
            Ok(mut told) if told.get("error").is_some() && told["id"].is_null() => {
                told["id"] = id.clone();
                told.to_string().into_bytes()
            }
            _ => refusal,
        }
    }

    fn is(&self, method: &str) -> bool {
        self.method.as_deref() == Some(method)
    }

    fn uri(&self) -> Option<String> {
        let params = self.params.as_ref()?;
        params.uri.as_ref()?.as_str().map(str::to_owned)
    }

    fn about(&self) -> About {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let params = self.params.as_ref();
        let name = params.and_then(|p| p.name.as_ref().or(p.uri.as_ref()));
        let version = params.and_then(|p| {
            p.meta
                .as_ref()?
                .get("io.modelcontextprotocol/protocolVersion")
        });
        About {
            method: self.method.clone(),
            name: name.and_then(text),
            version: version.and_then(text),
        }
    }
}

impl Bridge {
    pub(super) fn new(
        hosts: Hosts,
        address: &str,
        query: Vec<(&'static str, String)>,
        out: Out,
    ) -> Result<Self> {
        let link = Link::new(address, &query)?;
        Ok(Self(Arc::new(Inner {
            hosts,
            query,
            out,
            link: AsyncMutex::new((0, link)),
            past: Mutex::default(),
            running: Mutex::default(),
            listening: Mutex::default(),
            seeking: Mutex::default(),
        })))
    }

    /// Passes on what the agent says until it has said all, and waits for the answers.
    pub(super) async fn pass(&self, mut lines: mpsc::Receiver<Line>) {
        let mut requests = JoinSet::new();
        while let Some(line) = lines.recv().await {
            while requests.try_join_next().is_some() {}
            let message = match line {
                Line::Text(message) => message,
                Line::TooLong(id) => {
                    let why = "Invalid Request: the message is longer than the body limit";
                    self.refuse(&id.unwrap_or_default(), INVALID_REQUEST, why);
                    continue;
                }
            };
            let frame = Frame::read(&message);
            let cancelled = frame.is("notifications/cancelled").then(|| {
                let params = frame.params.as_ref()?;
                let key = params.request_id.as_ref()?.to_string();
                lock(&self.0.running).remove(&key)
            });
            if let Some(Some(request)) = cancelled {
                // It stands by itself: to close it is to cancel it.
                request.abort();
                continue;
            }
            // The order of these matters; requests may overtake each other.
            let in_order = frame.id.is_none() || frame.is("initialize");
            let bridge = self.clone();
            if in_order {
                bridge.carry(message, frame).await;
            } else {
                let stands_alone = frame.about().version.is_some();
                let key = frame.id.as_ref().map(ToString::to_string);
                let task = requests.spawn(async move { bridge.carry(message, frame).await });
                if let (true, Some(key)) = (stands_alone, key) {
                    lock(&self.0.running).insert(key, task);
                }
            }
        }
        let all = async { while requests.join_next().await.is_some() {} };
        // Streams that never end are broken off.
        let _ = tokio::time::timeout(DRAIN, all).await;
    }

    /// Ends the session.
    pub(super) async fn leave(&self) {
        for task in [&self.0.seeking, &self.0.listening] {
            if let Some(task) = lock(task).take() {
                task.abort();
            }
        }
        let link = self.0.link.lock().await.1.clone();
        link.leave().await;
    }

    /// Sends one message and hands over what is answered, over another server if need be.
    async fn carry(&self, message: Vec<u8>, frame: Frame) {
        let about = frame.about();
        let mut why = String::new();
        for attempt in 0..TRIES {
            let (number, link) = self.0.link.lock().await.clone();
            match self
                .try_once((number, &link), &message, &frame, &about)
                .await
            {
                Ok(()) => {
                    self.note(&frame, message);
                    self.done(&frame);
                    return;
                }
                Err(Lost::Answer(broken)) => {
                    why = format!("the server went away before it answered: {broken}");
                    break;
                }
                Err(Lost::Server(gone)) => {
                    why = gone;
                    tracing::info!(why, "looking for another server");
                    // The same one may just be starting.
                    tokio::time::sleep(PAUSE * u32::try_from(attempt).unwrap_or(1)).await;
                    if let Err(error) = self.relink(number, frame.is("initialize")).await {
                        why = error;
                        break;
                    }
                }
            }
        }
        self.done(&frame);
        tracing::warn!(why, "a message got no answer");
        if let Some(id) = frame.id.filter(|_| frame.method.is_some()) {
            let why = format!("the memory can't be reached: {why}");
            self.refuse(&id, INTERNAL_ERROR, &why);
        }
    }

    async fn try_once(
        &self,
        (number, link): (u64, &Link),
        message: &[u8],
        frame: &Frame,
        about: &About,
    ) -> Result<(), Lost> {
        let response = link.post(message, about).await?;
        let out = &self.0.out;
        if frame.is("initialize") {
            let begun = begin(link, response, |message| out.say(message)).await?;
            self.0.link.lock().await.1 = begun;
            return Ok(());
        }
        let is_refusal = !response.status().is_success();
        let mut is_answered = false;
        let heard = messages(response, |message| {
            let message = match is_refusal {
                true => frame.named_in(message),
                false => message,
            };
            is_answered |= frame.is_answered_by(&message);
            out.say(message);
        });
        match heard.await {
            // It went away with its last word: there is nothing more to say.
            Err(lost) if is_answered => tracing::debug!(?lost, "the server is gone"),
            heard => heard?,
        }
        if frame.is("notifications/initialized") {
            self.listen(number, link.clone());
        }
        Ok(())
    }

    /// Keeps what another server would have to hear.
    fn note(&self, frame: &Frame, message: Vec<u8>) {
        let mut past = lock(&self.0.past);
        match (frame.method.as_deref(), frame.uri()) {
            (Some("initialize"), _) => past.initialize = Some(message),
            (Some("notifications/initialized"), _) => past.initialized = Some(message),
            (Some("resources/subscribe"), Some(uri)) => drop(past.subscribed.insert(uri)),
            (Some("resources/unsubscribe"), Some(uri)) => drop(past.subscribed.remove(&uri)),
            _ => {}
        }
    }

    fn done(&self, frame: &Frame) {
        if let Some(id) = &frame.id {
            lock(&self.0.running).remove(&id.to_string());
        }
    }

    /// Hands over what the server says by itself.
    fn listen(&self, number: u64, link: Link) {
        let bridge = self.clone();
        let task = tokio::spawn(async move {
            match link.listen().await {
                Ok(response) if response.status().is_success() => {
                    let ended = messages(response, |message| bridge.0.out.say(message)).await;
                    tracing::debug!(?ended, "the server's own stream ended");
                    bridge.seek(number);
                }
                other => tracing::debug!(?other, "the server has no stream of its own"),
            }
        });
        replace(&self.0.listening, task.abort_handle());
    }

    /// Looks for another server until there is one, if the agent waits to hear of resources: it may
    /// say nothing for long. Else the next message looks.
    fn seek(&self, number: u64) {
        if lock(&self.0.past).subscribed.is_empty() {
            return;
        }
        let bridge = self.clone();
        let task = tokio::spawn(async move {
            let mut pause = PAUSE;
            loop {
                tokio::time::sleep(pause).await;
                match bridge.relink(number, false).await {
                    Ok(()) => return,
                    Err(why) => tracing::debug!(why, "no other server yet"),
                }
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
        });
        replace(&self.0.seeking, task.abort_handle());
    }

    /// Finds a server in place of the link of this number, unless that has been done; and brings it
    /// to where the other was.
    async fn relink(&self, number: u64, is_new: bool) -> Result<(), String> {
        let mut now = self.0.link.lock().await;
        if now.0 != number {
            return Ok(());
        }
        let told = |e: memos_core::Error| e.to_string();
        let address = self.0.hosts.find().await.map_err(told)?;
        let mut link = Link::new(&address, &self.0.query).map_err(told)?;
        let (initialize, initialized, subscribed) = {
            let past = lock(&self.0.past);
            (
                past.initialize.clone().filter(|_| !is_new),
                past.initialized.clone(),
                past.subscribed.clone(),
            )
        };
        let lost = |lost: Lost| match lost {
            Lost::Server(why) | Lost::Answer(why) => why,
        };
        if let Some(message) = initialize {
            let about = Frame::read(&message).about();
            let response = link.post(&message, &about).await.map_err(lost)?;
            // The agent has heard this already.
            link = begin(&link, response, |_| {}).await.map_err(lost)?;
            if let Some(message) = initialized {
                let about = Frame::read(&message).about();
                let response = link.post(&message, &about).await.map_err(lost)?;
                messages(response, |_| {}).await.map_err(lost)?;
                self.listen(number + 1, link.clone());
            }
            for uri in &subscribed {
                let message = json!({
                    "jsonrpc": "2.0", "id": format!("again {uri}"),
                    "method": "resources/subscribe", "params": {"uri": uri},
                });
                let message = message.to_string().into_bytes();
                let about = Frame::read(&message).about();
                let response = link.post(&message, &about).await.map_err(lost)?;
                messages(response, |_| {}).await.map_err(lost)?;
            }
        }
        *now = (number + 1, link);
        // Between the two servers, changes went unheard.
        for uri in subscribed {
            let news = json!({
                "jsonrpc": "2.0", "method": "notifications/resources/updated",
                "params": {"uri": uri},
            });
            self.0.out.say(news.to_string().into_bytes());
        }
        Ok(())
    }

    fn refuse(&self, id: &Value, code: i64, why: &str) {
        let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}});
        self.0.out.say(error.to_string().into_bytes());
    }
}

/// Reads the answer to `initialize`: the link with the session that it begins.
async fn begin(
    link: &Link,
    response: reqwest::Response,
    mut each: impl FnMut(Vec<u8>),
) -> Result<Link, Lost> {
    let mut begun = link.clone();
    begun.session = session_of(&response);
    let heard = messages(response, |message| {
        let answer: Value = serde_json::from_slice(&message).unwrap_or_default();
        if let Some(version) = answer.pointer("/result/protocolVersion") {
            begun.version = version.as_str().map(str::to_owned);
        }
        each(message);
    });
    match heard.await {
        // It has answered; that it is gone, the next message will see.
        Err(_) if begun.version.is_some() => Ok(begun),
        heard => heard.map(|()| begun),
    }
}

/// Puts a task in the place of another, which ends.
fn replace(place: &Mutex<Option<AbortHandle>>, task: AbortHandle) {
    if let Some(before) = lock(place).replace(task) {
        before.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Frame {
        Frame::read(text.as_bytes())
    }

    #[test]
    fn a_refusal_without_an_id_gets_that_of_the_request() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let request = format!(r#"{{"method":"x","params":{{"name":{deep}}},"id":"a"}}"#);
        let told = |request: &Frame, text: &str| {
            let told = request.named_in(text.as_bytes().to_vec());
            serde_json::from_slice::<Value>(&told).unwrap_or_default()
        };
        let refusal = r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#;
        assert_eq!(told(&frame(&request), refusal)["id"], "a");
        let other = r#"{"jsonrpc":"2.0","id":5,"error":{"code":1}}"#;
        assert_eq!(told(&frame(&request), other)["id"], 5);
        let news = frame(r#"{"method":"x"}"#);
        assert_eq!(told(&news, refusal)["id"], Value::Null);
    }

    #[test]
    fn only_an_answer_answers() {
        let request = frame(r#"{"id":1,"method":"x"}"#);
        let is_answer = |text: &str| request.is_answered_by(text.as_bytes());
        assert!(is_answer(r#"{"id":1,"result":{}}"#) && is_answer(r#"{"id":1,"error":{}}"#));
        assert!(!is_answer(r#"{"id":2,"result":{}}"#) && !is_answer("{"));
        assert!(!is_answer(r#"{"id":1,"method":"ping"}"#));
        assert!(!is_answer(
            r#"{"method":"notifications/progress","params":{}}"#
        ));
    }
}
