//! The tools and the resource of the reference memory server.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::*;
use crate::wire::GraphEntity;

#[tokio::test]
async fn a_graph_is_built_read_and_taken_apart() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=graph").await;
    assert_eq!(
        visitor.did("read_graph", json!({})).await,
        json!({"entities": [], "relations": []})
    );
    let gone = visitor
        .did("delete_entities", json!({"entityNames": ["Nobody"]}))
        .await;
    assert_eq!(
        gone["message"],
        "Deleted 0 of 1 entities. Not found: Nobody"
    );
    let entities = json!({"entities": [
        {"name": "Mina", "entityType": "person", "observations": ["Speaks Greek"]},
        {"name": "Acme", "entityType": "company", "observations": []},
    ]});
    let created = visitor.call("create_entities", entities.clone()).await;
    assert_eq!(created["structuredContent"], entities);
    let text = created["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(text).unwrap(),
        entities["entities"]
    );
    let relation = json!({"from": "Mina", "to": "Acme", "relationType": "works_at"});
    let relations = json!({"relations": [relation]});
    assert_eq!(
        visitor.did("create_relations", relations.clone()).await,
        relations
    );
    let more = json!({"observations": [
        {"entityName": "Mina", "contents": ["Speaks Greek", "Likes figs"]},
    ]});
    assert_eq!(
        visitor.did("add_observations", more).await,
        json!({"results": [{"entityName": "Mina", "addedObservations": ["Likes figs"]}]})
    );
    let found = visitor.did("search_nodes", json!({"query": "FIGS"})).await;
    assert_eq!(found["entities"][0]["name"], "Mina");
    assert_eq!(found["relations"], json!([relation]));
    let opened = visitor.did("open_nodes", json!({"names": ["Acme"]})).await;
    assert_eq!(opened["entities"][0]["entityType"], "company");

    let told = visitor
        .refused(
            "add_observations",
            json!({"observations": [{"entityName": "Nobody", "contents": ["x"]}]}),
        )
        .await;
    assert!(
        told.starts_with("Entity with name Nobody not found"),
        "{told}"
    );
    assert!(told.contains("field: observations[0].entityName"), "{told}");
    let told = visitor
        .refused("create_entities", json!({"entities": [{"name": "x"}]}))
        .await;
    assert!(told.contains("entityType"), "{told}");
    let long = "x".repeat(2049);
    visitor
        .refused("search_nodes", json!({"query": long}))
        .await;

    let deletions = json!({"deletions": [
        {"entityName": "Mina", "observations": ["Likes figs", "Never said"]},
        {"entityName": "Nobody", "observations": ["x"]},
    ]});
    let gone = visitor.did("delete_observations", deletions).await;
    assert_eq!(
        gone["message"],
        "Deleted 1 of 3 observations. Entities not found: Nobody"
    );
    let gone = visitor.did("delete_relations", relations).await;
    assert_eq!(gone["message"], "Relations deleted successfully");
    let gone = visitor
        .did("delete_entities", json!({"entityNames": ["Mina"]}))
        .await;
    assert_eq!(gone["success"], true);
    let graph = visitor.did("read_graph", json!({})).await;
    assert_eq!(graph["entities"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_noted_in_the_graph_is_recalled() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=default,graph&cube=notes").await;
    let entities = json!({"entities": [
        {"name": "Mina", "entityType": "person", "observations": ["Speaks Greek", "Likes figs"]},
    ]});
    visitor.did("create_entities", entities).await;
    let found = visitor
        .did("recall", json!({"query": "What does Mina like?"}))
        .await;
    let texts: Vec<&Value> = found["memories"].as_array().unwrap().iter().collect();
    assert!(
        texts
            .iter()
            .any(|m| m["text"] == "Likes figs" && m["about"] == "Mina")
    );
    let resource = visitor
        .ask("resources/read", json!({"uri": "memory://knowledge-graph"}))
        .await
        .result();
    let text = resource["contents"][0]["text"].as_str().unwrap();
    let graph: Value = serde_json::from_str(text).unwrap();
    assert_eq!(graph["entities"][0]["name"], "Mina");
}

#[tokio::test]
async fn subscribers_hear_of_changes_by_whomever() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=graph").await;
    let uri = json!({"uri": "memory://knowledge-graph"});
    visitor
        .ask("resources/subscribe", uri.clone())
        .await
        .result();
    let listen = Request::builder()
        .uri("/mcp")
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &visitor.session)
        .body(Body::empty())
        .unwrap();
    let stream = stage.router.clone().oneshot(listen).await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let mut events = stream.into_body().into_data_stream();
    let mut heard = async |wait: u64| loop {
        let next = tokio::time::timeout(Duration::from_millis(wait), events.next());
        match next.await {
            Ok(Some(chunk)) => {
                let text = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
                if text.contains("notifications/resources/updated") {
                    assert!(text.contains("memory://knowledge-graph"), "{text}");
                    return true;
                }
            }
            Ok(None) => panic!("the stream ended"),
            Err(_) => return false,
        }
    };
    let who = memos_core::UserId::new("local").unwrap();
    let cube = memos_core::CubeId::new("default").unwrap();
    // Not by this client: by the library.
    let entity = |name: &str| GraphEntity {
        name: name.to_owned(),
        entity_type: "person".to_owned(),
        observations: vec!["one".to_owned(), "two".to_owned()],
    };
    let create = |name: &str| {
        let created = stage.memos.create_entities(&who, &cube, vec![entity(name)]);
        created.unwrap();
    };
    create("Mina");
    assert!(heard(5_000).await);
    assert!(!heard(200).await, "one change is told once");
    // What is no part of the graph is not told.
    let said = crate::wire::AddRequest {
        messages: Some(json!([{"role": "user", "content": "By the way."}])),
        ..crate::wire::AddRequest::default()
    };
    stage.memos.add(&who, &cube, &said).unwrap();
    assert!(!heard(200).await);
    visitor.ask("resources/unsubscribe", uri).await.result();
    create("Tom");
    assert!(!heard(200).await);
}

#[tokio::test]
async fn what_is_said_twice_at_once_is_kept_once() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=graph").await;
    let twice =
        json!([{"name": "Mina", "entityType": "person", "observations": ["sings", "sings"]}]);
    let made = visitor
        .did("create_entities", json!({"entities": twice}))
        .await;
    assert_eq!(made["entities"][0]["observations"], json!(["sings"]));
    let graph = visitor.did("read_graph", json!({})).await;
    assert_eq!(graph["entities"], made["entities"]);
}
