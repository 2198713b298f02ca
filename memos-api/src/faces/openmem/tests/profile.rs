//! Profiles and their templates.

use serde_json::{Value, json};

use super::{Harness, ok, refused, say};

fn fields() -> Value {
    json!({
        "Basic Info": {
            "Name": {"value": "", "algorithm_updatable": false},
            "Occupation": {"value": "", "algorithm_updatable": true},
            "Location": {"value": "", "algorithm_updatable": true},
        },
        "Interests": {"Hobbies": {"value": "chess", "algorithm_updatable": true}},
    })
}

async fn bound(face: &Harness, user: &str) -> String {
    let body = json!({"name": "Guest", "metadata": fields()});
    let template = ok(face, "/add/profile_template", body).await;
    let id = template["profile_template_id"].as_str().unwrap().to_owned();
    let body = json!({"bind_list": [{"user_id": user, "profile_template_id": id}]});
    assert_eq!(
        ok(face, "/bind/profile_template", body).await["success"],
        true
    );
    id
}

/// What is known of a user, as `path: value`.
async fn known(face: &Harness, user: &str) -> Vec<String> {
    let body = json!({"user_id": user, "include_memory_view": ["profile"], "size": 50});
    let page = ok(face, "/get/memory", body).await;
    let list = page["profile_detail_list"].as_array().unwrap();
    let mut known: Vec<String> = list
        .iter()
        .map(|item| item["memory"].as_str().unwrap().to_owned())
        .collect();
    known.sort();
    known
}

#[tokio::test]
async fn templates_are_made_read_changed_and_deleted() {
    let face = Harness::new();
    let id = bound(&face, "ada").await;
    assert_eq!(bound(&face, "ada").await, id, "a retry makes no second one");
    let read = ok(
        &face,
        "/get/profile_template",
        json!({"profile_template_id": id}),
    )
    .await;
    let read = &read["profile_template"];
    assert_eq!(
        (&read["name"], &read["metadata"], &read["instance_count"]),
        (&json!("Guest"), &fields(), &json!(1))
    );
    assert!(read["create_time"].is_string() && read["project_id"].is_string());
    let list = ok(&face, "/list/profile_template", json!({})).await;
    assert_eq!(
        (
            &list["total"],
            &list["profile_templates"][0]["profile_template_id"]
        ),
        (&json!(1), &json!(id))
    );
    assert_eq!(
        (&list["current"], &list["size"], &list["pages"]),
        (&json!(1), &json!(10), &json!(1))
    );

    let metadata = json!({"Interests": {"Music": {"value": "folk", "algorithm_updatable": true}}});
    let body = json!({"profile_template_id": id, "name": "Regular", "metadata": metadata});
    let changed = ok(&face, "/update/profile_template", body).await;
    assert_eq!(
        changed,
        json!({"success": true, "profile_template_id": id, "affected_instances": 1})
    );
    assert_eq!(
        known(&face, "ada").await,
        ["Interests.Music: folk"],
        "profiles follow"
    );

    let deleted = ok(
        &face,
        "/delete/profile_template",
        json!({"profile_template_id": id}),
    )
    .await;
    assert_eq!(deleted["deleted_instances"], 1);
    assert!(known(&face, "ada").await.is_empty());
    for (path, body) in [
        ("/get/profile_template", json!({"profile_template_id": id})),
        (
            "/update/profile_template",
            json!({"profile_template_id": id, "profile_template_name": "x"}),
        ),
        (
            "/delete/profile_template",
            json!({"profile_template_id": id}),
        ),
        (
            "/bind/profile_template",
            json!({"bind_list": [{"user_id": "ada", "profile_template_id": id}]}),
        ),
        (
            "/edit/profile",
            json!({"user_id": "ada", "profile_template_id": id, "metadata": {"a": {"b": 1}}}),
        ),
        (
            "/delete/profile",
            json!({"user_id": "ada", "profile_template_id": id}),
        ),
    ] {
        let (status, code, words) = refused(&face, path, body).await;
        assert_eq!((status, code), (404, 40001), "{path}: {words}");
    }
}

#[tokio::test]
async fn a_profile_is_edited_found_and_deleted() {
    let face = Harness::new();
    let id = bound(&face, "ada").await;
    let edit = json!({"user_id": "ada", "profile_template_id": id, "remove_fields": ["Interests"],
        "metadata": {"Basic Info": {"Location": {"value": "Shanghai", "algorithm_updatable": false}}}});
    let after = ok(&face, "/edit/profile", edit).await;
    assert_eq!(
        after["metadata"]["Basic Info"]["Location"]["value"],
        "Shanghai"
    );
    assert_eq!(known(&face, "ada").await, ["Basic Info.Location: Shanghai"]);

    let question = json!({"user_id": "ada", "query": "Which location is she in?", "relativity": 0,
        "include_memory_view": ["profile"]});
    let found = ok(&face, "/search/memory", question.clone()).await;
    let item = &found["profile_detail_list"][0];
    assert_eq!(item["memory"], "Basic Info.Location: Shanghai");
    assert_eq!(item["memory_type"], "ProfileMemory");
    assert_eq!(item["template_id"], json!(id));
    assert_eq!(item["profile_category"], "Basic Info");
    assert_eq!(item["profile_field"], "Location");
    assert_eq!(item["profile_path"], "Basic Info.Location");
    assert_eq!(item["algorithm_updatable"], false);
    assert!(item["relativity"].is_number());
    // Facts and profiles are lists of their own, and nobody else's profile is found.
    assert_eq!(found["memory_detail_list"], json!([]));
    let mut others = question;
    others["user_id"] = json!("bob");
    assert_eq!(
        ok(&face, "/search/memory", others).await["profile_detail_list"],
        json!([])
    );

    let (status, code, words) = refused(
        &face,
        "/edit/profile",
        json!({"user_id": "ada",
        "profile_template_id": id, "remove_fields": ["Nothing.There"]}),
    )
    .await;
    assert_eq!((status, code), (400, 40000), "{words}");
    ok(
        &face,
        "/delete/profile",
        json!({"user_id": "ada", "profile_template_id": id}),
    )
    .await;
    assert!(known(&face, "ada").await.is_empty());
}

#[tokio::test]
async fn what_is_said_fills_the_fields_that_may_be_filled() {
    let face = Harness::new();
    let id = bound(&face, "ada").await;
    say(
        &face,
        "ada",
        "c",
        "My name is Alex. I live in Hangzhou. I work as a nurse. I love camping.",
    )
    .await;
    assert_eq!(
        known(&face, "ada").await,
        [
            "Basic Info.Location: Hangzhou",
            "Basic Info.Occupation: a nurse",
            "Interests.Hobbies: chess, camping"
        ]
    );
    let lock = json!({"user_id": "ada", "profile_template_id": id,
        "metadata": {"Basic Info": {"Location": {"value": "Shanghai", "algorithm_updatable": false}}}});
    ok(&face, "/edit/profile", lock).await;
    say(&face, "ada", "c", "I live in Rome now. I live in Rome.").await;
    assert!(
        known(&face, "ada")
            .await
            .contains(&"Basic Info.Location: Shanghai".to_owned())
    );
    // A user without a profile, or a message that may not fill one, changes none.
    say(&face, "bob", "c", "I live in Oslo.").await;
    let body = json!({"user_id": "ada", "allow_memory_view": ["detail_factual"],
        "messages": [{"role": "user", "content": "I work as a pilot."}]});
    ok(&face, "/add/message", body).await;
    assert!(
        known(&face, "ada")
            .await
            .contains(&"Basic Info.Occupation: a nurse".to_owned())
    );
    assert!(known(&face, "bob").await.is_empty());
}

#[tokio::test]
async fn all_of_a_user_goes_with_his_memories() {
    let face = Harness::new();
    let id = bound(&face, "ada").await;
    ok(&face, "/delete/memory", json!({"user_id": "ada"})).await;
    assert!(known(&face, "ada").await.is_empty());
    let edit = json!({"user_id": "ada", "profile_template_id": id, "metadata": {"a": {"b": 1}}});
    assert_eq!(refused(&face, "/edit/profile", edit).await.1, 40001);
}

#[tokio::test]
async fn an_agent_has_a_profile_apart_from_a_user_of_its_name() {
    let face = Harness::new();
    let id = bound(&face, "ada").await;
    let body = json!({"bind_list": [{"agent_id": "ada", "profile_template_id": id}]});
    ok(&face, "/bind/profile_template", body).await;
    let edit = json!({"agent_id": "ada", "profile_template_id": id,
        "metadata": {"Basic Info": {"Name": {"value": "Robot"}}}});
    ok(&face, "/edit/profile", edit).await;
    assert!(
        !known(&face, "ada")
            .await
            .iter()
            .any(|line| line.contains("Robot"))
    );
    for (bad, code) in [
        (json!({"bind_list": []}), 40003),
        (json!({"bind_list": [{"profile_template_id": id}]}), 40002),
        (
            json!({"bind_list": [{"user_id": "a", "agent_id": "b", "profile_template_id": id}]}),
            40000,
        ),
    ] {
        assert_eq!(refused(&face, "/bind/profile_template", bad).await.1, code);
    }
    let deep =
        json!({"profile_template_name": "x", "metadata": {"a": {"b": {"c": {"d": {"value": 1}}}}}});
    let (_, code, words) = refused(&face, "/add/profile_template", deep).await;
    assert_eq!(code, 40000);
    assert!(words.contains("3 levels"), "{words}");
}
