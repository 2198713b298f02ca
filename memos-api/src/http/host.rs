//! Refuses names that are not ours, and pages that are not.
//!
//! Until authentication exists, being on the loopback is the only thing that keeps others out. A
//! web page could get around it in two ways. It points a name of its own at 127.0.0.1 (DNS rebinding):
//! then its requests are same-origin to the browser, but their `Host` still carries that name. Or it
//! sends, from where it is, what a browser sends without asking first: a form, a file, nothing at all.
//! Then `Origin` or `Sec-Fetch-Site` says so, which no page can forge.
//!
//! Pages that may speak to this server are told so by CORS: a browser asks before it sends JSON, and
//! shows a page only what is allowed to its origin.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error, Result};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, Any, CorsLayer};

use super::AppState;
use super::problem::Refusal;

/// For how long a browser need not ask again what a page may send.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Where a request comes from, in the browser's words.
const SITE: &str = "sec-fetch-site";

pub(super) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match allowed(&request, &state.options().hosts) {
        Ok(()) => next.run(request).await,
        Err(error) => Refusal(error).into_response(),
    }
}

/// What browsers are told of pages: those that [`check_page`] lets in may send what they like and read
/// the answer, by their own origin and without cookies; of others nothing is said.
pub(super) fn cors(state: &AppState) -> CorsLayer {
    let state = state.clone();
    let is_known = move |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str();
        origin.is_ok_and(|origin| is_known_page(origin, &state.options().hosts))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_known))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(Any)
        .max_age(MAX_AGE)
}

fn allowed(request: &Request, hosts: &[String]) -> Result<()> {
    if let Some(host) = refused(request, hosts) {
        let message = format!("this server is not called {host:?}");
        return Err(Error::new(Code::Forbidden, message).at("Host").remedy(
            "call it by a loopback name such as 127.0.0.1 or localhost, or name this host in the \
             server's configuration",
        ));
    }
    // What only reads changes nothing, and the page does not see the answer.
    if request.method().is_safe() {
        return Ok(());
    }
    check_page(request.headers(), hosts)
}

/// Refuses what a page of another site sends through its reader's browser.
///
/// # Errors
/// `Forbidden`, with the header that tells.
pub(crate) fn check_page(headers: &HeaderMap, hosts: &[String]) -> Result<()> {
    let refuse = |message: String, header: &str| {
        Err(Error::new(Code::Forbidden, message).at(header).remedy(
            "open the page from this machine, or name its host in the setting `hosts` (MEMOS_HOSTS)",
        ))
    };
    if let Some(origin) = headers.get(ORIGIN) {
        return match origin.to_str() {
            Ok(text) if is_known_page(text, hosts) => Ok(()),
            _ => refuse(
                format!(
                    "pages of {:?} may not speak to this server",
                    String::from_utf8_lossy(origin.as_bytes())
                ),
                "Origin",
            ),
        };
    }
    match headers.get(SITE) {
        Some(site) if site.as_bytes().eq_ignore_ascii_case(b"cross-site") => refuse(
            "pages of other sites may not speak to this server".to_owned(),
            "Sec-Fetch-Site",
        ),
        _ => Ok(()),
    }
}

/// Whether an origin is a page of this machine or of a host that is configured; `null` is neither.
fn is_known_page(origin: &str, hosts: &[String]) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else {
        return false;
    };
    let of_the_web = matches!(uri.scheme_str(), Some("http" | "https"));
    of_the_web && uri.host().is_some_and(|host| is_known(host, hosts))
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
fn is_known(host: &str, hosts: &[String]) -> bool {
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

    fn page(headers: &[(&'static str, &'static str)]) -> Result<()> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        let headers: HeaderMap = headers.iter().map(pair).collect();
        check_page(&headers, &["memory.example.org".to_owned()])
    }

    #[test]
    fn pages_of_other_sites_are_refused_by_the_header_that_tells() {
        for good in [
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:80",
            "https://memory.example.org",
        ] {
            // A page of this machine may be of another site than 127.0.0.1.
            page(&[("origin", good), ("sec-fetch-site", "cross-site")]).unwrap();
        }
        for bad in [
            "https://evil.example",
            "null",
            "http://127.0.0.1.evil.example",
            "file://",
            "app://localhost",
            "chrome-extension://abc",
        ] {
            let error = page(&[("origin", bad), ("sec-fetch-site", "same-origin")]).unwrap_err();
            assert_eq!(error.field(), Some("Origin"), "{bad}");
            assert!(error.message().contains(bad), "{error}");
            assert!(error.to_string().contains("MEMOS_HOSTS"), "{error}");
        }
        let silent = page(&[("sec-fetch-site", "cross-site")]).unwrap_err();
        assert_eq!(silent.field(), Some("Sec-Fetch-Site"));
        for site in ["same-origin", "same-site", "none"] {
            page(&[("sec-fetch-site", site)]).unwrap();
        }
        page(&[]).unwrap();
    }
}
