//! The wire of system 004: auctions in datagrams, and the dialogue that closes them (`dialogue.rs`).
//!
//! ```text
//!  client ── datagram ──▶ decode ──▶ Request     REGISTER 1 alice buyer 127.0.0.1 6001 7001
//!  client ◀── datagram ── encode ◀── Answer      REGISTERED 1
//!         ◀── datagram ── encode ◀── Notice      BID_UPDATE 4 Lamp 20.0 bob 57
//! ```
//!
//! A datagram is a line of fields with blanks between them: the name of the message, the number that its sender gave it, and
//! what it says. Names are matched by their beginning, as the older server did. What it died of is silence or a refusal here.
//! Amounts are dollars as Python writes floats; they are read and written without ever being one.

pub mod dialogue;

use std::fmt;

use auboutique_domain::money::{Currency, Money};

/// The most bytes a message may have: what a client reads at once.
pub const LONGEST: usize = 1024;
/// The most bytes of a number, of a name and of an item's name. The older server took any; answers repeat them.
const LONGEST_NUMBER: usize = 20;
const LONGEST_NAME: usize = 40;
const LONGEST_ITEM: usize = 120;
/// A port of a client: those below are the system's.
const PORTS: std::ops::RangeInclusive<u16> = 1024..=u16::MAX;
/// How many digits an amount may have before and after the point, and how large its exponent may be.
const MOST_DIGITS: usize = 40;

/// What a member said they are when they registered. The menu of their client depends on it; the rules do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Bids.
    Buyer,
    /// Puts up.
    Seller,
}

impl Role {
    /// As it stands on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Seller => "seller",
        }
    }

    /// The role of that name, in whatever case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Buyer, Self::Seller].into_iter().find(|role| role.name().eq_ignore_ascii_case(name))
    }
}

/// What somebody proves with that they are who they were, from another address too. Newer clients have one.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Pin(…)")
    }
}

/// A datagram that can be read: the number its sender gave it, and what they ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The sender's number of it. Answers repeat it.
    pub number: String,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Somebody new.
    Register {
        /// What they are called.
        name: String,
        /// What they mean to do.
        role: Role,
        /// Where they want to be told of bids.
        udp_port: u16,
        /// Where they wait for the closing dialogue.
        tcp_port: u16,
        /// Their secret, if they have one.
        pin: Option<Pin>,
    },
    /// Somebody is back.
    LogIn {
        /// What they are called.
        name: String,
        /// Where they wait now for the closing dialogue.
        tcp_port: Option<u16>,
        /// Their secret, if they have one.
        pin: Option<Pin>,
    },
    /// Somebody leaves for good.
    DeRegister {
        /// What they are called.
        name: String,
    },
    /// Something is put up.
    List {
        /// What it is called on this wire, for ever.
        item: String,
        /// What there is to know.
        description: String,
        /// What bidding starts at.
        price: Money,
        /// How long bidding lasts.
        minutes: i64,
        /// Who they say they are.
        seller: Option<String>,
    },
    /// Somebody wants to be told of bids.
    Subscribe {
        /// In what.
        item: String,
        /// Who they say they are.
        client: Option<String>,
    },
    /// Somebody no longer does.
    DeSubscribe {
        /// In what.
        item: String,
        /// Who they say they are.
        client: Option<String>,
    },
    /// A bid.
    Bid {
        /// In what.
        item: String,
        /// How much.
        amount: Money,
    },
    /// The seller, asked to lower the price, does.
    Accept {
        /// Of what.
        item: String,
        /// To that.
        price: Money,
    },
    /// The seller, asked to lower the price, does not.
    Refuse {
        /// Of what.
        item: String,
    },
}

/// A datagram that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Its sender is told nothing: it is no message of this wire, or one without an answer.
    Silent,
    /// Its sender is told this.
    Answered {
        /// The number that could be read; `0` if none could.
        number: String,
        /// What they are told.
        answer: Answer,
    },
}

/// The messages by their beginnings, in the order in which the older server looked for them. The longer of two that begin
/// alike never comes after the shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Register,
    DeRegister,
    LogIn,
    List,
    Subscribe,
    DeSubscribe,
    Bid,
    Accept,
    Refuse,
}

/// What a server says, and no client.
const SAID: [&str; 15] = [
    "REGISTERED",
    "REGISTER-DENIED",
    "LOGIN_SUCCESS",
    "LOGIN-FAILED",
    "ITEM_LISTED",
    "LIST-DENIED",
    "LIST_DENIED",
    "SUBSCRIBED",
    "SUBSCRIPTION-DENIED",
    "AUCTION_ANNOUNCE",
    "BID_ACCEPTED",
    "BID_REJECTED",
    "BID_UPDATE",
    "NEGOTIATE_REQ",
    "PRICE_ADJUSTMENT",
];

const NAMES: [(&str, Name); 9] = [
    ("REGISTER", Name::Register),
    ("DE-REGISTER", Name::DeRegister),
    ("LOGIN", Name::LogIn),
    ("LIST_ITEM", Name::List),
    ("SUBSCRIBE", Name::Subscribe),
    ("DE-SUBSCRIBE", Name::DeSubscribe),
    ("BID", Name::Bid),
    ("ACCEPT", Name::Accept),
    ("REFUSE", Name::Refuse),
];

impl Name {
    /// What is said of a message that has not the fields it should have.
    fn malformed(self) -> Option<Answer> {
        let invalid = || "Invalid format".to_owned();
        Some(match self {
            Self::Register => Answer::RegisterDenied(invalid()),
            Self::LogIn => Answer::LogInFailed(invalid()),
            Self::List => Answer::ListDenied(invalid()),
            Self::Subscribe => Answer::SubscriptionDenied(invalid()),
            Self::Bid => Answer::BidRejected(invalid()),
            Self::DeRegister | Self::DeSubscribe | Self::Accept | Self::Refuse => return None,
        })
    }
}

/// Reads a datagram.
///
/// # Errors
///
/// [`Malformed`]: what its sender is told, if anything.
pub fn decode(datagram: &[u8]) -> Result<Request, Malformed> {
    let text = std::str::from_utf8(datagram).map_err(|_| Malformed::Silent)?;
    let mut fields = text.split_ascii_whitespace();
    let first = fields.next().ok_or(Malformed::Silent)?;
    // Requests are known by how they begin, and so are some of a server's own messages. Two servers, or one that is told its
    // own port, would talk to each other for ever.
    if SAID.contains(&first) {
        return Err(Malformed::Silent);
    }
    let known = NAMES.iter().find(|(beginning, _)| first.starts_with(beginning));
    let (_, name) = known.copied().ok_or(Malformed::Silent)?;
    let number = fields.next().unwrap_or("0");
    if number.len() > LONGEST_NUMBER || !is_visible(number) {
        return Err(Malformed::Silent);
    }
    let fields: Vec<&str> = fields.collect();
    match read(name, &fields) {
        Ok(ask) => Ok(Request { number: number.to_owned(), ask }),
        Err(Some(answer)) => Err(Malformed::Answered { number: number.to_owned(), answer }),
        Err(None) => Err(Malformed::Silent),
    }
}

fn read(message: Name, fields: &[&str]) -> Result<Ask, Option<Answer>> {
    let wrong = || message.malformed();
    let name = |field: &str| short(field, LONGEST_NAME).ok_or_else(wrong);
    let thing = |field: &str| short(field, LONGEST_ITEM).ok_or_else(wrong);
    let port = |field: &str| port(field).ok_or_else(wrong);
    let pin = |field: &str| (field.len() <= 64).then(|| Pin(field.to_owned())).ok_or_else(wrong);
    Ok(match (message, fields) {
        (Name::Register, [who, role, _, udp, tcp, secret @ ..]) if secret.len() <= 1 => Ask::Register {
            name: name(who)?,
            role: Role::parse(role).ok_or_else(wrong)?,
            udp_port: port(udp)?,
            tcp_port: port(tcp)?,
            pin: secret.first().map(|secret| pin(secret)).transpose()?,
        },
        (Name::LogIn, [who, rest @ ..]) if rest.len() <= 2 => Ask::LogIn {
            name: name(who)?,
            tcp_port: rest.first().map(|tcp| port(tcp)).transpose()?,
            pin: rest.get(1).map(|secret| pin(secret)).transpose()?,
        },
        (Name::DeRegister, [who]) => Ask::DeRegister { name: name(who)? },
        (Name::List, [item, description, price, minutes, seller @ ..]) if seller.len() <= 1 => {
            let (price, minutes) =
                terms(price, minutes).map_err(|why| Some(Answer::ListDenied(why.into())))?;
            Ask::List {
                item: thing(item)?,
                description: (*description).to_owned(),
                price,
                minutes,
                seller: seller.first().map(|who| name(who)).transpose()?,
            }
        }
        (Name::Subscribe, [item, client @ ..]) if client.len() <= 1 => {
            Ask::Subscribe { item: thing(item)?, client: client.first().map(|who| name(who)).transpose()? }
        }
        (Name::DeSubscribe, [item, client @ ..]) if client.len() <= 1 => {
            Ask::DeSubscribe { item: thing(item)?, client: client.first().map(|who| name(who)).transpose()? }
        }
        (Name::Bid, [item, amount]) => {
            let invalid = || Some(Answer::BidRejected("Invalid_bid_amount".to_owned()));
            let item = thing(item)?;
            // What cannot be paid to the cent is bid as far as it can be: no more than was said.
            let minor = cents(amount).ok_or_else(invalid)?.down;
            if minor <= 0 {
                return Err(invalid());
            }
            Ask::Bid { item, amount: usd(minor) }
        }
        (Name::Accept, [item, price]) => {
            Ask::Accept { item: thing(item)?, price: usd(cents(price).ok_or_else(wrong)?.up) }
        }
        (Name::Refuse, [item] | [item, _]) => Ask::Refuse { item: thing(item)? },
        _ => return Err(wrong()),
    })
}

/// The starting price and the length of an auction, or why they are none. The typing error is the older server's.
fn terms(price: &str, minutes: &str) -> Result<(Money, i64), &'static str> {
    const FORMAT: &str = "invalid price or duration format";
    let price = cents(price).ok_or(FORMAT)?.up;
    let minutes: i64 = minutes.parse().map_err(|_| FORMAT)?;
    if price <= 0 {
        return Err("start price must be positive");
    }
    if minutes <= 0 {
        return Err("duration must be postive");
    }
    Ok((usd(price), minutes))
}

const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn is_visible(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn short(field: &str, most: usize) -> Option<String> {
    (field.len() <= most && is_visible(field)).then(|| field.to_owned())
}

fn port(field: &str) -> Option<u16> {
    field.parse().ok().filter(|port| PORTS.contains(port))
}

/// An amount in cents: the largest number of them that is no more than was written, and the smallest that is no less.
struct Cents {
    down: i64,
    up: i64,
}

/// Reads an amount as Python's `float` does, but for what is no number: `nan`, `inf`, and what is too large to be a price.
/// Digit by digit, so that what was written is what is meant.
fn cents(text: &str) -> Option<Cents> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = || whole.bytes().chain(part.bytes());
    if whole.is_empty() && part.is_empty()
        || all().count() > MOST_DIGITS
        || !all().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    // How many of the digits stand before the cents end.
    let kept = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(2)?;
    let mut minor: i64 = 0;
    for place in 0..kept.max(0) {
        let digit = usize::try_from(place).ok().and_then(|place| all().nth(place)).unwrap_or(b'0');
        minor = minor.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        if minor == 0 && place > 400 {
            break;
        }
    }
    let cut = usize::try_from(kept.max(0)).ok()?;
    let more = all().skip(cut).any(|digit| digit != b'0');
    let (down, up) = (minor, minor.checked_add(i64::from(more))?);
    Some(if negative { Cents { down: -up, up: -down } } else { Cents { down, up } })
}

/// An amount as Python writes the float of it: `20.0`, `12.5`, `0.99`. Pounds stand as they are.
#[must_use]
pub fn amount(money: Money) -> String {
    let sign = if money.minor < 0 { "-" } else { "" };
    let minor = money.minor.unsigned_abs();
    match money.currency {
        Currency::Lbp => format!("{sign}{minor}.0"),
        Currency::Usd => match (minor / 100, minor % 100) {
            (whole, part) if part.is_multiple_of(10) => format!("{sign}{whole}.{}", part / 10),
            (whole, part) => format!("{sign}{whole}.{part:02}"),
        },
    }
}

/// What somebody is told who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what stands on the wire")]
pub enum Answer {
    /// They are registered.
    Registered,
    /// They are not, and why.
    RegisterDenied(String),
    /// They are logged in.
    LogInSuccess(Role),
    /// They are not, and why.
    LogInFailed(String),
    /// It is up.
    ItemListed,
    /// It is not, and why. Always with a hyphen: the other way of writing it no client knows.
    ListDenied(String),
    /// What they subscribe to. The first of two answers.
    AuctionAnnounce { item: String, description: String, price: Money, seconds: i64 },
    /// They are told of bids. The second of the two.
    Subscribed,
    /// They are not, and why.
    SubscriptionDenied(String),
    /// Their bid counts.
    BidAccepted,
    /// It does not, and why. Clients want three words at least.
    BidRejected(String),
}

impl Answer {
    /// Writes it, in answer to the request of that number.
    #[must_use]
    pub fn encode(&self, number: &str) -> Vec<u8> {
        cut(match self {
            Self::Registered => format!("REGISTERED {number}"),
            Self::RegisterDenied(why) => format!("REGISTER-DENIED {number} {why}"),
            Self::LogInSuccess(role) => format!("LOGIN_SUCCESS {number} role={}", role.name()),
            Self::LogInFailed(why) => format!("LOGIN-FAILED {number} {why}"),
            Self::ItemListed => format!("ITEM_LISTED {number}"),
            Self::ListDenied(why) => format!("LIST-DENIED {number} {why}"),
            Self::AuctionAnnounce { item, description, price, seconds } => {
                let price = amount(*price);
                let around = "AUCTION_ANNOUNCE     ".len() + number.len() + price.len() + 20;
                let item = single(item, LONGEST);
                let description = single(description, LONGEST.saturating_sub(around + item.len()));
                let seconds = (*seconds).max(0);
                format!("AUCTION_ANNOUNCE {number} {item} {description} {price} {seconds}")
            }
            Self::Subscribed => format!("SUBSCRIBED {number}"),
            Self::SubscriptionDenied(why) => format!("SUBSCRIPTION-DENIED {number} {why}"),
            Self::BidAccepted => format!("BID_ACCEPTED {number}"),
            Self::BidRejected(why) => format!("BID_REJECTED {number} {why}"),
        })
    }
}

/// What somebody is told who did not ask, in a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what stands on the wire")]
pub enum Notice {
    /// The price is another one; the number is that of the bid.
    BidUpdate { item: String, price: Money, bidder: String, seconds: i64 },
    /// Half of the time is gone without a bid: would the seller ask for less?
    NegotiateReq { item: String, price: Money, seconds: i64 },
    /// The seller asks for less.
    PriceAdjustment { item: String, price: Money, seconds: i64 },
}

impl Notice {
    /// Writes it, under that number.
    #[must_use]
    pub fn encode(&self, number: &str) -> Vec<u8> {
        let part = |text: &str| single(text, 400);
        cut(match self {
            Self::BidUpdate { item, price, bidder, seconds } => {
                let (price, seconds) = (amount(*price), (*seconds).max(0));
                format!("BID_UPDATE {number} {} {price} {} {seconds}", part(item), part(bidder))
            }
            Self::NegotiateReq { item, price, seconds } => {
                let (price, seconds) = (amount(*price), (*seconds).max(0));
                format!("NEGOTIATE_REQ {number} {} {price} {seconds}", part(item))
            }
            Self::PriceAdjustment { item, price, seconds } => {
                let (price, seconds) = (amount(*price), (*seconds).max(0));
                format!("PRICE_ADJUSTMENT {number} {} {price} {seconds}", part(item))
            }
        })
    }
}

/// A text as one field: blanks become `_`, since fields are counted; no longer than so many bytes, and never empty.
#[must_use]
pub fn single(text: &str, most: usize) -> String {
    let mut field = String::new();
    for letter in text.trim().chars() {
        let letter = if letter.is_whitespace() || letter.is_control() { '_' } else { letter };
        if field.len() + letter.len_utf8() > most {
            break;
        }
        field.push(letter);
    }
    if field.is_empty() { "-".to_owned() } else { field }
}

/// The bytes of a message, no more than a client reads at once and no half letter.
fn cut(mut text: String) -> Vec<u8> {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
    }
    text.into_bytes()
}
