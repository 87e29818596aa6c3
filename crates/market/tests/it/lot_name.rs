//! Lots under names of one word: unique for ever, and found by them and by their titles.

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::AuctionId;
use auboutique_domain::legacy::{IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, Source};

use crate::stage::{Person, Stage, cents, usd};

const WIRE: LegacyWire = LegacyWire::Auction004;

fn described(title: &str) -> (ListingDraft, AuctionDraft) {
    let lot = ListingDraft::new(title, "", usd(1_000), Category::Other, Condition::Good, None).unwrap();
    let ends = Ends::After(Span::minutes(5));
    (lot, AuctionDraft::new(cents(1_000), None, None, None, ends).unwrap())
}

fn named(name: &str, title: &str) -> Command {
    let (lot, draft) = described(title);
    Command::PutUpNamed { name: name.to_owned(), lot, draft }
}

fn opened(reply: Reply) -> AuctionId {
    match reply {
        Reply::Auction(auction) => auction.auction,
        other => panic!("{other:?}"),
    }
}

fn found(stage: &Stage, name: &'static str) -> Option<AuctionId> {
    stage.market().ask_now(Caller::VISITOR, move |view| view.auction_named(name)).unwrap()
}

fn registered(stage: &Stage, name: &str) -> Person {
    let source = Source::address(std::net::IpAddr::from([192, 0, 2, 1]));
    let draft = IdentityDraft {
        name: LegacyName::parse(name).unwrap(),
        shown: name.to_owned(),
        email: None,
        contact: Some("here".to_owned()),
        source: String::new(),
    };
    let identity = stage.wait(stage.market().join_over(WIRE, draft, None, &source)).unwrap();
    let (session, _) = stage.wait(stage.market().log_in_over(WIRE, name, None, &source)).unwrap();
    Person { id: identity.member, session, ..stage.member("somebody_else") }
}

on_both! {
    fn a_name_stands_for_one_auction_for_ever(stage) {
        let (seller, other) = (stage.member("seller"), stage.member("other"));
        let first = opened(stage.does(&seller, named("Lamp", "A lamp")));
        assert_eq!(found(stage, "Lamp"), Some(first));
        assert_eq!(found(stage, "lamp"), None, "as it is written");
        assert_eq!(stage.refusal(&other, named("Lamp", "Another lamp")), Refusal::LotNameTaken);
        stage.pass(Span::days(29));
        assert_eq!(stage.refusal(&seller, named("Lamp", "A lamp")), Refusal::LotNameTaken);
        assert_eq!(found(stage, "Lamp"), Some(first), "what is over is still known by it");
        stage.is_clean();
    }

    fn what_was_put_up_elsewhere_is_found_by_its_title_while_it_runs(stage) {
        let seller = stage.member("seller");
        let (lot, draft) = described("An old globe");
        let globe = opened(stage.does(&seller, Command::OpenAuction { lot: Lot::New(lot), draft }));
        assert_eq!(found(stage, "An_old_globe"), Some(globe));
        let other = opened(stage.does(&seller, named("An_old_globe", "Another globe")));
        assert_eq!(found(stage, "An_old_globe"), Some(other), "a name goes before a title");
        let called = stage.market().ask_now(Caller::VISITOR, move |view| {
            Ok((view.lot_name(globe)?, view.lot_name(other)?))
        });
        assert_eq!(called.unwrap(), ("An_old_globe".to_owned(), "An_old_globe".to_owned()));
    }

    fn a_room_knows_who_watches_over_the_wire_and_who_bids(stage) {
        let (seller, native) = (stage.member("seller"), stage.member("native"));
        let auction = opened(stage.does(&seller, named("Lamp", "A lamp")));
        let alice = registered(stage, "Alice");
        for person in [&alice, &native] {
            stage.does(person, Command::WatchAuction { auction });
        }
        let room = stage.wait(stage.market().room(WIRE, auction)).unwrap();
        assert_eq!((room.name.as_str(), room.seller, room.starting_price), ("Lamp", seller.id, Some(cents(1_000))));
        assert_eq!(room.watchers.iter().map(|identity| identity.member).collect::<Vec<_>>(), [alice.id]);
        stage.does(&native, Command::PlaceBid { auction, maximum: cents(2_000) });
        stage.does(&alice, Command::PlaceBid { auction, maximum: cents(3_000) });
        let bidder = |number| stage.wait(stage.market().bidder_over(WIRE, auction, number)).unwrap();
        assert_eq!((bidder(1), bidder(2)), ((native.id, "bidder_1".to_owned()), (alice.id, "Alice".to_owned())));
        assert_eq!(stage.wait(stage.market().room(WIRE, auction)).unwrap().starting_price, None);
        stage.is_clean();
    }
}
