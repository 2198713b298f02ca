//! Answers that come piece by piece.

use memos_core::Code;
use memos_tests::{Endpoint, Scripted};

use super::*;

fn stream(model: &OpenAiModel, prompt: &Prompt) -> (Result<Reply>, Vec<String>) {
    let mut pieces = Vec::new();
    let reply = pollster::block_on(model.stream(prompt, &mut |piece| {
        pieces.push(match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Reasoning(thought) => format!("<{thought}>"),
        });
    }));
    (reply, pieces)
}

#[test]
fn thoughts_are_told_apart_and_are_no_part_of_the_reply() {
    let event = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\n";
    let endpoint = Endpoint::scripted([Scripted::events(vec![event.as_bytes().to_vec()])]);
    let (reply, pieces) = stream(&model(&endpoint), &prompt());
    assert_eq!(reply.unwrap().text, "yes");
    assert_eq!(pieces, ["<hm>", "yes"]);
}

#[test]
fn pieces_come_in_order() {
    let said = ["白日", "依山", " — ", "🦀"];
    let endpoint = Endpoint::scripted([Scripted::stream(&said)]);
    let model = model(&endpoint);
    let (reply, pieces) = stream(&model, &prompt());
    let reply = reply.unwrap();
    assert_eq!(pieces, said);
    assert_eq!(reply.text, said.concat());
    assert_eq!((reply.usage.prompt, reply.usage.completion), (11, 7));
    let asked = &endpoint.asked()[0].body;
    assert_eq!(asked["stream"], true);
    assert_eq!(asked["stream_options"], json!({"include_usage": true}));
}

#[test]
fn events_may_be_cut_anywhere() {
    let event = "\u{FEFF}: keep-alive\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"依山\"}}]}\r\n\r\n\
        data:{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let bytes = event.bytes().map(|byte| vec![byte]).collect();
    let endpoint = Endpoint::scripted([Scripted::events(bytes)]);
    let (reply, pieces) = stream(&model(&endpoint), &prompt());
    assert_eq!(
        (reply.unwrap().text.as_str(), pieces),
        ("依山", vec!["依山".to_owned()])
    );
}

#[test]
fn an_endpoint_that_does_not_stream_gives_one_piece() {
    let endpoint = Endpoint::scripted([Scripted::text("Lyon")]);
    let (reply, pieces) = stream(&model(&endpoint), &prompt());
    assert_eq!(
        (reply.unwrap().text.as_str(), pieces),
        ("Lyon", vec!["Lyon".to_owned()])
    );
}

#[test]
fn what_broke_off_is_tried_again_only_before_the_first_piece() {
    let broken = Scripted::stream(&["a", "b", "c", "d"]).broken_off();
    let endpoint = Endpoint::scripted([broken, Scripted::text("Lyon")]);
    let model = model(&endpoint);
    let (reply, pieces) = stream(&model, &prompt());
    assert_eq!(reply.unwrap_err().code(), Code::Unavailable);
    assert_eq!(pieces, ["a", "b", "c"]);
    assert_eq!(
        (failures(&model), endpoint.asked().len()),
        (vec![("dropped", 1)], 1)
    );

    let nothing_yet = Scripted::events(vec![b": hello\n\n".to_vec(), Vec::new()]).broken_off();
    let endpoint = Endpoint::scripted([nothing_yet, Scripted::stream(&["Lyon"])]);
    let (reply, pieces) = stream(&self::model(&endpoint), &prompt());
    assert_eq!(
        (reply.unwrap().text.as_str(), pieces),
        ("Lyon", vec!["Lyon".to_owned()])
    );
}

#[test]
fn a_stream_may_hold_garbage_nothing_or_an_error() {
    let of = |events: &str| Scripted::events(vec![events.as_bytes().to_vec()]);
    for (answer, name, code) in [
        (of("data: {oops\n\n"), "garbage", Code::BadReply),
        (of("data: [DONE]\n\n"), "garbage", Code::BadReply),
        (Scripted::stream(&[]), "empty", Code::BadReply),
        (
            of("data: {\"error\":{\"code\":401}}\n\n"),
            "refused",
            Code::Unavailable,
        ),
    ] {
        let endpoint = Endpoint::scripted([answer]);
        let model = model(&endpoint);
        let (reply, pieces) = stream(&model, &prompt());
        assert_eq!(reply.unwrap_err().code(), code, "{name}");
        assert_eq!((failures(&model), pieces), (vec![(name, 1)], vec![]));
    }
    // An end without a word about why.
    let endless = of("data: {\"choices\":[{\"delta\":{\"content\":\"Ly\"}}]}\n\n");
    let endpoint = Endpoint::scripted([endless]);
    let (reply, pieces) = stream(&model(&endpoint), &prompt());
    assert_eq!(
        (reply.unwrap_err().code(), pieces.len()),
        (Code::Unavailable, 1)
    );
}

#[test]
fn streamed_json_is_checked_at_its_end_and_not_asked_for_again() {
    let endpoint = Endpoint::scripted([Scripted::stream(&["{\"city\":", " \"Lyon\",}"])]);
    let (reply, pieces) = stream(&model(&endpoint), &prompt_for_json());
    assert_eq!((reply.unwrap().json, pieces.len()), (Some(lyon()), 2));
    let endpoint = Endpoint::scripted([Scripted::stream(&["{\"city\": 1}"])]);
    let (reply, _) = stream(&model(&endpoint), &prompt_for_json());
    assert_eq!(reply.unwrap_err().code(), Code::BadReply);
    assert_eq!(endpoint.asked().len(), 1);
}
