//! The state of the client and what keys, clicks and the market make of it. Nothing here waits, reads or writes: what is
//! to be done outside is left in [`App::take_asks`] and [`App::take_errands`], so all of it can be tested by values.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auboutique_wire::json::Outcome;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::account::{MENU, Me, Page};
use crate::auction::{self, Saleroom};
use crate::auctions::Auctions;
use crate::cart::{self, Cart};
use crate::checkout::Counter;
use crate::choice::Choice;
use crate::conversation::{Conversation, Message, Talk};
use crate::desk::{Desk, DeskView};
use crate::dialog::Dialog;
use crate::errand::{Done, Errand};
use crate::form::{Aim, Form, Input, ShotState, log_in_form};
use crate::link::{Ask, Told};
use crate::listing::{Listing, Market, Sheet};
use crate::member::{Account, Card, Presence};
use crate::notice::Notice;
use crate::order::{Order, Orders};
use crate::payout;
use crate::pen::Hit;
use crate::picture::{Gallery, Need, Source, Which};
use crate::room::Room;
use crate::rows::Rows;
use crate::skin::Skin;
use crate::store::{Shopfront, Stores, Wanted};
use crate::tab::Tab;
use crate::{lot, text};

/// By how many milliseconds the market's clock is put back before that is believed.
const PUT_RIGHT: i64 = 5_000;

/// How the connection is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// It is being made.
    Connecting,
    /// It is there.
    Up,
    /// It is not, for this reason.
    Down(String),
}

/// Something looked at above the tab.
#[derive(Debug, Clone)]
pub enum Above {
    /// A listing.
    Listing(Sheet),
    /// An order; `fresh` when it was bought just now.
    Order {
        /// The order.
        order: Order,
        /// Whether it was bought just now.
        fresh: bool,
        /// The first line of it that is seen.
        scroll: usize,
    },
    /// The checkout.
    Checkout(Counter),
    /// The orders a checkout became.
    Group(Rows<Order>),
    /// A store.
    Store(Shopfront),
    /// An auction.
    Auction(Saleroom),
}

#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    Market { generation: u64, more: bool },
    Mine { more: bool },
    Orders { sold: bool, more: bool },
    Conversations { more: bool },
    Listing { show: bool },
    Order { show: bool, news: Option<String> },
    Address(String),
    Bought,
    ListingAct(&'static str),
    OrderAct(&'static str),
    Form { modal: bool },
    Categories,
    Points,
    Start,
    Conversation { news: bool },
    Messages { conversation: String },
    Send { conversation: String, message: String },
    Quiet,
    Blocked,
    Unblocked,
    Sessions,
    SessionEnded,
    Blocks,
    Hidden,
    Presences,
    Me,
    Shown(String),
    DeskDone(&'static str),
    Picture(Source),
    Upload(u64),
    LogOut,
    Store(Wanted),
    Cart(cart::Wanted),
    Money(payout::Wanted),
    Auction(auction::Wanted),
}

/// The client.
pub struct App {
    /// What things look like.
    pub skin: Skin,
    /// The pictures.
    pub gallery: Gallery,
    /// The market's address.
    pub server: String,
    /// How the connection is.
    pub line: Line,
    /// Whether it is encrypted, and whether it stays on this machine.
    pub guarded: (bool, bool),
    /// Whether what happens is streamed.
    pub live: bool,
    /// Who I am.
    pub me: Option<Account>,
    /// Whether it is known who I am.
    pub settled: bool,
    /// The server's clock.
    pub now: Timestamp,
    /// How long the client has been running: what passes by itself is measured by it.
    pub running: Duration,
    pub(crate) zone: TimeZone,
    /// The tab that is looked at.
    pub tab: Tab,
    /// What is looked at above it.
    pub above: Vec<Above>,
    /// A form over the tab.
    pub form: Option<Form>,
    /// The form of the tab Sell.
    pub sell: Form,
    /// A question.
    pub dialog: Option<Dialog>,
    /// A choice.
    pub choice: Option<Choice>,
    /// Whether the help is shown.
    pub help: bool,
    /// Whether the notices are shown.
    pub noticing: bool,
    /// What happened while one did something else, latest first.
    pub notices: Vec<Notice>,
    /// How many of them were not looked at.
    pub unseen: usize,
    /// The notice one is on.
    pub notice_at: usize,
    /// What is told in the corner, and for how many more beats.
    pub toast: Option<(String, bool, u32)>,
    /// Who is here.
    pub presence: HashMap<String, Presence>,
    /// The market.
    pub market: Market,
    /// My listings.
    pub mine: Rows<Listing>,
    /// My orders.
    pub orders: Orders,
    /// Conversations.
    pub talk: Talk,
    /// My cart, and what is set aside of it.
    pub cart: Cart,
    /// The auctions.
    pub auctions: Auctions,
    /// The stores.
    pub stores: Stores,
    /// The back room of the store I act for.
    pub room: Room,
    /// The variants of the products that were looked at, by the product.
    pub variants: HashMap<String, Vec<Listing>>,
    /// My account.
    pub account: Me,
    /// The desk.
    pub desk: Desk,
    /// Whether I serve one.
    pub attendant: bool,
    /// What can follow the path that is typed.
    pub paths: Vec<String>,
    /// Where it is collected and when that is open, for the question before buying.
    pub points: Vec<Value>,
    pub(crate) categories: Vec<String>,
    pub(crate) conditions: Vec<String>,
    pub(crate) without_picture: Vec<String>,
    /// Whether the oldest line of the open conversation is on the screen and an older page exists.
    pub wants_older: bool,
    /// What a click means where.
    pub hits: Vec<(Rect, Hit)>,
    /// Whether something changed since it was drawn.
    pub dirty: bool,
    /// Whether it is over.
    pub over: bool,
    /// Whether the connection shall be tried now.
    pub hurry: bool,
    pub(crate) ticket: u64,
    pub(crate) waiting: HashMap<u64, Purpose>,
    pub(crate) asks: Vec<Ask>,
    pub(crate) errands: Vec<Errand>,
}

pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

pub(crate) fn message(no: &Value) -> String {
    no.get("message").and_then(Value::as_str).unwrap_or("The market said no.").to_owned()
}

impl App {
    /// A client that is not connected yet.
    #[must_use]
    pub fn new(server: &str, skin: Skin, gallery: Gallery) -> Self {
        let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let categories =
            names(auboutique_domain::listing::Category::ALL.iter().map(|each| each.name()).collect());
        let conditions =
            names(auboutique_domain::listing::Condition::ALL.iter().map(|each| each.name()).collect());
        let mut app = Self {
            skin,
            gallery,
            server: server.to_owned(),
            line: Line::Connecting,
            guarded: (false, true),
            live: false,
            me: None,
            settled: false,
            now: Timestamp::UNIX_EPOCH,
            running: Duration::ZERO,
            zone: TimeZone::UTC,
            tab: Tab::Market,
            above: Vec::new(),
            form: None,
            sell: Form::new(Aim::Sell, "", "", Vec::new()),
            dialog: None,
            choice: None,
            help: false,
            noticing: false,
            notices: Vec::new(),
            unseen: 0,
            notice_at: 0,
            toast: None,
            presence: HashMap::new(),
            market: Market::default(),
            mine: Rows::default(),
            orders: Orders::default(),
            talk: Talk::default(),
            cart: Cart::default(),
            auctions: Auctions::default(),
            stores: Stores::default(),
            room: Room::default(),
            variants: HashMap::new(),
            account: Me::default(),
            desk: Desk::default(),
            attendant: false,
            paths: Vec::new(),
            points: Vec::new(),
            categories,
            conditions,
            without_picture: names(vec!["books", "study", "other"]),
            wants_older: false,
            hits: Vec::new(),
            dirty: true,
            over: false,
            hurry: false,
            ticket: 0,
            waiting: HashMap::new(),
            asks: Vec::new(),
            errands: Vec::new(),
        };
        app.sell = app.sell_form();
        app
    }

    // ---- what is to be done outside ----

    /// Whether nothing is to be done outside.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.asks.is_empty() && self.errands.is_empty() && !self.hurry
    }

    /// The requests to send.
    pub fn take_asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.asks)
    }

    /// The errands to run.
    pub fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    pub(crate) fn ask(&mut self, op: &'static str, fields: Value, purpose: Purpose) {
        self.ticket += 1;
        self.waiting.insert(self.ticket, purpose);
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        self.asks.push(Ask { ticket: self.ticket, op, fields });
    }

    /// After drawing: what was to be seen and is not there yet is fetched.
    pub fn after_draw(&mut self) {
        for need in self.gallery.needs() {
            match need {
                Need::Bytes(source, offset) => {
                    let fields = json!({ "picture": source.0, "size": source.1.name(), "offset": offset });
                    self.ask("picture", fields, Purpose::Picture(source));
                }
                Need::Prepare(spot, bytes) => self.errands.push(Errand::Prepare(spot, bytes)),
            }
        }
        if self.wants_older
            && let Some(open) = &mut self.talk.open
            && let (Some(before), false) = (open.older, open.loading)
        {
            open.loading = true;
            let conversation = open.id.clone();
            let fields = json!({ "conversation": conversation, "before": before, "limit": 50 });
            self.ask("messages", fields, Purpose::Messages { conversation });
        }
        if self.market.list.wants_more() && self.settled {
            self.load_market(true);
        }
        let (mine, list) = (self.mine.wants_more(), self.orders.list().wants_more());
        if mine {
            self.load_mine(true);
        }
        if list {
            let sold = self.orders.sold_side;
            self.load_orders(sold, true);
        }
        if self.talk.list.wants_more() {
            self.load_conversations(true);
        }
        if self.account.payouts.wants_more() && self.account.page == Page::Money {
            self.load_payouts(true);
        }
        self.follow_stores();
        self.follow_auctions();
    }

    pub(crate) fn load_everything(&mut self) {
        self.load_market(false);
        self.load_stores(false);
        self.renew_auctions();
        self.ask("categories", json!({}), Purpose::Categories);
        self.ask("pickup_points", json!({}), Purpose::Points);
        if self.me.is_some() {
            self.load_conversations(false);
            self.load_mine(false);
            self.load_orders(false, false);
            self.load_orders(true, false);
            self.load_my_stores(false);
            self.load_cart();
            self.look_at_checkout(false);
            if let Some(open) = &self.talk.open {
                let conversation = open.id.clone();
                self.ask(
                    "messages",
                    json!({ "conversation": conversation, "limit": 50 }),
                    Purpose::Messages { conversation },
                );
            }
            self.ask("me", json!({}), Purpose::Me);
        }
    }

    // ---- what the link tells ----

    /// Takes in what the link tells.
    pub fn on_told(&mut self, told: Told) {
        let was_dirty = std::mem::replace(&mut self.dirty, true);
        match told {
            Told::Connecting => {
                if self.line == Line::Up {
                    self.line = Line::Connecting;
                }
            }
            Told::Up { encrypted, local, time } => {
                self.guarded = (encrypted, local);
                self.line = Line::Up;
                self.set_time(time.as_deref());
            }
            Told::Down { why, again_in } => {
                // People need not know the system's number for it.
                let why = text::clean(&why);
                let why = why.split(" (os error").next().unwrap_or_default().to_owned();
                let seconds = again_in.as_secs();
                let when = if seconds < 2 { "now".to_owned() } else { format!("in {seconds} s") };
                self.line = Line::Down(format!("{why} · again {when}"));
            }
            Told::SignedIn { mut account, live, again } => {
                text::scrub(&mut account);
                let known = self.me.is_some();
                self.me = read(account);
                self.live = live;
                let first = !self.settled;
                self.settled = true;
                if !again {
                    self.follow_anew();
                }
                if matches!(self.form.as_ref().map(|form| &form.aim), Some(Aim::LogIn | Aim::Register)) {
                    self.form = None;
                }
                if !again || !known || first {
                    self.load_everything();
                } else {
                    self.catch_up();
                }
            }
            Told::Visiting { why } => {
                let was = self.me.take().is_some();
                self.live = false;
                let first = !self.settled;
                self.settled = true;
                if was || first {
                    self.forget_member();
                    self.load_everything();
                }
                if let Some(why) = why {
                    self.say_bad(&text::clean(&why));
                }
                if (was || first) && self.form.is_none() {
                    self.form = Some(log_in_form());
                }
            }
            Told::Resync => self.load_everything(),
            Told::Answer { ticket, outcome } => self.on_answer(ticket, outcome),
            Told::Event(mut event) => {
                text::scrub(&mut event);
                self.on_event(&event);
            }
            Told::Presence(mut presence) => {
                text::scrub(&mut presence);
                if let Some(presence) = read::<Presence>(presence) {
                    self.presence.insert(presence.member.id.clone(), presence);
                }
            }
            Told::Typing(mut typing) => {
                text::scrub(&mut typing);
                self.on_typing(&typing);
            }
            Told::Here(here) => self.on_here(&here),
            Told::Time(time) => {
                let before = self.now.as_second() / 60;
                self.set_time(Some(&time));
                self.dirty = was_dirty || before != self.now.as_second() / 60;
            }
            Told::Note(note) => self.say_bad(&text::clean(&note)),
        }
    }

    pub(crate) fn set_time(&mut self, time: Option<&str>) {
        let Some(time) = time.and_then(|time| time.parse::<Timestamp>().ok()) else { return };
        // What it was arrives later, never earlier: what is newest is truest. Much earlier, the clock was put right.
        let behind = self.now.as_millisecond() - time.as_millisecond();
        if !(0..PUT_RIGHT).contains(&behind) {
            self.now = time;
        }
    }

    /// After a connection was lost and found again: events tell the rest, but who is here they do not.
    pub(crate) fn catch_up(&mut self) {
        self.load_conversations(false);
        self.load_my_stores(false);
        self.renew_auctions();
    }

    pub(crate) fn forget_member(&mut self) {
        self.mine = Rows::default();
        self.orders = Orders::default();
        self.talk = Talk::default();
        self.account = Me::default();
        self.desk = Desk::default();
        self.cart = Cart::default();
        self.auctions = Auctions::default();
        self.leave_room();
        self.stores.mine.clear();
        self.attendant = false;
        self.notices.clear();
        self.unseen = 0;
        self.presence.clear();
        if matches!(self.tab, Tab::Desk | Tab::Mine | Tab::Orders | Tab::Talk | Tab::Cart) {
            self.tab = Tab::Market;
        }
        self.above.retain(|above| matches!(above, Above::Listing(_) | Above::Store(_)));
    }

    pub(crate) fn on_answer(&mut self, ticket: u64, outcome: Outcome) {
        let Some(purpose) = self.waiting.remove(&ticket) else { return };
        match outcome {
            Outcome::Reply(mut reply) => {
                text::scrub(&mut reply);
                self.on_reply(purpose, reply);
            }
            Outcome::Refused(mut no) | Outcome::Busy(mut no) | Outcome::Broken(mut no) => {
                text::scrub(&mut no);
                self.on_no(purpose, &no);
            }
        }
    }

    pub(crate) fn on_reply(&mut self, purpose: Purpose, mut reply: Value) {
        match purpose {
            Purpose::Market { generation, more } => {
                if generation == self.market.generation {
                    self.market.error = None;
                    self.market.list.take(&mut reply, more, |row| &row.listing);
                }
            }
            Purpose::Mine { more } => self.mine.take(&mut reply, more, |row| &row.listing),
            Purpose::Orders { sold, more } => {
                let list = if sold { &mut self.orders.sold } else { &mut self.orders.bought };
                list.take(&mut reply, more, |row| &row.order);
            }
            Purpose::Conversations { more } => {
                self.talk.error = None;
                self.talk.list.take(&mut reply, more, |row| &row.conversation);
                self.learn_presence();
                self.mark_all_delivered();
                // What was read while the page was on its way is not unread again.
                self.mark_read();
            }
            Purpose::Listing { show } => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.know_listing(&listing);
                    self.renew_copies();
                    if show {
                        self.open_listing(listing);
                    }
                }
            }
            Purpose::Order { show, news } => {
                if let Some(order) = read::<Order>(reply) {
                    if let Some(what) = news {
                        self.tell_order(&what, &order);
                    }
                    self.know_order(&order);
                    if show {
                        self.show_order(order, false);
                    }
                }
            }
            Purpose::Address(order) => self.address_came(order, reply),
            Purpose::Bought => {
                if let Some(order) = read::<Order>(reply) {
                    let listing = order.lines.first().map(|line| line.listing.clone()).unwrap_or_default();
                    self.sold(&listing);
                    self.know_order(&order);
                    self.show_order(order, true);
                }
            }
            Purpose::ListingAct(done) => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.know_listing(&listing);
                    self.say(done);
                    self.load_mine(false);
                }
            }
            Purpose::OrderAct(done) => {
                if let Some(order) = read::<Order>(reply) {
                    self.know_order(&order);
                    self.say(done);
                }
            }
            Purpose::Form { modal } => self.form_taken(modal, reply),
            Purpose::Categories => {
                let names = |value: &Value| -> Option<Vec<String>> { read(value.clone()) };
                if let Some(names) = names(&reply["categories"]) {
                    self.categories = names;
                }
                if let Some(names) = names(&reply["conditions"]) {
                    self.conditions = names;
                }
                if let Some(names) = names(&reply["without_picture"]) {
                    self.without_picture = names;
                }
                if !self.sell.is_changed() && self.sell.shelf.is_empty() && !self.sell.sent {
                    let focus = self.sell.focus;
                    self.sell = self.sell_form();
                    self.sell.focus = focus;
                }
            }
            Purpose::Points => {
                self.points = reply["rows"].as_array().cloned().unwrap_or_default();
                let zone = self.points.first().and_then(|point| point["time_zone"].as_str());
                if let Some(zone) = zone.and_then(auboutique_domain::time::zone) {
                    self.zone = zone;
                }
            }
            Purpose::Start => {
                if let Some(conversation) = read::<Conversation>(reply) {
                    let id = conversation.conversation.clone();
                    self.know_conversation(conversation);
                    self.tab = Tab::Talk;
                    self.above.clear();
                    self.open_conversation(&id);
                }
            }
            Purpose::Conversation { news } => {
                if let Some(conversation) = read::<Conversation>(reply) {
                    let id = conversation.conversation.clone();
                    self.know_conversation(conversation);
                    if news {
                        self.tell_message(&id);
                    }
                    self.mark_all_delivered();
                    self.mark_read();
                }
            }
            Purpose::Messages { conversation } => {
                let next = reply["next"].as_i64();
                let messages = reply["rows"].take();
                let messages: Vec<Message> = messages
                    .as_array()
                    .map(|rows| rows.iter().filter_map(|row| read(row.clone())).collect())
                    .unwrap_or_default();
                if let Some(open) = self.talk.open.as_mut().filter(|open| open.id == conversation) {
                    let older = open.messages.first().map(|first| first.number);
                    let before = messages.first().map(|first| first.number);
                    open.take(messages);
                    // A newer page says nothing about where the oldest known one begins.
                    if older.is_none() || before < older {
                        open.older = next;
                    }
                    (open.known, open.loading) = (true, false);
                }
                self.mark_read();
            }
            Purpose::Send { conversation, .. } => {
                if let Some(message) = read::<Message>(reply) {
                    self.said(&conversation, message);
                }
            }
            Purpose::Quiet => {}
            Purpose::Blocked | Purpose::Unblocked => {
                let blocked = matches!(purpose, Purpose::Blocked);
                if let Some(card) = read::<Card>(reply) {
                    for each in &mut self.talk.list.rows {
                        if each.with.id == card.id {
                            each.blocked = blocked;
                        }
                    }
                    self.account.blocks.rows.retain(|each| each.id != card.id);
                    let what = if blocked { "can no longer write to you" } else { "can write to you again" };
                    self.say(&format!("{} {what}", card.name));
                }
            }
            Purpose::Sessions => self.account.sessions.take(&mut reply, false, |row| &row.session),
            Purpose::SessionEnded => {
                self.say("That session is ended");
                self.ask("sessions", json!({}), Purpose::Sessions);
            }
            Purpose::Blocks => self.account.blocks.take(&mut reply, false, |row| &row.id),
            Purpose::Hidden => {
                self.account.hidden = reply["hidden"].as_bool().unwrap_or(false);
                self.say(if self.account.hidden {
                    "Others see you as away"
                } else {
                    "Others see when you are here"
                });
            }
            Purpose::Presences => {
                let rows = reply["rows"].as_array().cloned().unwrap_or_default();
                for presence in rows.into_iter().filter_map(read::<Presence>) {
                    self.presence.insert(presence.member.id.clone(), presence);
                }
            }
            Purpose::Me => {
                if let Some(hidden) = reply["presence_hidden"].as_bool() {
                    self.account.hidden = hidden;
                }
                if let Some(points) = reply["attends"].as_array() {
                    self.attendant = !points.is_empty();
                }
                if !self.attendant && self.tab == Tab::Desk {
                    self.tab = Tab::Market;
                }
                self.me = read(reply).or(self.me.take());
            }
            Purpose::Shown(code) => {
                self.desk.waiting = false;
                self.desk.shown = read::<DeskView>(reply).map(|view| (code, view));
            }
            Purpose::DeskDone(done) => {
                self.desk.waiting = false;
                if let Some(view) = read::<DeskView>(reply) {
                    let title = view.lines.first().map(|line| line.title.clone()).unwrap_or_default();
                    self.desk.done = Some(format!("{done}: {title}, {}", view.name));
                    self.desk.code.take();
                    self.desk.shown = None;
                }
            }
            Purpose::Picture(source) => {
                let data = reply["data"].as_str().unwrap_or_default();
                let number =
                    |name: &str| reply[name].as_u64().and_then(|number| usize::try_from(number).ok());
                match data_encoding::BASE64.decode(data.as_bytes()) {
                    Ok(piece) => {
                        self.gallery.came(source, &piece, number("next"), number("bytes").unwrap_or(0))
                    }
                    Err(_) => self.gallery.missing(source),
                }
            }
            Purpose::Upload(number) => self.upload_went_on(number, reply),
            Purpose::LogOut => self.say("Logged out"),
            Purpose::Store(wanted) => self.store_came(wanted, reply),
            Purpose::Cart(wanted) => self.cart_came(wanted, reply),
            Purpose::Money(wanted) => self.money_came(wanted, reply),
            Purpose::Auction(wanted) => self.auction_came(wanted, reply),
        }
    }

    pub(crate) fn on_no(&mut self, purpose: Purpose, no: &Value) {
        let why = message(no);
        let code = no["code"].as_str().unwrap_or_default();
        match purpose {
            Purpose::Market { generation, .. } => {
                if generation == self.market.generation {
                    self.market.list.loading = false;
                    self.market.list.known = true;
                    // While one types, the words are not complete yet: that is nothing to complain about.
                    if code != "search_empty" {
                        self.market.error = Some(why);
                        self.market.list.rows.clear();
                        self.market.list.next = None;
                    }
                }
            }
            Purpose::Mine { .. } => self.mine.loading = false,
            Purpose::Orders { sold, .. } => {
                let list = if sold { &mut self.orders.sold } else { &mut self.orders.bought };
                list.loading = false;
            }
            Purpose::Conversations { .. } => {
                self.talk.list.loading = false;
                self.talk.list.known = true;
                self.talk.list.next = None;
                self.talk.error = Some(if code == "unknown_op" {
                    "This market has no conversations".to_owned()
                } else {
                    why
                });
            }
            Purpose::Form { modal } => {
                let form = if modal { self.form.as_mut() } else { Some(&mut self.sell) };
                if let Some(form) = form {
                    form.refused(no);
                }
                self.look_again(code);
                self.bid_refused(no);
            }
            Purpose::Bought => {
                if code == "listing_sold" || code == "price_changed" {
                    let id = self.sheet().map(|sheet| sheet.listing.listing.clone());
                    if let Some(id) = id {
                        self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false });
                    }
                }
                self.say_bad(&why);
            }
            Purpose::Send { conversation, message } => {
                let open = self.talk.open.as_mut().filter(|open| open.id == conversation);
                if let Some(open) = open
                    && let Some(leaving) = open.leaving.iter_mut().find(|leaving| leaving.message == message)
                {
                    leaving.refused = Some(why);
                } else {
                    self.say_bad(&why);
                }
            }
            Purpose::Messages { conversation } => {
                if let Some(open) = self.talk.open.as_mut().filter(|open| open.id == conversation) {
                    (open.known, open.loading, open.older) = (true, false, None);
                }
                self.say_bad(&why);
            }
            Purpose::Shown(_) | Purpose::DeskDone(_) => {
                self.desk.waiting = false;
                self.desk.error = Some(why);
                if code == "not_found" {
                    self.desk.shown = None;
                }
            }
            Purpose::Picture(source) => self.gallery.missing(source),
            Purpose::Upload(number) => self.upload_refused(number, no),
            Purpose::Store(wanted) => self.store_refused(&wanted, why),
            Purpose::Cart(wanted) => self.cart_refused(&wanted, no),
            Purpose::Money(wanted) => self.money_refused(&wanted, &why),
            Purpose::Auction(wanted) => self.auction_refused(&wanted, no),
            Purpose::Order { news: Some(_), .. }
            | Purpose::Listing { show: false }
            | Purpose::Quiet
            | Purpose::Address(_)
            | Purpose::Categories
            | Purpose::Points
            | Purpose::Presences
            | Purpose::Me
            | Purpose::Conversation { .. } => {}
            _ => self.say_bad(&why),
        }
    }

    /// So much time has passed since the client was started.
    pub fn on_time(&mut self, running: Duration) {
        let before = (self.ticks(), self.now.as_second() / 60);
        // The market's clock goes on between two times it is told.
        self.now = self.now.checked_add(running.saturating_sub(self.running)).unwrap_or(self.now);
        self.running = running;
        self.dirty |= self.talk.forget_typing(running);
        if before != (self.ticks(), self.now.as_second() / 60) {
            self.dirty = true;
            self.renew_bid();
        }
    }

    /// How long nothing changes by itself.
    #[must_use]
    pub fn quiet(&self) -> Duration {
        let quiet = if self.toast.is_some() { Duration::from_millis(250) } else { Duration::from_secs(60) };
        let typing = self.talk.typing.values().map(|until| until.saturating_sub(self.running));
        typing.chain(self.until_tick()).fold(quiet, Duration::min)
    }

    // ---- what is known ----

    /// Whether that is me.
    #[must_use]
    pub fn is_me(&self, id: &str) -> bool {
        self.me.as_ref().is_some_and(|me| me.id == id)
    }

    /// Whether something lies over the page.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.dialog.is_some()
            || self.help
            || self.noticing
            || self.choice.is_some()
            || self.form.is_some()
            || self.toast.is_some()
    }

    /// Takes in what an errand brought.
    pub fn on_done(&mut self, done: Done) {
        self.dirty = true;
        match done {
            Done::Read { number, bytes } => match bytes {
                Ok(bytes) => {
                    let length = bytes.len();
                    let Some(shot) = self.find_shot(number) else { return };
                    shot.state = ShotState::Sending {
                        bytes: Arc::new(bytes),
                        upload: String::new(),
                        chunk: 0,
                        sent: 0,
                        received: 0,
                        under_way: 0,
                        again: 0,
                    };
                    self.ask("start_upload", json!({ "bytes": length }), Purpose::Upload(number));
                }
                Err(why) => self.upload_failed(number, text::clean(&why)),
            },
            Done::Completed { typed, path, choices } => {
                if let Some(form) = self.typing_form() {
                    let focus = form.focus;
                    if let Some(Input::Path(field)) =
                        form.entries.get_mut(focus).map(|entry| &mut entry.value)
                        && field.text() == typed
                    {
                        field.set(&path);
                        self.paths = choices.iter().map(|each| text::clean(each)).collect();
                    }
                }
            }
            Done::Prepared(spot, protocol) => self.gallery.prepared(spot, protocol),
        }
    }

    // ---- keys ----

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.dirty = true;
        // What was read already does not stand in the way of what comes next.
        self.toast.take_if(|(_, good, beats)| *good && *beats < 14);
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            self.over = true;
            return;
        }
        if self.dialog.is_some() {
            return self.on_dialog_key(key);
        }
        if self.help {
            self.help = false;
            return;
        }
        if self.noticing {
            return self.on_notice_key(key);
        }
        if self.choice.is_some() {
            return self.on_choice_key(key);
        }
        if key.code == KeyCode::F(1) {
            self.help = true;
            return;
        }
        // Alt and a number changes the tab, also while one types.
        if let (KeyCode::Char(digit @ '0'..='9'), true) =
            (key.code, key.modifiers.contains(KeyModifiers::ALT))
        {
            return self.go_to_tab(digit);
        }
        if self.typing_form().is_some() {
            return self.on_form_key(key);
        }
        if self.tab == Tab::Talk && self.above.is_empty() && self.talk.open.is_some() {
            return self.on_conversation_key(key);
        }
        if self.tab == Tab::Desk && self.above.is_empty() && self.on_desk_key(key) {
            return;
        }
        if self.tab == Tab::Market && self.above.is_empty() && self.market.searching {
            return self.on_search_key(key);
        }
        let on_menu = self.tab == Tab::Me
            && self.above.is_empty()
            && self.account.page == Page::Menu
            && self.me.is_some();
        match key.code {
            KeyCode::Char('?') => self.help = true,
            KeyCode::Char('n') if !on_menu => {
                self.noticing = true;
                self.unseen = 0;
                self.notice_at = 0;
            }
            KeyCode::Char('q') => self.quit(),
            KeyCode::Char('R') => self.hurry = true,
            KeyCode::Char('l') if self.me.is_none() => self.form = Some(log_in_form()),
            KeyCode::Char(digit @ '0'..='9') => self.go_to_tab(digit),
            _ => match self.above.pop() {
                Some(above) => self.on_above_key(above, key),
                None => self.on_tab_key(key),
            },
        }
    }

    pub(crate) fn on_above_key(&mut self, mut above: Above, key: KeyEvent) {
        let mut stay = true;
        let below = self.above.len();
        match (&mut above, key.code) {
            (_, KeyCode::Esc | KeyCode::Backspace) => stay = false,
            (Above::Listing(sheet), code) => match code {
                KeyCode::Left => sheet.picture = sheet.picture.saturating_sub(1),
                KeyCode::Right => {
                    sheet.picture = (sheet.picture + 1).min(sheet.listing.pictures.len().saturating_sub(1));
                }
                KeyCode::Down | KeyCode::Char('j') => sheet.scroll += 1,
                KeyCode::Up | KeyCode::Char('k') => sheet.scroll = sheet.scroll.saturating_sub(1),
                KeyCode::PageDown => sheet.scroll += 10,
                KeyCode::PageUp => sheet.scroll = sheet.scroll.saturating_sub(10),
                KeyCode::Tab | KeyCode::BackTab => self.next_variant(sheet, code == KeyCode::Tab),
                _ => {
                    let listing = sheet.listing.clone();
                    if self.on_listing_key(&listing, code) {
                        stay = code != KeyCode::Char('o') || listing.store.is_some();
                    }
                }
            },
            (Above::Order { order, scroll, .. }, code) => {
                let order = order.clone();
                match code {
                    KeyCode::Enter => stay = false,
                    KeyCode::Down | KeyCode::Char('j') => *scroll += 1,
                    KeyCode::Up | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
                    KeyCode::PageDown => *scroll += 8,
                    KeyCode::PageUp => *scroll = scroll.saturating_sub(8),
                    _ => self.on_order_key(&order, code),
                }
            }
            (Above::Checkout(counter), code) => stay = self.on_checkout_key(counter, code),
            (Above::Group(group), code) => match code {
                KeyCode::Down | KeyCode::Char('j') => group.go(1),
                KeyCode::Up | KeyCode::Char('k') => group.go(-1),
                KeyCode::Enter => {
                    if let Some(order) = group.chosen().cloned() {
                        self.show_order(order, false);
                    }
                }
                _ => {}
            },
            (Above::Store(front), code) => stay = self.on_store_key(front, code),
            (Above::Auction(room), code) => self.on_saleroom_key(room, code),
        }
        if stay {
            // What was opened from it lies above it.
            self.above.insert(below.min(self.above.len()), above);
        }
        self.mark_read();
    }

    pub(crate) fn on_tab_key(&mut self, key: KeyEvent) {
        let by = match key.code {
            KeyCode::Down | KeyCode::Char('j') => 1,
            KeyCode::Up | KeyCode::Char('k') => -1,
            KeyCode::PageDown => 8,
            KeyCode::PageUp => -8,
            KeyCode::Home | KeyCode::Char('g') => isize::MIN,
            KeyCode::End | KeyCode::Char('G') => isize::MAX,
            _ => 0,
        };
        if by != 0 {
            match (self.tab, self.account.page) {
                (Tab::Market, _) => self.market.list.go(by),
                (Tab::Mine, _) => self.mine.go(by),
                (Tab::Orders, _) => self.orders.list().go(by),
                (Tab::Talk, _) => self.talk.list.go(by),
                (Tab::Stores, _) => self.go_in_stores(by),
                (Tab::Me, Page::Menu) => {
                    self.account.at = self.account.at.saturating_add_signed(by).min(MENU.len() - 1);
                }
                (Tab::Me, Page::Sessions) => self.account.sessions.go(by),
                (Tab::Me, Page::Blocks) => self.account.blocks.go(by),
                (Tab::Me, Page::Money) => self.account.payouts.go(by),
                (Tab::Cart, _) => self.cart.lines.go(by),
                (Tab::Auctions, _) => self.auctions.list.go(by),
                (Tab::Sell | Tab::Desk, _) => {}
            }
            return;
        }
        match self.tab {
            Tab::Market => self.on_market_key(key.code),
            Tab::Mine => {
                if key.code == KeyCode::Char('r') {
                    return self.load_mine(false);
                }
                let Some(listing) = self.mine.chosen().cloned() else { return };
                match key.code {
                    KeyCode::Enter => {
                        self.open_listing(listing);
                    }
                    code => {
                        self.on_listing_key(&listing, code);
                    }
                }
            }
            Tab::Orders => match key.code {
                KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => {
                    self.orders.sold_side = !self.orders.sold_side;
                }
                KeyCode::Char('r') => {
                    let sold = self.orders.sold_side;
                    self.load_orders(sold, false);
                }
                code => {
                    let Some(order) = self.orders.list().chosen().cloned() else { return };
                    if code == KeyCode::Enter {
                        self.show_order(order, false);
                    } else {
                        self.on_order_key(&order, code);
                    }
                }
            },
            Tab::Talk => {
                let id = self.talk.list.chosen().map(|each| each.conversation.clone());
                match (key.code, id) {
                    (KeyCode::Char('r'), _) => self.load_conversations(false),
                    (KeyCode::Enter | KeyCode::Right, Some(id)) => self.open_conversation(&id),
                    (KeyCode::Char('x'), Some(id)) => self.block_in(&id),
                    _ => {}
                }
            }
            Tab::Me => self.on_account_key(key.code),
            Tab::Stores => self.on_stores_key(key.code),
            Tab::Cart => self.on_cart_key(key.code),
            Tab::Auctions => self.on_auctions_key(key.code),
            Tab::Sell | Tab::Desk => {}
        }
    }

    // ---- mouse and paste ----

    /// Takes what the mouse did.
    pub fn on_mouse(&mut self, mouse: MouseEvent) {
        let press = |app: &mut Self, code| app.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        match mouse.kind {
            MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                let up = mouse.kind == MouseEventKind::ScrollUp;
                self.dirty = true;
                if let Some(open) = self
                    .talk
                    .open
                    .as_mut()
                    .filter(|_| self.tab == Tab::Talk && self.above.is_empty() && self.dialog.is_none())
                {
                    open.scroll = if up { open.scroll + 2 } else { open.scroll.saturating_sub(2) };
                } else if self.typing_form().is_none() && !self.help && self.dialog.is_none() {
                    press(self, if up { KeyCode::Up } else { KeyCode::Down });
                }
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let inside = |area: &Rect| area.contains((mouse.column, mouse.row).into());
                let Some(hit) = self.hits.iter().rev().find(|(area, _)| inside(area)).map(|(_, hit)| *hit)
                else {
                    if self.help || self.noticing {
                        press(self, KeyCode::Esc);
                    }
                    return;
                };
                self.dirty = true;
                match hit {
                    Hit::Key(code) => press(self, code),
                    Hit::Tab(number) => {
                        if !self.is_covered() || self.toast.is_some() {
                            let digit = char::from_digit(u32::try_from((number + 1) % 10).unwrap_or(1), 10);
                            self.go_to_tab(digit.unwrap_or('1'));
                        }
                    }
                    Hit::Row(number) => self.click_row(number),
                    Hit::Entry(number) => {
                        if let Some(form) = self.typing_form() {
                            let again = form.focus == number;
                            form.focus = number;
                            if number == form.entries.len() {
                                self.send_form();
                            } else if again
                                && let Some(Input::Choice(of, at)) =
                                    form.entries.get_mut(number).map(|entry| &mut entry.value)
                            {
                                *at = (*at + 1) % of.len().max(1);
                                lot::renew_terms(form);
                            }
                        }
                    }
                    Hit::Answer(yes) => self.answer(yes),
                    Hit::Nothing => {
                        if self.help {
                            self.help = false;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// A click on a row goes to it; on the row one is on, into it.
    pub(crate) fn click_row(&mut self, number: usize) {
        let enter = |app: &mut Self| app.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        if let Some(choice) = &mut self.choice {
            choice.at = number;
            return enter(self);
        }
        if self.noticing {
            self.notice_at = number;
            return enter(self);
        }
        if let Some(Above::Store(front)) = self.above.last_mut() {
            let again = front.shelves.at == number;
            front.shelves.at = number;
            if again {
                enter(self);
            }
            return;
        }
        match self.above.last_mut() {
            Some(Above::Checkout(counter)) => {
                let again = counter.at == number;
                counter.at = number;
                if again {
                    enter(self);
                }
                return;
            }
            Some(Above::Group(group)) => {
                group.at = number;
                return enter(self);
            }
            _ => {}
        }
        if self.tab == Tab::Talk && self.above.is_empty() {
            self.talk.list.at = number;
            let to = self.talk.list.chosen().map(|each| each.conversation.clone());
            if let Some(to) = to {
                self.open_conversation(&to);
            }
            return;
        }
        let at = match (self.tab, self.account.page) {
            (Tab::Market, _) => &mut self.market.list.at,
            (Tab::Mine, _) => &mut self.mine.at,
            (Tab::Orders, _) => &mut self.orders.list().at,
            (Tab::Stores, _) => self.stores_row(),
            (Tab::Me, Page::Menu) => &mut self.account.at,
            (Tab::Me, Page::Sessions) => &mut self.account.sessions.at,
            (Tab::Me, Page::Blocks) => &mut self.account.blocks.at,
            (Tab::Me, Page::Money) => &mut self.account.payouts.at,
            (Tab::Cart, _) => &mut self.cart.lines.at,
            (Tab::Auctions, _) => &mut self.auctions.list.at,
            _ => return,
        };
        let again = *at == number;
        *at = number;
        self.market.searching = false;
        if again || (self.tab == Tab::Me && self.account.page == Page::Menu) {
            enter(self);
        }
    }

    /// Takes what was pasted.
    pub fn on_paste(&mut self, pasted: &str) {
        self.dirty = true;
        if self.dialog.is_some() || self.choice.is_some() {
            return;
        }
        if let Some(form) = self.typing_form() {
            form.paste(pasted);
        } else if let Some(open) = self.talk.open.as_mut().filter(|_| self.tab == Tab::Talk) {
            open.draft.paste(pasted);
            self.tell_typing();
        } else if self.tab == Tab::Desk {
            self.desk.code.paste(pasted);
        } else if self.market.searching {
            self.market.search.paste(pasted);
            self.load_market(false);
        }
    }

    /// The picture one would see, for tests and for fetching ahead.
    #[must_use]
    pub fn cover(&self) -> Option<(&str, Which)> {
        let listing = self.market.list.chosen()?;
        Some((listing.pictures.first()?.picture.as_str(), Which::Thumbnail))
    }
}

pub(crate) fn page(next: &Option<Value>, more: bool) -> Value {
    match next {
        Some(next) if more => json!({ "limit": 30, "after": next }),
        _ => json!({ "limit": 30 }),
    }
}
