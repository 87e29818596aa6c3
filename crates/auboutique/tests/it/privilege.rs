//! Who may ask for what: every operation, asked by everybody, of a thing of their own, of somebody else's and of none.
//!
//! [`TABLE`] is the whole of it (`promises.md` P1, T30). An operation that is not in it fails the test, and so does a
//! cell that answers otherwise. Where somebody else's thing and a missing one get the same code, the two answers are the
//! same to the byte. The same table is asked over the protocol and over the JSON API.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do the functions it stands on")]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::net::UnixStream;

use auboutique::http::WITHOUT_ROUTE;
use auboutique_domain::Command;
use auboutique_domain::member::Role;
use auboutique_market::Password;
use auboutique_wire::json::OPS;
use serde_json::{Value, json};

use crate::api::{Api, Said};
use crate::auction::lot;
use crate::stage::{PASSWORD, Person, Stage, Wire, code, listing, on_both, png, request, usd};

/// Who asks, in the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Visitor,
    /// A member who has nothing to do with it.
    Stranger,
    Seller,
    Buyer,
    /// Serves the desk of the first pickup point.
    Attendant,
    Moderator,
    Operator,
    Console,
}

const EVERYBODY: [Who; 8] = [
    Who::Visitor,
    Who::Stranger,
    Who::Seller,
    Who::Buyer,
    Who::Attendant,
    Who::Moderator,
    Who::Operator,
    Who::Console,
];

/// What is asked of. Made anew for every cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// The operation names nothing.
    Nothing,

    // A listing of the seller's.
    OnSale,
    Withdrawn,
    Sold,
    NoListing,

    /// A product of the seller's store.
    Stocked,

    // An auction of the seller's: it runs, the buyer has bid in it, it is over.
    Running,
    BidOn,
    Over,
    NoAuction,
    NoOffer,

    // The seller's store, and who acts for it.
    Store,
    NoStore,
    OfStaff,
    NotOfStaff,

    // An invitation of the seller's; the code of one.
    Invitation,
    NoInvitation,
    Invite,
    NoInvite,

    // An order of the buyer's from the seller; of the store's goods, at its end and given back.
    Placed,
    AtDesk,
    Collected,
    Completed,
    Returned,
    NoOrder,

    /// A line in the cart of whoever asks; in the buyer's, for whoever has none.
    InCart,

    // A checkout of the buyer's that holds its copies, and a card payment for it.
    Checkout,
    NoCheckout,
    Payment,
    NoPayment,

    /// A payout the seller asked for.
    Payout,
    NoPayout,

    /// A conversation of the buyer with the seller.
    Talk,
    NoTalk,

    // A picture of the seller's: on a listing, on none, and on its way in as a whole.
    Picture,
    PictureAlone,
    NoPicture,
    Upload,
    NoUpload,

    /// A session of whoever asks; the seller's, for whoever has none.
    OwnSession,
    OtherSession,
    NoSession,

    /// The token of a session of somebody else's.
    Token,
    EndedToken,
    NoToken,

    /// An account with its password.
    Account,
    WrongPassword,
    NoAccount,

    // A code of an order at the first pickup point, before and after the drop-off; of one elsewhere; of none.
    DropOffCode,
    PickupCode,
    PickupCodeAtDesk,
    CodeElsewhere,
    /// The buyer's code for giving back.
    ReturnCode,
    NoCode,

    Point,
    NoPoint,
    Somebody,
    Nobody,
    /// A member who serves the desk of the first pickup point.
    Appointed,
    NotAppointed,
}

impl Thing {
    /// What it is when there is none, if it can be missing.
    const fn missing(self) -> Option<Self> {
        match self {
            Self::Nothing => None,
            Self::OnSale | Self::Withdrawn | Self::Sold | Self::Stocked | Self::InCart | Self::NoListing => {
                Some(Self::NoListing)
            }
            Self::Running | Self::BidOn | Self::Over | Self::NoAuction => Some(Self::NoAuction),
            Self::NoOffer => Some(Self::NoOffer),
            Self::Store | Self::NoStore => Some(Self::NoStore),
            Self::OfStaff | Self::NotOfStaff => Some(Self::NotOfStaff),
            Self::Invitation | Self::NoInvitation => Some(Self::NoInvitation),
            Self::Invite | Self::NoInvite => Some(Self::NoInvite),
            Self::Placed
            | Self::AtDesk
            | Self::Collected
            | Self::Completed
            | Self::Returned
            | Self::NoOrder => Some(Self::NoOrder),
            Self::Checkout | Self::NoCheckout => Some(Self::NoCheckout),
            Self::Payment | Self::NoPayment => Some(Self::NoPayment),
            Self::Payout | Self::NoPayout => Some(Self::NoPayout),
            Self::Talk | Self::NoTalk => Some(Self::NoTalk),
            Self::Picture | Self::PictureAlone | Self::NoPicture => Some(Self::NoPicture),
            Self::Upload | Self::NoUpload => Some(Self::NoUpload),
            Self::OwnSession | Self::OtherSession | Self::NoSession => Some(Self::NoSession),
            Self::Token | Self::EndedToken | Self::NoToken => Some(Self::NoToken),
            Self::Account | Self::WrongPassword | Self::NoAccount => Some(Self::NoAccount),
            Self::DropOffCode
            | Self::PickupCode
            | Self::PickupCodeAtDesk
            | Self::CodeElsewhere
            | Self::ReturnCode
            | Self::NoCode => Some(Self::NoCode),
            Self::Point | Self::NoPoint => Some(Self::NoPoint),
            Self::Somebody | Self::Nobody => Some(Self::Nobody),
            Self::Appointed | Self::NotAppointed => Some(Self::NotAppointed),
        }
    }
}

type Row = (&'static str, Thing, [&'static str; 8]);

const OK: &str = "ok";
const IN: &str = "sign_in_needed";
const NF: &str = "not_found";
const NY: &str = "not_yours";
const RN: &str = "role_needed";

const NA: &str = "not_your_auction";

/// Everybody may.
const ALL: [&str; 8] = [OK; 8];
/// Nobody finds it.
const NONE: [&str; 8] = [NF; 8];
/// Every member may. The console is nobody's account.
const MEMBERS: [&str; 8] = [IN, OK, OK, OK, OK, OK, OK, IN];
/// No member finds it.
const NO_MEMBER: [&str; 8] = [IN, NF, NF, NF, NF, NF, NF, IN];
/// Operators may, and whoever runs the program.
const OPERATORS: [&str; 8] = [IN, RN, RN, RN, RN, RN, OK, OK];
/// Neither finds it.
const NO_OPERATOR: [&str; 8] = [IN, RN, RN, RN, RN, RN, NF, NF];
/// The seller may, whose it is.
const SELLER: [&str; 8] = [IN, NF, OK, NF, NF, NF, NF, IN];
/// The buyer may, whose it is.
const BUYER: [&str; 8] = [IN, NF, NF, OK, NF, NF, NF, IN];
/// The seller may, whose auction it is: everybody sees that there is one.
const AUCTIONEER: [&str; 8] = [IN, NA, OK, NA, NA, NA, NA, IN];
/// It is the seller's, and there is nothing to negotiate yet.
const TOO_EARLY: [&str; 8] = [IN, NA, "not_negotiable", NA, NA, NA, NA, IN];
/// Buyer and seller may, between whom it is. An operator is not one of them.
const THE_TWO: [&str; 8] = [IN, NF, OK, OK, NF, NF, NF, IN];
/// Whoever serves the desk may.
const DESK: [&str; 8] = [IN, NF, NF, NF, OK, NF, NF, IN];

/// Which answer everybody gets:
///                       visitor stranger seller buyer attendant moderator operator console
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("hello", Thing::Nothing, ALL),
    ("ping", Thing::Nothing, ALL),
    ("register", Thing::Nothing, ALL),
    ("log_in", Thing::Account, ALL),
    ("log_in", Thing::WrongPassword, ["wrong_credentials"; 8]),
    ("log_in", Thing::NoAccount, ["wrong_credentials"; 8]),
    ("resume", Thing::Token, ALL),
    ("resume", Thing::EndedToken, ["session_ended"; 8]),
    ("resume", Thing::NoToken, ["session_ended"; 8]),
    ("log_out", Thing::Nothing, MEMBERS),
    ("me", Thing::Nothing, MEMBERS),
    ("sessions", Thing::Nothing, MEMBERS),
    ("end_session", Thing::OwnSession, MEMBERS),
    ("end_session", Thing::OtherSession, NO_MEMBER),
    ("end_session", Thing::NoSession, NO_MEMBER),
    ("change_name", Thing::Nothing, MEMBERS),
    ("change_username", Thing::Nothing, MEMBERS),
    ("member", Thing::Somebody, ALL),
    ("member", Thing::Nobody, NONE),

    ("categories", Thing::Nothing, ALL),
    ("listings", Thing::Nothing, ALL),
    ("search", Thing::Nothing, ALL),
    ("listings_of", Thing::Somebody, ALL),
    ("listings_of", Thing::Nobody, NONE),
    ("listing", Thing::OnSale, ALL),
    ("listing", Thing::Sold, ALL),
    ("listing", Thing::Withdrawn, [NF, NF, OK, NF, NF, OK, OK, NF]),
    ("listing", Thing::NoListing, NONE),
    ("my_listings", Thing::Nothing, MEMBERS),
    ("add_listing", Thing::Nothing, MEMBERS),
    ("edit_listing", Thing::OnSale, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("edit_listing", Thing::Withdrawn, [IN, NF, OK, NF, NF, NY, NY, IN]),
    ("edit_listing", Thing::Sold, [IN, NY, "listing_sold", NY, NY, NY, NY, IN]),
    ("edit_listing", Thing::NoListing, NO_MEMBER),
    ("withdraw_listing", Thing::OnSale, [IN, NY, OK, NY, NY, OK, OK, IN]),
    ("withdraw_listing", Thing::Withdrawn,
        [IN, NF, "listing_withdrawn", NF, NF, "listing_withdrawn", "listing_withdrawn", IN]),
    ("withdraw_listing", Thing::Sold, [IN, NY, "listing_sold", NY, NY, "listing_sold", "listing_sold", IN]),
    ("withdraw_listing", Thing::NoListing, NO_MEMBER),
    ("publish_listing", Thing::OnSale, [IN, NY, "listing_published", NY, NY, NY, NY, IN]),
    ("publish_listing", Thing::Withdrawn, [IN, NF, OK, NF, NF, NY, NY, IN]),
    ("publish_listing", Thing::Sold, [IN, NY, "listing_sold", NY, NY, NY, NY, IN]),
    ("publish_listing", Thing::NoListing, NO_MEMBER),

    ("stores", Thing::Nothing, ALL),
    ("store", Thing::Store, ALL),
    ("store", Thing::NoStore, NONE),
    ("store_listings", Thing::Store, ALL),
    ("store_listings", Thing::NoStore, NONE),
    ("variants", Thing::Stocked, ALL),
    ("variants", Thing::OnSale, NONE),
    ("variants", Thing::NoListing, NONE),
    ("my_stores", Thing::Nothing, MEMBERS),
    ("edit_store", Thing::Nothing, SELLER),
    ("staff", Thing::Store, SELLER),
    ("staff", Thing::NoStore, NO_MEMBER),
    ("appoint_staff", Thing::Somebody, SELLER),
    ("appoint_staff", Thing::Nobody, NO_MEMBER),
    ("dismiss_staff", Thing::OfStaff, SELLER),
    ("dismiss_staff", Thing::NotOfStaff, NO_MEMBER),
    ("add_product", Thing::Store, SELLER),
    ("add_product", Thing::NoStore, NO_MEMBER),
    ("add_variant", Thing::Stocked, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("add_variant", Thing::OnSale, [IN, NY, "not_stock", NY, NY, NY, NY, IN]),
    ("add_variant", Thing::NoListing, NO_MEMBER),
    ("edit_variant", Thing::Stocked, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("edit_variant", Thing::OnSale, [IN, NY, "not_stock", NY, NY, NY, NY, IN]),
    ("edit_variant", Thing::NoListing, NO_MEMBER),
    ("restock", Thing::Stocked, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("restock", Thing::OnSale, [IN, NY, "not_stock", NY, NY, NY, NY, IN]),
    ("restock", Thing::Withdrawn, [IN, NF, "not_stock", NF, NF, NY, NY, IN]),
    ("restock", Thing::NoListing, NO_MEMBER),
    ("adjust_stock", Thing::Stocked, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("adjust_stock", Thing::OnSale, [IN, NY, "not_stock", NY, NY, NY, NY, IN]),
    ("adjust_stock", Thing::NoListing, NO_MEMBER),
    ("store_stock", Thing::Store, SELLER),
    ("store_stock", Thing::NoStore, NO_MEMBER),
    ("store_orders", Thing::Store, SELLER),
    ("store_orders", Thing::NoStore, NO_MEMBER),
    ("to_hand_over", Thing::Nothing, MEMBERS),
    ("to_hand_over", Thing::Store, SELLER),
    ("to_hand_over", Thing::NoStore, NO_MEMBER),
    ("create_invitation", Thing::Nothing, [IN, NF, OK, NF, NF, NF, OK, OK]),
    ("invitations", Thing::Nothing, [IN, OK, OK, OK, OK, OK, OK, OK]),
    ("revoke_invitation", Thing::Invitation, [IN, NF, OK, NF, NF, NF, NF, NF]),
    ("revoke_invitation", Thing::NoInvitation, [IN, NF, NF, NF, NF, NF, NF, NF]),
    ("open_store", Thing::NoInvite,
        [IN, "invitation_invalid", "invitation_invalid", "invitation_invalid", "invitation_invalid", "invitation_invalid",
         "invitation_invalid", IN]),
    // The last of these: from here on everybody owns a store.
    ("open_store", Thing::Invite, [IN, OK, "store_owned", OK, OK, OK, OK, IN]),

    ("buy", Thing::Stocked, [IN, OK, "own_listing", OK, OK, OK, OK, IN]),
    ("buy", Thing::OnSale, [IN, OK, "own_listing", OK, OK, OK, OK, IN]),
    ("buy", Thing::Withdrawn, [IN, NF, "listing_withdrawn", NF, NF, NF, NF, IN]),
    ("buy", Thing::Sold, [IN, "listing_sold", "listing_sold", "listing_sold", "listing_sold", "listing_sold", "listing_sold", IN]),
    ("buy", Thing::NoListing, NO_MEMBER),
    ("my_orders", Thing::Nothing, MEMBERS),
    ("my_sales", Thing::Nothing, MEMBERS),
    ("order", Thing::Placed, [IN, NF, OK, OK, NF, NF, NF, IN]),
    ("order", Thing::Collected, [IN, NF, OK, OK, NF, NF, NF, IN]),
    ("order", Thing::NoOrder, NO_MEMBER),
    ("shipping_address", Thing::Placed, THE_TWO),
    ("shipping_address", Thing::NoOrder, NO_MEMBER),
    ("ship_order", Thing::Placed, [IN, NF, "order_state", NF, NF, NF, NF, IN]),
    ("ship_order", Thing::NoOrder, NO_MEMBER),
    ("cancel_order", Thing::Placed, [IN, NF, OK, OK, NF, NF, NF, IN]),
    ("cancel_order", Thing::AtDesk, [IN, NF, "order_state", "order_state", NF, NF, NF, IN]),
    ("cancel_order", Thing::NoOrder, NO_MEMBER),
    ("request_cancel", Thing::Placed, [IN, NF, NF, OK, NF, NF, NF, IN]),
    ("request_cancel", Thing::AtDesk, [IN, NF, NF, "order_state", NF, NF, NF, IN]),
    ("request_cancel", Thing::NoOrder, NO_MEMBER),
    ("confirm_order", Thing::Placed, [IN, NF, NF, "order_state", NF, NF, NF, IN]),
    ("confirm_order", Thing::Collected, [IN, NF, NF, OK, NF, NF, NF, IN]),
    ("confirm_order", Thing::NoOrder, NO_MEMBER),

    ("pay_order", Thing::Placed, BUYER),
    ("pay_order", Thing::Collected, [IN, NF, NF, "order_state", NF, NF, NF, IN]),
    ("pay_order", Thing::NoOrder, NO_MEMBER),
    ("request_return", Thing::Completed, BUYER),
    ("request_return", Thing::Collected, [IN, NF, NF, "order_state", NF, NF, NF, IN]),
    ("request_return", Thing::NoOrder, NO_MEMBER),
    ("settle_return", Thing::Returned, SELLER),
    ("settle_return", Thing::Completed, [IN, NF, "order_state", NF, NF, NF, NF, IN]),
    ("settle_return", Thing::NoOrder, NO_MEMBER),
    ("refund_order", Thing::Completed, SELLER),
    ("refund_order", Thing::Placed, [IN, NF, "order_state", NF, NF, NF, NF, IN]),
    ("refund_order", Thing::NoOrder, NO_MEMBER),

    ("cart", Thing::Nothing, MEMBERS),
    ("add_to_cart", Thing::Stocked, [IN, OK, "own_listing", OK, OK, OK, OK, IN]),
    ("add_to_cart", Thing::OnSale, [IN, OK, "own_listing", OK, OK, OK, OK, IN]),
    ("add_to_cart", Thing::Withdrawn, [IN, NF, "listing_withdrawn", NF, NF, NF, NF, IN]),
    ("add_to_cart", Thing::Sold, [IN, "listing_sold", "listing_sold", "listing_sold", "listing_sold", "listing_sold", "listing_sold", IN]),
    ("add_to_cart", Thing::NoListing, NO_MEMBER),
    // What somebody else gathered is not told from what nobody did.
    ("change_cart", Thing::InCart, MEMBERS),
    ("change_cart", Thing::OnSale, NO_MEMBER),
    ("change_cart", Thing::Withdrawn, NO_MEMBER),
    ("change_cart", Thing::NoListing, NO_MEMBER),
    ("remove_from_cart", Thing::InCart, MEMBERS),
    ("remove_from_cart", Thing::OnSale, NO_MEMBER),
    ("remove_from_cart", Thing::Withdrawn, NO_MEMBER),
    ("remove_from_cart", Thing::NoListing, NO_MEMBER),
    ("prepare_checkout", Thing::Nothing, MEMBERS),
    ("checkout", Thing::Checkout, BUYER),
    ("checkout", Thing::NoCheckout, NO_MEMBER),
    ("choose_delivery", Thing::Checkout, [IN, NF, NF, "delivery_fixed", NF, NF, NF, IN]),
    ("choose_delivery", Thing::NoCheckout, NO_MEMBER),
    ("checkout_address", Thing::Checkout, BUYER),
    ("checkout_address", Thing::NoCheckout, NO_MEMBER),
    ("cancel_checkout", Thing::Checkout, BUYER),
    ("cancel_checkout", Thing::NoCheckout, NO_MEMBER),
    ("place_orders", Thing::Checkout, BUYER),
    ("place_orders", Thing::NoCheckout, NO_MEMBER),
    ("start_payment", Thing::Checkout, BUYER),
    ("start_payment", Thing::NoCheckout, NO_MEMBER),
    ("payment", Thing::Payment, BUYER),
    ("payment", Thing::NoPayment, NO_MEMBER),

    ("wallet", Thing::Nothing, MEMBERS),
    ("statement", Thing::Nothing, MEMBERS),
    ("profit", Thing::Store, SELLER),
    ("profit", Thing::NoStore, NO_MEMBER),
    ("request_payout", Thing::Nothing, MEMBERS),
    ("payouts", Thing::Nothing, MEMBERS),
    ("open_payouts", Thing::Nothing, OPERATORS),
    ("confirm_payout", Thing::Payout, OPERATORS),
    ("confirm_payout", Thing::NoPayout, NO_OPERATOR),
    // Whose it is, and operators, by the network or by the machine.
    ("void_payout", Thing::Payout, [IN, NF, OK, NF, NF, NF, OK, OK]),
    ("void_payout", Thing::NoPayout, [IN, NF, NF, NF, NF, NF, NF, NF]),

    ("show_code", Thing::DropOffCode, DESK),
    ("show_code", Thing::PickupCode, DESK),
    ("show_code", Thing::CodeElsewhere, NO_MEMBER),
    ("show_code", Thing::NoCode, NO_MEMBER),
    ("drop_off", Thing::DropOffCode, DESK),
    // A buyer's code takes nothing in, and with a seller's nothing is handed out.
    ("drop_off", Thing::PickupCode, NO_MEMBER),
    ("drop_off", Thing::CodeElsewhere, NO_MEMBER),
    ("drop_off", Thing::NoCode, NO_MEMBER),
    ("take_payment", Thing::PickupCode, DESK),
    ("take_payment", Thing::DropOffCode, NO_MEMBER),
    ("take_payment", Thing::CodeElsewhere, NO_MEMBER),
    ("take_payment", Thing::NoCode, NO_MEMBER),
    ("collect", Thing::PickupCodeAtDesk, DESK),
    ("collect", Thing::PickupCode, [IN, NF, NF, NF, "order_state", NF, NF, IN]),
    ("collect", Thing::CodeElsewhere, NO_MEMBER),
    ("collect", Thing::NoCode, NO_MEMBER),

    ("take_return", Thing::ReturnCode, DESK),
    ("take_return", Thing::PickupCode, [IN, NF, NF, NF, "order_state", NF, NF, IN]),
    ("take_return", Thing::CodeElsewhere, NO_MEMBER),
    ("take_return", Thing::NoCode, NO_MEMBER),
    ("top_up", Thing::Somebody, DESK),
    ("top_up", Thing::Nobody, NO_MEMBER),

    ("auctions", Thing::Nothing, ALL),
    ("auction", Thing::Running, ALL),
    ("auction", Thing::Over, ALL),
    ("auction", Thing::NoAuction, NONE),
    ("bids", Thing::BidOn, ALL),
    ("bids", Thing::NoAuction, NONE),
    ("bid_log", Thing::Running, ["auction_still_open"; 8]),
    ("bid_log", Thing::Over, ALL),
    ("bid_log", Thing::NoAuction, NONE),
    ("open_auction", Thing::Nothing, MEMBERS),
    ("open_auction", Thing::OnSale, [IN, NY, OK, NY, NY, NY, NY, IN]),
    ("open_auction", Thing::Withdrawn, [IN, NF, OK, NF, NF, NY, NY, IN]),
    ("open_auction", Thing::Sold, [IN, NY, "listing_sold", NY, NY, NY, NY, IN]),
    ("open_auction", Thing::Stocked, [IN, NY, "not_single", NY, NY, NY, NY, IN]),
    ("open_auction", Thing::NoListing, NO_MEMBER),
    ("place_bid", Thing::Running, [IN, OK, "own_auction", OK, OK, OK, OK, IN]),
    ("place_bid", Thing::Over, [IN, "auction_over", "auction_over", "auction_over", "auction_over", "auction_over", "auction_over", IN]),
    ("place_bid", Thing::NoAuction, NO_MEMBER),
    ("take_buy_now", Thing::Running, [IN, OK, "own_auction", OK, OK, OK, OK, IN]),
    ("take_buy_now", Thing::NoAuction, NO_MEMBER),
    ("retract_bid", Thing::BidOn, [IN, "retraction_refused", "retraction_refused", OK, "retraction_refused", "retraction_refused",
        "retraction_refused", IN]),
    ("retract_bid", Thing::NoAuction, NO_MEMBER),
    ("watch", Thing::Running, MEMBERS),
    ("watch", Thing::NoAuction, NO_MEMBER),
    ("unwatch", Thing::Running, MEMBERS),
    ("unwatch", Thing::NoAuction, NO_MEMBER),
    ("lower_price", Thing::Running, AUCTIONEER),
    ("lower_price", Thing::BidOn, [IN, NA, "auction_has_bids", NA, NA, NA, NA, IN]),
    ("lower_price", Thing::NoAuction, NO_MEMBER),
    ("keep_price", Thing::Running, [IN, NA, "not_asked", NA, NA, NA, NA, IN]),
    ("keep_price", Thing::NoAuction, NO_MEMBER),
    ("lower_reserve", Thing::Running, AUCTIONEER),
    ("lower_reserve", Thing::NoAuction, NO_MEMBER),
    ("add_auction_note", Thing::BidOn, AUCTIONEER),
    ("add_auction_note", Thing::NoAuction, NO_MEMBER),
    ("cancel_auction", Thing::Running, [IN, NA, OK, NA, NA, OK, OK, IN]),
    ("cancel_auction", Thing::Over, [IN, NA, "auction_over", NA, NA, "auction_over", "auction_over", IN]),
    ("cancel_auction", Thing::NoAuction, NO_MEMBER),
    ("accept_leading_bid", Thing::BidOn, TOO_EARLY),
    ("accept_leading_bid", Thing::NoAuction, NO_MEMBER),
    ("counter_offer", Thing::BidOn, TOO_EARLY),
    ("counter_offer", Thing::NoAuction, NO_MEMBER),
    ("offer_to_watchers", Thing::Running, TOO_EARLY),
    ("offer_to_watchers", Thing::NoAuction, NO_MEMBER),
    ("relist_auction", Thing::Running, TOO_EARLY),
    ("relist_auction", Thing::Over, TOO_EARLY),
    ("relist_auction", Thing::NoAuction, NO_MEMBER),
    ("sell_at_fixed_price", Thing::Running, TOO_EARLY),
    ("sell_at_fixed_price", Thing::NoAuction, NO_MEMBER),
    ("answer_offer", Thing::NoOffer, NO_MEMBER),
    ("second_chances", Thing::Nothing, MEMBERS),
    ("want_second_chances", Thing::Nothing, MEMBERS),

    ("start_upload", Thing::Nothing, MEMBERS),
    ("send_chunk", Thing::Upload, SELLER),
    ("send_chunk", Thing::NoUpload, NO_MEMBER),
    ("finish_upload", Thing::Upload, SELLER),
    ("finish_upload", Thing::NoUpload, NO_MEMBER),
    ("picture", Thing::Picture, ALL),
    ("picture", Thing::PictureAlone, [NF, NF, OK, NF, NF, NF, NF, NF]),
    ("picture", Thing::NoPicture, NONE),

    ("listen", Thing::Nothing, [IN, OK, OK, OK, OK, OK, OK, OK]),
    ("follow", Thing::Running, [IN, OK, OK, OK, OK, OK, OK, OK]),
    ("follow", Thing::NoAuction, [IN, NF, NF, NF, NF, NF, NF, NF]),
    // There is nothing to cease with, which is as well.
    ("unfollow", Thing::Running, [IN, OK, OK, OK, OK, OK, OK, OK]),
    ("unfollow", Thing::NoAuction, [IN, OK, OK, OK, OK, OK, OK, OK]),
    ("events", Thing::Nothing, MEMBERS),
    ("presence", Thing::Nothing, MEMBERS),
    ("hide_presence", Thing::Nothing, MEMBERS),

    ("start_conversation", Thing::Somebody, MEMBERS),
    ("start_conversation", Thing::Nobody, NO_MEMBER),
    ("start_conversation", Thing::OnSale, [IN, OK, "yourself", OK, OK, OK, OK, IN]),
    ("start_conversation", Thing::Withdrawn, [IN, NF, "yourself", NF, NF, OK, OK, IN]),
    ("start_conversation", Thing::NoListing, NO_MEMBER),
    ("start_conversation", Thing::Placed, THE_TWO),
    ("start_conversation", Thing::NoOrder, NO_MEMBER),
    ("send_message", Thing::Talk, THE_TWO),
    ("send_message", Thing::NoTalk, NO_MEMBER),
    ("typing", Thing::Talk, THE_TWO),
    ("typing", Thing::NoTalk, NO_MEMBER),
    ("conversations", Thing::Nothing, MEMBERS),
    ("conversation", Thing::Talk, THE_TWO),
    ("conversation", Thing::NoTalk, NO_MEMBER),
    ("messages", Thing::Talk, THE_TWO),
    ("messages", Thing::NoTalk, NO_MEMBER),
    ("mark_delivered", Thing::Talk, THE_TWO),
    ("mark_delivered", Thing::NoTalk, NO_MEMBER),
    ("mark_read", Thing::Talk, THE_TWO),
    ("mark_read", Thing::NoTalk, NO_MEMBER),
    ("block", Thing::Somebody, MEMBERS),
    ("block", Thing::Nobody, NO_MEMBER),
    ("unblock", Thing::Somebody, MEMBERS),
    ("unblock", Thing::Nobody, NO_MEMBER),
    ("blocks", Thing::Nothing, MEMBERS),

    ("pickup_points", Thing::Nothing, ALL),
    ("add_pickup_point", Thing::Nothing, OPERATORS),
    ("change_pickup_point", Thing::Point, OPERATORS),
    ("change_pickup_point", Thing::NoPoint, NO_OPERATOR),
    ("close_pickup_point", Thing::Point, OPERATORS),
    ("close_pickup_point", Thing::NoPoint, NO_OPERATOR),
    ("close_day", Thing::Point, OPERATORS),
    ("close_day", Thing::NoPoint, NO_OPERATOR),
    ("open_day", Thing::Point, OPERATORS),
    ("open_day", Thing::NoPoint, NO_OPERATOR),
    ("appoint_attendant", Thing::Somebody, OPERATORS),
    ("appoint_attendant", Thing::Nobody, NO_OPERATOR),
    ("dismiss_attendant", Thing::Appointed, OPERATORS),
    ("dismiss_attendant", Thing::NotAppointed, NO_OPERATOR),
    ("change_role", Thing::Somebody, OPERATORS),
    ("change_role", Thing::Nobody, NO_OPERATOR),
    ("set_legacy_password", Thing::Nobody, NO_OPERATOR),
    ("settings", Thing::Nothing, OPERATORS),
    ("change_setting", Thing::Nothing, OPERATORS),

    // At the end, because it ends the sessions of those who act here.
    ("change_email", Thing::Nothing, MEMBERS),
    ("change_password", Thing::Nothing, MEMBERS),
];

#[test]
fn every_operation_is_in_the_table_and_every_one_that_names_a_thing_is_asked_of_none_too() {
    let known: BTreeSet<&str> = TABLE.iter().map(|(op, _, _)| *op).collect();
    assert_eq!(known, OPS.iter().copied().collect(), "what may be asked, and what the table says of it");
    for (op, thing, _) in TABLE {
        if let Some(missing) = thing.missing() {
            assert!(
                TABLE.iter().any(|(other, none, _)| other == op && *none == missing),
                "{op} of {missing:?}"
            );
        }
    }
    let rows: BTreeSet<(&str, Thing)> = TABLE.iter().map(|(op, thing, _)| (*op, *thing)).collect();
    assert_eq!(rows.len(), TABLE.len(), "a row stands there twice");
}

/// Codes that say no more than that there is nothing for the asker's eyes.
const HIDING: [&str; 3] = ["not_found", "wrong_credentials", "session_ended"];

/// Compares what was answered of things that are not for the asker's eyes with what was answered of missing ones.
fn compare<T: PartialEq + std::fmt::Debug>(
    answers: &BTreeMap<(&str, Who, Thing), T>,
    code_of: impl Fn(&T) -> String,
    wrong: &mut Vec<String>,
) -> usize {
    let mut twins = 0;
    for ((op, who, thing), answer) in answers {
        let Some(missing) = thing.missing().filter(|missing| missing != thing) else { continue };
        let none = &answers[&(*op, *who, missing)];
        if HIDING.contains(&code_of(answer).as_str()) && code_of(none) == code_of(answer) {
            twins += 1;
            if answer != none {
                wrong.push(format!("{op} by {who:?} tells {thing:?} from {missing:?}: {answer:?} {none:?}"));
            }
        }
    }
    twins
}

on_both! {
    fn everybody_gets_exactly_the_answers_of_the_table(stage) {
        let mut cast = Cast::of(stage);
        let mut lines: BTreeMap<(&str, Who, Thing), String> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (op, thing, codes) in TABLE {
            for (who, expected) in EVERYBODY.into_iter().zip(codes) {
                let parameters = cast.parameters(op, *thing, who);
                let mut wire = cast.wire(who);
                let before = *stage.market.log().borrow();
                wire.send(request(1, op, parameters).as_bytes());
                let line = wire.line().unwrap();
                let answer: Value = serde_json::from_str(&line).unwrap();
                if code(&answer) != *expected {
                    wrong.push(format!("{op} of {thing:?} by {who:?} should be {expected}: {line}"));
                }
                if code(&answer) != OK && *stage.market.log().borrow() != before {
                    wrong.push(format!("{op} of {thing:?} by {who:?} was refused and changed something"));
                }
                lines.insert((op, who, *thing), line);
            }
        }
        let code_of = |line: &String| code(&serde_json::from_str(line).unwrap()).to_owned();
        let twins = compare(&lines, code_of, &mut wrong);
        assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
        eprintln!("{:?}: {} cells, {twins} of them foreign and like missing ones", stage.location, lines.len());
        stage.is_clean();
    }

    fn everybody_gets_the_same_answers_over_the_json_api(stage) {
        let api = Api::of(stage);
        let mut cast = Cast::of(stage);
        let mut answers: BTreeMap<(&str, Who, Thing), Said> = BTreeMap::new();
        let mut wrong = Vec::new();
        let has_route = |op: &str| WITHOUT_ROUTE.iter().all(|(without, _)| *without != op);
        let rows = TABLE.iter().filter(|(op, ..)| has_route(op));
        for (op, thing, codes) in rows.chain([&("add_picture", Thing::Nothing, MEMBERS)]) {
            // There is no console over HTTP.
            for (who, expected) in EVERYBODY.into_iter().zip(codes).filter(|(who, _)| *who != Who::Console) {
                let parameters = cast.parameters(op, *thing, who);
                let token = cast.token(who);
                let before = *stage.market.log().borrow();
                let said = api.ask(token.as_deref(), op, &parameters);
                // Visitors have pages open too: over HTTP they hear what everybody may see.
                let expected = if (*op, who) == ("listen", Who::Visitor) { &OK } else { expected };
                if said.code() != *expected {
                    wrong.push(format!("{op} of {thing:?} by {who:?} should be {expected}: {said:?}"));
                }
                if said.code() != OK && *stage.market.log().borrow() != before {
                    wrong.push(format!("{op} of {thing:?} by {who:?} was refused and changed something"));
                }
                answers.insert((op, who, *thing), said);
            }
        }
        let twins = compare(&answers, Said::code, &mut wrong);
        assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
        eprintln!("{:?}: {} cells, {twins} of them foreign and like missing ones", stage.location, answers.len());
        stage.is_clean();
    }

    fn what_cannot_be_an_id_is_answered_like_a_missing_one_to_the_byte(stage) {
        let api = Api::of(stage);
        let mut cast = Cast::of(stage);
        let mut ids = 0;
        for (op, thing, _) in TABLE.iter().filter(|(op, ..)| WITHOUT_ROUTE.iter().all(|(without, _)| without != op)) {
            for name in api.named(op, "path") {
                let prefix = match name.as_str() {
                    "listing" | "product" => "lst",
                    "store" => "sto",
                    "auction" => "auc",
                    "offer" => "ofr",
                    "invitation" => "inv",
                    "order" => "ord",
                    "checkout" => "chk",
                    "payment" => "pay",
                    "payout" => "out",
                    "session" => "ses",
                    "conversation" => "cnv",
                    "picture" => "pic",
                    "pickup_point" => "pkp",
                    "username" => "",
                    _ => continue,
                };
                let none = if prefix.is_empty() { "nobody_has_this_name".to_owned() } else { missing(prefix) };
                for who in EVERYBODY.into_iter().filter(|who| *who != Who::Console) {
                    let mut parameters = cast.parameters(op, *thing, who);
                    let token = cast.token(who);
                    let mut ask = |id: &str| {
                        parameters[&name] = Value::from(id);
                        api.ask(token.as_deref(), op, &parameters)
                    };
                    let missing = ask(&none);
                    assert!((400..500).contains(&missing.status), "{op} by {who:?}: {missing:?}");
                    for id in ["x", "lst_", "Nobody at all", "admin", "رنا", "..", &"x".repeat(4_000)] {
                        assert_eq!(ask(id), missing, "{op} by {who:?} of {id:?}");
                    }
                    ids += 1;
                }
            }
        }
        assert!(ids > 100, "only {ids} were asked");
    }

    fn who_serves_a_desk_is_shown_to_operators_alone(stage) {
        let mut cast = Cast::of(stage);
        for who in EVERYBODY {
            let points = cast.wire(who).does("pickup_points", json!({}));
            let sees = points["rows"][0].get("attendants").is_some();
            assert_eq!(sees, matches!(who, Who::Operator | Who::Console), "{who:?}: {points}");
        }
    }

    fn the_codes_of_an_order_are_shown_to_their_own_side_alone(stage) {
        let mut cast = Cast::of(stage);
        let (_, order) = cast.order("A lamp", None);
        let mut seen = Vec::new();
        for who in [Who::Buyer, Who::Seller] {
            let shown = cast.wire(who).does("order", json!({ "order": order["order"] }));
            let code = shown["pickup"]["code"].as_str().unwrap().to_owned();
            let lists = cast.wire(who).does("my_orders", json!({}))["rows"].to_string()
                + &cast.wire(who).does("my_sales", json!({}))["rows"].to_string()
                + &cast.wire(who).does("my_listings", json!({}))["rows"].to_string();
            seen.push((code, lists));
        }
        let [(pickup, buyers), (drop_off, sellers)] = seen.try_into().unwrap();
        assert!(pickup.starts_with(|first: char| first.is_ascii_digit()) && buyers.contains(&pickup));
        assert!(drop_off.starts_with(|first: char| first.is_ascii_uppercase()) && sellers.contains(&drop_off));
        assert!(!buyers.contains(&drop_off) && !sellers.contains(&pickup));
    }
}

// ---- those who act ----

/// The people of the columns, and what is needed to make things for them.
struct Cast<'s> {
    stage: &'s Stage,
    people: BTreeMap<Who, Person>,
    subject: Person,
    seller: Wire,
    buyer: Wire,
    desk: Wire,
    /// Takes cash for wallets, that of the attendant of the columns among them.
    till: Wire,
    elsewhere: String,
    point: String,
    store: String,
    /// The auction the seller opened last.
    auction: Value,
    number: u32,
}

impl<'s> Cast<'s> {
    fn of(stage: &'s Stage) -> Self {
        stage.widen_the_point();
        let password = Password::typed(PASSWORD);
        let hash = stage.runtime.block_on(stage.market.hash_for_demo(&password)).unwrap();
        let person = |name: &str| stage.member_with_hash(name, hash.clone());
        let mut people = BTreeMap::new();
        for (who, name) in [
            (Who::Stranger, "stranger"),
            (Who::Seller, "seller"),
            (Who::Buyer, "buyer"),
            (Who::Attendant, "attendant_one"),
            (Who::Moderator, "moderator_one"),
            (Who::Operator, "operator_one"),
        ] {
            people.insert(who, person(name));
        }
        for (who, role) in [(Who::Moderator, Role::Moderator), (Who::Operator, Role::Operator)] {
            stage.at_console(Command::ChangeRole { username: people[&who].username.clone(), role });
        }
        let pickup_point = stage.point().id;
        let username = people[&Who::Attendant].username.clone();
        stage.at_console(Command::AppointAttendant { pickup_point, username });
        let [seller, buyer, desk] =
            [Who::Seller, Who::Buyer, Who::Attendant].map(|who| stage.connect(&people[&who]));
        let subject = person("subject");
        let till = stage.connect(&stage.attendant("attendant_two"));
        let point = pickup_point.to_string();
        let mut cast = Self {
            stage,
            people,
            subject,
            seller,
            buyer,
            desk,
            till,
            elsewhere: String::new(),
            point,
            store: String::new(),
            auction: Value::Null,
            number: 0,
        };
        cast.elsewhere = cast.another_point();
        let code = cast.invite();
        let store = cast
            .seller
            .does("open_store", json!({ "code": code, "name": "Lamps", "email": "lamps@aub.edu.lb" }));
        cast.store = store["store"].as_str().unwrap().to_owned();
        cast
    }

    /// The code of an invitation by whoever runs the program.
    fn invite(&mut self) -> Value {
        self.wire(Who::Console).does("create_invitation", json!({}))["code"].clone()
    }

    /// A connection of theirs: everybody comes with a session of its own.
    fn wire(&mut self, who: Who) -> Wire {
        match who {
            Who::Visitor => self.stage.visitor(),
            Who::Console => {
                let path = self.stage.folder.path().join("console.sock");
                Wire::greeted(UnixStream::connect(path).unwrap())
            }
            _ => {
                let person = &self.people[&who];
                self.stage.connect(&self.stage.again(person.id, &person.username))
            }
        }
    }

    /// A token of theirs, for those who have one.
    fn token(&self, who: Who) -> Option<String> {
        let person = self.people.get(&who)?;
        Some(self.stage.again(person.id, &person.username).token)
    }

    /// A name nobody has yet.
    fn name(&mut self) -> String {
        self.number += 1;
        format!("person_{}", self.number)
    }

    fn another_point(&mut self) -> String {
        let point = self.wire(Who::Console).does("add_pickup_point", draft());
        point["id"].as_str().unwrap().to_owned()
    }

    /// Something the seller offers and the buyer buys: the listing, and the order as the buyer sees it.
    fn order(&mut self, title: &str, at: Option<&str>) -> (String, Value) {
        let mut fields = listing(title, 777);
        if let Some(point) = at {
            fields["pickup_point"] = Value::from(point);
        }
        let listing = self.seller.does("add_listing", fields)["listing"].as_str().unwrap().to_owned();
        let order = self.buyer.buys(&listing, 777);
        (listing, order)
    }

    /// What the seller of an order shows at the desk.
    fn drop_off_code(&mut self, order: &Value) -> Value {
        self.seller.does("order", json!({ "order": order["order"] }))["pickup"]["code"].clone()
    }

    fn drop_off(&mut self, order: &Value) {
        let code = self.drop_off_code(order);
        self.desk.does("drop_off", json!({ "code": code }));
    }

    /// Something of the store's that the buyer has bought, and all is well.
    fn completed(&mut self) -> Value {
        let mut product = product("A lamp");
        product["store"] = Value::from(self.store.clone());
        let product = self.seller.does("add_product", product)["product"].as_str().unwrap().to_owned();
        let order = self.buyer.buys(&product, 777);
        self.drop_off(&order);
        self.desk.does("collect", json!({ "code": order["pickup"]["code"], "cash": usd(777) }));
        self.buyer.does("confirm_order", json!({ "order": order["order"] }))
    }

    /// Something the seller puts up. The one before is called off, should it still run: a new member has but a few.
    fn auction(&mut self) -> Value {
        if !self.auction.is_null() {
            self.call_off();
        }
        self.auction = self.seller.does("open_auction", terms(lot("A lamp", 3 * 86_400)))["auction"].clone();
        self.auction.clone()
    }

    fn call_off(&mut self) {
        self.seller.ask("cancel_auction", json!({ "auction": self.auction, "reason": "It is broken" }));
    }

    /// The same, and it shall go back.
    fn given_back(&mut self) -> Value {
        let order = self.completed()["order"].clone();
        self.buyer.does("request_return", json!({ "order": order, "reason": "It does not fit" }))
    }

    /// Nothing but one thing of somebody else's in the cart of whoever asks; in the buyer's, for whoever has none.
    fn fill_cart(&mut self, who: Who) -> String {
        let who = if self.people.contains_key(&who) { who } else { Who::Buyer };
        let other = if who == Who::Seller { &mut self.buyer } else { &mut self.seller };
        let listing = other.lists("A chair", 777);
        let mut wire = self.wire(who);
        let cart = wire.does("cart", json!({}));
        for line in cart["lines"].as_array().unwrap() {
            wire.does("remove_from_cart", json!({ "listing": line["listing"]["listing"] }));
        }
        wire.does("add_to_cart", json!({ "listing": listing }));
        listing
    }

    /// What is in the buyer's cart alone, set aside.
    fn checkout(&mut self) -> Value {
        self.fill_cart(Who::Buyer);
        self.buyer.does("prepare_checkout", json!({ "totals": [usd(777)] }))["checkout"].clone()
    }

    /// Money for the wallet of whoever has one.
    fn fill_wallet(&mut self, who: Who) {
        if self.people.contains_key(&who) {
            // Whoever asked for another username has it by now.
            let username = self.wire(who).does("me", json!({}))["username"].clone();
            self.till.does("top_up", json!({ "username": username, "cash": usd(777) }));
        }
    }

    /// A picture the seller has brought as a whole, and that nothing was made of yet.
    fn upload(&mut self) -> Value {
        let file = png(2, 2);
        let upload = self.seller.does("start_upload", json!({ "bytes": file.len() }))["upload"].clone();
        let data = data_encoding::BASE64.encode(&file);
        self.seller.does("send_chunk", json!({ "upload": upload, "offset": 0, "data": data }));
        upload
    }

    fn picture(&mut self) -> Value {
        let upload = self.upload();
        self.seller.does("finish_upload", json!({ "upload": upload }))["picture"].clone()
    }

    /// Makes the thing and answers with what names it.
    fn make(&mut self, op: &str, thing: Thing, who: Who) -> Value {
        let missing = |prefix: &str| Value::from(missing(prefix));
        let session = |stage: &Stage, person: &Person| stage.again(person.id, &person.username);
        match thing {
            Thing::Nothing => Value::Null,
            Thing::OnSale => Value::from(self.seller.lists("A lamp", 777)),
            Thing::Withdrawn => {
                let listing = self.seller.lists("A lamp", 777);
                self.seller.does("withdraw_listing", json!({ "listing": listing }));
                Value::from(listing)
            }
            Thing::Sold => Value::from(self.order("A lamp", None).0),
            Thing::NoListing => missing("lst"),
            Thing::Stocked => {
                let mut product = product("A lamp");
                product["store"] = Value::from(self.store.clone());
                self.seller.does("add_product", product)["product"].clone()
            }
            Thing::Running => self.auction(),
            Thing::BidOn => {
                let auction = self.auction();
                self.buyer.does("place_bid", json!({ "auction": auction, "maximum": usd(600) }));
                auction
            }
            Thing::Over => {
                let auction = self.auction();
                self.call_off();
                auction
            }
            Thing::NoAuction => missing("auc"),
            Thing::NoOffer => missing("ofr"),
            Thing::Store => Value::from(self.store.clone()),
            Thing::NoStore => missing("sto"),
            Thing::OfStaff => {
                let name = self.name();
                self.stage.member(&name);
                self.seller.does("appoint_staff", json!({ "username": name }));
                Value::from(name)
            }
            Thing::Invitation => self.seller.does("create_invitation", json!({}))["invitation"].clone(),
            Thing::NoInvitation => missing("inv"),
            Thing::Invite => self.invite(),
            Thing::NoInvite => Value::from("0000-0000-0000-0000"),
            Thing::Placed => self.order("A lamp", None).1["order"].clone(),
            Thing::AtDesk => {
                let order = self.order("A lamp", None).1;
                self.drop_off(&order);
                order["order"].clone()
            }
            Thing::Collected => {
                let order = self.order("A lamp", None).1;
                self.drop_off(&order);
                self.desk.does("collect", json!({ "code": order["pickup"]["code"], "cash": usd(777) }));
                order["order"].clone()
            }
            Thing::Completed => self.completed()["order"].clone(),
            Thing::Returned => {
                let order = self.given_back();
                self.desk.does("take_return", json!({ "code": order["pickup"]["code"] }));
                order["order"].clone()
            }
            Thing::ReturnCode => self.given_back()["pickup"]["code"].clone(),
            Thing::NoOrder => missing("ord"),
            Thing::InCart => Value::from(self.fill_cart(who)),
            Thing::Checkout => self.checkout(),
            Thing::NoCheckout => missing("chk"),
            Thing::Payment => {
                let checkout = self.checkout();
                let payment =
                    self.buyer.does("start_payment", json!({ "checkout": checkout, "currency": "USD" }));
                payment["payment"].clone()
            }
            Thing::NoPayment => missing("pay"),
            Thing::Payout => {
                self.fill_wallet(Who::Seller);
                let wanted = json!({ "purse": "wallet", "amount": usd(777) });
                self.seller.does("request_payout", wanted)["payout"].clone()
            }
            Thing::NoPayout => missing("out"),
            Thing::Talk => {
                let listing = self.seller.lists("A lamp", 777);
                let talk = self.buyer.does("start_conversation", json!({ "listing": listing }));
                let conversation = talk["conversation"].clone();
                let said = json!({ "conversation": conversation, "text": "Is it still there?" });
                self.buyer.does("send_message", said);
                conversation
            }
            Thing::NoTalk => missing("cnv"),
            Thing::Picture => {
                let picture = self.picture();
                let mut fields = listing("A lamp", 777);
                fields["pictures"] = json!([picture]);
                self.seller.does("add_listing", fields);
                picture
            }
            Thing::PictureAlone => self.picture(),
            Thing::NoPicture => missing("pic"),
            Thing::Upload => self.upload(),
            Thing::NoUpload => missing("upl"),
            Thing::OwnSession => {
                let person = self.people.get(&who).unwrap_or(&self.people[&Who::Seller]);
                Value::from(session(self.stage, person).session.to_string())
            }
            Thing::OtherSession => Value::from(session(self.stage, &self.subject).session.to_string()),
            Thing::NoSession => missing("ses"),
            Thing::Token => Value::from(session(self.stage, &self.subject).token),
            Thing::EndedToken => {
                let ended = session(self.stage, &self.subject);
                self.stage.connect(&ended).does("log_out", json!({}));
                Value::from(ended.token)
            }
            Thing::NoToken => Value::from(format!("aub_{}", "x".repeat(43))),
            Thing::Account => json!([self.subject.username, PASSWORD]),
            Thing::WrongPassword => json!([self.subject.username, "something else"]),
            Thing::NoAccount => json!(["nobody_here", "something else"]),
            Thing::DropOffCode => {
                let order = self.order("A lamp", None).1;
                self.drop_off_code(&order)
            }
            Thing::PickupCode => self.order("A lamp", None).1["pickup"]["code"].clone(),
            Thing::PickupCodeAtDesk => {
                let order = self.order("A lamp", None).1;
                self.drop_off(&order);
                order["pickup"]["code"].clone()
            }
            Thing::CodeElsewhere => {
                let elsewhere = self.elsewhere.clone();
                let order = self.order("A lamp", Some(&elsewhere)).1;
                if op == "drop_off" { self.drop_off_code(&order) } else { order["pickup"]["code"].clone() }
            }
            Thing::NoCode => Value::from(if op == "drop_off" { "AAAAAA" } else { "2AAAAA" }),
            Thing::Point => Value::from(self.another_point()),
            Thing::NoPoint => missing("pkp"),
            Thing::Somebody => {
                let name = self.name();
                self.stage.member(&name);
                Value::from(name)
            }
            Thing::Nobody | Thing::NotAppointed | Thing::NotOfStaff => {
                let name = self.name();
                if thing != Thing::Nobody {
                    self.stage.member(&name);
                }
                Value::from(name)
            }
            Thing::Appointed => {
                let name = self.name();
                Value::from(self.stage.attendant(&name).username.as_str())
            }
        }
    }

    /// The request's parameters, well-formed and sensible: only who asks, and of what, decides.
    fn parameters(&mut self, op: &str, thing: Thing, who: Who) -> Value {
        let named = self.make(op, thing, who);
        match op {
            "register" => {
                let name = self.name();
                let email = format!("{name}@mail.aub.edu");
                json!({ "name": name, "username": name, "email": email, "password": PASSWORD })
            }
            "log_in" => json!({ "login": named[0], "password": named[1] }),
            "resume" => json!({ "token": named }),
            "end_session" => json!({ "session": named }),
            "change_name" => json!({ "name": "Somebody Else" }),
            "change_username" => json!({ "username": self.name() }),
            "change_email" => {
                let email = format!("{}@mail.aub.edu", self.name());
                json!({ "current_password": PASSWORD, "email": email })
            }
            "change_password" => {
                json!({ "current_password": PASSWORD, "new_password": "a kite under the old lighthouse" })
            }
            "member" | "listings_of" => json!({ "username": named }),
            "search" => json!({ "text": "lamp" }),
            "add_listing" => listing("A lamp", 777),
            "edit_listing" => json!({ "listing": named, "title": "Another lamp" }),
            "listing" | "withdraw_listing" | "publish_listing" => json!({ "listing": named }),
            "buy" => json!({ "listing": named, "price": usd(777) }),
            "store" | "store_listings" | "staff" | "store_stock" | "store_orders" => {
                json!({ "store": named })
            }
            "to_hand_over" if thing != Thing::Nothing => json!({ "store": named }),
            "edit_store" => json!({ "description": "More lamps" }),
            "appoint_staff" => json!({ "username": named }),
            "dismiss_staff" => json!({ "store": self.store, "username": named }),
            "add_product" => {
                let mut product = product("Another lamp");
                product["store"] = named;
                product
            }
            "add_variant" => json!({ "product": named, "label": "Blue", "price": usd(777), "copies": 2 }),
            "edit_variant" => json!({ "listing": named, "low_stock": 2 }),
            "variants" => json!({ "product": named }),
            "restock" => json!({ "listing": named, "copies": 2 }),
            "adjust_stock" => json!({ "listing": named, "copies": -1, "reason": "One is broken" }),
            "revoke_invitation" => json!({ "invitation": named }),
            "open_store" => {
                json!({ "code": named, "name": format!("Store of {}", self.name()), "email": "store@aub.edu.lb" })
            }
            "open_auction" if thing == Thing::Nothing => terms(lot("A lamp", 3 * 86_400)),
            "open_auction" => terms(json!({ "listing": named, "duration_seconds": 3 * 86_400 })),
            "relist_auction" => terms(json!({ "auction": named, "duration_seconds": 3_600 })),
            "auction" | "bids" | "bid_log" | "watch" | "unwatch" | "follow" | "unfollow" | "keep_price"
            | "accept_leading_bid" => json!({ "auction": named }),
            "place_bid" => json!({ "auction": named, "maximum": usd(600) }),
            "retract_bid" => json!({ "auction": named, "corrected": usd(550) }),
            "take_buy_now" => json!({ "auction": named, "price": usd(1_000) }),
            "lower_reserve" => json!({ "auction": named, "reserve": usd(550) }),
            "add_auction_note" => json!({ "auction": named, "text": "It has a scratch" }),
            "cancel_auction" => json!({ "auction": named, "reason": "It is broken" }),
            "lower_price" | "counter_offer" | "offer_to_watchers" | "sell_at_fixed_price" => {
                json!({ "auction": named, "price": usd(450) })
            }
            "answer_offer" => json!({ "offer": named, "accept": true }),
            "want_second_chances" => json!({ "wanted": false }),
            "start_upload" => json!({ "bytes": 100 }),
            "send_chunk" => json!({ "upload": named, "offset": 0, "data": "" }),
            "finish_upload" => json!({ "upload": named }),
            "picture" => json!({ "picture": named, "size": "large" }),
            "presence" => json!({ "usernames": ["seller", "buyer"] }),
            "hide_presence" => json!({ "hidden": true }),
            "start_conversation" => match thing {
                Thing::Somebody | Thing::Nobody => json!({ "username": named }),
                Thing::Placed | Thing::NoOrder => json!({ "order": named }),
                _ => json!({ "listing": named }),
            },
            "send_message" => json!({ "conversation": named, "text": "Hello" }),
            "conversation" | "messages" | "typing" => json!({ "conversation": named }),
            "mark_delivered" | "mark_read" => json!({ "conversation": named, "number": 1 }),
            "block" | "unblock" => json!({ "username": named }),
            "order" | "shipping_address" | "ship_order" | "cancel_order" | "request_cancel"
            | "confirm_order" => {
                json!({ "order": named })
            }
            "pay_order" => {
                self.fill_wallet(Who::Buyer);
                json!({ "order": named, "currency": "USD" })
            }
            "request_return" => json!({ "order": named, "reason": "It does not fit" }),
            "settle_return" => json!({ "order": named, "restock": true }),
            "refund_order" => json!({ "order": named, "amount": usd(77) }),
            "add_to_cart" | "remove_from_cart" => json!({ "listing": named }),
            "change_cart" => json!({ "listing": named, "quantity": 1 }),
            "prepare_checkout" => {
                self.fill_cart(who);
                json!({ "totals": [usd(777)] })
            }
            "checkout" | "checkout_address" | "cancel_checkout" => json!({ "checkout": named }),
            "choose_delivery" => json!({ "checkout": named, "pickup_point": self.point }),
            "place_orders" => json!({ "checkout": named, "pay": "cash" }),
            "start_payment" => json!({ "checkout": named, "currency": "USD" }),
            "payment" => json!({ "payment": named }),
            "statement" => json!({ "purse": "wallet", "from": "2026-01-01", "until": "2026-12-31" }),
            "profit" => json!({ "store": named, "from": "2026-01-01", "until": "2026-12-31" }),
            "request_payout" => {
                self.fill_wallet(who);
                json!({ "purse": "wallet", "amount": usd(777) })
            }
            "confirm_payout" | "void_payout" => json!({ "payout": named, "note": "At the post office" }),
            "top_up" => json!({ "username": named, "cash": usd(777) }),
            "show_code" | "drop_off" | "take_return" => json!({ "code": named }),
            "take_payment" | "collect" => json!({ "code": named, "cash": usd(777) }),
            "add_pickup_point" => draft(),
            "change_pickup_point" => {
                let mut fields = draft();
                fields["pickup_point"] = named;
                fields
            }
            "close_pickup_point" => json!({ "pickup_point": named }),
            "close_day" | "open_day" => json!({ "pickup_point": named, "day": "2099-01-05" }),
            "appoint_attendant" | "dismiss_attendant" => {
                json!({ "pickup_point": self.point, "username": named })
            }
            "set_legacy_password" => json!({ "wire": "003", "name": named, "password": PASSWORD }),
            "change_role" => json!({ "username": named, "role": "moderator" }),
            "change_setting" => json!({ "name": "commission_basis_points", "value": "0" }),
            _ => json!({}),
        }
    }
}

/// A product as a store describes it.
fn product(title: &str) -> Value {
    json!({ "title": title, "category": "books", "variants": [{ "price": usd(777), "copies": 5 }] })
}

/// The same on terms that leave something to each of the operations.
fn terms(mut lot: Value) -> Value {
    for (name, cents) in [("starting_price", 500), ("reserve", 700), ("buy_now", 1_000)] {
        lot[name] = usd(cents);
    }
    lot
}

/// An id of that sort that nothing has.
fn missing(prefix: &str) -> String {
    format!("{prefix}_01jd9y3t8qf1vaz0w6k2m4n8pr")
}

/// A pickup point as an operator describes it.
fn draft() -> Value {
    json!({
        "name": "The main gate", "address": "Bliss Street", "time_zone": "Asia/Beirut",
        "opening": { "mon": "08:00-17:00", "thu": "08:00-17:00" }, "daily_capacity": 10_000,
    })
}
