//! The JSON API, from outside: over its sockets, by what its own document says of it, and as stories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use auboutique::http::problem::KNOWN;
use auboutique_domain::member::Role;
use serde_json::{Map, Value, json};

use crate::stage::{PASSWORD, Person, Stage, listing, on_both, png, usd};

// ---- asking ----

/// The JSON API of a market. Every request has a connection of its own.
pub(crate) struct Api {
    address: SocketAddr,
    document: Value,
}

/// A request as it goes out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    /// Every header but the moment it was sent at, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn by(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn under(self, key: &str) -> Self {
        self.with("Idempotency-Key", key)
    }

    pub(crate) fn saying(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with("Content-Type", media_type) }
    }
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {text}", self.status))
    }

    /// `ok`, or the code of the problem, which has to be one.
    pub(crate) fn code(&self) -> String {
        if (200..300).contains(&self.status) {
            return "ok".to_owned();
        }
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        let code = problem["code"].as_str().unwrap_or_else(|| panic!("{problem}"));
        assert_eq!(problem["type"], format!("/api/problems#{code}"));
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.ends_with(['.', '…']), "{code} says no sentence: {detail}");
        assert_eq!(self.status == 401, self.header("www-authenticate") == Some("Bearer"), "{self:?}");
        code.to_owned()
    }
}

impl Api {
    /// Any server of HTTP, of whose operations nothing is known.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, document: Value::Null }
    }

    pub(crate) fn of(stage: &Stage) -> Self {
        let mut api = Self::at(stage.http);
        api.document = api.send(&Asked::new("GET", "/api/v1/openapi.json")).json();
        api
    }

    /// Sends one request and reads its answer to the end of the connection; of a stream only the head.
    pub(crate) fn send(&self, asked: &Asked) -> Said {
        let Asked { method, path, headers, body } = asked;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() || !matches!(method.as_str(), "GET" | "HEAD") {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        self.send_raw(&[head.as_bytes(), b"\r\n", body].concat())
    }

    pub(crate) fn send_raw(&self, bytes: &[u8]) -> Said {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        // Who is refused early may find the connection closed before all of it was sent.
        drop(stream.write_all(bytes));
        let mut stream = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let status = line();
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let mut headers: Vec<(String, String)> = std::iter::from_fn(|| Some(line()))
            .take_while(|line| !line.is_empty())
            .map(|line| {
                line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
            })
            .collect();
        headers.retain(|(name, _)| name != "date");
        let mut said = Said { status: status.unwrap(), headers, body: Vec::new() };
        if said.header("content-type") != Some("text/event-stream") {
            stream.read_to_end(&mut said.body).unwrap();
        }
        said
    }

    /// Where the document has an operation: its path and method, and what it says of it.
    fn operation(&self, op: &str) -> (&str, &str, &Value) {
        let paths = self.document["paths"].as_object().unwrap();
        let mut all = paths.iter().flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, says)| (path.as_str(), method.as_str(), says))
        });
        all.find(|(.., says)| says["operationId"] == op).unwrap_or_else(|| panic!("{op} has no route"))
    }

    /// What an operation takes in its address, by where it stands there.
    pub(crate) fn named(&self, op: &str, place: &str) -> Vec<String> {
        let (.., says) = self.operation(op);
        let parameters = says["parameters"].as_array().into_iter().flatten();
        let there = parameters.filter(|parameter| parameter["in"] == place);
        there.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The request that asks for an operation of the protocol with these parameters of the protocol.
    pub(crate) fn request(&self, op: &str, parameters: &Value) -> Asked {
        let mut rest: Map<String, Value> = parameters.as_object().cloned().unwrap_or_default();
        let (path, method, says) = self.operation(op);
        let mut path = path.to_owned();
        let mut take = |name: &str| rest.remove(name).as_ref().map(|value| escaped(&text(value)));
        for name in self.named(op, "path") {
            let value = take(&name).unwrap_or_else(|| panic!("{op} of which {name}?"));
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        let query = self.named(op, "query").into_iter();
        let query: Vec<String> = query.filter_map(|name| Some(format!("{name}={}", take(&name)?))).collect();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let asked = Asked::new(&method.to_uppercase(), &path);
        let content = &says["requestBody"]["content"];
        if content.get("application/json").is_some() {
            return asked.saying("application/json", Value::Object(rest).to_string());
        }
        assert!(rest.is_empty(), "{op} has no place for {rest:?}");
        if content.is_object() { asked.saying("image/png", png(2, 2)) } else { asked }
    }

    /// Asks for an operation of the protocol, as whoever has that token. What it answers has to be in the document.
    pub(crate) fn ask(&self, token: Option<&str>, op: &str, parameters: &Value) -> Said {
        let mut asked = self.request(op, parameters);
        if let Some(token) = token {
            asked = asked.by(token);
        }
        let said = self.send(&asked);
        let known = &self.operation(op).2["responses"];
        assert!(known.get(said.status.to_string()).is_some(), "{op}: {} is not documented", said.status);
        said
    }

    /// Asks, and it is done.
    pub(crate) fn does(&self, person: &Person, op: &str, parameters: Value) -> Value {
        let said = self.ask(Some(&person.token), op, &parameters);
        assert_eq!(said.code(), "ok", "{op} {parameters}: {}", String::from_utf8_lossy(&said.body));
        if said.body.is_empty() { Value::Null } else { said.json() }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

// ---- stories ----

on_both! {
    fn a_sale_from_the_offer_to_the_handover_over_the_api_alone(stage) {
        let api = Api::of(stage);
        let joined = |name: &str| {
            let email = format!("{name}@mail.aub.edu");
            let fields = json!({ "name": name, "username": name, "email": email, "password": PASSWORD });
            let said = api.ask(None, "register", &fields);
            assert_eq!(said.status, 201);
            assert_eq!(said.header("location"), Some(format!("/api/v1/members/{name}").as_str()));
            let said = api.ask(None, "log_in", &json!({ "login": name, "password": PASSWORD, "device": "A test" }));
            assert_eq!((said.status, said.header("cache-control")), (201, Some("no-store")));
            said.json()["token"].as_str().unwrap().to_owned()
        };
        let (nora, sami) = (joined("nora"), joined("sami"));
        let desk = stage.attendant("hala_at_desk");

        let said = api.ask(Some(&nora), "add_listing", &listing("Spivak, Calculus", 1_850));
        let offered = said.json()["listing"].clone();
        let place = said.header("location").unwrap().to_owned();
        assert_eq!(place, format!("/api/v1/listings/{}", offered.as_str().unwrap()));
        // Everybody may look.
        assert_eq!(api.send(&Asked::new("GET", &place)).json()["listing"], offered);
        let found = api.ask(None, "search", &json!({ "text": "calculus spiv" })).json();
        assert_eq!(found["rows"][0]["listing"], offered);

        let wrong = json!({ "listing": offered, "price": usd(1_500) });
        assert_eq!(api.ask(None, "buy", &wrong).code(), "sign_in_needed");
        let said = api.ask(Some(&sami), "buy", &wrong);
        assert_eq!((said.status, said.code().as_str()), (409, "price_changed"));
        assert_eq!(said.json()["price"], usd(1_850));
        let said = api.ask(Some(&sami), "buy", &json!({ "listing": offered, "price": usd(1_850) }));
        assert_eq!(said.status, 201);
        let order = said.json();
        let place = said.header("location").unwrap().to_owned();
        let seen_by = |token: &str| api.send(&Asked::new("GET", &place).by(token));
        assert_eq!(api.ask(None, "listing", &json!({ "listing": offered })).json()["state"], "sold");

        let drop_off = seen_by(&nora).json()["pickup"]["code"].clone();
        assert_eq!(seen_by(&desk.token).code(), "not_found");
        assert_eq!(api.does(&desk, "show_code", json!({ "code": drop_off }))["next"], "drop_off");
        api.does(&desk, "drop_off", json!({ "code": drop_off }));
        let pickup = &order["pickup"]["code"];
        let unpaid = api.ask(Some(&desk.token), "collect", &json!({ "code": pickup }));
        assert_eq!((unpaid.code().as_str(), &unpaid.json()["due"]), ("cash_due", &usd(1_850)));
        api.does(&desk, "collect", json!({ "code": pickup, "cash": usd(1_850) }));
        let confirmed = api.ask(Some(&sami), "confirm_order", &json!({ "order": order["order"] }));
        assert_eq!(confirmed.json()["state"], "completed");

        assert_eq!(api.ask(Some(&nora), "log_out", &json!({})).status, 204);
        assert_eq!(seen_by(&nora).code(), "session_ended");
        stage.is_clean();
    }

    fn what_a_store_earned_is_a_sheet_whose_lines_add_up_to_its_last_rows(stage) {
        let api = Api::of(stage);
        let (owner, buyer) = (stage.member("owner"), stage.member("buyer"));
        let desk = stage.attendant("hala_at_desk");
        let code = stage.console().does("create_invitation", json!({}))["code"].clone();
        let opened = json!({ "code": code, "name": "Lamps", "email": "lamps@aub.edu.lb" });
        let store = api.does(&owner, "open_store", opened)["store"].clone();
        let product = json!({ "store": store, "title": "A lamp", "category": "books",
            "variants": [{ "price": usd(700), "copies": 9 }] });
        let lamp = api.does(&owner, "add_product", product)["listing"].clone();
        let mut orders = Vec::new();
        for _ in 0..3 {
            let order = api.does(&buyer, "buy", json!({ "listing": lamp, "price": usd(700) }));
            let sale = api.does(&owner, "order", json!({ "order": order["order"] }));
            api.does(&desk, "drop_off", json!({ "code": sale["pickup"]["code"] }));
            api.does(&desk, "collect", json!({ "code": order["pickup"]["code"], "cash": usd(700) }));
            api.does(&buyer, "confirm_order", json!({ "order": order["order"] }));
            orders.push(order["order"].clone());
        }
        api.does(&owner, "refund_order", json!({ "order": orders[0], "amount": usd(50) }));
        let back = json!({ "order": orders[1], "reason": "It does not fit" });
        let back = api.does(&buyer, "request_return", back);
        api.does(&desk, "take_return", json!({ "code": back["pickup"]["code"] }));
        api.does(&owner, "settle_return", json!({ "order": orders[1], "restock": false }));
        // What is paid out is no loss.
        api.does(&owner, "request_payout", json!({ "purse": "store", "amount": usd(100) }));

        let days = json!({ "store": store, "from": "2026-01-01", "until": "2035-12-31" });
        let earned = api.does(&owner, "profit", days.clone());
        let nothing = json!({ "minor": 0, "currency": "LBP" });
        assert_eq!(earned["profit"], json!([usd(1_350), nothing]), "{earned}");
        assert_eq!((earned["lines"].as_array().unwrap().len(), &earned["next"]), (5, &Value::Null));
        assert_eq!(earned["days"][0]["orders"], 3);
        assert_eq!(earned["balance"][0], usd(1_250));
        let mut page = days.clone();
        page["limit"] = json!(3);
        let first = api.does(&owner, "profit", page.clone());
        page["after"] = first["next"].clone();
        let second = api.does(&owner, "profit", page);
        assert_eq!((&second["profit"], &second["next"]), (&earned["profit"], &Value::Null));
        let lines = [&first, &second].map(|page| page["lines"].as_array().unwrap().clone()).concat();
        assert_eq!(Value::from(lines), earned["lines"]);

        let sheet = |asked: Asked| {
            let said = api.send(&asked.by(&owner.token).with("Accept", "text/csv, application/json;q=0.1"));
            assert_eq!((said.status, said.header("cache-control")), (200, Some("no-store")));
            assert!(said.header("content-type").unwrap().starts_with("text/csv"), "{said:?}");
            assert!(said.header("content-disposition").unwrap().starts_with("attachment; filename="));
            let text = String::from_utf8(said.body).unwrap();
            let rows = text.trim_start_matches('\u{feff}').split_terminator("\r\n");
            rows.map(|row| row.split(',').map(str::to_owned).collect()).collect::<Vec<Vec<String>>>()
        };
        let cents = |cell: &str| cell.replace('.', "").parse::<i64>().unwrap_or(0);
        let rows = sheet(api.request("profit", &days));
        assert_eq!(rows[0], ["entry", "at", "kind", "source", "in", "out", "currency"]);
        assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{rows:?}");
        let of = |rows: &[Vec<String>]| rows.iter().map(|row| cents(&row[4]) - cents(&row[5])).sum::<i64>();
        assert_eq!(of(&rows[1..6]), 1_350);
        assert_eq!(rows[6], ["", "", "profit", "", "13.50", "", "USD"]);
        assert_eq!(rows[7..], [["", "", "profit", "", "0", "", "LBP"]]);
        // The statement of the same purse has the payout too, and what was there before and after.
        let asked = json!({ "purse": "store", "from": "2026-01-01", "until": "2035-12-31" });
        let rows = sheet(api.request("statement", &asked));
        assert_eq!((rows.len(), of(&rows[3..9])), (11, 1_250));
        assert_eq!(rows[9], ["", "", "closing", "", "12.50", "", "USD"]);
        // Who names neither, or objects first, has objects.
        for accept in ["*/*", "application/json, text/csv", "text/html"] {
            let said = api.send(&api.request("statement", &asked).by(&owner.token).with("Accept", accept));
            assert_eq!(said.json()["closing"][0], usd(1_250), "{accept}");
        }
        assert_eq!(api.ask(Some(&buyer.token), "profit", &days).code(), "not_found");
        let (upside, long) = (("2026-02-01", "2026-01-01"), ("2020-01-01", "2031-01-01"));
        for (from, until) in [upside, long, ("yesterday", "2026-01-01")] {
            let asked = json!({ "purse": "wallet", "from": from, "until": until });
            assert_eq!(api.ask(Some(&owner.token), "statement", &asked).code(), "period_invalid");
        }
        stage.is_clean();
    }

    fn a_checkout_is_found_where_the_answer_says_and_under_its_name(stage) {
        let api = Api::of(stage);
        let (seller, buyer, other) = (stage.member("seller"), stage.member("buyer"), stage.member("other"));
        let lamp = api.does(&seller, "add_listing", listing("A lamp", 700))["listing"].clone();
        let open = || api.send(&Asked::new("GET", "/api/v1/checkouts/open").by(&buyer.token));
        assert_eq!(open().code(), "not_found");
        for person in [&buyer, &other] {
            api.does(person, "add_to_cart", json!({ "listing": lamp }));
        }
        let totals = json!({ "totals": [usd(700)] });
        let said = api.ask(Some(&buyer.token), "prepare_checkout", &totals);
        assert_eq!(said.status, 201);
        let checkout = said.json();
        let place = said.header("location").unwrap();
        assert_eq!(api.send(&Asked::new("GET", place).by(&buyer.token)).json(), checkout);
        assert_eq!(open().json(), checkout);
        // While it is set aside for one, another is told until when.
        let no = api.ask(Some(&other.token), "prepare_checkout", &totals);
        assert_eq!((no.status, no.code().as_str()), (409, "line_unavailable"));
        let no = api.ask(Some(&other.token), "buy", &json!({ "listing": lamp, "price": usd(700) }));
        assert_eq!((no.status, no.code().as_str()), (409, "held"));
        assert_eq!(no.json()["until"], checkout["expires_at"]);
        let this = json!({ "checkout": checkout["checkout"], "currency": "LBP" });
        let said = api.ask(Some(&buyer.token), "start_payment", &this);
        assert_eq!((said.status, &said.json()["amount"]), (201, &json!({ "minor": 626_500, "currency": "LBP" })));
        let paid = api.send(&Asked::new("GET", said.header("location").unwrap()).by(&buyer.token));
        assert_eq!(paid.json(), said.json());
        assert_eq!(open().json()["payment"], said.json());
        let left = json!({ "checkout": checkout["checkout"] });
        assert_eq!(api.does(&buyer, "cancel_checkout", left)["state"], "canceled");
        assert_eq!(open().code(), "not_found");
        api.does(&other, "prepare_checkout", totals);
        stage.is_clean();
    }

    fn money_comes_in_at_the_desk_and_goes_out_by_hand(stage) {
        let api = Api::of(stage);
        let (member, desk) = (stage.member("member"), stage.attendant("hala_at_desk"));
        let operator = stage.member_with(Role::Operator, "operator_one");
        let cash = json!({ "username": "member", "cash": usd(2_000) });
        assert_eq!(api.does(&desk, "top_up", cash)["wallet"][0], usd(2_000));
        let own = json!({ "username": "hala_at_desk", "cash": usd(2_000) });
        assert_eq!(api.ask(Some(&desk.token), "top_up", &own).code(), "yourself");
        let wanted = |cents: i64| json!({ "purse": "wallet", "amount": usd(cents) });
        let short = api.ask(Some(&member.token), "request_payout", &wanted(2_001));
        assert_eq!((short.code().as_str(), &short.json()["available"]), ("balance_short", &usd(2_000)));
        for cents in [0, -1, 1_000_000_000_001] {
            let no = api.ask(Some(&member.token), "request_payout", &wanted(cents));
            assert_eq!((no.status, no.code().as_str()), (422, "amount_out_of_range"));
        }
        let nothing = json!({ "purse": "store", "amount": usd(1) });
        assert_eq!(api.ask(Some(&member.token), "request_payout", &nothing).code(), "not_found");
        let one = api.does(&member, "request_payout", wanted(1_500))["payout"].clone();
        let other = api.does(&member, "request_payout", wanted(500))["payout"].clone();
        assert_eq!(api.does(&member, "wallet", json!({}))["wallet"][0], usd(0));
        let open = api.does(&operator, "open_payouts", json!({}));
        assert_eq!((&open["rows"][0]["payout"], &open["rows"][1]["payout"]), (&one, &other));
        let paid = json!({ "payout": one, "note": "Cash, receipt 17" });
        assert_eq!(api.does(&operator, "confirm_payout", paid.clone())["state"], "paid");
        assert_eq!(api.ask(Some(&operator.token), "confirm_payout", &paid).code(), "payout_over");
        assert_eq!(api.does(&member, "void_payout", json!({ "payout": other }))["state"], "voided");
        assert_eq!(api.does(&member, "wallet", json!({}))["wallet"][0], usd(500));
        assert_eq!(api.does(&member, "payouts", json!({ "limit": 1 }))["rows"][0]["payout"], other);
        stage.is_clean();
    }

    fn asking_twice_under_a_key_is_done_once_and_answered_twice_to_the_byte(stage) {
        let api = Api::of(stage);
        let seller = stage.member("seller");
        let buyer = stage.member("buyer");
        let ask_twice = |person: &Person, asked: Asked, key: &str| {
            let before = *stage.market.log().borrow();
            let asked = asked.by(&person.token).under(key);
            let first = api.send(&asked);
            let between = *stage.market.log().borrow();
            assert_eq!(first.code(), "ok");
            assert!(between > before, "nothing happened");
            assert_eq!(api.send(&asked), first);
            assert_eq!(*stage.market.log().borrow(), between, "it was done twice");
            first.json()
        };
        let offer = listing("A lamp", 700);
        let offered = ask_twice(&seller, api.request("add_listing", &offer), "one")["listing"].clone();
        let purchase = json!({ "listing": offered, "price": usd(700) });
        ask_twice(&buyer, api.request("buy", &purchase), "two");
        ask_twice(&seller, api.request("add_picture", &json!({})), "three");
        let other = api.request("add_listing", &listing("Another lamp", 700));
        let said = api.send(&other.by(&seller.token).under("one"));
        assert_eq!((said.status, said.code().as_str()), (422, "key_reused"));
        let said = api.send(&api.request("me", &json!({})).by(&seller.token).under(""));
        assert_eq!((said.status, said.code().as_str()), (422, "key_invalid"));
        stage.is_clean();
    }
}

#[test]
fn whoever_has_an_answer_already_is_not_sent_it_again() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let seller = stage.member("seller");
    let lamp = api.does(&seller, "add_listing", listing("A lamp", 700))["listing"].clone();
    let this = json!({ "listing": lamp });
    let shared = [
        api.request("categories", &json!({})),
        api.request("listings", &json!({})),
        api.request("search", &json!({ "text": "lamp" })),
        api.request("listing", &this),
        api.request("listings_of", &json!({ "username": "seller" })),
        api.request("member", &json!({ "username": "seller" })),
        api.request("pickup_points", &json!({})),
        Asked::new("GET", "/api/v1/openapi.json"),
        Asked::new("GET", "/api/"),
        Asked::new("GET", "/api/problems"),
    ];
    for asked in shared {
        let first = api.send(&asked);
        assert_eq!((first.status, first.header("cache-control")), (200, Some("no-cache")), "{asked:?}");
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "{tag} is no strong tag");
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = api.send(&asked.clone().with("If-None-Match", &known));
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag.as_str())));
        }
        assert_eq!(api.send(&asked.clone().with("If-None-Match", "\"other\"")), first);
        // Compressed it has other bytes, but says the same.
        let packed = api.send(&asked.clone().with("Accept-Encoding", "gzip"));
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{asked:?}");
        assert_eq!(packed.header("etag"), Some(format!("W/{tag}").as_str()));
    }

    // What has changed has another tag; what is not for everybody has none.
    let tag = |api: &Api| {
        let said = api.send(&api.request("listing", &this).by(&seller.token));
        (said.header("etag").map(str::to_owned), said.header("cache-control").map(str::to_owned))
    };
    let before = tag(&api).0.unwrap();
    api.does(&seller, "edit_listing", json!({ "listing": lamp, "title": "A green lamp" }));
    assert_ne!(tag(&api).0.unwrap(), before);
    api.does(&seller, "withdraw_listing", this.clone());
    assert_eq!(tag(&api), (None, Some("no-store".to_owned())));
    for op in ["me", "my_listings", "sessions"] {
        let said = api.ask(Some(&seller.token), op, &json!({}));
        assert_eq!((said.header("etag"), said.header("cache-control")), (None, Some("no-store")), "{op}");
    }
}

#[test]
fn what_cannot_be_read_is_a_problem_that_says_why() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let person = stage.member("rana");
    let before = stage.state();
    let post = |media_type: &str, body: &str| {
        Asked::new("POST", "/api/v1/listings").by(&person.token).saying(media_type, body)
    };
    let json = |body: &str| post("application/json", body);
    let get = |path: &str| Asked::new("GET", path).by(&person.token);
    let lamp = r#""title":"A lamp","category":"books","condition":"good","price""#;
    for (asked, status, code, field) in [
        (json("{"), 400, "not_json", ""),
        (json("[]"), 400, "not_json", ""),
        (json(r#"{"title":"A lamp","title":"A lamp"}"#), 400, "not_json", ""),
        (json("{}"), 400, "bad_field", "title"),
        (json(r#"{"titel":"A lamp"}"#), 400, "bad_field", "titel"),
        (json(&format!(r#"{{{lamp}:{{"minor":1}}}}"#)), 400, "bad_field", "price.currency"),
        (json(&format!(r#"{{{lamp}:{{"minor":1.5,"currency":"USD"}}}}"#)), 400, "bad_field", "price.minor"),
        (json(&format!(r#"{{{lamp}:{{"minor":0,"currency":"USD"}}}}"#)), 422, "price_out_of_range", ""),
        (post("text/plain", "{}"), 415, "json_needed", ""),
        (post("application/json; charset=utf-8", "{}"), 400, "bad_field", "title"),
        (json(&" ".repeat(64 * 1_024 + 1)), 413, "body_too_large", ""),
        (get("/api/v1/listings?limit=0"), 400, "bad_field", "limit"),
        (get("/api/v1/listings?limit=ten"), 400, "bad_field", "limit"),
        (get("/api/v1/listings?catgory=books"), 400, "bad_field", "catgory"),
        (get("/api/v1/listings?category=boats"), 422, "category_unknown", ""),
        (get("/api/v1/listings?after=there"), 404, "not_found", ""),
        (get("/api/v1/listings/search"), 400, "bad_field", "text"),
        (get("/api/v1/listings/search?text=!"), 422, "search_empty", ""),
        (get("/api/v1/listings/%ff"), 404, "no_route", ""),
        (get("/api/v1/nothing"), 404, "no_route", ""),
        (get("/api/v1/orders"), 405, "method_not_allowed", ""),
        (Asked::new("DELETE", "/api/v1/listings"), 405, "method_not_allowed", ""),
        (Asked::new("TRACE", "/api/v1/me"), 405, "method_not_allowed", ""),
        (Asked::new("POST", "/api/problems"), 405, "method_not_allowed", ""),
        (Asked::new("GET", "/api/v1/me"), 401, "sign_in_needed", ""),
        (Asked::new("GET", "/api/v1/me").by("aub_nothing"), 401, "session_ended", ""),
        (
            Asked::new("GET", "/api/v1/me").with("Authorization", "Basic eA=="),
            401,
            "authorization_unreadable",
            "",
        ),
    ] {
        let said = api.send(&asked);
        assert_eq!((said.status, said.code().as_str()), (status, code), "{asked:?}");
        assert!(KNOWN.iter().any(|(known, of, _)| (*known, *of) == (code, status)), "{code} is not known");
        assert_eq!(said.json()["field"].as_str().unwrap_or_default(), field, "{}", said.json());
        assert_eq!(said.header("cache-control"), Some("no-store"), "{asked:?}");
        assert_eq!(status == 405, said.header("allow").is_some(), "{said:?}");
    }
    assert_eq!(stage.state(), before);
    let page = String::from_utf8(api.send(&Asked::new("GET", "/api/problems")).body).unwrap();
    for (code, ..) in KNOWN {
        assert!(page.contains(&format!("id=\"{code}\"")), "the page of problems has no {code}");
    }
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    for path in ["/api/v1/categories", "/api/v1/me", "/api/v1/openapi.json", "/api/"] {
        let got = api.send(&Asked::new("GET", path));
        let head = api.send(&Asked::new("HEAD", path));
        assert_eq!((head.status, &head.headers, head.body.len()), (got.status, &got.headers, 0), "{path}");
    }
}

#[test]
fn pages_lead_on_by_next_until_there_is_none() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let seller = stage.member("seller");
    let mut offered: Vec<Value> = (0..7)
        .map(|number| {
            api.does(&seller, "add_listing", listing(&format!("Lamp {number}"), 700))["listing"].clone()
        })
        .collect();
    offered.reverse();
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut asked = json!({ "limit": 3 });
        if !after.is_null() {
            asked["after"] = after;
        }
        let page = api.ask(None, "listings", &asked).json();
        found.extend(page["rows"].as_array().unwrap().iter().map(|row| row["listing"].clone()));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(found, offered);
}

#[test]
fn a_picture_is_brought_as_one_body_and_is_found_where_the_answer_says() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    let seller = stage.member("seller");
    let bring = |media_type: &str, body: Vec<u8>| {
        api.send(&Asked::new("POST", "/api/v1/pictures").by(&seller.token).saying(media_type, body))
    };
    let said = bring("image/png", png(40, 20));
    assert_eq!((said.status, said.json()["width"].as_i64()), (201, Some(40)));
    let place = said.header("location").unwrap().to_owned();
    let picture = said.json()["picture"].clone();
    // Until it is on a listing it is for its owner alone.
    assert_eq!(api.send(&Asked::new("GET", &place)).code(), "not_found");
    let own = api.send(&Asked::new("GET", &place).by(&seller.token));
    assert_eq!(
        (own.header("content-type"), own.header("cache-control")),
        (Some("image/webp"), Some("private, no-store"))
    );
    let mut fields = listing("A lamp", 700);
    fields["category"] = Value::from("furniture");
    assert_eq!(api.ask(Some(&seller.token), "add_listing", &fields).code(), "picture_needed");
    fields["pictures"] = json!([picture]);
    api.does(&seller, "add_listing", fields);
    let seen = api.send(&Asked::new("GET", &place));
    assert_eq!((seen.status, &seen.body), (200, &own.body));
    assert!(seen.header("cache-control").unwrap().contains("immutable"));
    let id = picture.as_str().unwrap();
    let thumbnail = api.ask(None, "picture", &json!({ "picture": id, "size": "thumbnail" }));
    assert_eq!(thumbnail.body[8..12], *b"WEBP");
    assert_eq!(api.send(&Asked::new("GET", &format!("/pictures/{id}/thumbnail.webp"))).body, thumbnail.body);

    assert_eq!(bring("application/octet-stream", png(2, 2)).code(), "image_needed");
    assert_eq!(bring("image/png", b"not a picture".to_vec()).code(), "picture_unreadable");
    let mut head = format!("POST /api/v1/pictures HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", stage.http);
    write!(head, "Authorization: Bearer {}\r\nContent-Type: image/png\r\n", seller.token).unwrap();
    let large = api.send_raw(format!("{head}Content-Length: 8388609\r\n\r\n").as_bytes());
    assert_eq!((large.status, large.code().as_str()), (413, "picture_too_large"));
    let piecewise = api.send_raw(format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").as_bytes());
    assert_eq!((piecewise.status, piecewise.code().as_str()), (411, "length_needed"));
}

#[test]
fn the_document_is_browsed_without_any_outside_host() {
    let stage = Stage::on_sqlite();
    let api = Api::of(&stage);
    assert_eq!(api.send(&Asked::new("GET", "/api")).header("location"), Some("/api/"));
    let page = api.send(&Asked::new("GET", "/api/"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && !policy.contains("http"), "{policy}");
    let text = String::from_utf8(page.body).unwrap();
    let files = text.split(['"', '\'']).filter(|word| word.starts_with("./") || word.contains("://"));
    let mut served = 0;
    for file in files {
        let file = file.strip_prefix("./").unwrap_or_else(|| panic!("{file} is somewhere else"));
        assert_eq!(api.send(&Asked::new("GET", &format!("/api/{file}"))).status, 200, "{file}");
        served += 1;
    }
    assert!(served > 3, "{text}");
    let script = api.send(&Asked::new("GET", "/api/swagger-initializer.js"));
    let script = String::from_utf8(script.body).unwrap();
    assert!(
        script.contains("/api/v1/openapi.json") && script.contains(r#""validatorUrl": "none""#),
        "{script}"
    );
    assert_eq!(api.send(&Asked::new("GET", "/api/nothing.js")).code(), "no_route");
}

#[test]
fn the_walk_through_of_the_document_works_as_it_is_written() {
    let stage = Stage::on_sqlite();
    let text = include_str!("../../../../docs/wires/http.md");
    let script: String = text
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|block| block.contains("curl "))
        .collect();
    let script = script.replace("http://127.0.0.1:8080", &format!("http://{}", stage.http));
    assert!(script.matches("curl ").count() > 5, "{script}");
    let out = Command::new("sh").args(["-euxc", &script]).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}\n{errors}");
    assert!(said.contains(r#""state":"placed""#), "{said}\n{errors}");
}
