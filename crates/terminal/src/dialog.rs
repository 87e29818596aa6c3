//! A question before something is done, and what yes does.

use auboutique_domain::{Currency, Money};
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use serde_json::{Value, json};

use crate::app::{App, Purpose};
use crate::pen::{Hit, Pen};
use crate::{cart, payout, text};

/// What happens when a dialog is answered with yes.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Buy it, at the price that was seen.
    Buy(String, Money),
    /// Withdraw the listing.
    Withdraw(String),
    /// Cancel, ask to cancel, confirm: an operation on an order.
    Order(&'static str, String),
    /// Take what came back for this order into the stock again, or write it off.
    Settle(String, bool),
    /// Place the orders of this checkout, paid in cash or from the wallet of a currency.
    Place(String, Option<Currency>),
    /// Begin a card payment of this checkout, in a currency.
    BeginPayment(String, Currency),
    /// Leave this checkout.
    LeaveCheckout(String),
    /// Take the payout back.
    VoidPayout(String),
    /// Ask this of an auction, with these parameters.
    Auction(&'static str, Value),
    /// Leave the form.
    LeaveForm,
    /// End the session.
    EndSession(String),
    /// Take the invitation back.
    Revoke(String),
    /// Let the member of staff go.
    Dismiss(String),
    /// Block the member.
    Block(String),
    /// Log out.
    LogOut,
    /// Leave the client.
    Quit,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Dialog {
    /// What it is about.
    pub title: String,
    /// What is to be known before answering.
    pub lines: Vec<String>,
    /// What stands on the button for yes.
    pub yes: &'static str,
    /// What stands on the button for no.
    pub no: &'static str,
    /// Whether one is on yes.
    pub on_yes: bool,
    /// What yes does.
    pub then: Then,
}

/// Draws the question over everything.
pub(crate) fn draw(app: &App, pen: &mut Pen) {
    let Some(dialog) = &app.dialog else { return };
    let all = pen.frame.area();
    let wide = dialog.lines.iter().map(|line| text::width(line)).max().unwrap_or(0).clamp(40, 62);
    let lines: Vec<String> = dialog
        .lines
        .iter()
        .flat_map(|line| {
            // A label in front keeps its place when the line is broken.
            text::wrap(line, wide)
        })
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(4) + 5;
    let width = u16::try_from(wide).unwrap_or(50) + 6;
    let area = pen.middle(width.min(all.width), height.min(all.height));
    let skin = pen.skin;
    let inner = pen.boxed(area, &dialog.title, skin.accent());
    for (number, (line, y)) in lines.iter().zip(inner.y + 1..inner.bottom()).enumerate() {
        pen.text(inner.x, y, inner.width, line, if number == 0 { skin.strong() } else { skin.plain() });
    }
    let y = inner.bottom().saturating_sub(1);
    let mut x = inner.x;
    for (yes, name) in [(true, dialog.yes), (false, dialog.no)] {
        let button = format!("[ {name} ]");
        let width = u16::try_from(text::width(&button)).unwrap_or(0);
        let style = if dialog.on_yes == yes { skin.pressed() } else { skin.muted() };
        pen.text(x, y, width, &button, style);
        pen.hit(Rect { x, y, width, height: 1 }, Hit::Answer(yes));
        x += width + 2;
    }
    pen.right(inner.x, y, inner.width, "y / n", skin.muted());
}

impl App {
    pub(crate) fn on_dialog_key(&mut self, key: KeyEvent) {
        let Some(dialog) = &mut self.dialog else { return };
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                dialog.on_yes = !dialog.on_yes
            }
            KeyCode::Char('y') => self.answer(true),
            KeyCode::Char('n') | KeyCode::Esc => self.answer(false),
            KeyCode::Enter => {
                let yes = dialog.on_yes;
                self.answer(yes);
            }
            _ => {}
        }
    }

    pub(crate) fn answer(&mut self, yes: bool) {
        let Some(dialog) = self.dialog.take().filter(|_| yes) else { return };
        match dialog.then {
            Then::Buy(listing, price) => {
                self.ask("buy", json!({ "listing": listing, "price": price }), Purpose::Bought);
            }
            Then::Withdraw(listing) => {
                self.ask("withdraw_listing", json!({ "listing": listing }), Purpose::ListingAct("Withdrawn"));
            }
            Then::Order(op, order) => {
                let done = match op {
                    "cancel_order" => "The order is canceled",
                    "request_cancel" => "The seller was asked",
                    _ => "Thank you: the seller is credited",
                };
                self.ask(op, json!({ "order": order }), Purpose::OrderAct(done));
            }
            Then::Settle(order, restock) => {
                let done = if restock { "It is on the shelves again" } else { "It is written off" };
                let fields = json!({ "order": order, "restock": restock });
                self.ask("settle_return", fields, Purpose::OrderAct(done));
            }
            Then::Place(checkout, wallet) => self.place(&checkout, wallet),
            Then::BeginPayment(checkout, currency) => {
                let fields = json!({ "checkout": checkout, "currency": currency });
                self.ask("start_payment", fields, Purpose::Cart(cart::Wanted::PaymentBegun));
            }
            Then::LeaveCheckout(checkout) => {
                let fields = json!({ "checkout": checkout });
                self.ask("cancel_checkout", fields, Purpose::Cart(cart::Wanted::Left));
            }
            Then::VoidPayout(payout) => {
                let fields = json!({ "payout": payout });
                self.ask("void_payout", fields, Purpose::Money(payout::Wanted::Voided));
            }
            Then::Auction(op, fields) => self.ask_of_auction(op, fields),
            Then::LeaveForm => self.form = None,
            Then::EndSession(session) => {
                self.ask("end_session", json!({ "session": session }), Purpose::SessionEnded);
            }
            Then::Block(username) => self.ask("block", json!({ "username": username }), Purpose::Blocked),
            Then::Revoke(invitation) => self.revoke(&invitation),
            Then::Dismiss(username) => self.dismiss(&username),
            Then::LogOut => self.ask("log_out", json!({}), Purpose::LogOut),
            Then::Quit => self.over = true,
        }
    }

    pub(crate) fn quit(&mut self) {
        let typed = self.sell.is_changed() || !self.talk.drafts.is_empty();
        if typed {
            self.dialog = Some(Dialog {
                title: "Leave?".to_owned(),
                lines: vec!["Something you typed was not sent. It is lost when you leave.".to_owned()],
                yes: "Leave",
                no: "Stay",
                on_yes: false,
                then: Then::Quit,
            });
        } else {
            self.over = true;
        }
    }
}
