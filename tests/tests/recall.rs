//! The main job, measured: `memos bench` on dialogues whose evidence is known, held one point under
//! the goals, with the two baselines beside it.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use memos_tests::{Command, data_file, repository};
use serde_json::{Map, Value};

/// Ranks of the report.
const RANKS: [&str; 5] = ["1", "5", "10", "20", "30"];

/// Runs the benchmark; its report has the shape that is promised.
fn bench(files: &[&Path], more: &[&str]) -> Value {
    let mut command = Command::new(&["bench", "--json"]);
    for file in files {
        command = command.arg(file);
    }
    for arg in more {
        command = command.arg(arg);
    }
    let printed = command.run().succeeds();
    let report: Value = serde_json::from_str(&printed).expect("one JSON object");
    check_shape(&report);
    println!("{}", figures(&report));
    report
}

fn check_shape(report: &Value) {
    let systems = report["systems"].as_array().expect("systems");
    let names: Vec<&str> = systems
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert!(
        names[0].starts_with("memos"),
        "the product first: {names:?}"
    );
    assert_eq!(names[1..], ["bm25", "dense"]);
    for system in systems {
        check_scores(system);
        assert_eq!(system["questions"], systems[0]["questions"]);
        check_ranks(&system["tokens"], f64::INFINITY);
        let by_category = system["by_category"].as_object().expect("by_category");
        by_category.values().for_each(check_scores);
        let parts = by_category
            .values()
            .map(|c| c["questions"].as_u64().unwrap());
        assert_eq!(parts.sum::<u64>(), system["questions"].as_u64().unwrap());
        let latency = ["p50", "p95", "p99"].map(|p| system["latency_ms"][p].as_f64().unwrap());
        assert!(0.0 < latency[0] && latency.is_sorted(), "{latency:?}");
    }
}

fn check_scores(scores: &Value) {
    assert!(
        scores["questions"].as_u64().is_some_and(|n| n > 0),
        "{scores}"
    );
    for kind in ["recall", "any", "all"] {
        check_ranks(&scores[kind], 1.0);
    }
    for rank in RANKS {
        let [all, recall, any] =
            ["all", "recall", "any"].map(|k| scores[k][rank].as_f64().unwrap());
        // Equal figures are sums in another order.
        let order = [all, recall + 1e-9, any + 2e-9];
        assert!(order.is_sorted(), "at {rank}: {order:?}");
    }
    for kind in ["ndcg10", "mrr"] {
        assert!(
            scores[kind]
                .as_f64()
                .is_some_and(|x| (0.0..=1.0).contains(&x)),
            "{scores}"
        );
    }
}

/// One figure for each rank, growing with it.
fn check_ranks(by_rank: &Value, most: f64) {
    let keys: Vec<&String> = by_rank
        .as_object()
        .map(Map::keys)
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(keys.len(), RANKS.len(), "{keys:?}");
    let figures = RANKS.map(|k| {
        by_rank[k]
            .as_f64()
            .unwrap_or_else(|| panic!("no {k}: {by_rank}"))
    });
    assert!(figures.is_sorted(), "{figures:?}");
    assert!(
        figures.iter().all(|x| (0.0..=most).contains(x)),
        "{figures:?}"
    );
}

fn figures(report: &Value) -> String {
    let line = |s: &Value| {
        format!(
            "{}: R@5 {:.4}, R@10 {:.4}, all@10 {:.4}",
            s["name"].as_str().unwrap(),
            s["recall"]["5"].as_f64().unwrap(),
            s["recall"]["10"].as_f64().unwrap(),
            s["all"]["10"].as_f64().unwrap()
        )
    };
    let systems: Vec<String> = report["systems"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    format!("{}; dates {}", systems.join("; "), report["dates"])
}

/// The product reaches these, and is better than both baselines at each.
#[track_caller]
fn holds(report: &Value, floors: &[(&str, &str, f64)]) {
    let systems = report["systems"].as_array().unwrap();
    for (kind, rank, floor) in floors {
        let of = |system: &Value| system[kind][rank].as_f64().unwrap();
        let reached = of(&systems[0]);
        assert!(
            reached >= *floor,
            "{kind}@{rank} is {reached:.4}, under {floor}"
        );
        for baseline in &systems[1..] {
            let other = of(baseline);
            let name = &baseline["name"];
            assert!(
                reached > other,
                "{kind}@{rank} is {reached:.4}, and {name} has {other:.4}"
            );
        }
    }
}

#[test]
fn english_dialogues() {
    let Some(file) = data_file("locomo_dev.json") else {
        return;
    };
    let report = bench(&[&file], &[]);
    holds(
        &report,
        &[
            ("recall", "10", 0.81),
            ("recall", "5", 0.74),
            ("all", "10", 0.74),
        ],
    );
    let dates = report["dates"]["strict"].as_f64().unwrap();
    assert!(
        dates >= 0.59,
        "{dates:.4} of the questions for a date are answered to their granularity"
    );
}

#[test]
fn chats_with_long_replies() {
    let Some(file) = data_file("beam100k_dev.json") else {
        return;
    };
    let report = bench(&[&file], &[]);
    holds(&report, &[("recall", "10", 0.63)]);
}

#[test]
fn chats_with_long_replies_without_the_directive_rule() {
    let Some(file) = data_file("beam100k_dev.json") else {
        return;
    };
    let report = bench(&[&file], &["--without", "directive"]);
    assert_eq!(report["systems"][0]["name"], "memos-directive");
    holds(&report, &[("recall", "10", 0.60)]);
}

#[test]
fn chinese_dialogues() {
    let report = bench(&[&repository("tests/data/dialogues.zh.json")], &[]);
    assert!(report["systems"][0]["questions"].as_u64() >= Some(40));
    holds(&report, &[("recall", "5", 0.84)]);
}

/// Too few questions for a floor.
#[test]
fn the_samples() {
    let (english, chinese) = (
        repository("samples/travel.en.json"),
        repository("samples/kitchen.zh.json"),
    );
    let report = bench(&[&english, &chinese], &[]);
    assert_eq!(report["import"]["dialogues"], 2);
    let alone = bench(&[&english], &["--without", "dense", "--without", "turn"]);
    assert_eq!(alone["systems"][0]["name"], "memos-dense-turn");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no dialogue").unwrap();
    Command::new(&["bench"])
        .arg(&text)
        .run()
        .refuses(&["notes.txt"]);
    Command::new(&["bench"])
        .arg(folder.path().join("none.json"))
        .run()
        .refuses(&["none.json"]);
    let sample = repository("samples/travel.en.json");
    let unknown = Command::new(&["bench", "--without", "magic"])
        .arg(sample)
        .run();
    unknown.refuses(&["\"magic\"", "--without", "use one of", "directive"]);
}
