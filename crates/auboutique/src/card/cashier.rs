//! The cashier: asks the provider what is to be asked about payments, and tells the market what it says.
//!
//! ```text
//!  callback, a buyer who comes back, every few seconds ─▶ settle: ┌─▶ what next? ─▶ ask the provider ─▶ note what it says ─┐
//!                                                                 └──────────────────◀────────────────────────────────────┘
//! ```
//!
//! It keeps nothing of its own. Whatever it was doing when the process ended it finds again in the market, and asking the
//! provider twice is asking once: so it can be killed between any two steps.

use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::Reply;
use auboutique_domain::id::PaymentId;
use auboutique_domain::payment::{Next, PaymentView, Saying};
use auboutique_market::{Market, No};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::callback::{Callback, Delivery, What};
use super::{Provider, Report, Standing, TypedCard, Unavailable};

/// How often payments are looked through of which the provider may have told nothing.
const ROUND: Duration = Duration::from_secs(5);
/// How many steps a payment takes at once: asked, captured, noted, and one more for a capture that fails.
const STEPS: usize = 6;

/// Where a buyer is sent back to who never saw the provider's page.
const NOWHERE: &str = "http://auboutique.invalid/";

/// Who asks the provider for a market.
#[derive(Clone)]
pub struct Cashier {
    market: Market,
    provider: Arc<dyn Provider>,
}

/// Why a payment stands where it stood.
#[derive(Debug)]
pub enum Stuck {
    /// The provider did not say anything.
    Provider(Unavailable),
    /// The market did not take it in.
    Market(No),
}

impl From<No> for Stuck {
    fn from(no: No) -> Self {
        Self::Market(no)
    }
}

impl From<Unavailable> for Stuck {
    fn from(unavailable: Unavailable) -> Self {
        Self::Provider(unavailable)
    }
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider(unavailable) => unavailable.fmt(out),
            Self::Market(no) => no.fmt(out),
        }
    }
}

/// What a provider's report says, in the market's words; nothing while the buyer has not paid.
fn saying(standing: Standing) -> Option<Saying> {
    match standing {
        Standing::Open => None,
        Standing::Authorized => Some(Saying::Authorized),
        Standing::Declined { reason } => Some(Saying::Declined(reason)),
        Standing::Captured { fee } => Some(Saying::Captured(fee)),
        Standing::Canceled => Some(Saying::Canceled),
    }
}

impl Cashier {
    /// The cashier of that market and that provider.
    #[must_use]
    pub const fn new(market: Market, provider: Arc<dyn Provider>) -> Self {
        Self { market, provider }
    }

    /// Makes the payment known to the provider, and brings the address of the page where the buyer pays it.
    ///
    /// # Errors
    ///
    /// [`Unavailable`].
    pub async fn page(&self, payment: &PaymentView, return_url: &str) -> Result<String, Unavailable> {
        self.provider.open(&payment.payment.to_string(), payment.amount, return_url).await
    }

    /// Pays a payment with a card that was typed at the market, and takes the money. Asked again it is asked once.
    ///
    /// # Errors
    ///
    /// [`Stuck`]: what came of it is not known yet, and is found out in the next round.
    pub async fn charge(&self, payment: PaymentView, card: &TypedCard) -> Result<PaymentView, Stuck> {
        self.page(&payment, NOWHERE).await?;
        self.provider.present(&payment.payment.to_string(), card).await?;
        self.settle(payment).await
    }

    /// Does with a payment what there is to do now, until the provider has nothing more to say.
    ///
    /// # Errors
    ///
    /// [`Stuck`]: it is tried again in the next round.
    pub async fn settle(&self, payment: PaymentView) -> Result<PaymentView, Stuck> {
        let mut payment = payment;
        for _ in 0..STEPS {
            let name = payment.payment.to_string();
            let report = match payment.next {
                None => break,
                Some(Next::Ask) => self.provider.standing(&name).await?,
                Some(Next::Capture) => Some(self.provider.capture(&name).await?),
                Some(Next::Cancel) => match self.provider.cancel(&name).await {
                    // The buyer never got as far as the provider's page.
                    Err(Unavailable::Refused { code, .. }) if code == "payment_unknown" => {
                        payment = self.note(&payment, payment.amount, Saying::Canceled).await?;
                        continue;
                    }
                    report => Some(report?),
                },
            };
            let Some((amount, saying)) = report
                .and_then(|Report { amount, standing, .. }| saying(standing).map(|saying| (amount, saying)))
            else {
                break;
            };
            let noted = self.note(&payment, amount, saying).await?;
            if (noted.state, noted.next) == (payment.state, payment.next) {
                break;
            }
            payment = noted;
        }
        Ok(payment)
    }

    async fn note(
        &self,
        payment: &PaymentView,
        amount: auboutique_domain::Money,
        saying: Saying,
    ) -> Result<PaymentView, Stuck> {
        match self.market.note_payment(payment.payment, amount, saying).await? {
            Reply::Payment(noted) => Ok(noted),
            // The door answers this command with a payment.
            _ => Ok(payment.clone()),
        }
    }

    /// Acts on a callback. Whether it may be told again is the answer: only what is done for good need not be.
    async fn hear(&self, callback: Callback) -> bool {
        let heard = match callback.what {
            What::Settled { batch, amount } => {
                self.market.note_settlement(batch, amount).await.map(drop).map_err(Stuck::from)
            }
            What::Payment(report) => self.hear_of(report).await,
        };
        match heard {
            Ok(()) => true,
            // What the rules refuse, telling it again does not help.
            Err(Stuck::Market(No::Refused(refusal))) => {
                tracing::warn!(callback = callback.id, %refusal, "what the provider tells is refused");
                true
            }
            Err(stuck) => {
                tracing::warn!(callback = callback.id, %stuck, "what the provider tells has to wait");
                false
            }
        }
    }

    async fn hear_of(&self, report: Report) -> Result<(), Stuck> {
        let Ok(payment) = PaymentId::parse(report.payment.as_str()) else { return Ok(()) };
        let Some(saying) = saying(report.standing) else { return Ok(()) };
        if let Reply::Payment(noted) = self.market.note_payment(payment, report.amount, saying).await? {
            self.settle(noted).await?;
        }
        Ok(())
    }

    /// Looks through all payments of which the provider still has something to say. Returns how many there were.
    ///
    /// # Errors
    ///
    /// [`Stuck`] at the first one for which nobody answers: the others would wait for nothing.
    pub async fn round(&self) -> Result<usize, Stuck> {
        let (mut after, mut seen) = (None, 0);
        loop {
            let open = self.market.open_payments(after).await?;
            let Some(last) = open.last() else { return Ok(seen) };
            after = Some(last.payment);
            for payment in open {
                seen += 1;
                let name = payment.payment;
                match self.settle(payment).await {
                    Ok(_) => {}
                    Err(Stuck::Provider(refused @ Unavailable::Refused { .. })) => {
                        tracing::warn!(payment = %name, %refused, "the provider refuses");
                    }
                    Err(Stuck::Market(No::Refused(refusal))) => {
                        tracing::warn!(payment = %name, %refusal, "what the provider says is refused");
                    }
                    Err(stuck) => return Err(stuck),
                }
            }
        }
    }

    /// Hears callbacks and goes its rounds, until the market closes.
    pub async fn work(self, mut deliveries: mpsc::Receiver<Delivery>, mut closing: watch::Receiver<bool>) {
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closed = async move { drop(closing.wait_for(|closing| *closing).await) };
        tokio::pin!(closed);
        loop {
            tokio::select! {
                () = &mut closed => return,
                delivery = deliveries.recv() => match delivery {
                    None => return,
                    Some(delivery) => {
                        // On a task of its own: a provider that is slow to answer about one payment keeps no other waiting.
                        let cashier = self.clone();
                        tokio::spawn(async move {
                            if cashier.hear(delivery.callback.clone()).await {
                                delivery.done();
                            }
                        });
                    }
                },
                _ = rounds.tick() => {
                    if let Err(stuck) = self.round().await {
                        tracing::warn!(%stuck, "payments wait for the next round");
                    }
                }
            }
        }
    }
}
