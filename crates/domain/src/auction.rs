//! Auctions: the timed sale of one lot to the highest bidder.
//!
//! ```text
//!  open ──bids; a late one moves the end──▶ close ──▶ sold ───the winner paid───▶ settled
//!   │  half of the time without a bid:       │         │  ▲
//!   │  the seller is asked to lower          │         │  └── somebody took a second chance, a counter-offer,
//!   │                                        │         │      or an offer to those who watch
//!   │                                        │         └─ 48 h without payment: a strike, second chances, or ─┐
//!   │                                        └─ reserve not met, no bids ──▶ passed ◀──────────────────────────┘
//!   └── cancel ──▶ canceled                                                   └── 48 h, 72 h ──▶ over: the lot is free
//! ```
//!
//! A lot is a listing that is not sold at a fixed price meanwhile; when the auction is over without a sale it is a withdrawn
//! listing again. Whether a bid is in time is asked of the clock and not of the one who closes: from `ends_at` on every bid is
//! refused. Every step is a pure function that returns the auction as it becomes, the lines of the bid log it writes
//! (`bid_log.rs`) and what it tells. What follows an auction by an offer is in `offer.rs`, how the price is made in `bid.rs`.

mod view;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::view::{
    AuctionRow, AuctionView, BidRow, BidView, BrowseAuctions, Note, SellerSide, Which, YourBid,
};

use crate::bid::{Ladder, Lead, Standing, Terms, end_after, payable};
use crate::bid_log::{Act, Because, Ending, Entry, committed};
use crate::event::Event;
use crate::id::{AuctionId, ListingId, MemberId, OrderId};
use crate::listing::ListingDraft;
use crate::member::{Member, Role};
use crate::money::{Currency, Money};
use crate::refusal::Refusal;
use crate::text;
use crate::time::{Moment, Span};

/// How long bidding lasts at least and at most.
pub const DURATION: (Span, Span) = (Span::minutes(1), Span::days(30));
/// The soft close: the time a late bid leaves to the others, unless the operator set another (`rules.md` 5.3).
pub const SOFT_CLOSE: Span = Span::minutes(3);
/// How far the soft close can move the end (`rules.md` 5.3).
pub const LONGEST_EXTENSION: Span = Span::minutes(60);
/// Until how long before the scheduled end the reserve price can be lowered (`rules.md` 5.4).
pub const RESERVE_FIXED: Span = Span::minutes(60);
/// With how much time left a seller can still cancel an auction that has bids (`rules.md` 5.4).
pub const CANCEL_BEFORE: Span = Span::hours(12);
/// Within how long after a bid a typing error can be taken back, and how long before the end no more (`rules.md` 5.2).
pub const RETRACT: (Span, Span) = (Span::minutes(10), Span::hours(1));
/// How long the winner has to pay (`rules.md` 5.8).
pub const PAY_WITHIN: Span = Span::hours(48);
/// After how long a winner who has not paid is reminded (`rules.md` 5.8).
pub const REMIND_AFTER: Span = Span::hours(24);
/// How long the seller may negotiate when the reserve price was not met (`rules.md` 5.4).
pub const NEGOTIATE: Span = Span::hours(48);
/// How long the seller may relist or offer when nobody bid (`rules.md` 5.4).
pub const REOFFER: Span = Span::hours(72);
/// For how long after the end second chances are given (`rules.md` 5.5).
pub const SECOND_CHANCES: Span = Span::days(14);
/// How often a lot can be put up again (`rules.md` 5.4).
pub const MOST_RELISTS: i64 = 3;
/// How many dated additions an auction has at most.
pub const MOST_NOTES: i64 = 20;
/// How many auctions of one seller run at once at most.
pub const MOST_OPEN: i64 = 100;
/// How many auctions a member watches at most.
pub const MOST_WATCHED: i64 = 500;
/// In how many running auctions somebody bids at once who has just joined, and how many they run.
pub const MOST_OF_NEW: i64 = 5;

/// The highest bid taken from a member: less from one who has just joined.
#[must_use]
pub const fn highest_bid(currency: Currency, is_new: bool) -> Money {
    let minor = match (currency, is_new) {
        (Currency::Usd, true) => 50_000,
        (Currency::Usd, false) => 5_000_000,
        (Currency::Lbp, true) => 50_000_000,
        (Currency::Lbp, false) => 5_000_000_000,
    };
    Money::new(minor, currency)
}

/// Where an auction is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuctionState)]
pub enum State {
    /// Bids are taken, until `ends_at`.
    Open,
    /// There is a winner, who has to pay.
    Sold,
    /// The winner paid: there is an order.
    Settled,
    /// It ended without a sale, or the sale came to nothing.
    Passed,
    /// It was called off.
    Canceled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Open, Self::Sold, Self::Settled, Self::Passed, Self::Canceled];

    /// The state's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sold => "sold",
            Self::Settled => "settled",
            Self::Passed => "passed",
            Self::Canceled => "canceled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is put up: something new, or a listing that was withdrawn or never sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lot {
    /// Something that is described here. Its price is what it would cost at a fixed price.
    New(ListingDraft),
    /// A listing of the seller's, as it is described.
    Listing(ListingId),
}

/// When bidding ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// That long after it is opened.
    After(Span),
    /// Then.
    At(Moment),
}

impl Serialize for Ends {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::After(span) => to.collect_str(&format_args!("after {}", span.micros())),
            Self::At(moment) => to.collect_str(&format_args!("at {}", moment.micros())),
        }
    }
}

/// On which terms something is put up: checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuctionDraft {
    starting_price: Money,
    reserve: Option<Money>,
    buy_now: Option<Money>,
    increment: Option<Money>,
    ends: Ends,
}

impl AuctionDraft {
    /// Checks what a seller asks for: a starting price, and perhaps a secret reserve price, a buy-now price and an increment
    /// of their own, all multiples of what can be paid in cash and in one currency.
    ///
    /// # Errors
    ///
    /// [`Refusal::PriceOutOfRange`], [`Refusal::NotCashUnit`], [`Refusal::AuctionCurrency`];
    /// [`Refusal::ReserveTooLow`] below the starting price; [`Refusal::BuyNowTooLow`] below 1.3 times the starting price or
    /// below the reserve price; [`Refusal::DurationInvalid`] for less than a minute or more than 30 days.
    pub fn new(
        starting_price: Money,
        reserve: Option<Money>,
        buy_now: Option<Money>,
        increment: Option<Money>,
        ends: Ends,
    ) -> Result<Self, Refusal> {
        let starting_price = payable(starting_price)?;
        for amount in [reserve, buy_now, increment].into_iter().flatten() {
            if amount.currency != starting_price.currency {
                return Err(Refusal::AuctionCurrency { currency: starting_price.currency });
            }
            payable(amount)?;
        }
        if reserve.is_some_and(|reserve| reserve.minor < starting_price.minor) {
            return Err(Refusal::ReserveTooLow { least: starting_price });
        }
        if let Some(buy_now) = buy_now {
            let least =
                (starting_price.minor * 13).div_euclid(10) + i64::from(starting_price.minor % 10 != 0);
            let least = least.max(reserve.map_or(0, |reserve| reserve.minor));
            if buy_now.minor < least {
                let unit = crate::bid::cash_unit(starting_price.currency);
                let least = (least + unit - 1).div_euclid(unit) * unit;
                return Err(Refusal::BuyNowTooLow { least: Money::new(least, starting_price.currency) });
            }
        }
        if let Ends::After(span) = ends {
            lasts(span)?;
        }
        Ok(Self { starting_price, reserve, buy_now, increment, ends })
    }

    /// The least the first bid may be.
    #[must_use]
    pub const fn starting_price(&self) -> Money {
        self.starting_price
    }
}

fn lasts(span: Span) -> Result<Span, Refusal> {
    if span >= DURATION.0 && span <= DURATION.1 { Ok(span) } else { Err(Refusal::DurationInvalid) }
}

/// Who wants to bid, and what stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bidder {
    /// Who.
    pub member: MemberId,
    /// Their number in this auction, if they have bid.
    pub number: Option<i64>,
    /// Whether they are somebody of the seller's: invited by them, in their store, or on a device they share.
    pub linked: bool,
    /// Whether seller and bidder do not hear each other.
    pub blocked: bool,
    /// Whether they have just joined.
    pub is_new: bool,
    /// In how many running auctions they bid; asked of those who have just joined.
    pub running: i64,
}

/// An accepted bid that still counts, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    /// Its line in the log.
    pub seq: i64,
    /// The bidder's number.
    pub bidder: i64,
    /// Who that is.
    pub member: MemberId,
    /// The most the server may bid for them.
    pub maximum: i64,
    /// When it was accepted.
    pub at: Moment,
}

/// The timed sale of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auction {
    /// Which auction.
    pub id: AuctionId,
    /// What is sold.
    pub lot: ListingId,
    /// Who sells.
    pub seller: MemberId,
    /// What its prices are made by.
    pub terms: Terms,
    /// What ends it at once, as long as it can be taken.
    pub buy_now: Option<i64>,
    /// What the reserve price is hidden with in the log.
    pub salt: String,
    /// Where it is in its life. One whose time is over may still be `open` here: ask [`Auction::is_open`].
    pub state: State,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was to end.
    pub scheduled_end: Moment,
    /// When bidding is due to end; the soft close can move it.
    pub ends_at: Moment,
    /// The soft close.
    pub window: Span,
    /// What the accepted bids come to.
    pub standing: Standing,
    /// Who leads.
    pub leader: Option<MemberId>,
    /// How many bids changed the leader or the price: what everybody sees.
    pub bids: i64,
    /// How many members have bid.
    pub bidders: i64,
    /// The number of the last line of the log.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// When the seller was asked to lower the price.
    pub asked_at: Option<Moment>,
    /// When they answered.
    pub answered_at: Option<Moment>,
    /// When it was told that it ends soon.
    pub soon_at: Option<Moment>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// Who has to pay, or paid.
    pub winner: Option<MemberId>,
    /// What the winner has to pay, in minor units; the price as it stood when it was not sold.
    pub hammer: Option<i64>,
    /// When the winner was found who has to pay.
    pub sold_at: Option<Moment>,
    /// When the winner was reminded.
    pub reminded_at: Option<Moment>,
    /// How often the lot was put up before.
    pub round: i64,
    /// How many dated additions there are.
    pub notes: i64,
    /// Until when the seller can negotiate, relist or offer, after it passed.
    pub negotiable_until: Option<Moment>,
    /// When the lot was free again, or sold for good.
    pub finished_at: Option<Moment>,
    /// When the timekeeper has to look at it next.
    pub due_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// What a step makes of an auction, and everything that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The auction as it becomes.
    pub auction: Auction,
    /// The lines it writes into the bid log, with their hashes.
    pub entries: Vec<(Entry, String)>,
    /// What happened.
    pub events: Vec<Event>,
    /// What those who watch are told, each by name.
    pub news: Option<News>,
}

/// What somebody who watches an auction is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It ends soon.
    EndingSoon,
    /// The seller asks for less.
    PriceLowered,
    /// The seller added something to the description.
    NoteAdded,
    /// It is over.
    Closed,
    /// The seller offers it to those who watch.
    Offered,
}

/// Who took an auction, and for what: they have to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Award {
    /// Who.
    pub winner: MemberId,
    /// What they have to pay.
    pub price: Money,
}

impl Auction {
    /// Opens an auction. `salt` hides the reserve price until it is told.
    ///
    /// # Errors
    ///
    /// [`Refusal::DurationInvalid`] when it ends in less than a minute or more than 30 days.
    pub fn open(
        draft: &AuctionDraft,
        (id, lot, seller): (AuctionId, ListingId, MemberId),
        (ladder, window, salt): (Ladder, Span, String),
        round: i64,
        now: Moment,
    ) -> Result<Turn, Refusal> {
        let scheduled_end = match draft.ends {
            Ends::After(span) => now.plus(span),
            Ends::At(moment) => now.plus(lasts(moment.since(now))?),
        };
        let currency = draft.starting_price.currency;
        let terms = Terms {
            currency,
            starting_price: draft.starting_price.minor,
            reserve: draft.reserve.map(|reserve| reserve.minor),
            increment: draft.increment.map(|increment| increment.minor),
            ladder,
        };
        let auction = Self {
            id,
            lot,
            seller,
            buy_now: draft.buy_now.map(|price| price.minor),
            salt,
            state: State::Open,
            opened_at: now,
            scheduled_end,
            ends_at: scheduled_end,
            window,
            standing: Standing::default(),
            leader: None,
            bids: 0,
            bidders: 0,
            seq: 0,
            hash: String::new(),
            asked_at: None,
            answered_at: None,
            soon_at: None,
            ending: None,
            closed_at: None,
            winner: None,
            hammer: None,
            sold_at: None,
            reminded_at: None,
            round,
            notes: 0,
            negotiable_until: None,
            finished_at: None,
            due_at: None,
            version: 1,
            terms,
        };
        let act = Act::Opened {
            terms: Terms { reserve: None, ..auction.terms.clone() },
            window,
            ends_at: scheduled_end,
            hard_end: auction.hard_end(),
            reserve: auction.hidden_reserve(),
        };
        let event = Event::AuctionOpened {
            auction: id,
            listing: lot,
            seller,
            starting_price: draft.starting_price,
            ends_at: scheduled_end,
        };
        Ok(auction.turn(vec![act], vec![event], now))
    }

    fn hidden_reserve(&self) -> Option<String> {
        self.terms.reserve.map(|reserve| committed(&self.salt, reserve))
    }

    /// How far the soft close can move the end.
    #[must_use]
    pub const fn hard_end(&self) -> Moment {
        self.scheduled_end.plus(LONGEST_EXTENSION)
    }

    /// Whether bids are taken at that moment.
    #[must_use]
    pub fn is_open(&self, now: Moment) -> bool {
        self.state == State::Open && now < self.ends_at
    }

    /// That many minor units as money.
    #[must_use]
    pub const fn money(&self, minor: i64) -> Money {
        self.terms.money(minor)
    }

    /// What everybody sees as its price: the starting price before the first bid, the hammer price after the close.
    #[must_use]
    pub fn price(&self) -> Money {
        let open = || self.standing.price(&self.terms).unwrap_or(self.terms.starting_price);
        self.money(self.hammer.unwrap_or_else(open))
    }

    /// What it can be had for at once, while it can.
    #[must_use]
    pub fn buy_now(&self, now: Moment) -> Option<Money> {
        let gone = match self.standing.reserve_met(&self.terms) {
            None => self.standing.lead.is_some(),
            Some(met) => met,
        };
        self.buy_now.filter(|_| self.is_open(now) && !gone).map(|price| self.money(price))
    }

    /// The same with these lines in its log, and what they tell.
    fn turn(mut self, acts: Vec<Act>, events: Vec<Event>, now: Moment) -> Turn {
        let mut entries = Vec::with_capacity(acts.len());
        for act in acts {
            self.seq += 1;
            let entry = Entry { seq: self.seq, at: now, act };
            self.hash = entry.chained(&self.hash);
            entries.push((entry, self.hash.clone()));
        }
        self.due_at = self.due();
        Turn { auction: self, entries, events, news: None }
    }

    /// When the timekeeper has to look at it next.
    fn due(&self) -> Option<Moment> {
        match self.state {
            State::Open => {
                let half =
                    self.half_time().filter(|_| self.asked_at.is_none() && self.standing.lead.is_none());
                let soon = self.soon().filter(|_| self.soon_at.is_none());
                [half, soon, Some(self.ends_at)].into_iter().flatten().min()
            }
            State::Sold if self.reminded_at.is_none() => self.sold_at.map(|at| at.plus(REMIND_AFTER)),
            State::Passed if self.finished_at.is_none() => self.negotiable_until,
            _ => None,
        }
    }

    /// When half of the time is gone.
    fn half_time(&self) -> Option<Moment> {
        let half = Span::from_micros(self.scheduled_end.since(self.opened_at).micros() / 2);
        Some(self.opened_at.plus(half))
    }

    /// When those who watch are told that it ends soon: ten minutes before, or at three quarters of a short one.
    fn soon(&self) -> Option<Moment> {
        let quarter = Span::from_micros(self.scheduled_end.since(self.opened_at).micros() / 4);
        Some(self.scheduled_end.minus(quarter.min(Span::minutes(10))))
    }

    /// It, while bids are taken.
    fn opened(self, now: Moment) -> Result<Self, Refusal> {
        if self.is_open(now) { Ok(self) } else { Err(Refusal::AuctionOver) }
    }

    /// Whether this member may bid at all, or have the lot.
    ///
    /// # Errors
    ///
    /// [`Refusal::OwnAuction`], [`Refusal::BidderLinked`], [`Refusal::BidderBlocked`], [`Refusal::TooManyAuctions`].
    pub fn lets_bid(&self, bidder: &Bidder) -> Result<(), Refusal> {
        if bidder.member == self.seller {
            return Err(Refusal::OwnAuction);
        }
        if bidder.linked {
            return Err(Refusal::BidderLinked);
        }
        if bidder.blocked {
            return Err(Refusal::BidderBlocked);
        }
        if bidder.is_new && bidder.number.is_none() && bidder.running >= MOST_OF_NEW {
            return Err(Refusal::TooManyAuctions { most: MOST_OF_NEW });
        }
        Ok(())
    }

    /// An amount as one that can be bid by somebody.
    fn biddable(&self, amount: Money, is_new: bool) -> Result<i64, Refusal> {
        if amount.currency != self.terms.currency {
            return Err(Refusal::AuctionCurrency { currency: self.terms.currency });
        }
        let amount = payable(amount)?;
        let most = highest_bid(self.terms.currency, is_new);
        if amount.minor > most.minor { Err(Refusal::BidTooHigh { most }) } else { Ok(amount.minor) }
    }

    /// The number of a bidder, who is given one with their first bid.
    fn number(&mut self, bidder: &Bidder) -> i64 {
        bidder.number.unwrap_or_else(|| {
            self.bidders += 1;
            self.bidders
        })
    }

    /// What everybody sees change: who leads, and at what price.
    fn seen(&self) -> (Option<i64>, Option<i64>) {
        (self.standing.lead.map(|lead| lead.bidder), self.standing.price(&self.terms))
    }

    /// Takes a bid: a maximum, up to which the server bids for its bidder (`rules.md` 5.2, 5.3).
    ///
    /// # Errors
    ///
    /// In this order: [`Refusal::AuctionOver`], [`Refusal::OwnAuction`], [`Refusal::BidderLinked`],
    /// [`Refusal::BidderBlocked`], [`Refusal::TooManyAuctions`], [`Refusal::AuctionCurrency`],
    /// [`Refusal::PriceOutOfRange`], [`Refusal::NotCashUnit`], [`Refusal::BidTooHigh`], [`Refusal::BidTooLow`] with the least
    /// that would be taken.
    pub fn place_bid(self, bidder: &Bidder, maximum: Money, now: Moment) -> Result<Turn, Refusal> {
        let mut auction = self.opened(now)?;
        auction.lets_bid(bidder)?;
        let maximum = auction.biddable(maximum, bidder.is_new)?;
        let minimum = auction.standing.minimum(&auction.terms, bidder.number);
        if maximum < minimum {
            return Err(Refusal::BidTooLow { minimum: auction.money(minimum) });
        }
        let (before, led) = (auction.seen(), auction.leader);
        let number = auction.number(bidder);
        auction.standing = auction.standing.with(number, maximum);
        if auction.standing.lead.is_some_and(|lead| lead.bidder == number) {
            auction.leader = Some(bidder.member);
        }
        let after = auction.seen();
        let changed = before != after;
        let raised = before.0 == Some(number);
        auction.ends_at =
            end_after((auction.ends_at, auction.hard_end()), auction.window, changed && !raised, now);
        auction.bids += i64::from(changed);
        let mut events = Vec::with_capacity(2);
        if changed {
            events.push(auction.bid_event(number));
        } else {
            // Who leads and only raises their maximum tells nobody, but their other devices.
            events.push(Event::MaximumRaised { auction: auction.id, member: bidder.member });
        }
        if let Some(outbid) = led.filter(|led| Some(*led) != auction.leader) {
            events.push(Event::Outbid { auction: auction.id, member: outbid, price: auction.price() });
        }
        Ok(auction.turn(vec![Act::Bid { bidder: number, maximum }], events, now))
    }

    fn bid_event(&self, by: i64) -> Event {
        Event::BidPlaced {
            auction: self.id,
            // Counted before the line is written.
            number: self.seq + 1,
            by,
            leader: self.standing.lead.map_or(by, |lead| lead.bidder),
            price: self.price(),
            minimum: self.money(self.standing.minimum(&self.terms, None)),
            bids: self.bids,
            bidders: self.bidders,
            reserve_met: self.standing.reserve_met(&self.terms),
            ends_at: self.ends_at,
        }
    }

    /// Takes it at the buy-now price: the auction is over in the same moment.
    ///
    /// # Errors
    ///
    /// As [`Auction::place_bid`]; [`Refusal::BuyNowGone`] when it can no longer be taken; [`Refusal::PriceChanged`] when the
    /// buyer saw another price.
    pub fn take(self, bidder: &Bidder, seen: Money, now: Moment) -> Result<(Turn, Award), Refusal> {
        let mut auction = self.opened(now)?;
        auction.lets_bid(bidder)?;
        let price = auction.buy_now(now).ok_or(Refusal::BuyNowGone)?;
        if seen != price {
            return Err(Refusal::PriceChanged { price });
        }
        auction.biddable(price, bidder.is_new)?;
        let number = auction.number(bidder);
        let outbid = auction.leader.filter(|leader| *leader != bidder.member);
        let bought = Act::Bought { bidder: number, price: price.minor };
        let award = Award { winner: bidder.member, price };
        let mut turn = auction.ended(Ending::Sold, (Some(number), Some(price.minor)), vec![bought], now);
        turn.auction.winner = Some(bidder.member);
        if let Some(member) = outbid {
            turn.events.push(Event::Outbid { auction: turn.auction.id, member, price });
        }
        Ok((turn, award))
    }

    /// The state after the end, whatever it was.
    fn ended(
        mut self,
        ending: Ending,
        (bidder, price): (Option<i64>, Option<i64>),
        mut acts: Vec<Act>,
        now: Moment,
    ) -> Turn {
        self.ending = Some(ending);
        self.closed_at = Some(now);
        self.hammer = price;
        match ending {
            Ending::Sold => {
                self.state = State::Sold;
                self.sold_at = Some(now);
            }
            Ending::ReserveNotMet => {
                self.state = State::Passed;
                self.negotiable_until = Some(now.plus(NEGOTIATE));
            }
            Ending::NoBids => {
                self.state = State::Passed;
                self.negotiable_until = Some(now.plus(REOFFER));
            }
            Ending::Canceled => {
                self.state = State::Canceled;
                self.finished_at = Some(now);
            }
        }
        acts.push(Act::Closed { ending, bidder, price });
        let event = Event::AuctionClosed {
            auction: self.id,
            listing: self.lot,
            seller: self.seller,
            ending,
            bidder,
            price: price.map(|price| self.money(price)),
        };
        Turn { news: Some(News::Closed), ..self.turn(acts, vec![event], now) }
    }

    /// The timekeeper: the moment the auction was waiting for has come. At half of the time without a bid the seller is
    /// asked, shortly before the end those who watch are told, at the end it is closed; a winner who has not paid is
    /// reminded; when the time to negotiate is over, the lot is free.
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionNotDue`] when it waits for nothing, or its moment has not come.
    pub fn lapse(mut self, now: Moment) -> Result<(Turn, Option<Award>), Refusal> {
        if self.due_at.is_none_or(|due| now < due) {
            return Err(Refusal::AuctionNotDue);
        }
        match self.state {
            State::Open if now >= self.ends_at => Ok(self.close(now)),
            State::Open if self.soon().is_some_and(|soon| now >= soon) && self.soon_at.is_none() => {
                self.soon_at = Some(now);
                // Asked so shortly before the end nobody has the time to answer.
                self.asked_at = self.asked_at.or(Some(now));
                let event = Event::AuctionEndingSoon { auction: self.id, ends_at: self.ends_at };
                let turn = self.turn(Vec::new(), vec![event], now);
                Ok((Turn { news: Some(News::EndingSoon), ..turn }, None))
            }
            State::Open if self.asked_at.is_none() => {
                self.asked_at = Some(now);
                let event = Event::NegotiationAsked {
                    auction: self.id,
                    seller: self.seller,
                    price: self.price(),
                    ends_at: self.ends_at,
                };
                Ok((self.turn(Vec::new(), vec![event], now), None))
            }
            State::Sold => {
                self.reminded_at = Some(now);
                let buyer = self.winner.unwrap_or(self.seller);
                let event = Event::SettlementReminded { auction: self.id, buyer };
                Ok((self.turn(Vec::new(), vec![event], now), None))
            }
            State::Passed => Ok((self.finish(now), None)),
            // Bids came since it was to be asked.
            State::Open => Ok((self.turn(Vec::new(), Vec::new(), now), None)),
            State::Settled | State::Canceled => Err(Refusal::AuctionNotDue),
        }
    }

    fn close(mut self, now: Moment) -> (Turn, Option<Award>) {
        let price = self.standing.price(&self.terms);
        let Some((lead, price)) = self.standing.lead.zip(price) else {
            return (self.ended(Ending::NoBids, (None, None), Vec::new(), now), None);
        };
        if self.standing.reserve_met(&self.terms) == Some(false) {
            return (self.ended(Ending::ReserveNotMet, (None, Some(price)), Vec::new(), now), None);
        }
        self.winner = self.leader;
        let award = self.leader.map(|winner| Award { winner, price: self.money(price) });
        (self.ended(Ending::Sold, (Some(lead.bidder), Some(price)), Vec::new(), now), award)
    }

    /// The lot is free: nothing more can come of this auction.
    #[must_use]
    pub fn finish(mut self, now: Moment) -> Turn {
        self.finished_at = Some(now);
        let event = Event::AuctionFinished { auction: self.id, listing: self.lot, seller: self.seller };
        self.turn(Vec::new(), vec![event], now)
    }

    // ---- the seller, while it is open ----

    /// Whether that member sells it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYourAuction`].
    pub fn sold_by(self, member: MemberId) -> Result<Self, Refusal> {
        if self.seller == member { Ok(self) } else { Err(Refusal::NotYourAuction) }
    }

    /// The seller asks for less, before the first bid: because they were asked at half of the time, or by themself.
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionOver`]; [`Refusal::AuctionHasBids`]; what [`payable`] says; [`Refusal::PriceNotLower`].
    pub fn lower(self, price: Money, now: Moment) -> Result<Turn, Refusal> {
        let mut auction = self.opened(now)?;
        if auction.standing.lead.is_some() {
            return Err(Refusal::AuctionHasBids);
        }
        let price = auction.in_currency(price)?;
        if price >= auction.terms.starting_price {
            return Err(Refusal::PriceNotLower { price: auction.price() });
        }
        auction.terms.starting_price = price;
        auction.answered_at = Some(now);
        let event = Event::PriceLowered {
            auction: auction.id,
            price: auction.price(),
            minimum: auction.money(auction.standing.minimum(&auction.terms, None)),
            ends_at: auction.ends_at,
        };
        let turn = auction.turn(vec![Act::Lowered { starting_price: price }], vec![event], now);
        Ok(Turn { news: Some(News::PriceLowered), ..turn })
    }

    fn in_currency(&self, amount: Money) -> Result<i64, Refusal> {
        if amount.currency != self.terms.currency {
            return Err(Refusal::AuctionCurrency { currency: self.terms.currency });
        }
        payable(amount).map(|amount| amount.minor)
    }

    /// The seller was asked to lower the price, and leaves it as it is.
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionOver`]; [`Refusal::NotAsked`] when they were not asked, or have answered.
    pub fn keep_price(self, now: Moment) -> Result<Turn, Refusal> {
        let mut auction = self.opened(now)?;
        if auction.asked_at.is_none() || auction.answered_at.is_some() || auction.standing.lead.is_some() {
            return Err(Refusal::NotAsked);
        }
        auction.answered_at = Some(now);
        Ok(auction.turn(Vec::new(), Vec::new(), now))
    }

    /// Whether the seller was asked to lower the price and has not answered.
    #[must_use]
    pub fn is_asked(&self, now: Moment) -> bool {
        self.is_open(now)
            && self.asked_at.is_some()
            && self.answered_at.is_none()
            && self.standing.lead.is_none()
    }

    /// The seller asks for a lower reserve price, or for none, until an hour before the scheduled end. What the bids come to
    /// is computed again: the reserve price may be met now.
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionOver`]; [`Refusal::ReserveFixed`] when there is none, it is met, or it is too late;
    /// [`Refusal::ReserveTooLow`], [`Refusal::PriceNotLower`].
    pub fn lower_reserve(self, reserve: Option<Money>, now: Moment) -> Result<Turn, Refusal> {
        let mut auction = self.opened(now)?;
        let known = auction.terms.reserve.ok_or(Refusal::ReserveFixed)?;
        let late = now > auction.scheduled_end.minus(RESERVE_FIXED);
        if late || auction.standing.reserve_met(&auction.terms) == Some(true) {
            return Err(Refusal::ReserveFixed);
        }
        let reserve = reserve.map(|reserve| auction.in_currency(reserve)).transpose()?;
        if reserve.is_some_and(|reserve| reserve < auction.terms.starting_price) {
            return Err(Refusal::ReserveTooLow { least: auction.money(auction.terms.starting_price) });
        }
        if reserve.is_some_and(|reserve| reserve >= known) {
            return Err(Refusal::PriceNotLower { price: auction.money(known) });
        }
        auction.terms.reserve = reserve;
        let act = Act::Reserve { reserve: auction.hidden_reserve() };
        let events = match auction.standing.lead {
            Some(lead) => vec![auction.bid_event(lead.bidder)],
            None => Vec::new(),
        };
        Ok(auction.turn(vec![act], events, now))
    }

    /// The seller adds something to the description. What was said before stays.
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionOver`]; [`Refusal::TooManyNotes`].
    pub fn add_note(self, now: Moment) -> Result<Turn, Refusal> {
        let mut auction = self.opened(now)?;
        if auction.notes >= MOST_NOTES {
            return Err(Refusal::TooManyNotes { most: MOST_NOTES });
        }
        auction.notes += 1;
        let event = Event::AuctionNoteAdded { auction: auction.id };
        Ok(Turn { news: Some(News::NoteAdded), ..auction.turn(Vec::new(), vec![event], now) })
    }

    /// Calls it off: the seller while nobody has bid, or with more than 12 hours left and a reason; a moderator any time. The
    /// reason comes back as it is kept: the last dated addition, unless there is none
    /// (`rules.md` 5.4).
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYourAuction`], [`Refusal::AuctionOver`], [`Refusal::CancelTooLate`]; what [`text::line`](crate::text::line())
    /// says of the reason.
    pub fn cancel(self, by: &Member, reason: &str, now: Moment) -> Result<(Turn, String), Refusal> {
        let (moderates, bids) = (by.role >= Role::Moderator, self.standing.lead.is_some());
        let auction = if moderates { self } else { self.sold_by(by.id)? };
        let mut auction = auction.opened(now)?;
        if !moderates && bids && auction.ends_at.since(now) <= CANCEL_BEFORE {
            return Err(Refusal::CancelTooLate { hours: CANCEL_BEFORE.micros() / Span::hours(1).micros() });
        }
        let least = if bids || by.id != auction.seller { 3 } else { 0 };
        let reason = text::line("reason", reason, least, 200)?;
        // It stands with what the seller added: whoever bid reads there why it is over.
        auction.notes += i64::from(!reason.is_empty());
        Ok((auction.ended(Ending::Canceled, (None, None), Vec::new(), now), reason))
    }

    // ---- bids that no longer count ----

    /// Whether a bidder may take a bid back: `last` is their latest, `noted_at` when the seller last added something. A
    /// typing error within ten minutes, more than an hour before the end, and only with a corrected bid in the same breath;
    /// or any bid made before the seller changed the description (`rules.md` 5.2).
    ///
    /// # Errors
    ///
    /// [`Refusal::AuctionOver`], [`Refusal::RetractionRefused`].
    pub fn may_retract(
        &self,
        last: &Bid,
        noted_at: Option<Moment>,
        corrected: Option<Money>,
        now: Moment,
    ) -> Result<(), Refusal> {
        if !self.is_open(now) {
            return Err(Refusal::AuctionOver);
        }
        let changed = noted_at.is_some_and(|noted| noted > last.at);
        let fresh = now.since(last.at) <= RETRACT.0 && self.ends_at.since(now) > RETRACT.1;
        let smaller = corrected.is_some_and(|corrected| corrected.minor < last.maximum);
        if changed || (fresh && smaller) { Ok(()) } else { Err(Refusal::RetractionRefused) }
    }

    /// Bids of a bidder no longer count, from a line of the log on. `kept` are those that still do, of everybody: what they
    /// come to is computed anew, and is what it would be had the others never been (`rules.md` 5.2).
    #[must_use]
    pub fn drop_bids(
        mut self,
        (bidder, from): (i64, i64),
        because: Because,
        kept: &[Bid],
        now: Moment,
    ) -> Turn {
        self.recount(kept);
        let event = Event::BidsRemoved {
            auction: self.id,
            bidder,
            leader: self.standing.lead.map(|lead| lead.bidder),
            price: self.money(self.standing.price(&self.terms).unwrap_or(self.terms.starting_price)),
            minimum: self.money(self.standing.minimum(&self.terms, None)),
            ends_at: self.ends_at,
        };
        self.turn(vec![Act::Removed { bidder, from, because }], vec![event], now)
    }

    fn recount(&mut self, kept: &[Bid]) {
        self.standing = Standing::of(kept.iter().map(|bid| (bid.bidder, bid.maximum, bid.seq)));
        let lead = self.standing.lead.map(|lead: Lead| lead.bidder);
        self.leader = kept.iter().find(|bid| Some(bid.bidder) == lead).map(|bid| bid.member);
    }

    // ---- after the close ----

    /// Somebody has it, by an offer that they took: they have to pay.
    #[must_use]
    pub fn awarded(mut self, award: Award, now: Moment) -> Turn {
        self.state = State::Sold;
        self.winner = Some(award.winner);
        self.hammer = Some(award.price.minor);
        self.sold_at = Some(now);
        self.reminded_at = None;
        self.negotiable_until = None;
        self.turn(Vec::new(), Vec::new(), now)
    }

    /// The winner paid: there is an order.
    #[must_use]
    pub fn settled(mut self, order: OrderId, now: Moment) -> Turn {
        self.state = State::Settled;
        self.finished_at = Some(now);
        let buyer = self.winner.unwrap_or(self.seller);
        let event = Event::AuctionSettled { auction: self.id, order, buyer, seller: self.seller };
        self.turn(Vec::new(), vec![event], now)
    }

    /// The winner did not pay: the sale came to nothing.
    #[must_use]
    pub fn defaulted(mut self, now: Moment) -> Turn {
        let buyer = self.winner.take().unwrap_or(self.seller);
        self.state = State::Passed;
        self.sold_at = None;
        let event = Event::WinnerDefaulted { auction: self.id, buyer, seller: self.seller };
        self.negotiable_until = Some(now.plus(NEGOTIATE));
        self.turn(Vec::new(), vec![event], now)
    }

    /// Whom the lot is offered next, and for what: the leader among those whose bids still count, while there is one who bid
    /// as much as the reserve price, within 14 days of the close. The price is computed anew, and is not more than it was
    /// unless the reserve price forces it (`rules.md` 5.5).
    #[must_use]
    pub fn runner_up(&self, now: Moment) -> Option<Award> {
        let closed = self.closed_at?;
        let price = self.standing.price(&self.terms)?;
        let unmet = self.standing.reserve_met(&self.terms) == Some(false);
        if unmet || self.ending == Some(Ending::Canceled) || now > closed.plus(SECOND_CHANCES) {
            return None;
        }
        let before = self.hammer.unwrap_or(price).max(self.terms.reserve.unwrap_or(0));
        self.leader.map(|winner| Award { winner, price: self.money(price.min(before)) })
    }

    /// Whether the seller may still negotiate, relist or offer.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotNegotiable`].
    pub fn negotiable(self, now: Moment) -> Result<Self, Refusal> {
        let open = self.finished_at.is_none() && self.negotiable_until.is_some_and(|until| now < until);
        if self.state == State::Passed && open { Ok(self) } else { Err(Refusal::NotNegotiable) }
    }

    /// The lot was offered to somebody: there is time to do something else after it.
    #[must_use]
    pub fn offered(mut self, offer: &crate::offer::Offer, now: Moment) -> Turn {
        self.negotiable_until = self.negotiable_until.max(Some(offer.expires_at.plus(REMIND_AFTER)));
        self.turn(Vec::new(), Vec::new(), now)
    }

    /// What the leading bid comes to, also after a sale that came to nothing.
    #[must_use]
    pub fn leading_bid(&self) -> Option<Award> {
        let price = self.standing.price(&self.terms)?;
        self.leader.map(|winner| Award { winner, price: self.money(price) })
    }

    /// What the seller asks the leading bidder for instead: once, above the price and not above the reserve price.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotNegotiable`] when the reserve price is not what stands between them; [`Refusal::CounterInvalid`]; what
    /// [`payable`] says.
    pub fn counter(&self, price: Money, made: bool) -> Result<Award, Refusal> {
        let unmet = self.standing.reserve_met(&self.terms) == Some(false);
        let reserve = self.terms.reserve.filter(|_| unmet).ok_or(Refusal::NotNegotiable)?;
        let bid = self.leading_bid().ok_or(Refusal::NotNegotiable)?;
        let asked = self.in_currency(price)?;
        if made || asked <= bid.price.minor || asked > reserve {
            return Err(Refusal::CounterInvalid { least: bid.price, most: self.money(reserve) });
        }
        Ok(Award { price, ..bid })
    }

    /// Whether the lot can be put up again on these terms.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotNegotiable`]; [`Refusal::TooManyRelists`]; [`Refusal::AuctionCurrency`]; [`Refusal::PriceNotLower`] when
    /// it should begin higher than before.
    pub fn relist(self, draft: &AuctionDraft, now: Moment) -> Result<Self, Refusal> {
        let auction = self.negotiable(now)?;
        if auction.round >= MOST_RELISTS {
            return Err(Refusal::TooManyRelists { most: MOST_RELISTS });
        }
        if auction.in_currency(draft.starting_price)? > auction.terms.starting_price {
            let price = auction.money(auction.terms.starting_price);
            return Err(Refusal::PriceNotLower { price });
        }
        Ok(auction)
    }
}
