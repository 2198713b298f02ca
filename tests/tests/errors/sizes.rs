//! Requests over a limit.

use memos_tests::{message, messages};
use serde_json::{Value, json};

use crate::FRESH;
use crate::stage::{Expected, NOTES, Stage};

#[test]
fn requests_that_are_too_large() {
    let mut stage = Stage::new(&[
        ("MEMOS_BODY_LIMIT", "200000"),
        ("MEMOS_LIMITS_MEMORIES_PER_REQUEST", "3"),
        ("MEMOS_LIMITS_TEXT_BYTES", "1000"),
        ("MEMOS_LIMITS_QUESTION_BYTES", "100"),
        ("MEMOS_LIMITS_MEMORIES_PER_ANSWER", "300"),
        ("MEMOS_LIMITS_CUBES_PER_SEARCH", "2"),
    ]);
    let refuses = |stage: &mut Stage, method, path: &str, body: &Value, field, says| {
        let large = Expected::new(413, "too_large", field, says);
        stage.refuses(method, path, body.to_string().as_bytes(), large);
    };
    let long = "word ".repeat(201);
    for path in [FRESH, NOTES] {
        let body = message(&"x".repeat(200_000));
        refuses(
            &mut stage,
            "POST",
            path,
            &body,
            None,
            "more than 200000 bytes",
        );
        let four = messages(&["a", "b", "c", "d"]);
        refuses(
            &mut stage,
            "POST",
            path,
            &four,
            None,
            "4 memories, more than 3",
        );
        let second = messages(&["a", &long]);
        let field = Some("/messages/1/content");
        refuses(&mut stage, "POST", path, &second, field, "more than 1000");
    }
    let path = stage.path();
    let text = json!({"text": long});
    refuses(
        &mut stage,
        "PATCH",
        &path,
        &text,
        Some("/text"),
        "more than 1000",
    );

    let search = "/api/v1/search";
    let asked = json!({"query": "word ".repeat(21), "cube_ids": ["notes"]});
    refuses(&mut stage, "POST", search, &asked, Some("/query"), "100");
    for (more, field, says) in [
        (
            json!({"cube_ids": ["notes"], "top_k": 301}),
            "/top_k",
            "1 to 300",
        ),
        (json!({"cube_ids": ["a", "b", "c"]}), "/cube_ids", "2"),
    ] {
        let mut asked = more;
        asked["query"] = "Who?".into();
        let many = Expected::new(400, "invalid_request", Some(field), says);
        stage.refuses("POST", search, asked.to_string().as_bytes(), many);
    }
    let page = stage.client.get(&format!("{NOTES}?limit=301"));
    assert_eq!(page.problem(400, "invalid_request")["field"], "limit");
    stage.nothing_was_written();
}
