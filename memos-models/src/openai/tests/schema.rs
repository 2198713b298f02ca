//! JSON that must fit a schema, and endpoints that know nothing of schemas.

use memos_core::{Code, TokenUsage};
use memos_tests::{Asked, Endpoint, Scripted};

use super::*;

fn formats(endpoint: &Endpoint) -> Vec<Option<String>> {
    let format = |asked: &Asked| {
        let kind = asked.body["response_format"]["type"].as_str();
        kind.map(str::to_owned)
    };
    endpoint.asked().iter().map(format).collect()
}

#[test]
fn the_schema_goes_out_and_json_comes_back() {
    let endpoint = Endpoint::scripted([Scripted::json(&lyon())]);
    let model = model(&endpoint);
    let prompt = prompt_for_json();
    let reply = ask(&model, &prompt).unwrap();
    assert_eq!(reply.json, Some(lyon()));
    let sent = &endpoint.asked()[0].body["response_format"];
    assert_eq!(sent["json_schema"]["name"], "place");
    assert_eq!(sent["json_schema"]["strict"], true);
    assert_eq!(sent["json_schema"]["schema"], prompt.schema.unwrap().schema);
}

#[test]
fn small_slips_are_mended_without_asking_again() {
    for words in [
        "```json\n{\"city\": \"Lyon\",}\n```",
        "It is:\n{\"city\": \"Lyon\"}\nRight?",
        "{\"town\": 1} no, {\"city\": \"Lyon\"}",
        "{\"city\": \"Lyon\"",
    ] {
        let endpoint = Endpoint::scripted([Scripted::text(words)]);
        let reply = ask(&model(&endpoint), &prompt_for_json()).unwrap();
        assert_eq!(reply.json, Some(lyon()), "{words}");
        assert_eq!(reply.text, lyon().to_string());
    }
}

#[test]
fn what_does_not_fit_is_asked_for_once_more() {
    for (words, name, told) in [
        (r#"{"city": 7}"#, "schema", "/city: expected string"),
        (r#"{"town": "Lyon"}"#, "schema", "a property \"city\""),
        ("Lyon, I think", "garbage", "it holds no JSON"),
        (
            r#"{"city": "Lyon"} {"city": "Nice"}"#,
            "garbage",
            "several different answers",
        ),
    ] {
        let endpoint = Endpoint::scripted([Scripted::text(words), Scripted::json(&lyon())]);
        let model = model(&endpoint);
        let reply = ask(&model, &prompt_for_json()).unwrap();
        assert_eq!(reply.json, Some(lyon()), "{words}");
        let both = TokenUsage {
            prompt: 22,
            completion: 14,
        };
        assert_eq!(reply.usage, both);
        let again = &endpoint.asked()[1];
        assert!(
            again.words().contains(words) && again.words().contains(told),
            "{again:?}"
        );
        assert_eq!(
            (model.tally().repairs, failures(&model)),
            (1, vec![(name, 1)])
        );

        let endpoint = Endpoint::answering(move |_| Scripted::text(words));
        let model = self::model(&endpoint);
        let error = ask(&model, &prompt_for_json()).unwrap_err();
        assert_eq!(error.code(), Code::BadReply);
        assert!(!format!("{error:?}").contains("Lyon"), "{error:?}");
        assert_eq!(endpoint.asked().len(), 2, "once more, not for ever");
        assert_eq!(failures(&model), [(name, 2)]);
    }
}

#[test]
fn json_that_was_cut_off_is_not_guessed() {
    let endpoint = Endpoint::scripted([Scripted::cut_off(r#"{"city": "Lyon"}"#)]);
    let model = model(&endpoint);
    let error = ask(&model, &prompt_for_json()).unwrap_err();
    assert_eq!(error.code(), Code::BadReply);
    assert_eq!(failures(&model), [("truncated", 1)]);
    assert_eq!(endpoint.asked().len(), 1);
    // Without a schema the caller gets what there is.
    let endpoint = Endpoint::scripted([Scripted::cut_off("Ly")]);
    assert_eq!(ask(&self::model(&endpoint), &prompt()).unwrap().text, "Ly");
}

#[test]
fn an_endpoint_without_schemas_is_asked_in_words_and_remembered() {
    let endpoint =
        Endpoint::answering(
            |asked| match asked.body["response_format"]["type"].as_str() {
                Some("json_schema") => {
                    Scripted::refusal(400, "response_format json_schema: unknown")
                }
                Some(_) => Scripted::refusal(422, "'response_format.type' must be 'text'"),
                None => Scripted::json(&lyon()),
            },
        );
    let model = model(&endpoint);
    for _ in 0..2 {
        assert_eq!(ask(&model, &prompt_for_json()).unwrap().json, Some(lyon()));
    }
    let tried = [Some("json_schema"), Some("json_object"), None, None];
    assert_eq!(formats(&endpoint), tried.map(|f| f.map(str::to_owned)));
    for asked in &endpoint.asked()[1..] {
        assert!(
            asked.words().contains("\"maxLength\":20"),
            "the schema is in the prompt"
        );
        assert!(asked.words().starts_with("You are terse."));
    }
    assert_eq!(failures(&model), []);
    assert_eq!(model.tally().retries, 0);
}

#[test]
fn an_endpoint_that_refuses_everything_is_not_asked_for_ever() {
    let complaint = "no response_format, temperature, stream_options, max_completion_tokens";
    let endpoint = Endpoint::answering(move |_| Scripted::refusal(400, complaint));
    let model = model(&endpoint);
    assert_eq!(
        ask(&model, &prompt_for_json()).unwrap_err().code(),
        Code::Unavailable
    );
    assert_eq!(endpoint.asked().len(), 6);
    assert_eq!(failures(&model), [("refused", 1)]);
}

#[test]
fn newer_models_are_told_lengths_their_way() {
    let endpoint = Endpoint::answering(|asked| match asked.body.get("max_tokens") {
        Some(_) => Scripted::refusal(400, "use 'max_completion_tokens' instead"),
        None => Scripted::text("Lyon"),
    });
    let model = model(&endpoint);
    let prompt = Prompt {
        max_tokens: Some(9),
        ..prompt()
    };
    assert_eq!(ask(&model, &prompt).unwrap().text, "Lyon");
    assert_eq!(endpoint.asked()[1].body["max_completion_tokens"], 9);
}

#[test]
fn a_schema_that_can_not_be_checked_is_refused() {
    let endpoint = Endpoint::scripted([]);
    let mut prompt = prompt_for_json();
    prompt.schema.as_mut().unwrap().schema["properties"]["city"]["pattern"] = json!("^L");
    let error = ask(&model(&endpoint), &prompt).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert_eq!(error.field(), Some("/properties/city/pattern"));
    assert_eq!(endpoint.asked().len(), 0);
}
