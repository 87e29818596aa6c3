//! What a provider tells on its own, and whether it is believed: a body, and a signature of it in a header.
//!
//! ```text
//!  AUBoutique-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">
//! ```
//!
//! A callback may come late, twice, or never. Whoever hears it goes by its id, and asks the provider when in doubt.

use std::sync::Arc;
use std::time::Duration;

use auboutique_domain::Money;
use auboutique_domain::time::{Moment, Span};
use auboutique_market::Env;
use axum::http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::Report;
use super::secret::Secret;

/// The header of the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("auboutique-signature");
/// How many bytes a callback may have.
pub const MOST_BODY: usize = 16 * 1_024;
/// Where a market takes callbacks.
pub const PATH: &str = "/cards/callback";
/// How far the clocks of both may be apart, and how long a callback may be on its way.
const TOLERANCE: Span = Span::minutes(5);
/// How many callbacks may wait for whoever acts on them.
const WAITING: usize = 256;
/// How long a provider is kept waiting until it has been acted on.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something a provider tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Its name: the same when it is told again.
    pub id: String,
    /// When it happened.
    pub at: Moment,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What a callback is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A payment stands elsewhere now.
    Payment(Report),
    /// Captured money was paid to the market, less fees.
    Settled {
        /// The name of what was paid together.
        batch: String,
        /// How much was paid.
        amount: Money,
    },
}

/// Why a callback is not believed. The log tells these apart; whoever sent it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbelieved {
    /// It is not signed with our secret, or something else was signed.
    Forged,
    /// It was signed too long ago, or too far ahead.
    TooOld,
    /// Its signature or its body is not written as it should be.
    Unreadable,
}

/// The signature of a body, as its header says it.
#[must_use]
pub fn signature(secret: &Secret, now: Moment, body: &[u8]) -> String {
    let seconds = now.micros().div_euclid(1_000_000).to_string();
    format!("t={seconds},v1={}", secret.sign(&signed(&seconds, body)))
}

fn signed(seconds: &str, body: &[u8]) -> Vec<u8> {
    [seconds.as_bytes(), b".", body].concat()
}

/// Reads a callback and believes it: our secret signed exactly this, not long ago.
///
/// # Errors
///
/// Why it is not believed. The signature is looked at before anything it covers.
pub fn verify(
    secret: &Secret,
    headers: &HeaderMap,
    body: &[u8],
    now: Moment,
) -> Result<Callback, Unbelieved> {
    let mut given = headers.get_all(SIGNATURE).iter();
    let (Some(header), None) = (given.next(), given.next()) else { return Err(Unbelieved::Unreadable) };
    let (seconds, signature) = header.to_str().ok().and_then(parts).ok_or(Unbelieved::Unreadable)?;
    if !secret.signed(&signed(seconds, body), signature) {
        return Err(Unbelieved::Forged);
    }
    let micros = seconds.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    let at = Moment::from_micros(micros.ok_or(Unbelieved::Unreadable)?);
    if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE {
        return Err(Unbelieved::TooOld);
    }
    serde_json::from_slice(body).map_err(|_| Unbelieved::Unreadable)
}

/// The moment and the signature of a header that is written exactly as it should be.
fn parts(header: &str) -> Option<(&str, &str)> {
    let (seconds, signature) = header.strip_prefix("t=")?.split_once(",v1=")?;
    let is_number = (1..=12).contains(&seconds.len()) && seconds.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && signature.len() == 64).then_some((seconds, signature))
}

/// A callback that is believed, on its way to whoever acts on it.
#[derive(Debug)]
pub struct Delivery {
    /// The callback.
    pub callback: Callback,
    done: oneshot::Sender<()>,
}

impl Delivery {
    /// It was acted on, for good: the provider need not tell it again. Whoever drops it instead hears it again.
    pub fn done(self) {
        if self.done.send(()).is_err() {
            tracing::debug!("the provider no longer waited: it tells it again");
        }
    }
}

/// Where the callbacks of a market's provider come in.
pub struct Inbox {
    secret: Secret,
    env: Arc<dyn Env>,
    waiting: mpsc::Sender<Delivery>,
}

/// What came of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was acted on.
    Done,
    /// It was not: it has to be told again.
    NotNow,
}

impl Inbox {
    /// An inbox for what is signed with that secret, and what comes out of it.
    #[must_use]
    pub fn new(secret: Secret, env: Arc<dyn Env>) -> (Self, mpsc::Receiver<Delivery>) {
        let (waiting, deliveries) = mpsc::channel(WAITING);
        (Self { secret, env, waiting }, deliveries)
    }

    /// Takes what came in, and waits until it has been acted on.
    ///
    /// # Errors
    ///
    /// Why it is not believed.
    pub async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<Taken, Unbelieved> {
        let callback = verify(&self.secret, headers, body, self.env.now())?;
        let (done, acted_on) = oneshot::channel();
        if self.waiting.try_send(Delivery { callback, done }).is_err() {
            return Ok(Taken::NotNow);
        }
        Ok(match timeout(PATIENCE, acted_on).await {
            Ok(Ok(())) => Taken::Done,
            Ok(Err(_)) | Err(_) => Taken::NotNow,
        })
    }
}

#[cfg(test)]
mod tests {
    use auboutique_domain::Currency;
    use axum::http::HeaderValue;

    use super::*;
    use crate::card::{PaymentName, Standing};

    const NOW: Moment = Moment::from_micros(1_795_336_200_000_000);

    fn secret() -> Secret {
        Secret::new("the-secret-of-the-two").unwrap()
    }

    fn callback() -> Callback {
        let payment = PaymentName::parse("pay_1").unwrap();
        let amount = Money::new(1_250, Currency::Usd);
        let report = Report { payment, standing: Standing::Authorized, amount };
        Callback { id: "evt_1".to_owned(), at: NOW, what: What::Payment(report) }
    }

    fn body() -> Vec<u8> {
        serde_json::to_vec(&callback()).unwrap()
    }

    fn check(header: &str, body: &[u8], now: Moment) -> Result<Callback, Unbelieved> {
        let headers = HeaderMap::from_iter([(SIGNATURE, HeaderValue::from_str(header).unwrap())]);
        verify(&secret(), &headers, body, now)
    }

    #[test]
    fn what_our_secret_signed_just_now_is_believed() {
        let header = signature(&secret(), NOW, &body());
        assert_eq!(check(&header, &body(), NOW), Ok(callback()));
        for apart in [Span::minutes(5), Span::seconds(-300)] {
            assert_eq!(check(&header, &body(), NOW.plus(apart)), Ok(callback()), "{apart:?}");
        }
        let settled = What::Settled { batch: "stl_1".to_owned(), amount: Money::new(7, Currency::Lbp) };
        let settled = Callback { what: settled, ..callback() };
        let body = serde_json::to_vec(&settled).unwrap();
        assert_eq!(check(&signature(&secret(), NOW, &body), &body, NOW), Ok(settled));
    }

    #[test]
    fn what_another_secret_signed_is_forged() {
        let other = Secret::new("the-secret-of-somebody").unwrap();
        assert_eq!(check(&signature(&other, NOW, &body()), &body(), NOW), Err(Unbelieved::Forged));
    }

    #[test]
    fn a_body_that_was_altered_is_forged() {
        let header = signature(&secret(), NOW, &body());
        let altered = String::from_utf8(body()).unwrap().replace("1250", "1");
        assert_eq!(check(&header, altered.as_bytes(), NOW), Err(Unbelieved::Forged));
        assert_eq!(check(&header, &[], NOW), Err(Unbelieved::Forged));
    }

    #[test]
    fn a_moment_that_was_altered_is_forged() {
        let header = signature(&secret(), NOW, &body());
        let later = header.replacen("t=17953362", "t=17953363", 1);
        assert_ne!(header, later);
        assert_eq!(check(&later, &body(), NOW.plus(Span::seconds(100))), Err(Unbelieved::Forged));
    }

    #[test]
    fn what_was_signed_more_than_five_minutes_away_is_too_old() {
        let header = signature(&secret(), NOW, &body());
        for apart in [Span::seconds(301), Span::seconds(-301), Span::days(1)] {
            assert_eq!(check(&header, &body(), NOW.plus(apart)), Err(Unbelieved::TooOld), "{apart:?}");
        }
    }

    #[test]
    fn a_signature_stands_there_once() {
        let header = HeaderValue::from_str(&signature(&secret(), NOW, &body())).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(verify(&secret(), &headers, &body(), NOW), Err(Unbelieved::Unreadable));
        headers.append(SIGNATURE, header.clone());
        assert!(verify(&secret(), &headers, &body(), NOW).is_ok());
        headers.append(SIGNATURE, header);
        assert_eq!(verify(&secret(), &headers, &body(), NOW), Err(Unbelieved::Unreadable));
    }

    #[test]
    fn a_signature_that_is_written_otherwise_is_unreadable() {
        let good = signature(&secret(), NOW, &body());
        let (seconds, signature) = parts(&good).unwrap();
        for header in [
            String::new(),
            "v1=".to_owned(),
            format!("v1={signature},t={seconds}"),
            format!("t=,v1={signature}"),
            format!("t=-1,v1={signature}"),
            format!("t=+1,v1={signature}"),
            format!("t={seconds},t={seconds},v1={signature}"),
            format!("t={seconds},v1={signature},v1={signature}"),
            format!("t={seconds},v0={signature}"),
            format!("t={}{seconds},v1={signature}", "0".repeat(20)),
        ] {
            assert_eq!(check(&header, &body(), NOW), Err(Unbelieved::Unreadable), "{header}");
        }
        let upper = format!("t={seconds},v1={}", signature.to_uppercase());
        assert_eq!(check(&upper, &body(), NOW), Err(Unbelieved::Forged));
    }

    #[test]
    fn what_is_signed_and_no_callback_is_unreadable() {
        for body in ["", "{}", "null", r#"{"id":"evt_1","at":"2026-11-22T08:30:00Z","kind":"gift"}"#] {
            let header = signature(&secret(), NOW, body.as_bytes());
            assert_eq!(check(&header, body.as_bytes(), NOW), Err(Unbelieved::Unreadable), "{body}");
        }
    }

    #[tokio::test]
    async fn an_inbox_says_done_only_of_what_was_acted_on() {
        let (inbox, mut deliveries) = Inbox::new(secret(), Arc::new(crate::card::WallClock));
        let header = signature(&secret(), crate::card::WallClock.now(), &body());
        let headers = HeaderMap::from_iter([(SIGNATURE, HeaderValue::from_str(&header).unwrap())]);
        let act = async {
            deliveries.recv().await.unwrap().done();
            drop(deliveries.recv().await.unwrap());
            deliveries.close();
        };
        let body = body();
        let tell = async { [inbox.take(&headers, &body).await, inbox.take(&headers, &body).await] };
        let (came, ()) = tokio::join!(tell, act);
        assert_eq!(came, [Ok(Taken::Done), Ok(Taken::NotNow)]);
        assert_eq!(inbox.take(&headers, &body).await, Ok(Taken::NotNow));
    }

    #[tokio::test]
    async fn an_inbox_that_is_full_takes_nothing_more() {
        let (inbox, _deliveries) = Inbox::new(secret(), Arc::new(crate::card::WallClock));
        for _ in 0..WAITING {
            inbox.waiting.try_send(Delivery { callback: callback(), done: oneshot::channel().0 }).unwrap();
        }
        let header = signature(&secret(), crate::card::WallClock.now(), &body());
        let headers = HeaderMap::from_iter([(SIGNATURE, HeaderValue::from_str(&header).unwrap())]);
        assert_eq!(inbox.take(&headers, &body()).await, Ok(Taken::NotNow));
    }
}
