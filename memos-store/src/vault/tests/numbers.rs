//! The numbers that stand for names in stored records: they do not move, and new ones come last.

use memos_core::{
    Cause, ChangeSeq, Event, EventKind, EventSeq, Lifespan, Link, LinkKind, Memory, Repeat,
    SemanticType, State, Task, TaskStatus, Tier, Timestamp,
};

use super::golden::{bytes, hex};
use crate::vault::codec::{self, Record, Stored};
use crate::vault::testing::{cube_id, id, memory, task, user};

/// The first byte in which a record differs from a plain one; zero if none does.
fn differs<T: Stored>(plain: &T, changed: &T) -> u8 {
    let (plain, changed) = (
        codec::encode(plain).unwrap(),
        codec::encode(changed).unwrap(),
    );
    let mut both = plain.iter().zip(&changed);
    both.find(|(a, b)| a != b).map_or(0, |(_, b)| *b)
}

fn number(change: impl Fn(&mut Memory)) -> u8 {
    let plain = Record {
        memory: memory("a", 1, "x"),
        since: ChangeSeq(1),
    };
    let mut changed = plain.clone();
    change(&mut changed.memory);
    differs(&plain, &changed)
}

#[test]
fn of_states_and_types() {
    for (state, expected) in State::ALL.into_iter().zip(0..) {
        assert_eq!(number(|m| m.state = state), expected, "{state}");
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
        SemanticType::Message,
        SemanticType::Summary,
    ];
    for (semantic_type, expected) in types.into_iter().zip(0..) {
        let found = number(|m| m.header.descriptive.semantic_type = semantic_type);
        // A message is what the others differ from.
        let expected = if expected == 10 { 0 } else { expected };
        assert_eq!(found, expected, "{semantic_type:?}");
    }
    let tiers = [Tier::LongTerm, Tier::Working, Tier::User];
    for (tier, expected) in tiers.into_iter().zip(0..) {
        let found = number(|m| m.header.behavioural.tier = tier);
        assert_eq!(found, expected, "{tier:?}");
    }
    assert_eq!(
        number(|m| m.header.governance.lifespan = Lifespan::Decay),
        3
    );
    let linked = |kind| {
        let mut linked = memory("a", 1, "x");
        linked.header.behavioural.links = [Link { kind, to: id(1) }].into();
        let text = hex(&Record::begin(&linked).unwrap());
        let id = hex(id(1).as_bytes());
        let (before, _) = text.rsplit_once(&format!("10{id}")).unwrap();
        bytes(before).pop().unwrap()
    };
    let kinds = [
        LinkKind::DuplicateOf,
        LinkKind::Contradicts,
        LinkKind::Supersedes,
        LinkKind::Corrects,
        LinkKind::RelatesTo,
    ];
    assert_eq!(kinds.map(linked), [0, 1, 2, 3, 4]);
}

#[test]
fn of_events() {
    let event = |kind, cause| Event {
        seq: EventSeq(1),
        at: Timestamp::from_secs(1),
        cube_id: cube_id("a"),
        memory_id: None,
        actor: user(),
        kind,
        cause,
        detail: None,
    };
    let numbers = |kind, cause| {
        let bytes = codec::encode(&event(kind, cause)).unwrap();
        let [.., kind, cause, _] = bytes[..] else {
            panic!("{bytes:?}");
        };
        (kind, cause)
    };
    let kinds = [
        EventKind::CubeCreated,
        EventKind::CubeUpdated,
        EventKind::CubeDeleted,
        EventKind::Added,
        EventKind::Updated,
        EventKind::Accessed,
        EventKind::Activated,
        EventKind::Merged,
        EventKind::Archived,
        EventKind::Expired,
        EventKind::Frozen,
        EventKind::Restored,
        EventKind::Forgotten,
        EventKind::Withdrawn,
        EventKind::Thawed,
        EventKind::SnapshotTaken,
        EventKind::SnapshotDropped,
        EventKind::RolledBack,
    ];
    for (kind, number) in kinds.into_iter().zip(0..) {
        assert_eq!(numbers(kind, Cause::Call), (number, 0), "{kind:?}");
    }
    let causes = [
        Cause::Call,
        Cause::Use,
        Cause::Lifespan,
        Cause::Capacity,
        Cause::Fusion,
        Cause::Refinement,
        Cause::Organising,
        Cause::Feedback,
        Cause::Rollback,
        Cause::Branch,
    ];
    for (cause, number) in causes.into_iter().zip(0..) {
        assert_eq!(numbers(EventKind::Added, cause), (3, number), "{cause:?}");
    }
}

#[test]
fn of_tasks() {
    let at = Timestamp::from_secs(9);
    let running = TaskStatus::Running {
        holder: "me".into(),
        until: at,
        again: None,
    };
    let dead = TaskStatus::Dead {
        at,
        reason: "x".into(),
    };
    let (done, cancelled) = (TaskStatus::Done { at }, TaskStatus::Cancelled { at });
    let statuses = [TaskStatus::Waiting, running, done, dead, cancelled];
    for (status, expected) in statuses.into_iter().zip(0..) {
        let changed = Task { status, ..task(1) };
        assert_eq!(differs(&task(1), &changed), expected, "{}", changed.status);
        let bytes = codec::encode(&changed).unwrap();
        assert_eq!(codec::decode::<Task>(&bytes).unwrap(), changed);
    }
    let again = Task {
        repeat: Repeat::Again,
        ..task(1)
    };
    assert_eq!(differs(&task(1), &again), 1);
}
