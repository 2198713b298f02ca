//! The keywords, the violations, and what is refused.

use serde_json::json;

use super::*;

fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let found = Schema::new(schema).unwrap().check(value);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn each_keyword_is_checked() {
    for (schema, fits, fails) in [
        (json!({"type": "integer"}), json!(2.0), json!(2.5)),
        (json!({"type": "number"}), json!(-1e9), json!("1")),
        (
            json!({"type": ["string", "null"]}),
            json!(null),
            json!(false),
        ),
        (json!({"type": "boolean"}), json!(true), json!(0)),
        (json!({"enum": ["a", 1, null]}), json!(null), json!("b")),
        (json!({"minimum": 0, "maximum": 1}), json!(1), json!(1.01)),
        (json!({"minimum": 0}), json!("any text"), json!(-1)),
        (json!({"maxLength": 2}), json!("中文"), json!("abc")),
        (json!({"minLength": 1}), json!("a"), json!("")),
        (
            json!({"minItems": 1, "maxItems": 2}),
            json!([1, 2]),
            json!([]),
        ),
        (json!({"maxItems": 2}), json!([]), json!([1, 2, 3])),
        (
            json!({"items": {"type": "string"}}),
            json!(["a"]),
            json!(["a", 1]),
        ),
        (
            json!({"required": ["a"]}),
            json!({"a": null}),
            json!({"b": 1}),
        ),
        (
            json!({"properties": {"a": {"type": "null"}}}),
            json!({"b": 1}),
            json!({"a": 1}),
        ),
        (
            json!({"additionalProperties": false}),
            json!({}),
            json!({"a": 1}),
        ),
        (
            json!({"additionalProperties": {"type": "null"}}),
            json!({"a": null}),
            json!({"a": 1}),
        ),
        (
            json!({"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 1}]}),
            json!("a"),
            json!("ab"),
        ),
        (json!({"items": true}), json!([1]), json!(null)),
        (json!(true), json!(1), json!(null)),
    ] {
        assert_eq!(
            faults(&schema, &fits),
            Vec::<String>::new(),
            "{schema} {fits}"
        );
        // Schemas without a type say nothing about null.
        if !fails.is_null() {
            assert_eq!(faults(&schema, &fails).len(), 1, "{schema} {fails}");
        }
    }
    assert_eq!(faults(&json!(false), &json!(1)).len(), 1);
}

#[test]
fn violations_name_their_place_and_not_the_value() {
    let schema = json!({
        "type": "object",
        "properties": {"items": {"type": "array", "items": {
            "type": "object",
            "properties": {"kind": {"enum": ["fact", "event"]}, "n": {"maximum": 3}},
            "required": ["kind"],
            "additionalProperties": false,
        }}},
        "additionalProperties": {"type": "string"},
    });
    let value = json!({
        "items": [{"kind": "secret", "n": 9}, {"secret": 1}, "secret"],
        "secret": {"a": 1},
    });
    assert_eq!(
        faults(&schema, &value),
        [
            "/items/0/kind: expected one of [\"fact\",\"event\"]",
            "/items/0/n: expected a number up to 3",
            "/items/1: expected a property \"kind\"",
            "/items/1: expected no properties beside kind, n",
            "/items/2: expected object",
            "/*: expected string",
        ]
    );
    let many = json!({"items": vec![json!(1); 1000]});
    assert_eq!(faults(&schema, &many).len(), MOST);
}

#[test]
fn what_is_not_understood_is_refused() {
    for (schema, at) in [
        (json!({"pattern": "a"}), "/pattern"),
        (json!({"items": {"oneOf": []}}), "/items/oneOf"),
        (
            json!({"properties": {"a": {"type": "text"}}}),
            "/properties/a/type",
        ),
        (json!({"anyOf": []}), "/anyOf"),
        (json!({"maxLength": -1}), "/maxLength"),
        (json!({"required": [1]}), "/required"),
        (json!({"additionalProperties": 1}), "/additionalProperties"),
        (json!([]), ""),
    ] {
        let error = Schema::new(&schema).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert_eq!(error.field(), Some(at), "{schema}");
    }
    let described = json!({"title": "x", "description": "y", "default": 1, "$schema": "z"});
    assert!(Schema::new(&described).is_ok());
}
