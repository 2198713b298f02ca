//! What those who run the server see: probes, numbers, request ids, failures.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::routing::get;
use memos_core::{Code, Error};

use super::{Face, bare, message, send, with_json};
use crate::MemOs;
use crate::http::problem::Refusal;
use crate::http::router::surround;
use crate::http::{AppState, Options, router};

#[tokio::test]
async fn probes_follow_the_folder() {
    let state = AppState::opening(Options::default());
    let router = router(state.clone());
    let ask = async |path: &str| send(&router, bare(Method::GET, path)).await;

    let health = ask("/health").await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["status"], "healthy");
    assert_eq!(health.json()["service"], "memos");
    let opening = ask("/ready").await;
    opening.problem(503, "unavailable");
    assert_eq!(opening.header("retry-after"), "1");
    ask("/api/v1/cubes").await.problem(503, "unavailable");
    // It refuses before it reads the body.
    let add = with_json(Method::POST, "/api/v1/search", "not json");
    send(&router, add).await.problem(503, "unavailable");

    let folder = tempfile::tempdir().unwrap();
    state.opened(Arc::new(
        MemOs::builder().data(folder.path()).open().unwrap(),
    ));
    assert_eq!(ask("/ready").await.json()["status"], "ready");
    assert_eq!(ask("/api/v1/cubes").await.status, 200);

    state.failed(&Error::new(Code::FolderLocked, "process 7 holds it").remedy("stop it"));
    let failed = ask("/ready").await.problem(503, "unavailable");
    assert!(
        failed["detail"]
            .as_str()
            .unwrap()
            .contains("process 7 holds it"),
        "{failed}"
    );
    assert_eq!(ask("/health").await.status, 200);

    state.close();
    ask("/api/v1/cubes").await.problem(503, "unavailable");
    // The folder is free again.
    MemOs::builder().data(folder.path()).open().unwrap();
}

#[tokio::test]
async fn metrics_count_by_route_and_never_by_id() {
    let face = Face::new();
    let id = face.add("my-secret-cube", "Hello there.").await;
    face.get(&format!("/api/v1/cubes/my-secret-cube/memories/{id}"))
        .await;
    face.get("/api/v1/cubes/my-secret-cube/memories/bad").await;
    face.get("/no/such/my-secret-path").await;
    let question = serde_json::json!({"query": "hello", "cube_ids": ["my-secret-cube"]});
    face.post("/api/v1/search", &question).await;
    let odd = Request::builder()
        .method("BREW")
        .uri("/health")
        .body(Body::empty())
        .unwrap();
    face.send(odd).await;

    let answer = face.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("text/plain"));
    let text = answer.text();
    let has = |name: &str, parts: &[&str], value: &str| {
        let line = |l: &str| {
            l.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
                && parts.iter().all(|p| l.contains(p))
                && l.ends_with(&format!(" {value}"))
        };
        assert!(text.lines().any(line), "{name} {parts:?} {value}\n{text}");
    };
    let memory = r#"route="/api/v1/cubes/{cube_id}/memories/{id}""#;
    has(
        "http_requests_total",
        &[memory, r#"method="GET""#, r#"status="200""#],
        "1",
    );
    has(
        "http_requests_total",
        &[memory, r#"method="GET""#, r#"status="400""#],
        "1",
    );
    has(
        "http_requests_total",
        &[r#"route="unmatched""#, r#"status="404""#],
        "1",
    );
    has(
        "http_requests_total",
        &[r#"route="/health""#, r#"method="other""#],
        "1",
    );
    has(
        "http_request_duration_seconds_bucket",
        &[memory, r#"le="+Inf""#],
        "2",
    );
    has("memos_search_seconds_count", &[], "1");
    has("memos_memories_added_total", &[], "1");
    has("memos_build_info", &[env!("CARGO_PKG_VERSION")], "1");
    assert!(text.contains("\nprocess_start_time_seconds "));
    for secret in ["my-secret", &id, "BREW"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn metrics_are_each_servers_own() {
    let (one, other) = (Face::new(), Face::new());
    one.add("a", "Hello there.").await;
    assert!(
        one.get("/metrics")
            .await
            .text()
            .contains("memos_memories_added_total 1")
    );
    assert!(
        other
            .get("/metrics")
            .await
            .text()
            .contains("memos_memories_added_total 0")
    );
    // A repeat adds nothing.
    one.post("/api/v1/cubes/a/memories", &message("Hello there."))
        .await;
    assert!(
        one.get("/metrics")
            .await
            .text()
            .contains("memos_memories_added_total 1")
    );
}

#[tokio::test]
async fn request_ids_are_echoed_or_made() {
    let face = Face::new();
    for path in ["/health", "/no/such/route", "/api/v1/cubes"] {
        let request = Request::get(path)
            .header("x-request-id", "mine-1")
            .body(Body::empty());
        assert_eq!(
            face.send(request.unwrap()).await.header("x-request-id"),
            "mine-1"
        );
        let made = face.get(path).await.header("x-request-id").to_owned();
        assert_eq!(uuid::Uuid::parse_str(&made).unwrap().get_version_num(), 7);
        assert_ne!(face.get(path).await.header("x-request-id"), made);
    }
}

#[tokio::test]
async fn failures_say_nothing_of_the_inside() {
    async fn panics() -> &'static str {
        panic!("secret")
    }
    async fn panics_on_a_thread() -> Result<(), Refusal> {
        Ok(crate::http::caller::blocking(|| panic!("secret")).await?)
    }
    async fn fails() -> Result<(), Refusal> {
        Err(Error::new(Code::Internal, "secret")
            .caused_by("secret")
            .into())
    }
    let routes = Router::new()
        .route("/panics", get(panics))
        .route("/panics_on_a_thread", get(panics_on_a_thread))
        .route("/fails", get(fails));
    let router = surround(routes, AppState::opening(Options::default()));
    for path in ["/panics", "/panics_on_a_thread", "/fails"] {
        let answer = send(&router, bare(Method::GET, path)).await;
        answer.problem(500, "internal");
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

#[tokio::test]
async fn every_reason_has_the_status_of_the_table() {
    for (code, status) in [
        (Code::DiskFull, 507),
        (Code::FolderLocked, 503),
        (Code::FolderNewer, 503),
        (Code::IllegalMove, 409),
        (Code::Forbidden, 403),
        (Code::Corrupt, 500),
    ] {
        let refuse = move || async move { Refusal(Error::new(code, "because")) };
        let routes = Router::new().route("/", get(refuse));
        let router = surround(routes, AppState::opening(Options::default()));
        send(&router, bare(Method::GET, "/"))
            .await
            .problem(status, code.as_str());
    }
}

/// A log that a test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_one_line_a_request_and_nothing_that_was_said() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(move || writer.clone())
        .finish();
    let face = Face::new();
    let log = tracing::subscriber::set_default(subscriber);
    // A place that another test logs from for the first time just now would stay off for this
    // thread: see it once, and let every place ask again who listens.
    face.add("my-secret-cube", "A first secret.").await;
    tracing::callsite::rebuild_interest_cache();
    lines.0.lock().unwrap().clear();
    face.add("my-secret-cube", "A secret thing was said.").await;
    let question = serde_json::json!({"query": "a secret?", "cube_ids": ["my-secret-cube", "a b"]});
    let search = with_json(Method::POST, "/api/v1/search", question.to_string());
    let (mut parts, body) = search.into_parts();
    parts
        .headers
        .insert("x-request-id", "mine-1".parse().unwrap());
    face.send(Request::from_parts(parts, body))
        .await
        .problem(400, "invalid_request");
    drop(log);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let answered: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .filter(|l: &serde_json::Value| l["fields"]["message"] == "answered")
        .collect();
    assert_eq!(answered.len(), 2, "{text}");
    let fields = &answered[1]["fields"];
    assert_eq!(fields["method"], "POST");
    assert_eq!(fields["route"], "/api/v1/search");
    assert_eq!(fields["status"], 400);
    assert!(fields["micros"].is_u64(), "{text}");
    assert_eq!(answered[1]["span"]["request_id"], "mine-1");
    let ids = answered[1].to_string().matches("mine-1").count();
    assert_eq!(ids, 1, "{text}");
}
