//! Card payments: what the provider says, and what follows from it.

use std::future::Future;

use auboutique_db::{Connection, checkout as checkouts, payment as db};
use auboutique_domain::checkout::Checkout;
use auboutique_domain::id::{CheckoutId, PaymentId};
use auboutique_domain::ledger::{Account, Entry};
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::order::Means;
use auboutique_domain::payment::{self, Hope, Outcome as Noted, Payment, PaymentView, Saying, State};
use auboutique_domain::time::Moment;
use auboutique_domain::{Command, Event, Refusal, Reply};

use crate::caller::Caller;
use crate::no::{Answer, No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Market, Outcome, checkout, ledger};

/// How many open payments are looked through at once.
const BATCH: i64 = 200;

/// Begins a card payment for the asker's checkout, whose copies are set aside for longer. A payment that was begun before for
/// the same amount and is not over is the same one: two clicks are one payment.
pub(crate) fn start(work: &mut Work<'_>, id: CheckoutId, currency: Currency) -> Outcome {
    let buyer = work.member()?;
    if !work.takes_cards() {
        return Err(Refusal::CardsOff.into());
    }
    let found = checkouts::find(work.db, id)?.filter(|found| found.buyer == buyer.id);
    let checkout = found.ok_or_else(|| Refusal::not_found("checkout"))?.held(work.now)?;
    checkout::may_pay(work, &checkout)?;
    checkout.can_be_paid_with(Means::Card)?;
    let amount = checkout.cost_in(currency)?;
    // In another currency it is another payment. Only the last one of a checkout buys anything: the one before is let go, and
    // refunded if it was paid all the same.
    let open = db::last_of(work.db, id)?.filter(|before| before.state.is_open() && before.amount == amount);
    if let Some(before) = open {
        return Ok(Reply::Payment(before.view(Hope::Held, work.now)));
    }
    let whose = (checkout.id, buyer.id);
    let (payment, event) = Payment::start(work.id(PaymentId::new), whose, amount, work.now);
    db::insert(work.db, &payment)?;
    checkouts::save(work.db, &checkout.extended_for_payment(work.now))?;
    work.tell(event);
    Ok(Reply::Payment(payment.view(Hope::Held, work.now)))
}

/// Whether anything can be bought with a payment.
pub(crate) fn hope(db: &mut Connection, payment: &Payment, now: Moment) -> Result<Hope, Stop> {
    let checkout = checkouts::find(db, payment.checkout)?;
    let checkout = checkout.ok_or_else(|| Stop::Wrong(format!("{} has no checkout", payment.id)))?;
    let last = db::last_of(db, payment.checkout)?.filter(|last| last.id != payment.id);
    Ok(match last {
        Some(other) => Hope::Since(other.started_at),
        None if checkout.is_held(now) => Hope::Held,
        None => Hope::Since(checkout.ended_at.unwrap_or(checkout.expires_at)),
    })
}

/// Notes what the provider says. It may say it twice, late, or out of order: see the table in the domain.
pub(crate) fn note(work: &mut Work<'_>, id: PaymentId, told: Money, saying: Saying) -> Outcome {
    work.node()?;
    let payment = db::find(work.db, id)?.ok_or_else(|| Refusal::not_found("payment"))?;
    payment::same(&payment, told)?;
    let found = checkouts::find(work.db, payment.checkout)?;
    let checkout = found.ok_or_else(|| Stop::Wrong(format!("{id} has no checkout")))?;
    let held = hope(work.db, &payment, work.now)? == Hope::Held;
    let payment = match payment.note(&saying, held) {
        Noted::Nothing => payment,
        Noted::Became(state) => {
            if state == State::Authorized {
                checkouts::save(work.db, &checkout.extended_for_payment(work.now))?;
            }
            let payment = match &saying {
                Saying::Declined(reason) => payment.because(reason),
                _ => payment,
            };
            save(work, payment, state)?
        }
        Noted::Place(fee) => match place(work, checkout, &payment) {
            Ok(()) => paid(work, payment, State::Placed, fee)?,
            // Something of it cannot be had after all: a listing was withdrawn, a pickup point closed. What was written of
            // the orders is undone, and the money is the buyer's.
            Err(Stop::Refused(refusal)) => {
                tracing::info!(payment = %id, %refusal, "what was paid for cannot be had; the payment is refunded");
                work.start_over()?;
                refund(work, payment, fee)?
            }
            Err(stop) => return Err(stop),
        },
        Noted::Refund(fee) => refund(work, payment, fee)?,
    };
    let hope = hope(work.db, &payment, work.now)?;
    Ok(Reply::Payment(payment.view(hope, work.now)))
}

fn place(work: &mut Work<'_>, checkout: Checkout, payment: &Payment) -> Result<(), Stop> {
    let pay = (Account::CardClearing, Means::Card, payment.amount.currency);
    checkout::place_all(work, checkout, Some(pay)).map(drop)
}

fn refund(work: &mut Work<'_>, payment: Payment, fee: Money) -> Result<Payment, Stop> {
    let entry = Entry::payment_refunded(payment.id, payment.buyer, payment.amount)?;
    ledger::post(work, &entry)?;
    paid(work, payment, State::Refunded, fee)
}

/// The money is there: notes what the provider keeps of it.
fn paid(work: &mut Work<'_>, payment: Payment, state: State, fee: Money) -> Result<Payment, Stop> {
    if fee.minor > 0 {
        let entry = Entry::card_cost(payment.id, fee)?;
        ledger::post(work, &entry)?;
    }
    save(work, payment, state)
}

fn save(work: &mut Work<'_>, payment: Payment, state: State) -> Result<Payment, Stop> {
    let (payment, event) = payment.became(state, work.now);
    db::save(work.db, &payment)?;
    work.tell(event);
    Ok(payment)
}

/// The provider paid to the bank (L5). Told twice it is noted once.
pub(crate) fn note_settlement(work: &mut Work<'_>, batch: String, amount: Money) -> Outcome {
    work.node()?;
    let amount = auboutique_domain::payout::amount(amount)?;
    let entry = Entry::cards_settled(batch.clone(), amount)?;
    if auboutique_db::ledger::is_posted(work.db, &entry)? {
        return Ok(Reply::Done);
    }
    ledger::post(work, &entry)?;
    work.tell(Event::CardsSettled { batch, amount });
    Ok(Reply::Done)
}

impl Market {
    /// Notes what the provider says of a payment. Answers after it is durable, with what to ask the provider next.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`], [`Refusal::PaymentMismatch`]; busy, or broken.
    pub fn note_payment(
        &self,
        payment: PaymentId,
        amount: Money,
        saying: Saying,
    ) -> impl Future<Output = Answer> + Send + use<> {
        self.run(Caller::NODE, Command::NotePayment { payment, amount, saying })
    }

    /// Notes that the provider paid to the bank. Told twice it is noted once.
    ///
    /// # Errors
    ///
    /// [`Refusal::AmountOutOfRange`]; busy, or broken.
    pub fn note_settlement(
        &self,
        batch: String,
        amount: Money,
    ) -> impl Future<Output = Answer> + Send + use<> {
        self.run(Caller::NODE, Command::NoteSettlement { batch, amount })
    }

    /// Payments of which the provider still has something to say, oldest first, beyond that one.
    ///
    /// # Errors
    ///
    /// Busy, or broken.
    pub fn open_payments(
        &self,
        after: Option<PaymentId>,
    ) -> impl Future<Output = Result<Vec<PaymentView>, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| view.open_payments(after))
    }
}

impl View<'_> {
    /// One of the asker's payments.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn payment(&mut self, id: PaymentId) -> Result<PaymentView, No> {
        let member = self.member()?;
        let found = db::find(self.db, id);
        let found = self.settle(found.map_err(Stop::from))?.filter(|found| found.buyer == member.id);
        let found = found.ok_or_else(|| Refusal::not_found("payment"))?;
        self.payment_view(found)
    }

    fn payment_view(&mut self, payment: Payment) -> Result<PaymentView, No> {
        let hope = hope(self.db, &payment, self.now);
        let hope = self.settle(hope)?;
        Ok(payment.view(hope, self.now))
    }

    /// Payments of which the provider still has something to say, oldest first, beyond that one; for this node, which asks
    /// it.
    ///
    /// # Errors
    ///
    /// [`Refusal::RoleNeeded`] for everybody else.
    pub fn open_payments(&mut self, after: Option<PaymentId>) -> Result<Vec<PaymentView>, No> {
        self.node()?;
        let found = db::open(self.db, after.unwrap_or(PaymentId::NONE), BATCH);
        let found = self.settle(found.map_err(Stop::from))?;
        found.into_iter().map(|payment| self.payment_view(payment)).collect()
    }
}
