//! Versions, rollback, snapshots and branches, over REST.

use memos_core::{CubeId, MemoryId, Result};
use reqwest::Method;

use super::Client;
use crate::wire::{
    BranchRequest, Cube, DiffRequest, DiffResponse, DumpRequest, MemoryItem, MemoryRollbackRequest,
    MergeRequest, MoveRequest, PlanResponse, RollbackRequest, SnapshotItem, SnapshotList,
    SnapshotRequest, VersionList,
};

impl Client {
    /// The versions of a memory.
    ///
    /// # Errors
    /// Those of [`MemOs::versions`](crate::MemOs::versions), and `Unavailable`.
    pub async fn versions(&self, cube: &CubeId, id: MemoryId) -> Result<VersionList> {
        self.call(self.request(
            Method::GET,
            &[
                "cubes",
                cube.as_str(),
                "memories",
                &id.to_string(),
                "versions",
            ],
        ))
        .await
    }

    /// What differs between two versions.
    ///
    /// # Errors
    /// Those of [`MemOs::diff`](crate::MemOs::diff), and `Unavailable`.
    pub async fn diff(
        &self,
        cube: &CubeId,
        id: MemoryId,
        request: &DiffRequest,
    ) -> Result<DiffResponse> {
        self.call(
            self.request(
                Method::GET,
                &["cubes", cube.as_str(), "memories", &id.to_string(), "diff"],
            )
            .query(request),
        )
        .await
    }

    /// Rolls a memory back.
    ///
    /// # Errors
    /// Those of [`MemOs::roll_back_memory`](crate::MemOs::roll_back_memory), and `Unavailable`.
    pub async fn roll_back_memory(
        &self,
        cube: &CubeId,
        id: MemoryId,
        request: &MemoryRollbackRequest,
    ) -> Result<PlanResponse> {
        self.post(
            &[
                "cubes",
                cube.as_str(),
                "memories",
                &id.to_string(),
                "rollback",
            ],
            request,
        )
        .await
    }

    /// Moves a memory to another state.
    ///
    /// # Errors
    /// Those of [`MemOs::change_state`](crate::MemOs::change_state), and `Unavailable`.
    pub async fn change_state(
        &self,
        cube: &CubeId,
        id: MemoryId,
        request: &MoveRequest,
    ) -> Result<MemoryItem> {
        self.post(
            &["cubes", cube.as_str(), "memories", &id.to_string(), "state"],
            request,
        )
        .await
    }

    /// Rolls a cube back.
    ///
    /// # Errors
    /// Those of [`MemOs::roll_back`](crate::MemOs::roll_back), and `Unavailable`.
    pub async fn roll_back(
        &self,
        cube: &CubeId,
        request: &RollbackRequest,
    ) -> Result<PlanResponse> {
        self.post(&["cubes", cube.as_str(), "rollback"], request)
            .await
    }

    /// Names the state of a cube.
    ///
    /// # Errors
    /// Those of [`MemOs::take_snapshot`](crate::MemOs::take_snapshot), and `Unavailable`.
    pub async fn take_snapshot(
        &self,
        cube: &CubeId,
        request: &SnapshotRequest,
    ) -> Result<SnapshotItem> {
        self.post(&["cubes", cube.as_str(), "snapshots"], request)
            .await
    }

    /// The named snapshots of a cube.
    ///
    /// # Errors
    /// Those of [`MemOs::snapshots`](crate::MemOs::snapshots), and `Unavailable`.
    pub async fn snapshots(&self, cube: &CubeId) -> Result<SnapshotList> {
        self.call(self.request(Method::GET, &["cubes", cube.as_str(), "snapshots"]))
            .await
    }

    /// Drops a name.
    ///
    /// # Errors
    /// Those of [`MemOs::drop_snapshot`](crate::MemOs::drop_snapshot), and `Unavailable`.
    pub async fn drop_snapshot(&self, cube: &CubeId, name: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, &["cubes", cube.as_str(), "snapshots", name]))
            .await
            .map(drop)
    }

    /// Opens a what-if branch.
    ///
    /// # Errors
    /// Those of [`MemOs::open_branch`](crate::MemOs::open_branch), and `Unavailable`.
    pub async fn open_branch(&self, cube: &CubeId, request: &BranchRequest) -> Result<Cube> {
        self.post(&["cubes", cube.as_str(), "branches"], request)
            .await
    }

    /// What a branch changed.
    ///
    /// # Errors
    /// Those of [`MemOs::diff_branch`](crate::MemOs::diff_branch), and `Unavailable`.
    pub async fn diff_branch(&self, cube: &CubeId) -> Result<PlanResponse> {
        self.call(self.request(Method::GET, &["cubes", cube.as_str(), "branch"]))
            .await
    }

    /// Merges a branch into its base.
    ///
    /// # Errors
    /// Those of [`MemOs::merge_branch`](crate::MemOs::merge_branch), and `Unavailable`.
    pub async fn merge_branch(
        &self,
        cube: &CubeId,
        request: &MergeRequest,
    ) -> Result<PlanResponse> {
        self.post(&["cubes", cube.as_str(), "merge"], request).await
    }

    /// Writes a cube out: each piece of the JSON Lines as it comes.
    ///
    /// # Errors
    /// Those of [`MemOs::dump`](crate::MemOs::dump), of `piece`, and `Unavailable`.
    pub async fn dump(
        &self,
        cube: &CubeId,
        request: &DumpRequest,
        mut piece: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let call = self
            .request(Method::GET, &["cubes", cube.as_str(), "dump"])
            .query(request);
        let mut response = self.stream(call).await?;
        while let Some(chunk) = response.chunk().await.map_err(|e| self.no_answer(e))? {
            piece(&chunk)?;
        }
        Ok(())
    }
}
