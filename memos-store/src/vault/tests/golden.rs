//! Bytes of each kind of record, as version 1 wrote them. If one fails, stored data changed its
//! shape: raise the record's version and keep reading the old one; never just paste the new bytes.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

use memos_core::{
    Access, Activation, Audience, Code, Event, EventKind, EventSeq, Granularity, Info, Interval,
    Lifespan, Memory, MemoryId, Moment, Origin, Parametric, Payload, Plaintext, Priority, Role,
    SemanticType, Source, State, TimeMention, Timestamp, Turn, UserId, ValidTime,
};

use crate::vault::codec::{self, Cursor, IN_PIECES, Noted, Stored, Usage};
use crate::vault::testing::{cube, cube_id, id, memory, user};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn golden<T: Stored + PartialEq + Debug>(record: &T, expected: &str) {
    let bytes = codec::encode(record).unwrap();
    assert_eq!(hex(&bytes), expected, "{}", T::WHAT);
    assert_eq!(&codec::decode::<T>(&bytes).unwrap(), record);
}

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.into_iter().map(str::to_owned).collect()
}

fn info() -> Info {
    let value = serde_json::json!({"n": 1, "nested": {"b": [true, null, "ü"]}});
    Info(value.as_object().unwrap().clone())
}

fn access() -> Access {
    Access {
        readers: Audience::Users([UserId::new("bob").unwrap()].into()),
        writers: Audience::Everyone,
    }
}

/// Every field set, none to its default.
fn full_memory() -> Memory {
    let mut full = memory("会议", 7, "In May 我们 met.");
    full.id = MemoryId::from_bytes([0xa5; 16]);
    full.state = State::Frozen;
    let d = &mut full.header.descriptive;
    d.created_at = Timestamp::from_micros(1_700_000_000_123_456);
    d.updated_at = Timestamp::from_micros(-1);
    d.said_at = Moment::new(Timestamp::from_secs(1_600_000_000), -330);
    d.origin = Origin::FineTuning;
    d.semantic_type = SemanticType::Skill;
    d.tags = set(["a", "b"]);
    d.key = Some("title".into());
    d.entities = set(["Ada"]);
    d.sources = vec![Source {
        kind: "document".into(),
        reference: "notes.md".into(),
        locator: Some("12".into()),
    }];
    d.info = info();
    let g = &mut full.header.governance;
    g.owner = UserId::new("eve").unwrap();
    g.access = access();
    g.lifespan = Lifespan::HalfLife { seconds: 86_400 };
    g.priority = Priority::High;
    g.sensitivity = set(["health"]);
    g.watermark = Some("w".into());
    g.legal_hold = true;
    let b = &mut full.header.behavioural;
    b.use_count = 300;
    b.last_used = Some(Timestamp::from_secs(5));
    b.fingerprint = u64::MAX;
    b.version = 3;
    b.derived_from = vec![id(1), id(2)];
    b.superseded_by = Some(id(3));
    full.payload = Payload::Plaintext(Plaintext {
        text: "In May 我们 met.".into(),
        caption: Some("a lake".into()),
        turn: Turn {
            session_id: "s1".into(),
            speaker: Some("Ada".into()),
            role: Some(Role::Assistant),
        },
        times: vec![TimeMention {
            start: 3,
            end: 6,
            valid: ValidTime {
                interval: Interval::new(Timestamp::from_secs(10), Timestamp::from_secs(20))
                    .unwrap(),
                granularity: Granularity::Month,
                offset_minutes: 480,
            },
        }],
    });
    full
}

#[test]
fn memories() {
    golden(&full_memory(), MEMORY);
    golden(&memory("a", 1, "x"), PLAIN_MEMORY);
    let mut other = memory("a", 1, "x");
    other.header.governance.lifespan = Lifespan::Until(Timestamp::from_secs(1));
    other.payload = Payload::Activation(Activation {
        model: "m".into(),
        blob: [1; 32],
        tokens: 500,
    });
    golden(&other, ACTIVATION);
    other.payload = Payload::Parametric(Parametric {
        base_model: "m".into(),
        blob: [2; 32],
        rank: 8,
        modules: vec!["q_proj".into()],
    });
    golden(&other, PARAMETRIC);
}

#[test]
fn cubes() {
    let mut full = cube("会议");
    full.name = "Meetings".into();
    full.description = Some("what we said".into());
    full.access = access();
    full.updated_at = Timestamp::from_secs(300);
    full.info = info();
    golden(&full, CUBE);
}

#[test]
fn events() {
    let event = |kind| Event {
        seq: EventSeq(70_000),
        at: Timestamp::from_secs(1_700_000_000),
        cube_id: cube_id("a"),
        memory_id: Some(id(9)),
        actor: user(),
        kind,
    };
    golden(&event(EventKind::Forgotten), EVENT);
    // The numbers of the kinds are in the log for good.
    for (kind, number) in [
        (EventKind::CubeCreated, 0),
        (EventKind::CubeUpdated, 1),
        (EventKind::CubeDeleted, 2),
        (EventKind::Added, 3),
        (EventKind::Updated, 4),
        (EventKind::Accessed, 5),
        (EventKind::Activated, 6),
        (EventKind::Merged, 7),
        (EventKind::Archived, 8),
        (EventKind::Expired, 9),
        (EventKind::Frozen, 10),
        (EventKind::Restored, 11),
        (EventKind::Forgotten, 12),
    ] {
        assert_eq!(
            codec::encode(&event(kind)).unwrap().last(),
            Some(&number),
            "{kind:?}"
        );
    }
}

#[test]
fn the_rest() {
    golden(
        &Noted {
            cube_id: cube_id("a"),
            ids: vec![id(1), id(2)],
            at: Timestamp::from_secs(1),
            until: Timestamp::from_secs(61),
        },
        REQUEST,
    );
    golden(
        &Usage {
            use_count: 251,
            last_used: Some(Timestamp::from_secs(1)),
        },
        USAGE,
    );
    golden(&Cursor(EventSeq(300)), CURSOR);
}

#[test]
fn numbers_of_states_and_types_do_not_move() {
    let number = |change: &dyn Fn(&mut Memory)| {
        let plain = codec::encode(&memory("a", 1, "x")).unwrap();
        let mut changed = memory("a", 1, "x");
        change(&mut changed);
        let changed = codec::encode(&changed).unwrap();
        let differ: Vec<_> = plain.iter().zip(&changed).filter(|(a, b)| a != b).collect();
        differ.first().map_or(0, |(_, b)| **b)
    };
    for (state, expected) in State::ALL.into_iter().zip(0..) {
        assert_eq!(number(&|m| m.state = state), expected, "{state}");
    }
    let types = [
        SemanticType::Fact,
        SemanticType::Preference,
        SemanticType::Event,
        SemanticType::Profile,
        SemanticType::TaskPrompt,
        SemanticType::DomainKnowledge,
        SemanticType::ToolSchema,
        SemanticType::ToolTrajectory,
        SemanticType::Skill,
        SemanticType::File,
    ];
    for (semantic_type, expected) in types.into_iter().zip(0..) {
        let found = number(&|m| m.header.descriptive.semantic_type = semantic_type);
        assert_eq!(found, expected, "{semantic_type:?}");
    }
}

#[test]
fn strange_bytes_are_refused() {
    let bytes = codec::encode(&memory("a", 1, "x")).unwrap();
    let refused = |bytes: &[u8]| codec::decode::<Memory>(bytes).unwrap_err().code();
    let with_version = |version| [&[version], &bytes[1..]].concat();
    assert_eq!(refused(&with_version(2)), Code::FolderNewer);
    assert_eq!(refused(&with_version(0)), Code::Corrupt);
    assert_eq!(refused(&with_version(IN_PIECES)), Code::Corrupt);
    assert_eq!(refused(&[]), Code::Corrupt);
    assert_eq!(refused(&bytes[..bytes.len() - 1]), Code::Corrupt);
    assert_eq!(refused(&[&bytes[..], &[0]].concat()), Code::Corrupt);
    // A length that no memory could hold.
    let huge = [&[1][..], &[0xfd; 9]].concat();
    assert_eq!(refused(&huge), Code::Corrupt);
}

const MEMORY: &str = "0110a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a506e4bc9ae8aeae05fd8044403048140c0001fd0000480f625e0b00fb93020308020161016201057469746c6501034164610108646f63756d656e74086e6f7465732e6d6401023132277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d03657665010103626f620202fc805101000201066865616c746801017701fb2c0101fc80969800fdffffffffffffffff0302100000000000000000000000000000000110000000000000000000000000000000020110000000000000000000000000000000030012496e204d617920e68891e4bbac206d65742e010661206c616b6502733101034164610101010306fc002d3101fc005a620206fbc003";
const PLAIN_MEMORY: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d0361646102000001000000000000010000000178000173000000";
const ACTIVATION: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d03616461020001fc80841e000100000000000001000001016d0101010101010101010101010101010101010101010101010101010101010101fbf401";
const PARAMETRIC: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d03616461020001fc80841e000100000000000001000002016d0202020202020202020202020202020202020202020202020202020202020202080106715f70726f6a";
const CUBE: &str = "0106e4bc9ae8aeae084d656574696e6773010c77686174207765207361696403616461010103626f6202fc80841e00fc0046c323277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d";
const EVENT: &str =
    "01fc70110100fd00803c3048140c000161011000000000000000000000000000000009036164610c";
const REQUEST: &str = "0101610210000000000000000000000000000000011000000000000000000000000000000002fc80841e00fc80924507";
const USAGE: &str = "01fbfb0001fc80841e00";
const CURSOR: &str = "01fb2c01";
