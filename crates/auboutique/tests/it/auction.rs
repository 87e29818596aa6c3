//! Auctions over real sockets: who follows one is told every bid in it, once and in order, and nobody else is; the log of one
//! that is over is run again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::process::{Command, Output};

use auboutique_domain::bid_log::{self, Ending};
use auboutique_domain::time::Span;
use serde_json::{Value, json};

use crate::api::Api;
use crate::event::Stream;
use crate::listener::{Anew, Ear, signed_in};
use crate::stage::{Person, Stage, Wire, code, on_both, usd};

on_both! {
    fn bids_reach_those_who_follow_once_and_in_order_and_nobody_else(stage) {
        let room = Room::open(stage, &["A lamp", "A desk"]);
        let [lamp, desk] = [&room.auctions[0], &room.auctions[1]];
        let (omar, zoe) = (stage.member("omar"), stage.member("zoe"));
        let mut ears = [&omar, &zoe].map(|person| Ear::following(stage.connect(person), None, &[lamp]));
        let mut stream = Stream::of(stage.http, None, &format!("?auction={lamp}"), &[]);
        let mut at_desk = Ear::following(stage.connect(&zoe), None, &[desk]);
        let mut in_none = Ear::of(stage.connect(&omar), None);
        let mut in_both = Ear::following(stage.connect(&omar), None, &[lamp, desk]);
        let (mut tala, mut sami) = (stage.connect(&stage.member("tala")), stage.connect(&stage.member("sami")));
        for cents in [1_000, 2_000, 3_000, 4_000] {
            bids(&mut tala, lamp, cents);
            bids(&mut sami, lamp, cents + 500);
        }
        bids(&mut sami, desk, 1_000);
        let last = room.barrier(stage);
        let told = of_auctions(&ears[0].up_to(&last));
        let numbers: Vec<i64> = told.iter().map(|event| event["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (2..=9).collect::<Vec<_>>(), "the log begins with the opening: {told:?}");
        assert!(told.iter().all(|event| event["event"] == "bid_placed" && event["auction"] == **lamp));
        assert_eq!(told.last().unwrap()["price"], usd(4_100), "the second maximum and an increment");
        assert_eq!(told.last().unwrap()["leader"], 2);
        assert_eq!(of_auctions(&ears[1].up_to(&last)), told);
        assert_eq!(of_auctions(&stream.up_to(&last)), told, "a visitor follows over HTTP");
        let elsewhere = of_auctions(&at_desk.up_to(&last));
        assert_eq!(elsewhere.iter().map(|event| &event["auction"]).collect::<Vec<_>>(), [&json!(desk)]);
        assert_eq!(of_auctions(&in_none.up_to(&last)), [Value::Null; 0]);
        let both = of_auctions(&in_both.up_to(&last));
        assert_eq!(both, [told.as_slice(), elsewhere.as_slice()].concat());
        stage.is_clean();
    }

    fn whoever_comes_back_with_a_number_is_told_what_they_missed_of_the_auctions_they_follow(stage) {
        let room = Room::open(stage, &["A lamp", "A desk"]);
        let [lamp, desk] = [&room.auctions[0], &room.auctions[1]];
        let omar = stage.member("omar");
        let (mut tala, mut sami) = (stage.connect(&stage.member("tala")), stage.connect(&stage.member("sami")));
        let from = *stage.market.log().borrow();
        for cents in [1_000, 2_000, 3_000] {
            bids(&mut tala, lamp, cents);
            bids(&mut sami, lamp, cents + 500);
            bids(&mut tala, desk, cents);
        }
        let head = *stage.market.log().borrow();
        let anew = Anew::open(stage);
        let mut console = Ear::of(stage.console(), Some(from));
        let mut back = Vec::new();
        for cursor in from..=head {
            for address in [stage.address, anew.address] {
                back.push((cursor, Ear::following(signed_in(address, &omar), Some(cursor), &[lamp])));
            }
        }
        let mut streams: Vec<(i64, Stream)> = (from..=head)
            .map(|cursor| (cursor, Stream::of(stage.http, None, &format!("?after={cursor}&auction={lamp}&auction={desk}"), &[])))
            .collect();
        // One more while they are told what they missed.
        bids(&mut tala, lamp, 9_000);
        let last = room.barrier(stage);
        let all = of_auctions(&console.up_to(&last));
        assert!(all.iter().any(|event| event["auction"] == **desk), "the console sees everything");
        for (cursor, mut ear) in back {
            let due = all.iter().filter(|event| event["seq"].as_i64() > Some(cursor) && event["auction"] == **lamp);
            assert_eq!(of_auctions(&ear.up_to(&last)), due.cloned().collect::<Vec<_>>(), "after {cursor}");
        }
        for (cursor, stream) in &mut streams {
            let due = all.iter().filter(|event| event["seq"].as_i64() > Some(*cursor));
            assert_eq!(of_auctions(&stream.up_to(&last)), due.cloned().collect::<Vec<_>>(), "after {cursor}");
        }
    }

    fn who_begins_and_ceases_to_follow_on_a_connection_is_told_from_then_on_and_no_longer(stage) {
        let room = Room::open(stage, &["A lamp"]);
        let lamp = &room.auctions[0];
        let mut tala = stage.connect(&stage.member("tala"));
        bids(&mut tala, lamp, 1_000);
        let mut ear = Ear::of(stage.connect(&stage.member("omar")), None);
        bids(&mut stage.connect(&stage.member("sami")), lamp, 2_000);
        let before = *stage.market.log().borrow();
        ear.does("follow", json!({ "auction": lamp }));
        ear.does("follow", json!({ "auction": lamp }));
        bids(&mut tala, lamp, 3_000);
        ear.does("ping", json!({}));
        let heard = room.barrier(stage);
        // What happened a moment before may still be on its way to everybody.
        let told = of_auctions(&ear.up_to(&heard));
        let since: Vec<_> = told.iter().filter(|event| event["seq"].as_i64() > Some(before)).collect();
        assert_eq!(since.len(), 1, "each once, from then on: {told:?}");
        assert_eq!(ear.does("unfollow", json!({ "auction": lamp })), json!({}));
        bids(&mut stage.connect(&stage.member("zoe")), lamp, 4_000);
        let heard = room.barrier(stage);
        assert_eq!(of_auctions(&ear.up_to(&heard)), [Value::Null; 0]);
        // A connection that did not listen does from then on.
        let mut wire = stage.connect(&stage.member("nada"));
        let cursor = wire.does("follow", json!({ "auction": lamp }))["cursor"].clone();
        assert_eq!(cursor, *stage.market.log().borrow());
        let none = json!({ "auction": "auc_01jd9y3t8qf1vaz0w6k2m4n8pr" });
        assert_eq!(code(&ear.ask("follow", none)), "not_found");
        assert_eq!(code(&stage.visitor().ask("follow", json!({ "auction": lamp }))), "sign_in_needed");
    }

    fn those_who_follow_are_told_how_many_they_are_once_a_second_at_most(stage) {
        let room = Room::open(stage, &["A lamp"]);
        let lamp = &room.auctions[0];
        let omar = stage.member("omar");
        let mut ear = Ear::following(stage.connect(&omar), None, &[lamp]);
        assert_eq!(here(&mut ear), (lamp.clone(), 1));
        let before = stage.market.now();
        let crowd: Vec<Stream> =
            (0..20).map(|_| Stream::of(stage.http, None, &format!("?auction={lamp}"), &[])).collect();
        let mut lines = 0;
        loop {
            lines += 1;
            let (_, listeners) = here(&mut ear);
            if listeners == 21 {
                break;
            }
        }
        let seconds = stage.market.now().since(before).seconds_up();
        assert!(lines <= seconds + 1, "{lines} lines in {seconds} s");
        drop(crowd);
        while here(&mut ear).1 > 1 {}
        stage.is_clean();
    }

    fn a_bid_that_is_too_low_is_told_the_least_that_is_taken_on_both_wires(stage) {
        let room = Room::open(stage, &["A lamp"]);
        let lamp = &room.auctions[0];
        let (tala, sami) = (stage.member("tala"), stage.member("sami"));
        let (mut with_tala, mut with_sami) = (stage.connect(&tala), stage.connect(&sami));
        let no = with_tala.ask("place_bid", json!({ "auction": lamp, "maximum": usd(450) }));
        assert_eq!((code(&no), &no["refused"]["minimum"]), ("bid_too_low", &usd(500)));
        let stands = bids(&mut with_tala, lamp, 2_000);
        assert_eq!((&stands["price"], &stands["leads"], &stands["bidder"]), (&usd(500), &json!(true), &json!(1)));
        let before = *stage.market.log().borrow();
        let no = with_sami.ask("place_bid", json!({ "auction": lamp, "maximum": usd(500) }));
        assert_eq!((code(&no), &no["refused"]["minimum"]), ("bid_too_low", &usd(550)));
        let api = Api::of(stage);
        let said = api.ask(Some(&sami.token), "place_bid", &json!({ "auction": lamp, "maximum": usd(500) }));
        assert_eq!((said.status, said.json()["minimum"].clone()), (409, usd(550)));
        // Who leads may only raise.
        let no = with_tala.ask("place_bid", json!({ "auction": lamp, "maximum": usd(2_000) }));
        assert_eq!((code(&no), &no["refused"]["minimum"]), ("bid_too_low", &usd(2_050)));
        for (cents, expected) in [(525, "not_cash_unit"), (-500, "price_out_of_range"), (50_050, "bid_too_high")] {
            let no = with_sami.ask("place_bid", json!({ "auction": lamp, "maximum": usd(cents) }));
            assert_eq!(code(&no), expected, "{cents}");
        }
        let lbp = json!({ "auction": lamp, "maximum": { "minor": 900_000, "currency": "LBP" } });
        assert_eq!(code(&with_sami.ask("place_bid", lbp)), "auction_currency");
        assert_eq!(code(&room.seller(stage).ask("place_bid", json!({ "auction": lamp, "maximum": usd(900) }))), "own_auction");
        assert_eq!(*stage.market.log().borrow(), before, "what is refused changes nothing");
        // Asked twice under one key it is bid once.
        let again = json!({ "auction": lamp, "maximum": usd(1_000), "key": "sami-bids" });
        let first = with_sami.does("place_bid", again.clone());
        assert_eq!((&first["price"], &first["minimum"]), (&usd(1_100), &usd(1_200)));
        assert_eq!(with_sami.does("place_bid", again), first);
        assert_eq!(with_sami.does("bids", json!({ "auction": lamp }))["rows"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn the_downloaded_log_of_an_auction_that_is_over_is_run_again_to_the_same_winner_and_price() {
    for (stage, clock) in Stage::with_clocks() {
        let room = Room::lasting(&stage, &["A lamp"], 60);
        let lamp = &room.auctions[0];
        let names = ["tala", "sami", "zoe"];
        let people = names.map(|name| stage.member(name));
        let mut wires = people.each_ref().map(|person| stage.connect(person));
        for round in 0..30 {
            // Each outbids the other two; the last bids come late and move the end.
            clock.advance(Span::seconds(2));
            let wire = &mut wires[round % 3];
            let minimum =
                wire.does("auction", json!({ "auction": lamp }))["minimum"]["minor"].as_i64().unwrap();
            bids(wire, lamp, minimum + 1_000);
        }
        let api = Api::of(&stage);
        let early = api.ask(None, "bid_log", &json!({ "auction": lamp }));
        assert_eq!((early.status, early.code()), (409, "auction_still_open".to_owned()));
        let mut ear = Ear::of(stage.connect(&people[0]), None);
        clock.advance(Span::minutes(4));
        let over = wires[0].ask("place_bid", json!({ "auction": lamp, "maximum": usd(45_000) }));
        assert_eq!(code(&over), "auction_over");
        let closed = ear.any("auction_closed");
        assert_eq!((&closed["ending"], &closed["auction"]), (&json!("sold"), &json!(lamp)));

        let said = api.ask(None, "bid_log", &json!({ "auction": lamp }));
        assert_eq!(said.header("content-type"), Some("text/plain; charset=utf-8"));
        let disposition = format!("attachment; filename=\"{lamp}.txt\"");
        assert_eq!(said.header("content-disposition"), Some(disposition.as_str()));
        let log = String::from_utf8(said.body).unwrap();
        assert_eq!(piece_by_piece(&mut wires[1], lamp), log, "both wires give the same");
        let (auction, replayed) = bid_log::replay(&log).unwrap();
        assert_eq!((auction.to_string(), replayed.ending), (lamp.clone(), Some(Ending::Sold)));
        assert_eq!(json!(replayed.winner), closed["bidder"]);
        assert_eq!(json!(replayed.price), closed["price"]);
        let shown = wires[2].does("auction", json!({ "auction": lamp }));
        assert_eq!((&shown["price"], &shown["leader"]), (&closed["price"], &closed["bidder"]));
        assert_eq!(json!(replayed.ends_at), shown["ends_at"]);

        let file = stage.folder.path().join("log.txt");
        let run = |text: &str| {
            std::fs::write(&file, text).unwrap();
            replay(&file)
        };
        let said = run(&log);
        let text = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.status.code(), Some(0), "{text}");
        let price = replayed.price.unwrap().to_string();
        assert!(
            text.contains(&format!("winner bidder {}\nprice {price}\n", replayed.winner.unwrap())),
            "{text}"
        );
        assert!(text.ends_with("clean\n"), "{text}");
        // Whichever line of it is changed is named.
        for line in [1, 2, 17, log.lines().count() - 1] {
            let changed: Vec<String> = log
                .lines()
                .enumerate()
                .map(
                    |(number, text)| {
                        if number == line { text.replacen('=', "=9", 1) } else { text.to_owned() }
                    },
                )
                .collect();
            assert_ne!(changed.join("\n"), log.trim_end());
            let said = run(&changed.join("\n"));
            let text = String::from_utf8(said.stdout).unwrap();
            assert_eq!(said.status.code(), Some(1), "{text}");
            assert!(text.starts_with(&format!("wrong: line {line}: ")), "{line}: {text}");
        }
        assert_eq!(run("not a log").status.code(), Some(1));
        assert_eq!(replay(&stage.folder.path().join("none.txt")).status.code(), Some(4));
        stage.is_clean();
    }
}

// ---- those who act ----

/// A seller and their auctions.
struct Room {
    seller: Person,
    auctions: Vec<String>,
}

impl Room {
    /// Auctions of a day that begin at 5.00 USD.
    fn open(stage: &Stage, titles: &[&str]) -> Self {
        Self::lasting(stage, titles, 86_400)
    }

    fn lasting(stage: &Stage, titles: &[&str], seconds: i64) -> Self {
        let seller = stage.member("seller");
        let mut wire = stage.connect(&seller);
        let open = |title: &&str| {
            let opened = wire.does("open_auction", lot(title, seconds));
            opened["auction"].as_str().unwrap().to_owned()
        };
        let auctions = titles.iter().map(open).collect();
        Self { seller, auctions }
    }

    fn seller(&self, stage: &Stage) -> Wire {
        stage.connect(&self.seller)
    }

    /// Something everybody who listens is told of: what happened before has been told when it is.
    fn barrier(&self, stage: &Stage) -> String {
        self.seller(stage).lists("The last of it", 1_000)
    }
}

/// What somebody puts up.
pub(crate) fn lot(title: &str, seconds: i64) -> Value {
    json!({
        "title": title, "category": "books", "condition": "good", "starting_price": usd(500),
        "duration_seconds": seconds,
    })
}

fn bids(wire: &mut Wire, auction: &str, cents: i64) -> Value {
    wire.does("place_bid", json!({ "auction": auction, "maximum": usd(cents) }))
}

/// Those of the events that are for who follows an auction.
fn of_auctions(events: &[Value]) -> Vec<Value> {
    let followed =
        ["bid_placed", "bids_removed", "price_lowered", "auction_note_added", "auction_ending_soon"];
    let is = |event: &&Value| followed.contains(&event["event"].as_str().unwrap());
    events.iter().filter(is).cloned().collect()
}

/// The next line that says how many follow which auction.
fn here(ear: &mut Ear) -> (String, i64) {
    loop {
        let line = ear.next();
        if let Some(here) = line.get("here") {
            return (here["auction"].as_str().unwrap().to_owned(), here["listeners"].as_i64().unwrap());
        }
    }
}

/// The log as the protocol gives it.
fn piece_by_piece(wire: &mut Wire, auction: &str) -> String {
    let (mut log, mut after) = (String::new(), Value::Null);
    loop {
        let piece = wire.does("bid_log", json!({ "auction": auction, "after": after }));
        for line in piece["lines"].as_array().unwrap() {
            log += line.as_str().unwrap();
            log.push('\n');
        }
        after = piece["next"].clone();
        if after.is_null() {
            return log;
        }
    }
}

/// `auboutique replay`.
fn replay(file: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_auboutique")).arg("replay").arg(file).output().unwrap()
}
