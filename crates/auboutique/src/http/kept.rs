//! Pages that look the same to everybody are written once, and kept until what they show changes.
//!
//! The market counts the changes to what everybody sees, and to what each member offers. A page was read at some number of
//! the log; as long as what it shows has not changed since, it is given out again as it was, compressed and all. Whoever asks while a page is being written waits for
//! it, and nobody asks the database twice what has not changed. Nothing is ever given out that is older than a change that
//! was acknowledged on this node before the request came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use auboutique_domain::Moment;
use auboutique_domain::id::MemberId;
use auboutique_domain::time::Span;
use auboutique_wire::json::Failure;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;

use super::Site;
use super::asker::COOKIE;
use super::problem::Problem;
use crate::web::visit::locale;

/// The routes whose answer to a visitor depends on nothing but the market and the address.
const ROUTES: &[&str] = &[
    "/",
    "/browse",
    "/listings/{listing}",
    "/members/{username}",
    "/api/v1/categories",
    "/api/v1/listings",
    "/api/v1/listings/search",
    "/api/v1/listings/{listing}",
    "/api/v1/members/{username}/listings",
];
/// How long a page is kept at most: it says how long ago things happened.
const LIFE: Span = Span::seconds(20);
/// How many pages are kept, and how many bytes of each.
const MOST: (usize, usize) = (1_000, 128 * 1_024);

/// Marks an answer that shows what one member offers, and changes with nothing else that single members do.
#[derive(Debug, Clone, Copy)]
pub struct Offers(pub MemberId);

/// A page as it was written.
#[derive(Clone)]
struct Page {
    /// Whose things it shows, if they are of one member.
    offers: Option<MemberId>,
    read_at: i64,
    written_at: Moment,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Page {
    fn answer(&self) -> Response {
        let mut response = Response::new(Body::from(self.bytes.clone()));
        *response.headers_mut() = self.headers.clone();
        response
    }
}

type Place = Arc<tokio::sync::Mutex<Option<Page>>>;

/// The pages that are kept.
#[derive(Default)]
pub struct Kept {
    places: Mutex<HashMap<String, Place>>,
}

impl Kept {
    fn place(&self, key: String) -> Place {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST.0 && !places.contains_key(&key) {
            // Whoever is waiting for a page keeps its place; all others are found again soon enough.
            places.clear();
        }
        Arc::clone(places.entry(key).or_default())
    }
}

/// What a page is kept under: nothing when it is not the same for everybody.
fn key(site: &Site, request: &Request) -> Option<String> {
    let headers = request.headers();
    let route = request.extensions().get::<MatchedPath>()?;
    let personal = headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::IF_NONE_MATCH)
        || headers
            .get_all(header::COOKIE)
            .iter()
            .any(|cookie| cookie.to_str().map_or(true, |cookie| cookie.contains(COOKIE)));
    if request.method() != Method::GET || personal || !ROUTES.contains(&route.as_str()) {
        return None;
    }
    let gzip = takes_gzip(headers);
    let language = locale(site, headers).tag;
    let address = request.uri().path_and_query()?;
    Some(format!("{gzip} {language} {address}"))
}

/// Whether a client takes a page that is compressed (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let (mut named, mut any) = (None, false);
    for coding in lines.flat_map(|line| line.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        // A weight of zero is a no, however many digits it is written with.
        let taken = weight.is_none_or(|weight| weight.bytes().any(|digit| (b'1'..=b'9').contains(&digit)));
        if name.eq_ignore_ascii_case("gzip") {
            named = Some(taken);
        } else if name == "*" {
            any = taken;
        }
    }
    named.unwrap_or(any)
}

/// Gives out a page again, or keeps it for the next who asks.
pub async fn keep(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let Some(key) = key(&site, &request) else { return next.run(request).await };
    // Whoever compresses reads the same of the client's wishes as the key of the page says.
    let coding = if takes_gzip(request.headers()) { "gzip" } else { "identity" };
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
    let place = site.shared.kept.place(key);
    let mut place = place.lock().await;
    let now = site.market.now();
    let is_new = |page: &&Page| {
        page.read_at >= site.market.catalogue(page.offers) && now.since(page.written_at) < LIFE
    };
    if let Some(page) = place.as_ref().filter(is_new) {
        return page.answer();
    }
    // Read before the page is: a change while it is written makes it old at once.
    let read_at = *site.market.log().borrow();
    let response = next.run(request).await;
    let length = response.headers().get(header::CONTENT_LENGTH);
    let too_large = length
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .is_some_and(|length: usize| length > MOST.1);
    if response.status() != StatusCode::OK || too_large {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        let message = "This page cannot be written.".to_owned();
        return Problem::Failure(Failure::Broken { incident: "page".to_owned(), message }).into_response();
    };
    let offers = parts.extensions.get::<Offers>().map(|offers| offers.0);
    let page = Page { offers, read_at, written_at: now, headers: parts.headers, bytes: body.to_bytes() };
    let answer = page.answer();
    if page.bytes.len() <= MOST.1 {
        *place = Some(page);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_compressed_for_those_who_say_that_they_take_it_so_and_for_nobody_else() {
        for (lines, takes) in [
            (vec![], false),
            (vec!["gzip"], true),
            (vec!["GZIP"], true),
            (vec!["deflate, br;q=1.0, gzip;q=0.5"], true),
            (vec!["br", "gzip"], true),
            (vec!["*"], true),
            (vec!["gzip;q=0"], false),
            (vec!["gzip; q=0.000, *"], false),
            (vec!["*;q=0"], false),
            (vec!["identity"], false),
            (vec!["xgzip"], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            assert_eq!(takes_gzip(&headers), takes, "{lines:?}");
        }
    }
}
