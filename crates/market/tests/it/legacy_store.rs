//! Stores on their older wire: opened by invitation of another there, and what is bought of them line by line.

use std::net::IpAddr;

use auboutique_domain::id::ListingId;
use auboutique_domain::legacy::{Identity, LegacyWire};
use auboutique_domain::listing::{Category, Condition, ListingDraft, VariantDraft};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal};
use auboutique_market::{Caller, No, Opening, Password, Source};

use crate::stage::{PASSWORD, Person, Stage, refused, usd};

const WIRE: LegacyWire = LegacyWire::Merchant003;

fn source() -> Source {
    Source::address(IpAddr::from([192, 0, 2, 1]))
}

/// The house has its store, with a password, and is signed in.
fn house(stage: &Stage) -> Caller {
    let password = Password::typed(PASSWORD);
    for _ in 0..2 {
        stage.wait(stage.market().open_house_store()).unwrap();
    }
    let set = stage.market().set_legacy_password(Caller::CONSOLE, WIRE, "Cybermarket", &password);
    stage.wait(set).unwrap();
    signs_in(stage, "Cybermarket")
}

fn signs_in(stage: &Stage, name: &str) -> Caller {
    let password = Password::typed(PASSWORD);
    let signed_in = stage.wait(stage.market().log_in_over(WIRE, name, Some(&password), &source()));
    Caller::member(signed_in.unwrap().0)
}

fn invites(stage: &Stage, by: &Caller) -> String {
    stage.wait(stage.market().invite_over(by.clone())).unwrap()
}

fn opens(stage: &Stage, name: &str, by: &str, code: &str) -> Result<Identity, No> {
    let password = Password::typed(PASSWORD);
    let (description, email) = ("Old books", "no address");
    let opening = Opening { name, description, email, password: &password, by, code };
    stage.wait(stage.market().open_store_over(&opening, &source()))
}

fn offers(stage: &Stage, owner: &Caller, title: &str, copies: i64) -> ListingId {
    let store = stage.market().ask_now(owner.clone(), |view| view.own_store_over()).unwrap().0.id;
    let (price, category) = (usd(5), Category::Other);
    let draft = ListingDraft::new(title, "", price, category, Condition::New, None).unwrap();
    let variants = vec![VariantDraft::new("", "", price, copies, 0).unwrap()];
    let command = Command::AddProduct { store, draft, variants };
    match stage.run(owner.clone(), command).unwrap() {
        auboutique_domain::Reply::Stock(stock) => stock.listing.listing,
        other => panic!("{other:?}"),
    }
}

fn gathers(stage: &Stage, buyer: &Person, listing: ListingId, copies: i64) {
    stage.does(buyer, Command::GatherInCart { listing, copies });
}

fn cart(stage: &Stage, buyer: &Person) -> Vec<(ListingId, i64)> {
    let cart = stage.market().ask_now(buyer.caller(), |view| view.cart()).unwrap();
    cart.lines.iter().map(|line| (line.listing.listing, line.quantity)).collect()
}

on_both! {
    fn the_store_of_the_house_is_there_once_and_invites_others(stage) {
        let house = house(stage);
        let wrong = Password::typed("123456");
        let guessed = stage.wait(stage.market().log_in_over(WIRE, "Cybermarket", Some(&wrong), &source()));
        assert_eq!(refused(guessed), Refusal::WrongCredentials);
        let code = invites(stage, &house);
        for (by, wrong) in [("Cybermarket", "aB3dE6gH9jK2"), ("Nowhere", &code), ("Cybermarket", &code.to_lowercase())] {
            if wrong != code || by != "Cybermarket" {
                assert_eq!(refused(opens(stage, "Corner", by, wrong)), Refusal::InvitationInvalid);
            }
        }
        let corner = opens(stage, "Corner", "Cybermarket", &code).unwrap();
        assert_eq!(corner.email.as_deref(), Some("no address"));
        assert_eq!(refused(opens(stage, "Other", "Cybermarket", &code)), Refusal::InvitationInvalid);
        // A store invites others too, under the name it has now.
        let owner = signs_in(stage, "Corner");
        let code = invites(stage, &owner);
        stage.wait(stage.market().rename_store_over(owner.clone(), "The Corner")).unwrap();
        opens(stage, "Third", "The Corner", &code).unwrap();
        let stores = stage.market().ask_now(Caller::VISITOR, |view| view.newest_stores(100)).unwrap();
        let names: Vec<&str> = stores.iter().map(|store| store.name.as_str()).collect();
        assert_eq!(names, ["Cybermarket", "The Corner", "Third"]);
        assert_eq!(stores[1].email.as_str(), "no address");
        // Nobody who has no store invites.
        let visitor = stage.member("rana");
        assert_eq!(refused(stage.wait(stage.market().invite_over(visitor.caller()))), Refusal::not_found("store"));
        stage.is_clean();
    }

    fn an_invitation_is_used_up_when_the_name_is_taken_and_over_after_a_month(stage) {
        let house = house(stage);
        stage.member("rana");
        for (name, no) in [
            ("cybermarket", Refusal::StoreNameTaken),
            ("Rana", Refusal::StoreNameTaken),
            ("AUBoutique", Refusal::StoreNameTaken),
        ] {
            let code = invites(stage, &house);
            let taken = refused(opens(stage, name, "Cybermarket", &code));
            assert!(taken == no || taken == Refusal::UsernameTaken, "{name}: {taken}");
            assert_eq!(refused(opens(stage, "Corner", "Cybermarket", &code)), Refusal::InvitationInvalid);
        }
        // What is no name at all leaves it as it was.
        let code = invites(stage, &house);
        assert_eq!(refused(opens(stage, "!?", "Cybermarket", &code)), Refusal::StoreNameInvalid);
        stage.pass(Span::days(31));
        assert_eq!(refused(opens(stage, "Corner", "Cybermarket", &code)), Refusal::InvitationInvalid);
        stage.is_clean();
    }

    fn what_is_gathered_in_a_cart_is_bought_line_by_line_as_far_as_it_can_be_had(stage) {
        let house = house(stage);
        let (book, lamp) = (offers(stage, &house, "A book", 12), offers(stage, &house, "A lamp", 0));
        let rana = stage.member("rana");
        gathers(stage, &rana, book, 5);
        gathers(stage, &rana, lamp, 1);
        gathers(stage, &rana, book, 6);
        assert_eq!(cart(stage, &rana), [(book, 11), (lamp, 1)]);
        stage.does(&rana, Command::BuyLine { listing: book });
        assert!(matches!(stage.refusal(&rana, Command::BuyLine { listing: lamp }), Refusal::ListingSold));
        assert_eq!(stage.refusal(&rana, Command::BuyLine { listing: book }), Refusal::not_found("line"));
        assert_eq!(cart(stage, &rana), [(lamp, 1)]);
        let sold = stage.market().ask_now(house.clone(), |view| view.sold_for()).unwrap();
        assert_eq!(sold, [usd(55).money()]);
        let shown = |view: &mut auboutique_market::View<'_>| view.newest_products("cybermarket", 100);
        let rows = stage.market().ask_now(Caller::VISITOR, shown).unwrap().1;
        assert_eq!(rows.iter().map(|row| row.available).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(refused(stage.run(house, Command::GatherInCart { listing: book, copies: 1 })), Refusal::OwnListing);
        stage.is_clean();
    }

    fn only_an_operator_gives_a_name_another_password(stage) {
        house(stage);
        let password = Password::typed(PASSWORD);
        let set = |caller: Caller, name: &str| {
            stage.wait(stage.market().set_legacy_password(caller, WIRE, name, &password)).map(drop)
        };
        let rana = stage.member("rana");
        assert!(matches!(refused(set(rana.caller(), "Cybermarket")), Refusal::RoleNeeded { .. }));
        assert_eq!(refused(set(Caller::VISITOR, "Cybermarket")), Refusal::SignInNeeded);
        assert_eq!(refused(set(Caller::CONSOLE, "Nowhere")), Refusal::not_found("name"));
        let signed_in = signs_in(stage, "Cybermarket");
        set(Caller::CONSOLE, "Cybermarket").unwrap();
        assert!(stage.market().ask_now(signed_in, |view| view.account()).is_err());
    }
}
