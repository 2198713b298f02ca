//! Exports, summaries, profiles, the project.

use serde_json::{Value, json};

use super::add;
use crate::faces::kit::testing::Harness;

fn form() -> Value {
    json!({
        "type": "object",
        "properties": {
            "favourite_bread": {"type": "string", "description": "the bread they love"},
            "children": {"type": "integer", "description": "how many children they have"},
            "home": {"type": "object", "description": "where they live", "properties": {"city": {"type": "string", "description": "the city they live in"}}},
            "spaceship": {"type": "string", "description": "registration of the spaceship quarantine docking"},
        },
    })
}

async fn ada() -> Harness {
    let face = Harness::new();
    for text in [
        "The bread that I love most is rye.",
        "I have 3 children.",
        "I live in the city of Turin.",
    ] {
        add(&face, text, json!({"user_id": "ada"})).await;
    }
    add(
        &face,
        "The bread that I love most is wheat.",
        json!({"user_id": "ben"}),
    )
    .await;
    face
}

#[tokio::test]
async fn an_export_is_filled_in_from_what_was_said() {
    let face = ada().await;
    let ask = json!({"schema": form().to_string(), "filters": {"user_id": "ada"}});
    let asked = face.post("/v1/exports/", &ask).await.is(201);
    let id = asked["id"].as_str().unwrap();
    let by_id = face
        .post("/v1/exports/get/", &json!({"memory_export_id": id}))
        .await
        .is(200);
    assert_eq!(
        by_id["favourite_bread"],
        "The bread that I love most is rye."
    );
    assert_eq!(by_id["children"], 3);
    assert_eq!(by_id["home"]["city"], "I live in the city of Turin.");
    assert_eq!(by_id["spaceship"], Value::Null);
    let by_filter = face
        .post("/v1/exports/get/", &json!({"user_id": "ada"}))
        .await
        .is(200);
    assert_eq!(by_filter, by_id);
    // However they are written, the same filters name the same.
    for same in [
        json!({"filters": {"user_id": "ada"}}),
        json!({"filters": {"AND": [{"user_id": "ada"}]}}),
        json!({"filters": {"AND": [{"created_at": {"gte": "2020-01-01"}}, {"user_id": "ada"}]}}),
    ] {
        let found = face.post("/v1/exports/get/", &same).await.is(200);
        assert_eq!(found, by_id, "{same}");
    }
    for other in [
        json!({"user_id": "ben"}),
        json!({"user_id": "ada", "run_id": "r"}),
        json!({"filters": {"created_at": {"gte": "2020-01-01"}}}),
    ] {
        face.post("/v1/exports/get/", &other).await.is(404);
    }
    face.post("/v1/exports/get/", &json!({"memory_export_id": "x"}))
        .await
        .is(404);
    for bad in [
        json!({"filters": {"user_id": "ada"}}),
        json!({"schema": form()}),
        json!({"schema": "{", "user_id": "ada"}),
        json!({"schema": {"type": "string"}, "user_id": "ada"}),
    ] {
        face.post("/v1/exports/", &bad).await.is(400);
    }
}

#[tokio::test]
async fn an_export_of_a_session_is_of_a_run() {
    let face = ada().await;
    add(
        &face,
        "The bread that I love most is oat.",
        json!({"user_id": "ada", "run_id": "r1"}),
    )
    .await;
    let ask =
        json!({"schema": form(), "filters": {"AND": [{"user_id": "ada"}, {"session_id": "r1"}]}});
    face.post("/v1/exports/", &ask).await.is(201);
    let same = json!({"user_id": "ada", "session_id": "r1"});
    let found = face.post("/v1/exports/get/", &same).await.is(200);
    assert_eq!(
        found["favourite_bread"],
        "The bread that I love most is oat."
    );
    assert_eq!(found["children"], Value::Null);
}

#[tokio::test]
async fn a_model_fills_in_what_rules_only_find() {
    let face = Harness::with_model(&[r#"{"favourite_bread": "rye"}"#]);
    add(
        &face,
        "The bread that I love most is rye.",
        json!({"user_id": "ada"}),
    )
    .await;
    let schema = json!({"type": "object", "properties": {"favourite_bread": {"type": "string", "description": "the bread they love"}}});
    let ask = json!({"schema": schema, "user_id": "ada"});
    face.post("/v1/exports/", &ask).await.is(201);
    let filled = face
        .post("/v1/exports/get/", &json!({"user_id": "ada"}))
        .await
        .is(200);
    assert_eq!(filled, json!({"favourite_bread": "rye"}));
    // The script is over: what rules find is answered.
    let filled = face
        .post("/v1/exports/get/", &json!({"user_id": "ada"}))
        .await
        .is(200);
    assert_eq!(
        filled["favourite_bread"],
        "The bread that I love most is rye."
    );
}

#[tokio::test]
async fn summaries_and_profiles_come_from_the_background() {
    let face = Harness::working();
    add(
        &face,
        "I love rye bread. I live in Turin.",
        json!({"user_id": "ada", "run_id": "r"}),
    )
    .await;
    add(
        &face,
        "I hate long meetings. I am a baker.",
        json!({"user_id": "ada", "run_id": "r"}),
    )
    .await;
    face.post("/api/v1/tasks/drain", &json!({"cube_id": "ada"}))
        .await
        .is(200);
    let summary = face
        .post("/v1/summary/", &json!({"filters": {"user_id": "ada"}}))
        .await
        .is(200);
    assert_eq!(summary["status"], "SUCCEEDED");
    assert!(
        !summary["summary"].as_str().unwrap().is_empty(),
        "{summary}"
    );
    let other = face
        .post("/v1/summary/", &json!({"filters": {"user_id": "ben"}}))
        .await
        .is(200);
    assert_eq!(
        other,
        json!({"status": "SUCCEEDED", "summary": "", "summaries": []})
    );

    let profile = face.get("/v2/entities/user/ada/profile/").await.is(200);
    assert_eq!(profile["status"], "succeeded", "{profile}");
    assert!(
        profile["profile"].to_string().contains("rye bread"),
        "{profile}"
    );
    face.get("/v2/entities/user/ben/profile/").await.is(404);
    // What was derived is in no list.
    let list = face.get("/memories?user_id=ada").await.is(200);
    assert_eq!(list["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn profiles_follow_the_form_that_is_set() {
    let face = ada().await;
    let settings = face.get("/v2/profiles/settings/").await.is(200);
    assert_eq!(settings["enabled"], true);
    assert_eq!(
        settings["entities"]["user"],
        json!({"schema": null, "custom_instructions": null})
    );
    let set = json!({"entities": {"user": {"schema": form(), "custom_instructions": "Be short."}}});
    let now = face.post("/v2/profiles/settings/", &set).await.is(200);
    assert_eq!(now["entities"]["user"]["schema"], form());
    assert_eq!(now, face.get("/v2/profiles/settings/").await.is(200));
    let profile = face.get("/v2/entities/user/ada/profile/").await.is(200);
    assert_eq!(
        (&profile["status"], &profile["profile"]["children"]),
        (&json!("succeeded"), &json!(3))
    );
    face.post("/v2/profiles/settings/", &json!({"enabled": false}))
        .await
        .is(200);
    let off = face.get("/v2/entities/user/ada/profile/").await.is(200);
    assert_eq!(
        (&off["status"], &off["profile"]),
        (&json!("not_enabled"), &json!({}))
    );
    face.post("/v2/profiles/settings/", &json!({"schema": form()}))
        .await
        .is(400);
    let mut bare = form();
    bare["properties"]["home"]["properties"]["city"] = json!({"type": "string"});
    for (schema, place) in [
        (json!({}), ""),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            "schema.properties.a",
        ),
        (bare, "schema.properties.home.properties.city"),
    ] {
        let set = json!({"entities": {"user": {"schema": schema}}});
        let refused = face.post("/v2/profiles/settings/", &set).await.is(400);
        assert!(
            refused["detail"].as_str().unwrap().starts_with(place),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_job_is_started_once_for_one_key() {
    let face = ada().await;
    let trigger = json!({"operation": "trigger", "entity_type": "user", "entity_id": "ada"});
    let start = async |key: &str| {
        let request = axum::http::Request::post("/v2/profiles/jobs/")
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        face.ask(request.body(trigger.to_string().into()).unwrap())
            .await
            .is(200)
    };
    let first = start("k1").await;
    assert_eq!(
        (&first["status"], &first["replayed"]),
        (&json!("pending"), &json!(false))
    );
    let again = start("k1").await;
    assert_eq!(
        (&again["job_id"], &again["replayed"]),
        (&first["job_id"], &json!(true))
    );
    assert_ne!(start("k2").await["job_id"], first["job_id"]);
    let job = face
        .get(first["status_url"].as_str().unwrap())
        .await
        .is(200);
    assert_eq!(
        (&job["job"]["total"], &job["job"]["status"]),
        (&json!(1), &json!("pending"))
    );
    let event = first["event_id"].as_str().unwrap();
    let event = face.get(&format!("/v1/event/{event}/")).await.is(200);
    assert_eq!(event["status"], "PENDING");
    let sample = face
        .post(
            "/v2/profiles/jobs/",
            &json!({"operation": "sample", "limit": 2}),
        )
        .await
        .is(200);
    assert_eq!(sample["entity_ids"], json!(["ada", "ben"]));
    face.get("/v2/profiles/jobs/none/").await.is(404);
    face.post(
        "/v2/profiles/jobs/",
        &json!({"operation": "trigger", "entity_id": "eve"}),
    )
    .await
    .is(404);
}

#[tokio::test]
async fn the_project_keeps_what_is_set_and_its_members_stay() {
    let face = Harness::new();
    let ping = face.get("/v1/ping/").await.is(200);
    let (org, project) = (
        ping["org_id"].as_str().unwrap(),
        ping["project_id"].as_str().unwrap(),
    );
    let path = format!("/api/v1/orgs/organizations/{org}/projects/{project}/");
    let patch = json!({"custom_instructions": "Bread only.", "custom_categories": [{"food": "what one eats"}]});
    let patched = face
        .send(axum::http::Method::PATCH, &path, Some(patch.to_string()))
        .await
        .is(200);
    assert_eq!(patched["custom_instructions"], "Bread only.");
    let two = face
        .get(&format!(
            "{path}?fields=custom_instructions&fields=custom_categories"
        ))
        .await
        .is(200);
    assert_eq!(two, patch);
    let members = face.get(&format!("{path}members/")).await.is(200);
    assert_eq!(members["members"][0]["role"], "OWNER");
    let organisation = format!("/api/v1/orgs/organizations/{org}/members/");
    assert_eq!(face.get(&organisation).await.is(200), members);
    for path in [format!("{path}members/"), organisation] {
        let member = json!({"email": "a@b.c", "role": "READER"});
        for refused in [
            face.post(&path, &member).await.is(403),
            face.put(&path, &member).await.is(403),
            face.delete(&format!("{path}?email=a@b.c")).await.is(403),
        ] {
            let detail = refused["detail"].as_str().unwrap();
            assert!(detail.contains("no authentication"), "{path}: {detail}");
        }
        face.post(&path, &json!({"role": "READER"})).await.is(400);
    }
    face.get("/api/v1/orgs/organizations/other/members/")
        .await
        .is(404);
    let older = json!({"retrieval_criteria": [{"name": "joy", "description": "Joy", "weight": 2}], "enable_graph": true, "version": "v2"});
    let kept = face
        .send(axum::http::Method::PATCH, &path, Some(older.to_string()))
        .await
        .is(200);
    for (name, value) in older.as_object().unwrap() {
        assert_eq!(&kept[name], value, "{name}");
    }
    face.delete(&path).await.is(403);
    face.get("/api/v1/orgs/organizations/other/").await.is(404);
    face.get(&format!("/api/v1/orgs/organizations/{org}/projects/other/"))
        .await
        .is(404);
}
