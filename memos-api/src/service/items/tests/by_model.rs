//! Items against a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Put(&'static str, &'static str, Value),
    Delete(&'static str, &'static str),
    Get(&'static str, &'static str),
    List(&'static str, Value, usize, usize),
    Ask(&'static str, Value),
    Namespaces(&'static str, Option<usize>),
    Reopen,
}

const NAMESPACES: [&str; 5] = ["a", "a.b", "a.b.c", "a.x y", "d"];
const PREFIXES: [&str; 7] = ["", "a", "a.b", "a.b.c", "a.x y", "d", "z"];
const KEYS: [&str; 4] = ["k", "K", "k/1", "日"];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        "[a-c ]{0,4}".prop_map(Value::from),
    ];
    (leaf.clone(), leaf).prop_map(|(a, b)| json!({"a": a, "in": {"b": b}}))
}

fn filter() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({})),
        1 => (-3_i64..3).prop_map(|n| json!({"a": {"$gte": n}})),
        1 => any::<bool>().prop_map(|b| json!({"a": b})),
        1 => "[a-c ]{0,1}".prop_map(|t| json!({"a": t})),
        1 => (-3_i64..3).prop_map(|n| json!({"in": {"b": {"$ne": n}}})),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let namespace = || proptest::sample::select(&NAMESPACES[..]);
    let prefix = || proptest::sample::select(&PREFIXES[..]);
    let key = || proptest::sample::select(&KEYS[..]);
    prop_oneof![
        6 => (namespace(), key(), value()).prop_map(|(n, k, v)| Step::Put(n, k, v)),
        2 => (namespace(), key()).prop_map(|(n, k)| Step::Delete(n, k)),
        2 => (namespace(), key()).prop_map(|(n, k)| Step::Get(n, k)),
        2 => (prefix(), filter(), 0_usize..6, 0_usize..4)
            .prop_map(|(p, f, limit, offset)| Step::List(p, f, limit, offset)),
        2 => (prefix(), filter()).prop_map(|(p, f)| Step::Ask(p, f)),
        1 => (prefix(), proptest::option::of(1_usize..3)).prop_map(|(p, d)| Step::Namespaces(p, d)),
        1 => Just(Step::Reopen),
    ]
}

/// By address: when it was written, counted, and what.
type Model = BTreeMap<(Vec<String>, String), (usize, Value)>;

/// Conditions as a naive reader takes them, for the filters above.
fn naive(filter: &Value, value: &Value) -> bool {
    let inner = |v: &Value| v["in"]["b"].clone();
    filter.as_object().unwrap().iter().all(|(name, wanted)| {
        if name == "in" {
            return inner(value) != wanted["b"]["$ne"];
        }
        match wanted.get("$gte") {
            Some(least) => {
                // Blanks around a number written as text are read over; none is generated.
                value["a"]
                    .as_i64()
                    .is_some_and(|n| n >= least.as_i64().unwrap())
            }
            None => value["a"] == *wanted,
        }
    })
}

fn under(prefix: &str, namespace: &[String]) -> bool {
    namespace.starts_with(&labels(prefix))
}

fn run(steps: Vec<Step>) {
    let mut world = World::new();
    let mut model = Model::new();
    for (now, step) in steps.into_iter().enumerate() {
        match step {
            Step::Put(namespace, key, value) => {
                world.put(namespace, key, value.clone());
                model.insert((labels(namespace), key.into()), (now, value));
            }
            Step::Delete(namespace, key) => {
                let there = world
                    .memos
                    .delete_item(&ada(), &at(namespace, key))
                    .unwrap();
                let was = model.remove(&(labels(namespace), key.to_owned()));
                assert_eq!(there, was.is_some());
            }
            Step::Get(namespace, key) => {
                let known = model.get(&(labels(namespace), key.to_owned()));
                assert_eq!(world.got(namespace, key), known.map(|(_, v)| v.clone()));
            }
            Step::List(prefix, filter, limit, offset) => {
                let mut known: Vec<_> = model
                    .iter()
                    .filter(|((n, _), (_, v))| under(prefix, n) && naive(&filter, v))
                    .map(|((n, k), (at, _))| (std::cmp::Reverse(*at), n.clone(), k.clone()))
                    .collect();
                known.sort();
                let known: Vec<_> = known
                    .into_iter()
                    .skip(offset)
                    .take(limit)
                    .map(|(_, n, k)| (n, k))
                    .collect();
                let search = SearchItems {
                    prefix: labels(prefix),
                    filter: filter.as_object().unwrap().clone(),
                    limit,
                    offset,
                    ..SearchItems::default()
                };
                let found: Vec<_> = world
                    .items_found(&search)
                    .into_iter()
                    .map(|f| (f.item.namespace, f.item.key))
                    .collect();
                assert_eq!(found, known);
            }
            Step::Ask(prefix, filter) => {
                // What has no words is found by none.
                let has_words = |v: &Value| {
                    let words = |v: &Value| match v {
                        Value::Null => false,
                        Value::String(s) => !s.trim().is_empty(),
                        _ => true,
                    };
                    words(&v["a"]) || words(&v["in"]["b"])
                };
                let known: Vec<_> = model
                    .iter()
                    .filter(|((n, _), (_, v))| {
                        under(prefix, n) && naive(&filter, v) && has_words(v)
                    })
                    .map(|(address, _)| address.clone())
                    .collect();
                let search = SearchItems {
                    prefix: labels(prefix),
                    query: Some("a b true".into()),
                    filter: filter.as_object().unwrap().clone(),
                    limit: 100,
                    ..SearchItems::default()
                };
                let mut found: Vec<_> = world
                    .items_found(&search)
                    .into_iter()
                    .map(|f| (f.item.namespace, f.item.key))
                    .collect();
                found.sort();
                assert_eq!(found, known);
            }
            Step::Namespaces(prefix, max_depth) => {
                let mut known: Vec<Vec<String>> = model
                    .keys()
                    .filter(|(n, _)| under(prefix, n))
                    .map(|(n, _)| n[..n.len().min(max_depth.unwrap_or(9))].to_vec())
                    .collect();
                known.dedup();
                let request = NamespacesRequest {
                    prefix: labels(prefix),
                    max_depth,
                    ..NamespacesRequest::default()
                };
                let listed = world.memos.list_namespaces(&ada(), &request).unwrap();
                assert_eq!(listed, known);
            }
            Step::Reopen => world = world.reopened(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn items_are_what_a_map_would_hold(steps in proptest::collection::vec(step(), 1..40)) {
        run(steps);
    }
}
