//! Auctions: bids, the end, and what follows, behind the door.

use auboutique_domain::auction::{
    AuctionDraft, AuctionView, BidView, BrowseAuctions, Ends, Lot, News, State, Which,
};
use auboutique_domain::bid_log::{self, Ending};
use auboutique_domain::checkout::{DeliveryChoice, PayBy, ShippingAddress};
use auboutique_domain::id::{AuctionId, CheckoutId, ListingId, OfferId};
use auboutique_domain::listing::{Category, Condition, ListingChanges, ListingDraft, ListingState};
use auboutique_domain::member::Role;
use auboutique_domain::offer;
use auboutique_domain::order;
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Currency, Event, Money, Refusal, Reply};
use auboutique_market::{Busy, Caller, Key, No};

use crate::stage::{Person, Stage, cents, refused, usd};
use crate::store::{invitation_in, opening};

fn shown(reply: Reply) -> AuctionView {
    match reply {
        Reply::Auction(auction) => *auction,
        other => panic!("{other:?}"),
    }
}

fn bid_in(reply: Reply) -> BidView {
    match reply {
        Reply::Bid(bid) => bid,
        other => panic!("{other:?}"),
    }
}

fn draft(start: i64, reserve: Option<i64>, buy_now: Option<i64>, minutes: i64) -> AuctionDraft {
    let ends = Ends::After(Span::minutes(minutes));
    AuctionDraft::new(cents(start), reserve.map(cents), buy_now.map(cents), None, ends).unwrap()
}

fn lamp() -> Lot {
    Lot::New(
        ListingDraft::new("A brass lamp", "It works.", usd(3_000), Category::Other, Condition::Good, None)
            .unwrap(),
    )
}

fn bidding(auction: AuctionId, maximum: i64) -> Command {
    Command::PlaceBid { auction, maximum: cents(maximum) }
}

impl Stage {
    fn puts_up(&self, seller: &Person, draft: AuctionDraft) -> AuctionId {
        shown(self.does(seller, Command::OpenAuction { lot: lamp(), draft })).auction
    }

    fn bids(&self, person: &Person, auction: AuctionId, maximum: i64) -> BidView {
        bid_in(self.does(person, bidding(auction, maximum)))
    }

    fn auction(&self, person: &Person, auction: AuctionId) -> AuctionView {
        self.sees(person, move |view| view.auction(auction))
    }

    /// Everybody here has been here for longer than a week.
    fn settles_in(&self) {
        self.pass(Span::days(8));
    }

    fn tops_up_by_desk(&self, person: &Person, amount: i64) {
        let desk = self.attendant("till");
        self.tops_up(&desk, person, cents(amount));
    }

    /// The winner says where they collect, and pays from the wallet.
    fn settles(&self, winner: &Person, checkout: CheckoutId) -> order::State {
        let delivery = DeliveryChoice::Pickup(self.point().id);
        self.does(winner, Command::ChooseDelivery { checkout, delivery });
        match self.does(winner, Command::PlaceOrders { checkout, pay: PayBy::Wallet(Currency::Usd) }) {
            Reply::Orders(orders) => orders[0].state,
            other => panic!("{other:?}"),
        }
    }

    fn news(&self, person: &Person) -> Vec<News> {
        let told = self.sees(person, |view| view.own_events(None, Some(100))).rows;
        let news = |event: Event| match event {
            Event::AuctionNews { news, .. } => Some(news),
            _ => None,
        };
        told.into_iter().filter_map(|told| news(told.event)).collect()
    }

    fn offer_to(&self, person: &Person, auction: AuctionId) -> OfferId {
        self.auction(person, auction).offer.unwrap().offer
    }
}

/// A seller and three bidders who have been here for a while.
struct Room {
    seller: Person,
    rana: Person,
    karim: Person,
    lea: Person,
}

fn people(stage: &Stage) -> Room {
    let room = Room {
        seller: stage.member("salma"),
        rana: stage.member("rana"),
        karim: stage.member("karim"),
        lea: stage.member("lea"),
    };
    stage.settles_in();
    room
}

on_both! {
    fn a_lot_goes_to_the_highest_bidder_at_the_price_the_bids_make(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        assert_eq!(stage.bids(&rana, id, 2_000).price, cents(500));
        let second = stage.bids(&karim, id, 1_500);
        assert_eq!((second.price, second.you.leads, second.minimum), (cents(1_600), false, cents(1_700)));
        let seen = stage.auction(&rana, id);
        assert_eq!((seen.bids, seen.bidders, seen.leader), (2, 2, Some(1)));
        assert!(seen.you.unwrap().leads && seen.watching);
        stage.pass(Span::minutes(60));
        let won = stage.auction(&rana, id);
        assert_eq!((won.state, won.result, won.price), (State::Sold, Some(Ending::Sold), cents(1_600)));
        assert!(won.checkout.is_some() && stage.auction(&karim, id).checkout.is_none());
        assert!(stage.news(&karim).contains(&News::Closed));
        assert_eq!(stage.events("auction_closed"), 1);
        stage.is_clean();
    }

    fn a_win_that_is_paid_is_an_order_with_a_tenth_for_the_house(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(4_000, None, None, 60));
        stage.bids(&rana, id, 5_000);
        stage.bids(&karim, id, 4_200);
        stage.pass(Span::minutes(60));
        stage.tops_up_by_desk(&rana, 10_000);
        let checkout = stage.auction(&rana, id).checkout.unwrap();
        let cash = stage.refusal(&rana, Command::PlaceOrders { checkout, pay: PayBy::Cash });
        assert_eq!(cash, Refusal::PayFirst);
        assert_eq!(stage.settles(&rana, checkout), order::State::Placed);
        let seen = stage.auction(&seller, id);
        let order = seen.order.unwrap();
        assert_eq!((seen.state, seen.price), (State::Settled, cents(4_300)));
        assert_eq!(stage.auction(&karim, id).order, None);
        let desk = stage.attendant("maya");
        stage.drops_off(&desk, &seller, order);
        stage.collects(&desk, &rana, order);
        stage.does(&rana, Command::ConfirmOrder { order });
        assert_eq!(stage.balance(&format!("seller:{}", seller.id)), -3_870);
        assert_eq!(stage.balance("rev_commission"), -430);
        assert_eq!(stage.state_of(seen.lot.listing), ListingState::Sold);
        stage.is_clean();
    }

    fn a_win_can_be_shipped_to_an_address_that_only_buyer_and_seller_see(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.bids(&rana, id, 500);
        stage.pass(Span::minutes(60));
        stage.tops_up_by_desk(&rana, 500);
        let checkout = stage.auction(&rana, id).checkout.unwrap();
        let to = ShippingAddress::new("Rana Haddad", "12 Bliss Street\nBeirut").unwrap();
        stage.does(&rana, Command::ChooseDelivery { checkout, delivery: DeliveryChoice::Shipment(to.clone()) });
        stage.does(&rana, Command::PlaceOrders { checkout, pay: PayBy::Wallet(Currency::Usd) });
        let order = stage.auction(&seller, id).order.unwrap();
        assert_eq!(stage.sees(&seller, move |view| view.shipping_address(order)), Some(to.clone()));
        assert_eq!(stage.sees(&rana, move |view| view.shipping_address(order)), Some(to));
        let other = refused(stage.ask(karim.caller(), move |view| view.shipping_address(order)));
        assert_eq!(other, Refusal::not_found("order"));
        stage.does(&seller, Command::ShipOrder { order, note: "LP 123".to_owned() });
        stage.does(&rana, Command::ConfirmOrder { order });
        stage.is_clean();
        stage.pass(Span::days(91));
        stage.run(Caller::TIMEKEEPER, Command::Forget).unwrap();
        assert_eq!(stage.count("addresses WHERE address IS NOT NULL"), 0);
        assert!(!stage.sql("SELECT body FROM events").contains("Bliss"));
    }

    fn a_bid_at_the_end_or_after_it_is_refused_whether_or_not_anybody_closed_it(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.env.advance(Span::minutes(60));
        assert_eq!(stage.refusal(&rana, bidding(id, 500)), Refusal::AuctionOver);
        stage.env.advance(Span::hours(5));
        assert_eq!(stage.refusal(&karim, bidding(id, 500)), Refusal::AuctionOver);
        assert_eq!(stage.auction(&rana, id).minimum, None);
        stage.pass(Span::seconds(1));
        assert_eq!(stage.auction(&rana, id).result, Some(Ending::NoBids));
        stage.is_clean();
    }

    fn a_late_bid_leaves_the_others_three_minutes_and_never_more_than_an_hour(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        let end = stage.auction(&rana, id).ends_at;
        stage.pass(Span::minutes(58));
        assert_eq!(stage.bids(&rana, id, 600).ends_at, end.plus(Span::minutes(1)));
        assert_eq!(stage.bids(&rana, id, 5_000).ends_at, end.plus(Span::minutes(1)), "an own raise moves nothing");
        let low = stage.refusal(&karim, bidding(id, 500));
        assert_eq!(low, Refusal::BidTooLow { minimum: cents(550) });
        assert_eq!(stage.auction(&rana, id).ends_at, end.plus(Span::minutes(1)));
        let mut next = [&karim, &rana].into_iter().cycle();
        while stage.auction(&rana, id).ends_at < end.plus(Span::minutes(60)) {
            stage.pass(Span::minutes(2));
            let person = next.next().unwrap();
            let maximum = stage.auction(person, id).minimum.unwrap().minor.max(5_050);
            stage.bids(person, id, maximum);
        }
        assert_eq!(stage.auction(&rana, id).ends_at, end.plus(Span::minutes(60)));
        stage.pass(Span::minutes(3));
        assert_eq!(stage.auction(&rana, id).state, State::Sold);
        stage.is_clean();
    }

    fn the_same_bid_asked_twice_under_one_key_is_one_bid(stage) {
        let Room { seller, rana, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        let key = || Some(Key::parse("once").unwrap());
        let first = stage.run(rana.caller().under(key()), bidding(id, 900)).unwrap();
        assert_eq!(stage.run(rana.caller().under(key()), bidding(id, 900)).unwrap(), first);
        assert_eq!(stage.count("bid_log WHERE act = 'bid'"), 1);
        let other = refused(stage.run(rana.caller().under(key()), bidding(id, 950)));
        assert_eq!(other, Refusal::KeyReused);
    }

    fn whoever_belongs_to_the_seller_is_refused_and_nothing_moves(stage) {
        let Room { seller, rana, karim, lea } = people(stage);
        stage.opens(&seller, "Salma's");
        stage.does(&seller, Command::AppointStaff { username: rana.username.clone() });
        stage.does(&seller, Command::BlockMember { username: karim.username.clone() });
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        assert_eq!(stage.refusal(&seller, bidding(id, 500)), Refusal::OwnAuction);
        assert_eq!(stage.refusal(&rana, bidding(id, 500)), Refusal::BidderLinked);
        assert_eq!(stage.refusal(&karim, bidding(id, 500)), Refusal::BidderBlocked);
        assert_eq!(stage.refusal_to_visitor(bidding(id, 500)), Refusal::SignInNeeded);
        for amount in [0, -50, 525, i64::MAX, i64::MIN, 499] {
            let refusal = stage.refusal(&lea, bidding(id, amount));
            assert!(
                matches!(refusal, Refusal::PriceOutOfRange { .. } | Refusal::NotCashUnit { .. } | Refusal::BidTooLow { .. }),
                "{amount}: {refusal:?}"
            );
        }
        let high = stage.refusal(&lea, bidding(id, 6_000_000));
        assert!(matches!(high, Refusal::BidTooHigh { .. }));
        let pounds = Command::PlaceBid { auction: id, maximum: Money::new(1_000_000, Currency::Lbp) };
        assert_eq!(stage.refusal(&lea, pounds), Refusal::AuctionCurrency { currency: Currency::Usd });
        let seen = stage.auction(&lea, id);
        assert_eq!((seen.bids, seen.price, seen.leader), (0, cents(500), None));
        stage.is_clean();
    }

    fn an_invitation_or_a_shared_device_makes_two_members_belong_together(stage) {
        let Room { seller, rana, karim, lea } = people(stage);
        stage.opens(&seller, "Salma's");
        let (_, code) = invitation_in(stage.does(&seller, Command::CreateInvitation));
        stage.does(&rana, opening(&code, "Rana's lamps"));
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        assert_eq!(stage.refusal(&rana, bidding(id, 500)), Refusal::BidderLinked);
        for person in [&seller, &karim] {
            stage.wait(stage.market().see_device(person.id, "a library computer")).unwrap();
        }
        assert_eq!(stage.refusal(&karim, bidding(id, 500)), Refusal::BidderLinked);
        stage.wait(stage.market().see_device(lea.id, "another computer")).unwrap();
        stage.bids(&lea, id, 500);
    }

    fn who_has_just_joined_bids_less_and_in_fewer_auctions(stage) {
        let Room { seller, .. } = people(stage);
        let young = stage.member("yara");
        let ids: Vec<AuctionId> = (0..6).map(|_| stage.puts_up(&seller, draft(500, None, None, 60))).collect();
        for &id in &ids[..5] {
            stage.bids(&young, id, 500);
        }
        assert_eq!(stage.refusal(&young, bidding(ids[5], 500)), Refusal::TooManyAuctions { most: 5 });
        assert_eq!(stage.refusal(&young, bidding(ids[0], 60_000)), Refusal::BidTooHigh { most: cents(50_000) });
        stage.settles_in();
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.bids(&young, id, 60_000);
    }

    fn nobody_bids_faster_than_a_person_and_a_minute_later_they_may_again(stage) {
        let Room { seller, rana, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        for more in 0..120 {
            stage.bids(&rana, id, 500 + more * 50);
        }
        let fast = stage.refusal(&rana, bidding(id, 50_000));
        assert_eq!(fast, Refusal::TooManyBids { wait_seconds: 60 });
        stage.pass(Span::minutes(1));
        stage.bids(&rana, id, 50_000);
        stage.is_clean();
    }

    fn a_reserve_price_is_told_to_nobody_but_whether_it_is_met(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, Some(9_900), None, 180));
        stage.bids(&rana, id, 1_000);
        stage.bids(&karim, id, 3_000);
        let seen = stage.auction(&rana, id);
        assert_eq!((seen.reserve_met, seen.price, seen.selling.is_none()), (Some(false), cents(1_100), true));
        assert!(!format!("{seen:?}").contains("9900"));
        let own = stage.auction(&seller, id).selling.unwrap();
        assert_eq!(own.reserve, Some(cents(9_900)));
        let lower = |reserve: i64| Command::LowerReserve { auction: id, reserve: Some(cents(reserve)) };
        assert!(matches!(stage.refusal(&seller, lower(9_900)), Refusal::PriceNotLower { .. }));
        assert!(matches!(stage.refusal(&seller, lower(400)), Refusal::ReserveTooLow { .. }));
        assert_eq!(stage.refusal(&rana, lower(2_500)), Refusal::NotYourAuction);
        let met = shown(stage.does(&seller, lower(2_500)));
        assert_eq!((met.reserve_met, met.price), (Some(true), cents(2_500)));
        assert_eq!(stage.refusal(&seller, lower(2_000)), Refusal::ReserveFixed);
        stage.pass(Span::minutes(180));
        assert_eq!(stage.auction(&karim, id).result, Some(Ending::Sold));
        stage.is_clean();
    }

    fn the_buy_now_price_ends_it_at_once_and_is_gone_after_the_first_bid(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, Some(2_000), 60));
        let take = |auction, price| Command::TakeBuyNow { auction, price: cents(price) };
        let changed = stage.refusal(&rana, take(id, 1_900));
        assert_eq!(changed, Refusal::PriceChanged { price: cents(2_000) });
        let taken = shown(stage.does(&rana, take(id, 2_000)));
        assert_eq!((taken.state, taken.price), (State::Sold, cents(2_000)));
        assert!(taken.checkout.is_some() && taken.you.unwrap().leads);
        assert_eq!(stage.refusal(&karim, bidding(id, 5_000)), Refusal::AuctionOver);
        let other = stage.puts_up(&seller, draft(500, None, Some(2_000), 60));
        stage.bids(&karim, other, 500);
        assert_eq!(stage.refusal(&rana, take(other, 2_000)), Refusal::BuyNowGone);
        stage.is_clean();
    }

    fn half_of_the_time_without_a_bid_the_seller_is_asked_and_those_who_watch_hear_the_answer(stage) {
        let Room { seller, rana, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(2_000, None, None, 60));
        stage.does(&rana, Command::WatchAuction { auction: id });
        stage.pass(Span::minutes(29));
        assert!(!stage.auction(&seller, id).selling.unwrap().asked);
        assert_eq!(stage.refusal(&seller, Command::KeepPrice { auction: id }), Refusal::NotAsked);
        stage.pass(Span::minutes(1));
        assert!(stage.auction(&seller, id).selling.unwrap().asked);
        assert_eq!(stage.events("negotiation_asked"), 1);
        let lower = |price| Command::LowerPrice { auction: id, price: cents(price) };
        assert!(matches!(stage.refusal(&seller, lower(2_000)), Refusal::PriceNotLower { .. }));
        let lowered = shown(stage.does(&seller, lower(1_000)));
        assert_eq!((lowered.price, lowered.minimum), (cents(1_000), Some(cents(1_000))));
        assert!(stage.news(&rana).contains(&News::PriceLowered));
        stage.bids(&rana, id, 1_000);
        assert_eq!(stage.refusal(&seller, lower(500)), Refusal::AuctionHasBids);
        stage.pass(Span::minutes(30));
        assert_eq!(stage.auction(&rana, id).state, State::Sold);
        stage.is_clean();
    }

    fn a_seller_who_refuses_to_lower_the_price_or_says_nothing_lets_it_run_on(stage) {
        let Room { seller, rana, .. } = people(stage);
        let refuses = stage.puts_up(&seller, draft(2_000, None, None, 60));
        let silent = stage.puts_up(&seller, draft(2_000, None, None, 60));
        stage.pass(Span::minutes(30));
        stage.does(&seller, Command::KeepPrice { auction: refuses });
        assert_eq!(stage.refusal(&seller, Command::KeepPrice { auction: refuses }), Refusal::NotAsked);
        stage.pass(Span::minutes(20));
        for id in [refuses, silent] {
            assert_eq!(stage.auction(&rana, id).price, cents(2_000));
            stage.bids(&rana, id, 2_000);
        }
        assert_eq!(stage.events("negotiation_asked"), 2);
    }

    fn a_winner_who_does_not_pay_is_struck_and_the_next_bidder_has_a_second_chance(stage) {
        let Room { seller, rana, karim, lea } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.bids(&rana, id, 5_000);
        stage.bids(&karim, id, 2_000);
        stage.bids(&lea, id, 3_000);
        stage.pass(Span::minutes(60));
        assert_eq!(stage.auction(&rana, id).price, cents(3_100));
        stage.pass(Span::hours(24));
        assert_eq!(stage.events("settlement_reminded"), 1);
        stage.pass(Span::hours(24));
        assert_eq!(stage.count("strikes WHERE reason = 'not_paid'"), 1);
        assert_eq!(stage.auction(&rana, id).state, State::Passed);
        let offer = stage.auction(&lea, id).offer.unwrap();
        assert_eq!((offer.kind, offer.price), (offer::Kind::SecondChance, cents(2_100)));
        let foreign = stage.refusal(&karim, Command::AnswerOffer { offer: offer.offer, accept: true });
        assert_eq!(foreign, Refusal::not_found("offer"));
        stage.does(&lea, Command::AnswerOffer { offer: offer.offer, accept: false });
        let next = stage.auction(&karim, id).offer.unwrap();
        assert_eq!(next.price, cents(500));
        let taken = shown(stage.does(&karim, Command::AnswerOffer { offer: next.offer, accept: true }));
        assert_eq!((taken.state, taken.price), (State::Sold, cents(500)));
        let again = stage.refusal(&karim, Command::AnswerOffer { offer: next.offer, accept: true });
        assert_eq!(again, Refusal::OfferOver);
        assert_eq!(stage.refusal(&seller, Command::AcceptLeadingBid { auction: id }), Refusal::NotNegotiable);
        stage.tops_up_by_desk(&karim, 500);
        stage.settles(&karim, taken.checkout.unwrap());
        assert_eq!(stage.auction(&seller, id).state, State::Settled);
        stage.is_clean();
    }

    fn who_did_not_pay_three_times_bids_nothing_for_thirty_days(stage) {
        let Room { seller, rana, .. } = people(stage);
        for strikes in 1..=3 {
            let id = stage.puts_up(&seller, draft(500, None, None, 60));
            stage.bids(&rana, id, 1_000);
            stage.pass(Span::minutes(60));
            let checkout = stage.auction(&rana, id).checkout.unwrap();
            stage.does(&rana, Command::CancelCheckout { checkout });
            assert_eq!(stage.count("strikes WHERE reason = 'not_paid'"), strikes);
        }
        let id = stage.puts_up(&seller, draft(500, None, Some(5_000), 60));
        let bid = |auction| Command::PlaceBid { auction, maximum: cents(1_000) };
        assert!(matches!(stage.refusal(&rana, bid(id)), Refusal::StruckOut { strikes: 3, .. }));
        let take = Command::TakeBuyNow { auction: id, price: cents(5_000) };
        assert!(matches!(stage.refusal(&rana, take), Refusal::StruckOut { strikes: 3, .. }));
        assert_eq!(stage.auction(&seller, id).bids, 0);
        stage.pass(Span::days(29));
        let (seller, rana) = (stage.again(&seller), stage.again(&rana));
        let id = stage.puts_up(&seller, draft(500, None, None, 3 * 24 * 60));
        assert!(matches!(stage.refusal(&rana, bid(id)), Refusal::StruckOut { .. }));
        stage.pass(Span::days(1));
        stage.bids(&rana, id, 1_000);
        stage.is_clean();
    }

    fn a_second_chance_nobody_wants_goes_on_to_the_next_and_ends_with_a_free_lot(stage) {
        let Room { seller, rana, karim, lea } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.bids(&rana, id, 5_000);
        stage.bids(&karim, id, 2_000);
        stage.bids(&lea, id, 3_000);
        stage.does(&lea, Command::WantSecondChances { wanted: false });
        stage.pass(Span::minutes(60));
        let checkout = stage.auction(&rana, id).checkout.unwrap();
        stage.does(&rana, Command::CancelCheckout { checkout });
        assert_eq!(stage.auction(&lea, id).offer, None, "who does not want to hear of it is left out");
        let offer = stage.offer_to(&karim, id);
        stage.pass(Span::hours(24));
        let late = stage.refusal(&karim, Command::AnswerOffer { offer, accept: true });
        assert_eq!(late, Refusal::OfferOver);
        let lot = stage.auction(&seller, id).lot.listing;
        assert_eq!(stage.state_of(lot), ListingState::AtAuction);
        stage.pass(Span::days(3));
        assert!(matches!(refused(stage.listing(lot)), Refusal::NotFound { .. }), "withdrawn, and its owner's again");
        stage.does(&seller, Command::PublishListing { listing: lot });
        assert_eq!(stage.state_of(lot), ListingState::OnSale);
        stage.is_clean();
    }

    fn a_reserve_price_that_was_not_met_is_negotiated(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, Some(5_000), None, 60));
        stage.bids(&rana, id, 3_000);
        stage.bids(&karim, id, 2_000);
        stage.pass(Span::minutes(60));
        let passed = stage.auction(&seller, id);
        assert_eq!((passed.state, passed.result, passed.price), (State::Passed, Some(Ending::ReserveNotMet), cents(2_100)));
        let counter = |price| Command::CounterOffer { auction: id, price: cents(price) };
        for price in [2_100, 5_050] {
            assert!(matches!(stage.refusal(&seller, counter(price)), Refusal::CounterInvalid { .. }), "{price}");
        }
        assert_eq!(stage.refusal(&karim, counter(3_000)), Refusal::NotYourAuction);
        stage.does(&seller, counter(3_000));
        assert_eq!(stage.refusal(&seller, Command::AcceptLeadingBid { auction: id }), Refusal::NotNegotiable);
        let offer = stage.offer_to(&rana, id);
        stage.does(&rana, Command::AnswerOffer { offer, accept: false });
        assert!(matches!(stage.refusal(&seller, counter(2_500)), Refusal::CounterInvalid { .. }), "once");
        stage.does(&seller, Command::AcceptLeadingBid { auction: id });
        let offer = stage.offer_to(&rana, id);
        let sold = shown(stage.does(&rana, Command::AnswerOffer { offer, accept: true }));
        assert_eq!((sold.state, sold.price), (State::Sold, cents(2_100)));
        stage.is_clean();
    }

    fn after_a_sale_that_came_to_nothing_the_seller_takes_what_the_next_bid_comes_to(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, Some(5_000), None, 60));
        stage.bids(&karim, id, 3_000);
        stage.bids(&rana, id, 9_000);
        stage.pass(Span::minutes(60));
        assert_eq!(stage.auction(&rana, id).price, cents(5_000));
        let checkout = stage.auction(&rana, id).checkout.unwrap();
        stage.does(&rana, Command::CancelCheckout { checkout });
        assert_eq!(stage.auction(&karim, id).offer, None, "nobody else bid as much as the reserve price");
        stage.does(&seller, Command::AcceptLeadingBid { auction: id });
        assert_eq!(stage.auction(&karim, id).offer.unwrap().price, cents(500));
        stage.is_clean();
    }

    fn what_nobody_bid_on_is_offered_to_those_who_watch_and_the_first_has_it(stage) {
        let Room { seller, rana, karim, lea } = people(stage);
        let id = stage.puts_up(&seller, draft(2_000, None, None, 60));
        stage.does(&rana, Command::WatchAuction { auction: id });
        stage.does(&karim, Command::WatchAuction { auction: id });
        stage.pass(Span::minutes(60));
        assert_eq!(stage.auction(&seller, id).result, Some(Ending::NoBids));
        stage.does(&seller, Command::OfferToWatchers { auction: id, price: cents(1_500) });
        assert!(stage.news(&rana).contains(&News::Offered));
        let offer = stage.offer_to(&rana, id);
        assert_eq!(stage.auction(&lea, id).offer, None);
        let foreign = stage.refusal(&lea, Command::AnswerOffer { offer, accept: true });
        assert_eq!(foreign, Refusal::not_found("offer"));
        stage.does(&karim, Command::AnswerOffer { offer, accept: true });
        let late = stage.refusal(&rana, Command::AnswerOffer { offer, accept: true });
        assert_eq!(late, Refusal::OfferOver);
        assert_eq!(stage.auction(&karim, id).price, cents(1_500));
        stage.is_clean();
    }

    fn a_lot_is_put_up_again_lower_three_times_or_sold_at_a_fixed_price(stage) {
        let Room { seller, rana, .. } = people(stage);
        let mut id = stage.puts_up(&seller, draft(2_000, None, None, 60));
        let lot = stage.auction(&seller, id).lot.listing;
        for round in 1..=3 {
            stage.pass(Span::minutes(60));
            let higher = Command::RelistAuction { auction: id, draft: draft(2_050, None, None, 60) };
            assert!(matches!(stage.refusal(&seller, higher), Refusal::PriceNotLower { .. }));
            let again = Command::RelistAuction { auction: id, draft: draft(2_000 - round * 100, None, None, 60) };
            let relisted = shown(stage.does(&seller, again));
            assert_eq!((relisted.lot.listing, relisted.selling.unwrap().relists_left), (lot, 3 - round));
            id = relisted.auction;
        }
        stage.pass(Span::minutes(60));
        let fourth = Command::RelistAuction { auction: id, draft: draft(500, None, None, 60) };
        assert_eq!(stage.refusal(&seller, fourth), Refusal::TooManyRelists { most: 3 });
        stage.does(&seller, Command::SellAtFixedPrice { auction: id, price: usd(1_500) });
        assert_eq!(stage.state_of(lot), ListingState::OnSale);
        assert_eq!(stage.buys(&rana, lot).total, cents(1_500));
        stage.is_clean();
    }

    fn a_listing_becomes_a_lot_and_a_lot_a_listing_without_being_written_again(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let listing = stage.lists(&seller, "Calculus", usd(2_000));
        let open = |draft| Command::OpenAuction { lot: Lot::Listing(listing), draft };
        assert!(matches!(stage.refusal(&rana, open(draft(500, None, None, 60))), Refusal::NotYours));
        let id = shown(stage.does(&seller, open(draft(500, None, None, 60)))).auction;
        assert_eq!(stage.state_of(listing), ListingState::AtAuction);
        for command in [
            Command::BuyListing { listing, price: cents(2_000), quantity: 1 },
            Command::AddToCart { listing, quantity: 1 },
        ] {
            assert_eq!(stage.refusal(&rana, command), Refusal::AtAuction { auction: id });
        }
        for command in [
            Command::WithdrawListing { listing },
            Command::PublishListing { listing },
            open(draft(500, None, None, 60)),
        ] {
            assert_eq!(stage.refusal(&seller, command), Refusal::AtAuction { auction: id });
        }
        let edit = |title| Command::EditListing {
            listing,
            changes: ListingChanges::default().texts(Some(title), None).unwrap(),
        };
        stage.does(&seller, edit("Calculus, 3rd edition"));
        stage.bids(&karim, id, 500);
        assert_eq!(stage.refusal(&seller, edit("Calculus, signed")), Refusal::AuctionHasBids);
        stage.does(&seller, Command::AddAuctionNote { auction: id, text: "The last page is torn.".to_owned() });
        assert_eq!(stage.auction(&karim, id).notes[0].text, "The last page is torn.");
        assert_eq!(stage.auction(&karim, id).lot.title, "Calculus, 3rd edition");
        stage.is_clean();
    }

    fn a_bid_is_taken_back_only_as_the_rules_allow(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 180));
        let retract = |corrected: Option<i64>| Command::RetractBid { auction: id, corrected: corrected.map(cents) };
        assert_eq!(stage.refusal(&rana, retract(None)), Refusal::RetractionRefused);
        stage.bids(&karim, id, 800);
        stage.bids(&rana, id, 40_000);
        assert_eq!(stage.refusal(&rana, retract(None)), Refusal::RetractionRefused);
        assert_eq!(stage.refusal(&rana, retract(Some(50_000))), Refusal::RetractionRefused);
        let corrected = bid_in(stage.does(&rana, retract(Some(4_000))));
        assert_eq!((corrected.price, corrected.you.maximum), (cents(850), cents(4_000)));
        stage.pass(Span::minutes(11));
        assert_eq!(stage.refusal(&rana, retract(Some(1_000))), Refusal::RetractionRefused);
        stage.does(&seller, Command::AddAuctionNote { auction: id, text: "It is not brass.".to_owned() });
        stage.does(&rana, retract(None));
        let seen = stage.auction(&karim, id);
        assert_eq!((seen.price, seen.leader), (cents(500), Some(1)));
        let history = stage.sees(&karim, move |view| view.bids(id, None, None)).rows;
        assert_eq!(history.iter().filter(|bid| bid.removed).count(), 2);
        stage.is_clean();
    }

    fn a_seller_calls_it_off_while_nobody_bid_or_early_and_with_a_reason(stage) {
        let Room { seller, rana, .. } = people(stage);
        let cancel = |auction, reason: &str| Command::CancelAuction { auction, reason: reason.to_owned() };
        let free = stage.puts_up(&seller, draft(500, None, None, 60));
        assert_eq!(stage.refusal(&rana, cancel(free, "mine")), Refusal::NotYourAuction);
        let canceled = shown(stage.does(&seller, cancel(free, "")));
        assert_eq!((canceled.state, canceled.result), (State::Canceled, Some(Ending::Canceled)));
        stage.does(&seller, Command::PublishListing { listing: canceled.lot.listing });
        let early = stage.puts_up(&seller, draft(500, None, None, 24 * 60));
        stage.bids(&rana, early, 500);
        assert!(matches!(stage.refusal(&seller, cancel(early, "")), Refusal::TextLength { .. }));
        stage.does(&seller, cancel(early, "It broke."));
        assert!(stage.news(&rana).contains(&News::Closed));
        assert_eq!(stage.auction(&rana, early).notes[0].text, "It broke.", "whoever bid reads why");
        let late = stage.puts_up(&seller, draft(500, None, None, 11 * 60));
        stage.bids(&rana, late, 500);
        assert_eq!(stage.refusal(&seller, cancel(late, "It broke.")), Refusal::CancelTooLate { hours: 12 });
        let moderator = stage.member_with(Role::Moderator, "mona");
        stage.does(&moderator, cancel(late, "It is stolen."));
        stage.is_clean();
    }

    fn anybody_runs_the_log_of_an_auction_that_is_over_again(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, Some(1_000), None, 60));
        stage.bids(&rana, id, 900);
        stage.bids(&karim, id, 2_000);
        let early = refused(stage.ask(Caller::VISITOR, move |view| view.bid_log(id)));
        assert_eq!(early, Refusal::AuctionStillOpen);
        stage.pass(Span::minutes(60));
        let log = stage.ask(Caller::VISITOR, move |view| view.bid_log(id)).unwrap();
        let (auction, replayed) = bid_log::replay(&log).unwrap();
        assert_eq!((auction, replayed.winner, replayed.price), (id, Some(2), Some(cents(1_000))));
        assert!(!log.contains("mbr_") && !log.contains("karim"), "{log}");
    }

    fn whatever_is_changed_behind_an_auctions_back_is_found(stage) {
        let Room { seller, rana, karim, .. } = people(stage);
        let id = stage.puts_up(&seller, draft(500, None, None, 60));
        stage.bids(&rana, id, 900);
        stage.bids(&karim, id, 2_000);
        stage.is_clean();
        for change in [
            "UPDATE auctions SET leader_maximum = 2050",
            "UPDATE auctions SET leader_maximum = 2000, second_maximum = 850",
            "UPDATE auctions SET second_maximum = 900, ends_at = ends_at + 1",
        ] {
            stage.sql(change);
            assert_eq!(stage.findings().len(), 1, "{change}");
        }
        stage.sql("UPDATE auctions SET ends_at = ends_at - 1");
        stage.is_clean();
        assert!(stage.refused_by_database("UPDATE bid_log SET amount = 3000 WHERE seq = 3").contains("append-only"));
        stage.unlock("bid_log");
        stage.sql("UPDATE bid_log SET amount = 3000 WHERE seq = 3");
        assert!(stage.findings()[0].problem.contains("line 3"), "{:?}", stage.findings());
    }

    fn auctions_are_found_by_when_they_end_and_by_whose_they_are(stage) {
        let Room { seller, rana, .. } = people(stage);
        let ids: Vec<AuctionId> =
            [90, 30, 60].map(|minutes| stage.puts_up(&seller, draft(500, None, None, minutes))).to_vec();
        let found = |which, after: Option<String>| {
            let asked = BrowseAuctions { which, category: Some(Category::Other) };
            stage.sees(&rana, move |view| view.auctions(&asked, after.as_deref(), Some(2)))
        };
        let first = found(Which::Running, None);
        let order: Vec<AuctionId> = first.rows.iter().map(|row| row.auction).collect();
        assert_eq!(order, [ids[1], ids[2]]);
        let rest = found(Which::Running, first.next);
        assert_eq!((rest.rows[0].auction, rest.next), (ids[0], None));
        stage.bids(&rana, ids[0], 500);
        assert_eq!(found(Which::Bidding, None).rows[0].auction, ids[0]);
        assert_eq!(found(Which::Watched, None).rows.len(), 1);
        assert_eq!(found(Which::Selling, None).rows, []);
        stage.pass(Span::minutes(60));
        assert_eq!(found(Which::Over, None).rows[0].auction, ids[2]);
        let own = refused(stage.ask(Caller::VISITOR, |view| {
            view.auctions(&BrowseAuctions { which: Which::Bidding, category: None }, None, None)
        }));
        assert_eq!(own, Refusal::SignInNeeded);
    }
}

#[test]
fn a_clock_behind_the_last_commit_takes_no_bids_and_says_so() {
    let mut stage = Stage::on_sqlite();
    let Room { seller, rana, .. } = people(&stage);
    let id = stage.puts_up(&seller, draft(500, None, None, 60));
    let before = stage.now();
    stage.close();
    stage.env.set(Moment::from_micros(before.micros()).minus(Span::hours(2)));
    stage.open();
    assert_eq!(stage.run(rana.caller(), bidding(id, 500)), Err(No::Busy(Busy::ClockBehind)));
    stage.env.set(before.plus(Span::seconds(1)));
    stage.bids(&rana, id, 500);
    stage.is_clean();
}

#[test]
fn a_market_whose_ladder_goes_down_is_not_opened_and_says_which_setting_is_wrong() {
    let mut stage = Stage::on_sqlite();
    stage.close();
    stage.sql("INSERT INTO settings (name, value) VALUES ('increments_usd', '0:100,1000:50')");
    let Err(error) = stage.try_to_open(&stage.location) else { panic!("it was opened") };
    let said = error.to_string();
    assert!(said.contains("increments_usd") && said.contains("never smaller"), "{said}");
}

#[test]
fn what_ended_while_nobody_kept_time_is_closed_at_once_and_once() {
    let mut stage = Stage::on_sqlite();
    let Room { seller, rana, .. } = people(&stage);
    let ids: Vec<AuctionId> =
        (1..=50).map(|minutes| stage.puts_up(&seller, draft(500, None, None, minutes))).collect();
    for &id in &ids {
        stage.bids(&rana, id, 500);
    }
    stage.close();
    stage.env.advance(Span::hours(3));
    stage.open();
    stage.market().tick().unwrap();
    stage.market().tick().unwrap();
    assert_eq!(stage.events("auction_closed"), 50);
    assert_eq!(stage.count("auctions WHERE state = 'sold'"), 50);
    stage.is_clean();
}

#[test]
fn a_listing_that_somebody_is_paying_for_cannot_be_put_up() {
    let stage = Stage::on_sqlite();
    let Room { seller, rana, .. } = people(&stage);
    let listing: ListingId = stage.lists(&seller, "Calculus", usd(2_000));
    stage.puts(&rana, listing, 1);
    stage.prepares(&rana);
    let open = Command::OpenAuction { lot: Lot::Listing(listing), draft: draft(500, None, None, 60) };
    assert!(matches!(stage.refusal(&seller, open), Refusal::Held { .. }));
}
