//! How much one asker may ask: a member by their session, everybody else by where they come from.

use std::num::NonZeroU32;

use auboutique_market::Who;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Site;
use super::asker::{Asker, address};
use super::problem::Problem;
use super::server::Peer;

/// How many requests a minute, when nobody says otherwise. A lecture hall shares one address, and a page is some requests.
pub const PER_MINUTE: u32 = 1_200;
/// How many askers are counted before those who are quiet are forgotten.
const COUNTED: usize = 50_000;

/// The counts of all askers.
pub struct Rate {
    limiter: RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>,
    per_minute: u32,
}

impl Rate {
    /// So many requests a minute; nothing when none would be let through.
    #[must_use]
    pub fn new(per_minute: u32) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute)?);
        let limiter = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Some(Self { limiter, per_minute })
    }
}

/// Counts a request, and answers the one too many itself. The headers are those of the IETF's draft, `RateLimit` and
/// `RateLimit-Policy`, and `Retry-After`.
pub async fn limit(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Some(rate) = &site.shared.rate else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    let asker = Asker::from_request_parts(&mut parts, &site).await;
    let key = match (&asker, parts.extensions.get::<Peer>()) {
        (Ok(Asker { who: Who::Member(session), .. }), _) => session.to_string(),
        (_, Some(peer)) => address(&site, peer, &parts.headers).to_string(),
        (_, None) => String::new(),
    };
    if rate.limiter.len() > COUNTED {
        rate.limiter.retain_recent();
    }
    let policy = format!("\"default\";q={};w=60", rate.per_minute);
    let (mut response, state) = match rate.limiter.check_key(&key) {
        Ok(snapshot) => {
            let left = snapshot.remaining_burst_capacity();
            let response = match asker {
                Ok(_) => next.run(Request::from_parts(parts, body)).await,
                Err(problem) => problem.into_response(),
            };
            (response, format!("\"default\";r={left};t=60"))
        }
        Err(until) => {
            let wait = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let detail = format!("Too many requests. Wait {wait} seconds, then try again.");
            let mut response =
                Problem::http(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).into_response();
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, HeaderValue::from(wait));
            (response, format!("\"default\";r=0;t={wait}"))
        }
    };
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
