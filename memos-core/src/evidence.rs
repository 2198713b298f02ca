//! How a memory reads as one line of evidence.

use crate::Memory;

/// `[8 May 2023] Caroline: text [image: caption]`, the form that the lexical index reads and that
/// goes into a prompt; `[2023年5月8日] 林晓：…` for text in Chinese characters. `None` if the memory
/// is no text.
pub fn evidence_line(memory: &Memory) -> Option<String> {
    let plain = memory.payload.plaintext()?;
    let date = memory.header.descriptive.said_at.date();
    let date = if is_mostly_han(&plain.text) {
        format!("[{}年{}月{}日] ", date.year(), date.month(), date.day())
    } else {
        format!(
            "[{} {} {}] ",
            date.day(),
            month_name(date.month()),
            date.year()
        )
    };
    Some(date + &evidence_text(memory)?)
}

/// `Caroline: text [image: caption]`, the form that is embedded: a date would only blur the vector.
/// `None` if the memory is no text.
pub fn evidence_text(memory: &Memory) -> Option<String> {
    let plain = memory.payload.plaintext()?;
    let colon = if is_mostly_han(&plain.text) {
        "："
    } else {
        ": "
    };
    let mut text = String::with_capacity(plain.text.len() + 32);
    for part in [&plain.turn.speaker, &memory.header.descriptive.key]
        .into_iter()
        .flatten()
    {
        text.push_str(part);
        text.push_str(colon);
    }
    text.push_str(&plain.text);
    if let Some(caption) = &plain.caption {
        text.push_str(" [image: ");
        text.push_str(caption);
        text.push(']');
    }
    Some(text)
}

/// Whether Han characters, at two to a word, outweigh letters, at five to a word.
fn is_mostly_han(text: &str) -> bool {
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
    fn chinese_outweighs_a_few_names() {
        assert!(is_mostly_han("我用 Python 写代码"));
        assert!(!is_mostly_han("I said 你好 to the people there"));
        assert_eq!((month_name(5), month_name(13)), ("May", ""));
    }
}
