//! Items: JSON values under a namespace and a key; and what a tool call is answered.

use memos_core::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// Where an item lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemAddress {
    /// The labels of its namespace, the widest first; none of them empty or with a dot in it.
    pub namespace: Vec<String>,
    /// Its name there.
    pub key: String,
}

/// A request to write an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PutItem {
    /// Where.
    pub address: ItemAddress,
    /// What.
    pub value: Map<String, Value>,
    /// By which of its words it is found.
    pub index: Index,
    /// Minutes without a read or write after which it is gone; it stays, if absent.
    pub ttl_minutes: Option<f64>,
}

/// By which words of its value an item is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Index {
    /// By all.
    #[default]
    Whole,
    /// By none: only its address leads to it, and lists.
    Nothing,
    /// By those that stand at these paths: `title`, `chapters[*].text`, `meta.{a,b}`.
    Paths(Vec<String>),
}

/// An item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// The labels of its namespace.
    pub namespace: Vec<String>,
    /// Its name there.
    pub key: String,
    /// What it holds.
    pub value: Map<String, Value>,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// An item that a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundItem {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// How much it has to do with the query, 0 to 1; none if nothing was asked.
    pub score: Option<f64>,
}

/// A search for items.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchItems {
    /// The first labels of the namespaces to look in; all, if empty.
    pub prefix: Vec<String>,
    /// What is asked; without it, items come by their last write, the newest first.
    pub query: Option<String>,
    /// What the value must be like: `{"author": "Ada", "year": {"$gte": 1840}}`.
    pub filter: Map<String, Value>,
    /// Items in the answer at most.
    pub limit: usize,
    /// Items to leave out at the front.
    pub offset: usize,
    /// Whether the search is a use, which puts off the end of items that live while they are used.
    pub refresh: bool,
}

impl Default for SearchItems {
    fn default() -> Self {
        Self {
            prefix: Vec::new(),
            query: None,
            filter: Map::new(),
            limit: 10,
            offset: 0,
            refresh: true,
        }
    }
}

/// A question for namespaces that hold items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespacesRequest {
    /// How they begin; `*` stands for any label.
    pub prefix: Vec<String>,
    /// How they end; `*` stands for any label.
    pub suffix: Vec<String>,
    /// Labels to cut them to, so that what lies deeper is told once.
    pub max_depth: Option<usize>,
    /// Namespaces in the answer at most.
    pub limit: usize,
    /// Namespaces to leave out at the front.
    pub offset: usize,
}

impl Default for NamespacesRequest {
    fn default() -> Self {
        Self {
            prefix: Vec::new(),
            suffix: Vec::new(),
            max_depth: None,
            limit: 100,
            offset: 0,
        }
    }
}

/// What a model is told of its call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolAnswer {
    /// The text.
    pub content: String,
    /// Whether the call did nothing, and the text says why.
    pub is_error: bool,
}
