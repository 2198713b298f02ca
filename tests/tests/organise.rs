//! What the background makes of a cube without a language model, over REST: summaries of sessions
//! and days, preferences said and shown, entities with what they are, topics, and ties.

#![allow(clippy::unwrap_used)]

use memos_tests::{Client, Server, id_of};
use serde_json::{Value, json};

const NOTES: &str = "/api/v1/cubes/notes";

/// What one person says in a sitting, a minute apart.
fn sit(client: &mut Client, session: &str, day: u32, hour: u32, said: &[&str]) -> Vec<String> {
    let said = said.iter().enumerate().map(|(minute, text)| {
        json!({
            "role": "user", "name": "Noor", "content": text,
            "chat_time": format!("2025-03-{day:02}T{hour:02}:{minute:02}:00+01:00"),
        })
    });
    let request = json!({"session_id": session, "messages": said.collect::<Vec<_>>()});
    let ids = client.add("notes", &request);
    client.drain("notes");
    ids
}

/// The derived memories whose own field has a value.
fn derived(client: &mut Client, field: &str, value: &Value) -> Vec<Value> {
    let mut all = client.list("notes");
    all.retain(|m| m["info"][field] == *value && m["info"]["rule"].is_string());
    all
}

fn sources(memory: &Value) -> Vec<String> {
    let from = memory["derived_from"].as_array().unwrap();
    from.iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

const MORNING: [&str; 6] = [
    "I joined the allotment club by the canal last month.",
    "The allotment club gave me a small plot, so I grow beans and tomatoes.",
    "The club lends tools and the canal gives us water for every plot.",
    "I am allergic to shellfish.",
    "We will bring the tomatoes to the club on Sunday.",
    "The club meets by the canal, and everybody brings beans.",
];
const EVENING: [&str; 6] = [
    "My sister Mina moved to Lyon with Dr. Chen.",
    "Mina works for Siemens in Lyon now.",
    "Any tips for hiking in the rain?",
    "The plot by the canal needs a new fence before the summer.",
    "The carpenter of the club builds the fence for every plot.",
    "The fence keeps the hares away from the beans on the plot.",
];

#[test]
fn sessions_that_come_one_by_one_are_summed_up_and_known_by_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let mut ids = sit(&mut client, "morning", 3, 9, &MORNING);
    assert_eq!(derived(&mut client, "of", &json!("session")).len(), 1);
    assert!(derived(&mut client, "of", &json!("day")).is_empty());
    ids.extend(sit(&mut client, "evening", 3, 19, &EVENING));

    let day = derived(&mut client, "of", &json!("day"));
    assert_eq!(day.len(), 1, "{day:?}");
    assert_eq!(day[0]["info"]["date"], "2025-03-03");
    let mut from = sources(&day[0]);
    from.sort_unstable();
    ids.sort_unstable();
    assert_eq!(from, ids);
    assert_eq!(derived(&mut client, "of", &json!("session")).len(), 2);

    // What is said outright is explicit; what one comes back to over sessions only shows.
    let explicit = derived(&mut client, "explicit", &json!(true));
    let allergic = |m: &&Value| m["text"].as_str().unwrap().contains("shellfish");
    assert_eq!(explicit.iter().filter(allergic).count(), 1, "{explicit:?}");
    assert!(derived(&mut client, "explicit", &json!(false)).is_empty());
    sit(&mut client, "later", 9, 9, &["We went hiking on Sunday."]);
    sit(&mut client, "last", 16, 9, &["The hiking boots arrived."]);
    let shown = derived(&mut client, "explicit", &json!(false));
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(shown[0]["text"], "Noor often talks about hiking.");
    assert_eq!(shown[0]["semantic_type"], "preference");
    assert_eq!(sources(&shown[0]).len(), 3);

    // A search has them on request, beside the evidence and never in its place.
    let mut question = json!({"query": "What does Noor like to do?", "cube_ids": ["notes"]});
    let plain = client.post("/api/v1/search", &question).is(200).json();
    question["include"] = json!(["derived"]);
    let both = client.post("/api/v1/search", &question).is(200).json();
    assert_eq!(
        plain["hits"].as_array().unwrap().len(),
        both["hits"].as_array().unwrap().len()
    );
    for hit in plain["hits"].as_array().unwrap() {
        assert_eq!(
            hit["memory"]["derived_from"].as_array().map_or(0, Vec::len),
            0
        );
    }
    let found = both["derived"].as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|hit| hit["memory"]["id"] == shown[0]["id"]),
        "{both}"
    );
}

#[test]
fn what_a_cube_speaks_of_is_told_with_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut client = server.client();
    sit(&mut client, "morning", 3, 9, &MORNING);
    let ids = sit(&mut client, "evening", 3, 19, &EVENING);
    sit(
        &mut client,
        "chinese",
        4,
        9,
        &["我搬到杭州了。", "王小明在杭州的阿里巴巴公司上班。"],
    );

    let told = client.get(&format!("{NOTES}/entities")).is(200).json();
    let entities = told["entities"].as_array().unwrap();
    let named = |name: &str| {
        let found = entities.iter().find(|e| e["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {told}"))
    };
    for (name, kind) in [
        ("Mina", "person"),
        ("Dr. Chen", "person"),
        ("Lyon", "place"),
        ("Siemens", "organisation"),
        ("杭州", "place"),
    ] {
        assert_eq!(named(name)["kind"], kind, "{told}");
    }
    let related = named("Mina")["related"].to_string();
    assert!(related.contains("Lyon"), "{related}");
    assert!(named("Mina")["count"].as_u64().unwrap() >= 2);
    let few = client
        .get(&format!("{NOTES}/entities?limit=1"))
        .is(200)
        .json();
    assert_eq!(few["entities"], json!([entities[0]]));
    let bad = client.get(&format!("{NOTES}/entities?limit=0"));
    bad.problem(400, "invalid_request");

    let topics = client.get(&format!("{NOTES}/topics")).is(200).json();
    let topics = topics["topics"].as_array().unwrap().clone();
    let of_plot = topics
        .iter()
        .find(|t| t["sessions"].to_string().contains("morning"));
    let of_plot = of_plot.unwrap_or_else(|| panic!("{topics:?}"));
    assert!(!of_plot["label"].as_str().unwrap().is_empty());
    assert!(
        !of_plot["concepts"].as_array().unwrap().is_empty(),
        "{of_plot}"
    );

    let path = format!("{NOTES}/memories/{}/related", ids[0]);
    let ties = client.get(&path).is(200).json();
    let ties = ties["related"].as_array().unwrap();
    let tie = |id: &str| {
        ties.iter()
            .find(|t| id_of(&t["memory"]) == id)
            .map(|t| &t["kind"])
    };
    assert_eq!(tie(&ids[1]), Some(&json!("same_entity")), "{ties:?}");
    assert!(
        ties.iter().any(|t| t["kind"] == "derived"),
        "its summary: {ties:?}"
    );
}
