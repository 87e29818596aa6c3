//! A link against a server that plays a script.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use auboutique_terminal::link::{Ask, Forgetful, Link, Told};
use auboutique_terminal::{Keeper, Tls};
use auboutique_wire::json::Outcome;
use crossbeam_channel::{Receiver, unbounded};
use serde_json::{Value, json};

struct Peer {
    lines: BufReader<TcpStream>,
}

impl Peer {
    fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().unwrap();
        let mut peer = Self { lines: BufReader::new(stream) };
        peer.say(&json!({ "hello": { "protocol": "auboutique", "versions": [1], "time": "2026-11-22T08:00:00.000000Z" } }));
        peer
    }

    fn say(&mut self, line: &Value) {
        let mut line = line.to_string();
        line.push('\n');
        self.lines.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// The next request that is no heartbeat.
    fn hear(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the client went away");
            let request: Value = serde_json::from_str(&line).unwrap();
            if request["op"] == "ping" {
                self.say(&json!({ "id": request["id"], "reply": { "time": "2026-11-22T08:00:01.000000Z" } }));
            } else {
                return request;
            }
        }
    }

    fn answer(&mut self, op: &str, reply: &Value) -> Value {
        let request = self.hear();
        assert_eq!(request["op"], op);
        self.say(&json!({ "id": request["id"], "reply": reply }));
        request
    }
}

fn account() -> Value {
    json!({ "id": "mbr_sami", "username": "sami", "name": "Sami", "email": "sami@example.org", "role": "member" })
}

fn start(listener: &TcpListener) -> (Link, Receiver<Told>) {
    let (sender, told) = unbounded();
    let server = listener.local_addr().unwrap().to_string();
    let link = Link::start(server, Tls::Offered, Box::new(Forgetful::default()), move |tell| {
        sender.send(tell).is_ok()
    });
    (link, told)
}

/// The next thing told that `pick` takes.
fn next<T>(told: &Receiver<Told>, mut pick: impl FnMut(Told) -> Option<T>) -> T {
    loop {
        let tell = told.recv_timeout(Duration::from_secs(10)).expect("nothing more was told");
        if let Some(found) = pick(tell) {
            return found;
        }
    }
}

fn ask(link: &Link, ticket: u64, op: &'static str, fields: Value) {
    let Value::Object(fields) = fields else { panic!("{fields}") };
    link.ask(Ask { ticket, op, fields });
}

fn answer_to(told: &Receiver<Told>, wanted: u64) -> Outcome {
    next(told, |tell| match tell {
        Told::Answer { ticket, outcome } if ticket == wanted => Some(outcome),
        _ => None,
    })
}

#[test]
fn after_a_lost_connection_it_resumes_listens_on_and_asks_again_under_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut first = Peer::accept(&listener);
        first.answer("log_in", &json!({ "token": "secret", "account": account() }));
        let listen = first.answer("listen", &json!({ "cursor": 10, "heartbeat_ms": 1_500 }));
        assert_eq!(listen.get("after"), None);
        first.say(&json!({ "event": { "seq": 11, "event": "listing_sold", "listing": "lst_1" } }));
        let lost = first.hear();
        assert_eq!(lost["op"], "buy");
        drop(first);

        let mut second = Peer::accept(&listener);
        let resume = second.answer("resume", &json!({ "account": account() }));
        assert_eq!(resume["token"], "secret");
        let listen = second.answer("listen", &json!({ "cursor": 12, "heartbeat_ms": 1_500 }));
        assert_eq!(listen["after"], 11);
        second.say(&json!({ "event": { "seq": 11, "event": "listing_sold", "listing": "lst_1" } }));
        second.say(&json!({ "event": { "seq": 12, "event": "order_placed", "order": "ord_1" } }));
        let again = second.answer("buy", &json!({ "order": "ord_1" }));
        assert_eq!(again["key"], lost["key"]);
        assert!(lost["key"].as_str().unwrap().len() >= 32);
        second
    });
    ask(&link, 1, "log_in", json!({ "login": "sami", "password": "nine-paper-boats" }));
    let Outcome::Reply(reply) = answer_to(&told, 1) else { panic!() };
    assert!(reply["token"].is_null(), "the token goes no further than the link: {reply}");
    ask(&link, 2, "buy", json!({ "listing": "lst_1" }));
    let mut events = Vec::new();
    let outcome = next(&told, |tell| match tell {
        Told::Event(event) => {
            events.push(event["seq"].as_i64().unwrap());
            None
        }
        Told::Answer { ticket: 2, outcome } => Some(outcome),
        _ => None,
    });
    assert_eq!(outcome, Outcome::Reply(json!({ "order": "ord_1" })));
    assert_eq!(events, [11, 12], "nothing is missing and nothing is told twice");
    drop(server.join().unwrap());
}

#[test]
fn a_busy_market_is_asked_again_under_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        let first = peer.hear();
        peer.say(&json!({ "id": first["id"], "busy": { "code": "contended", "message": "…", "retry_after_ms": 60 } }));
        let again = peer.answer("search", &json!({ "rows": [], "next": null }));
        assert_eq!(again["key"], first["key"]);
        peer
    });
    ask(&link, 1, "search", json!({ "text": "lamp" }));
    assert!(matches!(answer_to(&told, 1), Outcome::Reply(_)));
    drop(server.join().unwrap());
}

#[test]
fn that_somebody_types_is_told_and_what_was_typed_before_a_connection_was_lost_is_not_said_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut first = Peer::accept(&listener);
        first.answer("log_in", &json!({ "token": "secret", "account": account() }));
        first.answer("listen", &json!({ "cursor": 1, "heartbeat_ms": 60_000 }));
        first.say(&json!({ "typing": { "conversation": "cnv_1" } }));
        assert_eq!((&first.hear()["op"], &first.hear()["op"]), (&json!("typing"), &json!("conversations")));
        drop(first);
        let mut second = Peer::accept(&listener);
        second.answer("resume", &json!({ "account": account() }));
        second.answer("listen", &json!({ "cursor": 1, "heartbeat_ms": 60_000 }));
        second.answer("conversations", &json!({ "rows": [], "next": null }));
        second
    });
    ask(&link, 1, "log_in", json!({}));
    let typing = next(&told, |tell| match tell {
        Told::Typing(typing) => Some(typing),
        _ => None,
    });
    assert_eq!(typing, json!({ "conversation": "cnv_1" }));
    ask(&link, 2, "typing", json!({ "conversation": "cnv_1" }));
    ask(&link, 3, "conversations", json!({}));
    assert!(matches!(answer_to(&told, 2), Outcome::Busy(_)));
    assert!(matches!(answer_to(&told, 3), Outcome::Reply(_)));
    drop(server.join().unwrap());
}

#[test]
fn what_is_followed_is_followed_by_the_next_connection_from_the_same_cursor() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut first = Peer::accept(&listener);
        first.answer("log_in", &json!({ "token": "secret", "account": account() }));
        let listen = first.answer("listen", &json!({ "cursor": 10, "heartbeat_ms": 60_000 }));
        assert_eq!(listen.get("auctions"), None);
        for auction in ["auc_1", "auc_2"] {
            let follow = first.answer("follow", &json!({ "cursor": 10, "heartbeat_ms": 60_000 }));
            assert_eq!(follow["auction"], auction);
        }
        let gone = first.hear();
        first.say(&json!({ "id": gone["id"], "refused": { "code": "not_found", "message": "…" } }));
        first.answer("unfollow", &json!({}));
        first.say(&json!({ "event": { "seq": 11, "event": "bid_placed", "auction": "auc_1" } }));
        drop(first);
        let mut second = Peer::accept(&listener);
        second.answer("resume", &json!({ "account": account() }));
        let listen = second.hear();
        assert_eq!((&listen["after"], &listen["auctions"]), (&json!(11), &json!(["auc_1"])));
        // What is not there any more keeps nobody from hearing the rest.
        second.say(&json!({ "id": listen["id"], "refused": { "code": "not_found", "message": "…" } }));
        let listen = second.answer("listen", &json!({ "cursor": 11, "heartbeat_ms": 60_000 }));
        assert_eq!((&listen["after"], listen.get("auctions")), (&json!(11), None));
        second
    });
    ask(&link, 1, "log_in", json!({}));
    answer_to(&told, 1);
    for (ticket, auction) in [(2, "auc_1"), (3, "auc_2"), (4, "auc_3")] {
        ask(&link, ticket, "follow", json!({ "auction": auction }));
    }
    ask(&link, 5, "unfollow", json!({ "auction": "auc_2" }));
    let live = next(&told, |tell| match tell {
        Told::SignedIn { live, again: true, .. } => Some(live),
        _ => None,
    });
    assert!(live);
    drop(server.join().unwrap());
}

#[test]
fn a_session_that_was_ended_elsewhere_makes_a_visitor_who_is_told_why() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        peer.answer("log_in", &json!({ "token": "secret", "account": account() }));
        peer.answer("listen", &json!({ "cursor": 1, "heartbeat_ms": 1_500 }));
        let me = peer.hear();
        peer.say(&json!({ "id": me["id"], "refused": { "code": "session_ended", "message": "This session has ended." } }));
        let mut visitor = Peer::accept(&listener);
        visitor.answer("listings", &json!({ "rows": [], "next": null }));
        (peer, visitor)
    });
    ask(&link, 1, "log_in", json!({}));
    answer_to(&told, 1);
    ask(&link, 2, "me", json!({}));
    let why = next(&told, |tell| match tell {
        Told::Visiting { why: Some(why) } => Some(why),
        _ => None,
    });
    assert_eq!(why, "This session has ended.");
    ask(&link, 3, "listings", json!({}));
    assert!(matches!(answer_to(&told, 3), Outcome::Reply(_)));
    drop(server.join().unwrap());
}

#[test]
fn when_the_log_is_another_everything_is_loaded_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut first = Peer::accept(&listener);
        first.answer("log_in", &json!({ "token": "secret", "account": account() }));
        first.answer("listen", &json!({ "cursor": 90, "heartbeat_ms": 1_500 }));
        first.say(&json!({ "end": { "code": "too_slow", "message": "…", "cursor": 90 } }));
        let mut second = Peer::accept(&listener);
        second.answer("resume", &json!({ "account": account() }));
        let listen = second.hear();
        assert_eq!(listen["after"], 90);
        second.say(&json!({ "id": listen["id"], "refused": { "code": "resync_required", "cursor": 5, "message": "…" } }));
        let listen = second.answer("listen", &json!({ "cursor": 5, "heartbeat_ms": 1_500 }));
        assert_eq!(listen["after"], 5);
        second.say(&json!({ "event": { "seq": 6, "event": "listing_sold" } }));
        (first, second)
    });
    ask(&link, 1, "log_in", json!({}));
    answer_to(&told, 1);
    next(&told, |tell| (tell == Told::Resync).then_some(()));
    let seq = next(&told, |tell| match tell {
        Told::Event(event) => event["seq"].as_i64(),
        _ => None,
    });
    assert_eq!(seq, 6);
    drop(server.join().unwrap());
}

#[test]
fn an_older_market_that_does_not_stream_is_used_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (link, told) = start(&listener);
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        peer.answer("log_in", &json!({ "token": "secret", "account": account() }));
        let listen = peer.hear();
        peer.say(&json!({ "id": listen["id"], "refused": { "code": "unknown_op", "message": "…" } }));
        peer
    });
    ask(&link, 1, "log_in", json!({}));
    let live = next(&told, |tell| match tell {
        Told::SignedIn { live, .. } => Some(live),
        _ => None,
    });
    assert!(!live);
    drop(server.join().unwrap());
}

#[test]
fn what_does_not_speak_the_protocol_is_named_and_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_link, told) = start(&listener);
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"{\"id\":1,\"reply\":{}}\n").unwrap();
        stream
    });
    let why = next(&told, |tell| match tell {
        Told::Down { why, .. } => Some(why),
        _ => None,
    });
    assert!(why.contains("does not speak"), "{why}");
    drop(server.join().unwrap());
}

/// Keeps a token for a market that was spoken to over TLS.
struct Wary;

impl Keeper for Wary {
    fn token(&self) -> Option<String> {
        Some("secret".to_owned())
    }

    fn keep(&mut self, _: Option<&str>) -> Result<(), String> {
        Ok(())
    }

    fn is_encrypted(&self) -> bool {
        true
    }
}

#[test]
fn a_market_that_encrypted_once_is_sent_nothing_in_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (sender, told) = unbounded();
    let server = listener.local_addr().unwrap().to_string();
    let link = Link::start(server, Tls::Offered, Box::new(Wary), move |tell| sender.send(tell).is_ok());
    // Somebody in between, who greets in clear as a market does that does not encrypt.
    let between = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        let mut heard = Vec::new();
        let mut some = [0; 1_024];
        while let Ok(count @ 1..) = peer.lines.get_mut().read(&mut some) {
            heard.extend_from_slice(&some[..count]);
        }
        heard
    });
    let why = next(&told, |tell| match tell {
        Told::Down { why, .. } => Some(why),
        Told::SignedIn { .. } | Told::Visiting { .. } => panic!("{tell:?}"),
        _ => None,
    });
    assert!(why.contains("in clear"), "{why}");
    let heard = between.join().unwrap();
    assert_eq!(heard.first(), Some(&22), "the handshake of TLS begins with this byte");
    assert!(!heard.windows(6).any(|some| some == b"secret"));
    drop(link);
}
