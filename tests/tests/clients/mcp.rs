//! The official Python client of the Model Context Protocol, over HTTP and stdio; and an agent's
//! pipe that is spoken to by hand.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use memos_tests::{Command, Packages, Python, Server, binary};
use serde_json::{Value, json};

#[test]
fn the_official_client_uses_every_set_of_tools() {
    let Some(python) = Python::with(Packages {
        whole: &["mcp==2.3.0"],
        ..Packages::default()
    }) else {
        return;
    };
    let (served, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(served.path());
    let url = format!("http://{}", server.address());
    let said = python.run(
        "mcp_client.py",
        &[
            ("MEMOS_BIN", binary().to_str().unwrap()),
            ("MEMOS_URL", &url),
            ("MEMOS_FOLDER", own.path().to_str().unwrap()),
            ("MEMOS_SERVED", served.path().to_str().unwrap()),
        ],
    );
    assert!(said.contains("all well"), "{said}\n{}", server.log());
    let panics = server.log().contains("panicked");
    assert!(!panics, "{}", server.log());
}

/// `memos mcp` as a child process.
struct Agent {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    id: u64,
}

impl Agent {
    fn start(data: &Path) -> Self {
        let mut agent = Self::silent(data);
        let hello = json!({
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "agent", "version": "1"},
        });
        assert_eq!(
            agent.ask("initialize", &hello)["serverInfo"]["name"],
            "memos"
        );
        agent.say(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        agent
    }

    /// One that has said nothing yet.
    fn silent(data: &Path) -> Self {
        let mut process = Command::new(&["mcp", "--data"]).arg(data).into_process();
        let mut child = process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            to: child.stdin.take(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
            id: 0,
        }
    }

    fn say(&mut self, line: &[u8]) {
        let to = self.to.as_mut().unwrap();
        to.write_all(line).unwrap();
        to.write_all(b"\n").unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "it has ended");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.id += 1;
        let id = self.id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.say(request.to_string().as_bytes());
        loop {
            let heard = self.hear();
            if heard["id"] == id {
                assert!(heard.get("error").is_none(), "{heard}");
                return heard["result"].clone();
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let result = self.ask("tools/call", &json!({"name": tool, "arguments": arguments}));
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"].clone()
    }

    /// Closes the pipe, and sees it end well.
    fn leave(mut self) {
        self.to.take();
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn an_agent_goes_on_when_the_server_behind_it_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Agent::start(folder.path());
    let mut second = Agent::start(folder.path());
    first.call("remember", &json!({"text": "The key is under the mat."}));
    let question = json!({"query": "Where is the key?"});
    let found = second.call("recall", &question);
    assert_eq!(found["memories"][0]["text"], "The key is under the mat.");
    // Commands find the server of an agent.
    let run = Command::new(&["search", "Where is the key?", "--data"]).arg(folder.path());
    assert!(run.run().succeeds().contains("under the mat"));

    // The first had the folder open; the second takes it over, in the middle of its session.
    first.leave();
    second.call("remember", &json!({"text": "The lamp is in the attic."}));
    let found = second.call("recall", &json!({"query": "Where is the lamp?"}));
    assert_eq!(found["memories"][0]["text"], "The lamp is in the attic.");
    let mut third = Agent::start(folder.path());
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    let found = third.call("recall", &question);
    assert_eq!(found["memories"][0]["text"], "The key is under the mat.");
    third.leave();
}

#[test]
fn a_silent_subscriber_hears_on_when_the_server_behind_it_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let owner = Agent::start(folder.path());
    let mut subscriber = Agent::start(folder.path());
    let recent = json!({"uri": "memos://cube/default/recent"});
    subscriber.ask("resources/subscribe", &recent);
    owner.leave();
    let is_news = |heard: &Value| {
        assert_eq!(
            heard["method"], "notifications/resources/updated",
            "{heard}"
        );
        assert_eq!(heard["params"]["uri"], recent["uri"]);
    };
    // What changed in between is not known: it is told to look.
    is_news(&subscriber.hear());
    let mut third = Agent::start(folder.path());
    third.call("remember", &json!({"text": "The key is under the mat."}));
    is_news(&subscriber.hear());
    third.leave();
    subscriber.leave();
}

#[test]
fn a_request_that_can_not_be_taken_is_refused_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::silent(folder.path());
    let call = |id: &str, name: &str, value: &str, id_last: bool| {
        let params = format!(r#""params":{{"name":"remember","arguments":{{"{name}":{value}}}}}"#);
        let (first, last) = match id_last {
            true => (params, format!(r#""id":"{id}""#)),
            false => (format!(r#""id":"{id}""#), params),
        };
        format!(r#"{{"jsonrpc":"2.0","method":"tools/call",{first},{last}}}"#).into_bytes()
    };
    agent.say(br#"{"jsonrpc":"2.0","id":"early","method":"tools/list"}"#);
    let heard = agent.hear();
    assert_eq!(heard["id"], "early", "{heard}");
    assert!(heard["error"]["code"].is_number());
    let deep = format!("{}1{}", "[".repeat(160), "]".repeat(160));
    let large = format!("\"{}\"", "x".repeat(40 << 20));
    for (id, value) in [("deep", &deep), ("large", &large)] {
        for id_last in [false, true] {
            agent.say(&call(id, "text", value, id_last));
            let heard = agent.hear();
            assert_eq!(heard["id"], id, "{heard}");
            assert!(heard["error"]["code"].is_number());
        }
    }
    agent.leave();
}

#[test]
fn a_cancelled_call_stops() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::start(folder.path());
    let messages: Vec<Value> = (0..900)
        .map(|i| json!({"role": "user", "content": format!("entry {i}")}))
        .collect();
    let stored = agent.call("remember", &json!({"messages": messages}));
    let forget = json!({
        "jsonrpc": "2.0", "id": "long", "method": "tools/call",
        "params": {
            "name": "forget", "arguments": {"ids": stored["ids"]},
            "_meta": {"progressToken": "t"},
        },
    });
    agent.say(forget.to_string().as_bytes());
    assert_eq!(agent.hear()["method"], "notifications/progress");
    agent.say(
        br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"long"}}"#,
    );
    let left = agent.call("timeline", &json!({"limit": 1}));
    assert_eq!(left["memories"][0]["text"], "entry 899", "{left}");
    agent.leave();
}

#[test]
fn what_is_no_message_is_answered_and_the_pipe_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = Agent::start(folder.path());
    for (line, code) in [
        (&b"{\"jsonrpc\":"[..], -32700),
        (b"\xff\xfe", -32700),
        (b"[]", -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":5}", -32600),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"nope\"}",
            -32601,
        ),
    ] {
        agent.say(line);
        let heard = agent.hear();
        assert_eq!(heard["error"]["code"], code, "{heard}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    agent.say(deep.as_bytes());
    assert_eq!(agent.hear()["error"]["code"], -32600);
    let large = vec![b'x'; 40 << 20];
    agent.say(&large);
    assert_eq!(agent.hear()["error"]["code"], -32600);
    agent.call("remember", &json!({"text": "Still here."}));
    agent.leave();
}

#[test]
fn a_folder_that_can_not_be_opened_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("FORMAT"), "memos 9999\n").unwrap();
    let run = Command::new(&["mcp", "--data"]).arg(folder.path()).run();
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stdout.is_empty() && run.stderr.contains("error: "));
}
