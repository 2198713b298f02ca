//! A file that comes into a knowledge base, and what it says.

use memos_core::{Code, Error, Info, Moment, Origin, Result, SemanticType, Source, Turn};
use serde_json::{Map, Value};

use crate::reader::{DocumentInput, Draft, Format, read_document};
use crate::service::skill_file::SkillFile;
use crate::wire::DocumentRequest;

/// Endings of names whose files are text.
const TEXTS: [&str; 15] = [
    "txt", "text", "md", "markdown", "json", "jsonl", "csv", "tsv", "log", "yaml", "yml", "rst",
    "html", "htm", "xml",
];

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A text, read by passages.
    #[default]
    Document,
    /// How to do something, read as one.
    Skill,
}

impl FileKind {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Document, Self::Skill];

    /// The name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Skill => "skill",
        }
    }

    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether files of this name are read as this.
    pub(crate) fn takes(self, name: &str) -> bool {
        let ending = name.rsplit_once('.');
        let ending = ending.map(|(_, end)| end.to_ascii_lowercase());
        match self {
            Self::Document => ending.is_none_or(|end| TEXTS.contains(&end.as_str())),
            Self::Skill => ending.is_none_or(|end| matches!(end.as_str(), "md" | "markdown")),
        }
    }
}

/// A file that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: FileKind,
}

/// A skill as a memory.
pub(super) fn skill_draft(
    file: &NewFile,
    skill: &SkillFile,
    mut info: Map<String, Value>,
) -> Draft {
    info.extend(skill.info());
    Draft {
        text: skill.text(),
        caption: None,
        turn: Turn {
            session_id: file.name.clone(),
            speaker: None,
            role: None,
        },
        said_at: None,
        semantic_type: SemanticType::Skill,
        origin: Origin::Retrieval,
        key: Some(skill.name.clone()),
        tags: std::collections::BTreeSet::new(),
        info: Info(info),
        sources: vec![Source {
            kind: "document".to_owned(),
            reference: file.name.clone(),
            locator: None,
        }],
    }
}

/// What a file says.
pub(super) enum Content {
    Document(DocumentRequest),
    Skill(SkillFile),
}

impl Content {
    pub(super) fn read(file: &NewFile, now: Moment) -> Result<Self> {
        match file.kind {
            FileKind::Document => document(file, now).map(Self::Document),
            FileKind::Skill => SkillFile::read(text_of(file)?).map(Self::Skill),
        }
    }
}

/// A file's text, checked to be one.
fn text_of(file: &NewFile) -> Result<&str> {
    let refuse = |why: String| {
        Error::new(Code::InvalidDocument, format!("{:?} {why}", file.name))
            .remedy("send text: a .txt, .md, .json, .jsonl, .csv or .html file in UTF-8")
    };
    if !file.kind.takes(&file.name) {
        return Err(refuse(format!(
            "has a name of a format that is not read as a {}",
            file.kind.as_str()
        )));
    }
    let text = std::str::from_utf8(&file.bytes).map_err(|e| {
        refuse(format!(
            "is not text in UTF-8: byte {} is wrong",
            e.valid_up_to()
        ))
    })?;
    if text.contains('\0') {
        return Err(refuse("is not text: it holds a zero byte".to_owned()));
    }
    if text.trim().is_empty() {
        return Err(refuse("is empty".to_owned()));
    }
    Ok(text)
}

/// A file's text as a document.
fn document(file: &NewFile, now: Moment) -> Result<DocumentRequest> {
    let text = text_of(file)?;
    let name = Some(file.name.as_str());
    let format = Format::detect(name, text)
        .ok()
        .filter(|format| {
            let input = DocumentInput {
                name: Some(file.name.clone()),
                format: Some(*format),
                ..DocumentInput::new(text, now)
            };
            read_document(&input).is_ok()
        })
        // What another program wrote in a shape of its own is text all the same.
        .unwrap_or(Format::Plain);
    Ok(DocumentRequest {
        text: text.to_owned(),
        name: Some(file.name.clone()),
        format: Some(format.as_str().to_owned()),
        ..DocumentRequest::default()
    })
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

    fn now() -> Moment {
        "2025-06-02".parse().unwrap()
    }

    #[test]
    fn what_is_text_is_read_in_its_format() {
        for (name, text, format) in [
            ("a.md", "# Title\n\nText.", "markdown"),
            ("a.txt", "Text.", "plain"),
            ("noname", "Text.", "plain"),
            ("a.json", "{\"prices\": [1, 2]}", "plain"),
            ("a.jsonl", "{\"role\":\"user\",\"content\":\"Hi\"}", "jsonl"),
        ] {
            let read = document(&file(name, text.as_bytes()), now()).unwrap();
            assert_eq!(read.format.as_deref(), Some(format), "{name}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_a_remedy() {
        for (name, bytes) in [
            ("a.pdf", &b"%PDF-1.7"[..]),
            ("a.docx", b"PK\x03\x04"),
            ("a.txt", b"\xff\xfe\x00"),
            ("a.txt", b"a\0b"),
            ("a.txt", b" \n"),
        ] {
            let error = document(&file(name, bytes), now()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument, "{name}");
            assert!(error.remedy_text().is_some() && error.message().contains(name));
        }
    }
}
