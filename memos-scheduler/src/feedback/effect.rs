//! What a correction means for the vault.

use memos_core::{
    Cause, Code, Commit, Error, EventKind, Link, LinkKind, Memory, NewEvent, Result, Timestamp,
    Why, Write,
};

use super::{CorrectionKind, Decision};

/// The commit of a correction: what is corrected gets an end to its valid time and is superseded by
/// the feedback, and the feedback is linked to it. No words change.
///
/// What has [changed](CorrectionKind::Changed) held until the feedback's own valid time begins; what
/// was [wrong](CorrectionKind::Wrong) held at no time. An end that was known before stays if it is
/// earlier, and so does an earlier successor. `corrected` are the memories of the decision as read
/// from the vault, as is `feedback`; `next_version` numbers their next content. A decision that
/// corrects nothing, or whose effect is there already, gives an empty commit.
///
/// # Errors
/// If the caller pointed at a memory that may not be changed: `Forbidden` if it is another owner's
/// or held, `IllegalMove` if its state allows no change, `InvalidRequest` if it lies in another cube
/// or is the feedback itself, `MemoryNotFound` if it is gone. Those at which nobody pointed are passed
/// over. Those of `next_version`, and those same ones for the feedback.
pub fn effect(
    feedback: &Memory,
    corrected: &[Memory],
    decision: &Decision,
    next_version: &dyn Fn(&Memory) -> Result<u32>,
    now: Timestamp,
) -> Result<Commit> {
    let mut writer = Writer {
        next_version,
        now,
        commit: Commit::default(),
        actor: feedback,
    };
    let mut linked = feedback.clone();
    for id in &decision.corrects {
        let Some(memory) = corrected.iter().find(|m| m.id == *id) else {
            if decision.named {
                return Err(Error::memory_not_found(&feedback.cube_id, *id));
            }
            continue;
        };
        match refusal(feedback, memory) {
            Some(error) if decision.named => return Err(error),
            Some(_) => continue,
            None => {}
        }
        writer.update(memory, ended(memory, feedback, decision.kind))?;
        let links = &mut linked.header.behavioural.links;
        let mut link = |kind| {
            links.insert(Link {
                kind,
                to: memory.id,
            })
        };
        link(LinkKind::Corrects);
        if decision.kind == CorrectionKind::Changed {
            link(LinkKind::Supersedes);
        }
    }
    if linked != *feedback {
        check_mutable(feedback)?;
        writer.update(feedback, linked)?;
    }
    let mut commit = writer.commit;
    if !commit.writes.is_empty() {
        let why = Why::new(feedback.header.governance.owner.clone(), Cause::Feedback);
        commit.why = Some(why.detail(decision.rule.clone()).evidence([feedback.id]));
    }
    Ok(commit)
}

/// The memory as the correction leaves it.
fn ended(memory: &Memory, feedback: &Memory, kind: CorrectionKind) -> Memory {
    let start_of = |m: &Memory| {
        let about = &m.header.descriptive;
        about.valid.from.unwrap_or(about.said_at.at())
    };
    let start = start_of(memory);
    let end = match kind {
        CorrectionKind::Wrong => start,
        CorrectionKind::Changed => start_of(feedback).max(start),
    };
    let mut ended = memory.clone();
    let valid = &mut ended.header.descriptive.valid;
    valid.until = Some(valid.until.map_or(end, |known| known.min(end)));
    ended
        .header
        .behavioural
        .superseded_by
        .get_or_insert(feedback.id);
    ended
}

struct Writer<'a> {
    next_version: &'a dyn Fn(&Memory) -> Result<u32>,
    now: Timestamp,
    commit: Commit,
    /// Its owner is who corrects.
    actor: &'a Memory,
}

impl Writer<'_> {
    /// Notes that a memory becomes another, if it does.
    fn update(&mut self, memory: &Memory, mut becomes: Memory) -> Result<()> {
        if becomes == *memory {
            return Ok(());
        }
        becomes.header.behavioural.version = (self.next_version)(memory)?;
        becomes.header.descriptive.updated_at = self.now;
        self.commit.events.push(NewEvent {
            cube_id: memory.cube_id.clone(),
            memory_id: Some(memory.id),
            actor: self.actor.header.governance.owner.clone(),
            kind: EventKind::Updated,
        });
        self.commit.writes.push(Write::UpdateMemory {
            memory: becomes,
            expected_version: memory.header.behavioural.version,
        });
        Ok(())
    }
}

/// Why feedback may not correct a memory, if it may not.
pub(super) fn refusal(feedback: &Memory, memory: &Memory) -> Option<Error> {
    let id = memory.id;
    if id == feedback.id || memory.cube_id != feedback.cube_id {
        return Some(
            Error::new(
                Code::InvalidRequest,
                format!("feedback {} can't correct memory {id}", feedback.id),
            )
            .remedy("point at another memory of the cube that holds the feedback"),
        );
    }
    if memory.header.governance.owner != feedback.header.governance.owner {
        return Some(
            Error::new(
                Code::Forbidden,
                format!("memory {id} is another owner's than the feedback"),
            )
            .remedy("ask its owner to correct it"),
        );
    }
    check_mutable(memory).err()
}

fn check_mutable(memory: &Memory) -> Result<()> {
    let id = memory.id;
    if memory.header.governance.legal_hold {
        return Err(Error::new(
            Code::Forbidden,
            format!("memory {id} is under a legal hold and may not be changed"),
        )
        .remedy("correct it when the hold has been lifted"));
    }
    if !memory.state.is_mutable() {
        return Err(Error::new(
            Code::IllegalMove,
            format!("memory {id} is {} and may not be changed", memory.state),
        )
        .remedy("thaw or restore it first"));
    }
    Ok(())
}
