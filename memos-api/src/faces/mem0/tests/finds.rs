//! Searching and listing.

use serde_json::{Value, json};

use super::{add, texts};
use crate::faces::kit::testing::Harness;

async fn bakery() -> Harness {
    let face = Harness::new();
    for (text, more) in [
        (
            "I love rye bread from the bakery.",
            json!({"user_id": "ada", "metadata": {"topic": "food", "stars": 5}}),
        ),
        (
            "My bicycle has a flat tyre.",
            json!({"user_id": "ada", "agent_id": "bot", "metadata": {"topic": "bikes"}}),
        ),
        (
            "Ben prefers wheat bread.",
            json!({"user_id": "ben", "metadata": {"topic": "food", "stars": 2}}),
        ),
        ("The bot bakes bread at night.", json!({"agent_id": "bot"})),
    ] {
        add(&face, text, more).await;
    }
    face
}

#[tokio::test]
async fn a_search_looks_where_its_filters_say() {
    let face = bakery().await;
    let (ben, rye, bicycle, bot) = (
        "Ben prefers wheat bread.",
        "I love rye bread from the bakery.",
        "My bicycle has a flat tyre.",
        "The bot bakes bread at night.",
    );
    let no_five = json!([{"metadata": {"stars": 5}}]);
    for (filters, expected) in [
        (json!({"user_id": "ada"}), vec![rye, bicycle]),
        (json!({"user_id": "*"}), vec![ben, rye, bicycle]),
        (json!({"agent_id": "bot"}), vec![bicycle, bot]),
        (
            json!({"AND": [{"user_id": "*"}, {"topic": "food"}, {"stars": {"gte": 3}}]}),
            vec![rye],
        ),
        (
            json!({"AND": [{"user_id": ["ada", "ben"]}, {"NOT": no_five}]}),
            vec![ben, bicycle],
        ),
        (json!({"user_id": "nobody"}), vec![]),
    ] {
        let body = json!({"query": "Who loves which bread?", "filters": filters, "threshold": 0.0});
        let found = face.post("/search", &body).await.is(200);
        let mut found = texts(&found["results"]);
        found.sort_unstable();
        assert_eq!(found, expected, "{filters}");
    }
}

#[tokio::test]
async fn scores_are_relevance_and_are_explained() {
    let face = bakery().await;
    let body = json!({"query": "Which bread does Ada love?", "filters": {"user_id": "ada"}});
    let all = face.post("/v3/memories/search/", &body).await.is(200);
    let all = all["results"].as_array().unwrap();
    assert!(all[0]["memory"].as_str().unwrap().contains("rye"));
    let score = |hit: &Value| hit["score"].as_f64().unwrap();
    assert!(
        all.iter().all(|hit| (0.1..=1.0).contains(&score(hit))),
        "{all:?}"
    );
    for part in ["semantic", "bm25", "entity"] {
        assert!(all[0]["score_breakdown"][part].is_number(), "{part}");
    }
    assert_eq!(all[0].get("score_details"), None);
    let mut strict = body.clone();
    strict["threshold"] = score(&all[0]).into();
    strict["explain"] = true.into();
    let best = face.post("/search", &strict).await.is(200);
    assert_eq!(best["results"].as_array().unwrap().len(), 1);
    let details = &best["results"][0]["score_details"];
    assert!(details["signals"]["dense"]["weight"].is_number());
    assert_eq!(details["final_score"], best["results"][0]["score"]);
    assert_eq!(details["threshold"], strict["threshold"]);
    assert_eq!(
        details["semantic_score"],
        all[0]["score_breakdown"]["semantic"]
    );
    let mut few = body.clone();
    few["top_k"] = 1.into();
    few["fields"] = json!(["memory"]);
    let few = face.post("/v2/memories/search/", &few).await.is(200);
    let keys: Vec<_> = few[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "memory"]);
    let mut old = json!({"query": "bread", "user_id": "ada", "output_format": "v1.1"});
    let found = face.post("/v1/memories/search/", &old).await.is(200);
    assert!(texts(&found["results"])[0].contains("rye"));
    old["reference_date"] = "2025-01-01".into();
    face.post("/v1/memories/search/", &old).await.is(200);
}

#[tokio::test]
async fn lists_are_newest_first_and_in_pages() {
    let face = bakery().await;
    let all = face.get("/memories").await.is(200);
    assert_eq!(all["results"].as_array().unwrap().len(), 4);
    let ada = face.get("/memories?user_id=ada&top_k=1").await.is(200);
    assert_eq!(texts(&ada["results"]), ["My bicycle has a flat tyre."]);
    let bots = face.get("/memories?agent_id=bot").await.is(200);
    assert_eq!(bots["results"].as_array().unwrap().len(), 2);

    let filters = json!({"filters": {"OR": [{"user_id": "ada"}, {"user_id": "ben"}]}});
    let page = face
        .post("/v3/memories/?page=2&page_size=2", &filters)
        .await
        .is(200);
    assert_eq!(page["count"], 3);
    assert_eq!(page["next"], Value::Null);
    assert_eq!(page["previous"], "/v3/memories/?page=1&page_size=2");
    assert_eq!(
        texts(&page["results"]),
        ["I love rye bread from the bakery."]
    );
    let list = face.post("/v2/memories/", &filters).await.is(200);
    assert_eq!(list.as_array().unwrap().len(), 3);
    for name in ["top_k", "limit"] {
        let older = format!("/v1/memories/?user_id=ada&{name}=1");
        let older = face.get(&older).await.is(200);
        assert_eq!(texts(&older), ["My bicycle has a flat tyre."]);
        let mut few = filters.clone();
        few[name] = 2.into();
        let few = face.post("/v2/memories/", &few).await.is(200);
        assert_eq!(few.as_array().unwrap().len(), 2);
    }
    let paged = face
        .get("/v1/memories/?user_id=ada&page=1&page_size=1")
        .await
        .is(200);
    assert_eq!(
        (&paged["count"], paged["results"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    assert_eq!(
        paged["next"],
        "/v1/memories/?page=2&page_size=1&user_id=ada"
    );
    let rest = face.get(paged["next"].as_str().unwrap()).await.is(200);
    assert_eq!(
        texts(&rest["results"]),
        ["I love rye bread from the bakery."]
    );
    let request = axum::http::Request::get("/v1/memories/?user_id=ada&page=1&page_size=1")
        .header("host", "127.0.0.1:7777")
        .body(axum::body::Body::empty());
    let absolute = face.ask(request.unwrap()).await.is(200);
    assert_eq!(
        absolute["next"],
        "http://127.0.0.1:7777/v1/memories/?page=2&page_size=1&user_id=ada"
    );
    let bread = face
        .get("/v1/memories/?user_id=ada&keywords=BREAD")
        .await
        .is(200);
    assert_eq!(texts(&bread), ["I love rye bread from the bakery."]);
    let bread = json!({"filters": {"user_id": "ada"}, "keywords": "tyre"});
    let bread = face.post("/v2/memories/", &bread).await.is(200);
    assert_eq!(texts(&bread), ["My bicycle has a flat tyre."]);
    let python = face
        .get("/v1/memories/?filters=%7B%27user_id%27%3A%20%27ben%27%7D")
        .await
        .is(200);
    assert_eq!(texts(&python), ["Ben prefers wheat bread."]);
    let some = face
        .get("/v1/memories/?user_id=ben&fields=memory,score&categories=")
        .await
        .is(200);
    assert_eq!(some[0].as_object().unwrap().len(), 2);
    let dated = json!({"filters": {"user_id": "ada"}, "start_date": "2000-01-01", "end_date": "2001-01-01"});
    assert_eq!(face.post("/v3/memories/", &dated).await.is(200)["count"], 0);
    let mut undated = dated.clone();
    undated["start_date"] = "x".into();
    let undated = face.post("/v3/memories/", &undated).await.is(400);
    assert!(
        undated["detail"]
            .as_str()
            .unwrap()
            .starts_with("start_date: "),
        "{undated}"
    );
    let labelled = json!({"filters": {"user_id": "ada"}, "categories": ["food"]});
    assert_eq!(
        face.post("/v3/memories/", &labelled).await.is(200)["count"],
        0
    );
}

#[tokio::test]
async fn what_was_said_last_comes_first() {
    let face = Harness::new();
    for (text, at) in [("Second.", "2025-06-01"), ("First.", "2024-06-01")] {
        add(&face, text, json!({"user_id": "ada", "timestamp": at})).await;
    }
    let all = face.get("/memories?user_id=ada").await.is(200);
    assert_eq!(texts(&all["results"]), ["Second.", "First."]);
}

#[tokio::test]
async fn other_doors_lead_to_the_same_memories() {
    let face = Harness::new();
    let native =
        json!({"messages": [{"role": "user", "content": "I keep bees."}], "tags": ["animals"]});
    face.post("/api/v1/cubes/ada/memories", &native)
        .await
        .is(201);
    let list = face
        .post(
            "/v3/memories/",
            &json!({"filters": {"user_id": "ada", "categories": "animals"}}),
        )
        .await
        .is(200);
    assert_eq!(texts(&list["results"]), ["I keep bees."]);
    assert_eq!(list["results"][0]["user_id"], "ada");
    assert_eq!(list["results"][0]["categories"], json!(["animals"]));
    let found = face
        .post(
            "/search",
            &json!({"query": "bees", "filters": {"user_id": "ada"}}),
        )
        .await
        .is(200);
    assert_eq!(texts(&found["results"]), ["I keep bees."]);
    let theirs = add(&face, "I keep hens.", json!({"user_id": "ada"})).await;
    face.get(&format!("/api/v1/cubes/ada/memories/{theirs}"))
        .await
        .is(200);
}

#[tokio::test]
async fn what_has_expired_is_hidden_until_it_is_asked_for() {
    use std::sync::Arc;

    use memos_core::{Clock, Timestamp};

    struct Late;
    impl Clock for Late {
        fn now(&self) -> Timestamp {
            "2031-06-15T12:00:00Z".parse().unwrap()
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let open = || {
        crate::MemOs::builder()
            .data(folder.path())
            .working(crate::Working::Later)
    };
    {
        let memos = open().open().unwrap();
        let (who, cube) = ("local".parse().unwrap(), "ada".parse().unwrap());
        for (text, lifespan) in [
            ("Until the 14th.", "until:2031-06-15"),
            ("Until the 15th.", "until:2031-06-16"),
        ] {
            let request = crate::wire::AddRequest {
                messages: Some(json!([{"role": "user", "content": text}])),
                lifespan: Some(lifespan.into()),
                ..Default::default()
            };
            memos.add(&who, &cube, &request).unwrap();
        }
    }
    let memos = Arc::new(open().clock(Arc::new(Late)).open().unwrap());
    let router = crate::http::router(crate::http::AppState::open(
        memos,
        crate::http::Options::default(),
    ));
    let ask = async |path: &str, body: Value| -> Value {
        use tower::ServiceExt as _;
        let request = axum::http::Request::post(path).header("content-type", "application/json");
        let request = request
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        serde_json::from_slice(&body).unwrap()
    };
    let mut list = json!({"filters": {"user_id": "ada"}});
    assert_eq!(
        texts(&ask("/v3/memories/", list.clone()).await["results"]),
        ["Until the 15th."]
    );
    let mut search = json!({"query": "Until when?", "filters": {"user_id": "ada"}, "threshold": 0});
    let found = ask("/search", search.clone()).await;
    assert_eq!(texts(&found["results"]), ["Until the 15th."]);
    assert_eq!(found["results"][0]["expiration_date"], "2031-06-15");
    list["show_expired"] = true.into();
    search["show_expired"] = true.into();
    assert_eq!(ask("/v3/memories/", list).await["count"], 2);
    assert_eq!(
        ask("/search", search).await["results"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
