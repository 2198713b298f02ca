//! All tools by set, and the names under which a client sees them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::sets::{Set, ToolSets};
use super::tool::Tool;
use super::tools;

static TOOLS: LazyLock<[(Set, Vec<Tool>); 5]> = LazyLock::new(|| {
    [
        (Set::Default, tools::own()),
        (Set::Memos, tools::memos()),
        (Set::Mem0, tools::mem0()),
        (Set::Graph, tools::graph()),
        (Set::Files, tools::files()),
    ]
});

/// The tools that a client sees.
#[derive(Clone)]
pub(super) struct Catalog {
    shown: Vec<rmcp::model::Tool>,
    by_name: HashMap<String, &'static Tool>,
}

impl Catalog {
    pub(super) fn of(sets: &ToolSets) -> Self {
        let mut catalog = Self {
            shown: Vec::new(),
            by_name: HashMap::new(),
        };
        for set in sets.iter() {
            let tools = TOOLS.iter().filter(|(of, _)| *of == set);
            for tool in tools.flat_map(|(_, tools)| tools) {
                let own = tool.spec.name.to_string();
                let name = match catalog.by_name.contains_key(&own) {
                    true => format!("{}_{own}", set.as_str()),
                    false => own,
                };
                catalog.shown.push(tool.spec_as(name.clone()));
                catalog.by_name.insert(name, tool);
            }
        }
        catalog
    }

    pub(super) fn shown(&self) -> &[rmcp::model::Tool] {
        &self.shown
    }

    pub(super) fn tool(&self, name: &str) -> Option<&'static Tool> {
        self.by_name.get(name).copied()
    }

    pub(super) fn spec(&self, name: &str) -> Option<&rmcp::model::Tool> {
        self.shown.iter().find(|tool| tool.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(sets: &str) -> Vec<String> {
        let catalog = Catalog::of(&sets.parse().unwrap());
        catalog.shown.iter().map(|t| t.name.to_string()).collect()
    }

    #[test]
    fn sets_are_as_large_as_their_models() {
        assert_eq!(
            names("default"),
            ["remember", "recall", "forget", "update", "timeline"]
        );
        assert_eq!(names("memos").len(), 16);
        assert_eq!(names("mem0").len(), 9);
        assert_eq!(names("graph").len(), 9);
    }

    #[test]
    fn a_name_that_is_taken_gets_its_set_before_it() {
        let all = names("all");
        assert_eq!(all.len(), 40);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 40);
        assert!(all.contains(&"mem0_add_memory".to_owned()));
        let other_way = names("mem0,memos");
        assert!(other_way.contains(&"memos_add_memory".to_owned()));
        assert!(!other_way.contains(&"memos_chat".to_owned()));
    }

    #[test]
    fn every_tool_says_what_it_is() {
        for tool in Catalog::of(&"all".parse().unwrap()).shown {
            assert!(tool.title.is_some() && tool.annotations.is_some());
            assert!(tool.description.as_ref().is_some_and(|d| d.len() > 20));
            for schema in [Some(&tool.input_schema), tool.output_schema.as_ref()] {
                let schema = serde_json::to_value(&**schema.unwrap()).unwrap();
                assert_eq!(schema["type"], "object", "{}: {schema}", tool.name);
                assert!(
                    !schema.to_string().contains("$ref"),
                    "{}: {schema}",
                    tool.name
                );
            }
            // An agent has to know what to write into each field.
            let input = serde_json::to_value(&*tool.input_schema).unwrap();
            for (name, field) in input["properties"].as_object().unwrap() {
                assert!(
                    field["description"].is_string(),
                    "{}.{name}: {field}",
                    tool.name
                );
            }
        }
    }
}
