//! Checkouts: the act that turns a cart into orders, one per seller, all or none of them.
//!
//! ```text
//!  prepare ──▶ held ──place (cash, wallet), a card payment that came in time──▶ placed
//!               ├── 10 minutes without a step, 20 in all, 15 more for a card ──▶ expired
//!               └── cancel, or another checkout of the same buyer ──▶ canceled
//! ```
//!
//! The winner of an auction has a checkout beside the one of the cart: it holds the lot for 48 hours at the hammer price. The
//! winner says how it shall reach them, and pays from the wallet or by card; then it is an order like any other.
//!
//! Three steps (`rules.md` 5.7). *Prepare* compares what the buyer saw with what is, and sets the copies aside. *Pay* happens
//! outside of any transaction. *Place* makes the orders, moves the money and the stock, in one transaction, and can be asked
//! any number of times. What is set aside is set aside until `expires_at` and not a moment longer: whether a hold lives is
//! asked of the clock and not of a sweeper. A payment that comes later is refunded; see `payment.rs`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cart::{self, Offer};
use crate::event::Event;
use crate::id::{AuctionId, CheckoutId, MemberId, OrderId, PickupPointId, StoreId};
use crate::listing::PickupPointName;
use crate::member::MemberCard;
use crate::money::{Currency, Money, Rate};
use crate::order::{Line, Means, Receipt};
use crate::payment::PaymentView;
use crate::refusal::Refusal;
use crate::store::StoreCard;
use crate::time::{Date, Moment, Span};

/// How long copies are set aside, anew with every step.
pub const HOLD: Span = Span::minutes(10);
/// For how long things may be set aside for a buyer who does not buy them, in all the checkouts that ended within
/// [`IN_VAIN`]: nobody keeps things from others by checking out again and again (`promises.md`, threat 12).
pub const MOST_IN_VAIN: Span = Span::hours(1);
/// How long a checkout that came to nothing counts.
pub const IN_VAIN: Span = Span::hours(2);
/// How long they are set aside in all, before the buyer goes to pay.
pub const LONGEST_HOLD: Span = Span::minutes(20);
/// How long they are set aside while the buyer is with the card provider.
pub const PAYMENT_HOLD: Span = Span::minutes(15);
/// How long the lot of an auction is held for its winner.
pub const AWARD_HOLD: Span = Span::hours(48);

/// Where a checkout is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckoutState)]
pub enum State {
    /// The copies are set aside for the buyer.
    Held,
    /// There are orders.
    Placed,
    /// The buyer left it.
    Canceled,
    /// Its time was over.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Held, Self::Placed, Self::Canceled, Self::Expired];

    /// The state's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Placed => "placed",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Copies of one listing that are set aside for a checkout, at the price the buyer agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What is set aside, and at which price.
    pub line: Line,
    /// Who sells.
    pub seller: MemberId,
    /// Through which store, if it is one's.
    pub store: Option<StoreId>,
    /// Where it is collected.
    pub pickup_point: PickupPointId,
}

/// How the lot of an auction reaches its winner. Where it is shipped to stands in a table of its own, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "pickup_point", rename_all = "snake_case")]
pub enum Delivery {
    /// It is collected at that pickup point.
    Pickup(PickupPointId),
    /// The seller sends it.
    Shipment,
}

/// Who gets a shipment, and where. Neither is ever in an event, a remembered answer or a log.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShippingAddress {
    /// Who it is for: 1 to 80 characters.
    name: String,
    /// Where to, in lines: 10 to 500 characters.
    address: String,
}

impl ShippingAddress {
    /// Checks what was typed.
    ///
    /// # Errors
    ///
    /// What [`text::line`](crate::text::line()) and [`text::lines`](crate::text::lines) say.
    pub fn new(name: &str, address: &str) -> Result<Self, Refusal> {
        Ok(Self {
            name: crate::text::line("name", name, 1, 80)?,
            address: crate::text::lines("address", address, 10, 500)?,
        })
    }

    /// Who it is for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where to, in lines.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl std::fmt::Debug for ShippingAddress {
    /// Where people live stays out of logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ShippingAddress(…)")
    }
}

/// What the winner of an auction says of how the lot shall reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryChoice {
    /// It is collected at that pickup point.
    Pickup(PickupPointId),
    /// The seller sends it there.
    Shipment(ShippingAddress),
}

impl DeliveryChoice {
    /// The same without the address.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        match self {
            Self::Pickup(point) => Delivery::Pickup(*point),
            Self::Shipment(_) => Delivery::Shipment,
        }
    }
}

/// The act that turns a cart, or what was won in an auction, into orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Which one; also the group of the orders it becomes.
    pub id: CheckoutId,
    /// Who buys.
    pub buyer: MemberId,
    /// Where it is in its life. One whose time is over may still be `held` here: ask [`Checkout::is_held`].
    pub state: State,
    /// The auction whose lot it holds, if it is one's.
    pub auction: Option<AuctionId>,
    /// How the lot reaches the winner, once they said so.
    pub delivery: Option<Delivery>,
    /// What is set aside, in the order of the cart.
    pub holds: Vec<Hold>,
    /// How many pounds a dollar is, frozen.
    pub rate: Rate,
    /// When it was prepared.
    pub started_at: Moment,
    /// Until when the copies are set aside.
    pub expires_at: Moment,
    /// When it ended, if it did.
    pub ended_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// What becomes one order: lines of one seller and store, of one pickup point and in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Who sells.
    pub seller: MemberId,
    /// Through which store, if it is one's.
    pub store: Option<StoreId>,
    /// Where it is collected.
    pub pickup_point: PickupPointId,
    /// Whether the seller sends it instead.
    pub ships: bool,
    /// What is bought.
    pub lines: Vec<Line>,
}

impl Checkout {
    /// Prepares a checkout: everything in the cart at the prices of now, which have to come to the totals the buyer saw.
    /// Lines of one listing are one line already.
    ///
    /// # Errors
    ///
    /// [`Refusal::CartEmpty`]; [`Refusal::LineUnavailable`] for the first line that cannot be had;
    /// [`Refusal::TotalOutOfRange`]; [`Refusal::TotalChanged`].
    pub fn prepare(
        id: CheckoutId,
        buyer: MemberId,
        wanted: &[(Offer<'_>, i64)],
        seen: &[Money],
        rate: Rate,
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        if wanted.is_empty() {
            return Err(Refusal::CartEmpty);
        }
        for (offer, quantity) in wanted {
            offer.can_be_bought(buyer, offer.listing.price.money(), *quantity).map_err(|refusal| {
                Refusal::LineUnavailable {
                    listing: offer.listing.id,
                    title: offer.listing.full_title(),
                    problem: refusal.to_string(),
                }
            })?;
        }
        let prices = wanted.iter().map(|(offer, quantity)| (offer.listing.price.money(), *quantity));
        let totals = cart::totals(prices)?;
        let mut seen = seen.to_vec();
        seen.sort_by_key(|total| total.currency);
        if seen != totals {
            return Err(Refusal::TotalChanged { totals });
        }
        let hold = |(offer, quantity): &(Offer<'_>, i64)| Hold {
            line: Line {
                listing: offer.listing.id,
                title: offer.listing.full_title(),
                quantity: *quantity,
                price: offer.listing.price.money(),
            },
            seller: offer.listing.seller,
            store: offer.listing.stocked.as_ref().map(|stocked| stocked.store),
            pickup_point: offer.listing.pickup_point,
        };
        let checkout = Self {
            id,
            buyer,
            state: State::Held,
            auction: None,
            delivery: None,
            holds: wanted.iter().map(hold).collect(),
            rate,
            started_at: now,
            expires_at: now.plus(HOLD),
            ended_at: None,
            version: 1,
        };
        let event = Event::CheckoutPrepared { checkout: id, buyer, totals, expires_at: checkout.expires_at };
        Ok((checkout, event))
    }

    /// The winner of an auction has its lot set aside, for 48 hours at the hammer price.
    #[must_use]
    pub fn award(
        id: CheckoutId,
        winner: MemberId,
        hold: Hold,
        auction: AuctionId,
        rate: Rate,
        now: Moment,
    ) -> (Self, Event) {
        let Line { quantity, price, .. } = hold.line;
        let total = Money::new(price.minor.saturating_mul(quantity), price.currency);
        let checkout = Self {
            id,
            buyer: winner,
            state: State::Held,
            auction: Some(auction),
            delivery: None,
            holds: vec![hold],
            rate,
            started_at: now,
            expires_at: now.plus(AWARD_HOLD),
            ended_at: None,
            version: 1,
        };
        let (totals, expires_at) = (vec![total], checkout.expires_at);
        let event = Event::CheckoutPrepared { checkout: id, buyer: winner, totals, expires_at };
        (checkout, event)
    }

    /// The winner of an auction says how the lot shall reach them. Said again it is so from now on.
    ///
    /// # Errors
    ///
    /// [`Refusal::DeliveryFixed`] for what is bought from a cart; [`Refusal::CheckoutOver`].
    pub fn choose_delivery(self, delivery: Delivery, now: Moment) -> Result<(Self, Event), Refusal> {
        if self.auction.is_none() {
            return Err(Refusal::DeliveryFixed);
        }
        let checkout = Self { delivery: Some(delivery), ..self.held(now)? };
        let event = Event::DeliveryChosen { checkout: checkout.id, buyer: checkout.buyer };
        Ok((checkout, event))
    }

    /// Whether it can be paid with that. What was won in an auction is paid before it is handed over, and nobody pays for it
    /// before they said how it shall reach them.
    ///
    /// # Errors
    ///
    /// [`Refusal::PayFirst`] for cash; [`Refusal::DeliveryNeeded`].
    pub fn can_be_paid_with(&self, means: Means) -> Result<(), Refusal> {
        match (self.auction, means, self.delivery) {
            (Some(_), Means::Cash, _) => Err(Refusal::PayFirst),
            (Some(_), _, None) => Err(Refusal::DeliveryNeeded),
            _ => Ok(()),
        }
    }

    /// Whether the copies are still set aside.
    #[must_use]
    pub fn is_held(&self, now: Moment) -> bool {
        self.state == State::Held && now < self.expires_at
    }

    /// Whether the copies are still set aside, as an answer.
    ///
    /// # Errors
    ///
    /// [`Refusal::CheckoutOver`].
    pub fn held(self, now: Moment) -> Result<Self, Refusal> {
        if self.is_held(now) { Ok(self) } else { Err(Refusal::CheckoutOver) }
    }

    /// The buyer took a step: 10 minutes from now, never past 20 from the beginning, and never earlier than before.
    #[must_use]
    pub fn extended(mut self, now: Moment) -> Self {
        let until = now.plus(HOLD).min(self.started_at.plus(LONGEST_HOLD));
        self.expires_at = self.expires_at.max(until);
        self
    }

    /// The buyer went to pay by card: 15 minutes from now, and never past 15 after the 20 that the steps before have. Whoever
    /// begins one payment after the other holds things no longer by it. What was won in an auction is held as much longer than
    /// its 48 hours.
    #[must_use]
    pub fn extended_for_payment(mut self, now: Moment) -> Self {
        let longest = if self.auction.is_some() { AWARD_HOLD } else { LONGEST_HOLD };
        let last = self.started_at.plus(longest).plus(PAYMENT_HOLD);
        self.expires_at = self.expires_at.max(now.plus(PAYMENT_HOLD).min(last));
        self
    }

    fn end(mut self, state: State, now: Moment) -> Self {
        self.state = state;
        self.ended_at = Some(now);
        self
    }

    /// There are orders now.
    #[must_use]
    pub fn placed(self, orders: Vec<OrderId>, now: Moment) -> (Self, Event) {
        let event = Event::CheckoutPlaced { checkout: self.id, buyer: self.buyer, orders };
        (self.end(State::Placed, now), event)
    }

    /// The buyer leaves it, or begins another: the copies are for everybody again.
    ///
    /// # Errors
    ///
    /// [`Refusal::CheckoutOver`] when it ended before.
    pub fn cancel(self, now: Moment) -> Result<(Self, Event), Refusal> {
        if self.state != State::Held {
            return Err(Refusal::CheckoutOver);
        }
        let event = Event::CheckoutReleased { checkout: self.id, buyer: self.buyer, expired: false };
        Ok((self.end(State::Canceled, now), event))
    }

    /// The timekeeper: its time is over.
    ///
    /// # Errors
    ///
    /// [`Refusal::CheckoutOver`] when it ended before, or its time is not over.
    pub fn lapse(self, now: Moment) -> Result<(Self, Event), Refusal> {
        if self.state != State::Held || now < self.expires_at {
            return Err(Refusal::CheckoutOver);
        }
        let event = Event::CheckoutReleased { checkout: self.id, buyer: self.buyer, expired: true };
        Ok((self.end(State::Expired, now), event))
    }

    /// What becomes one order each, in the order of the cart: one per seller. Who sells for a store and for themself, in two
    /// currencies or at two pickup points, sells two things, since an order has one of each.
    #[must_use]
    pub fn parcels(&self) -> Vec<Parcel> {
        let mut parcels: Vec<Parcel> = Vec::new();
        for Hold { line, seller, store, pickup_point } in &self.holds {
            let pickup_point = match &self.delivery {
                Some(Delivery::Pickup(chosen)) => chosen,
                Some(Delivery::Shipment) | None => pickup_point,
            };
            let fits = |parcel: &&mut Parcel| {
                (parcel.seller, parcel.store, parcel.pickup_point) == (*seller, *store, *pickup_point)
                    && parcel.lines.iter().all(|other| other.price.currency == line.price.currency)
            };
            match parcels.iter_mut().find(fits) {
                Some(parcel) => parcel.lines.push(line.clone()),
                None => parcels.push(Parcel {
                    seller: *seller,
                    store: *store,
                    pickup_point: *pickup_point,
                    ships: self.delivery == Some(Delivery::Shipment),
                    lines: vec![line.clone()],
                }),
            }
        }
        parcels
    }

    /// What the whole of it costs in one currency: every order on its own at the frozen rate, so that the receipts of the
    /// orders add up to what is paid.
    ///
    /// # Errors
    ///
    /// [`Refusal::TotalOutOfRange`] when it does not fit.
    pub fn cost_in(&self, currency: Currency) -> Result<Money, Refusal> {
        let mut cost = Money::new(0, currency);
        for parcel in self.parcels() {
            let total = crate::order::total(&parcel.lines)?;
            let receipt = Receipt::of(Means::Wallet, total, currency, self.rate)?;
            cost = cost.plus(receipt.paid).ok_or(Refusal::TotalOutOfRange)?;
        }
        Ok(cost)
    }
}

/// An order that is about to be placed, as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParcelView {
    /// Who sells.
    pub seller: MemberCard,
    /// Through which store, if it is one's.
    #[schema(required = true)]
    pub store: Option<StoreCard>,
    /// Where it is collected.
    pub pickup_point: PickupPointName,
    /// The day it could be collected if it were placed now; nothing when the pickup point has no room, and for a shipment.
    #[schema(required = true, value_type = Option<String>, format = Date)]
    pub pickup_day: Option<Date>,
    /// What is bought.
    pub lines: Vec<Line>,
    /// What it costs.
    pub total: Money,
}

/// A checkout as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckoutView {
    /// Which one.
    pub checkout: CheckoutId,
    /// Where it is in its life.
    pub state: State,
    /// Until when the copies are set aside.
    pub expires_at: Moment,
    /// The orders it becomes.
    pub parcels: Vec<ParcelView>,
    /// The auction whose lot it holds, if it is one's: then it is paid from the wallet or by card.
    #[serde(default)]
    #[schema(required = true)]
    pub auction: Option<AuctionId>,
    /// How the lot reaches the buyer, once they said so. Where it is shipped to is not told here.
    #[serde(default)]
    #[schema(required = true)]
    pub delivery: Option<Delivery>,
    /// What it costs, one total per currency: what is due in cash at the desk.
    pub totals: Vec<Money>,
    /// What all of it costs in each currency at the frozen rate: what a wallet or a card pays.
    pub costs: Vec<Money>,
    /// How many pounds a dollar is, frozen.
    pub rate: Rate,
    /// What is in the buyer's wallet, per currency.
    pub wallet: Vec<Money>,
    /// The card payment that was begun last, if one was.
    #[schema(required = true)]
    pub payment: Option<PaymentView>,
    /// The orders, once they are placed.
    pub orders: Vec<OrderId>,
}

/// How a buyer pays a checkout that needs no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayBy {
    /// In cash at the desk, each order in its currency.
    Cash,
    /// Now, from the wallet of this currency.
    Wallet(Currency),
}

impl PayBy {
    /// With what that is.
    #[must_use]
    pub const fn means(self) -> Means {
        match self {
            Self::Cash => Means::Cash,
            Self::Wallet(_) => Means::Wallet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ListingId;
    use crate::money::Currency::{Lbp, Usd};

    fn hold(seller: u8, store: Option<u8>, point: u8, minor: i64, currency: Currency) -> Hold {
        let zero = Moment::from_micros(0);
        let line = Line {
            listing: ListingId::new(zero, [seller; 10]),
            title: "Mug".to_owned(),
            quantity: 2,
            price: Money::new(minor, currency),
        };
        Hold {
            line,
            seller: MemberId::new(zero, [seller; 10]),
            store: store.map(|byte| StoreId::new(zero, [byte; 10])),
            pickup_point: PickupPointId::new(zero, [point; 10]),
        }
    }

    fn checkout(holds: Vec<Hold>) -> Checkout {
        let now = Moment::from_micros(0);
        Checkout {
            id: CheckoutId::new(now, [1; 10]),
            buyer: MemberId::new(now, [99; 10]),
            state: State::Held,
            auction: None,
            delivery: None,
            holds,
            rate: Rate::default(),
            started_at: now,
            expires_at: now.plus(HOLD),
            ended_at: None,
            version: 1,
        }
    }

    #[test]
    fn one_order_per_seller_and_two_where_an_order_cannot_hold_both() {
        let holds = vec![
            hold(1, Some(1), 0, 500, Usd),
            hold(2, None, 0, 700, Usd),
            hold(1, Some(1), 0, 300, Usd),
            hold(1, None, 0, 300, Usd),
            hold(1, Some(1), 0, 50_000, Lbp),
            hold(1, Some(1), 1, 300, Usd),
        ];
        let lines: Vec<usize> = checkout(holds).parcels().iter().map(|parcel| parcel.lines.len()).collect();
        assert_eq!(lines, [2, 1, 1, 1, 1]);
    }

    #[test]
    fn a_step_extends_a_hold_by_ten_minutes_and_never_past_twenty() {
        let minutes = |count| Moment::from_micros(0).plus(Span::minutes(count));
        let begun = checkout(Vec::new());
        assert!(begun.is_held(minutes(9)) && !begun.is_held(minutes(10)));
        let once = begun.clone().extended(minutes(4));
        assert_eq!(once.expires_at, minutes(14));
        assert_eq!(once.extended(minutes(13)).expires_at, minutes(20));
        assert_eq!(begun.clone().extended_for_payment(minutes(9)).expires_at, minutes(24));
        assert_eq!(
            begun.clone().extended_for_payment(minutes(9)).extended(minutes(10)).expires_at,
            minutes(24)
        );
        let again = (9..90).step_by(9).fold(begun, |held, at| held.extended_for_payment(minutes(at)));
        assert_eq!(again.expires_at, minutes(35));
    }

    #[test]
    fn what_a_checkout_costs_in_one_currency_is_the_sum_of_its_receipts() {
        let checkout = checkout(vec![hold(1, None, 0, 2_000, Usd), hold(2, None, 0, 1_790_000, Lbp)]);
        assert_eq!(checkout.cost_in(Usd), Ok(Money::new(8_000, Usd)));
        assert_eq!(checkout.cost_in(Lbp), Ok(Money::new(7_160_000, Lbp)));
    }

    fn awarded() -> Checkout {
        let now = Moment::from_micros(0);
        let (id, auction) = (CheckoutId::new(now, [1; 10]), AuctionId::new(now, [7; 10]));
        let (winner, lot) = (MemberId::new(now, [99; 10]), hold(1, None, 0, 500, Usd));
        Checkout::award(id, winner, lot, auction, Rate::default(), now).0
    }

    #[test]
    fn the_winner_of_an_auction_has_48_hours_and_a_payment_at_their_end_15_minutes_more() {
        let after = |minutes: i64| Moment::from_micros(0).plus(Span::minutes(minutes));
        let day = 24 * 60;
        assert!(awarded().is_held(after(2 * day - 1)) && !awarded().is_held(after(2 * day)));
        assert_eq!(awarded().extended_for_payment(after(9)).expires_at, after(2 * day));
        let late = awarded().extended_for_payment(after(2 * day - 5));
        assert_eq!(late.expires_at, after(2 * day + 10));
        assert_eq!(late.extended_for_payment(after(2 * day + 9)).expires_at, after(2 * day + 15));
    }

    #[test]
    fn an_auction_is_paid_by_wallet_or_card_once_it_is_known_how_it_reaches_the_winner() {
        let now = Moment::from_micros(5);
        for means in Means::ALL {
            assert_eq!(checkout(Vec::new()).can_be_paid_with(means), Ok(()));
        }
        let needed = Err(Refusal::DeliveryNeeded);
        assert_eq!(awarded().can_be_paid_with(Means::Wallet), needed);
        assert_eq!(awarded().can_be_paid_with(Means::Card), needed);
        assert_eq!(awarded().can_be_paid_with(Means::Cash), Err(Refusal::PayFirst));
        let (chosen, _) = awarded().choose_delivery(Delivery::Shipment, now).unwrap();
        assert_eq!(chosen.can_be_paid_with(Means::Cash), Err(Refusal::PayFirst));
        assert_eq!(chosen.can_be_paid_with(Means::Card), Ok(()));
        assert!(chosen.parcels().iter().all(|parcel| parcel.ships));
        let elsewhere = PickupPointId::new(now, [9; 10]);
        let (chosen, _) = chosen.choose_delivery(Delivery::Pickup(elsewhere), now).unwrap();
        assert!(chosen.parcels().iter().all(|parcel| !parcel.ships && parcel.pickup_point == elsewhere));
    }

    #[test]
    fn how_a_thing_is_delivered_is_said_of_what_was_won_and_while_it_is_held() {
        let now = Moment::from_micros(5);
        let fixed = checkout(Vec::new()).choose_delivery(Delivery::Shipment, now);
        assert_eq!(fixed.unwrap_err(), Refusal::DeliveryFixed);
        let late = awarded().choose_delivery(Delivery::Shipment, now.plus(AWARD_HOLD));
        assert_eq!(late.unwrap_err(), Refusal::CheckoutOver);
    }

    #[test]
    fn an_address_is_checked_and_never_written_into_a_log() {
        let address = ShippingAddress::new(" Nora Saab ", "Bliss Street 5\r\nBeirut").unwrap();
        assert_eq!((address.name(), address.address()), ("Nora Saab", "Bliss Street 5\nBeirut"));
        assert_eq!(format!("{:?}", DeliveryChoice::Shipment(address)), "Shipment(ShippingAddress(…))");
        for (name, lines) in [("", "Bliss Street 5"), ("Nora", "Bliss"), ("No\nra", "Bliss Street 5")] {
            assert!(ShippingAddress::new(name, lines).is_err(), "{name} {lines}");
        }
    }

    #[test]
    fn a_checkout_ends_once() {
        let now = Moment::from_micros(5);
        let (canceled, _) = checkout(Vec::new()).cancel(now).unwrap();
        assert_eq!(canceled.clone().cancel(now), Err(Refusal::CheckoutOver));
        assert_eq!(canceled.lapse(now.plus(HOLD)), Err(Refusal::CheckoutOver));
        let begun = checkout(Vec::new());
        assert_eq!(begun.clone().lapse(now), Err(Refusal::CheckoutOver));
        assert_eq!(begun.lapse(Moment::from_micros(0).plus(HOLD)).unwrap().0.state, State::Expired);
    }
}
