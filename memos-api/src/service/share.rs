//! Sharing a cube: who may read it beside its owner.

use memos_core::{Action, Audience, Commit, CubeId, EventKind, Result, UserId, Write};

use super::MemOs;
use super::cubes::cube_event;

impl MemOs {
    /// Lets a user read a cube and search it. Whoever may do so already still may.
    ///
    /// # Errors
    /// `CubeNotFound`; `Forbidden` unless the caller administers the cube.
    pub fn share_cube(&self, who: &UserId, id: &CubeId, with: &UserId) -> Result<()> {
        self.residency.commit(id, || {
            let mut cube = self.visible_cube(who, Action::Administer, id)?;
            let readers = &mut cube.access.readers;
            if readers.admits(with, &cube.owner) {
                return Ok(Commit::default());
            }
            match readers {
                Audience::Users(users) => drop(users.insert(with.clone())),
                _ => *readers = Audience::Users([with.clone()].into()),
            }
            cube.updated_at = self.clock.now();
            Ok(Commit {
                writes: vec![Write::UpdateCube(cube)],
                events: vec![cube_event(id, who, EventKind::CubeUpdated)],
                ..Commit::default()
            })
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use memos_core::Code;
    use serde_json::json;

    use super::*;
    use crate::wire::{AddRequest, SearchRequest};

    #[test]
    fn who_a_cube_is_shared_with_reads_it_and_does_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder().data(folder.path()).open().unwrap();
        let [ada, ben, eve] = ["ada", "ben", "eve"].map(|name| UserId::new(name).unwrap());
        let cube = CubeId::new("notes").unwrap();
        let said = AddRequest {
            messages: Some(json!([{"role": "user", "content": "The key is under the mat."}])),
            ..AddRequest::default()
        };
        memos.add(&ada, &cube, &said).unwrap();
        let asked = SearchRequest {
            query: "Where is the key?".into(),
            cube_ids: vec!["notes".into()],
            ..SearchRequest::default()
        };
        let refused = |who| memos.search(who, &asked).unwrap_err().code();
        assert_eq!(refused(&ben), Code::CubeNotFound);
        assert_eq!(
            memos.share_cube(&ben, &cube, &ben).unwrap_err().code(),
            Code::CubeNotFound
        );
        for _ in 0..2 {
            memos.share_cube(&ada, &cube, &ben).unwrap();
        }
        assert_eq!(memos.search(&ben, &asked).unwrap().hits.len(), 1);
        assert_eq!(
            memos.add(&ben, &cube, &said).unwrap_err().code(),
            Code::Forbidden
        );
        assert_eq!(
            memos.share_cube(&ben, &cube, &eve).unwrap_err().code(),
            Code::Forbidden
        );
        assert_eq!(refused(&eve), Code::CubeNotFound);
        memos.share_cube(&ada, &cube, &eve).unwrap();
        assert_eq!(memos.cubes(&ben, None, None).unwrap().cubes.len(), 1);
    }
}
