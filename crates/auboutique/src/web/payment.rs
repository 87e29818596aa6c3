//! The way to the provider's hosted page, and back.

use auboutique_domain::Refusal;
use auboutique_domain::id::PaymentId;
use auboutique_domain::payment::PaymentView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error::Failed;
use super::visit::{Visit, go};
use crate::http::Site;
use crate::http::problem::Problem;

async fn own(visit: &Visit, id: &str) -> Result<PaymentView, Failed> {
    visit.me()?;
    let missing = || visit.fail(Problem::from(Refusal::not_found("payment")));
    let id = PaymentId::parse(id).map_err(|_| missing())?;
    visit.ask(move |view| view.payment(id)).await
}

/// Where the provider sends a buyer back to.
pub fn return_url(site: &Site, payment: PaymentId) -> String {
    format!("{}/payments/{payment}", site.url())
}

/// Leads a buyer to the provider's page, as long as something can be bought with the payment; otherwise back to its checkout,
/// which says how it stands.
///
/// # Errors
///
/// A page that says what to do when the provider does not answer.
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
) -> Result<Response, Failed> {
    let payment = own(&visit, &payment).await?;
    let checkout = format!("/checkout/{}", payment.checkout);
    let Some(cards) = site.cards.as_ref().filter(|_| payment.next.is_some()) else {
        return Ok(go(&checkout));
    };
    match cards.page(&payment, &return_url(&site, payment.payment)).await {
        Ok(address) => Ok(go(&address)),
        Err(unavailable) => {
            tracing::warn!(%unavailable, "the provider's page cannot be opened");
            Err(visit.fail(silent()))
        }
    }
}

/// A provider that does not answer.
fn silent() -> Problem {
    Problem::http(
        StatusCode::BAD_GATEWAY,
        "provider_silent",
        "The provider of card payments does not answer. Nothing was paid. Try again in a moment, or pay another way.",
    )
}

/// A buyer comes back from the provider: asks it how the payment stands, and shows the checkout. Whether the provider answers
/// or not, the payment is looked after; the page tells when something changes.
///
/// # Errors
///
/// The way to the login for a visitor; a page when the payment is not theirs.
pub async fn back(
    State(site): State<Site>,
    visit: Visit,
    Path(payment): Path<String>,
) -> Result<Response, Failed> {
    let payment = own(&visit, &payment).await?;
    let checkout = format!("/checkout/{}", payment.checkout);
    if let Some(cards) = &site.cards
        && let Err(stuck) = cards.settle(payment).await
    {
        tracing::warn!(%stuck, "a buyer is back, and how the payment stands is not known yet");
    }
    Ok(go(&checkout))
}
