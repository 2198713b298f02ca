//! The figures as tables and as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::background::Background;
use super::measure::{RANKS, System};
use super::relevance::Relevance;
use super::ways::{self, Way};

/// What a run measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The product first, the baselines after it.
    pub systems: Vec<System>,
    /// Whether the best memory's time answers the questions for a date.
    pub dates: DateScores,
    /// What it took to store the dialogues.
    pub import: ImportCost,
    /// What the threshold of relevance does, if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevance: Option<Relevance>,
    /// What background work does, if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// What each face adds to a search, the native route first; if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faces: Option<Vec<Way>>,
    /// What the proxy adds to the first token, the direct way first; if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Vec<Way>>,
}

/// Questions whose answer is a date, answered by the time of the best memory.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct DateScores {
    /// How many.
    pub questions: usize,
    /// Share answered to the same granularity.
    pub strict: f64,
    /// Share answered within one step of granularity.
    pub lenient: f64,
}

/// What it took to store the dialogues.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ImportCost {
    /// Dialogues.
    pub dialogues: usize,
    /// Memories that they became.
    pub memories: usize,
    /// From the first request to the last answer.
    pub seconds: f64,
}

impl Report {
    /// As tables.
    pub fn table(&self) -> String {
        let mut out = String::new();
        // Writing to a string can't fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let import = &self.import;
        writeln!(
            out,
            "{} dialogues, {} memories, stored in {:.2} s\n",
            import.dialogues, import.memories, import.seconds
        )?;
        write!(out, "{:<11} {:>5}", "system", "n")?;
        for k in RANKS {
            write!(out, " {:>6}", format!("R@{k}"))?;
        }
        writeln!(
            out,
            " {:>6} {:>6} {:>7} {:>5} {:>9} {:>7} {:>7} {:>7}",
            "any@10", "all@10", "nDCG@10", "MRR", "tokens@10", "p50 ms", "p95 ms", "p99 ms"
        )?;
        let (product, baselines) = self.systems.split_at(self.systems.len().min(1));
        let after = self.background.as_ref().map(|b| &b.after);
        for system in product.iter().chain(after).chain(baselines) {
            let s = &system.scores;
            write!(out, "{:<11} {:>5}", system.name, s.questions)?;
            for k in RANKS {
                write!(out, " {:>6}", percent(s.recall[&k.to_string()]))?;
            }
            let l = &system.latency_ms;
            writeln!(
                out,
                " {:>6} {:>6} {:>7} {:>5} {:>9.0} {:>7.3} {:>7.3} {:>7.3}",
                percent(s.any["10"]),
                percent(s.all["10"]),
                percent(s.ndcg10),
                percent(s.mrr),
                system.tokens["10"],
                l.p50,
                l.p95,
                l.p99
            )?;
        }
        for product in product.iter().chain(after) {
            by_category(product, out)?;
        }
        if self.dates.questions > 0 {
            writeln!(
                out,
                "\n{} questions for a date: the best memory's time is right for {} %, nearly for {} %",
                self.dates.questions,
                percent(self.dates.strict),
                percent(self.dates.lenient)
            )?;
        }
        if let Some(relevance) = &self.relevance {
            relevance.write(out)?;
        }
        if let Some(background) = &self.background {
            background.write(out)?;
        }
        if let Some(faces) = &self.faces {
            ways::write("search", faces, out)?;
        }
        if let Some(proxy) = &self.proxy {
            ways::write("first token", proxy, out)?;
        }
        Ok(())
    }

    /// As one JSON object.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

fn by_category(system: &System, out: &mut String) -> std::fmt::Result {
    let name = &system.name;
    writeln!(out, "\nby category    n    R@5   R@10 all@10   ({name})")?;
    for (category, s) in &system.by_category {
        writeln!(
            out,
            "{category:<10} {:>5} {:>6} {:>6} {:>6}",
            s.questions,
            percent(s.recall["5"]),
            percent(s.recall["10"]),
            percent(s.all["10"])
        )?;
    }
    Ok(())
}

/// A share as people write it.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}
