//! Notices: what happened while one did something else, and what is told in the corner.

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use serde_json::json;

use crate::app::{Above, App, Purpose};
use crate::pen::{Hit, Pen};
use crate::tab::Tab;
use crate::text;

/// A thing that happened while one did something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: String,
    /// What.
    pub text: String,
    /// Where it leads: an order, a conversation, an auction.
    pub to: Option<String>,
}

/// Draws what is told in the corner.
pub(crate) fn draw_toast(app: &App, pen: &mut Pen) {
    let Some((what, good, _)) = &app.toast else { return };
    let all = pen.frame.area();
    let most = usize::from(all.width.saturating_sub(8)).min(48);
    let lines = text::wrap(what, most);
    let wide = lines.iter().map(|line| text::width(line)).max().unwrap_or(0);
    let width = u16::try_from(wide + 4).unwrap_or(all.width);
    let height = u16::try_from(lines.len().min(4) + 2).unwrap_or(3);
    let style = if *good { pen.skin.good() } else { pen.skin.bad() };
    // Below, where it covers least; above while one writes, or chooses how to pay, below.
    let writing = app.tab == Tab::Talk && app.talk.open.is_some() && app.above.is_empty();
    let paying = matches!(app.above.last(), Some(Above::Checkout(_)));
    let y = if writing || paying { 2 } else { all.height.saturating_sub(height + 2) };
    let area = Rect { x: all.width.saturating_sub(width + 1), y, width, height };
    let inner = pen.boxed(area, "", style);
    for (line, y) in lines.iter().zip(inner.y..inner.bottom()) {
        let style = pen.skin.plain();
        pen.text(inner.x, y, inner.width, line, style);
    }
}

/// Draws the notices, the latest first.
pub(crate) fn draw(app: &App, pen: &mut Pen) {
    let all = pen.frame.area();
    let skin = pen.skin;
    let area = pen.middle(70.min(all.width - 4), all.height - 6);
    let inner = pen.boxed(area, "What happened", skin.accent());
    if app.notices.is_empty() {
        pen.empty(inner, "Nothing yet", "Sales, orders and messages stand here when they come");
    }
    let room = usize::from(inner.height.saturating_sub(1));
    let top = (app.notice_at + 1).saturating_sub(room);
    for ((number, notice), y) in app.notices.iter().enumerate().skip(top).take(room).zip(inner.y..) {
        let on = number == app.notice_at;
        pen.mark(inner.x, y, 1, on);
        let style = if on { skin.chosen() } else { skin.plain() };
        pen.text(inner.x + 2, y, inner.width.saturating_sub(14), &notice.text, style);
        pen.right(inner.x, y, inner.width, &app.short(&notice.at), skin.muted());
        pen.hit(Rect { y, height: 1, ..inner }, Hit::Row(number));
    }
    let y = inner.bottom().saturating_sub(1);
    pen.keys(
        Rect { y, height: 1, ..inner },
        &[
            (KeyCode::Enter, "Enter", "go there"),
            (KeyCode::Char('x'), "x", "clear"),
            (KeyCode::Esc, "Esc", "back"),
        ],
    );
}

impl App {
    pub(crate) fn notice(&mut self, what: &str, to: Option<String>, at: &str) {
        let at = if at.is_empty() { self.now.to_string() } else { at.to_owned() };
        self.notices.insert(0, Notice { at, text: what.to_owned(), to });
        self.notices.truncate(100);
        self.unseen += 1;
        self.toast = Some((what.to_owned(), true, 24));
    }

    pub(crate) fn say(&mut self, what: &str) {
        self.toast = Some((what.to_owned(), true, 14));
    }

    pub(crate) fn say_bad(&mut self, what: &str) {
        self.toast = Some((what.to_owned(), false, 28));
    }

    /// A beat of a quarter of a second, told while something moves on the screen.
    pub fn on_beat(&mut self) {
        if let Some((_, _, beats)) = &mut self.toast {
            *beats = beats.saturating_sub(1);
            if *beats == 0 {
                self.toast = None;
                self.dirty = true;
            }
        }
    }

    pub(crate) fn on_notice_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => {
                self.notice_at = (self.notice_at + 1).min(self.notices.len().saturating_sub(1))
            }
            KeyCode::Up | KeyCode::Char('k') => self.notice_at = self.notice_at.saturating_sub(1),
            KeyCode::Enter => {
                self.noticing = false;
                let to = self.notices.get(self.notice_at).and_then(|notice| notice.to.clone());
                if let Some(to) = to {
                    self.follow(&to);
                }
            }
            KeyCode::Char('x') => self.notices.clear(),
            _ => self.noticing = false,
        }
    }

    /// Goes to the order or the conversation of that id.
    pub(crate) fn follow(&mut self, to: &str) {
        // One is on the way to what it says.
        self.toast.take_if(|(_, good, _)| *good);
        if to.starts_with("cnv_") {
            self.above.clear();
            self.tab = Tab::Talk;
            self.open_conversation(to);
        } else if to.starts_with("ord_") {
            self.ask("order", json!({ "order": to }), Purpose::Order { show: true, news: None });
        } else if to.starts_with("sto_") {
            self.ask_store(to, true);
        } else if to.starts_with("auc_") {
            self.look_at_auction(to);
        } else if to.starts_with("lst_") {
            self.ask("listing", json!({ "listing": to }), Purpose::Listing { show: true });
        }
    }
}
