use serde_json::json;

use super::*;
use crate::wire::{AddRequest, Graph, PatchRequest, SearchRequest};

struct Stage {
    memos: MemOs,
    who: UserId,
    cube: CubeId,
    _folder: tempfile::TempDir,
}

fn entity(name: &str, kind: &str, observations: &[&str]) -> GraphEntity {
    GraphEntity {
        name: name.into(),
        entity_type: kind.into(),
        observations: observations.iter().map(|&text| text.into()).collect(),
    }
}

fn relation(from: &str, relation_type: &str, to: &str) -> GraphRelation {
    GraphRelation {
        from: from.into(),
        to: to.into(),
        relation_type: relation_type.into(),
    }
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder()
            .data(folder.path())
            .working(crate::Working::Later)
            .open()
            .unwrap();
        Self {
            memos,
            who: UserId::new("local").unwrap(),
            cube: CubeId::new("notes").unwrap(),
            _folder: folder,
        }
    }

    /// Two people and a company.
    fn peopled() -> Self {
        let stage = Self::new();
        let created = stage.create(vec![
            entity("Mina", "person", &["Speaks Greek", "Lives in Lyon"]),
            entity("Tom", "person", &["Allergic to shellfish"]),
            entity("Acme", "company", &[]),
        ]);
        assert_eq!(created.len(), 3);
        stage.relate(vec![
            relation("Mina", "works_at", "Acme"),
            relation("Mina", "is_sister_of", "Tom"),
        ]);
        stage
    }

    fn create(&self, entities: Vec<GraphEntity>) -> Vec<GraphEntity> {
        let created = self.memos.create_entities(&self.who, &self.cube, entities);
        created.unwrap()
    }

    fn relate(&self, relations: Vec<GraphRelation>) -> Vec<GraphRelation> {
        let created = self
            .memos
            .create_relations(&self.who, &self.cube, relations);
        created.unwrap()
    }

    fn graph(&self) -> Graph {
        let graph = self.memos.graph(&self.who, &self.cube).unwrap();
        // What is kept and followed is what the records say.
        let fresh = self.memos.scanned_graph(&self.cube);
        assert_eq!(graph, fresh);
        graph
    }

    fn names(graph: &Graph) -> Vec<&str> {
        graph.entities.iter().map(|e| e.name.as_str()).collect()
    }

    fn observe(&self, name: &str, contents: &[&str]) -> Result<Vec<ObservationsAdded>> {
        let observed = vec![ObservationsToAdd {
            entity_name: name.into(),
            contents: contents.iter().map(|&text| text.into()).collect(),
        }];
        self.memos.add_observations(&self.who, &self.cube, observed)
    }
}

impl MemOs {
    fn scanned_graph(&self, cube: &CubeId) -> Graph {
        let snapshot = self.vault.snapshot().unwrap();
        let mut board = board::Board::default();
        for memory in snapshot.memories(cube, None, usize::MAX).unwrap() {
            board.put(&memory);
        }
        board.graph()
    }
}

#[test]
fn what_is_there_already_is_left_out() {
    let stage = Stage::peopled();
    let again = stage.create(vec![
        entity("Mina", "robot", &["Something else"]),
        entity("Ines", "person", &[]),
        entity("Ines", "person", &["Twice in one call"]),
    ]);
    assert_eq!(again, [entity("Ines", "person", &[])]);
    assert!(
        stage
            .relate(vec![relation("Mina", "works_at", "Acme")])
            .is_empty()
    );
    let added = stage
        .observe("Mina", &["Speaks Greek", "Plays chess"])
        .unwrap();
    assert_eq!(added[0].added_observations, ["Plays chess"]);
    let graph = stage.graph();
    assert_eq!(Stage::names(&graph), ["Mina", "Tom", "Acme", "Ines"]);
    assert_eq!(
        graph.entities[0].observations,
        ["Speaks Greek", "Lives in Lyon", "Plays chess"]
    );
    assert_eq!(graph.relations.len(), 2);
}

#[test]
fn a_missing_entity_stops_the_whole_call() {
    let stage = Stage::peopled();
    let before = stage.graph();
    let error = stage.observe("Nobody", &["x"]).unwrap_err();
    assert_eq!(error.message(), "Entity with name Nobody not found");
    assert_eq!(error.field(), Some("/observations/0/entityName"));
    let relations = vec![
        relation("Tom", "knows", "Acme"),
        relation("Tom", "knows", "Nobody"),
    ];
    let error = stage
        .memos
        .create_relations(&stage.who, &stage.cube, relations)
        .unwrap_err();
    assert_eq!(error.field(), Some("/relations/1/to"));
    let blank = vec![entity("Ada", "person", &["fine", "  "])];
    let error = stage
        .memos
        .create_entities(&stage.who, &stage.cube, blank)
        .unwrap_err();
    assert_eq!(error.field(), Some("/entities/0/observations/1"));
    assert_eq!(stage.graph(), before);
}

#[test]
fn deleting_takes_all_that_hangs_on_it() {
    let stage = Stage::peopled();
    let (memos, who, cube) = (&stage.memos, &stage.who, &stage.cube);
    let gone = memos
        .delete_entities(who, cube, vec!["Tom".into(), "Nobody".into()])
        .unwrap();
    assert_eq!(gone.deleted, ["Tom"]);
    assert_eq!(gone.not_found, ["Nobody"]);
    let graph = stage.graph();
    assert_eq!(Stage::names(&graph), ["Mina", "Acme"]);
    assert_eq!(graph.relations, [relation("Mina", "works_at", "Acme")]);

    let deletions = [ObservationsToDelete {
        entity_name: "Mina".into(),
        observations: vec!["Speaks Greek".into(), "Never said".into()],
    }];
    let gone = memos.delete_observations(who, cube, &deletions).unwrap();
    assert_eq!((gone.deleted, gone.missing_entities.len()), (1, 0));
    let relations = [
        relation("Mina", "works_at", "Acme"),
        relation("a", "b", "c"),
    ];
    assert_eq!(memos.delete_relations(who, cube, &relations).unwrap(), 1);
    let graph = stage.graph();
    assert_eq!(
        graph.entities[0],
        entity("Mina", "person", &["Lives in Lyon"])
    );
    assert!(graph.relations.is_empty());

    // What was deleted can come again.
    assert_eq!(stage.create(vec![entity("Tom", "cat", &[])]).len(), 1);
}

#[test]
fn nodes_are_found_by_words_and_by_questions() {
    let stage = Stage::peopled();
    let find = |query: &str| {
        let found = stage.memos.search_nodes(&stage.who, &stage.cube, query);
        found.unwrap()
    };
    assert_eq!(Stage::names(&find("GREEK")), ["Mina"]);
    assert_eq!(find("greek").relations.len(), 2);
    assert_eq!(Stage::names(&find("person")), ["Mina", "Tom"]);
    assert_eq!(Stage::names(&find("")).len(), 3);
    // No words of the graph read like this, but one of them answers.
    let names = find("Who is allergic?");
    assert!(Stage::names(&names).contains(&"Tom"), "{names:?}");
    assert!(find("xylophone").entities.is_empty());
    let opened = stage
        .memos
        .open_nodes(&stage.who, &stage.cube, &["Acme".into(), "Nobody".into()])
        .unwrap();
    assert_eq!(Stage::names(&opened), ["Acme"]);
    assert_eq!(opened.relations, [relation("Mina", "works_at", "Acme")]);
}

#[test]
fn parts_are_memories() {
    let stage = Stage::peopled();
    let (memos, who, cube) = (&stage.memos, &stage.who, &stage.cube);
    let answer = memos
        .search(
            who,
            &SearchRequest {
                query: "Which language does Mina speak?".into(),
                cube_ids: vec![cube.to_string()],
                ..SearchRequest::default()
            },
        )
        .unwrap();
    let hit = &answer.hits[0].memory;
    assert_eq!(hit.text, "Speaks Greek");
    assert_eq!(hit.info["entity"], json!("Mina"));

    // The graph follows what happens to them.
    let patch = PatchRequest {
        text: Some("Speaks Greek and French".into()),
        ..PatchRequest::default()
    };
    memos.update(who, cube, hit.id, &patch).unwrap();
    assert_eq!(
        stage.graph().entities[0].observations[0],
        "Speaks Greek and French"
    );
    memos.forget(who, cube, hit.id).unwrap();
    assert_eq!(stage.graph().entities[0].observations, ["Lives in Lyon"]);
    memos.delete_cube(who, cube).unwrap();
    let error = memos.graph(who, cube).unwrap_err();
    assert_eq!(error.code(), Code::CubeNotFound);
    assert_eq!(stage.create(vec![entity("Mina", "person", &[])]).len(), 1);
    assert_eq!(stage.graph().entities.len(), 1);
}

#[test]
fn a_graph_is_followed_over_other_memories() {
    let stage = Stage::peopled();
    let before = stage.graph();
    let said = AddRequest {
        messages: Some(json!([{"role": "user", "content": "Nothing for the graph."}])),
        ..AddRequest::default()
    };
    stage.memos.add(&stage.who, &stage.cube, &said).unwrap();
    let elsewhere = CubeId::new("elsewhere").unwrap();
    stage.memos.add(&stage.who, &elsewhere, &said).unwrap();
    assert_eq!(stage.graph(), before);
    stage.observe("Acme", &["Founded in 1920"]).unwrap();
    assert_eq!(stage.graph().entities[2].observations, ["Founded in 1920"]);
}

#[test]
fn two_who_create_the_same_create_it_once() {
    let stage = Stage::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..10 {
                    stage.create(vec![entity(&format!("e{i}"), "thing", &["one"])]);
                    stage.observe(&format!("e{i}"), &["two"]).unwrap();
                }
            });
        }
    });
    let graph = stage.graph();
    assert_eq!(graph.entities.len(), 10);
    assert!(
        graph
            .entities
            .iter()
            .all(|e| e.observations == ["one", "two"])
    );
    assert_eq!(stage.memos.count(&stage.who, &stage.cube).unwrap(), 30);
}

#[test]
fn a_file_that_has_grown_adds_what_is_new() {
    let stage = Stage::peopled();
    let add = |text: &str| {
        let request = AddRequest {
            documents: Some(vec![crate::wire::DocumentRequest {
                text: text.to_owned(),
                format: Some("mcp-memory".to_owned()),
                ..crate::wire::DocumentRequest::default()
            }]),
            ..AddRequest::default()
        };
        let added = stage.memos.add(&stage.who, &stage.cube, &request).unwrap();
        (added.memories.len(), added.duplicate_of_request)
    };
    let file = r#"{"type":"entity","name":"Mina","entityType":"someone","observations":["Speaks Greek","Plays chess"]}
{"type":"entity","name":"Ada","entityType":"person","observations":["Draws","Draws"]}
{"type":"relation","from":"Mina","to":"Acme","relationType":"works_at"}
"#;
    // Plays chess, Ada, Draws.
    assert_eq!(add(file), (3, false));
    let before = stage.memos.count(&stage.who, &stage.cube).unwrap();
    let (all, is_repeat) = add(&format!("{file}\n"));
    assert!(is_repeat, "{all} were added");
    assert_eq!(stage.memos.count(&stage.who, &stage.cube).unwrap(), before);
    let grown = file.replace("\"Draws\"]", "\"Draws\",\"Sings\"]");
    let line = r#"{"type":"relation","from":"Ada","to":"Mina","relationType":"knows"}"#;
    assert_eq!(add(&format!("{grown}{line}\n")), (2, false));
    let graph = stage.graph();
    assert_eq!(graph.entities[0].entity_type, "person");
    assert_eq!(graph.entities[3].observations, ["Draws", "Sings"]);
    assert_eq!(graph.relations.len(), 3);
}

#[test]
fn long_names_are_refused_with_what_to_do() {
    let stage = Stage::new();
    let long = "x".repeat(600);
    let told = stage
        .memos
        .create_entities(&stage.who, &stage.cube, vec![entity(&long, "person", &[])])
        .unwrap_err();
    assert_eq!(told.code(), Code::TooLarge);
    assert!(told.remedy_text().unwrap().contains("observations"));
    let line = json!({"type": "entity", "name": long, "entityType": "p", "observations": []});
    let line = line.to_string();
    let input = crate::reader::DocumentInput {
        name: Some("memory.jsonl".into()),
        ..crate::reader::DocumentInput::new(&line, "2025-06-01".parse().unwrap())
    };
    let told = crate::reader::read_document(&input).unwrap_err();
    assert!(
        told.message().contains("line 1") && told.message().contains("512"),
        "{told}"
    );
}
