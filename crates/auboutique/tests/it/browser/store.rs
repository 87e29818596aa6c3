//! A store as people open it, fill it and buy from it, on a phone.

use super::{Browser, Screen};
use crate::stage::Stage;

#[test]
fn a_store_is_opened_by_invitation_filled_from_a_form_and_bought_from() {
    let stage = Stage::on_sqlite();
    let (karim, rima) = (stage.member("karim"), stage.member("rima"));
    let code = stage.console().does("create_invitation", serde_json::json!({}));
    let code = code["code"].as_str().map(str::to_owned).unwrap_or_default();
    let (phone, desktop) = Browser::two_on(&stage, (Screen::Phone, Screen::Desktop));
    desktop.is_of(&karim);

    // A wrong code opens nothing and costs nothing of what was typed.
    desktop.goes("/store");
    desktop.types("#code", "0000-0000-0000-0000");
    desktop.types("#name", "Engineering Club");
    desktop.types("#email", "club@aub.edu");
    desktop.clicks("main form button");
    desktop.reads("#wrong-code", "opens no store");
    assert_eq!(desktop.value("#name"), "Engineering Club");
    // The console says so too, once.
    drop(desktop.complaints());
    desktop.types_anew("#code", &code.to_lowercase());
    desktop.clicks("main form button");
    desktop.arrives("/stores/engineering-club");

    // A product in two sizes.
    desktop.goes("/store/add");
    desktop.types("#title", "A hoodie of the club");
    desktop.clicks("input[name=category][value=books]");
    for (place, label, price, copies) in [(1, "Medium", "25", "2"), (2, "Large", "", "1")] {
        desktop.types(&format!("#label-{place}"), label);
        desktop.types(&format!("#price-{place}"), price);
        desktop.types(&format!("#copies-{place}"), copies);
    }
    desktop.clicks("#product button.main");
    desktop.arrives("/store/stock");
    desktop.reads("#stock", "Medium");

    // A member finds it, chooses, and buys both of one size; more than there are is refused.
    phone.is_of(&rima);
    phone.goes("/stores");
    phone.clicks("#stores a");
    phone.arrives("/stores/engineering-club");
    phone.clicks("#cards .card a");
    phone.reads("#offer", "2 left");
    phone.is_marked();
    phone.clicks("[popovertarget=buy]");
    phone.types_anew("#quantity", "2");
    phone.clicks("#buy button.main");
    phone.arrives("/orders/ord_");
    phone.reads("#order", "2 × A hoodie of the club (Medium)");
    phone.was_not_loaded_anew();

    // The size is gone, the product is not: the other size stands for it now.
    phone.goes("/stores/engineering-club");
    phone.clicks("#cards .card a");
    phone.reads("#offer", "1 left");
    assert_eq!(phone.count("#offer .chip"), 2);

    // The store sees what it has to hand over, and takes more in.
    desktop.goes("/store/orders");
    desktop.reads("#queue", "2 × A hoodie of the club (Medium)");
    desktop.goes("/store/stock");
    desktop.types("#stock li:last-child form[action='/store/stock/restock'] [name=copies]", "5\n");
    desktop.reads("#stock li:last-child", "5 left");
    assert_eq!(desktop.complaints(), Vec::<String>::new());
    stage.is_clean();
}
