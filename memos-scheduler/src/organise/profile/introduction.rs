//! Who introduces himself says much in one breath: "I am Zhang San, 28, a backend developer in
//! Hangzhou." Such a sentence is told apart into sentences that the rules know.

/// Words after which nothing is as it stands.
const WEAK: [&str; 12] = [
    " not ",
    "n't ",
    " if ",
    "used to",
    "no longer",
    "pretend",
    "imagine",
    " was ",
    " were ",
    " if i ",
    " would ",
    " said ",
];

/// The sentences that an English introduction stands for; none if it is no introduction.
pub(super) fn english(sentence: &str) -> Vec<String> {
    let lower = format!(" {} ", sentence.to_lowercase());
    if WEAK.iter().any(|word| lower.contains(word)) {
        return Vec::new();
    }
    let greeted = ["Hi", "Hello", "Hey"].iter().find_map(|greeting| {
        let rest = sentence.trim_start().strip_prefix(greeting)?;
        rest.strip_prefix([',', '!', ' ']).map(str::trim_start)
    });
    let sentence = greeted.unwrap_or(sentence).trim();
    let sentence = sentence.trim_end_matches(['.', '!', ' ']);
    let names_himself = ["My name is ", "my name is ", "My name's ", "my name's "];
    let is_himself = ["I am ", "I'm ", "I’m ", "i am ", "i'm "];
    let strip = |heads: &[&str]| heads.iter().find_map(|head| sentence.strip_prefix(head));
    let (named, rest) = match (strip(&names_himself), strip(&is_himself)) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Vec::new(),
    };
    let parts: Vec<&str> = rest.split(", ").map(str::trim).collect();
    let Some((first, more)) = parts.split_first() else {
        return Vec::new();
    };
    let told: Vec<String> = more
        .iter()
        .flat_map(|part| apposition(part, true))
        .collect();
    let is_name = is_name(first) && (named || !told.is_empty());
    if is_name && !told.is_empty() {
        let name = std::iter::once(format!("My name is {first}."));
        return name.chain(told).collect();
    }
    if !named && more.is_empty() {
        let told = apposition(first, false);
        // One sentence is what stood there.
        return if told.len() > 1 { told } else { Vec::new() };
    }
    Vec::new()
}

/// One to three words with capitals.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_one = |word: &&str| {
        word.starts_with(char::is_uppercase)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || c == '-' || c == '\'')
    };
    (1..=3).contains(&words.len()) && words.iter().all(is_one)
}

/// What stands beside a name: an age, a trade with its place, where from. `introduces` tells that a
/// name stands before it, so that a place after "in" is where he is.
fn apposition(part: &str, introduces: bool) -> Vec<String> {
    let part = part.strip_prefix("and ").unwrap_or(part);
    let number = part
        .strip_suffix(" years old")
        .or_else(|| part.strip_suffix(" y/o"));
    let number = number.unwrap_or(part);
    if let Ok(age) = number.parse::<u8>()
        && (1..=120).contains(&age)
    {
        return vec![format!("I'm {age} years old.")];
    }
    if part.starts_with("I ") || part.starts_with("I'") {
        return vec![format!("{part}.")];
    }
    if ["from ", "based in ", "living in ", "born in "]
        .iter()
        .any(|way| part.starts_with(way))
    {
        let verb = if part.starts_with("born") {
            "I was"
        } else {
            "I'm"
        };
        return vec![format!("{verb} {part}.")];
    }
    if !part.starts_with("a ") && !part.starts_with("an ") {
        return Vec::new();
    }
    let ways = [
        (" based in ", "I'm based in"),
        (" living in ", "I'm living in"),
        (" from ", "I'm from"),
        (" at ", "I work at"),
        (" in ", "I'm based in"),
    ];
    for (way, says) in ways {
        let Some((trade, place)) = part.split_once(way) else {
            continue;
        };
        let fits = is_name(place) && (introduces || way != " in ");
        return match fits {
            true => vec![format!("I'm {trade}."), format!("{says} {place}.")],
            false => vec![format!("I'm {part}.")],
        };
    }
    vec![format!("I'm {part}.")]
}

/// The clauses of a Chinese introduction, each with its speaker; none if it is no introduction.
pub(super) fn chinese(sentence: &str) -> Option<String> {
    let marks = ['，', ',', '；', ';'];
    let mut clauses = sentence.split(marks).map(str::trim);
    let first = clauses.next()?;
    let own = first.strip_prefix("你好").map_or(first, str::trim_start);
    let names_himself = ["我叫", "我的名字", "我名叫"]
        .iter()
        .any(|head| own.starts_with(head));
    let is_himself = own.strip_prefix('我')?.strip_prefix('是');
    if !names_himself && is_himself.is_none() {
        return None;
    }
    let mut told = Vec::new();
    let mut is_aged = false;
    for clause in clauses {
        let clause = clause.trim_end_matches(['。', '！', '!', '.']);
        let age = clause.strip_prefix("今年").unwrap_or(clause);
        let years = age.strip_suffix('岁').filter(|n| n.parse::<u8>().is_ok());
        if years.is_some() {
            is_aged = true;
            told.push(format!("我今年{age}"));
        } else if clause.starts_with('我') {
            told.push(clause.to_owned());
        } else if [
            "是", "住在", "来自", "喜欢", "热爱", "在", "从事", "目前", "现在", "做",
        ]
        .iter()
        .any(|head| clause.starts_with(head))
        {
            told.push(format!("我{clause}"));
        } else {
            // Somebody else may be spoken of.
            break;
        }
    }
    if told.is_empty() {
        return None;
    }
    let named = match is_himself {
        // Whose age follows has said his name.
        Some(name) if is_aged && (2..=4).contains(&name.chars().count()) => format!("我叫{name}"),
        _ => own.to_owned(),
    };
    Some(
        std::iter::once(named)
            .chain(told)
            .collect::<Vec<_>>()
            .join("，"),
    )
}
