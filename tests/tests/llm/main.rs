//! Refinement, fusion, feedback and deep search against a scripted model: whatever it does, no
//! evidence is lost, nothing is written by halves, nobody is asked without end, and the metrics say
//! what went wrong.

#![allow(clippy::unwrap_used)]

mod alone;
mod budget;
mod deep;
mod faults;
mod feedback;
mod forget;
mod fusion;
mod injection;
mod key;
mod parked;
mod stage;
mod thousand;
