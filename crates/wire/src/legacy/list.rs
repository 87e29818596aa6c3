//! Lists that fit into one message: clients that frame nothing take one `recv` for one message, and know no pages.

use std::borrow::Cow;

use super::python;

/// The most bytes a message may have: what these clients read at once.
pub const MOST: usize = 1_024;

/// How much room the texts of a row may take. There is less when not all rows fit with whole texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Texts stand as they are.
    Whole,
    /// Descriptions are cut short.
    Short,
    /// Names are, too: one row fits for certain.
    Least,
}

impl Room {
    const ALL: [Self; 3] = [Self::Whole, Self::Short, Self::Least];

    /// The name of a thing or a member.
    #[must_use]
    pub fn name(self, text: &str) -> Cow<'_, str> {
        if self == Self::Least { cut(text, 180) } else { Cow::Borrowed(text) }
    }

    /// A text that may be long.
    #[must_use]
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if self == Self::Whole { Cow::Borrowed(text) } else { cut(text, 90) }
    }
}

/// The text, or its beginning and three dots, in so many bytes of JSON.
#[must_use]
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if python::json_prefix(text, most) == text.len() {
        return Cow::Borrowed(text);
    }
    let kept = python::json_prefix(text, most.saturating_sub(3));
    Cow::Owned(format!("{}...", text.get(..kept).unwrap_or_default()))
}

/// Writes as many of the last rows as fit, in their order.
pub fn fitting<R>(rows: &[R], write: impl Fn(&[R], Room) -> String) -> String {
    let fits = |message: &String| message.len() <= MOST;
    if let Some(message) = Room::ALL[..2].iter().map(|&room| write(rows, room)).find(fits) {
        return message;
    }
    for room in Room::ALL.into_iter().skip(1) {
        // A row has at least some ten bytes.
        let most = rows.len().min(MOST / 10);
        let last = (1..=most).rev().filter_map(|count| rows.get(rows.len() - count..));
        if let Some(message) = last.map(|rows| write(rows, room)).find(fits) {
            return message;
        }
    }
    write(&[], Room::Least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(rows: &[(String, String)], room: Room) -> String {
        let row = |(name, text): &(String, String)| format!("{}: {}\n", room.name(name), room.text(text));
        format!("Rows\n{}", rows.iter().map(row).collect::<String>())
    }

    fn row(name: &str, length: usize) -> (String, String) {
        (name.to_owned(), "x".repeat(length))
    }

    #[test]
    fn rows_that_fit_stand_as_they_are() {
        let rows = [row("a", 3), row("b", 900)];
        assert_eq!(fitting(&rows, write), format!("Rows\na: xxx\nb: {}\n", "x".repeat(900)));
        assert_eq!(fitting(&[], write), "Rows\n");
    }

    #[test]
    fn long_texts_are_cut_before_rows_are() {
        let rows = [row("a", 600), row("b", 600)];
        let short = format!("{}...", "x".repeat(87));
        assert_eq!(fitting(&rows, write), format!("Rows\na: {short}\nb: {short}\n"));
    }

    #[test]
    fn what_does_not_fit_is_cut_at_a_whole_row_and_the_last_rows_stay() {
        let rows: Vec<_> = (0..400).map(|number| row(&format!("n{number:03}"), 20)).collect();
        let message = fitting(&rows, write);
        assert!(message.len() <= MOST && message.len() > MOST - 27);
        assert!(message.starts_with("Rows\nn") && message.ends_with("n399: xxxxxxxxxxxxxxxxxxxx\n"));
    }

    #[test]
    fn a_row_that_is_too_long_alone_is_cut_until_it_fits() {
        let message = fitting(&[row("b", 3), row(&"n".repeat(2_000), 2_000)], write);
        assert!(message.starts_with(&format!("Rows\nb: xxx\n{}...: xxx", "n".repeat(177))), "{message}");
    }
}
