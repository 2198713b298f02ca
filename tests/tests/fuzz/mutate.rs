//! A request that is nearly right, or not at all.

use memos_tests::Dice;
use serde_json::{Map, Value, json};

use crate::corpus::Sent;

/// Changes at most.
const CHANGES: usize = 3;

/// One of the seeds, changed: mostly a value in its JSON, sometimes its bytes, headers or address.
pub(crate) fn mutated(seeds: &[Sent], dice: &mut Dice, limit: usize) -> Sent {
    let mut sent = dice.pick(seeds).unwrap().clone();
    for _ in 0..=dice.below(CHANGES) {
        match dice.below(20) {
            0 => bytes(&mut sent, dice),
            1 => whole(&mut sent, dice, limit),
            2 => address(&mut sent, dice),
            3 => headers(&mut sent, dice),
            4 => splice(&mut sent, seeds, dice),
            _ => value(&mut sent, dice),
        }
    }
    sent
}

/// A value that is somewhere wrong.
fn odd(dice: &mut Dice) -> Value {
    let long = "x".repeat(1 + dice.below(5000));
    let mut deep = json!(1);
    for _ in 0..dice.below(100) {
        deep = json!([deep]);
    }
    let all = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(0.5),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("../../etc/passwd"),
        json!("\u{202e}\u{feff}😀 \u{e000}"),
        json!("2025-02-30T25:61:61Z"),
        json!("9999-12-31T23:59:59.999999999+23:59"),
        json!("-999999-01-01"),
        json!("0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e"),
        json!("*"),
        json!("%s%n{{}}${x}"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"": null}),
        json!({"and": [{"or": [{"not": {}}]}]}),
        json!({"eq": {"eq": 1}}),
        json!(long),
        deep,
    ];
    dice.pick(&all).unwrap().clone()
}

/// Replaces, removes, renames or doubles one value of the body.
fn value(sent: &mut Sent, dice: &mut Dice) {
    let mut json = sent.json();
    let count = places(&json);
    let place = dice.below(count.max(1));
    change(&mut json, &mut place.clone(), dice);
    sent.body = json.to_string().into_bytes();
}

fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(fields) => fields.values().map(places).sum(),
        _ => 0,
    }
}

/// Changes the value at a place, counted in order; whether it was in here.
fn change(value: &mut Value, place: &mut usize, dice: &mut Dice) -> bool {
    if *place == 0 {
        alter(value, dice);
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change(item, place, dice)),
        Value::Object(fields) => fields.values_mut().any(|item| change(item, place, dice)),
        _ => false,
    }
}

fn alter(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) if dice.below(2) == 0 => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            match (dice.pick(&keys), dice.below(3)) {
                (Some(key), 0) => drop(fields.remove(key)),
                (Some(key), 1) => {
                    let moved = fields.remove(key).unwrap_or_default();
                    fields.insert(format!("{key}\u{200b}"), moved);
                }
                _ => drop(fields.insert("unheard_of".to_owned(), odd(dice))),
            }
        }
        Value::Array(items) if dice.below(2) == 0 => {
            let times = 1 + dice.below(50);
            let one = items.first().cloned().unwrap_or_default();
            items.extend(std::iter::repeat_n(one, times));
        }
        Value::String(text) if dice.below(2) == 0 => {
            *text = match dice.below(3) {
                0 => text.chars().rev().collect(),
                1 => text.repeat(2),
                _ => format!("{text}\u{0}\"'`;--"),
            };
        }
        other => *other = odd(dice),
    }
}

/// A field of another request.
fn splice(sent: &mut Sent, seeds: &[Sent], dice: &mut Dice) {
    let mut json = sent.json();
    let other = dice.pick(seeds).unwrap().json();
    let mut taken: Map<String, Value> = other.as_object().cloned().unwrap_or_default();
    if let Value::Object(fields) = &mut json {
        fields.append(&mut taken);
        sent.body = json.to_string().into_bytes();
    }
}

/// Bytes that are no JSON, or no text.
fn bytes(sent: &mut Sent, dice: &mut Dice) {
    let body = &mut sent.body;
    match dice.below(5) {
        0 => body.truncate(dice.below(body.len().max(1))),
        1 if !body.is_empty() => {
            let place = dice.below(body.len());
            body[place] ^= 1 << dice.below(8);
        }
        2 => {
            let place = dice.below(body.len() + 1);
            body.splice(place..place, [0xff, 0xc0, 0x80]);
        }
        3 => drop(body.splice(0..0, [0xef, 0xbb, 0xbf])),
        _ => body.extend_from_slice(b"{}"),
    }
}

/// Another body altogether.
fn whole(sent: &mut Sent, dice: &mut Dice, limit: usize) {
    sent.body = match dice.below(6) {
        0 => Vec::new(),
        1 => [vec![b'['; 20_000], vec![b']'; 20_000]].concat(),
        2 => "{\"a\":".repeat(5_000).into_bytes(),
        3 => vec![b' '; limit + 1],
        4 => b"\"\\ud800\"".to_vec(),
        _ => odd(dice).to_string().into_bytes(),
    };
}

/// Another path, query or method.
fn address(sent: &mut Sent, dice: &mut Dice) {
    match dice.below(6) {
        0 => {
            let methods = ["GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "HEAD"];
            // An answer to HEAD has no body, which this client would wait for.
            let method = dice.pick(&methods[..6]).unwrap();
            (*method).clone_into(&mut sent.method);
        }
        1 => sent.path += "/%00%ff%2e%2e%2f",
        2 => sent.path += "/",
        3 => {
            let joint = if sent.path.contains('?') { '&' } else { '?' };
            sent.path += &format!("{joint}page=-1&limit=x&user_id=%ff&a=b&filter=%7B");
        }
        4 => sent.path = sent.path.replacen('-', "%20", 1),
        _ => sent.path += &"/a".repeat(200),
    }
}

fn headers(sent: &mut Sent, dice: &mut Dice) {
    match dice.below(4) {
        0 => sent.headers.clear(),
        1 => sent.headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())],
        2 => sent
            .headers
            .push(("Authorization".to_owned(), "Token \t'".to_owned())),
        _ => sent
            .headers
            .push(("X-Request-Id".to_owned(), "y".repeat(300))),
    }
}
