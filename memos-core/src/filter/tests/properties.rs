//! What holds for every filter and memory.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{Filter, Subject, naive, sample};
use crate::{MemoryId, Origin, Priority, Role, SemanticType, State, Tier};

const EQUAL: [&str; 3] = ["eq", "ne", "in"];
const ORDER: [&str; 4] = ["gt", "gte", "lt", "lte"];

/// Conditions of one to three operators on one of the fields.
fn condition(
    fields: &[&'static str],
    ops: &[&[&'static str]],
    value: impl Strategy<Value = Value> + Clone + 'static,
) -> BoxedStrategy<Value> {
    let ops = ops.concat();
    let has_eq = ops.contains(&"eq");
    let op = select(ops).prop_flat_map({
        let value = value.clone();
        move |op| {
            let right = match op {
                "in" => vec(value.clone(), 1..4).prop_map(Value::from).boxed(),
                "exists" => any::<bool>().prop_map(Value::from).boxed(),
                "like" => select(sample::PATTERNS).prop_map(Value::from).boxed(),
                _ => value.clone().boxed(),
            };
            right.prop_map(move |right| (op.to_owned(), right))
        }
    });
    let long = vec(op, 1..4).prop_map(|ops| Value::Object(ops.into_iter().collect()));
    let right = if has_eq {
        prop_oneof![1 => value, 3 => long].boxed()
    } else {
        long.boxed()
    };
    (select(fields.to_vec()), right)
        .prop_map(|(field, right)| json!({ field: right }))
        .boxed()
}

fn strings(pool: impl IntoIterator<Item = &'static str>) -> impl Strategy<Value = Value> + Clone {
    select(pool.into_iter().map(Value::from).collect::<Vec<_>>())
}

fn time() -> impl Strategy<Value = Value> + Clone {
    let date = select(vec!["2025-02-20", "2025-02-21"]).prop_map(Value::from);
    let instants: Vec<_> = (0..6)
        .flat_map(|n| [0, 480].map(|offset| crate::Moment::new(sample::half_day(n).at(), offset)))
        .map(|moment| Value::from(moment.to_string()))
        .collect();
    prop_oneof![4 => select(instants), 1 => date]
}

fn window() -> BoxedStrategy<Value> {
    let ends = (0_i64..7, 1_i64..4).prop_map(|(n, more)| (n, n + more));
    (
        ends,
        select(vec!["gt", "gte", ""]),
        select(vec!["lt", "lte", ""]),
    )
        .prop_map(|((from, until), lower, upper)| {
            let at = |n| Value::from(sample::half_day(n).to_string());
            let mut ops = Map::new();
            for (op, n) in [(lower, from), (upper, until)] {
                if !op.is_empty() {
                    ops.insert(op.into(), at(n));
                }
            }
            if ops.is_empty() {
                ops.insert("gte".into(), at(from));
            }
            json!({ "valid_time": ops })
        })
        .boxed()
}

fn leaf() -> impl Strategy<Value = Value> {
    let words = || strings(sample::WORDS.iter().copied());
    let ids = || {
        let id = (0_u8..3).prop_map(|n| MemoryId::from_bytes([n; 16]));
        id.prop_map(|id| Value::from(id.to_string()))
    };
    let found: [&str; 2] = ["contains", "like"];
    prop_oneof![
        condition(&["id"], &[&EQUAL], ids()),
        condition(&["superseded_by"], &[&EQUAL, &["exists"]], ids()),
        condition(&["cube_id", "owner"], &[&EQUAL, &found], words()),
        condition(
            &["key", "speaker", "session_id"],
            &[&EQUAL, &found, &["exists"]],
            words()
        ),
        condition(
            &["state"],
            &[&EQUAL],
            strings(State::ALL.map(State::as_str))
        ),
        condition(
            &["origin"],
            &[&EQUAL],
            strings(Origin::ALL.iter().map(|o| o.as_str()))
        ),
        condition(
            &["semantic_type"],
            &[&EQUAL],
            strings(SemanticType::ALL.iter().map(|t| t.as_str())),
        ),
        condition(
            &["tier"],
            &[&EQUAL],
            strings(Tier::ALL.iter().map(|t| t.as_str())),
        ),
        condition(
            &["role"],
            &[&EQUAL, &["exists"]],
            strings(Role::ALL.iter().map(|r| r.as_str())),
        ),
        condition(
            &["priority"],
            &[&EQUAL, &ORDER],
            strings(Priority::ALL.iter().map(|p| p.as_str())),
        ),
        condition(
            &["tags", "entities", "sensitivity"],
            &[&["in", "exists"], &found],
            words(),
        ),
        condition(
            &["version", "use_count"],
            &[&EQUAL, &ORDER],
            (0..4).prop_map(Value::from)
        ),
        condition(
            &["created_at", "updated_at", "said_at"],
            &[&["eq", "ne"], &ORDER],
            time()
        ),
        condition(
            &["last_used", "expires_at"],
            &[&["eq", "ne", "exists"], &ORDER],
            time()
        ),
        window(),
        condition(&["text"], &[&found, &["exists"]], words()),
        info(),
    ]
}

fn info() -> BoxedStrategy<Value> {
    let paths = ["info.x", "info.x.y", "info.x\\.y", "info.z.y", "info.z"];
    let ordered = sample::scalar()
        .prop_filter("has an order", |v| v.is_number() || v.is_string())
        .boxed();
    prop_oneof![
        condition(
            &paths,
            &[&EQUAL, &["contains", "like", "exists"]],
            sample::scalar().boxed()
        ),
        condition(&paths, &[&ORDER], ordered),
    ]
    .boxed()
}

fn filter() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|all| json!({ "and": all })),
            vec(inner.clone(), 1..4).prop_map(|any| json!({ "or": any })),
            inner.clone().prop_map(|not| json!({ "not": not })),
            vec(inner, 1..4).prop_map(|members| {
                let join = members.into_iter().filter_map(|m| match m {
                    Value::Object(map) => Some(map),
                    _ => None,
                });
                Value::Object(join.flatten().collect())
            }),
        ]
    })
}

/// JSON that looks like a filter, more or less.
fn noise() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        sample::scalar(),
        "\\PC{0,8}".prop_map(Value::from),
        select(sample::PATTERNS).prop_map(Value::from),
        time(),
    ];
    let key = prop_oneof![
        3 => select(super::super::field::Field::names().collect::<Vec<_>>()).prop_map(str::to_owned),
        3 => select(vec![
            "and", "or", "not", "eq", "ne", "gt", "gte", "lt", "lte", "in", "contains", "like",
            "exists", "info", "info.", "info.a", "info.a..b", "AND", "a/b~c",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_evaluator_agrees_with_the_naive_one(
        json in filter(),
        memories in vec(sample::any(), 1..6),
    ) {
        let filter = Filter::parse(&json).map_err(|e| TestCaseError::fail(format!("{json}: {e}")))?;
        for memory in &memories {
            let expected = naive::admits(&json, &serde_json::to_value(memory).unwrap());
            prop_assert_eq!(
                filter.matches(&Subject::from(memory)), expected, "{} on {:?}", json, memory
            );
        }
    }

    #[test]
    fn a_filter_prints_as_it_reads(json in filter()) {
        let filter = Filter::parse(&json).map_err(|e| TestCaseError::fail(format!("{json}: {e}")))?;
        prop_assert_eq!(&Filter::parse(&filter.to_json()).unwrap(), &filter);
        prop_assert_eq!(&Filter::from_json_text(&filter.to_string()).unwrap(), &filter);
    }

    #[test]
    fn no_json_makes_the_parser_panic(json in noise()) {
        match Filter::parse(&json) {
            Ok(filter) => prop_assert_eq!(Filter::parse(&filter.to_json()).unwrap(), filter),
            Err(e) => {
                prop_assert_eq!(e.code(), crate::Code::InvalidFilter);
                prop_assert!(e.remedy_text().is_some());
                let pointer = e.field().unwrap();
                let inside = pointer.strip_prefix("/filter").unwrap();
                prop_assert!(json.pointer(inside).is_some(), "{pointer} is not in {json}");
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        if let Err(e) = Filter::from_json_text(&text) {
            prop_assert_eq!(e.code(), crate::Code::InvalidFilter);
        }
    }
}
