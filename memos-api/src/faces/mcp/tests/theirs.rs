//! The tools of MemOS's own server, and of mem0's.

use super::*;

#[tokio::test]
async fn memos_tools_work_on_cubes_of_users() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos").await;
    let made = visitor
        .did(
            "create_user",
            json!({"user_id": "ada", "user_name": "Ada", "role": "admin"}),
        )
        .await;
    assert_eq!(made["result"], "User created successfully: ada");
    let made = visitor
        .did(
            "create_cube",
            json!({"cube_name": "Notes", "owner_id": "ada", "cube_id": "notes"}),
        )
        .await;
    assert_eq!(made["result"], "Cube created successfully: notes");
    let info = visitor
        .did("get_user_info", json!({"user_id": "ada"}))
        .await;
    assert_eq!(info["role"], "ADMIN");
    assert_eq!(info["user_name"], "Ada");
    assert_eq!(info["accessible_cubes"].as_array().unwrap().len(), 2);

    let added = visitor
        .did(
            "add_memory",
            json!({"memory_content": "Mina lives in Lyon.", "user_id": "ada"}),
        )
        .await;
    assert_eq!(added["result"], "Memory added successfully");
    let id = added["memory_ids"][0].clone();
    let messages = json!([{"role": "user", "content": "Tom lives in Athens."}]);
    visitor
        .did(
            "add_memory",
            json!({"messages": messages, "cube_id": "notes"}),
        )
        .await;
    let question = json!({"query": "Who lives where?", "user_id": "ada"});
    let found = visitor.did("search_memories", question.clone()).await;
    assert_eq!(found["text_mem"].as_array().unwrap().len(), 2, "{found}");
    let one = json!({"cube_id": "ada", "memory_id": id});
    let got = visitor.did("get_memory", one.clone()).await;
    assert_eq!(got["memory"], "Mina lives in Lyon.");
    assert_eq!(got["metadata"]["user_id"], "ada");
    let change =
        json!({"cube_id": "ada", "memory_id": id, "memory_content": "Mina lives in Nice."});
    visitor.did("update_memory", change).await;
    let got = visitor.did("get_memory", one.clone()).await;
    assert_eq!(got["memory"], "Mina lives in Nice.");

    // What is unregistered is out of reach of this session alone.
    visitor
        .did("unregister_cube", json!({"cube_id": "notes"}))
        .await;
    let found = visitor.did("search_memories", question.clone()).await;
    assert_eq!(found["text_mem"].as_array().unwrap().len(), 1);
    let told = visitor
        .refused("delete_all_memories", json!({"cube_id": "notes"}))
        .await;
    assert!(told.contains("register_cube"), "{told}");
    let other = stage.visit("?tools=memos").await;
    let found = other.did("search_memories", question).await;
    assert_eq!(found["text_mem"].as_array().unwrap().len(), 2);
    visitor
        .did("register_cube", json!({"cube_name_or_path": "notes"}))
        .await;

    let dumped = visitor
        .call("dump_cube", json!({"dump_dir": "/tmp", "cube_id": "notes"}))
        .await;
    assert_eq!(dumped["structuredContent"]["memories"], 1);
    let link = &dumped["content"][1];
    assert_eq!(link["type"], "resource_link", "{dumped}");
    let read = visitor
        .ask("resources/read", json!({"uri": link["uri"]}))
        .await
        .result();
    assert!(
        read["contents"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Athens")
    );
    visitor
        .did(
            "share_cube",
            json!({"cube_id": "notes", "target_user_id": "ben"}),
        )
        .await;
    let info = visitor
        .did("get_user_info", json!({"user_id": "ben"}))
        .await;
    assert_eq!(info["accessible_cubes"][0]["cube_id"], "notes");

    visitor.did("delete_memory", one.clone()).await;
    visitor.refused("get_memory", one).await;
    let gone = visitor
        .did("delete_all_memories", json!({"cube_id": "notes"}))
        .await;
    assert_eq!(
        gone["result"],
        "All memories deleted successfully from cube: notes"
    );
    let info = visitor
        .did("get_user_info", json!({"user_id": "ada"}))
        .await;
    assert_eq!(info["accessible_cubes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn memos_tools_open_no_files_and_stop_no_others_work() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos").await;
    for (tool, arguments, field) in [
        ("add_memory", json!({"doc_path": "/etc/passwd"}), "doc_path"),
        ("add_memory", json!({}), "memory_content"),
        (
            "control_memory_scheduler",
            json!({"action": "stop"}),
            "action",
        ),
        (
            "control_memory_scheduler",
            json!({"action": "pause"}),
            "action",
        ),
        ("create_user", json!({"user_id": ""}), "user_id"),
        (
            "get_memory",
            json!({"cube_id": "a", "memory_id": "x"}),
            "memory_id",
        ),
    ] {
        let told = visitor.refused(tool, arguments).await;
        assert!(told.contains(&format!("field: {field}")), "{tool}: {told}");
    }
    let told = visitor
        .refused(
            "search_memories",
            json!({"query": "x", "cube_ids": ["nope"]}),
        )
        .await;
    assert!(told.contains("nope"), "{told}");
    let cleared = visitor
        .did("clear_chat_history", json!({"user_id": "ada"}))
        .await;
    assert_eq!(cleared["result"], "Chat history cleared for user: ada");
    let told = visitor.refused("chat", json!({"query": "hello"})).await;
    assert!(told.contains("language model"), "{told}");
}

#[tokio::test]
async fn mem0_tools_do_what_mem0_does() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=mem0&user=ada").await;
    let added = visitor
        .did(
            "add_memory",
            json!({"text": "I moved to Lyon.", "metadata": {"kind": "home"}}),
        )
        .await;
    let id = added["results"][0]["id"].clone();
    assert_eq!(added["results"][0]["event"], "ADD");
    let messages = json!([{"role": "user", "content": "I like figs."}]);
    visitor
        .did(
            "add_memory",
            json!({"messages": messages, "user_id": "ben", "run_id": "r1"}),
        )
        .await;
    let found = visitor
        .did("search_memories", json!({"query": "Where did I move?"}))
        .await;
    assert_eq!(found["results"][0]["memory"], "I moved to Lyon.");
    assert_eq!(found["results"][0]["user_id"], "ada");
    assert_eq!(found["results"][0]["metadata"]["kind"], "home");
    let of_ben = json!({"query": "figs", "filters": {"AND": [{"user_id": "ben"}]}, "limit": 5});
    let found = visitor.did("search_memories", of_ben).await;
    assert_eq!(found["results"][0]["memory"], "I like figs.");
    let kind = json!({"filters": {"metadata": {"kind": "home"}}});
    let page = visitor.did("get_memories", kind).await;
    assert_eq!(page["count"], 1);
    let none = visitor
        .did("get_memories", json!({"page": 2, "page_size": 1}))
        .await;
    assert_eq!(none["results"], json!([]));

    let one = json!({"memory_id": id});
    assert_eq!(
        visitor.did("get_memory", one.clone()).await["memory"],
        "I moved to Lyon."
    );
    let change = json!({"memory_id": id, "text": "I moved to Nice."});
    assert_eq!(
        visitor.did("update_memory", change).await["memory"],
        "I moved to Nice."
    );
    let who = visitor.did("list_entities", json!({})).await;
    let names: Vec<&Value> = who["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["id"])
        .collect();
    assert_eq!(names, ["ada", "ben", "r1"]);
    visitor.did("delete_memory", one.clone()).await;
    let told = visitor.refused("get_memory", one).await;
    assert!(
        told.contains("memory_id") || told.contains("no memory"),
        "{told}"
    );

    visitor.did("add_memory", json!({"text": "Again."})).await;
    let gone = visitor.did("delete_all_memories", json!({})).await;
    assert!(
        gone["message"].as_str().unwrap().contains("1 were deleted"),
        "{gone}"
    );
    visitor
        .did("delete_entities", json!({"run_id": "r1"}))
        .await;
    let who = visitor.did("list_entities", json!({})).await;
    assert_eq!(who["results"], json!([]));
    for (tool, arguments, word) in [
        ("add_memory", json!({}), "text"),
        ("delete_entities", json!({}), "user_id"),
        ("delete_entities", json!({"user_id": "nobody"}), "nobody"),
        (
            "search_memories",
            json!({"query": "x", "filters": {"created_at": {"near": 1}}}),
            "created_at",
        ),
        ("get_memories", json!({"page": 0}), "page"),
        ("get_memory", json!({"memory_id": "x"}), "x"),
    ] {
        let told = visitor.refused(tool, arguments).await;
        assert!(told.contains(word), "{tool}: {told}");
        assert!(!told.contains("openapi"), "{tool}: {told}");
    }
}

#[tokio::test]
async fn the_memory_tool_keeps_files() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=files").await;
    let call = async |input: Value| visitor.call("memory", input).await;
    let text = json!({"command": "create", "path": "/memories/a.md", "file_text": "Likes tea.\n"});
    let made = call(text).await;
    assert_eq!(made["isError"], false, "{made}");
    let seen = call(json!({"command": "view", "path": "/memories/a.md"})).await;
    assert!(
        seen["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Likes tea."),
        "{seen}"
    );
    assert_eq!(
        seen["structuredContent"]["content"],
        seen["content"][0]["text"]
    );
    // What the model got wrong is told as over HTTP, in the words of the tool.
    let line = json!({"command": "insert", "path": "/memories/a.md", "insert_line": "1", "insert_text": "And cake."});
    assert_eq!(call(line.clone()).await["isError"], false);
    for (name, value, words) in [
        ("insert_line", json!(1.5), "`insert_line`"),
        (
            "command",
            Value::Null,
            "Missing required parameter `command`",
        ),
        ("path", json!(5), "`path`"),
    ] {
        let mut input = line.clone();
        input[name] = value;
        let wrong = call(input).await;
        assert_eq!(wrong["isError"], true, "{wrong}");
        let told = wrong["content"][0]["text"].as_str().unwrap();
        assert!(
            told.starts_with("Error: ") && told.contains(words),
            "{told}"
        );
    }
    let wrong = call(json!({"command": "view", "path": "/etc/passwd"})).await;
    assert_eq!(wrong["isError"], true, "{wrong}");
    assert!(wrong.get("structuredContent").is_none());
}

#[tokio::test]
async fn errors_name_what_the_client_wrote() {
    let stage = Stage::new();
    let visitor = stage.visit("?tools=memos").await;
    let bad = json!({"role": "bogus", "content": "x"});
    let both = json!({"memory_content": "fine", "messages": [bad]});
    let told = visitor.refused("add_memory", both).await;
    assert!(told.contains("messages[0].role"), "{told}");
    let long = json!({"memory_content": "word ".repeat(250_000)});
    let told = visitor.refused("add_memory", long).await;
    assert!(told.contains("field: memory_content"), "{told}");
    let added = visitor
        .did(
            "add_memory",
            json!({"memory_content": "I like tea.", "cube_id": " teas "}),
        )
        .await;
    let id = &added["memory_ids"][0];
    let empty = json!({"cube_id": "teas", "memory_id": id, "memory_content": ""});
    let told = visitor.refused("update_memory", empty).await;
    assert!(told.contains("field: memory_content"), "{told}");

    let visitor = stage.visit("?tools=mem0").await;
    let told = visitor
        .refused("get_memories", json!({"filters": {"OR": []}}))
        .await;
    assert!(told.contains("field: filters.OR"), "{told}");
}
