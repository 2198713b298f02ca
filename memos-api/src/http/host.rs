//! Refuses names that are not ours.
//!
//! Until authentication exists, being on the loopback is the only thing that keeps others out. A
//! web page could get around it by pointing a name of its own at 127.0.0.1 (DNS rebinding): then
//! its requests are same-origin to the browser, but their `Host` still carries that name.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error};

use super::AppState;
use super::problem::Refusal;

pub(super) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match refused(&request, &state.options().hosts) {
        None => next.run(request).await,
        Some(host) => {
            let message = format!("this server is not called {host:?}");
            let error = Error::new(Code::Forbidden, message).at("Host").remedy(
                "call it by a loopback name such as 127.0.0.1 or localhost, or name this host in the \
                 server's configuration",
            );
            Refusal(error).into_response()
        }
    }
}

/// The name that the request is not allowed to call this server by.
fn refused(request: &Request, hosts: &[String]) -> Option<String> {
    let host = match (request.uri().host(), request.headers().get(HOST)) {
        (Some(host), _) => host.to_owned(),
        (None, Some(value)) => match Authority::try_from(value.as_bytes()) {
            Ok(authority) => authority.host().to_owned(),
            Err(_) => return Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        },
        // HTTP/1.0 and calls inside the process: not a browser.
        (None, None) => return None,
    };
    (!is_known(&host, hosts)).then_some(host)
}

/// Whether a host is this machine by a name of the loopback, or one of those that are configured.
pub(crate) fn is_known(host: &str, hosts: &[String]) -> bool {
    is_loopback(host) || hosts.iter().any(|h| h.eq_ignore_ascii_case(host))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_refused(host: &str, hosts: &[String]) -> bool {
        let request = Request::builder()
            .uri("/")
            .header(HOST, host)
            .body(Body::empty())
            .unwrap();
        refused(&request, hosts).is_some()
    }

    #[test]
    fn only_the_loopback_and_named_hosts_are_let_in() {
        for good in [
            "localhost",
            "LocalHost:7777",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(!is_refused(good, &[]), "{good}");
        }
        for bad in [
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "10.0.0.1",
            "a b",
        ] {
            assert!(is_refused(bad, &[]), "{bad}");
        }
        assert!(!is_refused(
            "memory.example:443",
            &["Memory.Example".into()]
        ));
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        assert!(refused(&request, &[]).is_none());
    }
}
