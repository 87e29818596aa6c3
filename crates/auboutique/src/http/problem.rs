//! No, as HTTP says it: the one place where the three kinds of no become statuses and `application/problem+json`.

use auboutique_domain::Refusal;
use auboutique_market::No;
use auboutique_wire::json::{Failure, Malformed, Unreadable};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::reply;
use crate::connection;

/// What the type of every problem begins with; its code follows. The page there lists all of them.
pub const TYPES: &str = "/api/problems#";

/// Every problem there is: its code, the status it has, and when it is said. The page of problems is made of it.
#[rustfmt::skip]
pub const KNOWN: &[(&str, u16, &str)] = &[
    // What HTTP says itself.
    ("no_route", 404, "there is nothing at this address"),
    ("method_not_allowed", 405, "this address takes other methods: `Allow` lists them"),
    ("host_unclear", 400, "a request names its host once"),
    ("host_unknown", 400, "the market is not found under that name"),
    ("foreign_origin", 403, "a request that changes something came from another site, with a cookie of ours"),
    ("authorization_unreadable", 401, "not one header `Authorization: Bearer aub_…`"),
    ("too_many_requests", 429, "more requests in a minute than one asker may send: wait for `Retry-After` seconds"),
    ("json_needed", 415, "the body has to be JSON, and its `Content-Type` to say so"),
    ("form_needed", 415, "a page takes a form"),
    ("image_needed", 415, "the body has to be a picture's file, and its `Content-Type` to say so"),
    ("length_needed", 411, "a picture comes with its `Content-Length`"),
    ("body_too_large", 413, "the body is longer than it may be"),
    ("body_too_slow", 408, "the body took longer than it may"),
    ("body_broken", 400, "the body ended before its end"),
    ("body_unclear", 400, "where the body ends is said twice"),
    ("too_many_streams", 429, "more streams of events than one session or address may have"),
    ("callback_not_believed", 400, "what the provider of cards tells is not signed with our secret, not just now, or unreadable"),
    ("provider_silent", 502, "the provider of card payments does not answer: nothing was paid"),
    ("callback_not_now", 503, "what the provider of cards tells was not acted on: it has to be told again"),
    ("too_slow", 503, "the answer took too long: whether it was done is told by asking again under the same key"),
    // Requests that cannot be read.
    ("not_json", 400, "the body is not UTF-8, not a JSON object, or has a field twice"),
    ("bad_field", 400, "a parameter is missing, unknown, of the wrong type, or no id of that kind"),
    ("frame_too_long", 413, "on the protocol: the line is too long"),
    ("unknown_op", 400, "on the protocol: there is no such operation"),
    ("version_unsupported", 400, "on the protocol: no version both speak"),
    // Who asks.
    ("sign_in_needed", 401, "a visitor asked what only members can"),
    ("session_ended", 401, "the token or the session is unknown, expired or ended: log in again"),
    ("role_needed", 403, "the member's role does not allow it"),
    ("wrong_credentials", 401, "login and password do not fit"),
    ("too_many_tries", 429, "too many wrong passwords or codes: wait for `Retry-After` seconds"),
    ("not_found", 404, "it does not exist, or is not for your eyes; the two are never told apart"),
    ("not_yours", 403, "a listing of another member"),
    // Asking twice.
    ("key_reused", 422, "the key was used for another request: take a new one"),
    ("key_invalid", 422, "the key is empty, too long or not printable ASCII"),
    // Members.
    ("username_invalid", 422, "not 3 to 30 of `a-z`, `0-9`, `_`"),
    ("username_reserved", 422, "the username is kept for the house"),
    ("username_taken", 409, "another member has the username"),
    ("account_in_use", 409, "the account behind a name of an older program has business of its own"),
    ("email_invalid", 422, "not an e-mail address"),
    ("email_domain_not_allowed", 422, "only these `domains` can join"),
    ("email_taken", 409, "another member has the address"),
    ("password_length", 422, "too short or too long"),
    ("password_weak", 422, "too easy to guess"),
    ("struck_out", 403, "three strikes in 180 days: no buying and selling `until` then"),
    ("last_operator", 409, "a market keeps one operator"),
    // Text.
    ("text_length", 422, "a text is too short or too long"),
    ("text_unprintable", 422, "a text has control characters or hidden direction marks"),
    ("card_number", 422, "the `field` has what looks like the number of a payment card"),
    ("search_empty", 422, "no word to search for, or more than `most`"),
    // Money.
    ("currency_unknown", 422, "not USD or LBP; in a body another currency is a `bad_field`"),
    ("price_out_of_range", 422, "not a price: it is `least` to `most` minor units"),
    ("price_unreadable", 422, "on pages: a typed price is no number"),
    // Listings.
    ("sort_unknown", 422, "not one of the `known` orders"),
    ("currency_needed", 422, "bounds and an order by price need a currency"),
    ("price_range_invalid", 422, "a bound below zero, or the lower one above the upper"),
    ("category_unknown", 422, "not one of the `known` categories"),
    ("condition_unknown", 422, "not one of the `known` conditions"),
    ("listing_sold", 409, "somebody was first, or it is too late to change it"),
    ("listing_withdrawn", 409, "the listing is withdrawn"),
    ("listing_published", 409, "the listing is on sale already"),
    ("own_listing", 409, "nobody buys from themselves"),
    ("price_changed", 409, "the `price` is another now"),
    ("too_many_listings", 409, "a member can have no more on sale"),
    ("stock_short", 409, "only so many copies are `available`"),
    ("quantity_out_of_range", 422, "a number of copies is 1 to `most`"),
    ("held", 409, "others are paying for the rest `until` then at most; only so many copies are `available`"),
    ("quantity_limit", 409, "one buyer can have `most` copies at once"),
    // Carts and checkouts.
    ("cart_empty", 409, "there is nothing in the cart"),
    ("cart_full", 409, "a cart has at most `most` lines"),
    ("total_changed", 409, "the cart costs these `totals` now"),
    ("line_unavailable", 409, "this `listing` of the cart cannot be bought as it stands: `problem` says why"),
    ("too_many_checkouts", 429, "within two hours things were set aside for this buyer for one, and not bought: wait for `Retry-After` seconds"),
    ("pay_first", 409, "what was won in an auction is paid before it is handed over: from the wallet or by card"),
    ("delivery_needed", 409, "say first how what was won shall reach you: `choose_delivery`"),
    ("delivery_fixed", 409, "what was in a cart is collected at the pickup point of its listing"),
    ("checkout_over", 409, "the checkout was placed or left, or its time is over"),
    // Auctions.
    ("auction_over", 409, "bidding is over, or the auction was called off"),
    ("bid_too_low", 409, "the least that is taken from this bidder now is `minimum`"),
    ("bid_too_high", 422, "the highest bid taken from this member is `most`; it is more after a week"),
    ("not_cash_unit", 422, "amounts in an auction are multiples of `unit`"),
    ("auction_currency", 422, "the amount is not in the auction's `currency`"),
    ("own_auction", 409, "nobody bids on what they sell"),
    ("not_your_auction", 403, "the auction is another member's"),
    ("bidder_linked", 403, "bidder and seller belong together: by an invitation, a store or a device"),
    ("bidder_blocked", 403, "bidder and seller do not hear each other"),
    ("too_many_bids", 429, "faster than a person bids: wait for `Retry-After` seconds"),
    ("too_many_auctions", 409, "a member runs, or while they are new bids in, no more than `most` auctions at once"),
    ("buy_now_gone", 409, "bidding has gone too far for the buy-now price"),
    ("reserve_too_low", 422, "the reserve price is `least` or more: never below the starting price"),
    ("buy_now_too_low", 422, "the buy-now price is `least` or more"),
    ("lot_name_taken", 409, "something was put up under the name before"),
    ("duration_invalid", 422, "bidding lasts a minute at least and 30 days at most"),
    ("auction_has_bids", 409, "there is a bid already: what was said stays"),
    ("price_not_lower", 409, "the price is asked to become lower than `price`"),
    ("not_asked", 409, "the seller was not asked to lower the price, or has answered"),
    ("reserve_fixed", 409, "there is no reserve price, it is met, or bidding ends within the hour"),
    ("too_many_notes", 409, "an auction has at most `most` additions"),
    ("cancel_too_late", 409, "it has bids and ends within `hours` hours: only a moderator calls it off"),
    ("retraction_refused", 409, "the bid stands: it is no typing error that was just made, and nothing was added after it"),
    ("not_negotiable", 409, "it runs, it is sold, or the time to negotiate is over"),
    ("counter_invalid", 409, "a counter-offer is made once, for more than `least` and no more than `most`"),
    ("too_many_relists", 409, "a lot is put up again `most` times at most"),
    ("offer_over", 409, "the offer was answered or taken back, or its time is over"),
    ("auction_not_due", 409, "the auction waits for nothing now: no client is told"),
    ("too_many_watched", 409, "a member watches at most `most` auctions"),
    ("auction_still_open", 409, "the bid log is told when bidding is over"),
    ("not_single", 409, "a store's product is no single thing that can be put up"),
    ("at_auction", 409, "the listing is up in that `auction`: bid on it"),
    // Payments, wallets and payouts.
    ("balance_short", 409, "there is only so much `available`"),
    ("amount_out_of_range", 422, "an amount is 1 to `most` minor units"),
    ("cards_off", 409, "this market takes no cards"),
    ("payment_mismatch", 409, "the provider tells of another amount than was `asked`: no client is told"),
    ("payout_over", 409, "the payout was paid or taken back"),
    ("period_invalid", 422, "not two days in their order, or more `days` or `lines` than a statement has"),
    // Stores.
    ("store_name_invalid", 422, "no letter and no digit in it"),
    ("store_name_taken", 409, "another store or member is called so, or the house is"),
    ("store_owned", 409, "a member owns one store"),
    ("store_away", 409, "the store is closed `until` the end of that day"),
    ("invitation_invalid", 422, "the code opens no store: it never did, or does no longer"),
    ("invitation_over", 409, "the invitation is used, taken back or expired"),
    ("too_many_invitations", 409, "a member can have no more open"),
    ("too_much_staff", 409, "a store can have no more"),
    ("not_stock", 409, "a single thing of a member has no stock that is counted"),
    ("variant_taken", 409, "two variants of a product would be called the same"),
    ("sku_taken", 409, "the store uses the SKU for something else"),
    ("variant_count", 422, "a product has 1 to `most` variants"),
    // Pickup points.
    ("pickup_point_full", 409, "no free day in that many `days`"),
    ("pickup_point_closed", 409, "the pickup point takes no new orders"),
    ("opening_invalid", 422, "hours per weekday, `HH:MM-HH:MM`, on at least one day"),
    ("capacity_out_of_range", 422, "a daily capacity is 1 to `most`"),
    ("time_zone_unknown", 422, "not an IANA name"),
    ("day_invalid", 422, "not a day, or a past one"),
    // Orders.
    ("total_out_of_range", 422, "together the lines cost more than a price may be"),
    ("order_state", 409, "the order is in a `state` that does not allow the `action`"),
    ("cancel_needs_consent", 409, "the buyer's time to cancel alone is over: request the cancelation"),
    ("return_over", 409, "only what a store sold goes back, once, within so many `days`"),
    ("refund_too_large", 409, "only so much is `left` to give back"),
    ("cash_due", 409, "exactly this amount is `due`"),
    // Conversations.
    ("yourself", 422, "it takes another member"),
    ("conversation_blocked", 409, "one of the two blocks the other"),
    ("stranger_limit", 429, "so many to, and with, members who have not answered"),
    ("too_many_messages", 429, "faster than a person writes: wait for `Retry-After` seconds"),
    ("message_id_used", 409, "the id names another message"),
    // Pictures.
    ("picture_too_large", 413, "the file is empty or too long"),
    ("picture_too_many_pixels", 422, "width times height is too much for a file of this kind"),
    ("picture_unreadable", 422, "not a picture that can be taken in; `problem` says why, and what to do"),
    ("picture_needed", 422, "a listing of this category shows what it is about"),
    ("too_many_pictures", 422, "more than a listing has room for, or one twice"),
    ("too_many_uploads", 429, "so many pictures are on no listing: use some, or wait a day"),
    ("upload_misplaced", 409, "on the protocol: a piece does not follow the one before"),
    // The rest.
    ("resync_required", 409, "the cursor is ahead of the log: load anew what you show, then listen after `cursor`"),
    ("setting_invalid", 422, "no such setting, or not a value it can have"),
    // Not now: send the same again, under the same key, after `Retry-After`.
    ("overloaded", 503, "more is asked than can be done"),
    ("contended", 503, "others change the same thing"),
    ("disk_full", 507, "nothing was changed; the operator has to free space"),
    ("clock_behind", 503, "nothing was changed; the market's clock is behind, and no end of an auction can be trusted to it"),
    ("read_only", 503, "nothing was changed; the database cannot be written"),
    ("disconnected", 503, "nothing was changed; the server lost its database for a moment"),
    ("outcome_unknown", 503, "it is not known whether it was done: ask again under the same key"),
    ("closing", 503, "the server shuts down: connect again"),
    // Something is wrong with the market itself.
    ("broken", 500, "tell the operator the name in `incident`: the log has it"),
];

/// Why a request was not done: what the market or the wire said, or what only HTTP can say.
#[derive(Debug, Clone)]
pub enum Problem {
    /// What every wire says.
    Failure(Failure),
    /// What HTTP says.
    Http(StatusCode, &'static str, String),
}

impl Problem {
    /// A problem of HTTP itself: its status, its stable code, and a sentence.
    #[must_use]
    pub fn http(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Http(status, code, detail.into())
    }

    /// There is no such page or route.
    #[must_use]
    pub fn no_route() -> Self {
        Self::http(
            StatusCode::NOT_FOUND,
            "no_route",
            "There is nothing at this address. /api lists what there is.",
        )
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if let Self::Http(status, ..) = self {
            return *status;
        }
        let code = self.code();
        let known = KNOWN.iter().find(|(known, ..)| *known == code);
        let status = known.and_then(|(_, status, _)| StatusCode::from_u16(*status).ok());
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable code, the same on every wire.
    #[must_use]
    pub fn code(&self) -> String {
        self.fields().get("code").and_then(Value::as_str).unwrap_or("broken").to_owned()
    }

    /// The refusal, if the rules said no.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Failure(Failure::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// After how many seconds asking again makes sense, if waiting alone helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Failure(Failure::Busy { retry_after_ms, .. }) => Some((retry_after_ms + 999) / 1_000),
            Self::Failure(Failure::Refused(
                Refusal::TooManyTries { wait_seconds }
                | Refusal::TooManyMessages { wait_seconds }
                | Refusal::TooManyCheckouts { wait_seconds }
                | Refusal::TooManyBids { wait_seconds },
            )) => Some(*wait_seconds),
            _ => None,
        }
    }

    fn fields(&self) -> Map<String, Value> {
        match self {
            // What the protocol says of it speaks of lines.
            Self::Failure(Failure::Malformed(Malformed::NotJson { problem })) => said([
                ("code", "not_json".to_owned()),
                ("message", format!("The body is not a JSON object: {problem}.")),
                ("problem", problem.clone()),
            ]),
            Self::Failure(failure) => failure.fields(),
            Self::Http(_, code, detail) => said([("code", (*code).to_owned()), ("message", detail.clone())]),
        }
    }
}

fn said<const N: usize>(fields: [(&str, String); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
impl From<No> for Problem {
    fn from(no: No) -> Self {
        Self::Failure(connection::failure(no))
    }
}
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Failure(Failure::Refused(refusal))
    }
}
impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::Failure(Failure::Malformed(malformed))
    }
}

impl From<Unreadable> for Problem {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed(malformed) => malformed.into(),
            Unreadable::Refused(refusal) => refusal.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut fields = self.fields();
        let code = self.code();
        let detail = fields.remove("message").unwrap_or_default();
        let mut problem = Map::new();
        problem.insert("type".to_owned(), Value::from(format!("{TYPES}{code}")));
        problem.insert("title".to_owned(), Value::from(status.canonical_reason().unwrap_or("Problem")));
        problem.insert("status".to_owned(), Value::from(status.as_u16()));
        problem.insert("detail".to_owned(), detail);
        problem.extend(fields);
        let mut response = Response::new(Body::from(Value::Object(problem).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Said(code));
        response.extensions_mut().insert(self);
        response
    }
}

/// Why a request was not done, as `application/problem+json` (RFC 9457). Beside these stand the fields that belong to the
/// code.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it only says in the OpenAPI document what a problem looks like")]
pub struct Described {
    /// Where the problem is described.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// What its status says.
    title: String,
    /// The status of the response.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A sentence for people: what happened, and what to do.
    detail: String,
    /// The stable code: decide by it.
    code: String,
}

/// Makes a problem of what the router itself answers to a method that an address of the API does not take.
pub async fn no_such_method(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || response.extensions().get::<Said>().is_some() {
        return response;
    }
    let detail = "This address takes other methods. The Allow header lists them.";
    Problem::http(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response()
}

/// The page of problems, where the type of each leads.
pub async fn page() -> Response {
    let mut rows = String::new();
    for (code, status, when) in KNOWN {
        // Code stands between backticks in the sentences above, one after the other.
        let mut when = when.to_string();
        while let Some((before, rest)) = when.split_once('`')
            && let Some((code, after)) = rest.split_once('`')
        {
            when = format!("{before}<code>{code}</code>{after}");
        }
        rows += &format!("<tr id=\"{code}\"><td><code>{code}</code><td>{status}<td>{when}\n");
    }
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Problems – AUBoutique</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <h1>Problems</h1>\n<p>Every problem of the <a href=\"/api/\">JSON API</a>: its <code>code</code>, its status, \
         and when it is said.\n<table>\n<thead><tr><th>Code<th>Status<th>When\n<tbody>\n{rows}</table>\n</html>\n"
    );
    reply::file("text/html; charset=utf-8", page)
}

/// The code of the problem a response carries, for the log and the metrics.
#[derive(Debug, Clone)]
pub struct Said(pub String);
