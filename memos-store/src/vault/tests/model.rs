//! Any sequence of commits, against a model that is plain maps; with reopens, and with views that
//! were opened on the way and read at the end.

use std::collections::BTreeMap;

use memos_core::{
    ChangeSeq, Code, Memory, MemoryId, Snapshot, State, Task, Tier, Timestamp, Vault, Write,
};
use proptest::prelude::*;

use crate::vault::keys;
use crate::vault::testing::{
    check_lookups, cube, cube_id, id, memory, open, task, withdrawing, writing,
};

const CUBES: [&str; 3] = ["a", "aa", "b"];

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    cubes: BTreeMap<String, Cube>,
    tasks: BTreeMap<u64, Task>,
    last_change: u64,
}

/// A cube's memories, and its changes: number, memory, what was before, version after.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cube {
    memories: BTreeMap<u64, Memory>,
    changes: BTreeMap<u64, (u64, Option<Memory>, Option<u32>)>,
}

impl Model {
    fn change(&mut self, cube: &str, number: u64, new: Option<Memory>) {
        self.last_change += 1;
        let after = new.as_ref().map(|m| m.header.behavioural.version);
        let cube = self.cubes.entry(cube.to_owned()).or_default();
        let before = match new {
            Some(memory) => cube.memories.insert(number, memory),
            None => cube.memories.remove(&number),
        };
        let change = (number, before, after);
        cube.changes.insert(self.last_change, change);
    }
}

#[derive(Clone, Debug)]
enum Op {
    Ensure(usize),
    Drop(usize),
    Add(usize, u64, usize),
    Update(usize, u64, usize),
    Touch(usize, u64),
    Place(usize, u64, Tier),
    Withdraw(usize, u64),
    Forget(usize, u64),
    PutTask(u64, usize),
    RemoveTask(u64),
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Op>),
    Open,
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    let (c, n) = (0..CUBES.len(), 0_u64..12);
    // Short, just over one piece, and several pieces.
    let len = prop_oneof![Just(3_usize), 3_900_usize..4_200, Just(13_000)];
    prop_oneof![
        3 => c.clone().prop_map(Op::Ensure),
        1 => c.clone().prop_map(Op::Drop),
        8 => (c.clone(), n.clone(), len.clone()).prop_map(|(c, n, l)| Op::Add(c, n, l)),
        4 => (c.clone(), n.clone(), len).prop_map(|(c, n, l)| Op::Update(c, n, l)),
        4 => (c.clone(), n.clone()).prop_map(|(c, n)| Op::Touch(c, n)),
        2 => (c.clone(), n.clone(), prop_oneof![Just(Tier::LongTerm), Just(Tier::Working)])
            .prop_map(|(c, n, tier)| Op::Place(c, n, tier)),
        3 => (c.clone(), n.clone()).prop_map(|(c, n)| Op::Withdraw(c, n)),
        3 => (c, n.clone()).prop_map(|(c, n)| Op::Forget(c, n)),
        3 => (n.clone(), 0_usize..600).prop_map(|(n, memories)| Op::PutTask(n, memories)),
        1 => n.prop_map(Op::RemoveTask),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => proptest::collection::vec(op(), 1..6).prop_map(Step::Commit),
        2 => Just(Step::Open),
        1 => Just(Step::Reopen),
    ]
}

/// What the operation asks of the vault; `None` if the model has no such cube or memory, so that
/// most commits succeed.
fn applied(model: &mut Model, op: &Op, stamp: i64) -> Option<Write> {
    match *op {
        Op::Ensure(c) => {
            model.cubes.entry(CUBES[c].to_owned()).or_default();
            Some(Write::EnsureCube(cube(CUBES[c])))
        }
        Op::Drop(c) => {
            model.cubes.remove(CUBES[c])?;
            Some(Write::DeleteCube(cube_id(CUBES[c])))
        }
        Op::Add(c, n, len) => {
            if model.cubes.get(CUBES[c])?.memories.contains_key(&n) {
                return None;
            }
            let mut new = memory(CUBES[c], n, &stamp.to_string().repeat(len));
            new.header.behavioural.derived_from = evidence(stamp).to_vec();
            model.change(CUBES[c], n, Some(new.clone()));
            Some(Write::AddMemory(new))
        }
        Op::Update(c, n, len) => {
            let old = model.cubes.get(CUBES[c])?.memories.get(&n)?;
            let expected_version = old.header.behavioural.version;
            let mut new = memory(CUBES[c], n, &stamp.to_string().repeat(len));
            new.header.behavioural = old.header.behavioural.clone();
            new.header.behavioural.version += 1;
            new.header.behavioural.derived_from = evidence(stamp + 1).to_vec();
            model.change(CUBES[c], n, Some(new.clone()));
            Some(Write::UpdateMemory {
                memory: new,
                expected_version,
            })
        }
        Op::Touch(c, n) => {
            let at = Timestamp::from_secs(stamp);
            if let Some(m) = stored(model, c, n) {
                m.header.behavioural.use_count += 2;
                m.header.behavioural.last_used = Some(at);
                m.state = State::Activated;
            }
            Some(Write::Touch {
                cube_id: cube_id(CUBES[c]),
                id: id(n),
                uses: 2,
                at,
            })
        }
        Op::Place(c, n, tier) => {
            if let Some(m) = stored(model, c, n) {
                m.header.behavioural.tier = tier;
            }
            Some(Write::Place {
                cube_id: cube_id(CUBES[c]),
                id: id(n),
                tier,
            })
        }
        Op::Withdraw(c, n) => {
            let version = stored(model, c, n)?.header.behavioural.version;
            model.change(CUBES[c], n, None);
            Some(withdrawing(CUBES[c], n, version))
        }
        Op::Forget(c, n) => {
            let cube = model.cubes.get_mut(CUBES[c])?;
            let told = cube.changes.len();
            cube.changes.retain(|_, (number, ..)| *number != n);
            cube.memories.remove(&n);
            (cube.changes.len() < told).then(|| Write::DeleteMemory {
                cube_id: cube_id(CUBES[c]),
                id: id(n),
            })
        }
        Op::PutTask(n, memories) => {
            let mut new = task(n);
            new.memories = (0..memories as u64).map(id).collect();
            let Some(old) = model.tasks.get(&n) else {
                model.tasks.insert(n, new.clone());
                return Some(Write::AddTask(Box::new(new)));
            };
            let expected_revision = old.revision;
            new.revision = old.revision + 1;
            model.tasks.insert(n, new.clone());
            Some(Write::UpdateTask {
                task: Box::new(new),
                expected_revision,
            })
        }
        Op::RemoveTask(n) => {
            model.tasks.remove(&n);
            Some(Write::RemoveTask(task(n).id))
        }
    }
}

fn evidence(stamp: i64) -> [MemoryId; 2] {
    [stamp, stamp * 5].map(|n| id(n.unsigned_abs() % 7))
}

fn stored(model: &mut Model, cube: usize, number: u64) -> Option<&mut Memory> {
    let cube = model.cubes.get_mut(CUBES[cube])?;
    cube.memories.get_mut(&number)
}

/// All that a view shows, as a model.
fn seen(snapshot: &dyn Snapshot, last_change: u64) -> Model {
    let number = |id: &[u8; 16]| u64::try_from(u128::from_be_bytes(*id)).unwrap();
    let mut seen = Model {
        last_change,
        ..Model::default()
    };
    for task in snapshot.tasks(None, 99).unwrap() {
        seen.tasks.insert(number(task.id.as_bytes()), task);
    }
    for cube in snapshot.cubes(None, 99).unwrap() {
        let mut shown = Cube::default();
        for memory in snapshot.memories(&cube.id, None, 99).unwrap() {
            shown.memories.insert(number(memory.id.as_bytes()), memory);
        }
        let changes = snapshot
            .changes(&cube.id, ChangeSeq(0), usize::MAX)
            .unwrap();
        for change in changes {
            let history = snapshot.history(&cube.id, change.memory_id).unwrap();
            assert!(history.contains(&change));
            let told = (
                number(change.memory_id.as_bytes()),
                change.before.map(|m| *m),
                change.after,
            );
            shown.changes.insert(change.seq.0, told);
        }
        seen.cubes.insert(cube.id.to_string(), shown);
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_vault_is_its_model(steps in proptest::collection::vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = open(folder.path());
        let mut model = Model::default();
        let mut views: Vec<(Box<dyn Snapshot>, Model)> = Vec::new();
        for (step, stamp) in steps.into_iter().zip(1_i64..) {
            match step {
                Step::Commit(ops) => {
                    let mut after = model.clone();
                    let writes: Vec<_> =
                        ops.iter().filter_map(|op| applied(&mut after, op, stamp)).collect();
                    let homeless = writes.iter().any(|w| {
                        matches!(w, Write::AddMemory(m) if !after.cubes.contains_key(m.cube_id.as_str()))
                    });
                    match vault.commit(writing(writes)) {
                        Ok(_) => {
                            model = after;
                            check_lookups(&vault);
                        }
                        Err(e) => prop_assert!(homeless && e.code() == Code::CubeNotFound, "{}", e),
                    }
                }
                Step::Open => views.push((vault.snapshot().unwrap(), model.clone())),
                Step::Reopen => {
                    for (view, model) in views.drain(..) {
                        prop_assert_eq!(&seen(&*view, model.last_change), &model);
                    }
                    drop(vault);
                    vault = open(folder.path());
                    check_lookups(&vault);
                }
            }
        }
        views.push((vault.snapshot().unwrap(), model.clone()));
        for (view, model) in &views {
            prop_assert_eq!(&seen(&**view, model.last_change), model);
        }
        for (name, cube) in &model.cubes {
            for (number, memory) in &cube.memories {
                let found = vault.memory(&cube_id(name), id(*number)).unwrap();
                prop_assert_eq!(found.as_ref(), Some(memory));
            }
        }
        drop(views);
        let drops = model.cubes.keys().map(|name| Write::DeleteCube(cube_id(name)));
        let removals = model.tasks.values().map(|task| Write::RemoveTask(task.id));
        vault.commit(writing(drops.chain(removals).collect())).unwrap();
        let left = vault.tree().iter().keys().map(Result::unwrap);
        let left: Vec<_> = left.filter(|key| key != keys::counter().as_slice()).collect();
        prop_assert!(left.is_empty(), "left behind: {left:?}");
        let blobs = std::fs::read_dir(folder.path().join("sled/blobs")).unwrap().count();
        prop_assert_eq!(blobs, 0, "records are cut so that sled makes no blob files");
    }
}
