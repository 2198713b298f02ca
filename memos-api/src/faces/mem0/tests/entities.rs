//! Users, agents, apps and runs; deleting them, and everything.

use serde_json::{Value, json};

use super::{add, texts};
use crate::faces::kit::testing::Harness;

async fn two_users() -> Harness {
    let face = Harness::new();
    add(&face, "One.", json!({"user_id": "ada", "run_id": "r"})).await;
    add(&face, "Two.", json!({"user_id": "ada"})).await;
    add(
        &face,
        "Three.",
        json!({"user_id": "ben", "agent_id": "bot"}),
    )
    .await;
    add(&face, "Four.", json!({"agent_id": "bot", "app_id": "web"})).await;
    face
}

fn counts(list: &Value) -> Vec<(&str, &str, u64)> {
    let all = list.as_array().unwrap().iter();
    all.map(|one| {
        let text = |name: &str| one[name].as_str().unwrap();
        (
            text("type"),
            text("id"),
            one["total_memories"].as_u64().unwrap(),
        )
    })
    .collect()
}

#[tokio::test]
async fn entities_are_counted() {
    let face = two_users().await;
    let expected = [
        ("user", "ada", 2),
        ("user", "ben", 1),
        ("agent", "bot", 2),
        ("app", "web", 1),
        ("run", "r", 1),
    ];
    // The server goes by the words of the kinds.
    let mut by_word = expected;
    by_word.sort();
    assert_eq!(counts(&face.get("/entities").await.is(200)), by_word);
    let page = face.get("/v1/entities/").await.is(200);
    assert_eq!(counts(&page["results"]), expected);
    assert_eq!(
        (&page["count"], &page["results"][0]["name"]),
        (&json!(5), &json!("ada"))
    );
    let second = face.get("/v1/entities/?page=2&page_size=2").await.is(200);
    assert_eq!(counts(&second["results"]), expected[2..4]);
    assert_eq!(second["next"], "/v1/entities/?page=3&page_size=2");
    let one = face.get("/v1/entities/agent/bot/").await.is(200);
    assert_eq!(one["total_memories"], 2);
    face.get("/v1/entities/agent/ada/").await.is(404);
    let stats = face.get("/v1/stats/").await.is(200);
    assert_eq!(
        (&stats["total_memories"], &stats["total_users"]),
        (&json!(4), &json!(2))
    );
}

#[tokio::test]
async fn deleting_an_entity_forgets_what_names_it() {
    let face = two_users().await;
    let done = face.delete("/v2/entities/agent/bot/").await.is(200);
    assert_eq!(done["message"], "Entity deleted successfully!");
    let all = face.get("/memories").await.is(200);
    assert_eq!(texts(&all["results"]), ["Two.", "One."]);
    // It is done already.
    for again in [
        "/v2/entities/agent/bot/",
        "/v1/entities/agent/bot/",
        "/entities/agent/bot",
    ] {
        face.delete(again).await.is(200);
    }
    assert_eq!(
        face.delete("/entities/user/ada").await.is(200)["message"],
        "Entity deleted"
    );
    assert_eq!(face.get("/entities").await.is(200), json!([]));
    let king = face.delete("/entities/king/ada").await.is(422);
    assert_eq!(king["detail"][0]["type"], "literal_error");
    assert_eq!(king["detail"][0]["loc"], json!(["path", "entity_type"]));
    let king = face.delete("/v2/entities/king/ada/").await.is(400);
    let words = king["errors"]["entity_type"][0].as_str().unwrap();
    assert!(words.contains("'user', 'agent', 'app' or 'run'"), "{king}");
}

#[tokio::test]
async fn whoever_is_listed_can_be_deleted_though_one_memory_named_two() {
    let face = Harness::new();
    let ids = json!({"user_id": "ada", "agent_id": "bot", "run_id": "r1"});
    add(&face, "One.", ids).await;
    let all = face.get("/v1/entities/").await.is(200);
    assert_eq!(all["count"], 3);
    for one in all["results"].as_array().unwrap() {
        let (kind, name) = (
            &one["type"].as_str().unwrap(),
            one["name"].as_str().unwrap(),
        );
        face.delete(&format!("/v2/entities/{kind}/{name}/"))
            .await
            .is(200);
    }
    assert_eq!(face.get("/v1/entities/").await.is(200)["count"], 0);
}

#[tokio::test]
async fn nobody_is_called_everybody() {
    let face = two_users().await;
    for body in [
        json!({"messages": [{"role": "user", "content": "x"}], "user_id": "*"}),
        json!({"messages": [{"role": "user", "content": "x"}], "user_id": "ada", "run_id": "*"}),
    ] {
        let refused = face.post("/memories", &body).await.is(400);
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("nobody's name"),
            "{refused}"
        );
    }
    let platform = json!({"messages": "x", "filters": {"user_id": "*"}});
    face.post("/v3/memories/add/", &platform).await.is(400);
    // What takes a name takes it for what it is.
    for path in [
        "/entities/user/*",
        "/v2/entities/user/*/",
        "/memories?user_id=*",
    ] {
        face.delete(path).await.is(200);
    }
    let all = face.get("/memories").await.is(200);
    assert_eq!(all["results"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn blanks_around_a_name_are_no_part_of_it() {
    let face = Harness::new();
    let asked = json!({"query": "One", "filters": {"user_id": " tr "}});
    let list = async |path: &str| face.post(path, &asked).await.is(200);
    for delete in [
        "/entities/user/%20tr",
        "/v1/entities/user/%20tr%20/",
        "/v2/entities/user/%20tr%20/",
        "/memories?user_id=%20tr",
        "/v1/memories/?user_id=%20tr",
        "/v1/memories/?filters=%7B%22user_id%22%3A%22%20tr%20%22%7D",
    ] {
        add(&face, "One.", json!({"user_id": " tr "})).await;
        face.get("/v1/entities/user/%20tr/").await.is(200);
        for path in ["/v3/memories/", "/v3/memories/search/", "/search"] {
            assert_eq!(texts(&list(path).await["results"]), ["One."], "{path}");
        }
        assert_eq!(texts(&list("/v2/memories/").await), ["One."]);
        face.delete(delete).await.is(200);
        let left = face.get("/memories").await.is(200);
        assert_eq!(left, json!({"results": []}), "{delete}");
    }
    face.delete("/entities/user/%20").await.is(400);
}

#[tokio::test]
async fn deleting_by_filters_takes_no_more_than_they_say() {
    let face = two_users().await;
    face.delete("/memories?user_id=ada&run_id=r").await.is(200);
    let all = face.get("/memories").await.is(200);
    assert_eq!(texts(&all["results"]), ["Four.", "Three.", "Two."]);
    let python = "/v1/memories/?filters=%7B%27user_id%27%3A%20%27ben%27%7D";
    assert_eq!(
        face.delete(python).await.is(200)["message"],
        "Memories deleted successfully!"
    );
    face.delete("/v1/memories/?agent_id=*").await.is(200);
    let all = face.get("/memories").await.is(200);
    assert_eq!(texts(&all["results"]), ["Two."]);
    for bad in [
        "/memories",
        "/v1/memories/",
        "/v1/memories/?filters=%7B%27k%27%3A1%7D",
        "/v1/memories/?filters=oops",
        "/v1/memories/?user_id=ada&categories=food",
        "/v1/memories/?user_id=ada&keywords=Three",
        "/v1/memories/?user_id=ada&run_id=",
        "/memories?user_id=ada&run_id=%20",
    ] {
        face.delete(bad).await.is(400);
    }
    assert_eq!(
        face.get("/memories").await.is(200)["results"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_reset_forgets_everything_also_what_came_by_other_doors() {
    let face = two_users().await;
    let native = json!({"messages": [{"role": "user", "content": "I keep bees."}]});
    face.post("/api/v1/cubes/garden/memories", &native)
        .await
        .is(201);
    assert_eq!(
        face.send(axum::http::Method::POST, "/reset", None)
            .await
            .is(200)["message"],
        "All memories reset"
    );
    assert_eq!(face.get("/memories").await.is(200), json!({"results": []}));
    assert_eq!(
        face.get("/api/v1/cubes/garden/memories").await.is(200)["memories"],
        json!([])
    );
}
