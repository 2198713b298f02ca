//! The route: the body within its limit, its frame, and then the session that it belongs to.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use memos_core::{Code, Error, Result};
use rmcp::model::ErrorCode;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dialect::refusal;
use super::envelope::Envelope;
use super::home::Home;
use super::server::{Asker, Server};
use super::sessions::Sessions;
use super::sets::ToolSets;
use crate::faces::kit::{Told, finished};
use crate::http::{AppState, Caller, Refusal, check_page, read_body};

/// Where it is.
pub(crate) const PATH: &str = "/mcp";

const SESSION: &str = "mcp-session-id";

const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// Longest text of an error that is not JSON.
const PLAIN_ERROR: usize = 64 * 1024;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(post, get, delete))
        .layer(Extension(Arc::new(Sessions::new())))
}

/// Speak the Model Context Protocol
///
/// Streamable HTTP: a JSON-RPC message. The answer to a request is a stream of server-sent events
/// that ends with the result; everything else is accepted without one. `initialize` answers with a
/// `Mcp-Session-Id`, which later messages carry. The query chooses the tools (`default`, `memos`,
/// `mem0`, `graph`, `files`, `all`, or several with commas between them), and the cube or user to work for.
#[utoipa::path(
    post,
    path = "/mcp",
    tag = "mcp",
    params(
        ("tools" = Option<String>, Query, description = "Sets of tools", example = "default"),
        ("cube" = Option<String>, Query, description = "The cube to work on"),
        ("user" = Option<String>, Query, description = "The user whose memories they are"),
    ),
    request_body(content = Object, example = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "example", "version": "1"}
        }
    })),
    responses(
        (status = 200, description = "The answer.", content_type = "text/event-stream", body = String),
        (status = 202, description = "Accepted; there is nothing to answer."),
        (status = "4XX", description = "A JSON-RPC error.", body = Object),
        (status = "5XX", description = "A JSON-RPC error.", body = Object),
    ),
)]
async fn post(door: Door, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let bytes = read_body(body, &parts.headers, door.state.options().body_limit).await?;
    let envelope = match Envelope::read(&bytes) {
        Ok(envelope) => envelope,
        Err(told) => return Ok(said(&told)),
    };
    if envelope.method.as_deref() == Some("initialize") {
        door.sessions.room().await;
    }
    if takes_anything(&parts.headers) {
        parts.headers.insert(ACCEPT, BOTH);
    }
    Ok(door.pass(parts, Body::from(bytes), envelope.id).await)
}

/// Hear what a server says by itself
///
/// The stream of a session: notifications of resources that were subscribed to.
#[utoipa::path(
    get,
    path = "/mcp",
    tag = "mcp",
    responses(
        (status = 200, description = "Events.", content_type = "text/event-stream", body = String),
        (status = "4XX", description = "A JSON-RPC error.", body = Object),
        (status = "5XX", description = "A JSON-RPC error.", body = Object),
    ),
)]
async fn get(door: Door, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    door.pass(parts, Body::empty(), Value::Null).await
}

/// End a session
#[utoipa::path(
    delete,
    path = "/mcp",
    tag = "mcp",
    responses(
        (status = 204, description = "It is over."),
        (status = "4XX", description = "A JSON-RPC error.", body = Object),
        (status = "5XX", description = "A JSON-RPC error.", body = Object),
    ),
)]
async fn delete(door: Door, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(id) = session_of(&parts.headers)
        && !door.sessions.has(id).await
    {
        let why = "Not Found: there is no such session; it has ended";
        let (status, code) = (StatusCode::NOT_FOUND, ErrorCode::INVALID_REQUEST);
        return said(&refusal(&Value::Null, status, code, why));
    }
    let mut answer = door.pass(parts, Body::empty(), Value::Null).await;
    if answer.status() == StatusCode::ACCEPTED {
        // It has been done, and clients know this status of it.
        *answer.status_mut() = StatusCode::NO_CONTENT;
    }
    answer
}

/// Who asks for what, checked.
struct Door {
    sessions: Arc<Sessions>,
    state: AppState,
    asker: Asker,
}

impl FromRequestParts<AppState> for Door {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, state).await?;
        // Reading takes part in a session too: here every method is checked.
        check_page(&parts.headers, &state.options().hosts)?;
        let sessions: Option<&Arc<Sessions>> = parts.extensions.get();
        let sessions = sessions
            .cloned()
            .ok_or_else(|| Error::new(Code::Internal, "the route has no sessions"))?;
        sessions.end_with(&caller.memos);
        Ok(Self {
            sessions,
            state: state.clone(),
            asker: asker(&parts.uri, &caller, &state.options().tools)?,
        })
    }
}

impl Door {
    /// Has the session, or a new one, answer the message of this id.
    async fn pass(self, mut parts: Parts, body: Body, id: Value) -> Response {
        parts.extensions.insert(self.asker.request_id.clone());
        // A request without one was let in: it is no browser's.
        let headers = &mut parts.headers;
        headers
            .entry(HOST)
            .or_insert(HeaderValue::from_static("localhost"));
        let sessions = self.sessions;
        let visit = sessions.visit(session_of(headers)).await;
        let (state, asker) = (self.state.clone(), self.asker);
        let service = sessions.service(state.options().body_limit, move || {
            Server::new(state.clone(), asker.clone())
        });
        let answer = service.handle(Request::from_parts(parts, body)).await;
        let answer = worded(answer.map(Body::new), id).await;
        let visit = match visit {
            None => sessions.visit(session_of(answer.headers())).await,
            visit => visit,
        };
        match visit {
            Some(visit) => visit.last_as(answer),
            None => answer,
        }
    }
}

fn session_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION)?.to_str().ok()
}

/// What the query of the address asks for. Names that it does not know are left alone.
fn asker(uri: &Uri, caller: &Caller, default: &ToolSets) -> Result<Asker> {
    let mut tools = default.clone();
    let (mut cube, mut user) = (None, None);
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match &*name {
            "tools" => tools = value.parse()?,
            "cube" => cube = Some(value),
            "user" => user = Some(value),
            _ => {}
        }
    }
    Ok(Asker {
        who: caller.who.clone(),
        tools,
        home: Home::of(cube.as_deref(), user.as_deref()),
        request_id: super::server::RequestId(caller.request_id.clone()),
    })
}

/// Whether a client leaves it open what it gets.
fn takes_anything(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .is_none_or(|accept| accept.to_str().is_ok_and(|text| text.contains("*/*")))
}

/// An answer that stays as it is; an error in plain text becomes one of JSON-RPC with its status, and
/// has the id of the request.
async fn worded(answer: Response, id: Value) -> Response {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let is_json = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let text = to_bytes(body, PLAIN_ERROR).await.unwrap_or_default();
    let mut told = match serde_json::from_slice::<Value>(&text) {
        Ok(body) if is_json => Told { status, body },
        _ => plain(status, &String::from_utf8_lossy(&text)),
    };
    if told.body.get("id").is_some_and(Value::is_null) {
        told.body["id"] = id;
    }
    let mut answer = said(&told);
    if let Some(allow) = parts.headers.get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allow.clone());
    }
    answer
}

/// What was said in plain text, as an error of JSON-RPC.
fn plain(status: StatusCode, text: &str) -> Told {
    let (status, code) = match status {
        // The body was JSON, but no message that is known.
        StatusCode::UNSUPPORTED_MEDIA_TYPE if text.starts_with("fail to deserialize") => {
            let code = match text.contains("recursion limit") {
                true => ErrorCode::PARSE_ERROR,
                false => ErrorCode::INVALID_PARAMS,
            };
            (StatusCode::BAD_REQUEST, code)
        }
        StatusCode::INTERNAL_SERVER_ERROR => (status, ErrorCode::INTERNAL_ERROR),
        _ => (status, ErrorCode::INVALID_REQUEST),
    };
    refusal(&Value::Null, status, code, text)
}

fn said(told: &Told) -> Response {
    finished(told.status, &told.body).into_response()
}
