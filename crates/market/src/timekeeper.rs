//! Time is a caller: when the moment that an auction, an order, a checkout or a payout waits for has come, the timekeeper says
//! so at the same door as everybody.

use auboutique_db::{auction, checkout, order, payout};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Refusal};

use crate::caller::Caller;
use crate::no::{No, Stop};
use crate::{Market, View};

/// How long the timekeeper sleeps at most. It also covers moments another node wrote down.
const LONGEST_SLEEP: Span = Span::seconds(1);
/// How often what is no longer needed is forgotten.
const FORGET_EVERY: Span = Span::hours(1);
/// How many due orders are taken at once.
const BATCH: i64 = 500;

/// What is due, as the commands that do it.
fn due(view: &mut View<'_>) -> Result<Vec<Command>, Stop> {
    let auctions = auction::due(view.db, view.now, BATCH)?;
    let offers = auction::offers_due(view.db, view.now, BATCH)?;
    let orders = order::due(view.db, view.now, BATCH)?;
    let checkouts = checkout::due(view.db, view.now, BATCH)?;
    let payouts = payout::due(view.db, view.now, BATCH)?;
    let auctions = auctions.into_iter().map(|auction| Command::LapseAuction { auction });
    let offers = offers.into_iter().map(|offer| Command::LapseOffer { offer });
    let orders = orders.into_iter().map(|order| Command::LapseOrder { order });
    let checkouts = checkouts.into_iter().map(|checkout| Command::LapseCheckout { checkout });
    let payouts = payouts.into_iter().map(|payout| Command::LapsePayout { payout });
    Ok(auctions.chain(offers).chain(checkouts).chain(orders).chain(payouts).collect())
}

/// When the next thing is due.
fn next_due(view: &mut View<'_>) -> Result<Option<Moment>, Stop> {
    let next = [
        auction::next_due(view.db)?,
        auction::next_offer_due(view.db)?,
        order::next_due(view.db)?,
        checkout::next_due(view.db)?,
        payout::next_due(view.db)?,
    ];
    Ok(next.into_iter().flatten().min())
}

impl Market {
    /// Does everything that is due now. Returns how many things were.
    ///
    /// # Errors
    ///
    /// [`No::Busy`] or [`No::Broken`]: what is still due stays due.
    pub fn tick(&self) -> Result<usize, No> {
        let mut done = 0;
        loop {
            let due = self.ask_now(Caller::TIMEKEEPER, |view: &mut View<'_>| {
                let found = due(view);
                view.settle(found)
            })?;
            if due.is_empty() {
                return Ok(done);
            }
            let before = done;
            // All are queued before the first is waited for, so that they share commits.
            let waiting: Vec<_> =
                due.into_iter().map(|command| self.shared.writer.send(Caller::TIMEKEEPER, command)).collect();
            for answer in waiting {
                match answer?.blocking_recv().unwrap_or_else(|_| Err(No::stopped())) {
                    Ok(_) => done += 1,
                    // Another node was first, or a member acted in the same moment: nothing is due any more.
                    Err(No::Refused(
                        Refusal::OrderState { .. }
                        | Refusal::CheckoutOver
                        | Refusal::PayoutOver
                        | Refusal::AuctionNotDue
                        | Refusal::OfferOver,
                    )) => {}
                    Err(no) => return Err(no),
                }
            }
            if done == before {
                return Ok(done);
            }
        }
    }

    /// Keeps time until told to stop: at once does what fell due while nobody did, then sleeps from moment to moment.
    pub fn keep_time(&self, stop: &crossbeam_channel::Receiver<()>) {
        let mut forgotten_at: Option<Moment> = None;
        loop {
            if let Err(no) = self.tick() {
                tracing::warn!(%no, "the timekeeper could not do what is due; it tries again");
            }
            let now = self.now();
            if forgotten_at.is_none_or(|at| now.since(at) >= FORGET_EVERY) {
                forgotten_at = Some(now);
                if let Err(no) = self.run_now(Caller::TIMEKEEPER, Command::Forget) {
                    tracing::warn!(%no, "nothing was forgotten this time");
                }
                // On a thread of its own: a folder of a million files takes longer than a deadline may wait.
                let market = self.clone();
                let sweep = move || {
                    if let Err(no) = market.sweep_pictures() {
                        tracing::warn!(%no, "the files of forgotten pictures stay for now");
                    }
                };
                if let Err(error) = std::thread::Builder::new().name("sweeper".to_owned()).spawn(sweep) {
                    tracing::warn!(%error, "the files of forgotten pictures stay for now");
                }
            }
            let next = self.ask_now(Caller::TIMEKEEPER, |view: &mut View<'_>| {
                let found = next_due(view);
                view.settle(found)
            });
            let until = next.ok().flatten().map_or(LONGEST_SLEEP, |due| due.since(now).min(LONGEST_SLEEP));
            let micros = u64::try_from(until.micros()).unwrap_or(0).max(10_000);
            match stop.recv_timeout(std::time::Duration::from_micros(micros)) {
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
