//! The typed client of `memos_api::client`: every method, over a socket.

use memos_api::client::{Client, Following};
use memos_api::service::Happening;
use memos_api::wire::{
    AddRequest, BranchRequest, CreateCubeRequest, DiffRequest, DrainRequest, DumpRequest,
    EventsRequest, FeedbackRequest, ListRequest, MemoryRollbackRequest, MergeRequest, MoveRequest,
    PatchRequest, RollbackRequest, SearchRequest, SnapshotRequest, TaskListRequest, TaskRequest,
};
use memos_core::{Code, CubeId, Error, MemoryId};
use memos_tests::Server;
use serde_json::json;

fn cube(id: &str) -> CubeId {
    id.parse().unwrap()
}

async fn add(client: &Client, cube: &CubeId, text: &str) -> MemoryId {
    let turn = json!([{"role": "user", "name": "Noor", "content": text,
        "chat_time": "2025-03-03T18:20:00+01:00"}]);
    let request = AddRequest {
        messages: Some(turn),
        ..AddRequest::default()
    };
    client.add(cube, &request).await.unwrap().memories[0].id
}

fn ask(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.into(),
        cube_ids: vec!["trip".into()],
        ..SearchRequest::default()
    }
}

#[tokio::test]
async fn memories_are_kept_found_changed_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = Client::new(&server.address().to_string()).unwrap();
    client.health().await.unwrap();
    client.ready().await.unwrap();
    assert!(client.metrics().await.unwrap().contains("# TYPE memos_"));

    let trip = cube("trip");
    let request = CreateCubeRequest {
        id: Some("trip".into()),
        name: Some("To the sea".into()),
        ..CreateCubeRequest::default()
    };
    client.create_cube(&request).await.unwrap();
    assert_eq!(client.cube(&trip).await.unwrap().name, "To the sea");
    let page = client.cubes(None, Some(1)).await.unwrap();
    assert_eq!(page.cubes[0].id, "trip");

    let ferry = add(&client, &trip, "I booked the ferry to Naxos yesterday.").await;
    add(&client, &trip, "The hotel has a pool.").await;
    let found = client.search(&ask("When did Noor book the ferry?")).await;
    assert_eq!(found.unwrap().hits[0].memory.id, ferry);
    let context = client.context(&ask("the ferry")).await.unwrap();
    assert!(context.text.contains("Naxos") && context.memories.contains(&ferry));
    let request = ListRequest {
        limit: Some(1),
        ..ListRequest::default()
    };
    let page = client.list(&trip, &request).await.unwrap();
    assert_eq!(page.memories.len(), 1);
    let request = ListRequest {
        cursor: page.next_cursor,
        ..ListRequest::default()
    };
    assert_eq!(
        client.list(&trip, &request).await.unwrap().memories.len(),
        1
    );

    let patch = PatchRequest {
        text: Some("I booked the ferry to Paros.".into()),
        version: Some(1),
        ..PatchRequest::default()
    };
    let changed = client.update(&trip, ferry, &patch).await.unwrap();
    assert_eq!(changed.version, 2);
    let conflict = client.update(&trip, ferry, &patch).await.unwrap_err();
    assert_eq!(conflict.code(), Code::Conflict);
    assert_eq!(conflict.field(), Some("/version"));
    assert!(conflict.remedy_text().is_some());
    let versions = client.versions(&trip, ferry).await.unwrap().versions;
    assert_eq!(versions.len(), 2);
    let diff = client.diff(&trip, ferry, &DiffRequest::default()).await;
    let fields = diff.unwrap().changes.into_iter().map(|c| c.field);
    assert!(fields.into_iter().any(|field| field.ends_with("/text")));
    let back = MemoryRollbackRequest {
        version: 1,
        dry_run: false,
    };
    assert!(
        client
            .roll_back_memory(&trip, ferry, &back)
            .await
            .unwrap()
            .done
    );
    let memory = client.memory(&trip, ferry).await.unwrap();
    assert_eq!(memory.text, "I booked the ferry to Naxos yesterday.");
    let archive = MoveRequest {
        step: "archive".into(),
        reason: None,
    };
    let moved = client.change_state(&trip, ferry, &archive).await.unwrap();
    assert_eq!(moved.state, "archived");

    client.forget(&trip, ferry).await.unwrap();
    let gone = client.memory(&trip, ferry).await.unwrap_err();
    assert_eq!(gone.code(), Code::MemoryNotFound);
    client.delete_cube(&trip).await.unwrap();
    let gone = client.cube(&trip).await.unwrap_err();
    assert_eq!(gone.code(), Code::CubeNotFound);

    server.kill();
    let unreachable = client.ready().await.unwrap_err();
    assert_eq!(unreachable.code(), Code::Unavailable);
    assert!(unreachable.remedy_text().is_some());
}

#[tokio::test]
async fn cubes_go_back_and_branch() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = Client::new(&format!("http://{}", server.address())).unwrap();
    let trip = cube("trip");
    add(&client, &trip, "I booked the ferry to Naxos.").await;
    let request = SnapshotRequest {
        name: "before".into(),
        ..SnapshotRequest::default()
    };
    client.take_snapshot(&trip, &request).await.unwrap();
    let names = client.snapshots(&trip).await.unwrap().snapshots;
    assert_eq!(names[0].name, "before");
    let late = add(&client, &trip, "The hotel has a pool.").await;

    let back = RollbackRequest {
        to: "before".into(),
        dry_run: true,
    };
    let plan = client.roll_back(&trip, &back).await.unwrap();
    assert!(!plan.done && plan.steps.iter().any(|step| step.id == late));
    let mut lines = Vec::new();
    let request = DumpRequest {
        at: Some("before".into()),
    };
    let kept = client.dump(&trip, &request, |piece| {
        lines.extend_from_slice(piece);
        Ok(())
    });
    kept.await.unwrap();
    let text = String::from_utf8(lines).unwrap();
    assert!(text.contains("ferry") && !text.contains("pool"), "{text}");
    client.drop_snapshot(&trip, "before").await.unwrap();
    let request = DumpRequest {
        at: Some("before".into()),
    };
    let nothing = |_: &[u8]| -> Result<(), Error> { panic!("it was refused") };
    let refused = client.dump(&trip, &request, nothing).await.unwrap_err();
    assert!(refused.remedy_text().is_some());

    let request = BranchRequest {
        id: "what-if".into(),
        ..BranchRequest::default()
    };
    client.open_branch(&trip, &request).await.unwrap();
    let branch = cube("what-if");
    let plane = add(&client, &branch, "We take the plane instead.").await;
    let diff = client.diff_branch(&branch).await.unwrap();
    assert!(diff.steps.iter().any(|step| step.id == plane));
    let merged = client.merge_branch(&branch, &MergeRequest::default()).await;
    assert!(merged.unwrap().done);
    assert!(client.memory(&trip, plane).await.is_ok());
}

#[tokio::test]
async fn the_background_works_and_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let client = Client::new(&format!("http://{}/", server.address())).unwrap();
    let mut following = client.follow(&EventsRequest::default()).await.unwrap();
    let trip = cube("trip");
    let athens = add(&client, &trip, "I live in Athens.").await;
    assert!(added(&mut following).await == athens);

    let request = FeedbackRequest {
        feedback: "That's wrong, I moved to Porto.".into(),
        memory_ids: Some(vec![athens]),
        speaker: Some("Noor".into()),
        ..FeedbackRequest::default()
    };
    let came = client.feedback(&trip, &request).await.unwrap();
    assert_eq!(came.corrected, [athens]);
    let related = client.related(&trip, athens, Some(5)).await.unwrap();
    assert!(related.related.iter().any(|r| r.memory.id == came.added));

    let request = TaskRequest {
        kind: "sweep".into(),
        cube_id: "trip".into(),
        due_at: Some("2100-01-01".into()),
        ..TaskRequest::default()
    };
    let task = client.submit_task(&request).await.unwrap();
    assert_eq!(
        client.cancel_task(task.id).await.unwrap().status,
        "cancelled"
    );
    assert_eq!(client.task(task.id).await.unwrap().status, "cancelled");
    client.retry_task(task.id).await.unwrap();
    // Without a language model there is nothing to refine by.
    let refused = client.refine(&trip).await.unwrap_err();
    assert!(refused.remedy_text().is_some(), "{refused}");
    let request = DrainRequest {
        cube_id: Some("trip".into()),
        ..DrainRequest::default()
    };
    assert!(client.drain(&request).await.unwrap().drained);
    let request = TaskListRequest {
        cube_id: Some("trip".into()),
        ..TaskListRequest::default()
    };
    let page = client.tasks(&request).await.unwrap();
    assert!(page.tasks.iter().any(|t| t.id == task.id));
    let entities = client.entities(&trip, Some(9)).await.unwrap().entities;
    assert!(entities.iter().any(|e| e.name == "Athens"), "{entities:?}");
    client.topics(&trip, Some(9)).await.unwrap();

    // What happened meanwhile was told; from the beginning it is told again.
    let all = EventsRequest {
        cube_id: Some("trip".into()),
        after: Some(0),
    };
    let mut again = client.follow(&all).await.unwrap();
    assert!(added(&mut again).await == athens);
    let nowhere = EventsRequest {
        cube_id: Some("nowhere".into()),
        after: None,
    };
    let refused = client.follow(&nowhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::CubeNotFound);
}

/// The next memory that is told to be added.
async fn added(following: &mut Following) -> MemoryId {
    loop {
        match following.next().await.unwrap().expect("the stream goes on") {
            Happening::Event(event) if event.kind == "added" => return event.memory_id.unwrap(),
            _ => {}
        }
    }
}
