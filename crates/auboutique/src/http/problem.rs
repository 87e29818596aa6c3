//! No, as HTTP says it: the one place where the three kinds of no become statuses and `application/problem+json`.

use auboutique_domain::Refusal;
use auboutique_market::No;
use auboutique_wire::json::{Failure, Malformed};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::connection;

/// What the type of every problem begins with; its code follows. The page there lists all of them.
pub const TYPES: &str = "/api/problems#";

/// Why a request was not done: what the market or the wire said, or what only HTTP can say.
#[derive(Debug, Clone)]
pub enum Problem {
    /// What every wire says.
    Failure(Failure),
    /// What HTTP says.
    Http(StatusCode, &'static str, String),
}

impl Problem {
    /// A problem of HTTP itself: its status, its stable code, and a sentence.
    #[must_use]
    pub fn http(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Http(status, code, detail.into())
    }

    /// There is no such page or route.
    #[must_use]
    pub fn no_route() -> Self {
        Self::http(
            StatusCode::NOT_FOUND,
            "no_route",
            "There is nothing at this address. /api lists what there is.",
        )
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Http(status, _, _) => *status,
            Self::Failure(Failure::Malformed(malformed)) => match malformed {
                Malformed::FrameTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            },
            Self::Failure(Failure::Refused(refusal)) => status_of(refusal),
            Self::Failure(Failure::Busy { code, .. }) if code == "disk_full" => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            Self::Failure(Failure::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::Broken { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code, the same on every wire.
    #[must_use]
    pub fn code(&self) -> String {
        self.fields().get("code").and_then(Value::as_str).unwrap_or("broken").to_owned()
    }

    /// The refusal, if the rules said no.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Failure(Failure::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// After how many seconds asking again makes sense, if waiting alone helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Failure(Failure::Busy { retry_after_ms, .. }) => Some((retry_after_ms + 999) / 1_000),
            Self::Failure(Failure::Refused(
                Refusal::TooManyTries { wait_seconds } | Refusal::TooManyMessages { wait_seconds },
            )) => Some(*wait_seconds),
            _ => None,
        }
    }

    fn fields(&self) -> Map<String, Value> {
        match self {
            Self::Failure(failure) => failure.fields(),
            Self::Http(_, code, detail) => {
                let mut fields = Map::new();
                fields.insert("code".to_owned(), Value::from(*code));
                fields.insert("message".to_owned(), Value::from(detail.clone()));
                fields
            }
        }
    }
}

/// Which status a refusal has. What it says, its code and its fields, is the same on every wire.
fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::SignInNeeded | Refusal::SessionEnded | Refusal::WrongCredentials => StatusCode::UNAUTHORIZED,
        Refusal::RoleNeeded { .. } | Refusal::NotYours | Refusal::StruckOut { .. } => StatusCode::FORBIDDEN,
        Refusal::NotFound { .. } => StatusCode::NOT_FOUND,
        Refusal::TooManyTries { .. }
        | Refusal::TooManyMessages { .. }
        | Refusal::StrangerLimit { .. }
        | Refusal::TooManyUploads { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::PictureTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::UsernameTaken
        | Refusal::EmailTaken
        | Refusal::LastOperator
        | Refusal::ListingSold
        | Refusal::ListingWithdrawn
        | Refusal::ListingPublished
        | Refusal::OwnListing
        | Refusal::PriceChanged { .. }
        | Refusal::TooManyListings { .. }
        | Refusal::PickupPointFull { .. }
        | Refusal::PickupPointClosed
        | Refusal::OrderState { .. }
        | Refusal::CancelNeedsConsent { .. }
        | Refusal::CashDue { .. }
        | Refusal::ConversationBlocked
        | Refusal::MessageIdUsed
        | Refusal::UploadMisplaced { .. }
        | Refusal::ResyncRequired { .. } => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
impl From<No> for Problem {
    fn from(no: No) -> Self {
        Self::Failure(connection::failure(no))
    }
}
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Failure(Failure::Refused(refusal))
    }
}
impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::Failure(Failure::Malformed(malformed))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut fields = self.fields();
        let code = self.code();
        let detail = fields.remove("message").unwrap_or_default();
        let mut problem = Map::new();
        problem.insert("type".to_owned(), Value::from(format!("{TYPES}{code}")));
        problem.insert("title".to_owned(), Value::from(status.canonical_reason().unwrap_or("Problem")));
        problem.insert("status".to_owned(), Value::from(status.as_u16()));
        problem.insert("detail".to_owned(), detail);
        problem.extend(fields);
        let mut response = Response::new(Body::from(Value::Object(problem).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Said(code));
        response
    }
}

/// The code of the problem a response carries, for the log and the metrics.
#[derive(Debug, Clone)]
pub struct Said(pub String);
