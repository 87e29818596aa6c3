//! Prices on the legacy wires: floats, without a currency, meant as dollars.

use auboutique_domain::{Currency, Money, Price, Refusal};

/// Reads a number as a price in dollars: `12`, `12.5`, `12.50`, `1e2`. What has more than two decimals is refused, not
/// rounded.
///
/// # Errors
///
/// [`Refusal::PriceUnreadable`] when it is no such number; [`Refusal::PriceOutOfRange`] when it is too small or too large.
pub fn read(text: &str) -> Result<Price, Refusal> {
    let text = text.trim();
    let out_of_range = || Price::new(0, Currency::Usd);
    let number: f64 = text.parse().map_err(|_| Refusal::PriceUnreadable)?;
    if number.is_nan() {
        return Err(Refusal::PriceUnreadable);
    }
    if number.is_infinite() || number < 0.0 {
        return out_of_range();
    }
    // The digits as they were typed, unless there is an exponent among them.
    let plain = if text.contains(['e', 'E']) { number.to_string() } else { text.to_owned() };
    let (whole, decimals) = plain.trim_start_matches('+').split_once('.').unwrap_or((&plain, ""));
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return Err(Refusal::PriceUnreadable);
    }
    match format!("{}{decimals:0<2}", whole.trim_start_matches('+')).parse() {
        Ok(minor) => Price::new(minor, Currency::Usd),
        Err(_) => out_of_range(),
    }
}

/// The number that stands for an amount, and what is said behind the name of the thing when it is not in dollars.
#[must_use]
pub fn shown(money: Money) -> (f64, &'static str) {
    let text = money.to_string();
    let digits = text.split(' ').next().unwrap_or_default();
    let said = match money.currency {
        Currency::Usd => "",
        Currency::Lbp => " (LBP)",
    };
    (digits.parse().unwrap_or_default(), said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_price_to_the_cent_or_is_refused() {
        let cases = [
            ("12", Some(1_200)),
            ("12.5", Some(1_250)),
            (" 12.50\n", Some(1_250)),
            ("12.500", Some(1_250)),
            ("+.99", Some(99)),
            ("7.", Some(700)),
            ("1e2", Some(10_000)),
            ("1.5E1", Some(1_500)),
            ("0.01", Some(1)),
            ("10000000000", Some(1_000_000_000_000)),
            ("12.345", None),
            ("1e-3", None),
            ("0", None),
            ("-1", None),
            ("abc", None),
            ("", None),
            ("12,5", None),
            ("$12", None),
            ("nan", None),
            ("inf", None),
            ("-inf", None),
            ("1e16", None),
            ("1e400", None),
            ("1e-400", None),
            ("99999999999999999999999", None),
        ];
        for (text, minor) in cases {
            let price = read(text).ok().map(|price| price.money().minor);
            assert_eq!(price, minor, "{text:?}");
        }
    }

    #[test]
    fn an_amount_is_shown_as_a_number() {
        assert_eq!(shown(Money::new(1_250, Currency::Usd)), (12.5, ""));
        assert_eq!(shown(Money::new(1, Currency::Usd)), (0.01, ""));
        assert_eq!(shown(Money::new(350_000, Currency::Lbp)), (350_000.0, " (LBP)"));
    }
}
