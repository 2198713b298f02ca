//! Any sequence of commits, against a model that is plain maps; with reopens, and with views that
//! were opened on the way and read at the end.

use std::collections::BTreeMap;

use memos_core::{Code, Memory, Snapshot, Timestamp, Vault, Write};
use proptest::prelude::*;

use crate::vault::testing::{cube, cube_id, id, memory, open, writing};

const CUBES: [&str; 3] = ["a", "aa", "b"];

type Model = BTreeMap<String, BTreeMap<u64, Memory>>;

#[derive(Clone, Debug)]
enum Op {
    Ensure(usize),
    Drop(usize),
    Add(usize, u64, usize),
    Update(usize, u64, usize),
    Touch(usize, u64),
    Forget(usize, u64),
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
        3 => (c, n).prop_map(|(c, n)| Op::Forget(c, n)),
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
            model.entry(CUBES[c].to_owned()).or_default();
            Some(Write::EnsureCube(cube(CUBES[c])))
        }
        Op::Drop(c) => {
            model.remove(CUBES[c])?;
            Some(Write::DeleteCube(cube_id(CUBES[c])))
        }
        Op::Add(c, n, len) => {
            let memories = model.get_mut(CUBES[c])?;
            if memories.contains_key(&n) {
                return None;
            }
            let new = memory(CUBES[c], n, &stamp.to_string().repeat(len));
            memories.insert(n, new.clone());
            Some(Write::AddMemory(new))
        }
        Op::Update(c, n, len) => {
            let old = model.get_mut(CUBES[c])?.get_mut(&n)?;
            let expected_version = old.header.behavioural.version;
            let mut new = memory(CUBES[c], n, &stamp.to_string().repeat(len));
            new.header.behavioural = old.header.behavioural.clone();
            new.header.behavioural.version += 1;
            *old = new.clone();
            Some(Write::UpdateMemory {
                memory: new,
                expected_version,
            })
        }
        Op::Touch(c, n) => {
            let at = Timestamp::from_secs(stamp);
            if let Some(m) = model.get_mut(CUBES[c]).and_then(|ms| ms.get_mut(&n)) {
                m.header.behavioural.use_count += 2;
                m.header.behavioural.last_used = Some(at);
            }
            Some(Write::Touch {
                cube_id: cube_id(CUBES[c]),
                id: id(n),
                uses: 2,
                at,
            })
        }
        Op::Forget(c, n) => {
            model.get_mut(CUBES[c])?.remove(&n)?;
            Some(Write::DeleteMemory {
                cube_id: cube_id(CUBES[c]),
                id: id(n),
            })
        }
    }
}

fn seen(snapshot: &dyn Snapshot) -> BTreeMap<String, Vec<Memory>> {
    let cubes = snapshot.cubes(None, 99).unwrap();
    cubes
        .into_iter()
        .map(|c| {
            let memories = snapshot.memories(&c.id, None, 99).unwrap();
            (c.id.to_string(), memories)
        })
        .collect()
}

fn expected(model: &Model) -> BTreeMap<String, Vec<Memory>> {
    let list = |memories: &BTreeMap<u64, Memory>| memories.values().cloned().collect();
    model.iter().map(|(c, ms)| (c.clone(), list(ms))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_vault_is_its_model(steps in proptest::collection::vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = open(folder.path());
        let mut model = Model::new();
        let mut views: Vec<(Box<dyn Snapshot>, Model)> = Vec::new();
        for (step, stamp) in steps.into_iter().zip(1_i64..) {
            match step {
                Step::Commit(ops) => {
                    let mut after = model.clone();
                    let writes: Vec<_> =
                        ops.iter().filter_map(|op| applied(&mut after, op, stamp)).collect();
                    let homeless = writes.iter().any(|w| {
                        matches!(w, Write::AddMemory(m) if !after.contains_key(m.cube_id.as_str()))
                    });
                    match vault.commit(writing(writes)) {
                        Ok(_) => model = after,
                        Err(e) => prop_assert!(homeless && e.code() == Code::CubeNotFound, "{}", e),
                    }
                }
                Step::Open => views.push((vault.snapshot().unwrap(), model.clone())),
                Step::Reopen => {
                    for (view, model) in views.drain(..) {
                        prop_assert_eq!(seen(&*view), expected(&model));
                    }
                    drop(vault);
                    vault = open(folder.path());
                }
            }
        }
        views.push((vault.snapshot().unwrap(), model.clone()));
        for (view, model) in &views {
            prop_assert_eq!(seen(&**view), expected(model));
        }
        for (name, memories) in &model {
            for (number, memory) in memories {
                let found = vault.memory(&cube_id(name), id(*number)).unwrap();
                prop_assert_eq!(found.as_ref(), Some(memory));
            }
        }
        drop(views);
        let drops = model.keys().map(|name| Write::DeleteCube(cube_id(name))).collect();
        vault.commit(writing(drops)).unwrap();
        let left: Vec<_> = vault.tree().iter().keys().map(Result::unwrap).collect();
        prop_assert!(left.is_empty(), "left behind: {left:?}");
        let blobs = std::fs::read_dir(folder.path().join("sled/blobs")).unwrap().count();
        prop_assert_eq!(blobs, 0, "records are cut so that sled makes no blob files");
    }
}
