//! Profiles follow the words that filled them, and what is done to the memories that tell of them.

use serde_json::{Value, json};

use super::{Harness, ok, say};

async fn bound(face: &Harness, user: &str) -> String {
    let field = json!({"value": "", "algorithm_updatable": true});
    let metadata = json!({"Basic Info": {"Name": field, "Location": field},
        "Interests": {"Hobbies": {"value": "chess", "algorithm_updatable": true}}});
    let body = json!({"name": "Guest", "metadata": metadata});
    let made = ok(face, "/add/profile_template", body).await;
    let id = made["profile_template_id"].as_str().unwrap().to_owned();
    let body = json!({"bind_list": [{"user_id": user, "profile_template_id": id}]});
    ok(face, "/bind/profile_template", body).await;
    id
}

/// The fields that are known: their ids, and what they say.
async fn fields(face: &Harness, user: &str) -> Vec<(String, String)> {
    let body = json!({"user_id": user, "include_memory_view": ["profile"], "size": 50});
    let page = ok(face, "/get/memory", body).await;
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let list = page["profile_detail_list"].as_array().unwrap();
    let fields = list.iter().filter(|item| !item["profile_path"].is_null());
    let mut known: Vec<_> = fields
        .map(|item| (text(item, "memory"), text(item, "id")))
        .collect();
    known.sort();
    known.into_iter().map(|(words, id)| (id, words)).collect()
}

async fn known(face: &Harness, user: &str) -> Vec<String> {
    let fields = fields(face, user).await;
    fields.into_iter().map(|(_, words)| words).collect()
}

async fn messages(face: &Harness, user: &str) -> Vec<Value> {
    let body = json!({"user_id": user, "include_memory_view": ["detail_factual"], "size": 50});
    let page = ok(face, "/get/memory", body).await;
    page["memory_detail_list"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_field_that_is_deleted_stays_away() {
    for (user, way) in [("ada", "ids"), ("bob", "type"), ("a b", "filter")] {
        let face = Harness::new();
        let template = bound(&face, user).await;
        say(&face, user, "c", "My name is Ada.").await;
        let name = fields(&face, user).await.remove(0);
        assert_eq!(name.1, "Basic Info.Name: Ada");
        let delete = match way {
            "ids" => json!({"memory_ids": [name.0]}),
            "type" => json!({"user_id": user, "memory_type": "ProfileMemory"}),
            _ => json!({"filter": {"and": [{"user_id": user}, {"memory_id": name.0}]}}),
        };
        ok(&face, "/delete/memory", delete).await;
        say(&face, user, "c", "I live in Quito.").await;
        let left = known(&face, user).await;
        assert!(
            !left.iter().any(|words| words.contains("Ada")),
            "{way}: {left:?}"
        );
        let edit = json!({"user_id": user, "profile_template_id": template, "metadata": {}});
        let after = ok(&face, "/edit/profile", edit).await;
        assert!(
            after["metadata"]["Basic Info"]["Name"].is_null(),
            "{way}: {after}"
        );
    }
}

#[tokio::test]
async fn a_filter_of_a_user_reaches_his_profile() {
    let face = Harness::new();
    for user in ["ada", "bob"] {
        bound(&face, user).await;
        say(&face, user, "c", "I live in Oslo.").await;
    }
    let of_another_view =
        json!({"filter": {"and": [{"user_id": "ada"}]}, "memory_type": "SkillMemory"});
    ok(&face, "/delete/memory", of_another_view).await;
    assert_eq!(known(&face, "ada").await.len(), 2);
    let all = json!({"filter": {"and": [{"user_id": "ada"}]}});
    ok(&face, "/delete/memory", all).await;
    assert!(known(&face, "ada").await.is_empty());
    assert_eq!(known(&face, "bob").await.len(), 2);
}

#[tokio::test]
async fn a_value_goes_with_the_words_that_it_comes_from() {
    let face = Harness::new();
    bound(&face, "ada").await;
    for words in ["I live in Oslo.", "I love camping.", "I live in Rome."] {
        say(&face, "ada", "c", words).await;
    }
    let all = [
        "Basic Info.Location: Rome",
        "Interests.Hobbies: chess, camping",
    ];
    assert_eq!(known(&face, "ada").await, all);
    let said = messages(&face, "ada").await;
    let id = |words: &str| said.iter().find(|m| m["memory_value"] == words).unwrap()["id"].clone();
    let delete = json!({"memory_ids": [id("I live in Rome."), id("I love camping.")]});
    ok(&face, "/delete/memory", delete).await;
    assert_eq!(
        known(&face, "ada").await,
        ["Basic Info.Location: Oslo", "Interests.Hobbies: chess"]
    );
    let facts = json!({"user_id": "ada", "memory_type": "detail_factual"});
    ok(&face, "/delete/memory", facts).await;
    // What was set by hand stays, and the field is there to be filled again.
    assert_eq!(known(&face, "ada").await, ["Interests.Hobbies: chess"]);
    say(&face, "ada", "c", "I live in Quito.").await;
    assert_eq!(known(&face, "ada").await[0], "Basic Info.Location: Quito");
}

#[tokio::test]
async fn a_correction_reaches_the_profile() {
    for (said, correction, left) in [
        (
            vec!["My name is Ada.", "I live in Oslo."],
            "I live in Rome, not Oslo.",
            vec!["Basic Info.Location: Rome", "Basic Info.Name: Ada"],
        ),
        (
            vec!["My name is Ada. I live in Oslo."],
            "That's wrong, I live in Rome.",
            vec!["Basic Info.Location: Rome", "Basic Info.Name: Ada"],
        ),
        (
            vec!["My name is Ada.", "I live in Oslo."],
            "Replace 'Oslo' with 'Bergen'.",
            vec!["Basic Info.Location: Bergen", "Basic Info.Name: Ada"],
        ),
    ] {
        let face = Harness::new();
        bound(&face, "ada").await;
        for words in said {
            say(&face, "ada", "c", words).await;
        }
        let body =
            json!({"user_id": "ada", "conversation_id": "c", "feedback_content": correction});
        ok(&face, "/add/feedback", body).await;
        let known = known(&face, "ada").await;
        assert_eq!(known[..2], left[..], "{correction}");
    }
}

#[tokio::test]
async fn words_that_are_changed_are_heard_anew() {
    for user in ["ada", "a b"] {
        let face = Harness::new();
        bound(&face, user).await;
        say(&face, user, "c", "I live in Oslo.").await;
        let message = &messages(&face, user).await[0]["id"];
        let body = json!({"memory_id": message, "content": "I live in Rome."});
        ok(&face, "/update/memory", body).await;
        assert_eq!(known(&face, user).await[0], "Basic Info.Location: Rome");
    }
}

#[tokio::test]
async fn a_field_that_was_put_away_comes_back_with_a_new_value() {
    let face = Harness::new();
    let template = bound(&face, "ada").await;
    say(&face, "ada", "c", "I live in Oslo.").await;
    let id = fields(&face, "ada").await.remove(0).0;
    let away = json!({"memory_id": id, "status": "archived"});
    let edit = |place: &str| {
        let metadata = json!({"Basic Info": {"Location": {"value": place}}});
        json!({"user_id": "ada", "profile_template_id": template, "metadata": metadata})
    };
    ok(&face, "/update/memory", away.clone()).await;
    // The same value is no news.
    ok(&face, "/edit/profile", edit("Oslo")).await;
    assert_eq!(known(&face, "ada").await, ["Interests.Hobbies: chess"]);
    ok(&face, "/edit/profile", edit("Rome")).await;
    assert_eq!(known(&face, "ada").await[0], "Basic Info.Location: Rome");
    ok(&face, "/update/memory", away).await;
    let both = json!({"memory_id": id, "content": "Quito", "status": "archived"});
    ok(&face, "/update/memory", both).await;
    assert_eq!(known(&face, "ada").await, ["Interests.Hobbies: chess"]);
    ok(
        &face,
        "/update/memory",
        json!({"memory_id": id, "content": "Bergen"}),
    )
    .await;
    assert_eq!(known(&face, "ada").await[0], "Basic Info.Location: Bergen");
}
