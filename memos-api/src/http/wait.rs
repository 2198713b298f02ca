//! Waiting for background work. Who waits holds a thread for moments only: hundreds may wait, and of one
//! who hung up the wait ends with the request.

use std::time::{Duration, Instant};

use memos_core::Result;

use super::caller::Caller;
use super::problem::Refusal;
use crate::wire::DrainResponse;

/// Longest that a wait holds a thread in one go. What is done at once needs no second look.
const FIRST: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(25);

/// Longest pause between two looks; shorter ones at the beginning of a wait.
const PAUSE: Duration = Duration::from_millis(250);

/// What a look found left.
pub(crate) trait Left: Send + 'static {
    /// Whether that is nothing.
    fn is_none(&self) -> bool;
}

/// A number of tasks.
impl Left for u64 {
    fn is_none(&self) -> bool {
        *self == 0
    }
}

impl Left for DrainResponse {
    fn is_none(&self) -> bool {
        self.drained
    }
}

/// Waits until nothing is left, or for so long. `look` waits for the time that it is given, or less, and
/// says what is left.
///
/// # Errors
/// Those of `look`.
pub(crate) async fn until_done<L: Left>(
    caller: &Caller,
    wait: Duration,
    look: impl Fn(&Caller, Duration) -> Result<L> + Clone + Send + 'static,
) -> Result<L, Refusal> {
    let start = Instant::now();
    let mut part = FIRST;
    loop {
        let rest = wait.saturating_sub(start.elapsed());
        let (look, part_of_it) = (look.clone(), part.min(rest));
        let looking = caller.clone().call(move |caller| look(caller, part_of_it));
        let left = looking.await?;
        let rest = wait.saturating_sub(start.elapsed());
        if left.is_none() || rest.is_zero() {
            return Ok(left);
        }
        part = LOOK;
        tokio::time::sleep(PAUSE.min(start.elapsed() / 8).min(rest)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    use axum::body::Body;
    use axum::http::{Method, Request};
    use memos_core::{Code, Error, Task};
    use memos_scheduler::tasks::{Effect, Handler, Work};
    use serde_json::json;

    use super::*;
    use crate::faces::kit::testing::Harness;

    /// Work that is done when the other end says so.
    struct Stuck(Mutex<Receiver<()>>);

    impl Handler for Stuck {
        fn kind(&self) -> &'static str {
            "stuck"
        }

        fn run(&self, _: &Task, _: &Work) -> Result<Effect> {
            let free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // An end that is gone says so too.
            let _ = free.recv();
            Ok(Effect::none())
        }
    }

    fn stuck() -> (Harness, Sender<()>) {
        let (free, wait) = channel();
        let handler = Arc::new(Stuck(Mutex::new(wait)));
        (Harness::with(|builder| builder.handler(handler)), free)
    }

    fn post(path: &str, body: &serde_json::Value) -> Request<Body> {
        Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/json")
            .body(body.to_string().into())
            .unwrap()
    }

    /// With one thread for what blocks, a wait that held it would hold everybody up.
    #[test]
    fn who_waits_holds_nobody_up() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (face, free) = stuck();
            face.post("/api/v1/cubes", &json!({"id": "ada"}))
                .await
                .is(201);
            let task = json!({"kind": "stuck", "cube_id": "ada"});
            face.post("/api/v1/tasks", &task).await.is(201);
            let native = post("/api/v1/tasks/drain", &json!({"timeout_ms": 300_000}));
            let product = post(
                "/product/scheduler/wait?user_name=ada&timeout_seconds=3600",
                &json!({}),
            );
            let mut waits = [Box::pin(face.ask(native)), Box::pin(face.ask(product))];
            for wait in &mut waits {
                // Each has begun to wait.
                let begun = tokio::time::timeout(Duration::from_millis(300), wait).await;
                assert!(begun.is_err(), "it did not wait");
            }
            face.get("/api/v1/cubes").await.is(200);
            // They hear of the end.
            free.send(()).unwrap();
            for wait in waits {
                let done = wait.await.is(200);
                assert!(done["left"] == 0 || done["message"] == "idle", "{done}");
            }
        });
    }

    /// Work that never succeeds.
    struct Failing;

    impl Handler for Failing {
        fn kind(&self) -> &'static str {
            "failing"
        }

        fn run(&self, _: &Task, _: &Work) -> Result<Effect> {
            Err(Error::new(Code::Unavailable, "the model is away"))
        }
    }

    #[tokio::test]
    async fn what_waits_out_a_failure_is_told_of() {
        let face = Harness::with(|builder| builder.handler(Arc::new(Failing)));
        face.post("/api/v1/cubes", &json!({"id": "ada"}))
            .await
            .is(201);
        let task = json!({"kind": "failing", "cube_id": "ada"});
        face.post("/api/v1/tasks", &task).await.is(201);
        let path = "/api/v1/tasks/drain";
        let done = face.post(path, &json!({"cube_id": "ada"})).await.is(200);
        assert_eq!(
            done,
            json!({"drained": true, "left": 0, "later": 1, "failed": 1})
        );
    }

    #[tokio::test]
    async fn a_wait_ends_with_its_time_and_refuses_too_long_a_one() {
        let (face, free) = stuck();
        face.post("/api/v1/cubes", &json!({"id": "ada"}))
            .await
            .is(201);
        let task = json!({"kind": "stuck", "cube_id": "ada"});
        face.post("/api/v1/tasks", &task).await.is(201);
        let path = "/api/v1/tasks/drain";
        for ms in [0, 150] {
            let left = face.post(path, &json!({"timeout_ms": ms})).await.is(200);
            assert_eq!(
                left,
                json!({"drained": false, "left": 1, "later": 0, "failed": 0})
            );
        }
        let long = face
            .post(path, &json!({"timeout_ms": 300_001}))
            .await
            .is(400);
        assert_eq!(long["field"], "/timeout_ms");
        let bare = Request::post(path).body(Body::empty()).unwrap();
        let text = Request::post(path).body(Body::from("{}")).unwrap();
        face.ask(text).await.is(415);
        drop(free);
        face.ask(bare).await.is(200);
        let done = face.post(path, &json!({})).await.is(200);
        assert_eq!(
            done,
            json!({"drained": true, "left": 0, "later": 0, "failed": 0})
        );
    }
}
