//! The server on a real socket: the order of starting, what the wire itself can do wrong, and a
//! shutdown that loses nothing.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use memos_api::http::{Options, Server, shutdown_signal};
use memos_api::{Builder, MemOs};
use memos_core::{Code, Error, Result};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<()>>,
}

impl Running {
    async fn start(
        options: Options,
        open: impl FnOnce() -> Result<MemOs> + Send + 'static,
    ) -> Self {
        let server = Server::bind("127.0.0.1:0", options).await.unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.run(open, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop,
            ended,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn stop(self) -> Result<()> {
        self.stop.send(()).unwrap();
        tokio::time::timeout(HANG, self.ended)
            .await
            .unwrap()
            .unwrap()
    }
}

fn on(folder: &TempDir) -> Builder {
    MemOs::builder().data(folder.path())
}

fn message(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": text}]})
}

async fn ready(client: &Client, running: &Running) {
    let asking = async {
        while client
            .get(running.url("/ready"))
            .send()
            .await
            .unwrap()
            .status()
            != 200
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG, asking).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_alive_before_the_folder_is_open_and_ready_after() {
    let folder = tempfile::tempdir().unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let builder = on(&folder);
    let running = Running::start(Options::default(), move || {
        wait.recv().unwrap();
        builder.open()
    })
    .await;
    let client = client();
    let get = async |path: &str| client.get(running.url(path)).send().await.unwrap();

    assert_eq!(get("/health").await.status(), 200);
    let opening = get("/ready").await;
    assert_eq!(opening.status(), 503);
    assert_eq!(opening.headers()["retry-after"], "1");
    assert_eq!(get("/api/v1/cubes").await.status(), 503);

    go.send(()).unwrap();
    ready(&client, &running).await;
    assert_eq!(get("/api/v1/cubes").await.status(), 200);

    // Others that want the folder learn where to ask.
    let holder = memos_store::holder(folder.path()).unwrap();
    assert_eq!(holder.address, Some(running.url("")));

    running.stop().await.unwrap();
    on(&folder).open().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_does_not_open_ends_the_server_with_the_reason() {
    let open = || Err(Error::new(Code::FolderNewer, "version 9 wrote it"));
    let running = Running::start(Options::default(), open).await;
    let ended = tokio::time::timeout(HANG, running.ended)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::FolderNewer);
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_while_opening_waits_for_the_folder_and_frees_it() {
    let folder = tempfile::tempdir().unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let builder = on(&folder);
    let running = Running::start(Options::default(), move || {
        wait.recv().unwrap();
        builder.open()
    })
    .await;
    running.stop.send(()).unwrap();
    gone(running.address).await;
    go.send(()).unwrap();
    tokio::time::timeout(HANG, running.ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    on(&folder).open().unwrap();
}

/// Returns when nobody listens there any more.
async fn gone(address: SocketAddr) {
    let asking = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG, asking).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_and_kept_when_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let builder = on(&folder);
    let running = Running::start(Options::default(), move || builder.open()).await;
    ready(&client(), &running).await;

    let body = message("The ferry leaves at seven.").to_string();
    let (first, second) = body.split_at(10);
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    let head = format!(
        "POST /api/v1/cubes/notes/memories HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server has asked for the body, so the request is in flight.
    let mut go_on = [0; 25];
    slow.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"));
    slow.write_all(first.as_bytes()).await.unwrap();

    let address = running.address;
    running.stop.send(()).unwrap();
    gone(address).await;
    slow.write_all(second.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    tokio::time::timeout(HANG, running.ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();

    let memos = on(&folder).open().unwrap();
    let kept = memos
        .list(
            &"local".parse().unwrap(),
            &"notes".parse().unwrap(),
            &Default::default(),
        )
        .unwrap();
    assert_eq!(kept.memories[0].text, "The ferry leaves at seven.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_finishes_does_not_keep_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let builder = on(&folder);
    let options = Options {
        drain: Duration::from_millis(50),
        ..Options::default()
    };
    let running = Running::start(options, move || builder.open()).await;
    ready(&client(), &running).await;
    let mut stuck = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    stuck.write_all(head.as_bytes()).await.unwrap();
    stuck.read_exact(&mut [0; 25]).await.unwrap();
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_gets_its_answer_however_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let builder = on(&folder);
    let options = Options {
        body_limit: 10_000,
        ..Options::default()
    };
    let running = Running::start(options, move || builder.open()).await;
    let client = client();
    ready(&client, &running).await;

    // Much more than the buffers of the sockets hold: the client is still sending when it is clear.
    let large = message(&"x".repeat(20_000_000)).to_string();
    let path = running.url("/api/v1/cubes/notes/memories");
    let request = client
        .post(&path)
        .header("content-type", "application/json")
        .body(large.clone());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "too_large");

    // In pieces of no declared length.
    let mut pieces = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /api/v1/cubes/notes/memories HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    pieces.write_all(head.as_bytes()).await.unwrap();
    for piece in large.as_bytes()[..50_000].chunks(1000) {
        pieces
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await
            .unwrap();
        pieces.write_all(piece).await.unwrap();
        pieces.write_all(b"\r\n").await.unwrap();
    }
    pieces.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    pieces.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"code\":\"too_large\""), "{answer}");

    // A client that asks first is told before it sends.
    let mut polite = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /api/v1/cubes/notes/memories HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n";
    polite.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    polite.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    running.stop().await.unwrap();
}

/// A plain client of this machine.
fn client() -> Client {
    let address = "http://127.0.0.1".parse().unwrap();
    memos_models::http_client(&address)
        .unwrap()
        .build()
        .unwrap()
}

#[tokio::test]
async fn addresses_that_are_taken_public_or_nonsense_are_refused_with_the_remedy() {
    let taken = Server::bind("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    let taken_address = taken.local_addr().to_string();
    for (address, code) in [
        (taken_address.as_str(), Code::AddressInUse),
        ("0.0.0.0:0", Code::AddressRefused),
        ("[::]:0", Code::AddressRefused),
        ("192.0.2.1:80", Code::AddressRefused),
        ("127.0.0.1", Code::InvalidRequest),
        ("127.0.0.1:99999", Code::InvalidRequest),
    ] {
        let error = Server::bind(address, Options::default())
            .await
            .err()
            .unwrap();
        assert_eq!(error.code(), code, "{address}: {error}");
        assert_eq!(error.field(), Some("listen"), "{address}");
        assert!(
            error.remedy_text().is_some_and(|r| r.contains("127.0.0.1")),
            "{error}"
        );
    }
    assert!(
        Server::bind("localhost:0", Options::default())
            .await
            .is_ok()
    );
}

/// The only test here that signals, and this process's only listener for it.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_is_a_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let builder = on(&folder);
    let shutdown = shutdown_signal().unwrap();
    let server = Server::bind("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    let ended = tokio::spawn(server.run(move || builder.open(), shutdown));
    let pid = std::process::id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .unwrap();
    assert!(sent.success());
    tokio::time::timeout(HANG, ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    on(&folder).open().unwrap();
}
