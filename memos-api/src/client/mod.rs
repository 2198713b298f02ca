//! A typed client of the REST API: what [`MemOs`](crate::MemOs) does in a process of its own, with
//! the same requests, answers and errors, here over HTTP.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memos_core::Result<()> {
//! use memos_api::client::Client;
//! use memos_api::wire::{AddRequest, PatchRequest, SearchRequest};
//!
//! let server = Client::new("http://127.0.0.1:7777")?;
//! let notes = "notes".parse()?;
//! let added = server.add(&notes, &AddRequest {
//!     messages: Some(serde_json::json!([{"role": "user", "content": "Mina moved to Lyon."}])),
//!     ..AddRequest::default()
//! }).await?;
//! let found = server.search(&SearchRequest {
//!     query: "Where does Mina live?".into(),
//!     cube_ids: vec!["notes".into()],
//!     ..SearchRequest::default()
//! }).await?;
//! assert_eq!(found.hits[0].memory.id, added.memories[0].id);
//!
//! // Refused if somebody else changed it in between.
//! let memory = &found.hits[0].memory;
//! let patch = PatchRequest {
//!     text: Some("Mina moved to Nantes.".into()),
//!     version: Some(memory.version),
//!     ..PatchRequest::default()
//! };
//! if let Err(error) = server.update(&notes, memory.id, &patch).await {
//!     eprintln!("{} at {:?}: {:?}", error.code().as_str(), error.field(), error.remedy_text());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | route | method |
//! |---|---|
//! | `/cubes` | [`create_cube`](Client::create_cube), [`cubes`](Client::cubes), [`cube`](Client::cube), [`delete_cube`](Client::delete_cube) |
//! | `/cubes/{cube_id}/memories` | [`add`](Client::add), [`list`](Client::list), [`memory`](Client::memory), [`update`](Client::update), [`forget`](Client::forget) |
//! | `/search`, `/context` | [`search`](Client::search), [`context`](Client::context) |
//! | `…/versions`, `/diff`, `/related`, `/rollback`, `/state` of a memory | [`versions`](Client::versions), [`diff`](Client::diff), [`related`](Client::related), [`roll_back_memory`](Client::roll_back_memory), [`change_state`](Client::change_state) |
//! | `…/rollback`, `/dump`, `/snapshots` of a cube | [`roll_back`](Client::roll_back), [`dump`](Client::dump), [`take_snapshot`](Client::take_snapshot), [`snapshots`](Client::snapshots), [`drop_snapshot`](Client::drop_snapshot) |
//! | `…/branches`, `/branch`, `/merge` | [`open_branch`](Client::open_branch), [`diff_branch`](Client::diff_branch), [`merge_branch`](Client::merge_branch) |
//! | `…/feedback`, `/refine`, `/entities`, `/topics` | [`feedback`](Client::feedback), [`refine`](Client::refine), [`entities`](Client::entities), [`topics`](Client::topics) |
//! | `/tasks` | [`tasks`](Client::tasks), [`task`](Client::task), [`submit_task`](Client::submit_task), [`retry_task`](Client::retry_task), [`cancel_task`](Client::cancel_task), [`drain`](Client::drain) |
//! | `/events` | [`follow`](Client::follow) |
//! | `/health`, `/ready`, `/metrics` | [`health`](Client::health), [`ready`](Client::ready), [`metrics`](Client::metrics) |

mod base;
mod follow;
mod history;
mod organise;
mod problem;
mod tasks;

pub use follow::Following;

use std::time::Duration;

use memos_core::{Code, CubeId, Error, MemoryId, Result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::{
    AddRequest, AddResponse, ContextResponse, CreateCubeRequest, Cube, CubePage, ListRequest,
    MemoryItem, MemoryPage, PatchRequest, SearchRequest, SearchResponse,
};

/// How long a connection may take to be made. An answer may take as long as it needs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server, spoken to over REST. Errors are those of the server, as the library would
/// return them.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client of the server at that address: `http://host:port`, or `host:port`, with a path
    /// before `/api` if the server stands behind one. Does not connect yet.
    ///
    /// # Errors
    /// `InvalidRequest` for an address that is none, or that needs TLS.
    pub fn new(address: &str) -> Result<Self> {
        let base = base::parse(address)?;
        let builder = memos_models::http_client(&base)?.connect_timeout(CONNECT_TIMEOUT);
        let http = builder.build().map_err(|e| {
            Error::new(
                Code::Unavailable,
                format!("the HTTP client does not start: {e}"),
            )
            .caused_by(e)
        })?;
        Ok(Self { http, base })
    }

    /// The address, as it is shown to people.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Adds messages or documents.
    ///
    /// # Errors
    /// Those of [`MemOs::add`](crate::MemOs::add), and `Unavailable` if no server answers.
    pub async fn add(&self, cube: &CubeId, request: &AddRequest) -> Result<AddResponse> {
        self.post(&["cubes", cube.as_str(), "memories"], request)
            .await
    }

    /// Finds the memories that answer a question.
    ///
    /// # Errors
    /// Those of [`MemOs::search`](crate::MemOs::search), and `Unavailable`.
    pub async fn search(&self, request: &SearchRequest) -> Result<SearchResponse> {
        self.post(&["search"], request).await
    }

    /// Finds the memories that answer a question and sets them as one block of text.
    ///
    /// # Errors
    /// Those of [`MemOs::context`](crate::MemOs::context), and `Unavailable`.
    pub async fn context(&self, request: &SearchRequest) -> Result<ContextResponse> {
        self.post(&["context"], request).await
    }

    /// A page of a cube's memories.
    ///
    /// # Errors
    /// Those of [`MemOs::list`](crate::MemOs::list), and `Unavailable`.
    pub async fn list(&self, cube: &CubeId, request: &ListRequest) -> Result<MemoryPage> {
        let path = ["cubes", cube.as_str(), "memories"];
        self.call(self.request(Method::GET, &path).query(request))
            .await
    }

    /// One memory.
    ///
    /// # Errors
    /// Those of [`MemOs::memory`](crate::MemOs::memory), and `Unavailable`.
    pub async fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<MemoryItem> {
        self.call(self.memory_request(Method::GET, cube, id)).await
    }

    /// Changes a memory.
    ///
    /// # Errors
    /// Those of [`MemOs::update`](crate::MemOs::update), and `Unavailable`.
    pub async fn update(
        &self,
        cube: &CubeId,
        id: MemoryId,
        patch: &PatchRequest,
    ) -> Result<MemoryItem> {
        self.call(self.memory_request(Method::PATCH, cube, id).json(patch))
            .await
    }

    /// Forgets a memory.
    ///
    /// # Errors
    /// Those of [`MemOs::forget`](crate::MemOs::forget), and `Unavailable`.
    pub async fn forget(&self, cube: &CubeId, id: MemoryId) -> Result<()> {
        self.send(self.memory_request(Method::DELETE, cube, id))
            .await
            .map(drop)
    }

    /// Creates a cube.
    ///
    /// # Errors
    /// Those of [`MemOs::create_cube`](crate::MemOs::create_cube), and `Unavailable`.
    pub async fn create_cube(&self, request: &CreateCubeRequest) -> Result<Cube> {
        self.post(&["cubes"], request).await
    }

    /// A page of the cubes.
    ///
    /// # Errors
    /// Those of [`MemOs::cubes`](crate::MemOs::cubes), and `Unavailable`.
    pub async fn cubes(&self, cursor: Option<&str>, limit: Option<u32>) -> Result<CubePage> {
        let limit = limit.map(|l| l.to_string());
        let query: Vec<(&str, &str)> = [("cursor", cursor), ("limit", limit.as_deref())]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.call(self.request(Method::GET, &["cubes"]).query(&query))
            .await
    }

    /// A cube.
    ///
    /// # Errors
    /// Those of [`MemOs::cube`](crate::MemOs::cube), and `Unavailable`.
    pub async fn cube(&self, id: &CubeId) -> Result<Cube> {
        self.call(self.request(Method::GET, &["cubes", id.as_str()]))
            .await
    }

    /// Forgets a cube and all that it holds.
    ///
    /// # Errors
    /// Those of [`MemOs::delete_cube`](crate::MemOs::delete_cube), and `Unavailable`.
    pub async fn delete_cube(&self, id: &CubeId) -> Result<()> {
        self.send(self.request(Method::DELETE, &["cubes", id.as_str()]))
            .await
            .map(drop)
    }

    fn memory_request(&self, method: Method, cube: &CubeId, id: MemoryId) -> RequestBuilder {
        self.request(
            method,
            &["cubes", cube.as_str(), "memories", &id.to_string()],
        )
    }

    async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T> {
        self.call(self.request(Method::POST, path).json(body)).await
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.http.request(method, base::route(&self.base, path))
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let body = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|e| {
            Error::new(
                Code::Unavailable,
                format!(
                    "the answer of {} is not one of a memos server: {e}",
                    self.address()
                ),
            )
            .remedy("check the address, and that the server is of the same version")
            .caused_by(e)
        })
    }

    /// The body of a good answer.
    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>> {
        let response = self.stream(request).await?;
        let body = response.bytes().await.map_err(|e| self.no_answer(e))?;
        Ok(body.into())
    }

    /// A good answer, whose body comes piece by piece.
    async fn stream(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|e| self.no_answer(e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|e| self.no_answer(e))?;
        Err(self.refused(status, &body))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Error {
        problem::read(body).unwrap_or_else(|| {
            let code = match status {
                StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
                StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
                s if s.is_client_error() => Code::InvalidRequest,
                _ => Code::Internal,
            };
            Error::new(
                code,
                format!("{} answered {status}, without a reason", self.address()),
            )
            .remedy("check that a memos server listens at that address")
        })
    }

    fn no_answer(&self, error: reqwest::Error) -> Error {
        let address = self.address();
        let message = match error.is_connect() {
            true => format!("no server answers at {address}"),
            false => format!("the connection to {address} broke"),
        };
        Error::new(Code::Unavailable, message)
            .remedy(
                "start one with `memos serve`, correct the address (--server, MEMOS_SERVER), \
                 or leave it out to work on the data folder",
            )
            .caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_problem_document_still_makes_an_error() {
        let client = Client::new("127.0.0.1:7777").unwrap();
        let refused = |status: u16, body: &str| {
            client.refused(StatusCode::from_u16(status).unwrap(), body.as_bytes())
        };
        assert_eq!(refused(413, "").code(), Code::TooLarge);
        assert_eq!(refused(404, "<html>").code(), Code::InvalidRequest);
        assert_eq!(refused(503, "{}").code(), Code::Unavailable);
        let error = refused(502, "null");
        assert_eq!(error.code(), Code::Internal);
        assert!(
            error
                .to_string()
                .contains("http://127.0.0.1:7777 answered 502"),
            "{error}"
        );
    }
}
