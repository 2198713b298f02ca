//! What the proxy adds to the first token: the same questions to a scripted model server, asked
//! directly and through the proxy, in turn.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures_util::stream;
use memos_core::{Code, Error, Result};
use memos_scheduler::WEIGHTS;
use reqwest::Client;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::DataSet;
use super::faces::client;
use super::product::{cubes, import};
use super::server::{Folder, OwnServer};
use super::ways::{Times, Way};
use crate::Working;
use crate::http::{Options, Upstream};

/// Rounds over all questions; the first is not measured.
const ROUNDS: usize = 3;

/// Words of a scripted answer.
const WORDS: usize = 20;

/// The ways to the model server, with what they ask of memory.
const WAYS: [(&str, Option<&str>); 4] = [
    ("direct", None),
    ("proxy, memory off", Some("off")),
    ("proxy, recalls", Some("read")),
    ("proxy, recalls, remembers", Some("both")),
];

pub(super) async fn measure(data: &DataSet) -> Result<Vec<Way>> {
    let model = Model::start().await?;
    let folder = Folder::new();
    let options = Options {
        upstream: Some(Upstream {
            base_url: model.address.clone(),
            api_key: None,
            timeout: Duration::from_secs(60),
            section: "proxy",
        }),
        ..Options::default()
    };
    let server = OwnServer::with(&folder, WEIGHTS, Working::Later, options).await?;
    let measured = ask(data, &server, &model).await;
    server.end().await?;
    model.running.abort();
    measured
}

async fn ask(data: &DataSet, server: &OwnServer, model: &Model) -> Result<Vec<Way>> {
    let cubes = cubes(data)?;
    import(data, &server.client, &cubes).await?;
    let client = client(&model.address)?;
    let proxy = format!("{}/v1/chat/completions", server.client.address());
    let direct = format!("{}/chat/completions", model.address);
    let mut times = Times::of(WAYS.map(|(name, _)| name));
    let mut turn = 0;
    for round in 0..ROUNDS {
        for (sample, cube) in data.samples.iter().zip(&cubes) {
            for question in DataSet::questions(sample) {
                turn += 1;
                for step in 0..WAYS.len() {
                    let way = (turn + step) % WAYS.len();
                    let (url, headers) = match WAYS[way].1 {
                        None => (&direct, [("x-memos-cube", ""), ("x-memos-memory", "")]),
                        Some(memory) => (
                            &proxy,
                            [("x-memos-cube", cube.as_str()), ("x-memos-memory", memory)],
                        ),
                    };
                    let took = first_token(&client, url, headers, &question.question).await?;
                    if round > 0 {
                        times.took(way, took);
                    }
                }
            }
        }
    }
    Ok(times.ways())
}

/// Asks, and returns how long the first piece of the answer took. The rest is read too.
async fn first_token(
    client: &Client,
    url: &str,
    headers: [(&str, &str); 2],
    question: &str,
) -> Result<Duration> {
    let failed = |why: String| Error::new(Code::Internal, format!("{url}: {why}"));
    let broken = |e: reqwest::Error| failed(e.to_string());
    let body = json!({"model": "scripted", "stream": true, "messages": [
        {"role": "system", "content": "You answer from what you know of the user."},
        {"role": "user", "content": question},
    ]});
    let start = Instant::now();
    let mut request = client.post(url).json(&body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut answer = request.send().await.map_err(broken)?;
    let first = answer.chunk().await.map_err(broken)?;
    let took = start.elapsed();
    let status = answer.status();
    let memory = answer.headers().get("x-memos-memory").cloned();
    let degraded = memory.is_some_and(|memory| memory.as_bytes().starts_with(b"degraded"));
    if !status.is_success() || degraded || first.is_none() {
        return Err(failed(format!(
            "it answers {status}, without memory or words"
        )));
    }
    while answer.chunk().await.map_err(broken)?.is_some() {}
    Ok(took)
}

/// A model server in this process that answers every question at once, word by word.
struct Model {
    address: String,
    running: JoinHandle<()>,
}

impl Model {
    async fn start() -> Result<Self> {
        let unusable =
            |e: std::io::Error| Error::new(Code::Internal, "no port is free").caused_by(e);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let listener = listener.tap_io(|stream| {
            // Without it the pieces would wait for each other.
            let _ = stream.set_nodelay(true);
        });
        let routes = Router::new().route("/v1/chat/completions", post(answer));
        let running = tokio::spawn(async move {
            // It ends when it is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self {
            address: format!("http://{address}/v1"),
            running,
        })
    }
}

async fn answer(_: Bytes) -> impl IntoResponse {
    let event = |delta: serde_json::Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1,
            "model": "scripted", "choices": [choice]});
        format!("data: {chunk}\n\n")
    };
    let mut events: Vec<String> = (0..WORDS)
        .map(|number| event(json!({"content": format!("word{number} ")}), None))
        .collect();
    events.push(event(json!({}), Some("stop")));
    events.push("data: [DONE]\n\n".to_owned());
    let events = events.into_iter().map(Ok::<_, Infallible>);
    let kind = [(CONTENT_TYPE, "text/event-stream")];
    (kind, Body::from_stream(stream::iter(events)))
}
