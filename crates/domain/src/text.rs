//! Text that people write and other people read: cleaned once, at the border, so that everything inside is safe to show.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::refusal::Refusal;

/// Trims, composes (NFC) and checks one line of text of `least` to `most` characters.
///
/// # Errors
///
/// [`Refusal::TextLength`] and [`Refusal::TextUnprintable`], naming the field.
pub fn line(field: &str, raw: &str, least: usize, most: usize) -> Result<String, Refusal> {
    checked(field, raw, least, most, |_| false)
}

/// The same for a text that may have several lines; line ends become `\n`.
///
/// # Errors
///
/// As [`line()`].
pub fn lines(field: &str, raw: &str, least: usize, most: usize) -> Result<String, Refusal> {
    checked(field, &raw.replace("\r\n", "\n"), least, most, |letter| matches!(letter, '\n' | '\t'))
}

fn checked(
    field: &str,
    raw: &str,
    least: usize,
    most: usize,
    tolerated: impl Fn(char) -> bool,
) -> Result<String, Refusal> {
    let clean: String = raw.trim().nfc().collect();
    if !(least..=most).contains(&clean.chars().count()) {
        return Err(Refusal::TextLength { field: field.to_owned(), least, most });
    }
    if clean.chars().any(|letter| is_hidden(letter) && !tolerated(letter)) {
        return Err(Refusal::TextUnprintable { field: field.to_owned() });
    }
    if has_card_number(&clean) {
        return Err(Refusal::CardNumber { field: field.to_owned() });
    }
    Ok(clean)
}

/// Whether the text holds what looks like the number of a payment card: 13 to 19 digits, alone or in groups with a blank, a
/// dash or the like between, that begin like one (3 to 6) and end in the right check digit (Luhn, ISO/IEC 7812-1). Other
/// groups may stand before and behind it, such as the month in which it expires. No such number may ever lie in the database
/// (`promises.md` M5). An ISBN begins with 9, a phone number abroad with a plus.
#[must_use]
pub fn has_card_number(text: &str) -> bool {
    runs_of_digits(text).iter().any(|groups| {
        let glued = groups.iter().any(|group| GLUED.contains(&group.len()) && begins_with_card_number(group));
        glued || (0..groups.len()).any(|first| begins_with_groups_of_card_number(&groups[first..]))
    })
}

/// How many digits there are when what belongs to a card is written behind its number without a letter between.
const GLUED: RangeInclusive<usize> = 20..=23;

/// Groups of digits with one letter between that people write there. What follows a plus is a phone number and left out.
fn runs_of_digits(text: &str) -> Vec<Vec<Vec<u32>>> {
    let digit = |letter: char| match letter {
        '٠'..='٩' => Some(u32::from(letter) - u32::from('٠')),
        '۰'..='۹' => Some(u32::from(letter) - u32::from('۰')),
        _ => letter.to_digit(10),
    };
    let mut runs: Vec<Vec<Vec<u32>>> = Vec::new();
    // What stands before: whether the run goes on, and whether the group does.
    let (mut in_run, mut in_group, mut is_phone) = (false, false, false);
    for letter in text.chars() {
        match (digit(letter), runs.last_mut()) {
            (Some(_), _) if is_phone => {}
            (Some(value), Some(run)) if in_run => {
                match run.last_mut() {
                    Some(group) if in_group => group.push(value),
                    _ => run.push(vec![value]),
                }
                in_group = true;
            }
            (Some(value), _) => {
                runs.push(vec![vec![value]]);
                (in_run, in_group) = (true, true);
            }
            (None, _) => {
                let goes_on = is_between(letter) && in_group;
                is_phone = letter == '+' || (is_phone && is_between(letter));
                (in_run, in_group) = (goes_on, false);
            }
        }
    }
    runs
}

fn begins_with_groups_of_card_number(groups: &[Vec<u32>]) -> bool {
    let mut digits = Vec::new();
    groups.iter().any(|group| {
        digits.extend(group);
        is_card_number(&digits)
    })
}

/// Of 16 digits, or 15.
fn begins_with_card_number(digits: &[u32]) -> bool {
    [16, 15].into_iter().any(|length| digits.get(..length).is_some_and(is_card_number))
}

/// What people write between groups of digits.
const fn is_between(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '.' | '/' | '\u{a0}' | '\u{2009}' | '\u{2010}'..='\u{2014}' | '\u{202f}')
}

fn is_card_number(digits: &[u32]) -> bool {
    let begins = digits.first().is_some_and(|first| (3..=6).contains(first));
    begins && (13..=19).contains(&digits.len()) && has_check_digit(digits)
}

/// Whether digits end in the right check digit (Luhn, ISO/IEC 7812-1).
#[must_use]
pub fn has_check_digit(digits: &[u32]) -> bool {
    let doubled = |value: u32| if value > 4 { value * 2 - 9 } else { value * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &value)| if place % 2 == 1 { doubled(value) } else { value })
        .sum();
    sum.is_multiple_of(10)
}

/// Control characters, direction overrides and isolates, and code points that are never text. The joiners stay: Arabic
/// and emoji need them. So do the direction marks U+200E and U+200F, which cannot hide anything.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{200b}' | '\u{2060}')
        || (u32::from(letter) & 0xfffe) == 0xfffe
}

/// The words of a text as the search index keeps them: lower case, without accents and Arabic marks, the forms of alef
/// and of the final ya and ta folded, Arabic-Indic digits as digits. Searching folds the same way, so `CAFÉ` finds
/// `cafe` and `مكتبه` finds `مَكْتَبَة`.
pub fn fold(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !(letter.is_alphanumeric() || is_combining_mark(letter) || letter == 'ـ'))
        .map(|word| {
            word.nfkd()
                .filter(|&letter| !is_combining_mark(letter) && letter != 'ـ')
                .flat_map(char::to_lowercase)
                .map(|letter| match letter {
                    'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
                    'ى' | 'ی' => 'ي',
                    'ة' => 'ه',
                    'ک' => 'ك',
                    '٠'..='٩' => char::from_digit(u32::from(letter) - u32::from('٠'), 10).unwrap_or(letter),
                    '۰'..='۹' => char::from_digit(u32::from(letter) - u32::from('۰'), 10).unwrap_or(letter),
                    'ß' => 's',
                    other => other,
                })
                .filter(|letter| letter.is_alphanumeric())
                .collect::<String>()
        })
        .filter(|word| !word.is_empty())
}

/// The words of a search, folded; the last one is matched as the start of a word, because it may still be being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    words: Vec<String>,
}

impl Search {
    /// The most words a search may have.
    pub const MOST_WORDS: usize = 8;

    /// Reads what a person typed into the search field.
    ///
    /// # Errors
    ///
    /// [`Refusal::SearchEmpty`] when there is not one word in it, or more than [`Search::MOST_WORDS`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let words: Vec<String> = fold(text).map(|word| word.chars().take(40).collect()).collect();
        if words.is_empty() || words.len() > Self::MOST_WORDS {
            return Err(Refusal::SearchEmpty { most: Self::MOST_WORDS });
        }
        Ok(Self { words })
    }

    /// The folded words in the order they were typed; never empty.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// `PlaceBid` becomes `place_bid`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_card_number_is_refused_and_other_long_numbers_are_not() {
        // The numbers that card schemes publish for tests.
        for text in [
            "4242424242424242",
            "pay with 4242 4242 4242 4242 please",
            "5555-5555-5555-4444",
            "5555.5555.5555.4444, exp 12/27",
            "3782 822463 10005",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            // Other digits may stand beside it.
            "my card is 4242 4242 4242 4242 12/27 cvc 123",
            "4242424242424242 12/27",
            "4242424242424242/12/27",
            "12/27 4242424242424242",
            "1 4242424242424242",
            "tel 70123456 4242424242424242",
            "42424242424242421227",
            "+961 3 123 456, 4242424242424242",
        ] {
            let refused = Err(Refusal::CardNumber { field: "title".to_owned() });
            assert_eq!(line("title", text, 0, 100), refused, "{text}");
        }
        for text in [
            "4242424242424241",
            "ISBN 978-0-13-468599-1",
            "+961 3 123 456, +4242424242424242",
            "350 000 LBP, 2 pieces, room 401",
            "1234567812345670",
            "42424242424242424242424242424242",
            "IBAN LB62 0999 0000 0001 0019 0122 9114",
            "03 123456, 70 123456, 71 654321",
        ] {
            assert!(line("title", text, 0, 100).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_line_is_trimmed_composed_and_counted_in_characters() {
        assert_eq!(line("title", "  Cafe\u{301} table ", 3, 10), Ok("Café table".to_owned()));
        assert!(matches!(line("title", "ab", 3, 10), Err(Refusal::TextLength { .. })));
        assert!(matches!(line("title", "          ", 1, 10), Err(Refusal::TextLength { .. })));
        assert_eq!(line("title", "كتاب", 4, 4), Ok("كتاب".to_owned()));
    }

    #[test]
    fn hidden_characters_are_refused() {
        for raw in [
            "a\0b",
            "a\u{1b}[31mb",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\nb",
            "a\u{feff}b",
            "a\u{7f}b",
            "a\u{ffff}b",
        ] {
            assert!(matches!(line("title", raw, 1, 20), Err(Refusal::TextUnprintable { .. })), "{raw:?}");
        }
        assert_eq!(lines("description", "a\r\nb\tc", 1, 20), Ok("a\nb\tc".to_owned()));
        assert!(lines("description", "a\u{8}b", 1, 20).is_err());
    }

    #[test]
    fn search_folds_accents_and_arabic_forms() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(fold(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("Café-Crème, L'été!", &["cafe", "creme", "l", "ete"]);
        check("مَكْتَبَة", &["مكتبه"]);
        check("أحمد إلى", &["احمد", "الي"]);
        check("كـــتاب ٣٠", &["كتاب", "30"]);
        check("ﬁne ½", &["fine", "12"]);
        check("a\"b OR c*", &["a", "b", "or", "c"]);
    }

    #[test]
    fn a_search_without_a_word_is_refused() {
        for text in ["", "  ", "\"*()", "---"] {
            assert!(Search::parse(text).is_err(), "{text}");
        }
        assert!(Search::parse("a b c d e f g h i").is_err());
    }
}
