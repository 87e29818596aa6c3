//! Everything that can happen, and who may see it.
//!
//! Events are facts in the past tense, written in the same transaction as what they tell of, numbered without gaps. One
//! table is the audit trail and the source of every live stream. No event carries a secret: no code, no e-mail address,
//! no text of a message.

use serde::{Deserialize, Serialize};

use crate::auction::News;
use crate::bid_log::Ending;
use crate::id::{
    AuctionId, CheckoutId, ConversationId, EntryId, InvitationId, ListingId, MemberId, MessageId, OfferId,
    OrderId, PaymentId, PayoutId, PickupPointId, PictureId, SessionId, StoreId,
};
use crate::ledger::EntryKind;
use crate::member::{Role, StrikeReason};
use crate::money::Money;
use crate::offer;
use crate::order::{Side, State};
use crate::time::{Date, Moment};

/// Who may see an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody, visitors included.
    Public,
    /// These members: one or two, since the log's indexes find an event by its first and its second member.
    Members(Vec<MemberId>),
    /// Whoever looks at this auction, visitors included: there may be a hundred bids a second, and they are for the few who
    /// are in the room.
    Auction(AuctionId),
    /// Operators: it is there for the books.
    Operators,
}

impl Audience {
    /// The audience as the database keeps it: `public`, `operators`, the id of an auction, or member ids with
    /// blanks between.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Public => "public".to_owned(),
            Self::Auction(auction) => auction.to_string(),
            Self::Operators => "operators".to_owned(),
            Self::Members(members) => members.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        }
    }
}

/// What everybody sees of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Anything.
    Anything,
    /// What this member offers, and the shelves it stands on.
    Of(MemberId),
}

/// A fact that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are ids and values whose types say what they are")]
pub enum Event {
    /// Somebody joined.
    MemberRegistered { member: MemberId },
    /// A member shows another name.
    NameChanged { member: MemberId },
    /// A member has another handle.
    UsernameChanged { member: MemberId },
    /// A member can be reached by older programs, under another name, or no longer.
    IdentityChanged { member: MemberId },
    /// A member's mail goes elsewhere. The address is not told.
    EmailChanged { member: MemberId },
    /// A member has another password.
    PasswordChanged { member: MemberId },
    /// A member may do more, or less.
    RoleChanged { member: MemberId, role: Role },
    /// A member signed in.
    SessionStarted { member: MemberId, session: SessionId },
    /// A session is over: logged out, revoked, or ended by a new password.
    SessionEnded { member: MemberId, session: SessionId },
    /// A member let another down and has it held against them.
    StrikeGiven {
        member: MemberId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auction: Option<AuctionId>,
        reason: StrikeReason,
    },

    /// A member shows, or no longer shows, whether they are here.
    PresenceHidden { member: MemberId, hidden: bool },
    /// A member hears another no more. The other is not told.
    MemberBlocked { member: MemberId, blocked: MemberId },
    /// A member hears another again.
    MemberUnblocked { member: MemberId, blocked: MemberId },

    /// A member wants to talk. The other hears of it with the first message.
    ConversationStarted { conversation: ConversationId, by: MemberId, with: MemberId },
    /// Something was said. What, is read where the message is kept.
    MessageSent {
        conversation: ConversationId,
        message: MessageId,
        number: i64,
        sender: MemberId,
        recipient: MemberId,
    },
    /// Everything up to that number reached the member.
    MessagesDelivered { conversation: ConversationId, by: MemberId, number: i64, to: MemberId },
    /// Everything up to that number was read by the member.
    MessagesRead { conversation: ConversationId, by: MemberId, number: i64, to: MemberId },

    /// A member brought a picture.
    PictureAdded { picture: PictureId, member: MemberId },

    /// A listing can be bought.
    ListingPublished { listing: ListingId, seller: MemberId, price: Money },
    /// A listing says something else.
    ListingEdited { listing: ListingId, seller: MemberId, price: Money },
    /// A listing was taken away.
    ListingWithdrawn { listing: ListingId, seller: MemberId, by: MemberId },
    /// A listing has no copy left. Who bought it is told to buyer and seller only, by `order_placed`.
    ListingSold { listing: ListingId, seller: MemberId },
    /// The order of a sold listing came to nothing; `withdrawn` tells whether it is on sale again.
    ListingReturned { listing: ListingId, seller: MemberId, withdrawn: bool },

    /// What can be bought of a store's listing is another number of copies.
    StockChanged { listing: ListingId, seller: MemberId, available: i64 },

    /// Somebody may open a store. The code is not told. Without a member it was the operator.
    InvitationMade { invitation: InvitationId, by: Option<MemberId> },
    /// An invitation was taken back.
    InvitationRevoked { invitation: InvitationId, by: Option<MemberId> },
    /// There is another store, opened by an invitation of that member, or of the operator.
    StoreOpened { store: StoreId, owner: MemberId },
    /// A store says something else of itself, or closes for some days.
    StoreChanged { store: StoreId, owner: MemberId },
    /// A member may act for a store.
    StaffAppointed { store: StoreId, owner: MemberId, member: MemberId },
    /// A member may no longer act for it.
    StaffDismissed { store: StoreId, owner: MemberId, member: MemberId },

    /// A buyer's cart has other lines.
    CartChanged { member: MemberId },
    /// What is in a cart is set aside for its buyer.
    CheckoutPrepared { checkout: CheckoutId, buyer: MemberId, totals: Vec<Money>, expires_at: Moment },
    /// The winner of an auction said how the lot shall reach them. Where to is not told.
    DeliveryChosen { checkout: CheckoutId, buyer: MemberId },
    /// It is for everybody again: the buyer left, or the time was over.
    CheckoutReleased { checkout: CheckoutId, buyer: MemberId, expired: bool },
    /// A checkout became orders.
    CheckoutPlaced { checkout: CheckoutId, buyer: MemberId, orders: Vec<OrderId> },
    /// A buyer went to pay by card.
    PaymentStarted { payment: PaymentId, checkout: CheckoutId, buyer: MemberId, amount: Money },
    /// The provider turned a card down. Why is not told here.
    PaymentDeclined { payment: PaymentId, buyer: MemberId },
    /// The provider holds the money ready.
    PaymentAuthorized { payment: PaymentId, buyer: MemberId },
    /// The money was taken, and the orders are paid.
    PaymentCaptured { payment: PaymentId, buyer: MemberId, amount: Money },
    /// The money came too late, and is in the wallet.
    PaymentRefunded { payment: PaymentId, buyer: MemberId, amount: Money },
    /// No money was taken.
    PaymentVoided { payment: PaymentId, buyer: MemberId },
    /// The provider paid what it took in to the bank.
    CardsSettled { batch: String, amount: Money },
    /// Cash was paid into a wallet at a desk.
    WalletToppedUp { member: MemberId, by: MemberId, pickup_point: PickupPointId, amount: Money },
    /// Earned money shall be paid out.
    PayoutRequested { payout: PayoutId, member: MemberId, amount: Money },
    /// It was handed over.
    PayoutPaid { payout: PayoutId, member: MemberId, amount: Money },
    /// It was taken back.
    PayoutVoided { payout: PayoutId, member: MemberId, amount: Money },

    /// Something is up for auction.
    AuctionOpened {
        auction: AuctionId,
        listing: ListingId,
        seller: MemberId,
        starting_price: Money,
        ends_at: Moment,
    },
    /// A bid changed who leads, or the price. Bidders stand in it by their numbers.
    BidPlaced {
        auction: AuctionId,
        number: i64,
        by: i64,
        leader: i64,
        price: Money,
        minimum: Money,
        bids: i64,
        bidders: i64,
        reserve_met: Option<bool>,
        ends_at: Moment,
    },
    /// Who leads lets the server bid more for them.
    MaximumRaised { auction: AuctionId, member: MemberId },
    /// A member no longer leads.
    Outbid { auction: AuctionId, member: MemberId, price: Money },
    /// Bids of one bidder no longer count; what is left comes to this.
    BidsRemoved {
        auction: AuctionId,
        bidder: i64,
        leader: Option<i64>,
        price: Money,
        minimum: Money,
        ends_at: Moment,
    },
    /// Half of the time is gone without a bid: the seller is asked to lower the price.
    NegotiationAsked { auction: AuctionId, seller: MemberId, price: Money, ends_at: Moment },
    /// The seller asks for less.
    PriceLowered { auction: AuctionId, price: Money, minimum: Money, ends_at: Moment },
    /// The seller added something to the description.
    AuctionNoteAdded { auction: AuctionId },
    /// Bidding ends soon.
    AuctionEndingSoon { auction: AuctionId, ends_at: Moment },
    /// It is over: how, for whom (by their number) and at what price.
    AuctionClosed {
        auction: AuctionId,
        listing: ListingId,
        seller: MemberId,
        ending: Ending,
        bidder: Option<i64>,
        price: Option<Money>,
    },
    /// A member who watches or bids is told.
    AuctionNews { auction: AuctionId, member: MemberId, news: News },
    /// A member has it, and has to pay by then.
    AuctionWon {
        auction: AuctionId,
        buyer: MemberId,
        seller: MemberId,
        price: Money,
        checkout: CheckoutId,
        pay_by: Moment,
    },
    /// The winner is reminded that it is not paid.
    SettlementReminded { auction: AuctionId, buyer: MemberId },
    /// The winner did not pay: the sale came to nothing.
    WinnerDefaulted { auction: AuctionId, buyer: MemberId, seller: MemberId },
    /// The winner paid, and there is an order.
    AuctionSettled { auction: AuctionId, order: OrderId, buyer: MemberId, seller: MemberId },
    /// Nothing more can come of it: the lot is free.
    AuctionFinished { auction: AuctionId, listing: ListingId, seller: MemberId },
    /// The lot is offered to a member; to all who watch when there is none.
    OfferMade {
        offer: OfferId,
        auction: AuctionId,
        kind: offer::Kind,
        member: Option<MemberId>,
        seller: MemberId,
        price: Money,
        expires_at: Moment,
    },
    /// An offer was taken, turned down, taken back, or its time was over.
    OfferEnded {
        offer: OfferId,
        auction: AuctionId,
        state: offer::State,
        member: Option<MemberId>,
        seller: MemberId,
    },

    /// Somebody bought.
    OrderPlaced {
        order: OrderId,
        #[serde(alias = "listing", deserialize_with = "one_or_several")]
        listings: Vec<ListingId>,
        buyer: MemberId,
        seller: MemberId,
        total: Money,
        pickup_point: PickupPointId,
        pickup_day: Date,
    },
    /// The seller sent it off. The number it can be followed by is not told here.
    OrderShipped { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The desk has it.
    OrderDroppedOff { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The buyer paid at the desk.
    OrderPaid { order: OrderId, buyer: MemberId, seller: MemberId, total: Money },
    /// The buyer has it.
    OrderCollected { order: OrderId, buyer: MemberId, seller: MemberId },
    /// All is well; the seller is credited.
    OrderCompleted { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The buyer wants out and asks the seller.
    OrderCancelRequested { order: OrderId, buyer: MemberId, seller: MemberId },
    /// It was called off.
    OrderCanceled { order: OrderId, buyer: MemberId, seller: MemberId, by: Side },
    /// The seller did not bring it in time.
    DropOffMissed { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The buyer did not collect it in time.
    PickupMissed { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The buyer wants to give goods of a store back.
    ReturnRequested { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The desk has them again.
    ReturnTaken { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The store has them again, or writes them off; the buyer has all the money.
    ReturnSettled { order: OrderId, buyer: MemberId, seller: MemberId, amount: Money },
    /// They were not brought in time.
    ReturnMissed { order: OrderId, buyer: MemberId, seller: MemberId },
    /// The seller gave a part of the money back, or all of it, after the order was completed.
    OrderRefunded { order: OrderId, buyer: MemberId, seller: MemberId, amount: Money },
    /// The buyer is reminded that something waits.
    PickupReminded { order: OrderId, buyer: MemberId },
    /// The pickup point closed on the day; the pickup is on another.
    PickupMoved { order: OrderId, buyer: MemberId, seller: MemberId, pickup_day: Date },
    /// The ledger has a new entry.
    EntryPosted {
        entry: EntryId,
        kind: EntryKind,
        #[serde(alias = "order")]
        source: String,
        postings: Vec<(String, Money)>,
    },

    /// There is another place to collect.
    PickupPointAdded { pickup_point: PickupPointId },
    /// A place has other hours, another name, or closed for good.
    PickupPointChanged { pickup_point: PickupPointId },
    /// A place does not open on a day.
    DayClosed { pickup_point: PickupPointId, day: Date },
    /// A place opens on that day after all.
    DayOpened { pickup_point: PickupPointId, day: Date },
    /// A member serves the desk of a place.
    AttendantAppointed { pickup_point: PickupPointId, member: MemberId },
    /// A member no longer serves it.
    AttendantDismissed { pickup_point: PickupPointId, member: MemberId },
    /// The operator changed a setting.
    SettingChanged { name: String, value: String },
}

/// Orders had one line once, and their events are in logs.
fn one_or_several<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<ListingId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Listings {
        One(ListingId),
        Several(Vec<ListingId>),
    }
    Ok(match Listings::deserialize(from)? {
        Listings::One(listing) => vec![listing],
        Listings::Several(listings) => listings,
    })
}

impl Event {
    /// What everybody sees and may look different after it, if anything does.
    #[must_use]
    pub const fn changes(&self) -> Option<Seen> {
        match self {
            Self::ListingPublished { seller: member, .. }
            | Self::ListingEdited { seller: member, .. }
            | Self::ListingWithdrawn { seller: member, .. }
            | Self::ListingSold { seller: member, .. }
            | Self::ListingReturned { seller: member, .. }
            | Self::StockChanged { seller: member, .. }
            | Self::AuctionOpened { seller: member, .. }
            | Self::AuctionClosed { seller: member, .. }
            | Self::AuctionFinished { seller: member, .. }
            | Self::StoreOpened { owner: member, .. }
            | Self::StoreChanged { owner: member, .. }
            | Self::NameChanged { member }
            | Self::UsernameChanged { member } => Some(Seen::Of(*member)),
            Self::PickupPointAdded { .. }
            | Self::PickupPointChanged { .. }
            | Self::DayClosed { .. }
            | Self::DayOpened { .. } => Some(Seen::Anything),
            _ => None,
        }
    }

    /// Who may see it.
    #[must_use]
    pub fn audience(&self) -> Audience {
        match self {
            Self::NameChanged { member }
            | Self::UsernameChanged { member }
            | Self::IdentityChanged { member }
            | Self::EmailChanged { member }
            | Self::PasswordChanged { member }
            | Self::RoleChanged { member, .. }
            | Self::SessionStarted { member, .. }
            | Self::SessionEnded { member, .. }
            | Self::StrikeGiven { member, .. }
            | Self::AttendantAppointed { member, .. }
            | Self::AttendantDismissed { member, .. }
            | Self::PresenceHidden { member, .. }
            | Self::MemberBlocked { member, .. }
            | Self::MemberUnblocked { member, .. }
            | Self::PictureAdded { member, .. }
            | Self::CartChanged { member }
            | Self::CheckoutPrepared { buyer: member, .. }
            | Self::DeliveryChosen { buyer: member, .. }
            | Self::CheckoutReleased { buyer: member, .. }
            | Self::CheckoutPlaced { buyer: member, .. }
            | Self::PaymentStarted { buyer: member, .. }
            | Self::PaymentDeclined { buyer: member, .. }
            | Self::PaymentAuthorized { buyer: member, .. }
            | Self::PaymentCaptured { buyer: member, .. }
            | Self::PaymentRefunded { buyer: member, .. }
            | Self::PaymentVoided { buyer: member, .. }
            | Self::PayoutRequested { member, .. }
            | Self::PayoutPaid { member, .. }
            | Self::PayoutVoided { member, .. }
            | Self::MaximumRaised { member, .. }
            | Self::Outbid { member, .. }
            | Self::AuctionNews { member, .. }
            | Self::NegotiationAsked { seller: member, .. }
            | Self::SettlementReminded { buyer: member, .. }
            | Self::OfferMade { member: None, seller: member, .. }
            | Self::OfferEnded { member: None, seller: member, .. }
            | Self::ConversationStarted { by: member, .. } => Audience::Members(vec![*member]),

            Self::BidPlaced { auction, .. }
            | Self::BidsRemoved { auction, .. }
            | Self::PriceLowered { auction, .. }
            | Self::AuctionNoteAdded { auction }
            | Self::AuctionEndingSoon { auction, .. } => Audience::Auction(*auction),

            Self::MessageSent { sender: one, recipient: other, .. }
            | Self::MessagesDelivered { by: one, to: other, .. }
            | Self::MessagesRead { by: one, to: other, .. }
            | Self::WalletToppedUp { member: one, by: other, .. }
            | Self::AuctionWon { buyer: one, seller: other, .. }
            | Self::WinnerDefaulted { buyer: one, seller: other, .. }
            | Self::AuctionSettled { buyer: one, seller: other, .. }
            | Self::OfferMade { member: Some(one), seller: other, .. }
            | Self::OfferEnded { member: Some(one), seller: other, .. }
            | Self::StaffAppointed { owner: one, member: other, .. }
            | Self::StaffDismissed { owner: one, member: other, .. } => Audience::Members(vec![*one, *other]),

            Self::InvitationMade { by: Some(member), .. }
            | Self::InvitationRevoked { by: Some(member), .. } => Audience::Members(vec![*member]),
            Self::InvitationMade { by: None, .. } | Self::InvitationRevoked { by: None, .. } => {
                Audience::Operators
            }

            Self::ListingPublished { .. }
            | Self::ListingEdited { .. }
            | Self::ListingWithdrawn { .. }
            | Self::ListingSold { .. }
            | Self::ListingReturned { .. }
            | Self::StockChanged { .. }
            | Self::AuctionOpened { .. }
            | Self::AuctionClosed { .. }
            | Self::AuctionFinished { .. }
            | Self::StoreOpened { .. }
            | Self::StoreChanged { .. }
            | Self::PickupPointAdded { .. }
            | Self::PickupPointChanged { .. }
            | Self::DayClosed { .. }
            | Self::DayOpened { .. } => Audience::Public,

            Self::OrderPlaced { buyer, seller, .. }
            | Self::OrderShipped { buyer, seller, .. }
            | Self::OrderDroppedOff { buyer, seller, .. }
            | Self::OrderPaid { buyer, seller, .. }
            | Self::OrderCollected { buyer, seller, .. }
            | Self::OrderCompleted { buyer, seller, .. }
            | Self::OrderCancelRequested { buyer, seller, .. }
            | Self::OrderCanceled { buyer, seller, .. }
            | Self::DropOffMissed { buyer, seller, .. }
            | Self::PickupMissed { buyer, seller, .. }
            | Self::ReturnRequested { buyer, seller, .. }
            | Self::ReturnTaken { buyer, seller, .. }
            | Self::ReturnSettled { buyer, seller, .. }
            | Self::ReturnMissed { buyer, seller, .. }
            | Self::OrderRefunded { buyer, seller, .. }
            | Self::PickupMoved { buyer, seller, .. } => Audience::Members(vec![*buyer, *seller]),

            Self::PickupReminded { buyer, .. } => Audience::Members(vec![*buyer]),
            Self::MemberRegistered { .. }
            | Self::EntryPosted { .. }
            | Self::CardsSettled { .. }
            | Self::SettingChanged { .. } => Audience::Operators,
        }
    }

    /// Which block keeps it from one of its members: who would block whom, and who of the two is not told then. What somebody
    /// says is not told to who blocks them; how far somebody has read is not told to whom they block.
    #[must_use]
    pub const fn hushed_by(&self) -> Option<(MemberId, MemberId, MemberId)> {
        match self {
            Self::MessageSent { sender, recipient, .. } => Some((*recipient, *sender, *recipient)),
            Self::MessagesDelivered { by, to, .. } | Self::MessagesRead { by, to, .. } => {
                Some((*by, *to, *to))
            }
            _ => None,
        }
    }

    /// The id of what it is about, so that the story of one thing can be read alone.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::MemberRegistered { member }
            | Self::NameChanged { member }
            | Self::UsernameChanged { member }
            | Self::IdentityChanged { member }
            | Self::EmailChanged { member }
            | Self::PasswordChanged { member }
            | Self::RoleChanged { member, .. }
            | Self::SessionStarted { member, .. }
            | Self::SessionEnded { member, .. }
            | Self::StrikeGiven { member, .. }
            | Self::PresenceHidden { member, .. }
            | Self::MemberBlocked { member, .. }
            | Self::MemberUnblocked { member, .. }
            | Self::CartChanged { member }
            | Self::WalletToppedUp { member, .. } => member.to_string(),

            Self::AuctionOpened { auction, .. }
            | Self::BidPlaced { auction, .. }
            | Self::MaximumRaised { auction, .. }
            | Self::Outbid { auction, .. }
            | Self::BidsRemoved { auction, .. }
            | Self::NegotiationAsked { auction, .. }
            | Self::PriceLowered { auction, .. }
            | Self::AuctionNoteAdded { auction }
            | Self::AuctionEndingSoon { auction, .. }
            | Self::AuctionClosed { auction, .. }
            | Self::AuctionNews { auction, .. }
            | Self::AuctionWon { auction, .. }
            | Self::SettlementReminded { auction, .. }
            | Self::WinnerDefaulted { auction, .. }
            | Self::AuctionSettled { auction, .. }
            | Self::AuctionFinished { auction, .. }
            | Self::OfferMade { auction, .. }
            | Self::OfferEnded { auction, .. } => auction.to_string(),
            Self::CheckoutPrepared { checkout, .. }
            | Self::DeliveryChosen { checkout, .. }
            | Self::CheckoutReleased { checkout, .. }
            | Self::CheckoutPlaced { checkout, .. } => checkout.to_string(),
            Self::PaymentStarted { payment, .. }
            | Self::PaymentDeclined { payment, .. }
            | Self::PaymentAuthorized { payment, .. }
            | Self::PaymentCaptured { payment, .. }
            | Self::PaymentRefunded { payment, .. }
            | Self::PaymentVoided { payment, .. } => payment.to_string(),
            Self::CardsSettled { batch, .. } => batch.clone(),
            Self::PayoutRequested { payout, .. }
            | Self::PayoutPaid { payout, .. }
            | Self::PayoutVoided { payout, .. } => payout.to_string(),

            Self::ConversationStarted { conversation, .. }
            | Self::MessageSent { conversation, .. }
            | Self::MessagesDelivered { conversation, .. }
            | Self::MessagesRead { conversation, .. } => conversation.to_string(),

            Self::PictureAdded { picture, .. } => picture.to_string(),

            Self::ListingPublished { listing, .. }
            | Self::ListingEdited { listing, .. }
            | Self::ListingWithdrawn { listing, .. }
            | Self::ListingSold { listing, .. }
            | Self::ListingReturned { listing, .. }
            | Self::StockChanged { listing, .. } => listing.to_string(),

            Self::InvitationMade { invitation, .. } | Self::InvitationRevoked { invitation, .. } => {
                invitation.to_string()
            }
            Self::StoreOpened { store, .. }
            | Self::StoreChanged { store, .. }
            | Self::StaffAppointed { store, .. }
            | Self::StaffDismissed { store, .. } => store.to_string(),

            Self::OrderPlaced { order, .. }
            | Self::OrderShipped { order, .. }
            | Self::OrderDroppedOff { order, .. }
            | Self::OrderPaid { order, .. }
            | Self::OrderCollected { order, .. }
            | Self::OrderCompleted { order, .. }
            | Self::OrderCancelRequested { order, .. }
            | Self::OrderCanceled { order, .. }
            | Self::DropOffMissed { order, .. }
            | Self::PickupMissed { order, .. }
            | Self::PickupReminded { order, .. }
            | Self::ReturnRequested { order, .. }
            | Self::ReturnTaken { order, .. }
            | Self::ReturnSettled { order, .. }
            | Self::ReturnMissed { order, .. }
            | Self::OrderRefunded { order, .. }
            | Self::PickupMoved { order, .. } => order.to_string(),

            Self::EntryPosted { entry, .. } => entry.to_string(),
            Self::PickupPointAdded { pickup_point }
            | Self::PickupPointChanged { pickup_point }
            | Self::DayClosed { pickup_point, .. }
            | Self::DayOpened { pickup_point, .. }
            | Self::AttendantAppointed { pickup_point, .. }
            | Self::AttendantDismissed { pickup_point, .. } => pickup_point.to_string(),
            Self::SettingChanged { name, .. } => name.clone(),
        }
    }

    /// The state an order is in after this event, if it is one that changes it. Folding an order's events with this
    /// gives its state; `verify` compares the two.
    #[must_use]
    pub const fn order_state(&self) -> Option<State> {
        match self {
            Self::OrderPlaced { .. } => Some(State::Placed),
            Self::OrderShipped { .. } => Some(State::Shipped),
            Self::OrderDroppedOff { .. } => Some(State::AtDesk),
            Self::OrderCollected { .. } => Some(State::Collected),
            Self::OrderCompleted { .. } => Some(State::Completed),
            Self::OrderCanceled { .. } => Some(State::Canceled),
            Self::DropOffMissed { .. } => Some(State::NoDropOff),
            Self::PickupMissed { .. } => Some(State::NoPickup),
            Self::ReturnRequested { .. } => Some(State::ReturnOpen),
            Self::ReturnTaken { .. } => Some(State::Returned),
            Self::ReturnMissed { .. } => Some(State::Completed),
            Self::ReturnSettled { .. } => Some(State::Refunded),
            _ => None,
        }
    }

    /// The event's name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub fn name(&self) -> String {
        let debug = format!("{self:?}");
        crate::text::snake_case(debug.split([' ', '{']).next().unwrap_or_default())
    }
}
