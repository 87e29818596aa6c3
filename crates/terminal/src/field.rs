//! A field to type text into.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::text;

/// A text that is being typed, and where in it one is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// A byte offset between two graphemes.
    cursor: usize,
    /// Whether it has several lines.
    lines: bool,
    /// How wide it was when it was last drawn.
    cells: usize,
    /// Whether what stands in it is only proposed: what is typed first takes its place.
    is_proposed: bool,
}

/// What of a field is to be seen.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// The lines.
    pub lines: Vec<String>,
    /// Where the cursor is among them: column and row, in cells.
    pub cursor: (u16, u16),
}

impl Field {
    /// A field of one line, the cursor at its end.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len(), lines: false, cells: 40, is_proposed: false }
    }

    /// A field of one line with something that is proposed: what is typed first takes its place.
    #[must_use]
    pub fn proposed(text: &str) -> Self {
        Self { is_proposed: true, ..Self::line(text) }
    }

    /// A field of several lines.
    #[must_use]
    pub fn lines(text: &str) -> Self {
        Self { lines: true, ..Self::line(text) }
    }

    /// What is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Puts another text in, the cursor at its end.
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = text.len();
    }

    /// Empties the field, and returns what was in it.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts in what was pasted.
    pub fn paste(&mut self, pasted: &str) {
        let mut pasted = text::clean(&pasted.replace("\r\n", "\n").replace('\r', "\n"));
        if !self.lines {
            pasted = pasted.trim_end_matches('\n').replace('\n', " ");
        }
        self.insert(&pasted);
    }

    fn insert(&mut self, new: &str) {
        if std::mem::take(&mut self.is_proposed) {
            self.take();
        }
        self.text.insert_str(self.cursor, new);
        self.cursor += new.len();
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |next| self.cursor + next.len())
    }

    fn word_before(&self) -> usize {
        let start = self.text[..self.cursor].trim_end();
        start
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + start[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let blanks = rest.len() - rest.trim_start().len();
        rest[blanks..].find(char::is_whitespace).map_or(self.text.len(), |at| self.cursor + blanks + at)
    }

    fn place(&self) -> (Vec<(usize, usize)>, usize) {
        let breaks = text::breaks(&self.text, self.cells);
        let row = breaks.iter().rposition(|&(start, _)| start <= self.cursor).unwrap_or(0);
        (breaks, row)
    }

    /// Goes a line up or down; false when there is none.
    fn vertical(&mut self, down: bool) -> bool {
        let (breaks, row) = self.place();
        let Some(&(start, end)) =
            (if down { breaks.get(row + 1) } else { row.checked_sub(1).and_then(|row| breaks.get(row)) })
        else {
            return false;
        };
        let column = text::width(&self.text[breaks[row].0..self.cursor]);
        let mut at = start;
        for (offset, grapheme) in self.text[start..end].grapheme_indices(true) {
            if text::width(&self.text[start..start + offset]) >= column {
                break;
            }
            at = start + offset + grapheme.len();
        }
        self.cursor = at;
        true
    }

    /// Takes a key; false when it means nothing here.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char('u') if control => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            KeyCode::Char('k') if control => self.text.truncate(self.cursor),
            KeyCode::Char('w') if control => self.delete(self.word_before()),
            KeyCode::Backspace if control || alt => self.delete(self.word_before()),
            KeyCode::Char(letter) if !control && !alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.delete(self.before()),
            KeyCode::Delete => {
                let after = self.after();
                self.text.replace_range(self.cursor..after, "");
            }
            KeyCode::Left if control || alt => self.cursor = self.word_before(),
            KeyCode::Right if control || alt => self.cursor = self.word_after(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => {
                let (breaks, row) = self.place();
                self.cursor = breaks[row].0;
            }
            KeyCode::End => {
                let (breaks, row) = self.place();
                let (start, end) = breaks[row];
                self.cursor = start + self.text[start..end].trim_end().len();
            }
            KeyCode::Up if self.lines => return self.vertical(false),
            KeyCode::Down if self.lines => return self.vertical(true),
            KeyCode::Enter if self.lines => self.insert("\n"),
            _ => return false,
        }
        // Whoever goes about in it works on what is there.
        self.is_proposed = false;
        true
    }

    fn delete(&mut self, from: usize) {
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// What is to be seen in that many cells and lines; `hidden` shows dots.
    pub fn seen(&mut self, cells: usize, rows: usize, hidden: bool) -> Seen {
        let cells = cells.max(2);
        self.cells = cells;
        if !self.lines {
            let dots = |text: &str| {
                if hidden { "•".repeat(text.graphemes(true).count()) } else { text.to_owned() }
            };
            let (before, after) = (dots(&self.text[..self.cursor]), dots(&self.text[self.cursor..]));
            // The end of what stands before the cursor is always to be seen.
            let mut skip = 0;
            let mut wide = text::width(&before);
            for grapheme in before.graphemes(true) {
                if wide < cells {
                    break;
                }
                wide -= text::width(grapheme);
                skip += grapheme.len();
            }
            let column = u16::try_from(wide).unwrap_or(0);
            let mut line = format!("{}{after}", &before[skip..]);
            if text::width(&line) > cells {
                line = text::cut(&line, cells);
            }
            return Seen { lines: vec![line], cursor: (column, 0) };
        }
        let (breaks, row) = self.place();
        let first = row.saturating_sub(rows.max(1) - 1);
        let column = text::width(&self.text[breaks[row].0..self.cursor]).min(cells - 1);
        let lines = breaks.iter().skip(first).take(rows).map(|&(a, b)| self.text[a..b].trim_end().to_owned());
        Seen {
            lines: lines.collect(),
            cursor: (u16::try_from(column).unwrap_or(0), u16::try_from(row - first).unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(field: &mut Field, codes: &[KeyCode]) {
        for &code in codes {
            field.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        }
    }

    #[test]
    fn a_letter_with_its_marks_is_taken_back_as_one() {
        let mut field = Field::line("cafe\u{301}");
        press(&mut field, &[KeyCode::Backspace]);
        assert_eq!(field.text(), "caf");
        press(&mut field, &[KeyCode::Left, KeyCode::Char('x'), KeyCode::Home, KeyCode::Delete]);
        assert_eq!(field.text(), "axf");
    }

    #[test]
    fn what_is_typed_takes_the_place_of_what_is_proposed_unless_one_works_on_that() {
        let mut field = Field::proposed("5.50");
        press(&mut field, &[KeyCode::Char('7'), KeyCode::Char('0')]);
        assert_eq!(field.text(), "70");
        let mut field = Field::proposed("5.50");
        press(&mut field, &[KeyCode::Backspace, KeyCode::Char('5')]);
        assert_eq!(field.text(), "5.55");
        let mut field = Field::proposed("5.50");
        field.paste("8");
        assert_eq!(field.text(), "8");
    }

    #[test]
    fn the_end_of_a_long_line_is_seen_while_it_is_typed() {
        let mut field = Field::line("abcdefghij");
        assert_eq!(field.seen(5, 1, false), Seen { lines: vec!["ghij".to_owned()], cursor: (4, 0) });
        assert_eq!(field.seen(20, 1, true).lines, ["••••••••••"]);
    }

    #[test]
    fn the_cursor_goes_up_and_down_in_wrapped_text() {
        let mut field = Field::lines("one two three");
        let seen = field.seen(8, 3, false);
        assert_eq!((seen.lines, seen.cursor), (vec!["one two".to_owned(), "three".to_owned()], (5, 1)));
        press(&mut field, &[KeyCode::Up, KeyCode::Char('!')]);
        assert_eq!(field.text(), "one t!wo three");
        assert!(!field.on_key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE)));
    }

    #[test]
    fn what_is_pasted_into_one_line_has_one() {
        let mut field = Field::line("");
        field.paste("a\r\nb\u{1b}\n");
        assert_eq!(field.text(), "a b\u{fffd}");
    }
}
