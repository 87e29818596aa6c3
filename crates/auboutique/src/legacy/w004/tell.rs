//! What happens in auctions, told to those who subscribed, in the order of the log.

use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::Event;
use auboutique_domain::bid_log::Ending;
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::money::Money;
use auboutique_domain::time::Moment;
use auboutique_market::{Caller, No};
use auboutique_wire::legacy::w004::Notice;
use tokio::sync::watch;
use tokio::time::sleep;

use super::ask::seconds;
use super::{WIRE, Wire};

/// How many events are read at once.
const READ: i64 = 256;
/// How often the log is read anew where other nodes write to it too, and how long is waited when it cannot be read.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl Wire {
    /// Tells what happens until the market closes.
    pub(super) async fn tell(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        let market = self.legacy.market.clone();
        let mut log = market.log();
        loop {
            let read = self.tell_events().await;
            if let Err(no) = &read {
                tracing::warn!(%no, "nobody on the wire of system 004 is told what happens at the moment");
            }
            tokio::select! {
                changed = log.changed(), if read.is_ok() => if changed.is_err() { return },
                () = sleep(LOOK_AGAIN), if read.is_err() || market.is_shared() => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
        }
    }

    async fn tell_events(self: &Arc<Self>) -> Result<(), No> {
        loop {
            let cursor = *self.told.borrow();
            let told = self.legacy.market.log_after(cursor, READ).await?;
            if told.is_empty() {
                return Ok(());
            }
            for event in told {
                // What has to wait keeps what happened later waiting, so that it is told in its order.
                if let Err(no) = self.patiently(|| self.tell_of(&event.event)).await {
                    tracing::warn!(%no, seq = event.seq, "something was not told on the wire of system 004");
                }
                self.told.send_replace(event.seq);
            }
        }
    }

    async fn tell_of(self: &Arc<Self>, event: &Event) -> Result<(), No> {
        match event {
            Event::BidPlaced { auction, number, by, leader, price, ends_at, .. } => {
                self.tell_bid(*auction, (*number, *by, *leader), *price, *ends_at).await
            }
            Event::BidsRemoved { auction, leader: Some(leader), price, ends_at, .. } => {
                self.tell_bid(*auction, (0, 0, *leader), *price, *ends_at).await
            }
            Event::PriceLowered { auction, price, ends_at, .. } => {
                self.tell_price(*auction, *price, *ends_at).await
            }
            Event::NegotiationAsked { auction, seller, price, ends_at } if self.legacy.options.negotiate => {
                self.ask_seller(*auction, *seller, *price, *ends_at).await
            }
            Event::AuctionOpened { .. } => {
                self.state().names.clear();
                Ok(())
            }
            Event::AuctionClosed { auction, seller, ending, .. } => {
                let lot = self.legacy.market.room(WIRE, *auction).await?;
                {
                    let mut state = self.state();
                    state.lots.remove(auction);
                    // A title stands for what runs.
                    state.names.retain(|_, named| named != auction);
                }
                if matches!(ending, Ending::NoBids | Ending::ReserveNotMet) {
                    self.tell_of_no_offer(lot.name, *seller).await?;
                }
                Ok(())
            }
            Event::AuctionWon { auction, .. } => {
                // Another may have won it before and not paid: what was tried with them counts for nothing.
                self.state().tried.remove(auction);
                self.close(*auction);
                Ok(())
            }
            Event::WinnerDefaulted { auction, .. } => {
                self.state().tried.remove(auction);
                Ok(())
            }
            Event::AuctionSettled { auction, .. } => {
                self.state().tried.remove(auction);
                self.deliver(*auction);
                Ok(())
            }
            Event::IdentityChanged { member } => {
                if self.state().people.get(*member).is_some() {
                    let known = self.legacy.market.known_over(WIRE, *member).await?;
                    known.identity.and_then(|identity| self.state().people.meet(&identity));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn left(&self, ends_at: Moment) -> i64 {
        seconds(ends_at.since(self.legacy.market.now()))
    }

    /// A bid changed the price or who leads. Everybody who subscribed is told, but for the bidder. Of most auctions nobody
    /// here is: then nobody is looked up.
    async fn tell_bid(
        &self,
        auction: AuctionId,
        (line, by, leader): (i64, i64, i64),
        price: Money,
        ends_at: Moment,
    ) -> Result<(), No> {
        self.know(auction).await?;
        let somebody_subscribed = self.state().lots.get_mut(&auction).is_some_and(|lot| {
            lot.starting_price = None;
            !lot.subscribers.is_empty()
        });
        if !somebody_subscribed {
            return Ok(());
        }
        let number = self.own_number(auction, line).await;
        let (_, name) = self.bidder(auction, leader).await?;
        let bidder = if by == 0 { None } else { Some(self.bidder(auction, by).await?.0) };
        let item = self.lot_name(auction);
        let seconds = self.left(ends_at);
        let notice = Notice::BidUpdate { item, price, bidder: name, seconds };
        let notice = notice.encode(number.as_deref().unwrap_or("0"));
        self.send_to_subscribers(auction, bidder, &notice).await;
        Ok(())
    }

    /// What a bidder is told behind the answer whom somebody else's maximum outbid at once: who leads, under the number of the
    /// bid.
    pub(super) async fn who_leads(&self, auction: AuctionId, number: &str) -> Result<Option<Vec<u8>>, No> {
        let view = self.legacy.market.ask(Caller::VISITOR, move |view| view.auction(auction)).await?;
        let Some(leader) = view.leader else { return Ok(None) };
        let (_, bidder) = self.bidder(auction, leader).await?;
        let (item, seconds) = (self.lot_name(auction), self.left(view.ends_at));
        Ok(Some(Notice::BidUpdate { item, price: view.price, bidder, seconds }.encode(number)))
    }

    /// The number that the sender of a bid gave it; nothing if it came from elsewhere. Whose it is may be known a moment after
    /// it stands in the log.
    async fn own_number(&self, auction: AuctionId, line: i64) -> Option<String> {
        let mut placed = self.placed.subscribe();
        let last = self.state().last_ticket;
        loop {
            {
                let state = self.state();
                if let Some(number) = state.own_bids.get(&(auction, line)) {
                    return Some(number.clone());
                }
                // None of those that were being placed is it: it came from elsewhere.
                state.under_way.range(..=last).next()?;
            }
            placed.changed().await.ok()?;
        }
    }

    async fn bidder(&self, auction: AuctionId, number: i64) -> Result<(MemberId, String), No> {
        let known = self.state().lots.get(&auction).and_then(|lot| lot.bidders.get(&number).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.legacy.market.bidder_over(WIRE, auction, number).await?;
        if let Some(lot) = self.state().lots.get_mut(&auction) {
            lot.bidders.insert(number, found.clone());
        }
        Ok(found)
    }

    fn lot_name(&self, auction: AuctionId) -> String {
        self.state().lots.get(&auction).map(|lot| lot.name.clone()).unwrap_or_default()
    }

    async fn send_to_subscribers(&self, auction: AuctionId, but: Option<MemberId>, bytes: &[u8]) {
        let to: Vec<_> = {
            let state = self.state();
            let subscribers = state.lots.get(&auction).into_iter().flat_map(|lot| &lot.subscribers);
            let others = subscribers.filter(|member| Some(**member) != but);
            let here = others.filter_map(|member| state.people.get(*member));
            here.filter(|person| !person.contact.gone).map(|person| person.contact.datagrams()).collect()
        };
        for address in to {
            self.post.send(address, bytes).await;
        }
    }

    async fn tell_price(&self, auction: AuctionId, price: Money, ends_at: Moment) -> Result<(), No> {
        self.know(auction).await?;
        if let Some(lot) = self.state().lots.get_mut(&auction) {
            lot.starting_price = Some(price);
        }
        let (item, seconds) = (self.lot_name(auction), self.left(ends_at));
        let notice = Notice::PriceAdjustment { item, price, seconds }.encode(&self.number().to_string());
        self.send_to_subscribers(auction, None, &notice).await;
        Ok(())
    }

    async fn ask_seller(
        &self,
        auction: AuctionId,
        seller: MemberId,
        price: Money,
        ends_at: Moment,
    ) -> Result<(), No> {
        let known = self.legacy.market.known_over(WIRE, seller).await?;
        let Some(person) = known.identity.and_then(|identity| self.state().people.meet(&identity)) else {
            return Ok(());
        };
        self.know(auction).await?;
        let (item, seconds) = (self.lot_name(auction), self.left(ends_at));
        let notice = Notice::NegotiateReq { item, price, seconds }.encode(&self.number().to_string());
        if !person.contact.gone {
            self.post.send(person.contact.datagrams(), &notice).await;
        }
        Ok(())
    }
}
