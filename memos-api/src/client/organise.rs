//! What the background makes of a cube, and feedback, over REST.

use memos_core::{CubeId, MemoryId, Result};
use reqwest::Method;

use super::Client;
use crate::wire::{
    EntityList, FeedbackRequest, FeedbackResponse, RelatedList, TaskPage, TopRequest, TopicList,
};

impl Client {
    /// Corrects a memory in plain words.
    ///
    /// # Errors
    /// Those of [`MemOs::feedback`](crate::MemOs::feedback), and `Unavailable`.
    pub async fn feedback(
        &self,
        cube: &CubeId,
        request: &FeedbackRequest,
    ) -> Result<FeedbackResponse> {
        self.post(&["cubes", cube.as_str(), "feedback"], request)
            .await
    }

    /// What a cube speaks of.
    ///
    /// # Errors
    /// Those of [`MemOs::entities`](crate::MemOs::entities), and `Unavailable`.
    pub async fn entities(&self, cube: &CubeId, limit: Option<u32>) -> Result<EntityList> {
        let path = ["cubes", cube.as_str(), "entities"];
        self.call(
            self.request(Method::GET, &path)
                .query(&TopRequest { limit }),
        )
        .await
    }

    /// The topics of a cube.
    ///
    /// # Errors
    /// Those of [`MemOs::topics`](crate::MemOs::topics), and `Unavailable`.
    pub async fn topics(&self, cube: &CubeId, limit: Option<u32>) -> Result<TopicList> {
        let path = ["cubes", cube.as_str(), "topics"];
        self.call(
            self.request(Method::GET, &path)
                .query(&TopRequest { limit }),
        )
        .await
    }

    /// The memories that a memory is tied to.
    ///
    /// # Errors
    /// Those of [`MemOs::related`](crate::MemOs::related), and `Unavailable`.
    pub async fn related(
        &self,
        cube: &CubeId,
        id: MemoryId,
        limit: Option<u32>,
    ) -> Result<RelatedList> {
        let id = id.to_string();
        let path = ["cubes", cube.as_str(), "memories", id.as_str(), "related"];
        self.call(
            self.request(Method::GET, &path)
                .query(&TopRequest { limit }),
        )
        .await
    }

    /// Queues a cube for refinement.
    ///
    /// # Errors
    /// Those of [`MemOs::refine`](crate::MemOs::refine), and `Unavailable`.
    pub async fn refine(&self, cube: &CubeId) -> Result<TaskPage> {
        self.call(self.request(Method::POST, &["cubes", cube.as_str(), "refine"]))
            .await
    }
}
