//! Our five tools: what an agent needs to remember, and no more.

mod forget;
mod recall;
mod remember;
mod shown;
mod timeline;
mod update;

use super::super::tool::{Nature, Tool};

pub(in crate::faces::mcp) fn tools() -> Vec<Tool> {
    vec![
        Tool::new(
            "remember",
            "Remember",
            "Store something for later conversations: a fact, a preference, a decision, an event, or \
             the messages of a dialogue. It is kept word for word, and found by its meaning, its \
             words, its speaker and its dates. Write whole sentences that stand by themselves (\"Mina \
             prefers aisle seats\", not \"prefers aisle\"). Words like \"yesterday\" are resolved \
             against `time`. Storing the same again within ten minutes stores it once.",
            Nature::Adds,
            remember::remember,
        ),
        Tool::new(
            "recall",
            "Recall",
            "Find what was stored that answers a question, best first, each with its id, speaker and \
             date. Ask before you answer anything that may depend on the user, earlier conversations, \
             or decisions made before. Ask one thing at a time, in plain words (\"Where does Mina \
             live?\"). What does not answer the question may be in the list too: judge it. To read in \
             order what happened around a memory, use timeline.",
            Nature::Reads,
            recall::recall,
        ),
        Tool::new(
            "forget",
            "Forget",
            "Remove memories for good, by their ids. Use it when the user asks to forget something, or \
             for what was stored by mistake. It can't be undone. To correct a memory, use update.",
            Nature::Changes,
            forget::forget,
        ),
        Tool::new(
            "update",
            "Update",
            "Correct or add to one memory, by its id: new words, labels, or fields of your own. What \
             it said before stays in its history. If the world has changed (\"moved to Lisbon\"), \
             remember the news as well instead of overwriting what was true before.",
            Nature::Changes,
            update::update,
        ),
        Tool::new(
            "timeline",
            "Timeline",
            "Read memories in the order in which they were said: around one memory (`around`), of a \
             day (`day`), of a stretch of time (`since`, `until`) or of a session; the latest if you \
             name nothing. Use it to see what came before and after something that recall found, or \
             to catch up. `earlier` and `later` of the answer, passed as `cursor`, turn the page.",
            Nature::Reads,
            timeline::timeline,
        ),
    ]
}

fn out_of_range(limit: u32, most: u32) -> memos_core::Error {
    memos_core::Error::new(
        memos_core::Code::InvalidRequest,
        format!("{limit} is out of range"),
    )
    .at("limit")
    .remedy(format!("use 1 to {most}"))
}
