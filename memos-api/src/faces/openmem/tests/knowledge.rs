//! Knowledge bases, reranking and extraction.

use axum::http::Request;
use serde_json::{Value, json};

use super::{BASE, Harness, data, found, ok, refused};

async fn base(face: &Harness) -> String {
    let made = ok(
        face,
        "/create/knowledgebase",
        json!({"knowledgebase_name": "Handbook"}),
    )
    .await;
    made["id"].as_str().unwrap().to_owned()
}

fn ferry(id: &str) -> Value {
    json!({"knowledgebase_id": id, "file": [
        {"name": "ferry.md", "content": "# Ferry\n\nThe ferry to Naxos leaves at seven from pier four."},
        {"name": "bus.txt", "content": "VGhlIGJ1cyB0byB0aGUgYWlycG9ydCBzdG9wcyBhdCB0aGUgbXVzZXVtLg=="},
    ]})
}

#[tokio::test]
async fn files_are_read_found_listed_and_deleted() {
    let face = Harness::new();
    let id = base(&face).await;
    assert_eq!(base(&face).await, id, "a retry makes no second one");
    let added = ok(&face, "/add/knowledgebase-file", ferry(&id)).await;
    let again = ok(&face, "/add/knowledgebase-file", ferry(&id)).await;
    assert_eq!(added, again, "a retry adds no second file");
    assert_eq!(added[0]["name"], "ferry.md");
    assert_eq!(added[0]["status"], "completed");
    assert!(added[0]["sizeMB"].is_number());

    let question = |ids: Value| json!({"user_id": "ada", "query": "When does the ferry to Naxos leave?", "knowledgebase_ids": ids});
    for ids in [json!([id]), json!("all"), json!(["all"])] {
        let texts = found(&face, question(ids)).await;
        assert!(texts[0].contains("leaves at seven"), "{texts:?}");
    }
    for ids in [Value::Null, json!([])] {
        assert!(found(&face, question(ids)).await.is_empty());
    }
    let bus = json!({"user_id": "ada", "query": "Where does the airport bus stop?", "knowledgebase_ids": "all"});
    assert!(found(&face, bus).await[0].contains("museum"));

    let page = ok(
        &face,
        "/get/knowledgebase-file",
        json!({"knowledgebase_id": id, "page_size": 1}),
    )
    .await;
    assert_eq!(
        (&page["total"], &page["page"], &page["page_size"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(page["file_detail_list"].as_array().unwrap().len(), 1);
    let file = added[0]["id"].clone();
    let one = ok(
        &face,
        "/get/knowledgebase-file",
        json!({"file_ids": [file]}),
    )
    .await;
    assert_eq!(one["file_detail_list"][0]["name"], "ferry.md");
    assert_eq!(one["file_detail_list"][0]["size"], "59");

    ok(
        &face,
        "/delete/knowledgebase-file",
        json!({"file_ids": [file]}),
    )
    .await;
    let texts = found(&face, question(json!("all"))).await;
    assert!(texts.iter().all(|t| !t.contains("seven")), "{texts:?}");
    let (status, code, _) = refused(
        &face,
        "/delete/knowledgebase-file",
        json!({"file_ids": [file]}),
    )
    .await;
    assert_eq!((status, code), (404, 40001));
    // It can come back.
    ok(&face, "/add/knowledgebase-file", ferry(&id)).await;
    assert!(found(&face, question(json!("all"))).await[0].contains("seven"));

    ok(
        &face,
        "/delete/knowledgebase",
        json!({"knowledgebase_id": id}),
    )
    .await;
    for (path, body) in [
        ("/delete/knowledgebase", json!({"knowledgebase_id": id})),
        ("/add/knowledgebase-file", ferry(&id)),
        ("/get/knowledgebase-file", json!({"knowledgebase_id": id})),
        ("/search/memory", question(json!([id]))),
    ] {
        let (status, code, _) = refused(&face, path, body).await;
        assert_eq!((status, code), (404, 50120), "{path}");
    }
}

#[tokio::test]
async fn a_form_carries_files_too() {
    let face = Harness::new();
    let id = base(&face).await;
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"pier.txt\"\r\n\
        Content-Type: text/plain\r\n\r\nPier four is behind the museum.\r\n--b--\r\n";
    let send = |query: String| {
        Request::post(format!("{BASE}/add/knowledgebase-file?{query}"))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(form.into())
            .unwrap()
    };
    let added = data(
        &face
            .ask(send(format!("knowledgebase_id={id}&type=document")))
            .await
            .is(200),
    );
    assert_eq!(added[0]["name"], "pier.txt");
    let of_type = |kind: &str| json!({"knowledgebase_id": id, "type": kind});
    assert_eq!(
        ok(&face, "/get/knowledgebase-file", of_type("document")).await["total"],
        1
    );
    assert_eq!(
        ok(&face, "/get/knowledgebase-file", of_type("skill")).await["total"],
        0
    );
    assert_eq!(face.ask(send(String::new())).await.is(400)["code"], 40002);
    let broken = Request::post(format!(
        "{BASE}/add/knowledgebase-file?knowledgebase_id={id}"
    ))
    .header("content-type", "multipart/form-data; boundary=other")
    .body(form.into())
    .unwrap();
    assert_eq!(face.ask(broken).await.is(400)["code"], 40000);
}

#[tokio::test]
async fn what_is_no_text_or_too_much_is_refused_whole() {
    let face = Harness::new();
    let id = base(&face).await;
    let good = json!({"name": "a.md", "content": "Good."});
    let many: Vec<Value> = (0..21)
        .map(|n| json!({"name": format!("{n}.md"), "content": "x"}))
        .collect();
    for (files, status, code, word) in [
        (
            json!([good, {"name": "b.pdf", "content": "JVBERi0xLjcK"}]),
            415,
            40007,
            ".pdf",
        ),
        (
            json!([good, {"name": "b.md", "content": "JVBERi0xLjcKAP8="}]),
            415,
            50107,
            "b.md",
        ),
        (
            json!([{"name": "c.md", "content": "https://example.org/c.md"}]),
            415,
            40006,
            "fetches nothing",
        ),
        (
            json!([{"name": "c.md", "content": "data:text/plain;base64,%%%"}]),
            400,
            40008,
            "Base64",
        ),
        (json!([]), 400, 40003, "file"),
        (Value::Array(many), 400, 50103, "20"),
        (
            json!([{"name": "a.md", "type": "song", "content": "x"}]),
            400,
            40000,
            "type",
        ),
        (
            json!([{"type": "skill", "content": "Just words."}]),
            415,
            50107,
            "front matter",
        ),
        (
            json!([{"type": "skill", "name": "a.zip", "content": "x"}]),
            415,
            40007,
            "a.zip",
        ),
        (
            json!([{"content": "https://example.org/c.md"}]),
            415,
            40006,
            "fetches nothing",
        ),
    ] {
        let told = refused(
            &face,
            "/add/knowledgebase-file",
            json!({"knowledgebase_id": id, "file": files}),
        )
        .await;
        assert_eq!((told.0, told.1), (status, code), "{}", told.2);
        assert!(told.2.contains(word), "{}", told.2);
    }
    assert_eq!(
        ok(
            &face,
            "/get/knowledgebase-file",
            json!({"knowledgebase_id": id})
        )
        .await["total"],
        0
    );
}

/// The one thing that a question to all knowledge bases finds in a list.
async fn only(face: &Harness, query: &str, list: &str) -> Value {
    let body = json!({"user_id": "ada", "query": query, "knowledgebase_ids": "all", "relativity": 0,
        "include_skill": true});
    let found = ok(face, "/search/memory", body).await;
    assert_eq!(found[list].as_array().unwrap().len(), 1, "{found}");
    found[list][0].clone()
}

#[tokio::test]
async fn a_file_is_there_as_long_as_a_passage_of_it_is() {
    let face = Harness::new();
    let id = base(&face).await;
    let mut file = ferry(&id);
    file["file"].as_array_mut().unwrap().truncate(1);
    let added = ok(&face, "/add/knowledgebase-file", file.clone()).await;
    let find = || only(&face, "When does the ferry leave?", "memory_detail_list");
    let passage = find().await;
    assert_eq!(passage["conversation_id"], "default_session");
    // What was put away is read anew.
    let away = json!({"memory_id": passage["id"], "status": "archived"});
    ok(&face, "/update/memory", away).await;
    assert_eq!(ok(&face, "/add/knowledgebase-file", file).await, added);
    let passage = find().await;
    ok(
        &face,
        "/delete/memory",
        json!({"memory_ids": [passage["id"]]}),
    )
    .await;
    let files = json!({"knowledgebase_id": id});
    let files = ok(&face, "/get/knowledgebase-file", files).await;
    assert_eq!(files["total"], 0, "{files}");
}

#[tokio::test]
async fn a_skill_is_changed_where_it_is_shown() {
    let face = Harness::new();
    let id = base(&face).await;
    let skill = "---\nname: Tea\ndescription: How to brew green tea.\n---\n# Steps\nBoil it.";
    let body = json!({"knowledgebase_id": id,
        "file": [{"name": "tea.md", "type": "skill", "content": skill}]});
    ok(&face, "/add/knowledgebase-file", body).await;
    let find = || only(&face, "How do I brew green tea?", "skill_detail_list");
    let before = find().await;
    let body = json!({"memory_id": before["id"], "content": "Let it cool.", "title": "Green tea"});
    ok(&face, "/update/memory", body).await;
    let after = find().await;
    assert_eq!(after["skill_value"]["name"], "Green tea");
    assert_eq!(after["skill_value"]["procedure"], "Let it cool.");
    assert_eq!(
        after["skill_value"]["description"],
        "How to brew green tea."
    );
    let relativity = |skill: &Value| skill["relativity"].as_f64().unwrap();
    assert!(relativity(&after) > 0.45, "{before} {after}");
}

#[tokio::test]
async fn messages_may_be_written_to_a_knowledge_base() {
    let face = Harness::new();
    let id = base(&face).await;
    let body = json!({"user_id": "ada", "allow_knowledgebase_ids": [id],
        "messages": [{"role": "user", "content": "The spare key is under the blue pot."}]});
    ok(&face, "/add/message", body).await;
    let question = |ids: Value| json!({"user_id": "bob", "query": "Where is the spare key?", "knowledgebase_ids": ids});
    assert_eq!(found(&face, question(json!([id]))).await.len(), 1);
    assert!(found(&face, question(Value::Null)).await.is_empty());
    // Its own user finds it once, though it is in two places.
    let own =
        json!({"user_id": "ada", "query": "Where is the spare key?", "knowledgebase_ids": [id]});
    assert_eq!(found(&face, own).await.len(), 1);
}

#[tokio::test]
async fn documents_are_ranked_without_an_envelope() {
    let face = Harness::new();
    let body = json!({"query": "Where does the ferry leave?", "top_n": 2, "model": null, "documents": [
        "Trains leave at noon.", "The ferry leaves from pier four.", "A recipe for soup."]});
    let answer = face.post(&format!("{BASE}/rerank"), &body).await.is(200);
    assert!(
        answer.get("code").is_none() && answer["id"].is_string() && answer["model"].is_string()
    );
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["index"], 1);
    assert_eq!(
        results[0]["document"]["text"],
        "The ferry leaves from pier four."
    );
    let score = |n: usize| results[n]["relevance_score"].as_f64().unwrap();
    assert!(score(0) > score(1) && (0.0..=1.0).contains(&score(0)));
    assert!(answer["usage"]["total_tokens"].as_u64().unwrap() > 10);
    for (bad, code) in [
        (json!({"documents": ["a"]}), 40002),
        (json!({"query": "a"}), 40002),
        (json!({"query": "a", "documents": []}), 40003),
        (json!({"query": "a", "documents": [1]}), 40000),
        (json!({"query": "a", "documents": ["b"], "top_n": 0}), 40000),
    ] {
        assert_eq!(refused(&face, "/rerank", bad).await.1, code);
    }
}

#[tokio::test]
async fn extraction_stores_nothing_and_says_what_found_it() {
    let face = Harness::new();
    let body = |types: Value| {
        json!({"extraction_types": types, "messages": [
        {"role": "user", "content": "I love window seats. I live in Lyon."},
        {"role": "assistant", "content": "Noted."}]})
    };
    let both = ok(&face, "/extract/memory", body(Value::Null)).await;
    assert_eq!(
        (&both["success"], &both["rule"]),
        (&json!(true), &json!("rules"))
    );
    let memory = &both["memory_detail_list"][0];
    assert!(
        memory["memory_value"].as_str().unwrap().contains("Lyon"),
        "{both}"
    );
    assert_eq!(memory["memory_type"], "UserMemory");
    let preference = &both["preference_detail_list"][0];
    assert!(
        preference["preference"]
            .as_str()
            .unwrap()
            .contains("window seats")
    );
    assert!(preference["reasoning"].as_str().unwrap().contains("I love"));
    assert_eq!(preference.as_object().unwrap().len(), 3);
    let one = ok(&face, "/extract/memory", body(json!(["preference"]))).await;
    assert_eq!(one["memory_detail_list"], json!([]));
    let page = ok(&face, "/get/memory", json!({"user_id": "extract"})).await;
    assert_eq!(page["total"], 0);
    assert_eq!(
        refused(&face, "/extract/memory", body(json!(["dreams"])))
            .await
            .1,
        40000
    );
}

#[tokio::test]
async fn a_model_extracts_if_there_is_one_and_rules_stand_in_for_it() {
    let reply = json!({"items": [{"kind": "fact", "text": "The user lives in Lyon.", "subject": "user",
        "sources": [1], "valid_from": null, "valid_until": null, "explicit": null, "confidence": 0.9}]});
    let face = Harness::with_model(&[&reply.to_string()]);
    let body = json!({"messages": [{"role": "user", "content": "I live in Lyon."}]});
    let by_model = ok(&face, "/extract/memory", body.clone()).await;
    assert!(
        by_model["rule"].as_str().unwrap().starts_with("llm:"),
        "{by_model}"
    );
    assert_eq!(
        by_model["memory_detail_list"][0]["memory_value"],
        "The user lives in Lyon."
    );
    let by_rule = ok(&face, "/extract/memory", body).await;
    assert_eq!(by_rule["rule"], "rules");
    assert!(by_rule["degraded"].is_string());
}
