//! Orders: one sale from the click to the credit, races for one thing, cancelations, missed handovers.

use std::thread;

use auboutique_domain::id::{ListingId, OrderId};
use auboutique_domain::listing::ListingState;
use auboutique_domain::order::{Action, Side, State};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Moment, Refusal};
use auboutique_market::{Caller, No};

use crate::stage::{at, cents, day, refused, usd};

on_both! {
    fn a_sale_goes_from_the_listing_to_the_credit_of_its_seller(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        stage.at_console(Command::ChangeSetting {
            name: "commission_basis_points".to_owned(),
            value: "500".to_owned(),
        });
        let listing = stage.lists(&rana, "Calculus", usd(2_500));

        let bought = stage.buys(&karim, listing);
        assert_eq!((bought.state, bought.you_are, bought.due), (State::Placed, Side::Buyer, cents(2_500)));
        assert_eq!(bought.pickup.day, day("2026-11-25"));
        assert_eq!(stage.state_of(listing), ListingState::Sold);

        let own = stage.sees(&rana, |view| view.own_listings(None, None)).rows.remove(0);
        assert_eq!((own.order, own.buyer.unwrap().id), (Some(bought.order), karim.id));

        let in_front = stage.drops_off(&nadim, &rana, bought.order);
        assert_eq!((in_front.state, in_front.shown_by), (State::AtDesk, Side::Seller));
        stage.pass_until("2026-11-25T09:00:00Z");
        let in_front = stage.collects(&nadim, &karim, bought.order);
        assert_eq!((in_front.state, in_front.name.as_str()), (State::Collected, "karim"));
        assert_eq!(stage.balance(&format!("cash_box:{}", stage.point().id)), 2_500);
        assert_eq!(stage.balance(&format!("escrow:{}", bought.order)), -2_500);

        stage.does(&karim, Command::ConfirmOrder { order: bought.order });
        assert_eq!(stage.state(&rana, bought.order), State::Completed);
        assert_eq!(stage.balance(&format!("escrow:{}", bought.order)), 0);
        assert_eq!(stage.balance(&format!("seller:{}", rana.id)), -2_375);
        assert_eq!(stage.balance("rev_commission"), -125);
        stage.is_clean();
    }

    fn each_side_sees_its_own_code_only_and_none_once_the_desk_is_done(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        assert!(stage.code(&karim, order).is_pickup());
        assert!(!stage.code(&rana, order).is_pickup());
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        assert_eq!(stage.order(&karim, order).pickup.code, None);
        assert_eq!(stage.order(&rana, order).pickup.code, None);
    }

    fn of_64_who_buy_one_thing_at_once_one_gets_it_and_63_hear_it_is_sold(stage) {
        let rana = stage.member("rana");
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let buyers: Vec<_> = (0..64).map(|number| stage.member(&format!("buyer_{number}"))).collect();
        let buying = stage.buying(listing);
        let answers: Vec<_> = thread::scope(|scope| {
            let buy = |caller: Caller| stage.run(caller, buying.clone());
            let asked: Vec<_> = buyers.iter().map(|buyer| scope.spawn(move || buy(buyer.caller()))).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let (bought, missed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((bought.len(), missed.len()), (1, 63));
        assert!(missed.into_iter().all(|answer| refused(answer) == Refusal::ListingSold));
        assert_eq!(stage.count("orders"), 1);
        stage.is_clean();
    }

    fn nobody_buys_their_own_thing_a_missing_one_or_at_another_price(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        assert_eq!(stage.refusal(&rana, stage.buying(listing)), Refusal::OwnListing);
        assert_eq!(stage.refusal_to_visitor(stage.buying(listing)), Refusal::SignInNeeded);
        let at_less = Command::BuyListing { listing, price: cents(2_400), quantity: 1 };
        assert_eq!(stage.refusal(&karim, at_less), Refusal::PriceChanged { price: cents(2_500) });
        let missing = Command::BuyListing { listing: ListingId::new(stage.now(), [9; 10]), price: cents(1), quantity: 1 };
        assert_eq!(stage.refusal(&karim, missing), Refusal::not_found("listing"));
        assert_eq!(stage.count("orders"), 0);
    }

    fn a_buyer_who_cancels_within_half_an_hour_puts_it_on_sale_again(stage) {
        let (rana, karim, maya) = (stage.member("rana"), stage.member("karim"), stage.member("maya"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let order = stage.buys(&karim, listing).order;
        stage.pass(Span::minutes(30));
        assert_eq!(stage.cancels(&karim, order).state, State::Canceled);
        assert_eq!(stage.state_of(listing), ListingState::OnSale);
        assert_eq!(stage.count("strikes"), 0);
        stage.buys(&maya, listing);
        stage.is_clean();
    }

    fn after_half_an_hour_a_buyer_asks_and_the_seller_agrees_without_a_strike(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let order = stage.buys(&karim, listing).order;
        stage.pass(Span::minutes(31));
        let alone = stage.refusal(&karim, Command::CancelOrder { order });
        assert_eq!(alone, Refusal::CancelNeedsConsent { minutes: 30 });
        stage.does(&karim, Command::RequestCancel { order });
        stage.does(&karim, Command::RequestCancel { order });
        assert_eq!(stage.events("order_cancel_requested"), 1);
        assert!(stage.order(&rana, order).cancel_requested_at.is_some());
        assert_eq!(stage.cancels(&rana, order).state, State::Canceled);
        assert_eq!(stage.state_of(listing), ListingState::OnSale);
        assert_eq!(stage.count("strikes"), 0);
        stage.is_clean();
    }

    fn a_seller_who_cancels_unasked_has_a_strike_and_the_listing_is_withdrawn(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let order = stage.buys(&karim, listing).order;
        stage.cancels(&rana, order);
        assert_eq!(refused(stage.listing(listing)), Refusal::not_found("listing"));
        assert_eq!(stage.sql("SELECT member_id, reason FROM strikes"), format!("{}|seller_canceled", rana.id));
        stage.does(&rana, Command::PublishListing { listing });
        assert_eq!(stage.state_of(listing), ListingState::OnSale);
        stage.is_clean();
    }

    fn what_the_desk_has_can_no_longer_be_canceled(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        for person in [&rana, &karim] {
            assert_eq!(
                stage.refusal(person, Command::CancelOrder { order }),
                Refusal::OrderState { state: State::AtDesk, action: Action::Cancel }
            );
        }
    }

    fn three_strikes_keep_a_member_from_trading_for_thirty_days(stage) {
        let (rana, karim, maya) = (stage.member("rana"), stage.member("karim"), stage.member("maya"));
        let offered = stage.lists(&maya, "Atlas", usd(900));
        for title in ["Calculus", "Physics", "Chemistry"] {
            let order = stage.buys(&karim, stage.lists(&rana, title, usd(2_500))).order;
            stage.cancels(&rana, order);
        }
        let until = stage.now().plus(Span::days(30));
        let out = Refusal::StruckOut { strikes: 3, until };
        assert_eq!(stage.refusal(&rana, stage.buying(offered)), out);
        let listing = listing_of(stage, &rana);
        assert_eq!(stage.refusal(&rana, Command::PublishListing { listing }), out);
        stage.pass(Span::days(30).less_a_second());
        let session = stage.again(&rana);
        assert_eq!(stage.refusal(&session, stage.buying(offered)), out);
        stage.pass(Span::seconds(1));
        stage.buys(&session, offered);
        stage.is_clean();
    }

    fn a_thing_not_dropped_off_in_time_ends_with_a_strike_for_its_seller(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let listing = stage.lists(&rana, "Calculus", usd(2_500));
        let order = stage.buys(&karim, listing).order;
        assert_eq!(stage.order(&rana, order).pickup.until, Some(at("2026-11-27T15:00:00Z")));
        assert_eq!(stage.pass_until("2026-11-27T14:59:59Z"), 0);
        assert_eq!(stage.pass_until("2026-11-27T15:00:00Z"), 1);
        assert_eq!(stage.state(&karim, order), State::NoDropOff);
        assert_eq!(stage.sql("SELECT member_id, reason FROM strikes"), format!("{}|no_drop_off", rana.id));
        assert_eq!(refused(stage.listing(listing)), Refusal::not_found("listing"));
        stage.is_clean();
    }

    fn a_buyer_is_reminded_three_times_and_then_has_a_strike(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        for (reminders, moment) in
            [(1, "2026-11-24T06:00:00Z"), (2, "2026-11-25T06:00:00Z"), (3, "2026-11-26T06:00:00Z")]
        {
            assert_eq!(stage.pass_until(moment), 1);
            assert_eq!(stage.events("pickup_reminded"), reminders);
        }
        assert_eq!(stage.pass_until("2026-11-30T14:59:59Z"), 0);
        assert_eq!(stage.state(&karim, order), State::AtDesk);
        assert_eq!(stage.pass_until("2026-11-30T15:00:00Z"), 1);
        assert_eq!(stage.state(&karim, order), State::NoPickup);
        assert_eq!(stage.sql("SELECT member_id, reason FROM strikes"), format!("{}|no_pickup", karim.id));
        stage.is_clean();
    }

    fn forty_eight_hours_of_silence_complete_a_collected_order(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        assert_eq!(stage.pass(Span::hours(48).less_a_second()), 0);
        assert_eq!(stage.state(&karim, order), State::Collected);
        assert_eq!(stage.pass(Span::seconds(1)), 1);
        assert_eq!(stage.state(&karim, order), State::Completed);
        assert_eq!(stage.balance(&format!("seller:{}", rana.id)), -2_500);
        stage.is_clean();
    }

    fn what_fell_due_while_no_market_was_open_is_done_when_it_opens(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let missed = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let collected = stage.buys(&karim, stage.lists(&rana, "Physics", usd(900))).order;
        stage.drops_off(&nadim, &rana, collected);
        stage.collects(&nadim, &karim, collected);
        stage.close();
        stage.env.set(at("2026-12-10T12:00:00Z"));
        stage.open();
        let (stop, stopped) = crossbeam_channel::bounded::<()>(1);
        let mut log = stage.market().log();
        thread::scope(|scope| {
            // Dropped at the end of this closure, however it ends: that is what the timekeeper stops at.
            let _stop = stop;
            scope.spawn(|| stage.market().keep_time(&stopped));
            loop {
                log.borrow_and_update();
                let states = (stage.state(&karim, missed), stage.state(&karim, collected));
                if states == (State::NoDropOff, State::Completed) {
                    break;
                }
                let patience = std::time::Duration::from_secs(30);
                stage.wait(async { tokio::time::timeout(patience, log.changed()).await }).unwrap().unwrap();
            }
        });
        assert_eq!(stage.market().tick(), Ok(0));
        stage.is_clean();
    }

    fn the_order_of_another_is_not_told_apart_from_one_that_is_missing(stage) {
        let (rana, karim, maya) = (stage.member("rana"), stage.member("karim"), stage.member("maya"));
        let foreign = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let missing = OrderId::new(stage.now(), [9; 10]);
        for order in [foreign, missing] {
            let read = stage.ask(maya.caller(), move |view| view.order(order));
            assert_eq!(refused(read), Refusal::not_found("order"));
            for command in [
                Command::CancelOrder { order },
                Command::RequestCancel { order },
                Command::ConfirmOrder { order },
            ] {
                assert_eq!(stage.refusal(&maya, command.clone()), Refusal::not_found("order"));
                assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
            }
            let read = stage.ask(Caller::VISITOR, move |view| view.order(order));
            assert_eq!(refused(read), Refusal::SignInNeeded);
        }
        assert_eq!(stage.state(&karim, foreign), State::Placed);
    }

    fn only_the_buyer_asks_for_a_cancelation_and_says_that_all_is_well(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        assert_eq!(stage.refusal(&rana, Command::RequestCancel { order }), Refusal::not_found("order"));
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        assert_eq!(stage.refusal(&rana, Command::ConfirmOrder { order }), Refusal::not_found("order"));
        stage.does(&karim, Command::ConfirmOrder { order });
        assert_eq!(
            stage.refusal(&karim, Command::ConfirmOrder { order }),
            Refusal::OrderState { state: State::Completed, action: Action::Confirm }
        );
    }

    fn orders_come_in_pages_newest_first_for_each_side(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let mut placed: Vec<OrderId> = (0..7)
            .map(|number| {
                stage.pass(Span::seconds(1));
                stage.buys(&karim, stage.lists(&rana, &format!("Volume {number}"), usd(100))).order
            })
            .collect();
        placed.reverse();
        for (person, side) in [(&karim, Side::Buyer), (&rana, Side::Seller)] {
            let (mut seen, mut after) = (Vec::new(), None::<String>);
            loop {
                let from = after.clone();
                let page = stage.sees(person, move |view| view.orders(side, from.as_deref(), Some(3)));
                assert!(page.rows.len() <= 3);
                seen.extend(page.rows.into_iter().map(|order| order.order));
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            assert_eq!(seen, placed);
        }
        assert_eq!(stage.sees(&rana, |view| view.orders(Side::Buyer, None, None)).rows, []);
        let nonsense = stage.ask(rana.caller(), |view| view.orders(Side::Buyer, Some("7"), None));
        assert_eq!(refused(nonsense), Refusal::not_found("page"));
    }

    fn only_time_and_the_house_say_that_an_orders_moment_has_come(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        for caller in [karim.caller(), Caller::VISITOR] {
            let answer = stage.run(caller, Command::LapseOrder { order });
            assert!(matches!(refused(answer), Refusal::RoleNeeded { .. }));
        }
        let early = stage.run(Caller::TIMEKEEPER, Command::LapseOrder { order });
        assert!(matches!(refused(early), Refusal::OrderState { .. }));
    }
}

#[test]
fn two_nodes_on_one_database_sell_one_thing_once() {
    let stage = crate::stage::Stage::on_postgres();
    let other = stage.try_to_open(&stage.location).unwrap();
    let rana = stage.member("rana");
    let buyers: Vec<_> = (0..16).map(|number| stage.member(&format!("buyer_{number}"))).collect();
    let listing = stage.lists(&rana, "Calculus", usd(2_500));
    let buying = stage.buying(listing);
    let answers: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = buyers
            .iter()
            .zip([stage.market(), &other].into_iter().cycle())
            .map(|(buyer, node)| {
                let buying = buying.clone();
                scope.spawn(move || node.run_now(buyer.caller(), buying))
            })
            .collect();
        asked.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter_map(Result::err) {
        assert_eq!(answer, No::Refused(Refusal::ListingSold));
    }
    stage.is_clean();
}

fn listing_of(stage: &crate::stage::Stage, person: &crate::stage::Person) -> ListingId {
    stage.sees(person, |view| view.own_listings(None, None)).rows[0].listing.listing
}

trait LessASecond {
    fn less_a_second(self) -> Self;
}

impl LessASecond for Span {
    fn less_a_second(self) -> Self {
        let end = Moment::from_micros(0).plus(self);
        end.minus(Self::seconds(1)).since(Moment::from_micros(0))
    }
}
