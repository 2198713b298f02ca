//! What feedback corrects.

use memos_core::{LanguageModel, Memory, MemoryId, Payload};
use tracing::warn;

use super::choice::{by_contrast, by_denial, by_frame, has_other_value};
use super::content::Candidate;
use super::effect::refusal;
use super::question::ask;
use super::reading::Reading;
use super::token::tokens;
use crate::organise::sentences;

/// The rule of a decision on words that are no correction.
pub const NO_CORRECTION: &str = "no_correction";
/// The rule of a decision on a correction of which it is not clear what it corrects.
pub const UNCLEAR: &str = "unclear";

/// What is wrong with a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CorrectionKind {
    /// It was never so.
    Wrong,
    /// It was so, and is no more.
    Changed,
}

impl CorrectionKind {
    /// The wire form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Changed => "changed",
        }
    }
}

/// How the judge of fusion sees feedback as the newer of two statements, with its rule's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleVerdict {
    /// It takes the older one's place.
    Supersedes(String),
    /// Both can't be so at once.
    Contradicts(String),
}

/// What feedback corrects, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The memories, among the candidates; empty if it is no correction, or not clear of what.
    pub corrects: Vec<MemoryId>,
    /// The rule: `pointed_at`, `nth`, `not_x_but_y`, `fusion:RULE`, `denied`, `same_frame`, `other_value`,
    /// `llm:MODEL/feedback.v1`, [`UNCLEAR`] or [`NO_CORRECTION`].
    pub rule: String,
    /// What is wrong with them; without meaning if there are none.
    pub kind: CorrectionKind,
    /// Whether the caller pointed at the candidates.
    pub named: bool,
    /// Why the model has no part in it, if it was asked to.
    pub degraded: Option<String>,
}

/// Decides which memories feedback corrects.
///
/// `candidates` come best first. If `named`, the caller pointed at them; else they come from a
/// search, and those that may not be changed are passed over. `rule` is the judge of fusion: is
/// this newer statement at odds with that older one? Of a model, which may not be given, only
/// numbers of candidates are taken; if it fails, the rules decide, and the decision says so. With a
/// model, this waits for it on the calling thread.
///
/// ```
/// use memos_core::Memory;
/// use memos_scheduler::feedback::{UNCLEAR, decide};
///
/// fn says_what_it_corrects(feedback: &Memory, found: &[Memory]) -> bool {
///     let decision = decide(feedback, found, false, &|_, _| None, None);
///     decision.rule != UNCLEAR && !decision.corrects.is_empty()
/// }
/// ```
pub fn decide(
    feedback: &Memory,
    candidates: &[Memory],
    named: bool,
    rule: &dyn Fn(&Memory, &Memory) -> Option<RuleVerdict>,
    model: Option<&dyn LanguageModel>,
) -> Decision {
    let may_be_meant = |memory: &&Memory| {
        let before =
            memory.header.descriptive.said_at.at() <= feedback.header.descriptive.said_at.at();
        named || before && refusal(feedback, memory).is_none()
    };
    let holds = |memory: &&Memory| named || memory.header.behavioural.superseded_by.is_none();
    let meant = candidates.iter().filter(may_be_meant);
    let (meant, replaced): (Vec<_>, Vec<_>) = meant.partition(holds);
    let candidates: Vec<Candidate<'_>> = meant.into_iter().filter_map(Candidate::new).collect();
    let mut degraded = None;
    if let Some(model) = model.filter(|_| !candidates.is_empty()) {
        match ask(model, feedback, &candidates, named) {
            Ok((corrects, kind, rule)) => {
                return Decision {
                    corrects,
                    rule,
                    kind,
                    named,
                    degraded: None,
                };
            }
            Err(error) => {
                warn!(
                    code = error.code().as_str(),
                    "feedback goes without its model"
                );
                let (code, message) = (error.code().as_str(), error.message());
                degraded = Some(format!("{code}: {message}; rules decided"));
            }
        }
    }
    let of = |candidates: &[Candidate<'_>]| {
        let (index, rule, kind) = by_rules(feedback, candidates, named, rule);
        Decision {
            corrects: index.map(|i| candidates[i].memory.id).into_iter().collect(),
            rule,
            kind,
            named,
            degraded: degraded.clone(),
        }
    };
    let decision = of(&candidates);
    if decision.rule != UNCLEAR {
        return decision;
    }
    // Of what says several things, one may have been corrected before, and another is meant now.
    let several = replaced.into_iter().filter(|memory| says_several(memory));
    let several: Vec<Candidate<'_>> = several.filter_map(Candidate::new).collect();
    match of(&several) {
        found if found.corrects.is_empty() => decision,
        found => found,
    }
}

fn says_several(memory: &Memory) -> bool {
    let text = memory.payload.plaintext().map_or("", |plain| &plain.text);
    sentences(text).len() > 1
}

fn by_rules(
    feedback: &Memory,
    candidates: &[Candidate<'_>],
    named: bool,
    rule: &dyn Fn(&Memory, &Memory) -> Option<RuleVerdict>,
) -> (Option<usize>, String, CorrectionKind) {
    let text = feedback.payload.plaintext().map_or("", |p| &p.text);
    let Some(reading) = Reading::of(text) else {
        return (None, NO_CORRECTION.into(), CorrectionKind::Wrong);
    };
    let decided = |index, rule: &str| (Some(index), rule.to_owned(), reading.kind);
    if let Some(nth) = reading.nth.filter(|nth| named && *nth < candidates.len()) {
        return decided(nth, "nth");
    }
    let pointed_at = named && candidates.len() == 1;
    if pointed_at && reading.outright {
        return decided(0, "pointed_at");
    }
    if let Some(index) = by_contrast(&reading, candidates) {
        return decided(index, "not_x_but_y");
    }
    let stated = from(feedback, reading.start);
    if let Some((index, verdict)) = stated.and_then(|stated| {
        let judged = |c: &Candidate<'_>| rule(c.memory, &stated);
        candidates
            .iter()
            .enumerate()
            .find_map(|(i, c)| Some((i, judged(c)?)))
    }) {
        let (RuleVerdict::Supersedes(name) | RuleVerdict::Contradicts(name)) = verdict;
        return decided(index, &format!("fusion:{name}"));
    }
    if let Some(index) = by_denial(&reading, candidates) {
        return decided(index, "denied");
    }
    if let Some(index) = by_frame(&reading, &tokens(&text[reading.start..]), candidates) {
        return decided(index, "same_frame");
    }
    if pointed_at && has_other_value(&reading, &tokens(&text[reading.start..]), &candidates[0]) {
        return decided(0, "other_value");
    }
    (None, UNCLEAR.into(), reading.kind)
}

/// The feedback without its first `start` bytes: what it states, for the judge. None if that is
/// nothing.
fn from(feedback: &Memory, start: usize) -> Option<Memory> {
    let mut stated = feedback.clone();
    let Payload::Plaintext(plain) = &mut stated.payload else {
        return None;
    };
    plain.text.drain(..start);
    let cut = u32::try_from(start).ok()?;
    plain.times.retain(|time| time.start >= cut);
    for time in &mut plain.times {
        time.start -= cut;
        time.end -= cut;
    }
    plain.text.contains(char::is_alphanumeric).then_some(stated)
}
