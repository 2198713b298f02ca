//! What people say of themselves goes into the fields of their profiles, by the rules of the organiser:
//! a statement has a topic, and a field is filled whose name is of that topic.

use std::collections::BTreeSet;

use memos_core::{CubeId, Memory, MemoryId, Result, Role, SemanticType, UserId};
use memos_scheduler::organise::Organiser;
use serde_json::Value;

use super::template::fields_of;
use super::{Fields, Of};
use crate::service::{MemOs, Part};

/// Words in names of fields, by the topic of the statements that fill them. All in lower case.
const TOPICS: [(&str, &[&str]); 12] = [
    (
        "name",
        &["name", "nickname", "姓名", "名字", "称呼", "昵称"],
    ),
    (
        "work",
        &[
            "occupation",
            "job",
            "profession",
            "work",
            "career",
            "employer",
            "company",
            "职业",
            "工作",
            "公司",
            "岗位",
        ],
    ),
    (
        "home",
        &[
            "location",
            "city",
            "residence",
            "address",
            "home",
            "lives",
            "居住",
            "城市",
            "住址",
            "所在地",
            "地址",
        ],
    ),
    (
        "origin",
        &["hometown", "origin", "birthplace", "家乡", "籍贯", "出生地"],
    ),
    ("age", &["age", "年龄", "岁数"]),
    ("birthday", &["birthday", "date of birth", "生日"]),
    (
        "family",
        &[
            "family",
            "marital",
            "relationship",
            "partner",
            "家庭",
            "婚姻",
            "伴侣",
        ],
    ),
    (
        "health",
        &["health", "allergy", "allergies", "健康", "过敏"],
    ),
    (
        "study",
        &[
            "education",
            "study",
            "studies",
            "major",
            "school",
            "学历",
            "专业",
            "教育",
        ],
    ),
    (
        "skill",
        &["skill", "skills", "language", "languages", "技能", "语言"],
    ),
    (
        "character",
        &["personality", "character", "traits", "性格", "个性"],
    ),
    (
        LIKING,
        &[
            "hobby",
            "hobbies",
            "interests",
            "likes",
            "favorites",
            "爱好",
            "兴趣",
        ],
    ),
];

/// The topic of whatever somebody likes.
const LIKING: &str = "liking";

/// Ways to begin a statement, before what it says.
const BEGINNINGS: [&str; 44] = [
    "wants to be called ",
    "name is ",
    "birthday is ",
    "works as ",
    "works at ",
    "works for ",
    "is from ",
    "is based in ",
    "lives in ",
    "lives at ",
    "lives near ",
    "lives on ",
    "moved to ",
    "grew up in ",
    "was born in ",
    "is allergic to ",
    "really enjoys ",
    "enjoys ",
    "likes ",
    "loves ",
    "adores ",
    "is into ",
    "is a big fan of ",
    "is a fan of ",
    "studies ",
    "teaches ",
    "plays ",
    "speaks ",
    "has ",
    "is an ",
    "is a ",
    "is ",
    "的名字是",
    "的名字叫",
    "的生日是",
    "名叫",
    "叫",
    "住在",
    "搬到了",
    "搬到",
    "来自",
    "喜欢",
    "在",
    "是",
];

/// Fields that hold several things.
const SEVERAL: [&str; 3] = [LIKING, "skill", "health"];

/// Something that a speaker said of himself.
struct Said {
    topic: String,
    value: String,
    /// The memories that say so.
    from: Vec<MemoryId>,
}

impl MemOs {
    /// Fills in the profiles of one user or agent by what an addition says. Fields that may not be
    /// updated stay.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn fill_profiles(&self, who: &UserId, of: Of<'_>, part: &Part) -> Result<()> {
        let profiles = self.profile_cubes(who, of)?;
        if profiles.is_empty() {
            return Ok(());
        }
        let mut turns = own_words(self.added_with(part)?, of.name);
        // Sent again after it was corrected, it is no news.
        turns.retain(|turn| turn.header.behavioural.superseded_by.is_none());
        let said = said(&turns);
        if said.is_empty() {
            return Ok(());
        }
        for cube in profiles {
            self.change_filled(who, &cube, |fields| filled(fields, &said))?;
        }
        Ok(())
    }

    /// Fills in anew what some memories had filled in, since their words have changed.
    ///
    /// # Errors
    /// If the storage fails.
    pub(crate) fn refill_profiles(
        &self,
        who: &UserId,
        of: Of<'_>,
        cube: &CubeId,
        ids: &[MemoryId],
    ) -> Result<()> {
        for profile in self.profile_cubes(who, of)? {
            let header = self.visible_cube(who, memos_core::Action::Read, &profile)?;
            let fields = fields_of(&header)?;
            for id in ids.iter().filter(|id| fields.come_from(**id)) {
                let turns: Vec<Memory> = self.vault.memory(cube, *id)?.into_iter().collect();
                let said = said(&turns);
                self.change_filled(who, &profile, |fields| {
                    for leaf in fields.0.values_mut() {
                        leaf.withdraw(|_, from| from == *id);
                    }
                    filled(fields, &said);
                })?;
            }
        }
        Ok(())
    }

    /// Changes what is filled in, if that changes something.
    pub(super) fn change_filled(
        &self,
        who: &UserId,
        cube: &CubeId,
        change: impl Fn(&mut Fields),
    ) -> Result<()> {
        let before = fields_of(&self.visible_cube(who, memos_core::Action::Read, cube)?)?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        self.change_profile(who, cube, |fields| {
            change(fields);
            Ok(())
        })?;
        Ok(())
    }
}

/// Of the words of several people, those of whom the profile is of, as far as they are named.
fn own_words(mut turns: Vec<Memory>, name: &str) -> Vec<Memory> {
    let speaker = |turn: &Memory| {
        let turn = &turn.payload.plaintext()?.turn;
        let is_person = matches!(turn.role, None | Some(Role::User));
        turn.speaker.clone().filter(|_| is_person)
    };
    let people: BTreeSet<String> = turns.iter().filter_map(speaker).collect();
    if people.len() > 1 {
        turns.retain(|turn| speaker(turn).is_none_or(|own| own.eq_ignore_ascii_case(name)));
    }
    turns
}

/// What the rules find in some turns.
fn said(turns: &[Memory]) -> Vec<Said> {
    let drafts = Organiser.plan(turns, &[]);
    let mut found = Vec::new();
    for draft in &drafts {
        let described = &draft.memory.header.descriptive;
        let Some(plain) = draft.memory.payload.plaintext() else {
            continue;
        };
        let topic = described.info.0.get("topic").and_then(Value::as_str);
        let from = draft.memory.header.behavioural.derived_from.clone();
        let value = value_of(&plain.text, plain.turn.speaker.as_deref());
        match (described.semantic_type, value) {
            (SemanticType::Profile, Some(value)) => found.push(Said {
                topic: topic.unwrap_or_default().to_owned(),
                value,
                from,
            }),
            (SemanticType::Preference, Some(value)) => found.push(Said {
                topic: LIKING.to_owned(),
                value,
                from,
            }),
            _ => {}
        }
    }
    found
}

/// What a statement says, without who says it and how; none if it is not said in a known way.
fn value_of(statement: &str, speaker: Option<&str>) -> Option<String> {
    let names = [speaker, Some("The user"), Some("用户")];
    let rest = names
        .into_iter()
        .flatten()
        .find_map(|name| statement.strip_prefix(name))?;
    let rest = rest.strip_prefix("'s").unwrap_or(rest).trim_start();
    let value = BEGINNINGS.iter().find_map(|way| rest.strip_prefix(way))?;
    let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '。' | '!'));
    (!value.is_empty()).then(|| value.to_owned())
}

/// Puts what was said into the fields that it belongs to.
fn filled(fields: &mut Fields, said: &[Said]) {
    for (path, leaf) in fields.0.iter_mut().filter(|(_, leaf)| leaf.updatable) {
        let Some(name) = path.last() else { continue };
        for one in said.iter().filter(|one| is_about(name, &one.topic)) {
            let several = SEVERAL.contains(&one.topic.as_str());
            leaf.hear(&one.value, &one.from, several);
        }
    }
}

/// Whether the name of a field is of a topic: one of the topic's words stands in it.
fn is_about(name: &str, topic: &str) -> bool {
    let lower = name.to_lowercase();
    let Some((_, words)) = TOPICS.iter().find(|(known, _)| *known == topic) else {
        return false;
    };
    words.iter().any(|word| match word.is_ascii() {
        true if word.contains(' ') => lower.contains(word),
        true => lower
            .split(|c: char| !c.is_alphanumeric())
            .any(|own| own == *word),
        false => lower.contains(word),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(topic: &str, value: &str) -> Said {
        Said {
            topic: topic.to_owned(),
            value: value.to_owned(),
            from: vec![MemoryId::generate()],
        }
    }

    #[test]
    fn a_statement_is_taken_apart() {
        for (statement, value) in [
            ("The user is a product manager", Some("product manager")),
            ("The user lives in Hangzhou.", Some("Hangzhou")),
            ("The user's name is Alex", Some("Alex")),
            ("Ana loves camping", Some("camping")),
            ("用户住在杭州", Some("杭州")),
            ("The user never eats meat", None),
            ("Somebody lives in Rome", None),
        ] {
            assert_eq!(
                value_of(statement, Some("Ana")).as_deref(),
                value,
                "{statement}"
            );
        }
    }

    #[test]
    fn statements_fill_the_fields_of_their_topic() {
        let nested = json!({
            "Basic Info": {
                "Occupation": {"value": "", "algorithm_updatable": true},
                "Location": {"value": "Lyon", "algorithm_updatable": false},
                "居住地": {"value": "", "algorithm_updatable": true},
            },
            "Interests": {"Hobbies": {"value": "chess", "algorithm_updatable": true}},
        });
        let mut fields = Fields::read(nested.as_object().unwrap()).unwrap();
        let all = [
            said("work", "nurse"),
            said("home", "Hangzhou"),
            said(LIKING, "camping"),
        ];
        filled(&mut fields, &all);
        let once = fields.clone();
        filled(&mut fields, &all);
        assert_eq!(fields, once);
        let value = |a: &str, b: &str| fields.0[&vec![a.to_owned(), b.to_owned()]].words();
        assert_eq!(value("Basic Info", "Occupation").as_deref(), Some("nurse"));
        assert_eq!(value("Basic Info", "Location").as_deref(), Some("Lyon"));
        assert_eq!(value("Basic Info", "居住地").as_deref(), Some("Hangzhou"));
        assert_eq!(
            value("Interests", "Hobbies").as_deref(),
            Some("chess, camping")
        );
    }

    #[test]
    fn names_of_fields_are_compared_by_words() {
        assert!(is_about("Home city", "home") && is_about("居住地", "home"));
        assert!(!is_about("Language", "age") && !is_about("Username", "name"));
    }
}
