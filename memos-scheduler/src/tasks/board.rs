//! The waiting tasks of one kind, in lanes by user and cube, with the next of each at hand.

use std::collections::{BTreeSet, HashMap};

use memos_core::{TaskId, Timestamp};

use super::strategy::Place;

/// A waiting task's place in its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seat {
    pub(super) place: Place,
    pub(super) due: Timestamp,
    pub(super) born: Timestamp,
    pub(super) id: TaskId,
}

/// How much somebody gets: smaller is less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share {
    /// Tasks that run.
    pub(super) running: u32,
    /// Number of the last service; 0 for never.
    pub(super) served: u64,
}

/// A lane's turn among the lanes of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LaneTurn {
    pub(super) place: Place,
    pub(super) cube_share: Share,
    pub(super) seat: Seat,
    pub(super) cube: u32,
}

/// A user's turn among the users: that of his first lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserTurn {
    place: Place,
    user_share: Share,
    pub(super) lane: LaneTurn,
    pub(super) user: u32,
}

/// Lanes of one kind. Changing one costs the logarithm of how many there are.
#[derive(Debug, Default)]
pub(super) struct Board {
    users: HashMap<u32, User>,
    order: BTreeSet<UserTurn>,
}

#[derive(Debug, Default)]
struct User {
    lanes: HashMap<u32, Lane>,
    order: BTreeSet<LaneTurn>,
    listed: Option<UserTurn>,
}

#[derive(Debug, Default)]
struct Lane {
    seats: BTreeSet<Seat>,
    listed: Option<LaneTurn>,
}

impl Board {
    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<&UserTurn> {
        self.order.first()
    }

    /// The first task of a lane.
    pub(super) fn head(&self, user: u32, cube: u32) -> Option<&Seat> {
        self.users.get(&user)?.lanes.get(&cube)?.seats.first()
    }

    /// Adds a task; whether it is the lane's only one. The lane is to be listed anew.
    pub(super) fn insert(&mut self, user: u32, cube: u32, seat: Seat) -> bool {
        let lanes = &mut self.users.entry(user).or_default().lanes;
        let lane = lanes.entry(cube).or_default();
        lane.seats.insert(seat);
        lane.seats.len() == 1
    }

    /// Takes a task out; whether its lane is gone with it. Else the lane is to be listed anew.
    pub(super) fn remove(&mut self, user: u32, cube: u32, seat: &Seat) -> bool {
        let Some(of_user) = self.users.get_mut(&user) else {
            return false;
        };
        let Some(lane) = of_user.lanes.get_mut(&cube) else {
            return false;
        };
        lane.seats.remove(seat);
        if !lane.seats.is_empty() {
            return false;
        }
        if let Some(old) = lane.listed {
            of_user.order.remove(&old);
        }
        of_user.lanes.remove(&cube);
        true
    }

    /// Puts a lane into the order of its user by its first task, or, if `turn` gives none, out of it.
    pub(super) fn list_lane(
        &mut self,
        user: u32,
        cube: u32,
        turn: impl FnOnce(&Seat) -> Option<LaneTurn>,
    ) {
        let Some(of_user) = self.users.get_mut(&user) else {
            return;
        };
        let Some(lane) = of_user.lanes.get_mut(&cube) else {
            return;
        };
        let turn = lane.seats.first().and_then(turn);
        if lane.listed == turn {
            return;
        }
        if let Some(old) = lane.listed {
            of_user.order.remove(&old);
        }
        of_user.order.extend(turn);
        lane.listed = turn;
    }

    /// Puts a user into the order of the users by his first lane.
    pub(super) fn list_user(&mut self, user: u32, share: Share) {
        let Some(of_user) = self.users.get_mut(&user) else {
            return;
        };
        let turn = of_user.order.first().map(|lane| UserTurn {
            place: lane.place,
            user_share: share,
            lane: *lane,
            user,
        });
        if of_user.listed != turn {
            if let Some(old) = of_user.listed {
                self.order.remove(&old);
            }
            self.order.extend(turn);
            of_user.listed = turn;
        }
        if of_user.lanes.is_empty() {
            self.users.remove(&user);
        }
    }
}
