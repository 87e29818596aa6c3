//! Stores: opened by invitation, run by owner and staff, selling what they have in stock and never more.

use std::thread;

use auboutique_domain::id::{InvitationId, ListingId, StoreId};
use auboutique_domain::listing::{
    Browse, Category, Condition, ListingChanges, ListingDraft, ListingState, StockView, VariantChanges,
    VariantDraft,
};
use auboutique_domain::order::State;
use auboutique_domain::store::{
    Away, InvitationCode, InvitationState, NewInvitation, StoreChanges, StoreDraft, StoreName, StoreView,
};
use auboutique_domain::text::Search;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Answer, Caller};

use crate::stage::{PASSWORD, Person, Stage, cents, day, key, order_in, refused, usd};

pub(crate) fn invitation_in(reply: Reply) -> (InvitationId, InvitationCode) {
    match reply {
        Reply::NewInvitation(NewInvitation { invitation, code }) => (invitation.invitation, code.unwrap()),
        other => panic!("{other:?}"),
    }
}

fn store_in(reply: Reply) -> StoreView {
    match reply {
        Reply::Store(store) => store,
        other => panic!("{other:?}"),
    }
}

fn stock_in(reply: Reply) -> StockView {
    match reply {
        Reply::Stock(stock) => stock,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn opening(code: &InvitationCode, name: &str) -> Command {
    let draft = StoreDraft::new(name, "Things of ours", "store@aub.edu.lb").unwrap();
    Command::OpenStore { code: code.clone(), draft }
}

fn changes(change: impl FnOnce(&mut StoreChanges)) -> StoreChanges {
    let mut changes = StoreChanges::default();
    change(&mut changes);
    changes
}

fn variant(label: &str, price: i64, copies: i64) -> VariantDraft {
    VariantDraft::new(label, "", usd(price), copies, 0).unwrap()
}

fn product(store: StoreId, title: &str, variants: Vec<VariantDraft>) -> Command {
    let price = variants.first().map_or(usd(1), VariantDraft::price);
    let draft = ListingDraft::new(title, "", price, Category::Books, Condition::New, None).unwrap();
    Command::AddProduct { store, draft, variants }
}

impl Stage {
    /// An invitation by whoever runs the program.
    fn invitation(&self) -> (InvitationId, InvitationCode) {
        invitation_in(self.at_console(Command::CreateInvitation))
    }

    pub(crate) fn opens(&self, owner: &Person, name: &str) -> StoreId {
        let (_, code) = self.invitation();
        store_in(self.does(owner, opening(&code, name))).store
    }

    /// Puts a product with one variant on the shelves.
    pub(crate) fn stocks(&self, who: &Person, store: StoreId, title: &str, copies: i64) -> ListingId {
        stock_in(self.does(who, product(store, title, vec![variant("", 1_000, copies)]))).listing.listing
    }

    pub(crate) fn buys_of(&self, buyer: &Person, listing: ListingId, quantity: i64) -> Answer {
        let price = self.listing(listing).unwrap().price;
        self.run(buyer.caller(), Command::BuyListing { listing, price, quantity })
    }

    fn restocks(&self, who: &Person, listing: ListingId, copies: i64) -> StockView {
        stock_in(self.does(who, Command::Restock { listing, copies }))
    }

    fn adjusts(&self, listing: ListingId, copies: i64) -> Command {
        assert!(self.now().micros() > 0);
        Command::AdjustStock { listing, copies, reason: "counted again".to_owned() }
    }

    fn finds(&self, words: &str) -> Vec<ListingId> {
        let browse = Browse::words(Search::parse(words).unwrap());
        let page = self.ask(Caller::VISITOR, move |view| view.browse(&browse, None, None)).unwrap();
        page.rows.into_iter().map(|row| row.listing).collect()
    }

    fn on_hand(&self, listing: ListingId) -> String {
        self.sql(&format!("SELECT on_hand, committed FROM listings WHERE id = '{listing}'"))
    }
}

on_both! {
    fn a_member_opens_a_store_with_an_invitation_and_passes_one_on(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        assert_eq!(stage.refusal(&karim, Command::CreateInvitation), Refusal::not_found("store"));
        assert_eq!(stage.refusal_to_visitor(Command::CreateInvitation), Refusal::SignInNeeded);
        let (_, code) = stage.invitation();
        let store = store_in(stage.does(&karim, opening(&code, "Engineering Club")));
        assert_eq!((store.handle.as_str(), store.owner.id), ("engineering-club", karim.id));
        for name in ["engineering-club".to_owned(), store.store.to_string()] {
            assert_eq!(stage.ask(Caller::VISITOR, move |view| view.store(&name)).unwrap(), store);
        }
        let (id, code) = invitation_in(stage.does(&karim, Command::CreateInvitation));
        let theirs = store_in(stage.does(&rana, opening(&code, "Rana's lamps")));
        let mine = stage.sees(&karim, |view| view.invitations(None, None)).rows;
        assert_eq!((mine.len(), mine[0].invitation, mine[0].state), (1, id, InvitationState::Used));
        assert_eq!(mine[0].store.as_ref().map(|card| card.store), Some(theirs.store));
        let all = stage.ask(Caller::VISITOR, |view| view.stores(None, Some(1))).unwrap();
        assert_eq!(all.rows[0].handle, "engineering-club");
        let rest = stage.ask(Caller::VISITOR, move |view| view.stores(all.next.as_deref(), Some(1))).unwrap();
        assert_eq!((rest.rows[0].handle.as_str(), rest.next), ("rana-s-lamps", None));
        stage.is_clean();
    }

    fn used_expired_revoked_and_guessed_codes_are_answered_alike(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let (_, used) = stage.invitation();
        stage.does(&karim, opening(&used, "Engineering Club"));
        let (_, expired) = stage.invitation();
        stage.pass(Span::days(30));
        let rana = stage.again(&rana);
        let (id, revoked) = stage.invitation();
        stage.at_console(Command::RevokeInvitation { invitation: id });
        assert_eq!(refused(stage.run(Caller::CONSOLE, Command::RevokeInvitation { invitation: id })), Refusal::InvitationOver);
        let guessed = InvitationCode::typed("0000-0000-0000-0000");
        let nonsense = InvitationCode::typed("open sesame, please, whatever it takes");
        for code in [used, expired, revoked, guessed, nonsense] {
            assert_eq!(stage.refusal(&rana, opening(&code, "Lamps")), Refusal::InvitationInvalid);
        }
        assert_eq!((stage.count("stores"), stage.events("store_opened")), (1, 1));
        stage.is_clean();
    }

    fn whoever_guesses_codes_is_slowed_down_and_nobody_else_is(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        for guess in 0..10_u8 {
            let code = InvitationCode::new([guess; 10]);
            assert_eq!(stage.refusal(&karim, opening(&code, "Lamps")), Refusal::InvitationInvalid);
        }
        let (_, code) = stage.invitation();
        let slowed = stage.refusal(&karim, opening(&code, "Lamps"));
        assert!(matches!(slowed, Refusal::TooManyTries { .. }), "even the right one: {slowed:?}");
        let again = stage.again(&karim);
        assert!(matches!(stage.refusal(&again, opening(&code, "Lamps")), Refusal::TooManyTries { .. }));
        stage.does(&rana, opening(&code, "Lamps"));
        stage.pass(Span::minutes(15));
        let (_, code) = stage.invitation();
        stage.does(&karim, opening(&code, "More lamps"));
    }

    fn of_sixteen_who_use_one_invitation_at_once_one_opens_a_store(stage) {
        let members: Vec<_> = (0..16).map(|number| stage.member(&format!("member_{number}"))).collect();
        let (_, code) = stage.invitation();
        let code = &code;
        let answers: Vec<_> = thread::scope(|scope| {
            let asked: Vec<_> = members.iter().enumerate().map(|(number, member)| {
                let stage = &*stage;
                scope.spawn(move || stage.run(member.caller(), opening(code, &format!("Store {number}"))))
            }).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let (opened, missed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((opened.len(), missed.len()), (1, 15));
        assert!(missed.into_iter().all(|answer| refused(answer) == Refusal::InvitationInvalid));
        assert_eq!(stage.count("stores"), 1);
        stage.is_clean();
    }

    fn a_code_is_shown_once_and_kept_nowhere(stage) {
        let karim = stage.member("karim");
        stage.opens(&karim, "Engineering Club");
        let asked = || stage.run(karim.caller().under(key("once")), Command::CreateInvitation).unwrap();
        let (first, again) = (asked(), asked());
        let (id, code) = invitation_in(first);
        let Reply::NewInvitation(again) = again else { panic!("{again:?}") };
        assert_eq!((again.invitation.invitation, again.code), (id, None));
        let kept: String = ["invitations", "answers", "events"].iter().map(|table| {
            let column = match *table { "invitations" => "code_hash", "answers" => "answer", _ => "body" };
            stage.sql(&format!("SELECT {column} FROM {table}"))
        }).collect();
        for shown in [code.reveal(), code.reveal().replace('-', "")] {
            assert!(!kept.contains(&shown), "{shown} is kept");
        }
        // A code that was mistyped may be sent again under the same key.
        let rana = stage.member("rana");
        let open = |code: &InvitationCode| stage.run(rana.caller().under(key("open")), opening(code, "Lamps"));
        assert_eq!(refused(open(&InvitationCode::typed("nonsense"))), Refusal::InvitationInvalid);
        let store = store_in(open(&code).unwrap());
        assert_eq!(store_in(open(&code).unwrap()), store);
        stage.is_clean();
    }

    fn a_member_owns_one_store_whose_name_is_nobody_elses(stage) {
        let (karim, rana, maya) = (stage.member("karim"), stage.member("rana"), stage.member("maya"));
        let (_, code) = stage.invitation();
        stage.does(&karim, opening(&code, "Engineering Club"));
        let (_, code) = stage.invitation();
        assert_eq!(stage.refusal(&karim, opening(&code, "Another")), Refusal::StoreOwned);
        for taken in ["engineering club!", "ÉNGINEERING-club", "Maya"] {
            assert_eq!(stage.refusal(&rana, opening(&code, taken)), Refusal::StoreNameTaken, "{taken}");
        }
        // None of these used it up.
        stage.does(&rana, opening(&code, "Rana"));
        let taken = auboutique_domain::member::Username::parse("engineering_club").unwrap();
        assert_eq!(stage.refusal(&maya, Command::ChangeUsername { username: taken.clone() }), Refusal::UsernameTaken);
        stage.does(&karim, Command::ChangeUsername { username: taken });
        let named = |name: &str| Command::EditStore {
            changes: changes(|changes| changes.name = Some(StoreName::parse(name).unwrap())),
        };
        assert_eq!(stage.refusal(&karim, named("Rana")), Refusal::StoreNameTaken);
        assert_eq!(store_in(stage.does(&karim, named("Civil Club"))).handle, "civil-club");
        assert_eq!(stage.refusal(&maya, named("Maya's")), Refusal::not_found("store"));
        stage.is_clean();
    }

    fn a_store_says_more_of_itself_and_shows_a_picture_of_its_own(stage) {
        let karim = stage.member("karim");
        let store = stage.opens(&karim, "Engineering Club");
        let picture = stage.brings_picture(&karim, 7);
        let edit = |changes: StoreChanges| Command::EditStore { changes };
        let shown = changes(|changes| changes.picture = Some(Some(picture.picture)));
        let shown = shown.describe(Some("Kits and boards")).unwrap();
        let edited = store_in(stage.does(&karim, edit(shown.clone())));
        assert_eq!((edited.description.as_str(), edited.picture), ("Kits and boards", Some(picture)));
        stage.does(&karim, edit(shown));
        let seen = stage.market().picture(Caller::VISITOR, picture.picture, auboutique_domain::picture::Size::Large, 0, 10);
        assert!(stage.wait(seen).is_ok(), "everybody sees what a store looks like");
        let draft = ListingDraft::new("A board", "", usd(5), Category::Books, Condition::New, None).unwrap();
        let draft = draft.with_pictures(vec![picture.picture]).unwrap();
        assert_eq!(stage.refusal(&karim, Command::AddListing { draft }), Refusal::not_found("picture"));
        stage.pass(Span::days(3));
        let karim = stage.again(&karim);
        stage.is_clean();
        stage.does(&karim, edit(changes(|changes| changes.picture = Some(None))));
        assert_eq!(stage.ask(Caller::VISITOR, move |view| view.store(&store.to_string())).unwrap().picture, None);
        stage.is_clean();
    }

    fn the_name_of_a_store_leads_to_the_account_of_its_owner(stage) {
        let (karim, _) = stage.member_logged_in("karim");
        stage.opens(&karim, "Engineering Club");
        for login in ["Engineering Club", "engineering-club", " ENGINEERING  CLUB "] {
            assert_eq!(stage.log_in(login, PASSWORD).unwrap().account.id, karim.id, "{login}");
        }
        assert_eq!(refused(stage.log_in("engineering club", "something else").map(drop)), Refusal::WrongCredentials);
        assert_eq!(refused(stage.log_in("no such club", PASSWORD).map(drop)), Refusal::WrongCredentials);
        // Tries against the store and against its owner are counted together.
        for _ in 0..9 {
            drop(stage.log_in("engineering club", "something else"));
        }
        let slowed = refused(stage.log_in("karim", PASSWORD).map(drop));
        assert!(matches!(slowed, Refusal::TooManyTries { .. }), "{slowed:?}");
    }

    fn sixty_four_who_buy_one_of_three_copies_make_three_orders(stage) {
        let karim = stage.member("karim");
        let listing = stage.stocks(&karim, stage.opens(&karim, "Club"), "Calculus", 3);
        let buyers: Vec<_> = (0..64).map(|number| stage.member(&format!("buyer_{number}"))).collect();
        let buying = stage.buying(listing);
        let answers: Vec<_> = thread::scope(|scope| {
            let buy = |caller: Caller| stage.run(caller, buying.clone());
            let asked: Vec<_> = buyers.iter().map(|buyer| scope.spawn(move || buy(buyer.caller()))).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let (bought, missed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((bought.len(), missed.len()), (3, 61));
        assert!(missed.into_iter().all(|answer| refused(answer) == Refusal::ListingSold));
        assert_eq!((stage.on_hand(listing), stage.state_of(listing)), ("3|3".to_owned(), ListingState::Sold));
        stage.is_clean();
    }

    fn nobody_buys_no_copy_or_more_than_there_are(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let listing = stage.stocks(&karim, stage.opens(&karim, "Club"), "Calculus", 5);
        let single = stage.lists(&karim, "Physics", usd(100));
        for quantity in [0, -1, 1_000_001, i64::MAX, i64::MIN] {
            assert_eq!(refused(stage.buys_of(&rana, listing, quantity)), Refusal::QuantityOutOfRange { most: 1_000_000 });
        }
        assert_eq!(refused(stage.buys_of(&rana, listing, 6)), Refusal::StockShort { available: 5 });
        assert_eq!(refused(stage.buys_of(&rana, single, 2)), Refusal::StockShort { available: 1 });
        assert_eq!(refused(stage.buys_of(&karim, listing, 1)), Refusal::OwnListing);
        let order = order_in(stage.buys_of(&rana, listing, 3).unwrap());
        assert_eq!((order.total, order.lines[0].quantity), (cents(3_000), 3));
        assert_eq!(order.store.as_ref().map(|store| store.handle.as_str()), Some("club"));
        assert_eq!(stage.listing(listing).unwrap().available, 2);
        let dear = product(stage.sees(&karim, |view| view.my_stores())[0].store, "Gold", vec![variant("", 1_000_000_000_000, 9)]);
        let dear = stock_in(stage.does(&karim, dear)).listing.listing;
        assert_eq!(refused(stage.buys_of(&rana, dear, 2)), Refusal::TotalOutOfRange);
        assert_eq!(stage.count("orders"), 1);
        stage.is_clean();
    }

    fn copies_that_are_collected_are_gone_and_a_store_is_credited_apart_from_its_owner(stage) {
        let (karim, rana, nadim) = (stage.member("karim"), stage.member("rana"), stage.attendant("nadim"));
        let store = stage.opens(&karim, "Club");
        let listing = stage.stocks(&karim, store, "Calculus", 5);
        let order = order_in(stage.buys_of(&rana, listing, 3).unwrap()).order;
        stage.drops_off(&nadim, &karim, order);
        stage.collects(&nadim, &rana, order);
        assert_eq!(stage.on_hand(listing), "2|0");
        stage.does(&rana, Command::ConfirmOrder { order });
        assert_eq!((stage.balance(&format!("store:{store}")), stage.balance(&format!("seller:{}", karim.id))), (-3_000, 0));
        // The rest is sold out, called off, and there again; the seller's strike takes nothing off the shelves.
        let order = order_in(stage.buys_of(&rana, listing, 2).unwrap()).order;
        assert_eq!(stage.state_of(listing), ListingState::Sold);
        stage.cancels(&karim, order);
        assert_eq!((stage.count("strikes"), stage.state_of(listing)), (1, ListingState::OnSale));
        assert_eq!(stage.on_hand(listing), "2|0");
        stage.is_clean();
    }

    fn staff_restock_and_put_counts_right_and_strangers_do_not(stage) {
        let (karim, hala, rana) = (stage.member("karim"), stage.member("hala"), stage.member("rana"));
        let store = stage.opens(&karim, "Club");
        let listing = stage.stocks(&karim, store, "Calculus", 2);
        let appoint = Command::AppointStaff { username: hala.username.clone() };
        assert_eq!(stage.refusal(&hala, appoint.clone()), Refusal::not_found("store"));
        stage.does(&karim, appoint.clone());
        stage.does(&karim, appoint);
        assert_eq!((stage.events("staff_appointed"), stage.sees(&hala, |view| view.my_stores()).len()), (1, 1));

        assert_eq!(stage.restocks(&hala, listing, 3).on_hand, 5);
        let order = order_in(stage.buys_of(&rana, listing, 4).unwrap()).order;
        let short = Refusal::StockShort { available: 1 };
        assert_eq!(stage.refusal(&hala, stage.adjusts(listing, -2)), short);
        assert_eq!(stock_in(stage.does(&hala, stage.adjusts(listing, -1))).listing.state, ListingState::Sold);
        for copies in [0, 1_000_000, i64::MAX, i64::MIN] {
            let refusal = stage.refusal(&hala, stage.adjusts(listing, copies));
            let expected = if copies == i64::MIN { Refusal::StockShort { available: 0 } } else { Refusal::QuantityOutOfRange { most: 1_000_000 } };
            assert!(refusal == expected || refusal == Refusal::QuantityOutOfRange { most: 1_000_000 }, "{copies}: {refusal:?}");
        }
        for copies in [0, -1, 1_000_001] {
            let refusal = stage.refusal(&hala, Command::Restock { listing, copies });
            assert_eq!(refusal, Refusal::QuantityOutOfRange { most: 1_000_000 }, "{copies}");
        }
        assert_eq!(stage.restocks(&hala, listing, 7).listing.state, ListingState::OnSale);
        assert_eq!(
            stage.sql(&format!("SELECT kind, quantity, reason FROM movements WHERE listing_id = '{listing}' ORDER BY kind, quantity")),
            "adjust|-1|counted again\ncommit|4|\nreceive|2|\nreceive|3|\nreceive|7|"
        );
        assert_eq!(stage.sql("SELECT DISTINCT member_id FROM movements WHERE member_id IS NOT NULL"), hala.id.to_string());

        // They see the store's orders with its code, and nobody else does.
        assert!(!stage.code(&hala, order).is_pickup());
        let seen = stage.sees(&hala, move |view| view.to_hand_over(Some(store), None, None)).rows;
        assert_eq!((seen.len(), seen[0].order), (1, order));
        assert_eq!(stage.sees(&hala, move |view| view.store_orders(store, None, None)).rows.len(), 1);
        assert_eq!(stage.sees(&hala, |view| view.to_hand_over(None, None, None)).rows.len(), 0);
        for command in [
            Command::Restock { listing, copies: 1 }, stage.adjusts(listing, 1), Command::WithdrawListing { listing },
            Command::EditVariant { listing, changes: VariantChanges::default() },
            Command::AddVariant { product: listing, draft: variant("M", 5, 5) },
            Command::EditListing { listing, changes: ListingChanges::default() },
        ] {
            assert_eq!(stage.refusal(&rana, command.clone()), Refusal::NotYours);
            assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
        }
        for missing in [store, StoreId::new(stage.now(), [9; 10])] {
            assert_eq!(refused(stage.ask(rana.caller(), move |view| view.stock(missing, None, None))), Refusal::not_found("store"));
            assert_eq!(stage.refusal(&rana, product(missing, "Mine", vec![variant("", 5, 5)])), Refusal::not_found("store"));
        }
        let single = stage.lists(&karim, "Physics", usd(100));
        assert_eq!(stage.refusal(&karim, Command::Restock { listing: single, copies: 1 }), Refusal::NotStock);

        let dismiss = Command::DismissStaff { store, username: hala.username.clone() };
        assert_eq!(stage.refusal(&rana, dismiss.clone()), Refusal::not_found("store"));
        stage.does(&hala, dismiss.clone());
        assert_eq!(stage.refusal(&karim, dismiss), Refusal::not_found("member of staff"));
        assert_eq!(stage.refusal(&hala, Command::Restock { listing, copies: 1 }), Refusal::NotYours);
        assert_eq!(refused(stage.ask(hala.caller(), move |view| view.order(order))), Refusal::not_found("order"));
        stage.is_clean();
    }

    fn of_a_product_the_first_variant_that_is_on_sale_stands_on_the_shelf(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let store = stage.opens(&karim, "Club");
        let shirts = vec![variant("S", 900, 1), variant("M", 1_000, 0), variant("L", 1_100, 4)];
        let small = stock_in(stage.does(&karim, product(store, "Club shirt", shirts))).listing.listing;
        let variants = stage.ask(Caller::VISITOR, move |view| view.variants(small, None, None)).unwrap().rows;
        let labels: Vec<&str> = variants.iter().map(|variant| variant.variant.as_str()).collect();
        assert_eq!(labels, ["S", "M", "L"]);
        let (medium, large) = (variants[1].listing, variants[2].listing);
        assert!(variants.iter().all(|variant| variant.product == Some(small)));
        let shelf = |stage: &Stage| {
            let page = stage.ask(Caller::VISITOR, |view| view.store_listings("club", None, None)).unwrap();
            let shown: Vec<ListingId> = page.rows.into_iter().map(|row| row.listing).collect();
            assert_eq!(shown.len(), 1);
            shown[0]
        };
        assert_eq!((shelf(stage), stage.finds("shirt")), (small, vec![small]));
        let order = order_in(stage.buys_of(&rana, small, 1).unwrap()).order;
        assert_eq!((shelf(stage), stage.finds("shirt")), (large, vec![large]));
        stage.restocks(&karim, medium, 2);
        assert_eq!(shelf(stage), medium);
        stage.cancels(&rana, order);
        assert_eq!(shelf(stage), small);
        stage.does(&karim, Command::WithdrawListing { listing: small });
        assert_eq!(shelf(stage), medium);
        let seen = stage.ask(Caller::VISITOR, move |view| view.variants(small, None, None)).unwrap().rows;
        assert_eq!(seen.len(), 2);
        assert_eq!(stage.sees(&karim, move |view| view.variants(small, None, None)).rows.len(), 3);
        stage.does(&karim, Command::PublishListing { listing: small });
        assert_eq!(shelf(stage), small);
        // Sold out altogether it stays in the store, and is found no more.
        for (listing, copies) in [(small, 1), (medium, 2), (large, 4)] {
            stage.buys_of(&rana, listing, copies).unwrap();
        }
        assert_eq!((shelf(stage), stage.finds("shirt").len()), (small, 0));
        stage.is_clean();
        // What is said of the product is said of all of it; the price is that of one.
        let mut changes = ListingChanges::default().texts(Some("Faculty shirt"), None).unwrap();
        changes.price = Some(usd(1_200));
        stage.does(&karim, Command::EditListing { listing: large, changes });
        let seen = stage.ask(Caller::VISITOR, move |view| view.variants(small, None, None)).unwrap().rows;
        let said: Vec<(&str, i64)> = seen.iter().map(|row| (row.title.as_str(), row.price.minor)).collect();
        assert_eq!(said, [("Faculty shirt", 900), ("Faculty shirt", 1_000), ("Faculty shirt", 1_200)]);
        let taken = Command::EditVariant { listing: large, changes: VariantChanges::new(Some("M"), None, None).unwrap() };
        assert_eq!(stage.refusal(&karim, taken), Refusal::VariantTaken);
        assert_eq!(stage.refusal(&karim, Command::AddVariant { product: small, draft: variant("M", 5, 5) }), Refusal::VariantTaken);
        stage.is_clean();
    }

    fn a_store_has_an_sku_once_and_is_warned_when_little_is_left(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let store = stage.opens(&karim, "Club");
        let kit = |sku: &str| vec![VariantDraft::new("", sku, usd(500), 4, 3).unwrap()];
        let listing = stock_in(stage.does(&karim, product(store, "Kit", kit("K-1")))).listing.listing;
        assert_eq!(stage.refusal(&karim, product(store, "Other kit", kit("K-1"))), Refusal::SkuTaken);
        let other = stock_in(stage.does(&karim, product(store, "Other kit", kit("")))).listing.listing;
        let named = Command::EditVariant { listing: other, changes: VariantChanges::new(None, Some("K-1"), None).unwrap() };
        assert_eq!(stage.refusal(&karim, named), Refusal::SkuTaken);
        let low = |stage: &Stage| {
            let rows = stage.sees(&karim, move |view| view.stock(store, None, None)).rows;
            rows.iter().find(|row| row.listing.listing == listing).unwrap().is_low
        };
        assert!(!low(stage));
        stage.buys_of(&rana, listing, 2).unwrap();
        assert!(low(stage));
        // What a store keeps for itself is not told.
        let seen = serde_json::to_string(&stage.listing(listing).unwrap()).unwrap();
        assert!(!seen.contains("K-1") && !seen.contains("on_hand"));
        stage.is_clean();
    }

    fn nothing_is_bought_from_a_store_on_its_closed_days(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let listing = stage.stocks(&karim, stage.opens(&karim, "Club"), "Calculus", 5);
        let away = |from: &str, until: &str| Command::EditStore { changes: changes(|changes| changes.away = Some(Some(Away { from: day(from), until: day(until) }))) };
        assert_eq!(stage.refusal(&karim, away("2026-11-20", "2026-11-22")), Refusal::DayInvalid);
        stage.does(&karim, away("2026-11-23", "2026-11-24"));
        assert_eq!(refused(stage.buys_of(&rana, listing, 1)), Refusal::StoreAway { until: "2026-11-24".to_owned() });
        stage.pass_until("2026-11-24T22:00:00Z");
        let order = order_in(stage.buys_of(&stage.again(&rana), listing, 1).unwrap());
        assert_eq!(order.state, State::Placed);
        stage.is_clean();
    }

    fn movements_and_the_books_find_every_number_that_was_tampered_with(stage) {
        let (karim, rana) = (stage.member("karim"), stage.member("rana"));
        let listing = stage.stocks(&karim, stage.opens(&karim, "Club"), "Calculus", 5);
        stage.buys_of(&rana, listing, 2).unwrap();
        stage.does(&karim, stage.adjusts(listing, -1));
        stage.is_clean();
        for refused in ["UPDATE movements SET quantity = 9", "DELETE FROM movements"] {
            assert!(stage.refused_by_database(refused).contains("append-only"), "{refused}");
        }
        for (tamper, undo) in [
            ("on_hand = on_hand + 1", "on_hand = on_hand - 1"),
            ("committed = committed - 1", "committed = committed + 1"),
            ("unshelved_at = 1", "unshelved_at = NULL"),
        ] {
            stage.sql(&format!("UPDATE listings SET {tamper} WHERE id = '{listing}'"));
            assert!(stage.findings().iter().any(|finding| finding.row == listing.to_string()), "{tamper}");
            stage.sql(&format!("UPDATE listings SET {undo} WHERE id = '{listing}'"));
            stage.is_clean();
        }
    }
}
