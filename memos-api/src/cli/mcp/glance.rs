//! A glance at a message that can't be read as a whole, since it is too long or too deep: whose answer
//! it waits for.

use serde_json::Value;

/// Longest name of a field that matters, and longest id or method that is kept.
const KEPT: usize = 1024;

/// What is seen of a message, byte by byte. It takes what is well-formed, and guesses at nothing else.
#[derive(Debug, Default)]
pub(super) struct Glance {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// Whether what comes is the value of a field of the message.
    in_value: bool,
    /// The field, as it is written.
    name: Vec<u8>,
    id: Vec<u8>,
    method: Vec<u8>,
}

impl Glance {
    /// Looks at all of a message.
    pub(super) fn at(message: &[u8]) -> Self {
        let mut glance = Self::default();
        glance.take(message);
        glance
    }

    /// Looks at the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.take_one(*byte);
        }
    }

    fn take_one(&mut self, byte: u8) {
        if self.in_text {
            self.keep(byte);
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_text = true;
                if self.depth == 1 && !self.in_value {
                    self.name.clear();
                }
                self.keep(byte);
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.in_value = false;
                }
            }
            b':' if self.depth == 1 => self.in_value = true,
            b',' if self.depth == 1 => self.in_value = false,
            _ if byte.is_ascii_whitespace() => {}
            _ => self.keep(byte),
        }
    }

    /// Keeps a byte of a field's name, or of a value that matters.
    fn keep(&mut self, byte: u8) {
        if self.depth != 1 {
            return;
        }
        let kept = match (self.in_value, self.name.as_slice()) {
            (false, _) => &mut self.name,
            (true, b"\"id\"") => &mut self.id,
            (true, b"\"method\"") => &mut self.method,
            (true, _) => return,
        };
        // One more shows that it is too long.
        if kept.len() <= KEPT {
            kept.push(byte);
        }
    }

    /// The id, if it can be one.
    pub(super) fn id(&self) -> Option<Value> {
        match read(&self.id)? {
            id @ (Value::String(_) | Value::Number(_)) => Some(id),
            _ => None,
        }
    }

    /// The method, if there is one.
    pub(super) fn method(&self) -> Option<String> {
        match read(&self.method)? {
            Value::String(method) => Some(method),
            _ => None,
        }
    }
}

fn read(kept: &[u8]) -> Option<Value> {
    match kept.len() <= KEPT {
        true => serde_json::from_slice(kept).ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(text: &str) -> (Option<Value>, Option<String>) {
        let glance = Glance::at(text.as_bytes());
        (glance.id(), glance.method())
    }

    #[test]
    fn the_id_is_seen_wherever_it_stands() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let long = "x".repeat(100_000);
        for (text, id, method) in [
            (
                format!(
                    r#"{{"jsonrpc":"2.0","method":"tools/call","params":{{"id":1,"a":{deep}}},"id":7}}"#
                ),
                Some(json!(7)),
                Some("tools/call"),
            ),
            (
                format!(
                    r#" {{ "id" : "a\"b,}}" , "params": {{"text": "{long}"}}, "method" : "x" }} "#
                ),
                Some(json!("a\"b,}")),
                Some("x"),
            ),
            // One that is cut.
            (
                r#"{"id":-1,"method":"x","params":{"a":"#.to_owned(),
                Some(json!(-1)),
                Some("x"),
            ),
            (
                r#"{"method":"x","params":{"id":5}}"#.to_owned(),
                None,
                Some("x"),
            ),
            (r#"{"x":"\"id\":5","y":["id",5]}"#.to_owned(), None, None),
            (r#"{"id":null,"method":5}"#.to_owned(), None, None),
            (format!(r#"{{"id":"{long}"}}"#), None, None),
            ("id 5".to_owned(), None, None),
            (String::new(), None, None),
        ] {
            let start = text.chars().take(60).collect::<String>();
            assert_eq!(seen(&text), (id, method.map(str::to_owned)), "{start}");
        }
    }
}
