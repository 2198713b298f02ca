//! All waiting tasks that are due, who is being served, and whose turn is next.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use memos_core::{CubeId, Task, UserId};

use super::board::{Board, LaneTurn, Seat, Share};
use super::names::Names;
use super::strategy::Strategy;

/// The numbers of a task's kind, user and cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) kind: u32,
    pub(super) user: u32,
    pub(super) cube: u32,
}

pub(super) struct Lanes {
    strategy: Arc<dyn Strategy>,
    pub(super) kinds: Names<String, Kind>,
    pub(super) users: Names<UserId, Share>,
    pub(super) cubes: Names<CubeId, Cube>,
    /// Number of the last service.
    served: u64,
}

/// One kind of task.
#[derive(Debug, Default)]
pub(super) struct Kind {
    /// How many of it may run at a time; none as long as nobody handles it.
    pub(super) limit: usize,
    /// Whether such a task wants its cube to itself.
    pub(super) exclusive: bool,
    pub(super) running: usize,
    pub(super) tally: Tally,
    /// How long one takes, on average, the latest counting most; none before the first.
    pace: Option<Duration>,
    board: Board,
}

/// A task that takes less is quick: it is worth claiming ahead, since the commit of a claim takes
/// about as long.
const QUICK: Duration = Duration::from_millis(1);

impl Kind {
    /// How long one of its tasks takes, if that is known to be next to nothing.
    pub(super) fn quick(&self) -> Option<Duration> {
        self.pace.filter(|pace| *pace <= QUICK)
    }

    /// A task took so long.
    pub(super) fn note_pace(&mut self, took: Duration) {
        self.pace = Some(self.pace.map_or(took, |pace| (pace * 3 + took) / 4));
    }

    /// As if none had been done yet.
    pub(super) fn forget_pace(&mut self) {
        self.pace = None;
    }

    fn has_room(&self) -> bool {
        self.running < self.limit
    }
}

/// What came of the tasks of a kind since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) dead: u64,
    pub(super) lost: u64,
}

#[derive(Debug, Default)]
pub(super) struct Cube {
    share: Share,
    /// Tasks that want it to themselves and run.
    exclusive: u32,
    /// Kinds and users of its lanes.
    lanes: BTreeSet<(u32, u32)>,
}

impl Lanes {
    pub(super) fn new(strategy: Arc<dyn Strategy>) -> Self {
        Self {
            strategy,
            kinds: Names::default(),
            users: Names::default(),
            cubes: Names::default(),
            served: 0,
        }
    }

    pub(super) fn strategy(&self) -> &Arc<dyn Strategy> {
        &self.strategy
    }

    /// Orders by another strategy. Each task has to be seated anew.
    pub(super) fn set_strategy(&mut self, strategy: Arc<dyn Strategy>) {
        self.strategy = strategy;
    }

    /// Says how many of a kind may run, and whether each wants its cube to itself.
    pub(super) fn set_limits(&mut self, kind: &str, limit: usize, exclusive: bool) {
        let number = self.kinds.acquire(kind);
        if self.kinds.get(number).limit > 0 {
            // Held already, and for ever: what is handled is known.
            self.kinds.release(number);
        }
        let kind = self.kinds.get_mut(number);
        (kind.limit, kind.exclusive) = (limit, exclusive);
        let lanes = self.cubes.iter().flat_map(|(cube, _, of_cube)| {
            let lanes = of_cube.lanes.iter();
            lanes.map(move |&(kind, user)| Lane { kind, user, cube })
        });
        let lanes: Vec<Lane> = lanes.filter(|lane| lane.kind == number).collect();
        lanes.into_iter().for_each(|lane| self.list(lane));
    }

    /// The lane of a task, used once more.
    pub(super) fn acquire(&mut self, task: &Task) -> Lane {
        Lane {
            kind: self.kinds.acquire(task.kind.as_str()),
            user: self.users.acquire(&task.user),
            cube: self.cubes.acquire(&task.cube_id),
        }
    }

    /// One use of a lane more.
    pub(super) fn again(&mut self, lane: Lane) {
        self.kinds.again(lane.kind);
        self.users.again(lane.user);
        self.cubes.again(lane.cube);
    }

    /// One use of a lane less.
    pub(super) fn release(&mut self, lane: Lane) {
        self.kinds.release(lane.kind);
        self.users.release(lane.user);
        self.cubes.release(lane.cube);
    }

    /// A task begins to wait for its turn.
    pub(super) fn enter(&mut self, lane: Lane, seat: Seat) {
        let board = &mut self.kinds.get_mut(lane.kind).board;
        if board.insert(lane.user, lane.cube, seat) {
            let cube = self.cubes.get_mut(lane.cube);
            cube.lanes.insert((lane.kind, lane.user));
        }
        self.list(lane);
    }

    /// A task no longer waits.
    pub(super) fn leave(&mut self, lane: Lane, seat: &Seat) {
        let board = &mut self.kinds.get_mut(lane.kind).board;
        if board.remove(lane.user, lane.cube, seat) {
            let cube = self.cubes.get_mut(lane.cube);
            cube.lanes.remove(&(lane.kind, lane.user));
        }
        self.list(lane);
    }

    /// The task whose turn it is, if there is room for one. Costs the number of kinds.
    pub(super) fn next(&self) -> Option<(Lane, Seat)> {
        let open = self.kinds.iter().filter(|(_, _, k)| k.has_room());
        let firsts = open.filter_map(|(number, _, k)| Some((k.board.first()?, number)));
        let (turn, kind) = firsts.min()?;
        let lane = Lane {
            kind,
            user: turn.user,
            cube: turn.lane.cube,
        };
        Some((lane, turn.lane.seat))
    }

    /// The task whose turn it is among those that want this cube to themselves, as if nobody had it,
    /// if there is room for one.
    pub(super) fn next_in(&self, cube: u32) -> Option<(Lane, Seat)> {
        let of_cube = self.cubes.get(cube);
        let lanes = of_cube
            .lanes
            .iter()
            .map(|&(kind, user)| Lane { kind, user, cube });
        let alone = lanes.filter(|lane| self.kinds.get(lane.kind).exclusive);
        let heads = alone.filter_map(|lane| {
            let seat = self.kinds.get(lane.kind).board.head(lane.user, cube)?;
            let place = self.strategy.among_lanes(seat.place, of_cube.share.served);
            Some((place, *self.users.get(lane.user), *seat, lane))
        });
        let (.., seat, lane) = heads.min_by_key(|&(place, share, seat, _)| (place, share, seat))?;
        self.kinds.get(lane.kind).has_room().then_some((lane, seat))
    }

    /// Takes out a task, as one that now runs. Costs the number of kinds, and the logarithm of that
    /// of users and cubes.
    pub(super) fn take(&mut self, lane: Lane, seat: &Seat) {
        self.served += 1;
        self.count(lane, 1);
        self.users.get_mut(lane.user).served = self.served;
        self.cubes.get_mut(lane.cube).share.served = self.served;
        self.leave(lane, seat);
        self.list_all_of(lane);
    }

    /// A task that was picked no longer runs.
    pub(super) fn stop(&mut self, lane: Lane) {
        self.count(lane, -1);
        self.list_all_of(lane);
    }

    fn count(&mut self, lane: Lane, by: i32) {
        let kind = self.kinds.get_mut(lane.kind);
        kind.running = kind.running.saturating_add_signed(by as isize);
        let exclusive = kind.exclusive;
        let user = self.users.get_mut(lane.user);
        user.running = user.running.saturating_add_signed(by);
        let cube = self.cubes.get_mut(lane.cube);
        cube.share.running = cube.share.running.saturating_add_signed(by);
        if exclusive {
            cube.exclusive = cube.exclusive.saturating_add_signed(by);
        }
    }

    /// Lists what depends on the shares of a cube and of a user.
    fn list_all_of(&mut self, lane: Lane) {
        let lanes = &self.cubes.get(lane.cube).lanes;
        let lanes: Vec<(u32, u32)> = lanes.iter().copied().collect();
        for (kind, user) in lanes {
            self.list(Lane { kind, user, ..lane });
        }
        let share = *self.users.get(lane.user);
        for kind in self.kinds.numbers() {
            let board = &mut self.kinds.get_mut(kind).board;
            board.list_user(lane.user, share);
        }
    }

    fn list(&mut self, lane: Lane) {
        let cube = self.cubes.get(lane.cube);
        let (cube_share, busy) = (cube.share, cube.exclusive > 0);
        let kind = self.kinds.get_mut(lane.kind);
        let closed = kind.exclusive && busy;
        let strategy = &self.strategy;
        kind.board.list_lane(lane.user, lane.cube, |seat| {
            let place = strategy.among_lanes(seat.place, cube_share.served);
            (!closed).then_some(LaneTurn {
                place,
                cube_share,
                seat: *seat,
                cube: lane.cube,
            })
        });
        let share = *self.users.get(lane.user);
        kind.board.list_user(lane.user, share);
    }
}
