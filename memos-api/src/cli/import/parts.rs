//! A file as a list of parts: pieces that are documents of the same format again, and that read
//! one by one as the whole would.

use std::collections::BTreeSet;

use memos_core::{Code, CubeId, Error, Moment, Result};
use serde_json::{Map, Value, json};

use super::log;
use crate::cli::args::DEFAULT_CUBE;
use crate::reader::document::locomo;
use crate::reader::{DocumentInput, Format, chat_time, read_document};

/// A part is closed when it has this many bytes: some hundred messages, stored in well under a
/// second, so that little is sent again after an interruption.
pub(super) const PART_BYTES: usize = 128 << 10;

/// What is known of a file.
pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    pub(super) format: Option<Format>,
    pub(super) cube: Option<&'a CubeId>,
    pub(super) session: Option<&'a str>,
    pub(super) written_at: Option<&'a str>,
    pub(super) now: Moment,
}

/// What a file will become.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) parts: Vec<Part>,
}

/// One request's worth of a file.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) cube: CubeId,
    pub(super) text: String,
    /// Memories that it makes.
    pub(super) memories: usize,
}

impl Part {
    /// Names the part by its content, so that it is the same part in every run.
    pub(super) fn digest(&self) -> String {
        blake3::hash(self.text.as_bytes()).to_hex()[..32].to_owned()
    }
}

impl Plan {
    /// Reads the whole file, so that an error anywhere in it comes before anything is stored and
    /// names the place in the file.
    pub(super) fn read(text: &str, reading: &Reading<'_>) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let format = match reading.format {
            Some(format) => format,
            // That the file is empty is told first, whatever it would be.
            None if text.trim().is_empty() => Format::Plain,
            None => Format::detect(Some(reading.name), text)?,
        };
        let memories = reading.count(text, format)?;
        let cube = reading
            .cube
            .cloned()
            .map_or_else(|| CubeId::new(DEFAULT_CUBE), Ok)?;
        let parts = match format {
            Format::Plain | Format::Markdown => {
                vec![Part {
                    cube,
                    text: text.to_owned(),
                    memories,
                }]
            }
            Format::ChatJsonl | Format::McpMemory => reading.keep(log::chunks(text), &cube, format),
            Format::ChatGpt => reading.keep(conversations(text)?, &cube, format),
            Format::Locomo => reading.samples(text)?,
        };
        Ok(Self {
            name: reading.name.to_owned(),
            format,
            parts,
        })
    }

    /// Memories that all parts make.
    pub(super) fn memories(&self) -> usize {
        self.parts.iter().map(|part| part.memories).sum()
    }
}

impl Reading<'_> {
    /// Memories that a text makes.
    fn count(&self, text: &str, format: Format) -> Result<usize> {
        let written_at = self
            .written_at
            .map(|time| chat_time(&Value::from(time), "--time"))
            .transpose()?;
        let input = DocumentInput {
            name: Some(self.name.to_owned()),
            format: Some(format),
            session_id: self.session.map(str::to_owned),
            said_at: written_at,
            ..DocumentInput::new(text, self.now)
        };
        read_document(&input).map(|drafts| drafts.len())
    }

    /// The parts that hold anything. The whole has been read, so one that can't be read by itself
    /// is empty: a conversation without words.
    fn keep(&self, texts: Vec<String>, cube: &CubeId, format: Format) -> Vec<Part> {
        texts
            .into_iter()
            .filter_map(|text| {
                let memories = self.count(&text, format).ok()?;
                Some(Part {
                    cube: cube.clone(),
                    text,
                    memories,
                })
            })
            .collect()
    }

    /// The sessions of each sample, in a cube of the sample's name unless one is given.
    fn samples(&self, text: &str) -> Result<Vec<Part>> {
        let ids: Vec<String> = locomo::samples(text)?
            .into_iter()
            .map(|s| s.sample_id)
            .collect();
        let samples = match parse(text, Format::Locomo)? {
            Value::Array(samples) => samples,
            sample => vec![sample],
        };
        // The reader puts the sample's name before its sessions where a document has several.
        let joined = self.cube.is_some() && samples.len() > 1;
        let mut taken = BTreeSet::new();
        let mut parts = Vec::new();
        for (id, sample) in ids.into_iter().zip(samples) {
            let cube = match self.cube {
                Some(cube) => cube.clone(),
                None => own_cube(&id, &mut taken)?,
            };
            let texts = sessions(&id, &sample, joined);
            parts.extend(self.keep(texts, &cube, Format::Locomo));
        }
        Ok(parts)
    }
}

/// A cube named after a sample, and after no other sample of the file.
fn own_cube(sample_id: &str, taken: &mut BTreeSet<CubeId>) -> Result<CubeId> {
    /// Room for a number within the 128 characters of an id.
    const LONGEST: usize = 120;
    let allowed = |c: char| c.is_alphanumeric() || "_-.:@+#".contains(c);
    let name: String = sample_id
        .chars()
        .take(LONGEST)
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let name = if matches!(name.as_str(), "" | "." | "..") {
        "sample".to_owned()
    } else {
        name
    };
    let mut cube = CubeId::new(name.as_str())?;
    let mut number = 2;
    while !taken.insert(cube.clone()) {
        cube = CubeId::new(format!("{name}-{number}"))?;
        number += 1;
    }
    Ok(cube)
}

/// The sessions of a sample in groups, each a sample again.
fn sessions(id: &str, sample: &Value, joined: bool) -> Vec<String> {
    let Some(conversation) = sample.get("conversation").unwrap_or(sample).as_object() else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = conversation
        .iter()
        .filter(|(_, turns)| turns.is_array())
        .filter_map(|(key, _)| key.strip_prefix("session_")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let mut groups: Vec<(Map<String, Value>, usize)> = Vec::new();
    for number in numbers {
        let session = format!("session_{number}");
        let time = format!("{session}_date_time");
        let Some(turns) = conversation.get(&session) else {
            continue;
        };
        let bytes = turns.to_string().len();
        if groups
            .last()
            .is_none_or(|(_, size)| size + bytes > PART_BYTES)
        {
            groups.push((Map::new(), 0));
        }
        let Some((group, size)) = groups.last_mut() else {
            continue;
        };
        *size += bytes;
        group.insert(session, turns.clone());
        group.extend(conversation.get(&time).map(|value| (time, value.clone())));
    }
    let part = |group: Map<String, Value>| {
        let one = json!({"sample_id": id, "conversation": group});
        // A second sample, empty, makes it a document of several.
        let companion = json!({"conversation": {"session_1": []}});
        match joined {
            true => json!([one, companion]),
            false => one,
        }
    };
    groups
        .into_iter()
        .map(|(group, _)| part(group).to_string())
        .collect()
}

/// The conversations of an export, each an export again.
fn conversations(text: &str) -> Result<Vec<String>> {
    let list = match parse(text, Format::ChatGpt)? {
        Value::Array(list) => list,
        one => vec![one],
    };
    let named = |c: &Value| {
        let words = |key: &str| {
            c.get(key)
                .and_then(Value::as_str)
                .is_some_and(|t| !t.trim().is_empty())
        };
        c.get("conversation_id").is_some_and(Value::is_string)
            || c.get("id").is_some_and(Value::is_string)
            || words("title")
    };
    Ok(list
        .into_iter()
        .enumerate()
        .map(|(i, mut conversation)| {
            if !named(&conversation) {
                // By itself each nameless one would be the first.
                conversation["conversation_id"] = format!("conversation {}", i + 1).into();
            }
            conversation.to_string()
        })
        .collect())
}

fn parse(text: &str, format: Format) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| {
        Error::new(
            Code::InvalidDocument,
            format!("the document can't be read as {format}: {e}"),
        )
        .remedy("mend the JSON at that place, or name another --format")
        .caused_by(e)
    })
}

#[cfg(test)]
mod tests {
    use memos_core::Info;

    use super::*;
    use crate::reader::Draft;

    fn now() -> Moment {
        "2025-06-01".parse().unwrap()
    }

    fn reading<'a>(name: &'a str, cube: Option<&'a CubeId>) -> Reading<'a> {
        Reading {
            name,
            format: None,
            cube,
            session: None,
            written_at: None,
            now: now(),
        }
    }

    fn drafts(name: &str, format: Format, text: &str) -> Vec<Draft> {
        let input = DocumentInput {
            name: Some(name.into()),
            format: Some(format),
            info: Info::default(),
            ..DocumentInput::new(text, now())
        };
        read_document(&input).unwrap()
    }

    /// The parts of a file read as the file does.
    fn check(name: &str, text: &str, cube: Option<&CubeId>) -> Plan {
        let plan = Plan::read(text, &reading(name, cube)).unwrap();
        let whole = drafts(name, plan.format, text);
        let mut parted = Vec::new();
        for part in &plan.parts {
            let read = drafts(name, plan.format, &part.text);
            assert_eq!(read.len(), part.memories);
            parted.extend(read);
        }
        assert_eq!(plan.memories(), whole.len());
        assert_eq!(parted, whole);
        plan
    }

    fn sample(id: &str, sessions: usize, words: usize) -> Value {
        let mut conversation = Map::new();
        for s in 1..=sessions {
            let turns: Vec<_> = (1..=20)
                .map(|t| {
                    let text = format!("turn {t} {}", "word ".repeat(words));
                    json!({"speaker": "Ada", "dia_id": format!("D{s}:{t}"), "text": text})
                })
                .collect();
            conversation.insert(format!("session_{s}"), turns.into());
            conversation.insert(format!("session_{s}_date_time"), "2024-05-08".into());
        }
        json!({"sample_id": id, "conversation": conversation, "qa": [{"question": "q"}]})
    }

    #[test]
    fn samples_get_a_cube_each_and_large_ones_several_parts() {
        let text = json!([sample("a b", 12, 400), sample("a b", 2, 1)]).to_string();
        let cube = CubeId::new("all").unwrap();
        let joined = check("d.json", &text, Some(&cube));
        assert!(joined.parts.len() > 4);
        assert!(joined.parts.iter().all(|p| p.cube == cube));
        assert!(joined.parts.iter().all(|p| !p.text.contains("\"qa\"")));

        let own = Plan::read(&text, &reading("d.json", None)).unwrap();
        let cubes: BTreeSet<_> = own.parts.iter().map(|p| p.cube.as_str()).collect();
        assert_eq!(cubes, BTreeSet::from(["a-b", "a-b-2"]));
        let one = check("d.json", &sample("x", 3, 1).to_string(), None);
        assert_eq!(one.parts.len(), 1);
        assert_eq!(one.parts[0].cube.as_str(), "x");
    }

    #[test]
    fn conversations_are_parts_and_empty_ones_are_left_out() {
        let conversation = |id: Option<&str>, words: &str| {
            json!({"conversation_id": id, "mapping": {"n": {"parent": null, "children": [],
                "message": {"author": {"role": "user"}, "content": {"parts": [words]}}}}})
        };
        let text = json!([
            conversation(Some("c1"), "hello"),
            conversation(None, "again"),
            conversation(Some("c3"), ""),
            conversation(None, "more"),
        ])
        .to_string();
        let plan = check("conversations.json", &text, None);
        assert_eq!(plan.format, Format::ChatGpt);
        assert_eq!(plan.parts.len(), 3);
    }

    #[test]
    fn prose_is_one_part() {
        let plan = check("n.md", "# A\n\nText.\n\n## B\n\nMore.\n", None);
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.parts[0].cube.as_str(), DEFAULT_CUBE);
    }

    #[test]
    fn errors_name_the_place_in_the_whole_file() {
        let mut bad = sample("b", 2, 1);
        bad["conversation"]["session_2"][3]["text"] = json!(5);
        let text = json!([sample("a", 1, 1), bad]).to_string();
        let error = Plan::read(&text, &reading("d.json", None)).unwrap_err();
        assert!(
            error.message().contains("/1/conversation/session_2/3/text"),
            "{error}"
        );
    }

    #[test]
    fn a_part_is_known_by_its_content() {
        let part = |text: &str| Part {
            cube: CubeId::new("a").unwrap(),
            text: text.into(),
            memories: 1,
        };
        assert_eq!(part("x").digest(), part("x").digest());
        assert_ne!(part("x").digest(), part("y").digest());
        assert_eq!(part("x").digest().len(), 32);
    }
}
