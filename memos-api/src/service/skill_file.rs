//! Skill files: Markdown with a name and a description in its front matter, and parts under headings.

use memos_core::{Code, Error, Result};
use serde_json::{Map, Value, json};

/// Bytes of a skill file.
const LARGEST: usize = 100 * 1024;

/// A skill as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SkillFile {
    pub(super) name: String,
    pub(super) description: String,
    procedure: String,
    experience: Vec<String>,
    preference: Vec<String>,
    examples: Vec<String>,
    /// What stands under other headings.
    others: Vec<(String, String)>,
}

impl SkillFile {
    /// Reads a file.
    ///
    /// # Errors
    /// `InvalidDocument` if it is too large, or its front matter lacks a name or a description.
    pub(super) fn read(text: &str) -> Result<Self> {
        let refuse = |why: String| {
            Error::new(Code::InvalidDocument, why)
                .remedy("begin the file with a front matter: ---, name: …, description: …, ---")
        };
        if text.len() > LARGEST {
            return Err(Error::new(
                Code::InvalidDocument,
                format!("a skill file has at most {} KB", LARGEST / 1024),
            )
            .remedy("move what is not needed at each use to a document"));
        }
        let (head, body) =
            front_matter(text).ok_or_else(|| refuse("the skill has no front matter".to_owned()))?;
        let field = |name: &str| {
            field(head, name)
                .ok_or_else(|| refuse(format!("the skill's front matter has no {name}")))
        };
        let mut skill = Self {
            name: field("name")?,
            description: field("description")?,
            procedure: String::new(),
            experience: Vec::new(),
            preference: Vec::new(),
            examples: Vec::new(),
            others: Vec::new(),
        };
        for (heading, text) in sections(body) {
            skill.take(heading, text);
        }
        Ok(skill)
    }

    fn take(&mut self, heading: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let lower = heading.trim().to_lowercase();
        let is = |names: &[&str]| names.contains(&lower.as_str());
        if is(&[
            "procedure",
            "procedures",
            "steps",
            "步骤",
            "流程",
            "操作步骤",
        ]) {
            join(&mut self.procedure, text);
        } else if is(&["experience", "experiences", "经验"]) {
            self.experience.extend(points(text));
        } else if is(&[
            "user preferences",
            "user preference",
            "preferences",
            "preference",
            "用户偏好",
            "偏好",
        ]) {
            self.preference.extend(points(text));
        } else if is(&["examples", "example", "示例", "例子"]) {
            self.examples.extend(examples(text));
        } else if lower.is_empty() && self.procedure.is_empty() {
            // What stands before the first heading tells how, where no heading does.
            self.procedure = text.to_owned();
        } else {
            self.others
                .push((heading.trim().to_owned(), text.to_owned()));
        }
    }

    /// The parts as fields of the skill's memory.
    pub(super) fn info(&self) -> Map<String, Value> {
        let others: Map<String, Value> = self
            .others
            .iter()
            .map(|(heading, text)| (heading.clone(), json!(text)))
            .collect();
        let fields = json!({
            "subject": self.name,
            "description": self.description,
            "procedure": self.procedure,
            "experience": self.experience,
            "preference": self.preference,
            "examples": self.examples,
            "others": others,
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// What a question is compared with.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}: {}", self.name, self.description);
        join(&mut text, &self.procedure);
        text
    }
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}

/// What stands between two lines of dashes at the beginning, and the rest.
fn front_matter(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let rest = text.strip_prefix("---")?;
    let rest = rest
        .strip_prefix("\r\n")
        .or_else(|| rest.strip_prefix('\n'))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// `name: value`; a value in quotes, or one that goes on in indented lines.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if key.trim().eq_ignore_ascii_case(name) && !key.starts_with([' ', '\t']) {
            let mut value = value.trim().to_owned();
            if matches!(value.as_str(), "" | ">" | "|" | ">-" | "|-") {
                value.clear();
            }
            while let Some(more) = lines.next_if(|l| l.starts_with([' ', '\t'])) {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(more.trim());
            }
            let bare = ['"', '\'']
                .iter()
                .find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
            let value = bare.unwrap_or(&value).trim();
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
    None
}

/// The parts under headings of the first two levels, each with its heading.
fn sections(body: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut heading, mut start, mut at, mut fenced) = ("", 0, 0, false);
    for line in body.split_inclusive('\n') {
        let trimmed = line.trim_end();
        fenced ^= trimmed.trim_start().starts_with("```");
        let title = ["## ", "# "]
            .iter()
            .find_map(|mark| trimmed.strip_prefix(mark));
        if let Some(title) = title.filter(|_| !fenced) {
            found.push((heading, &body[start..at]));
            heading = title;
            start = at + line.len();
        }
        at += line.len();
    }
    found.push((heading, &body[start..]));
    found
}

/// The points of a list, a point of several lines as one; a text without points is one.
fn points(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        match line.strip_prefix(['-', '*', '+']) {
            Some(point) => found.push(point.trim().to_owned()),
            None => match found.last_mut() {
                Some(last) => {
                    last.push(' ');
                    last.push_str(line);
                }
                None => found.push(line.to_owned()),
            },
        }
    }
    found
}

/// Each example under its own heading; without one, all is one.
fn examples(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with("### ");
        match found.last_mut().filter(|_| !begins) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => found.push(line.trim_start_matches("### ").to_owned()),
        }
    }
    let whole = found.into_iter().map(|e| e.trim().to_owned());
    whole.filter(|e| !e.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETURNS: &str = "---\nname: Returns\ndescription: \"How goods come back\"\n---\n\n\
        ## Procedure\n\n1. Check the order\n2. Send a label\n\n## Experience\n\n- Seven days\n\
        - Fresh goods stay\n  with the buyer\n\n## User Preferences\n- Pick up\n\n## Examples\n\n\
        ### Example 1: Shoes\nUser: They are small.\n\n### Example 2\nUser: Broken.\n\n## Links\nsee there\n";

    #[test]
    fn a_skill_is_taken_apart() {
        let skill = SkillFile::read(RETURNS).unwrap();
        assert_eq!(
            (skill.name.as_str(), skill.description.as_str()),
            ("Returns", "How goods come back")
        );
        assert_eq!(skill.procedure, "1. Check the order\n2. Send a label");
        assert_eq!(
            skill.experience,
            ["Seven days", "Fresh goods stay with the buyer"]
        );
        assert_eq!(skill.preference, ["Pick up"]);
        assert_eq!(skill.examples.len(), 2);
        assert!(skill.examples[0].starts_with("Example 1: Shoes\nUser:"));
        assert_eq!(skill.info()["others"], json!({"Links": "see there"}));
    }

    #[test]
    fn a_skill_needs_its_name_and_description() {
        for bad in [
            "# Returns\n\nSend a label.",
            "---\nname: x\n---\nText",
            "---\nname:\ndescription: y\n---\n",
            "---\nname: x\ndescription: y\n",
        ] {
            let error = SkillFile::read(bad).unwrap_err();
            assert_eq!(error.code(), Code::InvalidDocument, "{bad}");
            assert!(error.remedy_text().is_some());
        }
        let folded = "---\nname: x\ndescription: >\n  long\n  words\n---\nDo it.";
        let skill = SkillFile::read(folded).unwrap();
        assert_eq!(
            (skill.description.as_str(), skill.procedure.as_str()),
            ("long words", "Do it.")
        );
    }
}
