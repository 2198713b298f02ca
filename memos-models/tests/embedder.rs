//! The bundled table and the vectors it gives.

use std::sync::LazyLock;

use memos_core::Embedder;
use memos_models::{EMBEDDED_PIECES, StaticEmbedder};
use proptest::prelude::*;

static BUNDLED: LazyLock<StaticEmbedder> = LazyLock::new(StaticEmbedder::bundled);

fn cosine(a: &str, b: &str) -> f32 {
    let embedder = &*BUNDLED;
    let (a, b) = (embedder.embed_one(a), embedder.embed_one(b));
    a.iter().zip(&b).map(|(x, y)| x * y).sum()
}

#[test]
fn the_tables_are_those_that_distil_makes() {
    let table = include_bytes!("../assets/static-256.memostbl");
    assert_eq!(
        blake3::hash(table).to_hex().as_str(),
        "148e01248c71c51cb9a4e272853b828d6476d872c41ff3adfc36d53d193f2c6d",
        "a new table needs a new revision in its model id, and this hash"
    );
    let han = include_bytes!("../assets/han-96.memostbl");
    assert_eq!(
        blake3::hash(han).to_hex().as_str(),
        "5dc5277722153cd17ec05b5382190425a3bc44ca35587670401430ec38584a95",
        "a new table needs a new revision in its model id, and this hash"
    );
}

#[test]
fn the_model_is_named() {
    let embedder = &*BUNDLED;
    assert_eq!(
        embedder.model_id(),
        "memos-static@2/memos-static-256/minilm-l6-v2@1+memos-han-96/multilingual-e5-small@1"
    );
    assert_eq!(embedder.dimension(), 256 + 96);
}

#[test]
fn related_texts_are_nearer_than_unrelated_ones() {
    let groups = [
        [
            "We adopted a puppy from the shelter last week.",
            "Our new dog still chews the furniture.",
            "The cat and the dog sleep in one basket.",
        ],
        [
            "The flight to Lisbon was delayed by three hours.",
            "I booked a hotel near the airport for the trip.",
            "My passport has to be renewed before we travel.",
        ],
        [
            "The database ran out of disk space during the backup.",
            "Restart the server after you change its configuration.",
            "The program crashed while it wrote the log file.",
        ],
        [
            "She plays the violin in a small orchestra.",
            "The concert began with a piano sonata.",
            "He has been learning new songs on the guitar.",
        ],
    ];
    let mean = |same: bool| -> f32 {
        let all: Vec<(usize, &str)> = groups
            .iter()
            .enumerate()
            .flat_map(|(group, texts)| texts.iter().map(move |&text| (group, text)))
            .collect();
        let cosines: Vec<f32> = all
            .iter()
            .flat_map(|&(g, a)| {
                all.iter()
                    .filter(move |&&(h, b)| a != b && (g == h) == same)
                    .map(move |&(_, b)| cosine(a, b))
            })
            .collect();
        cosines.iter().sum::<f32>() / cosines.len() as f32
    };
    let (within, across) = (mean(true), mean(false));
    assert!(
        within > across + 0.15,
        "within groups {within}, across {across}"
    );
    for texts in &groups {
        let other = if texts == &groups[0] {
            groups[1][0]
        } else {
            groups[0][0]
        };
        assert!(
            cosine(texts[0], texts[1]) > cosine(texts[0], other),
            "{texts:?}"
        );
    }
}

#[test]
fn frequent_pieces_weigh_little() {
    assert!(cosine("violin", "the violin, and it is of a") > 0.9);
}

#[test]
fn without_a_known_piece_the_vector_is_zero() {
    let embedder = &*BUNDLED;
    for text in ["", " \n", "🦀", "\u{2460}", &"a".repeat(101)] {
        assert_eq!(embedder.embed_one(text), vec![0.0; 352], "{text:?}");
    }
    // Unknown words change nothing beside known ones.
    assert_eq!(
        embedder.embed_one("a 🦀 crab"),
        embedder.embed_one("a crab")
    );
}

#[test]
fn only_the_first_pieces_count() {
    let embedder = &*BUNDLED;
    let start = "crab ".repeat(EMBEDDED_PIECES);
    assert_eq!(
        embedder.embed_one(&start),
        embedder.embed_one(&format!("{start} violin orchestra"))
    );
    assert_ne!(
        embedder.embed_one(&start),
        embedder.embed_one(&format!("violin {start}"))
    );
}

#[test]
fn chinese_words_are_near_by_what_they_mean() {
    for (word, near, far) in [
        ("扫墓", "上坟", "跑步"),
        ("医生", "看病", "唱歌"),
        ("妻子", "太太", "汽车"),
        ("买房子", "房贷", "钓鱼"),
        ("他上周做了手术。", "住院", "考试"),
    ] {
        let (near_by, far_by) = (cosine(word, near), cosine(word, far));
        assert!(
            near_by > far_by + 0.1,
            "{word}: {near} {near_by}, {far} {far_by}"
        );
    }
}

#[test]
fn frequent_chinese_words_weigh_little() {
    assert!(cosine("手术", "我的手术，是在的了") > 0.8);
}

#[test]
fn punctuation_leaves_chinese_text_its_whole_part() {
    let plain = BUNDLED.embed_one("我们去医院");
    assert!(plain[..256].iter().all(|&value| value == 0.0));
    for text in ["我们去医院。", "“我们去医院？！”", "我们, 去 医院 🦀"] {
        assert_eq!(BUNDLED.embed_one(text), plain, "{text:?}");
    }
}

#[test]
fn each_script_has_its_share_of_a_mixed_text() {
    // Two words, and four characters, which count as two.
    let mixed = "violin orchestra 北京医院";
    for part in ["violin orchestra", "北京医院"] {
        assert!((cosine(mixed, part) - 0.5_f32.sqrt()).abs() < 1e-5);
    }
    assert_eq!(cosine("violin orchestra", "北京医院"), 0.0);
    // A name before what someone said blurs it little.
    assert!(
        cosine(
            "Charlotte：我上个周末去医院看外婆了。",
            "我上个周末去医院看外婆了。"
        ) > 0.9
    );
}

/// Text of the scripts and marks where the parts meet.
fn mixed_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[我们去医院北京扫墓跑步龘㐀a-z ，。、ー🦀0-9]{0,60}",
        "[\\u{3400}-\\u{9fff}]{0,200}",
    ]
}

proptest! {
    #[test]
    fn vectors_have_length_one_or_zero(texts in prop::collection::vec(mixed_text(), 0..4)) {
        let embedder = &*BUNDLED;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = embedder.embed(&texts).unwrap();
        prop_assert_eq!(vectors.len(), texts.len());
        for (text, vector) in texts.iter().zip(&vectors) {
            prop_assert_eq!(vector.len(), embedder.dimension());
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5, "{text:?}: length {length}");
            let known = embedder
                .table()
                .tokenizer()
                .encode(text)
                .iter()
                .take(EMBEDDED_PIECES)
                .any(Option::is_some);
            prop_assert!(length > 0.0 || !known, "{text:?}");
        }
    }

    #[test]
    fn tokens_are_counted_as_they_are_embedded(text in any::<String>()) {
        let embedder = &*BUNDLED;
        prop_assert_eq!(
            embedder.count_tokens(&text),
            embedder.table().tokenizer().encode(&text).len()
        );
    }
}
