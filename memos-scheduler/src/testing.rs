//! Ports for this crate's tests: in memory, small enough to be right at a glance.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use memos_core::{
    Access, Action, Candidate, Code, Commit, CubeId, Embedder, Error, EventKind, Guard, Header,
    Index, IndexQuery, Info, Intent, Layers, ManualClock, MemCube, Memory, MemoryCall, MemoryId,
    Moment, NewEvent, Payload, Plaintext, Result, Scope, Signals, State, Timestamp, Turn, UserId,
    VolatileVault, Write,
};

/// One dimension per letter: texts that share letters are alike. Fails while told to.
#[derive(Default)]
pub(crate) struct Letters {
    pub(crate) broken: AtomicBool,
}

impl Embedder for Letters {
    fn model_id(&self) -> &str {
        "letters"
    }

    fn dimension(&self) -> usize {
        26
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Error::new(Code::Unavailable, "the model is away"));
        }
        let vector = |text: &&str| {
            let mut v = vec![0.0_f32; 26];
            for c in text.bytes().filter(u8::is_ascii_lowercase) {
                v[usize::from(c - b'a')] = 1.0;
            }
            v
        };
        Ok(texts.iter().map(vector).collect())
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// What the index holds of one memory: itself and its vector.
type Entries = BTreeMap<MemoryId, (Memory, Vec<f32>)>;

/// Keeps what is hot and scores by the dot product.
#[derive(Default)]
pub(crate) struct Brute {
    cubes: Mutex<BTreeMap<CubeId, Entries>>,
}

impl Brute {
    pub(crate) fn texts(&self, cube: &CubeId) -> Vec<String> {
        let cubes = self.cubes.lock().unwrap();
        let entries = cubes.get(cube).into_iter().flat_map(BTreeMap::values);
        entries.map(|(m, _)| text(m).to_owned()).collect()
    }
}

impl Index for Brute {
    fn put(&self, cube: &CubeId, memories: &[Memory], vectors: &[Vec<f32>]) -> Result<()> {
        let mut cubes = self.cubes.lock().unwrap();
        let entries = cubes.entry(cube.clone()).or_default();
        for (memory, vector) in memories.iter().zip(vectors) {
            if memory.state.is_hot() {
                entries.insert(memory.id, (memory.clone(), vector.clone()));
            } else {
                entries.remove(&memory.id);
            }
        }
        Ok(())
    }

    fn remove(&self, cube: &CubeId, id: MemoryId) {
        if let Some(entries) = self.cubes.lock().unwrap().get_mut(cube) {
            entries.remove(&id);
        }
    }

    fn drop_cube(&self, cube: &CubeId) {
        self.cubes.lock().unwrap().remove(cube);
    }

    fn touch(&self, cube: &CubeId, id: MemoryId, uses: u64, at: Timestamp) {
        let mut cubes = self.cubes.lock().unwrap();
        if let Some((memory, _)) = cubes.get_mut(cube).and_then(|c| c.get_mut(&id)) {
            memory.header.behavioural.use_count += uses;
            memory.header.behavioural.last_used = Some(at);
        }
    }

    fn candidates(&self, query: &IndexQuery<'_>) -> Result<Vec<Candidate>> {
        let cubes = self.cubes.lock().unwrap();
        let mut found = Vec::new();
        for scope in query.scopes {
            let entries = cubes
                .get(&scope.cube_id)
                .ok_or_else(|| Error::cube_not_found(&scope.cube_id))?;
            for (id, (memory, vector)) in entries {
                let header = &memory.header;
                let said_at = header.descriptive.said_at.at();
                let valid = header.descriptive.valid;
                let asked = query.call.valid_at;
                if memory.layer() == query.layer
                    && scope.admits(&header.governance)
                    && asked.is_none_or(|at| valid.holds_at(said_at, at))
                {
                    let dense = vector.iter().zip(query.vector).map(|(a, b)| a * b).sum();
                    let signals = Signals {
                        dense,
                        superseded: f32::from(
                            asked.is_none() && header.behavioural.superseded_by.is_some(),
                        ),
                        ..Signals::default()
                    };
                    found.push(Candidate {
                        cube_id: scope.cube_id.clone(),
                        id: *id,
                        score: signals.score(query.weights),
                        signals,
                    });
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        found.truncate(query.limit);
        Ok(found)
    }

    fn len(&self, cube: &CubeId) -> Option<usize> {
        self.cubes.lock().unwrap().get(cube).map(BTreeMap::len)
    }
}

/// Lets the owner of a cube do everything and nobody else know of it.
pub(crate) struct OwnerOnly;

impl Guard for OwnerOnly {
    fn cube(&self, who: &UserId, _: Action, cube: &MemCube) -> Result<()> {
        if *who == cube.owner {
            Ok(())
        } else {
            Err(Error::cube_not_found(&cube.id))
        }
    }

    fn memory(&self, who: &UserId, action: Action, cube: &MemCube, _: &Memory) -> Result<()> {
        self.cube(who, action, cube)
    }

    fn scope(&self, who: &UserId, cube: &MemCube) -> Result<Scope> {
        self.cube(who, Action::Read, cube)?;
        Ok(Scope {
            cube_id: cube.id.clone(),
            reader: who.clone(),
            cube_owner: cube.owner.clone(),
        })
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// One of `0..sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

pub(crate) fn vault() -> (Arc<VolatileVault>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_700_000_000)));
    (Arc::new(VolatileVault::new(Arc::clone(&clock) as _)), clock)
}

pub(crate) fn cube_id() -> CubeId {
    "notes".parse().unwrap()
}

pub(crate) fn ada() -> UserId {
    "ada".parse().unwrap()
}

pub(crate) fn cube() -> MemCube {
    let at = Timestamp::from_secs(0);
    MemCube {
        id: cube_id(),
        name: "Notes".into(),
        description: None,
        owner: ada(),
        access: Access::default(),
        created_at: at,
        updated_at: at,
        info: Info::default(),
        base: None,
    }
}

/// A memory of a text, said `day` days after the epoch.
pub(crate) fn memory(text: &str, day: i64) -> Memory {
    let said_at = Moment::from(Timestamp::from_secs(day * 86_400));
    let fingerprint = text
        .bytes()
        .fold(7_u64, |h, b| h.wrapping_mul(31) + u64::from(b));
    let mut header = Header::new(ada(), said_at, said_at.at());
    header.behavioural.fingerprint = fingerprint;
    Memory {
        id: MemoryId::generate(),
        cube_id: cube_id(),
        state: State::Generated,
        header,
        payload: Payload::Plaintext(Plaintext {
            text: text.into(),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: Some("Ada".into()),
                role: None,
            },
            times: Vec::new(),
        }),
    }
}

pub(crate) fn text(memory: &Memory) -> &str {
    memory.payload.plaintext().map_or("", |p| &p.text)
}

/// The commit that adds memories, and the cube with the first.
pub(crate) fn adding(memories: &[Memory]) -> Commit {
    let mut writes = vec![Write::EnsureCube(cube())];
    writes.extend(memories.iter().cloned().map(Write::AddMemory));
    let events = memories.iter().map(|m| NewEvent {
        cube_id: cube_id(),
        memory_id: Some(m.id),
        actor: ada(),
        kind: EventKind::Added,
    });
    Commit {
        writes,
        events: events.collect(),
        ..Commit::default()
    }
}

pub(crate) fn call(question: &str, caller: UserId, top_k: usize) -> MemoryCall {
    MemoryCall {
        caller,
        question: question.into(),
        cubes: vec![cube_id()],
        types: Vec::new(),
        intent: Intent::default(),
        asked_at: Timestamp::from_secs(0).into(),
        window: None,
        within: None,
        filter: None,
        top_k,
        valid_at: None,
        layers: Layers::Evidence,
    }
}
