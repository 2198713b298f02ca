//! The way in: sessions, frames, limits.

use super::*;

#[tokio::test]
async fn a_client_sees_the_tools_that_it_asks_for() {
    let stage = Stage::new();
    for (query, count) in [
        ("", 5),
        ("?tools=graph", 9),
        ("?tools=memos", 16),
        ("?tools=mem0", 9),
        ("?tools=files", 1),
        ("?tools=all", 40),
    ] {
        let visitor = stage.visit(query).await;
        let tools = visitor.ask("tools/list", json!({})).await.result();
        assert_eq!(tools["tools"].as_array().unwrap().len(), count, "{query}");
        assert!(tools.get("nextCursor").is_none());
    }
    let options = Options {
        tools: "graph".parse().unwrap(),
        ..Options::default()
    };
    let stage = Stage::with(options);
    let tools = stage.visit("").await.ask("tools/list", json!({})).await;
    assert_eq!(tools.result()["tools"][0]["name"], "create_entities");
    let refused = stage.raw("/mcp?tools=zep", "{}").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let error = refused.error(-32600);
    assert_eq!(error["error"]["data"]["field"], "tools");
    assert!(
        error["error"]["data"]["remedy"]
            .as_str()
            .unwrap()
            .contains("graph")
    );
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let stage = Stage::new();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep_inside =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{{\"a\":{deep}}}}}");
    for (bytes, code) in [
        (Vec::new(), -32700),
        (b"{\"jsonrpc\":".to_vec(), -32700),
        (b"\xff\xfe".to_vec(), -32700),
        (deep.into_bytes(), -32600),
        (deep_inside.into_bytes(), -32700),
        (b"[]".to_vec(), -32600),
        (
            b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"x\"}".to_vec(),
            -32600,
        ),
    ] {
        let answer = stage.raw("/mcp", bytes).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        answer.error(code);
    }
}

#[tokio::test]
async fn too_large_a_body_and_too_deep_an_argument_are_refused() {
    let options = Options {
        body_limit: 10_000,
        ..Options::default()
    };
    let stage = Stage::with(options);
    let large = format!("{{\"x\": \"{}\"}}", "y".repeat(20_000));
    let answer = stage.raw("/mcp", large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.error(-32600);
    let visitor = stage.visit("").await;
    let mut deep = json!(1);
    for _ in 0..60 {
        deep = json!([deep]);
    }
    let arguments = json!({"text": "x", "info": {"deep": deep}});
    let told = visitor.refused("remember", arguments).await;
    assert!(told.contains("field: info.deep"), "{told}");
    // What is too deep for any reader is refused by its id.
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":{{"name":"remember","arguments":{{"a":{deep}}}}}}}"#
    );
    let request = message(&visitor.path, Some(&visitor.session), call);
    assert_eq!(stage.send(request).await.error(-32700)["id"], "deep");
}

#[tokio::test]
async fn a_request_needs_its_session() {
    let stage = Stage::new();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let without = stage.raw("/mcp", list.clone()).await;
    assert!(without.status.is_client_error(), "{}", without.text);
    assert_eq!(without.error(-32600)["id"], 1);
    let unknown = message("/mcp", Some("made-up"), list.clone());
    let unknown = stage.send(unknown).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.error(-32600)["id"], 1);

    let visitor = stage.visit("").await;
    let leave = async |session: &str| {
        let leave = Request::builder()
            .method(Method::DELETE)
            .uri("/mcp")
            .header("mcp-session-id", session)
            .body(Body::empty())
            .unwrap();
        stage.send(leave).await
    };
    let left = leave(&visitor.session).await;
    assert_eq!(left.status, StatusCode::NO_CONTENT, "{}", left.text);
    for session in [&*visitor.session, "made-up"] {
        let again = leave(session).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.text);
        again.error(-32600);
    }
    let after = stage
        .send(message("/mcp", Some(&visitor.session), list))
        .await;
    assert_eq!(after.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_requests_are_refused_in_the_words_of_the_protocol() {
    let stage = Stage::new();
    let request = |method: Method, path: &str| Request::builder().method(method).uri(path);
    let put = request(Method::PUT, "/mcp").body(Body::empty()).unwrap();
    let answer = stage.send(put).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.error(-32600);
    let get = request(Method::GET, "/mcp/other")
        .body(Body::empty())
        .unwrap();
    let answer = stage.send(get).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.error(-32600);
    let get = request(Method::GET, "/mcp").body(Body::empty()).unwrap();
    let answer = stage.send(get).await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE, "{}", answer.text);
    answer.error(-32600);
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let mut foreign = message("/mcp", None, "{}");
        foreign.headers_mut().insert(name, value.parse().unwrap());
        let answer = stage.send(foreign).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        answer.error(-32600);
    }
    let mut text = message(
        "/mcp",
        None,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
    );
    text.headers_mut()
        .insert("content-type", "text/plain".parse().unwrap());
    let answer = stage.send(text).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    answer.error(-32600);
}

#[tokio::test]
async fn wrong_methods_and_parameters_are_told_apart() {
    let stage = Stage::new();
    let visitor = stage.visit("").await;
    visitor
        .ask("tools/frobnicate", json!({}))
        .await
        .error(-32601);
    visitor
        .ask("tools/call", json!({"name": 5}))
        .await
        .error(-32602);
    let unknown = visitor
        .ask("tools/call", json!({"name": "add_memory"}))
        .await;
    let error = unknown.error(-32602);
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("add_memory")
    );
    assert!(
        error["error"]["data"]["remedy"]
            .as_str()
            .unwrap()
            .contains("remember")
    );
    visitor
        .ask("tools/list", json!({"cursor": "x"}))
        .await
        .error(-32602);
    visitor.ask("ping", json!({})).await.result();
}

/// The protocol of 2026-07-28 has no sessions: every request stands by itself.
#[tokio::test]
async fn a_request_may_stand_by_itself() {
    let stage = Stage::new();
    let about = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let ask = async |method: &str, mut params: Value, name: Option<&str>| {
        params["_meta"] = about.clone();
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = message("/mcp?tools=default,graph", None, body.to_string());
        let headers = request.headers_mut();
        headers.insert("mcp-protocol-version", "2026-07-28".parse().unwrap());
        headers.insert("mcp-method", method.parse().unwrap());
        if let Some(name) = name {
            headers.insert("mcp-name", name.parse().unwrap());
        }
        stage.send(request).await
    };
    let tools = ask("tools/list", json!({}), None).await.result();
    assert_eq!(tools["tools"].as_array().unwrap().len(), 14);
    let text = json!({"name": "remember", "arguments": {"text": "Mina lives in Lyon."}});
    let done = ask("tools/call", text, Some("remember")).await.result();
    assert_eq!(done["isError"], false, "{done}");
    let question = json!({"name": "recall", "arguments": {"query": "Where does Mina live?"}});
    let found = ask("tools/call", question, Some("recall")).await.result();
    assert_eq!(
        found["structuredContent"]["memories"][0]["text"],
        "Mina lives in Lyon."
    );
}
