//! What the models do not reach: names, refusals, reasons, differences and dumps.

use memos_core::{
    Cause, ChangeSeq, Code, EventKind, EventLog, EventSeq, Memory, MemoryId, State, Timestamp,
    Vault, Write,
};

use super::{World, ada, cube_id, id, memory, start, text};
use crate::time_machine::{
    Effect, Past, Point, Refusal, Rollback, diff, drop_snapshot, take_snapshot, versions,
};

#[test]
fn points_are_read_from_text() {
    let read = |text: &str| text.parse::<Point>();
    assert_eq!(
        read(" 2025-03-01 ").unwrap(),
        Point::Instant("2025-03-01T00:00:00Z".parse().unwrap())
    );
    assert_eq!(
        read("2025-03-01T10:00:00+08:00").unwrap(),
        Point::Instant("2025-03-01T02:00:00Z".parse().unwrap())
    );
    assert_eq!(read("change:12").unwrap(), Point::Change(ChangeSeq(12)));
    for name in ["before import", "导入之前", "v2"] {
        assert_eq!(read(name).unwrap(), Point::Name(name.to_owned()));
    }
    for bad in ["", "  ", "change:", "change:-1", "change:x", "a\nb"] {
        let error = read(bad).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest, "{bad:?}");
        assert!(error.remedy_text().is_some());
    }
    assert!(read(&"长".repeat(86)).is_err());
}

#[test]
fn snapshots_are_named_found_and_dropped() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "first");
    let take = |name: &str, of: Option<&Point>| {
        let commit = take_snapshot(&*world.view(), main, name, of, None, &ada(), start())?;
        world.vault.commit(commit)
    };
    take("one", None).unwrap();
    world.say(main, 1, "second");
    take("two", None).unwrap();
    take("first again", Some(&Point::Name("one".to_owned()))).unwrap();
    assert_eq!(take("one", None).unwrap_err().code(), Code::Conflict);
    for bad in ["2025-03-01", "change:3", ""] {
        assert_eq!(take(bad, None).unwrap_err().code(), Code::InvalidRequest);
    }

    let back = |name: &str| Rollback::cube(&*world.view(), main, &Point::Name(name.to_owned()));
    assert!(back("two").unwrap().steps.is_empty());
    assert_eq!(
        back("one").unwrap().steps,
        back("first again").unwrap().steps
    );
    assert_eq!(back("one").unwrap().to, "snapshot \"one\"");
    let unknown = back("three").unwrap_err();
    assert_eq!(unknown.code(), Code::SnapshotNotFound);
    assert!(unknown.remedy_text().unwrap().contains("\"first again\""));

    let dropping = |name: &str| drop_snapshot(&*world.view(), main, name, &ada());
    world.vault.commit(dropping("one").unwrap()).unwrap();
    assert_eq!(back("one").unwrap_err().code(), Code::SnapshotNotFound);
    assert_eq!(dropping("one").unwrap_err().code(), Code::SnapshotNotFound);
    assert_eq!(
        Point::Change(ChangeSeq(99))
            .resolve(&*world.view(), main)
            .unwrap_err()
            .code(),
        Code::InvalidRequest
    );
}

#[test]
fn a_rollback_says_what_it_does_and_why() {
    let world = World::new();
    let main = &world.main;
    for n in 1..=5 {
        world.add(main, n, "as it was");
    }
    let then = world.head(main);
    world.say(main, 1, "changed");
    world.withdraw(main, 2);
    world.add(main, 6, "new");
    world.say(main, 3, "changed");
    world.change(main, 3, |m| m.state = State::Frozen);
    world.change(main, 4, |m| m.header.governance.legal_hold = true);
    world.touch(main, 1);
    let (head, log) = (world.head(main), world.stored.head());

    let plan = world.roll_back(main, &Point::Change(then));
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|s| (s.memory, s.effect, s.from, s.to, s.refused))
        .collect();
    assert_eq!(
        steps,
        [
            (id(1), Effect::Restored, Some(2), Some(1), None),
            (id(2), Effect::Added, None, Some(1), None),
            (
                id(3),
                Effect::Restored,
                Some(3),
                Some(1),
                Some(Refusal::Frozen)
            ),
            (
                id(4),
                Effect::Restored,
                Some(2),
                Some(1),
                Some(Refusal::LegalHold)
            ),
            (id(6), Effect::Withdrawn, Some(1), None, None),
        ]
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["steps"][2]["refused"], "frozen");
    assert_eq!(json["steps"][1]["effect"], "added");

    assert_eq!(text(&world.get(main, 1).unwrap()), "as it was");
    assert_eq!(world.get(main, 1).unwrap().header.behavioural.use_count, 1);
    assert_eq!(world.get(main, 3).unwrap().state, State::Frozen);
    assert_eq!(text(&world.get(main, 3).unwrap()), "changed");
    for change in world.view().changes(main, head, 99).unwrap() {
        assert_eq!(change.why.cause, Cause::Rollback);
        assert_eq!(change.why.detail, Some(format!("to change {then}")));
    }
    let events = world.stored.events(log, 99).unwrap();
    let kinds: Vec<_> = events.iter().map(|e| (e.memory_id, e.kind)).collect();
    assert_eq!(
        kinds,
        [
            (Some(id(1)), EventKind::Restored),
            (Some(id(2)), EventKind::Restored),
            (Some(id(6)), EventKind::Withdrawn),
            (None, EventKind::RolledBack),
        ]
    );

    // What is left is refused, so there is nothing more to do, nor to tell.
    let again = world.roll_back(main, &Point::Change(then));
    assert!(again.is_empty() && again.steps.len() == 2);
    assert_eq!(world.stored.head(), EventSeq(log.0 + 4));
}

#[test]
fn one_memory_goes_back_to_a_version() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "one");
    world.say(main, 1, "two");
    world.say(main, 1, "three");
    let back = |n, version| Rollback::memory(&*world.view(), main, id(n), version);
    let unknown = back(1, 7).unwrap_err();
    assert_eq!(unknown.code(), Code::InvalidRequest);
    assert_eq!(unknown.remedy_text(), Some("its versions: 1, 2, 3"));
    assert_eq!(back(9, 1).unwrap_err().code(), Code::MemoryNotFound);
    assert!(back(1, 3).unwrap().steps.is_empty());

    let do_it = |plan: Rollback| world.vault.commit(plan.commit(&ada())).unwrap();
    do_it(back(1, 1).unwrap());
    assert_eq!(text(&world.get(main, 1).unwrap()), "one");
    // The next number is a new one.
    world.say(main, 1, "four");
    let all = versions(&*world.view(), main, id(1)).unwrap();
    let numbers: Vec<_> = all.iter().map(|v| (v.number, text(&v.memory))).collect();
    let expected = [
        (1, "one"),
        (2, "two"),
        (3, "three"),
        (1, "one"),
        (4, "four"),
    ];
    assert_eq!(numbers, expected);

    world.withdraw(main, 1);
    let plan = back(1, 2).unwrap();
    assert_eq!(plan.steps[0].effect, Effect::Added);
    do_it(plan);
    assert_eq!(text(&world.get(main, 1).unwrap()), "two");
    world.change(main, 1, |m| m.state = State::Frozen);
    let refused = back(1, 4).unwrap();
    assert!(refused.is_empty());
    assert_eq!(refused.steps[0].refused, Some(Refusal::Frozen));
}

#[test]
fn the_forgotten_do_not_come_back() {
    let world = World::new();
    let main = &world.main;
    world.add(main, 1, "secret");
    world.say(main, 1, "still secret");
    world.add(main, 2, "other");
    let then = world.head(main);
    world.forget(main, 1);
    world.roll_back(main, &Point::Change(then));
    assert_eq!(world.get(main, 1), None);
    let view = world.view();
    for seq in 0..=then.0 {
        let past = Past::of(&*view, main, ChangeSeq(seq)).unwrap();
        assert_eq!(past.memory(id(1)).unwrap(), None);
    }
    let gone = Rollback::memory(&*view, main, id(1), 1).unwrap_err();
    assert_eq!(gone.code(), Code::MemoryNotFound);
}

#[test]
fn dumps_have_sorted_keys_and_read_back() {
    let world = World::new();
    let main = &world.main;
    for n in (0..3_u8).rev() {
        let mut memory = memory(main, n, "line\nbreak \"quoted\" 早上好");
        let info = &mut memory.header.descriptive.info.0;
        info.insert("z".to_owned(), 1.into());
        info.insert(
            "a".to_owned(),
            serde_json::json!({"y": [1, {"d": 1, "c": 2}], "b": null}),
        );
        world.write([Write::AddMemory(memory)]);
    }
    let lines = world.dump(main);
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("{\"cube\":{\"access\":"),
        "{}",
        lines[0]
    );
    for (n, line) in lines[1..].iter().enumerate() {
        assert!(
            line.contains(r#""info":{"a":{"b":null,"y":[1,{"c":2,"d":1}]},"z":1}"#),
            "{line}"
        );
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let read: Memory = serde_json::from_value(value["memory"].clone()).unwrap();
        assert_eq!(Some(read), world.get(main, u8::try_from(n).unwrap()));
    }
    let view = world.view();
    let missing = crate::time_machine::dump(&*view, &cube_id("nowhere"));
    assert_eq!(missing.err().map(|e| e.code()), Some(Code::CubeNotFound));
}

#[test]
fn long_cubes_are_dumped_page_by_page() {
    let world = World::new();
    let ids: Vec<MemoryId> = (0..700).map(|_| MemoryId::generate()).collect();
    let writes: Vec<_> = ids
        .iter()
        .map(|id| {
            Write::AddMemory(Memory {
                id: *id,
                ..memory(&world.main, 0, "one of many")
            })
        })
        .collect();
    world.write(writes);
    let lines = world.dump(&world.main);
    assert_eq!(lines.len(), 701);
    for (id, line) in ids.iter().zip(&lines[1..]) {
        assert!(line.contains(&id.to_string()));
    }
}

#[test]
fn differences_are_named_by_field() {
    let world = World::new();
    let a = memory(&world.main, 1, "in Paris");
    let mut b = super::with_text(&a, "in Lyon");
    b.state = State::Archived;
    b.header.descriptive.valid.until = Some(Timestamp::from_secs(7));
    b.header
        .descriptive
        .info
        .0
        .insert("a/b~c".to_owned(), 1.into());
    assert_eq!(diff(&a, &a).unwrap(), []);
    let changes = diff(&a, &b).unwrap();
    let fields: Vec<_> = changes.iter().map(|c| c.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "/header/descriptive/info/a~1b~0c",
            "/header/descriptive/valid/until",
            "/payload/plaintext/text",
            "/state"
        ]
    );
    assert_eq!(changes[0].before, serde_json::Value::Null);
    assert_eq!(
        (&changes[2].before, &changes[2].after),
        (&"in Paris".into(), &"in Lyon".into())
    );
    let pointed = serde_json::to_value(&b).unwrap();
    for change in changes {
        assert_eq!(pointed.pointer(&change.field), Some(&change.after));
    }
}
