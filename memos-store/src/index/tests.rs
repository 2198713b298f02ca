//! The index after any history equals a fresh build, and shows nobody what is not theirs.

mod layers;

use std::collections::BTreeMap;

use memos_core::{
    Audience, Candidate, CubeId, Header, Index, IndexQuery, Intent, Layer, Layers, Memory,
    MemoryCall, MemoryId, Moment, Origin, Payload, Plaintext, Role, Scope, Signals, State,
    Timestamp, Turn, UserId, Weights,
};
use proptest::prelude::*;

use super::MemoryIndex;

const DIMENSION: usize = 4;

const WEIGHTS: Weights = Weights(Signals {
    turn: 0.1,
    window: 0.5,
    session: 0.15,
    session_best: 0.05,
    dense: 0.9,
    neighbour: 0.15,
    session_dense: 0.4,
    speaker: 0.3,
    role: 0.5,
    question: -0.3,
    length: 0.2,
    time: 0.19,
    time_fit: 0.1,
    directive: 0.45,
    superseded: -0.15,
});

/// What a memory says, small enough to make collisions of every kind.
#[derive(Clone, Debug, Default)]
struct Spec {
    words: Vec<usize>,
    session: u8,
    minute: u8,
    speaker: Option<u8>,
    role: Option<Role>,
    private: bool,
    derived: bool,
    archived: bool,
    superseded: bool,
}

const WORDS: &[&str] = &[
    "cat",
    "dog",
    "garden",
    "Lyon",
    "always",
    "the",
    "running",
    "猫",
    "昨天去了杭州",
    "coffee?",
    "moved",
    "sister",
    "2023",
    "8",
    "你好吗？",
    "music",
];
const SPEAKERS: &[&str] = &["Ada", "Ben", "林晓"];

fn spec() -> impl Strategy<Value = Spec> {
    (
        proptest::collection::vec(0..WORDS.len(), 0..12),
        0..3_u8,
        0..20_u8,
        proptest::option::of(0..3_u8),
        prop_oneof![
            Just(None),
            Just(Some(Role::User)),
            Just(Some(Role::Assistant))
        ],
        proptest::array::uniform4(proptest::bool::weighted(0.2)),
    )
        .prop_map(|(words, session, minute, speaker, role, flags)| Spec {
            words,
            session,
            minute,
            speaker,
            role,
            private: flags[0],
            derived: flags[1],
            archived: flags[2],
            superseded: flags[3],
        })
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<Spec>),
    Update(prop::sample::Index, Spec),
    /// Changes the header alone: who may read it, and whether it was superseded.
    Note(prop::sample::Index, bool, bool),
    Forget(prop::sample::Index),
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => proptest::collection::vec(spec(), 1..6).prop_map(Step::Add),
        2 => (any::<prop::sample::Index>(), spec()).prop_map(|(i, s)| Step::Update(i, s)),
        2 => any::<(prop::sample::Index, bool, bool)>().prop_map(|(i, p, s)| Step::Note(i, p, s)),
        2 => any::<prop::sample::Index>().prop_map(Step::Forget),
        1 => Just(Step::Reload),
    ]
}

fn cube() -> CubeId {
    "c".parse().unwrap()
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn memory(id: MemoryId, spec: &Spec) -> Memory {
    let at = Timestamp::from_secs(1_700_000_000 + 60 * i64::from(spec.minute));
    let text: Vec<_> = spec.words.iter().map(|w| WORDS[*w]).collect();
    let readers = if spec.private {
        Audience::Owner
    } else {
        Audience::Everyone
    };
    let mut header = Header::new(user("bob"), Moment::from(at), at);
    header.governance.access.readers = readers;
    if spec.derived {
        header.descriptive.origin = Origin::Inference;
    }
    header.behavioural.superseded_by = spec.superseded.then(|| MemoryId::from_bytes([9; 16]));
    Memory {
        id,
        cube_id: cube(),
        state: if spec.archived {
            State::Archived
        } else {
            State::Generated
        },
        header,
        payload: Payload::Plaintext(Plaintext {
            text: text.join(" "),
            caption: None,
            turn: Turn {
                session_id: format!("s{}", spec.session),
                speaker: spec.speaker.map(|s| SPEAKERS[usize::from(s)].to_owned()),
                role: spec.role,
            },
            times: Vec::new(),
        }),
    }
}

/// The same words with another header.
fn noted(memory: &Memory, private: bool, superseded: bool) -> Memory {
    let mut memory = memory.clone();
    let header = &mut memory.header;
    header.governance.access.readers = match private {
        true => Audience::Owner,
        false => Audience::Everyone,
    };
    header.behavioural.superseded_by = superseded.then(|| MemoryId::from_bytes([9; 16]));
    memory
}

/// A vector that depends on the words alone.
fn vector(memory: &Memory) -> Vec<f32> {
    let text = memory.payload.plaintext().map_or("", |p| &p.text);
    let hash = blake3::hash(text.as_bytes());
    let raw: Vec<f32> = hash.as_bytes()[..DIMENSION]
        .iter()
        .map(|b| f32::from(*b) - 127.5)
        .collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

fn put(index: &MemoryIndex, memories: &[Memory]) {
    let vectors: Vec<_> = memories.iter().map(vector).collect();
    index.put(&cube(), memories, &vectors).unwrap();
}

fn fresh(memories: &BTreeMap<MemoryId, Memory>) -> MemoryIndex {
    let index = MemoryIndex::new(DIMENSION);
    let all: Vec<_> = memories.values().cloned().collect();
    put(&index, &all);
    index
}

fn call(question: &str, reader: &str) -> MemoryCall {
    MemoryCall {
        caller: user(reader),
        question: question.into(),
        cubes: vec![cube()],
        types: Vec::new(),
        intent: Intent::default(),
        asked_at: Timestamp::from_secs(0).into(),
        window: None,
        within: None,
        filter: None,
        top_k: 50,
        valid_at: None,
        layers: Layers::Evidence,
    }
}

fn answer(index: &MemoryIndex, call: &MemoryCall, layer: Layer) -> Vec<Candidate> {
    index
        .candidates(&IndexQuery {
            call,
            vector: &[0.5; DIMENSION],
            scopes: &[Scope {
                cube_id: cube(),
                reader: call.caller.clone(),
                cube_owner: user("ada"),
            }],
            weights: &WEIGHTS,
            limit: call.top_k,
            layer,
        })
        .unwrap()
}

/// Both layers' answers, evidence first.
fn ask(index: &MemoryIndex, question: &str, reader: &str, intent: Intent) -> Vec<Candidate> {
    let call = MemoryCall {
        intent,
        ..call(question, reader)
    };
    let mut both = answer(index, &call, Layer::Evidence);
    both.extend(answer(index, &call, Layer::Derived));
    both
}

fn same_answers(a: &MemoryIndex, b: &MemoryIndex) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(&cube()), b.len(&cube()));
    let help = Intent {
        asks_help: true,
        asks_time: true,
        ..Intent::default()
    };
    for question in [
        "Where did Ada's cat run?",
        "林晓昨天去杭州了吗",
        "the",
        "8 music garden",
    ] {
        for (reader, intent) in [
            ("ada", Intent::default()),
            ("bob", help),
            ("eve", Intent::default()),
        ] {
            prop_assert_eq!(
                ask(a, question, reader, intent),
                ask(b, question, reader, intent),
                "{} by {}",
                question,
                reader
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_history_equals_a_fresh_build(steps in proptest::collection::vec(step(), 1..25)) {
        let mut index = fresh(&BTreeMap::new());
        let mut kept: BTreeMap<MemoryId, Memory> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Add(specs) => {
                    let new: Vec<_> =
                        specs.iter().map(|s| memory(MemoryId::generate(), s)).collect();
                    put(&index, &new);
                    kept.extend(new.into_iter().map(|m| (m.id, m)));
                }
                Step::Update(which, spec) if !kept.is_empty() => {
                    let id = *which.get(&kept.keys().copied().collect::<Vec<_>>());
                    let changed = memory(id, &spec);
                    put(&index, std::slice::from_ref(&changed));
                    kept.insert(id, changed);
                }
                Step::Note(which, private, superseded) if !kept.is_empty() => {
                    let id = *which.get(&kept.keys().copied().collect::<Vec<_>>());
                    let noted = noted(&kept[&id], private, superseded);
                    put(&index, std::slice::from_ref(&noted));
                    kept.insert(id, noted);
                }
                Step::Forget(which) if !kept.is_empty() => {
                    let id = *which.get(&kept.keys().copied().collect::<Vec<_>>());
                    index.remove(&cube(), id);
                    kept.remove(&id);
                }
                Step::Reload => index = fresh(&kept),
                Step::Update(..) | Step::Note(..) | Step::Forget(_) => {}
            }
        }
        same_answers(&index, &fresh(&kept))?;
    }

    /// Turning what a reader may not see into nothing changes nothing that the reader gets: not a
    /// hit, not a score.
    #[test]
    fn what_is_hidden_leaves_no_trace(specs in proptest::collection::vec(spec(), 1..30)) {
        let all: BTreeMap<_, _> = specs
            .iter()
            // Roles decide how windows are cut, which is a trait of the whole session.
            .map(|s| memory(MemoryId::generate(), &Spec { role: None, ..s.clone() }))
            .map(|m| (m.id, m))
            .collect();
        let blank: BTreeMap<_, _> = all
            .iter()
            .map(|(id, m)| {
                let mut m = m.clone();
                if m.header.governance.access.readers == Audience::Owner
                    && let Payload::Plaintext(p) = &mut m.payload
                {
                    p.text = "secret words nobody asked for".into();
                    p.turn.speaker = None;
                }
                (*id, m)
            })
            .collect();
        let (whole, censored) = (fresh(&all), fresh(&blank));
        for question in ["Where did Ada's cat run?", "昨天去杭州了吗", "garden coffee sister"] {
            prop_assert_eq!(
                ask(&whole, question, "eve", Intent::default()),
                ask(&censored, question, "eve", Intent::default())
            );
        }
    }
}

#[test]
fn what_has_no_words_is_found_by_none() {
    let spec = Spec {
        words: vec![0, 1],
        ..Spec::default()
    };
    let id = MemoryId::from_bytes([7; 16]);
    let index = fresh(&BTreeMap::from([(id, memory(id, &spec))]));
    let found = || ask(&index, "cat", "ada", Intent::default()).len();
    assert_eq!(found(), 1);
    let mut blank = memory(id, &Spec::default());
    put(&index, std::slice::from_ref(&blank));
    assert_eq!(found(), 0);
    blank.header.descriptive.key = Some("cat.md".to_owned());
    put(&index, &[blank]);
    assert_eq!(found(), 1, "a title is words");
}

#[test]
fn packing_keeps_the_answers() {
    let spec = |n: usize| Spec {
        words: vec![n % WORDS.len(), (n / 3) % WORDS.len()],
        session: (n % 3) as u8,
        minute: (n % 20) as u8,
        derived: n.is_multiple_of(7),
        ..Spec::default()
    };
    let all: Vec<_> = (0..3_000)
        .map(|n| memory(MemoryId::generate(), &spec(n)))
        .collect();
    let index = MemoryIndex::new(DIMENSION);
    put(&index, &all);
    let mut kept = BTreeMap::new();
    for (n, m) in all.into_iter().enumerate() {
        if n % 5 == 0 {
            kept.insert(m.id, m);
        } else {
            index.remove(&cube(), m.id);
        }
    }
    same_answers(&index, &fresh(&kept)).unwrap();
}

/// What the background notes on memories must not make a cube be packed, since searches would wait.
#[test]
fn a_header_that_changes_leaves_no_dead_slot() {
    let all: Vec<_> = (0..50)
        .map(|n| Spec {
            words: vec![n % WORDS.len(), n % 3],
            minute: (n % 20) as u8,
            ..Spec::default()
        })
        .map(|spec| memory(MemoryId::generate(), &spec))
        .collect();
    let index = MemoryIndex::new(DIMENSION);
    put(&index, &all);
    let slots = || {
        let cube = index.cube(&cube()).unwrap();
        cube.read().unwrap().layer(Layer::Evidence).slots()
    };
    assert_eq!(slots(), 50);
    let mut kept = BTreeMap::new();
    for round in 0..3 {
        let noted: Vec<_> = all
            .iter()
            .map(|m| noted(m, false, round % 2 == 0))
            .collect();
        put(&index, &noted);
        kept.extend(noted.into_iter().map(|m| (m.id, m)));
    }
    assert_eq!(slots(), 50);
    same_answers(&index, &fresh(&kept)).unwrap();
    let hits = ask(&index, "coffee music", "eve", Intent::default());
    assert!(hits.iter().all(|hit| hit.signals.superseded > 0.0));
}

#[test]
fn a_speaker_in_the_question_counts_for_that_speaker_alone() {
    let say = |speaker: u8| Spec {
        words: vec![0, 2],
        session: 0,
        minute: speaker,
        speaker: Some(speaker),
        ..Spec::default()
    };
    let all: Vec<_> = (0..2)
        .map(|s| memory(MemoryId::generate(), &say(s)))
        .collect();
    let index = MemoryIndex::new(DIMENSION);
    put(&index, &all);
    let hits = ask(
        &index,
        "What did Ben do in the garden?",
        "ada",
        Intent::default(),
    );
    assert_eq!(hits[0].id, all[1].id);
    assert_eq!(
        (hits[0].signals.speaker, hits[1].signals.speaker),
        (1.0, 0.0)
    );
    let both = ask(
        &index,
        "Did Ada and Ben see the garden?",
        "ada",
        Intent::default(),
    );
    assert!(both.iter().all(|h| h.signals.speaker == 0.0));
}
