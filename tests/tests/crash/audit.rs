//! The events, as a subscriber sees them over all restarts. They are not on REST, so the folder is
//! opened in this process while no server runs.

use std::collections::BTreeMap;
use std::path::Path;

use memos_api::{MemOs, Working};
use memos_core::{Event, EventKind, EventSeq};
use memos_tests::Dice;

use crate::writer::Writer;

const NAME: &str = "audit";

/// Does none of the work that waits: that is for the servers that are killed.
fn open(data: &Path) -> MemOs {
    let memos = MemOs::builder().data(data).working(Working::Later);
    memos.open().unwrap()
}

/// One subscriber's account.
#[derive(Default)]
pub(crate) struct Audit {
    events: Vec<Event>,
}

impl Audit {
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Takes what is new. Now and then it goes away before it has acknowledged: then the same comes
    /// again.
    pub(crate) fn catch_up(&mut self, data: &Path, dice: &mut Dice) {
        let memos = open(data);
        let mut subscriber = memos.subscribe(NAME).unwrap();
        loop {
            let batch = subscriber.try_batch(1 + dice.below(300)).unwrap();
            let Some(last) = batch.last() else { return };
            if dice.below(4) == 0 {
                drop(subscriber);
                subscriber = memos.subscribe(NAME).unwrap();
                continue;
            }
            subscriber.ack(last.seq).unwrap();
            for event in batch {
                let next = EventSeq(self.events.len() as u64 + 1);
                assert_eq!(event.seq, next, "skipped or repeated: {event:?}");
                self.events.push(event);
            }
        }
    }

    /// Each memory was told of once when it was added, once for each change, and once when it was
    /// forgotten; and of nothing else was told.
    pub(crate) fn check(&self, writers: &[Writer], board: &str) {
        let mut told: BTreeMap<(EventKind, String), u64> = BTreeMap::new();
        for event in &self.events {
            let about = match event.memory_id {
                Some(id) => id.to_string(),
                None => event.cube_id.to_string(),
            };
            *told.entry((event.kind, about)).or_default() += 1;
        }
        // Their use is noted in the background, from when they are first found: that makes them
        // active once, and what they were used for is not in the writers' books.
        told.retain(|(kind, about), times| match kind {
            EventKind::Accessed => false,
            EventKind::Activated => {
                assert!(*times == 1, "{about} was activated {times} times");
                false
            }
            _ => true,
        });

        let mut expected = BTreeMap::new();
        let mut expect = |kind, about: &str, times| {
            if times > 0 {
                expected.insert((kind, about.to_owned()), times);
            }
        };
        expect(EventKind::Added, board, 1);
        expect(
            EventKind::Updated,
            board,
            writers.iter().map(|w| w.changes).sum(),
        );
        for writer in writers {
            for (memories, is_gone) in [(&writer.live, false), (&writer.gone, true)] {
                for (id, memory) in memories {
                    expect(EventKind::CubeCreated, &memory.cube, 1);
                    expect(EventKind::Added, id, 1);
                    expect(EventKind::Updated, id, memory.version - 1);
                    expect(EventKind::Forgotten, id, u64::from(is_gone));
                }
            }
        }
        for (event, times) in &expected {
            assert_eq!(told.get(event), Some(times), "{event:?}");
        }
        told.retain(|event, _| !expected.contains_key(event));
        assert!(told.is_empty(), "told of what did not happen: {told:?}");
    }

    /// Who comes at the end sees the same from the beginning.
    pub(crate) fn check_late_subscriber(&self, data: &Path) {
        let memos = open(data);
        let mut late = memos.subscribe("late").unwrap();
        let all = late.try_batch(usize::MAX).unwrap();
        assert!(all == self.events, "two subscribers saw different events");
        let mut again = memos.subscribe(NAME).unwrap();
        assert_eq!(
            again.try_batch(usize::MAX).unwrap(),
            [],
            "acknowledged events came again"
        );
    }
}
