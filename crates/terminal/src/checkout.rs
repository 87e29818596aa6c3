//! The checkout: what is set aside and until when, the orders it becomes, and the ways to pay.

use auboutique_domain::money::Rate;
use auboutique_domain::{Currency, Money};
use jiff::Timestamp;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{Above, App, Purpose, read};
use crate::cart::Wanted;
use crate::dialog::{Dialog, Then};
use crate::field::Field;
use crate::form::{Aim, Entry, Form, Input, Request};
use crate::listing::Place;
use crate::member::Card;
use crate::order::{Bought, Order, plain_code};
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::store::StoreCard;
use crate::text;

/// An order that is about to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Parcel {
    /// Who sells.
    pub seller: Card,
    /// Through which store, if it is one's.
    #[serde(default)]
    pub store: Option<StoreCard>,
    /// Where it is collected.
    pub pickup_point: Place,
    /// The day it could be collected; nothing when the pickup point has no room.
    #[serde(default)]
    pub pickup_day: Option<String>,
    /// What is bought.
    pub lines: Vec<Bought>,
    /// What it costs.
    pub total: Money,
}

/// A card payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payment {
    /// Which.
    pub payment: String,
    /// What is to be paid.
    pub amount: Money,
    /// Where it is in its life.
    pub state: String,
    /// Why the last card was turned down; empty when none was.
    #[serde(default)]
    pub reason: String,
}

/// How the lot of an auction reaches its winner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delivery {
    /// `pickup` or `shipment`.
    pub kind: String,
}

/// What the form to choose it calls the two.
const COLLECT: &str = "collect it";
const SHIP: &str = "have it shipped";

/// A checkout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Checkout {
    /// Which.
    pub checkout: String,
    /// Where it is in its life.
    pub state: String,
    /// Until when the copies are set aside.
    pub expires_at: String,
    /// The orders it becomes.
    pub parcels: Vec<Parcel>,
    /// The auction whose lot it holds, if it is one's.
    #[serde(default)]
    pub auction: Option<String>,
    /// How the lot reaches the winner, once that was said.
    #[serde(default)]
    pub delivery: Option<Delivery>,
    /// What it costs, per currency: what is due in cash at the desk.
    pub totals: Vec<Money>,
    /// What all of it costs in each currency: what a wallet or a card pays.
    pub costs: Vec<Money>,
    /// How many pounds a dollar is, frozen.
    pub rate: Rate,
    /// What is in the wallet, per currency.
    pub wallet: Vec<Money>,
    /// The card payment that was begun last.
    #[serde(default)]
    pub payment: Option<Payment>,
    /// The orders, once they are placed.
    #[serde(default)]
    pub orders: Vec<String>,
}

impl Checkout {
    /// Whether the copies are set aside, as far as is known.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state == "held"
    }

    /// Whether it holds the lot of an auction.
    #[must_use]
    pub const fn is_won(&self) -> bool {
        self.auction.is_some()
    }

    /// Whether the seller sends it.
    fn ships(&self) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| delivery.kind == "shipment")
    }

    fn cost(&self, currency: Currency) -> Option<Money> {
        self.costs.iter().find(|cost| cost.currency == currency).copied()
    }

    fn balance(&self, currency: Currency) -> Money {
        let found = self.wallet.iter().find(|balance| balance.currency == currency);
        found.copied().unwrap_or(Money::new(0, currency))
    }
}

/// A way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cash,
    Wallet(Currency),
    Card(Currency),
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Cash,
        Self::Wallet(Currency::Usd),
        Self::Wallet(Currency::Lbp),
        Self::Card(Currency::Usd),
        Self::Card(Currency::Lbp),
    ];
}

/// What of the checkout is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter {
    /// The way to pay one is on.
    pub at: usize,
    /// The first line of the orders that is seen.
    pub scroll: usize,
}

/// A line of what is about to be ordered: what stands left and right, and how.
type Drawn = (String, String, Style, Style);

/// The orders it becomes, line by line.
fn blocks(app: &App, checkout: &Checkout) -> Vec<Drawn> {
    let skin = app.skin;
    let mut lines = Vec::new();
    for parcel in &checkout.parcels {
        let from = parcel.store.as_ref().map_or(&parcel.seller.name, |store| &store.name);
        lines.push((from.clone(), text::money(&parcel.total), skin.strong(), skin.price()));
        let day = match &parcel.pickup_day {
            Some(day) => app.date(day),
            None => "no free day: look again".to_owned(),
        };
        let (how, is_fine) = if checkout.ships() {
            ("  shipped to you by the seller".to_owned(), true)
        } else if checkout.is_won() && checkout.delivery.is_none() {
            ("  d says how it shall reach you".to_owned(), false)
        } else {
            (format!("  {} · {day}", parcel.pickup_point.name), parcel.pickup_day.is_some())
        };
        let style = if is_fine { skin.muted() } else { skin.warn() };
        lines.push((how, String::new(), style, style));
        for line in &parcel.lines {
            let price = line.price.as_ref().map(|price| format!("{} each", text::money(price)));
            let what = format!("  {} × {}", line.quantity, line.title);
            lines.push((what, price.unwrap_or_default(), skin.plain(), skin.muted()));
        }
    }
    lines
}

/// What a way to pay is called, what it takes, and whether it can be gone.
fn way(app: &App, checkout: &Checkout, way: Way) -> (String, String, bool) {
    let cost = |currency| checkout.cost(currency).as_ref().map(text::money).unwrap_or_default();
    match way {
        Way::Cash if checkout.is_won() => {
            ("cash at the desk".to_owned(), "an auction is paid before".to_owned(), false)
        }
        Way::Cash => {
            let what = format!("{}, when you collect", text::sums(&checkout.totals));
            ("cash at the desk".to_owned(), what, true)
        }
        Way::Wallet(currency) => {
            let balance = checkout.balance(currency);
            let enough = checkout.cost(currency).is_some_and(|cost| cost.minor <= balance.minor);
            let (cost, there) = (cost(currency), text::money(&balance));
            let what = if enough {
                format!("{cost} of the {there} in it")
            } else {
                format!("{cost}: too little, there are {there} in it")
            };
            (format!("wallet {}", currency.code()), what, enough)
        }
        Way::Card(currency) if app.cart.is_without_cards => {
            (format!("card {}", currency.code()), "this market takes no cards".to_owned(), false)
        }
        Way::Card(currency) => {
            (format!("card {}", currency.code()), format!("{}, in a browser", cost(currency)), true)
        }
    }
}

/// How a card payment stands, in words.
fn payment_words(app: &App, payment: &Payment) -> (String, Style) {
    let amount = text::money(&payment.amount);
    match payment.state.as_str() {
        "started" => {
            let me = app.me.as_ref().map(|me| me.username.clone()).unwrap_or_default();
            let page = format!("/payments/{}/page", payment.payment);
            // The page stands on a line of its own: broken in two it could not be copied.
            let how = format!("{amount} by card: signed in to this market as @{me}, open in a browser");
            let words = format!("{how}\n{page}");
            (words, app.skin.accent())
        }
        "declined" => {
            let words =
                format!("The card was turned down: {}. Another may do, or another way.", payment.reason);
            (words, app.skin.bad())
        }
        "authorized" => (format!("{amount} by card is held ready. One moment…"), app.skin.accent()),
        "placed" => (format!("{amount} was paid by card."), app.skin.good()),
        "refunded" => (format!("{amount} by card came too late: it is in your wallet."), app.skin.warn()),
        _ => (format!("{amount} by card: no money was taken."), app.skin.muted()),
    }
}

/// Draws the checkout.
pub(crate) fn draw(app: &App, pen: &mut Pen, area: Rect, counter: &mut Counter) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let Some(checkout) = &app.cart.checkout else {
        pen.empty(area, "Nothing is set aside for you any more", "Esc leads back to your cart");
        return;
    };
    pen.text(area.x, area.y, area.width, "Check out", skin.strong());
    let left = app.minutes_left(&checkout.expires_at);
    let until = &checkout.expires_at;
    let at = if checkout.is_won() { app.moment(until) } else { app.clock(until) };
    let label = format!("set aside until {at}, {}", app.time_left(until));
    pen.right(area.x, area.y, area.width, &label, if left < 3 { skin.warn() } else { skin.accent() });
    // The ways to pay always have their place below.
    let payment = checkout.payment.as_ref().map(|payment| payment_words(app, payment));
    let payment = payment.map(|(words, style)| (text::wrap(&words, usize::from(area.width)), style));
    let says = payment.as_ref().map_or(0, |(lines, _)| lines.len());
    let foot = u16::try_from(says + Way::ALL.len()).unwrap_or(8) + 3;
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(foot + 2).max(1), ..area };
    let lines = blocks(app, checkout);
    let room = usize::from(list.height);
    counter.scroll = counter.scroll.min(lines.len().saturating_sub(room));
    for ((what, cost, style, of_cost), y) in lines.iter().skip(counter.scroll).take(room).zip(list.y..) {
        let wide = u16::try_from(text::width(cost)).unwrap_or(0);
        pen.text(list.x, y, list.width.saturating_sub(wide + 1), what, *style);
        pen.right(list.x, y, list.width, cost, *of_cost);
    }
    if lines.len() > room {
        let label = format!("{}–{} of {} · PgDn", counter.scroll + 1, counter.scroll + room, lines.len());
        pen.right(area.x, area.y + 1, area.width, &label, skin.accent());
    }
    let mut y = list.bottom();
    let orders = checkout.parcels.len();
    let orders = if orders == 1 { "Total, 1 order".to_owned() } else { format!("Total, {orders} orders") };
    pen.text(area.x, y, area.width, &orders, skin.muted());
    pen.right(area.x, y, area.width, &text::sums(&checkout.totals), skin.price());
    y += 1;
    let rate = text::money(&Money::new(checkout.rate.pounds(), Currency::Lbp));
    pen.text(area.x, y, area.width, "Pay with ↑↓, Enter", skin.strong());
    pen.right(area.x, y, area.width, &format!("1 USD is {rate}"), skin.muted());
    y += 1;
    for (number, each) in Way::ALL.into_iter().enumerate() {
        let (name, what, can) = way(app, checkout, each);
        let chosen = number == counter.at;
        pen.mark(area.x, y, 1, chosen);
        let style = match (chosen, can) {
            (true, _) => skin.chosen(),
            (false, true) => skin.plain(),
            (false, false) => skin.muted(),
        };
        pen.line(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            vec![
                Span::styled(text::fit(&name, 18), style),
                Span::styled(what, if can { skin.plain() } else { skin.warn() }),
            ],
        );
        pen.hit(Rect { y, height: 1, ..area }, Hit::Row(number));
        y += 1;
    }
    if let Some((lines, style)) = payment {
        for line in lines {
            pen.text(area.x, y, area.width, &line, style);
            y += 1;
        }
    }
}

/// Draws the orders of a checkout that was placed, each with its code.
pub(crate) fn draw_group(app: &App, pen: &mut Pen, area: Rect, group: &mut Rows<Order>) {
    let skin = pen.skin;
    let count = group.rows.len();
    let what = if count == 1 {
        "✓ It is yours. Note place, day and code:".to_owned()
    } else {
        format!("✓ {count} orders are placed. Note places, days and codes:")
    };
    pen.text(area.x + 1, area.y, area.width, &what, skin.good());
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let at = group.at;
    for ((number, order), y) in group.seen(usize::from(area.height / 5)).zip((area.y..).step_by(5)) {
        let chosen = number == at;
        pen.mark(area.x, y, 4, chosen);
        let (x, width) = (area.x + 2, area.width.saturating_sub(3));
        let total = text::money(&order.total);
        let wide = u16::try_from(text::width(&total)).unwrap_or(0);
        let style = if chosen { skin.chosen() } else { skin.plain() };
        pen.text(x, y, width.saturating_sub(wide + 1), &order.title(), style);
        pen.right(x, y, width, &total, skin.price());
        let due = if order.due.minor > 0 {
            format!("{} in cash when you collect", text::money(&order.due))
        } else {
            "paid".to_owned()
        };
        pen.text(x, y + 1, width, &format!("from {} · {due}", order.other_name()), skin.muted());
        let hours = order.pickup.hours.clone().map(|hours| format!(", {hours}")).unwrap_or_default();
        let place = format!("{} · {}{hours}", order.pickup.name, app.date(&order.pickup.day));
        pen.text(x, y + 2, width, &place, skin.plain());
        let code = order.pickup.code.as_deref().map(plain_code).unwrap_or_default();
        pen.text(x, y + 3, width, &code, skin.accent());
        pen.hit(Rect { y, height: 4, ..area }, Hit::Row(number));
    }
}

/// What the form about the delivery asks of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let Aim::Deliver(checkout, points) = &form.aim else { return None };
    let mut fields = json!({ "checkout": checkout });
    if form.text("how") == SHIP {
        fields["name"] = json!(form.text("name").trim());
        fields["address"] = json!(form.text("address").trim());
    } else {
        let chosen = points.iter().find(|(_, name)| *name == form.text("pickup_point"));
        fields["pickup_point"] = json!(chosen.map(|(id, _)| id));
    }
    Some(Ok(("choose_delivery", fields)))
}

impl App {
    /// How many whole minutes are left until a moment; none after it.
    pub(crate) fn minutes_left(&self, until: &str) -> i64 {
        let until = until.parse::<Timestamp>().map_or(0, Timestamp::as_second);
        (until - self.now.as_second()).max(0) / 60
    }

    /// The same as words.
    pub(crate) fn time_left(&self, until: &str) -> String {
        let is_over = until.parse::<Timestamp>().is_ok_and(|until| until <= self.now);
        match self.minutes_left(until) {
            _ if is_over => "the time is over".to_owned(),
            0 => "less than a minute".to_owned(),
            1 => "1 minute left".to_owned(),
            minutes if minutes >= 120 => format!("{} hours left", minutes / 60),
            minutes => format!("{minutes} minutes left"),
        }
    }

    /// Asks what is set aside; `show` looks at it. The lot of an auction is asked for by its name: it is not the cart's.
    pub(crate) fn look_at_checkout(&mut self, show: bool) {
        let won = self.cart.checkout.as_ref().filter(|checkout| checkout.is_won());
        let fields = won.map_or_else(|| json!({}), |won| json!({ "checkout": won.checkout }));
        if self.me.is_some() {
            self.ask("checkout", fields, Purpose::Cart(Wanted::Checkout { show }));
        }
    }

    /// Asks how what was won shall reach one.
    fn choose_delivery(&mut self, checkout: &Checkout) {
        let open = self.points.iter().filter(|point| point["closed_at"].is_null());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let points: Vec<_> = open.map(|point| (text(&point["id"]), text(&point["name"]))).collect();
        let chosen = if checkout.ships() { SHIP } else { COLLECT };
        let names = points.iter().map(|(_, name)| name.clone()).collect();
        let entries = vec![
            Entry::choice("how", "How", vec![COLLECT.to_owned(), SHIP.to_owned()], chosen),
            Entry::choice("pickup_point", "Collect at", names, ""),
            Entry::line("name", "Ship to", "", "the name on the parcel"),
            Entry {
                name: "address",
                label: "Address",
                hint: "street, building, town, phone",
                value: Input::Lines(Field::lines(""), 3),
            },
        ];
        let aim = Aim::Deliver(checkout.checkout.clone(), points);
        let mut form = Form::new(aim, "How shall it reach you?", "Save", entries);
        form.says = vec!["Only the seller sees the address, once you have paid.".to_owned()];
        // Why it could not be paid before does not cover what is asked now.
        self.toast = None;
        self.form = Some(form);
    }

    /// It is known how what was won reaches one.
    pub(crate) fn delivery_taken(&mut self, reply: Value) {
        if let Some(checkout) = read::<Checkout>(reply) {
            self.know_checkout(checkout, false);
            self.say("Noted: now pay it");
        }
    }

    pub(crate) fn is_at_checkout(&self) -> bool {
        self.above.iter().any(|above| matches!(above, Above::Checkout(_)))
    }

    pub(crate) fn know_checkout(&mut self, checkout: Checkout, show: bool) {
        if checkout.state == "placed" && self.is_at_checkout() && !self.cart.is_placing {
            // It was paid somewhere else: its orders are what there is to see.
            self.placed(Vec::new());
            for order in checkout.orders {
                self.ask("order", json!({ "order": order }), Purpose::Cart(Wanted::Group));
            }
            return;
        }
        let held = checkout.is_held();
        self.cart.checkout = Some(checkout).filter(|_| held);
        if show && held && !self.is_at_checkout() {
            self.above.push(Above::Checkout(Counter::default()));
        }
    }

    /// What was set aside is so no more: the cart is where one goes on.
    pub(crate) fn leave_checkout(&mut self) {
        (self.cart.checkout, self.cart.is_placing) = (None, false);
        if self.is_at_checkout() {
            self.go_to_cart();
        }
        self.load_cart();
    }

    /// Orders were placed.
    pub(crate) fn placed(&mut self, orders: Vec<Order>) {
        (self.cart.checkout, self.cart.is_placing, self.cart.says) = (None, false, None);
        // Why it did not work out before does not cover the codes.
        self.toast = None;
        self.above.retain(|above| !matches!(above, Above::Checkout(_)));
        for order in &orders {
            self.know_order(order);
            for line in
                order.lines.iter().filter(|line| self.knows_listing(&line.listing)).collect::<Vec<_>>()
            {
                let fields = json!({ "listing": line.listing });
                self.ask("listing", fields, Purpose::Listing { show: false });
            }
        }
        let group = Rows { rows: orders, known: true, ..Rows::default() };
        self.above.push(Above::Group(group));
        self.load_cart();
    }

    /// An order of the checkout that was placed is known by now.
    pub(crate) fn add_to_group(&mut self, order: Order) {
        if let Some(Above::Group(group)) =
            self.above.iter_mut().rev().find(|above| matches!(above, Above::Group(_)))
            && !group.rows.iter().any(|known| known.order == order.order)
        {
            group.rows.push(order);
        }
    }

    /// What happened to a checkout of mine.
    pub(crate) fn on_checkout_event(&mut self, name: &str, checkout: &str, is_expired: bool) {
        let here = self.cart.checkout.as_ref().is_some_and(|known| known.checkout == checkout);
        match name {
            "checkout_prepared" if self.cart.checkout.is_none() => {
                let fields = json!({ "checkout": checkout });
                self.ask("checkout", fields, Purpose::Cart(Wanted::Checkout { show: false }));
            }
            "checkout_prepared" if !here => self.look_at_checkout(false),
            "delivery_chosen" if here => self.look_at_checkout(false),
            "checkout_placed" if here && !self.cart.is_placing => {
                if self.is_at_checkout() {
                    let fields = json!({ "checkout": checkout });
                    self.ask("checkout", fields, Purpose::Cart(Wanted::Checkout { show: false }));
                } else {
                    self.cart.checkout = None;
                }
            }
            "checkout_released" if here => {
                let is_won = self.cart.checkout.as_ref().is_some_and(Checkout::is_won);
                if self.is_at_checkout() && is_expired {
                    self.say_bad(if is_won {
                        "The time was over: what you won is no longer held for you."
                    } else {
                        "The time was over. What you wanted is still in your cart: check out again."
                    });
                }
                self.leave_checkout();
            }
            _ => {}
        }
    }

    /// Keys for the checkout. False when it is no longer looked at.
    pub(crate) fn on_checkout_key(&mut self, counter: &mut Counter, code: KeyCode) -> bool {
        let Some(checkout) = self.cart.checkout.clone() else { return false };
        match code {
            KeyCode::Down | KeyCode::Char('j') => counter.at = (counter.at + 1).min(Way::ALL.len() - 1),
            KeyCode::Up | KeyCode::Char('k') => counter.at = counter.at.saturating_sub(1),
            KeyCode::PageDown => counter.scroll += 5,
            KeyCode::PageUp => counter.scroll = counter.scroll.saturating_sub(5),
            KeyCode::Char('r') => self.look_at_checkout(false),
            KeyCode::Char('d') if checkout.is_won() => self.choose_delivery(&checkout),
            KeyCode::Char('x') | KeyCode::Delete => {
                let lines = if checkout.is_won() {
                    ["What you won is no longer held for you.", "You bid for it: the seller counts on you."]
                } else {
                    ["What is set aside is for everybody again.", "It stays in your cart."]
                };
                self.dialog = Some(Dialog {
                    title: "Leave the checkout?".to_owned(),
                    lines: lines.map(str::to_owned).to_vec(),
                    yes: "Leave it",
                    no: "Stay",
                    on_yes: false,
                    then: Then::LeaveCheckout(checkout.checkout),
                });
            }
            KeyCode::Enter if self.cart.is_placing => {}
            KeyCode::Enter => self.offer_to_pay(&checkout, Way::ALL[counter.at.min(Way::ALL.len() - 1)]),
            _ => {}
        }
        true
    }

    fn offer_to_pay(&mut self, checkout: &Checkout, way: Way) {
        let id = checkout.checkout.clone();
        let orders = checkout.parcels.len();
        let orders = if orders == 1 { "one order".to_owned() } else { format!("{orders} orders") };
        if checkout.is_won() && way == Way::Cash {
            return self.say_bad("An auction is paid before: from your wallet or by card.");
        }
        if checkout.is_won() && checkout.delivery.is_none() {
            return self.choose_delivery(checkout);
        }
        let (first, lines, yes, then) = match way {
            Way::Cash => (
                format!("{orders} for {}", text::sums(&checkout.totals)),
                vec!["You pay in cash when you collect.".to_owned()],
                "Buy it",
                Then::Place(id, None),
            ),
            Way::Wallet(currency) => {
                let (cost, balance) = (checkout.cost(currency), checkout.balance(currency));
                let Some(cost) = cost.filter(|cost| cost.minor <= balance.minor) else {
                    let has = text::money(&balance);
                    return self.say_bad(&format!("There are only {has} in your wallet. Pay another way."));
                };
                let stays = Money::new(balance.minor - cost.minor, currency);
                let lines = vec![format!("Your wallet pays now; {} stay in it.", text::money(&stays))];
                (
                    format!("{orders} for {}", text::money(&cost)),
                    lines,
                    "Pay it",
                    Then::Place(id, Some(currency)),
                )
            }
            Way::Card(_) if self.cart.is_without_cards => {
                return self
                    .say_bad("This market takes no cards. Pay from your wallet, or in cash at the desk.");
            }
            Way::Card(currency) => {
                let cost = checkout.cost(currency).as_ref().map(text::money).unwrap_or_default();
                let lines = vec![
                    "No card is ever asked for here. You pay on the provider's own page, in a browser."
                        .to_owned(),
                    "It is set aside for 15 minutes from now.".to_owned(),
                ];
                (format!("{orders} for {cost}"), lines, "Begin", Then::BeginPayment(id, currency))
            }
        };
        let title = match way {
            Way::Cash => "Buy, and pay at the desk?",
            Way::Wallet(_) => "Pay from the wallet?",
            Way::Card(_) => "Pay by card, in a browser?",
        };
        let lines = std::iter::once(first).chain(lines).collect();
        let no = "Not now";
        self.dialog = Some(Dialog { title: title.to_owned(), lines, yes, no, on_yes: true, then });
    }

    /// Places the orders of a checkout, paid in cash or from the wallet of a currency.
    pub(crate) fn place(&mut self, checkout: &str, wallet: Option<Currency>) {
        let mut fields = json!({ "checkout": checkout, "pay": "cash" });
        if let Some(currency) = wallet {
            fields["pay"] = json!("wallet");
            fields["currency"] = json!(currency);
        }
        self.cart.is_placing = true;
        self.ask("place_orders", fields, Purpose::Cart(Wanted::Placed));
    }
}
