//! Me: my account, where I am signed in, whom I block.

use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use serde_json::json;

use crate::app::{App, Purpose};
use crate::dialog::{Dialog, Then};
use crate::form::{Aim, Entry, Form, log_in_form};
use crate::member::{Card, Session};
use crate::payout::{self, Payout, Wallet};
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::text;

/// What can be done with an account, in the order it is shown.
pub const MENU: [(&str, char, &str); 9] = [
    ("My money", 'm', "wallet, what you earned, payouts"),
    ("Change my name", 'n', "how others see you"),
    ("Change my username", 'u', "what others find you by"),
    ("Change my e-mail address", 'e', "where mail reaches you"),
    ("Change my password", 'p', "ends every other session"),
    ("Where I am signed in", 's', "every session, and ending one"),
    ("Whom I block", 'b', "they cannot write to you"),
    ("Show whether I am here", 'h', "the dot beside your name"),
    ("Log out", 'x', "this terminal forgets you"),
];

/// What stands on the screen of an account.
#[derive(Debug, Default)]
pub struct Me {
    /// The line of the menu.
    pub at: usize,
    /// Whether I am shown as away.
    pub hidden: bool,
    /// The sessions, when they are looked at.
    pub sessions: Rows<Session>,
    /// The blocked, when they are looked at.
    pub blocks: Rows<Card>,
    /// My money, when it is looked at.
    pub wallet: Option<Wallet>,
    /// My payouts, when they are.
    pub payouts: Rows<Payout>,
    /// What of it is looked at.
    pub page: Page,
}

/// What of the account is looked at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The menu.
    #[default]
    Menu,
    /// The sessions.
    Sessions,
    /// The blocked.
    Blocks,
    /// My money.
    Money,
}

pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let Some(me) = app.me.clone() else {
        pen.empty(area, "You look around as a visitor", "Press l to log in, or to join");
        let middle = Rect { y: area.y + area.height.saturating_sub(2) / 3, height: 2, ..area };
        pen.hit(middle, Hit::Key(KeyCode::Char('l')));
        return;
    };
    pen.line(
        area.x,
        area.y,
        area.width,
        vec![
            Span::styled(me.name.clone(), skin.strong()),
            Span::styled(format!("  @{}  {}", me.username, me.email), skin.muted()),
            Span::styled(
                if me.role == "member" { String::new() } else { format!("  {}", me.role) },
                skin.accent(),
            ),
        ],
    );
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    match app.account.page {
        Page::Menu => {
            for (number, ((what, key, why), y)) in
                MENU.iter().zip((list.y..list.bottom()).step_by(2)).enumerate()
            {
                let chosen = number == app.account.at;
                pen.mark(list.x, y, 1, chosen);
                let what = match (*key, app.account.hidden) {
                    ('h', false) => "Hide whether I am here",
                    _ => what,
                };
                let style = if chosen { skin.chosen() } else { skin.plain() };
                pen.line(
                    list.x + 2,
                    y,
                    list.width,
                    Line::from(vec![
                        Span::styled(format!("{key}  "), skin.key()),
                        Span::styled(text::fit(what, 28), style),
                        Span::styled((*why).to_owned(), skin.muted()),
                    ]),
                );
                pen.hit(Rect { y, height: 1, ..list }, Hit::Row(number));
            }
        }
        Page::Money => payout::draw(app, pen, list),
        Page::Sessions => {
            pen.text(list.x, list.y, list.width, "Where I am signed in", skin.strong());
            let list = Rect { y: list.y + 2, height: list.height.saturating_sub(2), ..list };
            let mut rows = std::mem::take(&mut app.account.sessions);
            let at = rows.at;
            for ((number, session), y) in rows.seen(usize::from(list.height / 2)).zip((list.y..).step_by(2)) {
                let chosen = number == at;
                pen.mark(list.x, y, 2, chosen);
                let device = if session.device.is_empty() { "unnamed" } else { &session.device };
                let here = if session.current { "  this one" } else { "" };
                pen.line(
                    list.x + 2,
                    y,
                    list.width,
                    vec![
                        Span::styled(device.to_owned(), if chosen { skin.chosen() } else { skin.plain() }),
                        Span::styled(here, skin.good()),
                    ],
                );
                let facts = format!(
                    "since {} · last seen {}",
                    app.moment(&session.started_at),
                    app.moment(&session.last_seen_at)
                );
                pen.text(list.x + 2, y + 1, list.width.saturating_sub(2), &facts, skin.muted());
                pen.hit(Rect { y, height: 2, ..list }, Hit::Row(number));
            }
            app.account.sessions = rows;
        }
        Page::Blocks => {
            pen.text(list.x, list.y, list.width, "Whom I block", skin.strong());
            let list = Rect { y: list.y + 2, height: list.height.saturating_sub(2), ..list };
            let mut rows = std::mem::take(&mut app.account.blocks);
            if rows.rows.is_empty() {
                pen.text(
                    list.x,
                    list.y,
                    list.width,
                    if rows.known { "Nobody." } else { "One moment…" },
                    skin.muted(),
                );
            }
            let at = rows.at;
            for ((number, card), y) in rows.seen(usize::from(list.height)).zip(list.y..) {
                pen.mark(list.x, y, 1, number == at);
                pen.line(
                    list.x + 2,
                    y,
                    list.width,
                    vec![
                        Span::raw(card.name.clone()),
                        Span::styled(format!("  @{}", card.username), skin.muted()),
                    ],
                );
                pen.hit(Rect { y, height: 1, ..list }, Hit::Row(number));
            }
            app.account.blocks = rows;
        }
    }
}

impl App {
    pub(crate) fn on_account_key(&mut self, code: KeyCode) {
        if self.me.is_none() {
            if code == KeyCode::Enter {
                self.form = Some(log_in_form());
            }
            return;
        }
        match (self.account.page, code) {
            (Page::Menu, KeyCode::Enter) => {
                let key = MENU.get(self.account.at).map_or(' ', |(_, key, _)| *key);
                self.on_menu_key(key);
            }
            (Page::Menu, KeyCode::Char(letter)) => self.on_menu_key(letter),
            (Page::Menu, _) => {}
            (_, KeyCode::Esc | KeyCode::Backspace) => self.account.page = Page::Menu,
            (Page::Sessions, KeyCode::Char('x') | KeyCode::Delete) => {
                if let Some(session) = self.account.sessions.chosen() {
                    let here = if session.current {
                        "It is this one: you are signed out here."
                    } else {
                        "Whoever uses it is signed out."
                    };
                    self.dialog = Some(Dialog {
                        title: "End this session?".to_owned(),
                        lines: vec![session.device.clone(), here.to_owned()],
                        yes: "End it",
                        no: "Not now",
                        on_yes: false,
                        then: Then::EndSession(session.session.clone()),
                    });
                }
            }
            (Page::Blocks, KeyCode::Char('x') | KeyCode::Delete) => {
                if let Some(card) = self.account.blocks.chosen() {
                    let username = card.username.clone();
                    self.ask("unblock", json!({ "username": username }), Purpose::Unblocked);
                }
            }
            (Page::Money, code) => self.on_money_key(code),
            _ => {}
        }
    }

    pub(crate) fn on_menu_key(&mut self, letter: char) {
        let Some(me) = self.me.clone() else { return };
        let form = |aim, title, entries| Form::new(aim, title, "Change it", entries);
        match letter {
            'n' => {
                self.form =
                    Some(form(Aim::Name, "Change my name", vec![Entry::line("name", "Name", &me.name, "")]))
            }
            'u' => {
                let entries = vec![Entry::line("username", "Username", &me.username, "")];
                self.form = Some(form(Aim::Username, "Change my username", entries));
            }
            'e' => {
                let entries = vec![
                    Entry::line("email", "E-mail", &me.email, ""),
                    Entry::secret("current_password", "Password", "the one you have"),
                ];
                self.form = Some(form(Aim::Email, "Change my e-mail address", entries));
            }
            'p' => {
                let entries = vec![
                    Entry::secret("current_password", "Password", "the one you have"),
                    Entry::secret("new_password", "New password", "8 characters or more"),
                    Entry::secret("again", "Once more", ""),
                ];
                self.form = Some(form(Aim::Password, "Change my password", entries));
            }
            'm' => {
                self.account.page = Page::Money;
                self.load_wallet();
            }
            's' => {
                self.account.page = Page::Sessions;
                self.ask("sessions", json!({}), Purpose::Sessions);
            }
            'b' => {
                self.account.page = Page::Blocks;
                self.ask("blocks", json!({}), Purpose::Blocks);
            }
            'h' => {
                let hidden = !self.account.hidden;
                self.ask("hide_presence", json!({ "hidden": hidden }), Purpose::Hidden);
            }
            'x' => {
                self.dialog = Some(Dialog {
                    title: "Log out?".to_owned(),
                    lines: vec!["This terminal, and `auboutique call`, forget you.".to_owned()],
                    yes: "Log out",
                    no: "Stay",
                    on_yes: true,
                    then: Then::LogOut,
                });
            }
            _ => {}
        }
    }
}
