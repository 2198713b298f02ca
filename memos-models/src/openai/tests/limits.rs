//! How many at once, how often, how much.

use std::num::{NonZeroU32, NonZeroUsize};

use memos_core::{Clock, Code, ManualClock, Timestamp, UserId};
use memos_tests::{Endpoint, Scripted};

use super::*;

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    const AT_ONCE: usize = 3;
    const QUESTIONS: usize = 12;
    let endpoint = Endpoint::answering(|_| Scripted::text("Lyon").held());
    let model = OpenAiModel::new(OpenAiOptions {
        max_concurrency: NonZeroUsize::new(AT_ONCE).unwrap(),
        ..options(&endpoint)
    })
    .unwrap();
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..QUESTIONS)
            .map(|_| scope.spawn(|| ask(&model, &prompt()).unwrap()))
            .collect();
        let mut answered = 0;
        while answered < QUESTIONS {
            endpoint.wait_held(AT_ONCE.min(QUESTIONS - answered));
            answered += endpoint.release();
        }
        for thread in asking {
            assert_eq!(thread.join().unwrap().text, "Lyon");
        }
    });
    assert_eq!(endpoint.most_at_once(), AT_ONCE);
    assert_eq!(endpoint.asked().len(), QUESTIONS);
}

#[test]
fn a_rate_that_leaves_no_turn_in_time_is_said_at_once() {
    let endpoint = Endpoint::answering(|_| Scripted::text("Lyon"));
    let model = OpenAiModel::new(OpenAiOptions {
        max_concurrency: NonZeroUsize::new(2).unwrap(),
        requests_per_minute: NonZeroU32::new(1),
        timeout: Duration::from_secs(30),
        ..options(&endpoint)
    })
    .unwrap();
    assert!(ask(&model, &prompt()).is_ok());
    let error = ask(&model, &prompt()).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(failures(&model), [("busy", 1)]);
    assert_eq!(endpoint.asked().len(), 1);
}

#[test]
fn a_request_keeps_to_its_tokens() {
    let endpoint = Endpoint::answering(|_| Scripted::text("Lyon"));
    let model = OpenAiModel::new(OpenAiOptions {
        request_tokens: NonZeroU32::new(100),
        ..options(&endpoint)
    })
    .unwrap();
    let prompt = |max_tokens, content: String| {
        let mut prompt = prompt();
        prompt.max_tokens = max_tokens;
        prompt.messages[1].content = content;
        prompt
    };
    ask(&model, &prompt(Some(20), "x".into())).unwrap();
    ask(&model, &prompt(Some(500), "x".into())).unwrap();
    ask(&model, &prompt(None, "x".into())).unwrap();
    let told: Vec<_> = endpoint
        .asked()
        .iter()
        .map(|a| a.body["max_tokens"].as_u64())
        .collect();
    // "You are terse." and "x" are 15 bytes.
    assert_eq!(told, [Some(20), Some(96), Some(96)]);
    let error = ask(&model, &prompt(None, "x".repeat(400))).unwrap_err();
    assert_eq!(error.code(), Code::TooLarge);
    assert_eq!(failures(&model), [("budget", 1)]);
    assert_eq!(endpoint.asked().len(), 3);
}

#[test]
fn a_tenant_spends_no_more_than_its_ceiling_a_day() {
    let noon: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(noon));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let endpoint = Endpoint::answering(|_| Scripted::text("Lyon"));
    let options = OpenAiOptions {
        tenant_tokens_per_day: Some(40),
        ..options(&endpoint)
    };
    let shared_clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let model = OpenAiModel::on(options.clone(), runtime.handle().clone(), shared_clock).unwrap();
    let prompt = prompt();
    let (ana, ben) = (prompt.tenant.clone(), "ben".parse::<UserId>().unwrap());
    let of_ben = Prompt {
        tenant: ben.clone(),
        ..prompt.clone()
    };
    // A prompt is taken for 8 tokens beforehand, and costs 18.
    ask(&model, &prompt).unwrap();
    ask(&model, &prompt).unwrap();
    let error = ask(&model, &prompt).unwrap_err();
    assert_eq!(error.code(), Code::BudgetSpent);
    assert!(
        error
            .remedy_text()
            .unwrap()
            .contains("2026-11-24T00:00:00Z"),
        "{error}"
    );
    ask(&model, &of_ben).unwrap();
    assert_eq!(
        (model.spent(&ana).tokens, model.spent(&ben).tokens),
        (36, 18)
    );
    assert_eq!(failures(&model), [("budget", 1)]);
    assert_eq!(
        endpoint.asked().len(),
        3,
        "what may not be spent is not asked"
    );

    // Another process goes on where this one stopped.
    let clock_again = Arc::clone(&clock) as Arc<dyn Clock>;
    let restarted = OpenAiModel::on(options, runtime.handle().clone(), clock_again).unwrap();
    for (tenant, spent) in model.spending() {
        restarted.restore(&tenant, spent);
    }
    assert_eq!(
        ask(&restarted, &prompt).unwrap_err().code(),
        Code::BudgetSpent
    );
    clock.advance(Duration::from_secs(12 * 3600));
    ask(&restarted, &prompt).unwrap();
    assert_eq!(restarted.spent(&ana).tokens, 18);
}

#[test]
fn what_the_endpoint_does_not_count_is_counted_by_bytes() {
    let uncounted = json!({"choices": [{"message": {"content": "twelve bytes"}}]});
    let endpoint = Endpoint::scripted([Scripted::body(200, uncounted.to_string())]);
    let model = model(&endpoint);
    let reply = ask(&model, &prompt()).unwrap();
    let bytes = "You are terse.".len() + SECRET.len();
    assert_eq!(reply.usage.prompt, bytes.div_ceil(4) as u64);
    assert_eq!(reply.usage.completion, 3);
    assert_eq!(reply.model, "scripted");
}
