//! What is made from messages: whose it is, what filters say of it, what feedback does to it.

use serde_json::{Value, json};

use super::{BASE, Harness, completed, data, ok};

async fn add(face: &Harness, words: &str, more: Value) {
    let mut body = json!({"user_id": "ada", "conversation_id": "trip", "async_mode": false,
        "messages": [{"role": "user", "content": words}]});
    let Value::Object(more) = more else {
        panic!("no object")
    };
    body.as_object_mut().unwrap().extend(more);
    assert_eq!(ok(face, "/add/message", body).await["status"], "completed");
}

async fn page(face: &Harness, filter: Value) -> Value {
    let body = json!({"user_id": "ada", "size": 50, "filter": filter});
    ok(face, "/get/memory", body).await
}

/// All words of some lists of an answer.
fn words(data: &Value) -> String {
    [
        "memory_detail_list",
        "preference_detail_list",
        "profile_detail_list",
    ]
    .iter()
    .map(|list| data[*list].to_string())
    .collect()
}

#[tokio::test]
async fn a_filter_that_finds_the_words_finds_what_they_lead_to() {
    let face = Harness::working();
    let labels = json!({"agent_id": "agent1", "tags": ["work"], "info": {"scene": "chat"}});
    add(&face, "I love window seats. I live in Lyon.", labels).await;
    for filter in [
        json!({"user": {"and": [{"agent_id": "agent1"}]}}),
        json!({"and": [{"tags": {"contains": "work"}}]}),
        json!({"and": [{"scene": "chat"}]}),
        json!({"and": [{"user_id": "ada"}]}),
        json!({"and": [{"conversation_id": "trip"}]}),
        json!({"and": [{"related_id": ["ada"]}]}),
        json!({"and": [{"related_id": "agent1"}]}),
    ] {
        let found = page(&face, filter.clone()).await;
        assert_eq!(
            found["preference_detail_list"].as_array().unwrap().len(),
            1,
            "{filter}: {found}"
        );
        assert_eq!(
            found["profile_detail_list"].as_array().unwrap().len(),
            1,
            "{filter}: {found}"
        );
        let preference = &found["preference_detail_list"][0];
        assert_eq!(preference["conversation_id"], "trip");
        assert_eq!(
            preference["info"],
            json!({"agent_id": "agent1", "scene": "chat", "user_id": "ada"})
        );
        assert_eq!(found["profile_detail_list"][0]["conversation_id"], "trip");
        let question = json!({"user_id": "ada", "query": "Which seats do I love?", "relativity": 0,
            "filter": filter});
        let found = ok(&face, "/search/memory", question).await;
        assert_eq!(
            found["preference_detail_list"].as_array().unwrap().len(),
            1,
            "{filter}"
        );
    }
    for filter in [
        json!({"user": {"and": [{"agent_id": "agent2"}]}}),
        json!({"and": [{"conversation_id": "other"}]}),
        json!({"and": [{"related_id": ["bob"]}]}),
    ] {
        let found = page(&face, filter.clone()).await;
        assert_eq!(found["total"], 0, "{filter}: {found}");
    }
}

#[tokio::test]
async fn what_two_agents_heard_is_found_by_either() {
    let face = Harness::working();
    for agent in ["a1", "a2"] {
        let labels = json!({"agent_id": agent, "conversation_id": agent});
        add(&face, "I love window seats.", labels).await;
    }
    for agent in ["a1", "a2"] {
        let found = page(&face, json!({"user": {"and": [{"agent_id": agent}]}})).await;
        assert_eq!(
            found["preference_detail_list"].as_array().unwrap().len(),
            1,
            "{agent}: {found}"
        );
        let by_conversation = page(&face, json!({"and": [{"conversation_id": agent}]})).await;
        assert_eq!(
            by_conversation["preference_detail_list"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}

async fn feedback(face: &Harness, words: &str) -> Value {
    let body = json!({"user_id": "ada", "conversation_id": "trip", "feedback_content": words});
    ok(face, "/add/feedback", body).await
}

#[tokio::test]
async fn feedback_puts_away_what_is_wrong() {
    for (said, correction, wrong, right) in [
        (
            "I live in Milan.",
            "That's wrong, I live in Turin.",
            "Milan",
            "Turin",
        ),
        (
            "I live in Milan.",
            "I live in Turin, not Milan.",
            "I live in Milan",
            "Turin",
        ),
        (
            "My dog is called Max.",
            "That's wrong, my dog is called Rex.",
            "Max",
            "Rex",
        ),
        // An abbreviation ends no sentence: this says one thing.
        (
            "I live near Dr. Chen in Milan.",
            "That's wrong, I live in Turin.",
            "Milan",
            "Turin",
        ),
    ] {
        let face = Harness::working();
        add(&face, said, json!({})).await;
        let before = page(&face, Value::Null).await;
        assert!(words(&before).contains(wrong), "{before}");
        let id = before["memory_detail_list"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let told = feedback(&face, correction).await;
        assert!(told.get("message").is_none(), "{told}");
        let status = completed(&face, &told["task_id"]).await;
        assert_eq!(status["memory_views"]["deleted"], 1, "{status}");
        let after = page(&face, Value::Null).await;
        assert!(
            !words(&after).contains(wrong) && words(&after).contains(right),
            "{after}"
        );
        let question = json!({"user_id": "ada", "query": said, "relativity": 0,
            "include_memory_view": ["detail_factual", "preference", "profile"]});
        let found = ok(&face, "/search/memory", question).await;
        assert!(!words(&found).contains(wrong), "{found}");
        let read = face.get(&format!("{BASE}/get/memory/{id}")).await.is(200);
        assert_eq!(data(&read)["status"], "archived");
    }
}

#[tokio::test]
async fn what_says_more_than_the_wrong_thing_stays() {
    let face = Harness::working();
    add(&face, "I love window seats. I live in Milan.", json!({})).await;
    let told = feedback(&face, "That's wrong, I live in Turin.").await;
    assert!(told.get("message").is_none(), "{told}");
    let after = page(&face, Value::Null).await;
    assert_eq!(
        after["memory_detail_list"].as_array().unwrap().len(),
        2,
        "{after}"
    );
    assert!(
        after["preference_detail_list"]
            .to_string()
            .contains("window seats")
    );
    let profile = after["profile_detail_list"].to_string();
    assert!(!profile.contains("Milan"), "{profile}");
}

#[tokio::test]
async fn a_sentence_may_say_more_than_the_wrong_thing() {
    for (said, correction, stays, goes) in [
        (
            "My name is Li Lei, I live in Hangzhou and I love Longjing tea.",
            "I live in Suzhou, not Hangzhou.",
            ["Li Lei", "Longjing"],
            "lives in Hangzhou",
        ),
        (
            "我叫李雷，我住在杭州，我喜欢喝龙井茶。我对花生过敏。",
            "不对，我住在苏州，不是杭州。",
            ["李雷", "龙井茶"],
            "用户住在杭州",
        ),
    ] {
        let face = Harness::working();
        add(&face, said, json!({})).await;
        let before = page(&face, Value::Null).await;
        assert!(before.to_string().contains(goes), "{before}");
        feedback(&face, correction).await;
        let after = page(&face, Value::Null).await;
        let derived = format!(
            "{} {}",
            after["preference_detail_list"], after["profile_detail_list"]
        );
        for word in stays {
            assert!(derived.contains(word), "{word}: {after}");
        }
        assert!(!derived.contains(goes), "{after}");
        assert_eq!(after["memory_detail_list"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_memory_may_be_corrected_twice() {
    let face = Harness::working();
    add(&face, "I live in Milan. I work at Fiat.", json!({})).await;
    for (correction, wrong) in [
        ("I live in Turin, not Milan.", "lives in Milan"),
        ("That's wrong, I work at Ferrari.", "works at Fiat"),
    ] {
        let told = feedback(&face, correction).await;
        assert!(told.get("message").is_none(), "{told}");
        let after = page(&face, Value::Null).await;
        let profile = after["profile_detail_list"].to_string();
        assert!(!profile.contains(wrong), "{profile}");
    }
}

#[tokio::test]
async fn what_several_memories_say_is_corrected_once() {
    let face = Harness::working();
    for (sitting, said) in [
        ("trip", "I live in Rome."),
        ("talk", "I love the sea. I live in Rome."),
    ] {
        add(&face, said, json!({"conversation_id": sitting})).await;
    }
    let before = page(&face, Value::Null).await["profile_detail_list"].to_string();
    assert!(before.contains("lives in Rome"), "{before}");
    let told = feedback(&face, "I live in Oslo, not Rome.").await;
    completed(&face, &told["task_id"]).await;
    let after = page(&face, Value::Null).await["profile_detail_list"].to_string();
    assert!(
        !after.contains("The user lives in Rome.") && after.contains("Oslo"),
        "{after}"
    );
}

#[tokio::test]
async fn what_is_derived_follows_words_that_are_changed() {
    let face = Harness::working();
    add(
        &face,
        "I love window seats on trains. I live in Lyon.",
        json!({}),
    )
    .await;
    let before = page(&face, Value::Null).await;
    assert!(words(&before).contains("lives in Lyon"), "{before}");
    let change = json!({"memory_id": before["memory_detail_list"][0]["id"],
        "content": "I love aisle seats on trains. I live in Turin."});
    ok(&face, "/update/memory", change).await;
    let after = page(&face, Value::Null).await;
    let said = words(&after);
    assert!(
        !said.contains("Lyon") && !said.contains("window"),
        "{after}"
    );
    add(&face, "I like tea.", json!({})).await;
    let after = page(&face, Value::Null).await;
    let said = words(&after);
    for word in ["lives in Turin", "loves aisle seats", "likes tea"] {
        assert!(said.contains(word), "{word}: {after}");
    }
}

#[tokio::test]
async fn feedback_that_corrects_nothing_says_so() {
    let face = Harness::working();
    add(&face, "I live in Milan. I work in a bakery.", json!({})).await;
    for (correction, why) in [
        ("That's wrong.", "not clear"),
        ("I love tea.", "no memory was changed"),
    ] {
        let told = feedback(&face, correction).await;
        assert_eq!(told["success"], true);
        assert!(told["message"].as_str().unwrap().contains(why), "{told}");
    }
    // Its own words are words like others, but no turn of the conversation.
    let told = feedback(&face, "I love coffee.").await;
    completed(&face, &told["task_id"]).await;
    let body = json!({"user_id": "ada", "query": "What do I love?", "relativity": 0});
    let found = ok(&face, "/search/memory", body).await;
    let preferences = found["preference_detail_list"].to_string();
    assert!(preferences.contains("loves coffee"), "{found}");
    let body = json!({"user_id": "ada", "conversation_id": "trip"});
    let turns = ok(&face, "/get/message", body).await;
    assert_eq!(
        turns["message_detail_list"].as_array().unwrap().len(),
        1,
        "{turns}"
    );
}

#[tokio::test]
async fn feedback_that_is_sent_again_says_the_same() {
    for (correction, told) in [
        ("I live in Turin, not Milan.", None),
        (
            "Replace 'Milan' with 'Turin'.",
            Some("no other memory has the words"),
        ),
    ] {
        let face = Harness::working();
        add(&face, "I live in Milan.", json!({})).await;
        let first = feedback(&face, correction).await;
        assert!(first["message"].is_null(), "{first}");
        let again = feedback(&face, correction).await;
        assert_eq!(first["task_id"], again["task_id"]);
        match told {
            None => assert!(again["message"].is_null(), "{again}"),
            Some(words) => assert!(
                again["message"].as_str().unwrap().contains(words),
                "{again}"
            ),
        }
    }
}

#[tokio::test]
async fn words_are_replaced_everywhere() {
    let face = Harness::working();
    add(&face, "User 1 loves tea.", json!({})).await;
    add(
        &face,
        "My name is User 1. User 10 is somebody else.",
        json!({}),
    )
    .await;
    let told = feedback(
        &face,
        "I have changed my name. Please replace 'User 1' with 'User 2' everywhere.",
    )
    .await;
    assert!(told.get("message").is_none(), "{told}");
    let body = json!({"user_id": "ada", "size": 50, "include_memory_view": ["detail_factual"]});
    let facts = ok(&face, "/get/memory", body).await["memory_detail_list"].to_string();
    assert!(facts.contains("User 2 loves tea.") && facts.contains("My name is User 2. User 10"));
    assert!(!facts.contains("User 1 loves"), "{facts}");
}

#[tokio::test]
async fn a_group_has_several_speakers() {
    let face = Harness::working();
    let body = json!({"user_id": "alex", "conversation_id": "c", "async_mode": false, "messages": [
        {"role": "user", "role_id": "alex", "role_name": "Alex", "content": "I live in Lyon."},
        {"role": "user", "role_id": "jordan", "role_name": "Jordan", "content": "I live in Oslo."}]});
    ok(&face, "/add/message", body).await;
    let found = ok(&face, "/get/memory", json!({"user_id": "alex"})).await;
    let profile = found["profile_detail_list"].to_string();
    assert!(
        profile.contains("Jordan lives in Oslo") && profile.contains("Alex lives in Lyon"),
        "{profile}"
    );
    let body = json!({"user_id": "alex", "filter": {"and": [{"related_id": ["Jordan"]}]}});
    let by_speaker = ok(&face, "/get/memory", body).await;
    assert_eq!(
        by_speaker["memory_detail_list"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_page_is_one_of_each_view_and_a_memory_is_read_whole() {
    let face = Harness::working();
    for n in 1..=3 {
        add(
            &face,
            &format!("I love number {n}."),
            json!({"agent_id": "a1"}),
        )
        .await;
    }
    let body = json!({"user_id": "ada", "page": 1, "size": 2});
    let first = ok(&face, "/get/memory", body).await;
    for list in ["memory_detail_list", "preference_detail_list"] {
        assert_eq!(first[list].as_array().unwrap().len(), 2, "{list}: {first}");
    }
    assert_eq!((&first["total"], &first["pages"]), (&json!(3), &json!(2)));
    for list in [
        "profile_detail_list",
        "event_detail_list",
        "skill_detail_list",
    ] {
        assert!(first[list].is_array(), "{list}");
    }
    let id = first["preference_detail_list"][0]["id"].as_str().unwrap();
    let read = data(&face.get(&format!("{BASE}/get/memory/{id}")).await.is(200));
    for (field, value) in [
        ("memory_view", json!("preference")),
        ("conversation_id", json!("trip")),
        ("status", json!("activated")),
        ("algorithm_updatable", json!(true)),
        ("user_id", json!("ada")),
        ("agent_id", json!("a1")),
        ("tags", json!([])),
    ] {
        assert_eq!(read[field], value, "{field}: {read}");
    }
    assert_eq!(read["message_ids"].as_array().unwrap().len(), 1);
    assert!(read["title"].is_string() && read["content"].is_string());
    assert!(read["created_at"].is_string() && read["updated_at"].is_string());
    // What is put away is on no page.
    let away = json!({"memory_id": id, "status": "archived"});
    ok(&face, "/update/memory", away).await;
    let rest = page(&face, Value::Null).await;
    assert_eq!(rest["preference_detail_list"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_profile_field_that_is_said_anew_is_anew() {
    let face = Harness::new();
    let fields = json!({"Basic Info": {"Location": {"value": "Lyon"}, "Name": {"value": "Ada"}}});
    let made = ok(
        &face,
        "/add/profile_template",
        json!({"name": "Guest", "metadata": fields}),
    )
    .await;
    let template = &made["profile_template_id"];
    let bind = json!({"bind_list": [{"user_id": "ada", "profile_template_id": template}]});
    ok(&face, "/bind/profile_template", bind).await;
    let item = |page: &Value, path: &str| {
        let list = page["profile_detail_list"].as_array().unwrap().clone();
        list.into_iter().find(|item| item["profile_path"] == path)
    };
    let known = item(&page(&face, Value::Null).await, "Basic Info.Location").unwrap();
    let change = json!({"memory_id": known["id"], "content": "Basic Info.Location: Turin"});
    ok(&face, "/update/memory", change).await;
    let known = item(&page(&face, Value::Null).await, "Basic Info.Location").unwrap();
    assert_eq!(known["memory"], "Basic Info.Location: Turin");
    assert_eq!(
        known["properties"]["Basic Info"]["Location"]["value"],
        "Turin"
    );
    let away = json!({"memory_id": known["id"], "status": "deleted"});
    ok(&face, "/update/memory", away).await;
    let left = page(&face, Value::Null).await;
    assert!(item(&left, "Basic Info.Location").is_none(), "{left}");
    let name = item(&left, "Basic Info.Name").unwrap();
    assert!(
        name["properties"]["Basic Info"].get("Location").is_none(),
        "{name}"
    );
}
