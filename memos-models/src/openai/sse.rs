//! Server-sent events, as far as OpenAI-compatible APIs use them: the `data` of each event.
//!
//! After the parsing rules of the HTML standard, section 9.2: lines end with LF, CRLF or CR, a
//! colon begins a comment, several `data` lines are one event's lines, an empty line ends it.

/// Takes bytes as they come and gives out the data of whole events.
#[derive(Debug, Default)]
pub struct Events {
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// The event that is not whole yet.
    data: Option<String>,
    /// The last byte was a CR: an LF right after it ends the same line.
    after_cr: bool,
}

impl Events {
    /// Takes more bytes; returns the data of the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => whole.extend(self.end_line()),
                _ => self.line.push(byte),
            }
        }
        whole
    }

    /// The stream ended: its last event, if only the empty line after it is missing.
    pub fn finish(mut self) -> Option<String> {
        self.end_line();
        self.data
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        // A line is whole here, so no character is split.
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{FEFF}').unwrap_or(&line);
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "\u{FEFF}: hello\r\n\r\ndata: {\"a\":\"白日依山尽\"}\r\n\r\nevent: x\nid: 1\n\
        data:two\ndata:  lines\n\ndata\n\ndata: 🦀\r\rdata: [DONE]\n\n";

    fn whole() -> Vec<String> {
        ["{\"a\":\"白日依山尽\"}", "two\n lines", "", "🦀", "[DONE]"]
            .map(String::from)
            .into()
    }

    #[test]
    fn events_are_read_by_the_rules() {
        let mut events = Events::default();
        assert_eq!(events.push(STREAM.as_bytes()), whole());
        assert_eq!(events.finish(), None);
    }

    #[test]
    fn the_last_empty_line_may_be_missing() {
        let mut events = Events::default();
        assert!(events.push(b"data: a\n").is_empty());
        assert!(events.push(b"data: b").is_empty());
        assert_eq!(events.finish().as_deref(), Some("a\nb"));
    }

    proptest! {
        /// However the bytes are cut, in the middle of characters and line ends too.
        #[test]
        fn cuts_change_nothing(cuts in proptest::collection::vec(0..STREAM.len(), 0..20)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut events = Events::default();
            let mut got = Vec::new();
            for pair in cuts.windows(2) {
                got.extend(events.push(&STREAM.as_bytes()[pair[0]..pair[1]]));
            }
            prop_assert_eq!(got, whole());
        }
    }
}
