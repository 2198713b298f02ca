//! Memories found by their id alone.

use memos_core::{Code, MemoryId};

use super::{World, ada, bob, cube};

#[test]
fn a_memory_is_found_by_its_id_alone() {
    let world = World::new();
    let [one, two] = world.say("notes", &["One.", "Two."])[..] else {
        panic!("two were said");
    };
    let other = world.say("other", &["Three."])[0];
    let world = world.reopened();
    let locate = |id| world.memos.locate(&ada(), id);
    assert_eq!(locate(one).unwrap(), cube("notes"));
    assert_eq!(locate(other).unwrap(), cube("other"));

    world.change("notes", one, |_| {});
    assert_eq!(locate(one).unwrap(), cube("notes"));
    world.memos.forget(&ada(), &cube("notes"), two).unwrap();
    world.memos.delete_cube(&ada(), &cube("other")).unwrap();
    for gone in [two, other, MemoryId::generate()] {
        let error = locate(gone).unwrap_err();
        assert_eq!(error.code(), Code::MemoryNotFound);
        assert!(error.message().contains(&gone.to_string()), "{error}");
    }
    // Whoever may not read it is told what he would be told if there were none.
    let hidden = world.memos.locate(&bob(), one).unwrap_err();
    assert_eq!(hidden.code(), Code::MemoryNotFound);
    assert!(!hidden.to_string().contains("notes"), "{hidden}");
}

#[test]
fn the_base_comes_before_its_branches() {
    let world = World::new();
    let [one, two] = world.say("notes", &["One.", "Two."])[..] else {
        panic!("two were said");
    };
    // Its name sorts before that of the base.
    world.branch("notes", "a-branch");
    let locate = |id| world.memos.locate(&ada(), id);
    assert_eq!(locate(one).unwrap(), cube("notes"), "read through");
    world.change("a-branch", one, |_| {});
    assert_eq!(world.memos.vault.cubes_of(one).unwrap().len(), 2);
    assert_eq!(locate(one).unwrap(), cube("notes"));

    let only_here = world.say("a-branch", &["Three."])[0];
    assert_eq!(locate(only_here).unwrap(), cube("a-branch"));
    world.memos.forget(&ada(), &cube("a-branch"), two).unwrap();
    assert_eq!(locate(two).unwrap(), cube("notes"));
    // What the base forgets, its branches forget.
    world.memos.forget(&ada(), &cube("notes"), one).unwrap();
    assert_eq!(locate(one).unwrap_err().code(), Code::MemoryNotFound);
    world.memos.delete_cube(&ada(), &cube("a-branch")).unwrap();
    assert!(locate(only_here).is_err());
    assert_eq!(locate(two).unwrap(), cube("notes"));
}

#[test]
fn what_a_rollback_took_is_nowhere_until_it_is_back() {
    let world = World::new();
    let one = world.say("notes", &["One."])[0];
    let two = world.say("notes", &["Two."])[0];
    world.roll_back("notes", "change:1");
    let locate = |id| world.memos.locate(&ada(), id);
    assert_eq!(locate(one).unwrap(), cube("notes"));
    assert!(locate(two).is_err());
    world.roll_back("notes", "change:2");
    assert_eq!(locate(two).unwrap(), cube("notes"));
}

#[test]
fn a_cube_exists_for_who_may_read_it() {
    let world = World::new();
    world.say("notes", &["One."]);
    let exists = |who, name| world.memos.exists(&who, &cube(name)).unwrap();
    assert!(exists(ada(), "notes"));
    assert!(!exists(ada(), "note"));
    assert!(!exists(bob(), "notes"));
    world.memos.delete_cube(&ada(), &cube("notes")).unwrap();
    assert!(!exists(ada(), "notes"));
}
