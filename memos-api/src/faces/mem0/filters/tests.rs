use memos_core::{
    Header, Info, Lifespan, Memory, MemoryId, Payload, Plaintext, State, Subject, Turn,
};

use super::*;

/// A memory of 2 June 2025 in this cube, with these fields of its own.
fn memory(cube: &str, info: &Value) -> Memory {
    let said_at: memos_core::Moment = "2025-06-02T09:00:00Z".parse().unwrap();
    let mut header = Header::new("local".parse().unwrap(), said_at, said_at.at());
    header.descriptive.info = Info(info.as_object().cloned().unwrap_or_default());
    header.descriptive.tags = ["Food".to_owned(), "travel".to_owned()].into();
    header.governance.lifespan = Lifespan::Until("2025-07-01".parse().unwrap());
    Memory {
        id: MemoryId::from_bytes([7; 16]),
        cube_id: cube.parse().unwrap(),
        state: State::Generated,
        header,
        payload: Payload::Plaintext(Plaintext {
            text: "I love 100% rye bread.".into(),
            caption: None,
            turn: Turn {
                session_id: "s".into(),
                speaker: Some("Ada".into()),
                role: Some(memos_core::Role::User),
            },
            times: Vec::new(),
        }),
    }
}

fn admits(filter: &Value, memory: &Memory) -> bool {
    let reach = Reach::read(filter).unwrap_or_else(|e| panic!("{filter}: {e}"));
    let fits = reach
        .filter()
        .unwrap()
        .is_none_or(|f| f.matches(&Subject::from(memory)));
    let is_there = reach
        .cubes
        .is_none_or(|cubes| cubes.contains(&memory.cube_id));
    fits && is_there
}

#[test]
fn every_operator_means_what_it_says() {
    let full = memory(
        "ada",
        &json!({"user_id": "ada", "agent_id": "bot", "rating": 4, "city": "New York", "tags": ["x", "y"],
            "a.b": {"c": 1}, "none": null}),
    );
    for (filter, expected) in [
        (json!({"user_id": "ada"}), true),
        (json!({"user_id": "ben"}), false),
        (json!({"user_id": ["ben", "ada"]}), true),
        (json!({"user_id": {"ne": "ben"}}), true),
        (json!({"user_id": {"in": ["ben"]}}), false),
        (json!({"user_id": {"nin": ["ben"]}}), true),
        (json!({"user_id": {"icontains": "AD"}}), true),
        (json!({"user_id": {"gte": "ac", "lt": "ae"}}), true),
        (json!({"agent_id": "bot", "user_id": "*"}), true),
        (json!({"run_id": "*"}), false),
        (json!({"run_id": null}), true),
        (json!({"app_id": {"ne": "*"}}), true),
        (json!({"rating": {"gt": 3, "lte": 4}}), true),
        (json!({"rating": {"lt": 4}}), false),
        (json!({"rating": {"in": [1, 4.0]}}), true),
        (
            json!({"metadata": {"rating": 4, "city": {"icontains": "york"}}}),
            true,
        ),
        (json!({"metadata": {"city": {"contains": "york"}}}), false),
        (json!({"metadata.city": "New York"}), true),
        (json!({"tags": {"contains": "x"}}), true),
        (json!({"a.b": {"c": 1}}), true),
        (json!({"a.b": {"c": {"gte": 2}}}), false),
        (json!({"none": "*"}), false),
        (json!({"none": null}), true),
        (json!({"missing": null}), true),
        (json!({"missing": {"ne": 1}}), true),
        (json!({"missing": {"nin": [1]}}), true),
        (json!({"categories": {"in": ["Food", "art"]}}), true),
        (json!({"categories": {"contains": "trav"}}), true),
        (json!({"categories": {"contains": "oats"}}), false),
        (json!({"categories": "trav"}), false),
        (json!({"categories": {"icontains": "foo"}}), true),
        (json!({"categories": "Food"}), true),
        (json!({"categories": ["art"]}), false),
        (json!({"keywords": {"icontains": "RYE"}}), true),
        (json!({"keywords": {"contains": "RYE"}}), false),
        (json!({"keywords": "100%"}), true),
        (json!({"keywords": "100_"}), false),
        (json!({"keywords": {"in": ["oats", "rye"]}}), true),
        (
            json!({"created_at": {"gte": "2025-06-01", "lte": "2025-06-03"}}),
            true,
        ),
        (json!({"created_at": {"gt": 1_748_851_200}}), true),
        (json!({"created_at": {"lt": "2025-06-02"}}), false),
        (json!({"created_at": "*"}), true),
        (json!({"expiration_date": {"lte": "2025-06-30"}}), true),
        (json!({"expiration_date": "2025-06-29"}), false),
        (json!({"actor_id": "Ada", "role": "user"}), true),
        (
            json!({"id": MemoryId::from_bytes([7; 16]).to_string()}),
            true,
        ),
        (
            json!({"memory_ids": {"in": [MemoryId::from_bytes([8; 16]).to_string()]}}),
            false,
        ),
    ] {
        assert_eq!(admits(&filter, &full), expected, "{filter}");
        assert_eq!(
            admits(&json!({"NOT": [filter]}), &full),
            !expected,
            "not {filter}"
        );
    }
}

#[test]
fn conditions_combine() {
    let full = memory("ada", &json!({"user_id": "ada", "k": 1}));
    let (yes, no) = (json!({"user_id": "ada"}), json!({"k": 2}));
    for (filter, expected) in [
        (json!({"AND": [yes, {"k": 1}]}), true),
        (json!({"AND": [yes, no]}), false),
        (json!({"OR": [no, yes]}), true),
        (json!({"OR": [no, no]}), false),
        (json!({"NOT": [no, no]}), true),
        (json!({"NOT": [no, yes]}), false),
        (json!({"NOT": no}), true),
        (json!({"AND": []}), true),
        (json!([yes, {"k": 1}]), true),
        (json!({"AND": [{"OR": [no, {"NOT": [no]}]}, yes]}), true),
    ] {
        assert_eq!(admits(&filter, &full), expected, "{filter}");
    }
}

#[test]
fn only_a_user_that_must_be_narrows_where_to_look() {
    let cubes = |filter: Value| {
        let cubes = Reach::read(&filter).unwrap().cubes;
        cubes.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let of = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(
        cubes(json!({"user_id": "ada", "agent_id": "bot"})),
        of(&["ada"])
    );
    assert_eq!(
        cubes(json!({"AND": [{"user_id": ["ada", "ben"]}, {"k": 1}]})),
        of(&["ada", "ben"])
    );
    assert_eq!(
        cubes(json!({"OR": [{"user_id": "ada"}, {"user_id": "ben"}]})),
        of(&["ada", "ben"])
    );
    assert_eq!(
        cubes(json!({"AND": [{"user_id": "ada"}, {"user_id": "ben"}]})),
        of(&[])
    );
    assert_eq!(
        cubes(json!({"OR": [{"user_id": "ada"}, {"agent_id": "bot"}]})),
        None
    );
    assert_eq!(cubes(json!({"NOT": [{"user_id": "ada"}]})), None);
    assert_eq!(cubes(json!({"user_id": "*"})), None);
    assert_eq!(cubes(json!({"agent_id": "bot"})), None);
}

#[test]
fn a_name_is_taken_for_what_it_is() {
    let (ada, star) = (
        memory("ada", &json!({"user_id": "ada", "agent_id": "bot"})),
        memory("star", &json!({"user_id": "*", "agent_id": "*"})),
    );
    for (entity, name, of_ada, of_star) in [
        (Entity::User, "ada", true, false),
        (Entity::Agent, "bot", true, false),
        (Entity::Agent, "*", false, true),
        (Entity::User, "*", false, true),
    ] {
        let reach = Reach::naming(entity, name).unwrap();
        let filter = reach.filter().unwrap().unwrap();
        assert_eq!(filter.matches(&Subject::from(&ada)), of_ada, "{name}");
        assert_eq!(filter.matches(&Subject::from(&star)), of_star, "{name}");
        assert!(reach.names_somebody);
    }
    let native = memory("ben", &json!({}));
    let filter = Reach::naming(Entity::User, "ben")
        .unwrap()
        .filter()
        .unwrap();
    assert!(filter.unwrap().matches(&Subject::from(&native)));
}

#[test]
fn a_memory_that_names_nobody_is_of_the_user_of_its_cube() {
    let native = memory("ada", &json!({"mood": "good"}));
    assert!(admits(&json!({"user_id": "ada"}), &native));
    assert!(admits(&json!({"user_id": "*"}), &native));
    assert!(!admits(&json!({"user_id": "ben"}), &native));
    assert!(!admits(&json!({"user_id": {"ne": "ada"}}), &native));
    // An agent's own cube may have the name of a user.
    let agents = memory("ada", &json!({"agent_id": "ada"}));
    assert!(!admits(&json!({"user_id": "ada"}), &agents));
    assert!(admits(&json!({"agent_id": "ada"}), &agents));
}

#[test]
fn what_is_wrong_is_named_where_it_stands() {
    for (filter, place) in [
        (json!("ada"), "filters"),
        (json!({"AND": {"user_id": "ada"}}), "filters.AND"),
        (
            json!({"AND": [{"created_at": {"gte": "soon"}}]}),
            "filters.AND.0.created_at.gte",
        ),
        (json!({"user_id": {"like": "a"}}), "filters.user_id"),
        (json!({"user_id": true}), "filters.user_id"),
        (json!({"user_id": " "}), "filters.user_id"),
        (
            json!({"user_id": {"in": ["ada", ""]}}),
            "filters.user_id.in",
        ),
        (json!({"user_id": {"in": "ada"}}), "filters.user_id.in"),
        (json!({"user_id": {"in": []}}), "filters.user_id.in"),
        (json!({"OR": []}), "filters.OR"),
        (json!({"role": "king"}), "filters.role"),
        (json!({"id": "x"}), "filters.id"),
        (json!({"keywords": {"gt": "a"}}), "filters.keywords.gt"),
        (json!({"k": {"gt": [1]}}), "filters.k.gt"),
        (json!({"k": {">=": 5}}), "filters.k"),
        (json!({"metadata": "x"}), "filters.metadata"),
        (json!({"metadata": [1]}), "filters.metadata"),
        (json!({"metadata": {"k": {"$gt": 5}}}), "filters.metadata.k"),
        (json!({"k": {"gt": 5, "most": 7}}), "filters.k"),
        (json!({"k": {"in": {"!=": 5}}}), "filters.k.in"),
        (json!({"": 1}), "filters."),
        (
            json!({"expiration_date": "soon"}),
            "filters.expiration_date",
        ),
    ] {
        let error = Reach::read(&filter).expect_err(&filter.to_string());
        assert_eq!(error.field(), Some(place), "{filter}: {error}");
    }
}
