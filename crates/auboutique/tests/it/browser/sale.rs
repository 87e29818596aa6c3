//! A sale, from joining the market to saying that all is well, as a seller, a buyer and the desk live it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::fs;
use std::path::PathBuf;

use auboutique_market::Password;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{Browser, Screen};
use crate::stage::{PASSWORD, Stage, Wire, png, usd};

/// Somebody joins through the pages.
fn joins(browser: &Browser, name: &str, username: &str) {
    browser.goes("/signup");
    browser.types("#name", name);
    browser.types("#username", username);
    browser.types("#email", &format!("{username}@mail.aub.edu"));
    browser.types("#password", PASSWORD);
    browser.clicks("main .button.main");
    browser.arrives("/");
    browser.sees(".hero");
}

/// The file of a picture, as a phone has it.
fn picture(stage: &Stage) -> PathBuf {
    let file = stage.folder.path().join("oud.png");
    fs::write(&file, png(640, 480)).unwrap();
    file
}

/// Chooses a category and a condition, as the chips they are.
fn chooses(browser: &Browser, category: &str, condition: &str) {
    browser.clicks(&format!("input[name=category][value={category}]"));
    browser.clicks(&format!("input[name=condition][value={condition}]"));
}

/// The desk looks a code up and does what it is for.
fn serves(desk: &Browser, code: &str, says: &str) {
    desk.types("#code", code);
    desk.clicks("#desk .field button");
    desk.clicks("#next");
    desk.reads("#last", says);
}

#[test]
fn a_whole_sale_needs_no_script_and_a_form_that_is_refused_keeps_what_was_brought() {
    let stage = Stage::on_sqlite();
    let maya = stage.attendant("maya");
    let (phone, desktop) = Browser::two_without_scripts(&stage);

    joins(&phone, "Rima Haddad", "rima");
    phone.goes("/sell");
    phone.brings("#pictures", &picture(&stage));
    phone.types("#title", "An oud from Damascus");
    phone.types("#price", "a song");
    phone.types("#description", "Walnut, eleven strings.");
    chooses(&phone, "music", "like_new");
    phone.clicks("#sell button.main");
    phone.reads("#wrong-price", "This is not a price");
    assert_eq!(phone.value("#title"), "An oud from Damascus");
    assert_eq!(phone.value("#price"), "a song");
    assert_eq!(phone.value("#description"), "Walnut, eleven strings.");
    for chosen in ["category][value=music", "condition][value=like_new"] {
        phone.sees(&format!(".chip:has([name={chosen}]:checked)"));
    }
    phone.sees(".shot img");
    phone.types_anew("#price", "120");
    phone.clicks("#sell button.main");
    phone.arrives("/listings/lst_");
    phone.reads(".notice.good", "It is on sale.");
    phone.sees(".stage img");

    joins(&desktop, "Karim Saab", "karim");
    desktop.types("#find-text", "oud\n");
    desktop.arrives("/browse?text=oud");
    desktop.clicks("#cards .card h3 a");
    desktop.arrives("/listings/lst_");
    desktop.clicks("[popovertarget=buy]");
    desktop.clicks("#buy .button.main");
    let order = desktop.arrives("/orders/ord_");
    desktop.sees(".ticket-code svg");
    let collects = desktop.text("#code");

    phone.goes("/selling");
    phone.reads("#sales .order-row", "bought by Karim Saab");
    phone.clicks("#sales .order-row a");
    let brings = phone.text("#code");

    phone.is_of(&maya);
    phone.goes("/desk");
    serves(&phone, &brings, "Taken in");
    serves(&phone, &collects, "Handed over");

    desktop.goes(&order);
    desktop.reads("#order .tag", "Collected");
    desktop.clicks("form[action$='/confirm'] button");
    desktop.reads("#order .tag", "Completed");
    stage.is_clean();
}

#[test]
fn a_whole_sale_is_followed_live_by_everybody_in_it_and_no_page_is_loaded_anew() {
    let stage = Stage::on_sqlite();
    let maya = stage.attendant("maya");
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));

    // She puts it on sale from her phone. The picture is on its way while she types.
    joins(&phone, "Rima Haddad", "rima");
    phone.is_marked();
    phone.clicks("#bar .sell");
    phone.brings("#pictures", &picture(&stage));
    phone.types("#title", "An oud from Damascus");
    phone.types("#price", "120");
    chooses(&phone, "music", "like_new");
    phone.sees(".shot:not(.skeleton) img");
    phone.reads(".shot .tag", "Cover");
    phone.reads("[data-preview-title]", "An oud from Damascus");
    phone.clicks("#sell button.main");
    let listing = phone.arrives("/listings/lst_");
    phone.reads(".notice.good", "It is on sale.");
    phone.sees(".stage img");
    phone.clicks("#bar a[href='/account']");
    phone.clicks("main a[href='/selling']");
    phone.arrives("/selling");

    // He finds it while he types, with the market open in a second window.
    joins(&desktop, "Karim Saab", "karim");
    desktop.is_marked();
    let first = desktop.window();
    let second = desktop.opens_another_window();
    desktop.goes("/browse");
    desktop.is_marked();
    let card = format!("#cards .card:has(a[href='{}'])", listing.split('?').next().unwrap());
    desktop.sees(&card);
    desktop.misses(&format!("{card} .tag.sold"));
    desktop.looks_at(&first);
    desktop.types("#find-text", "dama");
    desktop.arrives("/browse?text=dama");
    desktop.clicks(&format!("{card} h3 a"));
    desktop.arrives("/listings/lst_");
    desktop.clicks("[popovertarget=buy]");
    desktop.reads("#buy", "You pay $120 in cash");
    desktop.clicks("#buy .button.main");
    desktop.arrives("/orders/ord_");
    desktop.sees(".ticket-code svg[role=img]");
    let collects = desktop.text("#code");
    desktop.looks_at(&second);
    desktop.reads(&format!("{card} .tag.sold"), "Sold");
    desktop.was_not_loaded_anew();
    desktop.looks_at(&first);

    // She hears of it where she is.
    phone.reads("#sales .order-row", "bought by Karim Saab");
    phone.reads(".toast", "An oud from Damascus is sold");
    phone.clicks(".toast a");
    phone.arrives("/orders/ord_");
    let brings = phone.text("#code");
    phone.was_not_loaded_anew();
    assert_eq!(phone.complaints(), Vec::<String>::new());

    // The desk takes it in and hands it over; his order follows.
    phone.is_of(&maya);
    phone.goes("/desk");
    phone.is_marked();
    serves(&phone, &brings, "Taken in");
    desktop.reads("#order .tag", "At the desk");
    serves(&phone, &collects, "Handed over");
    desktop.reads("#order .tag", "Collected");
    desktop.clicks("form[action$='/confirm'] button");
    desktop.reads("#order .tag", "Completed");
    phone.was_not_loaded_anew();
    desktop.was_not_loaded_anew();
    assert_eq!(desktop.complaints(), Vec::<String>::new());
    stage.is_clean();
}

// ---- what goes wrong, and what happens meanwhile ----

/// The next request of the page that the script names is held until `window.__go()`, before it is sent or once it is answered.
const HOLD: &str = "
    const [names, when] = arguments;
    const answered = window.fetch;
    window.fetch = async (...asked) => {
      if (!String(asked[0]).includes(names)) return answered(...asked);
      window.fetch = answered;
      const held = new Promise((go) => (window.__go = go));
      if (when === 'before') await held;
      const answer = await answered(...asked);
      window.__answered = true;
      if (when === 'after') await held;
      return answer;
    }";

#[test]
fn a_listing_waits_for_the_pictures_that_are_on_their_way() {
    let stage = Stage::on_sqlite();
    let phone = Browser::on(&stage, Screen::Phone);
    phone.is_of(&stage.member("rima"));
    phone.goes("/sell");
    phone.sees("#sell[data-awake]");
    phone.script_with(HOLD, vec![Value::from("/api/v1/pictures"), Value::from("before")]);
    phone.brings("#pictures", &picture(&stage));
    phone.sees(".shot.skeleton img");
    phone.types("#title", "An oud from Damascus");
    phone.types("#price", "120");
    chooses(&phone, "music", "like_new");
    phone.clicks("#sell button.main");
    phone.reads("[data-progress]", "as soon as the pictures have arrived");
    assert_eq!(stage.state().1, 0);
    phone.script("window.__go()");
    phone.arrives("/listings/lst_");
    phone.sees(".stage img");
    assert_eq!(phone.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn what_has_the_focus_keeps_it_and_a_list_that_was_grown_stays_grown() {
    let stage = Stage::on_sqlite();
    let (rima, karim, maya) = (stage.member("rima"), stage.member("karim"), stage.attendant("maya"));
    let (mut sells, mut buys, mut serves) =
        (stage.connect(&rima), stage.connect(&karim), stage.connect(&maya));
    let mut sale = |number: usize| {
        let listing = sells.lists(&format!("Spivak, Calculus, copy {number}"), 1_850);
        let order = buys.buys(&listing, 1_850)["order"].clone();
        let code = sells.does("order", json!({ "order": order }))["pickup"]["code"].clone();
        (listing, order, code)
    };
    let (listing, order, code) = sale(0);
    for number in 1..22 {
        sale(number);
    }
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&karim);
    browser.goes(&format!("/orders/{}", order.as_str().unwrap()));
    browser.is_marked();
    let link = format!("#order a.button[href='/listings/{listing}']");
    browser.script_with("document.querySelector(arguments[0]).focus()", vec![Value::from(link.clone())]);
    serves.does("drop_off", json!({ "code": code }));
    browser.reads("#order .tag", "At the desk");
    let focused = "return document.activeElement.matches(arguments[0])";
    assert_eq!(browser.script_with(focused, vec![Value::from(link)]), true);

    browser.clicks("main a[href='/orders']");
    browser.sees("#orders");
    assert_eq!(browser.count("#orders > li"), 20);
    browser.clicks("[data-more]");
    browser.finds("all of them", "return document.querySelectorAll('#orders > li').length === 22");
    browser.misses("[data-more]");
    assert_eq!(
        browser.script("return document.activeElement.closest('li').previousElementSibling !== null"),
        true
    );
    let (.., last, _) = sale(22);
    browser.sees(&format!("#orders > li:first-child[data-about='{}']", last.as_str().unwrap()));
    assert_eq!(browser.count("#orders > li"), 23);
    // What came with another page is still read again from there.
    serves.does("collect", json!({ "code": buyers_code(&mut buys, &order), "cash": usd(1_850) }));
    browser.reads(&format!("#orders > li[data-about='{}'] .tag", order.as_str().unwrap()), "Collected");
    browser.was_not_loaded_anew();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

fn buyers_code(wire: &mut Wire, order: &Value) -> Value {
    wire.does("order", json!({ "order": order }))["pickup"]["code"].clone()
}

#[test]
fn a_page_catches_up_with_what_happened_while_it_was_on_its_way_or_asleep() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let (mut sells, mut buys) = (stage.connect(&rima), stage.connect(&karim));
    let listing = sells.lists("An oud from Damascus", 12_000);
    let browser = Browser::on(&stage, Screen::Desktop);
    let card = format!("#cards .card:has(a[href='/listings/{listing}'])");
    browser.goes("/browse");
    browser.is_marked();
    let first = browser.window();

    // The second window listens to the first, and hears nothing that happens.
    browser.opens_another_window();
    let second = browser.window();
    let deaf = "const Heard = BroadcastChannel;
        window.BroadcastChannel = class extends Heard {
          addEventListener(kind, hear) {
            super.addEventListener(kind, (news) => news.data.event || hear(news));
          }
        }";
    browser.tool("Page.addScriptToEvaluateOnNewDocument", json!({ "source": deaf }));
    browser.goes("/browse");
    browser.sees(&card);

    // In the first one he chose the listing, and the answer takes its time.
    browser.looks_at(&first);
    browser.script_with(HOLD, vec![Value::from("/listings/"), Value::from("after")]);
    browser.clicks(&format!("{card} h3 a"));
    browser.finds("the page was written", "return window.__answered === true");
    buys.buys(&listing, 12_000);
    browser.reads(&format!("{card} .tag.sold"), "Sold");
    browser.script("window.__go()");
    browser.arrives("/listings/lst_");
    browser.reads("#offer .tag.sold", "Sold");
    browser.was_not_loaded_anew();

    browser.looks_at(&second);
    browser.script("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
    browser.reads(&format!("{card} .tag.sold"), "Sold");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn a_search_says_how_much_it_found_or_that_it_was_not_answered_and_a_form_is_never_sent_twice_in_secret() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let listing = stage.connect(&rima).lists("An oud from Damascus", 12_000);
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&karim);
    browser.goes("/");
    browser.is_marked();
    browser.types("#find-text", "oud");
    browser.arrives("/browse?text=oud");
    let said = "return document.querySelector('#found[role=status]').textContent.replaceAll(/[\\u2068\\u2069]/g, '')";
    browser.finds("how much was found", &said.replace("return ", "return '1 thing found' === "));
    browser.types("#find-text", "x");
    browser.arrives("/browse?text=oudx");
    browser.finds(
        "that nothing was found",
        &said.replace("return ", "return 'Nothing like that at the moment' === "),
    );
    assert_eq!(browser.script("return document.activeElement.id"), "find-text");
    let unplugged = "window.__fetch = window.fetch;
        window.fetch = (...asked) => Promise.reject(new TypeError('unplugged'))";
    browser.script(unplugged);
    browser.types("#find-text", "y");
    browser.reads(".toast", "The search was not answered");
    browser.clicks(".toast button");
    browser.misses(".toast");
    browser.was_not_loaded_anew();

    // He writes to the seller: first nobody answers, then somebody on the way, and none of it is sent anew by itself.
    browser.goes(&format!("/listings/{listing}"));
    browser.is_marked();
    browser.script(unplugged);
    browser.clicks("form[action='/messages'] button");
    browser.reads(".toast", "There was no answer to this");
    browser.clicks(".toast button");
    browser.misses(".toast");
    browser.script("window.fetch = async () => new Response('Slow down', { status: 429 })");
    browser.clicks("form[action='/messages'] button");
    browser.reads(".toast", "There was no answer to this");
    browser.sees("form[action='/messages'] button:enabled");
    browser.was_not_loaded_anew();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

// ---- with the keyboard alone ----

/// Presses the tabulator until that has the focus, as it must within a screen or two; and it has to be seen.
fn tabs_to(browser: &Browser, what: &str) {
    let found = |script: &str| browser.script_with(script, vec![Value::from(what)]) == Value::Bool(true);
    for _ in 0..80 {
        browser.presses(Key::Tab);
        if found("return document.activeElement.matches(arguments[0])") {
            let seen = "const around = [document.activeElement, document.activeElement.closest('.chip, .card, .order-row')];
                return around.some((part) => part && getComputedStyle(part).outlineStyle !== 'none')";
            assert!(found(seen), "{what} has the focus, and nobody can tell");
            return;
        }
    }
    browser.fails(&format!("{what} cannot be reached"));
}

#[test]
fn the_keyboard_alone_is_enough_to_sell_and_to_buy() {
    let stage = Stage::on_sqlite();
    let browser = Browser::on(&stage, Screen::Desktop);

    browser.goes("/signup");
    for (field, text) in [
        ("name", "Rima Haddad"),
        ("username", "rima"),
        ("email", "rima@mail.aub.edu"),
        ("password", PASSWORD),
    ] {
        tabs_to(&browser, &format!("#{field}"));
        browser.types_where_the_cursor_is(text);
    }
    browser.presses(Key::Enter);
    browser.sees(".links a[href='/account']");
    tabs_to(&browser, ".links a[href='/sell']");
    browser.presses(Key::Enter);
    browser.arrives("/sell");
    browser.sees("#sell");
    tabs_to(&browser, "#title");
    browser.types_where_the_cursor_is("Spivak, Calculus");
    tabs_to(&browser, "#price");
    browser.types_where_the_cursor_is("18.50");
    tabs_to(&browser, "[name=category]");
    browser.types_where_the_cursor_is(" ");
    tabs_to(&browser, "[name=condition]");
    browser.presses(Key::Up);
    tabs_to(&browser, "#description");
    browser.types_where_the_cursor_is("Pencil marks in chapter 5.");
    tabs_to(&browser, "#sell button.main");
    browser.types_where_the_cursor_is(" ");
    browser.arrives("/listings/lst_");
    browser.reads("h1", "Spivak, Calculus");
    tabs_to(&browser, ".links a[href='/account']");
    browser.presses(Key::Enter);
    browser.arrives("/account");
    tabs_to(&browser, "form[action='/logout'] button");
    browser.presses(Key::Enter);
    browser.arrives("/");
    browser.reads(".notice.good", "You are logged out");

    let karim = ("Karim Saab", "karim", "karim@mail.aub.edu");
    stage.runtime.block_on(stage.market.register(None, karim, &Password::typed(PASSWORD))).unwrap();
    browser.goes("/login");
    tabs_to(&browser, "#login");
    browser.types_where_the_cursor_is("karim");
    tabs_to(&browser, "#password");
    browser.types_where_the_cursor_is(PASSWORD);
    browser.presses(Key::Enter);
    browser.sees(".links a[href='/account']");
    tabs_to(&browser, "#find-text");
    browser.types_where_the_cursor_is("spivak");
    browser.presses(Key::Enter);
    browser.arrives("/browse?text=spivak");
    browser.reads("h1", "spivak");
    tabs_to(&browser, "#cards .card h3 a");
    browser.presses(Key::Enter);
    browser.arrives("/listings/lst_");
    tabs_to(&browser, "[popovertarget=buy]:not(#buy *)");
    browser.types_where_the_cursor_is(" ");
    browser.sees("#buy");
    tabs_to(&browser, "#buy .button.main");
    browser.types_where_the_cursor_is(" ");
    browser.arrives("/orders/ord_");
    browser.sees("#code");
    stage.is_clean();
}

#[test]
fn the_link_that_skips_to_the_page_moves_the_focus_and_fetches_nothing() {
    let stage = Stage::on_sqlite();
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.goes("/browse");
    browser.is_marked();
    browser.script(
        "const answered = window.fetch;
         window.__asked = 0;
         window.fetch = (...asked) => {
           window.__asked += 1;
           return answered(...asked);
         };
         document.getElementById('main').__same = true",
    );
    tabs_to(&browser, ".skip");
    browser.presses(Key::Enter);
    browser.arrives("/browse#main");
    browser.finds("the page has the focus", "return document.activeElement.__same === true");
    tabs_to(&browser, "#browse a");
    browser.script("history.back()");
    browser.finds("it is where it was", "return location.hash === ''");
    browser.script("history.forward()");
    browser.arrives("/browse#main");
    assert_eq!(
        browser.script("return [window.__asked, document.getElementById('main').__same]"),
        json!([0, true])
    );
    browser.was_not_loaded_anew();
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
