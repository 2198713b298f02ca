use super::*;

fn of(filter: &Value) -> Result<Option<Value>> {
    native(filter.as_object().unwrap())
}

#[test]
fn every_field_and_operator_becomes_a_filter_of_ours() {
    let id = "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e";
    for filter in [
        json!({"id": id}),
        json!({"id": ["not ours", id]}),
        json!({"and": [{"created_at": {"gte": "2025-01-01", "lt": "2025-02-01 10:00:00"}}]}),
        json!({"or": [{"user_id": "a b"}, {"session_id": ["s", "t"]}]}),
        json!({"memory_type": ["WorkingMemory", "PreferenceMemory"]}),
        json!({"status": "activated"}),
        json!({"key": ["a_b", "c"], "or": [{"key": {"ne": "d"}}, {"key": {"contains": "e"}}]}),
        json!({"tags": {"contains": "x"}, "key": {"like": "50%"}}),
        json!({"source": "conversation"}),
        json!({"type": ["chat", "doc", "fact", "no type"], "version": {"gte": 1}}),
        json!({"confidence": {"gt": 0.5}, "is_fast": false}),
        json!({"app.id": {"in": [1, 2]}, "info.rating": {"gt": 3}}),
        json!({"and": [{"or": [{"a": "b"}, {"c": {"like": "d_"}}]}, {"e": null}]}),
    ] {
        let native = of(&filter).unwrap().unwrap();
        Filter::parse(&native).unwrap_or_else(|e| panic!("{filter} → {native}: {e}"));
    }
}

#[test]
fn lists_without_conditions_are_none() {
    for empty in [
        json!({}),
        json!({"and": []}),
        json!({"and": [], "or": []}),
        json!({"and": [{"or": []}]}),
        json!({"or": [{"and": []}, {"or": [{"and": []}]}]}),
    ] {
        assert_eq!(of(&empty).unwrap(), None, "{empty}");
    }
    // Beside a condition they don't admit more than it does.
    let alone = of(&json!({"or": [{"a": 1}]})).unwrap();
    assert_eq!(of(&json!({"or": [{"a": 1}, {"and": []}]})).unwrap(), alone);
}

#[test]
fn what_cannot_be_read_is_named() {
    let deep = (0..20).fold(json!({"a": 1}), |inner, _| json!({"and": [inner]}));
    for (filter, place) in [
        (json!({"and": 5}), "filter.and"),
        (json!({"or": [7]}), "filter.or[0]"),
        (json!({"a": {"near": 1}}), "filter.a.near"),
        (json!({"a": {}}), "filter.a"),
        (json!({"and": [{"status": "gone"}]}), "filter.and[0].status"),
        (
            json!({"created_at": {"gt": "soonish"}}),
            "filter.created_at.gt",
        ),
        (json!({"tags": {"gt": "x"}}), "filter.tags.gt"),
        (json!({"x": {"in": "y"}}), "filter.x.in"),
        (json!({"and": [{"or": [{}]}]}), "filter.and[0].or[0]"),
        (
            json!({"and": [{"tags": {"contains": ["a"]}}]}),
            "filter.and[0].tags.contains",
        ),
        (json!({"is_fast": "no"}), "filter.is_fast"),
        (json!({"version": "x"}), "filter.version"),
    ] {
        let error = of(&filter).unwrap_err();
        assert_eq!(error.field(), Some(place), "{filter}: {error}");
        assert!(error.remedy_text().is_some());
    }
    assert!(of(&deep).is_err());
}

#[test]
fn a_field_is_found_however_deep() {
    let filter = json!({"and": [{"x": "status"}, {"or": [{"status": "archived"}]}]});
    assert!(names(filter.as_object().unwrap(), "status"));
    assert!(!names(
        json!({"x": "status"}).as_object().unwrap(),
        "status"
    ));
}

#[test]
fn a_filter_of_a_status_is_known_by_its_translation() {
    for (filter, says) in [
        (json!({"status": "archived"}), true),
        (
            json!({"or": [{"x": 1}, {"and": [{"status": {"ne": "deleted"}}]}]}),
            true,
        ),
        (
            json!({"state": "archived", "tags": {"contains": "state"}}),
            false,
        ),
    ] {
        assert_eq!(
            says_status(&of(&filter).unwrap().unwrap()),
            says,
            "{filter}"
        );
    }
}

#[test]
fn a_search_may_have_a_filter_for_each_cube() {
    let cubes = [Named::new("a"), Named::new("b")];
    let filter = json!({"b": {"and": [{"x": 1}]}});
    let each = of_cubes(filter.as_object(), &cubes).unwrap();
    assert!(each[0].is_none() && each[1].is_some());
    let flat = json!({"tags": {"contains": "x"}});
    let each = of_cubes(flat.as_object(), &cubes).unwrap();
    assert!(each[0].is_some() && each[0] == each[1]);
    // A cube that is not asked changes nothing, and leaves the others without a filter.
    let other = json!({"z": {"and": [{"x": 1}]}, "b": {"or": []}});
    let each = of_cubes(other.as_object(), &cubes).unwrap();
    assert!(each[0].is_none());
    let mixed = json!({"b": {"and": [{"x": 1}]}, "and": [{"y": 1}]});
    assert!(of_cubes(mixed.as_object(), &cubes).is_err());
    // A question to all together takes each cube by its own.
    let all = together(filter.as_object(), &cubes).unwrap().unwrap();
    assert_eq!(all["or"][0], json!({"cube_id": "a"}));
    assert_eq!(all["or"][1]["and"][0], json!({"cube_id": "b"}));
    Filter::parse(&all).unwrap();
}
