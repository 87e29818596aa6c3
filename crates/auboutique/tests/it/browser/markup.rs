//! Text that is markup stays text, wherever people can write it and wherever it is read.
//!
//! `promises.md` T31.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use serde_json::{Value, json};

use super::{Browser, Screen};
use crate::stage::{Stage, listing};

/// What would run, close what is open, or be read as another language, if any page let it. All fit into a name.
const PAYLOADS: [&str; 14] = [
    "<script>window.__pwned=1</script>",
    "<img src=x onerror=window.__pwned=1>",
    "\"><svg/onload=window.__pwned=1>",
    "'><body onload=window.__pwned=1>",
    "</title><script>window.__pwned=1</script>",
    "</textarea><script>window.__pwned=1</script>",
    "\" autofocus onfocus=window.__pwned=1 x=\"",
    "javascript:window.__pwned=1//",
    "<a href=javascript:window.__pwned=1>x</a>",
    "<style>*{display:none}</style>",
    "&lt;b&gt; &amp; &#x3c;i&#x3e;",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
    "' OR 1=1; DROP TABLE listings; --",
    "=HYPERLINK(\"http://evil.example\") %0d%0a{ $name }",
];

/// That the text stands on the page as it was typed, in what is shown, and that nothing ran.
fn is_text(browser: &Browser, payload: &str, what: &str) {
    let shown = browser.script_with(
        "return [document.body.innerText, document.title, ...[...document.querySelectorAll('input, textarea')]
           .map((field) => field.value)].join('\\n').replaceAll(/[\\u2068\\u2069]/g, '')",
        Vec::new(),
    );
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(payload), "{payload} is not shown as it was typed on {what}: {shown}");
    nothing_ran(browser, what);
}

fn nothing_ran(browser: &Browser, what: &str) {
    assert_eq!(browser.script("return typeof window.__pwned"), "undefined", "a script ran on {what}");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{what}: {complaints:?}");
}

#[test]
fn text_that_is_markup_stays_text_in_every_field_and_on_every_page() {
    let stage = Stage::on_sqlite();
    let (seller, buyer) = (stage.member("rima"), stage.member("karim"));
    let (mut sells, mut buys) = (stage.connect(&seller), stage.connect(&buyer));
    let desk = stage.attendant("maya");
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&buyer);
    for payload in PAYLOADS {
        sells.does("change_name", json!({ "name": payload }));
        buys.does("change_name", json!({ "name": payload }));
        let mut offer = listing(payload, 1_250);
        offer["description"] = Value::from(payload);
        let offered = sells.does("add_listing", offer)["listing"].clone();
        let talk = buys.does("start_conversation", json!({ "listing": offered }))["conversation"].clone();
        sells.does("start_conversation", json!({ "username": "karim" }));
        for wire in [&mut buys, &mut sells] {
            wire.does("send_message", json!({ "conversation": talk, "text": payload }));
        }
        // It lies in the cart too, and is given back to it by a checkout that is left.
        buys.does("add_to_cart", json!({ "listing": offered }));
        let price = json!([{ "minor": 1_250, "currency": "USD" }]);
        let checkout = buys.does("prepare_checkout", json!({ "totals": price }))["checkout"].clone();
        let checkout = checkout.as_str().unwrap();
        for page in ["/cart", &format!("/checkout/{checkout}")] {
            browser.goes(page);
            is_text(&browser, payload, page);
        }
        buys.does("cancel_checkout", json!({ "checkout": checkout }));
        buys.does("remove_from_cart", json!({ "listing": offered }));
        let order =
            buys.does("buy", json!({ "listing": offered, "price": { "minor": 1_250, "currency": "USD" } }));
        let (offered, talk, order) =
            (offered.as_str().unwrap(), talk.as_str().unwrap(), order["order"].as_str().unwrap());
        for page in [
            &format!("/listings/{offered}"),
            "/members/rima",
            "/orders",
            &format!("/orders/{order}"),
            "/messages",
            &format!("/messages/{talk}"),
            "/events",
            "/account",
        ] {
            browser.goes(page);
            is_text(&browser, payload, page);
        }
        // The desk sees what is brought, and by whom.
        let code = sells.does("order", json!({ "order": order }))["pickup"]["code"].clone();
        browser.is_of(&desk);
        browser.goes("/desk");
        browser.types("#code", &format!("{}\n", code.as_str().unwrap()));
        browser.sees("#shown");
        is_text(&browser, payload, "the desk");
        browser.is_of(&buyer);
        // What is called off is on sale again, and its owner may change it.
        buys.does("cancel_order", json!({ "order": order }));
        for page in ["/", "/browse"] {
            browser.goes(page);
            is_text(&browser, payload, page);
        }
        let words: String = url::form_urlencoded::byte_serialize(payload.as_bytes()).collect();
        browser.goes(&format!("/browse?text={words}&category={words}"));
        nothing_ran_but_a_no(&browser, payload);
        browser.is_of(&seller);
        browser.goes(&format!("/listings/{offered}/edit"));
        is_text(&browser, payload, "the form to change it");
        browser.is_of_nobody();
        browser.goes(&format!("/login?next={words}"));
        browser.types("#login", payload);
        browser.types("#password", "a wrong password\n");
        browser.sees("[role=alert]");
        nothing_ran_but_a_no(&browser, payload);
        browser.is_of(&buyer);
    }
}

/// The same where the page says that something is wrong.
fn nothing_ran_but_a_no(browser: &Browser, payload: &str) {
    assert_eq!(browser.script("return typeof window.__pwned"), "undefined", "a script ran: {payload}");
    assert!(
        browser.script("return document.body.innerText.length").as_i64().unwrap() > 40,
        "{payload} hides all"
    );
    let said_no = "Failed to load resource: the server responded with a status of 4";
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains(said_no)).collect();
    assert!(complaints.is_empty(), "{payload}: {complaints:?}");
}
