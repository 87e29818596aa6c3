//! What is seen of an auction: by everybody, by the one who looks, by its seller alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Auction, State};
use crate::bid_log::Ending;
use crate::id::{AuctionId, CheckoutId, MemberId, OrderId};
use crate::listing::{Category, ListingView};
use crate::money::Money;
use crate::offer::OfferView;
use crate::refusal::Refusal;
use crate::text;
use crate::time::Moment;

/// A dated addition to a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuctionNote)]
pub struct Note {
    /// When it was added.
    pub at: Moment,
    /// What it says.
    pub text: String,
}

impl Note {
    /// Checks what a seller adds: 3 to 1,000 characters.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
    pub fn text(raw: &str) -> Result<String, Refusal> {
        text::lines("note", raw, 3, 1_000)
    }
}

/// How a bidder stands in an auction, as they alone see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct YourBid {
    /// The number others see instead of a name.
    pub bidder: i64,
    /// The most the server may bid.
    pub maximum: Money,
    /// Whether they lead; after the close, whether it is theirs.
    pub leads: bool,
}

/// What the answer to a bid says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BidView {
    /// Which auction.
    pub auction: AuctionId,
    /// How the bidder stands.
    #[serde(flatten)]
    pub you: YourBid,
    /// The price now.
    pub price: Money,
    /// The least the bidder can bid next.
    pub minimum: Money,
    /// Whether the reserve price is met; nothing when there is none.
    #[schema(required = true)]
    pub reserve_met: Option<bool>,
    /// When bidding is due to end.
    pub ends_at: Moment,
    /// Counts what happened in the auction: of two answers the one with the higher number is newer.
    pub number: i64,
}

impl Auction {
    /// What the answer to a bid says.
    #[must_use]
    pub fn bid_view(&self, you: YourBid) -> BidView {
        BidView {
            auction: self.id,
            price: self.price(),
            minimum: self.money(self.standing.minimum(&self.terms, Some(you.bidder))),
            reserve_met: self.standing.reserve_met(&self.terms),
            ends_at: self.ends_at,
            number: self.seq,
            you,
        }
    }

    /// How the one with that number stands, whose latest bid is this.
    #[must_use]
    pub fn yours(&self, bidder: i64, member: MemberId, maximum: i64) -> YourBid {
        let leads = match self.state {
            State::Open => self.leader == Some(member),
            _ => self.winner == Some(member),
        };
        YourBid { bidder, maximum: self.money(maximum), leads }
    }
}

/// What the seller alone sees of an auction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SellerSide {
    /// The secret least they accept.
    #[schema(required = true)]
    pub reserve: Option<Money>,
    /// Whether they are asked to lower the price and have not answered.
    pub asked: bool,
    /// Until when they can negotiate, relist or offer, after it passed.
    #[schema(required = true)]
    pub negotiable_until: Option<Moment>,
    /// How often the lot can still be put up again.
    pub relists_left: i64,
    /// The offers that followed, newest first.
    pub offers: Vec<OfferView>,
}

/// An auction as everybody sees it, with what the one who looks sees of themself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuctionView {
    /// Which auction.
    pub auction: AuctionId,
    /// What is sold: title, description, pictures, seller. Its own price is not asked for while it is at auction.
    pub lot: ListingView,
    /// Where it is in its life.
    pub state: State,
    /// How it ended, once it did.
    #[schema(required = true)]
    pub result: Option<Ending>,
    /// The price now: the starting price before the first bid, the hammer price after the close.
    pub price: Money,
    /// The least the first bid may be.
    pub starting_price: Money,
    /// The least that would be taken from the one who looks; nothing once bidding is over.
    #[schema(required = true)]
    pub minimum: Option<Money>,
    /// By how much the next bid exceeds the price.
    pub increment: Money,
    /// Whether the secret reserve price is met; nothing when there is none.
    #[schema(required = true)]
    pub reserve_met: Option<bool>,
    /// What ends it at once, while it can be taken.
    #[schema(required = true)]
    pub buy_now: Option<Money>,
    /// How many bids there are.
    pub bids: i64,
    /// How many members have bid.
    pub bidders: i64,
    /// The number of who leads, or won.
    #[schema(required = true)]
    pub leader: Option<i64>,
    /// How the one who looks stands, if they have bid.
    #[schema(required = true)]
    pub you: Option<YourBid>,
    /// Whether the one who looks watches it.
    pub watching: bool,
    /// How many watch it.
    pub watchers: i64,
    /// When it was opened.
    pub opened_at: Moment,
    /// When bidding is due to end.
    pub ends_at: Moment,
    /// When it was to end, before late bids moved that.
    pub scheduled_end: Moment,
    /// How far late bids can move it.
    pub hard_end: Moment,
    /// When it was closed.
    #[schema(required = true)]
    pub closed_at: Option<Moment>,
    /// What the seller added to the description since.
    pub notes: Vec<Note>,
    /// The checkout in which the one who looks pays for what they won.
    #[schema(required = true)]
    pub checkout: Option<CheckoutId>,
    /// Until when it has to be paid, while it is sold and not paid.
    #[schema(required = true)]
    pub pay_by: Option<Moment>,
    /// The order it became; for seller and winner.
    #[schema(required = true)]
    pub order: Option<OrderId>,
    /// An offer that the one who looks can take.
    #[schema(required = true)]
    pub offer: Option<OfferView>,
    /// What the seller alone sees.
    #[schema(required = true)]
    pub selling: Option<SellerSide>,
    /// Counts what happened in the auction: of two views the one with the higher number is newer.
    pub number: i64,
    /// The moment it was at the market: clients show the time left by this clock and not by their own.
    pub now: Moment,
}

/// An auction in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuctionRow {
    /// Which auction.
    pub auction: AuctionId,
    /// What is sold.
    pub lot: ListingView,
    /// Where it is in its life.
    pub state: State,
    /// How it ended, once it did.
    #[schema(required = true)]
    pub result: Option<Ending>,
    /// The price now.
    pub price: Money,
    /// How many bids there are.
    pub bids: i64,
    /// Whether the secret reserve price is met; nothing when there is none.
    #[schema(required = true)]
    pub reserve_met: Option<bool>,
    /// What ends it at once, while it can be taken.
    #[schema(required = true)]
    pub buy_now: Option<Money>,
    /// When bidding is due to end.
    pub ends_at: Moment,
    /// How the one who looks stands, in their own lists; elsewhere nothing.
    #[schema(required = true)]
    pub you: Option<YourBid>,
    /// The checkout in which the one who looks pays for what they won; in their own lists.
    #[schema(required = true)]
    pub checkout: Option<CheckoutId>,
    /// Whether the seller, who looks, is asked to lower the price.
    pub asked: bool,
}

/// A bid in the history that everybody sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BidRow {
    /// Its line in the log.
    pub number: i64,
    /// When it was accepted.
    pub at: Moment,
    /// Who bid, by their number.
    pub bidder: i64,
    /// What the price was after it.
    pub price: Money,
    /// Who led after it.
    pub leader: i64,
    /// Whether it was taken back since, or no longer counts.
    pub removed: bool,
}

/// Which auctions somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhichAuctions)]
pub enum Which {
    /// Those that run, the next to end first.
    #[default]
    Running,
    /// Those that are over, the last to end first.
    Over,
    /// Those the asker bids in, or has bid in.
    Bidding,
    /// Those the asker watches.
    Watched,
    /// Those the asker sells.
    Selling,
}

impl Which {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Running, Self::Over, Self::Bidding, Self::Watched, Self::Selling];

    /// The name in snake case, as it stands on wires.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Over => "over",
            Self::Bidding => "bidding",
            Self::Watched => "watched",
            Self::Selling => "selling",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.name() == name)
    }
}

/// What is asked of a list of auctions: a shelf or all of them, and words or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrowseAuctions {
    /// Which.
    pub which: Which,
    /// Only this shelf; for those that run.
    pub category: Option<Category>,
}
