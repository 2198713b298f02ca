//! What a call asks for, read from the JSON that the model wrote.

use serde_json::{Map, Value};

use super::Refused;
use super::path::Path;

/// A command of the memory tool.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    View {
        path: Path,
        /// First and last line, counted from 1; -1 is the last of all.
        range: Option<(i64, i64)>,
    },
    Create {
        path: Path,
        text: String,
    },
    StrReplace {
        path: Path,
        old: String,
        new: String,
    },
    Insert {
        path: Path,
        /// The line behind which the text goes; 0 is the beginning.
        line: i64,
        text: String,
    },
    Delete {
        path: Path,
    },
    Rename {
        from: Path,
        to: Path,
    },
}

const NAMES: &str = "view, create, str_replace, insert, delete, rename";

impl Command {
    /// Reads a call.
    ///
    /// # Errors
    /// What is missing or wrong, for the model.
    pub(super) fn read(input: &Value) -> Result<Self, Refused> {
        let Value::Object(fields) = input else {
            return Err("Error: The input is not an object with a `command`.".to_owned());
        };
        let call = Call(fields);
        let name = call.text("command")?;
        match name {
            "view" => Ok(Self::View {
                path: call.path("path")?,
                range: call.range()?,
            }),
            "create" => Ok(Self::Create {
                path: call.path("path")?,
                text: call.text("file_text")?.to_owned(),
            }),
            "str_replace" => Ok(Self::StrReplace {
                path: call.path("path")?,
                old: call.text("old_str")?.to_owned(),
                new: call.text_or_none("new_str")?.to_owned(),
            }),
            "insert" => Ok(Self::Insert {
                path: call.path("path")?,
                line: call.line()?,
                text: call.text("insert_text")?.to_owned(),
            }),
            "delete" => Ok(Self::Delete {
                path: call.path("path")?,
            }),
            "rename" => Ok(Self::Rename {
                from: call.path("old_path")?,
                to: call.path("new_path")?,
            }),
            other => Err(format!(
                "Error: Unknown command: {other}. Please use one of {NAMES}."
            )),
        }
    }
}

struct Call<'a>(&'a Map<String, Value>);

impl<'a> Call<'a> {
    fn text(&self, name: &str) -> Result<&'a str, Refused> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Err(format!("Error: Missing required parameter `{name}`.")),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    /// A text that may be left out: to replace by nothing is to delete.
    fn text_or_none(&self, name: &str) -> Result<&'a str, Refused> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(_) => self.text(name),
        }
    }

    fn path(&self, name: &str) -> Result<Path, Refused> {
        Path::read(self.text(name)?)
    }

    fn line(&self) -> Result<i64, Refused> {
        match self.0.get("insert_line") {
            None | Some(Value::Null) => {
                Err("Error: Missing required parameter `insert_line`.".to_owned())
            }
            Some(value) => whole(value).ok_or_else(|| wrong("insert_line", "a whole number")),
        }
    }

    fn range(&self) -> Result<Option<(i64, i64)>, Refused> {
        let wrong = || {
            wrong(
                "view_range",
                "two whole numbers, such as [1, 10] or [5, -1]",
            )
        };
        match self.0.get("view_range") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(ends)) => match &ends[..] {
                [first, last] => {
                    let ends = whole(first).zip(whole(last));
                    ends.map(Some).ok_or_else(wrong)
                }
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
        }
    }
}

/// A whole number; models write some of them as text.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        // A schema takes 1.0 for a whole number.
        Value::Number(number) if number.is_f64() => number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() < 1e15)
            .map(|float| float as i64),
        value => value.as_i64(),
    }
}

fn wrong(name: &str, what: &str) -> Refused {
    format!("Error: Invalid `{name}` parameter. It should be {what}.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_command_is_read() {
        let path = |p: &str| Path::read(p).unwrap();
        let a = || path("/memories/a");
        for (input, expected) in [
            (
                json!({"command": "view", "path": "/memories/a"}),
                Command::View {
                    path: a(),
                    range: None,
                },
            ),
            (
                json!({"command": "view", "path": "/memories/a", "view_range": [2, -1]}),
                Command::View {
                    path: a(),
                    range: Some((2, -1)),
                },
            ),
            (
                json!({"command": "create", "path": "/memories/a", "file_text": ""}),
                Command::Create {
                    path: a(),
                    text: String::new(),
                },
            ),
            (
                json!({"command": "str_replace", "path": "/memories/a", "old_str": "x"}),
                Command::StrReplace {
                    path: a(),
                    old: "x".into(),
                    new: String::new(),
                },
            ),
            (
                json!({"command": "insert", "path": "/memories/a", "insert_line": "3", "insert_text": "y"}),
                Command::Insert {
                    path: a(),
                    line: 3,
                    text: "y".into(),
                },
            ),
            (
                json!({"command": "insert", "path": "/memories/a", "insert_line": 3.0, "insert_text": "y"}),
                Command::Insert {
                    path: a(),
                    line: 3,
                    text: "y".into(),
                },
            ),
            (
                json!({"command": "delete", "path": "/memories/a", "other": 1}),
                Command::Delete { path: a() },
            ),
            (
                json!({"command": "rename", "old_path": "/memories/a", "new_path": "/memories/b"}),
                Command::Rename {
                    from: a(),
                    to: path("/memories/b"),
                },
            ),
        ] {
            assert_eq!(Command::read(&input), Ok(expected), "{input}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (input, says) in [
            (json!([]), "an object"),
            (json!({}), "`command`"),
            (json!({"command": 3}), "`command`"),
            (json!({"command": "undo"}), "Unknown command: undo"),
            (json!({"command": "view"}), "`path`"),
            (json!({"command": "view", "path": null}), "`path`"),
            (
                json!({"command": "view", "path": "/etc"}),
                "must start with /memories",
            ),
            (
                json!({"command": "view", "path": "/memories", "view_range": [1]}),
                "`view_range`",
            ),
            (
                json!({"command": "view", "path": "/memories", "view_range": "all"}),
                "`view_range`",
            ),
            (
                json!({"command": "view", "path": "/memories", "view_range": [1, 2.5]}),
                "`view_range`",
            ),
            (
                json!({"command": "create", "path": "/memories/a"}),
                "`file_text`",
            ),
            (
                json!({"command": "str_replace", "path": "/memories/a"}),
                "`old_str`",
            ),
            (
                json!({"command": "insert", "path": "/memories/a", "insert_text": ""}),
                "`insert_line`",
            ),
            (
                json!({"command": "insert", "path": "/memories/a", "insert_line": 0}),
                "`insert_text`",
            ),
            (
                json!({"command": "rename", "old_path": "/memories/a"}),
                "`new_path`",
            ),
        ] {
            let refused = Command::read(&input).unwrap_err();
            assert!(refused.contains(says), "{input}: {refused}");
        }
    }
}
