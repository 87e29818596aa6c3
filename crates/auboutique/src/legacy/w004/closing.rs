//! Closing a sale: two connections, one to the winner and one to the seller, and between them the card.
//!
//! ```text
//!  winner ─ WINNER, INFORM_Req ─▶ answers ─┐                       ┌─▶ charged: Shipping_Info to the seller, and it counts as sent
//!                                          ├─ both answered ─ charge
//!  seller ─ SOLD, INFORM_Req ───▶ answers ─┘                       └─▶ not charged, hung up, too late, nonsense: CANCEL to both
//! ```
//!
//! Nobody is charged before both have answered, nor when one of them has left meanwhile. The card goes to the provider and
//! nowhere else; where to send it is kept as the delivery of the order, for its two sides. After a CANCEL the lot stays set aside
//! for the winner until the time to pay is over; when one of the two signs in again before, it is tried again, but not at once.
//!
//! What is the case stands in the market and is looked up there before anything is said: a lot can be paid on the pages as well,
//! and what the provider says can come late. Whenever there is an order to be sent whose seller was not told where to, because
//! they had hung up, or nobody knew yet, they are told over a connection of its own, and only then it counts as sent.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::checkout::{DeliveryChoice, ShippingAddress};
use auboutique_domain::id::{AuctionId, MemberId, OrderId};
use auboutique_domain::payment::State as Payment;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Reply};
use auboutique_market::{No, Sale, ToSend, Won};
use auboutique_wire::legacy::w004::dialogue::{About, Dialogue, Input, Particulars, Step, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Sleep, sleep, timeout};

use super::person::Person;
use super::{State, Tried, WIRE, Wire};
use crate::card::TypedCard;
use crate::card::cashier::{Cashier, Stuck};

/// How long a client may take to take a connection or a message, and how often it is tried to reach it.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: usize = 3;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// How often the provider is asked what came of a payment, and how long is waited in between.
const ASKED: usize = 10;
const BETWEEN_ASKS: Duration = Duration::from_secs(2);
/// The port below which nobody waits for a dialogue.
const LEAST_PORT: u16 = 1_024;
/// After how many minutes a sale that could not be closed is tried again at the earliest; twice as many after every other time,
/// so many times.
const AGAIN_AFTER: i64 = 1;
const MOST_DOUBLED: u32 = 6;
/// What stands in an order whose seller was told where to send it.
const NOTE: &str = "The seller was told the address over the wire of system 004, and sends it.";

/// Whose dialogue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Buyer,
    Seller,
}

/// What somebody said in their dialogue, or why they did not.
type Said = (Side, Result<Particulars, &'static str>);

/// Time that is waited for, if any is.
type Timer = Option<Pin<Box<Sleep>>>;

fn timer(length: Duration) -> Timer {
    Some(Box::pin(sleep(length)))
}

/// Waits until that time has passed: for ever, where none is waited for.
async fn passed(timer: &mut Timer) {
    match timer {
        Some(timer) => timer.await,
        None => pending().await,
    }
    *timer = None;
}

/// One of the two sides of a sale.
enum Party {
    /// They were never told anything on this wire, or have left it and have the pages.
    Elsewhere,
    /// They were here, have left, and are nowhere else.
    Gone,
    /// They are here.
    Here(Person),
}

impl Party {
    const fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }
}

impl Wire {
    /// Closes a sale, if one of its sides is on this wire.
    pub(super) fn close(self: &Arc<Self>, auction: AuctionId) {
        {
            let now = self.legacy.market.now();
            let mut state = self.state();
            let rests = state.tried.get(&auction).is_some_and(|tried| now < tried.again_at);
            if rests || !state.closing.insert(auction) {
                // Whoever is back is not forgotten: what is under way may be waiting for where they were before.
                state.wanted.insert(auction);
                return;
            }
        }
        let wire = Arc::clone(self);
        self.spawn(async move {
            // One place for both sides: were there one for each, two sales could wait for each other.
            let Ok(_place) = wire.sales.acquire().await else { return };
            let closed = wire.patiently(|| wire.try_close(auction)).await;
            {
                let (mut state, now) = (wire.state(), wire.legacy.market.now());
                match &closed {
                    Ok(true) => {
                        state.tried.remove(&auction);
                        state.wanted.remove(&auction);
                    }
                    Ok(false) => {
                        let times = state.tried.get(&auction).map_or(0, |tried| tried.times);
                        let minutes = AGAIN_AFTER << times.min(MOST_DOUBLED);
                        let again_at = now.plus(Span::minutes(minutes));
                        state.tried.insert(auction, Tried { times: times + 1, again_at });
                    }
                    // Nobody was spoken to: it may be tried as soon as one of them signs in.
                    Err(no) => {
                        tracing::warn!(%no, %auction, "a sale could not be closed on the wire of system 004");
                    }
                }
                state.closing.remove(&auction);
            }
            if !matches!(closed, Ok(true)) {
                // It may have been paid while nobody listened for that.
                wire.deliver(auction);
            }
        });
    }

    /// Closes what somebody came back for too early, once it may be tried again.
    pub(super) fn close_wanted(self: &Arc<Self>) {
        let now = self.legacy.market.now();
        let due: Vec<AuctionId> = {
            let mut state = self.state();
            let State { wanted, tried, closing, .. } = &mut *state;
            let is_due = |auction: &AuctionId| {
                !closing.contains(auction) && tried.get(auction).is_none_or(|tried| tried.again_at <= now)
            };
            wanted.extract_if(is_due).collect()
        };
        due.into_iter().for_each(|auction| self.close(auction));
    }

    /// The seller of a lot that was paid is told where to send it, unless they were, or somebody is speaking to them about it.
    pub(super) fn deliver(self: &Arc<Self>, auction: AuctionId) {
        if !self.state().closing.insert(auction) {
            return;
        }
        let wire = Arc::clone(self);
        self.spawn(async move {
            let Ok(_place) = wire.sales.acquire().await else { return };
            if let Err(no) = wire.patiently(|| wire.try_deliver(auction)).await {
                tracing::warn!(%no, %auction, "a seller was not told where to send what they sold");
            }
            wire.state().closing.remove(&auction);
        });
    }

    /// What was won and not paid when the market was closed last: its winners are spoken to without signing in.
    pub(super) async fn close_what_was_left(self: Arc<Self>) {
        let market = &self.legacy.market;
        let unpaid = match self.patiently(|| market.unpaid_sales()).await {
            Ok(unpaid) => unpaid,
            Err(no) => {
                return tracing::warn!(%no, "it is not known what was not paid on the wire of system 004");
            }
        };
        for won in unpaid {
            self.close_if_here(&won).await;
        }
    }

    /// Somebody is back: what they won or sold and was not paid is tried again, and they are told where to send what was.
    pub(super) async fn close_again(self: &Arc<Self>, person: &Person) {
        let sales = match self.legacy.market.sales_of(person.member).await {
            Ok(sales) => sales,
            Err(no) => return tracing::debug!(%no, "it is not known what somebody has not paid"),
        };
        for sale in sales {
            match sale {
                Sale::Unpaid(won) => self.close_if_here(&won).await,
                Sale::ToSend(sold) => self.deliver(sold.auction),
                Sale::Paid | Sale::Off => {}
            }
        }
    }

    /// Closes a sale again whose buyer is here. Who is elsewhere pays there, and the seller has heard of it.
    async fn close_if_here(self: &Arc<Self>, won: &Won) {
        match self.party(won.buyer).await {
            Ok((_, Party::Here(_))) => self.close(won.auction),
            Ok(_) => {}
            Err(no) => tracing::debug!(%no, "it is not known whether a buyer is here"),
        }
    }

    /// What somebody is called here, and where they are. Who took a name and was never told anything under it is not here, and
    /// who left has the pages if they have a password of their own.
    async fn party(&self, member: MemberId) -> Result<(String, Party), No> {
        let known = self.legacy.market.known_over(WIRE, member).await?;
        let person = known.identity.and_then(|identity| self.state().people.meet(&identity));
        let party = match person {
            Some(person) if !person.contact.gone => Party::Here(person),
            Some(_) if !known.is_full => Party::Gone,
            _ => Party::Elsewhere,
        };
        Ok((known.name, party))
    }

    /// Whether nothing more is to be done.
    async fn try_close(self: &Arc<Self>, auction: AuctionId) -> Result<bool, No> {
        let won = match self.legacy.market.sale(auction).await? {
            Sale::Unpaid(won) => won,
            Sale::ToSend(_) => return self.try_deliver(auction).await.map(|()| true),
            Sale::Paid | Sale::Off => return Ok(true),
        };
        let (buyer_name, buyer) = self.party(won.buyer).await?;
        let (seller_name, seller) = self.party(won.seller).await?;
        let (said, mut hear) = mpsc::channel::<Said>(4);
        let (tell, told) = watch::channel(None);
        let (item, price) = (won.item.clone(), won.price);
        let buyer_pays_here = !matches!(buyer, Party::Elsewhere);
        let mut talks = Vec::new();
        if let Party::Here(person) = &buyer {
            let about = About::Won { item: item.clone(), price, seller: seller_name };
            talks.push(self.talk((person.clone(), about), Side::Buyer, said.clone(), told.clone()));
        }
        if let Party::Here(person) = &seller {
            let about = About::Sold { item, price, buyer: buyer_name, ask: buyer_pays_here };
            talks.push(self.talk((person.clone(), about), Side::Seller, said.clone(), told.clone()));
        }
        drop((said, told));
        let settle = async {
            if !buyer_pays_here {
                return None;
            }
            let outcome = self.settle(&won, (&buyer, &seller), &mut hear).await;
            let outcome = match outcome {
                Ok(paid) => Ok(paid),
                Err(why) => self.paid_meanwhile(auction, why).await,
            };
            let paid = outcome.is_ok();
            tell.send_replace(Some(match outcome {
                Ok((name, address)) => Verdict::Paid { name, address },
                Err(why) => Verdict::Canceled(why),
            }));
            Some(paid)
        };
        let (paid, ends) = tokio::join!(settle, futures_util::future::join_all(talks));
        if paid == Some(true)
            && ends.contains(&(Side::Seller, true))
            && let Party::Here(person) = &seller
            && let Sale::ToSend(sold) = self.legacy.market.sale(auction).await?
        {
            self.ship(sold.order, person).await;
        }
        Ok(paid != Some(false))
    }

    /// Brings a sale to its end. Who it is sent to, or why nothing was paid, as both sides are told. Nobody is asked for a card
    /// who cannot pay with it.
    async fn settle(
        &self,
        won: &Won,
        (buyer, seller): (&Party, &Party),
        hear: &mut mpsc::Receiver<Said>,
    ) -> Result<(String, String), String> {
        let Party::Here(person) = buyer else { return Err("The buyer is no longer here".to_owned()) };
        if matches!(seller, Party::Gone) {
            return Err("The seller is no longer here".to_owned());
        }
        let Some(cashier) = &self.legacy.cashier else {
            return Err("Cards are not taken here".to_owned());
        };
        let particulars = self.both(hear, seller.is_here()).await?;
        self.charge(won, (cashier, person), particulars, hear).await
    }

    /// A dialogue takes minutes, and a provider may be slow: meanwhile the lot can be paid all the same.
    async fn paid_meanwhile(&self, auction: AuctionId, why: String) -> Result<(String, String), String> {
        match self.legacy.market.sale(auction).await {
            Ok(Sale::ToSend(sold)) => Ok((sold.to.name().to_owned(), sold.to.address().to_owned())),
            Ok(Sale::Paid) => Err("It was paid elsewhere".to_owned()),
            _ => Err(why),
        }
    }

    /// Tells the seller of a lot that was paid where to send it, if there is something to send and they are here; of what was
    /// put up elsewhere and won elsewhere they hear there.
    async fn try_deliver(&self, auction: AuctionId) -> Result<(), No> {
        let Sale::ToSend(sold) = self.legacy.market.sale(auction).await? else { return Ok(()) };
        let ToSend { order, item, was_named, price, to, .. } = sold;
        let (buyer_name, buyer) = self.party(sold.buyer).await?;
        let (_, seller) = self.party(sold.seller).await?;
        let Party::Here(person) = seller else { return Ok(()) };
        if !was_named && matches!(buyer, Party::Elsewhere) {
            return Ok(());
        }
        let about = About::Sold { item, price, buyer: buyer_name, ask: false };
        let verdict = Verdict::Paid { name: to.name().to_owned(), address: to.address().to_owned() };
        let ((said, _hear), (_tell, told)) = (mpsc::channel(4), watch::channel(Some(verdict)));
        if self.converse(&person, about, |outcome| (Side::Seller, outcome), said, told).await {
            self.ship(order, &person).await;
        }
        Ok(())
    }

    /// Waits until those who are asked have answered. What the buyer said, or why there is no sale.
    async fn both(&self, hear: &mut mpsc::Receiver<Said>, both: bool) -> Result<Particulars, String> {
        let (mut buyer, mut seller) = (None, !both);
        loop {
            match hear.recv().await {
                Some((Side::Buyer, Ok(particulars))) => buyer = Some(particulars),
                Some((Side::Seller, Ok(_))) => seller = true,
                Some((_, Err(why))) => return Err(why.to_owned()),
                None => return Err("The other side hung up".to_owned()),
            }
            if seller && let Some(particulars) = buyer.take() {
                return Ok(particulars);
            }
        }
    }

    /// Holds one side's dialogue. Whether they were told what came of it.
    fn talk(
        self: &Arc<Self>,
        (person, about): (Person, About),
        side: Side,
        said: mpsc::Sender<Said>,
        told: watch::Receiver<Option<Verdict>>,
    ) -> impl Future<Output = (Side, bool)> + Send + use<> {
        let wire = Arc::clone(self);
        async move { (side, wire.converse(&person, about, |outcome| (side, outcome), said, told).await) }
    }

    async fn converse(
        &self,
        person: &Person,
        about: About,
        outcome: impl Fn(Result<Particulars, &'static str>) -> Said + Send,
        said: mpsc::Sender<Said>,
        mut told: watch::Receiver<Option<Verdict>>,
    ) -> bool {
        let patience = u64::try_from(self.legacy.options.answer_within.as_millis()).unwrap_or(u64::MAX);
        let mut dialogue = Dialogue::new(about).answered_within(patience);
        let mut numbers = || self.number();
        let Some(mut stream) = self.reach(person).await else {
            for step in dialogue.on(Input::HungUp, &mut numbers) {
                if let Step::Failed(_) = step {
                    drop(said.send(outcome(Err("Connection timeout"))).await);
                }
            }
            return false;
        };
        // What came of it may be known before there is anybody to be told.
        let known = told.borrow_and_update().clone();
        let mut steps = known.map_or_else(Vec::new, |known| dialogue.on(Input::Told(known), &mut numbers));
        steps.append(&mut dialogue.on(Input::Connected, &mut numbers));
        let (mut bytes, mut listens, mut was_told) = (vec![0; 2_048], true, false);
        let (mut wait, mut within): (Timer, Timer) = (None, None);
        loop {
            let mut broken = false;
            for step in steps {
                match step {
                    Step::Send(message) => {
                        broken |= !matches!(timeout(PATIENCE, stream.write_all(&message)).await, Ok(Ok(())));
                    }
                    Step::Tell(message) => {
                        was_told = matches!(timeout(PATIENCE, stream.write_all(&message)).await, Ok(Ok(())));
                        broken |= !was_told;
                    }
                    Step::Wait(millis) => wait = timer(Duration::from_millis(millis)),
                    Step::Within(millis) => within = timer(Duration::from_millis(millis)),
                    Step::Rest => (wait, within) = (None, None),
                    Step::Answered(particulars) => {
                        self.post.proved(person.contact.ip);
                        drop(said.send(outcome(Ok(particulars))).await);
                    }
                    Step::Failed(why) => drop(said.send(outcome(Err(why))).await),
                    Step::Close => return was_told,
                }
            }
            if broken {
                steps = dialogue.on(Input::HungUp, &mut numbers);
                continue;
            }
            steps = tokio::select! {
                read = stream.read(&mut bytes) => match read {
                    Ok(length) if length > 0 => {
                        let heard = bytes.get(..length).unwrap_or_default();
                        dialogue.on(Input::Received(heard), &mut numbers)
                    }
                    read => {
                        // Who closes has read what they were told; who is reset has not.
                        was_told &= read.is_ok();
                        dialogue.on(Input::HungUp, &mut numbers)
                    }
                },
                () = passed(&mut wait) => dialogue.on(Input::Waited, &mut numbers),
                () = passed(&mut within) => dialogue.on(Input::Late, &mut numbers),
                changed = told.changed(), if listens => {
                    listens = changed.is_ok();
                    let verdict = told.borrow_and_update().clone();
                    match verdict {
                        Some(verdict) => dialogue.on(Input::Told(verdict), &mut numbers),
                        None => Vec::new(),
                    }
                }
            };
        }
    }

    /// Connects to where somebody waits: to the address they registered from and no other.
    async fn reach(&self, person: &Person) -> Option<TcpStream> {
        let address = person.contact.dialogue();
        if address.port() < LEAST_PORT {
            return None;
        }
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep(BETWEEN_TRIES).await;
            }
            if !self.post.may_reach(address.ip()) {
                break;
            }
            if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(address)).await {
                drop(stream.set_nodelay(true));
                return Some(stream);
            }
        }
        tracing::debug!(%address, "nobody waits there for a closing dialogue");
        None
    }

    /// Takes the money. Who it is sent to, or why nothing was taken, as both sides are told.
    async fn charge(
        &self,
        won: &Won,
        (cashier, person): (&Cashier, &Person),
        particulars: Particulars,
        hear: &mut mpsc::Receiver<Said>,
    ) -> Result<(String, String), String> {
        let Particulars { name, card, address } = particulars;
        let said = |no: No| no.to_string();
        // An address has more letters than some that are typed.
        let lines =
            if address.chars().count() < 10 { format!("Address: {address}") } else { address.clone() };
        let to = ShippingAddress::new(&name, &lines).map_err(|refusal| refusal.to_string())?;
        let (checkout, currency) = (won.checkout, won.price.currency);
        let choose = Command::ChooseDelivery { checkout, delivery: DeliveryChoice::Shipment(to) };
        self.act(person, choose).await.map_err(said)?;
        // Who has left since they answered will not hear what came of it. From here on there is no way back.
        while let Ok((_, heard)) = hear.try_recv() {
            heard.map_err(str::to_owned)?;
        }
        let payment = match self.act(person, Command::StartPayment { checkout, currency }).await {
            Ok(Reply::Payment(payment)) => payment,
            Ok(_) => return Err("Something is wrong on our side".to_owned()),
            Err(no) => return Err(said(no)),
        };
        let typed = TypedCard::new(card.number(), card.expiry());
        drop(card);
        let mut outcome = cashier.charge(payment.clone(), &typed).await;
        drop(typed);
        for _ in 0..ASKED {
            match &outcome {
                Err(Stuck::Provider(unavailable)) if unavailable.may_pass() => {}
                Ok(payment) if matches!(payment.state, Payment::Started | Payment::Authorized) => {}
                _ => break,
            }
            sleep(BETWEEN_ASKS).await;
            let latest = outcome.unwrap_or_else(|_| payment.clone());
            outcome = cashier.settle(latest).await;
        }
        match outcome {
            Ok(payment) => match payment.state {
                Payment::Placed => Ok((name, address)),
                Payment::Declined | Payment::Voided => Err(match payment.reason.as_str() {
                    "" => "The card was declined".to_owned(),
                    reason => format!("The card was declined: {reason}"),
                }),
                Payment::Refunded => Err("It cannot be had any more: the money is in the wallet".to_owned()),
                Payment::Started | Payment::Authorized => Err(UNKNOWN.to_owned()),
            },
            Err(Stuck::Provider(unavailable)) if unavailable.may_pass() => Err(UNKNOWN.to_owned()),
            Err(stuck) => Err(stuck.to_string()),
        }
    }

    /// The seller knows where to send it, and has no way to say that they did: from here on it counts as sent, the buyer can
    /// still complain, and in the end the seller is credited.
    async fn ship(&self, order: OrderId, seller: &Person) {
        if let Err(no) = self.act(seller, Command::ShipOrder { order, note: NOTE.to_owned() }).await {
            tracing::warn!(%no, %order, "an order whose seller was told the address does not count as sent");
        }
    }

    /// Nobody has it: its seller is told, if they are on this wire.
    pub(super) async fn tell_of_no_offer(self: &Arc<Self>, item: String, seller: MemberId) -> Result<(), No> {
        if let (_, Party::Here(person)) = self.party(seller).await? {
            let wire = Arc::clone(self);
            self.spawn(async move {
                let Ok(_place) = wire.sales.acquire().await else { return };
                let ((said, _hear), (_tell, told)) = (mpsc::channel(4), watch::channel(None));
                let about = About::NoOffer { item };
                wire.converse(&person, about, |outcome| (Side::Seller, outcome), said, told).await;
            });
        }
        Ok(())
    }
}

/// What both are told when nobody knows yet.
const UNKNOWN: &str = "It is not known yet whether the card was charged";
