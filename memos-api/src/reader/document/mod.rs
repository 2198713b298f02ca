//! Documents: files of prose, and dialogues that another program wrote down.

mod chatgpt;
mod format;
mod jsonl;
pub mod locomo;
mod markdown;
mod mcp_memory;
mod passage;
mod plain;

use std::collections::BTreeSet;

use memos_core::{Code, Error, Info, Moment, Origin, Result, SemanticType, Source, Turn};

pub use format::Format;

use super::{Draft, MessageDefaults, fingerprint};

/// A document and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentInput<'a> {
    /// Its name, such as a file name.
    pub name: Option<String>,
    /// Its format; `None` lets the name and the content tell.
    pub format: Option<Format>,
    /// All of its text.
    pub text: &'a str,
    /// The session of its memories. Without one it is the document's name; LoCoMo files and
    /// ChatGPT exports always keep their own.
    pub session_id: Option<String>,
    /// When it was written; messages that carry a time keep theirs.
    pub said_at: Option<Moment>,
    /// Labels for every memory.
    pub tags: BTreeSet<String>,
    /// The caller's own fields, for every memory.
    pub info: Info,
    /// When it came.
    pub now: Moment,
}

impl<'a> DocumentInput<'a> {
    /// A text of which nothing else is known.
    pub fn new(text: &'a str, now: Moment) -> Self {
        Self {
            name: None,
            format: None,
            text,
            session_id: None,
            said_at: None,
            tags: BTreeSet::new(),
            info: Info::default(),
            now,
        }
    }

    /// The name, or one made from the content, so that two nameless documents stay apart.
    fn title(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => format!("document-{:08x}", fingerprint(self.text, None) >> 32),
        }
    }

    fn message_defaults(&self) -> MessageDefaults {
        MessageDefaults {
            session_id: self.session_id.clone(),
            said_at: self.said_at,
            tags: self.tags.clone(),
            info: self.info.clone(),
            now: self.now,
        }
    }

    /// A passage of this document.
    fn passage(&self, title: &str, text: &str, key: String, locator: String) -> Draft {
        Draft {
            text: text.to_owned(),
            caption: None,
            turn: Turn {
                session_id: self.session_id.clone().unwrap_or_else(|| title.to_owned()),
                speaker: None,
                role: None,
            },
            said_at: self.said_at,
            semantic_type: SemanticType::File,
            origin: Origin::Retrieval,
            key: Some(key),
            sources: vec![Source {
                kind: "document".to_owned(),
                reference: title.to_owned(),
                locator: Some(locator),
            }],
            tags: self.tags.clone(),
            info: self.info.clone(),
        }
    }
}

/// Reads a document: prose becomes passages of about 120 to 200 words (300 characters of
/// Chinese), a dialogue becomes its messages.
///
/// ```
/// use memos_api::reader::{DocumentInput, read_document};
/// let now = "2024-06-01".parse().unwrap();
/// let input = DocumentInput {
///     name: Some("notes.md".into()),
///     ..DocumentInput::new("# Trip\n\n## Train\n\nIt leaves at noon.\n", now)
/// };
/// let drafts = read_document(&input).unwrap();
/// assert_eq!(drafts[0].key.as_deref(), Some("Trip > Train"));
/// assert_eq!(drafts[0].text, "# Trip\n\n## Train\n\nIt leaves at noon.");
/// ```
///
/// # Errors
/// [`Code::InvalidDocument`] if it is empty or not of its format, with the place inside it.
pub fn read_document(input: &DocumentInput<'_>) -> Result<Vec<Draft>> {
    let text = input.text.strip_prefix('\u{feff}').unwrap_or(input.text);
    let input = DocumentInput {
        text,
        ..input.clone()
    };
    if text.trim().is_empty() {
        return Err(
            Error::new(Code::InvalidDocument, "the document is empty").remedy("send its text")
        );
    }
    let format = match input.format {
        Some(format) => format,
        None => Format::detect(input.name.as_deref(), text)?,
    };
    let drafts = match format {
        Format::Plain => plain::read(&input),
        Format::Markdown => markdown::read(&input),
        Format::ChatJsonl => jsonl::read(&input)?,
        Format::Locomo => locomo::read(&input)?,
        Format::ChatGpt => chatgpt::read(&input)?,
        Format::McpMemory => mcp_memory::read(&input)?,
    };
    if drafts.is_empty() {
        return Err(Error::new(
            Code::InvalidDocument,
            format!("the document, read as {format}, holds nothing to remember"),
        )
        .remedy(format!(
            "check the document, or name its format: {}",
            Format::NAMES
        )));
    }
    Ok(drafts)
}

/// An error about a document's JSON, with the line that the parser stopped at.
fn not_json(error: serde_json::Error, format: Format) -> Error {
    Error::new(
        Code::InvalidDocument,
        format!("the document can't be read as {format}: {error}"),
    )
    .remedy(format!(
        "mend the JSON at that place, or name another format: {}",
        Format::NAMES
    ))
    .caused_by(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Moment {
        "2025-06-01".parse().unwrap()
    }

    #[test]
    fn an_empty_document_is_refused() {
        for text in ["", " \n\t", "\u{feff}"] {
            let error = read_document(&DocumentInput::new(text, now())).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument);
        }
        for (format, text) in [
            (Format::Locomo, "[]"),
            (Format::ChatGpt, "[]"),
            (Format::ChatJsonl, "[]"),
        ] {
            let input = DocumentInput {
                format: Some(format),
                ..DocumentInput::new(text, now())
            };
            let error = read_document(&input).unwrap_err();
            assert!(error.message().contains("nothing to remember"), "{error}");
        }
    }

    #[test]
    fn nameless_documents_get_a_session_of_their_own() {
        let session = |text| {
            let drafts = read_document(&DocumentInput::new(text, now())).unwrap();
            drafts[0].turn.session_id.clone()
        };
        assert_eq!(session("one text"), session("one text"));
        assert_ne!(session("one text"), session("another text"));
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let drafts = read_document(&DocumentInput::new("\u{feff}Hello.", now())).unwrap();
        assert_eq!(drafts[0].text, "Hello.");
    }

    proptest! {
        #[test]
        fn any_text_in_any_format_is_read_or_refused(
            text in "([\\[\\]{}\":,#`~=\\-* \n.。a-z0-9中文]|\"role\"|\"mapping\"|\"content\"){0,120}",
            format in proptest::option::of(proptest::sample::select(Format::ALL.to_vec())),
        ) {
            let input = DocumentInput { format, ..DocumentInput::new(&text, now()) };
            match read_document(&input) {
                Ok(drafts) => prop_assert!(!drafts.is_empty()),
                Err(error) => {
                    prop_assert_eq!(error.code(), Code::InvalidDocument);
                    prop_assert!(error.remedy_text().is_some());
                }
            }
        }

        #[test]
        fn prose_loses_no_word(
            words in proptest::collection::vec("([a-z]{1,9}[.!?]?|中{1,80}。?|\n|\n\n|\n# |\n- |\n```\n)", 1..400),
            markdown in any::<bool>(),
        ) {
            let text = format!("start {}", words.join(" "));
            let format = if markdown { Format::Markdown } else { Format::Plain };
            let input = DocumentInput { format: Some(format), ..DocumentInput::new(&text, now()) };
            let drafts = read_document(&input).unwrap();
            let kept: String = drafts.iter().flat_map(|d| d.text.split_whitespace()).collect();
            let given: String = text.split_whitespace().collect();
            prop_assert_eq!(kept, given);
            for draft in &drafts {
                prop_assert!(text.contains(draft.text.as_str()));
            }
        }
    }
}
