//! How a memory reads as one line of evidence.

use crate::{Memory, Moment};

/// `[3 March 2024] Charlotte: text [image: caption]`, the form that the lexical index reads and that
/// goes into a prompt; `[2023年5月8日] 林晓：…` for text in Chinese characters. `None` if the memory
/// is no text.
pub fn evidence_line(memory: &Memory) -> Option<String> {
    Some(Evidence::of(memory)?.line(memory.header.descriptive.said_at))
}

/// `Charlotte: text [image: caption]`, the form that is embedded: a date would only blur the vector.
/// `None` if the memory is no text.
pub fn evidence_text(memory: &Memory) -> Option<String> {
    Some(Evidence::of(memory)?.text())
}

/// What of a memory stands in its line of evidence, where there is no whole memory.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The words.
    pub text: &'a str,
    /// What a picture beside the words shows.
    pub caption: Option<&'a str>,
    /// Who said it.
    pub speaker: Option<&'a str>,
    /// A short name.
    pub key: Option<&'a str>,
}

impl<'a> Evidence<'a> {
    fn of(memory: &'a Memory) -> Option<Self> {
        let plain = memory.payload.plaintext()?;
        Some(Self {
            text: &plain.text,
            caption: plain.caption.as_deref(),
            speaker: plain.turn.speaker.as_deref(),
            key: memory.header.descriptive.key.as_deref(),
        })
    }

    /// As [`evidence_line`].
    pub fn line(&self, said_at: Moment) -> String {
        let date = said_at.date();
        let date = if is_mostly_han(self.text) {
            format!("[{}年{}月{}日] ", date.year(), date.month(), date.day())
        } else {
            format!(
                "[{} {} {}] ",
                date.day(),
                month_name(date.month()),
                date.year()
            )
        };
        date + &self.text()
    }

    /// As [`evidence_text`].
    pub fn text(&self) -> String {
        let colon = if is_mostly_han(self.text) {
            "："
        } else {
            ": "
        };
        let mut text = String::with_capacity(self.text.len() + 32);
        // Some write the speaker's name into the words as well.
        let speaker = self.speaker.filter(|name| {
            let rest = self.text.strip_prefix(name);
            !rest.is_some_and(|rest| rest.starts_with([':', '：']))
        });
        for part in [speaker, self.key].into_iter().flatten() {
            text.push_str(part);
            text.push_str(colon);
        }
        text.push_str(self.text);
        if let Some(caption) = self.caption {
            text.push_str(" [image: ");
            text.push_str(caption);
            text.push(']');
        }
        text
    }
}

/// Whether Han characters, at two to a word, outweigh letters, at five to a word: whether a text is to
/// be answered in Chinese.
pub fn is_mostly_han(text: &str) -> bool {
    let (mut han, mut letters) = (0_usize, 0_usize);
    for c in text.chars().take(400) {
        match c {
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => han += 1,
            _ => letters += usize::from(c.is_alphabetic()),
        }
    }
    5 * han > 2 * letters
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(month - 1)
        .ok()
        .and_then(|m| NAMES.get(m))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_words_is_not_said_twice() {
        let said = |text: &str| {
            let at = crate::Timestamp::from_secs(0);
            evidence_line(&Memory {
                id: crate::MemoryId::generate(),
                cube_id: "c".parse().unwrap(),
                state: crate::State::Generated,
                header: crate::Header::new("ada".parse().unwrap(), at.into(), at),
                payload: crate::Payload::Plaintext(crate::Plaintext {
                    text: text.into(),
                    caption: Some("a cat".into()),
                    turn: crate::Turn {
                        session_id: "s".into(),
                        speaker: Some("Ada".into()),
                        role: None,
                    },
                    times: Vec::new(),
                }),
            })
            .unwrap()
        };
        let line = "[1 January 1970] Ada: hello [image: a cat]";
        assert_eq!(
            (said("hello").as_str(), said("Ada: hello").as_str()),
            (line, line)
        );
        assert_eq!(
            said("Adam: hello"),
            "[1 January 1970] Ada: Adam: hello [image: a cat]"
        );
    }

    #[test]
    fn chinese_outweighs_a_few_names() {
        assert!(is_mostly_han("我用 Python 写代码"));
        assert!(!is_mostly_han("I said 你好 to the people there"));
        assert_eq!((month_name(5), month_name(13)), ("May", ""));
    }
}
