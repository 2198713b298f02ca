//! The words of an English sentence, and where its clauses begin and end.

use super::table::Table;

/// A word in lower case with its place. `I'm` is two, `don't` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) lower: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) capital: bool,
    /// A mark of punctuation, not only a space, stands before it.
    pub(super) after_mark: bool,
}

pub(super) struct Clauses<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Word>,
}

impl<'a> Clauses<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut words: Vec<Word> = Vec::new();
        let mut chars = text.char_indices().peekable();
        let mut mark = false;
        while let Some((start, c)) = chars.next() {
            if !c.is_alphanumeric() {
                mark |= !c.is_whitespace();
                continue;
            }
            let mut end = start + c.len_utf8();
            while let Some(&(at, next)) = chars.peek() {
                let inner = matches!(next, '\'' | '’' | '-' | '.')
                    && text[at + next.len_utf8()..].starts_with(char::is_alphanumeric);
                if !next.is_alphanumeric() && !inner {
                    break;
                }
                end = at + next.len_utf8();
                chars.next();
            }
            split(text, start, end, mark, &mut words);
            mark = false;
        }
        Self { text, words }
    }

    pub(super) fn lower(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|w| w.lower.as_str())
    }

    /// Whether a clause that stands for itself begins at a word: only words that change nothing
    /// stand between it and a mark, or a conjunction before it.
    pub(super) fn starts_clause(&self, at: usize, table: &Table) -> bool {
        let mut i = at;
        while i > 0 && !self.words[i].after_mark {
            let before = self.words[i - 1].lower.as_str();
            match before {
                "but" | "so" | "because" | "plus" => return true,
                // "I cook and I love it", but not "My sister and I love it".
                "and" if self.words[..i - 1].iter().any(|w| w.lower == "i") => return true,
                _ if table.has("filler", before) => i -= 1,
                _ => return false,
            }
        }
        true
    }

    pub(super) fn starts_sentence(&self, at: usize, table: &Table) -> bool {
        self.words[..at]
            .iter()
            .all(|w| table.has("filler", &w.lower))
    }

    /// First word after the clause that holds a word.
    pub(super) fn clause_end(&self, at: usize, table: &Table) -> usize {
        let next = |i: usize| self.lower(i + 1).unwrap_or_default();
        (at..self.words.len())
            .find(|i| {
                let word = self.words[*i].lower.as_str();
                (*i > at && self.words[*i].after_mark)
                    || table.has("cut", word)
                    || (matches!(word, "after" | "before" | "as") && next(*i) == "i")
                    || (word == "and"
                        && matches!(
                            next(*i),
                            "i" | "it"
                                | "he"
                                | "she"
                                | "they"
                                | "we"
                                | "you"
                                | "my"
                                | "that"
                                | "have"
                        ))
            })
            .unwrap_or(self.words.len())
    }

    /// As [`clause_end`](Self::clause_end), but over the commas of a list: "hiking, swimming and
    /// yoga", "light, well documented libraries". A comma before a word that begins a clause, or
    /// before a name that is spoken to, ends it.
    pub(super) fn list_end(&self, at: usize, table: &Table) -> usize {
        let mut end = self.clause_end(at, table);
        while let Some(next) = self.words.get(end).filter(|w| w.after_mark && end > at) {
            let comma = self.text[self.words[end - 1].end..next.start].trim() == ",";
            // "well known" goes on, "well, ..." does not.
            let adjective =
                next.lower == "well" && self.words.get(end + 1).is_some_and(|w| !w.after_mark);
            let opens = next.capital
                || !adjective
                    && ["clause", "adverb", "filler", "vague", "cut"]
                        .iter()
                        .any(|list| table.has(list, &next.lower));
            if !comma || opens {
                break;
            }
            end = self.clause_end(end, table).max(end + 1);
        }
        end
    }

    /// Whether what stands before a word takes the force from the clause.
    pub(super) fn is_weakened(&self, at: usize, table: &Table) -> bool {
        let before = &self.words[..at];
        if before.iter().any(|w| table.has("before_bad", &w.lower)) {
            return true;
        }
        let clause = before.iter().rposition(|w| w.after_mark).unwrap_or(0);
        let same_clause = if self.words.get(at).is_some_and(|w| w.after_mark) {
            at
        } else {
            clause
        };
        before[same_clause..]
            .iter()
            .any(|w| matches!(w.lower.as_str(), "n't" | "not" | "never" | "'d"))
    }

    /// Whether something in the sentence says that it is not so, or not for long.
    pub(super) fn is_unsure(&self, table: &Table) -> bool {
        let mut whole = String::with_capacity(self.text.len() + 2);
        for word in &self.words {
            whole.push(' ');
            whole.push_str(&word.lower);
        }
        whole.push(' ');
        table.list("whole_bad").any(|phrase| {
            let mut spaced = String::with_capacity(phrase.len() + 2);
            spaced.push(' ');
            spaced.push_str(&phrase.replace('_', " "));
            spaced.push(' ');
            whole.contains(&spaced)
        })
    }
}

/// One written word into its parts: `I'm`, `don't`, `sister's`.
fn split(text: &str, start: usize, end: usize, after_mark: bool, words: &mut Vec<Word>) {
    let written = &text[start..end];
    let cut = written.find(['\'', '’']).map(|at| {
        let ending = &written[at..];
        if matches!(ending, "'t" | "’t" | "'T" | "’T") && written[..at].ends_with(['n', 'N']) {
            at - 1
        } else {
            at
        }
    });
    let mut push = |from: usize, to: usize, after_mark: bool| {
        let part = &text[from..to];
        words.push(Word {
            lower: part.to_lowercase().replace('’', "'"),
            start: from,
            end: to,
            capital: part.chars().next().is_some_and(char::is_uppercase),
            after_mark,
        });
    };
    match cut.filter(|at| *at > 0) {
        // O'Connor is one word.
        Some(at) if written[at..].trim_start_matches(['n', 'N']).chars().count() <= 3 => {
            push(start, start + at, after_mark);
            push(start + at, end, false);
        }
        _ => push(start, end, after_mark),
    }
}
