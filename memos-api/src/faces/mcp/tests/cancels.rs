//! A call that nobody waits for any more stops before its next step.

use std::time::Duration;

use memos_core::{CubeId, UserId};

use super::*;

const MANY: usize = 600;

impl Stage {
    fn left(&self) -> usize {
        let (who, cube) = (
            UserId::new("local").unwrap(),
            CubeId::new("default").unwrap(),
        );
        self.memos.count(&who, &cube).unwrap()
    }

    async fn until_some_are_gone(&self) {
        while self.left() == MANY {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How many are left once nothing goes any more.
    async fn left_in_the_end(&self) -> usize {
        let mut left = self.left();
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            match self.left() {
                same if same == left => return left,
                fewer => left = fewer,
            }
        }
    }
}

async fn many(visitor: &Visitor<'_>) -> Value {
    let messages: Vec<Value> = (0..MANY)
        .map(|i| json!({"role": "user", "content": format!("entry {i}")}))
        .collect();
    let stored = visitor.did("remember", json!({"messages": messages})).await;
    json!({"name": "forget", "arguments": {"ids": stored["ids"]}})
}

#[tokio::test]
async fn a_cancelled_call_forgets_no_more() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    let forget = many(&visitor).await;
    let cancel = async {
        stage.until_some_are_gone().await;
        let cancel = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1},
        });
        assert_eq!(visitor.send(&cancel).await.status, StatusCode::ACCEPTED);
    };
    let ask = visitor.ask("tools/call", forget);
    let (answer, ()) = tokio::join!(ask, cancel);
    assert!(answer.messages().is_empty(), "{}", answer.text);
    assert!(stage.left_in_the_end().await > 0);
}

/// Without sessions, to close the stream is to cancel.
#[tokio::test]
async fn a_closed_stream_forgets_no_more() {
    let stage = Stage::new();
    let mut forget = many(&stage.visit("").await).await;
    forget["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": forget});
    let mut request = message("/mcp", None, body.to_string());
    for (name, value) in [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "forget"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    tokio::select! {
        answer = stage.send(request) => panic!("{}", answer.text),
        () = stage.until_some_are_gone() => {}
    }
    assert!(stage.left_in_the_end().await > 0);
}
