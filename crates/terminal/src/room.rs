//! The back room of a store, for those who act for it: its stock, its orders, what it earned, what is said of it, and its
//! invitations.

use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::text::Span;
use serde_json::{Value, json};

use crate::app::{App, Purpose, page, read};
use crate::dialog::{Dialog, Then};
use crate::form::{Aim, Entry, Form};
use crate::invitation::{self, Invitation};
use crate::listing::{copies, dot_span};
use crate::member::Card;
use crate::order::{Order, plain_code};
use crate::pen::{Hit, Pen};
use crate::profit::{self, Profit};
use crate::rows::Rows;
use crate::screen::order_keys;
use crate::stock::{self, Stock};
use crate::store::{Store, StoreCard, Wanted, away_form, details_form};
use crate::tab::Tab;
use crate::text;

/// What of the back room is looked at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What the store has.
    #[default]
    Stock,
    /// What it sold.
    Orders,
    /// What it earned.
    Money,
    /// What is said of it, and who acts for it.
    Store,
    /// Whom its owner invited.
    Invitations,
}

impl Page {
    const ALL: [Self; 5] = [Self::Stock, Self::Orders, Self::Money, Self::Store, Self::Invitations];

    const fn name(self) -> &'static str {
        match self {
            Self::Stock => "Stock",
            Self::Orders => "Orders",
            Self::Money => "Money",
            Self::Store => "Store",
            Self::Invitations => "Invitations",
        }
    }
}

/// The back room of a store.
#[derive(Debug, Default)]
pub struct Room {
    /// Whose.
    pub card: Option<StoreCard>,
    /// The store, when it is known.
    pub store: Option<Store>,
    /// What is looked at.
    pub page: Page,
    /// What the store has.
    pub stock: Rows<Stock>,
    /// What is to be handed over, or all it sold.
    pub orders: Rows<Order>,
    /// Whether all it sold is looked at.
    pub all: bool,
    /// What it earned in a month.
    pub profit: Profit,
    /// Who acts for it beside its owner.
    pub staff: Rows<Card>,
    /// Whom its owner invited.
    pub invitations: Rows<Invitation>,
    /// The code of the invitation that was made just now.
    pub code: Option<String>,
    /// Whether stock and orders are no longer as they are shown.
    pub is_stale: bool,
}

/// Draws the back room.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let name = app.room.card.as_ref().map(|card| card.name.clone()).unwrap_or_default();
    let on = app.room.page;
    let name = text::cut(&name, usize::from(area.width / 4));
    let mut spans = vec![Span::styled(format!(" {name}"), skin.strong()), Span::raw("   ")];
    for page in Page::ALL.into_iter().filter(|page| *page != Page::Invitations || app.owns_room()) {
        let style = if page == on { skin.accent() } else { skin.muted() };
        spans.push(Span::styled(page.name(), if page == on { skin.chosen().patch(style) } else { style }));
        spans.push(Span::styled(" · ", skin.muted()));
    }
    spans.push(Span::styled("Tab", skin.key()));
    pen.line(area.x, area.y, area.width, spans);
    pen.hit(Rect { height: 1, ..area }, Hit::Key(KeyCode::Tab));
    let area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    match on {
        Page::Stock => stock::draw(app, pen, area),
        Page::Orders => draw_orders(app, pen, area),
        Page::Money => profit::draw(app, pen, area),
        Page::Store => draw_store(app, pen, area),
        Page::Invitations => invitation::draw(app, pen, area),
    }
}

/// What is to be prepared, each with its code; beside it the lines of the one one is on.
fn draw_orders(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let what =
        if app.room.all { "All it sold, the latest first" } else { "To prepare, the next pickup first" };
    pen.text(area.x + 1, area.y, area.width, what, skin.muted());
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if app.room.orders.rows.is_empty() {
        let what = match (app.room.orders.known, app.room.all) {
            (false, _) => "One moment…",
            (true, false) => "Nothing is to be prepared",
            (true, true) => "It has sold nothing yet",
        };
        pen.empty(area, what, "");
        return;
    }
    let beside = area.width >= 70;
    let list = Rect { width: if beside { area.width / 2 } else { area.width }, ..area };
    let mut rows = std::mem::take(&mut app.room.orders);
    let at = rows.at;
    for ((number, order), y) in rows.seen(usize::from(list.height / 2)).zip((list.y..).step_by(2)) {
        let chosen = number == at;
        pen.mark(list.x, y, 2, chosen);
        let (x, width) = (list.x + 2, list.width.saturating_sub(3));
        let code = order.pickup.code.clone().unwrap_or_default();
        let style = if chosen { skin.chosen() } else { skin.strong() };
        let first = if order.state == "placed" && order.ships() {
            "to ship".to_owned()
        } else if order.state == "placed" {
            code
        } else {
            text::words(&order.state)
        };
        pen.text(x, y, 12, &first, style);
        pen.text(x + 13, y, width.saturating_sub(13), &app.date(&order.pickup.day), skin.plain());
        let count: i64 = order.lines.iter().map(|line| line.quantity).sum();
        let below = format!("{} · {} · {}", order.buyer.name, copies(count), text::money(&order.total));
        pen.text(x, y + 1, width, &below, skin.muted());
        pen.hit(Rect { y, height: 2, ..list }, Hit::Row(number));
    }
    if beside {
        let x = list.right() + 1;
        pen.upright(x - 1, area.y, area.height);
        let side = Rect { x: x + 1, width: area.right().saturating_sub(x + 2), ..area };
        if let Some(order) = rows.chosen() {
            draw_lines(app, pen, side, order);
        }
    }
    app.room.orders = rows;
}

/// What belongs into the bag of an order, and where it goes.
fn draw_lines(app: &App, pen: &mut Pen, area: Rect, order: &Order) {
    let skin = pen.skin;
    let mut y = area.y;
    pen.line(
        area.x,
        y,
        area.width,
        vec![dot_span(app, &order.buyer), Span::styled(order.buyer.name.clone(), skin.strong())],
    );
    y += 1;
    let state = if order.cancel_requested_at.is_some() { skin.warn() } else { skin.accent() };
    pen.text(area.x, y, area.width, order.words(), state);
    y += 1;
    if let (Some(code), "placed") = (&order.pickup.code, order.state.as_str()) {
        pen.text(area.x, y, area.width, &plain_code(code), skin.strong());
        y += 1;
    }
    let way = if order.ships() { "shipped".to_owned() } else { format!("at {}", order.pickup.name) };
    pen.text(area.x, y, area.width, &way, skin.muted());
    y += 1;
    if let Some(until) = order.pickup.until.as_ref().filter(|_| order.state == "placed") {
        pen.text(
            area.x,
            y,
            area.width,
            &format!("{} by {}", if order.ships() { "send it" } else { "drop off" }, app.moment(until)),
            skin.muted(),
        );
        y += 1;
    }
    y += 1;
    for (number, line) in order.lines.iter().enumerate() {
        let what = format!("{} × {}", line.quantity, line.title);
        let lines = text::wrap(&what, usize::from(area.width));
        let lines = &lines[..lines.len().min(2)];
        let left = order.lines.len() - number;
        if y + u16::try_from(lines.len()).unwrap_or(1) >= area.bottom() && left > 1 {
            let more = format!("… and {left} more: Enter");
            pen.text(area.x, y.min(area.bottom().saturating_sub(1)), area.width, &more, skin.muted());
            return;
        }
        for line in lines {
            pen.text(area.x, y, area.width, line, skin.plain());
            y += 1;
        }
    }
}

/// What is said of the store, and who acts for it.
fn draw_store(app: &mut App, pen: &mut Pen, area: Rect) {
    let skin = pen.skin;
    let Some(store) = app.room.store.clone() else {
        pen.empty(area, "One moment…", "");
        return;
    };
    let area = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    let away = match &store.away {
        Some(away) if away.from == away.until => app.date(&away.from),
        Some(away) => format!("{} to {}", app.date(&away.from), app.date(&away.until)),
        None => "none".to_owned(),
    };
    let owner = format!("{}  @{}", store.owner.name, store.owner.username);
    let facts = [
        ("Name", store.name.clone(), skin.strong()),
        ("At the login", store.handle.clone(), skin.plain()),
        ("Owner", owner, skin.plain()),
        ("E-mail", store.email.clone(), skin.plain()),
        ("Closed days", away, if store.away.is_some() { skin.warn() } else { skin.muted() }),
        ("Since", app.day(&store.opened_at), skin.plain()),
    ];
    let mut y = area.y;
    for (label, fact, style) in facts {
        pen.text(area.x, y, 13, label, skin.muted());
        pen.text(area.x + 13, y, area.width.saturating_sub(13), &fact, style);
        y += 1;
    }
    let most = usize::from(area.height.saturating_sub(12)).min(8);
    let lines = text::wrap(&store.description, usize::from(area.width.saturating_sub(13)));
    pen.text(area.x, y, 13, "Description", skin.muted());
    for line in lines.iter().take(most.max(1)) {
        pen.text(area.x + 13, y, area.width.saturating_sub(13), line, skin.plain());
        y += 1;
    }
    y += 1;
    pen.text(area.x, y, area.width, "Staff", skin.strong());
    let list = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
    if app.room.staff.rows.is_empty() {
        let what = if app.room.staff.known { "Nobody beside the owner." } else { "One moment…" };
        pen.text(list.x, list.y, list.width, what, skin.muted());
    }
    let mut rows = std::mem::take(&mut app.room.staff);
    let at = rows.at;
    for ((number, card), y) in rows.seen(usize::from(list.height)).zip(list.y..list.bottom()) {
        pen.mark(list.x - 2, y, 1, number == at);
        let style = if number == at { skin.chosen() } else { skin.plain() };
        pen.line(
            list.x,
            y,
            list.width,
            vec![
                dot_span(app, card),
                Span::styled(card.name.clone(), style),
                Span::styled(format!("  @{}", card.username), skin.muted()),
            ],
        );
        pen.hit(Rect { y, height: 1, ..list }, Hit::Row(number));
    }
    app.room.staff = rows;
}

/// The keys of the back room.
pub(crate) fn keys(app: &App) -> Vec<(KeyCode, &'static str, &'static str)> {
    let key = |letter, name, what| (KeyCode::Char(letter), name, what);
    let mut keys = Vec::new();
    match app.room.page {
        Page::Stock => {
            if let Some(stock) = app.room.stock.chosen() {
                keys.extend([key('+', "+", "restock"), key('c', "c", "correct")]);
                keys.extend([key('a', "a", "product"), key('A', "A", "variant")]);
                keys.extend([key('e', "e", "edit"), key('v', "v", "SKU")]);
                keys.push(match stock.listing.state.as_str() {
                    "withdrawn" => key('p', "p", "publish"),
                    _ => key('w', "w", "withdraw"),
                });
            } else {
                keys.push(key('a', "a", "add a product"));
            }
        }
        Page::Orders => {
            if let Some(order) = app.room.orders.chosen() {
                keys.push((KeyCode::Enter, "Enter", "open"));
                keys.push(key('m', "m", "message"));
                let of_order = order_keys(order).into_iter();
                keys.extend(of_order.filter(|(code, _, _)| *code != KeyCode::Char('m')));
            }
            keys.push(key('a', "a", if app.room.all { "to prepare" } else { "all it sold" }));
        }
        Page::Money => keys.extend(profit::keys(app)),
        Page::Store if app.owns_room() => {
            keys.extend([key('e', "e", "change"), key('c', "c", "closed days"), key('a', "a", "appoint")]);
            if app.room.staff.chosen().is_some() {
                keys.push(key('x', "x", "let go"));
            }
        }
        Page::Store => keys.push(key('x', "x", "leave the store")),
        Page::Invitations => {
            keys.push(key('i', "i", "make an invitation"));
            if app.room.invitations.chosen().is_some_and(|invitation| invitation.state == "open") {
                keys.push(key('x', "x", "take it back"));
            }
        }
    }
    if app.room.page != Page::Stock {
        if app.stores.mine.len() > 1 {
            keys.push(key('s', "s", "another store"));
        }
        keys.push((KeyCode::Esc, "Esc", "all stores"));
    }
    keys
}

/// The keys of the back room, in full.
pub(crate) fn help(app: &App) -> Vec<(&'static str, &'static str)> {
    let mut keys = match app.room.page {
        Page::Stock => vec![
            ("Enter", "the listing, as buyers see it"),
            ("+ / c", "copies came in / a count was wrong"),
            ("a / A", "a product / another variant of this one"),
            ("e", "title, price, shelf, description, pictures"),
            ("v", "what the variant is called, SKU, low mark"),
            ("w / p", "withdraw / put back on sale"),
        ],
        Page::Orders => vec![
            ("Enter", "the order, its code large"),
            ("a", "all it sold / what is to be prepared"),
            ("m / c / v", "write to the buyer / cancel / its listing"),
            ("p / w / f", "back on the shelves / write off / refund a part"),
        ],
        Page::Money => profit::help(),
        Page::Store => vec![
            ("e", "name, e-mail, description, picture"),
            ("c", "closed days"),
            ("a / x", "appoint somebody / let them go"),
        ],
        Page::Invitations => vec![("i", "make one; its code is shown once"), ("x", "take it back")],
    };
    keys.extend([
        (
            if app.room.page == Page::Money { "Tab" } else { "Tab, ← →" },
            "stock, orders, money, store, invitations",
        ),
        ("s", "another store you act for"),
        ("r", "load again"),
        ("Esc", "all stores"),
    ]);
    keys
}

impl App {
    /// Whether the store whose back room is looked at is mine.
    pub(crate) fn owns_room(&self) -> bool {
        self.room.store.as_ref().is_some_and(|store| self.is_me(&store.owner.id))
    }

    /// Goes into the back room of a store.
    pub(crate) fn enter_room(&mut self, card: StoreCard) {
        let again = self.room.card.as_ref().is_some_and(|known| known.store == card.store);
        if !again {
            self.room = Room { card: Some(card.clone()), ..Room::default() };
        }
        self.above.clear();
        self.tab = Tab::Stores;
        self.stores.in_room = true;
        self.ask_store(&card.store, false);
        self.load_stock(false);
        self.load_room_orders(false);
        self.load_staff();
    }

    /// Leaves it; what was known of it is forgotten, the code of an invitation above all.
    pub(crate) fn leave_room(&mut self) {
        self.stores.in_room = false;
        self.room = Room::default();
    }

    pub(crate) fn room_id(&self) -> Option<String> {
        self.room.card.as_ref().map(|card| card.store.clone())
    }

    pub(crate) fn load_stock(&mut self, more: bool) {
        let Some(store) = self.room_id() else { return };
        self.room.stock.loading = true;
        let mut fields = page(&self.room.stock.next, more);
        fields["store"] = json!(store);
        fields["limit"] = json!(100);
        self.ask("store_stock", fields, Purpose::Store(Wanted::Stock { store, more }));
    }

    fn load_room_orders(&mut self, more: bool) {
        let Some(store) = self.room_id() else { return };
        let all = self.room.all;
        self.room.orders.loading = true;
        let mut fields = page(&self.room.orders.next, more);
        fields["store"] = json!(store);
        let op = if all { "store_orders" } else { "to_hand_over" };
        self.ask(op, fields, Purpose::Store(Wanted::Orders { store, all, more }));
    }

    pub(crate) fn load_staff(&mut self) {
        let Some(store) = self.room_id() else { return };
        self.ask("staff", json!({ "store": store }), Purpose::Store(Wanted::Staff { store }));
    }

    /// After drawing: further pages, and what changed since; a burst of changes is asked after once.
    pub(crate) fn follow_room(&mut self) {
        if self.room.is_stale && !self.room.stock.loading && !self.room.orders.loading {
            self.room.is_stale = false;
            self.load_stock(false);
            self.load_room_orders(false);
            if self.room.page == Page::Money {
                self.ask_profit(None);
            }
        }
        if self.room.stock.wants_more() {
            self.load_stock(true);
        }
        if self.room.orders.wants_more() {
            self.load_room_orders(true);
        }
        if self.room.invitations.wants_more() {
            self.load_invitations(true);
        }
    }

    pub(crate) fn room_came(&mut self, wanted: Wanted, mut reply: Value) {
        let here = self.room_id();
        let is_here = |store: &String| here.as_ref() == Some(store);
        match wanted {
            Wanted::Stock { store, more } if is_here(&store) => {
                if more {
                    self.room.stock.take(&mut reply, true, |row| &row.listing.listing);
                } else {
                    self.room.stock.renew(&mut reply, |row| &row.listing.listing);
                }
            }
            Wanted::Orders { store, all, more } if is_here(&store) && all == self.room.all => {
                self.room.orders.take(&mut reply, more, |row| &row.order);
            }
            Wanted::Staff { store } if is_here(&store) => {
                self.room.staff.take(&mut reply, false, |row| &row.id);
            }
            Wanted::Dismissed => {
                if let Some(card) = read::<Card>(reply) {
                    self.say(&format!("{} no longer acts for the store", card.name));
                }
                self.load_staff();
                self.load_my_stores(false);
            }
            Wanted::Invitations { more } => {
                self.room.invitations.take(&mut reply, more, |row| &row.invitation);
            }
            Wanted::Invited => self.invited(&reply),
            Wanted::Revoked => {
                self.say("Its code opens no store any more");
                self.room.code = None;
                self.load_invitations(false);
            }
            _ => {}
        }
    }

    /// A form of the back room was taken.
    pub(crate) fn room_form_taken(&mut self, aim: &Aim, reply: Value) {
        if *aim == Aim::Appoint {
            if let Some(card) = read::<Card>(reply) {
                self.say(&format!("{} acts for the store now", card.name));
            }
            return self.load_staff();
        }
        let Some(stock) = read::<Stock>(reply) else { return };
        let said = match aim {
            Aim::Product(_) => format!("“{}” is on the shelves", text::cut(&stock.listing.title, 40)),
            Aim::AddVariant(_) => format!("“{}” is on the shelves", text::cut(&stock.listing.variant, 40)),
            Aim::Restock(_) | Aim::Adjust(_) => format!("{} on hand now", copies(stock.on_hand)),
            _ => "Saved".to_owned(),
        };
        self.say(&said);
        self.know_listing(&stock.listing);
        match self.room.stock.rows.iter_mut().find(|row| row.listing.listing == stock.listing.listing) {
            Some(row) => *row = stock,
            None => {
                self.room.stock.rows.insert(0, stock);
                self.room.stock.at = 0;
            }
        }
        self.load_stock(false);
        if !self.live {
            self.load_market(false);
        }
    }

    pub(crate) fn dismiss(&mut self, username: &str) {
        let Some(store) = self.room_id() else { return };
        let fields = json!({ "store": store, "username": username });
        self.ask("dismiss_staff", fields, Purpose::Store(Wanted::Dismissed));
    }

    /// Goes up or down in what is looked at of the stores.
    pub(crate) fn go_in_stores(&mut self, by: isize) {
        match (self.stores.in_room, self.room.page) {
            (false, _) => self.stores.list.go(by),
            (true, Page::Stock) => self.room.stock.go(by),
            (true, Page::Orders) => self.room.orders.go(by),
            (true, Page::Money) => self.room.profit.lines.go(by),
            (true, Page::Store) => self.room.staff.go(by),
            (true, Page::Invitations) => self.room.invitations.go(by),
        }
    }

    /// The row one is on in it.
    pub(crate) fn stores_row(&mut self) -> &mut usize {
        match (self.stores.in_room, self.room.page) {
            (false, _) => &mut self.stores.list.at,
            (true, Page::Stock) => &mut self.room.stock.at,
            (true, Page::Orders) => &mut self.room.orders.at,
            (true, Page::Money) => &mut self.room.profit.lines.at,
            (true, Page::Store) => &mut self.room.staff.at,
            (true, Page::Invitations) => &mut self.room.invitations.at,
        }
    }

    fn turn(&mut self, forward: bool) {
        let pages = if self.owns_room() { 5 } else { 4 };
        let on = Page::ALL.iter().position(|page| *page == self.room.page).unwrap_or(0);
        self.room.page = Page::ALL[if forward { on + 1 } else { on + pages - 1 } % pages];
        if self.room.page == Page::Invitations && !self.room.invitations.known {
            self.load_invitations(false);
        }
        if self.room.page == Page::Money {
            self.ask_profit(None);
        }
    }

    /// Keys for the back room.
    pub(crate) fn on_room_key(&mut self, code: KeyCode) {
        match (self.room.page, code) {
            (_, KeyCode::Esc | KeyCode::Backspace) => self.leave_room(),
            (Page::Money, KeyCode::Left | KeyCode::Right) => self.on_profit_key(code),
            (_, KeyCode::Tab | KeyCode::Right) => self.turn(true),
            (_, KeyCode::BackTab | KeyCode::Left) => self.turn(false),
            (_, KeyCode::Char('s')) => {
                let on =
                    self.stores.mine.iter().position(|card| Some(&card.store) == self.room_id().as_ref());
                let next = on.map_or(0, |on| (on + 1) % self.stores.mine.len().max(1));
                match self.stores.mine.get(next).cloned() {
                    Some(card) if self.stores.mine.len() > 1 => self.enter_room(card),
                    _ => self.say("You act for no other store"),
                }
            }
            (_, KeyCode::Char('r')) => {
                self.room.is_stale = true;
                self.load_staff();
                self.load_invitations(false);
            }
            (Page::Stock, code) => self.on_stock_key(code),
            (Page::Money, code) => self.on_profit_key(code),
            (Page::Orders, KeyCode::Char('a')) => {
                self.room.all = !self.room.all;
                self.room.orders = Rows::default();
                self.load_room_orders(false);
            }
            (Page::Orders, code) => {
                let Some(order) = self.room.orders.chosen().cloned() else { return };
                match code {
                    KeyCode::Enter => self.show_order(order, false),
                    code => self.on_order_key(&order, code),
                }
            }
            (Page::Store, code) => self.on_staff_key(code),
            (Page::Invitations, KeyCode::Char('i')) => self.invite(),
            (Page::Invitations, KeyCode::Char('x') | KeyCode::Delete) => self.ask_to_revoke(),
            (Page::Invitations, _) => {}
        }
    }

    fn on_stock_key(&mut self, code: KeyCode) {
        if let (KeyCode::Char('a'), Some(store)) = (code, self.room_id()) {
            self.form = Some(stock::product_form(self, &store));
            return;
        }
        let Some(stock) = self.room.stock.chosen().cloned() else { return };
        match code {
            KeyCode::Enter => self.open_listing(stock.listing),
            KeyCode::Char('+' | '=') => self.form = Some(stock::restock_form(&stock)),
            KeyCode::Char('c') => self.form = Some(stock::adjust_form(&stock)),
            KeyCode::Char('A') => self.form = Some(stock::variant_form(&stock.listing)),
            KeyCode::Char('v') => self.form = Some(stock::edit_form(&stock)),
            KeyCode::Char('e' | 'w' | 'p') => {
                self.on_listing_key(&stock.listing, code);
            }
            _ => {}
        }
    }

    fn on_staff_key(&mut self, code: KeyCode) {
        let Some(store) = self.room.store.clone() else { return };
        let owner = self.owns_room();
        match code {
            KeyCode::Char('e') if owner => self.form = Some(details_form(&store)),
            KeyCode::Char('c') if owner => self.form = Some(away_form(&store)),
            KeyCode::Char('a') if owner => {
                let entries = vec![Entry::line("username", "Username", "", "of a member")];
                let mut form = Form::new(Aim::Appoint, "Appoint staff", "Appoint", entries);
                form.says = vec!["They look after products, stock and orders of the store.".to_owned()];
                self.form = Some(form);
            }
            KeyCode::Char('x') | KeyCode::Delete => {
                let me = self.me.as_ref().map(|me| (me.name.clone(), me.username.clone()));
                let whom = if owner {
                    self.room.staff.chosen().map(|card| (card.name.clone(), card.username.clone()))
                } else {
                    me
                };
                let Some((name, username)) = whom else { return };
                self.dialog = Some(Dialog {
                    title: if owner { "Let them go?" } else { "Leave the store?" }.to_owned(),
                    lines: vec![name, format!("Nothing of {} is in their hands any more.", store.name)],
                    yes: if owner { "Let them go" } else { "Leave it" },
                    no: "Not now",
                    on_yes: false,
                    then: Then::Dismiss(username),
                });
            }
            _ if !owner && matches!(code, KeyCode::Char('e' | 'c' | 'a')) => {
                self.say("Only its owner changes that");
            }
            _ => {}
        }
    }
}
