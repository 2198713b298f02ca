//! Adding: reader, guard, vault, index.

use memos_core::{
    Access, Action, Audience, Code, Commit, Committed, CubeId, Error, EventKind, Info, Lifespan,
    Link, LinkKind, MemCube, Memory, MemoryId, Moment, NewEvent, Request, Result, Timestamp,
    UserId, Why, Write,
};

use memos_scheduler::lifecycle::parse_lifespan;
use memos_scheduler::tasks::TaskFilter;
use memos_scheduler::work::births;
use serde_json::Value;

use super::cubes::{cube_event, new_cube};
use super::{MemOs, check};
use crate::reader::{
    self, DocumentInput, Draft, Format, MessageDefaults, Note, read_document, read_messages,
};
use crate::wire::{AddRequest, AddResponse, DocumentRequest, MemoryRef};

/// By what the work that follows from a request is found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct By<'a> {
    /// The request's id.
    pub(crate) request: Option<&'a str>,
    /// Other names of the work, such as whose it is.
    pub(crate) labels: &'a [String],
}

impl MemOs {
    /// Adds messages or documents to a cube, which is created for the caller if it is not there.
    /// When this returns, the memories are on the disk and the next search finds them. The same
    /// request within the repeat window stores once and returns the same ids, as long as all that it
    /// made is there, in use and unchanged. Of the file of a knowledge graph, the parts that are not
    /// there yet are added.
    ///
    /// # Errors
    /// `InvalidRequest`, `InvalidTime`, `InvalidDocument`, `TooLarge`, `CubeNotFound` for another's
    /// cube, `Forbidden`, `DiskFull`. Nothing is written then.
    pub fn add(&self, who: &UserId, cube: &CubeId, request: &AddRequest) -> Result<AddResponse> {
        self.add_for(who, cube, request, None)
    }

    /// The same for a request of this id: the work that follows is found by it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_for(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &AddRequest,
        request_id: Option<&str>,
    ) -> Result<AddResponse> {
        let by = By {
            request: request_id,
            labels: &[],
        };
        self.add_by(who, cube, request, by)
    }

    /// The same; the work that follows has labels too.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn add_by(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &AddRequest,
        by: By<'_>,
    ) -> Result<AddResponse> {
        let now = self.clock.now();
        let digest = digest(who, cube, request)?;
        // Ids are born once, so that a commit tried twice is the same commit.
        let lifespan = match &request.lifespan {
            Some(text) => parse_lifespan(text, now).map_err(|e| e.at("/lifespan"))?,
            None => Lifespan::default(),
        };
        let mut memories: Vec<Memory> = self
            .drafts(request, Moment::from(now))?
            .into_iter()
            .map(|draft| {
                let mut memory = self.memory_of(draft, who, cube, now);
                memory.header.governance.lifespan = lifespan;
                memory
            })
            .collect();
        let has_documents = request.documents.as_ref().is_some_and(|d| !d.is_empty());
        let has_notes = has_documents && memories.iter().any(|m| Note::of(m).is_some());
        // Who adds parts of a graph first looks what is there: one at a time.
        let _alone = has_notes.then(|| self.graph_alone());
        if has_notes {
            let known = self.known_notes(who, cube, &mut memories)?;
            if memories.is_empty() {
                let known = known.into_iter().map(|id| MemoryRef { id, source: None });
                return Ok(AddResponse {
                    memories: known.collect(),
                    duplicate_of_request: true,
                });
            }
        }
        let sources: Vec<_> = memories.iter().map(source_name).collect();
        let has_model = self.model.is_some();
        let mut tasks = births::on_added(cube, who, &memories, by.request, has_model, now);
        label(&mut tasks, by.labels);
        if let Some(due) = self.policy.next_sweep(&memories, now) {
            tasks.push(births::adding(births::sweep(cube, who, due, now)));
        }
        let mut digest = digest;
        let committed = loop {
            let done =
                self.commit_despite_races(who, cube, &memories, &tasks, Some(digest), now)?;
            match self.correction(cube, &done)? {
                // What was corrected and is said again is no repeat, but saying that again is.
                Some(by) => digest = blake3::hash(&[&digest[..], by.as_bytes()].concat()).into(),
                None => break done,
            }
        };
        Ok(match committed {
            Committed::Done(_) => AddResponse {
                memories: memories
                    .iter()
                    .zip(sources)
                    .map(|(m, source)| MemoryRef { id: m.id, source })
                    .collect(),
                duplicate_of_request: false,
            },
            Committed::Repeated(ids) => {
                self.look_again(who, cube, by, now)?;
                AddResponse {
                    memories: ids
                        .into_iter()
                        // Of a graph some parts may be there still.
                        .zip(sources.into_iter().chain(std::iter::repeat(None)))
                        .map(|(id, source)| MemoryRef { id, source })
                        .collect(),
                    duplicate_of_request: true,
                }
            }
        })
    }

    /// What has corrected one of the memories of an earlier request since, if this is a repeat of it.
    fn correction(&self, cube: &CubeId, done: &Committed) -> Result<Option<MemoryId>> {
        let Committed::Repeated(ids) = done else {
            return Ok(None);
        };
        for id in ids {
            let memory = self.vault.memory(cube, *id)?;
            let by = memory.and_then(|memory| memory.header.behavioural.superseded_by);
            let Some(by) = by.filter(|by| !ids.contains(by)) else {
                continue;
            };
            let corrects = Link {
                kind: LinkKind::Corrects,
                to: *id,
            };
            let words = self.vault.memory(cube, by)?;
            if words.is_some_and(|words| words.header.behavioural.links.contains(&corrects)) {
                return Ok(Some(by));
            }
        }
        Ok(None)
    }

    /// What is stored already under another name has work under the new one too, so that who asks how
    /// it stands is not told that there is none.
    fn look_again(&self, who: &UserId, cube: &CubeId, by: By<'_>, now: Timestamp) -> Result<()> {
        let mut is_known = true;
        for label in by.labels {
            let filter = TaskFilter {
                label: Some(label.clone()),
                ..TaskFilter::default()
            };
            is_known &= !self.queue.list(&filter, None, 1)?.is_empty();
        }
        if is_known {
            return Ok(());
        }
        let mut writes = births::on_added(cube, who, &[], by.request, false, now);
        label(&mut writes, by.labels);
        self.vault.commit(Commit {
            writes,
            ..Commit::default()
        })?;
        Ok(())
    }

    /// Commits again if the cube came or went between the look at it and the commit. Without a
    /// digest, a repeat is no repeat.
    pub(super) fn commit_despite_races(
        &self,
        who: &UserId,
        id: &CubeId,
        memories: &[Memory],
        tasks: &[Write],
        digest: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Committed> {
        const TRIES: usize = 8;
        let raced = |e: &Error| matches!(e.code(), Code::CubeExists | Code::CubeNotFound);
        for _ in 1..TRIES {
            match self.commit_new(who, id, memories, tasks, digest, now) {
                Err(error) if raced(&error) => {}
                other => return other,
            }
        }
        self.commit_new(who, id, memories, tasks, digest, now)
    }

    fn commit_new(
        &self,
        who: &UserId,
        id: &CubeId,
        memories: &[Memory],
        tasks: &[Write],
        digest: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Committed> {
        let mut commit = Commit {
            request: digest
                .filter(|_| !self.repeat_window.is_zero())
                .map(|digest| Request {
                    digest,
                    cube_id: id.clone(),
                    ids: memories.iter().map(|m| m.id).collect(),
                    window: self.repeat_window,
                }),
            ..Commit::default()
        };
        match self.vault.cube(id)? {
            Some(cube) => self.guard.cube(who, Action::Write, &cube)?,
            None => {
                let cube: MemCube = new_cube(id.clone(), who, now);
                commit.writes.push(Write::CreateCube(cube));
                commit
                    .events
                    .push(cube_event(id, who, EventKind::CubeCreated));
            }
        }
        for memory in memories {
            commit.writes.push(Write::AddMemory(memory.clone()));
            commit.events.push(NewEvent {
                memory_id: Some(memory.id),
                ..cube_event(id, who, EventKind::Added)
            });
        }
        commit.why = Some(Why::call(who.clone()));
        commit.writes.extend_from_slice(tasks);
        self.residency.add(id, memories, commit)
    }

    /// A new memory is open to whoever its cube is open to.
    pub(super) fn memory_of(
        &self,
        draft: Draft,
        who: &UserId,
        cube: &CubeId,
        now: Timestamp,
    ) -> Memory {
        let id = MemoryId::generate();
        let mut memory = draft.into_memory(id, cube.clone(), who.clone(), now);
        memory.header.governance.access = Access {
            readers: Audience::Everyone,
            writers: Audience::Everyone,
        };
        memory
    }

    /// The MemReader's half: what the request holds, checked as a whole before anything is written.
    fn drafts(&self, request: &AddRequest, now: Moment) -> Result<Vec<Draft>> {
        let defaults = defaults(request, now)?;
        let documents = request.documents.as_deref().unwrap_or_default();
        if request.messages.is_none() && documents.is_empty() {
            return Err(Error::new(
                Code::InvalidRequest,
                "the request must hold messages or documents",
            )
            .at("/messages")
            .remedy("send one of them or both, with at least one item"));
        }
        let mut drafts = match &request.messages {
            Some(messages) => self.message_drafts(messages, &defaults)?,
            None => Vec::new(),
        };
        for (number, document) in documents.iter().enumerate() {
            drafts.extend(self.document_drafts(document, number, &defaults)?);
        }
        let most = self.limits.memories_per_request;
        if drafts.len() > most {
            return Err(Error::new(
                Code::TooLarge,
                format!(
                    "the request makes {} memories, more than {most}",
                    drafts.len()
                ),
            )
            .remedy("send it in parts"));
        }
        Ok(drafts)
    }

    fn message_drafts(&self, messages: &Value, defaults: &MessageDefaults) -> Result<Vec<Draft>> {
        let drafts = read_messages(messages, defaults)?;
        for (number, draft) in drafts.iter().enumerate() {
            let field = format!("/messages/{number}/content");
            check::not_too_long(&draft.text, self.limits.text_bytes, &field)?;
        }
        Ok(drafts)
    }

    fn document_drafts(
        &self,
        document: &DocumentRequest,
        number: usize,
        defaults: &MessageDefaults,
    ) -> Result<Vec<Draft>> {
        let field = |name: &str| format!("/documents/{number}/{name}");
        let format = match &document.format {
            Some(name) => Some(name.parse::<Format>().map_err(|e| e.at(field("format")))?),
            None => None,
        };
        let written_at = match &document.written_at {
            Some(text) => Some(reader::chat_time(
                &text.as_str().into(),
                &field("written_at"),
            )?),
            None => defaults.said_at,
        };
        let mut info = defaults.info.clone();
        if let Some(own) = &document.info {
            check::info(own).map_err(|e| {
                let place = field(e.field().unwrap_or("/info").trim_start_matches('/'));
                e.at(place)
            })?;
            let own = own
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()));
            info.0.extend(own);
        }
        let drafts = read_document(&DocumentInput {
            name: document.name.clone(),
            format,
            session_id: defaults.session_id.clone(),
            said_at: written_at,
            tags: defaults.tags.clone(),
            info,
            ..DocumentInput::new(&document.text, defaults.now)
        })
        .map_err(|e| e.at(field("text")))?;
        for draft in &drafts {
            check::not_too_long(&draft.text, self.limits.text_bytes, &field("text"))?;
        }
        Ok(drafts)
    }
}

/// Gives tasks more labels.
fn label(writes: &mut [Write], labels: &[String]) {
    for write in writes {
        if let Write::AddTask(task) = write {
            task.labels.extend(labels.iter().cloned());
        }
    }
}

/// What a request says of all that it adds.
fn defaults(request: &AddRequest, now: Moment) -> Result<MessageDefaults> {
    let said_at = request
        .chat_time
        .as_ref()
        .map(|t| reader::chat_time(&t.as_str().into(), "/chat_time"))
        .transpose()?;
    let session_id = request.session_id.clone();
    if session_id
        .as_ref()
        .is_some_and(|s| s.is_empty() || s.len() > 256)
    {
        return Err(
            Error::new(Code::InvalidRequest, "a session id has 1 to 256 bytes")
                .at("/session_id")
                .remedy("leave it out for one session a day"),
        );
    }
    let info = request.info.clone().unwrap_or_default();
    check::info(&info)?;
    Ok(MessageDefaults {
        session_id,
        said_at,
        tags: check::tags(request.tags.as_deref().unwrap_or_default())?,
        info: Info(info),
        now,
    })
}

/// The name that the request's own source gives a memory, such as a message id.
fn source_name(memory: &Memory) -> Option<String> {
    let source = memory
        .header
        .descriptive
        .sources
        .iter()
        .find(|s| s.kind == "message")?;
    Some(source.reference.clone())
}

/// Who asked for what, as one hash. JSON objects are sorted by key, so equal requests hash alike.
fn digest(who: &UserId, cube: &CubeId, request: &AddRequest) -> Result<[u8; 32]> {
    let body = serde_json::to_vec(request).map_err(|e| {
        Error::new(Code::Internal, "the request can't be written as JSON").caused_by(e)
    })?;
    let mut hasher = blake3::Hasher::new();
    for part in [who.as_str().as_bytes(), cube.as_str().as_bytes(), &body] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Ok(hasher.finalize().into())
}
