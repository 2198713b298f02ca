//! Whose memories a call means: names that are blank, users with several cubes, and a user's own
//! among those of others.

use super::*;

#[tokio::test]
async fn a_blank_name_is_none() {
    let stage = Stage::new();
    let own = stage.visit("?user=ada").await;
    for cube in ["", " "] {
        let text = format!("Remembered in {cube:?}.");
        let stored = own
            .did("remember", json!({"text": text, "cube": cube}))
            .await;
        assert_eq!(stored["cube"], "ada");
        let id = json!({"id": stored["ids"][0], "tags": ["x"], "cube": cube});
        assert_eq!(own.did("update", id).await["memory"]["cube"], "ada");
    }
    let memos = stage.visit("?tools=memos&user=ada").await;
    for arguments in [
        json!({"memory_content": "Blank cube.", "cube_id": ""}),
        json!({"memory_content": "Blank user.", "user_id": " "}),
        json!({"memory_content": "Blank path.", "doc_path": "", "cube_id": "", "user_id": ""}),
    ] {
        let added = memos.did("add_memory", arguments).await;
        let one = json!({"cube_id": "ada", "memory_id": added["memory_ids"][0]});
        assert_eq!(
            memos.did("get_memory", one).await["metadata"]["user_id"],
            "ada"
        );
    }
    let made = json!({"cube_name_or_path": "notes", "cube_id": ""});
    let made = memos.did("register_cube", made).await;
    assert_eq!(made["result"], "Cube registered successfully: notes");
    // What has to be named must not be the client's own by mistake.
    for (tool, arguments) in [
        ("delete_all_memories", json!({"cube_id": ""})),
        ("unregister_cube", json!({"cube_id": " "})),
    ] {
        let told = memos.refused(tool, arguments).await;
        assert!(told.contains("field: cube_id"), "{told}");
    }
    let mem0 = stage.visit("?tools=mem0&user=ada").await;
    let added = json!({"text": "I like figs.", "user_id": "", "agent_id": " "});
    let added = mem0.did("add_memory", added).await;
    let id = json!({"memory_id": added["results"][0]["id"]});
    assert_eq!(mem0.did("get_memory", id).await["user_id"], "ada");
}

#[tokio::test]
async fn a_search_goes_through_all_cubes_of_the_user() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos&user=zoe").await;
    let nothing = visitor
        .did("search_memories", json!({"query": "x", "cube_ids": []}))
        .await;
    assert_eq!(nothing["text_mem"], json!([]));
    let second = json!({"cube_name": "Second", "owner_id": "zoe", "cube_id": "zoe2"});
    visitor.did("create_cube", second).await;
    let other = stage.visit("?tools=memos&user=ben").await;
    for cube in ["bens", "others"] {
        let added = json!({"memory_content": format!("Tea in {cube}."), "cube_id": cube});
        other.did("add_memory", added).await;
    }
    visitor
        .did("register_cube", json!({"cube_name_or_path": "bens"}))
        .await;
    for cube in ["zoe", "zoe2"] {
        let added = json!({"memory_content": format!("Tea in {cube}."), "cube_id": cube});
        visitor.did("add_memory", added).await;
    }
    let found = async |asked: Value| {
        let found = visitor.did("search_memories", asked).await;
        let mut cubes: Vec<String> = found["text_mem"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["cube_id"].as_str().unwrap().to_owned())
            .collect();
        cubes.sort();
        cubes
    };
    for asked in [
        json!({"query": "Tea"}),
        json!({"query": "Tea", "user_id": "zoe"}),
        json!({"query": "Tea", "user_id": "", "cube_ids": []}),
    ] {
        assert_eq!(found(asked).await, ["bens", "zoe", "zoe2"]);
    }
    visitor
        .did("unregister_cube", json!({"cube_id": "bens"}))
        .await;
    assert_eq!(found(json!({"query": "Tea"})).await, ["zoe", "zoe2"]);
    // The cube of the client counts as one of its own, whoever the user is.
    let elsewhere = stage.visit("?tools=memos&user=zoe&cube=others").await;
    let all = elsewhere
        .did("search_memories", json!({"query": "Tea"}))
        .await;
    assert_eq!(all["text_mem"].as_array().unwrap().len(), 3, "{all}");
}

#[tokio::test]
async fn a_user_may_have_any_name() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos").await;
    visitor
        .did("create_user", json!({"user_id": "Zoë Ärmel/1"}))
        .await;
    let about = json!({"user_id": "Zoë Ärmel/1"});
    let info = visitor.did("get_user_info", about.clone()).await;
    assert_eq!(info["user_name"], "Zoë Ärmel/1");
    assert_eq!(info["accessible_cubes"][0]["cube_name"], "Zoë Ärmel/1");
    let added = json!({"memory_content": "x", "user_id": "no id"});
    visitor.did("add_memory", added).await;
    let info = visitor
        .did("get_user_info", json!({"user_id": "no id"}))
        .await;
    assert_eq!(info["user_name"], "no id");
    visitor
        .did(
            "create_cube",
            json!({"cube_name": "n", "owner_id": "x", "cube_id": "n"}),
        )
        .await;
    let share = json!({"cube_id": "n", "target_user_id": "Zoë Ärmel/1"});
    let shared = visitor.did("share_cube", share).await;
    assert_eq!(
        shared["result"],
        "Cube n shared successfully with user Zoë Ärmel/1"
    );
    let info = visitor.did("get_user_info", about).await;
    assert_eq!(
        info["accessible_cubes"].as_array().unwrap().len(),
        2,
        "{info}"
    );
}

#[tokio::test]
async fn a_cube_that_nobody_wrote_to_is_empty() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos&cube=mine").await;
    let dumped = visitor.did("dump_cube", json!({})).await;
    assert_eq!(dumped["memories"], 0);
    for uri in [dumped["uri"].as_str().unwrap(), "memos://cube/mine/recent"] {
        let read = visitor
            .ask("resources/read", json!({"uri": uri}))
            .await
            .result();
        assert_eq!(read["contents"][0]["text"], "");
    }
    let named = json!({"query": "x", "cube_ids": ["mine"]});
    assert_eq!(
        visitor.did("search_memories", named).await["text_mem"],
        json!([])
    );
    visitor
        .did("delete_all_memories", json!({"cube_id": "mine"}))
        .await;
    // Another's is not there at all.
    visitor
        .refused("dump_cube", json!({"cube_id": "other"}))
        .await;
    visitor
        .ask("resources/read", json!({"uri": "memos://cube/other/dump"}))
        .await
        .error(-32002);
}

/// Ada and Ben have the same agent and app.
async fn shared_agent(stage: &Stage) -> (Visitor<'_>, Visitor<'_>) {
    let ada = stage.visit("?tools=mem0&user=ada").await;
    let ben = stage.visit("?tools=mem0&user=ben").await;
    for (visitor, name) in [(&ada, "ada"), (&ben, "ben")] {
        for (field, id) in [("agent_id", "bot"), ("app_id", "app")] {
            let mut added =
                json!({"text": format!("{name} likes tea with {id}."), "user_id": name});
            added[field] = id.into();
            visitor.did("add_memory", added).await;
        }
    }
    (ada, ben)
}

async fn count(visitor: &Visitor<'_>, filters: Value) -> u64 {
    let page = visitor
        .did("get_memories", json!({"filters": filters}))
        .await;
    page["count"].as_u64().unwrap()
}

#[tokio::test]
async fn only_the_users_own_are_deleted_and_found() {
    let stage = Stage::new();
    let (ada, ben) = shared_agent(&stage).await;
    let bot = json!({"AND": [{"agent_id": "bot"}]});
    let asked = json!({"query": "Who likes tea?", "filters": bot});
    let found = ada.did("search_memories", asked).await;
    let results = found["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{found}");
    assert_eq!(results[0]["user_id"], "ada");
    assert_eq!(count(&ada, bot.clone()).await, 1);
    let everybodys = json!({"AND": [{"user_id": "*"}, {"agent_id": "bot"}]});
    assert_eq!(count(&ada, everybodys).await, 2);

    let gone = ada
        .did("delete_all_memories", json!({"agent_id": "bot"}))
        .await;
    assert!(
        gone["message"].as_str().unwrap().contains("1 were deleted"),
        "{gone}"
    );
    assert_eq!(count(&ben, json!({})).await, 2);
    assert_eq!(count(&ada, json!({})).await, 1);
}

#[tokio::test]
async fn the_first_entity_alone_is_deleted() {
    let stage = Stage::new();
    let (ada, ben) = shared_agent(&stage).await;
    let both = json!({"user_id": "ada", "agent_id": "bot"});
    ada.did("delete_entities", both).await;
    assert_eq!(count(&ada, json!({})).await, 0);
    assert_eq!(count(&ben, json!({})).await, 2);
    let blank = json!({"user_id": "", "agent_id": "bot", "app_id": "app"});
    ben.did("delete_entities", blank).await;
    assert_eq!(count(&ben, json!({})).await, 1);
    ada.refused("delete_entities", json!({"user_id": " "}))
        .await;
}

#[tokio::test]
async fn an_app_alone_is_no_owner() {
    let stage = Stage::new();
    let ada = stage.visit("?tools=mem0&user=ada").await;
    for (field, user) in [
        ("app_id", json!("ada")),
        ("agent_id", Value::Null),
        ("run_id", Value::Null),
    ] {
        let mut added = json!({"text": format!("Stored with {field}.")});
        added[field] = "x".into();
        let added = ada.did("add_memory", added).await;
        let one = json!({"memory_id": added["results"][0]["id"]});
        let got = ada.did("get_memory", one).await;
        assert_eq!(
            got.get("user_id").cloned().unwrap_or_default(),
            user,
            "{got}"
        );
    }
}
