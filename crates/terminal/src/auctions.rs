//! Auctions in a list: those that run, those that are over, and mine.

use auboutique_domain::auction::Which;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde_json::{Value, json};
use std::time::Duration;

use crate::app::{App, Purpose, page};
use crate::auction::{Auction, Wanted, countdown, seconds_until};
use crate::choice::Choice;
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::tab::Tab;
use crate::text;

/// How often a list that is looked at is asked for again: bids are told to who follows an auction alone.
const POLLED: Duration = Duration::from_secs(10);

/// The auctions.
#[derive(Debug, Default)]
pub struct Auctions {
    /// Which of them are looked at.
    pub which: Which,
    /// Only this shelf, of those that run.
    pub category: Option<String>,
    /// The auctions.
    pub list: Rows<Auction>,
    /// Why there are none.
    pub error: Option<String>,
    /// Which question the rows are the answer to.
    pub generation: u64,
    /// Whether they are no longer as they are shown.
    pub is_stale: bool,
    /// The auctions this connection follows.
    pub followed: Vec<String>,
    asked_at: Duration,
}

/// What the lists are called, in their order.
const fn name(which: Which) -> &'static str {
    match which {
        Which::Running => "Running",
        Which::Over => "Over",
        Which::Bidding => "Bidding",
        Which::Watched => "Watched",
        Which::Selling => "Selling",
    }
}

/// How an auction stands for the one who looks, and whether that is good, bad or to be looked at.
fn standing(app: &App, auction: &Auction) -> Span<'static> {
    let (skin, leads) = (app.skin, auction.you.as_ref().map(|you| you.leads));
    match (auction.state.as_str(), leads) {
        _ if auction.offered(app.now).is_some() => Span::styled("offered to you", skin.warn()),
        ("open", _) if auction.asks() => Span::styled("asked: lower the price?", skin.warn()),
        ("open", Some(true)) => Span::styled("you lead", skin.good()),
        ("open", Some(false)) => Span::styled("outbid", skin.bad()),
        ("open", None) => Span::raw(""),
        _ if auction.is_to_pay() => Span::styled("you won: to be paid", skin.warn()),
        ("settled", Some(true)) => Span::styled("yours", skin.good()),
        _ => Span::styled(auction.ended(), skin.muted()),
    }
}

/// Draws the lists.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let on = app.auctions.which;
    let mut spans = vec![Span::styled(" Auctions", skin.strong()), Span::raw("   ")];
    for which in Which::ALL {
        let style = if which == on { skin.chosen().patch(skin.accent()) } else { skin.muted() };
        spans.extend([Span::styled(name(which), style), Span::styled(" · ", skin.muted())]);
    }
    spans.push(Span::styled("Tab", skin.key()));
    pen.line(area.x, area.y, area.width, spans);
    pen.hit(Rect { height: 1, ..area }, Hit::Key(KeyCode::Tab));
    if let Some(category) = app.auctions.category.as_ref().filter(|_| on == Which::Running) {
        let label = format!("in {} ", text::words(category));
        pen.right(area.x, area.y + 1, area.width, &label, skin.accent());
    }
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if app.auctions.list.rows.is_empty() {
        let (what, hint) = match (&app.auctions.error, app.auctions.list.known, on) {
            (Some(error), ..) => (error.as_str(), "r asks again"),
            (None, false, _) => ("One moment…", ""),
            (None, true, Which::Running) => {
                ("Nothing is up for auction at the moment", "u puts something up")
            }
            (None, true, Which::Over) => ("No auction is over yet", ""),
            (None, true, Which::Bidding) => ("You have not bid on anything yet", "b on an auction bids"),
            (None, true, Which::Watched) => ("You watch no auction", "w on an auction watches it"),
            (None, true, Which::Selling) => ("You have put nothing up for auction", "u puts something up"),
        };
        let what = what.to_owned();
        pen.empty(area, &what, hint);
        return;
    }
    let mut rows = std::mem::take(&mut app.auctions.list);
    let at = rows.at;
    for ((number, auction), y) in rows.seen(usize::from(area.height / 2)).zip((area.y..).step_by(2)) {
        let chosen = number == at;
        pen.mark(area.x, y, 2, chosen);
        let (x, width) = (area.x + 2, area.width.saturating_sub(3));
        let price = text::money(&auction.price);
        let wide = u16::try_from(text::width(&price)).unwrap_or(0);
        let style = if chosen { skin.chosen() } else { skin.plain() };
        pen.text(x, y, width.saturating_sub(wide + 1), &auction.lot.title, style);
        pen.right(x, y, width, &price, skin.price());
        let (left, style) = left(app, auction);
        let wide = u16::try_from(text::width(&left)).unwrap_or(0);
        pen.right(x, y + 1, width, &left, style);
        let reserve = match auction.reserve_met.filter(|_| auction.state == "open") {
            Some(true) => " · reserve met",
            Some(false) => " · reserve not met",
            None => "",
        };
        let facts = format!("{} · {}{reserve}", auction.lot.from(), auction.bids_in_words());
        let mut spans = vec![Span::styled(facts, skin.muted())];
        let standing = standing(app, auction);
        if !standing.content.is_empty() {
            spans.extend([Span::styled(" · ", skin.muted()), standing]);
        }
        pen.line(x, y + 1, width.saturating_sub(wide + 1), spans);
        pen.hit(Rect { y, height: 2, ..area }, Hit::Row(number));
    }
    app.auctions.list = rows;
}

/// The time an auction has left, or when it ended; and how that is shown.
pub(crate) fn left(app: &App, auction: &Auction) -> (String, ratatui::style::Style) {
    let seconds = seconds_until(&auction.ends_at, app.now);
    let ended = auction.closed_at.as_ref().unwrap_or(&auction.ends_at);
    match (auction.state.as_str(), seconds) {
        ("open", 0) => ("closing…".to_owned(), app.skin.muted()),
        ("open", seconds) => {
            let style = if seconds <= 180 { app.skin.warn() } else { app.skin.strong() };
            (format!("{} left", countdown(seconds)), style)
        }
        _ => (format!("ended {}", app.moment(ended)), app.skin.muted()),
    }
}

/// The keys of the lists.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let key = |letter, name, what| (KeyCode::Char(letter), name, what);
    let mut keys = Vec::new();
    if app.auctions.list.chosen().is_some() {
        keys.push((KeyCode::Enter, "Enter", "open"));
    }
    keys.push((KeyCode::Tab, "Tab", "running, over, mine"));
    if app.auctions.which == Which::Running {
        keys.push(key('f', "f", "shelf"));
    }
    if app.auctions.list.chosen().is_some_and(Auction::is_to_pay) {
        keys.push(key('p', "p", "pay what you won"));
    }
    keys.extend([key('u', "u", "put something up"), key('r', "r", "load again")]);
    keys
}

/// The keys of the lists, in full.
pub(crate) fn help() -> Vec<(&'static str, &'static str)> {
    vec![
        ("Tab, ← →", "running, over, bidding, watched, selling"),
        ("Enter", "into its room, where one bids"),
        ("f", "only one shelf, of those that run"),
        ("p", "pay what you won"),
        ("u", "put something up for auction"),
        ("r", "load again"),
    ]
}

impl App {
    pub(crate) fn load_auctions(&mut self, more: bool) {
        let auctions = &mut self.auctions;
        let is_mine = matches!(auctions.which, Which::Bidding | Which::Watched | Which::Selling);
        if is_mine && self.me.is_none() {
            (auctions.which, auctions.list) = (Which::Running, Rows::default());
        }
        auctions.list.loading = true;
        auctions.generation += 1;
        (auctions.is_stale, auctions.asked_at) = (false, self.running);
        let generation = auctions.generation;
        let mut fields = page(&auctions.list.next, more);
        fields["which"] = json!(auctions.which.name());
        if let Some(category) = auctions.category.as_ref().filter(|_| auctions.which == Which::Running) {
            fields["category"] = json!(category);
        }
        self.ask("auctions", fields, Purpose::Auction(Wanted::List { generation, more }));
    }

    pub(crate) fn auctions_came(&mut self, generation: u64, more: bool, mut reply: Value) {
        if generation != self.auctions.generation {
            return;
        }
        self.auctions.error = None;
        if more {
            self.auctions.list.take(&mut reply, true, |row| &row.auction);
        } else {
            self.auctions.list.renew(&mut reply, |row| &row.auction);
            if self.auctions.which == Which::Running {
                // Of further pages that were read before, some are over by now.
                let (now, list) = (self.now, &mut self.auctions.list);
                list.rows.retain(|row| row.is_open(now));
                list.at = list.at.min(list.rows.len().saturating_sub(1));
            }
        }
    }

    pub(crate) fn auctions_refused(&mut self, generation: u64, why: String) {
        if generation == self.auctions.generation {
            (self.auctions.list.loading, self.auctions.list.known) = (false, true);
            self.auctions.error = Some(why);
        }
    }

    /// After drawing: further pages, and what changed since.
    pub(crate) fn follow_list(&mut self) {
        if self.tab != Tab::Auctions || !self.above.is_empty() || !self.settled || self.auctions.list.loading
        {
            return;
        }
        let is_old = self.running.saturating_sub(self.auctions.asked_at) >= POLLED;
        let polls = is_old && matches!(self.auctions.which, Which::Running | Which::Bidding | Which::Watched);
        if self.auctions.is_stale || polls {
            self.load_auctions(false);
        } else if self.auctions.list.wants_more() {
            self.load_auctions(true);
        }
    }

    /// Looks at another of the lists.
    pub(crate) fn show_auctions(&mut self, which: Which) {
        self.auctions.which = which;
        self.auctions.list = Rows::default();
        self.load_auctions(false);
    }

    /// Looks at one shelf of what runs, or at all of them.
    pub(crate) fn show_shelf(&mut self, category: Option<String>) {
        self.auctions.category = category;
        self.show_auctions(Which::Running);
    }

    /// Keys for the lists.
    pub(crate) fn on_auctions_key(&mut self, code: KeyCode) {
        let forward = matches!(code, KeyCode::Tab | KeyCode::Right);
        match code {
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => {
                // A visitor sees those of everybody.
                let all = if self.me.is_some() { &Which::ALL[..] } else { &Which::ALL[..2] };
                let on = all.iter().position(|which| *which == self.auctions.which).unwrap_or(0);
                let to = if forward { on + 1 } else { on + all.len() - 1 } % all.len();
                self.show_auctions(all[to]);
            }
            KeyCode::Char('f') => {
                let of: Vec<String> =
                    std::iter::once("everything".to_owned()).chain(self.categories.clone()).collect();
                let on = self.auctions.category.as_ref();
                let at = on.and_then(|on| of.iter().position(|each| each == on)).unwrap_or(0);
                self.choice = Some(Choice { title: "Which shelf?", of, at });
            }
            KeyCode::Char('r') => self.load_auctions(false),
            KeyCode::Char('u') => self.put_something_up(),
            KeyCode::Esc => self.show_shelf(None),
            _ => {
                let Some(auction) = self.auctions.list.chosen() else { return };
                let (id, checkout) = (auction.auction.clone(), auction.checkout.clone());
                let is_to_pay = auction.is_to_pay();
                match (code, checkout) {
                    (KeyCode::Enter | KeyCode::Char('b' | 'w'), _) => self.look_at_auction(&id),
                    (KeyCode::Char('p'), Some(checkout)) if is_to_pay => self.pay_for_auction(&checkout),
                    _ => {}
                }
            }
        }
    }
}
