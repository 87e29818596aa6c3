//! The dialogue that closes an auction: with its buyer, with its seller, or with a seller of whom nobody bought.
//!
//! ```text
//!            connected            1.0 s, 0.5 s            the answer               what came of it
//!  Greeting ──────────▶ Greeted ────────────▶ Asked ──────────────▶ Answered ────────────────▶ Parting ──▶ over
//!     │  WINNER, SOLD, NON_OFFER   INFORM_Req   │  ▲ │                            Shipping_Info, CANCEL
//!     └── NON_OFFER, or nothing to ask ──▶      └──┘ └─ hung up, too late, twice nonsense ──▶ failed
//! ```
//!
//! The two dialogues of a sale are independent; what came of the sale is told to each as a [`Verdict`]. Who hangs up before there
//! is one has failed, also when they had answered: nobody pays for what its seller will not hear of. A client takes one `recv`
//! for one message, so there is at least half a second between two of ours. What it answers is read by its content and not by
//! its fields: a name may have blanks in it, and whatever the card's number is next to, it is never shown to anybody.

use std::fmt;

use auboutique_domain::money::Money;
use auboutique_domain::text;

use super::{amount, cut, single};

/// Before the winner is asked, in milliseconds; before the seller is.
const BEFORE_ASKING: (u64, u64) = (1_000, 500);
/// Before anything is said after an answer, and before the connection is closed after the last word.
const BEFORE_TELLING: u64 = 500;
const BEFORE_CLOSING: u64 = 1_000;
/// How long it is waited for the rest of an answer that came in pieces.
const REST: u64 = 200;
/// How long people have to type what they are asked for.
pub const ANSWER_WITHIN: u64 = 300_000;
/// How often they are asked.
const TRIES: u8 = 2;
/// How many bytes an answer may have.
const LONGEST_ANSWER: usize = 4_096;
/// How many digits a card's number has.
const CARD: std::ops::RangeInclusive<usize> = 12..=19;
/// How many bytes a name and an address have in what the seller is sent.
const SHOWN: (usize, usize) = (200, 700);

/// A card, as long as it takes to charge it. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    number: String,
    expiry: String,
}

impl Card {
    /// Its number: digits alone.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The month and the year with a slash between, as they were typed.
    #[must_use]
    pub fn expiry(&self) -> &str {
        &self.expiry
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Card(…)")
    }
}

/// What somebody answers who is asked for what it takes to close a sale.
#[derive(Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Their name in full.
    pub name: String,
    /// Their card.
    pub card: Card,
    /// Where they live.
    pub address: String,
}

impl fmt::Debug for Particulars {
    /// Where people live stays out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Particulars(…)")
    }
}

/// Reads `INFORM_Res rq name card expiry address`. The card is found by its look: the expiry, and the digits before it. What
/// stands before is the name, what stands behind the address. Nothing if there is no card, no name or no address.
#[must_use]
pub fn particulars(message: &[u8]) -> Option<Particulars> {
    let text = std::str::from_utf8(message).ok()?;
    let mut fields = text.split_whitespace();
    if fields.next()? != "INFORM_Res" {
        return None;
    }
    fields.next()?;
    let fields: Vec<&str> = fields.collect();
    for (place, expiry) in fields.iter().enumerate().filter(|(_, field)| is_expiry(field)) {
        let (before, behind) = fields.split_at(place);
        let address = behind.get(1..).unwrap_or_default();
        if let Some((name, number)) = number_behind(before).filter(|_| !address.is_empty()) {
            let card = Card { number, expiry: (*expiry).to_owned() };
            return Some(Particulars { name: name.join(" "), card, address: address.join(" ") });
        }
    }
    None
}

/// The number of a card at the end of these fields, and what stands before it: a name. A number may be typed in groups, and a
/// name may end in digits. Of what can be a number the longest with the right check digit is it; with none, the longest, so
/// that no part of a mistyped one is shown as a name.
fn number_behind<'a, 'b>(fields: &'a [&'b str]) -> Option<(&'a [&'b str], String)> {
    let groups = fields.iter().rev().take_while(|field| is_digits(field)).count();
    let cut = |count: usize| {
        let (name, groups) = fields.split_at(fields.len() - count);
        (name, groups.concat().replace('-', ""))
    };
    let can_be = |(name, number): &(&[&str], String)| CARD.contains(&number.len()) && !name.is_empty();
    let longest_first = || (1..=groups).rev().map(cut).filter(can_be);
    let is_right = |number: &str| {
        let digits: Vec<u32> = number.bytes().map(|byte| u32::from(byte - b'0')).collect();
        text::has_check_digit(&digits)
    };
    longest_first().find(|(_, number)| is_right(number)).or_else(|| longest_first().next())
}

/// Whether it looks like `5/27`, `05/27`, `05/2027`.
fn is_expiry(field: &str) -> bool {
    let digits = |text: &str, least, most| {
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    field.split_once('/').is_some_and(|(month, year)| digits(month, 1, 2) && digits(year, 2, 4))
}

/// Whether it can be a part of a card's number.
fn is_digits(field: &str) -> bool {
    field.bytes().any(|byte| byte.is_ascii_digit())
        && field.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// The server's own numbers, one for every message that has one of its own.
pub trait Numbers {
    /// The next one.
    fn next(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Numbers for F {
    fn next(&mut self) -> u64 {
        self()
    }
}

/// With whom the dialogue is, and what about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// With the winner of an item, at that price.
    Won {
        /// The item.
        item: String,
        /// What it costs them.
        price: Money,
        /// Who sells it.
        seller: String,
    },
    /// With the seller of an item that was sold.
    Sold {
        /// The item.
        item: String,
        /// What it brings.
        price: Money,
        /// Who has it.
        buyer: String,
        /// Whether they are asked for their particulars: not if the buyer pays elsewhere, which may take days.
        ask: bool,
    },
    /// With the seller of an item for which nobody bid.
    NoOffer {
        /// The item.
        item: String,
    },
}

/// What came of a sale, as it is told to both sides.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The buyer has paid. Who they are and where it is to be sent is for the seller.
    Paid {
        /// Their name.
        name: String,
        /// Their address.
        address: String,
    },
    /// It came to nothing, or not yet, and why.
    Canceled(String),
}

impl fmt::Debug for Verdict {
    /// Where people live stays out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paid { .. } => out.write_str("Paid(…)"),
            Self::Canceled(why) => write!(out, "Canceled({why:?})"),
        }
    }
}

/// What happens to a dialogue.
#[derive(Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// The other side took the connection.
    Connected,
    /// Bytes came.
    Received(&'a [u8]),
    /// The time that was to be waited has passed without any of the others.
    Waited,
    /// The time within which an answer was to come is over, whatever came of it.
    Late,
    /// The other side closed the connection, or it broke.
    HungUp,
    /// What came of the sale is known.
    Told(Verdict),
}

impl fmt::Debug for Input<'_> {
    /// A card may stand in what was received.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => out.write_str("Connected"),
            Self::Received(bytes) => write!(out, "Received({} bytes)", bytes.len()),
            Self::Waited => out.write_str("Waited"),
            Self::Late => out.write_str("Late"),
            Self::HungUp => out.write_str("HungUp"),
            Self::Told(verdict) => write!(out, "Told({verdict:?})"),
        }
    }
}

/// What is to be done, in this order.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this as one write.
    Send(Vec<u8>),
    /// Send this as one write. It is the last word: what came of the sale.
    Tell(Vec<u8>),
    /// From now on so many milliseconds may pass; earlier waiting is forgotten.
    Wait(u64),
    /// An answer has to come within so many milliseconds from now, whatever is waited for besides.
    Within(u64),
    /// There is nothing to be waited for but a verdict, or the end of the connection.
    Rest,
    /// They answered.
    Answered(Particulars),
    /// They will not answer any more: why, as the other side may be told.
    Failed(&'static str),
    /// Close the connection: the dialogue is over.
    Close,
}

impl fmt::Debug for Step {
    /// Where people live may stand in what is sent.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(bytes) => write!(out, "Send({} bytes)", bytes.len()),
            Self::Tell(bytes) => write!(out, "Tell({} bytes)", bytes.len()),
            Self::Wait(millis) => write!(out, "Wait({millis})"),
            Self::Within(millis) => write!(out, "Within({millis})"),
            Self::Rest => out.write_str("Rest"),
            Self::Answered(particulars) => write!(out, "Answered({particulars:?})"),
            Self::Failed(why) => write!(out, "Failed({why:?})"),
            Self::Close => out.write_str("Close"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Greeted,
    Asked,
    Answered,
    Telling,
    Parting,
    Over,
}

/// One side's dialogue.
pub struct Dialogue {
    about: About,
    answer_within: u64,
    state: State,
    /// The number of what was said last under one.
    number: u64,
    asked: u8,
    heard: Vec<u8>,
    verdict: Option<Verdict>,
}

impl fmt::Debug for Dialogue {
    /// A card may stand in what was heard.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Dialogue({:?}, {} bytes heard)", self.state, self.heard.len())
    }
}

impl Dialogue {
    /// A dialogue that begins when there is a connection.
    #[must_use]
    pub const fn new(about: About) -> Self {
        Self {
            about,
            answer_within: ANSWER_WITHIN,
            state: State::Greeting,
            number: 0,
            asked: 0,
            heard: Vec::new(),
            verdict: None,
        }
    }

    /// The same in which people have so many milliseconds to type what they are asked for.
    #[must_use]
    pub fn answered_within(self, millis: u64) -> Self {
        Self { answer_within: millis, ..self }
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// What is to be done when that happens. It can happen in any order.
    pub fn on(&mut self, input: Input<'_>, numbers: &mut dyn Numbers) -> Vec<Step> {
        match (self.state, input) {
            (State::Over, _) => Vec::new(),
            (_, Input::HungUp) => self.hung_up(),
            (State::Greeting, Input::Connected) => self.greet(numbers),
            (_, Input::Told(verdict)) => self.told(verdict),
            (State::Greeted, Input::Waited) => self.greeted(numbers),
            (State::Asked, Input::Received(bytes)) => self.received(bytes),
            (State::Asked, Input::Waited) => self.read(),
            (State::Asked, Input::Late) => self.late(),
            (State::Telling, Input::Waited) => self.tell(),
            (State::Parting, Input::Waited) => self.close(),
            // What is said out of turn is nothing.
            _ => Vec::new(),
        }
    }

    fn greet(&mut self, numbers: &mut dyn Numbers) -> Vec<Step> {
        self.number = numbers.next();
        let number = self.number;
        let part = |text: &str| single(text, 300);
        let (text, wait) = match &self.about {
            About::Won { item, price, seller } => {
                let text = format!("WINNER {number} {} {} {}", part(item), amount(*price), part(seller));
                (text, BEFORE_ASKING.0)
            }
            About::Sold { item, price, buyer, .. } => {
                let text = format!("SOLD {number} {} {} {}", part(item), amount(*price), part(buyer));
                (text, BEFORE_ASKING.1)
            }
            About::NoOffer { item } => (format!("NON_OFFER {number} {}", part(item)), BEFORE_CLOSING),
        };
        self.state = match self.about {
            About::Won { .. } | About::Sold { .. } => State::Greeted,
            About::NoOffer { .. } => State::Parting,
        };
        vec![Step::Send(cut(text)), Step::Wait(wait)]
    }

    /// The time after the greeting has passed.
    fn greeted(&mut self, numbers: &mut dyn Numbers) -> Vec<Step> {
        if self.verdict.is_some() {
            self.state = State::Telling;
            return self.tell();
        }
        if matches!(self.about, About::Sold { ask: false, .. }) {
            self.state = State::Parting;
            return vec![Step::Wait(BEFORE_CLOSING)];
        }
        self.ask(numbers)
    }

    fn ask(&mut self, numbers: &mut dyn Numbers) -> Vec<Step> {
        let (About::Won { item, price, .. } | About::Sold { item, price, .. }) = &self.about else {
            return self.close();
        };
        self.number = numbers.next();
        let text = format!("INFORM_Req {} {} {}", self.number, single(item, 300), amount(*price));
        self.state = State::Asked;
        self.asked += 1;
        self.heard.clear();
        vec![Step::Send(cut(text)), Step::Within(self.answer_within)]
    }

    fn received(&mut self, bytes: &[u8]) -> Vec<Step> {
        let room = LONGEST_ANSWER.saturating_sub(self.heard.len());
        self.heard.extend(bytes.iter().take(room));
        vec![Step::Wait(REST)]
    }

    /// What was heard, read. Whatever it was, a card may stand in it: it is forgotten.
    fn heard(&mut self) -> Option<Particulars> {
        particulars(&std::mem::take(&mut self.heard))
    }

    /// Nothing more came: what came is the answer.
    fn read(&mut self) -> Vec<Step> {
        match self.heard() {
            Some(particulars) => self.answered(particulars),
            None if self.asked < TRIES => {
                // Somebody who answers fast may still have the question before in the same `recv`.
                self.state = State::Greeted;
                vec![Step::Wait(BEFORE_TELLING)]
            }
            None => self.fail("Invalid response format"),
        }
    }

    /// The time is over. Whoever has just answered has; whoever is still at it is too late, however much they have said.
    fn late(&mut self) -> Vec<Step> {
        match self.heard() {
            Some(particulars) => self.answered(particulars),
            None => self.fail("Connection timeout"),
        }
    }

    fn answered(&mut self, particulars: Particulars) -> Vec<Step> {
        self.state = State::Answered;
        vec![Step::Answered(particulars), Step::Rest]
    }

    /// They are told that it came to nothing, and the other side is to be.
    fn fail(&mut self, why: &'static str) -> Vec<Step> {
        let mut steps = vec![Step::Failed(why)];
        steps.append(&mut self.told(Verdict::Canceled(why.to_owned())));
        steps
    }

    /// They are gone. While nothing is decided that decides it, for whoever is asked for something.
    fn hung_up(&mut self) -> Vec<Step> {
        let is_asked = !matches!(self.about, About::NoOffer { .. } | About::Sold { ask: false, .. });
        self.heard.clear();
        self.state = State::Over;
        if is_asked && self.verdict.is_none() {
            vec![Step::Failed("The other side hung up"), Step::Close]
        } else {
            vec![Step::Close]
        }
    }

    fn told(&mut self, verdict: Verdict) -> Vec<Step> {
        if self.verdict.is_some() {
            return Vec::new();
        }
        self.verdict = Some(verdict);
        match self.state {
            // It is told after the greeting.
            State::Greeting | State::Greeted => Vec::new(),
            _ => {
                self.state = State::Telling;
                vec![Step::Wait(BEFORE_TELLING)]
            }
        }
    }

    fn tell(&mut self) -> Vec<Step> {
        let number = self.number;
        self.state = State::Parting;
        let text = match (&self.about, self.verdict.as_ref()) {
            (About::Sold { .. }, Some(Verdict::Paid { name, address })) => {
                let name = single(name, SHOWN.0);
                let address: String = address.split_whitespace().collect::<Vec<_>>().join(" ");
                let end = (0..=SHOWN.1).rev().find(|&end| address.is_char_boundary(end)).unwrap_or(0);
                let address = address.get(..end.min(address.len())).unwrap_or(&address);
                format!("Shipping_Info {number} {name} {address}")
            }
            (_, Some(Verdict::Canceled(why))) => format!("CANCEL {number} {why}"),
            // Who paid is told nothing: the connection ends, as it always did.
            _ => return vec![Step::Wait(BEFORE_CLOSING)],
        };
        vec![Step::Tell(cut(text)), Step::Wait(BEFORE_CLOSING)]
    }

    fn close(&mut self) -> Vec<Step> {
        self.state = State::Over;
        vec![Step::Close]
    }
}
