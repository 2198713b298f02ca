//! Every route does its job.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Face;

const NOTES: &str = "/api/v1/cubes/notes/memories";

#[tokio::test]
async fn cubes_are_created_listed_read_and_deleted() {
    let face = Face::new();
    for id in ["b", "a", "c"] {
        let created = face
            .post("/api/v1/cubes", &json!({"id": id, "name": "Its name"}))
            .await;
        assert_eq!(created.status, StatusCode::CREATED);
        assert_eq!(created.json()["id"], id);
        assert_eq!(created.json()["owner"], "local");
    }
    let named = face.post("/api/v1/cubes", &json!({})).await.json();
    assert!(
        named["id"].as_str().is_some_and(|id| id.len() == 36),
        "{named}"
    );
    assert_eq!(
        face.delete(&format!("/api/v1/cubes/{}", named["id"].as_str().unwrap()))
            .await
            .status,
        204
    );

    let first = face.get("/api/v1/cubes?limit=2").await.json();
    let ids = |page: &Value| -> Vec<String> {
        let cubes = page["cubes"].as_array().unwrap();
        cubes
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&first), ["a", "b"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = face
        .get(&format!("/api/v1/cubes?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(ids(&second), ["c"]);
    assert_eq!(second.get("next_cursor"), None);

    let read = face.get("/api/v1/cubes/a").await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.json()["name"], "Its name");
    let gone = face.delete("/api/v1/cubes/a").await;
    assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
    face.get("/api/v1/cubes/a")
        .await
        .problem(404, "cube_not_found");
}

#[tokio::test]
async fn memories_are_added_once_listed_read_changed_and_forgotten() {
    let face = Face::new();
    let request = json!({"messages": [
        {"role": "user", "name": "Ada", "content": "My sister Mina moved to Lyon."},
        {"role": "assistant", "content": "How does she like it there?"}
    ], "session_id": "s1", "tags": ["family"], "info": {"source": "test"}});
    let added = face.post(NOTES, &request).await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.json()["duplicate_of_request"], false);
    let again = face.post(NOTES, &request).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.json()["duplicate_of_request"], true);
    assert_eq!(again.json()["memories"], added.json()["memories"]);

    let first = face.get(&format!("{NOTES}?limit=1")).await.json();
    let id = first["memories"][0]["id"].as_str().unwrap();
    assert_eq!(first["memories"].as_array().unwrap().len(), 1);
    assert_eq!(
        first["memories"][0]["text"],
        "My sister Mina moved to Lyon."
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = face.get(&format!("{NOTES}?cursor={cursor}")).await.json();
    assert_eq!(second["memories"][0]["role"], "assistant");
    // {"speaker":"Ada"}
    let filtered = face
        .get(&format!("{NOTES}?filter=%7B%22speaker%22%3A%22Ada%22%7D"))
        .await;
    assert_eq!(filtered.json()["memories"].as_array().unwrap().len(), 1);

    let path = format!("{NOTES}/{id}");
    assert_eq!(face.get(&path).await.json()["tags"], json!(["family"]));
    let patch = json!({"tags": ["kin"], "info": {"source": null, "checked": true}, "version": 1});
    let changed = face.patch(&path, &patch).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["tags"], json!(["kin"]));
    assert_eq!(changed.json()["info"], json!({"checked": true}));
    assert_eq!(changed.json()["version"], 2);
    face.patch(&path, &patch).await.problem(409, "conflict");

    assert_eq!(face.delete(&path).await.status, StatusCode::NO_CONTENT);
    face.get(&path).await.problem(404, "memory_not_found");
}

#[tokio::test]
async fn documents_are_added() {
    let face = Face::new();
    let text = "# Boats\n\nThe ferry to Naxos leaves at seven.\n\n# Trains\n\nThere are none.";
    let added = face
        .post(
            NOTES,
            &json!({"documents": [{"text": text, "format": "markdown"}]}),
        )
        .await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    assert!(!added.json()["memories"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn questions_are_answered() {
    let face = Face::new();
    face.add("notes", "My sister Mina moved to Lyon last spring.")
        .await;
    face.add("notes", "The bread was burnt again.").await;
    let question =
        json!({"query": "Where does Mina live?", "cube_ids": ["notes"], "explain": true});

    let found = face.post("/api/v1/search", &question).await;
    assert_eq!(found.status, StatusCode::OK);
    assert_eq!(found.header("content-type"), "application/json");
    let found = found.json();
    assert!(
        found["hits"][0]["memory"]["text"]
            .as_str()
            .unwrap()
            .contains("Lyon"),
        "{found}"
    );
    assert!(
        found["hits"][0]["signals"]
            .as_object()
            .is_some_and(|s| !s.is_empty()),
        "{found}"
    );
    assert_eq!(found["degraded"], json!([]));

    let block = face.post("/api/v1/context", &question).await;
    assert_eq!(block.status, StatusCode::OK);
    let block = block.json();
    assert!(
        block["text"]
            .as_str()
            .unwrap()
            .contains("Ada: My sister Mina"),
        "{block}"
    );
    assert!(block["tokens"].as_u64().is_some_and(|t| t > 5), "{block}");
    assert!(
        block["memories"].as_array().is_some_and(|m| !m.is_empty()),
        "{block}"
    );
}

#[tokio::test]
async fn ids_of_every_script_travel_percent_encoded() {
    let face = Face::new();
    face.add("%E4%BC%9A%E8%AE%AE-2025", "Hello there.").await;
    let cube = face.get("/api/v1/cubes/%E4%BC%9A%E8%AE%AE-2025").await;
    assert_eq!(cube.json()["id"], "会议-2025");
}

#[tokio::test]
async fn a_large_body_is_parsed_too() {
    let face = Face::new();
    let messages: Vec<_> = (0..2000)
        .map(|i| json!({"role": "user", "content": format!("Line {i} of a long talk.")}))
        .collect();
    let added = face.post(NOTES, &json!({"messages": messages})).await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.json()["memories"].as_array().unwrap().len(), 2000);
}
