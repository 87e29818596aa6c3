//! What was won in an auction: how it reaches its winner, shipped or collected, and who learns where they live.

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::checkout::{
    CheckoutView, Delivery, DeliveryChoice, PayBy, ShippingAddress, State as Held,
};
use auboutique_domain::id::{CheckoutId, ListingId, OrderId};
use auboutique_domain::order::{Code, FulfillmentKind, OrderView, State};
use auboutique_domain::payment::{Saying, State as Paid};
use auboutique_domain::pickup::PickupPointDraft;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Refusal, Reply};
use auboutique_market::No;

use crate::checkout::checkout_in;
use crate::stage::{Person, Stage, at, cents, order_in, refused, usd};

const STREET: &str = "Bliss Street 5, third floor";
const NAME: &str = "Nora of the lighthouse";

fn shipment() -> DeliveryChoice {
    DeliveryChoice::Shipment(ShippingAddress::new(NAME, STREET).unwrap())
}

fn choosing(checkout: CheckoutId, delivery: DeliveryChoice) -> Command {
    Command::ChooseDelivery { checkout, delivery }
}

fn from_wallet(checkout: CheckoutId) -> Command {
    Command::PlaceOrders { checkout, pay: PayBy::Wallet(Currency::Usd) }
}

/// A lamp of Omar's that Rana won for 40 USD, a desk, and money in her wallet.
struct Won {
    rana: Person,
    omar: Person,
    desk: Person,
    lamp: ListingId,
    checkout: CheckoutId,
}

impl Stage {
    /// The lot is put up, and the winner takes it at once.
    fn awards(&self, winner: &Person, seller: &Person, lot: ListingId, price: Money) -> CheckoutId {
        let ends = Ends::After(Span::hours(1));
        let start = Money::new(price.minor / 100 * 50, price.currency);
        let draft = AuctionDraft::new(start, None, Some(price), None, ends).unwrap();
        let open = Command::OpenAuction { lot: Lot::Listing(lot), draft };
        let Reply::Auction(opened) = self.does(seller, open) else { panic!("it was not opened") };
        let take = Command::TakeBuyNow { auction: opened.auction, price };
        let Reply::Auction(taken) = self.does(winner, take) else { panic!("it was not taken") };
        taken.checkout.unwrap()
    }

    fn won(&self) -> Won {
        let (rana, omar, desk) = (self.member("rana"), self.member("omar"), self.attendant("maya"));
        let lamp = self.lists(&omar, "Lamp", usd(1_000));
        self.tops_up(&desk, &rana, cents(10_000));
        let checkout = self.awards(&rana, &omar, lamp, cents(4_000));
        Won { rana, omar, desk, lamp, checkout }
    }

    fn chooses(&self, buyer: &Person, checkout: CheckoutId, delivery: DeliveryChoice) -> CheckoutView {
        checkout_in(self.does(buyer, choosing(checkout, delivery)))
    }

    fn pays_for(&self, buyer: &Person, checkout: CheckoutId) -> OrderView {
        self.places(buyer, checkout, PayBy::Wallet(Currency::Usd)).remove(0)
    }

    fn ships(&self, seller: &Person, order: OrderId, note: &str) -> OrderView {
        order_in(self.does(seller, Command::ShipOrder { order, note: note.to_owned() }))
    }

    fn address(&self, who: &Person, order: OrderId) -> Result<Option<ShippingAddress>, No> {
        self.ask(who.caller(), move |view| view.shipping_address(order))
    }

    /// The rows of addresses that still have a text, and those that have none.
    fn addresses(&self) -> (usize, usize) {
        let erased = "addresses WHERE name IS NULL AND address IS NULL AND erased_at IS NOT NULL";
        (self.count("addresses WHERE name IS NOT NULL OR address IS NOT NULL"), self.count(erased))
    }

    /// Whether the address stands anywhere but where it belongs.
    fn has_leaked(&self) -> bool {
        ["events WHERE body", "answers WHERE answer", "messages WHERE text", "orders WHERE shipping_note"]
            .into_iter()
            .any(|place| {
                self.count(&format!("{place} LIKE '%Bliss Street 5%'")) > 0
                    || self.count(&format!("{place} LIKE '%lighthouse%'")) > 0
            })
    }

    fn is_withdrawn(&self, listing: ListingId) -> bool {
        self.count(&format!(
            "listings WHERE id = '{listing}' AND withdrawn_at IS NOT NULL AND sold_at IS NULL"
        )) == 1
    }
}

on_both! {
    fn what_was_won_is_shipped_and_the_seller_is_credited_when_the_buyer_has_it(stage) {
        let Won { rana, omar, desk, lamp, checkout } = stage.won();
        assert_eq!(stage.refusal(&rana, from_wallet(checkout)), Refusal::DeliveryNeeded);
        let chosen = stage.chooses(&rana, checkout, shipment());
        assert_eq!((chosen.delivery, chosen.parcels[0].pickup_day), (Some(Delivery::Shipment), None));
        let cash = Command::PlaceOrders { checkout, pay: PayBy::Cash };
        assert_eq!(stage.refusal(&rana, cash), Refusal::PayFirst);
        let order = stage.pays_for(&rana, checkout);
        assert_eq!((order.fulfillment.kind, order.pickup.code), (FulfillmentKind::Shipment, None));
        assert_eq!((order.total, order.due, order.auction), (cents(4_000), cents(0), chosen.auction));
        assert_eq!(order.pickup.until, Some(stage.now().plus(Span::days(7))));
        // No desk has anything to do with it: no code is shown, none is found, no place is taken on any day.
        assert_eq!(stage.order(&omar, order.order).pickup.code, None);
        let code = Code::parse(&stage.sql("SELECT pickup_code FROM orders")).unwrap();
        assert_eq!(stage.refusal(&desk, Command::ShowCode { code }), Refusal::not_found("code"));
        assert_eq!(stage.count("pickup_days WHERE booked > 0"), 0);
        let to_ship = stage.sees(&omar, |view| view.to_hand_over(None, None, None)).rows;
        assert_eq!((to_ship.len(), to_ship[0].order), (1, order.order));

        let ship = Command::ShipOrder { order: order.order, note: String::new() };
        assert_eq!(stage.refusal(&rana, ship.clone()), Refusal::not_found("order"));
        let sent = stage.ships(&omar, order.order, "Aramex 4711");
        assert_eq!((sent.state, sent.fulfillment.note.as_str()), (State::Shipped, "Aramex 4711"));
        assert_eq!(sent.fulfillment.shipped_at, Some(stage.now()));
        assert!(matches!(stage.refusal(&omar, ship), Refusal::OrderState { .. }));
        assert_eq!(stage.sql(&format!("SELECT on_hand, committed FROM listings WHERE id = '{lamp}'")), "0|0");
        stage.does(&rana, Command::ConfirmOrder { order: order.order });
        assert_eq!(stage.state(&omar, order.order), State::Completed);
        // A tenth of it is the market's.
        assert_eq!(stage.balance(&format!("seller:{}", omar.id)), -3_600);
        stage.is_clean();
    }

    fn what_was_won_can_be_collected_at_any_pickup_point_and_it_may_be_changed_until_it_is_paid(stage) {
        let Won { rana, omar, checkout, .. } = stage.won();
        let draft = PickupPointDraft::post_office();
        let elsewhere = match stage.at_console(Command::AddPickupPoint { draft }) {
            Reply::PickupPoint(point) => point.id,
            other => panic!("{other:?}"),
        };
        stage.chooses(&rana, checkout, shipment());
        assert_eq!(stage.addresses(), (1, 0));
        stage.chooses(&rana, checkout, DeliveryChoice::Pickup(elsewhere));
        assert_eq!(stage.addresses(), (0, 1));
        let order = stage.pays_for(&rana, checkout);
        assert_eq!((order.pickup.point, order.fulfillment.kind), (elsewhere, FulfillmentKind::Pickup));
        let again = stage.refusal(&rana, choosing(checkout, shipment()));
        assert_eq!(again, Refusal::CheckoutOver);
        let desk = stage.attendant_at(elsewhere, "samir");
        stage.drops_off(&desk, &omar, order.order);
        stage.collects(&desk, &rana, order.order);
        assert_eq!(stage.address(&omar, order.order), Ok(None));
        stage.is_clean();
    }

    fn a_card_pays_what_was_won_once_it_is_known_where_it_goes(stage) {
        stage.takes_cards();
        let Won { rana, checkout, .. } = stage.won();
        let starting = Command::StartPayment { checkout, currency: Currency::Usd };
        assert_eq!(stage.refusal(&rana, starting), Refusal::DeliveryNeeded);
        stage.chooses(&rana, checkout, shipment());
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        let placed = stage.hears(&begun, Saying::Captured(cents(150)));
        assert_eq!(placed.state, Paid::Placed);
        let order = stage.checkout(&rana, checkout).orders[0];
        assert!(stage.address(&rana, order).unwrap().is_some());
        stage.is_clean();
    }

    fn only_who_won_chooses_and_only_what_was_won_has_a_choice(stage) {
        let Won { rana, omar, checkout, .. } = stage.won();
        for other in [&omar, &stage.member("leila"), &stage.operator("olga")] {
            let refused = stage.refusal(other, choosing(checkout, shipment()));
            assert_eq!(refused, Refusal::not_found("checkout"));
        }
        let book = stage.lists(&omar, "Calculus", usd(500));
        stage.puts(&rana, book, 1);
        // The cart has its own checkout, beside the one of the lot.
        let ordinary = stage.prepares(&rana).checkout;
        assert_ne!(ordinary, checkout);
        assert_eq!(stage.refusal(&rana, choosing(ordinary, shipment())), Refusal::DeliveryFixed);
        assert_eq!(stage.sees(&rana, |view| view.open_checkout()).unwrap().checkout, ordinary);
        let nowhere = auboutique_domain::id::PickupPointId::new(stage.now(), [9; 10]);
        let lost = stage.refusal(&rana, choosing(checkout, DeliveryChoice::Pickup(nowhere)));
        assert_eq!(lost, Refusal::not_found("pickup point"));
        stage.is_clean();
    }

    fn nobody_but_the_two_sides_learns_where_it_is_shipped_to(stage) {
        let Won { rana, omar, desk, checkout, .. } = stage.won();
        let karim = stage.member("karim");
        let club = stage.opens(&karim, "Engineering Club");
        let helper = stage.member("helper");
        stage.does(&karim, Command::AppointStaff { username: helper.username.clone() });
        let board = stage.lists(&karim, "Breadboard", usd(2_000));
        let lot = stage.awards(&rana, &karim, board, cents(2_000));
        let other = stage.member("other");
        let plants = stage.opens(&other, "Plants");
        let outsider = stage.member("outsider");
        stage.does(&other, Command::AppointStaff { username: outsider.username.clone() });
        assert_ne!(club, plants);
        for checkout in [checkout, lot] {
            let delivery = shipment();
            let caller = rana.caller().under(crate::stage::key(&format!("choose-{checkout}")));
            stage.run(caller, Command::ChooseDelivery { checkout, delivery }).unwrap();
            // Before it is paid nobody but the winner knows.
            for who in [&omar, &karim, &helper] {
                let asked = stage.ask(who.caller(), move |view| view.checkout_address(checkout));
                assert_eq!(refused(asked), Refusal::not_found("checkout"));
            }
            let known = stage.sees(&rana, move |view| view.checkout_address(checkout)).unwrap();
            assert_eq!((known.name(), known.address()), (NAME, STREET));
        }
        let (lamp, board) = (stage.pays_for(&rana, checkout).order, stage.pays_for(&rana, lot).order);
        for (order, sides) in [(lamp, [&rana, &omar]), (board, [&rana, &karim])] {
            for who in sides {
                let known = stage.address(who, order).unwrap().unwrap();
                assert_eq!((known.name(), known.address()), (NAME, STREET));
            }
        }
        let operator = stage.operator("olga");
        for who in [&operator, &desk, &outsider, &other, &helper, &stage.member("leila")] {
            for order in [lamp, board] {
                assert_eq!(refused(stage.address(who, order)), Refusal::not_found("order"));
            }
        }
        assert_eq!(refused(stage.address(&karim, lamp)), Refusal::not_found("order"));
        stage.ships(&karim, board, "By bicycle");
        stage.ships(&omar, lamp, "");
        assert!(!stage.has_leaked());
        stage.is_clean();
    }

    fn an_address_is_erased_ninety_days_after_its_order_ended(stage) {
        let Won { rana, omar, checkout, .. } = stage.won();
        stage.chooses(&rana, checkout, shipment());
        let order = stage.pays_for(&rana, checkout).order;
        stage.ships(&omar, order, "");
        stage.pass(Span::days(14));
        assert_eq!(stage.state(&rana, order), State::Completed);
        stage.pass(Span::days(89));
        stage.at_console(Command::Forget);
        let (rana, omar) = (stage.again(&rana), stage.again(&omar));
        assert!(stage.address(&omar, order).unwrap().is_some());
        stage.pass(Span::days(1));
        stage.at_console(Command::Forget);
        assert_eq!((stage.address(&omar, order), stage.address(&rana, order)), (Ok(None), Ok(None)));
        assert_eq!(stage.addresses(), (0, 1));
        stage.is_clean();
    }

    fn the_address_of_a_checkout_that_becomes_nothing_is_erased_at_once(stage) {
        let Won { rana, omar, checkout, .. } = stage.won();
        stage.chooses(&rana, checkout, shipment());
        stage.does(&rana, Command::CancelCheckout { checkout });
        assert_eq!(stage.addresses(), (0, 1));
        let lamp = stage.lists(&omar, "Another lamp", usd(1_000));
        let again = stage.awards(&rana, &omar, lamp, cents(4_000));
        stage.chooses(&rana, again, shipment());
        stage.pass(Span::hours(47));
        assert_eq!(stage.checkout(&rana, again).state, Held::Held);
        stage.pass(Span::hours(1));
        assert_eq!((stage.checkout(&rana, again).state, stage.addresses()), (Held::Expired, (0, 2)));
        assert!(stage.is_withdrawn(lamp));
        // Two days for nothing keep nobody from checking out a cart.
        stage.puts(&rana, stage.lists(&omar, "Calculus", usd(500)), 1);
        stage.prepares(&rana);
        stage.is_clean();
    }

    fn what_is_not_sent_within_seven_days_is_refunded_and_withdrawn(stage) {
        let Won { rana, omar, lamp, checkout, .. } = stage.won();
        stage.chooses(&rana, checkout, shipment());
        let order = stage.pays_for(&rana, checkout).order;
        assert_eq!(stage.balance(&format!("wallet:{}", rana.id)), -6_000);
        stage.pass(Span::days(6));
        assert_eq!(stage.state(&rana, order), State::Placed);
        stage.pass(Span::days(1));
        assert_eq!(stage.state(&rana, order), State::NoDropOff);
        assert_eq!(stage.balance(&format!("wallet:{}", rana.id)), -10_000);
        assert_eq!(stage.sql("SELECT member_id, reason FROM strikes"), format!("{}|no_drop_off", omar.id));
        assert!(stage.is_withdrawn(lamp));
        stage.is_clean();
    }

    fn what_was_won_is_canceled_by_consent_alone_and_its_listing_stays_withdrawn(stage) {
        let Won { rana, omar, lamp, checkout, .. } = stage.won();
        stage.chooses(&rana, checkout, shipment());
        let order = stage.pays_for(&rana, checkout).order;
        let refused = stage.refusal(&rana, Command::CancelOrder { order });
        assert_eq!(refused, Refusal::CancelNeedsConsent { minutes: 0 });
        stage.does(&rana, Command::RequestCancel { order });
        stage.cancels(&omar, order);
        assert_eq!((stage.state(&rana, order), stage.count("strikes")), (State::Canceled, 0));
        assert!(stage.is_withdrawn(lamp));
        stage.is_clean();
    }

    fn a_shipment_is_not_moved_when_a_day_is_closed_and_needs_no_open_pickup_point(stage) {
        let Won { rana, checkout, .. } = stage.won();
        stage.chooses(&rana, checkout, shipment());
        let point = stage.point().id;
        stage.at_console(Command::ClosePickupPoint { pickup_point: point });
        let order = stage.pays_for(&rana, checkout);
        assert_eq!(order.pickup.day, crate::stage::day("2026-11-30"));
        stage.at_console(Command::CloseDay { pickup_point: point, day: order.pickup.day });
        let after = stage.order(&rana, order.order);
        assert_eq!((after.pickup.day, after.pickup.until), (order.pickup.day, Some(at("2026-11-30T07:00:00Z"))));
        stage.is_clean();
    }
}
