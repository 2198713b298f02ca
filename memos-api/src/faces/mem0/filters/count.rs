//! How much a filter says, before anything is made of it. One condition here becomes one or more of ours,
//! so what has too many here has too many there.

use memos_core::{Code, Error, Result};
use serde_json::Value;

use super::leaf;

/// Most conditions, as in our language.
const MOST: usize = 1_000;

/// Most values in all lists together, as in our language.
const MOST_LISTED: usize = 10_000;

#[derive(Default)]
struct Count {
    conditions: usize,
    listed: usize,
}

/// Refuses a filter that says too much.
///
/// # Errors
/// `InvalidFilter`.
pub(super) fn check(filters: &Value) -> Result<()> {
    let mut count = Count::default();
    count.filter(filters)
}

impl Count {
    fn filter(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Array(all) => all.iter().try_for_each(|one| self.filter(one)),
            Value::Object(members) => {
                members
                    .iter()
                    .try_for_each(|(name, value)| match name.as_str() {
                        "AND" | "$and" | "OR" | "$or" | "NOT" | "$not" => self.filter(value),
                        _ => self.field(value),
                    })
            }
            _ => Ok(()),
        }
    }

    /// A field with a value, with operators, or with fields of its own.
    fn field(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Object(members) => {
                members
                    .iter()
                    .try_for_each(|(name, value)| match leaf::is_operator(name) {
                        true => self.condition(value),
                        false => self.field(value),
                    })
            }
            one => self.condition(one),
        }
    }

    fn condition(&mut self, value: &Value) -> Result<()> {
        self.conditions += 1;
        self.listed += value.as_array().map_or(0, Vec::len);
        if self.conditions > MOST {
            return Err(too_much(
                format!("the filter has more than {MOST} conditions"),
                "use in with a list instead of OR, or split it into several requests",
            ));
        }
        if self.listed > MOST_LISTED {
            return Err(too_much(
                format!("the filter lists more than {MOST_LISTED} values"),
                "split it into several requests",
            ));
        }
        Ok(())
    }
}

fn too_much(what: String, remedy: &'static str) -> Error {
    Error::new(Code::InvalidFilter, what)
        .at("filters")
        .remedy(remedy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Reach;
    use super::*;

    #[test]
    fn what_says_too_much_is_refused_before_it_is_translated() {
        let many = vec![json!({"user_id": "ada"}); 60_000];
        let listed: Vec<usize> = (0..60_000).collect();
        for (bad, words) in [
            (json!({"AND": many}), "1000 conditions"),
            (json!({"OR": [{"NOT": many}]}), "1000 conditions"),
            (json!(many), "1000 conditions"),
            (json!({"a": {"in": listed}}), "10000 values"),
            (json!({"metadata": {"a": {"b": listed}}}), "10000 values"),
        ] {
            for read in [check(&bad), Reach::read(&bad).map(drop)] {
                let error = read.unwrap_err();
                assert_eq!(error.code(), Code::InvalidFilter);
                assert_eq!(error.field(), Some("filters"));
                assert!(error.message().contains(words), "{error}");
                assert!(error.remedy_text().is_some());
            }
        }
    }

    #[test]
    fn operators_are_conditions_and_what_combines_them_is_none() {
        let count = |filters: &Value| {
            let mut count = Count::default();
            count.filter(filters).unwrap();
            (count.conditions, count.listed)
        };
        let filters = json!({"AND": [
            {"created_at": {"gte": "2025-01-01", "lt": "2026-01-01"}},
            {"NOT": {"role": "user"}},
            {"metadata": {"a": 1, "b": {"in": [1, 2]}}},
            null,
        ], "user_id": ["ada", "bea"]});
        assert_eq!(count(&filters), (6, 4));
    }
}
