//! The usual ways to ask in English.

use std::sync::LazyLock;

use memos_core::Intent;

use super::pattern::{Table, Words};

pub(super) fn intent(question: &str) -> Intent {
    let words = Words::of(question);
    Intent {
        asks_time: asks_time(&words),
        asks_assistant: TOLD.is_in(&words, words.all())
            || (YOUR_ADVICE.is_in(&words, words.all()) && !WANTS_ADVICE.is_in(&words, words.all())),
        asks_help: asks_help(&words),
    }
}

fn asks_time(words: &Words) -> bool {
    TIME.is_in(words, words.all())
        // "When Tom did retire?" asks; "When I feel low, what …" does not.
        || (WHEN_FIRST.is_in(words, words.last_sentence())
            && !ASKS_OTHERWISE.is_in(words, words.last_sentence()))
}

/// A request that its own clause, and what follows in the sentence, do not turn into a question
/// about the past.
fn asks_help(words: &Words) -> bool {
    let about_now = |at: usize| !PAST.is_in(words, words.clause_and_rest(at));
    HELP.starts(words, words.all()).any(about_now)
        || NEED.starts(words, words.last_sentence()).any(about_now)
}

/// Sets of words that the patterns name.
const SETS: &[(&str, &str)] = &[
    (
        "aux",
        "do does did is are was were will would should shall can could has have had am might must \
         's 'd 'll 're 've",
    ),
    (
        "modal",
        "should can could would need want might must may am 'm do 'd have will 'll",
    ),
    (
        "spans",
        "seconds minutes hours days nights weeks weekends months quarters years decades",
    ),
    (
        "point",
        "date dates day days month months year years weekday week season decade quarter hour",
    ),
    (
        "said",
        "recommended suggested told said mentioned advised proposed explained gave given wrote \
         listed described provided offered showed shown pointed outlined warned answered replied \
         shared drafted created generated helped taught named walked talked",
    ),
    (
        "say",
        "recommend suggest tell say mention advise propose explain give write list describe \
         provide offer show point outline warn answer reply share draft create generate help teach \
         name walk talk",
    ),
    (
        "advice",
        "advice recommendation recommendations suggestion suggestions answer answers reply replies \
         response responses explanation tip tips proposal instructions guidance",
    ),
    (
        "spoke",
        "mentioned said told discussed brought asked described talked covered shared agreed noted \
         stated spoke",
    ),
    (
        "talk",
        "conversation conversations chat chats discussion discussions session sessions",
    ),
    (
        "good",
        "best good better great easiest simplest right proper fastest quickest safest cheapest \
         recommended common typical effective efficient different possible useful",
    ),
    (
        "choice",
        "way ways approach approaches practice practices method methods option options strategy \
         strategies tool tools technique techniques step steps alternative alternatives to for when",
    ),
    (
        "once",
        "just already also previously originally once first earlier initially recently ever",
    ),
];

macro_rules! table {
    ($(#[$doc:meta])* $name:ident, $lines:literal) => {
        $(#[$doc])*
        static $name: LazyLock<Table> = LazyLock::new(|| Table::new($lines, SETS));
    };
}

table!(
    /// It asks for a point or a length of time.
    TIME,
    "when ?exactly|approximately|roughly|precisely|about|specifically|and|or @aux
     when and|or where|how|why
     when $
     tell|know|remember|recall|remind|say|specify|determine|figure|find|guess|recollect|check ?me|us|out|exactly when
     since|until|till|by when
     how long|soon|recently
     how many|few|much ?more|total|full|working|business|whole|extra|consecutive|calendar|additional|other @spans|time|longer
     what|which|whichever ?exact|specific|particular|calendar|academic|school|other|approximate @point !trip|job|planner|care|off
     what|which ?exact|specific time|times !management|zone|zones|machine|tracking|travel|series
     what part of the day|week|month|year
     what|which is|was|are|were|'s|will * date|dates|duration|birthday|timeframe !night|nights|idea|ideas|spot
     what|which is|was|'s the time|day|month|year $
     deadline|deadlines
     due|cutoff|closing|expiry|expiration|start|end date|dates"
);

table!(
    WHEN_FIRST,
    "^ when !i|you|we|he|she|they|it|my|your|our|his|her|their|the|a|an|this|that * @aux"
);

table!(
    ASKS_OTHERWISE,
    "what|which|who|whom|whose|where|why|how
     ^ do|does|did|is|are|was|were|will|would|should|can|could|has|have"
);

table!(
    /// The assistant's words are asked for.
    TOLD,
    "you ?@once @said
     you 've|have|had|'d ?@once @said
     did ?n't you !know|see|hear|notice
     have|had you ?@once @said
     the|my ?ai|virtual assistant|chatbot|bot|ai|model ?'s|@once @said|@advice
     did|does|had the|my ?ai|virtual assistant|chatbot|bot|ai|model * @say|@said
     recommended|suggested to me"
);

table!(
    YOUR_ADVICE,
    "your ?own|previous|earlier|last|first|original|initial|main|top|specific|past|exact @advice"
);

table!(
    WANTS_ADVICE,
    "is|are|'s|'re|be|need|want|like|love|appreciate your ?_ @advice"
);

table!(
    /// Requests, wherever they stand.
    HELP,
    "^ can|could|would|will you ?please|kindly|also|just !tell|please|kindly|also|just
     if|whether you can|could|would|might
     how ?best|exactly do|can|could|should|would|might|shall i|we|one|you|someone
     ^ how ?best|exactly to
     me|us|explain|on|know|for|and how ?best|exactly to
     what|which|where|who|how|when * should|could|can|must|shall i|we|one
     ^ should|shall i|we
     what|which|where|who|how|when * i|we should
     what|where|how do i start|begin|do|proceed
     @good ?_ for me|us
     ^^ let 's|us
     what|which|where|how|who * would|do you suggest|recommend|advise|think|propose
     would|do you suggest|recommend|advise
     do you have|know ?of any|some
     any ?_ tips|advice|ideas|suggestions|recommendations|thoughts|pointers|resources
     what|which is|are|'s|'re your ?_ @advice
     what are|'re some !of
     what|which are|is|'s|'re|would ?be ?the|a|an|some ?most @good ?_ ?_ @choice
     help me|us
     ^ help with
     is it ok|okay|safe|worth|possible|better|wise|normal to
     ^^ write|draft|explain|create|generate|make|plan|design|suggest|recommend|give|show|teach|outline|translate|rewrite|edit|improve|fix|build|prepare|compose|propose|implement|organize|organise|brainstorm|debug|calculate|solve|convert|walk"
);

table!(
    /// Wishes: requests when nothing is asked after them.
    NEED,
    "^ i|we need|want ?to !know|remember|recall|check|verify|confirm|see
     ^ i|we 'd|would like|love ?to !know|remember|recall|check|verify|confirm|see
     ^ i|we am|'m|are|'re looking|trying|hoping for|to !remember|recall|find|check
     ^ i|we could use"
);

table!(
    /// What makes a request a question about the past, or about the conversation.
    PAST,
    "did|had|was|were i|we|my|our|you|he|she|they
     have|has i|we|my|our
     've|have ?already|just|also|been @spoke
     i|we ?@once|had|actually @spoke
     you ?@once @said
     you 've|have|had ?@once @said
     remind me|us !to
     you|me|us remember|recall
     our|previous|past|earlier|prior|last ?_ ?_ @talk
     so far
     over time
     up to|until now
     back then
     last time
     summary|overview|recap|timeline|history|list of how|what|everything|my|our
     summarize|summarise|recap * how|what * i|my|we|our
     me|us ?again|exactly where|when|who|what|which ?_ i|we|my|our !@modal
     do i|we usually|normally|typically|often|currently|generally|regularly|feel|own|like|prefer
     what|which ?_ time|date|day|month|deadline * should|can|could|must|shall i|we
     when should|can|could|must|shall i|we"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_that_a_pattern_names_exists() {
        // An unknown set would be an empty one, and its patterns could never match.
        let source = include_str!("english.rs");
        let tables = source.split("#[cfg(test)]").next().unwrap();
        for name in tables.split('@').skip(1) {
            let name: String = name.chars().take_while(char::is_ascii_lowercase).collect();
            assert!(SETS.iter().any(|(set, _)| *set == name), "@{name}");
        }
    }
}
