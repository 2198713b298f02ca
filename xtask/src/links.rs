//! Relative links of the documents: each leads to a file or folder that is there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;

/// Looks at every Markdown file that git knows or would add.
pub(crate) fn check() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut git = Command::new("git");
    git.args(["ls-files", "-co", "--exclude-standard", "*.md"]);
    let listed = git.current_dir(&root).output()?;
    if !listed.status.success() {
        return Err("links: git does not list the files".into());
    }
    let mut broken = Vec::new();
    for name in String::from_utf8(listed.stdout)?.lines() {
        let file = root.join(name);
        // One that was removed and not committed yet is listed too.
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let folder = file.parent().unwrap_or(&root);
        let is_broken = |link: &&str| !folder.join(link).exists();
        broken.extend(
            relative(&text)
                .filter(is_broken)
                .map(|link| format!("{name}: {link}")),
        );
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(format!("links that lead nowhere:\n{}", broken.join("\n")).into()),
    }
}

/// The paths that a text links to relative to itself, outside of its blocks of code.
fn relative(text: &str) -> impl Iterator<Item = &str> {
    // Every second part stands between two fences.
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split("](").skip(1))
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|link| !link.is_empty() && !link.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_links_of_the_prose_are_looked_at() {
        let text =
            "[a](b.md), [c](../d#e), [f](#g), [h](https://i.j)\n```\n[k](l)\n```\n[m](n \"o\")";
        assert_eq!(relative(text).collect::<Vec<_>>(), ["b.md", "../d", "n"]);
    }

    #[test]
    fn every_link_leads_somewhere() {
        check().unwrap();
    }
}
