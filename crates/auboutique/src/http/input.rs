//! What comes in with a request, read in bounds: so many bytes, in so much time.

use std::time::Duration;

use auboutique_wire::json::{self, Malformed};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use tokio::time::timeout;

use super::problem::Problem;

/// How many bytes a body of fields may have.
pub const FIELDS: usize = 64 * 1_024;
/// How long a client may take to send it (`promises.md` W3).
pub const PATIENCE: Duration = Duration::from_secs(10);

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
        Ok(Err(_)) => {
            Err(Problem::http(StatusCode::BAD_REQUEST, "body_broken", "The body ended before its end."))
        }
        Err(_) => Err(Problem::http(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            format!(
                "The body took longer than {} seconds. Try again on a better connection.",
                patience.as_secs()
            ),
        )),
    }
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

/// The parameters in a request's address: every name once.
pub struct Query<T>(pub T);

impl<T, S> axum::extract::FromRequestParts<S> for Query<T>
where
    T: for<'de> Deserialize<'de>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(
            form_urlencoded::parse(text.as_bytes()),
        ));
        read.map(Self).map_err(|error| {
            let field = error.path().to_string();
            Malformed::BadField { field, problem: error.into_inner().to_string() }.into()
        })
    }
}
