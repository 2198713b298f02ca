//! The life of a memory: put away and brought back, frozen, ended; by hand over REST, and by time,
//! use and capacity with a clock that is set by hand.

#![allow(clippy::unwrap_used)]

mod by_hand;
mod by_itself;
