//! Items over a real folder.

mod by_model;
mod lives;

use memos_core::CubeId;
use serde_json::{Value, json};

use crate::service::tests::{World, ada};
use crate::wire::{
    FoundItem, Index, Item, ItemAddress, NamespacesRequest, PatchRequest, PutItem, SearchItems,
};

/// A namespace written with dots.
fn labels(namespace: &str) -> Vec<String> {
    match namespace {
        "" => Vec::new(),
        namespace => namespace.split('.').map(str::to_owned).collect(),
    }
}

fn at(namespace: &str, key: &str) -> ItemAddress {
    ItemAddress {
        namespace: labels(namespace),
        key: key.to_owned(),
    }
}

fn item(namespace: &str, key: &str, value: Value) -> PutItem {
    let Value::Object(value) = value else {
        panic!("{value} is no object")
    };
    PutItem {
        address: at(namespace, key),
        value,
        ..PutItem::default()
    }
}

impl World {
    fn put(&self, namespace: &str, key: &str, value: Value) -> Item {
        let put = item(namespace, key, value);
        self.memos.put_item(&ada(), &put).unwrap()
    }

    fn got(&self, namespace: &str, key: &str) -> Option<Value> {
        let found = self.memos.get_item(&ada(), &at(namespace, key), true);
        found.unwrap().map(|item| item.value.into())
    }

    fn items_found(&self, search: &SearchItems) -> Vec<FoundItem> {
        self.memos.search_items(&ada(), search).unwrap()
    }

    fn asked(&self, prefix: &str, query: &str) -> Vec<String> {
        let search = SearchItems {
            prefix: labels(prefix),
            query: Some(query.to_owned()),
            ..SearchItems::default()
        };
        keys(&self.items_found(&search))
    }

    fn namespaces(&self, request: &NamespacesRequest) -> Vec<String> {
        let all = self.memos.list_namespaces(&ada(), request).unwrap();
        all.into_iter().map(|labels| labels.join(".")).collect()
    }
}

fn keys(found: &[FoundItem]) -> Vec<String> {
    found.iter().map(|one| one.item.key.clone()).collect()
}

#[test]
fn an_item_is_put_read_replaced_and_deleted() {
    let world = World::new();
    let value = json!({"text": "Ada likes tea", "n": 1.5, "list": [1, {"a": null}], "日": "本"});
    let put = world.put("memories.ada", "drink", value.clone());
    assert_eq!(put.created_at, put.updated_at);
    assert_eq!(world.got("memories.ada", "drink"), Some(value));
    assert_eq!(world.got("memories.ada", "food"), None);
    assert_eq!(world.got("memories.bob", "drink"), None);

    let again = world.put("memories.ada", "drink", json!({"text": "Ada likes coffee"}));
    assert_eq!(again.created_at, put.created_at);
    assert!(again.updated_at > put.updated_at);
    assert_eq!(world.asked("memories.ada", "coffee"), ["drink"]);
    let search = SearchItems {
        prefix: labels("memories"),
        query: Some("What does Ada drink?".into()),
        ..SearchItems::default()
    };
    let found = world.items_found(&search);
    assert_eq!(found[0].item, again);
    assert!((0.0..=1.0).contains(&found[0].score.unwrap()));

    let (cube, id) = super::address::place(&at("memories.ada", "drink")).unwrap();
    let versions = world.memos.versions(&ada(), &cube, id).unwrap().versions;
    assert_eq!(versions.len(), 2);
    assert_eq!(
        versions[0].memory.text,
        "list: 1\nn: 1.5\ntext: Ada likes tea\n日: 本"
    );

    let world = world.reopened();
    assert_eq!(world.got("memories.ada", "drink"), Some(again.value.into()));
    let gone = || {
        world
            .memos
            .delete_item(&ada(), &at("memories.ada", "drink"))
    };
    assert!(gone().unwrap());
    assert!(!gone().unwrap());
    assert_eq!(world.got("memories.ada", "drink"), None);
    assert_eq!(world.asked("memories", "coffee"), [""; 0]);
    assert_eq!(world.namespaces(&NamespacesRequest::default()), [""; 0]);
}

#[test]
fn an_item_is_found_by_the_words_that_it_is_to_be_found_by() {
    let world = World::new();
    let value = json!({"title": "Ferry to Naxos", "secret": "opal"});
    let put = |key: &str, index: Index| {
        let put = PutItem {
            index,
            ..item("trips", key, value.clone())
        };
        world.memos.put_item(&ada(), &put).unwrap();
    };
    put("all", Index::Whole);
    put("none", Index::Nothing);
    put("title", Index::Paths(vec!["title".into()]));
    let found = world.asked("trips", "ferry");
    assert!(found.contains(&"all".to_owned()) && found.contains(&"title".to_owned()));
    assert_eq!(found.len(), 2, "what has no words is not found by any");
    assert_eq!(world.asked("trips", "opal")[0], "all");
    assert_eq!(world.got("trips", "none"), Some(value.clone()));
    assert_eq!(world.items_found(&SearchItems::default()).len(), 3);
    // Words come and go with the next write.
    put("none", Index::Whole);
    put("all", Index::Nothing);
    let found = world.asked("trips", "opal");
    assert!(found.contains(&"none".to_owned()) && !found.contains(&"all".to_owned()));
}

#[test]
fn a_search_keeps_to_its_prefix_filter_and_page() {
    let world = World::new();
    for n in 0..30 {
        let user = if n % 3 == 0 { "bob" } else { "ada" };
        let value = json!({"text": format!("note number {n}"), "n": n, "even": n % 2 == 0});
        world.put(&format!("memories.{user}"), &format!("k{n:02}"), value);
    }
    world.put(
        "memories2.ada",
        "other",
        json!({"text": "note elsewhere", "n": 0}),
    );
    let search = |prefix: &str, query: Option<&str>, filter: Value| SearchItems {
        prefix: labels(prefix),
        query: query.map(str::to_owned),
        filter: filter.as_object().unwrap().clone(),
        limit: 100,
        ..SearchItems::default()
    };
    for query in [None, Some("note number 7")] {
        let count = |prefix, filter| world.items_found(&search(prefix, query, filter)).len();
        assert_eq!(count("memories.ada", json!({})), 20);
        assert_eq!(count("memories", json!({})), 30);
        assert_eq!(count("", json!({})), 31);
        assert_eq!(count("mem", json!({})), 0);
        assert_eq!(count("memories", json!({"n": {"$gte": 10, "$lt": 13}})), 3);
        assert_eq!(count("memories.bob", json!({"even": true})), 5);
        assert_eq!(count("memories", json!({"text": "note number 7"})), 1);
        // All pages together are the whole, in its order.
        let whole = keys(&world.items_found(&search("memories", query, json!({"even": true}))));
        let mut pages = Vec::new();
        for offset in (0..20).step_by(4) {
            let page = SearchItems {
                limit: 4,
                offset,
                ..search("memories", query, json!({"even": true}))
            };
            pages.extend(keys(&world.items_found(&page)));
        }
        assert_eq!(pages, whole);
    }
    let latest = keys(&world.items_found(&SearchItems::default()));
    assert_eq!(latest[..3], ["other", "k29", "k28"]);
    assert_eq!(latest.len(), 10);
}

#[test]
fn equal_words_are_items_of_their_own() {
    let world = World::new();
    for key in ["a", "b", "c"] {
        world.put("n", key, json!({"text": "the same words"}));
    }
    let mut found = world.asked("n", "same words");
    found.sort_unstable();
    assert_eq!(found, ["a", "b", "c"]);
}

#[test]
fn what_else_is_in_the_cube_is_no_item() {
    let world = World::new();
    world.say("ada", &["I like green tea", "I like black tea"]);
    assert_eq!(world.asked("", "tea"), [""; 0]);
    world.put("ada", "drink", json!({"text": "green tea"}));
    assert_eq!(world.asked("ada", "tea"), ["drink"]);
    let request = crate::wire::SearchRequest {
        query: "green tea".into(),
        cube_ids: vec!["ada".into()],
        ..Default::default()
    };
    let all = world.memos.search(&ada(), &request).unwrap().hits;
    assert_eq!(all.len(), 3, "a native search finds messages and items");
    let filter = json!({"info.value.text": "green tea"});
    let filtered = crate::wire::SearchRequest {
        filter: Some(filter),
        ..request
    };
    assert_eq!(world.memos.search(&ada(), &filtered).unwrap().hits.len(), 1);
}

#[test]
fn namespaces_are_listed_as_asked() {
    let world = World::new();
    let long = format!("{}.x", "y".repeat(200));
    for namespace in [
        "memories.ada",
        "memories.bob",
        "memories.bob.work",
        "docs.ada",
        "docs.with space.deep/er",
        "single",
        &long,
    ] {
        world.put(namespace, "k", json!({"a": 1}));
    }
    // A branch holds copies, which are in no namespace of their own.
    world.branch("memories.ada", "branch");
    let all = NamespacesRequest::default();
    let with = |prefix: &str, suffix: &str, max_depth| NamespacesRequest {
        prefix: labels(prefix),
        suffix: labels(suffix),
        max_depth,
        ..NamespacesRequest::default()
    };
    for (request, expected) in [
        (
            all.clone(),
            &[
                "docs.ada",
                "docs.with space.deep/er",
                "memories.ada",
                "memories.bob",
                "memories.bob.work",
                "single",
                &*long,
            ][..],
        ),
        (with(&long[..200], "", None), &[long.as_str()]),
        (with(&long[..199], "", None), &[]),
        (
            with("memories", "", None),
            &["memories.ada", "memories.bob", "memories.bob.work"],
        ),
        (
            with("memories.bob", "", None),
            &["memories.bob", "memories.bob.work"],
        ),
        (
            with("docs.with space", "", None),
            &["docs.with space.deep/er"],
        ),
        (with("", "ada", None), &["docs.ada", "memories.ada"]),
        (with("*", "ada", None), &["docs.ada", "memories.ada"]),
        (
            with("*.bob", "*", None),
            &["memories.bob", "memories.bob.work"],
        ),
        (with("memories", "work", None), &["memories.bob.work"]),
        (
            with("", "", Some(1)),
            &["docs", "memories", "single", &long[..200]],
        ),
        (
            with("memories", "", Some(2)),
            &["memories.ada", "memories.bob"],
        ),
        (with("mem", "", None), &[]),
        (
            NamespacesRequest {
                limit: 2,
                offset: 1,
                ..all
            },
            &["docs.with space.deep/er", "memories.ada"],
        ),
    ] {
        assert_eq!(world.namespaces(&request), expected, "{request:?}");
    }
}

#[test]
fn writers_of_one_key_write_one_item() {
    let world = World::new();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..4 {
                    world.put("race", "same", json!({"by": n, "round": round}));
                    world.put("race", &format!("own-{n}-{round}"), json!({"by": n}));
                    if round == 2 {
                        let _ = world.memos.delete_item(&ada(), &at("race", "same"));
                    }
                }
            });
        }
    });
    let all = SearchItems {
        limit: 100,
        ..SearchItems::default()
    };
    let mut found = keys(&world.items_found(&all));
    assert!(world.got("race", "same").is_some());
    assert_eq!(found.len(), 33);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 33);
    assert_eq!(
        world
            .items_found(&SearchItems {
                query: Some("by".into()),
                ..all
            })
            .len(),
        33
    );
}

#[test]
fn an_item_is_changed_by_putting_it_alone() {
    let world = World::new();
    world.put("n", "food", json!({"text": "ramen"}));
    let cube = CubeId::new("n").unwrap();
    let request = crate::wire::SearchRequest {
        query: "ramen".into(),
        cube_ids: vec!["n".into()],
        ..Default::default()
    };
    let id = world.memos.search(&ada(), &request).unwrap().hits[0]
        .memory
        .id;
    for (field, patch) in [
        ("/text", json!({"text": "udon"})),
        ("/info/value", json!({"info": {"value": null}})),
        ("/info/item", json!({"info": {"item": {}}})),
    ] {
        let patch: PatchRequest = serde_json::from_value(patch).unwrap();
        let refused = world.memos.update(&ada(), &cube, id, &patch).unwrap_err();
        assert_eq!(refused.field(), Some(field));
    }
    let tags = PatchRequest {
        tags: Some(vec!["dinner".into()]),
        ..PatchRequest::default()
    };
    world.memos.update(&ada(), &cube, id, &tags).unwrap();
    assert_eq!(world.got("n", "food"), Some(json!({"text": "ramen"})));
}
