//! What the wire makes of bytes that no client of ours would send, and of clients that are slow, rude or gone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auboutique_domain::member::Role;
use auboutique_domain::pickup::MOST_CAPACITY;
use auboutique_market::Market;
use auboutique_terminal::{Client, Tls};
use auboutique_wire::json::{MAX_FRAME, OPS, Outcome};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::api::Api;
use crate::stage::{PASSWORD, Person, Stage, Wire, code, listing, on_both, request, usd};

on_both! {
    /// `promises.md` W2.
    fn a_line_that_is_no_request_gets_a_typed_answer_and_changes_nothing(stage) {
        let mut rana = stage.connect(&stage.member("rana"));
        rana.lists("A lamp", 1_000);
        let before = stage.state();
        for (about, bytes, codes) in lines() {
            for wire in [&mut stage.visitor(), &mut rana] {
                wire.send(&bytes);
                for expected in &codes {
                    let answer = wire.answer();
                    assert_eq!(code(&answer), *expected, "{about}: {answer}");
                }
                wire.is_alive();
            }
        }
        assert_eq!(stage.state(), before);
    }

    fn a_request_that_comes_byte_by_byte_is_answered_like_any_other(stage) {
        let mut wire = stage.connect(&stage.member("rana"));
        for line in [request(7, "add_listing", listing("كتاب café 🪔", 1_000)), request(8, "me", json!({}))] {
            for byte in line.as_bytes() {
                wire.send(std::slice::from_ref(byte));
            }
        }
        let (added, me) = (wire.answer(), wire.answer());
        assert_eq!((&added["id"], &added["reply"]["title"]), (&json!(7), &json!("كتاب café 🪔")));
        assert_eq!((&me["id"], &me["reply"]["username"]), (&json!(8), &json!("rana")));
    }

    fn requests_sent_without_waiting_are_answered_in_their_order_and_a_read_sees_the_writes_before_it(stage) {
        let mut wire = stage.connect(&stage.member("rana"));
        let mut lines = String::new();
        for number in 0..300_u64 {
            lines += &match number % 3 {
                0 => request(number, "add_listing", listing(&format!("Lamp number {number}"), 1_000)),
                1 => request(number, "my_listings", json!({ "limit": 1 })),
                _ => request(number, "ping", json!({})),
            };
        }
        wire.send(lines.as_bytes());
        for number in 0..300 {
            let answer = wire.answer();
            assert_eq!((&answer["id"], code(&answer)), (&json!(number), "ok"), "{answer}");
            if number % 3 == 1 {
                assert_eq!(answer["reply"]["rows"][0]["title"], format!("Lamp number {}", number - 1));
            }
        }
    }

    fn half_a_line_before_the_end_of_the_connection_is_nothing(stage) {
        let rana = stage.member("rana");
        let whole = request(1, "add_listing", listing("A lamp", 1_000));
        for length in [1, whole.len() / 2, whole.len() - 1] {
            let mut wire = stage.connect(&rana);
            // Signing in is an event of its own; what comes after it must not be one.
            let before = stage.state();
            wire.send(&whole.as_bytes()[..length]);
            wire.finish();
            assert_eq!(wire.line(), None, "{length} bytes were answered");
            assert_eq!(stage.state(), before);
        }
        let mut wire = stage.connect(&rana);
        wire.send(request(2, "ping", json!({})).as_bytes());
        wire.send(whole.as_bytes());
        wire.finish();
        assert_eq!(code(&wire.answer()), "ok");
        assert_eq!(code(&wire.answer()), "ok", "what was asked before the end is still done and answered");
        assert_eq!(wire.line(), None);
    }

    /// `promises.md` S5, T32b.
    fn a_number_that_is_none_or_out_of_range_gets_a_typed_answer_and_changes_nothing(stage) {
        let mut cells = 0;
        for field in fields(stage) {
            let Field { about, mut wire, op, before, after, most, least, good, bad, optional } = field;
            for (value, kind) in values(most) {
                let expected = match kind {
                    Kind::NotJson => "not_json",
                    Kind::NotANumber => "bad_field",
                    Kind::Null if optional => "ok",
                    Kind::Null => "bad_field",
                    Kind::Whole => match value.parse::<i128>().unwrap() {
                        number if i64::try_from(number).is_err() => "bad_field",
                        number if (i128::from(least)..=i128::from(most)).contains(&number) => good,
                        _ => bad,
                    },
                };
                let state = stage.state();
                let line = format!("{{\"id\":1,\"op\":\"{op}\",{before}{value}{after}}}\n");
                wire.send(line.as_bytes());
                let answer = wire.answer();
                assert_eq!(code(&answer), expected, "{about}: {line}{answer}");
                if expected != "ok" {
                    assert_eq!(stage.state(), state, "{about}: {line}");
                }
                cells += 1;
            }
            wire.is_alive();
        }
        eprintln!("{:?}: {cells} numbers in their fields", stage.location);
        stage.is_clean();
    }

    fn a_setting_that_is_a_number_is_read_as_strictly_as_any(stage) {
        let mut operator = stage.connect(&stage.member_with(Role::Operator, "operator_one"));
        for value in ["-1", "5001", "1.5", "1e3", "1e400", "NaN", "inf", "٥", "", "5 5", "9223372036854775808", "0x5"] {
            let before = stage.state();
            let change = json!({ "name": "commission_basis_points", "value": value });
            assert_eq!(code(&operator.ask("change_setting", change)), "setting_invalid", "{value:?}");
            assert_eq!(stage.state(), before);
        }
        for value in ["0", "5000", " 5"] {
            operator.does("change_setting", json!({ "name": "commission_basis_points", "value": value }));
        }
        assert_eq!(operator.does("settings", json!({}))["commission_basis_points"], 5);
    }

    /// A byte that PostgreSQL cannot keep in a text is no reason to break.
    fn no_text_of_any_kind_breaks_anything(stage) {
        let rana = stage.member_with(Role::Operator, "rana");
        let point = stage.point().id.to_string();
        let mut wire = stage.connect(&rana);
        let lamp = wire.lists("A lamp", 1_000);
        let texts = ["\0", "a\0b", "rana\0", "rana\0@aub.edu", "\u{7f}", "\u{202e}", "\u{feff}", "\u{10ffff}", "'; DROP TABLE members; --", "%", "_", "\\", "*", "\"", "🪔", "ʼ", "a'b\"c", "NEAR(", "-", "AND OR NOT"];
        let long = "x".repeat(50_000);
        for text in texts.into_iter().chain([long.as_str()]) {
            for (op, parameters) in [
                ("member", json!({ "username": text })),
                ("listings_of", json!({ "username": text })),
                ("log_in", json!({ "login": text, "password": text, "device": text })),
                ("resume", json!({ "token": text })),
                ("register", json!({ "name": text, "username": text, "email": text, "password": text })),
                ("search", json!({ "text": text })),
                ("search", json!({ "text": format!("lamp {text}") })),
                ("listings", json!({ "category": text })),
                ("listings", json!({ "after": text })),
                ("my_orders", json!({ "after": text })),
                ("listing", json!({ "listing": text })),
                ("order", json!({ "order": text })),
                ("end_session", json!({ "session": text })),
                ("change_username", json!({ "username": text })),
                ("show_code", json!({ "code": text })),
                ("edit_listing", json!({ "listing": lamp, "title": text, "description": text })),
                ("edit_listing", json!({ "listing": lamp, "category": text })),
                ("change_role", json!({ "username": text, "role": "member" })),
                ("change_role", json!({ "username": "nobody_here", "role": text })),
                ("change_setting", json!({ "name": text, "value": text })),
                ("change_setting", json!({ "name": "email_domains", "value": format!("{text} !") })),
                ("close_day", json!({ "pickup_point": point, "day": text })),
                ("add_pickup_point", json!({ "name": text, "address": text, "time_zone": text, "opening": { text: text }, "daily_capacity": 1 })),
                ("checkout", json!({ "checkout": text })),
                ("start_payment", json!({ "checkout": text, "currency": text })),
                ("statement", json!({ "purse": text, "from": text, "until": text })),
                ("statement", json!({ "purse": "wallet", "from": text, "until": text, "after": text })),
                ("payouts", json!({ "after": text })),
                ("request_payout", json!({ "purse": text, "amount": { "minor": 1, "currency": text } })),
                ("confirm_payout", json!({ "payout": "out_01jd9y3t8qf1vaz0w6k2m4n8pr", "note": text })),
                ("request_return", json!({ "order": "ord_01jd9y3t8qf1vaz0w6k2m4n8pr", "reason": text })),
                ("top_up", json!({ "username": text, "cash": usd(1) })),
                ("listings", json!({ "limit": text })),
                ("ping", json!({ "key": text })),
                (text, json!({})),
            ] {
                // Only a line that is itself too long is not read.
                let answer = wire.ask_any(op, parameters);
                assert!(!["broken", "closing", "disconnected"].contains(&code(&answer)), "{op} {text:?}: {answer}");
            }
        }
        wire.does("me", json!({}));
        wire.does("edit_listing", json!({ "listing": lamp, "title": "A lamp" }));
        stage.is_clean();
    }

    fn an_id_comes_back_as_it_went(stage) {
        let mut wire = stage.visitor();
        let long = format!("\"{}\"", "é".repeat(50));
        for id in ["0", "-1", "42", "9007199254740993", "9223372036854775807", "18446744073709551615",
            "-9223372036854775808", "\"\"", "\"a\"", "\"é \\\" \\\\ \\n\"", "null", long.as_str()] {
            for op in ["ping", "me", "order", "nothing"] {
                wire.send(format!("{{\"op\":\"{op}\",\"id\":{id}}}\n").as_bytes());
                let line = wire.line().unwrap();
                let answer: Value = serde_json::from_str(&line).unwrap();
                assert_eq!(answer["id"], serde_json::from_str::<Value>(id).unwrap(), "{line}");
                assert!(line.starts_with(&format!("{{\"id\":{id},")), "{line}");
            }
        }
        wire.send(b"{\"op\":\"ping\"}\n");
        assert_eq!(wire.answer()["id"], Value::Null);
    }

    /// Whatever is asked for, a line of the server is no longer than a line may be; see `Wire::line`.
    fn a_page_has_as_many_rows_as_fit_into_a_line_and_the_next_page_goes_on_behind_them(stage) {
        stage.widen_the_point();
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let (mut seller, mut buyer) = (stage.connect(&rana), stage.connect(&karim));
        let mut offered = BTreeSet::new();
        for number in 0..120 {
            let mut fields = listing(&format!("Lamp number {number}"), 1_000);
            // Some of a line's worth, some short: a page that fits is not always as long as the one before.
            fields["description"] = Value::from(if number % 3 == 0 { "🪔".repeat(4_000) } else { "\n".repeat(3) });
            offered.insert(seller.does("add_listing", fields)["listing"].as_str().unwrap().to_owned());
        }
        for (op, parameters) in [("listings", json!({})), ("search", json!({ "text": "lamp" })),
            ("listings_of", json!({ "username": "rana" })), ("my_listings", json!({}))] {
            assert_eq!(all(&mut seller, op, parameters, "listing"), offered, "{op}");
        }
        for listing in offered.iter().take(110) {
            buyer.buys(listing, 1_000);
        }
        assert_eq!(all(&mut buyer, "my_orders", json!({}), "order").len(), 110);
        assert_eq!(all(&mut seller, "my_sales", json!({}), "order").len(), 110);
        for _ in 0..120 {
            stage.again(rana.id, &rana.username);
        }
        let sessions = seller.does("sessions", json!({}));
        assert!(sessions["rows"].as_array().unwrap().len() > 50);
    }

    fn a_session_that_ends_on_one_connection_is_refused_on_every_other_at_once(stage) {
        let rana = stage.member("rana");
        let phone = stage.again(rana.id, &rana.username);
        let mut desk = stage.connect(&rana);
        let (mut first, mut second) = (stage.connect(&phone), stage.connect(&phone));
        for wire in [&mut first, &mut second] {
            wire.does("me", json!({}));
        }
        desk.does("end_session", json!({ "session": phone.session.to_string() }));
        for wire in [&mut first, &mut second] {
            let before = stage.state();
            for (op, parameters) in signed_in_requests() {
                assert_eq!(code(&wire.ask(op, parameters)), "session_ended", "{op}");
            }
            let key = json!({ "name": "Rana", "key": "k" });
            assert_eq!(code(&wire.ask("change_name", key)), "session_ended");
            assert_eq!(code(&wire.ask("resume", json!({ "token": phone.token }))), "session_ended");
            assert_eq!(stage.state(), before);
            wire.is_alive();
        }
        desk.does("me", json!({}));
        // Logging out ends the session wherever it is signed in, and the connection is a visitor's again.
        let mut other = stage.connect(&rana);
        desk.does("log_out", json!({}));
        assert_eq!(code(&other.ask("me", json!({}))), "session_ended");
        assert_eq!(code(&other.ask("add_listing", listing("A lamp", 1_000))), "session_ended");
        assert_eq!(code(&desk.ask("me", json!({}))), "sign_in_needed");
    }

    fn another_password_ends_every_other_session_at_once(stage) {
        let mut here = stage.visitor();
        let joined = here.does("register", json!({
            "name": "Rana", "username": "rana", "email": "rana@mail.aub.edu", "password": PASSWORD, "device": "here",
        }));
        let mut there = stage.visitor();
        there.does("log_in", json!({ "login": "rana", "password": PASSWORD }));
        let mut again = stage.visitor();
        again.does("resume", json!({ "token": joined["token"] }));
        let new = "a kite under the old lighthouse";
        here.does("change_password", json!({ "current_password": PASSWORD, "new_password": new }));
        assert_eq!(code(&there.ask("me", json!({}))), "session_ended");
        assert_eq!(code(&there.ask("add_listing", listing("A lamp", 1_000))), "session_ended");
        here.does("me", json!({}));
        again.does("me", json!({}));
        assert_eq!(code(&there.ask("log_in", json!({ "login": "rana", "password": PASSWORD }))), "wrong_credentials");
        there.does("log_in", json!({ "login": "rana", "password": new }));
        there.does("me", json!({}));
    }

    /// What a key remembers leaves secrets out, so it cannot tell two new passwords apart.
    fn another_new_password_under_the_key_of_the_first_is_not_passed_off_as_taken(stage) {
        let mut wire = stage.visitor();
        let joined = json!({ "name": "Rana", "username": "rana", "email": "rana@mail.aub.edu", "password": PASSWORD });
        wire.does("register", joined);
        let passwords = [PASSWORD, "a kite under the old lighthouse", "two boats and no wind at all"];
        for pair in passwords.windows(2) {
            let change = json!({ "current_password": pair[0], "new_password": pair[1], "key": "k" });
            wire.does("change_password", change);
            stage.visitor().does("log_in", json!({ "login": "rana", "password": pair[1] }));
        }
    }

    fn a_cart_becomes_two_orders_in_the_same_words_on_every_wire(stage) {
        let api = Api::of(stage);
        let stores = Stores::of(stage);
        let (karim, tala) = (stage.member("karim"), stage.member("tala"));
        let mut wire = stage.connect(&karim);
        let by_lines = stores.are_bought_from(&mut |op, parameters| {
            let answer = wire.ask(op, parameters);
            let kind = ["reply", "refused"].into_iter().find(|kind| answer.get(kind).is_some()).unwrap();
            (code(&answer).to_owned(), answer[kind].clone())
        });
        let by_http = stores.are_bought_from(&mut |op, parameters| {
            let said = api.ask(Some(&tala.token), op, &parameters);
            (said.code(), said.json())
        });
        assert_eq!(by_lines, by_http);
        stage.is_clean();
    }

    /// `promises.md` W2: seeded, so that a soup that is not eaten can be cooked again.
    fn five_hundred_byte_soups_do_not_kill_the_server(stage) {
        let rana = stage.member("rana");
        let mut witness = stage.connect(&rana);
        witness.lists("A lamp", 1_000);
        let before = stage.state();
        for seed in 0..500 {
            let soup = cook(seed);
            let mut wire = stage.visitor();
            wire.send(&soup);
            wire.send(b"\n");
            wire.send(request(4_711, "ping", json!({})).as_bytes());
            loop {
                let answer = wire.answer();
                assert_ne!(code(&answer), "broken", "soup {seed}: {answer}");
                if answer["id"] == 4_711 {
                    break;
                }
            }
        }
        assert_eq!(stage.state(), before, "a visitor changed something with bytes at random");
        witness.does("me", json!({}));
        stage.is_clean();
    }
}

/// `promises.md` M5.
#[test]
fn the_number_of_a_card_is_refused_on_every_wire_and_lies_nowhere_afterwards() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let stores = Stores::of(&stage);
    let (rana, karim) = (&stores.owner, stage.member("karim"));
    let mut buyer = stage.connect(&karim);
    let lamp = stage.connect(&stores.neighbor).lists("A lamp", 1_000);
    let order = buyer.buys(&lamp, 1_000)["order"].clone();
    let talk = buyer.does("start_conversation", json!({ "listing": stores.mug }))["conversation"].clone();
    let operator = stage.member_with(Role::Operator, "operator_one");
    let mut keys = 0;
    for number in ["4242 4242 4242 4242", "4242424242424242", "4242-4242-4242-4242", "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢"]
    {
        let text = format!("My card is {number}, take it");
        let mut described = listing("A lamp", 1_000);
        described["description"] = Value::from(text.clone());
        for (who, op, parameters) in [
            (rana, "add_listing", listing(&text, 1_000)),
            (rana, "add_listing", described),
            (rana, "edit_listing", json!({ "listing": stores.mug, "title": text })),
            (rana, "edit_store", json!({ "description": text })),
            (rana, "adjust_stock", json!({ "listing": stores.mug, "copies": 1, "reason": text })),
            (&karim, "send_message", json!({ "conversation": talk, "text": text })),
            (&karim, "request_return", json!({ "order": order, "reason": text })),
            (&karim, "change_name", json!({ "name": text })),
            (
                &operator,
                "confirm_payout",
                json!({ "payout": "out_01jd9y3t8qf1vaz0w6k2m4n8pr", "note": text }),
            ),
        ] {
            let mut wire = stage.connect(who);
            let before = stage.state();
            keys += 1;
            let mut keyed = parameters.clone();
            keyed["key"] = Value::from(format!("card {keys}").replace(' ', "-"));
            assert_eq!(code(&wire.ask(op, keyed)), "card_number", "{op}: {text}");
            let asked = api.request(op, &parameters).by(&who.token).under(&format!("over-http-{keys}"));
            let said = api.send(&asked);
            assert_eq!((said.status, said.code().as_str()), (422, "card_number"), "{op}: {text}");
            assert!(!String::from_utf8_lossy(&said.body).contains(number), "{op} says it again");
            assert_eq!(stage.state(), before, "{op}");
        }
        let mut files = 0;
        for entry in std::fs::read_dir(stage.folder.path()).unwrap().map(Result::unwrap) {
            if !entry.file_name().to_string_lossy().starts_with("market.db") {
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            files += 1;
            let found = bytes.windows(number.len()).any(|part| part == number.as_bytes());
            assert!(!found, "{number} is in {:?}", entry.path());
        }
        assert!(files > 0, "no file of the database was looked into");
    }
    stage.is_clean();
}

#[test]
fn a_client_and_the_server_agree_on_a_version_or_part() {
    let stage = Stage::on_sqlite();
    let mut wire = stage.visitor();
    assert_eq!(wire.does("hello", json!({}))["version"], 1);
    assert_eq!(wire.does("hello", json!({ "versions": [1] }))["version"], 1);
    assert_eq!(wire.does("hello", json!({ "versions": [7, 3, 1, -2] }))["version"], 1);
    for versions in [json!([]), json!([2]), json!([0, 2, i64::MAX])] {
        let no = wire.ask("hello", json!({ "versions": versions }));
        assert_eq!((code(&no), &no["refused"]["versions"]), ("version_unsupported", &json!([1])));
    }
    wire.is_alive();
}

/// `promises.md` W3, and that none of it holds up anybody else. Real time passes here: ten seconds of it.
#[test]
fn whoever_is_silent_or_does_not_listen_is_cut_off_and_nobody_else_is() {
    let stage = Stage::on_sqlite();
    let (member, busy) = (stage.member("rana"), stage.member("karim"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let silent = scope.spawn(|| closed_after(&stage, b""));
        let dripping = scope.spawn(|| closed_after(&stage, b"{"));
        let blank = scope.spawn(|| closed_after(&stage, b"\r\n"));
        let mut visitors = vec![("silent", silent), ("dripping", dripping), ("blank", blank)];
        let deaf = scope.spawn(|| deaf(&stage));
        visitors.push(("deaf", deaf));
        let mut quiet = stage.connect(&member);
        // Somebody else is about all the while and never waits long.
        let others = scope.spawn(|| {
            let mut wire = stage.connect(&busy);
            let (mut slowest, mut asked) = (0, 0_u64);
            while !done.load(Ordering::SeqCst) {
                let before = stage.market.now();
                wire.does("change_name", json!({ "name": format!("Karim {asked}") }));
                wire.does("listings", json!({ "limit": 1 }));
                slowest = slowest.max(stage.market.now().since(before).micros());
                asked += 2;
                if asked.is_multiple_of(64) {
                    // Two cores have other things to do as well.
                    pause(Duration::from_millis(200));
                }
            }
            (slowest, asked)
        });
        for (who, visitor) in visitors {
            let micros = visitor.join().unwrap();
            eprintln!("{who}: cut off after {} ms", micros / 1_000);
            assert!((9_000_000..25_000_000).contains(&micros), "{who}: cut off after {micros} µs");
        }
        done.store(true, Ordering::SeqCst);
        let (slowest, asked) = others.join().unwrap();
        eprintln!("meanwhile {asked} requests were answered, the slowest pair in {} ms", slowest / 1_000);
        assert!(slowest < 3_000_000, "somebody else waited {slowest} µs");
        // A member who is signed in may think.
        quiet.does("me", json!({}));
    });
}

#[test]
fn an_encrypted_connection_works_and_what_does_not_fit_is_an_error_and_not_a_hang() {
    let folder = TempDir::new().unwrap();
    let (ours, _) = certificate(folder.path(), "ours");
    let (theirs, _) = certificate(folder.path(), "theirs");
    let acceptor = auboutique::tcp::tls(&ours, &ours.with_extension("key"), &[]).unwrap();
    let stage = Stage::on_sqlite_with(Some(acceptor), None);
    let rana = stage.member("rana");
    let address = stage.address.to_string();
    let mut client = Client::connect(&address, &Tls::Authority(ours.clone())).unwrap();
    let mut ask = |op: &str, parameters: Value| match client.call(op, fields_of(parameters)).unwrap() {
        Outcome::Reply(reply) => reply,
        other => panic!("{op}: {other:?}"),
    };
    ask("resume", json!({ "token": rana.token }));
    ask("add_listing", listing("A lamp", 1_000));
    let named =
        Client::connect(&format!("localhost:{}", stage.address.port()), &Tls::Authority(ours.clone()));
    assert!(named.is_ok(), "by its name: {:?}", named.err());

    let start = stage.market.now();
    for (about, tls) in [
        ("another authority", Tls::Authority(theirs)),
        ("the public authorities", Tls::Public),
        ("no encryption", Tls::Off),
        ("a file that is not there", Tls::Authority(folder.path().join("nothing.pem"))),
        ("a file that is no certificate", Tls::Authority(ours.with_extension("key"))),
    ] {
        let error = Client::connect(&address, &tls).err().unwrap_or_else(|| panic!("{about}: it works"));
        eprintln!("{about}: {error}");
    }
    // Somebody who never says anything is not kept for long either.
    let mut silent = TcpStream::connect(stage.address).unwrap();
    assert_eq!(silent.read(&mut [0; 100]).unwrap_or(0), 0);
    assert!(stage.market.now().since(start).seconds_up() < 25);

    let plain = Stage::on_sqlite();
    let error = Client::connect(&plain.address.to_string(), &Tls::Authority(ours)).err();
    eprintln!("encryption where there is none: {}", error.expect("it works"));
    let mut still = Client::connect(&address, &Tls::Authority(folder.path().join("ours.pem"))).unwrap();
    assert!(matches!(still.call("ping", Map::new()), Ok(Outcome::Reply(_))));
}

// ---- lines ----

/// Lines that are no request: what they are, their bytes, and the codes of the answers.
fn lines() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let mut lines: Vec<(&str, Vec<u8>, Vec<&str>)> = Vec::new();
    for (about, line) in [
        ("no JSON", "hello"),
        ("a word of another protocol", "GET / HTTP/1.1"),
        ("half an object", "{\"id\":1,\"op\":\"ping\""),
        ("an object and more", "{\"id\":1,\"op\":\"ping\"} x"),
        ("two objects", "{\"id\":1,\"op\":\"ping\"}{\"id\":2,\"op\":\"ping\"}"),
        ("an array", "[{\"id\":1,\"op\":\"ping\"}]"),
        ("an empty array", "[]"),
        ("a number", "1"),
        ("a text", "\"ping\""),
        ("null", "null"),
        ("true", "true"),
        ("single quotes", "{'id':1,'op':'ping'}"),
        ("a comma too many", "{\"id\":1,\"op\":\"ping\",}"),
        ("a comment", "{\"id\":1,\"op\":\"ping\"} // hello"),
        ("a byte order mark", "\u{feff}{\"id\":1,\"op\":\"ping\"}"),
        ("the same field twice", "{\"id\":1,\"op\":\"ping\",\"op\":\"me\"}"),
        ("the same id twice", "{\"id\":1,\"id\":1,\"op\":\"ping\"}"),
        ("the same unknown field twice", "{\"id\":1,\"op\":\"ping\",\"x\":1,\"x\":1}"),
        (
            "the same field twice, deep down",
            "{\"id\":1,\"op\":\"ping\",\"x\":[{\"y\":{\"a\":1,\"\\u0061\":2}}]}",
        ),
        ("half a surrogate pair", "{\"id\":1,\"op\":\"ping\",\"x\":\"\\ud800\"}"),
        ("a control character in a text", "{\"id\":1,\"op\":\"ping\",\"x\":\"\u{1}\"}"),
        ("an escape that is none", "{\"id\":1,\"op\":\"ping\",\"x\":\"\\x41\"}"),
        ("NaN", "{\"id\":1,\"op\":\"ping\",\"x\":NaN}"),
        ("a leading zero", "{\"id\":01,\"op\":\"ping\"}"),
        ("a number too large for any", "{\"id\":1,\"op\":\"ping\",\"x\":1e400}"),
        ("a zero byte", "\0"),
        ("a zero byte behind", "{\"id\":1,\"op\":\"ping\"}\0"),
        ("a vertical tab", "\u{b}"),
    ] {
        lines.push((about, format!("{line}\n").into_bytes(), vec!["not_json"]));
    }
    for (about, line) in [
        ("an empty object", "{}"),
        ("no operation", "{\"id\":1}"),
        ("an operation that is a number", "{\"id\":1,\"op\":1}"),
        ("an operation that is null", "{\"id\":1,\"op\":null}"),
        ("an id that is a list", "{\"id\":[1],\"op\":\"ping\"}"),
        ("an id that is an object", "{\"id\":{},\"op\":\"ping\"}"),
        ("an id that is true", "{\"id\":true,\"op\":\"ping\"}"),
        ("an id with a fraction", "{\"id\":1.5,\"op\":\"ping\"}"),
        ("an id as large as no integer", "{\"id\":18446744073709551616,\"op\":\"ping\"}"),
        ("a key that is a number", "{\"id\":1,\"op\":\"ping\",\"key\":7}"),
        ("a key that is a list", "{\"id\":1,\"op\":\"ping\",\"key\":[]}"),
        ("a field too few", "{\"id\":1,\"op\":\"search\"}"),
        ("a field of another kind", "{\"id\":1,\"op\":\"search\",\"text\":7}"),
        (
            "an id of another thing",
            "{\"id\":1,\"op\":\"order\",\"order\":\"lst_01jd9y3t8qf1vaz0w6k2m4n8pr\"}",
        ),
    ] {
        lines.push((about, format!("{line}\n").into_bytes(), vec!["bad_field"]));
    }
    for (about, line) in [
        ("an unknown operation", "{\"id\":1,\"op\":\"frobnicate\"}"),
        ("an operation in capitals", "{\"id\":1,\"op\":\"PING\"}"),
        ("an operation with a blank", "{\"id\":1,\"op\":\"ping \"}"),
        ("an operation without a name", "{\"id\":1,\"op\":\"\"}"),
        ("an operation with an endless name", &format!("{{\"id\":1,\"op\":\"{}\"}}", "p".repeat(60_000))),
    ] {
        lines.push((about, format!("{line}\n").into_bytes(), vec!["unknown_op"]));
    }
    for key in [String::new(), "k".repeat(101), "a b".to_owned(), "clé".to_owned(), "\\u0000".to_owned()] {
        let line = format!("{{\"id\":1,\"op\":\"me\",\"key\":\"{key}\"}}\n");
        lines.push(("a key that cannot be one", line.into_bytes(), vec!["key_invalid"]));
    }
    for bytes in [
        &b"\xff\xfe\n"[..],
        b"{\"id\":1,\"op\":\"ping\",\"x\":\"\xe9\"}\n",
        b"\xc0\xaf\n",
        b"\xed\xa0\x80\n",
        b"\xf4\x90\x80\x80\n",
    ] {
        lines.push(("not UTF-8", bytes.to_vec(), vec!["not_json"]));
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let deep = |times: usize| format!("{}1{}\n", open.repeat(times), close.repeat(times)).into_bytes();
        let code = if deep(10_000).len() > MAX_FRAME { "frame_too_long" } else { "not_json" };
        lines.push(("10,000 levels deep", deep(10_000), vec![code]));
        lines.push(("5,000 levels deep", deep(5_000), vec!["not_json"]));
        let inside =
            format!("{{\"id\":1,\"op\":\"ping\",\"x\":{}1{}}}\n", open.repeat(5_000), close.repeat(5_000));
        lines.push(("a field 5,000 levels deep", inside.into_bytes(), vec!["not_json"]));
        lines.push(("never closed", format!("{}\n", open.repeat(9_000)).into_bytes(), vec!["not_json"]));
    }
    // A message may say what was said, but it is an answer and has to fit into a line (`Wire::line`).
    let name = "\u{200b}".repeat(9_000);
    lines.push((
        "a long name twice",
        format!("{{\"{name}\":1,\"{name}\":2}}\n").into_bytes(),
        vec!["not_json"],
    ));
    let long = "\u{200b}".repeat(20_000);
    lines.push((
        "a long text for a number",
        format!("{{\"op\":\"listings\",\"limit\":\"{long}\"}}\n").into_bytes(),
        vec!["bad_field"],
    ));
    lines.push((
        "a long role",
        format!("{{\"op\":\"change_role\",\"username\":\"rana\",\"role\":\"{long}\"}}\n").into_bytes(),
        vec!["bad_field"],
    ));

    let of_length = |length: usize, end: &str| {
        let mut line = format!("{{\"id\":1,\"op\":\"ping\",\"x\":\"{}\"}}", "x".repeat(length - 27));
        assert_eq!(line.len(), length);
        line.push_str(end);
        line.into_bytes()
    };
    lines.push(("64 KiB", of_length(MAX_FRAME, "\n"), vec!["ok"]));
    lines.push(("64 KiB and CRLF", of_length(MAX_FRAME, "\r\n"), vec!["ok"]));
    lines.push(("64 KiB and a byte", of_length(MAX_FRAME + 1, "\n"), vec!["frame_too_long"]));
    lines.push(("1 MiB", of_length(1 << 20, "\n"), vec!["frame_too_long"]));
    lines.push((
        "1 MiB, then a request",
        [of_length(1 << 20, "\n"), of_length(40, "\n")].concat(),
        vec!["frame_too_long", "ok"],
    ));
    lines.push(("1 MiB of line ends", vec![b'\n'; 1 << 20], vec![]));
    lines.push(("blank lines", b"\n\r\n  \n\t\r\n\x0c\n".to_vec(), vec![]));
    lines.push(("CRLF", b"{\"id\":1,\"op\":\"ping\"}\r\n".to_vec(), vec!["ok"]));
    lines.push(("a return within", b"{\"id\":1,\r\"op\":\"ping\"}\n".to_vec(), vec!["ok"]));
    lines.push(("a hundred of them", of_length(40, "\n").repeat(100), vec!["ok"; 100]));
    lines.push((
        "good and bad by turns",
        b"{\"op\":\"ping\"}\nx\n{\"op\":\"ping\"}\n\n[]\n".to_vec(),
        vec!["ok", "not_json", "ok", "not_json"],
    ));
    lines
}

/// Bytes at random: noise, words of the protocol at random, requests with something broken in them.
fn cook(seed: u64) -> Vec<u8> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut roll = |sides: usize| usize::try_from(dice.next_u64() % u64::try_from(sides).unwrap()).unwrap();
    let mut soup = Vec::new();
    let ingredients = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\"id\":1",
        "\"op\":\"",
        "null",
        "1e9",
        "-",
        "\n",
        "\r\n",
        "\0",
        "é",
        "\u{202e}",
        "\\u0000",
        "\\ud800",
    ];
    for _ in 0..=roll(8) {
        match roll(3) {
            0 => soup.extend((0..roll(400)).map(|_| u8::try_from(roll(256)).unwrap())),
            1 => (0..roll(60)).for_each(|_| match roll(3) {
                0 => soup.extend(OPS[roll(OPS.len())].bytes()),
                _ => soup.extend(ingredients[roll(ingredients.len())].bytes()),
            }),
            _ => {
                let parameters = json!({
                    "listing": "lst_01jd9y3t8qf1vaz0w6k2m4n8pr", "order": "ord_01jd9y3t8qf1vaz0w6k2m4n8pr",
                    "session": "ses_01jd9y3t8qf1vaz0w6k2m4n8pr", "pickup_point": "pkp_01jd9y3t8qf1vaz0w6k2m4n8pr",
                    "price": usd(1_000), "cash": usd(0), "code": "2ABCDE", "text": "lamp", "limit": 3, "title": "A lamp",
                    "category": "books", "condition": "good", "name": "Rana", "value": "1", "day": "2030-01-01",
                    "checkout": "chk_01jd9y3t8qf1vaz0w6k2m4n8pr", "totals": [usd(1)], "quantity": 2, "amount": usd(1),
                    "purse": "wallet", "from": "2026-01-01", "until": "2026-12-31", "pay": "wallet", "currency": "LBP",
                    "username": "ab", "login": "rana", "role": "operator", "token": "aub_x", "key": "k",
                });
                let mut line = request(1, OPS[roll(OPS.len())], parameters).into_bytes();
                for _ in 0..roll(4) {
                    let place = roll(line.len());
                    match roll(3) {
                        0 => line[place] = u8::try_from(roll(256)).unwrap(),
                        1 => drop(line.remove(place)),
                        _ => line.insert(place, b"{}[]\",:0-\\"[roll(10)]),
                    }
                }
                soup.extend(line);
            }
        }
    }
    soup
}

// ---- numbers ----

/// A field that holds a whole number, and a connection on which it can be asked.
struct Field {
    about: &'static str,
    wire: Wire,
    op: &'static str,
    /// What stands before the number in the request, and what behind it.
    before: String,
    after: String,
    least: i64,
    most: i64,
    /// The code for a number in range, and for one out of it.
    good: &'static str,
    bad: &'static str,
    /// Whether it may be `null`.
    optional: bool,
}

/// Every field of the protocol that holds a number.
fn fields(stage: &Stage) -> Vec<Field> {
    let (rana, karim) = (stage.member("rana"), stage.member("karim"));
    let (desk, operator) = (stage.attendant("desk_one"), stage.member_with(Role::Operator, "operator_one"));
    let mut seller = stage.connect(&rana);
    let mut buyer = stage.connect(&karim);
    let mut attendant = stage.connect(&desk);
    let lamp = seller.lists("A lamp", 777);
    let mut at_desk = |title: &str| {
        let order = buyer.buys(&seller.lists(title, 777), 777);
        let sale = seller.does("order", json!({ "order": order["order"] }));
        attendant.does("drop_off", json!({ "code": sale["pickup"]["code"] }));
        order["pickup"]["code"].as_str().unwrap().to_owned()
    };
    let (to_pay, to_collect) = (at_desk("A kettle"), at_desk("A desk"));
    let point = stage.point().id;
    let price = |rest: &str| (format!("{rest},\"price\":{{\"minor\":"), ",\"currency\":\"USD\"}".to_owned());
    let cash = |rest: &str| (format!("{rest},\"cash\":{{\"minor\":"), ",\"currency\":\"USD\"}".to_owned());
    let draft = "\"name\":\"The gate\",\"address\":\"Main gate\",\"time_zone\":\"Asia/Beirut\",\"opening\":{\"mon\":\"08:00-17:00\"}";
    let mut fields = Vec::new();
    let mut field = |about, who, op, (before, after): (String, String), (least, most), (good, bad)| {
        let (optional, wire) = (about == "limit", stage.connect(who));
        fields.push(Field { about, wire, op, before, after, least, most, good, bad, optional });
    };
    let dear = *auboutique_domain::Price::RANGE.end();
    field(
        "a price",
        &rana,
        "add_listing",
        price("\"title\":\"A lamp\",\"category\":\"books\",\"condition\":\"good\""),
        (1, dear),
        ("ok", "price_out_of_range"),
    );
    field(
        "another price",
        &rana,
        "edit_listing",
        price(&format!("\"listing\":\"{lamp}\"")),
        (1, dear),
        ("ok", "price_out_of_range"),
    );
    let other = stage.connect(&rana).lists("Another lamp", 777);
    field(
        "the price that was seen",
        &karim,
        "buy",
        price(&format!("\"listing\":\"{other}\"")),
        (777, 777),
        ("ok", "price_changed"),
    );
    field(
        "cash ahead",
        &desk,
        "take_payment",
        cash(&format!("\"code\":\"{to_pay}\"")),
        (777, 777),
        ("ok", "cash_due"),
    );
    field(
        "cash",
        &desk,
        "collect",
        cash(&format!("\"code\":\"{to_collect}\"")),
        (777, 777),
        ("ok", "cash_due"),
    );
    let capacity = |rest: String| (format!("{rest}\"daily_capacity\":"), String::new());
    field(
        "a capacity",
        &operator,
        "add_pickup_point",
        capacity(format!("{draft},")),
        (1, MOST_CAPACITY),
        ("ok", "capacity_out_of_range"),
    );
    field(
        "another capacity",
        &operator,
        "change_pickup_point",
        capacity(format!("\"pickup_point\":\"{point}\",{draft},")),
        (1, MOST_CAPACITY),
        ("ok", "capacity_out_of_range"),
    );
    for (op, rest) in [
        ("listings", ""),
        ("search", "\"text\":\"lamp\","),
        ("listings_of", "\"username\":\"rana\","),
        ("my_listings", ""),
        ("my_orders", ""),
        ("my_sales", ""),
    ] {
        // A page is as long as it may be at most, whatever was asked for.
        field("limit", &rana, op, (format!("{rest}\"limit\":"), String::new()), (1, 100), ("ok", "ok"));
    }
    let stores = Stores::of(stage);
    let mug = &stores.mug;
    // What the cart of the next member holds is what a checkout has to be asked for with.
    let nadim = stage.member("nadim");
    let mut cart = stage.connect(&nadim);
    let chair = stage.connect(&stores.neighbor).lists("A chair", 777);
    cart.does("add_to_cart", json!({ "listing": chair }));
    field(
        "a total",
        &nadim,
        "prepare_checkout",
        ("\"totals\":[{\"minor\":".to_owned(), ",\"currency\":\"USD\"}]".to_owned()),
        (777, 777),
        ("ok", "total_changed"),
    );
    let mut cart = stage.connect(&karim);
    cart.does("add_to_cart", json!({ "listing": mug }));
    field(
        "copies in the cart",
        &karim,
        "change_cart",
        (format!("\"listing\":\"{mug}\",\"quantity\":"), String::new()),
        (1, 1_000_000),
        ("ok", "quantity_out_of_range"),
    );
    field(
        "limit",
        &stores.owner,
        "edit_store",
        ("\"limit\":".to_owned(), String::new()),
        (1, 1_000_000),
        ("ok", "quantity_out_of_range"),
    );
    field(
        "cash for a wallet",
        &desk,
        "top_up",
        cash("\"username\":\"rana\""),
        (1, dear),
        ("ok", "amount_out_of_range"),
    );
    field(
        "money to be paid out",
        &nadim,
        "request_payout",
        ("\"purse\":\"wallet\",\"amount\":{\"minor\":".to_owned(), ",\"currency\":\"USD\"}".to_owned()),
        (1, dear),
        ("balance_short", "amount_out_of_range"),
    );
    let versions = ("\"versions\":[".to_owned(), "]".to_owned());
    field("a version", &rana, "hello", versions, (1, 1), ("ok", "version_unsupported"));
    fields
}

enum Kind {
    /// A whole number.
    Whole,
    /// Something else.
    NotANumber,
    Null,
    /// Nothing that stands in JSON.
    NotJson,
}

/// The values of T32b, as they stand in a request.
fn values(most: i64) -> Vec<(String, Kind)> {
    let two_53 = 1_i64 << 53;
    let mut values = Vec::new();
    for number in [-1, 0, 1, two_53 - 1, two_53 + 1, i64::MAX, i64::MIN] {
        values.push((number.to_string(), Kind::Whole));
    }
    for number in [i128::from(most) + 1, 1 << 63] {
        values.push((number.to_string(), Kind::Whole));
    }
    for text in [
        "1.5", "1e3", "1.0", "-0.0", "1e18", "\"5\"", "\" 5\"", "\"٥\"", "[]", "[5]", "{}", "true", "\"NaN\"",
    ] {
        values.push((text.to_owned(), Kind::NotANumber));
    }
    values.push(("null".to_owned(), Kind::Null));
    for text in [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-inf",
        "٥",
        "0x5",
        "05",
        "+5",
        "5;5",
        "1_000",
        "5,\"x\":1,\"x\":1",
        ",",
    ] {
        values.push((text.to_owned(), Kind::NotJson));
    }
    // Last, because a listing whose price was seen is sold by it.
    values.push((most.to_string(), Kind::Whole));
    values
}

// ---- people who are slow ----

/// What needs a member, of every kind.
fn signed_in_requests() -> Vec<(&'static str, Value)> {
    vec![
        ("me", json!({})),
        ("sessions", json!({})),
        ("my_listings", json!({})),
        ("my_orders", json!({})),
        ("cart", json!({})),
        ("wallet", json!({})),
        ("prepare_checkout", json!({ "totals": [] })),
        ("listings", json!({})),
        ("add_listing", listing("A lamp", 1_000)),
        ("change_name", json!({ "name": "Somebody" })),
        ("change_password", json!({ "current_password": PASSWORD, "new_password": PASSWORD })),
    ]
}

/// A visitor who sends this once in a while and nothing else: after how many microseconds it is cut off.
fn closed_after(stage: &Stage, drop: &[u8]) -> i64 {
    let mut wire = stage.visitor();
    let start = stage.market.now();
    loop {
        let since = |market: &Market| market.now().since(start).micros();
        if wire.is_closed_within(Duration::from_millis(500)) || wire.try_send(drop).is_err() {
            return since(&stage.market);
        }
        assert!(since(&stage.market) < 30_000_000, "a visitor who sends {drop:?} is never cut off");
    }
}

/// A client that asks and asks and never reads: after how many microseconds of that it is cut off.
fn deaf(stage: &Stage) -> i64 {
    let stream = stage.runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        socket.connect(stage.address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    let start = stage.market.now();
    let questions = request(1, "categories", json!({})).repeat(100);
    loop {
        match (&stream).write_all(questions.as_bytes()) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("a client that does not read is never cut off")
            }
            Err(_) => return stage.market.now().since(start).micros(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "somebody who asks in bursts, not a wait for anything")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

// ---- a store, and somebody beside it ----

/// A store that sells mugs, and a neighbor who sells lamps.
struct Stores<'s> {
    stage: &'s Stage,
    owner: Person,
    neighbor: Person,
    store: String,
    mug: String,
}

/// Asks for an operation: the code of the answer, and what it says.
type Ask<'a> = dyn FnMut(&str, Value) -> (String, Value) + 'a;

impl<'s> Stores<'s> {
    fn of(stage: &'s Stage) -> Self {
        let (owner, neighbor) = (stage.member("storekeeper"), stage.member("neighbor"));
        let invitation = stage.console().does("create_invitation", json!({}))["code"].clone();
        let mut wire = stage.connect(&owner);
        let opened = json!({ "code": invitation, "name": "Mugs", "email": "mugs@aub.edu.lb" });
        let store = wire.does("open_store", opened)["store"].as_str().unwrap().to_owned();
        // As many as can be, and as many at once.
        wire.does("edit_store", json!({ "limit": 1_000_000 }));
        let variants = json!([{ "price": usd(777), "copies": 1_000_000 }]);
        let product = json!({ "store": store, "title": "A mug", "category": "books", "variants": variants });
        let mug = wire.does("add_product", product)["listing"].as_str().unwrap().to_owned();
        Self { stage, owner, neighbor, store, mug }
    }

    /// Two mugs and a lamp, gathered and bought in cash: what was said of it that is the same for everybody.
    fn are_bought_from(&self, ask: &mut Ask<'_>) -> Vec<Value> {
        let mug = &self.mug;
        let lamp = self.stage.connect(&self.neighbor).lists("A lamp", 1_000);
        let mut told = Vec::new();
        let mut asked = |op: &str, parameters: Value, expected: &str| {
            let (code, said) = ask(op, parameters);
            assert_eq!(code, expected, "{op}: {said}");
            told.push(json!([op, code]));
            said
        };
        assert_eq!(asked("cart", json!({}), "ok"), json!({ "lines": [], "totals": [] }));
        asked("prepare_checkout", json!({ "totals": [] }), "cart_empty");
        asked("add_to_cart", json!({ "listing": mug }), "ok");
        asked("add_to_cart", json!({ "listing": lamp, "quantity": 2 }), "stock_short");
        asked("add_to_cart", json!({ "listing": lamp }), "ok");
        asked("change_cart", json!({ "listing": mug, "quantity": 3 }), "ok");
        let cart = asked("change_cart", json!({ "listing": mug, "quantity": 2 }), "ok");
        assert_eq!(cart["totals"], json!([usd(2_554)]));
        assert_eq!((&cart["lines"][0]["quantity"], &cart["lines"][0]["total"]), (&json!(2), &usd(1_554)));
        let pounds = json!({ "minor": 0, "currency": "LBP" });
        for totals in [
            json!([]),
            json!([usd(2_553)]),
            json!([usd(-2_554)]),
            json!([usd(2_554), usd(2_554)]),
            json!([usd(1_554), usd(1_000)]),
            json!([usd(2_554), pounds]),
        ] {
            let no = asked("prepare_checkout", json!({ "totals": totals }), "total_changed");
            assert_eq!(no["totals"], json!([usd(2_554)]));
        }
        for totals in [
            json!([{ "minor": 2_554, "currency": "EUR" }]),
            json!([{ "minor": 25.54, "currency": "USD" }]),
            json!([{ "minor": "2554", "currency": "USD" }]),
            json!([2_554]),
            json!(usd(2_554)),
            json!(null),
        ] {
            asked("prepare_checkout", json!({ "totals": totals }), "bad_field");
        }
        let held = asked("prepare_checkout", json!({ "totals": [usd(2_554)] }), "ok");
        assert_eq!((&held["state"], &held["rate"]), (&json!("held"), &json!(89_500)));
        assert_eq!(held["parcels"].as_array().unwrap().len(), 2, "{held}");
        let checkout = &held["checkout"];
        assert_eq!(asked("checkout", json!({ "checkout": checkout }), "ok")["totals"], json!([usd(2_554)]));
        let this = |pay: &str| json!({ "checkout": checkout, "pay": pay });
        asked("place_orders", this("card"), "bad_field");
        asked("place_orders", this("wallet"), "bad_field");
        let from_wallet = json!({ "checkout": checkout, "pay": "wallet", "currency": "USD" });
        let short = asked("place_orders", from_wallet, "balance_short");
        assert_eq!(short["available"], usd(0));
        let placed = asked("place_orders", this("cash"), "ok");
        let orders: Vec<&Value> = placed["rows"].as_array().unwrap().iter().collect();
        assert_eq!(orders.len(), 2);
        for (order, cents) in orders.iter().zip([1_554, 1_000]) {
            assert_eq!((&order["total"], &order["due"]), (&usd(cents), &usd(cents)));
            assert_eq!((&order["checkout"], &order["receipt"]), (checkout, &Value::Null));
        }
        assert_eq!(orders[0]["store"]["store"], self.store);
        // Asked again it is answered again.
        assert_eq!(asked("place_orders", this("cash"), "ok"), placed);
        let over = asked("checkout", json!({ "checkout": checkout }), "ok");
        assert_eq!(over["orders"], json!([orders[0]["order"], orders[1]["order"]]));
        asked("cancel_checkout", json!({ "checkout": checkout }), "checkout_over");
        assert_eq!(asked("cart", json!({}), "ok"), json!({ "lines": [], "totals": [] }));
        asked("remove_from_cart", json!({ "listing": mug }), "not_found");
        told
    }
}

// ---- words ----

/// The ids of all rows of a list, page by page.
fn all(wire: &mut Wire, op: &str, mut parameters: Value, id: &str) -> BTreeSet<String> {
    let (mut found, mut rows) = (BTreeSet::new(), 0);
    parameters["limit"] = Value::from(100);
    loop {
        let page = wire.does(op, parameters.clone());
        for row in page["rows"].as_array().unwrap() {
            found.insert(row[id].as_str().unwrap().to_owned());
            rows += 1;
        }
        assert_eq!(rows, found.len(), "{op}: a row stands on two pages");
        parameters["after"] = page["next"].clone();
        if parameters["after"].is_null() {
            return found;
        }
    }
}

fn fields_of(parameters: Value) -> Map<String, Value> {
    match parameters {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

/// A certificate that vouches for itself, for this machine, and its key beside it.
pub(crate) fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (file, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&file, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (file, key)
}
