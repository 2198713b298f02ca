//! The flow of MemOS' public evaluation scripts over contract A: a dialogue is added as its
//! messages, each question is searched, and `data.text_mem[0].memories[].memory` is read. It finds
//! the evidence that the native search finds on the same data.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use memos_tests::{Client, Server, data_file};
use serde_json::{Value, json};

const TOP_K: usize = 10;

/// A turn as the scripts send it, and its id in the data set.
struct Turn {
    id: String,
    message: Value,
}

struct Dialogue {
    turns: Vec<Turn>,
    questions: Vec<(String, Vec<String>)>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The first speaker is the user and the other the assistant; the words begin with the name.
fn dialogue(sample: &Value) -> Dialogue {
    let conversation = sample["conversation"].as_object().unwrap();
    let mut turns = Vec::new();
    for number in 1.. {
        let session = format!("session_{number}");
        let Some(said_at) = conversation.get(&format!("{session}_date_time")) else {
            break;
        };
        for turn in conversation
            .get(&session)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let speaker = text(&turn["speaker"]);
            let is_first = conversation["speaker_a"] == turn["speaker"];
            let role = if is_first { "user" } else { "assistant" };
            turns.push(Turn {
                id: text(&turn["dia_id"]).to_owned(),
                message: json!({
                    "role": role,
                    "content": format!("{speaker}: {}", text(&turn["text"])),
                    "chat_time": said_at,
                }),
            });
        }
    }
    let questions = sample["qa"].as_array().unwrap().iter().filter_map(|qa| {
        let evidence: Vec<String> = qa["evidence"]
            .as_array()?
            .iter()
            .map(|id| text(id).to_owned())
            .collect();
        let counts = !evidence.is_empty() && qa["category"] != 5;
        counts.then(|| (text(&qa["question"]).to_owned(), evidence))
    });
    Dialogue {
        questions: questions.collect(),
        turns,
    }
}

/// Share of the evidence among what was found, by its words.
fn recall(found: &[String], evidence: &[String], words: &BTreeMap<String, String>) -> f64 {
    let is_found = |id: &&String| {
        words
            .get(*id)
            .is_some_and(|said| found.iter().any(|memory| memory.contains(said.as_str())))
    };
    evidence.iter().filter(is_found).count() as f64 / evidence.len() as f64
}

fn by_contract(client: &mut Client, user: &str, question: &str) -> Vec<String> {
    let body = json!({
        "query": question, "user_id": user, "mem_cube_id": user, "conversation_id": "",
        "top_k": TOP_K, "mode": "fast", "include_preference": true, "pref_top_k": 6,
    });
    let answer = client.post("/product/search", &body).is(200).json();
    assert_eq!(answer["message"], "Search completed successfully");
    let memories = answer["data"]["text_mem"][0]["memories"].as_array();
    let memories = memories.unwrap_or_else(|| panic!("no first list: {answer}"));
    memories
        .iter()
        .map(|m| text(&m["memory"]).to_owned())
        .collect()
}

fn natively(client: &mut Client, cube: &str, question: &str) -> Vec<String> {
    let hits = client.search(cube, question, TOP_K);
    hits.iter()
        .map(|hit| text(&hit["memory"]["text"]).to_owned())
        .collect()
}

#[test]
fn contract_a_finds_what_the_native_search_finds() {
    let Some(file) = data_file("locomo_dev.json") else {
        return;
    };
    let samples: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let (mut contract, mut native, mut count) = (0.0, 0.0, 0);
    for (number, sample) in samples.as_array().unwrap().iter().enumerate() {
        let dialogue = dialogue(sample);
        let user = format!("locomo_exp_user_{number}");
        let messages: Vec<&Value> = dialogue.turns.iter().map(|turn| &turn.message).collect();
        let body = json!({"user_id": user, "mem_cube_id": user, "conversation_id": null,
                          "messages": messages});
        let added = client.post("/product/add", &body).is(200).json();
        assert_eq!(added["message"], "Memory added successfully");
        let words: BTreeMap<String, String> = dialogue
            .turns
            .iter()
            .map(|turn| (turn.id.clone(), text(&turn.message["content"]).to_owned()))
            .collect();
        for (question, evidence) in &dialogue.questions {
            contract += recall(&by_contract(&mut client, &user, question), evidence, &words);
            native += recall(&natively(&mut client, &user, question), evidence, &words);
            count += 1;
        }
    }
    let (contract, native) = (contract / f64::from(count), native / f64::from(count));
    println!("{count} questions: contract A R@10 {contract:.4}, native R@10 {native:.4}");
    assert!(
        contract >= native - 0.002,
        "contract A finds {contract:.4} of the evidence, the native search {native:.4}"
    );
    assert!(contract >= 0.79, "{contract:.4}");
}
