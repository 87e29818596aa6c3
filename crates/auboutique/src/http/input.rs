//! What comes in with a request, read in bounds: so many bytes, in so much time.

use std::convert::Infallible;
use std::time::Duration;

use auboutique_domain::id::{
    AuctionId, CheckoutId, ConversationId, InvitationId, ListingId, OfferId, OrderId, PaymentId, PayoutId,
    PickupPointId, PictureId, SessionId, StoreId,
};
use auboutique_domain::listing::PAGE;
use auboutique_domain::member::Username;
use auboutique_domain::money::Price;
use auboutique_wire::json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;
use utoipa::IntoParams;

use super::problem::Problem;

/// How many bytes a body of fields may have.
pub const FIELDS: usize = 64 * 1_024;
/// How long a client may take to send it (`promises.md` W3).
pub const PATIENCE: Duration = Duration::from_secs(6);

/// Reads a whole body of at most `most` bytes within `patience`.
///
/// # Errors
///
/// `body_too_large`, `body_too_slow`, `body_broken`.
pub async fn read(request: Request, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("The body of this request has at most {most} bytes. Send less.");
        Problem::http(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    let told =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if told.is_some_and(|length: usize| length > most) {
        return Err(too_large());
    }
    match timeout(patience, Limited::new(request.into_body(), most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(broken()),
        Err(_) => Err(too_slow(patience)),
    }
}

/// A body that ended before its end.
#[must_use]
pub fn broken() -> Problem {
    Problem::http(StatusCode::BAD_REQUEST, "body_broken", "The body ended before its end.")
}

/// A body that took longer than that.
#[must_use]
pub fn too_slow(patience: Duration) -> Problem {
    let seconds = patience.as_secs();
    let detail = format!("The body took longer than {seconds} seconds. Try again on a better connection.");
    Problem::http(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
}

/// The media type of a body, without its parameters.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The parameters of a request of the API: its body, a JSON object in which every field stands once.
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: for<'de> Deserialize<'de>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != "application/json" {
            return Err(Problem::http(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "json_needed",
                "Send a JSON object with Content-Type: application/json.",
            ));
        }
        Ok(Self(json::body(&read(request, FIELDS, PATIENCE).await?)?))
    }
}

/// The parameters in a request's address: every name once, and none that means nothing.
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: for<'de> Deserialize<'de>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(
            form_urlencoded::parse(text.as_bytes()),
        ));
        Ok(Self(read.map_err(json::bad_field)?))
    }
}

/// What a request's address names.
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        Ok(Self(read.map_err(|_| Problem::no_route())?.0))
    }
}

/// A thing as an address names it. What cannot be its name is the name of none, so whoever asks for it is told to the
/// byte what they are told of one that is not there.
pub struct Named<T>(pub T);

/// What can be named in an address.
pub trait Name {
    /// What is named so, or the one that is never there.
    fn named(text: &str) -> Self;
}

macro_rules! names {
    ($($id:ident),*) => {$(
        impl Name for $id {
            fn named(text: &str) -> Self {
                Self::parse(text).unwrap_or(Self::NONE)
            }
        }
    )*};
}
names!(
    AuctionId,
    CheckoutId,
    ConversationId,
    InvitationId,
    ListingId,
    OfferId,
    OrderId,
    PaymentId,
    PayoutId,
    PickupPointId,
    PictureId,
    SessionId,
    StoreId
);

impl Name for Username {
    fn named(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self::nobody())
    }
}

impl<'de, T: Name> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(T::named(&text)))
    }
}

/// In which of two forms an answer is wanted: as an object, or as a sheet for whoever says `Accept: text/csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// A JSON object.
    Json,
    /// A sheet, as CSV.
    Sheet,
}

impl As {
    fn wanted(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let kinds = accepted.flat_map(|value| value.split(','));
        let mut kinds =
            kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        // Of the two, whichever is named first; who names neither has objects.
        match kinds.find(|kind| matches!(kind.as_str(), "text/csv" | "application/json")) {
            Some(kind) if kind == "text/csv" => Self::Sheet,
            _ => Self::Json,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for As {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::wanted(&parts.headers))
    }
}

/// How many rows a page shall have.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct Limit(i64);

impl TryFrom<i64> for Limit {
    type Error = String;

    fn try_from(rows: i64) -> Result<Self, String> {
        let most = PAGE.1;
        if (1..=most).contains(&rows) { Ok(Self(rows)) } else { Err(format!("a page has 1 to {most} rows")) }
    }
}

impl From<Limit> for i64 {
    fn from(limit: Limit) -> Self {
        limit.0
    }
}

/// The number of a message. It goes as far as every JSON parser counts without a mistake.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct Number(i64);

impl Number {
    /// The most it can be.
    pub const MOST: i64 = (1 << 53) - 1;
}

impl TryFrom<i64> for Number {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        if (0..=Self::MOST).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("it is a whole number of 0 to {}", Self::MOST))
        }
    }
}

impl From<Number> for i64 {
    fn from(number: Number) -> Self {
        number.0
    }
}

/// A bound of prices, in minor units.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct Bound(i64);

impl TryFrom<i64> for Bound {
    type Error = String;

    fn try_from(minor: i64) -> Result<Self, String> {
        let most = *Price::RANGE.end();
        if (0..=most).contains(&minor) { Ok(Self(minor)) } else { Err(format!("a bound is 0 to {most}")) }
    }
}

impl From<Bound> for i64 {
    fn from(bound: Bound) -> Self {
        bound.0
    }
}

/// Which page of a longer list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// Where the page begins: what stood in `next` on the page before.
    pub after: Option<String>,
    /// How many rows the page has at most; 20 when it is left out.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    pub limit: Option<Limit>,
}
