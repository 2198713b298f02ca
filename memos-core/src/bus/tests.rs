use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{Commit, Committed, Event, EventKind, NewEvent, Vault, VolatileVault};

/// Far longer than any test takes: whoever waits this long was never woken.
const LONG: Duration = Duration::from_secs(120);

fn commit(vault: &VolatileVault, events: usize) -> EventSeq {
    let event = NewEvent {
        cube_id: "c".parse().unwrap(),
        memory_id: None,
        actor: "ana".parse().unwrap(),
        kind: EventKind::Added,
    };
    let commit = Commit {
        events: vec![event; events],
        ..Commit::default()
    };
    match vault.commit(commit).unwrap() {
        Committed::Done(seq) => seq,
        Committed::Repeated(_) => unreachable!("there is no request"),
    }
}

fn numbers(batch: &[Event]) -> Vec<u64> {
    batch.iter().map(|event| event.seq.0).collect()
}

fn setup() -> (Arc<VolatileVault>, InProcessBus) {
    let vault = Arc::new(VolatileVault::default());
    let bus = InProcessBus::new(vault.clone());
    (vault, bus)
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|e| e.code())
}

#[test]
fn a_name_is_one_subscription_at_a_time() {
    let (vault, bus) = setup();
    let first = bus.subscribe("index").unwrap();
    assert_eq!(code(bus.subscribe("index")), Some(Code::Conflict));
    assert!(bus.subscribe("other").is_ok());
    drop(first);
    assert!(bus.subscribe("index").is_ok());

    // Refused for its cursor, it leaves the name free.
    vault.advance("index", EventSeq(9)).unwrap();
    assert_eq!(code(bus.subscribe("index")), Some(Code::Corrupt));
    assert_eq!(code(bus.subscribe("index")), Some(Code::Corrupt));
}

#[test]
fn batches_go_on_before_they_are_acknowledged() {
    let (vault, bus) = setup();
    commit(&vault, 5);
    let mut subscriber = bus.subscribe("index").unwrap();
    assert_eq!(numbers(&subscriber.try_batch(2).unwrap()), [1, 2]);
    assert_eq!(numbers(&subscriber.try_batch(2).unwrap()), [3, 4]);
    assert_eq!(subscriber.lag(), 5);
    subscriber.ack(EventSeq(3)).unwrap();
    subscriber.ack(EventSeq(3)).unwrap();
    assert_eq!(
        code(subscriber.ack(EventSeq(2))),
        Some(Code::InvalidRequest)
    );
    assert_eq!(
        code(subscriber.ack(EventSeq(5))),
        Some(Code::InvalidRequest)
    );
    assert_eq!(subscriber.lag(), 2);
    drop(subscriber);

    let mut again = bus.subscribe("index").unwrap();
    assert_eq!(numbers(&again.try_batch(9).unwrap()), [4, 5]);
    assert_eq!(again.try_batch(9).unwrap(), []);
    assert_eq!(again.next_batch(0, LONG).unwrap(), []);
}

#[test]
fn an_announcement_wakes_who_waits() {
    let (vault, bus) = setup();
    let mut subscriber = bus.subscribe("index").unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let batch = subscriber.next_batch(9, LONG).unwrap();
            numbers(&batch)
        });
        bus.announce(commit(&vault, 1));
        assert_eq!(reader.join().unwrap(), [1]);
    });
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let batch = subscriber.next_batch(9, Duration::MAX).unwrap();
            numbers(&batch)
        });
        bus.announce(commit(&vault, 1));
        assert_eq!(reader.join().unwrap(), [2]);
    });
}

#[test]
fn closing_ends_all_waiting() {
    let (vault, bus) = setup();
    commit(&vault, 2);
    let mut done = bus.subscribe("done").unwrap();
    let mut waiting = bus.subscribe("waiting").unwrap();
    for subscriber in [&mut done, &mut waiting] {
        assert_eq!(numbers(&subscriber.try_batch(9).unwrap()), [1, 2]);
    }
    thread::scope(|scope| {
        let reader = scope.spawn(|| code(waiting.next_batch(9, LONG)));
        bus.close();
        assert_eq!(reader.join().unwrap(), Some(Code::Unavailable));
    });
    assert_eq!(code(bus.subscribe("new")), Some(Code::Unavailable));
    assert_eq!(code(done.try_batch(9)), Some(Code::Unavailable));
    // What was delivered can be finished.
    done.ack(EventSeq(2)).unwrap();
    assert_eq!(vault.cursor("done").unwrap(), EventSeq(2));
}

#[test]
fn a_dropped_bus_ends_all_waiting() {
    let (_vault, bus) = setup();
    let mut subscriber = bus.subscribe("index").unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| code(subscriber.next_batch(9, LONG)));
        drop(bus);
        assert_eq!(reader.join().unwrap(), Some(Code::Unavailable));
    });
}

/// A log with a fault that can be switched on.
struct Faulty {
    inner: VolatileVault,
    fault: Mutex<Option<Fault>>,
}

#[derive(Clone, Copy)]
enum Fault {
    Fails,
    SkipsOne,
}

impl EventLog for Faulty {
    fn head(&self) -> EventSeq {
        self.inner.head()
    }

    fn events(&self, after: EventSeq, limit: usize) -> Result<Vec<Event>> {
        match *self.fault.lock().unwrap() {
            None => self.inner.events(after, limit),
            Some(Fault::SkipsOne) => self.inner.events(after.next(), limit),
            Some(Fault::Fails) => Err(Error::new(Code::Unavailable, "the disk is away")),
        }
    }

    fn cursor(&self, subscriber: &str) -> Result<EventSeq> {
        self.inner.cursor(subscriber)
    }

    fn advance(&self, subscriber: &str, seq: EventSeq) -> Result<()> {
        match *self.fault.lock().unwrap() {
            None => self.inner.advance(subscriber, seq),
            Some(_) => Err(Error::new(Code::Unavailable, "the disk is away")),
        }
    }
}

#[test]
fn a_failing_log_loses_nothing() {
    let log = Arc::new(Faulty {
        inner: VolatileVault::default(),
        fault: Mutex::new(None),
    });
    let set = |fault| *log.fault.lock().unwrap() = fault;
    let bus = InProcessBus::new(log.clone());
    commit(&log.inner, 4);
    let mut subscriber = bus.subscribe("index").unwrap();
    assert_eq!(numbers(&subscriber.try_batch(1).unwrap()), [1]);

    set(Some(Fault::Fails));
    assert_eq!(code(subscriber.try_batch(9)), Some(Code::Unavailable));
    assert_eq!(code(subscriber.ack(EventSeq(1))), Some(Code::Unavailable));
    assert_eq!(subscriber.lag(), 4);
    set(Some(Fault::SkipsOne));
    assert_eq!(code(subscriber.try_batch(9)), Some(Code::Corrupt));

    set(None);
    assert_eq!(numbers(&subscriber.try_batch(9).unwrap()), [2, 3, 4]);
    subscriber.ack(EventSeq(4)).unwrap();
    assert_eq!(log.cursor("index").unwrap(), EventSeq(4));
}

const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Step {
    Commit(usize),
    /// So many events before the head: late, twice, out of order.
    Announce(u64),
    Subscribe(usize),
    Batch(usize, usize),
    /// So many events before the last delivered one.
    Ack(usize, u64),
    AckTooFar(usize),
    /// Without a last acknowledgement, as in a crash.
    Drop(usize),
    RestartAll,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..NAMES.len();
    prop_oneof![
        4 => (0_usize..4).prop_map(Step::Commit),
        3 => (0_u64..6).prop_map(Step::Announce),
        3 => who().prop_map(Step::Subscribe),
        6 => (who(), 0_usize..5).prop_map(|(who, max)| Step::Batch(who, max)),
        4 => (who(), 0_u64..4).prop_map(|(who, back)| Step::Ack(who, back)),
        1 => who().prop_map(Step::AckTooFar),
        1 => who().prop_map(Step::Drop),
        1 => Just(Step::RestartAll),
    ]
}

/// Where a subscriber has to stand.
#[derive(Clone, Copy, Default)]
struct Expected {
    acked: u64,
    delivered: u64,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn cursors_never_skip_or_repeat(steps in proptest::collection::vec(step(), 1..80)) {
        let vault = Arc::new(VolatileVault::default());
        let mut bus = InProcessBus::new(vault.clone());
        let mut live: [Option<Box<dyn Subscriber>>; 3] = [None, None, None];
        let mut expected = [Expected::default(); 3];
        let mut head = 0_u64;

        for step in steps {
            match step {
                Step::Commit(events) => {
                    head += events as u64;
                    prop_assert_eq!(commit(&vault, events), EventSeq(head));
                }
                Step::Announce(back) => bus.announce(EventSeq(head.saturating_sub(back))),
                Step::Subscribe(who) => match bus.subscribe(NAMES[who]) {
                    Ok(subscriber) => {
                        prop_assert!(live[who].is_none());
                        prop_assert_eq!(subscriber.name(), NAMES[who]);
                        live[who] = Some(subscriber);
                        expected[who].delivered = expected[who].acked;
                    }
                    Err(e) => {
                        prop_assert!(live[who].is_some());
                        prop_assert_eq!(e.code(), Code::Conflict);
                    }
                },
                Step::Batch(who, max) => if let Some(subscriber) = &mut live[who] {
                    let from = expected[who].delivered;
                    let until = head.min(from + max as u64);
                    let batch = subscriber.try_batch(max).unwrap();
                    prop_assert_eq!(numbers(&batch), (from + 1..=until).collect::<Vec<_>>());
                    expected[who].delivered = until;
                },
                Step::Ack(who, back) => if let Some(subscriber) = &mut live[who] {
                    let at = expected[who].delivered.saturating_sub(back);
                    if at < expected[who].acked {
                        prop_assert_eq!(
                            code(subscriber.ack(EventSeq(at))),
                            Some(Code::InvalidRequest)
                        );
                    } else {
                        subscriber.ack(EventSeq(at)).unwrap();
                        expected[who].acked = at;
                    }
                },
                Step::AckTooFar(who) => if let Some(subscriber) = &mut live[who] {
                    let at = EventSeq(expected[who].delivered + 1);
                    prop_assert_eq!(code(subscriber.ack(at)), Some(Code::InvalidRequest));
                },
                Step::Drop(who) => live[who] = None,
                Step::RestartAll => {
                    live = [None, None, None];
                    bus = InProcessBus::new(vault.clone());
                }
            }
            for (who, subscriber) in live.iter().enumerate() {
                let acked = expected[who].acked;
                prop_assert_eq!(vault.cursor(NAMES[who]).unwrap(), EventSeq(acked));
                if let Some(subscriber) = subscriber {
                    prop_assert_eq!(subscriber.lag(), head - acked);
                }
            }
        }
    }
}

const PRODUCERS: usize = 4;
const COMMITS: usize = 300;
/// Each producer's commits hold 0, 1, 2, 0, 1, 2, … events.
const TOTAL: u64 = (PRODUCERS * COMMITS) as u64;

/// How a subscriber behaves under load.
#[derive(Clone, Copy)]
struct Habit {
    name: &'static str,
    /// Events at once.
    max: usize,
    /// Batches between acknowledgements.
    ack_every: usize,
    /// Batches until it is dropped, whether acknowledged or not, and comes back.
    restart_every: usize,
    /// Events that are there before it subscribes first.
    late_by: u64,
}

const HABITS: [Habit; 4] = [
    Habit {
        name: "fast",
        max: 1_000,
        ack_every: 1,
        restart_every: usize::MAX,
        late_by: 0,
    },
    Habit {
        name: "slow",
        max: 1,
        ack_every: 7,
        restart_every: usize::MAX,
        late_by: 0,
    },
    Habit {
        name: "restarted",
        max: 5,
        ack_every: 3,
        restart_every: 10,
        late_by: 0,
    },
    Habit {
        name: "late",
        max: 64,
        ack_every: 2,
        restart_every: usize::MAX,
        late_by: TOTAL / 2,
    },
];

/// Reads until all is acknowledged, and checks that each batch follows the one before it.
fn follow(bus: &InProcessBus, vault: &VolatileVault, habit: Habit) {
    while vault.head().0 < habit.late_by {
        thread::yield_now();
    }
    let mut acked = 0;
    while acked < TOTAL {
        let mut subscriber = bus.subscribe(habit.name).unwrap();
        let mut delivered = acked;
        for n in 1..=habit.restart_every {
            let batch = subscriber.next_batch(habit.max, LONG).unwrap();
            assert!(
                !batch.is_empty(),
                "{} was not woken after {delivered}",
                habit.name
            );
            let until = delivered + batch.len() as u64;
            assert!(
                numbers(&batch).into_iter().eq(delivered + 1..=until),
                "{}",
                habit.name
            );
            delivered = until;
            if n % habit.ack_every == 0 || delivered == TOTAL {
                subscriber.ack(EventSeq(delivered)).unwrap();
                acked = delivered;
            }
            if delivered == TOTAL {
                break;
            }
        }
    }
}

#[test]
fn under_load_nobody_misses_an_event_or_sees_it_twice() {
    let (vault, bus) = setup();
    thread::scope(|scope| {
        for habit in HABITS {
            let (bus, vault) = (&bus, &vault);
            scope.spawn(move || follow(bus, vault, habit));
        }
        for _ in 0..PRODUCERS {
            scope.spawn(|| {
                for n in 0..COMMITS {
                    bus.announce(commit(&vault, n % 3));
                }
            });
        }
    });
    assert_eq!(vault.head(), EventSeq(TOTAL));
    for habit in HABITS {
        assert_eq!(vault.cursor(habit.name).unwrap(), EventSeq(TOTAL));
    }
}
