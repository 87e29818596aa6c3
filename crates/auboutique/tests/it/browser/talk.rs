//! Two people talk, and each sees what the other does while it happens.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{Browser, Screen};
use crate::stage::{Stage, Wire};

#[test]
fn a_conversation_arrives_live_on_both_sides_with_its_marks_the_typing_and_who_is_here() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let listing = stage.connect(&rima).lists("An oud from Damascus", 12_000);
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));
    phone.is_of(&rima);
    phone.goes("/");
    phone.is_marked();
    desktop.is_of(&karim);
    desktop.goes(&format!("/listings/{listing}"));
    desktop.is_marked();

    // What he says is there before it is answered; it reaches her wherever she is.
    desktop.clicks("form[action='/messages'] button");
    desktop.arrives("/messages/cnv_");
    desktop.sees("#conversation .here.online");
    desktop.script(
        "const answered = window.fetch;
         window.fetch = async (...asked) => {
           if (asked[1]?.method === 'POST') await new Promise((go) => (window.__go = go));
           window.fetch = answered;
           return answered(...asked);
         }",
    );
    desktop.types("#text", "Is it still there?");
    desktop.presses(Key::Enter);
    desktop.reads(".bubble.mine.sending", "Is it still there?");
    assert_eq!(desktop.value("#text"), "");
    desktop.script("window.__go()");
    desktop.misses(".bubble.sending");
    phone.reads("#unread-bar .badge", "1");
    phone.reads(".toast", "karim wrote to you");
    desktop.reads(".bubble.mine [data-mark]", "delivered");
    assert_eq!(desktop.count(".bubble"), 1);

    // She looks, and he sees that she has.
    phone.clicks("#bar a[href='/messages']");
    phone.reads(".talk.unread", "Is it still there?");
    phone.clicks("a.talk");
    phone.reads(".bubble", "Is it still there?");
    desktop.reads(".bubble.mine [data-mark]", "read");
    phone.misses("#unread-bar .badge");

    // She answers: he sees her type, then what she wrote; and she sees that he has read it.
    phone.types("#text", "Yes");
    desktop.reads("[data-typing]", "rima is typing");
    phone.types("#text", ", come by");
    phone.clicks("#say button");
    desktop.reads(".bubble:not(.mine)", "Yes, come by");
    desktop.finds("she types no more", "return document.querySelector('[data-typing]').textContent === ''");
    phone.reads(".bubble.mine [data-mark]", "read");

    // He is elsewhere on the market: the list of conversations changes under his eyes.
    desktop.clicks(".links a[href='/messages']");
    desktop.arrives("/messages");
    phone.types("#text", "Ask at the desk");
    phone.clicks("#say button");
    desktop.reads(".talk.unread .last", "Ask at the desk");
    desktop.reads("#unread-top .badge", "1");
    desktop.clicks("a.talk");
    desktop.arrives("/messages/cnv_");
    desktop.misses("#unread-top .badge");

    phone.was_not_loaded_anew();

    // She leaves, and he sees that.
    desktop.sees("#conversation .here.online");
    phone.leaves();
    desktop.misses("#conversation .here.online");
    desktop.reads("#conversation .here", "Not here at the moment");

    desktop.was_not_loaded_anew();
    assert_eq!(desktop.complaints(), Vec::<String>::new());
    stage.is_clean();
}

// ---- what is not looked at, and what did not arrive ----

/// Two who talk about something, as far as that both have said a word.
fn begun(asks: &mut Wire, answers: &mut Wire) -> Value {
    let listing = answers.lists("An oud from Damascus", 12_000);
    let talk = asks.does("start_conversation", json!({ "listing": listing }))["conversation"].clone();
    says(asks, &talk, "Is it still there?");
    says(answers, &talk, "Yes");
    talk
}

fn says(wire: &mut Wire, talk: &Value, text: &str) {
    wire.does("send_message", json!({ "conversation": talk, "text": text }));
}

/// From now on nobody looks at the page, as far as it can tell; or somebody does again.
fn is_looked_at(browser: &Browser, yes: bool) {
    let state = if yes { "visible" } else { "hidden" };
    browser.script_with(
        "Object.defineProperty(document, 'visibilityState', { value: arguments[0], configurable: true });
         document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
        vec![Value::from(state)],
    );
}

#[test]
fn a_conversation_that_nobody_looks_at_is_not_read() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let (mut hers, mut his) = (stage.connect(&rima), stage.connect(&karim));
    let talk = begun(&mut his, &mut hers);
    let read =
        |wire: &mut Wire| wire.does("conversation", json!({ "conversation": talk }))["their_read"].clone();
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&rima);
    browser.goes(&format!("/messages/{}", talk.as_str().unwrap()));
    browser.reads(".bubble:not(.mine)", "Is it still there?");
    browser.misses("#unread-top .badge");
    let before = read(&mut his);

    is_looked_at(&browser, false);
    says(&mut his, &talk, "I could come by on Thursday");
    browser.reads("#unread-top .badge", "1");
    assert_eq!(read(&mut his), before);
    assert_eq!(browser.count(".bubble"), 2);

    is_looked_at(&browser, true);
    browser.reads(".bubble:last-child", "on Thursday");
    browser.misses("#unread-top .badge");
    assert_ne!(read(&mut his), before);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

/// Presses the button under what was not sent.
fn tries_again(browser: &Browser) {
    browser.sees(".bubble.failed button");
    browser.script("document.querySelector('.bubble.failed button').focus()");
    browser.presses(Key::Enter);
}

#[test]
fn what_did_not_arrive_stays_until_it_is_sent_again_whatever_arrives_meanwhile() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let (mut hers, mut his) = (stage.connect(&rima), stage.connect(&karim));
    let talk = begun(&mut his, &mut hers);
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&karim);
    browser.goes(&format!("/messages/{}", talk.as_str().unwrap()));
    browser.is_marked();
    browser.sees("#conversation[data-awake]");

    // Nothing that he sends gets through. What she says is put beside it, and read out, since the log is the same.
    browser.script(
        "document.getElementById('said').__same = true;
         window.__fetch = window.fetch;
         window.fetch = (...asked) =>
           asked[1]?.method === 'POST' ? Promise.reject(new TypeError('unplugged')) : window.__fetch(...asked)",
    );
    browser.types("#text", "I take it");
    browser.presses(Key::Enter);
    browser.reads(".bubble.mine.failed", "I take it");
    browser.reads(".bubble.mine.failed", "This was not sent.");
    says(&mut hers, &talk, "Somebody else has asked too");
    browser.reads(".bubble:not(.mine):nth-last-child(2)", "Somebody else");
    browser.reads(".bubble.mine.failed:last-child", "I take it");
    assert_eq!(browser.script("return document.getElementById('said').__same"), true);

    // He looks at something else and comes back.
    browser.clicks(".links a[href='/messages']");
    browser.clicks("#talks a.talk");
    browser.reads(".bubble.mine.failed", "I take it");

    // Now it gets through, to the login.
    browser.is_of_nobody();
    browser.script(
        "window.fetch = async (...asked) => {
           const answer = await window.__fetch(...asked);
           if (asked[1]?.method === 'POST') window.__landed = answer.url;
           return answer;
         }",
    );
    tries_again(&browser);
    browser.finds("he is sent to the login", "return window.__landed?.includes('/login') === true");
    browser.reads(".bubble.mine.failed", "I take it");
    browser.is_of(&karim);
    tries_again(&browser);
    browser.misses(".bubble.failed");
    browser.reads(".bubble.mine:last-child [data-mark]", "sent");
    browser.reads(".bubble.mine:last-child", "I take it");
    assert_eq!(browser.count(".bubble"), 4);
    assert_eq!(browser.script("return document.activeElement.id"), "text");
    browser.was_not_loaded_anew();
    let said = hers.does("messages", json!({ "conversation": talk }));
    assert_eq!(said["rows"].as_array().unwrap().len(), 4);
    stage.is_clean();
}

#[test]
fn news_leave_what_was_said_long_ago_where_it_is() {
    let stage = Stage::on_sqlite();
    let (rima, karim) = (stage.member("rima"), stage.member("karim"));
    let (mut hers, mut his) = (stage.connect(&rima), stage.connect(&karim));
    let talk = begun(&mut his, &mut hers);
    for number in 0..35 {
        says(&mut his, &talk, &format!("{number} ways to go"));
        says(&mut hers, &talk, &format!("and {number} ways back"));
    }
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&karim);
    browser.goes(&format!("/messages/{}", talk.as_str().unwrap()));
    assert_eq!(browser.count(".bubble"), 60);
    browser.clicks("[data-earlier]");
    browser.finds("all of it", "return document.querySelectorAll('.bubble').length === 72");
    browser.misses("[data-earlier]");
    says(&mut hers, &talk, "Well?");
    browser.reads(".bubble:last-child", "Well?");
    let numbers =
        "const all = [...document.querySelectorAll('.bubble')].map((one) => Number(one.dataset.number));
        return all.length === 73 && all.every((number, place) => !place || number > all[place - 1])";
    assert_eq!(browser.script(numbers), true);
    assert_eq!((browser.count("#said .notice"), browser.count("#said .day")), (1, 1));
    browser.misses("[data-earlier]");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}
