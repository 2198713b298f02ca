//! What was made from words follows them when they change.

use memos_core::MemoryId;

use super::{World, ada, cube};
use crate::wire::PatchRequest;

impl World {
    fn reword(&self, id: MemoryId, text: &str) {
        let patch = PatchRequest {
            text: Some(text.to_owned()),
            ..PatchRequest::default()
        };
        self.memos
            .update(&ada(), &cube("notes"), id, &patch)
            .unwrap();
    }
}

#[test]
fn what_was_made_from_other_words_goes_and_can_come_back() {
    let world = World::new();
    let said = world.say("notes", &["I live in Lyon.", "I love tea."]);
    let of_first = world.derive("notes", "The user lives in Lyon.", &said[..1]);
    let of_that = world.derive("notes", "Somebody lives in Lyon.", &[of_first]);
    let of_both = world.derive("notes", "Lyon has tea.", &said);
    let frozen = world.derive("notes", "Lyon, for good.", &said[..1]);
    world.freeze("notes", frozen).unwrap();
    let all = [of_first, of_that, of_both, frozen];

    world.reword(said[0], "I live in Turin.");
    assert_eq!(world.left("notes", &all), [of_both, frozen]);
    let after = world.memory("notes", of_both).unwrap();
    assert_eq!(after.header.behavioural.derived_from, said[1..]);

    world.roll_back("notes", "change:5");
    assert_eq!(world.left("notes", &all), all);
}

#[test]
fn the_same_words_again_change_nothing_that_follows() {
    let world = World::new();
    let said = world.say("notes", &["I live in Lyon."]);
    let made = world.derive("notes", "The user lives in Lyon.", &said);
    world.reword(said[0], "I live in Lyon.");
    assert_eq!(world.left("notes", &[made]), [made]);
}
