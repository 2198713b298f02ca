//! Precision and recall on labelled cases.

use super::{feedback, fusion, memories};
use crate::feedback::decide;

#[derive(Debug)]
struct Case {
    id: &'static str,
    lang: &'static str,
    split: &'static str,
    named: bool,
    feedback: &'static str,
    candidates: Vec<&'static str>,
    /// Which one is corrected, from 1; 0 for none.
    corrects: usize,
    kind: &'static str,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("../cases.tsv").lines();
    let read = |line: &'static str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            id,
            lang,
            split,
            pointed,
            feedback,
            candidates,
            corrects,
            kind,
        ] = fields[..]
        else {
            panic!("{line}");
        };
        Case {
            id,
            lang,
            split,
            named: pointed != "0",
            feedback,
            candidates: candidates.split(" | ").collect(),
            corrects: corrects.parse().unwrap(),
            kind,
        }
    };
    lines
        .filter(|line| !line.starts_with('#'))
        .map(read)
        .collect()
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Corrections that are there.
    there: u32,
    /// Corrections that were made.
    made: u32,
    /// Those of them that are right.
    right: u32,
    /// Those of them whose kind is right, too.
    kind: u32,
}

impl Tally {
    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.made.max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.there.max(1))
    }
}

#[test]
fn corrections_are_precise() {
    let cases = cases();
    let mut failures = Vec::new();
    let mut measure = |name: &str, of: &dyn Fn(&Case) -> bool| {
        let mut tally = Tally::default();
        for case in cases.iter().filter(|c| of(c)) {
            let candidates = memories(&case.candidates);
            let decision = decide(
                &feedback(case.feedback),
                &candidates,
                case.named,
                &fusion,
                None,
            );
            let made = decision.corrects.first();
            let index = made.map_or(0, |id| {
                1 + candidates.iter().position(|m| m.id == *id).unwrap()
            });
            assert!(decision.corrects.len() <= 1);
            tally.there += u32::from(case.corrects > 0);
            tally.made += u32::from(index > 0);
            let right = index > 0 && index == case.corrects;
            tally.right += u32::from(right);
            let kind = decision.kind.as_str() == case.kind;
            tally.kind += u32::from(right && kind);
            if name == "all" && (index != case.corrects || right && !kind) {
                let (rule, kind) = (decision.rule, decision.kind.as_str());
                failures.push(format!("{} {} {index} {kind} {rule}", case.split, case.id));
            }
        }
        println!(
            "{name}: precision {:.3}, recall {:.3}, kind {:.3} ({} of {} made, {} there)",
            tally.precision(),
            tally.recall(),
            f64::from(tally.kind) / f64::from(tally.right.max(1)),
            tally.right,
            tally.made,
            tally.there
        );
        tally
    };
    let all = measure("all", &|_| true);
    let held = measure("held", &|c| c.split == "held");
    let fresh = measure("fresh", &|c| c.split == "fresh");
    let english = measure("en", &|c| c.lang == "en");
    let chinese = measure("zh", &|c| c.lang == "zh");
    println!("{}", failures.join("\n"));
    assert!(cases.len() >= 150);
    for tally in [all, held, fresh, english, chinese] {
        assert!(tally.precision() >= 0.95, "{tally:?}");
        assert!(tally.recall() >= 0.6, "{tally:?}");
        assert!(
            f64::from(tally.kind) >= 0.9 * f64::from(tally.right),
            "{tally:?}"
        );
    }
}
