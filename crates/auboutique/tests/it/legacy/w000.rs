//! System 000: its client plays its whole menu, and nothing that may come over the wire hurts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use auboutique::legacy::System;
use auboutique_domain::Currency;
use serde_json::{Value, json};

use super::play::{self, Bare, Program, QUIET};
use crate::stage::Stage;

const WELCOME: &str = "Welcome! Please type \"register\" to register or \"log in\" to log in ";
const REGISTERED: &str = "Account created. Please log in with your new account.";
const NONE: &str = r#"{"action": "display_all", "content": "No products for sale at the moment\n"}"#;
const TOLD: &str = r#"{"action": "new_message"}"#;
const PASSWORD: &str = "Longenough";

fn start(stage: &Stage, options: &[&str]) -> Program {
    Program::start("client_000.py", stage.older(System::S000), options)
}

/// Somebody registers with the program, and is at the menu.
fn enters(stage: &Stage, name: &str) -> Program {
    let mut program = start(stage, &[]);
    let shown = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let email = format!("{name}@mail.aub.edu");
    program.types(&["register", &shown, &email, name, PASSWORD, name, PASSWORD]);
    for expected in [WELCOME, REGISTERED, "login successful."] {
        assert_eq!(program.receives(), expected);
    }
    assert!(program.receives().starts_with(r#"{"action": "display_all", "content": ""#));
    program
}

fn message(text: &str) -> String {
    format!(r#"{{"action": "message", "message": "{text}"}}"#)
}

#[test]
fn the_client_of_000_plays_its_whole_menu() {
    for stage in Stage::each_with_older_wires() {
        plays_000(&stage);
    }
}

fn plays_000(stage: &Stage) {
    let mut alice = start(stage, &[]);
    alice.types(&["dance", "log in", "alice", PASSWORD]);
    assert_eq!((alice.receives(), alice.receives()), (WELCOME.to_owned(), WELCOME.to_owned()));
    assert_eq!(alice.receives(), "Invalid username or password, please try again or register!");
    assert_eq!(alice.receives(), WELCOME);
    alice.types(&["register", "Alice Doe", "alice@mail.aub.edu", "alice", PASSWORD, "alice", PASSWORD]);
    assert_eq!(alice.receives(), REGISTERED);
    assert_eq!(alice.receives(), "login successful.");
    assert_eq!(alice.receives(), NONE);

    let mut bob = start(stage, &[]);
    bob.types(&["register", "Bob", "bob@mail.aub.edu", "alice", PASSWORD]);
    assert_eq!(bob.receives(), WELCOME);
    let taken = "Username already exists, please try a different username, or log in with your account.";
    assert_eq!((bob.receives(), bob.receives()), (taken.to_owned(), WELCOME.to_owned()));
    bob.types(&["register", "Bob", "bob@mail.aub.edu", "bob", PASSWORD, "bob", PASSWORD]);
    assert_eq!(bob.receives(), REGISTERED);
    assert_eq!(bob.receives(), "login successful.");
    assert_eq!(bob.receives(), NONE);

    alice.types(&["add", "Desk Lamp", "12.5", "Bright, hardly used", "pictures/lamp.png"]);
    assert_eq!(alice.receives(), message("Product added successfully"));
    alice.types(&["add", "Chair", "3", "", "chair.png"]);
    assert_eq!(alice.receives(), message("Product added successfully"));
    let (lamp, chair) = (play::number(stage, "Desk Lamp"), play::number(stage, "Chair"));
    alice.types(&["display", "display alice", "display bob", "display nobody", "view"]);
    assert_eq!(
        alice.receives(),
        format!(
            r#"{{"action": "display_all", "content": "Product Listings:\nItem: Desk Lamp, owner: alice, price: 12.5, description: Bright, hardly used, image: pictures/lamp.png, ID: {lamp}\n\nItem: Chair, owner: alice, price: 3.0, description: , image: chair.png, ID: {chair}\n\n"}}"#
        )
    );
    assert_eq!(
        alice.receives(),
        format!(
            r#"{{"action": "display_user", "content": "Product(s) of alice:\nItem: Desk Lamp, price: 12.5, description: Bright, hardly used, image: pictures/lamp.png, ID: {lamp}\n\nItem: Chair, price: 3.0, description: , image: chair.png, ID: {chair}\n\n"}}"#
        )
    );
    assert_eq!(
        alice.receives(),
        r#"{"action": "display_user", "content": "bob has no items for sale right now!"}"#
    );
    assert_eq!(alice.receives(), r#"{"action": "display_user", "content": "Username does not exist!"}"#);
    assert_eq!(alice.receives(), message("No purchases have been made for your products."));

    bob.types(&["buy SK la", &lamp.to_string(), "buy %", "buy lamp", "buy chair", "9"]);
    assert_eq!(
        bob.receives(),
        format!(
            r#"{{"action": "matching_prods", "message": "Matching Products:\nID: {lamp}, Item: Desk Lamp, Owner: alice\n\n", "IDs": ["{lamp}"]}}"#
        )
    );
    let purchase = bob.receives();
    let (_, his) = play::elsewhere(stage, "bob");
    let day = play::bought(stage, his)[0].pickup.day;
    assert_eq!(
        purchase,
        message(&format!("Purchase confirmed! Please collect 'Desk Lamp' from the AUB Post Offie on {day}."))
    );
    let none =
        r#"{"action": "matching_prods", "message": "No products found matching your search.", "IDs": []}"#;
    assert_eq!((bob.receives(), bob.receives()), (none.to_owned(), none.to_owned()));
    bob.shows("Product not found.");
    bob.types(&["check alice"]);
    assert_eq!(bob.receives(), message("alice is online."));
    alice.types(&["view", "check bob", "check nobody"]);
    assert_eq!(
        alice.receives(),
        message(&format!(
            r"Purchases of your products :\nBuyer: bob,\nProduct: Desk Lamp,\nProduct ID: {lamp}\n\n"
        ))
    );
    assert_eq!(alice.receives(), message("bob is online."));
    let nobody = message("User does not exist please make sure you spelled it correctly.");
    assert_eq!(alice.receives(), nobody);

    alice.types(&["send bob is it bright?", "send alice me", "send nobody hello"]);
    assert_eq!(alice.receives(), message("Message sent to bob successfully."));
    assert_eq!(bob.receives(), TOLD);
    assert_eq!(alice.receives(), message("Cannot send messages to yourself."));
    assert_eq!(alice.receives(), nobody);
    bob.types(&["messages", "messages"]);
    bob.shows("You have 1 new message.");
    assert_eq!(
        bob.receives(),
        r#"{"action": "get_msgs", "new": true, "content": "\nYour messages:\nFrom: alice, Message: is it bright?\n\n"}"#
    );
    assert_eq!(bob.receives(), message("No new messages."));

    bob.types(&["help", "exit"]);
    bob.shows("Goodbye!");
    assert!(bob.ends().success());
    let (_, hers) = play::elsewhere(stage, "alice");
    play::becomes(stage, hers, "bob", false);
    alice.types(&["check bob", "send bob too late", "exit"]);
    assert_eq!(alice.receives(), message("bob is not online."));
    assert_eq!(alice.receives(), message("bob is not online, message could not be sent."));
    assert!(alice.ends().success());
    stage.is_clean();
}

#[test]
fn every_session_of_000_is_completed_whatever_lies_between_what_is_typed() {
    let stage = Stage::with_older_wires();
    let play = |name: String, options: &[&str]| {
        let mut program = start(&stage, options);
        let email = format!("{name}@mail.aub.edu");
        program.types(&["register", "Rana Haddad", &email, &name, PASSWORD, &name, PASSWORD]);
        program.types(&["add", "Lamp", "1", "d", "i", "view", "messages", "check nobody", "exit"]);
        assert_eq!(program.receives(), WELCOME);
        assert_eq!(program.receives(), REGISTERED);
        assert_eq!(program.receives(), "login successful.");
        assert!(program.receives().starts_with(r#"{"action": "display_all""#));
        assert_eq!(program.receives(), message("Product added successfully"));
        assert_eq!(program.receives(), message("No purchases have been made for your products."));
        assert_eq!(program.receives(), message("No new messages."));
        assert!(program.receives().contains("User does not exist"));
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
    play("abcdef".to_owned(), &["--fragment", "--gap", "0.05"]);
    stage.is_clean();
}

// ---- bare connections ----

fn hash(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits:0>64}")
}

/// Somebody is at the menu, on a bare connection: all of a turn comes in one piece.
fn at_menu(at: SocketAddr, name: &str) -> Bare {
    let mut bare = Bare::open(at);
    assert_eq!(bare.reads().unwrap(), WELCOME);
    let blob = format!("register{name} Doe{name}@mail.aub.edu{name}{}", hash(name));
    assert_eq!(bare.asks(blob), REGISTERED);
    assert_eq!(bare.asks(format!("{name}{}", hash(name))), "login successful.");
    assert!(bare.reads().unwrap().starts_with(r#"{"action": "display_all""#));
    bare
}

fn told(reply: &str) -> String {
    let reply: Value = serde_json::from_str(reply).unwrap();
    assert_eq!(reply["action"], "message", "{reply}");
    reply["message"].as_str().unwrap().to_owned()
}

#[test]
fn sixteen_buyers_at_once_on_000_are_one_confirmation() {
    for stage in Stage::each_with_older_wires() {
        sixteen_buyers(&stage);
    }
}

fn sixteen_buyers(stage: &Stage) {
    let at = stage.older(System::S000);
    let mut seller = at_menu(at, "seller");
    let add = json!({ "action": "add", "name": "Lamp", "price": 5.0, "description": "", "image": "" });
    assert_eq!(told(&seller.asks(add.to_string())), "Product added successfully");
    // All are at the menu before one buys: who fails before does not keep the others waiting.
    let buyers: Vec<Bare> = (0..16).map(|number| at_menu(at, &format!("buyer{number}"))).collect();
    let barrier = Barrier::new(16);
    let replies: Vec<String> = thread::scope(|scope| {
        let buy = |mut buyer: Bare| {
            let barrier = &barrier;
            scope.spawn(move || {
                buyer.says(r#"{"action": "show_matching", "search_term": "lamp"}"#);
                let found = buyer.reads();
                barrier.wait();
                let found: Value = serde_json::from_str(&found.unwrap()).unwrap();
                let list = &found["message"];
                let buy = json!({ "action": "buy", "prod_list": list, "ID": found["IDs"][0] });
                let reply = told(&buyer.asks(buy.to_string()));
                assert!(buyer.reads_within(QUIET).is_none());
                reply
            })
        };
        let buyers: Vec<_> = buyers.into_iter().map(buy).collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
    });
    let confirmed = replies.iter().filter(|reply| reply.starts_with("Purchase confirmed!")).count();
    assert_eq!(confirmed, 1, "{replies:?}");
    stage.is_clean();
}

#[test]
fn whatever_comes_over_000_is_answered_once_and_the_connection_stays() {
    let stage = Stage::with_older_wires();
    let at = stage.older(System::S000);
    let mut alice = at_menu(at, "alice");
    let nested = format!("{}1{}", "{\"action\":".repeat(5_000), "}".repeat(5_000));
    let long = json!({ "action": "check", "user": "x".repeat(200_000) }).to_string();
    for bad in [
        "{}",
        "{nonsense}",
        r#"{"action": "dance"}"#,
        r#"{"action": 1}"#,
        r#"{"action": "check"}"#,
        r#"{"action": "check", "user": ["alice"]}"#,
        r#"{"action": "send", "to_user": "alice"}"#,
        r#"{"action": "add", "name": "Lamp", "price": NaN, "description": "", "image": ""}"#,
        r#"{"action": "add", "name": "Lamp", "price": -1.0, "description": "", "image": ""}"#,
        r#"{"action": "add", "name": "Lamp", "price": 1.005, "description": "", "image": ""}"#,
        r#"{"action": "add", "name": "", "price": 1.0, "description": "", "image": ""}"#,
        r#"{"action": "buy", "prod_list": "", "ID": "99"}"#,
        r#"{"action": "buy", "prod_list": "", "ID": "first"}"#,
        r#"{"action": "buy", "prod_list": "", "ID": null}"#,
        "{\"action\": \"check\", \"user\": \"line\nbreak\"}",
        "{\"action\": \"check\", \"user\": \"",
        r#"{"action": "check""#,
        &nested,
        &long,
    ] {
        let reply = told(&alice.asks(bad));
        assert!(!reply.is_empty());
        assert_eq!(
            told(&alice.asks(r#"{"action": "check", "user": "alice"}"#)),
            "alice is online.",
            "{bad:.80}"
        );
    }
    // Two requests in a piece, and one in pieces of a byte.
    alice.says(r#"view{"action": "view"}{"action": "get_msgs"}"#);
    assert_eq!(told(&alice.reads().unwrap()), "No purchases have been made for your products.");
    assert_eq!(told(&alice.reads().unwrap()), "No new messages.");
    for byte in br#"{"action": "check", "user": "nobody"}"# {
        alice.says([*byte]);
    }
    assert!(told(&alice.reads().unwrap()).starts_with("User does not exist"));
    alice.says("no object at all");
    assert!(alice.reads_within(QUIET).is_none());
    // Nobody buys from themselves, and what is sold is sold.
    let add = r#"{"action": "add", "name": "Lamp", "price": 5, "description": "", "image": ""}"#;
    assert_eq!(told(&alice.asks(add)), "Product added successfully");
    let id = play::number(&stage, "Lamp").to_string();
    let buy = &json!({ "action": "buy", "prod_list": "", "ID": id }).to_string();
    assert!(!told(&alice.asks(buy)).contains("confirmed"));
    let mut bob = at_menu(at, "bob");
    assert!(told(&bob.asks(buy)).contains("confirmed"));
    assert!(!told(&bob.asks(buy)).contains("confirmed"));
    // The older server closed the connection, and so does this one.
    bob.says(r#"{"action": "log_out"}"#);
    assert_eq!(bob.reads(), None);
    stage.is_clean();
}

#[test]
fn of_eight_who_join_as_one_user_at_once_one_does() {
    for stage in Stage::each_with_older_wires() {
        let at = stage.older(System::S000);
        let mut line: Vec<Bare> = (0..8).map(|_| Bare::open(at)).collect();
        assert!(line.iter_mut().all(|bare| bare.reads().unwrap() == WELCOME));
        for (number, bare) in line.iter_mut().enumerate() {
            bare.says(format!("registerAlicea{number}@mail.aub.edualice{}", hash("alice")));
        }
        let joined = line.iter_mut().filter_map(|bare| (bare.reads().unwrap() == REGISTERED).then_some(()));
        assert_eq!(joined.count(), 1);
        stage.is_clean();
    }
}

#[test]
fn what_a_description_says_of_an_image_stays_in_it() {
    let stage = Stage::with_older_wires();
    let mut alice = at_menu(stage.older(System::S000), "alice");
    for (description, image) in [("See Image: front view", "a.png"), ("Image: none", ""), ("", "b.png")] {
        let add = json!({ "action": "add", "name": "TV", "price": 5.0, "description": description,
            "image": image });
        assert_eq!(told(&alice.asks(add.to_string())), "Product added successfully");
    }
    let shown: Value = serde_json::from_str(&alice.asks(r#"{"action": "display_all"}"#)).unwrap();
    let shown = shown["content"].as_str().unwrap();
    for row in [
        "Item: TV, owner: alice, price: 5.0, description: See Image: front view, image: a.png, ID: 1",
        "Item: TV, owner: alice, price: 5.0, description: , image: b.png, ID: 3",
    ] {
        assert!(shown.contains(row), "{row:?} is not in {shown:?}");
    }
    let mut bob = at_menu(stage.older(System::S000), "bob");
    let buy = r#"{"action": "buy", "prod_list": "", "ID": "1"}"#;
    assert!(told(&bob.asks(buy)).starts_with("Purchase confirmed! Please collect 'TV' from"));
    stage.is_clean();
}

#[test]
fn a_hand_shake_that_goes_wrong_begins_again() {
    let stage = Stage::with_older_wires();
    let at = stage.older(System::S000);
    drop(at_menu(at, "alice"));
    let mut bare = Bare::open(at);
    assert_eq!(bare.reads().unwrap(), WELCOME);
    for neither in ["dance", "reg", "registered", "log in "] {
        assert_eq!(bare.asks(neither), WELCOME, "{neither:?}");
    }
    let wrong = "Invalid username or password, please try again or register!";
    for bad in [
        format!("log inalice{}", hash("eve")),
        format!("log innobody{}", hash("eve")),
        format!("log in{}", hash("eve")),
        format!("log in\u{1}{}", hash("eve")),
    ] {
        assert_eq!(bare.asks(bad), wrong);
        assert_eq!(bare.reads().unwrap(), WELCOME);
    }
    assert_eq!(bare.asks("x".repeat(10_000)), WELCOME);
    let taken = "Username already exists, please try a different username, or log in with your account.";
    for again in ["alice", "ALICE"] {
        assert_eq!(bare.asks(format!("registerEveeve@mail.aub.edu{again}{}", hash("eve"))), taken);
        assert_eq!(bare.reads().unwrap(), WELCOME);
    }
    // Who has joined is asked to log in, and does so as they like.
    assert_eq!(bare.asks(format!("registerEveeve@mail.aub.edueve{}", hash("eve"))), REGISTERED);
    bare.says("ali");
    bare.says("ce");
    bare.says(hash("alice"));
    assert_eq!(bare.reads().unwrap(), "login successful.");
}

#[test]
fn a_client_of_000_takes_one_notice_between_two_requests_and_reads_every_message() {
    let stage = Stage::with_older_wires();
    let web = stage.member("webber");
    let mut alice = enters(&stage, "alice");
    for text in ["one", "two", "three"] {
        play::says(&stage, web.session, "alice", text);
    }
    assert_eq!(alice.receives(), TOLD);
    assert_eq!(alice.receives_within(QUIET), None);
    alice.types(&["check webber"]);
    assert_eq!(alice.receives(), message("webber is not online."));
    // What was owed is told behind the reply.
    assert_eq!(alice.receives(), TOLD);
    play::says(&stage, web.session, "alice", "four");
    assert_eq!(alice.receives_within(QUIET), None);
    alice.types(&["messages"]);
    // While its prompt waits it shows nothing.
    alice.shows("You have 2 new messages");
    assert_eq!(
        alice.receives(),
        r#"{"action": "get_msgs", "new": true, "content": "\nYour messages:\nFrom: webber, Message: one\n\nFrom: webber, Message: two\n\nFrom: webber, Message: three\n\nFrom: webber, Message: four\n\n"}"#
    );
    alice.types(&["messages", "exit"]);
    assert_eq!(alice.receives(), message("No new messages."));
    assert!(alice.ends().success());
    // What is said on 000 is read elsewhere.
    let mut alice = enters_again(&stage, "alice");
    let listener = stage.market.arrival(web.id);
    alice.types(&["send webber thank you"]);
    assert_eq!(alice.receives(), message("Message sent to webber successfully."));
    drop(listener);
    assert_eq!(play::last_said(&stage, web.session), ("alice".to_owned(), "thank you".to_owned()));
    alice.dies();
    play::becomes(&stage, web.session, "alice", false);
    stage.is_clean();
}

fn enters_again(stage: &Stage, name: &str) -> Program {
    let mut program = start(stage, &[]);
    program.types(&["log in", name, PASSWORD]);
    assert_eq!(program.receives(), WELCOME);
    assert_eq!(program.receives(), "login successful.");
    assert!(program.receives().starts_with(r#"{"action": "display_all""#));
    program
}

#[test]
fn a_client_of_000_that_chooses_is_told_nothing() {
    let stage = Stage::with_older_wires();
    let web = stage.member("webber");
    play::offers(&stage, web.session, "Lamp", "", (500, Currency::Usd));
    let mut alice = enters(&stage, "alice");
    alice.types(&["buy lamp"]);
    assert!(alice.receives().starts_with(r#"{"action": "matching_prods""#));
    play::says(&stage, web.session, "alice", "buy it");
    assert_eq!(alice.receives_within(QUIET), None);
    alice.types(&[&play::number(&stage, "Lamp").to_string()]);
    assert!(alice.receives().contains("Purchase confirmed!"));
    assert_eq!(alice.receives(), TOLD);
    // Of what was said while nobody was here, it is told at the beginning.
    alice.dies();
    play::becomes(&stage, web.session, "alice", false);
    play::says(&stage, web.session, "alice", "are you there?");
    let alice = enters_again(&stage, "alice");
    assert_eq!(alice.receives(), TOLD);
}

#[test]
fn what_000_shows_fits_into_what_its_client_reads_at_once() {
    let stage = Stage::with_older_wires();
    let web = stage.member("webber");
    for number in 0..40 {
        let title = format!("مصباح {number}");
        play::offers(&stage, web.session, &title, &"long ".repeat(300), (35_000_000, Currency::Lbp));
    }
    let at = stage.older(System::S000);
    let mut alice = at_menu(at, "alice");
    for request in [
        r#"{"action": "display_all"}"#,
        r#"{"action": "display_user", "username": "webber"}"#,
        r#"{"action": "show_matching", "search_term": ""}"#,
    ] {
        let reply = alice.asks(request);
        assert!(reply.len() <= 1_024);
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let text = reply["content"].as_str().or(reply["message"].as_str()).unwrap().to_owned();
        assert!(text.contains("مصباح 39 (LBP)") && text.ends_with("\n\n"), "{text}");
        assert!(text.matches("ID: ").count() > 1, "{text}");
    }
    assert_eq!(told(&alice.asks(r#"{"action": "get_msgs"}"#)), "No new messages.");
    // A long message is read in parts, each after the other.
    let text = "all of it ".repeat(300);
    play::says(&stage, web.session, "alice", &text);
    assert_eq!(alice.reads().unwrap(), TOLD);
    let mut read = String::new();
    loop {
        let reply: Value = serde_json::from_str(&alice.asks(r#"{"action": "get_msgs"}"#)).unwrap();
        let Some(content) = reply["content"].as_str() else { break };
        let part = content.strip_prefix("\nYour messages:\nFrom: webber, Message: ").unwrap();
        read.push_str(part.strip_suffix("\n\n").unwrap());
        if read.len() < text.trim().len() {
            assert_eq!(alice.reads().unwrap(), TOLD);
        }
    }
    assert_eq!(read, text.trim());
    assert!(alice.reads_within(Duration::from_millis(100)).is_none());
}
