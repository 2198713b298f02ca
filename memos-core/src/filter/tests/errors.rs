//! Each refusal: where it points, what it says, what it proposes.

use serde_json::{Value, json};

use super::*;

fn refusal(filter: &Value) -> Error {
    match Filter::parse(filter) {
        Ok(_) => panic!("{filter} was taken"),
        Err(e) => e,
    }
}

#[test]
fn refusals_point_at_the_place_and_say_what_is_allowed() {
    for (filter, pointer, message, remedy) in [
        (
            json!([]),
            "",
            "an object, and this is a list",
            "{\"and\": […]}",
        ),
        (json!({}), "", "the filter is empty", "leave the filter out"),
        (json!({"and": []}), "/and", "no filters", "at least one"),
        (
            json!({"or": {}}),
            "/or",
            "takes a list of filters",
            "{\"or\": [{…}, {…}]}",
        ),
        (
            json!({"not": "x"}),
            "/not",
            "this is the string \"x\"",
            "write it as",
        ),
        (
            json!({"AND": [{"state": "frozen"}]}),
            "/AND",
            "not a field",
            "did you mean \"and\"?",
        ),
        (
            json!({"or": [{"key": "k"}, {"tag": "x"}]}),
            "/or/1/tag",
            "\"tag\" is not a field",
            "did you mean \"tags\"? fields are id,",
        ),
        (
            json!({"weather/~": 1}),
            "/weather~1~0",
            "not a field",
            "fields are id, cube_id,",
        ),
        (json!({"info": {"a": 1}}), "/info", "not a path", "info.key"),
        (
            json!({"info.a..b": 1}),
            "/info.a..b",
            "not a path",
            "info.key",
        ),
        (
            json!({"state": {"equals": "x"}}),
            "/state/equals",
            "\"equals\" is not an operator",
            "state takes eq, ne, in",
        ),
        (
            json!({"use_count": {"gtr": 1}}),
            "/use_count/gtr",
            "not an operator",
            "did you mean \"gt\"?",
        ),
        (
            json!({"state": {}}),
            "/state",
            "no operator",
            "state takes eq, ne, in",
        ),
        (
            json!({"tags": "work"}),
            "/tags",
            "tags can't be tested with eq",
            "tags takes contains, in, like, exists",
        ),
        (
            json!({"owner": {"exists": true}}),
            "/owner/exists",
            "can't be tested with exists",
            "owner takes eq, ne, in, contains, like",
        ),
        (
            json!({"valid_time": "2025-01-01"}),
            "/valid_time",
            "can't be tested with eq",
            "valid_time takes gt, gte, lt, lte",
        ),
        (
            json!({"valid_time": {"eq": "2025-01-01"}}),
            "/valid_time/eq",
            "can't be tested with eq",
            "valid_time takes gt, gte, lt, lte",
        ),
        (
            json!({"valid_time": {"gt": "2025-01-01", "gte": "2025-01-01"}}),
            "/valid_time/gte",
            "this end already",
            "one of gt and gte",
        ),
        (
            json!({"valid_time": {"gte": "2025-01-01", "lt": "2025-01-01"}}),
            "/valid_time",
            "ends before it starts",
            "swap",
        ),
        (
            json!({"state": "activ"}),
            "/state",
            "state eq takes one of its words",
            "allowed are generated, activated",
        ),
        (
            json!({"state": "archivd"}),
            "/state",
            "the string \"archivd\"",
            "did you mean \"archived\"?",
        ),
        (
            json!({"role": ["user", "tool"]}),
            "/role",
            "this is a list",
            "use in",
        ),
        (
            json!({"role": {"in": "user"}}),
            "/role/in",
            "in takes a list",
            "[value, value]",
        ),
        (
            json!({"role": {"in": []}}),
            "/role/in",
            "the list is empty",
            "at least one",
        ),
        (
            json!({"role": {"in": ["user", "bot"]}}),
            "/role/in/1",
            "this is the string \"bot\"",
            "user, assistant, system, tool",
        ),
        (
            json!({"id": "7"}),
            "/id",
            "a memory id, and this is the string \"7\"",
            "UUID",
        ),
        (
            json!({"version": -1}),
            "/version",
            "a whole number from 0, and this is the number -1",
            "without quotes",
        ),
        (
            json!({"use_count": {"gt": 0.5}}),
            "/use_count/gt",
            "the number 0.5",
            "fraction",
        ),
        (
            json!({"and": [{"key": "k"}, {"created_at": {"gte": "soon"}}]}),
            "/and/1/created_at/gte",
            "created_at gte takes a time, and this is the string \"soon\"",
            "2025-03-01T09:30:00+08:00",
        ),
        (
            json!({"said_at": 5}),
            "/said_at",
            "the number 5",
            "2025-03-01",
        ),
        (
            json!({"key": 5}),
            "/key",
            "a string, and this is the number 5",
            "quotes",
        ),
        (
            json!({"text": {"like": 5}}),
            "/text/like",
            "a pattern",
            "% stands for",
        ),
        (
            json!({"text": {"like": "\\x"}}),
            "/text/like",
            "a backslash",
            "\\%, \\_",
        ),
        (
            json!({"key": {"exists": "yes"}}),
            "/key/exists",
            "true or false",
            "without quotes",
        ),
        (
            json!({"info.a": {"gt": true}}),
            "/info.a/gt",
            "a number or a string",
            "order",
        ),
        (
            json!({"info.a": {"eq": {"b": 1}}}),
            "/info.a/eq",
            "this is an object",
            "info.key.key",
        ),
        (
            json!({"info.a": [1]}),
            "/info.a",
            "this is a list",
            "use in",
        ),
    ] {
        let e = refusal(&filter);
        assert_eq!(e.code(), Code::InvalidFilter, "{filter}");
        assert_eq!(e.field(), Some(&*format!("/filter{pointer}")), "{e}");
        assert!(e.message().contains(message), "{filter}: {e}");
        assert!(e.remedy_text().unwrap().contains(remedy), "{filter}: {e}");
    }
}

#[test]
fn long_values_are_cut_in_messages() {
    let e = refusal(&json!({"state": "x".repeat(10_000)}));
    assert!(e.to_string().len() < 300, "{e}");
}

#[test]
fn the_pointer_starts_where_the_caller_says() {
    let e = Filter::parse_at(&json!({"not": {"x": 1}}), "/queries/3/filter").unwrap_err();
    assert_eq!(e.field(), Some("/queries/3/filter/not/x"));
}

#[test]
fn text_that_is_not_json_gives_line_and_column() {
    let e = Filter::from_json_text("{\"state\":\n  frozen}").unwrap_err();
    assert_eq!(
        (e.code(), e.field()),
        (Code::InvalidFilter, Some("/filter"))
    );
    assert!(e.message().contains("line 2 column"), "{e}");
    assert!(Filter::from_json_text(&"[".repeat(100_000)).is_err());
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({"key": "k"}), |inner, i| match i % 3 {
        0 => json!({ "not": inner }),
        1 => json!({ "and": [inner] }),
        _ => json!({ "or": [inner] }),
    })
}

#[test]
fn depth_is_limited() {
    assert!(Filter::parse(&nested(32)).is_ok());
    let e = refusal(&nested(33));
    assert!(e.message().contains("deeper than 32"), "{e}");
    // Several members are an `and` of their own, as they print.
    let mut two = json!({"key": "k", "owner": "o"});
    for _ in 1..31 {
        two = json!({ "not": two });
    }
    let filter = Filter::parse(&two).unwrap();
    assert_eq!(Filter::parse(&filter.to_json()).unwrap(), filter);
    assert!(Filter::parse(&json!({ "not": two })).is_err());
}

#[test]
fn size_is_limited() {
    let or = |n: usize| json!({"or": vec![json!({"key": "k"}); n]});
    assert!(Filter::parse(&or(999)).is_ok());
    let e = refusal(&or(1_000));
    assert!(e.message().contains("more than 1000 conditions"), "{e}");
    assert_eq!(e.field(), Some("/filter/or/999/key"));

    let among = |n: usize| json!({"use_count": {"in": (0..n).collect::<Vec<_>>()}});
    assert!(Filter::parse(&among(10_000)).is_ok());
    assert!(refusal(&among(10_001)).message().contains("10000 values"));
}
