//! The MemoryCall: a question as the system understands it, and what it finds.

use serde::{Deserialize, Serialize};

use crate::{CubeId, Filter, Interval, Layer, MemoryId, Moment, SemanticType, UserId, ValidTime};

/// A question, parsed: who asks, where to look, for what, and when.
#[derive(Clone, Debug)]
pub struct MemoryCall {
    /// Who asks.
    pub caller: UserId,
    /// The words.
    pub question: String,
    /// Where to look.
    pub cubes: Vec<CubeId>,
    /// Which kinds to return; empty means every kind.
    pub types: Vec<SemanticType>,
    /// What the question is after.
    pub intent: Intent,
    /// When it was asked: "last week" depends on it.
    pub asked_at: Moment,
    /// The time that the question's own words name. Prefers, never excludes.
    pub window: Option<ValidTime>,
    /// Only memories whose time overlaps this one.
    pub within: Option<Interval>,
    /// Only memories that this admits.
    pub filter: Option<Filter>,
    /// How many memories to return at most.
    pub top_k: usize,
    /// Only memories that hold in the world at this instant; if absent, what was superseded stands
    /// behind what took its place.
    pub valid_at: Option<crate::Timestamp>,
    /// Which layers to search.
    pub layers: Layers,
}

/// Which layers a call searches. What they answer is never mixed: their scores have no common scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layers {
    /// Raw evidence.
    #[default]
    Evidence,
    /// What was derived from it.
    Derived,
    /// Both, side by side.
    Both,
}

impl Layers {
    /// Whether a layer is searched.
    pub const fn contain(self, layer: Layer) -> bool {
        matches!(
            (self, layer),
            (Self::Both, _) | (Self::Evidence, Layer::Evidence) | (Self::Derived, Layer::Derived)
        )
    }
}

/// What a question is after, read from its form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// It asks when, how long, how many days, or for a deadline.
    pub asks_time: bool,
    /// It asks what the assistant said or recommended.
    pub asks_assistant: bool,
    /// It is a request for help, not a question about the past.
    pub asks_help: bool,
}

/// Where a caller may look in one cube: part of candidate generation, never a step after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The cube.
    pub cube_id: CubeId,
    /// Whose eyes.
    pub reader: UserId,
    /// The owner of the cube, who sees all of it.
    pub cube_owner: UserId,
}

impl Scope {
    /// Whether the reader may see every memory of the cube, whatever its governance.
    pub fn admits_all(&self) -> bool {
        self.reader == self.cube_owner
    }

    /// Whether the reader may see a memory of this governance.
    pub fn admits(&self, governance: &crate::Governance) -> bool {
        self.admits_all()
            || governance
                .access
                .readers
                .admits(&self.reader, &governance.owner)
    }
}

/// The named signals of one candidate, each in `0..=1` unless said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// BM25 of its own words, over the best of this call.
    pub turn: f32,
    /// BM25 of its neighbourhood, over the best of this call.
    pub window: f32,
    /// BM25 of its session, over the best of this call.
    pub session: f32,
    /// Best turn score in its session, over the best of this call.
    pub session_best: f32,
    /// Cosine with the question, `-1..=1`.
    pub dense: f32,
    /// Best cosine of a neighbour in its window with the question.
    pub neighbour: f32,
    /// Best cosine in its session with the question.
    pub session_dense: f32,
    /// The question names its speaker, and no other.
    pub speaker: f32,
    /// It is the user's word, weighted by what the question asks.
    pub role: f32,
    /// Share of its sentences that are short questions.
    pub question: f32,
    /// How much it says, `ln(1 + tokens)`, at most `ln 21`.
    pub length: f32,
    /// It names a time, and the question asks for one.
    pub time: f32,
    /// Its time overlaps the time that the question names.
    pub time_fit: f32,
    /// It is a standing instruction, and the question asks for help.
    pub directive: f32,
    /// Another memory took its place, and the question does not ask about the time before.
    pub superseded: f32,
}

impl Signals {
    /// Names and values, in the order of the score.
    pub fn named(&self) -> [(&'static str, f32); 15] {
        [
            ("turn", self.turn),
            ("window", self.window),
            ("session", self.session),
            ("session_best", self.session_best),
            ("dense", self.dense),
            ("neighbour", self.neighbour),
            ("session_dense", self.session_dense),
            ("speaker", self.speaker),
            ("role", self.role),
            ("question", self.question),
            ("length", self.length),
            ("time", self.time),
            ("time_fit", self.time_fit),
            ("directive", self.directive),
            ("superseded", self.superseded),
        ]
    }

    /// The signal of a name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut f32> {
        Some(match name {
            "turn" => &mut self.turn,
            "window" => &mut self.window,
            "session" => &mut self.session,
            "session_best" => &mut self.session_best,
            "dense" => &mut self.dense,
            "neighbour" => &mut self.neighbour,
            "session_dense" => &mut self.session_dense,
            "speaker" => &mut self.speaker,
            "role" => &mut self.role,
            "question" => &mut self.question,
            "length" => &mut self.length,
            "time" => &mut self.time,
            "time_fit" => &mut self.time_fit,
            "directive" => &mut self.directive,
            "superseded" => &mut self.superseded,
            _ => return None,
        })
    }

    /// The linear score: the sum of each signal times its weight.
    pub fn score(&self, weights: &Weights) -> f32 {
        self.named()
            .iter()
            .zip(weights.0.named())
            .map(|((_, s), (_, w))| s * w)
            .sum()
    }
}

/// Weight of each signal in the score. Data, with the experiment that set them in the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights(pub Signals);

/// A memory that a call found, not yet read from the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The cube that holds it.
    pub cube_id: CubeId,
    /// Which one.
    pub id: MemoryId,
    /// Why.
    pub signals: Signals,
    /// The signals' weighted sum.
    pub score: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_signal_can_be_set() {
        let mut signals = Signals::default();
        for (i, (name, _)) in Signals::default().named().iter().enumerate() {
            *signals.get_mut(name).unwrap() = i as f32 + 1.0;
        }
        let values: Vec<f32> = signals.named().iter().map(|(_, v)| *v).collect();
        assert_eq!(values, (1..=15).map(|v| v as f32).collect::<Vec<_>>());
        let ones = Weights(Signals {
            turn: 1.0,
            directive: 2.0,
            ..Signals::default()
        });
        assert_eq!(signals.score(&ones), 1.0 + 28.0);
    }
}
