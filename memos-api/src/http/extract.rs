//! Extractors: what comes off the wire is parsed here, and every refusal is a problem.

use axum::RequestPartsExt as _;
use axum::extract::{
    FromRequest, FromRequestParts, OptionalFromRequest, Query as RawQuery, RawPathParams, Request,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use memos_core::{Code, CubeId, Error, MemoryId, Result, TaskId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use utoipa::IntoParams;

use super::problem::Refusal;
use super::{AppState, body};
use crate::wire::{
    self, DiffRequest, DumpRequest, EventsRequest, ListRequest, TaskListRequest, TopRequest,
};

/// Bodies larger than this are parsed on a thread of their own: 64 KiB take about a millisecond.
pub(crate) const PARSED_IN_PLACE: usize = 64 * 1024;

/// A request body of JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T> FromRequest<AppState> for Json<T>
where
    T: for<'de> Deserialize<'de> + Send + 'static,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        let bytes = body::read(body, &parts.headers, state.options().body_limit).await?;
        Ok(Self(parsed(bytes).await?))
    }
}

/// A body that may be absent: one that holds nothing needs no type either. What a page of another site
/// sends has been refused before.
impl<T> OptionalFromRequest<AppState> for Json<T>
where
    T: for<'de> Deserialize<'de> + Send + 'static,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Option<Self>, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, &parts.headers, state.options().body_limit).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        require_json(&parts.headers)?;
        Ok(Some(Self(parsed(bytes).await?)))
    }
}

async fn parsed<T>(bytes: Vec<u8>) -> Result<T>
where
    T: for<'de> Deserialize<'de> + Send + 'static,
{
    match bytes.len() <= PARSED_IN_PLACE {
        true => parse(&bytes),
        false => super::caller::blocking(move || parse(&bytes)).await,
    }
}

/// Asking for the type is more than neatness: a web page may send any other type across origins
/// without the browser asking this server first.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<()> {
    let given = headers.get(header::CONTENT_TYPE);
    let text = given.map(|v| String::from_utf8_lossy(v.as_bytes()));
    let essence = text
        .as_deref()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let is_json = essence
        .split_once('/')
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("application"))
        .is_some_and(|(_, sub)| {
            let sub = sub.to_ascii_lowercase();
            sub == "json" || sub.ends_with("+json")
        });
    if is_json {
        return Ok(());
    }
    let message = match text {
        Some(text) => format!("the body is declared as {text:?}, not as JSON"),
        None => "the body has no Content-Type".to_owned(),
    };
    Err(Error::new(Code::UnsupportedMediaType, message)
        .at("Content-Type")
        .remedy("send the header Content-Type: application/json"))
}

fn parse<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(Code::InvalidJson, "the body is empty")
            .remedy("send a JSON object; /openapi.json shows it"));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let message = format!("the body is not UTF-8: byte {} is wrong", e.valid_up_to());
        Error::new(Code::InvalidJson, message).remedy("encode the body as UTF-8")
    })?;
    let value: Value = serde_json::from_str(text).map_err(|e| bad_json(&e))?;
    if !value.is_object() {
        return Err(Error::new(
            Code::InvalidJson,
            format!("the body is {}, not an object", kind_of(&value)),
        )
        .remedy("send a JSON object; /openapi.json shows it"));
    }
    wire::parse(value)
}

/// The parser's own words say what it expected, at which line and column.
fn bad_json(error: &serde_json::Error) -> Error {
    let words = error.to_string();
    let remedy = if words.contains("recursion limit") {
        "nest arrays and objects at most 127 deep".to_owned()
    } else if error.classify() == Category::Eof {
        "close what is open; the text may have been cut off".to_owned()
    } else {
        format!(
            "correct the text at line {}, column {}",
            error.line(),
            error.column()
        )
    };
    Error::new(Code::InvalidJson, format!("the body is not JSON: {words}")).remedy(remedy)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A route's cube.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CubePath {
    /// The cube's address.
    #[param(value_type = String, example = "notes")]
    pub(super) cube_id: CubeId,
}

impl FromRequestParts<AppState> for CubePath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        Ok(Self {
            cube_id: parameter(&path(parts).await?, "cube_id")?,
        })
    }
}

/// A route's cube and memory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct MemoryPath {
    /// The cube's address.
    #[param(value_type = String, example = "notes")]
    pub(super) cube_id: CubeId,
    /// The memory's identity.
    #[param(value_type = String, format = Uuid)]
    pub(super) id: MemoryId,
}

impl FromRequestParts<AppState> for MemoryPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let path = path(parts).await?;
        Ok(Self {
            cube_id: parameter(&path, "cube_id")?,
            id: parameter(&path, "id")?,
        })
    }
}

/// A route's cube and snapshot.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SnapshotPath {
    /// The cube's address.
    #[param(value_type = String, example = "notes")]
    pub(super) cube_id: CubeId,
    /// The snapshot's name.
    pub(super) name: String,
}

impl FromRequestParts<AppState> for SnapshotPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let path = path(parts).await?;
        let name = path.iter().find(|(key, _)| *key == "name");
        Ok(Self {
            cube_id: parameter(&path, "cube_id")?,
            name: name.map(|(_, value)| value.to_owned()).unwrap_or_default(),
        })
    }
}

/// A route's task.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct TaskPath {
    /// The task's identity.
    #[param(value_type = String, format = Uuid)]
    pub(super) id: TaskId,
}

impl FromRequestParts<AppState> for TaskPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        Ok(Self {
            id: parameter(&path(parts).await?, "id")?,
        })
    }
}

async fn path(parts: &mut Parts) -> Result<RawPathParams> {
    parts
        .extract()
        .await
        .map_err(|e: axum::extract::rejection::RawPathParamsRejection| {
            Error::new(Code::InvalidRequest, e.body_text())
                .at("path")
                .remedy("percent-encode the path as UTF-8")
        })
}

fn parameter<T: std::str::FromStr<Err = Error>>(path: &RawPathParams, name: &str) -> Result<T> {
    let (_, value) = path
        .iter()
        .find(|(key, _)| *key == name)
        .ok_or_else(|| Error::new(Code::Internal, format!("the route has no {name}")))?;
    value.parse().map_err(|e: Error| e.at(name))
}

/// What comes after the `?`.
pub(super) struct Query<T>(pub(super) T);

/// A request that is written as a query.
pub(super) trait FromQuery: Default {
    /// The parameters.
    const NAMES: &'static [&'static str];

    /// Takes one of them.
    fn set(&mut self, name: &str, value: String) -> Result<()>;
}

impl<T: FromQuery + Send> FromRequestParts<AppState> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let pairs = RawQuery::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|e| Error::new(Code::InvalidRequest, e.body_text()).at("query"))?;
        Ok(Self(from_pairs(pairs.0)?))
    }
}

fn from_pairs<T: FromQuery>(pairs: Vec<(String, String)>) -> Result<T> {
    let mut seen = Vec::new();
    let mut request = T::default();
    for (name, value) in pairs {
        let Some(known) = T::NAMES.iter().find(|n| **n == name) else {
            let message = format!("{name:?} is no parameter of this route");
            return Err(Error::new(Code::InvalidRequest, message)
                .at(name)
                .remedy(format!("use {}", T::NAMES.join(", "))));
        };
        if seen.contains(known) {
            return Err(
                Error::new(Code::InvalidRequest, format!("{name} is given twice"))
                    .at(name)
                    .remedy("give it once"),
            );
        }
        seen.push(*known);
        request.set(known, value)?;
    }
    Ok(request)
}

/// Which page to list.
#[derive(Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Items on a page, 1 to 1000; 50 if absent.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
}

impl FromQuery for PageQuery {
    const NAMES: &'static [&'static str] = &["cursor", "limit"];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "cursor" => self.cursor = Some(value),
            _ => self.limit = Some(whole_number(name, &value)?),
        }
        Ok(())
    }
}

impl FromQuery for ListRequest {
    const NAMES: &'static [&'static str] = &["filter", "cursor", "limit"];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "filter" => self.filter = Some(value),
            "cursor" => self.cursor = Some(value),
            _ => self.limit = Some(whole_number(name, &value)?),
        }
        Ok(())
    }
}

impl FromQuery for TaskListRequest {
    const NAMES: &'static [&'static str] = &[
        "user",
        "cube_id",
        "kind",
        "status",
        "request_id",
        "label",
        "cursor",
        "limit",
    ];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        let place = match name {
            "user" => &mut self.user,
            "cube_id" => &mut self.cube_id,
            "kind" => &mut self.kind,
            "status" => &mut self.status,
            "request_id" => &mut self.request_id,
            "label" => &mut self.label,
            "cursor" => &mut self.cursor,
            _ => {
                self.limit = Some(whole_number(name, &value)?);
                return Ok(());
            }
        };
        *place = Some(value);
        Ok(())
    }
}

impl FromQuery for DiffRequest {
    const NAMES: &'static [&'static str] = &["from", "to"];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        let number = Some(whole_number(name, &value)?);
        match name {
            "from" => self.from = number,
            _ => self.to = number,
        }
        Ok(())
    }
}

impl FromQuery for DumpRequest {
    const NAMES: &'static [&'static str] = &["at"];

    fn set(&mut self, _: &str, value: String) -> Result<()> {
        self.at = Some(value);
        Ok(())
    }
}

impl FromQuery for EventsRequest {
    const NAMES: &'static [&'static str] = &["cube_id", "after"];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "cube_id" => self.cube_id = Some(value),
            _ => {
                let number = value.parse().map_err(|_| not_whole(name, &value))?;
                self.after = Some(number);
            }
        }
        Ok(())
    }
}

impl FromQuery for TopRequest {
    const NAMES: &'static [&'static str] = &["limit"];

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        self.limit = Some(whole_number(name, &value)?);
        Ok(())
    }
}

fn whole_number(name: &str, value: &str) -> Result<u32> {
    value.parse().map_err(|_| not_whole(name, value))
}

fn not_whole(name: &str, value: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("{value:?} is not a whole number"),
    )
    .at(name)
    .remedy("use digits only, such as 50")
}
