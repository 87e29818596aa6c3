//! My money: what lies in each purse, what happened in the wallet last, and the payouts that were asked for.

use auboutique_domain::payout::Purse;
use auboutique_domain::{Currency, Money};
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Page;
use crate::app::{App, Purpose, page, read};
use crate::dialog::{Dialog, Then};
use crate::form::{Aim, Entry, Form, Request};
use crate::pen::{Hit, Pen};
use crate::profit;
use crate::statement::{StatementLine, draw_line};
use crate::text;

/// Earned money on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payout {
    /// Which.
    pub payout: String,
    /// From which purse.
    pub purse: Purse,
    /// How much.
    pub amount: Money,
    /// Where it is in its life.
    pub state: String,
    /// When it was asked for.
    pub requested_at: String,
    /// When it is taken back if nobody hands it over.
    #[serde(default)]
    pub until: Option<String>,
    /// How it was paid, or why it was taken back.
    #[serde(default)]
    pub note: String,
}

/// A member's money in the market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Wallet {
    /// What can be spent, per currency.
    pub wallet: Vec<Money>,
    /// What was earned by single things and not paid out.
    pub sales: Vec<Money>,
    /// What the member's store earned; nothing for who has none.
    #[serde(default)]
    pub store: Option<Vec<Money>>,
    /// What happened in the wallet last, newest first.
    #[serde(default)]
    pub lines: Vec<StatementLine>,
}

impl Wallet {
    /// What lies in a purse; nothing for the store of who has none.
    fn balances(&self, purse: Purse) -> Option<&[Money]> {
        match purse {
            Purse::Wallet => Some(&self.wallet),
            Purse::Sales => Some(&self.sales),
            Purse::Store => self.store.as_deref(),
        }
    }

    fn balance(&self, purse: Purse, currency: Currency) -> Money {
        let found = self.balances(purse).into_iter().flatten().find(|money| money.currency == currency);
        found.copied().unwrap_or(Money::new(0, currency))
    }
}

/// What was asked about money.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Wallet,
    /// The wallet pays for this order: it is opened first.
    Pay(String, Money),
    Payouts {
        more: bool,
    },
    Voided,
    Profit {
        store: String,
        month: String,
        more: bool,
    },
}

/// What a purse is called.
const fn name(purse: Purse) -> &'static str {
    match purse {
        Purse::Wallet => "Wallet",
        Purse::Sales => "Sold things",
        Purse::Store => "Your store",
    }
}

const fn about(purse: Purse) -> &'static str {
    match purse {
        Purse::Wallet => "you can spend it here",
        Purse::Sales => "what your own things earned",
        Purse::Store => "what your store earned",
    }
}

/// Draws the purses, what happened last, and the payouts.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let Some(wallet) = app.account.wallet.clone() else {
        pen.empty(area, "One moment…", "");
        return;
    };
    let mut y = area.y;
    for purse in Purse::ALL {
        let Some(balances) = wallet.balances(purse) else { continue };
        let debt = balances.iter().any(|balance| balance.minor < 0);
        let sums: Vec<String> = balances.iter().map(text::money).collect();
        pen.line(
            area.x,
            y,
            area.width,
            vec![
                Span::styled(text::fit(name(purse), 13), skin.strong()),
                Span::styled(
                    text::fit(&sums.join("  ·  "), 36),
                    if debt { skin.bad() } else { skin.price() },
                ),
                Span::styled(if debt { "owed to the market" } else { about(purse) }, skin.muted()),
            ],
        );
        y += 1;
    }
    y += 1;
    pen.text(area.x, y, area.width, "What happened in the wallet last", skin.strong());
    y += 1;
    // Half of what is left, so that the payouts are seen, too.
    let left = area.bottom().saturating_sub(y);
    let room = usize::from(left / 2).saturating_sub(1).max(1);
    if wallet.lines.is_empty() {
        pen.text(area.x + 2, y, area.width, "Nothing yet.", skin.muted());
        y += 1;
    }
    for line in wallet.lines.iter().take(room) {
        let row = Rect { x: area.x + 2, y, width: area.width.saturating_sub(2), height: 1 };
        draw_line(app, pen, row, line, false);
        y += 1;
    }
    y += 1;
    pen.text(area.x, y, area.width, "Payouts", skin.strong());
    let list = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
    if app.account.payouts.rows.is_empty() {
        let what = if app.account.payouts.known { "None. p asks for one." } else { "One moment…" };
        pen.text(list.x + 2, list.y, list.width, what, skin.muted());
    }
    let mut rows = std::mem::take(&mut app.account.payouts);
    let at = rows.at;
    for ((number, payout), y) in rows.seen(usize::from(list.height)).zip(list.y..list.bottom()) {
        pen.mark(list.x, y, 1, number == at);
        let state = match (payout.state.as_str(), &payout.until) {
            ("requested", Some(until)) => (format!("waits until {}", app.day(until)), skin.accent()),
            ("paid", _) => ("handed over".to_owned(), skin.good()),
            ("voided", _) => ("taken back".to_owned(), skin.muted()),
            (other, _) => (text::words(other), skin.muted()),
        };
        let note = if payout.note.is_empty() { String::new() } else { format!(" · {}", payout.note) };
        let style = if number == at { skin.chosen() } else { skin.plain() };
        let from = format!("from {}  ", name(payout.purse).to_lowercase());
        pen.line(
            list.x + 2,
            y,
            list.width.saturating_sub(2),
            vec![
                Span::styled(text::fit(&text::money(&payout.amount), 18), style),
                Span::styled(text::fit(&from, 18), skin.muted()),
                Span::styled(state.0, state.1),
                Span::styled(note, skin.muted()),
            ],
        );
        pen.hit(Rect { y, height: 1, ..list }, Hit::Row(number));
    }
    app.account.payouts = rows;
}

/// The keys of the purses.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let mut keys = vec![(KeyCode::Char('p'), "p", "ask for a payout")];
    if app.account.payouts.chosen().is_some_and(|payout| payout.state == "requested") {
        keys.push((KeyCode::Char('x'), "x", "take it back"));
    }
    keys.extend([(KeyCode::Char('r'), "r", "load again"), (KeyCode::Esc, "Esc", "back")]);
    keys
}

fn currencies() -> Vec<String> {
    Currency::ALL.iter().map(|each| each.code().to_owned()).collect()
}

/// The form to put cash into a wallet at the desk.
pub(crate) fn top_up_form() -> Form {
    let entries = vec![
        Entry::line("username", "Username", "", "of who pays it in"),
        Entry::line("amount", "Cash", "", "20"),
        Entry::choice("currency", "Currency", currencies(), "USD"),
    ];
    let mut form = Form::new(Aim::TopUp, "Put cash into a wallet", "I have the cash", entries);
    form.says = vec!["Count it first. It is theirs to spend at once.".to_owned()];
    form
}

/// The purse that is chosen in the form for a payout.
fn purse(form: &Form) -> Purse {
    Purse::ALL.into_iter().find(|purse| name(*purse) == form.text("purse")).unwrap_or(Purse::Wallet)
}

/// What the forms about money ask of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let at = form.at("amount");
    Some(match &form.aim {
        Aim::Payout => form
            .price(at)
            .map(|amount| ("request_payout", json!({ "purse": purse(form).name(), "amount": amount }))),
        Aim::TopUp => {
            let username = form.text("username").trim().trim_start_matches('@');
            if username.is_empty() {
                Err((form.at("username"), "Say whose wallet it is.".to_owned()))
            } else {
                form.price(at).map(|cash| ("top_up", json!({ "username": username, "cash": cash })))
            }
        }
        Aim::Refund(order) => {
            form.price(at).map(|amount| ("refund_order", json!({ "order": order, "amount": amount })))
        }
        Aim::Ship(order) => Ok(("ship_order", json!({ "order": order, "note": form.text("note").trim() }))),
        Aim::Return(_) if form.text("reason").trim().is_empty() => {
            Err((form.at("reason"), "Say why it comes back.".to_owned()))
        }
        Aim::Return(order) => {
            Ok(("request_return", json!({ "order": order, "reason": form.text("reason").trim() })))
        }
        Aim::Pay(order) => {
            let currency = form.text("wallet").split(' ').next().unwrap_or_default().to_owned();
            Ok(("pay_order", json!({ "order": order, "currency": currency })))
        }
        _ => return None,
    })
}

impl App {
    /// Asks what money there is, and which payouts.
    pub(crate) fn load_wallet(&mut self) {
        self.ask("wallet", json!({}), Purpose::Money(Wanted::Wallet));
        self.load_payouts(false);
    }

    pub(crate) fn load_payouts(&mut self, more: bool) {
        self.account.payouts.loading = true;
        let fields = page(&self.account.payouts.next, more);
        self.ask("payouts", fields, Purpose::Money(Wanted::Payouts { more }));
    }

    /// Money moved: what is looked at of it is asked again.
    pub(crate) fn money_moved(&mut self) {
        if self.account.page == Page::Money {
            self.load_wallet();
        }
        if self.cart.checkout.is_some() {
            self.look_at_checkout(false);
        }
    }

    pub(crate) fn money_came(&mut self, wanted: Wanted, mut reply: Value) {
        match wanted {
            Wanted::Wallet => self.account.wallet = read(reply),
            Wanted::Pay(order, due) => {
                if let Some(wallet) = read::<Wallet>(reply) {
                    self.form = Some(pay_form(&wallet, &order, due));
                    self.account.wallet = Some(wallet);
                }
            }
            Wanted::Payouts { more } => self.account.payouts.take(&mut reply, more, |row| &row.payout),
            Wanted::Voided => {
                self.say("It is taken back: the money is in its purse again");
                self.load_wallet();
            }
            Wanted::Profit { store, month, more } => profit::came(self, &store, &month, more, reply),
        }
    }

    pub(crate) fn money_refused(&mut self, wanted: &Wanted, why: &str) {
        match wanted {
            Wanted::Payouts { .. } => {
                (self.account.payouts.loading, self.account.payouts.known) = (false, true);
            }
            Wanted::Profit { .. } => self.room.profit.is_loading = false,
            Wanted::Voided => self.load_wallet(),
            Wanted::Wallet | Wanted::Pay(..) => {}
        }
        self.say_bad(why);
    }

    /// A form about money was taken.
    pub(crate) fn money_form_taken(&mut self, aim: &Aim, reply: Value) {
        match aim {
            Aim::Payout => {
                if let Some(payout) = read::<Payout>(reply) {
                    self.say(&format!("{} wait for you to be handed over", text::money(&payout.amount)));
                }
                self.load_wallet();
            }
            Aim::TopUp => {
                let wallet: Vec<Money> = read(reply["wallet"].clone()).unwrap_or_default();
                let wallet: Vec<String> = wallet.iter().map(text::money).collect();
                self.desk.done = Some(format!("It is in the wallet, which has {} now", wallet.join(" and ")));
                self.desk.shown = None;
                self.desk.error = None;
            }
            _ => {}
        }
    }

    fn payout_form(&self, wallet: &Wallet) -> Form {
        let purses = Purse::ALL.into_iter().filter(|purse| wallet.balances(*purse).is_some());
        // The fullest of them is the one that is meant, as a rule.
        let is_full =
            |purse: &Purse| wallet.balances(*purse).into_iter().flatten().any(|money| money.minor > 0);
        let chosen = purses.clone().find(is_full).unwrap_or(Purse::Wallet);
        let currency = Currency::ALL.into_iter().find(|each| wallet.balance(chosen, *each).minor > 0);
        let entries = vec![
            Entry::choice(
                "purse",
                "From",
                purses.map(|purse| name(purse).to_owned()).collect(),
                name(chosen),
            ),
            Entry::line("amount", "How much", "", "12.50"),
            Entry::choice("currency", "Currency", currencies(), currency.map_or("USD", Currency::code)),
        ];
        let mut form = Form::new(Aim::Payout, "Ask for a payout", "Ask for it", entries);
        form.says = vec!["Whoever runs the market hands it over within 7 days.".to_owned()];
        for purse in Purse::ALL {
            if let Some(balances) = wallet.balances(purse) {
                let sums: Vec<String> = balances.iter().map(text::money).collect();
                form.says.push(format!("{}{}", text::fit(name(purse), 13), sums.join("  ·  ")));
            }
        }
        form
    }

    /// Keys for the purses.
    pub(crate) fn on_money_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('r') => self.load_wallet(),
            KeyCode::Char('p') => {
                let Some(wallet) = self.account.wallet.clone() else { return };
                self.form = Some(self.payout_form(&wallet));
            }
            KeyCode::Char('x') | KeyCode::Delete => {
                let Some(payout) = self.account.payouts.chosen().cloned() else { return };
                if payout.state != "requested" {
                    return self.say("It is over already");
                }
                self.dialog = Some(Dialog {
                    title: "Take the payout back?".to_owned(),
                    lines: vec![
                        text::money(&payout.amount),
                        "Nobody hands it over then; it is in its purse again.".to_owned(),
                    ],
                    yes: "Take it back",
                    no: "Not now",
                    on_yes: false,
                    then: Then::VoidPayout(payout.payout),
                });
            }
            _ => {}
        }
    }
}

/// The form to pay an order from the wallet.
fn pay_form(wallet: &Wallet, order: &str, due: Money) -> Form {
    let line = |currency: Currency| {
        let balance = wallet.balance(Purse::Wallet, currency);
        format!("{} · there are {}", currency.code(), text::money(&balance))
    };
    let of = Currency::ALL.map(line).to_vec();
    let chosen = line(due.currency);
    let entries = vec![Entry::choice("wallet", "Wallet", of, &chosen)];
    let mut form = Form::new(Aim::Pay(order.to_owned()), "Pay from the wallet", "Pay it", entries);
    form.says = vec![
        format!("{} is due.", text::money(&due)),
        "The other currency pays at the market's rate of now. The receipt keeps it.".to_owned(),
    ];
    form
}
