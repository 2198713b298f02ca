//! Knowledge bases: cubes of documents that a question may be put to beside a user's memories.

mod emptied;
mod file;

use memos_core::{
    Action, Code, Commit, CubeId, Error, EventKind, Filter, Info, MemCube, Memory, MemoryId,
    Moment, Origin, Result, SemanticType, Source, State, Turn, UserId, Why, Write,
};
use serde_json::{Map, Value, json};

use super::cabinet::{NewCabinet, cabinet_id};
use super::change::event;
use super::shelf::Shelf;
use super::{MemOs, Order, Own};
use crate::reader::Draft;
use crate::wire::{AddRequest, MemoryItem};

use file::{Content, skill_draft};
pub(crate) use file::{FileKind, NewFile};

/// Beginning of the id of the cube of a knowledge base's passages.
const PASSAGES: &str = Own::Knowledge.prefix();
/// Beginning of the id of the cube of its files.
const FILES: &str = Own::KnowledgeFiles.prefix();

/// A file of a knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnowledgeFile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// `running`, or `completed` once its passages are there.
    pub(crate) status: String,
    pub(crate) kind: FileKind,
}

/// Which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// Those of these ids.
    Named(Vec<String>),
    /// Those of a knowledge base.
    Of(String),
}

impl MemOs {
    /// Makes a knowledge base. The same name again within the repeat window is the same one: callers
    /// send again what they got no answer to.
    pub(crate) fn create_knowledge_base(
        &self,
        who: &UserId,
        name: &str,
        description: Option<&str>,
    ) -> Result<String> {
        let since = self.clock.now().micros() - micros(self.repeat_window);
        let repeated = |cube: &&MemCube| {
            cube.name == name
                && cube.description.as_deref() == description
                && cube.created_at.micros() > since
        };
        let known = self.cabinets(who, PASSAGES)?;
        if let Some(known) = known.iter().find(repeated) {
            return Ok(known.id.as_str()[PASSAGES.len()..].to_owned());
        }
        let id = MemoryId::generate().to_string();
        let info = |kind: &str| Info(Map::from_iter([("kind".to_owned(), json!(kind))]));
        self.make_cabinets(
            who,
            vec![
                NewCabinet {
                    id: CubeId::new(format!("{PASSAGES}{id}"))?,
                    name: name.to_owned(),
                    description: description.map(str::to_owned),
                    info: info("knowledge_base"),
                },
                NewCabinet {
                    id: CubeId::new(format!("{FILES}{id}"))?,
                    name: name.to_owned(),
                    description: None,
                    info: info("knowledge_files"),
                },
            ],
        )?;
        Ok(id)
    }

    /// Deletes a knowledge base with all of its files.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub(crate) fn delete_knowledge_base(&self, who: &UserId, id: &str) -> Result<()> {
        let passages = self.knowledge_base(who, id)?;
        self.drop_cabinet(who, &files_of(id)?)?;
        self.delete_cube(who, &passages)
    }

    /// The cube of a knowledge base's passages.
    ///
    /// # Errors
    /// `CubeNotFound`.
    pub(crate) fn knowledge_base(&self, who: &UserId, id: &str) -> Result<CubeId> {
        let cube = cabinet_id(PASSAGES, id, "knowledge base")?;
        match self.visible_cube(who, Action::Read, &cube) {
            Ok(_) => Ok(cube),
            Err(error) if error.code() == Code::CubeNotFound => Err(Error::new(
                Code::CubeNotFound,
                format!("there is no knowledge base {id:?}"),
            )
            .remedy("create it first, or pass the id of an answer as it is")),
            Err(error) => Err(error),
        }
    }

    /// The cubes of all knowledge bases.
    pub(crate) fn knowledge_bases(&self, who: &UserId) -> Result<Vec<CubeId>> {
        let cubes = self.cabinets(who, PASSAGES)?;
        Ok(cubes.into_iter().map(|cube| cube.id).collect())
    }

    /// Reads files into a knowledge base; a file that it holds already, by name, kind and content, with
    /// its passages, is told as it stands. All are read before anything is written.
    ///
    /// # Errors
    /// `CubeNotFound`; `InvalidDocument` at `file/N` for what is not text.
    pub(crate) fn add_files(
        &self,
        who: &UserId,
        id: &str,
        files: Vec<NewFile>,
    ) -> Result<Vec<KnowledgeFile>> {
        let passages = self.knowledge_base(who, id)?;
        let records = files_of(id)?;
        let now = Moment::from(self.clock.now());
        let mut read = Vec::with_capacity(files.len());
        for (number, file) in files.into_iter().enumerate() {
            let content = Content::read(&file, now).map_err(|e| e.at(format!("file/{number}")))?;
            read.push((file, content));
        }
        let mut answer = Vec::with_capacity(read.len());
        for (file, content) in read {
            let key = key_of(&records, &file);
            let file_id = format!("{id}.{key}");
            let by_file = Filter::parse(&json!({ "info.file_id": file_id }))?;
            let known = self.vault.memory(&records, key)?;
            let known = known.filter(|m| status_of(m) == "completed");
            if let Some(known) = known
                && self.holds(who, &passages, &by_file)?
            {
                answer.push(file_of(id, known.into()));
                continue;
            }
            self.note_file(who, &records, key, &file, "running")?;
            // What a run left behind that ended in the middle.
            self.forget_where(who, &passages, &by_file)?;
            let info = Map::from_iter([
                ("file_id".to_owned(), json!(file_id)),
                ("file_name".to_owned(), json!(file.name)),
                ("knowledgebase_id".to_owned(), json!(id)),
            ]);
            if let Err(error) = self.put_in(who, &passages, &file, content, info) {
                self.forget_all(who, &records, &[key])?;
                return Err(error);
            }
            let noted = self.note_file(who, &records, key, &file, "completed")?;
            answer.push(file_of(id, noted.into()));
        }
        Ok(answer)
    }

    /// Whether a file's passages are there, and some of them found.
    fn holds(&self, who: &UserId, passages: &CubeId, by_file: &Filter) -> Result<bool> {
        let cubes = std::slice::from_ref(passages);
        let is_found = Filter::parse(&json!({"state": {"ne": State::Archived.as_str()}}))?;
        let filter = by_file.clone().and(is_found);
        let found = self.page(who, cubes, Some(&filter), Order::Newest, 0, Some(1))?;
        Ok(found.total > 0)
    }

    /// Writes what a file says.
    fn put_in(
        &self,
        who: &UserId,
        passages: &CubeId,
        file: &NewFile,
        content: Content,
        info: Map<String, Value>,
    ) -> Result<()> {
        let skill = match content {
            Content::Document(document) => {
                let request = AddRequest {
                    documents: Some(vec![document]),
                    info: Some(info),
                    ..AddRequest::default()
                };
                self.add(who, passages, &request)?;
                return Ok(());
            }
            Content::Skill(skill) => skill,
        };
        self.residency.commit(passages, || {
            self.visible_cube(who, Action::Write, passages)?;
            let now = self.clock.now();
            let memory =
                self.memory_of(skill_draft(file, &skill, info.clone()), who, passages, now);
            Ok(Commit {
                events: vec![event(passages, memory.id, who, EventKind::Added)],
                writes: vec![Write::AddMemory(memory)],
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            })
        })?;
        Ok(())
    }

    /// A page of files, the newest first, and how many there are. Those of ids that are not there are
    /// left out.
    ///
    /// # Errors
    /// `CubeNotFound` for a knowledge base that is not there.
    pub(crate) fn knowledge_files(
        &self,
        who: &UserId,
        files: &Files,
        kind: Option<FileKind>,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<KnowledgeFile>, usize)> {
        let wanted = |file: &KnowledgeFile| kind.is_none_or(|kind| file.kind == kind);
        let mut found = Vec::new();
        match files {
            Files::Of(id) => {
                self.knowledge_base(who, id)?;
                let page = self.page(who, &[files_of(id)?], None, Order::Newest, 0, None)?;
                let mut all = page.memories;
                // Ids on shelves do not sort by age.
                all.sort_by_key(|m| (std::cmp::Reverse(m.created_at), m.id));
                let all = all.into_iter().map(|m| file_of(id, m));
                found.extend(all.filter(wanted));
            }
            Files::Named(ids) => {
                for id in ids {
                    let Some((base, records, key)) = parts_of(id) else {
                        continue;
                    };
                    let known = self.known(who, &records, &[key])?;
                    let known = known.into_iter().map(|m| file_of(&base, m));
                    found.extend(known.filter(wanted));
                }
            }
        }
        let total = found.len();
        let page = found.into_iter().skip(offset).take(limit).collect();
        Ok((page, total))
    }

    /// Deletes files with their passages.
    ///
    /// # Errors
    /// `MemoryNotFound` if one is not there; then nothing is deleted.
    pub(crate) fn delete_files(&self, who: &UserId, ids: &[String]) -> Result<()> {
        let mut doomed = Vec::new();
        for id in ids {
            let missing = || {
                Error::new(Code::MemoryNotFound, format!("there is no file {id:?}"))
                    .at("file_ids")
                    .remedy("list the files of the knowledge base for their ids")
            };
            let (base, records, key) = parts_of(id).ok_or_else(missing)?;
            if self.known(who, &records, &[key])?.is_empty() {
                return Err(missing());
            }
            doomed.push((base, records, key, id));
        }
        for (base, records, key, id) in doomed {
            let passages = self.knowledge_base(who, &base)?;
            let by_file = Filter::parse(&json!({ "info.file_id": id }))?;
            self.forget_where(who, &passages, &by_file)?;
            self.forget_all(who, &records, &[key])?;
        }
        Ok(())
    }

    /// Writes how a file stands.
    fn note_file(
        &self,
        who: &UserId,
        records: &CubeId,
        key: MemoryId,
        file: &NewFile,
        status: &str,
    ) -> Result<Memory> {
        let mut noted = None;
        self.residency.commit(records, || {
            self.visible_cube(who, Action::Write, records)?;
            let now = self.clock.now();
            let (write, kind) = match self.vault.memory(records, key)? {
                Some(mut memory) => {
                    let expected_version = memory.header.behavioural.version;
                    memory.header.behavioural.version = self.next_version(&memory)?;
                    memory.header.descriptive.updated_at = now;
                    let info = &mut memory.header.descriptive.info.0;
                    info.insert("status".to_owned(), json!(status));
                    let memory = noted.insert(memory).clone();
                    let write = Write::UpdateMemory {
                        memory,
                        expected_version,
                    };
                    (write, EventKind::Updated)
                }
                None => {
                    let memory = Memory {
                        id: key,
                        ..self.memory_of(record(file, status), who, records, now)
                    };
                    let memory = noted.insert(memory).clone();
                    (Write::AddMemory(memory), EventKind::Added)
                }
            };
            Ok(Commit {
                writes: vec![write],
                events: vec![event(records, key, who, kind)],
                why: Some(Why::call(who.clone())),
                ..Commit::default()
            })
        })?;
        noted.ok_or_else(|| Error::new(Code::Internal, "the file was not noted"))
    }
}

fn micros(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn files_of(id: &str) -> Result<CubeId> {
    cabinet_id(FILES, id, "knowledge base")
}

/// The knowledge base, the cube and the record that a file's id names.
fn parts_of(id: &str) -> Option<(String, CubeId, MemoryId)> {
    let (base, key) = id.rsplit_once('.')?;
    Some((base.to_owned(), files_of(base).ok()?, key.parse().ok()?))
}

/// The same file in the same knowledge base has the same record.
fn key_of(records: &CubeId, file: &NewFile) -> MemoryId {
    let content = blake3::hash(&file.bytes).to_hex();
    let mut name = vec![records.as_str(), &file.name, content.as_str()];
    // A document has the name that it had before there were skills.
    name.extend((file.kind == FileKind::Skill).then_some("skill"));
    Shelf::Knowledge.id(&name)
}

/// A file as its record says it.
fn record(file: &NewFile, status: &str) -> Draft {
    let info = json!({
        "bytes": file.bytes.len(), "status": status, "type": file.kind.as_str(),
    });
    Draft {
        text: file.name.clone(),
        caption: None,
        turn: Turn {
            session_id: "files".to_owned(),
            speaker: None,
            role: None,
        },
        said_at: None,
        semantic_type: SemanticType::File,
        origin: Origin::Retrieval,
        key: Some(file.name.clone()),
        tags: std::collections::BTreeSet::new(),
        info: Info(match info {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }),
        sources: vec![Source {
            kind: "document".to_owned(),
            reference: file.name.clone(),
            locator: None,
        }],
    }
}

fn status_of(memory: &Memory) -> &str {
    let info = &memory.header.descriptive.info.0;
    info.get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn file_of(base: &str, record: MemoryItem) -> KnowledgeFile {
    let text = |name: &str| {
        record
            .info
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    KnowledgeFile {
        id: format!("{base}.{}", record.id),
        bytes: record
            .info
            .get("bytes")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
        status: text("status").unwrap_or_default(),
        kind: text("type")
            .and_then(|name| FileKind::named(&name))
            .unwrap_or_default(),
        name: record.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> NewFile {
        NewFile {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            kind: FileKind::Document,
        }
    }

    #[test]
    fn a_file_is_known_by_where_it_is_its_name_and_its_content() {
        let cube = CubeId::new("c").unwrap();
        let key = |name, bytes: &[u8]| key_of(&cube, &file(name, bytes));
        assert_eq!(key("a", b"b"), key("a", b"b"));
        assert_ne!(key("a", b"b"), key("ab", b""));
        assert_ne!(
            key("a", b"b"),
            key_of(&CubeId::new("d").unwrap(), &file("a", b"b"))
        );
    }
}
