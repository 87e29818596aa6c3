//! What the provider of card payments tells the market.

use axum::extract::{Request, State};
use axum::http::StatusCode;

use super::Site;
use super::input::{self, PATIENCE};
use super::problem::Problem;
use crate::card::callback::{MOST_BODY, Taken};

/// Takes a callback that is believed, and answers when it has been acted on.
///
/// # Errors
///
/// `no_route` in a market without cards; `callback_not_believed`, whatever the reason; `callback_not_now`, after which the
/// provider tells it again.
pub async fn callback(State(site): State<Site>, request: Request) -> Result<StatusCode, Problem> {
    let inbox = site.callbacks.as_ref().ok_or_else(Problem::no_route)?;
    let headers = request.headers().clone();
    let body = input::read(request, MOST_BODY, PATIENCE).await?;
    match inbox.take(&headers, &body).await {
        Ok(Taken::Done) => Ok(StatusCode::NO_CONTENT),
        Ok(Taken::NotNow) => Err(Problem::http(
            StatusCode::SERVICE_UNAVAILABLE,
            "callback_not_now",
            "This callback was not acted on. Tell it again.",
        )),
        Err(why) => {
            tracing::warn!(?why, "a callback about cards is not believed");
            Err(Problem::http(
                StatusCode::BAD_REQUEST,
                "callback_not_believed",
                "This callback is not signed by the provider of this market, not signed just now, or cannot be read.",
            ))
        }
    }
}
