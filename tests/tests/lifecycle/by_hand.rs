//! States that a caller asks for, over the real binary.

use std::time::{Duration, Instant};

use memos_tests::{Client, Command, Server, everything, message, messages};
use serde_json::{Value, json};

const NOTES: &str = "/api/v1/cubes/notes/memories";

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(60);

struct Stage {
    client: Client,
    server: Server,
    folder: tempfile::TempDir,
    id: String,
}

impl Stage {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let mut client = server.client();
        let id = client.add("notes", &message(text)).remove(0);
        client.drain("notes");
        Self {
            client,
            server,
            folder,
            id,
        }
    }

    fn path(&self) -> String {
        format!("{NOTES}/{}", self.id)
    }

    fn state(&mut self) -> String {
        let memory = self.client.get(&self.path()).is(200).json();
        memory["state"].as_str().unwrap().to_owned()
    }

    fn kinds(&mut self) -> Vec<String> {
        let events = self.client.events("notes").into_iter();
        let mine = events.filter(|e| e["memory_id"] == self.id.as_str());
        mine.map(|e| e["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn what_is_archived_is_found_on_request_and_comes_back_by_use() {
    let mut stage = Stage::new("The ferry leaves at seven.");
    let id = stage.id.clone();
    let answer = stage.client.change_state("notes", &id, "archive");
    assert_eq!(answer.is(200).json()["state"], "archived");
    let question = "When does the ferry leave?";
    assert_eq!(stage.client.search("notes", question, 10), [] as [Value; 0]);
    let context = stage
        .client
        .post("/api/v1/context", &everything("notes", question));
    assert_eq!(context.is(200).json()["memories"], json!([]));
    // To be looked up or listed is no use.
    assert_eq!(stage.client.list("notes").len(), 1);
    assert_eq!(stage.state(), "archived");
    let patch = stage.client.patch(&stage.path(), &json!({"text": "x"}));
    let problem = patch.problem(409, "illegal_move");
    assert!(
        problem["remedy"].as_str().unwrap().contains("restore"),
        "{problem}"
    );

    let mut asked = everything("notes", question);
    asked["include"] = json!(["archived"]);
    let found = stage.client.post("/api/v1/search", &asked).is(200).json();
    assert_eq!(found["hits"], json!([]));
    assert_eq!(found["archived"][0]["memory"]["id"], id.as_str());
    let start = Instant::now();
    while stage.state() == "archived" {
        assert!(start.elapsed() < HANG, "it does not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(stage.state(), "activated");
    let hits = stage.client.search("notes", question, 10);
    assert_eq!(hits[0]["memory"]["id"], id.as_str());
    assert_eq!(hits[0]["memory"]["use_count"], 1);
    let found = stage.client.post("/api/v1/search", &asked).is(200).json();
    assert_eq!(found.get("archived"), None, "{found}");
    let versions = stage.client.get(&format!("{}/versions", stage.path()));
    let versions = versions.is(200).json();
    let causes: Vec<&Value> = (0..3).map(|n| &versions["versions"][n]["cause"]).collect();
    assert_eq!(causes, ["call", "call", "use"]);
    assert_eq!(
        stage.kinds()[..4],
        ["added", "archived", "activated", "accessed"]
    );
}

#[test]
fn what_is_frozen_refuses_change_and_keeps_its_history() {
    let mut stage = Stage::new("The ferry leaves at seven.");
    let id = stage.id.clone();
    let text = json!({"text": "The ferry leaves at eight."});
    stage.client.patch(&stage.path(), &text).is(200);
    let told = Command::new(&["state", "freeze", &id, "--reason", "signed contract"])
        .arg("--data")
        .arg(stage.folder.path())
        .run()
        .succeeds();
    assert!(told.contains("frozen"), "{told}");
    let before = stage.client.dump("notes");
    let refused = [
        stage.client.patch(&stage.path(), &json!({"tags": ["x"]})),
        stage.client.delete(&stage.path()),
        stage.client.change_state("notes", &id, "archive"),
        stage.client.change_state("notes", &id, "expire"),
        stage.client.change_state("notes", &id, "freeze"),
    ];
    for answer in refused {
        let problem = answer.problem(409, "illegal_move");
        let words = ["detail", "remedy"].map(|p| problem[p].as_str().unwrap());
        assert!(words.join(" ").contains("thaw"), "{problem}");
        assert!(words.join(" ").contains("frozen"), "{problem}");
    }
    let back = format!("{}/rollback", stage.path());
    let plan = stage.client.post(&back, &json!({"version": 1})).is(200);
    assert_eq!(plan.json()["steps"][0]["refused"], "frozen");
    let plan = stage.client.roll_back("notes", "change:0", false);
    let mine = plan["steps"].as_array().unwrap().iter();
    let mine: Vec<&Value> = mine.filter(|s| s["id"] == id.as_str()).collect();
    assert_eq!(mine[0]["refused"], "frozen", "{plan}");
    stage
        .client
        .roll_back("notes", &format!("change:{}", plan["before"]), false);
    assert_eq!(stage.client.dump("notes"), before);

    let versions = stage.client.get(&format!("{}/versions", stage.path()));
    let versions = versions.is(200).json();
    let versions = versions["versions"].as_array().unwrap();
    let texts: Vec<&Value> = versions.iter().map(|v| &v["memory"]["text"]).collect();
    assert_eq!(texts[0], "The ferry leaves at seven.");
    assert_eq!(texts[1], "The ferry leaves at eight.");
    assert_eq!(versions.last().unwrap()["detail"], "signed contract");
    // It is in use all the same.
    let hits = stage
        .client
        .search("notes", "When does the ferry leave?", 1);
    assert_eq!(hits[0]["memory"]["state"], "frozen");
    stage.client.change_state("notes", &id, "thaw").is(200);
    stage
        .client
        .patch(&stage.path(), &json!({"tags": ["x"]}))
        .is(200);
    assert!(
        stage
            .kinds()
            .starts_with(&["added", "updated", "frozen"].map(String::from))
    );
    assert!(stage.kinds().contains(&"thawed".to_owned()));
}

#[test]
fn what_expires_leaves_its_event_alone() {
    let mut stage = Stage::new("The safe opens with quibblewock.");
    let text = json!({"text": "The safe opens with zanthorpe."});
    stage.client.patch(&stage.path(), &text).is(200);
    let snapshot = json!({"name": "before"});
    let snapshots = "/api/v1/cubes/notes/snapshots";
    stage.client.post(snapshots, &snapshot).is(201);
    stage
        .client
        .search("notes", "What does the safe open with?", 1);
    let id = stage.id.clone();
    let answer = stage.client.change_state("notes", &id, "expire");
    assert_eq!(answer.is(200).json()["state"], "expired");
    stage.client.drain("notes");

    let id = stage.id.clone();
    let gone = |client: &mut Client| {
        let path = format!("{NOTES}/{id}");
        for path in [
            path.clone(),
            format!("{path}/versions"),
            format!("{path}/diff"),
        ] {
            client.get(&path).problem(404, "memory_not_found");
        }
        let back = client.post(&format!("{path}/rollback"), &json!({"version": 1}));
        back.problem(404, "memory_not_found");
        client
            .change_state("notes", &id, "restore")
            .problem(404, "memory_not_found");
        client.roll_back("notes", "before", false);
        let mut answers = vec![client.dump("notes"), client.dump_at("notes", "before")];
        let question = "What does the safe open with? quibblewock zanthorpe";
        let mut asked = everything("notes", question);
        asked["include"] = json!(["archived", "derived"]);
        answers.push(client.post("/api/v1/search", &asked).is(200).text());
        asked["include"] = json!(["derived"]);
        asked["as_of"] = "before".into();
        answers.push(client.post("/api/v1/search", &asked).is(200).text());
        answers.push(client.get("/api/v1/tasks").is(200).text());
        answers.push(client.get(NOTES).is(200).text());
        let events = client.events("notes");
        let mine: Vec<&Value> = events
            .iter()
            .filter(|e| e["memory_id"] == id.as_str())
            .collect();
        let last = mine.last().unwrap();
        assert_eq!(
            (&last["kind"], &last["cause"]),
            (&json!("expired"), &json!("call"))
        );
        answers.extend(events.iter().map(Value::to_string));
        for secret in ["quibblewock", "zanthorpe"] {
            let leak = answers.iter().find(|a| a.to_lowercase().contains(secret));
            assert_eq!(leak, None, "{secret}");
        }
    };
    gone(&mut stage.client);
    let Stage { server, folder, .. } = stage;
    server.kill();
    let server = Server::start(folder.path());
    gone(&mut server.client());
}

#[test]
fn lifespans_are_set_and_told() {
    let mut stage = Stage::new("The ferry leaves at seven.");
    let fresh = stage.client.get(&stage.path()).is(200).json();
    assert_eq!(fresh["lifespan"], "forever");
    for (lifespan, told) in [
        ("until:2100-01-01", "until:2100-01-01T00:00:00Z"),
        (
            "until:2100-01-01T08:00:00+08:00",
            "until:2100-01-01T00:00:00Z",
        ),
        ("decay", "decay"),
        ("half_life:36h", "half_life:1d12h"),
        ("half_life:14d", "half_life:2w"),
        ("forever", "forever"),
    ] {
        let request = json!({"lifespan": lifespan});
        let answer = stage.client.patch(&stage.path(), &request).is(200).json();
        assert_eq!(answer["lifespan"], told);
        assert_eq!(stage.client.get(&stage.path()).json()["lifespan"], told);
    }
    let answer = stage
        .client
        .patch(&stage.path(), &json!({"lifespan": "ttl:90d"}));
    let lifespan = answer.is(200).json()["lifespan"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(lifespan.starts_with("until:20"), "{lifespan}");
    assert!(
        !stage
            .client
            .dump("notes")
            .contains("\"lifespan\":\"keep_forever\"")
    );
}

/// Nobody searches, nobody asks for a sweep: the end comes all the same.
#[test]
fn a_time_to_live_ends_by_itself() {
    let mut stage = Stage::new("The safe opens with quibblewock.");
    stage
        .client
        .add("notes", &messages(&["The ferry leaves at seven."]));
    let request = json!({"lifespan": "ttl:1s"});
    stage.client.patch(&stage.path(), &request).is(200);
    let start = Instant::now();
    while stage.client.get(&stage.path()).status == 200 {
        assert!(
            start.elapsed() < HANG,
            "it does not end: {}",
            stage.client.get("/api/v1/tasks").text()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    stage
        .client
        .get(&stage.path())
        .problem(404, "memory_not_found");
    assert_eq!(stage.kinds(), ["added", "updated", "archived", "expired"]);
    let events = stage.client.events("notes");
    let end = events
        .iter()
        .rfind(|e| e["memory_id"] == stage.id.as_str())
        .unwrap();
    assert_eq!(end["cause"], "lifespan");
    assert!(
        end["detail"].as_str().unwrap().starts_with("ttl ended"),
        "{end}"
    );
    assert!(!stage.client.dump("notes").contains("quibblewock"));
}
