//! Is the market there, is it ready, and how is it?

use std::time::Duration;

use auboutique_market::{Caller, Market};
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Site, metric};
use crate::live::Live;

/// How long a market that is ready takes to be read, at most.
const READ: Duration = Duration::from_secs(1);

/// What operators look at.
#[derive(Clone)]
pub struct Health {
    /// The market.
    pub market: Market,
    /// The listeners.
    pub live: Live,
    /// Becomes true when the market closes.
    pub closing: watch::Receiver<bool>,
}

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The market can be asked and written to.
pub async fn readyz(State(site): State<Site>) -> (StatusCode, &'static str) {
    ready(&site.market, &site.closing).await
}

/// The same, for operators.
pub async fn ready_of(State(health): State<Health>) -> (StatusCode, &'static str) {
    ready(&health.market, &health.closing).await
}

async fn ready(market: &Market, closing: &watch::Receiver<bool>) -> (StatusCode, &'static str) {
    let not = |why| (StatusCode::SERVICE_UNAVAILABLE, why);
    if *closing.borrow() {
        return not("not ready: it is closing\n");
    }
    if market.has_failed() {
        return not("not ready: a commit failed\n");
    }
    match timeout(READ, market.ask(Caller::VISITOR, |view| view.log_head())).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) => not("not ready: it cannot be read\n"),
        Err(_) => not("not ready: it takes too long to be read\n"),
    }
}

/// What Prometheus reads.
pub async fn metrics(State(health): State<Health>) -> ([(HeaderName, &'static str); 2], String) {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, metric::render(&health.market, &health.live))
}
