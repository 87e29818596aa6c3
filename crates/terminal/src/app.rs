//! The state of the client and what keys, clicks and the market make of it. Nothing here waits, reads or writes: what is
//! to be done outside is left in [`App::take_asks`] and [`App::take_errands`], so all of it can be tested by values.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::{Currency, Money, Price};
use auboutique_wire::json::Outcome;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::account::{MENU, Me, Page};
use crate::clock;
use crate::conversation::{Conversation, Leaving, Message, Open, Talk};
use crate::desk::{Desk, DeskView};
use crate::errand::{Done, Errand};
use crate::field::Field;
use crate::form::{Aim, Did, Entry, Form, Input, Shot, ShotState};
use crate::link::{Ask, Told};
use crate::listing::{Listing, Market, Sheet};
use crate::member::{Account, Card, Presence};
use crate::order::{Order, Orders};
use crate::pen::Hit;
use crate::picture::{Gallery, Need, Source, Which};
use crate::rows::Rows;
use crate::skin::Skin;
use crate::text;

/// The tabs, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What is on sale.
    Market,
    /// Offer something.
    Sell,
    /// What I offer and have sold.
    Mine,
    /// What I bought and sold.
    Orders,
    /// Conversations.
    Talk,
    /// My account.
    Me,
    /// The desk, for attendants.
    Desk,
}

impl Tab {
    /// Every tab.
    pub const ALL: [Self; 7] =
        [Self::Market, Self::Sell, Self::Mine, Self::Orders, Self::Talk, Self::Me, Self::Desk];

    /// What stands on it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "Market",
            Self::Sell => "Sell",
            Self::Mine => "Mine",
            Self::Orders => "Orders",
            Self::Talk => "Talk",
            Self::Me => "Me",
            Self::Desk => "Desk",
        }
    }
}

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
    },
}

/// What happens when a dialog is answered with yes.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    /// Buy it, at the price that was seen.
    Buy(String, Money),
    /// Withdraw the listing.
    Withdraw(String),
    /// Cancel, ask to cancel, confirm: an operation on an order.
    Order(&'static str, String),
    /// Leave the form.
    LeaveForm,
    /// End the session.
    EndSession(String),
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

/// A thing that happened while one did something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: String,
    /// What.
    pub text: String,
    /// Where it leads: an order or a conversation.
    pub to: Option<String>,
}

/// A list to choose one of, over everything.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is chosen.
    pub title: &'static str,
    /// Of these.
    pub of: Vec<String>,
    /// The one one is on.
    pub at: usize,
}

#[derive(Debug, Clone)]
enum Purpose {
    Market { generation: u64, more: bool },
    Mine { more: bool },
    Orders { sold: bool, more: bool },
    Conversations { more: bool },
    Listing { show: bool },
    Order { show: bool, news: Option<String> },
    Bought,
    ListingAct(&'static str),
    OrderAct(&'static str),
    Form { modal: bool },
    Categories,
    Points,
    Start,
    Conversation,
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
    IsAttendant,
    Shown(String),
    DeskDone(&'static str),
    Picture(Source),
    Upload(u64),
    LogOut,
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
    zone: TimeZone,
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
    categories: Vec<String>,
    conditions: Vec<String>,
    without_picture: Vec<String>,
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
    ticket: u64,
    waiting: HashMap<u64, Purpose>,
    asks: Vec<Ask>,
    errands: Vec<Errand>,
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn message(no: &Value) -> String {
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

    fn ask(&mut self, op: &'static str, fields: Value, purpose: Purpose) {
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
    }

    // ---- loading ----

    fn load_market(&mut self, more: bool) {
        let market = &mut self.market;
        market.list.loading = true;
        market.generation += 1;
        let generation = market.generation;
        let mut fields = json!({ "limit": 30 });
        let text = market.search.text().trim().to_owned();
        let op = if let Some(owner) = &market.owner {
            fields["username"] = json!(owner.username);
            "listings_of"
        } else if text.is_empty() {
            "listings"
        } else {
            fields["text"] = json!(text);
            "search"
        };
        if let (Some(category), None) = (&market.category, &market.owner) {
            fields["category"] = json!(category);
        }
        if more && let Some(next) = &market.list.next {
            fields["after"] = next.clone();
        }
        if !more {
            market.fresh = 0;
        }
        self.ask(op, fields, Purpose::Market { generation, more });
    }

    fn load_mine(&mut self, more: bool) {
        self.mine.loading = true;
        let fields = page(&self.mine.next, more);
        self.ask("my_listings", fields, Purpose::Mine { more });
    }

    fn load_orders(&mut self, sold: bool, more: bool) {
        let list = if sold { &mut self.orders.sold } else { &mut self.orders.bought };
        list.loading = true;
        let fields = page(&list.next, more);
        self.ask(if sold { "my_sales" } else { "my_orders" }, fields, Purpose::Orders { sold, more });
    }

    fn load_conversations(&mut self, more: bool) {
        self.talk.list.loading = true;
        let fields = page(&self.talk.list.next, more);
        self.ask("conversations", fields, Purpose::Conversations { more });
    }

    fn load_everything(&mut self) {
        self.load_market(false);
        self.ask("categories", json!({}), Purpose::Categories);
        self.ask("pickup_points", json!({}), Purpose::Points);
        if self.me.is_some() {
            self.load_conversations(false);
            self.load_mine(false);
            self.load_orders(false, false);
            self.load_orders(true, false);
            if let Some(open) = &self.talk.open {
                let conversation = open.id.clone();
                self.ask(
                    "messages",
                    json!({ "conversation": conversation, "limit": 50 }),
                    Purpose::Messages { conversation },
                );
            }
            // No query says who serves a desk; the desk itself does.
            self.ask("show_code", json!({ "code": "222222" }), Purpose::IsAttendant);
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
            Told::Time(time) => {
                let before = self.now.as_second() / 60;
                self.set_time(Some(&time));
                self.dirty = was_dirty || before != self.now.as_second() / 60;
            }
            Told::Note(note) => self.say_bad(&text::clean(&note)),
        }
    }

    fn set_time(&mut self, time: Option<&str>) {
        if let Some(time) = time.and_then(|time| time.parse().ok()) {
            self.now = time;
        }
    }

    /// After a connection was lost and found again: events tell the rest, but who is here they do not.
    fn catch_up(&mut self) {
        self.load_conversations(false);
    }

    fn forget_member(&mut self) {
        self.mine = Rows::default();
        self.orders = Orders::default();
        self.talk = Talk::default();
        self.account = Me::default();
        self.desk = Desk::default();
        self.attendant = false;
        self.notices.clear();
        self.unseen = 0;
        self.presence.clear();
        if matches!(self.tab, Tab::Desk | Tab::Mine | Tab::Orders | Tab::Talk) {
            self.tab = Tab::Market;
        }
        self.above.retain(|above| matches!(above, Above::Listing(_)));
    }

    fn on_answer(&mut self, ticket: u64, outcome: Outcome) {
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

    fn on_reply(&mut self, purpose: Purpose, mut reply: Value) {
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
            }
            Purpose::Listing { show } => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.know_listing(&listing);
                    if show {
                        self.above.push(Above::Listing(Sheet { listing, picture: 0, scroll: 0 }));
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
                        self.above.push(Above::Order { order, fresh: false });
                    }
                }
            }
            Purpose::Bought => {
                if let Some(order) = read::<Order>(reply) {
                    let listing = order.lines.first().map(|line| line.listing.clone()).unwrap_or_default();
                    self.sold(&listing);
                    self.know_order(&order);
                    self.above.push(Above::Order { order, fresh: true });
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
            Purpose::Conversation => {
                if let Some(conversation) = read::<Conversation>(reply) {
                    self.know_conversation(conversation);
                    self.mark_all_delivered();
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
            Purpose::IsAttendant => self.attendant = true,
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
        }
    }

    fn on_no(&mut self, purpose: Purpose, no: &Value) {
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
                let field = no["field"].as_str().unwrap_or_default().to_owned();
                let form = if modal { self.form.as_mut() } else { Some(&mut self.sell) };
                if let Some(form) = form {
                    form.sent = false;
                    form.error = Some(why);
                    let at = match code {
                        "wrong_credentials" if form.aim == Aim::LogIn => "password",
                        "wrong_credentials" => "current_password",
                        "username_taken" | "username_invalid" | "username_reserved" => "username",
                        "email_taken" | "email_invalid" | "email_domain_not_allowed" => "email",
                        "password_weak" | "password_length" if form.aim == Aim::Password => "new_password",
                        "password_weak" | "password_length" => "password",
                        "price_out_of_range" => "price",
                        "picture_needed" | "too_many_pictures" => "pictures",
                        _ => &field,
                    };
                    form.go_to(at);
                }
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
            Purpose::IsAttendant => self.attendant = no["what"].as_str() == Some("code"),
            Purpose::Shown(_) | Purpose::DeskDone(_) => {
                self.desk.waiting = false;
                self.desk.error = Some(why);
                if code == "not_found" {
                    self.desk.shown = None;
                }
            }
            Purpose::Picture(source) => self.gallery.missing(source),
            Purpose::Upload(number) => self.upload_failed(number, why),
            Purpose::Order { news: Some(_), .. }
            | Purpose::Listing { show: false }
            | Purpose::Quiet
            | Purpose::Categories
            | Purpose::Points
            | Purpose::Presences
            | Purpose::Conversation => {}
            _ => self.say_bad(&why),
        }
    }

    // ---- what happens ----

    fn on_event(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let name = text("event");
        match name.as_str() {
            "listing_published" | "listing_returned" => {
                let id = text("listing");
                if self.is_me(&text("seller")) {
                    self.load_mine(false);
                }
                let plain = self.market.owner.is_none() && self.market.search.is_empty();
                if self.knows_listing(&id) {
                    self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false });
                } else if plain
                    && self.market.list.at == 0
                    && self.tab == Tab::Market
                    && self.above.is_empty()
                {
                    self.load_market(false);
                } else if plain {
                    self.market.fresh += 1;
                }
            }
            "listing_edited" => {
                let id = text("listing");
                if self.knows_listing(&id) {
                    self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false });
                }
            }
            "listing_sold" => self.sold(&text("listing")),
            "listing_withdrawn" => {
                let id = text("listing");
                self.each_listing(&id, |listing| "withdrawn".clone_into(&mut listing.state));
                self.market.list.rows.retain(|row| row.listing != id);
            }
            "message_sent" => {
                if let Some(message) = read::<Message>(event["message"].clone()) {
                    let conversation = if message.conversation.is_empty() {
                        text("conversation")
                    } else {
                        message.conversation.clone()
                    };
                    self.said(&conversation, message);
                } else {
                    self.fetch_conversation(&text("conversation"));
                }
            }
            "messages_delivered" | "messages_read" => {
                let (conversation, by, number) =
                    (text("conversation"), text("by"), event["number"].as_i64().unwrap_or(0));
                let mine = self.is_me(&by);
                let read = name == "messages_read";
                if let Some(each) = self.talk.find_mut(&conversation) {
                    match (mine, read) {
                        (false, _) => {
                            each.their_delivered = each.their_delivered.max(number);
                            if read {
                                each.their_read = each.their_read.max(number);
                            }
                        }
                        (true, true) if number > each.read => {
                            each.read = number;
                            // Read somewhere else: how much is left, the market knows.
                            let last = each.last.as_ref().map_or(0, |last| last.number);
                            if number >= last {
                                each.unread = 0;
                            } else {
                                self.fetch_conversation(&conversation);
                            }
                        }
                        (true, _) => {}
                    }
                }
            }
            "conversation_started" | "member_blocked" | "member_unblocked" => {
                let conversation = text("conversation");
                if conversation.is_empty() {
                    self.load_conversations(false)
                } else {
                    self.fetch_conversation(&conversation)
                }
            }
            "presence_hidden" => self.account.hidden = event["hidden"].as_bool().unwrap_or(false),
            "attendant_appointed" => {
                self.attendant = true;
                self.notice("You serve a desk now: it is the last tab", None, "");
            }
            "attendant_dismissed" => self.ask("show_code", json!({ "code": "222222" }), Purpose::IsAttendant),
            "strike_given" => self.notice("You were given a strike", Some(text("order")), &text("at")),
            "name_changed" | "username_changed" | "email_changed" | "role_changed" => {}
            "pickup_point_added" | "pickup_point_changed" | "day_closed" | "day_opened" => {
                self.ask("pickup_points", json!({}), Purpose::Points);
            }
            _ if event.get("order").is_some_and(Value::is_string) => {
                let news = Some(name.clone());
                self.ask("order", json!({ "order": text("order") }), Purpose::Order { show: false, news });
            }
            _ => {}
        }
    }

    fn tell_order(&mut self, event: &str, order: &Order) {
        let (title, other, bought) =
            (text::cut(order.title(), 40), order.other().name.clone(), order.is_bought());
        let what = match (event, bought) {
            ("order_placed", false) => format!("{other} bought your “{title}”"),
            ("order_dropped_off", true) => format!("“{title}” waits for you at {}", order.pickup.name),
            ("order_dropped_off", false) => format!("The desk has your “{title}”"),
            ("order_collected", false) => format!("{other} collected “{title}”"),
            ("order_completed", false) => format!("{other} is happy with “{title}”: you are credited"),
            ("order_cancel_requested", false) => format!("{other} asks to cancel “{title}”"),
            ("order_canceled", _) => format!("The order of “{title}” is canceled"),
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

    fn notice(&mut self, what: &str, to: Option<String>, at: &str) {
        let at = if at.is_empty() { self.now.to_string() } else { at.to_owned() };
        self.notices.insert(0, Notice { at, text: what.to_owned(), to });
        self.notices.truncate(100);
        self.unseen += 1;
        self.toast = Some((what.to_owned(), true, 24));
    }

    fn say(&mut self, what: &str) {
        self.toast = Some((what.to_owned(), true, 14));
    }

    fn say_bad(&mut self, what: &str) {
        self.toast = Some((what.to_owned(), false, 28));
    }

    /// A beat of a quarter of a second, told while something moves on the screen.
    pub fn on_beat(&mut self) {
        if let Some((_, _, beats)) = &mut self.toast {
            *beats = beats.saturating_sub(1);
            if *beats == 0 {
                self.toast = None;
                self.dirty = true;
            }
        }
    }

    /// How long nothing changes by itself.
    #[must_use]
    pub fn quiet(&self) -> Duration {
        if self.toast.is_some() { Duration::from_millis(250) } else { Duration::from_secs(60) }
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

    fn each_listing(&mut self, id: &str, mut change: impl FnMut(&mut Listing)) {
        let rows = self.market.list.rows.iter_mut().chain(self.mine.rows.iter_mut());
        rows.filter(|row| row.listing == id).for_each(&mut change);
        for above in &mut self.above {
            if let Above::Listing(sheet) = above
                && sheet.listing.listing == id
            {
                change(&mut sheet.listing);
            }
        }
    }

    fn knows_listing(&self, id: &str) -> bool {
        self.market.list.rows.iter().chain(&self.mine.rows).any(|row| row.listing == id)
            || self
                .above
                .iter()
                .any(|above| matches!(above, Above::Listing(sheet) if sheet.listing.listing == id))
    }

    fn know_listing(&mut self, fresh: &Listing) {
        self.each_listing(&fresh.listing, |listing| {
            let (order, buyer) = (listing.order.take(), listing.buyer.take());
            *listing = fresh.clone();
            if fresh.state == "sold" {
                listing.order = listing.order.take().or(order);
                listing.buyer = listing.buyer.take().or(buyer);
            }
        });
    }

    fn sold(&mut self, id: &str) {
        self.each_listing(id, |listing| "sold".clone_into(&mut listing.state));
    }

    fn know_order(&mut self, fresh: &Order) {
        let list = if fresh.is_bought() { &mut self.orders.bought } else { &mut self.orders.sold };
        match list.rows.iter_mut().find(|row| row.order == fresh.order) {
            Some(row) => *row = fresh.clone(),
            None => {
                let at = usize::from(!list.rows.is_empty() && list.at > 0);
                list.rows.insert(0, fresh.clone());
                list.at += at;
            }
        }
        for above in &mut self.above {
            if let Above::Order { order, .. } = above
                && order.order == fresh.order
            {
                *order = fresh.clone();
            }
        }
    }

    fn sheet(&self) -> Option<&Sheet> {
        match self.above.last() {
            Some(Above::Listing(sheet)) => Some(sheet),
            _ => None,
        }
    }

    fn know_conversation(&mut self, conversation: Conversation) {
        self.presence.insert(
            conversation.with.id.clone(),
            Presence {
                member: conversation.with.clone(),
                online: conversation.online,
                last_seen_at: conversation.last_seen_at.clone(),
            },
        );
        self.talk.put(conversation);
    }

    fn learn_presence(&mut self) {
        for each in &self.talk.list.rows {
            self.presence.insert(
                each.with.id.clone(),
                Presence {
                    member: each.with.clone(),
                    online: each.online,
                    last_seen_at: each.last_seen_at.clone(),
                },
            );
        }
    }

    fn fetch_conversation(&mut self, id: &str) {
        self.ask("conversation", json!({ "conversation": id }), Purpose::Conversation);
    }

    // ---- talking ----

    fn open_conversation(&mut self, id: &str) {
        self.leave_conversation();
        let draft = self.talk.drafts.remove(id).unwrap_or_default();
        let mut open = Open::new(id, &draft);
        open.loading = true;
        self.talk.open = Some(open);
        self.talk.list.at = self.talk.list.rows.iter().position(|each| each.conversation == id).unwrap_or(0);
        let conversation = id.to_owned();
        self.ask("messages", json!({ "conversation": id, "limit": 50 }), Purpose::Messages { conversation });
    }

    fn leave_conversation(&mut self) {
        if let Some(open) = self.talk.open.take()
            && !open.draft.is_empty()
        {
            self.talk.drafts.insert(open.id, open.draft.text().to_owned());
        }
    }

    fn is_reading(&self, conversation: &str) -> bool {
        self.tab == Tab::Talk
            && self.above.is_empty()
            && self.talk.open.as_ref().is_some_and(|open| open.id == conversation)
    }

    /// Something was said, by me or by them.
    fn said(&mut self, conversation: &str, message: Message) {
        let mine = self.is_me(&message.sender);
        let open = self.talk.open.as_mut().filter(|open| open.id == conversation && open.known);
        if let Some(open) = open {
            let gap = message.number > open.head() + 1 && open.head() > 0;
            let after = open.head();
            open.take(vec![message.clone()]);
            if gap {
                let fields = json!({ "conversation": conversation, "after": after, "limit": 100 });
                self.ask("messages", fields, Purpose::Messages { conversation: conversation.to_owned() });
            }
        }
        let reading = self.is_reading(conversation);
        let Some(mut each) = self.talk.find(conversation).cloned() else {
            self.fetch_conversation(conversation);
            if !mine {
                self.notice("A new message", Some(conversation.to_owned()), &message.sent_at);
            }
            return;
        };
        let fresh = each.last.as_ref().is_none_or(|last| message.number > last.number);
        if !fresh {
            return;
        }
        if mine {
            each.read = each.read.max(message.number);
            each.unread = 0;
        } else {
            each.unread += 1;
            each.their_delivered = each.their_delivered.max(0);
        }
        let number = message.number;
        let (name, said, at) = (each.with.name.clone(), message.text.clone(), message.sent_at.clone());
        each.last = Some(message);
        self.talk.put(each);
        if mine {
            return;
        }
        if reading {
            self.mark_read();
        } else {
            self.ask(
                "mark_delivered",
                json!({ "conversation": conversation, "number": number }),
                Purpose::Quiet,
            );
            self.notice(&format!("{name}: {}", text::cut(&said, 60)), Some(conversation.to_owned()), &at);
        }
    }

    fn mark_all_delivered(&mut self) {
        let marks: Vec<(String, i64)> = self
            .talk
            .list
            .rows
            .iter()
            .filter(|each| each.unread > 0)
            .filter_map(|each| Some((each.conversation.clone(), each.last.as_ref()?.number)))
            .collect();
        for (conversation, number) in marks {
            self.ask(
                "mark_delivered",
                json!({ "conversation": conversation, "number": number }),
                Purpose::Quiet,
            );
        }
    }

    fn mark_read(&mut self) {
        let Some(open) = &self.talk.open else { return };
        let (id, head) = (open.id.clone(), open.head());
        if !self.is_reading(&id) || head == 0 {
            return;
        }
        let Some(each) = self.talk.find_mut(&id) else { return };
        if each.unread == 0 && each.read >= head {
            return;
        }
        each.unread = 0;
        each.read = head;
        self.ask("mark_read", json!({ "conversation": id, "number": head }), Purpose::Quiet);
    }

    fn send_message(&mut self) {
        let Some(open) = &mut self.talk.open else { return };
        let said = open.draft.text().trim().to_owned();
        if said.is_empty() {
            return;
        }
        open.draft.take();
        open.scroll = 0;
        let conversation = open.id.clone();
        let made = auboutique_domain::Moment::from_micros(self.now.as_microsecond());
        let id = auboutique_domain::id::ListingId::new(made, clock::random()).to_string();
        let message = id.replacen("lst_", "msg_", 1);
        open.leaving.push(Leaving { message: message.clone(), text: said.clone(), refused: None });
        let fields = json!({ "conversation": conversation, "text": said, "message": message });
        self.ask("send_message", fields, Purpose::Send { conversation, message });
    }

    // ---- forms ----

    fn sell_form(&self) -> Form {
        let entries = vec![
            Entry::line("title", "What is it", "", "Spivak, Calculus, 4th edition"),
            Entry::line("price", "Price", "", "12.50"),
            Entry::choice(
                "currency",
                "Currency",
                Currency::ALL.iter().map(|each| each.code().to_owned()).collect(),
                "USD",
            ),
            Entry::choice("category", "Shelf", self.categories.clone(), "books"),
            Entry::choice("condition", "Condition", self.conditions.clone(), "good"),
            Entry {
                name: "description",
                label: "Description",
                hint: "what a buyer would ask",
                value: Input::Lines(Field::lines(""), 4),
            },
            Entry {
                name: "pictures",
                label: "Picture",
                hint: "a file; Tab completes, Enter adds it",
                value: Input::Path(Field::line("")),
            },
        ];
        Form::new(Aim::Sell, "Sell something", "Offer it", entries)
    }

    fn edit_form(&self, listing: &Listing) -> Form {
        let price = listing.price.to_string();
        let price = price.split(' ').next().unwrap_or_default();
        let entries = vec![
            Entry::line("title", "What is it", &listing.title, ""),
            Entry::line("price", "Price", price, ""),
            Entry::choice(
                "currency",
                "Currency",
                Currency::ALL.iter().map(|each| each.code().to_owned()).collect(),
                listing.price.currency.code(),
            ),
            Entry::choice("category", "Shelf", self.categories.clone(), &listing.category),
            Entry::choice("condition", "Condition", self.conditions.clone(), &listing.condition),
            Entry {
                name: "description",
                label: "Description",
                hint: "",
                value: Input::Lines(Field::lines(&listing.description), 4),
            },
            Entry {
                name: "pictures",
                label: "Picture",
                hint: "a file; Tab completes, Enter adds it",
                value: Input::Path(Field::line("")),
            },
        ];
        let mut form =
            Form::new(Aim::Edit(listing.listing.clone()), "Change what you offer", "Save", entries);
        form.shelf = listing
            .pictures
            .iter()
            .enumerate()
            .map(|(number, picture)| Shot {
                number: u64::try_from(number).unwrap_or(0),
                name: format!("picture {}", number + 1),
                state: ShotState::There(picture.clone()),
            })
            .collect();
        form
    }

    /// The form that has the keys: the one over the page, or that of the tab Sell.
    fn typing_form(&mut self) -> Option<&mut Form> {
        if self.form.is_some() {
            self.form.as_mut()
        } else if self.tab == Tab::Sell && self.above.is_empty() {
            Some(&mut self.sell)
        } else {
            None
        }
    }

    fn send_form(&mut self) {
        let modal = self.form.is_some();
        if !modal && self.me.is_none() {
            self.form = Some(log_in_form());
            return;
        }
        let needs_picture = !self.without_picture.iter().any(|each| *each == self.sell.text("category"));
        let Some(form) = self.typing_form() else { return };
        if form.sent {
            return;
        }
        let mut fields = Map::new();
        for entry in &form.entries {
            match entry.name {
                "price" | "currency" | "pictures" => {}
                name => {
                    fields.insert(name.to_owned(), json!(entry.text()));
                }
            }
        }
        let op = match &form.aim {
            Aim::LogIn => "log_in",
            Aim::Register => "register",
            Aim::Sell => "add_listing",
            Aim::Edit(id) => {
                fields.insert("listing".to_owned(), json!(id));
                "edit_listing"
            }
            Aim::Name => "change_name",
            Aim::Username => "change_username",
            Aim::Email => "change_email",
            Aim::Password => "change_password",
        };
        if matches!(form.aim, Aim::LogIn | Aim::Register) {
            fields.insert("device".to_owned(), json!("auboutique terminal"));
        }
        if form.aim == Aim::Password && form.text("new_password") != form.text("again") {
            form.error = Some("The two new passwords are not the same.".to_owned());
            form.go_to("again");
            return;
        }
        fields.remove("again");
        if matches!(form.aim, Aim::Sell | Aim::Edit(_)) {
            let currency = Currency::parse(form.text("currency")).unwrap_or(Currency::Usd);
            match Price::parse(form.text("price"), currency) {
                Ok(price) => {
                    fields.insert("price".to_owned(), json!(price.money()));
                }
                Err(refusal) => {
                    form.error = Some(if form.text("price").trim().is_empty() {
                        "Say a price.".to_owned()
                    } else {
                        refusal.to_string()
                    });
                    form.go_to("price");
                    return;
                }
            }
            if form.is_sending() {
                form.error = Some("A picture is still on its way. One moment.".to_owned());
                return;
            }
            if form.text("title").trim().is_empty() {
                form.error = Some("Say what it is.".to_owned());
                form.go_to("title");
                return;
            }
            if !form.text("pictures").trim().is_empty() {
                form.error =
                    Some("Press Enter on the picture's file to add it, or empty the field.".to_owned());
                form.go_to("pictures");
                return;
            }
            let pictures = form.pictures();
            if pictures.is_empty() && needs_picture && form.aim == Aim::Sell {
                form.error = Some("On this shelf a listing needs a picture.".to_owned());
                form.go_to("pictures");
                return;
            }
            if !pictures.is_empty() || matches!(form.aim, Aim::Edit(_)) {
                fields.insert("pictures".to_owned(), json!(pictures));
            }
        }
        form.sent = true;
        form.error = None;
        self.ask(op, Value::Object(fields), Purpose::Form { modal });
    }

    fn form_taken(&mut self, modal: bool, reply: Value) {
        let aim = if modal { self.form.take().map(|form| form.aim) } else { Some(Aim::Sell) };
        match aim {
            Some(Aim::Sell) => {
                self.sell = self.sell_form();
                if let Some(listing) = read::<Listing>(reply) {
                    self.say(&format!("“{}” is on sale", text::cut(&listing.title, 40)));
                    self.tab = Tab::Mine;
                    self.above.clear();
                    self.mine.at = 0;
                }
                self.load_mine(false);
                if !self.live {
                    self.load_market(false);
                }
            }
            Some(Aim::Edit(_)) => {
                if let Some(listing) = read::<Listing>(reply) {
                    self.know_listing(&listing);
                    self.say("Saved");
                }
            }
            Some(Aim::LogIn | Aim::Register) => {
                let name = reply["account"]["name"].as_str().unwrap_or_default();
                self.say(&format!("Hello, {name}"));
            }
            Some(Aim::Name | Aim::Username | Aim::Email | Aim::Password) => {
                self.me = read(reply).or(self.me.take());
                self.say("Changed");
            }
            None => {}
        }
    }

    fn find_shot(&mut self, number: u64) -> Option<&mut Shot> {
        let modal = self.form.iter_mut().flat_map(|form| form.shelf.iter_mut());
        modal.chain(self.sell.shelf.iter_mut()).find(|shot| shot.number == number)
    }

    fn add_picture(&mut self) {
        self.ticket += 1;
        // Numbers of what comes from a file never meet those of what was there.
        let number = self.ticket + 1_000;
        self.paths.clear();
        let Some(form) = self.typing_form() else { return };
        if form.shelf.len() >= 8 {
            form.error = Some("A listing has at most 8 pictures.".to_owned());
            return;
        }
        let focus = form.focus;
        let Some(field) = form.entries.get_mut(focus).and_then(Entry::field) else { return };
        let path = field.take();
        let name =
            path.trim().trim_end_matches(['\'', '"']).rsplit('/').next().unwrap_or_default().to_owned();
        form.shelf.push(Shot { number, name, state: ShotState::Reading });
        form.shot = form.shelf.len() - 1;
        form.error = None;
        self.errands.push(Errand::Read { number, path });
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
                        received: 0,
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

    fn upload_went_on(&mut self, number: u64, reply: Value) {
        let Some(shot) = self.find_shot(number) else { return };
        let ShotState::Sending { bytes, upload, chunk, received } = &mut shot.state else { return };
        if reply.get("picture").is_some() {
            match read(reply) {
                Some(picture) => shot.state = ShotState::There(picture),
                None => shot.state = ShotState::Failed("The market's answer cannot be read.".to_owned()),
            }
            return;
        }
        if let Some(started) = reply["upload"].as_str() {
            started.clone_into(upload);
            *chunk = reply["chunk_bytes"]
                .as_u64()
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(30_000)
                .clamp(1, 45_000);
        }
        *received = reply["received"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let (upload, from) = (upload.clone(), (*received).min(bytes.len()));
        if from == bytes.len() {
            self.ask("finish_upload", json!({ "upload": upload }), Purpose::Upload(number));
            return;
        }
        let to = (from + *chunk).min(bytes.len());
        let data = data_encoding::BASE64.encode(&bytes[from..to]);
        let fields = json!({ "upload": upload, "offset": from, "data": data });
        self.ask("send_chunk", fields, Purpose::Upload(number));
    }

    fn upload_failed(&mut self, number: u64, why: String) {
        if let Some(shot) = self.find_shot(number) {
            shot.state = ShotState::Failed(why);
        }
    }

    // ---- keys ----

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.dirty = true;
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
        if let (KeyCode::Char(digit @ '1'..='7'), true) =
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
            KeyCode::Char(digit @ '1'..='7') => self.go_to_tab(digit),
            _ => match self.above.pop() {
                Some(above) => self.on_above_key(above, key),
                None => self.on_tab_key(key),
            },
        }
    }

    fn quit(&mut self) {
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

    /// Goes to a tab.
    fn go_to_tab(&mut self, digit: char) {
        let number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or(1);
        let Some(&tab) = Tab::ALL.get(number - 1) else { return };
        if tab == Tab::Desk && !self.attendant {
            return;
        }
        if self.form.as_ref().is_some_and(Form::is_changed) {
            return;
        }
        self.form = None;
        self.above.clear();
        if self.me.is_none() && matches!(tab, Tab::Sell | Tab::Mine | Tab::Orders | Tab::Talk) {
            self.form = Some(log_in_form());
            return;
        }
        if self.tab == Tab::Talk && tab != Tab::Talk {
            self.leave_conversation();
        }
        self.market.searching = false;
        self.tab = tab;
        // What is not streamed is fetched when one looks.
        if !self.live && self.me.is_some() {
            match tab {
                Tab::Market => self.load_market(false),
                Tab::Mine => self.load_mine(false),
                Tab::Orders => {
                    self.load_orders(false, false);
                    self.load_orders(true, false);
                }
                Tab::Talk => self.load_conversations(false),
                _ => {}
            }
        }
    }

    fn on_dialog_key(&mut self, key: KeyEvent) {
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

    fn answer(&mut self, yes: bool) {
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
            Then::LeaveForm => self.form = None,
            Then::EndSession(session) => {
                self.ask("end_session", json!({ "session": session }), Purpose::SessionEnded);
            }
            Then::Block(username) => self.ask("block", json!({ "username": username }), Purpose::Blocked),
            Then::LogOut => self.ask("log_out", json!({}), Purpose::LogOut),
            Then::Quit => self.over = true,
        }
    }

    fn on_notice_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => {
                self.notice_at = (self.notice_at + 1).min(self.notices.len().saturating_sub(1))
            }
            KeyCode::Up | KeyCode::Char('k') => self.notice_at = self.notice_at.saturating_sub(1),
            KeyCode::Enter => {
                self.noticing = false;
                let to = self.notices.get(self.notice_at).and_then(|notice| notice.to.clone());
                if let Some(to) = to {
                    self.follow(&to);
                }
            }
            KeyCode::Char('x') => self.notices.clear(),
            _ => self.noticing = false,
        }
    }

    /// Goes to the order or the conversation of that id.
    fn follow(&mut self, to: &str) {
        if to.starts_with("cnv_") {
            self.above.clear();
            self.tab = Tab::Talk;
            self.open_conversation(to);
        } else if to.starts_with("ord_") {
            self.ask("order", json!({ "order": to }), Purpose::Order { show: true, news: None });
        } else if to.starts_with("lst_") {
            self.ask("listing", json!({ "listing": to }), Purpose::Listing { show: true });
        }
    }

    fn on_choice_key(&mut self, key: KeyEvent) {
        let Some(choice) = &mut self.choice else { return };
        let most = choice.of.len().saturating_sub(1);
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => choice.at = (choice.at + 1).min(most),
            KeyCode::Up | KeyCode::Char('k') => choice.at = choice.at.saturating_sub(1),
            KeyCode::Enter => {
                let chosen = choice.of.get(choice.at).cloned().filter(|_| choice.at > 0);
                self.choice = None;
                self.market.category = chosen;
                self.market.owner = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            KeyCode::Esc => self.choice = None,
            KeyCode::Char(letter) => {
                let found = (1..=choice.of.len()).map(|step| (choice.at + step) % choice.of.len());
                let mut found = found.filter(|&at| choice.of[at].starts_with(letter));
                choice.at = found.next().unwrap_or(choice.at);
            }
            _ => {}
        }
    }

    fn on_form_key(&mut self, key: KeyEvent) {
        if key.code == KeyCode::Esc {
            if let Some(form) = &self.form {
                let keep = form.is_changed() && !matches!(form.aim, Aim::LogIn);
                if keep {
                    self.dialog = Some(Dialog {
                        title: "Leave the form?".to_owned(),
                        lines: vec!["What you typed is lost.".to_owned()],
                        yes: "Leave",
                        no: "Stay",
                        on_yes: false,
                        then: Then::LeaveForm,
                    });
                } else {
                    self.form = None;
                }
            } else {
                // What is typed stays in the tab.
                self.tab = Tab::Market;
            }
            return;
        }
        if let Some(form) = &self.form
            && key.code == KeyCode::F(2)
        {
            match form.aim {
                Aim::LogIn => self.form = Some(register_form()),
                Aim::Register => self.form = Some(log_in_form()),
                _ => {}
            }
            return;
        }
        let Some(form) = self.typing_form() else { return };
        match form.on_key(key) {
            Did::Send => self.send_form(),
            Did::Complete => {
                let focus = form.focus;
                let typed = form.entries.get(focus).map(|entry| entry.text().to_owned()).unwrap_or_default();
                self.errands.push(Errand::Complete(typed));
            }
            Did::Add => self.add_picture(),
            Did::Changed => self.paths.clear(),
            Did::Nothing => {}
        }
    }

    fn on_search_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Esc => {
                self.market.searching = false;
                self.market.search.take();
                self.load_market(false);
            }
            KeyCode::Enter | KeyCode::Down => self.market.searching = false,
            _ => {
                let before = self.market.search.text().to_owned();
                self.market.search.on_key(key);
                if before != self.market.search.text() {
                    self.market.list.at = 0;
                    self.load_market(false);
                }
            }
        }
    }

    fn on_conversation_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let newline = key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SHIFT);
        let Some(open) = &mut self.talk.open else { return };
        match key.code {
            KeyCode::Esc => self.leave_conversation(),
            KeyCode::Enter if !newline => self.send_message(),
            KeyCode::Char('j') if control => {
                open.draft.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            }
            KeyCode::Enter => {
                open.draft.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            }
            KeyCode::PageUp => open.scroll += 8,
            KeyCode::PageDown => open.scroll = open.scroll.saturating_sub(8),
            KeyCode::Tab | KeyCode::BackTab => {
                let by = if key.code == KeyCode::Tab { 1 } else { -1 };
                self.talk.list.go(by);
                let to = self.talk.list.chosen().map(|each| each.conversation.clone());
                if let Some(to) = to {
                    self.open_conversation(&to);
                }
            }
            KeyCode::Char('b') if control => {
                let id = open.id.clone();
                self.block_in(&id);
            }
            KeyCode::Char('o') if control => {
                let about = self.talk.open.as_ref().and_then(|open| self.talk.find(&open.id)?.about.clone());
                match about.and_then(|about| about.order.or(about.listing)) {
                    Some(to) => self.follow(&to),
                    None => self.say("This conversation is about nothing in particular"),
                }
            }
            KeyCode::Char('r') if control => {
                // What was not taken is given back, to be changed and sent again.
                if let Some(at) = open.leaving.iter().position(|leaving| leaving.refused.is_some()) {
                    let leaving = open.leaving.remove(at);
                    open.draft.set(&leaving.text);
                }
            }
            KeyCode::Up | KeyCode::Down => {
                if !open.draft.on_key(key) {
                    open.scroll =
                        if key.code == KeyCode::Up { open.scroll + 1 } else { open.scroll.saturating_sub(1) };
                }
            }
            _ => {
                open.draft.on_key(key);
            }
        }
    }

    fn block_in(&mut self, id: &str) {
        let Some(each) = self.talk.find(id) else { return };
        let (username, name) = (each.with.username.clone(), each.with.name.clone());
        if each.blocked {
            self.ask("unblock", json!({ "username": username }), Purpose::Unblocked);
        } else {
            self.dialog = Some(Dialog {
                title: format!("Block {name}?"),
                lines: vec!["Neither of you can write to the other until you end it.".to_owned()],
                yes: "Block",
                no: "Not now",
                on_yes: false,
                then: Then::Block(username),
            });
        }
    }

    /// True when the key is the desk's.
    fn on_desk_key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Enter if self.desk.waiting => {}
            KeyCode::Enter => self.desk_go_on(),
            KeyCode::F(4) => {
                if let Some((code, view)) = &self.desk.shown
                    && view.next.as_deref() == Some("collect")
                    && view.due.minor > 0
                {
                    let fields = json!({ "code": code, "cash": view.due });
                    self.desk.waiting = true;
                    self.ask("take_payment", fields, Purpose::DeskDone("Paid"));
                }
            }
            KeyCode::Esc => {
                if self.desk.code.is_empty() && self.desk.shown.is_none() {
                    self.tab = Tab::Market;
                }
                self.desk = Desk::default();
            }
            KeyCode::Char('?') => return false,
            _ => {
                if self.desk.code.on_key(key) {
                    self.desk.shown = None;
                    self.desk.done = None;
                    self.desk.error = None;
                } else {
                    return false;
                }
            }
        }
        true
    }

    fn desk_go_on(&mut self) {
        let shown = self.desk.shown.clone();
        match shown.as_ref().map(|(code, view)| (code, view, view.next.as_deref())) {
            Some((code, _, Some("drop_off"))) => {
                self.desk.waiting = true;
                self.ask("drop_off", json!({ "code": code }), Purpose::DeskDone("Taken in"));
            }
            Some((code, view, Some("collect"))) => {
                let mut fields = json!({ "code": code });
                if view.due.minor > 0 {
                    fields["cash"] = json!(view.due);
                }
                self.desk.waiting = true;
                self.ask("collect", fields, Purpose::DeskDone("Handed over"));
            }
            _ => {
                let code = self.desk.code.text().trim().to_owned();
                if !code.is_empty() {
                    self.desk.error = None;
                    self.desk.done = None;
                    self.desk.waiting = true;
                    self.ask("show_code", json!({ "code": code }), Purpose::Shown(code));
                }
            }
        }
    }

    fn on_above_key(&mut self, mut above: Above, key: KeyEvent) {
        let mut stay = true;
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
                _ => {
                    let listing = sheet.listing.clone();
                    if self.on_listing_key(&listing, code) {
                        stay = code != KeyCode::Char('o');
                    }
                }
            },
            (Above::Order { order, .. }, code) => {
                let order = order.clone();
                match code {
                    KeyCode::Enter => stay = false,
                    _ => self.on_order_key(&order, code),
                }
            }
        }
        if stay {
            self.above.insert(self.above.len(), above);
        }
        self.mark_read();
    }

    /// Keys for a listing, in a list or alone. True when it was one.
    fn on_listing_key(&mut self, listing: &Listing, code: KeyCode) -> bool {
        let mine = self.is_me(&listing.seller.id);
        let id = listing.listing.clone();
        match code {
            KeyCode::Char('b') if !mine => self.offer_to_buy(listing),
            KeyCode::Char('m') if !mine => {
                if self.me.is_none() {
                    self.form = Some(log_in_form());
                } else {
                    self.ask("start_conversation", json!({ "listing": id }), Purpose::Start);
                }
            }
            KeyCode::Char('o') => {
                self.market.owner = Some(listing.seller.clone());
                self.market.category = None;
                self.market.search.take();
                self.market.list = Rows::default();
                self.tab = Tab::Market;
                self.above.clear();
                self.load_market(false);
            }
            KeyCode::Char('e') if mine && listing.state != "sold" => {
                self.form = Some(self.edit_form(listing))
            }
            KeyCode::Char('w') if mine && listing.is_on_sale() => {
                self.dialog = Some(Dialog {
                    title: "Withdraw it?".to_owned(),
                    lines: vec![
                        listing.title.clone(),
                        "Nobody sees it until you put it back on sale.".to_owned(),
                    ],
                    yes: "Withdraw",
                    no: "Not now",
                    on_yes: false,
                    then: Then::Withdraw(id),
                });
            }
            KeyCode::Char('p') if mine && listing.state == "withdrawn" => {
                self.ask(
                    "publish_listing",
                    json!({ "listing": id }),
                    Purpose::ListingAct("It is on sale again"),
                );
            }
            KeyCode::Char('v') if mine => match &listing.order {
                Some(order) => self.follow(&order.clone()),
                None => self.say("Nobody bought it yet"),
            },
            _ => return false,
        }
        true
    }

    fn offer_to_buy(&mut self, listing: &Listing) {
        if self.me.is_none() {
            self.form = Some(log_in_form());
            return;
        }
        if !listing.is_on_sale() {
            self.say_bad("It cannot be bought any more");
            return;
        }
        let point = self
            .points
            .iter()
            .find(|point| point["name"].as_str() == Some(listing.pickup_point.name.as_str()));
        let address = point.and_then(|point| point["address"].as_str()).unwrap_or_default().to_owned();
        let mut lines = vec![
            listing.title.clone(),
            String::new(),
            format!("Price   {}, in cash when you collect it", text::money(&listing.price)),
            format!("From    {}", listing.seller.name),
            format!("Place   {}", listing.pickup_point.name),
        ];
        if !address.is_empty() {
            lines.push(format!("        {address}"));
        }
        if let Some(hours) = point.map(opening) {
            lines.push(format!("Open    {hours}"));
        }
        lines.push(format!("When    from {}", self.pickup_day(point)));
        self.dialog = Some(Dialog {
            title: format!("Buy for {}?", text::money(&listing.price)),
            lines,
            yes: "Buy it",
            no: "Not now",
            on_yes: true,
            then: Then::Buy(listing.listing.clone(), listing.price),
        });
    }

    /// The day a pickup would be, when the point has room: the second day it is open after today.
    fn pickup_day(&self, point: Option<&Value>) -> String {
        let Some(point) = point else { return "the second open day".to_owned() };
        let zone = point["time_zone"]
            .as_str()
            .and_then(auboutique_domain::time::zone)
            .unwrap_or_else(|| self.zone.clone());
        let closed = |date: Date| {
            let closures = point["closures"].as_array();
            closures.is_some_and(|days| days.iter().any(|day| day.as_str() == Some(&date.to_string())))
        };
        let open = |date: Date| {
            let weekday = date.strftime("%a").to_string().to_lowercase();
            point["opening"].get(&weekday).is_some_and(Value::is_string) && !closed(date)
        };
        let mut date = self.now.to_zoned(zone).date();
        let mut found = 0;
        for _ in 0..60 {
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            found += i32::from(open(date));
            if found == 2 {
                return self.date(&date.to_string());
            }
        }
        "the second open day".to_owned()
    }

    fn on_order_key(&mut self, order: &Order, code: KeyCode) {
        let id = order.order.clone();
        let question = |title: &str, lines: &[&str], yes: &'static str, op: &'static str| Dialog {
            title: title.to_owned(),
            lines: std::iter::once(order.title().to_owned())
                .chain(lines.iter().map(|&line| line.to_owned()))
                .collect(),
            yes,
            no: "Not now",
            on_yes: false,
            then: Then::Order(op, id.clone()),
        };
        match code {
            KeyCode::Char('c') if order.state == "placed" => {
                let asked = order.cancel_requested_at.is_some();
                let lines: &[&str] = match (order.is_bought(), asked) {
                    (true, _) => {
                        &["Within 30 minutes you can cancel alone. Later, press a to ask the seller."]
                    }
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
            KeyCode::Char('y') if order.is_bought() && order.state == "collected" => {
                let lines = &["You have it and it is as described. The seller is credited."];
                self.dialog = Some(question("All is well?", lines, "All is well", "confirm_order"));
            }
            KeyCode::Char('m') => self.ask("start_conversation", json!({ "order": id }), Purpose::Start),
            KeyCode::Char('v') => {
                let listing = order.lines.first().map(|line| line.listing.clone()).unwrap_or_default();
                self.follow(&listing);
            }
            _ => {}
        }
    }

    fn on_tab_key(&mut self, key: KeyEvent) {
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
                (Tab::Me, Page::Menu) => {
                    self.account.at = self.account.at.saturating_add_signed(by).min(MENU.len() - 1);
                }
                (Tab::Me, Page::Sessions) => self.account.sessions.go(by),
                (Tab::Me, Page::Blocks) => self.account.blocks.go(by),
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
                        self.above.push(Above::Listing(Sheet { listing, picture: 0, scroll: 0 }))
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
                        self.above.push(Above::Order { order, fresh: false });
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
            Tab::Sell | Tab::Desk => {}
        }
    }

    fn on_market_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('/') => {
                self.market.searching = true;
                self.market.owner = None;
            }
            KeyCode::Char('f') => {
                let mut of = vec!["everything".to_owned()];
                of.extend(self.categories.iter().cloned());
                let at = self
                    .market
                    .category
                    .as_ref()
                    .and_then(|on| of.iter().position(|each| each == on))
                    .unwrap_or(0);
                self.choice = Some(Choice { title: "Which shelf?", of, at });
            }
            KeyCode::Char('r') => {
                self.market.list.at = 0;
                self.load_market(false);
            }
            KeyCode::Esc => {
                self.market.owner = None;
                self.market.category = None;
                self.market.search.take();
                self.market.error = None;
                self.market.list.at = 0;
                self.load_market(false);
            }
            _ => {
                let Some(listing) = self.market.list.chosen().cloned() else { return };
                if matches!(code, KeyCode::Enter) {
                    let username = listing.seller.username.clone();
                    if self.me.is_some() && self.live {
                        self.ask("presence", json!({ "usernames": [username] }), Purpose::Presences);
                    }
                    self.above.push(Above::Listing(Sheet { listing, picture: 0, scroll: 0 }));
                } else {
                    self.on_listing_key(&listing, code);
                }
            }
        }
    }

    fn on_account_key(&mut self, code: KeyCode) {
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
            _ => {}
        }
    }

    fn on_menu_key(&mut self, letter: char) {
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
                            let digit = char::from_digit(u32::try_from(number + 1).unwrap_or(1), 10);
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
    fn click_row(&mut self, number: usize) {
        let enter = |app: &mut Self| app.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
        if let Some(choice) = &mut self.choice {
            choice.at = number;
            return enter(self);
        }
        if self.noticing {
            self.notice_at = number;
            return enter(self);
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
            (Tab::Me, Page::Menu) => &mut self.account.at,
            (Tab::Me, Page::Sessions) => &mut self.account.sessions.at,
            (Tab::Me, Page::Blocks) => &mut self.account.blocks.at,
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
        } else if self.tab == Tab::Desk {
            self.desk.code.paste(pasted);
        } else if self.market.searching {
            self.market.search.paste(pasted);
            self.load_market(false);
        }
    }

    // ---- time, as people say it ----

    fn zoned(&self, moment: &str) -> Option<jiff::Zoned> {
        Some(moment.parse::<Timestamp>().ok()?.to_zoned(self.zone.clone()))
    }

    /// The day of a moment: `today`, `yesterday`, `Sat 22 Nov`.
    #[must_use]
    pub fn day(&self, moment: &str) -> String {
        self.zoned(moment).map(|zoned| self.day_name(zoned.date(), "%a %-d %b")).unwrap_or_default()
    }

    fn day_name(&self, date: Date, form: &str) -> String {
        let today = self.now.to_zoned(self.zone.clone()).date();
        if date == today {
            "today".to_owned()
        } else if today.yesterday().is_ok_and(|near| near == date) {
            "yesterday".to_owned()
        } else if today.tomorrow().is_ok_and(|near| near == date) {
            "tomorrow".to_owned()
        } else if date.year() == today.year() {
            date.strftime(form).to_string()
        } else {
            date.strftime("%-d %b %Y").to_string()
        }
    }

    /// A day as it stands on the wire, for people: `Tue 24 November`.
    #[must_use]
    pub fn date(&self, day: &str) -> String {
        let Ok(date) = day.parse::<Date>() else { return day.to_owned() };
        let plain = date.strftime("%a %-d %B").to_string();
        let near = self.day_name(date, "");
        if near.is_empty() || near.contains(char::is_numeric) { plain } else { format!("{near}, {plain}") }
    }

    /// The time of day of a moment.
    #[must_use]
    pub fn clock(&self, moment: &str) -> String {
        self.zoned(moment).map(|zoned| zoned.strftime("%H:%M").to_string()).unwrap_or_default()
    }

    /// The time of today, the day otherwise.
    #[must_use]
    pub fn short(&self, moment: &str) -> String {
        let day = self.day(moment);
        if day == "today" { self.clock(moment) } else { day }
    }

    /// Day and time.
    #[must_use]
    pub fn moment(&self, moment: &str) -> String {
        format!("{}, {}", self.day(moment), self.clock(moment))
    }

    /// The picture one would see, for tests and for fetching ahead.
    #[must_use]
    pub fn cover(&self) -> Option<(&str, Which)> {
        let listing = self.market.list.chosen()?;
        Some((listing.pictures.first()?.picture.as_str(), Which::Thumbnail))
    }
}

fn page(next: &Option<Value>, more: bool) -> Value {
    match next {
        Some(next) if more => json!({ "limit": 30, "after": next }),
        _ => json!({ "limit": 30 }),
    }
}

/// The week of a point in short: `Mon–Fri 08:00-17:00`.
fn opening(point: &Value) -> String {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let hours: Vec<Option<&str>> = days.iter().map(|day| point["opening"][*day].as_str()).collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < 7 {
        let Some(open) = hours[at] else {
            at += 1;
            continue;
        };
        let end = (at..7).take_while(|&day| hours[day] == Some(open)).last().unwrap_or(at);
        let span = if end == at { names[at].to_owned() } else { format!("{}–{}", names[at], names[end]) };
        parts.push(format!("{span} {open}"));
        at = end + 1;
    }
    parts.join(", ")
}

/// The form to sign in.
pub(crate) fn log_in_form() -> Form {
    let entries = vec![
        Entry::line("login", "Username", "", "or e-mail address"),
        Entry::secret("password", "Password", ""),
    ];
    Form::new(Aim::LogIn, "Log in", "Log in", entries)
}

/// The form to join.
fn register_form() -> Form {
    let entries = vec![
        Entry::line("name", "Name", "", "how others see you"),
        Entry::line("username", "Username", "", "3 to 30 of a-z, 0-9, _"),
        Entry::line("email", "E-mail", "", ""),
        Entry::secret("password", "Password", "8 characters or more"),
    ];
    Form::new(Aim::Register, "Join the market", "Join", entries)
}
