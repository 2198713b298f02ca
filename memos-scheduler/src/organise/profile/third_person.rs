//! First person into third, as far as that is safe.

/// A verb's form after he, she or a name: loves, hates, watches, studies, has.
pub(super) fn verb(base: &str) -> String {
    match base {
        "have" => return "has".to_owned(),
        "be" | "am" => return "is".to_owned(),
        _ => {}
    }
    let vowel_before_y = base
        .strip_suffix('y')
        .is_some_and(|rest| rest.ends_with(['a', 'e', 'i', 'o', 'u']));
    if base.ends_with('y') && !vowel_before_y {
        return format!("{}ies", &base[..base.len() - 1]);
    }
    if ["s", "x", "z", "ch", "sh", "o"]
        .iter()
        .any(|e| base.ends_with(e))
    {
        return format!("{base}es");
    }
    format!("{base}s")
}

/// A word of the object, if it is of the first person.
pub(super) fn word(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "my" | "our" => "their",
        "mine" | "ours" => "theirs",
        "myself" | "ourselves" => "themselves",
        _ => return None,
    })
}

/// Whether a word is of the first person and can't be turned without knowing the sentence.
pub(super) fn is_bound(lower: &str) -> bool {
    matches!(lower, "i" | "me" | "we" | "us")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_agree_with_a_name() {
        for (base, third) in [
            ("love", "loves"),
            ("study", "studies"),
            ("play", "plays"),
            ("watch", "watches"),
            ("go", "goes"),
            ("have", "has"),
            ("buy", "buys"),
        ] {
            assert_eq!(verb(base), third);
        }
    }
}
