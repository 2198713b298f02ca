use std::collections::BTreeMap;

use memos_core::Link;
use proptest::prelude::*;

use super::super::samples::{turn, with_entities};
use super::*;

fn named(session: &str, minute: i64, entities: &[&str]) -> Memory {
    with_entities(turn("Ada", "words", session, minute), entities)
}

fn graph(memories: &[Memory]) -> Graph {
    let mut graph = Graph::new(GraphLimits::default());
    for memory in memories {
        graph.put(memory);
    }
    graph
}

fn everyone(_: MemoryId) -> bool {
    true
}

#[test]
fn entities_know_who_names_them_and_when() {
    let memories = [
        named("s1", 0, &["Nora", "Lyon"]),
        named("s1", 5, &["nora"]),
        named("s2", 90, &["Nora", "Oslo"]),
    ];
    let mut graph = graph(&memories);
    let nora = graph.entity("NORA").unwrap();
    assert_eq!((nora.name.as_str(), nora.count), ("Nora", 3));
    assert_eq!(nora.first_seen, memories[0].header.descriptive.said_at.at());
    assert_eq!(nora.last_seen, memories[2].header.descriptive.said_at.at());
    assert_eq!(
        graph.named_in("When did Nora see lyon, and Oslov?"),
        ["Nora", "Lyon"]
    );
    graph.remove(memories[2].id);
    assert!(graph.entity("Oslo").is_none());
    assert_eq!(graph.entity("Nora").unwrap().count, 2);
}

#[test]
fn neighbours_share_names_sessions_and_links() {
    let mut memories = vec![
        named("s1", 0, &["Nora"]),
        named("s1", 1, &[]),
        named("s1", 2, &[]),
        named("s1", 3, &[]),
        named("s9", 9_000, &["Nora"]),
        named("s8", 8_000, &["Oslo"]),
        named("s7", 7_000, &[]),
    ];
    let first = memories[0].id;
    memories[5].header.behavioural.derived_from = vec![first];
    memories[6].header.behavioural.links.insert(Link {
        kind: LinkKind::Supersedes,
        to: first,
    });
    let graph = graph(&memories);
    let near = graph.neighbours(first, 10, everyone);
    let ties: BTreeMap<MemoryId, &[Tie]> = near.iter().map(|n| (n.id, &n.ties[..])).collect();
    assert_eq!(ties[&memories[1].id], [Tie::Session]);
    assert_eq!(ties[&memories[2].id], [Tie::Session]);
    assert!(!ties.contains_key(&memories[3].id));
    assert_eq!(ties[&memories[4].id], [Tie::Entity("Nora".into())]);
    assert_eq!(ties[&memories[5].id], [Tie::Derived]);
    assert_eq!(ties[&memories[6].id], [Tie::Replaced]);
    let seen = graph.neighbours(first, 10, |id| id == memories[4].id);
    assert_eq!(seen.len(), 1);
    assert_eq!(graph.neighbours(memories[5].id, 1, everyone)[0].id, first);
}

#[test]
fn paths_lead_over_what_is_named_together() {
    let memories = [
        named("s1", 0, &["Nora", "Brightwave"]),
        named("s2", 100, &["Brightwave", "Oslo"]),
        named("s3", 200, &["Lyon"]),
        named("s4", 300, &["Nora", "Oslo"]),
    ];
    let graph = graph(&memories);
    let hits = graph.path(&["nora", "Oslo", "nobody"], 10, everyone);
    assert_eq!(hits[0].id, memories[3].id);
    assert_eq!(hits[0].steps, [["Nora"], ["Oslo"]]);
    let hits = graph.path(&["Nora"], 10, everyone);
    let over = hits.iter().find(|h| h.id == memories[1].id).unwrap();
    assert!(over.steps[0][0] == "Nora" && over.steps[0].len() == 2);
    assert!(hits.iter().all(|h| h.id != memories[2].id));
    assert!(graph.path(&["nobody"], 10, everyone).is_empty());
}

#[test]
fn chinese_names_are_found_inside_a_question() {
    let graph = graph(&[named("s1", 0, &["林晓", "北京", "北京大学"])]);
    assert_eq!(
        graph.named_in("林晓什么时候去的北京大学？"),
        ["北京大学", "林晓"]
    );
}

#[test]
fn it_stays_within_its_limits() {
    let mut graph = Graph::new(GraphLimits {
        memories: 10,
        ..GraphLimits::default()
    });
    let memories: Vec<Memory> = (0..30)
        .map(|i| named("s", i, &[&format!("n{i}")]))
        .collect();
    for memory in &memories {
        graph.put(memory);
    }
    assert_eq!(graph.len(), 10);
    assert!(graph.entity("n19").is_none() && graph.entity("n20").is_some());
    assert_eq!(graph.entities.len(), 10);
    for memory in &memories {
        graph.remove(memory.id);
    }
    assert!(graph.is_empty() && graph.sessions.is_empty() && graph.entities.is_empty());
    assert!(graph.back.is_empty() && graph.numbers.is_empty());
}

proptest! {
    #[test]
    fn a_graph_kept_up_to_date_is_the_graph_built_anew(
        steps in proptest::collection::vec(
            (0_usize..12, any::<bool>(), 0_usize..4, proptest::collection::vec(0_usize..6, 0..4),
             proptest::option::of(0_usize..12)),
            1..40,
        ),
    ) {
        let ids: Vec<MemoryId> = (0..12).map(|_| MemoryId::generate()).collect();
        let mut kept = Graph::new(GraphLimits::default());
        let mut there: BTreeMap<MemoryId, Memory> = BTreeMap::new();
        for (which, put, session, entities, link) in steps {
            if !put {
                kept.remove(ids[which]);
                there.remove(&ids[which]);
                continue;
            }
            let names: Vec<String> = entities.iter().map(|e| format!("e{e}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut memory = named(&format!("s{session}"), which as i64, &names);
            memory.id = ids[which];
            memory.header.behavioural.derived_from.extend(link.map(|l| ids[l]));
            kept.put(&memory);
            there.insert(memory.id, memory);
        }
        let anew = graph(&there.values().cloned().collect::<Vec<_>>());
        prop_assert_eq!(kept.back.len(), anew.back.len());
        for e in 0..6 {
            let name = format!("e{e}");
            prop_assert_eq!(kept.entity(&name), anew.entity(&name));
            prop_assert_eq!(kept.related(&name, 9), anew.related(&name, 9));
        }
        for id in &ids {
            let of = |g: &Graph| -> BTreeMap<MemoryId, i64> {
                let near = g.neighbours(*id, 99, everyone);
                near.into_iter().map(|n| (n.id, (n.weight * 1e3).round() as i64)).collect()
            };
            prop_assert_eq!(of(&kept), of(&anew));
        }
        let of = |g: &Graph| -> BTreeMap<MemoryId, i64> {
            let hits = g.path(&["e0", "e1"], 99, everyone);
            hits.into_iter().map(|h| (h.id, (h.weight * 1e3).round() as i64)).collect()
        };
        prop_assert_eq!(of(&kept), of(&anew));
    }
}
