//! Files as they come: in JSON as text or Base64, or as the parts of a form (RFC 7578).

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};

use super::fields;
use super::reason::{Reason, stop};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop};
use crate::http::{AppState, read_body};
use crate::service::{FileKind, NewFile};

/// Files of one upload.
const MOST: usize = 20;
/// Bytes of one file.
const LARGEST: usize = 100 * 1024 * 1024;
/// Bytes of all files of one upload.
const LARGEST_TOGETHER: usize = 300 * 1024 * 1024;

/// Files for a knowledge base, within the contract's limits.
pub(super) struct Upload {
    pub(super) knowledge_base: String,
    pub(super) files: Vec<NewFile>,
}

impl FromRequest<AppState> for Upload {
    type Rejection = Stop;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Stop> {
        let declared = request.headers().get(CONTENT_TYPE);
        let declared = declared.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let upload = match boundary(declared) {
            Some(boundary) => {
                let query = Form::query(request.uri().query())?;
                let (parts, body) = request.into_parts();
                let limit = state.options().body_limit;
                let bytes = read_body(body, &parts.headers, limit).await?;
                from_form(&query, &bytes, &boundary)?
            }
            None => {
                let JsonBody(body) = JsonBody::from_request(request, state).await?;
                from_json(&body)?
            }
        };
        upload.within_limits()
    }
}

impl Upload {
    fn within_limits(self) -> Result<Self, Stop> {
        let size: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        if self.files.is_empty() {
            let words = "there is no file: send parts named file, or a list file in JSON";
            return Err(stop(Reason::EmptyList, "file", words));
        }
        if self.files.len() > MOST {
            let words = format!(
                "there are {} files, more than {MOST}: send them in parts",
                self.files.len()
            );
            return Err(stop(Reason::TooManyFiles, "file", words));
        }
        for (number, file) in self.files.iter().enumerate() {
            if !file.kind.takes(&file.name) {
                let words = match file.kind {
                    FileKind::Document => {
                        "is of a format that is not read here: send text, such as .txt, .md, .json, \
                         .csv, .xml or .html"
                    }
                    FileKind::Skill => "is no skill that is read here: send one .md file",
                };
                let words = format!("{:?} {words}", file.name);
                return Err(stop(
                    Reason::FileType,
                    &format!("file.{number}.name"),
                    words,
                ));
            }
        }
        if let Some(file) = self.files.iter().find(|file| file.bytes.len() > LARGEST) {
            let words = format!("{:?} has more than 100 MB: split it", file.name);
            return Err(stop(Reason::FileTooLarge, "file", words));
        }
        if size > LARGEST_TOGETHER {
            let words = "the files have more than 300 MB together: send them in parts";
            return Err(stop(Reason::FilesTooLarge, "file", words));
        }
        Ok(self)
    }
}

/// What files are: a document if nothing is said.
fn kind(form: &Form<'_>, otherwise: FileKind) -> FileKind {
    let name = form.choice("type", &FileKind::ALL.map(FileKind::as_str));
    name.and_then(FileKind::named).unwrap_or(otherwise)
}

fn from_json(body: &Value) -> Result<Upload, Stop> {
    let (knowledge_base, files) = Form::read(body, Nulls::Absent, |form| {
        if !form.has("file") {
            form.missing("file");
        }
        let of_all = kind(form, FileKind::Document);
        let files: Vec<(NewFile, String)> = form
            .items("file")
            .unwrap_or_default()
            .iter()
            .map(|item| {
                let kind = kind(item, of_all);
                let file = NewFile {
                    name: fields::maybe(item, "name").unwrap_or_else(|| match kind {
                        FileKind::Document => "untitled.txt".to_owned(),
                        FileKind::Skill => "SKILL.md".to_owned(),
                    }),
                    bytes: Vec::new(),
                    kind,
                };
                (file, fields::words(item, "content"))
            })
            .collect();
        (fields::words(form, "knowledgebase_id"), files)
    })?;
    let files = files
        .into_iter()
        .enumerate()
        .map(|(i, (file, content))| {
            let bytes = content_of(&content, &format!("file.{i}.content"))?;
            Ok(NewFile { bytes, ..file })
        })
        .collect::<Result<_, Stop>>()?;
    Ok(Upload {
        knowledge_base,
        files,
    })
}

/// The bytes that a content stands for: Base64, alone or as a data URL, or else text.
pub(super) fn content_of(content: &str, field: &str) -> Result<Vec<u8>, Stop> {
    let trimmed = content.trim();
    if ["http://", "https://", "ftp://"]
        .iter()
        .any(|scheme| trimmed.starts_with(scheme))
    {
        let words = "it is an address, and this server fetches nothing: send the file's text, its \
                     bytes in Base64, or a form with parts named file";
        return Err(stop(Reason::UnsupportedType, field, words));
    }
    if let Some((head, data)) = trimmed
        .strip_prefix("data:")
        .and_then(|url| url.split_once(','))
    {
        if !head.ends_with(";base64") {
            let words = "the data URL is not in Base64: write data:text/plain;base64,…";
            return Err(stop(Reason::BadBase64, field, words));
        }
        let words = "what follows base64, is no Base64: encode the file's bytes";
        return base64(data).ok_or_else(|| stop(Reason::BadBase64, field, words));
    }
    // Text that happens to be Base64 as well hardly ever means text as such bytes, and the other way
    // round.
    let decoded = trimmed
        .len()
        .is_multiple_of(4)
        .then(|| base64(trimmed))
        .flatten();
    let means_bytes = |bytes: &Vec<u8>| {
        let is_file = bytes.starts_with(b"%PDF") || bytes.starts_with(b"PK\x03\x04");
        is_file || std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(is_odd))
    };
    Ok(decoded
        .filter(means_bytes)
        .unwrap_or_else(|| content.as_bytes().to_vec()))
}

/// A character that no text file holds.
fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')
}

/// Standard or URL-safe Base64, padded or not; blanks are passed over.
fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    LENIENT.decode(digits).ok()
}

/// The boundary of a form, if that is what the body is declared as.
fn boundary(declared: &str) -> Option<String> {
    let (essence, parameters) = declared.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty())
            .then(|| value.to_owned())
    })
}

fn from_form(query: &Value, body: &[u8], boundary: &str) -> Result<Upload, Stop> {
    let (knowledge_base, kind) = Form::read_at("query", query, Nulls::Absent, |form| {
        (
            fields::words(form, "knowledgebase_id"),
            kind(form, FileKind::Document),
        )
    })?;
    let malformed = || {
        let words = "the form can't be read: send parts named file, each with a file name";
        stop(Reason::Invalid, "body", words)
    };
    let parts = parts(body, boundary).ok_or_else(malformed)?;
    let mut files = Vec::new();
    for part in parts.into_iter().filter(|part| part.name == "file") {
        files.push(NewFile {
            name: part
                .file
                .filter(|name| !name.trim().is_empty())
                .ok_or_else(malformed)?,
            bytes: part.bytes.to_vec(),
            kind,
        });
    }
    Ok(Upload {
        knowledge_base,
        files,
    })
}

/// A part of a form.
struct Part<'a> {
    name: String,
    file: Option<String>,
    bytes: &'a [u8],
}

/// The parts between the boundaries; none if the form has no end.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = match body.starts_with(&mark) {
        true => body,
        // What stands before the first boundary is to be passed over.
        false => &body[find(body, &[b"\r\n", mark.as_slice()].concat())? + 2..],
    };
    let end = [b"\r\n", mark.as_slice()].concat();
    let mut parts = Vec::new();
    loop {
        rest = rest.strip_prefix(mark.as_slice())?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let start = find(rest, b"\r\n")? + 2;
        rest = &rest[start..];
        // A part without headers begins with the blank line.
        let (head, after) = match rest.strip_prefix(b"\r\n") {
            Some(after) => (&b""[..], after),
            None => {
                let at = find(rest, b"\r\n\r\n")?;
                (&rest[..at], &rest[at + 4..])
            }
        };
        let size = match after.starts_with(&mark) {
            true => 0,
            false => find(after, &end)?,
        };
        let (name, file) = disposition(std::str::from_utf8(head).ok()?);
        parts.push(Part {
            name,
            file,
            bytes: &after[..size],
        });
        rest = after[size..]
            .strip_prefix(b"\r\n")
            .unwrap_or(&after[size..]);
    }
}

/// `name` and `filename` of a part.
fn disposition(head: &str) -> (String, Option<String>) {
    let line = head.lines().find(|line| {
        let name = line.split(':').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("content-disposition")
    });
    let line = line.unwrap_or_default();
    // `filename*` says a name in another encoding; it wins.
    let encoded = parameter(line, "filename*").and_then(|value| {
        let (_, text) = value.rsplit_once('\'')?;
        let pairs: Vec<_> = form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect();
        pairs.into_iter().next()
    });
    (
        parameter(line, "name").unwrap_or_default(),
        encoded.or_else(|| parameter(line, "filename")),
    )
}

/// The value of `; name="…"`, in which quotes are escaped by a backslash or as `%22`.
fn parameter(line: &str, name: &str) -> Option<String> {
    let mut rest = line;
    loop {
        let (_, after) = rest.split_once(';')?;
        rest = after;
        let trimmed = after.trim_start();
        let Some(value) = trimmed.strip_prefix(name).and_then(|v| v.strip_prefix('=')) else {
            continue;
        };
        let Some(quoted) = value.strip_prefix('"') else {
            let bare = value.split(';').next().unwrap_or_default();
            return Some(bare.trim().to_owned());
        };
        let (mut text, mut escaped) = (String::new(), false);
        for c in quoted.chars() {
            match c {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' if !escaped => break,
                c => text.push(c),
            }
            escaped = false;
        }
        return Some(text.replace("%22", "\""));
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|b| *b == first) {
        let at = from + at;
        if bytes[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// How a file is shown in an answer.
pub(super) fn megabytes(bytes: u64) -> Value {
    let megabytes = bytes as f64 / (1024.0 * 1024.0);
    json!((megabytes * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_it_comes() {
        for (text, bytes) in [
            ("aGVsbG8=", Some(&b"hello"[..])),
            ("aGVsbG8", Some(b"hello")),
            ("aGVs\nbG8=", Some(b"hello")),
            ("-_8=", Some(b"\xfb\xff")),
            ("", Some(b"")),
            ("aGVsbG8!", None),
            ("a", None),
            ("aGVsbG9=", None),
        ] {
            assert_eq!(base64(text).as_deref(), bytes, "{text}");
        }
    }

    #[test]
    fn a_content_is_text_or_bytes_and_never_fetched() {
        let read = |content| content_of(content, "f");
        assert_eq!(read("aGVsbG8=").unwrap(), b"hello");
        assert_eq!(read("data:text/plain;base64,aGVsbG8=").unwrap(), b"hello");
        assert_eq!(read("Just a text.").unwrap(), b"Just a text.");
        // Four letters are Base64 too, of bytes that are no text.
        assert_eq!(read("word").unwrap(), b"word");
        for (bad, reason) in [
            ("https://example.org/a.md", Reason::UnsupportedType),
            ("data:text/plain;base64,a*b", Reason::BadBase64),
            ("data:text/plain,abc", Reason::BadBase64),
        ] {
            let Err(Stop::Invalid(faults)) = read(bad) else {
                panic!("{bad} was taken")
            };
            assert_eq!(faults[0].kind, reason.as_str(), "{bad}");
        }
    }

    /// Name, file name and bytes of a part.
    type Read = (String, Option<String>, Vec<u8>);

    fn form(text: &str) -> Option<Vec<Read>> {
        let body = text.replace('\n', "\r\n");
        let parts = parts(body.as_bytes(), "XX")?;
        Some(
            parts
                .into_iter()
                .map(|p| (p.name, p.file, p.bytes.to_vec()))
                .collect(),
        )
    }

    #[test]
    fn a_form_is_taken_apart() {
        let read = form(
            "before\n--XX\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".md\"\n\
             Content-Type: text/markdown\n\n# T\n\nText\n--XX\n\
             content-disposition: form-data; name=note\n\n\n--XX\n\
             Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%E8%A1%A8.txt\n\n--XY\n--XX--\n",
        )
        .unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].1.as_deref(), Some("a \"b\".md"));
        assert_eq!(read[0].2, b"# T\r\n\r\nText");
        assert_eq!(
            (read[1].0.as_str(), read[1].2.as_slice()),
            ("note", &b""[..])
        );
        assert_eq!(read[2].1.as_deref(), Some("表.txt"));
        assert_eq!(read[2].2, b"--XY");
    }

    #[test]
    fn a_form_without_an_end_is_refused() {
        for bad in [
            "",
            "--XX",
            "--XX\n",
            "--XX\n\nabc",
            "--XX\na: b\n\nabc\n--X",
        ] {
            assert!(form(bad).is_none(), "{bad:?}");
        }
        assert_eq!(form("--XX--").map(|parts| parts.len()), Some(0));
    }

    #[test]
    fn only_forms_have_a_boundary() {
        assert_eq!(
            boundary("multipart/form-data; charset=utf-8; boundary=\"a-b\"").as_deref(),
            Some("a-b")
        );
        assert_eq!(boundary("application/json; boundary=x"), None);
        assert_eq!(boundary("multipart/form-data"), None);
    }
}
