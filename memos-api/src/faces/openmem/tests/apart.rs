//! What one caller's name leads to, and what it must not.

use serde_json::{Value, json};

use super::{Harness, found, ok, refused, say};

#[tokio::test]
async fn no_name_leads_to_the_servers_own_cubes() {
    let face = Harness::new();
    let base = ok(
        &face,
        "/create/knowledgebase",
        json!({"knowledgebase_name": "Handbook"}),
    )
    .await;
    let id = base["id"].as_str().unwrap();
    let file = json!({"knowledgebase_id": id, "file": [
        {"name": "a.md", "content": "The ferry leaves at seven."}]});
    ok(&face, "/add/knowledgebase-file", file).await;
    let body = json!({"user_id": "ada", "allow_public": true,
        "messages": [{"role": "user", "content": "The office is closed."}]});
    ok(&face, "/add/message", body).await;
    let question = |user: &str, bases: Value| {
        json!({"user_id": user, "query": "When does the ferry leave?", "relativity": 0,
            "knowledgebase_ids": bases, "filter": {"public": {"and": [{"user_id": "nobody"}]}}})
    };
    for name in [format!("knowledge:{id}"), "openmem:public".to_owned()] {
        let texts = found(&face, question(&name, Value::Null)).await;
        assert!(texts.is_empty(), "{name}: {texts:?}");
        let (_, code, _) = refused(&face, "/delete/memory", json!({"user_id": name})).await;
        assert_eq!(code, 40308, "{name}");
    }
    let files = format!("knowledge-files:{id}");
    say(&face, &files, "c", "I am a file.").await;
    let listed = ok(
        &face,
        "/get/knowledgebase-file",
        json!({"knowledgebase_id": id}),
    )
    .await;
    assert_eq!(listed["total"], 1, "{listed}");
    // Who has such a name has memories of his own.
    assert_eq!(found(&face, question(&files, Value::Null)).await.len(), 1);
    assert_eq!(found(&face, question("bob", json!([id]))).await.len(), 1);
}

#[tokio::test]
async fn a_user_and_an_agent_of_one_name_are_two() {
    let face = Harness::new();
    say(&face, "same", "c", "I like ferries.").await;
    let body =
        json!({"agent_id": "same", "messages": [{"role": "user", "content": "I guard ferries."}]});
    ok(&face, "/add/message", body).await;
    let question = |kind: &str| json!({kind: "same", "query": "ferries", "relativity": 0});
    assert_eq!(found(&face, question("user_id")).await, ["I like ferries."]);
    assert_eq!(
        found(&face, question("agent_id")).await,
        ["I guard ferries."]
    );
    ok(&face, "/delete/memory", json!({"agent_id": "same"})).await;
    assert_eq!(found(&face, question("user_id")).await, ["I like ferries."]);
    assert!(found(&face, question("agent_id")).await.is_empty());
}

#[tokio::test]
async fn a_file_in_a_message_is_read() {
    let face = Harness::new();
    let body = |content: Value| {
        json!({"user_id": "ada", "conversation_id": "c", "messages": [
            {"role": "user", "content": content}]})
    };
    let file =
        |data: &str| json!([{"type": "file", "file": {"file_data": data, "filename": "h.txt"}}]);
    let words = "VGhlIGZlcnJ5IHRvIE5heG9zIGxlYXZlcyBhdCBzZXZlbi4=";
    ok(&face, "/add/message", body(file(words))).await;
    let question =
        json!({"user_id": "ada", "query": "When does the ferry to Naxos leave?", "relativity": 0});
    assert_eq!(
        found(&face, question).await,
        ["The ferry to Naxos leaves at seven."]
    );
    for data in ["https://example.org/a.pdf", "/etc/passwd"] {
        let (status, code, words) = refused(&face, "/add/message", body(file(data))).await;
        assert_eq!((status, code), (415, 40006), "{words}");
        assert!(words.starts_with("messages.0.content.0.file"), "{words}");
    }
    let video = body(json!([{"type": "video", "video": {"url": "x"}}]));
    assert_eq!(refused(&face, "/add/message", video).await.1, 40006);
}

#[tokio::test]
async fn any_words_are_a_time() {
    let face = Harness::new();
    for time in [
        "yesterday",
        "Friday evening",
        "今天下午三点",
        "9月12日",
        "2025-09-12 08:00:00 Friday",
        "",
    ] {
        let body = json!({"user_id": "ada", "messages": [
            {"role": "user", "content": format!("I slept at {time:?}."), "chat_time": time}]});
        ok(&face, "/add/message", body).await;
        let body = json!({"user_id": "ada", "conversation_id": "c", "feedback_time": time,
            "feedback_content": format!("I did not sleep at {time:?}.")});
        ok(&face, "/add/feedback", body).await;
    }
}

#[tokio::test]
async fn a_file_that_lost_its_passages_comes_back() {
    let face = Harness::new();
    let base = ok(
        &face,
        "/create/knowledgebase",
        json!({"knowledgebase_name": "Handbook"}),
    )
    .await;
    let file = json!({"knowledgebase_id": base["id"], "file": [
        {"name": "a.md", "content": "The ferry leaves at seven."}]});
    ok(&face, "/add/knowledgebase-file", file.clone()).await;
    let question = json!({"user_id": "ada", "query": "When does the ferry leave?", "relativity": 0,
        "knowledgebase_ids": "all"});
    let data = ok(&face, "/search/memory", question.clone()).await;
    let id = data["memory_detail_list"][0]["id"].clone();
    ok(&face, "/delete/memory", json!({"memory_ids": [id]})).await;
    assert!(found(&face, question.clone()).await.is_empty());
    ok(&face, "/add/knowledgebase-file", file).await;
    assert_eq!(found(&face, question).await.len(), 1);
}

#[tokio::test]
async fn a_skill_file_is_a_skill() {
    let face = Harness::new();
    let base = ok(
        &face,
        "/create/knowledgebase",
        json!({"knowledgebase_name": "Shop"}),
    )
    .await;
    let skill = "---\nname: Customer returns\ndescription: How goods come back\n---\n\n\
        ## Procedure\n1. Check the order\n\n## Experience\n- Seven days\n";
    let file = json!({"knowledgebase_id": base["id"], "file": [
        {"type": "skill", "name": "returns.md", "content": skill},
        {"name": "bus.md", "content": "The bus stops at the museum."}]});
    let added = ok(&face, "/add/knowledgebase-file", file).await;
    assert_eq!(
        (&added[0]["type"], &added[1]["type"]),
        (&json!("skill"), &json!("document"))
    );
    let of_type = json!({"knowledgebase_id": base["id"], "type": "skill"});
    let listed = ok(&face, "/get/knowledgebase-file", of_type).await;
    assert_eq!(
        (&listed["total"], &listed["page_size"]),
        (&json!(1), &json!(20))
    );
    let question = json!({"user_id": "ada", "query": "A customer returns his order", "relativity": 0,
        "knowledgebase_ids": "all", "include_skill": true});
    let data = ok(&face, "/search/memory", question).await;
    let value = &data["skill_detail_list"][0]["skill_value"];
    assert_eq!(value["name"], "Customer returns", "{data}");
    assert_eq!(value["procedure"], "1. Check the order");
    assert_eq!(value["experience"], json!(["Seven days"]));
    let facts = data["memory_detail_list"].as_array().unwrap();
    assert!(
        facts
            .iter()
            .all(|f| !f["memory_value"].as_str().unwrap().contains("Seven days"))
    );
}

#[tokio::test]
async fn a_tool_schema_is_one() {
    let face = Harness::new();
    let body = json!({"user_id": "ada", "conversation_id": "c", "messages": [
        {"role": "system", "content": "Call tools.\n<tool_schema>\n[{\"name\": \"get_weather\", \
            \"description\": \"Current weather of a place\"}]\n</tool_schema>"},
        {"role": "user", "content": "What is the weather like?"}]});
    ok(&face, "/add/message", body).await;
    let question = json!({"user_id": "ada", "query": "weather of a place", "relativity": 0,
        "include_tool_memory": true});
    let data = ok(&face, "/search/memory", question).await;
    let tool = &data["tool_memory_detail_list"][0];
    assert_eq!(tool["tool_value"]["name"], "get_weather", "{data}");
    let facts = data["memory_detail_list"].to_string();
    assert!(!facts.contains("get_weather"), "{facts}");
}
