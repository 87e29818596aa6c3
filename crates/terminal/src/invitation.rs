//! Invitations: those I made, and the code of the one that was made just now.

use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{App, Purpose, page};
use crate::dialog::{Dialog, Then};
use crate::pen::{Hit, Pen};
use crate::store::{StoreCard, Wanted};
use crate::text;

/// An invitation, as who made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Invitation {
    /// Which.
    pub invitation: String,
    /// `open`, `used`, `revoked` or `expired`.
    pub state: String,
    /// When it was made.
    #[serde(default)]
    pub made_at: String,
    /// Until when it opens a store.
    #[serde(default)]
    pub expires_at: String,
    /// The store it opened.
    #[serde(default)]
    pub store: Option<StoreCard>,
}

/// Draws the invitations, above them the code that is shown this once.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let mut area = area;
    if let Some(code) = &app.room.code {
        pen.text(
            area.x + 2,
            area.y,
            area.width,
            "It opens one store. Note it now: it is not shown again.",
            skin.warn(),
        );
        pen.text(area.x + 2, area.y + 2, area.width, &format!("code  {code}"), skin.strong());
        area = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
    }
    if app.room.invitations.rows.is_empty() {
        let known = app.room.invitations.known;
        let what = if known { "You have invited nobody yet" } else { "One moment…" };
        pen.empty(area, what, if known { "i makes a code that lets somebody open a store" } else { "" });
        return;
    }
    let mut rows = std::mem::take(&mut app.room.invitations);
    let at = rows.at;
    for ((number, invitation), y) in rows.seen(usize::from(area.height)).zip(area.y..) {
        let chosen = number == at;
        pen.mark(area.x, y, 1, chosen);
        let (state, style) = match (invitation.state.as_str(), &invitation.store) {
            ("open", _) => (format!("open until {}", app.day(&invitation.expires_at)), skin.good()),
            (_, Some(store)) => (format!("opened {}", store.name), skin.plain()),
            ("revoked", None) => ("taken back".to_owned(), skin.muted()),
            (other, None) => (text::words(other), skin.muted()),
        };
        let made = format!("made {}", app.moment(&invitation.made_at));
        let style = if chosen { skin.chosen() } else { style };
        pen.line(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            vec![Span::styled(text::fit(&made, 26), skin.muted()), Span::styled(state, style)],
        );
        pen.hit(Rect { y, height: 1, ..area }, Hit::Row(number));
    }
    app.room.invitations = rows;
}

impl App {
    pub(crate) fn load_invitations(&mut self, more: bool) {
        if self.owns_room() {
            self.room.invitations.loading = true;
            let fields = page(&self.room.invitations.next, more);
            self.ask("invitations", fields, Purpose::Store(Wanted::Invitations { more }));
        }
    }

    pub(crate) fn invite(&mut self) {
        self.ask("create_invitation", json!({}), Purpose::Store(Wanted::Invited));
    }

    pub(crate) fn invited(&mut self, reply: &Value) {
        match reply["code"].as_str() {
            Some(code) => self.room.code = Some(code.to_owned()),
            // The answer was lost on the way, and asked for again it has no code.
            None => self.say_bad("Its code was lost on the way. Take it back with x and make another"),
        }
        self.room.invitations.at = 0;
        self.load_invitations(false);
    }

    pub(crate) fn ask_to_revoke(&mut self) {
        let open = self.room.invitations.chosen().filter(|invitation| invitation.state == "open");
        let Some(invitation) = open else { return self.say("Only an open one can be taken back") };
        self.dialog = Some(Dialog {
            title: "Take it back?".to_owned(),
            lines: vec![
                format!("Made {}", self.moment(&invitation.made_at)),
                "Its code opens no store any more.".to_owned(),
            ],
            yes: "Take it back",
            no: "Not now",
            on_yes: false,
            then: Then::Revoke(invitation.invitation.clone()),
        });
    }

    pub(crate) fn revoke(&mut self, invitation: &str) {
        let fields = json!({ "invitation": invitation });
        self.ask("revoke_invitation", fields, Purpose::Store(Wanted::Revoked));
    }
}
