//! Where the sale of an auction's lot stands, for the one who closes it with people who have no pages.

use std::future::Future;

use auboutique_db::{address, auction as auctions, checkout as checkouts, lot_name as db, order as orders};
use auboutique_domain::auction::{Auction, State};
use auboutique_domain::checkout::ShippingAddress;
use auboutique_domain::id::{AuctionId, CheckoutId, MemberId, OrderId};
use auboutique_domain::money::Money;
use auboutique_domain::order;
use auboutique_domain::time::Moment;

use crate::Market;
use crate::caller::Caller;
use crate::no::{No, Stop};
use crate::reader::View;

/// Of how many of a member's last auctions and orders it is looked whether something of them is not done.
const LOOKED_AT: i64 = 50;
/// How many checkouts that have not ended are looked through for those of auctions.
const MOST_HELD: i64 = 1_000;

/// A lot that was won and is not paid: it is set aside for the winner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Won {
    /// In which auction.
    pub auction: AuctionId,
    /// The name of the lot.
    pub item: String,
    /// Who won it.
    pub buyer: MemberId,
    /// Who sells it.
    pub seller: MemberId,
    /// What it costs.
    pub price: Money,
    /// What holds it.
    pub checkout: CheckoutId,
}

/// A lot that was paid and that its seller has to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// The auction it was won in.
    pub auction: AuctionId,
    /// What it became.
    pub order: OrderId,
    /// The name of the lot.
    pub item: String,
    /// Whether it was put up under that name, and so over the wire that has such names.
    pub was_named: bool,
    /// Who bought it.
    pub buyer: MemberId,
    /// Who sells it.
    pub seller: MemberId,
    /// What it cost.
    pub price: Money,
    /// Where it is to be sent.
    pub to: ShippingAddress,
}

/// Where the sale of an auction's lot stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sale {
    /// The winner has to pay.
    Unpaid(Won),
    /// The winner has paid, and the seller has to send it.
    ToSend(ToSend),
    /// The winner has paid, and the seller has nothing to send, or has sent it.
    Paid,
    /// There is none, or it came to nothing.
    Off,
}

impl View<'_> {
    /// Where the sale of an auction's lot stands.
    fn sale(&mut self, auction: AuctionId) -> Result<Sale, Stop> {
        let Some(found) = auctions::find(self.db, auction)? else { return Ok(Sale::Off) };
        match found.state {
            State::Sold => self.unpaid(&found),
            State::Settled => match orders::of_auction(self.db, auction)? {
                Some(order) => self.paid(&found, order),
                None => Ok(Sale::Paid),
            },
            _ => Ok(Sale::Off),
        }
    }

    fn unpaid(&mut self, auction: &Auction) -> Result<Sale, Stop> {
        let held = checkouts::auction_checkout(self.db, auction.id)?.filter(|held| held.is_held(self.now));
        let Some(held) = held else { return Ok(Sale::Off) };
        let price = held.holds.first().map_or_else(|| auction.price(), |hold| hold.line.price);
        let item = db::of(self.db, auction.id)?.unwrap_or_default();
        let (auction, seller) = (auction.id, auction.seller);
        Ok(Sale::Unpaid(Won { auction, item, buyer: held.buyer, seller, price, checkout: held.id }))
    }

    /// What its seller has to send. While the buyer would rather have the money back nothing is to be sent.
    fn paid(&mut self, auction: &Auction, order: OrderId) -> Result<Sale, Stop> {
        let found = orders::find(self.db, order)?.filter(|found| {
            let waits = found.state == order::State::Placed && found.cancel_requested_at.is_none();
            waits && found.shipment.is_some()
        });
        let (Some(found), Some(to)) = (found, address::of_order(self.db, order)?) else {
            return Ok(Sale::Paid);
        };
        let item = db::of(self.db, auction.id)?.unwrap_or_default();
        let was_named = db::named(self.db, &item)? == Some(auction.id);
        let (auction, price) = (auction.id, found.total);
        let (buyer, seller) = (found.buyer, found.seller);
        Ok(Sale::ToSend(ToSend { auction, order, item, was_named, buyer, seller, price, to }))
    }

    /// What of a member's last auctions is not done: lots they won or sold that are not paid, and lots they have to send.
    fn sales_of(&mut self, member: MemberId) -> Result<Vec<Sale>, Stop> {
        let mut open = Vec::new();
        for own in [auctions::Own::Bidding, auctions::Own::Selling] {
            for (auction, _) in auctions::own(self.db, own, member, "~", LOOKED_AT)? {
                if auction.state == State::Sold {
                    open.push(auction.id);
                }
            }
        }
        for found in orders::sold_by(self.db, member, "~", LOOKED_AT)? {
            if let Some(auction) = found.order.auction.filter(|_| found.order.state == order::State::Placed) {
                open.push(auction);
            }
        }
        open.into_iter().map(|auction| self.sale(auction)).collect()
    }

    /// Every lot that was won in an auction and is not paid.
    fn unpaid_sales(&mut self) -> Result<Vec<Won>, Stop> {
        let mut unpaid = Vec::new();
        for held in checkouts::due(self.db, Moment::from_micros(i64::MAX), MOST_HELD)? {
            let auction = checkouts::find(self.db, held)?.and_then(|held| held.auction);
            if let Some(auction) = auction
                && let Sale::Unpaid(won) = self.sale(auction)?
            {
                unpaid.push(won);
            }
        }
        Ok(unpaid)
    }
}

impl Market {
    /// Where the sale of an auction's lot stands, for the one who closes it.
    ///
    /// # Errors
    ///
    /// Busy, or broken.
    pub fn sale(&self, auction: AuctionId) -> impl Future<Output = Result<Sale, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| {
            let sale = view.sale(auction);
            view.settle(sale)
        })
    }

    /// What of a member's last auctions is not done, for the one who closes them: lots they won or sold that are not paid,
    /// and lots they have to send.
    ///
    /// # Errors
    ///
    /// Busy, or broken.
    pub fn sales_of(&self, member: MemberId) -> impl Future<Output = Result<Vec<Sale>, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| {
            let sales = view.sales_of(member);
            view.settle(sales)
        })
    }

    /// Every lot that was won in an auction and is not paid, for the one who closes sales.
    ///
    /// # Errors
    ///
    /// Busy, or broken.
    pub fn unpaid_sales(&self) -> impl Future<Output = Result<Vec<Won>, No>> + Send + use<> {
        self.ask(Caller::NODE, |view| {
            let unpaid = view.unpaid_sales();
            view.settle(unpaid)
        })
    }
}
