//! What a question finds in one cube, by the lists of the contract.

use memos_core::{CubeId, Result};
use serde_json::{Value, json};

use super::filter::{both, says_status};
use super::memory_type::{self, TEXT, TOOL};
use crate::http::Caller;
use crate::wire::{ListRequest, MemoryItem, SearchHit, SearchRequest};

/// Memories of one answer at most.
const MOST: u32 = 1_000;

/// What to look for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) query: String,
    /// When it is asked, if the caller says so.
    pub(super) asked_at: Option<String>,
    /// Text memories at most.
    pub(super) top_k: u32,
    /// Least relevance of text and preferences.
    pub(super) floor: f64,
    /// Preferences, tool memories and skills at most.
    pub(super) preferences: u32,
    pub(super) tools: u32,
    pub(super) skills: u32,
    /// Only memories of this type.
    pub(super) memory_type: &'static str,
    /// A language model takes the question apart.
    pub(super) deep: bool,
    /// Also what folded into another memory, since it says the same.
    pub(super) repeats: bool,
    /// Also the passages beside one of a document.
    pub(super) neighbours: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) text: Vec<Scored>,
    pub(super) preferences: Vec<Scored>,
    pub(super) tools: Vec<Scored>,
    pub(super) skills: Vec<Scored>,
    pub(super) degraded: Vec<String>,
}

/// A memory and its relevance.
pub(super) struct Scored {
    pub(super) memory: MemoryItem,
    pub(super) relevance: f64,
}

impl From<SearchHit> for Scored {
    fn from(hit: SearchHit) -> Self {
        Self {
            memory: hit.memory,
            relevance: hit.relevance,
        }
    }
}

/// Asks a cube; one that is not there holds nothing.
pub(super) fn find(
    c: &Caller,
    cube: &CubeId,
    wanted: &Wanted,
    filter: Option<&Value>,
) -> Result<Found> {
    let mut found = Found::default();
    if !c.memos.exists(&c.who, cube)? {
        return Ok(found);
    }
    let ask = Ask {
        c,
        cube,
        wanted,
        filter,
    };
    found.text = ask.text(&mut found.degraded)?;
    ask.apart(&mut found)?;
    Ok(found)
}

struct Ask<'a> {
    c: &'a Caller,
    cube: &'a CubeId,
    wanted: &'a Wanted,
    filter: Option<&'a Value>,
}

impl Ask<'_> {
    /// Who asks for memories of a status means also those that were put away or replaced.
    fn says_status(&self) -> bool {
        self.filter.is_some_and(says_status)
    }

    /// What else to look in.
    fn include(&self, derived: bool) -> Vec<String> {
        let parts = [("derived", derived), ("archived", self.says_status())];
        let asked = parts.into_iter().filter(|(_, is_asked)| *is_asked);
        asked.map(|(part, _)| part.to_owned()).collect()
    }

    /// Of what was derived, only what holds.
    fn drop_replaced(&self, derived: &mut Vec<SearchHit>) {
        if !self.says_status() {
            derived.retain(|hit| hit.memory.superseded_by.is_none());
        }
    }

    fn request(&self, types: &[&str], top_k: u32) -> SearchRequest {
        SearchRequest {
            query: self.wanted.query.clone(),
            cube_ids: vec![self.cube.to_string()],
            top_k: Some(top_k),
            filter: self.filter.cloned(),
            types: Some(types.iter().map(|t| (*t).to_owned()).collect()),
            asked_at: self.wanted.asked_at.clone(),
            ..SearchRequest::default()
        }
    }

    fn text(&self, degraded: &mut Vec<String>) -> Result<Vec<Scored>> {
        let kind = self.wanted.memory_type;
        let (types, derived): (&[&str], bool) = match kind {
            "All" | "WorkingMemory" | "LongTermMemory" => (&TEXT, false),
            "RawFileMemory" => (&["file"], false),
            "AllSummaryMemory" => (&["summary"], true),
            "UserMemory" => (&memory_type::PERSONAL, true),
            // The others are no text, or are fetched from outside.
            _ => return Ok(Vec::new()),
        };
        let mut request = self.request(types, self.wanted.top_k);
        if matches!(kind, "WorkingMemory" | "LongTermMemory" | "UserMemory") {
            request.filter = both(request.filter.take(), memory_type::condition(kind));
        }
        request.deep = self.wanted.deep && !derived;
        request.include = Some(self.include(derived));
        let mut answer = self.c.memos.search(&self.c.who, &request)?;
        self.drop_replaced(&mut answer.derived);
        degraded.extend(answer.degraded);
        let mut hits = match derived {
            true => answer.derived,
            false => answer.hits,
        };
        hits.retain(|hit| hit.relevance >= self.wanted.floor);
        let mut text: Vec<Scored> = Vec::with_capacity(hits.len());
        for mut hit in hits {
            let (repeats, relevance) = (std::mem::take(&mut hit.folded), hit.relevance);
            text.push(hit.into());
            for id in repeats.into_iter().filter(|_| self.wanted.repeats) {
                if let Ok(memory) = self.c.memos.memory(&self.c.who, self.cube, id) {
                    text.push(Scored { memory, relevance });
                }
            }
        }
        text.truncate(self.wanted.top_k as usize);
        match self.wanted.neighbours {
            true => self.with_neighbours(text),
            false => Ok(text),
        }
    }

    /// The lists beside the text. Most cubes hold little of them: one question finds all of it, and
    /// only where there is more, a list that is short of its own is asked for alone.
    fn apart(&self, found: &mut Found) -> Result<()> {
        let wanted = self.wanted;
        let tools: &[&str] = match wanted.memory_type {
            "ToolSchemaMemory" => &["tool_schema"],
            "ToolTrajectoryMemory" => &["tool_trajectory"],
            _ => &TOOL,
        };
        let asked = |kind: &str, most: u32| match wanted.memory_type {
            "All" => most,
            one if one.starts_with(kind) => most,
            _ => 0,
        };
        let lists: [(&[&str], u32, &mut Vec<Scored>); 3] = [
            (
                &["preference"],
                asked("PreferenceMemory", wanted.preferences),
                &mut found.preferences,
            ),
            (tools, asked("Tool", wanted.tools), &mut found.tools),
            (
                &["skill"],
                asked("SkillMemory", wanted.skills),
                &mut found.skills,
            ),
        ];
        let all: u32 = lists.iter().map(|(_, most, _)| *most).sum();
        if all == 0 {
            return Ok(());
        }
        let types: Vec<&str> = lists
            .iter()
            .filter(|(_, most, _)| *most > 0)
            .flat_map(|(types, ..)| types.iter().copied())
            .collect();
        let (mut rest, is_full) = self.of_types(&types, all.min(MOST))?;
        for (types, most, list) in lists {
            let is_of = |one: &Scored| types.contains(&one.memory.semantic_type.as_str());
            let (of_list, others) = rest.into_iter().partition(is_of);
            (*list, rest) = (of_list, others);
            if is_full && list.len() < most as usize {
                *list = self.of_types(types, most)?.0;
            }
            list.truncate(most as usize);
        }
        found
            .preferences
            .retain(|one| one.relevance >= wanted.floor);
        Ok(())
    }

    /// Memories of these types, derived and not, best first; and whether there may be more.
    fn of_types(&self, types: &[&str], most: u32) -> Result<(Vec<Scored>, bool)> {
        // What was replaced stands among what is found, and is dropped.
        let most = most.saturating_mul(2).min(MOST);
        let mut request = self.request(types, most);
        request.include = Some(self.include(true));
        let mut answer = self.c.memos.search(&self.c.who, &request)?;
        let is_full = answer.derived.len().max(answer.hits.len()) >= most as usize;
        self.drop_replaced(&mut answer.derived);
        let hits = answer.derived.into_iter().chain(answer.hits);
        let mut found: Vec<Scored> = hits.map(Scored::from).collect();
        found.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        Ok((found, is_full))
    }

    /// Puts the passages before and after each passage of a document behind it.
    fn with_neighbours(&self, found: Vec<Scored>) -> Result<Vec<Scored>> {
        let mut all: Vec<Scored> = Vec::with_capacity(found.len());
        let known: Vec<_> = found.iter().map(|one| one.memory.id).collect();
        for one in found {
            let session = one.memory.session_id.clone();
            let (id, relevance) = (one.memory.id, one.relevance);
            let is_file = one.memory.semantic_type == "file";
            all.push(one);
            let Some(session) = session.filter(|_| is_file) else {
                continue;
            };
            let passages = self.passages(&session)?;
            let Some(at) = passages.iter().position(|p| p.id == id) else {
                continue;
            };
            let beside = [at.checked_sub(1), Some(at + 1)];
            for memory in beside.into_iter().flatten().filter_map(|i| passages.get(i)) {
                let is_there = all.iter().any(|other| other.memory.id == memory.id);
                if !is_there && !known.contains(&memory.id) {
                    let memory = memory.clone();
                    all.push(Scored { memory, relevance });
                }
            }
        }
        Ok(all)
    }

    /// The passages of a document, in order.
    fn passages(&self, session: &str) -> Result<Vec<MemoryItem>> {
        let filter = json!({"session_id": session, "semantic_type": "file"});
        let mut request = ListRequest {
            filter: Some(filter.to_string()),
            ..ListRequest::default()
        };
        let mut passages = Vec::new();
        loop {
            let page = self.c.memos.list(&self.c.who, self.cube, &request)?;
            passages.extend(page.memories);
            if page.next_cursor.is_none() {
                return Ok(passages);
            }
            request.cursor = page.next_cursor;
        }
    }
}
