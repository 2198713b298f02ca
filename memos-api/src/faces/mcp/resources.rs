//! What there is to read: memories by their cube, session or id, dumps, and the knowledge graph.
//!
//! | address | holds |
//! |---|---|
//! | `memos://cube/{cube}/recent` | the latest memories, as lines |
//! | `memos://cube/{cube}/session/{session}` | a conversation or document, as lines |
//! | `memos://cube/{cube}/memory/{id}` | one memory, as JSON |
//! | `memos://cube/{cube}/dump` | all of a cube, as JSON Lines |
//! | `memory://knowledge-graph` | the graph of the client's cube, as JSON |

use memos_core::{Code, CubeId, Error, MemoryId, Result, UserId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde::Serialize;

use super::home::Home;
use crate::MemOs;
use crate::faces::kit::cube_of;
use crate::wire::{DumpRequest, MemoryItem, TimelineRequest, TimelineResponse};

/// The address of the graph, as the reference memory server has it.
pub(super) const GRAPH: &str = "memory://knowledge-graph";

const BASE: &str = "memos://cube/";

/// Memories on a page of the list, and in `recent`.
const PAGE: u32 = 50;

/// Memories of a session that are read at a time.
const SESSION_PAGE: u32 = 1_000;

/// Characters of a memory that its name in a list shows.
const NAME: usize = 60;

/// What stays as it is in a segment of an address.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Recent(CubeId),
    Session(CubeId, String),
    Memory(CubeId, MemoryId),
    Dump(CubeId),
    Graph(CubeId),
}

impl What {
    /// # Errors
    /// `InvalidRequest` for an address that stands for nothing.
    pub(super) fn read(uri: &str, home: &Home) -> Result<Self> {
        if uri == GRAPH {
            return Ok(Self::Graph(home.cube.clone()));
        }
        let wrong = || {
            Error::new(
                Code::MemoryNotFound,
                format!("there is no resource {uri:?}"),
            )
            .at("uri")
            .remedy(
                "list the resources and their templates; names in an address are percent-encoded",
            )
        };
        let parts: Vec<String> = uri
            .strip_prefix(BASE)
            .ok_or_else(wrong)?
            .split('/')
            .map(|part| {
                percent_decode_str(part)
                    .decode_utf8()
                    .map(|text| text.into_owned())
            })
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            [cube, ..] if cube.trim().is_empty() => Err(wrong()),
            [cube, "recent"] => Ok(Self::Recent(cube_of(cube))),
            [cube, "dump"] => Ok(Self::Dump(cube_of(cube))),
            [cube, "session", session] => Ok(Self::Session(cube_of(cube), (*session).to_owned())),
            [cube, "memory", id] => {
                let id = id.parse().map_err(|_| wrong())?;
                Ok(Self::Memory(cube_of(cube), id))
            }
            _ => Err(wrong()),
        }
    }

    pub(super) fn cube(&self) -> &CubeId {
        match self {
            Self::Recent(cube)
            | Self::Session(cube, _)
            | Self::Memory(cube, _)
            | Self::Dump(cube)
            | Self::Graph(cube) => cube,
        }
    }
}

fn uri_of(cube: &CubeId, rest: &[&str]) -> String {
    let parts = std::iter::once(cube.as_str()).chain(rest.iter().copied());
    let parts: Vec<String> = parts
        .map(|part| utf8_percent_encode(part, SEGMENT).to_string())
        .collect();
    format!("{BASE}{}", parts.join("/"))
}

/// The address of the dump of a cube.
pub(super) fn dump_uri(cube: &CubeId) -> String {
    uri_of(cube, &["dump"])
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |rest: &str, name: &str, title: &str, about: &str, mime: &str| {
        let mut template = ResourceTemplate::new(format!("{BASE}{{cube}}/{rest}"), name);
        template.title = Some(title.to_owned());
        template.description = Some(about.to_owned());
        template.mime_type = Some(mime.to_owned());
        template
    };
    vec![
        template(
            "memory/{id}",
            "memory",
            "A memory",
            "One memory with all that is known about it",
            "application/json",
        ),
        template(
            "session/{session}",
            "session",
            "A session",
            "A conversation or document, in order, a line for each memory",
            "text/plain",
        ),
        template(
            "recent",
            "recent",
            "Recent memories",
            "The latest memories of a cube, in order, a line for each",
            "text/plain",
        ),
        template(
            "dump",
            "dump",
            "Dump",
            "All of a cube: its header, then its memories, as JSON Lines",
            "application/jsonl",
        ),
    ]
}

/// A page of resources: first what always is, then the memories of the client's cube, latest first.
pub(super) fn list(
    memos: &MemOs,
    who: &UserId,
    home: &Home,
    graph: bool,
    cursor: Option<&str>,
) -> Result<ListResourcesResult> {
    let cube = &home.cube;
    let mut listed = Vec::new();
    if cursor.is_none() {
        if graph {
            listed.push(resource(
                GRAPH.to_owned(),
                "knowledge-graph",
                "Knowledge Graph",
                "The full knowledge graph with all entities and relations",
                "application/json",
            ));
        }
        listed.push(resource(
            uri_of(cube, &["recent"]),
            "recent",
            "Recent memories",
            "The latest memories, in order, a line for each",
            "text/plain",
        ));
    }
    let page = latest(memos, who, cube, cursor)?;
    listed.extend(page.memories.iter().rev().map(|memory| {
        let id = memory.id.to_string();
        resource(
            uri_of(cube, &["memory", &id]),
            &id,
            &shortened(&memory.text),
            &format!("Said {}", memory.said_at),
            "application/json",
        )
    }));
    let mut result = ListResourcesResult::with_all_items(listed);
    result.next_cursor = page.earlier;
    Ok(result)
}

fn resource(uri: String, name: &str, title: &str, about: &str, mime: &str) -> Resource {
    let mut resource = Resource::new(uri, name)
        .with_description(about)
        .with_mime_type(mime);
    resource.title = Some(title.to_owned());
    resource
}

fn latest(
    memos: &MemOs,
    who: &UserId,
    cube: &CubeId,
    cursor: Option<&str>,
) -> Result<TimelineResponse> {
    let request = TimelineRequest {
        cursor: cursor.map(str::to_owned),
        limit: Some(PAGE),
        ..TimelineRequest::default()
    };
    match memos.timeline(who, cube, &request) {
        // Nobody wrote to it yet.
        Err(e) if e.code() == Code::CubeNotFound => Ok(TimelineResponse {
            memories: Vec::new(),
            earlier: None,
            later: None,
        }),
        found => found,
    }
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(NAME) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

/// What an address holds.
pub(super) fn read(
    memos: &MemOs,
    who: &UserId,
    home: &Home,
    uri: &str,
) -> Result<ReadResourceResult> {
    let (text, mime) = match What::read(uri, home)? {
        What::Graph(cube) => {
            let graph = match memos.graph(who, &cube) {
                Err(e) if e.code() == Code::CubeNotFound => crate::wire::Graph::default(),
                found => found?,
            };
            (json(&graph), "application/json")
        }
        What::Memory(cube, id) => (json(&memos.memory(who, &cube, id)?), "application/json"),
        What::Recent(cube) => {
            let found = latest(memos, who, &cube, None)?;
            (lines(&found.memories), "text/plain")
        }
        What::Session(cube, session) => {
            let said = session_of(memos, who, &cube, &session)?;
            (lines(&said), "text/plain")
        }
        What::Dump(cube) => {
            let mut text = String::new();
            let dumped = memos.dump(who, &cube, &DumpRequest::default(), &mut |line| {
                text.push_str(line);
                if !line.ends_with('\n') {
                    text.push('\n');
                }
                Ok(())
            });
            match dumped {
                // Nobody wrote to it yet.
                Err(e) if e.code() == Code::CubeNotFound && cube == home.cube => {}
                dumped => dumped?,
            }
            (text, "application/jsonl")
        }
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(mime);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn session_of(
    memos: &MemOs,
    who: &UserId,
    cube: &CubeId,
    session: &str,
) -> Result<Vec<MemoryItem>> {
    let mut said = Vec::new();
    let mut request = TimelineRequest {
        session_id: Some(session.to_owned()),
        limit: Some(SESSION_PAGE),
        ..TimelineRequest::default()
    };
    loop {
        let page = memos.timeline(who, cube, &request)?;
        said.extend(page.memories);
        request.cursor = page.later;
        if request.cursor.is_none() {
            break;
        }
    }
    if said.is_empty() {
        return Err(Error::new(
            Code::MemoryNotFound,
            format!("cube {cube} has no session {session:?}"),
        )
        .at("uri")
        .remedy("take the session of a memory that recall or timeline returned"));
    }
    Ok(said)
}

/// `[2024-05-08T13:56:00+02:00] Ines: text (id …)`, a memory a line.
fn lines(memories: &[MemoryItem]) -> String {
    let line = |memory: &MemoryItem| {
        let mut line = format!("[{}] ", memory.said_at);
        for part in [&memory.speaker, &memory.key].into_iter().flatten() {
            line += part;
            line += ": ";
        }
        line += &memory.text;
        line + &format!(" (id {})", memory.id)
    };
    let lines: Vec<String> = memories.iter().map(line).collect();
    lines.join("\n")
}

fn json(value: &impl Serialize) -> String {
    // Memories and graphs are strings, numbers, lists and maps with text keys.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        let home = Home::of(None, None);
        let cube = CubeId::new("会议#2+a:b@c").unwrap();
        let id = MemoryId::generate();
        for (rest, what) in [
            (vec!["recent"], What::Recent(cube.clone())),
            (vec!["dump"], What::Dump(cube.clone())),
            (
                vec!["session", "a/b c?"],
                What::Session(cube.clone(), "a/b c?".into()),
            ),
            (
                vec!["memory", &id.to_string()],
                What::Memory(cube.clone(), id),
            ),
        ] {
            let uri = uri_of(&cube, &rest);
            assert!(uri.is_ascii(), "{uri}");
            assert_eq!(What::read(&uri, &home).unwrap(), what);
        }
        for bad in [
            "",
            "memos://cube/",
            "memos://cube//recent",
            "memos://cube/%20/recent",
            "memos://cube/a",
            "memos://cube/a/memory/5",
            "memos://cube/a/recent/b",
            "memos://cube/%ff/recent",
            "file:///etc/passwd",
        ] {
            assert_eq!(
                What::read(bad, &home).unwrap_err().field(),
                Some("uri"),
                "{bad}"
            );
        }
    }

    #[test]
    fn long_texts_are_shortened_between_characters() {
        let long = "长".repeat(100);
        assert_eq!(shortened(&long).chars().count(), NAME + 1);
        assert_eq!(shortened("one\ntwo"), "one");
    }
}
