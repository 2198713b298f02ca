//! Which tools a client is shown. A small set serves an agent best; the others are for clients that
//! know the tools of another memory system by name.

use memos_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// A set of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Set {
    /// Our five.
    Default,
    /// The sixteen of MemOS's own server.
    Memos,
    /// The nine of mem0's.
    Mem0,
    /// The nine of the reference memory server.
    Graph,
    /// Anthropic's memory tool.
    Files,
}

impl Set {
    pub(super) const ALL: [Self; 5] = [
        Self::Default,
        Self::Memos,
        Self::Mem0,
        Self::Graph,
        Self::Files,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Memos => "memos",
            Self::Mem0 => "mem0",
            Self::Graph => "graph",
            Self::Files => "files",
        }
    }
}

/// The sets that are shown, in order and without repeats; at least one. Written as a list with
/// commas; `all` stands for every set. Where two sets have a tool of the same name, it is that of
/// the first of them; that of the other has the name of its set before its own: `mem0_add_memory`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolSets(Vec<Set>);

impl ToolSets {
    pub(super) fn iter(&self) -> impl Iterator<Item = Set> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn has(&self, set: Set) -> bool {
        self.0.contains(&set)
    }
}

impl Default for ToolSets {
    fn default() -> Self {
        Self(vec![Set::Default])
    }
}

impl std::fmt::Display for ToolSets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.iter().map(Set::as_str).collect();
        f.write_str(&names.join(","))
    }
}

impl std::str::FromStr for ToolSets {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut sets = Vec::new();
        for name in text.split(',').map(str::trim) {
            let named: Vec<Set> = match name.to_ascii_lowercase().as_str() {
                "all" => Set::ALL.to_vec(),
                name => Set::ALL
                    .into_iter()
                    .filter(|s| s.as_str() == name)
                    .collect(),
            };
            if named.is_empty() {
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!("{name:?} is no set of tools"),
                )
                .at("tools")
                .remedy("use default, memos, mem0, graph, files or all; several with commas between them"));
            }
            for set in named {
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
        Ok(Self(sets))
    }
}

impl TryFrom<String> for ToolSets {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ToolSets> for String {
    fn from(sets: ToolSets) -> Self {
        sets.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_as_they_are_written() {
        for (text, read) in [
            ("default", "default"),
            ("mem0, graph", "mem0,graph"),
            ("graph,all", "graph,default,memos,mem0,files"),
            ("ALL,all", "default,memos,mem0,graph,files"),
        ] {
            assert_eq!(text.parse::<ToolSets>().unwrap().to_string(), read);
        }
        for bad in ["", "default,", "zep"] {
            let error = bad.parse::<ToolSets>().unwrap_err();
            assert_eq!(error.field(), Some("tools"), "{bad}");
            assert!(error.remedy_text().is_some());
        }
    }
}
