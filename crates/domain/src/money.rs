//! Money: whole minor units and a currency. No float comes near a price, and adding two currencies has no answer.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::refusal::Refusal;

/// The currencies of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum Currency {
    /// United States dollars; the minor unit is the cent.
    #[serde(rename = "USD")]
    Usd,
    /// Lebanese pounds; the minor unit is the whole pound, since piastres are not used.
    #[serde(rename = "LBP")]
    Lbp,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 2] = [Self::Usd, Self::Lbp];

    /// The ISO 4217 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Lbp => "LBP",
        }
    }

    /// How many decimals a person writes: 2 for USD, 0 for LBP (`rules.md`, head).
    #[must_use]
    pub const fn exponent(self) -> u32 {
        match self {
            Self::Usd => 2,
            Self::Lbp => 0,
        }
    }

    /// The currency of that ISO code.
    ///
    /// # Errors
    ///
    /// [`Refusal::CurrencyUnknown`] for any other text.
    pub fn parse(code: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(Refusal::CurrencyUnknown)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

/// An amount in one currency. It may be negative: a posting is. What a thing costs is a [`Price`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Money {
    /// Minor units: cents of USD, whole pounds of LBP.
    pub minor: i64,
    /// The currency those units are of.
    pub currency: Currency,
}

impl Money {
    /// This many minor units of that currency.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum, or nothing when the currencies differ or the sum does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))?
            .map(|minor| Self::new(minor, self.currency))
    }

    /// The difference, or nothing when the currencies differ or it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self::new(other.minor.checked_neg()?, other.currency))
    }

    /// The share in basis points (hundredths of a percent), rounded half up to the minor unit (`rules.md` 5.9).
    #[must_use]
    pub fn share(self, basis_points: i64) -> Self {
        let doubled = i128::from(self.minor) * i128::from(basis_points) * 2 + 10_000;
        Self::new(i64::try_from(doubled.div_euclid(20_000)).unwrap_or(i64::MAX), self.currency)
    }
}

/// How many Lebanese pounds a dollar is: the operator sets it, and what is paid across currencies keeps the rate of its
/// moment on the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = ExchangeRate)]
pub struct Rate(i64);

impl Rate {
    /// The least and the most pounds a dollar may be.
    pub const RANGE: std::ops::RangeInclusive<i64> = 1..=100_000_000;

    /// So many pounds a dollar; nothing outside [`Rate::RANGE`].
    #[must_use]
    pub fn new(pounds: i64) -> Option<Self> {
        Self::RANGE.contains(&pounds).then_some(Self(pounds))
    }

    /// The pounds a dollar is.
    #[must_use]
    pub const fn pounds(self) -> i64 {
        self.0
    }

    /// What an amount is in a currency, rounded half up to its minor unit, and never nothing for something; nothing when
    /// it does not fit.
    #[must_use]
    pub fn convert(self, money: Money, to: Currency) -> Option<Money> {
        let (minor, rate) = (i128::from(money.minor), i128::from(self.0));
        let (over, under) = match (money.currency, to) {
            (from, to) if from == to => return Some(money),
            (Currency::Usd, _) => (minor * rate, 100),
            (Currency::Lbp, _) => (minor * 100, rate),
        };
        let rounded = (over * 2 + under).div_euclid(under * 2);
        let least = i128::from(money.minor.signum());
        let rounded = if rounded == 0 { least } else { rounded };
        Some(Money::new(i64::try_from(rounded).ok()?, to))
    }
}

impl Default for Rate {
    /// 89,500: what a dollar has been since 2023.
    fn default() -> Self {
        Self(89_500)
    }
}

/// What amounts come to, one sum per currency, in the order of [`Currency::ALL`]; nothing when one does not fit.
#[must_use]
pub fn sums(amounts: impl IntoIterator<Item = Money>) -> Option<Vec<Money>> {
    let mut sums = Vec::new();
    for amount in amounts {
        match sums.iter_mut().find(|sum: &&mut Money| sum.currency == amount.currency) {
            Some(sum) => *sum = sum.plus(amount)?,
            None => sums.push(amount),
        }
    }
    sums.sort_by_key(|sum| sum.currency);
    Some(sums)
}

/// These sums with a zero for every currency that is not among them, in the order of [`Currency::ALL`].
#[must_use]
pub fn in_every_currency(sums: &[Money]) -> Vec<Money> {
    let of = |currency| sums.iter().find(|sum| sum.currency == currency).copied();
    Currency::ALL.map(|currency| of(currency).unwrap_or(Money::new(0, currency))).to_vec()
}

impl fmt::Display for Money {
    /// `12.50 USD`, `350000 LBP`: digits a person can type back, not dressed for any language.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        match self.currency.exponent() {
            0 => write!(out, "{sign}{minor} {}", self.currency),
            _ => write!(out, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency),
        }
    }
}

/// What one copy costs: 1 to 10¹² minor units (`promises.md` S5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Money", try_from = "Money")]
pub struct Price(Money);

impl Price {
    /// The least and the most a price may be, in minor units.
    pub const RANGE: std::ops::RangeInclusive<i64> = 1..=1_000_000_000_000;

    /// The price of that many minor units.
    ///
    /// # Errors
    ///
    /// [`Refusal::PriceOutOfRange`] outside [`Price::RANGE`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, Refusal> {
        if !Self::RANGE.contains(&minor) {
            return Err(Refusal::PriceOutOfRange { least: *Self::RANGE.start(), most: *Self::RANGE.end() });
        }
        Ok(Self(Money::new(minor, currency)))
    }

    /// Reads a price as people type it into a sheet: `12.50`, `12,50`, `1 250,5`, `1,250.50`, `350000`.
    ///
    /// One separator followed by one or two last digits is the decimal point; any other is between thousands and must
    /// stand between groups of three. Arabic-Indic digits count as digits.
    ///
    /// # Errors
    ///
    /// [`Refusal::PriceUnreadable`] when it is not such a number or has more decimals than the currency;
    /// [`Refusal::PriceOutOfRange`] when it is one but too small or too large.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Refusal> {
        let plain: String = text
            .trim()
            .chars()
            .map(|letter| match letter {
                '٠'..='٩' => char::from_digit(u32::from(letter) - u32::from('٠'), 10).unwrap_or(letter),
                '٫' => '.',
                '٬' | '\u{a0}' | '\u{202f}' | '\'' | '’' => ' ',
                other => other,
            })
            .collect();
        let (whole, decimals, point) = match plain.rfind(['.', ',']) {
            Some(at) if plain.len() - at - 1 <= 2 => (&plain[..at], &plain[at + 1..], &plain[at..=at]),
            _ => (plain.as_str(), "", ""),
        };
        let exponent = usize::try_from(currency.exponent()).unwrap_or(0);
        let fraction = if exponent == 0 { decimals.trim_end_matches('0') } else { decimals };
        let groups: Vec<&str> = whole.split([' ', '.', ',']).collect();
        let grouped = groups.len() == 1
            || (groups[1..].iter().all(|group| group.len() == 3) && (1..=3).contains(&groups[0].len()));
        let separators: std::collections::BTreeSet<char> =
            whole.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let one_kind = separators.len() <= 1 && (point.is_empty() || !whole.contains(point));
        let digits = groups.concat();
        let readable = grouped
            && one_kind
            && !digits.is_empty()
            && digits.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit())
            && fraction.len() <= exponent
            && !plain.ends_with(['.', ',']);
        if !readable {
            return Err(Refusal::PriceUnreadable);
        }
        let minor = format!("{digits}{fraction:0<exponent$}").parse::<i64>();
        Self::new(minor.unwrap_or(i64::MAX), currency)
    }

    /// The amount as money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

impl ToSchema for Price {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Price")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Currency::name().into_owned(), Currency::schema()));
    }
}

impl PartialSchema for Price {
    /// That of [`Money`], within [`Price::RANGE`].
    fn schema() -> RefOr<Schema> {
        let minor = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(*Self::RANGE.start()))
            .maximum(Some(*Self::RANGE.end()))
            .description(Some("Minor units: cents of USD, whole pounds of LBP."));
        ObjectBuilder::new()
            .description(Some("What one copy costs."))
            .property("minor", minor)
            .property("currency", utoipa::openapi::Ref::from_schema_name(Currency::name()))
            .required("minor")
            .required("currency")
            .into()
    }
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        price.0
    }
}

impl TryFrom<Money> for Price {
    type Error = Refusal;
    fn try_from(money: Money) -> Result<Self, Refusal> {
        Self::new(money.minor, money.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_two_currencies_has_no_answer() {
        assert_eq!(Money::new(1, Currency::Usd).plus(Money::new(1, Currency::Lbp)), None);
        assert_eq!(Money::new(i64::MAX, Currency::Usd).plus(Money::new(1, Currency::Usd)), None);
    }

    #[test]
    fn a_share_is_rounded_half_up_to_the_minor_unit() {
        let check = |minor, points, expected| {
            assert_eq!(Money::new(minor, Currency::Usd).share(points).minor, expected, "{minor} at {points}");
        };
        check(4_000, 500, 200);
        check(2_500, 500, 125);
        check(10, 500, 1);
        check(9, 500, 0);
        check(1, 5_000, 1);
        check(1_000_000_000_000, 10_000, 1_000_000_000_000);
    }

    #[test]
    fn an_amount_is_exchanged_at_the_rate_and_rounded_half_up() {
        let rate = Rate::new(89_500).unwrap();
        let check = |minor, from, to, expected| {
            assert_eq!(
                rate.convert(Money::new(minor, from), to).map(|money| money.minor),
                expected,
                "{minor}"
            );
        };
        // `rules.md` 5.9, L11.
        check(4_000, Currency::Usd, Currency::Lbp, Some(3_580_000));
        check(3_580_000, Currency::Lbp, Currency::Usd, Some(4_000));
        check(1, Currency::Usd, Currency::Lbp, Some(895));
        check(447, Currency::Lbp, Currency::Usd, Some(1));
        check(1, Currency::Lbp, Currency::Usd, Some(1));
        check(1_343, Currency::Lbp, Currency::Usd, Some(2));
        check(7, Currency::Usd, Currency::Usd, Some(7));
        check(i64::MAX, Currency::Usd, Currency::Lbp, None);
    }

    #[test]
    fn amounts_are_summed_by_currency() {
        let usd = |minor| Money::new(minor, Currency::Usd);
        let lbp = |minor| Money::new(minor, Currency::Lbp);
        assert_eq!(sums([lbp(5), usd(1), usd(2)]), Some(vec![usd(3), lbp(5)]));
        assert_eq!(sums([]), Some(vec![]));
        assert_eq!(sums([usd(i64::MAX), usd(1)]), None);
    }

    #[test]
    fn a_price_is_a_whole_number_in_range() {
        assert!(Price::new(1, Currency::Usd).is_ok());
        assert!(Price::new(1_000_000_000_000, Currency::Usd).is_ok());
        for minor in [0, -1, i64::MIN, 1_000_000_000_001, i64::MAX] {
            assert!(matches!(Price::new(minor, Currency::Usd), Err(Refusal::PriceOutOfRange { .. })));
        }
    }

    #[test]
    fn a_price_is_read_as_people_type_it() {
        let check = |text: &str, currency, expected: i64| {
            assert_eq!(Price::parse(text, currency).map(|p| p.money().minor), Ok(expected), "{text}");
        };
        check("12.50", Currency::Usd, 1_250);
        check(" 12,5 ", Currency::Usd, 1_250);
        check("1 250,50", Currency::Usd, 125_050);
        check("1,250.50", Currency::Usd, 125_050);
        check("1.250,50", Currency::Usd, 125_050);
        check("1,250", Currency::Usd, 125_000);
        check("٣٥٠٠٠٠", Currency::Lbp, 350_000);
        check("350,000", Currency::Lbp, 350_000);
        check("350000.00", Currency::Lbp, 350_000);
    }

    #[test]
    fn what_is_not_a_price_is_unreadable() {
        for text in [
            "", " ", "abc", "1e3", "NaN", "inf", "-5", "+5", "12.345.6", "1,25,000", "1.2.3", "12.", "0x10",
            "1 2",
        ] {
            let read = Price::parse(text, Currency::Usd);
            assert!(matches!(read, Err(Refusal::PriceUnreadable)), "{text}: {read:?}");
        }
        assert!(matches!(Price::parse("12.50", Currency::Lbp), Err(Refusal::PriceUnreadable)));
        assert!(matches!(Price::parse("0", Currency::Usd), Err(Refusal::PriceOutOfRange { .. })));
        assert!(matches!(
            Price::parse("99999999999999999999", Currency::Usd),
            Err(Refusal::PriceOutOfRange { .. })
        ));
    }
}
