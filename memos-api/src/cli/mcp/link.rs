//! The link to one server: messages out by POST, messages back as JSON or as server-sent events.

use std::time::Duration;

use memos_core::{Code, Error, Result};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

/// How long a connection may take to be made. An answer may take as long as it needs.
const CONNECT: Duration = Duration::from_secs(5);

const SESSION: &str = "mcp-session-id";

/// A server, and the session with it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    http: reqwest::Client,
    url: Url,
    pub(super) session: Option<String>,
    pub(super) version: Option<String>,
}

/// What a message says of itself, for the headers that go with it.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) method: Option<String>,
    /// The tool, prompt or resource that it is about.
    pub(super) name: Option<String>,
    /// The version of a message that stands by itself, without a session.
    pub(super) version: Option<String>,
}

/// Why no answer came.
#[derive(Debug)]
pub(super) enum Lost {
    /// There is no server, or it does not know the session: another try may find one.
    Server(String),
    /// The server was there, and the answer broke off.
    Answer(String),
}

impl Link {
    pub(super) fn new(address: &str, query: &[(&'static str, String)]) -> Result<Self> {
        let unusable = |why: String| {
            Error::new(
                Code::InvalidRequest,
                format!("{address:?} is not a server's address: {why}"),
            )
            .at("server")
            .remedy("write it as http://127.0.0.1:7777")
        };
        let text = match address.contains("://") {
            true => address.to_owned(),
            false => format!("http://{address}"),
        };
        let mut url =
            Url::parse(text.trim_end_matches('/')).map_err(|e| unusable(e.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| unusable("it has no path".to_owned()))?
            .pop_if_empty()
            .push("mcp");
        url.query_pairs_mut().extend_pairs(query);
        let http = memos_models::http_client(&url)?
            .connect_timeout(CONNECT)
            .build()
            .map_err(|e| {
                Error::new(
                    Code::Unavailable,
                    format!("the HTTP client does not start: {e}"),
                )
                .caused_by(e)
            })?;
        Ok(Self {
            http,
            url,
            session: None,
            version: None,
        })
    }

    fn with_headers(&self, request: RequestBuilder, about: &About) -> RequestBuilder {
        let session = self.session.as_ref().filter(|_| about.version.is_none());
        let version = about.version.as_ref().or(self.version.as_ref());
        let headers = [
            (SESSION, session),
            ("mcp-protocol-version", version),
            ("mcp-method", about.method.as_ref()),
            ("mcp-name", about.name.as_ref()),
        ];
        headers
            .into_iter()
            .fold(request, |request, (name, value)| match value {
                // A name that is no header's value goes without: the body says it too.
                Some(value) if value.bytes().all(|b| (b' '..=b'~').contains(&b)) => {
                    request.header(name, value)
                }
                _ => request,
            })
    }

    /// Sends a message; the answer is still to be read.
    pub(super) async fn post(&self, message: &[u8], about: &About) -> Result<Response, Lost> {
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .body(message.to_vec());
        let sent = self.with_headers(request, about).send().await;
        let response = sent.map_err(|e| Lost::Server(e.to_string()))?;
        let status = response.status();
        let is_gone = status == StatusCode::NOT_FOUND && self.session.is_some();
        match is_gone || status == StatusCode::SERVICE_UNAVAILABLE {
            true => Err(Lost::Server(format!("the server answers {status}"))),
            false => Ok(response),
        }
    }

    /// The stream of what the server says by itself.
    pub(super) async fn listen(&self) -> Result<Response, Lost> {
        let request = self
            .http
            .get(self.url.clone())
            .header(ACCEPT, "text/event-stream");
        let sent = self.with_headers(request, &About::default()).send().await;
        sent.map_err(|e| Lost::Server(e.to_string()))
    }

    /// Ends the session.
    pub(super) async fn leave(&self) {
        if self.session.is_some() {
            let request = self.http.delete(self.url.clone());
            let left = self.with_headers(request, &About::default());
            // A server that is gone has no session any more.
            let _ = left.timeout(CONNECT).send().await;
        }
    }
}

/// The session that an answer begins.
pub(super) fn session_of(response: &Response) -> Option<String> {
    let value = response.headers().get(SESSION)?;
    value.to_str().ok().map(str::to_owned)
}

/// Hands over the messages of an answer as they come.
pub(super) async fn messages(
    mut response: Response,
    mut each: impl FnMut(Vec<u8>),
) -> Result<(), Lost> {
    let is_stream = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let broken = |e: reqwest::Error| Lost::Answer(e.to_string());
    if !is_stream {
        let body = response.bytes().await.map_err(broken)?;
        if !body.trim_ascii().is_empty() {
            each(one_line(&body));
        }
        return Ok(());
    }
    let mut events = Events::default();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        events.take(&chunk, &mut each);
    }
    Ok(())
}

/// Server-sent events, put together from chunks.
#[derive(Default)]
struct Events {
    /// A line that has not ended yet.
    line: Vec<u8>,
    data: Vec<u8>,
}

impl Events {
    fn take(&mut self, chunk: &[u8], each: &mut impl FnMut(Vec<u8>)) {
        for part in chunk.split_inclusive(|b| *b == b'\n') {
            self.line.extend_from_slice(part);
            if !part.ends_with(b"\n") {
                return;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii_end();
            if line.is_empty() {
                let data = std::mem::take(&mut self.data);
                if !data.trim_ascii().is_empty() {
                    each(one_line(&data));
                }
            } else if let Some(data) = line.strip_prefix(b"data:") {
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data
                    .extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
            }
        }
    }
}

/// JSON on one line: a line break can only stand between its parts.
fn one_line(json: &[u8]) -> Vec<u8> {
    let is_break = |b: &u8| *b == b'\n' || *b == b'\r';
    let text = json.trim_ascii().iter();
    text.map(|b| if is_break(b) { b' ' } else { *b }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_from_chunks() {
        let text = b"id: 0\nretry: 3000\ndata:\n\n: ping\n\ndata: {\"a\":\ndata: 1}\n\nevent: message\r\ndata: {\"b\":2}\r\n\r\ndata: {\"cut\"";
        for size in 1..20 {
            let (mut events, mut heard) = (Events::default(), Vec::new());
            for chunk in text.chunks(size) {
                events.take(chunk, &mut |message| heard.push(message));
            }
            let heard: Vec<_> = heard.iter().map(|m| String::from_utf8_lossy(m)).collect();
            assert_eq!(heard, ["{\"a\": 1}", "{\"b\":2}"]);
        }
    }

    #[test]
    fn a_server_may_stand_under_a_path() {
        let query = [
            ("tools", "default,graph".to_owned()),
            ("cube", "a b".to_owned()),
        ];
        let url = |address: &str| Link::new(address, &query).unwrap().url.to_string();
        let asked = "tools=default%2Cgraph&cube=a+b";
        assert_eq!(
            url("127.0.0.1:7"),
            format!("http://127.0.0.1:7/mcp?{asked}")
        );
        assert_eq!(url("http://a/b/"), format!("http://a/b/mcp?{asked}"));
        assert_eq!(Link::new("", &query).unwrap_err().field(), Some("server"));
    }
}
