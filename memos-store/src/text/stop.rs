//! Words that carry no topic. English function words, and the characters that do their work in
//! Chinese and Japanese.

/// Sorted, lower case, unstemmed.
const ENGLISH: &[&str] = &[
    "a", "about", "above", "after", "again", "against", "all", "also", "am", "an", "and", "any",
    "are", "aren", "as", "at", "be", "because", "been", "before", "being", "below", "between",
    "both", "but", "by", "can", "cannot", "could", "couldn", "d", "did", "didn", "do", "does",
    "doesn", "doing", "don", "down", "during", "each", "few", "for", "from", "further", "had",
    "hadn", "has", "hasn", "have", "haven", "having", "he", "her", "here", "hers", "herself",
    "him", "himself", "his", "how", "i", "if", "in", "into", "is", "isn", "it", "its", "itself",
    "just", "let", "ll", "m", "me", "might", "more", "most", "mustn", "my", "myself", "no", "nor",
    "not", "now", "of", "off", "on", "once", "only", "or", "other", "ought", "our", "ours",
    "ourselves", "out", "over", "own", "re", "s", "same", "shan", "she", "should", "shouldn", "so",
    "some", "such", "t", "than", "that", "the", "their", "theirs", "them", "themselves", "then",
    "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up",
    "ve", "very", "was", "wasn", "we", "were", "weren", "what", "when", "where", "which", "while",
    "who", "whom", "why", "will", "with", "won", "would", "wouldn", "you", "your", "yours",
    "yourself", "yourselves",
];

/// Single characters of function in Chinese and Japanese. A pair is dropped only if both are here.
const UNSPACED: &str = "的了是我你他她它们在有和就不也都很这那吗呢吧啊呀哦嗯么什怎哪谁为与及而且但或把被让给对从到向于以之其着过得地个些还又再才只没会能可要想说去来上下里中后前时候样多少几请の は を に が と も で へ や か ね よ し た て な る い れ ら";

pub(crate) fn is_stop_word(word: &str) -> bool {
    ENGLISH.binary_search(&word).is_ok()
}

pub(crate) fn is_stop_character(c: char) -> bool {
    c != ' ' && UNSPACED.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(ENGLISH.windows(2).all(|w| w[0] < w[1]));
        assert!(is_stop_word("the") && !is_stop_word("may"));
        assert!(is_stop_character('的') && !is_stop_character('猫') && !is_stop_character(' '));
    }
}
