//! Text from others, made fit for a terminal: nothing in it moves the cursor, and its width is known.

use auboutique_domain::Money;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Whether a character could do more than stand in its cell.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{200b}' | '\u{2060}' | '\u{200e}' | '\u{200f}')
}

/// The text without what a terminal would obey; line ends stay, a tab becomes blanks.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("    "),
            '\r' => {}
            letter if is_hidden(letter) => clean.push('\u{fffd}'),
            letter => clean.push(letter),
        }
    }
    clean
}

/// Cleans every text in a value.
pub fn scrub(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.chars().any(|letter| is_hidden(letter) && letter != '\n') {
                *text = clean(text);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(scrub),
        Value::Object(fields) => fields.values_mut().for_each(scrub),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most that many cells, with `…` where it was cut.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
    if text.width() <= most {
        return text;
    }
    let mut short = String::new();
    let mut taken = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if taken + wide + 1 > most {
            break;
        }
        taken += wide;
        short.push_str(grapheme);
    }
    if most > 0 {
        short.push('…');
    }
    short
}

/// The text in exactly that many cells.
#[must_use]
pub fn fit(text: &str, cells: usize) -> String {
    let mut text = cut(text, cells);
    let missing = cells.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Where the lines of a text begin and end when they have at most that many cells: byte offsets, broken at blanks where
/// possible. A blank at a break belongs to the line it ends.
#[must_use]
pub fn breaks(text: &str, cells: usize) -> Vec<(usize, usize)> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut offset = 0;
    for hard in text.split('\n') {
        let mut start = 0;
        let mut taken = 0;
        let mut blank = None;
        for (at, grapheme) in hard.grapheme_indices(true) {
            let wide = grapheme.width();
            if taken + wide > cells && at > start && grapheme != " " {
                let next = blank.filter(|&blank| blank > start).unwrap_or(at);
                lines.push((offset + start, offset + next));
                start = next;
                taken = hard[start..at].width();
                blank = None;
            }
            taken += wide;
            if grapheme == " " {
                blank = Some(at + 1);
            }
        }
        lines.push((offset + start, offset + hard.len()));
        offset += hard.len() + 1;
    }
    lines
}

/// The lines of a text that have at most that many cells.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    breaks(text, cells).into_iter().map(|(start, end)| text[start..end].trim_end().to_owned()).collect()
}

/// Money for people: `12.50 USD`, `3,600,000 LBP`.
#[must_use]
pub fn money(money: &Money) -> String {
    let plain = money.to_string();
    let end = plain.find(['.', ' ']).unwrap_or(plain.len());
    let mut grouped = String::with_capacity(plain.len() + 4);
    for (at, digit) in plain[..end].char_indices() {
        if at > 0 && (end - at).is_multiple_of(3) && plain.as_bytes()[at - 1].is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &plain[end..]
}

/// What amounts of several currencies come to, for people: `12.50 USD and 50,000 LBP`.
#[must_use]
pub fn sums(sums: &[Money]) -> String {
    let sums: Vec<String> = sums.iter().map(money).collect();
    sums.join(" and ")
}

/// A name of the protocol as words: `like_new` becomes `like new`.
#[must_use]
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_moves_the_cursor() {
        assert_eq!(clean("a\u{1b}[2Jb\r\n\tc\u{202e}"), "a\u{fffd}[2Jb\n    c\u{fffd}");
        let mut value = serde_json::json!({ "a": ["x\u{7}"], "b": 1 });
        scrub(&mut value);
        assert_eq!(value, serde_json::json!({ "a": ["x\u{fffd}"], "b": 1 }));
    }

    #[test]
    fn a_text_fits_its_cells_whatever_its_letters() {
        for text in [
            "calculus",
            "كتاب التفاضل والتكامل",
            "漢字漢字漢字漢字",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "",
        ] {
            for cells in 0..9 {
                assert_eq!(width(&fit(text, cells)), cells, "{text} in {cells}");
            }
        }
        assert_eq!(cut("calculus", 5), "calc…");
        assert_eq!(cut("calc", 4), "calc");
    }

    #[test]
    fn money_is_grouped_for_the_eye() {
        use auboutique_domain::Currency;
        let check =
            |minor, currency, expected: &str| assert_eq!(money(&Money::new(minor, currency)), expected);
        check(1_250, Currency::Usd, "12.50 USD");
        check(123_456_789, Currency::Usd, "1,234,567.89 USD");
        check(3_600_000, Currency::Lbp, "3,600,000 LBP");
        check(-100_000, Currency::Lbp, "-100,000 LBP");
        check(5, Currency::Lbp, "5 LBP");
    }

    #[test]
    fn lines_are_broken_at_blanks_and_lose_nothing() {
        assert_eq!(wrap("a desk lamp, hardly used", 10), ["a desk", "lamp,", "hardly", "used"]);
        assert_eq!(wrap("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
        assert_eq!(wrap("one\n\ntwo", 10), ["one", "", "two"]);
        for text in ["漢字漢字漢字", "a b  c d", "كتاب التفاضل", "x\n"] {
            for cells in 1..8 {
                let joined: String = breaks(text, cells).iter().map(|&(a, b)| &text[a..b]).collect();
                assert_eq!(joined, text.replace('\n', ""), "{text} in {cells}");
            }
        }
    }
}
