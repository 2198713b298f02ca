//! Paths into the caller's own fields: `info.trip.city`.

use serde_json::Value;

use crate::Info;

/// The keys from the top of `info` down; a backslash keeps a dot inside a key (`info.a\.b`).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InfoPath(Box<[String]>);

impl InfoPath {
    /// Reads what stands after `info.`; none if a key is empty or a backslash stands before
    /// something else than a dot or a backslash.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut keys = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let key = keys.last_mut()?;
            match c {
                '.' => keys.push(String::new()),
                '\\' => key.push(chars.next().filter(|c| matches!(c, '.' | '\\'))?),
                c => key.push(c),
            }
        }
        (!keys.iter().any(String::is_empty)).then(|| Self(keys.into()))
    }

    /// What stands there. Paths lead through objects only, not into lists.
    pub(super) fn find<'a>(&self, info: &'a Info) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(info.0.get(first)?, |value, key| value.as_object()?.get(key))
    }
}

impl std::fmt::Display for InfoPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("info")?;
        for key in &self.0 {
            write!(f, ".{}", key.replace('\\', "\\\\").replace('.', "\\."))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_objects() {
        let Value::Object(map) = json!({"a": {"b": 1, "c.d": {"e": 2}}, "l": [{"x": 1}], "k\\": 3})
        else {
            unreachable!()
        };
        let info = Info(map);
        let find = |path: &str| InfoPath::parse(path).unwrap().find(&info).cloned();
        assert_eq!(find("a.b"), Some(json!(1)));
        assert_eq!(find("a.c\\.d.e"), Some(json!(2)));
        assert_eq!(find("k\\\\"), Some(json!(3)));
        for missing in ["b", "a.c", "a.b.c", "l.0", "l.x"] {
            assert_eq!(find(missing), None, "{missing}");
        }
        for bad in ["", ".a", "a..b", "a.", "a\\b", "a\\"] {
            assert_eq!(InfoPath::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_prints_as_it_reads() {
        for text in ["a", "a.b", "a\\.b.c", "a\\\\"] {
            assert_eq!(
                InfoPath::parse(text).unwrap().to_string(),
                format!("info.{text}")
            );
        }
    }
}
