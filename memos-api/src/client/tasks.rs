//! Background work, over REST.

use memos_core::{Result, TaskId};
use reqwest::Method;

use super::Client;
use crate::wire::{DrainRequest, DrainResponse, TaskItem, TaskListRequest, TaskPage, TaskRequest};

impl Client {
    /// A page of tasks, with how many there are.
    ///
    /// # Errors
    /// Those of [`MemOs::tasks`](crate::MemOs::tasks), and `Unavailable`.
    pub async fn tasks(&self, request: &TaskListRequest) -> Result<TaskPage> {
        self.call(self.request(Method::GET, &["tasks"]).query(request))
            .await
    }

    /// A task.
    ///
    /// # Errors
    /// Those of [`MemOs::task`](crate::MemOs::task), and `Unavailable`.
    pub async fn task(&self, id: TaskId) -> Result<TaskItem> {
        self.call(self.request(Method::GET, &["tasks", &id.to_string()]))
            .await
    }

    /// Adds a task.
    ///
    /// # Errors
    /// Those of [`MemOs::submit_task`](crate::MemOs::submit_task), and `Unavailable`.
    pub async fn submit_task(&self, request: &TaskRequest) -> Result<TaskItem> {
        self.post(&["tasks"], request).await
    }

    /// Tries a dead or cancelled task again.
    ///
    /// # Errors
    /// Those of [`MemOs::retry_task`](crate::MemOs::retry_task), and `Unavailable`.
    pub async fn retry_task(&self, id: TaskId) -> Result<TaskItem> {
        self.call(self.request(Method::POST, &["tasks", &id.to_string(), "retry"]))
            .await
    }

    /// Calls a task off.
    ///
    /// # Errors
    /// Those of [`MemOs::cancel_task`](crate::MemOs::cancel_task), and `Unavailable`.
    pub async fn cancel_task(&self, id: TaskId) -> Result<TaskItem> {
        self.call(self.request(Method::POST, &["tasks", &id.to_string(), "cancel"]))
            .await
    }

    /// Waits until no task is left.
    ///
    /// # Errors
    /// Those of [`MemOs::drain`](crate::MemOs::drain), and `Unavailable`.
    pub async fn drain(&self, request: &DrainRequest) -> Result<DrainResponse> {
        self.post(&["tasks", "drain"], request).await
    }
}
