//! Auctions on the screen: the lists, the room of one as it lives, and what bidders and sellers can do in it.

use std::time::Duration;

use auboutique_terminal::link::Told;
use auboutique_terminal::skin::Depth;
use auboutique_wire::json::Outcome;
use ratatui::crossterm::event::KeyCode;
use serde_json::{Value, json};

use super::screen::{NOW, Stage, card, checkout, listing, rows, usd};

/// The lamp that Nora sells: half an hour is left, and Bidder 3 leads.
fn lamp() -> Value {
    let mut lot = listing(7, "A brass lamp", "Nora");
    (lot["state"], lot["auction"]) = (json!("at_auction"), json!("auc_1"));
    json!({ "auction": "auc_1", "lot": lot, "state": "open", "result": null, "price": usd(1850),
        "starting_price": usd(500), "minimum": usd(1900), "increment": usd(50), "reserve_met": false, "buy_now": usd(9000),
        "bids": 4, "bidders": 3, "leader": 3, "you": null, "watching": false, "watchers": 7,
        "opened_at": NOW, "ends_at": "2026-11-22T08:30:00.000000Z", "scheduled_end": "2026-11-22T08:30:00.000000Z",
        "hard_end": "2026-11-22T09:30:00.000000Z", "closed_at": null, "notes": [], "checkout": null, "pay_by": null,
        "order": null, "offer": null, "selling": null, "number": 5, "now": NOW })
}

fn with(mut auction: Value, fields: &[(&str, Value)]) -> Value {
    for (name, value) in fields {
        auction[*name] = value.clone();
    }
    auction
}

fn you(maximum: i64, leads: bool) -> Value {
    json!({ "bidder": 2, "maximum": usd(maximum), "leads": leads })
}

/// The same, put up by Sami, who looks.
fn mine(fields: &[(&str, Value)]) -> Value {
    let mut auction = with(lamp(), fields);
    auction["lot"]["seller"] = card("Sami");
    auction
}

fn selling(asked: bool, until: Value) -> Value {
    json!({ "reserve": usd(4000), "asked": asked, "negotiable_until": until, "relists_left": 3, "offers": [] })
}

fn bid(number: i64, bidder: i64, leader: i64, minor: i64) -> Value {
    json!({ "number": number, "at": "2026-11-22T07:59:58.000000Z", "bidder": bidder, "price": usd(minor),
        "leader": leader, "removed": false })
}

fn placed(number: i64, by: i64, leader: i64, minor: i64) -> Value {
    json!({ "seq": 100 + number, "at": NOW, "event": "bid_placed", "auction": "auc_1", "number": number, "by": by,
        "leader": leader, "price": usd(minor), "minimum": usd(minor + 50), "bids": number - 1, "bidders": 4,
        "reserve_met": false, "ends_at": "2026-11-22T08:30:00.000000Z" })
}

/// At the lists, of which the first has that auction.
fn lists(auction: Value) -> Stage {
    let mut stage = Stage::member();
    stage
        .can("auctions", rows(vec![auction.clone()]))
        .can("auction", Outcome::Reply(auction))
        .can("bids", rows(vec![bid(5, 3, 3, 1850), bid(4, 2, 3, 1800)]))
        .can("follow", Outcome::Reply(json!({ "cursor": 9, "heartbeat_ms": 1500 })))
        .can("unfollow", Outcome::Reply(json!({})));
    stage.keys("0").text();
    stage
}

/// In the room of that auction.
fn room(auction: Value) -> Stage {
    let is_over = auction["state"] != "open";
    let mut stage = lists(auction);
    if is_over {
        stage.key(KeyCode::Tab);
    }
    stage.keys("\n").text();
    stage
}

fn count(stage: &Stage, op: &str) -> usize {
    stage.asked.iter().filter(|(asked, _)| asked == op).count()
}

#[test]
fn the_lists_show_price_bids_how_one_stands_and_a_time_that_counts_down() {
    let mut stage = lists(lamp());
    assert_eq!(*stage.asked("auctions"), json!({ "limit": 30, "which": "running" }));
    stage.shows(&[
        "0 Auctions",
        "Running · Over · Bidding · Watched · Selling",
        "A brass lamp",
        "18.50 USD",
        "Nora · 4 bids · reserve not met",
        "30:00 left",
    ]);
    stage.passes(1_000).shows(&["29:59 left"]);
    stage.can("auctions", rows(vec![with(lamp(), &[("you", you(1500, false))])]));
    stage.key(KeyCode::Tab).key(KeyCode::Tab).shows(&["outbid"]);
    assert_eq!(stage.asked("auctions")["which"], "bidding");
    stage.can("auctions", rows(vec![with(lamp(), &[("you", you(2500, true))])])).key(KeyCode::Tab);
    stage.shows(&["you lead"]);
    stage.can("auctions", rows(vec![mine(&[("asked", json!(true))])])).key(KeyCode::Tab);
    stage.shows(&["asked: lower the price?"]);
    assert_eq!(stage.asked("auctions")["which"], "selling");
    // A shelf is one of those that run.
    stage.keys("f").shows(&["Which shelf?"]).key(KeyCode::Down).key(KeyCode::Enter).shows(&["in books"]);
    assert_eq!(*stage.asked("auctions"), json!({ "limit": 30, "which": "running", "category": "books" }));
    // Bids are not told to who looks at a list: it is asked for again.
    let before = count(&stage, "auctions");
    stage.passes(10_000).text();
    assert_eq!(count(&stage, "auctions"), before + 1);
}

#[test]
fn a_room_follows_its_auction_and_shows_a_bid_as_it_comes() {
    let mut stage = room(lamp());
    assert_eq!(*stage.asked("follow"), json!({ "auction": "auc_1" }));
    assert_eq!(*stage.asked("bids"), json!({ "auction": "auc_1", "limit": 50 }));
    stage.told(Told::Here(json!({ "auction": "auc_1", "listeners": 5 })));
    stage.shows(&[
        "30:00 left",
        "Price      18.50 USD   Bidder 3 leads   reserve not met",
        "Next bid   19.00 USD or more",
        "B buys it now for 90.00 USD",
        "4 bids · 3 bidders · 7 watch · 5 here now",
        "Bidder 2   18.00 USD  outbid",
        "Pencil marks in chapter 5.",
    ]);
    stage.event(placed(6, 4, 4, 2100)).shows(&[
        "21.00 USD   Bidder 4 leads",
        "21.50 USD or more",
        "5 bids · 4 bidders",
    ]);
    stage.shows(&["Bidder 4   21.00 USD"]);
    // What is older than what is known changes the history alone.
    stage.event(placed(5, 3, 3, 1850)).shows(&["21.00 USD   Bidder 4 leads"]);
    let mut late = placed(7, 3, 3, 2200);
    late["ends_at"] = json!("2026-11-22T08:33:00.000000Z");
    stage.event(late).shows(&["33:00 left", "A late bid moved the end"]);
    // Whoever leaves follows it no more.
    stage.key(KeyCode::Esc).text();
    assert_eq!(*stage.asked("unfollow"), json!({ "auction": "auc_1" }));
}

#[test]
fn the_countdown_is_the_markets_and_ticks_on_its_seconds() {
    let mut stage = room(with(lamp(), &[("now", json!("2026-11-22T08:10:00.400000Z"))]));
    stage.shows(&["20:00 left"]);
    assert_eq!(stage.app.quiet(), Duration::from_millis(600));
    stage.passes(600).shows(&["19:59 left"]);
    // What was told long ago arrives late, and turns nothing back.
    stage.told(Told::Time("2026-11-22T08:09:59.900000Z".to_owned())).shows(&["19:59 left"]);
    stage.told(Told::Time("2026-11-22T08:29:57.000000Z".to_owned())).shows(&["00:03 left"]);
    stage.passes(3_000).shows(&["closing…", "Bidding is over. One moment…"]).hides(&["b Bid"]);
    stage.can(
        "auction",
        Outcome::Reply(with(
            lamp(),
            &[("state", json!("sold")), ("result", json!("sold")), ("number", json!(9))],
        )),
    );
    let closed = json!({ "seq": 9, "at": NOW, "event": "auction_closed", "auction": "auc_1", "listing": "lst_7",
        "seller": "mbr_nora", "ending": "sold", "bidder": 3, "price": usd(1850) });
    stage.event(closed).shows(&["Sold for 18.50 USD", "highest bid: Bidder 3"]);
}

#[test]
fn a_bid_proposes_the_least_explains_the_maximum_and_leads() {
    let mut stage = room(lamp());
    let taken = json!({ "auction": "auc_1", "bidder": 2, "maximum": usd(2500), "leads": true, "price": usd(1900),
        "minimum": usd(2550), "reserve_met": false, "ends_at": "2026-11-22T08:30:00.000000Z", "number": 6 });
    stage.can("place_bid", Outcome::Reply(taken));
    stage.keys("b").shows(&[
        "At 18.50 USD, and Bidder 3 leads · 30:00 left",
        "Bid 19.00 USD or more.",
        "the most you would pay",
        "Maximum     19.00",
    ]);
    // What is typed takes the place of what is proposed.
    stage.passes(1_000).shows(&["29:59 left"]).keys("25\n").hides(&["Bid 19.00 USD or more."]);
    assert_eq!(*stage.asked("place_bid"), json!({ "auction": "auc_1", "maximum": usd(2500) }));
    stage.shows(&["You lead. Your maximum: 25.00 USD", "Your bid is in, and you lead at 19.00 USD"]);
    stage.shows(&["19.00 USD   you lead", "25.50 USD or more", "you watch it"]);
    // The event of the same bid tells the rest, and asks nothing more.
    let before = count(&stage, "auction");
    stage.event(placed(6, 2, 2, 1900)).shows(&[
        "5 bids · 4 bidders",
        "25.50 USD or more",
        "you        19.00 USD",
    ]);
    assert_eq!(count(&stage, "auction"), before);
    // Somebody bids less than the maximum, then more.
    stage.event(placed(7, 3, 2, 2450)).shows(&["24.50 USD   you lead", "25.50 USD or more"]);
    stage.event(placed(8, 3, 3, 2550)).shows(&[
        "You were outbid just now. Your maximum was 25.00 USD: b bids more",
        "26.00 USD or more",
        "Bidder 3 leads",
    ]);
    // In the room one sees that: it is no notice.
    stage.event(json!({ "seq": 200, "at": NOW, "event": "outbid", "auction": "auc_1", "member": "mbr_sami", "price": usd(2550) }));
    assert!(stage.app.notices.is_empty());
}

#[test]
fn a_refused_bid_says_the_least_that_is_taken_now_and_keeps_what_was_typed() {
    let mut stage = room(lamp());
    let no = json!({ "code": "bid_too_low", "minimum": usd(2600), "message": "The bid is too low: bid 26.00 USD or more." });
    stage.can("place_bid", Outcome::Refused(no));
    stage.keys("b25,50\n").shows(&[
        "Maximum     25,50",
        "The bid is too low: bid 26.00 USD or more.",
        "Bid 26.00 USD or more.",
    ]);
    // Others bid meanwhile: what is typed stays, what is known is renewed.
    stage.event(placed(6, 4, 4, 3000)).shows(&["Maximum     25,50", "At 30.00 USD, and Bidder 4 leads"]);
    stage.shows(&["Bid 30.50 USD or more."]).key(KeyCode::Backspace).keys("x\n");
    assert_eq!(count(&stage, "place_bid"), 1, "no amount is not sent");
    stage.key(KeyCode::Esc).hides(&["Leave the form?"]).shows(&["Bidder 4 leads"]);
}

#[test]
fn watching_buying_at_once_and_taking_a_bid_back_are_keys_of_the_room() {
    let mut stage = room(with(lamp(), &[("you", you(1800, false))]));
    stage.shows(&["You were outbid. Your maximum was 18.00 USD", "b Bid", "B Buy now", "w watch"]);
    stage.can("watch", Outcome::Reply(with(lamp(), &[("watching", json!(true)), ("watchers", json!(8))])));
    stage.keys("w").shows(&["You are told what happens in it", "8 watch · you watch it", "w stop watching"]);
    assert_eq!(*stage.asked("watch"), json!({ "auction": "auc_1" }));
    let mut stage = room(with(lamp(), &[("you", you(1800, false))]));
    let taken = json!({ "auction": "auc_1", "bidder": 2, "maximum": usd(1500), "leads": false, "price": usd(1850),
        "minimum": usd(1900), "reserve_met": false, "ends_at": "2026-11-22T08:30:00.000000Z", "number": 7 });
    stage.can("retract_bid", Outcome::Reply(taken));
    stage.keys("x").shows(&["Take your bid back", "You bid up to 18.00 USD."]).keys("15\n");
    assert_eq!(*stage.asked("retract_bid"), json!({ "auction": "auc_1", "corrected": usd(1500) }));
    let won = [
        ("state", json!("sold")),
        ("result", json!("sold")),
        ("you", you(9000, true)),
        ("price", usd(9000)),
        ("checkout", json!("chk_1")),
        ("pay_by", json!("2026-11-24T08:00:00.000000Z")),
        ("number", json!(8)),
    ];
    stage.can("take_buy_now", Outcome::Reply(with(lamp(), &won)));
    let mut held = checkout("held");
    (held["auction"], held["delivery"]) = (json!("auc_1"), Value::Null);
    stage.can("checkout", Outcome::Reply(held));
    stage.keys("B").shows(&["Buy it now for 90.00 USD?", "Bidding ends at once."]).keys("y");
    assert_eq!(*stage.asked("take_buy_now"), json!({ "auction": "auc_1", "price": usd(9000) }));
    // What was won is paid in its checkout, and that leads back to the room.
    assert_eq!(*stage.asked("checkout"), json!({ "checkout": "chk_1" }));
    stage.shows(&["Check out", "d says how it shall reach you"]).key(KeyCode::Esc);
    stage
        .shows(&["It is yours for 90.00 USD! p: choose how to get it, and pay"])
        .keys("p")
        .shows(&["Check out"]);
}

#[test]
fn after_a_lost_connection_the_room_is_what_it_is_by_then() {
    let mut stage = room(lamp());
    stage.told(Told::Down { why: "the cable".to_owned(), again_in: Duration::from_secs(1) });
    stage.can("auction", Outcome::Reply(with(lamp(), &[("price", usd(3000)), ("number", json!(9))])));
    stage.can("bids", rows(vec![bid(9, 1, 1, 3000), bid(8, 3, 3, 2900)]));
    stage.told(Told::Up { encrypted: true, local: false, time: Some(NOW.to_owned()) });
    let account = json!({ "id": "mbr_sami", "username": "sami", "name": "Sami", "email": "sami@example.org", "role": "member" });
    let before = count(&stage, "follow");
    stage.told(Told::SignedIn { account: account.clone(), live: true, again: true });
    stage.shows(&["30.00 USD", "Bidder 1   30.00 USD"]).hides(&["18.50 USD"]);
    assert_eq!(count(&stage, "follow"), before, "the connection itself goes on following");
    stage.told(Told::SignedIn { account, live: true, again: false }).text();
    assert_eq!(count(&stage, "follow"), before + 1, "another session follows anew");
}

#[test]
fn a_visitor_looks_into_a_room_that_is_asked_for_again_and_again() {
    let mut stage = Stage::visitor(Depth::Many);
    stage
        .can("auctions", rows(vec![lamp()]))
        .can("auction", Outcome::Reply(lamp()))
        .can("bids", rows(vec![]));
    stage
        .key(KeyCode::Esc)
        .keys("0")
        .shows(&["A brass lamp"])
        .keys("\n")
        .shows(&["No bids yet", "30:00 left"]);
    assert_eq!(count(&stage, "follow"), 0);
    let before = count(&stage, "auction");
    stage.passes(5_000).text();
    assert_eq!(count(&stage, "auction"), before + 1);
    stage.keys("b").shows(&["Log in"]);
}

#[test]
fn a_seller_who_is_asked_lowers_the_price_or_leaves_it() {
    let asked = mine(&[
        ("bids", json!(0)),
        ("bidders", json!(0)),
        ("leader", Value::Null),
        ("price", usd(500)),
        ("selling", selling(true, Value::Null)),
    ]);
    let mut stage = room(asked.clone());
    stage.shows(&[
        "Half of the time is gone without a bid. It is 5.00 USD now",
        "your reserve price: 40.00 USD",
    ]);
    stage.shows(&["l lower the price", "s leave it"]).hides(&["b Bid"]);
    let no = json!({ "code": "price_not_lower", "message": "It has to be less than now." });
    stage.can("lower_price", Outcome::Refused(no));
    stage.keys("l").shows(&["Those who watch are told"]).keys("6\n");
    stage.shows(&["It has to be less than now.", "6"]);
    let lowered = with(
        asked.clone(),
        &[("price", usd(400)), ("selling", selling(false, Value::Null)), ("number", json!(6))],
    );
    stage.can("lower_price", Outcome::Reply(lowered)).key(KeyCode::Backspace).keys("4\n");
    assert_eq!(*stage.asked("lower_price"), json!({ "auction": "auc_1", "price": usd(400) }));
    stage.shows(&["4.00 USD"]).hides(&["Half of the time"]);
    let mut stage = room(asked.clone());
    stage.can("keep_price", Outcome::Reply(with(asked, &[("selling", selling(false, Value::Null))])));
    stage.keys("s").shows(&["The price stays"]).hides(&["Half of the time"]);
}

#[test]
fn a_seller_lowers_the_reserve_adds_a_note_and_calls_it_off() {
    let running = mine(&[("selling", selling(false, Value::Null))]);
    let mut stage = room(running.clone());
    for op in ["lower_reserve", "add_auction_note", "cancel_auction"] {
        stage.can(op, Outcome::Reply(running.clone()));
    }
    stage.keys("e30\n\n");
    assert_eq!(*stage.asked("lower_reserve"), json!({ "auction": "auc_1", "reserve": usd(3000) }));
    // None is said, and never meant by an empty field.
    stage.keys("e").control('s').shows(&["Say how much."]).key(KeyCode::Tab).keys("n").control('s');
    assert_eq!(*stage.asked("lower_reserve"), json!({ "auction": "auc_1", "reserve": null }));
    stage.keys("aThe plug is British.").control('s').shows(&["The note is added"]);
    assert_eq!(
        *stage.asked("add_auction_note"),
        json!({ "auction": "auc_1", "text": "The plug is British." })
    );
    stage.keys("x").shows(&["Call it off?"]).keys("It broke\n").shows(&["It is called off"]);
    assert_eq!(*stage.asked("cancel_auction"), json!({ "auction": "auc_1", "reason": "It broke" }));
    let noted = with(
        running,
        &[("notes", json!([{ "at": NOW, "text": "The plug is British." }])), ("number", json!(6))],
    );
    stage.can("auction", Outcome::Reply(noted));
    stage.event(json!({ "seq": 9, "at": NOW, "event": "auction_note_added", "auction": "auc_1" }));
    stage.shows(&["Added today, 10:00:", "The plug is British."]);
}

#[test]
fn what_was_not_sold_is_negotiated_put_up_again_or_sold_at_a_fixed_price() {
    let until = json!("2026-11-23T08:00:00.000000Z");
    let passed = |result: &str| {
        mine(&[
            ("state", json!("passed")),
            ("result", json!(result)),
            ("minimum", Value::Null),
            ("closed_at", json!(NOW)),
            ("selling", selling(false, until.clone())),
        ])
    };
    let mut stage = room(passed("reserve_not_met"));
    stage.shows(&[
        "Over: reserve not met",
        "you can do something about it",
        "t take the bid",
        "c counter",
        "f fixed price",
    ]);
    stage.can("accept_leading_bid", Outcome::Reply(passed("reserve_not_met")));
    stage.keys("t").shows(&["Take the leading bid of 18.50 USD?"]).keys("y");
    assert_eq!(*stage.asked("accept_leading_bid"), json!({ "auction": "auc_1" }));
    let mut countered = passed("reserve_not_met");
    countered["selling"]["offers"] = json!([{ "offer": "ofr_1", "auction": "auc_1", "kind": "counter", "price": usd(3000),
        "expires_at": "2026-11-23T08:00:00.000000Z", "state": "open" }]);
    stage.can("counter_offer", Outcome::Reply(countered));
    stage.keys("c").shows(&["between the leading bid of 18.50 USD"]).keys("30\n");
    assert_eq!(*stage.asked("counter_offer"), json!({ "auction": "auc_1", "price": usd(3000) }));
    stage.shows(&["Offer, counter, 30.00 USD: stands until tomorrow, 10:00"]).hides(&["c counter"]);

    let mut stage = room(passed("no_bids"));
    stage.can("offer_to_watchers", Outcome::Reply(passed("no_bids")));
    stage.keys("o").shows(&["To the 7 who watch, for 24 hours."]).keys("10\n");
    assert_eq!(*stage.asked("offer_to_watchers"), json!({ "auction": "auc_1", "price": usd(1000) }));
    let again = with(mine(&[("selling", selling(false, Value::Null))]), &[("auction", json!("auc_2"))]);
    stage.can("relist_auction", Outcome::Reply(again.clone())).can("auction", Outcome::Reply(again));
    stage.keys("u").shows(&["Put it up again", "For 5.00 USD or less.", "Starts at   5.00", "‹ 3 days ›"]);
    stage.keys("4").control('s').shows(&["30:00 left"]);
    let fields = json!({ "auction": "auc_1", "starting_price": usd(400), "duration_seconds": 259_200 });
    assert_eq!(*stage.asked("relist_auction"), fields);

    let mut stage = room(passed("no_bids"));
    stage.can("sell_at_fixed_price", Outcome::Reply(listing(7, "A brass lamp", "Sami")));
    stage.keys("f").control('s').shows(&["“A brass lamp” is on sale", "What you offer and have sold"]);
    assert_eq!(*stage.asked("sell_at_fixed_price"), json!({ "auction": "auc_1", "price": usd(1850) }));
}

#[test]
fn something_new_is_put_up_from_the_form_to_sell_and_its_terms_are_checked() {
    let mut stage = lists(lamp());
    stage.keys("u").shows(&[
        "‹ at auction ›",
        "Starts at",
        "secret; below it you need not sell",
        "Buy now",
        "‹ 3 days ›",
        "[ Put it up ]",
    ]);
    stage.can("open_auction", Outcome::Reply(mine(&[])));
    stage.keys("Desk lamp\n10\n\n\n\n").key(KeyCode::Tab).key(KeyCode::Tab).key(KeyCode::Tab);
    stage.keys("7").key(KeyCode::Tab).keys("8").control('s').shows(&["10"]);
    assert_eq!(count(&stage, "open_auction"), 0, "the reserve price is below the start");
    stage.key(KeyCode::Backspace).keys("20\n15,5\n").control('s');
    assert_eq!(count(&stage, "open_auction"), 0, "the buy-now price is below the reserve price");
    stage.control('u').keys("30").control('s');
    let asked = json!({ "title": "Desk lamp", "description": "", "category": "books", "condition": "good", "pictures": [],
        "starting_price": usd(1000), "duration_seconds": 604_800, "reserve": usd(2000), "buy_now": usd(3000) });
    assert_eq!(*stage.asked("open_auction"), asked);
    stage.shows(&["“A brass lamp” is up for auction", "30:00 left"]);
    // The form is empty again, and sells at a fixed price.
    stage.keys("2").shows(&["‹ at a fixed price ›", "[ Offer it ]"]).hides(&["Reserve ", "Desk lamp"]);
}

#[test]
fn bidding_can_end_at_a_time_of_the_campus() {
    let mut stage = lists(lamp());
    stage.can("open_auction", Outcome::Reply(mine(&[])));
    stage.keys("3u").hides(&["Until"]);
    stage.key(KeyCode::Tab).key(KeyCode::Tab).keys("u").shows(&["‹ until a time ›", "Until", "on campus"]);
    stage.control('s').shows(&["Say the day and the time in digits"]);
    stage.keys("2026-12-24 18:61").control('s').shows(&["Say the day and the time in digits"]);
    assert_eq!(count(&stage, "open_auction"), 0);
    stage.control('u').keys("2026-12-24 18:30").control('s').shows(&["is up for auction"]);
    let fields =
        json!({ "listing": "lst_3", "starting_price": usd(1850), "ends_at": "2026-12-24T16:30:00.000000Z" });
    assert_eq!(*stage.asked("open_auction"), fields);
    // A time that the market does not take is said where it was typed, and a duration asks for none.
    stage.keys("3u").key(KeyCode::Tab).key(KeyCode::Tab).keys("u").key(KeyCode::Tab).keys("2031-01-01 09:00");
    stage.can(
        "open_auction",
        Outcome::Refused(json!({ "code": "duration_invalid", "message": "30 days at most" })),
    );
    stage.control('s').shows(&["30 days at most", "2031-01-01 09:00"]);
    stage.key(KeyCode::Up).keys("7").shows(&["‹ 7 days ›"]).hides(&["Until", "2031"]);
}

#[test]
fn an_end_that_is_not_taken_for_something_new_is_said_where_it_was_typed() {
    let mut stage = lists(lamp());
    stage.can(
        "open_auction",
        Outcome::Refused(json!({ "code": "duration_invalid", "message": "30 days at most" })),
    );
    stage.keys("uDesk lamp\n10");
    for _ in 0..7 {
        stage.key(KeyCode::Tab);
    }
    stage.keys("u").key(KeyCode::Tab).keys("2026-11-22 20:00");
    stage.key(KeyCode::Tab).control('s').shows(&["30 days at most"]);
    // What is typed next goes where the mistake is.
    stage.keys("5").shows(&["2026-11-22 20:005"]);
}

#[test]
fn a_listing_of_ones_own_is_put_up_as_it_is_described() {
    let mut stage = lists(lamp());
    stage.can("open_auction", Outcome::Reply(mine(&[])));
    stage.keys("3").shows(&["u put up for auction"]).keys("u").shows(&[
        "Put it up for auction",
        "Starts at   18.50",
        "‹ USD ›",
    ]);
    stage.control('s').shows(&["is up for auction", "30:00 left"]);
    let fields = json!({ "listing": "lst_3", "starting_price": usd(1850), "duration_seconds": 259_200 });
    assert_eq!(*stage.asked("open_auction"), fields);
    // What is at auction leads to its room.
    let mut up = listing(7, "A brass lamp", "Sami");
    (up["state"], up["auction"]) = (json!("at_auction"), json!("auc_1"));
    stage
        .can("my_listings", rows(vec![up]))
        .keys("3r")
        .shows(&["at auction · u leads to its room", "u its auction"]);
    stage.keys("u").shows(&["Next bid", "30:00 left"]);
}

#[test]
fn an_offer_is_taken_or_turned_down_in_the_room() {
    let offer = json!({ "offer": "ofr_1", "auction": "auc_1", "kind": "second_chance", "price": usd(1800),
        "expires_at": "2026-11-23T08:00:00.000000Z", "state": "open" });
    let offered = with(
        lamp(),
        &[
            ("state", json!("passed")),
            ("result", json!("not_paid")),
            ("offer", offer),
            ("you", you(1800, false)),
        ],
    );
    let mut stage = room(offered.clone());
    stage.shows(&[
        "The winner did not pay, and you are next.",
        "It can be yours for 18.00 USD until tomorrow, 10:00",
    ]);
    stage.can("answer_offer", Outcome::Reply(with(offered, &[("offer", Value::Null)])));
    stage.keys("t").shows(&["Take it for 18.00 USD?", "within 48 hours"]).key(KeyCode::Esc);
    stage.keys("d").shows(&["Turn it down?"]).keys("y").shows(&["Turned down"]).hides(&["It can be yours"]);
    assert_eq!(*stage.asked("answer_offer"), json!({ "offer": "ofr_1", "accept": false }));
}

#[test]
fn what_one_is_told_by_name_is_a_notice_that_leads_to_the_room() {
    let mut stage = lists(lamp());
    stage.keys("1");
    let news = |name: &str, fields: Value| {
        let mut event = json!({ "seq": 50, "at": NOW, "event": name, "auction": "auc_1" });
        for (field, value) in fields.as_object().unwrap() {
            event[field] = value.clone();
        }
        event
    };
    let told = |stage: &mut Stage, event: Value| {
        stage.event(event);
        stage.app.notices.first().map(|notice| notice.text.clone()).unwrap_or_default()
    };
    let me = json!("mbr_sami");
    let outbid = told(&mut stage, news("outbid", json!({ "member": me, "price": usd(2000) })));
    assert_eq!(outbid, "You were outbid on “A brass lamp”: it is at 20.00 USD now");
    for (what, sentence) in [
        ("ending_soon", "“A brass lamp” ends soon: 30:00 left, at 18.50 USD"),
        ("price_lowered", "The seller asks for less: “A brass lamp” begins at 18.50 USD now"),
        ("note_added", "The seller added a note to “A brass lamp”"),
        ("offered", "“A brass lamp” is offered to those who watch it"),
    ] {
        assert_eq!(told(&mut stage, news("auction_news", json!({ "member": me, "news": what }))), sentence);
    }
    let over = with(
        lamp(),
        &[
            ("state", json!("sold")),
            ("result", json!("sold")),
            ("pay_by", json!("2026-11-24T08:00:00.000000Z")),
        ],
    );
    stage.can("auction", Outcome::Reply(over));
    let closed = told(&mut stage, news("auction_news", json!({ "member": me, "news": "closed" })));
    assert_eq!(closed, "“A brass lamp” is over: it went for 18.50 USD");
    let won = json!({ "buyer": me, "seller": "mbr_nora", "price": usd(1850), "checkout": "chk_1" });
    assert_eq!(
        told(&mut stage, news("auction_won", won)),
        "You won “A brass lamp” for 18.50 USD. Pay by Tue 24 Nov, 10:00"
    );
    let offer = json!({ "offer": "ofr_1", "kind": "counter", "member": me, "seller": "mbr_nora", "price": usd(3000) });
    assert_eq!(
        told(&mut stage, news("offer_made", offer)),
        "“A brass lamp” can be yours for 30.00 USD: take it or leave it"
    );
    stage.can("auction", Outcome::Reply(mine(&[])));
    let asked = told(&mut stage, news("negotiation_asked", json!({ "seller": me, "price": usd(500) })));
    assert_eq!(asked, "Half of the time is gone: lower the price of “A brass lamp”?");
    let declined = json!({ "offer": "ofr_1", "state": "declined", "member": "mbr_maya", "seller": me });
    assert_eq!(
        told(&mut stage, news("offer_ended", declined)),
        "Your offer of “A brass lamp” was turned down"
    );
    let defaulted = json!({ "buyer": "mbr_maya", "seller": me });
    assert_eq!(
        told(&mut stage, news("winner_defaulted", defaulted)),
        "The winner of “A brass lamp” did not pay"
    );
    stage
        .keys("n")
        .shows(&["What happened", "You were outbid on “A brass lamp”"])
        .keys("\n")
        .shows(&["30:00 left", "Bids"]);
}

#[test]
fn the_pages_of_auctions_have_their_help_and_fit() {
    let long = "A brass lamp that stood in the reading room of Jafet Library for sixty years, with its shade";
    for size in [(80, 24), (44, 12), (120, 40), (200, 60), (20, 5), (1, 1)] {
        let mut auction = with(
            lamp(),
            &[("you", you(1800, false)), ("notes", json!([{ "at": NOW, "text": "It works." }]))],
        );
        auction["lot"]["title"] = json!(long);
        let mut stage = lists(auction.clone());
        stage.size = size;
        for keys in ["?", " ", "\n", "?", " ", "jj", "kk", "b", "?", "5"] {
            stage.keys(keys).text();
        }
        stage.key(KeyCode::F(1)).text();
        stage.keys(" ").key(KeyCode::PageDown).key(KeyCode::Esc).keys("x").text();
        let mut stage = room(mine(&[("selling", selling(true, Value::Null))]));
        stage.size = size;
        stage.keys("e").text();
        stage.key(KeyCode::Esc).keys("a").text();
    }
    let mut stage = lists(lamp());
    stage.keys("?").shows(&["running, over, bidding, watched, selling"]).keys(" ");
    stage.keys("\n?").shows(&["bid the most you would pay", "yours: lower price"]);
    stage.keys(" ").size = (120, 40);
    stage.shows(&["30:00 left", "Bidder 3   18.50 USD", "Pencil marks in chapter 5.", "0 Auctions"]);
}
