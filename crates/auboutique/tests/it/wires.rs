//! A story told over every wire that can tell it leaves one log of events: nothing depends on which program people use.
//!
//! Two people, a store, an auction: each story is told over the protocol and over the API by one text, and over the wires of
//! older systems by theirs. All tellings of a story begin at the same moment, on clocks that are set by hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use auboutique::legacy::{Options, System};
use auboutique_domain::order::State;
use auboutique_domain::time::{Moment, Span};
use auboutique_market::env::{ManualEnv, SystemEnv};
use auboutique_market::{Caller, Env};
use serde_json::{Value, json};

use crate::api::{Api, Asked};
use crate::legacy::play::{self, Bare};
use crate::legacy::{w003, w004};
use crate::stage::{Database, Person, Stage, Wire, unhurried, usd};

const PASSWORD: &str = "a heron over the corniche";
/// What a client of 000 sends for a password.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

// ---- the log ----

/// What happened, in order, with each id replaced by its place among those of its kind. That members came and went is left
/// out: some wires sign in where others have joined already.
fn log(stage: &Stage) -> Vec<Value> {
    stage.is_clean();
    let page = stage.market.ask_now(Caller::CONSOLE, |view| view.events_after(0, &[], 1_000)).unwrap();
    let mut names = BTreeMap::new();
    let events = page.told.iter().map(|told| serde_json::to_value(&told.event).unwrap());
    let events = events.filter(|event| {
        let name = event["event"].as_str().unwrap();
        !name.starts_with("session_") && name != "pickup_point_added"
    });
    events.map(|event| named(event, &mut names)).collect()
}

/// The same with names for ids.
fn named(value: Value, names: &mut BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            // An account of an order is called by what it is and whose.
            let (account, id) = text.rsplit_once(':').unwrap_or(("", &text));
            match id.split_once('_') {
                Some((kind, rest)) if kind.len() == 3 && rest.len() >= 26 => {
                    let next = names.values().filter(|name| name.starts_with(kind)).count() + 1;
                    let name = names.entry(id.to_owned()).or_insert_with(|| format!("{kind} {next}"));
                    json!(format!("{account} {name}").trim_start())
                }
                _ => json!(text),
            }
        }
        Value::Array(values) => values.into_iter().map(|value| named(value, names)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(field, value)| (field, named(value, names))).collect()
        }
        other => other,
    }
}

/// All tellings of a story left the log of the first, and those events are in it.
fn are_one(story: &str, tellings: &[(&str, Vec<Value>)], holds: &[&str]) {
    let (first, expected) = &tellings[0];
    let names: Vec<&str> = expected.iter().map(|event| event["event"].as_str().unwrap()).collect();
    for event in holds {
        assert!(names.contains(event), "{story}: no {event} in {names:?}");
    }
    for (wire, log) in tellings {
        for (number, (event, expected)) in log.iter().zip(expected).enumerate() {
            assert_eq!(event, expected, "{story} over {wire}, line {number}: left is not what {first} left");
        }
        assert_eq!(log.len(), expected.len(), "{story} over {wire}: {:#?}", log.last());
    }
}

fn now() -> Moment {
    SystemEnv::new().now()
}

/// A stage with the wire of one system, or of none, whose clock stands at that moment.
fn stage(database: Database, system: Option<System>, now: Moment) -> Stage {
    let wires = system.map(|system| (system, 0)).into_iter().collect();
    let env: Arc<dyn Env> = Arc::new(ManualEnv::new(now, 6));
    Stage::with_wires(database, Options { wires, ..unhurried() }, env, None)
}

// ---- the market's own wires ----

/// One of the market's own wires.
#[derive(Debug, Clone, Copy)]
enum Own {
    Protocol,
    Api,
}

impl fmt::Display for Own {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Protocol => "the protocol",
            Self::Api => "the API",
        })
    }
}

/// A member who uses one of them.
enum Member {
    Protocol(Wire),
    Api(Api, String),
}

impl Own {
    fn joins(self, stage: &Stage, name: &str) -> Member {
        let joins = json!({ "name": name, "username": name, "email": format!("{name}@mail.aub.edu"),
            "password": PASSWORD });
        match self {
            Self::Protocol => {
                let mut wire = stage.visitor();
                wire.does("register", joins);
                Member::Protocol(wire)
            }
            Self::Api => {
                let api = Api::of(stage);
                assert_eq!(api.ask(None, "register", &joins).status, 201);
                let signs_in = json!({ "login": name, "password": PASSWORD, "device": "A test" });
                let token = api.ask(None, "log_in", &signs_in).json()["token"].as_str().unwrap().to_owned();
                Member::Api(api, token)
            }
        }
    }

    /// Who is a member already.
    fn signs_in(self, stage: &Stage, person: &Person) -> Member {
        match self {
            Self::Protocol => Member::Protocol(stage.connect(person)),
            Self::Api => Member::Api(Api::of(stage), person.token.clone()),
        }
    }
}

impl Member {
    fn does(&mut self, op: &str, fields: Value) -> Value {
        match self {
            Self::Protocol(wire) => wire.does(op, fields),
            Self::Api(api, token) => {
                let said = api.ask(Some(token), op, &fields);
                assert_eq!(said.code(), "ok", "{op}: {}", String::from_utf8_lossy(&said.body));
                if said.body.is_empty() { Value::Null } else { said.json() }
            }
        }
    }
}

// ---- two people ----

/// Rana joins, then Karim. She offers a lamp for 12.50; he buys it and thanks her; she reads it.
const LAMP: &str = "A lamp";
const THANKS: &str = "thank you";

fn two_people(own: Own, stage: &Stage) -> Vec<Value> {
    let [mut rana, mut karim] = ["rana", "karim"].map(|name| own.joins(stage, name));
    let listing = json!({ "title": LAMP, "description": "", "price": usd(1_250), "category": "other",
        "condition": "good" });
    let listing = rana.does("add_listing", listing);
    karim.does("buy", json!({ "listing": listing["listing"], "price": usd(1_250) }));
    let talk = karim.does("start_conversation", json!({ "username": "rana" }));
    let conversation = &talk["conversation"];
    karim.does("send_message", json!({ "conversation": conversation, "text": THANKS }));
    rana.does("mark_read", json!({ "conversation": conversation, "number": 1 }));
    log(stage)
}

fn two_people_over_000(stage: &Stage) -> Vec<Value> {
    let [mut rana, mut karim] = ["rana", "karim"].map(|name| {
        let mut wire = Bare::open(stage.older(System::S000));
        wire.reads();
        wire.says("register");
        let created = wire.asks(format!("{name}{name}@mail.aub.edu{name}{HASH}"));
        assert!(created.starts_with("Account created."), "{created}");
        assert_eq!(wire.asks(format!("{name}{HASH}")), "login successful.");
        wire.reads();
        wire
    });
    rana.asks(
        json!({ "action": "add", "name": LAMP, "price": 12.5, "description": "", "image": "" }).to_string(),
    );
    let found = karim.asks(json!({ "action": "show_matching", "search_term": "lamp" }).to_string());
    let found: Value = serde_json::from_str(&found).unwrap();
    karim.asks(json!({ "action": "buy", "prod_list": found["message"], "ID": found["IDs"][0] }).to_string());
    karim.asks(json!({ "action": "send", "to_user": "rana", "message": THANKS }).to_string());
    assert_eq!(rana.reads().unwrap(), r#"{"action": "new_message"}"#);
    rana.asks(json!({ "action": "get_msgs" }).to_string());
    log(stage)
}

fn two_people_over_001(stage: &Stage) -> Vec<Value> {
    let [mut rana, mut karim] = ["rana", "karim"].map(|name| {
        let mut wire = Bare::open(stage.older(System::S001));
        let joins = json!({ "command": "register", "name": name, "email": format!("{name}@mail.aub.edu"),
            "username": name, "password": PASSWORD });
        assert_eq!(wire.asks(joins.to_string()), "Registration successful");
        wire
    });
    for (wire, name) in [(&mut rana, "rana"), (&mut karim, "karim")] {
        let logs_in = json!({ "command": "login", "username": name, "password": PASSWORD });
        assert_eq!(wire.asks(logs_in.to_string()), "Login successful");
    }
    let adds = json!({ "command": "add_product", "name": LAMP, "description": "", "price": "12.50",
        "owner": "rana" });
    rana.asks(adds.to_string());
    karim.asks(json!({ "command": "buy_product", "product": LAMP }).to_string());
    karim.asks(json!({ "command": "send_message", "owner": "rana", "message": THANKS }).to_string());
    assert_eq!(rana.reads().unwrap(), format!("\nNew message from karim:\n{THANKS}"));
    // What is asked next is answered after that was marked as read.
    rana.asks(json!({ "command": "view_products" }).to_string());
    log(stage)
}

#[test]
fn two_people_leave_one_log_over_the_protocol_the_api_000_and_001() {
    let now = now();
    for database in Database::BOTH {
        let own = [Own::Protocol, Own::Api];
        let tellings = [
            ("the protocol", two_people(own[0], &stage(database, None, now))),
            ("the API", two_people(own[1], &stage(database, None, now))),
            ("000", two_people_over_000(&stage(database, Some(System::S000), now))),
            ("001", two_people_over_001(&stage(database, Some(System::S001), now))),
        ];
        are_one("two people", &tellings, &["order_placed", "message_sent"]);
    }
}

// ---- a store ----

/// The store of the house invites Nour, who opens one of her own, with two copies of a novel. Omar joins and puts both into
/// his cart, and a tea towel of which there is none yet; he buys what there is. The towel is taken off the shelf.
const STORE: &str = "Book Corner";

fn a_store(own: Own, stage: &Stage) -> Vec<Value> {
    w003::name_the_house(stage);
    let (house, _) = play::elsewhere(stage, "cybermarket_003_merchant");
    let mut house = own.signs_in(stage, &stage.again(house.id, &house.username));
    let code = house.does("create_invitation", json!({}))["code"].clone();
    let mut nour = own.joins(stage, "nour");
    let opening = json!({ "code": code, "name": STORE, "description": "Old books",
        "email": "nour@mail.aub.edu" });
    let store = nour.does("open_store", opening)["store"].clone();
    let mut stocks = |title: &str, cents: i64| {
        let product = json!({ "store": store, "title": title, "description": "", "category": "other",
            "condition": "new", "variants": [{ "price": usd(cents), "copies": 0 }] });
        nour.does("add_product", product)["listing"].clone()
    };
    let (novel, towel) = (stocks("A novel", 1_250), stocks("A tea towel", 400));
    nour.does("restock", json!({ "listing": novel, "copies": 2 }));
    let mut omar = own.joins(stage, "omar");
    omar.does("add_to_cart", json!({ "listing": novel, "quantity": 2 }));
    // Over 003 every line of a cart is bought by itself.
    omar.does("buy", json!({ "listing": novel, "price": usd(1_250), "quantity": 2 }));
    omar.does("remove_from_cart", json!({ "listing": novel }));
    nour.does("withdraw_listing", json!({ "listing": towel }));
    log(stage)
}

fn a_store_over_003(stage: &Stage) -> Vec<Value> {
    w003::name_the_house(stage);
    let at = stage.older(System::S003);
    let [mut house, mut nour, mut omar] = [0; 3].map(|_| w003::Client::open(at));
    house.does(&["MERCHANT_LOGIN", "Cybermarket", w003::PASSWORD]);
    let code = house.extra(&["MERCHANT_CREATE_IVITATION"]);
    nour.does(&["MERCHANT_CREATE", STORE, "Old books", "nour@mail.aub.edu", "pages", "Cybermarket", &code]);
    nour.does(&["MERCHANT_LOGIN", STORE, "pages"]);
    let mut stocks = |title: &str, price: &str| {
        nour.does(&["MERCHANT_ADD_PRODUCT", title, price, ""]);
        play::number(stage, title).to_string()
    };
    let (novel, towel) = (stocks("A novel", "12.5"), stocks("A tea towel", "4"));
    nour.does(&["MERCHANT_RESTOCK_PRODUCT", &novel, "2"]);
    omar.does(&["CLIENT_CREATE", "omar", "omar@mail.aub.edu", "secret"]);
    omar.does(&["CLIENT_LOGIN", "omar", "secret"]);
    omar.does(&["CLIENT_ADD_ITEM", &novel, "2"]);
    omar.does(&["CLIENT_CHECKOUT_ITEM"]);
    nour.does(&["MERCHANT_DEL_PRODUCT", &towel]);
    log(stage)
}

#[test]
fn a_store_leaves_one_log_over_the_protocol_the_api_and_003() {
    let now = now();
    for database in Database::BOTH {
        let stage = || stage(database, Some(System::S003), now);
        let tellings = [
            ("the protocol", a_store(Own::Protocol, &stage())),
            ("the API", a_store(Own::Api, &stage())),
            ("003", a_store_over_003(&stage())),
        ];
        are_one("a store", &tellings, &["store_opened", "stock_changed", "order_placed"]);
    }
}

// ---- an auction ----

/// Sam puts up a lamp for five minutes. Bob bids 20; Alice bids 15, and is outbid at once; she bids 25. It ends; she pays by
/// card, and it is sent to her.
const ADDRESS: &str = "Bliss Street 5 Beirut";

fn an_auction(own: Own, house: &w004::House) -> Vec<Value> {
    let stage = &house.stage;
    let [mut sam, mut bob, mut alice] = ["sam", "bob", "alice"].map(|name| own.joins(stage, name));
    let lot = json!({ "title": "Lamp", "description": "green", "category": "other", "condition": "good",
        "price": usd(1_000), "starting_price": usd(1_000), "duration_seconds": 300 });
    let auction = sam.does("open_auction", lot)["auction"].clone();
    bob.does("place_bid", json!({ "auction": auction, "maximum": usd(2_000) }));
    for cents in [1_500, 2_500] {
        alice.does("place_bid", json!({ "auction": auction, "maximum": usd(cents) }));
    }
    house.passes(Span::minutes(6));
    let won = alice.does("auction", json!({ "auction": auction }));
    let checkout = &won["checkout"];
    let to = json!({ "checkout": checkout, "name": "Alice A.", "address": ADDRESS });
    alice.does("choose_delivery", to);
    let begins = json!({ "checkout": checkout, "currency": "USD" });
    let payment = alice.does("start_payment", begins)["payment"].clone();
    let page = format!("/payments/{}/page", payment.as_str().unwrap());
    let (alices, _) = play::elsewhere(stage, "alice");
    let person = stage.again(alices.id, &alices.username);
    pay(stage, &page, &person);
    w004::until(|| {
        let shown = alice.does("payment", json!({ "payment": payment }));
        (shown["state"] == "placed").then_some(())
    });
    let order = sam.does("auction", json!({ "auction": auction }))["order"].clone();
    sam.does("ship_order", json!({ "order": order, "note": "" }));
    log(stage)
}

/// Pays on the page of the sandbox, where the market's own leads.
fn pay(stage: &Stage, page: &str, person: &Person) {
    let cookie = crate::http::cookie(person);
    let (name, value) = cookie.split_once(": ").unwrap();
    let sent = Api::of(stage).send(&Asked::new("GET", page).with(name, value));
    let place = sent.header("location").unwrap_or_else(|| panic!("{sent:?}"));
    let (host, path) = place.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let bank = Api::at(host.parse().unwrap());
    let pays = Asked::new("POST", &format!("/{path}"))
        .with("Origin", &format!("http://{host}"))
        .saying("application/x-www-form-urlencoded", "card=approves");
    assert_eq!(bank.send(&pays).status, 303);
}

fn an_auction_over_004(house: &w004::House) -> Vec<Value> {
    let mut sam = house.somebody("sam", "seller");
    let mut bob = house.somebody("bob", "buyer");
    let mut alice = house.somebody("alice", "buyer");
    sam.does("list|Lamp|green|10|5");
    assert_eq!(sam.reply(), "ITEM_LISTED 2");
    bob.does("bid|Lamp|20");
    assert_eq!(bob.reply(), "BID_ACCEPTED 2");
    for bid in ["bid|Lamp|15", "bid|Lamp|25"] {
        alice.does(bid);
        assert!(alice.reply().starts_with("BID_ACCEPTED "), "{}", alice.reply());
    }
    sam.does("answer|Sam|4242424242424242|11/29|Hamra Street 1");
    alice.does(&format!("answer|Alice A.|4242424242424242|12/27|{ADDRESS}"));
    house.passes(Span::minutes(6));
    let shipping = sam.dialogue().pop().unwrap();
    assert!(shipping.starts_with("Shipping_Info ") && shipping.ends_with(ADDRESS), "{shipping}");
    let auction = house.auction("Lamp");
    let (_, seller) = play::elsewhere(&house.stage, "sam");
    w004::until(|| {
        let order = house.stage.market.ask_now(Caller::member(seller), move |view| {
            view.auction(auction)?.order.map(|order| view.order(order)).transpose()
        });
        order.unwrap().filter(|order| order.state == State::Shipped)
    });
    log(&house.stage)
}

#[test]
fn an_auction_leaves_one_log_over_the_protocol_the_api_and_004() {
    let now = now();
    for database in Database::BOTH {
        let house = || w004::House::begin(database, Options::default(), now);
        let tellings = [
            ("the protocol", an_auction(Own::Protocol, &house())),
            ("the API", an_auction(Own::Api, &house())),
            ("004", an_auction_over_004(&house())),
        ];
        are_one(
            "an auction",
            &tellings,
            &["bid_placed", "auction_closed", "payment_captured", "order_shipped"],
        );
    }
}
