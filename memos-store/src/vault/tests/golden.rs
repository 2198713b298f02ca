//! Bytes of each kind of record, as each version wrote them. If one fails, stored data changed its
//! shape: raise the record's version and keep reading the old one; never just paste the new bytes.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

use memos_core::{
    Access, Activation, Audience, Base, Cause, ChangeSeq, Code, Event, EventKind, EventSeq,
    Granularity, Info, Interval, Lifespan, Link, LinkKind, MemCube, Memory, MemoryId, Moment,
    NamedSnapshot, Origin, Parametric, Payload, Plaintext, Priority, Progress, Repeat, Role,
    SemanticType, Source, State, TaskStatus, Tier, TimeMention, Timestamp, Turn, UserId, ValidTime,
    Validity, Why,
};

use crate::vault::codec::{
    self, Changes, Counter, Cursor, IN_PIECES, ListedChange, Noted, Record, Stored, Usage,
};
use crate::vault::testing::{cube, cube_id, id, memory, task, user};

pub(super) fn hex(bytes: &[u8]) -> String {
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

/// The bytes of hexadecimal text.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// An older version's bytes are read as what they mean now.
fn still_reads<T: Stored + PartialEq + Debug>(old: &str, expected: &T) {
    assert_eq!(&codec::decode::<T>(&bytes(old)).unwrap(), expected);
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
    let mut full = full_memory_1();
    full.header.descriptive.valid = Validity {
        from: Some(Timestamp::from_secs(3)),
        until: Some(Timestamp::from_secs(4)),
    };
    let b = &mut full.header.behavioural;
    b.links = [
        Link {
            kind: LinkKind::RelatesTo,
            to: id(4),
        },
        Link {
            kind: LinkKind::DuplicateOf,
            to: id(5),
        },
    ]
    .into();
    b.tier = Tier::User;
    full
}

/// Every field that version 1 had.
fn full_memory_1() -> Memory {
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

fn other_payloads() -> [Memory; 2] {
    let mut other = memory("a", 1, "x");
    other.header.governance.lifespan = Lifespan::Until(Timestamp::from_secs(1));
    other.payload = Payload::Activation(Activation {
        model: "m".into(),
        blob: [1; 32],
        tokens: 500,
    });
    let activation = other.clone();
    other.payload = Payload::Parametric(Parametric {
        base_model: "m".into(),
        blob: [2; 32],
        rank: 8,
        modules: vec!["q_proj".into()],
    });
    [activation, other]
}

#[test]
fn memories() {
    let record = |memory| Record {
        memory,
        since: ChangeSeq(300),
    };
    golden(&record(full_memory()), MEMORY);
    golden(&record(memory("a", 1, "x")), PLAIN_MEMORY);
    let [activation, parametric] = other_payloads();
    golden(&record(activation.clone()), ACTIVATION);
    golden(&record(parametric.clone()), PARAMETRIC);

    // Nobody counted changes then.
    let record = |memory| Record {
        memory,
        since: ChangeSeq(0),
    };
    still_reads(MEMORY_1, &record(full_memory_1()));
    still_reads(PLAIN_MEMORY_1, &record(memory("a", 1, "x")));
    still_reads(ACTIVATION_1, &record(activation));
    still_reads(PARAMETRIC_1, &record(parametric));
}

/// Every field that version 1 had.
pub(super) fn full_cube() -> MemCube {
    let mut full = cube("会议");
    full.name = "Meetings".into();
    full.description = Some("what we said".into());
    full.access = access();
    full.updated_at = Timestamp::from_secs(300);
    full.info = info();
    full
}

#[test]
fn cubes() {
    still_reads(CUBE_1, &full_cube());
    let mut branch = full_cube();
    branch.base = Some(Base {
        cube_id: cube_id("a"),
        at: ChangeSeq(300),
    });
    golden(&branch, CUBE);
}

#[test]
fn events() {
    let old = Event {
        seq: EventSeq(70_000),
        at: Timestamp::from_secs(1_700_000_000),
        cube_id: cube_id("a"),
        memory_id: Some(id(9)),
        actor: user(),
        kind: EventKind::Forgotten,
        cause: Cause::Call,
        detail: None,
    };
    still_reads(EVENT_1, &old);
    let detailed = Event {
        kind: EventKind::Merged,
        cause: Cause::Fusion,
        detail: Some("x".into()),
        ..old
    };
    golden(&detailed, EVENT);
}

#[test]
fn histories() {
    let changes = Changes {
        at: Timestamp::from_secs(7),
        why: Why::new(user(), Cause::Rollback)
            .detail("to 2025")
            .evidence([id(2)]),
        entries: vec![
            ListedChange {
                seq: ChangeSeq(300),
                memory_id: id(1),
                was_there: true,
                after: Some(2),
            },
            ListedChange {
                seq: ChangeSeq(301),
                memory_id: id(3),
                was_there: false,
                after: None,
            },
        ],
    };
    golden(&changes, CHANGES);
    golden(
        &Counter {
            change: ChangeSeq(300),
            at: Timestamp::from_secs(7),
        },
        COUNTER,
    );
    golden(
        &NamedSnapshot {
            name: "before".into(),
            at: ChangeSeq(300),
            taken_at: Timestamp::from_secs(7),
            by: user(),
            note: Some("n".into()),
        },
        NAMED,
    );
}

#[test]
fn tasks() {
    let at = Timestamp::from_secs(9);
    let mut full = task(1);
    full.memories = vec![id(1), id(2)];
    full.input = info();
    full.labels = set(["a", "b"]);
    full.request = Some("r".into());
    full.key = Some("k".into());
    full.repeat = Repeat::Again;
    full.priority = Priority::High;
    full.due_at = at;
    full.revision = 300;
    full.attempts = 2;
    full.losses = 3;
    full.status = TaskStatus::Running {
        holder: "me".into(),
        until: at,
        again: Some(vec![id(3)]),
    };
    full.progress = Some(Progress {
        done: 5,
        total: Some(6),
    });
    full.last_error = Some("e".into());
    full.outcome = info();
    golden(&full, TASK);
    golden(&task(1), PLAIN_TASK);
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
    let usage = Usage {
        use_count: 251,
        last_used: Some(Timestamp::from_secs(1)),
        tier: Tier::LongTerm,
        is_activated: false,
    };
    still_reads(USAGE_1, &usage);
    let usage = Usage {
        tier: Tier::User,
        is_activated: true,
        ..usage
    };
    golden(&usage, USAGE);
    golden(&Cursor(EventSeq(300)), CURSOR);
}

#[test]
fn keys_without_a_value() {
    let cube = cube_id("会议");
    let key = crate::vault::keys::place(id(0x0102), &cube);
    assert_eq!(hex(&key), PLACE);
    let key = crate::vault::keys::made_from(&cube, id(0x0102), id(3));
    assert_eq!(hex(&key), MADE_FROM);
}

#[test]
fn strange_bytes_are_refused() {
    let record = Record {
        memory: memory("a", 1, "x"),
        since: ChangeSeq(1),
    };
    let bytes = codec::encode(&record).unwrap();
    let refused = |bytes: &[u8]| codec::decode::<Record>(bytes).unwrap_err().code();
    let with_version = |version| [&[version], &bytes[1..]].concat();
    assert_eq!(refused(&with_version(3)), Code::FolderNewer);
    // Its bytes are not what version 1 would have written.
    assert_eq!(refused(&with_version(1)), Code::Corrupt);
    assert_eq!(refused(&with_version(0)), Code::Corrupt);
    assert_eq!(refused(&with_version(IN_PIECES)), Code::Corrupt);
    assert_eq!(refused(&[]), Code::Corrupt);
    assert_eq!(refused(&bytes[..bytes.len() - 1]), Code::Corrupt);
    assert_eq!(refused(&[&bytes[..], &[0]].concat()), Code::Corrupt);
    // A length that no memory could hold.
    for version in [1, 2] {
        let huge = [&[version][..], &[0xfd; 9]].concat();
        assert_eq!(refused(&huge), Code::Corrupt);
    }
}

const MEMORY: &str = "0210a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a506e4bc9ae8aeae05fd8044403048140c0001fd0000480f625e0b00fb93020308020161016201057469746c6501034164610108646f63756d656e74086e6f7465732e6d6401023132277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d01fc808d5b0001fc00127a0003657665010103626f620202fc805101000201066865616c746801017701fb2c0101fc80969800fdffffffffffffffff03021000000000000000000000000000000001100000000000000000000000000000000201100000000000000000000000000000000302001000000000000000000000000000000005041000000000000000000000000000000004020012496e204d617920e68891e4bbac206d65742e010661206c616b6502733101034164610101010306fc002d3101fc005a620206fbc003fb2c01";
const PLAIN_MEMORY: &str = "021000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d000003616461020000010000000000000100000000000178000173000000fb2c01";
const ACTIVATION: &str = "021000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d000003616461020001fc80841e0001000000000000010000000001016d0101010101010101010101010101010101010101010101010101010101010101fbf401fb2c01";
const PARAMETRIC: &str = "021000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d000003616461020001fc80841e0001000000000000010000000002016d0202020202020202020202020202020202020202020202020202020202020202080106715f70726f6afb2c01";
const CUBE: &str = "0206e4bc9ae8aeae084d656574696e6773010c77686174207765207361696403616461010103626f6202fc80841e00fc0046c323277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d010161fb2c01";
const EVENT: &str =
    "02fc70110100fd00803c3048140c000161011000000000000000000000000000000009036164610704010178";
const CHANGES: &str = "01fc809fd50003616461080107746f203230323501100000000000000000000000000000000202fb2c011000000000000000000000000000000001010102fb2d0110000000000000000000000000000000030000";
const COUNTER: &str = "01fb2c01fc809fd500";
const NAMED: &str = "01066265666f7265fb2c01fc809fd5000361646101016e";
const TASK: &str = "01100000000000000000000000000000000104667573650361646101610210000000000000000000000000000000011000000000000000000000000000000002277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d020161016201017201016b0102fc808d5b00fc808d5b00fc80a81201fb2c01020301026d65fc80a812010101100000000000000000000000000000000301050106010165277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d";
const PLAIN_TASK: &str = "011000000000000000000000000000000001046675736503616461016100027b7d0000000001fc808d5b00fc808d5b00fc808d5b00010000000000027b7d";
const USAGE: &str = "02fbfb0001fc80841e000201";
const MEMORY_1: &str = "0110a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a506e4bc9ae8aeae05fd8044403048140c0001fd0000480f625e0b00fb93020308020161016201057469746c6501034164610108646f63756d656e74086e6f7465732e6d6401023132277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d03657665010103626f620202fc805101000201066865616c746801017701fb2c0101fc80969800fdffffffffffffffff0302100000000000000000000000000000000110000000000000000000000000000000020110000000000000000000000000000000030012496e204d617920e68891e4bbac206d65742e010661206c616b6502733101034164610101010306fc002d3101fc005a620206fbc003";
pub(super) const PLAIN_MEMORY_1: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d0361646102000001000000000000010000000178000173000000";
const ACTIVATION_1: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d03616461020001fc80841e000100000000000001000001016d0101010101010101010101010101010101010101010101010101010101010101fbf401";
const PARAMETRIC_1: &str = "011000000000000000000000000000000001016100fc00093d00fc00093d00fc00093d0078000a00000000027b7d03616461020001fc80841e000100000000000001000002016d0202020202020202020202020202020202020202020202020202020202020202080106715f70726f6a";
pub(super) const CUBE_1: &str = "0106e4bc9ae8aeae084d656574696e6773010c77686174207765207361696403616461010103626f6202fc80841e00fc0046c323277b226e223a312c226e6573746564223a7b2262223a5b747275652c6e756c6c2c22c3bc225d7d7d";
pub(super) const EVENT_1: &str =
    "01fc70110100fd00803c3048140c000161011000000000000000000000000000000009036164610c";
const REQUEST: &str = "0101610210000000000000000000000000000000011000000000000000000000000000000002fc80841e00fc80924507";
pub(super) const USAGE_1: &str = "01fbfb0001fc80841e00";
const CURSOR: &str = "01fb2c01";
const PLACE: &str = "7700000000000000000000000000000102e4bc9ae8aeae";
const MADE_FROM: &str =
    "640006e4bc9ae8aeae0000000000000000000000000000010200000000000000000000000000000003";
