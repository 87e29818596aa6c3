//! A form: fields one under the other, and a button. Sign in, offer a thing, change a password are all forms.

use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::field::Field;
use crate::picture::Picture;

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// Sign in.
    LogIn,
    /// Join.
    Register,
    /// Offer a thing.
    Sell,
    /// Change a listing.
    Edit(String),
    /// Change the name that is shown.
    Name,
    /// Change the username.
    Username,
    /// Change the e-mail address.
    Email,
    /// Change the password.
    Password,
}

/// One of the things a form asks for.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The parameter it becomes.
    pub name: &'static str,
    /// What stands before it.
    pub label: &'static str,
    /// What stands in it while it is empty.
    pub hint: &'static str,
    /// What is typed or chosen.
    pub value: Input,
}

/// How something is put in.
#[derive(Debug, Clone)]
pub enum Input {
    /// One line.
    Line(Field),
    /// One line nobody shall read.
    Secret(Field),
    /// Several lines; so many are seen.
    Lines(Field, u16),
    /// One of these.
    Choice(Vec<String>, usize),
    /// The path of a picture to add.
    Path(Field),
}

impl Entry {
    /// A line.
    #[must_use]
    pub fn line(name: &'static str, label: &'static str, text: &str, hint: &'static str) -> Self {
        Self { name, label, hint, value: Input::Line(Field::line(text)) }
    }
    /// A secret.
    #[must_use]
    pub fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self { name, label, hint, value: Input::Secret(Field::line("")) }
    }
    /// A choice.
    #[must_use]
    pub fn choice(name: &'static str, label: &'static str, of: Vec<String>, chosen: &str) -> Self {
        let at = of.iter().position(|each| each == chosen).unwrap_or(0);
        Self { name, label, hint: "", value: Input::Choice(of, at) }
    }
    /// The text or the choice.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.value {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field, _) | Input::Path(field) => {
                field.text()
            }
            Input::Choice(of, at) => of.get(*at).map_or("", String::as_str),
        }
    }
    pub(crate) fn field(&mut self) -> Option<&mut Field> {
        match &mut self.value {
            Input::Line(field) | Input::Secret(field) | Input::Lines(field, _) | Input::Path(field) => {
                Some(field)
            }
            Input::Choice(..) => None,
        }
    }
}

/// A picture of a form.
#[derive(Debug, Clone)]
pub struct Shot {
    /// What it is called while it is on its way.
    pub number: u64,
    /// The name of its file.
    pub name: String,
    /// How far it is.
    pub state: ShotState,
}

/// How far a picture of a form is.
#[derive(Debug, Clone)]
pub enum ShotState {
    /// Its file is read.
    Reading,
    /// It is sent.
    Sending {
        /// All of it.
        bytes: Arc<Vec<u8>>,
        /// Under which upload.
        upload: String,
        /// How much in a piece.
        chunk: usize,
        /// How much of it was received.
        received: usize,
    },
    /// The market has it.
    There(Picture),
    /// It did not work out.
    Failed(String),
}

/// A form that is being filled in.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is for.
    pub aim: Aim,
    /// Its title.
    pub title: String,
    /// What stands on its button.
    pub button: &'static str,
    /// What it asks for.
    pub entries: Vec<Entry>,
    /// Which entry one is in; the button stands behind the last.
    pub focus: usize,
    /// Why it was not taken.
    pub error: Option<String>,
    /// Whether it was sent and is not answered yet.
    pub sent: bool,
    /// Its pictures, the cover first.
    pub shelf: Vec<Shot>,
    /// The picture one is on.
    pub shot: usize,
    /// How it looked when it was opened.
    begun: Vec<String>,
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Nothing.
    Nothing,
    /// It changed.
    Changed,
    /// It shall be sent.
    Send,
    /// The path shall be completed.
    Complete,
    /// The picture of that path shall be added.
    Add,
}

impl Form {
    /// A fresh form.
    #[must_use]
    pub fn new(aim: Aim, title: &str, button: &'static str, entries: Vec<Entry>) -> Self {
        let begun = entries.iter().map(|entry| entry.text().to_owned()).collect();
        Self {
            aim,
            title: title.to_owned(),
            button,
            entries,
            focus: 0,
            error: None,
            sent: false,
            shelf: Vec::new(),
            shot: 0,
            begun,
        }
    }

    /// What was put in under that name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.entries.iter().find(|entry| entry.name == name).map_or("", Entry::text)
    }

    /// Whether something would be lost by leaving.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.entries.iter().zip(&self.begun).any(|(entry, begun)| entry.text() != begun)
    }

    /// Whether one is where text is typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.entries.get(self.focus).is_some_and(|entry| !matches!(entry.value, Input::Choice(..)))
    }

    fn go(&mut self, by: isize) {
        let count = self.entries.len() + 1;
        self.focus = self.focus.checked_add_signed(by).unwrap_or(count - 1) % count;
    }

    /// Keys for the pictures: they count while the field for the next one is empty.
    fn on_shelf_key(&mut self, key: KeyEvent) -> bool {
        let at_path = self
            .entries
            .get(self.focus)
            .is_some_and(|entry| matches!(&entry.value, Input::Path(field) if field.is_empty()));
        if !at_path || self.shelf.is_empty() {
            return false;
        }
        let last = self.shelf.len() - 1;
        self.shot = self.shot.min(last);
        let carry = !key.modifiers.is_empty();
        match key.code {
            KeyCode::Left | KeyCode::Right => {
                let to = if key.code == KeyCode::Left {
                    self.shot.saturating_sub(1)
                } else {
                    (self.shot + 1).min(last)
                };
                if carry {
                    self.shelf.swap(self.shot, to);
                }
                self.shot = to;
            }
            KeyCode::Char('<') => {
                self.shelf.swap(self.shot, self.shot.saturating_sub(1));
                self.shot = self.shot.saturating_sub(1);
            }
            KeyCode::Char('>') => {
                let to = (self.shot + 1).min(last);
                self.shelf.swap(self.shot, to);
                self.shot = to;
            }
            KeyCode::Delete | KeyCode::Backspace => {
                self.shelf.remove(self.shot);
                self.shot = self.shot.min(self.shelf.len().saturating_sub(1));
            }
            _ => return false,
        }
        true
    }

    /// The pictures the market has, in their order.
    #[must_use]
    pub fn pictures(&self) -> Vec<&str> {
        let there = self.shelf.iter().filter_map(|shot| match &shot.state {
            ShotState::There(picture) => Some(picture.picture.as_str()),
            _ => None,
        });
        there.collect()
    }

    /// Whether a picture is on its way.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.shelf.iter().any(|shot| matches!(shot.state, ShotState::Reading | ShotState::Sending { .. }))
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) -> Did {
        if self.sent {
            return Did::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('s')) {
            return Did::Send;
        }
        let count = self.entries.len();
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if self.on_shelf_key(key) {
            return Did::Changed;
        }
        if let Some(entry) = self.entries.get_mut(self.focus) {
            match (&mut entry.value, key.code) {
                (Input::Path(field), KeyCode::Tab) if !field.is_empty() => return Did::Complete,
                (Input::Path(field), KeyCode::Enter) if !field.is_empty() => return Did::Add,
                (Input::Choice(of, at), KeyCode::Left) => {
                    *at = at.checked_sub(1).unwrap_or(of.len().saturating_sub(1));
                    return Did::Changed;
                }
                (Input::Choice(of, at), KeyCode::Right | KeyCode::Char(' ')) => {
                    *at = (*at + 1) % of.len().max(1);
                    return Did::Changed;
                }
                // The first letter chooses, as people expect of a list.
                (Input::Choice(of, at), KeyCode::Char(letter)) if plain => {
                    let starts = |each: &String| each.to_lowercase().starts_with(letter.to_ascii_lowercase());
                    let found =
                        (1..=of.len()).map(|step| (*at + step) % of.len()).find(|&at| starts(&of[at]));
                    *at = found.unwrap_or(*at);
                    return Did::Changed;
                }
                _ => {}
            }
            if entry.field().is_some_and(|field| field.on_key(key)) {
                self.error = None;
                return Did::Changed;
            }
        }
        match key.code {
            KeyCode::Tab | KeyCode::Down => self.go(1),
            KeyCode::BackTab | KeyCode::Up => self.go(-1),
            KeyCode::Enter if self.focus == count => return Did::Send,
            // The button follows the last field: a form that was filled in line by line is sent by the last Enter.
            KeyCode::Enter if self.focus + 1 == count && !matches!(self.aim, Aim::Sell | Aim::Edit(_)) => {
                return Did::Send;
            }
            KeyCode::Enter => self.go(1),
            _ => return Did::Nothing,
        }
        Did::Changed
    }

    /// Puts pasted text where one is.
    pub fn paste(&mut self, text: &str) {
        let focus = self.focus;
        if let Some(field) = self.entries.get_mut(focus).and_then(Entry::field) {
            field.paste(text);
        }
    }

    /// Goes to the entry of that name, if there is one.
    pub fn go_to(&mut self, name: &str) {
        if let Some(at) = self.entries.iter().position(|entry| entry.name == name) {
            self.focus = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(
            Aim::LogIn,
            "Log in",
            "Log in",
            vec![
                Entry::line("login", "Username", "", ""),
                Entry::choice("kind", "Kind", vec!["books".into(), "games".into(), "music".into()], "games"),
                Entry::secret("password", "Password", ""),
            ],
        )
    }

    fn press(form: &mut Form, codes: &[KeyCode]) -> Did {
        let mut did = Did::Nothing;
        for &code in codes {
            did = form.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        }
        did
    }

    #[test]
    fn a_form_is_filled_in_line_by_line_and_sent_by_the_last_enter() {
        let mut form = form();
        let keys = [
            KeyCode::Char('n'),
            KeyCode::Enter,
            KeyCode::Char('m'),
            KeyCode::Enter,
            KeyCode::Char('p'),
            KeyCode::Enter,
        ];
        assert_eq!(press(&mut form, &keys), Did::Send);
        assert_eq!((form.text("login"), form.text("kind"), form.text("password")), ("n", "music", "p"));
        assert!(form.is_changed());
    }

    #[test]
    fn what_was_sent_is_not_changed_until_it_is_answered() {
        let mut form = form();
        form.sent = true;
        assert_eq!(press(&mut form, &[KeyCode::Char('x')]), Did::Nothing);
        assert!(!form.is_changed());
    }
}
