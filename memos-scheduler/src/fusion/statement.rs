//! What a memory says, read by rules: its gist, its claims about attributes, its wordings of change.

use memos_core::{Memory, Moment, Role};

use super::clause::{Clause, Mood, clauses};
use super::gist::Gist;
use super::lexicon::words;
use super::shift::{Shift, shifts, stem};
use super::slots::{Force, Policy, SLOTS, Slot, Wording};
use super::subject::Subject;
use super::token::{Kind, Token};

/// An utterance, read.
#[derive(Clone, Debug)]
pub struct Statement {
    speaker: Option<Box<str>>,
    role: Option<Role>,
    pub(super) said_at: Option<Moment>,
    pub(super) gist: Gist,
    pub(super) clauses: Vec<Clause>,
    pub(super) claims: Vec<Claim>,
    pub(super) shifts: Vec<Shift>,
    sentences: usize,
}

/// One thing that is said about an attribute of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) attribute: &'static str,
    pub(super) policy: Policy,
    pub(super) subject: Subject,
    /// Which of several of that attribute.
    pub(super) topic: Vec<Box<str>>,
    /// Empty if the value is not said.
    pub(super) value: Vec<Box<str>>,
    /// Whether it has this value no more.
    pub(super) ends: bool,
    /// Whether a word of change comes with it.
    pub(super) marked: bool,
    /// Whether the utterance says nothing else.
    pub(super) whole: bool,
}

impl Statement {
    /// Reads an utterance. The words of assistants, tools and operators make no claims.
    pub fn read(
        text: &str,
        speaker: Option<&str>,
        role: Option<Role>,
        said_at: Option<Moment>,
    ) -> Self {
        let (clauses, sentences) = clauses(text);
        let is_person = matches!(role, None | Some(Role::User));
        let (mut claims, mut found) = (Vec::new(), Vec::new());
        if is_person {
            for clause in &clauses {
                claims.extend(claims_of(clause, clauses.len() == 1));
                found.extend(shifts(clause));
            }
        }
        Self {
            speaker: speaker.map(|s| s.trim().to_lowercase().into()),
            role,
            said_at,
            gist: Gist::of(text),
            clauses,
            claims,
            shifts: found,
            sentences,
        }
    }

    /// Reads a memory; none if it is no text.
    pub fn of(memory: &Memory) -> Option<Self> {
        let plain = memory.payload.plaintext()?;
        Some(Self::read(
            &plain.text,
            plain.turn.speaker.as_deref(),
            plain.turn.role,
            Some(memory.header.descriptive.said_at),
        ))
    }

    /// Whether the same speaker says both.
    pub(super) fn same_voice(&self, other: &Self) -> bool {
        self.speaker == other.speaker
            && (self.role == other.role || self.role.is_none() || other.role.is_none())
    }

    /// Whether one said it, as opposed to an assistant, a tool or an operator.
    pub(super) fn is_persons(&self) -> bool {
        matches!(self.role, None | Some(Role::User))
    }

    /// Whether both were said on one day, as far as that is known.
    pub(super) fn same_day(&self, other: &Self) -> bool {
        match (self.said_at, other.said_at) {
            (Some(a), Some(b)) => a.date() == b.date(),
            _ => true,
        }
    }

    /// Whether it says so little that what replaces a part of it replaces it.
    pub(super) fn is_brief(&self) -> bool {
        self.sentences <= 2
    }

    /// Whether it is one sentence.
    pub(super) fn is_one_sentence(&self) -> bool {
        self.sentences == 1
    }

    /// Whether all of its sentences say that something is so.
    pub(super) fn is_assertive(&self) -> bool {
        self.clauses.iter().all(|c| c.mood.is_assertive())
    }

    /// The words that it can be found by, at most so many.
    pub(super) fn terms(&self, most: usize) -> Vec<Box<str>> {
        let light = words("light");
        let tokens = self.clauses.iter().flat_map(|c| &c.tokens);
        let heavy = tokens.filter(|t| !light.has(&t.text));
        heavy.take(most).map(stem).collect()
    }

    /// The numbers that it names, sorted.
    pub(super) fn numbers(&self) -> Vec<&str> {
        let tokens = self.clauses.iter().flat_map(|c| &c.tokens);
        let mut numbers: Vec<&str> = tokens
            .filter(|t| t.kind == Kind::Number)
            .map(|t| &*t.text)
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// Whether it asks something.
    pub(super) fn asks(&self) -> bool {
        self.clauses.iter().any(|c| c.mood.question)
    }
}

fn claims_of(clause: &Clause, alone: bool) -> Vec<Claim> {
    let claim = |slot: &Slot| {
        if !may_claim(clause.mood, slot.policy) {
            return None;
        }
        slot.wordings
            .iter()
            .find_map(|w| claim(slot, w, clause, alone))
    };
    SLOTS.iter().filter_map(claim).collect()
}

/// Birth lies in the past and holds all the same.
fn may_claim(mood: Mood, policy: Policy) -> bool {
    let past = mood.past && policy != Policy::Contradicts;
    !(mood.question || mood.unreal || mood.reported || past)
}

fn claim(slot: &Slot, wording: &Wording, clause: &Clause, alone: bool) -> Option<Claim> {
    let holds = matches!(wording.force, Force::Is | Force::Now);
    if (wording.force == Force::Now && !clause.now) || (holds && clause.mood.temporary) {
        return None;
    }
    let found = wording.pattern.matches(&clause.tokens)?;
    let value = wording.value.as_ref().unwrap_or(&found.value);
    Some(Claim {
        attribute: slot.attribute,
        policy: slot.policy,
        subject: found.subject.unwrap_or(Subject::Speaker),
        topic: if slot.by_topic {
            content(&found.topic)
        } else {
            Vec::new()
        },
        value: content(value),
        ends: wording.force == Force::Ends,
        marked: wording.force != Force::Is || clause.now,
        whole: alone && found.whole,
    })
}

/// The words of a capture that distinguish it.
fn content(tokens: &[Token]) -> Vec<Box<str>> {
    let tokens = words("filler").strip(tokens);
    let small = ["my", "our", "his", "her", "for", "on", "we", "i"];
    let mut out: Vec<Box<str>> = tokens
        .into_iter()
        .filter(|t| !t.is_mark() && !small.contains(&&*t.text))
        .map(|t| {
            if t.kind == Kind::Han && t.is("号") {
                "日".into()
            } else {
                t.text
            }
        })
        .collect();
    out.dedup();
    out
}

impl Claim {
    /// Whether both are about the same attribute of the same subject.
    pub(super) fn same_slot(&self, other: &Self) -> bool {
        self.attribute == other.attribute
            && self.subject == other.subject
            && self.topic == other.topic
    }

    /// Whether the words of one value are among those of the other: they may mean the same.
    pub(super) fn may_agree(&self, other: &Self) -> bool {
        let within = |a: &[Box<str>], b: &[Box<str>]| a.iter().all(|w| b.contains(w));
        within(&self.value, &other.value) || within(&other.value, &self.value)
    }
}
