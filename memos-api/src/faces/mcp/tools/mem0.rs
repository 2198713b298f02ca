//! The nine tools of mem0's MCP server, with its names and arguments: what mem0's face does, said as
//! tools. Who is not named is the client's own user.

use memos_core::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::home::name_of;
use super::super::tool::{Call, Nature, Said, Tool};
use crate::faces::mem0::door;

type Fields = Map<String, Value>;

#[derive(Deserialize, JsonSchema)]
struct Add {
    /// Plain sentence summarizing what to store. This or `messages`.
    text: Option<String>,
    /// Structured conversation history with `role` and `content`. Use it instead of `text` to store
    /// turns.
    messages: Option<Vec<Fields>>,
    #[serde(flatten)]
    whose: Whose,
    /// Attach arbitrary metadata JSON to the memory.
    metadata: Option<Fields>,
    /// Taken and not needed: who and what memories name ties them together anyway.
    enable_graph: Option<bool>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Whose {
    /// The user; the default one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// The agent that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// The app that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    /// The run or session that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// Natural language description of what to find.
    query: String,
    /// Conditions, such as {"AND": [{"user_id": "ada"}, {"created_at": {"gte": "2025-01-01"}}]};
    /// the default user's memories, unless they name a user.
    filters: Option<Fields>,
    /// Maximum number of results to return; 10 if absent.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<i64>,
    /// Taken and not needed.
    enable_graph: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
struct List {
    /// Conditions, as for search_memories.
    filters: Option<Fields>,
    /// 1-indexed page number.
    #[schemars(range(min = 1))]
    page: Option<i64>,
    /// Number of memories per page; 100 if absent.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
struct One {
    /// Exact id of the memory.
    memory_id: String,
}

#[derive(Deserialize, JsonSchema)]
struct Update {
    /// Exact id of the memory to overwrite.
    memory_id: String,
    /// Replacement text for the memory.
    text: String,
}

#[derive(Deserialize, JsonSchema)]
struct All {
    #[serde(flatten)]
    whose: Whose,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
struct Results {
    /// The memories.
    results: Vec<Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Page {
    /// How many there are on all pages.
    count: u64,
    /// The next page, if there is one.
    next: Option<Turn>,
    /// The page before, if there is one.
    previous: Option<Turn>,
    /// The memories of this page, newest first.
    results: Vec<Value>,
}

/// The arguments that ask for another page.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Turn {
    /// 1-indexed page number.
    page: i64,
    /// Number of memories per page.
    page_size: i64,
}

#[derive(Serialize, JsonSchema)]
struct Done {
    /// What was done.
    message: String,
}

pub(in crate::faces::mcp) fn tools() -> Vec<Tool> {
    vec![
        Tool::new(
            "add_memory",
            "Add memory",
            "Store a new preference, fact, or conversation snippet. Keeps it word for word.",
            Nature::Adds,
            add,
        ),
        Tool::new(
            "search_memories",
            "Search memories",
            "Run a semantic search over existing memories, best first. Use filters to narrow it.",
            Nature::Reads,
            search,
        ),
        Tool::new(
            "get_memories",
            "Get memories",
            "Page through memories using filters instead of search, newest first.",
            Nature::Reads,
            list,
        ),
        Tool::new(
            "get_memory",
            "Get memory",
            "Fetch a single memory by its id.",
            Nature::Reads,
            |call, asked: One| {
                Ok(Said::json(
                    door::get(call.caller, &asked.memory_id).map_err(by_id)?,
                ))
            },
        ),
        Tool::new(
            "update_memory",
            "Update memory",
            "Overwrite an existing memory's text. What it said before stays in its history.",
            Nature::Changes,
            |call, asked: Update| {
                let body = json!({"text": asked.text});
                let item = door::update(call.caller, &asked.memory_id, &body).map_err(by_id)?;
                Ok(Said::json(item))
            },
        ),
        Tool::new(
            "delete_memory",
            "Delete memory",
            "Delete one memory by its id, for good.",
            Nature::Changes,
            |call, asked: One| {
                door::delete(call.caller, &asked.memory_id).map_err(by_id)?;
                Ok(done("Memory deleted successfully!".to_owned()))
            },
        ),
        Tool::new(
            "delete_all_memories",
            "Delete all memories",
            "Delete every memory of a user, for good: of the default user if none is named; and only \
             those of the agent, app or run, if one is. Who is named stays known to other memories.",
            Nature::Changes,
            delete_all,
        ),
        Tool::new(
            "delete_entities",
            "Delete entities",
            "Remove a user, agent, app or run, with all memories that name it. If several are named, \
             only the first of these is removed.",
            Nature::Changes,
            |call, asked: All| {
                door::delete_entities(call.caller, &as_json(&asked.whose.first()))?;
                Ok(done("Entity deleted successfully!".to_owned()))
            },
        ),
        Tool::new(
            "list_entities",
            "List entities",
            "List which users, agents, apps and runs currently hold memories.",
            Nature::Reads,
            |call, _: Nothing| {
                let results = door::list_entities(call.caller)?;
                Ok(Said::json(Results { results }))
            },
        ),
    ]
}

fn add(call: &Call<'_>, asked: Add) -> Result<Said<Results>> {
    let _ = asked.enable_graph;
    let mut whose = asked.whose.named();
    if whose.agent_id.is_none() && whose.run_id.is_none() {
        whose.user_id.get_or_insert_with(|| call.home.own_user());
    }
    let mut body = as_json(&whose);
    body["messages"] = match (asked.text, asked.messages) {
        (_, Some(messages)) if !messages.is_empty() => json!(messages),
        (Some(text), _) if !text.trim().is_empty() => {
            json!([{"role": "user", "content": text}])
        }
        _ => {
            return Err(Error::new(Code::InvalidRequest, "there is nothing to add")
                .at("text")
                .remedy("pass text, or messages with at least one message"));
        }
    };
    if let Some(metadata) = asked.metadata {
        body["metadata"] = metadata.into();
    }
    let results = door::add(call.caller, &body)?;
    Ok(Said::json(Results { results }))
}

fn search(call: &Call<'_>, asked: Search) -> Result<Said<Results>> {
    let _ = asked.enable_graph;
    let filters = Filters::of(call, asked.filters);
    let mut body = json!({"query": asked.query, "filters": filters.all});
    if let Some(limit) = asked.limit {
        body["limit"] = limit.into();
    }
    let results = door::search(call.caller, &body).map_err(|error| filters.as_sent(error))?;
    Ok(Said::json(Results { results }))
}

fn list(call: &Call<'_>, asked: List) -> Result<Said<Page>> {
    let filters = Filters::of(call, asked.filters);
    let mut body = json!({"filters": filters.all});
    for (name, value) in [("page", asked.page), ("page_size", asked.page_size)] {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    let page = door::list(call.caller, &body).map_err(|error| filters.as_sent(error))?;
    let page = serde_json::from_value(page)
        .map_err(|e| Error::new(Code::Internal, "a page has another form").caused_by(e))?;
    Ok(Said::json(page))
}

fn delete_all(call: &Call<'_>, asked: All) -> Result<Said<Done>> {
    let mut whose = asked.whose.named();
    whose.user_id.get_or_insert_with(|| call.home.own_user());
    let gone = door::delete_all(call.caller, &as_json(&whose))?;
    Ok(done(format!(
        "Memories deleted successfully! ({gone} were deleted.)"
    )))
}

impl Whose {
    /// Without blank names, which name nobody.
    fn named(self) -> Self {
        Self {
            user_id: name_of(self.user_id),
            agent_id: name_of(self.agent_id),
            app_id: name_of(self.app_id),
            run_id: name_of(self.run_id),
        }
    }

    /// The first alone: user, agent, app, run.
    fn first(self) -> Self {
        let Self {
            user_id,
            mut agent_id,
            mut app_id,
            mut run_id,
        } = self.named();
        let mut is_named = user_id.is_some();
        for id in [&mut agent_id, &mut app_id, &mut run_id] {
            if is_named {
                *id = None;
            }
            is_named |= id.is_some();
        }
        Self {
            user_id,
            agent_id,
            app_id,
            run_id,
        }
    }
}

/// Conditions that name a user, or else the client's own user beside them.
struct Filters {
    all: Value,
    /// Whether what was sent is the second of two that must hold.
    is_second: bool,
}

impl Filters {
    fn of(call: &Call<'_>, sent: Option<Fields>) -> Self {
        let own = || json!({"user_id": call.home.own_user()});
        let (all, is_second) = match sent.filter(|sent| !sent.is_empty()).map(Value::Object) {
            None => (own(), false),
            Some(sent) if names_user(&sent) => (sent, false),
            Some(sent) => (json!({"AND": [own(), sent]}), true),
        };
        Self { all, is_second }
    }

    /// An error at the place that the client wrote.
    fn as_sent(&self, error: Error) -> Error {
        let place = error.field().filter(|_| self.is_second);
        match place
            .and_then(|place| place.strip_prefix(SECOND))
            .map(|rest| format!("filters{rest}"))
        {
            Some(place) => error.at(place),
            None => error,
        }
    }
}

/// Where that stands.
const SECOND: &str = "filters.AND.1";

fn names_user(filters: &Value) -> bool {
    match filters {
        Value::Object(fields) => fields.iter().any(|(name, value)| match name.as_str() {
            "user_id" => true,
            // A field of the memory's own, whatever it is called.
            "metadata" => false,
            _ => names_user(value),
        }),
        Value::Array(all) => all.iter().any(names_user),
        _ => false,
    }
}

fn as_json(whose: &Whose) -> Value {
    // Four texts always have a JSON form.
    serde_json::to_value(whose).unwrap_or_default()
}

fn by_id(error: Error) -> Error {
    match (error.code(), error.field()) {
        (Code::MemoryNotFound, None) => error.at("memory_id"),
        _ => error,
    }
}

fn done(message: String) -> Said<Done> {
    Said::new(message.clone(), Done { message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_is_a_user() {
        for (filters, names) in [
            (json!({"user_id": "ada"}), true),
            (
                json!({"OR": [{"agent_id": "bot"}, {"NOT": [{"user_id": "ada"}]}]}),
                true,
            ),
            (json!({"AND": [{"agent_id": "bot"}]}), false),
            (json!({"agent_id": "\"user_id\":"}), false),
            (json!({"metadata": {"user_id": "ada"}}), false),
        ] {
            assert_eq!(names_user(&filters), names, "{filters}");
        }
    }
}
