//! Card payments: money that a provider takes from a buyer for a checkout.
//!
//! ```text
//!  started ──authorized──▶ authorized ──captured──▶ placed: the orders are there, and paid
//!    │  ▲                         │      captured──▶ refunded: the checkout was over, the money is in the wallet
//!    ▼  └─ another card           └── it could not be taken, or the checkout is over ──▶ voided: no money moved
//!  declined
//! ```
//!
//! The provider is asked outside of any transaction, and may answer twice, late, out of order, or not at all. So what it says
//! is a command like any other, and every pair of a state and a saying has one outcome: the table is [`Payment::note`]. Two
//! things can never be: orders without the money, and the money without orders or a refund.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{CheckoutId, MemberId, PaymentId};
use crate::money::Money;
use crate::refusal::Refusal;
use crate::text;
use crate::time::{Moment, Span};

/// How long after it can buy nothing any more a payment is let go: as long as a capture that was asked for before may still
/// be under way on some node.
pub const LET_GO_AFTER: Span = Span::minutes(1);

/// Where a payment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentState)]
pub enum State {
    /// The buyer is with the provider.
    Started,
    /// The provider said no to a card. Another one may do.
    Declined,
    /// The provider holds the money ready.
    Authorized,
    /// The money is taken, and the orders are placed.
    Placed,
    /// The money was taken too late, and is in the buyer's wallet.
    Refunded,
    /// No money was taken, and none will be.
    Voided,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Started, Self::Declined, Self::Authorized, Self::Placed, Self::Refunded, Self::Voided];

    /// The state's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Declined => "declined",
            Self::Authorized => "authorized",
            Self::Placed => "placed",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the provider still has something to say.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Started | Self::Declined | Self::Authorized)
    }
}

/// What a provider says of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Saying {
    /// A card was turned down, and why.
    Declined(String),
    /// The money is held ready.
    Authorized,
    /// The money is taken; what the provider keeps of it.
    Captured(Money),
    /// No money is taken: it was let go, or given back.
    Canceled,
}

/// What shall be asked of the provider next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentStep)]
pub enum Next {
    /// To take the money.
    Capture,
    /// To let it go.
    Cancel,
    /// Where the payment stands.
    Ask,
}

/// What has to happen here when a provider said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was known, or does not matter any more.
    Nothing,
    /// The payment is in another state.
    Became(State),
    /// The money is there in time: the orders are to be placed with it. What the provider keeps of it.
    Place(Money),
    /// The money is there and cannot buy anything: it goes into the wallet.
    Refund(Money),
}

/// Whether anything can be bought with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hope {
    /// Its checkout holds its copies, and no other payment was begun for it since.
    Held,
    /// Not since then.
    Since(Moment),
}

/// A card payment for a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Which one; the provider knows it by this name too.
    pub id: PaymentId,
    /// For which checkout.
    pub checkout: CheckoutId,
    /// Whose.
    pub buyer: MemberId,
    /// What is to be paid.
    pub amount: Money,
    /// Where it is in its life.
    pub state: State,
    /// Why the last card was turned down, as the provider says it.
    pub reason: String,
    /// When it began.
    pub started_at: Moment,
    /// When it entered its state.
    pub changed_at: Moment,
    /// Counts the changes to the row.
    pub version: i64,
}

impl Payment {
    /// Begins a payment.
    #[must_use]
    pub const fn start(
        id: PaymentId,
        (checkout, buyer): (CheckoutId, MemberId),
        amount: Money,
        now: Moment,
    ) -> (Self, Event) {
        let payment = Self {
            id,
            checkout,
            buyer,
            amount,
            state: State::Started,
            reason: String::new(),
            started_at: now,
            changed_at: now,
            version: 1,
        };
        (payment, Event::PaymentStarted { payment: id, checkout, buyer, amount })
    }

    /// The table of the machine: what a saying means in a state, while the checkout holds its copies and when it does not.
    #[must_use]
    pub fn note(&self, saying: &Saying, held: bool) -> Outcome {
        match (self.state, saying) {
            // Money that moved is never passed over, in whatever order the news of it came.
            (State::Started | State::Declined | State::Authorized | State::Voided, Saying::Captured(fee)) => {
                if held && self.state != State::Voided {
                    Outcome::Place(*fee)
                } else {
                    Outcome::Refund(*fee)
                }
            }
            (State::Started | State::Declined, Saying::Authorized) if held => {
                Outcome::Became(State::Authorized)
            }
            (State::Started, Saying::Declined(_)) => Outcome::Became(State::Declined),
            // What was held ready could not be taken: the provider has ended it, and the buyer begins another.
            (State::Authorized, Saying::Declined(_)) => Outcome::Became(State::Voided),
            (State::Started | State::Declined | State::Authorized, Saying::Canceled) => {
                Outcome::Became(State::Voided)
            }
            _ => Outcome::Nothing,
        }
    }

    /// The payment in another state.
    #[must_use]
    pub fn became(mut self, state: State, now: Moment) -> (Self, Event) {
        self.state = state;
        self.changed_at = now;
        let (payment, checkout, buyer, amount) = (self.id, self.checkout, self.buyer, self.amount);
        let event = match state {
            State::Started => Event::PaymentStarted { payment, checkout, buyer, amount },
            State::Declined => Event::PaymentDeclined { payment, buyer },
            State::Authorized => Event::PaymentAuthorized { payment, buyer },
            State::Placed => Event::PaymentCaptured { payment, buyer, amount },
            State::Refunded => Event::PaymentRefunded { payment, buyer, amount },
            State::Voided => Event::PaymentVoided { payment, buyer },
        };
        (self, event)
    }

    /// The same with what the provider says of a card it turned down, cut to a line that can be shown.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        let short: String = reason.chars().take(200).collect();
        self.reason = text::line("reason", &short, 0, 200).unwrap_or_default();
        self
    }

    /// What to ask the provider next, if anything: of an open payment, to take the money when it is held ready, to let it go
    /// a while after nothing can be bought with it any more, and otherwise where it stands.
    #[must_use]
    pub fn next(&self, hope: Hope, now: Moment) -> Option<Next> {
        match (self.state, hope) {
            (state, _) if !state.is_open() => None,
            (State::Authorized, Hope::Held) => Some(Next::Capture),
            (_, Hope::Since(over)) if now >= over.plus(LET_GO_AFTER) => Some(Next::Cancel),
            _ => Some(Next::Ask),
        }
    }

    /// What its buyer sees.
    #[must_use]
    pub fn view(self, hope: Hope, now: Moment) -> PaymentView {
        PaymentView {
            payment: self.id,
            checkout: self.checkout,
            amount: self.amount,
            state: self.state,
            reason: self.reason.clone(),
            next: self.next(hope, now),
            started_at: self.started_at,
            changed_at: self.changed_at,
        }
    }
}

/// What the provider tells of must be what was asked for.
///
/// # Errors
///
/// [`Refusal::PaymentMismatch`].
pub fn same(payment: &Payment, told: Money) -> Result<(), Refusal> {
    if told == payment.amount { Ok(()) } else { Err(Refusal::PaymentMismatch { asked: payment.amount }) }
}

/// A card payment as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentView {
    /// Which one.
    pub payment: PaymentId,
    /// For which checkout.
    pub checkout: CheckoutId,
    /// What is to be paid.
    pub amount: Money,
    /// Where it is in its life.
    pub state: State,
    /// Why the last card was turned down; empty when none was.
    pub reason: String,
    /// What the market asks the provider next, while it has something to ask.
    #[schema(required = true)]
    pub next: Option<Next>,
    /// When it began.
    pub started_at: Moment,
    /// When it entered its state.
    pub changed_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency::Usd;

    fn payment(state: State) -> Payment {
        let zero = Moment::from_micros(0);
        let whose = (CheckoutId::new(zero, [2; 10]), MemberId::new(zero, [3; 10]));
        let (payment, _) = Payment::start(PaymentId::new(zero, [1; 10]), whose, Money::new(4_000, Usd), zero);
        Payment { state, ..payment }
    }

    #[test]
    fn money_that_was_taken_buys_something_or_goes_back_and_does_so_once() {
        let fee = Money::new(150, Usd);
        for state in State::ALL {
            for held in [true, false] {
                let outcome = payment(state).note(&Saying::Captured(fee), held);
                let expected = match state {
                    State::Placed | State::Refunded => Outcome::Nothing,
                    State::Voided => Outcome::Refund(fee),
                    _ if held => Outcome::Place(fee),
                    _ => Outcome::Refund(fee),
                };
                assert_eq!(outcome, expected, "{state:?} {held}");
            }
        }
    }

    #[test]
    fn what_comes_late_twice_or_out_of_order_changes_nothing_that_is_settled() {
        for state in [State::Placed, State::Refunded, State::Voided] {
            for saying in [Saying::Declined("no".to_owned()), Saying::Authorized, Saying::Canceled] {
                for held in [true, false] {
                    assert_eq!(payment(state).note(&saying, held), Outcome::Nothing, "{state:?} {saying:?}");
                }
            }
            assert_eq!(payment(state).next(Hope::Held, Moment::from_micros(0)), None);
        }
        assert_eq!(payment(State::Authorized).note(&Saying::Authorized, true), Outcome::Nothing);
    }

    #[test]
    fn another_card_may_do_after_one_was_declined() {
        let declined = payment(State::Declined);
        assert_eq!(declined.note(&Saying::Authorized, true), Outcome::Became(State::Authorized));
        assert_eq!(declined.next(Hope::Held, Moment::from_micros(0)), Some(Next::Ask));
    }

    #[test]
    fn money_is_let_go_before_it_is_taken_when_the_checkout_is_over_and_not_while_it_may_be_under_way() {
        let over = Moment::from_micros(5);
        let gone = over.plus(LET_GO_AFTER);
        assert_eq!(payment(State::Started).note(&Saying::Authorized, false), Outcome::Nothing);
        for state in [State::Started, State::Declined, State::Authorized] {
            assert_eq!(payment(state).next(Hope::Since(over), over), Some(Next::Ask), "{state:?}");
            assert_eq!(payment(state).next(Hope::Since(over), gone), Some(Next::Cancel), "{state:?}");
            assert_eq!(payment(state).note(&Saying::Canceled, false), Outcome::Became(State::Voided));
        }
        assert_eq!(payment(State::Authorized).next(Hope::Held, over), Some(Next::Capture));
    }

    #[test]
    fn a_capture_that_fails_ends_the_payment_so_that_another_can_be_begun() {
        let failed = Saying::Declined("the bank changed its mind".to_owned());
        assert_eq!(payment(State::Authorized).note(&failed, true), Outcome::Became(State::Voided));
        assert_eq!(payment(State::Started).note(&failed, true), Outcome::Became(State::Declined));
    }
}
