//! The block that goes into a prompt.

use memos_core::{MemoryId, evidence_line};

use crate::Hit;

/// Mark at the end of a line that did not fit whole.
const CUT: &str = " …";

/// Evidence for a prompt: dated lines in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The lines.
    pub text: String,
    /// Their length in tokens of the counter.
    pub tokens: usize,
    /// The memories that the lines show, in the order of the lines.
    pub memories: Vec<MemoryId>,
}

/// Packs hits, best first, into at most `max_tokens` and puts them in the order of time. One that
/// does not fit makes room for the next; if not even the best fits, its beginning is taken.
pub fn context(hits: &[Hit], max_tokens: Option<usize>, count: impl Fn(&str) -> usize) -> Context {
    let budget = max_tokens.unwrap_or(usize::MAX);
    let mut lines: Vec<(&Hit, String)> = Vec::new();
    let mut tokens = 0;
    for hit in hits {
        let Some(line) = evidence_line(&hit.memory) else {
            continue;
        };
        let cost = count(&line);
        if tokens + cost <= budget {
            tokens += cost;
            lines.push((hit, line));
        }
    }
    if lines.is_empty()
        && let Some((hit, line)) = hits
            .iter()
            .find_map(|h| Some((h, evidence_line(&h.memory)?)))
        && let Some(start) = beginning(&line, budget, &count)
    {
        tokens = count(&start);
        lines.push((hit, start));
    }
    lines.sort_by_key(|(hit, _)| (hit.memory.header.descriptive.said_at, hit.memory.id));
    Context {
        memories: lines.iter().map(|(hit, _)| hit.memory.id).collect(),
        text: lines
            .into_iter()
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join("\n"),
        tokens,
    }
}

/// The longest beginning of a line that ends before a word and fits the budget with its mark.
fn beginning(line: &str, budget: usize, count: impl Fn(&str) -> usize) -> Option<String> {
    let ends: Vec<usize> = line
        .char_indices()
        .filter(|(_, c)| c.is_whitespace() || !c.is_ascii())
        .map(|(at, _)| at)
        .collect();
    let cut = |at: usize| format!("{}{CUT}", &line[..at]);
    let fitting = ends.partition_point(|at| count(&cut(*at)) <= budget);
    (fitting > 0).then(|| cut(ends[fitting - 1]))
}
