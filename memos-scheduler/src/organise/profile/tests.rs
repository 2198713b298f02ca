use memos_core::{MemoryId, Role};
use proptest::prelude::*;

use super::super::samples::turn;
use super::*;

/// What was said, with what is to be derived from it, one a line.
const CASES: &str = include_str!("cases.tsv");

struct Case {
    held: bool,
    chinese: bool,
    expected: Option<(bool, &'static str)>,
    found: Vec<Statement>,
    said: &'static str,
}

fn cases() -> Vec<Case> {
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [split, name, kind, derived, said] = fields[..] else {
                panic!("five fields: {line}");
            };
            let speaker = Speaker {
                name: Some(name).filter(|n| *n != "-"),
                is_user: true,
            };
            Case {
                held: split == "held",
                chinese: said.chars().filter(|c| is_han(*c)).count() > 2,
                expected: (kind != "-").then_some((kind == "P", derived)),
                found: statements(said, speaker),
                said,
            }
        })
        .collect()
}

/// A statement is right if its kind and its words are those of the label.
fn scores<'a>(name: &str, cases: impl Iterator<Item = &'a Case>) -> (f64, f64) {
    let (mut right, mut found, mut expected, mut all) = (0, 0, 0, 0);
    for case in cases {
        let is = |s: &&Statement| case.expected == Some((s.is_preference, s.text.as_str()));
        right += case.found.iter().filter(is).count();
        found += case.found.len();
        expected += usize::from(case.expected.is_some());
        all += 1;
    }
    let share = |of: usize| right as f64 / of.max(1) as f64;
    println!(
        "{name}: {all} texts, {expected} statements, precision {:.3}, recall {:.3}",
        share(found),
        share(expected)
    );
    (share(found), share(expected))
}

#[test]
fn labelled_texts_say_what_their_labels_say() {
    let cases = cases();
    assert!(cases.len() >= 120, "{}", cases.len());
    for case in cases.iter().filter(|c| !c.held) {
        let texts: Vec<&str> = case.found.iter().map(|s| s.text.as_str()).collect();
        if texts
            != case
                .expected
                .map(|(_, t)| t)
                .into_iter()
                .collect::<Vec<_>>()
        {
            println!(
                "{}\n  label {:?}\n  found {:?}",
                case.said, case.expected, case.found
            );
        }
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
        assert!(precision >= 0.9 && recall >= 0.6, "{name}");
    }
}

#[test]
fn an_introduction_says_much_in_one_breath() {
    let speaker = Speaker {
        name: None,
        is_user: true,
    };
    for (said, derived) in [
        (
            "I am Zhang San, 28, a backend developer in Hangzhou.",
            &[
                "The user's name is Zhang San.",
                "The user is 28 years old.",
                "The user is a backend developer.",
                "The user lives in Hangzhou.",
            ][..],
        ),
        (
            "I'm a product manager based in Hangzhou.",
            &[
                "The user is a product manager.",
                "The user lives in Hangzhou.",
            ],
        ),
        (
            "Hi, my name is Ana, a nurse from Porto.",
            &[
                "The user's name is Ana.",
                "The user is a nurse.",
                "The user is from Porto.",
            ],
        ),
        (
            "我叫李雷，今年28岁，是一名后端工程师，住在杭州。",
            &[
                "用户叫李雷。",
                "用户今年28岁。",
                "用户是一名后端工程师。",
                "用户住在杭州。",
            ],
        ),
        (
            "我是张三，28岁，住在杭州。",
            &["用户叫张三。", "用户今年28岁。", "用户住在杭州。"],
        ),
        // What is no introduction is not taken for one.
        ("I am Zhang San's brother, a backend developer.", &[]),
        (
            "If I am Zhang San, 28, a developer in Hangzhou, so be it.",
            &[],
        ),
        ("I am not Zhang San, a developer in Hangzhou.", &[]),
        ("I am tired, a bit hungry, and far from Home.", &[]),
        ("我是他的朋友，28岁。", &["用户今年28岁。"]),
        ("我叫李雷，他住在杭州。", &["用户叫李雷。"]),
    ] {
        let found: Vec<String> = statements(said, speaker)
            .into_iter()
            .map(|s| s.text)
            .collect();
        assert_eq!(found, derived, "{said}");
    }
}

#[test]
fn every_rule_is_read_and_its_parts_are_there() {
    for file in [include_str!("english.txt"), include_str!("chinese.txt")] {
        let table = table::Table::read(file);
        let lines = file
            .split("[rules]")
            .nth(1)
            .unwrap()
            .split('[')
            .next()
            .unwrap();
        assert_eq!(
            table.rules.len(),
            lines.lines().filter(|l| !l.trim().is_empty()).count()
        );
        for rule in &table.rules {
            assert!(rule.derived.contains("{n}"), "{}", rule.name);
        }
    }
}

#[test]
fn what_is_derived_says_who_from_what_and_why() {
    let first = turn("Ada", "I love window seats.", "s1", 0);
    let again = turn("Ada", "Yes, I love window seats!", "s1", 5);
    let other = turn("Ben", "I love window seats.", "s1", 6);
    let drafts = profile(&[&first, &again, &other]);
    assert_eq!(drafts.len(), 2);
    let memory = &drafts[0].memory;
    assert_eq!(text(memory), "Ada loves window seats.");
    assert_eq!(memory.header.behavioural.derived_from, [first.id, again.id]);
    assert_eq!(
        memory.header.descriptive.semantic_type,
        SemanticType::Preference
    );
    let info = &memory.header.descriptive.info.0;
    assert_eq!(info["rule"], "en.like.1");
    assert_eq!(
        (&info["topic"], &info["explicit"]),
        (&"travel".into(), &true.into())
    );
    assert_eq!(text(&drafts[1].memory), "Ben loves window seats.");
}

#[test]
fn only_people_speak_of_themselves() {
    let mut assistant = turn("Assistant", "I love window seats.", "s1", 0);
    let mut nobody = turn("", "I love window seats.", "s1", 0);
    for (memory, role) in [(&mut assistant, Some(Role::Assistant)), (&mut nobody, None)] {
        if let memos_core::Payload::Plaintext(plain) = &mut memory.payload {
            plain.turn.role = role;
        }
    }
    assert!(profile(&[&assistant, &nobody]).is_empty());
    let user = turn("user", "I prefer tea.", "s1", 0);
    assert_eq!(text(&profile(&[&user])[0].memory), "The user prefers tea.");
}

#[test]
fn orders_are_for_assistants() {
    let order = "Never use emojis.";
    let to_a_person = Speaker {
        name: Some("Ada"),
        is_user: false,
    };
    assert!(statements(order, to_a_person).is_empty());
    let user = Speaker {
        is_user: true,
        ..to_a_person
    };
    assert_eq!(statements(order, user)[0].topic, "instruction");
}

#[test]
fn what_comes_back_is_an_interest() {
    let said = [
        ("s1", "We went hiking on Sunday."),
        ("s1", "Any tips for hiking in the rain?"),
        ("s2", "The hiking boots arrived. I don't like skiing."),
        ("s2", "No skiing. I hate skiing."),
        ("s3", "skiing is not for me"),
    ];
    let turns: Vec<Memory> = said
        .iter()
        .enumerate()
        .map(|(i, (session, text))| turn("Ada", text, session, i as i64 * 60))
        .collect();
    let mut interests = Interests::default();
    for turn in &turns[..2] {
        interests.put(turn);
    }
    assert_eq!(interests.of([&turns[1].id]), [], "two in one session");
    for turn in &turns {
        interests.put(turn);
    }
    let found = interests.of([&turns[2].id]);
    assert_eq!(found.len(), 1, "{found:?}");
    let ids = [turns[0].id, turns[1].id, turns[2].id];
    assert_eq!(found[0].evidence, ids);
    let made = habit(&found[0], &turns[..3].iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(text(&made.memory), "Ada often talks about hiking.");
    assert_eq!(made.memory.header.descriptive.info.0["explicit"], false);
    assert_eq!(made.memory.header.behavioural.derived_from, ids);
    assert_eq!(interests.of([&turns[3].id]), [], "it brings nothing up");
    interests.remove(turns[0].id);
    assert_eq!(interests.of([&turns[2].id]), []);
}

/// Turns come, change and go in any order, and what is left counts as if it were all there ever was.
#[test]
fn interests_are_those_of_the_turns_that_are_left() {
    let told = |i: usize, text: &str| turn("Ada", text, ["a", "b"][i % 2], i as i64);
    let mut turns: Vec<Memory> = (0..12)
        .map(|i| {
            told(
                i,
                ["Hiking again.", "Chess, and hiking.", "Nothing new."][i % 3],
            )
        })
        .collect();
    let mut kept = Interests::default();
    turns.iter().rev().for_each(|turn| kept.put(turn));
    turns[4].header.governance.owner = "ben".parse().unwrap();
    turns[7] = Memory {
        id: turns[7].id,
        ..told(7, "I don't like hiking.")
    };
    for turn in &turns {
        kept.put(turn);
    }
    for turn in turns.drain(9..) {
        kept.remove(turn.id);
        kept.remove(turn.id);
    }
    let mut fresh = Interests::default();
    turns.iter().for_each(|turn| fresh.put(turn));
    let ids: Vec<MemoryId> = turns.iter().map(|turn| turn.id).collect();
    let found = kept.of(&ids);
    assert_eq!(found, fresh.of(&ids));
    assert_eq!(found.len(), 1, "Ben has no habit yet: {found:?}");
    turns.iter().for_each(|turn| kept.remove(turn.id));
    assert!(kept.is_empty());
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        let speaker = Speaker { name: Some("Ada"), is_user: true };
        for statement in statements(&text, speaker) {
            let braces = statement.text.contains(['{', '}']) && !text.contains(['{', '}']);
            prop_assert!(!braces, "{}", statement.text);
        }
    }

    #[test]
    fn words_of_the_tables_in_any_order_are_read(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "I", "love", "my", "favourite", "is", "a", "nurse", "don't", "can't", "stand", "'s", ",",
            "and", "in", "Lyon", "two", "cats", "please", "always", "answer", ".", "我", "喜欢", "对",
            "过敏", "是", "一名", "住在", "请", "以后", "的", "，", "不", "最", "名字", "有", "两只", "猫",
        ]), 0..25),
        space in any::<bool>(),
    ) {
        let text = words.join(if space { " " } else { "" });
        let speaker = Speaker { name: None, is_user: true };
        for statement in statements(&text, speaker) {
            let braces = statement.text.contains(['{', '}']);
            prop_assert!(!braces, "{}", statement.text);
        }
    }
}
