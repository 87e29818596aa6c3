//! Everything anyone can ask for: the table of contents of the product. Start reading here.
//!
//! Every wire decodes bytes to a [`Command`], gives it to the market with the caller who asks, and encodes the [`Reply`]
//! or the no that comes back. A command holds values that were checked when they were read; whether the rules allow it is
//! decided behind the door.

use serde::{Deserialize, Serialize};

use crate::auction::{AuctionDraft, AuctionView, BidView, Lot};
use crate::cart::CartView;
use crate::checkout::{CheckoutView, DeliveryChoice, PayBy};
use crate::conversation::{ConversationView, Message, MessageText, Partner};
use crate::id::{
    AuctionId, CheckoutId, ConversationId, InvitationId, ListingId, MemberId, MessageId, OfferId, OrderId,
    PaymentId, PayoutId, PickupPointId, SessionId, StoreId,
};
use crate::legacy::{Identity, IdentityChanges, IdentityDraft, LegacyName, LegacyWire};
use crate::listing::{ListingChanges, ListingDraft, ListingView, StockView, VariantChanges, VariantDraft};
use crate::member::{Account, Email, MemberCard, Role, Secret, SessionView, Username};
use crate::money::{Currency, Money, Price};
use crate::order::{Code, DeskView, OrderView};
use crate::payment::{PaymentView, Saying};
use crate::payout::{PayoutView, Purse};
use crate::pickup::{PickupPoint, PickupPointDraft};
use crate::picture::{PictureView, Stored};
use crate::setting::Settings;
use crate::store::{
    InvitationCode, InvitationView, Invited, NewInvitation, StoreChanges, StoreDraft, StoreView,
};
use crate::time::Date;

/// A request to change something.
///
/// It serializes to what the idempotency key is remembered with; secrets are left out of that, since even a hash of them
/// would help to guess them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are ids and values whose types say what they are")]
pub enum Command {
    // Members.
    /// A visitor joins. The password comes hashed.
    Register {
        name: String,
        username: Username,
        email: Email,
        #[serde(skip)]
        password: Secret,
    },
    /// A member shows another name.
    ChangeName { name: String },
    /// A member takes another handle.
    ChangeUsername { username: Username },
    /// A member's mail goes elsewhere. The current password was checked before.
    ChangeEmail { email: Email },
    /// A member has another password: every other session ends. The current one was checked before.
    ChangePassword {
        #[serde(skip)]
        password: Secret,
    },
    /// Somebody joins over a legacy wire, under a name of that wire: makes an account for it.
    JoinOver {
        wire: LegacyWire,
        draft: IdentityDraft,
        #[serde(skip)]
        secret: Option<Secret>,
    },
    /// A member can be reached by older programs as well, under this name.
    AddIdentity {
        wire: LegacyWire,
        draft: IdentityDraft,
        #[serde(skip)]
        secret: Option<Secret>,
    },
    /// A member is known otherwise on a legacy wire. The current secret was checked before, where there is a new one.
    ChangeIdentity {
        wire: LegacyWire,
        changes: IdentityChanges,
        #[serde(skip)]
        secret: Option<Secret>,
    },
    /// A member is no longer known on a legacy wire.
    RemoveIdentity { wire: LegacyWire },
    /// A member proved that this name is theirs as well: it stands for their own account from now on. Asked by this node.
    LinkIdentity { member: MemberId, wire: LegacyWire, name: LegacyName, forgive: Vec<String> },
    /// Who joined over a legacy wire makes of that a full account. Asked by this node.
    ClaimAccount {
        wire: LegacyWire,
        name: LegacyName,
        email: Email,
        #[serde(skip)]
        password: Secret,
        forgive: Vec<String>,
    },
    /// The operator gives a name on a legacy wire another secret.
    SetLegacySecret {
        wire: LegacyWire,
        name: LegacyName,
        #[serde(skip)]
        secret: Secret,
    },
    /// An operator changes what a member may do.
    ChangeRole { username: Username, role: Role },

    // Sessions.
    /// The credential check passed: a session starts. Asked by this node, never by a wire.
    StartSession {
        member: MemberId,
        #[serde(skip)]
        token: Secret,
        device: String,
        forgive: Vec<String>,
    },
    /// A token was shown again: its session lasts longer.
    ResumeSession { session: SessionId },
    /// A member signed in on a device, which names itself by a secret: kept as its hash, so that who shares a device with a
    /// seller does not bid on what they sell. Asked by this node.
    SeeDevice {
        member: MemberId,
        #[serde(skip)]
        device: Secret,
    },
    /// A member ends one of their sessions: the one they ask with, or another.
    EndSession { session: SessionId },
    /// A credential is about to be checked: counts the try against these subjects before the check, so that a thousand
    /// tries at once count as a thousand. Asked by this node.
    CountTry { subjects: Vec<String> },
    /// The credential was right, and no session starts: the tries against these subjects are taken back. Asked by this
    /// node.
    ForgiveTries { subjects: Vec<String> },

    // Presence.
    /// A member shows whether they are here, or hides it.
    HidePresence { hidden: bool },
    /// A member came or went. Asked by this node.
    NoteSeen { member: MemberId },

    // Conversations.
    /// A member wants to talk with another.
    StartConversation { partner: Partner },
    /// A member says something. Without an id of the client's the message gets one here.
    SendMessage { conversation: ConversationId, message: Option<MessageId>, text: MessageText },
    /// Everything up to that number reached the member.
    MarkDelivered { conversation: ConversationId, number: i64 },
    /// The member read everything up to that number.
    MarkRead { conversation: ConversationId, number: i64 },
    /// A member no longer hears another.
    BlockMember { username: Username },
    /// A member hears another again.
    UnblockMember { username: Username },

    // Pictures.
    /// A member brought a picture: both its sizes were made and lie where pictures are kept. Asked by this node for the
    /// member.
    AddPicture { large: Stored, thumbnail: Stored },

    // Listings.
    /// A member offers a thing.
    AddListing { draft: ListingDraft },
    /// Its owner says something else of it.
    EditListing { listing: ListingId, changes: ListingChanges },
    /// Its owner, or a moderator, takes it away.
    WithdrawListing { listing: ListingId },
    /// Its owner puts it back on sale.
    PublishListing { listing: ListingId },

    // Stores.
    /// A store's owner, or the operator, lets somebody open a store.
    CreateInvitation,
    /// The same over the older wire of stores, where codes are shorter.
    CreateShortInvitation,
    /// Who made an invitation takes it back.
    RevokeInvitation { invitation: InvitationId },
    /// A member opens a store with an invitation.
    OpenStore {
        #[serde(skip)]
        code: InvitationCode,
        draft: StoreDraft,
    },
    /// A store opens over its older wire, under a name of that wire, with an invitation of another there; without one the
    /// store of the house does. Asked by this node.
    OpenStoreOver {
        draft: IdentityDraft,
        #[serde(skip)]
        secret: Option<Secret>,
        store: StoreDraft,
        invited: Option<Invited>,
    },
    /// Its owner calls a store otherwise over its older wire, or says where its mail goes: everywhere and on that wire, or
    /// neither.
    EditStoreOver { changes: StoreChanges, known: IdentityChanges },
    /// An invitation was used in vain over the older wire of stores: it is used up all the same. Asked by this node.
    SpendInvitation { invited: Invited },
    /// Its owner says something else of a store, or closes it for some days.
    EditStore { changes: StoreChanges },
    /// A member may act for the owner's store.
    AppointStaff { username: Username },
    /// A member no longer may: dismissed by the owner, or leaving.
    DismissStaff { store: StoreId, username: Username },
    /// Who acts for a store puts a product on its shelves.
    AddProduct { store: StoreId, draft: ListingDraft, variants: Vec<VariantDraft> },
    /// Another variant of a product.
    AddVariant { product: ListingId, draft: VariantDraft },
    /// A variant is called something else, has another SKU, or another mark for low stock.
    EditVariant { listing: ListingId, changes: VariantChanges },
    /// More copies come in.
    Restock { listing: ListingId, copies: i64 },
    /// A count was wrong: so many copies more, or fewer.
    AdjustStock { listing: ListingId, copies: i64, reason: String },

    // Auctions.
    /// A member puts something up for auction.
    OpenAuction { lot: Lot, draft: AuctionDraft },
    /// A member puts something up under a name of one word, which stands for it for ever: older programs know it by that.
    PutUpNamed { name: String, lot: ListingDraft, draft: AuctionDraft },
    /// A member bids: the most the server may bid for them.
    PlaceBid { auction: AuctionId, maximum: Money },
    /// A member takes it at the buy-now price they saw.
    TakeBuyNow { auction: AuctionId, price: Money },
    /// A bidder takes their latest bid back, and bids something else in the same breath if it was a typing error.
    RetractBid { auction: AuctionId, corrected: Option<Money> },
    /// A member wants to be told of it.
    WatchAuction { auction: AuctionId },
    /// A member no longer does.
    UnwatchAuction { auction: AuctionId },
    /// Its seller asks for less, before the first bid.
    LowerPrice { auction: AuctionId, price: Money },
    /// Its seller was asked to lower the price, and leaves it.
    KeepPrice { auction: AuctionId },
    /// Its seller asks for a lower reserve price, or for none.
    LowerReserve { auction: AuctionId, reserve: Option<Money> },
    /// Its seller adds something to the description.
    AddAuctionNote { auction: AuctionId, text: String },
    /// Its seller, or a moderator, calls it off.
    CancelAuction { auction: AuctionId, reason: String },
    /// The reserve price was not met, and its seller takes the leading bid, if the bidder still wants it.
    AcceptLeadingBid { auction: AuctionId },
    /// The reserve price was not met, and its seller asks the leading bidder for something between.
    CounterOffer { auction: AuctionId, price: Money },
    /// Nobody bid, and its seller offers it to those who watch.
    OfferToWatchers { auction: AuctionId, price: Money },
    /// It was not sold, and its seller puts the lot up again.
    RelistAuction { auction: AuctionId, draft: AuctionDraft },
    /// It was not sold, and its seller sells the lot at a fixed price.
    SellAtFixedPrice { auction: AuctionId, price: Price },
    /// A member takes an offer, or turns it down.
    AnswerOffer { offer: OfferId, accept: bool },
    /// A member wants to hear of second chances, or not.
    WantSecondChances { wanted: bool },

    // The cart, and checking out.
    /// A member puts copies into their cart, beside those that are there.
    AddToCart { listing: ListingId, quantity: i64 },
    /// A member puts copies into their cart over an older wire, where nobody asks before the checkout whether they can be
    /// had. None more: the prices are taken as seen.
    GatherInCart { listing: ListingId, copies: i64 },
    /// A member says how many copies shall be in their cart, having seen the price as it is.
    ChangeCart { listing: ListingId, quantity: i64 },
    /// A member takes a line out.
    RemoveFromCart { listing: ListingId },
    /// A member wants everything in their cart set aside, having seen what it costs.
    PrepareCheckout { totals: Vec<Money> },
    /// The winner of an auction says how the lot shall reach them.
    ChooseDelivery { checkout: CheckoutId, delivery: DeliveryChoice },
    /// A member leaves a checkout.
    CancelCheckout { checkout: CheckoutId },
    /// A member turns a checkout into orders, in cash or from the wallet.
    PlaceOrders { checkout: CheckoutId, pay: PayBy },
    /// A member wants to pay a checkout by card.
    StartPayment { checkout: CheckoutId, currency: Currency },
    /// The provider says something of a payment. Asked by this node.
    NotePayment { payment: PaymentId, amount: Money, saying: Saying },
    /// The provider paid to the bank. Asked by this node.
    NoteSettlement { batch: String, amount: Money },

    // Money.
    /// A member pays an order from their wallet that is to be paid at the desk.
    PayOrder { order: OrderId, currency: Currency },
    /// An attendant takes cash for a member's wallet.
    TopUp { username: Username, cash: Money },
    /// A member wants money paid out.
    RequestPayout { purse: Purse, amount: Money },
    /// An operator handed a payout over.
    ConfirmPayout { payout: PayoutId, note: String },
    /// Whoever asked for a payout, or an operator, takes it back.
    VoidPayout { payout: PayoutId, note: String },

    // Orders.
    /// A member buys a thing, or so many copies of what a store has, at the price they saw.
    BuyListing {
        listing: ListingId,
        price: Money,
        #[serde(skip_serializing_if = "is_one")]
        quantity: i64,
    },
    /// A member buys a line of their cart, at the price they saw.
    BuyLine { listing: ListingId },
    /// Buyer or seller call an order off.
    CancelOrder { order: OrderId },
    /// The buyer asks the seller to agree to a cancelation.
    RequestCancel { order: OrderId },
    /// The seller sent it off; the note says how it can be followed.
    ShipOrder { order: OrderId, note: String },
    /// The buyer says all is well.
    ConfirmOrder { order: OrderId },
    /// The buyer wants to give goods of a store back.
    RequestReturn { order: OrderId, reason: String },
    /// Who acts for the store has looked at what came back, and puts it into the stock or writes it off.
    SettleReturn { order: OrderId, restock: bool },
    /// The seller gives a part of the money back.
    RefundOrder { order: OrderId, amount: Money },

    // The desk. Asked by attendants of the pickup point.
    /// Somebody shows a code: says what is to be done. A command and not a query, because wrong codes are counted.
    ShowCode { code: Code },
    /// The seller brings it.
    DropOff { code: Code },
    /// The buyer pays before collecting.
    TakePayment { code: Code, cash: Money },
    /// The buyer collects and pays what is due.
    Collect { code: Code, cash: Option<Money> },
    /// The buyer brings goods of a store back, as they were sold.
    TakeReturn { code: Code },

    // Pickup points. Asked by operators.
    /// There is another place to collect.
    AddPickupPoint { draft: PickupPointDraft },
    /// A place has other hours or another name.
    ChangePickupPoint { pickup_point: PickupPointId, draft: PickupPointDraft },
    /// A place takes no new orders.
    ClosePickupPoint { pickup_point: PickupPointId },
    /// A place does not open on that day: its pickups move.
    CloseDay { pickup_point: PickupPointId, day: Date },
    /// It opens after all.
    OpenDay { pickup_point: PickupPointId, day: Date },
    /// A member serves the desk.
    AppointAttendant { pickup_point: PickupPointId, username: Username },
    /// A member no longer does.
    DismissAttendant { pickup_point: PickupPointId, username: Username },
    /// The operator changes a setting.
    ChangeSetting { name: String, value: String },

    // Time. Asked by the timekeeper.
    /// The moment an order was waiting for has come.
    LapseOrder { order: OrderId },
    /// The time of a checkout is over.
    LapseCheckout { checkout: CheckoutId },
    /// Nobody handed a payout over in time.
    LapsePayout { payout: PayoutId },
    /// The moment an auction was waiting for has come.
    LapseAuction { auction: AuctionId },
    /// The time of an offer is over.
    LapseOffer { offer: OfferId },
    /// What is no longer needed is forgotten: ended sessions, old answers, counted tries.
    Forget,
}

/// One copy is what was always asked for: a key from before there were more is still the same request.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_one(quantity: &i64) -> bool {
    *quantity == 1
}

impl Command {
    /// The command's name in snake case: what logs and metrics say of it. No field of it is ever logged.
    #[must_use]
    pub fn name(&self) -> String {
        /// Takes the first word of what is written, and no more: the rest may be long.
        struct First(String);
        impl std::fmt::Write for First {
            fn write_str(&mut self, text: &str) -> std::fmt::Result {
                let word = text.split([' ', '{']).next().unwrap_or_default();
                self.0.push_str(word);
                if word.len() == text.len() { Ok(()) } else { Err(std::fmt::Error) }
            }
        }
        let mut first = First(String::new());
        // That it did not take all of it is no mistake.
        let _ = std::fmt::write(&mut first, format_args!("{self:?}"));
        crate::text::snake_case(&first.0)
    }
}

/// The value when the rules say yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// It is done, and there is nothing more to say.
    Done,
    /// The member's own account as it is now.
    Account(Account),
    /// The name of a member on a legacy wire as it is now.
    Identity(Identity),
    /// A member whose role changed.
    Member(MemberCard),
    /// A session that started or was resumed.
    Session(SessionView),
    /// Whether the member hides their presence now.
    Hidden(bool),
    /// A conversation as the asker sees it now.
    Conversation(ConversationView),
    /// A message that was sent.
    Message(Message),
    /// A picture that can be put on a listing.
    Picture(PictureView),
    /// A listing as it is now.
    Listing(ListingView),
    /// A listing of a store with its stock, as it is now.
    Stock(StockView),
    /// A store as it is now.
    Store(StoreView),
    /// An invitation as it is now.
    Invitation(InvitationView),
    /// An invitation that was just made, with its code.
    NewInvitation(NewInvitation),
    /// How a bidder stands after a bid.
    Bid(BidView),
    /// An auction as the asker sees it now.
    Auction(Box<AuctionView>),
    /// The asker's cart as it is now.
    Cart(CartView),
    /// A checkout as it is now.
    Checkout(CheckoutView),
    /// The orders a checkout became.
    Orders(Vec<OrderView>),
    /// A card payment as it is now.
    Payment(PaymentView),
    /// A payout as it is now.
    Payout(PayoutView),
    /// What is in a member's wallet now, per currency.
    Balance(Vec<Money>),
    /// An order as the asker sees it now.
    Order(OrderView),
    /// What the desk just did.
    Desk(DeskView),
    /// A pickup point as it is now.
    PickupPoint(PickupPoint),
    /// The settings as they are now.
    Settings(Settings),
    /// How many rows were forgotten.
    Forgotten(i64),
}
