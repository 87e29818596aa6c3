//! Two people talk, and each sees what the other does while it happens.

use fantoccini::key::Key;

use super::{Browser, Screen};
use crate::stage::Stage;

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
