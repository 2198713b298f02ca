//! A file inside a request: its text, as it is, in base64 or as a data URL. Addresses and paths are
//! refused: this server reads no file and fetches nothing because a request says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memos_core::{Code, Error, Result};

/// Shortest text that is taken for base64 though it does not say so.
const LEAST: usize = 24;

/// Longest run without a blank that may still be a word.
const LONG: usize = 64;

/// The text of a file's data.
///
/// # Errors
/// `InvalidRequest` for an address or a path, or for what is no text.
pub(crate) fn text_of_file(data: &str) -> Result<String> {
    if let Some(rest) = data.strip_prefix("data:") {
        let (head, body) = rest.split_once(',').unwrap_or((rest, ""));
        return match head.ends_with(";base64") {
            true => text_of(decoded(body).ok_or_else(bad_base64)?),
            false => Ok(form_urlencoded_text(body)),
        };
    }
    let trimmed = data.trim();
    if is_address(trimmed) {
        return Err(Error::new(
            Code::InvalidRequest,
            "the file is named by an address, and this server fetches none",
        )
        .remedy("send the text itself, or its base64"));
    }
    if is_path(trimmed) {
        return Err(Error::new(
            Code::InvalidRequest,
            "the file is named by a path, and no path is read for a request",
        )
        .remedy("send the text itself, or its base64; or import files with `memos import`"));
    }
    if trimmed.len() >= LEAST
        && let Some(bytes) = decoded(trimmed)
    {
        let is_binary = is_binary(trimmed, &bytes);
        match text_of(bytes) {
            Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => {
                return Ok(text);
            }
            Ok(_) if is_binary => return Err(no_text()),
            Err(error) if is_binary => return Err(error),
            _ => {}
        }
    }
    Ok(data.to_owned())
}

/// Whether it is a file in base64 rather than words that could be read as base64: it begins as known
/// formats do, or it is one long run of letters of all kinds, as no words are.
fn is_binary(encoded: &str, bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [
        b"%PDF-",
        b"PK\x03\x04",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"\x1f\x8b",
    ];
    let has = |is: fn(&u8) -> bool| encoded.as_bytes().iter().any(is);
    let is_known = BEGINNINGS.iter().any(|start| bytes.starts_with(start));
    is_known
        || encoded.len() >= LONG
            && !encoded.contains([' ', '\t'])
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok()
}

fn text_of(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| no_text())
}

fn no_text() -> Error {
    Error::new(Code::InvalidRequest, "the file is no text in UTF-8")
        .remedy("send the text of the file")
}

fn bad_base64() -> Error {
    Error::new(Code::InvalidRequest, "the file's base64 can't be read")
        .remedy("encode the file with the standard alphabet, with padding")
}

/// What stands after the comma of a data URL that is not base64.
fn form_urlencoded_text(text: &str) -> String {
    let escaped = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    let pairs = form_urlencoded::parse(escaped.as_bytes());
    pairs.map(|(name, _)| name.into_owned()).collect()
}

fn is_address(text: &str) -> bool {
    let one_word = !text.contains(char::is_whitespace);
    one_word
        && ["http://", "https://", "ftp://", "s3://"]
            .iter()
            .any(|s| text.starts_with(s))
}

fn is_path(text: &str) -> bool {
    let is_line = !text.is_empty() && !text.contains('\n');
    let drive = text.as_bytes().get(1..3) == Some(br":\");
    let starts = ["/", "~/", "./", "../", "file:", "\\\\"];
    is_line && (drive || starts.iter().any(|start| text.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_as_it_is_or_encoded() {
        let words = "The ferry leaves at noon, from the old pier.";
        let encoded = STANDARD.encode(words);
        for data in [
            words.to_owned(),
            encoded.clone(),
            format!("data:text/plain;base64,{encoded}"),
            "data:text/plain,The%20ferry%20leaves%20at%20noon,%20from%20the%20old%20pier.".into(),
        ] {
            assert_eq!(text_of_file(&data).unwrap(), words, "{data}");
        }
        assert_eq!(text_of_file("abcd").unwrap(), "abcd");
    }

    #[test]
    fn what_is_no_text_is_refused_however_it_comes() {
        let noise: Vec<u8> = (0..=255).collect();
        for bytes in [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj".as_slice(), &noise] {
            let encoded = STANDARD.encode(bytes);
            let url = format!("data:application/pdf;base64,{encoded}");
            for data in [encoded, url] {
                let error = text_of_file(&data).unwrap_err();
                assert!(error.message().contains("no text"), "{data}");
            }
        }
        // Words that could be read as base64 are words.
        for words in [
            "The ferry leaves at noons",
            "Internationalisierungsbestrebung",
        ] {
            assert_eq!(text_of_file(words).unwrap(), words);
        }
    }

    #[test]
    fn addresses_and_paths_are_refused() {
        for data in [
            "https://example.org/a.txt",
            "/etc/passwd",
            " ../../etc/passwd",
            "file:///etc/passwd",
            "C:\\notes.txt",
            "~/notes.md",
        ] {
            let error = text_of_file(data).unwrap_err();
            assert!(error.remedy_text().is_some(), "{data}");
        }
        assert!(text_of_file("data:application/pdf;base64,/9j/").is_err());
    }
}
