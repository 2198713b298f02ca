//! The tree against a map from paths to texts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const PATHS: [&str; 7] = [
    "/memories",
    "/memories/a",
    "/memories/a/b",
    "/memories/a/b/c",
    "/memories/ab",
    "/memories/d/e.md",
    "/memories/d",
];

fn path() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&PATHS[..])
}

fn text() -> impl Strategy<Value = String> {
    "[xy\n]{0,6}"
}

fn call() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (path(), text()).prop_map(|(p, t)| {
            json!({"command": "create", "path": p, "file_text": t})
        }),
        3 => (path(), "[xy\n]{1,2}", text()).prop_map(|(p, o, n)| replace(p, &o, &n)),
        3 => (path(), -1_i64..5, text()).prop_map(|(p, l, t)| insert(p, l, &t)),
        2 => path().prop_map(delete),
        3 => (path(), path()).prop_map(|(a, b)| rename(a, b)),
    ]
}

type Model = BTreeMap<String, String>;

fn is_in(path: &str, folder: &str) -> bool {
    path.starts_with(&format!("{folder}/"))
}

fn is_folder(model: &Model, path: &str) -> bool {
    path == "/memories" || model.keys().any(|p| is_in(p, path))
}

fn is_there(model: &Model, path: &str) -> bool {
    model.contains_key(path) || is_folder(model, path)
}

fn has_file_above(model: &Model, path: &str) -> bool {
    model.keys().any(|p| is_in(path, p))
}

/// What a call leaves; none if it is refused.
fn naive(model: &Model, call: &Value) -> Option<Model> {
    let text = |name: &str| call[name].as_str().unwrap();
    let mut after = model.clone();
    match text("command") {
        "create" => {
            let path = text("path");
            if is_there(model, path) || has_file_above(model, path) {
                return None;
            }
            after.insert(path.into(), text("file_text").into());
        }
        "str_replace" => {
            let file = after.get_mut(text("path"))?;
            let parts: Vec<&str> = file.split(text("old_str")).collect();
            let [before, behind] = parts[..] else {
                return None;
            };
            *file = format!("{before}{}{behind}", text("new_str"));
        }
        "insert" => {
            let file = after.get_mut(text("path"))?;
            let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
            let at = usize::try_from(call["insert_line"].as_i64()?).ok()?;
            if at > lines.len() {
                return None;
            }
            lines.insert(at, text("insert_text").trim_end_matches('\n').to_owned());
            *file = lines.join("\n");
            if !file.ends_with('\n') {
                file.push('\n');
            }
        }
        "delete" => {
            let path = text("path");
            if path == "/memories" || !is_there(model, path) {
                return None;
            }
            after.retain(|p, _| p != path && !is_in(p, path));
        }
        "rename" => {
            let (from, to) = (text("old_path"), text("new_path"));
            let refused = from == "/memories"
                || !is_there(model, from)
                || is_there(model, to)
                || is_in(to, from)
                || has_file_above(model, to);
            if refused {
                return None;
            }
            after = model
                .iter()
                .map(|(p, t)| {
                    let moved = p == from || is_in(p, from);
                    let path = if moved {
                        format!("{to}{}", &p[from.len()..])
                    } else {
                        p.clone()
                    };
                    (path, t.clone())
                })
                .collect();
        }
        other => panic!("{other}"),
    }
    Some(after)
}

fn numbered(text: &str) -> String {
    let lines = text.split('\n').enumerate();
    let lines = lines.map(|(n, line)| format!("{:>6}\t{line}", n + 1));
    lines.collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_tree_is_what_a_map_would_hold(
        calls in proptest::collection::vec(call(), 1..40),
        reopen_at in 0_usize..40,
    ) {
        let mut world = World::new();
        let mut model = Model::new();
        for (n, call) in calls.into_iter().enumerate() {
            let answer = world.tool(&call);
            match naive(&model, &call) {
                Some(after) => {
                    prop_assert!(!answer.is_error, "{} {:?}", call, answer);
                    model = after;
                }
                None => prop_assert!(answer.is_error, "{} {:?}", call, answer),
            }
            if n == reopen_at {
                world = world.reopened();
            }
            for path in PATHS {
                let seen = world.tool(&view(path));
                prop_assert_eq!(seen.is_error, !is_there(&model, path));
                if let Some(text) = model.get(path) {
                    let lines = seen.content.split_once('\n').unwrap().1.to_owned();
                    prop_assert_eq!(lines, numbered(text));
                }
            }
            // Every file is a memory, and there is no other.
            let all = world.memos.count(&ada(), &cube("ada")).unwrap_or_default();
            prop_assert_eq!(all, model.len());
        }
    }
}
