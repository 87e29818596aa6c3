//! A store's money, and the desk that makes it: what was sold, what came back, what was paid out, and what the page, its
//! lines and its sheet say of all that.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use auboutique_domain::member::Role;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::town::code_of;
use super::{Browser, Screen};
use crate::stage::{Stage, Wire, usd};

/// Opens a store with two things on its shelves; answers with their listings.
fn opens(stage: &Stage, owner: &mut Wire) -> [String; 2] {
    let code = stage.console().does("create_invitation", json!({}))["code"].clone();
    let store =
        json!({ "code": code, "name": "Engineering Club", "description": "", "email": "club@aub.edu" });
    let store = owner.does("open_store", store);
    [("A mug", 900), ("A hoodie", 2_500)].map(|(title, price)| {
        let variants = json!([{ "label": "", "price": usd(price), "copies": 10 }]);
        let product =
            json!({ "store": store["store"], "title": title, "category": "books", "variants": variants });
        owner.does("add_product", product);
        let shelf = owner.does("store_listings", json!({ "store": store["handle"] }));
        let mut rows = shelf["rows"].as_array().unwrap().iter();
        rows.find(|row| row["title"] == title).unwrap()["listing"].as_str().unwrap().to_owned()
    })
}

/// The desk has nothing but its keyboard: the code, and Enter for what is to be done with it.
fn serves(desk: &Browser, code: &str, shows: &[(&str, &str)], says: &str) {
    desk.types_where_the_cursor_is(code);
    desk.presses(Key::Enter);
    for (what, text) in shows {
        desk.reads(what, text);
    }
    desk.presses(Key::Enter);
    desk.reads("#last", says);
    desk.misses("#shown");
    assert_eq!(desk.script("return document.activeElement.id"), "code");
}

/// Cents of what a page or a sheet writes.
fn cents(text: &str) -> i64 {
    let size = text.trim_start_matches(['-', '\u{2212}', '$']);
    let (whole, decimals) = size.split_once('.').unwrap_or((size, "0"));
    let cents = whole.parse::<i64>().unwrap() * 100 + format!("{decimals:0<2}").parse::<i64>().unwrap();
    if text.starts_with(['-', '\u{2212}']) { -cents } else { cents }
}

/// What came in by a row of a sheet, less what went out.
fn moved(row: &[&str]) -> i64 {
    let of = |cell: &str| if cell.is_empty() { 0 } else { cents(cell) };
    of(row[4]) - of(row[5])
}

/// That the profit on the page is so much, and the sum of its lines, of those of the sheet, and what the sheet ends with.
fn earned(browser: &Browser, profit: i64) {
    let text = browser.text("#profit");
    assert_eq!(cents(&text), profit, "{text}");
    let lines =
        browser.script("return [...document.querySelectorAll('#lines li > b')].map((b) => b.textContent)");
    let lines: Vec<i64> =
        lines.as_array().unwrap().iter().map(|line| cents(line.as_str().unwrap())).collect();
    assert_eq!(lines.iter().sum::<i64>(), profit, "{lines:?}");
    let sheet = browser.long_script(
        "const done = arguments[0]; fetch(document.querySelector('#csv').href).then(async (answer) =>
           done([answer.headers.get('content-type'), await answer.text()]))",
        Vec::new(),
    );
    assert_eq!(sheet[0], "text/csv; charset=utf-8");
    let sheet = sheet[1].as_str().unwrap();
    let rows: Vec<Vec<&str>> = sheet.split_terminator("\r\n").map(|row| row.split(',').collect()).collect();
    assert!(rows[0].join(",").ends_with("entry,at,kind,source,in,out,currency"), "{sheet}");
    let (sums, lines_of_it): (Vec<_>, Vec<_>) = rows[1..].iter().partition(|row| row[2] == "profit");
    assert_eq!(lines_of_it.len(), lines.len());
    assert_eq!(lines_of_it.iter().map(|row| moved(row)).sum::<i64>(), profit, "{sheet}");
    assert_eq!(rows[rows.len() - 2..], *sums.into_iter().cloned().collect::<Vec<_>>(), "the sums stand last");
    let sum = rows.iter().find(|row| row[2] == "profit" && row[6] == "USD").unwrap();
    assert_eq!(moved(sum), profit);
}

#[test]
fn a_desk_a_return_and_a_payout_add_up_to_what_the_store_sees() {
    let stage = Stage::on_sqlite();
    let (karim, rima, maya) = (stage.member("karim"), stage.member("rima"), stage.attendant("maya"));
    let ziad = stage.member_with(Role::Operator, "ziad");
    let (mut sells, mut buys) = (stage.connect(&karim), stage.connect(&rima));
    let [mug, hoodie] = opens(&stage, &mut sells);
    let (desk, room) = Browser::two_on(&stage, (Screen::Desktop, Screen::Desktop));
    desk.is_of(&maya);
    room.is_of(&karim);

    // An order of two lines is brought and collected, with the keyboard alone.
    buys.does("add_to_cart", json!({ "listing": mug, "quantity": 2 }));
    buys.does("add_to_cart", json!({ "listing": hoodie }));
    let totals = buys.does("cart", json!({}))["totals"].clone();
    let checkout = buys.does("prepare_checkout", json!({ "totals": totals }))["checkout"].clone();
    let placed = buys.does("place_orders", json!({ "checkout": checkout, "pay": "cash" }));
    let order = |placed: &Value| json!({ "order": placed["order"] });
    let first = order(&placed["rows"][0]);
    desk.goes("/desk");
    desk.is_marked();
    let lines = [("#shown .things", "2 ×"), ("#shown .things", "A mug"), ("#shown .things", "A hoodie")];
    let brings = code_of(&mut sells, &first);
    serves(
        &desk,
        &brings,
        &[&lines[..], &[("#shown h2", "Take this in from karim")]].concat(),
        "Taken in from karim",
    );
    let collects = code_of(&mut buys, &first);
    let shows = [&lines[..], &[("#shown h2", "Hand this over to rima"), (".cash", "Take $43")]].concat();
    serves(&desk, &collects, &shows, "Handed over to rima: 2 × A mug, 1 × A hoodie. $43 taken.");
    buys.does("confirm_order", first.clone());

    // Escape clears; what was last done stays. Several codes one after the other: the last one is shown.
    let second = order(&buys.does("buy", json!({ "listing": mug, "price": usd(900) })));
    let (brings, collects) = (code_of(&mut sells, &second), code_of(&mut buys, &second));
    desk.types_where_the_cursor_is(&collects);
    desk.presses(Key::Enter);
    desk.reads("#shown", "There is nothing to do");
    desk.presses(Key::Escape);
    desk.misses("#shown");
    desk.reads("#last", "$43 taken");
    let enter = char::from(Key::Enter);
    let scanned = [&brings, &collects, &brings, &collects, &brings].map(|code| format!("{code}{enter}"));
    desk.types_where_the_cursor_is(&scanned.concat());
    desk.reads("#shown .small-code", &brings);
    desk.presses(Key::Escape);

    // Cash for her wallet pays the next one: there is nothing to take at the desk.
    desk.types("#username", "rima");
    desk.types("#cash", "20\n");
    desk.reads("#topped-up", "rima (@rima): $20 put in. There was $0, now there is $20.");
    buys.does("pay_order", json!({ "order": second["order"], "currency": "USD" }));
    serves(&desk, &brings, &[("#shown", "Take this in")], "Taken in");
    serves(&desk, &collects, &[("#shown .cash", "Paid: take nothing")], "Handed over to rima: 1 × A mug.");
    buys.does("confirm_order", second.clone());

    // It comes back, and goes back into stock.
    buys.does("request_return", json!({ "order": second["order"], "reason": "The handle is loose" }));
    let path = format!("/orders/{}", second["order"].as_str().unwrap());
    room.goes(&path);
    room.reads("#return", "The handle is loose");
    let code = code_of(&mut buys, &second);
    serves(
        &desk,
        &code,
        &[("#shown", "Take this back from rima"), (".cash", "Give no money")],
        "Taken back from rima",
    );
    room.goes("/store/orders");
    room.clicks("#returns .order-row a");
    room.arrives(&path);
    room.clicks("#return .button.main");
    room.reads("main .notice", "back in stock");
    room.reads("#order .tag", "Refunded");
    room.goes("/store/stock");
    room.reads("#stock", "8 left");

    // What it earned is the sum of what is shown, and of the sheet.
    room.clicks(".tabs a[href^='/store/money']");
    room.arrives("/store/money");
    room.sees("figure.chart svg rect");
    earned(&room, 4_300);
    assert_eq!(room.count("#lines li"), 3);

    // A payout is asked for, handed over by the operator, and no part of the profit.
    room.types_anew("#amount-USD", "50\n");
    room.reads("#wrong-payout-USD", "$43");
    assert_eq!(room.value("#amount-USD"), "50");
    // The console says so too, once.
    drop(room.complaints());
    room.types_anew("#amount-USD", "40\n");
    room.reads("#payouts", "$40");
    room.reads("[data-balance=USD]", "$3");
    room.is_of(&ziad);
    room.goes("/operator");
    room.reads("#payouts", "earned by Engineering Club");
    room.types("#payouts [name=note]", "In cash, at the office");
    room.clicks("#payouts [value=confirm]");
    room.reads("#payouts", "Nobody waits");
    room.is_of(&karim);
    room.goes("/store/money");
    room.reads("#payouts", "Handed over on");
    earned(&room, 4_300);

    // A part of the first order goes back: more than is there, so the store owes it.
    room.goes(&format!("/orders/{}", first["order"].as_str().unwrap()));
    room.clicks("#refund summary");
    room.types("#amount", "5\n");
    room.reads("#refunded", "$5");
    room.goes("/store/money?period=year");
    earned(&room, 3_800);
    room.reads("#sums", "You owe the market");
    room.reads("[data-balance=USD]", "$2");
    desk.was_not_loaded_anew();
    assert_eq!(room.complaints(), Vec::<String>::new());
    assert_eq!(desk.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn staff_see_what_a_store_earned_and_give_none_of_it_away() {
    let stage = Stage::on_sqlite();
    let (karim, rima, maya) = (stage.member("karim"), stage.member("rima"), stage.attendant("maya"));
    let helper = stage.member("helper");
    let (mut sells, mut buys, mut serves) =
        (stage.connect(&karim), stage.connect(&rima), stage.connect(&maya));
    let [mug, _] = opens(&stage, &mut sells);
    sells.does("appoint_staff", json!({ "username": "helper" }));
    let order = buys.does("buy", json!({ "listing": mug, "price": usd(900) }))["order"].clone();
    let named = json!({ "order": order });
    serves.does("drop_off", json!({ "code": code_of(&mut sells, &named) }));
    serves.does("collect", json!({ "code": code_of(&mut buys, &named), "cash": usd(900) }));
    buys.does("confirm_order", named);
    let browser = Browser::on(&stage, Screen::Phone);
    browser.is_of(&helper);
    browser.goes("/store/money");
    earned(&browser, 900);
    browser.misses("#payout");
    browser.goes(&format!("/orders/{}", order.as_str().unwrap()));
    browser.sees("#order");
    browser.misses("#refund");
    let refused = browser.long_script(
        "const done = arguments[1]; fetch(arguments[0] + '/refund', { method: 'POST', redirect: 'manual',
           body: new URLSearchParams({ amount: '5', currency: 'USD' }) }).then((answer) => done(answer.status))",
        vec![json!(format!("/orders/{}", order.as_str().unwrap()))],
    );
    assert_eq!(refused, 404);
    browser.is_of(&rima);
    browser.goes("/store/money");
    browser.misses("#profit");
    stage.is_clean();
}
