//! What pages in a browser may do: those of this machine and of `hosts` all, others nothing.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, Face};
use crate::Limits;
use crate::http::Options;

const NOTES: &str = "/api/v1/cubes/notes/memories";
const SEARCH: &str = "/api/v1/search";
const KNOWN: [&str; 2] = ["http://localhost:3000", "https://memory.example.org"];

fn face() -> Face {
    let options = Options {
        hosts: vec!["memory.example.org".into()],
        ..Options::default()
    };
    Face::with(options, Limits::default())
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let face = face();
    face.add("notes", "Mina lives in Lyon.").await;
    let send = async |path: &str, kind: Option<&str>, (name, value): (&str, &str)| {
        let mut request = Request::post(path).header(name, value);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        face.send(request.body(Body::empty()).unwrap()).await
    };
    let form = "multipart/form-data; boundary=x";
    for (path, kind) in [
        ("/reset", None),
        ("/api/openmem/v1/add/knowledgebase-file", Some(form)),
        ("/v1/files", Some(form)),
        ("/product/scheduler/wait?user_name=ada", None),
    ] {
        for (header, value) in [
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            let refused = send(path, kind, (header, value)).await;
            assert_eq!(refused.status, 403, "{path}: {}", refused.text());
            assert!(refused.text().contains("MEMOS_HOSTS"), "{}", refused.text());
        }
    }
    let native = send(SEARCH, None, ("origin", "https://evil.example")).await;
    assert_eq!(native.problem(403, "forbidden")["field"], "Origin");
    let page = face.get(NOTES).await;
    assert_eq!(page.json()["memories"].as_array().unwrap().len(), 1);
    // Pages of this machine and of hosts that are named.
    for origin in KNOWN {
        let reset = send("/reset", None, ("origin", origin)).await;
        assert_eq!(reset.status, 200, "{}", reset.text());
    }
}

/// What a browser asks before a page may send JSON.
async fn preflight(face: &Face, path: &str, origin: &str) -> Answer {
    let request = Request::options(path)
        .header("host", "127.0.0.1:7777")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    face.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn pages_that_may_speak_to_the_server_are_told_so() {
    let face = face();
    for origin in KNOWN {
        for path in [SEARCH, "/product/search", "/v1/chat/completions", "/mcp"] {
            let asked = preflight(&face, path, origin).await;
            assert_eq!(asked.status, 200, "{path}");
            for (name, value) in [
                ("access-control-allow-origin", origin),
                ("access-control-allow-methods", "POST"),
                ("access-control-allow-headers", "content-type"),
                ("access-control-allow-credentials", ""),
            ] {
                assert_eq!(asked.header(name), value, "{path}: {name}");
            }
            assert!(asked.header("vary").contains("origin"), "{path}");
        }
        // An answer and a refusal are both to be read.
        for path in ["/api/v1/cubes", "/api/v1/cubes/none", "/nowhere"] {
            let request = Request::get(path).header("origin", origin);
            let answer = face.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin);
        }
    }
}

#[tokio::test]
async fn of_other_pages_nothing_is_said() {
    let face = face();
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let asked = preflight(&face, SEARCH, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), "", "{origin}");
        let request = Request::get(NOTES).header("origin", origin);
        let answer = face.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}
