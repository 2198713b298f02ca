//! The nearest known name to one that is not known.

/// The name that the text most likely means: at most a third of its characters (and at least one)
/// inserted, dropped, replaced or swapped with the next, case aside.
pub(super) fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // No name is this long, and the distance takes the square of the length.
    if text.len() > 64 {
        return None;
    }
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let most = (text.len() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(&text, &name.chars().collect::<Vec<_>>()), name))
        .filter(|(far, _)| *far <= most)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// Optimal string alignment distance (Damerau 1964, without repeated edits of one place).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_their_name() {
        let names = ["created_at", "updated_at", "tags", "and", "or"];
        for (typo, name) in [
            ("creatd_at", Some("created_at")),
            ("craeted_at", Some("created_at")),
            ("AND", Some("and")),
            ("tag", Some("tags")),
            ("weather", None),
            ("", None),
        ] {
            assert_eq!(nearest(typo, names), name, "{typo}");
        }
    }
}
