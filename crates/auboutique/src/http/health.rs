//! Is the market there, and is it ready?

use auboutique_market::Market;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::sync::watch;

use super::Site;

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The market can be asked and written to.
pub async fn readyz(State(site): State<Site>) -> (StatusCode, &'static str) {
    ready_of(State((site.market, site.closing))).await
}

/// The same, for operators.
pub async fn ready_of(
    State((market, closing)): State<(Market, watch::Receiver<bool>)>,
) -> (StatusCode, &'static str) {
    if market.has_failed() || *closing.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

/// What Prometheus reads.
pub async fn metrics() -> &'static str {
    ""
}
