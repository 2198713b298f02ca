//! Where a text stops being JSON, in the words and at the place of Python's `json`, which public
//! servers pass on. It is run only on what our own parser refused.

/// Levels that are looked into, as our own parser does.
const DEPTH: usize = 128;

/// What is wrong, and at which character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) words: &'static str,
}

/// What Python finds wrong first; nothing if it would take the text, or if it is too deep to tell.
pub(super) fn fault(text: &str) -> Option<Wrong> {
    let chars: Vec<char> = text.chars().collect();
    let scanner = Scanner { chars: &chars };
    match scanner.whole() {
        Err(Stop::Wrong(wrong)) => Some(wrong),
        Ok(()) | Err(Stop::TooDeep) => None,
    }
}

enum Stop {
    Wrong(Wrong),
    TooDeep,
}

type Scanned<T = usize> = Result<T, Stop>;

struct Scanner<'a> {
    chars: &'a [char],
}

/// Each step takes the place where it begins, and returns the one after it.
impl Scanner<'_> {
    fn whole(&self) -> Scanned<()> {
        let end = self.value(self.blank(0), 0)?;
        match self.blank(end) {
            end if end < self.chars.len() => wrong(end, "Extra data"),
            _ => Ok(()),
        }
    }

    fn value(&self, at: usize, depth: usize) -> Scanned {
        if depth > DEPTH {
            return Err(Stop::TooDeep);
        }
        match self.at(at) {
            Some('"') => self.string(at),
            Some('{') => self.object(at + 1, depth),
            Some('[') => self.list(at + 1, depth),
            _ => {
                let words = ["null", "true", "false", "NaN", "Infinity", "-Infinity"];
                let word = words.iter().find(|word| self.has(at, word));
                match word.map(|word| at + word.len()).or_else(|| self.number(at)) {
                    Some(end) => Ok(end),
                    None => wrong(at, "Expecting value"),
                }
            }
        }
    }

    fn object(&self, at: usize, depth: usize) -> Scanned {
        let mut at = self.blank(at);
        if self.at(at) == Some('}') {
            return Ok(at + 1);
        }
        loop {
            if self.at(at) != Some('"') {
                return wrong(at, "Expecting property name enclosed in double quotes");
            }
            at = self.blank(self.string(at)?);
            if self.at(at) != Some(':') {
                return wrong(at, "Expecting ':' delimiter");
            }
            at = self.blank(self.value(self.blank(at + 1), depth + 1)?);
            match self.at(at) {
                Some('}') => return Ok(at + 1),
                Some(',') => at = self.blank(at + 1),
                _ => return wrong(at, "Expecting ',' delimiter"),
            }
        }
    }

    fn list(&self, at: usize, depth: usize) -> Scanned {
        let mut at = self.blank(at);
        if self.at(at) == Some(']') {
            return Ok(at + 1);
        }
        loop {
            at = self.blank(self.value(at, depth + 1)?);
            match self.at(at) {
                Some(']') => return Ok(at + 1),
                Some(',') => at = self.blank(at + 1),
                _ => return wrong(at, "Expecting ',' delimiter"),
            }
        }
    }

    fn string(&self, begin: usize) -> Scanned {
        let unterminated = || wrong(begin, "Unterminated string starting at");
        let mut at = begin + 1;
        loop {
            match self.at(at) {
                None => return unterminated(),
                Some('"') => return Ok(at + 1),
                Some('\\') => match self.at(at + 1) {
                    None => return unterminated(),
                    Some('u') => {
                        let digits = self.chars.get(at + 2..at + 6);
                        let is_read = digits.is_some_and(|d| d.iter().all(char::is_ascii_hexdigit));
                        // The string has to go on behind them.
                        if !is_read || at + 6 >= self.chars.len() {
                            return wrong(at + 1, "Invalid \\uXXXX escape");
                        }
                        at += 6;
                    }
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => at += 2,
                    Some(_) => return wrong(at, "Invalid \\escape"),
                },
                Some('\0'..='\u{1f}') => return wrong(at, "Invalid control character at"),
                Some(_) => at += 1,
            }
        }
    }

    fn number(&self, at: usize) -> Option<usize> {
        let mut end = at + usize::from(self.at(at) == Some('-'));
        end = match self.at(end)? {
            '0' => end + 1,
            '1'..='9' => self.digits(end),
            _ => return None,
        };
        if self.at(end) == Some('.') && self.digits(end + 1) > end + 1 {
            end = self.digits(end + 1);
        }
        if matches!(self.at(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.at(end + 1), Some('+' | '-')));
            let digits = end + 1 + sign;
            if self.digits(digits) > digits {
                end = self.digits(digits);
            }
        }
        Some(end)
    }

    fn digits(&self, at: usize) -> usize {
        let rest = self.chars.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|c| c.is_ascii_digit()).count()
    }

    fn blank(&self, at: usize) -> usize {
        let rest = self.chars.get(at..).unwrap_or_default();
        let is_blank = |c: &&char| matches!(c, ' ' | '\t' | '\n' | '\r');
        at + rest.iter().take_while(is_blank).count()
    }

    fn has(&self, at: usize, word: &str) -> bool {
        let rest = self.chars.get(at..at + word.len());
        rest.is_some_and(|rest| rest.iter().copied().eq(word.chars()))
    }

    fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }
}

fn wrong<T>(at: usize, words: &'static str) -> Scanned<T> {
    Err(Stop::Wrong(Wrong { at, words }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_where_python_finds_it() {
        for (text, at, words) in [
            ("not json", 0, "Expecting value"),
            ("   ", 3, "Expecting value"),
            ("{", 1, "Expecting property name enclosed in double quotes"),
            ("[", 1, "Expecting value"),
            ("{\"a\": \"b", 6, "Unterminated string starting at"),
            (
                "{\"query\": \"你好\", \"user_id\": }",
                27,
                "Expecting value",
            ),
            ("{\"a\":\n 1", 8, "Expecting ',' delimiter"),
            ("{\"a\" 1}", 5, "Expecting ':' delimiter"),
            (
                "{\"a\": 1,}",
                8,
                "Expecting property name enclosed in double quotes",
            ),
            (
                "{a: 1}",
                1,
                "Expecting property name enclosed in double quotes",
            ),
            (
                "{'a': 1}",
                1,
                "Expecting property name enclosed in double quotes",
            ),
            ("[1, 2", 5, "Expecting ',' delimiter"),
            ("[1,]", 3, "Expecting value"),
            ("{} x", 3, "Extra data"),
            ("01", 1, "Extra data"),
            ("1.", 1, "Extra data"),
            ("-", 0, "Expecting value"),
            ("nul", 0, "Expecting value"),
            ("\"a\nb\"", 2, "Invalid control character at"),
            ("\"a\\qb\"", 2, "Invalid \\escape"),
            ("\"\\u12\"", 2, "Invalid \\uXXXX escape"),
            ("\"\\u12zz34\"", 2, "Invalid \\uXXXX escape"),
            ("\"a\\", 0, "Unterminated string starting at"),
        ] {
            assert_eq!(fault(text), Some(Wrong { at, words }), "{text}");
        }
    }

    #[test]
    fn what_python_takes_has_no_fault() {
        for text in [
            " {\"a\": [1, -2.5e+3, true, null, \"\\u00e9\\n\"], \"b\": {}} ",
            "NaN",
            "[]",
            "\"\\ud800\"",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        assert_eq!(fault(&"[".repeat(100_000)), None);
    }
}
