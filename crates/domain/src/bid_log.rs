//! The bid log: everything that decided an auction, in one order, so that anybody can run it again.
//!
//! ```text
//!  1 1795000000000000 opened currency=USD starting_price=500 … #6f0c…
//!  2 1795000010000000 bid bidder=1 maximum=2000 #a41b…
//!  3 1795000600000000 closed result=sold bidder=1 price=500 #77d2…
//! ```
//!
//! A line is its number, its moment (microseconds since 1970, UTC), what happened, and behind `#` the SHA-256 in hex of the
//! hash of the line before, a line feed and this line without its hash: a changed line changes every hash after it. Bidders
//! stand in it by their numbers. A secret reserve price stands in it as the SHA-256 of a salt, a colon and the amount; when
//! it was met it is told under the log.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::bid::{Ladder, Standing, Terms, cash_unit, end_after};
use crate::id::AuctionId;
use crate::money::{Currency, Money};
use crate::time::{Moment, Span};

/// How an auction ended (`rules.md` 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuctionResult)]
pub enum Ending {
    /// To the leader at the price, or to who took it at the buy-now price.
    Sold,
    /// Nobody bid as much as the secret reserve price.
    ReserveNotMet,
    /// Nobody bid.
    NoBids,
    /// The seller or a moderator called it off.
    Canceled,
}

impl Ending {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Sold, Self::ReserveNotMet, Self::NoBids, Self::Canceled];

    /// The name in snake case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sold => "sold",
            Self::ReserveNotMet => "reserve_not_met",
            Self::NoBids => "no_bids",
            Self::Canceled => "canceled",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// Why bids no longer count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The bidder took a bid back, as the rules allow.
    Retracted,
    /// The winner did not pay.
    Defaulted,
    /// The bidder did not want the second chance.
    Declined,
}

impl Because {
    const ALL: [Self; 3] = [Self::Retracted, Self::Defaulted, Self::Declined];

    /// The name in lower case, as it stands in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retracted => "retracted",
            Self::Defaulted => "defaulted",
            Self::Declined => "declined",
        }
    }
}

/// Something that decides an auction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It was opened. The reserve price of the terms is not told: `reserve` is what it was committed to.
    Opened {
        /// What its prices are made by; without the reserve price.
        terms: Terms,
        /// The soft close.
        window: Span,
        /// When it is to end.
        ends_at: Moment,
        /// How far the soft close can move that.
        hard_end: Moment,
        /// The reserve price, as [`committed`] hides it.
        reserve: Option<String>,
    },
    /// A bid was accepted.
    Bid {
        /// The bidder's number.
        bidder: i64,
        /// The most the server may bid for them.
        maximum: i64,
    },
    /// Bids no longer count.
    Removed {
        /// Whose.
        bidder: i64,
        /// From which line on.
        from: i64,
        /// Why.
        because: Because,
    },
    /// The seller asks for less, before the first bid.
    Lowered {
        /// The least the first bid may be from now on.
        starting_price: i64,
    },
    /// The seller has another reserve price, or none.
    Reserve {
        /// As [`committed`] hides it.
        reserve: Option<String>,
    },
    /// Somebody took it at the buy-now price.
    Bought {
        /// The buyer's number.
        bidder: i64,
        /// At what.
        price: i64,
    },
    /// It is over.
    Closed {
        /// How.
        ending: Ending,
        /// The winner's number, when it is sold.
        bidder: Option<i64>,
        /// The hammer price, when it is sold; the price as it stood when the reserve was not met.
        price: Option<i64>,
    },
}

impl Act {
    /// The first word of the line, as the database keeps it too.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Bid { .. } => "bid",
            Self::Removed { .. } => "removed",
            Self::Lowered { .. } => "lowered",
            Self::Reserve { .. } => "reserve",
            Self::Bought { .. } => "bought",
            Self::Closed { .. } => "closed",
        }
    }
}

impl Act {
    /// Reads what happened as it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (name, fields) = (words.next()?, Fields(words.collect()));
        Some(match name {
            "opened" => {
                let currency = Currency::parse(fields.text("currency")?).ok()?;
                Self::Opened {
                    terms: Terms {
                        currency,
                        starting_price: fields.number("starting_price")?,
                        reserve: None,
                        increment: fields.number("increment"),
                        ladder: Ladder::parse(fields.text("ladder")?, currency).ok()?,
                    },
                    window: Span::from_micros(fields.number("window")?),
                    ends_at: Moment::from_micros(fields.number("ends_at")?),
                    hard_end: Moment::from_micros(fields.number("hard_end")?),
                    reserve: fields.text("reserve").map(str::to_owned),
                }
            }
            "bid" => Self::Bid { bidder: fields.number("bidder")?, maximum: fields.number("maximum")? },
            "removed" => {
                let name = fields.text("because")?;
                Self::Removed {
                    bidder: fields.number("bidder")?,
                    from: fields.number("from")?,
                    because: Because::ALL.into_iter().find(|because| because.name() == name)?,
                }
            }
            "lowered" => Self::Lowered { starting_price: fields.number("starting_price")? },
            "reserve" => Self::Reserve { reserve: fields.text("reserve").map(str::to_owned) },
            "bought" => Self::Bought { bidder: fields.number("bidder")?, price: fields.number("price")? },
            "closed" => Self::Closed {
                ending: Ending::parse(fields.text("result")?)?,
                bidder: fields.number("bidder"),
                price: fields.number("price"),
            },
            _ => return None,
        })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())?;
        match self {
            Self::Opened { terms, window, ends_at, hard_end, reserve } => {
                let Terms { currency, starting_price, increment, ladder, .. } = terms;
                write!(out, " currency={currency} starting_price={starting_price} ladder={ladder}")?;
                write!(out, " window={} ends_at={}", window.micros(), ends_at.micros())?;
                write!(out, " hard_end={}", hard_end.micros())?;
                optional(out, "increment", increment.as_ref())?;
                optional(out, "reserve", reserve.as_ref())
            }
            Self::Bid { bidder, maximum } => write!(out, " bidder={bidder} maximum={maximum}"),
            Self::Removed { bidder, from, because } => {
                write!(out, " bidder={bidder} from={from} because={}", because.name())
            }
            Self::Lowered { starting_price } => write!(out, " starting_price={starting_price}"),
            Self::Reserve { reserve } => optional(out, "reserve", reserve.as_ref()),
            Self::Bought { bidder, price } => write!(out, " bidder={bidder} price={price}"),
            Self::Closed { ending, bidder, price } => {
                write!(out, " result={}", ending.name())?;
                optional(out, "bidder", bidder.as_ref())?;
                optional(out, "price", price.as_ref())
            }
        }
    }
}

fn optional(out: &mut fmt::Formatter<'_>, name: &str, value: Option<&impl fmt::Display>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(out, " {name}={value}"))
}

/// A line of the log, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number: from 1, without gaps.
    pub seq: i64,
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub act: Act,
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.seq, self.at.micros(), self.act)
    }
}

impl Entry {
    /// The hash of this line over the one before, which is empty before the first.
    #[must_use]
    pub fn chained(&self, before: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("{before}\n{self}")))
    }

    /// Reads a line as it is written, without its hash.
    fn parse(line: &str) -> Option<Self> {
        let (seq, rest) = line.split_once(' ')?;
        let (at, act) = rest.split_once(' ')?;
        let entry =
            Self { seq: seq.parse().ok()?, at: Moment::from_micros(at.parse().ok()?), act: Act::parse(act)? };
        // What is written has one form, or two lines could mean the same under two hashes.
        (entry.to_string() == line).then_some(entry)
    }
}

struct Fields<'a>(Vec<&'a str>);

impl<'a> Fields<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }
}

/// A reserve price as it stands in the log until it is told: the SHA-256 in hex of the salt, a colon and the amount.
#[must_use]
pub fn committed(salt: &str, reserve: i64) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{salt}:{reserve}")))
}

/// What was hidden by [`committed`], told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the amounts were hidden with.
    pub salt: String,
    /// The reserve prices there were.
    pub reserves: Vec<i64>,
}

/// What running a log again comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// How many bids were accepted.
    pub bids: i64,
    /// How it ended; nothing while it has not.
    pub ending: Option<Ending>,
    /// The winner's number, when it is sold.
    pub winner: Option<i64>,
    /// The hammer price, when it is sold; otherwise the price as it stood.
    pub price: Option<Money>,
    /// When it ended, or is to end.
    pub ends_at: Option<Moment>,
}

/// The first thing in a log that cannot have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct NotReplayed {
    /// Which line of the log, counted from 1.
    pub line: i64,
    /// What is wrong with it.
    pub problem: String,
}

/// Runs a log again, line by line.
#[derive(Debug)]
pub struct Replay {
    told: Option<Told>,
    seq: i64,
    at: Moment,
    auction: Option<Running>,
}

#[derive(Debug)]
struct Running {
    terms: Terms,
    window: Span,
    ends_at: Moment,
    hard_end: Moment,
    hidden: bool,
    ever_met: bool,
    bids: Vec<(i64, i64, i64)>,
    count: i64,
    standing: Standing,
    bought: Option<(i64, i64)>,
    closed: Option<(Ending, Option<i64>, Option<i64>)>,
}

impl Replay {
    /// Nothing has happened yet. What is `told` of the reserve price is believed when it fits what was committed to.
    #[must_use]
    pub const fn new(told: Option<Told>) -> Self {
        Self { told, seq: 0, at: Moment::from_micros(i64::MIN), auction: None }
    }

    fn reserve(&self, hidden: Option<&String>) -> Result<Option<i64>, String> {
        let (Some(hidden), Some(told)) = (hidden, &self.told) else { return Ok(None) };
        let fits = |reserve: &&i64| committed(&told.salt, **reserve) == *hidden;
        told.reserves
            .iter()
            .find(fits)
            .copied()
            .map(Some)
            .ok_or_else(|| "the reserve price that is told is not the one that was committed to".to_owned())
    }

    /// Takes one more line.
    ///
    /// # Errors
    ///
    /// [`NotReplayed`] when it cannot have happened after those before it.
    pub fn push(&mut self, entry: &Entry) -> Result<(), NotReplayed> {
        let line = self.seq + 1;
        self.step(entry).map_err(|problem| NotReplayed { line, problem })?;
        (self.seq, self.at) = (entry.seq, entry.at);
        Ok(())
    }

    fn step(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.seq != self.seq + 1 {
            return Err(format!("it has the number {}", entry.seq));
        }
        if entry.at < self.at {
            return Err("it happened before the line above it".to_owned());
        }
        if let Act::Opened { terms, window, ends_at, hard_end, reserve } = &entry.act {
            if self.auction.is_some() {
                return Err("it was opened before".to_owned());
            }
            let known = self.reserve(reserve.as_ref())?;
            self.auction = Some(Running {
                terms: Terms { reserve: known, ..terms.clone() },
                window: *window,
                ends_at: *ends_at,
                hard_end: *hard_end,
                hidden: reserve.is_some() && known.is_none(),
                ever_met: false,
                bids: Vec::new(),
                count: 0,
                standing: Standing::default(),
                bought: None,
                closed: None,
            });
            return Ok(());
        }
        let known = match &entry.act {
            Act::Reserve { reserve } => self.reserve(reserve.as_ref())?,
            _ => None,
        };
        let auction = self.auction.as_mut().ok_or("the auction was not opened")?;
        auction.step(entry, known)?;
        auction.ever_met |= auction.standing.reserve_met(&auction.terms) == Some(true);
        Ok(())
    }

    /// What it came to.
    #[must_use]
    pub fn outcome(&self) -> Option<Replayed> {
        let auction = self.auction.as_ref()?;
        let money = |minor| Money::new(minor, auction.terms.currency);
        let closed = auction.closed;
        let lead = auction.standing.lead.map(|lead| lead.bidder);
        Some(Replayed {
            bids: auction.count,
            ending: closed.map(|(ending, _, _)| ending),
            winner: closed.map_or(lead, |(_, winner, _)| winner),
            price: closed
                .map_or_else(|| auction.standing.price(&auction.terms), |(_, _, price)| price)
                .map(money),
            ends_at: Some(auction.ends_at),
        })
    }

    /// Whether a reserve price that is told was ever met. One that never was decides nothing and stays hidden.
    #[must_use]
    pub fn ever_met(&self) -> bool {
        self.auction.as_ref().is_some_and(|auction| auction.ever_met)
    }

    /// Who leads and by what, for who compares it with what is kept; after the close without those who dropped out since.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.auction.as_ref().map(|auction| auction.standing).unwrap_or_default()
    }
}

impl Running {
    fn step(&mut self, entry: &Entry, known: Option<i64>) -> Result<(), String> {
        let open = self.closed.is_none() && self.bought.is_none();
        match &entry.act {
            Act::Opened { .. } => return Err("it was opened before".to_owned()),
            Act::Bid { bidder, maximum } => {
                if !open || entry.at >= self.ends_at {
                    return Err("a bid after the end".to_owned());
                }
                let minimum = self.standing.minimum(&self.terms, Some(*bidder));
                if *maximum < minimum || maximum % cash_unit(self.terms.currency) != 0 {
                    return Err(format!("a bid of {maximum} where {minimum} was the least"));
                }
                let before = self.seen();
                let raised = before.0 == Some(*bidder);
                self.bids.push((*bidder, *maximum, entry.seq));
                self.count += 1;
                self.standing = Standing::of(self.bids.iter().copied());
                let changed = !raised && before != self.seen();
                self.ends_at = end_after((self.ends_at, self.hard_end), self.window, changed, entry.at);
            }
            Act::Removed { bidder, from, .. } => {
                self.bids.retain(|(other, _, seq)| other != bidder || seq < from);
                self.standing = Standing::of(self.bids.iter().copied());
            }
            Act::Lowered { starting_price } => {
                if !open || !self.bids.is_empty() || *starting_price >= self.terms.starting_price {
                    return Err("the starting price can only be lowered, before the first bid".to_owned());
                }
                self.terms.starting_price = *starting_price;
            }
            Act::Reserve { reserve } => {
                if !open {
                    return Err("another reserve price after the end".to_owned());
                }
                self.terms.reserve = known;
                self.hidden = reserve.is_some() && known.is_none();
            }
            Act::Bought { bidder, price } => {
                if !open || entry.at >= self.ends_at {
                    return Err("it was bought after the end".to_owned());
                }
                self.bought = Some((*bidder, *price));
            }
            Act::Closed { ending, bidder, price } => {
                if self.closed.is_some() {
                    return Err("it was closed twice".to_owned());
                }
                let should = self.ending(*ending, entry.at)?;
                if should != (*ending, *bidder, *price) {
                    let (ending, bidder, price) = should;
                    let known = |number: Option<i64>| number.map_or("nobody".to_owned(), |it| it.to_string());
                    return Err(format!(
                        "it should have ended as {} for {} at {}",
                        ending.name(),
                        known(bidder),
                        price.map_or("nothing".to_owned(), |price| price.to_string())
                    ));
                }
                self.closed = Some(should);
            }
        }
        Ok(())
    }

    fn seen(&self) -> (Option<i64>, Option<i64>) {
        (self.standing.lead.map(|lead| lead.bidder), self.standing.price(&self.terms))
    }

    fn ending(&self, said: Ending, at: Moment) -> Result<(Ending, Option<i64>, Option<i64>), String> {
        if said == Ending::Canceled {
            return Ok((Ending::Canceled, None, None));
        }
        if let Some((bidder, price)) = self.bought {
            return Ok((Ending::Sold, Some(bidder), Some(price)));
        }
        if at < self.ends_at {
            return Err("it was closed before its end".to_owned());
        }
        let Some(lead) = self.standing.lead else { return Ok((Ending::NoBids, None, None)) };
        let price = self.standing.price(&self.terms);
        // A reserve price that was met is told; one that is not told was not met.
        let met = self.standing.reserve_met(&self.terms).unwrap_or(!self.hidden);
        Ok(if met { (Ending::Sold, Some(lead.bidder), price) } else { (Ending::ReserveNotMet, None, price) })
    }
}

/// The first line of a log that is downloaded.
const TITLE: &str = "auboutique bid log 1";

/// Writes a log as it is downloaded: a title, the lines with their hashes, and the reserve prices when they are told.
#[must_use]
pub fn write(auction: AuctionId, lines: &[(Entry, String)], told: Option<&Told>) -> String {
    let mut text = format!("{TITLE} {auction}\n");
    for (entry, hash) in lines {
        text.push_str(&format!("{entry} #{hash}\n"));
    }
    if let Some(told) = told {
        let reserves: Vec<String> = told.reserves.iter().map(ToString::to_string).collect();
        text.push_str(&format!("reserve salt={} amounts={}\n", told.salt, reserves.join(",")));
    }
    text
}

/// Reads a log as it is downloaded and runs it again: the hashes, the rules, the winner and the price.
///
/// # Errors
///
/// [`NotReplayed`] with the first line that is not what it has to be.
pub fn replay(text: &str) -> Result<(AuctionId, Replayed), NotReplayed> {
    let wrong = |line: usize, problem: &str| NotReplayed {
        line: i64::try_from(line).unwrap_or(i64::MAX),
        problem: problem.to_owned(),
    };
    let mut lines: Vec<&str> = text.lines().collect();
    let auction = lines.first().and_then(|title| AuctionId::parse(title.strip_prefix(TITLE)?.trim()).ok());
    let auction = auction.ok_or_else(|| wrong(0, "this is not a bid log of AUBoutique"))?;
    lines.remove(0);
    let told = match lines.last().and_then(|last| last.strip_prefix("reserve ")) {
        None => None,
        Some(rest) => {
            let fields = Fields(rest.split(' ').collect());
            let amounts = fields.text("amounts").map(|text| text.split(',').map(str::parse).collect());
            match (fields.text("salt"), amounts) {
                (Some(salt), Some(Ok(reserves))) => Some(Told { salt: salt.to_owned(), reserves }),
                _ => return Err(wrong(lines.len(), "the reserve price cannot be read")),
            }
        }
    };
    if told.is_some() {
        lines.pop();
    }
    let (mut replay, mut before) = (Replay::new(told), String::new());
    for (number, line) in (1..).zip(lines) {
        let (line, hash) = line.rsplit_once(" #").ok_or_else(|| wrong(number, "it has no hash"))?;
        let entry = Entry::parse(line).ok_or_else(|| wrong(number, "it cannot be read"))?;
        if entry.chained(&before) != hash {
            return Err(wrong(number, "its hash is not that of the line and of the one before it"));
        }
        replay.push(&entry)?;
        hash.clone_into(&mut before);
    }
    let outcome = replay.outcome().ok_or_else(|| wrong(1, "the auction was not opened"))?;
    if outcome.ending.is_none() {
        return Err(NotReplayed {
            line: replay.seq + 1,
            problem: "the line is missing that says how it ended".to_owned(),
        });
    }
    Ok((auction, outcome))
}
