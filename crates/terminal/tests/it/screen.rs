//! Every screen at 80×24: a client as a value, a market of canned answers, and what is to be read on the screen.

use std::collections::VecDeque;
use std::time::Duration;

use auboutique_terminal::app::App;
use auboutique_terminal::errand::{Done, Errand};
use auboutique_terminal::link::Told;
use auboutique_terminal::picture::Gallery;
use auboutique_terminal::screen;
use auboutique_terminal::skin::{Depth, Skin};
use auboutique_wire::json::Outcome;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Color;
use serde_json::{Value, json};

pub(super) const NOW: &str = "2026-11-22T08:00:00.000000Z";

pub(super) struct Stage {
    pub(super) app: App,
    pub(super) asked: VecDeque<(String, Value)>,
    canned: Vec<(&'static str, Outcome)>,
    pub(super) size: (u16, u16),
}

pub(super) fn card(name: &str) -> Value {
    json!({ "id": format!("mbr_{}", name.to_lowercase()), "username": name.to_lowercase(), "name": name })
}

pub(super) fn listing(number: u32, title: &str, seller: &str) -> Value {
    json!({ "listing": format!("lst_{number}"), "title": title, "description": "Pencil marks in chapter 5.",
        "price": { "minor": 1850, "currency": "USD" }, "category": "books", "condition": "like_new", "state": "on_sale",
        "published_at": "2026-11-21T08:00:00.000000Z", "seller": card(seller),
        "pickup_point": { "id": "pkp_1", "name": "AUB Post Office" } })
}

fn store_card(name: &str) -> Value {
    let handle = name.to_lowercase().replace(' ', "-");
    json!({ "store": format!("sto_{handle}"), "name": name, "handle": handle })
}

fn store(name: &str, owner: &str) -> Value {
    let mut store = store_card(name);
    store["description"] = json!("Notebooks, pens and paper.");
    store["email"] = json!("hello@example.org");
    store["picture"] = Value::Null;
    store["away"] = Value::Null;
    store["owner"] = card(owner);
    store["opened_at"] = json!("2026-11-20T08:00:00.000000Z");
    store
}

/// A variant of the notebook that Cedar Books sells.
fn variant(number: u32, label: &str, minor: i64, available: i64) -> Value {
    let mut variant = listing(number, "Spiral notebook", "Karim");
    variant["category"] = json!("study");
    variant["condition"] = json!("new");
    variant["price"]["minor"] = json!(minor);
    variant["store"] = store_card("Cedar Books");
    variant["product"] = json!("lst_20");
    variant["variant"] = json!(label);
    variant["available"] = json!(available);
    variant["state"] = json!(if available > 0 { "on_sale" } else { "sold" });
    variant
}

fn stock(number: u32, label: &str, minor: i64, on_hand: i64, committed: i64) -> Value {
    let mut stock = variant(number, label, minor, on_hand - committed);
    stock["sku"] = json!(format!("NB-{number}"));
    stock["on_hand"] = json!(on_hand);
    stock["committed"] = json!(committed);
    stock["low_stock"] = json!(3);
    stock["is_low"] = json!(on_hand - committed <= 3);
    stock
}

/// What Cedar Books sold to Sami: two lines, three copies.
fn store_order(state: &str, you_are: &str) -> Value {
    let mut order = order(state, you_are);
    order["seller"] = card("Karim");
    order["store"] = store_card("Cedar Books");
    order["lines"] = json!([
        { "listing": "lst_20", "title": "Spiral notebook, A4", "quantity": 2, "price": { "minor": 450, "currency": "USD" } },
        { "listing": "lst_21", "title": "Spiral notebook, A5", "quantity": 1, "price": { "minor": 300, "currency": "USD" } } ]);
    order["total"] = json!({ "minor": 1200, "currency": "USD" });
    order["pickup"]["code"] = json!("K7M4QZ");
    order
}

fn order(state: &str, you_are: &str) -> Value {
    json!({ "order": "ord_1", "state": state, "you_are": you_are, "buyer": card("Sami"), "seller": card("Nora"),
        "lines": [{ "listing": "lst_1", "title": "Spivak, Calculus", "quantity": 1, "price": { "minor": 1850, "currency": "USD" } }],
        "total": { "minor": 1850, "currency": "USD" }, "due": { "minor": 1850, "currency": "USD" },
        "pickup": { "point": "pkp_1", "name": "AUB Post Office", "address": "Ground floor, West Hall", "day": "2026-11-24",
            "hours": "08:00-17:00", "time_zone": "Asia/Beirut", "code": "7KM4QZ", "until": "2026-11-27T15:00:00.000000Z" },
        "placed_at": NOW, "paid_at": null, "cancel_requested_at": null, "changed_at": NOW })
}

pub(super) fn usd(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "USD" })
}

fn lbp(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "LBP" })
}

/// A cart with two notebooks of Cedar Books and Nora's book.
fn cart() -> Value {
    json!({ "lines": [
        { "listing": variant(20, "A4", 450, 10), "quantity": 2, "seen": usd(450), "total": usd(900), "problem": null },
        { "listing": listing(1, "Spivak, Calculus", "Nora"), "quantity": 1, "seen": usd(1850), "total": usd(1850),
            "problem": null } ], "totals": [usd(2750)] })
}

/// What that cart becomes.
pub(super) fn checkout(state: &str) -> Value {
    let point = json!({ "id": "pkp_1", "name": "AUB Post Office" });
    json!({ "checkout": "chk_1", "state": state, "expires_at": "2026-11-22T08:10:00.000000Z", "parcels": [
        { "seller": card("Karim"), "store": store_card("Cedar Books"), "pickup_point": point, "pickup_day": "2026-11-24",
            "lines": [{ "listing": "lst_20", "title": "Spiral notebook (A4)", "quantity": 2, "price": usd(450) }],
            "total": usd(900) },
        { "seller": card("Nora"), "store": null, "pickup_point": point, "pickup_day": null,
            "lines": [{ "listing": "lst_1", "title": "Spivak, Calculus", "quantity": 1, "price": usd(1850) }],
            "total": usd(1850) } ],
        "totals": [usd(2750)], "costs": [usd(2750), lbp(2_461_250)], "rate": 89_500, "wallet": [usd(4000), lbp(0)],
        "payment": null, "orders": [] })
}

fn wallet() -> Value {
    json!({ "wallet": [usd(4000), lbp(0)], "sales": [usd(1750), lbp(-50_000)], "store": null, "lines": [
        { "entry": "ent_1", "at": NOW, "kind": "wallet_topped_up", "source": "top_1", "amount": usd(5000) },
        { "entry": "ent_2", "at": NOW, "kind": "wallet_paid", "source": "ord_1", "amount": usd(-1000) } ], "payouts": [] })
}

fn payout(state: &str) -> Value {
    json!({ "payout": "pyo_1", "member": card("Sami"), "purse": "sales", "store": null, "amount": usd(1000),
        "state": state, "requested_at": NOW, "until": "2026-11-29T08:00:00.000000Z", "ended_at": null, "note": "" })
}

fn message(number: i64, sender: &str, text: &str) -> Value {
    json!({ "message": format!("msg_{number}"), "conversation": "cnv_1", "number": number,
        "sender": format!("mbr_{}", sender.to_lowercase()), "sent_at": NOW, "text": text })
}

fn conversation(unread: i64) -> Value {
    json!({ "conversation": "cnv_1", "with": card("Nora"), "online": true, "last_seen_at": null,
        "about": { "listing": "lst_1", "title": "Spivak, Calculus" }, "started_at": NOW,
        "last": message(2, "Nora", "Still there"), "unread": unread, "read": 0, "their_delivered": 1, "their_read": 1, "blocked": false })
}

pub(super) fn rows(rows: Vec<Value>) -> Outcome {
    Outcome::Reply(json!({ "rows": rows, "next": null }))
}

impl Stage {
    pub(super) fn visitor(depth: Depth) -> Self {
        let skin = Skin::new(depth);
        let app = App::new("market.example:7351", skin, Gallery::new(skin.has_color(), true));
        let canned = vec![
            (
                "listings",
                rows(vec![
                    listing(1, "Spivak, Calculus", "Nora"),
                    listing(2, "مصباح مكتب", "Karim"),
                    listing(3, "漢字漢字", "Sami"),
                ]),
            ),
            ("search", rows(vec![listing(2, "Desk lamp", "Karim")])),
            (
                "listings_of",
                rows(vec![listing(1, "Spivak, Calculus", "Nora"), listing(4, "Lab coat", "Nora")]),
            ),
            (
                "categories",
                Outcome::Reply(
                    json!({ "categories": ["books", "furniture", "games"], "conditions": ["new", "like_new", "good"], "without_picture": ["books"] }),
                ),
            ),
            (
                "pickup_points",
                rows(vec![
                    json!({ "id": "pkp_1", "name": "AUB Post Office", "address": "Ground floor, West Hall",
                "time_zone": "Asia/Beirut", "closures": [], "opening": { "mon": "08:00-17:00", "tue": "08:00-17:00", "wed": "08:00-17:00", "thu": "08:00-17:00", "fri": "08:00-17:00" } }),
                ]),
            ),
            (
                "my_listings",
                rows(vec![listing(3, "漢字漢字", "Sami"), {
                    let mut sold = listing(5, "Old lamp", "Sami");
                    sold["state"] = json!("sold");
                    sold["order"] = json!("ord_2");
                    sold["buyer"] = card("Maya");
                    sold
                }]),
            ),
            ("my_orders", rows(vec![order("at_desk", "buyer")])),
            ("my_sales", rows(vec![order("placed", "seller")])),
            ("conversations", rows(vec![conversation(1)])),
            (
                "messages",
                rows(vec![message(1, "Sami", "Is it still there?"), message(2, "Nora", "Still there")]),
            ),
            ("stores", rows(vec![store("Cedar Books", "Karim"), store("Tyre Tea", "Maya")])),
            ("my_stores", rows(vec![])),
            ("cart", Outcome::Reply(json!({ "lines": [], "totals": [] }))),
            (
                "checkout",
                Outcome::Refused(json!({ "code": "not_found", "message": "There is no such checkout." })),
            ),
            ("start_conversation", Outcome::Reply(conversation(0))),
            ("buy", Outcome::Reply(order("placed", "buyer"))),
            ("order", Outcome::Reply(order("placed", "seller"))),
            (
                "show_code",
                Outcome::Refused(
                    json!({ "code": "not_found", "what": "desk", "message": "There is no such desk." }),
                ),
            ),
            ("mark_read", Outcome::Reply(conversation(0))),
            ("typing", Outcome::Reply(json!({}))),
            ("mark_delivered", Outcome::Reply(conversation(1))),
            ("add_listing", Outcome::Reply(listing(9, "Desk lamp", "Sami"))),
            ("presence", rows(vec![json!({ "member": card("Nora"), "online": true, "last_seen_at": null })])),
        ];
        let mut stage = Self { app, asked: VecDeque::new(), canned, size: (80, 24) };
        stage.told(Told::Up { encrypted: true, local: false, time: Some(NOW.to_owned()) });
        stage.told(Told::Visiting { why: None });
        stage
    }

    fn member_with(depth: Depth) -> Self {
        let mut stage = Self::visitor(depth);
        let account = json!({ "id": "mbr_sami", "username": "sami", "name": "Sami", "email": "sami@example.org", "role": "member" });
        stage.told(Told::SignedIn { account, live: true, again: false });
        stage
    }

    pub(super) fn member() -> Self {
        Self::member_with(Depth::Many)
    }

    /// Karim, whose store Cedar Books is, in its back room.
    fn owner() -> Self {
        let mut stage = Self::visitor(Depth::Many);
        stage
            .can("my_stores", rows(vec![store_card("Cedar Books")]))
            .can("store", Outcome::Reply(store("Cedar Books", "Karim")))
            .can("store_stock", rows(vec![stock(20, "A4", 450, 12, 2), stock(21, "A5", 300, 3, 1)]))
            .can("to_hand_over", rows(vec![store_order("placed", "seller")]))
            .can("staff", rows(vec![card("Nora")]))
            .can("variants", rows(vec![variant(20, "A4", 450, 10), variant(21, "A5", 300, 2)]));
        let account = json!({ "id": "mbr_karim", "username": "karim", "name": "Karim", "email": "karim@example.org", "role": "member" });
        stage.told(Told::SignedIn { account, live: true, again: false });
        stage.keys("7y");
        stage
    }

    pub(super) fn can(&mut self, op: &'static str, outcome: Outcome) -> &mut Self {
        self.canned.retain(|(known, _)| *known != op);
        self.canned.push((op, outcome));
        self
    }

    pub(super) fn told(&mut self, told: Told) -> &mut Self {
        self.app.on_told(told);
        self.settle()
    }

    pub(super) fn event(&mut self, event: Value) -> &mut Self {
        self.told(Told::Event(event))
    }

    /// Answers what is asked until nothing more is.
    fn settle(&mut self) -> &mut Self {
        for _ in 0..50 {
            let asks = self.app.take_asks();
            if asks.is_empty() {
                break;
            }
            for ask in asks {
                self.asked.push_back((ask.op.to_owned(), Value::Object(ask.fields)));
                if let Some((_, outcome)) = self.canned.iter().find(|(op, _)| *op == ask.op) {
                    let outcome = outcome.clone();
                    self.app.on_told(Told::Answer { ticket: ask.ticket, outcome });
                }
            }
        }
        self
    }

    /// So many milliseconds pass.
    pub(super) fn passes(&mut self, millis: u64) -> &mut Self {
        self.app.on_time(self.app.running + Duration::from_millis(millis));
        self.settle()
    }

    pub(super) fn key(&mut self, code: KeyCode) -> &mut Self {
        self.app.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        self.settle()
    }

    pub(super) fn control(&mut self, letter: char) -> &mut Self {
        self.app.on_key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
        self.settle()
    }

    pub(super) fn keys(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.key(if letter == '\n' { KeyCode::Enter } else { KeyCode::Char(letter) });
        }
        self
    }

    fn buffer(&mut self) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| screen::draw(&mut self.app, frame)).unwrap();
        self.app.after_draw();
        self.settle();
        terminal.backend().buffer().clone()
    }

    pub(super) fn text(&mut self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let rows = buffer.content.chunks(width);
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
    }

    #[track_caller]
    pub(super) fn shows(&mut self, wanted: &[&str]) -> &mut Self {
        let text = self.text();
        for each in wanted {
            assert!(text.contains(each), "{each:?} is not on the screen:\n{text}");
        }
        self
    }

    #[track_caller]
    pub(super) fn hides(&mut self, unwanted: &[&str]) -> &mut Self {
        let text = self.text();
        for each in unwanted {
            assert!(!text.contains(each), "{each:?} is on the screen:\n{text}");
        }
        self
    }

    pub(super) fn click(&mut self, on: &str) -> &mut Self {
        let text = self.text();
        let (row, column) = text
            .lines()
            .enumerate()
            .find_map(|(row, line)| Some((row, line[..line.find(on)?].chars().count())))
            .unwrap_or_else(|| panic!("{on:?} is not on the screen:\n{text}"));
        self.app.on_mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: u16::try_from(column).unwrap(),
            row: u16::try_from(row).unwrap(),
            modifiers: KeyModifiers::NONE,
        });
        self.settle()
    }

    /// The last request of an operation.
    #[track_caller]
    pub(super) fn asked(&self, op: &str) -> &Value {
        let found = self.asked.iter().rev().find(|(asked, _)| asked == op);
        &found.unwrap_or_else(|| panic!("{op} was not asked: {:?}", self.asked)).1
    }
}

#[test]
fn a_visitor_is_asked_to_sign_in_and_may_look_around() {
    let mut stage = Stage::visitor(Depth::Many);
    stage.shows(&["Log in", "Username", "Password", "I am new here", "visitor", "encrypted"]);
    stage.key(KeyCode::F(2)).shows(&["Join the market", "E-mail"]);
    stage.key(KeyCode::Esc).shows(&[
        "On sale",
        "Spivak, Calculus",
        "18.50 USD",
        "Nora · books · like new",
        "l log in",
    ]);
    stage.keys("\n").shows(&["from", "AUB Post Office"].map(|_| "AUB Post Office"));
    stage.keys("b").shows(&["Log in"]);
}

#[test]
fn a_password_is_never_on_the_screen() {
    let mut stage = Stage::visitor(Depth::Many);
    stage.can(
        "log_in",
        Outcome::Refused(json!({ "code": "wrong_credentials", "message": "Login and password do not fit." })),
    );
    stage.keys("sami\nhunter2").hides(&["hunter2"]).shows(&["•••••••"]);
    stage.keys("\n").shows(&["Login and password do not fit.", "sami"]);
    assert_eq!(stage.asked("log_in")["password"], "hunter2");
}

#[test]
fn the_market_shows_listings_with_their_owners_and_a_preview() {
    let mut stage = Stage::member();
    stage.shows(&[
        "1 Market",
        "2 Sell",
        "5 Talk(1)",
        "Nora · books",
        "Karim · books",
        "Pencil marks in chapter 5.",
        "Sami @sami",
    ]);
    stage.key(KeyCode::Enter).shows(&["b Buy", "m Message", "o Owner", "like new", "yesterday", "● Nora"]);
    stage.keys("o").shows(&["Everything from Nora", "Lab coat"]);
    assert_eq!(stage.asked("listings_of")["username"], "nora");
    stage.key(KeyCode::Esc).shows(&["On sale"]);
}

#[test]
fn the_search_answers_while_one_types_and_a_shelf_is_chosen_from_a_list() {
    let mut stage = Stage::member();
    stage.keys("/lam").shows(&["/ lam", "Desk lamp"]).hides(&["Spivak"]);
    assert_eq!(stage.asked("search")["text"], "lam");
    stage.key(KeyCode::Enter).keys("f").shows(&["Which shelf?", "everything", "furniture"]);
    stage.key(KeyCode::Down).key(KeyCode::Down).key(KeyCode::Enter).shows(&["in furniture"]);
    assert_eq!(stage.asked("search")["category"], "furniture");
    stage.key(KeyCode::Esc).shows(&["Spivak, Calculus"]).hides(&["/ lam"]);
}

#[test]
fn a_filter_is_filled_in_told_above_the_list_and_cleared() {
    let mut stage = Stage::member();
    stage.shows(&["s filter"]).keys("s").shows(&[
        "What to look at",
        "Condition",
        "‹ any ›",
        "Up to",
        "[ Show ]",
    ]);
    // A price means nothing without its currency.
    stage.key(KeyCode::Tab).key(KeyCode::Tab).keys("5").control('s').shows(&["Prices of two currencies"]);
    assert!(!stage.asked.iter().any(|(_, fields)| fields.get("least").is_some()));
    stage
        .keys("U")
        .key(KeyCode::Tab)
        .key(KeyCode::Tab)
        .keys("3")
        .control('s')
        .shows(&["The least price is above"]);
    stage.key(KeyCode::Tab).keys("0,50\n").keys("c").control('s');
    stage
        .shows(&["5.00 USD to 30.50 USD · cheapest first", "F clears", "On sale"])
        .hides(&["What to look at"]);
    let asked = json!({ "limit": 30, "currency": "USD", "least": 500, "most": 3050, "sort": "cheapest" });
    assert_eq!(*stage.asked("listings"), asked);
    // It goes together with words and a shelf, and is there when one looks again.
    stage.keys("/lam\n").keys("f").key(KeyCode::Down).key(KeyCode::Enter);
    let asked = stage.asked("search");
    assert_eq!(
        (&asked["category"], &asked["least"], &asked["sort"]),
        (&json!("books"), &json!(500), &json!("cheapest"))
    );
    stage
        .keys("s")
        .shows(&["5.00", "30.50", "‹ cheapest ›"])
        .keys("l")
        .key(KeyCode::Esc)
        .hides(&["What to look at"]);
    // The owner's listings come as they are.
    stage.keys("o").hides(&["cheapest first"]);
    assert_eq!(*stage.asked("listings_of"), json!({ "limit": 30, "username": "karim" }));
    stage
        .keys("/")
        .key(KeyCode::Esc)
        .shows(&["cheapest first"])
        .keys("F")
        .hides(&["cheapest first", "in books"]);
    assert_eq!(*stage.asked("listings"), json!({ "limit": 30 }));
}

#[test]
fn that_somebody_types_is_seen_for_a_while_or_until_their_message_comes() {
    let mut stage = Stage::member();
    let typing = || Told::Typing(json!({ "conversation": "cnv_1", "member": card("Nora") }));
    stage.told(typing());
    stage.keys("5\n").shows(&["Still there", "Nora is typing…"]);
    stage.passes(4_900).shows(&["Nora is typing…"]);
    assert!(stage.app.quiet() <= Duration::from_millis(100));
    stage.passes(100).hides(&["is typing"]);
    // Told again, it is seen longer.
    stage.told(typing()).passes(3_000).told(typing());
    stage.passes(3_000).shows(&["Nora is typing…"]);
    let said = json!({ "seq": 8, "at": NOW, "event": "message_sent", "conversation": "cnv_1", "number": 3,
        "message": message(3, "Nora", "I can bring it today"), "sender": "mbr_nora", "recipient": "mbr_sami" });
    stage.event(said).shows(&["I can bring it today"]).hides(&["is typing"]);
    // Of a conversation nobody knows, nothing is to be seen.
    stage
        .told(Told::Typing(json!({ "conversation": "cnv_9", "member": card("Nora") })))
        .hides(&["is typing"]);
}

#[test]
fn whoever_types_says_so_every_three_seconds_at_most() {
    let mut stage = Stage::member();
    let told = |stage: &Stage| stage.asked.iter().filter(|(op, _)| op == "typing").count();
    stage.keys("5\n");
    assert_eq!(told(&stage), 0);
    stage.keys("Is it");
    assert_eq!((told(&stage), stage.asked("typing")), (1, &json!({ "conversation": "cnv_1" })));
    stage.passes(2_900).keys(" still");
    assert_eq!(told(&stage), 1);
    stage.passes(100).key(KeyCode::Left);
    assert_eq!(told(&stage), 1, "going about in it is not writing");
    stage.key(KeyCode::Backspace);
    assert_eq!(told(&stage), 2);
    stage.passes(60_000).control('u').control('k');
    assert_eq!(told(&stage), 3, "taking a part of it back is writing, having nothing is not");
    stage.passes(60_000);
    stage.app.on_paste("there?");
    assert_eq!(told(stage.settle()), 4);
    // Sending it ends it; so does being hidden, a block, and a line that is down.
    stage.passes(60_000).key(KeyCode::Enter);
    assert_eq!(told(&stage), 4);
    stage.event(
        json!({ "seq": 9, "at": NOW, "event": "presence_hidden", "member": "mbr_sami", "hidden": true }),
    );
    stage.keys("a");
    assert_eq!(told(&stage), 4);
    stage.event(
        json!({ "seq": 10, "at": NOW, "event": "presence_hidden", "member": "mbr_sami", "hidden": false }),
    );
    stage.told(Told::Down { why: "the cable".to_owned(), again_in: Duration::from_secs(1) }).keys("b");
    assert_eq!(told(&stage), 4);
    stage.told(Told::Up { encrypted: true, local: false, time: None }).keys("c");
    assert_eq!(told(&stage), 5);
}

#[test]
fn buying_asks_first_and_shows_place_date_and_code_after() {
    let mut stage = Stage::member();
    stage.keys("b").shows(&[
        "Buy for 18.50 USD?",
        "Spivak, Calculus",
        "AUB Post Office",
        "West Hall",
        "Mon–Fri 08:00-17:00",
        "Tue 24 November",
        "[ Buy it ]",
    ]);
    stage.key(KeyCode::Esc).hides(&["Buy for"]);
    assert!(!stage.asked.iter().any(|(op, _)| op == "buy"));
    stage.keys("b\n").shows(&[
        "It is yours",
        "AUB Post Office",
        "Ground floor, West Hall",
        "Tue 24 November, 08:00-17:00",
        "code 7 K M 4 Q Z",
        "18.50 USD  in cash",
    ]);
    assert_eq!(
        *stage.asked("buy"),
        json!({ "listing": "lst_1", "price": { "minor": 1850, "currency": "USD" } })
    );
    stage.key(KeyCode::Esc).shows(&["sold"]);
}

#[test]
fn a_refusal_is_told_in_the_market_s_words() {
    let mut stage = Stage::member();
    stage.can("buy", Outcome::Refused(json!({ "code": "listing_sold", "message": "This listing is sold." })));
    stage.keys("b\n").shows(&["This listing is sold."]);
}

#[test]
fn a_thing_is_offered_with_a_form_and_its_price_is_exact() {
    let mut stage = Stage::member();
    stage.keys("2").shows(&["What is it", "Price", "Currency", "Condition", "Picture", "[ Offer it ]"]);
    stage.keys("Desk lamp\n").keys("12,5").control('s');
    let asked = stage.asked("add_listing").clone();
    assert_eq!(asked["price"], json!({ "minor": 1250, "currency": "USD" }));
    assert_eq!((&asked["title"], &asked["category"]), (&json!("Desk lamp"), &json!("books")));
    stage.shows(&["“Desk lamp” is on sale", "What you offer and have sold"]);
}

#[test]
fn what_was_typed_survives_a_refusal_and_a_look_elsewhere() {
    let mut stage = Stage::member();
    stage.can("add_listing", Outcome::Refused(json!({ "code": "text_length", "field": "title", "message": "The title needs 3 to 120 characters." })));
    stage.keys("2La\n5").control('s').shows(&["The title needs 3 to 120 characters.", "La"]);
    stage.key(KeyCode::Esc).keys("4").keys("2").shows(&["La"]);
    stage.key(KeyCode::Esc).keys("q").shows(&["Something you typed was not sent"]);
}

#[test]
fn a_price_that_is_none_is_said_before_anything_is_sent() {
    let mut stage = Stage::member();
    stage.keys("2Lamp\nten").control('s');
    assert!(!stage.asked.iter().any(|(op, _)| op == "add_listing"));
    stage.keys("").shows(&["Lamp", "ten"]);
}

#[test]
fn a_picture_is_sent_in_pieces_and_becomes_the_cover() {
    let mut stage = Stage::member();
    let picture = json!({ "picture": "pic_1", "width": 1600, "height": 1200, "bytes": 7, "thumbnail": { "width": 320, "height": 240, "bytes": 7 } });
    stage.can("start_upload", Outcome::Reply(json!({ "upload": "upl_1", "chunk_bytes": 4, "received": 0 })));
    stage.can("finish_upload", Outcome::Reply(picture));
    stage.keys("2Desk lamp\n5\n\n\n\n");
    stage.key(KeyCode::Tab).keys("lamp.png\n").shows(&["lamp.png", "cover", "reading…"]);
    let errands = stage.app.take_errands();
    let [Errand::Read { number, path }] = errands.as_slice() else { panic!("{errands:?}") };
    assert_eq!(path, "lamp.png");
    stage.app.on_done(Done::Read { number: *number, bytes: Ok(b"picture".to_vec()) });
    stage.can("send_chunk", Outcome::Reply(json!({ "received": 4 })));
    // The scripted market says the same of every piece, so only the first two are looked at.
    let asks: Vec<_> = stage.app.take_asks().into_iter().collect();
    assert_eq!((asks[0].op, &asks[0].fields["bytes"]), ("start_upload", &json!(7)));
    stage.app.on_told(Told::Answer {
        ticket: asks[0].ticket,
        outcome: Outcome::Reply(json!({ "upload": "upl_1", "chunk_bytes": 4, "received": 0 })),
    });
    // Both pieces are under way at once, and the second overtakes the first: it is sent again.
    let asks = stage.app.take_asks();
    let [first, second] = asks.as_slice() else { panic!("{asks:?}") };
    assert_eq!((&first.fields["offset"], &first.fields["data"]), (&json!(0), &json!("cGljdA==")));
    assert_eq!((&second.fields["offset"], &second.fields["data"]), (&json!(4), &json!("dXJl")));
    let misplaced = json!({ "code": "upload_misplaced", "received": 0, "message": "There is a gap." });
    stage.app.on_told(Told::Answer { ticket: second.ticket, outcome: Outcome::Refused(misplaced) });
    assert!(stage.app.take_asks().is_empty());
    stage.control('s').shows(&["A picture is still on its way"]);
    stage
        .app
        .on_told(Told::Answer { ticket: first.ticket, outcome: Outcome::Reply(json!({ "received": 4 })) });
    let asks = stage.app.take_asks();
    let [second] = asks.as_slice() else { panic!("{asks:?}") };
    assert_eq!((&second.fields["offset"], &second.fields["data"]), (&json!(4), &json!("dXJl")));
    stage
        .app
        .on_told(Told::Answer { ticket: second.ticket, outcome: Outcome::Reply(json!({ "received": 7 })) });
    stage.settle().shows(&["✓ 1600 × 1200"]);
    stage.control('s');
    assert_eq!(stage.asked("add_listing")["pictures"], json!(["pic_1"]));
}

#[test]
fn the_pictures_of_a_listing_are_put_in_another_order() {
    let mut stage = Stage::member();
    let mut mine = listing(3, "Old lamp", "Sami");
    mine["pictures"] = json!([{ "picture": "pic_1", "width": 9, "height": 9 }, { "picture": "pic_2", "width": 9, "height": 9 }]);
    stage.can("my_listings", rows(vec![mine.clone()])).can("edit_listing", Outcome::Reply(mine));
    stage.keys("3r").keys("e").shows(&["Change what you offer", "Old lamp", "picture 1", "picture 2"]);
    for _ in 0..6 {
        stage.key(KeyCode::Tab);
    }
    stage.keys(">").control('s');
    assert_eq!(stage.asked("edit_listing")["pictures"], json!(["pic_2", "pic_1"]));
    assert_eq!(stage.asked("edit_listing")["listing"], "lst_3");
    stage.shows(&["Saved"]);
}

#[test]
fn an_order_is_canceled_confirmed_and_talked_about_after_a_question() {
    let mut stage = Stage::member();
    stage.can("my_orders", rows(vec![order("placed", "buyer")]));
    stage.can(
        "cancel_order",
        Outcome::Refused(
            json!({ "code": "cancel_needs_consent", "minutes": 30, "message": "Ask the seller." }),
        ),
    );
    stage
        .can("request_cancel", Outcome::Reply(order("placed", "buyer")))
        .can("confirm_order", Outcome::Reply(order("completed", "buyer")));
    stage.keys("4r").keys("c").shows(&["Cancel the order?"]).keys("y").shows(&["Ask the seller."]);
    stage.keys("ay").shows(&["The seller was asked"]);
    stage.can("my_orders", rows(vec![order("collected", "buyer")]));
    stage.keys("r").keys("y").shows(&["All is well?"]).keys("y").shows(&["completed"]);
    stage.keys("m").shows(&["about Spivak"]);
    assert_eq!(*stage.asked("start_conversation"), json!({ "order": "ord_1" }));
    stage.can("block", Outcome::Reply(card("Nora")));
    stage.control('b').shows(&["Block Nora?"]).keys("y").shows(&["You block them"]);
}

#[test]
fn a_message_that_is_refused_is_given_back() {
    let mut stage = Stage::member();
    stage.can(
        "send_message",
        Outcome::Refused(json!({ "code": "stranger_limit", "most": 5, "message": "Wait for an answer." })),
    );
    stage.keys("5\n").keys("hello?\n").shows(&["not sent: Wait for an answer."]);
    stage.control('r').shows(&["› hello?"]).hides(&["not sent"]);
}

#[test]
fn my_listings_show_their_buyers_and_my_orders_their_state() {
    let mut stage = Stage::member();
    stage.keys("3").shows(&["Old lamp", "bought by Maya  @maya", "sold"]);
    stage.keys("4").shows(&["Bought", "waiting for you at the desk", "Tue 24 November", "Nora"]);
    stage.key(KeyCode::Tab).shows(&["bring it to the desk", "Sami"]);
    stage.key(KeyCode::Tab).key(KeyCode::Enter).shows(&[
        "● at the desk",
        "○ collected",
        "code 7 K M 4 Q Z",
        "Kept until",
    ]);
}

#[test]
fn a_conversation_shows_who_is_here_and_what_was_read() {
    let mut stage = Stage::member();
    stage.keys("5").shows(&["● Nora", "Spivak, Calculus", "Still there"]);
    stage.key(KeyCode::Enter).shows(&[
        "here now",
        "about Spivak, Calculus",
        "Is it still there?",
        "Write, Enter sends",
    ]);
    assert_eq!(*stage.asked("mark_read"), json!({ "conversation": "cnv_1", "number": 2 }));
    stage.shows(&["5 Talk "]);
    stage.keys("Good!\n").shows(&["Good!", "sending…"]);
    let sent = stage.asked("send_message").clone();
    assert!(
        sent["message"].as_str().unwrap().starts_with("msg_")
            && sent["message"].as_str().unwrap().len() == 30
    );
    let mut mine = message(3, "Sami", "Good!");
    mine["message"] = sent["message"].clone();
    stage.event(json!({ "seq": 5, "event": "message_sent", "conversation": "cnv_1", "message": mine, "number": 3, "sender": "mbr_sami", "recipient": "mbr_nora" }));
    stage.shows(&["Good!", "sent"]).hides(&["sending…"]);
    stage.event(json!({ "seq": 6, "event": "messages_read", "conversation": "cnv_1", "by": "mbr_nora", "number": 3, "to": "mbr_sami" }));
    let text = stage.text();
    assert_eq!(text.matches("Good!").count(), 2, "once in the list and once in the conversation:\n{text}");
    assert!(text.lines().any(|line| line.trim_end().ends_with(" read")), "{text}");
    stage.told(Told::Presence(json!({ "member": card("Nora"), "online": false, "last_seen_at": NOW })));
    stage.shows(&["○ Nora", "last here 10:00"]);
}

#[test]
fn what_happens_elsewhere_is_told_in_the_corner_and_kept() {
    let mut stage = Stage::member();
    let theirs = message(3, "Nora", "Can you come at noon?");
    stage.event(json!({ "seq": 5, "event": "message_sent", "conversation": "cnv_1", "message": theirs, "number": 3, "sender": "mbr_nora", "recipient": "mbr_sami" }));
    stage.shows(&["Nora: Can you come at noon?", "5 Talk(2)", "◆ 1"]);
    assert_eq!(*stage.asked("mark_delivered"), json!({ "conversation": "cnv_1", "number": 3 }));
    let mut sale = order("placed", "seller");
    sale["buyer"] = card("Maya");
    stage.can("order", Outcome::Reply(sale));
    stage.event(json!({ "seq": 6, "event": "order_placed", "order": "ord_1", "listing": "lst_3", "buyer": "mbr_maya", "seller": "mbr_sami" }));
    stage.shows(&["Maya bought your “Spivak, Calculus”"]);
    stage.keys("n").shows(&["What happened", "Maya bought your", "Nora: Can you come"]);
    stage.key(KeyCode::Enter).shows(&["Show this at the desk when you bring it"]);
}

#[test]
fn the_market_changes_while_one_looks_at_it() {
    let mut stage = Stage::member();
    stage.event(json!({ "seq": 5, "event": "listing_sold", "listing": "lst_2", "seller": "mbr_karim" }));
    stage.shows(&["sold"]);
    stage.event(json!({ "seq": 6, "event": "listing_withdrawn", "listing": "lst_2", "seller": "mbr_karim", "by": "mbr_karim" }));
    stage.hides(&["Karim · books"]);
    stage.key(KeyCode::Enter);
    stage
        .event(json!({ "seq": 7, "event": "listing_published", "listing": "lst_77", "seller": "mbr_karim" }));
    stage.key(KeyCode::Esc).shows(&["1 new"]);
}

#[test]
fn the_desk_says_what_to_do_and_how_much_cash_to_take() {
    let mut stage = Stage::member();
    stage.hides(&["9 Desk", "9Desk"]);
    let view = |due: i64, next: Value| {
        json!({ "order": "ord_1", "state": "at_desk", "shown_by": "buyer", "name": "Nora Saab",
            "lines": [{ "listing": "lst_1", "title": "Spivak, Calculus" }], "due": { "minor": due, "currency": "USD" },
            "pickup_day": "2026-11-24", "next": next })
    };
    stage.can("show_code", Outcome::Reply(view(1850, json!("collect"))));
    stage.can("collect", Outcome::Reply(view(0, Value::Null)));
    stage.event(json!({ "seq": 9, "event": "attendant_appointed", "member": "mbr_sami" }));
    stage.keys("9").shows(&["9Desk", "Type the code somebody shows you"]);
    stage.keys("7km4qz\n").shows(&["7KM4QZ", "Nora Saab", "Take 18.50 USD in cash, then hand it over"]);
    stage.keys("\n").shows(&["✓ Handed over: Spivak, Calculus, Nora Saab", "Type the next code."]);
    assert_eq!(stage.asked("collect")["cash"], json!({ "minor": 1850, "currency": "USD" }));
}

#[test]
fn the_desk_shows_every_line_of_an_order() {
    let mut stage = Stage::member();
    let lines: Vec<Value> = (1..=14)
        .map(|number| json!({ "listing": "lst_1", "title": format!("Pen no. {number}"), "quantity": number }))
        .collect();
    let view = json!({ "order": "ord_1", "state": "placed", "shown_by": "seller", "name": "Cedar Books", "lines": lines,
        "due": { "minor": 0, "currency": "USD" }, "pickup_day": "2026-11-24", "next": "drop_off" });
    stage.can("show_code", Outcome::Reply(view));
    stage.event(json!({ "seq": 9, "event": "attendant_appointed", "member": "mbr_sami" }));
    stage.keys("9k7m4qz\n").shows(&["Pen no. 1", "2 × Pen no. 2", "of 14 lines", "Take it in"]);
    for _ in 0..20 {
        stage.key(KeyCode::Down);
    }
    stage.shows(&["14 × Pen no. 14", "Take it in"]);
    stage.size = (120, 40);
    stage.shows(&["Pen no. 1", "14 × Pen no. 14", "Take it in"]).hides(&["of 14 lines"]);
}

#[test]
fn stores_are_looked_at_and_their_shelves_lead_to_listings() {
    let mut stage = Stage::member();
    let mut away = store("Cedar Books", "Karim");
    away["away"] = json!({ "from": "2026-11-23", "until": "2026-11-25" });
    stage.can("store", Outcome::Reply(away));
    stage.can("store_listings", rows(vec![variant(20, "A4", 450, 10), listing(22, "Pen", "Karim")]));
    stage.can("variants", rows(vec![variant(20, "A4", 450, 10), variant(21, "A5", 300, 0)]));
    stage.shows(&["7 Stores"]).keys("7").shows(&[
        "Cedar Books",
        "Karim · Notebooks, pens and paper.",
        "Tyre Tea",
        "Enter open",
        "o open a store with a code",
    ]);
    stage.keys("\n").shows(&[
        "by ",
        "@karim  hello@example.org",
        "closed tomorrow, Mon 23 November to Wed 25 November: nothing can be bought",
        "Notebooks, pens and paper.",
        "Spiral notebook",
        "study · new · 10 left",
        "m write to the owner",
    ]);
    assert_eq!(*stage.asked("store_listings"), json!({ "limit": 30, "store": "sto_cedar-books" }));
    stage.keys("\n").shows(&[
        "Store   Cedar Books",
        "Left    10 copies",
        "Variant 1 of 2",
        "A4",
        "10 left",
        "A5",
        "sold out",
        "o Store",
        "Tab variant",
    ]);
    stage.key(KeyCode::Tab).shows(&["Variant 2 of 2", "3.00 USD"]).hides(&["b Buy"]);
    stage.key(KeyCode::Esc).shows(&["@karim  hello@example.org"]).key(KeyCode::Esc).shows(&["Tyre Tea"]);
}

#[test]
fn copies_of_a_variant_are_bought_and_a_refusal_leaves_what_was_typed() {
    let mut stage = Stage::member();
    stage.can("listings", rows(vec![variant(20, "A4", 450, 10)]));
    stage.can("variants", rows(vec![variant(20, "A4", 450, 10), variant(21, "A5", 300, 2)]));
    stage.keys("r").shows(&["Cedar Books · study", "10 left"]);
    stage.keys("b").shows(&[
        "Which",
        "‹ A4 · 4.50 USD · 10 left ›",
        "How many",
        "Total   4.50 USD",
        "From    Cedar Books",
    ]);
    stage.key(KeyCode::Right).shows(&["‹ A5 · 3.00 USD · 2 left ›", "Total   3.00 USD"]);
    stage.key(KeyCode::Tab).control('u').keys("two\n").shows(&["Say a whole number", "Total   –"]);
    assert!(!stage.asked.iter().any(|(op, _)| op == "buy"));
    stage.can("buy", Outcome::Refused(json!({ "code": "stock_short", "available": 1, "message": "Only 1 can be bought at the moment." })));
    stage.can("variants", rows(vec![variant(20, "A4", 450, 10), variant(21, "A5", 300, 1)]));
    stage.control('u').keys("2").shows(&["Total   6.00 USD"]).keys("\n");
    stage.shows(&["Only 1 can be bought at the moment.", "‹ A5 · 3.00 USD · 1 left ›", "Total   6.00 USD"]);
    let asked = json!({ "listing": "lst_21", "price": { "minor": 300, "currency": "USD" }, "quantity": 2 });
    assert_eq!(*stage.asked("buy"), asked);
    stage.can("buy", Outcome::Reply(store_order("placed", "buyer")));
    stage.key(KeyCode::Backspace).keys("1\n").shows(&[
        "It is yours",
        "2 × Spiral notebook, A4, and 1 more",
        "2 × Spiral notebook, A4   ",
        "4.50 USD each",
        "1 × Spiral notebook, A5",
        "Cedar Books  @karim",
        "code K 7 M 4 Q Z",
    ]);
    assert_eq!(stage.asked("buy")["quantity"], 1);
}

#[test]
fn the_copies_that_are_left_change_while_one_looks() {
    let mut stage = Stage::member();
    stage
        .can("listings", rows(vec![variant(20, "", 450, 10)]))
        .can("variants", rows(vec![variant(20, "", 450, 10)]));
    stage.keys("r\n").shows(&["Left    10 copies", "b Buy"]);
    let sold = |left: i64| json!({ "seq": 9, "event": "stock_changed", "listing": "lst_20", "seller": "mbr_karim", "available": left });
    stage.event(sold(1)).shows(&["Left    1 copy"]);
    stage.event(sold(0)).shows(&["sold out"]).hides(&["b Buy"]);
    stage.event(sold(4)).shows(&["Left    4 copies", "b Buy"]);
}

#[test]
fn the_back_room_shows_the_stock_and_changes_it() {
    let mut stage = Stage::owner();
    stage.shows(&[
        "Cedar Books   Stock · Orders · Money · Store · Invitations",
        "Product",
        "Hand",
        "Spiral notebook",
        "NB-20",
        "4.50 USD",
        "12 on hand, 2 promised to orders, 10 can be bought",
        "+ restock",
        "w withdraw",
        "? help",
    ]);
    stage.key(KeyCode::Down).shows(&["2 can be bought · few are left"]);
    stage
        .keys("+")
        .shows(&["Restock", "Spiral notebook · A5", "3 copies on hand."])
        .keys("many\n")
        .shows(&["Say a whole number"]);
    stage.can("restock", Outcome::Reply(stock(21, "A5", 300, 23, 1)));
    stage.can("store_stock", rows(vec![stock(20, "A4", 450, 12, 2), stock(21, "A5", 300, 23, 1)]));
    stage.control('u').keys("20\n").shows(&["23 copies on hand now", "23 on hand, 1 promised"]);
    assert_eq!(*stage.asked("restock"), json!({ "listing": "lst_21", "copies": 20 }));
    stage.can("adjust_stock", Outcome::Refused(json!({ "code": "text_length", "field": "reason", "message": "The reason must have 3 to 200 characters." })));
    stage.keys("c").shows(&["Correct the count", "1 promised to orders stay"]).keys("-1\nx\n");
    stage.shows(&["The reason must have 3 to 200 characters.", "-1"]);
    assert_eq!(*stage.asked("adjust_stock"), json!({ "listing": "lst_21", "copies": -1, "reason": "x" }));
    stage.key(KeyCode::Esc).keys("y");
    stage.can(
        "edit_variant",
        Outcome::Refused(
            json!({ "code": "sku_taken", "message": "Your store uses this SKU for something else." }),
        ),
    );
    stage
        .keys("v")
        .shows(&["Change the variant", "NB-21"])
        .control('s')
        .shows(&["uses this SKU for something else"]);
    stage.key(KeyCode::Esc).keys("e").shows(&["Change what you offer", "3.00"]).key(KeyCode::Esc);
    stage.keys("w").shows(&["Withdraw it?"]).key(KeyCode::Esc);
    // Somebody buys: the table is fetched again.
    stage.can("store_stock", rows(vec![stock(20, "A4", 450, 12, 7), stock(21, "A5", 300, 23, 1)]));
    stage.event(json!({ "seq": 9, "event": "stock_changed", "listing": "lst_20", "seller": "mbr_karim", "available": 5 }));
    stage.key(KeyCode::Up).text();
    stage.shows(&["7 promised to orders, 5 can be bought"]);
    stage.size = (120, 40);
    stage.shows(&["On hand", "Promised", "To buy", "Warn at"]);
}

#[test]
fn a_product_is_put_on_the_shelves_in_several_variants() {
    let mut stage = Stage::owner();
    stage.can(
        "add_product",
        Outcome::Refused(
            json!({ "code": "variant_taken", "message": "Each variant of a product has a name of its own." }),
        ),
    );
    stage.keys("a").shows(&[
        "Put a product on the shelves",
        "What is it",
        "F3 another variant",
        "Ctrl+S send it",
    ]);
    stage.keys("Ruler").key(KeyCode::F(3));
    stage.shows(&["─ Variant", "Warn at"]).keys("short\nR-15\n1.50\n40\n");
    // The first one has no price yet.
    stage.control('s').shows(&["Say a price."]);
    stage.keys("2\n10\n3\n").control('s').shows(&["Say a price.", "Ruler"].map(|_| "["));
    let asked = stage.asked("add_product").clone();
    assert_eq!(
        (&asked["store"], &asked["title"], &asked["pictures"]),
        (&json!("sto_cedar-books"), &json!("Ruler"), &json!([]))
    );
    let variants = json!([
        { "label": "", "sku": "", "price": { "minor": 200, "currency": "USD" }, "copies": 10, "low_stock": 3 },
        { "label": "short", "sku": "R-15", "price": { "minor": 150, "currency": "USD" }, "copies": 40, "low_stock": 0 } ]);
    assert_eq!(asked["variants"], variants);
    stage.shows(&["Each variant of a product has a name of its own."]);
    stage.can("add_product", Outcome::Reply(stock(30, "", 200, 10, 0))).key(KeyCode::F(4)).control('s');
    assert_eq!(stage.asked("add_product")["variants"].as_array().unwrap().len(), 1);
    stage.shows(&["“Spiral notebook” is on the shelves"]);
}

#[test]
fn orders_to_prepare_show_their_codes_and_lines() {
    let mut stage = Stage::owner();
    stage.key(KeyCode::Tab).shows(&[
        "To prepare, the next pickup first",
        "K7M4QZ",
        "Tue 24 November",
        "Sami · 3 copies · 12.00 USD",
        "code K 7 M 4 Q Z",
        "drop off by",
        "2 × Spiral notebook, A4",
        "1 × Spiral notebook, A5",
        "a all it sold",
    ]);
    stage
        .keys("\n")
        .shows(&["Show this at the desk when you bring it", "code K 7 M 4 Q Z"])
        .key(KeyCode::Esc);
    stage.can("store_orders", rows(vec![store_order("completed", "seller")]));
    stage.keys("a").shows(&["All it sold", "completed"]);
}

#[test]
fn the_owner_changes_the_store_its_closed_days_and_its_staff() {
    let mut stage = Stage::owner();
    stage.key(KeyCode::Tab).key(KeyCode::Tab).key(KeyCode::Tab).shows(&[
        "At the login",
        "cedar-books",
        "Closed days",
        "none",
        "Staff",
        "@nora",
    ]);
    stage
        .keys("c")
        .shows(&["Closed days", "nothing can be bought"])
        .keys("tomorrow\n\n")
        .shows(&["Say the day as year-month-day"]);
    stage.control('u').keys("2026-12-24\n2026-12-01\n").shows(&["The last day is before the first."]);
    stage.can("edit_store", Outcome::Refused(json!({ "code": "day_invalid", "message": "That is past." })));
    stage.control('u').keys("2027-01-02\n").shows(&["That is past.", "2027-01-02"]);
    assert_eq!(
        *stage.asked("edit_store"),
        json!({ "away": { "from": "2026-12-24", "until": "2027-01-02" } })
    );
    stage.key(KeyCode::Esc).keys("y").can("edit_store", Outcome::Reply(store("Cedar Books", "Karim")));
    stage.keys("e").shows(&["Change your store", "hello@example.org"]).control('s').shows(&["Saved"]);
    stage.can(
        "appoint_staff",
        Outcome::Refused(
            json!({ "code": "not_found", "what": "member", "message": "There is no such member." }),
        ),
    );
    stage.keys("a").keys("@maya\n").shows(&["There is no such member.", "@maya"]);
    assert_eq!(*stage.asked("appoint_staff"), json!({ "username": "maya" }));
    stage.key(KeyCode::Esc).keys("y").can("dismiss_staff", Outcome::Reply(card("Nora")));
    stage.keys("x").shows(&["Let them go?"]).keys("y");
    assert_eq!(*stage.asked("dismiss_staff"), json!({ "store": "sto_cedar-books", "username": "nora" }));
}

#[test]
fn the_code_of_an_invitation_is_shown_once() {
    let mut stage = Stage::owner();
    let invitation = json!({ "invitation": "inv_1", "state": "open", "made_at": NOW, "expires_at": "2026-12-22T08:00:00.000000Z", "used_at": null, "store": null });
    stage.can("invitations", rows(vec![]));
    stage.key(KeyCode::BackTab).shows(&["You have invited nobody yet", "i make an invitation"]);
    let mut made = invitation.clone();
    made["code"] = json!("ABCD-EFGH-JKMN-PQRS");
    stage.can("create_invitation", Outcome::Reply(made)).can("invitations", rows(vec![invitation.clone()]));
    stage.keys("i").shows(&["ABCD-EFGH-JKMN-PQRS", "not shown again", "open until"]);
    stage.can("revoke_invitation", Outcome::Reply(invitation));
    stage.keys("x").shows(&["Take it back?"]).keys("y");
    assert_eq!(*stage.asked("revoke_invitation"), json!({ "invitation": "inv_1" }));
    stage.key(KeyCode::Esc).keys("y").key(KeyCode::BackTab).hides(&["ABCD"]);
}

#[test]
fn a_store_is_opened_with_a_code_and_a_wrong_one_is_said_beside_it() {
    let mut stage = Stage::member();
    stage.can(
        "open_store",
        Outcome::Refused(json!({ "code": "invitation_invalid", "message": "This code opens no store." })),
    );
    stage
        .keys("7o")
        .shows(&["Open a store", "Code", "[ Open it ]"])
        .control('s')
        .shows(&["Type the code you were given."]);
    stage.keys("abcd efgh\nSami's Shelf\nsami@example.org\n").control('s');
    let text = stage.shows(&["This code opens no store.", "Sami's Shelf"]).text();
    let lines: Vec<&str> = text.lines().collect();
    let code = lines.iter().position(|line| line.contains("abcd efgh")).unwrap();
    assert!(lines[code + 1].contains("This code opens no store."), "{text}");
    stage
        .can("open_store", Outcome::Reply(store("Sami's Shelf", "Sami")))
        .can("store", Outcome::Reply(store("Sami's Shelf", "Sami")))
        .can("store_stock", rows(vec![]))
        .can("to_hand_over", rows(vec![]))
        .can("staff", rows(vec![]));
    stage.control('s').shows(&["Sami's Shelf   Stock", "The shelves are empty", "a add a product"]);
}

#[test]
fn the_pages_of_stores_have_their_help_and_fit() {
    for size in [(80, 24), (44, 12), (120, 40), (200, 60), (20, 5), (1, 1)] {
        let mut stage = Stage::owner();
        stage.can("store_listings", rows(vec![variant(20, "A4", 450, 10)]));
        stage.size = size;
        for keys in ["?", " ", "+", "c", "v", "a"] {
            stage.keys(keys).text();
            stage.key(KeyCode::Esc);
        }
        for _ in 0..5 {
            stage.keys("?").text();
            stage.keys(" ").key(KeyCode::Tab).text();
        }
        stage.key(KeyCode::Esc).keys("\n?").text();
        stage.keys(" d").text();
        stage.keys("d\n").text();
    }
}

#[test]
fn things_are_put_into_the_cart_and_it_is_changed_there() {
    let mut stage = Stage::member();
    stage.can("add_to_cart", Outcome::Reply(cart()));
    stage
        .shows(&["8 Cart", "c cart", "? help"])
        .keys("c")
        .shows(&["It is in your cart: 2 lines", "8 Cart(2)"]);
    assert_eq!(*stage.asked("add_to_cart"), json!({ "listing": "lst_1" }));
    stage.keys("8").shows(&[
        "2 × Spiral notebook (A4)",
        "9.00 USD",
        "Cedar Books · 4.50 USD each",
        "1 × Spivak, Calculus",
        "Total",
        "27.50 USD",
        "Enter check out",
        "x take out",
    ]);
    let mut more = cart();
    more["lines"][0]["quantity"] = json!(3);
    stage.can("change_cart", Outcome::Reply(more)).keys("+").shows(&["3 × Spiral notebook (A4)"]);
    assert_eq!(*stage.asked("change_cart"), json!({ "listing": "lst_20", "quantity": 3 }));
    let short =
        json!({ "code": "stock_short", "available": 10, "message": "Only 10 can be bought at the moment." });
    stage.can("change_cart", Outcome::Refused(short)).can("cart", Outcome::Reply(cart()));
    stage
        .keys("e")
        .shows(&["How many?", "10 left"])
        .control('u')
        .keys("none\n")
        .shows(&["Say a whole number"]);
    stage.control('u').keys("99\n").shows(&["Only 10 can be bought", "99"]).key(KeyCode::Esc);
    let one = json!({ "lines": [cart()["lines"][1]], "totals": [usd(1850)] });
    stage.can("remove_from_cart", Outcome::Reply(one)).keys("x").hides(&["Spiral notebook"]);
    assert_eq!(*stage.asked("remove_from_cart"), json!({ "listing": "lst_20" }));
    // Another window of mine empties it.
    stage.can("cart", Outcome::Reply(json!({ "lines": [], "totals": [] })));
    stage.event(json!({ "seq": 9, "event": "cart_changed", "member": "mbr_sami" }));
    stage.shows(&["There is nothing in your cart", "8 Cart "]);
}

#[test]
fn of_a_store_it_is_asked_which_variant_and_how_many_go_into_the_cart() {
    let mut stage = Stage::member();
    stage.can("listings", rows(vec![variant(20, "A4", 450, 10)]));
    stage.can("variants", rows(vec![variant(20, "A4", 450, 10), variant(21, "A5", 300, 2)]));
    stage.can("add_to_cart", Outcome::Reply(cart()));
    stage.keys("rc").shows(&[
        "Into the cart",
        "‹ A4 · 4.50 USD · 10 left ›",
        "How many",
        "F3 buy it now instead",
    ]);
    stage.key(KeyCode::F(3)).shows(&["[ Buy it ]", "F3 into the cart instead"]).key(KeyCode::F(3));
    stage.key(KeyCode::Right).key(KeyCode::Tab).control('u').keys("2\n").shows(&["It is in your cart"]);
    assert_eq!(*stage.asked("add_to_cart"), json!({ "listing": "lst_21", "quantity": 2 }));
    assert!(!stage.asked.iter().any(|(op, _)| op == "buy"));
    let limit = json!({ "code": "quantity_limit", "most": 5, "message": "You can buy 5 of this at once." });
    stage.can("add_to_cart", Outcome::Refused(limit));
    stage.keys("c\n").key(KeyCode::Enter).shows(&["You can buy 5 of this at once."]);
}

#[test]
fn what_changed_in_the_cart_is_said_and_a_total_that_changed_stays_on_it() {
    let mut stage = Stage::member();
    let mut changed = cart();
    changed["lines"][0]["seen"] = usd(400);
    let problem = |code: &str, message: &str| json!({ "code": code, "message": message });
    changed["lines"][0]["problem"] = problem("price_changed", "The price is now 4.50 USD.");
    changed["lines"][1]["problem"] = problem("listing_sold", "This listing is sold.");
    stage.can("cart", Outcome::Reply(changed)).keys("8r").shows(&[
        "4.50 USD each · was 4.00 USD",
        "It costs 4.50 USD now, and was 4.00 USD when you put it here.",
        "Nora · 18.50 USD each · This listing is sold.",
        "y take the new price",
    ]);
    stage.can("change_cart", Outcome::Reply(cart())).keys("y").hides(&["was 4.00 USD"]);
    assert_eq!(*stage.asked("change_cart"), json!({ "listing": "lst_20", "quantity": 2 }));
    let total = json!({ "code": "total_changed", "totals": [usd(2800)],
        "message": "The total is now 28.00 USD. Look at the changed lines and check out again." });
    let mut dearer = cart();
    dearer["totals"] = json!([usd(2800)]);
    stage.can("prepare_checkout", Outcome::Refused(total)).can("cart", Outcome::Reply(dearer));
    stage.keys("\n").shows(&["The total is now 28.00 USD.", "Your cart", "Spiral notebook (A4)"]);
    assert_eq!(*stage.asked("prepare_checkout"), json!({ "totals": [usd(2750)] }));
    stage.keys("o");
    assert_eq!(*stage.asked("prepare_checkout"), json!({ "totals": [usd(2800)] }));
    // A line that cannot be had is the one one is on then.
    let gone = json!({ "code": "line_unavailable", "listing": "lst_1", "title": "Spivak, Calculus",
        "message": "Spivak, Calculus: This listing is sold." });
    stage
        .can("prepare_checkout", Outcome::Refused(gone))
        .keys("o")
        .shows(&["Spivak, Calculus: This listing is sold."]);
    stage.can("remove_from_cart", Outcome::Reply(cart())).keys("x");
    assert_eq!(*stage.asked("remove_from_cart"), json!({ "listing": "lst_1" }));
}

#[test]
fn a_checkout_says_what_is_set_aside_and_becomes_orders_with_their_codes() {
    let mut stage = Stage::member();
    stage.can("cart", Outcome::Reply(cart())).can("prepare_checkout", Outcome::Reply(checkout("held")));
    stage.keys("8r\n").shows(&[
        "Check out",
        "set aside until 10:10, 10 minutes left",
        "Cedar Books",
        "AUB Post Office · Tue 24 November",
        "2 × Spiral notebook (A4)",
        "4.50 USD each",
        "Nora",
        "AUB Post Office · no free day",
        "Total, 2 orders",
        "27.50 USD",
        "1 USD is 89,500 LBP",
        "cash at the desk",
        "27.50 USD of the 40.00 USD in it",
        "2,461,250 LBP: too little, there are 0 LBP in it",
        "card USD",
        "x leave the checkout",
    ]);
    stage.told(Told::Time("2026-11-22T08:09:30.000000Z".to_owned())).shows(&["less than a minute"]);
    stage.told(Told::Time("2026-11-22T08:10:30.000000Z".to_owned())).shows(&["the time is over"]);
    stage.told(Told::Time(NOW.to_owned()));
    // A wallet with too little in it says so, and nothing is sent.
    stage.key(KeyCode::Down).key(KeyCode::Down).keys("\n").shows(&["There are only 0 LBP in your wallet"]);
    stage.key(KeyCode::Up).keys("\n").shows(&[
        "Pay from the wallet?",
        "2 orders for 27.50 USD",
        "12.50 USD stay in it",
    ]);
    stage.key(KeyCode::Esc);
    assert!(!stage.asked.iter().any(|(op, _)| op == "place_orders"));
    stage.key(KeyCode::Up).keys("\n").shows(&["Buy, and pay at the desk?"]);
    let (mut store, mut single) = (store_order("placed", "buyer"), order("placed", "buyer"));
    (store["order"], single["order"]) = (json!("ord_7"), json!("ord_8"));
    stage
        .can("place_orders", rows(vec![store, single]))
        .can("cart", Outcome::Reply(json!({ "lines": [], "totals": [] })));
    stage.keys("\n").shows(&[
        "2 orders are placed",
        "2 × Spiral notebook, A4, and 1 more",
        "from Cedar Books",
        "code K 7 M 4 Q Z",
        "Spivak, Calculus",
        "code 7 K M 4 Q Z",
        "18.50 USD in cash when you collect",
        "8 Cart ",
    ]);
    assert_eq!(*stage.asked("place_orders"), json!({ "checkout": "chk_1", "pay": "cash" }));
    stage.event(
        json!({ "seq": 9, "event": "checkout_placed", "checkout": "chk_1", "orders": ["ord_7", "ord_8"] }),
    );
    stage.key(KeyCode::Down).keys("\n").shows(&["Show this at the desk to collect it", "Spivak, Calculus"]);
    stage
        .key(KeyCode::Esc)
        .shows(&["2 orders are placed"])
        .key(KeyCode::Esc)
        .shows(&["There is nothing in your cart"]);
}

#[test]
fn a_checkout_is_left_and_one_whose_time_is_over_leads_back_to_the_cart() {
    let mut stage = Stage::member();
    stage.can("cart", Outcome::Reply(cart())).can("prepare_checkout", Outcome::Reply(checkout("held")));
    stage.keys("8r\n").key(KeyCode::Esc).shows(&["Your cart", "set aside for you: 10 minutes left · p pays"]);
    stage.can("checkout", Outcome::Reply(checkout("held"))).keys("p").shows(&["Total, 2 orders"]);
    stage
        .can("cancel_checkout", Outcome::Reply(json!({})))
        .keys("x")
        .shows(&["Leave the checkout?"])
        .keys("y");
    assert_eq!(*stage.asked("cancel_checkout"), json!({ "checkout": "chk_1" }));
    stage.shows(&["Your cart", "your cart stays"]).hides(&["set aside for you"]);
    stage.keys("\n").shows(&["Total, 2 orders"]);
    stage.event(json!({ "seq": 9, "event": "checkout_released", "checkout": "chk_1", "buyer": "mbr_sami", "expired": true }));
    stage.shows(&["Your cart", "The time was over."]);
    // The same when the market says so only when it is asked.
    let over = json!({ "code": "checkout_over", "message": "This checkout is over. Check out again." });
    stage.can("place_orders", Outcome::Refused(over)).keys("\n").keys("\n\n");
    stage.shows(&["This checkout is over.", "Your cart", "Total"]);
}

#[test]
fn a_card_is_only_asked_for_in_a_browser_and_a_market_without_cards_says_so() {
    let mut stage = Stage::member();
    stage.can("cart", Outcome::Reply(cart())).can("prepare_checkout", Outcome::Reply(checkout("held")));
    let off = json!({ "code": "cards_off", "message": "This market takes no cards. Pay another way." });
    stage.can("start_payment", Outcome::Refused(off)).keys("8r\njjj").shows(&["27.50 USD, in a browser"]);
    stage.keys("\n").shows(&["Pay by card, in a browser?", "No card is ever asked for here."]).keys("\n");
    stage.shows(&["This market takes no cards.", "card USD          this market takes no cards"]);
    assert_eq!(*stage.asked("start_payment"), json!({ "checkout": "chk_1", "currency": "USD" }));
    let mut stage = Stage::member();
    stage.can("cart", Outcome::Reply(cart())).can("prepare_checkout", Outcome::Reply(checkout("held")));
    let payment = json!({ "payment": "pay_1", "checkout": "chk_1", "amount": usd(2750), "state": "started", "reason": "",
        "next": "ask", "started_at": NOW, "changed_at": NOW });
    let mut begun = checkout("held");
    begun["payment"] = payment.clone();
    stage
        .keys("8r\njjj")
        .can("start_payment", Outcome::Reply(payment))
        .can("checkout", Outcome::Reply(begun.clone()));
    stage.keys("\n\n").shows(&["as @sami, open in a browser", " /payments/pay_1/page "]);
    begun["payment"]["state"] = json!("declined");
    begun["payment"]["reason"] = json!("insufficient funds");
    stage.can("checkout", Outcome::Reply(begun.clone()));
    stage.event(json!({ "seq": 9, "event": "payment_declined", "payment": "pay_1", "buyer": "mbr_sami" }));
    stage.shows(&["The card was turned down: insufficient funds."]);
    // It is paid there: its orders come to the screen by themselves.
    begun["state"] = json!("placed");
    begun["orders"] = json!(["ord_1"]);
    stage.can("checkout", Outcome::Reply(begun)).can("order", Outcome::Reply(order("placed", "buyer")));
    stage.event(json!({ "seq": 10, "event": "checkout_placed", "checkout": "chk_1", "buyer": "mbr_sami", "orders": ["ord_1"] }));
    stage.shows(&["It is yours. Note place, day and code:", "code 7 K M 4 Q Z"]);
}

#[test]
fn my_money_is_shown_and_a_payout_is_asked_for_and_taken_back() {
    let mut stage = Stage::member();
    stage.can("wallet", Outcome::Reply(wallet())).can("payouts", rows(vec![]));
    stage.keys("6").shows(&["My money"]).keys("m").shows(&[
        "Wallet       40.00 USD  ·  0 LBP",
        "you can spend it here",
        "Sold things  17.50 USD  ·  -50,000 LBP",
        "owed to the market",
        "cash was paid in at a desk",
        "+50.00 USD",
        "an order was paid",
        "-10.00 USD",
        "None. p asks for one.",
    ]);
    let short = json!({ "code": "balance_short", "available": usd(1750), "message": "There are only 17.50 USD here." });
    stage.can("request_payout", Outcome::Refused(short)).keys("p").shows(&["Ask for a payout", "‹ Wallet ›"]);
    stage
        .key(KeyCode::Right)
        .key(KeyCode::Tab)
        .control('s')
        .shows(&["Say a price."])
        .keys("20\n")
        .control('s');
    stage.shows(&["There are only 17.50 USD here."]);
    assert_eq!(*stage.asked("request_payout"), json!({ "purse": "sales", "amount": usd(2000) }));
    stage
        .can("request_payout", Outcome::Reply(payout("requested")))
        .can("payouts", rows(vec![payout("requested")]));
    stage.control('u').keys("10").control('s').shows(&[
        "10.00 USD",
        "from sold things",
        "waits until Sun 29 Nov",
        "x take it back",
    ]);
    stage.can("void_payout", Outcome::Reply(payout("voided"))).can("payouts", rows(vec![payout("voided")]));
    stage.keys("x").shows(&["Take the payout back?"]).keys("y").shows(&["taken back"]);
    assert_eq!(*stage.asked("void_payout"), json!({ "payout": "pyo_1" }));
    stage.key(KeyCode::Esc).shows(&["Change my name"]);
}

#[test]
fn an_order_shows_its_receipt_and_many_lines_scroll() {
    let mut stage = Stage::member();
    let mut paid = order("at_desk", "buyer");
    paid["due"] = usd(0);
    paid["paid_at"] = json!(NOW);
    paid["receipt"] = json!({ "means": "wallet", "paid": lbp(1_655_750), "rate": 89_500 });
    let lines = (1..=30).map(|number| {
        json!({ "listing": "lst_1", "title": format!("Pen no. {number}"), "quantity": number, "price": usd(50) })
    });
    paid["lines"] = lines.collect();
    stage.can("my_orders", rows(vec![paid])).keys("4r\n").shows(&[
        "1,655,750 LBP  from the wallet, 1 USD was 89,500 LBP",
        "1 × Pen no. 1 ",
        "of 30",
        "code 7 K M 4 Q Z",
    ]);
    stage.hides(&["To pay"]);
    for _ in 0..40 {
        stage.key(KeyCode::Down);
    }
    stage.shows(&["30 × Pen no. 30", "code 7 K M 4 Q Z"]);
    stage.size = (120, 60);
    stage.shows(&["1 × Pen no. 1 ", "30 × Pen no. 30"]);
}

#[test]
fn an_order_is_paid_from_the_wallet_before_it_is_collected() {
    let mut stage = Stage::member();
    stage.can("wallet", Outcome::Reply(wallet()));
    let short =
        json!({ "code": "balance_short", "available": lbp(0), "message": "There are only 0 LBP here." });
    stage.can("pay_order", Outcome::Refused(short)).keys("4\n").shows(&["p pay from the wallet"]).keys("p");
    stage.shows(&["Pay from the wallet", "18.50 USD is due.", "‹ USD · there are 40.00 USD ›"]);
    stage.key(KeyCode::Right).keys("\n").shows(&["There are only 0 LBP here.", "‹ LBP · there are 0 LBP ›"]);
    assert_eq!(*stage.asked("pay_order"), json!({ "order": "ord_1", "currency": "LBP" }));
    let mut paid = order("at_desk", "buyer");
    paid["due"] = usd(0);
    paid["receipt"] = json!({ "means": "wallet", "paid": usd(1850), "rate": null });
    stage.can("pay_order", Outcome::Reply(paid)).key(KeyCode::Left).keys("\n");
    stage.shows(&["It is paid", "18.50 USD  from the wallet"]).hides(&["p pay from the wallet", "USD was"]);
}

/// An order that ships.
fn shipping(state: &str, you_are: &str) -> Value {
    let mut order = order(state, you_are);
    (order["due"], order["auction"]) = (usd(0), json!("auc_1"));
    order["pickup"]["code"] = Value::Null;
    order["pickup"]["until"] = json!("2026-11-29T08:00:00.000000Z");
    order["fulfillment"] = json!({ "kind": "shipment", "shipped_at": null, "note": "" });
    order
}

#[test]
fn what_ships_is_sent_to_its_address_by_the_seller_and_had_by_the_buyer() {
    let mut stage = Stage::member();
    let to = json!({ "name": "Nora of the lighthouse", "address": "Bliss Street 5\nBeirut" });
    stage.can("my_sales", rows(vec![shipping("placed", "seller")]));
    stage.can("shipping_address", Outcome::Reply(to));
    stage.keys("4").key(KeyCode::Tab).keys("r").shows(&["send it"]).keys("\n").shows(&[
        "Nora of the lighthouse",
        "Bliss Street 5, Beirut",
        "Sent by",
        "○ sent",
        "s it is sent",
    ]);
    assert_eq!(*stage.asked("shipping_address"), json!({ "order": "ord_1" }));
    stage.hides(&["Post Office", "code"]);
    let mut sent = shipping("shipped", "seller");
    sent["fulfillment"] = json!({ "kind": "shipment", "shipped_at": NOW, "note": "Aramex 7" });
    stage.can("ship_order", Outcome::Reply(sent.clone())).keys("s").keys("Aramex 7\n");
    assert_eq!(*stage.asked("ship_order"), json!({ "order": "ord_1", "note": "Aramex 7" }));
    stage.shows(&["● sent", "Aramex 7"]).hides(&["s it is sent"]);

    let mut stage = Stage::member();
    sent["you_are"] = json!("buyer");
    stage.can("my_orders", rows(vec![sent])).can("shipping_address", Outcome::Reply(Value::Null));
    stage.keys("4r").shows(&["on its way to you"]).keys("\n").shows(&["y I have it", "Aramex 7"]);
    stage
        .can("confirm_order", Outcome::Reply(shipping("completed", "buyer")))
        .keys("y")
        .shows(&["All is well?"]);
    stage.keys("y").shows(&["● completed"]);
}

#[test]
fn what_was_won_is_paid_once_it_is_said_how_it_shall_arrive() {
    let mut stage = Stage::member();
    let mut won = checkout("held");
    (won["auction"], won["delivery"]) = (json!("auc_1"), Value::Null);
    won["expires_at"] = json!("2026-11-24T08:00:00.000000Z");
    stage.can("cart", Outcome::Reply(cart())).can("checkout", Outcome::Reply(won.clone()));
    stage.event(json!({ "seq": 9, "event": "checkout_prepared", "checkout": "chk_1", "buyer": "mbr_sami",
        "totals": [usd(2750)], "expires_at": won["expires_at"] }));
    assert_eq!(*stage.asked("checkout"), json!({ "checkout": "chk_1" }));
    stage.keys("8rp").shows(&["48 hours left", "d says how it shall reach you", "an auction is paid before"]);
    stage.key(KeyCode::Down).keys("\n");
    stage.shows(&["How shall it reach you?", "‹ collect it ›", "‹ AUB Post Office ›"]).key(KeyCode::Right);
    stage.key(KeyCode::Down).key(KeyCode::Down).keys("Nora").key(KeyCode::Tab).keys("Bliss Street 5");
    won["delivery"] = json!({ "kind": "shipment" });
    stage.can("choose_delivery", Outcome::Reply(won)).control('s');
    let wish = json!({ "checkout": "chk_1", "name": "Nora", "address": "Bliss Street 5" });
    assert_eq!(*stage.asked("choose_delivery"), wish);
    stage.shows(&["shipped to you by the seller"]).keys("\n").shows(&["Pay from the wallet?"]);
    stage.key(KeyCode::Esc).key(KeyCode::Up).keys("\n").shows(&["An auction is paid before"]);
}

#[test]
fn what_a_store_sold_is_given_back_and_the_store_settles_it() {
    let mut stage = Stage::member();
    let mut done = store_order("completed", "buyer");
    done["return_until"] = json!("2026-11-28T08:00:00.000000Z");
    done["pickup"]["code"] = Value::Null;
    stage.can("my_orders", rows(vec![done])).keys("4r\n").shows(&["g, until Sat 28 Nov", "g give it back"]);
    stage.keys("g\n").shows(&["Give it back", "Say why it comes back."]).keys("Too small");
    let mut open = store_order("return_open", "buyer");
    open["return_request"] = json!({ "at": NOW, "reason": "Too small" });
    open["pickup"]["code"] = json!("7KM4QZ");
    stage.can("request_return", Outcome::Reply(open)).keys("\n").shows(&[
        "● to be given back",
        "“Too small”",
        "Back by",
        "Show this at the desk when you bring it back:",
        "code 7 K M 4 Q Z",
    ]);
    assert_eq!(*stage.asked("request_return"), json!({ "order": "ord_1", "reason": "Too small" }));
    stage.key(KeyCode::Esc).shows(&["bring it back to the desk"]);

    let mut stage = Stage::owner();
    let mut back = store_order("returned", "seller");
    back["return_request"] = json!({ "at": NOW, "reason": "Too small" });
    stage
        .can("store_orders", rows(vec![back]))
        .key(KeyCode::Tab)
        .keys("a")
        .shows(&["given back, look at it"]);
    stage.keys("\n").shows(&["“Too small”", "p back on the shelves", "w write it off"]);
    stage.keys("w").shows(&["Write it off?", "The buyer has 12.00 USD back."]).key(KeyCode::Esc);
    let mut refunded = store_order("refunded", "seller");
    refunded["refunded"] = usd(1200);
    stage.can("settle_return", Outcome::Reply(refunded)).keys("p").shows(&["Back on the shelves?"]).keys("y");
    stage.shows(&["● refunded", "12.00 USD  went back to the buyer"]);
    assert_eq!(*stage.asked("settle_return"), json!({ "order": "ord_1", "restock": true }));
}

#[test]
fn a_part_of_an_order_is_refunded_by_whoever_sold_it() {
    let mut stage = Stage::owner();
    let mut done = store_order("completed", "seller");
    done["refunded"] = usd(200);
    stage
        .can("store_orders", rows(vec![done.clone()]))
        .key(KeyCode::Tab)
        .keys("a\n")
        .shows(&["f refund a part"]);
    let large = json!({ "code": "refund_too_large", "left": usd(1000), "message": "Of this order 10.00 USD can be given back." });
    stage.can("refund_order", Outcome::Refused(large)).keys("f").shows(&["10.00 USD can go back at most."]);
    stage.keys("11").control('s').shows(&["Of this order 10.00 USD can be given back.", "11"]);
    done["refunded"] = usd(500);
    stage.can("refund_order", Outcome::Reply(done)).control('u').keys("3").control('s');
    assert_eq!(*stage.asked("refund_order"), json!({ "order": "ord_1", "amount": usd(300) }));
    stage.shows(&["5.00 USD  went back to the buyer", "The buyer has it in the wallet"]);
}

#[test]
fn the_back_room_shows_what_a_month_earned_day_by_day() {
    let mut stage = Stage::owner();
    let line = |number: i64, at: &str, kind: &str, minor: i64| {
        json!({ "entry": format!("ent_{number}"), "at": format!("2026-11-{at}T09:00:00.000000Z"), "kind": kind,
            "source": "ord_1/3", "amount": usd(minor) })
    };
    let profit = |lines: Vec<Value>, next: Value| {
        json!({ "store": store_card("Cedar Books"), "period": { "from": "2026-11-01", "until": "2026-11-30" },
            "profit": [usd(4250), lbp(0)], "days": [], "lines": lines, "balance": [usd(3000), lbp(0)], "next": next })
    };
    let lines = vec![
        line(1, "02", "order_completed", 1_500),
        line(2, "02", "order_completed", 1_500),
        line(3, "20", "sale_refunded", -250),
    ];
    stage.can("profit", Outcome::Reply(profit(lines, Value::Null))).key(KeyCode::Tab).key(KeyCode::Tab);
    stage.shows(&[
        "‹ November 2026 ›",
        "Earned, after the commission   42.50 USD  ·  0 LBP",
        "Not paid out yet               30.00 USD",
        "██",
        "▾▾",
        "1       5         10",
        "USD by day",
        "an order was completed",
        "+15.00 USD",
        "money went back to a buyer",
        "-2.50 USD",
    ]);
    let asked =
        json!({ "store": "sto_cedar-books", "from": "2026-11-01", "until": "2026-11-30", "limit": 100 });
    assert_eq!(*stage.asked("profit"), asked);
    stage.keys("\n").shows(&["Spivak, Calculus"]).key(KeyCode::Esc);
    // Nothing is to come yet; what was before is a month away, and comes in pages.
    stage
        .key(KeyCode::Right)
        .shows(&["November 2026"])
        .can("profit", Outcome::Reply(profit(vec![], Value::Null)));
    stage.key(KeyCode::Left).shows(&["‹ October 2026 ›", "Nothing was earned in this month"]);
    assert_eq!(stage.asked("profit")["until"], "2026-10-31");
}

#[test]
fn the_desk_takes_back_what_was_sold_and_puts_cash_into_a_wallet() {
    let mut stage = Stage::member();
    let view = |state: &str, next: Value| {
        json!({ "order": "ord_1", "state": state, "shown_by": "buyer", "name": "Nora Saab",
            "lines": [{ "listing": "lst_1", "title": "Lamp", "quantity": 2 }, { "listing": "lst_2", "title": "Bulb", "quantity": 1 }],
            "due": usd(0), "pickup_day": "2026-11-24", "next": next })
    };
    stage.can("show_code", Outcome::Reply(view("return_open", json!("take_return"))));
    stage.can("take_return", Outcome::Reply(view("returned", Value::Null)));
    stage.event(json!({ "seq": 9, "event": "attendant_appointed", "member": "mbr_sami" }));
    stage.keys("97km4qz\n").shows(&[
        "Nora Saab  gives back",
        "2 × Lamp",
        "Bulb",
        "Take it back, if it is as it was sold",
    ]);
    stage.keys("\n").shows(&["✓ Taken back: Lamp, Nora Saab"]);
    assert_eq!(*stage.asked("take_return"), json!({ "code": "7km4qz" }));
    stage
        .key(KeyCode::F(6))
        .shows(&["Put cash into a wallet"])
        .control('s')
        .shows(&["Say whose wallet it is."]);
    let nobody = json!({ "code": "not_found", "what": "member", "message": "There is no such member." });
    stage
        .can("top_up", Outcome::Refused(nobody))
        .keys("@maya\n20")
        .control('s')
        .shows(&["There is no such member."]);
    assert_eq!(*stage.asked("top_up"), json!({ "username": "maya", "cash": usd(2000) }));
    stage.can("top_up", Outcome::Reply(json!({ "wallet": [usd(6000), lbp(0)] }))).control('s');
    stage.shows(&["✓ It is in the wallet, which has 60.00 USD and 0 LBP now"]);
}

#[test]
fn the_pages_of_cart_checkout_and_money_have_their_help_and_fit() {
    for size in [(80, 24), (44, 12), (120, 40), (200, 60), (20, 5), (1, 1)] {
        let mut stage = Stage::member();
        stage.can("cart", Outcome::Reply(cart())).can("prepare_checkout", Outcome::Reply(checkout("held")));
        stage.can("place_orders", rows(vec![store_order("placed", "buyer"), order("placed", "buyer")]));
        stage
            .can("wallet", Outcome::Reply(wallet()))
            .can("payouts", rows(vec![payout("requested"), payout("paid")]));
        stage.size = size;
        for keys in ["8r", "?", " ", "e"] {
            stage.keys(keys).text();
        }
        stage.key(KeyCode::Esc);
        for keys in ["\n", "?", " ", "jjjj", "kkkk", "\n", "\n", "?", " ", "\n", "6m", "?", " ", "p"] {
            stage.keys(keys).text();
        }
        stage.key(KeyCode::Esc).text();
    }
}

#[test]
fn everything_about_the_account_is_within_reach() {
    let mut stage = Stage::member();
    stage.can("sessions", rows(vec![json!({ "session": "ses_1", "started_at": NOW, "last_seen_at": NOW, "device": "phone", "current": false })]));
    stage.can("end_session", Outcome::Reply(json!({})));
    stage.can("blocks", rows(vec![card("Karim")])).can("unblock", Outcome::Reply(card("Karim")));
    stage.can("hide_presence", Outcome::Reply(json!({ "hidden": true })));
    stage.keys("6").shows(&["Change my name", "Where I am signed in", "Whom I block", "Log out"]);
    stage
        .keys("s")
        .shows(&["phone", "last seen today, 10:00"])
        .keys("x")
        .shows(&["End this session?"])
        .keys("y");
    assert_eq!(stage.asked("end_session")["session"], "ses_1");
    stage.key(KeyCode::Esc).keys("b").shows(&["Karim  @karim"]).keys("x");
    assert_eq!(stage.asked("unblock")["username"], "karim");
    stage.key(KeyCode::Esc).keys("h").shows(&["Show whether I am here"]);
    stage.keys("p").shows(&["Change my password", "Once more"]);
    stage.keys("old-one\nnew-one-1\nnew-one-2\n").shows(&["are not the same"]);
    assert!(!stage.asked.iter().any(|(op, _)| op == "change_password"));
}

#[test]
fn the_mouse_does_what_the_keys_do() {
    let mut stage = Stage::member();
    stage.click("4 Orders").shows(&["waiting for you at the desk"]);
    stage.click("1 Market").click("Karim · books").click("Karim · books").shows(&["b Buy"]);
    stage.click("b Buy").shows(&["[ Not now ]"]).click("[ Not now ]").hides(&["[ Not now ]"]);
    stage.click("Esc back").shows(&["On sale"]);
}

#[test]
fn without_colors_nothing_is_colored_and_everything_is_told() {
    let mut stage = Stage::member_with(Depth::None);
    for keys in ["1", "3", "4", "5", "6", "?", "n", "2"] {
        let buffer = stage.keys(keys).buffer();
        for cell in &buffer.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{keys}: {:?}", cell.symbol());
        }
        stage.key(KeyCode::Esc);
    }
}

#[test]
fn every_page_has_its_help_and_fits() {
    for size in [(80, 24), (44, 12), (120, 40), (200, 60), (20, 5), (1, 1)] {
        let mut stage = Stage::member();
        stage.size = size;
        for keys in ["1", "?", " ", "\n", "?", " ", "b", "n", "3", "\n", "4", "\n", "5", "\n"] {
            stage.keys(keys).text();
        }
        stage.key(KeyCode::Esc).keys("6").text();
        stage.keys("2").text();
    }
    let mut stage = Stage::member();
    stage.keys("?").shows(&["Keys", "search while you type", "the tabs", "Everything can be clicked"]);
}

#[test]
fn a_lost_connection_is_said_and_what_is_on_the_screen_stays() {
    let mut stage = Stage::member();
    stage.told(Told::Down {
        why: "connection refused".to_owned(),
        again_in: std::time::Duration::from_secs(4),
    });
    stage.shows(&["no connection: connection refused", "Spivak, Calculus"]);
    stage.told(Told::Up { encrypted: false, local: false, time: None });
    stage.shows(&["NOT ENCRYPTED"]);
}

#[test]
fn what_others_write_cannot_move_the_cursor() {
    let mut stage = Stage::member();
    stage.can("listings", rows(vec![listing(1, "a\u{1b}[2J\u{7}b\u{202e}c", "Nora")]));
    stage.keys("r");
    let buffer = stage.buffer();
    assert!(buffer.content.iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
    stage.shows(&["[2J"]);
}
