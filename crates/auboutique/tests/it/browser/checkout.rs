//! Buying from several at once, as people do it: gathering, looking at what it costs, paying, and what comes between.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use auboutique_domain::id::PaymentId;
use auboutique_domain::payment::Saying;
use auboutique_domain::{Command, Currency, Money};
use serde_json::{Value, json};

use super::{Browser, Screen};
use crate::stage::{Person, Stage, Wire, usd};

/// A store with one product on its shelves: who owns it, and the product.
struct Shop {
    owner: Wire,
    product: String,
}

/// Somebody opens a store, and has so many copies of one thing.
fn shop(stage: &Stage, owner: &str, (name, title): (&str, &str), price: &Value, copies: i64) -> Shop {
    let code = stage.console().does("create_invitation", json!({}))["code"].clone();
    let mut owner = stage.connect(&stage.member(owner));
    let about = json!({ "code": code, "name": name, "description": "", "email": "club@aub.edu" });
    let store = owner.does("open_store", about);
    let variants = json!([{ "label": "", "price": price, "copies": copies }]);
    let product =
        json!({ "store": store["store"], "title": title, "category": "books", "variants": variants });
    owner.does("add_product", product);
    let shelf = owner.does("store_listings", json!({ "store": store["handle"] }));
    let product = shelf["rows"][0]["listing"].as_str().unwrap().to_owned();
    Shop { owner, product }
}

fn lbp(pounds: i64) -> Value {
    json!({ "minor": pounds, "currency": "LBP" })
}

/// Two stores, one of them with prices in pounds.
fn two_shops(stage: &Stage) -> (Shop, Shop) {
    let bakery = shop(stage, "nour", ("The Bakery", "Thyme bread"), &lbp(179_000), 9);
    let club = shop(stage, "karim", ("Chess Club", "A chess clock"), &usd(2_500), 3);
    (bakery, club)
}

fn puts_into_the_cart(browser: &Browser, product: &str, copies: &str) {
    browser.goes(&format!("/listings/{product}"));
    browser.types_anew("#add-to-cart [name=quantity]", copies);
    browser.clicks("#add-to-cart button");
    browser.reads("main .notice.good", "It is in your cart");
}

fn puts_in(wire: &mut Wire, product: &str, copies: i64) {
    wire.does("add_to_cart", json!({ "listing": product, "quantity": copies }));
}

/// What stands on a page per pickup.
fn codes(browser: &Browser) -> Vec<String> {
    let script = "return [...document.querySelectorAll('#orders .code')].map((code) => code.textContent)";
    let codes = browser.script(script);
    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[test]
fn things_of_two_stores_are_gathered_paid_once_and_collected_with_two_codes() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let (bakery, club) = two_shops(&stage);
    let phone = Browser::on(&stage, Screen::Phone);
    phone.is_of(&rana);
    phone.goes("/cart");
    phone.reads(".empty", "Your cart is empty");

    puts_into_the_cart(&phone, &bakery.product, "2");
    phone.reads("#cart-top .badge", "1");
    puts_into_the_cart(&phone, &club.product, "1");
    phone.reads("#cart-top .badge", "2");
    phone.is_marked();
    phone.clicks("#to-cart");
    phone.arrives("/cart");
    assert_eq!(phone.count("#cart .parcel"), 2);
    phone.reads(".cart-sum", "$25");
    phone.reads(".cart-sum", "358,000");

    // More than there are is refused beside the line, and what was typed stays.
    let line = format!("#line-{}", club.product);
    phone.types_anew(&format!("{line} [data-quantity]"), "7\n");
    phone.reads(&format!("{line} .wrong"), "Only 3 can be bought");
    assert_eq!(phone.value(&format!("{line} [data-quantity]")), "7");
    drop(phone.complaints());

    // Another window takes one more, and this one follows.
    puts_in(&mut stage.connect(&rana), &club.product, 1);
    phone.reads(&format!("{line} .cart-total"), "$50");
    phone.clicks("form[action='/cart/checkout'] button");
    let group = phone.arrives("/checkout/chk_");
    phone.reads("#checkout", "set aside for you until");
    phone.sees(".countdown");
    assert_eq!(phone.count(".parcel"), 2);
    phone.clicks("#pay button.main");
    phone.reads("h1", "Thank you");
    assert_eq!(phone.path(), group);
    let codes = codes(&phone);
    assert!(codes.len() == 2 && codes[0] != codes[1], "{codes:?}");
    phone.reads(".thanks", "Bring $50 and LBP");
    phone.misses("#cart-top .badge");

    // The orders know of each other.
    phone.clicks("#orders li:first-child .button");
    phone.arrives("/orders/ord_");
    phone.reads("#code", &codes[0]);
    phone.clicks(&format!("#order a[href='{group}']"));
    phone.reads("h1", "Thank you");
    phone.was_not_loaded_anew();
    assert_eq!(phone.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn a_price_that_changes_while_she_looks_is_told_with_the_new_total_and_nothing_is_lost() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let (mut bakery, club) = two_shops(&stage);
    let mut buys = stage.connect(&rana);
    puts_in(&mut buys, &bakery.product, 2);
    puts_in(&mut buys, &club.product, 1);
    let browser = Browser::on(&stage, Screen::Desktop);
    browser.is_of(&rana);
    browser.goes("/cart");
    browser.is_marked();
    let line = format!("#line-{}", bakery.product);
    browser.reads(&format!("{line} .cart-total"), "358,000");
    bakery.owner.does("edit_listing", json!({ "listing": bakery.product, "price": lbp(200_000) }));
    browser.reads(&line, "was LBP");
    browser.reads(&format!("{line} .cart-problem"), "The price changed");
    browser.reads(".cart-sum", "400,000");

    // Had she not seen it, she would be told before anything is set aside.
    browser.script(
        "document.querySelectorAll('form[action=\"/cart/checkout\"] [name=total]').forEach((total) => {
           if (total.value.startsWith('LBP')) total.value = 'LBP 358000';
         })",
    );
    browser.clicks("form[action='/cart/checkout'] button");
    browser.reads("#cart-wrong", "The total is now $25 and LBP");
    browser.reads("#cart-wrong", "400,000");
    assert_eq!(browser.value(&format!("{line} [data-quantity]")), "2");
    drop(browser.complaints());

    // She takes it as it is now.
    browser.clicks(&format!("{line} .cart-problem button"));
    browser.misses(&format!("{line} .cart-problem"));
    browser.clicks("form[action='/cart/checkout'] button");
    browser.arrives("/checkout/chk_");
    browser.reads("#pay", "400,000");
    browser.was_not_loaded_anew();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn what_somebody_else_is_paying_for_is_said_and_can_be_had_when_they_leave_it() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let club = shop(&stage, "karim", ("Chess Club", "A chess clock"), &usd(2_500), 1);
    let mut other = stage.connect(&stage.member("maya"));
    puts_in(&mut stage.connect(&rana), &club.product, 1);
    puts_in(&mut other, &club.product, 1);
    let held = other.does("prepare_checkout", json!({ "totals": [usd(2_500)] }))["checkout"].clone();

    let browser = Browser::on(&stage, Screen::Phone);
    browser.is_of(&rana);
    browser.goes("/cart");
    browser.reads(".cart-problem", "somebody else is paying for the rest");
    browser.clicks("form[action='/cart/checkout'] button");
    browser.reads("#cart-wrong", "A chess clock cannot be bought as it stands");
    drop(browser.complaints());
    other.does("cancel_checkout", json!({ "checkout": held }));
    browser.clicks("form[action='/cart/checkout'] button");
    browser.arrives("/checkout/chk_");

    // She leaves it, and finds everything where it was.
    browser.clicks("form[action$='/leave'] button");
    browser.arrives("/cart");
    browser.reads("#cart", "A chess clock");
    browser.misses(".cart-problem");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

/// Rana with a dollar wallet of her own and a checkout of two currencies.
fn checks_out(stage: &Stage, browser: &Browser, rana: &Person) {
    let (bakery, club) = two_shops(stage);
    let mut buys = stage.connect(rana);
    puts_in(&mut buys, &bakery.product, 1);
    puts_in(&mut buys, &club.product, 1);
    browser.is_of(rana);
    browser.goes("/cart");
    browser.is_marked();
    browser.clicks("form[action='/cart/checkout'] button");
    browser.arrives("/checkout/chk_");
}

#[test]
fn a_wallet_filled_at_the_desk_pays_for_both_currencies_at_the_frozen_rate() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let mut serves = stage.connect(&stage.attendant("maya"));
    let browser = Browser::on(&stage, Screen::Desktop);
    checks_out(&stage, &browser, &rana);
    browser.reads("#pay", "That is not enough");
    assert_eq!(browser.count("#pay [value=wallet-USD]:disabled"), 1);

    // She brings thirty dollars to the desk, and the page follows.
    serves.does("top_up", json!({ "username": "rana", "cash": usd(3_000) }));
    browser.sees("#pay [value=wallet-USD]:enabled");
    browser.reads("#pay", "89,500");
    browser.clicks("#pay [value=wallet-USD]");
    browser.clicks("#pay button.main");
    browser.reads("h1", "Thank you");
    browser.misses(".thanks b");
    browser.was_not_loaded_anew();

    browser.goes("/wallet");
    browser.reads(".purse-wallet .big-price", "$3");
    browser.reads("#wallet .list", "Cash paid in at the desk");
    browser.types("#amount", "4\n");
    browser.reads("#wrong-payout", "There are only $3 here");
    assert_eq!(browser.value("#amount"), "4");
    drop(browser.complaints());
    browser.types_anew("#amount", "2.50\n");
    browser.reads("#payouts", "$2.50");
    browser.clicks("#payouts form button");
    browser.reads("#payouts .tag", "Taken back");
    browser.reads(".purse-wallet .big-price", "$3");
    // The bread was priced in pounds: its receipt keeps the rate.
    browser.goes("/orders");
    browser.clicks("#orders li:last-child h3 a");
    browser.reads(".facts", "Paid from the wallet: $2");
    browser.reads(".facts", "A dollar is LBP");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn a_payment_by_card_is_followed_from_the_first_card_to_the_orders() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let phone = Browser::on(&stage, Screen::Phone);
    checks_out(&stage, &phone, &rana);
    let group = phone.path();
    let checkout = group.trim_start_matches("/checkout/");
    let begun = json!({ "checkout": checkout, "currency": "USD" });
    let begun = stage.connect(&rana).does("start_payment", begun)["payment"].clone();
    let payment = PaymentId::parse(begun.as_str().unwrap()).unwrap();
    let says = |saying| {
        let amount = Money::new(2_700, Currency::Usd);
        stage.at_console(Command::NotePayment { payment, amount, saying });
    };
    phone.reads("#payment h2", "Pay $27 by card");
    let way = format!("#payment a.button[href='/payments/{payment}/page']");
    phone.sees(&way);
    phone.photographs("payment-started-phone");
    says(Saying::Declined("The bank says no".to_owned()));
    phone.reads("#payment h2", "The card was declined");
    phone.reads("#payment .wrong", "The bank says no");
    phone.sees(&way);
    phone.photographs("payment-declined-phone");
    says(Saying::Authorized);
    phone.reads("#payment h2", "One moment");
    says(Saying::Captured(Money::new(80, Currency::Usd)));
    phone.reads("h1", "Thank you");
    assert_eq!(codes(&phone).len(), 2);
    phone.misses(".thanks b");
    phone.was_not_loaded_anew();
    assert_eq!(phone.complaints(), Vec::<String>::new());
    stage.is_clean();
}

#[test]
fn without_a_script_everything_can_be_bought_and_sending_a_form_twice_does_no_harm() {
    let stage = Stage::on_sqlite();
    let rana = stage.member("rana");
    let (bakery, _) = two_shops(&stage);
    let (phone, desktop) = Browser::two_without_scripts(&stage);
    for browser in [&phone, &desktop] {
        browser.is_of(&rana);
    }
    puts_into_the_cart(&phone, &bakery.product, "2");
    phone.goes("/cart");
    phone.clicks("form[action='/cart/checkout'] button");
    let group = phone.arrives("/checkout/chk_");
    // The same checkout in two windows: both pay, and one purchase comes of it.
    desktop.goes(&group);
    desktop.sees("#pay");
    phone.clicks("#pay button.main");
    phone.reads("h1", "Thank you");
    desktop.clicks("#pay button.main");
    desktop.reads("h1", "Thank you");
    let orders = stage.connect(&rana).does("my_orders", json!({}));
    assert_eq!(orders["rows"].as_array().unwrap().len(), 1);
    stage.is_clean();
}
