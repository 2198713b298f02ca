//! Memories to filter, from small pools of values, so that conditions meet them.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::{
    CubeId, Descriptive, Granularity, Header, Info, Interval, Lifespan, Memory, MemoryId, Moment,
    Origin, Payload, Plaintext, Priority, Role, SemanticType, State, TimeMention, Timestamp, Turn,
    ValidTime, Validity,
};

pub(super) const WORDS: &[&str] = &["a", "A", "ab", "b%", "会议", "Ä_"];
pub(super) const TEXTS: &[&str] = &["", "a", "Ab aB", "会议 a%", "äb_"];
pub(super) const PATTERNS: &[&str] = &["%", "a%", "%B", "_", "_b%", "%\\%", "会%", "ä\\_", "ab"];

/// A memory whose words name these times.
pub(super) fn memory(times: Vec<TimeMention>) -> Memory {
    Memory {
        id: MemoryId::from_bytes([1; 16]),
        cube_id: CubeId::new("c").unwrap(),
        state: State::Activated,
        header: Header::new("a".parse().unwrap(), half_day(0), half_day(0).at()),
        payload: Payload::Plaintext(Plaintext {
            text: String::new(),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: None,
                role: None,
            },
            times,
        }),
    }
}

/// The `n`th of a row of instants, half a day apart.
pub(super) fn half_day(n: i64) -> Moment {
    Moment::from(Timestamp::from_secs(1_740_000_000 + 43_200 * n))
}

fn at() -> impl Strategy<Value = Timestamp> {
    (0_i64..6).prop_map(|n| half_day(n).at())
}

pub(super) fn moment() -> impl Strategy<Value = Moment> {
    (at(), select(vec![0, 480, -210])).prop_map(|(at, offset)| Moment::new(at, offset))
}

fn words() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(select(WORDS).prop_map(str::to_owned), 0..3)
}

fn word() -> impl Strategy<Value = String> {
    select(WORDS).prop_map(str::to_owned)
}

fn mention() -> impl Strategy<Value = TimeMention> {
    (at(), 0_i64..3).prop_map(|(start, halves)| TimeMention {
        start: 0,
        end: 0,
        valid: ValidTime {
            interval: Interval::new(start, start.plus_secs(43_200 * halves)).unwrap(),
            granularity: Granularity::Day,
            offset_minutes: 0,
        },
    })
}

/// Values as callers put them into `info`.
pub(super) fn scalar() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!(-1),
        json!("a"),
        json!("A"),
        json!("ab"),
        json!(u64::MAX),
    ])
}

fn info() -> impl Strategy<Value = Info> {
    let member = prop_oneof![
        scalar(),
        vec(scalar(), 0..3).prop_map(Value::from),
        scalar().prop_map(|v| json!({ "y": v })),
    ];
    proptest::collection::btree_map(select(vec!["x", "x.y", "z"]), member, 0..3)
        .prop_map(|map| Info(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
}

fn descriptive() -> impl Strategy<Value = Descriptive> {
    (
        (at(), at(), moment()),
        (select(Origin::ALL), select(SemanticType::ALL)),
        (words(), option::of(word()), words()),
        info(),
    )
        .prop_map(
            |(
                (created_at, updated_at, said_at),
                (origin, semantic_type),
                (tags, key, entities),
                info,
            )| Descriptive {
                created_at,
                updated_at,
                said_at,
                origin,
                semantic_type,
                tags,
                key,
                entities,
                sources: vec![],
                info,
                valid: Validity::default(),
            },
        )
}

fn payload() -> impl Strategy<Value = Payload> {
    let turn = (word(), option::of(word()), option::of(select(Role::ALL)));
    (select(TEXTS), turn, vec(mention(), 0..3)).prop_map(
        |(text, (session_id, speaker, role), times)| {
            Payload::Plaintext(Plaintext {
                text: text.to_owned(),
                caption: None,
                turn: Turn {
                    session_id,
                    speaker,
                    role,
                },
                times,
            })
        },
    )
}

/// Any memory.
pub(super) fn any() -> impl Strategy<Value = Memory> {
    (
        (0_u8..3, select(vec!["a", "ab"]), select(&State::ALL[..])),
        descriptive(),
        (
            (select(vec!["a", "ab"]), option::of(at())),
            select(Priority::ALL),
            words(),
        ),
        (0_u64..3, option::of(at()), 1_u32..3, option::of(0_u8..3)),
        payload(),
    )
        .prop_map(
            |(
                (id, cube, state),
                descriptive,
                ((owner, ends), priority, sensitivity),
                (use_count, last_used, version, successor),
                payload,
            )| {
                let mut memory = memory(vec![]);
                memory.id = MemoryId::from_bytes([id; 16]);
                memory.cube_id = cube.parse().unwrap();
                memory.state = state;
                memory.header.descriptive = descriptive;
                memory.header.governance.owner = owner.parse().unwrap();
                memory.header.governance.lifespan =
                    ends.map_or(Lifespan::KeepForever, Lifespan::Until);
                memory.header.governance.priority = priority;
                memory.header.governance.sensitivity = sensitivity;
                memory.header.behavioural.use_count = use_count;
                memory.header.behavioural.last_used = last_used;
                memory.header.behavioural.version = version;
                memory.header.behavioural.superseded_by =
                    successor.map(|id| MemoryId::from_bytes([id; 16]));
                memory.payload = payload;
                memory
            },
        )
}
