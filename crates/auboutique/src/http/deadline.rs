//! Nobody waits for ever: what is not answered in time is given up, with a word on what that means.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::problem::Problem;

/// How long an answer may take to begin (`promises.md` R12).
const PATIENCE: Duration = Duration::from_secs(15);
/// Where pictures come in, which takes as long as the client's connection makes it; these have bounds of their own.
const UPLOADS: &[&str] = &["/sell", "/store/add", "/listings/{listing}/edit", "/api/v1/pictures"];

/// Gives up what takes too long.
pub async fn keep(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    if route.is_some_and(|route| UPLOADS.contains(&route.as_str())) {
        return next.run(request).await;
    }
    timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "This took too long, and it is not known whether it was done. Look before you ask again, or ask \
                      again under the same key: it will not be done twice.";
        Problem::http(StatusCode::SERVICE_UNAVAILABLE, "too_slow", detail).into_response()
    })
}
