//! How fast the bundled embedder is: `cargo run --release -p memos-models --example speed [FILE]`,
//! one text a line; without a file, a sentence of 30 words.

use std::{hint::black_box, time::Instant};

use memos_core::Embedder;
use memos_models::StaticEmbedder;

const SENTENCE: &str = "Last Saturday my sister and I finally drove out to the lake, rented two \
    wobbly kayaks, and paddled around the little island until it began to rain in the late \
    afternoon again.";

fn main() -> std::io::Result<()> {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?,
        None => [SENTENCE].repeat(10_000).join("\n"),
    };
    let texts: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let words: usize = texts.iter().map(|t| t.split_whitespace().count()).sum();

    let start = Instant::now();
    let embedder = black_box(StaticEmbedder::bundled());
    println!("open: {:?}", start.elapsed());

    let start = Instant::now();
    for text in &texts {
        black_box(embedder.embed_one(text));
    }
    report("embed", start, texts.len(), words);

    let start = Instant::now();
    let tokens: usize = texts.iter().map(|text| embedder.count_tokens(text)).sum();
    report("count", start, texts.len(), words);
    println!("{tokens} tokens, {words} words, {} texts", texts.len());
    Ok(())
}

fn report(what: &str, start: Instant, texts: usize, words: usize) {
    let micros = start.elapsed().as_secs_f64() * 1e6;
    println!(
        "{what}: {:.2} µs a text, {:.2} µs per 30 words",
        micros / texts as f64,
        micros / words as f64 * 30.0
    );
}
