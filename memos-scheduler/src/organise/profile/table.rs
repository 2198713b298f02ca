//! The files of rules and words, read once.

use std::collections::{HashMap, HashSet};

/// A file's word lists and rules.
pub(super) struct Table {
    lists: HashMap<&'static str, HashSet<&'static str>>,
    pub(super) rules: Vec<Line>,
}

/// A rule as it is written.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) is_preference: bool,
    /// `?` if the object tells.
    pub(super) topic: &'static str,
    pub(super) pattern: &'static str,
    pub(super) derived: &'static str,
}

impl Table {
    pub(super) fn read(file: &'static str) -> Self {
        let mut table = Self {
            lists: HashMap::new(),
            rules: Vec::new(),
        };
        let mut section = "";
        for line in file
            .lines()
            .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = name;
            } else if section == "rules" {
                // The bars between the columns stand alone, those of alternatives do not.
                let columns: Vec<&str> = line.split(" |").flat_map(|c| c.split("| ")).collect();
                let columns: Vec<&str> = columns.into_iter().map(str::trim).collect();
                if let [name, kind, topic, pattern, derived] = columns[..] {
                    table.rules.push(Line {
                        name,
                        is_preference: kind == "P",
                        topic,
                        pattern,
                        derived,
                    });
                }
            } else {
                table
                    .lists
                    .entry(section)
                    .or_default()
                    .extend(line.split_whitespace());
            }
        }
        table
    }

    pub(super) fn has(&self, list: &str, word: &str) -> bool {
        self.lists.get(list).is_some_and(|l| l.contains(word))
    }

    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &'static str> + '_ {
        self.lists.get(name).into_iter().flatten().copied()
    }
}
