//! What a model is told to do with its memory, in the names of the tools that it sees.

use super::sets::{Set, ToolSets};

const GRAPH: &str = "The knowledge graph holds entities with observations, and relations between \
    them: search_nodes before you create, and add to what is there.";

const FILES: &str = "Files below /memories hold your notes: view them with the memory tool before you \
    start on a task, and write down there what you will need later.";

/// What a client is told when it comes.
pub(super) fn instructions(tools: &ToolSets) -> String {
    let mut parts = Vec::new();
    if tools.has(Set::Default) {
        parts.push(
            "A memory that lasts over conversations. Call recall before you answer what may \
             depend on the user or on earlier conversations; call remember when you learn \
             something that will matter later (facts, preferences, decisions, dates), in whole \
             sentences. timeline reads what happened around a memory; update corrects one; \
             forget removes it for good.",
        );
    } else if tools.has(Set::Memos) || tools.has(Set::Mem0) {
        parts.push(
            "A memory that lasts over conversations. Call search_memories before you answer what may \
             depend on the user or on earlier conversations; call add_memory when you learn \
             something that will matter later (facts, preferences, decisions, dates), in whole \
             sentences. update_memory corrects one; delete_memory removes it for good.",
        );
    }
    if tools.has(Set::Graph) {
        parts.push(GRAPH);
    }
    if tools.has(Set::Files) {
        parts.push(FILES);
    }
    parts.join(" ")
}

/// How prompts say what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Where else an answer may be found.
    pub(super) find: &'static str,
    /// What stores.
    pub(super) store: &'static str,
    /// How to see what is there.
    pub(super) look: &'static str,
    /// What to do with what is wrong there.
    pub(super) correct: &'static str,
    /// How to read `{what}`, to the comma.
    pub(super) read: &'static str,
    /// How that is narrowed to a time, if it can be.
    pub(super) since: Option<&'static str>,
}

impl Words {
    /// In the names of one set: our own, or else the first, whose tools all have their own names.
    pub(super) fn of(tools: &ToolSets) -> Self {
        let first = tools.iter().next().unwrap_or(Set::Default);
        match tools.has(Set::Default) {
            true => Self::of_set(Set::Default),
            false => Self::of_set(first),
        }
    }

    const fn of_set(set: Set) -> Self {
        match set {
            Set::Default => Self {
                find: "call recall with other words",
                store: "the remember tool",
                look: "recall",
                correct: "update a memory that was wrong",
                read: "Read {what} with the timeline tool, page by page while `later` is in the answer",
                since: Some("`since`"),
            },
            Set::Memos => Self {
                find: "call search_memories with other words",
                store: "the add_memory tool",
                look: "find with search_memories",
                correct: "mend with update_memory what was wrong",
                read: "Look for {what} with search_memories, one topic at a time",
                since: None,
            },
            Set::Mem0 => Self {
                find: "call search_memories with other words",
                store: "the add_memory tool",
                look: "find with search_memories",
                correct: "mend with update_memory what was wrong",
                read: "Read {what} with get_memories, page by page while `next` is in the answer",
                since: Some("`created_at` with `gte` in `filters`"),
            },
            Set::Graph => Self {
                find: "call search_nodes with other words",
                store: "create_entities, create_relations and add_observations",
                look: "find with search_nodes",
                correct: "delete observations that were wrong",
                read: "Look for {what} with read_graph",
                since: None,
            },
            Set::Files => Self {
                find: "view the files below /memories with the memory tool",
                store: "the memory tool, in files below /memories,",
                look: "view there",
                correct: "replace what was wrong",
                read: "Look for {what} in the files below /memories, with the memory tool",
                since: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::mcp::catalog::Catalog;

    /// The names of all tools.
    fn names(sets: &str) -> Vec<String> {
        let catalog = Catalog::of(&sets.parse().unwrap());
        catalog.shown().iter().map(|t| t.name.to_string()).collect()
    }

    #[test]
    fn only_tools_that_are_there_are_named() {
        let all: Vec<String> = ["default", "memos", "mem0", "graph", "files"]
            .into_iter()
            .flat_map(names)
            .collect();
        for sets in [
            "default",
            "memos",
            "mem0",
            "graph",
            "files",
            "mem0,memos",
            "graph,files",
            "files,default",
            "all",
        ] {
            let tools: ToolSets = sets.parse().unwrap();
            let words = Words::of(&tools);
            let told = instructions(&tools);
            assert!(!told.is_empty());
            let texts = [
                &*told,
                words.find,
                words.store,
                words.look,
                words.correct,
                words.read,
            ];
            let there = names(sets);
            for word in texts
                .join(" ")
                .split(|c: char| !c.is_alphanumeric() && c != '_')
            {
                // Words that are also words of every day are not meant.
                let is_tool = all.iter().any(|name| name == word)
                    && !["memory", "update", "forget"].contains(&word);
                assert!(
                    !is_tool || there.iter().any(|n| n == word),
                    "{sets}: {word}"
                );
            }
        }
    }
}
