//! The contract's views: kinds of memories by the names that its fields use.

use memos_core::{Filter, Layers, Result, SemanticType};
use serde_json::{Value, json};

use super::reason::Reason;
use crate::faces::kit::Form;
use crate::wire::MemoryItem;

/// Most memories of one view in an answer.
const MOST: i64 = 25;

/// The field of a memory that names the views that it was added for; for all without it.
pub(super) const ALLOWED: &str = "allow_memory_view";

/// A kind of memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Facts,
    Preferences,
    Tools,
    Skills,
    Profile,
    Events,
}

impl View {
    pub(super) const ALL: [Self; 6] = [
        Self::Facts,
        Self::Preferences,
        Self::Tools,
        Self::Skills,
        Self::Profile,
        Self::Events,
    ];

    /// The name in `include_memory_view`, `allow_memory_view` and `memory_views`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Facts => "detail_factual",
            Self::Preferences => "preference",
            Self::Tools => "tool_memory",
            Self::Skills => "skill",
            Self::Profile => "profile",
            Self::Events => "event",
        }
    }

    /// The list of it in an answer.
    pub(super) const fn list(self) -> &'static str {
        match self {
            Self::Facts => "memory_detail_list",
            Self::Preferences => "preference_detail_list",
            Self::Tools => "tool_memory_detail_list",
            Self::Skills => "skill_detail_list",
            Self::Profile => "profile_detail_list",
            Self::Events => "event_detail_list",
        }
    }

    /// What it is made of.
    pub(super) const fn types(self) -> &'static [SemanticType] {
        match self {
            Self::Facts => &[
                SemanticType::Message,
                SemanticType::Fact,
                SemanticType::DomainKnowledge,
                SemanticType::File,
                SemanticType::TaskPrompt,
                SemanticType::Summary,
            ],
            Self::Preferences => &[SemanticType::Preference],
            Self::Tools => &[SemanticType::ToolTrajectory, SemanticType::ToolSchema],
            Self::Skills => &[SemanticType::Skill],
            Self::Profile => &[SemanticType::Profile],
            Self::Events => &[SemanticType::Event],
        }
    }

    pub(super) const fn layers(self) -> Layers {
        // Most are made from evidence, and can be added as such too.
        Layers::Both
    }

    /// The view that shows memories of a semantic type.
    pub(super) fn of(semantic_type: &str) -> Self {
        let shows = |view: &&Self| view.types().iter().any(|t| t.as_str() == semantic_type);
        *Self::ALL.iter().find(shows).unwrap_or(&Self::Facts)
    }

    /// Whether a memory was added for this view, whichever it is of.
    pub(super) fn admits(self, memory: &MemoryItem) -> bool {
        let allowed = memory.info.get(ALLOWED).and_then(Value::as_array);
        allowed.is_none_or(|views| views.iter().any(|v| v.as_str() == Some(self.name())))
    }

    /// The view of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// Admits the memories of some views, and of these, those that were added for the view.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub(super) fn filter(views: &[Self]) -> Result<Filter> {
        let allowed = format!("info.{ALLOWED}");
        let each: Vec<Value> = views
            .iter()
            .map(|view| {
                let types: Vec<&str> = view.types().iter().map(|t| t.as_str()).collect();
                json!({"and": [
                    {"semantic_type": {"in": types}},
                    {"or": [
                        {allowed.as_str(): {"exists": false}},
                        {allowed.as_str(): {"in": [view.name()]}},
                    ]},
                ]})
            })
            .collect();
        Filter::parse(&json!({ "or": each }))
    }
}

impl View {
    /// The same for a page, which shows only what is in force.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub(super) fn filter_of_page(self) -> Result<Filter> {
        let in_force = Filter::parse(&json!({"state": {"in": IN_FORCE}}))?;
        Ok(Self::filter(&[self])?.and(in_force))
    }
}

/// The views that a field names, unless it is left out or empty; an unknown name is a fault.
pub(super) fn named(form: &Form<'_>, field: &str) -> Option<Vec<View>> {
    let names = form.texts(field)?;
    let mut views = Vec::new();
    for name in names {
        match View::named(&name) {
            Some(view) if views.contains(&view) => {}
            Some(view) => views.push(view),
            None => {
                let known = View::ALL.map(View::name).join(", ");
                let words = format!("{name:?} is not a memory view: use {known}");
                form.fault(field, Reason::Invalid.as_str(), words);
            }
        }
    }
    (!views.is_empty()).then_some(views)
}

/// The views of a search, each with its limit.
pub(super) fn searched(form: &Form<'_>, memories: i64) -> Vec<(View, usize)> {
    let limit = |name: &str, default: i64| {
        usize::try_from(form.whole(name, default, 0..=MOST)).unwrap_or_default()
    };
    let memories = limit("memory_limit_number", memories);
    let listed = named(form, "include_memory_view");
    let limits = [
        (View::Facts, memories, listed.is_none()),
        (
            View::Preferences,
            limit("preference_limit_number", 9),
            form.flag("include_preference", true) && listed.is_none(),
        ),
        (
            View::Tools,
            limit("tool_memory_limit_number", 6),
            form.flag("include_tool_memory", false),
        ),
        (
            View::Skills,
            limit("skill_limit_number", 6),
            form.flag("include_skill", false),
        ),
        (View::Profile, memories, false),
        (View::Events, memories, false),
    ];
    let listed = listed.unwrap_or_default();
    limits
        .into_iter()
        .filter(|(view, _, asked)| *asked || listed.contains(view))
        .map(|(view, limit, _)| (view, limit))
        .collect()
}

/// States of what is in force.
const IN_FORCE: [&str; 3] = ["generated", "activated", "frozen"];

/// The views of a page: all, unless it says which.
pub(super) fn paged(form: &Form<'_>) -> Vec<View> {
    let preferences = form.flag("include_preference", true);
    let tools = form.flag("include_tool_memory", true);
    if let Some(views) = named(form, "include_memory_view") {
        return views;
    }
    View::ALL
        .into_iter()
        .filter(|view| match view {
            View::Preferences => preferences,
            View::Tools => tools,
            _ => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_is_in_one_view() {
        let mut seen = BTreeSet::new();
        for view in View::ALL {
            for one in view.types() {
                assert!(seen.insert(one.as_str()), "{one:?}");
                assert_eq!(View::of(one.as_str()), view);
            }
            assert_eq!(View::named(view.name()), Some(view));
        }
        assert_eq!(seen.len(), SemanticType::ALL.len());
    }
}
