//! Card payments: the port behind which a provider takes cards, so that no number of a card comes here; but for one wire whose
//! clients know no page and type it: then it is handed on, and forgotten.
//!
//! ```text
//!            ┌──── open, standing, capture, cancel ────▶┌───────────┐
//!  ┌────────┐│                                          │ provider  │   `client` speaks to it
//!  │ market │┤                                          │           │   `callback` believes what it tells, or does not
//!  └────────┘│◀─── callbacks, signed ───────────────────└───────────┘   `sandbox` is one where no money moves:
//!      │                                                      ▲             its rules stand in `bank`
//!      └──▶ buyer ──── the hosted page: chooses a card ───────┘
//! ```
//!
//! Between the two stands the `cashier`. A payment is the market's: it has the market's name, and whatever is asked under that name twice is done once. What
//! `exchange` carries is plain HTTP on this machine.

pub mod bank;
pub mod callback;
pub mod cashier;
pub mod client;
pub mod exchange;
pub mod sandbox;
pub mod secret;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use auboutique_domain::Money;
use auboutique_domain::time::Moment;
use auboutique_market::Env;
use auboutique_market::env::SystemEnv;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use self::secret::Secret;

/// Where a payment stands at the provider.
///
/// ```text
///  Open ──▶ Authorized ──▶ Captured
///   │ ▲         │ │           │
///   ▼ │         │ └─────┐     │
///  Declined ◀───┘       ▼     ▼
///   └─────────────────▶ Canceled
/// ```
///
/// A buyer who was declined can choose another card. An authorized payment is declined when its capture fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// The buyer has not paid yet.
    Open,
    /// The bank keeps the money for us until we capture it or give it back.
    Authorized,
    /// The bank said no.
    Declined {
        /// Why, in the provider's words.
        reason: String,
    },
    /// The money is ours, less the fee.
    Captured {
        /// What the provider keeps of it.
        fee: Money,
    },
    /// The authorization was voided, or what was captured was given back.
    Canceled,
}

/// The name of a payment: the market's id of it as text, `pay_…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentName(String);

impl PaymentName {
    /// The name, if it is one: `pay_` and 1 to 60 of `a-z`, `0-9`, `_`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pay_")?;
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ((1..=60).contains(&rest.len()) && rest.bytes().all(known)).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaymentName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<PaymentName> for String {
    fn from(name: PaymentName) -> Self {
        name.0
    }
}

impl TryFrom<String> for PaymentName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("the name of a payment is pay_ and up to 60 of a-z, 0-9 and _")
    }
}

/// What the provider says of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The payment.
    pub payment: PaymentName,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// How much it is about.
    pub amount: Money,
}

/// Why nothing is known of what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// There was no answer in time: it may have been done or not. Ask again, it is done once.
    Late,
    /// Nobody is there, or the connection broke. Ask again.
    Unreachable(String),
    /// What came back is no answer. Ask again.
    Nonsense(String),
    /// It was understood and will not be done: asking the same again brings the same answer.
    Refused {
        /// The provider's code.
        code: String,
        /// The provider's sentence.
        detail: String,
    },
}

impl Unavailable {
    /// Whether asking the same again may bring another answer.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => out.write_str("the provider did not answer in time"),
            Self::Unreachable(why) => write!(out, "the provider cannot be reached: {why}"),
            Self::Nonsense(why) => write!(out, "the provider's answer cannot be read: {why}"),
            Self::Refused { code, detail } => write!(out, "the provider refuses: {detail} ({code})"),
        }
    }
}

impl std::error::Error for Unavailable {}

/// A card as it was typed, for as long as it takes to hand it to the provider. It cannot be printed.
#[derive(Clone)]
pub struct TypedCard {
    number: String,
    expiry: String,
}

impl TypedCard {
    /// A card of that number, good until that month: `05/27`.
    #[must_use]
    pub fn new(number: &str, expiry: &str) -> Self {
        Self { number: number.to_owned(), expiry: expiry.to_owned() }
    }

    /// What only a provider may read: the number and the expiry.
    #[must_use]
    pub fn reveal(&self) -> (&str, &str) {
        (&self.number, &self.expiry)
    }
}

impl fmt::Debug for TypedCard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TypedCard(…)")
    }
}

/// Who takes cards. Every call is idempotent under the payment's name.
pub trait Provider: Send + Sync + 'static {
    /// Makes the payment known, and brings the address of the hosted page where the buyer pays it. From there the buyer is
    /// sent back to `return_url`.
    fn open<'a>(
        &'a self,
        payment: &'a str,
        amount: Money,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<String, Unavailable>>;

    /// Pays a payment that was made known with a card that was typed elsewhere than on the hosted page.
    fn present<'a>(
        &'a self,
        payment: &'a str,
        card: &'a TypedCard,
    ) -> BoxFuture<'a, Result<Report, Unavailable>>;

    /// Where the payment stands; nothing when the provider does not know it.
    fn standing<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Option<Report>, Unavailable>>;

    /// Takes the money of an authorized payment. The report says what came of it: only `Captured` is money.
    fn capture<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Report, Unavailable>>;

    /// Voids an authorization, gives back what was captured, or closes what was not paid.
    fn cancel<'a>(&'a self, payment: &'a str) -> BoxFuture<'a, Result<Report, Unavailable>>;
}

/// Who takes cards for a market, and how it is found.
pub enum Cards {
    /// A provider that runs elsewhere.
    Elsewhere {
        /// How it is spoken to.
        provider: Arc<dyn Provider>,
        /// What its callbacks are signed with.
        secret: Secret,
    },
    /// A sandbox in this process.
    Sandbox {
        /// Where it listens.
        address: SocketAddr,
        /// Where it keeps what it knows, if anywhere.
        file: Option<PathBuf>,
        /// What both share.
        secret: Secret,
    },
}

/// The clock on the wall. Signatures compare the clocks of two processes, so it is read anew each time: an `Env` that counts
/// from its start misses how long the machine slept.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Env for WallClock {
    fn now(&self) -> Moment {
        SystemEnv::new().now()
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemEnv::new().random(bytes);
    }
}

#[cfg(test)]
mod tests {
    use auboutique_domain::Currency;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_one_flat_object() {
        let amount = Money::new(1_250, Currency::Usd);
        let payment = PaymentName::parse("pay_1").unwrap();
        let fee = Money::new(66, Currency::Usd);
        for (standing, written) in [
            (Standing::Open, json!({ "standing": "open" })),
            (
                Standing::Declined { reason: "no".to_owned() },
                json!({ "standing": "declined", "reason": "no" }),
            ),
            (Standing::Captured { fee }, json!({ "standing": "captured", "fee": fee })),
        ] {
            let report = Report { payment: payment.clone(), standing, amount };
            let value = serde_json::to_value(&report).unwrap();
            for (name, expected) in written.as_object().unwrap() {
                assert_eq!(&value[name], expected, "{value}");
            }
            assert_eq!(value["payment"], "pay_1");
            assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
        }
    }

    #[test]
    fn the_name_of_a_payment_has_its_prefix_and_nothing_that_could_be_a_path() {
        assert!(PaymentName::parse("pay_01m5rq6ycrf4f9jzkj9c2n4b9g").is_some());
        for text in
            ["", "pay_", "ord_1", "pay_a/b", "pay_A", "pay_ä", "pay_a b", &format!("pay_{}", "a".repeat(61))]
        {
            assert!(PaymentName::parse(text).is_none(), "{text}");
        }
    }
}
