//! System 001: its client plays its whole menu, and nothing that may come over the wire hurts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::thread;

use auboutique::legacy::{Options, System};
use auboutique_domain::Currency;
use auboutique_market::env::SystemEnv;
use serde_json::{Value, json};

use super::play::{self, Bare, Program, QUIET};
use crate::stage::{Database, Stage};

const REGISTERED: &str = "Registration successful";
const PASSWORD: &str = "pass";

fn start(stage: &Stage, options: &[&str]) -> Program {
    Program::start("client_001.py", stage.older(System::S001), options)
}

/// Somebody registers and logs in with the program.
fn enters(stage: &Stage, name: &str) -> Program {
    let mut program = start(stage, &[]);
    program.types(&["1", &format!("{name} Doe"), &format!("{name}@mail.aub.edu"), name, PASSWORD]);
    program.types(&["2", name, PASSWORD]);
    assert_eq!(program.receives(), REGISTERED);
    assert_eq!(program.receives(), "Login successful");
    program
}

#[test]
fn the_client_of_001_plays_its_whole_menu() {
    for stage in Stage::each_with_older_wires() {
        plays_001(&stage);
    }
}

fn plays_001(stage: &Stage) {
    let mut alice = start(stage, &[]);
    alice.types(&["2", "alice", PASSWORD, "1", "Alice Doe", "alice@mail.aub.edu", "alice", PASSWORD]);
    assert_eq!(alice.receives(), "Invalid credentials");
    assert_eq!(alice.receives(), REGISTERED);
    alice.types(&["1", "Other", "other@mail.aub.edu", "alice", PASSWORD]);
    assert_eq!(alice.receives(), "Username already taken");
    alice.types(&["1", "Other", "alice@mail.aub.edu", "other", PASSWORD]);
    assert_eq!(alice.receives(), "Database error: UNIQUE constraint failed: users.email");
    alice.types(&["2", "alice", PASSWORD]);
    assert_eq!(alice.receives(), "Login successful");
    let mut bob = enters(stage, "bob");

    alice.types(&["3", "2", "4", "alice", "4", "nobody"]);
    for _ in 0..4 {
        assert_eq!(alice.receives(), "[]");
    }
    alice.types(&["1", "Lamp", "Bright, été", "12.5", "1", "Chair", "", "3", "1", "Bad", "d", "abc"]);
    assert_eq!(alice.receives(), "Product added successfully");
    assert_eq!(alice.receives(), "Product added successfully");
    assert!(alice.receives().starts_with("Database error: "));
    bob.types(&["3", "4", "alice", "5", "Lamp"]);
    let (lamp, chair) = (play::number(stage, "Lamp"), play::number(stage, "Chair"));
    let both = format!(
        r#"[[{lamp}, "Lamp", "Bright, \u00e9t\u00e9", 12.5, "alice", null], [{chair}, "Chair", "", 3.0, "alice", null]]"#
    );
    assert_eq!(bob.receives(), both);
    assert_eq!(bob.receives(), both);
    let purchase = bob.receives();
    let (_, his) = play::elsewhere(stage, "bob");
    let day = play::bought(stage, his)[0].pickup.day.to_string();
    // Year, month and day, as `date.isoformat()` writes them.
    assert_eq!((day.len(), &day[4..5], &day[7..8]), (10, "-", "-"), "{day}");
    assert_eq!(
        purchase,
        format!(
            "Product purchased successfully.\nPick up your item on {day} any time after 8:00 AM from AUB Post Office."
        )
    );
    bob.types(&["5", "Lamp", "5", "Sofa", "3", "4", "alice"]);
    assert_eq!(bob.receives(), "This product has already been purchased.");
    assert_eq!(bob.receives(), "This product does not exist.");
    assert_eq!(bob.receives(), format!(r#"[[{chair}, "Chair", "", 3.0, "alice", null]]"#));
    let sold = format!(
        r#"[[{lamp}, "Lamp", "Bright, \u00e9t\u00e9", 12.5, "alice", "bob"], [{chair}, "Chair", "", 3.0, "alice", null]]"#
    );
    assert_eq!(bob.receives(), sold);
    alice.types(&["2", "4", "alice"]);
    assert_eq!(alice.receives(), r#"[["Lamp", "bob Doe", "bob", "bob@mail.aub.edu"]]"#);
    assert_eq!(alice.receives(), sold);

    alice.types(&["6", "bob", "6", "nobody", "7", "bob", "is it bright?", "7", "nobody", "hello"]);
    assert_eq!(alice.receives(), "bob is online");
    assert_eq!(alice.receives(), "nobody doesn't exist");
    assert_eq!(alice.receives(), "Message to bob sent.");
    assert_eq!(alice.receives(), "User nobody does not exist.");
    assert_eq!(bob.receives(), "\nNew message from alice:\nis it bright?");
    bob.types(&["8"]);
    bob.shows("Goodbye!");
    assert!(bob.ends().success());
    let (_, hers) = play::elsewhere(stage, "alice");
    play::becomes(stage, hers, "bob", false);
    alice.types(&["6", "bob", "7", "bob", "still there?", "7", "bob", "write to me"]);
    assert_eq!(alice.receives(), "bob is offline");
    assert_eq!(alice.receives(), "Message to bob queued for delivery.");
    assert_eq!(alice.receives(), "Message to bob queued for delivery.");
    let mut bob = start(stage, &[]);
    bob.types(&["2", "bob", PASSWORD]);
    assert_eq!(
        bob.receives(),
        "Login successful\n\nYou have pending messages:\nMessage from alice: \n still there?\nMessage from alice: \n write to me"
    );
    bob.types(&["7", "alice", "here I am", "8"]);
    assert_eq!(bob.receives(), "Message to alice sent.");
    assert!(bob.ends().success());
    assert_eq!(alice.receives(), "\nNew message from bob:\nhere I am");
    let mut bob = start(stage, &[]);
    bob.types(&["2", "bob", PASSWORD, "8"]);
    assert_eq!(bob.receives(), "Login successful");
    assert!(bob.ends().success());
    alice.types(&["8"]);
    assert!(alice.ends().success());
    stage.is_clean();
}

#[test]
fn every_session_of_001_is_completed_whatever_lies_between_what_is_typed() {
    let stage = Stage::with_older_wires();
    let play = |name: String, options: &[&str]| {
        let mut program = start(&stage, options);
        let email = format!("{name}@mail.aub.edu");
        program.types(&["1", "Rana Haddad", &email, &name, PASSWORD, "2", &name, PASSWORD]);
        program.types(&["1", "Lamp", "d", "1", "2", "4", &name, "6", &name, "7", "nobody", "m", "8"]);
        assert_eq!(program.receives(), REGISTERED);
        assert_eq!(program.receives(), "Login successful");
        assert_eq!(program.receives(), "Product added successfully");
        assert_eq!(program.receives(), "[]");
        assert!(program.receives().starts_with("[["));
        assert_eq!(program.receives(), format!("{name} is online"));
        assert_eq!(program.receives(), "User nobody does not exist.");
        assert!(program.ends().success());
    };
    thread::scope(|scope| {
        for (place, gap) in ["0", "0.02", "0.05", "0.1"].into_iter().enumerate() {
            for half in 0..2 {
                let play = &play;
                scope.spawn(move || {
                    for turn in 0..10 {
                        play(format!("rana{place}{half}{turn}"), &["--gap", gap]);
                    }
                });
            }
        }
    });
    play("fragments".to_owned(), &["--fragment"]);
    stage.is_clean();
}

// ---- bare connections ----

fn register(name: &str) -> String {
    let email = format!("{name}@mail.aub.edu");
    let request =
        json!({ "command": "register", "name": name, "email": email, "username": name, "password": "p" });
    request.to_string()
}

fn log_in(name: &str) -> String {
    json!({ "command": "login", "username": name, "password": "p" }).to_string()
}

fn at_menu(at: SocketAddr, name: &str) -> Bare {
    let mut bare = Bare::open(at);
    assert_eq!(bare.asks(register(name)), REGISTERED);
    assert_eq!(bare.asks(log_in(name)), "Login successful");
    bare
}

fn add(name: &str) -> String {
    let add =
        json!({ "command": "add_product", "name": name, "description": "", "price": "5", "owner": "nobody" });
    add.to_string()
}

fn buy(name: &str) -> String {
    json!({ "command": "buy_product", "product": name }).to_string()
}

#[test]
fn sixteen_buyers_at_once_on_001_are_one_confirmation() {
    for stage in Stage::each_with_older_wires() {
        sixteen_buyers(&stage);
    }
}

fn sixteen_buyers(stage: &Stage) {
    let at = stage.older(System::S001);
    assert_eq!(at_menu(at, "seller").asks(add("Lamp")), "Product added successfully");
    // All are at the menu before one buys: who fails before does not keep the others waiting.
    let buyers: Vec<Bare> = (0..16).map(|number| at_menu(at, &format!("buyer{number}"))).collect();
    let barrier = Barrier::new(16);
    let replies: Vec<String> = thread::scope(|scope| {
        let shop = |mut buyer: Bare| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let reply = buyer.asks(buy("Lamp"));
                assert!(buyer.reads_within(QUIET).is_none());
                reply
            })
        };
        let buyers: Vec<_> = buyers.into_iter().map(shop).collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
    });
    let (confirmed, others): (Vec<_>, Vec<_>) =
        replies.iter().partition(|reply| reply.starts_with("Product purchased successfully."));
    assert_eq!(confirmed.len(), 1, "{replies:?}");
    assert!(others.iter().all(|reply| *reply == "This product has already been purchased."), "{replies:?}");
    stage.is_clean();
}

#[test]
fn a_second_thing_of_the_same_name_can_be_bought_too() {
    let stage = Stage::with_older_wires();
    let at = stage.older(System::S001);
    let (mut alice, mut bob, mut eve) = (at_menu(at, "alice"), at_menu(at, "bob"), at_menu(at, "eve"));
    assert_eq!(alice.asks(add("Lamp")), "Product added successfully");
    assert_eq!(bob.asks(add("Lamp")), "Product added successfully");
    assert_eq!(alice.asks(add("Lamp")), "Product added successfully");
    // Nobody buys from themselves: of what there is, the next.
    assert!(alice.asks(buy("Lamp")).starts_with("Product purchased successfully."));
    assert!(eve.asks(buy("Lamp")).starts_with("Product purchased successfully."));
    assert!(eve.asks(buy("Lamp")).starts_with("Product purchased successfully."));
    assert_eq!(eve.asks(buy("Lamp")), "This product has already been purchased.");
    assert_eq!(
        bob.asks(r#"{"command": "view_buyers"}"#),
        r#"[["Lamp", "alice", "alice", "alice@mail.aub.edu"]]"#
    );
    assert_eq!(alice.asks(add("Mirror")), "Product added successfully");
    assert!(!alice.asks(buy("Mirror")).contains("purchased successfully"));
    stage.is_clean();
}

#[test]
fn whatever_comes_over_001_is_answered_once_and_the_connection_stays() {
    let stage = Stage::with_older_wires();
    let mut alice = at_menu(stage.older(System::S001), "alice");
    let nested = format!("{}1{}", "{\"command\":".repeat(5_000), "}".repeat(5_000));
    let long = json!({ "command": "send_message", "owner": "alice", "message": "x".repeat(200_000) });
    for (bad, reply) in [
        ("{}", "Invalid command"),
        ("{nonsense}", "Invalid command"),
        (r#"{"command": "dance"}"#, "Invalid command"),
        (r#"{"command": 1}"#, "Invalid command"),
        (r#"{"command": "login"}"#, "Invalid command"),
        (r#"{"command": "buy_product", "product": ["Lamp"]}"#, "Invalid command"),
        (r#"{"command": "view_products_by_owner"}"#, "[]"),
        (r#"{"command": "view_products_by_owner", "owner": {}}"#, "[]"),
        (r#"{"command": "login", "username": "alice", "password": "wrong"}"#, "Invalid credentials"),
        (r#"{"command": "login", "username": "", "password": ""}"#, "Invalid credentials"),
        ("{\"command\": \"", "Invalid command"),
        (r#"{"command": "quit""#, "Invalid command"),
        (&nested, "Invalid command"),
        (&long.to_string(), "Invalid command"),
    ] {
        assert_eq!(alice.asks(bad), reply, "{bad:.80}");
        let online = alice.asks(r#"{"command": "check_online_status", "owner": "alice"}"#);
        assert_eq!(online, "alice is online", "{bad:.80}");
    }
    for price in ["abc", "-1", "nan", "1e400", "1.005", ""] {
        let add = json!({ "command": "add_product", "name": "Lamp", "description": "", "price": price });
        assert!(alice.asks(add.to_string()).starts_with("Database error: "), "{price}");
    }
    let to_herself = r#"{"command": "send_message", "owner": "alice", "message": "me"}"#;
    assert!(!alice.asks(to_herself).starts_with("Message to"));
    // Two requests in a piece, and one in pieces of a byte.
    alice.says(r#"{"command": "view_buyers"} {"command": "check_online_status", "owner": "nobody"}"#);
    assert_eq!(alice.reads().unwrap(), "[]");
    assert_eq!(alice.reads().unwrap(), "nobody doesn't exist");
    for byte in br#"{"command": "view_products"}"# {
        alice.says([*byte]);
    }
    assert_eq!(alice.reads().unwrap(), "[]");
    alice.says(r#"{"command": "quit"}"#);
    assert_eq!(alice.reads(), None);
    stage.is_clean();
}

#[test]
fn a_name_that_means_a_member_of_the_market_is_not_to_be_had() {
    let stage = Stage::with_older_wires();
    stage.member("rana");
    let mut eve = Bare::open(stage.older(System::S001));
    for name in ["rana", "RANA", "rana@aub", "Rana@AUB"] {
        assert_eq!(eve.asks(register(name)), "Username already taken", "{name}");
    }
}

#[test]
fn of_a_hundred_and_fifty_messages_that_waited_none_is_lost_by_what_is_pushed_behind_them() {
    for database in Database::BOTH {
        // How they come in pieces is not asked here, so the gap is the usual one.
        let options = Options { wires: vec![(System::S001, 0)], ..Options::default() };
        let stage = Stage::with_wires(database, options, Arc::new(SystemEnv::new()), None);
        let web = stage.member("webber");
        let at = stage.older(System::S001);
        let (name, value) = ("messages_per_minute".to_owned(), "1000".to_owned());
        stage.at_console(auboutique_domain::Command::ChangeSetting { name, value });
        drop(at_menu(at, "alice"));
        let (_, hers) = play::elsewhere(&stage, "alice");
        // She has written, so that he may write as much as he likes.
        play::says(&stage, hers, "webber", "hello");
        let text = |number: usize| format!("number {number} of many that are waiting");
        for number in 1..=150 {
            play::says(&stage, web.session, "alice", &text(number));
        }
        let mut alice = Bare::open(at);
        let mut seen = alice.asks(log_in("alice"));
        assert!(seen.starts_with("Login successful"), "{seen}");
        let mut pushed = 150;
        while !seen.contains(&text(150)) || !seen.contains(&text(pushed)) {
            if let Some(more) = alice.reads_within(QUIET) {
                seen.push_str(&more.unwrap());
            } else {
                // What is pushed brings along what was left before it.
                pushed += 1;
                assert!(pushed < 160, "{seen}");
                play::says(&stage, web.session, "alice", &text(pushed));
            }
        }
        let places: Vec<_> = (1..=pushed).map(|number| seen.find(&text(number)).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        stage.is_clean();
    }
}

#[test]
fn who_is_not_logged_in_on_001_does_nothing_and_reads_what_everybody_may() {
    let stage = Stage::with_older_wires();
    let at = stage.older(System::S001);
    let mut alice = at_menu(at, "alice");
    assert_eq!(alice.asks(add("Lamp")), "Product added successfully");
    let mut bare = Bare::open(at);
    for request in [
        add("Chair"),
        buy("Lamp"),
        r#"{"command": "check_online_status", "owner": "alice"}"#.to_owned(),
        r#"{"command": "send_message", "owner": "alice", "message": "hi"}"#.to_owned(),
    ] {
        assert_eq!(bare.asks(request), "Invalid credentials");
    }
    assert_eq!(bare.asks(r#"{"command": "view_buyers"}"#), "[]");
    let number = play::number(&stage, "Lamp");
    let lamp = format!(r#"[[{number}, "Lamp", "", 5.0, "alice", null]]"#);
    assert_eq!(bare.asks(r#"{"command": "view_products"}"#), lamp);
    assert_eq!(bare.asks(r#"{"command": "view_products_by_owner", "owner": "alice"}"#), lamp);
    // Who registers acts as what they are, and is not seen.
    assert_eq!(bare.asks(register("bob")), REGISTERED);
    assert_eq!(alice.asks(r#"{"command": "check_online_status", "owner": "bob"}"#), "bob is offline");
    assert!(bare.asks(buy("Lamp")).starts_with("Product purchased successfully."));
    assert_eq!(alice.asks(r#"{"command": "check_online_status", "owner": "bob"}"#), "bob is offline");
    // Who bought what is between the two.
    let mut eve = at_menu(at, "eve");
    let of = r#"{"command": "view_products_by_owner", "owner": "alice"}"#;
    assert_eq!(eve.asks(of), format!(r#"[[{number}, "Lamp", "", 5.0, "alice", ""]]"#));
    assert_eq!(alice.asks(of), format!(r#"[[{number}, "Lamp", "", 5.0, "alice", "bob"]]"#));
    assert_eq!(bare.asks(of), format!(r#"[[{number}, "Lamp", "", 5.0, "alice", "bob"]]"#));
    // An address is shown only to the wire it was given to.
    let web = stage.member("webber");
    assert_eq!(alice.asks(add("Mirror")), "Product added successfully");
    let listing =
        stage.market.ask_now(auboutique_market::Caller::VISITOR, |view| view.titled("Mirror", 1)).unwrap();
    let listing = &listing[0].1;
    let command = auboutique_domain::Command::BuyListing {
        listing: listing.listing,
        price: listing.price,
        quantity: 1,
    };
    stage.market.run_now(auboutique_market::Caller::member(web.session), command).unwrap();
    assert_eq!(
        alice.asks(r#"{"command": "view_buyers"}"#),
        r#"[["Lamp", "bob", "bob", "bob@mail.aub.edu"], ["Mirror", "webber", "webber", ""]]"#
    );
    stage.is_clean();
}

#[test]
fn what_is_said_to_a_client_of_001_is_pushed_to_each_of_its_connections_and_breaks_no_reply() {
    let stage = Stage::with_older_wires();
    let at = stage.older(System::S001);
    let web = stage.member("webber");
    let mut alice = at_menu(at, "alice");
    let mut second = Bare::open(at);
    assert_eq!(second.asks(log_in("alice")), "Login successful");
    play::says(&stage, web.session, "alice", "one");
    play::says(&stage, web.session, "alice", "two");
    for connection in [&mut alice, &mut second] {
        assert_eq!(connection.reads().unwrap(), "\nNew message from webber:\none");
        assert_eq!(connection.reads().unwrap(), "\nNew message from webber:\ntwo");
    }
    drop(second);
    // A long one comes in parts, and the reply after them alone.
    let long = "all of it ".repeat(300);
    play::says(&stage, web.session, "alice", &long);
    let mut read = String::new();
    while read.len() < long.trim().len() {
        let part = alice.reads().unwrap();
        read.push_str(part.strip_prefix("\nNew message from webber:\n").unwrap());
    }
    assert_eq!(read, long.trim());
    assert_eq!(alice.asks(r#"{"command": "view_buyers"}"#), "[]");
    assert_eq!(
        alice.asks(r#"{"command": "send_message", "owner": "webber", "message": "yes"}"#),
        "Message to webber queued for delivery."
    );
    assert_eq!(play::last_said(&stage, web.session), ("alice".to_owned(), "yes".to_owned()));
    let unread = stage.market.ask_now(auboutique_market::Caller::member(web.session), |view| view.unread());
    assert_eq!(unread.unwrap(), 1);
    // Whose connection is gone is gone.
    drop(alice);
    play::becomes(&stage, web.session, "alice", false);
    let (long, short) = ("x".repeat(900), "y".repeat(200));
    play::says(&stage, web.session, "alice", &long);
    play::says(&stage, web.session, "alice", &short);
    let mut alice = Bare::open(at);
    let pending = format!("Login successful\n\nYou have pending messages:\nMessage from webber: \n {long}");
    assert_eq!(alice.asks(log_in("alice")), pending);
    assert_eq!(alice.reads().unwrap(), format!("\nNew message from webber:\n{short}"));
    assert!(alice.reads_within(QUIET).is_none());
    stage.is_clean();
}

#[test]
fn what_001_shows_fits_into_what_its_client_reads_at_once() {
    let stage = Stage::with_older_wires();
    let web = stage.member("webber");
    for number in 0..40 {
        let title = format!("مصباح {number}");
        play::offers(&stage, web.session, &title, &"long ".repeat(300), (35_000_000, Currency::Lbp));
    }
    let mut alice = enters(&stage, "alice");
    alice.types(&["3", "4", "webber"]);
    for _ in 0..2 {
        let list = alice.receives();
        assert!(list.len() <= 1_024);
        let rows: Value = serde_json::from_str(&list).unwrap();
        let rows = rows.as_array().unwrap();
        assert!(rows.len() > 1);
        assert_eq!(rows.last().unwrap()[1], "مصباح 39 (LBP)");
        assert_eq!(rows.last().unwrap()[3], 35_000_000.0);
    }
    // It can be bought by the name that was shown.
    alice.types(&["5", "مصباح 39 (LBP)", "8"]);
    assert!(alice.receives().starts_with("Product purchased successfully."));
    assert!(alice.ends().success());
}
