//! Orders: what I bought, what I sold, and one order with its code.

use auboutique_domain::money::Rate;
use auboutique_domain::{Currency, Money};
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{Above, App, Purpose, page, read};
use crate::dialog::{Dialog, Then};
use crate::form::{Aim, Entry, Form};
use crate::listing::dot_span;
use crate::member::Card;
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::store::StoreCard;
use crate::{payout, text};

/// What was bought.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bought {
    /// From which listing.
    #[serde(default)]
    pub listing: String,
    /// What it was called.
    pub title: String,
    /// How many copies.
    #[serde(default = "one")]
    pub quantity: i64,
    /// What one of them cost.
    #[serde(default)]
    pub price: Option<Money>,
}

const fn one() -> i64 {
    1
}

impl Bought {
    /// How many of what; the number is left out where it is one.
    #[must_use]
    pub fn words(&self) -> String {
        if self.quantity == 1 { self.title.clone() } else { format!("{} × {}", self.quantity, self.title) }
    }
}

/// Where, when and with which code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pickup {
    /// What people call the place.
    pub name: String,
    /// How to find it.
    pub address: String,
    /// The day.
    pub day: String,
    /// When it is open.
    #[serde(default)]
    pub hours: Option<String>,
    /// In which time zone.
    #[serde(default)]
    pub time_zone: String,
    /// What is shown at the desk.
    #[serde(default)]
    pub code: Option<String>,
    /// Until when.
    #[serde(default)]
    pub until: Option<String>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// Which.
    pub order: String,
    /// Where it is in its life.
    pub state: String,
    /// `buyer` or `seller`.
    pub you_are: String,
    /// Who bought.
    pub buyer: Card,
    /// Who sold.
    pub seller: Card,
    /// The store, when one sold it.
    #[serde(default)]
    pub store: Option<StoreCard>,
    /// What.
    pub lines: Vec<Bought>,
    /// What it costs.
    pub total: Money,
    /// What is still to be paid.
    pub due: Money,
    /// The auction it was won in, if it was.
    #[serde(default)]
    pub auction: Option<String>,
    /// Whether it is collected or sent.
    #[serde(default)]
    pub fulfillment: Fulfillment,
    /// Where, when, with which code.
    pub pickup: Pickup,
    /// When it was bought.
    pub placed_at: String,
    /// When the buyer asked to cancel.
    #[serde(default)]
    pub cancel_requested_at: Option<String>,
    /// When it was paid.
    #[serde(default)]
    pub paid_at: Option<String>,
    /// How it was paid, once it is.
    #[serde(default)]
    pub receipt: Option<Receipt>,
    /// What went back to the buyer after it was completed.
    #[serde(default)]
    pub refunded: Option<Money>,
    /// When and why the buyer wanted to give it back.
    #[serde(default)]
    pub return_request: Option<ReturnRequest>,
    /// Until when the buyer can say that it comes back.
    #[serde(default)]
    pub return_until: Option<String>,
    /// When it entered its state.
    #[serde(default)]
    pub changed_at: String,
}

/// How an order reaches its buyer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Fulfillment {
    /// `pickup` or `shipment`.
    pub kind: String,
    /// When the seller sent it.
    #[serde(default)]
    pub shipped_at: Option<String>,
    /// What the seller says of the shipment.
    #[serde(default)]
    pub note: String,
}

/// Where an order is shipped to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// Who it is for.
    pub name: String,
    /// Where to, in lines.
    pub address: String,
}

/// How an order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Receipt {
    /// With what: `cash`, `wallet` or `card`.
    pub means: String,
    /// What was paid.
    pub paid: Money,
    /// How many pounds a dollar was, when one currency paid for the other.
    #[serde(default)]
    pub rate: Option<Rate>,
}

/// When and why a buyer wants to give goods back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReturnRequest {
    /// When it was said.
    pub at: String,
    /// Why.
    pub reason: String,
}

impl Order {
    /// Whether the one who looks bought it.
    #[must_use]
    pub fn is_bought(&self) -> bool {
        self.you_are == "buyer"
    }
    /// The other side.
    #[must_use]
    pub fn other(&self) -> &Card {
        if self.is_bought() { &self.seller } else { &self.buyer }
    }
    /// What the other side is called: a store by its own name.
    #[must_use]
    pub fn other_name(&self) -> &str {
        match &self.store {
            Some(store) if self.is_bought() => &store.name,
            _ => &self.other().name,
        }
    }
    /// What it is about.
    #[must_use]
    pub fn title(&self) -> String {
        let first = self.lines.first().map(Bought::words).unwrap_or_default();
        match self.lines.len() {
            0 | 1 => first,
            lines => format!("{first}, and {} more", lines - 1),
        }
    }
    /// What was paid and has not gone back.
    #[must_use]
    pub fn left(&self) -> Money {
        let refunded = self.refunded.filter(|refunded| refunded.currency == self.total.currency);
        Money::new(self.total.minor - refunded.map_or(0, |refunded| refunded.minor), self.total.currency)
    }
    /// Whether the one who looks can pay it before it is collected.
    #[must_use]
    pub fn can_be_paid(&self) -> bool {
        self.is_bought() && self.due.minor > 0 && matches!(self.state.as_str(), "placed" | "at_desk")
    }
    /// Whether the seller sends it.
    #[must_use]
    pub fn ships(&self) -> bool {
        self.fulfillment.kind == "shipment"
    }
    /// Its state as words.
    #[must_use]
    pub fn words(&self) -> &str {
        match self.state.as_str() {
            "placed" if self.cancel_requested_at.is_some() => "cancelation asked for",
            "placed" if self.ships() && self.is_bought() => "the seller will send it",
            "placed" if self.ships() => "send it",
            "shipped" if self.is_bought() => "on its way to you",
            "shipped" => "sent",
            "no_drop_off" if self.ships() => "it was not sent in time",
            "placed" if self.is_bought() => "on its way to the desk",
            "placed" => "bring it to the desk",
            "at_desk" if self.is_bought() => "waiting for you at the desk",
            "at_desk" => "at the desk, waiting for the buyer",
            "collected" if self.is_bought() => "you have it",
            "collected" => "collected",
            "completed" => "completed",
            "canceled" => "canceled",
            "no_drop_off" => "it was not dropped off in time",
            "no_pickup" => "it was not collected in time",
            "return_open" if self.is_bought() => "bring it back to the desk",
            "return_open" => "the buyer brings it back",
            "returned" if self.is_bought() => "given back, the store looks at it",
            "returned" => "given back, look at it",
            "refunded" => "given back and refunded",
            other => other,
        }
    }
}

/// What I bought and what I sold.
#[derive(Debug, Default)]
pub struct Orders {
    /// Whether what I sold is looked at.
    pub sold_side: bool,
    /// What I bought.
    pub bought: Rows<Order>,
    /// What I sold.
    pub sold: Rows<Order>,
    /// Where the order that was looked at last is shipped to.
    pub address: Option<(String, Address)>,
}

impl Orders {
    /// The list that is looked at.
    pub fn list(&mut self) -> &mut Rows<Order> {
        if self.sold_side { &mut self.sold } else { &mut self.bought }
    }
}

/// The lists of orders.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let sold = app.orders.sold_side;
    let of = |on: bool| if on { skin.accent() } else { skin.muted() };
    pen.line(
        area.x + 1,
        area.y,
        area.width,
        vec![
            Span::styled("Bought", of(!sold)),
            Span::styled("  ·  ", skin.muted()),
            Span::styled("Sold", of(sold)),
            Span::styled("   Tab changes", skin.muted()),
        ],
    );
    pen.hit(Rect { height: 1, width: 30, ..area }, Hit::Key(ratatui::crossterm::event::KeyCode::Tab));
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let mut rows = std::mem::take(app.orders.list());
    if rows.rows.is_empty() {
        let what = match (rows.known, sold) {
            (false, _) => "One moment…",
            (true, false) => "You have bought nothing yet",
            (true, true) => "You have sold nothing yet",
        };
        pen.empty(area, what, "");
    }
    let at = rows.at;
    for ((number, order), y) in rows.seen(usize::from(area.height / 2)).zip((area.y..).step_by(2)) {
        let chosen = number == at;
        pen.mark(area.x, y, 2, chosen);
        let (x, width) = (area.x + 2, area.width.saturating_sub(3));
        let total = text::money(&order.total);
        let wide = u16::try_from(text::width(&total)).unwrap_or(0);
        let style = if chosen { skin.chosen() } else { skin.plain() };
        pen.text(x, y, width.saturating_sub(wide + 1), &order.title(), style);
        pen.right(x, y, width, &total, skin.price());
        let role = if order.is_bought() { "from" } else { "to" };
        let state = match order.state.as_str() {
            "placed" | "at_desk" | "shipped" => skin.accent(),
            "return_open" | "returned" => skin.warn(),
            "collected" | "completed" => skin.good(),
            _ => skin.muted(),
        };
        let needs_desk = matches!(order.state.as_str(), "placed" | "at_desk");
        let when = if needs_desk { format!(" · {}", app.date(&order.pickup.day)) } else { String::new() };
        pen.line(
            x,
            y + 1,
            width,
            vec![
                Span::styled(order.words().to_owned(), state),
                Span::styled(format!("{when} · {role} "), skin.muted()),
                dot_span(app, order.other()),
                Span::styled(order.other_name().to_owned(), skin.muted()),
            ],
        );
        pen.hit(Rect { y, height: 2, ..area }, Hit::Row(number));
    }
    *app.orders.list() = rows;
}

/// The way of an order, as far as it has come.
fn way(app: &App, order: &Order) -> Line<'static> {
    let there = ["placed", "at the desk", "collected", "completed"].as_slice();
    let sent = ["placed", "sent", "completed"].as_slice();
    let back = ["completed", "to be given back", "given back", "refunded"].as_slice();
    let (steps, reached) = match order.state.as_str() {
        "placed" if order.ships() => (sent, 0),
        "shipped" => (sent, 1),
        "completed" if order.ships() => (sent, 2),
        "placed" => (there, 0),
        "at_desk" => (there, 1),
        "collected" => (there, 2),
        "completed" => (there, 3),
        "return_open" => (back, 1),
        "returned" => (back, 2),
        "refunded" => (back, 3),
        _ => return Line::from(Span::styled(format!("✕ {}", order.words()), app.skin.warn())),
    };
    let mut spans = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let style = match number.cmp(&reached) {
            std::cmp::Ordering::Less => app.skin.good(),
            std::cmp::Ordering::Equal => app.skin.accent(),
            std::cmp::Ordering::Greater => app.skin.muted(),
        };
        if number > 0 {
            spans.push(Span::styled(" ── ", app.skin.muted()));
        }
        spans.push(Span::styled(format!("{} {step}", if number <= reached { "●" } else { "○" }), style));
    }
    Line::from(spans)
}

/// A letter of a code, three rows high.
const fn glyph(letter: char) -> [&'static str; 3] {
    match letter {
        '2' => ["▀▀█", "█▀▀", "▀▀▀"],
        '3' => ["▀▀█", " ▀█", "▀▀▀"],
        '4' => ["█ █", "▀▀█", "  ▀"],
        '5' => ["█▀▀", "▀▀█", "▀▀▀"],
        '6' => ["█▀▀", "█▀█", "▀▀▀"],
        '7' => ["▀▀█", " █ ", " ▀ "],
        '8' => ["█▀█", "█▀█", "▀▀▀"],
        '9' => ["█▀█", "▀▀█", "▀▀▀"],
        'A' => ["▄▀▄", "█▀█", "▀ ▀"],
        'B' => ["█▀▄", "█▀▄", "▀▀ "],
        'C' => ["▄▀▀", "█  ", " ▀▀"],
        'D' => ["█▀▄", "█ █", "▀▀ "],
        'E' => ["█▀▀", "█▀ ", "▀▀▀"],
        'F' => ["█▀▀", "█▀ ", "▀  "],
        'G' => ["▄▀▀", "█ █", " ▀▀"],
        'H' => ["█ █", "█▀█", "▀ ▀"],
        'J' => ["  █", "▄ █", " ▀ "],
        'K' => ["█ █", "█▀▄", "▀ ▀"],
        'M' => ["█▄█", "█ █", "▀ ▀"],
        'N' => ["█▀█", "█ █", "▀ ▀"],
        'P' => ["█▀▄", "█▀ ", "▀  "],
        'Q' => ["▄▀▄", "█ █", " ▀█"],
        'R' => ["█▀▄", "█▀▄", "▀ ▀"],
        'S' => ["▄▀▀", " ▀▄", "▀▀ "],
        'T' => ["▀█▀", " █ ", " ▀ "],
        'U' => ["█ █", "█ █", "▀▀▀"],
        'V' => ["█ █", "█ █", " ▀ "],
        'W' => ["█ █", "███", "▀ ▀"],
        'X' => ["█ █", " █ ", "▀ ▀"],
        'Y' => ["█ █", " █ ", " ▀ "],
        'Z' => ["▀▀█", "▄▀ ", "▀▀▀"],
        _ => ["   ", "   ", "   "],
    }
}

/// A code, large, and once more in plain letters so that nobody misreads it.
pub(crate) fn draw_code(pen: &mut Pen, area: Rect, code: &str) {
    let style = pen.skin.accent();
    for (row, y) in (0..3).zip(area.y..) {
        let line: Vec<&str> = code.chars().map(|letter| glyph(letter)[row]).collect();
        pen.line(area.x, y, area.width, Span::styled(line.join("  "), style));
    }
    pen.text(area.x, area.y + 4, area.width, &plain_code(code), pen.skin.strong());
}

/// A code in plain letters.
pub(crate) fn plain_code(code: &str) -> String {
    let plain: Vec<String> = code.chars().map(String::from).collect();
    format!("code {}", plain.join(" "))
}

/// Something to know of an order, under its name.
type Fact = (&'static str, Vec<Span<'static>>);

/// Where it changes hands, and when.
fn pickup_facts(app: &App, order: &Order) -> Vec<Fact> {
    let skin = app.skin;
    let mut facts = vec![
        ("Place", vec![Span::styled(order.pickup.name.clone(), skin.strong())]),
        ("", vec![Span::raw(order.pickup.address.clone())]),
    ];
    let hours = order.pickup.hours.clone().map(|hours| format!(", {hours}")).unwrap_or_default();
    let day = format!("{}{hours}", app.date(&order.pickup.day));
    facts
        .push((if order.is_bought() { "Collect" } else { "Pickup" }, vec![Span::styled(day, skin.strong())]));
    if let Some(until) = &order.pickup.until {
        let label = match (order.state.as_str(), order.is_bought()) {
            ("return_open", _) => "Back by",
            (_, true) => "Kept until",
            (_, false) => "Drop off by",
        };
        facts.push((label, vec![Span::raw(app.moment(until))]));
    }
    facts
}

/// Where it is sent to, and how far it is.
fn shipment_facts(app: &App, order: &Order) -> Vec<Fact> {
    let skin = app.skin;
    let mut facts = Vec::new();
    if let Some((_, to)) = app.orders.address.as_ref().filter(|(of, _)| *of == order.order) {
        facts.push(("Ship to", vec![Span::styled(to.name.clone(), skin.strong())]));
        facts.push(("", vec![Span::raw(to.address.replace('\n', ", "))]));
    }
    match &order.fulfillment.shipped_at {
        Some(at) => {
            facts.push(("Sent", vec![Span::styled(app.moment(at), skin.strong())]));
            if !order.fulfillment.note.is_empty() {
                facts.push(("", vec![Span::raw(order.fulfillment.note.clone())]));
            }
        }
        None => {
            let by =
                order.pickup.until.as_ref().map_or_else(|| app.date(&order.pickup.day), |at| app.moment(at));
            facts.push(("Sent by", vec![Span::styled(by, skin.strong())]));
        }
    }
    facts
}

/// What there is to know of an order, each under its name.
fn facts(app: &App, order: &Order) -> Vec<Fact> {
    let skin = app.skin;
    let other = if order.is_bought() { "Seller" } else { "Buyer" };
    let mut facts: Vec<Fact> = vec![(
        other,
        vec![
            dot_span(app, order.other()),
            Span::raw(order.other_name().to_owned()),
            Span::styled(format!("  @{}", order.other().username), skin.muted()),
        ],
    )];
    // A shipment sees the desk only when it comes back.
    if order.ships() && order.state != "return_open" {
        facts.extend(shipment_facts(app, order));
    } else {
        facts.extend(pickup_facts(app, order));
    }
    if order.due.minor != 0 {
        facts.push((
            "To pay",
            vec![
                Span::styled(text::money(&order.due), skin.price()),
                Span::styled(
                    if order.is_bought() { "  in cash, at the desk" } else { "  by the buyer, at the desk" },
                    skin.muted(),
                ),
            ],
        ));
    }
    if let Some(receipt) = &order.receipt {
        let means = match receipt.means.as_str() {
            "cash" => "in cash, at the desk",
            "wallet" => "from the wallet",
            "card" => "by card",
            other => other,
        };
        let pounds = receipt.rate.map(|rate| Money::new(rate.pounds(), Currency::Lbp));
        let rate = pounds.map(|pounds| format!(", 1 USD was {}", text::money(&pounds))).unwrap_or_default();
        let at = order.paid_at.as_ref().map(|at| format!(" · {}", app.moment(at))).unwrap_or_default();
        facts.push((
            "Paid",
            vec![
                Span::styled(text::money(&receipt.paid), skin.price()),
                Span::styled(format!("  {means}{rate}{at}"), skin.muted()),
            ],
        ));
    }
    if let Some(refunded) = order.refunded.filter(|refunded| refunded.minor > 0) {
        let whom = if order.is_bought() { "went back into your wallet" } else { "went back to the buyer" };
        facts.push((
            "Refunded",
            vec![
                Span::styled(text::money(&refunded), skin.price()),
                Span::styled(format!("  {whom}"), skin.muted()),
            ],
        ));
    }
    if let Some(request) = &order.return_request {
        facts.push((
            "Given back",
            vec![
                Span::styled(format!("“{}”", request.reason), skin.warn()),
                Span::styled(format!("  {}", app.moment(&request.at)), skin.muted()),
            ],
        ));
    }
    if let Some(until) = order.return_until.as_ref().filter(|_| order.is_bought()) {
        let until = format!("g, until {}", app.moment(until));
        facts.push(("Give back", vec![Span::styled(until, skin.muted())]));
    }
    facts.push(("Bought", vec![Span::raw(app.moment(&order.placed_at))]));
    if let Some(at) = &order.cancel_requested_at {
        let who = if order.is_bought() { "You asked" } else { "The buyer asked" };
        facts.push((
            "Cancel",
            vec![Span::styled(format!("{who} to cancel, {}", app.moment(at)), skin.warn())],
        ));
    }
    facts
}

/// One order: its lines, how far it is, where and when, and the code.
pub(crate) fn draw_one(app: &App, pen: &mut Pen, area: Rect, order: &Order, scroll: &mut usize) {
    let skin = pen.skin;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let total = text::money(&order.total);
    let wide = u16::try_from(text::width(&total)).unwrap_or(0);
    pen.text(area.x, area.y, area.width.saturating_sub(wide + 1), &order.title(), skin.strong());
    pen.right(area.x, area.y, area.width, &total, skin.price());
    let facts = facts(app, order);
    // What the title does not say by itself: how many of what, at which price.
    let simple = order.lines.iter().all(|line| line.quantity == 1) && order.lines.len() < 2;
    let all = if simple { &[] } else { order.lines.as_slice() };
    // What the desk needs always has its place below.
    let below = u16::try_from(facts.len()).unwrap_or(8) + if order.pickup.code.is_some() { 7 } else { 4 };
    let room = usize::from(area.height.saturating_sub(below)).max(2);
    *scroll = (*scroll).min(all.len().saturating_sub(room));
    let mut y = area.y + 1;
    for line in all.iter().skip(*scroll).take(room) {
        let price = line.price.as_ref().map(text::money).unwrap_or_default();
        let what = format!("  {} × {}", line.quantity, line.title);
        pen.text(area.x, y, area.width.saturating_sub(20), &what, skin.plain());
        pen.right(area.x, y, area.width, &format!("{price} each"), skin.muted());
        y += 1;
    }
    let gap = u16::from(area.height >= below + 2 || all.is_empty());
    if all.len() > room {
        let last = (*scroll + room).min(all.len());
        let label = format!("lines {}–{last} of {} · ↑↓", *scroll + 1, all.len());
        pen.right(area.x, y, area.width, &label, skin.accent());
        y += u16::from(gap == 0);
    }
    y += gap;
    let way = way(app, order);
    pen.line(area.x, y, area.width, way);
    y += 1 + gap;
    for (label, mut spans) in facts {
        spans.insert(0, Span::styled(text::fit(label, 13), skin.muted()));
        pen.line(area.x, y, area.width, Line::from(spans));
        y += 1;
    }
    if let Some(code) = &order.pickup.code {
        let what = match (order.state.as_str(), order.is_bought()) {
            ("return_open", _) => "Show this at the desk when you bring it back:",
            (_, true) => "Show this at the desk to collect it:",
            (_, false) => "Show this at the desk when you bring it:",
        };
        let y = y + gap;
        if y + 6 <= area.bottom() {
            pen.text(area.x, y, area.width, what, skin.muted());
            draw_code(pen, Rect { y: y + 1, height: 5, ..area }, code);
        } else {
            let y = y.min(area.bottom().saturating_sub(2));
            pen.text(area.x, y, area.width, what, skin.muted());
            pen.text(area.x, y + 1, area.width, &plain_code(code), skin.strong());
        }
    }
}

impl App {
    pub(crate) fn load_orders(&mut self, sold: bool, more: bool) {
        let list = if sold { &mut self.orders.sold } else { &mut self.orders.bought };
        list.loading = true;
        let fields = page(&list.next, more);
        self.ask(if sold { "my_sales" } else { "my_orders" }, fields, Purpose::Orders { sold, more });
    }

    pub(crate) fn tell_order(&mut self, event: &str, order: &Order) {
        let (title, other, bought) =
            (text::cut(&order.title(), 40), order.other_name().to_owned(), order.is_bought());
        let what = match (event, bought) {
            ("order_placed", false) => format!("{other} bought your “{title}”"),
            ("order_shipped", true) => format!("“{title}” is on its way to you"),
            ("order_dropped_off", true) => format!("“{title}” waits for you at {}", order.pickup.name),
            ("order_dropped_off", false) => format!("The desk has your “{title}”"),
            ("order_collected", false) => format!("{other} collected “{title}”"),
            ("order_completed", false) => format!("{other} is happy with “{title}”: you are credited"),
            ("order_cancel_requested", false) => format!("{other} asks to cancel “{title}”"),
            ("order_canceled", _) => format!("The order of “{title}” is canceled"),
            ("return_requested", false) => format!("{other} gives “{title}” back"),
            ("return_taken", false) => format!("“{title}” came back to the desk: look at it"),
            ("return_taken", true) => format!("The desk has “{title}” again"),
            ("return_settled", true) => format!("“{title}”: the money is in your wallet"),
            ("return_missed", _) => format!("“{title}” was not given back in time"),
            ("order_refunded", true) => format!("Some of the money of “{title}” is in your wallet"),
            ("drop_off_missed", true) => format!("“{title}” was not dropped off: the order is over"),
            ("drop_off_missed", false) => format!("You did not bring “{title}” in time"),
            ("pickup_missed", true) => format!("You did not collect “{title}” in time"),
            ("pickup_missed", false) => format!("{other} did not collect “{title}”"),
            ("pickup_reminded", _) => format!("“{title}” still waits for you at {}", order.pickup.name),
            ("pickup_moved", _) => {
                format!("The pickup of “{title}” moved to {}", self.date(&order.pickup.day))
            }
            _ => {
                return;
            }
        };
        let seen = self
            .above
            .last()
            .is_some_and(|above| matches!(above, Above::Order { order: on, .. } if on.order == order.order));
        if seen && event == "order_canceled" {
            return;
        }
        let at = order.changed_at.clone();
        self.notice(&what, Some(order.order.clone()), &at);
        if event == "order_placed" || event == "order_canceled" {
            self.load_mine(false);
        }
    }

    /// Looks at an order alone; `fresh` when it was bought just now.
    pub(crate) fn show_order(&mut self, order: Order, fresh: bool) {
        if order.ships() {
            let id = order.order.clone();
            self.ask("shipping_address", json!({ "order": id }), Purpose::Address(id));
        }
        self.above.push(Above::Order { order, fresh, scroll: 0 });
    }

    /// Where an order is shipped to is known, or that it is kept no more.
    pub(crate) fn address_came(&mut self, order: String, reply: Value) {
        self.orders.address = read::<Option<Address>>(reply).flatten().map(|to| (order, to));
    }

    /// A form about an order was taken.
    pub(crate) fn order_form_taken(&mut self, aim: &Aim, reply: Value) {
        let Some(order) = read::<Order>(reply) else { return };
        self.know_order(&order);
        self.say(match aim {
            Aim::Ship(_) => "The buyer is told",
            Aim::Pay(_) => "It is paid",
            Aim::Return(_) => "Bring it back to the desk, with the code",
            _ => "The buyer has it in the wallet",
        });
    }

    pub(crate) fn know_order(&mut self, fresh: &Order) {
        let mine = fresh.is_bought() || self.is_me(&fresh.seller.id);
        let room = self.room.orders.rows.iter_mut().filter(|row| row.order == fresh.order);
        room.for_each(|row| *row = fresh.clone());
        let list = if fresh.is_bought() { &mut self.orders.bought } else { &mut self.orders.sold };
        match list.rows.iter_mut().find(|row| row.order == fresh.order) {
            Some(row) => *row = fresh.clone(),
            // What a store sold that I act for is its owner's.
            None if !mine => {}
            None => {
                let at = usize::from(!list.rows.is_empty() && list.at > 0);
                list.rows.insert(0, fresh.clone());
                list.at += at;
            }
        }
        for above in &mut self.above {
            match above {
                Above::Order { order, .. } if order.order == fresh.order => *order = fresh.clone(),
                Above::Group(group) => {
                    let rows = group.rows.iter_mut().filter(|row| row.order == fresh.order);
                    rows.for_each(|row| *row = fresh.clone());
                }
                _ => {}
            }
        }
    }

    pub(crate) fn on_order_key(&mut self, order: &Order, code: KeyCode) {
        let id = order.order.clone();
        let question = |title: &str, lines: &[&str], yes: &'static str, op: &'static str| Dialog {
            title: title.to_owned(),
            lines: std::iter::once(order.title()).chain(lines.iter().map(|&line| line.to_owned())).collect(),
            yes,
            no: "Not now",
            on_yes: false,
            then: Then::Order(op, id.clone()),
        };
        match code {
            KeyCode::Char('c') if order.state == "placed" => {
                let asked = order.cancel_requested_at.is_some();
                let lines: &[&str] = match (order.is_bought(), asked) {
                    (true, _) if order.auction.is_some() => {
                        &["What you won you cannot cancel alone. Press a to ask the seller."]
                    }
                    (true, _) => {
                        &["Within 30 minutes you can cancel alone. Later, press a to ask the seller."]
                    }
                    (false, _) if order.store.is_some() => {
                        &["What it holds goes back on the shelves. Unasked, it costs a strike."]
                    }
                    (false, true) if order.auction.is_some() => &["The buyer asked for it."],
                    (false, true) => &["The buyer asked for it. It goes back on sale."],
                    (false, false) => {
                        &["The buyer did not ask for it: you would get a strike, and it is withdrawn."]
                    }
                };
                self.dialog = Some(question("Cancel the order?", lines, "Cancel it", "cancel_order"));
            }
            KeyCode::Char('a') if order.is_bought() && order.state == "placed" => {
                self.dialog = Some(question("Ask the seller to cancel?", &[], "Ask", "request_cancel"));
            }
            KeyCode::Char('s') if !order.is_bought() && order.ships() && order.state == "placed" => {
                let hint = "the number it can be followed by";
                let entries = vec![Entry::line("note", "Note", "", hint)];
                let mut form = Form::new(Aim::Ship(id), "It is sent", "It is sent", entries);
                form.says = vec![order.title(), "Say so once it is on its way.".to_owned()];
                self.form = Some(form);
            }
            KeyCode::Char('y')
                if order.is_bought() && matches!(order.state.as_str(), "collected" | "shipped") =>
            {
                let lines = &["You have it and it is as described. The seller is credited."];
                self.dialog = Some(question("All is well?", lines, "All is well", "confirm_order"));
            }
            KeyCode::Char('p') if order.can_be_paid() => {
                let wanted = payout::Wanted::Pay(id, order.due);
                self.ask("wallet", json!({}), Purpose::Money(wanted));
            }
            KeyCode::Char('g') if order.is_bought() && order.return_until.is_some() => {
                let entries = vec![Entry::line("reason", "Why", "", "the store reads it")];
                let mut form = Form::new(Aim::Return(id), "Give it back", "Give it back", entries);
                form.says = vec![
                    order.title(),
                    "Bring all of it back to the desk within 7 days, as it was sold.".to_owned(),
                    "When the store has looked at it, the money is in your wallet.".to_owned(),
                ];
                self.form = Some(form);
            }
            KeyCode::Char('p' | 'w') if !order.is_bought() && order.state == "returned" => {
                let restock = code == KeyCode::Char('p');
                let (title, what, yes) = if restock {
                    ("Back on the shelves?", "Its copies can be bought again.", "Put it back")
                } else {
                    ("Write it off?", "Its copies cannot be sold any more.", "Write it off")
                };
                let refund = format!("The buyer has {} back.", text::money(&order.left()));
                let lines = vec![order.title(), what.to_owned(), refund];
                let (title, then) = (title.to_owned(), Then::Settle(id, restock));
                self.dialog = Some(Dialog { title, lines, yes, no: "Not now", on_yes: false, then });
            }
            KeyCode::Char('f') if !order.is_bought() && order.state == "completed" => {
                let left = order.left();
                let entries = vec![
                    Entry::line("amount", "How much", "", "1.50"),
                    // Nothing else can go back than what was paid for it.
                    Entry::choice("currency", "Currency", vec![left.currency.code().to_owned()], ""),
                ];
                let mut form = Form::new(Aim::Refund(id), "Refund a part", "Refund it", entries);
                form.says = vec![order.title(), format!("{} can go back at most.", text::money(&left))];
                self.form = Some(form);
            }
            KeyCode::Char('m') => self.ask("start_conversation", json!({ "order": id }), Purpose::Start),
            KeyCode::Char('v') => {
                let listing = order.lines.first().map(|line| line.listing.clone()).unwrap_or_default();
                self.follow(&listing);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_a_code_has_a_shape_of_its_own() {
        let letters: Vec<char> = "23456789ABCDEFGHJKMNPQRSTUVWXYZ".chars().collect();
        for (number, &letter) in letters.iter().enumerate() {
            assert!(glyph(letter).iter().all(|row| text::width(row) == 3), "{letter}");
            assert_ne!(glyph(letter), glyph(' '), "{letter}");
            for &other in &letters[..number] {
                assert_ne!(glyph(letter), glyph(other), "{letter} and {other}");
            }
        }
    }
}
