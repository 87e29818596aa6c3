//! A list to choose one of, over everything.

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use crate::app::App;
use crate::pen::{Hit, Pen};
use crate::tab::Tab;
use crate::text;

/// A list to choose one of, over everything.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is chosen.
    pub title: &'static str,
    /// Of these.
    pub of: Vec<String>,
    /// The one one is on.
    pub at: usize,
}

/// Draws the list.
pub(crate) fn draw(app: &mut App, pen: &mut Pen) {
    let Some(choice) = app.choice.clone() else { return };
    let height = u16::try_from(choice.of.len()).unwrap_or(10) + 2;
    let area = pen.middle(34, height.min(pen.frame.area().height - 2));
    let style = pen.skin.accent();
    let inner = pen.boxed(area, choice.title, style);
    let room = usize::from(inner.height.max(1));
    let top = (choice.at + 1).saturating_sub(room);
    for ((number, each), y) in choice.of.iter().enumerate().skip(top).take(room).zip(inner.y..) {
        let on = number == choice.at;
        pen.mark(inner.x, y, 1, on);
        let style = if on { pen.skin.chosen() } else { pen.skin.plain() };
        pen.text(inner.x + 2, y, inner.width.saturating_sub(2), &text::words(each), style);
        pen.hit(Rect { y, height: 1, ..inner }, Hit::Row(number));
    }
}

impl App {
    pub(crate) fn on_choice_key(&mut self, key: KeyEvent) {
        let Some(choice) = &mut self.choice else { return };
        let most = choice.of.len().saturating_sub(1);
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => choice.at = (choice.at + 1).min(most),
            KeyCode::Up | KeyCode::Char('k') => choice.at = choice.at.saturating_sub(1),
            KeyCode::Enter => {
                let chosen = choice.of.get(choice.at).cloned().filter(|_| choice.at > 0);
                self.choice = None;
                if self.tab == Tab::Auctions {
                    return self.show_shelf(chosen);
                }
                self.market.category = chosen;
                self.market.owner = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            KeyCode::Esc => self.choice = None,
            KeyCode::Char(letter) => {
                let found = (1..=choice.of.len()).map(|step| (choice.at + step) % choice.of.len());
                let mut found = found.filter(|&at| choice.of[at].starts_with(letter));
                choice.at = found.next().unwrap_or(choice.at);
            }
            _ => {}
        }
    }
}
