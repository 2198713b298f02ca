//! What faces share: the [body](JsonBody) of a request, its [fields](Form) as pydantic reads them,
//! [errors](Dialect) in a contract's own words, and the [cube](cube_of) behind a name.

mod body;
mod coerce;
mod dialect;
mod fault;
mod file;
mod form;
mod json;
mod preference;
mod reply;
mod stream;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use crate::service::{Own, cube_of};
pub(crate) use body::JsonBody;
pub(crate) use dialect::{Asked, Dialect, Stopped, Told, as_error, render};
pub(crate) use fault::{Fault, Faults, Place, Stop};
pub(crate) use file::text_of_file;
pub(crate) use form::{Form, Nulls};
pub(crate) use preference::{NOTED, Preference, note, pref_string};
pub(crate) use reply::{answer, as_it_is, fields, finished, is_finished};
pub(crate) use stream::{Frames, frames};
