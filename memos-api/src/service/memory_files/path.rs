//! Paths that stay under `/memories`.

use std::fmt;

use super::{ROOT, Refused};

/// Bytes of a path.
const MOST_BYTES: usize = 1_024;

/// Names of a path.
const MOST_NAMES: usize = 32;

/// A path at or below `/memories`: clean for use, and as the model wrote it, to be told so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    clean: String,
    written: String,
}

impl Path {
    /// Checks a path. Nothing leads out: a `..` is refused, also one in percent signs or behind a
    /// backslash, whatever else stands in the path.
    ///
    /// # Errors
    /// The tool's words.
    pub(super) fn read(written: &str) -> Result<Self, Refused> {
        let outside = || format!("Error: Path must start with /memories, got: {written}");
        let below = written.strip_prefix(ROOT).ok_or_else(outside)?;
        if !below.is_empty() && !below.starts_with('/') {
            return Err(outside());
        }
        if written.len() > MOST_BYTES {
            return Err(format!(
                "Error: The path has {} bytes, more than {MOST_BYTES}. Please use shorter names.",
                written.len()
            ));
        }
        if escapes(below) {
            return Err(format!(
                "Error: Path {written} would escape /memories directory"
            ));
        }
        if below.chars().any(char::is_control) {
            return Err(
                "Error: The path holds a control character. Please use letters, digits and \
                 punctuation."
                    .to_owned(),
            );
        }
        let names: Vec<&str> = below
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
            .collect();
        if names.len() > MOST_NAMES {
            return Err(format!(
                "Error: The path {written} is {} levels deep, more than {MOST_NAMES}.",
                names.len()
            ));
        }
        let mut clean = ROOT.to_owned();
        for name in names {
            clean.push('/');
            clean.push_str(name);
        }
        Ok(Self {
            clean,
            written: written.to_owned(),
        })
    }

    /// The path, each name once behind a slash.
    pub(super) fn as_str(&self) -> &str {
        &self.clean
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Whether a part would lead upwards for anyone who reads paths in some other way than we do.
fn escapes(below: &str) -> bool {
    let mut text = below.to_owned();
    // Each round takes one layer of percent signs off.
    for _ in 0..4 {
        let parts = text.split(['/', '\\']);
        if text.contains('\\') || parts.into_iter().any(|part| part.trim() == "..") {
            return true;
        }
        let decoded = percent_decoded(&text);
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    true
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let hex = |b: u8| (b as char).to_digit(16);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = match bytes.get(at..at + 3) {
            Some([b'%', high, low]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match digits.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (written, clean) in [
            ("/memories", "/memories"),
            ("/memories/", "/memories"),
            ("/memories//a/./b.txt/", "/memories/a/b.txt"),
            ("/memories/100%25 sure.md", "/memories/100%25 sure.md"),
            ("/memories/a..b", "/memories/a..b"),
            ("/memories/日记.md", "/memories/日记.md"),
        ] {
            let path = Path::read(written).unwrap();
            assert_eq!(path.as_str(), clean);
            assert_eq!(path.to_string(), written);
        }
    }

    #[test]
    fn nothing_leads_out() {
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "memories/a",
            "/memoriesx",
            "/memories.txt",
            "/Memories/a",
            "../memories",
            "/memories/..",
            "/memories/../etc/passwd",
            "/memories/a/../../b",
            "/memories/a/../b",
            "/memories/.. /b",
            "/memories/%2e%2e/b",
            "/memories/%2E./b",
            "/memories/..%2fb",
            "/memories/%252e%252e%252fb",
            "/memories/%25252525252e%2e/b",
            "/memories/..\\b",
            "/memories/a\\b",
            "/memories/..%5cb",
            "/memories/a\0b",
            "/memories/a\nb",
        ] {
            let refused = Path::read(bad).unwrap_err();
            assert!(refused.starts_with("Error: "), "{bad}: {refused}");
        }
        let long = format!("/memories/{}", "x".repeat(2_000));
        assert!(Path::read(&long).is_err());
        let deep = format!("/memories{}", "/x".repeat(40));
        assert!(Path::read(&deep).is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_is_taken_has_no_way_up(text in "/memories[/a.%2eE5cF\\\\ ]{0,24}") {
            if let Ok(path) = Path::read(&text) {
                let names: Vec<&str> = path.as_str().split('/').skip(2).collect();
                proptest::prop_assert!(path.as_str().starts_with("/memories"));
                proptest::prop_assert!(names.iter().all(|n| !n.is_empty() && *n != "." && *n != ".."));
            }
        }
    }
}
