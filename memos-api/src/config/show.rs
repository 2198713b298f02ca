//! The effective configuration as TOML, with where each value came from.

use std::fmt::Write as _;

use super::keys::KEYS;
use super::{Config, Layer, Loaded};

/// Column of the comments.
const COMMENT: usize = 48;

impl Loaded {
    /// A file that says the same, each line with its source as a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# The effective configuration, as a memos.toml.\n");
        if let Some(file) = &self.file {
            // Writing to a String can't fail.
            let _ = writeln!(text, "# File: {}", file.display());
        }
        let mut section = "";
        for key in &KEYS {
            let (in_section, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if in_section != section {
                section = in_section;
                let _ = write!(text, "\n[{section}]\n");
            }
            let source = match self.layer(key.name) {
                Layer::Env => format!("env {}", key.env),
                Layer::Flag => format!("flag {}", key.flag.unwrap_or_default()),
                layer => layer.to_string(),
            };
            let (line, source) = match self.config.value(key.name) {
                Some(value) => (format!("{name} = {value}"), source),
                None if self.config.has_secret(key.name) => {
                    (format!("# {name} = (not shown)"), source)
                }
                None => (format!("# {name} ="), unset(key.name).to_owned()),
            };
            let _ = writeln!(text, "{line:<COMMENT$} # {source}");
        }
        text
    }
}

/// What holds while a setting without a value has none.
fn unset(name: &str) -> &'static str {
    match name {
        "log.level" => "not set: info for serve, warn for other commands",
        "server" => "not set: commands open the folder",
        "llm.base_url" => "not set: no language model, rules alone",
        "llm.api_key" => "not set: none is sent",
        "llm.model" => "not set",
        "proxy.base_url" => "not set: that of the language model",
        "proxy.api_key" => "not set: that of the language model, if its address is used",
        _ => "not set: no limit",
    }
}

impl Config {
    /// Whether a setting has a value that is not shown.
    fn has_secret(&self, name: &str) -> bool {
        match name {
            "llm.api_key" => self.llm.api_key.is_some(),
            "proxy.api_key" => self.proxy.api_key.is_some(),
            _ => false,
        }
    }

    /// The value of a setting as TOML; none if it has none.
    fn value(&self, name: &str) -> Option<String> {
        let text = match name {
            "data" => self.data.display().to_string(),
            "listen" => self.listen.to_string(),
            "server" => self.server.clone()?,
            "hosts" => return Some(serde_json::Value::from(self.hosts.0.clone()).to_string()),
            "log.level" => self.log.level?.as_str().to_owned(),
            "log.format" => self.log.format.as_str().to_owned(),
            "body_limit" => self.body_limit.to_string(),
            "repeat_window" => self.repeat_window.to_string(),
            "cache_bytes" => self.cache_bytes.to_string(),
            "reserve_bytes" => self.reserve_bytes.to_string(),
            "limits.memories_per_request" => {
                return Some(self.limits.memories_per_request.to_string());
            }
            "limits.cubes_per_search" => return Some(self.limits.cubes_per_search.to_string()),
            "limits.memories_per_answer" => {
                return Some(self.limits.memories_per_answer.to_string());
            }
            "limits.question_bytes" => self.limits.question_bytes.to_string(),
            "limits.text_bytes" => self.limits.text_bytes.to_string(),
            "llm.base_url" => self.llm.base_url.clone()?,
            "llm.model" => self.llm.model.clone()?,
            "llm.timeout" => self.llm.timeout.to_string(),
            "llm.concurrency" => return Some(self.llm.concurrency.to_string()),
            "llm.requests_per_minute" => return Some(self.llm.requests_per_minute?.to_string()),
            "llm.tokens_per_request" => return Some(self.llm.tokens_per_request?.to_string()),
            "llm.tokens_per_day" => return Some(self.llm.tokens_per_day?.to_string()),
            "proxy.base_url" => self.proxy.base_url.clone()?,
            "proxy.timeout" => self.proxy.timeout.to_string(),
            "proxy.max_tokens" => return Some(self.proxy.max_tokens.to_string()),
            "scheduler.workers" => return Some(self.scheduler.workers.to_string()),
            "scheduler.strategy" => self.scheduler.strategy.to_string(),
            "scheduler.labels" => {
                return Some(serde_json::Value::from(self.scheduler.labels.0.clone()).to_string());
            }
            "lifecycle.working" => return Some(self.lifecycle.working.to_string()),
            "lifecycle.long_term" => return Some(self.lifecycle.long_term?.to_string()),
            "lifecycle.user" => return Some(self.lifecycle.user?.to_string()),
            "mcp.tools" => self.mcp.tools.to_string(),
            _ => return None,
        };
        Some(toml_string(&text))
    }
}

/// A basic string of TOML. JSON's escapes are TOML's too, but for DEL, which TOML wants escaped.
fn toml_string(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Flags, Surroundings};
    use super::*;

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let env = |name: &str| match name {
            "MEMOS_SERVER" => Some("http://a:1".into()),
            "MEMOS_HOSTS" => Some("a.example, b.example".into()),
            "MEMOS_DATA" => Some("/a \"b\"\\c".into()),
            "MEMOS_LIMITS_TEXT_BYTES" => Some("3KiB".into()),
            _ => None,
        };
        let read = |folder: &Path, env: &dyn Fn(&str) -> Option<std::ffi::OsString>| {
            Loaded::read(&Flags::default(), &Surroundings { env, folder }).unwrap()
        };
        let loaded = read(folder.path(), &env);
        let shown = loaded.to_toml();
        assert!(shown.contains("# env MEMOS_SERVER"), "{shown}");
        assert!(
            shown.contains("# log.level =") || shown.contains("# level ="),
            "{shown}"
        );
        std::fs::write(folder.path().join("memos.toml"), &shown).unwrap();
        let again = read(folder.path(), &|_| None);
        assert_eq!(again.config, loaded.config);
        assert_eq!(again.layer("limits.text_bytes"), Layer::File);
    }

    #[test]
    fn every_key_has_a_value_or_says_why_not() {
        let shown = Config::default();
        let without: Vec<_> = KEYS
            .iter()
            .map(|k| k.name)
            .filter(|name| shown.value(name).is_none())
            .collect();
        assert_eq!(
            without,
            [
                "server",
                "log.level",
                "llm.base_url",
                "llm.api_key",
                "llm.model",
                "llm.requests_per_minute",
                "llm.tokens_per_request",
                "llm.tokens_per_day",
                "proxy.base_url",
                "proxy.api_key",
                "lifecycle.long_term",
                "lifecycle.user"
            ]
        );
    }
}
