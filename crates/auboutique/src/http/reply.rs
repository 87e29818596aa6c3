//! Yes, as HTTP says it: what a command came to, what everybody may keep, and what has not changed since.

use auboutique_domain::Reply;
use auboutique_wire::json::{self, Failure};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::API;
use super::problem::Problem;

/// All rows of a list that is short.
#[derive(Serialize, ToSchema)]
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
}

/// What a command came to: the object every wire answers with; no content where there is nothing to say.
pub struct Done(pub Reply);

/// The same, for a command that made something: with the address where it is, if it has one of its own.
pub struct Created(pub Reply);

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        match self.0 {
            Reply::Done => StatusCode::NO_CONTENT.into_response(),
            reply => said(&reply),
        }
    }
}

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        let mut response = said(&self.0);
        if !response.status().is_success() {
            return response;
        }
        *response.status_mut() = StatusCode::CREATED;
        if let Some(place) =
            place(&self.0).and_then(|place| HeaderValue::try_from(API.to_owned() + &place).ok())
        {
            response.headers_mut().insert(header::LOCATION, place);
        }
        response
    }
}

/// Where something is that was made, below the API.
fn place(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Account(account) => Some(format!("/members/{}", account.username)),
        Reply::Listing(listing) => Some(format!("/listings/{}", listing.listing)),
        Reply::Stock(stock) => Some(format!("/listings/{}", stock.listing.listing)),
        Reply::Store(store) => Some(format!("/stores/{}", store.store)),
        Reply::Auction(auction) => Some(format!("/auctions/{}", auction.auction)),
        Reply::Order(order) => Some(format!("/orders/{}", order.order)),
        Reply::Checkout(checkout) => Some(format!("/checkouts/{}", checkout.checkout)),
        Reply::Payment(payment) => Some(format!("/payments/{}", payment.payment)),
        Reply::Picture(picture) => Some(format!("/pictures/{}/large", picture.picture)),
        _ => None,
    }
}

fn said(reply: &Reply) -> Response {
    match json::reply_value(reply) {
        Ok(value) => axum::Json(value).into_response(),
        Err(error) => unencodable(&error),
    }
}

fn unencodable(error: &serde_json::Error) -> Response {
    tracing::error!(%error, "a reply cannot be written as JSON");
    let message = "The answer cannot be written.".to_owned();
    Problem::Failure(Failure::Broken { incident: "encoding".to_owned(), message }).into_response()
}

/// What is the same for everybody: whoever has it asks whether it is still the same, and is not sent it again.
pub struct Public<T>(pub T);

impl<T: Serialize> IntoResponse for Public<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => file("application/json", bytes),
            Err(error) => unencodable(&error),
        }
    }
}

/// The same for a body that is written already.
pub fn file(media_type: &'static str, bytes: impl Into<Bytes>) -> Response {
    let bytes = bytes.into();
    let tag = format!("\"{}\"", data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(&bytes)[..15]));
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// A sheet to be kept under that name, for the eyes of whoever asked alone.
pub fn sheet(name: &str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    attach(&mut response, name);
    response
}

/// A text to be kept under that name, the same for everybody.
pub fn text(name: &str, text: String) -> Response {
    let mut response = file("text/plain; charset=utf-8", text);
    attach(&mut response, name);
    response
}

fn attach(response: &mut Response, name: &str) {
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
}

/// Tells whoever has an answer already that it is still the same, in place of the answer.
///
/// A tag names an answer to the byte. Where it is sent compressed its bytes are others, so its tag becomes a weak one.
pub async fn revalidate(request: Request, next: Next) -> Response {
    let safe = request.method().is_safe();
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let mut response = next.run(request).await;
    let Some(tag) = tag(response.headers()) else { return response };
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Ok(weak) = HeaderValue::try_from(format!("W/{tag}"))
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    if safe && response.status() == StatusCode::OK && known.iter().any(|known| names(known, &tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for of_the_body in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
            response.headers_mut().remove(of_the_body);
        }
    }
    response
}

fn tag(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(header::ETAG)?.to_str().ok()?.trim_start_matches("W/").to_owned())
}

/// Whether that tag is among those a client says it has.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
