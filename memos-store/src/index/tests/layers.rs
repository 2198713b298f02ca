//! Layers apart, states that leave, and the two signs of what held when.

use memos_core::Validity;

use super::*;

fn say(words: &[usize], minute: u8) -> Spec {
    Spec {
        words: words.to_vec(),
        minute,
        ..Spec::default()
    }
}

fn ids(found: &[Candidate]) -> Vec<MemoryId> {
    found.iter().map(|c| c.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// To the bit: each layer answers as if the other were not there.
    #[test]
    fn no_layer_moves_the_other(specs in proptest::collection::vec(spec(), 1..40)) {
        let all: BTreeMap<_, _> = specs
            .iter()
            .map(|s| memory(MemoryId::generate(), s))
            .map(|m| (m.id, m))
            .collect();
        let whole = fresh(&all);
        for layer in [Layer::Evidence, Layer::Derived] {
            let mut own = all.clone();
            own.retain(|_, m| m.layer() == layer);
            let alone = fresh(&own);
            // A cube without any memory is in the index only if it was put there.
            put(&alone, &[]);
            for question in ["Where did Ada's cat run?", "昨天去杭州了吗", "garden sister"] {
                for reader in ["ada", "eve"] {
                    let call = call(question, reader);
                    let (a, b) = (answer(&whole, &call, layer), answer(&alone, &call, layer));
                    prop_assert_eq!(&a, &b);
                    for (a, b) in a.iter().zip(&b) {
                        prop_assert_eq!(a.score.to_bits(), b.score.to_bits());
                    }
                }
            }
        }
    }
}

#[test]
fn a_memory_is_in_one_layer_and_may_change_it() {
    let index = MemoryIndex::new(DIMENSION);
    let id = MemoryId::generate();
    let asked = call("garden", "ada");
    for derived in [false, true, false] {
        let spec = Spec {
            derived,
            ..say(&[2], 0)
        };
        put(&index, &[memory(id, &spec)]);
        let found = |layer| ids(&answer(&index, &asked, layer)) == [id];
        assert_eq!(
            (found(Layer::Evidence), found(Layer::Derived)),
            (!derived, derived)
        );
        assert_eq!(index.len(&cube()), Some(1));
    }
    index.remove(&cube(), id);
    assert_eq!(index.len(&cube()), Some(0));
}

#[test]
fn what_leaves_the_hot_states_or_loses_its_text_leaves_the_index() {
    for state in State::ALL {
        let index = MemoryIndex::new(DIMENSION);
        let mut one = memory(MemoryId::generate(), &say(&[2], 0));
        put(&index, std::slice::from_ref(&one));
        one.state = state;
        put(&index, std::slice::from_ref(&one));
        let left = usize::from(state.is_hot());
        assert_eq!(index.len(&cube()), Some(left), "{state:?}");
    }
    let index = MemoryIndex::new(DIMENSION);
    let mut one = memory(MemoryId::generate(), &say(&[2], 0));
    put(&index, std::slice::from_ref(&one));
    one.payload = Payload::Activation(memos_core::Activation {
        model: "m".into(),
        blob: [0; 32],
        tokens: 1,
    });
    put(&index, &[one]);
    assert_eq!(index.len(&cube()), Some(0));
}

#[test]
fn the_superseded_stands_behind_unless_the_past_is_asked() {
    let index = MemoryIndex::new(DIMENSION);
    let old = memory(
        MemoryId::generate(),
        &Spec {
            superseded: true,
            ..say(&[3, 10], 0)
        },
    );
    let new = memory(MemoryId::generate(), &say(&[3, 10], 1));
    put(&index, &[old.clone(), new.clone()]);
    let mut asked = call("Where is Lyon?", "ada");
    let now = answer(&index, &asked, Layer::Evidence);
    assert_eq!(ids(&now), [new.id, old.id]);
    assert_eq!(
        (now[0].signals.superseded, now[1].signals.superseded),
        (0.0, 1.0)
    );
    asked.valid_at = Some(new.header.descriptive.said_at.at());
    let then = answer(&index, &asked, Layer::Evidence);
    assert_eq!(then.len(), 2);
    assert!(then.iter().all(|c| c.signals.superseded == 0.0));
}

#[test]
fn only_what_holds_at_the_instant_is_found() {
    let index = MemoryIndex::new(DIMENSION);
    let mut old = memory(MemoryId::generate(), &say(&[3], 0));
    let mut new = memory(MemoryId::generate(), &say(&[3], 10));
    let at = |minute: i64| Timestamp::from_secs(1_700_000_000 + 60 * minute);
    // Said at minute 10 of something that began at minute 5.
    new.header.descriptive.valid.from = Some(at(5));
    old.header.descriptive.valid = Validity {
        from: None,
        until: Some(at(5)),
    };
    put(&index, &[old.clone(), new.clone()]);
    for (minute, holds) in [
        (-1, vec![]),
        (0, vec![old.id]),
        (4, vec![old.id]),
        (5, vec![new.id]),
        (60, vec![new.id]),
    ] {
        let asked = MemoryCall {
            valid_at: Some(at(minute)),
            ..call("Lyon", "ada")
        };
        assert_eq!(ids(&answer(&index, &asked, Layer::Evidence)), holds);
    }
}

#[test]
fn uses_are_noted_in_both_layers() {
    let index = MemoryIndex::new(DIMENSION);
    let two: Vec<_> = [false, true]
        .map(|derived| Spec {
            derived,
            ..say(&[2], 0)
        })
        .iter()
        .map(|s| memory(MemoryId::generate(), s))
        .collect();
    put(&index, &two);
    for m in &two {
        index.touch(&cube(), m.id, 3, Timestamp::from_secs(1));
    }
    let used = memos_core::Filter::parse(&serde_json::json!({"use_count": {"gte": 3}})).unwrap();
    let asked = MemoryCall {
        filter: Some(used),
        ..call("garden", "ada")
    };
    for layer in [Layer::Evidence, Layer::Derived] {
        assert_eq!(answer(&index, &asked, layer).len(), 1);
    }
}
