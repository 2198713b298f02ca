//! A tool: what a client is told of it, and what it does.

use std::sync::Arc;

use memos_core::{Code, CubeId, Error, MemoryId, Result, UserId};
use rmcp::model::{JsonObject, Resource, ToolAnnotations};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::home::{Client, Home, named};
use super::progress::Progress;
use crate::MemOs;
use crate::faces::kit::cube_of;
use crate::http::Caller;
use crate::wire::{AddRequest, AddResponse, SearchRequest, SearchResponse};

/// What a call knows beside its arguments.
pub(super) struct Call<'a> {
    pub(super) caller: &'a Caller,
    pub(super) memos: &'a MemOs,
    pub(super) who: &'a UserId,
    pub(super) home: &'a Home,
    pub(super) client: &'a Client,
    pub(super) progress: &'a Progress,
}

impl Call<'_> {
    /// The cube that a client names, or the one that it works on by default.
    pub(super) fn cube(&self, name: Option<&str>) -> CubeId {
        named(name).map_or_else(|| self.home.cube.clone(), |name| cube_of(name.trim()))
    }

    /// The cube that holds a memory: the one that is named; or else the default one, or whichever.
    pub(super) fn cube_with(&self, name: Option<&str>, id: MemoryId) -> Result<CubeId> {
        if let Some(name) = named(name) {
            return Ok(cube_of(name.trim()));
        }
        match self.memos.memory(self.who, &self.home.cube, id) {
            Ok(_) => Ok(self.home.cube.clone()),
            Err(e) if matches!(e.code(), Code::MemoryNotFound | Code::CubeNotFound) => {
                self.memos.locate(self.who, id)
            }
            Err(error) => Err(error),
        }
    }

    /// Adds, and counts what was added.
    pub(super) fn add(&self, cube: &CubeId, request: &AddRequest) -> Result<AddResponse> {
        let request_id = self.caller.request_id.as_deref();
        let added = self.memos.add_for(self.who, cube, request, request_id)?;
        if !added.duplicate_of_request {
            self.caller.metrics().added(added.memories.len());
        }
        Ok(added)
    }

    /// Searches, and counts it.
    pub(super) fn search(&self, request: &SearchRequest) -> Result<SearchResponse> {
        let start = std::time::Instant::now();
        let found = self.memos.search(self.who, request)?;
        self.caller
            .metrics()
            .searched(start.elapsed(), &found.degraded);
        Ok(found)
    }

    /// What is found in a cube; nothing if it is the default one and nobody wrote to it yet.
    pub(super) fn unless_new<T: Default>(&self, cube: &CubeId, found: Result<T>) -> Result<T> {
        match found {
            Err(e) if e.code() == Code::CubeNotFound && *cube == self.home.cube => Ok(T::default()),
            found => found,
        }
    }
}

/// The id of a memory as a client wrote it.
pub(super) fn memory_id(text: &str, field: &str) -> Result<MemoryId> {
    text.trim().parse().map_err(|e: Error| {
        Error::new(e.code(), format!("{text:?} is no id of a memory"))
            .at(field)
            .remedy("pass an id as recall, timeline or a list of memories returned it")
    })
}

/// What a tool says: for the model to read, and for programs.
pub(super) struct Said<T> {
    pub(super) text: String,
    pub(super) data: T,
    pub(super) links: Vec<Resource>,
    /// Whether the text says, in the words of another contract, that nothing was done.
    pub(super) is_refusal: bool,
}

impl<T> Said<T> {
    pub(super) fn new(text: impl Into<String>, data: T) -> Self {
        Self {
            text: text.into(),
            data,
            links: Vec::new(),
            is_refusal: false,
        }
    }

    pub(super) fn refused(self) -> Self {
        Self {
            is_refusal: true,
            ..self
        }
    }
}

impl<T: Serialize> Said<T> {
    /// The data as indented JSON, for tools whose clients read that.
    pub(super) fn json(data: T) -> Self {
        // What tools answer are strings, numbers, lists and maps with text keys.
        let text = serde_json::to_string_pretty(&data).unwrap_or_default();
        Self::new(text, data)
    }
}

/// What a tool does to memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It reads.
    Reads,
    /// It adds; the same call again adds nothing.
    AddsOnce,
    /// It adds each time.
    Adds,
    /// It changes or takes away; the same call again does no more.
    Changes,
    /// It changes or takes away, each time.
    ChangesEachTime,
}

impl Nature {
    fn annotations(self) -> ToolAnnotations {
        let (read_only, destructive, idempotent) = match self {
            Self::Reads => (true, false, true),
            Self::AddsOnce => (false, false, true),
            Self::Adds => (false, false, false),
            Self::Changes => (false, true, true),
            Self::ChangesEachTime => (false, true, false),
        };
        ToolAnnotations::new()
            .read_only(read_only)
            .destructive(destructive)
            .idempotent(idempotent)
            // The world of a memory is closed: nothing outside is touched.
            .open_world(false)
    }
}

type Run = dyn Fn(&Call<'_>, JsonObject) -> Result<Said<Value>> + Send + Sync;

/// A tool.
pub(super) struct Tool {
    pub(super) spec: rmcp::model::Tool,
    run: Box<Run>,
}

impl Tool {
    pub(super) fn new<I, O>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        nature: Nature,
        run: impl Fn(&Call<'_>, I) -> Result<Said<O>> + Send + Sync + 'static,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema,
        O: Serialize + JsonSchema,
    {
        let input = schema::<I>(false);
        let numbers = whole_numbers(&input);
        let spec = rmcp::model::Tool::new(name, description, Arc::new(input))
            .with_title(title)
            .with_raw_output_schema(Arc::new(schema::<O>(true)))
            .with_annotations(nature.annotations());
        Self {
            spec,
            run: Box::new(move |call, arguments| {
                let said = run(call, read(arguments, &numbers)?)?;
                let data = serde_json::to_value(said.data).map_err(|e| {
                    Error::new(Code::Internal, "the answer has no JSON form").caused_by(e)
                })?;
                Ok(Said {
                    text: said.text,
                    data,
                    links: said.links,
                    is_refusal: said.is_refusal,
                })
            }),
        }
    }

    /// Under a longer name, beside a tool that has its own.
    pub(super) fn spec_as(&self, name: String) -> rmcp::model::Tool {
        let mut spec = self.spec.clone();
        spec.name = name.into();
        spec
    }

    pub(super) fn run(&self, call: &Call<'_>, arguments: JsonObject) -> Result<Said<Value>> {
        (self.run)(call, arguments)
    }
}

/// The properties that the schema has as whole numbers.
fn whole_numbers(schema: &JsonObject) -> Vec<String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let is_whole = |property: &Value| match &property["type"] {
        Value::Array(types) => types.iter().any(|one| one == "integer"),
        one => one == "integer",
    };
    let whole = properties.iter().filter(|(_, property)| is_whole(property));
    whole.map(|(name, _)| name.clone()).collect()
}

/// Whole numbers up to here are exact as floating point.
const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

/// Arguments as their type; what does not fit is named by its path. JSON Schema counts 50.0 among the
/// whole numbers, and some hosts write all numbers so.
fn read<I: DeserializeOwned>(mut arguments: JsonObject, numbers: &[String]) -> Result<I> {
    for name in numbers {
        if let Some(number) = arguments.get_mut(name)
            && let Some(float) = number.as_f64().filter(|_| number.is_f64())
            && float.fract() == 0.0
            && float.abs() <= EXACT
        {
            *number = (float as i64).into();
        }
    }
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|e| {
        let path = e.path().to_string();
        let why = e.inner().to_string();
        let missing = why
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        let field = match (path.as_str(), missing) {
            (".", missing) => missing.map(str::to_owned),
            (path, Some(missing)) => Some(format!("{path}.{missing}")),
            (path, None) => Some(path.to_owned()),
        };
        let error = Error::new(Code::InvalidRequest, why.clone())
            .remedy("see the input schema of this tool");
        match field {
            None => error,
            Some(field) => error.at(field),
        }
    })
}

/// Takes out the formats of Rust's numbers, such as `uint32`: JSON Schema has none of them, and clients
/// warn of each.
fn drop_formats(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_number = |format: &Value| {
                let word = format.as_str().unwrap_or_default();
                ["int", "uint", "float", "double"]
                    .iter()
                    .any(|kind| word.starts_with(kind))
            };
            if fields.get("format").is_some_and(is_number) {
                fields.remove("format");
            }
            fields.values_mut().for_each(drop_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        _ => {}
    }
}

/// The schema of a type, without references, so that every client can read it.
fn schema<T: JsonSchema>(is_output: bool) -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
        if is_output {
            s.contract = schemars::generate::Contract::Serialize;
        }
    });
    let mut schema = match settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
    {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    schema.remove("title");
    schema.remove("description");
    schema.values_mut().for_each(drop_formats);
    // A type without fields has no list of them, which some clients ask for.
    schema
        .entry("properties")
        .or_insert_with(|| Value::Object(JsonObject::new()));
    schema
}
