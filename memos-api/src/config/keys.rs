//! The one table of settings: name, environment variable, and how a value is written.

use super::Layer;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its path in the file.
    pub(super) name: &'static str,
    /// Its environment variable.
    pub(super) env: &'static str,
    /// Its flag, if it has one.
    pub(super) flag: Option<&'static str>,
    /// How a value is written.
    pub(super) remedy: &'static str,
}

impl Key {
    /// What it is called in a layer.
    pub(super) fn written(&self, layer: Layer) -> &'static str {
        match layer {
            Layer::Flag => self.flag.unwrap_or(self.name),
            Layer::Env => self.env,
            Layer::File | Layer::Default => self.name,
        }
    }
}

const SIZE: &str = "write a number of bytes, or a size such as 64MiB";
const SPAN: &str = "write a length of time such as 10m or 30s; 0s turns it off";
const COUNT: &str = "write a whole number, such as 1000";

pub(super) const KEYS: [Key; 34] = [
    Key {
        name: "data",
        env: "MEMOS_DATA",
        flag: Some("--data"),
        remedy: "write the path of a folder",
    },
    Key {
        name: "listen",
        env: "MEMOS_LISTEN",
        flag: Some("--listen"),
        remedy: "write an address with a port, such as 127.0.0.1:7777",
    },
    Key {
        name: "server",
        env: "MEMOS_SERVER",
        flag: Some("--server"),
        remedy: "write the address of a server, such as http://127.0.0.1:7777",
    },
    Key {
        name: "hosts",
        env: "MEMOS_HOSTS",
        flag: None,
        remedy: "write a list of names, such as [\"memory.example.org\"]",
    },
    Key {
        name: "body_limit",
        env: "MEMOS_BODY_LIMIT",
        flag: None,
        remedy: SIZE,
    },
    Key {
        name: "repeat_window",
        env: "MEMOS_REPEAT_WINDOW",
        flag: None,
        remedy: SPAN,
    },
    Key {
        name: "cache_bytes",
        env: "MEMOS_CACHE_BYTES",
        flag: None,
        remedy: SIZE,
    },
    Key {
        name: "reserve_bytes",
        env: "MEMOS_RESERVE_BYTES",
        flag: None,
        remedy: SIZE,
    },
    Key {
        name: "log.level",
        env: "MEMOS_LOG_LEVEL",
        flag: None,
        remedy: "use error, warn, info, debug or trace",
    },
    Key {
        name: "log.format",
        env: "MEMOS_LOG_FORMAT",
        flag: None,
        remedy: "use auto, text or json",
    },
    Key {
        name: "limits.memories_per_request",
        env: "MEMOS_LIMITS_MEMORIES_PER_REQUEST",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "limits.cubes_per_search",
        env: "MEMOS_LIMITS_CUBES_PER_SEARCH",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "limits.memories_per_answer",
        env: "MEMOS_LIMITS_MEMORIES_PER_ANSWER",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "limits.question_bytes",
        env: "MEMOS_LIMITS_QUESTION_BYTES",
        flag: None,
        remedy: SIZE,
    },
    Key {
        name: "limits.text_bytes",
        env: "MEMOS_LIMITS_TEXT_BYTES",
        flag: None,
        remedy: SIZE,
    },
    Key {
        name: "llm.base_url",
        env: "MEMOS_LLM_BASE_URL",
        flag: None,
        remedy: "write the address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1",
    },
    Key {
        name: "llm.api_key",
        env: "MEMOS_LLM_API_KEY",
        flag: None,
        remedy: "write the key that the server of the model gave you",
    },
    Key {
        name: "llm.model",
        env: "MEMOS_LLM_MODEL",
        flag: None,
        remedy: "write the name of a model that the server has",
    },
    Key {
        name: "llm.timeout",
        env: "MEMOS_LLM_TIMEOUT",
        flag: None,
        remedy: "write a length of time such as 60s",
    },
    Key {
        name: "llm.concurrency",
        env: "MEMOS_LLM_CONCURRENCY",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "llm.requests_per_minute",
        env: "MEMOS_LLM_REQUESTS_PER_MINUTE",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "llm.tokens_per_request",
        env: "MEMOS_LLM_TOKENS_PER_REQUEST",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "llm.tokens_per_day",
        env: "MEMOS_LLM_TOKENS_PER_DAY",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "proxy.base_url",
        env: "MEMOS_PROXY_BASE_URL",
        flag: None,
        remedy: "write the address of an OpenAI-compatible server, such as https://api.openai.com/v1",
    },
    Key {
        name: "proxy.api_key",
        env: "MEMOS_PROXY_API_KEY",
        flag: None,
        remedy: "write the key that the server of the model gave you",
    },
    Key {
        name: "proxy.timeout",
        env: "MEMOS_PROXY_TIMEOUT",
        flag: None,
        remedy: "write a length of time such as 10m",
    },
    Key {
        name: "proxy.max_tokens",
        env: "MEMOS_PROXY_MAX_TOKENS",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "scheduler.workers",
        env: "MEMOS_SCHEDULER_WORKERS",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "scheduler.strategy",
        env: "MEMOS_SCHEDULER_STRATEGY",
        flag: None,
        remedy: "use fifo, priority, lru, label_match or semantic_match",
    },
    Key {
        name: "scheduler.labels",
        env: "MEMOS_SCHEDULER_LABELS",
        flag: None,
        remedy: "write a list of labels, such as [\"urgent\"]",
    },
    Key {
        name: "lifecycle.working",
        env: "MEMOS_LIFECYCLE_WORKING",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "lifecycle.long_term",
        env: "MEMOS_LIFECYCLE_LONG_TERM",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "lifecycle.user",
        env: "MEMOS_LIFECYCLE_USER",
        flag: None,
        remedy: COUNT,
    },
    Key {
        name: "mcp.tools",
        env: "MEMOS_MCP_TOOLS",
        flag: None,
        remedy: "use default, memos, mem0, graph, files or all; several with commas between them",
    },
];

/// The setting of that path.
pub(super) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether settings lie under that path.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| {
        key.name
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// What may stand beside a name in its section of a file, such as `level, format`.
pub(super) fn beside(name: &str) -> String {
    let section = name.rsplit_once('.').map(|(section, _)| section);
    let inside = |key: &Key| match section {
        None => key.name.split('.').next(),
        Some(section) => key.name.strip_prefix(section)?.strip_prefix('.'),
    };
    let mut names: Vec<&str> = KEYS.iter().filter_map(inside).collect();
    // The keys of a section stand together.
    names.dedup();
    names.join(", ")
}

/// The setting whose name is most like a wrong one, if one is alike.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let wrong = name.rsplit('.').next().unwrap_or(name);
    KEYS.iter()
        .map(|key| (distance(wrong, last(key.name)), key.name))
        .min()
        .filter(|(distance, _)| *distance <= wrong.chars().count() / 3)
        .map(|(_, name)| name)
}

/// Levenshtein's distance: insertions, deletions and replacements of characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_follow_the_names() {
        for key in &KEYS {
            let expected = format!("MEMOS_{}", key.name.replace('.', "_").to_ascii_uppercase());
            assert_eq!(key.env, expected);
        }
    }

    #[test]
    fn what_may_stand_beside_a_name_is_listed() {
        let top = beside("foo");
        assert!(top.starts_with("data, listen, server, "), "{top}");
        assert_eq!(top.matches("limits").count(), 1);
        let inside = beside("limits.foo");
        assert!(
            inside.contains("text_bytes") && !inside.contains("limits"),
            "{inside}"
        );
        // Each stands once: the keys of a section stand together.
        let all: Vec<&str> = top.split(", ").collect();
        let set: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), set.len());
    }

    #[test]
    fn slips_of_the_keyboard_find_their_key() {
        assert_eq!(nearest("lisen"), Some("listen"));
        assert_eq!(nearest("limits.text_byte"), Some("limits.text_bytes"));
        assert_eq!(nearest("colour"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert!(is_section("limits") && !is_section("data") && !is_section("limit"));
    }
}
