//! Everything that an endpoint can do wrong.

use memos_core::{Code, TokenUsage};
use memos_tests::{Endpoint, Scripted};

use super::*;
use crate::ApiKey;

/// Asks once. The error must not repeat the prompt or the reply.
fn fails(answers: Vec<Scripted>) -> (memos_core::Error, Vec<(&'static str, u64)>, usize) {
    let endpoint = Endpoint::scripted(answers);
    let model = model(&endpoint);
    let error = ask(&model, &prompt()).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(SECRET) && !shown.contains("Lyon"),
        "{shown}"
    );
    assert!(error.remedy_text().is_some(), "{shown}");
    assert_eq!(model.tally().in_flight, 0);
    (error, failures(&model), endpoint.asked().len())
}

#[test]
fn an_answer_is_passed_on() {
    let endpoint = Endpoint::scripted([Scripted::text("Lyon")]);
    let options = OpenAiOptions {
        api_key: Some(ApiKey::new("sk-1")),
        ..options(&endpoint)
    };
    let model = OpenAiModel::new(options).unwrap();
    let prompt = Prompt {
        max_tokens: Some(50),
        temperature: Some(0.2),
        ..prompt()
    };
    let reply = ask(&model, &prompt).unwrap();
    assert_eq!((reply.text.as_str(), reply.json), ("Lyon", None));
    assert_eq!(reply.model, "scripted");
    let usage = TokenUsage {
        prompt: 11,
        completion: 7,
    };
    assert_eq!(reply.usage, usage);

    let asked = &endpoint.asked()[0];
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-1"));
    let expected = json!({
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "You are terse."},
            {"role": "user", "content": SECRET},
        ],
        "temperature": 0.2,
        "max_tokens": 50,
    });
    assert_eq!(asked.body.to_string(), expected.to_string());
    let tally = model.tally();
    assert_eq!((tally.requests, tally.retries, tally.repairs), (1, 0, 0));
    assert_eq!((tally.prompt_tokens, tally.completion_tokens), (11, 7));
    assert_eq!(failures(&model), []);
}

#[test]
fn what_passes_is_tried_again_and_counted() {
    for (fault, name) in [
        (Scripted::rate_limited(None), "rate_limited"),
        (Scripted::rate_limited(Some("0")), "rate_limited"),
        (Scripted::body(500, "oops"), "server_error"),
        (Scripted::body(503, ""), "server_error"),
        (Scripted::dropped(), "dropped"),
        (Scripted::text("Lyon").broken_off(), "dropped"),
        (
            Scripted::body(200, r#"{"error": {"code": 502, "message": "x"}}"#),
            "server_error",
        ),
    ] {
        let endpoint = Endpoint::scripted([fault.clone(), fault.clone(), Scripted::text("Lyon")]);
        let model = model(&endpoint);
        assert_eq!(ask(&model, &prompt()).unwrap().text, "Lyon", "{name}");
        assert_eq!(failures(&model), [(name, 2)]);
        assert_eq!(model.tally().retries, 2);

        let (error, counted, asked) = fails(vec![fault; 9]);
        assert_eq!(error.code(), Code::Unavailable);
        assert_eq!(
            (counted, asked),
            (vec![(name, 3)], 3),
            "no more than three attempts"
        );
    }
}

#[test]
fn a_long_rest_is_not_waited_for() {
    let (error, counted, asked) = fails(vec![Scripted::rate_limited(Some("3600")); 2]);
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("3600 s"), "{error}");
    assert_eq!((counted, asked), (vec![("rate_limited", 1)], 1));
}

#[test]
fn other_requests_respect_the_rest_too() {
    let endpoint = Endpoint::scripted([Scripted::rate_limited(Some("3600"))]);
    let model = model(&endpoint);
    assert!(ask(&model, &prompt()).is_err());
    let error = ask(&model, &prompt()).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(failures(&model), [("busy", 1), ("rate_limited", 1)]);
    assert_eq!(endpoint.asked().len(), 1);
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    let choices = r#"{"choices": []}"#;
    let declined = json!({"choices": [{"message": {"content": null, "refusal": "I won't"}}]});
    for (fault, name, code) in [
        (Scripted::body(200, "<html>Lyon"), "garbage", Code::BadReply),
        (Scripted::body(200, choices), "garbage", Code::BadReply),
        (Scripted::body(200, ""), "empty", Code::BadReply),
        (Scripted::text(" \n"), "empty", Code::BadReply),
        (Scripted::cut_off(""), "truncated", Code::BadReply),
        (
            Scripted::body(200, declined.to_string()),
            "declined",
            Code::BadReply,
        ),
        (Scripted::body(307, ""), "refused", Code::Unavailable),
        (Scripted::refusal(400, SECRET), "refused", Code::Unavailable),
        (
            Scripted::refusal(413, "too long"),
            "refused",
            Code::Unavailable,
        ),
    ] {
        let (error, counted, asked) = fails(vec![fault, Scripted::text("Lyon")]);
        assert_eq!((error.code(), counted), (code, vec![(name, 1)]), "{error}");
        assert_eq!(asked, 1, "{name}");
    }
}

#[test]
fn refusals_name_what_to_set() {
    for (status, setting) in [
        (401, "MEMOS_LLM_API_KEY"),
        (403, "MEMOS_LLM_API_KEY"),
        (404, "MEMOS_LLM_MODEL"),
    ] {
        let (error, counted, asked) = fails(vec![Scripted::refusal(status, SECRET); 3]);
        assert_eq!(error.code(), Code::Unavailable);
        let remedy = error.remedy_text().unwrap();
        assert!(remedy.contains(setting), "{remedy}");
        assert_eq!((counted, asked), (vec![("refused", 1)], 1));
    }
}

#[test]
fn nobody_there_is_told_without_the_address() {
    let endpoint = Endpoint::scripted([]);
    let options = options(&endpoint);
    // A port that was free a moment ago, and that nobody listens on.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let model = OpenAiModel::new(OpenAiOptions {
        base_url: format!("http://{gone}"),
        ..options
    })
    .unwrap();
    let error = ask(&model, &prompt()).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(!error.to_string().contains(&gone.to_string()), "{error}");
    assert!(error.remedy_text().unwrap().contains("MEMOS_LLM_BASE_URL"));
    assert_eq!(failures(&model), [("unreachable", 3)]);
}

#[test]
fn a_late_answer_is_given_up_and_the_connection_closed() {
    let endpoint = Endpoint::scripted([Scripted::text("Lyon").held()]);
    let model = model(&endpoint);
    let prompt = Prompt {
        timeout: Some(Duration::from_millis(50)),
        ..prompt()
    };
    let error = ask(&model, &prompt).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        error
            .message()
            .contains("answered too late: not within 50 ms"),
        "{error}"
    );
    endpoint.wait_given_up(1);
    assert_eq!(failures(&model), [("late", 1)]);
    assert_eq!(model.tally().in_flight, 0);
    assert!(
        model.spent(&prompt.tenant).tokens > 0,
        "the endpoint may have read the prompt"
    );
}

#[test]
fn a_dropped_future_aborts_its_request() {
    let endpoint = Endpoint::scripted([Scripted::text("Lyon").held()]);
    let model = model(&endpoint);
    let prompt = prompt();
    let mut answer = model.complete(&prompt);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    endpoint.wait_held(1);
    assert_eq!(model.tally().in_flight, 1);
    drop(answer);
    endpoint.wait_given_up(1);
}

#[test]
fn a_model_may_be_dropped_inside_a_runtime() {
    let endpoint = Endpoint::scripted([Scripted::text("Lyon")]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let model = OpenAiModel::new(options(&endpoint)).unwrap();
        assert_eq!(model.complete(&prompt()).await.unwrap().text, "Lyon");
    });
}

#[test]
fn tls_is_spoken_where_the_address_wants_it() {
    let endpoint = Endpoint::answering(|_| Scripted::text("Lyon"));
    let options = OpenAiOptions {
        base_url: endpoint.base_url().replace("http:", "https:"),
        ..options(&endpoint)
    };
    // An endpoint that speaks none is not spoken to in the clear; nor does a system without
    // certificate authorities fall back to that.
    let error = match OpenAiModel::new(options) {
        Ok(model) => ask(&model, &prompt()).unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.code(), Code::Unavailable);
    let asked = endpoint.asked();
    assert!(asked.iter().all(|asked| asked.body.is_null()), "{asked:?}");
}
