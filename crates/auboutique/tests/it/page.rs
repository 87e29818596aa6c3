//! Pages as a browser without scripts asks for them: what is refused loses nothing, and every no is a page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use auboutique::legacy::System;
use serde_json::{Value, json};

use crate::api::Api;
use crate::http::{Answer, Connection, cookie};
use crate::legacy::play::Bare;
use crate::stage::{Person, Stage, png, usd};

const PEOPLE: &str = "Accept: text/html";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const SAME_ORIGIN: &str = "Sec-Fetch-Site: same-origin";

/// A person's browser, or a visitor's.
struct Browser<'a> {
    stage: &'a Stage,
    cookie: Option<String>,
}

impl<'a> Browser<'a> {
    fn of(stage: &'a Stage, person: Option<&Person>) -> Self {
        Self { stage, cookie: person.map(cookie) }
    }

    fn asks(&self, request: &str, more: &[&str], body: &[u8]) -> Answer {
        let mut headers = vec![PEOPLE, SAME_ORIGIN];
        headers.extend(self.cookie.as_deref());
        headers.extend(more);
        Connection::open(self.stage.http).ask(request, &headers, body)
    }

    fn goes(&self, path: &str) -> Answer {
        self.asks(&format!("GET {path}"), &[], b"")
    }

    fn sends(&self, path: &str, fields: &str) -> Answer {
        self.asks(&format!("POST {path}"), &[FORM], fields.as_bytes())
    }

    /// Sends a form of fields and files.
    fn brings(&self, path: &str, fields: &[(&str, &str)], files: &[Vec<u8>]) -> Answer {
        let mut body = Vec::new();
        // Browsers send what stands first in a form first: here the pictures.
        for file in files {
            let head = "--frontier\r\nContent-Disposition: form-data; name=\"pictures\"; filename=\"a.png\"\r\n\
                        Content-Type: image/png\r\n\r\n";
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        for (name, value) in fields {
            let part =
                format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(b"--frontier--\r\n");
        self.asks(&format!("POST {path}"), &["Content-Type: multipart/form-data; boundary=frontier"], &body)
    }
}

const LAMP: [(&str, &str); 5] = [
    ("title", "A lamp of brass"),
    ("price", "12.50"),
    ("currency", "USD"),
    ("category", "furniture"),
    ("condition", "good"),
];

/// A picture of that many bytes at least, as a camera makes them.
fn heavy(bytes: usize) -> Vec<u8> {
    let mut picture = png(640, 480);
    // A chunk that readers of pictures skip, as cameras leave them.
    let end = picture.split_off(picture.len() - 12);
    let payload = vec![0_u8; bytes];
    let kind_and_payload = [b"juNk", payload.as_slice()].concat();
    picture.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
    picture.extend_from_slice(&kind_and_payload);
    picture.extend_from_slice(&crc(&kind_and_payload).to_be_bytes());
    picture.extend_from_slice(&end);
    picture
}

/// The check of a chunk (PNG, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| {
                if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
            },
        )
    })
}

#[test]
fn two_photographs_of_several_megabytes_are_sold_with_a_form() {
    let stage = Stage::on_sqlite();
    let seller = stage.member("nour");
    let answer =
        Browser::of(&stage, Some(&seller)).brings("/sell", &LAMP, &[heavy(3_000_000), heavy(7_000_000)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let path = answer.header("location").unwrap();
    let id = path.strip_prefix("/listings/").unwrap().split('?').next().unwrap();
    let listing = stage.connect(&seller).does("listing", json!({ "listing": id }));
    assert_eq!(listing["pictures"].as_array().unwrap().len(), 2);
}

#[test]
fn a_picture_that_is_refused_costs_nothing_of_what_was_typed_or_brought() {
    let stage = Stage::on_sqlite();
    let seller = stage.member("nour");
    let browser = Browser::of(&stage, Some(&seller));
    for bad in [heavy(9_000_000), b"no picture at all".to_vec()] {
        let answer = browser.brings("/sell", &LAMP, &[bad, png(64, 64)]);
        assert_eq!(answer.status / 100, 4, "{answer:?}");
        let page = answer.text();
        assert!(page.contains("value=\"A lamp of brass\"") && page.contains("value=\"12.50\""), "{page}");
        assert!(page.contains("id=\"wrong-pictures\""), "{page}");
        assert!(page.contains("name=\"picture\" value=\"pic_"), "the good picture was lost: {page}");
    }
}

#[test]
fn one_of_eight_pictures_can_be_replaced() {
    let stage = Stage::on_sqlite();
    let seller = stage.member("nour");
    let pictures: Vec<String> = (0..8)
        .map(|number| {
            let caller = auboutique_market::Caller::member(seller.session);
            let added = stage.market.add_picture_now(caller, png(40 + number, 40)).unwrap();
            added.picture.to_string()
        })
        .collect();
    let mut sells = stage.connect(&seller);
    let offer = json!({
        "title": "A lamp of brass", "price": usd(1_250), "category": "furniture", "condition": "good",
        "pictures": pictures,
    });
    let listing = sells.does("add_listing", offer)["listing"].as_str().unwrap().to_owned();
    let mut fields: Vec<(&str, &str)> = pictures.iter().map(|id| ("picture", id.as_str())).collect();
    fields.push(("drop", &pictures[0]));
    // What is chosen stands before what is brought.
    let (chosen, rest) = (fields, LAMP);
    let body = [chosen.as_slice(), rest.as_slice()].concat();
    let browser = Browser::of(&stage, Some(&seller));
    let answer = browser.brings(&format!("/listings/{listing}/edit"), &body, &[]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let left = sells.does("listing", json!({ "listing": listing }))["pictures"].clone();
    assert_eq!(left.as_array().unwrap().len(), 7);
}

#[test]
fn a_refused_login_keeps_the_password_out_of_the_page_and_of_every_address() {
    let stage = Stage::on_sqlite();
    let browser = Browser::of(&stage, None);
    let answer = browser.sends("/login", "next=%2Forders&login=nobody&password=heron-over-the-corniche");
    assert_eq!(answer.status, 401);
    let page = answer.text();
    assert!(!page.contains("heron"), "{page}");
    assert!(page.contains("href=\"/signup?next=%2Forders\""), "{page}");
}

#[test]
fn a_form_sent_without_a_session_leads_to_the_login_and_back_to_its_page() {
    let stage = Stage::on_sqlite();
    let seller = stage.member("nour");
    let listing = stage.connect(&seller).lists("A lamp", 1_250);
    let browser = Browser::of(&stage, None);
    let referer = format!("Referer: http://{}/listings/{listing}", stage.http);
    let fields = b"minor=1250&currency=USD";
    let buy = format!("POST /listings/{listing}/buy");
    let answer = browser.asks(&buy, &[FORM, &referer], fields);
    let login = format!("/login?next=%2Flistings%2F{listing}");
    assert_eq!((answer.status, answer.header("location")), (303, Some(login.as_str())));
    for foreign in [&[FORM][..], &[FORM, "Referer: https://evil.example/listings"]] {
        let answer = browser.asks(&buy, foreign, fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/login?next=%2F")));
    }
    // The login's own link keeps the way, however often it is followed.
    let page = browser.goes(&login).text();
    assert!(page.contains(&format!("href=\"{login}\"")) && !page.contains("next=%2Flogin"), "{page}");
    // Whoever goes to where only forms go is told so on a page.
    let answer = browser.goes(&format!("/listings/{listing}/buy"));
    assert_eq!((answer.status, answer.header("content-type")), (405, Some("text/html; charset=utf-8")));
    assert!(answer.header("allow").is_some(), "{answer:?}");
}

#[test]
fn every_form_sent_twice_is_done_once() {
    let stage = Stage::on_sqlite();
    let (seller, operator) =
        (stage.member("nour"), stage.member_with(auboutique_domain::member::Role::Operator, "rana"));
    let house = Browser::of(&stage, Some(&operator));
    let key = |page: &str, form: &str| {
        let end = format!("-{form}\">");
        let at = page.find(&end).unwrap_or_else(|| panic!("no key for {form}: {page}"));
        let start = page[..at].rfind('"').unwrap() + 1;
        page[start..at + end.len() - 2].to_owned()
    };
    let add = key(&house.goes("/operator").text(), "add");
    let fields = format!(
        "key={add}&name=Nicely+Hall&address=Ground+floor&time_zone=Asia%2FBeirut&capacity=10&mon=08%3A00-24%3A00"
    );
    for _ in 0..2 {
        assert_eq!(house.sends("/operator/add", &fields).status, 303);
    }
    let points = stage.visitor().ask("pickup_points", json!({}))["reply"].clone();
    let named = |value: &Value| value.to_string().matches("Nicely Hall").count();
    assert_eq!(named(&points), 1, "{points}");

    // And whoever joins twice with one form is in.
    let visitor = Browser::of(&stage, None);
    let join = key(&visitor.goes("/signup").text(), "signup");
    let fields = format!(
        "key={join}&name=Karim&username=karim&email=karim%40mail.aub.edu&password=heron-over-the-corniche"
    );
    for _ in 0..2 {
        let answer = visitor.sends("/signup", &fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
    }
    drop(seller);
    stage.is_clean();
}

#[test]
fn whatever_is_refused_before_anything_is_known_of_the_asker_is_a_page_for_people() {
    let stage = Stage::on_sqlite();
    let mut connection = Connection::open(stage.http);
    let foreign = ["Sec-Fetch-Site: cross-site", FORM];
    let people = connection.ask("POST /login", &[PEOPLE, foreign[0], foreign[1]], b"login=a");
    assert_eq!((people.status, people.header("content-type")), (403, Some("text/html; charset=utf-8")));
    assert!(people.header("content-security-policy").is_some(), "{people:?}");
    let program = connection.ask("POST /login", &foreign, b"login=a");
    assert_eq!((program.status, program.code().as_str()), (403, "foreign_origin"));
    for unreadable in ["/listings/%FF", "/members/%C3%28"] {
        let nowhere = connection.ask(&format!("GET {unreadable}"), &[PEOPLE], b"");
        assert_eq!((nowhere.status, nowhere.header("content-type")), (404, Some("text/html; charset=utf-8")));
    }
    let api = connection.ask("POST /api/v1/sessions", &[PEOPLE, foreign[0]], b"{}");
    assert_eq!((api.status, api.code().as_str()), (403, "foreign_origin"));
}

/// Decision 15: pages are kept, and never older than what was acknowledged before they were asked for.
#[test]
fn what_was_acknowledged_is_on_every_page_that_is_asked_for_afterwards() {
    let stage = Stage::on_sqlite();
    let (nour, karim) = (stage.member("nour"), stage.member("karim"));
    let (mut sells, mut also) = (stage.connect(&nour), stage.connect(&karim));
    let lamp = sells.lists("A lamp of brass", 1_250);
    let desk = also.lists("A desk of oak", 9_900);
    let visitor = Browser::of(&stage, None);
    let paths = [
        "/".to_owned(),
        "/browse".to_owned(),
        format!("/listings/{lamp}"),
        format!("/listings/{desk}"),
        "/members/nour".to_owned(),
        "/members/karim".to_owned(),
        format!("/api/v1/listings/{lamp}"),
        "/api/v1/listings".to_owned(),
        "/api/v1/members/nour/listings".to_owned(),
    ];
    let read_all = || {
        let read = |path: &String| {
            let page = visitor.goes(path);
            assert_eq!(page.status, 200, "{path}");
            page.text()
        };
        // The second time each comes from what was kept.
        let (first, second): (Vec<_>, Vec<_>) = paths.iter().map(|path| (read(path), read(path))).unzip();
        assert!(first == second, "a page that nobody changed is not the same");
        second
    };
    let shown = |pages: &[String], text: &str| -> Vec<usize> {
        (0..pages.len()).filter(|&place| pages[place].contains(text)).collect()
    };
    assert_eq!(shown(&read_all(), "A lamp of brass"), [0, 1, 2, 4, 6, 7, 8]);
    for number in 0..3 {
        let title = format!("A lamp of copper, number {number}");
        sells.does("edit_listing", json!({ "listing": lamp, "title": title }));
        assert_eq!(shown(&read_all(), &title), [0, 1, 2, 4, 6, 7, 8], "{title}");
    }
    sells.does("change_name", json!({ "name": "Nour the Second" }));
    assert_eq!(shown(&read_all(), "Nour the Second"), [0, 1, 2, 4, 6, 7, 8]);
    let mut house = stage.console();
    let mut point = serde_json::to_value(stage.point()).unwrap();
    let fields = point.as_object_mut().unwrap();
    let id = fields.remove("id").unwrap();
    fields.insert("pickup_point".to_owned(), id);
    fields.insert("name".to_owned(), json!("The Corniche Desk"));
    house.does("change_pickup_point", point);
    assert_eq!(shown(&read_all(), "The Corniche Desk"), [2, 3, 6, 7, 8]);
    also.buys(&lamp, 1_250);
    let sold = read_all();
    assert_eq!(shown(&sold[..2], "number 2"), [0_usize; 0]);
    assert!(sold[6].contains("\"state\":\"sold\""), "{}", sold[6]);
}

// ---- names of older programs ----

/// Signs in over system 001; nothing when that is refused.
fn over_001(stage: &Stage, name: &str, password: &str) -> Option<Bare> {
    let mut wire = Bare::open(stage.older(System::S001));
    let logs_in = json!({ "command": "login", "username": name, "password": password });
    let reply = wire.asks(logs_in.to_string());
    assert!(reply.starts_with("Login successful") || reply == "Invalid credentials", "{reply}");
    (reply != "Invalid credentials").then_some(wire)
}

fn joins_001(stage: &Stage, name: &str) {
    let joins = json!({ "command": "register", "name": name, "email": format!("{name}@mail.aub.edu"),
        "username": name, "password": "secret" });
    let reply = Bare::open(stage.older(System::S001)).asks(joins.to_string());
    assert_eq!(reply, "Registration successful");
}

#[test]
fn who_came_with_an_older_program_makes_a_full_account_of_it_once() {
    let stage = Stage::with_older_wires();
    joins_001(&stage, "alice");
    let visitor = Browser::of(&stage, None);
    let claims = |older: &str, password: &str| {
        let fields =
            format!("wire=001&name=alice&older={older}&email=alice%40mail.aub.edu&password={password}");
        visitor.sends("/older/claim", &fields)
    };
    for (older, password) in [("wrong", "heron+over+the+corniche"), ("secret", "short")] {
        let answer = claims(older, password);
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        // What was typed is still there, but for passwords.
        assert!(page.contains("wrong-claim") && page.contains(r#"value="alice""#), "{page}");
        assert!(page.contains(r#"value="alice@mail.aub.edu""#) && !page.contains(password), "{page}");
    }
    let answer = claims("secret", "heron+over+the+corniche");
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some("/login?done=claimed&login=alice"));
    let signs_in = json!({ "login": "alice", "password": "heron over the corniche", "device": "A test" });
    assert_eq!(Api::of(&stage).ask(None, "log_in", &signs_in).status, 201);
    // The older program goes on as before, and nobody claims it again.
    assert!(over_001(&stage, "alice", "secret").is_some());
    assert!((400..500).contains(&claims("secret", "another+heron+flew").status));
    stage.is_clean();
}

#[test]
fn a_member_takes_a_name_for_an_older_program_and_gives_it_up() {
    let stage = Stage::with_older_wires();
    let rana = stage.member("rana");
    joins_001(&stage, "alice");
    let browser = Browser::of(&stage, Some(&rana));
    let answer = browser.sends("/older/add", "wire=001&name=Rana+of+old&older=a+lamp");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/older?done=older-add")));
    assert!(String::from_utf8_lossy(&browser.goes("/older").body).contains("Rana of old"));
    assert!(over_001(&stage, "Rana of old", "a wrong one").is_none());
    let mut wire = over_001(&stage, "Rana of old", "a lamp").unwrap();
    let mut alice = over_001(&stage, "alice", "secret").unwrap();
    let adds = json!({ "command": "add_product", "name": "Chair", "description": "", "price": "5" });
    assert_eq!(alice.asks(adds.to_string()), "Product added successfully");
    let bought = wire.asks(r#"{"command": "buy_product", "product": "Chair"}"#);
    assert!(bought.starts_with("Product purchased successfully."), "{bought}");
    // It was bought by the member, whose address is nobody's business.
    let orders = Api::of(&stage).does(&rana, "my_orders", json!({}));
    assert_eq!(orders["rows"][0]["lines"][0]["title"], "Chair", "{orders}");
    let buyers = alice.asks(r#"{"command": "view_buyers"}"#);
    assert_eq!(buyers, r#"[["Chair", "rana", "Rana of old", ""]]"#);
    let answer = browser.sends("/older/remove", "wire=001");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/older?done=older-remove")));
    assert!(over_001(&stage, "Rana of old", "a lamp").is_none());
    stage.is_clean();
}

#[test]
fn a_name_that_was_used_for_nothing_is_brought_along_into_an_account() {
    let stage = Stage::with_older_wires();
    let karim = stage.member("karim");
    joins_001(&stage, "kim");
    let browser = Browser::of(&stage, Some(&karim));
    assert!((400..500).contains(&browser.sends("/older/link", "wire=001&name=kim&older=wrong").status));
    let answer = browser.sends("/older/link", "wire=001&name=kim&older=secret");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/older?done=older-link")));
    let mut wire = over_001(&stage, "kim", "secret").unwrap();
    let adds = json!({ "command": "add_product", "name": "Chair", "description": "", "price": "5" });
    assert_eq!(wire.asks(adds.to_string()), "Product added successfully");
    let mine = Api::of(&stage).does(&karim, "my_listings", json!({}));
    assert_eq!(mine["rows"][0]["title"], "Chair", "{mine}");
    // A visitor has no names to take or give up.
    for verb in ["add", "link", "remove"] {
        let answer =
            Browser::of(&stage, None).sends(&format!("/older/{verb}"), "wire=001&name=kim&older=secret");
        assert_eq!(answer.status, 303, "{verb}");
        assert!(answer.header("location").unwrap().starts_with("/login"), "{verb}");
    }
    stage.is_clean();
}
