use serde_json::json;

use super::*;

fn kinds(stop: Stop) -> Vec<(&'static str, String)> {
    match stop {
        Stop::Invalid(faults) => faults.iter().map(|f| (f.kind, f.way("."))).collect(),
        Stop::Error(error) => panic!("{error}"),
    }
}

#[test]
fn all_faults_are_told_with_their_places() {
    let body = json!({
        "top_k": 0, "mode": "slow", "dedup": 3, "cubes": ["a", 1], "rerank": "maybe",
        "messages": [{"role": 5}, 7], "relativity": null
    });
    let read = Form::read(&body, Nulls::Faulty, |form| {
        form.need_text("query");
        form.whole("top_k", 10, 1..=i64::MAX);
        form.choice("mode", &["fast", "fine", "mixture"]);
        form.text("dedup");
        form.texts("cubes");
        form.flag("rerank", true);
        form.number("relativity", 0.45, 0.0..=f64::MAX);
        for message in form.items("messages").unwrap_or_default() {
            message.need_text("role");
        }
    });
    let told = kinds(read.unwrap_err());
    let told: Vec<(&str, &str)> = told.iter().map(|(k, w)| (*k, w.as_str())).collect();
    assert_eq!(
        told,
        [
            ("missing", "body.query"),
            ("greater_than_equal", "body.top_k"),
            ("literal_error", "body.mode"),
            ("string_type", "body.dedup"),
            ("string_type", "body.cubes.1"),
            ("bool_parsing", "body.rerank"),
            ("float_type", "body.relativity"),
            ("dict_type", "body.messages.1"),
            ("string_type", "body.messages.0.role"),
        ]
    );
}

#[test]
fn lax_values_are_taken_and_nulls_are_absent_where_the_contract_says_so() {
    let body = json!({"top_k": "7", "rerank": 1, "relativity": "0.5", "query": null});
    let read = Form::read(&body, Nulls::Absent, |form| {
        (
            form.whole("top_k", 10, 1..=25),
            form.flag("rerank", false),
            form.number("relativity", 0.0, 0.0..=1.0),
            form.text_or("query", "none"),
        )
    });
    assert_eq!(read.unwrap(), (7, true, 0.5, "none".to_owned()));
}

#[test]
fn what_is_no_number_keeps_to_no_bounds() {
    let body = json!({"relativity": "nan", "least": "inf", "threshold": "nan"});
    let read = Form::read(&body, Nulls::Faulty, |form| {
        form.number("least", 0.0, 0.0..=f64::INFINITY);
        form.maybe_float("threshold");
        form.number("relativity", 0.0, 0.0..=f64::INFINITY);
    });
    let told = kinds(read.unwrap_err());
    assert_eq!(told, [("greater_than_equal", "body.relativity".to_owned())]);
}

#[test]
fn a_choice_without_null_refuses_null_and_names_its_kind() {
    let body = json!({"mode": null, "dedup": null, "way": null});
    let read = Form::read(&body, Nulls::Faulty, |form| {
        form.variant("mode", &["fast", "fine"]);
        form.choice("dedup", &["no", "sim"]);
        form.one_of("way", &["async", "sync"]);
        form.one_of("absent", &["async", "sync"])
    });
    let told = kinds(read.unwrap_err());
    assert_eq!(
        told,
        [
            ("enum", "body.mode".to_owned()),
            ("literal_error", "body.way".to_owned())
        ]
    );
}

#[test]
fn a_body_of_null_is_missing() {
    let read = Form::read(&Value::Null, Nulls::Faulty, |form| form.need_text("query"));
    assert_eq!(kinds(read.unwrap_err()), [("missing", "body".to_owned())]);
    let read = Form::read(&json!(5), Nulls::Faulty, |form| form.need_text("query"));
    let told = kinds(read.unwrap_err());
    assert_eq!(told, [("model_attributes_type", "body".to_owned())]);
}

#[test]
fn what_a_query_lacks_has_no_input() {
    let read = Form::read_query(Some("task_id=x"), Nulls::Faulty, |form| {
        form.need_text("user_id");
    });
    match read {
        Err(Stop::Invalid(faults)) => assert_eq!(faults[0].input, Value::Null),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_large_body_has_a_short_list_of_faults() {
    let body = json!({"messages": vec![1; 200_000], "user_id": ["x".repeat(200_000)]});
    let read = Form::read(&body, Nulls::Absent, |form| {
        form.text("user_id");
        form.items("messages");
        form.missing("agent_id");
    });
    let Err(Stop::Invalid(faults)) = read else {
        panic!("it is read");
    };
    let told: Vec<Value> = faults.iter().map(Fault::detail).collect();
    let length = Value::from(told).to_string().len();
    assert!(length < 50_000, "{length}");
    let last = faults.last().unwrap();
    assert_eq!((last.kind, last.way(".").as_str()), ("more_errors", "body"));
    assert!(last.message.starts_with("199902 more"), "{}", last.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_read_where_others_can_go_on() {
    let body = json!({"messages": vec!["a long text"; 20_000]});
    assert!(is_large(&body) && !is_large(&json!({"messages": ["a long text"]})));
    // On a thread of the runtime, as in a handler.
    let read = tokio::spawn(async move {
        Form::read(&body, Nulls::Absent, |form| form.texts("messages")).unwrap()
    });
    assert_eq!(read.await.unwrap().unwrap().len(), 20_000);
}

#[test]
fn a_query_is_an_object_of_texts() {
    assert_eq!(
        Form::query(Some("user_id=a%20b&page=2&x=%zz+y&flag&")).unwrap(),
        json!({"user_id": "a b", "page": "2", "x": "%zz y", "flag": ""})
    );
    assert_eq!(Form::query(None).unwrap(), json!({}));
}

#[test]
fn what_is_not_utf8_in_a_query_is_refused_where_it_stands() {
    let told = kinds(Form::query(Some("a=1&user_id=%ff&%fe=x")).unwrap_err());
    assert_eq!(
        told,
        [
            ("string_unicode", "query.user_id".to_owned()),
            ("string_unicode", "query.%fe".to_owned())
        ]
    );
}

#[test]
fn choices_are_listed_as_pydantic_lists_them() {
    assert_eq!(listed(&["a", "b", "c"]), "'a', 'b' or 'c'");
    assert_eq!(listed(&["a"]), "'a'");
}
