//! The usual ways to ask in Chinese. The tables are in simplified characters; the few traditional
//! ones that they need are mapped before.

use memos_core::Intent;

pub(super) fn intent(question: &str) -> Intent {
    let text: String = question.chars().map(simplified).collect();
    let sentences = || text.split(['。', '？', '！', '?', '!', '\n']);
    Intent {
        asks_time: asks_time(&text),
        asks_assistant: sentences().any(|s| clauses(s).any(|(clause, _)| asks_assistant(clause))),
        asks_help: sentences().any(|s| clauses(s).any(|(clause, rest)| asks_help(clause, rest))),
    }
}

/// The clauses of a sentence, each with itself and all that follows.
fn clauses(sentence: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(sentence);
    std::iter::from_fn(move || {
        let all = rest?;
        let (clause, next) = match all.split_once(['，', ',', '；', ';', '：', ':']) {
            Some((clause, next)) => (clause, Some(next)),
            None => (all, None),
        };
        rest = next;
        Some((clause.trim(), all.trim()))
    })
}

/// Always a question for a time.
const TIME: &str = "\
    什么时候 啥时候 什么时间 什么日子 什么日期 哪个时候 何时 何日 何年 几时 啥时 哪天 \
    哪一天 哪日 哪年 哪一年 哪个月 哪一个月 哪月 哪周 哪一周 哪个星期 哪个季节 几号 几月 \
    几日 星期几 周几 礼拜几 多久 多长时间 多少时间 多少天 多少年 多少个月 多少周 \
    多少个星期 多少小时 多少个小时 多少分钟 截止 截至日期 期限 到期 日期是 时间是";

/// A question for a time, but after [`SOME`] an unnamed number of days, years, points.
const TIME_OR_SOME: &str = "几天 几年 几个月 几周 几个星期 几个小时 几小时 几分钟 几点";
const SOME: &[char] = &[
    '这', '那', '前', '近', '过', '头', '好', '十', '后', '最', '上', '下', '有',
];

fn asks_time(text: &str) -> bool {
    contains_any(text, TIME)
        || words(TIME_OR_SOME).any(|words| {
            text.match_indices(words).any(|(at, _)| {
                let still = text[..at].ends_with("还有") || text[..at].ends_with("共有");
                still || !text[..at].ends_with(SOME)
            })
        })
}

/// Who answers in a dialogue with an assistant.
const ASSISTANT: &str = "你 您 助手 助理 机器人 AI";
const SAYS: &str = "\
    推荐 建议 说 告诉 提到 提过 提及 讲 给出 给过 回答 列出 列举 介绍 解释 提议 教 写 分析 \
    总结 给我的";
/// Between the two: it was then.
const THEN: &str = "\
    之前 上次 上回 以前 先前 当时 曾 刚才 刚刚 昨天 前天 那天 那次 最初 一开始 前面 \
    早些时候 上周 上个月 去年 是怎么 是如何 第一次 什么时候";
/// Right after the verb: it is done.
const DONE: &str = "了 过 的 给我的 我的 到的 到过 到了 给过 给了";
/// Between the two: it is wished for, or someone else speaks.
const WISHED: &str = "\
    能 会 可以 可不可以 想 觉得 认为 应该 请 我说 我提 我之前 我上次 我当时 我们 妈 爸 他 \
    她";
/// Between the assistant and the verb lie at most so many characters.
const REACH: usize = 12;

fn asks_assistant(clause: &str) -> bool {
    words(ASSISTANT).any(|who| {
        clause.match_indices(who).any(|(at, _)| {
            let after = within_reach(&clause[at + who.len()..]);
            let wished_before = clause[..at].ends_with(['请', '问', '给', '跟']);
            !wished_before && words(SAYS).any(|verb| said(after, verb))
        })
    })
}

/// As much of a text as a verb and what marks it as past can lie in.
fn within_reach(after: &str) -> &str {
    let end = after.char_indices().nth(REACH + 6);
    &after[..end.map_or(after.len(), |(i, _)| i)]
}

/// Whether the verb follows, and speaks of the past.
fn said(after: &str, verb: &str) -> bool {
    after.match_indices(verb).any(|(at, _)| {
        let (between, then) = (&after[..at], &after[at + verb.len()..]);
        if between.chars().count() > REACH || contains_any(between, WISHED) {
            return false;
        }
        matches!(verb, "提到" | "提过" | "给过" | "给我的")
            || contains_any(between, THEN)
            || starts_with_any(then, DONE)
            // 你的建议是什么
            || (matches!(verb, "建议" | "推荐" | "回答") && between.ends_with('的'))
    })
}

/// Requests, wherever they stand in a clause.
const REQUEST: &str = "\
    帮我 帮忙 帮帮 教我 教教 能不能 能否 可否 可不可以 你能 您能 你可以 您可以 麻烦你 \
    麻烦您 有什么好 有没有好 有没有什么好 有哪些好 有什么推荐 有什么建议 有什么办法 \
    有什么方法 有什么技巧 有什么窍门 有没有推荐 有没有建议 有没有办法 有没有适合 \
    有什么适合 有哪些适合 有何建议 从哪里开始 从哪儿开始 从何入手 从哪里入手 求推荐 推荐一 \
    推荐几 推荐个 推荐些 推荐下 推荐点 推荐给我 怎么办 才能 给点 给些 给几 出个主意 出主意 \
    比较好 更合适 解释一下 介绍一下 讲解 你推荐 您推荐 你建议 您建议 你会推荐 你会建议 \
    给我讲 给我推荐 给我介绍 给我设计 给我写 给我列 给我一 给我几";
/// Requests to decide, unless a time is what is to be decided.
const DECIDE: &str = "\
    该怎么 该如何 该怎样 应该带 应该买 应该选 应该去 应该做 应该吃 应该准备 应该注意 我该 \
    我应该 我应当 我们该 我们应该 要准备什么 要注意什么 需要准备什么 需要注意什么";
/// At the end of a clause that names a choice: which is good?
const CHOICE: &str = "好 好呢 好些 合适 合适呢 最好 更好";
/// Requests at the start of a clause.
const IMPERATIVE: &str = "\
    请 推荐 建议 写 翻译 解释 生成 设计 制定 帮 教 给我 为我 替我 麻烦 列个 做一 做个 来一 \
    来个 编 画";
const NOT_IMPERATIVE: &str = "\
    请问 请客 请假 请的 推荐的 推荐过 推荐菜 推荐信 建议的 建议书 写的 写过 写了 写字 写作 \
    设计师 设计的 翻译的 教室 教练 教师 教授 教的 画的 画家 画画 编辑 帮了 帮过 生成的 \
    给我的";
const LEADS: &str = "那么 那 然后 另外 还有 现在 好的 所以 请问 想问 请教";
const HOW: &str = "怎么 如何 怎样";
/// After these, 怎么 does not ask how to do something.
const NOT_HOW: &str = "怎么样 怎么了 怎么会 怎么这么 怎么那么 怎么回事 怎么看";
const WE: &str = "我 咱 大家";

/// What makes a request a question about the past, or about the conversation.
const PAST: &str = "\
    我说 我提到 我提过 我提及 我讲过 我问过 我告诉 我之前 我上次 我以前 我当时 我曾 我刚才 \
    我们之前 我们上次 我们以前 我们聊 我们讨论 我们谈 我们说 你之前 你上次 你当时 你刚才 \
    你说过 你说的 你提到 你告诉过 你推荐过 你推荐的 你推荐了 你建议过 你建议的 你建议了 \
    你帮我写的 提醒我 记得 记不记得 是怎么 是如何 是怎样 对话中 对话里 聊天记录 到目前为止 \
    迄今 你给我推荐的 你给我推荐了 给我推荐的 给我推荐了 给我推荐过 给我写的 给我讲的 \
    给我介绍的 给我写过 给我讲过 给我介绍过";
/// Times that a question about now does not name.
const LONG_AGO: &str = "昨天 前天 去年 前年 上周 上个月 上次 当时 曾经 那时 那天 小时候";

fn asks_help(clause: &str, rest: &str) -> bool {
    let start = words(LEADS)
        .find_map(|lead| clause.strip_prefix(lead))
        .unwrap_or(clause);
    let imperative = starts_with_any(start, IMPERATIVE) && !starts_with_any(start, NOT_IMPERATIVE);
    let decides = contains_any(clause, DECIDE) && !asks_time(clause);
    let chooses =
        words(CHOICE).any(|choice| clause.ends_with(choice)) && contains_any(clause, "什么 哪 几");
    // 你能告诉我…吗 asks for a fact, unless it asks how.
    let told = clause.contains("告诉我") && !contains_any(clause, HOW);
    let requested = (contains_any(clause, REQUEST) && !told)
        || imperative
        || decides
        || chooses
        || asks_how(start);
    requested && !contains_any(rest, PAST) && !asks_assistant(clause)
}

/// "How do I …": about us, or about nobody, and not about how it went.
fn asks_how(clause: &str) -> bool {
    words(HOW).any(|how| {
        clause.match_indices(how).any(|(at, _)| {
            let (before, from) = (&clause[..at], &clause[at..]);
            let went = from.ends_with('的')
                || from.contains('了')
                || from.contains('过')
                || contains_any(before, LONG_AGO);
            !went
                && !starts_with_any(from, NOT_HOW)
                && (contains_any(before, WE) || is_thing(before))
        })
    })
}

/// Whether nobody is named before "how": nothing is, or a thing in a place (地毯上的红酒渍).
fn is_thing(before: &str) -> bool {
    const PLACES: &str = "上的 里的 中的 下的 内的";
    before.is_empty() || contains_any(before, PLACES)
}

/// The words of a table.
fn words(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.split_ascii_whitespace()
}

fn contains_any(text: &str, table: &'static str) -> bool {
    words(table).any(|word| text.contains(word))
}

fn starts_with_any(text: &str, table: &'static str) -> bool {
    words(table).any(|word| text.starts_with(word))
}

/// Traditional characters of the tables and their simplified forms.
const TRADITIONAL: &str = "時时麼么麽么幾几號号長长請请幫帮薦荐議议說说訴诉給给嗎吗個个們们過过點点週周\
会会會会應应該该樣样見见問问寫写為为還还記记對对話话從从來来間间禮礼歲岁講讲編编畫画計计設设解解釋释\
紹绍紅红準准備备麻麻煩烦師师聊聊討讨論论談谈當当剛刚現现舉举譯译";

fn simplified(c: char) -> char {
    let mut pairs = TRADITIONAL.chars();
    while let (Some(old), Some(new)) = (pairs.next(), pairs.next()) {
        if old == c {
            return new;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_characters_come_in_pairs() {
        assert_eq!(TRADITIONAL.chars().count() % 2, 0);
        assert_eq!(
            "什麼時候請幫我".chars().map(simplified).collect::<String>(),
            "什么时候请帮我"
        );
        assert_eq!(simplified('中'), '中');
    }

    #[test]
    fn a_clause_knows_what_follows() {
        let found: Vec<_> = clauses("一，二；三").collect();
        assert_eq!(
            found,
            [("一", "一，二；三"), ("二", "二；三"), ("三", "三")]
        );
    }
}
