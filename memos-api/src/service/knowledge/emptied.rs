//! Files whose passages were deleted one by one.

use std::collections::BTreeSet;

use memos_core::{CubeId, Result, UserId};
use serde_json::Value;

use super::{PASSAGES, files_of, status_of};
use crate::service::MemOs;
use crate::service::cubes::for_each_memory;

impl MemOs {
    /// Forgets the files of a knowledge base of whose passages none is left. Of another cube, nothing.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn drop_empty_files(&self, who: &UserId, cube: &CubeId) -> Result<()> {
        let Some(id) = cube.as_str().strip_prefix(PASSAGES) else {
            return Ok(());
        };
        let mut held = BTreeSet::new();
        for_each_memory(&*self.vault.snapshot()?, cube, |memory| {
            let file = memory.header.descriptive.info.0.get("file_id");
            held.extend(file.and_then(Value::as_str).map(str::to_owned));
            Ok(())
        })?;
        let records = files_of(id)?;
        let mut empty = Vec::new();
        self.visit(who, std::slice::from_ref(&records), None, |record| {
            // One that is still read has no passages yet.
            if status_of(record) == "completed" && !held.contains(&format!("{id}.{}", record.id)) {
                empty.push(record.id);
            }
        })?;
        if !empty.is_empty() {
            self.forget_all(who, &records, &empty)?;
        }
        Ok(())
    }
}
