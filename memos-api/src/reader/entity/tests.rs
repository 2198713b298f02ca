use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Texts with the names in them, one a line.
const CASES: &str = include_str!("cases.tsv");

struct Case {
    held: bool,
    chinese: bool,
    expected: BTreeSet<String>,
    found: BTreeSet<String>,
    text: &'static str,
}

fn letter(kind: EntityKind) -> char {
    match kind {
        EntityKind::Person => 'P',
        EntityKind::Place => 'L',
        EntityKind::Organisation => 'O',
        EntityKind::Date => 'D',
        EntityKind::Thing => 'T',
    }
}

fn cases() -> Vec<Case> {
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [split, speaker, expected, text] = fields[..] else {
                panic!("four fields: {line}");
            };
            let found = entities(text, Some(speaker).filter(|s| *s != "-"));
            Case {
                held: split == "held",
                chinese: text.chars().filter(|c| u32::from(*c) > 0x3000).count() > 3,
                expected: expected
                    .split('|')
                    .filter(|e| *e != "-")
                    .map(str::to_owned)
                    .collect(),
                found: found
                    .iter()
                    .map(|e| format!("{}:{}", letter(e.kind), e.name))
                    .collect(),
                text,
            }
        })
        .collect()
}

/// Precision and recall of names with their kinds.
fn scores<'a>(name: &str, cases: impl Iterator<Item = &'a Case>) -> (f64, f64) {
    let (mut right, mut found, mut expected, mut texts) = (0, 0, 0, 0);
    for case in cases {
        right += case.expected.intersection(&case.found).count();
        found += case.found.len();
        expected += case.expected.len();
        texts += 1;
    }
    let share = |of: usize| right as f64 / of.max(1) as f64;
    println!(
        "{name}: {texts} texts, {expected} names, precision {:.3}, recall {:.3}",
        share(found),
        share(expected)
    );
    (share(found), share(expected))
}

#[test]
fn labelled_texts_name_what_their_labels_say() {
    let cases = cases();
    assert!(cases.len() >= 140, "{}", cases.len());
    for case in cases.iter().filter(|c| !c.held && c.expected != c.found) {
        println!(
            "{}\n  label {:?}\n  found {:?}",
            case.text, case.expected, case.found
        );
    }
    for (name, chinese, held) in [
        ("english dev ", false, false),
        ("english held", false, true),
        ("chinese dev ", true, false),
        ("chinese held", true, true),
    ] {
        let part = cases
            .iter()
            .filter(|c| c.chinese == chinese && c.held == held);
        let (precision, recall) = scores(name, part);
        assert!(precision >= 0.85 && recall >= 0.6, "{name}");
    }
    let (precision, recall) = scores("all         ", cases.iter());
    assert!(precision >= 0.9 && recall >= 0.8);
}

#[test]
fn mentions_lie_where_they_say() {
    let text = "“Ada  King” met Dr. Chen,\nand 王老师去了杭州。";
    for mention in entities(text, Some("Ada King")) {
        let written = &text[mention.start..mention.end];
        assert_eq!(
            written.split_whitespace().collect::<Vec<_>>().join(" "),
            mention.name
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_read_in_order(text in "\\PC{0,80}", speaker in proptest::option::of("\\PC{0,8}")) {
        let found = entities(&text, speaker.as_deref());
        prop_assert!(found.windows(2).all(|w| w[0].end <= w[1].start));
        for mention in found {
            prop_assert!(mention.start < mention.end && text.get(mention.start..mention.end).is_some());
        }
    }

    #[test]
    fn words_of_the_tables_in_any_order_are_read(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "Nora", "Lyon", "in", "to", "moved", "Dr.", "\"", "“", "《", "》", "May", "5", "of", "the",
            "University", "King's", "&", "I", "iPhone", "15", "王", "老师", "杭州", "路", "大学", "公司",
            "叫", "小", "，", "。", "2023年", "月", "星期", "周", "五",
        ]), 0..30),
        space in any::<bool>(),
    ) {
        let text = words.join(if space { " " } else { "" });
        let found = entities(&text, Some("Nora"));
        prop_assert!(found.iter().all(|m| !m.name.is_empty()));
    }
}

/// What takes a step for each word times each word never ends with so many.
#[test]
fn a_long_text_is_read_in_one_go() {
    for (piece, times) in [
        ("Mina lives in Lyon. ", 20_000),
        // A name that the tables do not know is looked for in the whole text.
        ("Zorblax went to the Zorblax hall. ", 20_000),
        ("We met on 2024-03-11. ", 40_000),
        ("三月五日，", 40_000),
        ("一", 300_000),
        ("《", 300_000),
    ] {
        let found = |times: usize| entities(&piece.repeat(times), None).len();
        assert_eq!(found(times) * 10, found(10) * times, "{piece}");
    }
    let nested = format!("{}《活着》", "《".repeat(9));
    assert_eq!(entities(&nested, None).len(), 1);
}
