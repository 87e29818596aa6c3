//! Card payments: what the provider says in whatever order, and that money buys something or goes back, once.

use auboutique_domain::checkout::{PayBy, State as Checkout};
use auboutique_domain::id::{CheckoutId, ListingId, PaymentId};
use auboutique_domain::order::{Means, State as Order};
use auboutique_domain::payment::{Next, PaymentView, Saying, State};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Refusal, Reply};

use crate::stage::{Person, Stage, cents, refused, usd};

fn payment_in(reply: Reply) -> PaymentView {
    match reply {
        Reply::Payment(payment) => payment,
        other => panic!("{other:?}"),
    }
}

impl Stage {
    /// A buyer with a lamp of 40 USD set aside.
    fn at_the_till(&self) -> (Person, ListingId, CheckoutId) {
        let (rana, omar) = (self.member("rana"), self.member("omar"));
        let lamp = self.lists(&omar, "Lamp", usd(4_000));
        self.puts(&rana, lamp, 1);
        let checkout = self.prepares(&rana).checkout;
        (rana, lamp, checkout)
    }

    pub(crate) fn starts_payment(
        &self,
        buyer: &Person,
        checkout: CheckoutId,
        currency: Currency,
    ) -> PaymentView {
        payment_in(self.does(buyer, Command::StartPayment { checkout, currency }))
    }

    pub(crate) fn hears(&self, payment: &PaymentView, saying: Saying) -> PaymentView {
        let told = self.market().note_payment(payment.payment, payment.amount, saying);
        payment_in(self.wait(told).unwrap())
    }

    fn entries(&self) -> String {
        self.sql("SELECT kind FROM entries ORDER BY kind")
    }
}

const FEE: Money = cents_of(150);

const fn cents_of(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

on_both! {
    fn a_card_pays_a_checkout_in_three_steps(stage) {
        stage.takes_cards();
        let (rana, lamp, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        assert_eq!((begun.state, begun.amount, begun.next), (State::Started, cents(4_000), Some(Next::Ask)));
        let held_until = stage.checkout(&rana, checkout).expires_at;
        assert_eq!(held_until, stage.now().plus(Span::minutes(15)));
        let authorized = stage.hears(&begun, Saying::Authorized);
        assert_eq!(authorized.next, Some(Next::Capture));
        assert_eq!((stage.count("orders"), stage.count("entries")), (0, 0));
        let placed = stage.hears(&begun, Saying::Captured(FEE));
        assert_eq!((placed.state, placed.next), (State::Placed, None));
        let view = stage.checkout(&rana, checkout);
        assert_eq!((view.state, view.orders.len()), (Checkout::Placed, 1));
        let order = stage.order(&rana, view.orders[0]);
        assert_eq!((order.due, order.receipt.map(|receipt| receipt.means)), (cents(0), Some(Means::Card)));
        assert_eq!(stage.entries(), "card_cost\ncard_paid");
        assert_eq!((stage.balance("psp_clearing"), stage.balance("exp_psp")), (3_850, 150));
        assert_eq!(stage.refusal(&stage.member("leila"), stage.buying(lamp)), Refusal::ListingSold);
        stage.is_clean();
    }

    fn what_is_told_again_late_or_out_of_order_pays_once(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        // The money is told of before the authorization.
        stage.hears(&begun, Saying::Captured(FEE));
        for saying in [
            Saying::Authorized,
            Saying::Captured(FEE),
            Saying::Declined("late".to_owned()),
            Saying::Canceled,
            Saying::Captured(cents_of(1)),
        ] {
            assert_eq!(stage.hears(&begun, saying).state, State::Placed);
        }
        assert_eq!((stage.count("orders"), stage.count("entries")), (1, 2));
        let other = stage.market().note_payment(begun.payment, cents(3_999), Saying::Captured(FEE));
        assert_eq!(refused(stage.wait(other)), Refusal::PaymentMismatch { asked: cents(4_000) });
        let unknown = PaymentId::new(stage.now(), [3; 10]);
        let unknown = stage.market().note_payment(unknown, cents(4_000), Saying::Captured(FEE));
        assert_eq!(refused(stage.wait(unknown)), Refusal::not_found("payment"));
        stage.is_clean();
    }

    fn a_payment_that_comes_when_the_hold_is_over_is_in_the_wallet(stage) {
        stage.takes_cards();
        let (rana, lamp, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        stage.hears(&begun, Saying::Authorized);
        stage.pass(Span::minutes(16));
        // Somebody else was faster meanwhile.
        stage.buys(&stage.member("leila"), lamp);
        let late = stage.hears(&begun, Saying::Captured(FEE));
        assert_eq!(late.state, State::Refunded);
        assert_eq!(stage.hears(&begun, Saying::Captured(FEE)).state, State::Refunded);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(4_000));
        assert_eq!((stage.count("orders"), stage.entries()), (1, "card_cost\npayment_refunded".to_owned()));
        stage.is_clean();
    }

    fn an_authorization_that_can_buy_nothing_any_more_is_let_go_before_money_moves(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        stage.does(&rana, Command::CancelCheckout { checkout });
        assert_eq!(stage.hears(&begun, Saying::Authorized).state, State::Started);
        stage.pass(Span::seconds(59));
        let view = |stage: &Stage| stage.sees(&rana, move |view| view.payment(begun.payment));
        // A capture may still be under way on another node.
        assert_eq!(view(stage).next, Some(Next::Ask));
        stage.pass(Span::seconds(1));
        assert_eq!(view(stage).next, Some(Next::Cancel));
        assert_eq!(stage.hears(&view(stage), Saying::Canceled).state, State::Voided);
        assert_eq!(stage.count("entries"), 0);
        stage.is_clean();
    }

    fn a_declined_card_loses_nothing_and_another_one_may_do(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        let declined = stage.hears(&begun, Saying::Declined("not enough money".to_owned()));
        assert_eq!((declined.state, declined.reason.as_str()), (State::Declined, "not enough money"));
        assert_eq!(stage.checkout(&rana, checkout).state, Checkout::Held);
        // The same payment goes on: two clicks are one payment.
        assert_eq!(stage.starts_payment(&rana, checkout, Currency::Usd).payment, begun.payment);
        stage.hears(&begun, Saying::Authorized);
        // The capture fails: the provider has ended it. Another payment is begun, and the first one never buys anything.
        assert_eq!(stage.hears(&begun, Saying::Declined("the bank is closed".to_owned())).state, State::Voided);
        let second = stage.starts_payment(&rana, checkout, Currency::Usd);
        assert_ne!(second.payment, begun.payment);
        stage.hears(&second, Saying::Captured(FEE));
        assert_eq!(stage.hears(&begun, Saying::Captured(FEE)).state, State::Refunded);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(4_000));
        assert_eq!(stage.count("orders"), 1);
        stage.is_clean();
    }

    fn of_two_payments_in_two_currencies_the_last_one_buys(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let dollars = stage.starts_payment(&rana, checkout, Currency::Usd);
        let pounds = stage.starts_payment(&rana, checkout, Currency::Lbp);
        assert_eq!(pounds.amount, Money::new(3_580_000, Currency::Lbp));
        stage.hears(&dollars, Saying::Authorized);
        assert_eq!(stage.hears(&dollars, Saying::Captured(FEE)).state, State::Refunded);
        let fee = Money::new(103_820, Currency::Lbp);
        assert_eq!(stage.hears(&pounds, Saying::Captured(fee)).state, State::Placed);
        let order = stage.checkout(&rana, checkout).orders[0];
        let receipt = stage.order(&rana, order).receipt.unwrap();
        assert_eq!((receipt.paid, receipt.rate.is_some()), (pounds.amount, true));
        stage.is_clean();
    }

    fn who_pays_in_cash_after_all_has_the_card_money_in_the_wallet(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        stage.hears(&begun, Saying::Authorized);
        let order = stage.places(&rana, checkout, PayBy::Cash).remove(0);
        assert_eq!(order.state, Order::Placed);
        assert_eq!(stage.hears(&begun, Saying::Captured(FEE)).state, State::Refunded);
        // And the order can be paid from there.
        let paid = stage.does(&rana, Command::PayOrder { order: order.order, currency: Currency::Usd });
        assert!(matches!(paid, Reply::Order(order) if order.due == cents(0)));
        stage.is_clean();
    }

    fn what_was_paid_for_and_cannot_be_had_after_all_is_refunded_whole(stage) {
        stage.takes_cards();
        let (rana, lamp, _) = stage.at_the_till();
        let nora = stage.member("nora");
        let rug = stage.lists(&nora, "Rug", usd(1_000));
        stage.puts(&rana, rug, 1);
        let checkout = stage.prepares(&rana).checkout;
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        stage.does(&nora, Command::WithdrawListing { listing: rug });
        let refunded = stage.hears(&begun, Saying::Captured(FEE));
        assert_eq!(refunded.state, State::Refunded);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet[0], cents(5_000));
        assert_eq!((stage.count("orders"), stage.state_of(lamp)), (0, auboutique_domain::listing::ListingState::OnSale));
        stage.is_clean();
    }

    fn a_market_without_a_provider_says_so(stage) {
        let (rana, _, checkout) = stage.at_the_till();
        let start = Command::StartPayment { checkout, currency: Currency::Usd };
        assert_eq!(stage.refusal(&rana, start.clone()), Refusal::CardsOff);
        stage.takes_cards();
        let leila = stage.member("leila");
        assert_eq!(stage.refusal(&leila, start.clone()), Refusal::not_found("checkout"));
        stage.pass(Span::minutes(10));
        assert_eq!(stage.refusal(&rana, start), Refusal::CheckoutOver);
    }

    fn only_the_node_says_what_the_provider_says(stage) {
        stage.takes_cards();
        let (rana, _, checkout) = stage.at_the_till();
        let begun = stage.starts_payment(&rana, checkout, Currency::Usd);
        let operator = stage.operator("ziad");
        for command in [
            Command::NotePayment { payment: begun.payment, amount: begun.amount, saying: Saying::Captured(FEE) },
            Command::NoteSettlement { batch: "1".to_owned(), amount: cents(1) },
            Command::LapseCheckout { checkout },
        ] {
            for person in [&rana, &operator] {
                assert!(matches!(stage.refusal(person, command.clone()), Refusal::RoleNeeded { .. }));
            }
        }
        let theirs = refused(stage.ask(operator.caller(), move |view| view.payment(begun.payment)));
        assert_eq!(theirs, Refusal::not_found("payment"));
        assert!(matches!(refused(stage.ask(rana.caller(), |view| view.open_payments(None))), Refusal::RoleNeeded { .. }));
    }

    fn a_settlement_told_twice_is_posted_once(stage) {
        for _ in 0..2 {
            let told = stage.market().note_settlement("2026-11-23".to_owned(), cents(3_850));
            assert_eq!(stage.wait(told).unwrap(), Reply::Done);
        }
        assert_eq!((stage.balance("bank"), stage.balance("psp_clearing")), (3_850, -3_850));
        let nothing = stage.market().note_settlement("nothing".to_owned(), cents(0));
        assert!(matches!(refused(stage.wait(nothing)), Refusal::AmountOutOfRange { .. }));
        stage.is_clean();
    }
}
