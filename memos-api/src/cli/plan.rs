//! How a plan of changes is shown: of a rollback, a branch, a merge.

use std::io::Write as _;

use super::console::Console;
use super::table::{Align, Table};
use super::{Outcome, text};
use crate::wire::PlanResponse;

pub(super) fn print(plan: &PlanResponse, console: &mut Console) -> Outcome {
    if plan.steps.is_empty() {
        return Ok(writeln!(console, "nothing differs")?);
    }
    let mut table = Table::new(&[
        ("MEMORY", Align::Left),
        ("STEP", Align::Left),
        ("VERSION", Align::Left),
        ("NOTE", Align::Left),
    ]);
    for step in &plan.steps {
        let number = |n: Option<u32>| n.map_or("none".to_owned(), |n| n.to_string());
        table.row([
            step.id.to_string(),
            step.step.clone(),
            format!(
                "{} to {}",
                number(step.from_version),
                number(step.to_version)
            ),
            step.refused.clone().unwrap_or_default(),
        ]);
    }
    let (paint, width) = (console.paint(), console.width());
    table.write(console, paint, width)?;
    let counted = text::counted(plan.steps.len(), "memory", "memories");
    if plan.done {
        let before = plan.before;
        writeln!(console, "{counted}; the state before is change:{before}")?;
    } else {
        writeln!(console, "{counted}; nothing was changed")?;
    }
    Ok(())
}
