//! What goes into a prompt that others wrote: the evidence for it, fenced, without what it says already.

use std::collections::HashSet;

use memos_core::{Code, CubeId, MemoryId, Payload, Result, UserId};
use memos_scheduler::fenced_context;

use super::MemOs;
use crate::wire::SearchRequest;

/// Memories that a block may draw on.
const TOP_K: usize = 50;

/// Longest question in characters: a prompt may hold a whole document, and what is asked stands before
/// or after it.
const LONGEST: usize = 4_000;

/// Of these, so many are taken from the beginning.
const BEGINNING: usize = 1_000;

/// What a prompt is about, and how much may be said to it.
#[derive(Clone, Debug)]
pub struct RecallRequest {
    /// The words that are to be answered.
    pub question: String,
    /// Where to look.
    pub cube: CubeId,
    /// Tokens that the whole block may have.
    pub max_tokens: usize,
    /// Texts that the prompt holds already: they are not said again.
    pub said: HashSet<String>,
}

/// What was found for a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// The block to put into the prompt; empty if nothing was found.
    pub block: String,
    /// The memories that it shows, in its order.
    pub memories: Vec<MemoryId>,
    /// Parts of the system that could not take part.
    pub degraded: Vec<String>,
}

impl MemOs {
    /// Finds what helps to answer a prompt. Where nothing was ever stored, nothing is found.
    ///
    /// # Errors
    /// Those of [`search`](Self::search), but for a cube that is not there.
    pub fn recall(&self, who: &UserId, request: &RecallRequest) -> Result<Recalled> {
        if request.question.trim().is_empty() {
            return Ok(Recalled::default());
        }
        let search = SearchRequest {
            query: shortened(&request.question),
            cube_ids: vec![request.cube.to_string()],
            ..SearchRequest::default()
        };
        let call = self.call(who, &search, TOP_K)?;
        let mut found = match self.operator.search(&call) {
            Err(error) if error.code() == Code::CubeNotFound => return Ok(Recalled::default()),
            found => found?,
        };
        found.hits.retain(|hit| match &hit.memory.payload {
            Payload::Plaintext(plain) => !request.said.contains(plain.text.trim()),
            _ => false,
        });
        let block = fenced_context(&found.hits, request.max_tokens, |text| {
            self.embedder.count_tokens(text)
        });
        let shown: HashSet<MemoryId> = block.memories.iter().copied().collect();
        found.hits.retain(|hit| shown.contains(&hit.memory.id));
        self.note(who, found.hits.iter());
        Ok(Recalled {
            block: block.text,
            memories: block.memories,
            degraded: found.degraded,
        })
    }
}

/// The beginning and the end of a long text.
fn shortened(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= LONGEST {
        return text.to_owned();
    }
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let (before, after) = (at(BEGINNING), at(chars - (LONGEST - BEGINNING)));
    format!("{}\n{}", &text[..before], &text[after..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::AddRequest;

    fn request(question: &str, said: &[&str]) -> RecallRequest {
        RecallRequest {
            question: question.to_owned(),
            cube: "notes".parse().unwrap(),
            max_tokens: 500,
            said: said.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[test]
    fn what_the_prompt_says_is_not_said_again() {
        let folder = tempfile::tempdir().unwrap();
        let memos = MemOs::builder().data(folder.path()).open().unwrap();
        let who: UserId = "ada".parse().unwrap();
        let asked = request("Where does Mina live?", &[]);
        assert_eq!(memos.recall(&who, &asked).unwrap(), Recalled::default());
        let add = AddRequest {
            messages: Some(json!([
                {"role": "user", "content": "Mina lives in Lyon."},
                {"role": "assistant", "content": "Mina lives near the river, you said."},
            ])),
            ..AddRequest::default()
        };
        memos.add(&who, &asked.cube, &add).unwrap();
        let both = memos.recall(&who, &asked).unwrap();
        assert_eq!(both.memories.len(), 2);
        assert!(both.block.contains("Lyon"), "{}", both.block);
        let said = request("Where does Mina live?", &["Mina lives in Lyon."]);
        let rest = memos.recall(&who, &said).unwrap();
        assert_eq!(rest.memories.len(), 1);
        assert!(!rest.block.contains("Lyon"), "{}", rest.block);
        assert_eq!(
            memos.recall(&who, &request(" \n", &[])).unwrap(),
            Recalled::default()
        );
    }

    #[test]
    fn long_questions_keep_both_ends() {
        let long = format!("問{}{}?", "a ".repeat(100_000), "end");
        let short = shortened(&long);
        assert_eq!(short.chars().count(), LONGEST + 1);
        assert!(short.starts_with('問') && short.ends_with("end?"));
        assert_eq!(shortened("short?"), "short?");
    }
}
