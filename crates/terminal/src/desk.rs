//! The desk: an attendant types a code, sees what to do, and does it.

use auboutique_domain::Money;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::json;

use crate::app::{App, Purpose};
use crate::field::Field;
use crate::order::Bought;
use crate::pen::Pen;
use crate::tab::Tab;
use crate::{payout, text};

/// What an attendant sees of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeskView {
    /// Where it is in its life.
    pub state: String,
    /// Whose code it is.
    pub shown_by: String,
    /// Who stands there.
    pub name: String,
    /// What changes hands.
    pub lines: Vec<Bought>,
    /// The cash to take.
    pub due: Money,
    /// The day of the pickup.
    pub pickup_day: String,
    /// `drop_off`, `collect`, `take_return` or nothing.
    #[serde(default)]
    pub next: Option<String>,
}

/// The desk.
#[derive(Debug, Default)]
pub struct Desk {
    /// The code that is typed.
    pub code: Field,
    /// The code that is looked at, and what there is to do.
    pub shown: Option<(String, DeskView)>,
    /// What was done.
    pub done: Option<String>,
    /// Why not.
    pub error: Option<String>,
    /// Whether an answer is on its way.
    pub waiting: bool,
    /// The first line of the order that is seen, when they are too many for the screen.
    pub scroll: usize,
}

/// The desk.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    pen.text(area.x, area.y, area.width, "The desk", skin.strong());
    pen.line(area.x, area.y + 2, 8, Span::styled("Code  ", skin.accent()));
    let seen = app.desk.code.seen(12, 1, false);
    let shown = text::fit(&seen.lines.concat().to_uppercase(), 12);
    pen.line(area.x + 6, area.y + 2, 13, Span::styled(shown, skin.input().patch(skin.strong())));
    if !app.is_covered() {
        pen.frame.set_cursor_position((area.x + 6 + seen.cursor.0, area.y + 2));
    }
    let y = area.y + 4;
    if let Some(error) = &app.desk.error {
        pen.wrapped(Rect { y, height: 3, ..area }, error, skin.bad(), 0);
    } else if let Some(done) = &app.desk.done {
        pen.text(area.x, y, area.width, &format!("✓ {done}"), skin.good());
        pen.text(area.x, y + 2, area.width, "Type the next code.", skin.muted());
    } else if app.desk.waiting {
        pen.text(area.x, y, area.width, "One moment…", skin.muted());
    } else if app.desk.shown.is_none() {
        pen.text(area.x, y, area.width, "Type the code somebody shows you, then Enter.", skin.muted());
        pen.text(
            area.x,
            y + 1,
            area.width,
            "A seller's code starts with a letter, a buyer's with a digit.",
            skin.muted(),
        );
        pen.text(area.x, y + 3, area.width, "F6: somebody pays cash into their wallet", skin.muted());
        pen.hit(Rect { y: y + 3, height: 1, ..area }, crate::pen::Hit::Key(KeyCode::F(6)));
    }
    let Some((_, view)) = app.desk.shown.clone().filter(|_| app.desk.done.is_none()) else { return };
    let y = if app.desk.error.is_some() { y + 4 } else { y };
    let seller = view.shown_by == "seller";
    let role = match (seller, view.next.as_deref()) {
        (true, _) => "sells",
        (false, Some("take_return")) => "gives back",
        (false, _) => "bought",
    };
    pen.line(
        area.x,
        y,
        area.width,
        vec![Span::styled(view.name.clone(), skin.strong()), Span::styled(format!("  {role}"), skin.muted())],
    );
    // What is to be done always has its place below.
    let room = usize::from(area.bottom().saturating_sub(y + 6)).max(1);
    let most = view.lines.len().saturating_sub(room);
    let first = app.desk.scroll.min(most);
    app.desk.scroll = first;
    let seen = view.lines.len().min(room);
    for (line, y) in view.lines.iter().skip(first).take(room).zip(y + 1..) {
        pen.text(area.x, y, area.width, &line.words(), skin.plain());
    }
    if most > 0 {
        let label = format!("{}–{} of {} lines · ↑↓", first + 1, first + seen, view.lines.len());
        pen.right(area.x, y, area.width, &label, skin.accent());
    }
    let y = y + 2 + u16::try_from(seen).unwrap_or(1);
    let (what, hint) = match view.next.as_deref() {
        Some("drop_off") => ("Take it in".to_owned(), "Enter: it is here".to_owned()),
        Some("collect") if view.due.minor > 0 => (
            format!("Take {} in cash, then hand it over", text::money(&view.due)),
            format!("Enter: I have {}, and it is handed over", text::money(&view.due)),
        ),
        Some("collect") => ("It is paid. Hand it over".to_owned(), "Enter: it is handed over".to_owned()),
        Some("take_return") => (
            "Take it back, if it is as it was sold".to_owned(),
            "Enter: it is here again. The store looks at it, then the money goes back".to_owned(),
        ),
        _ => (
            format!(
                "Nothing to do now: {}. The pickup is on {}.",
                text::words(&view.state),
                app.date(&view.pickup_day)
            ),
            String::new(),
        ),
    };
    pen.text(area.x, y, area.width, &what, if view.next.is_some() { skin.accent() } else { skin.warn() });
    if !hint.is_empty() {
        pen.text(area.x, y + 2, area.width, &hint, skin.muted());
        pen.hit(Rect { y: y + 2, height: 1, ..area }, crate::pen::Hit::Key(KeyCode::Enter));
    }
    if view.next.as_deref() == Some("collect") && view.due.minor > 0 {
        pen.text(area.x, y + 3, area.width, "F4: they pay now and collect later", skin.muted());
        pen.hit(Rect { y: y + 3, height: 1, ..area }, crate::pen::Hit::Key(KeyCode::F(4)));
    }
}

impl App {
    /// True when the key is the desk's.
    pub(crate) fn on_desk_key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Enter if self.desk.waiting => {}
            KeyCode::Enter => self.desk_go_on(),
            KeyCode::F(6) => self.form = Some(payout::top_up_form()),
            KeyCode::F(4) => {
                if let Some((code, view)) = &self.desk.shown
                    && view.next.as_deref() == Some("collect")
                    && view.due.minor > 0
                {
                    let fields = json!({ "code": code, "cash": view.due });
                    self.desk.waiting = true;
                    self.ask("take_payment", fields, Purpose::DeskDone("Paid"));
                }
            }
            KeyCode::Esc => {
                if self.desk.code.is_empty() && self.desk.shown.is_none() {
                    self.tab = Tab::Market;
                }
                self.desk = Desk::default();
            }
            KeyCode::Up => self.desk.scroll = self.desk.scroll.saturating_sub(1),
            KeyCode::Down => self.desk.scroll += 1,
            KeyCode::Char('?') => return false,
            _ => {
                if self.desk.code.on_key(key) {
                    self.desk.shown = None;
                    self.desk.done = None;
                    self.desk.error = None;
                    self.desk.scroll = 0;
                } else {
                    return false;
                }
            }
        }
        true
    }

    pub(crate) fn desk_go_on(&mut self) {
        let shown = self.desk.shown.clone();
        match shown.as_ref().map(|(code, view)| (code, view, view.next.as_deref())) {
            Some((code, _, Some("drop_off"))) => {
                self.desk.waiting = true;
                self.ask("drop_off", json!({ "code": code }), Purpose::DeskDone("Taken in"));
            }
            Some((code, _, Some("take_return"))) => {
                self.desk.waiting = true;
                self.ask("take_return", json!({ "code": code }), Purpose::DeskDone("Taken back"));
            }
            Some((code, view, Some("collect"))) => {
                let mut fields = json!({ "code": code });
                if view.due.minor > 0 {
                    fields["cash"] = json!(view.due);
                }
                self.desk.waiting = true;
                self.ask("collect", fields, Purpose::DeskDone("Handed over"));
            }
            _ => {
                let code = self.desk.code.text().trim().to_owned();
                if !code.is_empty() {
                    self.desk.error = None;
                    self.desk.done = None;
                    self.desk.waiting = true;
                    self.ask("show_code", json!({ "code": code }), Purpose::Shown(code));
                }
            }
        }
    }
}
