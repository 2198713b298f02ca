//! Searching, and the block for a prompt.

use std::collections::BTreeMap;

use memos_core::{
    Code, CubeId, Error, Filter, Interval, Layers, MemoryCall, Moment, Payload, Result,
    SemanticType, Signals, Timestamp, UserId, ValidTime, Weights, evidence_line,
};
use memos_scheduler::{Hit, context};

use super::change::named;
use super::{MemOs, relevance};
use crate::reader;
use crate::wire::{
    CallItem, ContextResponse, SearchHit, SearchRequest, SearchResponse, SignalItem, TimeItem,
    TimeWindow,
};

/// Memories in an answer if the caller does not say.
const TOP_K: usize = 10;

/// Fewest tokens that a caller may ask to stay within.
const LEAST_BUDGET: u32 = 16;

/// Memories that a context may draw on if the caller gives only a token budget.
const CONTEXT_TOP_K: usize = 50;

impl MemOs {
    /// Finds the memories that answer a question.
    ///
    /// # Errors
    /// `CubeNotFound`, `InvalidFilter`, `InvalidTime`, `InvalidRequest`.
    pub fn search(&self, who: &UserId, request: &SearchRequest) -> Result<SearchResponse> {
        check_budget(request.max_tokens)?;
        let call = self.call(who, request, TOP_K)?;
        let include = Include::read(request)?;
        let as_of = self.as_of(&call, request)?;
        if as_of.is_some() && (request.deep || include.archived) {
            let field = if request.deep { "/deep" } else { "/include" };
            return Err(Error::new(
                Code::InvalidRequest,
                "a question about the past goes neither deep nor to the archive",
            )
            .at(field)
            .remedy("leave it out, or leave as_of out"));
        }
        let mut steps = Vec::new();
        let mut found = match &as_of {
            Some(points) => self.search_past(&call, points)?,
            None if request.deep => {
                let deep = self.search_deep(&call)?;
                steps = deep.steps;
                deep.found
            }
            None => self.operator.search(&call)?,
        };
        let mut archived = match include.archived {
            true => self.search_archived(&call)?.hits,
            false => Vec::new(),
        };
        if let Some(budget) = request.max_tokens {
            self.cut(&mut found.hits, budget as usize);
        }
        if as_of.is_none() {
            // To look at the past is no use of what is now.
            self.note(
                who,
                found.hits.iter().chain(&found.derived).chain(&archived),
            );
        }
        let weights = self.operator.weights();
        let items = |hits: Vec<Hit>| -> Vec<SearchHit> {
            let relevance = relevance::of(hits.iter().map(|hit| &hit.signals), weights);
            hits.into_iter()
                .zip(relevance)
                .map(|(hit, relevance)| SearchHit {
                    relevance,
                    ..search_hit(hit, &call.question, weights, request.explain)
                })
                .collect()
        };
        Ok(SearchResponse {
            hits: items(found.hits),
            derived: items(found.derived),
            archived: items(std::mem::take(&mut archived)),
            steps,
            degraded: found.degraded,
            call: request.explain.then(|| CallItem {
                intent: call.intent,
                window: call.window.as_ref().map(TimeItem::of),
            }),
        })
    }

    /// Finds the memories that answer a question and sets them as one block of text.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub fn context(&self, who: &UserId, request: &SearchRequest) -> Result<ContextResponse> {
        check_budget(request.max_tokens)?;
        let most = if request.max_tokens.is_some() {
            CONTEXT_TOP_K
        } else {
            TOP_K
        };
        let call = self.call(who, request, most)?;
        let as_of = self.as_of(&call, request)?;
        let mut found = match &as_of {
            Some(points) => self.search_past(&call, points)?,
            None if request.deep => self.search_deep(&call)?.found,
            None => self.operator.search(&call)?,
        };
        let budget = request.max_tokens.map(|t| t as usize);
        let block = context(&found.hits, budget, |text| self.embedder.count_tokens(text));
        found.hits.retain(|h| block.memories.contains(&h.memory.id));
        if as_of.is_none() {
            self.note(who, found.hits.iter());
        }
        Ok(ContextResponse {
            text: block.text,
            tokens: block.tokens,
            memories: block.memories,
            degraded: found.degraded,
        })
    }

    /// What a question means, checked: the MemReader's half of a search.
    pub(super) fn call(
        &self,
        who: &UserId,
        request: &SearchRequest,
        default_k: usize,
    ) -> Result<MemoryCall> {
        self.check_question(&request.query)?;
        let asked_at = match &request.asked_at {
            Some(text) => text.parse().map_err(|e: Error| e.at("/asked_at"))?,
            None => Moment::from(self.clock.now()),
        };
        let filter = request.filter.as_ref().map(Filter::parse).transpose()?;
        let types = request.types.iter().flatten().enumerate().map(|(i, name)| {
            named(SemanticType::ALL, SemanticType::as_str, name)
                .map_err(|e| e.at(format!("/types/{i}")))
        });
        Ok(MemoryCall {
            caller: who.clone(),
            intent: reader::question::intent(&request.query),
            window: reader::time::window(&request.query, asked_at),
            within: request.time_window.as_ref().map(interval).transpose()?,
            cubes: self.cube_ids(&request.cube_ids)?,
            types: types.collect::<Result<_>>()?,
            top_k: self.top_k(request.top_k, default_k)?,
            question: request.query.clone(),
            asked_at,
            filter,
            valid_at: request
                .valid_at
                .as_deref()
                .map(|text| text.parse().map_err(|e: Error| e.at("/valid_at")))
                .transpose()?,
            layers: Include::read(request)?.layers,
        })
    }

    /// A question has words, and not too many.
    pub(super) fn check_question(&self, question: &str) -> Result<()> {
        let most = self.limits.question_bytes;
        if question.trim().is_empty() {
            return Err(Error::new(Code::InvalidRequest, "the question is empty")
                .at("/query")
                .remedy("give at least one word; to read everything, list the cube"));
        }
        if question.len() > most {
            return Err(Error::new(
                Code::TooLarge,
                format!(
                    "the question has {} bytes, more than {most}",
                    question.len()
                ),
            )
            .at("/query")
            .remedy("ask with the words that matter"));
        }
        Ok(())
    }

    fn cube_ids(&self, ids: &[String]) -> Result<Vec<CubeId>> {
        let most = self.limits.cubes_per_search;
        if ids.is_empty() || ids.len() > most {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("{} cubes are named", ids.len()),
            )
            .at("/cube_ids")
            .remedy(format!("name 1 to {most} cubes")));
        }
        ids.iter()
            .enumerate()
            .map(|(i, id)| CubeId::new(id.as_str()).map_err(|e| e.at(format!("/cube_ids/{i}"))))
            .collect()
    }

    fn top_k(&self, asked: Option<u32>, default: usize) -> Result<usize> {
        let most = self.limits.memories_per_answer;
        match asked.map(|k| k as usize) {
            None => Ok(default.min(most)),
            Some(k) if (1..=most).contains(&k) => Ok(k),
            Some(k) => Err(
                Error::new(Code::InvalidRequest, format!("{k} is out of range"))
                    .at("/top_k")
                    .remedy(format!("use 1 to {most}")),
            ),
        }
    }

    /// Keeps the best hits whose lines fit a budget. The best one always stays: an answer that is
    /// too long can be cut by the caller, an empty one says nothing.
    fn cut(&self, hits: &mut Vec<Hit>, budget: usize) {
        let mut left = budget;
        let mut first = true;
        hits.retain(|hit| {
            let line = evidence_line(&hit.memory).unwrap_or_default();
            let cost = self.embedder.count_tokens(&line);
            let fits = cost <= left || std::mem::take(&mut first);
            first = false;
            if fits {
                left = left.saturating_sub(cost);
            }
            fits
        });
    }

    pub(super) fn note<'a>(&self, who: &UserId, hits: impl Iterator<Item = &'a Hit>) {
        let used = hits.map(|h| (&h.memory.cube_id, h.memory.id));
        self.usage.note(who, used);
    }
}

/// Where to look beside the raw evidence in use.
struct Include {
    layers: Layers,
    archived: bool,
}

impl Include {
    fn read(request: &SearchRequest) -> Result<Self> {
        let mut read = Self {
            layers: Layers::Evidence,
            archived: false,
        };
        for (i, name) in request.include.iter().flatten().enumerate() {
            match name.as_str() {
                "derived" => read.layers = Layers::Both,
                "archived" => read.archived = true,
                other => {
                    return Err(Error::new(
                        Code::InvalidRequest,
                        format!("{other:?} can't be included"),
                    )
                    .at(format!("/include/{i}"))
                    .remedy("use derived or archived"));
                }
            }
        }
        Ok(read)
    }
}

fn search_hit(hit: Hit, question: &str, weights: &Weights, explain: bool) -> SearchHit {
    SearchHit {
        valid_time: valid_time(&hit, question),
        cube_id: hit.memory.cube_id.to_string(),
        folded: hit.folded,
        score: hit.score,
        relevance: 0.0,
        signals: explain.then(|| shares(&hit.signals, weights)),
        memory: hit.memory.into(),
    }
}

/// The time in a memory that is nearest to the question, or else the day on which it was said.
pub(super) fn valid_time(hit: &Hit, question: &str) -> Option<TimeItem> {
    let Payload::Plaintext(plain) = &hit.memory.payload else {
        return None;
    };
    let said_at = hit.memory.header.descriptive.said_at;
    Some(
        match reader::time::pick(&plain.text, &plain.times, question) {
            Some(mention) => TimeItem {
                text: TimeItem::of_mention(mention, &plain.text).text,
                ..TimeItem::of(&reader::time::answering(question, mention.valid, said_at))
            },
            None => TimeItem::of(&ValidTime::day_of(said_at)),
        },
    )
}

fn shares(signals: &Signals, weights: &Weights) -> BTreeMap<String, SignalItem> {
    let weighted = signals.named().into_iter().zip(weights.0.named());
    weighted
        .map(|((name, value), (_, weight))| {
            (
                name.to_owned(),
                SignalItem {
                    value,
                    weight,
                    share: value * weight,
                },
            )
        })
        .collect()
}

/// A budget that has room for a date, a speaker and some words.
fn check_budget(max_tokens: Option<u32>) -> Result<()> {
    match max_tokens {
        Some(budget) if budget < LEAST_BUDGET => Err(Error::new(
            Code::InvalidRequest,
            format!("{budget} tokens hold no evidence"),
        )
        .at("/max_tokens")
        .remedy(format!("use {LEAST_BUDGET} or more, or leave it out"))),
        _ => Ok(()),
    }
}

fn interval(window: &TimeWindow) -> Result<Interval> {
    let end = |text: &Option<String>, open: Timestamp, field: &str| match text {
        Some(text) => text.parse::<Timestamp>().map_err(|e| e.at(field)),
        None => Ok(open),
    };
    let start = end(&window.start, Timestamp::MIN, "/time_window/start")?;
    let end = end(&window.end, Timestamp::MAX, "/time_window/end")?;
    Interval::new(start, end).map_err(|e| e.at("/time_window"))
}
