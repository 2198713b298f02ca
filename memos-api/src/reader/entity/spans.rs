//! What was found so far. A text may hold a name every few bytes, so that each question to it has to be
//! quick.

use std::collections::BTreeMap;

use super::EntityKind;

/// A found name before overlaps are settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: EntityKind,
    /// Which finder found it: of two at one place the smaller wins.
    pub(super) rank: u8,
}

/// Found names, and the stretches of the text that they take.
#[derive(Debug, Default)]
pub(super) struct Spans {
    found: Vec<Span>,
    /// Ends of the stretches by their starts; no two overlap.
    taken: BTreeMap<usize, usize>,
}

impl Spans {
    /// Notes a name, whatever lies there.
    pub(super) fn push(&mut self, span: Span) {
        self.found.push(span);
        let (mut start, mut end) = (span.start, span.end);
        while let Some((from, to)) = self.overlapping(start, end) {
            self.taken.remove(&from);
            (start, end) = (start.min(from), end.max(to));
        }
        self.taken.insert(start, end);
    }

    /// Notes a name, unless something was found there before.
    pub(super) fn push_if_free(&mut self, span: Span) {
        if !self.covers(span.start, span.end) {
            self.push(span);
        }
    }

    /// Whether a name was found in a part of the text.
    pub(super) fn covers(&self, start: usize, end: usize) -> bool {
        self.overlapping(start, end).is_some()
    }

    /// A stretch that overlaps a part of the text: of all that begin before its end the last one is
    /// that which reaches furthest.
    fn overlapping(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let (from, to) = self.taken.range(..end).next_back()?;
        (start < *to).then_some((*from, *to))
    }

    /// All, by their place; of two at one place the earlier finder's first.
    pub(super) fn in_order(self) -> Vec<Span> {
        let mut found = self.found;
        found.sort_by_key(|s| (s.start, s.rank));
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span {
            start,
            end,
            kind: EntityKind::Thing,
            rank: 0,
        }
    }

    proptest! {
        #[test]
        fn a_part_is_covered_if_any_span_overlaps_it(
            pushed in proptest::collection::vec((0_usize..60, 1_usize..12), 0..30),
            asked in proptest::collection::vec((0_usize..70, 1_usize..9), 1..20),
        ) {
            let mut spans = Spans::default();
            for (start, length) in &pushed {
                spans.push(span(*start, start + length));
            }
            for (start, length) in asked {
                let end = start + length;
                let expected = pushed.iter().any(|(s, l)| *s < end && start < s + l);
                prop_assert_eq!(spans.covers(start, end), expected);
            }
            prop_assert_eq!(spans.in_order().len(), pushed.len());
        }
    }
}
