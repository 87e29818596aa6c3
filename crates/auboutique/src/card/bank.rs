//! What the sandbox knows and decides, without a socket, a file or a clock.
//!
//! Whatever is asked is answered with the [`Line`]s that would make it so, or with a [`No`]. The lines are kept first and
//! then taken in with [`Bank::apply`]; taking in all lines that were ever kept makes the same bank again.

use std::collections::{BTreeMap, HashMap, VecDeque};

use auboutique_domain::time::Moment;
use auboutique_domain::{Currency, Money};
use axum::http::Uri;
use serde::{Deserialize, Serialize};

use super::callback::{Callback, What};
use super::{PaymentName, Report, Standing};

/// How many payments are known at most.
pub const MOST_PAYMENTS: usize = 100_000;
/// How many callbacks may wait to be told.
pub const MOST_DUE: usize = 10_000;
/// How many cards a buyer can try for one payment.
pub const MOST_TRIES: u32 = 20;
/// How long the address may be to which a buyer is sent back.
pub const LONGEST_URL: usize = 2_000;
/// What is kept of a payment: so many hundredths of a percent of it.
const FEE_BASIS_POINTS: i64 = 290;
/// And so many cents of one in USD.
const FEE_CENTS: i64 = 30;
/// How many settlements are remembered for the page.
const SETTLEMENTS: usize = 50;

/// The most a payment may be about.
#[must_use]
pub const fn most(currency: Currency) -> Money {
    match currency {
        Currency::Usd => Money::new(1_000_000, currency),
        Currency::Lbp => Money::new(1_000_000_000, currency),
    }
}

/// What is kept of a payment: 2.9 %, rounded half up, and 0.30 USD of one in USD.
#[must_use]
pub fn fee(amount: Money) -> Money {
    let share = amount.share(FEE_BASIS_POINTS);
    match amount.currency {
        Currency::Usd => Money::new(share.minor.saturating_add(FEE_CENTS), amount.currency),
        Currency::Lbp => share,
    }
}

/// The cards a buyer can choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// Approves.
    Approves,
    /// Declines: not enough money.
    NotEnoughMoney,
    /// Declines: stolen.
    Stolen,
    /// Approves, and the market is told only after a while.
    AnswersLate,
    /// Approves, and the market is told twice.
    CallsTwice,
    /// Approves, and the market is not told: it has to ask.
    NeverTells,
    /// Approves; the first capture is done and not answered.
    CaptureTimesOut,
    /// Approves; its capture fails.
    CaptureFails,
}

impl TestCard {
    /// Every card.
    pub const ALL: [Self; 8] = [
        Self::Approves,
        Self::NotEnoughMoney,
        Self::Stolen,
        Self::AnswersLate,
        Self::CallsTwice,
        Self::NeverTells,
        Self::CaptureTimesOut,
        Self::CaptureFails,
    ];

    /// Its name in forms and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approves => "approves",
            Self::NotEnoughMoney => "not_enough_money",
            Self::Stolen => "stolen",
            Self::AnswersLate => "answers_late",
            Self::CallsTwice => "calls_twice",
            Self::NeverTells => "never_tells",
            Self::CaptureTimesOut => "capture_times_out",
            Self::CaptureFails => "capture_fails",
        }
    }

    /// What the page calls it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Approves => "Approves",
            Self::NotEnoughMoney => "Declines: not enough money",
            Self::Stolen => "Declines: stolen",
            Self::AnswersLate => "Answers late",
            Self::CallsTwice => "Calls back twice",
            Self::NeverTells => "Never tells",
            Self::CaptureTimesOut => "Capture times out once",
            Self::CaptureFails => "Capture fails",
        }
    }

    /// What the page says of it.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Approves => "The bank says yes, and the market hears of it at once.",
            Self::NotEnoughMoney => "The bank says no. You can choose another card.",
            Self::Stolen => "The bank says no, and means it. You can choose another card.",
            Self::AnswersLate => "The bank says yes. The market hears of it after a while.",
            Self::CallsTwice => "The bank says yes, and the market hears the same twice.",
            Self::NeverTells => "The bank says yes, and nobody tells the market: it has to ask.",
            Self::CaptureTimesOut => {
                "The bank says yes. The market's first capture is done, and gets no answer."
            }
            Self::CaptureFails => "The bank says yes, and no when the market captures.",
        }
    }

    /// The card of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.name() == name)
    }

    /// The card of that number, as it is typed where there is no page: three that bring a no, one whose capture gets no answer,
    /// and every other that looks like a card approves.
    #[must_use]
    pub fn of_number(number: &str) -> Option<Self> {
        let looks_like_one = (12..=19).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        looks_like_one.then_some(match number {
            "4000000000009995" => Self::NotEnoughMoney,
            "4000000000009979" => Self::Stolen,
            "4000000000000341" => Self::CaptureFails,
            "4000000000001000" => Self::CaptureTimesOut,
            _ => Self::Approves,
        })
    }

    const fn declines(self) -> Option<&'static str> {
        match self {
            Self::NotEnoughMoney => Some("not enough money"),
            Self::Stolen => Some("the card was reported stolen"),
            _ => None,
        }
    }

    /// How often the market is told what came of it.
    const fn times(self) -> u8 {
        match self {
            Self::CallsTwice => 2,
            Self::NeverTells => 0,
            _ => 1,
        }
    }
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// What the market calls it.
    pub name: PaymentName,
    /// What stands in the address of its hosted page: nobody guesses it.
    pub reference: String,
    /// How much it is about.
    pub amount: Money,
    /// Where its buyer is sent back to.
    pub return_url: String,
    /// When it was made known.
    pub opened_at: Moment,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// The card that was chosen last, and the token that stands for it.
    pub chosen: Option<(TestCard, String)>,
    /// How many cards were tried.
    pub tries: u32,
    /// What was settled of it, less what was taken back since.
    pub settled: i64,
}

impl Payment {
    /// What is said of it.
    #[must_use]
    pub fn report(&self) -> Report {
        Report { payment: self.name.clone(), standing: self.standing.clone(), amount: self.amount }
    }

    /// Whether its buyer can choose a card. A capture that failed is the end of it.
    #[must_use]
    pub fn is_payable(&self) -> bool {
        match self.standing {
            Standing::Open => true,
            Standing::Declined { .. } => !self.was_chosen(TestCard::CaptureFails) && self.tries < MOST_TRIES,
            Standing::Authorized | Standing::Captured { .. } | Standing::Canceled => false,
        }
    }

    fn was_chosen(&self, card: TestCard) -> bool {
        self.chosen.as_ref().is_some_and(|(chosen, _)| *chosen == card)
    }

    /// What the market shall have got for it in the end, in minor units.
    const fn net(&self) -> i64 {
        match self.standing {
            Standing::Captured { fee } => self.amount.minor - fee.minor,
            _ => 0,
        }
    }

    fn stands(&self, standing: Standing) -> Self {
        Self { standing, ..self.clone() }
    }
}

/// A callback that has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What is told.
    pub callback: Callback,
    /// How often.
    pub times: u8,
    /// Not before a while has passed.
    pub late: bool,
}

/// What changed. The file of the sandbox is made of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A payment is like this now.
    Payment(Payment),
    /// This has to be told.
    Due(Due),
    /// The callback of that name was told.
    Told(String),
    /// These payments were settled, which has to be told. One line: a file that ends in it knows of all or of none.
    Settled {
        /// What is told.
        callback: Callback,
        /// What was settled.
        payments: Vec<PaymentName>,
    },
}

/// What a market asks for when it makes a payment known.
#[derive(Debug, Clone, Deserialize)]
pub struct Opening {
    /// What it calls the payment.
    pub payment: PaymentName,
    /// How much it is about.
    pub amount: Money,
    /// Where the buyer is sent back to.
    pub return_url: String,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// There is no payment of that name, or no page of that reference.
    Unknown,
    /// The amount is not one that can be paid.
    Amount(Currency),
    /// Nobody can be sent back there.
    ReturnUrl,
    /// The payment is known, and about another amount.
    Differs,
    /// No more payments are taken.
    Full,
    /// There is no such card.
    Card,
    /// Where the payment stands does not allow it.
    Stands(Box<Report>),
}

/// How a capture is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// At once.
    Now,
    /// Not at all: whoever asked gives up.
    Never,
}

/// Money that was paid to the market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its name.
    pub batch: String,
    /// How much it was.
    pub amount: Money,
    /// When.
    pub at: Moment,
}

/// Everything the sandbox knows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bank {
    payments: BTreeMap<PaymentName, Payment>,
    /// The names, the oldest first.
    order: Vec<PaymentName>,
    by_reference: HashMap<String, PaymentName>,
    due: BTreeMap<String, Due>,
    settlements: VecDeque<Settlement>,
}

impl Bank {
    /// The payment of that name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn payment(&self, name: &str) -> Result<&Payment, No> {
        PaymentName::parse(name).and_then(|name| self.payments.get(&name)).ok_or(No::Unknown)
    }

    /// The payment of that hosted page.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn page(&self, reference: &str) -> Result<&Payment, No> {
        self.by_reference.get(reference).and_then(|name| self.payments.get(name)).ok_or(No::Unknown)
    }

    /// The newest payments.
    pub fn newest(&self) -> impl Iterator<Item = &Payment> {
        self.order.iter().rev().filter_map(|name| self.payments.get(name))
    }

    /// How many payments there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.payments.len()
    }

    /// The last settlements, the newest first.
    pub fn settlements(&self) -> impl Iterator<Item = &Settlement> {
        self.settlements.iter().rev()
    }

    /// What has to be told still.
    pub fn due(&self) -> impl Iterator<Item = &Due> {
        self.due.values()
    }

    /// A payment becomes known. Asked again it stays as it is, but for where its buyer is sent back to.
    ///
    /// # Errors
    ///
    /// The amount, the address, another amount than before, too many.
    pub fn open(&self, opening: &Opening, reference: String, now: Moment) -> Result<Vec<Line>, No> {
        let Opening { payment: name, amount, return_url } = opening;
        if !(1..=most(amount.currency).minor).contains(&amount.minor) {
            return Err(No::Amount(amount.currency));
        }
        origin(return_url).ok_or(No::ReturnUrl)?;
        if let Some(known) = self.payments.get(name) {
            if known.amount != *amount {
                return Err(No::Differs);
            }
            if known.return_url == *return_url {
                return Ok(Vec::new());
            }
            // The market may have moved since.
            return Ok(vec![Line::Payment(Payment { return_url: return_url.clone(), ..known.clone() })]);
        }
        if self.payments.len() >= MOST_PAYMENTS {
            return Err(No::Full);
        }
        Ok(vec![Line::Payment(Payment {
            name: name.clone(),
            reference,
            amount: *amount,
            return_url: return_url.clone(),
            opened_at: now,
            standing: Standing::Open,
            chosen: None,
            tries: 0,
            settled: 0,
        })])
    }

    /// A buyer chooses a card on the page of that reference. `token` stands for the card, `event` is the name of what the
    /// market is told.
    ///
    /// # Errors
    ///
    /// No such page; the payment cannot be paid any more.
    pub fn choose(
        &self,
        reference: &str,
        card: TestCard,
        (token, event): (String, String),
        now: Moment,
    ) -> Result<Vec<Line>, No> {
        let payment = self.page(reference)?;
        if !payment.is_payable() {
            return Err(No::Stands(Box::new(payment.report())));
        }
        let standing = match card.declines() {
            Some(reason) => Standing::Declined { reason: reason.to_owned() },
            None => Standing::Authorized,
        };
        let chosen = Some((card, token));
        let payment = Payment { chosen, tries: payment.tries + 1, ..payment.stands(standing) };
        let callback = Callback { id: event, at: now, what: What::Payment(payment.report()) };
        let due = Due { callback, times: card.times(), late: card == TestCard::AnswersLate };
        let mut lines = vec![Line::Payment(payment)];
        // A market that hears nothing asks.
        if due.times > 0 && self.due.len() < MOST_DUE {
            lines.push(Line::Due(due));
        }
        Ok(lines)
    }

    /// The market takes the money.
    ///
    /// # Errors
    ///
    /// No such payment; it is not authorized.
    pub fn capture(&self, name: &str) -> Result<(Vec<Line>, Answered), No> {
        let payment = self.payment(name)?;
        match payment.standing {
            Standing::Captured { .. } => Ok((Vec::new(), Answered::Now)),
            Standing::Authorized if payment.was_chosen(TestCard::CaptureFails) => {
                let reason = "the bank no longer keeps the money".to_owned();
                Ok((vec![Line::Payment(payment.stands(Standing::Declined { reason }))], Answered::Now))
            }
            Standing::Authorized => {
                let late = payment.was_chosen(TestCard::CaptureTimesOut);
                let captured = payment.stands(Standing::Captured { fee: fee(payment.amount) });
                Ok((vec![Line::Payment(captured)], if late { Answered::Never } else { Answered::Now }))
            }
            Standing::Open | Standing::Declined { .. } | Standing::Canceled => {
                Err(No::Stands(Box::new(payment.report())))
            }
        }
    }

    /// The market gives the money back, or does not want it.
    ///
    /// # Errors
    ///
    /// No such payment.
    pub fn cancel(&self, name: &str) -> Result<Vec<Line>, No> {
        let payment = self.payment(name)?;
        if payment.standing == Standing::Canceled {
            return Ok(Vec::new());
        }
        Ok(vec![Line::Payment(payment.stands(Standing::Canceled))])
    }

    /// Pays the market what it has captured, not given back and not been paid before, less fees: once per currency. What was
    /// given back after it was paid is taken off, its fee with it. Where nothing is left to pay, everything waits for the
    /// next time. `named` makes names with that beginning.
    ///
    /// # Errors
    ///
    /// Too much waits to be told already.
    pub fn settle(&self, named: &mut dyn FnMut(&str) -> String, now: Moment) -> Result<Vec<Line>, No> {
        let mut lines = Vec::new();
        for currency in Currency::ALL {
            let open =
                |payment: &&Payment| payment.amount.currency == currency && payment.net() != payment.settled;
            let sum: i128 = self
                .payments
                .values()
                .filter(open)
                .map(|payment| i128::from(payment.net()) - i128::from(payment.settled))
                .sum();
            // A hundred thousand payments of the largest amount fit.
            let Some(minor) = i64::try_from(sum).ok().filter(|minor| *minor > 0) else { continue };
            if self.due.len() + Currency::ALL.len() > MOST_DUE {
                return Err(No::Full);
            }
            let amount = Money::new(minor, currency);
            let what = What::Settled { batch: named("stl"), amount };
            let callback = Callback { id: named("evt"), at: now, what };
            let payments = self.payments.values().filter(open).map(|payment| payment.name.clone()).collect();
            lines.push(Line::Settled { callback, payments });
        }
        Ok(lines)
    }

    /// Takes in what changed.
    pub fn apply(&mut self, line: Line) {
        match line {
            Line::Payment(payment) => {
                if !self.payments.contains_key(&payment.name) {
                    self.order.push(payment.name.clone());
                    self.by_reference.insert(payment.reference.clone(), payment.name.clone());
                }
                self.payments.insert(payment.name.clone(), payment);
            }
            Line::Due(due) => {
                self.due.insert(due.callback.id.clone(), due);
            }
            Line::Told(id) => {
                self.due.remove(&id);
            }
            Line::Settled { callback, payments } => {
                for name in payments {
                    if let Some(payment) = self.payments.get_mut(&name) {
                        payment.settled = payment.net();
                    }
                }
                if let What::Settled { batch, amount } = &callback.what {
                    let settlement = Settlement { batch: batch.clone(), amount: *amount, at: callback.at };
                    self.settlements.push_back(settlement);
                    if self.settlements.len() > SETTLEMENTS {
                        self.settlements.pop_front();
                    }
                }
                self.due.insert(callback.id.clone(), Due { callback, times: 1, late: false });
            }
        }
    }
}

/// The scheme, host and port a buyer is sent back to; nothing when that is no address of a page. It becomes part of a policy
/// that browsers read, so nothing but a plain name or address is a host.
#[must_use]
pub fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok().filter(|_| url.len() <= LONGEST_URL)?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority()?;
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host =
        address.map_or_else(|| plain(host), |address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let whole = match authority.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    // Whoever signs in by the address, or leaves a port open, is not sent anywhere.
    (is_host && whole == authority.as_str()).then(|| format!("{scheme}://{whole}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_795_336_200_000_000);

    /// A bank with one payment of 12.50 USD in it, and what was kept of it.
    struct Room {
        bank: Bank,
        kept: Vec<Line>,
        made: u32,
    }

    impl Room {
        fn new() -> Self {
            let mut room = Self { bank: Bank::default(), kept: Vec::new(), made: 0 };
            room.opens("pay_1", Money::new(1_250, Currency::Usd)).unwrap();
            room
        }

        fn keeps(&mut self, lines: Vec<Line>) {
            for line in lines {
                // As it comes back from a file.
                let line: Line = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
                self.kept.push(line.clone());
                self.bank.apply(line);
            }
        }

        fn opens(&mut self, name: &str, amount: Money) -> Result<(), No> {
            let return_url = "http://127.0.0.1:8080/orders/1".to_owned();
            let opening = Opening { payment: PaymentName::parse(name).unwrap(), amount, return_url };
            let lines = self.bank.open(&opening, format!("ref_{name}"), NOW)?;
            self.keeps(lines);
            Ok(())
        }

        fn chooses(&mut self, name: &str, card: TestCard) -> Result<Vec<Line>, No> {
            self.made += 1;
            let made = (format!("tok_{}", self.made), format!("evt_{}", self.made));
            let lines = self.bank.choose(&format!("ref_{name}"), card, made, NOW)?;
            self.keeps(lines.clone());
            Ok(lines)
        }

        fn captures(&mut self, name: &str) -> Result<Answered, No> {
            let (lines, answered) = self.bank.capture(name)?;
            self.keeps(lines);
            Ok(answered)
        }

        fn cancels(&mut self, name: &str) -> Result<(), No> {
            let lines = self.bank.cancel(name)?;
            self.keeps(lines);
            Ok(())
        }

        /// Settles, and says what was paid.
        fn settles(&mut self) -> Vec<Money> {
            let mut made = self.made;
            let mut named = |beginning: &str| {
                made += 1;
                format!("{beginning}_{made}")
            };
            let lines = self.bank.settle(&mut named, NOW).unwrap();
            self.made = made;
            self.keeps(lines.clone());
            let paid = lines.into_iter().filter_map(|line| match line {
                Line::Settled { callback: Callback { what: What::Settled { amount, .. }, .. }, .. } => {
                    Some(amount)
                }
                _ => None,
            });
            paid.collect()
        }

        fn stands(&self, name: &str) -> Standing {
            self.bank.payment(name).unwrap().standing.clone()
        }

        /// Taking in what was kept makes the same bank.
        fn is_kept(&self) {
            let mut again = Bank::default();
            self.kept.iter().cloned().for_each(|line| again.apply(line));
            assert_eq!(again, self.bank);
        }
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::Usd)
    }

    #[test]
    fn the_fee_is_two_point_nine_percent_half_up_and_thirty_cents_of_dollars() {
        let check = |minor, currency, expected| {
            assert_eq!(
                fee(Money::new(minor, currency)),
                Money::new(expected, currency),
                "{minor} {currency}"
            );
        };
        check(1_250, Currency::Usd, 66);
        check(10_000, Currency::Usd, 320);
        check(1, Currency::Usd, 30);
        check(500, Currency::Usd, 45);
        check(17, Currency::Usd, 30);
        check(18, Currency::Usd, 31);
        check(1_000_000, Currency::Usd, 29_030);
        check(350_000, Currency::Lbp, 10_150);
        check(50, Currency::Lbp, 1);
        check(17, Currency::Lbp, 0);
        check(150, Currency::Lbp, 4);
    }

    #[test]
    fn a_payment_is_opened_once_under_its_name() {
        let mut room = Room::new();
        room.opens("pay_1", usd(1_250)).unwrap();
        assert_eq!((room.bank.count(), room.kept.len()), (1, 1));
        assert_eq!(room.opens("pay_1", usd(1_251)), Err(No::Differs));
        assert_eq!(room.opens("pay_1", Money::new(1_250, Currency::Lbp)), Err(No::Differs));
        for minor in [i64::MIN, -1, 0, 1_000_001, i64::MAX] {
            assert_eq!(room.opens("pay_2", usd(minor)), Err(No::Amount(Currency::Usd)), "{minor}");
        }
        room.opens("pay_2", usd(1_000_000)).unwrap();
        room.is_kept();
    }

    #[test]
    fn every_card_makes_of_a_payment_what_it_says() {
        let declined = |reason: &str| Standing::Declined { reason: reason.to_owned() };
        for (card, standing, told) in [
            (TestCard::Approves, Standing::Authorized, Some((1, false))),
            (TestCard::NotEnoughMoney, declined("not enough money"), Some((1, false))),
            (TestCard::Stolen, declined("the card was reported stolen"), Some((1, false))),
            (TestCard::AnswersLate, Standing::Authorized, Some((1, true))),
            (TestCard::CallsTwice, Standing::Authorized, Some((2, false))),
            (TestCard::NeverTells, Standing::Authorized, None),
            (TestCard::CaptureTimesOut, Standing::Authorized, Some((1, false))),
            (TestCard::CaptureFails, Standing::Authorized, Some((1, false))),
        ] {
            let mut room = Room::new();
            room.chooses("pay_1", card).unwrap();
            assert_eq!(room.stands("pay_1"), standing, "{card:?}");
            let due: Vec<_> = room.bank.due().map(|due| (due.times, due.late)).collect();
            assert_eq!(due, told.into_iter().collect::<Vec<_>>(), "{card:?}");
            for due in room.bank.due() {
                assert_eq!(due.callback.what, What::Payment(room.bank.payment("pay_1").unwrap().report()));
            }
            assert_eq!(TestCard::parse(card.name()), Some(card));
            room.is_kept();
        }
    }

    #[test]
    fn whoever_was_declined_can_choose_another_card_but_not_for_ever() {
        let mut room = Room::new();
        room.chooses("pay_1", TestCard::Stolen).unwrap();
        room.chooses("pay_1", TestCard::Approves).unwrap();
        assert_eq!(room.stands("pay_1"), Standing::Authorized);
        assert!(matches!(room.chooses("pay_1", TestCard::Approves), Err(No::Stands(_))));
        room.opens("pay_2", usd(1)).unwrap();
        for _ in 0..MOST_TRIES {
            room.chooses("pay_2", TestCard::Stolen).unwrap();
        }
        assert!(matches!(room.chooses("pay_2", TestCard::Approves), Err(No::Stands(_))));
    }

    #[test]
    fn only_what_is_authorized_is_captured_and_only_once() {
        let mut room = Room::new();
        assert!(
            matches!(room.captures("pay_1"), Err(No::Stands(report)) if report.standing == Standing::Open)
        );
        assert_eq!(room.captures("pay_2"), Err(No::Unknown));
        room.chooses("pay_1", TestCard::Stolen).unwrap();
        assert!(matches!(room.captures("pay_1"), Err(No::Stands(_))));
        room.chooses("pay_1", TestCard::Approves).unwrap();
        assert_eq!(room.captures("pay_1"), Ok(Answered::Now));
        assert_eq!(room.stands("pay_1"), Standing::Captured { fee: usd(66) });
        let kept = room.kept.len();
        assert_eq!((room.captures("pay_1"), room.kept.len()), (Ok(Answered::Now), kept));
    }

    #[test]
    fn a_capture_that_gets_no_answer_is_done_and_answered_the_second_time() {
        let mut room = Room::new();
        room.chooses("pay_1", TestCard::CaptureTimesOut).unwrap();
        assert_eq!(room.captures("pay_1"), Ok(Answered::Never));
        assert_eq!(room.stands("pay_1"), Standing::Captured { fee: usd(66) });
        assert_eq!(room.captures("pay_1"), Ok(Answered::Now));
        assert_eq!(room.settles(), [usd(1_184)]);
        room.is_kept();
    }

    #[test]
    fn a_capture_that_fails_is_the_end_of_a_payment() {
        let mut room = Room::new();
        room.chooses("pay_1", TestCard::CaptureFails).unwrap();
        assert_eq!(room.captures("pay_1"), Ok(Answered::Now));
        assert!(matches!(room.stands("pay_1"), Standing::Declined { .. }));
        assert!(matches!(room.chooses("pay_1", TestCard::Approves), Err(No::Stands(_))));
        assert!(matches!(room.captures("pay_1"), Err(No::Stands(_))));
        assert_eq!(room.settles(), []);
    }

    #[test]
    fn whatever_stands_anywhere_can_be_canceled_once_and_never_paid_after() {
        let mut room = Room::new();
        for (name, card) in
            [("pay_1", None), ("pay_2", Some(TestCard::Stolen)), ("pay_3", Some(TestCard::Approves))]
        {
            room.opens(name, usd(1_250)).unwrap();
            if let Some(card) = card {
                room.chooses(name, card).unwrap();
            }
            room.cancels(name).unwrap();
            let kept = room.kept.len();
            room.cancels(name).unwrap();
            assert_eq!((room.stands(name), room.kept.len()), (Standing::Canceled, kept), "{name}");
            assert!(matches!(room.chooses(name, TestCard::Approves), Err(No::Stands(_))), "{name}");
            assert!(matches!(room.captures(name), Err(No::Stands(_))), "{name}");
        }
        assert_eq!(room.cancels("pay_4"), Err(No::Unknown));
        room.is_kept();
    }

    #[test]
    fn what_is_captured_is_settled_once_less_fees_and_by_currency() {
        let mut room = Room::new();
        room.opens("pay_2", usd(10_000)).unwrap();
        room.opens("pay_3", Money::new(350_000, Currency::Lbp)).unwrap();
        room.opens("pay_4", usd(700)).unwrap();
        for name in ["pay_1", "pay_2", "pay_3", "pay_4"] {
            room.chooses(name, TestCard::Approves).unwrap();
        }
        for name in ["pay_1", "pay_2", "pay_3"] {
            room.captures(name).unwrap();
        }
        // What is given back before is never paid.
        room.cancels("pay_2").unwrap();
        assert_eq!(room.settles(), [usd(1_184), Money::new(339_850, Currency::Lbp)]);
        assert_eq!(room.settles(), []);
        // What is given back after is taken off the next time, which waits until there is something to pay.
        room.cancels("pay_1").unwrap();
        room.captures("pay_4").unwrap();
        assert_eq!(room.settles(), []);
        room.opens("pay_5", usd(10_000)).unwrap();
        room.chooses("pay_5", TestCard::Approves).unwrap();
        room.captures("pay_5").unwrap();
        assert_eq!(room.settles(), [usd(9_680 + 650 - 1_184)]);
        assert_eq!(room.settles(), []);
        let newest: Vec<_> = room.bank.settlements().map(|settlement| settlement.amount.minor).collect();
        assert_eq!(newest, [9_146, 339_850, 1_184]);
        room.is_kept();
    }

    #[test]
    fn what_was_told_is_no_longer_due() {
        let mut room = Room::new();
        room.chooses("pay_1", TestCard::Approves).unwrap();
        let id = room.bank.due().next().unwrap().callback.id.clone();
        room.keeps(vec![Line::Told(id)]);
        assert_eq!(room.bank.due().count(), 0);
        room.is_kept();
    }

    #[test]
    fn a_buyer_is_sent_back_to_a_page_and_to_nothing_else() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/orders/1?done=paid", "http://127.0.0.1:8080"),
            ("https://market.example.edu/orders/1", "https://market.example.edu"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(url).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "",
            "/orders/1",
            "//market.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://market.example",
            "http://",
            "http://me@market.example/",
            "http://a;script-src/",
            "http://a,b/",
            "http://a:/",
            "http://a b/",
            "http://a/\r\nset-cookie: a=b",
            &format!("http://market.example/{}", "a".repeat(LONGEST_URL)),
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
