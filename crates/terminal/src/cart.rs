//! The cart: what a member gathered, what is the matter with it, and the way to the checkout.

use auboutique_domain::Money;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{Above, App, Purpose, message, read};
use crate::checkout::Checkout;
use crate::form::{Aim, Entry, Form, Request, log_in_form};
use crate::listing::{Listing, copies};
use crate::order::Order;
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::tab::Tab;
use crate::text;

/// What keeps a line from being bought as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// The code of the no that buying it would meet.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// A line of the cart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CartLine {
    /// What it is, as it stands now.
    pub listing: Listing,
    /// How many copies.
    pub quantity: i64,
    /// What one of them cost when the buyer last said how many.
    pub seen: Money,
    /// What they cost together now.
    pub total: Money,
    /// What keeps them from being bought, if anything does.
    #[serde(default)]
    pub problem: Option<Problem>,
}

impl CartLine {
    /// Whether it costs something else than when the buyer last said how many.
    #[must_use]
    pub fn has_new_price(&self) -> bool {
        self.seen != self.listing.price
    }
}

/// The cart.
#[derive(Debug, Default)]
pub struct Cart {
    /// What was gathered.
    pub lines: Rows<CartLine>,
    /// What it costs, per currency: what a checkout is asked for with.
    pub totals: Vec<Money>,
    /// Why there was no checkout, when one was asked for.
    pub says: Option<String>,
    /// Whether the answer to something that changes it is on its way.
    pub waiting: bool,
    /// Whether it changed while it was on its way.
    pub is_stale: bool,
    /// What is set aside, while something is.
    pub checkout: Option<Checkout>,
    /// Whether its orders are being placed.
    pub is_placing: bool,
    /// Whether the market was heard to take no cards.
    pub is_without_cards: bool,
}

/// What was asked about the cart and its checkout.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Cart,
    Added,
    Changed,
    Prepared,
    Checkout { show: bool },
    Left,
    Placed,
    PaymentBegun,
    Group,
}

/// Draws the cart.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    pen.text(area.x + 1, area.y, area.width, "Your cart", skin.strong());
    if app.me.is_none() {
        let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        pen.empty(below, "A cart is a member's", "Press l to log in, or to join");
        return;
    }
    if let Some(checkout) = app.cart.checkout.as_ref().filter(|checkout| checkout.is_held()) {
        let label = format!("set aside for you: {} · p pays ", app.time_left(&checkout.expires_at));
        pen.right(area.x, area.y, area.width, &label, skin.accent());
        let wide = u16::try_from(text::width(&label)).unwrap_or(0).min(area.width);
        let x = area.right().saturating_sub(wide);
        pen.hit(Rect { x, y: area.y, width: wide, height: 1 }, Hit::Key(KeyCode::Char('p')));
    }
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if app.cart.lines.rows.is_empty() {
        let known = app.cart.lines.known;
        let what = if known { "There is nothing in your cart" } else { "One moment…" };
        pen.empty(area, what, if known { "c on a listing puts it here" } else { "" });
        return;
    }
    // What the totals and the line one is on have to say stands below.
    let says = says(app);
    let says = text::wrap(&says, usize::from(area.width.saturating_sub(3)));
    let says = if says.concat().is_empty() { &[] } else { &says[..says.len().min(3)] };
    let foot = u16::try_from(says.len()).unwrap_or(0) + 2;
    let list = Rect { height: area.height.saturating_sub(foot), ..area };
    let at = app.cart.lines.at;
    for ((number, line), y) in app.cart.lines.seen(usize::from(list.height / 2)).zip((list.y..).step_by(2)) {
        let chosen = number == at;
        pen.mark(list.x, y, 2, chosen);
        let (x, width) = (list.x + 2, list.width.saturating_sub(3));
        let total = text::money(&line.total);
        let wide = u16::try_from(text::width(&total)).unwrap_or(0);
        let what = format!("{} × {}", line.quantity, line.listing.full_title());
        let style = if chosen { skin.chosen() } else { skin.plain() };
        pen.text(x, y, width.saturating_sub(wide + 1), &what, style);
        let is_sold = line.problem.is_some() && !line.has_new_price();
        pen.right(x, y, width, &total, if is_sold { skin.muted() } else { skin.price() });
        let mut spans = vec![Span::styled(
            format!("{} · {} each", line.listing.from(), text::money(&line.listing.price)),
            skin.muted(),
        )];
        if line.has_new_price() {
            spans.push(Span::styled(format!(" · was {}", text::money(&line.seen)), skin.warn()));
        } else if let Some(problem) = &line.problem {
            spans.push(Span::styled(format!(" · {}", problem.message), skin.bad()));
        }
        pen.line(x, y + 1, width, spans);
        pen.hit(Rect { y, height: 2, ..list }, Hit::Row(number));
    }
    let mut y = list.bottom() + 1;
    for line in says {
        pen.text(area.x + 2, y - 1, area.width.saturating_sub(3), line, skin.warn());
        y += 1;
    }
    pen.text(area.x + 2, y, 8, "Total", skin.muted());
    // To the left, where nothing that is told in the corner covers it.
    let width = area.width.saturating_sub(11);
    pen.text(area.x + 10, y, width, &text::sums(&app.cart.totals), skin.price());
}

/// What there is to say of the cart: why there was no checkout, or what is the matter with the line one is on.
fn says(app: &App) -> String {
    let line = app.cart.lines.chosen();
    let problem = line.and_then(|line| line.problem.as_ref().map(|problem| (line, problem)));
    match (&app.cart.says, problem) {
        (Some(says), _) => says.clone(),
        (None, Some((line, _))) if line.has_new_price() => {
            let (now, was) = (text::money(&line.listing.price), text::money(&line.seen));
            format!("It costs {now} now, and was {was} when you put it here. y takes the new price.")
        }
        (None, Some((_, problem))) => problem.message.clone(),
        (None, None) => String::new(),
    }
}

/// The keys of the cart.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let key = |letter, name, what| (KeyCode::Char(letter), name, what);
    let mut keys = Vec::new();
    if app.cart.checkout.as_ref().is_some_and(Checkout::is_held) {
        keys.push(key('p', "p", "pay what is set aside"));
    }
    if let Some(line) = app.cart.lines.chosen() {
        keys.push((KeyCode::Enter, "Enter", "check out"));
        if line.has_new_price() {
            keys.push(key('y', "y", "take the new price"));
        }
        keys.extend([key('+', "+ -", "one more, fewer"), key('e', "e", "how many")]);
        keys.extend([key('x', "x", "take out"), key('v', "v", "listing")]);
    }
    keys
}

/// The keys of the cart, in full.
pub(crate) fn help() -> Vec<(&'static str, &'static str)> {
    vec![
        ("Enter / o", "check out: set aside what you see, at what you see"),
        ("p", "pay what is set aside already"),
        ("+ - / e", "one copy more, one fewer / how many"),
        ("y", "take a price that changed"),
        ("x", "take it out of the cart"),
        ("v", "its listing"),
        ("r", "load again"),
    ]
}

/// What the forms about the cart ask of the market.
pub(crate) fn request(form: &Form) -> Option<Request> {
    let Aim::Quantity(listing) = &form.aim else { return None };
    let quantity = form.copies(form.at("quantity"), None);
    Some(quantity.map(|quantity| ("change_cart", json!({ "listing": listing, "quantity": quantity }))))
}

impl App {
    /// Asks what is in the cart; once, however often it changes meanwhile.
    pub(crate) fn load_cart(&mut self) {
        if self.me.is_none() {
            return;
        }
        if self.cart.lines.loading {
            self.cart.is_stale = true;
            return;
        }
        self.cart.lines.loading = true;
        self.ask("cart", json!({}), Purpose::Cart(Wanted::Cart));
    }

    /// Something about a listing changed: what the cart says of it is asked again.
    pub(crate) fn touch_cart(&mut self, listing: &str) {
        if self.cart.lines.rows.iter().any(|line| line.listing.listing == listing) {
            self.load_cart();
        }
    }

    fn know_cart(&mut self, mut reply: Value) {
        if let Some(totals) = read(reply["totals"].take()) {
            self.cart.totals = totals;
        }
        let mut page = json!({ "rows": reply["lines"].take() });
        self.cart.lines.take(&mut page, false, |line| &line.listing.listing);
        self.cart.waiting = false;
        if std::mem::take(&mut self.cart.is_stale) {
            self.load_cart();
        }
    }

    pub(crate) fn cart_came(&mut self, wanted: Wanted, mut reply: Value) {
        match wanted {
            Wanted::Cart => self.know_cart(reply),
            Wanted::Added => {
                self.know_cart(reply);
                self.gathered();
            }
            Wanted::Changed => {
                self.cart.says = None;
                self.know_cart(reply);
            }
            Wanted::Prepared | Wanted::Checkout { .. } => {
                self.cart.waiting = false;
                let show = matches!(wanted, Wanted::Prepared | Wanted::Checkout { show: true });
                if let Some(checkout) = read::<Checkout>(reply) {
                    self.know_checkout(checkout, show);
                }
            }
            Wanted::Left => {
                self.leave_checkout();
                self.say("Left: nothing is set aside, your cart stays");
            }
            Wanted::Placed => {
                let orders: Vec<Order> = read(reply["rows"].take()).unwrap_or_default();
                self.placed(orders);
            }
            Wanted::PaymentBegun => {
                self.say("The payment waits for you in a browser");
                self.look_at_checkout(false);
            }
            Wanted::Group => {
                if let Some(order) = read::<Order>(reply) {
                    self.know_order(&order);
                    self.add_to_group(order);
                }
            }
        }
    }

    pub(crate) fn cart_refused(&mut self, wanted: &Wanted, no: &Value) {
        let (why, code) = (message(no), no["code"].as_str().unwrap_or_default());
        self.cart.waiting = false;
        match wanted {
            Wanted::Cart => {
                (self.cart.lines.loading, self.cart.lines.known) = (false, true);
                return self.say_bad(&why);
            }
            // Nothing is set aside: that is no news.
            Wanted::Checkout { show: false } => {
                self.cart.checkout = None;
                return;
            }
            Wanted::Prepared => {
                if let Some(at) = no["listing"]
                    .as_str()
                    .and_then(|id| self.cart.lines.rows.iter().position(|line| line.listing.listing == id))
                {
                    self.cart.lines.at = at;
                }
                self.cart.says = Some(why);
                return self.load_cart();
            }
            Wanted::Placed => self.cart.is_placing = false,
            Wanted::PaymentBegun if code == "cards_off" => self.cart.is_without_cards = true,
            _ => {}
        }
        if code == "checkout_over" {
            self.leave_checkout();
        } else if matches!(wanted, Wanted::Changed | Wanted::Added) {
            self.load_cart();
        } else if matches!(wanted, Wanted::Placed) {
            self.look_at_checkout(false);
        }
        self.say_bad(&why);
    }

    /// Says that something is in the cart now.
    pub(crate) fn gathered(&mut self) {
        let lines = self.cart.lines.rows.len();
        let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        self.say(&format!("It is in your cart: {lines}"));
    }

    /// Copies were put into the cart by a form, or their number was changed.
    pub(crate) fn cart_form_taken(&mut self, aim: &Aim, reply: Value) {
        self.cart.says = None;
        self.know_cart(reply);
        if matches!(aim, Aim::Gather(_)) {
            self.gathered();
        }
    }

    /// Puts a listing into the cart; of a store's it is asked first which variant, and how many.
    pub(crate) fn offer_to_gather(&mut self, listing: &Listing) {
        if self.me.is_none() {
            self.form = Some(log_in_form());
        } else if !listing.is_on_sale() {
            self.say_bad(if listing.store.is_some() {
                "No copy can be bought now"
            } else {
                "It cannot be bought any more"
            });
        } else if listing.store.is_some() {
            self.choose_copies(listing, true);
        } else if self.cart.lines.rows.iter().any(|line| line.listing.listing == listing.listing) {
            self.say("It is in your cart already");
        } else {
            let fields = json!({ "listing": listing.listing });
            self.ask("add_to_cart", fields, Purpose::Cart(Wanted::Added));
        }
    }

    fn change_line(&mut self, listing: &str, quantity: i64) {
        if !self.cart.waiting {
            self.cart.waiting = true;
            let fields = json!({ "listing": listing, "quantity": quantity });
            self.ask("change_cart", fields, Purpose::Cart(Wanted::Changed));
        }
    }

    /// Keys for the cart.
    pub(crate) fn on_cart_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('r') => {
                self.cart.says = None;
                self.load_cart();
                return self.look_at_checkout(false);
            }
            KeyCode::Char('p') if self.cart.checkout.as_ref().is_some_and(Checkout::is_held) => {
                return self.look_at_checkout(true);
            }
            _ => {}
        }
        let Some(line) = self.cart.lines.chosen().cloned() else { return };
        let listing = line.listing.listing.clone();
        match code {
            KeyCode::Enter | KeyCode::Char('o') if !self.cart.waiting => {
                (self.cart.waiting, self.cart.says) = (true, None);
                let fields = json!({ "totals": self.cart.totals });
                self.ask("prepare_checkout", fields, Purpose::Cart(Wanted::Prepared));
            }
            KeyCode::Char('+' | '=') => self.change_line(&listing, line.quantity.saturating_add(1)),
            KeyCode::Char('-') if line.quantity > 1 => self.change_line(&listing, line.quantity - 1),
            KeyCode::Char('-') => self.say("x takes the last one out"),
            KeyCode::Char('y') if line.has_new_price() => self.change_line(&listing, line.quantity),
            KeyCode::Char('e') => {
                let quantity = line.quantity.to_string();
                let entries = vec![Entry::line("quantity", "How many", &quantity, "1")];
                let mut form = Form::new(Aim::Quantity(listing), "How many?", "Save", entries);
                form.says = vec![line.listing.full_title()];
                if let Some(left) = line.listing.left() {
                    form.says.push(format!("{}, {left}", copies(line.quantity)));
                }
                self.form = Some(form);
            }
            KeyCode::Char('x') | KeyCode::Delete if !self.cart.waiting => {
                self.cart.waiting = true;
                let fields = json!({ "listing": listing });
                self.ask("remove_from_cart", fields, Purpose::Cart(Wanted::Changed));
            }
            KeyCode::Char('v') | KeyCode::Right => self.follow(&listing),
            _ => {}
        }
    }

    /// Goes to the cart from wherever one is.
    pub(crate) fn go_to_cart(&mut self) {
        self.above.retain(|above| !matches!(above, Above::Checkout(_)));
        if self.above.is_empty() {
            self.tab = Tab::Cart;
        }
    }
}
