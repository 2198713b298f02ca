//! The tokeniser against the reference implementation of BERT's.

use std::{ops::ControlFlow, sync::LazyLock};

use memos_models::StaticEmbedder;
use proptest::prelude::*;
use serde_json::Value;

static BUNDLED: LazyLock<StaticEmbedder> = LazyLock::new(StaticEmbedder::bundled);

/// Texts and their pieces as Hugging Face's `tokenizers` 0.23 gives them with the model's own
/// `tokenizer.json`, without `[CLS]` and `[SEP]`.
const GOLDEN: &str = include_str!("data/wordpieces.json");

#[test]
fn pieces_are_those_of_the_reference() {
    let embedder = &*BUNDLED;
    let table = embedder.table();
    let cases: Vec<Value> = serde_json::from_str(GOLDEN).unwrap();
    assert!(cases.len() >= 40);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let expected: Vec<&str> = case["pieces"]
            .as_array()
            .unwrap()
            .iter()
            .map(|piece| piece.as_str().unwrap())
            .collect();
        let found: Vec<&str> = table
            .tokenizer()
            .encode(text)
            .into_iter()
            .map(|id| id.map_or("[UNK]", |id| table.piece(id)))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn a_whole_word_of_the_vocabulary_is_one_piece() {
    let table = BUNDLED.table();
    for word in ["the", "dog", "zhou", "naive", "1998", "!", "我", "ø"] {
        let [Some(id)] = table.tokenizer().encode(word)[..] else {
            panic!("{word:?} is a piece of the vocabulary");
        };
        assert_eq!(table.piece(id), word);
    }
    assert_eq!(table.pieces(), 30_522);
}

#[test]
fn ids_are_the_models() {
    let embedder = &*BUNDLED;
    let ids: Vec<u16> = embedder
        .table()
        .tokenizer()
        .encode("hello world")
        .into_iter()
        .flatten()
        .map(|id| id.get())
        .collect();
    assert_eq!(ids, [7592, 2088]);
}

proptest! {
    #[test]
    fn any_text_is_tokenised(text in any::<String>()) {
        let embedder = &*BUNDLED;
        let tokenizer = embedder.table().tokenizer();
        let pieces = tokenizer.encode(&text);
        prop_assert_eq!(pieces.len(), tokenizer.count(&text));
        // White space between texts separates them, and nothing else crosses it.
        let twice = format!("{text} {text}");
        prop_assert_eq!(tokenizer.count(&twice), 2 * pieces.len());
    }

    #[test]
    fn known_pieces_spell_the_word(word in "[a-z]{1,30}") {
        let embedder = &*BUNDLED;
        let table = embedder.table();
        let pieces = table.tokenizer().encode(&word);
        let spelled: Option<String> = pieces
            .iter()
            .map(|id| id.map(|id| table.piece(id).trim_start_matches("##")))
            .collect();
        // Every letter is a piece, alone and as a continuation, so every word can be spelled.
        prop_assert_eq!(spelled, Some(word));
    }

    #[test]
    fn a_break_ends_the_pieces(text in "[a-z ,.]{0,200}", limit in 1_usize..20) {
        let embedder = &*BUNDLED;
        let tokenizer = embedder.table().tokenizer();
        let mut first = Vec::new();
        tokenizer.pieces(&text, |piece| {
            first.push(piece);
            if first.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let all = tokenizer.encode(&text);
        prop_assert_eq!(&first[..], &all[..all.len().min(limit)]);
    }
}
