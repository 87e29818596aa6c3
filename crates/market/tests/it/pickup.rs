//! Pickup points: days, capacity, closures, and the desk with its codes.

use auboutique_domain::id::PickupPointId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::member::Username;
use auboutique_domain::order::{Action, Code, Side, State};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::Caller;

use crate::stage::{Stage, at, cents, day, desk_in, order_in, usd};

/// Another pickup point, at the gate.
fn gate(stage: &Stage) -> PickupPointId {
    let post_office = stage.point();
    let draft =
        PickupPointDraft::new("Main Gate", "Bliss Street", "Asia/Beirut", &post_office.opening.into(), 5);
    match stage.at_console(Command::AddPickupPoint { draft: draft.unwrap() }) {
        Reply::PickupPoint(point) => point.id,
        other => panic!("{other:?}"),
    }
}

/// A code that is nobody's: the pickup code of the right form made of that number.
fn nobodys(number: u8) -> Code {
    Code::pickup([number, 1, 2, 3, 4, number])
}

on_both! {
    fn a_new_market_has_the_post_office(stage) {
        let points = stage.ask(Caller::VISITOR, |view| view.pickup_points()).unwrap();
        assert_eq!(points.len(), 1);
        assert_eq!(points[0].point.name, "AUB Post Office");
        assert_eq!(stage.events("pickup_point_added"), 1);
    }

    fn with_room_for_one_a_day_the_next_order_is_a_day_later(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        stage.capacity(1);
        let days: Vec<_> = (0..4)
            .map(|number| {
                let listing = stage.lists(&rana, &format!("Volume {number}"), usd(100));
                stage.buys(&karim, listing).pickup.day.to_string()
            })
            .collect();
        assert_eq!(days, ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]);
        stage.is_clean();
    }

    fn a_place_on_a_day_is_free_again_after_a_cancelation(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        stage.capacity(1);
        let listing = stage.lists(&rana, "Calculus", usd(100));
        for _ in 0..3 {
            let order = stage.buys(&karim, listing);
            assert_eq!(order.pickup.day, day("2026-11-25"));
            stage.cancels(&karim, order.order);
        }
        stage.is_clean();
    }

    fn closing_a_day_moves_its_orders_to_the_next_with_room_and_tells_both(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        stage.capacity(1);
        let buy = |title| stage.buys(&karim, stage.lists(&rana, title, usd(100))).order;
        let (first, second) = (buy("Calculus"), buy("Physics"));
        stage.drops_off(&nadim, &rana, first);
        let close = Command::CloseDay { pickup_point: stage.point().id, day: day("2026-11-25") };
        stage.at_console(close.clone());
        stage.at_console(close);
        for person in [&rana, &karim] {
            assert_eq!(stage.order(person, first).pickup.day, day("2026-11-27"));
            assert_eq!(stage.order(person, second).pickup.day, day("2026-11-26"));
        }
        let told = stage.sql("SELECT subject, audience FROM events WHERE event = 'pickup_moved'");
        assert_eq!(told, format!("{first}|{} {}", karim.id, rana.id));
        assert_eq!(stage.pass_until("2026-11-25T06:00:00Z"), 0);
        assert_eq!(stage.pass_until("2026-11-26T06:00:00Z"), 1);
        assert_eq!(stage.events("pickup_reminded"), 1);
        assert_eq!((stage.events("day_closed"), stage.events("pickup_moved")), (1, 1));
        stage.is_clean();
    }

    fn a_closed_day_is_skipped_until_it_opens_again(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let (pickup_point, day) = (stage.point().id, day("2026-11-25"));
        let listing = stage.lists(&rana, "Calculus", usd(100));
        stage.at_console(Command::CloseDay { pickup_point, day });
        let seen = stage.ask(Caller::VISITOR, |view| view.pickup_points()).unwrap();
        assert_eq!(seen[0].closures, [day]);
        let later = stage.buys(&karim, listing);
        assert_eq!(later.pickup.day.to_string(), "2026-11-26");
        stage.cancels(&karim, later.order);
        stage.at_console(Command::OpenDay { pickup_point, day });
        assert_eq!(stage.buys(&karim, listing).pickup.day, day);
        stage.is_clean();
    }

    fn a_day_that_is_over_is_neither_closed_nor_opened(stage) {
        let pickup_point = stage.point().id;
        let operator = stage.operator("olga");
        for command in [
            Command::CloseDay { pickup_point, day: day("2026-11-22") },
            Command::OpenDay { pickup_point, day: day("2026-11-22") },
        ] {
            assert_eq!(stage.refusal(&operator, command), Refusal::DayInvalid);
        }
        stage.does(&operator, Command::CloseDay { pickup_point, day: day("2026-11-23") });
        let elsewhere = PickupPointId::new(stage.now(), [9; 10]);
        let missing = Command::CloseDay { pickup_point: elsewhere, day: day("2026-11-25") };
        assert_eq!(stage.refusal(&operator, missing), Refusal::not_found("pickup point"));
    }

    fn a_closure_moves_the_deadline_of_a_drop_off(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(100))).order;
        stage.at_console(Command::CloseDay { pickup_point: stage.point().id, day: day("2026-11-26") });
        assert_eq!(stage.pass_until("2026-11-27T15:00:00Z"), 1);
        assert_eq!(stage.state(&karim, order), State::Placed);
        assert_eq!(stage.order(&rana, order).pickup.until, Some(at("2026-11-30T15:00:00Z")));
        stage.pass_until("2026-11-30T15:00:00Z");
        assert_eq!(stage.state(&karim, order), State::NoDropOff);
    }

    fn a_point_without_a_free_day_refuses_the_order_and_keeps_the_listing(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let pickup_point = stage.point().id;
        let only_monday = [("mon".to_owned(), "08:00-17:00".to_owned())].into();
        let draft = PickupPointDraft::new("Post Office", "West Hall", "Asia/Beirut", &only_monday, 1).unwrap();
        stage.at_console(Command::ChangePickupPoint { pickup_point, draft });
        for number in 0..11 {
            stage.buys(&karim, stage.lists(&rana, &format!("Volume {number}"), usd(100)));
        }
        let listing = stage.lists(&rana, "One more", usd(100));
        assert_eq!(stage.refusal(&karim, stage.buying(listing)), Refusal::PickupPointFull { days: 90 });
        assert_eq!(stage.count("orders"), 11);
        stage.listing(listing).unwrap();
        stage.is_clean();
    }

    fn only_attendants_serve_the_desk(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(100))).order;
        let (pickup, drop_off) = (stage.code(&karim, order), stage.code(&rana, order));
        for command in [
            Command::ShowCode { code: pickup.clone() },
            Command::DropOff { code: drop_off.clone() },
            Command::TakePayment { code: pickup.clone(), cash: cents(100) },
            Command::Collect { code: pickup.clone(), cash: Some(cents(100)) },
        ] {
            for person in [&rana, &karim, &stage.operator(&format!("op_{}", stage.count("members")))] {
                assert_eq!(stage.refusal(person, command.clone()), Refusal::not_found("desk"));
            }
            assert_eq!(stage.refusal_to_visitor(command), Refusal::SignInNeeded);
        }
        stage.does(&nadim, Command::ShowCode { code: pickup.clone() });
        let username = nadim.username.clone();
        let dismiss = Command::DismissAttendant { pickup_point: stage.point().id, username };
        stage.at_console(dismiss.clone());
        let refusal = stage.refusal(&nadim, Command::ShowCode { code: pickup });
        assert_eq!(refusal, Refusal::not_found("desk"));
        let operator = stage.operator("olga");
        assert_eq!(stage.refusal(&operator, dismiss), Refusal::not_found("attendant"));
    }

    fn the_code_of_one_point_is_unknown_at_another(stage) {
        let (rana, karim) = (stage.member("rana"), stage.member("karim"));
        let here = stage.attendant("nadim");
        stage.pass(Span::seconds(1));
        let gate = gate(stage);
        let there = stage.attendant_at(gate, "ghada");
        let draft =
            ListingDraft::new("Atlas", "", usd(100), Category::Books, Condition::Good, Some(gate)).unwrap();
        let Reply::Listing(listing) = stage.does(&rana, Command::AddListing { draft }) else { panic!() };
        let order = stage.buys(&karim, listing.listing).order;
        let code = stage.code(&rana, order);
        for code in [code.clone(), nobodys(0)] {
            let refusal = stage.refusal(&here, Command::ShowCode { code });
            assert_eq!(refusal, Refusal::not_found("code"));
        }
        let seen = desk_in(stage.does(&there, Command::ShowCode { code }));
        assert_eq!((seen.order, seen.next), (order, Some(Action::DropOff)));
    }

    fn a_code_says_whose_it_is_and_what_is_to_be_done(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let (pickup, drop_off) = (stage.code(&karim, order), stage.code(&rana, order));
        let show = |code: &Code| desk_in(stage.does(&nadim, Command::ShowCode { code: code.clone() }));
        let (of_seller, of_buyer) = (show(&drop_off), show(&pickup));
        assert_eq!((of_seller.shown_by, of_seller.next), (Side::Seller, Some(Action::DropOff)));
        assert_eq!((of_seller.due, of_seller.name.as_str()), (cents(0), "rana"));
        assert_eq!((of_buyer.shown_by, of_buyer.next), (Side::Buyer, None));
        assert_eq!((of_buyer.due, of_buyer.name.as_str()), (cents(2_500), "karim"));
        stage.drops_off(&nadim, &rana, order);
        assert_eq!((show(&drop_off).next, show(&pickup).next), (None, Some(Action::Collect)));
        stage.collects(&nadim, &karim, order);
        for code in [pickup, drop_off] {
            let over = stage.refusal(&nadim, Command::ShowCode { code });
            assert_eq!(over, Refusal::not_found("code"));
        }
    }

    fn neither_code_does_what_the_other_is_for(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let (pickup, drop_off) = (stage.code(&karim, order), stage.code(&rana, order));
        let unknown = Refusal::not_found("code");
        assert_eq!(stage.refusal(&nadim, Command::DropOff { code: pickup }), unknown);
        stage.drops_off(&nadim, &rana, order);
        let collect = Command::Collect { code: drop_off.clone(), cash: Some(cents(2_500)) };
        assert_eq!(stage.refusal(&nadim, collect), unknown);
        let pay = Command::TakePayment { code: drop_off, cash: cents(2_500) };
        assert_eq!(stage.refusal(&nadim, pay.clone()), unknown);
        assert_eq!(stage.refusal(&karim, pay.clone()), Refusal::not_found("desk"));
        assert_eq!(stage.refusal_to_visitor(pay), Refusal::SignInNeeded);
        assert_eq!(stage.state(&karim, order), State::AtDesk);
    }

    fn thirty_wrong_codes_make_an_attendant_wait_and_the_right_one_waits_too(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        let right = Command::DropOff { code: stage.code(&rana, order) };
        let wrong = |number| Command::ShowCode { code: nobodys(number) };
        for number in 0..30 {
            assert_eq!(stage.refusal(&nadim, wrong(number)), Refusal::not_found("code"));
        }
        let too_many = Refusal::TooManyTries { wait_seconds: 900 };
        assert_eq!(stage.refusal(&nadim, wrong(30)), too_many);
        assert_eq!(stage.refusal(&nadim, right.clone()), too_many);
        let other = stage.attendant("nour");
        stage.does(&other, Command::ShowCode { code: stage.code(&rana, order) });
        stage.pass(Span::minutes(15));
        stage.does(&nadim, right);
    }

    fn an_appointment_made_twice_is_one(stage) {
        let (nadim, operator) = (stage.attendant("nadim"), stage.operator("olga"));
        let pickup_point = stage.point().id;
        stage.does(&operator, Command::AppointAttendant { pickup_point, username: nadim.username.clone() });
        assert_eq!(stage.events("attendant_appointed"), 1);
        let nobody = Username::parse("nobody_here").unwrap();
        let refusal = stage.refusal(&operator, Command::AppointAttendant { pickup_point, username: nobody });
        assert_eq!(refusal, Refusal::not_found("member"));
        let desks = stage.sees(&operator, |view| view.pickup_points());
        assert_eq!(desks[0].attendants.as_ref().unwrap()[0].id, nadim.id);
        assert_eq!(stage.sees(&nadim, |view| view.pickup_points())[0].attendants, None);
    }

    fn a_point_that_closed_for_good_still_hands_over_what_it_was_promised(stage) {
        let (rana, karim, nadim) = (stage.member("rana"), stage.member("karim"), stage.attendant("nadim"));
        let pickup_point = stage.point().id;
        let order = stage.buys(&karim, stage.lists(&rana, "Calculus", usd(2_500))).order;
        stage.at_console(Command::ClosePickupPoint { pickup_point });
        let operator = stage.operator("olga");
        let again = stage.refusal(&operator, Command::ClosePickupPoint { pickup_point });
        assert_eq!(again, Refusal::PickupPointClosed);
        stage.drops_off(&nadim, &rana, order);
        stage.collects(&nadim, &karim, order);
        let confirmed = order_in(stage.does(&karim, Command::ConfirmOrder { order }));
        assert_eq!(confirmed.state, State::Completed);
        stage.is_clean();
    }
}
