//! Every way the rules say no.
//!
//! A refusal is an answer, not a failure: it changes nothing, carries a stable code and what the asker needs, and reads
//! as a sentence that says what happened and what to do. On every wire the code is the variant's name in snake case and
//! the variant's fields stand beside it.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::order::{Action, State};
use crate::time::Moment;

/// A no from the rules. Do not retry the same request: it will be refused again until something changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    // Who asks.
    /// The request needs a signed-in member.
    #[error("Sign in first: this can only be done by a member.")]
    SignInNeeded,
    /// The session's token is unknown, expired or revoked.
    #[error("This session has ended. Log in again.")]
    SessionEnded,
    /// The member's role does not allow it.
    #[error("This needs the role of {role}.")]
    RoleNeeded {
        /// The least role that may do it.
        role: crate::member::Role,
    },
    /// The login and the password do not fit an account. The same for an unknown login and for a wrong password.
    #[error("The login or the password is wrong.")]
    WrongCredentials,
    /// Too many wrong passwords or codes were tried.
    #[error("Too many tries. Wait {wait_seconds} seconds, then try again.")]
    TooManyTries {
        /// Seconds until the next try is considered.
        wait_seconds: i64,
    },
    /// The thing does not exist, or is not for the asker's eyes. The two are never told apart.
    #[error("There is no such {what}.")]
    NotFound {
        /// What was looked for: `listing`, `order`, `session`, `member`, `pickup point`, `conversation`, `picture`.
        what: String,
    },
    /// The listing is public, but another member's.
    #[error("This listing belongs to another member. Only its owner can change it.")]
    NotYours,

    // Asking twice.
    /// The idempotency key was used before, with another request.
    #[error("This key was already used for another request. Use a new key for a new request.")]
    KeyReused,
    /// The idempotency key is empty, too long or has characters outside printable ASCII.
    #[error("A key is 1 to 100 printable ASCII characters, best a random UUID.")]
    KeyInvalid,

    // Members.
    /// The username does not have the allowed form.
    #[error("A username is 3 to 30 of the letters a-z, the digits and the underscore.")]
    UsernameInvalid,
    /// The username is kept for the house.
    #[error("This username is reserved. Choose another.")]
    UsernameReserved,
    /// Another member has the username.
    #[error("This username is taken. Choose another, or log in if it is yours.")]
    UsernameTaken,
    /// The e-mail address does not look like one.
    #[error("This does not look like an e-mail address.")]
    EmailInvalid,
    /// The address is not in one of the allowed domains.
    #[error("Only e-mail addresses at {} can join this market.", domains.join(", "))]
    EmailDomainNotAllowed {
        /// The domains that are allowed.
        domains: Vec<String>,
    },
    /// Another member has the address.
    #[error("An account with this e-mail address exists. Log in instead.")]
    EmailTaken,
    /// The account behind a name of an older program has business of its own.
    #[error(
        "The account of this name has sold, bought, bid or owns a store. Make it a full account of its own instead, \
         with the name and the password of the older program."
    )]
    AccountInUse,
    /// The password is too short or too long.
    #[error("A password has {least} to {most} characters.")]
    PasswordLength {
        /// The least number of characters.
        least: usize,
        /// The most.
        most: usize,
    },
    /// The password would be guessed too soon.
    #[error("This password is too easy to guess. {advice}")]
    PasswordWeak {
        /// What would make it better, as a sentence.
        advice: String,
    },
    /// Three strikes in 180 days keep a member from buying and selling for 30 days.
    #[error("After {strikes} missed handovers you cannot buy or sell until {until}.")]
    StruckOut {
        /// How many strikes are held against the member.
        strikes: usize,
        /// When buying and selling is possible again.
        until: Moment,
    },
    /// The last operator cannot give the role away.
    #[error("This is the last operator. Make another member operator first.")]
    LastOperator,

    // Text.
    /// A text is too short or too long.
    #[error("The {field} must have {least} to {most} characters.")]
    TextLength {
        /// Which field.
        field: String,
        /// The least number of characters.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A text has characters that are not shown or that disguise others.
    #[error("The {field} contains a control character or a hidden direction mark. Remove it.")]
    TextUnprintable {
        /// Which field.
        field: String,
    },
    /// A text holds what looks like the number of a payment card.
    #[error(
        "The {field} holds what looks like the number of a payment card. Never write it to anybody: remove it. Cards \
         are only asked for on the payment provider's own page."
    )]
    CardNumber {
        /// Which field.
        field: String,
    },
    /// A search without a single letter or digit.
    #[error("Search for a word of at least one letter or digit, and no more than {most} words.")]
    SearchEmpty {
        /// The most words a search may have.
        most: usize,
    },

    // Money.
    /// A currency the market does not know.
    #[error("The currencies are USD and LBP.")]
    CurrencyUnknown,
    /// A price outside what is allowed.
    #[error("A price is a whole number of {least} to {most} minor units (cents of USD, pounds of LBP).")]
    PriceOutOfRange {
        /// The least price.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A typed price is not a number, or has more decimals than its currency.
    #[error("This is not a price. Write it like 12.50 for USD or 350000 for LBP.")]
    PriceUnreadable,

    // Listings.
    /// A category the market does not have.
    #[error("There is no such category. The categories are: {}.", known.join(", "))]
    CategoryUnknown {
        /// Every category there is.
        known: Vec<String>,
    },
    /// A condition the market does not have.
    #[error("There is no such condition. The conditions are: {}.", known.join(", "))]
    ConditionUnknown {
        /// Every condition there is.
        known: Vec<String>,
    },
    /// An order of listings the market does not have.
    #[error("There is no such order of listings. They are sorted by: {}.", known.join(", "))]
    SortUnknown {
        /// Every one there is.
        known: Vec<String>,
    },
    /// Prices are to be compared, and nobody said in which currency.
    #[error("Prices of two currencies cannot be compared. Say in which currency to look: USD or LBP.")]
    CurrencyNeeded,
    /// A range of prices with a negative bound, or with its least above its most.
    #[error("The least price is above the most, or one of them is below zero. Change them and try again.")]
    PriceRangeInvalid,
    /// The listing is sold: it can no longer be bought, edited or withdrawn.
    #[error("This listing is sold.")]
    ListingSold,
    /// The listing is withdrawn.
    #[error("This listing was withdrawn by its owner.")]
    ListingWithdrawn,
    /// The listing is on sale already.
    #[error("This listing is already published.")]
    ListingPublished,
    /// A member cannot buy from themselves.
    #[error("This is your own listing.")]
    OwnListing,
    /// The price differs from the one the buyer saw.
    #[error("The price is now {price}. Look again and buy at the new price if you still want it.")]
    PriceChanged {
        /// The price as it is now.
        price: Money,
    },
    /// A member has as many listings on sale as one may have.
    #[error("You have {most} listings on sale, the most a member may have. Withdraw one first.")]
    TooManyListings {
        /// The most.
        most: i64,
    },

    /// There are not as many copies as are asked for.
    #[error("Only {available} can be bought at the moment. Ask for fewer, or look again later.")]
    StockShort {
        /// How many copies can be bought.
        available: i64,
    },
    /// A number of copies that is none.
    #[error("A number of copies is a whole number of 1 to {most}.")]
    QuantityOutOfRange {
        /// The most.
        most: i64,
    },

    /// The copies that are left are being paid for by somebody else.
    #[error(
        "Only {available} can be bought at the moment: somebody else is paying for the rest. Try again after {until}."
    )]
    Held {
        /// How many copies can be bought now.
        available: i64,
        /// When the first of the others' time is over.
        until: Moment,
    },
    /// More copies than one buyer may have of it at once.
    #[error("You can buy {most} of this at once. Ask for fewer.")]
    QuantityLimit {
        /// The most.
        most: i64,
    },

    // Cart and checkout.
    /// There is nothing in the cart.
    #[error("Your cart is empty. Put something into it first.")]
    CartEmpty,
    /// The cart has as many lines as it may have.
    #[error("A cart has at most {most} lines. Check out, or remove one first.")]
    CartFull {
        /// The most.
        most: i64,
    },
    /// The cart costs something else than the buyer saw.
    #[error(
        "The total is now {}. Look at the changed lines and check out again if you still want them.",
        totals.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    )]
    TotalChanged {
        /// What it costs now, per currency.
        totals: Vec<Money>,
    },
    /// A line of the cart cannot be had as it stands.
    #[error("{title}: {problem}")]
    LineUnavailable {
        /// Which line.
        listing: crate::id::ListingId,
        /// What it is called.
        title: String,
        /// What is wrong with it and what to do, as sentences.
        problem: String,
    },
    /// Things were set aside for this buyer for a long time, and none of them was bought.
    #[error(
        "Things were set aside for you for an hour, and you did not buy them. Wait {wait_seconds} seconds, then check out \
         again."
    )]
    TooManyCheckouts {
        /// Seconds until the next one is possible.
        wait_seconds: i64,
    },
    /// What was won in an auction is paid before it is handed over.
    #[error(
        "An auction is paid before it is handed over: from the wallet or by card. Cash is taken for a wallet at every desk."
    )]
    PayFirst,
    /// Nobody knows yet how the lot of an auction shall reach its winner.
    #[error("Say first how it shall reach you: choose a pickup point, or give an address to ship it to.")]
    DeliveryNeeded,
    /// What is bought from a cart is collected where its listing says.
    #[error("What is bought here is collected at the pickup point of its listing. That cannot be changed.")]
    DeliveryFixed,
    /// The checkout is over: placed, called off, or out of time.
    #[error("This checkout is over. What was not bought is still in your cart: check out again.")]
    CheckoutOver,

    // Auctions.
    /// Bidding is over, or the auction was called off.
    #[error("Bidding on this is over.")]
    AuctionOver,
    /// The bid is below what would be taken.
    #[error("The bid is too low: the least you can bid is {minimum}.")]
    BidTooLow {
        /// The least that would be taken from this bidder.
        minimum: Money,
    },
    /// The bid is above what is taken from this member.
    #[error(
        "The highest bid taken from you is {most}. Bid that or less; it is more once you have been here for a week."
    )]
    BidTooHigh {
        /// The most.
        most: Money,
    },
    /// The amount cannot be paid in cash.
    #[error("Amounts in an auction are multiples of {unit}. Change it a little.")]
    NotCashUnit {
        /// What it has to be a multiple of.
        unit: Money,
    },
    /// The amount is in another currency than the auction.
    #[error("This auction is in {currency}. Give the amount in {currency}.")]
    AuctionCurrency {
        /// The auction's currency.
        currency: crate::money::Currency,
    },
    /// A seller does not bid on what they sell.
    #[error("This is your own auction: you cannot bid on it.")]
    OwnAuction,
    /// The auction is another member's.
    #[error("This auction belongs to another member. Only its seller can do this.")]
    NotYourAuction,
    /// Somebody the seller invited, somebody of the seller's store, or somebody on a device the seller uses too.
    #[error(
        "You cannot bid here: you and the seller belong together, by an invitation, a store, or a device you both use. It keeps prices honest."
    )]
    BidderLinked,
    /// Seller and bidder do not hear each other.
    #[error("You cannot bid here: you or the seller has blocked the other.")]
    BidderBlocked,
    /// More bids in a minute than a person makes.
    #[error("You are bidding too fast. Wait {wait_seconds} seconds, then bid again.")]
    TooManyBids {
        /// Seconds until the next one is taken.
        wait_seconds: i64,
    },
    /// More running auctions than somebody may have, or bid in while they are new.
    #[error("You take part in {most} running auctions, the most for now. Wait until one of them is over.")]
    TooManyAuctions {
        /// The most.
        most: i64,
    },
    /// The buy-now price can no longer be taken.
    #[error("It can no longer be had at once: bidding has gone too far. Place a bid instead.")]
    BuyNowGone,
    /// The reserve price is below the starting price.
    #[error("The reserve price is {least} or more: it is never below the starting price.")]
    ReserveTooLow {
        /// The least it may be.
        least: Money,
    },
    /// The buy-now price is too near to the starting price.
    #[error(
        "The buy-now price is {least} or more: 1.3 times the starting price, and not below the reserve price."
    )]
    BuyNowTooLow {
        /// The least it may be.
        least: Money,
    },
    /// Something was put up under the name before.
    #[error("Something was put up under this name before. Choose another name.")]
    LotNameTaken,
    /// Bidding would last too short or too long.
    #[error("Bidding lasts a minute at least and 30 days at most. Choose another end.")]
    DurationInvalid,
    /// There is a bid already.
    #[error("There are bids on this. What was said stays: add a note instead.")]
    AuctionHasBids,
    /// The price is not lower than it was.
    #[error("Ask for less than {price}, in the same currency.")]
    PriceNotLower {
        /// What is asked now.
        price: Money,
    },
    /// The seller was not asked to lower the price, or has answered.
    #[error("There is nothing to answer: you were not asked to lower the price, or have answered.")]
    NotAsked,
    /// The reserve price can no longer be lowered.
    #[error("The reserve price stays: there is none, it is met, or bidding ends within the hour.")]
    ReserveFixed,
    /// The auction has as many additions as it may have.
    #[error("There are {most} additions, the most there may be.")]
    TooManyNotes {
        /// The most.
        most: i64,
    },
    /// It is too late to call it off.
    #[error("It has bids and ends within {hours} hours: let it run. A moderator can still call it off.")]
    CancelTooLate {
        /// With how many hours left a seller still can.
        hours: i64,
    },
    /// The bid cannot be taken back.
    #[error(
        "This bid stands. A typing error can be put right within ten minutes, more than an hour before the end, by a lower bid; any bid, when the seller changed the description after it."
    )]
    RetractionRefused,
    /// Nothing is to be negotiated: it runs, it was sold, or the time for it is over.
    #[error("There is nothing to negotiate here: it runs, it is sold, or the time for it is over.")]
    NotNegotiable,
    /// The counter-offer is not between the price and the reserve price, or there was one already.
    #[error("Ask once for something between {least} and {most}.")]
    CounterInvalid {
        /// More than this.
        least: Money,
        /// And no more than that.
        most: Money,
    },
    /// The lot was put up as often as it may be.
    #[error(
        "A lot is put up again {most} times at most. Sell it at a fixed price, or begin a new auction later."
    )]
    TooManyRelists {
        /// The most.
        most: i64,
    },
    /// The offer was answered, taken back, or its time is over.
    #[error("This offer is over.")]
    OfferOver,
    /// The auction waits for nothing now.
    #[error("There is nothing due in this auction.")]
    AuctionNotDue,
    /// Members watch only so many auctions.
    #[error("You watch {most} auctions, the most there may be. Stop watching one first.")]
    TooManyWatched {
        /// The most.
        most: i64,
    },
    /// The bid log is told when the auction is over.
    #[error("The bid log can be downloaded once bidding is over.")]
    AuctionStillOpen,
    /// A product of a store is not one thing that can be put up.
    #[error("A store's product cannot be put up for auction. Put up a single thing instead.")]
    NotSingle,
    /// The listing is up for auction.
    #[error("This is up for auction: bid on it.")]
    AtAuction {
        /// Which auction.
        auction: crate::id::AuctionId,
    },

    // Payments, wallet, payouts.
    /// There is less money than is wanted.
    #[error("There are only {available} here. Take less, or pay another way.")]
    BalanceShort {
        /// What there is.
        available: Money,
    },
    /// An amount that is none.
    #[error("An amount is a whole number of 1 to {most} minor units (cents of USD, pounds of LBP).")]
    AmountOutOfRange {
        /// The most.
        most: i64,
    },
    /// The market takes no cards.
    #[error("This market takes no cards. Pay from your wallet, or in cash at the desk.")]
    CardsOff,
    /// The provider tells of another amount than was asked for.
    #[error("The payment was asked for {asked}, and another amount is told of.")]
    PaymentMismatch {
        /// What was asked for.
        asked: Money,
    },
    /// The payout is confirmed or voided already.
    #[error("This payout is over: it was paid, or taken back.")]
    PayoutOver,
    /// The period of a statement is upside down or too long.
    #[error(
        "A period has its first day before its last, and at most {days} days and {lines} lines. Choose a shorter one."
    )]
    PeriodInvalid {
        /// The most days.
        days: i64,
        /// The most lines of the ledger in it.
        lines: i64,
    },

    // Stores.
    /// The name has no letter and no digit in it.
    #[error("The name of a store has a letter or a digit in it.")]
    StoreNameInvalid,
    /// Another store has the name, or a member has it as their username.
    #[error("This name is taken by another store or member. Choose another.")]
    StoreNameTaken,
    /// A member owns one store.
    #[error("You have a store already. A member owns one store; others can make you staff of theirs.")]
    StoreOwned,
    /// The store is closed for some days.
    #[error("This store is closed until the end of {until}. Nothing can be bought from it until then.")]
    StoreAway {
        /// The last closed day, `YYYY-MM-DD`.
        until: String,
    },
    /// The code opens no store: it never did, or does no longer.
    #[error("This invitation opens no store. Check the code, or ask for a new one.")]
    InvitationInvalid,
    /// The invitation is used, revoked or expired: there is nothing to take back.
    #[error("This invitation is over: it was used, taken back, or has expired.")]
    InvitationOver,
    /// A member has as many invitations open as one may have.
    #[error("You have {most} open invitations, the most a member may have. Take one back first.")]
    TooManyInvitations {
        /// The most.
        most: i64,
    },
    /// A store has as much staff as it may have.
    #[error("A store has at most {most} members of staff. Dismiss somebody first.")]
    TooMuchStaff {
        /// The most.
        most: i64,
    },
    /// Only what a store sells has a stock that is counted.
    #[error("This is a single thing of a member, not the stock of a store.")]
    NotStock,
    /// Two variants of a product would be called the same.
    #[error("Each variant of a product has a name of its own.")]
    VariantTaken,
    /// The store has that code for another variant.
    #[error("Your store uses this SKU for something else. Choose another, or leave it empty.")]
    SkuTaken,
    /// A product without a variant, or with more than there is room for.
    #[error("A product has 1 to {most} variants.")]
    VariantCount {
        /// The most.
        most: usize,
    },

    // Pickup.
    /// No open day with room within the booking window.
    #[error("The pickup point has no free day in the next {days} days. Try again later.")]
    PickupPointFull {
        /// How many days ahead were looked at.
        days: i64,
    },
    /// The pickup point takes no new orders.
    #[error("This pickup point is closed for good. Choose another.")]
    PickupPointClosed,
    /// The opening hours make no sense.
    #[error(
        "Opening hours are given per weekday as HH:MM-HH:MM, opening before closing, on at least one day."
    )]
    OpeningInvalid,
    /// The capacity is out of range.
    #[error("A daily capacity is a whole number of 1 to {most}.")]
    CapacityOutOfRange {
        /// The most.
        most: i64,
    },
    /// The time zone has no such name.
    #[error("There is no such time zone. Use an IANA name such as Asia/Beirut.")]
    TimeZoneUnknown,
    /// A day that is not a day, or lies in the past.
    #[error("A day is written YYYY-MM-DD and lies today or later.")]
    DayInvalid,

    // Orders.
    /// The order's state does not allow the action.
    #[error("This order is {}: it cannot be {}.", state.words(), action.words())]
    OrderState {
        /// Where the order is in its life.
        state: State,
        /// What was asked.
        action: Action,
    },
    /// The buyer's half hour for canceling alone is over.
    #[error("{} Ask the seller: request the cancelation.", alone(*minutes))]
    CancelNeedsConsent {
        /// How long a buyer may cancel without the seller: 0 for what was won in an auction.
        minutes: i64,
    },
    /// What is bought together costs nothing, or more than a price may be.
    #[error("These lines cost more together than an order may. Buy fewer at once.")]
    TotalOutOfRange,
    /// Only what a store sold is taken back, once, within its days.
    #[error(
        "Only goods of stores can be given back, once, within {days} days after the order was completed."
    )]
    ReturnOver {
        /// How many days a buyer has.
        days: i64,
    },
    /// More would be given back than was paid.
    #[error("Of this order {left} can be given back at most.")]
    RefundTooLarge {
        /// What is left.
        left: Money,
    },
    /// The cash handed over is not what is due.
    #[error("{due} is due. Take exactly this amount.")]
    CashDue {
        /// What is to be paid.
        due: Money,
    },

    // Conversations.
    /// A member cannot talk to themself, or block themself.
    #[error("This is you. Choose another member.")]
    Yourself,
    /// The two do not hear each other: one of them blocks the other.
    #[error("You cannot write to this member. If it is you who blocks them, unblock them first.")]
    ConversationBlocked,
    /// Too many messages, or too many conversations, with members who have not answered.
    #[error(
        "You can send {messages} messages to somebody who has not answered yet, and write to {conversations} such \
         members a day. Wait for an answer."
    )]
    StrangerLimit {
        /// How many messages a conversation without an answer may have.
        messages: i64,
        /// How many conversations with strangers may be started in a day.
        conversations: i64,
    },
    /// More messages in a minute than a person writes.
    #[error("You are sending messages too fast. Wait {wait_seconds} seconds, then send it again.")]
    TooManyMessages {
        /// Seconds until the next one is taken.
        wait_seconds: i64,
    },
    /// The id of a message was used before, for something else.
    #[error("This message id was already used for another message. Use a new id for a new message.")]
    MessageIdUsed,

    // Pictures.
    /// The file is larger than a picture may be, or empty.
    #[error("A picture is a file of 1 to {most_bytes} bytes. Choose another, or make it smaller.")]
    PictureTooLarge {
        /// The most bytes.
        most_bytes: i64,
    },
    /// The picture has more pixels than can be taken in.
    #[error("A picture has at most {most} pixels. Make it smaller and try again.")]
    PictureTooManyPixels {
        /// The most pixels, width times height.
        most: i64,
    },
    /// The file is not a picture that can be taken in.
    #[error("{problem}")]
    PictureUnreadable {
        /// What is wrong with it and what to do, in sentences.
        problem: String,
    },
    /// The member has brought many pictures and put them on no listing.
    #[error(
        "You have {most} pictures on no listing. Use some of them, or wait a day: then they are forgotten."
    )]
    TooManyUploads {
        /// The most.
        most: i64,
    },
    /// A piece of a picture does not follow the one before.
    #[error("This piece does not fit: {received} bytes have been received. Go on from there.")]
    UploadMisplaced {
        /// How many bytes there are.
        received: i64,
    },
    /// A listing of this category shows what it is about.
    #[error("A listing in this category needs a picture. Add one and try again.")]
    PictureNeeded,
    /// More pictures than a listing has room for, or one of them twice.
    #[error("A listing has at most {most} pictures, each of them once.")]
    TooManyPictures {
        /// The most.
        most: i64,
    },

    // Live events.
    /// The cursor is ahead of the log: it is another market's, or the market was restored from a backup.
    #[error(
        "The cursor is ahead of this market's log. Load again what you show, then listen after {cursor}."
    )]
    ResyncRequired {
        /// The number of the last event there is.
        cursor: i64,
    },

    // Settings.
    /// The operator asked for a setting that is none, or gave it a value it cannot have.
    #[error("{problem}")]
    SettingInvalid {
        /// What is wrong, as a sentence.
        problem: String,
    },
}

/// How long a buyer cancels without the seller, in a sentence.
fn alone(minutes: i64) -> String {
    match minutes {
        0 => "What was won in an auction cannot be canceled by its buyer alone.".to_owned(),
        _ => format!("An order can be canceled by its buyer for {minutes} minutes."),
    }
}

impl Refusal {
    /// There is no such thing, or it is not for the asker's eyes.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::NotFound { what: what.to_owned() }
    }

    /// Whether waiting alone lifts it, or another secret, which a key does not know of. Such a no is not remembered under a
    /// key: it asks to be asked again.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::TooManyMessages { .. }
                | Self::StrangerLimit { .. }
                | Self::TooManyUploads { .. }
                | Self::InvitationInvalid
                | Self::Held { .. }
                | Self::TooManyCheckouts { .. }
                | Self::TooManyBids { .. }
        )
    }

    /// The stable code, as it stands on every wire.
    #[must_use]
    pub fn code(&self) -> String {
        let debug = format!("{self:?}");
        let name = debug.split([' ', '{']).next().unwrap_or_default();
        crate::text::snake_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_tag_that_stands_on_the_wire() {
        for refusal in [Refusal::SignInNeeded, Refusal::ListingSold, Refusal::not_found("order")] {
            let json = serde_json::to_value(&refusal).unwrap();
            assert_eq!(json["code"], refusal.code());
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let price = Money::new(1_250, crate::Currency::Usd);
        assert_eq!(
            Refusal::PriceChanged { price }.to_string(),
            "The price is now 12.50 USD. Look again and buy at the new price if you still want it."
        );
    }
}
