//! Which characters belong to which way of writing.

/// How a character takes part in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Letter or digit of a script that puts spaces between words.
    Spaced,
    /// Character of a script that does not, or (Hangul) whose words carry endings.
    Unspaced,
    /// Mark that combines with the letter before it.
    Mark,
    /// Anything else.
    Break,
}

pub(crate) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() {
            Class::Spaced
        } else {
            Class::Break
        };
    }
    match u32::from(c) {
        0x0300..=0x036F => Class::Mark,
        0x0E00..=0x0EFF            // Thai, Lao
        | 0x1000..=0x109F          // Myanmar
        | 0x1780..=0x17FF          // Khmer
        | 0x1100..=0x11FF          // Hangul letters
        | 0x3005..=0x3007          // iteration marks, zero
        | 0x3041..=0x30FF          // Kana
        | 0x3131..=0x318E
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF          // Han
        | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF          // Hangul syllables
        | 0xF900..=0xFAFF
        | 0x20000..=0x323AF => {
            if c == '・' || c == '゛' || c == '゜' { Class::Break } else { Class::Unspaced }
        }
        _ if c.is_alphanumeric() => Class::Spaced,
        _ => Class::Break,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (c, expected) in [
            ('a', Class::Spaced),
            ('é', Class::Spaced),
            ('я', Class::Spaced),
            ('猫', Class::Unspaced),
            ('タ', Class::Unspaced),
            ('한', Class::Unspaced),
            ('ก', Class::Unspaced),
            ('・', Class::Break),
            ('。', Class::Break),
            ('\u{301}', Class::Mark),
        ] {
            assert_eq!(class(c), expected, "{c}");
        }
    }
}
