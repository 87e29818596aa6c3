//! Orders: what one buyer bought from one seller, at the prices of that moment, until it is collected or comes to nothing.
//!
//! One machine for every sale (`rules.md` 5.8):
//!
//! ```text
//!  placed ──drop_off──▶ at_desk ──collect──▶ collected ──confirm──▶ completed
//!    │ │                   │                     └─ 48 h of silence ─▲
//!    │ │                   └── not collected 3 open days after the pickup day ──▶ no_pickup
//!    │ └────────────────────── not dropped off 2 open days after it ───────────▶ no_drop_off
//!    └── cancel: the buyer within 30 minutes, the seller any time before the drop-off ──▶ canceled
//!
//!  placed ──ship──▶ shipped ──confirm──▶ completed
//!  (what ships) │      └─ 14 days of silence ─▲
//!               └── not sent 7 days after it was paid ──▶ no_drop_off
//!
//!  completed ──request_return──▶ return_open ──take_return──▶ returned ──settle_return, 48 h──▶ refunded
//!  (a store's, 7 days)             └── not brought within 7 days ──▶ completed
//! ```
//!
//! An order is paid when it is placed, from the wallet or by card, or in cash by the desk, at the latest when the thing is
//! collected. What ships never sees a desk, and is paid before; its pickup day is the last day to send it. What was won in an
//! auction is canceled by its buyer with the seller's consent alone, and is not on sale again when it comes to nothing. Every
//! step is a pure function that returns the
//! order as it becomes and everything that follows from it: the event, the ledger entry, the stock movement, the strike.

use std::fmt;

use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{AuctionId, CheckoutId, ListingId, MemberId, OrderId, PickupPointId, StoreId};
use crate::ledger::{Account, Entry, EntryKind, Source, StepError, Unbalanced};
use crate::listing::Movement;
use crate::member::{MemberCard, Strike, StrikeReason};
use crate::money::{Currency, Money, Price, Rate};
use crate::pickup::Calendar;
use crate::refusal::Refusal;
use crate::store::StoreCard;
use crate::time::{Date, Moment, Span};

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderState)]
pub enum State {
    /// Bought; the seller has to bring it, or to send it.
    Placed,
    /// On its way to the buyer.
    Shipped,
    /// The desk has it; the buyer has to collect it.
    AtDesk,
    /// The buyer has it.
    Collected,
    /// All is well; the seller is credited.
    Completed,
    /// Called off before the drop-off.
    Canceled,
    /// The seller did not bring it.
    NoDropOff,
    /// The buyer did not collect it.
    NoPickup,
    /// The buyer wants to give it back and has to bring it.
    ReturnOpen,
    /// The desk has it again; the store has to look at it.
    Returned,
    /// It came back, and the buyer has the money.
    Refunded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Placed,
        Self::Shipped,
        Self::AtDesk,
        Self::Collected,
        Self::Completed,
        Self::Canceled,
        Self::NoDropOff,
        Self::NoPickup,
        Self::ReturnOpen,
        Self::Returned,
        Self::Refunded,
    ];

    /// The state's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Shipped => "shipped",
            Self::AtDesk => "at_desk",
            Self::Collected => "collected",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::NoDropOff => "no_drop_off",
            Self::NoPickup => "no_pickup",
            Self::ReturnOpen => "return_open",
            Self::Returned => "returned",
            Self::Refunded => "refunded",
        }
    }

    /// The state as words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Placed => "waiting for its seller",
            Self::Shipped => "on its way",
            Self::AtDesk => "waiting at the desk",
            Self::Collected => "collected",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
            Self::NoDropOff => "over, because it was not brought or sent in time",
            Self::NoPickup => "over, because it was not collected in time",
            Self::ReturnOpen => "waiting to be given back",
            Self::Returned => "given back, waiting for the store",
            Self::Refunded => "given back and refunded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the order still binds its listing's copy: it is on its way to the buyer or with the buyer.
    #[must_use]
    pub const fn is_sale(self) -> bool {
        matches!(
            self,
            Self::Placed
                | Self::Shipped
                | Self::AtDesk
                | Self::Collected
                | Self::Completed
                | Self::ReturnOpen
                | Self::Returned
        )
    }

    /// Whether the desk still has something to do for an order in it. What ships sees a desk only when it comes back.
    #[must_use]
    pub const fn needs_desk(self, ships: bool) -> bool {
        match self {
            Self::Placed => !ships,
            state => matches!(state, Self::AtDesk | Self::ReturnOpen),
        }
    }
}

/// What can be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderAction)]
pub enum Action {
    /// The seller brings it; the desk scans the drop-off code.
    DropOff,
    /// The seller sends it off.
    Ship,
    /// The buyer pays: from the wallet, by card, or in cash at the desk before collecting.
    Pay,
    /// The buyer collects; the desk scans the pickup code and takes the cash that is due.
    Collect,
    /// The buyer says all is well, or 48 hours pass; 14 days for what ships.
    Confirm,
    /// The buyer asks the seller to agree to a cancelation.
    RequestCancel,
    /// Buyer or seller call it off.
    Cancel,
    /// The clock: it was not dropped off, or sent, in time.
    MissDropOff,
    /// The clock: it was not collected in time.
    MissPickup,
    /// The buyer wants to give goods of a store back.
    RequestReturn,
    /// The buyer brings them; the desk scans the pickup code.
    TakeReturn,
    /// The store looked at them, or 48 hours passed: the buyer has the money.
    SettleReturn,
    /// The clock: they were not brought in time.
    MissReturn,
    /// The seller gives a part of the money back.
    Refund,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::DropOff,
        Self::Ship,
        Self::Pay,
        Self::Collect,
        Self::Confirm,
        Self::RequestCancel,
        Self::Cancel,
        Self::MissDropOff,
        Self::MissPickup,
        Self::RequestReturn,
        Self::TakeReturn,
        Self::SettleReturn,
        Self::MissReturn,
        Self::Refund,
    ];

    /// The action as a participle for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DropOff => "dropped off",
            Self::Ship => "shipped",
            Self::Pay => "paid",
            Self::Collect => "collected",
            Self::Confirm => "confirmed",
            Self::RequestCancel | Self::Cancel => "canceled",
            Self::MissDropOff | Self::MissPickup | Self::MissReturn => "given up",
            Self::RequestReturn | Self::TakeReturn => "given back",
            Self::SettleReturn | Self::Refund => "refunded",
        }
    }
}

/// The table of the machine: what a state becomes by an action.
///
/// # Errors
///
/// [`Refusal::OrderState`] for every pair that is not drawn at the head of this file.
pub const fn next(state: State, action: Action) -> Result<State, Refusal> {
    Ok(match (state, action) {
        (State::Placed, Action::DropOff) => State::AtDesk,
        (State::Placed, Action::Ship) => State::Shipped,
        (State::Placed | State::AtDesk, Action::Pay) => state,
        (State::AtDesk, Action::Collect) => State::Collected,
        (State::Collected | State::Shipped, Action::Confirm) => State::Completed,
        (State::Placed, Action::RequestCancel) => State::Placed,
        (State::Placed, Action::Cancel) => State::Canceled,
        (State::Placed, Action::MissDropOff) => State::NoDropOff,
        (State::AtDesk, Action::MissPickup) => State::NoPickup,
        (State::Completed, Action::RequestReturn) => State::ReturnOpen,
        (State::ReturnOpen, Action::TakeReturn) => State::Returned,
        (State::ReturnOpen, Action::MissReturn) => State::Completed,
        (State::Returned, Action::SettleReturn) => State::Refunded,
        (State::Completed, Action::Refund) => State::Completed,
        _ => return Err(Refusal::OrderState { state, action }),
    })
}

/// How long a buyer may cancel without the seller.
pub const CANCEL_ALONE: Span = Span::minutes(30);
/// After how much silence a collected order is completed.
pub const SILENCE: Span = Span::hours(48);
/// How long a seller has to send what ships, from when it was paid.
pub const TO_SHIP: Span = Span::days(7);
/// After how much silence an order that was sent is completed.
pub const SHIPPED_SILENCE: Span = Span::days(14);
/// How long after its completion goods of a store can be given back, and how long the buyer then has to bring them
/// (`rules.md` 5.8).
pub const RETURN_WINDOW: Span = Span::days(7);
/// How long a store has to look at what was given back before the buyer has the money anyway.
pub const RETURN_SILENCE: Span = Span::hours(48);
/// How many open days after the pickup day a drop-off is still taken.
const DROP_OFF_GRACE: usize = 2;
/// How many open days after the pickup day a thing is kept for its buyer.
const PICKUP_GRACE: usize = 3;

/// A code of six characters that a person reads out at a desk.
///
/// The letters and digits leave out those that look alike. A pickup code starts with a digit and a drop-off code with a
/// letter, so that the desk has one field for both and neither can be taken for the other.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = DeskCode)]
pub struct Code(String);

impl Code {
    const DIGITS: &[u8] = b"23456789";
    const LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ";
    const LENGTH: usize = 6;

    /// The pickup code made of this randomness.
    #[must_use]
    pub fn pickup(random: [u8; 6]) -> Self {
        Self::make(Self::DIGITS, random)
    }

    /// The drop-off code made of this randomness.
    #[must_use]
    pub fn drop_off(random: [u8; 6]) -> Self {
        Self::make(Self::LETTERS, random)
    }

    fn make(first: &[u8], random: [u8; 6]) -> Self {
        let all = [Self::DIGITS, Self::LETTERS].concat();
        let pick = |from: &[u8], byte: u8| char::from(from[usize::from(byte) % from.len()]);
        let rest = random[1..].iter().map(|&byte| pick(&all, byte));
        Self(std::iter::once(pick(first, random[0])).chain(rest).collect())
    }

    /// Reads a code as a person types it: in any case, with blanks or dashes between.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]: what does not look like a code is the code of no order.
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let code: String = raw
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '-'))
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let known = |byte: u8| Self::DIGITS.contains(&byte) || Self::LETTERS.contains(&byte);
        if code.len() == Self::LENGTH && code.bytes().all(known) {
            Ok(Self(code))
        } else {
            Err(Refusal::not_found("code"))
        }
    }

    /// Whether it is the buyer's.
    #[must_use]
    pub fn is_pickup(&self) -> bool {
        self.0.starts_with(|first: char| first.is_ascii_digit())
    }

    /// The six characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    /// Codes stay out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code(…)")
    }
}

/// What was bought, at the price of that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderLine)]
pub struct Line {
    /// The listing it was bought from.
    pub listing: ListingId,
    /// What it was called when it was bought.
    pub title: String,
    /// How many copies.
    pub quantity: i64,
    /// What one copy cost.
    pub price: Money,
}

/// What lines cost together, exactly.
///
/// # Errors
///
/// [`Refusal::TotalOutOfRange`] when there is none, they are of two currencies, or it is more than a price may be.
pub fn total(lines: &[Line]) -> Result<Money, Refusal> {
    let cost =
        |line: &Line| Some(Money::new(line.price.minor.checked_mul(line.quantity)?, line.price.currency));
    let sum = lines
        .split_first()
        .and_then(|(first, rest)| rest.iter().try_fold(cost(first)?, |sum, line| sum.plus(cost(line)?)));
    sum.filter(|sum| Price::RANGE.contains(&sum.minor)).ok_or(Refusal::TotalOutOfRange)
}

/// How far what ships is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipment {
    /// When it was sent, once it is.
    pub shipped_at: Option<Moment>,
    /// What the seller says of it, such as the number it can be followed by: up to 200 characters.
    pub note: String,
}

/// What one buyer bought from one seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which order.
    pub id: OrderId,
    /// Who bought.
    pub buyer: MemberId,
    /// Who sold.
    pub seller: MemberId,
    /// Through which store, if it is one's.
    pub store: Option<StoreId>,
    /// Where it is in its life.
    pub state: State,
    /// What was bought, at least one line.
    pub lines: Vec<Line>,
    /// What the buyer pays.
    pub total: Money,
    /// What the market takes of it, frozen when the order was placed.
    pub commission: Money,
    /// The auction it was won in, if it was.
    pub auction: Option<AuctionId>,
    /// How far it is when the seller sends it; nothing when it is collected.
    pub shipment: Option<Shipment>,
    /// Where it changes hands, and where goods of a store come back.
    pub pickup_point: PickupPointId,
    /// The day the buyer can collect it; of what ships the last day to send it.
    pub pickup_day: Date,
    /// What the buyer shows at the desk.
    pub pickup_code: Code,
    /// What the seller shows at the desk.
    pub drop_off_code: Code,
    /// When it was bought.
    pub placed_at: Moment,
    /// When the desk got it.
    pub dropped_off_at: Option<Moment>,
    /// When the buyer paid.
    pub paid_at: Option<Moment>,
    /// When the buyer asked the seller to agree to a cancelation.
    pub cancel_requested_at: Option<Moment>,
    /// The checkout it was placed by, with the others of its group.
    pub checkout: Option<CheckoutId>,
    /// How it was paid.
    pub receipt: Option<Receipt>,
    /// What went back to the buyer after it was completed.
    pub refunded: Money,
    /// When and why the buyer wanted to give it back.
    pub return_request: Option<ReturnRequest>,
    /// When it entered its state.
    pub changed_at: Moment,
    /// When the timekeeper has to look at it next.
    pub due_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// What an action makes of an order, and everything that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The order as it becomes.
    pub order: Order,
    /// What happened; nothing when only a deadline moved.
    pub event: Option<Event>,
    /// The ledger entries it makes, in order.
    pub entries: Vec<Entry>,
    /// What it does to the stock of the listing.
    pub movement: Option<Movement>,
    /// Whether the listing is taken off the market with it.
    pub withdraw: bool,
    /// Who let the other down, if anybody did.
    pub strike: Option<Strike>,
}

/// Who canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderSide)]
pub enum Side {
    /// The member who bought.
    Buyer,
    /// The member who sold.
    Seller,
}

/// With what something is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Cash, at the desk.
    Cash,
    /// The buyer's wallet.
    Wallet,
    /// A card, by the provider.
    Card,
}

impl Means {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Cash, Self::Wallet, Self::Card];

    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Wallet => "wallet",
            Self::Card => "card",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|means| means.name() == name)
    }
}

/// How an order was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderReceipt)]
pub struct Receipt {
    /// With what.
    pub means: Means,
    /// What was paid. In another currency than the total it is the total at the rate beside it.
    pub paid: Money,
    /// How many pounds a dollar was, when one currency paid for the other: frozen.
    #[schema(required = true)]
    pub rate: Option<Rate>,
}

impl Receipt {
    /// What a total costs in a currency, at that rate if it is another one.
    ///
    /// # Errors
    ///
    /// [`Refusal::TotalOutOfRange`] when it does not fit.
    pub fn of(means: Means, total: Money, currency: Currency, rate: Rate) -> Result<Self, Refusal> {
        let paid = rate.convert(total, currency).ok_or(Refusal::TotalOutOfRange)?;
        let rate = (paid.currency != total.currency).then_some(rate);
        Ok(Self { means, paid, rate })
    }
}

/// When and why a buyer wants to give goods back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnRequest {
    /// When it was said.
    pub at: Moment,
    /// Why, in a line: 3 to 200 characters.
    pub reason: String,
}

/// What is needed to place an order besides the listing.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The order's id.
    pub id: OrderId,
    /// Who buys.
    pub buyer: MemberId,
    /// Who sells.
    pub seller: MemberId,
    /// Through which store, if it is one.
    pub store: Option<StoreId>,
    /// What is bought, at least one line.
    pub lines: Vec<Line>,
    /// The checkout it is placed by.
    pub checkout: Option<CheckoutId>,
    /// The auction it was won in, if it was.
    pub auction: Option<AuctionId>,
    /// Whether the seller sends it.
    pub ships: bool,
    /// The market's share, in basis points.
    pub commission_basis_points: i64,
    /// Randomness for the two codes.
    pub codes: ([u8; 6], [u8; 6]),
}

impl Order {
    /// Places an order: finds the day of the pickup, freezes the commission, makes the codes. What ships needs no room anywhere:
    /// its day is the last one to send it.
    ///
    /// # Errors
    ///
    /// [`Refusal::PickupPointFull`] when no day has room, [`Refusal::PickupPointClosed`] when the point closed for good;
    /// what [`total`] says.
    pub fn place(placement: Placement, calendar: &Calendar, now: Moment) -> Result<(Self, Event), Refusal> {
        let Placement { id, buyer, seller, store, lines, checkout, auction, ships, codes, .. } = placement;
        let (pickup_day, due_at) = if ships {
            let last = now.plus(TO_SHIP);
            (calendar.day_of(last), last)
        } else if calendar.point.closed_at.is_some() {
            return Err(Refusal::PickupPointClosed);
        } else {
            let day = calendar.pickup_day(now)?;
            (day, calendar.closing_after(day, DROP_OFF_GRACE))
        };
        let total = total(&lines)?;
        let event = Event::OrderPlaced {
            order: id,
            listings: lines.iter().map(|line| line.listing).collect(),
            buyer,
            seller,
            total,
            pickup_point: calendar.point.id,
            pickup_day,
        };
        let order = Self {
            id,
            buyer,
            seller,
            store,
            state: State::Placed,
            lines,
            total,
            commission: total.share(placement.commission_basis_points),
            auction,
            shipment: ships.then(Shipment::default),
            pickup_point: calendar.point.id,
            pickup_day,
            pickup_code: Code::pickup(codes.0),
            drop_off_code: Code::drop_off(codes.1),
            placed_at: now,
            dropped_off_at: None,
            paid_at: None,
            cancel_requested_at: None,
            checkout,
            receipt: None,
            refunded: Money::new(0, total.currency),
            return_request: None,
            changed_at: now,
            due_at: Some(due_at),
            version: 1,
        };
        Ok((order, event))
    }

    fn enter(mut self, action: Action, now: Moment) -> Result<Self, Refusal> {
        // What ships sees no desk, and what is collected is not sent.
        let foreign = if self.shipment.is_some() { Action::DropOff } else { Action::Ship };
        if action == foreign {
            return Err(Refusal::OrderState { state: self.state, action });
        }
        let state = next(self.state, action)?;
        if state != self.state {
            self.state = state;
            self.changed_at = now;
        }
        Ok(self)
    }

    const fn became(order: Self, event: Event) -> Step {
        Step { order, event: Some(event), entries: Vec::new(), movement: None, withdraw: false, strike: None }
    }

    /// The seller brought it; the desk scanned the drop-off code.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`].
    pub fn drop_off(self, calendar: &Calendar, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::DropOff, now)?;
        order.dropped_off_at = Some(now);
        order.cancel_requested_at = None;
        order.due_at = Some(order.next_reminder(calendar, now));
        let event = Event::OrderDroppedOff { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Self::became(order, event))
    }

    /// The seller sent it off.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`], also for what is collected; what [`text::line`](crate::text::line()) says of the note.
    pub fn ship(self, note: &str, now: Moment) -> Result<Step, StepError> {
        let note = crate::text::line("note", note, 0, 200)?;
        let mut order = self.enter(Action::Ship, now)?;
        order.shipment = Some(Shipment { shipped_at: Some(now), note });
        order.cancel_requested_at = None;
        order.due_at = Some(now.plus(SHIPPED_SILENCE));
        let event = Event::OrderShipped { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Step { movement: Some(Movement::Collect), ..Self::became(order, event) })
    }

    /// Whether the desk still has something to do for it.
    #[must_use]
    pub const fn needs_desk(&self) -> bool {
        self.state.needs_desk(self.shipment.is_some())
    }

    /// Whether it takes up a place on its pickup day.
    #[must_use]
    pub const fn is_booked(&self) -> bool {
        matches!(self.state, State::Placed | State::AtDesk) && self.shipment.is_none()
    }

    /// Until when the desk keeps it: the close of the third open day after the pickup day, or after the drop-off when
    /// that came later. A late seller does not cost the buyer the days to come by.
    #[must_use]
    pub fn kept_until(&self, calendar: &Calendar) -> Moment {
        let dropped_off = self.dropped_off_at.map_or(self.pickup_day, |at| calendar.day_of(at));
        calendar.closing_after(self.pickup_day.max(dropped_off), PICKUP_GRACE)
    }

    /// When the buyer is reminded next (the opening of the day before the pickup day, of the day, of the day after), or
    /// the deadline when no reminder is left.
    fn next_reminder(&self, calendar: &Calendar, now: Moment) -> Moment {
        let deadline = self.kept_until(calendar);
        (-1..=1)
            .map(|ahead| calendar.opening_of(self.pickup_day.saturating_add(ahead.days())))
            .find(|&reminder| reminder > now && reminder < deadline)
            .unwrap_or(deadline)
    }

    /// What is still to be paid.
    #[must_use]
    pub const fn due(&self) -> Money {
        match self.paid_at {
            None => self.total,
            Some(_) => Money::new(0, self.total.currency),
        }
    }

    /// What would pay it in cash.
    const fn cash(&self) -> Receipt {
        Receipt { means: Means::Cash, paid: self.total, rate: None }
    }

    /// Notes that it is paid. `from` is where the money comes from.
    fn take(&mut self, from: Account, receipt: Receipt, now: Moment) -> Result<Entry, Unbalanced> {
        let kind = match receipt.means {
            Means::Cash => EntryKind::CashTaken,
            Means::Wallet => EntryKind::WalletPaid,
            Means::Card => EntryKind::CardPaid,
        };
        self.paid_at = Some(now);
        self.receipt = Some(receipt);
        Entry::order_paid(kind, from, self.id, receipt.paid, self.total)
    }

    /// The buyer pays from the wallet or by card (L1, L11).
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::CashDue`] when it is paid already.
    pub fn settle(self, from: Account, receipt: Receipt, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::Pay, now)?;
        if order.paid_at.is_some() {
            return Err(Refusal::CashDue { due: order.due() }.into());
        }
        let entry = order.take(from, receipt, now)?;
        let event = order.paid();
        Ok(Step { entries: vec![entry], ..Self::became(order, event) })
    }

    const fn paid(&self) -> Event {
        Event::OrderPaid { order: self.id, buyer: self.buyer, seller: self.seller, total: self.total }
    }

    /// The buyer pays cash at the desk before collecting (L7).
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::CashDue`] when the cash is not what is due, which is nothing once it is paid.
    pub fn pay(self, desk: PickupPointId, cash: Money, now: Moment) -> Result<Step, StepError> {
        if cash != self.due() || self.paid_at.is_some() {
            next(self.state, Action::Pay)?;
            return Err(Refusal::CashDue { due: self.due() }.into());
        }
        let receipt = self.cash();
        self.settle(Account::CashBox(desk), receipt, now)
    }

    /// The buyer collects: the desk scanned the pickup code and takes the cash that is still due (L7).
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::CashDue`] when the cash is not what is due.
    pub fn collect(self, desk: PickupPointId, cash: Option<Money>, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::Collect, now)?;
        let due = order.due();
        if cash.unwrap_or(Money::new(0, due.currency)) != due {
            return Err(Refusal::CashDue { due }.into());
        }
        let mut entries = Vec::new();
        if order.paid_at.is_none() {
            let receipt = order.cash();
            entries.push(order.take(Account::CashBox(desk), receipt, now)?);
        }
        order.due_at = Some(now.plus(SILENCE));
        let event = Event::OrderCollected { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Step { entries, movement: Some(Movement::Collect), ..Self::became(order, event) })
    }

    /// Who earns by it.
    #[must_use]
    pub fn earner(&self) -> Account {
        self.store.map_or(Account::Seller(self.seller), Account::Store)
    }

    /// The buyer says all is well: the seller is credited (L7b).
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`].
    pub fn confirm(self, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::Confirm, now)?;
        order.due_at = None;
        let entry = Entry::order_completed(order.id, order.earner(), order.total, order.commission)?;
        let event = Event::OrderCompleted { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Step { entries: vec![entry], ..Self::became(order, event) })
    }

    /// The buyer wants to give goods of a store back, once, within 7 days after the order was completed. `codes` makes
    /// the codes anew: those it was handed over with may be another order's by now.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::ReturnOver`] for a member's single thing, a second time, or too late; what
    /// [`text::line`](crate::text::line()) says of the reason.
    pub fn request_return(
        self,
        reason: &str,
        codes: ([u8; 6], [u8; 6]),
        now: Moment,
    ) -> Result<Step, StepError> {
        let reason = crate::text::line("reason", reason, 3, 200)?;
        let over = now > self.changed_at.plus(RETURN_WINDOW);
        let spent = self.refunded.minor > 0 || self.return_request.is_some();
        let mut order = self.enter(Action::RequestReturn, now)?;
        if order.store.is_none() || over || spent {
            return Err(Refusal::ReturnOver { days: RETURN_WINDOW.micros() / Span::days(1).micros() }.into());
        }
        order.pickup_code = Code::pickup(codes.0);
        order.drop_off_code = Code::drop_off(codes.1);
        order.return_request = Some(ReturnRequest { at: now, reason });
        order.due_at = Some(now.plus(RETURN_WINDOW));
        let event = Event::ReturnRequested { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Self::became(order, event))
    }

    /// The buyer brought the goods as they were sold; the desk scanned the pickup code.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`].
    pub fn take_return(self, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::TakeReturn, now)?;
        order.due_at = Some(now.plus(RETURN_SILENCE));
        let event = Event::ReturnTaken { order: order.id, buyer: order.buyer, seller: order.seller };
        Ok(Self::became(order, event))
    }

    /// The store has the goods again and puts them back into its stock, or writes them off; the buyer has all the money
    /// (L6).
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`].
    pub fn settle_return(self, restock: bool, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::SettleReturn, now)?;
        order.due_at = None;
        order.refunded = order.total;
        let source = Source::Order(order.id);
        let entry = Entry::sale_refunded(source, order.earner(), order.buyer, order.total, order.commission)?;
        let event = Event::ReturnSettled {
            order: order.id,
            buyer: order.buyer,
            seller: order.seller,
            amount: order.total,
        };
        let movement = restock.then_some(Movement::Return);
        Ok(Step { entries: vec![entry], movement, ..Self::became(order, event) })
    }

    /// The seller gives a part of the money back after the order was completed, or all of it (L6). Of the commission as much
    /// goes back as the sum of all refunds is of the total.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::AmountOutOfRange`]; [`Refusal::RefundTooLarge`] for more than was paid and is
    /// not back yet, or another currency.
    pub fn refund(self, amount: Money, now: Moment) -> Result<Step, StepError> {
        let mut order = self.enter(Action::Refund, now)?;
        if amount.minor < 1 {
            return Err(Refusal::AmountOutOfRange { most: *Price::RANGE.end() }.into());
        }
        let left = order.total.minus(order.refunded).unwrap_or(order.total);
        if amount.currency != left.currency || amount.minor > left.minor {
            return Err(Refusal::RefundTooLarge { left }.into());
        }
        let before = order.commission_of(order.refunded);
        order.refunded = order.refunded.plus(amount).ok_or(Unbalanced)?;
        let commission = order.commission_of(order.refunded).minus(before).ok_or(Unbalanced)?;
        let source = Source::Refund(order.id, order.version);
        let entry = Entry::sale_refunded(source, order.earner(), order.buyer, amount, commission)?;
        let event =
            Event::OrderRefunded { order: order.id, buyer: order.buyer, seller: order.seller, amount };
        Ok(Step { entries: vec![entry], ..Self::became(order, event) })
    }

    /// How much of the commission belongs to a part of the total, rounded half up; all of it to the whole total.
    fn commission_of(&self, part: Money) -> Money {
        let (commission, part) = (i128::from(self.commission.minor), i128::from(part.minor));
        let total = i128::from(self.total.minor).max(1);
        let minor = (commission * part * 2 + total).div_euclid(total * 2);
        Money::new(i64::try_from(minor).unwrap_or(i64::MAX), self.total.currency)
    }

    /// The buyer asks the seller to agree to a cancelation. Asking again changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`].
    pub fn request_cancel(self, now: Moment) -> Result<Step, StepError> {
        let asked = self.cancel_requested_at.is_some();
        let mut order = self.enter(Action::RequestCancel, now)?;
        order.cancel_requested_at = order.cancel_requested_at.or(Some(now));
        let event = Event::OrderCancelRequested { order: order.id, buyer: order.buyer, seller: order.seller };
        let step = Self::became(order, event);
        Ok(if asked { Step { event: None, ..step } } else { step })
    }

    /// Calls it off before the drop-off, or before it is sent. The buyer may within 30 minutes, but never what was won in an
    /// auction; the seller may any time, which is a strike unless the buyer asked for it. Money paid goes back (L8). The listing
    /// is on sale again, except when the seller called it off unasked, or it was an auction's: then it is withdrawn.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`]; [`Refusal::CancelNeedsConsent`] when the buyer's half hour is over.
    pub fn cancel(self, by: Side, now: Moment) -> Result<Step, StepError> {
        let order = self.enter(Action::Cancel, now)?;
        let alone = if order.auction.is_some() { Span::minutes(0) } else { CANCEL_ALONE };
        if by == Side::Buyer && (order.auction.is_some() || now > order.placed_at.plus(alone)) {
            return Err(Refusal::CancelNeedsConsent { minutes: alone.micros() / 60_000_000 }.into());
        }
        let unasked = by == Side::Seller && order.cancel_requested_at.is_none();
        let strike = unasked.then_some(Strike {
            member: order.seller,
            order: order.id,
            reason: StrikeReason::SellerCanceled,
        });
        let event = Event::OrderCanceled { order: order.id, buyer: order.buyer, seller: order.seller, by };
        Self::came_to_nothing(order, event, strike, unasked, 0)
    }

    fn came_to_nothing(
        mut order: Self,
        event: Event,
        strike: Option<Strike>,
        withdraw: bool,
        handling_basis_points: i64,
    ) -> Result<Step, StepError> {
        order.due_at = None;
        // The price of an auction was made by its bids: nobody can buy the lot at it afterwards.
        let withdraw = withdraw || order.auction.is_some();
        let handling = order.total.share(handling_basis_points);
        let entries = match order.paid_at {
            Some(_) => vec![Entry::order_refunded(order.id, order.buyer, order.total, handling)?],
            None => Vec::new(),
        };
        let movement = Some(Movement::Uncommit);
        Ok(Step { order, event: Some(event), entries, movement, withdraw, strike })
    }

    /// The timekeeper: the moment the order was waiting for has come. Sends a reminder, ends the order, or waits on when
    /// closures since have moved the deadline. Of what was paid and not collected the house keeps the share for handling.
    ///
    /// # Errors
    ///
    /// [`Refusal::OrderState`] when the order waits for nothing, or its moment has not come.
    pub fn lapse(
        self,
        calendar: &Calendar,
        handling_basis_points: i64,
        now: Moment,
    ) -> Result<Step, StepError> {
        let waiting = Refusal::OrderState { state: self.state, action: Action::MissPickup };
        if self.due_at.is_none_or(|due| due > now) {
            return Err(waiting.into());
        }
        match self.state {
            State::Placed => {
                let deadline = calendar.closing_after(self.pickup_day, DROP_OFF_GRACE);
                if self.shipment.is_none() && deadline > now {
                    return Ok(self.wait_until(deadline));
                }
                let order = self.enter(Action::MissDropOff, now)?;
                let strike =
                    Strike { member: order.seller, order: order.id, reason: StrikeReason::NoDropOff };
                let event =
                    Event::DropOffMissed { order: order.id, buyer: order.buyer, seller: order.seller };
                Self::came_to_nothing(order, event, Some(strike), true, 0)
            }
            State::AtDesk => {
                if self.kept_until(calendar) > now {
                    let next = self.next_reminder(calendar, now);
                    let event = Event::PickupReminded { order: self.id, buyer: self.buyer };
                    return Ok(Step { event: Some(event), ..self.wait_until(next) });
                }
                let order = self.enter(Action::MissPickup, now)?;
                let strike = Strike { member: order.buyer, order: order.id, reason: StrikeReason::NoPickup };
                let event = Event::PickupMissed { order: order.id, buyer: order.buyer, seller: order.seller };
                Self::came_to_nothing(order, event, Some(strike), true, handling_basis_points)
            }
            State::Collected | State::Shipped => self.confirm(now),
            State::ReturnOpen => {
                let mut order = self.enter(Action::MissReturn, now)?;
                order.due_at = None;
                let event = Event::ReturnMissed { order: order.id, buyer: order.buyer, seller: order.seller };
                Ok(Self::became(order, event))
            }
            // What nobody of the store looked at is written off: whoever finds it on the shelf can put the count right.
            State::Returned => self.settle_return(false, now),
            State::Completed | State::Canceled | State::NoDropOff | State::NoPickup | State::Refunded => {
                Err(waiting.into())
            }
        }
    }

    fn wait_until(mut self, moment: Moment) -> Step {
        self.due_at = Some(moment);
        Step { order: self, event: None, entries: Vec::new(), movement: None, withdraw: false, strike: None }
    }

    /// The pickup day was closed: the pickup moves to the next open day with room, and its deadlines with it.
    ///
    /// # Errors
    ///
    /// [`Refusal::PickupPointFull`] when there is no such day.
    pub fn move_pickup(mut self, calendar: &Calendar, now: Moment) -> Result<Step, StepError> {
        self.pickup_day = calendar.next_day_with_room(self.pickup_day)?;
        let due = match self.state {
            State::AtDesk => self.next_reminder(calendar, now),
            _ => calendar.closing_after(self.pickup_day, DROP_OFF_GRACE),
        };
        let event = Event::PickupMoved {
            order: self.id,
            buyer: self.buyer,
            seller: self.seller,
            pickup_day: self.pickup_day,
        };
        Ok(Step { event: Some(event), ..self.wait_until(due) })
    }

    /// Which side of the order the member is on, if any.
    #[must_use]
    pub fn side_of(&self, member: MemberId) -> Option<Side> {
        if member == self.buyer {
            Some(Side::Buyer)
        } else if member == self.seller {
            Some(Side::Seller)
        } else {
            None
        }
    }

    /// What the buyer or the seller sees: each their own code only.
    #[must_use]
    pub fn view(self, viewer: Side, parties: Parties, calendar: &Calendar) -> OrderView {
        let Parties { buyer, seller, store } = parties;
        let (due, needs_desk) = (self.due(), self.needs_desk());
        let until = match self.state {
            State::Placed => self.due_at,
            State::AtDesk => Some(self.kept_until(calendar)),
            State::ReturnOpen => self.due_at,
            _ => None,
        };
        let hours = calendar.hours(self.pickup_day);
        let code = match (viewer, self.state) {
            (Side::Buyer, _) => Some(self.pickup_code.clone()),
            (Side::Seller, State::ReturnOpen) => None,
            (Side::Seller, _) => Some(self.drop_off_code.clone()),
        };
        let completed_at = (self.state == State::Completed).then_some(self.changed_at);
        let returnable = self.store.is_some() && self.return_request.is_none() && self.refunded.minor == 0;
        let return_until = completed_at.filter(|_| returnable).map(|at| at.plus(RETURN_WINDOW));
        OrderView {
            order: self.id,
            state: self.state,
            you_are: viewer,
            buyer,
            seller,
            store,
            lines: self.lines,
            total: self.total,
            due,
            auction: self.auction,
            fulfillment: self.shipment.map_or_else(Fulfillment::default, |Shipment { shipped_at, note }| {
                Fulfillment { kind: FulfillmentKind::Shipment, shipped_at, note }
            }),
            pickup: PickupView {
                point: calendar.point.id,
                name: calendar.point.name.clone(),
                address: calendar.point.address.clone(),
                day: self.pickup_day,
                hours: hours.map(|hours| hours.to_string()),
                time_zone: calendar.point.time_zone.clone(),
                code: code.filter(|_| needs_desk),
                until,
            },
            placed_at: self.placed_at,
            paid_at: self.paid_at,
            cancel_requested_at: self.cancel_requested_at,
            checkout: self.checkout,
            receipt: self.receipt,
            refunded: self.refunded,
            return_request: self.return_request,
            return_until,
            changed_at: self.changed_at,
        }
    }
}

/// The two sides of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// Who bought.
    pub buyer: MemberCard,
    /// Who sold.
    pub seller: MemberCard,
    /// Through which store, if it is one's.
    pub store: Option<StoreCard>,
}

/// The ways an order reaches its buyer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentKind {
    /// The buyer collects it at a pickup point.
    #[default]
    Pickup,
    /// The seller sends it.
    Shipment,
}

impl FulfillmentKind {
    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pickup => "pickup",
            Self::Shipment => "shipment",
        }
    }
}

/// How an order reaches its buyer. Where it is shipped to is asked for by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fulfillment {
    /// Which way.
    pub kind: FulfillmentKind,
    /// When the seller sent it, once they did.
    #[schema(required = true)]
    pub shipped_at: Option<Moment>,
    /// What the seller says of the shipment, such as the number it can be followed by.
    pub note: String,
}

/// An order as its buyer or its seller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// Which order.
    pub order: OrderId,
    /// Where it is in its life.
    pub state: State,
    /// Whether the viewer bought or sold.
    pub you_are: Side,
    /// Who bought.
    pub buyer: MemberCard,
    /// Who sold.
    pub seller: MemberCard,
    /// Through which store, if it is one's.
    #[serde(default)]
    #[schema(required = true)]
    pub store: Option<StoreCard>,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What it costs.
    pub total: Money,
    /// What is still to be paid: in cash at the desk, or from the wallet before.
    pub due: Money,
    /// The auction it was won in, if it was.
    #[serde(default)]
    #[schema(required = true)]
    pub auction: Option<AuctionId>,
    /// Whether it is collected or sent, and how far a shipment is.
    #[serde(default)]
    #[schema(required = true)]
    pub fulfillment: Fulfillment,
    /// Where, when and with which code.
    pub pickup: PickupView,
    /// When it was bought.
    pub placed_at: Moment,
    /// When it was paid.
    #[schema(required = true)]
    pub paid_at: Option<Moment>,
    /// When the buyer asked the seller to agree to a cancelation.
    #[schema(required = true)]
    pub cancel_requested_at: Option<Moment>,
    /// The checkout it was placed by: the orders of one are a group.
    #[serde(default)]
    #[schema(required = true)]
    pub checkout: Option<CheckoutId>,
    /// How it was paid, once it is.
    #[serde(default)]
    #[schema(required = true)]
    pub receipt: Option<Receipt>,
    /// What went back to the buyer after the order was completed.
    #[serde(default = "nothing_refunded")]
    pub refunded: Money,
    /// When and why the buyer wanted to give it back.
    #[serde(default)]
    #[schema(required = true)]
    pub return_request: Option<ReturnRequest>,
    /// Until when the buyer can say that it comes back; absent when that is not possible.
    #[serde(default)]
    #[schema(required = true)]
    pub return_until: Option<Moment>,
    /// When it entered its state.
    pub changed_at: Moment,
}

impl OrderView {
    /// Whether the seller sends it.
    #[must_use]
    pub fn ships(&self) -> bool {
        self.fulfillment.kind == FulfillmentKind::Shipment
    }

    /// Whether the desk still has something to do for it.
    #[must_use]
    pub fn needs_desk(&self) -> bool {
        self.state.needs_desk(self.ships())
    }
}

/// Answers that were remembered before there were refunds say nothing of them.
const fn nothing_refunded() -> Money {
    Money::new(0, Currency::Usd)
}

/// Where, when and with which code something is dropped off or collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PickupView {
    /// Which point.
    pub point: PickupPointId,
    /// What people call it.
    pub name: String,
    /// How to find it.
    pub address: String,
    /// The day the buyer can collect; the seller drops off before. Of what ships the last day to send it.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// The opening hours of that day, `08:00-17:00`.
    #[schema(required = true)]
    pub hours: Option<String>,
    /// The IANA name of the time zone those hours are in.
    pub time_zone: String,
    /// What the viewer shows at the desk; absent once the desk has nothing more to do.
    #[schema(required = true)]
    pub code: Option<Code>,
    /// Until when the seller can still drop off, or the desk keeps it for the buyer.
    #[schema(required = true)]
    pub until: Option<Moment>,
}

/// What the desk does when a code is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskView {
    /// Which order.
    pub order: OrderId,
    /// Where it is in its life.
    pub state: State,
    /// Whose code it is: the seller's to drop off, the buyer's to collect.
    pub shown_by: Side,
    /// Who is in front of the desk.
    pub name: String,
    /// What changes hands.
    pub lines: Vec<Line>,
    /// The cash to take before handing over.
    pub due: Money,
    /// The day of the pickup.
    #[schema(value_type = String, format = Date)]
    pub pickup_day: Date,
    /// What to do next: `drop_off`, `collect`, `take_return`, or nothing when the code is early or late.
    #[schema(required = true)]
    pub next: Option<Action>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::pickup::PickupPointDraft;
    use std::collections::{BTreeMap, BTreeSet};

    fn at(text: &str) -> Moment {
        Moment::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }
    fn calendar() -> Calendar {
        let id = PickupPointId::new(Moment::from_micros(0), [0; 10]);
        let point = PickupPointDraft::post_office().point(id, None, 1);
        Calendar { point, closures: BTreeSet::new(), booked: BTreeMap::new() }
    }
    /// Bought on Monday morning, to be collected on Wednesday, 25 November 2026.
    fn order() -> Order {
        let member = |byte| MemberId::new(Moment::from_micros(0), [byte; 10]);
        let line = Line {
            listing: ListingId::new(Moment::from_micros(0), [4; 10]),
            title: "Calculus".to_owned(),
            quantity: 1,
            price: Money::new(2_500, Currency::Usd),
        };
        let placement = Placement {
            id: OrderId::new(Moment::from_micros(0), [3; 10]),
            buyer: member(1),
            seller: member(2),
            store: None,
            lines: vec![line],
            checkout: None,
            auction: None,
            ships: false,
            commission_basis_points: 500,
            codes: ([0; 6], [0; 6]),
        };
        Order::place(placement, &calendar(), at("2026-11-23T07:00:00Z")).unwrap().0
    }
    fn desk() -> PickupPointId {
        calendar().point.id
    }
    fn at_desk() -> Order {
        order().drop_off(&calendar(), at("2026-11-24T08:00:00Z")).unwrap().order
    }

    #[test]
    fn the_drawing_at_the_head_of_the_file_is_the_table() {
        let drawn = [
            (State::Placed, Action::DropOff, State::AtDesk),
            (State::Placed, Action::Ship, State::Shipped),
            (State::Shipped, Action::Confirm, State::Completed),
            (State::Placed, Action::Pay, State::Placed),
            (State::AtDesk, Action::Pay, State::AtDesk),
            (State::Placed, Action::RequestCancel, State::Placed),
            (State::AtDesk, Action::Collect, State::Collected),
            (State::Collected, Action::Confirm, State::Completed),
            (State::AtDesk, Action::MissPickup, State::NoPickup),
            (State::Placed, Action::MissDropOff, State::NoDropOff),
            (State::Placed, Action::Cancel, State::Canceled),
            (State::Completed, Action::RequestReturn, State::ReturnOpen),
            (State::ReturnOpen, Action::TakeReturn, State::Returned),
            (State::ReturnOpen, Action::MissReturn, State::Completed),
            (State::Returned, Action::SettleReturn, State::Refunded),
            (State::Completed, Action::Refund, State::Completed),
        ];
        for state in State::ALL {
            for action in Action::ALL {
                let expected = drawn.iter().find(|(from, by, _)| (*from, *by) == (state, action));
                match next(state, action) {
                    Ok(to) => assert_eq!(expected, Some(&(state, action, to))),
                    Err(refusal) => {
                        assert_eq!(expected, None, "{state:?} {action:?}");
                        assert_eq!(refusal, Refusal::OrderState { state, action });
                    }
                }
            }
        }
        let head =
            include_str!("order.rs").lines().take_while(|line| line.starts_with("//!")).collect::<String>();
        assert!(State::ALL.iter().all(|state| head.contains(state.name())), "a state is not drawn");
    }

    #[test]
    fn a_sale_goes_from_the_order_to_the_credit_of_the_seller() {
        let placed = order();
        assert_eq!(placed.pickup_day, jiff::civil::date(2026, 11, 25));
        assert_eq!(placed.commission, Money::new(125, Currency::Usd));
        let collected = at_desk().collect(desk(), Some(placed.total), at("2026-11-25T08:00:00Z")).unwrap();
        assert_eq!(collected.movement, Some(Movement::Collect));
        assert_eq!(collected.entries.len(), 1);
        let completed = collected.order.confirm(at("2026-11-25T09:00:00Z")).unwrap();
        assert_eq!((completed.order.state, completed.order.due_at), (State::Completed, None));
        assert_eq!(completed.entries.len(), 1);
    }

    #[test]
    fn the_desk_takes_exactly_what_is_due_and_only_once() {
        let due = Money::new(2_500, Currency::Usd);
        for cash in [None, Some(Money::new(2_499, Currency::Usd)), Some(Money::new(2_500, Currency::Lbp))] {
            let refused = at_desk().collect(desk(), cash, at("2026-11-25T08:00:00Z")).unwrap_err();
            assert_eq!(refused, Refusal::CashDue { due }.into(), "{cash:?}");
        }
        let paid = at_desk().pay(desk(), due, at("2026-11-25T08:00:00Z")).unwrap().order;
        assert!(paid.clone().pay(desk(), due, at("2026-11-25T08:01:00Z")).is_err());
        assert!(paid.clone().pay(desk(), Money::new(0, Currency::Usd), at("2026-11-25T08:01:00Z")).is_err());
        assert!(paid.clone().collect(desk(), Some(due), at("2026-11-25T08:01:00Z")).is_err());
        assert!(paid.collect(desk(), None, at("2026-11-25T08:01:00Z")).unwrap().entries.is_empty());
    }

    #[test]
    fn a_buyer_cancels_alone_for_half_an_hour_and_then_needs_the_seller() {
        let within = order().cancel(Side::Buyer, at("2026-11-23T07:30:00Z")).unwrap();
        assert_eq!((within.order.state, within.strike, within.withdraw), (State::Canceled, None, false));
        let after = at("2026-11-23T07:30:01Z");
        assert_eq!(
            order().cancel(Side::Buyer, after).unwrap_err(),
            Refusal::CancelNeedsConsent { minutes: 30 }.into()
        );
        let asked = order().request_cancel(after).unwrap().order;
        let agreed = asked.cancel(Side::Seller, after).unwrap();
        assert_eq!((agreed.strike, agreed.withdraw), (None, false));
    }

    #[test]
    fn a_seller_who_cancels_unasked_has_a_strike_and_the_listing_withdrawn() {
        let step = order().cancel(Side::Seller, at("2026-11-23T07:05:00Z")).unwrap();
        assert_eq!(step.strike.unwrap().reason, StrikeReason::SellerCanceled);
        assert!(step.withdraw);
        assert!(at_desk().cancel(Side::Seller, at("2026-11-24T09:00:00Z")).is_err());
    }

    #[test]
    fn money_paid_for_what_came_to_nothing_goes_back_to_the_buyer() {
        let paid = order().pay(desk(), order().total, at("2026-11-23T07:10:00Z")).unwrap().order;
        let step = paid.cancel(Side::Buyer, at("2026-11-23T07:20:00Z")).unwrap();
        assert_eq!(step.entries[0].kind(), crate::ledger::EntryKind::OrderRefunded);
    }

    #[test]
    fn a_thing_not_dropped_off_two_open_days_after_the_pickup_day_ends_with_a_strike() {
        let deadline = at("2026-11-27T15:00:00Z");
        assert_eq!(order().due_at, Some(deadline));
        assert!(order().lapse(&calendar(), 0, at("2026-11-27T14:59:59Z")).is_err());
        let step = order().lapse(&calendar(), 0, deadline).unwrap();
        assert_eq!(step.order.state, State::NoDropOff);
        assert_eq!(step.strike.unwrap().member, order().seller);
    }

    #[test]
    fn the_buyer_is_reminded_three_times_and_then_the_thing_goes_back() {
        let mut order = order().drop_off(&calendar(), at("2026-11-23T12:00:00Z")).unwrap().order;
        let mut reminders = 0;
        loop {
            let due = order.due_at.unwrap();
            let step = order.lapse(&calendar(), 0, due).unwrap();
            order = step.order;
            match step.event {
                Some(Event::PickupReminded { .. }) => reminders += 1,
                Some(Event::PickupMissed { .. }) => {
                    assert_eq!(due, at("2026-11-30T15:00:00Z"));
                    assert_eq!(step.strike.unwrap().member, order.buyer);
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(reminders, 3);
    }

    #[test]
    fn a_late_drop_off_leaves_the_buyer_three_open_days() {
        let late = order().drop_off(&calendar(), at("2026-11-27T09:00:00Z")).unwrap().order;
        assert_eq!(late.kept_until(&calendar()), at("2026-12-02T15:00:00Z"));
    }

    /// Won in an auction on Monday morning, paid, and to be shipped.
    fn to_ship() -> Order {
        let won = AuctionId::new(Moment::from_micros(0), [5; 10]);
        let placement = Placement {
            id: order().id,
            buyer: order().buyer,
            seller: order().seller,
            store: None,
            lines: order().lines,
            checkout: None,
            auction: Some(won),
            ships: true,
            commission_basis_points: 1_000,
            codes: ([0; 6], [0; 6]),
        };
        let now = at("2026-11-23T07:00:00Z");
        let placed = Order::place(placement, &calendar(), now).unwrap().0;
        let receipt = Receipt::of(Means::Wallet, placed.total, Currency::Usd, Rate::default()).unwrap();
        placed.clone().settle(Account::Wallet(placed.buyer), receipt, now).unwrap().order
    }

    #[test]
    fn what_ships_sees_no_desk_and_is_completed_by_14_days_of_silence() {
        assert_eq!(to_ship().pickup_day, jiff::civil::date(2026, 11, 30));
        assert!(!to_ship().needs_desk() && !to_ship().is_booked() && order().needs_desk());
        let refused = to_ship().drop_off(&calendar(), at("2026-11-24T08:00:00Z")).unwrap_err();
        let action = Action::DropOff;
        assert_eq!(refused, Refusal::OrderState { state: State::Placed, action }.into());
        assert!(order().ship("", at("2026-11-24T08:00:00Z")).is_err());
        assert!(to_ship().ship(&"9".repeat(201), at("2026-11-24T08:00:00Z")).is_err());
        let step = to_ship().ship("Aramex 7", at("2026-11-24T08:00:00Z")).unwrap();
        assert_eq!((step.order.state, step.movement), (State::Shipped, Some(Movement::Collect)));
        let sent = step.order;
        assert!(sent.clone().cancel(Side::Seller, at("2026-11-24T09:00:00Z")).is_err());
        assert_eq!(sent.clone().confirm(at("2026-11-26T08:00:00Z")).unwrap().order.state, State::Completed);
        assert!(sent.clone().lapse(&calendar(), 0, at("2026-12-08T07:59:59Z")).is_err());
        let step = sent.lapse(&calendar(), 0, at("2026-12-08T08:00:00Z")).unwrap();
        assert_eq!((step.order.state, step.entries.len()), (State::Completed, 1));
    }

    #[test]
    fn what_is_not_sent_within_seven_days_is_refunded_and_held_against_the_seller() {
        assert!(to_ship().lapse(&calendar(), 100, at("2026-11-30T06:59:59Z")).is_err());
        let step = to_ship().lapse(&calendar(), 100, at("2026-11-30T07:00:00Z")).unwrap();
        assert_eq!((step.order.state, step.withdraw), (State::NoDropOff, true));
        assert_eq!(step.strike.unwrap().member, to_ship().seller);
        assert_eq!(step.entries[0].postings()[1].amount, Money::new(-2_500, Currency::Usd));
    }

    #[test]
    fn what_was_won_is_canceled_with_the_sellers_consent_and_is_not_on_sale_again() {
        let at_once = at("2026-11-23T07:00:00Z");
        let refused = to_ship().cancel(Side::Buyer, at_once).unwrap_err();
        assert_eq!(refused, Refusal::CancelNeedsConsent { minutes: 0 }.into());
        let asked = to_ship().request_cancel(at_once).unwrap().order;
        let agreed = asked.cancel(Side::Seller, at_once).unwrap();
        assert_eq!((agreed.order.state, agreed.strike, agreed.withdraw), (State::Canceled, None, true));
    }

    #[test]
    fn two_days_of_silence_complete_a_collected_order() {
        let total = order().total;
        let collected = at_desk().collect(desk(), Some(total), at("2026-11-25T08:00:00Z")).unwrap().order;
        assert!(collected.clone().lapse(&calendar(), 0, at("2026-11-27T07:59:59Z")).is_err());
        let step = collected.lapse(&calendar(), 0, at("2026-11-27T08:00:00Z")).unwrap();
        assert_eq!(step.order.state, State::Completed);
    }

    fn completed_by_a_store() -> Order {
        let order = Order { store: Some(StoreId::new(Moment::from_micros(0), [9; 10])), ..at_desk() };
        let collected = order.collect(desk(), Some(order_total()), at("2026-11-25T08:00:00Z")).unwrap();
        collected.order.confirm(at("2026-11-25T09:00:00Z")).unwrap().order
    }
    fn order_total() -> Money {
        Money::new(2_500, Currency::Usd)
    }

    #[test]
    fn goods_of_a_store_come_back_once_within_seven_days_and_the_buyer_has_the_money() {
        let asked =
            completed_by_a_store().request_return("too small", ([3; 6], [3; 6]), at("2026-12-02T09:00:00Z"));
        let open = asked.unwrap().order;
        assert_eq!((open.state, open.due_at), (State::ReturnOpen, Some(at("2026-12-09T09:00:00Z"))));
        let returned = open.take_return(at("2026-12-03T09:00:00Z")).unwrap().order;
        let step = returned.settle_return(true, at("2026-12-03T10:00:00Z")).unwrap();
        assert_eq!((step.order.state, step.order.refunded), (State::Refunded, order_total()));
        assert_eq!(step.movement, Some(Movement::Return));
        let postings: Vec<i64> =
            step.entries[0].postings().iter().map(|posting| posting.amount.minor).collect();
        assert_eq!(postings, [2_375, 125, -2_500]);
    }

    #[test]
    fn a_return_is_refused_for_a_single_thing_too_late_or_a_second_time() {
        let over: StepError = Refusal::ReturnOver { days: 7 }.into();
        let late =
            completed_by_a_store().request_return("too small", ([3; 6], [3; 6]), at("2026-12-02T09:00:01Z"));
        assert_eq!(late.unwrap_err(), over);
        let single = Order { store: None, ..completed_by_a_store() };
        let asked = single.request_return("too small", ([3; 6], [3; 6]), at("2026-11-26T09:00:00Z"));
        assert_eq!(asked.unwrap_err(), over);
        let open =
            completed_by_a_store().request_return("too small", ([3; 6], [3; 6]), at("2026-11-26T09:00:00Z"));
        let missed = open.unwrap().order.lapse(&calendar(), 0, at("2026-12-03T09:00:00Z")).unwrap().order;
        assert_eq!((missed.state, missed.due_at), (State::Completed, None));
        let again = missed.request_return("too small", ([3; 6], [3; 6]), at("2026-12-04T09:00:00Z"));
        assert_eq!(again.unwrap_err(), over);
    }

    #[test]
    fn refunds_in_parts_reverse_the_whole_commission_and_never_more_than_was_paid() {
        let now = at("2026-11-26T09:00:00Z");
        let mut order = completed_by_a_store();
        let mut reversed = 0;
        for minor in [999, 1, 1_000, 500] {
            let step = order.refund(Money::new(minor, Currency::Usd), now).unwrap();
            let postings = step.entries[0].postings().iter();
            reversed += postings
                .filter(|posting| posting.account == Account::Commission)
                .map(|posting| posting.amount.minor)
                .sum::<i64>();
            order = Order { version: step.order.version + 1, ..step.order };
        }
        assert_eq!((order.refunded, reversed), (order.total, order.commission.minor));
        let more = order.clone().refund(Money::new(1, Currency::Usd), now).unwrap_err();
        assert_eq!(more, Refusal::RefundTooLarge { left: Money::new(0, Currency::Usd) }.into());
        let none = order.refund(Money::new(0, Currency::Usd), now).unwrap_err();
        assert!(matches!(none, StepError::Refused(Refusal::AmountOutOfRange { .. })));
    }

    #[test]
    fn an_order_paid_in_the_other_currency_keeps_the_rate_on_its_receipt() {
        let rate = Rate::new(89_500).unwrap();
        let receipt = Receipt::of(Means::Wallet, order_total(), Currency::Lbp, rate).unwrap();
        assert_eq!(receipt.paid, Money::new(2_237_500, Currency::Lbp));
        assert_eq!(receipt.rate, Some(rate));
        let step =
            order().settle(Account::Wallet(order().buyer), receipt, at("2026-11-23T07:10:00Z")).unwrap();
        assert_eq!(step.entries[0].postings().len(), 4);
        assert_eq!(step.order.due(), Money::new(0, Currency::Usd));
        let same = Receipt::of(Means::Card, order_total(), Currency::Usd, rate).unwrap();
        assert_eq!((same.paid, same.rate), (order_total(), None));
    }

    #[test]
    fn a_closure_made_since_moves_the_deadline_instead_of_ending_the_order() {
        let mut calendar = calendar();
        calendar.closures.insert(jiff::civil::date(2026, 11, 26));
        let step = order().lapse(&calendar, 0, at("2026-11-27T15:00:00Z")).unwrap();
        assert_eq!((step.order.state, step.event), (State::Placed, None));
        assert_eq!(step.order.due_at, Some(at("2026-11-30T15:00:00Z")));
    }

    #[test]
    fn codes_are_read_as_people_type_them_and_tell_whose_they_are() {
        let (pickup, drop_off) = (Code::pickup([7, 200, 3, 4, 5, 6]), Code::drop_off([7, 200, 3, 4, 5, 6]));
        assert!(pickup.is_pickup() && !drop_off.is_pickup());
        let typed = format!(" {}-{} ", &pickup.as_str()[..3].to_lowercase(), &pickup.as_str()[3..]);
        assert_eq!(Code::parse(&typed), Ok(pickup));
        for raw in ["", "ABC", "ABCDEFG", "O0I1LL", "ÀBCDEF"] {
            assert!(Code::parse(raw).is_err(), "{raw}");
        }
    }
}
