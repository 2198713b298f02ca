//! How each contract refuses.

use memos_tests::Answer;
use serde_json::Value;

/// Whether an answer is a refusal in the face's own words. A path that was changed may have left the
/// face: then any contract's words do.
pub(crate) fn is_refusal(face: &str, path: &str, answer: &Answer) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return false;
    };
    // Cases of any face use the native API, to look at what there is. Some of mem0's paths begin alike.
    let of_mem0 = |path: &str| path.starts_with("webhooks") || path.starts_with("orgs");
    let native = path.strip_prefix("/api/v1/");
    let face = if native.is_some_and(|rest| !of_mem0(rest)) {
        "native"
    } else {
        face
    };
    let own = SHAPES
        .iter()
        .find(|(name, _)| *name == face)
        .map(|(_, fits)| fits);
    match own {
        Some(fits) if fits(&body) => true,
        _ => answer.status == 404 && path_left(face, path) && SHAPES.iter().any(|(_, f)| f(&body)),
    }
}

fn path_left(face: &str, path: &str) -> bool {
    let root = path
        .split(['/', '?'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let known: &[&str] = match face {
        "product" => &["product"],
        "langgraph" => &["store"],
        "mcp" => &["mcp"],
        // Several roots: any path may have been one of theirs.
        _ => return true,
    };
    !known.contains(&root)
}

fn has(body: &Value, fields: &[&str]) -> bool {
    fields.iter().all(|field| body.get(field).is_some())
}

type Fits = fn(&Value) -> bool;

const SHAPES: &[(&str, Fits)] = &[
    ("native", |b| {
        has(
            b,
            &[
                "type",
                "title",
                "status",
                "detail",
                "code",
                "remedy",
                "request_id",
            ],
        )
    }),
    ("product", |b| has(b, &["code", "message", "data"])),
    ("openmem", |b| {
        b["code"].is_number() && b["message"].is_string()
    }),
    ("mem0", |b| has(b, &["detail"]) || has(b, &["error"])),
    ("openai", |b| {
        has(&b["error"], &["message", "type", "param", "code"])
    }),
    ("langgraph", |b| has(b, &["detail"])),
    ("anthropic", |b| {
        has(&b["error"], &["type", "message"]) || has(b, &["content", "is_error"])
    }),
    ("mcp", |b| {
        has(&b["error"], &["code", "message"]) || has(b, &["detail"])
    }),
];
