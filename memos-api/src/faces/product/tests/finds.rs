//! Searching and reading.

use serde_json::{Value, json};

use super::{add, ask, found};
use crate::faces::kit::testing::Harness;

#[tokio::test]
async fn a_search_has_every_list_and_the_first_is_never_missing() {
    let face = Harness::new();
    let none = ask(
        &face,
        "search",
        &json!({"user_id": "ada", "query": "strawberries"}),
    )
    .await;
    assert_eq!(none["message"], "Search completed successfully");
    let empty = json!([{"cube_id": "ada", "memories": [], "total_nodes": 0}]);
    let data = &none["data"];
    for list in ["text_mem", "pref_mem", "tool_mem", "skill_mem"] {
        assert_eq!(data[list], empty, "{list}");
    }
    for list in ["act_mem", "para_mem"] {
        assert_eq!(data[list], json!([]));
    }
    assert_eq!(data["pref_note"], "");
    assert!(data.get("pref_string").is_none() && data.get("degraded").is_none());

    add(
        &face,
        &["I like strawberries.", "The ferry leaves at noon."],
    )
    .await;
    let some = found(&face, "strawberries").await;
    assert!(some[0]["memory"].as_str().unwrap().contains("strawberries"));
    let relativity = |m: &Value| m["metadata"]["relativity"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&relativity(&some[0])));
    assert!(relativity(&some[0]) > relativity(&some[1]));
    let strict = json!({"user_id": "ada", "query": "What is the boiling point of tungsten?"});
    let strict = ask(&face, "search", &strict).await;
    assert_eq!(strict["data"]["text_mem"], empty);
    assert_eq!(strict["data"]["text_mem"][0]["memories"], json!([]));
}

#[tokio::test]
async fn several_cubes_answer_each_for_itself() {
    let face = Harness::new();
    for cube in ["a", "b"] {
        let body = json!({"user_id": cube, "messages": format!("Cube {cube} has strawberries.")});
        ask(&face, "add", &body).await;
    }
    let body = json!({
        "user_id": "ada", "query": "strawberries", "readable_cube_ids": ["none", "b", "a", "b"],
        "filter": {"a": {"and": [{"user_id": "nobody"}]}},
    });
    let data = &ask(&face, "search", &body).await["data"];
    let text = data["text_mem"].as_array().unwrap();
    assert_eq!(text.len(), 1, "only cubes with hits: {data}");
    assert_eq!(text[0]["cube_id"], "b");
    assert_eq!(data["tool_mem"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn filters_choose_and_limits_cut() {
    let face = Harness::new();
    let ids = add(
        &face,
        &[
            "I like strawberries.",
            "I like 100% tea.",
            "I like 1000 trains.",
        ],
    )
    .await;
    // Names that a memory has itself are no fields of the caller's.
    let info = json!({"app.v": 2, "type": "hers", "confidence": 0.1, "version": 9, "is_fast": true,
                      "session_id": "hers", "user_id": "she"});
    let tagged = json!({"user_id": "ada", "custom_tags": ["x"], "info": info, "session_id": "",
                        "messages": "I like maps."});
    ask(&face, "add", &tagged).await;
    for (filter, count) in [
        (json!(null), 4),
        (json!({}), 4),
        (json!({"and": [{"id": ids[0]}]}), 1),
        (
            json!({"or": [{"id": [ids[0], ids[1]]}, {"tags": {"contains": "x"}}]}),
            3,
        ),
        (json!({"tags": {"contains": "x"}}), 1),
        (json!({"app.v": {"gte": 2}}), 1),
        (json!({"created_at": {"gt": "2001-01-01"}}), 4),
        (json!({"created_at": {"gt": "2199-01-01"}}), 0),
        (
            json!({"and": [{"user_id": "ada"}, {"status": "activated"}]}),
            4,
        ),
        (json!({"memory_type": "PreferenceMemory"}), 0),
        (json!({"session_id": "default_session"}), 4),
        (json!({"session_id": ""}), 0),
        (json!({"memory": {"like": "100%"}}), 1),
        (json!({"memory": {"like": "%"}}), 1),
        (json!({"memory": {"like": "like"}}), 4),
        (
            json!({"type": "chat", "version": 1, "confidence": 1.0, "is_fast": false}),
            4,
        ),
        (json!({"type": "doc"}), 0),
        (json!({"version": {"gt": 1}}), 0),
        (json!({"confidence": {"lt": 0.5}}), 0),
        (json!({"is_fast": true}), 0),
        (json!({"type": "hers"}), 0),
    ] {
        let body = json!({"user_id": "ada", "query": "like", "relativity": 0, "filter": filter});
        let data = &ask(&face, "search", &body).await["data"];
        assert_eq!(data["text_mem"][0]["total_nodes"], count, "{filter}");
    }
    let body = json!({"user_id": "ada", "query": "like", "relativity": 0, "top_k": 2});
    let data = &ask(&face, "search", &body).await["data"];
    assert_eq!(data["text_mem"][0]["total_nodes"], 2);
    let body = json!({"user_id": "ada", "query": "like", "search_memory_type": "SkillMemory"});
    let data = &ask(&face, "search", &body).await["data"];
    assert_eq!(data["text_mem"][0]["total_nodes"], 0);
}

#[tokio::test]
async fn what_cannot_take_part_is_told() {
    let face = Harness::new();
    add(&face, &["I like strawberries."]).await;
    let body = json!({"user_id": "ada", "query": "like", "mode": "fine", "internet_search": true});
    let data = &ask(&face, "search", &body).await["data"];
    let told = data["degraded"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{data}");
}

#[tokio::test]
async fn preferences_tools_and_skills_have_lists_of_their_own() {
    let face = Harness::working();
    let body = json!({"user_id": "ada", "async_mode": "sync", "session_id": "breakfast", "messages": [
        {"role": "user", "content": "I love strawberries, and I prefer short answers."},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "shop", "arguments": "{\"buy\": \"strawberries\"}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "Bought strawberries."},
    ]});
    ask(&face, "add", &body).await;
    let waited = face.send(
        axum::http::Method::POST,
        "/product/scheduler/wait?user_name=ada&timeout_seconds=inf",
        None,
    );
    assert_eq!(waited.await.is(200)["message"], "idle");
    let body = json!({"user_id": "ada", "query": "Do I love strawberries?", "relativity": 0});
    let data = &ask(&face, "search", &body).await["data"];
    assert_eq!(data["text_mem"][0]["total_nodes"], 1, "{data}");
    assert_eq!(data["tool_mem"][0]["total_nodes"], 2, "{data}");
    let preference = &data["pref_mem"][0]["memories"][0];
    let metadata = &preference["metadata"];
    assert_eq!(metadata["preference_type"], "explicit_preference", "{data}");
    assert_eq!(metadata["preference"], preference["memory"]);
    assert_eq!(metadata["memory_type"], "PreferenceMemory");
    assert_eq!(metadata["dialog_id"], "breakfast");
    for noted in ["explicit", "rule", "sessions"] {
        assert!(metadata.get(noted).is_none(), "{metadata}");
    }
    let block = data["pref_string"].as_str().unwrap();
    assert!(block.starts_with("Explicit Preference:\n1. "), "{block}");
    assert!(block.ends_with(data["pref_note"].as_str().unwrap()));
    let body = json!({"user_id": "ada", "query": "Do I love strawberries?", "pref_top_k": 0,
                      "search_tool_memory": false});
    let data = &ask(&face, "search", &body).await["data"];
    for list in ["pref_mem", "tool_mem"] {
        assert_eq!(data[list][0]["total_nodes"], 0);
    }
}

#[tokio::test]
async fn memories_are_listed_by_page() {
    let face = Harness::new();
    add(&face, &["one", "two", "three"]).await;
    let body = json!({"mem_cube_id": "ada", "page": 2, "page_size": 2});
    let got = ask(&face, "get_memory", &body).await;
    assert_eq!(got["message"], "Memories retrieved successfully");
    let text = &got["data"]["text_mem"][0];
    assert_eq!(text["total_nodes"], 3);
    assert_eq!(text["memories"].as_array().unwrap().len(), 1);
    assert_eq!(
        text["memories"][0]["metadata"]["sources"][0]["content"],
        "one"
    );
    for list in ["pref_mem", "tool_mem", "skill_mem"] {
        assert_eq!(got["data"][list][0]["total_nodes"], 0);
    }
    let body = json!({"mem_cube_id": "ada", "include_preference": false, "include_tool_memory": false,
                      "include_skill_memory": false, "user_id": null, "page": null});
    let got = ask(&face, "get_memory", &body).await;
    assert_eq!(got["data"]["pref_mem"], json!([]));
    let dashboard = ask(&face, "get_memory_dashboard", &json!({})).await;
    assert_eq!(dashboard["data"]["statistics"]["total_text_nodes"], 3);
    assert_eq!(dashboard["data"]["text_mem"][0]["cube_id"], "ada");
}

#[tokio::test]
async fn memories_are_read_by_id() {
    let face = Harness::new();
    let ids = add(&face, &["one", "two"]).await;
    let missing = "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e";
    for id in [missing, "no-uuid"] {
        let got = face.get(&format!("/product/get_memory/{id}")).await.is(200);
        assert_eq!(got["data"], Value::Null);
        assert_eq!(got["message"], format!("Memory with ID {id} not found"));
    }
    let got = ask(
        &face,
        "get_memory_by_ids",
        &json!([ids[1], missing, ids[0], "x"]),
    )
    .await;
    let got = got["data"]["memories"].as_array().unwrap();
    assert_eq!(got[0]["id"], json!(ids[1]));
    assert_eq!(got.len(), 2);
    let body = json!({"memory_ids": [ids[0], missing]});
    let names = ask(&face, "get_user_names_by_memory_ids", &body).await;
    assert_eq!(names["message"], "Successfully");
    assert_eq!(
        names["data"],
        json!({ids[0].as_str(): "ada", missing: null})
    );
}

#[tokio::test]
async fn a_cube_is_a_tree() {
    let face = Harness::new();
    add(&face, &["I like strawberries.", "I like tea."]).await;
    let body = json!({"user_id": "ada", "memory_type": "text_mem"});
    let all = ask(&face, "get_all", &body).await;
    let one = &all["data"][0];
    assert_eq!(one["cube_id"], "ada");
    let graph = &one["memories"][0];
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 2);
    assert!(graph["edges"].is_array());
    let leaves = graph["tree_structure"]["children"].as_array().unwrap();
    assert_eq!(leaves.len(), 2);
    assert_eq!(leaves[0]["node_name"], "I like strawberries.");
    assert_eq!(leaves[0]["memory_type"], "LongTermMemory");
    assert!(leaves[0].get("children").is_none());
    assert_eq!(one["memory_statistics"], json!({"LongTermMemory": 2}));
    let body = json!({"user_id": "x", "memory_type": "text_mem", "mem_cube_ids": ["ada", "y"],
                      "search_query": "tea", "search_type": "embedding"});
    let part = ask(&face, "get_all", &body).await;
    assert_eq!(part["data"][0]["cube_id"], "ada");
    for kind in ["act_mem", "para_mem", "param_mem"] {
        let body = json!({"user_id": "ada", "memory_type": kind});
        assert_eq!(ask(&face, "get_all", &body).await["data"], json!([]));
    }
}

#[tokio::test]
async fn a_question_without_words_finds_nothing() {
    let face = Harness::new();
    add(&face, &["I like strawberries."]).await;
    for query in ["", " "] {
        let body = json!({"user_id": "ada", "query": query, "relativity": 0});
        let data = &ask(&face, "search", &body).await["data"];
        assert_eq!(data["text_mem"][0]["memories"], json!([]));
    }
    let body = json!({"user_id": "ada", "query": "strawberries", "search_memory_type": "Foo"});
    let data = &ask(&face, "search", &body).await["data"];
    assert_eq!(data["text_mem"][0]["memories"], json!([]));
}

#[tokio::test]
async fn the_title_that_is_shown_is_found() {
    let face = Harness::new();
    add(
        &face,
        &["Buy tea! And 50% more.", "Buy tea and coffee", "Buy_tea"],
    )
    .await;
    let long = "a long way ".repeat(20);
    add(&face, &[long.trim()]).await;
    let all = ask(&face, "get_memory", &json!({"mem_cube_id": "ada"})).await;
    let memories = all["data"]["text_mem"][0]["memories"].as_array().unwrap();
    for memory in memories {
        let filter = json!({"key": memory["metadata"]["key"]});
        let body = json!({"mem_cube_id": "ada", "filter": filter});
        let got = ask(&face, "get_memory", &body).await;
        let bucket = &got["data"]["text_mem"][0];
        assert_eq!(bucket["total_nodes"], 1, "{filter}: {bucket}");
        assert_eq!(bucket["memories"][0]["id"], memory["id"]);
    }
    for (filter, count) in [
        (json!({"key": {"in": ["Buy tea", "Buy_tea", "none"]}}), 2),
        (json!({"key": {"ne": "Buy tea"}}), 3),
        (json!({"key": {"contains": "coffee"}}), 1),
        (json!({"key": "Buy"}), 0),
        (json!({"and": []}), 4),
    ] {
        let body = json!({"mem_cube_id": "ada", "filter": filter});
        let got = ask(&face, "get_memory", &body).await;
        assert_eq!(got["data"]["text_mem"][0]["total_nodes"], count, "{filter}");
    }
}

#[tokio::test]
async fn a_page_needs_its_number_and_its_size() {
    let face = Harness::new();
    add(&face, &["one", "two", "three"]).await;
    for (page, size, count) in [
        (json!(null), json!(1), 3),
        (json!(2), json!(null), 3),
        (json!(0), json!(2), 2),
        (json!(-5), json!(0), 3),
        (json!(2), json!(2), 1),
    ] {
        let body = json!({"mem_cube_id": "ada", "page": page, "page_size": size});
        let got = ask(&face, "get_memory", &body).await;
        let bucket = &got["data"]["text_mem"][0];
        assert_eq!(
            bucket["memories"].as_array().unwrap().len(),
            count,
            "{body}"
        );
        assert_eq!(bucket["total_nodes"], 3);
    }
    let body = json!({"mem_cube_id": "ada", "page": 1, "page_size": 2});
    let got = ask(&face, "get_memory_dashboard", &body).await;
    assert_eq!(got["data"]["text_mem"][0]["total_nodes"], 2);
    assert_eq!(got["data"]["statistics"]["total_text_nodes"], 3);
}

#[tokio::test]
async fn what_is_concluded_about_the_user_is_user_memory() {
    let face = Harness::working();
    let body = json!({"user_id": "ada", "messages": "My name is Ada Lovelace."});
    ask(&face, "add", &body).await;
    let wait = "/product/scheduler/wait?user_name=ada&timeout_seconds=60";
    face.send(axum::http::Method::POST, wait, None)
        .await
        .is(200);
    let body = json!({"user_id": "ada", "query": "What is my name?", "relativity": 0,
                      "search_memory_type": "UserMemory"});
    let data = &ask(&face, "search", &body).await["data"];
    let known = &data["text_mem"][0]["memories"][0];
    assert!(known["memory"].as_str().unwrap().contains("Ada"), "{data}");
    assert_eq!(known["metadata"]["memory_type"], "UserMemory");
    let body = json!({"user_id": "ada", "query": "What is my name?", "relativity": 0,
                      "search_memory_type": "LongTermMemory"});
    let data = &ask(&face, "search", &body).await["data"];
    let said = data["text_mem"][0]["memories"].as_array().unwrap();
    assert!(said.iter().all(|m| m["id"] != known["id"]), "{data}");
}
