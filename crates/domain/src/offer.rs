//! Offers that follow an auction (`rules.md` 5.4, 5.5): the lot at a price, to one member or to all who watch, for 24 hours.
//!
//! ```text
//!  made ──▶ open ──accept──▶ accepted: the member has to pay, as if they had won
//!            ├── decline ──▶ declined
//!            ├── 24 hours ──▶ expired
//!            └── the seller did something else ──▶ withdrawn
//! ```

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{AuctionId, MemberId, OfferId};
use crate::money::Money;
use crate::refusal::Refusal;
use crate::time::{Moment, Span};

/// How long an offer stands (`rules.md` 5.5).
pub const OFFER_LIFE: Span = Span::hours(24);
/// How many bidders are given a second chance (`rules.md` 5.5).
pub const MOST_SECOND_CHANCES: i64 = 3;

/// Why an offer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OfferKind)]
pub enum Kind {
    /// The winner did not pay: the next bidder may have it.
    SecondChance,
    /// The reserve price was not met, and the seller takes the leading bid: the bidder may confirm it.
    LeadingBid,
    /// The reserve price was not met, and the seller asks for something between the price and it.
    Counter,
    /// Nobody bid: whoever watches may have it, the first who takes it.
    Watchers,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::SecondChance, Self::LeadingBid, Self::Counter, Self::Watchers];

    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecondChance => "second_chance",
            Self::LeadingBid => "leading_bid",
            Self::Counter => "counter",
            Self::Watchers => "watchers",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where an offer is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OfferState)]
pub enum State {
    /// It can be taken.
    Open,
    /// It was taken.
    Accepted,
    /// It was turned down.
    Declined,
    /// Its time was over.
    Expired,
    /// The seller did something else with the lot.
    Withdrawn,
}

impl State {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Open, Self::Accepted, Self::Declined, Self::Expired, Self::Withdrawn];

    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A lot at a price, for one member or for all who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which offer.
    pub id: OfferId,
    /// What it follows.
    pub auction: AuctionId,
    /// Why.
    pub kind: Kind,
    /// Whom; nothing for all who watch. Who took such an offer, once somebody did.
    pub member: Option<MemberId>,
    /// For what.
    pub price: Money,
    /// When it was made.
    pub made_at: Moment,
    /// Until when it stands.
    pub expires_at: Moment,
    /// Where it is in its life. One whose time is over may still be `open` here.
    pub state: State,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// An offer as seller and addressee see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuctionOffer)]
pub struct OfferView {
    /// Which offer.
    pub offer: OfferId,
    /// What it follows.
    pub auction: AuctionId,
    /// Why.
    pub kind: Kind,
    /// For what.
    pub price: Money,
    /// Until when it stands.
    pub expires_at: Moment,
    /// Where it is in its life.
    pub state: State,
}

impl Offer {
    /// Makes an offer; `seller` is told with whom it is made to.
    #[must_use]
    pub fn make(
        (id, auction, seller): (OfferId, AuctionId, MemberId),
        kind: Kind,
        (member, price): (Option<MemberId>, Money),
        now: Moment,
    ) -> (Self, Event) {
        let expires_at = now.plus(OFFER_LIFE);
        let offer = Self {
            id,
            auction,
            kind,
            member,
            price,
            made_at: now,
            expires_at,
            state: State::Open,
            ended_at: None,
            version: 1,
        };
        let event = Event::OfferMade { offer: id, auction, kind, member, seller, price, expires_at };
        (offer, event)
    }

    /// Whether it can be taken.
    #[must_use]
    pub fn is_open(&self, now: Moment) -> bool {
        self.state == State::Open && now < self.expires_at
    }

    /// Takes it, or turns it down. Who watches and does not want it just leaves it.
    ///
    /// # Errors
    ///
    /// [`Refusal::OfferOver`]; [`Refusal::NotFound`] for who it is not made to.
    pub fn answer(
        mut self,
        (member, seller): (MemberId, MemberId),
        accept: bool,
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        let for_them = match self.kind {
            Kind::Watchers => member != seller && accept,
            _ => self.member == Some(member),
        };
        if !for_them {
            return Err(Refusal::not_found("offer"));
        }
        if !self.is_open(now) {
            return Err(Refusal::OfferOver);
        }
        self.member = Some(member);
        Ok(self.end(if accept { State::Accepted } else { State::Declined }, seller, now))
    }

    /// The timekeeper: its time is over.
    ///
    /// # Errors
    ///
    /// [`Refusal::OfferOver`] when it ended before, or its time is not over.
    pub fn lapse(self, seller: MemberId, now: Moment) -> Result<(Self, Event), Refusal> {
        if self.state != State::Open || now < self.expires_at {
            return Err(Refusal::OfferOver);
        }
        Ok(self.end(State::Expired, seller, now))
    }

    /// The seller did something else with the lot.
    #[must_use]
    pub fn withdraw(self, seller: MemberId, now: Moment) -> (Self, Event) {
        self.end(State::Withdrawn, seller, now)
    }

    fn end(mut self, state: State, seller: MemberId, now: Moment) -> (Self, Event) {
        self.state = state;
        self.ended_at = Some(now);
        let event =
            Event::OfferEnded { offer: self.id, auction: self.auction, state, member: self.member, seller };
        (self, event)
    }

    /// What seller and addressee see.
    #[must_use]
    pub fn view(&self, now: Moment) -> OfferView {
        let state = if self.state == State::Open && !self.is_open(now) { State::Expired } else { self.state };
        OfferView {
            offer: self.id,
            auction: self.auction,
            kind: self.kind,
            price: self.price,
            expires_at: self.expires_at,
            state,
        }
    }
}
