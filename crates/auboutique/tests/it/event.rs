//! Those who listen over HTTP: told everything that is for them, once, in order, and nothing else, as on the protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use auboutique::http;
use auboutique::serve::{Doors, Running};
use auboutique_domain::Command;
use auboutique_domain::member::Role;
use serde_json::{Value, json};

use crate::http::{Connection, bearer};
use crate::stage::{PASSWORD, Person, Stage, Wire, on_both, request};

/// How soon what happened is known everywhere (`promises.md` P2).
const AT_ONCE: i64 = 1_000_000;

on_both! {
    /// `promises.md` C2: from what the server still has at hand, and from the log as after a restart; by the header that
    /// browsers send when they come back, and by the address.
    fn whoever_comes_back_with_any_number_is_told_the_rest_once_and_in_order(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let nora = stage.member_with(Role::Operator, "nora");
        let (mut with_rana, mut with_karim) = (stage.connect(&rana), stage.connect(&karim));
        let talk = start(&mut with_rana, &karim);
        for number in 0..3 {
            says(&mut with_rana, &talk, "Is it still there?");
            says(&mut with_karim, &talk, "It is");
            with_rana.lists(&format!("Lamp {number}"), 1_000);
            with_karim.does("change_name", json!({ "name": format!("Karim {number}") }));
            stage.member(&format!("passer_by_{number}"));
        }
        let head = *stage.market.log().borrow();
        let anew = Anew::open(stage);
        let mut streams = Vec::new();
        for cursor in 0..=head {
            for (number, address) in [stage.http, anew.http].into_iter().enumerate() {
                let person = if cursor % 2 == 0 { &rana } else { &nora };
                let person = stage.again(person.id, &person.username);
                let stream = if number == 0 {
                    Stream::of(address, Some(&person), &format!("?after={cursor}"), &[])
                } else {
                    // What a browser remembers goes before what stands in the address.
                    Stream::of(address, Some(&person), "?after=0", &[&format!("Last-Event-ID: {cursor}")])
                };
                assert_eq!(stream.cursor, cursor);
                streams.push((cursor, person, stream));
            }
        }
        // What happens while all of them are being told what happened comes behind it.
        let last = with_rana.lists("The last lamp", 1_000);
        let [all_of_rana, all_of_nora] = [&rana, &nora].map(|person| told_on_the_protocol(stage, person, &last));
        for (cursor, person, mut stream) in streams {
            let all = if person.id == rana.id { &all_of_rana } else { &all_of_nora };
            // Sessions that began for this test are told to their member; on both ways the same.
            let due: Vec<&Value> = all.iter().filter(|event| seq(event) > cursor).collect();
            assert_eq!(stream.up_to(&last).iter().collect::<Vec<_>>(), due, "{} after {cursor}", person.username);
        }
    }

    fn a_number_ahead_of_the_log_ends_the_stream_with_where_to_go_on(stage) {
        let rana = stage.member("rana");
        let head = *stage.market.log().borrow();
        for who in [Some(&rana), None] {
            let mut connection = Connection::open(stage.http);
            for ahead in [head + 1, i64::MAX] {
                let headers = listening(who, &[&format!("Last-Event-ID: {ahead}")]);
                let answer = connection.ask("GET /api/v1/events", &headers.iter().map(String::as_str).collect::<Vec<_>>(), b"");
                assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
                let text = answer.text();
                // A browser that comes back by itself comes back from there.
                let end = text.strip_prefix(&format!("id: {head}\ndata: ")).unwrap_or_else(|| panic!("{text}"));
                let end: Value = serde_json::from_str(end).unwrap();
                assert_eq!((&end["end"]["code"], &end["end"]["cursor"]), (&json!("resync_required"), &json!(head)));
            }
        }
        for (headers, query) in [("Last-Event-ID: seven", ""), ("Last-Event-ID: 1.5", ""), ("X: y", "?after=x")] {
            let answer = Connection::open(stage.http).ask(&format!("GET /api/v1/events{query}"), &[headers], b"");
            assert_eq!((answer.status, answer.code()), (400, "bad_field".to_owned()), "{headers} {query}");
        }
    }

    fn a_visitor_hears_what_everybody_may_and_nothing_else(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let mut with_rana = stage.connect(&rana);
        let anew = Anew::open(stage);
        let start_at = *stage.market.log().borrow();
        let mut live = Stream::of(stage.http, None, "", &[]);
        let mut with_karim = stage.connect(&karim);
        let lamp = with_rana.lists("A lamp", 1_000);
        let talk = start(&mut with_karim, &rana);
        says(&mut with_karim, &talk, "Is it still there?");
        with_karim.buys(&lamp, 1_000);
        with_rana.does("change_name", json!({ "name": "Rana" }));
        let desk = with_rana.lists("A desk", 1_000);
        let expected = ["listing_published", "listing_sold", "listing_published"];
        assert_eq!(names(&live.up_to(&desk)), expected);
        for address in [stage.http, anew.http] {
            let mut back = Stream::of(address, None, &format!("?after={start_at}"), &[]);
            assert_eq!(names(&back.up_to(&desk)), expected);
        }
    }

    fn what_a_blocked_member_said_is_not_told_behind_the_block(stage) {
        let (omar, tala) = (stage.member("omar"), stage.member("tala"));
        let (mut with_omar, mut with_tala) = (stage.connect(&omar), stage.connect(&tala));
        let talk = start(&mut with_tala, &omar);
        let before = *stage.market.log().borrow();
        says(&mut with_tala, &talk, "One");
        says(&mut with_omar, &talk, "Two");
        let mut live = Stream::of(stage.http, Some(&omar), "", &[]);
        with_omar.does("block", json!({ "username": "tala" }));
        let desk = with_omar.lists("A desk", 1_000);
        assert_eq!(names(&live.up_to(&desk)), ["member_blocked", "listing_published"]);
        let anew = Anew::open(stage);
        for address in [stage.http, anew.http] {
            let said = |person: &Person| -> Vec<String> {
                let told = Stream::of(address, Some(person), &format!("?after={before}"), &[]).up_to(&desk);
                let said = told.iter().filter(|event| event["event"] == "message_sent");
                said.map(|event| event["message"]["text"].as_str().unwrap().to_owned()).collect()
            };
            assert_eq!(said(&omar), ["Two"]);
            assert_eq!(said(&tala), ["One", "Two"], "she is not blocked by herself");
        }
    }

    /// `promises.md` P2, T29.
    fn a_session_that_ends_elsewhere_ends_its_streams_at_once_and_nothing_comes_after(stage) {
        let rana = json!({ "name": "Rana", "username": "rana", "email": "rana@mail.aub.edu", "password": PASSWORD });
        let joined = stage.visitor().does("register", rana);
        let id = auboutique_domain::id::MemberId::parse(joined["account"]["id"].as_str().unwrap()).unwrap();
        let username = auboutique_domain::member::Username::parse("rana").unwrap();
        let mut karim = stage.connect(&stage.member("karim"));
        let mut micros = Vec::new();
        for round in 0..6 {
            let person = stage.again(id, &username);
            let mut here = stage.visitor();
            here.does("log_in", json!({ "login": "rana", "password": PASSWORD }));
            let cookie = format!("Cookie: {}={}", http::asker::COOKIE, person.token);
            let mut streams =
                [Stream::of(stage.http, Some(&person), "", &[]), Stream::of(stage.http, None, "", &[&cookie])];
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
            karim.lists("A lamp", 1_000);
            for stream in &mut streams {
                let end = loop {
                    let (_, told) = stream.next().expect("it ends with a word");
                    assert_ne!(told["event"]["event"], "listing_published", "{round}");
                    if told.get("end").is_some() {
                        break told;
                    }
                };
                assert_eq!(end["end"]["code"], "session_ended", "{round}");
                assert_eq!(stream.next(), None, "{round}: something came after the end");
            }
            // A password takes its time to be hashed; what counts is when it was changed.
            let from = if round % 3 == 1 { asked } else { start };
            micros.push(stage.market.now().since(from).micros());
            let again = Connection::open(stage.http).ask("GET /api/v1/events", &[&bearer(&person)], b"");
            assert_eq!((again.status, again.code()), (401, "session_ended".to_owned()));
        }
        micros.sort_unstable();
        eprintln!("ended after {} ms (median)", micros[3] / 1_000);
        assert!(micros[3] < AT_ONCE, "{micros:?}");
    }

    fn a_member_is_here_while_a_stream_of_theirs_is_open(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let talk = start(&mut stage.connect(&rana), &karim);
        says(&mut stage.connect(&rana), &talk, "Hello");
        let mut witness = Stream::of(stage.http, Some(&rana), "", &[]);
        for _ in 0..2 {
            let first = Stream::of(stage.http, Some(&karim), "", &[]);
            witness.sees(&karim, true);
            let second = Stream::of(stage.http, Some(&karim), "", &[]);
            drop(first);
            // Longer than anybody may be silent: he reads, so he is here.
            let start = stage.market.now();
            while stage.market.now().since(start).micros() < 5_000_000 {
                assert_eq!(witness.chunk(), ":\n\n", "nobody comes or goes");
            }
            drop(second);
            witness.sees(&karim, false);
        }
    }
}

#[test]
fn a_stream_begins_with_where_it_stands_is_not_compressed_and_says_something_every_two_seconds() {
    let stage = Stage::on_sqlite();
    let head = *stage.market.log().borrow();
    let mut connection = Connection::open(stage.http);
    let answer = connection.begun("GET /api/v1/events", &["Accept-Encoding: gzip, br"]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("content-encoding"), None);
    let first = String::from_utf8(connection.chunk().unwrap()).unwrap();
    assert!(first.starts_with(&format!("retry: 2000\nid: {head}\n:")) && first.ends_with("\n\n"), "{first}");
    for _ in 0..2 {
        let start = stage.market.now();
        assert_eq!(connection.chunk().unwrap(), b":\n\n");
        let waited = stage.market.now().since(start).micros();
        assert!((1_000_000..3_500_000).contains(&waited), "{waited} µs");
    }
    let mut seller = stage.connect(&stage.member("rana"));
    let lamp = seller.lists("A lamp", 1_000);
    let text = loop {
        let text = String::from_utf8(connection.chunk().unwrap()).unwrap();
        if !text.starts_with(':') {
            break text;
        }
    };
    let head = *stage.market.log().borrow();
    let data = text.strip_prefix(&format!("id: {head}\ndata: ")).and_then(|rest| rest.strip_suffix("\n\n"));
    let told: Value = serde_json::from_str(data.unwrap_or_else(|| panic!("{text}"))).unwrap();
    assert_eq!((&told["event"]["seq"], &told["event"]["listing"]), (&json!(head), &json!(lamp)));
}

#[test]
fn twenty_who_listen_are_told_the_same_bytes() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let mut seller = stage.connect(&stage.member("karim"));
    let mut crowd: Vec<Stream> = (0..20)
        .map(|number| {
            let person = stage.again(rana.id, &rana.username);
            let who = Some(&person).filter(|_| number % 2 == 0);
            Stream::of(stage.http, who, "", &[])
        })
        .collect();
    let lamps: Vec<String> = (0..5).map(|number| seller.lists(&format!("Lamp {number}"), 1_000)).collect();
    let all: Vec<String> = crowd.iter_mut().map(|stream| stream.bytes_up_to(&lamps[4])).collect();
    let published = |bytes: &String| -> Vec<String> {
        bytes.split("\n\n").filter(|event| event.contains("listing_published")).map(str::to_owned).collect()
    };
    assert_eq!(published(&all[0]).len(), 5);
    for bytes in &all {
        assert_eq!(published(bytes), published(&all[0]));
    }
}

#[test]
fn so_many_streams_are_open_of_one_session_and_of_one_address_and_no_more() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    for (who, most) in [(Some(&rana), 8), (None, 64)] {
        let mut open: Vec<Stream> = (0..most).map(|_| Stream::of(stage.http, who, "", &[])).collect();
        let headers = listening(who, &[]);
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut connection = Connection::open(stage.http);
        let answer = connection.ask("GET /api/v1/events", &headers, b"");
        assert_eq!((answer.status, answer.code()), (429, "too_many_streams".to_owned()), "{most}");
        // Another session of the same member has places of its own.
        drop(Stream::of(stage.http, Some(&stage.again(rana.id, &rana.username)), "", &[]));
        // Who goes makes room, as soon as it is seen that they went.
        open.pop();
        let mut tries = 0;
        while connection.begun("GET /api/v1/events", &headers).status != 200 {
            connection = Connection::open(stage.http);
            tries += 1;
            assert!(tries < 2_000, "nobody makes room");
        }
    }
}

/// What is too much for one who listens is nobody else's trouble.
#[test]
fn a_listener_who_does_not_read_is_cut_off_and_delays_nobody() {
    const MESSAGES: usize = 3_000;
    let stage = Stage::on_sqlite();
    let name = "messages_per_minute".to_owned();
    stage.at_console(Command::ChangeSetting { name, value: "100000".to_owned() });
    let (rana, karim) = (stage.member("rana"), stage.member("karim"));
    let mut sender = stage.connect(&rana);
    let talk = start(&mut sender, &karim);
    says(&mut sender, &talk, "Hello");
    says(&mut stage.connect(&karim), &talk, "Hello yourself");
    let mut deaf: Vec<Stream> = (0..5).map(|_| Stream::of(stage.http, Some(&karim), "", &[])).collect();
    let mut attentive = Stream::of(stage.http, Some(&karim), "", &[]);
    // Each is of some 16 kB: a thousand of them are more than all buffers on the way hold.
    let line = request(1, "send_message", json!({ "conversation": talk, "text": "🪔".repeat(4_000) }));
    let mut heard: Vec<i64> = Vec::new();
    let mut slowest = 0;
    for number in 0..MESSAGES + 8 {
        if number < MESSAGES {
            sender.send(line.as_bytes());
        }
        if number >= 8 {
            let start = stage.market.now();
            assert!(sender.answer().get("reply").is_some());
            heard.push(attentive.any("message_sent")["number"].as_i64().unwrap());
            slowest = slowest.max(stage.market.now().since(start).micros());
        }
    }
    let numbers: Vec<i64> = (3..).take(MESSAGES).collect();
    assert_eq!(heard, numbers, "whoever reads is told everything, whatever the others do");
    println!("the slowest of {MESSAGES} came after {} ms", slowest / 1_000);
    for stream in &mut deaf {
        let (some, cursor) = stream.until_it_breaks();
        assert!(some.len() < MESSAGES, "nobody was cut off");
        assert_eq!(some, numbers[..some.len()], "without a gap up to the end");
        // Whoever comes back is told the rest.
        let person = stage.again(karim.id, &karim.username);
        let mut back = Stream::of(stage.http, Some(&person), "", &[&format!("Last-Event-ID: {cursor}")]);
        let rest: Vec<i64> =
            (some.len()..MESSAGES).map(|_| back.any("message_sent")["number"].as_i64().unwrap()).collect();
        assert_eq!(rest, numbers[some.len()..]);
    }
}

#[test]
fn when_the_market_closes_every_stream_ends_with_a_word() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let anew = Anew::open(&stage);
    let mut streams = [Stream::of(anew.http, Some(&rana), "", &[]), Stream::of(anew.http, None, "", &[])];
    let head = *stage.market.log().borrow();
    anew.close();
    for stream in &mut streams {
        let (id, last) = stream.next().expect("it ends with a word");
        assert_eq!(
            (id, &last["end"]["code"], &last["end"]["cursor"]),
            (Some(head), &json!("closing"), &json!(head))
        );
        assert_eq!(stream.next(), None);
    }
}

// ---- listening ----

/// A stream of server-sent events.
pub(crate) struct Stream {
    connection: Connection<TcpStream>,
    /// After which number it begins.
    cursor: i64,
    /// What came and was not looked at yet.
    rest: String,
    seen: String,
}

fn listening(who: Option<&Person>, more: &[&str]) -> Vec<String> {
    who.map(bearer).into_iter().chain(more.iter().map(|&header| header.to_owned())).collect()
}

impl Stream {
    pub(crate) fn of(address: SocketAddr, who: Option<&Person>, query: &str, more: &[&str]) -> Self {
        let mut connection = Connection::open(address);
        let headers = listening(who, more);
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = connection.begun(&format!("GET /api/v1/events{query}"), &headers);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("text/event-stream")),
            "{answer:?}"
        );
        let first = String::from_utf8(connection.chunk().unwrap()).unwrap();
        let (head, rest) = first.split_once("\n\n").unwrap();
        let cursor = head.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().parse().unwrap();
        Self { connection, cursor, rest: rest.to_owned(), seen: String::new() }
    }

    /// The next piece as it came.
    fn chunk(&mut self) -> String {
        String::from_utf8(self.connection.chunk().expect("the stream ended")).unwrap()
    }

    /// The next thing that is told, with its number; nothing when the stream ended in good order.
    pub(crate) fn next(&mut self) -> Option<(Option<i64>, Value)> {
        loop {
            while let Some((event, rest)) = self.rest.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.seen.push_str(&event);
                self.seen.push_str("\n\n");
                self.rest = rest;
                if let Some(told) = read(&event) {
                    return Some(told);
                }
            }
            let chunk = self.connection.chunk()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of that name; others are passed over.
    fn any(&mut self, name: &str) -> Value {
        loop {
            let (_, told) = self.next().expect("the stream ended");
            assert!(told.get("end").is_none(), "{told}");
            if told["event"]["event"] == name {
                return told["event"].clone();
            }
        }
    }

    /// The events up to the publication of that listing, which is the last of them. Each stands under its number.
    pub(crate) fn up_to(&mut self, listing: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let (id, told) = self.next().expect("the stream ended");
            assert!(told.get("end").is_none(), "{told}");
            let Some(event) = told.get("event") else {
                assert_eq!(id, None, "{told}");
                continue;
            };
            assert_eq!(id, Some(seq(event)), "{told}");
            events.push(event.clone());
            if event["event"] == "listing_published" && event["listing"] == listing {
                return events;
            }
        }
    }

    fn bytes_up_to(&mut self, listing: &str) -> String {
        self.up_to(listing);
        std::mem::take(&mut self.seen)
    }

    /// Is told next of that member's presence that it is so.
    fn sees(&mut self, person: &Person, online: bool) {
        loop {
            let (_, told) = self.next().expect("the stream ended");
            if told["presence"]["member"]["username"] == person.username.as_str() {
                assert_eq!(told["presence"]["online"], online, "{told}");
                return;
            }
        }
    }

    /// The numbers of the messages that are told until the stream ends, in whatever way, and the last number seen.
    fn until_it_breaks(&mut self) -> (Vec<i64>, i64) {
        let (mut numbers, mut cursor) = (Vec::new(), self.cursor);
        loop {
            while let Some((event, rest)) = self.rest.split_once("\n\n") {
                let told = read(event);
                self.rest = rest.to_owned();
                let Some((id, told)) = told else { continue };
                cursor = id.unwrap_or(cursor);
                numbers.extend(told["event"]["number"].as_i64());
                if let Some(end) = told.get("end") {
                    assert_eq!(end["code"], "too_slow");
                    return (numbers, cursor);
                }
            }
            match self.connection.try_chunk() {
                Ok(Some(Some(chunk))) => self.rest.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None | Some(None)) | Err(_) => return (numbers, cursor),
            }
        }
    }
}

/// The number and the object of an event as it stands in the stream; nothing when it is a comment.
fn read(event: &str) -> Option<(Option<i64>, Value)> {
    let id = event.lines().find_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap());
    let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
    assert!(event.lines().count() <= 2, "{event}");
    Some((id, serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"))))
}

/// Another hub over the same market, which has nothing at hand: as after a restart, it reads the log.
struct Anew<'a> {
    running: Option<Running>,
    stage: &'a Stage,
    http: SocketAddr,
}

impl<'a> Anew<'a> {
    fn open(stage: &'a Stage) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let doors = Doors {
            http: Some(http::Options { per_minute: None, ..http::Options::new(anywhere) }),
            ..Doors::protocol(anywhere)
        };
        let running = stage.runtime.block_on(Running::start(stage.market.clone(), doors)).unwrap();
        Self { http: running.http.unwrap(), running: Some(running), stage }
    }

    /// Closes it, and the market with it.
    fn close(mut self) {
        let running = self.running.take().unwrap();
        self.stage.runtime.block_on(running.close());
    }
}

impl Drop for Anew<'_> {
    fn drop(&mut self) {
        // Not closed: the market goes on.
        let _inside = self.stage.runtime.enter();
        drop(self.running.take());
    }
}

fn start(wire: &mut Wire, with: &Person) -> String {
    let talk = wire.does("start_conversation", json!({ "username": with.username.as_str() }));
    talk["conversation"].as_str().unwrap().to_owned()
}

fn says(wire: &mut Wire, talk: &str, text: &str) {
    wire.does("send_message", json!({ "conversation": talk, "text": text }));
}

/// What that member is told on the protocol, from the beginning up to the publication of that listing.
fn told_on_the_protocol(stage: &Stage, person: &Person, listing: &str) -> Vec<Value> {
    let mut wire = stage.connect(person);
    wire.does("listen", json!({ "after": 0 }));
    let mut events = Vec::new();
    loop {
        let told = wire.answer_within(Duration::from_secs(30)).expect("nothing is told");
        let Some(event) = told.get("event") else { continue };
        events.push(event.clone());
        if event["event"] == "listing_published" && event["listing"] == listing {
            return events;
        }
    }
}

fn seq(event: &Value) -> i64 {
    event["seq"].as_i64().unwrap_or_else(|| panic!("no event: {event}"))
}

fn names(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}
