//! Our five tools.

use super::*;

#[tokio::test]
async fn what_is_remembered_is_recalled_changed_and_forgotten() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    let nothing = visitor.did("recall", json!({"query": "anything"})).await;
    assert_eq!(nothing["memories"], json!([]));

    let text = json!({
        "text": "Mina prefers aisle seats.", "speaker": "Tom", "tags": ["travel"],
        "info": {"project": "trip"}, "time": "2025-03-03",
    });
    let stored = visitor.did("remember", text.clone()).await;
    let id = stored["ids"][0].as_str().unwrap().to_owned();
    assert_eq!(stored["cube"], "default");
    assert_eq!(stored["known_already"], false);
    let again = visitor.did("remember", text).await;
    assert_eq!(again["known_already"], true);
    assert_eq!(again["ids"], stored["ids"]);

    let question = json!({"query": "Which seat does Mina like?", "limit": 3});
    let result = visitor.call("recall", question.clone()).await;
    let hit = &result["structuredContent"]["memories"][0];
    assert_eq!(hit["id"], id.as_str());
    assert_eq!(hit["speaker"], "Tom");
    assert_eq!(hit["tags"], json!(["travel"]));
    assert_eq!(hit["info"]["project"], "trip");
    let line = result["content"][0]["text"].as_str().unwrap();
    assert!(
        line.starts_with("[2025-03-03] Tom: Mina prefers aisle seats."),
        "{line}"
    );
    assert!(line.contains(&id), "{line}");

    let change = json!({"id": id, "text": "Mina prefers window seats."});
    let changed = visitor.did("update", change).await;
    assert_eq!(changed["memory"]["text"], "Mina prefers window seats.");
    assert_eq!(changed["version"], 2);
    let gone = visitor.did("forget", json!({"ids": [id, id]})).await;
    assert_eq!(gone, json!({"forgotten": [id], "not_found": []}));
    let found = visitor.did("recall", question).await;
    assert_eq!(found["memories"], json!([]));
    let told = visitor.refused("forget", json!({"ids": [id]})).await;
    assert!(told.contains("field: ids"), "{told}");
}

#[tokio::test]
async fn conditions_narrow_a_question() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    for (speaker, tag, time) in [
        ("Ada", "work", "2025-01-10"),
        ("Ben", "work", "2025-02-10"),
        ("Ada", "home", "2025-03-10"),
    ] {
        let text = format!("{speaker} talked about the garden in {tag}.");
        let said = json!({"text": text, "speaker": speaker, "tags": [tag], "time": time});
        visitor.did("remember", said).await;
    }
    let count = async |mut question: Value| {
        question["query"] = "garden".into();
        let found = visitor.did("recall", question).await;
        found["memories"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({})).await, 3);
    assert_eq!(count(json!({"speaker": "Ada"})).await, 2);
    assert_eq!(count(json!({"speaker": "Ada", "tag": "work"})).await, 1);
    assert_eq!(
        count(json!({"filter": {"speaker": {"ne": "Ada"}}})).await,
        1
    );
    assert_eq!(
        count(json!({"since": "2025-02-01", "until": "2025-03-01"})).await,
        1
    );
    assert_eq!(count(json!({"limit": 1})).await, 1);
}

#[tokio::test]
async fn time_is_read_in_order() {
    let stage = Stage::new();
    let visitor = stage.visit("?cube=diary").await;
    let messages: Vec<Value> = (1..=30)
        .map(|i| {
            json!({"role": "user", "content": format!("entry {i}"),
                   "time": format!("2025-01-{i:02}T10:00:00+02:00")})
        })
        .collect();
    let stored = visitor
        .did("remember", json!({"messages": messages, "session": "s"}))
        .await;
    assert_eq!(stored["ids"].as_array().unwrap().len(), 30);
    let read = async |asked: Value| {
        let page = visitor.did("timeline", asked).await;
        let memories = page["memories"].as_array().unwrap().clone();
        let texts: Vec<String> = memories
            .iter()
            .map(|m| m["text"].as_str().unwrap().to_owned())
            .collect();
        (texts, page)
    };
    let entries = |range: std::ops::RangeInclusive<u32>| -> Vec<String> {
        range.map(|i| format!("entry {i}")).collect()
    };
    // The latest, and back.
    let (texts, page) = read(json!({"limit": 10})).await;
    assert_eq!(texts, entries(21..=30));
    assert!(page.get("later").is_none());
    let (texts, page) = read(json!({"limit": 10, "cursor": page["earlier"]})).await;
    assert_eq!(texts, entries(11..=20));
    let (texts, _) = read(json!({"limit": 10, "cursor": page["later"]})).await;
    assert_eq!(texts, entries(21..=30));
    // Around one.
    let middle = &stored["ids"][14];
    let (texts, page) = read(json!({"around": middle, "limit": 5})).await;
    assert_eq!(texts, entries(13..=17));
    assert!(page["earlier"].is_string() && page["later"].is_string());
    let (texts, _) = read(json!({"around": stored["ids"][29], "limit": 5})).await;
    assert_eq!(texts, entries(26..=30));
    // A day on the speaker's clock, a stretch, a session.
    assert_eq!(read(json!({"day": "2025-01-07"})).await.0, entries(7..=7));
    let stretch = json!({"since": "2025-01-03", "until": "2025-01-05T12:00:00+02:00"});
    assert_eq!(read(stretch).await.0, entries(3..=5));
    assert_eq!(
        read(json!({"session": "s", "limit": 2})).await.0,
        entries(1..=2)
    );
    assert!(read(json!({"session": "other"})).await.0.is_empty());
}

/// An id that no memory has.
const UNKNOWN: &str = "0190a5b2-7c00-7000-8000-000000000001";

#[tokio::test]
async fn bad_arguments_are_told_with_field_and_help() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    visitor.did("remember", json!({"text": "x"})).await;
    for (tool, arguments, field) in [
        ("remember", json!({}), "text"),
        ("remember", json!({"text": "  "}), "text"),
        ("remember", json!({"text": 5}), "text"),
        (
            "remember",
            json!({"text": "x", "messages": [{"role": "user", "content": "y"}]}),
            "text",
        ),
        (
            "remember",
            json!({"messages": [{"role": "user"}]}),
            "messages[0]",
        ),
        (
            "remember",
            json!({"messages": [{"role": "boss", "content": "y"}]}),
            "messages[0].role",
        ),
        ("remember", json!({"text": "x", "time": "soon"}), "time"),
        ("remember", json!({"text": "x".repeat(2 << 20)}), "text"),
        (
            "remember",
            json!({"messages": [{"role": "user", "content": "x", "time": "soon"}]}),
            "messages[0].time",
        ),
        (
            "remember",
            json!({"messages": [{"role": "user", "content": "x"}], "speaker": "Ada"}),
            "speaker",
        ),
        (
            "remember",
            json!({"messages": [{"role": "user", "content": "x"}], "title": "T"}),
            "title",
        ),
        (
            "remember",
            json!({"text": "x", "title": "T", "speaker": "Ada"}),
            "speaker",
        ),
        ("remember", json!({"text": "x", "tags": [" "]}), "tags[0]"),
        ("recall", json!({"query": " "}), "query"),
        ("recall", json!({"query": "x", "limit": 0}), "limit"),
        ("recall", json!({"query": "x", "limit": 101}), "limit"),
        ("recall", json!({"query": "x", "since": "soon"}), "since"),
        (
            "recall",
            json!({"query": "x", "filter": {"nope": 1}}),
            "filter.nope",
        ),
        ("forget", json!({"ids": []}), "ids"),
        ("forget", json!({"ids": ["x"]}), "ids[0]"),
        ("update", json!({"id": "x", "text": "y"}), "id"),
        ("update", json!({"id": UNKNOWN}), "text"),
        ("timeline", json!({"day": "yesterday"}), "day"),
        ("timeline", json!({"cursor": "x"}), "cursor"),
        ("timeline", json!({"limit": 0}), "limit"),
    ] {
        let told = visitor.refused(tool, arguments.clone()).await;
        let field = format!("\nfield: {field}");
        assert!(told.contains(&field), "{tool} {arguments}: {told}");
        assert!(told.contains("\nhelp: "), "{told}");
        for other in ["openapi", "next_cursor", "supersedes", "lifespan"] {
            assert!(!told.contains(other), "{tool} {arguments}: {told}");
        }
    }
    let told = visitor.refused("recall", json!({"querry": "x"})).await;
    assert!(told.contains("querry"), "{told}");
    let told = visitor
        .refused("recall", json!({"query": "x", "cube": "other"}))
        .await;
    assert!(told.contains("other"), "{told}");
}

#[tokio::test]
async fn a_user_has_a_cube_and_is_kept_with_each_memory() {
    let stage = Stage::new();
    let ada = stage.visit("?user=ada").await;
    let stored = ada.did("remember", json!({"text": "I like figs."})).await;
    assert_eq!(stored["cube"], "ada");
    let ben = stage.visit("?user=ben").await;
    let found = ben.did("recall", json!({"query": "figs"})).await;
    assert_eq!(found["memories"], json!([]));
    let found = ben
        .did("recall", json!({"query": "figs", "cube": "ada"}))
        .await;
    assert_eq!(found["memories"][0]["info"]["user_id"], "ada");
    // By its id a memory is found wherever it is.
    let change = json!({"id": stored["ids"][0], "tags": ["food"]});
    assert_eq!(ben.did("update", change).await["memory"]["cube"], "ada");
}

#[tokio::test]
async fn long_calls_say_how_far_they_are() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    let mut ids = Vec::new();
    for i in 0..3 {
        let stored = visitor
            .did("remember", json!({"text": format!("thing {i}")}))
            .await;
        ids.push(stored["ids"][0].clone());
    }
    let params = json!({
        "name": "forget", "arguments": {"ids": ids}, "_meta": {"progressToken": "t"},
    });
    let messages = visitor.ask("tools/call", params).await.messages();
    let told: Vec<&Value> = messages
        .iter()
        .filter(|m| m["method"] == "notifications/progress")
        .map(|m| &m["params"])
        .collect();
    assert_eq!(told.len(), 3, "{messages:?}");
    assert_eq!(told[2]["progress"], 2.0);
    assert_eq!(told[2]["total"], 3.0);
    assert_eq!(told[2]["progressToken"], "t");
}

#[tokio::test]
async fn what_is_left_blank_is_left_out() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    let stored = visitor
        .did(
            "remember",
            json!({
                "text": "Ada plays the violin.", "speaker": "", "title": " ", "time": "",
                "session": "", "cube": "", "messages": [],
            }),
        )
        .await;
    let ids = stored["ids"].clone();
    let asked = json!({
        "query": "violin", "speaker": " ", "tag": "", "since": "", "until": "", "cube": "",
        "filter": {},
    });
    let found = visitor.did("recall", asked).await;
    assert_eq!(found["memories"][0]["id"], ids[0]);
    let asked = json!({
        "around": "", "day": "", "since": "", "until": "", "session": "", "cursor": "",
    });
    let told = visitor.did("timeline", asked).await;
    assert_eq!(told["memories"][0]["id"], ids[0]);
    let change = json!({"id": ids[0], "text": "", "tags": ["music"]});
    let changed = visitor.did("update", change).await;
    assert_eq!(changed["memory"]["text"], "Ada plays the violin.");

    let said = json!({"messages": [{"role": "user", "content": "Yes.", "name": "", "time": ""}]});
    visitor.did("remember", said).await;
    let told = visitor.refused("remember", json!({"text": " "})).await;
    assert!(told.contains("field: text"), "{told}");
}

#[tokio::test]
async fn whole_numbers_may_be_written_with_a_point() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    visitor
        .did("remember", json!({"text": "Ada plays the violin."}))
        .await;
    let asked = json!({"query": "violin", "limit": 5.0, "max_tokens": 64.0});
    let found = visitor.did("recall", asked).await;
    assert_eq!(found["memories"].as_array().unwrap().len(), 1);
    let told = visitor
        .refused("recall", json!({"query": "violin", "limit": 1.5}))
        .await;
    assert!(told.contains("field: limit"), "{told}");
    let told = visitor.refused("recall", json!({"limit": 1})).await;
    assert!(told.contains("field: query"), "{told}");
}
