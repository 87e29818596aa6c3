//! Those who listen: told everything that is for them, once, in order, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::process::Command as Program;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use auboutique::serve::{Doors, Running};
use auboutique_domain::Command;
use auboutique_domain::id::MemberId;
use auboutique_domain::member::{Role, Username};
use auboutique_market::env::SystemEnv;
use auboutique_market::{Market, Options};
use serde_json::{Value, json};

use crate::cable::Cable;
use crate::process::Site;
use crate::stage::{PASSWORD, Person, Stage, Stream, Wire, code, on_both, request};

/// How soon what happened is known everywhere (`promises.md` P2, R7).
const AT_ONCE: i64 = 1_000_000;
/// How soon somebody counts as gone whose cable was pulled out: four seconds of silence, and one to be told.
const GONE: i64 = 5_000_000;

on_both! {
    /// `promises.md` C2: from what the server still has at hand, and from the log as after a restart.
    fn whoever_comes_back_with_any_cursor_is_told_the_rest_once_and_in_order(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let nora = stage.member_with(Role::Operator, "nora");
        let (mut with_rana, mut with_karim) = (stage.connect(&rana), stage.connect(&karim));
        let talk = start(&mut with_rana, &karim);
        let mut with_nora = stage.connect(&nora);
        let other = start(&mut with_nora, &karim);
        says(&mut with_nora, &other, "Hello");
        for number in 0..4 {
            says(&mut with_rana, &talk, "Is it still there?");
            says(&mut with_karim, &talk, "It is");
            says(&mut with_karim, &other, "Not for Rana's eyes");
            with_rana.lists(&format!("Lamp {number}"), 1_000);
            with_karim.does("change_name", json!({ "name": format!("Karim {number}") }));
            stage.member(&format!("passer_by_{number}"));
        }
        let head = *stage.market.log().borrow();
        let anew = Anew::open(stage);
        let mut ears = Vec::new();
        for cursor in 0..=head {
            for address in [stage.address, anew.address] {
                let person = if cursor % 2 == 0 { &rana } else { &nora };
                ears.push((cursor, person, Ear::of(signed_in(address, person), Some(cursor))));
            }
        }
        let mut console = Ear::of(stage.console(), Some(0));
        let last = with_rana.lists("The last lamp", 1_000);
        let all = console.up_to(&last);
        let numbers: Vec<i64> = all.iter().map(seq).collect();
        let end = *numbers.last().unwrap();
        assert_eq!(numbers, (1..=end).collect::<Vec<_>>(), "the console sees everything");
        for (cursor, person, mut ear) in ears {
            let operator = person.id == nora.id;
            let due = all.iter().filter(|event| seq(event) > cursor && is_for(event, person, operator));
            assert_eq!(ear.up_to(&last), due.cloned().collect::<Vec<_>>(), "{} after {cursor}", person.username);
        }
    }

    fn a_cursor_ahead_of_the_log_asks_for_a_new_start(stage) {
        let rana = stage.member("rana");
        let mut wire = stage.connect(&rana);
        let head = *stage.market.log().borrow();
        for ahead in [head + 1, i64::MAX] {
            let no = wire.ask("listen", json!({ "after": ahead }));
            assert_eq!((code(&no), &no["refused"]["cursor"]), ("resync_required", &json!(head)));
        }
        // Nobody listens here after that.
        stage.connect(&stage.member("karim")).lists("A lamp", 1_000);
        let mut witness = Ear::of(stage.connect(&rana), Some(head));
        witness.any("listing_published");
        wire.is_alive();
        assert_eq!(code(&wire.ask("listen", json!({ "after": -1 }))), "ok");
    }

    fn visitors_are_refused_and_told_nothing(stage) {
        let mut visitor = stage.visitor();
        assert_eq!(code(&visitor.ask("listen", json!({}))), "sign_in_needed");
        assert_eq!(code(&visitor.ask("listen", json!({ "after": 0 }))), "sign_in_needed");
        let rana = stage.member("rana");
        let mut witness = Ear::of(stage.connect(&rana), None);
        let lamp = stage.connect(&rana).lists("A lamp", 1_000);
        witness.up_to(&lamp);
        visitor.is_alive();
    }

    fn whoever_listens_twice_on_one_connection_is_told_once_from_the_second_place_on(stage) {
        let rana = stage.member("rana");
        let mut seller = stage.connect(&stage.member("karim"));
        let head = *stage.market.log().borrow();
        let mut ear = Ear::of(stage.connect(&rana), None);
        let lamps = [seller.lists("A lamp", 1_000), seller.lists("A desk", 1_000)];
        assert_eq!(names(&ear.up_to(&lamps[1])), ["listing_published"; 2]);
        // Once more from before: the two come again, then what is new, each once.
        ear.does("listen", json!({ "after": head }));
        let kettle = seller.lists("A kettle", 1_000);
        assert_eq!(names(&ear.up_to(&kettle)), ["listing_published"; 3]);
        // From now on: the cursor of the answer is where it goes on.
        let chair = seller.lists("A chair", 1_000);
        let cursor = ear.does("listen", json!({}))["cursor"].as_i64().unwrap();
        let jacket = seller.lists("A jacket", 1_000);
        let told = ear.up_to(&jacket);
        let after: Vec<_> = told.iter().filter(|event| seq(event) > cursor).collect();
        assert_eq!(after.len(), 1, "{told:?}");
        assert!(told.len() <= 2 && (told.len() == 1 || told[0]["listing"] == chair), "{told:?}");
    }

    fn operators_are_told_what_is_for_operators_and_members_are_not(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let nora = stage.member_with(Role::Operator, "nora");
        let mut with_rana = stage.connect(&rana);
        let mut ears = [&rana, &nora, &karim].map(|person| Ear::of(stage.connect(person), None));
        let mut console = Ear::of(stage.console(), None);
        stage.member("passer_by");
        // Karim becomes an operator while he listens, and is one from then on.
        stage.at_console(Command::ChangeRole { username: karim.username.clone(), role: Role::Operator });
        stage.member("another");
        stage.at_console(Command::ChangeRole { username: karim.username.clone(), role: Role::Member });
        stage.member("a_third");
        let lamp = with_rana.lists("A lamp", 1_000);
        let all = names(&console.up_to(&lamp));
        let registered = |names: &[String]| names.iter().filter(|name| *name == "member_registered").count();
        assert_eq!(registered(&all), 3);
        assert_eq!(all.iter().filter(|name| *name == "session_started").count(), 3, "{all:?}");
        let [told_rana, told_nora, told_karim] = ears.each_mut().map(|ear| names(&ear.up_to(&lamp)));
        assert_eq!(told_rana, ["listing_published"]);
        assert_eq!(told_nora, ["member_registered", "member_registered", "member_registered", "listing_published"]);
        assert_eq!(told_karim, ["role_changed", "member_registered", "role_changed", "listing_published"]);
    }

    /// `promises.md` P2.
    fn a_session_that_ends_elsewhere_ends_its_stream_at_once_and_nothing_comes_after(stage) {
        let rana = json!({ "name": "Rana", "username": "rana", "email": "rana@mail.aub.edu", "password": PASSWORD });
        let joined = stage.visitor().does("register", rana);
        let id = MemberId::parse(joined["account"]["id"].as_str().unwrap()).unwrap();
        let username = Username::parse("rana").unwrap();
        let mut karim = stage.connect(&stage.member("karim"));
        let mut micros = Vec::new();
        for round in 0..6 {
            let person = stage.again(id, &username);
            let mut here = stage.visitor();
            here.does("log_in", json!({ "login": "rana", "password": PASSWORD }));
            let mut ear = Ear::of(stage.connect(&person), None);
            let mut second = Ear::of(stage.connect(&person), None);
            let start = stage.market.now();
            match round % 3 {
                0 => drop(here.does("end_session", json!({ "session": person.session }))),
                1 => {
                    let change = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
                    here.does("change_password", change);
                }
                _ => drop(stage.connect(&person).does("log_out", json!({}))),
            }
            let asked = stage.market.now();
            // Both go at once, and what happens next is not told there.
            karim.lists("A lamp", 1_000);
            for ear in [&mut ear, &mut second] {
                let mut last = ear.next();
                while last.get("end").is_none() {
                    assert_ne!(last["event"]["event"], "listing_published", "{round}");
                    last = ear.next();
                }
                assert_eq!(last["end"]["code"], "session_ended", "{round}");
                assert_eq!(ear.wire.line(), None, "{round}: something came after the end");
            }
            // A password takes its time to be hashed; what counts is when it was changed.
            let from = if round % 3 == 1 { asked } else { start };
            micros.push(stage.market.now().since(from).micros());
            assert_eq!(code(&stage.visitor().ask("resume", json!({ "token": person.token }))), "session_ended");
        }
        assert!(median(&mut micros) < AT_ONCE, "{micros:?}");
    }

    fn whoever_signs_out_or_in_on_a_connection_does_not_listen_on_it_any_more(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let mut seller = stage.connect(&karim);
        let changes = [("log_out", json!({})), ("resume", json!({ "token": karim.token }))];
        for (op, parameters) in changes {
            let person = stage.again(rana.id, &rana.username);
            let mut ear = Ear::of(stage.connect(&person), None);
            ear.does(op, parameters);
            ear.told.clear();
            let mut witness = Ear::of(stage.connect(&rana), None);
            let lamp = seller.lists("A lamp", 1_000);
            witness.up_to(&lamp);
            ear.does("ping", json!({}));
            assert!(ear.told.is_empty(), "{op}: {:?}", ear.told);
            if op == "log_out" {
                assert_eq!(code(&ear.ask("listen", json!({}))), "sign_in_needed");
            } else {
                // Somebody else listens here now, and is told what is theirs.
                ear.does("listen", json!({}));
                let desk = seller.lists("A desk", 1_000);
                assert_eq!(names(&ear.up_to(&desk)), ["listing_published"]);
            }
        }
    }

    fn what_a_blocked_member_said_is_not_told_any_more_to_whoever_blocks_them(stage) {
        let (omar, tala) = (stage.member("omar"), stage.member("tala"));
        let (mut with_omar, mut with_tala) = (stage.connect(&omar), stage.connect(&tala));
        let talk = start(&mut with_tala, &omar);
        let before = *stage.market.log().borrow();
        for text in ["One", "Two"] {
            says(&mut with_tala, &talk, text);
        }
        says(&mut with_omar, &talk, "Three");
        let mut live = Ear::of(stage.connect(&omar), None);
        let anew = Anew::open(stage);
        let told = |person: &Person, last: &str| {
            [stage.address, anew.address].map(|address| {
                let mut ear = Ear::of(signed_in(address, person), Some(before));
                let told = ear.up_to(last);
                told.iter().filter(|event| event["event"] == "message_sent").map(|event| {
                    event["message"]["text"].as_str().unwrap().to_owned()
                }).collect::<Vec<_>>()
            })
        };
        let lamp = with_omar.lists("A lamp", 1_000);
        assert_eq!(told(&omar, &lamp), [["One", "Two", "Three"]; 2]);
        with_omar.does("block", json!({ "username": "tala" }));
        assert_eq!(code(&with_tala.ask("send_message", json!({ "conversation": talk, "text": "Four" }))),
            "conversation_blocked");
        let desk = with_omar.lists("A desk", 1_000);
        assert_eq!(told(&omar, &desk), [["Three"]; 2], "told from what is at hand, and from the log");
        assert_eq!(told(&tala, &desk), [["One", "Two", "Three"]; 2], "she is not blocked by herself");
        assert_eq!(names(&live.up_to(&desk)), ["listing_published", "member_blocked", "listing_published"]);
        with_omar.does("unblock", json!({ "username": "tala" }));
        says(&mut with_tala, &talk, "Five");
        let chair = with_omar.lists("A chair", 1_000);
        assert_eq!(told(&omar, &chair), [["One", "Two", "Three", "Five"]; 2]);
        assert_eq!(names(&live.up_to(&chair)), ["member_unblocked", "message_sent", "listing_published"]);
    }

    /// While she floods him with messages, he blocks her: behind the block there is none.
    fn no_message_is_told_behind_the_block_however_fast_they_come(stage) {
        let name = "messages_per_minute".to_owned();
        stage.at_console(Command::ChangeSetting { name, value: "100000".to_owned() });
        let (omar, tala) = (stage.member("omar"), stage.member("tala"));
        let (mut with_omar, mut with_tala) = (stage.connect(&omar), stage.connect(&tala));
        let talk = start(&mut with_tala, &omar);
        says(&mut with_tala, &talk, "Hello");
        says(&mut with_omar, &talk, "Hello yourself");
        let mut ear = Ear::of(stage.connect(&omar), None);
        let flood: String =
            (0..200).map(|id| request(id, "send_message", json!({ "conversation": talk, "text": "!" }))).collect();
        with_tala.send(flood.as_bytes());
        with_tala.answer();
        with_omar.does("block", json!({ "username": "tala" }));
        let sent = (1..200).filter(|_| code(&with_tala.answer()) == "ok").count() + 1;
        let lamp = with_omar.lists("A lamp", 1_000);
        let told = names(&ear.up_to(&lamp));
        let block = told.iter().position(|name| name == "member_blocked").unwrap();
        assert_eq!(told[block..], ["member_blocked", "listing_published"]);
        assert!(block <= sent, "{block} of {sent}");
    }

    fn who_looks_back_sees_the_lines_that_were_told_in_pages_that_fit_into_a_line(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let (mut with_rana, mut with_karim) = (stage.connect(&rana), stage.connect(&karim));
        let mut ear = Ear::of(stage.connect(&karim), Some(0));
        let talk = start(&mut with_rana, &karim);
        says(&mut with_rana, &talk, "Hello");
        says(&mut with_karim, &talk, "Hello yourself");
        let long = "🪔".repeat(4_000);
        for _ in 0..12 {
            says(&mut with_rana, &talk, &long);
        }
        let lamp = with_rana.lists("A lamp", 1_000);
        let told = ear.up_to(&lamp);
        let mut expected: Vec<Value> = told.into_iter().filter(|event| event["event"] != "listing_published").collect();
        expected.retain(|event| is_for(event, &karim, false) && event["event"] != "pickup_point_added");
        expected.reverse();
        let (mut seen, mut pages, mut before) = (Vec::new(), 0, Value::Null);
        loop {
            let page = with_karim.does("events", json!({ "before": before, "limit": 100 }));
            seen.extend(page["rows"].as_array().unwrap().iter().cloned());
            pages += 1;
            before = page["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(seen, expected);
        assert!(pages > 2, "{pages} pages of lines that hold 64 kB");
    }

    fn the_other_side_sees_that_somebody_types_and_nobody_else_does(stage) {
        let (rana, karim, zoe) = (stage.member("rana"), stage.member("karim"), stage.member("zoe"));
        let (mut with_rana, mut with_karim) = (stage.connect(&rana), stage.connect(&karim));
        let talk = start(&mut with_rana, &karim);
        says(&mut with_rana, &talk, "Hello");
        says(&mut with_karim, &talk, "Hello yourself");
        let types = |wire: &mut Wire| wire.does("typing", json!({ "conversation": talk }));
        let head = *stage.market.log().borrow();
        let mut ears = [&karim, &karim].map(|person| Ear::of(stage.connect(person), None));
        let mut others = [&rana, &zoe].map(|person| Ear::of(stage.connect(person), None));
        let mut console = Ear::of(stage.console(), None);
        // However often she says so within two seconds, he is told once, wherever he listens.
        for _ in 0..5 {
            assert_eq!(types(&mut with_rana), json!({}));
        }
        let line = json!({ "typing": { "conversation": talk, "member":
            { "id": rana.id.to_string(), "username": "rana", "name": "rana" } } });
        let desk = with_rana.lists("A desk", 1_000);
        for ear in &mut ears {
            assert_eq!(ear.typing_up_to(&desk), slice::from_ref(&line));
        }
        for ear in others.iter_mut().chain([&mut console]) {
            assert_eq!(ear.typing_up_to(&desk), [Value::Null; 0]);
        }
        // After a while it is news again. Whoever hides says nothing by it, and nobody is told of a stranger.
        assert!(with_rana.answer_within(Duration::from_millis(2_100)).is_none());
        types(&mut with_rana);
        with_karim.does("hide_presence", json!({ "hidden": true }));
        types(&mut with_karim);
        let no = stage.connect(&zoe).ask("typing", json!({ "conversation": talk }));
        assert_eq!(code(&no), "not_found");
        with_karim.does("block", json!({ "username": "rana" }));
        for wire in [&mut with_rana, &mut with_karim] {
            assert_eq!(code(&wire.ask("typing", json!({ "conversation": talk }))), "conversation_blocked");
        }
        let lamp = with_rana.lists("A lamp", 1_000);
        assert_eq!(ears[0].typing_up_to(&lamp), [line]);
        for ear in others.iter_mut().chain([&mut console]) {
            assert_eq!(ear.typing_up_to(&lamp), [Value::Null; 0]);
        }
        // It leaves nothing behind: whoever comes back is told what happened, and this did not.
        let mut back = Ear::of(stage.connect(&karim), Some(head));
        assert_eq!(back.typing_up_to(&lamp), [Value::Null; 0]);
    }

    /// Presence, from its coming to its going, as the other side of a conversation is told.
    fn members_are_here_while_their_connections_are_heard_of_and_gone_soon_after(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let talk = start(&mut stage.connect(&rana), &karim);
        says(&mut stage.connect(&rana), &talk, "Hello");
        let mut ear = Ear::of(stage.connect(&rana), None);
        let mut micros = Vec::new();
        for _ in 0..3 {
            // One connection comes and goes.
            let first = Ear::of(stage.connect(&karim), None);
            ear.sees(&karim, true);
            // A second one changes nothing, neither when it comes nor when it goes.
            let second = Ear::of(stage.connect(&karim), None);
            drop(second);
            // Somebody who does not listen is not here.
            drop(stage.connect(&karim));
            ear.does("ping", json!({}));
            assert!(ear.told.iter().all(|line| line.get("presence").is_none()), "{:?}", ear.told);
            assert_eq!(ear.does("presence", json!({ "usernames": ["karim"] }))["rows"][0]["online"], true);
            let start = stage.market.now();
            drop(first);
            ear.sees(&karim, false);
            micros.push(stage.market.now().since(start).micros());
        }
        assert!(median(&mut micros) < AT_ONCE, "{micros:?}");

        // A cable is pulled out: nobody says anything, and they are gone before five seconds have passed. Whoever goes on
        // to be heard of is here all the while.
        let lay = || {
            let (socket, cable) = Cable::lay(stage.address, usize::MAX).unwrap();
            (Ear::of(Wire::signed_in(socket, &karim.token), None), cable)
        };
        let (_first, cable) = lay();
        ear.sees(&karim, true);
        let start = stage.market.now();
        cable.pull();
        ear.sees(&karim, false);
        let silence = stage.market.now().since(start).micros();
        assert!((2_000_000..GONE).contains(&silence), "gone after {silence} µs");
        let (mut second, _cable) = lay();
        ear.sees(&karim, true);
        let start = stage.market.now();
        while stage.market.now().since(start).micros() < GONE {
            second.does("ping", json!({}));
            let told = ear.beats(Duration::from_millis(1_500));
            assert!(told.is_none(), "{told:?} although he is heard of");
        }
        // Hidden, he is not seen, and the other way round.
        second.does("hide_presence", json!({ "hidden": true }));
        ear.sees(&karim, false);
        let row = ear.does("presence", json!({ "usernames": ["karim"] }))["rows"][0].clone();
        assert_eq!((&row["online"], &row["last_seen_at"]), (&json!(false), &Value::Null));
        second.does("hide_presence", json!({ "hidden": false }));
        ear.sees(&karim, true);
    }

    /// `performance.md` F7, in small.
    fn a_public_event_reaches_a_thousand_listeners_each_once(stage) {
        const LISTENERS: usize = 1_000;
        const EVENTS: usize = 5;
        make_room_for_files(4_096);
        let people: Vec<Person> = (0..10).map(|number| stage.member(&format!("listener_{number}"))).collect();
        let crowd: Vec<Person> = (0..LISTENERS).map(|number| people[number % 10].clone()).collect();
        let mut seller = stage.connect(&stage.member("seller"));
        let mut streams = stage.runtime.block_on(stage.connect_all(&crowd));
        stage.runtime.block_on(async {
            for stream in &mut streams {
                assert!(stream.ask(&json!({ "id": 1, "op": "listen" })).await.contains("heartbeat_ms"));
            }
        });
        let lamps: Vec<String> = (0..EVENTS).map(|number| seller.lists(&format!("Lamp {number}"), 1_000)).collect();
        stage.runtime.block_on(async {
            for stream in &mut streams {
                assert_eq!(published(stream).await, lamps);
            }
        });
        // Nothing comes twice: what comes next is the answer to the next request.
        stage.runtime.block_on(async {
            for stream in &mut streams {
                assert!(stream.ask(&json!({ "id": 2, "op": "ping" })).await.starts_with("{\"id\":2,"));
            }
        });
    }
}

/// What another node writes is told by this one (`promises.md` R7), and a session it ends, ends here too.
#[test]
fn what_one_node_writes_another_node_tells_within_a_second() {
    let stage = Stage::on_postgres();
    let market = Market::open(&Options::new(stage.location.clone()), Arc::new(SystemEnv::new())).unwrap();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let there = stage.runtime.block_on(Running::start(market, Doors::protocol(anywhere))).unwrap();
    let (rana, karim) = (stage.member("rana"), stage.member("karim"));
    let mut with_rana = stage.connect(&rana);
    let talk = start(&mut with_rana, &karim);
    let person = stage.again(karim.id, &karim.username);
    let mut ear = Ear::of(signed_in(there.address, &person), None);
    let mut micros = Vec::new();
    for number in 0..9 {
        let start = stage.market.now();
        if number % 2 == 0 {
            with_rana.lists(&format!("Lamp {number}"), 1_000);
            ear.any("listing_published");
        } else {
            says(&mut with_rana, &talk, "Is it still there?");
            assert_eq!(ear.any("message_sent")["message"]["text"], "Is it still there?");
        }
        micros.push(stage.market.now().since(start).micros());
    }
    let start = stage.market.now();
    stage.connect(&karim).does("end_session", json!({ "session": person.session }));
    while ear.next().get("end").is_none() {}
    let ended = stage.market.now().since(start).micros();
    assert_eq!(ear.wire.line(), None);
    assert!(median(&mut micros) < AT_ONCE && ended < 2 * AT_ONCE, "{micros:?}, {ended}");
    println!(
        "told by another node after {} ms (median), a session ended after {} ms",
        micros[4] / 1_000,
        ended / 1_000
    );
    drop(ear);
    stage.runtime.block_on(there.close());
}

/// What is too much for one listener is nobody else's trouble.
#[test]
fn a_listener_who_does_not_read_is_cut_off_and_delays_nobody_and_costs_little_memory() {
    const MESSAGES: usize = 3_000;
    let site = Site::on_sqlite();
    let town = site.seed(2, 0);
    site.set("messages_per_minute", "100000");
    let server = site.start();
    let enter =
        |person: usize| Wire::signed_in(TcpStream::connect(&server.address).unwrap(), &town.tokens[person]);
    let mut sender = enter(0);
    let talk = sender.does("start_conversation", json!({ "username": "trader1" }))["conversation"].clone();
    let talk = talk.as_str().unwrap();
    says(&mut sender, talk, "Hello");
    says(&mut enter(1), talk, "Hello yourself");
    let mut deaf: Vec<Ear> = (0..5).map(|_| Ear::of(enter(1), None)).collect();
    let mut attentive = Ear::of(enter(1), None);
    let before = server.peak_mib();
    // Each line is of some 16 kB: a thousand of them are more than all buffers on the way hold.
    let text = "🪔".repeat(4_000);
    let line = request(1, "send_message", json!({ "conversation": talk, "text": text }));
    let mut heard = Vec::new();
    for number in 0..MESSAGES + 8 {
        if number < MESSAGES {
            sender.send(line.as_bytes());
        }
        if number >= 8 {
            assert_eq!(code(&sender.answer()), "ok");
            heard.push(attentive.any("message_sent")["number"].as_i64().unwrap());
        }
    }
    let numbers: Vec<i64> = (3..).take(MESSAGES).collect();
    assert_eq!(heard, numbers, "whoever reads is told everything, whatever the others do");
    let grown = server.peak_mib() - before;
    assert!(grown < 128, "{grown} MiB more, for five who do not read {} MiB", MESSAGES * 16 / 1_024);
    for ear in &mut deaf {
        // What is on the way still comes; then the stream ends, with a word or without.
        let (mut some, mut cursor) = (Vec::new(), 0);
        while let Some(line) = ear.wire.whole_line() {
            let came: Value = serde_json::from_str(&line).unwrap();
            if came.get("end").is_some() {
                assert_eq!(
                    (&came["end"]["code"], &came["end"]["cursor"]),
                    (&json!("too_slow"), &json!(cursor))
                );
                assert_eq!(ear.wire.whole_line(), None);
                break;
            }
            cursor = seq(&came["event"]);
            some.extend(came["event"]["number"].as_i64());
        }
        assert!(some.len() < MESSAGES, "nobody was cut off");
        assert_eq!(some, numbers[..some.len()], "without a gap up to the end");
        // Whoever comes back is told the rest.
        let mut back = Ear::of(enter(1), Some(cursor));
        let rest: Vec<i64> =
            (some.len()..MESSAGES).map(|_| back.any("message_sent")["number"].as_i64().unwrap()).collect();
        assert_eq!(rest, numbers[some.len()..]);
    }
    println!("{grown} MiB more at the peak");
}

// ---- listening ----

/// A connection that listens, and asks meanwhile.
pub(crate) struct Ear {
    wire: Wire,
    number: u64,
    told: VecDeque<Value>,
}

impl Ear {
    pub(crate) fn of(wire: Wire, after: Option<i64>) -> Self {
        Self::following(wire, after, &[])
    }

    /// The same, which follows these auctions.
    pub(crate) fn following(wire: Wire, after: Option<i64>, auctions: &[&str]) -> Self {
        let mut ear = Self { wire, number: 1_000, told: VecDeque::new() };
        ear.does("listen", json!({ "after": after, "auctions": auctions }));
        ear
    }

    /// Asks one thing; what is told meanwhile is kept.
    pub(crate) fn ask(&mut self, op: &str, parameters: Value) -> Value {
        self.number += 1;
        self.wire.send(request(self.number, op, parameters).as_bytes());
        loop {
            let answer = self.wire.answer();
            if answer.get("id").is_some() {
                assert_eq!(answer["id"], self.number, "{answer}");
                return answer;
            }
            self.told.push_back(answer);
        }
    }

    pub(crate) fn does(&mut self, op: &str, parameters: Value) -> Value {
        let answer = self.ask(op, parameters);
        assert_eq!(code(&answer), "ok", "{op}: {answer}");
        answer["reply"].clone()
    }

    /// The next line that is told.
    pub(crate) fn next(&mut self) -> Value {
        let line = self.told.pop_front().unwrap_or_else(|| self.wire.answer());
        assert!(line.get("id").is_none(), "{line}");
        line
    }

    /// The next event of that name; others are passed over.
    pub(crate) fn any(&mut self, name: &str) -> Value {
        loop {
            let line = self.next();
            assert!(line.get("end").is_none(), "{line}");
            if line["event"]["event"] == name {
                return line["event"].clone();
            }
        }
    }

    /// The events up to the publication of that listing, which is the last of them.
    pub(crate) fn up_to(&mut self, listing: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let line = self.next();
            assert!(line.get("end").is_none(), "{line}");
            if let Some(event) = line.get("event") {
                events.push(event.clone());
                if event["event"] == "listing_published" && event["listing"] == listing {
                    return events;
                }
            }
        }
    }

    /// The lines that say that somebody types, up to the publication of that listing.
    fn typing_up_to(&mut self, listing: &str) -> Vec<Value> {
        let mut typing = Vec::new();
        loop {
            let line = self.next();
            assert!(line.get("end").is_none(), "{line}");
            if line["event"]["event"] == "listing_published" && line["event"]["listing"] == listing {
                return typing;
            }
            if line.get("typing").is_some() {
                typing.push(line);
            }
        }
    }

    /// Is told next of that member's presence that it is so.
    fn sees(&mut self, person: &Person, online: bool) {
        for _ in 0..40 {
            // Whoever waits is heard of meanwhile.
            let line = match self.told.pop_front() {
                Some(line) => line,
                None => match self.beats(Duration::from_millis(1_500)) {
                    Some(line) => line,
                    None => continue,
                },
            };
            if let Some(presence) = line.get("presence")
                && presence["member"]["username"] == person.username.as_str()
            {
                assert_eq!(presence["online"], online, "{presence}");
                return;
            }
        }
        panic!("nobody says whether {} is here", person.username);
    }

    /// Waits that long for something to be told of somebody's presence, and is heard of if nothing is.
    fn beats(&mut self, patience: Duration) -> Option<Value> {
        match self.wire.answer_within(patience) {
            Some(line) => Some(line).filter(|line| line.get("presence").is_some()),
            None => {
                self.does("ping", json!({}));
                self.told.pop_front()
            }
        }
    }
}

/// Another hub over the same market, which has nothing at hand: as after a restart, it reads the log.
pub(crate) struct Anew<'a> {
    running: Option<Running>,
    stage: &'a Stage,
    pub(crate) address: SocketAddr,
}

impl<'a> Anew<'a> {
    pub(crate) fn open(stage: &'a Stage) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let running =
            stage.runtime.block_on(Running::start(stage.market.clone(), Doors::protocol(anywhere))).unwrap();
        Self { address: running.address, running: Some(running), stage }
    }
}

impl Drop for Anew<'_> {
    fn drop(&mut self) {
        // Not closed: the market goes on.
        let _inside = self.stage.runtime.enter();
        drop(self.running.take());
    }
}

pub(crate) fn signed_in(address: SocketAddr, person: &Person) -> Wire {
    Wire::signed_in(TcpStream::connect(address).unwrap(), &person.token)
}

fn start(wire: &mut Wire, with: &Person) -> String {
    let talk = wire.does("start_conversation", json!({ "username": with.username.as_str() }));
    talk["conversation"].as_str().unwrap().to_owned()
}

fn says(wire: &mut Wire, talk: &str, text: &str) {
    wire.does("send_message", json!({ "conversation": talk, "text": text }));
}

/// The listings of the next events, which are all publications.
async fn published(stream: &mut Stream) -> Vec<String> {
    let mut listings = Vec::new();
    for _ in 0..5 {
        let line: Value = serde_json::from_str(&stream.line().await).unwrap();
        assert_eq!(line["event"]["event"], "listing_published", "{line}");
        listings.push(line["event"]["listing"].as_str().unwrap().to_owned());
    }
    listings
}

// ---- what a listener is due ----

fn seq(event: &Value) -> i64 {
    event["seq"].as_i64().unwrap_or_else(|| panic!("no event: {event}"))
}

fn names(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

/// Whether an event is for that member's eyes, by the table of the protocol.
fn is_for(event: &Value, person: &Person, operator: bool) -> bool {
    let id = person.id.to_string();
    let is = |field: &str| event[field] == id.as_str();
    match event["event"].as_str().unwrap() {
        "member_registered" | "entry_posted" | "setting_changed" => operator,
        "listing_published" | "pickup_point_added" | "pickup_point_changed" => true,
        "message_sent" => is("sender") || is("recipient"),
        "messages_delivered" | "messages_read" => is("by") || is("to"),
        "conversation_started" => is("by"),
        "session_started" | "role_changed" | "name_changed" => is("member"),
        other => panic!("{other} is not in this story"),
    }
}

fn median(micros: &mut [i64]) -> i64 {
    micros.sort_unstable();
    micros[micros.len() / 2]
}

/// Lets this process have that many files open, where it may not by itself.
pub(crate) fn make_room_for_files(count: u64) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let now: u64 = line.split_whitespace().next().unwrap().parse().unwrap_or(u64::MAX);
    if now < count {
        let mut program = Program::new("prlimit");
        program.arg("--pid").arg(std::process::id().to_string()).arg(format!("--nofile={count}:"));
        let raised = program.status().expect("prlimit, of util-linux, should be installed");
        assert!(raised.success(), "{count} files must be allowed to be open: run `ulimit -n {count}` first");
    }
}
