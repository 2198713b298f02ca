//! The way to the model's server.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, ORIGIN,
    REFERER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use memos_core::{Code, Error, MemoryId, Result};
use memos_models::{ApiKey, base_url, http_client};
use reqwest::{Client, Url};

use super::questions::Questions;
use super::refusal::failure;
use super::wish::PREFIX;
use crate::http::Upstream;

/// Longest that a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Carries the names of the servers that a request has passed, so that each knows its own.
const VIA: HeaderName = HeaderName::from_static("x-memos-via");

/// The key by which a client asks for the one that is configured: OpenAI's clients can't send none.
const OURS: &str = "memos";

/// A model server that speaks OpenAI's API.
pub(crate) struct ModelServer {
    client: Client,
    base: Url,
    key: Option<HeaderValue>,
    name: HeaderValue,
    /// What was asked in the conversations that it keeps.
    pub(super) questions: Arc<Questions>,
}

impl ModelServer {
    /// The server at an address. It is not spoken to yet.
    ///
    /// # Errors
    /// `InvalidRequest` for an address or a key that can't be one, `Unavailable` if TLS does not start.
    pub(crate) fn new(settings: &Upstream) -> Result<Self> {
        let base = base_url(&settings.base_url).map_err(|error| {
            let why = error.message().to_owned();
            let why = why.replace("the language model's", "the model server's");
            Error::new(error.code(), why)
                .at(format!("{}.base_url", settings.section))
                .remedy(format!(
                    "set {} to an address such as https://api.openai.com/v1",
                    settings.variable("BASE_URL")
                ))
        })?;
        let key = settings.api_key.as_ref().map(|key| {
            let header = ApiKey::new(&key.0).header();
            header.map_err(|error| {
                error
                    .at(format!("{}.api_key", settings.section))
                    .remedy(format!(
                        "copy the key for {} again, on one line",
                        settings.variable("API_KEY")
                    ))
            })
        });
        let client = http_client(&base)?
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(settings.timeout)
            // Streams are small pieces that are awaited one by one.
            .tcp_nodelay(true)
            .build()
            .map_err(|e| {
                Error::new(Code::Unavailable, "the HTTP client does not start").caused_by(e)
            })?;
        let name = MemoryId::generate().to_string();
        Ok(Self {
            client,
            base,
            key: key.transpose()?,
            name: HeaderValue::try_from(name).expect("a UUID is visible ASCII"),
            questions: Arc::default(),
        })
    }

    /// Sends a request on and returns the head of its answer.
    ///
    /// # Errors
    /// An answer that says why there is none.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<reqwest::Response, Response> {
        if headers.get_all(VIA).iter().any(|name| name == self.name) {
            return Err(failure(
                StatusCode::LOOP_DETECTED,
                "upstream_is_this_server",
                "The model server that is configured is this server itself: set \
                 MEMOS_PROXY_BASE_URL to the address of another one.",
            ));
        }
        let Some(url) = self.url(path, query) else {
            return Err(failure(
                StatusCode::NOT_FOUND,
                "route_not_found",
                "The path leads out of the API of the model server: correct it.",
            ));
        };
        let sending = self
            .client
            .request(method, url)
            .headers(self.passed_on(headers))
            .body(body);
        sending
            .send()
            .await
            .map_err(|error| self.unreachable(error))
    }

    /// The address of a path of the API; none if it would leave it.
    fn url(&self, path: &str, query: Option<&str>) -> Option<Url> {
        let mut url = self.base.clone();
        let wanted = format!("{}{path}", self.base.path());
        url.set_path(&wanted);
        url.set_query(query);
        // Dots in a path are resolved, however they are written.
        (url.path() == wanted).then_some(url)
    }

    /// What of a client's headers concerns the model's server.
    fn passed_on(&self, headers: &HeaderMap) -> HeaderMap {
        let mut passed = end_to_end(headers);
        // The answer is read, so it must not be compressed; cookies are of this server, and so is what
        // a browser says of the page that speaks to it.
        let of_here = [
            HOST,
            CONTENT_LENGTH,
            EXPECT,
            ACCEPT_ENCODING,
            COOKIE,
            ORIGIN,
            REFERER,
        ];
        for name in of_here {
            passed.remove(name);
        }
        without(&mut passed, |name| {
            (name.starts_with(PREFIX) && name != VIA) || name.starts_with("sec-fetch-")
        });
        let given = passed.get(AUTHORIZATION);
        if given.is_none_or(is_ours) {
            match &self.key {
                Some(key) => passed.insert(AUTHORIZATION, key.clone()),
                None => passed.remove(AUTHORIZATION),
            };
        }
        passed.append(VIA, self.name.clone());
        passed
    }

    fn unreachable(&self, error: reqwest::Error) -> Response {
        let address = self.base.as_str();
        let is_met = !error.is_connect();
        let late = error.is_timeout();
        tracing::warn!(
            error = causes(&error.without_url()),
            "the model server gives no answer"
        );
        match (is_met, late) {
            (true, true) => failure(
                StatusCode::GATEWAY_TIMEOUT,
                "upstream_timeout",
                &format!(
                    "The model server at {address} did not answer in time: try again, or raise \
                     MEMOS_PROXY_TIMEOUT."
                ),
            ),
            (true, false) => failure(
                StatusCode::BAD_GATEWAY,
                "upstream_broke_off",
                &format!(
                    "The model server at {address} took the request and hung up without an answer: \
                     look into its log, then try again."
                ),
            ),
            (false, _) => failure(
                StatusCode::BAD_GATEWAY,
                "upstream_unreachable",
                &format!(
                    "The model server at {address} can't be reached: start it, or correct \
                     MEMOS_PROXY_BASE_URL."
                ),
            ),
        }
    }
}

/// The answer where no model server is configured.
pub(super) fn not_configured() -> Response {
    failure(
        StatusCode::SERVICE_UNAVAILABLE,
        "upstream_not_configured",
        "No model server is configured: set MEMOS_PROXY_BASE_URL (or proxy.base_url in memos.toml) to \
         the address of an OpenAI-compatible one, such as https://api.openai.com/v1, and start memos \
         again.",
    )
}

/// The headers that are meant for the other end, not for this connection (RFC 9110, section 7.6.1).
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut passed = headers.clone();
    for name in [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE] {
        passed.remove(name);
    }
    let others = [
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
    ];
    for name in others.into_iter().chain(named.iter().map(String::as_str)) {
        passed.remove(name);
    }
    passed
}

/// Takes out the headers whose names fit.
pub(super) fn without(headers: &mut HeaderMap, fits: impl Fn(&str) -> bool) {
    let names = headers.keys().filter(|name| fits(name.as_str()));
    let names: Vec<HeaderName> = names.cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let words = std::iter::once(error.to_string()).chain(causes.map(ToString::to_string));
    words.collect::<Vec<_>>().join(": ")
}

/// The word before it may be written in any case.
fn is_ours(given: &HeaderValue) -> bool {
    let words = given.to_str().ok().and_then(|given| given.split_once(' '));
    words.is_some_and(|(scheme, key)| scheme.eq_ignore_ascii_case("bearer") && key.trim() == OURS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn server(key: Option<&str>) -> ModelServer {
        ModelServer::new(&Upstream {
            base_url: "http://127.0.0.1:9/api/v1".into(),
            api_key: key.map(|key| Secret(key.into())),
            timeout: Duration::from_secs(1),
            section: "proxy",
        })
        .unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn headers_of_the_connection_and_of_ours_stay_here() {
        let passed = server(None).passed_on(&headers(&[
            ("host", "127.0.0.1:1"),
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("content-length", "7"),
            ("accept-encoding", "gzip"),
            ("cookie", "a=b"),
            ("origin", "http://localhost:3000"),
            ("referer", "http://localhost:3000/secret"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "cors"),
            ("x-memos-user", "ada"),
            ("authorization", "Bearer sk-client"),
            ("openai-organization", "org"),
            ("content-type", "application/json"),
        ]));
        let mut names: Vec<&str> = passed.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "authorization",
                "content-type",
                "openai-organization",
                "x-memos-via"
            ]
        );
        assert_eq!(passed[AUTHORIZATION], "Bearer sk-client");
    }

    #[test]
    fn the_clients_key_wins_over_the_configured_one() {
        let with = |key, given: &[(&'static str, &'static str)]| {
            let passed = server(key).passed_on(&headers(given));
            passed
                .get(AUTHORIZATION)
                .map(|v| v.to_str().unwrap().to_owned())
        };
        let client = [("authorization", "Bearer sk-client")];
        let ours = [("authorization", "bearer memos")];
        let configured = Some("Bearer sk-ours".to_owned());
        assert_eq!(
            with(Some("sk-ours"), &client).as_deref(),
            Some("Bearer sk-client")
        );
        assert_eq!(with(Some("sk-ours"), &ours), configured);
        assert_eq!(with(Some("sk-ours"), &[]), configured);
        assert_eq!(with(None, &ours), None);
    }

    #[test]
    fn no_path_leaves_the_api() {
        let server = server(None);
        let url = |path| server.url(path, Some("a=%20b")).map(String::from);
        assert_eq!(
            url("/responses/r%2F1").as_deref(),
            Some("http://127.0.0.1:9/api/v1/responses/r%2F1?a=%20b")
        );
        for bad in [
            "/responses/../../admin",
            "/responses/%2e%2E/x",
            "/responses/./x",
        ] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_address_or_key_is_refused_by_its_setting() {
        let refused = |base_url: &str, key: Option<&str>| {
            let settings = Upstream {
                base_url: base_url.into(),
                api_key: key.map(|key| Secret(key.into())),
                timeout: Duration::from_secs(1),
                section: "proxy",
            };
            ModelServer::new(&settings).err().unwrap()
        };
        let address = refused("ftp://h", None);
        assert_eq!(address.field(), Some("proxy.base_url"));
        assert!(
            address.to_string().contains("MEMOS_PROXY_BASE_URL"),
            "{address}"
        );
        assert_eq!(
            refused("http://h", Some("a\nb")).field(),
            Some("proxy.api_key")
        );
    }
}
