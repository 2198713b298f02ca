//! Large bodies are read beside what else waits.

use serde_json::Value;

use crate::http::PARSED_IN_PLACE;

/// Whether it takes its time to look at every part of a value: as many bytes as are parsed in place.
pub(super) fn is_large(value: &Value) -> bool {
    fn left(value: &Value, room: usize) -> Option<usize> {
        let room = room.checked_sub(2)?;
        match value {
            Value::String(text) => room.checked_sub(text.len()),
            Value::Array(all) => all.iter().try_fold(room, |room, one| left(one, room)),
            Value::Object(all) => all.iter().try_fold(room, |room, (name, one)| {
                left(one, room.checked_sub(name.len())?)
            }),
            _ => Some(room),
        }
    }
    left(value, PARSED_IN_PLACE).is_none()
}

/// Does what takes its time while another thread goes on with what else waits for this one.
pub(super) fn aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // There is no other thread.
        _ => work(),
    }
}
