//! What is counted, as Prometheus text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Method;
use metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{Unit, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use crate::MemOs;

/// Upper bounds of the buckets in seconds: tenths of a millisecond for a search, seconds for an
/// import.
const BUCKETS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Requests after which samples are sorted into their buckets, so that they don't pile up in a
/// server that nobody scrapes.
const UPKEEP_EVERY: u64 = 4096;

/// One server's numbers: not the process-wide recorder, so that a program may hold two servers and
/// keep its own.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    search_seconds: Histogram,
    memories_added: Counter,
    requests: AtomicU64,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), BUCKETS)
            .expect("the list of buckets is not empty");
        let recorder = builder.build_recorder();
        let (search_seconds, memories_added) = with_local_recorder(&recorder, || {
            describe();
            gauge!("process_start_time_seconds").set(seconds_since_epoch());
            gauge!("memos_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            (
                histogram!("memos_search_seconds"),
                counter!("memos_memories_added_total"),
            )
        });
        Self {
            recorder,
            search_seconds,
            memories_added,
            requests: AtomicU64::new(0),
        }
    }

    /// A request was answered. The route is the pattern, never the path: ids are no labels.
    pub(super) fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = method_label(method);
        with_local_recorder(&self.recorder, || {
            counter!(
                "http_requests_total",
                "route" => route.to_owned(),
                "method" => method,
                "status" => status.to_string(),
            )
            .increment(1);
            histogram!(
                "http_request_duration_seconds",
                "route" => route.to_owned(),
                "method" => method,
            )
            .record(took);
        });
        if self.requests.fetch_add(1, Ordering::Relaxed) % UPKEEP_EVERY == UPKEEP_EVERY - 1 {
            self.recorder.handle().run_upkeep();
        }
    }

    /// A question was answered, without the time on the wire.
    pub(crate) fn searched(&self, took: Duration, degraded: &[String]) {
        self.search_seconds.record(took);
        for why in degraded {
            // Its first word: why it is missing is a sentence, and labels must have an end.
            let part = why.split(':').next().unwrap_or_default().to_owned();
            with_local_recorder(&self.recorder, || {
                counter!("memos_degraded_total", "part" => part).increment(1);
            });
        }
    }

    /// Memories were added.
    pub(crate) fn added(&self, memories: usize) {
        self.memories_added.increment(memories as u64);
    }

    /// An answer of a model was passed on but not remembered, for this reason.
    pub(crate) fn not_remembered(&self, code: &'static str) {
        with_local_recorder(&self.recorder, || {
            counter!("memos_not_remembered_total", "code" => code).increment(1);
        });
    }

    /// All numbers, in the text format that Prometheus reads; those of the background as they are
    /// now, if the folder is open.
    pub(super) fn render(&self, memos: Option<&MemOs>) -> String {
        if let Some(memos) = memos {
            with_local_recorder(&self.recorder, || background(memos));
        }
        self.recorder.handle().render()
    }
}

/// Tasks by kind, and what was asked of the language model.
fn background(memos: &MemOs) {
    for (kind, stats) in memos.task_stats().kinds {
        let live = |status: &'static str, count: usize| {
            gauge!("memos_tasks", "kind" => kind.clone(), "status" => status).set(count as f64);
        };
        live("waiting", stats.waiting);
        live("running", stats.running);
        let total = |outcome: &'static str, count: u64| {
            counter!("memos_task_tries_total", "kind" => kind.clone(), "outcome" => outcome)
                .absolute(count);
        };
        total("done", stats.done);
        total("failed", stats.failed);
        total("dead", stats.dead);
        total("lost", stats.lost);
        gauge!("memos_task_oldest_waiting_seconds", "kind" => kind.clone())
            .set(stats.oldest_waiting.as_secs_f64());
    }
    let Some(tally) = memos.model_tally() else {
        return;
    };
    counter!("memos_llm_requests_total").absolute(tally.requests);
    counter!("memos_llm_retries_total").absolute(tally.retries);
    counter!("memos_llm_repairs_total").absolute(tally.repairs);
    counter!("memos_llm_tokens_total", "of" => "prompt").absolute(tally.prompt_tokens);
    counter!("memos_llm_tokens_total", "of" => "completion").absolute(tally.completion_tokens);
    gauge!("memos_llm_in_flight").set(tally.in_flight as f64);
    for (name, count) in tally.failures {
        counter!("memos_llm_failures_total", "failure" => name).absolute(count);
    }
}

fn describe() {
    describe_gauge!("memos_tasks", "Background tasks, by kind and status.");
    describe_counter!(
        "memos_task_tries_total",
        "Tries at background tasks since the start, by kind and outcome."
    );
    describe_gauge!(
        "memos_task_oldest_waiting_seconds",
        Unit::Seconds,
        "How long the task that waits longest is due, by kind."
    );
    describe_counter!(
        "memos_llm_requests_total",
        "Requests to the language model."
    );
    describe_counter!(
        "memos_llm_retries_total",
        "Requests to the language model that were sent again after a fault."
    );
    describe_counter!(
        "memos_llm_repairs_total",
        "Requests that asked the language model again for JSON that fits."
    );
    describe_counter!(
        "memos_not_remembered_total",
        "Answers of models that were passed on but not remembered, by reason."
    );
    describe_counter!("memos_llm_tokens_total", "Tokens of prompts and answers.");
    describe_gauge!(
        "memos_llm_in_flight",
        "Requests to the language model under way."
    );
    describe_counter!(
        "memos_llm_failures_total",
        "Failures of the language model, by name, those that a retry made good included."
    );
    describe_counter!(
        "http_requests_total",
        "Requests answered, by route, method and status."
    );
    describe_histogram!(
        "http_request_duration_seconds",
        Unit::Seconds,
        "Time from a request's head to its answer."
    );
    describe_histogram!(
        "memos_search_seconds",
        Unit::Seconds,
        "Time of a search or a context, without the wire."
    );
    describe_counter!(
        "memos_memories_added_total",
        "Memories added, without repeats."
    );
    describe_counter!(
        "memos_degraded_total",
        "Answers given without a part, by that part."
    );
    describe_gauge!(
        "process_start_time_seconds",
        Unit::Seconds,
        "When this server started, since the epoch."
    );
    describe_gauge!("memos_build_info", "1, with the version as label.");
}

fn seconds_since_epoch() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

/// A client can invent methods without end; labels must have one.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
