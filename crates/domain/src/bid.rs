//! Bids: what one is, what the next has to be, and the price, which is a pure function of the bids that were accepted.
//!
//! A bid is a maximum: the server bids for its bidder as little as is needed, up to that (`rules.md` 5.1, 5.2). Of the bids
//! of an auction three numbers matter: who leads, the leader's maximum, and the highest maximum of anybody else. They are a
//! [`Standing`]; from it and the [`Terms`] follow the price and the least the next bid may be.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::money::{Currency, Money, Price};
use crate::refusal::Refusal;
use crate::time::Moment;

/// What bids are multiples of, in minor units: what people can pay in cash (`rules.md` 5.1, 5.2).
#[must_use]
pub const fn cash_unit(currency: Currency) -> i64 {
    match currency {
        Currency::Usd => 50,
        Currency::Lbp => 1_000,
    }
}

/// The amount as one that can be bid: a multiple of [`cash_unit`] within [`Price::RANGE`].
///
/// # Errors
///
/// [`Refusal::PriceOutOfRange`], [`Refusal::NotCashUnit`].
pub fn payable(amount: Money) -> Result<Money, Refusal> {
    let amount = Price::new(amount.minor, amount.currency)?.money();
    let unit = Money::new(cash_unit(amount.currency), amount.currency);
    if amount.minor % unit.minor == 0 { Ok(amount) } else { Err(Refusal::NotCashUnit { unit }) }
}

/// By how much the next bid exceeds the price, in bands of it: from so many minor units on, so many.
///
/// Written `0:50,1000:100`, as the operator sets it and an auction keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder(Vec<(i64, i64)>);

/// The most bands a ladder has.
const MOST_BANDS: usize = 20;

impl Ladder {
    /// The ladder of `rules.md` 5.1.
    #[must_use]
    pub fn of(currency: Currency) -> Self {
        Self(match currency {
            Currency::Usd => vec![
                (0, 50),
                (1_000, 100),
                (5_000, 200),
                (10_000, 500),
                (25_000, 1_000),
                (50_000, 2_500),
                (100_000, 5_000),
                (250_000, 10_000),
            ],
            Currency::Lbp => vec![
                (0, 50_000),
                (1_000_000, 100_000),
                (5_000_000, 200_000),
                (10_000_000, 500_000),
                (25_000_000, 1_000_000),
                (50_000_000, 2_500_000),
                (100_000_000, 5_000_000),
            ],
        })
    }

    /// Reads a ladder as it is written.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong: it has to begin at 0, its bands have to follow each other, its increments may
    /// never become smaller and have to be multiples of [`cash_unit`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, String> {
        let unit = cash_unit(currency);
        let mut bands: Vec<(i64, i64)> = Vec::new();
        for part in text.split(',') {
            let read = part.trim().split_once(':').and_then(|(from, increment)| {
                Some((from.trim().parse::<i64>().ok()?, increment.trim().parse::<i64>().ok()?))
            });
            let Some(band) = read else {
                return Err(format!("{part:?} is not a band. Write them like 0:50,1000:100."));
            };
            bands.push(band);
        }
        let wrong = |problem: &str| Err(format!("{problem} Write the bands like 0:50,1000:100."));
        if bands.len() > MOST_BANDS {
            return wrong("A ladder has at most 20 bands.");
        }
        if bands.first().is_none_or(|first| first.0 != 0) {
            return wrong("The first band begins at 0.");
        }
        if !bands.is_sorted_by(|one, next| one.0 < next.0) {
            return wrong("Every band begins above the one before it.");
        }
        if !bands.is_sorted_by_key(|band| band.1) {
            return wrong("An increment is never smaller than the one before it.");
        }
        if bands.iter().any(|band| band.1 < unit || band.1 % unit != 0 || !Price::RANGE.contains(&band.1)) {
            return Err(format!("An increment is a multiple of {}.", Money::new(unit, currency)));
        }
        Ok(Self(bands))
    }

    /// By how much the next bid exceeds that price.
    #[must_use]
    pub fn increment(&self, price: i64) -> i64 {
        let above = self.0.partition_point(|band| band.0 <= price);
        // The first band begins at 0, and no price is below it.
        self.0.get(above.saturating_sub(1)).map_or(1, |band| band.1)
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (from, increment)) in self.0.iter().enumerate() {
            if place > 0 {
                out.write_str(",")?;
            }
            write!(out, "{from}:{increment}")?;
        }
        Ok(())
    }
}

impl Serialize for Ladder {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ladder {
    /// Of which currency it is, is not written in it: it was checked for that when it was set.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let of = |currency| Self::parse(&text, currency);
        of(Currency::Usd).or_else(|_| of(Currency::Lbp)).map_err(serde::de::Error::custom)
    }
}

impl ToSchema for Ladder {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IncrementLadder")
    }
}

impl PartialSchema for Ladder {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("By how much the next bid exceeds the price, in bands of it: `0:50,1000:100`, in minor units."))
            .pattern(Some("^[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*$"))
            .into()
    }
}

/// What prices in an auction are made by. All amounts are minor units of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// The currency of every amount.
    pub currency: Currency,
    /// The least the first bid may be.
    pub starting_price: i64,
    /// The secret least the seller accepts.
    pub reserve: Option<i64>,
    /// The seller's own increment: what the ladder says is used where it is more.
    pub increment: Option<i64>,
    /// By how much bids exceed the price: frozen when the auction was opened.
    pub ladder: Ladder,
}

impl Terms {
    /// By how much the next bid exceeds that price.
    #[must_use]
    pub fn increment(&self, price: i64) -> i64 {
        self.ladder.increment(price).max(self.increment.unwrap_or(0))
    }

    /// That many minor units as money.
    #[must_use]
    pub const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

/// Who leads, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// The bidder's number in this auction.
    pub bidder: i64,
    /// The most the server may bid for them.
    pub maximum: i64,
}

/// What the accepted bids of an auction come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The leader, once there is a bid.
    pub lead: Option<Lead>,
    /// The highest maximum of anybody else.
    pub second: Option<i64>,
}

impl Standing {
    /// What bids come to: bidder, maximum and place in the log of each, in any order. The latest bid of each bidder counts;
    /// the higher maximum leads, and of two that are equal the earlier one.
    #[must_use]
    pub fn of(bids: impl IntoIterator<Item = (i64, i64, i64)>) -> Self {
        let mut latest: std::collections::BTreeMap<i64, (i64, i64)> = std::collections::BTreeMap::new();
        for (bidder, maximum, seq) in bids {
            let known = latest.entry(bidder).or_insert((maximum, seq));
            if seq > known.1 {
                *known = (maximum, seq);
            }
        }
        let mut ranked: Vec<(i64, i64, i64)> =
            latest.into_iter().map(|(bidder, (maximum, seq))| (bidder, maximum, seq)).collect();
        ranked.sort_by_key(|&(_, maximum, seq)| (std::cmp::Reverse(maximum), seq));
        let lead = ranked.first().map(|&(bidder, maximum, _)| Lead { bidder, maximum });
        Self { lead, second: ranked.get(1).map(|&(_, maximum, _)| maximum) }
    }

    /// The same with one more bid, which is the latest of all. It is what [`Standing::of`] says of all of them, since a bid
    /// that is accepted is never below an earlier one of the same bidder.
    #[must_use]
    pub fn with(self, bidder: i64, maximum: i64) -> Self {
        match self.lead {
            None => Self { lead: Some(Lead { bidder, maximum }), second: None },
            Some(lead) if lead.bidder == bidder => Self { lead: Some(Lead { bidder, maximum }), ..self },
            Some(lead) if maximum > lead.maximum => {
                Self { lead: Some(Lead { bidder, maximum }), second: Some(lead.maximum) }
            }
            Some(_) => Self { second: self.second.max(Some(maximum)), ..self },
        }
    }

    /// The price: what the leader would have to pay now; nothing before the first bid (`rules.md` 5.2).
    #[must_use]
    pub fn price(self, terms: &Terms) -> Option<i64> {
        let lead = self.lead?;
        let price = self.second.map_or(terms.starting_price, |second| {
            lead.maximum.min(second + terms.increment(second)).max(terms.starting_price)
        });
        Some(match terms.reserve {
            Some(reserve) if lead.maximum >= reserve => price.max(reserve),
            _ => price,
        })
    }

    /// Whether the reserve price is met; nothing when there is none.
    #[must_use]
    pub fn reserve_met(self, terms: &Terms) -> Option<bool> {
        terms.reserve.map(|reserve| self.lead.is_some_and(|lead| lead.maximum >= reserve))
    }

    /// The least that is taken from this bidder now, or from somebody who has not bid: the leader may only raise, and by as
    /// little as can be paid in cash.
    #[must_use]
    pub fn minimum(self, terms: &Terms, bidder: Option<i64>) -> i64 {
        let unit = cash_unit(terms.currency);
        let least = match (self.lead, self.price(terms)) {
            (Some(lead), _) if Some(lead.bidder) == bidder => lead.maximum + 1,
            (_, Some(price)) => price + terms.increment(price),
            _ => terms.starting_price,
        };
        least.div_euclid(unit) * unit + if least % unit == 0 { 0 } else { unit }
    }
}

/// By what an accepted bid moves the end (`rules.md` 5.3): one that changes leader or price within the window before the end
/// leaves others the whole window, but never past the hard end. Who leads and raises their own maximum never moves it.
#[must_use]
pub fn end_after(
    (ends_at, hard_end): (Moment, Moment),
    window: crate::time::Span,
    changed: bool,
    now: Moment,
) -> Moment {
    if changed && ends_at.since(now) < window { hard_end.min(ends_at.max(now.plus(window))) } else { ends_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(currency: Currency, starting_price: i64, reserve: Option<i64>) -> Terms {
        Terms { currency, starting_price, reserve, increment: None, ladder: Ladder::of(currency) }
    }

    #[test]
    fn the_ladders_of_the_rules_are_what_a_ladder_has_to_be() {
        for currency in Currency::ALL {
            let ladder = Ladder::of(currency);
            assert_eq!(Ladder::parse(&ladder.to_string(), currency), Ok(ladder));
        }
        let usd = Ladder::of(Currency::Usd);
        for (price, increment) in [
            (0, 50),
            (999, 50),
            (1_000, 100),
            (4_999, 100),
            (5_000, 200),
            (249_999, 5_000),
            (1_000_000, 10_000),
        ] {
            assert_eq!(usd.increment(price), increment, "{price}");
        }
    }

    #[test]
    fn a_ladder_with_a_gap_at_its_foot_or_a_step_down_is_none() {
        for text in [
            "",
            "50",
            "100:50",
            "0:50,0:100",
            "0:100,1000:50",
            "0:50,500:100,400:200",
            "0:0",
            "0:-50",
            "0:70",
            "0:x",
        ] {
            assert!(Ladder::parse(text, Currency::Usd).is_err(), "{text}");
        }
        assert!(Ladder::parse("0:500", Currency::Lbp).is_err(), "half of what a note is");
        assert_eq!(Ladder::parse(" 0 : 50 , 1000:100", Currency::Usd).unwrap().to_string(), "0:50,1000:100");
    }

    #[test]
    fn a_seller_may_ask_for_larger_increments_and_not_for_smaller_ones() {
        let own = Terms { increment: Some(300), ..terms(Currency::Usd, 500, None) };
        assert_eq!((own.increment(500), own.increment(60_000)), (300, 2_500));
    }

    #[test]
    fn an_amount_is_a_multiple_of_what_can_be_paid_in_cash() {
        let usd = |minor| payable(Money::new(minor, Currency::Usd));
        assert!(usd(50).is_ok());
        assert_eq!(usd(1_025), Err(Refusal::NotCashUnit { unit: Money::new(50, Currency::Usd) }));
        assert!(matches!(usd(0), Err(Refusal::PriceOutOfRange { .. })));
        assert!(matches!(usd(i64::MAX), Err(Refusal::PriceOutOfRange { .. })));
        assert!(payable(Money::new(1_500, Currency::Lbp)).is_err());
    }

    #[test]
    fn what_the_leader_may_add_is_a_coin_and_what_others_must_bid_is_an_increment() {
        let terms = terms(Currency::Usd, 500, None);
        let standing = Standing::default().with(1, 1_000).with(2, 1_050);
        assert_eq!(standing.price(&terms), Some(1_050));
        assert_eq!(standing.minimum(&terms, Some(2)), 1_100);
        assert_eq!(standing.minimum(&terms, Some(1)), 1_150);
        assert_eq!(standing.minimum(&terms, None), 1_150);
        assert_eq!(Standing::default().minimum(&terms, None), 500);
    }
}
