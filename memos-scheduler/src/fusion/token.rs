//! Text as tokens of one spelling: case, width, diacritics, contractions and numerals do not
//! distinguish them. A Han character is a token of its own.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters of a script with spaces.
    Word,
    /// One Han character.
    Han,
    /// A number in decimal digits.
    Number,
    /// The end of a sentence; `?` or `.`.
    End,
    /// A comma, a colon, a bracket, a quotation mark.
    Break,
}

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The normal form.
    pub(super) text: Box<str>,
    pub(super) kind: Kind,
    /// Whether it begins with a capital letter in the text.
    pub(super) capital: bool,
}

impl Token {
    fn new(text: &str, kind: Kind, capital: bool) -> Self {
        Self {
            text: text.into(),
            kind,
            capital,
        }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        &*self.text == text
    }

    pub(super) fn is_mark(&self) -> bool {
        matches!(self.kind, Kind::End | Kind::Break)
    }
}

/// Splits a text. What lies in a fenced block of code is left out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    // Every second part lies between fences.
    for (i, part) in text.split("```").enumerate() {
        if i % 2 == 0 {
            split(part, &mut out);
        } else {
            out.push(Token::new(".", Kind::End, false));
        }
    }
    out
}

fn split(text: &str, out: &mut Vec<Token>) {
    let chars: Vec<char> = text.chars().filter_map(fold).collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if is_han(c) {
            at += if let Some((value, len)) = numeral(&chars[at..]) {
                out.push(Token::new(&value.to_string(), Kind::Number, false));
                len
            } else {
                out.push(Token::new(c.encode_utf8(&mut [0; 4]), Kind::Han, false));
                1
            };
        } else if c.is_alphanumeric() {
            let len = run(&chars[at..]);
            word(&chars[at..at + len], out);
            at += len;
        } else {
            mark(c, &chars[at + 1..], out);
            at += 1;
        }
    }
}

/// How far a word, a number or an e-mail address reaches from its first character.
fn run(chars: &[char]) -> usize {
    let joins = |i: usize| {
        let next = chars.get(i + 1).copied().unwrap_or(' ');
        let digits = chars[i - 1].is_ascii_digit() && next.is_ascii_digit();
        match chars[i] {
            '\'' => next.is_alphabetic() && !is_han(next),
            '@' | '.' | '_' | '-' | '+' => next.is_alphanumeric() && !is_han(next),
            ':' | ',' => digits,
            _ => false,
        }
    };
    let mut len = 1;
    while len < chars.len() && ((chars[len].is_alphanumeric() && !is_han(chars[len])) || joins(len))
    {
        len += 1;
    }
    len
}

fn word(chars: &[char], out: &mut Vec<Token>) {
    let capital = chars[0].is_uppercase();
    let text: String = chars.iter().flat_map(|c| c.to_lowercase()).collect();
    if text.contains('@') && !text.starts_with('@') {
        out.push(Token::new(&text, Kind::Word, false));
        return;
    }
    let mut first = true;
    for part in text.split(['-', '_', '+', '@']).filter(|p| !p.is_empty()) {
        // `Ph.D` is one word, `me.And` are two, `1.5` is a number.
        let parts: Vec<&str> = part.split('.').collect();
        let is_number = part
            .chars()
            .all(|c| c.is_ascii_digit() || ".,:".contains(c));
        if is_number || parts.len() == 1 {
            plain(part, capital && first, out);
        } else if parts.iter().all(|p| p.len() <= 2) {
            plain(&parts.concat(), capital && first, out);
        } else {
            for p in parts {
                plain(p, capital && first, out);
            }
        }
        first = false;
    }
}

/// A word without joints, perhaps with digits or an apostrophe inside.
fn plain(text: &str, capital: bool, out: &mut Vec<Token>) {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && !".,:".contains(c))
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if !number.is_empty() {
        number_token(&number.replace(',', ""), out);
        if matches!(rest, "st" | "nd" | "rd" | "th" | "") {
            return;
        }
    }
    for (i, piece) in expand(rest).into_iter().enumerate() {
        match numeral_word(piece) {
            Some(value) => out.push(Token::new(&value.to_string(), Kind::Number, false)),
            None => out.push(Token::new(piece, Kind::Word, capital && i == 0)),
        }
    }
}

/// Groups of digits in a row are one number, if they are as long as a telephone number.
fn number_token(number: &str, out: &mut Vec<Token>) {
    if let Some(last) = out.last_mut()
        && last.kind == Kind::Number
        && (last.text.len() >= 2 && number.len() >= 3
            || number.len() == 2 && (last.text.starts_with('0') || last.text.len() >= 6))
        && last.text.bytes().all(|b| b.is_ascii_digit())
    {
        last.text = format!("{}{number}", last.text).into();
    } else {
        out.push(Token::new(number, Kind::Number, false));
    }
}

fn mark(c: char, rest: &[char], out: &mut Vec<Token>) {
    const SHORT: [&str; 8] = ["st", "mr", "mrs", "ms", "dr", "prof", "phd", "vs"];
    let (text, kind) = match c {
        '.' if out.last().is_some_and(|t| SHORT.contains(&&*t.text)) => return,
        '.' if rest.first().is_some_and(char::is_ascii_digit) => return,
        '?' => ("?", Kind::End),
        '.' | '!' | '。' | ';' | '\n' | '…' => (".", Kind::End),
        ':' => (":", Kind::Break),
        '"' | '“' | '”' | '「' | '」' => ("\"", Kind::Break),
        ',' | '、' | '(' | ')' | '—' | '–' | '《' | '》' => (",", Kind::Break),
        '$' | '€' | '£' | '¥' | '%' => {
            out.push(Token::new(c.encode_utf8(&mut [0; 4]), Kind::Word, false));
            return;
        }
        _ => return,
    };
    out.push(Token::new(text, kind, false));
}

/// A contraction in full. `'s` may be `is`, `has` or a genitive, and stays as it is.
fn expand(word: &str) -> Vec<&str> {
    const WHOLE: [(&str, &[&str]); 14] = [
        ("can't", &["can", "not"]),
        ("won't", &["will", "not"]),
        ("cannot", &["can", "not"]),
        ("let's", &["let", "us"]),
        ("it's", &["it", "is"]),
        ("that's", &["that", "is"]),
        ("he's", &["he", "is"]),
        ("she's", &["she", "is"]),
        ("im", &["i", "am"]),
        ("ive", &["i", "have"]),
        ("dont", &["do", "not"]),
        ("doesnt", &["does", "not"]),
        ("isnt", &["is", "not"]),
        ("cant", &["can", "not"]),
    ];
    const ENDS: [(&str, &str); 6] = [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
    ];
    if let Some((_, full)) = WHOLE.iter().find(|(short, _)| *short == word) {
        return full.to_vec();
    }
    for (end, full) in ENDS {
        if let Some(base) = word.strip_suffix(end) {
            return vec![base, full];
        }
    }
    match word.strip_suffix("'s") {
        Some(base) => vec![base, "'s"],
        None => word.split('\'').filter(|p| !p.is_empty()).collect(),
    }
}

fn numeral_word(word: &str) -> Option<usize> {
    const CARDINAL: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    const ORDINAL: [&str; 11] = [
        "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    let place = |words: &[&str]| words.iter().position(|w| *w == word);
    place(&CARDINAL)
        .or_else(|| place(&ORDINAL))
        .filter(|_| !word.is_empty())
}

/// A number in Chinese numerals below ten thousand at the start, and how many characters it takes.
fn numeral(chars: &[char]) -> Option<(u32, usize)> {
    const DIGITS: &str = "零一二三四五六七八九";
    let digit = |c: char| match c {
        '〇' => Some(0),
        '两' => Some(2),
        _ => DIGITS.chars().position(|d| d == c),
    };
    // 一 is no number in 一直, 一起 and the like.
    if chars[0] == '一'
        && chars
            .get(1)
            .is_some_and(|c| "直些样起定般边旦切会下点".contains(*c))
    {
        return None;
    }
    let (mut total, mut last, mut len) = (0_u32, None::<u32>, 0);
    // The unit that a last digit is of: 三千五 is 3500, 三千零五 is 3005.
    let mut open = 1;
    for &c in chars.iter().take(8) {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => match digit(c).and_then(|d| u32::try_from(d).ok()) {
                Some(d) => {
                    if d == 0 {
                        open = 1;
                    }
                    last = Some(last.unwrap_or(0) * 10 + d);
                    len += 1;
                    continue;
                }
                None => break,
            },
        };
        total += last.take().unwrap_or(1) * unit;
        open = unit / 10;
        len += 1;
    }
    (len > 0).then(|| (total + last.unwrap_or(0) * open.max(1), len))
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '〇')
}

/// One spelling for forms of a character that differ in width or accent alone.
fn fold(c: char) -> Option<char> {
    // U+00C0 to U+017F without their accents; a blank stands for "as it is".
    const PLAIN: &str = "AAAAAA CEEEEIIII NOOOOO OUUUUY  aaaaaa ceeeeiiii nooooo ouuuuy yAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi  JjKk LlLlLl  LlNnNnNn   OoOoOo  RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZz ";
    Some(match c {
        '\u{0300}'..='\u{036F}' | '\u{FE0F}' | '\u{200D}' => return None,
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{00C0}'..='\u{017F}' => {
            let place = usize::try_from(u32::from(c) - 0xC0).unwrap_or(usize::MAX);
            match PLAIN.as_bytes().get(place) {
                Some(b' ') | None => c,
                Some(plain) => char::from(*plain),
            }
        }
        '\u{3000}' | '\u{00A0}' => ' ',
        '’' | '‘' | '`' => '\'',
        '〜' => '~',
        '\u{4E00}'..='\u{9FFF}' => simplified(c),
        _ => c,
    })
}

/// The simplified form of the commonest traditional characters.
fn simplified(c: char) -> char {
    const PAIRS: &str = "個个們们這这來来時时說说對对會会過过還还後后從从開开關关長长東东車车門门問问間间聽听讀读書书買买賣卖錢钱學学習习業业務务電电話话號号碼码聯联繫系親亲愛爱歡欢覺觉點点麼么樣样為为與与將将嗎吗現现實实總总經经驗验結结離离單单雙双兒儿媽妈爺爷婦妇姊姐舊旧換换變变動动場场廠厂廣广園园圖图館馆醫医藥药師师級级歲岁萬万億亿兩两塊块歐欧臺台灣湾華华漢汉語语譯译設设計计網网絡络線线機机飛飞鐵铁銀银飯饭麵面魚鱼雞鸡鴨鸭貓猫豬猪馬马鳥鸟種种類类發发頭头腦脑臉脸體体氣气風风雲云陽阳陰阴熱热涼凉溫温濕湿乾干淨净髒脏輕轻難难緊紧鬆松遠远進进運运達达選选擇择辦办報报紙纸費费價价貴贵貨货質质貿贸贊赞購购讓让請请謝谢認认識识記记許许誰谁調调談谈論论講讲試试課课該该諾诺際际陳陈隊队階阶隨随險险靜静顏颜題题願愿顧顾顯显飲饮養养騎骑鬧闹齊齐龍龙無无煙烟戲戏戰战護护據据擔担擁拥攝摄敗败數数斷断權权樂乐樓楼標标橋桥檢检歷历殺杀決决沒没滅灭滿满漲涨災灾爭争獎奖獨独當当療疗盡尽監监盤盘確确禮礼簡简糧粮約约紅红細细終终組组統统絲丝給给繪绘續续績绩編编緣缘縣县聲声職职腳脚膽胆處处補补裝装裡里複复見见規规視视訂订訊讯訓训託托訪访";
    let mut chars = PAIRS.chars();
    while let (Some(traditional), Some(simple)) = (chars.next(), chars.next()) {
        if traditional == c {
            return simple;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> String {
        let tokens = tokens(text);
        let texts: Vec<&str> = tokens.iter().map(|t| &*t.text).collect();
        texts.join(" ")
    }

    #[test]
    fn forms_of_one_spelling_are_one() {
        assert_eq!(texts("Ｃafé, I’m"), texts("cafe， i am"));
        assert_eq!(texts("cafe\u{301}"), "cafe");
        assert_eq!(texts("ÀÿŁńŠż"), "ayłnsz".replace('ł', "l"));
        assert_eq!(
            texts("can't won't dad's Ph.D."),
            "can not will not dad 's phd"
        );
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(
            texts("7am, the 1st, three, $1,200.50"),
            "7 am , the 1 , 3 , $ 1200.50"
        );
        assert_eq!(texts("三月十四号一直两百零五"), "3 月 14 号 一 直 205");
        assert_eq!(texts("三千五，二十五，一百二十"), "3500 , 25 , 120");
        assert_eq!(texts("555-0142"), texts("555 0142"));
        assert_eq!(texts("138 0013 8000"), "13800138000");
    }

    #[test]
    fn an_address_is_one_token_and_code_is_none() {
        assert_eq!(texts("Write A.b@example.org."), "write a.b@example.org .");
        assert_eq!(texts("a ```let x = 1;``` b"), "a . b");
    }
}
