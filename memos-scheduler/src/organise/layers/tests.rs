use super::super::samples::{turn, with_entities};
use super::*;

fn talks() -> Vec<Memory> {
    let said = [
        ("s1", "The marathon training starts with long runs at dawn."),
        ("s1", "My running coach plans every marathon training week."),
        (
            "s2",
            "Marathon training again, my knees hurt after long runs.",
        ),
        (
            "s2",
            "The running coach says rest days matter for a marathon.",
        ),
        ("s3", "The sourdough starter needs flour and water twice."),
        ("s3", "A sourdough loaf wants a hot oven and patience."),
        (
            "s4",
            "My sourdough starter doubled, so the loaf rose in the oven.",
        ),
        ("s4", "Flour from the mill makes a better sourdough loaf."),
        ("s5", "我们聊了很多关于搬家的打算。"),
        ("s5", "搬家公司周一来，搬家的箱子还不够。"),
    ];
    said.iter()
        .enumerate()
        .map(|(i, (session, text))| turn("Ada", text, session, i as i64 * 30))
        .collect()
}

#[test]
fn sessions_about_one_thing_are_one_topic() {
    let mut memories = talks();
    memories[4] = with_entities(memories[4].clone(), &["Tartine"]);
    memories[7] = with_entities(memories[7].clone(), &["Tartine"]);
    let tree = layers(&memories);
    let sessions: Vec<&[String]> = tree.topics.iter().map(|t| &t.sessions[..]).collect();
    assert_eq!(sessions[..2], [["s1", "s2"], ["s3", "s4"]]);
    let labels: Vec<&str> = tree.topics.iter().map(|t| t.label.as_str()).collect();
    println!("{labels:?}");
    assert!(labels[0].contains("marathon") && labels[1].contains("sourdough"));
    assert!(labels[2].contains("搬家"));
    let bread = &tree.topics[1];
    assert_eq!(
        bread.memories,
        memories[4..8].iter().map(|m| m.id).collect::<Vec<_>>()
    );
    let baker = bread.concepts.iter().find(|c| c.name == "Tartine").unwrap();
    assert_eq!(baker.memories, [memories[4].id, memories[7].id]);
    assert!(
        bread
            .concepts
            .iter()
            .any(|c| c.name.contains("sourdough") && c.memories.len() > 1)
    );
}

#[test]
fn a_label_reads_no_character_twice() {
    // Nothing recurs, so that only the terms are left, which are pairs of characters.
    let tree = layers(&[turn("Ada", "我喜欢爬山。", "s", 0)]);
    assert_eq!(tree.topics[0].label, "喜欢、爬山");
}

#[test]
fn derived_facts_stand_under_the_topic_of_their_sources() {
    let mut memories = talks();
    let mut fact = turn("Ada", "Ada bakes sourdough.", "profile:Ada", 999);
    fact.header.descriptive.origin = memos_core::Origin::Inference;
    fact.header.behavioural.derived_from = vec![memories[4].id];
    memories.push(fact.clone());
    let tree = layers(&memories);
    assert_eq!(tree.topics.iter().flat_map(|t| &t.sessions).count(), 5);
    let holding: Vec<usize> = (0..tree.topics.len())
        .filter(|i| tree.topics[*i].memories.contains(&fact.id))
        .collect();
    assert_eq!(holding, [1]);
}

#[test]
fn the_order_of_memories_does_not_matter() {
    let memories = talks();
    let mut turned = memories.clone();
    turned.reverse();
    assert_eq!(layers(&memories), layers(&turned));
    assert_eq!(layers(&[]), Tree::default());
}
