//! The provider as a market speaks to it: the API of the sandbox, or of whatever speaks like it.

use std::time::Duration;

use auboutique_domain::Money;
use axum::http::{Method, StatusCode, Uri, header};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::exchange::{Neighbor, Unanswered, ask};
use super::secret::Secret;
use super::{PaymentName, Provider, Report, TypedCard, Unavailable};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the address of a hosted page may be.
const LONGEST_PAGE: usize = 2_000;

/// A provider on this machine.
#[derive(Debug, Clone)]
pub struct Client {
    neighbor: Neighbor,
    secret: Secret,
    patience: Duration,
}

/// What the provider answers when it has done what it was asked.
#[derive(Deserialize)]
struct Answer {
    #[serde(flatten)]
    report: Report,
    page: Option<String>,
}

/// What it answers when it has not.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
    /// Where the payment stands, when that is why.
    payment: Option<Report>,
}

impl Client {
    /// The provider at that address.
    #[must_use]
    pub const fn new(neighbor: Neighbor, secret: Secret) -> Self {
        Self { neighbor, secret, patience: PATIENCE }
    }

    /// The same, with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Bytes), Unavailable> {
        let proof = [(header::AUTHORIZATION, format!("Bearer {}", self.secret.reveal()))];
        ask(&self.neighbor, (method, path), &proof, body, self.patience).await.map_err(|no| match no {
            Unanswered::Late => Unavailable::Late,
            Unanswered::Broken(why) => Unavailable::Unreachable(why),
            Unanswered::TooLong => Unavailable::Nonsense("it is too long".to_owned()),
        })
    }

    /// Asks for a change, and reads where the payment stands then.
    async fn change(&self, payment: &str, verb: &str, body: Vec<u8>) -> Result<Report, Unavailable> {
        let name = named(payment)?;
        let (status, body) = self.call(Method::POST, &format!("/payments/{name}/{verb}"), body).await?;
        if status.is_success() {
            return about(&name, read::<Answer>(&body)?.report);
        }
        let refusal = refusal(status, &body)?;
        // A no that says where the payment stands is as good an answer.
        match refusal.payment {
            Some(report) => about(&name, report),
            None => Err(Unavailable::Refused { code: refusal.code, detail: refusal.detail }),
        }
    }
}

impl Provider for Client {
    fn open<'a>(
        &'a self,
        payment: &'a str,
        amount: Money,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<String, Unavailable>> {
        async move {
            let name = named(payment)?;
            let body = json!({ "payment": name, "amount": amount, "return_url": return_url });
            let (status, body) = self.call(Method::POST, "/payments", body.to_string().into_bytes()).await?;
            if !status.is_success() {
                let Refusal { code, detail, .. } = refusal(status, &body)?;
                return Err(Unavailable::Refused { code, detail });
            }
            let answer: Answer = read(&body)?;
            if about(&name, answer.report)?.amount != amount {
                return Err(Unavailable::Nonsense("it is about another amount".to_owned()));
            }
            answer
                .page
                .filter(|page| is_page(page))
                .ok_or_else(|| Unavailable::Nonsense("it names no page for the buyer".to_owned()))
        }
        .boxed()
    }

    fn present<'a>(
        &'a self,
        payment: &'a str,
        card: &'a TypedCard,
    ) -> BoxFuture<'a, Result<Report, Unavailable>> {
        let (number, expiry) = card.reveal();
        let body = json!({ "number": number, "expiry": expiry });
        self.change(payment, "card", body.to_string().into_bytes()).boxed()
    }

    fn standing<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Option<Report>, Unavailable>> {
        async move {
            let name = named(payment)?;
            let (status, body) = self.call(Method::GET, &format!("/payments/{name}"), Vec::new()).await?;
            if status.is_success() {
                return about(&name, read::<Answer>(&body)?.report).map(Some);
            }
            match refusal(status, &body)? {
                Refusal { code, .. } if code == "payment_unknown" => Ok(None),
                Refusal { code, detail, .. } => Err(Unavailable::Refused { code, detail }),
            }
        }
        .boxed()
    }

    fn capture<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Report, Unavailable>> {
        self.change(payment, "capture", Vec::new()).boxed()
    }

    fn cancel<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Report, Unavailable>> {
        self.change(payment, "cancel", Vec::new()).boxed()
    }
}

/// A name that can stand in a path.
fn named(payment: &str) -> Result<PaymentName, Unavailable> {
    PaymentName::parse(payment).ok_or_else(|| Unavailable::Refused {
        code: "payment_unknown".to_owned(),
        detail: format!("{payment:?} is the name of no payment."),
    })
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Unavailable> {
    serde_json::from_slice(body).map_err(|error| Unavailable::Nonsense(error.to_string()))
}

/// A refusal that can be read. What is wrong on the other side for now is none.
fn refusal(status: StatusCode, body: &[u8]) -> Result<Refusal, Unavailable> {
    if !status.is_client_error() {
        return Err(Unavailable::Nonsense(format!("it has the status {status}")));
    }
    read(body)
}

/// A report that is about the payment that was asked for.
fn about(name: &PaymentName, report: Report) -> Result<Report, Unavailable> {
    if report.payment != *name {
        return Err(Unavailable::Nonsense("it is about another payment".to_owned()));
    }
    Ok(report)
}

/// Whether a buyer can be sent there.
fn is_page(page: &str) -> bool {
    let Ok(uri) = page.parse::<Uri>() else { return false };
    page.len() <= LONGEST_PAGE
        && matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some()
}
