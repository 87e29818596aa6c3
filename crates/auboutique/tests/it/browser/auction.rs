//! Auctions, as those live them who bid, watch and sell: each sees what the others do as it happens.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::AuctionId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Reply};
use auboutique_market::Caller;
use serde_json::json;
use tempfile::TempDir;

use super::town::{PLAIN, Past};
use super::{Browser, Screen};
use crate::stage::{Person, Stage, usd};
use crate::terminal::{self, ENTER};

fn cents(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

/// Somebody does something that nobody looks at.
fn does(stage: &Stage, person: &Person, command: Command) -> Reply {
    stage.market.run_now(Caller::member(person.session), command).unwrap()
}

/// Somebody puts something up that begins with five dollars, for so long.
fn puts_up(stage: &Stage, seller: &Person, title: &str, lasts: Span) -> AuctionId {
    let price = Price::new(2_000, Currency::Usd).unwrap();
    let lot = ListingDraft::new(title, "", price, Category::Music, Condition::Good, None).unwrap();
    let lot = lot.with_pictures(vec![picture(stage, seller)]).unwrap();
    let draft = AuctionDraft::new(cents(500), None, None, None, Ends::After(lasts)).unwrap();
    match does(stage, seller, Command::OpenAuction { lot: Lot::New(lot), draft }) {
        Reply::Auction(view) => view.auction,
        other => panic!("{other:?}"),
    }
}

fn picture(stage: &Stage, seller: &Person) -> auboutique_domain::id::PictureId {
    let png = crate::stage::png(640, 480);
    stage.market.add_picture_now(Caller::member(seller.session), png).unwrap().picture
}

fn bids(stage: &Stage, bidder: &Person, auction: AuctionId, minor: i64) {
    does(stage, bidder, Command::PlaceBid { auction, maximum: cents(minor) });
}

/// Bids through the page. The news of a bid may be there before its answer is: while a form is
/// on its way it cannot be sent.
fn types_a_bid(browser: &Browser, amount: &str) {
    browser.sees("form:not([aria-busy]) #amount");
    browser.types_anew("#amount", &format!("{amount}\n"));
}

#[test]
fn two_browsers_see_each_others_bids_as_they_are_made_and_whoever_is_outbid_is_told() {
    let stage = Stage::on_sqlite();
    let [nour, rana, karim] = ["nour", "rana", "karim"].map(|name| stage.member(name));
    let auction = puts_up(&stage, &nour, "An oud from Damascus", Span::hours(3));
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));
    phone.is_of(&rana);
    desktop.is_of(&karim);
    for browser in [&phone, &desktop] {
        browser.goes(&format!("/auctions/{auction}"));
        browser.reads("#price-now", "$5");
        browser.reads("#offer .countdown", "2:59:");
        browser.is_marked();
    }
    assert_eq!(phone.value("#amount"), "5.00");
    types_a_bid(&phone, "8");
    phone.reads("#you", "You lead");
    phone.reads("#leader", "You");
    phone.reads("#offer", "1 bid");
    // A maximum tells nobody more than that somebody bids.
    desktop.reads("#leader", "Bidder 1");
    desktop.reads("#price-now", "$5");
    desktop.reads("#bids li", "Bidder 1");

    // The field holds what would be taken now.
    desktop.finds("the least is offered", "return document.querySelector('#amount').value === '5.50'");
    types_a_bid(&desktop, "7");
    desktop.reads("#outbid", "You were outbid");
    desktop.reads("#price-now", "$7.50");
    phone.reads("#price-now", "$7.50");
    phone.reads("#leader", "You");
    types_a_bid(&desktop, "12");
    desktop.reads("#you", "You lead");
    phone.reads("#outbid", "You were outbid");
    phone.reads("#leader", "Bidder 2");
    phone.reads("#price-now", "$8.50");
    assert_eq!(phone.count("#bids > li"), 3);
    // And raises their own maximum, which nobody sees.
    types_a_bid(&desktop, "20");
    desktop.reads("#you", "Your maximum: $20");
    desktop.reads("#price-now", "$8.50");
    for browser in [&phone, &desktop] {
        browser.was_not_loaded_anew();
        assert_eq!(browser.complaints(), Vec::<String>::new());
    }
    stage.is_clean();
}

#[test]
fn two_browsers_and_a_terminal_watch_each_other_bid() {
    let (stage, home) = (Stage::on_sqlite(), TempDir::new().unwrap());
    let [nour, rana, karim] = ["nour", "rana", "karim"].map(|name| stage.member(name));
    let auction = puts_up(&stage, &nour, "An oud from Damascus", Span::hours(3));
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));
    for (browser, person) in [(&phone, &rana), (&desktop, &karim)] {
        browser.is_of(person);
        browser.goes(&format!("/auctions/{auction}"));
        browser.reads("#price-now", "$5");
        browser.is_marked();
    }
    let mut terminal = terminal::Screen::open("sami", &stage.address.to_string(), home.path());
    terminal.joins("Sami Daher", "sami").types("0").sees(&["An oud from Damascus"]).types(ENTER);
    terminal.sees(&["Starts at", "5.00 USD or more", "No bids yet"]);

    // One bids on the phone: the desktop and the terminal show it.
    types_a_bid(&phone, "8");
    phone.reads("#leader", "You");
    desktop.reads("#leader", "Bidder 1");
    terminal.sees(&["Bidder 1 leads", "1 bid ·", "5.50 USD or more"]);

    // One bids in the terminal: both browsers show it, and whoever led is told.
    terminal.types("b").sees(&["Your maximum is the most you would pay"]).types("12").types(ENTER);
    terminal.sees(&["8.50 USD", "you lead", "2 bids ·"]);
    phone.reads("#outbid", "You were outbid");
    for browser in [&phone, &desktop] {
        browser.reads("#leader", "Bidder 2");
        browser.reads("#price-now", "$8.50");
    }

    // And one on the desktop: the phone shows it, and the terminal says who leads now.
    types_a_bid(&desktop, "20");
    desktop.reads("#leader", "You");
    phone.reads("#leader", "Bidder 3");
    phone.reads("#price-now", "$13");
    terminal.sees(&["13.00 USD", "Bidder 3 leads", "3 bids ·"]);
    for browser in [&phone, &desktop] {
        browser.was_not_loaded_anew();
        assert_eq!(browser.complaints(), Vec::<String>::new());
    }
    stage.is_clean();
}

#[test]
fn what_is_being_typed_and_where_stays_while_others_bid() {
    let stage = Stage::on_sqlite();
    let [nour, rana, karim, lea] = ["nour", "rana", "karim", "lea"].map(|name| stage.member(name));
    let auction = puts_up(&stage, &nour, "An oud from Damascus", Span::hours(3));
    let browser = Browser::on(&stage, Screen::Phone);
    browser.is_of(&rana);
    browser.goes(&format!("/auctions/{auction}"));
    browser.types_anew("#amount", "31");
    bids(&stage, &karim, auction, 1_000);
    bids(&stage, &lea, auction, 2_000);
    browser.reads("#price-now", "$11");
    browser.reads("label[for=amount]", "$12 or more");
    assert_eq!(browser.value("#amount"), "31");
    browser.types_where_the_cursor_is(".50\n");
    browser.reads("#you", "Your maximum: $31.50");

    // What is refused stays as it was typed, whatever happens around it.
    types_a_bid(&browser, "31.25");
    browser.reads("#wrong-bid", "multiples of $0.50");
    assert_eq!(browser.value("#amount"), "31.25");
    bids(&stage, &karim, auction, 2_500);
    browser.reads("#price-now", "$26");
    assert_eq!(browser.value("#amount"), "31.25");
    stage.is_clean();
}

#[test]
fn a_tab_that_follows_another_hears_of_the_auction_it_shows() {
    let stage = Stage::on_sqlite();
    let [nour, rana, karim] = ["nour", "rana", "karim"].map(|name| stage.member(name));
    let [one, other] = ["An oud", "A darbuka"].map(|title| puts_up(&stage, &nour, title, Span::hours(3)));
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&rana);
    browser.goes(&format!("/auctions/{one}"));
    let first = browser.window();
    let second = browser.opens_another_window();
    browser.goes(&format!("/auctions/{other}"));
    browser.reads("h1", "A darbuka");
    bids(&stage, &karim, other, 900);
    browser.reads("#leader", "Bidder 1");
    browser.looks_at(&first);
    bids(&stage, &karim, one, 900);
    browser.reads("#leader", "Bidder 1");
    // It goes on to a third, and the other follows still.
    browser.goes("/auctions");
    browser.sees("#lots .card");
    browser.looks_at(&second);
    bids(&stage, &rana, other, 2_000);
    browser.reads("#leader", "You");
    browser.looks_at(&first);
    browser.reads(&format!("#lot-{other} .price"), "$9.50");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_a_script_everything_about_an_auction_can_be_done_and_nothing_typed_is_lost() {
    let stage = Stage::on_sqlite();
    let [nour, rana] = ["nour", "rana"].map(|name| stage.member(name));
    let (phone, desktop) = Browser::two_without_scripts(&stage);
    phone.is_of(&rana);
    desktop.is_of(&nour);

    // A form that is refused keeps the way of selling and all of the terms.
    desktop.goes("/sell");
    desktop.clicks("input[name=way][value=auction]");
    desktop.types("#title", "A chess clock");
    desktop.types("#price", "10");
    desktop.clicks(".more-terms summary");
    desktop.types("#reserve", "5");
    desktop.types("#buy_now", "30");
    desktop.clicks("input[name=category][value=books]");
    desktop.clicks("#sell button.main");
    desktop.reads("#wrong-reserve", "The reserve price is $10 or more");
    for (field, typed) in
        [("#title", "A chess clock"), ("#price", "10"), ("#reserve", "5"), ("#buy_now", "30")]
    {
        assert_eq!(desktop.value(field), typed);
    }
    desktop.types_anew("#reserve", "20");
    desktop.clicks("#sell button.main");
    let place = desktop.arrives("/auctions/auc_");
    let path = place.split('?').next().unwrap().to_owned();
    desktop.reads("main .notice.good", "It is up for auction");

    phone.goes("/auctions");
    phone.clicks("#lots h3 a");
    phone.arrives(&path);
    phone.reads("#offer", "Reserve not met");
    phone.types_anew("#amount", "9.50\n");
    phone.reads("#wrong-bid", "The least you can bid is $10");
    assert_eq!(phone.value("#amount"), "9.50");
    phone.types_anew("#amount", "12\n");
    phone.reads("#you", "You lead");
    phone.clicks("#watch button");
    phone.reads("#watch", "Watch");

    desktop.goes(&path);
    desktop.clicks("form[action$='/note'] button, .deed:has(#note) summary");
    desktop.types("#note", "The flag falls a second early.");
    desktop.clicks("form[action$='/note'] button");
    desktop.reads("#said", "The flag falls a second early.");
    phone.goes(&path);
    phone.reads("#said", "The flag falls a second early.");
    phone.clicks("[popovertarget=take]");
    phone.clicks("#take button.main");
    phone.arrives("/checkout/chk_");
    phone.goes("/my/auctions");
    phone.reads("#own-waiting", "A chess clock");
    phone.goes(&path);
    phone.reads("#to-pay", "$30 to pay");
    stage.is_clean();
}

#[test]
fn a_seller_is_asked_to_lower_the_price_and_those_who_watch_see_it_at_once() {
    let (stage, past) = Past::stage(&PLAIN);
    let (seller, dalal) = (&past.seller, &past.bidder);
    does(&stage, dalal, Command::WatchAuction { auction: past.asked });
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));
    phone.is_of(seller);
    desktop.is_of(dalal);
    phone.goes("/my/auctions?show=selling");
    phone.reads("#own-waiting", "Lower the price?");
    phone.clicks("#own-waiting h3 a");
    phone.reads("#asked", "It is $40 now");
    desktop.goes(&format!("/auctions/{}", past.asked));
    desktop.reads("#price-now", "$40");
    phone.types("#amount-lower", "50\n");
    phone.reads("#wrong-lower", "Ask for less than $40");
    assert_eq!(phone.value("#amount-lower"), "50");
    phone.types_anew("#amount-lower", "25\n");
    phone.misses("#asked");
    desktop.reads("#price-now", "$25");

    // What nobody took for what was asked is asked for once more, and the bidder takes it.
    phone.goes(&format!("/auctions/{}", past.passed));
    phone.reads("#negotiation", "It was not sold");
    phone.clicks("form[action$='/accept'] button");
    phone.reads("#offers", "leading bid taken");
    desktop.goes(&format!("/auctions/{}", past.passed));
    desktop.reads("#offered", "It can be yours for");
    desktop.clicks("#offered .main");
    desktop.arrives("/checkout/chk_");
    phone.reads("#offers .tag", "Taken");
    stage.is_clean();
}

#[test]
fn a_listing_becomes_an_auction_and_an_auction_a_listing_without_typing_it_again() {
    let stage = Stage::on_sqlite();
    let nour = stage.member("nour");
    let mut sells = stage.connect(&nour);
    let listing = sells.does("add_listing", {
        json!({ "title": "A lamp of brass", "price": usd(2_000), "category": "books", "condition": "good" })
    });
    let listing = listing["listing"].as_str().unwrap();
    let browser = Browser::on(&stage, Screen::Phone);
    browser.is_of(&nour);
    browser.goes(&format!("/listings/{listing}"));
    browser.is_marked();
    browser.clicks(&format!("a[href='/listings/{listing}/auction']"));
    browser.types("#price", "10.10");
    browser.clicks("#put-up button.main");
    browser.reads("#wrong-price", "multiples of $0.50");
    assert_eq!(browser.value("#price"), "10.10");
    browser.types_anew("#price", "10");
    browser.clicks("#put-up button.main");
    browser.arrives("/auctions/auc_");
    browser.reads("h1", "A lamp of brass");
    browser.clicks("#call-off summary");
    browser.clicks("#call-off button");
    browser.reads("#offer .tag", "Called off");
    browser.goes(&format!("/listings/{listing}"));
    browser.clicks("form[action$='/publish'] button");
    browser.reads("main .notice.good", "back on sale");
    stage.is_clean();
}
